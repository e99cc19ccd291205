internal import Diagnostics
internal import Support
internal import Syntax

/// Bodies of functions: when they are checked, generalisation and instantiation (LANGUAGE §5.2).
///
/// Functions whose signature is fully written are checked independently. The others are checked before their first
/// use, depth first; Tarjan's algorithm (1972) finds the components of functions that use each other, whose types are
/// inferred together and generalised when the last of them is done.
extension Checker {
    /// Checks the body of `id` unless that happened.
    func checkFunction(_ id: FunctionID) {
        // A body is checked once: what is wrong in it must be heard even if a trial check asks for the function.
        let outerSilence = silenced
        silenced = 0
        defer { silenced = outerSilence }
        prepareSignature(id)
        if functionRecords[id.index].state != .unchecked { return }
        functionRecords[id.index].state = .inProgress
        let annotated = functionRecords[id.index].isAnnotated
        let pendingStart = pending.count
        if !annotated {
            orderCounter += 1
            functionRecords[id.index].order = orderCounter
            functionRecords[id.index].low = orderCounter
            componentStack.append(id)
        }
        checkBody(id, pendingStart: pendingStart)
        if annotated {
            functionRecords[id.index].state = .done
            return
        }
        let low = functionRecords[id.index].low
        if low == functionRecords[id.index].order {
            generalize(id, pendingStart: pendingStart)
        } else if let parent = componentStack.firstIndex(of: id), parent > 0 {
            let caller = componentStack[parent - 1]
            functionRecords[caller.index].low = min(functionRecords[caller.index].low, low)
        }
    }

    /// How many functions may wait for each other's types: bounds the stack.
    static let maximumComponentNesting = 4000

    /// Makes `id` callable: after this its types are known, or it is part of the component being inferred.
    func requireSignature(_ id: FunctionID, _ span: SourceSpan) {
        prepareSignature(id)
        let state = functionRecords[id.index].state
        if functionRecords[id.index].isAnnotated {
            if state == .unchecked, functionRecords[id.index].module == preludeIndex { neededPrelude.append(id) }
            return
        }
        if state == .done { return }
        if state == .inProgress {
            // A cycle: everything on the stack above it is one component.
            if let current = componentStack.last {
                functionRecords[current.index].low = min(functionRecords[current.index].low, functionRecords[id.index].order)
            }
            return
        }
        if componentStack.count >= Checker.maximumComponentNesting {
            error(
                "E0106", "too many functions without written types call each other here", span,
                label: "the types of `\(program.functions[id.index].name)` are not known yet",
                helps: ["write the types of its parameters and its result"])
            return
        }
        checkFunction(id)
    }

    private func checkBody(_ id: FunctionID, pendingStart: Int) {
        let record = functionRecords[id.index]
        let saved = enterContext(module: record.module)
        let outerDepth = depth
        depth = 0
        defer { depth = outerDepth }
        let tree = context.tree
        let n = tree[record.node]
        context.function = id
        context.errorsBefore = diagnostics.errorCount
        context.pendingFloor = pendingStart
        context.owner = record.owner
        if let owner = record.owner { context.selfType = selfType(of: owner) }
        context.typeParameters = record.typeParameters
        context.resultType = program.functions[id.index].resultType
        context.hasDeclaredResult = record.hasResultAnnotation
        context.body.exprs.reserveCapacity(48)
        context.madeVariables = !record.isAnnotated
        for parameter in record.parameters {
            let local = declareLocal(
                parameter.name, parameter.type, tree[parameter.node].span, mutable: parameter.isMutable,
                origin: .parameter)
            if parameter.isSelf { context.infos[local.index].used = true }
        }
        for parameter in record.parameters where parameter.defaultNode.exists && !parameter.isRest {
            // A default gives an unannotated parameter its type.
            let expr = infer(parameter.defaultNode, hint: parameter.type)
            _ = coerce(expr, to: parameter.type, parameter.defaultNode)
        }
        let body = tree.element(n.listB, 4)
        if body.exists { checkFunctionBody(body, id) }
        finishBody(id, pendingStart: pendingStart, keepOpen: !record.isAnnotated)
        if record.isAnnotated, pending.count > pendingStart {
            solvePending(from: pendingStart)
            defaultPending(from: pendingStart)
        }
        if record.isAnnotated { zonkBody(parameters: [:]) ; runFinalChecks() }
        program.functions[id.index].body = context.body
        if !record.isAnnotated { unfinished[id] = SavedBody(context: context) }
        leaveContext(saved)
    }

    /// The statements of a function's body and its result.
    private func checkFunctionBody(_ body: NodeID, _ id: FunctionID) {
        let tree = context.tree
        let b = tree[body]
        var returns = ReturnForms()
        if !context.hasDeclaredResult { collectReturns(body, &returns) }
        let returnsValue = returns.value || returns.nilValue
        let declared = context.hasDeclaredResult
        let isMain = functionRecords[id.index].name == known.main && functionRecords[id.index].module == rootIndex
            && functionRecords[id.index].owner == nil
        if !declared && returns.nilValue && returns.value, isOpen(context.resultType) {
            // Join of nil and T (§5.2): the paths that return a T come to know it in time.
            _ = unify(context.resultType, program.types.option(newVariable()))
        }
        if !declared && !returnsValue {
            // The tail counts only if it is a plain expression.
            let statements = tree.elements(b.listA)
            var last = NodeID.none
            for statement in statements { last = statement }
            let isPlain = last.exists && tree[last].kind == .expressionStatement && !isControl(tree[tree[last].nodeA].kind)
            if isPlain && !isMain {
                context.body.root = checkBlock(b.listA, span: b.span, valueWanted: true, expected: context.resultType)
                let type = context.body[context.body.root].type
                if !context.flow.unreachable || kind(type) != .never { joinResult(type, b.span) }
                settleBareReturns()
                return
            }
            _ = unify(context.resultType, .nilType)
            context.body.root = checkBlock(b.listA, span: b.span, valueWanted: false, expected: .nilType)
            return
        }
        if !declared {
            context.body.root = checkBlock(b.listA, span: b.span, valueWanted: false, expected: .nilType)
            if !context.flow.unreachable && kind(context.resultType) != .nilType && kind(context.resultType) != .error {
                if isOpen(context.resultType) {
                    _ = unify(context.resultType, .nilType)
                } else {
                    missingReturn(id)
                }
            }
            settleBareReturns()
            return
        }
        let wantsValue = resolve(context.resultType) != .nilType
        context.body.root = checkBlock(b.listA, span: b.span, valueWanted: wantsValue, expected: context.resultType)
        let root = context.body.root
        if wantsValue {
            if context.flow.unreachable { return }
            let type = context.body[root].type
            if context.body[root].flags & HIRExpr.blockHasValue == 0 {
                missingReturn(id)
            } else {
                let list = context.body[root].listB
                let count = context.body.count(list)
                let lastNode = lastStatementExpression(b.listA)
                if kind(type) == .nilType, isControl(tree[lastNode].kind) {
                    missingReturn(id)
                    return
                }
                let value = coerce(context.body.expr(list, count - 1), to: context.resultType, lastNode)
                context.body.pool[list.index + count] = value.rawValue
                context.body[root].type = context.resultType
            }
        }
    }

    /// `return` without a value where the result turned out not to be nil.
    private func settleBareReturns() {
        for (expr, span) in context.bareReturns {
            let result = resolve(context.resultType)
            switch program.types.kind(result) {
            case .nilType, .error, .never: break
            case .variable where isOpen(result): _ = unify(result, .nilType)
            case .option: context.body[expr].a = add(.noneConstant, result, at: span).rawValue
            case .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str, .tuple, .array, .range,
                .function, .structure, .parameter, .variable:
                error(
                    "E0301", "`return` without a value, but the function's result is `\(describe(result))`", span,
                    helps: ["return a value here too, or declare the function `-> nil`"])
            }
        }
    }

    /// E0303.
    ///
    /// - Parameter missing: the patterns that a `match` at the end of the body lacks.
    func missingReturn(_ id: FunctionID, _ missing: [String] = []) {
        // The path may be missing because of something that was reported.
        if diagnostics.errorCount > context.errorsBefore { return }
        let record = functionRecords[id.index]
        error(
            "E0303", "`\(text(record.name))` does not return a value on every path", record.nameSpan,
            label: "must return `\(describe(context.resultType))`",
            notes: missing.isEmpty ? [] : ["the `match` at its end has no arm for \(missing.map { "`\($0)`" }.joined(separator: ", "))"],
            helps: missing.isEmpty ? ["add a `return` at the end, or declare the result as `\(spelling(context.resultType))?` and return `nil`"]
                : ["add the missing arms, or `_ => …` for the rest"])
    }

    /// `true` iff `node` is a statement at the end of the present function's body, on one of its branches.
    func isTailStatement(_ node: NodeID) -> Bool {
        guard let function = context.function else { return false }
        let tree = context.tree
        func ends(_ part: NodeID) -> Bool {
            guard part.exists else { return false }
            if part == node { return true }
            let n = tree[part]
            switch n.kind {
            case .block:
                let count = tree.count(n.listA)
                return count > 0 && ends(tree.element(n.listA, count - 1))
            case .ifExpression:
                var link = n
                while true {
                    if ends(link.nodeB) { return true }
                    guard link.c != 0 else { return false }
                    let next = tree[link.nodeC]
                    if next.kind != .ifExpression { return ends(link.nodeC) }
                    link = next
                }
            case .matchExpression: return tree.elements(n.listB).contains { ends(tree[$0].nodeC) }
            default: return false
            }
        }
        return ends(tree.element(tree[functionRecords[function.index].node].listB, 4))
    }

    /// The expression node of the last statement of a block (the statement itself if it is none).
    func lastStatementExpression(_ list: ListID) -> NodeID {
        var last = NodeID.none
        for statement in context.tree.elements(list) { last = statement }
        guard last.exists else { return last }
        let n = context.tree[last]
        return n.kind == .expressionStatement ? n.nodeA : last
    }

    private func isControl(_ kind: NodeKind) -> Bool { kind == .ifExpression || kind == .matchExpression }

    /// Which forms of `return e` a body contains.
    private struct ReturnForms {
        /// `return e` with anything but a plain nil.
        var value = false
        /// `return nil` or `return None`.
        var nilValue = false
    }

    /// Finds the `return e` of a body (not those in lambdas or nested functions).
    private func collectReturns(_ node: NodeID, _ found: inout ReturnForms, level: Int = 0) {
        if !node.exists || level > 600 || found.value && found.nilValue { return }
        let n = context.tree[node]
        switch n.kind {
        case .returnStatement:
            if n.a == 0 { return }
            let value = context.tree[n.nodeA]
            if value.kind == .nilLiteral || value.kind == .name && value.nameA == known.none {
                found.nilValue = true
            } else {
                found.value = true
            }
        case .block: for part in context.tree.elements(n.listA) { collectReturns(part, &found, level: level + 1) }
        case .ifExpression:
            // Chains of `elif` are long, not deep.
            var link = n
            while true {
                collectReturns(link.nodeB, &found, level: level + 1)
                guard link.c != 0 else { return }
                let next = context.tree[link.nodeC]
                if next.kind != .ifExpression { return collectReturns(link.nodeC, &found, level: level + 1) }
                link = next
            }
        case .whileStatement, .labeled, .withStatement: collectReturns(n.nodeB, &found, level: level + 1)
        case .loopStatement, .expressionStatement: collectReturns(n.nodeA, &found, level: level + 1)
        case .forStatement: collectReturns(n.nodeC, &found, level: level + 1)
        case .matchExpression:
            for arm in context.tree.elements(n.listB) { collectReturns(context.tree[arm].nodeC, &found, level: level + 1) }
        case .declaration: collectReturns(n.nodeC, &found, level: level + 1)
        case .assignment: collectReturns(n.nodeB, &found, level: level + 1)
        default: break
        }
    }

    /// Joins the type of a `return`ed value into the result of a function without declared result.
    func joinResult(_ type: TypeID, _ span: SourceSpan) {
        if kind(type) == .never { return }
        if kind(type) == .error { return poison(context.resultType) }
        if !unify(context.resultType, type) { refuseResult(type, span, helps: []) }
    }

    /// Reports a `return` of another type than an earlier one. The function's result is unknown then: its callers have
    /// made no mistake.
    func refuseResult(_ type: TypeID, _ span: SourceSpan, helps: [String]) {
        error(
            "E0301", "this returns `\(describe(type))`, but an earlier path returns `\(describe(context.resultType))`", span,
            label: "this is `\(describe(type))`",
            secondary: context.firstReturn.map { [label($0, "this is `\(describe(context.resultType))`")] } ?? [], helps: helps)
        context.resultType = .error
        if let function = context.function { program.functions[function.index].resultType = .error }
    }

    // MARK: Finishing

    /// A body that waits for its component to be complete.
    struct SavedBody { var context: BodyContext }

    /// Solves what can be solved at the end of a body.
    private func finishBody(_ id: FunctionID, pendingStart: Int, keepOpen: Bool) {
        if pending.count > pendingStart { solvePending(from: pendingStart) }
        if !keepOpen {
            for literal in context.openLiterals { defaultLiteral(context.body[literal.expr].type) }
            if pending.count > pendingStart { solvePending(from: pendingStart) }
        }
        reportUnusedLocals()
    }

    /// Resolves what is still open in an outermost body: literals default, the rest becomes nil or an error.
    func defaultPending(from start: Int) {
        var rounds = 0
        while pending.count > start && rounds < 64 {
            rounds += 1
            let before = pending.count
            for constraint in pending[start...] { for type in constraint.operands { defaultLiteral(type) } }
            solvePending(from: start)
            if pending.count == before {
                // Text operations with an open operand mean text.
                let c = pending[start]
                switch c.kind {
                case .binary(.add) where resolve(c.operands[0]) == .str || resolve(c.operands[0]) == .char:
                    _ = unify(c.operands[1], .str)
                    continue
                case .contains:
                    if resolve(c.operands[1]) == .str { _ = unify(c.operands[0], .str); continue }
                default: break
                }
                let place = inUserCode(c)
                let savedFile = context.file
                context.file = place.file
                error(
                    "E0309", "type annotations needed", place.span,
                    label: "the type of this is not known here", helps: ["annotate the parameter or variable with its type"])
                context.file = savedFile
                poison(c.result)
                pending.remove(at: start)
            }
        }
    }

    /// Generalises the component whose first function is `id`.
    private func generalize(_ id: FunctionID, pendingStart: Int) {
        guard let start = componentStack.firstIndex(of: id) else { return }
        let members = Array(componentStack[start...])
        componentStack.removeSubrange(start...)
        solvePending(from: pendingStart)
        // Variables connected to a parameter, directly or through constraints.
        var connected: Set<UInt32> = []
        func collect(_ type: TypeID, _ into: inout Set<UInt32>) {
            let type = resolve(type)
            let entry = program.types.entries[type.index]
            if entry.kind == .variable {
                if !variables[Int(entry.payload)].isGlobal { into.insert(entry.payload) }
                return
            }
            if !entry.hasVariables { return }
            for i in 0..<Int(entry.count) { collect(program.types.pool[Int(entry.start) + i], &into) }
        }
        func connect() {
            connected = []
            for member in members { for type in program.functions[member.index].parameterTypes { collect(type, &connected) } }
            var grew = true
            while grew {
                grew = false
                for constraint in pending[pendingStart...] {
                    var own: Set<UInt32> = []
                    for type in constraint.operands { collect(type, &own) }
                    collect(constraint.result, &own)
                    if !own.isDisjoint(with: connected) && !own.isSubset(of: connected) {
                        connected.formUnion(own)
                        grew = true
                    }
                }
            }
        }
        connect()
        for member in members {
            guard let saved = unfinished[member] else { continue }
            for literal in saved.context.openLiterals {
                let type = resolve(saved.context.body[literal.expr].type)
                if variableClass(type) != nil, !connected.contains(program.types.payload(type)) { defaultLiteral(type) }
            }
        }
        for member in members {
            var own: Set<UInt32> = []
            collect(program.functions[member.index].resultType, &own)
            for variable in own.sorted() where !connected.contains(variable) {
                let type = program.types.intern(.variable, payload: variable)
                if variableClass(type) != .any { defaultLiteral(type) }
            }
        }
        solvePending(from: pendingStart)
        connect()
        // What is left becomes type parameters, in the order of first mention.
        var order: [UInt32] = []
        var seen: Set<UInt32> = []
        func mention(_ type: TypeID) {
            let type = resolve(type)
            let entry = program.types.entries[type.index]
            if entry.kind == .variable {
                if !variables[Int(entry.payload)].isGlobal, seen.insert(entry.payload).inserted { order.append(entry.payload) }
                return
            }
            if !entry.hasVariables { return }
            for i in 0..<Int(entry.count) { mention(program.types.pool[Int(entry.start) + i]) }
        }
        for member in members { for type in program.functions[member.index].parameterTypes { mention(type) } }
        for member in members { mention(program.functions[member.index].resultType) }
        for constraint in pending[pendingStart...] {
            for type in constraint.operands { mention(type) }
            mention(constraint.result)
        }
        let constraints = Array(pending[pendingStart...])
        pending.removeSubrange(pendingStart...)
        for member in members {
            let base = functionRecords[member.index].typeParameters.count
            var map: [UInt32: TypeID] = [:]
            for (i, variable) in order.enumerated() { map[variable] = program.types.parameter(base + i) }
            program.functions[member.index].parameterTypes = program.functions[member.index].parameterTypes.map { generalized($0, map) }
            program.functions[member.index].resultType = generalized(program.functions[member.index].resultType, map)
            program.functions[member.index].typeParameterCount = base + order.count
            for i in functionRecords[member.index].parameters.indices {
                functionRecords[member.index].parameters[i].type = program.functions[member.index].parameterTypes[i]
            }
            for variable in order {
                functionRecords[member.index].parameterClasses.append(variables[Int(variable)].literal.rawValue)
            }
            functionRecords[member.index].constraints += constraints.map { c in
                var copy = c
                copy.operands = c.operands.map { generalized($0, map) }
                copy.result = generalized(c.result, map)
                copy.expr = .none
                return copy
            }
            functionRecords[member.index].state = .done
            if let saved = unfinished[member] {
                let outer = context
                context = saved.context
                zonkBody(parameters: map)
                patchComponentCalls(members, base: base, count: order.count)
                runFinalChecks()
                program.functions[member.index].body = context.body
                context = outer
                unfinished[member] = nil
            }
        }
    }

    /// Calls among the members of a component pass their own type parameters on.
    private func patchComponentCalls(_ members: [FunctionID], base: Int, count: Int) {
        if count == 0 { return }
        for i in context.body.exprs.indices where context.body.exprs[i].kind == .call && context.body.exprs[i].flags & 0x80 != 0 {
            let target = FunctionID(rawValue: context.body.exprs[i].a)
            guard members.contains(target) else { continue }
            var arguments: [UInt32] = []
            let list = context.body.exprs[i].listC
            for k in 0..<context.body.count(list) { arguments.append(context.body.raw(list, k)) }
            for k in 0..<count { arguments.append(program.types.parameter(base + k).rawValue) }
            context.body.exprs[i].c = context.body.addList(arguments).rawValue
        }
        for i in context.body.exprs.indices where context.body.exprs[i].kind == .call { context.body.exprs[i].flags &= 0x7F }
    }

    /// `type` with variables replaced by the type parameters that they became; others take their defaults.
    func generalized(_ type: TypeID, _ map: [UInt32: TypeID]) -> TypeID {
        let type = resolve(type)
        let entry = program.types.entries[type.index]
        if entry.kind == .variable {
            if let parameter = map[entry.payload] { return parameter }
            if variables[Int(entry.payload)].isGlobal {
                openGlobalsRemain = true
                return type
            }
            defaultVariables(in: type)
            return resolve(type)
        }
        if !entry.hasVariables { return type }
        var parts: [TypeID] = []
        for i in 0..<Int(entry.count) { parts.append(generalized(program.types.pool[Int(entry.start) + i], map)) }
        return program.types.intern(entry.kind, payload: entry.payload, parts)
    }

    /// Gives every node of the present body its final type.
    func zonkBody(parameters map: [UInt32: TypeID]) {
        if !context.madeVariables && map.isEmpty { return }
        // Out of the context while it changes: it must not be reached through `self` meanwhile.
        var body = HIRBody()
        swap(&body, &context.body)
        for i in body.exprs.indices {
            let type = body.exprs[i].type
            if program.types.entries[type.index].hasVariables {
                let final = generalized(type, map)
                body.exprs[i].type = final
                // A variable began as `nil` and turned out to be an Option.
                if body.exprs[i].kind == .nilConstant, program.types.kind(final) == .option { body.exprs[i].kind = .noneConstant }
            }
            switch body.exprs[i].kind {
            case .compoundAssign:
                let type = TypeID(rawValue: body.exprs[i].c)
                if program.types.entries[type.index].hasVariables { body.exprs[i].c = generalized(type, map).rawValue }
            case .call:
                let list = body.exprs[i].listC
                for k in 0..<body.count(list) {
                    let type = TypeID(rawValue: body.raw(list, k))
                    if program.types.entries[type.index].hasVariables {
                        body.pool[list.index + 1 + k] = generalized(type, map).rawValue
                    }
                }
            case .error, .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant, .nilConstant,
                .noneConstant, .local, .global, .storeLocal, .assign, .bind, .unary, .binary, .compare, .logicalAnd,
                .logicalOr, .coalesce, .contains, .makeSome, .cast, .builtin, .deferredMethod, .deferredField,
                .makeTuple, .tupleElement, .makeStruct, .field, .makeArray, .spread, .index, .slice, .sliceByRange,
                .makeRange, .interpolate, .format, .block, .if, .matches, .match, .while, .loop, .for, .break,
                .continue, .return, .tryOption, .setExitValue:
                break
            }
        }
        for i in body.patterns.indices where program.types.entries[body.patterns[i].type.index].hasVariables {
            body.patterns[i].type = generalized(body.patterns[i].type, map)
        }
        for i in body.locals.indices where program.types.entries[body.locals[i].type.index].hasVariables {
            body.locals[i].type = generalized(body.locals[i].type, map)
        }
        swap(&body, &context.body)
        for literal in context.openLiterals { checkLiteralFits(literal.expr, literal.node) }
    }

    // MARK: Instantiation

    /// Checks the bounds of explicit type parameters at the end of a call (E0314).
    func checkBounds(_ id: FunctionID, _ arguments: [TypeID], _ span: SourceSpan) {
        for (i, parameter) in functionRecords[id.index].typeParameters.enumerated() where !parameter.bounds.isEmpty {
            let type = resolve(arguments[i])
            for bound in parameter.bounds where !satisfies(type, text(bound)) {
                error(
                    "E0314", "`\(describe(type))` does not satisfy the bound `\(text(bound))` of `\(text(parameter.name))`", span,
                    label: "required by this call")
            }
        }
    }

    /// `true` iff `name` is a definition that was reported, such as a trait.
    func isBrokenName(_ name: NameID) -> Bool { lookUpDefinition(name)?.kind == .broken }

    private func satisfies(_ type: TypeID, _ bound: String) -> Bool {
        let t = resolve(type)
        if t == .error || program.types.kind(t) == .variable { return true }
        if program.types.kind(t) == .parameter { return hasBound(t, [bound]) }
        switch bound {
        case "Ord":
            if case .mismatch = compareResult(.less, t, t) { return false }
            return true
        case "Eq", "Hash":
            if case .mismatch = compareResult(.equal, t, t) { return false }
            return true
        case "Add":
            if case .mismatch = binaryResult(.add, t, t) { return false }
            return true
        case "Sub", "Mul", "Div", "Rem", "FloorDiv", "Pow": return program.types.isNumeric(t)
        case "Neg": return program.types.isNumeric(t)
        case "BitAnd", "BitOr", "BitXor": return program.types.isInteger(t) || t == .bool
        case "Shl", "Shr": return program.types.isInteger(t)
        case "Display", "Debug", "Clone", "Copy": return true
        default: return interner.pointee.find(bound).map(isBrokenName) ?? false
        }
    }
}

internal import Diagnostics
internal import Support
internal import Syntax

/// Calls: functions, methods, constructors, prelude functions, casts written as calls.
extension Checker {
    func inferCall(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
        let callee = context.tree[n.nodeA]
        switch callee.kind {
        case .name: return callName(callee.nameA, callee, n, hint: hint)
        case .member: return callMember(callee, n, hint: hint)
        case .index:
            if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
            // `f[i64](x)`: explicit type arguments.
            let base = context.tree[callee.nodeA]
            if base.kind == .name, lookUpLocal(base.nameA) == nil, let d = lookUpDefinition(base.nameA), d.kind == .function {
                let nodes = context.tree[callee.nodeB].kind == .tuple ? Array(context.tree.elements(context.tree[callee.nodeB].listA)) : [callee.nodeB]
                let given = nodes.map { typeFromExpression($0) }
                let wanted = functionRecords[d.index].typeParameters.count
                if given.count > wanted {
                    error("E0324", "`\(text(base.nameA))` takes \(wanted) type arguments", callee.span)
                    return errorExpr(n.span)
                }
                return callFunction(FunctionID(d.index), receiver: nil, n, given: given, hint: hint)
            }
            return notCallable(infer(n.nodeA), n)
        case .lambda: return later("lambdas are", callee)
        case .selfType:
            if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
            return errorExpr(n.span)
        default: return notCallable(infer(n.nodeA), n)
        }
    }

    private func notCallable(_ callee: ExprID, _ n: Node) -> ExprID {
        let t = resolve(type(of: callee))
        if t != .error { error("E0322", "`\(describe(t))` is not callable", context.tree[n.nodeA].span) }
        for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    private func inferArgumentForErrors(_ node: NodeID) -> ExprID {
        let a = context.tree[node]
        return infer(a.kind == .namedArgument ? a.nodeB : a.kind == .spread ? a.nodeA : node)
    }

    private func callName(_ name: NameID, _ callee: Node, _ n: Node, hint: TypeID) -> ExprID {
        if let local = lookUpLocal(name) {
            let value = readLocal(local, callee.span)
            let t = resolve(type(of: value))
            if isOpen(t) { return later("calling a function value is", n) }
            return notCallable(n.nodeA, t, n)
        }
        if let definition = lookUpDefinition(name, callee.span) {
            switch definition.kind {
            case .function: return callFunction(FunctionID(definition.index), receiver: nil, n, hint: hint)
            case .structure, .alias:
                if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
                return errorExpr(n.span)
            case .broken:
                for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
                return errorExpr(n.span)
            case .constant, .global:
                return notCallable(n.nodeA, type(of: useDefinition(definition, name, callee.span)), n)
            case .module:
                error("E0322", "module `\(text(name))` is not callable", callee.span)
                return errorExpr(n.span)
            }
        }
        if let type = known.typeNames[name] { return convert(to: type, n) }
        if name == known.some { return callSome(n, hint: hint) }
        if let function = known.prelude[name] { return callPrelude(function, n, hint: hint) }
        if name == known.ok || name == known.err || known.builtinTypesOfLaterTiers[name] != nil {
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            unsupported("`\(text(name))` is", callee.span)
            return errorExpr(n.span)
        }
        reportUnknown(name, callee.span)
        for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    private func notCallable(_ node: NodeID, _ type: TypeID, _ n: Node) -> ExprID {
        if resolve(type) != .error { error("E0322", "`\(describe(type))` is not callable", context.tree[node].span) }
        for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    // MARK: Arguments

    /// The arguments of a call matched to parameters: the value node for each, or none for a default.
    struct MatchedArguments {
        var nodes: [NodeID]
        var rest: [NodeID] = []
        /// The indices of `nodes` in the order in which the arguments were written; may be empty if `isInOrder`.
        var sourceOrder: [Int] = []
        var isInOrder = true
        /// The indices of the arguments in the order in which they were written.
        var written: [Int] { isInOrder ? nodes.indices.filter { nodes[$0].exists } : sourceOrder }
    }

    /// Matches arguments to `parameters` (without the receiver); reports E0316–E0319, E0113.
    func matchArguments(
        _ n: Node, _ parameters: ArraySlice<ParameterRecord>, _ callee: @autoclosure () -> String
    ) -> MatchedArguments? {
        if isPlainCall(n, parameters) {
            var result = MatchedArguments(nodes: [])
            result.nodes.reserveCapacity(parameters.count)
            for i in 0..<parameters.count { result.nodes.append(context.tree.element(n.listB, i)) }
            return result
        }
        return matchAnyArguments(n, Array(parameters), callee())
    }

    /// `true` iff every parameter has its positional argument and there are no others.
    private func isPlainCall(_ n: Node, _ parameters: ArraySlice<ParameterRecord>) -> Bool {
        if context.tree.count(n.listB) != parameters.count { return false }
        for (i, parameter) in parameters.enumerated() {
            let kind = context.tree[context.tree.element(n.listB, i)].kind
            if parameter.isRest || kind == .namedArgument || kind == .spread { return false }
        }
        return true
    }

    private func matchAnyArguments(_ n: Node, _ params: [ParameterRecord], _ callee: String) -> MatchedArguments? {
        let tree = context.tree
        var result = MatchedArguments(nodes: Array(repeating: .none, count: params.count))
        let restIndex = params.firstIndex { $0.isRest }
        var position = 0
        var sawNamed = false
        var failed = false
        for argument in tree.elements(n.listB) {
            let a = tree[argument]
            if a.kind == .namedArgument {
                sawNamed = true
                guard let index = params.firstIndex(where: { $0.name == a.nameA && !$0.isRest }) else {
                    error(
                        "E0318", "`\(callee)` has no parameter `\(text(a.nameA))`", a.span,
                        helps: suggestion(text(a.nameA), params.map { text($0.name) }))
                    _ = infer(a.nodeB)
                    failed = true
                    continue
                }
                if result.nodes[index].exists {
                    error("E0319", "argument `\(text(a.nameA))` is given twice", a.span)
                    failed = true
                    continue
                }
                if let last = result.sourceOrder.last, last > index { result.isInOrder = false }
                result.nodes[index] = a.nodeB
                result.sourceOrder.append(index)
                continue
            }
            if sawNamed {
                error("E0113", "positional argument after a named one", a.span, helps: ["name it too, or move it to the front"])
                failed = true
                continue
            }
            if let restIndex, position >= restIndex {
                result.rest.append(argument)
                position += 1
                continue
            }
            if a.kind == .spread {
                error("E0317", "`*` can only spread into a rest parameter", a.span)
                failed = true
                continue
            }
            if position >= params.count {
                let wanted = params.count
                error(
                    "E0317", "too many arguments for `\(callee)`", a.span,
                    label: "it takes \(wanted) argument\(wanted == 1 ? "" : "s")")
                failed = true
                _ = infer(argument)
                continue
            }
            result.nodes[position] = argument
            result.sourceOrder.append(position)
            position += 1
        }
        for (i, parameter) in params.enumerated()
        where !result.nodes[i].exists && !parameter.isRest && !parameter.defaultNode.exists {
            if failed { continue }
            error(
                "E0316", "missing argument `\(text(parameter.name))` in the call of `\(callee)`", n.span,
                label: "`\(text(parameter.name))` is required")
            failed = true
        }
        if failed {
            for node in result.nodes where node.exists { _ = infer(node) }
            return nil
        }
        return result
    }

    /// A call of a Simple function or method.
    ///
    /// - Parameter receiver: the value (or place) of `self`, already checked.
    func callFunction(
        _ id: FunctionID, receiver: (expr: ExprID, node: NodeID)?, _ n: Node, given: [TypeID] = [], hint: TypeID = .error
    ) -> ExprID {
        requireSignature(id, context.tree[n.nodeA].span)
        if functionRecords[id.index].marks.isDeprecated, context.function != id {
            warnIfDeprecated(functionRecords[id.index].marks, program.functions[id.index].name, context.tree[n.nodeA].span)
        }
        let parameters = functionRecords[id.index].parameters
        let explicit = receiver == nil ? parameters[...] : parameters.dropFirst()
        guard let matched = matchArguments(n, explicit, program.functions[id.index].name) else { return errorExpr(n.span) }
        let inComponent = functionRecords[id.index].state == .inProgress && !functionRecords[id.index].isAnnotated
        var typeArguments = inComponent ? ownTypeArguments(id, given) : instantiateLater(id, given)
        var values: [ExprID] = []
        values.reserveCapacity(parameters.count)
        var stores: [ExprID] = []
        if let receiver {
            let type = substituted(parameters[0].type, typeArguments)
            values.append(coerce(receiver.expr, to: type, receiver.node))
        }
        let resultType = substituted(program.functions[id.index].resultType, typeArguments)
        // An expected result type reaches the arguments (Appendix C 35).
        if !typeArguments.isEmpty, hint != .error, !isOpen(hint), kind(resultType) != .variable, kind(hint) == kind(resultType), kind(hint) != .option {
            if program.types.entries[resolve(hint).index].hasVariables == false { _ = unify(resultType, hint) }
        }
        if matched.isInOrder {
            for (i, parameter) in explicit.enumerated() {
                values.append(argument(parameter, matched, i, typeArguments, id, values, n))
            }
        } else {
            // Written out of order: evaluated in source order into temporaries.
            var locals: [ExprID?] = Array(repeating: nil, count: explicit.count)
            let all = Array(explicit)
            if receiver != nil, !program.functions[id.index].mutatesSelf {
                let (store, local) = temporary(values[0], at: n.span)
                stores.append(store)
                values[0] = localExpr(local, at: n.span)
            }
            for index in matched.written {
                let type = substituted(all[index].type, typeArguments)
                let value = check(matched.nodes[index], expected: type)
                let (store, local) = temporary(value, at: context.tree[matched.nodes[index]].span)
                stores.append(store)
                locals[index] = localExpr(local, at: n.span)
            }
            for (i, parameter) in all.enumerated() {
                if let local = locals[i] {
                    values.append(local)
                } else {
                    values.append(argument(parameter, matched, i, typeArguments, id, values, n))
                }
            }
        }
        if !inComponent { addConstraints(id, typeArguments, n.span) ; checkBounds(id, typeArguments, n.span) }
        var flags: UInt8 = inComponent ? 0x80 : 0
        if program.functions[id.index].mutatesSelf && receiver != nil { flags |= HIRExpr.mutatingCall }
        let list = addList(values)
        let types = typeArguments.isEmpty ? HIRList.empty : context.body.addList(typeArguments.map(\.rawValue))
        typeArguments = []
        let call = add(
            .call, resultType, flags: flags, a: id.rawValue, b: list.rawValue, c: types.rawValue, at: n.span)
        if stores.isEmpty { return call }
        let block = addList(stores + [call])
        return add(.block, resultType, flags: HIRExpr.blockHasValue, b: block.rawValue, at: n.span)
    }

    /// Type arguments for a callee of the component under inference: its implicit parameters are still variables.
    private func ownTypeArguments(_ id: FunctionID, _ given: [TypeID]) -> [TypeID] {
        var result: [TypeID] = []
        for i in functionRecords[id.index].typeParameters.indices { result.append(i < given.count ? given[i] : newVariable()) }
        return result
    }

    /// Fresh type arguments; the constraints come after the arguments are checked, when more is known.
    private func instantiateLater(_ id: FunctionID, _ given: [TypeID]) -> [TypeID] {
        let count = program.functions[id.index].typeParameterCount
        if count == 0 { return [] }
        let classes = functionRecords[id.index].parameterClasses
        var result: [TypeID] = []
        for i in 0..<count {
            result.append(
                i < given.count ? given[i] : newVariable(TypeVariable.Class(rawValue: i < classes.count ? classes[i] : 0) ?? .any))
        }
        return result
    }

    private func addConstraints(_ id: FunctionID, _ arguments: [TypeID], _ span: SourceSpan) {
        for constraint in functionRecords[id.index].constraints {
            var copy = constraint
            copy.operands = constraint.operands.map { program.types.substitute($0, arguments) }
            copy.result = program.types.substitute(constraint.result, arguments)
            copy.origins.append(label(span))
            if copy.origins.count > 8 { copy.origins.removeFirst() }
            if !solve(copy) { pending.append(copy) }
        }
    }

    func substituted(_ type: TypeID, _ arguments: [TypeID]) -> TypeID {
        arguments.isEmpty ? type : program.types.substitute(type, arguments)
    }

    /// The value for parameter `i` of the call: written, default, or collected rest.
    private func argument(
        _ parameter: ParameterRecord, _ matched: MatchedArguments, _ i: Int, _ typeArguments: [TypeID], _ id: FunctionID,
        _ earlier: [ExprID], _ n: Node
    ) -> ExprID {
        let type = substituted(parameter.type, typeArguments)
        if parameter.isRest {
            let element = program.types.argument(resolve(type), 0)
            var parts: [ExprID] = []
            for node in matched.rest {
                let a = context.tree[node]
                if a.kind == .spread {
                    let inner = check(a.nodeA, expected: type)
                    parts.append(add(.spread, type, a: inner.rawValue, at: a.span))
                } else {
                    parts.append(check(node, expected: element))
                }
            }
            let list = addList(parts)
            return add(.makeArray, type, b: list.rawValue, at: n.span)
        }
        if matched.nodes[i].exists { return check(matched.nodes[i], expected: type) }
        return defaultValue(parameter, id, earlier, type, n)
    }

    /// A default is evaluated at each call, in the callee's scope, where it sees the parameters before it.
    private func defaultValue(
        _ parameter: ParameterRecord, _ id: FunctionID, _ earlier: [ExprID], _ type: TypeID, _ n: Node
    ) -> ExprID {
        let record = functionRecords[id.index]
        // Check the default in the callee's module but emit it into this body.
        let savedModule = context.module, savedTree = context.tree, savedFile = context.file
        let savedID = context.id, savedTypes = context.typeParameters
        contextCounter += 1
        context.id = contextCounter
        context.module = record.module
        context.tree = modules[record.module].tree
        context.file = modules[record.module].file
        // What is wrong in it is reported where it is declared.
        silenced += 1
        let errors = context.silentErrors
        let scope = pushScope()
        for (k, value) in earlier.enumerated() where k < record.parameters.count {
            // Earlier parameters by name: their values, which are temporaries or pure enough to read again only through a local.
            let local = declareLocal(record.parameters[k].name, self.type(of: value), n.span, mutable: false, origin: .temporary)
            context.defaultStores.append((value, local))
            context.infos[local.index].used = true
        }
        let mark = context.defaultStores.count - earlier.count
        let expr = coerce(infer(parameter.defaultNode, hint: type), to: type, parameter.defaultNode)
        let uses = usesLocals(expr, context.defaultStores[mark...].map(\.1))
        let stores = Array(context.defaultStores[mark...])
        context.defaultStores.removeSubrange(mark...)
        popScope(to: scope)
        silenced -= 1
        context.module = savedModule
        context.tree = savedTree
        context.file = savedFile
        context.id = savedID
        context.typeParameters = savedTypes
        if context.silentErrors != errors { return errorExpr(n.span) }
        if uses {
            // Turn each earlier argument into "store and yield", so that the default can read it.
            for (value, local) in stores {
                let copy = context.body.add(context.body[value])
                context.body[value] = HIRExpr(
                    .storeLocal, self.type(of: copy), a: local.rawValue, b: copy.rawValue,
                    position: context.body[copy].position)
            }
        }
        return expr
    }

    /// `true` iff the expression reads one of `locals`.
    private func usesLocals(_ expr: ExprID, _ locals: [LocalID]) -> Bool {
        if locals.isEmpty { return false }
        // Nodes of the default are the newest of the body; a linear look back is enough.
        var i = expr.index
        let first = Int(locals[0].rawValue), last = Int(locals[locals.count - 1].rawValue)
        var steps = 0
        while i > 0 && steps < 4096 {
            let e = context.body.exprs[i]
            if e.kind == .local, Int(e.a) >= first, Int(e.a) <= last { return true }
            i -= 1
            steps += 1
        }
        return false
    }

    // MARK: Structs

    /// `T(…)`: the constructor of a struct, or a conversion.
    func construct(_ type: TypeID, _ n: Node) -> ExprID {
        let t = resolve(type)
        guard program.types.kind(t) == .structure else {
            if program.types.isNumeric(t) || t == .bool || t == .char || t == .str { return convert(to: t, n) }
            if t != .error { error("E0322", "`\(describe(t))` is not callable", context.tree[n.nodeA].span) }
            return errorExpr(n.span)
        }
        let id = Int(program.types.payload(t))
        let record = structRecords[id]
        prepareFields(StructID(id))
        checkConstructible(id, n.span)
        warnIfDeprecated(structRecords[id].marks, program.structs[id].name, context.tree[n.nodeA].span)
        var parameters: [ParameterRecord] = []
        for (i, name) in program.structs[id].fieldNames.enumerated() {
            let node = record.fieldNodes[i]
            parameters.append(
                ParameterRecord(name: name, node: node, type: program.fieldType(t, i), defaultNode: modules[record.module].tree[node].nodeC))
        }
        guard let matched = matchArguments(n, parameters[...], program.structs[id].name) else { return errorExpr(n.span) }
        var fields: [(index: Int, node: NodeID)] = []
        for index in matched.written { fields.append((index, matched.nodes[index])) }
        return makeStruct(t, id, fields, base: nil, n.span)
    }

    private func checkConstructible(_ id: Int, _ span: SourceSpan) {
        if structRecords[id].privateFields && structRecords[id].module != context.module {
            error(
                "E0603", "`\(program.structs[id].name)` has private fields and cannot be built here", span,
                helps: ["use a function of its module that makes one"])
        }
    }

    /// `T { x: 1, ..base }`.
    func inferRecord(_ n: Node, hint: TypeID) -> ExprID {
        guard case .type(let type) = resolvePath(n.nodeA) else {
            let path = context.tree[n.nodeA]
            if path.kind == .name, lookUpLocal(path.nameA) == nil, lookUpDefinition(path.nameA) == nil {
                error("E0201", "unknown type `\(text(path.nameA))`", path.span, label: "not found in this scope")
            } else if case .none = resolvePath(n.nodeA) {
                error("E0208", "this is not a struct", path.span)
            }
            return errorExpr(n.span)
        }
        let t = resolve(type)
        guard program.types.kind(t) == .structure else {
            error("E0208", "`\(describe(t))` is not a struct", context.tree[n.nodeA].span)
            return errorExpr(n.span)
        }
        if kind(hint) == .structure, program.types.payload(resolve(hint)) == program.types.payload(t) { _ = unify(t, hint) }
        let id = Int(program.types.payload(t))
        prepareFields(StructID(id))
        checkConstructible(id, n.span)
        warnIfDeprecated(structRecords[id].marks, program.structs[id].name, context.tree[n.nodeA].span)
        var fields: [(index: Int, node: NodeID)] = []
        var base: NodeID?
        var failed = false
        for part in context.tree.elements(n.listB) {
            let p = context.tree[part]
            if p.kind == .recordBase {
                base = p.nodeA
                continue
            }
            guard let index = program.structs[id].fieldNames.firstIndex(of: p.nameA) else {
                error(
                    "E0318", "`\(describe(t))` has no field `\(text(p.nameA))`", p.span,
                    helps: suggestion(text(p.nameA), program.structs[id].fieldNames.map { text($0) }))
                if p.b != 0 { _ = infer(p.nodeB) }
                failed = true
                continue
            }
            if fields.contains(where: { $0.index == index }) {
                error("E0319", "field `\(text(p.nameA))` is given twice", p.span)
                failed = true
                continue
            }
            fields.append((index, p.b != 0 ? p.nodeB : part))
        }
        if base == nil && !failed {
            let record = structRecords[id]
            for (i, name) in program.structs[id].fieldNames.enumerated() where !fields.contains(where: { $0.index == i }) {
                if !modules[record.module].tree[record.fieldNodes[i]].nodeC.exists {
                    error("E0316", "missing field `\(text(name))` of `\(describe(t))`", n.span, label: "`\(text(name))` has no default")
                    failed = true
                }
            }
        }
        if failed { return errorExpr(n.span) }
        return makeStruct(t, id, fields, base: base, n.span)
    }

    /// Builds a struct value: written fields in source order, the rest from `base` or the defaults.
    private func makeStruct(
        _ type: TypeID, _ id: Int, _ fields: [(index: Int, node: NodeID)], base: NodeID?, _ span: SourceSpan
    ) -> ExprID {
        let count = program.structs[id].fieldNames.count
        var values: [ExprID] = Array(repeating: .none, count: count)
        var stores: [ExprID] = []
        var inOrder = true
        for i in fields.indices.dropFirst() where fields[i].index < fields[i - 1].index { inOrder = false }
        for (index, node) in fields {
            let fieldType = program.fieldType(type, index)
            let n = context.tree[node]
            var value: ExprID
            if n.kind == .recordField {
                // Shorthand `P { x }`.
                value = shorthand(n)
                value = coerce(value, to: fieldType, node)
            } else {
                value = check(node, expected: fieldType)
            }
            if !inOrder || base != nil {
                let (store, local) = temporary(value, at: n.span)
                stores.append(store)
                value = localExpr(local, at: n.span)
            }
            values[index] = value
        }
        if let base {
            let baseValue = check(base, expected: type)
            let (store, local) = temporary(baseValue, at: context.tree[base].span)
            stores.append(store)
            for i in 0..<count where !values[i].exists {
                let whole = localExpr(local, at: span)
                values[i] = add(.field, program.fieldType(type, i), a: whole.rawValue, b: UInt32(i), at: span)
            }
        } else {
            let record = structRecords[id]
            for i in 0..<count where !values[i].exists {
                let node = modules[record.module].tree[record.fieldNodes[i]].nodeC
                values[i] = foreignExpression(node, in: record.module, expected: program.fieldType(type, i))
            }
        }
        let list = addList(values)
        let result = add(.makeStruct, type, b: list.rawValue, at: span)
        if stores.isEmpty { return result }
        let block = addList(stores + [result])
        return add(.block, type, flags: HIRExpr.blockHasValue, b: block.rawValue, at: span)
    }

    private func shorthand(_ n: Node) -> ExprID {
        if let local = lookUpLocal(n.nameA) { return readLocal(local, n.span) }
        if let definition = lookUpDefinition(n.nameA, n.span) { return useDefinition(definition, n.nameA, n.span) }
        reportUnknown(n.nameA, n.span)
        return errorExpr(n.span)
    }

    /// An expression of another module (a field's default) emitted into this body.
    private func foreignExpression(_ node: NodeID, in module: Int, expected: TypeID) -> ExprID {
        guard node.exists else { return errorExpr(SourceSpan(start: 0, end: 0)) }
        let savedModule = context.module, savedTree = context.tree, savedID = context.id, savedFile = context.file
        contextCounter += 1
        context.id = contextCounter
        context.module = module
        context.tree = modules[module].tree
        context.file = modules[module].file
        // What is wrong in it is reported where it is declared.
        silenced += 1
        let errors = context.silentErrors
        let expr = check(node, expected: expected)
        silenced -= 1
        context.module = savedModule
        context.tree = savedTree
        context.id = savedID
        context.file = savedFile
        return context.silentErrors == errors ? expr : errorExpr(SourceSpan(start: 0, end: 0))
    }

    // MARK: Methods

    private func callMember(_ callee: Node, _ n: Node, hint: TypeID) -> ExprID {
        let name = callee.nameB
        let nameSpan = SourceSpan(start: callee.span.end - UInt32(text(name).utf8.count), end: callee.span.end)
        switch resolvePath(callee.nodeA) {
        case .broken:
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            return errorExpr(n.span)
        case .module(let index):
            guard let definition = moduleItem(index, name, nameSpan) else {
                for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
                return errorExpr(n.span)
            }
            switch definition.kind {
            case .function: return callFunction(FunctionID(definition.index), receiver: nil, n, hint: hint)
            case .structure, .alias:
                if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
                return errorExpr(n.span)
            case .broken: return errorExpr(n.span)
            default: return notCallable(useDefinition(definition, name, nameSpan), n)
            }
        case .type(let type): return callStatic(type, name, n, nameSpan, hint: hint)
        case .none: break
        }
        let receiver = infer(callee.nodeA)
        return callMethod(receiver, callee.nodeA, name, nameSpan, n, hint: hint)
    }

    /// `receiver.name(arguments)`.
    func callMethod(
        _ receiver: ExprID, _ receiverNode: NodeID, _ name: NameID, _ nameSpan: SourceSpan, _ n: Node, hint: TypeID
    ) -> ExprID {
        let t = resolve(type(of: receiver))
        if t == .error || t == .never {
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            return errorExpr(n.span)
        }
        if isOpen(t) || program.types.kind(t) == .parameter {
            if program.types.kind(t) == .parameter {
                let index = Int(program.types.payload(t))
                if index < context.typeParameters.count, context.typeParameters[index].bounds.contains(where: isBrokenName) {
                    return errorExpr(n.span)
                }
                error(
                    "E0313", "the bounds of `\(describe(t))` do not guarantee a method `\(text(name))`", nameSpan,
                    helps: ["leave the parameter's type out to have it inferred at each call"])
                return errorExpr(n.span)
            }
            return deferMethod(receiver, t, name, nameSpan, n)
        }
        if program.types.kind(t) == .structure {
            let id = Int(program.types.payload(t))
            if let method = structRecords[id].methods[name] {
                return callStructMethod(method, receiver, receiverNode, t, nameSpan, n, hint: hint)
            }
            if name == known.with { return callWith(receiver, t, id, n) }
            if text(name) == "to_string" { return builtin(.toString, .str, [receiver], at: n.span) }
            if text(name) == "clone" { return receiver }
            unknownMethod(t, name, nameSpan, structRecords[id].methods.names.map { text($0) })
            return errorExpr(n.span)
        }
        guard let group = methodGroup(t) else {
            unknownMethod(t, name, nameSpan, [])
            return errorExpr(n.span)
        }
        return callBuiltinMethod(receiver, receiverNode, t, group, name, nameSpan, n, hint: hint)
    }

    private func unknownMethod(_ t: TypeID, _ name: NameID, _ span: SourceSpan, _ candidates: [String]) {
        error(
            "E0203", "`\(describe(t))` has no method `\(text(name))`", span, helps: suggestion(text(name), candidates))
    }

    private func callStructMethod(
        _ method: FunctionID, _ receiver: ExprID, _ receiverNode: NodeID, _ t: TypeID, _ nameSpan: SourceSpan, _ n: Node,
        hint: TypeID
    ) -> ExprID {
        prepareSignature(method)
        let record = functionRecords[method.index]
        if record.isStatic {
            error(
                "E0203", "`\(program.functions[method.index].name)` is a static method", nameSpan,
                helps: ["call it on the type: `\(describe(t)).\(text(record.name))(…)`"])
            return errorExpr(n.span)
        }
        if record.isPrivate && record.module != context.module {
            error("E0603", "method `\(text(record.name))` is private", nameSpan)
        }
        if program.functions[method.index].mutatesSelf {
            if !isMutablePlace(receiver) {
                error(
                    "E0504", "`\(text(record.name))` changes its receiver, which is immutable here",
                    context.tree[receiverNode].span, label: "cannot be changed", helps: immutableHelp(receiver))
                return errorExpr(n.span)
            }
            markChanged(receiver)
        }
        return callFunction(method, receiver: (receiver, receiverNode), n, hint: hint)
    }

    /// How to make the variable behind `place` mutable.
    func immutableHelp(_ place: ExprID) -> [String] {
        var e = context.body[place]
        while e.kind == .field { e = context.body[e.exprA] }
        if e.kind == .local, Int(e.a) < context.infos.count {
            let name = text(context.infos[Int(e.a)].name)
            if context.infos[Int(e.a)].origin == .parameter {
                return name == "self" ? ["declare the method with `mut self`"] : ["declare the parameter as `mut \(name)`"]
            }
            return ["declare it with `var \(name)`"]
        }
        return ["store it in a `var` first"]
    }

    /// §4.3: may the value at `place` be changed in place?
    func isMutablePlace(_ place: ExprID) -> Bool {
        let e = context.body[place]
        switch e.kind {
        case .local: return context.infos[Int(e.a)].isMutable
        case .global: return globalRecords[Int(e.a)].isMutable && globalRecords[Int(e.a)].module == context.module
        case .field:
            let base = resolve(type(of: e.exprA))
            guard program.types.kind(base) == .structure, structRecords[Int(program.types.payload(base))].isMutable else { return false }
            return isMutablePlace(e.exprA)
        case .index: return kind(type(of: e.exprA)) == .array
        case .error: return true
        default: return false
        }
    }

    private func deferMethod(_ receiver: ExprID, _ t: TypeID, _ name: NameID, _ nameSpan: SourceSpan, _ n: Node) -> ExprID {
        var values: [ExprID] = []
        var types: [TypeID] = [t]
        for argument in context.tree.elements(n.listB) {
            let a = context.tree[argument]
            if a.kind == .namedArgument || a.kind == .spread {
                error("E0309", "type annotations needed to name arguments", a.span, helps: ["annotate the type of the receiver"])
                return errorExpr(n.span)
            }
            let value = infer(argument)
            values.append(value)
            types.append(type(of: value))
        }
        let list = addList(values)
        let result = add(.deferredMethod, .error, a: receiver.rawValue, b: list.rawValue, c: name.rawValue, at: n.span)
        context.body[result].type = self.defer(.method(name), types, expr: result, span: nameSpan)
        return result
    }

    /// Solves a method constraint once the receiver is known.
    func methodOutcome(_ c: Constraint, _ name: NameID) -> Outcome {
        let receiver = resolve(c.operands[0])
        if receiver == .error { return .type(.error) }
        if isOpen(receiver) { return .stuck }
        let arguments = Array(c.operands.dropFirst())
        guard let (parameters, result, _) = methodSignature(receiver, name, arguments.count, c.span) else { return .mismatch }
        for (i, argument) in arguments.enumerated() {
            let wanted = resolve(parameters[i])
            let given = resolve(argument)
            if !unify(given, wanted) {
                error("E0301", "expected `\(describe(wanted))`, found `\(describe(given))`", c.span)
                return .type(.error)
            }
        }
        return .type(result)
    }

    /// Types of a method's parameters (without the receiver) and result, and what it is.
    func methodSignature(_ receiver: TypeID, _ name: NameID, _ count: Int, _ span: SourceSpan)
        -> (parameters: [TypeID], result: TypeID, target: MethodTarget)?
    {
        let t = resolve(receiver)
        if program.types.kind(t) == .structure {
            let id = Int(program.types.payload(t))
            guard let method = structRecords[id].methods[name] else {
                if text(name) == "to_string", count == 0 { return ([], .str, .builtin(.toString, extra: [])) }
                return nil
            }
            requireSignature(method, span)
            let record = functionRecords[method.index]
            guard !record.isStatic, record.parameters.count - 1 == count, !record.parameters.contains(where: { $0.isRest }) else { return nil }
            let typeArguments = instantiateLater(method, Array(program.types.arguments(t)))
            addConstraints(method, typeArguments, span)
            let parameters = record.parameters.dropFirst().map { substituted($0.type, typeArguments) }
            return (parameters, substituted(program.functions[method.index].resultType, typeArguments), .function(method, typeArguments: typeArguments))
        }
        guard let group = methodGroup(t) else { return nil }
        if let method = methods.find(group, name) {
            guard count <= method.parameters.count else { return nil }
            var extra: [ConstantArgument] = []
            for i in count..<method.parameters.count {
                guard let value = method.defaults[i] else { return nil }
                switch value {
                case .int(let number): extra.append(.int(number))
                case .string(let text): extra.append(.string(program.addString(text.utf8)))
                }
            }
            let parameters = method.parameters.prefix(count).map { methodType($0, receiver: t) }
            return (Array(parameters), methodType(method.result, receiver: t), .builtin(method.builtin, extra: extra))
        }
        guard let function = preludeMethod(group, name) else { return nil }
        requireSignature(function, span)
        let record = functionRecords[function.index]
        guard record.parameters.count - 1 == count else { return nil }
        let typeArguments = instantiateLater(function, [])
        if !unify(substituted(record.parameters[0].type, typeArguments), t) { return nil }
        addConstraints(function, typeArguments, span)
        let parameters = record.parameters.dropFirst().map { substituted($0.type, typeArguments) }
        return (parameters, substituted(program.functions[function.index].resultType, typeArguments), .function(function, typeArguments: typeArguments))
    }

    /// A method of a built-in type that is written in Simple (Library/std/prelude.simple): `array_sum` and the like.
    func preludeMethod(_ group: MethodGroup, _ name: NameID) -> FunctionID? {
        let prefix: String
        switch group {
        case .string: prefix = "str_"
        case .array: prefix = "array_"
        case .integer: prefix = "int_"
        case .float: prefix = "float_"
        case .char: prefix = "char_"
        case .bool: prefix = "bool_"
        case .option: prefix = "option_"
        case .range: prefix = "range_"
        case .tuple: return nil
        }
        guard let id = interner.pointee.find(prefix + text(name)),
            let definition = modules[preludeIndex].definitions[id], definition.kind == .function
        else { return nil }
        return FunctionID(definition.index)
    }

    private func callBuiltinMethod(
        _ receiver: ExprID, _ receiverNode: NodeID, _ t: TypeID, _ group: MethodGroup, _ name: NameID,
        _ nameSpan: SourceSpan, _ n: Node, hint: TypeID
    ) -> ExprID {
        if let method = methods.find(group, name) {
            let arguments = context.tree.elements(n.listB)
            var values: [ExprID] = [receiver]
            var i = 0
            for argument in arguments {
                let a = context.tree[argument]
                guard i < method.parameters.count else {
                    error(
                        "E0317", "too many arguments for `\(text(name))`", a.span,
                        label: "it takes \(method.parameters.count)")
                    return errorExpr(n.span)
                }
                if a.kind == .spread {
                    error("E0317", "`*` can only spread into a rest parameter", a.span)
                    return errorExpr(n.span)
                }
                let valueNode = a.kind == .namedArgument ? a.nodeB : argument
                if method.parameters[i] == "m" {
                    let value = infer(valueNode)
                    let type = resolve(type(of: value))
                    if isOpen(type) { _ = unify(type, .str) }
                    if type != .char && type != .error, resolve(type) != .str { values.append(coerce(value, to: .str, valueNode)) } else { values.append(value) }
                } else if method.parameters[i] == "i" && (method.builtin == .removeAt || method.builtin == .insert || method.builtin == .swap || method.builtin == .charAt) {
                    let value = infer(valueNode, hint: .i64)
                    values.append(isIntegerLike(type(of: value)) && variableClass(type(of: value)) == nil ? widen(value, n.span) : coerce(value, to: .i64, valueNode))
                } else {
                    values.append(check(valueNode, expected: methodType(method.parameters[i], receiver: t)))
                }
                i += 1
            }
            while i < method.parameters.count {
                guard let value = method.defaults[i] else {
                    error("E0316", "missing argument in the call of `\(text(name))`", n.span, label: "it takes \(method.parameters.count)")
                    return errorExpr(n.span)
                }
                switch value {
                case .int(let number): values.append(intConstant(number, .i64, at: n.span))
                case .string(let text): values.append(stringConstant(text, at: n.span))
                }
                i += 1
            }
            if let flow = variableClass(t), flow != .any, method.result.contains("S") == false { defaultLiteral(t) }
            return builtin(method.builtin, methodType(method.result, receiver: t), values, at: n.span)
        }
        if let function = preludeMethod(group, name) {
            return callFunction(function, receiver: (receiver, receiverNode), n, hint: hint)
        }
        if let conversion = conversionMethod(name, t) { return finishCast(receiver, conversion, flags: 0, n.span) }
        let word = text(name)
        let closureMethods = [
            "map", "filter", "reduce", "fold", "each", "sort_by", "sort_by_key", "sorted_by", "sorted_by_key", "and_then",
            "or_else", "unwrap_or_else", "filter_map", "flat_map", "find_index", "group_by", "retain", "take_while",
            "drop_while", "scan", "partition", "min_by_key", "max_by_key", "ok_or", "parse_int", "parse_float", "iter",
            "to_set", "to_dict", "then", "update",
        ]
        if closureMethods.contains(word) {
            unsupported("`.\(word)` is", nameSpan, helps: ["write a loop or a comprehension"])
            return errorExpr(n.span)
        }
        var candidates = methods.names(group).map { text($0) }
        candidates += ["len", "push", "contains"].filter { _ in group == .array }
        unknownMethod(t, name, nameSpan, candidates)
        return errorExpr(n.span)
    }

    private func widen(_ value: ExprID, _ span: SourceSpan) -> ExprID {
        if resolve(type(of: value)) == .i64 { return value }
        return add(.cast, .i64, a: value.rawValue, at: span)
    }

    /// `x.to_f64()` and the like.
    private func conversionMethod(_ name: NameID, _ t: TypeID) -> TypeID? {
        let word = text(name)
        guard word.hasPrefix("to_"), isNumberLike(t) else {
            return word == "to_int" && t == .bool ? .i64 : nil
        }
        guard let id = interner.pointee.find(String(word.dropFirst(3))), let type = known.typeNames[id], program.types.isNumeric(type)
        else { return nil }
        return type
    }

    /// `p.with(x: 3)`.
    private func callWith(_ receiver: ExprID, _ t: TypeID, _ id: Int, _ n: Node) -> ExprID {
        var fields: [(Int, ExprID)] = []
        let (store, local) = temporary(receiver, at: n.span)
        var parts: [ExprID] = [store]
        for argument in context.tree.elements(n.listB) {
            let a = context.tree[argument]
            guard a.kind == .namedArgument else {
                error("E0318", "`with` takes named fields", a.span, helps: ["write `.with(field: value)`"])
                return errorExpr(n.span)
            }
            guard let index = program.structs[id].fieldNames.firstIndex(of: a.nameA) else {
                error(
                    "E0318", "`\(describe(t))` has no field `\(text(a.nameA))`", a.span,
                    helps: suggestion(text(a.nameA), program.structs[id].fieldNames.map { text($0) }))
                return errorExpr(n.span)
            }
            if fields.contains(where: { $0.0 == index }) {
                error("E0319", "field `\(text(a.nameA))` is given twice", a.span)
                return errorExpr(n.span)
            }
            let value = check(a.nodeB, expected: program.fieldType(t, index))
            let (store, fieldLocal) = temporary(value, at: a.span)
            parts.append(store)
            fields.append((index, localExpr(fieldLocal, at: a.span)))
        }
        var values: [ExprID] = []
        for i in program.structs[id].fieldNames.indices {
            if let given = fields.first(where: { $0.0 == i }) {
                values.append(given.1)
            } else {
                let whole = localExpr(local, at: n.span)
                values.append(add(.field, program.fieldType(t, i), a: whole.rawValue, b: UInt32(i), at: n.span))
            }
        }
        let list = addList(values)
        parts.append(add(.makeStruct, t, b: list.rawValue, at: n.span))
        let block = addList(parts)
        return add(.block, t, flags: HIRExpr.blockHasValue, b: block.rawValue, at: n.span)
    }

    // MARK: Static methods

    private func callStatic(_ type: TypeID, _ name: NameID, _ n: Node, _ nameSpan: SourceSpan, hint: TypeID) -> ExprID {
        let t = resolve(type)
        let word = text(name)
        if program.types.kind(t) == .structure {
            let id = Int(program.types.payload(t))
            if let method = structRecords[id].methods[name] {
                prepareSignature(method)
                return callFunction(method, receiver: nil, n, given: Array(program.types.arguments(t)), hint: hint)
            }
            unknownMethod(t, name, nameSpan, structRecords[id].methods.names.map { text($0) })
            return errorExpr(n.span)
        }
        let arguments = Array(context.tree.elements(n.listB))
        func expectCount(_ count: Int) -> Bool {
            if arguments.count == count { return true }
            error(arguments.count < count ? "E0316" : "E0317", "`\(describe(t)).\(word)` takes \(count) argument\(count == 1 ? "" : "s")", n.span)
            return false
        }
        if program.types.kind(t) == .array {
            switch word {
            case "filled":
                guard expectCount(2) else { return errorExpr(n.span) }
                if kind(hint) == .array { _ = unify(t, hint) }
                let count = check(arguments[0], expected: .i64)
                let element = program.types.argument(t, 0)
                let value = check(arguments[1], expected: element)
                return builtin(.filled, t, [count, value], at: n.span)
            case "from":
                guard expectCount(1) else { return errorExpr(n.span) }
                return callPreludeFunction("list_of", n, hint: hint)
            case "new":
                guard expectCount(0) else { return errorExpr(n.span) }
                return add(.makeArray, t, b: 0, at: n.span)
            default: break
            }
        }
        if program.types.isNumeric(t) {
            switch word {
            case "wrapping_from" where program.types.isInteger(t), "saturating_from" where program.types.isInteger(t), "try_from" where program.types.isInteger(t):
                guard expectCount(1) else { return errorExpr(n.span) }
                let value = infer(arguments[0])
                let flags: UInt8 = word == "wrapping_from" ? HIRExpr.wrappingCast : word == "saturating_from" ? HIRExpr.saturatingCast : HIRExpr.optionalCast
                return finishCast(value, t, flags: flags, n.span)
            case "from_bits" where program.types.isFloat(t):
                guard expectCount(1) else { return errorExpr(n.span) }
                let value = check(arguments[0], expected: t == .f32 ? .u32 : .u64)
                return builtin(.fromBits, t, [value], at: n.span)
            case "parse", "parse_radix":
                unsupported("`\(describe(t)).\(word)` is", nameSpan, helps: ["use `text.to_int()`, which gives an Option"])
                return errorExpr(n.span)
            default: break
            }
        }
        if t == .str {
            switch word {
            case "from_chars":
                guard expectCount(1) else { return errorExpr(n.span) }
                let value = check(arguments[0], expected: program.types.array(.char))
                return builtin(.fromChars, .str, [value], at: n.span)
            case "from_utf8", "from_utf8_lossy":
                unsupported("`str.\(word)` is", nameSpan)
                return errorExpr(n.span)
            default: break
            }
        }
        error("E0203", "type `\(describe(t))` has no function `\(word)`", nameSpan)
        for argument in arguments { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    /// `i32(x)`, `str(x)`, `bool(x)` (§4.6).
    private func convert(to type: TypeID, _ n: Node) -> ExprID {
        let arguments = Array(context.tree.elements(n.listB))
        guard arguments.count == 1 else {
            error(arguments.isEmpty ? "E0316" : "E0317", "`\(describe(type))` takes one argument", n.span)
            for argument in arguments { _ = inferArgumentForErrors(argument) }
            return errorExpr(n.span)
        }
        let value = infer(arguments[0], hint: type == .bool ? .error : type)
        let t = resolve(self.type(of: value))
        if t == .error { return value }
        if type == .str { return builtin(.toString, .str, [value], at: n.span) }
        if type == .bool && isIntegerLike(t) {
            defaultLiteral(t)
            let zero = intConstant(0, resolve(t), at: n.span)
            return add(.compare, .bool, op: HIRComparison.notEqual.rawValue, a: value.rawValue, b: zero.rawValue, at: n.span)
        }
        if t == .str && program.types.isNumeric(type) {
            // Parses; P003 if malformed.
            let parsed = builtin(
                program.types.isFloat(type) ? .stringToFloat : .stringToInt,
                program.types.option(program.types.isFloat(type) ? .f64 : .i64), [value], at: n.span)
            let unwrapped = builtin(.unwrapParsed, program.types.isFloat(type) ? .f64 : .i64, [parsed], at: n.span)
            if type == .i64 || type == .f64 { return unwrapped }
            return finishCast(unwrapped, type, flags: 0, n.span)
        }
        return finishCast(value, type, flags: 0, n.span)
    }

    private func callSome(_ n: Node, hint: TypeID) -> ExprID {
        let arguments = Array(context.tree.elements(n.listB))
        guard arguments.count == 1 else {
            error(arguments.isEmpty ? "E0316" : "E0317", "`Some` takes one value", n.span)
            return errorExpr(n.span)
        }
        let wanted = resolve(hint)
        if program.types.kind(wanted) == .option {
            let payload = program.types.argument(wanted, 0)
            let value = isOpen(payload) ? infer(arguments[0]) : check(arguments[0], expected: payload)
            if isOpen(payload) { _ = unify(payload, type(of: value)) }
            return add(.makeSome, wanted, a: value.rawValue, at: n.span)
        }
        let value = infer(arguments[0])
        return add(.makeSome, program.types.option(type(of: value)), a: value.rawValue, at: n.span)
    }
}

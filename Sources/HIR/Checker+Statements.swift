internal import Diagnostics
internal import Support
internal import Syntax

/// Statements, scopes, variables, definite initialisation.
extension Checker {
    // MARK: Scopes

    /// Begins a scope; returns the mark for `popScope`.
    func pushScope() -> Int { context.undo.count }

    /// Ends the scopes begun since `mark`.
    func popScope(to mark: Int) {
        while context.undo.count > mark {
            let (name, old) = context.undo.removeLast()
            bindings[name.index] = old
        }
    }

    /// Index in `infos` of the local that `name` means here.
    func lookUpLocal(_ name: NameID) -> Int? {
        if name.index >= bindings.count { return nil }
        let binding = bindings[name.index]
        return binding.context == context.id && binding.context != 0 ? Int(binding.local) : nil
    }

    /// Adds a local and binds its name (none for temporaries) in the present scope.
    @discardableResult
    func declareLocal(
        _ name: NameID, _ type: TypeID, _ span: SourceSpan, mutable: Bool, origin: LocalOrigin, tracked: Bool = false
    ) -> LocalID {
        let id = context.body.add(HIRLocal(name: name, type: type, position: span.start))
        var info = LocalInfo(name: name, span: span, isMutable: mutable, origin: origin)
        info.loopDepth = Int32(context.loops.count)
        if tracked {
            info.tracked = context.trackedCount
            context.trackedCount += 1
        }
        context.infos.append(info)
        if name != .none {
            while bindings.count <= name.index { bindings.append(NameBinding(context: 0, local: 0)) }
            context.undo.append((name, bindings[name.index]))
            bindings[name.index] = NameBinding(context: context.id, local: id.rawValue)
        }
        return id
    }

    /// Binds a bare-assigned name for the rest of the function, past the scopes that are open now.
    private func declareBare(_ name: NameID, _ type: TypeID, _ span: SourceSpan) -> LocalID {
        let id = declareLocal(.none, type, span, mutable: true, origin: .bare, tracked: true)
        context.infos[id.index].name = name
        context.body.locals[id.index].name = name
        while bindings.count <= name.index { bindings.append(NameBinding(context: 0, local: 0)) }
        // Not in the undo log: the binding outlives every scope of the body. No open scope binds the name (it would
        // have been found), so no entry of the log can hide this one.
        context.bareUndo.append((name, bindings[name.index]))
        bindings[name.index] = NameBinding(context: context.id, local: id.rawValue)
        return id
    }

    // MARK: Blocks

    /// The statements of a block as a `block` node.
    ///
    /// - Parameters:
    ///   - valueWanted: the last statement, if it is an expression, gives the value.
    ///   - expected: the type that the value should have (a hint; the caller coerces).
    func checkBlock(_ list: ListID, span: SourceSpan, valueWanted: Bool, expected: TypeID, newScope: Bool = true) -> ExprID {
        let count = context.tree.count(list)
        let mark = pushScope()
        context.blockDepth += 1
        let listStart = context.scratch.count
        var hasValue = false
        var type = TypeID.nilType
        var warnedUnreachable = false
        for i in 0..<count {
            let statement = context.tree.element(list, i)
            let n = context.tree[statement]
            if context.flow.unreachable && !warnedUnreachable && n.kind != .passStatement {
                warning("W0304", "unreachable code", n.span)
                warnedUnreachable = true
            }
            if valueWanted && i == count - 1 && n.kind == .expressionStatement {
                let value = infer(n.nodeA, hint: expected)
                context.scratch.append(value.rawValue)
                type = self.type(of: value)
                hasValue = true
            } else if valueWanted && i == count - 1 && (n.kind == .matchExpression || n.kind == .ifExpression && hasElse(n)) {
                let value = infer(statement, hint: expected)
                context.scratch.append(value.rawValue)
                type = self.type(of: value)
                hasValue = true
            } else {
                let wasUnreachable = context.flow.unreachable
                let expr = checkStatement(statement)
                if expr.exists { context.scratch.append(expr.rawValue) }
                if wasUnreachable { context.flow.unreachable = true }
            }
            if pending.count > 0 { solvePending(from: pendingFloor) }
        }
        context.blockDepth -= 1
        popScope(to: mark)
        if !hasValue && context.flow.unreachable { type = .never }
        if context.flow.unreachable && hasValue && kind(type) == .nilType { type = .never }
        let node = context.body.addList(context.scratch[listStart...])
        context.scratch.removeSubrange(listStart...)
        return add(.block, type, flags: hasValue ? HIRExpr.blockHasValue : 0, b: node.rawValue, at: span)
    }

    /// `true` iff the last link of the `if` chain `n` is an `else`: only then can it be a block's value.
    private func hasElse(_ n: Node) -> Bool {
        var n = n
        while n.kind == .ifExpression {
            if n.c == 0 { return false }
            n = context.tree[n.nodeC]
        }
        return true
    }

    /// Constraints of outer bodies are not this body's to solve.
    var pendingFloor: Int { context.pendingFloor }

    /// One statement; none if it leaves no code.
    func checkStatement(_ node: NodeID) -> ExprID {
        let n = context.tree[node]
        switch n.kind {
        case .expressionStatement: return checkStatementExpression(n.nodeA)
        case .ifExpression: return inferIf(n, hint: .error, valueWanted: false)
        case .matchExpression: return inferMatch(n, node, hint: .error, valueWanted: false)
        case .block: return checkBlock(n.listA, span: n.span, valueWanted: false, expected: .nilType)
        case .declaration: return checkDeclaration(n, node)
        case .assignment: return checkAssignment(n)
        case .augmentedAssignment: return checkAugmented(n)
        case .updateStatement: return checkUpdate(n)
        case .returnStatement: return checkReturn(n)
        case .breakStatement, .continueStatement: return checkJump(n)
        case .passStatement, .error, .unsupported: return .none
        case .whileStatement: return checkWhile(n, label: .none)
        case .loopStatement: return checkLoop(n, label: .none)
        case .forStatement: return checkFor(n, label: .none)
        case .labeled:
            let inner = context.tree[n.nodeB]
            switch inner.kind {
            case .whileStatement: return checkWhile(inner, label: n.nameA)
            case .loopStatement: return checkLoop(inner, label: n.nameA)
            case .forStatement: return checkFor(inner, label: n.nameA)
            default: return .none
            }
        case .withStatement:
            unsupported("`with` is", SourceSpan(start: n.span.start, end: n.span.start + 4))
            return .none
        case .functionDefinition:
            unsupported("nested functions are", n.span, helps: ["move it to module level"])
            // Uses of the name stay silent.
            let local = declareLocal(n.nameA, .error, n.span, mutable: true, origin: .temporary)
            context.infos[local.index].used = true
            return .none
        case .constDefinition: return checkLocalConstant(n, node)
        case .staticDefinition:
            error("E0107", "`static` is allowed at module level only", n.span)
            return .none
        case .structDefinition, .classDefinition, .enumDefinition, .traitDefinition, .implDefinition, .typeAlias,
            .externDefinition, .importDeclaration, .moduleDeclaration:
            if context.isTopLevel && context.blockDepth <= 1 { return .none }
            error("E0107", "this definition is not allowed inside a function", n.span, helps: ["move it to module level"])
            return .none
        default:
            return checkStatementExpression(node)
        }
    }

    /// An expression evaluated for its effect.
    func checkStatementExpression(_ node: NodeID) -> ExprID {
        let n = context.tree[node]
        if n.kind == .ifExpression { return inferIf(n, hint: .error, valueWanted: false) }
        if n.kind == .matchExpression { return inferMatch(n, node, hint: .error, valueWanted: false) }
        if n.kind == .block { return checkBlock(n.listA, span: n.span, valueWanted: false, expected: .nilType) }
        let expr = infer(node)
        warnIfDropped(expr, n.span)
        return expr
    }

    // MARK: Declarations

    private func checkDeclaration(_ n: Node, _ node: NodeID) -> ExprID {
        let mutable = n.flags & 1 != 0
        let pattern = context.tree[n.nodeA]
        let declared = n.b != 0 ? lowerType(n.nodeB) : nil
        if pattern.kind == .bindingPattern && pattern.nameA != known.underscore {
            let name = pattern.nameA
            if context.isTopLevel && name == known.main {
                error("E0209", "`main` cannot be declared as a variable", pattern.span)
                return .none
            }
            if let global = topLevelGlobal(name, outermost: true) {
                return declareGlobal(global, n, declared, mutable)
            }
            if n.c == 0 {
                declareLocal(name, declared ?? newVariable(), pattern.span, mutable: mutable, origin: .declaration, tracked: true)
                return .none
            }
            let value: ExprID
            if let declared { value = check(n.nodeC, expected: declared) } else { value = infer(n.nodeC) }
            let isMutable = mutable || pattern.flags & 1 != 0
            let startsNil = declared == nil && isMutable && isNil(value)
            let type = declared ?? (isMutable ? startType(value) : type(of: value))
            let local = declareLocal(name, type, pattern.span, mutable: isMutable, origin: .declaration)
            context.infos[local.index].startsNil = startsNil
            return add(.storeLocal, type, a: local.rawValue, b: value.rawValue, at: n.span)
        }
        guard n.c != 0 else {
            error("E0101", "a destructuring declaration needs a value", n.span)
            return .none
        }
        let value = declared.map { check(n.nodeC, expected: $0) } ?? infer(n.nodeC)
        let checked = checkPattern(n.nodeA, against: declared ?? type(of: value), mutable: mutable, irrefutable: true)
        return add(.bind, .nilType, a: checked.rawValue, b: value.rawValue, at: n.span)
    }

    private func checkLocalConstant(_ n: Node, _ node: NodeID) -> ExprID {
        if context.isTopLevel && context.blockDepth <= 1 { return .none }
        let declared = n.b != 0 ? lowerType(n.nodeB) : nil
        let value = declared.map { check(n.nodeC, expected: $0) } ?? infer(n.nodeC)
        if !isConstantExpression(value) {
            error("E0701", "not a constant expression", context.tree[n.nodeC].span, helps: ["use `let` for values computed at run time"])
        }
        let local = declareLocal(n.nameA, declared ?? type(of: value), n.span, mutable: false, origin: .declaration)
        return add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: n.span)
    }

    // MARK: Assignment

    private func checkAssignment(_ n: Node) -> ExprID {
        let target = context.tree[n.nodeA]
        switch target.kind {
        case .tuple: return destructure(target, n)
        case .name:
            if context.isTopLevel && target.nameA == known.main && lookUpLocal(target.nameA) == nil { return setExitValue(n) }
            if target.nameA == known.main && lookUpLocal(target.nameA) == nil && modules[context.module].definitions[target.nameA] == nil {
                error("E0209", "`main = …` is allowed in top-level code only", n.span)
                _ = infer(n.nodeB)
                return .none
            }
            return assignName(target.nameA, target.span, valueNode: n.nodeB, n)
        case .underscore: return infer(n.nodeB)
        default:
            guard let place = checkPlace(n.nodeA) else {
                _ = infer(n.nodeB)
                return .none
            }
            markChanged(place)
            let value = check(n.nodeB, expected: type(of: place))
            return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
        }
    }

    private func setExitValue(_ n: Node) -> ExprID {
        let value = infer(n.nodeB, hint: .i64)
        if variableClass(type(of: value)) != nil { defaultLiteral(type(of: value)) }
        if isOpen(type(of: value)) { solvePending(from: pendingFloor) }
        if !isExitValue(type(of: value)) {
            error(
                "E0311", "`\(describe(type(of: value)))` is not an exit value", context.tree[n.nodeB].span,
                helps: ["an exit value is nil, a number, or an Option of one"])
        }
        if program.main != nil {
            error("E0110", "a program has either `fn main` or `main = …`, not both", n.span)
        }
        return add(.setExitValue, .nilType, a: value.rawValue, at: n.span)
    }

    func isExitValue(_ type: TypeID) -> Bool {
        let t = resolve(type)
        switch program.types.kind(t) {
        case .nilType, .error, .never: return true
        case .option: return isExitValue(program.types.argument(t, 0))
        default: return isNumberLike(t)
        }
    }

    /// The global that a top-level declaration or bare assignment of `name` means.
    private func topLevelGlobal(_ name: NameID, outermost: Bool) -> Int? {
        guard context.isTopLevel, let definition = modules[context.module].definitions[name], definition.kind == .global,
            !globalRecords[definition.index].isStatic
        else { return nil }
        if outermost && context.blockDepth > 1 { return nil }
        return definition.index
    }

    private func declareGlobal(_ index: Int, _ n: Node, _ declared: TypeID?, _ mutable: Bool) -> ExprID {
        if globalRecords[index].declared && context.tree[n.nodeA].kind == .bindingPattern, globalRecords[index].isMutable != mutable {
            globalRecords[index].isMutable = mutable
        }
        globalRecords[index].declared = true
        let type = globalType(index)
        guard n.c != 0 else { return .none }
        let value = globalRecords[index].startsNil ? assignOverNil(type, n.nodeC) : check(n.nodeC, expected: type)
        openToGlobal(type)
        assignedAtTopLevel.insert(index)
        let place = add(.global, type, a: UInt32(index), at: n.span)
        return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
    }

    /// `name = value` (§4.4).
    private func assignName(_ name: NameID, _ span: SourceSpan, valueNode: NodeID, _ n: Node) -> ExprID {
        if let index = lookUpLocal(name) {
            let type = context.body.locals[index].type
            let value = context.infos[index].startsNil ? assignOverNil(type, valueNode) : check(valueNode, expected: type)
            markAssigned(index, span)
            return add(.storeLocal, type, a: UInt32(index), b: value.rawValue, at: n.span)
        }
        if let global = topLevelGlobal(name, outermost: false) {
            let type = globalType(global)
            let value = globalRecords[global].startsNil ? assignOverNil(type, valueNode) : check(valueNode, expected: type)
            if globalRecords[global].declared { globalRecords[global].changed = true }
            if globalRecords[global].declared && !globalRecords[global].isMutable { immutableAssignment(name, span, nil) }
            if context.blockDepth <= 1 { assignedAtTopLevel.insert(global) }
            let place = add(.global, type, a: UInt32(global), at: span)
            return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
        }
        if let definition = modules[context.module].definitions[name] {
            switch definition.kind {
            case .global where globalRecords[definition.index].isMutable && isSharedVariable(definition.index):
                let type = globalType(definition.index)
                let value = globalRecords[definition.index].startsNil ? assignOverNil(type, valueNode) : check(valueNode, expected: type)
                globalRecords[definition.index].changed = true
                let place = add(.global, type, a: UInt32(definition.index), at: span)
                return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
            case .global where globalRecords[definition.index].isStatic:
                error("E0507", "`\(text(name))` is an immutable static", span, helps: ["declare it as `static mut \(text(name))`"])
                _ = infer(valueNode)
                return .none
            case .constant:
                error("E0507", "`\(text(name))` is a constant", span)
                _ = infer(valueNode)
                return .none
            case .global:
                warning("W0502", "this creates a local variable that hides the module-level `\(text(name))`", span)
            default: break
            }
        }
        let value = infer(valueNode)
        let local = declareBare(name, startType(value), span)
        context.infos[local.index].startsNil = isNil(value)
        context.flow.assign(Int(context.infos[local.index].tracked))
        return add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: n.span)
    }

    /// The type of a mutable variable whose first value is `value`: open for a plain `nil`, which says nothing yet.
    private func startType(_ value: ExprID) -> TypeID {
        if isNil(value) { context.body[value].type = newVariable() }
        return type(of: value)
    }

    /// A value for a variable that began as `nil`: the first one of a type T makes the variable a `T?`.
    func assignOverNil(_ type: TypeID, _ node: NodeID) -> ExprID {
        guard isOpen(type) else { return check(node, expected: type) }
        let value = infer(node)
        if isNil(value) {
            context.body[value].type = type
            return value
        }
        let own = resolve(self.type(of: value))
        if own != .error && own != .never { _ = unify(type, program.types.kind(own) == .option ? own : program.types.option(own)) }
        return coerce(value, to: type, node)
    }

    /// A module-level `var`, `let mut` or `static mut` that functions may assign (not a bare top-level name).
    private func isSharedVariable(_ index: Int) -> Bool {
        let record = globalRecords[index]
        if record.isStatic { return true }
        return modules[record.module].tree[record.node].kind == .declaration
    }

    /// Notes an assignment to local `index`; reports E0501.
    func markAssigned(_ index: Int, _ span: SourceSpan) {
        let info = context.infos[index]
        if info.tracked >= 0 {
            let tracked = Int(info.tracked)
            if context.flow.isMaybeAssigned(tracked) || Int(info.loopDepth) < context.loops.count {
                if info.isMutable { context.infos[index].changed = true } else { immutableAssignment(info.name, span, info) }
            }
            context.flow.assign(tracked)
            return
        }
        context.infos[index].changed = true
        if !info.isMutable { immutableAssignment(info.name, span, info) }
    }

    private func immutableAssignment(_ name: NameID, _ span: SourceSpan, _ info: LocalInfo?) {
        // Mentioned in an error already: no warning that it is unused.
        if let local = lookUpLocal(name) { context.infos[local].used = true }
        var helps = ["declare it with `var \(text(name))`"]
        if info?.origin == .parameter { helps = ["declare the parameter as `mut \(text(name))`"] }
        if info?.origin == .loop || info?.origin == .pattern { helps = ["write `mut \(text(name))` in the pattern"] }
        error(
            "E0501", "cannot assign to immutable variable `\(text(name))`", span,
            secondary: info.map { [label($0.span, "declared here")] } ?? [], helps: helps)
    }

    /// A target other than a plain name: field or element.
    func checkPlace(_ node: NodeID) -> ExprID? {
        let n = context.tree[node]
        switch n.kind {
        case .name:
            if let index = lookUpLocal(n.nameA) {
                context.infos[index].used = true
                return localExpr(LocalID(index), at: n.span)
            }
            if let definition = lookUpDefinition(n.nameA, n.span), definition.kind == .global { return readGlobal(definition.index, n.span) }
            let value = infer(node)
            return kind(type(of: value)) == .error ? nil : value
        case .selfValue:
            let value = infer(node)
            return kind(type(of: value)) == .error ? nil : value
        case .member:
            let value = infer(node)
            let e = context.body[value]
            if e.kind == .deferredField {
                error("E0309", "type annotations needed to assign a field", n.span, helps: ["annotate the parameter's type"])
                return nil
            }
            if e.kind == .global {
                let record = globalRecords[Int(e.a)]
                if record.module != context.module {
                    error("E0507", "`\(text(record.name))` can be assigned in its own module only", n.span)
                    return nil
                }
                return value
            }
            guard e.kind == .field else {
                if e.kind != .error { error("E0506", "this cannot be assigned to", n.span) }
                return nil
            }
            let base = resolve(type(of: e.exprA))
            let structID = Int(program.types.payload(base))
            if program.types.kind(base) == .structure, !structRecords[structID].isMutable {
                let name = program.structs[structID].name
                error(
                    "E0502", "fields of the plain struct `\(name)` cannot be assigned", n.span,
                    helps: ["declare it as `mut struct \(name)`, or make a changed copy: `.with(\(text(n.nameB)): …)`"])
                return nil
            }
            if !isMutablePlace(e.exprA) {
                error(
                    "E0501", "cannot assign to a field of an immutable value", n.span,
                    helps: immutableHelp(e.exprA))
                return nil
            }
            return value
        case .index:
            let value = infer(node)
            let e = context.body[value]
            if e.kind == .index {
                let base = resolve(type(of: e.exprA))
                if base == .str {
                    error("E0506", "a str is immutable; its characters cannot be assigned", n.span, helps: ["build a new str"])
                    return nil
                }
                return value
            }
            if e.kind == .tupleElement {
                error("E0506", "tuples are immutable", n.span, helps: ["assign a whole new tuple"])
                return nil
            }
            if e.kind != .error { error("E0506", "this cannot be assigned to", n.span) }
            return nil
        case .tupleMember:
            error("E0506", "tuples are immutable", n.span, helps: ["assign a whole new tuple"])
            return nil
        case .slice:
            error("E0506", "a slice cannot be assigned to", n.span, helps: ["assign the elements one by one"])
            return nil
        case .error: return nil
        default:
            error("E0506", "this cannot be assigned to", n.span)
            return nil
        }
    }

    /// `a, b = b, a`: the values first, then the stores from left to right.
    private func destructure(_ target: Node, _ n: Node) -> ExprID {
        let value = infer(n.nodeB)
        let t = resolve(type(of: value))
        let targets = Array(context.tree.elements(target.listA))
        if t == .error { for node in targets { declareBroken(node) } ; return .none }
        if program.types.kind(t) == .array || targets.contains(where: { context.tree[$0].kind == .spread }) {
            return destructureByPattern(targets, value, t, n)
        }
        guard program.types.kind(t) == .tuple, program.types.count(t) == targets.count else {
            error(
                "E0301", "cannot unpack `\(describe(t))` into \(targets.count) targets", n.span)
            for node in targets { declareBroken(node) }
            return .none
        }
        let (store, local) = temporary(value, at: n.span)
        var parts = [store]
        for (i, node) in targets.enumerated() {
            let whole = localExpr(local, at: n.span)
            let element = add(.tupleElement, program.types.argument(t, i), a: whole.rawValue, b: UInt32(i), at: n.span)
            let part = assignValue(node, element, n)
            if part.exists { parts.append(part) }
        }
        let list = addList(parts)
        return add(.block, .nilType, b: list.rawValue, at: n.span)
    }

    private func declareBroken(_ node: NodeID) {
        let n = context.tree[node]
        if n.kind == .name, lookUpLocal(n.nameA) == nil {
            let local = declareBare(n.nameA, .error, n.span)
            context.flow.assign(Int(context.infos[local.index].tracked))
        }
    }

    /// `first, *rest = xs`.
    private func destructureByPattern(_ targets: [NodeID], _ value: ExprID, _ t: TypeID, _ n: Node) -> ExprID {
        guard program.types.kind(t) == .array else {
            error("E0301", "cannot unpack `\(describe(t))` with `*`", n.span)
            return .none
        }
        let element = program.types.argument(t, 0)
        var before: [UInt32] = [], behind: [UInt32] = []
        var rest: UInt32 = 0
        var stores: [(NodeID, LocalID)] = []
        for node in targets {
            let target = context.tree[node]
            if target.kind == .spread {
                let local = declareLocal(.none, t, target.span, mutable: false, origin: .temporary)
                rest = local.rawValue + 2
                stores.append((target.nodeA, local))
                continue
            }
            let local = declareLocal(.none, element, target.span, mutable: false, origin: .temporary)
            let pattern = context.body.add(HIRPattern(.binding, element, a: local.rawValue, position: target.span.start))
            if rest == 0 { before.append(pattern.rawValue) } else { behind.append(pattern.rawValue) }
            stores.append((node, local))
        }
        let first = context.body.addList(before), second = context.body.addList(behind)
        let pattern = context.body.add(
            HIRPattern(.array, t, a: first.rawValue, b: second.rawValue, c: rest, position: n.span.start))
        var parts = [add(.bind, .nilType, a: pattern.rawValue, b: value.rawValue, at: n.span)]
        for (node, local) in stores {
            let part = assignValue(node, localExpr(local, at: n.span), n)
            if part.exists { parts.append(part) }
        }
        let list = addList(parts)
        return add(.block, .nilType, b: list.rawValue, at: n.span)
    }

    /// Stores an already evaluated value into one target of a destructuring assignment.
    private func assignValue(_ node: NodeID, _ value: ExprID, _ n: Node) -> ExprID {
        let target = context.tree[node]
        switch target.kind {
        case .underscore: return .none
        case .name:
            if let index = lookUpLocal(target.nameA) {
                let type = context.body.locals[index].type
                let coerced = coerce(value, to: type, node)
                markAssigned(index, target.span)
                return add(.storeLocal, type, a: UInt32(index), b: coerced.rawValue, at: n.span)
            }
            if let definition = modules[context.module].definitions[target.nameA], definition.kind == .global,
                topLevelGlobal(target.nameA, outermost: false) != nil
                    || (globalRecords[definition.index].isMutable && isSharedVariable(definition.index))
            {
                let type = globalType(definition.index)
                let coerced = coerce(value, to: type, node)
                globalRecords[definition.index].changed = true
                if context.isTopLevel && context.blockDepth <= 1 { assignedAtTopLevel.insert(definition.index) }
                let place = add(.global, type, a: UInt32(definition.index), at: n.span)
                return add(.assign, .nilType, a: place.rawValue, b: coerced.rawValue, at: n.span)
            }
            let local = declareBare(target.nameA, type(of: value), target.span)
            context.flow.assign(Int(context.infos[local.index].tracked))
            return add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: n.span)
        case .tuple:
            let t = resolve(type(of: value))
            let targets = Array(context.tree.elements(target.listA))
            guard program.types.kind(t) == .tuple, program.types.count(t) == targets.count else {
                error("E0301", "cannot unpack `\(describe(t))` into \(targets.count) targets", target.span)
                return .none
            }
            let (store, local) = temporary(value, at: target.span)
            var parts = [store]
            for (i, inner) in targets.enumerated() {
                let whole = localExpr(local, at: target.span)
                let element = add(.tupleElement, program.types.argument(t, i), a: whole.rawValue, b: UInt32(i), at: target.span)
                let part = assignValue(inner, element, n)
                if part.exists { parts.append(part) }
            }
            let list = addList(parts)
            return add(.block, .nilType, b: list.rawValue, at: n.span)
        default:
            guard let place = checkPlace(node) else { return .none }
            markChanged(place)
            let coerced = coerce(value, to: type(of: place), node)
            return add(.assign, .nilType, a: place.rawValue, b: coerced.rawValue, at: n.span)
        }
    }

    private func checkAugmented(_ n: Node) -> ExprID {
        let target = context.tree[n.nodeA]
        var place: ExprID
        if target.kind == .name {
            if let index = lookUpLocal(target.nameA) {
                place = readLocal(index, target.span)
                markAssigned(index, target.span)
            } else if let definition = lookUpDefinition(target.nameA, target.span) {
                guard definition.kind == .global else {
                    if definition.kind == .constant {
                        error("E0507", "`\(text(target.nameA))` is a constant", target.span)
                    } else if definition.kind != .broken {
                        error("E0506", "a \(word(definition.kind)) cannot be assigned", target.span)
                    }
                    _ = infer(n.nodeB)
                    return .none
                }
                let record = globalRecords[definition.index]
                if record.module != context.module {
                    error("E0507", "`\(text(record.name))` can be assigned in its own module only", target.span)
                    return .none
                }
                if !record.isMutable {
                    if record.isStatic {
                        error("E0507", "`\(text(record.name))` is an immutable static", target.span, helps: ["declare it as `static mut`"])
                    } else {
                        immutableAssignment(record.name, target.span, nil)
                    }
                    return .none
                }
                if !context.isTopLevel && !isSharedVariable(definition.index) {
                    error(
                        "E0501", "a function cannot change the top-level name `\(text(record.name))`", target.span,
                        helps: ["declare it at top level with `var \(text(record.name)) = …`"])
                    return .none
                }
                place = readGlobal(definition.index, target.span)
            } else {
                reportUnknown(target.nameA, target.span)
                _ = infer(n.nodeB)
                return .none
            }
        } else {
            guard let checked = checkPlace(n.nodeA) else {
                _ = infer(n.nodeB)
                return .none
            }
            place = checked
        }
        markChanged(place)
        guard let op = BinaryOperator(rawValue: n.flags), let binary = binaryOperator(op) else { return .none }
        let isShift = binary == .shiftLeft || binary == .shiftRight
        let placeType = resolve(type(of: place))
        let value = infer(n.nodeB, hint: isShift ? .error : placeType)
        if isShift && variableClass(type(of: value)) == .number { defaultLiteral(type(of: value)) }
        let span = SourceSpan(start: n.c, end: n.c + 2)
        var operationType = placeType
        switch binaryResult(binary, placeType, type(of: value)) {
        case .type(let type): operationType = type
        case .stuck:
            operationType = self.defer(.binary(binary), [placeType, type(of: value)], expr: .none, span: n.span)
        case .mismatch:
            error(
                "E0306", operatorMessage(binary, describe(placeType), describe(type(of: value))), span,
                secondary: [
                    label(target.span, "this is `\(describe(placeType))`"),
                    label(context.tree[n.nodeB].span, "this is `\(describe(type(of: value)))`"),
                ])
            return .none
        }
        if !unify(operationType, placeType) {
            error("E0301", "the result is `\(describe(operationType))`, but the target is `\(describe(placeType))`", n.span)
        }
        return add(
            .compoundAssign, .nilType, op: binary.rawValue, a: place.rawValue, b: value.rawValue, c: operationType.rawValue,
            at: n.span)
    }

    /// `x->m(args)`: `x = x.m(args)` with the place evaluated once.
    private func checkUpdate(_ n: Node) -> ExprID {
        let target = context.tree[n.nodeA]
        guard target.kind == .name else {
            unsupported("`->` on this target is", target.span, helps: ["write `place = place.method(…)`"])
            return .none
        }
        guard let place = checkPlace(n.nodeA) else { return .none }
        markChanged(place)
        if let index = lookUpLocal(target.nameA) { markAssigned(index, target.span) }
        else if !isMutablePlace(place) { immutableAssignment(target.nameA, target.span, nil) }
        let type = type(of: place)
        var value = place
        for callNode in context.tree.elements(n.listB) {
            var call = context.tree[callNode]
            call.kind = .call
            let name = call.nameA
            // A call's `a` is its callee; for an error's place the target stands in.
            call.a = n.nodeA.rawValue
            value = callMethod(value, n.nodeA, name, call.span, call, hint: type)
        }
        value = coerce(value, to: type, n.nodeA)
        let again = checkPlace(n.nodeA) ?? place
        return add(.assign, .nilType, a: again.rawValue, b: value.rawValue, at: n.span)
    }

    // MARK: Jumps

    private func checkReturn(_ n: Node) -> ExprID {
        if context.isTopLevel || context.function == nil {
            error("E0206", "`return` outside a function", n.span, helps: ["use `exit(code)` to end the program"])
            if n.a != 0 { _ = infer(n.nodeA) }
            return .none
        }
        var value = ExprID.none
        if n.a != 0 {
            if context.hasDeclaredResult {
                value = check(n.nodeA, expected: context.resultType)
            } else {
                value = infer(n.nodeA, hint: isOpen(context.resultType) ? .error : context.resultType)
                joinReturn(&value, n.nodeA)
            }
        } else if context.hasDeclaredResult, kind(context.resultType) != .nilType {
            if kind(context.resultType) == .option {
                value = add(.noneConstant, resolve(context.resultType), at: n.span)
            } else if kind(context.resultType) != .error {
                error("E0301", "`return` without a value in a function that returns `\(describe(context.resultType))`", n.span)
            }
        }
        context.flow.unreachable = true
        let result = add(.return, .never, a: value.rawValue, at: n.span)
        if n.a == 0 && !context.hasDeclaredResult { context.bareReturns.append((result, n.span)) }
        return result
    }

    /// Joins a returned value into an undeclared result (§5.2).
    private func joinReturn(_ value: inout ExprID, _ node: NodeID) {
        let t = resolve(type(of: value))
        let result = resolve(context.resultType)
        if t == .never { return }
        if t == .error { return poison(context.resultType) }
        if isNil(value) && program.types.kind(result) != .option && !context.returnedPlain {
            // nil first: the result becomes an Option once another path returns a value.
            let option = program.types.option(newVariable())
            if isOpen(result) { _ = unify(result, option) }
            if kind(context.resultType) == .option {
                value = add(.noneConstant, resolve(context.resultType), at: context.tree[node].span)
                return
            }
        }
        if program.types.kind(resolve(context.resultType)) == .option {
            value = coerce(value, to: context.resultType, node)
            return
        }
        context.returnedPlain = true
        if !unify(context.resultType, t) {
            error(
                "E0301", "this returns `\(describe(t))`, but an earlier path returns `\(describe(context.resultType))`",
                context.tree[node].span, helps: isNil(value) ? ["declare the result: `-> \(describe(context.resultType))?`"] : [])
        }
    }

    private func checkJump(_ n: Node) -> ExprID {
        let isBreak = n.kind == .breakStatement
        guard !context.loops.isEmpty else {
            error("E0205", "`\(isBreak ? "break" : "continue")` outside a loop", n.span)
            return .none
        }
        var index = context.loops.count - 1
        if n.a != 0 {
            guard let found = context.loops.lastIndex(where: { $0.label == n.nameA }) else {
                error(
                    "E0204", "unknown label `\(text(n.nameA))`",
                    SourceSpan(start: n.span.end - UInt32(text(n.nameA).utf8.count), end: n.span.end),
                    label: "no enclosing loop has this label", helps: suggestion(text(n.nameA), context.loops.map { text($0.label) }.filter { !$0.isEmpty }))
                return .none
            }
            index = found
        }
        if isBreak {
            context.loops[index].breakState = context.loops[index].breakState.map { FlowState.join($0, context.flow) } ?? context.flow
        }
        context.flow.unreachable = true
        return add(isBreak ? .break : .continue, .never, a: context.loops[index].number, at: n.span)
    }

    // MARK: Loops

    private func enterLoop(_ label: NameID) -> UInt32 {
        let number = context.body.loopCount
        context.body.loopCount += 1
        context.loops.append(LoopRecord(number: number, label: label))
        return number
    }

    private func checkWhile(_ n: Node, label: NameID) -> ExprID {
        let mark = pushScope()
        let number = enterLoop(label)
        let condition = checkCondition(n.nodeA)
        var after = context.flow
        let body = checkBranch(n.nodeB, hint: .error, valueWanted: false)
        let record = context.loops.removeLast()
        after.mergeMaybe(context.flow)
        if let breakState = record.breakState { after = FlowState.join(after, breakState) }
        context.flow = after
        popScope(to: mark)
        return add(.while, .nilType, a: condition.rawValue, b: body.rawValue, c: number, at: n.span)
    }

    private func checkLoop(_ n: Node, label: NameID) -> ExprID {
        let number = enterLoop(label)
        let body = checkBranch(n.nodeA, hint: .error, valueWanted: false)
        let record = context.loops.removeLast()
        if let state = record.breakState {
            context.flow = state
        } else {
            context.flow.unreachable = true
        }
        return add(.loop, record.breakState == nil ? .never : .nilType, b: body.rawValue, c: number, at: n.span)
    }

    /// Pattern and iterable of a `for`: declared and checked.
    func checkForHead(_ patternNode: NodeID, _ iterableNode: NodeID, _ span: SourceSpan) -> (PatternID, ExprID, TypeID) {
        let iterable = infer(iterableNode)
        let t = resolve(type(of: iterable))
        var element = TypeID.error
        switch iterateResult(t) {
        case .type(let type): element = type
        case .stuck: element = self.defer(.iterate, [t], expr: .none, span: context.tree[iterableNode].span)
        case .mismatch:
            var helps: [String] = []
            if isNumberLike(t) { helps = ["use a range: `0..n`"] }
            error("E0323", "`\(describe(t))` is not iterable", context.tree[iterableNode].span, helps: helps)
        }
        let pattern = checkPattern(patternNode, against: element, irrefutable: true, origin: .loop)
        return (pattern, iterable, element)
    }

    private func checkFor(_ n: Node, label: NameID) -> ExprID {
        let mark = pushScope()
        let (pattern, iterable, _) = checkForHead(n.nodeA, n.nodeB, n.span)
        let before = context.flow
        let number = enterLoop(label)
        let body = checkBranch(n.nodeC, hint: .error, valueWanted: false)
        let record = context.loops.removeLast()
        var after = before
        after.mergeMaybe(context.flow)
        if let state = record.breakState { after.mergeMaybe(state) }
        context.flow = after
        popScope(to: mark)
        let list = context.body.addList([pattern.rawValue, iterable.rawValue, body.rawValue, number])
        return add(.for, .nilType, b: list.rawValue, at: n.span)
    }

    // MARK: End of a body

    /// W0501 for locals that are never read.
    func reportUnusedLocals() {
        // Code with errors may not have been read to its end.
        if diagnostics.errorCount > context.errorsBefore { return }
        for info in context.infos where !info.used && info.name != .none {
            if info.origin != .declaration && info.origin != .bare { continue }
            if context.isTopLevel { continue }
            if text(info.name).hasPrefix("_") { continue }
            warning("W0501", "unused variable `\(text(info.name))`", info.span, helps: ["remove it, or name it `_\(text(info.name))`"])
        }
        reportUnchangedLocals()
    }
}

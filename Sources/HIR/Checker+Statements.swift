internal import Diagnostics
internal import Support
internal import Syntax

/// Scopes, blocks, jumps and loops.
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
    func declareBare(_ name: NameID, _ type: TypeID, _ span: SourceSpan) -> LocalID {
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
            let helps = isNil(value) ? ["declare the result: `-> \(spelling(context.resultType))?`"] : []
            refuseResult(t, context.tree[node].span, helps: helps)
        } else if context.firstReturn == nil {
            context.firstReturn = context.tree[node].span
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

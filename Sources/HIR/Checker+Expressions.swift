internal import Diagnostics
internal import Support
internal import Syntax

/// Expressions: syntax -> HIR nodes with types; tuples, arrays, comprehensions, `?`.
extension Checker {
    // MARK: Helpers

    /// Adds a node to the body.
    func add(
        _ kind: HIRKind, _ type: TypeID, flags: UInt8 = 0, op: UInt16 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0,
        at span: SourceSpan
    ) -> ExprID {
        context.body.add(
            HIRExpr(kind, type, flags: flags, op: op, a: a, b: b, c: c, position: span.start))
    }

    func addList(_ exprs: [ExprID]) -> HIRList { context.body.addList(exprs) }

    func builtin(_ builtin: Builtin, _ type: TypeID, _ arguments: [ExprID], at span: SourceSpan) -> ExprID {
        let list = addList(arguments)
        return add(.builtin, type, op: builtin.rawValue, b: list.rawValue, at: span)
    }

    func errorExpr(_ span: SourceSpan) -> ExprID { add(.error, .error, at: span) }

    func type(of expr: ExprID) -> TypeID { context.body[expr].type }

    func stringConstant(_ string: String, at span: SourceSpan) -> ExprID {
        add(.stringConstant, .str, a: program.addString(string.utf8), at: span)
    }

    func intConstant(_ value: Int64, _ type: TypeID, at span: SourceSpan) -> ExprID {
        let bits = UInt64(bitPattern: value)
        return add(
            .intConstant, type, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32), at: span)
    }

    /// A temporary local that holds `value`; returns the node that stores it and the local.
    func temporary(_ value: ExprID, at span: SourceSpan) -> (store: ExprID, local: LocalID) {
        let local = declareLocal(.none, type(of: value), span, mutable: false, origin: .temporary)
        let store = add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: span)
        return (store, local)
    }

    func localExpr(_ local: LocalID, at span: SourceSpan) -> ExprID {
        add(.local, context.body.locals[local.index].type, a: local.rawValue, at: span)
    }

    // MARK: Inference

    /// Nesting of `infer`: a little more than the height of the trees that the parser makes.
    static let maximumDepth = 20_500

    /// The HIR of expression `node`. `hint` is the type that the surroundings would like (`.error`: no wish).
    func infer(_ node: NodeID, hint: TypeID = .error) -> ExprID {
        depth += 1
        defer { depth -= 1 }
        let n = context.tree[node]
        if depth > Checker.maximumDepth {
            error("E0106", "expression nested too deeply", n.span)
            return errorExpr(n.span)
        }
        switch n.kind {
        case .intLiteral: return inferInt(n, node, hint: hint, negative: false)
        case .floatLiteral: return inferFloat(n, node, hint: hint, negative: false)
        case .boolLiteral: return add(.boolConstant, .bool, a: UInt32(n.flags), at: n.span)
        case .nilLiteral:
            let target = resolve(hint)
            if program.types.kind(target) == .option { return add(.noneConstant, target, at: n.span) }
            return add(.nilConstant, .nilType, at: n.span)
        case .stringLiteral:
            let bytes = context.tree.stringContents(n.a)
            if resolve(hint) == .char, let scalar = singleScalar(bytes) {
                return add(.charConstant, .char, a: scalar, at: n.span)
            }
            return add(.stringConstant, .str, a: program.addString(bytes), at: n.span)
        case .charLiteral: return add(.charConstant, .char, a: n.a, at: n.span)
        case .byteStringLiteral: return inferByteString(n)
        case .interpolatedString: return inferInterpolation(n)
        case .name: return inferName(n, node, hint: hint)
        case .selfValue: return inferSelf(n)
        case .tuple: return inferTuple(n, hint: hint)
        case .array: return inferArray(n, hint: hint)
        case .arrayComprehension: return inferComprehension(n, hint: hint)
        case .record: return inferRecord(n, hint: hint)
        case .call: return inferCall(n, node, hint: hint)
        case .index: return inferIndex(n)
        case .slice: return inferSlice(n)
        case .member: return inferMember(n, node, hint: hint)
        case .tupleMember: return inferTupleMember(n, index: Int(n.b))
        case .tryOperator: return inferTry(n)
        case .unary: return inferUnary(n, node, hint: hint)
        case .binary: return inferBinary(n, node, hint: hint)
        case .comparison: return inferComparison(n)
        case .cast: return inferCast(n)
        case .ifExpression: return inferIf(n, hint: hint, valueWanted: true)
        case .matchExpression: return inferMatch(n, node, hint: hint, valueWanted: true)
        case .block: return checkBlock(n.listA, span: n.span, valueWanted: true, expected: hint)
        case .error, .unsupported, .underscore: return errorExpr(n.span)
        case .symbolLiteral: return later("symbols are", n)
        case .dict, .dictComprehension: return later("dicts are", n)
        case .set, .setComprehension: return later("sets are", n)
        case .lambda: return later("lambdas are", n)
        case .yieldExpression: return later("generators are", n)
        case .macroCall: return inferMacroCall(n)
        case .superValue: return later("inheritance is", n)
        case .selfType:
            error("E0208", "`Self` is a type, not a value", n.span)
            return errorExpr(n.span)
        case .spread, .doubleSpread:
            error("E0101", "a spread is not allowed here", n.span)
            return errorExpr(n.span)
        case .namedArgument:
            error("E0101", "a named argument is not allowed here", n.span)
            return errorExpr(n.span)
        default:
            error("E0101", "expected an expression", n.span)
            return errorExpr(n.span)
        }
    }

    func later(_ what: String, _ n: Node) -> ExprID {
        unsupported(what, n.span)
        return errorExpr(n.span)
    }

    // MARK: Aggregates

    private func inferTuple(_ n: Node, hint: TypeID) -> ExprID {
        let count = context.tree.count(n.listA)
        if count == 0 { return add(.nilConstant, .nilType, at: n.span) }
        var target = resolve(hint)
        if program.types.kind(target) == .option { target = resolve(program.types.argument(target, 0)) }
        let useHint = program.types.kind(target) == .tuple && program.types.count(target) == count
        var parts: [ExprID] = []
        var types: [TypeID] = []
        for (i, element) in context.tree.elements(n.listA).enumerated() {
            var expr: ExprID
            if context.tree[element].kind == .spread {
                expr = infer(element)
            } else if useHint {
                let wanted = program.types.argument(target, i)
                expr = infer(element, hint: wanted)
                if program.types.kind(resolve(wanted)) != .variable { expr = coerce(expr, to: wanted, element) }
            } else {
                expr = infer(element)
            }
            parts.append(expr)
            types.append(type(of: expr))
        }
        let list = addList(parts)
        return add(.makeTuple, program.types.tuple(types), b: list.rawValue, at: n.span)
    }

    func inferArray(_ n: Node, hint: TypeID) -> ExprID {
        var target = resolve(hint)
        if program.types.kind(target) == .option { target = resolve(program.types.argument(target, 0)) }
        var element: TypeID
        var decided = false
        if program.types.kind(target) == .array {
            element = program.types.argument(target, 0)
            decided = !isOpen(element)
        } else {
            element = newVariable()
        }
        var parts: [ExprID] = []
        var nodes: [NodeID] = []
        for item in context.tree.elements(n.listA) {
            nodes.append(item)
            let i = context.tree[item]
            if i.kind == .spread {
                let inner = infer(i.nodeA, hint: program.types.array(element))
                if case .array = kind(type(of: inner)) {
                    if !unify(type(of: inner), program.types.array(element)) { _ = coerce(inner, to: program.types.array(element), i.nodeA) }
                    decided = true
                } else if kind(type(of: inner)) != .error {
                    unsupported("spreading `\(describe(type(of: inner)))` is", i.span, helps: ["spread an array"])
                }
                parts.append(add(.spread, type(of: inner), a: inner.rawValue, at: i.span))
                continue
            }
            let expr = infer(item, hint: element)
            if decided {
                parts.append(coerce(expr, to: element, item))
            } else {
                parts.append(expr)
                let own = resolve(type(of: expr))
                if isNil(expr) {
                    continue
                } else if isOpen(element) {
                    _ = unify(element, own)
                } else if !unify(element, own) {
                    if kind(element) != .option, let joined = join(element, false, own, false) { element = joined } else {
                        let first = parts.firstIndex { !isNil($0) } ?? 0
                        error(
                            "E0301", "the elements of an array have one type, but `\(describe(element))` and `\(describe(own))` differ",
                            i.span, label: "this is `\(describe(own))`",
                            secondary: [label(context.tree[nodes[first]].span, "this is `\(describe(element))`")],
                            helps: ["put values of different types in a tuple `(…)`, or in a struct"])
                        parts[parts.count - 1] = errorExpr(i.span)
                    }
                }
            }
        }
        // `[1, nil]`: elements are Options.
        if !decided, parts.contains(where: { isNil($0) }), kind(element) != .option, parts.contains(where: { !isNil($0) }) {
            element = program.types.option(element)
        }
        for i in parts.indices where context.body[parts[i]].kind != .spread && resolve(type(of: parts[i])) != resolve(element) {
            parts[i] = coerce(parts[i], to: element, nodes[i])
        }
        let list = addList(parts)
        return add(.makeArray, program.types.array(element), b: list.rawValue, at: n.span)
    }

    /// `[e for p in xs if c]` becomes a block that fills a fresh array.
    private func inferComprehension(_ n: Node, hint: TypeID) -> ExprID {
        let scope = pushScope()
        defer { popScope(to: scope) }
        let element = newVariable()
        if case .array = kind(hint) { _ = unify(element, program.types.argument(resolve(hint), 0)) }
        let arrayType = program.types.array(element)
        let empty = add(.makeArray, arrayType, b: 0, at: n.span)
        let (store, local) = temporary(empty, at: n.span)
        let clauses = Array(context.tree.elements(n.listB))
        let savedFlow = context.flow
        let body = comprehensionClauses(clauses[...], n.span) {
            let value = self.check(n.nodeA, expected: element)
            let target = self.localExpr(local, at: n.span)
            return self.builtin(.push, arrayType, [target, value], at: n.span)
        }
        context.flow = savedFlow
        let result = localExpr(local, at: n.span)
        let list = addList([store, body, result])
        return add(.block, arrayType, flags: HIRExpr.blockHasValue, b: list.rawValue, at: n.span)
    }

    private func comprehensionClauses(_ clauses: ArraySlice<NodeID>, _ span: SourceSpan, _ innermost: () -> ExprID) -> ExprID {
        guard let first = clauses.first else { return innermost() }
        let c = context.tree[first]
        if c.kind == .ifClause {
            let condition = checkCondition(c.nodeA)
            let then = comprehensionClauses(clauses.dropFirst(), span, innermost)
            return add(.if, .nilType, a: condition.rawValue, b: then.rawValue, at: c.span)
        }
        let (pattern, iterable, _) = checkForHead(c.nodeA, c.nodeB, c.span)
        let number = context.body.loopCount
        context.body.loopCount += 1
        let body = comprehensionClauses(clauses.dropFirst(), span, innermost)
        let list = context.body.addList([pattern.rawValue, iterable.rawValue, body.rawValue, number])
        return add(.for, .nilType, b: list.rawValue, at: c.span)
    }

    private func inferTry(_ n: Node) -> ExprID {
        let value = infer(n.nodeA)
        let t = resolve(type(of: value))
        if t == .error { return value }
        guard program.types.kind(t) == .option else {
            error("E0320", "`?` needs an Option, not `\(describe(t))`", n.span)
            return errorExpr(n.span)
        }
        let payload = program.types.argument(t, 0)
        if context.isTopLevel { return add(.tryOption, payload, flags: 1, a: value.rawValue, at: n.span) }
        if !context.hasDeclaredResult, isOpen(context.resultType) {
            _ = unify(context.resultType, program.types.option(newVariable()))
        }
        guard kind(context.resultType) == .option else {
            error(
                "E0320", "`?` can only be used in a function that returns an Option", n.span,
                label: "this function returns `\(describe(context.resultType))`")
            return errorExpr(n.span)
        }
        return add(.tryOption, payload, a: value.rawValue, at: n.span)
    }
}

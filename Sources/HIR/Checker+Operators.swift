internal import Diagnostics
internal import Support
internal import Syntax

/// Operators, casts, conditions, `if` and `match` as expressions.
extension Checker {
    func inferUnary(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
        guard let op = UnaryOperator(rawValue: n.flags) else { return errorExpr(n.span) }
        switch op {
        case .await, .reference, .mutableReference, .dereference, .move:
            return later(op == .await ? "`await` is" : "pointers are", n)
        case .negate:
            let operand = context.tree[n.nodeA]
            if operand.kind == .intLiteral { return inferInt(operand, node, hint: hint, negative: true) }
            if operand.kind == .floatLiteral { return inferFloat(operand, node, hint: hint, negative: true) }
            return finishUnary(.negate, infer(n.nodeA, hint: hint), n)
        case .bitNot: return finishUnary(.bitNot, infer(n.nodeA, hint: hint), n)
        case .not: return finishUnary(.not, infer(n.nodeA, hint: .bool), n)
        }
    }

    private func finishUnary(_ op: HIRUnary, _ operand: ExprID, _ n: Node) -> ExprID {
        let t = type(of: operand)
        let result = add(.unary, t, op: op.rawValue, a: operand.rawValue, at: n.span)
        if op == .not && isOpen(t) { _ = unify(t, .bool) }
        switch unaryResult(op, t) {
        case .type(let type):
            context.body[result].type = type
            if op == .negate, isConstantOperand(operand) { context.constantOperations.append((result, n.span)) }
        case .stuck: context.body[result].type = self.defer(.unary(op), [t], expr: result, span: n.span)
        case .mismatch:
            let symbol = op == .negate ? "-" : op == .bitNot ? "~" : "not"
            error(
                "E0306", "cannot apply `\(symbol)` to `\(describe(t))`", n.span,
                helps: op == .not ? ["conditions are `bool`; compare explicitly, for example `x == 0`"] : [])
            context.body[result].type = .error
        }
        return result
    }

    /// The arithmetic or bitwise operation of an operator; nil for those that are none.
    func binaryOperator(_ op: BinaryOperator) -> HIRBinary? {
        switch op {
        case .add: .add
        case .subtract: .subtract
        case .multiply: .multiply
        case .divide: .divide
        case .floorDivide: .floorDivide
        case .remainder: .remainder
        case .power: .power
        case .bitAnd: .bitAnd
        case .bitOr: .bitOr
        case .bitXor: .bitXor
        case .shiftLeft: .shiftLeft
        case .shiftRight: .shiftRight
        default: nil
        }
    }

    func inferBinary(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
        guard let op = BinaryOperator(rawValue: n.flags) else { return errorExpr(n.span) }
        switch op {
        case .and, .or: return inferLogical(n, op)
        case .coalesce: return inferCoalesce(n, hint: hint)
        case .range, .rangeInclusive: return inferRange(n, inclusive: op == .rangeInclusive, hint: hint)
        default: break
        }
        guard let binary = binaryOperator(op) else { return errorExpr(n.span) }
        let wanted = resolve(hint)
        let operandHint = program.types.isNumeric(wanted) || variableClass(wanted) == .number || variableClass(wanted) == .float ? wanted : .error
        let left = infer(n.nodeA, hint: operandHint)
        let isShift = binary == .shiftLeft || binary == .shiftRight
        let leftType = resolve(type(of: left))
        let right = infer(n.nodeB, hint: isShift ? .error : program.types.isNumeric(leftType) ? leftType : operandHint)
        if isShift && variableClass(type(of: right)) == .number { defaultLiteral(type(of: right)) }
        return finishBinary(binary, left, right, n.span, SourceSpan(start: n.c, end: n.c + 1), n.nodeA, n.nodeB)
    }

    /// The node of `left op right`, its result known or deferred.
    func finishBinary(
        _ op: HIRBinary, _ left: ExprID, _ right: ExprID, _ span: SourceSpan, _ operatorSpan: SourceSpan,
        _ leftNode: NodeID, _ rightNode: NodeID
    ) -> ExprID {
        let l = type(of: left), r = type(of: right)
        let result = add(.binary, .error, op: op.rawValue, a: left.rawValue, b: right.rawValue, at: span)
        switch binaryResult(op, l, r) {
        case .type(let type):
            context.body[result].type = type
            noteParameterConstraint(.binary(op), [l, r], type, span)
            if isConstantOperand(left), isConstantOperand(right) { context.constantOperations.append((result, span)) }
        case .stuck: context.body[result].type = self.defer(.binary(op), [l, r], expr: result, span: span)
        case .mismatch:
            let left = describe(l), right = describe(r)
            var helps: [String] = []
            if op == .add, left == "str" || right == "str" {
                helps.append("use interpolation, as in \"n={x}\", or convert with `str(…)`")
            } else if isNumberLike(l) && isNumberLike(r) {
                helps.append("convert one side: `… as \(left)`")
            } else if kind(l) == .option || kind(r) == .option {
                helps.append("handle the missing value first: `… ?? default`")
            } else if op == .bitAnd || op == .bitOr, left == "bool" || right == "bool" {
                helps.append("use `and` / `or` for conditions")
            }
            if let trait = operatorTraits[op], kind(l) == .parameter {
                error(
                    "E0313", "the bounds of `\(left)` do not guarantee `\(left) \(op.symbol) \(right)`", operatorSpan,
                    helps: ["add a bound, as in `[\(left): \(trait)]`, or leave the type out to have it inferred at each call"])
                return result
            }
            error(
                "E0306", operatorMessage(op, left, right), operatorSpan,
                secondary: [
                    label(context.tree[leftNode].span, "this is `\(left)`"),
                    label(context.tree[rightNode].span, "this is `\(right)`"),
                ], helps: helps)
        }
        return result
    }

    /// An integer constant, or an operation on such: worth evaluating for E0312.
    private func isConstantOperand(_ expr: ExprID) -> Bool {
        let kind = context.body[expr].kind
        if kind == .intConstant { return true }
        if kind != .binary && kind != .unary { return false }
        // The list is short, and an operand is among its last entries.
        return context.constantOperations.last(where: { $0.expr <= expr })?.expr == expr
    }

    /// In a function with explicit type parameters, an operation on them must hold for each instance.
    func noteParameterConstraint(_ kind: Constraint.Kind, _ operands: [TypeID], _ result: TypeID, _ span: SourceSpan) {
        guard let function = context.function, !context.typeParameters.isEmpty,
            operands.contains(where: { program.types.kind(resolve($0)) == .parameter })
        else { return }
        functionRecords[function.index].constraints.append(
            Constraint(
                kind: kind, operands: operands.map { resolve($0) }, result: resolve(result), expr: .none, file: context.file,
                span: span))
    }

    private func inferLogical(_ n: Node, _ op: BinaryOperator) -> ExprID {
        let left = checkCondition(n.nodeA)
        let before = context.flow
        let right = checkCondition(n.nodeB)
        context.flow = FlowState.join(before, context.flow)
        return add(op == .and ? .logicalAnd : .logicalOr, .bool, a: left.rawValue, b: right.rawValue, at: n.span)
    }

    /// A bool expression or `let` condition (E0302).
    func checkCondition(_ node: NodeID) -> ExprID {
        let n = context.tree[node]
        if n.kind == .letCondition {
            let value = infer(n.nodeB)
            let pattern = checkPattern(n.nodeA, against: type(of: value))
            return add(.matches, .bool, a: value.rawValue, b: pattern.rawValue, at: n.span)
        }
        let expr = infer(node, hint: .bool)
        let t = resolve(type(of: expr))
        if t == .bool || t == .error || t == .never { return expr }
        if isOpen(t), unify(t, .bool) { return expr }
        var helps: [String] = []
        if isNumberLike(t) { helps = ["compare explicitly: `… != 0`"] }
        if t == .str || kind(t) == .array { helps = ["test it explicitly: `not ….is_empty()`"] }
        if kind(t) == .option { helps = ["test it explicitly: `….is_some()`, or use `if let Some(x) = …`"] }
        error("E0302", "a condition must be `bool`, not `\(describe(t))`", n.span, label: "this is `\(describe(t))`", helps: helps)
        return errorExpr(n.span)
    }

    private func inferCoalesce(_ n: Node, hint: TypeID) -> ExprID {
        let wanted = resolve(hint)
        let left = infer(n.nodeA, hint: wanted == .error || program.types.kind(wanted) == .option ? hint : program.types.option(wanted))
        var t = resolve(type(of: left))
        if isOpen(t) {
            _ = unify(t, program.types.option(newVariable()))
            t = resolve(t)
        }
        if t == .error { _ = infer(n.nodeB); return errorExpr(n.span) }
        guard program.types.kind(t) == .option else {
            error(
                "E0306", "`??` needs an Option on its left, not `\(describe(t))`", context.tree[n.nodeA].span,
                label: t == .nilType ? "this is always `nil`" : "this is never missing",
                helps: [t == .nilType ? "say what it may hold instead of nil: `let x: i64? = nil`" : "remove `?? …`"])
            _ = infer(n.nodeB)
            return errorExpr(n.span)
        }
        let payload = program.types.argument(t, 0)
        let before = context.flow
        let right = infer(n.nodeB, hint: payload)
        let rightNever = kind(type(of: right)) == .never
        context.flow = rightNever ? before : FlowState.join(before, context.flow)
        let r = resolve(type(of: right))
        if program.types.kind(r) == .option && program.types.kind(resolve(payload)) != .option && unify(r, t) {
            return add(.coalesce, t, a: left.rawValue, b: right.rawValue, at: n.span)
        }
        let coerced = coerce(right, to: payload, n.nodeB)
        return add(.coalesce, resolve(payload), a: left.rawValue, b: coerced.rawValue, at: n.span)
    }

    private func inferRange(_ n: Node, inclusive: Bool, hint: TypeID) -> ExprID {
        var elementHint = TypeID.error
        if kind(hint) == .range { elementHint = program.types.argument(resolve(hint), 0) }
        let left = infer(n.nodeA, hint: elementHint)
        let right = infer(n.nodeB, hint: type(of: left))
        return makeRange(left, right, .none, inclusive: inclusive, n.span, n.nodeA, n.nodeB)
    }

    func makeRange(
        _ left: ExprID, _ right: ExprID, _ step: ExprID, inclusive: Bool, _ span: SourceSpan, _ leftNode: NodeID,
        _ rightNode: NodeID
    ) -> ExprID {
        let l = resolve(type(of: left)), r = resolve(type(of: right))
        if l == .error || r == .error { return errorExpr(span) }
        if !unify(l, r) {
            error(
                "E0306", "the ends of a range must have one type", span,
                secondary: [
                    label(context.tree[leftNode].span, "this is `\(describe(l))`"),
                    label(context.tree[rightNode].span, "this is `\(describe(r))`"),
                ])
            return errorExpr(span)
        }
        let t = resolve(l)
        if isOpen(t) {
            _ = self.defer(.integer, [t], expr: .none, span: span, result: t)
        } else if !(isIntegerLike(t) || t == .char) {
            error("E0306", "a range needs integers or chars, not `\(describe(t))`", span)
            return errorExpr(span)
        }
        return add(
            .makeRange, program.types.range(t), flags: inclusive ? HIRExpr.inclusiveRange : 0, a: left.rawValue,
            b: right.rawValue, c: step.rawValue, at: span)
    }

    // MARK: Comparison chains

    func inferComparison(_ n: Node) -> ExprID {
        let tree = context.tree
        let count = tree.count(n.listB)
        var result = ExprID.none
        var left = ExprID.none
        var leftNode = NodeID.none
        for i in 0..<count {
            let operatorRaw = ComparisonOperator(rawValue: UInt8(truncatingIfNeeded: tree.raw(n.listB, i))) ?? .equal
            if i == 0 {
                leftNode = tree.element(n.listA, 0)
                left = tree[leftNode].kind == .nilLiteral && count == 1 ? .none : infer(leftNode)
            }
            let rightNode = tree.element(n.listA, i + 1)
            let operatorSpan = SourceSpan(start: tree.raw(n.listC, i), end: tree.raw(n.listC, i) + 1)
            var link: ExprID
            var nextLeft = ExprID.none
            if operatorRaw == .in || operatorRaw == .notIn || operatorRaw == .is || operatorRaw == .isNot {
                link = membership(operatorRaw, left, leftNode, rightNode, n)
            } else {
                let op = HIRComparison(rawValue: UInt16(operatorRaw.rawValue)) ?? .equal
                if !left.exists {
                    // `nil == x`
                    let other = infer(rightNode)
                    left = nilOf(type(of: other), tree[leftNode].span)
                    link = finishComparison(op, left, other, n.span, operatorSpan, leftNode, rightNode)
                } else {
                    let leftType = resolve(type(of: left))
                    var right: ExprID
                    if tree[rightNode].kind == .nilLiteral {
                        right = nilOf(leftType, tree[rightNode].span)
                    } else {
                        right = infer(rightNode, hint: isOpen(leftType) ? .error : leftType)
                    }
                    if i + 1 < count {
                        // The middle operand is evaluated once.
                        let (store, local) = temporary(right, at: tree[rightNode].span)
                        right = store
                        nextLeft = localExpr(local, at: tree[rightNode].span)
                    }
                    link = finishComparison(op, left, right, n.span, operatorSpan, leftNode, rightNode)
                }
            }
            result = result.exists ? add(.logicalAnd, .bool, a: result.rawValue, b: link.rawValue, at: n.span) : link
            left = nextLeft
            leftNode = rightNode
        }
        return result
    }

    /// The nil that a value of `type` is compared with.
    private func nilOf(_ type: TypeID, _ span: SourceSpan) -> ExprID {
        let t = resolve(type)
        if isOpen(t) {
            let option = program.types.option(newVariable())
            _ = unify(t, option)
            return add(.noneConstant, resolve(t), at: span)
        }
        if program.types.kind(t) == .option { return add(.noneConstant, t, at: span) }
        return add(.nilConstant, .nilType, at: span)
    }

    private func finishComparison(
        _ op: HIRComparison, _ left: ExprID, _ right: ExprID, _ span: SourceSpan, _ operatorSpan: SourceSpan,
        _ leftNode: NodeID, _ rightNode: NodeID
    ) -> ExprID {
        var left = left, right = right
        let l = type(of: left), r = type(of: right)
        // One-character text literals adapt to char.
        if resolve(l) == .char && context.body[right].kind == .stringConstant { right = adapt(right) }
        if resolve(r) == .char && context.body[left].kind == .stringConstant { left = adapt(left) }
        let result = add(.compare, .bool, op: op.rawValue, a: left.rawValue, b: right.rawValue, at: span)
        let lt = type(of: left), rt = type(of: right)
        switch compareResult(op, lt, rt) {
        case .type: noteParameterConstraint(.compare(op), [lt, rt], .bool, span)
        case .stuck: _ = self.defer(.compare(op), [lt, rt], expr: result, span: span, result: .bool)
        case .mismatch:
            let a = describe(lt), b = describe(rt)
            var helps: [String] = []
            if kind(lt) == .option || kind(rt) == .option { helps = ["compare with `Some(…)`, or give a default: `… ?? default`"] }
            else if isNumberLike(lt) && isNumberLike(rt) { helps = ["convert one side: `… as \(a)`"] }
            else if a == b, kind(lt) == .structure, op != .equal, op != .notEqual { helps = ["structs can be compared with `==` and `!=` only"] }
            let isRigid = kind(lt) == .parameter
            error(
                isRigid ? "E0313" : "E0306", compareMessage(op, a, b), operatorSpan,
                secondary: [
                    label(context.tree[leftNode].span, "this is `\(a)`"), label(context.tree[rightNode].span, "this is `\(b)`"),
                ], helps: isRigid ? ["add a bound, as in `[\(a): \(op == .equal || op == .notEqual ? "Eq" : "Ord")]`"] : helps)
        }
        return result
    }

    private func adapt(_ expr: ExprID) -> ExprID {
        let text = String(decoding: program.stringContents(context.body[expr].a), as: UTF8.self)
        guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first else { return expr }
        context.body[expr].kind = .charConstant
        context.body[expr].type = .char
        context.body[expr].a = scalar.value
        return expr
    }

    private func membership(
        _ op: ComparisonOperator, _ left: ExprID, _ leftNode: NodeID, _ rightNode: NodeID, _ n: Node
    ) -> ExprID {
        var left = left
        if !left.exists { left = infer(leftNode) }
        if op == .is || op == .isNot {
            // Without classes and enums, `is` is equality, or a test for None/Some.
            let r = context.tree[rightNode]
            if r.kind == .name, r.nameA == known.none || r.nameA == known.some, lookUpLocal(r.nameA) == nil {
                let wantNone = (r.nameA == known.none) == (op == .is)
                if kind(type(of: left)) != .option && kind(type(of: left)) != .error {
                    error("E0306", "`\(describe(type(of: left)))` is not an Option", n.span)
                    return errorExpr(n.span)
                }
                return builtin(wantNone ? .isNone : .isSome, .bool, [left], at: n.span)
            }
            if r.kind == .name || r.kind == .member || r.kind == .index || r.kind == .selfType {
                switch resolvePath(rightNode) {
                case .type(let wanted): return typeTest(left, wanted, isNegated: op == .isNot, n)
                case .broken: return errorExpr(n.span)
                case .module, .none: break
                }
            }
            let right = r.kind == .nilLiteral ? nilOf(type(of: left), r.span) : infer(rightNode, hint: type(of: left))
            return finishComparison(op == .is ? .equal : .notEqual, left, right, n.span, n.span, leftNode, rightNode)
        }
        let container = infer(rightNode)
        if case .array = kind(type(of: container)) {
            let element = resolve(program.types.argument(resolve(type(of: container)), 0))
            if isNil(left), program.types.kind(element) == .option {
                left = nilOf(element, context.tree[leftNode].span)
            } else {
                left = coerceLiteral(left, element)
            }
        }
        let result = add(
            .contains, .bool, flags: op == .notIn ? 1 : 0, a: left.rawValue, b: container.rawValue, at: n.span)
        let e = type(of: left), c = type(of: container)
        switch containsResult(e, c) {
        case .type: break
        case .stuck: _ = self.defer(.contains, [e, c], expr: result, span: n.span, result: .bool)
        case .mismatch: error("E0306", "cannot look for `\(describe(e))` in `\(describe(c))`", n.span)
        }
        return result
    }

    /// `x is T` where the type of `x` is known: always true or always false (W0301).
    private func typeTest(_ value: ExprID, _ wanted: TypeID, isNegated: Bool, _ n: Node) -> ExprID {
        let own = type(of: value)
        if variableClass(own) != nil { defaultLiteral(own) }
        let t = resolve(own), w = resolve(wanted)
        if t == .error || w == .error || t == .never { return errorExpr(n.span) }
        if isOpen(t) || program.types.kind(t) == .parameter { return later("`is` on a value whose type is not known is", n) }
        let isSame = program.types.entries[w.index].hasVariables ? program.types.kind(t) == program.types.kind(w) && unify(t, w) : deepResolve(t) == w
        let result = isSame != isNegated
        warning(
            "W0301", "this test is always \(result)", n.span, label: "the value is always `\(describe(t))`",
            helps: ["remove the test"])
        let list = addList([value, add(.boolConstant, .bool, a: result ? 1 : 0, at: n.span)])
        return add(.block, .bool, flags: HIRExpr.blockHasValue, b: list.rawValue, at: n.span)
    }

    /// A text literal that should be a char becomes one.
    private func coerceLiteral(_ expr: ExprID, _ wanted: TypeID) -> ExprID {
        if resolve(wanted) == .char && context.body[expr].kind == .stringConstant { return adapt(expr) }
        return expr
    }

    // MARK: Casts

    func inferCast(_ n: Node) -> ExprID {
        let target = lowerType(n.nodeB)
        let optional = n.flags & 1 != 0
        // `16777217 as f32` reads the literal as i64 first (Appendix C 36); `5 as u8` needs no detour.
        let source = infer(n.nodeA)
        return finishCast(source, target, flags: optional ? HIRExpr.optionalCast : 0, n.span)
    }

    func finishCast(_ source: ExprID, _ target: TypeID, flags: UInt8, _ span: SourceSpan) -> ExprID {
        if variableClass(type(of: source)) == .number || variableClass(type(of: source)) == .float {
            defaultLiteral(type(of: source))
        }
        let s = type(of: source)
        let isOptional = flags & HIRExpr.optionalCast != 0
        let resultType = isOptional ? program.types.option(target) : target
        let result = add(.cast, resultType, flags: flags, a: source.rawValue, at: span)
        switch castResult(s, target) {
        case .type: constantCast(result, source, target, isOptional, span)
        case .stuck: _ = self.defer(.cast, [s, target], expr: result, span: span, result: resultType)
        case .mismatch:
            var helps: [String] = []
            if resolve(s) == .str { helps = ["parse it: `….to_int()` gives an `i64?`"] }
            if resolve(target) == .str { helps = ["use `str(…)` or \"{…}\""] }
            if resolve(target) == .bool { helps = ["compare explicitly: `… != 0`"] }
            error("E0325", "cannot cast `\(describe(s))` to `\(describe(target))`", span, helps: helps)
            context.body[result].type = .error
        }
        return result
    }

    /// A cast of a constant that cannot succeed is E0312.
    private func constantCast(_ result: ExprID, _ source: ExprID, _ target: TypeID, _ optional: Bool, _ span: SourceSpan) {
        if optional { return }
        guard let value = constantOf(source), let problem = castProblem(value, resolve(target)) else { return }
        if context.body[result].flags & (HIRExpr.wrappingCast | HIRExpr.saturatingCast) != 0 { return }
        error("E0312", problem, span, label: "this would panic", helps: ["`as? \(describe(target))` gives an Option instead"])
    }

    // MARK: if and match

    /// A link of an `if` chain whose `else` is still to be checked.
    struct IfLink {
        var node: Node
        var condition: ExprID
        var then: ExprID
        /// The state at the end of its branch.
        var flow: FlowState
    }

    /// `if` with its `elif`s, as a statement or for its value. Chains may be long: their links wait in `ifLinks`.
    func inferIf(_ n: Node, hint: TypeID, valueWanted: Bool) -> ExprID {
        let base = ifLinks.count
        var n = n
        var result = ExprID.none
        context.blockDepth += 1
        while true {
            let scope = pushScope()
            let condition = checkCondition(n.nodeA)
            let afterCondition = context.flow
            let then = checkBranch(n.nodeB, hint: hint, valueWanted: valueWanted)
            popScope(to: scope)
            ifLinks.append(IfLink(node: n, condition: condition, then: then, flow: context.flow))
            context.flow = afterCondition
            if n.c == 0 { break }
            let next = context.tree[n.nodeC]
            if next.kind != .ifExpression {
                let scope = pushScope()
                result = checkBranch(n.nodeC, hint: hint, valueWanted: valueWanted)
                popScope(to: scope)
                break
            }
            n = next
        }
        context.blockDepth -= 1
        while ifLinks.count > base, let link = ifLinks.popLast() {
            context.flow = FlowState.join(link.flow, context.flow)
            result = makeIf(link, otherwise: result, hint: hint, valueWanted: valueWanted)
        }
        return result
    }

    /// The node of one `if`, its branches coerced to a common type where the value is wanted.
    private func makeIf(_ link: IfLink, otherwise: ExprID, hint: TypeID, valueWanted: Bool) -> ExprID {
        let n = link.node, condition = link.condition, then = link.then
        if !valueWanted {
            return add(.if, .nilType, a: condition.rawValue, b: then.rawValue, c: otherwise.rawValue, at: n.span)
        }
        if !otherwise.exists {
            if kind(type(of: then)) == .nilType || kind(type(of: then)) == .never || kind(type(of: then)) == .error {
                return add(.if, .nilType, a: condition.rawValue, b: then.rawValue, at: n.span)
            }
            error("E0304", "`if` used as a value needs an `else`", n.span, helps: ["add `else: …` with the value for the other case"])
            return errorExpr(n.span)
        }
        let wanted = resolve(hint)
        var thenValue = then, elseValue = otherwise
        let resultType: TypeID
        if program.types.kind(wanted) == .option {
            resultType = wanted
            thenValue = coerceBranch(then, to: wanted, n.nodeB)
            elseValue = coerceBranch(otherwise, to: wanted, n.nodeC)
        } else if let joined = join(type(of: then), isNilBranch(then), type(of: otherwise), isNilBranch(otherwise)) {
            resultType = joined
            thenValue = coerceBranch(then, to: joined, n.nodeB)
            elseValue = coerceBranch(otherwise, to: joined, n.nodeC)
        } else {
            error(
                "E0301", "the branches of this `if` have different types", n.span,
                secondary: [
                    label(context.tree[n.nodeB].span, "this is `\(describe(type(of: then)))`"),
                    label(context.tree[n.nodeC].span, "this is `\(describe(type(of: otherwise)))`"),
                ])
            return errorExpr(n.span)
        }
        return add(
            .if, resultType, a: condition.rawValue, b: thenValue.rawValue, c: elseValue.rawValue, at: n.span)
    }

    /// A branch: a block or an expression.
    func checkBranch(_ node: NodeID, hint: TypeID, valueWanted: Bool) -> ExprID {
        let n = context.tree[node]
        if n.kind == .block {
            return checkBlock(n.listA, span: n.span, valueWanted: valueWanted, expected: hint, newScope: false)
        }
        if n.kind == .ifExpression { return inferIf(n, hint: hint, valueWanted: valueWanted) }
        if !valueWanted { return checkStatementExpression(node) }
        return infer(node, hint: hint)
    }

    private func isNilBranch(_ expr: ExprID) -> Bool {
        let e = context.body[expr]
        if e.kind == .block, e.flags & HIRExpr.blockHasValue != 0 {
            let count = context.body.count(e.listB)
            return count > 0 && isNilBranch(context.body.expr(e.listB, count - 1))
        }
        return isNil(expr)
    }

    /// Coerces the value of a branch (the last expression of a block).
    func coerceBranch(_ expr: ExprID, to type: TypeID, _ node: NodeID) -> ExprID {
        let e = context.body[expr]
        let own = resolve(e.type)
        if own == resolve(type) || own == .never || own == .error { return expr }
        let n = context.tree[node]
        if e.kind == .block, e.flags & HIRExpr.blockHasValue != 0, n.kind == .block {
            let count = context.body.count(e.listB)
            let last = context.body.expr(e.listB, count - 1)
            let value = coerceBranch(last, to: type, lastStatementExpression(n.listA))
            context.body.pool[e.listB.index + count] = value.rawValue
            context.body[expr].type = type
            return expr
        }
        return coerce(expr, to: type, node)
    }

    func inferMatch(_ n: Node, _ node: NodeID, hint: TypeID, valueWanted: Bool) -> ExprID {
        let scrutinee = infer(n.nodeA)
        let scrutineeType = type(of: scrutinee)
        let start = context.flow
        var end: FlowState?
        var triples: [UInt32] = []
        var bodies: [(expr: ExprID, node: NodeID)] = []
        for armNode in context.tree.elements(n.listB) {
            let arm = context.tree[armNode]
            let scope = pushScope()
            context.flow = start
            context.blockDepth += 1
            let pattern = checkPattern(arm.nodeA, against: scrutineeType)
            var guardExpr = ExprID.none
            if arm.b != 0 { guardExpr = checkCondition(arm.nodeB) }
            let body = checkBranch(arm.nodeC, hint: hint, valueWanted: valueWanted)
            context.blockDepth -= 1
            popScope(to: scope)
            end = end.map { FlowState.join($0, context.flow) } ?? context.flow
            triples += [pattern.rawValue, guardExpr.rawValue, body.rawValue]
            bodies.append((body, arm.nodeC))
        }
        context.flow = end ?? start
        var resultType = TypeID.nilType
        if valueWanted {
            resultType = matchType(&bodies, &triples, hint: hint, n)
        }
        let list = context.body.addList(triples)
        let result = add(.match, resultType, a: scrutinee.rawValue, b: list.rawValue, at: n.span)
        if !valueWanted && !coversAll(n, scrutineeType) { context.flow = FlowState.join(context.flow, start) }
        context.finalChecks.append(
            MatchCheck(expr: result, scrutinee: scrutinee, span: n.span, node: valueWanted ? node : .none))
        return result
    }

    /// A quick guess, before types are final, whether some arm always matches.
    private func coversAll(_ n: Node, _ scrutinee: TypeID) -> Bool {
        for armNode in context.tree.elements(n.listB) {
            let arm = context.tree[armNode]
            if arm.b != 0 { continue }
            let kind = context.tree[arm.nodeA].kind
            if kind == .wildcardPattern || kind == .bindingPattern { return true }
        }
        // Closed types are checked for exhaustiveness: they always match.
        return isClosed(scrutinee)
    }

    /// `true` iff a match on this type must be exhaustive even as a statement (§7.3).
    func isClosed(_ type: TypeID) -> Bool {
        let t = resolve(type)
        switch program.types.kind(t) {
        case .bool, .option, .nilType: return true
        case .tuple:
            for i in 0..<program.types.count(t) where !isClosed(program.types.argument(t, i)) { return false }
            return true
        case .structure:
            for i in program.structs[Int(program.types.payload(t))].fieldTypes.indices
            where !isClosed(program.fieldType(t, i)) { return false }
            return true
        case .error, .never, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str, .array, .range,
            .function, .parameter, .variable:
            return false
        }
    }

    private func matchType(
        _ bodies: inout [(expr: ExprID, node: NodeID)], _ triples: inout [UInt32], hint: TypeID, _ n: Node
    ) -> TypeID {
        let wanted = resolve(hint)
        var result: TypeID?
        if program.types.kind(wanted) == .option { result = wanted }
        var resultNil = false
        if result == nil {
            for (i, body) in bodies.enumerated() {
                let t = type(of: body.expr)
                if i == 0 {
                    result = t
                    resultNil = isNilBranch(body.expr)
                    continue
                }
                guard let joined = join(result ?? t, resultNil, t, isNilBranch(body.expr)) else {
                    error(
                        "E0301", "the arms of this `match` have different types", context.tree[body.node].span,
                        label: "this is `\(describe(t))`",
                        secondary: [label(context.tree[bodies[0].node].span, "this is `\(describe(result ?? t))`")])
                    return .error
                }
                resultNil = resultNil && isNilBranch(body.expr)
                result = joined
            }
        }
        let final = result ?? .nilType
        for i in bodies.indices {
            let value = coerceBranch(bodies[i].expr, to: final, bodies[i].node)
            triples[i * 3 + 2] = value.rawValue
        }
        return final
    }
}

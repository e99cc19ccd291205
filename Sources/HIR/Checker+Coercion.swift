internal import Diagnostics
internal import Support
internal import Syntax

/// Values where a type is expected: coercion, mismatches, the common type of two branches.
extension Checker {
    // MARK: Coercion

    /// `node` checked and converted where a value of `expected` is needed.
    func check(_ node: NodeID, expected: TypeID) -> ExprID {
        coerce(infer(node, hint: expected), to: expected, node)
    }

    /// Converts `expr` at a coercion site (§4.6) or reports E0301.
    func coerce(_ expr: ExprID, to expected: TypeID, _ node: NodeID) -> ExprID {
        let source = resolve(type(of: expr)), target = resolve(expected)
        if source == target || source == .error || target == .error || source == .never { return expr }
        let targetKind = program.types.kind(target)
        if targetKind == .option {
            let sourceKind = program.types.kind(source)
            if sourceKind == .option {
                if unify(source, target) { return expr }
                // T? where T?? is expected.
                let payload = resolve(program.types.argument(target, 0))
                if program.types.kind(payload) == .option, unify(source, payload) {
                    return add(.makeSome, target, a: expr.rawValue, at: context.tree[node].span)
                }
                return mismatch(expr, source, target, node)
            }
            if sourceKind == .nilType && context.body[expr].kind == .nilConstant {
                return add(.noneConstant, target, at: context.tree[node].span)
            }
            if sourceKind == .variable && variableClass(source) == .any && !isOpen(program.types.argument(target, 0)) {
                if unify(source, target) { return expr }
            }
            let inner = coerce(expr, to: program.types.argument(target, 0), node)
            return add(.makeSome, target, a: inner.rawValue, at: context.tree[node].span)
        }
        if target == .char, context.body[expr].kind == .stringConstant,
            let scalar = singleScalar(program.stringContents(context.body[expr].a))
        {
            return add(.charConstant, .char, a: scalar, at: context.tree[node].span)
        }
        foundInfiniteType = false
        if unify(source, target) { return expr }
        return mismatch(expr, source, target, node)
    }

    func mismatch(_ expr: ExprID, _ source: TypeID, _ target: TypeID, _ node: NodeID) -> ExprID {
        var helps: [String] = []
        let span = context.tree[node].span
        if foundInfiniteType {
            foundInfiniteType = false
            error(
                "E0308", "this has an infinite type: `\(describe(source))` would have to be `\(describe(target))`", span,
                label: "its type would contain itself", helps: ["annotate the types to see where they disagree"])
            return errorExpr(span)
        }
        if source == .nilType, context.body[expr].kind == .call || context.body[expr].kind == .builtin {
            helps.append("this call gives no value, and `\(describe(target))` is needed here")
        } else if source == .nilType && context.body[expr].kind == .nilConstant {
            helps.append("a plain `\(describe(target))` is never nil; use `\(describe(target))?`")
        } else if program.types.kind(source) == .option, resolve(program.types.argument(source, 0)) == target {
            helps.append("handle the missing value: `… ?? default`, or `.unwrap()` to panic on None")
        } else if isNumberLike(source) && isNumberLike(target) {
            helps.append("convert explicitly: `… as \(describe(target))`")
        } else if target == .str {
            helps.append("convert it to text: `str(…)` or \"{…}\"")
        }
        error(
            "E0301", "expected `\(describe(target))`, found `\(describe(source))`", span,
            label: "this is `\(describe(source))`", helps: helps)
        return errorExpr(span)
    }

    func singleScalar(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        var iterator = String(decoding: bytes, as: UTF8.self).unicodeScalars.makeIterator()
        guard let first = iterator.next(), iterator.next() == nil else { return nil }
        return first.value
    }

    /// The type that both branches have (§5.2 Join), after which both must be coerced to it; nil (reported) if there is none.
    func join(_ a: TypeID, _ aNil: Bool, _ b: TypeID, _ bNil: Bool) -> TypeID? {
        let l = resolve(a), r = resolve(b)
        if l == .never { return r }
        if r == .never { return l }
        if l == r { return l }
        if l == .error || r == .error { return .error }
        if aNil && !bNil { return program.types.kind(r) == .option ? r : program.types.option(r) }
        if bNil && !aNil { return program.types.kind(l) == .option ? l : program.types.option(l) }
        if program.types.kind(l) == .option && program.types.kind(r) != .option && !isOpen(r) {
            return unify(program.types.argument(l, 0), r) ? l : nil
        }
        if program.types.kind(r) == .option && program.types.kind(l) != .option && !isOpen(l) {
            return unify(program.types.argument(r, 0), l) ? r : nil
        }
        return unify(l, r) ? resolve(l) : nil
    }

    func isNil(_ expr: ExprID) -> Bool { context.body[expr].kind == .nilConstant }
}

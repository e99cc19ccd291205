internal import Diagnostics
internal import Support
internal import Syntax

/// Literals: numbers, byte strings, interpolated strings.
extension Checker {
    // MARK: Literals

    private func suffixType(_ suffix: NumericSuffix) -> TypeID? {
        switch suffix {
        case .none, .unit: nil
        case .i8: .i8
        case .i16: .i16
        case .i32: .i32
        case .i64: .i64
        case .u8: .u8
        case .u16: .u16
        case .u32: .u32
        case .u64: .u64
        case .f32: .f32
        case .f64: .f64
        }
    }

    /// The number type that a hint asks for, looking through Options.
    private func numericHint(_ hint: TypeID) -> TypeID? {
        var target = resolve(hint)
        while program.types.kind(target) == .option { target = resolve(program.types.argument(target, 0)) }
        if program.types.isNumeric(target) { return target }
        if let literal = variableClass(target), literal != .any { return target }
        return nil
    }

    func inferInt(_ n: Node, _ node: NodeID, hint: TypeID, negative: Bool) -> ExprID {
        let suffix = NumericSuffix(rawValue: n.flags) ?? .none
        if suffix == .unit {
            unsupported("unit suffixes are", n.span)
            return errorExpr(n.span)
        }
        let type = suffixType(suffix) ?? numericHint(hint) ?? newVariable(.number)
        let span = context.tree[node].span
        let magnitude = UInt64(n.a) | UInt64(n.b) << 32
        let bits = negative ? 0 &- magnitude : magnitude
        // flags bit 0: unsigned bits; bit 1: written with a minus.
        let expr = add(
            .intConstant, type, flags: negative ? 2 : 1, a: UInt32(truncatingIfNeeded: bits),
            b: UInt32(truncatingIfNeeded: bits >> 32), at: span)
        if program.types.kind(type) == .variable {
            context.openLiterals.append((expr, node))
        } else {
            checkLiteralFits(expr, node)
        }
        return expr
    }

    func inferFloat(_ n: Node, _ node: NodeID, hint: TypeID, negative: Bool) -> ExprID {
        let suffix = NumericSuffix(rawValue: n.flags) ?? .none
        if suffix == .unit {
            unsupported("unit suffixes are", n.span)
            return errorExpr(n.span)
        }
        var type = suffixType(suffix)
        if type == nil, let wanted = numericHint(hint) {
            if program.types.isFloat(wanted) {
                type = wanted
            } else if variableClass(wanted) != nil {
                let float = newVariable(.float)
                if unify(wanted, float) { type = float }
            }
        }
        let final = type ?? newVariable(.float)
        var bits = UInt64(n.a) | UInt64(n.b) << 32
        if negative { bits ^= 1 << 63 }
        let expr = add(
            .floatConstant, final, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32),
            at: n.span)
        if program.types.kind(final) == .variable {
            context.openLiterals.append((expr, node))
        } else if final == .f32 && suffix == .none {
            settleFloat(expr, node)
        }
        return expr
    }

    /// Reads a float literal again in the type f32, from its text: rounded to f64 first it would be rounded twice.
    /// An instance of a generic function may need both readings: the other one is kept in `c`.
    private func settleFloat(_ expr: ExprID, _ node: NodeID) {
        let e = context.body[expr]
        let type = resolve(e.type)
        guard type == .f32 || program.types.kind(type) == .parameter else { return }
        guard node.index < context.tree.nodes.count else { return }
        let n = context.tree[node]
        let literal = n.kind == .unary ? context.tree[n.nodeA] : n
        // A default's literal belongs to another module's tree; it was read where it is declared.
        let isSame = literal.kind == .floatLiteral && literal.a == e.a && (literal.b ^ e.b) & 0x7FFF_FFFF == 0
        guard isSame else { return }
        var written = program.sources[context.file].text(literal.span)
        written.removeAll { $0 == "_" }
        guard var value = Float(written) else { return }
        if value.isInfinite && type == .f32 {
            error(
                "E0003", "the number does not fit `f32`", context.tree[node].span, label: "out of range for `f32`",
                helps: ["the largest `f32` is about 3.4e38; use `f64`"])
        }
        if n.kind == .unary { value = -value }
        let bits = Double(value).bitPattern
        if type == .f32 {
            context.body[expr].a = UInt32(truncatingIfNeeded: bits)
            context.body[expr].b = UInt32(truncatingIfNeeded: bits >> 32)
        } else {
            context.body[expr].flags |= HIRExpr.hasSingle
            context.body[expr].c = value.bitPattern
        }
    }

    /// Reports a literal that its type cannot hold (E0003).
    func checkLiteralFits(_ expr: ExprID, _ node: NodeID) {
        let e = context.body[expr]
        if e.kind == .floatConstant { return settleFloat(expr, node) }
        guard e.kind == .intConstant else { return }
        let negative = e.flags & 2 != 0
        let bits = UInt64(e.a) | UInt64(e.b) << 32
        let magnitude = negative ? 0 &- bits : bits
        let type = resolve(e.type)
        var fits = true
        if program.types.isInteger(type) {
            let width = program.types.bitWidth(type)
            if program.types.isSigned(type) {
                let limit = UInt64(1) << UInt64(width - 1)
                fits = negative ? magnitude <= limit : magnitude < limit
            } else {
                fits = negative ? magnitude == 0 : width == 64 || magnitude < UInt64(1) << UInt64(width)
            }
        } else if program.types.isFloat(type) {
            let limit: UInt64 = type == .f32 ? 1 << 24 : 1 << 53
            if magnitude > limit {
                let exact = type == .f32 ? UInt64(exactly: Float(magnitude)) : UInt64(exactly: Double(magnitude))
                fits = exact == magnitude
            }
        }
        if !fits {
            let span = context.tree[node].span
            error(
                "E0003", "the number does not fit `\(describe(type))`", span, label: "out of range for `\(describe(type))`")
        }
        // From here on flag 1 alone matters: the bits are an unsigned value.
        context.body[expr].flags = negative ? 0 : 1
    }

    func inferByteString(_ n: Node) -> ExprID {
        var elements: [ExprID] = []
        for byte in context.tree.stringContents(n.a) { elements.append(intConstant(Int64(byte), .u8, at: n.span)) }
        let list = addList(elements)
        return add(.makeArray, program.types.array(.u8), b: list.rawValue, at: n.span)
    }

    func inferInterpolation(_ n: Node) -> ExprID {
        var parts: [ExprID] = []
        for part in context.tree.elements(n.listA) {
            let p = context.tree[part]
            if p.kind == .stringLiteral {
                parts.append(add(.stringConstant, .str, a: program.addString(context.tree.stringContents(p.a)), at: p.span))
                continue
            }
            guard p.kind == .interpolation else { continue }
            let value = infer(p.nodeA)
            let type = resolve(type(of: value))
            if type == .never || type == .error { parts.append(value); continue }
            var flags: UInt8 = 0
            var packed: UInt64 = 0
            if p.b != 0 {
                flags |= HIRExpr.hasSpec
                let text = Array(context.tree.stringContents(p.b - 1))
                switch parseFormatSpec(text) {
                case .success(let spec):
                    packed = spec.packed
                    if spec.isDebug { flags |= HIRExpr.debugForm }
                    checkSpec(spec, value, p.span)
                case .failure(let problem):
                    error("E0326", "invalid format specification", p.span, label: problem.message)
                }
            }
            parts.append(
                add(
                    .format, .str, flags: flags, a: value.rawValue, b: UInt32(truncatingIfNeeded: packed),
                    c: UInt32(truncatingIfNeeded: packed >> 32), at: p.span))
        }
        let list = addList(parts)
        return add(.interpolate, .str, b: list.rawValue, at: n.span)
    }

    private func checkSpec(_ spec: FormatSpec, _ value: ExprID, _ span: SourceSpan) {
        if spec.requirement == .none { return }
        let type = resolve(type(of: value))
        if isOpen(type) || program.types.kind(type) == .parameter { return }
        switch spec.requirement {
        case .integer where !isIntegerLike(type):
            error("E0326", "format type `\(spec.typeLetter)` needs an integer, not `\(describe(type))`", span)
        case .number where !isNumberLike(type):
            error("E0326", "format type `\(spec.typeLetter)` needs a number, not `\(describe(type))`", span)
        default: break
        }
    }

    func floatConstant(_ value: Double, _ type: TypeID, at span: SourceSpan) -> ExprID {
        let bits = value.bitPattern
        return add(.floatConstant, type, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32), at: span)
    }
}

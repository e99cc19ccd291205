// Conversions of LANGUAGE §4.6 between numbers, bool and char: `as`, `as?`, wrapping and saturating.
//
// Each is made of two parts: whether the value does not fit (`castMisfit`), and the conversion of one that does
// (`convertFitting`). `as` traps on a misfit; `as?` converts 0 instead and says `None`.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    mutating func pushCast(_ e: HIRExpr) {
        let from = concrete(body[e.exprA].type)
        let operand = value(e.exprA)
        builder.position = e.position
        if e.flags & HIRExpr.optionalCast != 0 {
            let to = program.types.argument(concrete(e.type), 0)
            pushOptionalCast(operand, from, to)
            return
        }
        let to = concrete(e.type)
        if e.flags & HIRExpr.wrappingCast != 0 {
            stack.append(wrappingCast(operand, from, to))
        } else if e.flags & HIRExpr.saturatingCast != 0 {
            stack.append(saturatingCast(operand, from, to))
        } else {
            stack.append(checkedCast(operand, from, to))
        }
    }

    /// `operand as to`: traps P003.
    mutating func checkedCast(_ operand: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        if let misfit = castMisfit(operand, from, to) {
            builder.trapIf(misfit, trapWord(.conversion, .cast, trapType(to)))
        }
        return convertFitting(operand, from, to)
    }

    private mutating func pushOptionalCast(_ operand: ValueID, _ from: TypeID, _ to: TypeID) {
        guard let misfit = castMisfit(operand, from, to) else {
            stack.append(builder.iconst(.i8, 1))
            stack.append(convertFitting(operand, from, to))
            return
        }
        let nothing = zero(builder.type(of: operand))
        let safe = builder.select(misfit, nothing, operand)
        stack.append(invert(misfit))
        stack.append(convertFitting(safe, from, to))
    }

    // MARK: - Does it fit?

    /// i8: not `above < value < below` (f64 operands, NaN included).
    mutating func floatOutside(_ value: ValueID, above: Double, below: Double) -> ValueID {
        let low = builder.fconst(.f64, above)
        let high = builder.fconst(.f64, below)
        let isAbove = builder.fcmp(.greater, value, low)
        let isBelow = builder.fcmp(.less, value, high)
        return invert(and(isAbove, isBelow))
    }

    /// i8: `value` of type `from` has no counterpart in `to`; nil if all have one.
    private mutating func castMisfit(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID? {
        if from == to || to == .bool || from == .bool { return nil }
        if program.types.isFloat(from) {
            if program.types.isFloat(to) { return nil }
            return floatMisfit(value, from, to)
        }
        if program.types.isFloat(to) { return nil }
        if to == .char { return charMisfit(value, from) }
        return integerMisfit(value, from, to)
    }

    private mutating func floatMisfit(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        let wide = from == .f32 ? builder.convert(.floatExtend, .f64, value) : value
        switch program.types.kind(to) {
        case .i64:
            // -2^63 - 1 is no f64, so the lower bound is tested with >=.
            let low = builder.fconst(.f64, -9_223_372_036_854_775_808)
            let high = builder.fconst(.f64, 9_223_372_036_854_775_808)
            let isAbove = builder.fcmp(.greaterEqual, wide, low)
            let isBelow = builder.fcmp(.less, wide, high)
            return invert(and(isAbove, isBelow))
        case .u64: return floatOutside(wide, above: -1, below: 18_446_744_073_709_551_616)
        case .char:
            let outside = floatOutside(wide, above: -1, below: 1_114_112)
            let zero = builder.fconst(.f64, 0)
            let safe = builder.select(outside, zero, wide)
            let scalar = builder.convert(.floatToInt, .i32, safe)
            return or(outside, charMisfit(scalar, .i32))
        case .error, .never, .nilType, .bool, .i8, .i16, .i32, .u8, .u16, .u32, .f32, .f64, .str, .tuple, .array,
            .range, .option, .function, .structure, .parameter, .variable:
            let least = Double(minimum(to)) - 1
            let greatest = Double(maximum(to)) + 1
            return floatOutside(wide, above: least, below: greatest)
        }
    }

    /// Scalars are 0…0x10FFFF without the surrogates.
    private mutating func charMisfit(_ value: ValueID, _ from: TypeID) -> ValueID {
        if from == .u8 {
            return builder.iconst(.i8, 0)
        }
        let wide = extendToI64(value, from)
        let isGreat = compare(.greaterU, wide, 0x10FFFF)
        let fromSurrogates = builder.binary(.subtract, wide, builder.iconst(.i64, 0xD800))
        let isSurrogate = compare(.lessU, fromSurrogates, 0x800)
        return or(isGreat, isSurrogate)
    }

    /// Bits that carry the magnitude of the source's values, and whether they may be negative. A char is a u32 below 2^21.
    private func integerShape(_ type: TypeID) -> (width: Int, isSigned: Bool) {
        if type == .char { return (21, false) }
        return (program.types.bitWidth(type), program.types.isSigned(type))
    }

    private mutating func integerMisfit(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID? {
        let source = integerShape(from)
        let target = integerShape(to)
        if !source.isSigned {
            // An unsigned value fits if it is at most the target's greatest.
            let room = target.isSigned ? target.width - 1 : target.width
            if source.width <= room { return nil }
            return compare(.greaterU, value, maximum(to))
        }
        if target.isSigned {
            if source.width <= target.width { return nil }
            let narrow = builder.convert(.truncate, leafType(to), value)
            let back = builder.convert(.signExtend, builder.type(of: value), narrow)
            return builder.icmp(.notEqual, back, value)
        }
        if source.width <= target.width { return compare(.lessS, value, 0) }
        // A negative value is a great unsigned number.
        return compare(.greaterU, value, maximum(to))
    }

    // MARK: - Conversion

    /// The counterpart in `to` of a value that has one.
    private mutating func convertFitting(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        if from == to { return value }
        if program.types.isFloat(from) {
            if program.types.isFloat(to) {
                return builder.convert(to == .f64 ? .floatExtend : .floatTruncate, leafType(to), value)
            }
            if to == .bool {
                let zero = zero(builder.type(of: value))
                return builder.fcmp(.notEqual, value, zero)
            }
            return floatToInteger(value, from, to)
        }
        if program.types.isFloat(to) { return integerToFloat(value, from, to) }
        if to == .bool { return compare(.notEqual, value, 0) }
        return resize(value, from, to)
    }

    /// The low bits, or the value extended as its type says.
    private mutating func resize(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        let source = builder.type(of: value)
        let target = leafType(to)
        if source == target { return value }
        if source.size > target.size { return builder.convert(.truncate, target, value) }
        return builder.convert(program.types.isSigned(from) ? .signExtend : .zeroExtend, target, value)
    }

    private mutating func floatToInteger(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        switch program.types.kind(to) {
        case .i64: return builder.convert(.floatToInt, .i64, value)
        case .u64:
            let wide = from == .f32 ? builder.convert(.floatExtend, .f64, value) : value
            return runtime(.f64ToU64, wide)
        case .u32, .char:
            let wide = builder.convert(.floatToInt, .i64, value)
            return builder.convert(.truncate, .i32, wide)
        case .error, .never, .nilType, .bool, .i8, .i16, .i32, .u8, .u16, .f32, .f64, .str, .tuple, .array, .range,
            .option, .function, .structure, .parameter, .variable:
            let wide = builder.convert(.floatToInt, .i32, value)
            let target = leafType(to)
            return target == .i32 ? wide : builder.convert(.truncate, target, wide)
        }
    }

    /// Nearest float.
    private mutating func integerToFloat(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        let target = leafType(to)
        switch program.types.kind(from) {
        case .i8, .i16:
            let wide = builder.convert(.signExtend, .i32, value)
            return builder.convert(.intToFloat, target, wide)
        case .bool, .u8, .u16:
            let wide = builder.convert(.zeroExtend, .i32, value)
            return builder.convert(.intToFloat, target, wide)
        case .u32:
            let wide = builder.convert(.zeroExtend, .i64, value)
            return builder.convert(.intToFloat, target, wide)
        case .u64:
            // From 2^63 on: half of it, with the lost bit kept for rounding, then doubled.
            let isGreat = compare(.lessS, value, 0)
            let one = builder.iconst(.i64, 1)
            let shifted = builder.binary(.shiftRightU, value, one)
            let half = or(shifted, and(value, one))
            let number = builder.select(isGreat, half, value)
            let float = builder.convert(.intToFloat, target, number)
            let doubled = builder.binary(.fadd, float, float)
            return builder.select(isGreat, doubled, float)
        case .error, .never, .nilType, .char, .i32, .i64, .f32, .f64, .str, .tuple, .array, .range, .option,
            .function, .structure, .parameter, .variable:
            return builder.convert(.intToFloat, target, value)
        }
    }

    // MARK: - Lossy forms

    /// The low bits of the mathematical value. Of a float: of its saturating conversion to i64.
    private mutating func wrappingCast(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        let isInteger = program.types.isInteger(to)
        if program.types.isFloat(from), isInteger {
            let wide = saturatingCast(value, from, to == .u64 ? .u64 : .i64)
            return narrow(wide, leafType(to))
        }
        return isInteger ? resize(value, from, to) : checkedCast(value, from, to)
    }

    /// The nearest value of the target; 0 for NaN.
    private mutating func saturatingCast(_ value: ValueID, _ from: TypeID, _ to: TypeID) -> ValueID {
        guard program.types.isInteger(to), let misfit = castMisfit(value, from, to) else {
            return checkedCast(value, from, to)
        }
        let source = builder.type(of: value)
        let nothing = zero(source)
        let safe = builder.select(misfit, nothing, value)
        let converted = convertFitting(safe, from, to)
        let leaf = leafType(to)
        let least = builder.iconst(leaf, minimum(to))
        let greatest = builder.iconst(leaf, maximum(to))
        let isLow: ValueID
        if source.isFloat {
            isLow = builder.fcmp(.less, value, nothing)
        } else if program.types.isSigned(from) {
            isLow = compare(.lessS, value, 0)
        } else {
            isLow = builder.iconst(.i8, 0)
        }
        var limit = builder.select(isLow, least, greatest)
        if source.isFloat {
            let isNumber = builder.fcmp(.equal, value, value)
            let zero = builder.iconst(leaf, 0)
            limit = builder.select(isNumber, limit, zero)
        }
        return builder.select(misfit, limit, converted)
    }
}

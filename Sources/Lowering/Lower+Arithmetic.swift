// Arithmetic of LANGUAGE §6.2 and §6.3: checked operators on every width, floats, concatenation.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    // MARK: - Helpers

    /// The word that `trapIf` passes to the runtime.
    func trapWord(_ code: TrapCode, _ operation: TrapOperation, _ type: TrapType) -> Int64 {
        Int64(code.rawValue) | Int64(operation.rawValue) << 8 | Int64(type.rawValue) << 16
    }
    /// How traps name `type`.
    func trapType(_ type: TypeID) -> TrapType {
        switch program.types.kind(type) {
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
        case .char: .char
        case .error, .never, .nilType, .bool, .str, .tuple, .array, .range, .option, .function, .structure,
            .parameter, .variable:
            .none
        }
    }
    /// The least value of an integer type, as the bits of an i64.
    func minimum(_ type: TypeID) -> Int64 {
        program.types.isSigned(type) ? Int64.min >> Int64(64 - program.types.bitWidth(type)) : 0
    }
    /// The greatest value of an integer type, as the bits of an i64 (u64: -1).
    func maximum(_ type: TypeID) -> Int64 {
        let width = program.types.bitWidth(type)
        if program.types.isSigned(type) { return Int64(bitPattern: ~UInt64(0) >> UInt64(65 - width)) }
        return Int64(bitPattern: ~UInt64(0) >> UInt64(64 - width))
    }
    /// `integer` as an i64: sign- or zero-extended as its type (an integer type, bool or char) says.
    mutating func extendToI64(_ integer: ValueID, _ type: TypeID) -> ValueID {
        if type == .i64 || type == .u64 { return integer }
        return builder.convert(program.types.isSigned(type) ? .signExtend : .zeroExtend, .i64, integer)
    }
    /// The low bits of an i64 as a leaf of type `leaf`.
    mutating func narrow(_ integer: ValueID, _ leaf: MIRType) -> ValueID {
        leaf == .i64 ? integer : builder.convert(.truncate, leaf, integer)
    }
    /// `1 - flag` of an i8 that is 0 or 1.
    mutating func invert(_ flag: ValueID) -> ValueID {
        let one = builder.iconst(.i8, 1)
        return builder.binary(.xor, flag, one)
    }
    mutating func and(_ l: ValueID, _ r: ValueID) -> ValueID { builder.binary(.and, l, r) }
    mutating func or(_ l: ValueID, _ r: ValueID) -> ValueID { builder.binary(.or, l, r) }
    /// An integer compared with a constant.
    mutating func compare(_ condition: IntegerCondition, _ value: ValueID, _ constant: Int64) -> ValueID {
        let right = builder.iconst(builder.type(of: value), constant)
        return builder.icmp(condition, value, right)
    }

    // MARK: - Unary operators

    mutating func unary(_ e: HIRExpr) -> ValueID {
        let type = concrete(e.type)
        let operand = value(e.exprA)
        builder.position = e.position
        switch HIRUnary(rawValue: e.op) ?? .not {
        case .not: return invert(operand)
        case .bitNot:
            let ones = builder.iconst(leafType(type), -1)
            return type == .bool ? invert(operand) : builder.binary(.xor, operand, ones)
        case .negate: return negate(type, operand)
        }
    }

    mutating func negate(_ type: TypeID, _ operand: ValueID) -> ValueID {
        if program.types.isFloat(type) { return builder.unary(.fnegate, operand) }
        let word = trapWord(.overflow, .negate, trapType(type))
        let isSigned = program.types.isSigned(type)
        let overflows = compare(isSigned ? .equal : .notEqual, operand, isSigned ? minimum(type) : 0)
        builder.trapIf(overflows, word)
        return wrappingNegate(operand)
    }
    mutating func wrappingNegate(_ operand: ValueID) -> ValueID {
        let zero = builder.iconst(builder.type(of: operand), 0)
        return builder.binary(.subtract, zero, operand)
    }

    // MARK: - Binary operators

    mutating func binary(_ e: HIRExpr) -> ValueID {
        let type = concrete(body[e.exprA].type)
        let rightType = concrete(body[e.exprB].type)
        let left = value(e.exprA)
        let right = value(e.exprB)
        builder.position = e.position
        return operate(HIRBinary(rawValue: e.op) ?? .add, type, left, rightType, right)
    }

    /// `left op right`; the position is set.
    mutating func operate(
        _ op: HIRBinary, _ type: TypeID, _ left: ValueID, _ rightType: TypeID, _ right: ValueID
    ) -> ValueID {
        let kind = program.types.kind(type)
        switch kind {
        case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64:
            return integerOperation(op, type, left, rightType, right)
        case .f32, .f64: return floatOperation(op, type, left, right)
        case .bool:
            switch op {
            case .bitAnd: return and(left, right)
            case .bitOr: return or(left, right)
            default: return builder.binary(.xor, left, right)
            }
        case .str, .char:
            let l = kind == .char ? runtime(.stringFromChar, left) : left
            let r = rightType == .char ? runtime(.stringFromChar, right) : right
            return runtime(.stringConcat, l, r)
        case .array: return runtime(.arrayConcat, left, right)
        default:
            // An operand that does not return.
            return left
        }
    }

    private mutating func integerOperation(
        _ op: HIRBinary, _ type: TypeID, _ left: ValueID, _ rightType: TypeID, _ right: ValueID
    ) -> ValueID {
        let isSigned = program.types.isSigned(type)
        switch op {
        case .add: return builder.binary(isSigned ? .addS : .addU, left, right)
        case .subtract: return builder.binary(isSigned ? .subtractS : .subtractU, left, right)
        case .multiply: return builder.binary(isSigned ? .multiplyS : .multiplyU, left, right)
        case .bitAnd: return and(left, right)
        case .bitOr: return or(left, right)
        case .bitXor: return builder.binary(.xor, left, right)
        case .divide: return divide(type, left, right)
        case .floorDivide: return floorDivide(type, left, right)
        case .remainder: return remainder(type, left, right)
        case .power: return power(type, left, right, rightType)
        case .shiftLeft, .shiftRight:
            let width = program.types.bitWidth(type)
            let outside = shiftCountOutside(right, rightType, width)
            builder.trapIf(outside, trapWord(.badShift, .shift, trapType(type)))
            return shift(op, type, left, convertCount(right, rightType, builder.type(of: left)))
        }
    }

    /// i8: a shift count is not in `0..<width`.
    mutating func shiftCountOutside(_ count: ValueID, _ type: TypeID, _ width: Int) -> ValueID {
        // A negative count is a great unsigned number.
        compare(.greaterEqualU, count, Int64(width))
    }
    /// A count in range, in the type of the value that is shifted.
    mutating func convertCount(_ count: ValueID, _ type: TypeID, _ target: MIRType) -> ValueID {
        let source = builder.type(of: count)
        if source == target { return count }
        return builder.convert(source.size < target.size ? .zeroExtend : .truncate, target, count)
    }
    mutating func shift(_ op: HIRBinary, _ type: TypeID, _ value: ValueID, _ count: ValueID) -> ValueID {
        if op == .shiftLeft { return builder.binary(.shiftLeft, value, count) }
        return builder.binary(program.types.isSigned(type) ? .shiftRightS : .shiftRightU, value, count)
    }

    /// Traps on a zero divisor.
    private mutating func checkDivisor(_ operation: TrapOperation, _ type: TypeID, _ divisor: ValueID) {
        let isZero = compare(.equal, divisor, 0)
        builder.trapIf(isZero, trapWord(.divisionByZero, operation, trapType(type)))
    }

    mutating func divide(_ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        checkDivisor(.divide, type, right)
        guard program.types.isSigned(type) else { return builder.binary(.divideU, left, right) }
        if builder.constant(right) ?? -1 == -1 {
            let overflows = quotientOverflows(type, left, right)
            builder.trapIf(overflows, trapWord(.overflow, .divide, trapType(type)))
        }
        return builder.binary(.divideS, left, right)
    }
    /// i8: `MIN / -1` of a signed type.
    mutating func quotientOverflows(_ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        let isMinusOne = compare(.equal, right, -1)
        let isMinimum = compare(.equal, left, minimum(type))
        return and(isMinimum, isMinusOne)
    }

    mutating func remainder(_ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        checkDivisor(.remainder, type, right)
        return uncheckedRemainder(type, left, right)
    }
    /// The remainder for a divisor that is not 0.
    mutating func uncheckedRemainder(_ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        guard program.types.isSigned(type) else { return builder.binary(.remainderU, left, right) }
        return builder.binary(.remainderS, left, divisorForRemainder(right))
    }
    /// -1 becomes 1, which leaves the remainder 0 and cannot overflow.
    private mutating func divisorForRemainder(_ right: ValueID) -> ValueID {
        if let known = builder.constant(right), known != -1 { return right }
        let isMinusOne = compare(.equal, right, -1)
        let one = builder.iconst(builder.type(of: right), 1)
        return builder.select(isMinusOne, one, right)
    }

    /// i8: the remainder is not 0 and its sign differs from the divisor's, so that flooring has to correct by one.
    private mutating func needsFloorCorrection(_ rest: ValueID, _ right: ValueID) -> ValueID {
        let isInexact = compare(.notEqual, rest, 0)
        let signs = builder.binary(.xor, rest, right)
        let differ = compare(.lessS, signs, 0)
        return and(isInexact, differ)
    }

    mutating func floorDivide(_ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        let quotient = divide(type, left, right)
        guard program.types.isSigned(type) else { return quotient }
        let product = builder.binary(.multiply, quotient, right)
        let rest = builder.binary(.subtract, left, product)
        let corrects = needsFloorCorrection(rest, right)
        let wide = builder.type(of: quotient) == .i8 ? corrects : builder.convert(.zeroExtend, leafType(type), corrects)
        return builder.binary(.subtract, quotient, wide)
    }

    /// Floored remainder: the sign of the divisor.
    mutating func modulo(_ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        let rest = remainder(type, left, right)
        guard program.types.isSigned(type) else { return rest }
        let corrects = needsFloorCorrection(rest, right)
        let corrected = builder.binary(.add, rest, right)
        return builder.select(corrects, corrected, rest)
    }

    mutating func power(_ type: TypeID, _ left: ValueID, _ right: ValueID, _ rightType: TypeID) -> ValueID {
        let base = extendToI64(left, type)
        let exponent = exponentToI64(right, rightType)
        let code = builder.iconst(.i32, Int64(trapType(type).rawValue))
        let wide = runtime(.powInteger, base, exponent, code)
        if program.types.bitWidth(type) == 64 { return wide }
        let result = narrow(wide, leafType(type))
        let back = extendToI64(result, type)
        let lost = builder.icmp(.notEqual, back, wide)
        builder.trapIf(lost, trapWord(.overflow, .power, trapType(type)))
        return result
    }
    /// An exponent as i64. A u64 beyond i64 becomes the greatest i64, which gives the same power: 0, 1 or an overflow.
    mutating func exponentToI64(_ exponent: ValueID, _ type: TypeID) -> ValueID {
        let wide = extendToI64(exponent, type)
        guard type == .u64 else { return wide }
        let isGreat = compare(.lessS, wide, 0)
        let greatest = builder.iconst(.i64, Int64.max)
        return builder.select(isGreat, greatest, wide)
    }

    // MARK: - Floats

    private mutating func floatOperation(_ op: HIRBinary, _ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        switch op {
        case .add: return builder.binary(.fadd, left, right)
        case .subtract: return builder.binary(.fsubtract, left, right)
        case .multiply: return builder.binary(.fmultiply, left, right)
        case .divide: return builder.binary(.fdivide, left, right)
        case .floorDivide:
            let quotient = builder.binary(.fdivide, left, right)
            return viaF64(.floorF64, type, quotient)
        case .remainder: return viaF64(.remainderF64, type, left, right)
        case .power: return viaF64(.powF64, type, left, right)
        case .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight: return left
        }
    }

    /// Calls an f64 function; an f32 is extended before and rounded behind it.
    mutating func viaF64(_ function: RuntimeFunction, _ type: TypeID, _ operand: ValueID) -> ValueID {
        if type == .f64 { return runtime(function, operand) }
        let wide = builder.convert(.floatExtend, .f64, operand)
        return builder.convert(.floatTruncate, .f32, runtime(function, wide))
    }
    mutating func viaF64(_ function: RuntimeFunction, _ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        if type == .f64 { return runtime(function, left, right) }
        let l = builder.convert(.floatExtend, .f64, left)
        let r = builder.convert(.floatExtend, .f64, right)
        return builder.convert(.floatTruncate, .f32, runtime(function, l, r))
    }
}

// Methods of integers and floats (LANGUAGE §6.2, §12.4).

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    // MARK: - Integers

    mutating func pushIntegerBuiltin(_ op: Builtin, _ operands: Operands) {
        let type = operands.types.0
        let left = first(operands)
        let isSigned = program.types.isSigned(type)
        switch op {
        case .absolute: stack.append(absolute(type, left))
        case .sign: stack.append(sign(type, left))
        case .wrappingAdd: stack.append(builder.binary(.add, left, second(operands)))
        case .wrappingSubtract: stack.append(builder.binary(.subtract, left, second(operands)))
        case .wrappingMultiply: stack.append(builder.binary(.multiply, left, second(operands)))
        case .wrappingNegate: stack.append(wrappingNegate(left))
        case .wrappingShiftLeft, .wrappingShiftRight:
            let count = convertCount(second(operands), operands.types.1, builder.type(of: left))
            let mask = builder.iconst(builder.type(of: left), Int64(program.types.bitWidth(type) - 1))
            let masked = and(count, mask)
            stack.append(shift(op == .wrappingShiftLeft ? .shiftLeft : .shiftRight, type, left, masked))
        case .wrappingPower: stack.append(powerByLoop(type, operands, isChecked: false).value)
        case .checkedPower:
            let (value, overflow) = powerByLoop(type, operands, isChecked: true)
            pushUnless(overflow, value)
        case .saturatingAdd, .saturatingSubtract, .saturatingMultiply:
            let right = second(operands)
            let (value, overflow) = overflowing(op, type, left, right)
            let leaf = leafType(type)
            let least = builder.iconst(leaf, minimum(type))
            let greatest = builder.iconst(leaf, maximum(type))
            var limit = op == .saturatingSubtract ? least : greatest
            if isSigned {
                // The side on which the exact result lies.
                let signed = op == .saturatingMultiply ? builder.binary(.xor, left, right) : left
                limit = builder.select(compare(.lessS, signed, 0), least, greatest)
            }
            stack.append(builder.select(overflow, limit, value))
        case .checkedAdd, .checkedSubtract, .checkedMultiply:
            let (value, overflow) = overflowing(op, type, left, second(operands))
            pushUnless(overflow, value)
        case .checkedDivide, .checkedRemainder:
            let right = second(operands)
            var invalid = compare(.equal, right, 0)
            if isSigned, op == .checkedDivide { invalid = or(invalid, quotientOverflows(type, left, right)) }
            let one = builder.iconst(leafType(type), 1)
            let safe = builder.select(invalid, one, right)
            let value =
                op == .checkedRemainder
                ? uncheckedRemainder(type, left, safe) : builder.binary(isSigned ? .divideS : .divideU, left, safe)
            pushUnless(invalid, value)
        case .overflowingAdd, .overflowingSubtract, .overflowingMultiply:
            let (value, overflow) = overflowing(op, type, left, second(operands))
            stack.append(value)
            stack.append(overflow)
        case .modulo: stack.append(modulo(type, left, second(operands)))
        case .countOnes: stack.append(count(.populationCount, left))
        case .leadingZeros: stack.append(count(.countLeadingZeros, left))
        case .trailingZeros: stack.append(count(.countTrailingZeros, left))
        case .rotateLeft, .rotateRight:
            stack.append(rotate(type, left, second(operands), operands.types.1, isLeft: op == .rotateLeft))
        case .swapBytes: stack.append(swapBytes(type, left))
        case .testBit:
            let width = program.types.bitWidth(type)
            let outside = shiftCountOutside(second(operands), operands.types.1, width)
            builder.trapIf(outside, trapWord(.badShift, .shift, trapType(type)))
            let count = convertCount(second(operands), operands.types.1, builder.type(of: left))
            let shifted = builder.binary(.shiftRightU, left, count)
            let bit = and(shifted, builder.iconst(leafType(type), 1))
            stack.append(compare(.notEqual, bit, 0))
        default: stack.append(toStringRadix(operands))
        }
    }

    /// Pushes the Option `value`, or `None` if `invalid`.
    private mutating func pushUnless(_ invalid: ValueID, _ value: ValueID) {
        let nothing = builder.iconst(builder.type(of: value), 0)
        stack.append(invert(invalid))
        stack.append(builder.select(invalid, nothing, value))
    }

    private mutating func absolute(_ type: TypeID, _ value: ValueID) -> ValueID {
        if program.types.isFloat(type) { return builder.unary(.fabsolute, value) }
        guard program.types.isSigned(type) else { return value }
        let overflows = compare(.equal, value, minimum(type))
        builder.trapIf(overflows, trapWord(.overflow, .absolute, trapType(type)))
        let negated = wrappingNegate(value)
        return builder.select(compare(.lessS, value, 0), negated, value)
    }

    /// -1, 0 or 1 in the type; a float zero or NaN is itself.
    private mutating func sign(_ type: TypeID, _ value: ValueID) -> ValueID {
        let leaf = leafType(type)
        let nothing = zero(leaf)
        if program.types.isFloat(type) {
            let one = builder.fconst(leaf, 1)
            let minusOne = builder.fconst(leaf, -1)
            let isNegative = builder.fcmp(.less, value, nothing)
            let isPositive = builder.fcmp(.greater, value, nothing)
            return builder.select(isPositive, one, builder.select(isNegative, minusOne, value))
        }
        let one = builder.iconst(leaf, 1)
        let isZero = compare(.equal, value, 0)
        guard program.types.isSigned(type) else { return builder.select(isZero, nothing, one) }
        let minusOne = builder.iconst(leaf, -1)
        let isNegative = compare(.lessS, value, 0)
        return builder.select(isZero, nothing, builder.select(isNegative, minusOne, one))
    }

    private mutating func count(_ opcode: Opcode, _ value: ValueID) -> ValueID {
        let result = builder.unary(opcode, value)
        return builder.type(of: value) == .i64 ? result : builder.convert(.zeroExtend, .i64, result)
    }

    private mutating func rotate(
        _ type: TypeID, _ value: ValueID, _ amount: ValueID, _ amountType: TypeID, isLeft: Bool
    ) -> ValueID {
        let leaf = leafType(type)
        let mask = builder.iconst(leaf, Int64(program.types.bitWidth(type) - 1))
        let count = and(convertCount(amount, amountType, leaf), mask)
        let rest = and(wrappingNegate(count), mask)
        let left = builder.binary(.shiftLeft, value, isLeft ? count : rest)
        let right = builder.binary(.shiftRightU, value, isLeft ? rest : count)
        return or(left, right)
    }

    /// Exchanges halves, then the halves of halves, down to bytes.
    private mutating func swapBytes(_ type: TypeID, _ value: ValueID) -> ValueID {
        let leaf = leafType(type)
        var result = value
        var width = program.types.bitWidth(type) / 2
        while width >= 8 {
            var mask: UInt64 = 0
            var position = 0
            while position < 64 {
                mask |= (~UInt64(0) >> UInt64(64 - width)) << UInt64(position)
                position += width * 2
            }
            let low = builder.iconst(leaf, Int64(bitPattern: mask))
            let count = builder.iconst(leaf, Int64(width))
            let up = builder.binary(.shiftLeft, and(result, low), count)
            let down = and(builder.binary(.shiftRightU, result, count), low)
            result = or(up, down)
            width /= 2
        }
        return result
    }

    // MARK: - Overflow as a value

    /// The wrapped result, and an i8 that says whether it is not the exact one.
    private mutating func overflowing(
        _ op: Builtin, _ type: TypeID, _ left: ValueID, _ right: ValueID
    ) -> (value: ValueID, overflow: ValueID) {
        let isSigned = program.types.isSigned(type)
        switch op {
        case .wrappingAdd, .saturatingAdd, .checkedAdd, .overflowingAdd:
            let sum = builder.binary(.add, left, right)
            if !isSigned { return (sum, builder.icmp(.lessU, sum, left)) }
            // Both operands have the sign that the sum has not.
            let changed = and(builder.binary(.xor, left, sum), builder.binary(.xor, right, sum))
            return (sum, compare(.lessS, changed, 0))
        case .wrappingSubtract, .saturatingSubtract, .checkedSubtract, .overflowingSubtract:
            let difference = builder.binary(.subtract, left, right)
            if !isSigned { return (difference, builder.icmp(.lessU, left, right)) }
            let changed = and(builder.binary(.xor, left, right), builder.binary(.xor, left, difference))
            return (difference, compare(.lessS, changed, 0))
        default: return overflowingMultiply(type, left, right)
        }
    }

    private mutating func overflowingMultiply(
        _ type: TypeID, _ left: ValueID, _ right: ValueID
    ) -> (value: ValueID, overflow: ValueID) {
        let isSigned = program.types.isSigned(type)
        let product = builder.binary(.multiply, left, right)
        if program.types.bitWidth(type) < 64 {
            let wide = builder.binary(.multiply, extendToI64(left, type), extendToI64(right, type))
            let back = extendToI64(product, type)
            return (product, builder.icmp(.notEqual, back, wide))
        }
        // Without a wider type: divide back. A left side of 0 or (signed) -1 is no divisor; MIN * -1 overflows.
        let isZero = compare(.equal, left, 0)
        let one = builder.iconst(.i64, 1)
        if !isSigned {
            let divisor = builder.select(isZero, one, left)
            let quotient = builder.binary(.divideU, product, divisor)
            let differs = builder.icmp(.notEqual, quotient, right)
            return (product, and(differs, invert(isZero)))
        }
        let isMinusOne = compare(.equal, left, -1)
        let isSpecial = or(isZero, isMinusOne)
        let divisor = builder.select(isSpecial, one, left)
        let quotient = builder.binary(.divideS, product, divisor)
        let differs = builder.icmp(.notEqual, quotient, right)
        let overflows = and(differs, invert(isSpecial))
        let isMinimum = compare(.equal, right, Int64.min)
        return (product, or(overflows, and(isMinusOne, isMinimum)))
    }

    /// Power by squaring, in wrapping arithmetic; with `isChecked` also whether some factor that counts overflowed.
    private mutating func powerByLoop(
        _ type: TypeID, _ operands: Operands, isChecked: Bool
    ) -> (value: ValueID, overflow: ValueID) {
        let leaf = leafType(type)
        let start = exponentToI64(second(operands), operands.types.1)
        let isNegative = compare(.lessS, start, 0)
        builder.trapIf(isNegative, trapWord(.badExponent, .power, trapType(type)))
        let result = builder.declareVariable(type: leaf)
        let base = builder.declareVariable(type: leaf)
        let exponent = builder.declareVariable(type: .i64)
        let overflow = builder.declareVariable(type: .i8)
        let baseOverflow = builder.declareVariable(type: .i8)
        let no = builder.iconst(.i8, 0)
        let one = builder.iconst(leaf, 1)
        builder.write(result, one)
        builder.write(base, first(operands))
        builder.write(exponent, start)
        builder.write(overflow, no)
        builder.write(baseOverflow, no)
        let header = builder.createBlock()
        let inside = builder.createBlock()
        let odd = builder.createBlock()
        let next = builder.createBlock()
        let exit = builder.createBlock()
        builder.jump(to: header)
        builder.switchTo(header)
        let left = builder.read(exponent)
        builder.branch(compare(.notEqual, left, 0), to: inside, else: exit)
        builder.seal(inside)
        builder.switchTo(inside)
        let bit = and(left, builder.iconst(.i64, 1))
        builder.branch(compare(.notEqual, bit, 0), to: odd, else: next)
        builder.seal(odd)
        builder.switchTo(odd)
        let accumulated = builder.read(result)
        let factor = builder.read(base)
        if isChecked {
            let (product, lost) = overflowingMultiply(type, accumulated, factor)
            builder.write(result, product)
            let before = or(builder.read(overflow), builder.read(baseOverflow))
            builder.write(overflow, or(before, lost))
        } else {
            builder.write(result, builder.binary(.multiply, accumulated, factor))
        }
        builder.jump(to: next)
        builder.seal(next)
        builder.switchTo(next)
        let square = builder.read(base)
        if isChecked {
            let (product, lost) = overflowingMultiply(type, square, square)
            builder.write(base, product)
            builder.write(baseOverflow, or(builder.read(baseOverflow), lost))
        } else {
            builder.write(base, builder.binary(.multiply, square, square))
        }
        let half = builder.binary(.shiftRightU, builder.read(exponent), builder.iconst(.i64, 1))
        builder.write(exponent, half)
        builder.jump(to: header)
        builder.seal(header)
        builder.seal(exit)
        builder.switchTo(exit)
        return (builder.read(result), builder.read(overflow))
    }

    /// `x.to_string_radix(r)`.
    private mutating func toStringRadix(_ operands: Operands) -> ValueID {
        let type = operands.types.0
        let value = extendToI64(first(operands), type)
        let radix = extendToI64(second(operands), operands.types.1)
        let fromTwo = builder.binary(.subtract, radix, builder.iconst(.i64, 2))
        let outside = compare(.greaterU, fromTwo, 34)
        builder.trapIf(outside, trapWord(.badArgument, .radix, .none))
        let sink = runtime(.sinkBegin)
        var magnitude = value
        if program.types.isSigned(type) {
            let isNegative = compare(.lessS, value, 0)
            let minus = builder.createBlock()
            let digits = builder.createBlock()
            builder.branch(isNegative, to: minus, else: digits)
            builder.seal(minus)
            builder.switchTo(minus)
            runtime(.sinkChar, sink, builder.iconst(.i32, 45))
            builder.jump(to: digits)
            builder.seal(digits)
            builder.switchTo(digits)
            magnitude = builder.select(isNegative, wrappingNegate(value), value)
        }
        let helper = symbol(of: .digits, .u64)
        arguments.removeAll(keepingCapacity: true)
        arguments.append(sink)
        arguments.append(magnitude)
        arguments.append(radix)
        builder.call(helper, arguments, result: .none)
        return runtime(.sinkFinish, sink)
    }

    // MARK: - Floats

    mutating func floatBuiltin(_ op: Builtin, _ operands: Operands, _ result: TypeID) -> ValueID {
        let type = operands.types.0
        let value = first(operands)
        switch op {
        case .floor: return viaF64(.floorF64, type, value)
        case .ceil: return viaF64(.ceilF64, type, value)
        case .round: return viaF64(.roundF64, type, value)
        case .roundEven: return viaF64(.roundEvenF64, type, value)
        case .truncate: return viaF64(.truncF64, type, value)
        case .fraction: return builder.binary(.fsubtract, value, viaF64(.truncF64, type, value))
        case .squareRoot: return builder.unary(.fsqrt, value)
        case .cubeRoot: return viaF64(.cbrtF64, type, value)
        case .exp: return viaF64(.expF64, type, value)
        case .exp2: return viaF64(.exp2F64, type, value)
        case .ln: return viaF64(.lnF64, type, value)
        case .log2: return viaF64(.log2F64, type, value)
        case .log10: return viaF64(.log10F64, type, value)
        case .sin: return viaF64(.sinF64, type, value)
        case .cos: return viaF64(.cosF64, type, value)
        case .tan: return viaF64(.tanF64, type, value)
        case .asin: return viaF64(.asinF64, type, value)
        case .acos: return viaF64(.acosF64, type, value)
        case .atan: return viaF64(.atanF64, type, value)
        case .sinh: return viaF64(.sinhF64, type, value)
        case .cosh: return viaF64(.coshF64, type, value)
        case .tanh: return viaF64(.tanhF64, type, value)
        case .power:
            if program.types.isInteger(type) { return power(type, value, second(operands), operands.types.1) }
            return viaF64(.powF64, type, value, second(operands))
        case .atan2: return viaF64(.atan2F64, type, value, second(operands))
        case .hypot: return viaF64(.hypotF64, type, value, second(operands))
        case .isNaN: return builder.fcmp(.notEqual, value, value)
        case .isFinite, .isInfinite:
            let infinity = builder.fconst(leafType(type), .infinity)
            return builder.fcmp(op == .isFinite ? .less : .equal, builder.unary(.fabsolute, value), infinity)
        default: return builder.convert(.bitcast, leafType(result), value)
        }
    }
}

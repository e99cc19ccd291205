internal import MIR
internal import RuntimeABI
internal import SMF
internal import Support

// Integer arithmetic.

extension FunctionGenerator {
    /// The operands of an instruction that overwrites its first, exchanged if that helps and is allowed.
    @inline(__always) private mutating func orderedOperands(
        _ current: UnsafePointer<Instruction>, _ to: Register, commutes: Bool
    ) -> (first: Operand, second: Operand) {
        let a = values.base + Int(current.pointee.a)
        let b = values.base + Int(current.pointee.b)
        // At most one of the two is fused; the other one is formed without code.
        if commutes {
            let exchange: Bool
            if a.pointee.register.exists {
                exchange = a.pointee.register != to && b.pointee.register == to
            } else {
                exchange = b.pointee.register.exists || a.pointee.flags.contains(.fused)
            }
            if exchange {
                let second = operand(current.pointee.a)
                return (operand(current.pointee.b), second)
            }
        }
        let first = operand(current.pointee.a)
        return (first, operand(current.pointee.b))
    }

    /// A two-operand instruction, with a jump to a panic on `trap`.
    mutating func emitBinary(
        _ value: ValueID, _ op: ArithmeticOp, commutes: Bool, size: OperandSize, trap: ConditionCode?
    ) {
        let current = instruction(value)
        let to = destination(value)
        let (first, second) = orderedOperands(current, to, commutes: commutes)
        emitOverwriting(value, to, first, second, size) { generator, to, second in
            generator.code.arithmetic(op, size, to, second)
        }
        if let trap { emitTrap(trap, overflowWord(current)) }
    }

    /// Makes `to` a copy of `first`, runs `operate(to, second)`, and puts the result into its home. Keeps the flags.
    @inline(__always) private mutating func emitOverwriting(
        _ value: ValueID, _ to: Register, _ first: Operand, _ second: Operand, _ size: OperandSize,
        _ operate: (inout FunctionGenerator, Register, Operand) -> Void
    ) {
        if second.uses(to) && !first.isRegister(to) {
            // The address of a fused load stands in r11, which the result wants too.
            let borrowed = borrow(avoiding: first, second)
            move(borrowed, first, size)
            operate(&self, borrowed, second)
            if values[value.index].slot != 0 { code.store(.quad, home(value.rawValue), borrowed) }
            release(borrowed)
            return
        }
        move(to, first, size)
        operate(&self, to, second)
        finish(value, to)
    }

    mutating func emitAdd(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        if isFusedShift(current.pointee.a) {
            emitRotation(value, current)
            return
        }
        let to = destination(value)
        let size = fullSize(current.pointee.type)
        let (first, second) = orderedOperands(current, to, commutes: true)
        if first.kind == .register && first.register != to {
            switch second.kind {
            case .register:
                if second.register != to {
                    code.lea(to, Memory(first.register, index: second.register, shift: 0), wide: size == .quad)
                    finish(value, to)
                    return
                }
            case .immediate:
                code.lea(to, Memory(first.register, second.immediate), wide: size == .quad)
                finish(value, to)
                return
            case .memory: break
            }
        }
        emitOverwriting(value, to, first, second, size) { generator, to, second in
            generator.code.arithmetic(.add, size, to, second)
        }
    }

    mutating func emitSubtract(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let to = destination(value)
        let size = fullSize(current.pointee.type)
        let (first, second) = orderedOperands(current, to, commutes: false)
        if second.kind == .immediate && second.immediate != .min && first.kind == .register && first.register != to {
            code.lea(to, Memory(first.register, -second.immediate), wide: size == .quad)
            finish(value, to)
            return
        }
        if first.kind == .immediate && first.immediate == 0 && second.kind == .register {
            move(to, second, size)
            code.unary(.neg, size, Operand(to))
            finish(value, to)
            return
        }
        emitOverwriting(value, to, first, second, size) { generator, to, second in
            generator.code.arithmetic(.sub, size, to, second)
        }
    }

    mutating func emitMultiply(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let to = destination(value)
        let size = fullSize(current.pointee.type)
        let (first, second) = orderedOperands(current, to, commutes: true)
        if second.kind == .immediate && first.kind != .immediate {
            emitMultiply(to, first, by: second.immediate, size)
            finish(value, to)
            return
        }
        emitOverwriting(value, to, first, second, size) { generator, to, second in
            if second.kind == .immediate {
                generator.code.multiply(size, to, Operand(to), immediate: second.immediate)
            } else {
                generator.code.multiply(size, to, second)
            }
        }
    }

    /// Unchecked product with a constant, by shift or lea where they are shorter in time.
    private mutating func emitMultiply(_ to: Register, _ first: Operand, by factor: Int32, _ size: OperandSize) {
        if factor > 0 && factor & (factor - 1) == 0 {
            move(to, first, size)
            if factor > 1 { code.shift(.shl, size, to, by: UInt8(factor.trailingZeroBitCount)) }
            return
        }
        if factor == 3 || factor == 5 || factor == 9 {
            var source = to
            if first.kind == .register { source = first.register } else { move(to, first, size) }
            code.lea(
                to, Memory(source, index: source, shift: UInt8((factor - 1).trailingZeroBitCount)), wide: size == .quad)
            return
        }
        code.multiply(size, to, first, immediate: factor)
    }

    // MARK: Checked multiplication

    mutating func emitMultiplyChecked(_ value: ValueID, signed: Bool) {
        let current = instruction(value)
        let to = destination(value)
        let type = current.pointee.type
        let word = overflowWord(current)
        if signed && type.size > 1 {
            let size = operandSize(type)
            let (first, second) = orderedOperands(current, to, commutes: true)
            if second.kind == .immediate {
                if first.kind == .immediate {
                    move(to, first, size)
                    code.multiply(size, to, Operand(to), immediate: second.immediate)
                } else {
                    code.multiply(size, to, first, immediate: second.immediate)
                }
                finish(value, to)
            } else {
                emitOverwriting(value, to, first, second, size) { generator, to, second in
                    generator.code.multiply(size, to, second)
                }
            }
            emitTrap(.o, word)
            return
        }
        if !signed && type.size == 8 {
            emitMultiplyWide(value, current, to)
            emitTrap(.o, word)
            return
        }
        // The exact product fits in a register: make it in r11 from extended operands, then see whether it fits the type.
        let a = operand(current.pointee.a)
        let b = operand(current.pointee.b)
        let needsBorrow = to == .r11
        let other = needsBorrow ? borrow(avoiding: a, b) : to
        extend(.r11, a, type, signed: signed)
        extend(other, b, type, signed: signed)
        code.multiply(.quad, .r11, Operand(other))
        if signed {
            code.signExtend(.byte, other, Operand(.r11), wide: true)
        } else {
            switch type.size {
            case 1: code.zeroExtend(.byte, other, Operand(.r11))
            case 2: code.zeroExtend(.word, other, Operand(.r11))
            default: code.move(other, .r11, wide: false)
            }
        }
        if needsBorrow {
            if values[value.index].slot != 0 { code.store(.quad, home(value.rawValue), other) }
            code.arithmetic(.cmp, .quad, other, Operand(.r11))
            release(other)
        } else {
            code.arithmetic(.cmp, .quad, other, Operand(.r11))
        }
        emitTrap(.ne, word)
    }

    /// Copies an operand, extended from its type's width to 64 bits (or 32, zero-extended to 64, if unsigned).
    private mutating func extend(_ to: Register, _ from: Operand, _ type: MIRType, signed: Bool) {
        if from.kind == .immediate {
            let bits = Int64(from.immediate)
            let mask = UInt64.max >> UInt64(64 - type.size * 8)
            code.moveImmediate(to, signed ? bits : Int64(bitPattern: UInt64(bitPattern: bits) & mask))
        } else if signed {
            code.signExtend(operandSize(type), to, from, wide: true)
        } else {
            code.zeroExtend(operandSize(type), to, from)
        }
    }

    /// mul: rdx:rax = rax × operand; CF and OF say whether the high half is used.
    private mutating func emitMultiplyWide(_ value: ValueID, _ current: UnsafePointer<Instruction>, _ to: Register) {
        var a = operand(current.pointee.a)
        var b = operand(current.pointee.b)
        if b.isRegister(.rax) { swap(&a, &b) }
        if b.kind == .immediate {
            code.moveImmediate(.r11, Int64(b.immediate))
            b = Operand(.r11)
        }
        // b is in rax now only if both are the same value.
        move(.rax, a, .quad)
        code.unary(.mul, .quad, b)
        moveResult(value, to, from: .rax)
    }

    /// Moves the result of an instruction with fixed registers where it belongs. Keeps the flags.
    mutating func moveResult(_ value: ValueID, _ to: Register, from: Register) {
        let state = values.base + value.index
        if state.pointee.register.exists {
            if to != from { code.move(to, from) }
        } else if state.pointee.slot != 0 {
            code.store(.quad, home(value.rawValue), from)
        }
    }

    // MARK: Shifts

    @inline(__always) func isFusedShift(_ value: UInt32) -> Bool {
        guard values[Int(value)].flags.contains(.fused) else { return false }
        switch instructions[Int(value)].opcode {
        case .shiftLeft, .shiftRightU: return true
        default: return false
        }
    }

    /// x << c | x >> (width - c).
    mutating func emitRotation(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let to = destination(value)
        let shift = instruction(current.pointee.valueA)
        let size = operandSize(current.pointee.type)
        let count = UInt8(truncatingIfNeeded: instructions[Int(shift.pointee.b)].immediate)
        move(to, operand(shift.pointee.a), size)
        code.shift(shift.pointee.opcode == .shiftLeft ? .rol : .ror, size, to, by: count)
        finish(value, to)
    }

    mutating func emitShift(_ value: ValueID, _ op: ShiftOp, size: OperandSize) {
        let current = instruction(value)
        let to = destination(value)
        let a = operand(current.pointee.a)
        let count = operand(current.pointee.b)
        if instructions[Int(current.pointee.b)].opcode == .iconst {
            // Counts are less than the width wherever this is executed.
            let bits = Int(instructions[Int(current.pointee.b)].immediate & Int64(size.bits - 1))
            if op == .shl && bits >= 1 && bits <= 3 && a.kind == .register && a.register != to {
                if bits == 1 {
                    code.lea(to, Memory(a.register, index: a.register, shift: 0), wide: size == .quad)
                } else {
                    code.lea(to, Memory(.none, index: a.register, shift: UInt8(bits)), wide: size == .quad)
                }
            } else {
                move(to, a, size)
                if bits > 0 { code.shift(op, size, to, by: UInt8(bits)) }
            }
            finish(value, to)
            return
        }
        let work = to == .rcx || count.isRegister(to) ? .r11 : to
        move(work, a, size)
        move(.rcx, count, operandSize(current.pointee.type))
        code.shiftByCL(op, size, work)
        if work != to { code.move(to, work) }
        finish(value, to)
    }

    // MARK: Division

    mutating func emitDivide(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let type = current.pointee.type
        let signed = current.pointee.opcode == .divideS || current.pointee.opcode == .remainderS
        let wantsQuotient = current.pointee.opcode == .divideS || current.pointee.opcode == .divideU
        let to = destination(value)
        let size = fullSize(type)
        if instructions[Int(current.pointee.b)].opcode == .iconst {
            var divisor = instructions[Int(current.pointee.b)].immediate
            if !signed && type.size < 8 {
                divisor = Int64(UInt64(bitPattern: divisor) & (UInt64.max >> UInt64(64 - type.size * 8)))
            }
            extendDividend(.r11, current.pointee.a, type, signed: signed)
            let plan = DivisionPlan(divisor: divisor, bits: size.bits, signed: signed)
            emitDivision(value, plan, divisor: divisor, size, wantsQuotient: wantsQuotient, to)
            return
        }
        var divisor = operand(current.pointee.b)
        if type.size < 4 {
            if signed {
                code.signExtend(operandSize(type), .r11, divisor, wide: false)
            } else {
                code.zeroExtend(operandSize(type), .r11, divisor)
            }
            divisor = Operand(.r11)
        } else if divisor.uses(.rax) || divisor.uses(.rdx) {
            move(.r11, divisor, size)
            divisor = Operand(.r11)
        }
        extendDividend(.rax, current.pointee.a, type, signed: signed)
        if signed {
            code.signIntoRDX(wide: size == .quad)
            code.unary(.idiv, size, divisor)
        } else {
            code.moveImmediate(.rdx, 0)
            code.unary(.div, size, divisor)
        }
        moveResult(value, to, from: wantsQuotient ? .rax : .rdx)
    }

    /// The dividend in `to`, extended to at least 32 bits.
    private mutating func extendDividend(_ to: Register, _ value: UInt32, _ type: MIRType, signed: Bool) {
        let from = operand(value)
        if type.size >= 4 {
            move(to, from, operandSize(type))
        } else {
            extend(to, from, type, signed: signed)
        }
    }

    /// The dividend is in r11.
    private mutating func emitDivision(
        _ value: ValueID, _ plan: DivisionPlan, divisor: Int64, _ size: OperandSize, wantsQuotient: Bool, _ to: Register
    ) {
        let wide = size == .quad
        switch plan {
        case .undefined: code.undefined()
        case .powerOfTwo(let shift, let negative):
            emitPowerOfTwo(
                value, shift, negative: negative,
                signed: instructions[value.index].opcode == .divideS || instructions[value.index].opcode == .remainderS,
                size, wantsQuotient: wantsQuotient, to)
            return
        case .signed(let factor, let shift, let correction):
            code.moveImmediate(.rax, wide ? factor : Int64(UInt32(truncatingIfNeeded: factor)))
            code.unary(.imul, size, Operand(.r11))
            if correction > 0 { code.arithmetic(.add, size, .rdx, Operand(.r11)) }
            if correction < 0 { code.arithmetic(.sub, size, .rdx, Operand(.r11)) }
            if shift > 0 { code.shift(.sar, size, .rdx, by: shift) }
            code.move(.rax, .rdx, wide: wide)
            code.shift(.shr, size, .rax, by: UInt8(size.bits - 1))
            code.arithmetic(.add, size, .rdx, Operand(.rax))
        case .unsigned(let factor, let shift, let adds):
            code.moveImmediate(.rax, wide ? Int64(bitPattern: factor) : Int64(UInt32(truncatingIfNeeded: factor)))
            code.unary(.mul, size, Operand(.r11))
            if adds {
                code.move(.rax, .r11, wide: wide)
                code.arithmetic(.sub, size, .rax, Operand(.rdx))
                code.shift(.shr, size, .rax, by: 1)
                code.arithmetic(.add, size, .rdx, Operand(.rax))
                if shift > 1 { code.shift(.shr, size, .rdx, by: shift - 1) }
            } else if shift > 0 {
                code.shift(.shr, size, .rdx, by: shift)
            }
        }
        if wantsQuotient {
            moveResult(value, to, from: .rdx)
            return
        }
        if !wide || Int32(exactly: divisor) != nil {
            code.multiply(size, .rax, Operand(.rdx), immediate: Int32(truncatingIfNeeded: divisor))
        } else {
            code.moveImmediate(.rax, divisor)
            code.multiply(.quad, .rax, Operand(.rdx))
        }
        code.arithmetic(.sub, size, .r11, Operand(.rax))
        if to != .r11 { code.move(to, .r11) }
        finish(value, to)
    }

    private mutating func emitPowerOfTwo(
        _ value: ValueID, _ shift: UInt8, negative: Bool, signed: Bool, _ size: OperandSize, wantsQuotient: Bool,
        _ to: Register
    ) {
        let mask = shift == 0 ? 0 : UInt64.max >> UInt64(64 - Int(shift))
        if !signed {
            if wantsQuotient {
                if shift > 0 { code.shift(.shr, size, .r11, by: shift) }
            } else {
                emitMask(.r11, mask, size)
            }
        } else if shift == 0 {
            if !wantsQuotient {
                code.moveImmediate(.r11, 0)
            } else if negative {
                code.unary(.neg, size, Operand(.r11))
            }
        } else {
            // A negative dividend is rounded towards zero by adding 2^shift - 1 first.
            let needsBorrow = to == .r11
            let bias = needsBorrow ? borrow(avoiding: Operand(.r11), Operand(.r11)) : to
            code.move(bias, .r11, wide: size == .quad)
            code.shift(.sar, size, bias, by: UInt8(size.bits - 1))
            code.shift(.shr, size, bias, by: UInt8(size.bits - Int(shift)))
            code.arithmetic(.add, size, .r11, Operand(bias))
            if wantsQuotient {
                code.shift(.sar, size, .r11, by: shift)
                if negative { code.unary(.neg, size, Operand(.r11)) }
            } else {
                emitMask(.r11, mask, size)
                code.arithmetic(.sub, size, .r11, Operand(bias))
            }
            if needsBorrow { release(bias) }
        }
        if to != .r11 { code.move(to, .r11) }
        finish(value, to)
    }

    private mutating func emitMask(_ register: Register, _ mask: UInt64, _ size: OperandSize) {
        if size == .double {
            code.arithmetic(.and, .double, Operand(register), immediate: Int32(truncatingIfNeeded: Int64(bitPattern: mask)))
        } else if let short = Int32(exactly: Int64(bitPattern: mask)) {
            code.arithmetic(.and, .quad, Operand(register), immediate: short)
        } else {
            code.arithmetic(.and, .quad, register, Operand(constants.memory(quad: mask)))
        }
    }

    // MARK: Bit counts

    mutating func emitBitCount(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let type = current.pointee.type
        let bits = Int64(type.size * 8)
        let to = destination(value)
        let a = operand(current.pointee.a)
        let wide = type.size == 8
        extend(.r11, a, type, signed: false)
        // A second register for the count of zero, or for the steps of the population count.
        let needsBorrow = to == .r11
        let work = needsBorrow ? borrow(avoiding: Operand(.r11), Operand(.r11)) : to
        switch current.pointee.opcode {
        case .countLeadingZeros:
            code.bitScanReverse(.r11, Operand(.r11), wide: wide)
            code.moveImmediate(work, 2 * bits - 1)
            code.conditionalMove(.e, .r11, Operand(work), wide: false)
            code.arithmetic(.xor, .double, Operand(.r11), immediate: Int32(bits - 1))
        case .countTrailingZeros:
            code.bitScanForward(.r11, Operand(.r11), wide: wide)
            code.moveImmediate(work, bits)
            code.conditionalMove(.e, .r11, Operand(work), wide: false)
        default:
            if options.cpuFeatures.contains(.sse42) {
                code.populationCount(.r11, Operand(.r11), wide: wide)
            } else {
                emitPopulationCount(work)
            }
        }
        if needsBorrow {
            release(work)
        } else {
            code.move(to, .r11)
        }
        finish(value, to)
    }

    /// Population count of r11 in r11, without the instruction (Warren, Hacker's Delight, 2nd ed., 5-1).
    private mutating func emitPopulationCount(_ work: Register) {
        code.move(work, .r11)
        code.shift(.shr, .quad, work, by: 1)
        code.arithmetic(.and, .quad, work, Operand(constants.memory(quad: 0x5555_5555_5555_5555)))
        code.arithmetic(.sub, .quad, .r11, Operand(work))
        code.move(work, .r11)
        code.shift(.shr, .quad, work, by: 2)
        code.arithmetic(.and, .quad, work, Operand(constants.memory(quad: 0x3333_3333_3333_3333)))
        code.arithmetic(.and, .quad, .r11, Operand(constants.memory(quad: 0x3333_3333_3333_3333)))
        code.arithmetic(.add, .quad, .r11, Operand(work))
        code.move(work, .r11)
        code.shift(.shr, .quad, work, by: 4)
        code.arithmetic(.add, .quad, .r11, Operand(work))
        code.arithmetic(.and, .quad, .r11, Operand(constants.memory(quad: 0x0F0F_0F0F_0F0F_0F0F)))
        code.multiply(.quad, .r11, Operand(constants.memory(quad: 0x0101_0101_0101_0101)))
        code.shift(.shr, .quad, .r11, by: 56)
    }
}

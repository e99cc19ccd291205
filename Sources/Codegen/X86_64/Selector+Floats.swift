internal import MIR
internal import Support

// Floats and conversions.

extension FunctionGenerator {
    mutating func emitFloat(_ value: ValueID, _ op: FloatOp, commutes: Bool) {
        let current = instruction(value)
        let single = current.pointee.type == .f32
        let to = destination(value)
        var first = operand(current.pointee.a)
        var second = operand(current.pointee.b)
        if commutes && !first.isRegister(to) && (second.isRegister(to) || (first.kind != .register && second.kind == .register)) {
            swap(&first, &second)
        }
        moveFloat(to, first, single: single)
        code.float(op, single: single, to, second)
        finish(value, to)
    }

    mutating func emitFloatUnary(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let single = current.pointee.type == .f32
        let to = destination(value)
        let from = operand(current.pointee.a)
        switch current.pointee.opcode {
        case .fsqrt:
            // From memory, sqrt would wait for the old value of `to`.
            if from.kind == .memory {
                moveFloat(to, from, single: single)
                code.float(.sqrt, single: single, to, Operand(to))
            } else {
                code.float(.sqrt, single: single, to, from)
            }
        case .fnegate:
            moveFloat(to, from, single: single)
            let mask = single ? constants.memory(vector: 0x8000_0000_8000_0000) : constants.memory(vector: 1 << 63)
            code.xorFloat(to, Operand(mask))
        default:
            moveFloat(to, from, single: single)
            let mask =
                single ? constants.memory(vector: 0x7FFF_FFFF_7FFF_FFFF) : constants.memory(vector: UInt64(Int64.max))
            code.andFloat(to, Operand(mask))
        }
        finish(value, to)
    }

    mutating func emitConversion(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let type = current.pointee.type
        let source = instructions[Int(current.pointee.a)].type
        let to = destination(value)
        switch current.pointee.opcode {
        case .zeroExtend:
            let from = operand(current.pointee.a)
            if from.kind == .immediate {
                let mask = UInt64.max >> UInt64(64 - source.size * 8)
                code.moveImmediate(to, Int64(bitPattern: UInt64(bitPattern: Int64(from.immediate)) & mask))
            } else {
                code.zeroExtend(operandSize(source), to, from)
            }
        case .signExtend:
            let from = operand(current.pointee.a)
            if from.kind == .immediate {
                code.moveImmediate(to, Int64(from.immediate))
            } else {
                code.signExtend(operandSize(source), to, from, wide: type.size == 8)
            }
        case .truncate: copyBits(to, current.pointee.a, fullSize(type))
        case .copy, .bitcast: emitBitcast(to, current.pointee.a, from: source, type)
        case .intToFloat:
            // cvtsi2sd keeps the upper half of its target and so would wait for the old value.
            var from = operand(current.pointee.a)
            if from.kind == .immediate {
                move(.r11, from, operandSize(source))
                from = Operand(.r11)
            }
            code.xorFloat(to, Operand(to))
            code.convertToFloat(single: type == .f32, to, from, wide: source.size == 8)
        case .floatToInt:
            code.convertToInteger(single: source == .f32, to, operand(current.pointee.a), wide: type.size == 8)
        default:
            let from = operand(current.pointee.a)
            if !from.isRegister(to) { code.xorFloat(to, Operand(to)) }
            code.convertFloat(fromSingle: source == .f32, to, from)
        }
        finish(value, to)
    }

    private mutating func copyBits(_ to: Register, _ value: UInt32, _ size: OperandSize) {
        if values[Int(value)].flags.contains(.rematerialised) {
            materialise(ValueID(rawValue: value), to)
        } else {
            move(to, operand(value), size)
        }
    }

    private mutating func emitBitcast(_ to: Register, _ value: UInt32, from source: MIRType, _ type: MIRType) {
        let wide = type.size == 8
        switch (source.isFloat, type.isFloat) {
        case (false, false): copyBits(to, value, fullSize(type))
        case (true, true): moveFloat(to, operand(value), single: type == .f32)
        case (false, true):
            var from = operand(value)
            if from.kind == .immediate {
                move(.r11, from, fullSize(source))
                from = Operand(.r11)
            }
            code.moveBitsToFloat(to, from, wide: wide)
        case (true, false):
            let from = operand(value)
            if from.kind == .register {
                code.moveBitsToGeneral(to, from.register, wide: wide)
            } else {
                code.load(fullSize(type), to, from.memory)
            }
        }
    }
}

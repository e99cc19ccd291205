internal import MIR
internal import RuntimeABI
internal import Support

// Checks and their slow paths. A check is one conditional jump to code behind the function's last block. Each site has
// a call of its own, so that the return address tells the source position.

extension FunctionGenerator {
    /// Jumps to a panic with this trap word if the condition holds.
    mutating func emitTrap(_ condition: ConditionCode, _ word: Int32) {
        let fixup = code.jumpForward(condition)
        coldSites.append(
            ColdSite(kind: .trap, fixup: UInt32(truncatingIfNeeded: fixup), word: word, instruction: currentInstruction.rawValue))
    }

    /// The trap word of a checked operation that overflowed.
    mutating func overflowWord(_ current: UnsafePointer<Instruction>) -> Int32 {
        let operation: TrapOperation
        let signed: Bool
        switch current.pointee.opcode {
        case .addS: (operation, signed) = (.add, true)
        case .subtractS: (operation, signed) = (.subtract, true)
        case .multiplyS: (operation, signed) = (.multiply, true)
        case .addU: (operation, signed) = (.add, false)
        case .subtractU: (operation, signed) = (.subtract, false)
        default: (operation, signed) = (.multiply, false)
        }
        let type: TrapType
        switch current.pointee.type {
        case .i8: type = signed ? .i8 : .u8
        case .i16: type = signed ? .i16 : .u16
        case .i32: type = signed ? .i32 : .u32
        default: type = signed ? .i64 : .u64
        }
        return Int32(TrapCode.overflow.rawValue) | Int32(operation.rawValue) << 8 | Int32(type.rawValue) << 16
    }

    // MARK: Indices

    mutating func emitCheckBounds(_ current: UnsafePointer<Instruction>) {
        let condition = emitIntegerComparison(current.pointee.a, current.pointee.b, .greaterEqualU)
        let fixup = code.jumpForward(condition)
        coldSites.append(
            ColdSite(
                kind: .checkBounds, fixup: UInt32(truncatingIfNeeded: fixup), word: Int32(current.pointee.aux),
                instruction: currentInstruction.rawValue))
    }

    /// Fast path: 0 <= index < length. A negative index is brought into range by the cold code, which adds the length:
    /// that carries iff index >= -length.
    mutating func emitCheckIndex(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let register = values[value.index].register
        var length = operand(current.pointee.b)
        let index: Operand
        if register.exists {
            index = Operand(register)
            move(register, operand(current.pointee.a), .quad)
        } else {
            index = Operand(home(value.rawValue))
            if length.kind == .memory {
                code.load(.quad, .r11, length.memory)
                length = Operand(.r11)
            }
            let from = operand(current.pointee.a)
            switch from.kind {
            case .register: code.store(.quad, index.memory, from.register)
            case .immediate: code.store(.quad, index.memory, immediate: from.immediate)
            case .memory:
                if from.memory != index.memory {
                    code.loadFloat(single: false, .xmm15, from.memory)
                    code.storeFloat(single: false, index.memory, .xmm15)
                }
            }
        }
        arithmetic(.cmp, index, length)
        let fixup = code.jumpForward(.ae)
        coldSites.append(
            ColdSite(
                kind: .checkIndex, fixup: UInt32(truncatingIfNeeded: fixup),
                resume: UInt32(truncatingIfNeeded: code.count), word: Int32(current.pointee.aux), instruction: value.rawValue,
                index: index, length: length))
    }

    /// op index, length: one of them is a register, or the second an immediate.
    private mutating func arithmetic(_ op: ArithmeticOp, _ index: Operand, _ length: Operand) {
        if length.kind == .immediate {
            code.arithmetic(op, .quad, index, immediate: length.immediate)
        } else if index.kind == .register {
            code.arithmetic(op, .quad, index.register, length)
        } else {
            code.arithmetic(op, .quad, index.memory, length.register)
        }
    }

    // MARK: Cold code

    mutating func emitColdCode() {
        if coldSites.isEmpty { return }
        for i in 0..<coldSites.count {
            let site = coldSites[i]
            code.patchJump(at: Int(site.fixup), to: code.count)
            let current = instructions + Int(site.instruction)
            if options.debugInfo { recordStatement(current) }
            switch site.kind {
            case .trap:
                code.moveImmediate(.rdi, Int64(site.word))
                code.callThroughSlot(symbol: panicTrapSymbol)
            case .checkIndex:
                arithmetic(.add, site.index, site.length)
                code.jump(.b, to: Int(site.resume))
                arithmetic(.sub, site.index, site.length)
                move(.r11, site.length, .quad)
                move(.rdi, site.index, .quad)
                emitPanicIndex(site.word)
            case .checkBounds:
                let length = operand(current.pointee.b)
                move(.r11, length, .quad)
                move(.rdi, operand(current.pointee.a), .quad)
                emitPanicIndex(site.word)
            }
            recordCall(current)
        }
        // The last return address lies inside the function.
        code.undefined()
    }

    /// The index is in rdi, the length in r11.
    private mutating func emitPanicIndex(_ kind: Int32) {
        code.move(.rsi, .r11)
        code.moveImmediate(.rdx, Int64(kind))
        code.callThroughSlot(symbol: panicIndexSymbol)
    }
}

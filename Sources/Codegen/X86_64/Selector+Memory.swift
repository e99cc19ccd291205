internal import MIR
internal import Support

// Loads and stores.

extension FunctionGenerator {
    mutating func emitLoad(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let to = destination(value)
        let from = address(current)
        if to.isFloat {
            code.loadFloat(single: current.pointee.type == .f32, to, from)
        } else {
            code.load(operandSize(current.pointee.type), to, from)
        }
        finish(value, to)
    }

    mutating func emitStore(_ current: UnsafePointer<Instruction>) {
        let value = current.pointee.opcode == .store ? current.pointee.b : current.pointee.c
        let type = instructions[Int(value)].type
        let size = operandSize(type)
        let state = values.base + Int(value)
        var to = address(current)
        if state.pointee.register.exists {
            if type.isFloat {
                code.storeFloat(single: type == .f32, to, state.pointee.register)
            } else {
                code.store(size, to, state.pointee.register)
            }
            return
        }
        if !state.pointee.flags.contains(.rematerialised) {
            // A value that lives in memory goes through xmm15, whose moves come in 4 and 8 bytes.
            if size == .quad || size == .double {
                code.loadFloat(single: size == .double, .xmm15, home(value))
                code.storeFloat(single: size == .double, to, .xmm15)
                return
            }
        } else {
            switch instructions[Int(value)].opcode {
            case .iconst, .fconst:
                let bits = instructions[Int(value)].immediate
                if size != .quad {
                    code.store(size, to, immediate: Int32(truncatingIfNeeded: bits))
                    return
                }
                if let short = Int32(exactly: bits) {
                    code.store(.quad, to, immediate: short)
                    return
                }
                code.loadFloat(single: false, .xmm15, constants.memory(quad: UInt64(bitPattern: bits)))
                code.storeFloat(single: false, to, .xmm15)
                return
            default: break
            }
            if !to.uses(.r11) {
                materialise(ValueID(rawValue: value), .r11)
                code.store(.quad, to, .r11)
                return
            }
        }
        let borrowed = borrow(avoiding: Operand(to), Operand(.r11))
        if state.pointee.flags.contains(.rematerialised) {
            materialise(ValueID(rawValue: value), borrowed)
        } else {
            code.load(size, borrowed, home(value))
        }
        if to.base == .rsp { to.displacement += 8 }
        code.store(size, to, borrowed)
        release(borrowed)
    }
}

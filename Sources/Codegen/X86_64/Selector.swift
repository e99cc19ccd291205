internal import MIR
internal import RuntimeABI
internal import Support

// Emission: walks the blocks in layout order and writes the machine code of each instruction. Every value's place is
// known, so this is a translation with many cases and no decisions that reach further than one instruction.
//
// Conventions: `destination` is the register in which a result is made (r11 or xmm15 if the value lives in memory);
// `finish` writes it home. `operand` may use r11 to form an address, so it is called at most once with a fused operand
// per instruction before r11 is used otherwise.

extension FunctionGenerator {
    mutating func emitFunction() {
        coldSites.removeAll()
        branchFixups.removeAll()
        code.alignWithTraps(16)
        functionStart = code.count
        emitPrologue()
        emitIncomingArguments()
        for i in 0..<layout.count {
            emissionIndex = i
            let block = Int(layout[i])
            if blockStates[block].isAligned { code.alignWithNops() }
            blockStates[block].codeOffset = Int32(truncatingIfNeeded: code.count)
            var value = blocks[block].first
            while value.exists {
                emit(value)
                value = instructions[value.index].next
            }
        }
        emitColdCode()
        for i in 0..<branchFixups.count {
            let fixup = branchFixups[i]
            code.patchJump(at: Int(fixup.offset), to: Int(blockStates[Int(fixup.target)].codeOffset))
        }
    }

    private mutating func emit(_ value: ValueID) {
        let state = values.base + value.index
        if state.pointee.flags.contains(.fused) { return }
        currentInstruction = value
        let current = instruction(value)
        let type = current.pointee.type
        if options.debugInfo { recordStatement(current) }
        switch current.pointee.opcode {
        case .blockParameter, .iconst, .fconst, .projection: return
        case .trapIf: emitTrapIf(current)
        case .checkBounds: emitCheckBounds(current)
        case .checkIndex: emitCheckIndex(value, current)
        case .store, .storeIndexed: emitStore(current)
        case .call, .callIndirect: emitCall(value, current)
        case .jump: emitJump(edges[Int(current.pointee.a)])
        case .branch: emitBranch(current)
        case .switchInt: emitSwitch(current)
        case .returnValues: emitReturn(current)
        case .unreachable: code.undefined()
        case .addS: emitBinary(value, .add, commutes: true, size: operandSize(type), trap: .o)
        case .addU: emitBinary(value, .add, commutes: true, size: operandSize(type), trap: .b)
        case .subtractS: emitBinary(value, .sub, commutes: false, size: operandSize(type), trap: .o)
        case .subtractU: emitBinary(value, .sub, commutes: false, size: operandSize(type), trap: .b)
        case .multiplyS: emitMultiplyChecked(value, signed: true)
        case .multiplyU: emitMultiplyChecked(value, signed: false)
        default:
            // Nothing else has an effect.
            if state.pointee.useCount == 0 || state.pointee.flags.contains(.rematerialised) { return }
            emitPure(value, current, type)
        }
    }

    private mutating func emitPure(_ value: ValueID, _ current: UnsafePointer<Instruction>, _ type: MIRType) {
        switch current.pointee.opcode {
        case .symbolAddress, .stackSlot:
            let to = destination(value)
            materialise(value, to)
            finish(value, to)
        case .add: emitAdd(value, current)
        case .subtract: emitSubtract(value, current)
        case .multiply: emitMultiply(value, current)
        case .and: emitBinary(value, .and, commutes: true, size: fullSize(type), trap: nil)
        case .or, .xor:
            if isFusedShift(current.pointee.a) {
                emitRotation(value, current)
            } else {
                emitBinary(
                    value, current.pointee.opcode == .or ? .or : .xor, commutes: true, size: fullSize(type), trap: nil)
            }
        case .divideS, .divideU, .remainderS, .remainderU: emitDivide(value, current)
        case .shiftLeft: emitShift(value, .shl, size: fullSize(type))
        case .shiftRightS: emitShift(value, .sar, size: operandSize(type))
        case .shiftRightU: emitShift(value, .shr, size: operandSize(type))
        case .countLeadingZeros, .countTrailingZeros, .populationCount: emitBitCount(value, current)
        case .icmp, .fcmp: emitCompareValue(value)
        case .fadd: emitFloat(value, .add, commutes: true)
        case .fmultiply: emitFloat(value, .mul, commutes: true)
        case .fsubtract: emitFloat(value, .sub, commutes: false)
        case .fdivide: emitFloat(value, .div, commutes: false)
        case .fnegate, .fabsolute, .fsqrt: emitFloatUnary(value, current)
        case .signExtend, .zeroExtend, .truncate, .copy, .bitcast, .intToFloat, .floatToInt, .floatExtend,
            .floatTruncate:
            emitConversion(value, current)
        case .select: emitSelect(value, current)
        case .load, .loadIndexed: emitLoad(value, current)
        default: preconditionFailure("instruction without a selection rule")
        }
    }

    // MARK: Sizes

    /// The width of a type.
    @inline(__always) func operandSize(_ type: MIRType) -> OperandSize {
        switch type.size {
        case 1: .byte
        case 2: .word
        case 4: .double
        default: .quad
        }
    }
    /// At least 32 bits: for operations whose low bits don't depend on the high ones.
    @inline(__always) func fullSize(_ type: MIRType) -> OperandSize { type.size == 8 ? .quad : .double }

    // MARK: Places

    /// The word of the frame in which a value lives.
    @inline(__always) func home(_ value: UInt32) -> Memory {
        Memory(.rbp, frame.displacement(ofSlot: values[Int(value)].slot))
    }

    /// Where a value lives; none for unused, fused and rematerialised ones.
    @inline(__always) func location(_ value: UInt32) -> Location {
        let state = values.base + Int(value)
        if state.pointee.register.exists { return Location(state.pointee.register) }
        if state.pointee.slot == 0 || !state.pointee.flags.contains(.allocated) { return .none }
        return Location(displacement: frame.displacement(ofSlot: state.pointee.slot))
    }

    /// The register in which to make a value: its own, or the scratch register of its class.
    @inline(__always) func destination(_ value: ValueID) -> Register {
        let state = values.base + value.index
        if state.pointee.register.exists { return state.pointee.register }
        return state.pointee.flags.contains(.isFloat) ? .xmm15 : .r11
    }

    /// Writes a value made in `register` to its home, if it has one in memory.
    @inline(__always) mutating func finish(_ value: ValueID, _ register: Register) {
        let state = values.base + value.index
        if state.pointee.register.exists || state.pointee.slot == 0 { return }
        store(register, home(value.rawValue))
    }

    /// Stores all 8 bytes of a register.
    @inline(__always) mutating func store(_ register: Register, _ memory: Memory) {
        if register.isFloat {
            code.storeFloat(single: false, memory, register)
        } else {
            code.store(.quad, memory, register)
        }
    }

    /// A value as source operand. May use r11 for the address of a fused load.
    mutating func operand(_ value: UInt32) -> Operand {
        let state = values.base + Int(value)
        if state.pointee.register.exists { return Operand(state.pointee.register) }
        if state.pointee.flags.isDisjoint(with: [.fused, .rematerialised]) { return Operand(home(value)) }
        let current = instructions + Int(value)
        switch current.pointee.opcode {
        case .iconst:
            if current.pointee.type.size < 8 { return Operand(immediate: Int32(truncatingIfNeeded: current.pointee.immediate)) }
            if let short = Int32(exactly: current.pointee.immediate) { return Operand(immediate: short) }
            return Operand(constants.memory(quad: UInt64(bitPattern: current.pointee.immediate)))
        case .fconst: return Operand(floatConstant(current))
        case .load, .loadIndexed: return Operand(address(current))
        default: preconditionFailure("value without a place")
        }
    }

    @inline(__always) mutating func floatConstant(_ current: UnsafePointer<Instruction>) -> Memory {
        current.pointee.type == .f32
            ? constants.memory(double: UInt32(truncatingIfNeeded: current.pointee.immediate))
            : constants.memory(quad: UInt64(bitPattern: current.pointee.immediate))
    }

    /// Puts a constant or address into a register. Leaves the flags alone if `keepFlags`.
    mutating func materialise(_ value: ValueID, _ to: Register, keepFlags: Bool = false) {
        let current = instruction(value)
        switch current.pointee.opcode {
        case .iconst:
            let bits = current.pointee.immediate
            code.moveImmediate(
                to, current.pointee.type.size == 8 ? bits : Int64(UInt32(truncatingIfNeeded: bits)), keepFlags: keepFlags)
        case .fconst:
            if current.pointee.immediate == 0 {
                code.xorFloat(to, Operand(to))
            } else {
                code.loadFloat(single: current.pointee.type == .f32, to, floatConstant(current))
            }
        case .symbolAddress:
            code.lea(to, Memory(symbol: current.pointee.a, Int32(truncatingIfNeeded: current.pointee.immediate)))
        case .stackSlot: code.lea(to, Memory(.rbp, values[value.index].area))
        default: preconditionFailure("not a constant")
        }
    }

    /// Copies an integer operand into a register.
    mutating func move(_ to: Register, _ from: Operand, _ size: OperandSize, keepFlags: Bool = false) {
        switch from.kind {
        case .register: if from.register != to { code.move(to, from.register, wide: size == .quad) }
        case .memory: code.load(size, to, from.memory)
        case .immediate:
            code.moveImmediate(
                to, size == .quad ? Int64(from.immediate) : Int64(UInt32(bitPattern: from.immediate)), keepFlags: keepFlags)
        }
    }

    /// Copies a float operand into a register.
    mutating func moveFloat(_ to: Register, _ from: Operand, single: Bool) {
        if from.kind == .register {
            if from.register != to { code.moveFloat(to, from.register) }
        } else {
            code.loadFloat(single: single, to, from.memory)
        }
    }

    /// A general register that none of the operands uses, saved on the stack; `release` restores it.
    mutating func borrow(avoiding a: Operand, _ b: Operand) -> Register {
        var register = Register.rax
        while a.uses(register) || b.uses(register) { register = Register(rawValue: register.rawValue + 1) }
        code.push(register)
        return register
    }
    mutating func release(_ register: Register) { code.pop(register) }

    // MARK: Addresses

    /// The memory operand of a load or store; may use r11.
    mutating func address(_ current: UnsafePointer<Instruction>) -> Memory {
        switch current.pointee.opcode {
        case .load, .store: address(base: current.pointee.a, displacement: current.pointee.immediate)
        case .loadIndexed:
            address(
                base: current.pointee.a, index: current.pointee.b, scale: Int64(current.pointee.c),
                displacement: current.pointee.immediate)
        default:
            address(
                base: current.pointee.a, index: current.pointee.b, scale: current.pointee.immediate >> 32,
                displacement: Int64(Int32(truncatingIfNeeded: current.pointee.immediate)))
        }
    }

    private mutating func address(base value: UInt32, displacement: Int64) -> Memory {
        var value = value
        var displacement = displacement
        let state = values.base + Int(value)
        let current = instructions + Int(value)
        if state.pointee.flags.contains(.fused) {
            displacement += instructions[Int(current.pointee.b)].immediate
            value = current.pointee.a
        } else if state.pointee.flags.contains(.rematerialised) {
            switch current.pointee.opcode {
            case .symbolAddress:
                if let sum = short(displacement, current.pointee.immediate) {
                    return Memory(symbol: current.pointee.a, sum)
                }
                materialise(ValueID(rawValue: value), .r11)
                return withDisplacement(.r11, displacement)
            case .stackSlot:
                if let sum = short(displacement, Int64(state.pointee.area)) { return Memory(.rbp, sum) }
            default: break
            }
            materialise(ValueID(rawValue: value), .r11)
            return withDisplacement(.r11, displacement)
        }
        let base = values[Int(value)].register
        if base.exists { return withDisplacement(base, displacement) }
        code.load(.quad, .r11, home(value))
        return withDisplacement(.r11, displacement)
    }

    /// The sum if a displacement can hold it.
    private func short(_ a: Int64, _ b: Int64) -> Int32? {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : Int32(exactly: sum)
    }

    private mutating func withDisplacement(_ base: Register, _ displacement: Int64) -> Memory {
        if let short = Int32(exactly: displacement) { return Memory(base, short) }
        if base != .r11 { code.move(.r11, base) }
        code.arithmetic(.add, .quad, .r11, Operand(constants.memory(quad: UInt64(bitPattern: displacement))))
        return Memory(.r11)
    }

    private mutating func address(base: UInt32, index: UInt32, scale: Int64, displacement: Int64) -> Memory {
        var index = index
        var displacement = displacement
        let indexState = values.base + Int(index)
        let indexInstruction = instructions + Int(index)
        if indexInstruction.pointee.opcode == .iconst {
            return address(base: base, displacement: displacement &+ indexInstruction.pointee.immediate &* scale)
        }
        if indexState.pointee.flags.contains(.fused) {
            displacement += instructions[Int(indexInstruction.pointee.b)].immediate * scale
            index = indexInstruction.pointee.a
        }
        let shift = UInt8(scale.trailingZeroBitCount & 3)
        let indexRegister = values[Int(index)].register
        var baseRegister = values[Int(base)].register
        if !baseRegister.exists, values[Int(base)].flags.contains(.rematerialised),
            instructions[Int(base)].opcode == .stackSlot,
            let sum = short(displacement, Int64(values[Int(base)].area))
        {
            baseRegister = .rbp
            displacement = Int64(sum)
        }
        if let offset = Int32(exactly: displacement), baseRegister.exists || indexRegister.exists {
            if baseRegister.exists && indexRegister.exists {
                return Memory(baseRegister, index: indexRegister, shift: shift, offset)
            }
            if baseRegister.exists {
                code.load(.quad, .r11, home(index))
                return Memory(baseRegister, index: .r11, shift: shift, offset)
            }
            if values[Int(base)].flags.contains(.rematerialised) {
                materialise(ValueID(rawValue: base), .r11)
            } else {
                code.load(.quad, .r11, home(base))
            }
            return Memory(.r11, index: indexRegister, shift: shift, offset)
        }
        // Everything in r11.
        if indexRegister.exists { code.move(.r11, indexRegister) } else { code.load(.quad, .r11, home(index)) }
        if shift > 0 { code.shift(.shl, .quad, .r11, by: shift) }
        if values[Int(base)].flags.contains(.rematerialised), instructions[Int(base)].opcode == .stackSlot {
            code.arithmetic(.add, .quad, .r11, Operand(.rbp))
            displacement &+= Int64(values[Int(base)].area)
        } else {
            code.arithmetic(.add, .quad, .r11, operand(base))
        }
        return withDisplacement(.r11, displacement)
    }
}

internal import MIR
internal import RuntimeABI
internal import Support

// Calls, returns, and what happens at the function's entry.

extension FunctionGenerator {
    /// Moves the arguments from where they arrive to where they live.
    mutating func emitIncomingArguments() {
        moves.begin()
        var assignment = ArgumentAssignment()
        if signatures[signature].returnsThroughPointer {
            if case .register(let register) = assignment.next(isFloat: false) {
                code.store(.quad, Memory(.rbp, frame.displacement(ofSlot: hiddenPointerSlot)), register)
            }
        }
        var parameter = blocks[0].firstParameter
        while parameter.exists {
            let to = location(parameter.rawValue)
            switch assignment.next(isFloat: instructions[parameter.index].type.isFloat) {
            case .register(let register): if to.exists { moves.add(to: to, from: Location(register)) }
            case .stack(let offset): if to.exists { moves.add(to: to, from: Location(displacement: 16 + offset)) }
            }
            parameter = instructions[parameter.index].next
        }
        executeMoves()
    }

    /// Notes that the instruction before this place is a call.
    mutating func recordCall(_ current: UnsafePointer<Instruction>) {
        callSites.append(
            CallSite(
                codeOffset: UInt32(truncatingIfNeeded: code.count), position: current.pointee.position,
                scope: current.pointee.scope))
    }

    /// Notes that the code from here on is that of `current`'s source position.
    mutating func recordStatement(_ current: UnsafePointer<Instruction>) {
        switch current.pointee.opcode {
        // No code of their own, or one without a place in the source.
        case .blockParameter, .iconst, .fconst, .projection, .jump: return
        default: break
        }
        let site = CallSite(
            codeOffset: UInt32(truncatingIfNeeded: code.count), position: current.pointee.position,
            scope: current.pointee.scope)
        let last = statementSites.count - 1
        if last >= 0 {
            let previous = statementSites[last]
            // The instruction before made no code.
            if previous.codeOffset == site.codeOffset {
                _ = statementSites.removeLast()
            } else if previous.position == site.position, previous.scope == site.scope,
                Int(previous.codeOffset) >= functionStart
            {
                return
            }
        }
        statementSites.append(site)
    }

    mutating func emitCall(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let position = values[value.index].start - 1
        let isIndirect = current.pointee.opcode == .callIndirect
        var traits: UInt8 = 0
        let callee: SignatureState
        if isIndirect {
            callee = signatures[Int(current.pointee.c)]
        } else {
            traits = symbolTraits[Int(current.pointee.a)]
            callee = signatures[Int(symbolSignatures[Int(current.pointee.a)])]
        }
        let returns = traits & SymbolTraits.noReturn == 0
        if returns { saveAcrossCall(position, restore: false) }
        emitArguments(current, callee, target: isIndirect ? current.pointee.a : nil)
        if isIndirect {
            code.call(.rax)
        } else if traits & SymbolTraits.runtime != 0 {
            code.callThroughSlot(symbol: current.pointee.a)
        } else {
            code.call(symbol: current.pointee.a)
        }
        recordCall(current)
        if returns {
            emitResults(value, callee)
            saveAcrossCall(position, restore: true)
        }
    }

    /// `true` iff the value must be saved around the call at `position`: it lives in a register that the call destroys,
    /// and is needed behind it.
    mutating func isSaved(_ value: Int, across position: UInt32) -> Bool {
        let state = values.base + value
        return state.pointee.flags.contains(.savedAcrossCalls) && state.pointee.start < position
            && state.pointee.end > position
            && (state.pointee.holeStart > position || state.pointee.holeEnd < position)
    }

    /// Stores (or loads again) the values that live in call-destroyed registers across the call at `position`.
    private mutating func saveAcrossCall(_ position: UInt32, restore: Bool) {
        for i in 0..<savedValues.count {
            let value = savedValues[i]
            guard isSaved(Int(value), across: position) else { continue }
            let state = values[Int(value)]
            let memory = home(value)
            if !restore {
                store(state.register, memory)
            } else if state.register.isFloat {
                code.loadFloat(single: false, state.register, memory)
            } else {
                code.load(.quad, state.register, memory)
            }
        }
    }

    private mutating func emitArguments(_ current: UnsafePointer<Instruction>, _ callee: SignatureState, target: UInt32?) {
        let arguments = list(current.pointee.b)
        var assignment = ArgumentAssignment()
        if callee.returnsThroughPointer { _ = assignment.next(isFloat: false) }
        // Stack arguments first: they only read.
        for argument in arguments {
            if case .stack(let offset) = assignment.next(isFloat: instructions[Int(argument)].type.isFloat) {
                emitStackArgument(argument, Memory(.rsp, offset))
            }
        }
        moves.begin()
        assignment = ArgumentAssignment()
        if callee.returnsThroughPointer { _ = assignment.next(isFloat: false) }
        for argument in arguments {
            let place = assignment.next(isFloat: instructions[Int(argument)].type.isFloat)
            if case .register(let register) = place, !values[Int(argument)].flags.contains(.rematerialised) {
                moves.add(to: Location(register), from: location(argument))
            }
        }
        if let target, !values[Int(target)].flags.contains(.rematerialised) {
            moves.add(to: Location(.rax), from: location(target))
        }
        executeMoves()
        assignment = ArgumentAssignment()
        if callee.returnsThroughPointer {
            if case .register(let register) = assignment.next(isFloat: false) {
                code.lea(register, Memory(.rbp, frame.resultArea))
            }
        }
        for argument in arguments {
            let place = assignment.next(isFloat: instructions[Int(argument)].type.isFloat)
            if case .register(let register) = place, values[Int(argument)].flags.contains(.rematerialised) {
                materialise(ValueID(rawValue: argument), register)
            }
        }
        if let target, values[Int(target)].flags.contains(.rematerialised) {
            materialise(ValueID(rawValue: target), .rax)
        }
    }

    private mutating func emitStackArgument(_ argument: UInt32, _ to: Memory) {
        let state = values[Int(argument)]
        if state.register.exists {
            store(state.register, to)
        } else if state.flags.contains(.rematerialised) {
            let current = instructions + Int(argument)
            if current.pointee.opcode == .iconst || current.pointee.opcode == .fconst,
                let short = Int32(exactly: current.pointee.immediate)
            {
                code.store(.quad, to, immediate: short)
                return
            }
            if current.pointee.opcode == .fconst {
                code.moveImmediate(.r11, current.pointee.immediate)
            } else {
                materialise(ValueID(rawValue: argument), .r11)
            }
            code.store(.quad, to, .r11)
        } else {
            code.load(.quad, .r11, home(argument))
            code.store(.quad, to, .r11)
        }
    }

    /// Moves the results of a call to where they live.
    private mutating func emitResults(_ value: ValueID, _ callee: SignatureState) {
        if callee.resultCount == 0 { return }
        moves.begin()
        addResult(value, 0, callee)
        var projection = instructions[value.index].next
        while projection.exists, instructions[projection.index].opcode == .projection {
            addResult(projection, Int(instructions[projection.index].immediate), callee)
            projection = instructions[projection.index].next
        }
        executeMoves()
    }

    private mutating func addResult(_ value: ValueID, _ index: Int, _ callee: SignatureState) {
        let to = location(value.rawValue)
        if !to.exists { return }
        if callee.returnsThroughPointer {
            moves.add(to: to, from: Location(displacement: frame.resultArea + Int32(truncatingIfNeeded: index) * 8))
        } else {
            moves.add(to: to, from: Location(resultRegisters[Int(callee.firstResult) + index]))
        }
    }

    mutating func emitReturn(_ current: UnsafePointer<Instruction>) {
        let results = list(current.pointee.b)
        let callee = signatures[signature]
        if callee.returnsThroughPointer {
            emitReturnThroughPointer(results)
        } else if results.count > 0 {
            moves.begin()
            for (i, result) in results.enumerated() where !values[Int(result)].flags.contains(.rematerialised) {
                moves.add(to: Location(resultRegisters[Int(callee.firstResult) + i]), from: location(result))
            }
            executeMoves()
            for (i, result) in results.enumerated() where values[Int(result)].flags.contains(.rematerialised) {
                materialise(ValueID(rawValue: result), resultRegisters[Int(callee.firstResult) + i])
            }
        }
        emitEpilogue()
    }

    private mutating func emitReturnThroughPointer(_ results: UnsafeBufferPointer<UInt32>) {
        code.load(.quad, .r11, Memory(.rbp, frame.displacement(ofSlot: hiddenPointerSlot)))
        // Addresses come last, when rax is free to make them in.
        for pass in 0..<2 {
            for (i, result) in results.enumerated() {
                let to = Memory(.r11, Int32(truncatingIfNeeded: i) * 8)
                let state = values[Int(result)]
                let isConstant = state.flags.contains(.rematerialised)
                if isConstant != (pass == 1) { continue }
                if isConstant {
                    if instructions[Int(result)].opcode == .fconst {
                        code.moveImmediate(.rax, instructions[Int(result)].immediate)
                    } else {
                        materialise(ValueID(rawValue: result), .rax)
                    }
                    code.store(.quad, to, .rax)
                } else if state.register.exists {
                    store(state.register, to)
                } else {
                    code.loadFloat(single: false, .xmm15, home(result))
                    code.storeFloat(single: false, to, .xmm15)
                }
            }
        }
    }
}

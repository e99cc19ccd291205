// Proves that a register allocation keeps the program's data flow, independently of how it was made (in the manner of
// regalloc2's checker): no interval, liveness or position is used here, only the MIR and the places of values.
//
// The state at a point says which value each place holds (or that it is unknown). An instruction that reads a value
// must find it in the value's place. Instructions that destroy registers make them unknown; results are put where they
// live. Edges run the moves that will be emitted. Where edges meet, what they disagree about is unknown. Blocks are
// processed until no state changes; then every read has been checked against the final states.
//
// Used in tests, in debug builds and under --paranoid.

internal import MIR
internal import RuntimeABI
internal import Support

/// Which value each place holds: registers 0–31, then spill slots (from 33; 32 is unused), then incoming arguments,
/// then the words of the result area.
private struct PlaceStates {
    /// `ValueID`s; 0: unknown.
    var values: [UInt32]
}

private struct Checker {
    let slotCount: Int
    let incomingCount: Int
    /// The state at the place being checked.
    var current = PlaceStates(values: [])

    func index(_ location: Location, _ generator: borrowing FunctionGenerator) -> Int {
        if location.isRegister { return Int(location.rawValue) }
        let displacement = location.displacement
        if displacement > 0 { return 33 + slotCount + Int(displacement - 16) / 8 }
        let slot = (-displacement - generator.frame.savedSize) / 8
        if slot >= 1 && slot <= Int32(slotCount) { return 32 + Int(slot) }
        // The area that callees write results to.
        return 33 + slotCount + incomingCount + Int(displacement - generator.frame.resultArea) / 8
    }
}

extension FunctionGenerator {
    /// Stops the compiler if a value would not be found where it is read.
    mutating func checkAllocation() {
        var checker = Checker(slotCount: slots.count, incomingCount: Int(blocks[0].parameterCount))
        let placeCount = 33 + slots.count + checker.incomingCount + Int(frame.resultAreaSize / 8)
        var entries = [[UInt32]?](repeating: nil, count: blockCount)
        checker.current.values = [UInt32](repeating: 0, count: placeCount)
        enterFunction(&checker)
        entries[0] = checker.current.values
        var work = [0]
        while let block = work.popLast() {
            checker.current.values = entries[block] ?? []
            var value = blocks[block].first
            while value.exists {
                check(value, &checker)
                value = instructions[value.index].next
            }
            let out = checker.current.values
            var edgeList: [Edge] = []
            forEachEdge(instruction(blocks[block].last)) { edgeList.append($0) }
            for edge in edgeList {
                checker.current.values = out
                run(edge, &checker)
                let target = edge.target.index
                guard let old = entries[target] else {
                    entries[target] = checker.current.values
                    work.append(target)
                    continue
                }
                var merged = old
                for i in merged.indices where merged[i] != checker.current.values[i] { merged[i] = 0 }
                if merged != old {
                    entries[target] = merged
                    work.append(target)
                }
            }
        }
    }

    private mutating func enterFunction(_ checker: inout Checker) {
        var assignment = ArgumentAssignment()
        if signatures[signature].returnsThroughPointer { _ = assignment.next(isFloat: false) }
        var parameter = blocks[0].firstParameter
        moves.begin()
        while parameter.exists {
            let from: Location
            switch assignment.next(isFloat: instructions[parameter.index].type.isFloat) {
            case .register(let register): from = Location(register)
            case .stack(let offset): from = Location(displacement: 16 + offset)
            }
            checker.current.values[checker.index(from, self)] = parameter.rawValue
            let to = location(parameter.rawValue)
            if to.exists { moves.add(to: to, from: from) }
            parameter = instructions[parameter.index].next
        }
        runMoves(&checker)
    }

    /// Executes the moves collected in `moves`, as they will be emitted.
    private mutating func runMoves(_ checker: inout Checker) {
        moves.resolve()
        for i in 0..<moves.steps.count {
            let step = moves.steps[i]
            checker.current.values[checker.index(step.to, self)] = checker.current.values[checker.index(step.from, self)]
        }
    }

    private mutating func run(_ edge: Edge, _ checker: inout Checker) {
        if edge.count == 0 { return }
        let before = checker.current.values
        prepareMoves(edge)
        runMoves(&checker)
        // Parameters get new names at once: those of all places that held their old values are void.
        var parameter = blocks[edge.target.index].firstParameter
        var isParameter: Set<UInt32> = []
        var places: [(Int, UInt32)] = []
        for argument in arguments(edge) {
            isParameter.insert(parameter.rawValue)
            let to = location(parameter.rawValue)
            if to.exists {
                let place = checker.index(to, self)
                if !values[Int(argument)].flags.contains(.rematerialised) {
                    precondition(
                        before[checker.index(location(argument), self)] == argument,
                        "allocation: an edge's argument is not in its place")
                    precondition(
                        checker.current.values[place] == argument, "allocation: an edge's argument did not reach its parameter")
                }
                places.append((place, parameter.rawValue))
            }
            parameter = instructions[parameter.index].next
        }
        for i in checker.current.values.indices where isParameter.contains(checker.current.values[i]) {
            checker.current.values[i] = 0
        }
        for (place, value) in places { checker.current.values[place] = value }
    }

    // MARK: Instructions

    private func read(_ value: UInt32, _ checker: borrowing Checker) {
        let state = values[Int(value)]
        if state.flags.contains(.rematerialised) { return }
        if state.flags.contains(.fused) {
            readOperands(instructions + Int(value), checker)
            return
        }
        let place = location(value)
        precondition(place.exists, "allocation: a value that is read has no place")
        precondition(
            checker.current.values[checker.index(place, self)] == value, "allocation: a value is not in its place")
    }

    private func readOperands(_ current: UnsafePointer<Instruction>, _ checker: borrowing Checker) {
        forEachRead(current) { read($0, checker) }
    }

    /// Calls `body` with each value that the instruction reads, edges' arguments apart.
    private func forEachRead(_ current: UnsafePointer<Instruction>, _ body: (UInt32) -> Void) {
        switch current.pointee.opcode {
        case .blockParameter, .iconst, .fconst, .symbolAddress, .stackSlot, .projection, .jump, .unreachable: break
        case .countLeadingZeros, .countTrailingZeros, .populationCount, .fnegate, .fabsolute, .fsqrt, .signExtend,
            .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast, .copy, .load,
            .trapIf, .branch, .switchInt:
            body(current.pointee.a)
        case .select, .storeIndexed:
            body(current.pointee.a)
            body(current.pointee.b)
            body(current.pointee.c)
        case .call, .returnValues: for value in list(current.pointee.b) { body(value) }
        case .callIndirect:
            body(current.pointee.a)
            for value in list(current.pointee.b) { body(value) }
        default:
            body(current.pointee.a)
            body(current.pointee.b)
        }
    }

    private mutating func check(_ value: ValueID, _ checker: inout Checker) {
        let state = values[value.index]
        let current = instruction(value)
        let opcode = current.pointee.opcode
        if state.flags.contains(.fused) || opcode == .projection { return }
        if state.flags.contains(.rematerialised) { return }
        let isPure: Bool
        switch opcode {
        case .addS, .addU, .subtractS, .subtractU, .multiplyS, .multiplyU, .checkIndex: isPure = false
        default: isPure = current.pointee.type != .none && opcode != .call && opcode != .callIndirect
        }
        if isPure && state.useCount == 0 { return }
        readOperands(current, checker)
        destroy(value, current, &checker)
        if opcode == .call || opcode == .callIndirect {
            checkCall(value, current, &checker)
            return
        }
        let place = location(value.rawValue)
        if place.exists {
            // The old value of this name, from the loop's last round, is gone everywhere.
            forget(value.rawValue, &checker)
            checker.current.values[checker.index(place, self)] = value.rawValue
        }
    }

    private func forget(_ value: UInt32, _ checker: inout Checker) {
        for i in checker.current.values.indices where checker.current.values[i] == value { checker.current.values[i] = 0 }
    }

    /// Makes the registers unknown that the instruction overwrites besides its result.
    private func destroy(_ value: ValueID, _ current: UnsafePointer<Instruction>, _ checker: inout Checker) {
        var destroyed: UInt32 = Register.r11.mask | Register.xmm15.mask
        switch current.pointee.opcode {
        case .divideS, .divideU, .remainderS, .remainderU:
            let divisor = instruction(current.pointee.valueB)
            let signed = current.pointee.opcode == .divideS || current.pointee.opcode == .remainderS
            if divisor.pointee.opcode != .iconst
                || !DivisionPlan.needsNoFixedRegisters(
                    divisor.pointee.immediate, bits: current.pointee.type.size * 8, signed: signed)
            {
                destroyed |= Register.rax.mask | Register.rdx.mask
            }
        case .multiplyU where current.pointee.type.size == 8: destroyed |= Register.rax.mask | Register.rdx.mask
        case .shiftLeft, .shiftRightS, .shiftRightU:
            if instructions[Int(current.pointee.b)].opcode != .iconst { destroyed |= Register.rcx.mask }
        default: break
        }
        for i in 0..<32 where destroyed & (1 << UInt32(i)) != 0 { checker.current.values[i] = 0 }
    }

    private mutating func checkCall(_ value: ValueID, _ current: UnsafePointer<Instruction>, _ checker: inout Checker) {
        let callee: SignatureState
        var returns = true
        if current.pointee.opcode == .call {
            callee = signatures[Int(symbolSignatures[Int(current.pointee.a)])]
            returns = symbolTraits[Int(current.pointee.a)] & SymbolTraits.noReturn == 0
        } else {
            callee = signatures[Int(current.pointee.c)]
        }
        let position = values[value.index].start - 1
        var saved: [(Register, Int, UInt32)] = []
        for i in 0..<savedValues.count {
            let candidate = Int(savedValues[i])
            guard isSaved(candidate, across: position) else { continue }
            let slot = checker.index(
                Location(displacement: frame.displacement(ofSlot: values[candidate].slot)), self)
            let register = values[candidate].register
            checker.current.values[slot] = checker.current.values[Int(register.rawValue)]
            saved.append((register, slot, checker.current.values[slot]))
        }
        for i in 0..<32 where RegisterSet.callClobbered & (1 << UInt32(i)) != 0 { checker.current.values[i] = 0 }
        if !returns { return }
        // Results come in their registers, or in the result area.
        var results: [(UInt32, Int)] = []
        if current.pointee.type != .none { results.append((value.rawValue, 0)) }
        var projection = current.pointee.next
        while projection.exists, instructions[projection.index].opcode == .projection {
            results.append((projection.rawValue, Int(instructions[projection.index].immediate)))
            projection = instructions[projection.index].next
        }
        moves.begin()
        for (result, number) in results {
            let from =
                callee.returnsThroughPointer
                ? Location(displacement: frame.resultArea + Int32(number) * 8)
                : Location(resultRegisters[Int(callee.firstResult) + number])
            forget(result, &checker)
            checker.current.values[checker.index(from, self)] = result
            let to = location(result)
            if to.exists { moves.add(to: to, from: from) }
        }
        runMoves(&checker)
        for (register, slot, content) in saved {
            precondition(checker.current.values[slot] == content, "allocation: a saved register was overwritten")
            checker.current.values[Int(register.rawValue)] = content
        }
        for (result, _) in results where location(result).exists {
            precondition(
                checker.current.values[checker.index(location(result), self)] == result,
                "allocation: a call's result did not reach its place")
        }
    }
}

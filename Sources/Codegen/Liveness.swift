internal import MIR
internal import RuntimeABI
internal import Support

// Numbers the instructions, decides which values are computed as part of the instruction that uses them, and finds
// the live interval of every other value: one range of positions without holes.
//
// Instruction k has the positions 2k (operands are read) and 2k + 1 (the result is written; "late" operands are read
// until then, so that they don't share a register with the result). A block's parameters are written at its start + 1.
//
// Since a definition comes before its uses in the linear order, the interval reaches from the definition to the last
// use, or to the end of the outermost loop that contains a use but not the definition: within such a loop the value is
// live everywhere. An interval may have one hole: a value that is defined in a loop and used behind it is not needed
// between its last use in the loop (or the last place from which the loop is left) and the loop's end. So the next
// round's value of a loop's parameter can be made in the parameter's own register, though the parameter is used
// behind the loop. That takes no data-flow iteration (cf. the loop-based liveness of TPDE, Schwarz et al. 2025).

extension FunctionGenerator {
    mutating func analyse() {
        number()
        let aliasClasses = AliasClass.allCases.count
        lastStore.reset(count: aliasClasses, to: 0)
        callPositions.removeAll()
        callFrequencies.removeAll()
        dividePositions.removeAll()
        shiftPositions.removeAll()
        frame.beginFunction()
        var callFrequency: Float = 0
        for i in 0..<order.count {
            let block = blockStates[Int(order[i])]
            var use = UseContext(
                position: block.start, blockStart: block.start, loop: block.loop, frequency: block.frequency)
            var value = blocks[Int(order[i])].firstParameter
            while value.exists {
                values[value.index].weight += block.frequency
                value = instructions[value.index].next
            }
            value = blocks[Int(order[i])].first
            while value.exists {
                use.position += 2
                analyse(value, use, &callFrequency)
                value = instructions[value.index].next
            }
        }
        callFrequencies.append(callFrequency)
    }

    /// Assigns positions and counts uses.
    private mutating func number() {
        values.reset(count: valueCount, to: ValueState())
        var position: UInt32 = 0
        for i in 0..<order.count {
            let block = Int(order[i])
            blockStates[block].start = position
            var value = blocks[block].firstParameter
            while value.exists {
                define(value, at: position + 1, blockStates[block].loop)
                value = instructions[value.index].next
            }
            value = blocks[block].first
            while value.exists {
                position += 2
                define(value, at: position + 1, blockStates[block].loop)
                countUses(of: instruction(value))
                value = instructions[value.index].next
            }
            blockStates[block].end = position + 1
            position += 2
        }
        for i in 0..<loops.count {
            loops[i].start = blockStates[Int(order[Int(loops[i].first)])].start
            loops[i].end = blockStates[Int(order[Int(loops[i].last)])].end
            loops[i].lastExitPosition = blockStates[Int(order[Int(loops[i].lastExit)])].end
        }
    }

    @inline(__always) private func define(_ value: ValueID, at position: UInt32, _ loop: Int32) {
        let state = values.base + value.index
        state.pointee.start = position
        state.pointee.end = position
        state.pointee.loop = loop
        let current = instruction(value)
        if current.pointee.type.isFloat { state.pointee.flags.insert(.isFloat) }
        switch current.pointee.opcode {
        case .iconst, .fconst, .symbolAddress, .stackSlot: state.pointee.flags.insert(.rematerialised)
        default: break
        }
    }

    @inline(__always) private func count(_ value: UInt32) { values[Int(value)].useCount += 1 }

    /// Counts a use that needs an address constant in a register.
    @inline(__always) private func countInRegister(_ value: UInt32) {
        values[Int(value)].useCount += 1
        switch instructions[Int(value)].opcode {
        case .symbolAddress, .stackSlot: values[Int(value)].flags.remove(.rematerialised)
        default: break
        }
    }

    private mutating func countUses(of current: UnsafePointer<Instruction>) {
        switch current.pointee.opcode {
        case .blockParameter, .iconst, .fconst, .symbolAddress, .stackSlot, .projection, .unreachable: break
        case .add, .subtract, .multiply, .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU, .divideS,
            .divideU, .remainderS, .remainderU, .and, .or, .xor, .shiftLeft, .shiftRightS, .shiftRightU, .icmp, .fadd,
            .fsubtract, .fmultiply, .fdivide, .fcmp, .checkIndex, .checkBounds:
            countInRegister(current.pointee.a)
            countInRegister(current.pointee.b)
        case .countLeadingZeros, .countTrailingZeros, .populationCount, .fnegate, .fabsolute, .fsqrt, .signExtend,
            .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast, .copy, .trapIf:
            countInRegister(current.pointee.a)
        case .select:
            countInRegister(current.pointee.a)
            countInRegister(current.pointee.b)
            countInRegister(current.pointee.c)
        case .load: count(current.pointee.a)
        case .loadIndexed:
            countBase(current.pointee.a)
            countInRegister(current.pointee.b)
        case .store:
            count(current.pointee.a)
            count(current.pointee.b)
        case .storeIndexed:
            countBase(current.pointee.a)
            countInRegister(current.pointee.b)
            count(current.pointee.c)
        case .call, .returnValues: for argument in list(current.pointee.b) { count(argument) }
        case .callIndirect:
            countInRegister(current.pointee.a)
            for argument in list(current.pointee.b) { count(argument) }
        case .jump: countArguments(current.pointee.a)
        case .branch:
            countInRegister(current.pointee.a)
            countArguments(current.pointee.b)
            countArguments(current.pointee.c)
        case .switchInt:
            countInRegister(current.pointee.a)
            forEachEdge(current) { edge in for argument in arguments(edge) { count(argument) } }
        }
    }

    /// rip-relative addresses take no index; frame addresses do.
    @inline(__always) private func countBase(_ value: UInt32) {
        if instructions[Int(value)].opcode == .stackSlot { count(value) } else { countInRegister(value) }
    }

    @inline(__always) private func countArguments(_ edge: UInt32) {
        for argument in arguments(edges[Int(edge)]) { count(argument) }
    }

    // MARK: Uses

    /// Where a use stands.
    private struct UseContext {
        var position: UInt32
        var blockStart: UInt32
        var loop: Int32
        var frequency: Float
        /// The same, but read until the result is written.
        var late: UseContext {
            var copy = self
            copy.position += 1
            return copy
        }
    }

    @inline(__always) private mutating func use(_ value: UInt32, _ context: UseContext) {
        let state = values.base + Int(value)
        let flags = state.pointee.flags
        if flags.contains(.rematerialised) { return }
        if flags.contains(.fused) {
            useParts(value, context)
            return
        }
        var end = context.position
        var loop = context.loop
        while loop >= 0 && loops[Int(loop)].start > state.pointee.start {
            end = loops[Int(loop)].end
            loop = loops[Int(loop)].parent
        }
        if end > state.pointee.end { state.pointee.end = end }
        let definedIn = state.pointee.loop
        if definedIn >= 0, context.position <= loops[Int(definedIn)].end, end > state.pointee.loopEnd {
            state.pointee.loopEnd = end
        }
        state.pointee.weight += context.frequency
    }

    /// Uses the operands of a fused value.
    private mutating func useParts(_ value: UInt32, _ context: UseContext) {
        let current = instruction(ValueID(rawValue: value))
        switch current.pointee.opcode {
        case .load, .add, .shiftLeft, .shiftRightU: use(current.pointee.a, context)
        default:
            use(current.pointee.a, context)
            use(current.pointee.b, context)
        }
    }

    /// Uses the two operands of an instruction that overwrites its first; `commutes`: or its second.
    @inline(__always) private mutating func useBoth(
        _ current: UnsafePointer<Instruction>, _ context: UseContext, commutes: Bool, foldsLoads: Bool
    ) {
        if foldsLoads, fuseLoad(current.pointee.b, context) {
            use(current.pointee.a, context)
            use(current.pointee.b, context.late)
        } else if commutes {
            if foldsLoads && current.pointee.a != current.pointee.b && fuseLoad(current.pointee.a, context) {
                use(current.pointee.b, context)
                use(current.pointee.a, context.late)
            } else {
                use(current.pointee.a, context)
                use(current.pointee.b, context)
            }
        } else {
            use(current.pointee.a, context)
            use(current.pointee.b, context.late)
        }
    }

    /// Uses the operand of an instruction that can read memory.
    @inline(__always) private mutating func useOne(_ value: UInt32, _ context: UseContext, foldsLoads: Bool) {
        if foldsLoads { _ = fuseLoad(value, context) }
        use(value, context)
    }

    // MARK: Fusion

    /// Makes a load part of the instruction that uses it, if that is the only one, stands in the same block, and nothing
    /// in between may write what it reads.
    private mutating func fuseLoad(_ value: UInt32, _ context: UseContext) -> Bool {
        let state = values.base + Int(value)
        let current = instruction(ValueID(rawValue: value))
        let opcode = current.pointee.opcode
        guard opcode == .load || opcode == .loadIndexed, state.pointee.useCount == 1,
            state.pointee.start > context.blockStart, !isStale(current, state.pointee.start)
        else { return false }
        state.pointee.flags.insert(.fused)
        return true
    }

    /// `true` iff a store behind the load at `position` may have written what it reads.
    private mutating func isStale(_ load: UnsafePointer<Instruction>, _ position: UInt32) -> Bool {
        let alias = Int(load.pointee.aux)
        if alias == Int(AliasClass.immutable.rawValue) { return false }
        if alias == Int(AliasClass.any.rawValue) {
            for i in 0..<lastStore.count where lastStore[i] > position { return true }
            return false
        }
        return lastStore[alias] > position || lastStore[Int(AliasClass.any.rawValue)] > position
    }

    private mutating func noteStore(_ alias: UInt8, _ position: UInt32) { lastStore[Int(alias)] = position }

    /// Makes a comparison part of the branch, select or trap that uses it, so that no 0 or 1 is made.
    private mutating func fuseCompare(_ value: UInt32, _ context: UseContext) {
        let state = values.base + Int(value)
        let current = instruction(ValueID(rawValue: value))
        let opcode = current.pointee.opcode
        guard opcode == .icmp || opcode == .fcmp, state.pointee.useCount == 1, state.pointee.start > context.blockStart,
            !hasStaleLoad(current.pointee.a), !hasStaleLoad(current.pointee.b)
        else { return }
        state.pointee.flags.insert(.fused)
    }

    private mutating func hasStaleLoad(_ value: UInt32) -> Bool {
        guard values[Int(value)].flags.contains(.fused) else { return false }
        return isStale(instruction(ValueID(rawValue: value)), values[Int(value)].start)
    }

    /// Makes the addition of a constant part of the address that uses it. `scale`: what the sum is multiplied by.
    private mutating func fuseAddress(_ value: UInt32, displacement: Int64, scale: Int64, _ context: UseContext) {
        let state = values.base + Int(value)
        let current = instruction(ValueID(rawValue: value))
        guard current.pointee.opcode == .add, state.pointee.useCount == 1, state.pointee.start > context.blockStart,
            current.pointee.type.size == 8
        else { return }
        let constant = instruction(current.pointee.valueB)
        guard constant.pointee.opcode == .iconst,
            !values[Int(current.pointee.a)].flags.contains(.rematerialised),
            !values[Int(current.pointee.a)].flags.contains(.fused)
        else { return }
        let (product, tooLarge) = constant.pointee.immediate.multipliedReportingOverflow(by: scale)
        let (sum, tooLargeSum) = product.addingReportingOverflow(displacement)
        guard !tooLarge, !tooLargeSum, Int32(exactly: sum) != nil else { return }
        state.pointee.flags.insert(.fused)
    }

    /// Makes the shifts of `x << c | x >> (width - c)` part of a rotation.
    private mutating func fuseRotation(_ current: UnsafePointer<Instruction>, _ context: UseContext) -> Bool {
        let left = instruction(current.pointee.valueA)
        let right = instruction(current.pointee.valueB)
        guard
            (left.pointee.opcode == .shiftLeft && right.pointee.opcode == .shiftRightU)
                || (left.pointee.opcode == .shiftRightU && right.pointee.opcode == .shiftLeft),
            left.pointee.a == right.pointee.a
        else { return false }
        let leftCount = instruction(left.pointee.valueB)
        let rightCount = instruction(right.pointee.valueB)
        guard leftCount.pointee.opcode == .iconst, rightCount.pointee.opcode == .iconst,
            leftCount.pointee.immediate > 0, rightCount.pointee.immediate > 0,
            leftCount.pointee.immediate + rightCount.pointee.immediate == Int64(current.pointee.type.size * 8)
        else { return false }
        for operand in [current.pointee.a, current.pointee.b] {
            let state = values[Int(operand)]
            guard state.useCount == 1, state.start > context.blockStart, !state.flags.contains(.fused) else { return false }
        }
        let x = values[Int(left.pointee.a)]
        guard !x.flags.contains(.rematerialised), !x.flags.contains(.fused) else { return false }
        values[Int(current.pointee.a)].flags.insert(.fused)
        values[Int(current.pointee.b)].flags.insert(.fused)
        return true
    }

    // MARK: Instructions

    private mutating func analyse(_ value: ValueID, _ here: UseContext, _ callFrequency: inout Float) {
        let current = instruction(value)
        values[value.index].weight += here.frequency
        let size = current.pointee.type.size
        switch current.pointee.opcode {
        case .blockParameter, .iconst, .fconst, .symbolAddress, .projection, .unreachable: break
        case .stackSlot:
            frame.addArea(value, size: current.pointee.immediate, alignment: Int64(current.pointee.b))
        case .add, .or, .xor:
            if fuseRotation(current, here) {
                use(current.pointee.a, here)
            } else {
                useBoth(current, here, commutes: true, foldsLoads: size >= 4)
            }
        case .and, .multiply:
            useBoth(current, here, commutes: true, foldsLoads: size >= 4)
        case .addS, .addU: useBoth(current, here, commutes: true, foldsLoads: true)
        case .multiplyS:
            if size == 1 {
                use(current.pointee.a, here.late)
                use(current.pointee.b, here.late)
            } else {
                useBoth(current, here, commutes: true, foldsLoads: true)
            }
        case .multiplyU:
            if size == 8 {
                use(current.pointee.a, here)
                use(current.pointee.b, here)
                dividePositions.append(here.position)
            } else {
                use(current.pointee.a, here.late)
                use(current.pointee.b, here.late)
            }
        case .subtract: useBoth(current, here, commutes: false, foldsLoads: size >= 4)
        case .subtractS, .subtractU: useBoth(current, here, commutes: false, foldsLoads: true)
        case .divideS, .divideU, .remainderS, .remainderU:
            let divisor = instruction(current.pointee.valueB)
            if divisor.pointee.opcode == .iconst,
                DivisionPlan.needsNoFixedRegisters(divisor.pointee.immediate, bits: size * 8,
                    signed: current.pointee.opcode == .divideS || current.pointee.opcode == .remainderS)
            {
                use(current.pointee.a, here)
            } else {
                use(current.pointee.a, here)
                use(current.pointee.b, here)
                dividePositions.append(here.position)
                hintRegister(value, current.pointee.opcode == .divideS || current.pointee.opcode == .divideU ? .rax : .rdx)
            }
        case .shiftLeft, .shiftRightS, .shiftRightU:
            use(current.pointee.a, here)
            if instructions[Int(current.pointee.b)].opcode != .iconst {
                use(current.pointee.b, here)
                shiftPositions.append(here.position)
                if values[Int(current.pointee.b)].end <= here.position {
                    hintRegister(current.pointee.valueB, .rcx)
                }
            }
        case .icmp:
            if !fuseLoad(current.pointee.b, here) { _ = fuseLoad(current.pointee.a, here) }
            use(current.pointee.a, here)
            use(current.pointee.b, here)
        case .fcmp:
            let reads =
                current.pointee.condition == FloatCondition.less.rawValue
                    || current.pointee.condition == FloatCondition.lessEqual.rawValue ? current.pointee.a : current.pointee.b
            _ = fuseLoad(reads, here)
            use(current.pointee.a, here)
            use(current.pointee.b, here)
        case .fadd, .fmultiply: useBoth(current, here, commutes: true, foldsLoads: true)
        case .fsubtract, .fdivide: useBoth(current, here, commutes: false, foldsLoads: true)
        case .countLeadingZeros, .countTrailingZeros, .populationCount, .fnegate, .fabsolute, .truncate, .bitcast, .copy:
            use(current.pointee.a, here)
        case .fsqrt, .signExtend, .zeroExtend, .floatExtend, .floatTruncate, .intToFloat, .floatToInt:
            useOne(current.pointee.a, here, foldsLoads: true)
        case .select:
            fuseCompare(current.pointee.a, here)
            use(current.pointee.a, here)
            use(current.pointee.b, here)
            use(current.pointee.c, here)
        case .load:
            fuseAddress(current.pointee.a, displacement: current.pointee.immediate, scale: 1, here)
            use(current.pointee.a, here)
        case .loadIndexed:
            fuseAddress(
                current.pointee.b, displacement: current.pointee.immediate, scale: Int64(current.pointee.c), here)
            use(current.pointee.a, here)
            use(current.pointee.b, here)
        case .store:
            fuseAddress(current.pointee.a, displacement: current.pointee.immediate, scale: 1, here)
            use(current.pointee.a, here)
            use(current.pointee.b, here)
            noteStore(current.pointee.aux, here.position)
        case .storeIndexed:
            fuseAddress(
                current.pointee.b, displacement: Int64(Int32(truncatingIfNeeded: current.pointee.immediate)),
                scale: current.pointee.immediate >> 32, here)
            use(current.pointee.a, here)
            use(current.pointee.b, here)
            use(current.pointee.c, here)
            noteStore(current.pointee.aux, here.position)
        case .checkIndex:
            _ = fuseLoad(current.pointee.b, here)
            use(current.pointee.a, here)
            use(current.pointee.b, here.late)
            suggest(value, current.pointee.a)
        case .checkBounds:
            _ = fuseLoad(current.pointee.b, here)
            use(current.pointee.a, here)
            use(current.pointee.b, here)
        case .trapIf:
            fuseCompare(current.pointee.a, here)
            use(current.pointee.a, here)
        case .call, .callIndirect: analyseCall(value, here, &callFrequency)
        case .jump: useArguments(edges[Int(current.pointee.a)], here)
        case .branch:
            fuseCompare(current.pointee.a, here)
            use(current.pointee.a, here)
            useArguments(edges[Int(current.pointee.b)], here)
            useArguments(edges[Int(current.pointee.c)], here)
        case .switchInt:
            use(current.pointee.a, here)
            let cases = list(current.pointee.b)
            var i = 2
            while i < cases.count {
                useArguments(edges[Int(cases[i])], here)
                i += 3
            }
            useArguments(edges[Int(current.pointee.c)], here)
        case .returnValues:
            var assignment = ArgumentAssignment()
            let hidden = signatures[signature].returnsThroughPointer
            for argument in list(current.pointee.b) {
                use(argument, here)
                let register = assignment.nextResult(isFloat: instructions[Int(argument)].type.isFloat)
                if !hidden { hintRegister(ValueID(rawValue: argument), register) }
            }
        }
    }

    private mutating func analyseCall(_ value: ValueID, _ here: UseContext, _ callFrequency: inout Float) {
        let current = instruction(value)
        var assignment = ArgumentAssignment()
        let callee: SignatureState
        var noReturn = false
        if current.pointee.opcode == .call {
            let symbol = Int(current.pointee.a)
            callee = signatures[Int(symbolSignatures[symbol])]
            noReturn = symbolTraits[symbol] & SymbolTraits.noReturn != 0
        } else {
            callee = signatures[Int(current.pointee.c)]
            use(current.pointee.a, here)
            hintRegister(current.pointee.valueA, .rax)
        }
        if callee.returnsThroughPointer {
            _ = assignment.next(isFloat: false)
            frame.needResultArea(Int64(callee.resultCount) * 8)
        }
        for argument in list(current.pointee.b) {
            let place = assignment.next(isFloat: instructions[Int(argument)].type.isFloat)
            use(argument, here)
            if case .register(let register) = place { hintRegister(ValueID(rawValue: argument), register) }
        }
        frame.needOutgoing(assignment.stackSize)
        frame.hasCalls = true
        if !noReturn {
            callPositions.append(here.position)
            callFrequencies.append(callFrequency)
            callFrequency += here.frequency
            noteStore(AliasClass.any.rawValue, here.position)
        }
        if !callee.returnsThroughPointer && current.pointee.type != .none {
            hintRegister(value, current.pointee.type.isFloat ? .xmm0 : .rax)
        }
    }

    /// The arguments of an edge and the parameters they become should share registers.
    private mutating func useArguments(_ edge: Edge, _ here: UseContext) {
        if edge.count == 0 { return }
        var parameter = blocks[edge.target.index].firstParameter
        for argument in arguments(edge) {
            use(argument, here)
            suggest(parameter, argument)
            // A parameter already placed (of a loop's header) decides where its next value goes.
            values[Int(argument)].hint = parameter.rawValue
            values[parameter.index].weight += here.frequency
            parameter = instructions[parameter.index].next
        }
    }

    @inline(__always) private func suggest(_ value: ValueID, _ other: UInt32) {
        if values[value.index].hint == 0 { values[value.index].hint = other }
    }

    @inline(__always) private func hintRegister(_ value: ValueID, _ register: Register) {
        if !values[value.index].hintRegister.exists { values[value.index].hintRegister = register }
    }
}

internal import MIR
internal import RuntimeABI
internal import Support

// Linear scan over whole intervals (Poletto and Sarkar 1999) in the order of definitions, which is the linear order.
// A value gets one place for all its life: a register, or a word of the frame. When registers run out, the value with
// the fewest expected reads per length of interval goes to memory, even if it was given a register before: nothing has
// been emitted yet.
//
// Calls and the instructions with fixed registers exclude registers for the intervals that cross them. A value that
// crosses only calls that run rarely compared with its uses may still live in a register that calls destroy: it is
// saved and restored around them. Calls that never return don't count.

/// Working memory of `allocateRegisters`.
struct AllocatorState: ~Copyable {
    /// Last position at which each register is taken.
    var takenUntil = ScratchArray<UInt32>(capacity: 32)
    /// The value that took it.
    var taker = ScratchArray<UInt32>(capacity: 32)
    /// The value in whose hole `taker` lies; 0: none.
    var owner = ScratchArray<UInt32>(capacity: 32)
    /// Indices of the first position behind the current one in the lists of clobbers.
    var nextCall = 0
    var nextDivide = 0
    var nextShift = 0
    var slotCursor = 0
}

/// A spill slot: the last position at which it is taken.
struct SlotState: BitwiseCopyable {
    var takenUntil: UInt32
}

extension FunctionGenerator {
    mutating func allocateRegisters() {
        allocator.takenUntil.reset(count: 32, to: 0)
        allocator.taker.reset(count: 32, to: 0)
        allocator.owner.reset(count: 32, to: 0)
        allocator.nextCall = 0
        allocator.nextDivide = 0
        allocator.nextShift = 0
        allocator.slotCursor = 0
        slots.removeAll()
        savedValues.removeAll()
        usedRegisters = 0
        hintIncomingArguments()
        for i in 0..<order.count {
            let block = blocks[Int(order[i])]
            var value = block.firstParameter
            while value.exists {
                if values[value.index].useCount != 0 { allocate(value) }
                value = instructions[value.index].next
            }
            value = block.first
            while value.exists {
                let state = values.base + value.index
                if state.pointee.useCount != 0 {
                    if state.pointee.flags.isDisjoint(with: [.fused, .rematerialised]) { allocate(value) }
                } else if instructions[value.index].opcode == .checkIndex {
                    // Its slow path needs a place for the index even if nobody else does.
                    allocate(value)
                }
                value = instructions[value.index].next
            }
        }
        if signatures[signature].returnsThroughPointer { hiddenPointerSlot = newSlot(until: .max) }
    }

    /// Parameters of the function would like to stay where they arrive.
    private mutating func hintIncomingArguments() {
        var assignment = ArgumentAssignment()
        if signatures[signature].returnsThroughPointer { _ = assignment.next(isFloat: false) }
        var value = blocks[0].firstParameter
        while value.exists {
            switch assignment.next(isFloat: instructions[value.index].type.isFloat) {
            case .register(let register): values[value.index].hintRegister = register
            case .stack(let offset): values[value.index].slot = -1 - offset / 8
            }
            value = instructions[value.index].next
        }
    }

    // MARK: One value

    private mutating func allocate(_ value: ValueID) {
        let state = values.base + value.index
        let start = state.pointee.start
        let end = state.pointee.end
        state.pointee.flags.insert(.allocated)
        findHole(state)
        while allocator.nextCall < callPositions.count, callPositions[allocator.nextCall] <= start { allocator.nextCall += 1 }
        while allocator.nextDivide < dividePositions.count, dividePositions[allocator.nextDivide] <= start {
            allocator.nextDivide += 1
        }
        while allocator.nextShift < shiftPositions.count, shiftPositions[allocator.nextShift] <= start {
            allocator.nextShift += 1
        }
        var allowed: UInt32
        if state.pointee.flags.contains(.isFloat) {
            allowed = RegisterSet.allocatableFloat
        } else {
            allowed = RegisterSet.allocatableGeneral
            if allocator.nextDivide < dividePositions.count, dividePositions[allocator.nextDivide] < end {
                allowed &= ~(Register.rax.mask | Register.rdx.mask)
            }
            if allocator.nextShift < shiftPositions.count, shiftPositions[allocator.nextShift] < end {
                allowed &= ~Register.rcx.mask
            }
        }
        var free: UInt32 = 0
        var candidates = allowed
        while candidates != 0 {
            let register = candidates.trailingZeroBitCount
            if isFree(register, start, end) { free |= 1 << UInt32(register) }
            candidates &= candidates - 1
        }
        let crossesCall = allocator.nextCall < callPositions.count && callPositions[allocator.nextCall] < end
        if !crossesCall {
            if free != 0 { take(choose(value, free), for: value) } else { evict(from: allowed, for: value) }
            return
        }
        let kept = free & RegisterSet.calleeSaved
        if kept != 0 {
            take(choose(value, kept), for: value)
            return
        }
        // Saving costs a store and a load at each call that the interval crosses.
        if free != 0 {
            var low = allocator.nextCall
            var high = callPositions.count
            while low < high {
                let middle = (low + high) / 2
                if callPositions[middle] < end { low = middle + 1 } else { high = middle }
            }
            let saving = 2 * (callFrequencies[low] - callFrequencies[allocator.nextCall])
            if saving < state.pointee.weight {
                take(choose(value, free), for: value)
                state.pointee.flags.insert(.savedAcrossCalls)
                savedValues.append(value.rawValue)
                if state.pointee.slot == 0 { assignSlot(value) }
                return
            }
        }
        evict(from: allowed & RegisterSet.calleeSaved, for: value)
    }

    /// See `ValueState.holeStart`.
    @inline(__always) private func findHole(_ state: UnsafeMutablePointer<ValueState>) {
        guard state.pointee.loop >= 0 else { return }
        let loop = loops.base + Int(state.pointee.loop)
        guard state.pointee.end > loop.pointee.end else { return }
        let start = max(state.pointee.loopEnd, loop.pointee.lastExitPosition, state.pointee.start)
        if start < loop.pointee.end {
            state.pointee.holeStart = start
            state.pointee.holeEnd = loop.pointee.end
        }
    }

    /// `true` iff a value that lives from `start` to `end` can have the register.
    @inline(__always) private func isFree(_ register: Int, _ start: UInt32, _ end: UInt32) -> Bool {
        if allocator.owner[register] == 0 {
            if allocator.takenUntil[register] < start { return true }
            let taker = values.base + Int(allocator.taker[register])
            return taker.pointee.holeStart < start && end <= taker.pointee.holeEnd
        }
        if allocator.takenUntil[register] >= start { return false }
        // Whoever lay in the owner's hole has gone.
        let owner = values.base + Int(allocator.owner[register])
        if start <= owner.pointee.holeEnd { return end <= owner.pointee.holeEnd }
        allocator.taker[register] = allocator.owner[register]
        allocator.takenUntil[register] = owner.pointee.end
        allocator.owner[register] = 0
        return owner.pointee.end < start
    }

    /// Picks one of `free`, with a wish fulfilled if possible.
    private mutating func choose(_ value: ValueID, _ free: UInt32) -> Register {
        let state = values.base + value.index
        if state.pointee.hint != 0 {
            let other = values.base + Int(state.pointee.hint)
            let wish = other.pointee.register.exists ? other.pointee.register : other.pointee.hintRegister
            if wish.exists && free & wish.mask != 0 { return wish }
        }
        if state.pointee.hintRegister.exists && free & state.pointee.hintRegister.mask != 0 {
            return state.pointee.hintRegister
        }
        // The place of an operand that is read here for the last time.
        let current = instruction(value)
        switch current.pointee.opcode {
        case .blockParameter, .call, .callIndirect, .projection, .load, .loadIndexed: break
        case .select:
            if let register = dying(current.pointee.c, state.pointee.start, free) { return register }
            if let register = dying(current.pointee.b, state.pointee.start, free) { return register }
        default:
            if let register = dying(current.pointee.a, state.pointee.start, free) { return register }
            if current.pointee.b != 0, let register = dying(current.pointee.b, state.pointee.start, free) {
                return register
            }
        }
        // Registers that calls destroy come first; then those already saved; then the rest.
        var pool = free & ~RegisterSet.calleeSaved
        if pool == 0 { pool = free & usedRegisters }
        if pool == 0 { pool = free }
        return Register(rawValue: UInt8(pool.trailingZeroBitCount))
    }

    @inline(__always) private func dying(_ operand: UInt32, _ start: UInt32, _ free: UInt32) -> Register? {
        guard Int(operand) < valueCount else { return nil }
        let register = values[Int(operand)].register
        guard register.exists, free & register.mask != 0, allocator.taker[Int(register.rawValue)] == operand else {
            return nil
        }
        return register
    }

    @inline(__always) private mutating func take(_ register: Register, for value: ValueID) {
        let state = values.base + value.index
        state.pointee.register = register
        if allocator.takenUntil[Int(register.rawValue)] >= state.pointee.start {
            // Not free: only the hole of its taker is.
            allocator.owner[Int(register.rawValue)] = allocator.taker[Int(register.rawValue)]
        }
        allocator.takenUntil[Int(register.rawValue)] = state.pointee.end
        allocator.taker[Int(register.rawValue)] = value.rawValue
        usedRegisters |= register.mask
        // A parameter placed later, and its other arguments, would like the same.
        if state.pointee.hint != 0 {
            let other = values.base + Int(state.pointee.hint)
            if !other.pointee.register.exists && !other.pointee.hintRegister.exists {
                other.pointee.hintRegister = register
            }
        }
    }

    /// How much a place in a register is worth to a value.
    @inline(__always) private func worth(_ state: UnsafeMutablePointer<ValueState>) -> Float {
        state.pointee.weight / Float(state.pointee.end - state.pointee.start + 16)
    }

    /// Takes a register from the value to which it is worth least, or puts `value` itself into memory.
    private mutating func evict(from allowed: UInt32, for value: ValueID) {
        let state = values.base + value.index
        var least = worth(state)
        var victim: Int?
        var candidates = allowed
        while candidates != 0 {
            let register = candidates.trailingZeroBitCount
            candidates &= candidates - 1
            let owner = allocator.owner[register]
            if owner != 0 && values[Int(owner)].holeEnd < state.pointee.end { continue }
            let other = worth(values.base + Int(allocator.taker[register]))
            if other < least {
                least = other
                victim = register
            }
        }
        guard let victim else {
            if state.pointee.slot == 0 { assignSlot(value) }
            return
        }
        let loser = ValueID(rawValue: allocator.taker[victim])
        values[loser.index].register = .none
        values[loser.index].flags.remove(.savedAcrossCalls)
        if values[loser.index].slot == 0 { assignSlot(loser) }
        allocator.takenUntil[victim] = 0
        take(Register(rawValue: UInt8(victim)), for: value)
    }

    // MARK: Spill slots

    /// Gives `value` a word of the frame, if possible that of the value it is copied from or to.
    private mutating func assignSlot(_ value: ValueID) {
        let state = values.base + value.index
        if state.pointee.hint != 0 {
            let slot = values[Int(state.pointee.hint)].slot
            if slot > 0 && slots[Int(slot) - 1].takenUntil < state.pointee.start {
                reuse(Int(slot) - 1, state)
                return
            }
        }
        // A few tries are enough to keep frames small, and keep this O(1).
        for _ in 0..<min(8, slots.count) {
            allocator.slotCursor = allocator.slotCursor + 1 < slots.count ? allocator.slotCursor + 1 : 0
            if slots[allocator.slotCursor].takenUntil < state.pointee.start {
                reuse(allocator.slotCursor, state)
                return
            }
        }
        state.pointee.slot = newSlot(until: state.pointee.end)
    }

    private mutating func reuse(_ slot: Int, _ state: UnsafeMutablePointer<ValueState>) {
        slots[slot].takenUntil = state.pointee.end
        state.pointee.slot = Int32(slot + 1)
    }

    private mutating func newSlot(until end: UInt32) -> Int32 {
        slots.append(SlotState(takenUntil: end))
        return Int32(slots.count)
    }
}

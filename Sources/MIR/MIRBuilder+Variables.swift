// Variables of the builder: definitions per block, and parameters where definitions meet.

internal import Support

extension MIRBuilder {
    /// Adds a variable.
    package mutating func declareVariable(type: MIRType) -> VariableID {
        variableTypes.append(type)
        return VariableID(variableTypes.count - 1)
    }
    /// The type that a variable was declared with.
    package func type(of variable: VariableID) -> MIRType { variableTypes[variable.index] }

    /// Makes `value` the variable's value from here on.
    package mutating func write(_ variable: VariableID, _ value: ValueID) {
        // Dead code behind a terminator must not change what the successors see.
        if states[currentBlock.index].isTerminated { startUnreachableBlock() }
        definitions.set(currentBlock, variable, value)
    }
    /// The variable's value here.
    /// - Requires: a definition on each path from the entry (in unreachable code the value is 0).
    package mutating func read(_ variable: VariableID) -> ValueID {
        if states[currentBlock.index].isTerminated { startUnreachableBlock() }
        let found = definitions.get(currentBlock, variable)
        if found.exists { return function.instructions.resolve(found) }
        let value = lookUp(variable, currentBlock)
        completePendingJoins()
        return function.instructions.resolve(value)
    }
    /// Promises that `block` gets no more edges.
    package mutating func seal(_ block: BlockID) {
        precondition(!states[block.index].isSealed, "sealed twice")
        states[block.index].isSealed = true
        var next = states[block.index].firstIncomplete
        states[block.index].firstIncomplete = 0
        while next != 0 {
            pendingJoins.append(next - 1)
            next = joins[Int(next) - 1].next
        }
        if !pendingJoins.isEmpty { completePendingJoins() }
    }

    /// The variable's value at the end of `block`: a definition, or a new parameter whose operands are still pending.
    private mutating func lookUp(_ variable: VariableID, _ start: BlockID) -> ValueID {
        var block = start
        var steps = 0
        var value = ValueID.none
        // Up through blocks with one predecessor, which need no parameter.
        while true {
            value = definitions.get(block, variable)
            if value.exists { break }
            let state = states[block.index]
            if state.isSealed {
                if state.predecessorCount == 1, steps <= states.count {
                    block = edgeLinks[Int(state.firstEdge) - 1].source
                    steps += 1
                    continue
                }
                if state.predecessorCount <= 1 {
                    // No predecessor, or a cycle of blocks that nothing enters.
                    precondition(block != .entry, "a variable is read before it is written")
                    value = makeZero(variableTypes[variable.index], in: block)
                    definitions.set(block, variable, value)
                    break
                }
            }
            value = function.make(
                Instruction(
                    .blockParameter, variableTypes[variable.index], a: block.rawValue, position: position, scope: scope)
            )
            var join = Join(value: value, block: block, variable: variable)
            let index = UInt32(truncatingIfNeeded: joins.count)
            if state.isSealed {
                pendingJoins.append(index)
            } else {
                join.next = state.firstIncomplete
                states[block.index].firstIncomplete = index + 1
            }
            joins.append(join)
            definitions.set(block, variable, value)
            break
        }
        // Note the result on the way, so that the next read is short.
        let end = block
        block = start
        while block != end {
            definitions.set(block, variable, value)
            block = edgeLinks[Int(states[block.index].firstEdge) - 1].source
        }
        return value
    }

    /// Finds the operands of all pending joins (and of those that this makes), then drops the joins that turn out
    /// to have one value; those made last first, as the others depend on them.
    private mutating func completePendingJoins() {
        var i = 0
        while i < pendingJoins.count {
            let index = Int(pendingJoins[i])
            let join = joins[index]
            let state = states[join.block.index]
            let start = joinOperands.count
            joins[index].start = UInt32(truncatingIfNeeded: start)
            joins[index].count = state.predecessorCount
            joinOperands.append(contentsOf: repeatElement(.none, count: Int(state.predecessorCount)))
            var edge = state.firstEdge
            var k = start
            while edge != 0 {
                let link = edgeLinks[Int(edge) - 1]
                joinOperands[k] = lookUp(join.variable, link.source)
                k += 1
                edge = link.next
            }
            i += 1
        }
        while let index = pendingJoins.popLast() {
            let join = joins[Int(index)]
            var single = ValueID.none
            var isTrivial = true
            for k in Int(join.start)..<Int(join.start + join.count) {
                let operand = function.instructions.resolve(joinOperands[k])
                joinOperands[k] = operand
                if operand == single || operand == join.value { continue }
                if single.exists {
                    isTrivial = false
                    break
                }
                single = operand
            }
            if !isTrivial { continue }
            if !single.exists {
                // Only itself: nothing enters the block.
                single = makeZero(variableTypes[join.variable.index], in: join.block)
            }
            makeCopy(join.value, of: single)
        }
    }

    /// Turns the parameter into a copy; `finish` removes it and its uses.
    mutating func makeCopy(_ value: ValueID, of other: ValueID) {
        function.instructions[value.index].opcode = .copy
        function.instructions[value.index].a = other.rawValue
        copies.append(value)
    }

    /// A zero at the start of `block`.
    private mutating func makeZero(_ type: MIRType, in block: BlockID) -> ValueID {
        let id = function.make(Instruction(type.isFloat ? .fconst : .iconst, type, position: position, scope: scope))
        if block == .entry, lastStackSlot.exists {
            function.insert(id, after: lastStackSlot, in: .entry)
        } else {
            function.prepend(id, to: block)
        }
        return id
    }
}

/// Current definitions by (block, variable): open addressing with linear probing. Only the part of the table that
/// the function needs is cleared and used, so that small functions stay in the cache.
struct DefinitionTable: Sendable {
    private struct Entry: Sendable {
        /// (block + 1, variable); 0: free.
        var key: UInt64
        var value: ValueID
    }
    private static let smallest = 64
    private var entries = ContiguousArray<Entry>(
        repeating: Entry(key: 0, value: .none), count: DefinitionTable.smallest)
    /// Size of the used part (a power of two) - 1.
    private var mask = DefinitionTable.smallest - 1
    private var count = 0

    mutating func reset() {
        // Functions in a row tend to be of one size: shrink slowly.
        if mask > DefinitionTable.smallest, count * 8 < mask { mask >>= 1 }
        count = 0
        entries.withUnsafeMutableBufferPointer { [mask] entries in
            for i in 0...mask { entries[i].key = 0 }
        }
    }

    @inline(__always)
    private static func key(_ block: BlockID, _ variable: VariableID) -> UInt64 {
        UInt64(block.rawValue &+ 1) << 32 | UInt64(variable.rawValue)
    }
    @inline(__always)
    private func slot(_ key: UInt64) -> Int {
        // Multiplication mixes upwards: take high bits.
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }

    /// The definition, or `none`.
    @inline(__always)
    func get(_ block: BlockID, _ variable: VariableID) -> ValueID {
        let key = DefinitionTable.key(block, variable)
        var i = slot(key)
        while true {
            let entry = entries[i]
            if entry.key == key { return entry.value }
            if entry.key == 0 { return .none }
            i = (i + 1) & mask
        }
    }
    @inline(__always)
    mutating func set(_ block: BlockID, _ variable: VariableID, _ value: ValueID) {
        let key = DefinitionTable.key(block, variable)
        var i = slot(key)
        while true {
            let found = entries[i].key
            if found == key {
                entries[i].value = value
                return
            }
            if found == 0 { break }
            i = (i + 1) & mask
        }
        entries[i] = Entry(key: key, value: value)
        count += 1
        if count * 2 > mask { grow() }
    }
    @inline(never)
    private mutating func grow() {
        let old = entries[0...mask].filter { $0.key != 0 }
        mask = mask * 2 + 1
        for i in 0..<min(mask + 1, entries.count) { entries[i].key = 0 }
        if entries.count <= mask {
            entries.append(contentsOf: repeatElement(Entry(key: 0, value: .none), count: mask + 1 - entries.count))
        }
        for entry in old {
            var i = slot(entry.key)
            while entries[i].key != 0 { i = (i + 1) & mask }
            entries[i] = entry
        }
    }
}

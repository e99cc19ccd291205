// Finishing a function: unreachable blocks and superfluous parameters go, edges get their arguments.

internal import Support

extension MIRBuilder {
    /// The finished function. The builder needs a `reset` before its next use.
    /// - Requires: every block sealed, and every reachable block terminated.
    package mutating func finish() -> MIRFunction {
        markReachable()
        removeTrivialJoins()
        linkJoins()
        if !copies.isEmpty { resolveCopies() }
        compactBlocks()
        // The builder keeps its storage, which has grown to the size of the largest function and is in the caches.
        return function.compactCopy()
    }

    /// Marks the blocks that the entry reaches: `blockMap` is 1 for them.
    private mutating func markReachable() {
        blockMap.removeAll(keepingCapacity: true)
        blockMap.append(contentsOf: repeatElement(0, count: states.count))
        stack.removeAll(keepingCapacity: true)
        stack.append(.entry)
        blockMap[0] = 1
        while let block = stack.popLast() {
            precondition(states[block.index].isSealed, "a block is not sealed")
            precondition(states[block.index].isTerminated, "a reachable block has no terminator")
            for k in 0..<function.successorCount(of: block) {
                let target = function.edges[function.successor(of: block, k).index].target
                if blockMap[target.index] == 0 {
                    blockMap[target.index] = 1
                    stack.append(target)
                }
            }
        }
    }

    /// Drops joins until none is left that has only one value (besides itself) from reachable predecessors.
    ///
    /// Removing a join can make others trivial. Operands mostly come from joins made later in one sweep and earlier
    /// in the next, so the direction alternates.
    private mutating func removeTrivialJoins() {
        var kept = 0
        for i in joins.indices
        where blockMap[joins[i].block.index] != 0 && function.instructions[joins[i].value.index].opcode != .copy {
            joins[kept] = joins[i]
            kept += 1
        }
        joins.removeLast(joins.count - kept)
        var changed = true
        var backwards = true
        while changed {
            changed = false
            for i in joins.indices {
                let join = joins[backwards ? joins.count - 1 - i : i]
                if function.instructions[join.value.index].opcode == .copy { continue }
                var single = ValueID.none
                var isTrivial = true
                var edge = states[join.block.index].firstEdge
                var k = Int(join.start)
                while edge != 0 {
                    let link = edgeLinks[Int(edge) - 1]
                    edge = link.next
                    defer { k += 1 }
                    if blockMap[link.source.index] == 0 { continue }
                    let operand = function.instructions.resolve(joinOperands[k])
                    if operand == single || operand == join.value { continue }
                    if single.exists {
                        isTrivial = false
                        break
                    }
                    single = operand
                }
                if isTrivial {
                    precondition(single.exists, "a reachable block without a reachable predecessor")
                    makeCopy(join.value, of: single)
                    changed = true
                }
            }
            backwards.toggle()
        }
    }

    /// Makes the remaining joins parameters of their blocks and their operands arguments of the edges.
    private mutating func linkJoins() {
        for i in joins.indices where function.instructions[joins[i].value.index].opcode != .copy {
            let join = joins[i]
            function.linkParameter(join.value, to: join.block)
            function.instructions[join.value.index].immediate = Int64(i)
        }
        for b in states.indices where blockMap[b] != 0 {
            // The parameters made for variables stand behind those that the client added.
            let firstEdge = states[b].firstEdge
            if firstEdge == 0 { continue }
            let explicit = Int(function.edges[Int(firstEdge) - 1].count)
            if Int(function.blocks[b].parameterCount) == explicit { continue }
            var firstJoin = function.blocks[b].firstParameter
            for _ in 0..<explicit { firstJoin = function.instructions[firstJoin.index].next }
            var edge = firstEdge
            var k = 0
            while edge != 0 {
                let link = edgeLinks[Int(edge) - 1]
                if blockMap[link.source.index] != 0 {
                    let old = function.edges[Int(edge) - 1]
                    let start = function.pool.count
                    for j in 0..<Int(old.count) { function.pool.append(function.pool[Int(old.start) + j]) }
                    var parameter = firstJoin
                    while parameter.exists {
                        let join = joins[Int(function.instructions[parameter.index].immediate)]
                        function.pool.append(function.instructions.resolve(joinOperands[Int(join.start) + k]).rawValue)
                        parameter = function.instructions[parameter.index].next
                    }
                    function.edges[Int(edge) - 1].start = UInt32(truncatingIfNeeded: start)
                    function.edges[Int(edge) - 1].count = UInt32(truncatingIfNeeded: function.pool.count - start)
                }
                k += 1
                edge = link.next
            }
            while firstJoin.exists {
                function.instructions[firstJoin.index].immediate = 0
                firstJoin = function.instructions[firstJoin.index].next
            }
        }
    }

    /// Replaces uses of removed parameters by what they stand for.
    private mutating func resolveCopies() {
        replacements.reset(for: function)
        for value in copies { replacements.replace(value, by: function.instructions.resolve(value)) }
        for b in states.indices where blockMap[b] != 0 {
            var id = function.blocks[b].first
            while id.exists {
                function.mapOperands(of: id) { [replacements] in replacements.resolve($0) }
                id = function.instructions[id.index].next
            }
        }
    }

    /// Drops unreachable blocks and renumbers the others.
    private mutating func compactBlocks() {
        var count: UInt32 = 0
        for b in blockMap.indices {
            if blockMap[b] == 0 {
                blockMap[b] = UInt32.max
            } else {
                blockMap[b] = count
                count += 1
            }
        }
        if Int(count) == blockMap.count { return }
        for b in blockMap.indices where blockMap[b] != UInt32.max {
            let new = Int(blockMap[b])
            function.blocks[new] = function.blocks[b]
            var id = function.blocks[new].firstParameter
            while id.exists {
                function.instructions[id.index].a = blockMap[b]
                id = function.instructions[id.index].next
            }
        }
        function.blocks.removeLast(blockMap.count - Int(count))
        // Edges of dropped blocks stay in the arena; let them name a block that exists.
        for e in function.edges.indices {
            let target = blockMap[function.edges[e].target.index]
            function.edges[e].target = BlockID(rawValue: target == UInt32.max ? 0 : target)
        }
    }
}

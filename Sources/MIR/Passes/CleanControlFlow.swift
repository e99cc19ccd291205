// Pass `cleanControlFlow`: leads edges past empty blocks, joins blocks that follow each other on all paths, removes
// unreachable blocks and puts the others in reverse postorder.

internal import Support

extension PassContext {
    /// See the top of this file. Linear. A parameter of a block that is joined to its predecessor becomes a `copy`;
    /// behind value numbering there are hardly any, and `removeDeadCode` then runs again to leave none.
    func cleanControlFlow(_ function: inout MIRFunction) {
        if threadEmptyBlocks(&function) { flow.invalidate() }
        updateFlow(&function, .control)
        let (isJoined, hasCopies) = function.withView { joinBlocks($0) }
        if isJoined || !isArranged(function) {
            arrangeBlocks(&function)
            flow.invalidate(isArranged: true)
        }
        if hasCopies { removeDeadCode(&function) }
    }

    /// Edges to a block that does nothing but jump go where it jumps.
    private func threadEmptyBlocks(_ function: inout MIRFunction) -> Bool {
        var changed = false
        for e in function.edges.indices {
            // A bound, since empty blocks can form a cycle.
            for _ in 0..<8 {
                let target = function.edges[e].target
                guard function.blocks[target.index].parameterCount == 0 else { break }
                let terminator = function.blocks[target.index].first
                let jump = function[terminator]
                guard jump.opcode == .jump else { break }
                let next = function.edges[Int(jump.a)]
                if Int(jump.a) == e || next.target == target { break }
                // Edges do not share arguments: passes change them in place.
                let start = function.pool.count
                for k in Int(next.start)..<Int(next.start + next.count) { function.pool.append(function.pool[k]) }
                function.edges[e] = Edge(
                    target: next.target, start: UInt32(truncatingIfNeeded: start), count: next.count)
                changed = true
            }
        }
        return changed
    }

    /// Joins each block that ends in a jump to a block without other predecessors with that block. Returns whether there
    /// was one, and whether copies were made.
    private func joinBlocks(_ view: FunctionView) -> (isJoined: Bool, hasCopies: Bool) {
        var changed = false
        var hasCopies = false
        for i in 0..<flow.count {
            let block = Int(flow.block(i))
            while true {
                let terminator = view.blocks[block].last.rawValue
                guard terminator != 0, view.opcode(terminator) == .jump else { break }
                let edge = view.edges[Int(view[terminator].a)]
                let target = edge.target.index
                guard target != 0, target != block, flow.incoming(UInt32(target)).count == 1 else { break }
                view.unlink(terminator, from: block)
                if view.blocks[target].parameterCount != 0 {
                    appendParameters(view, of: target, to: block, edge)
                    hasCopies = true
                }
                let first = view.blocks[target].first
                let last = view.blocks[block].last
                view[first.rawValue].previous = last
                if last.exists { view[last.rawValue].next = first } else { view.blocks[block].first = first }
                view.blocks[block].last = view.blocks[target].last
                // The joined block is unreachable now; an empty chain says that its content is elsewhere.
                view.blocks[target].first = .none
                view.blocks[target].last = .none
                changed = true
            }
        }
        return (changed, hasCopies)
    }
    private func appendParameters(_ view: FunctionView, of target: Int, to block: Int, _ edge: Edge) {
        var parameter = view.blocks[target].firstParameter.rawValue
        var k = Int(edge.start)
        while parameter != 0 {
            let next = view[parameter].next.rawValue
            view[parameter].opcode = .copy
            view[parameter].a = view.pool[k]
            let last = view.blocks[block].last
            view[parameter].previous = last
            view[parameter].next = .none
            if last.exists {
                view[last.rawValue].next = ValueID(rawValue: parameter)
            } else {
                view.blocks[block].first = ValueID(rawValue: parameter)
            }
            view.blocks[block].last = ValueID(rawValue: parameter)
            parameter = next
            k += 1
        }
        view.blocks[target].firstParameter = .none
        view.blocks[target].lastParameter = .none
        view.blocks[target].parameterCount = 0
    }

    private func isArranged(_ function: borrowing MIRFunction) -> Bool {
        if flow.count < function.blocks.count { return false }
        for i in 0..<flow.count where flow.block(i) != UInt32(i) { return false }
        return true
    }
    /// Leaves the reachable blocks that were not joined to others, in reverse postorder.
    private func arrangeBlocks(_ function: inout MIRFunction) {
        words.prepare(function.blocks.count, filledWith: 0)
        var blocks: ContiguousArray<Block> = []
        blocks.reserveCapacity(flow.count)
        for i in 0..<flow.count {
            let block = function.blocks[Int(flow.block(i))]
            if !block.last.exists { continue }
            words[flow.block(i)] = UInt32(blocks.count)
            blocks.append(block)
        }
        function.blocks = blocks
        // Edges of unreachable blocks belong to no terminator any more; what they say does not matter.
        for e in function.edges.indices {
            function.edges[e].target = BlockID(rawValue: words[function.edges[e].target.rawValue])
        }
        for b in function.blocks.indices {
            var parameter = function.blocks[b].firstParameter
            while parameter.exists {
                function[parameter].a = UInt32(b)
                parameter = function[parameter].next
            }
        }
    }
}

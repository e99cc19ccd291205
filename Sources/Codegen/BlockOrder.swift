internal import MIR
internal import RuntimeABI
internal import Support

// Brings the blocks into a linear order, finds loops, estimates frequencies, and chooses the layout of the code.
//
// The linear order is a reverse postorder in which loops are contiguous. Liveness needs two properties of it: a block
// comes behind its dominators, and every edge that goes backwards in it lies inside one of `loops`.

/// Working memory of `orderBlocks`.
struct BlockOrderScratch: ~Copyable {
    /// Postorder stack: block and next successor.
    var stack = ScratchArray<(block: UInt32, next: UInt32)>()
    /// By block: number of successors, and those that the search visits first and second.
    var exits = ScratchArray<(count: UInt32, first: UInt32, second: UInt32)>()
    /// Reverse postorder, and each block's index in it.
    var reversePostorder = ScratchArray<UInt32>()
    var number = ScratchArray<UInt32>()
    /// Predecessor lists: `predecessors[start[b]..<start[b + 1]]`.
    var predecessorStart = ScratchArray<UInt32>()
    var predecessors = ScratchArray<UInt32>()
    /// Header of the innermost natural loop around each block (of its own loop for a header); `.max`: none.
    var header = ScratchArray<UInt32>()
    /// Header of the loop around the loop of each header.
    var outer = ScratchArray<UInt32>()
    /// Union-find over collapsed loops.
    var representative = ScratchArray<UInt32>()
    var work = ScratchArray<UInt32>()
    /// Linked lists of the items of each loop (by header; `blockCount` for the outermost level).
    var firstItem = ScratchArray<UInt32>()
    var lastItem = ScratchArray<UInt32>()
    var nextItem = ScratchArray<UInt32>()
}

extension FunctionGenerator {
    mutating func orderBlocks() {
        blockStates.reset(count: blockCount, to: BlockState())
        order.removeAll()
        loops.removeAll()
        layout.removeAll()
        if blockCount == 1 {
            order.append(0)
            layout.append(0)
            blockStates[0].orderIndex = 0
            return
        }
        let hasBackEdges = numberReversePostorder()
        if hasBackEdges {
            findNaturalLoops()
            flattenLoops()
        } else {
            for i in 0..<blockOrderScratch.reversePostorder.count { order.append(blockOrderScratch.reversePostorder[i]) }
        }
        for i in 0..<order.count { blockStates[Int(order[i])].orderIndex = UInt32(i) }
        if hasBackEdges { findLoopSpans() }
        estimateFrequencies()
        chooseLayout()
    }

    private func successorCount(_ terminator: UnsafePointer<Instruction>) -> Int {
        switch terminator.pointee.opcode {
        case .jump: 1
        case .branch: 2
        case .switchInt: Int(pool[Int(terminator.pointee.b)]) / 3 + 1
        default: 0
        }
    }

    /// The successors in the order in which the depth-first search visits them: the last visited comes first in the
    /// resulting order, so a branch's true edge follows it.
    private func successor(_ terminator: UnsafePointer<Instruction>, _ i: Int) -> UInt32 {
        switch terminator.pointee.opcode {
        case .jump: edges[Int(terminator.pointee.a)].target.rawValue
        case .branch: edges[Int(i == 0 ? terminator.pointee.c : terminator.pointee.b)].target.rawValue
        default:
            i == 0
                ? edges[Int(terminator.pointee.c)].target.rawValue
                : edges[Int(pool[Int(terminator.pointee.b) + 1 + 3 * (i - 1) + 2])].target.rawValue
        }
    }

    /// Depth-first search; returns whether an edge leads back.
    private mutating func numberReversePostorder() -> Bool {
        // While searching, `number` is 0 for unseen, 1 for open, 2 for finished blocks.
        blockOrderScratch.number.reset(count: blockCount, to: 0)
        // Collected first: here the function comes into the caches, and these loads do not wait for each other.
        blockOrderScratch.exits.reset(count: blockCount, to: (0, 0, 0))
        for b in 0..<blockCount {
            let terminator = instruction(blocks[b].last)
            let count = successorCount(terminator)
            if count == 0 { continue }
            let second = count > 1 ? successor(terminator, 1) : 0
            blockOrderScratch.exits[b] = (UInt32(truncatingIfNeeded: count), successor(terminator, 0), second)
        }
        blockOrderScratch.stack.removeAll()
        blockOrderScratch.work.removeAll()
        var hasBackEdges = false
        blockOrderScratch.stack.append((0, 0))
        blockOrderScratch.number[0] = 1
        while !blockOrderScratch.stack.isEmpty {
            let top = blockOrderScratch.stack.count - 1
            let (block, next) = blockOrderScratch.stack[top]
            let exits = blockOrderScratch.exits[Int(block)]
            if next < exits.count {
                blockOrderScratch.stack[top].next = next + 1
                let target =
                    switch next {
                    case 0: exits.first
                    case 1: exits.second
                    default: successor(instruction(blocks[Int(block)].last), Int(next))
                    }
                switch blockOrderScratch.number[Int(target)] {
                case 0:
                    blockOrderScratch.number[Int(target)] = 1
                    blockOrderScratch.stack.append((target, 0))
                case 1: hasBackEdges = true
                default: break
                }
            } else {
                blockOrderScratch.number[Int(block)] = 2
                blockOrderScratch.work.append(block)
                _ = blockOrderScratch.stack.removeLast()
            }
        }
        let count = blockOrderScratch.work.count
        blockOrderScratch.number.reset(count: blockCount, to: .max)
        blockOrderScratch.reversePostorder.removeAll()
        for i in 0..<count {
            let block = blockOrderScratch.work[count - 1 - i]
            blockOrderScratch.number[Int(block)] = UInt32(i)
            blockOrderScratch.reversePostorder.append(block)
        }
        return hasBackEdges
    }

    /// Finds the loop nest from inner to outer headers (after Havlak 1997, without his treatment of irreducible loops:
    /// their entries from outside are ignored, and `findLoopSpans` makes up for it).
    private mutating func findNaturalLoops() {
        let count = blockOrderScratch.reversePostorder.count
        blockOrderScratch.predecessorStart.reset(count: blockCount + 1, to: 0)
        for i in 0..<count {
            let block = blockOrderScratch.reversePostorder[i]
            forEachEdge(instruction(blocks[Int(block)].last)) { edge in
                blockOrderScratch.predecessorStart[edge.target.index + 1] += 1
            }
        }
        for b in 0..<blockCount { blockOrderScratch.predecessorStart[b + 1] += blockOrderScratch.predecessorStart[b] }
        blockOrderScratch.predecessors.reset(count: Int(blockOrderScratch.predecessorStart[blockCount]), to: 0)
        blockOrderScratch.work.reset(count: blockCount, to: 0)
        for i in 0..<count {
            let block = blockOrderScratch.reversePostorder[i]
            forEachEdge(instruction(blocks[Int(block)].last)) { edge in
                let target = edge.target.index
                let place = blockOrderScratch.predecessorStart[target] + blockOrderScratch.work[target]
                blockOrderScratch.work[target] += 1
                blockOrderScratch.predecessors[Int(place)] = block
            }
        }
        blockOrderScratch.header.reset(count: blockCount, to: .max)
        blockOrderScratch.outer.reset(count: blockCount, to: .max)
        blockOrderScratch.representative.reset(count: blockCount, to: 0)
        for b in 0..<blockCount { blockOrderScratch.representative[b] = UInt32(b) }

        var i = count - 1
        while i >= 0 {
            let header = blockOrderScratch.reversePostorder[i]
            blockOrderScratch.work.removeAll()
            var isHeader = false
            let from = Int(blockOrderScratch.predecessorStart[Int(header)])
            let to = Int(blockOrderScratch.predecessorStart[Int(header) + 1])
            for k in from..<to {
                let predecessor = blockOrderScratch.predecessors[k]
                if blockOrderScratch.number[Int(predecessor)] >= UInt32(i) {
                    isHeader = true
                    join(predecessor, into: header)
                }
            }
            if isHeader {
                blockOrderScratch.header[Int(header)] = header
                while !blockOrderScratch.work.isEmpty {
                    let block = blockOrderScratch.work.removeLast()
                    let from = Int(blockOrderScratch.predecessorStart[Int(block)])
                    let to = Int(blockOrderScratch.predecessorStart[Int(block) + 1])
                    for k in from..<to {
                        let predecessor = blockOrderScratch.predecessors[k]
                        if blockOrderScratch.number[Int(predecessor)] > UInt32(i) { join(predecessor, into: header) }
                    }
                }
            }
            i -= 1
        }
    }

    /// Puts the outermost loop known around `block` (or the block) into the loop of `header` and its entry on the work list.
    private mutating func join(_ block: UInt32, into header: UInt32) {
        var root = block
        while blockOrderScratch.representative[Int(root)] != root {
            let next = blockOrderScratch.representative[Int(root)]
            blockOrderScratch.representative[Int(root)] = blockOrderScratch.representative[Int(next)]
            root = next
        }
        if root == header { return }
        blockOrderScratch.representative[Int(root)] = header
        if blockOrderScratch.header[Int(root)] == root {
            blockOrderScratch.outer[Int(root)] = header
        } else {
            blockOrderScratch.header[Int(root)] = header
        }
        blockOrderScratch.work.append(root)
    }

    /// Writes the reverse postorder into `order` with the blocks of each loop together.
    private mutating func flattenLoops() {
        let outermost = blockCount
        blockOrderScratch.firstItem.reset(count: blockCount + 1, to: .max)
        blockOrderScratch.lastItem.reset(count: blockCount + 1, to: .max)
        blockOrderScratch.nextItem.reset(count: blockCount, to: .max)
        // An item is a block; a header stands for its loop in the list of the loop around, and heads its own list.
        for i in 0..<blockOrderScratch.reversePostorder.count {
            let block = blockOrderScratch.reversePostorder[i]
            let header = blockOrderScratch.header[Int(block)]
            let around = header == block ? blockOrderScratch.outer[Int(block)] : header
            let list = around == .max ? outermost : Int(around)
            if blockOrderScratch.firstItem[list] == .max {
                blockOrderScratch.firstItem[list] = block
            } else {
                blockOrderScratch.nextItem[Int(blockOrderScratch.lastItem[list])] = block
            }
            blockOrderScratch.lastItem[list] = block
        }
        blockOrderScratch.work.removeAll()
        var item = blockOrderScratch.firstItem[outermost]
        while true {
            if item == .max {
                if blockOrderScratch.work.isEmpty { break }
                item = blockOrderScratch.nextItem[Int(blockOrderScratch.work.removeLast())]
                continue
            }
            order.append(item)
            if blockOrderScratch.header[Int(item)] == item {
                blockOrderScratch.work.append(item)
                item = blockOrderScratch.firstItem[Int(item)]
            } else {
                item = blockOrderScratch.nextItem[Int(item)]
            }
        }
    }

    /// Finds the spans of the order that control can run through again, from every edge that leads backwards in it;
    /// makes them nest.
    private mutating func findLoopSpans() {
        // Last source of a backward edge by order index of its target.
        blockOrderScratch.work.reset(count: order.count, to: .max)
        for i in 0..<order.count {
            forEachEdge(instruction(blocks[Int(order[i])].last)) { edge in
                let target = Int(blockStates[edge.target.index].orderIndex)
                if target <= i { blockOrderScratch.work[target] = UInt32(i) }
            }
        }
        // Spans that overlap without nesting (irreducible control flow) are widened until they nest.
        var changed = true
        while changed {
            changed = false
            loops.removeAll()
            blockOrderScratch.stack.removeAll()
            for i in 0..<order.count {
                while !blockOrderScratch.stack.isEmpty,
                    loops[Int(blockOrderScratch.stack[blockOrderScratch.stack.count - 1].block)].last < UInt32(i)
                {
                    _ = blockOrderScratch.stack.removeLast()
                }
                let last = blockOrderScratch.work[i]
                var innermost =
                    blockOrderScratch.stack.isEmpty
                    ? Int32(-1) : Int32(blockOrderScratch.stack[blockOrderScratch.stack.count - 1].block)
                if last != .max {
                    var loop = LoopState(first: UInt32(i), last: last)
                    loop.parent = innermost
                    if innermost >= 0 {
                        loop.depth = loops[Int(innermost)].depth + 1
                        loops[Int(innermost)].hasInner = true
                        if loops[Int(innermost)].last < last {
                            blockOrderScratch.work[Int(loops[Int(innermost)].first)] = last
                            changed = true
                        }
                    }
                    innermost = Int32(loops.count)
                    loops.append(loop)
                    blockOrderScratch.stack.append((UInt32(innermost), 0))
                }
                blockStates[Int(order[i])].loop = innermost
            }
        }
        for i in 0..<order.count where blockStates[Int(order[i])].loop >= 0 {
            forEachEdge(instruction(blocks[Int(order[i])].last)) { edge in
                let target = blockStates[edge.target.index].orderIndex
                var loop = blockStates[Int(order[i])].loop
                var from = UInt32(i)
                while loop >= 0 && loops[Int(loop)].last < target {
                    loops[Int(loop)].lastExit = max(loops[Int(loop)].lastExit, from)
                    // Seen from the loop around, control can leave from everywhere in this one.
                    from = loops[Int(loop)].last
                    loop = loops[Int(loop)].parent
                }
            }
        }
    }

    /// Loops run ten times as often as what is around them; blocks that lead only to a panic, or that grow an array,
    /// hardly ever.
    private mutating func estimateFrequencies() {
        var i = order.count - 1
        while i >= 0 {
            let block = Int(order[i])
            let terminator = instruction(blocks[block].last)
            var cold = terminator.pointee.opcode == .unreachable
            switch terminator.pointee.opcode {
            case .jump, .branch, .switchInt:
                cold = true
                forEachEdge(terminator) { edge in
                    let state = blockStates[edge.target.index]
                    if state.orderIndex <= UInt32(i) || !state.isCold { cold = false }
                }
                if !cold && terminator.pointee.opcode == .jump { cold = growsArray(block) }
            default: break
            }
            blockStates[block].isCold = cold && i != 0
            let depth = blockStates[block].loop >= 0 ? loops[Int(blockStates[block].loop)].depth : 0
            var frequency: Float = 1
            for _ in 0..<min(depth, 8) { frequency *= 10 }
            blockStates[block].frequency = cold ? frequency * 0.02 : frequency
            i -= 1
        }
    }

    /// `true` iff the block calls an entry that is a slow path by nature.
    private mutating func growsArray(_ block: Int) -> Bool {
        var value = blocks[block].last
        // Such a block consists of a few instructions: only those are looked at.
        for _ in 0..<6 {
            let current = instruction(value)
            if current.pointee.opcode == .call { return symbolTraits[Int(current.pointee.a)] & SymbolTraits.rare != 0 }
            value = current.pointee.previous
            if !value.exists { return false }
        }
        return false
    }

    /// The order of the machine code: cold blocks last, and a loop whose header decides about leaving it is turned so
    /// that the header comes last: one jump per iteration instead of two.
    private mutating func chooseLayout() {
        for i in 0..<order.count where !blockStates[Int(order[i])].isCold { layout.append(order[i]) }
        if !loops.isEmpty {
            // Index in `layout` of the first block at or behind an order index.
            blockOrderScratch.work.reset(count: order.count + 1, to: 0)
            var place: UInt32 = 0
            for i in 0..<order.count {
                blockOrderScratch.work[i] = place
                if !blockStates[Int(order[i])].isCold { place += 1 }
            }
            blockOrderScratch.work[order.count] = place
            var k = loops.count - 1
            while k >= 0 {
                turn(loops[k])
                k -= 1
            }
        }
        for i in 0..<order.count where blockStates[Int(order[i])].isCold { layout.append(order[i]) }
    }

    private mutating func turn(_ loop: LoopState) {
        let from = Int(blockOrderScratch.work[Int(loop.first)])
        let to = Int(blockOrderScratch.work[Int(loop.last) + 1])
        guard from < to else { return }
        defer { if !loop.hasInner { blockStates[Int(layout[from])].isAligned = true } }
        let header = order[Int(loop.first)]
        guard to - from > 1, header != 0, layout[from] == header else { return }
        let test = instruction(blocks[Int(header)].last)
        guard test.pointee.opcode == .branch else { return }
        let ifTrue = blockStates[edges[Int(test.pointee.b)].target.index].orderIndex
        let ifFalse = blockStates[edges[Int(test.pointee.c)].target.index].orderIndex
        guard (ifTrue > loop.last) != (ifFalse > loop.last) else { return }
        let latch = instruction(blocks[Int(layout[to - 1])].last)
        guard latch.pointee.opcode == .jump, edges[Int(latch.pointee.a)].target.rawValue == header else { return }
        // Long loops gain nothing from it, and moving the blocks of a deep nest again and again would cost.
        guard to - from <= 256 else { return }
        for i in from..<(to - 1) { layout[i] = layout[i + 1] }
        layout[to - 1] = header
    }
}

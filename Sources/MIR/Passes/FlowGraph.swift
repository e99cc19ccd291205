/// The control-flow graph of one function in the form the passes walk it: reachable blocks in reverse postorder,
/// predecessors, dominator tree and loop nest, in arrays that are reused from function to function.
///
/// Blocks are named by their index; loops by a small number in the order of their headers.
struct FlowGraph: ~Copyable {
    static let none = UInt32.max

    /// Reachable blocks in reverse postorder; `count` of them.
    var order = ScratchBuffer<UInt32>()
    var count = 0
    /// Position in `order` of each block; `none` if unreachable.
    var number = ScratchBuffer<UInt32>()
    /// The incoming edges of block b are `predecessorEdges[predecessorStart[b]..<predecessorStart[b + 1]]`, those of
    /// unreachable blocks left out; `predecessorBlocks` names the blocks they leave.
    var predecessorStart = ScratchBuffer<UInt32>()
    var predecessorEdges = ScratchBuffer<UInt32>()
    var predecessorBlocks = ScratchBuffer<UInt32>()
    /// Immediate dominator of each reachable block; the entry's is itself.
    var immediateDominator = ScratchBuffer<UInt32>()
    /// a dominates b iff `treeStart[a] <= treeStart[b] < treeEnd[a]`.
    var treeStart = ScratchBuffer<UInt32>()
    var treeEnd = ScratchBuffer<UInt32>()
    /// The innermost loop of each block; `none` outside loops.
    var loop = ScratchBuffer<UInt32>()
    var loops = ScratchStack<Loop>()

    private var stack = ScratchStack<UInt32>()
    private var cursor = ScratchBuffer<UInt32>()

    /// A natural loop.
    struct Loop {
        var header: UInt32
        /// The loop around it; `none` for outermost loops.
        var parent: UInt32
        /// 1 for outermost loops.
        var depth: UInt32
    }

    @inline(__always)
    func dominates(_ a: UInt32, _ b: UInt32) -> Bool {
        treeStart[a] <= treeStart[b] && treeStart[b] < treeEnd[a]
    }
    @inline(__always)
    func isReachable(_ block: UInt32) -> Bool { number[block] != FlowGraph.none }
    /// Whether the edge from `source` to `target` closes a loop (its target does not come later in the order).
    @inline(__always)
    func isRetreating(from source: UInt32, to target: UInt32) -> Bool { number[source] >= number[target] }
    /// Whether `block` is in `outer` or in a loop inside it.
    @inline(__always)
    func isBlock(_ block: UInt32, inLoop outer: UInt32) -> Bool {
        var l = loop[block]
        while l != FlowGraph.none {
            if l == outer { return true }
            // Inner loops have higher numbers, since numbers follow reverse postorder of headers.
            if l < outer { return false }
            l = loops[Int(l)].parent
        }
        return false
    }

    /// Computes everything for `view`. O(blocks + edges) for reducible graphs, apart from loop bodies, which are
    /// walked once per nesting level at most.
    mutating func compute(_ view: FunctionView) {
        computeOrder(view)
        computePredecessors(view)
        computeDominators(view)
        computeLoops(view)
    }

    private mutating func computeOrder(_ view: FunctionView) {
        let n = view.blockCount
        order.prepare(n)
        number.prepare(n, filledWith: FlowGraph.none)
        cursor.prepare(n)
        stack.removeAll()
        stack.push(0)
        cursor[0] = 0
        number[0] = 0
        // Postorder fills `order` from the back; the blocks found then move to the front.
        var free = n
        while stack.count > 0 {
            let block = stack[stack.count - 1]
            let terminator = view.blocks[Int(block)].last.rawValue
            let successors = view.successorCount(terminator)
            let next = Int(cursor[block])
            if next < successors {
                cursor[block] = UInt32(next + 1)
                // The last successor first: the first then comes right behind its branch.
                let target = view.edges[Int(view.successor(terminator, successors - 1 - next))].target.rawValue
                if number[target] == FlowGraph.none {
                    number[target] = 0
                    cursor[target] = 0
                    stack.push(target)
                }
            } else {
                free -= 1
                order[free] = block
                _ = stack.pop()
            }
        }
        count = n - free
        for i in 0..<count {
            let block = order[free + i]
            order[i] = block
            number[block] = UInt32(i)
        }
    }

    private mutating func computePredecessors(_ view: FunctionView) {
        let n = view.blockCount
        predecessorStart.prepare(n + 2, filledWith: 0)
        predecessorEdges.prepare(view.edgeCount)
        predecessorBlocks.prepare(view.edgeCount)
        for i in 0..<count {
            let terminator = view.blocks[Int(order[i])].last.rawValue
            for s in 0..<view.successorCount(terminator) {
                let target = view.edges[Int(view.successor(terminator, s))].target.index
                predecessorStart[target + 2] += 1
            }
        }
        for b in 0..<n { predecessorStart[b + 2] += predecessorStart[b + 1] }
        for i in 0..<count {
            let block = order[i]
            let terminator = view.blocks[Int(block)].last.rawValue
            for s in 0..<view.successorCount(terminator) {
                let edge = view.successor(terminator, s)
                let target = view.edges[Int(edge)].target.index
                let slot = predecessorStart[target + 1]
                predecessorStart[target + 1] = slot + 1
                predecessorEdges[slot] = edge
                predecessorBlocks[slot] = block
            }
        }
    }

    /// Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001), in reverse postorder numbers.
    private mutating func computeDominators(_ view: FunctionView) {
        let n = view.blockCount
        immediateDominator.prepare(n, filledWith: FlowGraph.none)
        immediateDominator[0] = 0
        var changed = true
        while changed {
            changed = false
            var sawRetreating = false
            for i in 1..<max(count, 1) {
                let block = order[i]
                var best = FlowGraph.none
                for p in predecessorStart[block]..<predecessorStart[block + 1] {
                    let predecessor = predecessorBlocks[p]
                    if number[predecessor] >= UInt32(i) { sawRetreating = true }
                    guard immediateDominator[predecessor] != FlowGraph.none else { continue }
                    best = best == FlowGraph.none ? predecessor : commonDominator(predecessor, best)
                }
                if immediateDominator[block] != best {
                    immediateDominator[block] = best
                    changed = true
                }
            }
            // Without retreating edges, one round is exact.
            if !sawRetreating { break }
        }
        // Subtree sizes backwards, then intervals forwards: a dominator comes before what it dominates.
        treeStart.prepare(n, filledWith: 0)
        treeEnd.prepare(n, filledWith: 0)
        cursor.prepare(n)
        for i in 0..<count { cursor[order[i]] = 1 }
        for i in stride(from: count - 1, to: 0, by: -1) {
            cursor[immediateDominator[order[i]]] += cursor[order[i]]
        }
        treeEnd[0] = UInt32(count)
        if count > 0 { cursor[0] = 1 }
        for i in 1..<max(count, 1) {
            let block = order[i]
            let dominator = immediateDominator[block]
            let size = cursor[block]
            treeStart[block] = cursor[dominator]
            treeEnd[block] = treeStart[block] + size
            cursor[dominator] += size
            cursor[block] = treeStart[block] + 1
        }
    }

    private func commonDominator(_ first: UInt32, _ second: UInt32) -> UInt32 {
        var a = first
        var b = second
        while a != b {
            while number[a] > number[b] { a = immediateDominator[a] }
            while number[b] > number[a] { b = immediateDominator[b] }
        }
        return a
    }

    private mutating func computeLoops(_ view: FunctionView) {
        loops.removeAll()
        loop.prepare(view.blockCount, filledWith: FlowGraph.none)
        // Headers in order, so that outer loops have lower numbers.
        for i in 0..<count {
            let block = order[i]
            for p in predecessorStart[block]..<predecessorStart[block + 1] {
                if dominates(block, predecessorBlocks[p]) {
                    loops.push(Loop(header: block, parent: FlowGraph.none, depth: 1))
                    break
                }
            }
        }
        // Inner loops first; a block that has a loop already stands for that whole loop.
        for l in stride(from: loops.count - 1, through: 0, by: -1) {
            let header = loops[l].header
            stack.removeAll()
            for p in predecessorStart[header]..<predecessorStart[header + 1] {
                if dominates(header, predecessorBlocks[p]) { stack.push(predecessorBlocks[p]) }
            }
            while let block = stack.pop() {
                var inner = loop[block]
                if inner == FlowGraph.none {
                    loop[block] = UInt32(l)
                    if block == header { continue }
                    for p in predecessorStart[block]..<predecessorStart[block + 1] { stack.push(predecessorBlocks[p]) }
                } else {
                    while loops[Int(inner)].parent != FlowGraph.none { inner = loops[Int(inner)].parent }
                    if inner == UInt32(l) { continue }
                    loops[Int(inner)].parent = UInt32(l)
                    let innerHeader = loops[Int(inner)].header
                    if innerHeader == header { continue }
                    for p in predecessorStart[innerHeader]..<predecessorStart[innerHeader + 1] {
                        stack.push(predecessorBlocks[p])
                    }
                }
            }
            // A loop whose only latch is its header never pushed anything else.
            if loop[header] == FlowGraph.none { loop[header] = UInt32(l) }
        }
        for l in 0..<loops.count where loops[l].parent != FlowGraph.none {
            loops[l].depth = loops[Int(loops[l].parent)].depth + 1
        }
    }
}

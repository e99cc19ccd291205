/// Control flow, dominators and loops of the function at hand: what the passes read at every block.
///
/// The same facts as `ControlFlow`, `DominatorTree` and `LoopNest`, in raw memory, and computed only as far as the next
/// pass needs them: with those tables, two fifths of the passes' time went into recomputing them. Blocks are named by
/// their index, loops by a small number, outer loops before those inside.
struct FlowGraph: ~Copyable {
    static let none = UInt32.max

    /// How much is known; each level includes those before.
    enum Level: UInt8, Comparable {
        case nothing, control, dominators, loops
        static func < (l: Level, r: Level) -> Bool { l.rawValue < r.rawValue }
    }
    private(set) var level = Level.nothing
    /// See `invalidate`.
    private var isArranged = false

    /// The number of reachable blocks.
    private(set) var count = 0
    /// Some edge leads to a block that does not come later in the order.
    private(set) var hasRetreatingEdges = false
    /// Some cycle has several entries. Meaningful at level `loops`.
    private(set) var isIrreducible = false
    /// The number of loops; 0 below level `loops`.
    private(set) var loopCount = 0

    private var order = ScratchBuffer<UInt32>()
    private var numbers = ScratchBuffer<UInt32>()
    private var starts = ScratchBuffer<UInt32>()
    private var incomingEdges = ScratchBuffer<UInt32>()
    private var incomingSources = ScratchBuffer<UInt32>()
    /// Edges between reachable blocks in the order of their sources: edge, source, target; to fill the tables above.
    private var outgoing = ScratchStack<(edge: UInt32, source: UInt32, target: UInt32)>()
    private var dominators = ScratchBuffer<UInt32>()
    private var treeStarts = ScratchBuffer<UInt32>()
    private var treeEnds = ScratchBuffer<UInt32>()
    private var innermost = ScratchBuffer<UInt32>()
    private var loops = ScratchStack<(header: UInt32, parent: UInt32)>()
    private var stack = ScratchStack<UInt32>()
    /// The depth-first search: blocks on the way, with their terminators and numbers of successors left.
    private var path = ScratchStack<(block: UInt32, terminator: UInt32, remaining: UInt32)>()
    private var cursor = ScratchBuffer<UInt32>()

    /// Forgets everything, since blocks or edges change. `isArranged`: all blocks are reachable and stand in reverse
    /// postorder, so that there is nothing to search.
    mutating func invalidate(isArranged: Bool = false) {
        level = .nothing
        self.isArranged = isArranged
    }

    /// Makes at least `wanted` known of the function of `view`. O(blocks + edges) for reducible graphs, apart from loop
    /// bodies, which are walked once per level of nesting at most.
    mutating func update(_ view: FunctionView, _ wanted: Level) {
        if level < .control {
            if isArranged { adoptOrder(view) } else { computeOrder(view) }
            computeIncoming(view)
            loopCount = 0
        }
        if level < .dominators && wanted >= .dominators { computeDominators(view) }
        if level < .loops && wanted >= .loops { computeLoops(view) }
        level = max(level, wanted)
    }

    // MARK: - Asking

    /// Reachable block number `i` in reverse postorder.
    @inline(__always) func block(_ i: Int) -> UInt32 { order[i] }
    /// Position of the block in reverse postorder; `none` if unreachable.
    @inline(__always) func number(_ block: UInt32) -> UInt32 { numbers[block] }
    @inline(__always) func isReachable(_ block: UInt32) -> Bool { numbers[block] != FlowGraph.none }
    /// The range of `block`'s incoming edges, for `edge` and `source`; only edges from reachable blocks.
    @inline(__always) func incoming(_ block: UInt32) -> Range<Int> {
        Range(uncheckedBounds: (Int(starts[block]), Int(starts[block + 1])))
    }
    @inline(__always) func edge(_ i: Int) -> UInt32 { incomingEdges[i] }
    @inline(__always) func source(_ i: Int) -> UInt32 { incomingSources[i] }
    /// Whether the edge leads to a block that does not come later in the order.
    @inline(__always) func isRetreating(from source: UInt32, to target: UInt32) -> Bool {
        numbers[source] >= numbers[target]
    }
    /// Whether reachable block `a` dominates reachable block `b`.
    @inline(__always) func dominates(_ a: UInt32, _ b: UInt32) -> Bool {
        treeStarts[a] <= treeStarts[b] && treeStarts[b] < treeEnds[a]
    }
    /// The closest other block that dominates reachable block `block`; of the entry, itself.
    @inline(__always) func immediateDominator(_ block: UInt32) -> UInt32 { dominators[block] }
    /// The innermost loop of `block`, or `none`.
    @inline(__always) func loop(_ block: UInt32) -> UInt32 { innermost[block] }
    /// The header of loop `l`.
    @inline(__always) func header(_ l: UInt32) -> UInt32 { loops[Int(l)].header }
    /// The loop around loop `l`, or `none`.
    @inline(__always) func parent(_ l: UInt32) -> UInt32 { loops[Int(l)].parent }
    /// Whether `block` is in loop `l` or one inside it.
    @inline(__always) func isBlock(_ block: UInt32, inLoop l: UInt32) -> Bool {
        var current = innermost[block]
        // Outer loops have lower numbers.
        while current != FlowGraph.none && current > l { current = parent(current) }
        return current == l
    }

    // MARK: - Computing

    private mutating func computeOrder(_ view: FunctionView) {
        let n = view.blockCount
        order.prepare(n)
        numbers.prepare(n, filledWith: FlowGraph.none)
        cursor.prepare(n)
        outgoing.removeAll()
        path.removeAll()
        numbers[0] = 0
        path.push(step(view, 0))
        // Postorder fills `order` from the back; the blocks found then move to the front.
        var free = n
        while path.count > 0 {
            let top = path.count - 1
            var next = path[top].remaining
            let (block, terminator) = (path[top].block, path[top].terminator)
            var child = FlowGraph.none
            // The last successor first: the first one then comes right behind its branch.
            while next > 0 && child == FlowGraph.none {
                next -= 1
                let edge = view.successor(terminator, Int(next))
                let target = view.edges[Int(edge)].target.rawValue
                outgoing.push((edge, block, target))
                if numbers[target] == FlowGraph.none { child = target }
            }
            path[top].remaining = next
            if child != FlowGraph.none {
                numbers[child] = 0
                path.push(step(view, child))
            } else {
                free -= 1
                order[free] = block
                _ = path.pop()
            }
        }
        count = n - free
        for i in 0..<count {
            let block = order[free + i]
            order[i] = block
            numbers[block] = UInt32(i)
        }
    }

    /// As `computeOrder`, of blocks that are in order.
    private mutating func adoptOrder(_ view: FunctionView) {
        count = view.blockCount
        order.prepare(count)
        numbers.prepare(count)
        cursor.prepare(count)
        outgoing.removeAll()
        for b in 0..<count {
            let block = UInt32(truncatingIfNeeded: b)
            order[b] = block
            numbers[b] = block
            let terminator = view.blocks[b].last.rawValue
            var next = view.successorCount(terminator)
            while next > 0 {
                next -= 1
                let edge = view.successor(terminator, next)
                outgoing.push((edge, block, view.edges[Int(edge)].target.rawValue))
            }
        }
    }

    private func step(_ view: FunctionView, _ block: UInt32) -> (block: UInt32, terminator: UInt32, remaining: UInt32) {
        let terminator = view.blocks[Int(block)].last.rawValue
        return (block, terminator, UInt32(view.successorCount(terminator)))
    }

    private mutating func computeIncoming(_ view: FunctionView) {
        let n = view.blockCount
        starts.prepare(n + 2, filledWith: 0)
        incomingEdges.prepare(outgoing.count)
        incomingSources.prepare(outgoing.count)
        hasRetreatingEdges = false
        for i in 0..<outgoing.count {
            let (_, source, target) = outgoing[i]
            starts[target + 2] += 1
            if numbers[source] >= numbers[target] { hasRetreatingEdges = true }
        }
        for b in 0..<n { starts[b + 2] += starts[b + 1] }
        for i in 0..<outgoing.count {
            let (edge, source, target) = outgoing[i]
            let slot = starts[target + 1]
            starts[target + 1] = slot + 1
            incomingEdges[slot] = edge
            incomingSources[slot] = source
        }
    }

    /// Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
    private mutating func computeDominators(_ view: FunctionView) {
        let n = view.blockCount
        dominators.prepare(n, filledWith: FlowGraph.none)
        dominators[0] = 0
        var changed = true
        while changed {
            changed = false
            var i = 1
            while i < count {
                let block = order[i]
                var best = FlowGraph.none
                for p in incoming(block) {
                    let source = incomingSources[p]
                    guard dominators[source] != FlowGraph.none else { continue }
                    best = best == FlowGraph.none ? source : commonDominator(source, best)
                }
                if dominators[block] != best {
                    dominators[block] = best
                    changed = true
                }
                i += 1
            }
            // Without retreating edges, one round is exact.
            if !hasRetreatingEdges { break }
        }
        // Sizes of subtrees backwards, then intervals forwards: a dominator comes before what it dominates.
        treeStarts.prepare(n)
        treeEnds.prepare(n)
        for i in 0..<count { cursor[order[i]] = 1 }
        var i = count - 1
        while i > 0 {
            cursor[dominators[order[i]]] += cursor[order[i]]
            i -= 1
        }
        treeStarts[0] = 0
        treeEnds[0] = UInt32(count)
        cursor[0] = 1
        i = 1
        while i < count {
            let block = order[i]
            let size = cursor[block]
            let start = cursor[dominators[block]]
            cursor[dominators[block]] = start + size
            treeStarts[block] = start
            treeEnds[block] = start + size
            cursor[block] = start + 1
            i += 1
        }
    }
    private func commonDominator(_ first: UInt32, _ second: UInt32) -> UInt32 {
        var a = first
        var b = second
        while a != b {
            while numbers[a] > numbers[b] { a = dominators[a] }
            while numbers[b] > numbers[a] { b = dominators[b] }
        }
        return a
    }

    private mutating func computeLoops(_ view: FunctionView) {
        loops.removeAll()
        isIrreducible = false
        innermost.prepare(view.blockCount, filledWith: FlowGraph.none)
        loopCount = 0
        if !hasRetreatingEdges { return }
        // Headers in order, so that outer loops have lower numbers.
        for i in 0..<count {
            let block = order[i]
            var isHeader = false
            for p in incoming(block) where isRetreating(from: incomingSources[p], to: block) {
                if dominates(block, incomingSources[p]) { isHeader = true } else { isIrreducible = true }
            }
            if isHeader { loops.push((block, FlowGraph.none)) }
        }
        loopCount = loops.count
        // Inner loops first; a block that has a loop already stands for the outermost loop found so far around it.
        for l in stride(from: loops.count - 1, through: 0, by: -1) {
            let header = loops[l].header
            innermost[header] = UInt32(l)
            stack.removeAll()
            for p in incoming(header) where dominates(header, incomingSources[p]) { stack.push(incomingSources[p]) }
            while let block = stack.pop() {
                var entry = block
                var inner = innermost[block]
                if inner == FlowGraph.none {
                    innermost[block] = UInt32(l)
                } else {
                    while loops[Int(inner)].parent != FlowGraph.none { inner = loops[Int(inner)].parent }
                    if inner == UInt32(l) { continue }
                    loops[Int(inner)].parent = UInt32(l)
                    entry = loops[Int(inner)].header
                }
                for p in incoming(entry) where innermost[incomingSources[p]] != UInt32(l) {
                    stack.push(incomingSources[p])
                }
            }
        }
    }
}

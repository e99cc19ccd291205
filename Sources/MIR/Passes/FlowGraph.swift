internal import Support

/// Control flow, dominators and loops of the function at hand, as raw block indices for the passes' side tables.
struct FlowGraph {
    static let none = UInt32.max

    private(set) var control = ControlFlow()
    private(set) var dominators = DominatorTree()
    private(set) var nest = LoopNest()
    private(set) var hasLoops = false

    mutating func compute(_ function: borrowing MIRFunction) {
        control.compute(function)
        dominators.compute(control)
        nest.compute(control, dominators)
        hasLoops = nest.isIrreducible || !nest.loops.isEmpty
    }

    /// The number of reachable blocks.
    @inline(__always) var count: Int { control.order.count }
    /// Reachable block number `i` in reverse postorder.
    @inline(__always) func block(_ i: Int) -> UInt32 { control.order[i].rawValue }
    /// Position of the block in reverse postorder; `none` if unreachable.
    @inline(__always) func number(_ block: UInt32) -> UInt32 { control.positions[Int(block)] }
    @inline(__always) func isReachable(_ block: UInt32) -> Bool { number(block) != FlowGraph.none }
    /// The range of `block`'s incoming edges, for `edge` and `source`.
    @inline(__always) func incoming(_ block: UInt32) -> Range<Int> { control.range(of: BlockID(rawValue: block)) }
    @inline(__always) func edge(_ i: Int) -> UInt32 { control.predecessorList[i].edge.rawValue }
    @inline(__always) func source(_ i: Int) -> UInt32 { control.predecessorList[i].block.rawValue }
    /// Whether the edge leads to a block that does not come later in the order.
    @inline(__always) func isRetreating(from source: UInt32, to target: UInt32) -> Bool {
        number(source) >= number(target)
    }
    /// Whether reachable block `a` dominates reachable block `b`.
    @inline(__always) func dominates(_ a: UInt32, _ b: UInt32) -> Bool {
        dominators.dominates(BlockID(rawValue: a), BlockID(rawValue: b))
    }
    @inline(__always) func immediateDominator(_ block: UInt32) -> UInt32 { dominators.parents[Int(block)] }
    /// The innermost loop of `block`, or `none`.
    @inline(__always) func loop(_ block: UInt32) -> UInt32 { nest.innermost[Int(block)] }
    /// Whether `block` is the header of its innermost loop.
    @inline(__always) func isHeader(_ block: UInt32) -> Bool {
        let l = loop(block)
        return l != FlowGraph.none && nest.loops[Int(l)].header.rawValue == block
    }
    /// The loop around loop `l`, or `none`.
    @inline(__always) func parent(_ l: UInt32) -> UInt32 { nest.loops[Int(l)].parent?.rawValue ?? FlowGraph.none }
    /// Whether `block` is in loop `l` or one inside it.
    @inline(__always) func isBlock(_ block: UInt32, inLoop l: UInt32) -> Bool {
        var current = loop(block)
        while current != FlowGraph.none {
            if current == l { return true }
            current = parent(current)
        }
        return false
    }
}

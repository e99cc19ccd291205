// Dominators and loops of a function.

internal import Support

/// The dominator tree of the reachable blocks (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm, 2001).
/// Keep one and `compute` it again for each function: the storage is reused.
package struct DominatorTree: Sendable {
    /// Immediate dominator by block, raw; `UInt32.max` for the entry and for unreachable blocks.
    @usableFromInline var parents: ContiguousArray<UInt32> = []
    /// Number of the block in `preorder`, by block.
    @usableFromInline var starts: ContiguousArray<UInt32> = []
    /// One past the last number in the block's subtree, by block; 0 for unreachable blocks.
    @usableFromInline var ends: ContiguousArray<UInt32> = []
    /// The reachable blocks such that each stands behind its dominators and subtrees are contiguous.
    package private(set) var preorder: ContiguousArray<BlockID> = []
    private var cursors: ContiguousArray<UInt32> = []

    package init() {}

    /// Computes the tree from the tables in `flow`, which must be those of the function.
    package mutating func compute(_ flow: borrowing ControlFlow) {
        let count = flow.positions.count
        parents.removeAll(keepingCapacity: true)
        parents.append(contentsOf: repeatElement(UInt32.max, count: count))
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: count))
        ends.removeAll(keepingCapacity: true)
        ends.append(contentsOf: repeatElement(0, count: count))
        preorder.removeAll(keepingCapacity: true)
        if count == 0 { return }

        var changed = true
        parents[0] = 0
        while changed {
            changed = false
            for i in flow.order.indices.dropFirst() {
                let block = flow.order[i]
                var parent = UInt32.max
                for k in 0..<flow.predecessorCount(of: block) {
                    let source = flow.predecessor(of: block, k).block.rawValue
                    if parents[Int(source)] == UInt32.max { continue }
                    parent = parent == UInt32.max ? source : intersect(parent, source, flow.positions)
                }
                if parents[block.index] != parent {
                    parents[block.index] = parent
                    changed = true
                }
            }
        }
        parents[0] = UInt32.max

        // Sizes of subtrees bottom up, then numbers top down: each child takes the next part of its parent's range.
        for i in flow.order.indices.reversed() {
            let b = flow.order[i].index
            ends[b] += 1
            if parents[b] != UInt32.max { ends[Int(parents[b])] += ends[b] }
        }
        cursors.removeAll(keepingCapacity: true)
        cursors.append(contentsOf: repeatElement(0, count: count))
        preorder.append(contentsOf: repeatElement(.entry, count: flow.order.count))
        for block in flow.order {
            let b = block.index
            var start: UInt32 = 0
            if parents[b] != UInt32.max {
                start = cursors[Int(parents[b])]
                cursors[Int(parents[b])] = start + ends[b]
            }
            starts[b] = start
            ends[b] += start
            cursors[b] = start + 1
            preorder[Int(start)] = block
        }
    }

    private func intersect(_ l: UInt32, _ r: UInt32, _ positions: ContiguousArray<UInt32>) -> UInt32 {
        var (l, r) = (l, r)
        while l != r {
            while positions[Int(l)] > positions[Int(r)] { l = parents[Int(l)] }
            while positions[Int(r)] > positions[Int(l)] { r = parents[Int(r)] }
        }
        return l
    }

    /// The closest other block on every path from the entry to `block`; nil for the entry and unreachable blocks.
    @inlinable package func immediateDominator(of block: BlockID) -> BlockID? {
        let parent = parents[block.index]
        return parent == UInt32.max ? nil : BlockID(rawValue: parent)
    }
    /// Every path from the entry to `b` goes through `a` (a block dominates itself). False if one is unreachable.
    @inlinable package func dominates(_ a: BlockID, _ b: BlockID) -> Bool {
        ends[b.index] != 0 && starts[a.index] <= starts[b.index] && starts[b.index] < ends[a.index]
    }
    /// The number of `block` in `preorder`.
    @inlinable package func number(of block: BlockID) -> Int { Int(starts[block.index]) }
}

/// A natural loop of a function: index in `LoopNest.loops`.
package struct LoopID: Hashable, Comparable, Sendable {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable package var index: Int { Int(rawValue) }
    @inlinable package static func < (l: LoopID, r: LoopID) -> Bool { l.rawValue < r.rawValue }
}

/// A natural loop.
package struct Loop: Sendable {
    /// The block through which the loop is entered; the target of its back edges.
    package var header: BlockID
    /// The loop around this one.
    package var parent: LoopID?
    /// 1 for outermost loops.
    package var depth: UInt32
    /// The number of back edges.
    package var backEdgeCount: UInt32
}

/// The natural loops of a function. Loops with one header count as one loop. Cycles with several entries
/// (irreducible) are no loops here; `isIrreducible` tells that there are some.
package struct LoopNest: Sendable {
    /// The loops; inner ones stand before those around them.
    package private(set) var loops: ContiguousArray<Loop> = []
    /// The innermost loop by block, raw; `UInt32.max` if none.
    @usableFromInline var innermost: ContiguousArray<UInt32> = []
    /// There is a cycle with more than one entry.
    package private(set) var isIrreducible = false
    private var stack: ContiguousArray<BlockID> = []

    package init() {}

    /// Finds the loops from the tables of the same function.
    package mutating func compute(_ flow: borrowing ControlFlow, _ dominators: borrowing DominatorTree) {
        loops.removeAll(keepingCapacity: true)
        innermost.removeAll(keepingCapacity: true)
        innermost.append(contentsOf: repeatElement(UInt32.max, count: flow.positions.count))
        isIrreducible = false
        // Headers in post-order: inner loops first. A block already in a loop stands for the outermost loop found so
        // far around it, which becomes a child of the new one.
        for i in flow.order.indices.reversed() {
            let header = flow.order[i]
            var backEdges: UInt32 = 0
            for k in 0..<flow.predecessorCount(of: header) {
                let source = flow.predecessor(of: header, k).block
                if dominators.dominates(header, source) {
                    backEdges += 1
                    stack.append(source)
                } else if flow.position(of: source) >= i {
                    isIrreducible = true
                }
            }
            if backEdges == 0 { continue }
            let id = LoopID(rawValue: UInt32(truncatingIfNeeded: loops.count))
            loops.append(Loop(header: header, parent: nil, depth: 0, backEdgeCount: backEdges))
            innermost[header.index] = id.rawValue
            while var block = stack.popLast() {
                let inner = innermost[block.index]
                if inner == UInt32.max {
                    innermost[block.index] = id.rawValue
                } else {
                    var outer = LoopID(rawValue: inner)
                    while let parent = loops[outer.index].parent { outer = parent }
                    if outer == id { continue }
                    loops[outer.index].parent = id
                    block = loops[outer.index].header
                }
                for k in 0..<flow.predecessorCount(of: block) {
                    let source = flow.predecessor(of: block, k).block
                    // Back edges of an inner loop lead to blocks that are done; the test above would stop there too.
                    if innermost[source.index] != id.rawValue { stack.append(source) }
                }
            }
        }
        for i in loops.indices.reversed() {
            loops[i].depth = loops[i].parent.map { loops[$0.index].depth + 1 } ?? 1
        }
    }

    /// The innermost loop that holds `block`.
    @inlinable package func loop(of block: BlockID) -> LoopID? {
        let raw = innermost[block.index]
        return raw == UInt32.max ? nil : LoopID(rawValue: raw)
    }
    /// The number of loops that hold `block`.
    @inlinable package func depth(of block: BlockID) -> Int {
        let raw = innermost[block.index]
        return raw == UInt32.max ? 0 : Int(loops[Int(raw)].depth)
    }
    /// `block` is in `loop` or in a loop inside it.
    package func contains(_ loop: LoopID, _ block: BlockID) -> Bool {
        var current = self.loop(of: block)
        while let c = current {
            if c == loop { return true }
            current = loops[c.index].parent
        }
        return false
    }
    /// `block` is the header of its innermost loop.
    package func isHeader(_ block: BlockID) -> Bool {
        guard let loop = loop(of: block) else { return false }
        return loops[loop.index].header == block
    }
    package subscript(loop: LoopID) -> Loop { loops[loop.index] }
}

// Control flow: successors of a block, and tables of predecessors and orders for a whole function.

internal import Support

extension MIRFunction {
    /// The number of edges that leave `block`; 0 while it has no terminator.
    @inlinable package func successorCount(of block: BlockID) -> Int {
        let i = instructions[blocks[block.index].last.index]
        switch i.opcode {
        case .jump: return 1
        case .branch: return 2
        case .switchInt: return count(of: OperandListID(rawValue: i.b)) / 3 + 1
        default: return 0
        }
    }
    /// The edge number `k` that leaves `block`: branch: true, false; switch: the cases in order, then the default.
    @inlinable package func successor(of block: BlockID, _ k: Int) -> EdgeID {
        let i = instructions[blocks[block.index].last.index]
        switch i.opcode {
        case .jump: return EdgeID(rawValue: i.a)
        case .branch: return EdgeID(rawValue: k == 0 ? i.b : i.c)
        default:
            let list = OperandListID(rawValue: i.b)
            return 3 * k < count(of: list) ? EdgeID(rawValue: raw(list, 3 * k + 2)) : EdgeID(rawValue: i.c)
        }
    }
    /// Calls `body` with each edge that leaves `block`.
    @inlinable package func forEachSuccessor(of block: BlockID, _ body: (EdgeID) -> Void) {
        for k in 0..<successorCount(of: block) { body(successor(of: block, k)) }
    }
}

/// An edge seen from its target.
package struct Predecessor: Sendable, Equatable {
    package var block: BlockID
    package var edge: EdgeID
    @inlinable package init(block: BlockID, edge: EdgeID) {
        self.block = block
        self.edge = edge
    }
}

/// Reverse post-order and predecessors of the blocks that the entry reaches. Keep one and `compute` it again
/// for each function: the storage is reused. Valid until blocks or edges change.
package struct ControlFlow: Sendable {
    /// The reachable blocks in reverse post-order; the entry is first.
    package private(set) var order: ContiguousArray<BlockID> = []
    /// The index in `order` by block; `UInt32.max` if unreachable.
    package private(set) var positions: ContiguousArray<UInt32> = []
    /// Predecessors of all blocks, block by block; only from reachable blocks.
    @usableFromInline var predecessorList: ContiguousArray<Predecessor> = []
    /// Start in `predecessorList` by block, and one past the last.
    @usableFromInline var predecessorStarts: ContiguousArray<UInt32> = []
    private var stack: ContiguousArray<(block: BlockID, next: UInt32)> = []

    package init() {}

    /// Computes the tables for `function`. O(blocks + edges).
    package mutating func compute(_ function: borrowing MIRFunction) {
        let count = function.blocks.count
        order.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        positions.append(contentsOf: repeatElement(UInt32.max, count: count))
        predecessorStarts.removeAll(keepingCapacity: true)
        predecessorStarts.append(contentsOf: repeatElement(0, count: count + 1))
        predecessorList.removeAll(keepingCapacity: true)
        if count == 0 { return }

        // Depth first with an explicit stack: generated functions have more blocks than a thread has stack. Successors
        // are taken from the last to the first, so that the true side of a branch precedes the false side in `order`.
        stack.removeAll(keepingCapacity: true)
        stack.append((.entry, UInt32(truncatingIfNeeded: function.successorCount(of: .entry))))
        positions[0] = 0
        while let top = stack.last {
            if top.next == 0 {
                order.append(top.block)
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].next = top.next - 1
            let target = function.edges[function.successor(of: top.block, Int(top.next - 1)).index].target
            predecessorStarts[target.index + 1] += 1
            if positions[target.index] == UInt32.max {
                positions[target.index] = 0
                stack.append((target, UInt32(truncatingIfNeeded: function.successorCount(of: target))))
            }
        }
        order.reverse()
        for i in order.indices { positions[order[i].index] = UInt32(truncatingIfNeeded: i) }

        var total: UInt32 = 0
        for b in 0...count {
            total += predecessorStarts[b]
            predecessorStarts[b] = total
        }
        let none = Predecessor(block: .entry, edge: EdgeID(rawValue: 0))
        predecessorList.append(contentsOf: repeatElement(none, count: Int(total)))
        // Fill each block's part from its start, moving the start; then move the starts back.
        for block in order {
            for k in 0..<function.successorCount(of: block) {
                let edge = function.successor(of: block, k)
                let target = function.edges[edge.index].target.index
                predecessorList[Int(predecessorStarts[target])] = Predecessor(block: block, edge: edge)
                predecessorStarts[target] += 1
            }
        }
        var b = count
        while b > 0 {
            predecessorStarts[b] = predecessorStarts[b - 1]
            b -= 1
        }
        predecessorStarts[0] = 0
    }

    /// The entry reaches `block`.
    @inlinable package func isReachable(_ block: BlockID) -> Bool { positions[block.index] != UInt32.max }
    /// The index of a reachable block in `order`.
    @inlinable package func position(of block: BlockID) -> Int { Int(positions[block.index]) }
    /// The edges to `block` from reachable blocks, in reverse post-order of their sources.
    @inlinable package func predecessors(of block: BlockID) -> ContiguousArray<Predecessor>.SubSequence {
        predecessorList[range(of: block)]
    }
    /// The number of edges to `block` from reachable blocks.
    @inlinable package func predecessorCount(of block: BlockID) -> Int { range(of: block).count }
    /// Predecessor number `i` of `block`.
    @inlinable package func predecessor(of block: BlockID, _ i: Int) -> Predecessor {
        predecessorList[Int(predecessorStarts[block.index]) + i]
    }
    @usableFromInline func range(of block: BlockID) -> Range<Int> {
        Int(predecessorStarts[block.index])..<Int(predecessorStarts[block.index + 1])
    }
}

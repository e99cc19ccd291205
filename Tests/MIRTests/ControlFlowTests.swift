import MIR
import Support
import Testing

struct ControlFlowTests {
    /// Function from a list of successors by block; a block with none returns.
    static func graph(_ successors: [[Int]]) throws -> MIRFunction {
        var text = "module \"m\"\nfunc global @f(i8, i64) {\n"
        for (b, targets) in successors.enumerated() {
            text += b == 0 ? "b0(v1: i8, v2: i64):\n" : "b\(b):\n"
            switch targets.count {
            case 0: text += "  return\n"
            case 1: text += "  jump b\(targets[0])\n"
            case 2: text += "  branch v1, b\(targets[0]), b\(targets[1])\n"
            default:
                let cases = targets.dropLast().enumerated().map { "\($0.offset): b\($0.element)" }
                text += "  switch v2 [\(cases.joined(separator: ", "))], b\(targets.last ?? 0)\n"
            }
        }
        let module = try MIRTextParser.parse(text + "}\n")
        #expect(MIRVerifier.verify(module) == [])
        return module.functions[0]
    }
    static func tables(_ successors: [[Int]]) throws -> (ControlFlow, DominatorTree, LoopNest) {
        var (flow, dominators, loops) = (ControlFlow(), DominatorTree(), LoopNest())
        // Compute twice: what an earlier function left must not matter.
        let other = try graph([[1, 2, 3], [1], [3], []])
        flow.compute(other)
        dominators.compute(flow)
        loops.compute(flow, dominators)
        let function = try graph(successors)
        flow.compute(function)
        dominators.compute(flow)
        loops.compute(flow, dominators)
        return (flow, dominators, loops)
    }

    @Test func orderAndPredecessors() throws {
        let (flow, _, _) = try ControlFlowTests.tables([[1, 2], [3], [3], [], [3]])
        #expect(flow.order.map(\.index) == [0, 1, 2, 3])
        #expect(flow.predecessors(of: BlockID(3)).map(\.block.index) == [1, 2])
        #expect(flow.predecessorCount(of: .entry) == 0)
        #expect(!flow.isReachable(BlockID(4)))
    }

    /// Against the definition: a dominates b iff b is unreachable without a.
    @Test(arguments: [
        [[1, 2], [3], [3], []],
        [[1], [2, 4], [3, 1], [2, 1], []],
        [[1, 2], [2], [1, 3], []],
        [[1, 2, 3], [4], [4, 5], [5], [6], [6], [1, 7], []],
        [[1], [2], [3, 5], [4], [2, 3], [1, 6], []],
        [[1], [1, 2], [3, 4], [], [3], [4]],
    ])
    func dominatorsFollowTheDefinition(_ successors: [[Int]]) throws {
        let (flow, dominators, _) = try ControlFlowTests.tables(successors)
        func reachable(without removed: Int?) -> Set<Int> {
            var seen: Set<Int> = []
            var stack = removed == 0 ? [] : [0]
            while let b = stack.popLast() {
                if b == removed || !seen.insert(b).inserted { continue }
                stack += successors[b]
            }
            return seen
        }
        let all = reachable(without: nil)
        for a in successors.indices {
            let rest = reachable(without: a)
            for b in successors.indices {
                let expected = all.contains(a) && all.contains(b) && !rest.contains(b)
                #expect(dominators.dominates(BlockID(a), BlockID(b)) == expected, "b\(a), b\(b)")
            }
        }
        #expect(dominators.preorder.count == all.count)
        for (i, block) in dominators.preorder.enumerated() {
            #expect(dominators.number(of: block) == i)
            if let parent = dominators.immediateDominator(of: block) {
                #expect(dominators.number(of: parent) < i)
                #expect(parent != block && dominators.dominates(parent, block))
            } else {
                #expect(block == .entry)
            }
        }
        #expect(Set(flow.order.map(\.index)) == all)
    }

    @Test func loopsNest() throws {
        // 1 heads the outer loop {1, 2, 3, 4}, 2 the inner {2, 3}; 5 is behind.
        let (_, _, loops) = try ControlFlowTests.tables([[1], [2], [3], [2, 4], [1, 5], []])
        #expect((0..<6).map { loops.depth(of: BlockID($0)) } == [0, 1, 2, 2, 1, 0])
        #expect(loops.loops.map(\.header.index) == [2, 1])
        #expect(loops.loops.map { $0.parent?.index } == [1, nil])
        #expect(loops.isHeader(BlockID(2)) && !loops.isHeader(BlockID(3)))
        #expect(loops.contains(LoopID(rawValue: 1), BlockID(3)))
        #expect(!loops.contains(LoopID(rawValue: 0), BlockID(4)))
        #expect(!loops.isIrreducible)
    }

    @Test func twoBackEdgesAreOneLoop() throws {
        let (_, _, loops) = try ControlFlowTests.tables([[1], [2, 3], [1], [1, 4], []])
        #expect(loops.loops.map(\.backEdgeCount) == [2])
        #expect((0..<5).map { loops.depth(of: BlockID($0)) } == [0, 1, 1, 1, 0])
    }

    @Test func irreducibleCyclesAreNoLoops() throws {
        let (_, _, loops) = try ControlFlowTests.tables([[1, 2], [2], [1, 3], []])
        #expect(loops.isIrreducible && loops.loops.isEmpty)
    }

    @Test func editing() throws {
        var module = try MIRTextParser.parse(VerifierTests.sound)
        let one = module.functions[0].make(Instruction(.iconst, .i64, immediate: 1))
        let first = module.functions[0].blocks[0].first
        module.functions[0].insert(one, before: first, in: .entry)
        // first → one, parameter → first → one: chains of replacements are followed.
        let parameter = module.functions[0].blocks[1].firstParameter
        var table = ReplacementTable()
        table.reset(for: module.functions[0])
        table.replace(first, by: one)
        table.replace(parameter, by: first)
        for block in module.functions[0].blocks.indices {
            var users: [ValueID] = []
            module.functions[0].forEachInstruction(in: BlockID(block)) { users.append($0) }
            for user in users { module.functions[0].mapOperands(of: user) { table.resolve($0) } }
        }
        module.functions[0].remove(first, from: .entry)
        #expect(MIRVerifier.verify(module) == [])
        let branch = module.functions[0].terminator(of: .entry)
        let edge = EdgeID(rawValue: module.functions[0][branch].b)
        let added = module.functions[0].addParameter(to: BlockID(1), type: .i8)
        module.functions[0].appendArgument(ValueID(rawValue: 2), to: edge)
        #expect(added.exists)
        #expect(MIRVerifier.verify(module) == [])
        #expect(
            MIRPrinter.print(module).hasSuffix(
                """
                b0(v1: i64, v2: i8):
                  v3 = iconst i64 1
                  branch v2, b1(v3, v2), b2
                b1(v4: i64, v5: i8):
                  v6 = add i64 v3, v3
                  return v6
                b2:
                  return v1
                }

                """))
        table.reset(for: module.functions[0])
        #expect(table.isEmpty && table.resolve(first) == first)
    }
}

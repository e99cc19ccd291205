import Codegen
import Testing

/// Random permutations and fan-outs of registers and frame words: executing the steps one by one has the effect of all
/// moves at once.
struct ParallelMoveTests {
    @Test func randomMoves() {
        var random = Random(seed: 3)
        var moves = ParallelMove()
        let general = (0..<8).map { Location(Register(rawValue: UInt8($0 + ($0 > 3 ? 2 : 0)))) }
        let float = (16..<20).map { Location(Register(rawValue: UInt8($0))) }
        let memory = (1...5).map { Location(displacement: Int32(-8 * $0)) }
        for _ in 0..<5000 {
            moves.begin()
            var contents: [Int32: Int] = [:]
            for (i, place) in (general + float + memory).enumerated() { contents[place.rawValue] = i + 1 }
            var expected = contents
            for (targets, sources) in [(general, general + memory), (float, float + memory), (memory, general + memory + float)] {
                for target in targets where random.chance(60) {
                    let source = random.pick(sources)
                    moves.add(to: target, from: source)
                    expected[target.rawValue] = contents[source.rawValue]
                }
            }
            moves.resolve()
            for i in 0..<moves.steps.count {
                let step = moves.steps[i]
                contents[step.to.rawValue] = contents[step.from.rawValue]
            }
            contents[Location(.r11).rawValue] = nil
            contents[Location(.xmm15).rawValue] = nil
            #expect(contents == expected)
        }
    }
}

import HIR
import Lowering
import MIR
import Support
import Testing

/// Prints what lowering costs; asserts only that everything was lowered.
@Test("lowering of a large module")
func loweringSpeed() {
    var maker = HIRMaker()
    let ints = maker.program.types.array(.i64)
    let count = 3000
    var previous = maker.function("start", [.i64], .i64) { m, p in m.get(p[0]) }
    // Ten source lines each: a loop, array accesses, a call, branches, arithmetic, one line of output.
    for i in 0..<count {
        let callee = previous
        previous = maker.function("f\(i)", [.i64, ints], .i64) { m, p in
            let sum = m.local(.i64)
            let k = m.local(.i64)
            let loop = m.forLoop(k, m.range(m.int(0), m.builtin(.length, [m.get(p[1])], .i64))) { m in
                let item = m.index(m.get(p[1]), m.get(k))
                let test = m.compare(.greater, item, m.get(p[0]))
                let then = m.update(.add, m.get(sum), m.index(m.get(p[1]), m.get(k)))
                let other = m.update(.subtract, m.index(m.get(p[1]), m.get(k)), m.binary(.multiply, m.get(k), m.int(3)))
                return m.block([m.ifElse(test, m.block([then]), m.block([other]))])
            }
            let arguments = callee.rawValue == 0 ? [m.get(p[0])] : [m.get(sum), m.get(p[1])]
            return m.block(
                [
                    m.set(sum, m.int(0)), loop, m.builtin(.println, [m.string("sum \(i % 50)"), m.get(sum)]),
                    m.ifElse(m.compare(.equal, m.get(sum), m.int(0)), m.giveBack(m.int(-1))),
                    m.binary(.add, m.call(callee, arguments, .i64), m.int(1)),
                ], value: .i64)
        }
    }
    let clock = ContinuousClock()
    var best = Duration.seconds(1000)
    var functions = 0
    for _ in 0..<5 {
        let time = clock.measure { functions = lower(&maker.program, module: maker.program.root).functions.count }
        best = min(best, time)
    }
    let nanoseconds = Double(best.components.attoseconds) / 1e9
    print("lowering: \(Int(nanoseconds) / (count * 10)) ns per source line")
    #expect(functions >= count)
}

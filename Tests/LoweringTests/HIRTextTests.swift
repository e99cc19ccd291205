import HIR
import Support
import Testing

@Test("the text form of HIR shows declarations, types and nesting")
func hirText() {
    var maker = HIRMaker()
    let point = maker.structure("Point", [("x", .i64), ("name", .str)])
    _ = maker.global("count", .u8, needsFlag: true)
    maker.function("area", [point, .u8], .i64) { m, p in
        let x = m.node(.field, .i64, a: m.get(p[0]).rawValue, b: 0)
        let i = m.local(.i64)
        let loop = m.forLoop(i, m.range(m.int(0), x)) { m in m.builtin(.println, [m.string("a\n"), m.get(i)]) }
        let test = m.compare(.less, m.get(p[1]), m.int(3, .u8))
        return m.block([loop, m.ifElse(test, m.giveBack(m.int(1))), m.int(2)], value: .i64)
    }
    #expect(
        printHIR(maker.program) == #"""
            module main
            struct Point(x: i64, name: str)
            global count: u8 checked
            fn area(%0: Point, %1: u8) -> i64
              local %2: i64
              block:i64
                for #0 %2 in range:Range[i64](0, part0:i64(%0), _)
                  $println("a\n", %2)
                if less:bool(%1, 3:u8)
                  return 1
                2

            """#)
}

import HIR
import MIR
import RuntimeABI
import Support
import Testing

/// Lowered code is checked by the verifier and run by the interpreter. Serialized: the host's output is one buffer.
@Suite(.serialized) struct LoweringSuite {
    @Test("loops over ranges visit exactly the elements, up to the ends of the type")
    func rangeLoops() throws {
        let types: [(TypeID, Int64, Int64)] = [(.i8, -128, 127), (.u8, 0, 255), (.i64, .min, .max)]
        for (type, low, high) in types {
            for inclusive in [false, true] {
                for step in [nil, 1, -1, 2, -2, 100] as [Int64?] {
                    // Once with constants, once with everything known only at run time.
                    var maker = HIRMaker()
                    let cases: [(Int64, Int64)] =
                        [(0, 5), (5, 0), (3, 3), (high - 3, high), (low + 3, low), (low, low)]
                    for (i, (start, end)) in cases.enumerated() {
                        maker.function("c\(i)", [], .i64) { m, _ in
                            let stepNode = step.map { m.int($0) } ?? .none
                            return Self.fold(&m, type, m.range(m.int(start, type), m.int(end, type), step: stepNode, inclusive: inclusive))
                        }
                    }
                    maker.function("d", [type, type, .i64], .i64) { m, p in
                        let stepNode = step == nil ? ExprID.none : m.get(p[2])
                        return Self.fold(&m, type, m.range(m.get(p[0]), m.get(p[1]), step: stepNode, inclusive: inclusive))
                    }
                    let code = try Lowered(&maker)
                    for (i, (start, end)) in cases.enumerated() {
                        let expected = Self.foldReference(start, end, step ?? 1, inclusive)
                        let label = "\(start)..\(inclusive ? "=" : "")\(end) step \(step ?? 1) of \(type)"
                        #expect(code.run("main.c\(i)") == .value([UInt64(bitPattern: expected)]), "\(label)")
                        let arguments = [start, end, step ?? 1].map { UInt64(bitPattern: $0) }
                        #expect(code.run("main.d", arguments) == .value([UInt64(bitPattern: expected)]), "\(label)")
                    }
                }
            }
        }
    }
    /// sum = sum * 31 + element, wrapping.
    static func fold(_ m: inout HIRMaker, _ type: TypeID, _ range: ExprID) -> ExprID {
        let sum = m.local(.i64)
        let element = m.local(type)
        let start = m.set(sum, m.int(7))
        let loop = m.forLoop(element, range) { m in
            let product = m.builtin(.wrappingMultiply, [m.get(sum), m.int(31)], .i64)
            let wide = m.cast(m.get(element), .i64)
            return m.set(sum, m.builtin(.wrappingAdd, [product, wide], .i64))
        }
        return m.block([start, loop, m.get(sum)], value: .i64)
    }
    static func foldReference(_ start: Int64, _ end: Int64, _ step: Int64, _ inclusive: Bool) -> Int64 {
        var sum: Int64 = 7
        var i = start
        while step > 0 ? (i < end || inclusive && i == end) : (i > end || inclusive && i == end) {
            sum = sum &* 31 &+ i
            let (next, overflow) = i.addingReportingOverflow(step)
            if overflow { break }
            i = next
        }
        return sum
    }

    @Test("aggregates print in the form of the reference")
    func display() throws {
        var maker = HIRMaker()
        let point = maker.structure("Point", [("x", .i64), ("name", .str)])
        let none = maker.program.types.option(.i64)
        maker.function("f", [.i64]) { m, p in
            let value = m.node(.makeStruct, point, b: m.list([m.get(p[0]), m.string("a")]))
            let pair = m.tuple([m.int(1), m.bool(true)])
            let single = m.tuple([m.float(2.5)])
            let array = m.array(none, [m.some(m.get(p[0])), m.node(.noneConstant, none)])
            let range = m.range(m.int(0), m.int(9), step: m.int(2))
            let text = m.node(
                .interpolate, .str,
                b: m.list([m.string("<"), m.node(.format, .str, a: m.get(p[0]).rawValue), m.string(">")]))
            return m.block([
                m.builtin(.println, [value, pair, single, array]),
                m.builtin(.print, [range, m.range(m.int(1), m.int(2), inclusive: true), text, m.node(.nilConstant, .nilType)]),
            ])
        }
        let code = try Lowered(&maker)
        #expect(code.run("main.f", [4]) == .value([]))
        #expect(code.output == "Point(x: 4, name: \"a\") (1, true) (2.5,) [Some(4), None]\nrange(0, 9, 2) 1..=2 <4> nil")
        // Neighbouring constants are one.
        #expect(code.module.data.contains { $0.bytes.count > 24 && $0.bytes[24...].starts(with: Array(" <".utf8)) })
    }

    @Test("arrays: literals, negative indices, growth, augmented assignment, equality")
    func arrays() throws {
        var maker = HIRMaker()
        let ints = maker.program.types.array(.i64)
        let pair = maker.program.types.tuple([.i8, .str, .i64])
        let pairs = maker.program.types.array(pair)
        maker.function("at", [.i64], .i64) { m, p in
            m.index(m.array(.i64, (10...14).map { m.int($0) }), m.get(p[0]))
        }
        maker.function("unsigned", [.u64], .i64) { m, p in m.index(m.array(.i64, [m.int(1)]), m.get(p[0])) }
        maker.function("grow", [.i64], .i64) { m, p in
            let xs = m.local(ints)
            let i = m.local(.i64)
            return m.block(
                [
                    m.set(xs, m.array(.i64, [])),
                    m.forLoop(i, m.range(m.int(0), m.get(p[0]))) { m in m.builtin(.push, [m.get(xs), m.get(i)]) },
                    m.update(.add, m.index(m.get(xs), m.int(-1)), m.int(1000)),
                    m.binary(.add, m.index(m.get(xs), m.int(-1)), m.builtin(.length, [m.get(xs)], .i64)),
                ], value: .i64)
        }
        maker.function("mixed", [.i64], .i64) { m, p in
            let xs = m.local(pairs)
            return m.block(
                [
                    m.set(xs, m.array(pair, [m.tuple([m.int(1, .i8), m.string("a"), m.int(5)])])),
                    m.builtin(.push, [m.get(xs), m.tuple([m.int(2, .i8), m.string("b"), m.get(p[0])])]),
                    m.node(.tupleElement, .i64, a: m.index(m.get(xs), m.int(1)).rawValue, b: 2),
                ], value: .i64)
        }
        maker.function("same", [.i64], .bool) { m, p in
            let l = m.array(pair, [m.tuple([m.int(1, .i8), m.string("a"), m.get(p[0])])])
            let r = m.array(pair, [m.tuple([m.int(1, .i8), m.string("a"), m.int(5)])])
            return m.compare(.equal, l, r)
        }
        maker.function("order", [.i64], .bool) { m, p in
            m.compare(.less, m.array(.i64, [m.int(1), m.get(p[0])]), m.array(.i64, [m.int(1), m.int(5), m.int(0)]))
        }
        maker.function("member", [.i64], .bool) { m, p in
            m.node(.contains, .bool, a: m.get(p[0]).rawValue, b: m.array(.i64, [m.int(3), m.int(4)]).rawValue)
        }
        maker.function("change", [.i64], .nilType) { m, _ in
            let xs = m.local(ints)
            let x = m.local(.i64)
            return m.block([
                m.set(xs, m.array(.i64, [m.int(3)])),
                m.forLoop(x, m.get(xs)) { m in m.builtin(.push, [m.get(xs), m.get(x)]) },
            ])
        }
        maker.function("pop", [], .i64) { m, _ in m.builtin(.pop, [m.array(.i64, [])], .i64) }
        let code = try Lowered(&maker)
        for (index, expected) in [(0, 10), (4, 14), (-1, 14), (-5, 10)] as [(Int64, UInt64)] {
            #expect(code.run("main.at", [UInt64(bitPattern: index)]) == .value([expected]))
        }
        #expect(code.run("main.at", [5]) == .stopped(.panicIndex))
        #expect(code.run("main.at", [UInt64(bitPattern: -6)]) == .stopped(.panicIndex))
        #expect(code.run("main.unsigned", [.max]) == .stopped(.panicIndex))
        #expect(code.run("main.grow", [20]) == .value([19 + 1000 + 20]))
        #expect(code.run("main.mixed", [77]) == .value([77]))
        #expect(code.run("main.same", [5]) == .value([1]))
        #expect(code.run("main.same", [6]) == .value([0]))
        #expect([4, 5, 6].map { code.run("main.order", [$0]) } == [.value([1]), .value([1]), .value([0])])
        #expect([4, 5].map { code.run("main.member", [$0]) } == [.value([1]), .value([0])])
        #expect(code.run("main.change", [0]) == .trap(.modifiedWhileIterating))
        #expect(code.run("main.pop") == .stopped(.panicUnwrap))
    }

    @Test("match: constants, ranges, alternatives, guards, tuples, options, arrays with rest")
    func patterns() throws {
        var maker = HIRMaker()
        let option = maker.program.types.option(.i64)
        maker.function("number", [.u8], .i64) { m, p in
            let other = m.local(.u8)
            func constant(_ m: inout HIRMaker, _ value: Int64) -> PatternID {
                let number = m.int(value, .u8)
                return m.pattern(.constant, .u8, a: number.rawValue)
            }
            let two = constant(&m, 2)
            let three = constant(&m, 200)
            let either = m.pattern(.or, .u8, b: m.body.addList([two.rawValue, three.rawValue]).rawValue)
            let range = m.pattern(.range, .u8, flags: 1, a: m.int(10, .u8).rawValue, b: m.int(20, .u8).rawValue)
            let guarded = m.compare(.greater, m.get(other), m.int(250, .u8))
            return m.match(
                m.get(p[0]),
                [
                    (constant(&m, 1), .none, m.int(100)), (either, .none, m.int(101)),
                    (constant(&m, 1), .none, m.int(102)), (range, .none, m.int(103)),
                    (m.binding(other), guarded, m.cast(m.get(other), .i64)),
                    (m.pattern(.wildcard, .u8), .none, m.int(104)),
                ], .i64, exhaustive: true)
        }
        maker.function("pair", [option, .bool], .i64) { m, p in
            let x = m.local(.i64)
            let some = m.pattern(.some, option, a: m.binding(x).rawValue)
            let yes = m.pattern(.constant, .bool, a: m.bool(true).rawValue)
            let wild = m.pattern(.wildcard, .bool)
            let none = m.pattern(.none, option)
            let scrutinee = m.tuple([m.get(p[0]), m.get(p[1])])
            let type = m.body[scrutinee].type
            func both(_ m: inout HIRMaker, _ l: PatternID, _ r: PatternID) -> PatternID {
                m.pattern(.tuple, type, b: m.body.addList([l.rawValue, r.rawValue]).rawValue)
            }
            return m.match(
                scrutinee,
                [
                    (both(&m, some, yes), .none, m.get(x)),
                    (both(&m, some, wild), .none, m.unary(.negate, m.get(x))),
                    (both(&m, none, wild), .none, m.int(0)),
                ], .i64, exhaustive: true)
        }
        maker.function("ends", [.i64], .i64) { m, p in
            let (first, last) = (m.local(.i64), m.local(.i64))
            let array = m.array(.i64, [m.get(p[0]), m.int(2), m.int(3)])
            let pattern = m.pattern(
                .array, m.body[array].type, a: m.body.addList([m.binding(first).rawValue]).rawValue,
                b: m.body.addList([m.binding(last).rawValue]).rawValue, c: 1)
            let test = m.node(.matches, .bool, a: array.rawValue, b: pattern.rawValue)
            let both = m.node(.logicalAnd, .bool, a: test.rawValue, b: m.compare(.greater, m.get(first), m.int(0)).rawValue)
            return m.ifElse(both, m.binary(.add, m.get(first), m.get(last)), m.int(-1), .i64)
        }
        let code = try Lowered(&maker)
        let expected: [(UInt64, UInt64)] = [(1, 100), (2, 101), (200, 101), (10, 103), (20, 103), (21, 104), (251, 251), (250, 104)]
        for (input, output) in expected { #expect(code.run("main.number", [input]) == .value([output]), "\(input)") }
        #expect(code.run("main.pair", [1, 5, 1]) == .value([5]))
        #expect(code.run("main.pair", [1, 5, 0]) == .value([UInt64(bitPattern: -5)]))
        #expect(code.run("main.pair", [0, 0, 1]) == .value([0]))
        #expect(code.run("main.ends", [4]) == .value([7]))
        #expect(code.run("main.ends", [UInt64(bitPattern: -4)]) == .value([UInt64(bitPattern: -1)]))
    }

    @Test("generic functions become one weak instance per type; mut self is written back; globals are checked")
    func functions() throws {
        var maker = HIRMaker()
        let parameter = maker.program.types.parameter(0)
        let add = maker.function("add", [parameter, parameter], parameter, generic: 1) { m, p in
            m.binary(.add, m.get(p[0]), m.get(p[1]))
        }
        maker.function("sum", [.i64, .i64], .i64) { m, p in
            m.call(add, [m.get(p[0]), m.call(add, [m.get(p[1]), m.int(1)], .i64, types: [.i64])], .i64, types: [.i64])
        }
        maker.function("text", [], .bool) { m, _ in
            m.compare(.equal, m.call(add, [m.string("a"), m.string("b")], .str, types: [.str]), m.string("ab"))
        }
        let counter = maker.structure("Counter", [("n", .i64), ("step", .i64)])
        let bump = maker.function("Counter.bump", [counter], .i64, mutatesSelf: true) { m, p in
            let field = m.node(.field, .i64, a: m.get(p[0]).rawValue, b: 0)
            let step = m.node(.field, .i64, a: m.get(p[0]).rawValue, b: 1)
            let old = m.node(.field, .i64, a: m.get(p[0]).rawValue, b: 0)
            return m.block([m.update(.add, field, step), m.giveBack(old)])
        }
        maker.function("count", [.i64], .i64) { m, p in
            let c = m.local(counter)
            return m.block(
                [
                    m.set(c, m.node(.makeStruct, counter, b: m.list([m.int(1), m.get(p[0])]))),
                    m.call(bump, [m.get(c)], .i64, mutating: true),
                    m.call(bump, [m.get(c)], .i64, mutating: true),
                    m.node(.field, .i64, a: m.get(c).rawValue, b: 0),
                ], value: .i64)
        }
        let global = maker.global("g", .i64, needsFlag: true)
        maker.function("read", [], .i64) { m, _ in
            m.node(.global, .i64, flags: HIRExpr.checkInitialised, a: global.rawValue)
        }
        maker.function("write", [.i64]) { m, p in m.assign(m.node(.global, .i64, a: global.rawValue), m.get(p[0])) }
        let main = maker.function("main", [], .i64) { m, _ in m.int(3_000_000_000) }
        maker.program.main = main
        let code = try Lowered(&maker)
        #expect(code.run("main.sum", [40, 1]) == .value([42]))
        #expect(code.run("main.text") == .value([1]))
        let instances = code.module.functions.map { code.module[$0.symbol] }.filter { $0.linkage == .weak }.map(\.name)
        #expect(instances == ["main.add[i64]", "main.add[str]"])
        #expect(code.run("main.count", [10]) == .value([21]))
        #expect(code.run("main.read") == .trap(.uninitialisedGlobal))
        #expect(code.run("main.write", [9]) == .value([]))
        #expect(code.run("main.read") == .value([9]))
        #expect(code.run("simple.main") == .trap(.exitCodeRange))
    }

    @Test("code behind what does not return is dropped without harm")
    func divergence() throws {
        var maker = HIRMaker()
        maker.function("f", [.i64], .i64) { m, p in
            let stop = m.giveBack(m.int(7))
            let sum = m.binary(.add, m.get(p[0]), m.giveBack(m.int(8)))
            let unused = m.builtin(.println, [stop, m.tuple([m.int(1), m.giveBack(m.int(9))])])
            return m.block([m.ifElse(m.compare(.less, m.get(p[0]), m.int(0)), unused), sum], value: .i64)
        }
        let code = try Lowered(&maker)
        #expect(code.run("main.f", [1]) == .value([8]))
        #expect(code.run("main.f", [UInt64(bitPattern: -1)]) == .value([7]))
    }
}

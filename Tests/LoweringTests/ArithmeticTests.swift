import HIR
import MIR
import RuntimeABI
import Support
import Testing

extension LoweringSuite {
    /// Integer types with their ranges as Int128-free pairs of i64 (u64 is left to a test of its own).
    static let narrowTypes: [(TypeID, Int64, Int64)] = [
        (.i8, -128, 127), (.i16, -32768, 32767), (.i32, -2_147_483_648, 2_147_483_647), (.u8, 0, 255),
        (.u16, 0, 65535), (.u32, 0, 4_294_967_295),
    ]
    static let operators: [HIRBinary] = [
        .add, .subtract, .multiply, .divide, .floorDivide, .remainder, .bitAnd, .bitOr, .bitXor, .shiftLeft,
        .shiftRight,
    ]

    /// The exact result, or the trap, in the language's terms.
    static func reference(_ op: HIRBinary, _ a: Int64, _ b: Int64, _ low: Int64, _ high: Int64) -> Result<Int64, Trap> {
        let width: Int64 = high > 70000 ? 32 : high > 300 ? 16 : 8
        func fit(_ value: Int64) -> Result<Int64, Trap> {
            value < low || value > high ? .failure(Trap(code: .overflow)) : .success(value)
        }
        switch op {
        case .add: return fit(a + b)
        case .subtract: return fit(a - b)
        case .multiply:
            let (value, overflow) = a.multipliedReportingOverflow(by: b)
            return overflow ? .failure(Trap(code: .overflow)) : fit(value)
        case .divide: return b == 0 ? .failure(Trap(code: .divisionByZero)) : fit(a / b)
        case .floorDivide:
            if b == 0 { return .failure(Trap(code: .divisionByZero)) }
            return fit(a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0))
        case .remainder: return b == 0 ? .failure(Trap(code: .divisionByZero)) : fit(a % b)
        case .bitAnd: return .success(a & b)
        case .bitOr: return .success(a | b)
        case .bitXor: return .success(a ^ b)
        case .shiftLeft, .shiftRight:
            if b < 0 || b >= width { return .failure(Trap(code: .badShift)) }
            let value = op == .shiftLeft ? a << b : a >> b
            let unit = Int64(1) << width
            let low = value & (unit - 1)
            return .success(high == unit - 1 ? low : low >= unit / 2 ? low - unit : low)
        case .power: return .success(0)
        }
    }
    struct Trap: Error, Equatable { var code: TrapCode }

    @Test("operators on every narrow width agree with exact arithmetic")
    func integerOperators() throws {
        var maker = HIRMaker()
        for (t, (type, _, _)) in Self.narrowTypes.enumerated() {
            for op in Self.operators {
                maker.function("f\(t)_\(op)", [type, type], type) { m, p in m.binary(op, m.get(p[0]), m.get(p[1])) }
            }
        }
        let code = try Lowered(&maker)
        for (t, (_, low, high)) in Self.narrowTypes.enumerated() {
            let samples = [low, low + 1, low / 2, 0, 1, 2, 7, 8, 31, high / 2, high - 1, high, low < 0 ? -1 : 3, low < 0 ? -7 : 5]
            for op in Self.operators {
                for a in samples {
                    for b in samples {
                        let expected: Outcome
                        switch Self.reference(op, a, b, low, high) {
                        case .success(let value): expected = .value([UInt64(bitPattern: Self.asLeaf(value, high))])
                        case .failure(let trap): expected = .trap(trap.code)
                        }
                        let found = code.run("main.f\(t)_\(op)", [UInt64(bitPattern: a), UInt64(bitPattern: b)])
                        #expect(found == expected, "\(a) \(op) \(b) with maximum \(high)")
                    }
                }
            }
        }
    }
    /// Results are reported sign-extended from the leaf's width.
    static func asLeaf(_ value: Int64, _ high: Int64) -> Int64 {
        high <= 255 ? Int64(Int8(truncatingIfNeeded: value))
            : high <= 65535 ? Int64(Int16(truncatingIfNeeded: value)) : Int64(Int32(truncatingIfNeeded: value))
    }

    static let castTypes: [(TypeID, Int64, Int64)] = narrowTypes + [(.i64, .min, .max)]

    @Test("casts between integers trap exactly when the value does not fit")
    func integerCasts() throws {
        var maker = HIRMaker()
        for (s, source) in Self.castTypes.enumerated() {
            for (t, target) in Self.castTypes.enumerated() {
                maker.function("f\(s)_\(t)", [source.0], target.0) { m, p in m.cast(m.get(p[0]), target.0) }
                let option = maker.program.types.option(target.0)
                maker.function("o\(s)_\(t)", [source.0], option) { m, p in
                    m.cast(m.get(p[0]), option, flags: HIRExpr.optionalCast)
                }
                maker.function("s\(s)_\(t)", [source.0], target.0) { m, p in
                    m.cast(m.get(p[0]), target.0, flags: HIRExpr.saturatingCast)
                }
                maker.function("w\(s)_\(t)", [source.0], target.0) { m, p in
                    m.cast(m.get(p[0]), target.0, flags: HIRExpr.wrappingCast)
                }
            }
        }
        let code = try Lowered(&maker)
        for (s, source) in Self.castTypes.enumerated() {
            for (t, target) in Self.castTypes.enumerated() {
                for value in [source.1, source.1 / 3, -1, 0, 1, 127, 128, 255, 256, 32768, 65535, source.2 / 3, source.2]
                where value >= source.1 && value <= source.2 {
                    let fits = value >= target.1 && value <= target.2
                    func leaf(_ x: Int64) -> UInt64 {
                        UInt64(bitPattern: t == 6 ? x : Self.asLeaf(x, target.2))
                    }
                    let argument = [UInt64(bitPattern: value)]
                    let label = "\(value): \(s) as \(t)"
                    #expect(
                        code.run("main.f\(s)_\(t)", argument) == (fits ? .value([leaf(value)]) : .trap(.conversion)),
                        "\(label)")
                    #expect(
                        code.run("main.o\(s)_\(t)", argument) == .value(fits ? [1, leaf(value)] : [0, 0]), "\(label)")
                    let clamped = min(max(value, target.1), target.2)
                    #expect(code.run("main.s\(s)_\(t)", argument) == .value([leaf(clamped)]), "\(label)")
                    #expect(code.run("main.w\(s)_\(t)", argument) == .value([leaf(value)]), "\(label)")
                }
            }
        }
    }

    @Test("casts from f64 check the range and truncate")
    func floatCasts() throws {
        var maker = HIRMaker()
        for (t, target) in Self.castTypes.enumerated() {
            maker.function("f\(t)", [.f64], target.0) { m, p in m.cast(m.get(p[0]), target.0) }
            maker.function("s\(t)", [.f64], target.0) { m, p in
                m.cast(m.get(p[0]), target.0, flags: HIRExpr.saturatingCast)
            }
        }
        maker.function("u", [.f64], .u64) { m, p in m.cast(m.get(p[0]), .u64) }
        maker.function("up", [.u64], .f64) { m, p in m.cast(m.get(p[0]), .f64) }
        maker.function("c", [.u32], .char) { m, p in m.cast(m.get(p[0]), .char) }
        let code = try Lowered(&maker)
        for (t, target) in Self.castTypes.enumerated() {
            for value in [0.0, -0.9, 0.9, -1, 1, 127.9, 128, -128.9, -129, 255.9, 256, 2_147_483_647.5, 4e9, 1e19, -1e19, .nan, .infinity] {
                let exact = Int64(exactly: value.rounded(.towardZero))
                let fits = exact.map { $0 >= target.1 && $0 <= target.2 } ?? false
                func leaf(_ x: Int64) -> UInt64 { UInt64(bitPattern: t == 6 ? x : Self.asLeaf(x, target.2)) }
                #expect(
                    code.run("main.f\(t)", [value.bitPattern]) == (fits ? .value([leaf(exact ?? 0)]) : .trap(.conversion)),
                    "\(value) as \(t)")
                let clamped = value.isNaN ? 0 : value < Double(target.1) ? target.1 : value > Double(target.2) ? target.2 : exact ?? target.2
                #expect(code.run("main.s\(t)", [value.bitPattern]) == .value([leaf(clamped)]), "saturating \(value) to \(t)")
            }
        }
        #expect(code.run("main.u", [1e19.bitPattern]) == .value([10_000_000_000_000_000_000]))
        #expect(code.run("main.u", [(-1.0).bitPattern]) == .trap(.conversion))
        for value in [0, 1, UInt64.max, 1 << 63, (1 << 63) + 1025, 0x8000_0000_0000_0401] as [UInt64] {
            #expect(code.run("main.up", [value]) == .value([Double(value).bitPattern]), "\(value)")
        }
        for (value, fits) in [(65, true), (0xD7FF, true), (0xD800, false), (0xDFFF, false), (0xE000, true), (0x10FFFF, true), (0x110000, false)] as [(UInt64, Bool)] {
            #expect(code.run("main.c", [value]) == (fits ? .value([value]) : .trap(.conversion)), "\(value)")
        }
    }
}

import Codegen
import MIR
import Testing

/// Division by constants, against Swift's own, over edges of divisors and dividends.
struct DivisionTests {
    static let divisors: [Int64] = [
        1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 25, 28, 31, 60, 64, 100, 125, 127, -2, -3, -4, -5, -7, -10, -16, -100,
        -127, -128, 128, 255, 256, 641, 1000, 3600, 10_000, 32767, -32768, 65521, 86400, 1_000_000, 1_000_000_007,
        2_147_483_647, -2_147_483_648, 2_147_483_648, 4_294_967_295, 4_294_967_297, 6_700_417, .max, .min, .max - 1, .min + 1,
    ]
    static let dividends: [Int64] = divisors + divisors.map { $0 &- 1 } + divisors.map { $0 &* 7 &+ 3 } + [0, -1, 1 << 40]

    static func check<T: FixedWidthInteger>(_ type: T.Type, _ name: String, _ suffix: String) throws {
        var text = "module \"d\"\n"
        let divisors = Set(DivisionTests.divisors.map { T(truncatingIfNeeded: $0) }.filter { $0 != 0 && !(T.isSigned && $0 == 0 &- 1) })
            .sorted()
        for (i, divisor) in divisors.enumerated() {
            let size = T.bitWidth / 8
            text += """
                func global @f\(i)(ptr, ptr) {
                b0(v1: ptr, v2: ptr):
                  v3 = load \(name) [v1] any
                  v4 = iconst \(name) \(Int64(truncatingIfNeeded: T.isSigned ? Int64(truncatingIfNeeded: divisor) : signed(divisor)))
                  v5 = div.\(suffix) \(name) v3, v4
                  store v5, [v2] any
                  v6 = rem.\(suffix) \(name) v3, v4
                  store v6, [v2 + \(size)] any
                  return
                }

                """
        }
        let module = try compile(text)
        for (i, divisor) in divisors.enumerated() {
            for value in DivisionTests.dividends {
                var input = T(truncatingIfNeeded: value)
                var results: (T, T) = (0, 0)
                let outcome = module.call("f\(i)", &input, &results)
                #expect(outcome == .returned)
                let (quotient, remainder) = input.quotientAndRemainder(dividingBy: divisor)
                #expect(results.0 == quotient && results.1 == remainder, "\(input) / \(divisor) as \(T.self)")
            }
        }
    }

    /// Constants are written sign-extended from their width.
    private static func signed<T: FixedWidthInteger>(_ value: T) -> Int64 {
        let unused = 64 - T.bitWidth
        return (Int64(truncatingIfNeeded: UInt64(truncatingIfNeeded: value)) << unused) >> unused
    }

    @Test func signed() throws {
        try DivisionTests.check(Int64.self, "i64", "s")
        try DivisionTests.check(Int32.self, "i32", "s")
        try DivisionTests.check(Int16.self, "i16", "s")
        try DivisionTests.check(Int8.self, "i8", "s")
    }
    @Test func unsigned() throws {
        try DivisionTests.check(UInt64.self, "i64", "u")
        try DivisionTests.check(UInt32.self, "i32", "u")
        try DivisionTests.check(UInt16.self, "i16", "u")
        try DivisionTests.check(UInt8.self, "i8", "u")
    }
}

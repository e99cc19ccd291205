import Foundation
import Runtime
import RuntimeABI
import Testing

/// A format specification written out, as the compiler packs it.
func pack(
    fill: Unicode.Scalar? = nil, align: UInt64 = 0, sign: UInt64 = 0, alternate: Bool = false, zero: Bool = false,
    grouping: UInt64 = 0, type: FormatType = .none, single: Bool = false, width: UInt64 = 0, precision: Int = -1
) -> UInt64 {
    UInt64(fill?.value ?? 0) | align << 21 | sign << 23 | (alternate ? 1 << 25 : 0) | (zero ? 1 << 26 : 0)
        | grouping << 27 | UInt64(type.rawValue) << 29 | (single ? 1 << 33 : 0) | width << 34 | UInt64(precision + 1) << 50
}

/// Text that `body` puts into a sink.
func built(_ body: (UnsafeMutableRawPointer) -> Void) -> String {
    withRuntime {
        let sink = simple_rt_sink_begin()
        body(sink)
        return textOf(simple_rt_sink_finish(sink))
    }
}

func formatted(_ value: Int, _ spec: UInt64) -> String { built { simple_rt_format_i64($0, value, UInt(spec)) } }
func formatted(_ value: Double, _ spec: UInt64) -> String { built { simple_rt_format_f64($0, value, UInt(spec)) } }
func formatted(_ value: String, _ spec: UInt64) -> String {
    built { sink in simple_rt_format_string(sink, makeString(value), UInt(spec)) }
}

@Suite struct FormatTests {
    @Test func integers() {
        #expect(formatted(7, pack(zero: true, width: 3)) == "007")
        #expect(formatted(-7, pack(zero: true, width: 4)) == "-007")
        #expect(formatted(255, pack(alternate: true, type: .x)) == "0xff")
        #expect(formatted(255, pack(alternate: true, type: .upperX)) == "0xFF")
        #expect(formatted(-255, pack(alternate: true, zero: true, type: .x, width: 8)) == "-0x000ff")
        #expect(formatted(5, pack(type: .b)) == "101")
        #expect(formatted(0, pack(alternate: true, type: .b)) == "0b0")
        #expect(formatted(64, pack(alternate: true, type: .o)) == "0o100")
        #expect(formatted(42, pack(sign: 1)) == "+42")
        #expect(formatted(42, pack(sign: 2)) == " 42")
        #expect(formatted(42, pack(width: 5)) == "   42")
        #expect(formatted(42, pack(align: 1, width: 5)) == "42   ")
        #expect(formatted(42, pack(fill: "*", align: 3, width: 7)) == "**42***")
        #expect(formatted(42, pack(fill: "é", align: 3, width: 5)) == "é42éé")
        // An explicit alignment beats the 0 flag.
        #expect(formatted(42, pack(align: 1, zero: true, width: 5)) == "42   ")
        #expect(formatted(1_234_567, pack(grouping: 1)) == "1,234,567")
        #expect(formatted(-123, pack(grouping: 1)) == "-123")
        #expect(formatted(1234, pack(zero: true, grouping: 1, width: 10)) == "00,001,234")
        #expect(formatted(0xDEAD_BEEF, pack(grouping: 2, type: .x)) == "dead_beef")
        #expect(formatted(0x1_2345, pack(grouping: 2, type: .x)) == "1_2345")
        #expect(formatted(Int.min, pack()) == "-9223372036854775808")
        #expect(formatted(Int.min, pack(type: .b)) == "-1" + String(repeating: "0", count: 63))
        #expect(formatted(3, pack(type: .f, precision: 2)) == "3.00")
        #expect(formatted(1, pack(type: .percent, precision: 0)) == "100%")
        #expect(built { simple_rt_format_u64($0, .max, UInt(pack(grouping: 1))) } == "18,446,744,073,709,551,615")
    }

    @Test func floats() {
        #expect(formatted(3.14159, pack(precision: 2)) == "3.14")
        #expect(formatted(2.5, pack(precision: 0)) == "2")
        #expect(formatted(3.5, pack(precision: 0)) == "4")
        #expect(formatted(0.5, pack(precision: 0)) == "0")
        #expect(formatted(0.125, pack(precision: 2)) == "0.12")
        #expect(formatted(9.995, pack(precision: 2)) == "9.99")
        #expect(formatted(99.99, pack(precision: 1)) == "100.0")
        #expect(formatted(-0.001, pack(precision: 2)) == "-0.00")
        #expect(formatted(1e300, pack(type: .f, precision: 0)).count == 301)
        #expect(formatted(1500.0, pack(type: .e, precision: 2)) == "1.50e3")
        #expect(formatted(2.5e-7, pack(type: .e)) == "2.5e-7")
        #expect(formatted(9.99, pack(type: .e, precision: 1)) == "1.0e1")
        #expect(formatted(0.0, pack(type: .e, precision: 2)) == "0.00e0")
        #expect(formatted(1234.5, pack(type: .g, precision: 2)) == "1200.0")
        #expect(formatted(1e20, pack(type: .g)) == "1e20")
        #expect(formatted(0.1, pack(type: .g)) == "0.1")
        #expect(formatted(0.256, pack(type: .percent, precision: 1)) == "25.6%")
        #expect(formatted(0.0, pack(type: .percent, precision: 0)) == "0%")
        #expect(formatted(1234567.891, pack(grouping: 1, precision: 2)) == "1,234,567.89")
        #expect(formatted(3.0, pack(width: 6)) == "   3.0")
        #expect(formatted(-3.5, pack(zero: true, width: 8, precision: 2)) == "-0003.50")
        #expect(formatted(.infinity, pack(sign: 1, zero: true, width: 6)) == "  +inf")
        #expect(formatted(.nan, pack()) == "nan")
        #expect(formatted(Double(Float(0.1)), pack(single: true)) == "0.1")
        #expect(formatted(Double(Float(0.1)), pack()) == "0.10000000149011612")
        #expect(formatted(5e-324, pack(type: .f, precision: 1080)).hasSuffix("65625000000"))
        #expect(formatted(1.0, pack(type: .f, precision: 16000)).count == 16002)
    }

    /// The C library rounds exactly, half to even.
    @Test func fixedAndScientificMatchTheCLibrary() {
        var failures: [String] = []
        for round in 0..<10_000 {
            let value =
                round % 2 == 0
                ? Double(bitPattern: .random(in: 0...UInt64.max)) : Double(Int.random(in: -100_000...100_000)) / 128
            if !value.isFinite { continue }
            let precision = Int.random(in: 0...25)
            let fixed = String(format: "%.\(precision)f", value)
            if formatted(value, pack(type: .f, precision: precision)) != fixed { failures.append("f \(value) \(precision)") }
            // d.ddde+05 there, d.ddde5 here.
            let parts = String(format: "%.\(precision)e", value).split(separator: "e")
            let expected = "\(parts[0])e\(Int(parts[1])!)"
            if formatted(value, pack(type: .e, precision: precision)) != expected { failures.append("e \(value) \(precision)") }
        }
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test func strings() {
        #expect(formatted("ab", pack(align: 2, width: 4)) == "  ab")
        #expect(formatted("ab", pack(width: 4)) == "ab  ")
        #expect(formatted("ab", pack(fill: "-", align: 3, width: 5)) == "-ab--")
        #expect(formatted("héllo", pack(precision: 2)) == "hé")
        #expect(formatted("a\n", pack(align: 2, type: .debug, width: 7)) == "  \"a\\n\"")
    }

    @Test func debugForms() {
        func debug(_ text: String) -> String { built { sink in simple_rt_sink_debug_string(sink, makeString(text)) } }
        #expect(debug("a\"b\\c'") == "\"a\\\"b\\\\c'\"")
        #expect(debug("\n\r\t\0\u{7f}\u{1b}\u{85}") == "\"\\n\\r\\t\\0\\u{7f}\\u{1b}\\u{85}\"")
        #expect(debug("é{}½ÿ") == "\"é{}½ÿ\"")
        #expect(built { simple_rt_sink_debug_char($0, 39) } == "c'\\''")
        #expect(built { simple_rt_sink_debug_char($0, 34) } == "c'\"'")
        #expect(built { simple_rt_sink_debug_char($0, 0xE9) } == "c'é'")
    }

    @Test func decimalIntegers() {
        for value in [0, 9, 10, 99, 100, 9999, 10000, -1, Int.max, Int.min] + (0..<2000).map({ _ in Int.random(in: .min ... .max) >> Int.random(in: 0...63) }) {
            #expect(built { simple_rt_sink_i64($0, value) } == "\(value)")
            #expect(built { simple_rt_sink_u64($0, UInt(bitPattern: value)) } == "\(UInt(bitPattern: value))")
        }
    }
}

import Foundation
import RuntimeABI
import Testing

import Runtime

/// The display form (LANGUAGE §12.1) from Swift's own shortest digits.
func expectedDisplay(_ description: String) -> String {
    if ["inf", "-inf", "nan"].contains(description) { return description }
    var text = description
    let negative = text.hasPrefix("-")
    if negative { text.removeFirst() }
    var exponent = 0
    if let e = text.firstIndex(of: "e") {
        exponent = Int(text[text.index(after: e)...])!
        text = String(text[..<e])
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    var digits = parts[0] + (parts.count > 1 ? parts[1] : "")
    var point = parts[0].count + exponent
    while digits.hasPrefix("0") && digits.count > 1 {
        digits.removeFirst()
        point -= 1
    }
    while digits.hasSuffix("0") && digits.count > 1 { digits.removeLast() }
    let sign = negative ? "-" : ""
    if digits == "0" { return sign + "0.0" }
    if point > 16 || point < -4 {
        let first = String(digits.removeFirst())
        return sign + first + (digits.isEmpty ? "" : "." + digits) + "e\(point - 1)"
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
}

func display(_ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
        let count = writeShortest(value, buffer.baseAddress!)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

func display(_ value: Float) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
        let count = writeShortest(value, buffer.baseAddress!)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

@Suite struct FloatDisplayTests {
    @Test(arguments: [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (0.1, "0.1"), (1e16, "1e16"), (9999999999999998.0, "9999999999999998.0"),
        (1e-5, "0.00001"), (2.5e-7, "2.5e-7"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e308"),
        (2.2250738585072014e-308, "2.2250738585072014e-308"), (123456789.125, "123456789.125"), (-1e21, "-1e21"),
        (9007199254740993.0, "9007199254740992.0"), (1e15, "1000000000000000.0"), (Double.infinity, "inf"), (-Double.infinity, "-inf"),
        (Double.nan, "nan"), (9.5367431640625e-07, "9.5367431640625e-7"),
    ])
    func known(_ value: Double, _ text: String) { #expect(display(value) == text) }

    @Test func powersOfTwoAndTen() {
        for exponent in -1074...1023 {
            let value = scalbn(1.0, exponent)
            #expect(display(value) == expectedDisplay("\(value)"))
            #expect(display(value.nextDown) == expectedDisplay("\(value.nextDown)"))
            #expect(display(value.nextUp) == expectedDisplay("\(value.nextUp)"))
        }
        for exponent in -323...308 {
            let value = Double("1e\(exponent)")!
            #expect(display(value) == expectedDisplay("\(value)"))
        }
        for exponent in -149...127 {
            let value = scalbn(Float(1), exponent)
            #expect(display(value) == expectedDisplay("\(value)"))
            #expect(display(value.nextDown) == expectedDisplay("\(value.nextDown)"))
        }
    }

    @Test func randomBitPatterns() {
        var failures = 0
        for _ in 0..<200_000 {
            let value = Double(bitPattern: .random(in: 0...UInt64.max))
            if value.isFinite && display(value) != expectedDisplay("\(value)") { failures += 1 }
            let single = Float(bitPattern: .random(in: 0...UInt32.max))
            if single.isFinite && display(single) != expectedDisplay("\(single)") { failures += 1 }
        }
        #expect(failures == 0)
    }

    @Test func ordinaryNumbers() {
        var failures = 0
        for _ in 0..<100_000 {
            let value = Double(Int.random(in: -1_000_000...1_000_000)) / Double([1, 10, 100, 1000, 3, 7].randomElement()!)
            if display(value) != expectedDisplay("\(value)") { failures += 1 }
        }
        #expect(failures == 0)
    }
}

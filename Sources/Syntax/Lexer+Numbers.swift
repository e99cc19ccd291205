internal import Diagnostics
internal import Support

/// Numbers (§2.4, §2.5).
extension Lexer {
    /// Reads a number.
    mutating func number() {
        let start = position
        // Behind a `.` digits are a tuple's member, so that `t.0.1` is two steps.
        if lastKind == .dot, nextFlags.isEmpty {
            let value = digits(radix: 10) ?? UInt64.max
            return emitNumber(.integer, start, NumberLiteral(bits: value, suffix: .none, unit: .none))
        }
        if base[position] == 0x30 {
            switch peek(1) | 0x20 {
            case 0x78: return prefixed(radix: 16)
            case 0x62: return prefixed(radix: 2)
            case 0x6F: return prefixed(radix: 8)
            default: break
            }
        }
        let value = digits(radix: 10)
        var isFloat = false
        if peek() == 0x2E, isDigit(peek(1)) {
            isFloat = true
            position += 1
            skipDigits()
        }
        if peek() | 0x20 == 0x65 {
            let sign = peek(1) == 0x2B || peek(1) == 0x2D ? 1 : 0
            if isDigit(peek(1 + sign)) {
                isFloat = true
                position += 1 + sign
                skipDigits()
            }
        }
        let end = position
        let (suffix, unit) = self.suffix(start)
        if isFloat || suffix == .f32 || suffix == .f64 {
            if isFloat, suffix != .none, suffix != .f32, suffix != .f64, suffix != .unit {
                report(
                    "E0004", "a number with a fraction or exponent cannot have an integer suffix", start, position,
                    helps: ["leave the suffix out, or convert: `(…) as \(suffix)`"])
            }
            return float(start, end, suffix, unit)
        }
        if end - start > 1, base[start] == 0x30, value != nil {
            let text = String(decoding: UnsafeBufferPointer(start: base + start, count: end - start), as: UTF8.self)
            var rest = text.drop { $0 == "0" || $0 == "_" }
            if rest.isEmpty { rest = "0" }
            let isOctal = !rest.contains("8") && !rest.contains("9")
            report(
                "E0004", "a decimal number cannot begin with `0`", start, end,
                helps: [isOctal ? "write `0o\(rest)` for an octal number or `\(rest)`" : "write `\(rest)`"])
        }
        guard let value else {
            report(
                "E0003", "this number is larger than any integer type", start, end,
                notes: ["the largest is 18446744073709551615, of type `u64`"],
                helps: ["write it with a fraction for a floating-point number"])
            return emitNumber(.integer, start, NumberLiteral(bits: 0, suffix: suffix, unit: unit))
        }
        emitNumber(.integer, start, NumberLiteral(bits: value, suffix: suffix, unit: unit))
    }

    private mutating func emitNumber(_ kind: TokenKind, _ start: Int, _ literal: NumberLiteral) {
        output.numbers.append(literal)
        emit(kind, from: start, value: UInt32(truncatingIfNeeded: output.numbers.count - 1))
    }

    @inline(__always) private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Reads digits and `_` between them; `nil` if the value exceeds 64 bits.
    private mutating func digits(radix: UInt64) -> UInt64? {
        var value: UInt64 = 0
        var fits = true
        while position < limit {
            let byte = base[position]
            let digit: UInt64
            switch byte {
            case 0x30...0x39: digit = UInt64(byte - 0x30)
            case 0x61...0x66 where radix == 16: digit = UInt64(byte - 0x61 + 10)
            case 0x41...0x46 where radix == 16: digit = UInt64(byte - 0x41 + 10)
            case 0x5F:
                // Belongs to the number only if a digit (or another `_`) follows; else it begins a suffix.
                var next = position + 1
                while next < limit, base[next] == 0x5F { next += 1 }
                guard next < limit, isDigitOf(radix, base[next]) else { return fits ? value : nil }
                position = next
                continue
            default: return fits ? value : nil
            }
            if digit >= radix { return fits ? value : nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            if overflow || carry { fits = false }
            value = sum
            position += 1
        }
        return fits ? value : nil
    }

    private func isDigitOf(_ radix: UInt64, _ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30) < radix
        case 0x61...0x66, 0x41...0x46: radix == 16
        default: false
        }
    }

    private mutating func skipDigits() {
        while position < limit, isDigit(base[position]) || (base[position] == 0x5F && isDigit(peek(1))) {
            position += 1
        }
    }

    /// `0x…`, `0b…`, `0o…`.
    private mutating func prefixed(radix: UInt64) {
        let start = position
        position += 2
        let first = position
        while peek() == 0x5F { position += 1 }
        let digitsStart = position
        let value = digits(radix: radix)
        let (suffix, unit): (NumericSuffix, NameID)
        if position == digitsStart || first != digitsStart || isDigit(peek()) {
            // Take the whole word, so that one mistake is one message.
            while position < limit, classes[Int(base[position])] & ByteClass.nameBit != 0 { position += 1 }
            let kind = radix == 16 ? "hexadecimal" : radix == 8 ? "octal" : "binary"
            let set = radix == 16 ? "0-9 and a-f" : radix == 8 ? "0-7" : "0 and 1"
            report(
                "E0004", "malformed \(kind) number", start, position,
                notes: ["its digits are \(set), with single `_` between them if you like"])
            (suffix, unit) = (.none, .none)
        } else {
            (suffix, unit) = self.suffix(start)
            if suffix == .f32 || suffix == .f64 {
                report("E0004", "only decimal numbers take the suffix `\(suffix)`", start, position)
            }
            if value == nil {
                report("E0003", "this number needs more than 64 bits", start, position)
            }
        }
        emitNumber(.integer, start, NumberLiteral(bits: value ?? 0, suffix: suffix, unit: unit))
    }

    /// Reads a type or unit suffix.
    private mutating func suffix(_ start: Int) -> (NumericSuffix, NameID) {
        var i = position
        while i < limit, base[i] == 0x5F { i += 1 }
        let underscores = i - position
        let nameStart = i
        guard i < limit, classes[Int(base[i])] == ByteClass.identifierStart.rawValue || base[i] >= 0x80 else {
            if underscores > 0 {
                position = i
                report("E0004", "a number cannot end with `_`", start, position, helps: ["remove the `_`"])
            }
            return (.none, .none)
        }
        while i < limit, classes[Int(base[i])] & ByteClass.nameBit != 0 || base[i] >= 0x80 { i += 1 }
        let text = String(decoding: UnsafeBufferPointer(start: base + nameStart, count: i - nameStart), as: UTF8.self)
        let end = i
        if let known = Lexer.suffixes.first(where: { $0.0 == text }) {
            position = end
            return (known.1, .none)
        }
        if underscores == 1 {
            position = end
            return (.unit, interner.pointee.intern(text))
        }
        position = end
        report(
            "E0004", "unknown number suffix `\(text)`", start, end,
            notes: ["type suffixes are i8 i16 i32 i64 u8 u16 u32 u64 f32 f64"],
            helps: Lexer.suffixHelp(text))
        return (.none, .none)
    }

    private static let suffixes: [(String, NumericSuffix)] = [
        ("i8", .i8), ("i16", .i16), ("i32", .i32), ("i64", .i64), ("u8", .u8), ("u16", .u16), ("u32", .u32),
        ("u64", .u64), ("f32", .f32), ("f64", .f64),
    ]

    private static func suffixHelp(_ text: String) -> [String] {
        switch text {
        case "L", "l", "LL", "ll": ["integers are 64 bits wide already: remove the suffix"]
        case "u", "U", "UL", "ul": ["use `u64` or `u32`"]
        case "f", "F": ["use `f32`"]
        case "d", "D": ["use `f64`, or a fraction: `1.0`"]
        case "e", "E": ["an exponent needs digits, as in `1e5`"]
        case "usize": ["use `u64`"]
        case "isize": ["use `i64`"]
        default: ["a name cannot begin with a digit"]
        }
    }

    /// Emits the floating-point number whose digits are `start..<end`.
    private mutating func float(_ start: Int, _ end: Int, _ suffix: NumericSuffix, _ unit: NameID) {
        var value = exactFloat(start, end)
        if value == nil || suffix == .f32 {
            let text = String(
                decoding: UnsafeBufferPointer(start: base + start, count: end - start).filter { $0 != 0x5F },
                as: UTF8.self)
            // Reading as binary32 first avoids rounding twice.
            value = suffix == .f32 ? Float(text).map(Double.init) : Double(text)
        }
        let number = value ?? 0
        if number.isInfinite {
            report(
                "E0003", "this number is too large for `\(suffix == .f32 ? "f32" : "f64")`", start, end,
                notes: ["the largest is about \(suffix == .f32 ? "3.4e38" : "1.8e308")"])
        }
        emitNumber(.float, start, NumberLiteral(bits: number.bitPattern, suffix: suffix, unit: unit))
    }

    /// The value when it can be computed with one exact operation (Clinger's fast path).
    private func exactFloat(_ start: Int, _ end: Int) -> Double? {
        var mantissa: UInt64 = 0
        var scale = 0
        var behindPoint = false
        for i in start..<end {
            switch base[i] {
            case 0x30...0x39:
                guard mantissa < 900_719_925_474_099 else { return nil }
                mantissa = mantissa * 10 + UInt64(base[i] - 0x30)
                if behindPoint { scale += 1 }
            case 0x2E: behindPoint = true
            case 0x5F: break
            default: return nil
            }
        }
        guard scale <= 22 else { return nil }
        return Double(mantissa) / Lexer.powersOfTen[scale]
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}

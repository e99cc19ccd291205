/// Numbers from text (LANGUAGE §12.4): optional sign, digits, `_` between digits, no blanks.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Value of a digit in base 36, or 99.
@inline(__always)
private func digitValue(_ byte: UInt8) -> UInt64 {
    switch byte {
    case 48...57: UInt64(byte &- 48)
    case 97...122: UInt64(byte &- 87)
    case 65...90: UInt64(byte &- 55)
    default: 99
    }
}

/// (s) -> (found, value): an i64, decimal or with `0x`, `0o`, `0b`.
@c(simple_rt_string_to_int)
public func simple_rt_string_to_int(_ string: UnsafeMutableRawPointer) -> simple_int_pair {
    let text = TextSpan(string)
    let none = simple_int_pair(first: 0, second: 0)
    var position = 0
    var negative = false
    if text.count > 0 && (text.start[0] == 45 || text.start[0] == 43) {
        negative = text.start[0] == 45
        position = 1
    }
    var radix: UInt64 = 10
    if text.count &- position > 2 && text.start[position] == 48 {
        switch text.start[position &+ 1] | 0x20 {
        case 120: radix = 16
        case 111: radix = 8
        case 98: radix = 2
        default: break
        }
        if radix != 10 { position &+= 2 }
    }
    var value: UInt64 = 0
    var wasDigit = false
    while position < text.count {
        let byte = text.start[position]
        position &+= 1
        if byte == 95 {
            if !wasDigit { return none }
            wasDigit = false
            continue
        }
        let digit = digitValue(byte)
        if digit >= radix { return none }
        let (product, overflow) = value.multipliedReportingOverflow(by: radix)
        let (sum, carry) = product.addingReportingOverflow(digit)
        if overflow || carry { return none }
        value = sum
        wasDigit = true
    }
    if !wasDigit { return none }
    if negative {
        if value > 1 << 63 { return none }
        return simple_int_pair(first: 1, second: Int64(bitPattern: 0 &- value))
    }
    if value >= 1 << 63 { return none }
    return simple_int_pair(first: 1, second: Int64(bitPattern: value))
}

/// (s) -> (found, value): sign, digits with `_`, point, exponent; or `inf`, `nan`. Correctly rounded.
@c(simple_rt_string_to_float)
public func simple_rt_string_to_float(_ string: UnsafeMutableRawPointer) -> simple_int_double {
    let text = TextSpan(string)
    let none = simple_int_double(first: 0, second: 0)
    // The C library reads the number once its form is checked: it would also take blanks, hexadecimal and more.
    if text.count == 0 { return none }
    if text.count < 64 {
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { parseFloat(text, $0.baseAddress.unsafelyUnwrapped) }
    }
    guard let copy = malloc(text.count &+ 1) else { panicOutOfMemory(text.count) }
    defer { free(copy) }
    return parseFloat(text, copy.assumingMemoryBound(to: CChar.self))
}

private func parseFloat(_ text: TextSpan, _ copy: UnsafeMutablePointer<CChar>) -> simple_int_double {
    let none = simple_int_double(first: 0, second: 0)
    var length = 0
    var position = 0
    func put(_ byte: UInt8) {
        copy[length] = CChar(truncatingIfNeeded: byte)
        length &+= 1
        position &+= 1
    }
    /// Digits with single underscores between them; `false` if there is none.
    func putDigits() -> Bool {
        var wasDigit = false
        while position < text.count {
            let byte = text.start[position]
            if byte == 95 {
                if !wasDigit { return false }
                wasDigit = false
                position &+= 1
            } else if byte >= 48 && byte <= 57 {
                wasDigit = true
                put(byte)
            } else {
                break
            }
        }
        return wasDigit
    }
    if text.start[0] == 43 || text.start[0] == 45 { put(text.start[0]) }
    let rest = text.count &- position
    if rest == 3 && (memcmp(text.start + position, "inf", 3) == 0 || memcmp(text.start + position, "nan", 3) == 0) {
        let isNaN = text.start[position] == 110
        let negative = copy[0] == 45 && length > 0
        return simple_int_double(first: 1, second: isNaN ? .nan : negative ? -.infinity : .infinity)
    }
    if !putDigits() { return none }
    if position < text.count && text.start[position] == 46 {
        put(46)
        if !putDigits() { return none }
    }
    if position < text.count && text.start[position] | 0x20 == 101 {
        put(101)
        if position < text.count && (text.start[position] == 43 || text.start[position] == 45) { put(text.start[position]) }
        if !putDigits() { return none }
    }
    if position != text.count { return none }
    copy[length] = 0
    return simple_int_double(first: 1, second: strtod(copy, nil))
}

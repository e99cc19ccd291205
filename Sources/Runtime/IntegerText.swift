/// Integers as digits. Each function writes at `target` and returns the number of bytes.

import CPlatform

/// Decimal digits of an unsigned number: at most 20 bytes.
func writeDecimal(_ value: UInt64, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    let count = decimalLength(value)
    var rest = value
    var position = count
    // Two digits per division.
    while rest >= 100 {
        let pair = Int(rest % 100)
        rest /= 100
        position &-= 2
        target[position] = UInt8(truncatingIfNeeded: 48 &+ pair / 10)
        target[position &+ 1] = UInt8(truncatingIfNeeded: 48 &+ pair % 10)
    }
    if rest >= 10 {
        target[1] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
        target[0] = UInt8(truncatingIfNeeded: 48 &+ rest / 10)
    } else {
        target[0] = UInt8(truncatingIfNeeded: 48 &+ rest)
    }
    return count
}

/// Decimal digits of a signed number: at most 20 bytes.
func writeDecimal(_ value: Int, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    if value >= 0 { return writeDecimal(UInt64(value), target) }
    target[0] = 45
    return 1 &+ writeDecimal(UInt64(value.magnitude), target + 1)
}

/// Number of decimal digits; 1 for 0.
func decimalLength(_ value: UInt64) -> Int {
    var count = 1
    var rest = value
    while rest >= 10000 {
        rest /= 10000
        count &+= 4
    }
    if rest >= 1000 { return count &+ 3 }
    if rest >= 100 { return count &+ 2 }
    return rest >= 10 ? count &+ 1 : count
}

/// Digits in base 2^`shift` (1, 3 or 4): at most 64 bytes.
func writeRadix(_ value: UInt64, _ shift: Int, upper: Bool, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    let bits = max(1, 64 &- value.leadingZeroBitCount)
    let count = (bits &+ shift &- 1) / shift
    let letters: UInt8 = upper ? 55 : 87
    var rest = value
    var position = count
    while position > 0 {
        position &-= 1
        let digit = UInt8(truncatingIfNeeded: rest) & (1 << UInt8(shift) &- 1)
        target[position] = digit < 10 ? 48 &+ digit : letters &+ digit
        rest >>= UInt64(shift)
    }
    return count
}

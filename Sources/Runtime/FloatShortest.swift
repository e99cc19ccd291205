/// Shortest decimal digits that read back as the same float, and among those the closest.
///
/// Algorithm: R. Giulietti, "The Schubfach way to render doubles" (2020), with 128-bit powers of ten. The scaled
/// bounds of the rounding interval are computed as integers with a sticky bit ("round to odd"), so that every
/// comparison is exact.

/// A decimal number `digits` × 10^`exponent`.
struct ShortDecimal {
    var digits: UInt64
    var exponent: Int
    static var zero: ShortDecimal { ShortDecimal(digits: 0, exponent: 0) }
}

/// floor(log2(10^e)) for |e| ≤ 1650.
@inline(__always)
private func floorLog2Pow10(_ e: Int) -> Int { (e &* 1_741_647) >> 19 }

/// floor(log10(2^q)), or of 3/4 · 2^q if `narrow`.
@inline(__always)
private func floorLog10Pow2(_ q: Int, narrow: Bool) -> Int { (q &* 1_262_611 &- (narrow ? 524_031 : 0)) >> 22 }

/// High 64 bits of high:low × factor (192 bits), with a sticky bit for what is cut off.
@inline(__always)
private func scale(_ high: UInt64, _ low: UInt64, _ factor: UInt64) -> UInt64 {
    let x = low.multipliedFullWidth(by: factor)
    let y = high.multipliedFullWidth(by: factor)
    let (sum, carry) = y.low.addingReportingOverflow(x.high)
    return (y.high &+ (carry ? 1 : 0)) | (sum > 1 ? 1 : 0)
}

/// Picks the shortest decimal within the interval: `lower`, `value`, `upper` are four times the bounds in units of
/// 10^`exponent`, with sticky bits.
@inline(__always)
private func choose(_ lower: UInt64, _ value: UInt64, _ upper: UInt64, _ exponent: Int) -> ShortDecimal {
    let s = value >> 2
    if s >= 10 {
        let tens = s / 10
        let below = lower <= 40 &* tens
        let above = 40 &* tens &+ 40 <= upper
        if below != above { return ShortDecimal(digits: above ? tens &+ 1 : tens, exponent: exponent &+ 1) }
    }
    let below = lower <= 4 &* s
    let above = 4 &* s &+ 4 <= upper
    if below != above { return ShortDecimal(digits: above ? s &+ 1 : s, exponent: exponent) }
    let middle = 4 &* s &+ 2
    let up = value > middle || (value == middle && s & 1 != 0)
    return ShortDecimal(digits: up ? s &+ 1 : s, exponent: exponent)
}

/// Shortest decimal of a finite, positive f64.
func shortestDecimal(_ value: Double) -> ShortDecimal {
    let fraction = value.bitPattern & (1 << 52 &- 1)
    let biased = Int(value.bitPattern >> 52 & 0x7FF)
    let c = biased == 0 ? fraction : fraction | 1 << 52
    let q = biased == 0 ? -1074 : biased &- 1075
    // Integers below 2^53 need no search.
    if q <= 0 && q > -53 && c & (1 << UInt64(-q) &- 1) == 0 { return ShortDecimal(digits: c >> UInt64(-q), exponent: 0) }
    let narrow = fraction == 0 && biased > 1
    let odd = c & 1
    let k = floorLog10Pow2(q, narrow: narrow)
    let shift = UInt64(q &+ floorLog2Pow10(-k) &+ 1)
    let row = (-k &- firstPowerOfTen) &* 2
    let high = powersOfTen[row]
    let low = powersOfTen[row &+ 1]
    let lower = scale(high, low, (4 &* c &- (narrow ? 1 : 2)) << shift)
    let middle = scale(high, low, (4 &* c) << shift)
    let upper = scale(high, low, (4 &* c &+ 2) << shift)
    return choose(lower &+ odd, middle, upper &- odd, k)
}

/// Shortest decimal of a finite, positive f32.
func shortestDecimal(_ value: Float) -> ShortDecimal {
    let fraction = UInt64(value.bitPattern & (1 << 23 &- 1))
    let biased = Int(value.bitPattern >> 23 & 0xFF)
    let c = biased == 0 ? fraction : fraction | 1 << 23
    let q = biased == 0 ? -149 : biased &- 150
    if q <= 0 && q > -24 && c & (1 << UInt64(-q) &- 1) == 0 { return ShortDecimal(digits: c >> UInt64(-q), exponent: 0) }
    let narrow = fraction == 0 && biased > 1
    let odd = c & 1
    let k = floorLog10Pow2(q, narrow: narrow)
    let shift = UInt64(q &+ floorLog2Pow10(-k) &+ 1)
    let row = (-k &- firstPowerOfTen) &* 2
    // The 64-bit power, rounded up like the 128-bit one.
    let power = powersOfTen[row] &+ (powersOfTen[row &+ 1] != 0 ? 1 : 0)
    func scale(_ factor: UInt64) -> UInt64 {
        let product = power.multipliedFullWidth(by: factor)
        return product.high | (product.low >> 32 > 1 ? 1 : 0)
    }
    let lower = scale((4 &* c &- (narrow ? 1 : 2)) << shift)
    let middle = scale((4 &* c) << shift)
    let upper = scale((4 &* c &+ 2) << shift)
    return choose(lower &+ odd, middle, upper &- odd, k)
}

/// Writes the display form of an f64 (LANGUAGE §12.1): at most 26 bytes.
package func writeShortest(_ value: Double, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    let isNegative = value.sign == .minus
    if !value.isFinite { return writeNonFinite(negative: isNegative && !value.isNaN, nan: value.isNaN, target) }
    return writeFinite(negative: isNegative, value == 0 ? .zero : shortestDecimal(value.magnitude), target)
}

/// Writes the display form of an f32: at most 20 bytes.
package func writeShortest(_ value: Float, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    let isNegative = value.sign == .minus
    if !value.isFinite { return writeNonFinite(negative: isNegative && !value.isNaN, nan: value.isNaN, target) }
    return writeFinite(negative: isNegative, value == 0 ? .zero : shortestDecimal(value.magnitude), target)
}

private func writeFinite(negative: Bool, _ decimal: ShortDecimal, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    if !negative { return writeDisplay(decimal, target) }
    target[0] = 45
    return 1 &+ writeDisplay(decimal, target + 1)
}

/// Writes `inf`, `-inf` or `nan`.
func writeNonFinite(negative: Bool, nan: Bool, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    let text: StaticString = nan ? "nan" : negative ? "-inf" : "inf"
    var index = 0
    while index < text.utf8CodeUnitCount {
        target[index] = text.utf8Start[index]
        index &+= 1
    }
    return index
}

/// Writes a decimal by the display rule: positional with at least one decimal for 1e-5 ≤ x < 1e16, else `d.de±x`.
func writeDisplay(_ decimal: ShortDecimal, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    var digits = decimal.digits
    var exponent = decimal.exponent
    if digits == 0 {
        target[0] = 48
        target[1] = 46
        target[2] = 48
        return 3
    }
    while digits % 10 == 0 {
        digits /= 10
        exponent &+= 1
    }
    let count = decimalLength(digits)
    // The value is 0.d1d2… × 10^point.
    let point = count &+ exponent
    if point > 16 || point < -4 {
        // d.ddde±x: the digits one place to the right, then the point put in.
        _ = writeDecimal(digits, target + 1)
        target[0] = target[1]
        var end = 1
        if count > 1 {
            target[1] = 46
            end = count &+ 1
        }
        target[end] = 101
        return end &+ 1 &+ writeDecimal(point &- 1, target + (end &+ 1))
    }
    if point <= 0 {
        target[0] = 48
        target[1] = 46
        var index = 2
        while index < 2 &- point {
            target[index] = 48
            index &+= 1
        }
        return index &+ writeDecimal(digits, target + index)
    }
    if point >= count {
        _ = writeDecimal(digits, target)
        var index = count
        while index < point {
            target[index] = 48
            index &+= 1
        }
        target[index] = 46
        target[index &+ 1] = 48
        return index &+ 2
    }
    _ = writeDecimal(digits, target + 1)
    var index = 0
    while index < point {
        target[index] = target[index &+ 1]
        index &+= 1
    }
    target[point] = 46
    return count &+ 1
}

/// Exact decimal digits of numbers, and their rounding to a given place (half to even): what `f`, `e`, `g` and `%`
/// print. A binary float is a short integer times a power of two, so its decimal expansion ends and fits a fixed
/// buffer; no approximation is involved.

/// Digits d1 d2 … dn (values 0–9) of the number 0.d1d2…dn × 10^`point`, in the runtime's scratch memory.
struct DecimalDigits {
    let digits: UnsafeMutablePointer<UInt8>
    var count: Int
    var point: Int

    /// Digits of an integer.
    init(_ value: UInt64, _ scratch: FormatScratch) {
        digits = scratch.digits
        count = writeDecimal(value, digits)
        point = count
        var index = 0
        while index < count {
            digits[index] &-= 48
            index &+= 1
        }
        trim()
    }

    /// Digits of a decimal number.
    init(_ value: ShortDecimal, _ scratch: FormatScratch) {
        self.init(value.digits, scratch)
        point &+= value.exponent
    }

    /// All digits of a finite f64 ≥ 0.
    init(exactly value: Double, _ scratch: FormatScratch) {
        digits = scratch.digits
        let fraction = value.bitPattern & (1 << 52 &- 1)
        let biased = Int(value.bitPattern >> 52 & 0x7FF)
        var c = biased == 0 ? fraction : fraction | 1 << 52
        var q = biased == 0 ? -1074 : biased &- 1075
        if c == 0 {
            count = 0
            point = 0
            return
        }
        let zeros = c.trailingZeroBitCount
        c >>= UInt64(zeros)
        q &+= zeros
        // c × 2^q as an integer N × 10^-places: for q < 0, c / 2^-q = c × 5^-q / 10^-q.
        let limbs = scratch.limbs
        limbs[0] = UInt32(truncatingIfNeeded: c)
        limbs[1] = UInt32(truncatingIfNeeded: c >> 32)
        var used = 2
        var places = 0
        if q < 0 {
            places = -q
            var left = places
            while left > 0 {
                let step = min(left, 13)
                var factor: UInt64 = 1
                var power = 0
                while power < step {
                    factor &*= 5
                    power &+= 1
                }
                multiply(limbs, &used, factor)
                left &-= step
            }
        } else {
            while q >= 31 {
                multiply(limbs, &used, 1 << 31)
                q &-= 31
            }
            multiply(limbs, &used, 1 << UInt64(q))
        }
        // Nine digits at a time, from the end.
        let end = scratch.digits + FormatScratch.digitCapacity
        var position = end
        while used > 0 {
            var remainder: UInt64 = 0
            var index = used &- 1
            while index >= 0 {
                let part = remainder << 32 | UInt64(limbs[index])
                limbs[index] = UInt32(truncatingIfNeeded: part / 1_000_000_000)
                remainder = part % 1_000_000_000
                index &-= 1
            }
            while used > 0 && limbs[used &- 1] == 0 { used &-= 1 }
            var written = 0
            while written < 9 {
                position -= 1
                position.pointee = UInt8(truncatingIfNeeded: remainder % 10)
                remainder /= 10
                written &+= 1
            }
        }
        while position < end && position.pointee == 0 { position += 1 }
        count = end - position
        digits.update(from: position, count: count)
        point = count &- places
        trim()
    }

    /// Drops zeros at the end.
    private mutating func trim() {
        while count > 0 && digits[count &- 1] == 0 { count &-= 1 }
        if count == 0 { point = 0 }
    }

    /// Digit `index` (from 0), 0 outside.
    @inline(__always)
    func digit(_ index: Int) -> UInt8 { index >= 0 && index < count ? digits[index] : 0 }

    /// Keeps the first `kept` digits (may be 0 or negative), rounding half to even.
    mutating func round(to kept: Int) {
        if kept >= count { return }
        if kept < 0 {
            count = 0
            point = 0
            return
        }
        let next = digits[kept]
        // Trailing zeros are trimmed, so a further digit means more than half.
        let up = next > 5 || (next == 5 && (kept &+ 1 < count || (kept > 0 && digits[kept &- 1] & 1 != 0)))
        count = kept
        if up {
            var index = kept &- 1
            while index >= 0 && digits[index] == 9 { index &-= 1 }
            if index < 0 {
                // 0.99… became 1.
                digits[0] = 1
                count = 1
                point &+= 1
                return
            }
            digits[index] &+= 1
            count = index &+ 1
        }
        trim()
    }
}

/// limbs × factor (< 2^32).
private func multiply(_ limbs: UnsafeMutablePointer<UInt32>, _ used: inout Int, _ factor: UInt64) {
    var carry: UInt64 = 0
    var index = 0
    while index < used {
        let product = UInt64(limbs[index]) &* factor &+ carry
        limbs[index] = UInt32(truncatingIfNeeded: product)
        carry = product >> 32
        index &+= 1
    }
    if carry != 0 {
        limbs[used] = UInt32(truncatingIfNeeded: carry)
        used &+= 1
    }
    while used > 0 && limbs[used &- 1] == 0 { used &-= 1 }
}

/// Fixed memory for formatting one number: nothing is allocated, and formatting never nests.
struct FormatScratch {
    /// Room for the digits of any f64: at most 309 before the point, at most 1,074 in all, in groups of nine.
    static let digitCapacity = 1152
    /// The widest body: 309 digits, grouped, and 16,383 decimals.
    static let textCapacity = 20480
    /// Limbs of the largest intermediate (2,560 bits), with room to spare.
    static let limbCapacity = 128
    static let size = digitCapacity + textCapacity + limbCapacity * 4

    let limbs: UnsafeMutablePointer<UInt32>
    let digits: UnsafeMutablePointer<UInt8>
    let text: UnsafeMutablePointer<UInt8>

    /// Views `memory`, which has `size` bytes.
    init(_ memory: UnsafeMutableRawPointer) {
        limbs = memory.assumingMemoryBound(to: UInt32.self)
        digits = (memory + FormatScratch.limbCapacity * 4).assumingMemoryBound(to: UInt8.self)
        text = digits + FormatScratch.digitCapacity
    }
}

/// How to divide by a constant without a division instruction (Granlund and Montgomery 1994; the computation of the
/// factors follows Warren, Hacker's Delight, 2nd ed., 10-1 and 10-10).
package enum DivisionPlan {
    /// Division by 0: never executed.
    case undefined
    /// ± 2^shift.
    case powerOfTwo(shift: UInt8, negative: Bool)
    /// Signed: high half of the product with `factor`, plus (`correction` 1) or minus (-1) the dividend, shifted right
    /// arithmetically, plus 1 if negative.
    case signed(factor: Int64, shift: UInt8, correction: Int)
    /// Unsigned: high half of the product shifted right; with `adds`, through ((n - high) >> 1) + high, shifted by one less.
    case unsigned(factor: UInt64, shift: UInt8, adds: Bool)

    /// `bits` is 32 or 64; `divisor` is sign-extended (signed) or zero-extended (unsigned) from the type's own width.
    package init(divisor: Int64, bits: Int, signed: Bool) {
        if divisor == 0 {
            self = .undefined
            return
        }
        if signed {
            let magnitude = divisor.magnitude
            if magnitude.nonzeroBitCount == 1 {
                self = .powerOfTwo(shift: UInt8(magnitude.trailingZeroBitCount), negative: divisor < 0)
                return
            }
            if bits == 32 {
                let (factor, shift) = DivisionPlan.signedFactor(Int32(truncatingIfNeeded: divisor))
                self = .signed(factor: Int64(factor), shift: shift, correction: DivisionPlan.correction(divisor, factor < 0))
            } else {
                let (factor, shift) = DivisionPlan.signedFactor(divisor)
                self = .signed(factor: factor, shift: shift, correction: DivisionPlan.correction(divisor, factor < 0))
            }
            return
        }
        let unsigned = bits == 32 ? UInt64(UInt32(truncatingIfNeeded: divisor)) : UInt64(bitPattern: divisor)
        if unsigned.nonzeroBitCount == 1 {
            self = .powerOfTwo(shift: UInt8(unsigned.trailingZeroBitCount), negative: false)
        } else if bits == 32 {
            let (factor, shift, adds) = DivisionPlan.unsignedFactor(UInt32(truncatingIfNeeded: unsigned))
            self = .unsigned(factor: UInt64(factor), shift: shift, adds: adds)
        } else {
            let (factor, shift, adds) = DivisionPlan.unsignedFactor(unsigned)
            self = .unsigned(factor: factor, shift: shift, adds: adds)
        }
    }

    /// `true` iff the sequence leaves rax and rdx alone. `bits`: the type's width.
    package static func needsNoFixedRegisters(_ divisor: Int64, bits: Int, signed: Bool) -> Bool {
        if divisor == 0 { return true }
        if signed { return divisor.magnitude.nonzeroBitCount == 1 }
        return (UInt64(bitPattern: divisor) & (UInt64.max >> UInt64(64 - bits))).nonzeroBitCount == 1
    }

    private static func correction(_ divisor: Int64, _ factorIsNegative: Bool) -> Int {
        if divisor > 0 && factorIsNegative { return 1 }
        if divisor < 0 && !factorIsNegative { return -1 }
        return 0
    }

    private static func signedFactor<T: FixedWidthInteger & SignedInteger>(_ d: T) -> (T, UInt8)
    where T.Magnitude: FixedWidthInteger {
        typealias U = T.Magnitude
        let half: U = 1 << U(T.bitWidth - 1)
        let ad = d.magnitude
        let t = half + (d < 0 ? 1 : 0)
        let anc = t - 1 - t % ad
        var p = T.bitWidth - 1
        var q1 = half / anc
        var r1 = half - q1 * anc
        var q2 = half / ad
        var r2 = half - q2 * ad
        var delta: U
        repeat {
            p += 1
            q1 = q1 &* 2
            r1 = r1 &* 2
            if r1 >= anc {
                q1 &+= 1
                r1 &-= anc
            }
            q2 = q2 &* 2
            r2 = r2 &* 2
            if r2 >= ad {
                q2 &+= 1
                r2 &-= ad
            }
            delta = ad - r2
        } while q1 < delta || (q1 == delta && r1 == 0)
        let factor = T(truncatingIfNeeded: q2 &+ 1)
        return (d < 0 ? 0 &- factor : factor, UInt8(p - T.bitWidth))
    }

    private static func unsignedFactor<U: FixedWidthInteger & UnsignedInteger>(_ d: U) -> (U, UInt8, Bool) {
        let half: U = 1 << U(U.bitWidth - 1)
        var adds = false
        let nc = U.max - (0 &- d) % d
        var p = U.bitWidth - 1
        var q1 = half / nc
        var r1 = half - q1 * nc
        var q2 = (half - 1) / d
        var r2 = (half - 1) - q2 * d
        var delta: U
        repeat {
            p += 1
            if r1 >= nc - r1 {
                q1 = q1 &* 2 &+ 1
                r1 = r1 &* 2 &- nc
            } else {
                q1 = q1 &* 2
                r1 = r1 &* 2
            }
            if r2 + 1 >= d - r2 {
                if q2 >= half - 1 { adds = true }
                q2 = q2 &* 2 &+ 1
                r2 = r2 &* 2 &+ 1 &- d
            } else {
                if q2 >= half { adds = true }
                q2 = q2 &* 2
                r2 = r2 &* 2 &+ 1
            }
            delta = d - 1 - r2
        } while p < U.bitWidth * 2 && (q1 < delta || (q1 == delta && r1 == 0))
        return (q2 &+ 1, UInt8(p - U.bitWidth), adds)
    }
}

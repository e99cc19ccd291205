// The 32-byte digest of source files in a Deps section: SHA-256, so that anybody can compare one with `sha256sum`.

/// SHA-256 (FIPS 180-4) of `bytes`.
package func sha256(_ bytes: UnsafeRawBufferPointer) -> SMFDigest {
    var state = SMFDigestState()
    let whole = bytes.count & ~63
    var offset = 0
    if let base = bytes.baseAddress {
        while offset < whole {
            state.absorb(base + offset)
            offset += 64
        }
    }
    // The rest, a 1 bit, zeros, and the length in bits: one block or two.
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { last in
        last.initializeMemory(as: UInt8.self, repeating: 0)
        let rest = bytes.count - whole
        for i in 0..<rest { last[i] = bytes[whole + i] }
        last[rest] = 0x80
        let blocks = rest < 56 ? 1 : 2
        let bits = UInt64(bytes.count) &* 8
        for i in 0..<8 { last[blocks * 64 - 1 - i] = UInt8(truncatingIfNeeded: bits &>> UInt64(i * 8)) }
        if let base = last.baseAddress {
            for i in 0..<blocks { state.absorb(base + i * 64) }
        }
    }
    return state.digest
}

/// 32 bytes that stand for a file's contents, as four little-endian words.
package struct SMFDigest: Sendable, Equatable {
    package var words: (UInt64, UInt64, UInt64, UInt64)

    /// A digest of these words.
    package init(_ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0) { words = (a, b, c, d) }

    /// Reads 32 bytes at `base`.
    package init(decoding base: UnsafeRawPointer) {
        words = (smfLoad64(base, 0), smfLoad64(base, 8), smfLoad64(base, 16), smfLoad64(base, 24))
    }

    /// Writes 32 bytes at `base`.
    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore64(base, 0, words.0)
        smfStore64(base, 8, words.1)
        smfStore64(base, 16, words.2)
        smfStore64(base, 24, words.3)
    }

    /// Byte `i` of the digest, in the order in which it is written.
    package func byte(_ i: Int) -> UInt8 {
        let word = i < 8 ? words.0 : i < 16 ? words.1 : i < 24 ? words.2 : words.3
        return UInt8(truncatingIfNeeded: word &>> (UInt64(i & 7) &* 8))
    }

    package static func == (l: SMFDigest, r: SMFDigest) -> Bool {
        l.words.0 == r.words.0 && l.words.1 == r.words.1 && l.words.2 == r.words.2 && l.words.3 == r.words.3
    }
}

/// The eight words of a SHA-256 in progress.
private struct SMFDigestState {
    private var h: InlineArray<8, UInt32> = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]

    /// Adds the 64 bytes at `block`.
    mutating func absorb(_ block: UnsafeRawPointer) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
            for i in 0..<16 { w[i] = smfLoad32(block, i &* 4).byteSwapped }
            for i in 16..<64 {
                let a = w[i &- 15]
                let b = w[i &- 2]
                let s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a &>> 3)
                let s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b &>> 10)
                w[i] = w[i &- 16] &+ s0 &+ w[i &- 7] &+ s1
            }
            var (a, b, c, d, e, f, g, i) = (h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7])
            for round in 0..<64 {
                let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                let t1 = i &+ s1 &+ ((e & f) ^ (~e & g)) &+ SMFDigestState.constants[round] &+ w[round]
                let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
                let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
                (i, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
            }
            h[0] &+= a
            h[1] &+= b
            h[2] &+= c
            h[3] &+= d
            h[4] &+= e
            h[5] &+= f
            h[6] &+= g
            h[7] &+= i
        }
    }

    /// The digest, once the padding has been absorbed.
    var digest: SMFDigest {
        func word(_ i: Int) -> UInt64 { UInt64(h[i].byteSwapped) | UInt64(h[i + 1].byteSwapped) << 32 }
        return SMFDigest(word(0), word(2), word(4), word(6))
    }

    @inline(__always) private func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { (x &>> n) | (x &<< (32 &- n)) }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: InlineArray<64, UInt32> = [
        0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
        0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
        0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
        0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
        0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
        0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
        0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
        0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
    ]
}

// The 32-byte digest of source files in a Deps section: SHA-256, so that anybody can compare one with `sha256sum`.

import CPlatform

/// SHA-256 (FIPS 180-4) of `bytes`.
package func sha256(_ bytes: UnsafeRawBufferPointer) -> SMFDigest {
    withUnsafeTemporaryAllocation(byteCount: 32 + 128, alignment: 8) { memory in
        let state = memory.baseAddress.unsafelyUnwrapped
        for i in 0..<8 { smfStore32(state, i &* 4, initialWords[i]) }
        func absorb(_ blocks: UnsafeRawPointer, _ count: Int) {
            cp_sha256(state.assumingMemoryBound(to: UInt32.self), blocks, count)
        }
        let whole = bytes.count & ~63
        if let base = bytes.baseAddress { absorb(base, whole / 64) }
        // The rest, a 1 bit, zeros, and the length in bits: one block or two.
        let last = state + 32
        for i in 0..<128 { last.storeBytes(of: 0, toByteOffset: i, as: UInt8.self) }
        let rest = bytes.count - whole
        for i in 0..<rest { last.storeBytes(of: bytes[whole + i], toByteOffset: i, as: UInt8.self) }
        last.storeBytes(of: 0x80, toByteOffset: rest, as: UInt8.self)
        let blocks = rest < 56 ? 1 : 2
        smfStore64(last, blocks * 64 - 8, (UInt64(bytes.count) &* 8).byteSwapped)
        absorb(last, blocks)
        func word(_ i: Int) -> UInt64 {
            UInt64(smfLoad32(state, i &* 4).byteSwapped) | UInt64(smfLoad32(state, i &* 4 &+ 4).byteSwapped) << 32
        }
        return SMFDigest(word(0), word(2), word(4), word(6))
    }
}

/// The first 32 bits of the fractional parts of the square roots of the first 8 primes.
private let initialWords: InlineArray<8, UInt32> = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
]

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

/// The digest by which the cache knows contents.

import CPlatform

#if !hasFeature(Embedded)
    import SMF
#endif

/// 128 bits over the bytes of a file or a key: XXH64 with two seeds. Against accidents, not against attackers, who could
/// as well replace the sources.
package struct ContentDigest: Equatable, Hashable, Sendable {
    package var low: UInt64
    package var high: UInt64

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// The digest of `bytes`.
    package init(of bytes: UnsafeRawBufferPointer) {
        low = xxh64(bytes, seed: 0)
        high = xxh64(bytes, seed: 0x5349_4D50_4C45_0001)
    }

    /// Writes the 32 hexadecimal digits of the digest to `text`.
    package func write(to text: UnsafeMutablePointer<CChar>) {
        var i = 0
        while i < 32 {
            let word = i < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- (i & 15) &* 4)) & 15
            text[i] = CChar(bitPattern: digit < 10 ? 48 &+ digit : 87 &+ digit)
            i &+= 1
        }
    }
}

/// Reads the whole of an open file and digests it. `nil` if it cannot be read or is larger than `limit` bytes.
package func digestFile(_ descriptor: Int32, limit: Int) -> ContentDigest? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) <= limit else { return nil }
    // One byte more, so that the end is seen.
    let capacity = Int(status.st_size) &+ 1
    let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    defer { memory.deallocate() }
    guard let count = readWhole(descriptor, memory, capacity), count < capacity else { return nil }
    return ContentDigest(of: UnsafeRawBufferPointer(start: memory, count: count))
}

/// Reads from offset 0 until the end or until `capacity` bytes are there; `nil` on failure.
func readWhole(_ descriptor: Int32, _ memory: UnsafeMutableRawPointer, _ capacity: Int) -> Int? {
    var count = 0
    while count < capacity {
        let got = pread(descriptor, memory + count, capacity &- count, count)
        if got < 0 {
            if cp_errno() == EINTR { continue }
            return nil
        }
        if got == 0 { break }
        count &+= got
    }
    return count
}

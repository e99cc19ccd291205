/// Builds little-endian binary data in memory.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }
    /// Bytes written so far; the offset of the next one.
    package var count: Int { bytes.count }
    /// Appends `value`, least significant byte first.
    @inlinable package mutating func write<T: FixedWidthInteger>(_ value: T) {
        var v = T.Magnitude(truncatingIfNeeded: value)
        for _ in 0..<(T.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: v))
            v = T.bitWidth > 8 ? v >> 8 : 0
        }
    }
    package mutating func append(_ byte: UInt8) { bytes.append(byte) }
    package mutating func append(contentsOf other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }
    /// Appends zeros until `count` is a multiple of `alignment`.
    package mutating func align(to alignment: Int) {
        let rest = count % alignment
        if rest != 0 { bytes.append(contentsOf: repeatElement(0, count: alignment - rest)) }
    }
    /// Overwrites the bytes at `offset` with `value`.
    /// - Requires: the bytes were written before.
    package mutating func patch<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        var v = T.Magnitude(truncatingIfNeeded: value)
        for i in 0..<(T.bitWidth / 8) {
            bytes[offset + i] = UInt8(truncatingIfNeeded: v)
            v = T.bitWidth > 8 ? v >> 8 : 0
        }
    }
}

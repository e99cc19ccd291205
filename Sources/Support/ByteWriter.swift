/// Builds little-endian binary data in memory.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }
    /// Bytes written so far; the offset of the next one.
    public var count: Int { bytes.count }
    /// Appends `value`, least significant byte first.
    @inlinable public mutating func write<T: FixedWidthInteger>(_ value: T) {
        var v = T.Magnitude(truncatingIfNeeded: value)
        for _ in 0..<(T.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: v))
            v = T.bitWidth > 8 ? v >> 8 : 0
        }
    }
    public mutating func append(_ byte: UInt8) { bytes.append(byte) }
    public mutating func append(contentsOf other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }
    /// Appends zeros until `count` is a multiple of `alignment`.
    public mutating func align(to alignment: Int) {
        let rest = count % alignment
        if rest != 0 { bytes.append(contentsOf: repeatElement(0, count: alignment - rest)) }
    }
    /// Overwrites the bytes at `offset` with `value`.
    /// - Requires: the bytes were written before.
    public mutating func patch<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        var v = T.Magnitude(truncatingIfNeeded: value)
        for i in 0..<(T.bitWidth / 8) {
            bytes[offset + i] = UInt8(truncatingIfNeeded: v)
            v = T.bitWidth > 8 ? v >> 8 : 0
        }
    }
}

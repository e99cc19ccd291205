package import Loader

/// What a cached result depends on, as one text whose digest names the result.
///
/// Everything is written with its size in front, so that different parts never give the same text.
package struct CacheKey: ~Copyable {
    private var bytes: [UInt8] = []

    /// Starts a key. `domain` tells apart the kinds of results; it changes when their meaning does.
    package init(_ domain: StaticString) {
        bytes.reserveCapacity(4096)
        add(UnsafeRawBufferPointer(start: domain.utf8Start, count: domain.utf8CodeUnitCount))
    }

    package mutating func add(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    package mutating func add(_ value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    package mutating func add(_ digest: ContentDigest) {
        add(digest.low)
        add(digest.high)
    }
    package mutating func add(_ text: String) {
        var copy = text
        copy.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }
    /// Adds the bytes themselves.
    package mutating func add(_ part: UnsafeRawBufferPointer) {
        add(UInt64(part.count))
        bytes.append(contentsOf: part)
    }
    /// Adds the elements of a list of plain values without padding.
    package mutating func add<Element>(plain list: ContiguousArray<Element>) {
        list.withUnsafeBytes { add($0) }
    }

    /// The digest of everything added.
    package var digest: ContentDigest { bytes.withUnsafeBytes { ContentDigest(of: $0) } }

    /// Forgets everything added, keeping the storage.
    package mutating func reset(_ domain: StaticString) {
        bytes.removeAll(keepingCapacity: true)
        add(UnsafeRawBufferPointer(start: domain.utf8Start, count: domain.utf8CodeUnitCount))
    }
}

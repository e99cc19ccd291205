/// An interned name; equal ids mean equal text. `NameID.none` (0) is the empty name.
public struct NameID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The empty name, used for "no name here".
    public static let none = NameID(rawValue: 0)
}

/// Maps names to small ids and back. One interner serves a whole compilation, so that ids of
/// different modules compare.
///
/// All text lies in one buffer; see `HashIndex` for the search.
public struct Interner: ~Copyable {
    private var text: ContiguousArray<UInt8> = []
    private var starts: ContiguousArray<UInt32> = [0]
    private var names = HashIndex(capacity: 2048)

    /// Creates an interner that holds only the empty name.
    public init() { _ = intern("") }

    /// How many names there are.
    public var count: Int { names.count }

    /// The id of the name with these UTF-8 bytes, made on first use.
    public mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>) -> NameID {
        intern(bytes, hash: HashIndex.hash(bytes))
    }

    /// As `intern(_:)`, for a caller that computed the hash while it scanned the name.
    /// - Requires: `hash` is `HashIndex.hash(bytes)`.
    public mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>, hash: UInt32) -> NameID {
        if let known = names.find(hash, where: { equals($0, bytes) }) { return NameID(known) }
        let id = NameID(names.count)
        names.append(hash)
        text.append(contentsOf: bytes)
        starts.append(UInt32(text.count))
        return id
    }

    /// The id of `name`, made on first use.
    public mutating func intern(_ name: String) -> NameID {
        var copy = name
        return copy.withUTF8 { intern($0) }
    }

    /// The id of `name` if it was interned before.
    public func find(_ name: String) -> NameID? {
        var copy = name
        return copy.withUTF8 { bytes in
            names.find(HashIndex.hash(bytes)) { equals($0, bytes) }.map { NameID($0) }
        }
    }

    /// The text of `id`.
    public func string(_ id: NameID) -> String {
        String(decoding: text[Int(starts[id.index])..<Int(starts[id.index + 1])], as: UTF8.self)
    }

    /// The UTF-8 bytes of `id`.
    public func bytes(_ id: NameID) -> ArraySlice<UInt8> {
        Array(text[Int(starts[id.index])..<Int(starts[id.index + 1])])[...]
    }

    private func equals(_ candidate: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = Int(starts[candidate])
        guard Int(starts[candidate + 1]) - start == bytes.count else { return false }
        return text.withUnsafeBufferPointer { text in
            for i in 0..<bytes.count where text[start + i] != bytes[i] { return false }
            return true
        }
    }
}

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
/// Open addressing with linear probing over FNV-1a; all text lies in one buffer.
public struct Interner: ~Copyable {
    private var text: ContiguousArray<UInt8> = []
    private var starts: ContiguousArray<UInt32> = [0]
    private var hashes: ContiguousArray<UInt32> = []
    private var buckets: ContiguousArray<UInt32>
    private var mask: Int

    /// Creates an interner that holds only the empty name.
    public init() {
        mask = 4095
        buckets = ContiguousArray(repeating: UInt32.max, count: 4096)
        _ = intern("")
    }

    /// How many names there are.
    public var count: Int { hashes.count }

    /// The id of the name with these UTF-8 bytes, made on first use.
    public mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>) -> NameID {
        var hash = Interner.hashSeed
        for byte in bytes { hash = Interner.hash(hash, byte) }
        return intern(bytes, hash: hash)
    }

    /// As `intern(_:)`, for a caller that computed the hash while it scanned the name.
    /// - Requires: `hash` is `hashSeed` after `hash(_:_:)` of every byte.
    public mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>, hash: UInt32) -> NameID {
        var slot = Int(hash) & mask
        while true {
            let candidate = buckets[slot]
            if candidate == .max { break }
            if hashes[Int(candidate)] == hash, equals(Int(candidate), bytes) { return NameID(rawValue: candidate) }
            slot = (slot + 1) & mask
        }
        let id = UInt32(hashes.count)
        hashes.append(hash)
        text.append(contentsOf: bytes)
        starts.append(UInt32(text.count))
        buckets[slot] = id
        if hashes.count * 2 > buckets.count { grow() }
        return NameID(rawValue: id)
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
            var hash: UInt32 = 2_166_136_261
            for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
            var slot = Int(hash) & mask
            while buckets[slot] != .max {
                let candidate = Int(buckets[slot])
                if hashes[candidate] == hash, equals(candidate, bytes) { return NameID(candidate) }
                slot = (slot + 1) & mask
            }
            return nil
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

    private mutating func grow() {
        let size = buckets.count * 2
        mask = size - 1
        buckets = ContiguousArray(repeating: UInt32.max, count: size)
        for (id, hash) in hashes.enumerated() {
            var slot = Int(hash) & mask
            while buckets[slot] != .max { slot = (slot + 1) & mask }
            buckets[slot] = UInt32(id)
        }
    }
}

extension Interner {
    /// The first state of the hash that `intern(_:hash:)` expects.
    public static var hashSeed: UInt32 { 2_166_136_261 }

    /// The hash after one more byte (FNV-1a).
    @inline(__always) public static func hash(_ state: UInt32, _ byte: UInt8) -> UInt32 {
        (state ^ UInt32(byte)) &* 16_777_619
    }
}

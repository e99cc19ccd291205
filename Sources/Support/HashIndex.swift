/// Finds elements of an array by hash. The array stays with the caller: the index knows only each element's hash and
/// place, and asks the caller whether an element is the one sought.
///
/// Open addressing with linear probing. Compiler stages use it in place of `Dictionary`, whose types the run time puts
/// together on first use: looking through all conformances for the key's `Hashable` costs 250,000 instructions for each
/// type of dictionary, more than all else that a stage does for a small program.
public struct HashIndex: Sendable {
    @usableFromInline var hashes: ContiguousArray<UInt32> = []
    /// Index of an element, or `UInt32.max`; as many as a power of two.
    @usableFromInline var buckets: ContiguousArray<UInt32>
    @usableFromInline var mask: Int

    /// An index without elements, with room for `capacity` of them before it grows.
    public init(capacity: Int = 8) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        mask = size - 1
        buckets = ContiguousArray(repeating: UInt32.max, count: size)
    }

    /// How many elements there are.
    @inlinable public var count: Int { hashes.count }

    /// The element with this hash of which `isSought` says that it is the one.
    @inlinable public func find(_ hash: UInt32, where isSought: (Int) -> Bool) -> Int? {
        var slot = Int(hash) & mask
        while true {
            let candidate = buckets[slot]
            if candidate == .max { return nil }
            if hashes[Int(candidate)] == hash, isSought(Int(candidate)) { return Int(candidate) }
            slot = (slot + 1) & mask
        }
    }

    /// Adds the next element of the caller's array. It must not be there yet.
    @inlinable public mutating func append(_ hash: UInt32) {
        if (hashes.count + 1) * 2 > buckets.count { grow() }
        var slot = Int(hash) & mask
        while buckets[slot] != .max { slot = (slot + 1) & mask }
        buckets[slot] = UInt32(truncatingIfNeeded: hashes.count)
        hashes.append(hash)
    }

    @usableFromInline mutating func grow() {
        let size = buckets.count * 2
        mask = size - 1
        buckets = ContiguousArray(repeating: UInt32.max, count: size)
        for (element, hash) in hashes.enumerated() {
            var slot = Int(hash) & mask
            while buckets[slot] != .max { slot = (slot + 1) & mask }
            buckets[slot] = UInt32(truncatingIfNeeded: element)
        }
    }

    /// A hash of bytes (FNV-1a).
    @inlinable public static func hash(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var state = seed
        for byte in bytes { state = hash(state, byte) }
        return state
    }

    /// A hash of an integer: the high half of the product with 2^64 divided by the golden ratio.
    @inlinable public static func hash(_ word: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }

    /// The first state of a hash that is made byte by byte.
    @inlinable public static var seed: UInt32 { 2_166_136_261 }

    /// The hash after one more byte (FNV-1a).
    @inline(__always) @inlinable public static func hash(_ state: UInt32, _ byte: UInt8) -> UInt32 {
        (state ^ UInt32(byte)) &* 16_777_619
    }
}

/// Values by 32-bit key, in the order in which they came.
public struct IndexMap<Value> {
    @usableFromInline var places = HashIndex()
    public private(set) var keys: ContiguousArray<UInt32> = []
    public private(set) var values: ContiguousArray<Value> = []

    public init() {}

    @inlinable public var count: Int { values.count }

    /// The value of `key`; nil where there is none.
    @inlinable public subscript(key: UInt32) -> Value? {
        places.find(HashIndex.hash(UInt64(key))) { keys[$0] == key }.map { values[$0] }
    }

    /// Whether `key` has a value.
    @inlinable public func contains(_ key: UInt32) -> Bool {
        places.find(HashIndex.hash(UInt64(key))) { keys[$0] == key } != nil
    }

    /// Gives `key` a value, in place of the one that it has.
    public mutating func set(_ key: UInt32, _ value: Value) {
        let hash = HashIndex.hash(UInt64(key))
        if let place = places.find(hash, where: { keys[$0] == key }) {
            values[place] = value
        } else {
            places.append(hash)
            keys.append(key)
            values.append(value)
        }
    }
}

extension IndexMap: Sendable where Value: Sendable {}

/// The same for the ids of an arena.
extension IndexMap {
    @inlinable public subscript(key: some IndexID) -> Value? { self[key.rawValue] }
    @inlinable public func contains(_ key: some IndexID) -> Bool { contains(key.rawValue) }
    @inlinable public mutating func set(_ key: some IndexID, _ value: Value) { set(key.rawValue, value) }
}

/// Values by text, in the order in which they came.
public struct TextMap<Value> {
    @usableFromInline var places = HashIndex()
    public private(set) var keys: ContiguousArray<String> = []
    public private(set) var values: ContiguousArray<Value> = []

    public init() {}

    /// The value of `key`; nil where there is none.
    @inlinable public subscript(key: String) -> Value? {
        places.find(HashIndex.hash(key.utf8)) { keys[$0] == key }.map { values[$0] }
    }

    /// Gives `key` a value, in place of the one that it has.
    public mutating func set(_ key: String, _ value: Value) {
        let hash = HashIndex.hash(key.utf8)
        if let place = places.find(hash, where: { keys[$0] == key }) {
            values[place] = value
        } else {
            places.append(hash)
            keys.append(key)
            values.append(value)
        }
    }
}

extension TextMap: Sendable where Value: Sendable {}

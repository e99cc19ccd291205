/// A set of small non-negative integers, one bit each.
public struct BitSet: Sendable, Equatable {
    public var words: ContiguousArray<UInt64>

    /// Creates an empty set with room for 0..<capacity.
    public init(capacity: Int) { words = ContiguousArray(repeating: 0, count: (capacity + 63) / 64) }

    @inlinable public func contains(_ i: Int) -> Bool { words[i >> 6] & (1 << UInt64(i & 63)) != 0 }
    @inlinable public mutating func insert(_ i: Int) { words[i >> 6] |= 1 << UInt64(i & 63) }
    @inlinable public mutating func remove(_ i: Int) { words[i >> 6] &= ~(1 << UInt64(i & 63)) }

    /// Adds the elements of `other`; returns `true` iff the set grew.
    /// - Requires: both have the same capacity.
    public mutating func formUnion(_ other: BitSet) -> Bool {
        var changed = false
        for i in words.indices {
            let merged = words[i] | other.words[i]
            if merged != words[i] {
                words[i] = merged
                changed = true
            }
        }
        return changed
    }

    /// Calls `body` with each element in ascending order.
    @inlinable public func forEach(_ body: (Int) -> Void) {
        for (w, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                body(w * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }
}

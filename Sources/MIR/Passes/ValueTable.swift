/// The hash table of value numbering: finds an earlier instruction that computes the same value.
///
/// Open addressing; an entry is valid only in its generation, so that a new function needs no clearing.
struct ValueTable: ~Copyable {
    struct Entry: BitwiseCopyable {
        var hash: UInt32
        var generation: UInt32
        /// The instruction that gives the key.
        var key: UInt32
        /// The value that has been found under the key.
        var value: UInt32
        /// State of the memory that was read; 0 for pure values.
        var state: UInt32
        /// Where the entry was made: it holds in the blocks that this one dominates.
        var block: UInt32
    }
    private var entries = ScratchBuffer<Entry>()
    private var mask: UInt32 = 0
    private var size = 0
    private var generation: UInt32 = 0

    /// Empties the table and makes room for `count` entries.
    mutating func reset(count: Int) {
        var needed = 256
        while needed < count + count / 2 { needed *= 2 }
        generation &+= 1
        if needed > size || generation == 0 {
            size = max(needed, size)
            generation = 1
            entries.prepare(
                size, filledWith: Entry(hash: 0, generation: 0, key: 0, value: 0, state: 0, block: 0))
        }
        mask = UInt32(needed - 1)
    }

    /// The slot of the entry for which `matches` holds, or the free slot where it would go.
    @inline(__always)
    func slot(hash: UInt32, _ matches: (borrowing Entry) -> Bool) -> (slot: UInt32, isFound: Bool) {
        var slot = hash & mask
        while entries[slot].generation == generation {
            if entries[slot].hash == hash, matches(entries[slot]) { return (slot, true) }
            slot = (slot &+ 1) & mask
        }
        return (slot, false)
    }
    @inline(__always)
    subscript(slot: UInt32) -> Entry { entries[slot] }
    @inline(__always)
    func set(_ slot: UInt32, hash: UInt32, key: UInt32, value: UInt32, state: UInt32, block: UInt32) {
        entries[slot] = Entry(hash: hash, generation: generation, key: key, value: value, state: state, block: block)
    }
}

/// Mixes the fields of a key.
@inline(__always)
func mixHash(_ x: UInt64, _ y: UInt64, _ z: UInt64) -> UInt32 {
    let h = (x ^ z &* 0x27D4_EB2F_1656_67C5) &* 0x9E37_79B9_7F4A_7C15 &+ y &* 0xC2B2_AE3D_27D4_EB4F
    return UInt32(truncatingIfNeeded: (h ^ h >> 29) >> 16)
}

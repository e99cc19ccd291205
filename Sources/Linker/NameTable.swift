import SMF

/// A pointer to a NUL-terminated name in an object module's string table.
typealias NamePointer = UnsafePointer<UInt8>

/// Maps names to small indices in order of first appearance, without copying them.
///
/// Open addressing over the FNV-1a hashes that symbols carry anyway. Names can be chosen so that these collide: when a
/// search becomes long, the table goes over to hashes that nobody can foresee. The names' memory outlives the table (it
/// belongs to the link's inputs).
struct NameTable {
    private(set) var names: ContiguousArray<NamePointer> = []
    private var hashes: ContiguousArray<UInt32> = []
    private var buckets: ContiguousArray<UInt32>
    private var mask: Int
    /// `hashes` are of Swift's `Hasher`, which every process seeds anew. They decide where a name is looked for, not
    /// which index it gets.
    private var isSeeded = false
    /// Longest search before `isSeeded`. At a load of one half, chance makes hardly any longer than 30.
    private static let searchLimit = 128

    /// Creates an empty table with room for `capacity` names.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        buckets = ContiguousArray(repeating: .max, count: size)
        mask = size - 1
        names.reserveCapacity(capacity)
        hashes.reserveCapacity(capacity)
    }

    var count: Int { names.count }

    /// The index of `name`, whose hash is `hash`; a new one if the table doesn't hold it yet.
    mutating func intern(_ name: NamePointer, hash: UInt32) -> Int {
        if names.count * 2 >= buckets.count { rebuild(bucketCount: buckets.count * 2) }
        // The low bits of FNV-1a are good enough on their own; the stored hash weeds out the rest.
        let hash = isSeeded ? NameTable.seededHash(name) : hash
        var bucket = Int(hash) & mask
        var searched = 0
        while buckets[bucket] != .max {
            let candidate = Int(buckets[bucket])
            if hashes[candidate] == hash, nameEquals(names[candidate], name) { return candidate }
            bucket = (bucket + 1) & mask
            searched += 1
            if searched == NameTable.searchLimit, !isSeeded {
                isSeeded = true
                for i in names.indices { hashes[i] = NameTable.seededHash(names[i]) }
                rebuild(bucketCount: buckets.count)
                return intern(name, hash: hash)
            }
        }
        buckets[bucket] = UInt32(truncatingIfNeeded: names.count)
        names.append(name)
        hashes.append(hash)
        return names.count - 1
    }

    /// The index of `name`, if the table holds it.
    func find(_ name: NamePointer, hash: UInt32) -> Int? {
        let hash = isSeeded ? NameTable.seededHash(name) : hash
        var bucket = Int(hash) & mask
        while buckets[bucket] != .max {
            let candidate = Int(buckets[bucket])
            if hashes[candidate] == hash, nameEquals(names[candidate], name) { return candidate }
            bucket = (bucket + 1) & mask
        }
        return nil
    }

    private static func seededHash(_ name: NamePointer) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(nameBytes(name)))
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private mutating func rebuild(bucketCount size: Int) {
        mask = size - 1
        buckets = ContiguousArray(repeating: .max, count: size)
        for (index, hash) in hashes.enumerated() {
            var bucket = Int(hash) & mask
            while buckets[bucket] != .max { bucket = (bucket + 1) & mask }
            buckets[bucket] = UInt32(truncatingIfNeeded: index)
        }
    }
}

/// `true` iff both names are the same bytes.
func nameEquals(_ l: NamePointer, _ r: NamePointer) -> Bool {
    if l == r { return true }
    var i = 0
    while l[i] == r[i] {
        if l[i] == 0 { return true }
        i += 1
    }
    return false
}

/// The name as text, for messages.
func nameText(_ name: NamePointer) -> String { String(cString: name) }

/// The name's bytes without the NUL.
func nameBytes(_ name: NamePointer) -> UnsafeBufferPointer<UInt8> {
    var count = 0
    while name[count] != 0 { count += 1 }
    return UnsafeBufferPointer(start: name, count: count)
}

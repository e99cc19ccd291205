/// Constants that instructions read from memory, without duplicates: the start of the module's read-only data.
struct ConstantPool: ~Copyable {
    /// The pool's contents; 16-aligned.
    private(set) var bytes: ContiguousArray<UInt8> = []
    /// Open addressing: bits, offset and size of each constant; offset `.max` is empty.
    private var keys = ScratchArray<UInt64>()
    private var offsets = ScratchArray<UInt32>()
    private var sizes = ScratchArray<UInt8>()
    private var count = 0
    /// A free gap of 8 or 4 bytes from aligning something larger; `.max`: none.
    private var gap4 = UInt32.max
    private var gap8 = UInt32.max

    init() { resize(to: 64) }

    /// The place of 8 bytes.
    mutating func memory(quad bits: UInt64) -> Memory { memory(bits, size: 8) }
    /// The place of 4 bytes.
    mutating func memory(double bits: UInt32) -> Memory { memory(UInt64(bits), size: 4) }
    /// The place of 16 aligned bytes: `half`, then `half` again.
    mutating func memory(vector half: UInt64) -> Memory { memory(half, size: 16) }

    private mutating func memory(_ bits: UInt64, size: Int) -> Memory {
        var slot = hash(bits, size) & (keys.count - 1)
        while offsets[slot] != .max {
            if keys[slot] == bits && sizes[slot] == UInt8(size) {
                return Memory(symbol: Memory.constantPoolBit | offsets[slot])
            }
            slot = (slot + 1) & (keys.count - 1)
        }
        let offset = place(bits, size)
        keys[slot] = bits
        offsets[slot] = offset
        sizes[slot] = UInt8(size)
        count += 1
        if count * 2 > keys.count { rehash() }
        return Memory(symbol: Memory.constantPoolBit | offset)
    }

    private func hash(_ bits: UInt64, _ size: Int) -> Int {
        let mixed = (bits ^ UInt64(size)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 20)
    }

    private mutating func place(_ bits: UInt64, _ size: Int) -> UInt32 {
        if size == 4 && gap4 != .max {
            defer { gap4 = .max }
            write(bits, 4, at: Int(gap4))
            return gap4
        }
        if size == 8 && gap8 != .max {
            defer { gap8 = .max }
            write(bits, 8, at: Int(gap8))
            return gap8
        }
        while bytes.count % size != 0 {
            if bytes.count % 8 != 0 {
                gap4 = UInt32(bytes.count)
                bytes.append(contentsOf: repeatElement(0, count: 4))
            } else {
                gap8 = UInt32(bytes.count)
                bytes.append(contentsOf: repeatElement(0, count: 8))
            }
        }
        let offset = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: size))
        write(bits, min(size, 8), at: offset)
        if size == 16 { write(bits, 8, at: offset + 8) }
        return UInt32(offset)
    }

    private mutating func write(_ bits: UInt64, _ size: Int, at offset: Int) {
        for i in 0..<size { bytes[offset + i] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * i)) }
    }

    private mutating func resize(to capacity: Int) {
        keys.reset(count: capacity, to: 0)
        offsets.reset(count: capacity, to: .max)
        sizes.reset(count: capacity, to: 0)
    }

    private mutating func rehash() {
        let old = keys.count
        var entries: [(UInt64, UInt32, UInt8)] = []
        for i in 0..<old where offsets[i] != .max { entries.append((keys[i], offsets[i], sizes[i])) }
        resize(to: old * 2)
        for (key, offset, size) in entries {
            var slot = hash(key, Int(size)) & (keys.count - 1)
            while offsets[slot] != .max { slot = (slot + 1) & (keys.count - 1) }
            keys[slot] = key
            offsets[slot] = offset
            sizes[slot] = size
        }
    }
}

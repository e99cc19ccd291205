// Appending numbers and text to bytes. Not inlined on purpose: `append` of an array is 200 bytes of code wherever it
// stands, and what is written here is for debuggers and linkers, never on a path that a program waits for.

/// Appends a byte.
@inline(never) package func put8(_ value: UInt8, _ bytes: inout ContiguousArray<UInt8>) { bytes.append(value) }

/// Appends the lowest `size` bytes of `value`, lowest first.
@inline(never) package func put(_ value: UInt64, size: Int, _ bytes: inout ContiguousArray<UInt8>) {
    var rest = value
    var left = size
    while left > 0 {
        put8(UInt8(truncatingIfNeeded: rest), &bytes)
        rest >>= 8
        left -= 1
    }
}

/// Appends 4 bytes, lowest first.
@inline(never) package func put32(_ value: UInt32, _ bytes: inout ContiguousArray<UInt8>) {
    put(UInt64(value), size: 4, &bytes)
}

/// Appends `count` bytes from `start`.
@inline(never) package func putBytes(
    _ start: UnsafePointer<UInt8>?, _ count: Int, _ bytes: inout ContiguousArray<UInt8>
) {
    guard let start, count > 0 else { return }
    bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
}

/// Appends `text` without a NUL.
@inline(never) package func put(_ text: StaticString, _ bytes: inout ContiguousArray<UInt8>) {
    putBytes(text.utf8Start, text.utf8CodeUnitCount, &bytes)
}

/// Appends zeros until there are `count` bytes.
@inline(never) package func pad(to count: Int, _ bytes: inout ContiguousArray<UInt8>) {
    while bytes.count < count { put8(0, &bytes) }
}

/// Appends an unsigned number in LEB128 (DWARF 4, 7.6).
@inline(never) package func putULEB(_ value: UInt32, _ bytes: inout ContiguousArray<UInt8>) {
    var rest = value
    while rest >= 0x80 {
        put8(UInt8(truncatingIfNeeded: rest) | 0x80, &bytes)
        rest >>= 7
    }
    put8(UInt8(truncatingIfNeeded: rest), &bytes)
}

/// Appends a signed number in LEB128.
@inline(never) package func putSLEB(_ value: Int, _ bytes: inout ContiguousArray<UInt8>) {
    var rest = value
    while rest < -64 || rest > 63 {
        put8(UInt8(truncatingIfNeeded: rest) | 0x80, &bytes)
        rest >>= 7
    }
    put8(UInt8(truncatingIfNeeded: rest) & 0x7F, &bytes)
}

/// Writes `value` over the 4 bytes at `offset`.
@inline(never) package func set32(_ value: Int, at offset: Int, _ bytes: inout ContiguousArray<UInt8>) {
    bytes.withUnsafeMutableBytes { buffer in
        if let base = buffer.baseAddress { smfStore32(base, offset, UInt32(truncatingIfNeeded: value)) }
    }
}

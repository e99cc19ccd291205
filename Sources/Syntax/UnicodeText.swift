@_spi(_Unicode) import Swift

/// The offset of the first byte that is not part of a valid UTF-8 sequence; `nil` for valid text.
func firstInvalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    let raw = UnsafeRawPointer(base)
    let count = bytes.count
    var i = 0
    while i < count {
        // Eight ASCII bytes at a time: nearly all source is ASCII.
        while i + 8 <= count,
            raw.loadUnaligned(fromByteOffset: i, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        { i += 8 }
        guard i < count else { return nil }
        let first = base[i]
        if first < 0x80 {
            i += 1
            continue
        }
        // Unicode 15, table 3-7: the well-formed sequences.
        let length: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, low) = (3, 0xA0)
        case 0xED: (length, high) = (3, 0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, low) = (4, 0x90)
        case 0xF4: (length, high) = (4, 0x8F)
        case 0xF1...0xF3: length = 4
        default: return i
        }
        guard i + length <= count, base[i + 1] >= low, base[i + 1] <= high else { return i }
        for k in 2..<max(2, length) where base[i + k] & 0xC0 != 0x80 { return i }
        i += length
    }
    return nil
}

/// `text` in Unicode normalisation form C.
func normalizedNFC(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text._nfc)
    return String(scalars)
}

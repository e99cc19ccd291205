// Whether bytes are UTF-8, for the parts of a module that are text. Decoded by hand, because Embedded Swift's String
// would bring its tables along.

/// Index of the first byte that is not part of well-formed UTF-8 (Unicode 16, table 3-7); `nil` if all are.
/// - Complexity: O(n); eight bytes at a time through ASCII.
package func smfFirstInvalidUTF8(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    let count = bytes.count
    var i = 0
    /// Whether byte `i + offset` exists and lies in the range.
    func continues(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
        count - i > offset && bytes[i + offset] >= low && bytes[i + offset] <= high
    }
    while i < count {
        if count - i >= 8, smfLoad64(base, i) & 0x8080_8080_8080_8080 == 0 {
            i += 8
            continue
        }
        let isValid: Bool
        let length: Int
        switch bytes[i] {
        case 0..<0x80: (isValid, length) = (true, 1)
        case 0xC2...0xDF: (isValid, length) = (continues(1), 2)
        case 0xE0: (isValid, length) = (continues(1, 0xA0) && continues(2), 3)
        case 0xED: (isValid, length) = (continues(1, 0x80, 0x9F) && continues(2), 3)
        case 0xE1...0xEF: (isValid, length) = (continues(1) && continues(2), 3)
        case 0xF0: (isValid, length) = (continues(1, 0x90) && continues(2) && continues(3), 4)
        case 0xF1...0xF3: (isValid, length) = (continues(1) && continues(2) && continues(3), 4)
        case 0xF4: (isValid, length) = (continues(1, 0x80, 0x8F) && continues(2) && continues(3), 4)
        default: return i
        }
        if !isValid { return i }
        i += length
    }
    return nil
}

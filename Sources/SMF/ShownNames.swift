// Names out of a module in messages for people.

/// How many bytes of a name messages show: many entries of a table can share one long name, and the message must not be
/// larger than the file's size suggests.
package let shownNameLimit = 256

/// Appends `name` to a message: control characters, which could move a terminal's cursor, as "\u{..}", what is no UTF-8
/// as "\x..", and of a name of more than `shownNameLimit` bytes the beginning and "…".
package func appendShownName(_ name: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
    var end = min(name.count, shownNameLimit)
    // Not inside a character.
    if end < name.count {
        while end > 0, name[end] & 0xC0 == 0x80 { end -= 1 }
    }
    let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: name[..<end]))
    let isText = smfFirstInvalidUTF8(bytes) == nil
    var i = 0
    while i < end {
        let byte = bytes[i]
        if byte < 0x20 || byte == 0x7F {
            appendEscape(0x75, byte, to: &text)
        } else if byte >= 0x80, !isText {
            appendEscape(0x78, byte, to: &text)
        } else if byte == 0xC2, bytes[i + 1] < 0xA0 {
            // U+0080 to U+009F.
            appendEscape(0x75, bytes[i + 1], to: &text)
            i += 1
        } else {
            text.append(byte)
        }
        i += 1
    }
    if end < name.count {
        for byte in [0xE2, 0x80, 0xA6] as [UInt8] { text.append(byte) }
    }
}

/// Appends `\u{hh}` or, for `kind` "x", `\xhh`.
private func appendEscape(_ kind: UInt8, _ byte: UInt8, to text: inout [UInt8]) {
    text.append(0x5C)
    text.append(kind)
    if kind == 0x75 { text.append(0x7B) }
    func append(_ digit: UInt8) { text.append(digit < 10 ? 48 + digit : 87 + digit) }
    if byte >= 16 || kind == 0x78 { append(byte >> 4) }
    append(byte & 15)
    if kind == 0x75 { text.append(0x7D) }
}

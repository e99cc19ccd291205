/// String objects: making them, joining them, comparing them. A string is immutable; its bytes are inline or, for a
/// view, in a buffer, another string or an image.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Concatenations of at least this many bytes go to a buffer with room to grow.
private let growableSize = 128
/// Slices of at least this many bytes may share the bytes of what they are cut from.
private let sharedSliceSize = 256

/// Address of the first byte of a string.
@inline(__always)
package func stringBytes(_ string: Ref) -> Bytes {
    if string.header == ObjectKind.stringView.rawValue {
        return string.load(fromByteOffset: Int(ObjectLayout.stringInlineBytes), as: Bytes.self)
    }
    return Bytes((string + Int(ObjectLayout.stringInlineBytes)).assumingMemoryBound(to: UInt8.self))
}

/// The empty string.
@inline(__always)
package func emptyString() -> Ref { asciiString(128) }

/// The one-character string of an ASCII character: a static object.
@inline(__always)
package func asciiString(_ code: Int) -> Ref {
    UnsafeMutableRawPointer(mutating: cp_static_string_at(Int64(code)).unsafelyUnwrapped)
}

/// An inline string of `count` bytes that the caller fills in; a NUL follows them.
@inline(__always)
package func newString(_ count: Int, chars: Int) -> Ref {
    let string = allocate(.stringInline, Int(ObjectLayout.stringInlineBytes) &+ count &+ 1)
    string.setWord(ObjectLayout.stringByteLength, count)
    string.setWord(ObjectLayout.stringCharCount, chars)
    return string
}

/// Where the bytes of a fresh inline string go.
@inline(__always)
package func inlineBytes(_ string: Ref) -> UnsafeMutablePointer<UInt8> {
    (string + Int(ObjectLayout.stringInlineBytes)).assumingMemoryBound(to: UInt8.self)
}

/// A string with a copy of the text.
package func makeString(_ text: TextSpan) -> Ref {
    if text.count <= 1 {
        if text.count == 0 { return emptyString() }
        return asciiString(Int(text.start.pointee))
    }
    let string = newString(text.count, chars: text.chars)
    memcpy(inlineBytes(string), text.start, text.count)
    return string
}

/// A string of the `count` bytes at `start`, which lie in `parent`: shares them if the parent is mostly that text,
/// else copies. Sharing never keeps more than about twice the text alive.
package func makeSlice(of parent: Ref, _ text: TextSpan) -> Ref {
    if text.count == parent.word(ObjectLayout.stringByteLength) { return parent }
    if text.count < sharedSliceSize { return makeString(text) }
    let owner = objectContaining(UInt(bitPattern: text.start))
    if owner != 0 {
        let owned = refAt(owner).word(8)  // A string's byte length or a buffer's byte capacity.
        if text.count < owned / 2 { return makeString(text) }
    }
    return makeView(text)
}

/// A view of bytes that live at least as long as they are reachable from it.
func makeView(_ text: TextSpan) -> Ref {
    let view = allocate(.stringView, 32)
    view.setWord(ObjectLayout.stringByteLength, text.count)
    view.setWord(ObjectLayout.stringCharCount, text.chars)
    view.storeBytes(of: text.start, toByteOffset: Int(ObjectLayout.stringInlineBytes), as: Bytes.self)
    return view
}

/// A byte buffer object for at least `capacity` bytes.
func newByteBuffer(_ capacity: Int) -> Ref {
    let elements = Int(ObjectLayout.bufferElements)
    let size = usableSize(elements &+ capacity)
    let buffer = allocate(.bufferRaw, size)
    buffer.setWord(ObjectLayout.bufferByteCapacity, size &- elements)
    return buffer
}

/// Length of a text made of `a` and `b` bytes. Panics with P017 if it cannot be represented.
func totalLength(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    if overflow || sum > 1 << 46 { panicOutOfMemory(sum) }
    return sum
}

/// (a, b): amortised O(b) when a is the newest end of its buffer.
@c(simple_rt_string_concat)
public func simple_rt_string_concat(_ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let left = TextSpan(a)
    let right = TextSpan(b)
    if right.count == 0 { return a }
    if left.count == 0 { return b }
    let count = totalLength(left.count, right.count)
    let chars = left.chars &+ right.chars
    if count < growableSize {
        let string = newString(count, chars: chars)
        memcpy(inlineBytes(string), left.start, left.count)
        memcpy(inlineBytes(string) + left.count, right.start, right.count)
        return string
    }
    var capacity = totalLength(count, count / 2)
    if a.header == ObjectKind.stringView.rawValue {
        let owner = objectContaining(UInt(bitPattern: left.start))
        if owner != 0 && refAt(owner).header == ObjectKind.bufferRaw.rawValue {
            let buffer = refAt(owner)
            let used = buffer.word(ObjectLayout.bufferUsed)
            let end = UInt(bitPattern: left.start) &+ UInt(left.count)
            if end == owner &+ UInt(ObjectLayout.bufferElements) &+ UInt(used)
                && buffer.word(ObjectLayout.bufferByteCapacity) &- used >= right.count
            {
                // Only the newest view ends here, so nobody else sees the bytes behind.
                memmove(refAt(end), right.start, right.count)
                buffer.setWord(ObjectLayout.bufferUsed, used &+ right.count)
                return makeView(TextSpan(left.start, count, chars: chars))
            }
            capacity = totalLength(count, count)
        }
    }
    let buffer = newByteBuffer(capacity)
    let target = (buffer + Int(ObjectLayout.bufferElements)).assumingMemoryBound(to: UInt8.self)
    memcpy(target, left.start, left.count)
    memcpy(target + left.count, right.start, right.count)
    buffer.setWord(ObjectLayout.bufferUsed, count)
    return makeView(TextSpan(Bytes(target), count, chars: chars))
}

/// (a, b) -> 1 if equal.
@c(simple_rt_string_equal)
public func simple_rt_string_equal(_ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer) -> UInt8 {
    if a == b { return 1 }
    let left = TextSpan(a)
    let right = TextSpan(b)
    return left.count == right.count && memcmp(left.start, right.start, left.count) == 0 ? 1 : 0
}

/// (a, b) -> -1, 0, 1 by code point, which is the order of UTF-8 bytes.
@c(simple_rt_string_compare)
public func simple_rt_string_compare(_ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer) -> Int {
    let left = TextSpan(a)
    let right = TextSpan(b)
    let order = memcmp(left.start, right.start, min(left.count, right.count))
    if order != 0 { return order < 0 ? -1 : 1 }
    return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
}

/// (s) -> its hash: eight bytes at a time, each step a multiplication and a shift that brings high bits down.
@c(simple_rt_string_hash)
public func simple_rt_string_hash(_ string: UnsafeMutableRawPointer) -> Int {
    let text = TextSpan(string)
    let raw = UnsafeRawPointer(text.start)
    let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    var hash = UInt64(truncatingIfNeeded: text.count)
    func add(_ word: UInt64) {
        hash = (hash ^ word) &* factor
        hash ^= hash >> 32
    }
    var position = 0
    while text.count &- position >= 8 {
        add(raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        position &+= 8
    }
    if position < text.count {
        var word: UInt64 = 0
        while position < text.count {
            word = word << 8 | UInt64(text.start[position])
            position &+= 1
        }
        add(word)
    }
    return Int(bitPattern: UInt(hash))
}

/// (scalar) -> one-character string.
@c(simple_rt_string_from_char)
public func simple_rt_string_from_char(_ scalar: UInt32) -> UnsafeMutableRawPointer {
    if scalar < 0x80 { return asciiString(Int(scalar)) }
    let string = newString(utf8Length(scalar), chars: 1)
    _ = writeUTF8(scalar, inlineBytes(string))
    return string
}

/// (s, n): n < 0 is P005.
@c(simple_rt_string_repeat)
public func simple_rt_string_repeat(_ string: UnsafeMutableRawPointer, _ times: Int) -> UnsafeMutableRawPointer {
    if times < 0 { panicArgument("negative repeat count") }
    let text = TextSpan(string)
    if times == 0 || text.count == 0 { return emptyString() }
    let (count, overflow) = text.count.multipliedReportingOverflow(by: times)
    if overflow || count > 1 << 46 { panicOutOfMemory(count) }
    if count == 1 { return string }
    let result = newString(count, chars: text.chars &* times)
    let target = inlineBytes(result)
    if text.count == 1 {
        memset(target, Int32(text.start.pointee), count)
        return result
    }
    memcpy(target, text.start, text.count)
    // Doubling: each step copies what is there already.
    var done = text.count
    while done < count {
        let piece = min(done, count &- done)
        memcpy(target + done, target, piece)
        done &+= piece
    }
    return result
}

/// (s) -> the characters in reverse order.
@c(simple_rt_string_reverse)
public func simple_rt_string_reverse(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    if text.chars <= 1 { return string }
    let result = newString(text.count, chars: text.chars)
    let target = inlineBytes(result)
    var position = 0
    while position < text.count {
        let length = utf8SequenceLength(text.start[position])
        var index = 0
        while index < length {
            target[text.count &- position &- length &+ index] = text.start[position &+ index]
            index &+= 1
        }
        position &+= length
    }
    return result
}

/// (separator, [str]) -> str.
@c(simple_rt_string_join)
public func simple_rt_string_join(_ separator: UnsafeMutableRawPointer, _ parts: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let between = TextSpan(separator)
    let length = parts.word(ObjectLayout.arrayLength)
    if length == 0 { return emptyString() }
    var count = 0
    var chars = 0
    var index = 0
    while index < length {
        let part = arrayReference(parts, index)
        if index > 0 {
            count = totalLength(count, between.count)
            chars &+= between.chars
        }
        count = totalLength(count, part.word(ObjectLayout.stringByteLength))
        chars &+= part.word(ObjectLayout.stringCharCount)
        index &+= 1
    }
    if length == 1 { return arrayReference(parts, 0) }
    if count == 0 { return emptyString() }
    let result = newString(count, chars: chars)
    var target = inlineBytes(result)
    index = 0
    while index < length {
        if index > 0 {
            memcpy(target, between.start, between.count)
            target += between.count
        }
        let part = TextSpan(arrayReference(parts, index))
        memcpy(target, part.start, part.count)
        target += part.count
        index &+= 1
    }
    return result
}

/// (s) -> [char] (4-byte elements).
@c(simple_rt_string_chars)
public func simple_rt_string_chars(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let array = newArray(elementSize: 4, descriptor: Int(ObjectKind.bufferRaw.rawValue), length: text.chars, capacity: text.chars)
    if text.chars == 0 { return array }
    let elements = arrayElements(array).assumingMemoryBound(to: UInt32.self)
    var position = 0
    var index = 0
    while position < text.count {
        elements[index] = decodeUTF8(text.start, &position)
        index &+= 1
    }
    return array
}

/// (s) -> [u8].
@c(simple_rt_string_bytes)
public func simple_rt_string_bytes(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let array = newArray(elementSize: 1, descriptor: Int(ObjectKind.bufferRaw.rawValue), length: text.count, capacity: text.count)
    if text.count > 0 { memcpy(arrayElements(array), text.start, text.count) }
    return array
}

/// ([char]) -> str.
@c(simple_rt_string_from_chars)
public func simple_rt_string_from_chars(_ array: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let length = array.word(ObjectLayout.arrayLength)
    if length == 0 { return emptyString() }
    var count = 0
    var index = 0
    var elements = arrayElements(array).assumingMemoryBound(to: UInt32.self)
    while index < length {
        count &+= utf8Length(elements[index])
        index &+= 1
    }
    if length == 1 { return simple_rt_string_from_char(elements[0]) }
    let result = newString(count, chars: length)
    elements = arrayElements(array).assumingMemoryBound(to: UInt32.self)
    var target = inlineBytes(result)
    index = 0
    while index < length {
        target += writeUTF8(elements[index], target)
        index &+= 1
    }
    return result
}

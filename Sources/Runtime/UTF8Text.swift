/// UTF-8: lengths, decoding, encoding, counting, validation, and character positions.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Bytes that a scalar takes.
@inline(__always)
func utf8Length(_ scalar: UInt32) -> Int {
    scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
}

/// Length of the sequence that `first` starts (valid UTF-8).
@inline(__always)
func utf8SequenceLength(_ first: UInt8) -> Int {
    first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
}

/// Writes a scalar; returns the number of bytes.
@inline(__always)
func writeUTF8(_ scalar: UInt32, _ target: UnsafeMutablePointer<UInt8>) -> Int {
    if scalar < 0x80 {
        target[0] = UInt8(truncatingIfNeeded: scalar)
        return 1
    }
    if scalar < 0x800 {
        target[0] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
        target[1] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
        return 2
    }
    if scalar < 0x10000 {
        target[0] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
        target[1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
        target[2] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
        return 3
    }
    target[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
    target[1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F)
    target[2] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
    target[3] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
    return 4
}

/// The scalar at `position` of valid UTF-8; moves `position` behind it.
@inline(__always)
func decodeUTF8(_ text: Bytes, _ position: inout Int) -> UInt32 {
    let first = UInt32(text[position])
    if first < 0x80 {
        position &+= 1
        return first
    }
    let second = UInt32(text[position &+ 1]) & 0x3F
    if first < 0xE0 {
        position &+= 2
        return (first & 0x1F) << 6 | second
    }
    let third = UInt32(text[position &+ 2]) & 0x3F
    if first < 0xF0 {
        position &+= 3
        return (first & 0x0F) << 12 | second << 6 | third
    }
    let fourth = UInt32(text[position &+ 3]) & 0x3F
    position &+= 4
    return (first & 0x07) << 18 | second << 12 | third << 6 | fourth
}

/// The start of the character before `position` (> 0).
@inline(__always)
func previousCharacter(_ text: Bytes, _ position: Int) -> Int {
    var start = position &- 1
    while text[start] & 0xC0 == 0x80 { start &-= 1 }
    return start
}

/// Characters in `count` bytes of valid UTF-8: the bytes that are not continuation bytes.
func countCharacters(_ text: Bytes, _ count: Int) -> Int {
    let raw = UnsafeRawPointer(text)
    var continuations = 0
    var position = 0
    while count &- position >= 8 {
        let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        // Continuation bytes are 10xxxxxx: bit 7 set, bit 6 clear.
        continuations &+= (word & (~word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
        position &+= 8
    }
    while position < count {
        if text[position] & 0xC0 == 0x80 { continuations &+= 1 }
        position &+= 1
    }
    return count &- continuations
}

/// Number of characters if the bytes are valid UTF-8, else -1. (Unicode 16, table 3-7.)
func validateUTF8(_ text: Bytes, _ count: Int) -> Int {
    var position = 0
    var chars = 0
    let raw = UnsafeRawPointer(text)
    while position < count {
        while count &- position >= 8
            && raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            position &+= 8
            chars &+= 8
        }
        if position >= count { break }
        let length = validSequence(text + position, count &- position)
        if length == 0 { return -1 }
        position &+= length
        chars &+= 1
    }
    return chars
}

/// Length of the valid sequence at `text`, 0 if there is none within `left` bytes.
func validSequence(_ text: Bytes, _ left: Int) -> Int {
    let first = text[0]
    if first < 0x80 { return 1 }
    if first < 0xC2 || first > 0xF4 { return 0 }
    let length = utf8SequenceLength(first)
    if left < length { return 0 }
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch first {
    case 0xE0: low = 0xA0
    case 0xED: high = 0x9F
    case 0xF0: low = 0x90
    case 0xF4: high = 0x8F
    default: break
    }
    if text[1] < low || text[1] > high { return 0 }
    if length > 2 && text[2] & 0xC0 != 0x80 { return 0 }
    if length > 3 && text[3] & 0xC0 != 0x80 { return 0 }
    return length
}

/// A place in a string that is not ASCII, as character and as byte.
struct KnownPosition {
    /// Address of the string; 0: nothing is known.
    var string: UInt = 0
    var character = 0
    var byte = 0
    /// When it was kept: larger is later.
    var time: UInt = 0
}

/// The character positions that were looked up last, so that walking by index is O(n): also through several strings in
/// turn, and through one from both ends. A collection clears it.
struct PositionCache {
    /// How many positions are kept.
    static let count = 4
    /// A lookup this near to a kept position moves it; one further off is kept beside it.
    static let reach = 64

    private var positions = (KnownPosition(), KnownPosition(), KnownPosition(), KnownPosition())
    /// The place that was written last.
    private var latest = 0
    /// Positions kept so far.
    private var time: UInt = 0

    /// Forgets everything.
    mutating func clear() { positions = (KnownPosition(), KnownPosition(), KnownPosition(), KnownPosition()) }

    /// The known position of the string at `string` that is nearest to character `index`, and its place here; -1: none.
    mutating func nearest(_ string: UInt, _ index: Int) -> (place: Int, character: Int, byte: Int) {
        withPositions { positions in
            var best = (place: -1, character: 0, byte: 0)
            var distance = Int.max
            for place in 0..<PositionCache.count where positions[place].string == string {
                let way = abs(positions[place].character &- index)
                if way < distance {
                    distance = way
                    best = (place, positions[place].character, positions[place].byte)
                }
            }
            return best
        }
    }

    /// Keeps a position at `place`, or instead of the one that was kept longest ago (-1).
    mutating func keep(_ position: KnownPosition, at place: Int) {
        time &+= 1
        let now = time
        latest = withPositions { positions in
            var chosen = max(place, 0)
            if place < 0 {
                for other in 1..<PositionCache.count where positions[other].time < positions[chosen].time { chosen = other }
            }
            positions[chosen] = position
            positions[chosen].time = now
            return chosen
        }
    }

    /// Notes that a walk went on from the position that was kept last.
    mutating func moveLatest(to position: KnownPosition) {
        let place = latest
        let isSame = withPositions { $0[place].string == position.string }
        keep(position, at: isSame ? place : -1)
    }

    @inline(__always)
    private mutating func withPositions<Value>(_ body: (UnsafeMutablePointer<KnownPosition>) -> Value) -> Value {
        withUnsafeMutablePointer(to: &positions) { pointer in
            body(UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: KnownPosition.self))
        }
    }
}

@exclusivity(unchecked) nonisolated(unsafe) var positionCache = PositionCache()

/// Byte position of character `index` (0 … the number of characters) of a string.
@inline(__always)
func bytePosition(_ string: Ref, _ text: TextSpan, _ index: Int) -> Int {
    text.isASCII ? index : searchBytePosition(string, text, index)
}

private func searchBytePosition(_ string: Ref, _ text: TextSpan, _ index: Int) -> Int {
    if index == text.chars { return text.count }
    if index == 0 { return 0 }
    // From the nearest known place, forwards or backwards.
    var character = 0
    var byte = 0
    var way = index
    if text.chars &- index < way {
        character = text.chars
        byte = text.count
        way = text.chars &- index
    }
    let known = positionCache.nearest(string.address, index)
    var place = -1
    if known.place >= 0 {
        let knownWay = abs(known.character &- index)
        if knownWay <= way {
            character = known.character
            byte = known.byte
        }
        if knownWay <= PositionCache.reach { place = known.place }
    }
    let raw = UnsafeRawPointer(text.start)
    while character < index {
        if index &- character >= 8 && text.count &- byte >= 8 {
            let word = raw.loadUnaligned(fromByteOffset: byte, as: UInt64.self)
            let starts = 8 &- (word & (~word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
            // `byte` is at a character's start; the next position must be, too.
            byte &+= 8
            character &+= starts
            while byte < text.count && text.start[byte] & 0xC0 == 0x80 { byte &+= 1 }
        } else {
            byte &+= utf8SequenceLength(text.start[byte])
            character &+= 1
        }
    }
    while character > index {
        byte = previousCharacter(text.start, byte)
        character &-= 1
    }
    positionCache.keep(KnownPosition(string: string.address, character: character, byte: byte), at: place)
    return byte
}

/// Character position of byte `position` of a string, counted from character `known`, which is at byte `start` and was
/// the last to be looked up; the next lookup will be near the result.
func characterPosition(_ string: Ref, _ text: TextSpan, _ position: Int, from known: Int, at start: Int) -> Int {
    if text.isASCII { return position }
    let character = known &+ countCharacters(text.start + start, position &- start)
    let found = KnownPosition(string: string.address, character: character, byte: position)
    if known == 0 { positionCache.keep(found, at: -1) } else { positionCache.moveLatest(to: found) }
    return character
}

/// Character position of byte `position` of a text, counted from the nearer end.
func characterPosition(_ text: TextSpan, _ position: Int) -> Int {
    if text.isASCII { return position }
    let rest = text.count &- position
    return rest < position
        ? text.chars &- countCharacters(text.start + position, rest) : countCharacters(text.start, position)
}

/// `index` counted from the start, or a P008 panic.
@inline(__always)
func normalizedIndex(_ index: Int, _ length: Int, _ kind: IndexedKind) -> Int {
    let position = index < 0 ? index &+ length : index
    if UInt(bitPattern: position) >= UInt(bitPattern: length) { panicIndex(index, length, kind) }
    return position
}

/// (s, index) -> one-character str; P008.
@c(simple_rt_string_index)
public func simple_rt_string_index(_ string: UnsafeMutableRawPointer, _ index: Int) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let position = normalizedIndex(index, text.chars, .string)
    if text.isASCII { return asciiString(Int(text.start[position])) }
    let byte = bytePosition(string, text, position)
    let first = text.start[byte]
    if first < 0x80 { return asciiString(Int(first)) }
    return makeString(TextSpan(text.start + byte, utf8SequenceLength(first), chars: 1))
}

/// (s, index) -> scalar; P008.
@c(simple_rt_string_char_at)
public func simple_rt_string_char_at(_ string: UnsafeMutableRawPointer, _ index: Int) -> UInt32 {
    let text = TextSpan(string)
    let position = normalizedIndex(index, text.chars, .string)
    if text.isASCII { return UInt32(text.start[position]) }
    var byte = bytePosition(string, text, position)
    return decodeUTF8(text.start, &byte)
}

/// A slice after clamping (LANGUAGE §6.5): `count` positions from `start` by `step`.
struct SliceBounds {
    var start: Int
    var count: Int
    var step: Int

    /// Flags: 1 start given, 2 end given. Step 0 is P005.
    init(_ start: Int, _ end: Int, _ step: Int, flags: UInt32, length: Int) {
        if step == 0 { panicArgument("slice step is zero") }
        // Python's rules: with a negative step the positions -1 … length - 1 are the bounds.
        let low = step > 0 ? 0 : -1
        let high = step > 0 ? length : length &- 1
        func clamp(_ value: Int) -> Int {
            if value < 0 { return max(low, value &+ length) }
            return min(high, value)
        }
        let first = flags & 1 != 0 ? clamp(start) : (step > 0 ? low : high)
        let last = flags & 2 != 0 ? clamp(end) : (step > 0 ? high : low)
        self.start = first
        self.step = step
        if step > 0 {
            count = last > first ? (last &- first &- 1) / step &+ 1 : 0
        } else {
            // -step of the smallest integer overflows; the magnitude does not.
            count = first > last ? Int(UInt(first &- last &- 1) / step.magnitude) &+ 1 : 0
        }
    }
}

/// (s, start, end, step, flags: 1 start given, 2 end given) -> str.
@c(simple_rt_string_slice)
public func simple_rt_string_slice(
    _ string: UnsafeMutableRawPointer, _ start: Int, _ end: Int, _ step: Int, _ flags: UInt32
) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let bounds = SliceBounds(start, end, step, flags: flags, length: text.chars)
    if bounds.count == 0 { return emptyString() }
    if step == 1 {
        let first = bytePosition(string, text, bounds.start)
        let last = bytePosition(string, text, bounds.start &+ bounds.count)
        return makeSlice(of: string, TextSpan(text.start + first, last &- first, chars: bounds.count))
    }
    if text.isASCII {
        if bounds.count == 1 { return asciiString(Int(text.start[bounds.start])) }
        let result = newString(bounds.count, chars: bounds.count)
        let target = inlineBytes(result)
        var position = bounds.start
        var index = 0
        while index < bounds.count {
            target[index] = text.start[position]
            position &+= bounds.step
            index &+= 1
        }
        return result
    }
    // Two walks: lengths, then bytes.
    var count = 0
    var index = 0
    while index < bounds.count {
        count &+= utf8SequenceLength(text.start[bytePosition(string, text, bounds.start &+ index &* bounds.step)])
        index &+= 1
    }
    let result = newString(count, chars: bounds.count)
    var target = inlineBytes(result)
    index = 0
    while index < bounds.count {
        let byte = bytePosition(string, text, bounds.start &+ index &* bounds.step)
        let length = utf8SequenceLength(text.start[byte])
        memcpy(target, text.start + byte, length)
        target += length
        index &+= 1
    }
    return result
}

/// Searching in strings. Positions are characters; the search itself is on bytes, which UTF-8 allows.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Byte position of the first `needle` in `text` from byte `start` on, or -1.
func findBytes(_ text: TextSpan, _ needle: TextSpan, from start: Int) -> Int {
    if needle.count == 0 { return start }
    if text.count &- start < needle.count { return -1 }
    let found: UnsafeRawPointer?
    if needle.count == 1 {
        found = UnsafeRawPointer(memchr(text.start + start, Int32(needle.start.pointee), text.count &- start))
    } else {
        found = cp_find(text.start + start, text.count &- start, needle.start, needle.count)
    }
    guard let found else { return -1 }
    return Int(bitPattern: found) &- Int(bitPattern: text.start)
}

/// Byte position of the last `needle` in `text`, or -1.
func findLastBytes(_ text: TextSpan, _ needle: TextSpan) -> Int {
    if needle.count == 0 { return text.count }
    var position = text.count &- needle.count
    while position >= 0 {
        if text.start[position] == needle.start[0] && memcmp(text.start + position, needle.start, needle.count) == 0 {
            return position
        }
        position &-= 1
    }
    return -1
}

/// `true` iff the bytes of `part` stand at byte `position` of `text`.
@inline(__always)
func hasBytes(_ text: TextSpan, _ part: TextSpan, at position: Int) -> Bool {
    position >= 0 && text.count &- position >= part.count && memcmp(text.start + position, part.start, part.count) == 0
}

/// (s, part).
@c(simple_rt_string_contains)
public func simple_rt_string_contains(_ string: UnsafeMutableRawPointer, _ part: UnsafeMutableRawPointer) -> UInt8 {
    findBytes(TextSpan(string), TextSpan(part), from: 0) >= 0 ? 1 : 0
}

/// (s, needle, start character) -> character position or -1. A negative start counts from the end.
@c(simple_rt_string_find)
public func simple_rt_string_find(_ string: UnsafeMutableRawPointer, _ needle: UnsafeMutableRawPointer, _ start: Int) -> Int {
    let text = TextSpan(string)
    let first = start < 0 ? max(0, start &+ text.chars) : start
    if first > text.chars { return -1 }
    let begin = bytePosition(string, text, first)
    let position = findBytes(text, TextSpan(needle), from: begin)
    return position < 0 ? -1 : characterPosition(string, text, position, from: first, at: begin)
}

/// (s, needle) -> character position of the last one, or -1.
@c(simple_rt_string_find_last)
public func simple_rt_string_find_last(_ string: UnsafeMutableRawPointer, _ needle: UnsafeMutableRawPointer) -> Int {
    let text = TextSpan(string)
    let position = findLastBytes(text, TextSpan(needle))
    return position < 0 ? -1 : characterPosition(text, position)
}

/// (s, needle) -> how many, not overlapping. The empty text is found before each character and at the end.
@c(simple_rt_string_count)
public func simple_rt_string_count(_ string: UnsafeMutableRawPointer, _ needle: UnsafeMutableRawPointer) -> Int {
    let text = TextSpan(string)
    let part = TextSpan(needle)
    if part.count == 0 { return text.chars &+ 1 }
    return countOccurrences(text, part, most: -1)
}

/// Occurrences of a text that is not empty, up to `most` (-1: all).
func countOccurrences(_ text: TextSpan, _ part: TextSpan, most: Int) -> Int {
    var count = 0
    var position = 0
    while count != most {
        let found = findBytes(text, part, from: position)
        if found < 0 { break }
        count &+= 1
        position = found &+ part.count
    }
    return count
}

/// (s, part).
@c(simple_rt_string_starts_with)
public func simple_rt_string_starts_with(_ string: UnsafeMutableRawPointer, _ part: UnsafeMutableRawPointer) -> UInt8 {
    hasBytes(TextSpan(string), TextSpan(part), at: 0) ? 1 : 0
}

/// (s, part).
@c(simple_rt_string_ends_with)
public func simple_rt_string_ends_with(_ string: UnsafeMutableRawPointer, _ part: UnsafeMutableRawPointer) -> UInt8 {
    let text = TextSpan(string)
    let ending = TextSpan(part)
    return hasBytes(text, ending, at: text.count &- ending.count) ? 1 : 0
}

/// (s, prefix) -> str without it, or 0 (None).
@c(simple_rt_string_strip_prefix)
public func simple_rt_string_strip_prefix(
    _ string: UnsafeMutableRawPointer, _ prefix: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer? {
    let text = TextSpan(string)
    let part = TextSpan(prefix)
    if !hasBytes(text, part, at: 0) { return nil }
    return makeSlice(of: string, TextSpan(text.start + part.count, text.count &- part.count, chars: text.chars &- part.chars))
}

/// (s, suffix) -> str without it, or 0 (None).
@c(simple_rt_string_strip_suffix)
public func simple_rt_string_strip_suffix(
    _ string: UnsafeMutableRawPointer, _ suffix: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer? {
    let text = TextSpan(string)
    let part = TextSpan(suffix)
    if !hasBytes(text, part, at: text.count &- part.count) { return nil }
    return makeSlice(of: string, TextSpan(text.start, text.count &- part.count, chars: text.chars &- part.chars))
}

/// (s, from, to, max or -1); empty from is P005.
@c(simple_rt_string_replace)
public func simple_rt_string_replace(
    _ string: UnsafeMutableRawPointer, _ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer, _ most: Int
) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let part = TextSpan(from)
    let replacement = TextSpan(to)
    if part.count == 0 { panicArgument("replace of an empty text") }
    let times = countOccurrences(text, part, most: most < 0 ? -1 : most)
    if times == 0 { return string }
    let kept = text.count &- times &* part.count
    let (added, overflow) = times.multipliedReportingOverflow(by: replacement.count)
    if overflow { panicOutOfMemory(Int.max) }
    let count = totalLength(kept, added)
    if count == 0 { return emptyString() }
    let chars = text.chars &+ times &* (replacement.chars &- part.chars)
    let result = newString(count, chars: chars)
    var target = inlineBytes(result)
    var position = 0
    var done = 0
    while done < times {
        let found = findBytes(text, part, from: position)
        memcpy(target, text.start + position, found &- position)
        target += found &- position
        memcpy(target, replacement.start, replacement.count)
        target += replacement.count
        position = found &+ part.count
        done &+= 1
    }
    memcpy(target, text.start + position, text.count &- position)
    return result
}

/// A string for a piece of `string` that starts at byte `start`.
private func piece(_ string: Ref, _ text: TextSpan, _ start: Int, _ end: Int) -> Ref {
    let count = end &- start
    let bytes = text.start + start
    return makeSlice(of: string, TextSpan(bytes, count, chars: text.isASCII ? count : countCharacters(bytes, count)))
}

/// (s, separator, max splits or -1) -> [str]; empty separator is P005.
@c(simple_rt_string_split)
public func simple_rt_string_split(
    _ string: UnsafeMutableRawPointer, _ separator: UnsafeMutableRawPointer, _ most: Int
) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let part = TextSpan(separator)
    if part.count == 0 { panicArgument("split at an empty separator") }
    let array = newReferenceArray(capacity: 4)
    var position = 0
    var left = most < 0 ? Int.max : most
    while left > 0 {
        let found = findBytes(text, part, from: position)
        if found < 0 { break }
        appendReference(array, piece(string, text, position, found))
        position = found &+ part.count
        left &-= 1
    }
    appendReference(array, piece(string, text, position, text.count))
    return array
}

/// (s) -> [str]: the pieces between runs of White_Space.
@c(simple_rt_string_split_whitespace)
public func simple_rt_string_split_whitespace(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let array = newReferenceArray(capacity: 4)
    var position = 0
    while position < text.count {
        var next = position
        if isSpace(decodeUTF8(text.start, &next)) {
            position = next
            continue
        }
        let start = position
        position = next
        while position < text.count {
            next = position
            if isSpace(decodeUTF8(text.start, &next)) { break }
            position = next
        }
        appendReference(array, piece(string, text, start, position))
        position = position < text.count ? next : position
    }
    return array
}

/// (s) -> [str]: split at `\n`, each without a `\r` at its end; no empty line behind a final `\n`.
@c(simple_rt_string_lines)
public func simple_rt_string_lines(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let array = newReferenceArray(capacity: 4)
    var position = 0
    while position < text.count {
        let found = memchr(text.start + position, 10, text.count &- position)
        let end = found.map { Int(bitPattern: $0) &- Int(bitPattern: text.start) } ?? text.count
        let trimmed = found != nil && end > position && text.start[end &- 1] == 13 ? end &- 1 : end
        appendReference(array, piece(string, text, position, trimmed))
        position = end &+ 1
    }
    return array
}

/// (s, separator) -> (left or 0 if absent, right). An empty separator splits before the first character.
@c(simple_rt_string_split_once)
public func simple_rt_string_split_once(
    _ string: UnsafeMutableRawPointer, _ separator: UnsafeMutableRawPointer
) -> simple_ref_pair {
    let text = TextSpan(string)
    let part = TextSpan(separator)
    if part.count == 0 { panicArgument("split at an empty separator") }
    let found = findBytes(text, part, from: 0)
    if found < 0 { return simple_ref_pair(first: nil, second: nil) }
    let left = piece(string, text, 0, found)
    // The right part's characters are not counted: taking one piece after the other off a long text is O(n).
    let start = found &+ part.count
    let right = makeSlice(
        of: string,
        TextSpan(text.start + start, text.count &- start, chars: text.chars &- TextSpan(left).chars &- part.chars))
    return simple_ref_pair(first: left, second: right)
}

/// (s, 1 start | 2 end): without White_Space.
@c(simple_rt_string_trim)
public func simple_rt_string_trim(_ string: UnsafeMutableRawPointer, _ sides: UInt32) -> UnsafeMutableRawPointer {
    trim(string, sides) { isSpace($0) }
}

/// (s, set): without the characters of `set` at both ends.
@c(simple_rt_string_trim_chars)
public func simple_rt_string_trim_chars(_ string: UnsafeMutableRawPointer, _ set: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let characters = TextSpan(set)
    return trim(string, 3) { scalar in
        var position = 0
        while position < characters.count {
            if decodeUTF8(characters.start, &position) == scalar { return true }
        }
        return false
    }
}

@inline(__always)
private func trim(_ string: Ref, _ sides: UInt32, _ isTrimmed: (UInt32) -> Bool) -> Ref {
    let text = TextSpan(string)
    var start = 0
    var end = text.count
    var chars = text.chars
    if sides & 1 != 0 {
        while start < end {
            var next = start
            if !isTrimmed(decodeUTF8(text.start, &next)) { break }
            start = next
            chars &-= 1
        }
    }
    if sides & 2 != 0 {
        while end > start {
            let previous = previousCharacter(text.start, end)
            var position = previous
            if !isTrimmed(decodeUTF8(text.start, &position)) { break }
            end = previous
            chars &-= 1
        }
    }
    return makeSlice(of: string, TextSpan(text.start + start, end &- start, chars: chars))
}

/// (s, width, fill str, 0 pad_left, 1 pad_right, 2 center); fill not one character is P005.
@c(simple_rt_string_pad)
public func simple_rt_string_pad(
    _ string: UnsafeMutableRawPointer, _ width: Int, _ fill: UnsafeMutableRawPointer, _ mode: UInt32
) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let unit = TextSpan(fill)
    if unit.chars != 1 { panicArgument("the fill of a padding must be one character") }
    if width <= text.chars { return string }
    let padding = width &- text.chars
    let (bytes, overflow) = padding.multipliedReportingOverflow(by: unit.count)
    if overflow { panicOutOfMemory(Int.max) }
    let count = totalLength(text.count, bytes)
    let before = mode == 0 ? padding : mode == 1 ? 0 : padding / 2
    let result = newString(count, chars: width)
    var target = inlineBytes(result)
    func put(_ times: Int) {
        var index = 0
        while index < times {
            memcpy(target, unit.start, unit.count)
            target += unit.count
            index &+= 1
        }
    }
    put(before)
    memcpy(target, text.start, text.count)
    target += text.count
    put(padding &- before)
    return result
}

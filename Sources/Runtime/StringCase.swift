/// Case mapping (full, as Unicode chapter 3.13 defines it, without language rules) and character classes of texts.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// What `simple_rt_char_test` and `simple_rt_string_test` ask for.
private enum CharacterClass {
    static let digit: UInt32 = 0
    static let alphabetic: UInt32 = 1
    static let alphanumeric: UInt32 = 2
    static let space: UInt32 = 3
    static let upper: UInt32 = 4
    static let lower: UInt32 = 5
    static let number: UInt32 = 7
}

@inline(__always)
private func isInClass(_ scalar: UInt32, _ kind: UInt32) -> Bool {
    switch kind {
    case CharacterClass.digit: isDigit(scalar)
    case CharacterClass.alphabetic: isAlphabetic(scalar)
    case CharacterClass.alphanumeric: isAlphabetic(scalar) || isNumeric(scalar)
    case CharacterClass.space: isSpace(scalar)
    case CharacterClass.upper: isUppercase(scalar)
    default: isLowercase(scalar)
    }
}

/// (scalar, CharacterClass: 0 digit, 1 alpha, 2 alnum, 3 space, 4 upper, 5 lower).
@c(simple_rt_char_test)
public func simple_rt_char_test(_ scalar: UInt32, _ kind: UInt32) -> UInt8 { isInClass(scalar, kind) ? 1 : 0 }

/// (scalar) -> its one-character upper case.
@c(simple_rt_char_upper)
public func simple_rt_char_upper(_ scalar: UInt32) -> UInt32 { simpleUpper(scalar) }

/// (scalar) -> its one-character lower case.
@c(simple_rt_char_lower)
public func simple_rt_char_lower(_ scalar: UInt32) -> UInt32 { simpleLower(scalar) }

/// (s, CharacterClass) -> bool: every character satisfies it and s is not empty; class 7 is "parses as f64".
@c(simple_rt_string_test)
public func simple_rt_string_test(_ string: UnsafeMutableRawPointer, _ kind: UInt32) -> UInt8 {
    if kind == CharacterClass.number { return UInt8(truncatingIfNeeded: simple_rt_string_to_float(string).first) }
    let text = TextSpan(string)
    var position = 0
    while position < text.count {
        if !isInClass(decodeUTF8(text.start, &position), kind) { return 0 }
    }
    return text.count > 0 ? 1 : 0
}

/// Appends the full mapping of a character: up to three scalars.
private func sinkMapped(_ sink: Ref, _ mapping: FullMapping) {
    sinkScalar(sink, mapping.first)
    if mapping.second != 0 { sinkScalar(sink, mapping.second) }
    if mapping.third != 0 { sinkScalar(sink, mapping.third) }
}

/// Appends the lower case of the character at `position` (its scalar is given), minding the final sigma.
private func sinkLower(_ sink: Ref, _ text: TextSpan, _ position: Int, _ scalar: UInt32) {
    if scalar == 0x3A3 && isFinalSigma(text, position) {
        sinkScalar(sink, 0x3C2)
    } else {
        sinkMapped(sink, fullLower(scalar))
    }
}

/// Unicode table 3-17, Final_Sigma: a cased letter before and none after, case-ignorable characters aside.
private func isFinalSigma(_ text: TextSpan, _ position: Int) -> Bool {
    var before = position
    var found = false
    while before > 0 && !found {
        before = previousCharacter(text.start, before)
        var next = before
        let scalar = decodeUTF8(text.start, &next)
        if isCaseIgnorable(scalar) { continue }
        if !isCased(scalar) { return false }
        found = true
    }
    if !found { return false }
    var after = position
    _ = decodeUTF8(text.start, &after)
    while after < text.count {
        let scalar = decodeUTF8(text.start, &after)
        if isCaseIgnorable(scalar) { continue }
        return !isCased(scalar)
    }
    return true
}

/// An ASCII copy with the letters from `first` on (26 of them) moved by `distance`; the string itself if it has none.
private func mapASCII(_ string: Ref, _ text: TextSpan, _ first: UInt8) -> Ref {
    var position = 0
    while position < text.count && text.start[position] &- first >= 26 { position &+= 1 }
    if position == text.count { return string }
    if text.count == 1 { return asciiString(Int(text.start[0] ^ 0x20)) }
    let result = newString(text.count, chars: text.chars)
    let target = inlineBytes(result)
    memcpy(target, text.start, position)
    while position < text.count {
        let byte = text.start[position]
        target[position] = byte &- first < 26 ? byte ^ 0x20 : byte
        position &+= 1
    }
    return result
}

/// (s) -> upper case.
@c(simple_rt_string_upper)
public func simple_rt_string_upper(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    if text.isASCII { return mapASCII(string, text, 97) }
    let sink = beginSink()
    var position = 0
    while position < text.count { sinkMapped(sink, fullUpper(decodeUTF8(text.start, &position))) }
    return finishSink(sink)
}

/// (s) -> lower case.
@c(simple_rt_string_lower)
public func simple_rt_string_lower(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    if text.isASCII { return mapASCII(string, text, 65) }
    let sink = beginSink()
    var position = 0
    while position < text.count {
        let start = position
        sinkLower(sink, text, start, decodeUTF8(text.start, &position))
    }
    return finishSink(sink)
}

/// (s) -> the first character in title case, the rest in lower case.
@c(simple_rt_string_capitalize)
public func simple_rt_string_capitalize(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    if text.count == 0 { return string }
    let sink = beginSink()
    var position = 0
    sinkMapped(sink, fullTitle(decodeUTF8(text.start, &position)))
    while position < text.count {
        let start = position
        sinkLower(sink, text, start, decodeUTF8(text.start, &position))
    }
    return finishSink(sink)
}

/// (s) -> each word's first letter in title case, the rest in lower case. A word is a run of letters, digits, marks
/// and apostrophes ("don't" is one).
@c(simple_rt_string_title)
public func simple_rt_string_title(_ string: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let text = TextSpan(string)
    let sink = beginSink()
    var position = 0
    var inWord = false
    while position < text.count {
        let start = position
        let scalar = decodeUTF8(text.start, &position)
        let isWord = isAlphabetic(scalar) || isNumeric(scalar)
        if isWord && !inWord {
            sinkMapped(sink, fullTitle(scalar))
        } else {
            sinkLower(sink, text, start, scalar)
        }
        inWord = isWord || (inWord && (scalar == 0x27 || isCaseIgnorable(scalar)) && scalar != 0x2E && scalar != 0x3A)
    }
    return finishSink(sink)
}

/// (a, b) -> 1 if equal when letters of either case count as the same (simple mappings).
@c(simple_rt_string_equal_ignore_case)
public func simple_rt_string_equal_ignore_case(_ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer) -> UInt8 {
    let left = TextSpan(a)
    let right = TextSpan(b)
    if left.chars != right.chars { return 0 }
    var leftPosition = 0
    var rightPosition = 0
    while leftPosition < left.count && rightPosition < right.count {
        let x = decodeUTF8(left.start, &leftPosition)
        let y = decodeUTF8(right.start, &rightPosition)
        // Upper, then lower: brings together σ ς Σ and the like.
        if x != y && simpleLower(simpleUpper(x)) != simpleLower(simpleUpper(y)) { return 0 }
    }
    return 1
}

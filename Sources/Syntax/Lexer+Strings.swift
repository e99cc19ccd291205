internal import Diagnostics
internal import Support

/// How the string around an interpolation goes on behind it.
struct StringState {
    enum Kind: UInt8 { case interpolated, raw, bytes, character }
    var kind = Kind.raw
    var isMultiline = false
    var quote: UInt8 = 0
    /// Offset of the literal, prefix included.
    var start = 0
    /// Multi-line: offset behind the text that counts, and behind the closing delimiter.
    var contentEnd = 0
    var end = 0
    var outerLimit = 0
    /// Columns to remove from each line; -1: none.
    var dedent = -1
    /// `stringStart` was emitted.
    var hasParts = false
    /// The next byte is the first of a line of the text.
    var atLineStart = false
}

extension Lexer {
    // MARK: Text under construction

    /// Appends source bytes to the text under construction.
    @inline(__always) mutating func appendText(_ start: Int, _ end: Int) {
        output.stringBytes.append(contentsOf: UnsafeBufferPointer(start: base + start, count: end - start))
    }

    /// Ends the text under construction and returns its `StringID`.
    mutating func finishText() -> UInt32 {
        output.stringStarts.append(UInt32(truncatingIfNeeded: output.stringBytes.count))
        return UInt32(truncatingIfNeeded: output.stringStarts.count - 2)
    }

    /// The bytes of the text under construction.
    private var textStart: Int { Int(output.stringStarts[output.stringStarts.count - 1]) }

    // MARK: Start

    /// At a letter followed by a quote: reads the literal if the letter is a prefix.
    mutating func stringPrefix(_ letter: UInt8) -> Bool {
        let quote = base[position + 1]
        switch letter {
        case 0x66 where quote == 0x22: string(quoteAt: position + 1, kind: .interpolated)
        case 0x72 where quote == 0x22: string(quoteAt: position + 1, kind: .raw)
        case 0x62 where quote == 0x22: string(quoteAt: position + 1, kind: .bytes)
        case 0x63: string(quoteAt: position + 1, kind: .character)
        default: return false
        }
        return true
    }

    /// Reads a string literal from the present position, whose quote is at `quoteAt`.
    mutating func string(quoteAt: Int, kind: StringState.Kind) {
        var state = StringState()
        state.kind = kind
        state.quote = base[quoteAt]
        state.start = position
        let quote = state.quote
        let isTriple =
            kind != .character && kind != .bytes && quoteAt + 2 < limit && base[quoteAt + 1] == quote
            && base[quoteAt + 2] == quote
        guard isTriple else {
            position = quoteAt + 1
            return continueString(state)
        }
        state.isMultiline = true
        guard let close = closingDelimiter(from: quoteAt + 3, quote: quote, escapes: kind == .interpolated) else {
            let delimiter = quote == 0x22 ? "\"\"\"" : "'''"
            report(
                "E0005", "this text is never ended", position, quoteAt + 3, label: "begins here",
                helps: ["end it with `\(delimiter)`"])
            let start = position
            position = limit
            emit(.error, from: start)
            return
        }
        state.end = close + 3
        state.contentEnd = close
        state.outerLimit = limit
        position = quoteAt + 3
        arrangeLines(&state, from: quoteAt + 3)
        if state.kind == .interpolated, state.start == quoteAt, isDocumentation(endingAt: close + 3) {
            return documentation(state)
        }
        limit = state.contentEnd
        continueString(state)
    }

    /// The offset of the first unescaped triple quote.
    private func closingDelimiter(from offset: Int, quote: UInt8, escapes: Bool) -> Int? {
        var i = offset
        while i + 2 < limit {
            let byte = base[i]
            if byte == 0x5C, escapes {
                i += 2
            } else if byte == quote, base[i + 1] == quote, base[i + 2] == quote {
                return i
            } else {
                i += 1
            }
        }
        return nil
    }

    /// Decides whether the indentation of the closing line is removed (§2.6), and drops the outer line ends.
    private mutating func arrangeLines(_ state: inout StringState, from start: Int) {
        var content = start
        if content < state.contentEnd, base[content] == 13 { content += 1 }
        guard content < state.contentEnd, base[content] == 10 else { return }
        content += 1
        var lineEnd = state.contentEnd
        var column = 0
        while lineEnd > content, base[lineEnd - 1] != 10 {
            switch base[lineEnd - 1] {
            case 0x20: column += 1
            case 0x09: column += 4
            default: return
            }
            lineEnd -= 1
        }
        state.dedent = column
        state.atLineStart = true
        position = content
        // The line end in front of the closing line; there is none when the literal holds no line at all.
        if lineEnd > content { lineEnd -= 1 }
        if lineEnd > content, base[lineEnd - 1] == 13 { lineEnd -= 1 }
        state.contentEnd = max(content, lineEnd)
    }

    // MARK: Documentation

    /// `true` iff a `"""` literal that begins the line and ends at `end` documents what surrounds it (§2.1).
    private func isDocumentation(endingAt end: Int) -> Bool {
        guard nextFlags.contains(.startsLine), nextLineColumn(from: end) != nil else { return false }
        var i = end
        while i < limit, base[i] != 10 { i += 1 }
        guard let next = columnOfNextLine(from: i + 1) else { return false }
        if next.column == lineColumn, lastKind == .indent || output.tokens.isEmpty { return true }
        guard next.column == lineColumn else { return false }
        return startsDefinition(next.offset)
    }

    private func startsDefinition(_ offset: Int) -> Bool {
        if base[offset] == 0x23 || base[offset] == 0x40 { return true }
        var end = offset
        while end < limit, end - offset < 16, classes[Int(base[end])] == ByteClass.identifierStart.rawValue { end += 1 }
        let word = UnsafeBufferPointer(start: base + offset, count: end - offset)
        return Lexer.definitionWords.contains { word.elementsEqual($0.utf8) }
    }

    private static let definitionWords: [StaticText] = [
        "fn", "struct", "class", "enum", "trait", "impl", "type", "const", "static", "extern", "mod", "mut", "immut",
        "pub", "priv", "private", "async", "actor", "unit", "macro", "handle_pool", "bind", "test",
    ]

    /// Emits a documentation string: dedented, otherwise verbatim.
    private mutating func documentation(_ state: StringState) {
        var atLineStart = state.atLineStart
        while position < state.contentEnd {
            if atLineStart, state.dedent > 0 { skipIndentation(state) }
            atLineStart = false
            guard position < state.contentEnd else { break }
            let byte = base[position]
            if byte == 10 { atLineStart = true }
            if !(byte == 13 && position + 1 < state.contentEnd && base[position + 1] == 10) {
                output.stringBytes.append(byte)
            }
            position += 1
        }
        position = state.end
        let text = finishText()
        emit(.docString, from: state.start, value: text)
    }

    // MARK: Contents

    /// Reads on behind the opening delimiter or behind an interpolation.
    mutating func continueString(_ state: StringState) {
        var state = state
        let escapes = state.kind != .raw
        let braces = state.kind == .interpolated
        while true {
            if state.isMultiline, state.atLineStart {
                state.atLineStart = false
                if state.dedent > 0 { skipIndentation(state) }
            }
            // A run of plain bytes.
            let runStart = position
            while position < limit {
                let byte = base[position]
                if byte == 10 || byte == 13 { break }
                if byte == state.quote && !state.isMultiline { break }
                if byte == 0x5C && escapes { break }
                if braces && (byte == 0x7B || byte == 0x7D) { break }
                position += 1
            }
            if position > runStart {
                if state.kind == .bytes { checkBytes(runStart, position) }
                appendText(runStart, position)
            }
            guard position < limit else {
                if state.isMultiline { return endString(state) }
                return unterminatedString(state)
            }
            switch base[position] {
            case 13:
                // CRLF reads as LF.
                if !(position + 1 < limit && base[position + 1] == 10) { output.stringBytes.append(13) }
                position += 1
            case 10:
                guard state.isMultiline else { return unterminatedString(state) }
                output.stringBytes.append(10)
                position += 1
                state.atLineStart = true
            case 0x5C where escapes: escape(state)
            case 0x7B where braces:
                if peek(1) == 0x7B {
                    output.stringBytes.append(0x7B)
                    position += 2
                    continue
                }
                if isEmptyInterpolation() { continue }
                return beginInterpolation(state)
            case 0x7D where braces:
                if peek(1) == 0x7D {
                    position += 2
                } else {
                    report(
                        "E0008", "lone `}` in a string", position, position + 1,
                        helps: ["write `}}` for the character `}`"])
                    position += 1
                }
                output.stringBytes.append(0x7D)
            default:
                position += 1
                return endString(state)
            }
        }
    }

    /// Reports the first character of a byte string's text that is no ASCII character.
    private mutating func checkBytes(_ start: Int, _ end: Int) {
        guard let offset = (start..<end).first(where: { base[$0] >= 0x80 }) else { return }
        report(
            "E0002", "a byte string holds ASCII characters only", offset, offset + decodeScalar(at: offset).1,
            helps: ["write the bytes as `\\xHH`, or take those of a text: `\"…\".bytes()`"])
    }

    /// Removes the indentation of one line; reports one that has too little.
    private mutating func skipIndentation(_ state: StringState) {
        let start = position
        var column = 0
        while column < state.dedent, position < state.contentEnd {
            switch base[position] {
            case 0x20: column += 1
            case 0x09: column += 4
            case 10: return
            case 13: return
            default:
                report(
                    "E0007", "this line is indented less than the closing `\"\"\"`", start, position + 1,
                    label: "\(column) of \(state.dedent) columns",
                    helps: ["indent it at least as far, or move the closing `\"\"\"` to the left"])
                return
            }
            position += 1
        }
    }

    /// Emits the finished literal.
    private mutating func endString(_ state: StringState) {
        if state.isMultiline {
            limit = state.outerLimit
            position = state.end
        }
        switch state.kind {
        case .character: return endCharacter(state)
        case .bytes:
            let text = finishText()
            return emit(.byteString, from: state.start, value: text)
        case .interpolated, .raw: break
        }
        if !state.hasParts {
            let text = finishText()
            return emit(.string, from: state.start, value: text)
        }
        let end = position
        emitPart(upTo: state.isMultiline ? max(0, end - 3) : end - 1)
        emit(.stringEnd, from: end - (state.isMultiline ? 3 : 1))
    }

    /// Emits the text read so far as a part, if there is any.
    private mutating func emitPart(upTo end: Int) {
        guard output.stringBytes.count > textStart else { return }
        let length = output.stringBytes.count - textStart
        let text = finishText()
        let here = position
        position = end
        emit(.stringPart, from: max(lastEnd, end - length), value: text)
        position = here
    }

    /// A character literal must hold exactly one scalar.
    private mutating func endCharacter(_ state: StringState) {
        let bytes = output.stringBytes[textStart...]
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var scalars: [Unicode.Scalar] = []
        while scalars.count < 2, case .scalarValue(let scalar) = decoder.decode(&iterator) { scalars.append(scalar) }
        output.stringBytes.removeLast(output.stringBytes.count - textStart)
        if scalars.count != 1 {
            report(
                "E0006", "a character literal must hold exactly one character", state.start, position,
                helps: [scalars.isEmpty ? "use \"\" for an empty string" : "leave out the `c` for a string"])
        }
        emit(.character, from: state.start, value: scalars.first?.value ?? 0xFFFD)
    }

    // MARK: Interpolation

    /// At `{`: reports and skips `{}`.
    private mutating func isEmptyInterpolation() -> Bool {
        var i = position + 1
        while i < limit, base[i] == 0x20 || base[i] == 0x09 { i += 1 }
        guard i < limit, base[i] == 0x7D else { return false }
        report(
            "E0009", "empty interpolation", position, i + 1,
            helps: ["put an expression between the braces, or write `{{}}` for the characters `{}`"])
        position = i + 1
        return true
    }

    private mutating func beginInterpolation(_ state: StringState) {
        var state = state
        let open = position
        if !state.hasParts {
            state.hasParts = true
            position = state.start + (state.isMultiline ? 3 : 1)
            emit(.stringStart, from: state.start)
            position = open
        }
        emitPart(upTo: open)
        position = open + 1
        emit(.interpolationStart, from: open)
        var frame = Frame(
            kind: .interpolation, open: UInt32(truncatingIfNeeded: open),
            lineStart: UInt32(truncatingIfNeeded: lineStart))
        frame.string = state
        push(frame)
        if stopped {
            if state.isMultiline { limit = state.outerLimit }
            return
        }
        if !state.isMultiline { singleLineInterpolations += 1 }
    }

    /// At the `}` that ends the innermost frame, an interpolation.
    mutating func endInterpolation() {
        guard let frame = frames.popLast() else { return }
        if !frame.string.isMultiline { singleLineInterpolations -= 1 }
        let start = position
        position += 1
        emit(.interpolationEnd, from: start)
        continueString(frame.string)
    }

    /// At the `:` of `{e:spec}`: reads the spec up to the `}`.
    mutating func formatSpecification() {
        guard let string = frames.last?.string else { return }
        let start = position
        position += 1
        let textBegin = position
        while position < limit, base[position] != 0x7D, base[position] != 10,
            string.isMultiline || base[position] != string.quote
        { position += 1 }
        if position < limit, base[position] == 0x7D {
            appendText(textBegin, position)
            let text = finishText()
            return emit(.formatSpec, from: start, value: text)
        }
        reportUnterminated(string)
        while let frame = frames.last {
            popFrame()
            if frame.kind == .interpolation { break }
        }
        abandonLine(from: position)
    }

    // MARK: Unterminated strings

    /// Reports a string that the line end or the file's end cuts off.
    private mutating func unterminatedString(_ state: StringState) {
        reportUnterminated(state)
        if output.stringBytes.count > textStart {
            output.stringBytes.removeLast(output.stringBytes.count - textStart)
        }
        abandonLine(from: state.start)
    }

    /// Reports E0005 for the string.
    mutating func reportUnterminated(_ state: StringState) {
        let quote = String(Unicode.Scalar(state.quote))
        if state.isMultiline || state.hasParts {
            report(
                "E0005", "this string or one of its `{…}` is never ended", state.start, position,
                helps: ["end the interpolation with `}` and the string with `\(quote)`"])
        } else if quoteInsideText(state) {
            report(
                "E0005", "this string is never ended", state.start, position, label: "the text before it has ended already",
                helps: [
                    state.quote == 0x27
                        ? "a text in `'…'` cannot hold a `'`: write it between `\"`" : "a `\"` inside a text is written `\\\"`"
                ])
        } else {
            report(
                "E0005", "this string is never ended", state.start, position,
                helps: [
                    "end it with `\(quote)` on the same line; text of several lines stands between `\"\"\"`"
                ])
        }
    }

    /// `true` iff the string begins at the end of a word that directly follows another string with the same quotes, as
    /// in `'it's'`.
    private func quoteInsideText(_ state: StringState) -> Bool {
        var i = state.start - 1
        while i >= lineStart, base[i] != state.quote {
            // The word may be several, as in `'don't do it'`, but no operator stands between texts then.
            guard isWordByte(base[i]) || base[i] == 0x20 else { return false }
            i -= 1
        }
        return i >= lineStart && i + 1 < state.start && isWordByte(base[i + 1])
    }
    private func isWordByte(_ byte: UInt8) -> Bool { byte >= 0x80 || classes[Int(byte)] & ByteClass.nameBit != 0 }

    /// At a line feed inside an interpolation of a single-line string.
    mutating func unterminatedOnLine() {
        if let frame = frames.last(where: { $0.kind == .interpolation && !$0.string.isMultiline }) {
            reportUnterminated(frame.string)
        }
        emit(.error, from: position)
        while singleLineInterpolations > 0, !frames.isEmpty { popFrame() }
        while let frame = frames.last, Int(frame.lineStart) == lineStart, frame.kind != .lambdaBlock { popFrame() }
    }

    /// At the closing `"""` while an interpolation of that literal is open.
    mutating func unterminatedInterpolation() {
        if let frame = frames.last(where: { $0.kind == .interpolation && $0.string.isMultiline }) {
            reportUnterminated(frame.string)
        }
        emit(.error, from: position)
        while let frame = frames.last {
            popFrame()
            if frame.kind == .interpolation, frame.string.isMultiline { return }
        }
        limit = count
    }

    // MARK: Escapes

    /// At a backslash: appends what the escape stands for.
    private mutating func escape(_ state: StringState) {
        let start = position
        guard position + 1 < limit else {
            position += 1
            return
        }
        let letter = base[position + 1]
        position += 2
        switch letter {
        case 0x5C, 0x22, 0x27: output.stringBytes.append(letter)
        case 0x6E: output.stringBytes.append(10)
        case 0x72: output.stringBytes.append(13)
        case 0x74: output.stringBytes.append(9)
        case 0x62: output.stringBytes.append(8)
        case 0x66: output.stringBytes.append(12)
        case 0x76: output.stringBytes.append(11)
        case 0x30: output.stringBytes.append(0)
        case 0x61: output.stringBytes.append(7)
        case 0x65: output.stringBytes.append(27)
        case 0x78: hexadecimalEscape(start, state, digits: 2)
        case 0x75 where peek() == 0x7B: bracedEscape(start, state)
        case 0x75: hexadecimalEscape(start, state, digits: 4)
        case 0x55: hexadecimalEscape(start, state, digits: 8)
        case 10, 13:
            guard state.isMultiline else {
                // The line end itself ends the string with E0005.
                position = start + 1
                return
            }
            position = start + 1
            if peek() == 13 { position += 1 }
            if peek() == 10 { position += 1 }
            while peek() == 0x20 || peek() == 0x09 { position += 1 }
        case 0x7B, 0x7D:
            output.stringBytes.append(letter)
            let brace = String(Unicode.Scalar(letter))
            invalidEscape(start, "unknown escape `\\\(brace)`", ["write `\(brace)\(brace)`"])
        default:
            if letter >= 0x80 { position = start + 1 + decodeScalar(at: start + 1).1 }
            let text = String(decoding: UnsafeBufferPointer(start: base + start, count: position - start), as: UTF8.self)
            invalidEscape(
                start, "unknown escape `\(text)`",
                ["write `\\\\` for a backslash, or use a raw string: `r\"…\"` or `'…'`"])
        }
    }

    private mutating func invalidEscape(_ start: Int, _ message: String, _ helps: [String]) {
        report("E0006", message, start, position, helps: helps)
    }

    private func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x41 + 10
        case 0x61...0x66: UInt32(byte) - 0x61 + 10
        default: nil
        }
    }

    /// `\xHH`, `\uHHHH` or `\UHHHHHHHH`, behind the letter.
    private mutating func hexadecimalEscape(_ start: Int, _ state: StringState, digits: Int) {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = hexadecimalDigit(peek()) else {
                return invalidEscape(
                    start, "this escape needs \(digits) hexadecimal digits", ["`\\u{…}` takes any number of digits"])
            }
            value = value << 4 | digit
            position += 1
        }
        if digits == 2 {
            if state.kind == .bytes { return output.stringBytes.append(UInt8(truncatingIfNeeded: value)) }
            if value > 0x7F {
                return invalidEscape(
                    start, "`\\x` in text reaches only to 7F",
                    ["write `\\u{\(hexadecimal(value, digits: 2))}` for the character"])
            }
        }
        appendScalar(value, start, state)
    }

    /// `\u{H…}`, behind the `u`.
    private mutating func bracedEscape(_ start: Int, _ state: StringState) {
        position += 1
        var value: UInt32 = 0
        var count = 0
        while let digit = hexadecimalDigit(peek()) {
            value = value > 0x0FFF_FFFF ? UInt32.max : value << 4 | digit
            count += 1
            position += 1
        }
        guard peek() == 0x7D, count > 0 else {
            // What looks like the rest of the escape is no text.
            var end = position
            while end < limit, base[end] != 0x7D, base[end] != state.quote, base[end] != 10 { end += 1 }
            if end < limit, base[end] == 0x7D { position = end + 1 }
            return invalidEscape(start, "`\\u{…}` needs hexadecimal digits and a closing `}`", [])
        }
        position += 1
        appendScalar(value, start, state)
    }

    private mutating func appendScalar(_ value: UInt32, _ start: Int, _ state: StringState) {
        if state.kind == .bytes, value > 0x7F || base[start + 1] != 0x78 {
            return invalidEscape(start, "byte strings have no Unicode escapes", ["use `\\xHH`"])
        }
        guard let scalar = Unicode.Scalar(value) else {
            return invalidEscape(
                start, "`\(hexadecimal(value, digits: 4).uppercased())` is no Unicode character",
                ["surrogates and values above 10FFFF stand for no character"])
        }
        output.stringBytes.append(contentsOf: String(scalar).utf8)
    }
}

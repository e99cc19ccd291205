package import Diagnostics
package import Support

/// Turns the bytes of one file into tokens (LANGUAGE.md §2).
///
/// Input: a `SourceFile`. Output: a `TokenBuffer` that always ends with `endOfFile`, in which every `indent` has
/// its `dedent`, whatever the input was. Names are interned here; literals are decoded here. The parser promises
/// nothing back, so the whole file is read before parsing begins.
///
/// Layout (§2.9) is in Lexer+Layout.swift, numbers and strings in files of their names. One stack of frames holds
/// open brackets, interpolations and block lambdas, so nothing here recurses.
package func tokenize(
    _ source: SourceFile, file: FileID, interner: inout Interner, diagnostics: inout DiagnosticList
) -> TokenBuffer {
    source.bytes.withUnsafeBufferPointer { bytes in
        if let bad = firstInvalidUTF8(bytes) {
            diagnostics.error(
                "E0001", "this file is not valid UTF-8 text",
                at: Label(
                    file: file, span: SourceSpan(start: UInt32(bad), end: UInt32(bad + 1)),
                    message: "byte 0x\(hexadecimal(UInt32(bytes[bad]), digits: 2)) cannot stand here"),
                helps: ["save the file in the encoding UTF-8"])
            var empty = TokenBuffer()
            empty.tokens.append(Token(.endOfFile, flags: [], value: 0, start: 0, end: 0))
            return empty
        }
        return withUnsafeMutablePointer(to: &interner) { interner in
            var lexer = Lexer(bytes: bytes, file: file, interner: interner)
            lexer.run()
            for diagnostic in lexer.diagnostics.all { diagnostics.append(diagnostic) }
            return lexer.takeOutput()
        }
    }
}

/// `value` in lower-case hexadecimal with at least `digits` digits.
func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// The state of lexing one file.
///
/// - Invariant: `position <= limit <= bytes.count`; every read is behind a comparison with `limit`.
struct Lexer: ~Copyable {
    /// One open bracket, interpolation or block lambda.
    struct Frame {
        enum Kind: UInt8 { case paren, bracket, brace, interpolation, lambdaBlock }
        var kind: Kind
        /// An index bracket: `:` is always a plain colon directly inside.
        var isIndex = false
        /// Lambda heads (`\`, `fn`) whose `:` was not seen yet.
        var pendingLambdas: UInt32 = 0
        var pendingFunctions: UInt32 = 0
        /// Column of the line that holds the newest head; for a lambda block, of its head.
        var headColumn: UInt32 = 0
        /// Offset of the opener and the start of its line.
        var open: UInt32
        var lineStart: UInt32
        /// Lambda block: the columns on the indentation stack before it.
        var savedColumns: Int = 0
        var savedLineColumn: UInt32 = 0
        /// Interpolation: how its string goes on, and the limit outside of the string.
        var string = StringState()
    }

    let base: UnsafePointer<UInt8>
    let count: Int
    let file: FileID
    let interner: UnsafeMutablePointer<Interner>
    let classes: UnsafePointer<UInt8>
    /// Kinds of the reserved words by `NameID`; words above its end are no keywords.
    let keywordKinds: UnsafeMutablePointer<UInt8>
    let keywordLimit: UInt32

    var output = TokenBuffer()
    var diagnostics = DiagnosticList()
    var position = 0
    /// Where the present piece of text ends: the file's end or the closing `"""`.
    var limit: Int
    var frames: ContiguousArray<Frame> = []
    /// The columns of open blocks. The high bit marks one that was opened by an indentation error and has no token.
    var columns: ContiguousArray<UInt32> = [0]
    /// Column at which the present logical line and the present physical line begin.
    var logicalColumn: UInt32 = 0
    var lineColumn: UInt32 = 0
    /// Offset at which the present physical line begins.
    var lineStart = 0
    /// `true` iff the present logical line has tokens that no `newline` ends yet.
    var lineHasTokens = false
    /// Flags of the next token.
    var nextFlags: TokenFlags = [.spaceBefore, .lineBreakBefore, .startsLine]
    /// Bounds of the `##` lines directly above the present line.
    var docStart = -1
    var docEnd = -1
    /// Open interpolations of strings that may not span lines.
    var singleLineInterpolations = 0
    /// Index of the first token of the present logical line, and whether a `:` or `=>` outside brackets followed.
    var lineFirstToken = 0
    var lineHasColon = false
    /// Set when nesting was too deep: the rest of the file is not read.
    var stopped = false

    static let maximumBrackets = 500
    static let maximumIndents = 200
    static let maximumErrors = 1000

    init(bytes: UnsafeBufferPointer<UInt8>, file: FileID, interner: UnsafeMutablePointer<Interner>) {
        // An empty buffer has no address; any will do, as nothing is read from it.
        base = bytes.baseAddress ?? UnsafePointer(ByteClass.table)
        count = bytes.count
        limit = bytes.count
        self.file = file
        self.interner = interner
        classes = UnsafePointer(ByteClass.table)
        var largest: UInt32 = 0
        let ids = TokenKind.keywords.map { word in
            let id = interner.pointee.intern(word).rawValue
            largest = max(largest, id)
            return id
        }
        // A fresh interner gives the words small ids; the table stays small in any case that matters.
        keywordLimit = largest + 1
        keywordKinds = .allocate(capacity: Int(keywordLimit))
        keywordKinds.initialize(repeating: TokenKind.identifier.rawValue, count: Int(keywordLimit))
        for (i, id) in ids.enumerated() { keywordKinds[Int(id)] = TokenKind.kwAnd.rawValue + UInt8(i) }
        output.tokens.reserveCapacity(bytes.count / 4 + 16)
    }

    deinit { keywordKinds.deallocate() }

    /// Hands the tokens over; the lexer is of no further use.
    mutating func takeOutput() -> TokenBuffer {
        var result = TokenBuffer()
        swap(&result, &output)
        return result
    }

    // MARK: Reading

    /// The byte `offset` behind the present one; 0 behind the end.
    @inline(__always) func peek(_ offset: Int = 0) -> UInt8 {
        let i = position + offset
        return i < limit ? base[i] : 0
    }

    // MARK: Writing

    /// Appends a token that reaches from `start` to the present position.
    @inline(__always) mutating func emit(_ kind: TokenKind, from start: Int, value: UInt32 = 0) {
        output.tokens.append(
            Token(kind, flags: nextFlags, value: value, start: UInt32(truncatingIfNeeded: start),
                end: UInt32(truncatingIfNeeded: position)))
        nextFlags = []
        lineHasTokens = true
    }

    /// Appends a token of the layout, which has no text of its own.
    mutating func emitLayout(_ kind: TokenKind, at offset: Int) {
        let offset = UInt32(truncatingIfNeeded: offset)
        output.tokens.append(Token(kind, flags: [], value: 0, start: offset, end: offset))
    }

    /// The kind of the last token.
    var lastKind: TokenKind { output.tokens.last?.kind ?? .newline }
    /// The end of the last token.
    var lastEnd: Int { Int(output.tokens.last?.end ?? 0) }

    /// Reports an error in the bytes `start..<end`.
    mutating func report(
        _ code: DiagnosticCode, _ message: String, _ start: Int, _ end: Int, label: String = "", notes: [String] = [],
        helps: [String] = []
    ) {
        guard diagnostics.errorCount < Lexer.maximumErrors else { return }
        let span = SourceSpan(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: max(start, end)))
        diagnostics.error(
            code, message, at: Label(file: file, span: span, message: label), notes: notes, helps: helps)
    }

    // MARK: The loop

    /// Reads the whole file.
    mutating func run() {
        if count >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF { position = 3 }
        if peek() == 0x23, peek(1) == 0x21 { skipToLineEnd() }
        lineStart = 0
        beginLine()
        while true {
            if position >= limit {
                if limit == count { break }
                // The end of a """ literal inside one of its interpolations.
                unterminatedInterpolation()
                continue
            }
            nextToken()
            if stopped { break }
        }
        finish()
    }

    /// Reads one token, or the space before it.
    @inline(__always) private mutating func nextToken() {
        let start = position
        let byte = base[start]
        switch ByteClass(rawValue: classes[Int(byte)]) {
        case .identifierStart:
            if peek(1) == 0x22 || peek(1) == 0x27, stringPrefix(byte) { return }
            identifier()
        case .blank:
            position += 1
            nextFlags.insert(.spaceBefore)
        case .newline:
            endOfPhysicalLine()
        case .digit:
            number()
        case .quote:
            string(quoteAt: position, kind: byte == 0x22 ? .interpolated : .raw)
        case .comment:
            skipToLineEnd()
            nextFlags.insert(.spaceBefore)
        case .punctuation:
            punctuation(byte)
        case .other:
            otherCharacter(byte)
        }
    }

    /// Skips to the line end or the limit.
    mutating func skipToLineEnd() {
        while position < limit, base[position] != 10 { position += 1 }
    }

    // MARK: Names

    private mutating func identifier() {
        let start = position
        var hash = HashIndex.seed
        var i = start
        while i < limit, classes[Int(base[i])] & ByteClass.nameBit != 0 {
            hash = HashIndex.hash(hash, base[i])
            i += 1
        }
        if i < limit, base[i] >= 0x80 { return unicodeIdentifier() }
        position = i
        if i - start == 1, base[start] == 0x5F { return emit(.underscore, from: start) }
        let id = interner.pointee.intern(UnsafeBufferPointer(start: base + start, count: i - start), hash: hash)
        var kind = TokenKind.identifier
        if id.rawValue < keywordLimit {
            kind = TokenKind(rawValue: keywordKinds[Int(id.rawValue)]) ?? .identifier
            if kind == .kwFn { noteFunctionHead() }
        }
        emit(kind, from: start, value: id.rawValue)
    }

    /// A name with characters beyond ASCII: checked against XID and brought to NFC.
    private mutating func unicodeIdentifier() {
        let start = position
        while position < limit {
            let byte = base[position]
            if byte < 0x80 {
                if classes[Int(byte)] & ByteClass.nameBit == 0 { break }
                position += 1
                continue
            }
            let (scalar, length) = decodeScalar(at: position)
            let allowed = position == start ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue
            guard allowed else { break }
            position += length
        }
        let text = String(decoding: UnsafeBufferPointer(start: base + start, count: position - start), as: UTF8.self)
        let id = interner.pointee.intern(normalizedNFC(text))
        emit(.identifier, from: start, value: id.rawValue)
    }

    /// The scalar at `offset` and its length in bytes.
    /// - Requires: the file is valid UTF-8 and `offset` is at the start of a scalar.
    func decodeScalar(at offset: Int) -> (Unicode.Scalar, Int) {
        let first = base[offset]
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard length > 1, offset + length <= count else { return (Unicode.Scalar(first), 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for i in 1..<length { value = value << 6 | UInt32(base[offset + i] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    private mutating func otherCharacter(_ byte: UInt8) {
        let start = position
        if byte >= 0x80 {
            let (scalar, length) = decodeScalar(at: start)
            if scalar.properties.isXIDStart { return unicodeIdentifier() }
            if scalar.properties.isWhitespace {
                position += length
                report(
                    "E0002", "illegal blank character U+\(hexadecimal(scalar.value, digits: 4).uppercased())", start,
                    position, helps: ["replace it by an ordinary space"])
                nextFlags.insert(.spaceBefore)
                return
            }
            position += length
            var helps: [String] = []
            switch scalar.value {
            case 0x201C, 0x201D, 0x201E: helps = ["use plain quotes: `\"`"]
            case 0x2018, 0x2019: helps = ["use plain quotes: `'`"]
            case 0x2013, 0x2014, 0x2212: helps = ["use the plain minus: `-`"]
            case 0x2260: helps = ["use `!=`"]
            case 0x2264: helps = ["use `<=`"]
            case 0x2265: helps = ["use `>=`"]
            case 0x2192: helps = ["use `->`"]
            case 0xD7: helps = ["use `*`"]
            default: break
            }
            return illegal(start, "illegal character `\(String(scalar))`", helps)
        }
        position += 1
        if byte == 0 { return illegal(start, "illegal NUL byte in the source", ["is this a text file?"]) }
        if byte < 0x20 || byte == 0x7F {
            return illegal(start, "illegal control character 0x\(hexadecimal(UInt32(byte), digits: 2))", [])
        }
        let character = String(Unicode.Scalar(byte))
        let helps = byte == 0x24 ? ["names have no sigil; interpolation in strings is written `{name}`"] : []
        illegal(start, "illegal character `\(character)`", helps)
    }

    /// Reports E0002 and gives up the line (Appendix C 31).
    private mutating func illegal(_ start: Int, _ message: String, _ helps: [String]) {
        report("E0002", message, start, position, helps: helps)
        abandonLine(from: start)
    }

    /// Ends the line with an `error` token, closing what was opened on it: the closers were probably in the lost part.
    mutating func abandonLine(from start: Int) {
        emit(.error, from: start)
        while let frame = frames.last, Int(frame.lineStart) == lineStart, frame.kind != .lambdaBlock { popFrame() }
        skipToLineEnd()
    }

    // MARK: Punctuation

    private mutating func punctuation(_ byte: UInt8) {
        let start = position
        let second = peek(1)
        switch byte {
        case 0x28: openBracket(.paren, .leftParen)
        case 0x29: closeBracket(.paren, .rightParen)
        case 0x5B: openBracket(.bracket, .leftBracket)
        case 0x5D: closeBracket(.bracket, .rightBracket)
        case 0x7B: openBracket(.brace, .leftBrace)
        case 0x7D: closeBracket(.brace, .rightBrace)
        case 0x2C:
            if let last = frames.indices.last { frames[last].pendingFunctions = 0 }
            take(.comma, 1)
        case 0x3A: colon(second)
        case 0x3B: take(.semicolon, 1)
        case 0x40: take(.at, 1)
        case 0x7E: take(.tilde, 1)
        case 0x5C: backslash()
        case 0x2E:
            if second != 0x2E { return take(.dot, 1) }
            if peek(2) == 0x3D { return take(.dotDotEqual, 3) }
            take(.dotDot, 2)
        case 0x3F: second == 0x3F ? take(.questionQuestion, 2) : take(.question, 1)
        case 0x21: second == 0x3D ? take(.bangEqual, 2) : take(.bang, 1)
        case 0x3D:
            if second == 0x3D { return take(.equalEqual, 2) }
            if second == 0x3E { return take(.fatArrow, 2) }
            take(.equal, 1)
        case 0x2B: second == 0x3D ? take(.plusEqual, 2) : take(.plus, 1)
        case 0x2D:
            if second == 0x3E { return take(.arrow, 2) }
            second == 0x3D ? take(.minusEqual, 2) : take(.minus, 1)
        case 0x2A: doubled(second, byte, .star, .starEqual, .starStar, .starStarEqual)
        case 0x2F: doubled(second, byte, .slash, .slashEqual, .slashSlash, .slashSlashEqual)
        case 0x25: second == 0x3D ? take(.percentEqual, 2) : take(.percent, 1)
        case 0x26:
            if second == 0x26 { return take(.ampersandAmpersand, 2) }
            second == 0x3D ? take(.ampersandEqual, 2) : take(.ampersand, 1)
        case 0x7C:
            if second == 0x7C { return take(.pipePipe, 2) }
            second == 0x3D ? take(.pipeEqual, 2) : take(.pipe, 1)
        case 0x5E: second == 0x3D ? take(.caretEqual, 2) : take(.caret, 1)
        case 0x3C: doubled(second, byte, .less, .lessEqual, .shiftLeft, .shiftLeftEqual)
        case 0x3E: doubled(second, byte, .greater, .greaterEqual, .shiftRight, .shiftRightEqual)
        default:
            position += 1
            illegal(start, "illegal character `\(String(Unicode.Scalar(byte)))`", [])
        }
    }

    /// Emits a token of `length` bytes.
    @inline(__always) private mutating func take(_ kind: TokenKind, _ length: Int) {
        let start = position
        position += length
        emit(kind, from: start)
    }

    /// `x`, `x=`, `xx` or `xx=`.
    @inline(__always) private mutating func doubled(
        _ second: UInt8, _ byte: UInt8, _ one: TokenKind, _ oneEqual: TokenKind, _ two: TokenKind,
        _ twoEqual: TokenKind
    ) {
        if second == byte { return peek(2) == 0x3D ? take(twoEqual, 3) : take(two, 2) }
        second == 0x3D ? take(oneEqual, 2) : take(one, 1)
    }

    /// `:`, `::` or the start of a symbol (§2.7).
    private mutating func colon(_ second: UInt8) {
        if second == 0x3A { return take(.colonColon, 2) }
        if let frame = frames.last {
            if frame.kind == .interpolation {
                if frame.pendingLambdas == 0 { return formatSpecification() }
            } else if !frame.isIndex, symbol() {
                return
            }
            if frame.pendingLambdas + frame.pendingFunctions > 0 { return closeLambdaHead() }
            if frame.kind == .lambdaBlock { lineHasColon = true }
        } else if symbol() {
            return
        } else {
            lineHasColon = true
        }
        take(.colon, 1)
    }

    /// Reads a symbol if one begins here.
    private mutating func symbol() -> Bool {
        let next = peek(1)
        guard next >= 0x80 || (classes[Int(next)] == ByteClass.identifierStart.rawValue) else { return false }
        if position > lineStart {
            switch base[position - 1] {
            case 0x20, 0x09, 0x0C, 0x0A, 0x28, 0x7B, 0x2C, 0x3D, 0x3C, 0x3E, 0x21, 0x7C, 0x26, 0x2B, 0x5B: break
            default: return false
            }
        }
        let start = position
        let first = output.tokens.count
        position += 1
        if next >= 0x80, !decodeScalar(at: position).0.properties.isXIDStart {
            position = start
            return false
        }
        let flags = nextFlags
        // The name is read as one; a reserved word may be a symbol too.
        identifier()
        guard output.tokens.count == first + 1 else { return true }
        output.tokens[first].kind = .symbol
        output.tokens[first].start = UInt32(truncatingIfNeeded: start)
        output.tokens[first].flags = flags
        if output.tokens[first].value == 0 {
            output.tokens[first].value = interner.pointee.intern("_").rawValue
        }
        return true
    }

    /// A lambda, or a line that is joined with the next one.
    private mutating func backslash() {
        var next = position + 1
        if next < limit, base[next] == 13 { next += 1 }
        if next < limit, base[next] == 10 {
            position = next + 1
            lineStart = position
            nextFlags.insert(.spaceBefore)
            return
        }
        if let last = frames.indices.last, frames[last].kind != .lambdaBlock {
            frames[last].pendingLambdas += 1
            frames[last].headColumn = lineColumn
        }
        take(.backslash, 1)
    }

    /// Counts an expression-position `fn` as a lambda head (§2.9 rule 5).
    private mutating func noteFunctionHead() {
        guard let last = frames.indices.last, frames[last].kind != .lambdaBlock else { return }
        frames[last].pendingFunctions += 1
        frames[last].headColumn = lineColumn
    }
}

/// The classes of bytes that decide how a token is read.
enum ByteClass {
    case identifierStart, digit, blank, newline, quote, comment, punctuation, other

    static let nameBit: UInt8 = 0x80

    var rawValue: UInt8 {
        switch self {
        case .identifierStart: 0x80
        case .digit: 0x81
        case .blank: 1
        case .newline: 2
        case .quote: 3
        case .comment: 4
        case .punctuation: 5
        case .other: 0
        }
    }

    @inline(__always) init(rawValue: UInt8) {
        switch rawValue {
        case 0x80: self = .identifierStart
        case 0x81: self = .digit
        case 1: self = .blank
        case 2: self = .newline
        case 3: self = .quote
        case 4: self = .comment
        case 5: self = .punctuation
        default: self = .other
        }
    }

    /// The class of each byte. Made once, never freed.
    nonisolated(unsafe) static let table: UnsafeMutablePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: ByteClass.other.rawValue, count: 256)
        for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { table[Int(byte)] = ByteClass.identifierStart.rawValue }
        for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { table[Int(byte)] = ByteClass.identifierStart.rawValue }
        table[0x5F] = ByteClass.identifierStart.rawValue
        for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { table[Int(byte)] = ByteClass.digit.rawValue }
        for byte: UInt8 in [0x20, 0x09, 0x0C, 0x0D] { table[Int(byte)] = ByteClass.blank.rawValue }
        table[10] = ByteClass.newline.rawValue
        table[0x22] = ByteClass.quote.rawValue
        table[0x27] = ByteClass.quote.rawValue
        table[0x23] = ByteClass.comment.rawValue
        for byte in "()[]{},:;@~\\.?!=+-*/%&|^<>".utf8 { table[Int(byte)] = ByteClass.punctuation.rawValue }
        return table
    }()
}

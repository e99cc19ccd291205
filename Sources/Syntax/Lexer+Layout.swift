internal import Diagnostics
internal import Support

/// The layout algorithm (§2.9): lines, indentation, joining, brackets and block lambdas inside brackets.
extension Lexer {
    static let virtualColumn: UInt32 = 0x8000_0000

    /// `true` iff line breaks matter: no bracket is open, or a block lambda is inside the innermost one.
    private var layoutIsOn: Bool { frames.last.map { $0.kind == .lambdaBlock } ?? true }

    // MARK: Lines

    /// At a line feed: goes to the next line with tokens on it.
    mutating func endOfPhysicalLine() {
        if singleLineInterpolations > 0 { unterminatedOnLine() }
        // A """ string that was given up may have moved behind this line feed.
        if position < limit, base[position] == 10 { position += 1 }
        beginLine()
    }

    /// At the start of a line: skips lines without tokens, then does what the indentation of the next one asks for.
    mutating func beginLine() {
        while position < limit {
            lineStart = position
            let (column, isMixed) = measureIndentation()
            guard position < limit else { return }
            let byte = base[position]
            if byte == 10 {
                docStart = -1
                position += 1
                continue
            }
            if byte == 0x23, !(peek(1) == 0x5B && layoutIsOn) {
                noteComment()
                skipToLineEnd()
                if position < limit { position += 1 }
                continue
            }
            lineColumn = column
            if isMixed, layoutIsOn {
                diagnostics.warning(
                    "W0101", "this line's indentation mixes tabs and spaces",
                    at: Label(
                        file: file,
                        span: SourceSpan(
                            start: UInt32(truncatingIfNeeded: lineStart), end: UInt32(truncatingIfNeeded: position))),
                    helps: ["indent with spaces only; a tab counts as 4 columns"])
            }
            arrange(column)
            if byte == 0x23 { openBracket(.bracket, .attributeStart, length: 2) }
            return
        }
    }

    /// Skips leading blanks; returns their width in columns and whether tabs and spaces are mixed.
    private mutating func measureIndentation() -> (UInt32, Bool) {
        var column: UInt32 = 0
        var tabs = false
        var spaces = false
        while position < limit {
            switch base[position] {
            case 0x20:
                column += 1
                spaces = true
            case 0x09:
                column += 4
                tabs = true
            case 0x0C, 0x0D: break
            default: return (column, tabs && spaces)
            }
            position += 1
        }
        return (column, false)
    }

    /// A help for wrong indentation where the file is indented with both tabs and blanks.
    private var tabHelp: [String] {
        // The lines just before are enough, however many errors there are.
        var tabs = false, blanks = false
        var i = max(0, position - 2048)
        while i < position {
            if i == 0 || base[i - 1] == 10 {
                if base[i] == 0x09 { tabs = true }
                if base[i] == 0x20 { blanks = true }
            }
            i += 1
        }
        return tabs && blanks ? ["some lines are indented with tabs, which count as 4 columns: indent all with spaces"] : []
    }

    /// Emits the layout tokens in front of a line that begins at `column`.
    private mutating func arrange(_ column: UInt32) {
        while let frame = frames.last, frame.kind == .lambdaBlock, column <= frame.headColumn { closeLambdaBlock() }
        if !layoutIsOn {
            guard looksLikeNewStatement(column) else {
                nextFlags.formUnion([.spaceBefore, .lineBreakBefore])
                docStart = -1
                return
            }
            abandonBrackets()
            while let frame = frames.last, frame.kind == .lambdaBlock, column <= frame.headColumn {
                closeLambdaBlock()
            }
            if !layoutIsOn { return abandonThenArrange(column) }
        }
        if lineHasTokens, column > logicalColumn, continuesPreviousLine() {
            nextFlags.formUnion([.spaceBefore, .lineBreakBefore])
            docStart = -1
            return
        }
        startLine(column)
    }

    private mutating func abandonThenArrange(_ column: UInt32) {
        while !layoutIsOn { popFrame() }
        startLine(column)
    }

    /// Begins a logical line and gives it the `##` lines directly above.
    private mutating func startLine(_ column: UInt32) {
        beginLogicalLine(column)
        if docStart >= 0 { attachDocComment() }
        lineFirstToken = output.tokens.count
        lineHasColon = false
    }

    /// `true` iff the logical line began a block but lacks its `:`. The parser reports that, and goes on with the
    /// block that is obviously meant.
    private var isHeaderWithoutColon: Bool {
        guard !lineHasColon, lineFirstToken < output.tokens.count else { return false }
        switch output.tokens[lineFirstToken].kind {
        case .kwIf, .kwElif, .kwElse, .kwFor, .kwWhile, .kwLoop, .kwMatch, .kwWith, .kwFn, .kwStruct, .kwClass,
            .kwEnum, .kwTrait, .kwImpl:
            return lastKind != .error
        default: return false
        }
    }

    /// `true` iff the line at `position` begins with `.name`, `and`, `or`, `??` or `-> name` (§2.9 rule 3).
    private func continuesPreviousLine() -> Bool {
        if lastKind == .colon || lastKind == .fatArrow { return false }
        switch peek() {
        case 0x2E: return startsName(1)
        case 0x3F: return peek(1) == 0x3F
        case 0x61: return peek(1) == 0x6E && peek(2) == 0x64 && !isNameByte(3)
        case 0x6F: return peek(1) == 0x72 && !isNameByte(2)
        case 0x2D:
            guard peek(1) == 0x3E else { return false }
            var offset = 2
            while peek(offset) == 0x20 || peek(offset) == 0x09 { offset += 1 }
            return startsName(offset)
        default: return false
        }
    }

    private func startsName(_ offset: Int) -> Bool {
        let byte = peek(offset)
        return byte >= 0x80 || classes[Int(byte)] == ByteClass.identifierStart.rawValue
    }

    private func isNameByte(_ offset: Int) -> Bool {
        let byte = peek(offset)
        return byte >= 0x80 || classes[Int(byte)] & ByteClass.nameBit != 0
    }

    /// Ends the logical line and opens or closes blocks so that the next one begins at `column`.
    private mutating func beginLogicalLine(_ column: UInt32) {
        var opensBlock = false
        if lineHasTokens {
            opensBlock = lastKind == .colon || lastKind == .fatArrow || isHeaderWithoutColon
            emitLayout(.newline, at: lastEnd)
            lineHasTokens = false
        }
        nextFlags = [.spaceBefore, .lineBreakBefore, .startsLine]
        logicalColumn = column
        var top = columns[columns.count - 1] & ~Lexer.virtualColumn
        if column == top { return }
        if column > top {
            if opensBlock {
                columns.append(column)
                emitLayout(.indent, at: position)
                if columns.count > Lexer.maximumIndents { tooDeep("more than \(Lexer.maximumIndents) nested blocks") }
                return
            }
            if lastKind != .error {
                report(
                    "E0102", "unexpected indentation", lineStart, position,
                    label: "this line is indented more than the one before",
                    helps: [
                        output.tokens.isEmpty
                            ? "begin the file in the first column"
                            : "only a line after one that ends with `:` or `=>` may be indented more"
                    ] + tabHelp)
            }
            columns.append(column | Lexer.virtualColumn)
            return
        }
        let floor = frames.last.map { $0.savedColumns + 1 } ?? 1
        while columns.count > floor, top > column {
            closeColumn()
            top = columns[columns.count - 1] & ~Lexer.virtualColumn
        }
        if top != column {
            report(
                "E0103", "this indentation matches no open block", lineStart, position,
                label: "\(column) column\(column == 1 ? "" : "s")",
                helps: ["the enclosing block is indented by \(top) columns"] + tabHelp)
            if column > top { columns.append(column | Lexer.virtualColumn) }
        }
    }

    /// Closes the innermost block.
    private mutating func closeColumn() {
        let column = columns.removeLast()
        if column & Lexer.virtualColumn == 0 { emitLayout(.dedent, at: position) }
    }

    // MARK: Documentation comments

    /// At a comment that has its line to itself: remembers `##` lines.
    private mutating func noteComment() {
        guard peek(1) == 0x23, layoutIsOn else {
            docStart = -1
            return
        }
        if docStart < 0 { docStart = position }
        docEnd = position
        while docEnd < limit, base[docEnd] != 10 { docEnd += 1 }
    }

    /// Gives the pending `##` lines to the token that comes next.
    private mutating func attachDocComment() {
        defer { docStart = -1 }
        var i = docStart
        while i < docEnd {
            // At `##` of one line.
            i += 2
            if i < docEnd, base[i] == 0x20 { i += 1 }
            var end = i
            while end < docEnd, base[end] != 10 { end += 1 }
            let next = end
            if end > i, base[end - 1] == 13 { end -= 1 }
            appendText(i, end)
            i = next
            while i < docEnd, base[i] != 0x23 { i += 1 }
            if i < docEnd { output.stringBytes.append(10) }
        }
        nextFlags.insert(.hasDocComment)
        let string = finishText()
        output.docComments.append((output.tokens.count, string))
    }

    // MARK: Brackets

    /// Reads an opening bracket.
    mutating func openBracket(_ kind: Frame.Kind, _ token: TokenKind, length: Int = 1) {
        let start = position
        var isIndex = false
        if kind == .bracket, token == .leftBracket, nextFlags.isEmpty {
            switch lastKind {
            case .identifier, .rightParen, .rightBracket, .rightBrace, .string, .stringEnd, .kwSelf, .kwSelfType:
                isIndex = true
            default: break
            }
        }
        position += length
        emit(token, from: start)
        push(
            Frame(
                kind: kind, isIndex: isIndex, open: UInt32(truncatingIfNeeded: start),
                lineStart: UInt32(truncatingIfNeeded: lineStart)))
    }

    /// Adds a frame unless there are too many.
    mutating func push(_ frame: Frame) {
        if frames.count >= Lexer.maximumBrackets { return tooDeep("more than \(Lexer.maximumBrackets) open brackets") }
        frames.append(frame)
    }

    /// Reads a closing bracket: closes the frame it matches and those inside it.
    mutating func closeBracket(_ kind: Frame.Kind, _ token: TokenKind) {
        let start = position
        var match = frames.count - 1
        while match >= 0 {
            let frame = frames[match].kind
            if frame == kind || (kind == .brace && frame == .interpolation) { break }
            if frame == .interpolation { match = -1 } else { match -= 1 }
        }
        if match < 0 {
            // Nothing to close: the parser will say so. It was probably meant for the innermost bracket.
            if let top = frames.last, top.kind != .interpolation, top.kind != .lambdaBlock { frames.removeLast() }
            position += 1
            return emit(token, from: start)
        }
        while frames.count > match + 1 { popFrame() }
        if frames[match].kind == .interpolation { return endInterpolation() }
        frames.removeLast()
        position += 1
        emit(token, from: start)
    }

    /// Removes the innermost frame as if it had been closed here.
    mutating func popFrame() {
        guard let frame = frames.last else { return }
        switch frame.kind {
        case .paren, .bracket, .brace: frames.removeLast()
        case .lambdaBlock: closeLambdaBlock()
        case .interpolation:
            frames.removeLast()
            if frame.string.isMultiline {
                position = max(position, frame.string.end)
                limit = frame.string.outerLimit
            } else {
                singleLineInterpolations -= 1
            }
        }
    }

    // MARK: Block lambdas in brackets

    /// At the `:` that ends a lambda head inside brackets: opens a block if nothing follows on the line (rule 5).
    mutating func closeLambdaHead() {
        let start = position
        guard let last = frames.indices.last else { return }
        if frames[last].pendingLambdas > 0 {
            frames[last].pendingLambdas -= 1
        } else {
            frames[last].pendingFunctions -= 1
        }
        let head = frames[last].headColumn
        position += 1
        emit(.colon, from: start)
        guard let next = nextLineColumn(from: position), next > head else { return }
        push(
            Frame(
                kind: .lambdaBlock, headColumn: head, open: UInt32(truncatingIfNeeded: start),
                lineStart: UInt32(truncatingIfNeeded: lineStart), savedColumns: columns.count,
                savedLineColumn: logicalColumn))
        if stopped { return }
        columns.append(next)
        emitLayout(.newline, at: position)
        emitLayout(.indent, at: position)
        lineHasTokens = false
        if columns.count > Lexer.maximumIndents { tooDeep("more than \(Lexer.maximumIndents) nested blocks") }
    }

    /// Ends the innermost frame, a block lambda.
    mutating func closeLambdaBlock() {
        guard let frame = frames.popLast() else { return }
        if lineHasTokens { emitLayout(.newline, at: lastEnd) }
        while columns.count > frame.savedColumns { closeColumn() }
        logicalColumn = frame.savedLineColumn
        lineHasTokens = true
        nextFlags.remove(.startsLine)
    }

    /// The column of the next line with tokens if only blanks and a comment stand between `offset` and the line end.
    func nextLineColumn(from offset: Int) -> UInt32? {
        var i = offset
        while i < limit, base[i] == 0x20 || base[i] == 0x09 || base[i] == 13 || base[i] == 0x0C { i += 1 }
        if i < limit, base[i] == 0x23 { while i < limit, base[i] != 10 { i += 1 } }
        guard i < limit, base[i] == 10 else { return nil }
        return columnOfNextLine(from: i + 1)?.column
    }

    /// Column and offset of the first token of the next line that has one, from the line start `offset`.
    func columnOfNextLine(from offset: Int) -> (column: UInt32, offset: Int)? {
        var i = offset
        var column: UInt32 = 0
        while i < limit {
            switch base[i] {
            case 0x20: column += 1
            case 0x09: column += 4
            case 0x0C, 0x0D: break
            case 10: column = 0
            case 0x23 where !(i + 1 < limit && base[i + 1] == 0x5B):
                while i < limit, base[i] != 10 { i += 1 }
                column = 0
                // The line feed itself.
            default: return (column, i)
            }
            i += 1
        }
        return nil
    }

    // MARK: Brackets that are never closed

    /// `true` iff a line inside brackets can only be a new statement, so that a closer must be missing before it.
    private func looksLikeNewStatement(_ column: UInt32) -> Bool {
        guard column <= logicalColumn else { return false }
        for frame in frames.reversed() {
            if frame.kind == .lambdaBlock { break }
            if frame.kind == .interpolation { return false }
        }
        var end = position
        while end < limit, end - position < 10, classes[Int(base[end])] == ByteClass.identifierStart.rawValue { end += 1 }
        let word = UnsafeBufferPointer(start: base + position, count: end - position)
        guard Lexer.statementWords.contains(where: { word.elementsEqual($0.utf8) }) else { return false }
        while end < limit, base[end] == 0x20 || base[end] == 0x09 { end += 1 }
        guard end < limit else { return true }
        switch base[end] {
        case 0x3A, 0x3D, 0x2C, 0x29, 0x5D, 0x7D, 0x2E, 0x28: return false
        default: return true
        }
    }

    private static let statementWords: [StaticText] = [
        "let", "var", "val", "fn", "struct", "class", "enum", "trait", "impl", "use", "import", "return", "while",
        "pub", "const", "static", "extern", "type", "break", "continue",
    ]

    /// Reports the innermost open bracket and drops it and those around it, up to a block.
    private mutating func abandonBrackets() {
        reportUnclosed()
        emit(.error, from: position)
        while let frame = frames.last, frame.kind != .lambdaBlock { popFrame() }
    }

    private mutating func reportUnclosed() {
        guard let frame = frames.last, lastKind != .error else { return }
        let open = Int(frame.open)
        if base[open] == 0x23 {
            report("E0707", "this attribute is never ended", open, open + 2, label: "opened here", helps: ["end it with `]`"])
            return
        }
        let text = String(Unicode.Scalar(base[open]))
        report("E0101", "this `\(text)` is never closed", open, open + 1, label: "opened here")
    }

    // MARK: End of file

    /// Reports that something is nested too deep and stops reading.
    mutating func tooDeep(_ what: String) {
        guard !stopped else { return }
        report("E0106", "nesting is too deep: \(what)", max(0, position - 1), position,
            helps: ["move parts into functions or variables of their own"])
        output.reportedDepth = true
        stopped = true
        emit(.error, from: position)
    }

    /// Closes everything that is open.
    mutating func finish() {
        if !stopped {
            while let frame = frames.last {
                if frame.kind == .lambdaBlock {
                    closeLambdaBlock()
                    continue
                }
                if frame.kind == .interpolation { reportUnterminated(frame.string) } else { reportUnclosed() }
                emit(.error, from: position)
                popFrame()
            }
        }
        while !frames.isEmpty { popFrame() }
        position = count
        if lineHasTokens { emitLayout(.newline, at: lastEnd) }
        while columns.count > 1 { closeColumn() }
        nextFlags = [.spaceBefore, .lineBreakBefore, .startsLine]
        emit(.endOfFile, from: count)
    }
}

/// Text known at compile time.
struct StaticText: ExpressibleByStringLiteral, Sendable {
    let text: StaticString
    init(stringLiteral value: StaticString) { text = value }
    /// The bytes.
    var utf8: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}

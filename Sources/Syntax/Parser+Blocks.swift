internal import Diagnostics
internal import Support

/// Blocks: indented, or on the line of their header (§2.9, §3.3).
extension Parser {
    // MARK: Blocks

    /// NL INDENT block DEDENT, at the line end.
    /// - Requires: the next two tokens are `newline` and `indent`.
    mutating func block() throws(SyntaxFailure) -> NodeID {
        advance()
        let begin = start
        advance()
        let saved = try enter()
        let base = stack.count
        while kind != .dedent, kind != .endOfFile {
            if kind == .docString, kind(ahead: 1) == .newline, kind(ahead: 2) != .dedent {
                pendingDoc = token.value + 1
                advance()
                advance()
                continue
            }
            let node = recovering({ (p: inout Parser) throws(SyntaxFailure) -> NodeID in try p.statement() })
            pendingDoc = 0
            if let node, node.exists { push(node) }
        }
        let end = previousStatementEnd
        _ = accept(.dedent)
        leave(saved)
        let statements = list(from: base)
        return tree.add(Node(.block, a: statements, span: SourceSpan(start: begin, end: max(begin, end))))
    }

    /// The end of the last token with text before the present one.
    private var previousStatementEnd: UInt32 {
        var i = p - 1
        while i > 0, tokens[i].kind == .newline || tokens[i].kind == .dedent || tokens[i].kind == .indent { i -= 1 }
        return i >= 0 ? tokens[i].end : 0
    }

    /// A block at a line end; reports and replaces an empty one.
    mutating func indentedBlock(_ header: SourceSpan) throws(SyntaxFailure) -> NodeID {
        if kind(ahead: 1) == .indent {
            let saved = brackets
            brackets = 0
            let node = try block()
            brackets = saved
            return node
        }
        if brackets > 0 {
            throw fail("E0101", "an indented block cannot stand inside brackets", helps: [
                "write it on one line, or give the value a name on a line before",
            ])
        }
        _ = emptyBlock(header)
        let here = previousEnd
        advance()
        return tree.add(Node(.block, span: SourceSpan(start: here, end: here)))
    }

    /// Reports E0105 at the block's header.
    mutating func emptyBlock(_ header: SourceSpan) -> SyntaxFailure {
        var helps = ["indent the statements that belong to it, or write `pass`"]
        if kind == .newline, isIndentedOtherwise(Int(tokens[min(p + 1, tokens.count - 1)].start), than: Int(header.start)) {
            helps = ["a tab counts as 4 columns, so that the next line is not indented more than this one: indent with spaces only"]
        }
        report("E0105", "this block is empty", header, label: "nothing is indented below this line", helps: helps)
        return SyntaxFailure()
    }

    /// `true` iff only one of the lines with these offsets is indented with tabs.
    private func isIndentedOtherwise(_ offset: Int, than other: Int) -> Bool {
        func indentation(_ offset: Int) -> (tabs: Bool, blanks: Bool) {
            var i = min(offset, bytes.count)
            while i > 0, bytes[i - 1] != 10 { i -= 1 }
            var found = (tabs: false, blanks: false)
            while i < bytes.count, bytes[i] == 0x20 || bytes[i] == 0x09 {
                if bytes[i] == 0x09 { found.tabs = true } else { found.blanks = true }
                i += 1
            }
            return found
        }
        let a = indentation(offset), b = indentation(other)
        return (a.tabs || b.tabs) && (a.blanks || b.blanks) && a != b
    }

    /// body = NL INDENT block DEDENT | one_line, behind the `:`.
    mutating func body(_ header: SourceSpan) throws(SyntaxFailure) -> NodeID {
        if kind == .newline { return try indentedBlock(header) }
        let saved = try enter()
        let node = try oneLine()
        leave(saved)
        return node
    }

    /// simple { ";" simple }, up to the line end, which is not read.
    mutating func oneLine() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let base = stack.count
        while true {
            push(try simpleStatement(isBody: true))
            guard kind == .semicolon else { break }
            advance()
            if kind == .newline || kind == .kwElse || kind == .kwElif { break }
        }
        return add(.block, flags: 1, a: list(from: base), from: begin)
    }

    /// The `:` that begins a block.
    mutating func blockColon(_ construct: StaticString) throws(SyntaxFailure) {
        if kind == .colon { return advance() }
        if kind == .error { throw SyntaxFailure() }
        let name = String(describing: construct)
        switch kind {
        case .newline where kind(ahead: 1) == .indent:
            report("E0101", "expected `:` at the end of the `\(name)` line", token.span, helps: ["write `:` here"])
        case .leftBrace:
            throw fail("E0101", "expected `:` to begin the block, found `{`", helps: [
                "blocks begin with `:` and are indented; there are no braces around them",
            ])
        case .identifier where ["then", "do", "begin"].contains(text(token.span)):
            throw fail(
                "E0101", "expected `:` to begin the block, found `\(text(token.span))`", helps: ["write `:` instead"])
        case .fatArrow, .arrow:
            throw unexpected("`:` to begin the block", helps: ["write `:` instead"])
        case .ampersand, .pipe, .equal, .identifier, .integer, .string: throw unexpected("`:` behind the `\(name)` line")
        default: throw unexpected("`:` behind the `\(name)` line")
        }
    }
}

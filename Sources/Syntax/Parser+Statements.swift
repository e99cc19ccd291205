internal import Diagnostics
internal import Support

/// Statements (§3.3).
extension Parser {
    // MARK: Statements

    /// stmt, with its line end.
    mutating func statement() throws(SyntaxFailure) -> NodeID {
        lineToken = p
        switch kind {
        case .identifier: break
        case .kwIf:
            let node = try ifStatement()
            try endOfLine()
            return node
        case .kwMatch:
            let node = try matchExpression()
            try endOfLine()
            return node
        case .kwFor, .kwWhile, .kwLoop, .kwWith:
            let node = try loopOrWith()
            try endOfLine()
            return node
        case .kwIn where kind(ahead: 1) == .colon: return skipUnsupported("contracts", from: start)
        case .attributeStart, .at, .kwFn, .kwStruct, .kwClass, .kwEnum, .kwTrait, .kwImpl, .kwType, .kwExtern, .kwMod,
            .kwUse, .kwImport, .kwPub, .kwAsync, .kwStatic:
            return try definition(atTop: false)
        case .kwMut where kind(ahead: 1) != .kwLet: return try definition(atTop: false)
        case .kwElse, .kwElif:
            throw fail(
                "E0101", "`\(kind.spelling ?? "")` without a matching `if`",
                helps: ["it must be indented exactly like its `if`, with nothing but the block between them"])
        case .docString where kind(ahead: 1) == .newline && kind(ahead: 2) != .dedent:
            advance()
            advance()
            return .none
        default: break
        }
        if kind == .identifier {
            if kind(ahead: 1) == .colon, let node = try labeledOrContract() { return node }
            if let node = try extendedStatement() { return node }
            if startsContextualDefinition() { return try definition(atTop: false) }
        }
        let first = try simpleStatement()
        if kind != .semicolon {
            try endOfLine()
            return first
        }
        // Several statements on one line: all but the last are pushed for the enclosing list.
        var last = first
        while kind == .semicolon {
            advance()
            if kind == .newline { break }
            push(last)
            last = try simpleStatement()
        }
        try endOfLine()
        return last
    }

    /// `label: for …`, or a contract block.
    private mutating func labeledOrContract() throws(SyntaxFailure) -> NodeID? {
        let begin = start
        switch kind(ahead: 2) {
        case .kwFor, .kwWhile, .kwLoop:
            let name = token.value
            advance()
            advance()
            let loop = try loopOrWith()
            let node = add(.labeled, a: name, b: loop.rawValue, from: begin)
            tree.nodes[node.index].span.end = span(loop).end
            try endOfLine()
            return node
        case .newline:
            if token.value == words.invariant.rawValue { return skipUnsupported("contracts", from: begin) }
            if token.value == words.receive.rawValue { return skipUnsupported("processes", from: begin) }
            return nil
        default: return nil
        }
    }

    /// Extended constructs that begin with a contextual word (§2.3).
    private mutating func extendedStatement() throws(SyntaxFailure) -> NodeID? {
        let begin = start
        let next = kind(ahead: 1)
        if token.value == words.out.rawValue || token.value == words.outErr.rawValue {
            if next == .leftParen, kind(ahead: 2) == .identifier, kind(ahead: 3) == .rightParen,
                kind(ahead: 4) == .colon, kind(ahead: 5) == .newline
            {
                return skipUnsupported("contracts", from: begin)
            }
            return nil
        }
        if token.value == words.context.rawValue, next == .identifier || next == .kwSelf || next == .kwSelfType {
            return skipUnsupported("`context` blocks", from: begin)
        }
        return nil
    }

    /// simple statement, without its line end. As the body of another statement on one line (`isBody`) it may not
    /// be a compound one.
    mutating func simpleStatement(isBody: Bool = false) throws(SyntaxFailure) -> NodeID {
        let begin = start
        switch kind {
        case .identifier:
            if token.value == words.val.rawValue || token.value == words.var.rawValue, startsDeclaration() {
                let mutable: UInt8 = token.value == words.var.rawValue ? 1 : 0
                advance()
                return try declaration(flags: mutable, from: begin)
            }
            return try assignmentOrExpression()
        case .kwReturn:
            advance()
            var value = NodeID.none
            if !endsSimpleStatement { value = try expressionList() }
            return add(.returnStatement, a: value.rawValue, from: begin)
        case .kwLet:
            advance()
            return try declaration(flags: accept(.kwMut) ? 1 : 0, from: begin)
        case .kwMut where kind(ahead: 1) == .kwLet:
            advance()
            advance()
            return try declaration(flags: 1, from: begin)
        case .kwMut where kind(ahead: 1) == .kwStatic: return try staticDefinition(flags: [], from: begin)
        case .kwConst: return try constDefinition(flags: [], from: begin)
        case .kwStatic: return try staticDefinition(flags: [], from: begin)
        case .kwBreak, .kwContinue:
            let node: NodeKind = kind == .kwBreak ? .breakStatement : .continueStatement
            advance()
            var name: UInt32 = 0
            if kind == .identifier {
                name = token.value
                advance()
            }
            return add(node, a: name, from: begin)
        case .kwPass:
            advance()
            return add(.passStatement, from: begin)
        case .kwFor, .kwWhile, .kwLoop, .kwWith: throw compoundOnLine()
        case .kwFn where isBody && kind(ahead: 1) == .identifier: throw compoundOnLine()
        case .kwMatch where isBody: throw compoundOnLine()
        case .kwStruct, .kwClass, .kwEnum, .kwTrait, .kwImpl:
            throw fail("E0107", "a definition cannot stand here", helps: ["move it to a line of its own at module level"])
        case .kwIf:
            let node = try assignmentOrExpression()
            let inner = tree[tree[node].nodeA]
            if isBody, inner.kind == .ifExpression, inner.c == 0 {
                report(
                    "E0104", "an `if` without `else` cannot stand on the line of a block's header",
                    SourceSpan(start: begin, end: begin + 2),
                    helps: ["move it to an indented line below, or join the conditions with `and`"])
            }
            return node
        default: return try assignmentOrExpression()
        }
    }

    private mutating func compoundOnLine() -> SyntaxFailure {
        fail(
            "E0104", "`\(kind.spelling ?? "")` cannot begin in the middle of a line",
            helps: ["move it to an indented line of its own"])
    }

    /// `true` iff nothing more of a simple statement can follow.
    private var endsSimpleStatement: Bool {
        switch kind {
        case .newline, .semicolon, .endOfFile, .dedent, .kwElse, .kwElif, .rightParen, .rightBracket, .rightBrace,
            .comma:
            true
        default: false
        }
    }

    /// `true` iff the present `val` or `var` begins a declaration (§2.3).
    func startsDeclaration() -> Bool {
        let next = flags(ahead: 1)
        if next.contains(.lineBreakBefore) { return false }
        switch kind(ahead: 1) {
        case .identifier, .underscore, .kwMut, .kwSelf, .kwSelfType: return true
        case .leftParen, .leftBracket: return next.contains(.spaceBefore)
        default: return false
        }
    }

    /// bindpat [ ":" type ] [ "=" exprlist ]
    mutating func declaration(flags: UInt8, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        let pattern = try bindingPattern()
        var annotation = NodeID.none
        if accept(.colon) {
            if kind == .equal {
                throw fail("E0101", "expected a type behind `:`, found `=`", helps: ["leave the `:` out: `=` alone gives a value"])
            }
            annotation = try type()
        } else if kind == .identifier, tree[pattern].kind == .bindingPattern {
            throw unexpected("`=` or the end of the line", helps: [
                "a type stands behind a colon: `\(text(span(pattern))): \(text(token.span))`",
            ])
        } else if kind == .symbol {
            let name = text(token.span).dropFirst()
            throw fail(
                "E0101", "expected `:` and a type, found the symbol `\(text(token.span))`",
                helps: ["write a blank behind the colon: `: \(name)`"])
        }
        var value = NodeID.none
        if accept(.equal) {
            value = try expressionList()
        } else if kind == .equalEqual {
            throw fail("E0101", "expected `=`, found `==`", helps: ["`=` gives a variable its value; `==` compares"])
        }
        return add(
            .declaration, flags: flags, a: pattern.rawValue, b: annotation.rawValue, c: value.rawValue, from: begin)
    }

    // MARK: Compound statements

    /// if = "if" cond ":" body { "elif" cond ":" body } [ "else" ":" body ]
    private mutating func ifStatement() throws(SyntaxFailure) -> NodeID {
        let saved = try enter()
        let base = stack.count
        var other = NodeID.none
        // However long a chain is, it nests no deeper than one `if`: its links wait on the stack.
        while true {
            let begin = start
            let header = token.span
            advance()
            push(try condition())
            try blockColon("if")
            push(try body(header))
            stack.append(begin)
            // A one-line body leaves its line end to us.
            if kind == .newline, kind(ahead: 1) == .kwElif || kind(ahead: 1) == .kwElse { advance() }
            if kind == .kwElif { continue }
            guard kind == .kwElse else { break }
            let elseHeader = token.span
            let isElseIf = isForeignElseIf()
            advance()
            if isElseIf { continue }
            try blockColon("else")
            other = try body(elseHeader)
            break
        }
        leave(saved)
        while stack.count > base {
            let (condition, then, begin) = popLink()
            other = addEnding(
                .ifExpression, a: condition.rawValue, b: then.rawValue, c: other.rawValue, from: begin,
                at: other.exists ? other : then)
        }
        return other
    }

    /// The last link of an `if` chain on the stack: condition, branch, where it begins.
    mutating func popLink() -> (condition: NodeID, then: NodeID, begin: UInt32) {
        let begin = stack.removeLast()
        let then = NodeID(rawValue: stack.removeLast())
        return (NodeID(rawValue: stack.removeLast()), then, begin)
    }

    /// At `else`: reports `else if`, which is then read as `elif`.
    mutating func isForeignElseIf() -> Bool {
        guard kind(ahead: 1) == .kwIf else { return false }
        report(
            "E0101", "expected `:` behind `else`, found `if`",
            SourceSpan(start: start, end: tokens[p + 1].end), helps: ["`else if` is written `elif`"])
        return true
    }

    /// Adds a statement that ends where its last child ends.
    private mutating func addEnding(
        _ kind: NodeKind, flags: UInt8 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0, from start: UInt32,
        at last: NodeID
    ) -> NodeID {
        tree.add(Node(kind, flags: flags, a: a, b: b, c: c, span: SourceSpan(start: start, end: span(last).end)))
    }

    private mutating func loopOrWith() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let header = token.span
        switch kind {
        case .kwWhile:
            advance()
            let condition = try self.condition()
            try blockColon("while")
            let body = try self.body(header)
            return addEnding(.whileStatement, a: condition.rawValue, b: body.rawValue, from: begin, at: body)
        case .kwLoop:
            advance()
            if kind == .colon, kind(ahead: 1) == .identifier, kind(ahead: 2) == .colon {
                advance()
                throw fail("E0101", "a label stands before `loop`", helps: [
                    "write `\(text(token.span)): loop:`",
                ])
            }
            try blockColon("loop")
            let body = try self.body(header)
            return addEnding(.loopStatement, a: body.rawValue, from: begin, at: body)
        case .kwFor:
            advance()
            if kind == .leftParen, kind(ahead: 1) == .kwLet
                || (kind(ahead: 1) == .identifier && (kind(ahead: 2) == .identifier || kind(ahead: 2) == .equal))
            {
                throw fail("E0101", "expected a loop variable", helps: ["a counting loop is written `for i in 0..n:`"])
            }
            let pattern = try bindingPattern()
            guard kind == .kwIn else {
                var helps = ["a loop is written `for x in xs:`"]
                if kind == .equal { helps = ["a counting loop is written `for i in 0..n:`"] }
                throw unexpected("`in` behind the loop variable", helps: helps)
            }
            advance()
            let iterable = try expressionList()
            try blockColon("for")
            let body = try self.body(header)
            return addEnding(
                .forStatement, a: pattern.rawValue, b: iterable.rawValue, c: body.rawValue, from: begin, at: body)
        default: return try withStatement()
        }
    }

    private mutating func withStatement() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let header = token.span
        advance()
        let base = stack.count
        repeat {
            let itemStart = start
            let value = try unary()
            var pattern = NodeID.none
            if accept(.kwAs) { pattern = try self.pattern(.binding) }
            push(add(.withItem, a: value.rawValue, b: pattern.rawValue, from: itemStart))
        } while accept(.comma)
        let items = list(from: base)
        try blockColon("with")
        let body = try self.body(header)
        return addEnding(.withStatement, a: items, b: body.rawValue, from: begin, at: body)
    }

    // MARK: Helps

    /// Fails at something behind the end of a statement.
    mutating func unexpectedAtEnd() -> SyntaxFailure {
        if kind == .arrow {
            return fail("E0108", "`->` cannot stand inside an expression", helps: [
                "`x->m()` is a statement that means `x = x.m()`; in an expression write `x.m()`",
            ])
        }
        if kind == .colon, lineToken < p, ["elsif", "elseif"].contains(text(tokens[lineToken].span)) {
            let word = tokens[lineToken].span
            report("E0101", "`\(text(word))` is no keyword", word, helps: ["a further condition begins with `elif`"])
            return SyntaxFailure()
        }
        return unexpected("the end of the line")
    }

    private func isNameLike(_ kind: TokenKind) -> Bool { kind == .identifier || kind == .integer || kind.isKeyword }

    /// A help when the present place looks like another language.
    func foreignHelps() -> [String] {
        let here = text(token.span)
        let previous = p > 0 ? tokens[p - 1] : token
        // Pairs of adjacent operators.
        if p > 1, previous.kind == .minus, tokens[p - 2].kind == .minus, tokens[p - 2].end == previous.start {
            return ["there is no `--`: write `x -= 1`"]
        }
        if previous.kind == .string || previous.kind == .stringEnd, previous.end == start, p > 0, isNameLike(kind) {
            return bytes[Int(previous.end) - 1] == 0x27
                ? ["the text ends here: one in `'…'` cannot hold a `'`; write it between `\"`"]
                : ["the text ends here: a `\"` inside a text is written `\\\"`"]
        }
        if previous.kind == .question {
            return ["a conditional value is written `if condition: a else: b`"]
        }
        if kind == .arrow { return ["`->` stands only before result types and in update statements"] }
        switch here {
        case "elsif", "elseif", "elsif:": return ["write `elif`"]
        case "=>": return ["a lambda is written `\\x: x + 1`"]
        case "then", "do": return ["blocks begin with `:`"]
        default: break
        }
        guard lineToken < tokens.count, tokens[lineToken].kind == .identifier, lineToken < p else { return [] }
        switch text(tokens[lineToken].span) {
        case "def", "function", "func", "fun", "fn": return ["functions are defined as `fn name(parameters):`"]
        case "elsif", "elseif", "elif": return ["write `elif`"]
        case "switch", "when": return ["write `match value:` with arms `pattern => …`"]
        case "foreach": return ["a loop is written `for x in xs:`"]
        case "until": return ["write `while not …:`"]
        case "unless": return ["write `if not …:`"]
        case "do", "repeat": return ["write `loop:` with a `break`"]
        case "try", "catch", "except", "finally":
            return ["there are no exceptions: functions return `Result`, and `?` passes an error on"]
        case "throw", "raise": return ["there are no exceptions: write `return Err(…)`"]
        case "interface", "protocol": return ["write `trait`"]
        case "module", "namespace", "package": return ["a file is a module; there is no declaration for it"]
        case "include", "require", "from": return ["write `use module` or `use module.{name}`"]
        case "public", "export": return ["write `pub`"]
        case "del", "delete": return ["memory is managed; remove an entry with `.remove(key)`"]
        case "function*": return []
        case "final": return ["write `let`"]
        default: return []
        }
    }
}

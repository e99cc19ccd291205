internal import Diagnostics
internal import Support

/// Functions: parameters, generics, `where` (§3.1).
extension Parser {
    // MARK: Functions

    /// fn_def, at `fn`. A body is required unless `isSignature`.
    mutating func functionDefinition(
        flags initial: DefinitionFlags, doc initialDoc: UInt32, from begin: UInt32, isSignature: Bool = false,
        mayHaveBody: Bool = true
    ) throws(SyntaxFailure) -> NodeID {
        var flags = initial
        var doc = initialDoc
        let header = token.span
        advance()
        let nameStart = start
        let nameSpan = token.span
        let name = try expectName("the name of the function")
        let isTopMain =
            name == words.main && functionDepth == 0 && depth == 0 && mainFunction == nil && mayHaveBody
            && !isSignature
        if isTopMain { mainFunction = nameSpan }
        let generics = try self.generics()
        guard kind == .leftParen else {
            throw unexpected("`(` behind the name of the function", helps: ["write `fn \(text(nameSpan))():`"])
        }
        let base = stack.count
        try parameters()
        let parameterList = list(from: base)
        if kind == .kwAsync {
            unsupported("`async` functions", token.span)
            flags.insert(.isAsync)
            advance()
        }
        var result = NodeID.none
        if accept(.arrow) {
            result = try type()
        } else if kind == .colon, kind(ahead: 1) == .identifier, kind(ahead: 2) == .equal || kind(ahead: 2) == .leftBrace,
            kind(ahead: 3) == .newline
        {
            throw fail("E0101", "the result type stands behind `->`", helps: ["write `-> T:`"])
        } else if kind == .colon, kind(ahead: 1) == .identifier, kind(ahead: 2) == .equal, isTypeWord(tokens[p + 1].span) {
            throw fail(
                "E0101", "the result type stands behind `->`",
                helps: ["write `-> \(text(tokens[p + 1].span)): …`, with the body behind the colon"])
        }
        let predicates = try whereClause()
        var body = NodeID.none
        if isSignature && kind != .colon {
            // A required method.
        } else if !mayHaveBody {
            if kind == .colon {
                throw fail("E0101", "an `extern` function has no body", helps: ["remove the `:` and what follows"])
            }
        } else if kind == .equal || kind == .fatArrow {
            throw unexpected("`:` before the body", helps: ["write `fn \(text(nameSpan))(…): …`"])
        } else {
            try blockColon("fn")
            if kind == .newline, kind(ahead: 1) == .indent, kind(ahead: 2) == .docString,
                kind(ahead: 3) == .newline, kind(ahead: 4) != .dedent, doc == 0
            {
                doc = tokens[p + 2].value + 1
            }
            functionDepth += 1
            let savedBrackets = brackets
            brackets = 0
            body = try self.body(header)
            brackets = savedBrackets
            functionDepth -= 1
        }
        let record = self.record(generics, parameterList, result.rawValue, predicates, body.rawValue, doc)
        let node = add(
            .functionDefinition, flags: flags.rawValue, a: name.rawValue, b: record, c: nameStart, from: begin)
        if body.exists { tree.nodes[node.index].span.end = span(body).end }
        return node
    }

    private func isTypeWord(_ span: SourceSpan) -> Bool {
        ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "int", "float", "bool", "str", "char", "String"]
            .contains(text(span))
    }

    /// "(" [ params ] ")", pushed on the stack.
    mutating func parameters() throws(SyntaxFailure) {
        let open = token
        advance()
        let saved = try enter()
        brackets += 1
        var firstDefault: SourceSpan?
        while kind != .rightParen {
            let begin = start
            var flags: UInt8 = 0
            if accept(.kwMut) { flags |= 1 }
            if kind == .star {
                flags |= 4
                advance()
            }
            let nameSpan = token.span
            let name: NameID
            if kind == .kwSelf {
                name = token.name
                flags |= 2
                advance()
            } else if kind == .underscore {
                name = words.underscore
                advance()
            } else {
                if kind == .ampersand, kind(ahead: 1) == .kwSelf || kind(ahead: 2) == .kwSelf {
                    throw fail("E0101", "expected a parameter, found `&`", helps: [
                        "a method takes `self`, or `mut self` when it changes the value",
                    ])
                }
                name = try expectName("the name of a parameter")
            }
            var annotation = NodeID.none
            var value = NodeID.none
            if accept(.colon) { annotation = try type() }
            if kind == .identifier, !annotation.exists {
                throw unexpected("`,` or `)`", helps: [
                    "types stand behind the name: `\(text(token.span)): \(text(nameSpan))`",
                ])
            }
            if accept(.equal) {
                value = try expression()
                if firstDefault == nil { firstDefault = nameSpan }
            } else if let first = firstDefault, flags & 4 == 0 {
                report(
                    "E0114", "a required parameter cannot follow one with a default", nameSpan,
                    secondary: [label(first, "has a default")],
                    helps: ["give it a default too, or move it to the front"])
            }
            push(
                add(
                    .parameter, flags: flags, a: name.rawValue, b: annotation.rawValue, c: value.rawValue,
                    from: begin))
            if !accept(.comma) { break }
        }
        if kind != .rightParen { throw unclosed(open, "`,` or `)`") }
        advance()
        brackets -= 1
        leave(saved)
    }

    /// generics = "[" gparam ,… "]" | "<" gparam ,… ">"
    mutating func generics() throws(SyntaxFailure) -> UInt32 {
        guard kind == .leftBracket || kind == .less else { return 0 }
        let isBracket = kind == .leftBracket
        advance()
        let base = stack.count
        while kind != .rightBracket, kind != .greater {
            let begin = start
            let name = try expectName("the name of a type parameter")
            var bounds: UInt32 = 0
            if accept(.colon) { bounds = try self.bounds() }
            push(add(.genericParameter, a: name.rawValue, b: bounds, from: begin))
            if !accept(.comma) { break }
        }
        if isBracket { try expect(.rightBracket, "to end the type parameters") } else { try expectGreater() }
        return list(from: base)
    }

    /// bound { "+" bound }
    mutating func bounds() throws(SyntaxFailure) -> UInt32 {
        let base = stack.count
        repeat {
            guard kind == .identifier || kind == .kwSuper || kind == .kwSelf else { throw unexpected("a trait") }
            push(try plainType(angles: true))
        } while accept(.plus)
        return list(from: base)
    }

    /// [ where ]
    mutating func whereClause() throws(SyntaxFailure) -> UInt32 {
        guard isWord(words.where) else { return 0 }
        advance()
        let base = stack.count
        repeat {
            let begin = start
            let subject = try type()
            try expect(.colon, "behind the type of a `where` predicate")
            let bounds = try self.bounds()
            push(add(.wherePredicate, a: subject.rawValue, b: bounds, from: begin))
        } while accept(.comma)
        return list(from: base)
    }
}

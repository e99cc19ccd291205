internal import Diagnostics
internal import Support

/// Patterns (§3.5).
extension Parser {
    /// Where a pattern stands decides what a `:` behind a name means.
    enum PatternPlace {
        /// A match arm: perhaps a typed binding, perhaps the end of the pattern.
        case arm
        /// Inside brackets: always a typed binding.
        case nested
        /// A declaration or loop: the `:` is not part of the pattern.
        case binding
    }

    /// pattern = ppart { "|" ppart }
    mutating func pattern(_ place: PatternPlace) throws(SyntaxFailure) -> NodeID {
        let saved = try enter()
        let first = try patternPart(place)
        if kind != .pipe {
            leave(saved)
            return first
        }
        let base = stack.count
        push(first)
        while accept(.pipe) { push(try patternPart(place)) }
        leave(saved)
        return add(.orPattern, a: list(from: base), from: start(first))
    }

    /// bindpat = pattern { "," pattern }, whose elements may be rests.
    mutating func bindingPattern() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let first = try patternElement(.binding)
        if kind != .comma {
            if tree[first].kind == .restPattern {
                report("E0101", "a rest pattern needs other elements beside it", span(first))
            }
            return first
        }
        let base = stack.count
        push(first)
        while accept(.comma) {
            if kind == .equal || kind == .kwIn || kind == .colon { break }
            push(try patternElement(.binding))
        }
        return add(.tuplePattern, a: list(from: base), from: begin)
    }

    /// pelem = pattern | "*" [ IDENT ] | ".."
    private mutating func patternElement(_ place: PatternPlace) throws(SyntaxFailure) -> NodeID {
        let begin = start
        switch kind {
        case .star:
            advance()
            var name = NameID.none
            if kind == .identifier {
                name = token.name
                advance()
            } else if kind == .underscore {
                advance()
            }
            return add(.restPattern, a: name.rawValue, from: begin)
        case .dotDot:
            advance()
            return add(.restPattern, from: begin)
        default: return try pattern(place)
        }
    }

    private mutating func patternPart(_ place: PatternPlace) throws(SyntaxFailure) -> NodeID {
        let begin = start
        switch kind {
        case .underscore:
            advance()
            return add(.wildcardPattern, from: begin)
        case .kwMut:
            advance()
            let name = try expectName("a name behind `mut`")
            return try typedBinding(name, flags: 1, from: begin, place)
        case .identifier: return try namePattern(place)
        case .kwSuper, .kwSelf, .kwSelfType: return try namePattern(place)
        case .integer, .float, .string, .stringStart, .character, .symbol, .byteString, .kwTrue, .kwFalse, .kwNil,
            .minus:
            let low = try patternLiteral()
            if kind == .dotDot || kind == .dotDotEqual { return try rangePattern(low) }
            return add(.literalPattern, a: low.rawValue, from: begin)
        case .leftParen: return try sequencePattern(.rightParen)
        case .leftBracket: return try sequencePattern(.rightBracket)
        case .star, .dotDot:
            throw fail(
                "E0101", "a rest pattern stands only inside `(…)` or `[…]`",
                helps: ["put the elements in parentheses: `(first, *rest)`"])
        default:
            if kind.isKeyword {
                let word = kind.spelling ?? ""
                throw fail(
                    "E0101", "expected a name, found the reserved word `\(word)`",
                    helps: ["choose another name, for example `\(word)_`"])
            }
            throw unexpected("a pattern")
        }
    }

    /// A literal, or a number behind a minus.
    private mutating func patternLiteral() throws(SyntaxFailure) -> NodeID {
        let begin = start
        if kind == .minus {
            guard kind(ahead: 1) == .integer || kind(ahead: 1) == .float else {
                advance()
                throw unexpected("a number behind the `-`")
            }
            advance()
            negatedToken = p
            let number = try primary()
            return add(.unary, flags: UnaryOperator.negate.rawValue, a: number.rawValue, from: begin)
        }
        let node = try primary()
        if tree[node].kind == .interpolatedString {
            report("E0101", "a pattern cannot be an interpolated string", span(node),
                helps: ["bind a name and compare it in a guard: `s if s == …`"])
        }
        return node
    }

    /// prange, at `..` or `..=`.
    private mutating func rangePattern(_ low: NodeID) throws(SyntaxFailure) -> NodeID {
        let inclusive: UInt8 = kind == .dotDotEqual ? 1 : 0
        advance()
        let high: NodeID
        switch kind {
        case .integer, .float, .string, .stringStart, .character, .minus: high = try patternLiteral()
        case .identifier:
            var path = add(.name, a: token.value, from: start)
            let begin = start
            advance()
            tree.nodes[path.index].span.end = previousEnd
            while kind == .dot || kind == .colonColon, kind(ahead: 1) == .identifier {
                advance()
                let name = token.value
                advance()
                try grow()
                path = add(.member, a: path.rawValue, b: name, from: begin)
            }
            high = path
        default: throw unexpected("the upper end of the range")
        }
        return add(.rangePattern, flags: inclusive, a: low.rawValue, b: high.rawValue, from: start(low))
    }

    /// A pattern that begins with a name.
    private mutating func namePattern(_ place: PatternPlace) throws(SyntaxFailure) -> NodeID {
        let begin = start
        let name = token.name
        let nameSpan = token.span
        let isPlainName = kind == .identifier
        advance()
        switch kind {
        case .at where isPlainName:
            advance()
            let saved = try enter()
            let inner = try patternPart(place)
            leave(saved)
            return add(.atPattern, a: name.rawValue, b: inner.rawValue, from: begin)
        case .dot, .colonColon, .leftParen, .leftBrace: break
        case .dotDot, .dotDotEqual:
            let low = tree.add(Node(.name, a: name.rawValue, span: nameSpan))
            return try rangePattern(low)
        default: return try typedBinding(name, flags: 0, from: begin, place)
        }
        let base = stack.count
        stack.append(name.rawValue)
        while kind == .dot || kind == .colonColon {
            advance()
            stack.append(try expectName("a name behind the `.`").rawValue)
        }
        if kind == .dotDot || kind == .dotDotEqual {
            let names = Array(stack[base...])
            stack.removeLast(names.count)
            var low = tree.add(Node(.name, a: names[0], span: nameSpan))
            for segment in names.dropFirst() { low = add(.member, a: low.rawValue, b: segment, from: begin) }
            return try rangePattern(low)
        }
        let path = list(from: base)
        if kind == .leftParen {
            let fields = try patternFields(.rightParen)
            return add(.pathPattern, flags: 1, a: path, b: fields, from: begin)
        }
        if kind == .leftBrace, !token.flags.contains(.lineBreakBefore) {
            let fields = try patternFields(.rightBrace)
            return add(.recordPattern, a: path, b: fields, from: begin)
        }
        return add(.pathPattern, a: path, from: begin)
    }

    /// A lone name, perhaps with a type.
    private mutating func typedBinding(
        _ name: NameID, flags: UInt8, from begin: UInt32, _ place: PatternPlace
    ) throws(SyntaxFailure) -> NodeID {
        var annotation = NodeID.none
        if kind == .colon {
            switch place {
            case .binding: break
            case .nested:
                advance()
                annotation = try type()
            case .arm: annotation = speculativeType()
            }
        }
        return add(.bindingPattern, flags: flags, a: name.rawValue, b: annotation.rawValue, from: begin)
    }

    /// At the `:` behind a name in an arm: a type if one follows and then `=>`, `:` or `if`; else nothing is read.
    private mutating func speculativeType() -> NodeID {
        // The commonest bodies are told apart without a trial.
        if kind(ahead: 1) == .newline { return .none }
        let savedP = p
        let savedNodes = tree.nodes.count
        let savedPool = tree.pool.count
        let savedStack = stack.count
        let savedDepth = depth
        let savedHeight = height
        let wasSpeculating = isSpeculating
        isSpeculating = true
        advance()
        var result = NodeID.none
        do throws(SyntaxFailure) {
            let node = try type()
            if kind == .fatArrow || kind == .colon || kind == .kwIf { result = node }
        } catch {
            // No type: the `:` begins the arm's body.
        }
        isSpeculating = wasSpeculating
        let changed = changedTokens
        changedTokens = []
        for change in changed.reversed() { tokens[change.index] = change.token }
        p = savedP
        tree.nodes.removeLast(tree.nodes.count - savedNodes)
        tree.pool.removeLast(tree.pool.count - savedPool)
        stack.removeLast(stack.count - savedStack)
        depth = savedDepth
        height = savedHeight
        if !result.exists { return .none }
        // Read it again, now with its diagnostics; it cannot fail.
        advance()
        do throws(SyntaxFailure) { return try type() } catch { return .none }
    }

    /// "(" or "[" [ pelem ,… ] and the closing bracket.
    private mutating func sequencePattern(_ close: TokenKind) throws(SyntaxFailure) -> NodeID {
        let begin = start
        advance()
        let base = stack.count
        var hasComma = false
        var rest: SourceSpan?
        while kind != close {
            let element = try patternElement(.nested)
            if tree[element].kind == .restPattern {
                if let rest {
                    report(
                        "E0101", "a pattern has at most one rest", span(element),
                        secondary: [label(rest, "the first one")])
                }
                rest = span(element)
            }
            push(element)
            if !accept(.comma) { break }
            hasComma = true
        }
        try expect(close, "to end the pattern")
        if close == .rightBracket { return add(.arrayPattern, a: list(from: base), from: begin) }
        if stack.count == base + 1, !hasComma, rest == nil { return NodeID(rawValue: stack.removeLast()) }
        return add(.tuplePattern, a: list(from: base), from: begin)
    }

    /// pfields and the closing bracket.
    private mutating func patternFields(_ close: TokenKind) throws(SyntaxFailure) -> UInt32 {
        advance()
        let base = stack.count
        while kind != close {
            let begin = start
            if kind == .dotDot {
                advance()
                push(add(.restPattern, from: begin))
            } else if kind == .identifier || kind.isKeyword, kind(ahead: 1) == .colon {
                let name = token.value
                advance()
                advance()
                let inner = try pattern(.nested)
                push(add(.fieldPattern, a: name, b: inner.rawValue, from: begin))
            } else if close == .rightBrace {
                let name = try expectName("a field name")
                push(add(.fieldPattern, a: name.rawValue, from: begin))
            } else {
                let inner = try pattern(.nested)
                push(add(.fieldPattern, b: inner.rawValue, from: begin))
            }
            if !accept(.comma) { break }
        }
        try expect(close, "to end the pattern")
        return list(from: base)
    }
}

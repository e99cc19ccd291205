internal import Diagnostics
internal import Support

/// Types (§3.2).
extension Parser {
    /// type = utype { "|" utype }. Counts the level of nesting for all that contains types.
    mutating func type() throws(SyntaxFailure) -> NodeID {
        let saved = try enter()
        let first = try optionalType()
        if kind != .pipe {
            leave(saved)
            return first
        }
        let base = stack.count
        push(first)
        let begin = start(first)
        while accept(.pipe) { push(try optionalType()) }
        let node = add(.typeUnion, a: list(from: base), from: begin)
        unsupported("union types", span(node))
        leave(saved)
        return node
    }

    /// utype = ptype { "?" }
    private mutating func optionalType() throws(SyntaxFailure) -> NodeID {
        var node = try plainType(angles: true)
        while true {
            if kind == .question {
                advance()
            } else if kind == .questionQuestion {
                let begin = start(node)
                try growType()
                node = tree.add(
                    Node(.typeOption, a: node.rawValue, span: SourceSpan(start: begin, end: start + 1)))
                split(into: .question)
                continue
            } else {
                return node
            }
            try growType()
            node = add(.typeOption, a: node.rawValue, from: start(node))
        }
    }

    /// ptype; with `angles` type arguments may stand in `<…>`.
    mutating func plainType(angles: Bool) throws(SyntaxFailure) -> NodeID {
        let begin = start
        switch kind {
        case .identifier:
            if token.value == words.dyn.rawValue, kind(ahead: 1) == .identifier || kind(ahead: 1) == .kwSuper {
                advance()
                let path = try typePath(angles: angles)
                return add(.typeDyn, a: path.rawValue, from: begin)
            }
            if token.value == words.fnType.rawValue, kind(ahead: 1) == .leftParen { return try functionType() }
            return try typePath(angles: angles)
        case .kwSuper, .kwSelf: return try typePath(angles: angles)
        case .kwFn: return try functionType()
        case .kwSelfType:
            advance()
            if kind == .dot || kind == .colonColon, kind(ahead: 1) == .identifier {
                advance()
                let name = token.value
                advance()
                return add(.typeSelf, a: name, from: begin)
            }
            return add(.typeSelf, from: begin)
        case .kwNil:
            advance()
            return add(.typeTuple, from: begin)
        case .underscore:
            advance()
            return add(.typeInfer, from: begin)
        case .leftParen: return try tupleType()
        case .leftBracket:
            advance()
            let element = try type()
            var length = NodeID.none
            if accept(.semicolon) { length = try bracketed { (p: inout Parser) throws(SyntaxFailure) in try p.expression() } }
            try expect(.rightBracket, "to end the array type")
            return add(.typeArray, a: element.rawValue, b: length.rawValue, from: begin)
        case .leftBrace:
            advance()
            let key = try type()
            if accept(.colon) {
                let value = try type()
                try expect(.rightBrace, "to end the dict type")
                return add(.typeDict, a: key.rawValue, b: value.rawValue, from: begin)
            }
            try expect(.rightBrace, "to end the set type")
            return add(.typeSet, a: key.rawValue, from: begin)
        case .ampersand, .star, .minus, .plus:
            let span = token.span
            advance()
            _ = accept(.kwMut)
            let saved = try enter()
            _ = try plainType(angles: angles)
            leave(saved)
            return addUnsupported("pointer types", span, from: begin)
        default: throw unexpected("a type", helps: typeHelps())
        }
    }

    /// path [ targs ]
    private mutating func typePath(angles: Bool) throws(SyntaxFailure) -> NodeID {
        let begin = start
        let base = stack.count
        stack.append(token.value)
        advance()
        while kind == .dot || kind == .colonColon {
            advance()
            stack.append(try expectName("a name behind the `.`").rawValue)
        }
        let path = list(from: base)
        var arguments: UInt32 = 0
        if kind == .leftBracket, !token.flags.contains(.lineBreakBefore) {
            arguments = try typeArguments(.rightBracket)
        } else if angles, kind == .less {
            arguments = try typeArguments(.greater)
        }
        return add(.typePath, a: path, b: arguments, from: begin)
    }

    /// targs, at the opening bracket.
    private mutating func typeArguments(_ close: TokenKind) throws(SyntaxFailure) -> UInt32 {
        advance()
        let base = stack.count
        while kind != close {
            push(try type())
            if !accept(.comma) { break }
        }
        if close == .greater {
            try expectGreater()
        } else {
            try expect(.rightBracket, "to end the type arguments")
        }
        if stack.count == base { report("E0101", "expected a type between the brackets", tokens[p - 1].span) }
        return list(from: base)
    }

    /// Takes one `>`, also off `>>`, `>=` and `>>=` (§2.8).
    mutating func expectGreater() throws(SyntaxFailure) {
        switch kind {
        case .greater: advance()
        case .shiftRight: split(into: .greater)
        case .greaterEqual: split(into: .equal)
        case .shiftRightEqual: split(into: .greaterEqual)
        default: throw unexpected("`>`")
        }
    }

    /// "(" [ type ,… ] ")"
    private mutating func tupleType() throws(SyntaxFailure) -> NodeID {
        let begin = start
        advance()
        let base = stack.count
        var hasComma = false
        while kind != .rightParen {
            push(try type())
            if !accept(.comma) { break }
            hasComma = true
        }
        try expect(.rightParen, "to end the tuple type")
        if stack.count == base + 1, !hasComma { return NodeID(rawValue: stack.removeLast()) }
        return add(.typeTuple, a: list(from: base), from: begin)
    }

    /// ("fn"|"Fn") "(" [ type ,… ] ")" [ "->" type ]
    private mutating func functionType() throws(SyntaxFailure) -> NodeID {
        let begin = start
        advance()
        try expect(.leftParen, "behind `fn` in a type")
        let base = stack.count
        while kind != .rightParen {
            push(try type())
            if !accept(.comma) { break }
        }
        try expect(.rightParen, "to end the parameter types")
        let parameters = list(from: base)
        var result = NodeID.none
        if accept(.arrow) { result = try type() }
        return add(.typeFunction, a: parameters, b: result.rawValue, from: begin)
    }

    private func typeHelps() -> [String] {
        switch kind {
        case .integer: ["an array type of fixed length is written `[T; 3]`"]
        case .question: ["`?` stands behind the type: `T?`"]
        default: []
        }
    }
}

internal import Diagnostics
internal import Support

/// Primary expressions (§3.4): literals, brackets, lambdas, `if` and `match`.
extension Parser {
    /// primary, apart from names, which `postfix` reads itself.
    mutating func primary() throws(SyntaxFailure) -> NodeID {
        let begin = start
        switch kind {
        case .identifier:
            let name = token.value
            advance()
            return add(.name, a: name, from: begin)
        case .integer, .float: return try number()
        case .string:
            let value = token.value
            advance()
            if kind == .string || kind == .stringStart { reportAdjacentStrings() }
            return add(.stringLiteral, a: value, from: begin)
        case .stringStart: return try interpolatedString()
        case .docString:
            let value = token.value
            advance()
            return add(.stringLiteral, a: value, from: begin)
        case .byteString:
            let value = token.value
            advance()
            return add(.byteStringLiteral, a: value, from: begin)
        case .character:
            let value = token.value
            advance()
            return add(.charLiteral, a: value, from: begin)
        case .symbol:
            let value = token.value
            advance()
            return add(.symbolLiteral, a: value, from: begin)
        case .kwTrue, .kwFalse:
            let value: UInt8 = kind == .kwTrue ? 1 : 0
            advance()
            return add(.boolLiteral, flags: value, from: begin)
        case .kwNil:
            advance()
            return add(.nilLiteral, from: begin)
        case .kwSelf:
            advance()
            return add(.selfValue, from: begin)
        case .kwSelfType:
            advance()
            return add(.selfType, from: begin)
        case .kwSuper:
            advance()
            return add(.superValue, from: begin)
        case .underscore:
            advance()
            let node = add(.underscore, from: begin)
            underscores.append(node.rawValue)
            return node
        case .leftParen: return try parenthesized()
        case .leftBracket: return try arrayLiteral()
        case .leftBrace: return try braceLiteral()
        case .kwSpawn:
            let span = token.span
            advance()
            let saved = try enter()
            _ = try expression()
            leave(saved)
            return addUnsupported("processes", span, from: begin)
        case .kwIf, .kwMatch, .backslash, .kwFn, .kwYield, .kwNot:
            throw fail(
                "E0101", "`\(kind.spelling ?? "")` cannot be an operand without parentheses",
                helps: ["put it in parentheses: `(\(kind.spelling ?? "") …)`"])
        default: throw unexpected("an expression")
        }
    }

    private mutating func reportAdjacentStrings() {
        report(
            "E0101", "two strings side by side are not joined", token.span,
            helps: ["write `+` between them, or one string with `{…}`"])
        advance()
    }

    /// A number; checks the range of those with a suffix.
    private mutating func number() throws(SyntaxFailure) -> NodeID {
        let token = self.token
        let literal = buffer.numbers[Int(token.value)]
        let isNegated = negatedToken == p
        advance()
        if literal.suffix == .unit { unsupported("unit types", token.span) }
        if token.kind == .integer, let (bits, isSigned) = width(literal.suffix) {
            let largest: UInt64 = isSigned ? 1 << UInt64(bits - 1) - 1 : UInt64.max >> UInt64(64 - bits)
            var fits = literal.bits <= largest
            if isSigned, literal.bits == largest + 1, isNegated {
                // The minus is folded only over a lone literal (§2.4).
                switch kind {
                case .dot, .leftParen, .leftBracket, .question, .starStar, .colonColon: break
                default: fits = true
                }
            }
            if !fits {
                let lowest = isSigned ? "-\(largest + 1)" : "0"
                report(
                    "E0003", "`\(text(token.span))` does not fit its type", token.span,
                    notes: ["`\(literal.suffix)` holds \(lowest) to \(largest)"])
            }
        }
        return tree.add(
            Node(
                token.kind == .integer ? .intLiteral : .floatLiteral, flags: literal.suffix.rawValue,
                a: UInt32(truncatingIfNeeded: literal.bits), b: UInt32(truncatingIfNeeded: literal.bits >> 32),
                c: literal.unit.rawValue, span: token.span))
    }

    private func width(_ suffix: NumericSuffix) -> (bits: Int, isSigned: Bool)? {
        switch suffix {
        case .i8: (8, true)
        case .i16: (16, true)
        case .i32: (32, true)
        case .i64: (64, true)
        case .u8: (8, false)
        case .u16: (16, false)
        case .u32: (32, false)
        case .u64: (64, false)
        case .none, .f32, .f64, .unit: nil
        }
    }

    /// A string with `{…}` in it.
    private mutating func interpolatedString() throws(SyntaxFailure) -> NodeID {
        let begin = start
        advance()
        let saved = try enter()
        brackets += 1
        let base = stack.count
        while true {
            let partStart = start
            switch kind {
            case .stringPart:
                let value = token.value
                advance()
                push(add(.stringLiteral, a: value, from: partStart))
                continue
            case .interpolationStart:
                advance()
                let value = try expressionList()
                var spec: UInt32 = 0
                if kind == .formatSpec {
                    spec = token.value + 1
                    advance()
                }
                guard kind == .interpolationEnd else {
                    throw unexpected(
                        "`}` to end the interpolation", helps: ["write `{{` for the character `{` itself"])
                }
                advance()
                push(add(.interpolation, a: value.rawValue, b: spec, from: partStart))
                continue
            case .stringEnd: advance()
            default: throw unexpected("the end of the string")
            }
            break
        }
        brackets -= 1
        leave(saved)
        let node = add(.interpolatedString, a: list(from: base), from: begin)
        if kind == .string || kind == .stringStart { reportAdjacentStrings() }
        return node
    }

    // MARK: Brackets

    /// "(" [ exprlist ] ")"
    private mutating func parenthesized() throws(SyntaxFailure) -> NodeID {
        let open = token
        advance()
        let saved = try enter()
        brackets += 1
        let base = stack.count
        var hasComma = false
        while kind != .rightParen {
            push(try spreadOrExpression())
            if !accept(.comma) { break }
            hasComma = true
        }
        if kind != .rightParen { throw unclosed(open, "`,` or `)`") }
        advance()
        brackets -= 1
        leave(saved)
        if stack.count == base + 1, !hasComma {
            let inner = NodeID(rawValue: stack.removeLast())
            if tree[inner].kind == .spread {
                report("E0101", "a spread stands only among elements or arguments", span(inner))
            }
            return inner
        }
        return add(.tuple, a: list(from: base), from: open.start)
    }

    /// "[" [ aelem ,… ] "]" or a comprehension.
    private mutating func arrayLiteral() throws(SyntaxFailure) -> NodeID {
        let open = token
        advance()
        let saved = try enter()
        brackets += 1
        let base = stack.count
        while kind != .rightBracket {
            let element = try spreadOrExpression()
            if kind == .kwFor, stack.count == base {
                let clauses = try self.clauses()
                if kind != .rightBracket { throw unclosed(open, "`]`") }
                advance()
                brackets -= 1
                leave(saved)
                return add(.arrayComprehension, a: element.rawValue, b: clauses, from: open.start)
            }
            push(element)
            if !accept(.comma) { break }
        }
        if kind != .rightBracket { throw unclosed(open, "`,` or `]`") }
        advance()
        brackets -= 1
        leave(saved)
        return add(.array, a: list(from: base), from: open.start)
    }

    /// A dict, a set or one of their comprehensions.
    private mutating func braceLiteral() throws(SyntaxFailure) -> NodeID {
        let open = token
        advance()
        let saved = try enter()
        brackets += 1
        let base = stack.count
        var isSet = false
        while kind != .rightBrace {
            let begin = start
            if accept(.starStar) {
                let value = try expression()
                push(add(.doubleSpread, a: value.rawValue, from: begin))
            } else {
                let key = try spreadOrExpression()
                if kind == .colon {
                    if isSet { throw unclosed(open, "`,` or `}`") }
                    advance()
                    let value = try expression()
                    if kind == .kwFor, stack.count == base {
                        let clauses = try self.clauses()
                        if kind != .rightBrace { throw unclosed(open, "`}`") }
                        advance()
                        brackets -= 1
                        leave(saved)
                        return add(
                            .dictComprehension, a: key.rawValue, b: value.rawValue, c: clauses, from: open.start)
                    }
                    push(add(.dictEntry, a: key.rawValue, b: value.rawValue, from: begin))
                } else if kind == .symbol {
                    throw fail(
                        "E0101", "expected `:` behind the key, found the symbol `\(text(token.span))`",
                        helps: ["write a blank behind the colon: `\(text(span(key))): \(text(token.span).dropFirst())`"])
                } else {
                    if stack.count > base, !isSet { throw unexpected("`:` and the value of this key") }
                    isSet = true
                    if kind == .kwFor, stack.count == base {
                        let clauses = try self.clauses()
                        if kind != .rightBrace { throw unclosed(open, "`}`") }
                        advance()
                        brackets -= 1
                        leave(saved)
                        return add(.setComprehension, a: key.rawValue, b: clauses, from: open.start)
                    }
                    push(key)
                }
            }
            if !accept(.comma) { break }
        }
        if kind != .rightBrace { throw unclosed(open, "`,` or `}`") }
        advance()
        brackets -= 1
        leave(saved)
        return add(isSet ? .set : .dict, a: list(from: base), from: open.start)
    }

    /// compr = cclause { cclause }
    private mutating func clauses() throws(SyntaxFailure) -> UInt32 {
        let base = stack.count
        while true {
            let begin = start
            if accept(.kwFor) {
                let binding = try bindingPattern()
                try expect(.kwIn, "behind the loop variable")
                let iterable = try operators(Precedence.or)
                push(add(.forClause, a: binding.rawValue, b: iterable.rawValue, from: begin))
            } else if accept(.kwIf) {
                let condition = try operators(Precedence.or)
                push(add(.ifClause, a: condition.rawValue, from: begin))
            } else {
                return list(from: base)
            }
        }
    }

    /// IDENT "!" ( "(" [args] ")" | "[" [args] "]" )
    mutating func macroCall() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let name = token.value
        advance()
        advance()
        let isBracket = kind == .leftBracket
        let arguments = try self.arguments(isBracket ? .rightBracket : .rightParen)
        return add(.macroCall, flags: isBracket ? 1 : 0, a: name, b: arguments, from: begin)
    }

    // MARK: Lambdas

    /// Reports E0111 for `fn(A) -> R` where a type argument in an expression may have been meant.
    private mutating func functionTypeInExpression(from begin: UInt32) -> SyntaxFailure {
        report(
            "E0111", "a function type cannot be written in an expression", SourceSpan(start: begin, end: previousEnd),
            helps: ["give the type a name with `type Name = fn(…) -> …`, or write `:` and a body for a lambda"])
        return SyntaxFailure()
    }

    /// lambda, at `move`, `\` or `fn`.
    mutating func lambda() throws(SyntaxFailure) -> NodeID {
        let begin = start
        var flags: UInt8 = 0
        if kind == .identifier {
            flags = 1
            advance()
        }
        let base = stack.count
        var result = NodeID.none
        if accept(.kwFn) {
            flags |= 2
            if kind == .identifier {
                throw fail(
                    "E0101", "a named function is not an expression",
                    helps: ["define it on a line of its own, or leave the name out: `fn(…): …`"])
            }
            if kind != .leftParen { throw unexpected("`(` behind `fn`") }
            try parameters()
            if accept(.arrow) { result = try type() }
        } else {
            advance()
            if kind == .leftParen {
                try parameters()
                if accept(.arrow) { result = try type() }
            } else {
                while kind != .colon {
                    let parameterStart = start
                    let name: NameID
                    if kind == .underscore {
                        name = words.underscore
                        advance()
                    } else {
                        name = try expectName("a parameter name or `:`")
                    }
                    push(add(.parameter, a: name.rawValue, from: parameterStart))
                    if !accept(.comma) { break }
                }
            }
        }
        let parameterList = list(from: base)
        guard kind == .colon else {
            if flags & 2 != 0, kind == .rightBracket || kind == .comma {
                throw functionTypeInExpression(from: begin)
            }
            throw unexpected("`:` before the body of the lambda", helps: lambdaHelps())
        }
        advance()
        functionDepth += 1
        let body = try valueBody()
        functionDepth -= 1
        return add(
            .lambda, flags: flags, a: parameterList, b: result.rawValue, c: body.rawValue, from: begin)
    }

    private func lambdaHelps() -> [String] {
        if kind == .arrow || kind == .fatArrow { return ["a lambda is written `\\x: x + 1`"] }
        return []
    }

    /// The body of a lambda behind its `:`: an indented block, an expression or, outside brackets, a command call.
    private mutating func valueBody() throws(SyntaxFailure) -> NodeID {
        if kind == .newline {
            if kind(ahead: 1) == .indent {
                let saved = brackets
                brackets = 0
                let node = try block()
                brackets = saved
                return node
            }
            throw emptyBlock(tokens[p - 1].span)
        }
        if brackets == 0, startsCommand() { return try commandCall() }
        return try expression()
    }

    // MARK: if and match

    /// cond = expr | ("let"|"val") pattern "=" expr
    mutating func condition() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let isLet: Bool
        if kind == .kwLet {
            isLet = true
        } else if isWord(words.val) {
            isLet = startsDeclaration()
        } else {
            isLet = false
        }
        if isLet {
            advance()
            let pattern = try self.pattern(.binding)
            if kind != .equal { throw unexpected("`=` behind the pattern") }
            advance()
            let value = try expression()
            return add(.letCondition, a: pattern.rawValue, b: value.rawValue, from: begin)
        }
        let value = try expression()
        if kind == .equal {
            report(
                "E0101", "`=` assigns and cannot stand in a condition", token.span,
                helps: ["use `==` to compare"])
            advance()
            _ = try expression()
        }
        return value
    }

    /// if_expr in expression position, at `if`.
    mutating func ifExpression() throws(SyntaxFailure) -> NodeID {
        let base = stack.count
        var other = NodeID.none
        while true {
            let begin = start
            let header = token.span
            advance()
            push(try condition())
            try blockColon("if")
            push(try branch(header))
            stack.append(begin)
            if kind == .kwElif { continue }
            guard kind == .kwElse else { break }
            let elseHeader = token.span
            let isElseIf = isForeignElseIf()
            advance()
            if isElseIf { continue }
            try blockColon("else")
            other = try branch(elseHeader)
            break
        }
        while stack.count > base {
            let (condition, then, begin) = popLink()
            other = add(.ifExpression, a: condition.rawValue, b: then.rawValue, c: other.rawValue, from: begin)
        }
        return other
    }

    /// A branch of an `if` expression: a block or an expression.
    private mutating func branch(_ header: SourceSpan) throws(SyntaxFailure) -> NodeID {
        if kind == .newline { return try indentedBlock(header) }
        switch kind {
        case .kwReturn, .kwBreak, .kwContinue, .kwPass:
            // These diverge or do nothing; they are allowed as a branch like any simple statement.
            let begin = start
            let statement = try simpleStatement()
            let base = stack.count
            push(statement)
            return add(.block, flags: 1, a: list(from: base), from: begin)
        default: return try expression()
        }
    }

    /// match, at the keyword; both as a statement and as an expression.
    mutating func matchExpression() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let header = token.span
        advance()
        let scrutinee = try expressionList()
        if kind == .leftBrace {
            throw fail("E0101", "expected `:` before the arms, found `{`",
                helps: ["arms stand on indented lines below `match …:`, without braces"])
        }
        try blockColon("match")
        if kind != .newline {
            throw unexpected("a line end behind `match …:`", helps: ["each arm stands on a line of its own"])
        }
        if kind(ahead: 1) != .indent {
            if brackets > 0 {
                throw fail("E0101", "a `match` with its arms cannot stand inside brackets",
                    helps: ["give its value a name on a line before"])
            }
            throw emptyBlock(header)
        }
        advance()
        advance()
        let savedBrackets = brackets
        brackets = 0
        let saved = try enter()
        let base = stack.count
        while kind != .dedent, kind != .endOfFile {
            let arm = recovering({ (p: inout Parser) throws(SyntaxFailure) -> NodeID in try p.arm() })
            if let arm, arm.exists { push(arm) }
        }
        _ = accept(.dedent)
        brackets = savedBrackets
        leave(saved)
        return add(.matchExpression, a: scrutinee.rawValue, b: list(from: base), from: begin)
    }

    /// arm = { attr NL } ["case"] pattern [ "if" expr ] ( "=>" | ":" ) ( body | expr NL )
    private mutating func arm() throws(SyntaxFailure) -> NodeID {
        let attributes = try self.attributes()
        if kind == .kwPass, kind(ahead: 1) == .newline {
            advance()
            advance()
            return .none
        }
        let begin = start
        if isWord(words.case), startsPattern() { advance() }
        if kind == .kwElse {
            throw fail("E0101", "`match` has no `else`", helps: ["the arm for everything else is `_ => …`"])
        }
        let pattern = try self.pattern(.arm)
        if kind == .comma {
            throw fail("E0101", "an arm has one pattern", helps: [
                "write a tuple pattern `(p, q)`, or alternatives `p | q`"
            ])
        }
        var guardExpression = NodeID.none
        if accept(.kwIf) { guardExpression = try operators(Precedence.or) }
        let header = token.span
        switch kind {
        case .fatArrow, .colon: advance()
        case .arrow:
            report("E0101", "expected `=>` or `:` behind the pattern, found `->`", token.span, helps: ["write `=>`"])
            advance()
        default: throw unexpected("`=>`, `:` or `if` behind the pattern")
        }
        let body: NodeID
        if kind == .newline {
            body = try indentedBlock(header)
        } else {
            body = try oneLineArmBody()
        }
        let node = add(
            .matchArm, a: pattern.rawValue, b: guardExpression.rawValue, c: body.rawValue, from: begin)
        attach(attributes, to: node)
        try endOfLine()
        return node
    }

    /// A lone expression is the arm's value itself; anything else is a block.
    private mutating func oneLineArmBody() throws(SyntaxFailure) -> NodeID {
        let block = try oneLine()
        let statements = tree[block].listA
        if tree.count(statements) == 1 {
            let statement = tree[tree.element(statements, 0)]
            if statement.kind == .expressionStatement { return statement.nodeA }
        }
        return block
    }

    /// `true` iff the token behind the present word starts a pattern.
    private func startsPattern() -> Bool {
        switch kind(ahead: 1) {
        case .identifier, .underscore, .integer, .float, .string, .stringStart, .character, .symbol, .byteString,
            .kwTrue, .kwFalse, .kwNil, .minus, .leftParen, .leftBracket, .kwMut, .kwSelfType, .star:
            true
        default: false
        }
    }
}

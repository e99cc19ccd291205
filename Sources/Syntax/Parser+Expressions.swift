internal import Diagnostics
internal import Support

/// Expressions (§3.4), levels 1 to 17. Primary expressions are in Parser+Primary.swift.
extension Parser {
    /// expr = lambda | if_expr | match_expr | yield | or_expr
    mutating func expression() throws(SyntaxFailure) -> NodeID {
        switch kind {
        case .kwIf, .kwMatch, .backslash, .kwFn, .kwYield: return try prefixExpression()
        case .identifier where token.value == words.move.rawValue:
            if kind(ahead: 1) == .backslash || kind(ahead: 1) == .kwFn { return try prefixExpression() }
        default: break
        }
        return try operators(Precedence.or)
    }

    /// Level 1: the body extends as far right as possible.
    private mutating func prefixExpression() throws(SyntaxFailure) -> NodeID {
        let saved = try enter()
        let node: NodeID
        switch kind {
        case .kwIf: node = try ifExpression()
        case .kwMatch: node = try matchExpression()
        case .kwYield:
            let begin = start
            let span = token.span
            advance()
            let operand: NodeID
            switch kind {
            case .newline, .rightParen, .rightBracket, .rightBrace, .comma, .endOfFile: operand = .none
            default: operand = try expression()
            }
            unsupported("generators", span)
            node = add(.yieldExpression, a: operand.rawValue, from: begin)
        default: node = try lambda()
        }
        leave(saved)
        return node
    }

    // MARK: Operators

    /// The precedence levels of §3.4, tightest highest.
    enum Precedence {
        static let or: UInt8 = 1
        static let and: UInt8 = 2
        static let not: UInt8 = 3
        static let comparison: UInt8 = 4
        static let coalesce: UInt8 = 5
        static let range: UInt8 = 6
        static let bitOr: UInt8 = 7
        static let bitXor: UInt8 = 8
        static let bitAnd: UInt8 = 9
        static let shift: UInt8 = 10
        static let sum: UInt8 = 11
        static let product: UInt8 = 12
        static let cast: UInt8 = 13
    }

    /// Level and operator of an infix token; level 0 for others.
    @inline(__always) private func infix(_ kind: TokenKind) -> (UInt8, BinaryOperator) {
        switch kind {
        case .kwOr, .pipePipe: (Precedence.or, .or)
        case .kwAnd, .ampersandAmpersand: (Precedence.and, .and)
        case .questionQuestion: (Precedence.coalesce, .coalesce)
        case .dotDot: (Precedence.range, .range)
        case .dotDotEqual: (Precedence.range, .rangeInclusive)
        case .pipe: (Precedence.bitOr, .bitOr)
        case .caret: (Precedence.bitXor, .bitXor)
        case .ampersand: (Precedence.bitAnd, .bitAnd)
        case .shiftLeft: (Precedence.shift, .shiftLeft)
        case .shiftRight: (Precedence.shift, .shiftRight)
        case .plus: (Precedence.sum, .add)
        case .minus: (Precedence.sum, .subtract)
        case .star: (Precedence.product, .multiply)
        case .slash: (Precedence.product, .divide)
        case .slashSlash: (Precedence.product, .floorDivide)
        case .percent: (Precedence.product, .remainder)
        case .equalEqual, .bangEqual, .less, .lessEqual, .greater, .greaterEqual, .kwIn, .kwIs, .kwNot:
            (Precedence.comparison, .add)
        case .kwAs: (Precedence.cast, .add)
        default: (0, .add)
        }
    }

    /// Levels 2 to 14: operators that bind at least as tight as `minimum`.
    mutating func operators(_ minimum: UInt8) throws(SyntaxFailure) -> NodeID {
        let outer = height
        height = 0
        var left: NodeID
        if kind == .kwNot, minimum <= Precedence.not {
            let begin = start
            advance()
            let saved = try enter()
            let operand = try operators(Precedence.not)
            leave(saved)
            left = add(.unary, flags: UnaryOperator.not.rawValue, a: operand.rawValue, from: begin)
        } else {
            left = try unary()
        }
        // A block that ended the last token ends the expression too: the next line is a statement of its own.
        while tokens[p].kind.rawValue >= TokenKind.dotDot.rawValue {
            let (level, op) = infix(kind)
            if level < minimum || level == 0 { break }
            if p > 0, tokens[p - 1].kind == .dedent { break }
            let operatorStart = start
            switch level {
            case Precedence.comparison:
                if kind == .kwNot, kind(ahead: 1) != .kwIn {
                    height = max(outer, height)
                    return left
                }
                left = try comparison(left)
            case Precedence.cast:
                advance()
                var flags: UInt8 = 0
                if kind == .question {
                    flags = 1
                    advance()
                }
                let target = try plainType(angles: false)
                left = add(.cast, flags: flags, a: left.rawValue, b: target.rawValue, from: start(left))
            case Precedence.coalesce:
                advance()
                let saved = try enter()
                let right = try operators(Precedence.coalesce)
                leave(saved)
                left = add(
                    .binary, flags: op.rawValue, a: left.rawValue, b: right.rawValue, c: operatorStart,
                    from: start(left))
            default:
                advance()
                let right = try operators(level + 1)
                left = add(
                    .binary, flags: op.rawValue, a: left.rawValue, b: right.rawValue, c: operatorStart,
                    from: start(left))
                if level == Precedence.range, kind == .dotDot || kind == .dotDotEqual {
                    throw fail("E0101", "ranges cannot be chained", helps: ["a range has one start and one end: `a..b`"])
                }
            }
            try grow()
        }
        height = max(outer, height)
        return left
    }

    /// A chain of comparisons behind its first operand.
    private mutating func comparison(_ first: NodeID) throws(SyntaxFailure) -> NodeID {
        // The three lists are built side by side on the stack: operand, operator, offset.
        let base = stack.count
        var isMixed = false
        var hasUnchainable = false
        var count = 0
        var problem = token.span
        while true {
            let offset = start
            let span = token.span
            var unchainable = false
            let op: ComparisonOperator
            switch kind {
            case .equalEqual: op = .equal
            case .bangEqual:
                op = .notEqual
                unchainable = true
            case .less: op = .less
            case .lessEqual: op = .lessEqual
            case .greater: op = .greater
            case .greaterEqual: op = .greaterEqual
            case .kwIn:
                op = .in
                unchainable = true
            case .kwNot where kind(ahead: 1) == .kwIn:
                advance()
                op = .notIn
                unchainable = true
            case .kwIs:
                unchainable = true
                if kind(ahead: 1) == .kwNot {
                    advance()
                    op = .isNot
                } else {
                    op = .is
                }
            default:
                if hasUnchainable, isMixed {
                    report(
                        "E0101", "`!=`, `in` and `is` cannot be part of a chain of comparisons", problem,
                        helps: ["join two comparisons with `and`"])
                }
                return finishComparison(first, base, count)
            }
            if count > 0, p > 0, tokens[p - 1].kind == .dedent { return finishComparison(first, base, count) }
            if unchainable {
                hasUnchainable = true
                problem = span
            }
            if count > 0 { isMixed = true }
            advance()
            if kind == .equal, tokens[p].start == tokens[p - 1].end {
                throw fail("E0101", "unknown operator `\(text(SourceSpan(start: offset, end: tokens[p].end)))`",
                    helps: ["equality is `==`, inequality `!=`"])
            }
            let right = try operators(Precedence.comparison + 1)
            stack.append(right.rawValue)
            stack.append(UInt32(op.rawValue))
            stack.append(offset)
            count += 1
        }
    }

    private mutating func finishComparison(_ first: NodeID, _ base: Int, _ count: Int) -> NodeID {
        let operands = tree.pool.count
        tree.pool.append(UInt32(truncatingIfNeeded: count + 1))
        tree.pool.append(first.rawValue)
        for i in 0..<count { tree.pool.append(stack[base + 3 * i]) }
        let operators = tree.pool.count
        tree.pool.append(UInt32(truncatingIfNeeded: count))
        for i in 0..<count { tree.pool.append(stack[base + 3 * i + 1]) }
        let offsets = tree.pool.count
        tree.pool.append(UInt32(truncatingIfNeeded: count))
        for i in 0..<count { tree.pool.append(stack[base + 3 * i + 2]) }
        stack.removeLast(count * 3)
        return add(
            .comparison, a: UInt32(truncatingIfNeeded: operands), b: UInt32(truncatingIfNeeded: operators),
            c: UInt32(truncatingIfNeeded: offsets), from: start(first))
    }

    // MARK: Unary and power

    /// Levels 15 and 16.
    mutating func unary() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let span = token.span
        let op: UnaryOperator
        switch kind {
        case .minus: op = .negate
        case .tilde: op = .bitNot
        case .bang: op = .not
        case .kwAwait: op = .await
        case .ampersand: op = kind(ahead: 1) == .kwMut ? .mutableReference : .reference
        case .star: op = .dereference
        case .identifier where token.value == words.move.rawValue && kind(ahead: 1) == .identifier: op = .move
        case .identifier where token.value == words.new.rawValue && isAllocation():
            return try allocation()
        case .plus:
            if p > 0, tokens[p - 1].kind == .plus, tokens[p - 1].end == start {
                throw fail("E0101", "there is no operator `++`", helps: ["write `i += 1`"])
            }
            throw fail("E0101", "there is no unary `+`", helps: ["leave the `+` out"])
        default:
            let operand = try postfix()
            return kind == .starStar ? try power(operand) : operand
        }
        advance()
        if op == .mutableReference { advance() }
        let saved = try enter()
        negatedToken = op == .negate ? p : -1
        let operand: NodeID
        switch kind {
        case .minus, .tilde, .bang, .kwAwait, .ampersand, .star, .identifier: operand = try unaryOperand(op, span)
        default:
            let inner = try postfix()
            operand = try checkedPower(inner, op, span)
        }
        leave(saved)
        switch op {
        case .await: unsupported("`await` expressions", span)
        case .reference, .mutableReference, .dereference: unsupported("pointers and borrows", span)
        case .move: unsupported("moves", span)
        case .negate, .bitNot, .not: break
        }
        return add(.unary, flags: op.rawValue, a: operand.rawValue, from: begin)
    }

    /// The operand of a prefix operator when it may itself have a prefix.
    private mutating func unaryOperand(_ op: UnaryOperator, _ span: SourceSpan) throws(SyntaxFailure) -> NodeID {
        if kind == .identifier, token.value != words.move.rawValue, token.value != words.new.rawValue {
            let inner = try postfix()
            return try checkedPower(inner, op, span)
        }
        return try unary()
    }

    /// Reports `-a ** b` (E0109) and reads it as `-(a ** b)`.
    private mutating func checkedPower(_ operand: NodeID, _ op: UnaryOperator, _ span: SourceSpan) throws(SyntaxFailure)
        -> NodeID
    {
        guard kind == .starStar else { return operand }
        if op == .negate || op == .bitNot || op == .not {
            let sign = text(span)
            let base = text(self.span(operand))
            report(
                "E0109", "it is unclear whether `\(sign)` or `**` comes first here", span,
                secondary: [label(token.span)],
                helps: ["write `(\(sign)\(base)) ** …` or `\(sign)(\(base) ** …)`"])
        }
        return try power(operand)
    }

    /// `a ** b`, at the operator.
    private mutating func power(_ left: NodeID) throws(SyntaxFailure) -> NodeID {
        let operatorStart = start
        advance()
        let saved = try enter()
        let right = try unary()
        leave(saved)
        try grow()
        return add(
            .binary, flags: BinaryOperator.power.rawValue, a: left.rawValue, b: right.rawValue, c: operatorStart,
            from: start(left))
    }

    /// `true` iff the present `new` allocates (Appendix C 29): an operator follows and no variable has that name.
    private mutating func isAllocation() -> Bool {
        switch kind(ahead: 1) {
        case .ampersand, .star, .minus, .plus: break
        case .leftParen:
            switch kind(ahead: 2) {
            case .ampersand, .star, .minus, .plus: if kind(ahead: 3) != .rightParen { return false }
            default: return false
            }
        default: return false
        }
        if newIsVariable == nil {
            newIsVariable = false
            for i in 0..<tokens.count - 1 where tokens[i].kind == .identifier && tokens[i].value == words.new.rawValue {
                if i > 0, tokens[i - 1].kind == .dot || tokens[i - 1].kind == .kwFn { continue }
                switch tokens[i + 1].kind {
                case .equal, .colon, .comma, .rightParen, .kwIn: newIsVariable = true
                default: break
                }
            }
        }
        return newIsVariable == false
    }

    private mutating func allocation() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let span = token.span
        advance()
        if accept(.leftParen) {
            advance()
            advance()
        } else {
            advance()
        }
        let saved = try enter()
        _ = try unary()
        leave(saved)
        return addUnsupported("pointer allocations", span, from: begin)
    }

    // MARK: Postfix

    /// Level 17.
    mutating func postfix() throws(SyntaxFailure) -> NodeID {
        let outer = height
        height = 0
        let begin = start
        // What a trailing lambda or a record literal may attach to.
        var isPath = false
        var takesLambda = false
        // `(i)::k` in an index is a slice, not a path (§2.8).
        var isParenthesized = kind == .leftParen
        var node: NodeID
        if kind == .identifier {
            let name = token.value
            if kind(ahead: 1) == .bang, kind(ahead: 2) == .leftParen || kind(ahead: 2) == .leftBracket,
                flags(ahead: 1).isEmpty, flags(ahead: 2).isEmpty
            {
                node = try macroCall()
            } else {
                isPath = startsUppercase(token)
                takesLambda = true
                advance()
                node = add(.name, a: name, from: begin)
            }
        } else {
            node = try primary()
            takesLambda = tree[node].kind == .selfType || tree[node].kind == .superValue
            isPath = tree[node].kind == .selfType
        }
        loop: while true {
            switch kind {
            case .colonColon where isParenthesized: break loop
            case .dot, .colonColon:
                let isColons = kind == .colonColon
                let next = kind(ahead: 1)
                if next == .integer, !isColons {
                    advance()
                    let index = buffer.numbers[Int(token.value)].bits
                    advance()
                    node = add(
                        .tupleMember, a: node.rawValue, b: UInt32(clamping: index), from: begin)
                    isPath = false
                    takesLambda = true
                } else if next == .identifier || next.isKeyword {
                    if next == .kwAwait {
                        advance()
                        throw fail("E0101", "`await` stands before its operand", helps: ["write `await x`"])
                    }
                    advance()
                    let name = token.value
                    isPath = startsUppercase(token)
                    advance()
                    node = add(.member, flags: isColons ? 1 : 0, a: node.rawValue, b: name, from: begin)
                    takesLambda = true
                } else if isColons {
                    // Two colons of a slice (§2.8).
                    break loop
                } else {
                    advance()
                    throw unexpected("a name behind the `.`")
                }
            case .leftParen:
                node = try call(node, from: begin)
                isPath = false
                takesLambda = true
            case .leftBracket:
                node = try subscriptOperator(node, from: begin)
                takesLambda = false
            case .question:
                advance()
                node = add(.tryOperator, a: node.rawValue, from: begin)
                isPath = false
                takesLambda = false
            case .leftBrace where isPath && !token.flags.contains(.lineBreakBefore):
                node = try recordLiteral(node, from: begin)
                isPath = false
                takesLambda = false
            case .backslash where takesLambda:
                node = try trailingLambda(node, from: begin)
                try grow()
                break loop
            case .identifier
            where takesLambda && token.value == words.move.rawValue && kind(ahead: 1) == .backslash:
                node = try trailingLambda(node, from: begin)
                try grow()
                break loop
            default: break loop
            }
            isParenthesized = false
            try grow()
        }
        height = max(outer, height)
        return node
    }

    /// `true` iff the name begins with an uppercase letter.
    func startsUppercase(_ token: Token) -> Bool {
        let byte = bytes[Int(token.start)]
        if byte < 0x80 { return byte >= 0x41 && byte <= 0x5A }
        return text(token.span).unicodeScalars.first?.properties.isUppercase ?? false
    }

    /// Adds one trailing lambda to the call `node`, or makes a call of it.
    private mutating func trailingLambda(_ node: NodeID, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        let saved = try enter()
        let lambda = try self.lambda()
        leave(saved)
        let callee = tree[node]
        guard callee.kind == .call, callee.flags == 0, bytes[Int(callee.span.end) - 1] == UInt8(ascii: ")") else {
            let arguments = tree.addList(CollectionOfOne(lambda.rawValue))
            return add(.call, a: node.rawValue, b: arguments.rawValue, from: begin)
        }
        let base = stack.count
        for i in 0..<tree.count(callee.listB) { stack.append(tree.raw(callee.listB, i)) }
        push(lambda)
        return add(.call, a: callee.a, b: list(from: base), from: begin)
    }

    /// "(" [args] ")"
    private mutating func call(_ callee: NodeID, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        let arguments = try self.arguments(.rightParen)
        return add(.call, a: callee.rawValue, b: arguments, from: begin)
    }

    /// args between the present bracket and `close`.
    mutating func arguments(_ close: TokenKind) throws(SyntaxFailure) -> UInt32 {
        let open = token
        advance()
        let saved = try enter()
        brackets += 1
        let base = stack.count
        var firstNamed: SourceSpan?
        while kind != close {
            let argument = try self.argument()
            if tree[argument].kind == .namedArgument {
                if firstNamed == nil { firstNamed = span(argument) }
            } else if let named = firstNamed {
                reportPositional(argument, named)
            }
            push(argument)
            if !accept(.comma) { break }
        }
        if kind != close { throw unclosed(open, "`,` or `\(close.spelling ?? "")`") }
        advance()
        brackets -= 1
        leave(saved)
        return list(from: base)
    }

    mutating func reportPositional(_ argument: NodeID, _ named: SourceSpan) {
        report(
            "E0113", "a positional argument cannot follow a named one", span(argument),
            secondary: [label(named, "named argument")], helps: ["name this argument too, or move it to the front"])
    }

    /// Fails with "expected …", pointing at the bracket that is open.
    mutating func unclosed(_ open: Token, _ expected: String) -> SyntaxFailure {
        if isSpeculating || kind == .error { return SyntaxFailure() }
        report(
            "E0101", "expected \(expected), found \(describe(token))", token.span,
            secondary: [label(open.span, "to close this `\(open.kind.spelling ?? "")`")], helps: foreignHelps())
        return SyntaxFailure()
    }

    /// arg = [ IDENT (":"|"=") ] expr | "*" expr
    mutating func argument() throws(SyntaxFailure) -> NodeID {
        let begin = start
        if kind == .identifier || kind.isKeyword {
            let next = kind(ahead: 1)
            if next == .colon || next == .equal {
                let name = token.value
                advance()
                advance()
                let value = try expression()
                return add(.namedArgument, a: name, b: value.rawValue, from: begin)
            }
        } else if kind == .star {
            advance()
            let value = try expression()
            return add(.spread, a: value.rawValue, from: begin)
        }
        return try expression()
    }

    /// "[" subscript "]"
    private mutating func subscriptOperator(_ object: NodeID, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        let open = token
        advance()
        let saved = try enter()
        brackets += 1
        var parts: (UInt32, UInt32, UInt32) = (0, 0, 0)
        var isSlice = false
        if kind == .rightBracket {
            throw fail("E0101", "expected an index between the brackets")
        }
        var first = NodeID.none
        if kind != .colon, kind != .colonColon { first = try expressionList() }
        if kind == .colon || kind == .colonColon {
            isSlice = true
            parts.0 = first.rawValue
            // `::` is two colons here.
            if kind == .colonColon { split(into: .colon) } else { advance() }
            if kind != .colon, kind != .colonColon, kind != .rightBracket { parts.1 = try expression().rawValue }
            if kind == .colon {
                advance()
                if kind != .rightBracket { parts.2 = try expression().rawValue }
            }
        }
        if kind != .rightBracket { throw unclosed(open, isSlice ? "`:` or `]`" : "`,`, `:` or `]`") }
        advance()
        brackets -= 1
        leave(saved)
        if isSlice {
            let record = self.record(parts.0, parts.1, parts.2)
            return add(.slice, a: object.rawValue, b: record, from: begin)
        }
        return add(.index, a: object.rawValue, b: first.rawValue, from: begin)
    }

    /// record = "{" [ rfield ,… ] "}"
    private mutating func recordLiteral(_ path: NodeID, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        let open = token
        advance()
        let saved = try enter()
        brackets += 1
        let base = stack.count
        while kind != .rightBrace {
            let fieldStart = start
            if accept(.dotDot) {
                let value = try expression()
                push(add(.recordBase, a: value.rawValue, from: fieldStart))
            } else {
                let name = try expectMemberName("a field name")
                var value = NodeID.none
                if kind == .colon {
                    advance()
                    value = try expression()
                } else if kind == .equal {
                    throw fail("E0101", "expected `:` behind the field name, found `=`", helps: ["write `name: value`"])
                }
                push(add(.recordField, a: name.rawValue, b: value.rawValue, from: fieldStart))
            }
            if !accept(.comma) { break }
        }
        if kind != .rightBrace { throw unclosed(open, "`,` or `}`") }
        advance()
        brackets -= 1
        leave(saved)
        return add(.record, a: path.rawValue, b: list(from: base), from: begin)
    }

    /// exprlist = expr { "," expr } [","]; more than one, or a trailing comma, make a tuple.
    mutating func expressionList() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let first = try spreadOrExpression()
        if kind != .comma || (p > 0 && tokens[p - 1].kind == .dedent && brackets == 0) { return first }
        let base = stack.count
        push(first)
        while accept(.comma) {
            switch kind {
            case .newline, .rightBracket, .rightParen, .equal, .colon, .semicolon, .endOfFile, .rightBrace: break
            default:
                push(try spreadOrExpression())
                continue
            }
            break
        }
        return add(.tuple, a: list(from: base), from: begin)
    }

    /// An element: `*e` or an expression.
    mutating func spreadOrExpression() throws(SyntaxFailure) -> NodeID {
        if kind != .star { return try expression() }
        let begin = start
        advance()
        let value = try operators(Precedence.or)
        return add(.spread, a: value.rawValue, from: begin)
    }

    /// Runs `body` inside brackets, where no command calls and no layout are.
    mutating func bracketed<T>(_ body: (inout Parser) throws(SyntaxFailure) -> T) throws(SyntaxFailure) -> T {
        brackets += 1
        let result = try body(&self)
        brackets -= 1
        return result
    }
}

internal import Diagnostics
internal import Support

/// Assignments, updates, command calls and expression statements (§3.3).
extension Parser {
    // MARK: Assignment, update, command and expression statements

    mutating func assignmentOrExpression() throws(SyntaxFailure) -> NodeID {
        let begin = start
        if kind == .identifier, startsCommand() {
            let call = try commandCall()
            return add(.expressionStatement, a: call.rawValue, from: begin)
        }
        let underscoreBase = underscores.count
        let target = try expressionList()
        switch kind {
        case .equal:
            if endedWithBlock { break }
            claimUnderscores(target, from: underscoreBase)
            noteMainAssignment(target)
            advance()
            let value = try expressionList()
            if kind == .equal {
                throw fail("E0101", "an assignment has no value and cannot be chained", helps: [
                    "assign on two lines",
                ])
            }
            return add(.assignment, a: target.rawValue, b: value.rawValue, from: begin)
        case .arrow:
            if endedWithBlock { break }
            return try update(target, from: begin)
        default:
            if let op = augmented(kind), !endedWithBlock {
                let offset = start
                advance()
                let value = try expression()
                return add(
                    .augmentedAssignment, flags: op.rawValue, a: target.rawValue, b: value.rawValue, c: offset,
                    from: begin)
            }
        }
        let kind = tree[target].kind
        if kind == .spread { report("E0101", "a spread stands only among elements or arguments", span(target)) }
        return add(.expressionStatement, a: target.rawValue, from: begin)
    }

    /// `true` iff a block ended the expression just read; then nothing may follow on the line.
    private var endedWithBlock: Bool { p > 0 && tokens[p - 1].kind == .dedent }

    private func augmented(_ kind: TokenKind) -> BinaryOperator? {
        switch kind {
        case .plusEqual: .add
        case .minusEqual: .subtract
        case .starEqual: .multiply
        case .slashEqual: .divide
        case .slashSlashEqual: .floorDivide
        case .percentEqual: .remainder
        case .starStarEqual: .power
        case .ampersandEqual: .bitAnd
        case .pipeEqual: .bitOr
        case .caretEqual: .bitXor
        case .shiftLeftEqual: .shiftLeft
        case .shiftRightEqual: .shiftRight
        default: nil
        }
    }

    /// Takes the `_` that are targets of an assignment off the list of misplaced ones.
    private mutating func claimUnderscores(_ target: NodeID, from base: Int) {
        guard underscores.count > base else { return }
        let node = tree[target]
        if node.kind == .underscore {
            if let i = underscores[base...].firstIndex(of: target.rawValue) { underscores.remove(at: i) }
        } else if node.kind == .tuple {
            // Tuples nest no deeper than `maximumDepth`.
            for i in 0..<tree.count(node.listA) { claimUnderscores(tree.element(node.listA, i), from: base) }
        }
    }

    private mutating func noteMainAssignment(_ target: NodeID) {
        let node = tree[target]
        if functionDepth == 0, mainAssignment == nil, node.kind == .name, node.a == words.main.rawValue {
            mainAssignment = node.span
        }
    }

    /// postfix_expr "->" IDENT "(" [args] ")" { … }, at the arrow.
    mutating func update(_ place: NodeID, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        let base = stack.count
        while kind == .arrow {
            advance()
            let callStart = start
            let name = try expectMemberName("a method name behind `->`")
            var arguments: UInt32 = 0
            if kind == .leftParen {
                arguments = try self.arguments(.rightParen)
            } else if kind != .backslash {
                throw unexpected("`(` behind the method name", helps: ["`x->m()` means `x = x.m()`"])
            }
            if kind == .backslash {
                let lambda = try self.lambda()
                let listBase = stack.count
                let before = ListID(rawValue: arguments)
                for i in 0..<tree.count(before) { stack.append(tree.raw(before, i)) }
                push(lambda)
                arguments = list(from: listBase)
            }
            push(add(.updateCall, a: name.rawValue, b: arguments, from: callStart))
        }
        return add(.updateStatement, a: place.rawValue, b: list(from: base), from: begin)
    }

    // MARK: Command calls

    /// `true` iff a command call begins here: a path, a blank, and a token that starts an argument (§6.6).
    func startsCommand() -> Bool {
        guard kind == .identifier else { return false }
        var i = 1
        while kind(ahead: i) == .dot || kind(ahead: i) == .colonColon {
            let name = kind(ahead: i + 1)
            guard name == .identifier || name.isKeyword else { return false }
            i += 2
        }
        let next = flags(ahead: i)
        guard next.contains(.spaceBefore), !next.contains(.lineBreakBefore) else { return false }
        switch kind(ahead: i) {
        case .integer, .float, .string, .stringStart, .byteString, .character, .symbol, .identifier, .kwTrue,
            .kwFalse, .kwNil, .kwSelf, .backslash:
            return true
        case .kwNot: return kind(ahead: i + 1) != .kwIn
        default: return false
        }
    }

    /// command = cmd_head cmd_args
    mutating func commandCall() throws(SyntaxFailure) -> NodeID {
        let begin = start
        let saved = try enter()
        let name = token.value
        advance()
        var callee = add(.name, a: name, from: begin)
        while kind == .dot || kind == .colonColon {
            let flags: UInt8 = kind == .colonColon ? 1 : 0
            advance()
            let member = token.value
            advance()
            try grow()
            callee = add(.member, flags: flags, a: callee.rawValue, b: member, from: begin)
        }
        let base = stack.count
        var firstNamed: SourceSpan?
        while true {
            let argument = try self.argument()
            if tree[argument].kind == .namedArgument {
                if firstNamed == nil { firstNamed = span(argument) }
            } else if let named = firstNamed {
                reportPositional(argument, named)
            }
            push(argument)
            if endedWithBlock || !accept(.comma) { break }
        }
        if kind == .backslash, !endedWithBlock { push(try lambda()) }
        if stack.count == base + 1 { reportForeignDeclaration(callee, NodeID(rawValue: stack[base])) }
        leave(saved)
        return add(.call, flags: 1, a: callee.rawValue, b: list(from: base), from: begin)
    }

    /// Reports `int x = 3`, which reads as a call with a named argument.
    private mutating func reportForeignDeclaration(_ callee: NodeID, _ argument: NodeID) {
        let value = tree[argument]
        guard value.kind == .namedArgument, tree[callee].kind == .name else { return }
        let name = text(SourceSpan(start: value.span.start, end: value.span.start + UInt32(interner.pointee.string(value.nameA).utf8.count)))
        let head = text(span(callee))
        switch head {
        case "int", "float", "double", "string", "str", "bool", "char", "long", "i8", "i16", "i32", "i64", "u8", "u16",
            "u32", "u64", "f32", "f64", "String":
            report(
                "E0101", "a declaration does not begin with its type", span(callee),
                helps: ["write `let \(name) = …`, or `let \(name): \(head) = …`"])
        case "auto", "const", "final", "set", "dim":
            report("E0101", "`\(head)` begins no declaration", span(callee), helps: ["write `let \(name) = …`"])
        default: break
        }
    }
}

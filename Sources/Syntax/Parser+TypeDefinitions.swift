internal import Diagnostics
internal import Support

/// Structs, classes, enums, traits, impls and their members (§3.1).
extension Parser {
    // MARK: Types

    /// The lines of a type's body; each is read by `member`.
    private mutating func members(
        _ construct: StaticString, _ header: SourceSpan, _ doc: inout UInt32,
        _ member: (inout Parser) throws(SyntaxFailure) -> NodeID
    ) throws(SyntaxFailure) -> UInt32 {
        try blockColon(construct)
        let base = stack.count
        if kind == .kwPass {
            advance()
            return 0
        }
        guard kind == .newline else {
            // One member on the header's line.
            let node = try member(&self)
            if node.exists { push(node) }
            return list(from: base)
        }
        guard kind(ahead: 1) == .indent else {
            _ = emptyBlock(header)
            advance()
            return 0
        }
        advance()
        advance()
        if kind == .docString, kind(ahead: 1) == .newline {
            if doc == 0 { doc = token.value + 1 }
            advance()
            advance()
        }
        let saved = try enter()
        while kind != .dedent, kind != .endOfFile {
            if kind == .docString, kind(ahead: 1) == .newline {
                pendingDoc = token.value + 1
                advance()
                advance()
                continue
            }
            lineToken = p
            let node = recovering({ (p: inout Parser) throws(SyntaxFailure) -> NodeID in
                if p.kind == .kwPass {
                    p.advance()
                    try p.endOfLine()
                    return .none
                }
                let node = try member(&p)
                try p.endOfLine()
                return node
            })
            pendingDoc = 0
            if let node, node.exists { push(node) }
        }
        _ = accept(.dedent)
        leave(saved)
        return list(from: base)
    }

    /// The doc string of the member that begins here.
    private mutating func memberDoc() -> UInt32 {
        let doc = pendingDoc
        pendingDoc = 0
        if token.flags.contains(.hasDocComment), let string = buffer.docComment(above: p) { return string + 1 }
        return doc
    }

    mutating func structDefinition(
        flags: DefinitionFlags, doc initialDoc: UInt32, from begin: UInt32
    ) throws(SyntaxFailure) -> NodeID {
        var doc = initialDoc
        let header = token.span
        advance()
        let nameStart = start
        let name = try expectName("the name of the struct")
        let generics = try self.generics()
        let predicates = try whereClause()
        let members = try self.members("struct", header, &doc) { (p: inout Parser) throws(SyntaxFailure) -> NodeID in
            try p.member()
        }
        let record = self.record(generics, predicates, members, doc)
        return addDefinition(.structDefinition, flags, name, record, nameStart, begin)
    }

    mutating func classDefinition(
        flags: DefinitionFlags, doc initialDoc: UInt32, from begin: UInt32
    ) throws(SyntaxFailure) -> NodeID {
        var doc = initialDoc
        let header = token.span
        advance()
        let nameStart = start
        let name = try expectName("the name of the class")
        let generics = try self.generics()
        var base = NodeID.none
        if kind == .leftParen {
            let span = token.span
            advance()
            if kind != .rightParen {
                base = try type()
                unsupported("base classes", span)
            }
            try expect(.rightParen)
        }
        let predicates = try whereClause()
        let members = try self.members("class", header, &doc) { (p: inout Parser) throws(SyntaxFailure) -> NodeID in
            try p.member()
        }
        let record = self.record(generics, predicates, members, doc, base.rawValue)
        return addDefinition(.classDefinition, flags, name, record, nameStart, begin)
    }

    /// Adds a definition whose span ends with its last line that has text.
    private mutating func addDefinition(
        _ kind: NodeKind, _ flags: DefinitionFlags, _ name: NameID, _ record: UInt32, _ nameStart: UInt32,
        _ begin: UInt32
    ) -> NodeID {
        var i = p - 1
        while i > 0, tokens[i].kind == .newline || tokens[i].kind == .dedent { i -= 1 }
        return tree.add(
            Node(
                kind, flags: flags.rawValue, a: name.rawValue, b: record, c: nameStart,
                span: SourceSpan(start: begin, end: tokens[max(0, i)].end)))
    }

    /// member = { attr NL } [ vis ] ( field | fn_def | const_def ) | invariant(X)
    mutating func member() throws(SyntaxFailure) -> NodeID {
        let doc = memberDoc()
        let begin = start
        let attributes = try self.attributes()
        if isWord(words.invariant), kind(ahead: 1) == .colon, kind(ahead: 2) == .newline {
            return skipUnsupported("contracts", from: begin)
        }
        _ = try decorators()
        var flags = try visibility()
        let node: NodeID
        switch kind {
        case .kwFn: node = try functionDefinition(flags: flags, doc: doc, from: begin)
        case .kwAsync:
            unsupported("`async` functions", token.span)
            advance()
            flags.insert(.isAsync)
            guard kind == .kwFn else { throw unexpected("`fn` behind `async`") }
            node = try functionDefinition(flags: flags, doc: doc, from: begin)
        case .kwConst: node = try constDefinition(flags: flags, from: begin)
        case .kwLet, .kwStruct, .kwClass, .kwEnum, .kwTrait, .kwImpl, .kwType, .kwStatic:
            throw fail(
                "E0107", "`\(kind.spelling ?? "")` cannot stand inside a type",
                helps: [kind == .kwLet ? "a field is written `name: type`" : "move it to the top level of the module"])
        default:
            if accept(.kwMut) { flags.insert(.isMutable) }
            if kind == .kwFn {
                throw fail("E0101", "`mut` stands before `self`", helps: ["write `fn name(mut self, …)`"])
            }
            let fieldStart = start
            let nameSpan = token.span
            let name = try expectName("a field or method")
            guard kind == .colon else {
                var helps = ["a field is written `\(text(nameSpan)): type`"]
                if kind == .leftParen { helps = ["a method is written `fn \(text(nameSpan))(self):`"] }
                throw unexpected("`:` and the type of the field", helps: helps)
            }
            advance()
            let annotation = try type()
            var value = NodeID.none
            if accept(.equal) { value = try expression() }
            node = add(
                .field, flags: flags.rawValue, a: name.rawValue, b: annotation.rawValue, c: value.rawValue,
                from: fieldStart)
            if kind == .comma || kind == .semicolon {
                report("E0101", "fields are not separated by `\(kind.spelling ?? "")`", token.span,
                    helps: ["write each field on a line of its own"])
                advance()
            }
        }
        attach(attributes, to: node)
        return node
    }

    mutating func enumDefinition(
        flags: DefinitionFlags, doc initialDoc: UInt32, from begin: UInt32
    ) throws(SyntaxFailure) -> NodeID {
        var doc = initialDoc
        let header = token.span
        advance()
        let nameStart = start
        let name = try expectName("the name of the enum")
        let generics = try self.generics()
        let predicates = try whereClause()
        let members = try self.members("enum", header, &doc) { (p: inout Parser) throws(SyntaxFailure) -> NodeID in
            try p.enumMember()
        }
        let record = self.record(generics, predicates, members, doc)
        return addDefinition(.enumDefinition, flags, name, record, nameStart, begin)
    }

    /// variant | [vis] fn_def
    private mutating func enumMember() throws(SyntaxFailure) -> NodeID {
        let doc = memberDoc()
        let begin = start
        let attributes = try self.attributes()
        let flags = try visibility()
        if kind == .kwFn {
            let node = try functionDefinition(flags: flags, doc: doc, from: begin)
            attach(attributes, to: node)
            return node
        }
        var last = NodeID.none
        // Variants may share a line when a comma stands between them.
        repeat {
            if last.exists { push(last) }
            if kind == .newline || kind == .dedent { return .none }
            last = try variant()
            attach(attributes, to: last)
        } while accept(.comma) && kind != .newline
        return last
    }

    private mutating func variant() throws(SyntaxFailure) -> NodeID {
        let begin = start
        if kind == .kwNil || isWord(words.case), kind(ahead: 1) == .identifier {
            throw fail("E0101", "a variant is just a name", helps: ["leave `\(text(token.span))` out"])
        }
        let name = try expectName("the name of a variant")
        var fields: UInt32 = 0
        var flags: UInt8 = 0
        if kind == .leftParen {
            let open = token
            flags = 1
            advance()
            let base = stack.count
            while kind != .rightParen {
                let fieldStart = start
                var fieldName: UInt32 = 0
                if kind == .identifier || kind.isKeyword, kind(ahead: 1) == .colon {
                    fieldName = token.value
                    advance()
                    advance()
                }
                let annotation = try type()
                push(add(.variantField, a: fieldName, b: annotation.rawValue, from: fieldStart))
                if !accept(.comma) { break }
            }
            if kind != .rightParen { throw unclosed(open, "`,` or `)`") }
            advance()
            fields = list(from: base)
        }
        var discriminant = NodeID.none
        if accept(.equal) {
            guard kind == .integer || (kind == .minus && kind(ahead: 1) == .integer) else {
                throw unexpected("an integer")
            }
            discriminant = try unary()
        }
        return add(.variant, flags: flags, a: name.rawValue, b: fields, c: discriminant.rawValue, from: begin)
    }

    mutating func traitDefinition(
        flags: DefinitionFlags, doc initialDoc: UInt32, from begin: UInt32
    ) throws(SyntaxFailure) -> NodeID {
        var doc = initialDoc
        let header = token.span
        advance()
        let nameStart = start
        let name = try expectName("the name of the trait")
        let generics = try self.generics()
        var supertraits: UInt32 = 0
        if kind == .colon, kind(ahead: 1) != .newline, kind(ahead: 1) != .kwPass {
            advance()
            supertraits = try bounds()
        }
        let predicates = try whereClause()
        let items = try members("trait", header, &doc) { (p: inout Parser) throws(SyntaxFailure) -> NodeID in
            try p.traitItem()
        }
        let record = self.record(generics, supertraits, predicates, items, doc)
        return addDefinition(.traitDefinition, flags, name, record, nameStart, begin)
    }

    private mutating func traitItem() throws(SyntaxFailure) -> NodeID {
        let doc = memberDoc()
        let begin = start
        let attributes = try self.attributes()
        let node: NodeID
        switch kind {
        case .kwFn: node = try functionDefinition(flags: [], doc: doc, from: begin, isSignature: true)
        case .kwAsync:
            unsupported("`async` functions", token.span)
            advance()
            guard kind == .kwFn else { throw unexpected("`fn` behind `async`") }
            node = try functionDefinition(flags: .isAsync, doc: doc, from: begin, isSignature: true)
        case .kwType:
            advance()
            let name = try expectName("the name of the associated type")
            var bounds: UInt32 = 0
            var value = NodeID.none
            if accept(.colon) { bounds = try self.bounds() }
            if accept(.equal) { value = try type() }
            node = add(.associatedType, a: name.rawValue, b: bounds, c: value.rawValue, from: begin)
        case .kwConst: node = try constDefinition(flags: [], from: begin, valueIsOptional: true)
        default:
            throw unexpected("`fn`, `type` or `const`", helps: ["a trait has methods, associated types and constants"])
        }
        attach(attributes, to: node)
        return node
    }

    mutating func implDefinition(from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        var doc: UInt32 = 0
        let header = token.span
        advance()
        let generics = try self.generics()
        let subject = try type()
        var target = NodeID.none
        if accept(.kwFor) { target = try type() }
        let predicates = try whereClause()
        let items = try members("impl", header, &doc) { (p: inout Parser) throws(SyntaxFailure) -> NodeID in
            try p.implItem()
        }
        let record = self.record(generics, subject.rawValue, target.rawValue, predicates, items)
        let node = addDefinition(.implDefinition, [], .none, 0, 0, begin)
        tree.nodes[node.index].a = record
        return node
    }

    private mutating func implItem() throws(SyntaxFailure) -> NodeID {
        let doc = memberDoc()
        let begin = start
        let attributes = try self.attributes()
        var flags = try visibility()
        let node: NodeID
        switch kind {
        case .kwFn: node = try functionDefinition(flags: flags, doc: doc, from: begin)
        case .kwAsync:
            unsupported("`async` functions", token.span)
            advance()
            flags.insert(.isAsync)
            guard kind == .kwFn else { throw unexpected("`fn` behind `async`") }
            node = try functionDefinition(flags: flags, doc: doc, from: begin)
        case .kwType:
            advance()
            let name = try expectName("the name of the associated type")
            guard kind == .equal else { throw unexpected("`=` and the type") }
            advance()
            let value = try type()
            node = add(.associatedType, a: name.rawValue, c: value.rawValue, from: begin)
        case .kwConst: node = try constDefinition(flags: flags, from: begin)
        default: throw unexpected("`fn`, `type` or `const`", helps: ["fields belong into the type's own definition"])
        }
        attach(attributes, to: node)
        return node
    }
}

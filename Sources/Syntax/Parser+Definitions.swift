internal import Diagnostics
internal import Support

/// Definitions and imports (§3.1).
extension Parser {
    // MARK: Items

    /// item = { attr NL } ( definition | import | stmt )
    mutating func item() throws(SyntaxFailure) -> NodeID {
        lineToken = p
        switch kind {
        case .kwFn, .attributeStart, .at, .kwStruct, .kwClass, .kwEnum, .kwTrait, .kwImpl, .kwType, .kwExtern, .kwMod,
            .kwUse, .kwImport, .kwPub, .kwAsync, .kwStatic, .kwConst:
            return try definition(atTop: true)
        case .kwMut where kind(ahead: 1) != .kwLet: return try definition(atTop: true)
        case .identifier where startsContextualDefinition(): return try definition(atTop: true)
        case .docString where kind(ahead: 1) == .newline:
            pendingDoc = token.value + 1
            advance()
            advance()
            return .none
        case .dedent, .indent, .newline:
            // Left over from a line that failed.
            advance()
            return .none
        default: break
        }
        pendingDoc = 0
        return try statement()
    }

    /// `true` iff a contextual word begins a definition here (§2.3).
    func startsContextualDefinition() -> Bool {
        let word = token.name
        let next = kind(ahead: 1)
        if flags(ahead: 1).contains(.lineBreakBefore) { return false }
        if word == words.priv || word == words.private {
            return next.isDefinitionKeyword || next == .kwMut || (next == .identifier && tokens[p + 1].name == words.immut)
        }
        if word == words.immut { return next == .kwClass }
        if word == words.common || word == words.export { return next == .kwUse || next == .kwImport }
        if word == words.auto { return next == .kwImport }
        if word == words.unit || word == words.actor || word == words.handlePool || word == words.macro
            || word == words.bind
        {
            return next == .identifier
        }
        if word == words.test { return (next == .string || next == .stringStart) && kind(ahead: 2) == .colon }
        return false
    }

    /// A definition or import with what stands before it.
    mutating func definition(atTop: Bool) throws(SyntaxFailure) -> NodeID {
        var doc = pendingDoc
        pendingDoc = 0
        if token.flags.contains(.hasDocComment), let string = buffer.docComment(above: p) { doc = string + 1 }
        let begin = start
        let attributes = try self.attributes()
        let decoration = try decorators()
        lineToken = p
        var flags = try visibility()
        let node: NodeID
        let keyword = token.span
        var isLocal = false
        switch kind {
        case .kwFn:
            isLocal = true
            node = try functionDefinition(flags: flags, doc: doc, from: begin)
        case .kwAsync:
            isLocal = true
            unsupported("`async` functions", token.span)
            advance()
            flags.insert(.isAsync)
            guard kind == .kwFn else { throw unexpected("`fn` behind `async`") }
            node = try functionDefinition(flags: flags, doc: doc, from: begin)
        case .kwMut where kind(ahead: 1) == .kwStruct:
            advance()
            flags.insert(.isMutable)
            node = try structDefinition(flags: flags, doc: doc, from: begin)
        case .kwMut where kind(ahead: 1) == .kwStatic:
            isLocal = true
            node = try staticDefinition(flags: flags, from: begin)
        case .kwStruct: node = try structDefinition(flags: flags, doc: doc, from: begin)
        case .kwClass: node = try classDefinition(flags: flags, doc: doc, from: begin)
        case .kwEnum: node = try enumDefinition(flags: flags, doc: doc, from: begin)
        case .kwTrait: node = try traitDefinition(flags: flags, doc: doc, from: begin)
        case .kwImpl: node = try implDefinition(from: begin)
        case .kwType: node = try typeAlias(flags: flags, from: begin)
        case .kwConst:
            isLocal = true
            node = try constDefinition(flags: flags, from: begin)
        case .kwStatic:
            isLocal = true
            node = try staticDefinition(flags: flags, from: begin)
        case .kwExtern: node = try externDefinition(flags: flags, from: begin)
        case .kwMod:
            advance()
            let name = try expectName("a module name behind `mod`")
            if kind == .colon || kind == .leftBrace {
                throw fail("E0101", "modules are files", helps: ["move the contents to the file `\(interner.pointee.string(name)).simple`"])
            }
            node = add(.moduleDeclaration, flags: flags.rawValue, a: name.rawValue, from: begin)
        case .kwUse, .kwImport:
            var importFlags: ImportFlags = []
            if flags.contains(.isPublic) || flags.contains(.isCrate) || flags.contains(.isSuper) {
                importFlags.insert(.isReexport)
            }
            node = try importDeclaration(importFlags, from: begin)
        case .kwLet where atTop, .identifier where atTop && startsDeclaration()
            && (token.value == words.val.rawValue || token.value == words.var.rawValue):
            isLocal = true
            let isVar = token.value == words.var.rawValue
            advance()
            let isMutable = accept(.kwMut) || isVar
            var bits: UInt8 = isMutable ? 1 : 0
            if flags.contains(.isPublic) { bits |= 2 }
            if flags.contains(.isCrate) { bits |= 4 }
            if flags.contains(.isSuper) { bits |= 8 }
            node = try declaration(flags: bits, from: begin)
        case .identifier: node = try contextualDefinition(flags, doc, begin)
        default:
            if attributes != 0 || decoration != 0 {
                if !atTop || flags.isEmpty {
                    // Attributes may stand above any statement.
                    let statement = try self.statement()
                    attach(attributes, to: statement)
                    return statement
                }
            }
            throw unexpected("a definition")
        }
        if !atTop, !isLocal {
            report(
                "E0107", "`\(text(keyword))` cannot stand inside a function or block", keyword,
                helps: ["move it to the top level of the module"])
        }
        attach(attributes, to: node)
        if decoration != 0, attributes == 0 { attach(decoration, to: node) }
        try endOfLine()
        return node
    }

    /// Definitions that begin with a contextual word.
    private mutating func contextualDefinition(
        _ flags: DefinitionFlags, _ doc: UInt32, _ begin: UInt32
    ) throws(SyntaxFailure) -> NodeID {
        let word = token.name
        if word == words.immut, kind(ahead: 1) == .kwClass {
            advance()
            return try classDefinition(flags: flags.union(.isImmutable), doc: doc, from: begin)
        }
        if word == words.common || word == words.export {
            advance()
            return try importDeclaration(word == words.common ? .isCommon : .isReexport, from: begin)
        }
        if word == words.auto {
            advance()
            return try importDeclaration(.isAuto, from: begin)
        }
        if word == words.unit { return skipUnsupported("unit types", from: begin) }
        if word == words.actor { return skipUnsupported("actors", from: begin) }
        if word == words.handlePool { return skipUnsupported("handle pools", from: begin) }
        if word == words.macro { return skipUnsupported("macros", from: begin) }
        if word == words.bind { return skipUnsupported("`bind` definitions", from: begin) }
        if word == words.test { return skipUnsupported("`test` blocks", from: begin) }
        throw unexpected("a definition")
    }

    /// { attr NL } as a list.
    mutating func attributes() throws(SyntaxFailure) -> UInt32 {
        guard kind == .attributeStart else { return 0 }
        let base = stack.count
        while kind == .attributeStart {
            let begin = start
            advance()
            guard kind == .identifier || kind.isKeyword else {
                throw fail("E0707", "expected the name of an attribute, found \(describe(token))", helps: [
                    "an attribute is written `#[name]`, `#[name(args)]` or `#[name = literal]`; a comment `# […`",
                ])
            }
            let name = token.value
            advance()
            var arguments: UInt32 = 0
            var literal = NodeID.none
            if kind == .leftParen {
                arguments = try self.arguments(.rightParen)
            } else if accept(.equal) {
                literal = try bracketed { (p: inout Parser) throws(SyntaxFailure) in try p.unary() }
            }
            guard kind == .rightBracket else {
                throw fail("E0707", "expected `]` to end the attribute, found \(describe(token))")
            }
            advance()
            push(add(.attribute, a: name, b: arguments, c: literal.rawValue, from: begin))
            if kind == .newline { advance() }
            if kind == .dedent || kind == .endOfFile {
                throw fail("E0707", "nothing follows this attribute", helps: ["attributes stand above a definition"])
            }
        }
        return list(from: base)
    }

    /// { "@" path [ "(" args ")" ] NL } as a list.
    private mutating func decorators() throws(SyntaxFailure) -> UInt32 {
        guard kind == .at else { return 0 }
        let base = stack.count
        while kind == .at {
            let begin = start
            let span = token.span
            advance()
            let value = try postfix()
            push(add(.decorator, a: value.rawValue, from: begin))
            unsupported("decorators", span)
            if kind == .newline { advance() }
        }
        return list(from: base)
    }

    /// Gives `node` its attributes.
    mutating func attach(_ attributes: UInt32, to node: NodeID) {
        if attributes != 0, node.exists { tree.attributes[node] = ListID(rawValue: attributes) }
    }

    /// [ vis ]
    private mutating func visibility() throws(SyntaxFailure) -> DefinitionFlags {
        if kind == .kwPub {
            advance()
            guard kind == .leftParen else { return .isPublic }
            advance()
            var flags: DefinitionFlags = []
            if isWord(words.crate) {
                flags = .isCrate
            } else if kind == .kwSuper {
                flags = .isSuper
            } else if kind != .kwSelf {
                throw unexpected("`crate`, `super` or `self`")
            }
            advance()
            try expect(.rightParen)
            return flags
        }
        if isWord(words.priv) || isWord(words.private) {
            let next = kind(ahead: 1)
            if next == .identifier || next.isDefinitionKeyword || next == .kwMut {
                advance()
                return .isPrivate
            }
        }
        return []
    }

    // MARK: Imports

    /// use_tree and the other spellings, at `use` or `import`.
    private mutating func importDeclaration(_ initial: ImportFlags, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        var flags = initial
        let isImport = kind == .kwImport
        advance()
        let base = stack.count
        if kind == .string {
            let string = token.value
            flags.insert(.isPathSpelling)
            let bytes = tree.stringBytes[
                Int(tree.stringStarts[Int(string)])..<Int(tree.stringStarts[Int(string) + 1])]
            for segment in bytes.split(separator: UInt8(ascii: "/")) {
                let name = String(decoding: segment, as: UTF8.self)
                if name == "." { continue }
                stack.append(interner.pointee.intern(name == ".." ? "super" : withoutExtension(name)).rawValue)
            }
            if stack.count == base { throw fail("E0101", "expected the path of a module") }
            advance()
        } else {
            stack.append(try pathSegment().rawValue)
            while true {
                if kind == .slash {
                    flags.insert(.isPathSpelling)
                    advance()
                    stack.append(try pathSegment().rawValue)
                    continue
                }
                guard kind == .dot || kind == .colonColon else { break }
                let next = kind(ahead: 1)
                if next == .star || next == .leftBrace { break }
                advance()
                stack.append(try pathSegment().rawValue)
            }
            if isImport, stack.count > base + 1,
                stack[stack.count - 1] == words.spl.rawValue || stack[stack.count - 1] == words.simple.rawValue
            {
                stack.removeLast()
                flags.insert(.isPathSpelling)
            }
        }
        let path = list(from: base)
        var items: UInt32 = 0
        if kind == .dot || kind == .colonColon {
            advance()
            if accept(.star) {
                flags.insert(.isGlob)
            } else {
                flags.insert(.hasItems)
                items = try importItems()
            }
        } else if kind == .leftBrace {
            throw fail("E0101", "expected `.` before the names", helps: ["write `use module.{a, b}`"])
        }
        var alias = NameID.none
        if accept(.kwAs) { alias = try expectName("a name behind `as`") }
        if kind == .comma {
            throw fail("E0101", "one import names one module", helps: [
                "write one `use` a line, or `use module.{a, b}` for items of one module",
            ])
        }
        let record = self.record(path, alias.rawValue, items)
        return add(.importDeclaration, flags: flags.rawValue, a: record, from: begin)
    }

    private func withoutExtension(_ name: String) -> String {
        if name.hasSuffix(".simple") { return String(name.dropLast(7)) }
        if name.hasSuffix(".spl") { return String(name.dropLast(4)) }
        return name
    }

    private mutating func pathSegment() throws(SyntaxFailure) -> NameID {
        if kind == .kwSelf || kind == .kwSuper {
            let name = token.name
            advance()
            return name
        }
        if kind == .dot || kind == .dotDot {
            throw unexpected("the name of a module", helps: ["the parent directory is `super`, this one `self`"])
        }
        return try expectName("the name of a module")
    }

    /// "{" use_item { "," use_item } [","] "}"
    private mutating func importItems() throws(SyntaxFailure) -> UInt32 {
        let open = token
        try expect(.leftBrace)
        let base = stack.count
        while kind != .rightBrace {
            let begin = start
            let name = try expectName("the name of an item")
            var alias = NameID.none
            if accept(.kwAs) { alias = try expectName("a name behind `as`") }
            push(add(.importItem, a: name.rawValue, b: alias.rawValue, from: begin))
            if !accept(.comma) { break }
        }
        if kind != .rightBrace { throw unclosed(open, "`,` or `}`") }
        advance()
        return list(from: base)
    }

    // MARK: Functions

    /// fn_def, at `fn`. A body is required unless `isSignature`.
    private mutating func functionDefinition(
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
    private mutating func generics() throws(SyntaxFailure) -> UInt32 {
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
    private mutating func bounds() throws(SyntaxFailure) -> UInt32 {
        let base = stack.count
        repeat {
            guard kind == .identifier || kind == .kwSuper || kind == .kwSelf else { throw unexpected("a trait") }
            push(try plainType(angles: true))
        } while accept(.plus)
        return list(from: base)
    }

    /// [ where ]
    private mutating func whereClause() throws(SyntaxFailure) -> UInt32 {
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

    private mutating func structDefinition(
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

    private mutating func classDefinition(
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
    private mutating func member() throws(SyntaxFailure) -> NodeID {
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

    private mutating func enumDefinition(
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

    private mutating func traitDefinition(
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

    private mutating func implDefinition(from begin: UInt32) throws(SyntaxFailure) -> NodeID {
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

    // MARK: Aliases, constants, statics, foreign functions

    private mutating func typeAlias(flags: DefinitionFlags, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        advance()
        let nameStart = start
        let name = try expectName("the name of the type")
        let generics = try self.generics()
        guard kind == .equal else { throw unexpected("`=` and the type") }
        advance()
        let value = try type()
        if isWord(words.where) {
            unsupported("refinement types", token.span)
            advance()
            _ = try expression()
        }
        let record = self.record(generics, value.rawValue)
        return add(.typeAlias, flags: flags.rawValue, a: name.rawValue, b: record, c: nameStart, from: begin)
    }

    /// "const" IDENT [ ":" type ] "=" expr
    mutating func constDefinition(
        flags: DefinitionFlags, from begin: UInt32, valueIsOptional: Bool = false
    ) throws(SyntaxFailure) -> NodeID {
        advance()
        let name = try expectName("the name of the constant")
        var annotation = NodeID.none
        var value = NodeID.none
        if accept(.colon) { annotation = try type() }
        if kind == .equal {
            advance()
            value = try expression()
        } else if !valueIsOptional {
            throw unexpected("`=` and the constant's value")
        }
        return add(
            .constDefinition, flags: flags.rawValue, a: name.rawValue, b: annotation.rawValue, c: value.rawValue,
            from: begin)
    }

    /// "static" ["mut"] IDENT [ ":" type ] "=" expr, or with `mut` in front.
    mutating func staticDefinition(flags initial: DefinitionFlags, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        var flags = initial
        if accept(.kwMut) { flags.insert(.isMutable) }
        advance()
        if accept(.kwMut) { flags.insert(.isMutable) }
        if kind == .kwFn {
            throw fail("E0101", "methods without `self` are static; there is no `static fn`", helps: ["leave `static` out"])
        }
        let name = try expectName("the name of the static")
        var annotation = NodeID.none
        if accept(.colon) { annotation = try type() }
        guard kind == .equal else { throw unexpected("`=` and the first value") }
        advance()
        let value = try expression()
        return add(
            .staticDefinition, flags: flags.rawValue, a: name.rawValue, b: annotation.rawValue, c: value.rawValue,
            from: begin)
    }

    /// "extern" [ STRING ] fn_sig
    private mutating func externDefinition(flags: DefinitionFlags, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
        advance()
        var abi: UInt32 = 0
        if kind == .string {
            abi = token.value + 1
            advance()
        }
        guard kind == .kwFn else { throw unexpected("`fn` behind `extern`") }
        let function = try functionDefinition(flags: flags, doc: 0, from: start, mayHaveBody: false)
        return add(.externDefinition, flags: flags.rawValue, a: function.rawValue, b: abi, from: begin)
    }
}

extension TokenKind {
    /// `true` iff the word begins a definition.
    var isDefinitionKeyword: Bool {
        switch self {
        case .kwFn, .kwStruct, .kwClass, .kwEnum, .kwTrait, .kwType, .kwConst, .kwStatic, .kwExtern, .kwMod, .kwAsync,
            .kwUse, .kwImport:
            true
        default: false
        }
    }
}

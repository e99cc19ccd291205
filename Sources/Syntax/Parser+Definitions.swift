internal import Diagnostics
internal import Support

/// Items of a module, attributes, visibility; aliases, constants, statics, foreign functions (§3.1).
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
    mutating func decorators() throws(SyntaxFailure) -> UInt32 {
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
    mutating func visibility() throws(SyntaxFailure) -> DefinitionFlags {
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

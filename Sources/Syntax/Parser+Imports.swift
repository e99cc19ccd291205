internal import Diagnostics
internal import Support

/// Imports (§3.1).
extension Parser {
    // MARK: Imports

    /// use_tree and the other spellings, at `use` or `import`.
    mutating func importDeclaration(_ initial: ImportFlags, from begin: UInt32) throws(SyntaxFailure) -> NodeID {
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
}

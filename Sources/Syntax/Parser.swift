package import Diagnostics
package import Support

/// Parses one file (LANGUAGE.md §2, §3): recursive descent, with precedence climbing for operators.
///
/// Input: the bytes of a module. Output: a tree, always; where the input is wrong it holds `error` nodes and
/// `diagnostics` the reasons. Extended constructs become `unsupported` nodes with E0901. Names are interned.
///
/// Promise to the next stage: without a reported error the tree has no `error` nodes, and no path from the root
/// is longer than `Parser.maximumHeight` and a small factor, so that recursion over it is safe.
/// Start reading at `Parser.module`; definitions, statements, expressions, types and patterns have files of their own.
package func parse(
    _ source: SourceFile, file: FileID, interner: inout Interner, diagnostics: inout DiagnosticList
) -> SyntaxTree {
    var lexical = DiagnosticList()
    var buffer = tokenize(source, file: file, interner: &interner, diagnostics: &lexical)
    var tree = SyntaxTree(file: file)
    swap(&tree.stringBytes, &buffer.stringBytes)
    swap(&tree.stringStarts, &buffer.stringStarts)
    // The parser splits tokens such as `>>` in place, so it works on the buffer itself.
    var tokens = ContiguousArray<Token>()
    swap(&tokens, &buffer.tokens)
    return source.bytes.withUnsafeBufferPointer { bytes in
        tokens.withUnsafeMutableBufferPointer { tokens in
            withUnsafeMutablePointer(to: &interner) { interner in
                var parser = Parser(bytes: bytes, tokens: tokens, buffer: buffer, tree: tree, interner: interner)
                parser.module()
                merge(lexical.all, parser.diagnostics.all, in: source, into: &diagnostics)
                return parser.takeTree()
            }
        }
    }
}

/// Adds what lexer and parser report about one file, without what says the same twice.
private func merge(
    _ lexical: [Diagnostic], _ found: [Diagnostic], in source: SourceFile, into diagnostics: inout DiagnosticList
) {
    // A quote inside a text ends it: what follows makes no sense to the parser, and the last quote begins a text that is
    // never ended. The lexer's word about that is the better one.
    let brokenLines = Set(lexical.filter { $0.code == "E0005" }.map { source.lineAndColumn(of: $0.primary.span.start).line })
    let errorStarts = Set(lexical.filter { $0.severity == .error }.map { $0.primary.span.start })
    for diagnostic in found {
        if diagnostic.code == "E0101", !brokenLines.isEmpty,
            brokenLines.contains(source.lineAndColumn(of: diagnostic.primary.span.start).line)
        { continue }
        diagnostics.append(diagnostic)
    }
    for diagnostic in lexical {
        let start = diagnostic.primary.span.start
        // Where the parser missed a closing bracket, or rejected the opening one, that it is never closed is no news.
        if diagnostic.code == "E0101",
            found.contains(where: { $0.primary.span.start == start || $0.secondary.contains { $0.span.start == start } })
        { continue }
        // Mixed blanks made the indentation wrong: the error tells.
        if diagnostic.code == "W0101", errorStarts.contains(start) { continue }
        diagnostics.append(diagnostic)
    }
}

/// Parsing cannot go on here; the diagnostic was reported. Statements catch it and resume at the next line.
struct SyntaxFailure: Error {}

/// The state of parsing one file.
///
/// - Invariant: `p` is the index of a token; the last token is `endOfFile` and is never passed.
struct Parser: ~Copyable {
    let bytes: UnsafeBufferPointer<UInt8>
    let tokens: UnsafeMutableBufferPointer<Token>
    let buffer: TokenBuffer
    let interner: UnsafeMutablePointer<Interner>
    let words: ContextualWords
    let file: FileID

    var tree: SyntaxTree
    var diagnostics = DiagnosticList()
    /// Index of the present token.
    var p = 0
    /// Elements of the lists under construction, innermost last.
    var stack: ContiguousArray<UInt32> = []
    /// Nesting of the construct being parsed.
    var depth = 0
    /// Height of the subtrees finished since the construct being parsed began.
    var height = 0
    /// Open brackets since the innermost block began; command calls need 0.
    var brackets = 0
    /// `_` nodes that no assignment target took yet.
    var underscores: ContiguousArray<UInt32> = []
    /// Index of the token behind a prefix minus.
    var negatedToken = -1
    /// Speculation: errors are not reported, changed tokens are remembered.
    var isSpeculating = false
    var changedTokens: [(index: Int, token: Token)] = []
    /// `true` iff E0106 was reported.
    var reportedDepth: Bool
    /// Whether `new` names a variable of this file; found on first use.
    var newIsVariable: Bool?
    /// The `fn main` and the `main = …` seen first, for E0110.
    var mainFunction: SourceSpan?
    var mainAssignment: SourceSpan?
    /// Nesting of functions and lambdas; 0 at top level.
    var functionDepth = 0
    /// String + 1 of a documentation string above the definition that comes next.
    var pendingDoc: UInt32 = 0
    /// Index of the first token of the present statement, for helps.
    var lineToken = 0

    static let maximumDepth = 500
    /// Height of an expression's tree, of which a chain of operators or calls takes one level each.
    static let maximumHeight = 20_000
    static let maximumErrors = 1000

    init(
        bytes: UnsafeBufferPointer<UInt8>, tokens: UnsafeMutableBufferPointer<Token>, buffer: TokenBuffer,
        tree: consuming SyntaxTree, interner: UnsafeMutablePointer<Interner>
    ) {
        self.bytes = bytes
        self.tokens = tokens
        self.buffer = buffer
        self.interner = interner
        self.file = tree.file
        self.tree = tree
        words = ContextualWords(&interner.pointee)
        reportedDepth = buffer.reportedDepth
        self.tree.nodes.reserveCapacity(tokens.count + 16)
        self.tree.pool.reserveCapacity(tokens.count / 2 + 16)
    }

    mutating func takeTree() -> SyntaxTree {
        var result = SyntaxTree(file: file)
        swap(&result, &tree)
        return result
    }

    // MARK: Tokens

    @inline(__always) var token: Token { tokens[p] }
    @inline(__always) var kind: TokenKind { tokens[p].kind }
    @inline(__always) var start: UInt32 { tokens[p].start }
    /// The end of the token before the present one.
    @inline(__always) var previousEnd: UInt32 { p > 0 ? tokens[p - 1].end : 0 }

    /// The kind of the token `n` behind the present one.
    @inline(__always) func kind(ahead n: Int) -> TokenKind {
        p + n < tokens.count ? tokens[p + n].kind : .endOfFile
    }
    /// The flags of the token `n` behind the present one.
    @inline(__always) func flags(ahead n: Int) -> TokenFlags {
        p + n < tokens.count ? tokens[p + n].flags : []
    }
    /// Goes to the next token.
    @inline(__always) mutating func advance() { if p + 1 < tokens.count { p += 1 } }
    /// Goes on if the present token has `kind`.
    @inline(__always) mutating func accept(_ kind: TokenKind) -> Bool {
        guard tokens[p].kind == kind else { return false }
        advance()
        return true
    }
    /// Goes on over `kind`, or fails with "expected …".
    @inline(__always) mutating func expect(
        _ kind: TokenKind, _ context: @autoclosure () -> String = ""
    ) throws(SyntaxFailure) {
        if tokens[p].kind == kind { return advance() }
        let context = context()
        throw unexpected("`\(kind.spelling ?? "")`" + (context.isEmpty ? "" : " " + context))
    }
    /// `true` iff the present token is the identifier `word`.
    @inline(__always) func isWord(_ word: NameID) -> Bool {
        tokens[p].kind == .identifier && tokens[p].value == word.rawValue
    }

    /// The name of an identifier; fails otherwise.
    @inline(__always) mutating func expectName(_ what: @autoclosure () -> String) throws(SyntaxFailure) -> NameID {
        if tokens[p].kind == .identifier {
            let name = tokens[p].name
            advance()
            return name
        }
        if kind.isKeyword, !token.flags.contains(.lineBreakBefore) {
            throw fail(
                "E0101", "expected \(what()), found the reserved word `\(kind.spelling ?? "")`",
                helps: ["choose another name, for example `\(kind.spelling ?? "")_`"])
        }
        throw unexpected(what())
    }

    /// The name of an identifier or reserved word, where reserved words are allowed as names (§2.3).
    @inline(__always) mutating func expectMemberName(_ what: @autoclosure () -> String) throws(SyntaxFailure) -> NameID {
        if tokens[p].kind == .identifier || tokens[p].kind.isKeyword {
            let name = tokens[p].name
            advance()
            return name
        }
        throw unexpected(what())
    }

    /// Takes the first character off the present token, which becomes `rest`.
    mutating func split(into rest: TokenKind) {
        if isSpeculating { changedTokens.append((p, tokens[p])) }
        tokens[p].kind = rest
        tokens[p].start += 1
        tokens[p].flags = []
    }

    // MARK: Nodes

    @inline(__always) mutating func add(
        _ kind: NodeKind, flags: UInt8 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0, from start: UInt32
    ) -> NodeID {
        tree.add(Node(kind, flags: flags, a: a, b: b, c: c, span: SourceSpan(start: start, end: previousEnd)))
    }
    @inline(__always) mutating func push(_ node: NodeID) { stack.append(node.rawValue) }
    /// Makes a list of what was pushed since the stack had `base` elements.
    @inline(__always) mutating func list(from base: Int) -> UInt32 {
        let count = stack.count - base
        if count == 0 { return 0 }
        let id = tree.pool.count
        tree.pool.append(UInt32(truncatingIfNeeded: count))
        for i in base..<stack.count { tree.pool.append(stack[i]) }
        stack.removeLast(count)
        return UInt32(truncatingIfNeeded: id)
    }
    /// Adds a record with these slots.
    mutating func record(_ slots: UInt32...) -> UInt32 { tree.addList(slots).rawValue }
    @inline(__always) func span(_ node: NodeID) -> SourceSpan { tree.nodes[node.index].span }
    @inline(__always) func start(_ node: NodeID) -> UInt32 { tree.nodes[node.index].span.start }

    /// Enters a nested construct; returns what `leave` needs.
    @inline(__always) mutating func enter() throws(SyntaxFailure) -> Int {
        depth += 1
        if depth > Parser.maximumDepth { throw tooDeep("more than \(Parser.maximumDepth) levels") }
        let saved = height
        height = 0
        return saved
    }
    /// Leaves a nested construct; not called when it failed (statements restore `depth`).
    @inline(__always) mutating func leave(_ saved: Int) {
        depth -= 1
        height = max(saved, height + 1)
    }
    /// Notes that the tree grew by one level around what was parsed.
    @inline(__always) mutating func grow() throws(SyntaxFailure) {
        height += 1
        if height > Parser.maximumHeight {
            throw tooDeep("more than \(Parser.maximumHeight) operators and calls in one expression")
        }
    }

    /// As `grow`, of a type: a chain of `?` is no expression that anybody computes.
    mutating func growType() throws(SyntaxFailure) {
        height += 1
        if height > Parser.maximumDepth { throw tooDeep("more than \(Parser.maximumDepth) levels") }
    }

    // MARK: Errors

    func label(_ span: SourceSpan, _ message: String = "") -> Label { Label(file: file, span: span, message: message) }

    /// Reports an error.
    mutating func report(
        _ code: DiagnosticCode, _ message: String, _ span: SourceSpan, label text: String = "",
        secondary: [Label] = [], notes: [String] = [], helps: [String] = []
    ) {
        guard !isSpeculating, diagnostics.errorCount < Parser.maximumErrors else { return }
        diagnostics.error(
            code, message, at: label(span, text), secondary: secondary, notes: notes, helps: helps)
    }

    /// Reports an error at the present token, unless the lexer spoke already, and returns the failure to throw.
    mutating func fail(
        _ code: DiagnosticCode, _ message: String, label text: String = "", notes: [String] = [], helps: [String] = []
    ) -> SyntaxFailure {
        if kind != .error { report(code, message, token.span, label: text, notes: notes, helps: helps) }
        return SyntaxFailure()
    }

    /// Reports "expected …, found …" with a help for spellings of other languages.
    mutating func unexpected(_ expected: String, helps: [String] = []) -> SyntaxFailure {
        if isSpeculating || kind == .error { return SyntaxFailure() }
        return fail(
            "E0101", "expected \(expected), found \(describe(token))",
            helps: helps.isEmpty ? foreignHelps() : helps)
    }

    private mutating func tooDeep(_ what: String) -> SyntaxFailure {
        if !reportedDepth {
            if isSpeculating { return SyntaxFailure() }
            reportedDepth = true
            report(
                "E0106", "nesting is too deep: \(what)", token.span,
                helps: ["move parts into functions or variables of their own"])
        }
        return SyntaxFailure()
    }

    /// Reports E0901 for `span`.
    mutating func unsupported(_ feature: StaticString, _ span: SourceSpan) {
        report(
            "E0901", "\(feature) are not supported by this compiler", span,
            notes: ["the language defines them, but only a later version of the compiler will accept them"])
    }

    /// Makes an `unsupported` node from `start` to the end of the last token and reports it at `span`.
    mutating func addUnsupported(_ feature: StaticString, _ span: SourceSpan, from start: UInt32) -> NodeID {
        unsupported(feature, span)
        let name = interner.pointee.intern(String(describing: feature))
        return add(.unsupported, a: name.rawValue, from: start)
    }

    /// Skips a whole construct by its layout.
    mutating func skipUnsupported(_ feature: StaticString, from start: UInt32) -> NodeID {
        let span = token.span
        skipLine()
        return addUnsupported(feature, span, from: start)
    }

    /// How messages name a token.
    func describe(_ token: Token) -> String {
        switch token.kind {
        case .endOfFile: "the end of the file"
        case .newline: "the end of the line"
        case .indent: "an indented block"
        case .dedent: "the end of the block"
        case .error: "an error"
        case .string, .stringStart, .byteString, .docString: "a string"
        case .stringPart, .stringEnd, .formatSpec: "text of a string"
        case .interpolationStart: "`{`"
        case .interpolationEnd: "`}`"
        default: "`\(text(token.span))`"
        }
    }

    /// The source text of `span`, shortened when long.
    func text(_ span: SourceSpan) -> String {
        let end = min(Int(span.end), bytes.count)
        let start = min(Int(span.start), end)
        if end - start > 40 {
            return String(decoding: bytes[start..<start + 40], as: UTF8.self) + "…"
        }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    // MARK: Recovery

    /// Skips to the next logical line of equal or smaller indentation (§11).
    mutating func skipLine() {
        var open = 0
        while true {
            switch kind {
            case .endOfFile: return
            case .indent: open += 1
            case .dedent:
                if open == 0 { return }
                open -= 1
                if open == 0, flags(ahead: 1).contains(.startsLine) || kind(ahead: 1) == .dedent {
                    advance()
                    return
                }
            case .newline:
                if open == 0 {
                    let next = kind(ahead: 1)
                    if next == .indent { break }
                    advance()
                    if flags(ahead: 0).contains(.startsLine) || next == .dedent || next == .endOfFile { return }
                    continue
                }
            default: break
            }
            advance()
        }
    }

    /// Ends a statement or definition: a line end, unless a block ended it.
    mutating func endOfLine() throws(SyntaxFailure) {
        if kind == .newline { return advance() }
        if p > 0, tokens[p - 1].kind == .dedent || tokens[p - 1].kind == .newline { return }
        if kind == .endOfFile || kind == .dedent { return }
        throw unexpectedAtEnd()
    }

    // MARK: Module

    /// module = { item }
    mutating func module() {
        let base = stack.count
        if kind == .docString, kind(ahead: 1) == .newline {
            // The module's own documentation.
            advance()
            advance()
        }
        while kind != .endOfFile {
            if let item = recovering({ (parser: inout Parser) throws(SyntaxFailure) -> NodeID in try parser.item() }),
                item.exists
            {
                push(item)
            }
        }
        let items = list(from: base)
        tree.root = tree.add(
            Node(.module, a: items, span: SourceSpan(start: 0, end: UInt32(truncatingIfNeeded: bytes.count))))
        if let function = mainFunction, let assignment = mainAssignment {
            let functionIsFirst = function.start < assignment.start
            report(
                "E0110", "a program has either `fn main` or `main = …`, not both",
                functionIsFirst ? assignment : function,
                label: functionIsFirst ? "assigns the exit code" : "this function is the entry",
                secondary: [
                    label(
                        functionIsFirst ? function : assignment,
                        functionIsFirst ? "this function is the entry" : "assigns the exit code")
                ],
                helps: ["return the exit code from `main`, or rename the function"])
        }
    }

    /// Runs `body`; when it fails, skips to the next line and gives an `error` node.
    @inline(__always) mutating func recovering(
        _ body: (inout Parser) throws(SyntaxFailure) -> NodeID
    ) -> NodeID? {
        let first = p
        let base = stack.count
        let savedDepth = depth
        let savedBrackets = brackets
        let savedFunctions = functionDepth
        let savedUnderscores = underscores.count
        do {
            let node = try body(&self)
            if underscores.count > savedUnderscores { reportUnderscores(from: savedUnderscores) }
            return node
        } catch {
            stack.removeLast(stack.count - base)
            underscores.removeLast(underscores.count - savedUnderscores)
            depth = savedDepth
            brackets = savedBrackets
            functionDepth = savedFunctions
            height = 0
            let from = tokens[first].start
            // What failed on the closing of its own block must not swallow the next line as well.
            if p > first, p > 0, flags(ahead: 0).contains(.startsLine),
                tokens[p - 1].kind == .newline || tokens[p - 1].kind == .dedent
            {
                return add(.error, from: from)
            }
            skipLine()
            if p == first { advance() }
            // The other branches of a statement that failed have lost their `if`.
            while kind == .kwElif || kind == .kwElse { skipLine() }
            return add(.error, from: from)
        }
    }

    /// Reports the `_` that stand where a value is needed.
    private mutating func reportUnderscores(from base: Int) {
        for i in base..<underscores.count {
            report(
                "E0112", "`_` is not a value", span(NodeID(rawValue: underscores[i])),
                helps: ["`_` stands for \"anything\" in patterns, parameters and assignment targets; use a name here"])
        }
        underscores.removeLast(underscores.count - base)
    }
}

/// The names of words that are keywords in some places only.
struct ContextualWords {
    let val, `var`, `case`, context, unit, actor, handlePool, macro, bind, test, immut, dyn, `where`, crate: NameID
    let common, export, auto, move, new, receive, invariant, out, outErr, priv, `private`, main, underscore: NameID
    let fnType, spl, simple, print: NameID

    init(_ interner: inout Interner) {
        val = interner.intern("val")
        `var` = interner.intern("var")
        `case` = interner.intern("case")
        context = interner.intern("context")
        unit = interner.intern("unit")
        actor = interner.intern("actor")
        handlePool = interner.intern("handle_pool")
        macro = interner.intern("macro")
        bind = interner.intern("bind")
        test = interner.intern("test")
        immut = interner.intern("immut")
        dyn = interner.intern("dyn")
        `where` = interner.intern("where")
        crate = interner.intern("crate")
        common = interner.intern("common")
        export = interner.intern("export")
        auto = interner.intern("auto")
        move = interner.intern("move")
        new = interner.intern("new")
        receive = interner.intern("receive")
        invariant = interner.intern("invariant")
        out = interner.intern("out")
        outErr = interner.intern("out_err")
        priv = interner.intern("priv")
        `private` = interner.intern("private")
        main = interner.intern("main")
        underscore = interner.intern("_")
        fnType = interner.intern("Fn")
        spl = interner.intern("spl")
        simple = interner.intern("simple")
        print = interner.intern("print")
    }
}

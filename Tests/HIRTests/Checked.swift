import Diagnostics
import HIR
import Support
import Syntax

/// A program, parsed and checked, with what tests ask about it.
struct Checked: Sendable {
    let program: HIRProgram
    let diagnostics: [Diagnostic]
    let sources: SourceMap

    /// `text` holds the root module; lines `@@ path` begin further modules. Imports name modules by their full path.
    init(_ text: String) {
        var parts: [(path: String, lines: [Substring])] = [("main", [])]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("@@ ") { parts.append((String(line.dropFirst(3)), [])) } else { parts[parts.count - 1].lines.append(line) }
        }
        self.init(modules: parts.map { ($0.path, Array($0.lines.joined(separator: "\n").utf8)) })
    }

    init(modules texts: [(path: String, bytes: [UInt8])]) {
        var interner = Interner()
        var list = DiagnosticList()
        var sources = SourceMap()
        var modules: [ModuleSource] = []
        for (path, bytes) in texts {
            let source = SourceFile(path: path + ".simple", bytes: bytes)
            let file = sources.add(source)
            let tree = parse(source, file: file, interner: &interner, diagnostics: &list)
            modules.append(ModuleSource(path: path, tree: tree))
        }
        let paths = texts.map(\.path)
        for i in modules.indices { modules[i].imports = Checked.imports(of: modules[i].tree, paths, interner) }
        self.sources = sources
        if list.hasErrors {
            program = HIRProgram()
        } else {
            program = check(CheckInput(sources: sources, modules: modules, root: 0), interner: &interner, diagnostics: &list)
        }
        diagnostics = list.sorted()
    }

    private static func text(_ names: some Sequence<NameID>, _ interner: borrowing Interner) -> [String] {
        var result: [String] = []
        for name in names { result.append(interner.string(name)) }
        return result
    }

    private static func imports(of tree: SyntaxTree, _ paths: [String], _ interner: borrowing Interner) -> [NodeID: ImportTarget] {
        var result: [NodeID: ImportTarget] = [:]
        guard tree.root.exists else { return result }
        for item in tree.elements(tree[tree.root].listA) where tree[item].kind == .importDeclaration {
            let n = tree[item]
            let path = ListID(rawValue: tree.raw(n.listA, 0))
            let names = (0..<tree.count(path)).map { tree.name(path, $0) }
            let target: ImportTarget
            if let module = paths.firstIndex(of: text(names, interner).joined(separator: ".")) {
                target = .module(module)
            } else if let last = names.last,
                let module = paths.firstIndex(of: text(names.dropLast(), interner).joined(separator: "."))
            {
                target = .item(module, last)
            } else {
                target = .failed
            }
            result[item] = target
            for part in tree.elements(ListID(rawValue: tree.raw(n.listA, 2))) {
                if case .module(let module) = target { result[part] = .item(module, tree[part].nameA) } else { result[part] = .failed }
            }
        }
        return result
    }

    /// `CODE line:column` of each diagnostic (`file:` in front for modules other than the root).
    var places: [String] {
        diagnostics.map {
            if !isInside($0.primary) { return "\($0.code) outside" }
            let source = sources[$0.primary.file]
            let place = source.lineAndColumn(of: $0.primary.span.start)
            return "\($0.code) \($0.primary.file.rawValue == 0 ? "" : source.path + ":")\(place.line):\(place.column)"
        }
    }

    func isInside(_ label: Label) -> Bool {
        // The prelude's text is no part of the user's sources.
        label.file.index < sources.files.count && label.span.start <= label.span.end && Int(label.span.end) <= sources[label.file].bytes.count
    }
    /// The first diagnostic with a label outside its file.
    var misplaced: Diagnostic? { diagnostics.first { !isInside($0.primary) || !$0.secondary.allSatisfy(isInside) } }

    /// All that people would read, for failures.
    var messages: String {
        diagnostics.map { d in
            if !isInside(d.primary) { return "\(d)" }
            let source = sources[d.primary.file]
            let place = source.lineAndColumn(of: d.primary.span.start)
            return "\(d.code) \(source.path):\(place.line):\(place.column) [\(isInside(d.primary) ? source.text(d.primary.span) : "OUTSIDE")] \(d.message) \(d.helps)"
        }.joined(separator: "\n")
    }
}

/// One case of a table: a source and the places of its diagnostics.
struct Case: CustomStringConvertible, Sendable {
    var name: String
    var source: String
    /// `CODE line:column`, in order.
    var places: [String] = []
    /// Lines that the printed HIR must contain (function heads, locals, globals), without the names of locals.
    var lines: [String] = []
    var description: String { name }

    /// Cases are separated by `--- name`; after the source come `==> places` and any number of `=> line of HIR`.
    static func table(_ text: String) -> [Case] {
        var cases: [Case] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("--- ") {
                cases.append(Case(name: String(line.dropFirst(4)), source: ""))
            } else if cases.isEmpty {
                continue
            } else if line.hasPrefix("==> ") {
                cases[cases.count - 1].places = line.dropFirst(4).split(separator: ", ").map(String.init)
            } else if line.hasPrefix("=> ") {
                cases[cases.count - 1].lines.append(String(line.dropFirst(3)))
            } else {
                cases[cases.count - 1].source += line + "\n"
            }
        }
        return cases
    }

    /// What is wrong, or nil.
    func problem() -> String? {
        let checked = Checked(source)
        if let d = checked.misplaced { return "label outside the file: \(d)" }
        if checked.places != places {
            return "expected \(places), found \(checked.places)\n\(checked.messages)\n\(source)"
        }
        if lines.isEmpty { return nil }
        let text = printHIR(checked.program)
        let found = Set(text.split(separator: "\n").map { String($0.drop { $0 == " " }).replacing(/%(\d+)\.[^:]+/) { "%\($0.1)" } })
        let missing = lines.filter { !found.contains($0) }
        return missing.isEmpty ? nil : "missing \(missing) in\n\(text)"
    }
}

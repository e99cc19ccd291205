internal import Cache
internal import Diagnostics
internal import HIR
internal import Loader
internal import Support
internal import Syntax

/// Reads and parses the root module and everything it imports, each file once.
///
/// Input: the root's source. Output: `modules` (root first, then in the order of discovery) with the target of each
/// import, ready for `check`. What cannot be found is reported as E0601, E0604 or E0605 at the import.
struct ModuleLoader {
    private(set) var sources = SourceMap()
    private(set) var modules: [ModuleSource] = []
    /// Some module has syntax errors.
    private(set) var hasSyntaxErrors = false
    /// Time spent reading files and parsing them.
    private(set) var timing = Timing()

    /// Absolute path of each module's file.
    private var files: [String] = []
    /// Modules by path; two paths may lead to one.
    private var indexOfPath = TextMap<Int>()
    /// Which file each module was read from, as far as they are files that last.
    private var identities: ContiguousArray<(file: FileIdentity, module: Int)> = []
    private var identityIndex = HashIndex()
    private var modulePaths = TextMap<Int>()
    private var lookup: ModuleLookup
    /// What was looked at in the file system.
    var probes: FileProbes { lookup.probes }
    private let currentDirectory = SystemFile.currentDirectory
    /// The root was given from the file system's root, and so are the other modules in diagnostics.
    private let showsAbsolutePaths: Bool

    /// Creates a loader for the program whose root module is at `rootPath` (`<string>` for code without a file,
    /// which imports from the current directory).
    init(rootPath: String) {
        let path = PathText.absolute(rootPath, from: currentDirectory)
        lookup = ModuleLookup(directory: PathText.directory(of: path))
        showsAbsolutePaths = rootPath.hasPrefix("/")
    }

    /// Loads the program. `bytes` is the root's source, already read from `rootPath`, and `stamp` what the file was then.
    mutating func load(
        _ rootPath: String, bytes: [UInt8], stamp: FileStamp?, interner: inout Interner,
        diagnostics: inout DiagnosticList
    ) {
        if let stamp { note(FileIdentity(stamp), module: 0) }
        let path = PathText.absolute(rootPath, from: currentDirectory)
        indexOfPath.set(path, 0)
        add(path, shownAs: rootPath, bytes: bytes, interner: &interner, diagnostics: &diagnostics)
        if modules[0].path == "std" {
            diagnostics.error(
                "E0605", "no module may be named `std`",
                at: Label(file: modules[0].tree.file, span: SourceSpan(start: 0, end: 0)), helps: ["rename the file"])
        }
        var next = 0
        while next < modules.count {
            resolveImports(of: next, interner: &interner, diagnostics: &diagnostics)
            next += 1
        }
    }

    /// The sources under the names that compiled programs show: relative to the package, so that the same program
    /// gives the same bytes from any folder.
    func recordedSources() -> SourceMap {
        var result = SourceMap()
        for (i, file) in sources.files.enumerated() {
            let name = file.path.hasPrefix("<") ? file.path : PathText.inside(files[i], lookup.packageRoot)
            result.add(file.renamed(name ?? PathText.name(of: files[i])))
        }
        return result
    }

    private mutating func add(
        _ path: String, shownAs shown: String, bytes: [UInt8], interner: inout Interner,
        diagnostics: inout DiagnosticList
    ) {
        let start = Timing.now()
        let source = SourceFile(path: shown, bytes: bytes)
        let file = sources.add(source)
        timing.lineCount += source.lineStarts.count - (bytes.last == 10 || bytes.isEmpty ? 1 : 0)
        let errorCount = diagnostics.errorCount
        let tree = parse(source, file: file, interner: &interner, diagnostics: &diagnostics)
        if diagnostics.errorCount > errorCount { hasSyntaxErrors = true }
        timing.add("parse", since: start)
        files.append(path)
        modules.append(ModuleSource(path: shown.hasPrefix("<") ? "main" : modulePath(of: path), tree: tree))
    }

    /// The dotted path of the module in the file `path`, unique in the program.
    private mutating func modulePath(of path: String) -> String {
        var relative = PathText.inside(path, lookup.sourceRoot) ?? PathText.name(of: path)
        relative = PathText.withoutSourceExtension(relative)
        var segments = relative.split(separator: "/")
        if segments.count > 1, segments.last == "__init__" { segments.removeLast() }
        let base = segments.joined(separator: ".")
        var unique = base
        var number = 2
        while modulePaths[unique] != nil {
            unique = "\(base)~\(number)"
            number += 1
        }
        modulePaths.set(unique, modules.count)
        return unique
    }

    /// Remembers that `module` was read from `file`.
    private mutating func note(_ file: FileIdentity, module: Int) {
        identities.append((file, module))
        identityIndex.append(file.hash)
    }

    /// The module that was read from `file`.
    private func module(readFrom file: FileIdentity) -> Int? {
        identityIndex.find(file.hash) { identities[$0].file == file }.map { identities[$0].module }
    }

    // MARK: Imports

    private mutating func resolveImports(
        of index: Int, interner: inout Interner, diagnostics: inout DiagnosticList
    ) {
        let tree = modules[index].tree
        for item in tree.elements(tree[tree.root].listA) {
            switch tree[item].kind {
            case .importDeclaration:
                resolveImport(item, of: index, tree, interner: &interner, diagnostics: &diagnostics)
            case .moduleDeclaration:
                let name = interner.string(tree[item].nameA)
                let place = lookup.findChild(name, of: files[index])
                modules[index].imports[item] = target(
                    place, [name], item, of: index, interner: &interner, diagnostics: &diagnostics)
            default: break
            }
        }
    }

    private mutating func resolveImport(
        _ node: NodeID, of index: Int, _ tree: SyntaxTree, interner: inout Interner,
        diagnostics: inout DiagnosticList
    ) {
        let record = tree[node].listA
        let flags = ImportFlags(rawValue: tree[node].flags)
        let path = ListID(rawValue: tree.raw(record, 0))
        var names: [NameID] = []
        for i in 0..<tree.count(path) { names.append(tree.name(path, i)) }
        var segments = names.map { interner.string($0) }
        // `import b.spl` names the module b.
        if segments.count > 1, let last = segments.last, last == "spl" || last == "simple" {
            segments.removeLast()
            names.removeLast()
        }
        let items = ListID(rawValue: tree.raw(record, 2))
        let hasMembers = flags.contains(.hasItems) || flags.contains(.isGlob)
        let place = find(segments, of: index, node, &diagnostics)
        guard let place else {
            modules[index].imports[node] = .failed
            for i in 0..<tree.count(items) { modules[index].imports[tree.element(items, i)] = .failed }
            return
        }
        // A directory is no module, but its files can be listed: `use models.{user, order}`.
        if case .namespace = place, flags.contains(.hasItems) {
            modules[index].imports[node] = .failed
            for i in 0..<tree.count(items) {
                let item = tree.element(items, i)
                let name = tree[item].nameA
                let below = find(segments + [interner.string(name)], of: index, item, &diagnostics)
                modules[index].imports[item] =
                    below.map {
                        target($0, segments, item, of: index, interner: &interner, diagnostics: &diagnostics)
                    } ?? .failed
            }
            return
        }
        let found = target(place, segments, node, of: index, interner: &interner, diagnostics: &diagnostics)
        if hasMembers, case .item(_, let name) = found {
            diagnostics.error(
                "E0601", "`\(segments.joined(separator: "."))` is not a module", at: label(node, index),
                notes: ["`\(interner.string(name))` would be an item, which has nothing to import from"])
            modules[index].imports[node] = .failed
        } else {
            modules[index].imports[node] = found
        }
        for i in 0..<tree.count(items) {
            let item = tree.element(items, i)
            modules[index].imports[item] =
                switch modules[index].imports[node] {
                case .module(let module): .item(module, tree[item].nameA)
                default: .failed
                }
        }
    }

    /// Looks `segments` up; `nil` if nothing was found, which is then reported.
    private mutating func find(
        _ segments: [String], of index: Int, _ node: NodeID, _ diagnostics: inout DiagnosticList
    ) -> ModulePlace? {
        let shown = segments.joined(separator: ".")
        let place = lookup.find(segments, from: files[index])
        if segments.first == "std" {
            if case .missing = place {
                diagnostics.error(
                    "E0901", "the standard library module `\(shown)` is not supported by this compiler yet",
                    at: label(node, index))
            } else {
                diagnostics.error(
                    "E0605", "no module may be named `std`", at: label(node, index),
                    notes: ["`std` is the standard library"], helps: ["rename the file or directory `std`"])
            }
            return nil
        }
        if case .missing(let tried, let near) = place {
            var notes: [String] = []
            if !tried.isEmpty { notes.append("looked for " + display(tried)) }
            let helps = near.isEmpty ? [] : ["did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"]
            diagnostics.error(
                "E0601", "module `\(shown)` not found", at: label(node, index), notes: notes, helps: helps)
            return nil
        }
        return place
    }

    /// The target that `place` stands for; loads its module on first use.
    private mutating func target(
        _ place: ModulePlace, _ segments: [String], _ node: NodeID, of index: Int, interner: inout Interner,
        diagnostics: inout DiagnosticList
    ) -> ImportTarget {
        switch place {
        case .file(let path):
            return module(at: path, node, of: index, interner: &interner, diagnostics: &diagnostics)
                .map { .module($0) } ?? .failed
        case .itemOf(let path):
            let name = interner.intern(segments[segments.count - 1])
            return module(at: path, node, of: index, interner: &interner, diagnostics: &diagnostics)
                .map { .item($0, name) } ?? .failed
        case .namespace(let directory):
            diagnostics.error(
                "E0901", "importing the directory `\(display(directory))` is not supported by this compiler yet",
                at: label(node, index), helps: ["import a module in it: `use \(segments.joined(separator: ".")).name`"])
            return .failed
        case .ambiguous(let a, let b):
            diagnostics.error(
                "E0604", "two files for module `\(segments.joined(separator: "."))`", at: label(node, index),
                notes: [display([a, b])], helps: ["remove or rename one of them"])
            return .failed
        case .missing(let tried, let near):
            diagnostics.error(
                "E0601", "module `\(segments.joined(separator: "."))` not found", at: label(node, index),
                notes: ["looked for " + display(tried)],
                helps: near.isEmpty ? [] : ["did you mean `\(near[0])`?"])
            return .failed
        }
    }

    private mutating func module(
        at path: String, _ node: NodeID, of index: Int, interner: inout Interner, diagnostics: inout DiagnosticList
    ) -> Int? {
        if let known = indexOfPath[path] { return known }
        if let stamp = SystemFile.stamp(of: path), let known = module(readFrom: FileIdentity(stamp)) {
            indexOfPath.set(path, known)
            lookup.probes.addSource(path, stamp, module: known)
            return known
        }
        let start = Timing.now()
        do {
            let (bytes, stamp) = try SystemFile.readSource(path)
            timing.add("read", since: start)
            let number = modules.count
            indexOfPath.set(path, number)
            if let stamp { note(FileIdentity(stamp), module: number) }
            lookup.probes.addSource(path, stamp, module: number)
            add(path, shownAs: display(path), bytes: bytes, interner: &interner, diagnostics: &diagnostics)
            return number
        } catch {
            let failure = SystemFailure(error.action, display(path), reason: error.reason)
            diagnostics.error("E0601", failure.message, at: label(node, index))
            return nil
        }
    }

    /// `path` as diagnostics show it.
    private func display(_ path: String) -> String {
        showsAbsolutePaths ? path : PathText.relative(path, to: currentDirectory)
    }
    private func display(_ paths: [String]) -> String { paths.map { "`\(display($0))`" }.joined(separator: ", ") }

    private func label(_ node: NodeID, _ index: Int) -> Label {
        Label(file: modules[index].tree.file, span: modules[index].tree[node].span)
    }
}

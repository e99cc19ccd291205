internal import CPlatform
internal import Loader
internal import Runtime
internal import SMF
internal import Synchronization

/// A module to load: a file or bytes, and the name by which other modules import from it.
public struct ModuleSource: Sendable {
    enum Contents: Sendable {
        case path(String)
        case bytes([UInt8])
        /// An open file, which stays the caller's.
        case descriptor(Int32)
    }
    let contents: Contents
    let name: String

    /// The module in the file at `path`; its name is the file's without `.smf` unless given.
    public init(path: String, name: String? = nil) {
        contents = .path(path)
        self.name = name ?? ModuleSource.name(of: path)
    }
    /// The module with these bytes.
    public init(bytes: [UInt8], name: String) {
        contents = .bytes(bytes)
        self.name = name
    }
    /// The module in an open file.
    package init(descriptor: Int32, name: String) {
        contents = .descriptor(descriptor)
        self.name = name
    }

    private static func name(of path: String) -> String {
        let file = path.utf8.lastIndex(of: 47).map { String(path[path.utf8.index(after: $0)...]) } ?? path
        return file.hasSuffix(".smf") ? String(file.dropLast(4)) : file
    }
}

/// A symbol that `ModuleRegistry.resolve` found.
public struct ResolvedSymbol: Sendable {
    /// The module that exports it.
    public let module: LoadedModule
    /// What the module says of it; `nil` for symbols that its interface does not name.
    public let export: ModuleExport?
    /// Where it lies. Good until the module is unloaded; not to be called but through `SimpleFunction` or
    /// `LoadedModule.cFunction`.
    public let address: UInt
}

/// The modules that a host has loaded, which may import from each other.
///
/// Modules that are loaded twice are the same `LoadedModule`: the same file, or the same contents. For a second set of
/// globals load the module into a second registry. All members may be used from any thread at the same time; loading and
/// unloading wait for running programs (see `SimpleRuntime`).
public final class ModuleRegistry: Sendable {
    /// Which file a module was loaded from.
    private struct Origin {
        var stamp: FileStamp
        var module: LoadedModule
    }
    private struct State {
        /// In the order of loading.
        var modules: [LoadedModule] = []
        var byName: [String: LoadedModule] = [:]
        /// Files whose stamps can be believed.
        var origins: [Origin] = []
    }
    private let state = Mutex(State())

    /// Creates a registry without modules.
    public init() {}

    // MARK: What there is

    /// All modules, in the order of loading.
    public var modules: [LoadedModule] { state.withLock { $0.modules } }

    /// The module with this name.
    public func module(named name: String) -> LoadedModule? { state.withLock { $0.byName[name] } }

    /// The exports of all modules, in the order of loading.
    public var exports: [ModuleExport] { modules.flatMap(\.exports) }

    /// Finds an exported symbol by its link name in all modules, the one loaded first before others.
    public func resolve(_ symbol: String) -> ResolvedSymbol? {
        for module in modules {
            if let found = module.image.reader.symbolAddress(symbol) {
                return ResolvedSymbol(
                    module: module, export: module.exports.first { $0.name == symbol },
                    address: UInt(bitPattern: module.image.pointer(found)))
            }
        }
        return nil
    }

    // MARK: Loading

    /// Loads the module in the file at `path`, or returns it if it is loaded already.
    ///
    /// The file is mapped, not read: replace it by renaming another file over it, never change it in place.
    /// - Throws: `LoadError`. The module is validated completely before any of its code can run.
    public func load(path: String, name: String? = nil) throws(LoadError) -> LoadedModule {
        try load([ModuleSource(path: path, name: name)])[0]
    }

    /// Loads the module with these bytes, or returns it if it is loaded already.
    public func load(bytes: [UInt8], name: String) throws(LoadError) -> LoadedModule {
        try load([ModuleSource(bytes: bytes, name: name)])[0]
    }

    /// Loads several modules at once, which may import from each other, also in a circle. All or none.
    /// - Throws: `LoadError`; missing imports of all of them are reported together.
    public func load(_ sources: [ModuleSource]) throws(LoadError) -> [LoadedModule] {
        while true {
            // Not the first time only if another thread unloads what this one finds loaded.
            if let modules = try tryLoad(sources) { return modules }
        }
    }

    /// Loads modules; `nil` if one that was loaded already was unloaded meanwhile.
    private func tryLoad(_ sources: [ModuleSource]) throws(LoadError) -> [LoadedModule]? {
        // Files are mapped and checked outside the runtime, so that several threads can do it at once.
        var candidates: [Candidate] = []
        do throws(LoadError) {
            for source in sources { candidates.append(try candidate(source)) }
        } catch {
            for candidate in candidates { candidate.discard() }
            throw error
        }
        var result: Result<[LoadedModule]?, LoadError>?
        let entered = enterRuntime {
            Graveyard.bury()
            // Nothing below waits for anything: the lock is only ever taken inside the runtime, or for a moment.
            result = state.withLock { state in
                do throws(LoadError) {
                    return .success(try ModuleRegistry.add(candidates, to: &state))
                } catch {
                    return .failure(error)
                }
            }
        }
        guard entered, let result else {
            for candidate in candidates { candidate.discard() }
            throw .outOfMemory
        }
        return try result.get()
    }

    /// A module on its way into the registry.
    private enum Candidate {
        case known(LoadedModule)
        case mapped(MappedImage, source: ModuleSource, stamp: FileStamp?)

        func discard() {
            if case .mapped(let image, _, _) = self { image.discard() }
        }
    }

    /// Opens, maps and validates a module, unless its file is known.
    private func candidate(_ source: ModuleSource) throws(LoadError) -> Candidate {
        switch source.contents {
        case .descriptor(let descriptor): return try map(descriptor, source, stamp: nil)
        case .bytes(let bytes):
            let descriptor = bytes.withUnsafeBytes { cp_sealed_file($0.baseAddress, $0.count) }
            if descriptor < 0 { throw .io(module: source.name, code: cp_errno()) }
            defer { close(descriptor) }
            return try map(descriptor, source, stamp: nil)
        case .path(let path):
            let descriptor = openForReading(path)
            if descriptor < 0 { throw .io(module: path, code: cp_errno()) }
            defer { close(descriptor) }
            var status = stat()
            if fstat(descriptor, &status) != 0 { throw .io(module: path, code: cp_errno()) }
            let stamp = FileStamp(status)
            let known = state.withLock { state in
                state.origins.first { $0.stamp == stamp && ($0.module.name == source.name || state.byName[source.name] === $0.module) }
            }
            if let known { return .known(known.module) }
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            let time = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
            // A file changed a moment ago may change again without showing it.
            return try map(descriptor, source, stamp: stamp.isSettled(at: time) ? stamp : nil)
        }
    }

    private func map(_ descriptor: Int32, _ source: ModuleSource, stamp: FileStamp?) throws(LoadError) -> Candidate {
        var label = source.name
        if case .path(let path) = source.contents { label = path }
        do throws(Loader.LoadError) {
            let image = try Loader.map(descriptor)
            do throws(SMFError) {
                // More than running one program takes: names and interfaces are looked at, too.
                try image.reader.validate()
            } catch {
                image.discard()
                throw Loader.LoadError(error)
            }
            return .mapped(image, source: source, stamp: stamp)
        } catch {
            throw LoadError(error, module: label, descriptor: descriptor)
        }
    }

    /// Binds the candidates to the runtime, to the modules in `state` and to each other, and adds them. `nil` if a known
    /// one was unloaded. Discards the mapped images that are not used.
    private static func add(_ candidates: [Candidate], to state: inout State) throws(LoadError) -> [LoadedModule]? {
        for candidate in candidates {
            if case .known(let module) = candidate, !module.isLoaded {
                for candidate in candidates { candidate.discard() }
                return nil
            }
        }
        var result = [LoadedModule?](repeating: nil, count: candidates.count)
        var group: [Pending] = []
        /// Results that are the same as one of the group.
        var repeats: [(index: Int, groupIndex: Int)] = []
        func fail(_ error: LoadError, from index: Int) -> LoadError {
            for pending in group { pending.image.discard() }
            for candidate in candidates[index...] { candidate.discard() }
            return error
        }
        for (index, candidate) in candidates.enumerated() {
            switch candidate {
            case .known(let module): result[index] = module
            case .mapped(let image, let source, let stamp):
                if let module = state.modules.first(where: { $0.image.reader.hasSameContents(as: image.reader) }) {
                    if let other = state.byName[source.name], other !== module {
                        throw fail(.nameTaken(name: source.name), from: index)
                    }
                    image.discard()
                    state.byName[source.name] = module
                    if let stamp { state.origins.append(Origin(stamp: stamp, module: module)) }
                    result[index] = module
                } else if let same = group.firstIndex(where: {
                    $0.source.name == source.name && $0.image.reader.hasSameContents(as: image.reader)
                }) {
                    image.discard()
                    repeats.append((index, same))
                } else if state.byName[source.name] != nil || group.contains(where: { $0.source.name == source.name }) {
                    throw fail(.nameTaken(name: source.name), from: index)
                } else {
                    group.append(Pending(image: image, source: source, stamp: stamp, index: index))
                }
            }
        }
        do throws(LoadError) {
            try bindImports(&group, state.modules, state.byName)
            for pending in group {
                do throws(Loader.LoadError) { try protect(pending.image) } catch {
                    throw LoadError.io(module: pending.source.name, code: Int32(truncatingIfNeeded: error.value))
                }
            }
        } catch {
            throw fail(error, from: candidates.count)
        }
        var made: [LoadedModule] = []
        for pending in group {
            var path: String?
            if case .path(let given) = pending.source.contents { path = given }
            let module = LoadedModule(
                name: pending.source.name, path: path, image: ModuleImage(pending.image, pending.imports))
            made.append(module)
            result[pending.index] = module
            state.modules.append(module)
            state.byName[module.name] = module
            if let stamp = pending.stamp { state.origins.append(Origin(stamp: stamp, module: module)) }
        }
        for (pending, module) in zip(group, made) {
            module.connect(pending.providers.map { $0.module ?? made[$0.groupIndex] }.filter { $0 !== module })
        }
        for (index, groupIndex) in repeats { result[index] = made[groupIndex] }
        return result.compactMap { $0 }
    }

    // MARK: Unloading

    /// Unloads a module: it is no longer found, and all uses of it fail.
    /// - Throws: `LoadError.inUse` if other modules import from it, or if a program runs on this thread now (other
    ///   threads' programs are waited for); `.unloaded` if it is not in this registry.
    public func unload(_ module: LoadedModule) throws(LoadError) { try unload([module]) }

    /// Unloads modules that may import from each other. All or none.
    public func unload(_ modules: [LoadedModule]) throws(LoadError) {
        var failure: LoadError?
        var removed: [LoadedModule] = []
        let entered = enterRuntime {
            if cp_is_in_host_call() != 0 {
                failure = .inUse(module: modules.first?.name ?? "", users: [])
                return
            }
            failure = state.withLock { state in
                for module in modules {
                    guard module.isLoaded, state.modules.contains(where: { $0 === module }) else {
                        return .unloaded(module: module.name)
                    }
                    let users = state.modules.filter { user in
                        !modules.contains { $0 === user } && user.dependencies.contains { $0 === module }
                    }
                    if !users.isEmpty { return .inUse(module: module.name, users: users.map(\.name)) }
                }
                state.modules.removeAll { known in modules.contains { $0 === known } }
                state.byName = state.byName.filter { entry in !modules.contains { $0 === entry.value } }
                state.origins.removeAll { origin in modules.contains { $0 === origin.module } }
                removed = modules
                return nil
            }
            for module in removed { module.detach() }
        }
        if !entered { throw .outOfMemory }
        if let failure { throw failure }
    }

    /// Unloads all modules.
    public func unloadAll() throws(LoadError) { try unload(modules) }
}

/// A module of a group that is being loaded.
private struct Pending {
    /// A module that one imports from: known, or another of the group.
    struct Provider {
        var module: LoadedModule?
        var groupIndex = 0
    }
    var image: MappedImage
    var source: ModuleSource
    var stamp: FileStamp?
    /// Place among the results.
    var index: Int
    var imports: [BoundImport] = []
    var providers: [Provider] = []

    /// Notes that the module imports from `provider`.
    mutating func add(_ provider: Provider) {
        let isKnown = providers.contains { known in
            if let module = provider.module { return known.module === module }
            return known.module == nil && known.groupIndex == provider.groupIndex
        }
        if !isKnown { providers.append(provider) }
    }
}

/// Finds all imports of the group.
/// - Throws: `.missingImports` or `.abiMismatch` with everything that is wrong.
private func bindImports(
    _ group: inout [Pending], _ modules: [LoadedModule], _ byName: [String: LoadedModule]
) throws(LoadError) {
    var problems: [ImportProblem] = []
    for index in group.indices {
        let reader = group[index].image.reader
        var search = ExportSearch(reader, group, modules, byName)
        for section in 0..<reader.sectionCount where reader.section(section).kind == .imports {
            for entry in 0..<reader.importCount(ofSection: section) {
                let wanted = reader.importEntry(entry, ofSection: section)
                var address: UInt64 = 0
                var reason = ImportProblem.Reason.missing
                switch SMFImportKind(rawValue: wanted.kind) {
                case .runtime:
                    let symbol = reader.symbol(Int(wanted.symbol))
                    if wanted.abiHash != 0 && wanted.abiHash != currentRuntimeABI {
                        reason = .abiMismatch(expected: wanted.abiHash, found: currentRuntimeABI)
                    } else if let name = reader.string(at: symbol.nameOffset, limit: shownNameLimit + 1),
                        let function = runtimeFunction(named: name, hash: symbol.nameHash),
                        let found = runtimeAddress(of: function)
                    {
                        address = UInt64(UInt(bitPattern: found))
                    }
                case .module:
                    if let found = search.export(wanted) {
                        if wanted.abiHash == 0 || wanted.abiHash == found.abiHash {
                            address = found.address
                            group[index].add(found.provider)
                        } else {
                            reason = .abiMismatch(expected: wanted.abiHash, found: found.abiHash)
                        }
                    }
                default: break
                }
                if address == 0, wanted.flags.contains(.required) {
                    problems.append(ImportProblem(wanted, of: reader, wantedBy: group[index].source.name, reason))
                } else {
                    group[index].imports.append(BoundImport(slot: wanted.slot, address: address))
                }
            }
        }
    }
    if problems.isEmpty { return }
    throw problems.contains { $0.reason == .missing } ? .missingImports(problems) : .abiMismatch(problems)
}

/// Finds what one module imports from others. Each of its symbols is looked for once in each module, however many of its
/// imports name it: a name can be long, and all imports can share it.
private struct ExportSearch {
    /// What an import was bound to.
    struct Export {
        var provider: Pending.Provider
        var address: UInt64
        var abiHash: UInt64
    }
    /// A module that may provide it.
    private struct Source {
        var provider: Pending.Provider
        var reader: SMFReader
        /// Address of the image's byte 0.
        var base: UInt64
    }
    private struct Question: Hashable {
        var symbol: UInt32
        /// Index in `sources`.
        var source: Int
    }

    private let reader: SMFReader
    /// The modules of the group, then those of the registry.
    private let sources: [Source]
    /// Index in `sources` by module name.
    private let sourceOfName: [String: Int]
    /// No module has a longer name.
    private let longestName: Int
    /// Indices in `sources` by offset of the library's name.
    private var sourcesOfLibrary: [UInt32: Range<Int>] = [:]
    private var answers: [Question: Export?] = [:]

    init(_ reader: SMFReader, _ group: [Pending], _ modules: [LoadedModule], _ byName: [String: LoadedModule]) {
        self.reader = reader
        sources =
            group.enumerated().map { index, pending in
                Source(
                    provider: Pending.Provider(module: nil, groupIndex: index), reader: pending.image.reader,
                    base: UInt64(UInt(bitPattern: pending.image.base)))
            }
            + modules.map {
                Source(
                    provider: Pending.Provider(module: $0), reader: $0.image.reader,
                    base: UInt64(UInt(bitPattern: $0.image.loaded.base)))
            }
        var names: [String: Int] = [:]
        for (index, module) in modules.enumerated() {
            for (name, known) in byName where known === module { names[name] = group.count + index }
        }
        for (index, pending) in group.enumerated() { names[pending.source.name] = index }
        sourceOfName = names
        longestName = names.keys.reduce(0) { max($0, $1.utf8.count) }
    }

    /// What `wanted` is bound to: an export of the module whose name it has; without one, of the first that has it.
    mutating func export(_ wanted: SMFImport) -> Export? {
        for source in candidates(wanted.library) {
            let question = Question(symbol: wanted.symbol, source: source)
            if let answer = answers[question] {
                if let answer { return answer }
                continue
            }
            let answer = look(for: wanted.symbol, in: sources[source])
            answers[question] = .some(answer)
            if let answer { return answer }
        }
        return nil
    }

    /// The modules in which to look for what comes from the library with this name.
    private mutating func candidates(_ library: UInt32) -> Range<Int> {
        if let known = sourcesOfLibrary[library] { return known }
        var result = 0..<0
        if let name = reader.string(at: library, limit: longestName + 1) {
            if name.isEmpty {
                result = sources.indices
            } else if let index = sourceOfName[String(decoding: name, as: UTF8.self)] {
                result = index..<(index + 1)
            }
        }
        sourcesOfLibrary[library] = result
        return result
    }

    private func look(for symbol: UInt32, in source: Source) -> Export? {
        guard let name = reader.string(at: reader.symbol(Int(symbol)).nameOffset),
            let address = source.reader.symbolAddress(name)
        else { return nil }
        return Export(provider: source.provider, address: source.base + address, abiHash: source.reader.header.abiHash)
    }
}

extension ImportProblem {
    /// What is wrong with the import `wanted` of the module with this reader.
    fileprivate init(_ wanted: SMFImport, of reader: SMFReader, wantedBy: String, _ reason: Reason) {
        func text(_ offset: UInt32) -> String {
            guard let name = reader.string(at: offset, limit: shownNameLimit + 1) else { return "" }
            var text: [UInt8] = []
            appendShownName(name, to: &text)
            return String(decoding: text, as: UTF8.self)
        }
        let library = text(wanted.library)
        let source: Source =
            switch SMFImportKind(rawValue: wanted.kind) {
            case .runtime: .runtime
            case .module: .module(library.isEmpty ? nil : library)
            default: .cLibrary(library.isEmpty ? nil : library)
            }
        self.init(
            symbol: text(reader.symbol(Int(wanted.symbol)).nameOffset), source: source, wantedBy: wantedBy, reason: reason)
    }
}

extension SMFReader {
    /// The image address of the exported symbol `name`.
    func symbolAddress(_ name: String) -> UInt64? {
        var copy = name
        return copy.withUTF8 { symbolAddress($0) }
    }
    /// The image address of the exported symbol with these bytes as its name.
    func symbolAddress(_ name: UnsafeBufferPointer<UInt8>) -> UInt64? {
        exportedSymbol(named: name).flatMap { symbol($0).isAbsolute ? nil : symbol($0).value }
    }

    /// Whether both are the same module. Bytes that programs write are compared by the digest alone.
    func hasSameContents(as other: SMFReader) -> Bool {
        guard header.moduleHash == other.header.moduleHash, header.headerChecksum == other.header.headerChecksum,
            bytes.count == other.bytes.count
        else { return false }
        var start = 0
        func isEqual(to end: Int) -> Bool {
            if end <= start { return true }
            guard let a = bytes.baseAddress, let b = other.bytes.baseAddress else { return false }
            return memcmp(a + start, b + start, end - start) == 0
        }
        // The section table was compared by its checksum, so both have the same writable sections, in this order.
        for index in 0..<sectionCount {
            let section = section(index)
            guard section.flags.contains(.write), section.size > 0 else { continue }
            if !isEqual(to: Int(section.offset)) { return false }
            start = max(start, Int(section.offset + section.size))
        }
        return isEqual(to: bytes.count)
    }
}

extension LoadError {
    /// What the loader's error means for a host; `module` is what messages call the module.
    init(_ error: Loader.LoadError, module: String, descriptor: Int32) {
        switch error.reason {
        case .system: self = .io(module: module, code: Int32(truncatingIfNeeded: error.value))
        case .directory: self = .io(module: module, code: EISDIR)
        case .notRegular: self = .io(module: module, code: EINVAL)
        case .objectModule: self = .notLinked(module: module)
        case .notExecutable: self = .noEntryPoint(module: module)
        case .platform:
            self = .wrongArch(module: module, found: error.value == 2 ? "Windows" : error.value == 3 ? "macOS" : "another system")
        case .architecture: self = .wrongArch(module: module, found: error.value == 1 ? "AArch64" : "another processor")
        case .runtimeABI: self = .wrongRuntime(module: module, found: error.value, expected: Loader.currentRuntimeABI)
        case .cpuFeatures:
            var names: [String] = []
            for (bit, name) in [(1, "SSE4.2+POPCNT"), (2, "AVX2+BMI+FMA"), (4, "AVX-512")] as [(UInt64, String)]
            where error.value & bit != 0 { names.append(name) }
            if error.value & ~7 != 0 { names.append("unknown") }
            self = .missingProcessorFeatures(module: module, features: names)
        default:
            guard let format = error.format else {
                self = .corrupt(module: module, rule: "imports", reason: "an import is malformed", offset: 0, value: 0)
                return
            }
            switch format.rule {
            case .magic: self = .notAModule(module: module)
            case .versionMajor: self = .badVersion(module: module, major: UInt8(truncatingIfNeeded: format.value))
            case .headerTruncated, .truncated:
                var status = stat()
                let size = fstat(descriptor, &status) == 0 ? UInt64(status.st_size) : 0
                let needed = format.rule == .truncated ? format.value : UInt64(SMFFormat.headerSize)
                // An empty or tiny file that does not even begin like a module is none.
                self = size >= 4 && isModule(descriptor) || format.rule == .truncated
                    ? .truncated(module: module, expected: needed, found: size) : .notAModule(module: module)
            default:
                self = .corrupt(
                    module: module, rule: "\(format.rule)", reason: "\(format.rule.text)", offset: format.offset,
                    value: format.value)
            }
        }
    }
}

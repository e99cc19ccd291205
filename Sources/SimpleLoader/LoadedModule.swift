internal import CPlatform
internal import Loader
internal import Runtime
internal import SMF
internal import Synchronization

/// A module in memory, bound and ready to be called.
///
/// ## Initialisation
/// The first call of a function or use of a variable runs the module's initialisers, once: those of all modules that were
/// linked into it, and the top-level statements of its root, as importing it would. `EntryPoint.run` runs the whole
/// program instead, each time from fresh globals.
///
/// ## Lifetime
/// A registry holds its modules, and a module holds those it imports from. Functions, variables and entry points hold
/// their module. A module is unloaded by `ModuleRegistry.unload`, or when nobody holds it any more. After `unload` all
/// uses throw `CallError.unloaded`; nothing that was returned or printed before depends on the module. Its memory is
/// given back as soon as no object on the heap refers to it.
///
/// ## Threads
/// All members may be used from any thread. Calls wait for each other: see `SimpleRuntime`.
public final class LoadedModule: Sendable {
    /// The name by which other modules import from it and the registry finds it.
    public let name: String
    /// The path it was loaded from; `nil` if it was loaded from bytes.
    public let path: String?
    /// What it offers, in the order of its interface.
    public let exports: [ModuleExport]
    /// Digest of the exported interface (`abi_hash`).
    public let abiHash: UInt64
    /// Digest of the module's bytes (`module_hash`).
    public let moduleHash: UInt64
    /// Digest of the compiler that made it (`toolchain_id`).
    public let toolchainID: UInt64
    /// The sources it was built from, by their paths in the package, where the module says.
    public let sources: [String]
    /// The modules it imports from.
    public var dependencies: [LoadedModule] { links.withLock { $0.dependencies } }
    /// Whether it is still loaded.
    public var isLoaded: Bool { loaded.load(ordering: .acquiring) }

    /// What changes when modules of a group are connected.
    private struct Links {
        var dependencies: [LoadedModule] = []
    }

    let image: ModuleImage
    private let links = Mutex(Links())
    private let loaded = Atomic(true)

    init(name: String, path: String?, image: ModuleImage) {
        self.name = name
        self.path = path
        self.image = image
        let reader = image.reader
        exports = readExports(reader)
        abiHash = reader.header.abiHash
        moduleHash = reader.header.moduleHash
        toolchainID = reader.header.toolchainID
        sources = readSources(reader)
    }

    deinit { if isLoaded { image.abandon() } }

    /// Connects the module with those it imports from, when it becomes usable.
    func connect(_ dependencies: [LoadedModule]) { links.withLock { $0.dependencies = dependencies } }

    /// Ends all use of the module.
    /// - Requires: inside the runtime, not inside a call.
    func detach() {
        if !loaded.exchange(false, ordering: .acquiringAndReleasing) { return }
        links.withLock { $0.dependencies = [] }
        image.retire()
    }

    // MARK: Looking up

    /// The export called `name`: its whole name (`geometry.area`), or the part behind the module if it is unique (`area`).
    /// - Throws: `LoadError.noSuchSymbol`, `.ambiguousName`.
    public func export(named name: String) throws(LoadError) -> ModuleExport {
        if let export = exports.first(where: { $0.name == name }) { return export }
        let candidates = exports.filter { $0.shortName == name }
        guard let export = candidates.first else {
            throw .noSuchSymbol(name: name, module: self.name, exports: exports.map(\.name))
        }
        if candidates.count > 1 { throw .ambiguousName(name: name, candidates: candidates.map(\.name)) }
        return export
    }

    /// The function called `name`, to be called as a Swift function:
    ///
    ///     let area = try module.function(named: "area", as: ((Double, Double) -> Double).self)
    ///     let size = try area(2, 3)
    ///
    /// Strings and arrays are copied. A panic or `exit` in the call is thrown as `CallError`.
    /// - Throws: `LoadError.noSuchSymbol`, `.ambiguousName`, `.signatureMismatch`, `.noCForm`.
    public func function<each Argument: SimpleValue, Result: SimpleValue>(
        named name: String, as type: ((repeat each Argument) -> Result).Type
    ) throws(LoadError) -> SimpleFunction<Result, repeat each Argument> {
        let export = try find(name, signature(repeat (each Argument).self, result: Result.simpleTypeName))
        return SimpleFunction(module: self, export: export) { Result._decode(from: &$0) }
    }

    /// As above, for functions without a result.
    public func function<each Argument: SimpleValue>(
        named name: String, as type: ((repeat each Argument) -> Void).Type
    ) throws(LoadError) -> SimpleFunction<Void, repeat each Argument> {
        let export = try find(name, signature(repeat (each Argument).self, result: "nil"))
        return SimpleFunction(module: self, export: export) { _ in }
    }

    private func signature<each Argument: SimpleValue>(_ arguments: repeat (each Argument).Type, result: String) -> String {
        var names: [String] = []
        for type in repeat each arguments { names.append(type.simpleTypeName) }
        return "fn(\(names.joined(separator: ", "))) -> \(result)"
    }

    private func find(_ name: String, _ requested: String) throws(LoadError) -> ModuleExport {
        let export = try export(named: name)
        guard case .function(let signature) = export.kind else {
            throw .signatureMismatch(name: export.name, requested: requested, actual: export.description)
        }
        if let type = typeWithoutHostForm(signature, hasHostForm) {
            throw .noCForm(name: export.name, signature: signature.description, type: type)
        }
        if signature.description != requested {
            throw .signatureMismatch(name: export.name, requested: requested, actual: signature.description)
        }
        return export
    }

    /// The module-level variable called `name`.
    /// - Throws: `LoadError.noSuchSymbol`, `.ambiguousName`, `.signatureMismatch`, `.noCForm`.
    public func global<Value: SimpleValue>(named name: String, as type: Value.Type) throws(LoadError) -> SimpleGlobal<Value> {
        let export = try export(named: name)
        guard case .variable(let actual, let isMutable) = export.kind else {
            throw .signatureMismatch(name: export.name, requested: Value.simpleTypeName, actual: export.description)
        }
        if !hasHostForm(actual) { throw .noCForm(name: export.name, signature: actual, type: actual) }
        if actual != Value.simpleTypeName {
            throw .signatureMismatch(name: export.name, requested: Value.simpleTypeName, actual: actual)
        }
        return SimpleGlobal(module: self, export: export, isMutable: isMutable)
    }

    /// The program's entry point.
    /// - Throws: `LoadError.noEntryPoint`.
    public func entryPoint() throws(LoadError) -> EntryPoint {
        guard image.reader.header.flags.contains(.executable) else { throw .noEntryPoint(module: name) }
        return EntryPoint(module: self)
    }

    // MARK: Calls

    /// Runs `body` in the runtime, the module's initialisers having run.
    func use<Result>(_ body: () throws(CallError) -> Result) throws(CallError) -> Result {
        try useLoaded { () throws(CallError) in
            try image.initialize()
            return try body()
        }
    }

    /// Runs `body` in the runtime if the module is loaded.
    func useLoaded<Value>(_ body: () throws(CallError) -> Value) throws(CallError) -> Value {
        var result: Result<Value, CallError>?
        try SimpleRuntime.enter {
            guard isLoaded else {
                result = .failure(.unloaded(module: name))
                return
            }
            do throws(CallError) { result = .success(try body()) } catch { result = .failure(error) }
        }
        guard let result else { throw .outOfMemory }
        return try result.get()
    }
}

/// The source files that the Deps section names.
private func readSources(_ reader: SMFReader) -> [String] {
    guard let section = reader.firstSection(.deps) else { return [] }
    let view: SMFDependencyView
    do throws(SMFError) {
        view = try SMFDependencyView(reader.payload(ofSection: section), at: reader.section(section).offset)
    } catch {
        preconditionFailure("a module that was validated is refused: \(error)")
    }
    var names: [String] = []
    for i in 0..<view.count where view[i].kind == SMFDependencyKind.source.rawValue {
        if let text = reader.string(at: view[i].name) { names.append(String(decoding: text, as: UTF8.self)) }
    }
    return names
}

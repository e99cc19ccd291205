internal import CPlatform
internal import Cache
internal import Diagnostics
internal import Driver
package import Linker
internal import Loader
public import SimpleLoader
internal import Support
internal import Synchronization

/// What `CompilerPipeline.compile` did.
public struct CompileResult: Sendable {
    /// Where the module was written.
    public var output: String
    /// `false`: nothing had changed since the program was last compiled, and the cache had it.
    public var wasCompiled: Bool
    /// The warnings. Empty if nothing was compiled.
    public var diagnostics: [CompilerDiagnostic]
}

/// What `CompilerPipeline.run` did.
public struct ProgramRun: Sendable {
    /// How the program ended.
    public var outcome: RunOutcome
    /// `false`: nothing had changed since the program was last compiled, and the cache had it.
    public var wasCompiled: Bool
    /// The warnings. Empty if nothing was compiled.
    public var diagnostics: [CompilerDiagnostic]

    /// What the program ended with: all 32 bits of its exit code; 101 for a panic; for output that could not be written
    /// what a shell would see.
    public var exitStatus: Int32 {
        if case .exited(let code) = outcome { return code }
        return outcome.processStatus
    }
}

/// Compiles Simple programs in this process, and runs them here.
///
/// Nothing is compiled that is up to date: programs are kept in a cache that knows everything their compilation read.
/// The compiler prints nothing and keeps no state outside the pipeline but the cache's folder: any number of pipelines
/// can work at once, each used by any number of threads. It works on a thread of its own with 1 GiB of (reserved) stack.
/// A bug that makes the compiler trap ends the process; compile what you do not trust in another one.
public final class CompilerPipeline: Sendable {
    /// How it works.
    public let options: CompilerOptions

    /// The program that was loaded last for a source.
    private struct Loaded {
        var image: ContentDigest
        var module: LoadedModule
    }
    private let loaded = Mutex<[String: Loaded]>([:])
    /// The cache's folder and this executable, as C strings that live as long as the pipeline; `nil`: no cache.
    private let places: CachePlaces?

    /// Creates a pipeline. Nothing is read or made before it has something to compile.
    public init(options: CompilerOptions = CompilerOptions()) {
        self.options = options
        places = CachePlaces(options.cache)
    }

    // MARK: Compiling

    /// Compiles the program whose root module is the file `source`, and writes the module (an SMF image) to `output`.
    ///
    /// The module can be loaded (`ModuleRegistry`), or run by `simple`. The file is replaced as a whole or not at all, and
    /// not touched if it has the right contents already.
    public func compile(source: String, output: String) throws(CompileError) -> CompileResult {
        let program = try build(source)
        defer { program.close() }
        let image = try program.bytes(of: source)
        do throws(SystemFailure) {
            if SystemFile.kind(of: output) != .file || (try? SystemFile.read(output)) != image {
                try SystemFile.replace(output, with: image)
            }
        } catch {
            throw CompileError(error)
        }
        return CompileResult(output: output, wasCompiled: program.wasCompiled, diagnostics: program.diagnostics)
    }

    /// Compiles program text that is in no file; imports are looked up from the current directory. The cache is not used.
    /// - Returns: the module's bytes, for `ModuleRegistry.load(bytes:name:)`, and the warnings.
    public func compile(text: String) throws(CompileError) -> (module: [UInt8], diagnostics: [CompilerDiagnostic]) {
        let options = compileOptions
        let result = onLargeStack { () -> Result<BuiltProgram, CompileError> in
            var build = Build(path: "<string>", bytes: Array(text.utf8), options: options)
            Pipeline.run(&build.compilation)
            if let error = CompileError(build.compilation, path: "<string>") { return .failure(error) }
            return .success(BuiltProgram(build.compilation))
        }
        let program = try result.get()
        return (try program.bytes(of: "<string>"), program.diagnostics)
    }

    /// Whether compiling the file `source` now would find something changed: itself, a module it imports, a file that
    /// would now be found first, the options or the compiler. Without a cache always `true`.
    /// - Parameter output: where the module should be; `true` also if that is not what compiling would write.
    /// - Throws: `CompileError.io` if there is no such file.
    public func needsRecompile(source: String, output: String? = nil) throws(CompileError) -> Bool {
        if SystemFile.kind(of: source) != .file { throw CompileError(unreadable(source)) }
        guard let image = upToDateImage(source) else { return true }
        guard let output else { return false }
        guard let bytes = try? SystemFile.read(output) else { return true }
        return ContentDigest(bytes) != image
    }

    // MARK: Running

    /// Runs the program whose root module is the file `source`, having compiled it if something changed since it was
    /// compiled last, in this process and on this thread (see `EntryPoint.run`). An image (`.smf`) is run as it is.
    /// - Returns: the program's exit status: `ProgramRun.exitStatus`.
    @discardableResult
    public func compileAndRun(source: String, arguments: [String] = []) throws(CompileError) -> Int32 {
        try run(source: source, arguments: arguments).exitStatus
    }

    /// As `compileAndRun`, but tells more.
    public func run(source: String, arguments: [String] = []) throws(CompileError) -> ProgramRun {
        let (module, program) = try loadProgram(source)
        let entry: EntryPoint
        do throws(SimpleLoader.LoadError) {
            entry = try module.entryPoint()
        } catch {
            if case .noEntryPoint = error { throw .noEntryPoint(path: source) }
            throw .load(error)
        }
        do throws(CallError) {
            let outcome = try entry.run(arguments: arguments)
            return ProgramRun(outcome: outcome, wasCompiled: program.wasCompiled, diagnostics: program.diagnostics)
        } catch {
            throw .call(error)
        }
    }

    /// Loads the program whose root module is the file `source`, having compiled it if something changed, so that the
    /// host can call its `pub` functions. As long as nothing changes the same module is returned.
    public func load(source: String) throws(CompileError) -> LoadedModule { try loadProgram(source).module }

    private func loadProgram(_ source: String) throws(CompileError) -> (module: LoadedModule, program: BuiltProgram) {
        let program = try build(source)
        defer { program.close() }
        if let digest = program.digest, let known = loaded.withLock({ $0[source] }), known.image == digest,
            known.module.isLoaded
        {
            return (known.module, program)
        }
        do throws(SimpleLoader.LoadError) {
            let module = try ModuleRegistry().load([program.source(named: source)])[0]
            if let digest = program.digest { loaded.withLock { $0[source] = Loaded(image: digest, module: module) } }
            return (module, program)
        } catch {
            throw .load(error)
        }
    }

    // MARK: Stages

    private var compileOptions: CompileOptions {
        var result = CompileOptions()
        result.optimize = options.optimizes
        result.paranoid = options.isParanoid
        return result
    }

    private var cacheMode: CacheMode { options.comparesContents ? .content : .fast }

    private func upToDateImage(_ source: String) -> ContentDigest? {
        guard let request = places?.request(source, compileOptions.cacheBits) else { return nil }
        defer { request.free() }
        return CachedBuild.upToDateImage(request, mode: cacheMode)
    }

    /// Compiles `source`, unless the cache has it.
    private func build(_ source: String) throws(CompileError) -> BuiltProgram {
        let options = compileOptions
        let mode = cacheMode
        let isFile = SystemFile.kind(of: source) == .file
        // Nothing is believed of programs when the compiler is to check itself.
        let request = isFile && !options.paranoid ? places?.request(source, options.cacheBits) : nil
        defer { request?.free() }
        return try onLargeStack { () -> Result<BuiltProgram, CompileError> in
            var cached = request.map { CachedBuild($0, mode: mode, isEmbedded: true) }
            if let found = cached?.find() {
                let digest = found.manifest.digest(ManifestLayout.imageDigest)
                found.manifest.base.deallocate()
                return .success(BuiltProgram(file: found.image, digest: digest))
            }
            do throws(SystemFailure) {
                var build = try Build(path: source, options: options)
                if build.isImage { return .success(BuiltProgram(image: try SystemFile.read(source))) }
                build.compilation.objectCache = cached?.objects
                Pipeline.run(&build.compilation)
                if let error = CompileError(build.compilation, path: source) { return .failure(error) }
                var program = BuiltProgram(build.compilation)
                if cached != nil, let file = cached?.keep(build) {
                    SystemFile.closeFile(file)
                    program.digest = ContentDigest(build.compilation.image)
                }
                return .success(program)
            } catch {
                return .failure(CompileError(error))
            }
        }.get()
    }

    private func unreadable(_ path: String) -> SystemFailure {
        do throws(SystemFailure) { _ = try SystemFile.read(path) } catch { return error }
        return SystemFailure("read", path, reason: "is no file")
    }
}

/// A program that is ready to be loaded or written.
private struct BuiltProgram: Sendable {
    /// The image: an open file, to be closed, or bytes.
    private var file: Int32 = -1
    private var image: [UInt8] = []
    var wasCompiled = false
    var diagnostics: [CompilerDiagnostic] = []
    /// What tells images apart, if the cache has it.
    var digest: ContentDigest?

    init(file: Int32, digest: ContentDigest) {
        self.file = file
        self.digest = digest
    }
    init(image: [UInt8]) { self.image = image }
    init(_ compilation: borrowing Compilation) {
        image = compilation.image
        wasCompiled = true
        let sources = compilation.sources
        diagnostics = compilation.diagnostics.sorted().map { CompilerDiagnostic($0, sources) }
    }

    func bytes(of source: String) throws(CompileError) -> [UInt8] {
        if file < 0 { return image }
        do throws(SystemFailure) { return try SystemFile.read("/proc/self/fd/\(file)") } catch {
            throw CompileError(error)
        }
    }

    func source(named name: String) -> ModuleSource {
        file < 0 ? ModuleSource(bytes: image, name: name) : ModuleSource(descriptor: file, name: name)
    }

    func close() { if file >= 0 { SystemFile.closeFile(file) } }
}

extension CompileError {
    init(_ failure: SystemFailure) {
        self = .io(FileProblem(action: failure.action, path: failure.path, reason: failure.reason))
    }

    /// What is wrong with a compilation; `nil` if nothing is.
    init?(_ compilation: borrowing Compilation, path: String) {
        if !compilation.hasFailed { return nil }
        if compilation.diagnostics.hasErrors {
            let sources = compilation.sources
            let diagnostics = compilation.diagnostics.sorted().map { CompilerDiagnostic($0, sources) }
            self = compilation.hasSyntaxErrors ? .parse(diagnostics) : .lower(diagnostics)
        } else {
            self.init(
                stage: compilation.failedStage, bugs: compilation.bugs, linkProblems: compilation.linkProblems, path: path)
        }
    }

    /// What failed behind checking.
    package init(stage: String, bugs: [String], linkProblems: [LinkProblem], path: String) {
        if linkProblems.contains(where: { if case .noEntry = $0 { true } else { false } }) {
            self = .noEntryPoint(path: path)
        } else if !linkProblems.isEmpty {
            self = .link(linkProblems.map(\.description))
        } else {
            self = .codegen(stage: stage, findings: bugs)
        }
    }
}

import Glibc
import Linker
import ProcessSupport
import SMF
import SimpleCompiler
import SimpleLoader
import Testing

/// A folder with sources and a cache of its own; goes away with its contents.
private final class Folder {
    private let folder = TemporaryFolder()
    var path: String { folder.path }

    @discardableResult
    func write(_ name: String, _ text: String) -> String { write(name, bytes: Array(text.utf8)) }
    @discardableResult
    func write(_ name: String, bytes: [UInt8]) -> String {
        folder.write(name, bytes)
        return "\(path)/\(name)"
    }
    var pipeline: CompilerPipeline {
        var options = CompilerOptions()
        options.cache = .folder(path + "/cache")
        return CompilerPipeline(options: options)
    }
}

/// The `CompileError` that `body` throws.
private func thrown(by body: () throws -> Void) -> CompileError? {
    do {
        try body()
        return nil
    } catch {
        return error as? CompileError
    }
}

@Suite struct PipelineTests {
    @Test func runsWhatIsUpToDateWithoutCompiling() throws {
        let folder = Folder()
        let source = folder.write("app.simple", "use part\nmain = part.value()\n")
        folder.write("part.simple", "pub fn value() -> i64:\n    return 5\n")
        let pipeline = folder.pipeline
        #expect(try pipeline.needsRecompile(source: source))
        let first = try pipeline.run(source: source)
        #expect(first.exitStatus == 5 && first.wasCompiled)
        #expect(try !pipeline.needsRecompile(source: source))
        let second = try pipeline.run(source: source)
        #expect(second.exitStatus == 5 && !second.wasCompiled)
        // Another pipeline finds it in the cache, too.
        #expect(try !folder.pipeline.run(source: source).wasCompiled)
        #expect(try pipeline.load(source: source) === pipeline.load(source: source))

        folder.write("part.simple", "pub fn value() -> i64:\n    return -6\n")
        #expect(try pipeline.needsRecompile(source: source))
        #expect(try pipeline.compileAndRun(source: source) == -6)
        #expect(try !pipeline.run(source: source).wasCompiled)
        // A file that would now be found first.
        #expect(try !pipeline.needsRecompile(source: source))
        mkdir(folder.path + "/part", 0o700)
        folder.write("part/__init__.simple", "pub fn value() -> i64:\n    return 1\n")
        #expect(try pipeline.needsRecompile(source: source))
    }

    @Test func withoutCache() throws {
        let folder = Folder()
        let source = folder.write("app.simple", "main = 3\n")
        var options = CompilerOptions()
        options.cache = .off
        let pipeline = CompilerPipeline(options: options)
        for _ in 0..<2 {
            #expect(try pipeline.needsRecompile(source: source))
            let run = try pipeline.run(source: source)
            #expect(run.exitStatus == 3 && run.wasCompiled)
        }
    }

    @Test func compilesToAFile() throws {
        let folder = Folder()
        let source = folder.write("lib.simple", "pub fn twice(n: i64) -> i64:\n    return 2 * n\n")
        let output = folder.path + "/lib.smf"
        let pipeline = folder.pipeline
        let first = try pipeline.compile(source: source, output: output)
        #expect(first.wasCompiled && first.output == output)
        #expect(try !pipeline.needsRecompile(source: source, output: output))
        #expect(try !pipeline.compile(source: source, output: output).wasCompiled)
        let registry = ModuleRegistry()
        let module = try registry.load(path: output)
        #expect(try module.function(named: "twice", as: ((Int64) -> Int64).self)(21) == 42)
        unlink(output)
        #expect(try pipeline.needsRecompile(source: source, output: output))
        // An image is run as it is.
        _ = try pipeline.compile(source: folder.write("app.simple", "main = 8\n"), output: folder.path + "/app.smf")
        #expect(try pipeline.compileAndRun(source: folder.path + "/app.smf") == 8)
    }

    @Test func argumentsAndOutcomes() throws {
        let folder = Folder()
        try SimpleRuntime.setReportsPanics(false)
        let source = folder.write("app.simple", "fn main(args) -> i64:\n    return args.len() / (args.len() - 2)\n")
        #expect(try folder.pipeline.compileAndRun(source: source, arguments: ["a", "b", "c"]) == 3)
        let run = try folder.pipeline.run(source: source, arguments: ["a", "b"])
        #expect(run.exitStatus == 101)
        guard case .panicked(let panic) = run.outcome else {
            Issue.record("\(run.outcome)")
            return
        }
        #expect(panic.code == "P004")
    }

    @Test func warningsOfASuccess() throws {
        let folder = Folder()
        folder.write("part.simple", "pub fn f() -> i64:\n    return 1\n")
        let source = folder.write("app.simple", "use part\nmain = 0\n")
        let result = try folder.pipeline.compile(source: source, output: folder.path + "/app.smf")
        #expect(result.diagnostics.map(\.code) == ["W0601"])
        let warning = try #require(result.diagnostics.first)
        #expect(warning.severity == .warning && warning.line == 1 && warning.file == source && !warning.fixes.isEmpty)
    }

    @Test func sourceErrors() throws {
        let folder = Folder()
        let pipeline = folder.pipeline
        func error(_ text: String) -> CompileError? {
            let source = folder.write("bad.simple", text)
            return thrown { _ = try pipeline.compileAndRun(source: source) }
        }
        guard case .parse(let syntax)? = error("fn f(:\n    return\n"), let first = syntax.first else {
            Issue.record("syntax")
            return
        }
        #expect(first.severity == .error && first.line == 1 && first.code.hasPrefix("E01"))
        guard case .lower(let types)? = error("let n = 1\nlet t = n + \"x\"\nprintln(unknown)\n") else {
            Issue.record("types")
            return
        }
        #expect(types.map(\.code).prefix(2) == ["E0306", "E0201"])
        #expect(types.map(\.line).prefix(2) == [2, 3])
        #expect(types[0].column == 11 && types[0].place.bytes.count > 0)
        #expect(types[0].description.contains("bad.simple:2:11: error[E0306]: "))
        guard case .lower(let imports)? = error("use nowhere\n") else {
            Issue.record("imports")
            return
        }
        #expect(imports.map(\.code) == ["E0601"])
        #expect(error("main = 1\n") == nil)
    }

    @Test func otherErrors() throws {
        let folder = Folder()
        let pipeline = folder.pipeline
        let absent = folder.path + "/absent.simple"
        #expect(
            thrown { _ = try pipeline.compileAndRun(source: absent) }
                == .io(.init(action: "read", path: absent, reason: "no such file or directory")))
        #expect(throws: CompileError.self) { try pipeline.needsRecompile(source: folder.path) }
        let source = folder.write("app.simple", "main = 1\n")
        let output = folder.path + "/no/such/folder.smf"
        #expect(
            thrown { _ = try pipeline.compile(source: source, output: output) }
                == .io(.init(action: "write", path: output, reason: "no such file or directory")))
        let broken = folder.write("broken.smf", bytes: [0x53, 0x4D, 0x46, 0, 1, 2, 3])
        #expect(
            thrown { _ = try pipeline.compileAndRun(source: broken) }
                == .load(.truncated(module: broken, expected: 128, found: 7)))
        var writer = SMFWriter(platform: .linux, architecture: .x86_64, flags: [.linked, .positionIndependent])
        writer.setRuntimeABI(1)
        _ = writer.addCode([0xC3], alignment: 4096)
        _ = writer.addData([0], readOnly: true, alignment: 4096)
        let library = folder.write("library.smf", bytes: writer.emit())
        #expect(throws: CompileError.noEntryPoint(path: library)) { try pipeline.compileAndRun(source: library) }
    }

    /// What the compiler can only get wrong itself.
    @Test func failuresOfTheCompiler() {
        let undefined = LinkProblem.undefined(symbol: "a.f", wantedBy: ["b"])
        let linking = CompileError(stage: "link", bugs: ["link: x"], linkProblems: [undefined], path: "p")
        #expect(linking == .link(["undefined symbol 'a.f', wanted by b"]))
        let noEntry = CompileError(stage: "link", bugs: ["link: x"], linkProblems: [.noEntry(symbol: "simple.main")], path: "p")
        #expect(noEntry == .noEntryPoint(path: "p"))
        let codegen = CompileError(stage: "generate", bugs: ["generate: bad"], linkProblems: [], path: "p")
        #expect(codegen == .codegen(stage: "generate", findings: ["generate: bad"]))
        for error in [linking, noEntry, codegen] { #expect(!error.description.isEmpty && error.diagnostics.isEmpty) }
    }

    @Test func manyPipelinesAtOnce() async throws {
        let folder = Folder()
        for i in 0..<6 {
            folder.write("p\(i).simple", "use m\(i)\nmain = m\(i).f(\(i))\n")
            folder.write("m\(i).simple", "pub fn f(n: i64) -> i64:\n    return n * 10 + \(i)\n")
        }
        let path = folder.path
        let shared = folder.pipeline
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<24 {
                group.addTask {
                    var options = CompilerOptions()
                    options.cache = task % 3 == 0 ? .off : .folder(path + "/cache")
                    let pipeline = task % 2 == 0 ? shared : CompilerPipeline(options: options)
                    let i = task % 6
                    return (try? pipeline.compileAndRun(source: "\(path)/p\(i).simple")) == Int32(i * 11)
                }
            }
            for await right in group { #expect(right) }
        }
    }

    @Test func textWithoutAFile() throws {
        let (module, diagnostics) = try folderless.compile(text: "pub fn f() -> str:\n    return \"ok\"\n")
        #expect(diagnostics.isEmpty)
        let loaded = try ModuleRegistry().load(bytes: module, name: "text")
        #expect(try loaded.function(named: "f", as: (() -> String).self)() == "ok")
        #expect(throws: CompileError.self) { try folderless.compile(text: "let = 3\n") }
    }

    /// Deep nesting is an error of the program, not the end of the process.
    @Test func deepNesting() {
        let text = "let x = " + String(repeating: "(", count: 200_000) + "1" + String(repeating: ")", count: 200_000) + "\n"
        #expect(throws: CompileError.self) { try folderless.compile(text: text) }
    }

    private var folderless: CompilerPipeline {
        var options = CompilerOptions()
        options.cache = .off
        return CompilerPipeline(options: options)
    }
}

import CTestSupport
import Glibc
import ProcessSupport
import SimpleCompiler
import SimpleLoader
import Testing

/// What a host process that compiles for a long time keeps. In processes of their own, where nobody else allocates.
@Suite struct MemoryTests {
    /// Bytes that a further compilation may keep: less than the smallest of the texts that it makes.
    private static let allowance = 64

    /// A program of two modules of which `number` is a part, and a pipeline with a cache of its own.
    private final class Host {
        let folder = TemporaryFolder()
        let pipeline: CompilerPipeline
        var source: String { folder.path + "/app.simple" }

        init() {
            var options = CompilerOptions()
            options.cache = .folder(folder.path + "/cache")
            pipeline = CompilerPipeline(options: options)
            folder.write("part.simple", "pub fn g(xs: [i64]) -> i64: return xs.sum()\n")
        }

        func write(_ number: Int) {
            folder.write(
                "app.simple",
                "use part\npub fn f(n: i64) -> i64:\n    let unused = 1\n    return part.g([n, \(number)])\nprintln(\"{f(1)}\")\n")
        }
    }

    /// Runs `body` `warmUp` times, then `count` times; exits with a message if the latter keep memory.
    private static func expectNoGrowth(_ warmUp: Int, _ count: Int, _ body: (Int) throws -> Void) rethrows {
        for i in 0..<warmUp { try body(i) }
        let before = test_heap_in_use()
        for i in 0..<count { try body(warmUp + i) }
        let growth = Int(test_heap_in_use()) - Int(before)
        if growth <= count * allowance { return }
        print("\(growth) bytes kept by \(count) compilations")
        exit(1)
    }

    @Test func changedProgramsLeaveNothing() async {
        await #expect(processExitsWith: .success) {
            let host = Host()
            try MemoryTests.expectNoGrowth(100, 500) { i in
                host.write(i)
                let result = try host.pipeline.compile(source: host.source, output: host.folder.path + "/app.smf")
                if !result.wasCompiled || result.diagnostics.count != 1 { exit(2) }
            }
        }
    }

    @Test func unchangedAndWrongProgramsLeaveNothing() async {
        await #expect(processExitsWith: .success) {
            let host = Host()
            host.write(1)
            _ = try host.pipeline.compile(source: host.source, output: host.folder.path + "/app.smf")
            try MemoryTests.expectNoGrowth(100, 500) { _ in
                let result = try host.pipeline.compile(source: host.source, output: host.folder.path + "/app.smf")
                if result.wasCompiled { exit(2) }
                if try host.pipeline.needsRecompile(source: host.source) { exit(3) }
            }
            let broken = host.folder.path + "/broken.simple"
            MemoryTests.expectNoGrowth(50, 500) { i in
                host.folder.write("broken.simple", "println(\(i) + nothing)\n")
                do {
                    _ = try host.pipeline.compile(source: broken, output: host.folder.path + "/broken.smf")
                    exit(4)
                } catch {}
            }
        }
    }

    @Test func loadedProgramsGoWhenTheyAreReplaced() async {
        await #expect(processExitsWith: .success) {
            let host = Host()
            try MemoryTests.expectNoGrowth(100, 500) { i in
                host.write(i)
                let module = try host.pipeline.load(source: host.source)
                if try module.function(named: "f", as: ((Int64) -> Int64).self)(1) != Int64(1 + i) { exit(2) }
            }
            let maps = String(decoding: FileText.read("/proc/self/maps") ?? [], as: UTF8.self)
            if maps.split(separator: "\n").count > 2000 { exit(3) }
        }
    }
}

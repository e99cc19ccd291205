import CPlatform
import Glibc
import ProcessSupport
import Testing

/// A folder with a program, a cache of its own, and a log of what the compiler did.
final class CacheFixture {
    let folder = TemporaryFolder()
    var environment: [String: String]

    var cache: String { folder.path + "/cache" }
    var log: String { folder.path + "/log" }

    init() {
        environment = [:]
        environment = ["SIMPLE_CACHE_DIR": cache, "SIMPLE_CACHE_LOG": log, "SIMPLE_CACHE": ""]
    }

    func write(_ name: String, _ text: String) { folder.write(name, text) }

    @discardableResult
    func run(_ arguments: String..., environment more: [String: String] = [:]) -> ProcessResult {
        ProcessRunner.run(
            Executables.simple, arguments, in: folder.path,
            environment: environment.merging(more) { $1 })
    }

    /// The lines of the log since the last call.
    func events() -> [String] {
        defer { unlink(log) }
        let text = String(decoding: FileText.read(log) ?? [], as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }
    /// How often a program was compiled since the last call of `events`.
    func compilations() -> Int { events().filter { $0.hasPrefix("compile ") }.count }

    /// Makes everything that exists look as if it had been there for an hour, as after a break: stamps are believed.
    /// Times of change cannot be set, so this waits until they are old enough.
    func settle() { usleep(2_050_000) }

    /// Paths of the cache's files in one of its folders.
    func entries(_ kind: String) -> [String] {
        FileText.list(cache + "/" + kind, suffix: kind == "images" ? ".smf" : "")
    }
}

/// Expects a run with this output and nothing on stderr.
func expect(
    _ result: ProcessResult, _ stdout: String, status: Int32 = 0, warnings: Int = 0,
    at location: SourceLocation = #_sourceLocation
) {
    #expect(result.stdoutText == stdout, sourceLocation: location)
    #expect(result.status == status, "\(result.stderrText)", sourceLocation: location)
    let lines = result.stderrText.split(separator: "\n").filter { $0.hasPrefix("warning") || $0.hasPrefix("error") }
    #expect(lines.count == warnings, "\(result.stderrText)", sourceLocation: location)
    if warnings == 0 { #expect(result.stderr.isEmpty, "\(result.stderrText)", sourceLocation: location) }
}

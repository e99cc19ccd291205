import ProcessSupport
import Testing

/// The host program of Examples/EmbeddingHost, which the package builds once more for this.
@Suite struct ExampleTests {
    private static let example: String = {
        var path = Substring(#filePath)
        for _ in 0..<3 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
        return path + "/Examples/EmbeddingHost"
    }()

    /// Compiled the first time, from the cache the second.
    @Test func embeddingHostRuns() throws {
        let folder = TemporaryFolder()
        folder.write("rules.simple", try #require(FileText.read(Self.example + "/rules.simple")))
        for _ in 0..<2 {
            let result = ProcessRunner.run(
                Executables.embeddingHost, [], in: folder.path, environment: ["SIMPLE_CACHE_DIR": folder.path + "/cache"])
            #expect(result.status == 0 && result.stderrText == "", "\(result.stderrText)")
            #expect(
                result.stdoutText == """
                    exports:
                      fn rules.label(name: str, tags: [str]) -> str
                      fn rules.price(net: f64, count: i64) -> f64
                      fn rules.tag_at(tags: [str], index: i64) -> str
                      static mut rules.vat: f64
                    price: 267.75
                    label: tea (green, hot)
                    asked for fn(str) -> f64, it is fn(f64, i64) -> f64
                    without VAT: 225.0
                    caught panic[P008]: index 3 out of range for array of length 1
                    total: 4509.45
                    a program, run by its entry point with 2 arguments
                    exit status: 107

                    """, "\(result.stdoutText)")
        }
    }

    @Test func embeddingHostShowsErrors() {
        let folder = TemporaryFolder()
        folder.write("broken.simple", "pub fn price(net: f64) -> f64: return net + 1 as u8\n")
        let result = ProcessRunner.run(
            Executables.embeddingHost, ["broken.simple"], in: folder.path,
            environment: ["SIMPLE_CACHE_DIR": folder.path + "/cache"])
        #expect(result.status == 1)
        #expect(result.stdoutText.hasPrefix("cannot load the rules:\n") && result.stdoutText.contains("E0306"), "\(result.stdoutText)")
    }
}

import Foundation
import MIR
import Testing

/// Case files in PassCases: a comment `// pass: <name>` (several: with commas; `all`: the pipeline), comments
/// `// run: <arguments of main>`, a module, a line `-----`, and the module behind the pass. Expectations are
/// rewritten by `SIMPLE_UPDATE=1 swift test`.
struct PassTestsCases {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("PassCases")
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".mir") }.sorted()
    }()

    @Test func thereAreCases() { #expect(PassTestsCases.names.count >= 10) }

    @Test(arguments: names) func outputIsAsExpected(name: String) throws {
        let url = PassTestsCases.folder.appendingPathComponent(name)
        let text = try String(contentsOf: url, encoding: .utf8)
        let parts = text.components(separatedBy: "-----\n")
        let input = parts[0]
        let module = try MIRTextParser.parse(input)
        #expect(MIRVerifier.verify(module) == [])
        let passes = directives("pass", in: input).flatMap { $0.split(separator: ",").map(String.init) }
        #expect(!passes.isEmpty)
        var optimized = module
        for passName in passes {
            if passName == "all" {
                optimize(&optimized, options: OptimizeOptions(verify: true))
            } else {
                run(try #require(Pass.named(passName)), on: &optimized)
            }
            #expect(MIRVerifier.verify(optimized) == [])
        }
        for arguments in directives("run", in: input) {
            let values = try arguments.split(separator: " ").map { try #require(Int64($0)) }
            let expected = try Observation(module, values)
            #expect(expected.outcome != nil)
            #expect(try Observation(optimized, values) == expected)
        }
        let output = MIRPrinter.print(optimized)
        let environment = ProcessInfo.processInfo.environment
        if environment["SIMPLE_UPDATE"] != nil, environment["CI"] == nil {
            try (input + "-----\n" + output).write(to: url, atomically: true, encoding: .utf8)
        } else {
            #expect(parts.count == 2)
            #expect(output == parts.last)
        }
    }

    private func directives(_ key: String, in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            line.hasPrefix("// \(key):")
                ? line.dropFirst(key.count + 4).trimmingCharacters(in: .whitespaces) : nil
        }
    }
}

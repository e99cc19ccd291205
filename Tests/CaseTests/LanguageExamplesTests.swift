import ProcessSupport
import Testing

/// The examples of Docs/language and of the README: what the pages promise, the compiler does.
///
/// A block that opens with three backquotes and `simple` is a program. Words behind `simple` ask for more: `status=N`
/// for another exit status than 0 (101: a panic is reported), `error=CODE:LINE` for a program whose only error that is, and
/// `file=NAME` for a further file of the program before it. A block `out` behind them is the exact output.
@Suite struct LanguageExamplesTests {
    /// The folder `Docs/language`.
    static let folder = CaseTests.folder + "/../../../Docs/language"

    static let examples: [CaseFile] = (FileText.list(folder, suffix: ".md") + [folder + "/../../README.md"]).flatMap { page in
        LanguageExamplesTests.examples(of: page)
    }

    @Test func thereAreExamples() {
        #expect(LanguageExamplesTests.examples.count > 20)
        #expect(LanguageExamplesTests.examples.contains { $0.path.contains("README.md") && $0.section("stdout") != nil })
    }

    @Test(arguments: examples.indices)
    func example(index: Int) {
        let file = LanguageExamplesTests.examples[index]
        // Nobody writes these back.
        var runner = CaseRunner(file, updates: false)
        runner.check()
        if let failure = runner.failure { Issue.record("\(file.path): \(failure)") }
    }

    /// The programs on the page at `path`, as cases.
    static func examples(of path: String) -> [CaseFile] {
        guard let bytes = FileText.read(path) else { return [] }
        var cases: [CaseFile] = []
        var block: (heading: [Substring], text: String)?
        var number = 0
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if let open = block {
                if line != "```" {
                    block!.text += line + "\n"
                    continue
                }
                add(open.heading, open.text, to: &cases, place: "\(path):\(number)")
                block = nil
            } else if line.hasPrefix("```") {
                block = (line.dropFirst(3).split(separator: " "), "")
            }
        }
        return cases
    }

    private static func add(_ heading: [Substring], _ text: String, to cases: inout [CaseFile], place: String) {
        func value(_ key: String) -> String? {
            heading.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
        }
        switch heading.first {
        case "simple":
            if let name = value("file"), !cases.isEmpty {
                cases[cases.count - 1].sections.insert(.init(name: "file " + name, text: text), at: 0)
            } else if let error = value("error") {
                let line = error.split(separator: ":").joined(separator: " ") + "\n"
                cases.append(CaseFile(path: place, program: text, sections: [.init(name: "diagnostics", text: line)]))
            } else {
                let status = value("status") ?? "0"
                var sections = [CaseFile.Section(name: "run", text: "status \(status)\n")]
                if status == "101" { sections.append(.init(name: "stderr", text: "panic[P\n")) }
                cases.append(CaseFile(path: place, program: text, sections: sections))
            }
        case "out":
            if !cases.isEmpty { cases[cases.count - 1].sections.append(.init(name: "stdout", text: text)) }
        default: break
        }
    }
}

import Glibc
import ProcessSupport
import Testing

/// Every case file, checked in the order of the stages: the first difference names the guilty one.
@Suite struct CaseTests {
    /// The folder `Tests/CaseTests/Cases`.
    static let folder: String = {
        var path = #filePath
        while path.last != "/" { path.removeLast() }
        return path + "Cases"
    }()

    static let names: [String] = FileText.list(folder, suffix: ".case").map { String($0.dropFirst(folder.count + 1)) }

    @Test func thereAreCases() { #expect(CaseTests.names.count > 100) }

    @Test(arguments: names)
    func `case`(name: String) throws {
        let file = try #require(CaseFile(path: CaseTests.folder + "/" + name))
        var runner = CaseRunner(file)
        runner.check()
        if runner.file.text != file.text { FileText.write(file.path, Array(runner.file.text.utf8)) }
        if let failure = runner.failure {
            Issue.record("\(name): \(failure)")
        }
    }
}

/// Checks one case.
struct CaseRunner {
    /// `SIMPLE_UPDATE=1`: sections are rewritten instead of compared. Refused where `CI` is set.
    static let updates = getenv("SIMPLE_UPDATE") != nil && getenv("CI") == nil

    var file: CaseFile
    /// The first difference, which ends the check.
    var failure: String?
    /// Whether differences change `file` in place of being failures.
    private let updates: Bool
    private let folder = TemporaryFolder()

    init(_ file: CaseFile, updates: Bool = CaseRunner.updates) {
        self.file = file
        self.updates = updates
        folder.write("main.simple", file.program)
        for (name, text) in file.files { folder.write(name, text) }
    }

    mutating func check() {
        checkDiagnostics()
        if failure == nil { checkTexts() }
        if failure == nil { checkRun() }
    }

    // MARK: Diagnostics

    /// Lines of the `diagnostics` section: `CODE [FILE:]LINE:COLUMN [text that the message contains]`.
    ///
    /// The errors must be exactly those listed; of the warnings, at least those listed.
    private mutating func checkDiagnostics() {
        let section = file.section("diagnostics")
        // A program that runs is compiled without errors anyway: the run says so.
        if section == nil { return }
        let result = ProcessRunner.run(
            Executables.simplec, ["check", "--format", "json", "main.simple"], in: folder.path)
        var actual: [Finding] = []
        for line in result.stdoutText.split(separator: "\n") {
            if let finding = Finding(json: String(line)) { actual.append(finding) }
        }
        if result.status > 1 {
            failure = "check ended with status \(result.status):\n\(result.stderrText)"
            return
        }
        var expected: [Finding] = []
        for line in section!.split(separator: "\n") {
            guard let finding = Finding(line: String(line)) else {
                failure = "malformed line in diagnostics: \(line)"
                return
            }
            expected.append(finding)
        }
        var unexpected = actual
        var missing: [Finding] = []
        for finding in expected {
            if let i = unexpected.firstIndex(where: { finding.matches($0) }) {
                unexpected.remove(at: i)
            } else {
                missing.append(finding)
            }
        }
        unexpected.removeAll { $0.code.hasPrefix("W") }
        if !missing.isEmpty || !unexpected.isEmpty {
            if updates {
                file.update("diagnostics", actual.map { $0.text + "\n" }.joined())
                return
            }
            failure =
                "parse or check: diagnostics differ\n  missing: \(missing.map(\.text))\n  unexpected: \(unexpected.map(\.text))"
        }
        if result.status != (expected.contains { $0.code.hasPrefix("E") } ? 1 : 0), failure == nil {
            failure = "check: exit status \(result.status)"
        }
    }

    // MARK: Texts of stages

    private mutating func checkTexts() {
        for section in file.sections {
            // `asm`, `asm contains` or `asm lacks`.
            let words = section.name.split(separator: " ").map(String.init)
            guard let name = words.first, CaseRunner.isText(name) else { continue }
            let result = ProcessRunner.run(
                Executables.simplec, ["run", "--paranoid", "--emit=\(name)", "main.simple"], in: folder.path)
            if result.status > 1 {
                failure = "--emit=\(name) ended with status \(result.status):\n\(result.stderrText)"
                return
            }
            let difference =
                switch words.count > 1 ? words[1] : "" {
                case "contains": CaseRunner.missingLine(section.text, in: result.stdoutText)
                case "lacks": CaseRunner.presentLine(section.text, in: result.stdoutText)
                default: firstDifference(section.text, result.stdoutText)
                }
            guard let difference else { continue }
            if updates, words.count == 1 {
                file.update(section.name, result.stdoutText)
            } else {
                failure = "\(CaseRunner.stage(of: name)): section \(section.name) differs, \(difference)"
                return
            }
        }
    }

    /// The first of `lines` that is in no line of `text` behind those in which the earlier ones were found.
    private static func missingLine(_ lines: String, in text: String) -> String? {
        var rest = text.split(separator: "\n")[...]
        for line in lines.split(separator: "\n") {
            guard let i = rest.firstIndex(where: { $0.contains(line) }) else { return "no line contains `\(line)`" }
            rest = rest[(i + 1)...]
        }
        return nil
    }

    /// The first of `lines` that is in some line of `text`.
    private static func presentLine(_ lines: String, in text: String) -> String? {
        for line in lines.split(separator: "\n") where text.contains(line) { return "`\(line)` is there" }
        return nil
    }

    private static func isText(_ name: String) -> Bool {
        ["tokens", "ast", "hir", "mir", "asm", "smf"].contains(name) || name.hasPrefix("mir:")
    }

    private static func stage(of section: String) -> String {
        switch section {
        case "tokens", "ast": "parse"
        case "hir": "check"
        case "mir": "lower"
        case "asm": "generate"
        case "smf": "link"
        default: "optimize"
        }
    }

    // MARK: Runs

    /// Builds the program with every verifier on, then runs it four ways: interpreted before and behind the passes,
    /// natively, and natively with a collection at every allocation.
    private mutating func checkRun() {
        guard let run = file.run else { return }
        let stdin = Array((file.section("stdin") ?? "").utf8)
        let build = ProcessRunner.run(
            Executables.simplec, ["build", "--paranoid", "main.simple", "-o", "main.smf"], in: folder.path,
            timeout: run.timeout)
        if build.status != 0 {
            failure = "build ended with status \(build.status):\n\(build.stderrText)"
            return
        }
        let interpret = ["interpret", "--paranoid"]
        let native = { (environment: [String: String]) in
            (Executables.simple, ["main.smf"] + run.arguments, environment)
        }
        var ways: [(name: String, command: (String, [String], [String: String]))] = []
        if !run.skipped.contains("interpreter") {
            ways.append(
                (
                    "lower (interpreter, unoptimised)",
                    (Executables.simplec, interpret + ["--no-optimize", "main.simple"] + run.arguments, [:])
                ))
            ways.append(
                (
                    "optimize (interpreter)",
                    (Executables.simplec, interpret + ["main.simple"] + run.arguments, [:])
                ))
        }
        ways.append(("generate, link or runtime (native)", native([:])))
        if !run.skipped.contains("stress") {
            ways.append(("runtime (native, SIMPLE_GC=stress)", native(["SIMPLE_GC": "stress"])))
        }
        for (name, command) in ways {
            let result = ProcessRunner.run(
                command.0, command.1, in: folder.path, stdin: stdin, environment: command.2, timeout: run.timeout)
            if let difference = difference(result, run) {
                // The interpreter, which comes first, says what is right.
                if updates {
                    record(result, run)
                    return
                }
                failure = "\(name): \(difference)"
                return
            }
        }
    }

    private func difference(_ result: ProcessResult, _ run: CaseFile.Run) -> String? {
        if result.timedOut { return "no end within \(run.timeout) s" }
        if let difference = firstDifference(file.stdout, result.stdoutText) {
            return "stdout differs, \(difference)\nstderr: \(result.stderrText.prefix(600))"
        }
        // Each line given is a prefix of the line of the same number.
        let expected = (file.section("stderr") ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        let actual = result.stderrText.split(separator: "\n", omittingEmptySubsequences: false)
        for (i, line) in expected.dropLast().enumerated() where i >= actual.count || !actual[i].hasPrefix(line) {
            return "line \(i + 1) of stderr is `\(i < actual.count ? actual[i] : "")`, not `\(line)…`"
        }
        if file.section("stderr") == nil, !result.stderr.isEmpty {
            return "unexpected stderr: \(result.stderrText.prefix(600))"
        }
        if result.status != run.status {
            return "exit status \(result.status), not \(run.status)\nstderr: \(result.stderrText.prefix(600))"
        }
        return nil
    }

    private mutating func record(_ result: ProcessResult, _ run: CaseFile.Run) {
        var text = ""
        if result.status != 0 { text += "status \(result.status)\n" }
        for line in (file.section("run") ?? "").split(separator: "\n") where !line.hasPrefix("status ") {
            text += line + "\n"
        }
        file.update("run", text)
        let output = result.stdoutText
        file.update("stdout", output.isEmpty || output.hasSuffix("\n") ? output : output + "\n\\c\n")
        if let first = result.stderrText.split(separator: "\n").first { file.update("stderr", first + "\n") }
    }
}

/// One diagnostic of a case, as written in the case file or as the compiler printed it.
struct Finding: Equatable {
    var code: String
    /// `nil`: the root.
    var file: String?
    var line: Int
    var column: Int?
    var message: String

    /// Reads `E0301 3:5 text` or `E0601 geometry.simple:1:5`.
    init?(line text: String) {
        let words = text.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2 else { return nil }
        code = words[0]
        var parts = words[1].split(separator: ":").map(String.init)
        file = nil
        if Int(parts[0]) == nil { file = parts.removeFirst() }
        guard let first = parts.first, let number = Int(first) else { return nil }
        line = number
        column = parts.count > 1 ? Int(parts[1]) : nil
        message = words.count > 2 ? words[2] : ""
    }

    /// Reads a line of `check --format json`.
    init?(json: String) {
        func value(_ key: String) -> String? {
            guard let range = json.firstRange(of: "\"\(key)\":") else { return nil }
            var rest = json[range.upperBound...].drop { $0 == " " }
            if rest.first != "\"" { return String(rest.prefix { $0.isNumber }) }
            rest.removeFirst()
            var result = ""
            while let character = rest.first, character != "\"" {
                rest.removeFirst()
                if character == "\\", let escaped = rest.first {
                    rest.removeFirst()
                    result.append(escaped == "n" ? "\n" : escaped)
                } else {
                    result.append(character)
                }
            }
            return result
        }
        guard let code = value("code"), let line = value("line").flatMap({ Int($0) }),
            let column = value("col").flatMap({ Int($0) })
        else { return nil }
        self.code = code
        self.line = line
        self.column = column
        file = value("file") == "main.simple" ? nil : value("file")
        message = value("message") ?? ""
    }

    /// The line of a case file.
    var text: String {
        "\(code) \(file.map { $0 + ":" } ?? "")\(line)\(column.map { ":\($0)" } ?? "")\(message.isEmpty ? "" : " " + message)"
    }

    /// Whether this, as an expectation, is met by `actual`.
    func matches(_ actual: Finding) -> Bool {
        code == actual.code && line == actual.line && file == actual.file
            && (column == nil || column == actual.column) && (message.isEmpty || actual.message.contains(message))
    }
}

/// The first line in which two texts differ, in words; `nil` if they are equal.
func firstDifference(_ expected: String, _ actual: String) -> String? {
    if expected == actual { return nil }
    let a = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let b = actual.split(separator: "\n", omittingEmptySubsequences: false)
    for i in 0..<max(a.count, b.count) {
        let left = i < a.count ? String(a[i]) : "(end)", right = i < b.count ? String(b[i]) : "(end)"
        if left != right { return "line \(i + 1)\n  expected: \(left)\n  actual:   \(right)" }
    }
    return "line ends differ"
}

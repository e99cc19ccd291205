import ProcessSupport
import Testing

/// The programs of Examples do what their page says.
@Suite struct ExampleProgramTests {
    /// A run of a program.
    struct Run: Sendable, CustomTestStringConvertible {
        var file: String
        var arguments: [String] = []
        var stdin = ""
        var status: Int32 = 0
        /// The whole output; `nil`: see `mandelbrot`.
        var stdout: String?
        var stderr = ""
        var testDescription: String { ([file] + arguments).joined(separator: " ") }
    }

    static let folder = CaseTests.folder + "/../../../Examples"

    static let runs: [Run] = [
        Run(file: "hello.simple", stdout: "Hello, Simple!\n"),
        Run(file: "hello.simple", arguments: ["Ann"], stdout: "Hello, Ann!\n"),
        Run(
            file: "primes.simple", arguments: ["30"],
            stdout: "    2    3    5    7   11   13   17   19   23   29\n10 primes up to 30, the largest is 29\n"),
        Run(file: "primes.simple", arguments: ["x"], status: 2, stdout: "", stderr: "usage: primes"),
        Run(file: "mandelbrot.simple"),
        Run(
            file: "words.simple",
            stdout: """
                5 lines, 39 words, 29 different
                1. the         8 ########
                2. is          3 ###
                3. and         2 ##
                4. sea         1 #
                5. calm        1 #

                """),
        Run(
            file: "words.simple", arguments: ["-"], stdin: "b, a\nb.\n",
            stdout: "2 lines, 3 words, 2 different\n1. b           2 ##\n2. a           1 #\n"),
        Run(
            file: "bank.simple",
            stdout: """
                Ada pays Bo 49.75 and keeps 100.25
                Bo has only 70.25
                Dee has no account
                nothing to do
                Bo pays Cy 70.25 and keeps 0.00

                Ada    100.25  well off
                Bo       0.00  empty
                Cy      70.25  modest
                Account(owner: "Ada", cents: 10025)

                """),
        Run(
            file: "modules/main.simple",
            stdout: """
                Boxes
                ------------------------
                2.0 x 3.0 x 4.0    24.00
                1.5 x 1.5 x 1.5     3.38
                8.0 x 2.0 x 0.5     8.00
                together           35.38
                in litres       35375.00

                """),
    ]

    @Test(arguments: runs) func printsWhatItShould(run: Run) {
        let result = ProcessRunner.run(
            Executables.simple, [run.file] + run.arguments, in: ExampleProgramTests.folder, stdin: Array(run.stdin.utf8))
        #expect(result.status == run.status, "\(result.stderrText)")
        #expect(run.stderr.isEmpty ? result.stderr.isEmpty : result.stderrText.contains(run.stderr))
        if let stdout = run.stdout { #expect(result.stdoutText == stdout) }
    }

    /// A picture of the right size, with the inside of the set, its edge and its outside.
    @Test func mandelbrot() {
        let result = ProcessRunner.run(Executables.simple, ["mandelbrot.simple"], in: ExampleProgramTests.folder)
        let lines = result.stdoutText.split(separator: "\n")
        #expect(lines.count == 26 && lines.allSatisfy { $0.count == 78 })
        #expect(lines[13].contains("##########") && lines[13].contains("...") && lines[0].allSatisfy { $0 == " " })
    }

    /// No program of the folder is left out, neither here nor on its page.
    @Test func allAreHere() throws {
        let page = String(decoding: try #require(FileText.read(ExampleProgramTests.folder + "/README.md")), as: UTF8.self)
        for path in FileText.list(ExampleProgramTests.folder, suffix: ".simple") {
            let name = String(path.dropFirst(ExampleProgramTests.folder.count + 1))
            // Parts of programs.
            if name.hasPrefix("modules/") || name.hasPrefix("EmbeddingHost/") { continue }
            #expect(ExampleProgramTests.runs.contains { $0.file == name }, "\(name) is run by no test")
            #expect(page.contains("`\(name)`"), "\(name) is not on the page")
        }
    }
}

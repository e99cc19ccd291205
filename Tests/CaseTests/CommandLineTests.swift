import Glibc
import ProcessSupport
import SMF
import Testing

/// What users get for their mistakes, and the verbs, through the real executables.
@Suite struct CommandLineTests {
    private let folder = TemporaryFolder()

    private func simple(_ arguments: [String], stdin: String = "", _ environment: [String: String] = [:]) -> ProcessResult {
        ProcessRunner.run(
            Executables.simple, arguments, in: folder.path, stdin: Array(stdin.utf8), environment: environment)
    }

    private func expect(
        _ result: ProcessResult, _ status: Int32, stdout: String = "", stderr: String = "",
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result.stderrText)", sourceLocation: location)
        #expect(result.stdoutText == stdout, sourceLocation: location)
        #expect(
            stderr.isEmpty ? result.stderr.isEmpty : result.stderrText.contains(stderr), "\(result.stderrText)",
            sourceLocation: location)
    }

    // MARK: Running

    @Test func runsAFileWithItsArguments() {
        folder.write("a.simple", "println(args())\nmain = 7\n")
        expect(simple(["a.simple", "x", "--time", "-c"]), 7, stdout: "[\"x\", \"--time\", \"-c\"]\n")
        expect(simple(["run", "a.simple", "--help"]), 7, stdout: "[\"--help\"]\n")
    }

    @Test func runsCode() {
        expect(simple(["-c", "println(1 + 1, args())", "a", "-b"]), 0, stdout: "2 [\"a\", \"-b\"]\n")
        expect(simple(["-c", "let x = [1]\nprintln(x[3])"]), 101, stderr: "at <string>:2:9")
    }

    @Test func runsAFileWithoutExtensionFromElsewhere() {
        folder.write("bin/tool", "#!/usr/bin/env simple\nuse helper\nprintln(helper.f())\n")
        folder.write("bin/helper.simple", "pub fn f() -> i64: return 3\n")
        expect(simple(["bin/tool"]), 0, stdout: "3\n")
    }

    @Test func buildsAndRunsAModule() {
        folder.write("a.simple", "println(\"built\", args())\n")
        expect(simple(["build", "a.simple"]), 0)
        expect(simple(["compile", "a.simple", "-o", "b.smf"]), 0)
        expect(simple(["a.smf", "q"]), 0, stdout: "built [\"q\"]\n")
        #expect(FileText.read(folder.path + "/a.smf") == FileText.read(folder.path + "/b.smf"))
    }

    /// Same inputs, same bytes: from any folder, under any name of the folder.
    @Test func buildsAreReproducible() {
        let source = "use part\nprintln(part.f(2))\nlet xs = [\"a\", \"b\"]\nprintln(xs[args().len()])\n"
        for place in ["one", "two"] {
            folder.write("\(place)/main.simple", source)
            folder.write("\(place)/part.simple", "pub fn f(n): return n * n\n")
        }
        expect(simple(["build", "one/main.simple", "-o", "1.smf"]), 0)
        let inside = ProcessRunner.run(
            Executables.simple, ["build", "main.simple", "-o", "../2.smf"], in: folder.path + "/two")
        expect(inside, 0)
        expect(simple(["build", folder.path + "/two/main.simple", "-o", "3.smf"]), 0)
        let bytes = FileText.read(folder.path + "/1.smf")
        #expect(bytes != nil)
        #expect(FileText.read(folder.path + "/2.smf") == bytes)
        #expect(FileText.read(folder.path + "/3.smf") == bytes)
    }

    @Test func findsModulesOfAPackage() {
        folder.write("simple.sdn", "name: demo\n")
        folder.write("src/app/main.simple", "use lib.tool\nuse crate.base\nprintln(tool.f(), base.g())\n")
        folder.write("src/lib/tool.simple", "use base\npub fn f() -> i64: return base.g() + 1\n")
        folder.write("src/base.simple", "pub fn g() -> i64:\n    return 1\n")
        expect(simple(["src/app/main.simple"]), 0, stdout: "2 1\n")
        let inside = ProcessRunner.run(Executables.simple, ["main.simple"], in: folder.path + "/src/app")
        expect(inside, 0, stdout: "2 1\n")
    }

    // MARK: Mistakes

    @Test func reportsUnreadableSources() {
        folder.write("folder/x", "")
        expect(simple(["nofile.simple"]), 2, stderr: "error: cannot read `nofile.simple`: no such file or directory")
        expect(simple(["folder/"]), 2, stderr: "is a directory")
        expect(simple(["chekc"]), 2, stderr: "did you mean the command `check`?")
        expect(simple(["fmt"]), 2, stderr: "the command `fmt` is not supported by this compiler yet")
        expect(simple(["check", "nofile.simple"]), 2, stderr: "no such file")
        expect(simple(["build", "nofile.simple"]), 2, stderr: "no such file")
        expect(simple([]), 2, stderr: "USAGE")
        expect(simple(["--bogus", "x.simple"]), 2, stderr: "unknown option `--bogus`")
        expect(simple(["run", "--emit=nonsense", "x.simple"]), 2, stderr: "unknown text 'nonsense'")
    }

    @Test func reportsFilesThatAreNoPrograms() {
        folder.write("binary.simple", [0x70, 0xFF, 0xFE, 0x00])
        folder.write("nul.simple", [0x70, 0x00, 0x70, 0x0A])
        folder.write("empty.simple", [])
        expect(simple(["binary.simple"]), 1, stderr: "error[E0001]")
        expect(simple(["nul.simple"]), 1, stderr: "error[E0002]")
        expect(simple(["empty.simple"]), 0)
        folder.write("marked.simple", [0xEF, 0xBB, 0xBF] + Array("println(1)\r\nprintln(2)\r\n".utf8))
        expect(simple(["marked.simple"]), 0, stdout: "1\n2\n")
    }

    /// 100 MB of noise and nesting far beyond the limits end in a diagnostic, quickly.
    @Test func survivesAbsurdSources() {
        let noise = [UInt8](unsafeUninitializedCapacity: 100_000_000) { buffer, count in
            count = 100_000_000
            var state: UInt64 = 1
            UnsafeMutableRawBufferPointer(buffer).withMemoryRebound(to: UInt64.self) { words in
                for i in words.indices {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    words[i] = state ^ (state >> 31)
                }
            }
        }
        folder.write("noise.simple", noise)
        expect(simple(["noise.simple"]), 1, stderr: "error[E0001]")
        let open = String(repeating: "(", count: 10_000)
        folder.write("brackets.simple", "println(\(open)1\(String(repeating: ")", count: 10_000)))\n")
        folder.write("unclosed.simple", "println(\(open)\n")
        folder.write("terms.simple", "println(\(String(repeating: "1 + ", count: 100_000))1)\n")
        var blocks = ""
        for i in 0..<2_000 { blocks += String(repeating: " ", count: i) + "if true:\n" }
        folder.write("blocks.simple", blocks + String(repeating: " ", count: 2_000) + "pass\n")
        for name in ["brackets", "unclosed", "terms", "blocks"] {
            let result = simple(["\(name).simple"])
            #expect(result.status == 1, "\(name)")
            #expect(result.stderrText.contains("error[E0106]"), "\(name): \(result.stderrText.prefix(200))")
        }
    }

    @Test func refusesDamagedModules() throws {
        folder.write("a.simple", "println(\"ok\")\n")
        expect(simple(["build", "a.simple"]), 0)
        let good = try #require(FileText.read(folder.path + "/a.smf"))
        func damaged(_ name: String, _ message: String, _ change: (inout [UInt8]) -> Void) {
            var bytes = good
            change(&bytes)
            folder.write(name + ".smf", bytes)
            let result = simple([name + ".smf"])
            #expect(result.status == 1, "\(name): \(result.stderrText)")
            #expect(result.stdout.isEmpty, "\(name)")
            #expect(result.stderrText.hasPrefix("error: "), "\(name): \(result.stderrText)")
            #expect(result.stderrText.contains(message), "\(name): \(result.stderrText)")
        }
        /// A header that is as it should be for another machine: its checksum is right.
        func changed(_ name: String, _ message: String, _ change: (inout [UInt8]) -> Void) {
            damaged(name, message) { bytes in
                change(&bytes)
                bytes.withUnsafeMutableBytes { bytes in
                    guard let base = bytes.baseAddress else { return }
                    let table = Int(smfLoad64(base, 16))
                    let tableSize = Int(smfLoad32(base, 12)) * SMFFormat.sectionEntrySize
                    var checksum = CRC32C()
                    checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<SMFFormat.headerChecksumOffset]))
                    checksum.update(UnsafeRawBufferPointer(rebasing: bytes[table..<(table + tableSize)]))
                    smfStore32(base, SMFFormat.headerChecksumOffset, checksum.value)
                }
            }
        }
        damaged("truncated", "the file ends before the module does") { $0.removeLast($0.count / 2) }
        damaged("header", "fewer than the 128 bytes") { $0.removeLast($0.count - 64) }
        damaged("empty", "") { $0 = [] }
        damaged("foreign", "") { $0 = Array("\u{7F}ELF not a module of ours, but long enough to look at".utf8) }
        damaged("code", "hash differs") { $0[0x1000] ^= 0xFF }
        damaged("checksum", "checksum differs") { $0[7] = 1 }
        changed("architecture", "was built for AArch64, not for x86-64") { $0[7] = 1 }
        changed("platform", "was built for Windows, not for Linux") { $0[6] = 2 }
        changed("version", "made for another major version") { $0[4] = 2 }
        changed("abi", "was built for runtime ABI") { $0[112] ^= 1 }
        let inspected = simple(["inspect", "truncated.smf"])
        #expect(inspected.status == 1)
        #expect(inspected.stdoutText.contains("damaged"))
        expect(simple(["absent.smf"]), 1, stderr: "absent.smf")
    }

    /// A write that fails leaves the file that was there, and nothing beside it.
    @Test func keepsTheOldModuleWhenWritingFails() {
        folder.write("a.simple", "println(1)\n")
        expect(simple(["build", "a.simple", "-o", "/dev/full"]), 2, stderr: "no space left on device")
        expect(simple(["build", "a.simple", "-o", "no/such/folder/x.smf"]), 2, stderr: "no such file or directory")
        folder.write("keep.smf", "old")
        folder.write("bad.simple", "let x = \n")
        expect(simple(["build", "bad.simple", "-o", "keep.smf"]), 1, stderr: "error[E0101]")
        #expect(FileText.read(folder.path + "/keep.smf") == Array("old".utf8))
        expect(simple(["build", "a.simple", "-o", "keep.smf"]), 0)
        #expect(FileText.read(folder.path + "/keep.smf")?.starts(with: Array("SMF\0".utf8)) == true)
        #expect(FileText.list(folder.path, suffix: ".tmp").isEmpty)
    }

    @Test func reportsAFullStandardOutput() {
        folder.write("a.simple", "println(1)\n")
        let result = ProcessRunner.run(
            "/bin/sh", ["-c", "\(Executables.simple) a.simple > /dev/full"], in: folder.path)
        #expect(result.status != 0)
        #expect(result.stderrText.contains("No space left on device"))
        let pipe = ProcessRunner.run(
            "/bin/sh",
            ["-c", "(\(Executables.simple) -c 'while true: println(1)'; echo $? >&2) | head -1"], in: folder.path)
        #expect(pipe.stdoutText == "1\n")
        #expect(pipe.stderrText == "141\n")
    }

    /// No file that is opened later may become the closed standard output.
    @Test func reportsAClosedStandardOutput() {
        folder.write("a.simple", "println(1)\n")
        let result = ProcessRunner.run("/bin/sh", ["-c", "\(Executables.simple) a.simple >&-"], in: folder.path)
        #expect(result.status == 1)
        #expect(result.stderrText.contains("cannot write to stdout"))
        expect(simple(["build", "a.simple", "-o", "a.smf"]), 0)
        let module = ProcessRunner.run("/bin/sh", ["-c", "\(Executables.simple) a.smf >&-"], in: folder.path)
        #expect(module.status == 1)
        #expect(module.stderrText.contains("cannot write to stdout"))
    }

    // MARK: Signals

    /// Runs `simplec check` on a pipe from which nothing comes, sends it `signal`, and returns what became of it: the
    /// compiler is at work then, wherever it is.
    private func compile(until signal: String) -> ProcessResult {
        let script = """
            set -m
            mkfifo \(signal).simple
            \(Executables.simplec) check \(signal).simple &
            exec 3> \(signal).simple
            kill -\(signal) $!
            wait $!
            """
        return ProcessRunner.run("/bin/bash", ["-c", script], in: folder.path)
    }

    /// What would be a crash of the compiler is a report of a bug in it, with a status of its own.
    @Test(arguments: ["SEGV", "ILL", "ABRT", "BUS", "FPE", "TRAP"])
    func crashesAreReported(signal: String) {
        let result = compile(until: signal)
        #expect(result.status == 70, "\(result.stderrText)")
        #expect(result.stdout.isEmpty)
        #expect(
            result.stderrText.contains("error: internal compiler error while compiling `\(signal).simple`, stage "),
            "\(result.stderrText)")
        #expect(result.stderrText.contains("This is a bug in Simple, not in your program. Please report it"))
    }

    /// Ctrl-C ends the compiler as it ends other programs, without a word.
    @Test(arguments: [("INT", Int32(130)), ("TERM", Int32(143))])
    func signalsEndTheCompiler(signal: String, status: Int32) {
        let result = compile(until: signal)
        #expect(result.status == status, "\(result.stderrText)")
        #expect(!result.stderrText.contains("error"), "\(result.stderrText)")
    }

    /// What the verbs print arrives, or the status says that it did not.
    @Test(arguments: [
        "--help", "help build", "--version", "inspect p.smf", "inspect --json p.smf", "inspect --diff p.smf q.smf",
        "run --emit=mir p.simple", "check --format json bad.simple", "explain E0301", "cache status", "cache status --json",
    ])
    func reportsOutputThatCannotBeWritten(_ command: String) {
        folder.write("p.simple", "println(1)\n")
        folder.write("q.simple", "println(2)\n")
        folder.write("bad.simple", "println(x)\n")
        expect(simple(["build", "p.simple"]), 0)
        expect(simple(["build", "q.simple"]), 0)
        let environment = ["SIMPLE_CACHE_DIR": folder.path + "/cache"]
        func shell(_ text: String) -> ProcessResult {
            ProcessRunner.run("/bin/sh", ["-c", text], in: folder.path, environment: environment)
        }
        for executable in [Executables.simple, Executables.simplec] {
            let full = shell("\(executable) \(command) > /dev/full")
            expect(full, 2, stderr: "error: cannot write to stdout: no space left on device")
            let closed = shell("\(executable) \(command) >&-")
            expect(closed, 2, stderr: "error: cannot write to stdout: ")
            // The reader is gone before anything is written.
            let unread = shell("(sleep 0.1; \(executable) \(command); echo $? >&2) | true")
            #expect(unread.stderrText == "141\n")
        }
    }

    // MARK: Modules

    @Test func runsModulesFromPipes() {
        folder.write("p.simple", "println(3, args())\nmain = 4\n")
        folder.write("s.simple", "println(5)\n")
        expect(simple(["build", "p.simple", "-o", "p.smf"]), 0)
        func shell(_ text: String) -> ProcessResult { ProcessRunner.run("/bin/bash", ["-c", text], in: folder.path) }
        let program = Executables.simple
        expect(shell("cat p.smf | \(program) /dev/stdin a"), 4, stdout: "3 [\"a\"]\n")
        expect(shell("\(program) /dev/stdin a < p.smf"), 4, stdout: "3 [\"a\"]\n")
        expect(shell("\(program) <(cat p.smf) a"), 4, stdout: "3 [\"a\"]\n")
        expect(shell("cat s.simple | \(program) /dev/stdin"), 0, stdout: "5\n")
        for name in ["fifo", "fifo.smf", "fifo.simple"] {
            expect(shell("mkfifo \(name); cat p.smf > \(name) & \(program) ./\(name) a"), 4, stdout: "3 [\"a\"]\n")
        }
        expect(shell("head -c 4200 p.smf | \(program) /dev/stdin"), 1, stderr: "error: ")
        // A module is known by its contents, whatever it is called.
        expect(shell("cp p.smf plain; \(program) plain a"), 4, stdout: "3 [\"a\"]\n")
    }

    @Test func verbsForSourcesRefuseModules() {
        folder.write("a.simple", "println(1)\n")
        expect(simple(["build", "a.simple"]), 0)
        for arguments in [["check"], ["build"], ["build", "-o", "b.smf"], ["build", "--emit=obj"], ["run", "--emit=mir"]] {
            let result = simple(arguments + ["a.smf"])
            expect(result, 2, stderr: "error: `a.smf` is a compiled module, not a source\n")
            #expect(result.stderrText.contains("`simple inspect a.smf`"))
        }
        expect(simple(["build", "--standalone", "a.smf", "-o", "a"]), 0)
    }

    // MARK: Large inputs

    /// A chain of operators or calls is as long as its author likes; only nesting is limited.
    @Test func compilesLongChains() {
        func chain(_ first: String, _ link: String, _ count: Int) -> String {
            first + String(repeating: link, count: count)
        }
        folder.write(
            "a.simple",
            "let x = 1\nprintln(\(chain("x", ".max(7)", 5_000)))\nprintln(\(chain("x", " + 1", 15_000)))\n"
                + "println((\(chain("\"a\"", " + \"b\"", 3_000))).len())\n"
                + "println(\(chain("x == 1", " and x < 5", 5_000)))\n")
        expect(simple(["a.simple"]), 0, stdout: "7\n15001\n3001\ntrue\n")
        let type = String(repeating: "[", count: 300) + "i64" + String(repeating: "]", count: 300)
        folder.write("b.simple", "let xs: \(type) = []\nprintln(xs.len())\n")
        expect(simple(["b.simple"]), 0, stdout: "0\n")
    }

    /// Each of these would take minutes if it were quadratic.
    @Test(arguments: [
        ("println([i for i in 0..1000000].unique().len())", "1000000"),
        ("println([\"{i % 500000}\" for i in 0..1000000].unique().len())", "500000"),
        ("println([(i % 3, i as f64) for i in 0..1000000].unique().len())", "1000000"),
        ("""
        s = "é".repeat(2000000) + "z"
        k = 0
        while let Some(p) = s.find("é", k): k = p + 1
        println(k)
        """, "2000000"),
        ("""
        n = 1000000
        s = "é".repeat(n)
        t = "ü".repeat(n - 1) + "é"
        same = 0
        for i in 0..n:
            if s[i:i+1] == t[n - 1 - i]: same += 1
            if s[i] == s[n - 1 - i] and t.char_at(i) == c'ü': same += 1
        println(same)
        """, "1000000"),
        ("""
        rest = "é,".repeat(500000)
        n = 0
        while let Some((a, b)) = rest.split_once(","):
            rest = b
            n += a.len()
        println(n)
        """, "500000"),
    ])
    func largeInputsTakeLinearTime(_ program: String, _ output: String) {
        folder.write("a.simple", program + "\n")
        expect(simple(["a.simple"]), 0, stdout: output + "\n")
    }

    // MARK: Diagnostics

    @Test func diagnosticsArePlainOffATerminal() {
        folder.write("a.simple", "let x: i64 = \"a\"\n")
        let result = simple(["check", "a.simple"])
        #expect(result.status == 1)
        #expect(result.stderrText.hasPrefix("error[E0301]: "))
        #expect(result.stderrText.contains("  --> a.simple:1:14\n"))
        #expect(!result.stderr.contains(0x1B))
        let json = simple(["check", "--diagnostics=json", "a.simple"])
        #expect(json.status == 1)
        #expect(json.stdoutText.hasPrefix("{\"code\":\"E0301\",\"severity\":\"error\","))
        #expect(json.stderr.isEmpty)
    }

    @Test func warningsDoNotStopAProgram() {
        folder.write("a.simple", "fn f():\n    let unused = 1\nf()\nprintln(\"ran\")\n")
        let result = simple(["a.simple"])
        #expect(result.status == 0)
        #expect(result.stdoutText == "ran\n")
        #expect(result.stderrText.contains("warning[W0501]"))
        expect(simple(["check", "a.simple"]), 0, stderr: "W0501")
    }

    @Test func explainsCodes() {
        #expect(simple(["explain", "E0304"]).stdoutText.hasPrefix("E0304"))
        #expect(simple(["explain", "p008"]).stdoutText.contains("P008"))
        expect(simple(["explain", "E9999"]), 2, stderr: "there is no code `E9999`")
        #expect(simple(["--version"]).stdoutText.hasPrefix("simple "))
        #expect(simple(["--help"]).stdoutText.contains("SUBCOMMANDS"))
    }

    // MARK: Texts and times

    @Test func everyTextCanBeShown() throws {
        folder.write("a.simple", "fn f(n: i64) -> i64: return n + 1\nprintln(f(2))\n")
        let help = simple(["run", "--help"]).stdoutText
        #expect(help.contains("mir:optimized"))
        for section in ["tokens", "ast", "hir", "mir", "mir:numberValues", "mir:optimized", "asm", "smf"] {
            let result = simple(["--emit=\(section)", "a.simple"])
            #expect(result.status == 0, "\(section): \(result.stderrText)")
            #expect(result.stdout.count > 20, "\(section)")
        }
        let both = simple(["--emit=ast,hir", "a.simple"]).stdoutText
        #expect(both.hasPrefix("--- ast\n"))
        #expect(both.contains("\n--- hir\n"))
    }

    @Test func timesShowTheStages() {
        folder.write("a.simple", "println(1)\n")
        let result = simple(["--time", "--paranoid", "a.simple"])
        #expect(result.stdoutText == "1\n")
        for row in ["read", "parse", "check", "lower", "optimize", "generate", "link", "verify", "total"] {
            #expect(result.stderrText.contains(row), "\(row)")
        }
    }
}

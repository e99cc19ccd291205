import Glibc
import ProcessSupport
import Testing

/// What gdb, binutils and perf see of Simple code.
@Suite struct DebuggerTests {
    private let folder = TemporaryFolder()

    static let source = """
        fn inner(k: i64) -> i64:
            let a = [1, 2, 3]
            return a[k]

        #[noinline]
        fn middle(k: i64) -> i64:
            let x = k * 2
            let y = inner(x)
            return y + 1

        fn main():
            var sum = 0
            for i in 0..3:
                sum += i
            println(sum)
            println(middle(1))

        """
    private let lineCount = 16

    private func run(_ program: String, _ arguments: [String], _ environment: [String: String] = [:]) -> ProcessResult {
        ProcessRunner.run(program, arguments, in: folder.path, environment: environment, timeout: 60)
    }

    private func build(_ options: [String]) {
        folder.write("app.simple", Self.source)
        let result = run(Executables.simple, ["build", "app.simple"] + options)
        #expect(result.status == 0, "\(result.stderrText)")
    }

    /// Runs gdb on a command line: stops at `place`, prints the backtrace, goes on to the end.
    private func gdb(_ place: String, _ command: [String], _ environment: [String: String] = [:]) -> String {
        folder.write(
            "script",
            """
            set confirm off
            set width 0
            set breakpoint pending on
            break \(place)
            run
            backtrace
            delete
            continue

            """)
        let result = run(
            "/usr/bin/gdb",
            ["-q", "-nx", "-batch", "-iex", "set auto-load no", "-iex", "set debuginfod enabled off", "-x", "script", "--args"] + command,
            environment.merging(["HOME": folder.path]) { $1 })
        return result.stdoutText + result.stderrText
    }

    private func expectBacktrace(_ text: String, at location: SourceLocation = #_sourceLocation) {
        // Inlined frames are frames.
        for part in [
            "#0  inner () at app.simple:3", "#1  middle () at app.simple:8",
            "main () at app.simple:16", "3\t    return a[k]", "exited normally",
        ] where !text.contains(part) {
            Issue.record("gdb says nothing of `\(part)`:\n\(text)", sourceLocation: location)
        }
    }

    @Test func gdbStopsInAStandaloneExecutable() {
        build(["--standalone", "-g", "-o", "app"])
        expectBacktrace(gdb("app.simple:3", ["./app"]))
    }

    @Test func gdbStopsInAModule() {
        build(["-g", "-o", "app.smf"])
        expectBacktrace(gdb("app.simple:3", [Executables.simple, "app.smf"], ["SIMPLE_GDB": "1"]))
    }

    /// Without `-g` there are positions for calls, which is what backtraces need; and a breakpoint in memory must not be
    /// taken for damage.
    @Test func gdbKnowsFunctionsWithoutDebugInformation() {
        build(["--standalone", "-o", "app"])
        let text = gdb("middle", ["./app"])
        #expect(text.contains("middle () at app.simple:"), "\(text)")
        #expect(text.contains("main () at app.simple:16"), "\(text)")
        #expect(text.contains("exited normally"), "\(text)")
    }

    /// The rows that binutils decode are those of the source map.
    @Test func lineTablesAgree() throws {
        build(["-g", "-o", "app.smf"])
        build(["--standalone", "-g", "-o", "app"])
        // `    +0x13 app.simple:3:12 inline 1 statement`, below `  main 0x1000 size 28`.
        var expected: [UInt64: Int] = [:]
        var start: UInt64 = 0
        func number(_ text: Substring) -> UInt64? { UInt64(text.drop { $0 == "+" }.dropFirst(2), radix: 16) }
        for line in run(Executables.simple, ["inspect", "app.smf"]).stdoutText.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 4, words[2] == "size", let value = number(words[1]) { start = value }
            if words.last == "statement", let offset = number(words[0]) {
                let place = words[1].split(separator: ":")
                expected[start + offset] = Int(place[1])
            }
        }
        #expect(expected.count > 8)
        let section = try #require(
            run("/usr/bin/readelf", ["-SW", "app"]).stdoutText.split(separator: "\n").first { $0.contains(" .smf_image ") })
        let words = section.split(separator: " ")
        let kind = try #require(words.firstIndex(of: "PROGBITS"))
        let base = try #require(UInt64(words[kind + 1], radix: 16))
        var decoded: [UInt64: Int] = [:]
        for line in run("/usr/bin/objdump", ["--dwarf=decodedline", "app"]).stdoutText.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 3, words[0] == "app.simple", let row = Int(words[1]), words[2].hasPrefix("0x"),
                let address = number(words[2])
            else { continue }
            decoded[address - base] = row
        }
        for (address, line) in expected { #expect(decoded[address] == line, "at \(String(address, radix: 16))") }
        #expect(decoded.values.allSatisfy { $0 <= lineCount })
    }

    @Test func readersFindNoFault() {
        build(["--standalone", "-g", "-o", "app"])
        for arguments in [["-aW"], ["--debug-dump=info,line,frames,abbrev", "-W"]] {
            let result = run("/usr/bin/readelf", arguments + ["app"])
            #expect(result.status == 0)
            #expect(result.stderr.isEmpty, "\(result.stderrText)")
        }
        let names = run("/usr/bin/nm", ["app"]).stdoutText
        #expect(names.contains(" t app.middle\n") && names.contains(" t simple.main\n"))
        build(["--standalone", "-g", "-s", "-o", "app"])
        #expect(run("/usr/bin/nm", ["app"]).stdoutText.isEmpty)
    }

    @Test func perfMapListsTheFunctions() throws {
        build(["-o", "app.smf"])
        folder.write(
            "script",
            "\(Executables.simple) app.smf & wait $!; status=$?; cat /tmp/perf-$!.map; rm -f /tmp/perf-$!.map; exit $status")
        let result = run("/bin/sh", ["script"], ["SIMPLE_PERF_MAP": "1"])
        #expect(result.status == 0)
        let lines = result.stdoutText.split(separator: "\n").filter { $0.hasSuffix(" app.middle") || $0.hasSuffix(" simple.main") }
        #expect(lines.count == 2, "\(result.stdoutText)")
        for line in lines {
            let words = line.split(separator: " ")
            #expect(words.count == 3)
            #expect(UInt64(words[0], radix: 16).map { $0 > 0x1000 } == true)
            #expect(UInt64(words[1], radix: 16).map { $0 > 0 && $0 < 4096 } == true)
        }
    }
}

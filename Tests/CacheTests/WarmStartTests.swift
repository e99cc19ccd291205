import CPlatform
import Glibc
import ProcessSupport
import Testing

/// An unchanged program is not compiled again; a changed one is, whatever its stamps say.
@Suite struct WarmStartTests {
    @Test func anUnchangedProgramIsNotCompiled() {
        let fixture = CacheFixture()
        fixture.write("a.simple", "println(\"hello\", args())\nmain = 3\n")
        expect(fixture.run("a.simple", "x"), "hello [\"x\"]\n", status: 3)
        #expect(fixture.compilations() == 1)
        // By contents, then by stamps.
        expect(fixture.run("a.simple", "y"), "hello [\"y\"]\n", status: 3)
        fixture.settle()
        for _ in 0..<3 { expect(fixture.run("a.simple", "--cache=off"), "hello [\"--cache=off\"]\n", status: 3) }
        expect(fixture.run(fixture.folder.path + "/a.simple"), "hello []\n", status: 3)
        expect(fixture.run("run", "./a.simple"), "hello []\n", status: 3)
        // The compiler writes a line whenever it is started to run a file.
        #expect(fixture.events().isEmpty)
    }

    @Test func eachModeGivesTheSame() {
        let fixture = CacheFixture()
        fixture.write("a.simple", "use b\nprintln(b.f(20))\n")
        fixture.write("b.simple", "pub fn f(n: i64) -> i64: return n * n\n")
        for mode in ["fast", "content", "verify", "off", "fast", "content", "verify", "off"] {
            expect(fixture.run("--cache=\(mode)", "a.simple"), "400\n")
            expect(fixture.run("a.simple", environment: ["SIMPLE_CACHE": mode]), "400\n")
        }
        // Once for each: first run, `verify` four times; `off` is no business of the cache.
        #expect(fixture.compilations() == 5)
        #expect(fixture.run("--cache=maybe", "a.simple").status == 2)
        expect(fixture.run("a.simple", environment: ["SIMPLE_CACHE": "maybe"]), "400\n", warnings: 1)
    }

    @Test func optionsAreKeptApart() {
        let fixture = CacheFixture()
        fixture.write("a.simple", "println(1)\n")
        for _ in 0..<2 {
            expect(fixture.run("a.simple"), "1\n")
            expect(fixture.run("--no-optimize", "a.simple"), "1\n")
        }
        #expect(fixture.compilations() == 2)
    }

    /// What can happen to a program between two runs, and whether it must be compiled.
    struct Change: Sendable, CustomTestStringConvertible {
        var name: String
        var compiles: Bool
        var output = "2\n"
        var action: @Sendable (String) -> Void
        var testDescription: String { name }
    }

    static let changes: [Change] = [
        Change(name: "nothing", compiles: false) { _ in },
        Change(name: "a module is edited", compiles: true, output: "3\n") {
            FileText.write($0 + "/b.simple", Array("pub fn f() -> i64: return 3\n".utf8))
        },
        Change(name: "edited, its size and time of change kept", compiles: true, output: "3\n") { folder in
            var status = stat()
            stat(folder + "/b.simple", &status)
            FileText.write(folder + "/b.simple", Array("pub fn f() -> i64: return 3\n".utf8))
            var times = [status.st_atim, status.st_mtim]
            utimensat(AT_FDCWD, folder + "/b.simple", &times, 0)
        },
        Change(name: "replaced by rename, with an old time of change", compiles: true, output: "3\n") { folder in
            FileText.write(folder + "/new", Array("pub fn f() -> i64: return 3\n".utf8))
            var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
            utimensat(AT_FDCWD, folder + "/new", &times, 0)
            rename(folder + "/new", folder + "/b.simple")
        },
        Change(name: "edited, time of change in the future", compiles: true, output: "3\n") { folder in
            FileText.write(folder + "/b.simple", Array("pub fn f() -> i64: return 3\n".utf8))
            var times = [timespec(tv_sec: 4_000_000_000, tv_nsec: 0), timespec(tv_sec: 4_000_000_000, tv_nsec: 0)]
            utimensat(AT_FDCWD, folder + "/b.simple", &times, 0)
        },
        Change(name: "touched", compiles: false) { folder in
            utimensat(AT_FDCWD, folder + "/b.simple", nil, 0)
            utimensat(AT_FDCWD, folder + "/a.simple", nil, 0)
        },
        Change(name: "replaced by a copy", compiles: false) { folder in
            FileText.write(folder + "/new", FileText.read(folder + "/b.simple") ?? [])
            rename(folder + "/new", folder + "/b.simple")
        },
        Change(name: "another file appears", compiles: false) { FileText.write($0 + "/c.simple", []) },
        Change(name: "a second file for the module appears", compiles: true, output: "") {
            FileText.write($0 + "/b.spl", Array("pub fn f() -> i64: return 4\n".utf8))
        },
        Change(name: "a package appears", compiles: true) { FileText.write($0 + "/simple.sdn", []) },
        Change(name: "a module is gone", compiles: true, output: "") { unlink($0 + "/b.simple") },
        Change(name: "a module is a directory now", compiles: true, output: "") {
            unlink($0 + "/b.simple")
            mkdir($0 + "/b.simple", 0o755)
        },
        Change(name: "a module is a link to the same contents", compiles: false) {
            rename($0 + "/b.simple", $0 + "/real")
            symlink("real", $0 + "/b.simple")
        },
    ]

    /// Directly behind the first run, when no stamp is believed, and two seconds later, when they are.
    @Test(arguments: changes, [false, true])
    func changesAreSeen(_ change: Change, settled: Bool) {
        let fixture = CacheFixture()
        fixture.write("p/a.simple", "use b\nprintln(b.f())\n")
        fixture.write("p/b.simple", "pub fn f() -> i64: return 2\n")
        expect(fixture.run("p/a.simple"), "2\n")
        #expect(fixture.compilations() == 1)
        if settled {
            fixture.settle()
            expect(fixture.run("p/a.simple"), "2\n")
        }
        change.action(fixture.folder.path + "/p")
        let result = fixture.run("p/a.simple")
        #expect(result.stdoutText == change.output)
        #expect(result.status == (change.output.isEmpty ? 1 : 0), "\(result.stderrText)")
        #expect(fixture.compilations() == (change.compiles && !change.output.isEmpty ? 1 : 0))
    }

    /// A file that would be preferred to the one that was found.
    @Test func shadowingFilesAreSeen() {
        let fixture = CacheFixture()
        fixture.write("p/simple.sdn", "")
        fixture.write("p/src/app/a.simple", "use b\nprintln(b.f())\n")
        fixture.write("p/src/b.simple", "pub fn f() -> i64: return 1\n")
        expect(fixture.run("p/src/app/a.simple"), "1\n")
        fixture.settle()
        expect(fixture.run("p/src/app/a.simple"), "1\n")
        #expect(fixture.compilations() == 1)
        fixture.write("p/src/app/b.simple", "pub fn f() -> i64: return 2\n")
        expect(fixture.run("p/src/app/a.simple"), "2\n")
        unlink(fixture.folder.path + "/p/src/app/b.simple")
        expect(fixture.run("p/src/app/a.simple"), "1\n")
        #expect(fixture.compilations() == 2)
    }

    /// Edits faster than the clock's ticks and of the same size.
    @Test func sameSecondEdits() {
        let fixture = CacheFixture()
        for i in 0..<10 {
            fixture.write("a.simple", "println(\(i))\n")
            expect(fixture.run("a.simple"), "\(i)\n")
        }
    }

    @Test func warningsAreRepeated() {
        let fixture = CacheFixture()
        fixture.write("p/a.simple", "fn f():\n    let x = 1\nf()\nprintln(2)\n")
        let first = fixture.run("p/a.simple")
        #expect(first.stdoutText == "2\n")
        #expect(first.stderrText.contains("warning"), "the test needs a program with a warning")
        for _ in 0..<2 { #expect(fixture.run("p/a.simple") == first) }
        #expect(fixture.compilations() == 1)
        // From elsewhere they name the file differently.
        let elsewhere = ProcessRunner.run(
            Executables.simple, ["a.simple"], in: fixture.folder.path + "/p", environment: fixture.environment)
        #expect(elsewhere.stderrText.contains(" a.simple:"), "\(elsewhere.stderrText)")
    }

    /// Sources that cannot be read twice are compiled each time.
    @Test func pipesAreNotCached() {
        let fixture = CacheFixture()
        for i in 0..<2 {
            let result = ProcessRunner.run(
                "/bin/sh", ["-c", "echo 'println(\(i))' | \(Executables.simple) /dev/stdin"], in: fixture.folder.path,
                environment: fixture.environment)
            #expect(result.stdoutText == "\(i)\n", "\(result.stderrText)")
        }
    }
}

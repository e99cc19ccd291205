import CPlatform
import Glibc
import ProcessSupport
import Testing

/// Whatever is wrong with the cache's surroundings: the program runs, its output and status are right, and there is one
/// warning at most.
@Suite struct HostileSurroundingsTests {
    private func program() -> CacheFixture {
        let fixture = CacheFixture()
        fixture.write("a.simple", "use b\nprintln(b.f(3))\nmain = 5\n")
        fixture.write("b.simple", "pub fn f(n: i64) -> i64: return n * 7\n")
        return fixture
    }

    private func shell(_ fixture: CacheFixture, _ script: String, timeout: Double = 60) -> ProcessResult {
        ProcessRunner.run(
            "/bin/sh", ["-c", script], in: fixture.folder.path,
            environment: fixture.environment.merging(["S": Executables.simple]) { $1 }, timeout: timeout)
    }

    /// This machine does not let a test mount a file system. Where the tests must show something, as root in CI, that is a
    /// failure.
    private func isVoid(at location: SourceLocation = #_sourceLocation) {
        if geteuid() == 0, getenv("CI") != nil {
            Issue.record("mounting a tmpfs in a namespace of its own is not allowed here", sourceLocation: location)
        }
    }

    @Test func twentyFirstRunsCompileOnce() {
        let fixture = program()
        for round in 0..<3 {
            fixture.write("b.simple", "pub fn f(n: i64) -> i64: return n * \(7 + round)\n")
            let result = shell(
                fixture,
                """
                for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                  { $S a.simple >out.$i 2>err.$i; echo $? >end.$i; mv end.$i status.$i; } &
                done
                until [ "$(ls status.* 2>/dev/null | wc -l)" = 20 ]; do sleep 0.02; done
                cat out.*; cat err.* status.* >&2; rm status.*
                """)
            #expect(result.stdoutText == String(repeating: "\(3 * (7 + round))\n", count: 20))
            #expect(result.stderrText == String(repeating: "5\n", count: 20))
            #expect(fixture.compilations() == 1)
        }
    }

    /// A process that holds the lock and never comes back does not stop anybody for good; `patience` bounds the wait, so
    /// this looks only at locks of the dead.
    @Test func killedAtAnyMoment() {
        let fixture = program()
        var generator = SystemRandomNumberGenerator()
        for i in 0..<200 {
            // Half of them compile, half run what others compiled.
            if i % 2 == 0 { fixture.write("b.simple", "pub fn f(n: i64) -> i64: return n * 7 # \(i)\n") }
            let moment = Double(UInt.random(in: 0..<15_000, using: &generator)) / 1e6
            _ = ProcessRunner.run(
                Executables.simple, ["a.simple"], in: fixture.folder.path, environment: fixture.environment,
                timeout: moment)
            if i % 10 == 9 { expect(fixture.run("a.simple"), "21\n", status: 5) }
        }
        for _ in 0..<3 { expect(fixture.run("a.simple"), "21\n", status: 5) }
        #expect(fixture.run("cache", "verify").status == 0)
    }

    @Test func noHome() {
        let fixture = program()
        let environment = ["SIMPLE_CACHE": "", "HOME": "", "XDG_CACHE_HOME": ""]
        for _ in 0..<2 {
            let result = ProcessRunner.run(
                Executables.simple, ["a.simple"], in: fixture.folder.path, environment: environment)
            expect(result, "21\n", status: 5)
        }
    }

    @Test func whereTheCacheIs() {
        let fixture = program()
        let home = fixture.folder.path + "/home"
        mkdir(home, 0o755)
        var environment = ["SIMPLE_CACHE": "", "HOME": home, "XDG_CACHE_HOME": ""]
        func run() {
            let result = ProcessRunner.run(
                Executables.simple, ["a.simple"], in: fixture.folder.path, environment: environment)
            expect(result, "21\n", status: 5)
        }
        run()
        var status = stat()
        #expect(stat(home + "/.cache/simple", &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(FileText.read(home + "/.cache/simple/CACHEDIR.TAG")?.starts(with: Array("Signature: 8a477f59".utf8)) == true)
        environment["XDG_CACHE_HOME"] = fixture.folder.path + "/xdg/deep"
        run()
        #expect(stat(fixture.folder.path + "/xdg/deep/simple/images", &status) == 0)
        environment["SIMPLE_CACHE_DIR"] = "here"
        run()
        #expect(stat(fixture.folder.path + "/here/images", &status) == 0)
    }

    @Test func unusableFolders() {
        let fixture = program()
        // A file in the way; then of one kind of entry.
        fixture.write("cache", "")
        for _ in 0..<2 { expect(fixture.run("a.simple"), "21\n", status: 5, warnings: 1) }
        unlink(fixture.cache)
        for kind in ["images", "manifests", "objects", "locks"] {
            mkdir(fixture.cache, 0o700)
            fixture.write("cache/" + kind, "")
            for _ in 0..<2 {
                let result = fixture.run("a.simple")
                #expect(result.stdoutText == "21\n" && result.status == 5, "\(kind): \(result.stderrText)")
                #expect(result.stderrText.split(separator: "\n").filter { $0.hasPrefix("warning") }.count <= 1)
            }
            unlink(fixture.cache + "/" + kind)
        }
        // Others may write.
        chmod(fixture.cache, 0o777)
        unlink(fixture.folder.path + "/b.simple")
        fixture.write("b.simple", "pub fn f(n: i64) -> i64: return n * 8\n")
        expect(fixture.run("a.simple"), "24\n", status: 5, warnings: 1)
        chmod(fixture.cache, 0o700)
        expect(fixture.run("a.simple"), "24\n", status: 5)
    }

    @Test func readOnlyFolder() {
        let fixture = program()
        // Whoever may everything is stopped by a file system mounted read-only, if mounting is allowed.
        let result =
            geteuid() != 0
            ? shell(fixture, "mkdir -m 500 cache; $S a.simple")
            : shell(
                fixture,
                """
                mkdir -m 700 cache
                unshare -m sh -c 'mount -t tmpfs -o ro,mode=700 none cache && $S a.simple' || { [ $? = 5 ] && exit 5; exit 77; }
                """)
        if result.status == 77 { return isVoid() }
        expect(result, "21\n", status: 5, warnings: 1)
    }

    /// A tmpfs of a few pages: writes fail at every possible place as it fills.
    @Test func fullDisk() {
        let fixture = program()
        for pages in [1, 2, 3, 4, 5, 6, 8] {
            let result = shell(
                fixture,
                """
                mkdir -p -m 700 cache
                unshare -m sh -c 'mount -t tmpfs -o size=\(pages * 4096),mode=700 none cache || exit 77
                  $S a.simple; status=$?; $S a.simple >/dev/null 2>&1 || [ $? = 5 ] || exit 78; exit $status'
                """)
            // Mounting needs rights that not every machine gives.
            if result.status == 77 || result.status == 1 && result.stdout.isEmpty { return isVoid() }
            #expect(result.stdoutText == "21\n" && result.status == 5, "\(pages): \(result.stderrText)")
            #expect(result.stderrText.split(separator: "\n").filter { $0.hasPrefix("warning") }.count <= 1)
        }
    }

    @Test func foreignOwner() {
        let fixture = program()
        if geteuid() == 0 {
            expect(fixture.run("a.simple"), "21\n", status: 5)
            _ = shell(fixture, "chown -R 12345 cache")
            #expect(fixture.compilations() == 1)
        } else {
            fixture.environment["SIMPLE_CACHE_DIR"] = "/"
        }
        for _ in 0..<2 { expect(fixture.run("a.simple"), "21\n", status: 5, warnings: 1) }
        #expect(fixture.compilations() == 2)
    }
}

import Glibc
import ProcessSupport
import Testing

/// Programs outside the cache and outside `simple`: standalone executables and ELF objects, through the tools that
/// people use on them (binutils, cc).
@Suite struct StandaloneTests {
    private let folder = TemporaryFolder()

    private func simple(_ arguments: [String]) -> ProcessResult {
        ProcessRunner.run(Executables.simple, arguments, in: folder.path)
    }

    private func run(
        _ program: String, _ arguments: [String] = [], _ environment: [String: String] = [:]
    ) -> ProcessResult {
        ProcessRunner.run(
            program.hasPrefix("/") ? program : folder.path + "/" + program, arguments, in: folder.path,
            environment: environment)
    }

    private func build(_ source: String, _ options: [String] = [], output: String = "app") {
        folder.write("app.simple", source)
        let result = simple(["build", "--standalone", "app.simple", "-o", output] + options)
        #expect(result.status == 0, "\(result.stderrText)")
    }

    private func size(_ name: String) -> Int { FileText.read(folder.path + "/" + name)?.count ?? -1 }

    static let globals = """
        var total = 0
        var names: [str] = []
        fn at(i: i64) -> str:
            return names[i]
        fn deep(n: i64) -> i64:
            return deep(n + 1) + 1
        for word in args():
            total += len(word)
            names.push(word)
        println("{total} {names}")
        if total == 3: println(at(total))
        if total == 4: println(deep(0))
        exit(total)
        """

    // MARK: Standalone executables

    @Test func helloIsSmallAndNeedsTheCLibraryOnly() throws {
        build("println(\"hello\")\n")
        #expect(run("app").stdoutText == "hello\n")
        // The promise is 200 KB. Room is left for what the runtime will learn.
        #expect(size("app") <= 200 << 10)
        let needed = run("/usr/bin/readelf", ["-dW", "app"]).stdoutText.split(separator: "\n").filter { $0.contains("(NEEDED)") }
        #expect(needed.count == 1 && needed[0].contains("libc.so.6"))
    }

    @Test func behavesAsTheModuleDoes() {
        build(Self.globals)
        #expect(run("app").stdoutText == "0 []\n")
        // Nothing on the command line is ours.
        let arguments = ["--gc-stats", "-c", "x.smf"]
        let result = run("app", arguments)
        #expect(result.stdoutText == "17 [\"--gc-stats\", \"-c\", \"x.smf\"]\n")
        #expect(result.status == 17)
        let panic = run("app", ["abc"])
        #expect(panic.status == 101)
        #expect(panic.stderrText.hasPrefix("panic[P008]: index 3 out of range for array of length 1\n  at app.simple:4:12\n"))
        let overflow = run("app", ["abcd"])
        #expect(overflow.status == 101)
        #expect(overflow.stderrText.hasPrefix("panic[P016]: stack overflow\n  at app.simple:6:12\n"))
        #expect(run("app", ["abcdefg"], ["SIMPLE_GC": "stress,stats"]).stderrText.hasPrefix("gc: "))
        #expect(run("app", ["abcdefg"], ["SIMPLE_GC": "max=1x"]).stderrText.hasPrefix("warning: SIMPLE_GC"))
    }

    @Test(arguments: [
        ["/usr/bin/strip"], ["/usr/bin/strip", "--strip-debug"], ["/usr/bin/objcopy"],
        ["/usr/bin/objcopy", "--strip-unneeded"], ["/usr/bin/objcopy", "--only-keep-debug"],
    ])
    func survivesTools(_ tool: [String]) {
        build(Self.globals)
        let result = run(tool[0], Array(tool.dropFirst()) + (tool[0].hasSuffix("strip") ? ["-o", "out", "app"] : ["app", "out"]))
        #expect(result.status == 0, "\(result.stderrText)")
        // Only that one takes the program away, and then says so.
        if tool.contains("--only-keep-debug") { return }
        #expect(run("out", ["ab", "c", "de"]).stdoutText == "5 [\"ab\", \"c\", \"de\"]\n")
        #expect(run("/usr/bin/strip", ["out"]).status == 0)
        #expect(run("out", ["ab"]).status == 2)
    }

    @Test func isFoundByInspectAndBuiltFromAModule() {
        build(Self.globals)
        #expect(simple(["build", "app.simple", "-o", "app.smf"]).status == 0)
        #expect(simple(["inspect", "app"]).stdoutText == simple(["inspect", "app.smf"]).stdoutText)
        #expect(simple(["build", "--standalone", "app.smf", "-o", "other"]).status == 0)
        #expect(FileText.read(folder.path + "/app") == FileText.read(folder.path + "/other"))
        #expect(simple(["build", "--standalone", "-s", "app.smf"]).status == 0)
        #expect(run("app").status == 0)
        #expect(size("app") < size("other"))
    }

    @Test func damageIsRefusedWithAReason() throws {
        build(Self.globals)
        var bytes = try #require(FileText.read(folder.path + "/app"))
        let magic: [UInt8] = [0x53, 0x4D, 0x46, 0, 1, 0]
        let start = try #require(bytes.indices.dropLast(6).first { $0 % 4096 == 0 && Array(bytes[$0..<$0 + 6]) == magic })
        bytes[start + 4096 + 8] ^= 1
        folder.write("damaged", bytes)
        chmod(folder.path + "/damaged", 0o755)
        let result = run("damaged")
        #expect(result.status == 1)
        #expect(result.stderrText.contains("the module is damaged (hash differs)"))
    }

    @Test func aConcatenationRuns() throws {
        folder.write("app.simple", Self.globals)
        #expect(simple(["build", "app.simple"]).status == 0)
        var bytes = try #require(FileText.read(Executables.stub))
        let image = try #require(FileText.read(folder.path + "/app.smf"))
        bytes += [UInt8](repeating: 0, count: (4096 - bytes.count % 4096) % 4096)
        let offset = UInt64(bytes.count)
        bytes += image
        var trailer = Array("SMFTRAIL".utf8)
        func append(_ value: UInt64, _ size: Int) { for i in 0..<size { trailer.append(UInt8(truncatingIfNeeded: value >> UInt64(i * 8))) } }
        append(offset, 8)
        append(UInt64(image.count), 8)
        append(UInt64(Self.crc32c(trailer)), 4)
        append(1, 4)
        for (name, flip) in [("app", 0), ("damaged", 1)] {
            var file = bytes + trailer
            file[file.count - 20] ^= UInt8(flip)
            folder.write(name, file)
            chmod(folder.path + "/" + name, 0o755)
        }
        #expect(run("app", ["ab"]).stdoutText == "2 [\"ab\"]\n")
        #expect(simple(["inspect", "app"]).stdoutText == simple(["inspect", "app.smf"]).stdoutText)
        #expect(run("damaged").status == 1)
        #expect(run("damaged").stderrText.contains("trailer"))
        let bare = run(Executables.stub)
        #expect(bare.status == 70 && bare.stderrText.contains("this is the stub of standalone executables"))
    }

    /// CRC-32C, bit by bit.
    private static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 != 0 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }

    @Test func theOutputIsNothingThatIsNeeded() {
        folder.write("app.simple", "use part\nprintln(part.f())\n")
        folder.write("part.simple", "pub fn f() -> i64: return 3\n")
        folder.write("app", "a file that stays if nothing takes its place")
        func refuses(_ output: String, _ text: String) {
            let result = simple(["build", "--standalone", "app.simple", "-o", output])
            #expect(result.status == 2 && result.stderrText.contains(text), "\(output): \(result.stderrText)")
        }
        refuses("app.simple", "it is a source of the program")
        refuses("part.simple", "it is a source of the program")
        refuses("./../" + folder.path.split(separator: "/").last! + "/part.simple", "it is a source of the program")
        refuses(folder.path, "is a directory")
        refuses("no/such/folder", "no such file or directory")
        refuses("/dev/full", "no space left on device")
        refuses(Executables.simple, "it is a part of Simple")
        #expect(size("app") == 44)
        #expect(simple(["build", "--standalone", "app.simple"]).status == 0)
        var info = stat()
        stat(folder.path + "/app", &info)
        let mask = umask(0)
        umask(mask)
        #expect(info.st_mode & 0o777 == 0o755 & ~mask)
        #expect(run("app").stdoutText == "3\n")
    }

    // MARK: ELF objects

    @Test func cCallsSimple() throws {
        folder.write(
            "geo.simple",
            """
            use shapes.circle
            var calls = 0
            var seen: [str] = []
            pub fn area(w: f64, h: f64) -> f64:
                calls += 1
                return w * h
            pub fn count() -> i64: return calls
            pub fn greet(name: str) -> str:
                seen.push(name)
                return "hello, {name} {len(seen)}"
            pub fn pick(i: i64) -> i64:
                let a = [10, 20, 30]
                return a[i]
            pub fn mix(b: bool, c: char, k: u8, s: i16, f: f32) -> bool:
                return not b and c == 'ä' and k == 200 and s == -5 and f == 1.5
            pub fn pair() -> (i64, i64): return (1, 2)
            pub fn disc(r: f64) -> f64: return circle.area(r)
            fn main(): println("C has a main of its own")
            println("top level", args())
            """)
        folder.write("shapes/circle.simple", "pub fn area(r: f64) -> f64: return r * r * 3.0 + (r - r).sin()\n")
        folder.write(
            "main.c",
            """
            #include "geo.h"
            #include <stdio.h>
            int main(int argc, char **argv) {
                geo_init(argc, argv);
                geo_init(argc, argv);
                simple_flush();
                double a = geo_area(3, 4);
                simple_str s = 0;
                for (int i = 0; i < 50000; i++) s = geo_greet(simple_string_new("Ann\\xff", 4));
                size_t size;
                const char *text = simple_string_bytes(s, &size);
                printf("%g %d %.*s %d %g %g\\n", a, (int)geo_count(), (int)size, text,
                       geo_mix(false, 0xE4, 200, -5, 1.5f), geo_disc(2), shapes_circle_area(1));
                fflush(stdout);
                if (argc > 1) printf("%d\\n", (int)geo_pick(argc + 5));
                return 3;
            }
            """)
        let built = simple(["build", "--emit=obj", "-g", "geo.simple", "-o", "geo.o"])
        #expect(built.status == 0, "\(built.stderrText)")
        let linked = run("/usr/bin/cc", ["-Wall", "-Werror", "main.c", "geo.o", Executables.runtimeLibrary, "-lm", "-o", "app"])
        #expect(linked.status == 0, "\(linked.stderrText)")
        #expect(linked.stderrText.isEmpty)
        let result = run("app", [], ["SIMPLE_GC": "max=8M"])
        #expect(result.stdoutText == "top level []\n12 1 hello, Ann\u{FFFD} 50000 1 12 3\n")
        #expect(result.status == 3)
        let panic = run("app", ["x"])
        #expect(panic.status == 101)
        #expect(panic.stdoutText.hasPrefix("top level [\"x\"]\n"))
        #expect(
            panic.stderrText.hasPrefix(
                "panic[P008]: index 7 out of range for array of length 3\n  at geo.simple:13:12\nbacktrace:\n  0: pick "))
        let header = String(decoding: try #require(FileText.read(folder.path + "/geo.h")), as: UTF8.self)
        #expect(header.contains("/* geo.pair: its types have no counterpart in C */"))
        // The debug information names the lines also behind the system's linker.
        let symbols = run("/usr/bin/nm", ["app"]).stdoutText.split(separator: "\n")
        let pick = try #require(symbols.first { $0.hasSuffix(" T geo_pick") }).prefix(16)
        #expect(run("/usr/bin/addr2line", ["-e", "app", "0x" + pick]).stdoutText.contains("geo.simple:12"))
    }

    @Test func namesInCDoNotClash() {
        folder.write("a.simple", "use a_b\nuse a.b\nprintln(1)\n")
        folder.write("a_b.simple", "pub fn f() -> i64: return 1\n")
        folder.write("a/b.simple", "pub fn f() -> i64: return 2\n")
        let result = simple(["build", "--emit=obj", "a.simple"])
        #expect(result.status == 2 && result.stderrText.contains("would both be `a_b_f` in C"), "\(result.stderrText)")
        #expect(size("a.o") == -1)
        #expect(simple(["run", "--emit=obj", "a.simple"]).status == 2)
    }
}

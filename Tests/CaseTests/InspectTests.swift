import Foundation
import ProcessSupport
import Testing

/// `simple inspect`, through the real executables.
@Suite struct InspectTests {
    private let folder = TemporaryFolder()

    private func inspect(_ arguments: String...) -> ProcessResult {
        ProcessRunner.run(Executables.simple, ["inspect"] + arguments, in: folder.path)
    }

    /// Builds a program of two modules as NAME.smf; the module `part` has the given text.
    private func build(_ name: String, part: String, main: String = "use part\nprintln(part.f(2), part.SIZE)\n") {
        folder.write("main.simple", main)
        folder.write("part.simple", part)
        let result = ProcessRunner.run(
            Executables.simple, ["build", "main.simple", "-o", "\(name).smf"], in: folder.path)
        #expect(result.status == 0, "\(result.stderrText)")
    }

    private static let part = """
        pub const SIZE: i64 = 42
        pub struct Point:
            x: i64
            y: i64 = 3
        pub fn f(n: i64) -> i64: return helper(n) * 3
        fn helper(n): return n * n
        pub fn unused(p: Point) -> i64: return p.x

        """

    @Test func textShowsWhatAModuleExportsAndWasMadeFrom() {
        build("a", part: InspectTests.part)
        let result = inspect("a.smf")
        #expect(result.status == 0)
        for line in [
            "interface\n  module main\n", "  module part\n  const SIZE: i64 = 42\n", "  fn f(n: i64) -> i64 layout ",
            "  private fn helper[T0, T1](n: T0) -> T1 layout ", "  struct Point { x: i64, y: i64 = ",
            "dependencies 4\n  source main.simple size 39 digest ", "  module part size ", "types ", "  part.Point structure size 16 align 8 layout ",
            "version\n  compiler=simple ", "symbol hash ",
        ] { #expect(result.stdoutText.contains(line), "\(line) in\n\(result.stdoutText)") }
        // The digest of a source is what `sha256sum` says.
        let sum = ProcessRunner.run("/usr/bin/sha256sum", ["main.simple"], in: folder.path).stdoutText.prefix(64)
        #expect(sum.count == 64 && result.stdoutText.contains("source main.simple size 39 digest \(sum)\n"))
    }

    @Test func jsonIsOneObjectWithEverything() throws {
        build("a", part: InspectTests.part)
        let result = inspect("--json", "--disassemble", "a.smf")
        #expect(result.status == 0, "\(result.stderrText)")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.stdout)) as? [String: Any])
        #expect(json["format"] as? String == "1.0" && json["kind"] as? String == "image" && json["damage"] is NSNull)
        func rows(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }
        #expect(rows("sections").count == json["sectionCount"] as? Int)
        #expect(rows("symbols").count == json["symbolCount"] as? Int)
        #expect(rows("symbols").contains { $0["name"] as? String == "part.f" && $0["size"] as? Int ?? 0 > 0 })
        #expect((json["interface"] as? [String])?.contains("const SIZE: i64 = 42") == true)
        #expect(rows("dependencies").contains { $0["name"] as? String == "part.simple" && $0["mtimeNs"] as? Int == 0 })
        #expect(rows("imports").contains { $0["symbol"] as? String == "simple_rt_sink_string" })
        #expect((json["sourceMap"] as? [String: Any])?["files"] as? [String] == ["main.simple", "part.simple"])
        let function = try #require(rows("functions").first { $0["name"] as? String == "part.f" })
        let instructions = function["instructions"] as? [[String: Any]] ?? []
        #expect(instructions.first?["text"] as? String == "push rbp")
        #expect(instructions.contains { ($0["target"] as? String) == "import simple_rt_panic_trap" })
    }

    @Test func disassemblyShowsSymbolsAndSourceLines() {
        build("a", part: InspectTests.part)
        let result = inspect("--disassemble", "a.smf")
        #expect(result.status == 0, "Capstone is missing? Scripts/test installs it. \(result.stderrText)")
        for text in [
            "\npart.f: address 0x", "  push rbp\n", "; import simple_rt_panic_trap\n", "; part.f\n",
            "; part.simple:6:22 in helper  | fn helper(n): return n * n\n  ; part.simple:5:33 in f\n",
        ] { #expect(result.stdoutText.contains(text), "\(text) in\n\(result.stdoutText)") }
    }

    @Test func damagedFilesAreShownAsFarAsTheyGo() throws {
        build("a", part: InspectTests.part)
        let bytes = try #require(FileText.read(folder.path + "/a.smf"))
        for (count, rule) in [(bytes.count - 10, "truncated"), (700, "truncated"), (200, "truncated"), (128, "truncated")] {
            folder.write("cut.smf", Array(bytes[..<count]))
            let text = inspect("cut.smf")
            #expect(text.status == 1)
            #expect(text.stdoutText.hasPrefix("SMF 1.0 image linux x86_64\n"))
            #expect(text.stdoutText.hasSuffix("damaged: the file ends before the module does (offset 0x50, value 0x\(String(bytes.count, radix: 16)))\n"))
            let json = inspect("--json", "--disassemble", "cut.smf")
            #expect(json.status == 1)
            let object = try JSONSerialization.jsonObject(with: Data(json.stdout)) as? [String: Any]
            #expect((object?["damage"] as? [String: Any])?["rule"] as? String == rule)
        }
        folder.write("text.smf", "not a module\n")
        let text = inspect("text.smf")
        #expect(text.status == 1 && text.stdoutText.hasPrefix("damaged: fewer than the 128 bytes"))
        #expect(inspect("--disassemble", "text.smf").status == 1)
        let executable = try #require(FileText.read(Executables.stub))
        folder.write("cut", Array(executable[..<1000]))
        let elf = inspect("cut")
        #expect(elf.status == 1 && elf.stderrText.hasPrefix("warning: `cut` is an ELF file in which no module is found"))
    }

    @Test func differencesInWords() {
        build("a", part: InspectTests.part)
        build("b", part: InspectTests.part)
        let same = inspect("--diff", "a.smf", "b.smf")
        #expect(same.status == 0 && same.stdoutText.contains("no difference: the files are equal byte for byte"))

        // Moving code changes no function; a body that grows is no change of the interface.
        let body = InspectTests.part.replacingOccurrences(of: "* 3", with: "* 3 + n // 7")
        build("b", part: body)
        var text = inspect("--diff", "a.smf", "b.smf")
        #expect(text.status == 1)
        #expect(text.stdoutText.contains("  0 added, 0 removed, 1 changed, "), "\(text.stdoutText)")
        #expect(text.stdoutText.contains("  changed part.f: body only, grew by "))
        #expect(text.stdoutText.contains("interface: no difference\n"))
        #expect(text.stdoutText.contains("  changed source part.simple: contents, grew by 9 bytes ("))
        #expect(text.stdoutText.contains("  changed module part: contents, not its interface\n"))

        let more = InspectTests.part.replacingOccurrences(of: "= 42", with: "= 43") + "pub fn g(n: i64) -> i64: return f(n) + f(n + 1)\n"
        build("b", part: more, main: "use part\nprintln(part.g(2), part.SIZE)\n")
        text = inspect("--diff", "a.smf", "b.smf")
        for line in [
            "  added part.g (", "  - const SIZE: i64 = 42\n", "  + const SIZE: i64 = 43\n", "  + fn g(n: i64) -> i64 layout ",
            "  changed module part: interface ", "  abi_hash: ",
        ] { #expect(text.stdoutText.contains(line), "\(line) in\n\(text.stdoutText)") }
    }

    /// Where the first section of `type` lies in the module `name`.
    private func offset(of type: String, in name: String) throws -> Int {
        let json = try JSONSerialization.jsonObject(with: Data(inspect("--json", name).stdout)) as? [String: Any]
        let sections = json?["sections"] as? [[String: Any]] ?? []
        return try #require(sections.first { $0["type"] as? String == type }?["offset"] as? Int)
    }

    /// A part that cannot be read is no empty part.
    @Test(arguments: [("deps", "dependencies"), ("typeInfo", "types"), ("srcMap", "source map")])
    func unreadablePartsAreNamed(type: String, name: String) throws {
        build("a", part: InspectTests.part)
        var bytes = try #require(FileText.read(folder.path + "/a.smf"))
        bytes[try offset(of: type, in: "a.smf")] ^= 0x40
        folder.write("b.smf", bytes)
        let text = inspect("b.smf")
        #expect(text.status == 1 && text.stdoutText.contains("\n\(name) unreadable: "), "\(text.stdoutText)")
        let json = inspect("--json", "b.smf")
        let object = try JSONSerialization.jsonObject(with: Data(json.stdout)) as? [String: Any]
        let unreadable = object?["unreadable"] as? [[String: Any]] ?? []
        #expect(json.status == 1 && unreadable.count == 1 && unreadable.first?["reason"] as? String != "")
        #expect(inspect("--json", "a.smf").stdoutText.contains("unreadable") == false)
        let difference = inspect("--diff", "a.smf", "b.smf")
        #expect(difference.status == 1 && difference.stdoutText.contains("B is damaged: "))
        if type == "srcMap" {
            let code = inspect("--disassemble", "b.smf")
            #expect(code.status == 1 && code.stdoutText.contains("\npart.f: address 0x"))
            #expect(code.stderrText.hasPrefix("warning: no source lines: the source map cannot be read: "), "\(code.stderrText)")
        } else {
            #expect(difference.stdoutText.contains("\n\(name):\n  B: "), "\(difference.stdoutText)")
            #expect(!difference.stdoutText.contains("removed "))
        }
    }

    /// The library is there but of no use: not the same as not there.
    @Test func unloadableDisassemblersAreNamed() {
        build("a", part: InspectTests.part)
        for name in ["libcapstone.so.5", "libcapstone.so.4", "libcapstone.so"] { folder.write("broken/\(name)", "no library") }
        func run(_ arguments: [String]) -> ProcessResult {
            ProcessRunner.run(
                Executables.simplec, arguments, in: folder.path, environment: ["LD_LIBRARY_PATH": folder.path + "/broken"])
        }
        let text = run(["inspect", "--disassemble", "a.smf"])
        #expect(text.status == 2 && text.stdoutText.contains("\nversion\n"))
        #expect(text.stderrText.contains("which is installed but cannot be loaded: "), "\(text.stderrText)")
        #expect(text.stderrText.contains("broken/libcapstone.so.5: ") && text.stderrText.contains("objdump -dr"))
        let assembly = run(["build", "--emit=asm", "main.simple"])
        #expect(assembly.status == 2 && assembly.stdoutText == "", "\(assembly.stdoutText)")
        #expect(assembly.stderrText.contains("installed but cannot be loaded"))
        build("b", part: InspectTests.part.replacingOccurrences(of: "* 3", with: "* 4"))
        let difference = run(["inspect", "--diff", "a.smf", "b.smf"])
        #expect(difference.status == 1 && difference.stdoutText.contains("(compared by size only: disassembly needs "))
    }

    @Test func usageErrors() {
        build("a", part: InspectTests.part)
        #expect(inspect().status == 2)
        #expect(inspect("nofile.smf").status == 2)
        #expect(inspect("nofile.smf").stderrText.contains("cannot read `nofile.smf`"))
        #expect(inspect("a.smf", "a.smf").stderrText.contains("to compare two, use --diff"))
        #expect(inspect("--diff", "a.smf").stderrText.contains("--diff compares two files; 1 given"))
        #expect(inspect("--diff", "--json", "a.smf", "a.smf").status == 2)
        #expect(inspect("--help").stdoutText.contains("--disassemble"))
    }
}

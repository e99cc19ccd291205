import Testing

import Diagnostics
import Support
import Syntax

/// Whatever the bytes are, parsing ends with a tree and, if the text is wrong, with a reason.
@Suite struct RobustnessTests {
    /// Every node refers to earlier nodes only and lies inside the file: the tree is a tree.
    private func check(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
        let parsed = Parsed(bytes: bytes)
        #expect(parsed.tree[parsed.tree.root].kind == .module, "\(what())")
        let inside = parsed.tree.nodes.allSatisfy {
            $0.span.start <= $0.span.end && Int($0.span.end) <= bytes.count
        }
        #expect(inside, "\(what())")
        let hasErrorNode = parsed.tree.nodes.dropFirst().contains { $0.kind == .error }
        let hasError = parsed.diagnostics.contains { $0.severity == .error }
        #expect(!hasErrorNode || hasError, "\(what())")
    }

    @Test(arguments: 0..<40) func randomBytes(seed: Int) {
        var random = Generator(state: UInt64(seed))
        let count = 1 + random.below(600)
        check((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }, "seed \(seed)")
        // Printable text with line ends reaches further than arbitrary bytes.
        let alphabet = Array("ab1 .:,;()[]{}\"'\\\n\n    #=+-*/<>!?&|^~@_`$\tif".utf8)
        for _ in 0..<20 {
            check((0..<count).map { _ in alphabet[random.below(alphabet.count)] }, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<40) func tokenSoup(seed: Int) {
        var random = Generator(state: UInt64(seed) &+ 1000)
        var words = TokenKind.allCases.compactMap(\.spelling)
        words += [
            "x", "Foo", "val", "var", "case", "move", "new", "1", "2.5", "0xF", "300u8", "5_km", "\"s\"", "\"a{x}b\"",
            "\"{x:>4}\"", "'r'", "c'x'", "b\"q\"", ":sym", "_", "\"\"\"\n  t\n  \"\"\"", "##doc\n", "context", "where",
            "receive:", "test \"n\":",
        ]
        for _ in 0..<40 {
            var text = ""
            for _ in 0..<(1 + random.below(80)) {
                text += words[random.below(words.count)]
                switch random.below(8) {
                case 0: text += "\n" + String(repeating: " ", count: 2 * random.below(5))
                case 1: text += ":\n" + String(repeating: " ", count: 2 * random.below(5))
                case 2: break
                default: text += " "
                }
            }
            check(Array(text.utf8), "seed \(seed):\n\(text)")
        }
    }

    @Test(arguments: Programs.names) func truncationsAndSplices(name: String) throws {
        let bytes = try Programs.bytes(name)
        for end in 0...bytes.count { check(Array(bytes[..<end]), "\(name) cut at \(end)") }
        var random = Generator(state: UInt64(bytes.count))
        for _ in 0..<200 {
            var changed = bytes
            let at = random.below(changed.count)
            switch random.below(3) {
            case 0: changed.remove(at: at)
            case 1: changed.insert(UInt8(32 + random.below(95)), at: at)
            default: changed.swapAt(at, random.below(changed.count))
            }
            check(changed, "\(name) changed: \(String(decoding: changed, as: UTF8.self))")
        }
    }

    static let nests: [(String, String)] = [
        ("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("x[", "]"), ("-", ""), ("not ", ""), ("!", ""), ("~", ""),
        ("\\x: ", ""), ("if a: b else: ", ""), ("\"{", "}\""), ("2 ** ", ""), ("a ?? ", ""), ("A { x: ", "}"),
        ("await ", ""), ("x as [", "]"), ("[x for x in ", "]"), ("{1: ", "}"), ("yield ", ""),
    ]

    @Test(arguments: nests.indices) func deepExpressions(index: Int) async {
        let (open, close) = RobustnessTests.nests[index]
        let text = "x = " + String(repeating: open, count: 10_000) + "1" + String(repeating: close, count: 10_000)
        let parsed = await Parsed.onKnownStack(text)
        #expect(parsed.codes.contains("E0106"), "\(open): \(parsed.codes.prefix(3))")
        #expect(parsed.codes.count < 5)
    }

    @Test func deepTypesPatternsAndBlocks() async {
        let many = 25_000
        func repeated(_ s: String) -> String { String(repeating: s, count: many) }
        var blocks = ""
        for i in 0..<600 { blocks += String(repeating: " ", count: i) + "if a:\n" }
        let texts = [
            "let x: " + repeated("[") + "i64" + repeated("]"), "let x: " + repeated("fn(") + "i64" + repeated(")"),
            "let x: i64" + repeated("?"), "let " + repeated("(") + "x" + repeated(")") + " = 1",
            "match x:\n    " + repeated("a @ ") + "b => 1", "let x: " + repeated("& ") + "T",
            "let x: " + repeated("A<") + "T" + repeated(">"), blocks, "x = 1" + repeated(" + 1"),
            "x = a" + repeated(".b"), "x = f" + repeated("()"), "x = a" + repeated("[0]"), "x = a" + repeated(" and b"),
            "x = a" + repeated(" as T"), "x = a" + repeated("?.b"), "a" + repeated(".b") + " 1",
        ]
        for text in texts {
            let parsed = await Parsed.onKnownStack(text)
            #expect(parsed.codes.contains("E0106"), "\(text.prefix(40)): \(parsed.codes.prefix(3))")
            #expect(parsed.codes.count < 10, "\(text.prefix(40)): \(parsed.codes.prefix(8))")
        }
    }

    @Test func longButFlatIsFine() async {
        let many = 20_000
        let texts = [
            "if a: b\n" + String(repeating: "elif a: b\n", count: many) + "else: c\n",
            "x = if a: 1" + String(repeating: " elif a: 2", count: many) + " else: 3\n",
            "x = [" + String(repeating: "1, ", count: many) + "]", "f(" + String(repeating: "(1), ", count: many) + "2)",
            String(repeating: "if a: b\n", count: many), String(repeating: "x = -1\n", count: many),
            "match x:\n" + String(repeating: "    1 => 2\n", count: many),
            "x = \"" + String(repeating: "{a}", count: many) + "\"",
            "x = a" + String(repeating: " + 1", count: 1000), String(repeating: "\n", count: many),
            "x = a < b" + String(repeating: " < c", count: many),
        ]
        for text in texts {
            let parsed = await Parsed.onKnownStack(text)
            #expect(parsed.codes == [], "\(text.prefix(40))")
        }
    }

    /// Eight times the text must not take forty times the work; a quadratic step would take 64 times. The thread's own
    /// CPU time, since the machine may be busy with other things.
    @Test(arguments: ["(", "x = (\n", "\"{", "a -> ", "if x:\n", "    x\n  y\n", "\"\"\"{\n", "x: [A<B", "new & new ", "##\nfn "])
    func timeIsLinear(piece: String) async {
        func seconds(_ count: Int) async -> Double {
            let text = String(repeating: piece, count: count)
            var best = Double.infinity
            for _ in 0..<3 { best = min(best, await Parsed.onKnownStack(text).cpuSeconds) }
            return best
        }
        let small = await seconds(4_000)
        let large = await seconds(32_000)
        #expect(large < max(small * 40, 0.2), "\(piece): \(small) s, then \(large) s")
    }
}

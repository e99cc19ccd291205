import Testing

import Diagnostics
import Support
import Syntax

/// Each wrong text gives exactly these diagnostics: `code line:column`.
@Suite struct ErrorTests {
    static let cases: [(String, [String])] = [
        // Lexer.
        ("a $ b", ["E0002 1:3"]), ("x = 1\0", ["E0002 1:6"]), ("x = “a”", ["E0002 1:5"]),
        ("x = 300u8", ["E0003 1:5"]), ("x = -128i8", []), ("x = 128i8", ["E0003 1:5"]),
        ("x = -128i8.abs()", ["E0003 1:6"]), ("x = 18446744073709551616", ["E0003 1:5"]),
        ("x = 18446744073709551615", []), ("x = 1e999", ["E0003 1:5"]), ("x = 1.5f32", []),
        ("x = 1_", ["E0004 1:5"]), ("x = 007", ["E0004 1:5"]), ("x = 0b12", ["E0004 1:5"]), ("x = 0x", ["E0004 1:5"]),
        ("x = 1abc", ["E0004 1:5"]), ("x = 0xFFu8", []), ("x = 5u", ["E0004 1:5"]),
        ("x = \"abc", ["E0005 1:5"]), ("x = 'abc", ["E0005 1:5"]), ("x = \"\"\"abc\n", ["E0005 1:5"]),
        ("f(\"abc)\ny = 1\nz = $", ["E0005 1:3", "E0002 3:5"]), ("x = \"a{b\ny = 2", ["E0005 1:5"]),
        ("x = \"\\q\"", ["E0006 1:6"]), ("x = \"\\u{D800}\"", ["E0006 1:6"]), ("x = \"\\xFF\"", ["E0006 1:6"]),
        ("x = b\"\\xFF\"", []), ("x = c'ab'", ["E0006 1:5"]), ("x = c'\\n'", []),
        ("x = \"\"\"\n  a\n    \"\"\"", ["E0007 2:1"]), ("x = \"a}\"", ["E0008 1:7"]), ("x = \"{}\"", ["E0009 1:6"]),
        ("x = \"{{}}\"", []),
        // Layout.
        ("let = 3", ["E0101 1:5"]), ("x = 1\n    y = 2\n    z = 3\nw = 4", ["E0102 2:1"]), ("  x = 1", ["E0102 1:1"]),
        ("if a:\n        b()\n    c()\nd()", ["E0103 3:1"]), ("if a: while b: c()", ["E0104 1:7"]),
        ("if a: if b: c()", ["E0104 1:7"]), ("fn f(): match x:\n    1 => 2", ["E0104 1:9"]),
        ("fn sign(x): if x < 0: -1 else: 1", []), ("if a:\nb()", ["E0105 1:1"]), ("fn f():\n# only\n", ["E0105 1:1"]),
        ("struct S:\nx = 1", ["E0105 1:1"]), ("match x:\ny = 1", ["E0105 1:1"]),
        ("fn f():\n    struct A:\n        x: i64\n    pass", ["E0107 2:5"]), ("fn f():\n    use a\n", ["E0107 2:5"]),
        ("y = x->f()", ["E0108 1:6"]), ("x = -2 ** 2", ["E0109 1:5"]), ("x = (-2) ** 2 ** -1", []),
        ("main = 1\nfn main(): pass", ["E0110 2:4"]), ("fn main(): pass\nif a: main = 2", ["E0110 2:7"]),
        ("x = _ + 1", ["E0112 1:5"]), ("_ = 1\na, _ = f()\n(a, (_, b)) = g()", []), ("f(_)", ["E0112 1:3"]),
        ("f(a: 1, 2)", ["E0113 1:9"]), ("fn f(a=1, b): pass", ["E0114 1:11"]), ("fn f(a=1, *b): pass", []),
        // Grammar.
        ("if x = 3:\n    y()", ["E0101 1:6"]), ("if x\n    y()\nz()", ["E0101 1:5"]), ("if x:\n    y()\nelse\n    z()", ["E0101 3:5"]),
        ("if a:\n    b()\nelse if c:\n    d()\nelse:\n    e()", ["E0101 3:1"]), ("a..b..c", ["E0101 1:5"]),
        ("x = a < b != c", ["E0101 1:11"]), ("x = 1 +", ["E0101 1:8"]), ("i++", ["E0101 1:3"]), ("i--", ["E0101 1:4"]),
        ("x = (1, 2", ["E0101 1:5"]), ("f(1, 2\nlet y = 3\nz = 4 +", ["E0101 1:2", "E0101 3:8"]),
        ("x = [1, 2)\ny = 2", ["E0101 1:10"]), ("x = )", ["E0101 1:5"]), ("x = {k :v}", ["E0101 1:8"]),
        ("def foo(x):\n    return x", ["E0101 1:11"]), ("while (x) {\n", ["E0101 1:11"]), ("x = a ? b : c", ["E0101 1:9"]),
        ("let x := 3", ["E0101 1:8"]), ("for i = 0", ["E0101 1:7"]), ("\"a\" \"b\"", ["E0101 1:5"]),
        ("x = \"{a b}\"", ["E0101 1:9"]), ("fn (x): pass", ["E0101 1:4"]), ("fn if(): pass", ["E0101 1:4"]),
        ("enum E:\n    A(\n", ["E0101 2:6"]), ("else: x()", ["E0101 1:1"]), ("x = 1 = 2", ["E0101 1:7"]),
        ("use a, b", ["E0101 1:6"]), ("#[inline\nfn f(): pass", ["E0707 1:1"]), ("#[]\nfn f(): pass", ["E0707 1:3"]),
        ("match x:\n    1 -> 2", ["E0101 2:7"]), ("match x:\n    else => 2", ["E0101 2:5"]),
        ("x = if a: 1 else: 2 + if b: 1 else: 2", ["E0101 1:23"]), ("f(x[)", ["E0101 1:5"]),
        ("fn f(int x): pass", ["E0101 1:10"]), ("static fn f(): pass", ["E0101 1:8"]),
        // Extended constructs.
        ("actor A:\n    state:\n        n: i64 = 0\nx = 1", ["E0901 1:1"]), ("x = spawn f(1)", ["E0901 1:5"]),
        ("unit length(base: f64): m = 1.0", ["E0901 1:1"]), ("x = 5_km", ["E0901 1:5"]), ("x = await y", ["E0901 1:5"]),
        ("fn f(x: i64 | str): pass", ["E0901 1:9"]), ("x = [yield 1]", ["E0901 1:6"]), ("async fn f(): pass", ["E0901 1:1"]),
        ("@cached\nfn f(x): return x", ["E0901 1:1"]), ("class B(A):\n    x: i64", ["E0901 1:8"]),
        ("macro m(a: Expr) -> (returns r: i64):\n    emit r: a\nx = 1", ["E0901 1:1"]), ("x = &y", ["E0901 1:5"]),
        ("let p = new & q", ["E0901 1:9"]), ("new = 3\nx = new - 1", []), ("let p: *T = q", ["E0901 1:8"]),
        ("fn f(x):\n    in:\n        x > 0\n    out(r):\n        r > 0\n    return x", ["E0901 2:5", "E0901 4:5"]),
        ("receive:\n    case :stop: return", ["E0901 1:1"]), ("test \"a\":\n    pass", ["E0901 1:1"]),
        ("type Pos = i64 where self > 0", ["E0901 1:16"]), ("bind A = B", ["E0901 1:1"]),
        ("handle_pool T:\n    capacity: 3", ["E0901 1:1"]), ("context e:\n    m()", ["E0901 1:1"]),
    ]

    @Test(arguments: cases.indices) func reports(index: Int) {
        let (text, expected) = ErrorTests.cases[index]
        let parsed = Parsed(text)
        #expect(parsed.places == expected, "\(text)\n\(parsed.messages)")
    }

    @Test func invalidUTF8() {
        let parsed = Parsed(bytes: Array("x = 1\ny = ".utf8) + [0xC3, 0x28])
        #expect(parsed.places == ["E0001 2:5"])
        #expect(Parsed(bytes: [0xEF, 0xBB, 0xBF] + Array("x = 1".utf8)).codes == [])
    }

    @Test func mixedIndentationWarns() {
        #expect(Parsed("if a:\n \t x = 1\n").places == ["W0101 2:1"])
    }

    @Test func everyErrorOfAFileIsReported() {
        let parsed = Parsed(
            """
            let = 1
            fn f(a b):
                broken(
            struct S:
                x i64
                y: i64

            match v:
                1 =>> 2
                2 => 3
            x = 007
            z = (1 + ) * 2
            """)
        #expect(
            parsed.places == [
                "E0101 1:5", "E0101 2:8", "E0101 3:11", "E0101 5:7", "E0101 9:9", "E0004 11:5", "E0101 12:10",
            ], "\(parsed.messages)")
    }

    static let helps: [(String, String)] = [
        ("if x = 3:\n    y()", "`==`"), ("else if a: b", "if"), ("if a:\n    b()\nelse if c: d()", "`elif`"),
        ("elsif a:\n    b()", "`elif`"), ("function f() {", "fn name"), ("def f(x):\n    y()", "fn name"),
        ("i++", "i += 1"), ("i--", "x -= 1"), ("x = a ? b : c", "if condition"), ("while x {", "braces"),
        ("switch x:\n    pass", "match"), ("for (int i = 0; i < 3; i++)", "0..n"), ("let x :i64 = 3", ": i64"),
        ("x = 5L", "64 bits"), ("\"a\\{b\"", "{{"), ("fn f(&self): pass", "mut self"), ("try:\n    x()", "Result"),
        ("static fn f(): pass", "leave `static` out"), ("x = 3 === 3", "=="), ("x = +1", "leave"),
    ]

    @Test(arguments: helps.indices) func helpsWithForeignSpellings(index: Int) {
        let (text, expected) = ErrorTests.helps[index]
        let parsed = Parsed(text)
        #expect(
            parsed.diagnostics.contains { $0.helps.contains { $0.contains(expected) } || $0.message.contains(expected) },
            "\(text)\n\(parsed.messages)")
    }
}

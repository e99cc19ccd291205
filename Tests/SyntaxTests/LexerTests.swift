import Diagnostics
import Support
import Testing

import Syntax

/// Token kinds of small texts; layout tokens are written NL, IN, DE.
@Suite struct LexerTests {
    private func tokens(_ text: String) -> String {
        let file = SourceFile(path: "t", bytes: Array(text.utf8))
        var interner = Interner()
        var list = DiagnosticList()
        let buffer = tokenize(file, file: FileID(0), interner: &interner, diagnostics: &list)
        return buffer.tokens.map { token in
            switch token.kind {
            case .newline: "NL"
            case .indent: "IN"
            case .dedent: "DE"
            case .endOfFile: "EOF"
            case .identifier: interner.string(token.name)
            case .symbol: ":" + interner.string(token.name)
            case .integer: "\(buffer.numbers[Int(token.value)].bits)"
            case .float: "\(Double(bitPattern: buffer.numbers[Int(token.value)].bits))"
            case .string, .stringPart, .formatSpec, .docString, .byteString:
                "\(token.kind)<"
                    + String(
                        decoding: buffer.stringBytes[
                            Int(buffer.stringStarts[Int(token.value)])..<Int(buffer.stringStarts[Int(token.value) + 1])],
                        as: UTF8.self) + ">"
            default: token.kind.spelling ?? "\(token.kind)"
            }
        }.joined(separator: " ")
    }

    static let cases: [(String, String)] = [
        ("", "EOF"), ("# c\n\n  # d\n", "EOF"), ("#!/bin/x\na", "a NL EOF"), ("\u{FEFF}a", "a NL EOF"),
        ("a\r\nb", "a NL b NL EOF"),
        // Layout.
        ("if a:\n  b\nc", "if a : NL IN b NL DE c NL EOF"), ("if a:\n\tb\n    c", "if a : NL IN b NL c NL DE EOF"),
        ("a\n  .b\n  and c\nd", "a . b and c NL d NL EOF"), ("a\n.b", "a NL . b NL EOF"), ("a \\\n b", "a b NL EOF"),
        ("f(\n  a,\n  b)", "f ( a , b ) NL EOF"), ("x\n  -> y()", "x -> y ( ) NL EOF"),
        ("f(\\x:\n    a\n    b\n, 1)", "f ( \\ x : NL IN a NL b NL DE , 1 ) NL EOF"),
        ("f(\\x:\n    a)", "f ( \\ x : NL IN a NL DE ) NL EOF"),
        ("f(fn(x):\n    if a:\n        b\n)", "f ( fn ( x ) : NL IN if a : NL IN b NL DE DE ) NL EOF"),
        ("f(\\x: a,\n  b)", "f ( \\ x : a , b ) NL EOF"),
        // Numbers.
        ("1_000 0xfF 0b10 0o17 1.5 2e3 1.5e-1", "1000 255 2 15 1.5 2000.0 0.15 NL EOF"),
        ("5.abs 5..9 5..=9 t.0.1", "5 . abs 5 .. 9 5 ..= 9 t . 0 . 1 NL EOF"),
        ("0.1 123456789012345678 1e22 4.35", "0.1 123456789012345678 1e+22 4.35 NL EOF"),
        // Strings.
        ("'a\\n' \"a\\n\\u{e9}\" r\"\\\"", "string<a\\n> string<a\né> string<\\> NL EOF"),
        ("\"{a}\"", "stringStart interpolationStart a interpolationEnd stringEnd NL EOF"),
        ("\"x{a:>3}y{{\"", "stringStart stringPart<x> interpolationStart a formatSpec<>3> interpolationEnd stringPart<y{> stringEnd NL EOF"),
        ("\"{d[\"k\"]}\"", "stringStart interpolationStart d [ string<k> ] interpolationEnd stringEnd NL EOF"),
        ("\"{xs[1:3]}\"", "stringStart interpolationStart xs [ 1 : 3 ] interpolationEnd stringEnd NL EOF"),
        ("\"{a::b}\"", "stringStart interpolationStart a :: b interpolationEnd stringEnd NL EOF"),
        ("x = \"\"\"\n    a\n      b\n    \"\"\"", "x = string<a\n  b> NL EOF"), ("x = '''a\nb'''", "x = string<a\nb> NL EOF"),
        ("x = \"\"\"a\\\n   b\"\"\"", "x = string<ab> NL EOF"), ("x = \"\"\"\n\"\"\"", "x = string<> NL EOF"),
        ("\"\"\"\n  doc {x}\n  \"\"\"\nfn f(): pass", "docString<doc {x}> NL fn f ( ) : pass NL EOF"),
        ("a\n\"\"\"t\"\"\"", "a NL string<t> NL EOF"), ("b\"\\x80\" == 1", "byteString<\u{FFFD}> == 1 NL EOF"),
        // Symbols and colons.
        ("x is :ok", "x is :ok NL EOF"), ("f(:a, :b)", "f ( :a , :b ) NL EOF"), ("{a:b}", "{ a : b } NL EOF"),
        ("xs[:n]", "xs [ : n ] NL EOF"), ("[:n]", "[ :n ] NL EOF"), ("xs [:n]", "xs [ :n ] NL EOF"),
        ("d[(:k)]", "d [ ( :k ) ] NL EOF"), ("\\x:x", "\\ x : x NL EOF"), ("x: i64", "x : i64 NL EOF"),
        ("xs[::2]", "xs [ :: 2 ] NL EOF"), ("a|:b", "a | :b NL EOF"),
        // Operators and names.
        ("a//=b**=c<<=d>>e??f", "a //= b **= c <<= d >> e ?? f NL EOF"), ("a!=b !c", "a != b ! c NL EOF"),
        ("#[inline]\nfn f", "#[ inline ] NL fn f NL EOF"), ("a #[x]\nb", "a NL b NL EOF"), ("Self self", "Self self NL EOF"),
        ("naïve e\u{301}", "naïve é NL EOF"), ("_ _a", "underscore _a NL EOF"),
    ]

    @Test(arguments: cases.indices) func reads(index: Int) {
        let (text, expected) = LexerTests.cases[index]
        #expect(tokens(text) == expected, "\(text)")
    }

    @Test func namesAreNormalised() {
        var interner = Interner()
        var list = DiagnosticList()
        let file = SourceFile(path: "t", bytes: Array("é e\u{301}".utf8))
        let buffer = tokenize(file, file: FileID(0), interner: &interner, diagnostics: &list)
        #expect(buffer.tokens[0].value == buffer.tokens[1].value)
    }

    @Test func spellingsMatchKinds() {
        #expect(TokenKind.kwYield.spelling == "yield")
        #expect(TokenKind.shiftRightEqual.spelling == ">>=")
        #expect(TokenKind.identifier.spelling == nil)
        #expect(TokenKind.allCases.filter(\.isKeyword).count == TokenKind.keywords.count)
    }
}

import Testing

import Diagnostics
import Support

@Suite struct TextRendererTests {
    /// One file and a label at the first occurrence of a text in it.
    private func sources(_ texts: (String, String)...) -> SourceMap {
        var map = SourceMap()
        for (path, text) in texts { _ = map.add(SourceFile(path: path, bytes: Array(text.utf8))) }
        return map
    }
    private func label(_ map: SourceMap, _ needle: String, _ message: String = "", file: Int = 0, nth: Int = 0) -> Label {
        let bytes = map.files[file].bytes
        let wanted = Array(needle.utf8)
        var left = nth
        for start in 0...(bytes.count - wanted.count) where Array(bytes[start..<start + wanted.count]) == wanted {
            if left == 0 {
                return Label(
                    file: FileID(file), span: SourceSpan(start: UInt32(start), end: UInt32(start + wanted.count)),
                    message: message)
            }
            left -= 1
        }
        return Label(file: FileID(file), span: SourceSpan(start: 0, end: 0), message: "not found")
    }

    /// Of a line of ten thousand characters only the surroundings of the label are shown.
    @Test func cutsLongLines() {
        let blanks = String(repeating: "é", count: 3000)
        let map = sources(("a.simple", blanks + "wrong" + blanks + "\n"))
        let text = TextRenderer(usesColor: false).render(
            Diagnostic(.error, "E0101", "unexpected", at: label(map, "wrong", "here")), map)
        let rows = text.split(separator: "\n").map(String.init)
        #expect(rows.allSatisfy { $0.count < 200 })
        let source = rows.first { $0.contains("wrong") } ?? ""
        #expect(source.contains("…é") && source.hasSuffix("é…"))
        let mark = rows.first { $0.contains("^^^^^") } ?? ""
        #expect(mark.prefix { $0 != "^" }.count == source.prefix { $0 != "w" }.count)
        #expect(mark.hasSuffix("^^^^^ here"))
    }

    @Test func showsTheReferencesExample() {
        let map = sources(("src/main.simple", "\n\n\nlet s = n + \"x\"\n"))
        let diagnostic = Diagnostic(
            .error, "E0306", "cannot add `i64` and `str`", at: label(map, "+"),
            secondary: [label(map, "n", "this is `i64`"), label(map, "\"x\"", "this is `str`")],
            helps: ["use interpolation: \"{n}x\""])
        #expect(
            TextRenderer().render(diagnostic, map) == """
                error[E0306]: cannot add `i64` and `str`
                  --> src/main.simple:4:11
                   |
                 4 | let s = n + "x"
                   |         - ^ --- this is `str`
                   |         |
                   |         this is `i64`
                   = help: use interpolation: "{n}x"

                """)
    }

    @Test func showsOtherLinesAndFiles() {
        let map = sources(("a.simple", "fn f(): pass\nx = 1\ny = 2\nfn f(): pass"), ("b.simple", "use f"))
        let diagnostic = Diagnostic(
            .error, "E0202", "`f` is defined twice", at: label(map, "f(", "again", nth: 1),
            secondary: [label(map, "f(", "first"), label(map, "f", "imported", file: 1)], notes: ["one\ntwo"])
        #expect(
            TextRenderer().render(diagnostic, map) == """
                error[E0202]: `f` is defined twice
                  --> a.simple:4:4
                   |
                 1 | fn f(): pass
                   |    -- first
                ...
                 4 | fn f(): pass
                   |    ^^ again
                  ::: b.simple:1:5
                   |
                 1 | use f
                   |     - imported
                   = note: one
                           two

                """)
    }

    @Test func alignsTabsAndWideText() {
        let map = sources(("a.simple", "\t日本é = x"))
        let diagnostic = Diagnostic(.warning, "W0501", "unused", at: label(map, "x", "here"))
        #expect(
            TextRenderer().render(diagnostic, map) == """
                warning[W0501]: unused
                  --> a.simple:1:8
                   |
                 1 |     日本é = x
                   |             ^ here

                """)
    }

    @Test func endOfFileAndEmptyFilesHaveAnExcerpt() {
        let map = sources(("a.simple", ""))
        let place = Label(file: FileID(0), span: SourceSpan(start: 0, end: 0), message: "here")
        let text = TextRenderer().render(Diagnostic(.error, "E0101", "m", at: place), map)
        #expect(text == "error[E0101]: m\n  --> a.simple:1:1\n   |\n 1 |\n   | ^ here\n")
    }

    @Test func coloursOnlyWhenAsked() {
        let map = sources(("a.simple", "x"))
        let diagnostic = Diagnostic(.error, "E0201", "m", at: label(map, "x"))
        #expect(!TextRenderer().render(diagnostic, map).contains("\u{1B}"))
        #expect(TextRenderer(usesColor: true).render(diagnostic, map).contains("\u{1B}[1;31merror[E0201]\u{1B}[0m"))
    }

    @Test func stopsAtFiftyErrorsWithACount() {
        let map = sources(("a.simple", "x"))
        var list = DiagnosticList()
        for _ in 0..<60 { list.error("E0201", "m", at: label(map, "x")) }
        let text = TextRenderer().render(list, map)
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("error[") }.count == 50)
        #expect(text.hasSuffix("60 errors; the first 50 errors are shown\n"))
        #expect(TextRenderer().render(DiagnosticList(), map) == "")
    }

    @Test func stopsAtFiftyWarningsButNeverHidesAnError() {
        let map = sources(("a.simple", "x"))
        var list = DiagnosticList()
        for _ in 0..<53 { list.warning("W0501", "m", at: label(map, "x")) }
        var text = TextRenderer().render(list, map)
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("warning[") }.count == 50)
        #expect(text.hasSuffix("3 more warnings not shown\n\n53 warnings\n"))
        list.error("E0201", "m", at: label(map, "x"))
        text = TextRenderer().render(list, map)
        #expect(text.contains("error[E0201]"))
        #expect(text.hasSuffix("1 error, 53 warnings\n"))
    }
}

@Suite struct JSONRendererTests {
    @Test func writesOneObjectALine() {
        var map = SourceMap()
        _ = map.add(SourceFile(path: "a\"b", bytes: Array("😀é x".utf8)))
        var list = DiagnosticList()
        list.error(
            "E0201", "m\n", at: Label(file: FileID(0), span: SourceSpan(start: 7, end: 8)), notes: ["n"], helps: ["h"])
        #expect(
            JSONRenderer().render(list, map)
                == #"{"code":"E0201","severity":"error","message":"m\n","file":"a\"b","line":1,"col":4,"end_line":1,"end_col":5,"col_utf16":5,"end_col_utf16":6,"start":7,"end":8,"label":"","labels":[],"notes":["n"],"help":["h"]}"#
                + "\n")
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("prnt", ["print", "println", "sprint"], ["print"]), ("lenght", ["length", "len"], ["length"]),
        ("x", ["y", "xy", "abc"], ["xy"]), ("coutn", ["count", "mount", "couth"], ["count", "couth"]),
        ("abc", ["xyz"], []), ("same", ["same"], []), ("", ["a"], []),
    ]) func findsNearNames(name: String, candidates: [String], expected: [String]) {
        #expect(didYouMean(name, candidates) == expected)
    }

    @Test func knowsOtherLanguages() {
        #expect(foreignName("null") == "nil")
        #expect(foreignName("True") == "true")
        #expect(foreignName("total") == nil)
    }
}

@Suite struct CatalogueTests {
    /// All codes of LANGUAGE.md §11 and §8.4.
    static let codes: [String] = {
        var codes: [String] = []
        func add(_ prefix: String, _ numbers: some Sequence<Int>) {
            for n in numbers { codes.append(prefix + String(repeating: "0", count: 4 - prefix.count + 1 - String(n).count) + String(n)) }
        }
        add("E", 1...9)
        add("E", 101...114)
        add("E", 201...211)
        add("E", 301...326)
        add("E", 401...408)
        add("E", 501...508)
        add("E", 511...514)
        add("E", 601...606)
        add("E", 701...707)
        add("E", 801...808)
        add("E", 901...905)
        add("W", [101, 102, 301, 302, 303, 304, 401, 402, 403, 501, 502, 503, 601, 602, 603, 701, 901])
        for n in 1...20 { codes.append(n < 10 ? "P00\(n)" : "P0\(n)") }
        return codes
    }()

    @Test func hasEveryCodeOnceAndNoOther() {
        #expect(Catalogue.entries.map(\.code).sorted() == CatalogueTests.codes.sorted())
    }

    @Test(arguments: codes) func explains(code: String) throws {
        let entry = try #require(Catalogue.entry(code))
        #expect(!entry.title.isEmpty && entry.explanation.count > 40)
        #expect(entry.wrong != entry.right || entry.wrong.isEmpty)
        let text = try #require(explain(code.lowercased()))
        #expect(text.hasPrefix("\(code): \(entry.title)\n"))
    }

    @Test func unknownCodesHaveNoExplanation() { #expect(explain("E9999") == nil) }
}

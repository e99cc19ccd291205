import ProcessSupport

/// A case file: a program and the sections that its author wants checked. Docs/testing.md describes the format.
struct CaseFile {
    struct Section {
        /// The words behind `--- `: `diagnostics`, `file geometry.simple`, `mir:optimized`, …
        var name: String
        /// The lines up to the next heading, each with its line end.
        var text: String
    }

    let path: String
    /// The text before the first heading: the root module.
    var program: String
    var sections: [Section]

    /// A case that is not a file of its own.
    init(path: String, program: String, sections: [Section]) {
        self.path = path
        self.program = program
        self.sections = sections
    }

    /// Reads the case file at `path`.
    init?(path: String) {
        guard let bytes = FileText.read(path) else { return nil }
        self.path = path
        program = ""
        sections = []
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("--- ") {
                sections.append(Section(name: String(line.dropFirst(4)).trimmedEnd, text: ""))
            } else if sections.isEmpty {
                program += line + "\n"
            } else {
                sections[sections.count - 1].text += line + "\n"
            }
        }
        // The split leaves an empty line behind the last line end.
        if sections.isEmpty { program.removeLast() } else { sections[sections.count - 1].text.removeLast() }
    }

    /// The file's text with the present sections.
    var text: String {
        var result = program
        for section in sections { result += "--- \(section.name)\n" + section.text }
        return result
    }

    /// The text of section `name`.
    func section(_ name: String) -> String? { sections.first { $0.name == name }?.text }

    mutating func update(_ name: String, _ text: String) {
        for i in sections.indices where sections[i].name == name { sections[i].text = text }
    }

    /// The further modules: name and text.
    var files: [(name: String, text: String)] {
        sections.compactMap { $0.name.hasPrefix("file ") ? (String($0.name.dropFirst(5)), $0.text) : nil }
    }

    /// What the `run` section asks for.
    struct Run {
        var status: Int32 = 0
        var arguments: [String] = []
        /// Seconds per process.
        var timeout = 20.0
        /// Words that name checks to leave out: `interpreter` (a program that is too slow there), `stress`.
        var skipped: Set<String> = []
    }

    var run: Run? {
        guard let text = section("run") else { return nil }
        var run = Run()
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            switch words.first {
            case "status": run.status = Int32(words[1]) ?? -1
            case "args": run.arguments = Array(words.dropFirst())
            case "timeout": run.timeout = Double(words[1]) ?? 20
            case "skip": run.skipped.formUnion(words.dropFirst())
            default: break
            }
        }
        return run
    }

    /// The expected standard output. A last line `\c` means that the line before it has no line end.
    var stdout: String {
        var text = section("stdout") ?? ""
        if text.hasSuffix("\n\\c\n") { text.removeLast(4) }
        return text
    }
}

extension String {
    /// The text without blanks at its end.
    var trimmedEnd: String {
        var result = self[...]
        while let last = result.last, last == " " || last == "\r" { result.removeLast() }
        return String(result)
    }
}

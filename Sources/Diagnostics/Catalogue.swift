/// Every diagnostic and panic code with its explanation, for `simple explain CODE`.
///
/// The texts are in Catalogue+Errors.swift, Catalogue+Types.swift, Catalogue+Warnings.swift and
/// Catalogue+Panics.swift, in the form that `parse` reads.
package enum Catalogue {
    /// What is known about one code.
    package struct Entry: Sendable, Equatable {
        package var code: String
        /// One line, as a heading.
        package var title: String
        /// A few sentences.
        package var explanation: String
        /// A program that has the problem, and one that has not; empty where no program shows it.
        package var wrong: String
        package var right: String
    }

    /// All entries in the order of their codes.
    package static let entries: [Entry] = [lexicalErrors, typeErrors, otherErrors, warnings, panics].flatMap(parse)

    /// The entry of `code`, in any letter case.
    package static func entry(_ code: String) -> Entry? {
        let wanted = code.uppercased()
        return entries.first { $0.code == wanted }
    }

    /// Reads entries. A line `@ CODE TITLE` begins one; lines up to `- wrong` explain it; then come the two programs.
    private static func parse(_ text: String) -> [Entry] {
        var entries: [Entry] = []
        var part = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("@ ") {
                let words = line.dropFirst(2).split(separator: " ", maxSplits: 1)
                entries.append(
                    Entry(
                        code: String(words[0]), title: words.count > 1 ? String(words[1]) : "", explanation: "",
                        wrong: "", right: ""))
                part = 0
                continue
            }
            if line == "- wrong" {
                part = 1
                continue
            }
            if line == "- right" {
                part = 2
                continue
            }
            guard let last = entries.indices.last else { continue }
            switch part {
            case 0: entries[last].explanation += line + "\n"
            case 1: entries[last].wrong += line + "\n"
            default: entries[last].right += line + "\n"
            }
        }
        for i in entries.indices {
            entries[i].explanation = trimmed(entries[i].explanation)
            entries[i].wrong = trimmed(entries[i].wrong)
            entries[i].right = trimmed(entries[i].right)
        }
        return entries
    }

    /// `text` without line ends at its end.
    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}

/// The explanation of `code` as text for a terminal; `nil` for a code that does not exist.
package func explain(_ code: String) -> String? {
    guard let entry = Catalogue.entry(code) else { return nil }
    var out = "\(entry.code): \(entry.title)\n\n\(entry.explanation)\n"
    func program(_ heading: String, _ text: String) {
        guard !text.isEmpty else { return }
        out += "\n\(heading)\n\n"
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            out += line.isEmpty ? "\n" : "    \(line)\n"
        }
    }
    program(entry.code.hasPrefix("P") ? "Panics:" : "Wrong:", entry.wrong)
    program("Right:", entry.right)
    return out
}

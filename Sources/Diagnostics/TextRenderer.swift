package import Support

/// Shows diagnostics to people, as LANGUAGE.md §11 lays down: message, place, labelled source, notes, helps.
package struct TextRenderer: Sendable {
    /// Emit ANSI colours.
    package var usesColor: Bool
    /// How many errors are shown before only their count is.
    package var maximumErrors: Int
    /// How many warnings are shown; a line says how many more there are.
    package var maximumWarnings: Int

    package init(usesColor: Bool = false, maximumErrors: Int = 50, maximumWarnings: Int = 50) {
        self.usesColor = usesColor
        self.maximumErrors = maximumErrors
        self.maximumWarnings = maximumWarnings
    }

    /// The blocks of all diagnostics in the order people read them, and a count line at the end.
    package func render(_ diagnostics: DiagnosticList, _ sources: SourceMap) -> String {
        var text = ""
        var errors = 0
        var warnings = 0
        for diagnostic in diagnostics.sorted() {
            if diagnostic.severity == .error {
                errors += 1
                if errors > maximumErrors { continue }
            } else {
                warnings += 1
                if warnings > maximumWarnings { continue }
            }
            text += render(diagnostic, sources) + "\n"
        }
        guard errors + warnings > 0 else { return "" }
        if warnings > maximumWarnings {
            let more = warnings - maximumWarnings
            text += "\(more) more warning\(more == 1 ? "" : "s") not shown\n\n"
        }
        return text + countLine(errors, warnings)
    }

    private func countLine(_ errors: Int, _ warnings: Int) -> String {
        var parts: [String] = []
        if errors > 0 { parts.append("\(errors) error\(errors == 1 ? "" : "s")") }
        if warnings > 0 { parts.append("\(warnings) warning\(warnings == 1 ? "" : "s")") }
        let shown = errors > maximumErrors ? "; the first \(maximumErrors) errors are shown" : ""
        return parts.joined(separator: ", ") + shown + "\n"
    }

    /// One block, ended by a line end.
    package func render(_ diagnostic: Diagnostic, _ sources: SourceMap) -> String {
        let isError = diagnostic.severity == .error
        let tint = isError ? Style.red : Style.yellow
        var out = paint("\(isError ? "error" : "warning")[\(diagnostic.code)]", tint)
        out += paint(": \(diagnostic.message)", Style.bold) + "\n"

        let groups = excerptGroups(diagnostic, sources)
        let width = groups.flatMap { $0.lines.map { String($0.index + 1).count } }.max() ?? 1
        let gutter = String(repeating: " ", count: width + 2)
        for (n, group) in groups.enumerated() {
            let file = sources[group.file]
            let place = file.lineAndColumn(of: group.anchor)
            let arrow = n == 0 ? "-->" : ":::"
            out += paint("\(gutter.dropLast())\(arrow)", Style.blue)
            out += " \(file.path):\(place.line):\(place.column)\n"
            out += paint("\(gutter)|", Style.blue) + "\n"
            var previous: Int?
            for line in group.lines {
                if let previous, line.index > previous + 1 {
                    out += paint("\(String(repeating: " ", count: width - 1))...", Style.blue) + "\n"
                }
                previous = line.index
                let number = String(line.index + 1)
                let pad = String(repeating: " ", count: width - number.count)
                let source = ExpandedLine(file, line.index, focus: line.marks.map(\.start).min())
                out += paint(" \(pad)\(number) |", Style.blue)
                out += source.text.isEmpty ? "\n" : " \(source.text)\n"
                for row in annotationRows(line.marks, source, tint) {
                    out += paint("\(gutter)|", Style.blue) + (row.isEmpty ? "" : " \(row)") + "\n"
                }
            }
        }
        for note in diagnostic.notes { out += attached("note", note, gutter) }
        for help in diagnostic.helps { out += attached("help", help, gutter) }
        return out
    }

    private func attached(_ kind: String, _ text: String, _ gutter: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var out = paint(gutter + "= ", Style.blue) + paint("\(kind):", Style.bold) + " \(lines[0])\n"
        for line in lines.dropFirst() { out += "\(gutter)        \(line)\n" }
        return out
    }

    // MARK: Excerpts

    /// A label on one line of source.
    private struct Mark {
        /// Byte offsets, clipped to the line.
        var start: UInt32
        var end: UInt32
        var message: String
        var isPrimary: Bool
    }
    private struct ExcerptLine {
        var index: Int
        var marks: [Mark]
    }
    private struct Group {
        var file: FileID
        var anchor: UInt32
        var lines: [ExcerptLine]
    }

    /// The lines to show, by file; the primary label's file comes first.
    private func excerptGroups(_ diagnostic: Diagnostic, _ sources: SourceMap) -> [Group] {
        var groups: [Group] = []
        for (i, label) in ([diagnostic.primary] + diagnostic.secondary).enumerated() {
            guard label.file.index < sources.files.count else { continue }
            let file = sources[label.file]
            let group: Int
            if let known = groups.firstIndex(where: { $0.file == label.file }) {
                group = known
            } else {
                groups.append(Group(file: label.file, anchor: label.span.start, lines: []))
                group = groups.count - 1
            }
            // A label over several lines marks its first line to the end.
            let start = min(label.span.start, UInt32(truncatingIfNeeded: file.bytes.count))
            let index = file.lineIndex(of: start)
            let lineEnd = file.lineEnd(index)
            let mark = Mark(
                start: min(start, lineEnd), end: max(min(start, lineEnd), min(label.span.end, lineEnd)),
                message: label.message, isPrimary: i == 0)
            if let line = groups[group].lines.firstIndex(where: { $0.index == index }) {
                groups[group].lines[line].marks.append(mark)
            } else {
                groups[group].lines.append(ExcerptLine(index: index, marks: [mark]))
            }
        }
        for i in groups.indices { groups[i].lines.sort { $0.index < $1.index } }
        return groups
    }

    /// A drawn row under construction: characters by column, each with a style.
    private struct Row {
        var cells: [(Character, Style?)] = []
        mutating func put(_ text: some Sequence<Character>, at column: Int, _ style: Style?) {
            var column = column
            for character in text {
                while cells.count <= column { cells.append((" ", nil)) }
                cells[column] = (character, style)
                column += 1
            }
        }
        func isFree(_ from: Int, _ to: Int) -> Bool {
            for column in max(0, from)..<max(0, to) where column < cells.count && cells[column].0 != " " { return false }
            return true
        }
    }

    /// The rows beneath a line: the underlines, then the texts, the rightmost on the first row.
    private func annotationRows(_ marks: [Mark], _ source: ExpandedLine, _ tint: Style) -> [String] {
        struct Placed {
            var from: Int
            var to: Int
            var mark: Mark
            var style: Style
        }
        let placed = marks.map { mark in
            let from = source.column(of: mark.start)
            return Placed(
                from: from, to: max(from + 1, source.column(of: mark.end)), mark: mark,
                style: mark.isPrimary ? tint : Style.blue)
        }.sorted { ($0.from, $0.mark.isPrimary ? 1 : 0) < ($1.from, $1.mark.isPrimary ? 1 : 0) }

        var underline = Row()
        // The primary label is drawn last, so that it stays visible.
        for p in placed.filter({ !$0.mark.isPrimary }) + placed.filter(\.mark.isPrimary) {
            underline.put(
                String(repeating: p.mark.isPrimary ? "^" : "-", count: p.to - p.from), at: p.from, p.style)
        }
        var rows = [underline]
        var pending = placed.filter { !$0.mark.message.isEmpty }
        // The text of the rightmost label follows its underline if nothing is in the way.
        if let last = pending.last, placed.allSatisfy({ $0.to <= last.to }) {
            rows[0].put(last.mark.message, at: last.to + 1, last.style)
            pending.removeLast()
        }
        if !pending.isEmpty {
            var bars = Row()
            for p in pending { bars.put("|", at: p.from, p.style) }
            rows.append(bars)
            // From right to left, each on a row of its own with the bars of those to its left.
            while let p = pending.popLast() {
                var row = Row()
                for other in pending where other.from < p.from { row.put("|", at: other.from, other.style) }
                row.put(p.mark.message, at: p.from, p.style)
                rows.append(row)
            }
        }
        return rows.map { row in
            var out = ""
            var i = 0
            while i < row.cells.count {
                var run = ""
                let style = row.cells[i].1
                while i < row.cells.count, row.cells[i].1 == style {
                    run.append(row.cells[i].0)
                    i += 1
                }
                out += style.map { paint(run, $0) } ?? run
            }
            return out
        }
    }

    // MARK: Colours

    /// ANSI select-graphic-rendition codes (ECMA-48 8.3.117).
    enum Style: String { case red = "1;31", yellow = "1;33", blue = "1;34", bold = "1" }

    private func paint(_ text: String, _ style: Style) -> String {
        usesColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension SourceFile {
    /// Byte offset of the end of the line at `index`, without its line end.
    package func lineEnd(_ index: Int) -> UInt32 {
        let start = Int(lineStarts[index])
        var end = index + 1 < lineStarts.count ? Int(lineStarts[index + 1]) - 1 : bytes.count
        if end > start, bytes[end - 1] == 13 { end -= 1 }
        return UInt32(truncatingIfNeeded: max(start, end))
    }
}

/// A source line as it is shown: tabs become four blanks, control characters `·`; byte offsets map to columns.
struct ExpandedLine {
    var text = ""
    /// Column of the byte at `start + i`, counted from 0; one more for the end.
    private var columns: [Int] = []
    private let start: UInt32

    /// Longest part of a line that is shown, in bytes, and how much of it stands before the first mark.
    private static let window = 160
    private static let lead = 80

    /// - Parameter focus: byte offset that must be seen; of a very long line only the surroundings are kept, with `…` for the rest.
    init(_ file: SourceFile, _ index: Int, focus: UInt32? = nil) {
        let lineStart = Int(file.lineStarts[index]), lineEnd = Int(file.lineEnd(index))
        var first = lineStart
        var end = lineEnd
        if lineEnd - lineStart > 2 * Self.window {
            first = max(lineStart, min(Int(focus ?? 0), lineEnd) - Self.lead)
            // Not inside a character.
            while first > lineStart, file.bytes[first] & 0xC0 == 0x80 { first -= 1 }
            end = min(lineEnd, first + Self.window)
            while end > first, end < lineEnd, file.bytes[end] & 0xC0 == 0x80 { end -= 1 }
        }
        start = UInt32(first)
        var column = 0
        if first > lineStart {
            text = "…"
            column = 1
        }
        var i = first
        var decoder = UTF8()
        var iterator = file.bytes[i..<max(i, end)].makeIterator()
        decoding: while i < end {
            let scalar: Unicode.Scalar
            let length: Int
            switch decoder.decode(&iterator) {
            case .scalarValue(let value):
                scalar = value
                length = UTF8.width(value)
            case .error:
                scalar = "\u{FFFD}"
                length = 1
            case .emptyInput: break decoding
            }
            for _ in 0..<length { columns.append(column) }
            i += length
            switch scalar.value {
            case 9:
                text += "    "
                column += 4
            case 0xFEFF where index == 0 && columns.count == 3: break
            case 0..<32, 127:
                text += "·"
                column += 1
            default:
                text.unicodeScalars.append(scalar)
                column += displayWidth(scalar)
            }
        }
        columns.append(column)
        if end < lineEnd { text += "…" }
    }

    /// The column at which the byte at `offset` is shown, counted from 0.
    func column(of offset: UInt32) -> Int {
        let i = Int(offset) - Int(start)
        return i < 0 ? 0 : i < columns.count ? columns[i] : columns.last ?? 0
    }
}

/// How many terminal cells a scalar takes: 0 for combining marks, 2 for wide characters, else 1.
///
/// The ranges are the wide blocks of Unicode's EastAsianWidth.txt and the emoji blocks, in coarse form.
func displayWidth(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD:
        return 2
    default: return 1
    }
}

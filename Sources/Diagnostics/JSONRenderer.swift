package import Support

/// Shows diagnostics to tools: one JSON object a line, in the order people see them.
///
/// Members: code, severity, message, file, line, col, end_line, end_col (from 1, columns in Unicode scalars),
/// col_utf16, end_col_utf16 (from 1, in UTF-16 units, for editors), start, end (byte offsets), notes, help, and
/// labels (objects with file, message and the same positions).
package struct JSONRenderer: Sendable {
    package init() {}

    /// All diagnostics, each on a line.
    package func render(_ diagnostics: DiagnosticList, _ sources: SourceMap) -> String {
        diagnostics.sorted().map { render($0, sources) + "\n" }.joined()
    }

    /// One object without a line end.
    package func render(_ diagnostic: Diagnostic, _ sources: SourceMap) -> String {
        var out = "{\"code\":\(quoted(diagnostic.code.text))"
        out += ",\"severity\":\"\(diagnostic.severity == .error ? "error" : "warning")\""
        out += ",\"message\":\(quoted(diagnostic.message))"
        out += place(diagnostic.primary, sources)
        out += ",\"label\":\(quoted(diagnostic.primary.message))"
        out += ",\"labels\":["
        out += diagnostic.secondary.map { label in
            "{\"message\":\(quoted(label.message))\(place(label, sources))}"
        }.joined(separator: ",")
        out += "],\"notes\":[\(diagnostic.notes.map(quoted).joined(separator: ","))]"
        out += ",\"help\":[\(diagnostic.helps.map(quoted).joined(separator: ","))]}"
        return out
    }

    private func place(_ label: Label, _ sources: SourceMap) -> String {
        guard label.file.index < sources.files.count else { return "" }
        let file = sources[label.file]
        let start = file.lineAndColumn(of: label.span.start)
        let end = file.lineAndColumn(of: label.span.end)
        return ",\"file\":\(quoted(file.path)),\"line\":\(start.line),\"col\":\(start.column)"
            + ",\"end_line\":\(end.line),\"end_col\":\(end.column)"
            + ",\"col_utf16\":\(file.utf16Column(of: label.span.start))"
            + ",\"end_col_utf16\":\(file.utf16Column(of: label.span.end))"
            + ",\"start\":\(label.span.start),\"end\":\(label.span.end)"
    }

    /// A JSON string (RFC 8259 section 7).
    private func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                if scalar.value < 32 {
                    let digits = String(scalar.value, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}

extension SourceFile {
    /// The column of `offset` counted from 1 in UTF-16 code units.
    package func utf16Column(of offset: UInt32) -> Int {
        let line = lineIndex(of: offset)
        var i = Int(lineStarts[line])
        if line == 0, bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { i = 3 }
        let end = min(Int(offset), bytes.count)
        var column = 1
        while i < end {
            // Scalars of four bytes are two units.
            if bytes[i] & 0xC0 != 0x80 { column += bytes[i] >= 0xF0 ? 2 : 1 }
            i += 1
        }
        return column
    }
}

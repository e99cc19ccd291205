internal import Diagnostics
internal import Support
internal import Syntax

/// The tokens of `source`, one per line: `line:column kind text`. The file is lexed again: the parser keeps no tokens.
func printTokens(_ source: SourceFile, file: FileID, interner: inout Interner) -> String {
    var ignored = DiagnosticList()
    let buffer = tokenize(source, file: file, interner: &interner, diagnostics: &ignored)
    var text = ""
    for token in buffer.tokens {
        let (line, column) = source.lineAndColumn(of: token.start)
        text += "\(line):\(column) \(token.kind)"
        let shown = source.text(SourceSpan(start: token.start, end: max(token.start, token.end)))
        if !shown.isEmpty, token.kind != .newline {
            text += " " + shown.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
        }
        text += "\n"
    }
    return text
}

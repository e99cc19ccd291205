internal import Diagnostics
internal import Support

/// A finding of the compiler about a source file.
public struct CompilerDiagnostic: Sendable, Equatable, CustomStringConvertible {
    /// How much it matters. Only errors stop compilation.
    public enum Severity: String, Sendable { case error, warning }

    /// A place in a source file.
    public struct Place: Sendable, Equatable {
        /// The path as diagnostics show it: like the root's, relative to the current directory or absolute.
        public var file: String
        /// Line of the first character, from 1.
        public var line: Int
        /// Column of the first character, from 1, in Unicode scalars.
        public var column: Int
        /// Line of the place behind the last character.
        public var endLine: Int
        /// Column of the place behind the last character.
        public var endColumn: Int
        /// Byte offsets in the file.
        public var bytes: Range<Int>
    }

    /// A further place that explains the finding.
    public struct Label: Sendable, Equatable {
        /// Where.
        public var place: Place
        /// What is there, in a few words.
        public var message: String
    }

    /// Stable code, such as `E0306`; `simple explain CODE` says more.
    public var code: String
    /// Whether it stops compilation.
    public var severity: Severity
    /// One line that stands alone.
    public var message: String
    /// Where the user must look.
    public var place: Place
    /// What is at the place, in a few words; may be empty.
    public var label: String
    /// Further places that explain it, also in other files.
    public var labels: [Label]
    /// What else one should know, a sentence each.
    public var notes: [String]
    /// What to do about it, as exactly as the compiler knows.
    public var fixes: [String]

    /// `place.file`.
    public var file: String { place.file }
    /// `place.line`.
    public var line: Int { place.line }
    /// `place.column`.
    public var column: Int { place.column }

    /// `geo.simple:3:5: error[E0306]: cannot add …`, one line.
    public var description: String { "\(file):\(line):\(column): \(severity.rawValue)[\(code)]: \(message)" }

    init(_ diagnostic: Diagnostic, _ sources: SourceMap) {
        code = diagnostic.code.text
        severity = diagnostic.severity == .error ? .error : .warning
        message = diagnostic.message
        place = Place(diagnostic.primary, sources)
        label = diagnostic.primary.message
        labels = diagnostic.secondary.map { Label(place: Place($0, sources), message: $0.message) }
        notes = diagnostic.notes
        fixes = diagnostic.helps
    }
}

extension CompilerDiagnostic.Place {
    init(_ label: Diagnostics.Label, _ sources: SourceMap) {
        guard label.file.index < sources.files.count else {
            self.init(file: "", line: 1, column: 1, endLine: 1, endColumn: 1, bytes: 0..<0)
            return
        }
        let source = sources[label.file]
        let start = source.lineAndColumn(of: label.span.start)
        let end = source.lineAndColumn(of: label.span.end)
        let first = Int(label.span.start)
        self.init(
            file: source.path, line: start.line, column: start.column, endLine: end.line, endColumn: end.column,
            bytes: first..<max(first, Int(label.span.end)))
    }
}

package import Support

/// How much a diagnostic matters. Only errors stop compilation.
package enum Severity: UInt8, Sendable { case error, warning }

/// A span with a short text that is shown beneath it in the source excerpt.
package struct Label: Sendable, Equatable {
    package var file: FileID
    package var span: SourceSpan
    package var message: String
    package init(file: FileID, span: SourceSpan, message: String = "") {
        self.file = file
        self.span = span
        self.message = message
    }
}

/// A stable diagnostic code such as `E0306`; `simple explain` knows each (see `Catalogue`).
package struct DiagnosticCode: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let text: String
    package init(stringLiteral value: String) { text = value }
    package init(_ value: String) { text = value }
    package var description: String { text }
}

/// One finding about the user's program: a message that stands alone, a place, and where possible a way out.
package struct Diagnostic: Sendable, Equatable {
    package var severity: Severity
    package var code: DiagnosticCode
    /// One line; names in backticks; no full stop.
    package var message: String
    /// The place that the diagnostic is about.
    package var primary: Label
    /// Further places that explain it.
    package var secondary: [Label]
    package var notes: [String]
    /// What the user can do, as exact as possible.
    package var helps: [String]

    package init(
        _ severity: Severity, _ code: DiagnosticCode, _ message: String, at primary: Label, secondary: [Label] = [],
        notes: [String] = [], helps: [String] = []
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.primary = primary
        self.secondary = secondary
        self.notes = notes
        self.helps = helps
    }
}

/// The diagnostics of a compilation. Stages append; only the driver renders.
package struct DiagnosticList: Sendable {
    package private(set) var all: [Diagnostic] = []
    package private(set) var errorCount = 0
    package init() {}
    /// `true` iff at least one error was reported. O(1).
    package var hasErrors: Bool { errorCount > 0 }
    package mutating func append(_ diagnostic: Diagnostic) {
        if diagnostic.severity == .error { errorCount += 1 }
        all.append(diagnostic)
    }
    /// Adds a note to a diagnostic.
    ///
    /// - Parameter index: its place in `all`.
    package mutating func addNote(_ note: String, to index: Int) { all[index].notes.append(note) }
    /// Changes the place, in its file, that a diagnostic is about.
    ///
    /// - Parameter index: its place in `all`.
    package mutating func move(_ index: Int, to span: SourceSpan) { all[index].primary.span = span }
    /// Reports an error.
    package mutating func error(
        _ code: DiagnosticCode, _ message: String, at primary: Label, secondary: [Label] = [], notes: [String] = [],
        helps: [String] = []
    ) {
        append(Diagnostic(.error, code, message, at: primary, secondary: secondary, notes: notes, helps: helps))
    }
    /// Reports a warning.
    package mutating func warning(
        _ code: DiagnosticCode, _ message: String, at primary: Label, secondary: [Label] = [], notes: [String] = [],
        helps: [String] = []
    ) {
        append(Diagnostic(.warning, code, message, at: primary, secondary: secondary, notes: notes, helps: helps))
    }
    /// The diagnostics by file, position and code: the order in which people see them.
    package func sorted() -> [Diagnostic] {
        all.enumerated().sorted { l, r in
            let a = l.element.primary, b = r.element.primary
            if a.file != b.file { return a.file < b.file }
            if a.span.start != b.span.start { return a.span.start < b.span.start }
            if l.element.code.text != r.element.code.text { return l.element.code.text < r.element.code.text }
            return l.offset < r.offset
        }.map(\.element)
    }
}

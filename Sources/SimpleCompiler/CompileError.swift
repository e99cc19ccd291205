public import SimpleLoader

/// Why a source was not compiled, or not run.
///
/// What is wrong with the program is in `parse` and `lower`; `diagnostics` gives both. `codegen` and `link` are failures
/// of the compiler.
public enum CompileError: Error, Sendable, Equatable {
    /// The root module could not be read, or the output not written.
    case io(FileProblem)
    /// The sources are not Simple: syntax errors, in the root or in a module it imports. All of them, and warnings.
    case parse([CompilerDiagnostic])
    /// The sources parse but do not make a program that can be lowered to code: names that lead nowhere (modules among
    /// them), types that do not fit, and everything else that checking finds. All errors, and warnings.
    case lower([CompilerDiagnostic])
    /// The compiler made something that its own checks refuse, in the stage `stage`. Please report it.
    case codegen(stage: String, findings: [String])
    /// The compiled modules could not be linked; all reasons.
    case link([String])
    /// The program has no entry point.
    case noEntryPoint(path: String)
    /// The compiled module could not be loaded.
    case load(LoadError)
    /// The program could not be started.
    case call(CallError)

    /// A file that could not be read or written.
    public struct FileProblem: Sendable, Equatable {
        /// `read`, `write`, …
        public var action: String
        /// The file, as it was given.
        public var path: String
        /// The system's words.
        public var reason: String

        /// Creates the failure to do `action` with the file at `path`.
        public init(action: String, path: String, reason: String) {
            self.action = action
            self.path = path
            self.reason = reason
        }
    }

    /// What the compiler found in the sources; empty unless the program is at fault.
    public var diagnostics: [CompilerDiagnostic] {
        switch self {
        case .parse(let diagnostics), .lower(let diagnostics): diagnostics
        default: []
        }
    }
}

extension CompileError: CustomStringConvertible {
    /// All that is wrong; a line for each finding.
    public var description: String {
        switch self {
        case .io(let problem): "cannot \(problem.action) `\(problem.path)`: \(problem.reason)"
        case .parse(let diagnostics), .lower(let diagnostics): diagnostics.map(\.description).joined(separator: "\n")
        case .codegen(let stage, let findings):
            "internal compiler error in stage \(stage):\n" + findings.map { "  \($0)" }.joined(separator: "\n")
        case .link(let problems): "cannot link:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
        case .noEntryPoint(let path): "`\(path)` has no entry point"
        case .load(let error): error.description
        case .call(let error): error.description
        }
    }
}

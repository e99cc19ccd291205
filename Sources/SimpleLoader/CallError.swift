/// A panic of a Simple program.
public struct Panic: Error, Sendable, Equatable, CustomStringConvertible {
    /// Stable code: `P008`.
    public var code: String
    /// The message without code and position; may have several lines.
    public var message: String
    /// The whole report, as it goes to standard error: message, position, backtrace.
    public var report: String

    public var description: String { "panic[\(code)]: \(message)" }

    /// Takes the report apart.
    init(number: Int, report: [UInt8]) {
        let digits = String(number)
        code = "P" + String(repeating: "0", count: max(0, 3 - digits.utf8.count)) + digits
        self.report = String(decoding: report, as: UTF8.self)
        var lines = self.report.split(separator: "\n", omittingEmptySubsequences: false)[...]
        var text: [Substring] = []
        if let first = lines.popFirst() {
            let prefix = "panic[\(code)]: "
            text.append(first.hasPrefix(prefix) ? first.dropFirst(prefix.count) : first)
        }
        while let line = lines.popFirst(), !line.hasPrefix("  at "), line != "backtrace:", !line.isEmpty { text.append(line) }
        message = text.joined(separator: "\n")
    }
}

/// Why a call of compiled code did not return.
public enum CallError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The program panicked. Its report was printed unless `SimpleRuntime.reportsPanics` is off. Its globals have the
    /// values that they had then.
    case panicked(Panic)
    /// The program called `exit`.
    case exited(Int32)
    /// Standard output or standard error could not be written; an `errno` value.
    case outputFailed(Int32)
    /// The module was unloaded.
    case unloaded(module: String)
    /// The variable was not assigned yet.
    case uninitialised(name: String)
    /// The variable is not declared `mut`.
    case immutable(name: String)
    /// The arguments need more than the 6 + 8 registers and 32 words of stack that a call from a host may use.
    case tooManyArguments(name: String)
    /// The system has no memory for the runtime's stack.
    case outOfMemory

    public var description: String {
        switch self {
        case .panicked(let panic): panic.description
        case .exited(let code): "the program ended with exit code \(code)"
        case .outputFailed(let code): "the program's output cannot be written: \(systemMessage(code))"
        case .unloaded(let module): "module `\(module)` was unloaded"
        case .uninitialised(let name): "`\(name)` was not assigned yet"
        case .immutable(let name): "`\(name)` is not mutable"
        case .tooManyArguments(let name): "`\(name)` has more arguments than a host can pass"
        case .outOfMemory: "no memory for the runtime's stack"
        }
    }
}

/// How a program that was run by its entry point ended.
public enum RunOutcome: Sendable, Equatable, CustomStringConvertible {
    /// By its end or by `exit`. The code is all 32 bits of it; an operating system would see the low 8.
    case exited(Int32)
    /// By a panic. As a process it would have had the exit status 101.
    case panicked(Panic)
    /// Because its output could not be written; an `errno` value.
    case outputFailed(Int32)

    /// What a shell would see: the exit code's low 8 bits; 101 for a panic; 141 for a closed pipe, else 1 for output that
    /// failed.
    public var processStatus: Int32 {
        switch self {
        case .exited(let code): code & 0xFF
        case .panicked: 101
        case .outputFailed(let code): code == brokenPipe ? 141 : 1
        }
    }

    public var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .panicked(let panic): panic.description
        case .outputFailed(let code): "output failed: \(systemMessage(code))"
        }
    }
}

/// What a program printed while it was run with `EntryPoint.runCapturing`.
public struct CapturedOutput: Sendable, Equatable {
    /// Standard output.
    public var output: [UInt8]
    /// Standard error, a panic's report included.
    public var errors: [UInt8]
    /// Standard output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
    /// Standard error as text.
    public var errorText: String { String(decoding: errors, as: UTF8.self) }
}

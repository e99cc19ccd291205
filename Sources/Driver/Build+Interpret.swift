internal import CPlatform
internal import Glibc
internal import MIR
internal import Runtime
internal import RuntimeABI

// The slow twin of native code: the program's MIR runs in this process, with the runtime's own entries.

/// The interpreter at work, for the hooks that the runtime calls without context.
nonisolated(unsafe) private var runningInterpreter: MIRInterpreter?

extension Build {
    /// Runs the compiled program's MIR (the pipeline must have stopped behind `lower` or `optimize`) and ends the
    /// process as the native program would. Returns only if the interpreter cannot run it: an exit status.
    package mutating func interpret(arguments: [String]) -> Int32 {
        let subject = path
        let interpreter: MIRInterpreter
        do throws(MIRLinkError) {
            interpreter = try MIRInterpreter(compilation.takeModules(), stackBytes: 16 << 20) {
                runtimeAddress(of: $0)
            }
        } catch {
            CrashReport.report(["interpret: \(error)"], subject: path)
            return CrashReport.exitStatus
        }
        var values: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        values.append(nil)
        return values.withUnsafeMutableBufferPointer { values in
            withRuntime {
                runtime.argumentCount = arguments.count
                runtime.argumentValues = values.baseAddress
                runningInterpreter = interpreter
                setBacktraceHook { printInterpretedBacktrace() }
                for range in interpreter.writableRanges where range.count >= 8 {
                    let start = UInt(bitPattern: range.baseAddress)
                    addRootRange((start + 7) & ~7, (start + UInt(range.count)) & ~7)
                }
                // The whole stack: its live part is not known at the time of a collection.
                let stack = UInt(bitPattern: interpreter.rootRange.baseAddress)
                addRootRange(stack, stack + 16 << 20)
                interpreter.onStackOverflow = { panicStackOverflow(pc: 0, frame: 0) }
                switch interpreter.run(Pipeline.entrySymbolName) {
                case .returned(let results): finishProgram(Int(truncatingIfNeeded: Int64(bitPattern: results[0])))
                case .stackOverflow: return 101
                case .stopped: return 101
                case .undefinedBehaviour(let what):
                    CrashReport.report(["interpret: undefined behaviour: \(what)"], subject: subject)
                case nil: CrashReport.report(["interpret: no function `\(Pipeline.entrySymbolName)`"], subject: subject)
                }
                return CrashReport.exitStatus
            }
        }
    }
}

/// The position line and the frames, in the form of native panics.
private func printInterpretedBacktrace() {
    guard let frames = runningInterpreter?.backtrace().filter({ !$0.function.isEmpty }) else { return }
    func place(_ frame: MIRSourcePosition) -> String { "\(frame.file):\(frame.line):\(frame.column)" }
    if let first = frames.first { putText("  at \(place(first))\nbacktrace:\n") }
    for (i, frame) in frames.enumerated() {
        if frames.count > 64, i >= 32, i < frames.count - 32 { continue }
        let number = i < 10 ? "  \(i)" : i < 100 ? " \(i)" : "\(i)"
        let padding = String(repeating: " ", count: max(1, backtraceNameWidth - frame.function.unicodeScalars.count))
        putText("\(number): \(frame.function)\(padding)\(place(frame))\n")
    }
}

private func putText(_ text: String) {
    var copy = text
    copy.withUTF8 { bytes in
        if let start = bytes.baseAddress { putReport(start, bytes.count) }
    }
}

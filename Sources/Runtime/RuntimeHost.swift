/// Running programs inside a host process (the MIR interpreter, tests): output and the program's end are caught
/// instead of passed on.

#if !hasFeature(Embedded)
    import CPlatform
    import RuntimeABI

    /// What a caught program wrote.
    package struct CaughtProgram {
        package var output: [UInt8]
        package var errors: [UInt8]
    }

    /// The results of a runtime entry: integers and references in `first` and `second`, floats in `real`.
    package struct EntryResults: Sendable {
        package var first: UInt64 = 0
        package var second: UInt64 = 0
        package var real: Double = 0
    }

    /// A runtime entry ended the program: by `exit`, a panic or a failure to write.
    package struct ProgramEnd: Error {
        package var status: Int32
    }

    /// Runs `body` within `withRuntime`, catching what the program in it writes. Entries called by `callEntry` that
    /// end the program throw `ProgramEnd`.
    package func catchProgram(_ body: () -> Void) -> CaughtProgram {
        withRuntime {
            runtime.catching = true
            output.terminal = 0
            defer { runtime.catching = false }
            body()
            let caught = CaughtProgram(
                output: Array(UnsafeBufferPointer(start: caughtOutput.bytes, count: caughtOutput.count)),
                errors: Array(UnsafeBufferPointer(start: caughtReport.bytes, count: caughtReport.count)))
            caughtOutput.count = 0
            caughtReport.count = 0
            return caught
        }
    }

    /// Calls an entry with its integer and reference arguments in `integers` (up to 6) and its floats in `reals` (up
    /// to 2; an f32 as the low half of the f64's bits), each in the order of its class.
    /// - Throws: `ProgramEnd` inside `catchProgram`; elsewhere the process ends.
    package func callEntry(_ function: RuntimeFunction, _ integers: [UInt64] = [], _ reals: [Double] = []) throws(ProgramEnd) -> EntryResults {
        var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
        var floats: (Double, Double) = (0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: integers.prefix(6).withUnsafeBytes { Array($0) }) }
        withUnsafeMutableBytes(of: &floats) { $0.copyBytes(from: reals.prefix(2).withUnsafeBytes { Array($0) }) }
        let results = function.entry.results
        let kind: Int32 =
            switch (results.utf8CodeUnitCount, results.utf8CodeUnitCount > 0 ? results.utf8Start[results.utf8CodeUnitCount - 1] : 0) {
            case (1, 100), (1, 115): 1
            case (2, 100): 2
            default: 0
            }
        guard let address = runtimeAddress(of: function) else { preconditionFailure("no libm on this system") }
        var answer = cp_results()
        let ended = withUnsafePointer(to: &words) { words in
            withUnsafePointer(to: &floats) { floats in
                cp_call_entry(
                    address, UnsafeRawPointer(words).assumingMemoryBound(to: UInt64.self),
                    UnsafeRawPointer(floats).assumingMemoryBound(to: Double.self), kind, &answer)
            }
        }
        if ended != 0 { throw ProgramEnd(status: runtime.caughtStatus) }
        return EntryResults(first: answer.first, second: answer.second, real: answer.real)
    }

    /// Sets what prints the position and the backtrace of a panic, with `putReport`; nil: the native walk.
    package func setBacktraceHook(_ hook: (@convention(c) () -> Void)?) { runtime.backtraceHook = hook }

    /// A new string with this text. The reference must be kept where the collector looks.
    package func makeString(_ text: String) -> Ref {
        var copy = text
        return copy.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return emptyString() }
            return makeString(TextSpan(start, bytes.count, chars: countCharacters(start, bytes.count)))
        }
    }

    /// The text of a string object.
    package func textOf(_ string: Ref) -> String {
        let text = TextSpan(string)
        return String(decoding: UnsafeBufferPointer(start: text.start, count: text.count), as: UTF8.self)
    }
#endif

/// Standard output (buffered) and standard error (one write per call), and the end of the process.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Size of the output buffer.
let outputCapacity = 65536
/// Size of the buffer in which a report is put together.
let reportCapacity = 4096
/// Size of the input buffer.
let inputCapacity = 65536

/// Standard output's buffer.
package struct OutputBuffer {
    var bytes: UnsafeMutablePointer<UInt8> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var count = 0
    /// 0 not known yet, 1 no, 2 yes.
    var terminal: UInt8 = 0
}

/// Text on its way to standard error.
package struct ReportBuffer {
    var bytes: UnsafeMutablePointer<UInt8> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var count = 0
}

/// What a caught program wrote (`runtime.catching`).
struct CaughtText {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var capacity = 0

    mutating func append(_ text: Bytes, _ length: Int) {
        if capacity - count < length {
            let wanted = max(4096, (count + length) * 2)
            guard let memory = realloc(bytes, wanted) else { return }
            bytes = memory.assumingMemoryBound(to: UInt8.self)
            capacity = wanted
        }
        guard let bytes, length > 0 else { return }
        memcpy(bytes + count, text, length)
        count += length
    }
}

@exclusivity(unchecked) nonisolated(unsafe) var output = OutputBuffer()
@exclusivity(unchecked) nonisolated(unsafe) var report = ReportBuffer()
@exclusivity(unchecked) nonisolated(unsafe) var caughtOutput = CaughtText()
@exclusivity(unchecked) nonisolated(unsafe) var caughtReport = CaughtText()
/// The report of a hosted program's panic.
@exclusivity(unchecked) nonisolated(unsafe) var hostReport = CaughtText()

/// Writes everything, however often the system takes only a part. Returns 0 or an errno.
func writeFully(_ descriptor: Int32, _ bytes: Bytes, _ count: Int) -> Int32 {
    var done = 0
    while done < count {
        let written = write(descriptor, bytes + done, count &- done)
        if written > 0 {
            done &+= written
            continue
        }
        if written == 0 { return EIO }
        let error = cp_errno()
        if error == EINTR { continue }
        // Somebody made the descriptor non-blocking: wait instead of losing text.
        if error == EAGAIN {
            cp_wait_writable(descriptor)
            continue
        }
        return error
    }
    return 0
}

/// Appends text to standard output.
@inline(__always)
func writeOutput(_ bytes: Bytes, _ count: Int) {
    if outputCapacity &- output.count > count && output.terminal == 1 {
        memcpy(output.bytes + output.count, bytes, count)
        output.count &+= count
        return
    }
    writeOutputSlow(bytes, count)
}

@inline(never)
private func writeOutputSlow(_ bytes: Bytes, _ count: Int) {
    if runtime.catching {
        caughtOutput.append(bytes, count)
        return
    }
    if output.terminal == 0 { output.terminal = isatty(1) == 1 ? 2 : 1 }
    if count >= outputCapacity {
        flushOutput()
        writeToStdout(bytes, count)
        return
    }
    if outputCapacity &- output.count < count { flushOutput() }
    memcpy(output.bytes + output.count, bytes, count)
    output.count &+= count
    if output.terminal == 2 && memchr(bytes, 10, count) != nil { flushOutput() }
}

/// Writes out what is buffered; ends the process if that is impossible.
package func flushOutput() {
    let count = output.count
    if count == 0 { return }
    // First, so that a failure does not come here again.
    output.count = 0
    writeToStdout(Bytes(output.bytes), count)
}

private func writeToStdout(_ bytes: Bytes, _ count: Int) {
    let error = writeFully(1, bytes, count)
    if error == 0 { return }
    if runtime.panicking && (error != EPIPE || runtime.hosted) { return }
    if runtime.hosted { endProcess(error, .output) }
    if error == EPIPE { _exit(141) }
    putReport("error: cannot write to stdout: ")
    if let text = strerror(error) { putCString(text) }
    putReport("\n")
    flushReport()
    _exit(1)
}

/// Appends text to the report.
package func putReport(_ bytes: Bytes, _ count: Int) {
    var bytes = bytes
    var count = count
    while count > 0 {
        let piece = min(count, reportCapacity &- report.count)
        memcpy(report.bytes + report.count, bytes, piece)
        report.count &+= piece
        bytes += piece
        count &-= piece
        if report.count == reportCapacity { flushReport() }
    }
}

/// Appends literal text to the report.
package func putReport(_ text: StaticString) { putReport(text.utf8Start, text.utf8CodeUnitCount) }

/// Appends a C string to the report.
package func putCString(_ text: UnsafePointer<CChar>) {
    putReport(UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), strlen(text))
}

/// Appends a number to the report.
package func putReport(_ value: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { digits in
        let start = digits.baseAddress.unsafelyUnwrapped
        putReport(Bytes(start), writeDecimal(value, start))
    }
}

/// Appends an unsigned number to the report.
func putReport(_ value: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { digits in
        let start = digits.baseAddress.unsafelyUnwrapped
        putReport(Bytes(start), writeDecimal(value, start))
    }
}

/// Appends a string object to the report.
func putReport(_ string: Ref) {
    let text = TextSpan(string)
    putReport(text.start, text.count)
}

/// Sends the report to standard error.
package func flushReport() {
    let count = report.count
    report.count = 0
    if runtime.hosted { hostReport.append(Bytes(report.bytes), count) }
    if runtime.catching { caughtReport.append(Bytes(report.bytes), count) }
    if !runtime.catching && (!runtime.hosted || runtime.hostedReports) { _ = writeFully(2, Bytes(report.bytes), count) }
}

/// Ends the process, or the caught or hosted program, with `status` after everything was flushed.
func endProcess(_ status: Int32, _ kind: ProgramEndKind = .exit) -> Never {
    #if !hasFeature(Embedded)
        if runtime.hosted {
            runtime.caughtStatus = status
            runtime.end = kind
            runtime.panicking = false
            cp_return_to_host()
        }
    #endif
    if runtime.catching {
        runtime.caughtStatus = status
        runtime.panicking = false
        cp_end_call()
    }
    _exit(status & 0xFF)
}

/// The normal end of a program: flushes, prints statistics if asked for, exits with the low 8 bits of `code`.
package func finishProgram(_ code: Int) -> Never {
    if code < Int(Int32.min) || code > Int(Int32.max) { panicExitCode(code) }
    flushOutput()
    if heap.printStatistics { printHeapStatistics() }
    endProcess(Int32(truncatingIfNeeded: code))
}

/// One line on standard error about the heap.
func printHeapStatistics() {
    let statistics = heap.statistics
    putReport("gc: ")
    putReport(statistics.collections)
    putReport(" collections, ")
    putReport((statistics.allocatedBytes &+ heap.allocatedSinceCollection) >> 10)
    putReport(" KiB allocated, ")
    putReport(statistics.liveBytes >> 10)
    putReport(" KiB live after the last, ")
    putReport(statistics.peakBytes >> 10)
    putReport(" KiB peak; pauses ")
    putReport(Int(statistics.pauseNanoseconds / 1000))
    putReport(" us in all, ")
    putReport(Int(statistics.longestPause / 1000))
    putReport(" us longest\n")
    flushReport()
}

/// (code): flushes and ends the process; a code outside i32 is P002.
@c(simple_rt_exit)
public func simple_rt_exit(_ code: Int) { finishProgram(code) }

/// Writes out what is buffered.
@c(simple_rt_flush)
public func simple_rt_flush() { flushOutput() }

/// (text): one unbuffered write to stderr.
@c(simple_rt_print_error)
public func simple_rt_print_error(_ string: UnsafeMutableRawPointer) {
    let text = TextSpan(string)
    if runtime.catching {
        caughtReport.append(text.start, text.count)
        return
    }
    let error = writeFully(2, text.start, text.count)
    if error == EPIPE && runtime.hosted { endProcess(error, .output) }
    // A closed stderr loses messages; there is nowhere to say so.
    if error == EPIPE { _exit(141) }
}

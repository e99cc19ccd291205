internal import CPlatform
internal import Glibc

/// Says that the compiler is at fault when it traps, and what to send (exit status 70).
///
/// The report is assembled before anything goes wrong, since a signal handler may only call `write` and `_exit`.
package enum CrashReport {
    /// The exit status for a bug of ours (`EX_SOFTWARE` of sysexits.h).
    package static let exitStatus: Int32 = 70

    /// The report's bytes around the stage's name; filled by `install`.
    private struct Buffers {
        var head: UnsafeMutableBufferPointer<UInt8>
        var stage: UnsafeMutableBufferPointer<UInt8>
        var stageLength = 0
        var tail: UnsafeMutableBufferPointer<UInt8>
    }
    nonisolated(unsafe) private static var buffers: UnsafeMutablePointer<Buffers>?

    /// Makes traps, memory faults and stack overflows of the calling thread end with a report about `subject`.
    package static func install(subject: String) {
        func copy(_ text: String) -> UnsafeMutableBufferPointer<UInt8> {
            let bytes = Array(text.utf8)
            let result = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = result.initialize(from: bytes)
            return result
        }
        if buffers == nil {
            buffers = .allocate(capacity: 1)
            let stage = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 16)
            stage.initialize(repeating: 0)
            buffers!.initialize(
                to: Buffers(
                    head: copy("\nerror: internal compiler error while compiling `\(subject)`, stage "), stage: stage,
                    tail: copy(
                        "\nThis is a bug in Simple, not in your program. Please report it with the source files, the\n"
                            + "command line, the text above and the output of `simplec --version`.\n")))
            self.stage("start")
        }
        // Overflow of the stack leaves no room for a handler on it.
        let size = 64 << 10
        var alternate = stack_t()
        alternate.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        alternate.ss_size = size
        sigaltstack(&alternate, nil)
        for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            _ = simple_catch_fatal_signal(signal) { _ in CrashReport.die() }
        }
    }

    /// Notes which stage is at work.
    package static func stage(_ name: String) {
        guard let buffers else { return }
        var length = 0
        for byte in name.utf8 where length < 16 {
            buffers.pointee.stage[length] = byte
            length += 1
        }
        buffers.pointee.stageLength = length
    }

    private static func die() {
        if let buffers {
            let head = buffers.pointee.head, tail = buffers.pointee.tail
            _ = write(2, head.baseAddress!, head.count)
            _ = write(2, buffers.pointee.stage.baseAddress!, buffers.pointee.stageLength)
            _ = write(2, tail.baseAddress!, tail.count)
        }
        _exit(exitStatus)
    }

    /// Reports findings of our own verifiers on stderr.
    package static func report(_ bugs: [String], subject: String) {
        var text = "error: internal compiler error while compiling `\(subject)`\n"
        for bug in bugs.prefix(20) { text += "  \(bug)\n" }
        text += "This is a bug in Simple, not in your program. Please report it with the source files, the\n"
        text += "command line, the text above and the output of `simplec --version`.\n"
        SystemFile.print(text, to: 2)
    }
}

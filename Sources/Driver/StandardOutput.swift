internal import Glibc

/// What the verbs print for whoever called them, diagnostics for people aside: it arrives, or the exit status says that it
/// did not.
package enum StandardOutput {
    /// Writes `text` to stdout. If that fails, says so on stderr and ends the process with status 2; if nobody reads any
    /// more, quietly with 141, as a program that is stopped by SIGPIPE.
    package static func print(_ text: String) {
        let code = SystemFile.print(text, to: 1)
        if code == 0 { return }
        if code == EPIPE { exit(ExitStatus.closedPipe) }
        let reason = String(cString: strerror(code)).lowercasedFirst
        SystemFile.print("error: cannot write to stdout: \(reason)\n", to: 2)
        exit(ExitStatus.usage)
    }
}

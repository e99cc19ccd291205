internal import CPlatform

/// The system's words for an `errno` value.
func systemMessage(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

/// `EPIPE`.
let brokenPipe = EPIPE

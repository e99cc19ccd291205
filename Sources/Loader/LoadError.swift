/// Why a module file cannot be run.

import CPlatform

#if !hasFeature(Embedded)
    import Runtime
    import RuntimeABI
    import SMF
#endif

/// A refusal to load, with what its message says.
package struct LoadError: Error {
    /// The reason.
    package enum Reason: UInt8, Sendable {
        /// The system refused to open or map the file; `value` is the errno.
        case system
        case directory
        /// Not a file that can be mapped (a device, a pipe).
        case notRegular
        /// A rule of the format is broken: `format`.
        case format
        /// Not linked: an object module.
        case objectModule
        /// An image without an entry point.
        case notExecutable
        /// For another operating system; `value` is the platform's number.
        case platform
        /// For another processor; `value` is the architecture's number.
        case architecture
        /// For another runtime; `value` is its number.
        case runtimeABI
        /// The processor lacks the extensions in `value`.
        case cpuFeatures
        /// Required imports are missing: `names`.
        case imports
        /// The trailer of an appended image is damaged.
        case trailer
    }

    package var reason: Reason
    package var value: UInt64
    package var format: SMFError?
    /// The missing imports, each on a line of its own, indented.
    package var names: [UInt8]

    package init(_ reason: Reason, value: UInt64 = 0) {
        self.reason = reason
        self.value = value
        format = nil
        names = []
    }

    package init(_ error: SMFError) {
        reason = .format
        value = 0
        format = error
        names = []
    }

    package init(missing names: [UInt8]) {
        reason = .imports
        value = 0
        format = nil
        self.names = names
    }

    /// Appends the message to the report: `error: PATH: …` and a line end.
    package func report(path: UnsafePointer<CChar>) {
        putReport("error: ")
        putCString(path)
        putReport(": ")
        switch reason {
        case .system:
            if let text = strerror(Int32(truncatingIfNeeded: value)) { putCString(text) }
        case .directory: putReport("is a directory, not a module")
        case .notRegular: putReport("is not a regular file")
        case .format:
            if let format {
                reportBytes(format.utf8Text())
                if format.rule == .versionMajor {
                    putReport("; this program reads version 1: use the 'simple' that the module was built with, or build it again")
                } else if format.rule != .magic {
                    putReport("; build it again")
                }
            }
        case .objectModule: putReport("is an object module, not a program; link it into an image first")
        case .notExecutable: putReport("has no entry point; it is a library")
        case .platform:
            putReport("was built for ")
            putReport(value == 2 ? "Windows" : value == 3 ? "macOS" : "another system")
            putReport(", not for Linux")
        case .architecture:
            putReport("was built for ")
            putReport(value == 1 ? "AArch64" : "another processor")
            putReport(", not for x86-64")
        case .runtimeABI:
            putReport("was built for runtime ABI ")
            putReport(Int(truncatingIfNeeded: value))
            putReport(", this is ")
            putReport(Int(truncatingIfNeeded: runtimeABIVersion))
            putReport("; build it again")
        case .cpuFeatures:
            putReport("needs processor extensions that this machine lacks:")
            if value & 1 != 0 { putReport(" SSE4.2+POPCNT") }
            if value & 2 != 0 { putReport(" AVX2+BMI+FMA") }
            if value & 4 != 0 { putReport(" AVX-512") }
            if value & ~7 != 0 { putReport(" (unknown)") }
        case .trailer: putReport("the trailer of the program at this file's end is damaged; build it again")
        case .imports:
            putReport("imports that this runtime does not provide:\n")
            reportBytes(names)
            return
        }
        putReport("\n")
    }

    private func reportBytes(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { putReport(start, buffer.count) }
        }
    }
}

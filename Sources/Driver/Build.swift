internal import Diagnostics
internal import CPlatform
internal import Glibc
package import Loader
internal import Support

/// How diagnostics are shown.
package enum DiagnosticStyle: Sendable {
    /// For people, on stderr.
    case text
    /// For tools: one JSON object per line, on stdout.
    case json
}

/// What a finished compilation means for the process.
package enum BuildResult {
    case success
    /// Nothing may run; exit with this status. Everything has been said.
    case failure(Int32)
}

/// Exit statuses of the command line (Docs/cli.md).
package enum ExitStatus {
    package static let compileError: Int32 = 1
    package static let usage: Int32 = 2
    /// The reader of standard output went away.
    package static let closedPipe: Int32 = 141
}

/// Compiles on behalf of a verb: reads the root, runs the pipeline, shows diagnostics, texts and times.
package struct Build: ~Copyable {
    package var compilation: Compilation
    private let subject: String
    /// The path of the root, as given.
    package var path: String { subject }
    /// Whether the root is no source but an SMF file.
    package let isImage: Bool
    /// The root's bytes, if it is an SMF file.
    package let rootBytes: [UInt8]

    /// Prepares to compile the file at `path`.
    /// - Throws: `SystemFailure` if it cannot be read.
    package init(path: String, options: CompileOptions) throws(SystemFailure) {
        let start = Timing.now()
        let (bytes, stamp) = try SystemFile.readSource(path)
        self.init(path: path, bytes: bytes, stamp: stamp, options: options)
        compilation.timing.add("read", since: start)
    }

    /// Prepares to compile `bytes` under the name `path`.
    package init(path: String, bytes: [UInt8], stamp: FileStamp? = nil, options: CompileOptions) {
        compilation = Compilation(rootPath: path, bytes: bytes, stamp: stamp, options: options)
        subject = path
        isImage = bytes.starts(with: [0x53, 0x4D, 0x46, 0x00])
        rootBytes = isImage ? bytes : []
    }

    /// Runs the stages. Diagnostics go to stderr (as JSON: to stdout), texts that were asked for to stdout.
    ///
    /// - Parameter showsWarnings: whether warnings of a program without errors are worth showing.
    package mutating func run(style: DiagnosticStyle = .text, showsWarnings: Bool = true) -> BuildResult {
        Pipeline.run(&compilation)
        if showsWarnings || compilation.diagnostics.hasErrors { showDiagnostics(style) }
        showTexts()
        if case .success = result, let failure = compilation.textFailure {
            SystemFile.print("error: \(failure)\n", to: 2)
            return .failure(ExitStatus.usage)
        }
        return result
    }

    /// Runs the stages and shows nothing.
    package mutating func compile() -> BuildResult {
        Pipeline.run(&compilation)
        return result
    }

    private var result: BuildResult {
        if !compilation.bugs.isEmpty {
            CrashReport.report(compilation.bugs, subject: subject)
            return .failure(CrashReport.exitStatus)
        }
        return compilation.diagnostics.hasErrors ? .failure(ExitStatus.compileError) : .success
    }

    private func showDiagnostics(_ style: DiagnosticStyle) {
        if compilation.diagnostics.all.isEmpty { return }
        switch style {
        case .text:
            SystemFile.print(
                TextRenderer(usesColor: Terminal.usesColor).render(compilation.diagnostics, compilation.sources), to: 2)
        case .json:
            StandardOutput.print(JSONRenderer().render(compilation.diagnostics, compilation.sources))
        }
    }

    /// One text stands alone; of several, each gets a heading, as in case files.
    private func showTexts() {
        let texts = compilation.emitted
        if texts.isEmpty { return }
        var output = ""
        for (section, text) in texts {
            if compilation.options.emit.count > 1 { output += "--- \(section)\n" }
            output += text
            if !text.hasSuffix("\n") { output += "\n" }
        }
        StandardOutput.print(output)
    }
}

/// What is known of the terminal.
package enum Terminal {
    /// Whether stderr may get colours: it is a terminal, and neither `NO_COLOR` nor `TERM=dumb` says no.
    package static var usesColor: Bool {
        if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
        if let term = getenv("TERM"), String(cString: term) == "dumb" { return false }
        return isatty(2) == 1
    }
}

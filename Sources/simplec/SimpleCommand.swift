import ArgumentParser
import CPlatform
import Driver
import Loader

/// The root of the verbs. Without a verb, `simplec [options] FILE args…` compiles and runs.
struct SimpleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simple",
        abstract: "Compile and run programs in the Simple language.",
        discussion: """
            simple FILE [args…]        compile and run FILE
            simple OUT.smf [args…]     run a compiled program
            simple -c CODE [args…]     compile and run a string
            """,
        version: versionText,
        subcommands: [
            RunCommand.self, BuildCommand.self, CheckCommand.self, InspectCommand.self, ExplainCommand.self,
            InterpretCommand.self, CacheCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    /// The words that are verbs: a file of such a name is run as `./run`.
    static let verbs = [
        "run", "build", "compile", "check", "inspect", "explain", "interpret", "cache", "help",
    ]

    /// Commands of later releases: a user who tries one learns so, unless a file of that name exists.
    static let plannedVerbs = [
        "test", "watch", "reload", "fmt", "repl", "lsp", "doc", "new", "bench",
    ]

    /// Name and version, the line of `--version`.
    static var versionText: String { "simple \(Version.number) (\(Version.target))" }
}

/// Options of every verb that compiles.
struct PipelineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Print texts of stages: \(Pipeline.sections.joined(separator: ", ")).", valueName: "text,…"))
    var emit: String?

    @Option(help: ArgumentHelp("Stop after a stage: \(Pipeline.stages.map(\.name).joined(separator: ", ")).", valueName: "stage"))
    var stopAfter: String?

    @Flag(help: "Show the time of each stage.")
    var time = false

    @Flag(help: ArgumentHelp("Show the time of each stage as JSON.", visibility: .hidden))
    var timeJson = false

    @Flag(help: "Verify the output of every stage.")
    var paranoid = false

    @Flag(help: "Skip the optimisation passes.")
    var noOptimize = false

    @Flag(
        name: [.customShort("g"), .long], help: "Tell debuggers where the code of each line is.")
    var debugInfo = false

    @Option(
        help: ArgumentHelp(
            "How far to believe the cache: fast, content (compare files by contents), verify (compile and compare), off.",
            valueName: "mode"))
    var cache: String?

    /// The mode of the cache: the option, else the variable SIMPLE_CACHE.
    var cacheMode: CacheMode { cache.flatMap { CacheMode($0) } ?? CacheMode.ofEnvironment ?? .fast }

    /// Whether objects made earlier will do: no stage was asked to show what it does or how long it takes.
    var allowsCache: Bool { !onlyShows && !time && !timeJson && !paranoid && cacheMode.reusesObjects }

    func validate() throws {
        if let cache, CacheMode(cache) == nil {
            throw ValidationError("unknown mode '\(cache)' for --cache; there are fast, content, verify, off")
        }
        for section in sections where !Pipeline.sections.contains(section) {
            throw ValidationError(
                "unknown text '\(section)' for --emit; there are \(Pipeline.sections.joined(separator: ", "))")
        }
        if let stopAfter, !Pipeline.stages.contains(where: { $0.name == stopAfter }) {
            throw ValidationError(
                "unknown stage '\(stopAfter)'; there are \(Pipeline.stages.map(\.name).joined(separator: ", "))")
        }
    }

    private var sections: [String] { wantsObject ? [] : emit?.split(separator: ",").map(String.init) ?? [] }

    /// An ELF object is wanted, which only `build` makes.
    var wantsObject: Bool { emit == "obj" }

    /// The options as the driver takes them. With texts to print the compilation ends where the last of them exists.
    var compileOptions: CompileOptions {
        var options = CompileOptions()
        options.emit = sections
        options.paranoid = paranoid
        options.makesObject = wantsObject
        options.optimize = !noOptimize
        if debugInfo { options.debugInfo = true }
        options.stopAfter = stopAfter ?? ""
        if !sections.isEmpty, stopAfter == nil,
            let last = Pipeline.stages.last(where: { $0.sections.contains { sections.contains($0) } })
        {
            options.stopAfter = last.name
        }
        return options
    }

    /// Whether the program is only shown, not run.
    var onlyShows: Bool { emit != nil || stopAfter != nil }

    /// Prints the times that were asked for, to stderr.
    func show(_ timing: Timing) {
        if time { SystemFile.print(timing.report, to: 2) }
        if timeJson { SystemFile.print(timing.json, to: 2) }
    }
}

/// The option that `argument` names, if there is none of that name.
private func unknownOption(_ argument: String) -> String? {
    let name = String(argument.prefix { $0 != "=" })
    let known = [
        "-c", "-h", "--help", "--version", "--emit", "--stop-after", "--time", "--time-json", "--paranoid",
        "--no-optimize", "-g", "--debug-info", "--cache", "--gc-stats", "--",
    ]
    return known.contains(name) ? nil : name
}

/// Parses the command line, runs its verb and exits. Usage errors end with status 2.
func runVerbs(_ arguments: [String]) -> Never {
    if arguments.isEmpty {
        SystemFile.print(SimpleCommand.helpMessage() + "\n", to: 2)
        exit(ExitStatus.usage)
    }
    do {
        var command = try SimpleCommand.parseAsRoot(arguments)
        try command.run()
        exit(0)
    } catch {
        let text = SimpleCommand.fullMessage(for: error)
        let status = SimpleCommand.exitCode(for: error)
        if status == .success {
            if !text.isEmpty { StandardOutput.print(text + "\n") }
            exit(0)
        }
        if let code = error as? ExitCode { exit(code.rawValue) }
        // A misspelt option in front of the file is taken for the program's arguments, and then no file is left.
        if let first = arguments.first, first.hasPrefix("-"), let unknown = unknownOption(first) {
            SystemFile.print("error: unknown option `\(unknown)`\n  = help: `simple --help` lists the options\n", to: 2)
            exit(ExitStatus.usage)
        }
        if !text.isEmpty { SystemFile.print(text + "\n", to: 2) }
        exit(ExitStatus.usage)
    }
}

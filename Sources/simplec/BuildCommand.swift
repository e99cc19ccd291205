import ArgumentParser
import Driver

/// `simple build FILE [-o OUT.smf]`, `simple build --standalone FILE [-o OUT]`, `simple build --emit=obj FILE [-o OUT.o]`.
struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Compile a program to a native module (SMF) or an executable.", aliases: ["compile"])

    @OptionGroup var pipeline: PipelineOptions

    @Flag(help: "Make an executable that runs without Simple.")
    var standalone = false

    @Flag(
        name: [.customShort("s"), .long],
        help: "Leave out of an executable what debuggers and profilers want to know.")
    var strip = false

    @Option(
        name: .shortAndLong,
        help: "Where to write; default: FILE with the extension .smf, of an executable without any.")
    var output: String?

    @Argument(help: "The source file of the root module, or with --standalone a module (.smf).")
    var file: String

    func validate() throws {
        if standalone, pipeline.wantsObject { throw ValidationError("--standalone and --emit=obj exclude each other") }
        if strip, !standalone { throw ValidationError("--strip goes with --standalone") }
    }

    func run() throws {
        buildFile(
            file, output: output, kind: standalone ? .standalone(debug: !strip) : pipeline.wantsObject ? .object : .module,
            pipeline.compileOptions,
            BuildRequest(time: pipeline.time, timeJson: pipeline.timeJson, allowsCache: pipeline.allowsCache))
    }
}

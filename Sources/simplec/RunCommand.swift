import ArgumentParser
import Driver

/// `simple run FILE args…`, `simple -c CODE args…`, and both with options in front.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Compile and run a program.")

    @OptionGroup var pipeline: PipelineOptions

    @Flag(name: .customShort("c"), help: "The first argument is the program's text, not a file.")
    var isCode = false

    @Flag(help: "Show what the garbage collector did, at the program's end.")
    var gcStats = false

    @Argument(help: ArgumentHelp("The source file (or, with -c, the text) of the root module.", valueName: "file"))
    var file: String

    @Argument(parsing: .captureForPassthrough, help: "The program's arguments.")
    var arguments: [String] = []

    func validate() throws {
        if pipeline.wantsObject { throw ValidationError("--emit=obj goes with `simple build`") }
    }

    func run() throws {
        let (file, arguments, pipeline, isCode, gcStats) = (file, arguments, pipeline, isCode, gcStats)
        onLargeStack(subject: isCode ? "<string>" : file) {
            let options = pipeline.compileOptions
            let run = RunOptions(
                time: pipeline.time, timeJson: pipeline.timeJson, onlyShows: pipeline.onlyShows,
                cache: pipeline.cacheMode, loaderOptions: gcStats ? ["--gc-stats"] : [])
            return isCode ? runCode(file, arguments, options, run) : runFile(file, arguments, options, run)
        }
    }
}

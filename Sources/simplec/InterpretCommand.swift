import ArgumentParser
import Driver

/// `simple interpret FILE args…`: runs the program's MIR in this process. The slow twin of native code, for tests.
struct InterpretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interpret", abstract: "Run a program in the MIR interpreter.", shouldDisplay: false)

    @OptionGroup var pipeline: PipelineOptions

    @Argument(help: "The source file of the root module.")
    var file: String

    @Argument(parsing: .captureForPassthrough, help: "The program's arguments.")
    var arguments: [String] = []

    func validate() throws {
        if pipeline.wantsObject { throw ValidationError("--emit=obj goes with `simple build`") }
    }

    func run() throws {
        let (file, arguments, pipeline) = (file, arguments, pipeline)
        onLargeStack(subject: file) {
            do throws(SystemFailure) {
                var options = pipeline.compileOptions
                options.stopAfter = "optimize"
                var build = try Build(path: file, options: options)
                if build.isImage { return reportModule(file) }
                if case .failure(let status) = build.run(showsWarnings: false) { return status }
                return build.interpret(arguments: arguments)
            } catch {
                return reportUnreadable(error)
            }
        }
    }
}

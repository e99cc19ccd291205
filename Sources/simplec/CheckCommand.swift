import ArgumentParser
import Driver

/// `simple check FILE [--format json]`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Report the errors of a program without running it.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @OptionGroup var pipeline: PipelineOptions

    @Option(
        name: [.customLong("format"), .customLong("diagnostics")],
        help: "How to show diagnostics: text on stderr, or json on stdout, one object per line.")
    var format = Format.text

    @Argument(help: "The source file of the root module.")
    var file: String

    func validate() throws {
        if pipeline.wantsObject { throw ValidationError("--emit=obj goes with `simple build`") }
    }

    func run() throws {
        let (file, format, pipeline) = (file, format, pipeline)
        onLargeStack(subject: file) {
            do throws(SystemFailure) {
                var options = pipeline.compileOptions
                // Lowering meets the types of all instances: only there values with too many parts show (E0305).
                if options.stopAfter.isEmpty { options.stopAfter = "lower" }
                var build = try Build(path: file, options: options)
                if build.isImage { return reportModule(file) }
                let result = build.run(style: format == .json ? .json : .text)
                pipeline.show(build.compilation.timing)
                if case .failure(let status) = result { return status }
                return 0
            } catch {
                return reportUnreadable(error)
            }
        }
    }
}

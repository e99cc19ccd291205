import ArgumentParser
import Driver

/// `simple build FILE [-o OUT.smf]`.
struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Compile a program to a native module (SMF).", aliases: ["compile"])

    @OptionGroup var pipeline: PipelineOptions

    @Option(name: .shortAndLong, help: "Where to write the module; default: FILE with the extension .smf.")
    var output: String?

    @Argument(help: "The source file of the root module.")
    var file: String

    func run() throws {
        let (file, output, pipeline) = (file, output, pipeline)
        onLargeStack(subject: file) {
            do throws(SystemFailure) {
                var build = try Build(path: file, options: pipeline.compileOptions)
                let result = build.run()
                pipeline.show(build.compilation.timing)
                if case .failure(let status) = result { return status }
                if build.compilation.image.isEmpty { return 0 }
                let target = output ?? PathText.withoutSourceExtension(file) + ".smf"
                try SystemFile.replace(target, with: build.compilation.image)
                return 0
            } catch {
                return report(error)
            }
        }
    }
}

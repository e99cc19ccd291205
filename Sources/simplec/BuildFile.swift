import Driver

/// What `simple build` shows and uses beside the files it reads.
struct BuildRequest {
    /// Show the times of the stages, as a table or as JSON.
    var time = false
    var timeJson = false
    /// Whether objects made earlier will do.
    var allowsCache: Bool
}

/// Compiles the program at `path` and writes it to `output` (nil: beside the source). Ends the process.
func buildFile(
    _ path: String, output: String?, kind: ProgramOutput, _ options: CompileOptions, _ request: BuildRequest
) -> Never {
    onLargeStack(subject: path) {
        do throws(SystemFailure) {
            var build = try Build(path: path, options: options)
            // A module needs no compiler, only its clothes.
            if build.isImage {
                guard case .standalone = kind else { return reportModule(path) }
                try build.write(kind, to: output)
                return 0
            }
            if request.allowsCache { build.compilation.objectCache = CachedBuild.objectCache() }
            let result = build.run()
            if request.time { SystemFile.print(build.compilation.timing.report, to: 2) }
            if request.timeJson { SystemFile.print(build.compilation.timing.json, to: 2) }
            if case .failure(let status) = result { return status }
            if !build.hasProgram { return 0 }
            CachedBuild.keepObjects(of: build)
            try build.write(kind, to: output)
            return 0
        } catch {
            return report(error)
        }
    }
}

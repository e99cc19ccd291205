import CPlatform
import Driver

/// Ends the process with the exit status that `body` returns, having run it on a stack that deeply nested sources
/// cannot exhaust (the main thread's 8 MiB would be gone at some ten thousand nested expressions).
/// The pages are only reserved.
func onLargeStack(subject: String, _ body: @escaping () -> Int32) -> Never {
    final class Work {
        let subject: String
        let body: () -> Int32
        var status: Int32 = CrashReport.exitStatus
        init(_ subject: String, _ body: @escaping () -> Int32) {
            self.subject = subject
            self.body = body
        }
    }
    let work = Work(subject, body)
    let error = simple_run_on_large_stack(
        1 << 30,
        { pointer in
            let work = Unmanaged<Work>.fromOpaque(pointer!).takeUnretainedValue()
            CrashReport.install(subject: work.subject)
            work.status = work.body()
            return nil
        }, Unmanaged.passUnretained(work).toOpaque())
    if error != 0 {
        CrashReport.install(subject: subject)
        exit(body())
    }
    exit(work.status)
}

/// How `--time` and `--time-json` want the times of the stages.
struct RunTimes {
    var text = false
    var json = false
    /// Texts were asked for, or a stage to stop behind: the program does not run.
    var onlyShows = false
}

/// Compiles the program at `path` and becomes it. Returns an exit status if that fails.
func runFile(_ path: String, _ arguments: [String], _ options: CompileOptions, _ times: RunTimes = RunTimes()) -> Int32 {
    do throws(SystemFailure) {
        var build = try Build(path: path, options: options)
        return finishRun(&build, arguments, times)
    } catch {
        return reportUnreadable(error, isFirstArgument: true)
    }
}

/// Compiles `code` as the module `<string>` and becomes it. Returns an exit status if that fails.
func runCode(_ code: String, _ arguments: [String], _ options: CompileOptions, _ times: RunTimes = RunTimes()) -> Int32 {
    var build = Build(path: "<string>", bytes: Array(code.utf8), options: options)
    return finishRun(&build, arguments, times)
}

private func finishRun(_ build: inout Build, _ arguments: [String], _ times: RunTimes = RunTimes()) -> Int32 {
    // `simple` runs images itself; one that comes here was given to `simplec` or behind options.
    if build.isImage { return report(ProgramRunner.execute([build.path] + arguments)) }
    let result = build.run()
    if times.text { SystemFile.print(build.compilation.timing.report, to: 2) }
    if times.json { SystemFile.print(build.compilation.timing.json, to: 2) }
    if case .failure(let status) = result { return status }
    if times.onlyShows { return 0 }
    return report(ProgramRunner.run(image: build.compilation.image, arguments: arguments))
}

/// Says what failed; the status of a failure of the system.
func report(_ failure: SystemFailure) -> Int32 {
    SystemFile.print("error: \(failure.message)\n", to: 2)
    return ExitStatus.usage
}

/// Says why a source file cannot be read; a word that is nearly a verb gets a hint.
func reportUnreadable(_ failure: SystemFailure, isFirstArgument: Bool = false) -> Int32 {
    var text = "error: \(failure.message)\n"
    if isFirstArgument, SystemFile.kind(of: failure.path) == .absent, !failure.path.contains("/") {
        if SimpleCommand.plannedVerbs.contains(failure.path) {
            SystemFile.print("error: the command `\(failure.path)` is not supported by this compiler yet\n", to: 2)
            return ExitStatus.usage
        }
        let near = SimpleCommand.verbs.filter { editDistance($0, failure.path, limit: 2) <= 2 }.sorted()
        if let verb = near.first { text += "  = help: did you mean the command `\(verb)`?\n" }
    }
    SystemFile.print(text, to: 2)
    return ExitStatus.usage
}

import Cache
import CPlatform
import Driver
import Loader

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

/// How a program is to be run.
struct RunOptions {
    /// Show the times of the stages, as a table or as JSON.
    var time = false
    var timeJson = false
    /// Texts were asked for, or a stage to stop behind: the program does not run.
    var onlyShows = false
    var cache = CacheMode.fast
    /// Options for `simple` itself.
    var loaderOptions: [String] = []

    /// Whether a program compiled earlier will do: nothing but the program's run was asked for.
    var allowsCache: Bool { cache != .off && !time && !timeJson && !onlyShows }
}

/// Compiles the program at `path`, unless it is in the cache, and becomes it. Returns an exit status if that fails.
func runFile(_ path: String, _ arguments: [String], _ options: CompileOptions, _ run: RunOptions) -> Int32 {
    do throws(SystemFailure) {
        var cached: CachedBuild?
        // Only a file with lasting contents: a pipe's reader must keep nobody waiting.
        if run.allowsCache, !options.paranoid, fileKind(path) == .file {
            cached = CachedBuild(path: path, options: options, mode: run.cache)
        }
        let found = cached?.find()
        if let found, run.cache != .verify {
            CacheLog.add("hit \(path)")
            if found.manifest.hasWarnings { showWarnings(of: found) }
            return report(ProgramRunner.run(image: found.image, options: run.loaderOptions, arguments: arguments))
        }
        var build = try Build(path: path, options: options)
        // `simple` runs images itself; one that comes here was given to `simplec` or behind options.
        if build.isImage { return runModule(build, arguments, run) }
        build.compilation.objectCache = cached?.objects
        if let status = compile(&build, run) { return status }
        if let cached {
            let counts = build.compilation.objectCounts
            CacheLog.add("compile \(path): \(counts.made) modules made, \(counts.reused) reused")
            if let found {
                if let status = compareWithCache(found, build) { return status }
                return report(ProgramRunner.run(image: found.image, options: run.loaderOptions, arguments: arguments))
            }
            if let image = cached.keep(build) {
                return report(ProgramRunner.run(image: image, options: run.loaderOptions, arguments: arguments))
            }
        }
        return report(ProgramRunner.run(image: build.compilation.image, options: run.loaderOptions, arguments: arguments))
    } catch {
        return reportUnreadable(error, isFirstArgument: true)
    }
}

/// Becomes the module that `build` found in place of a source. Returns an exit status if that fails.
private func runModule(_ build: borrowing Build, _ arguments: [String], _ run: RunOptions) -> Int32 {
    let path = build.path
    if run.onlyShows { return reportModule(path) }
    // What came out of a pipe cannot be read again.
    if fileKind(path) != .file {
        return report(ProgramRunner.run(image: build.rootBytes, options: run.loaderOptions, arguments: arguments))
    }
    // With a slash: `simple` takes any other word without a dot for a verb, and would ask the compiler again.
    let file = path.contains("/") ? path : "./" + path
    return report(ProgramRunner.execute(run.loaderOptions + [file] + arguments))
}

/// Compiles `code` as the module `<string>` and becomes it. Returns an exit status if that fails.
func runCode(_ code: String, _ arguments: [String], _ options: CompileOptions, _ run: RunOptions) -> Int32 {
    var build = Build(path: "<string>", bytes: Array(code.utf8), options: options)
    if let status = compile(&build, run) { return status }
    return report(ProgramRunner.run(image: build.compilation.image, options: run.loaderOptions, arguments: arguments))
}

/// Compiles; the status with which to end if nothing is to be run.
private func compile(_ build: inout Build, _ run: RunOptions) -> Int32? {
    let result = build.run()
    if run.time { SystemFile.print(build.compilation.timing.report, to: 2) }
    if run.timeJson { SystemFile.print(build.compilation.timing.json, to: 2) }
    if case .failure(let status) = result { return status }
    return run.onlyShows ? 0 : nil
}

/// Repeats the warnings of a program that was compiled earlier.
private func showWarnings(of program: CachedProgram) {
    let text = program.manifest.text(Terminal.usesColor ? ManifestLayout.colouredWarnings : ManifestLayout.plainWarnings)
    SystemFile.print(String(cString: text), to: 2)
}

/// Compares a new image with the cached one, which should be the same; the status with which to end if it is not.
private func compareWithCache(_ found: CachedProgram, _ build: borrowing Build) -> Int32? {
    if ContentDigest(build.compilation.image) == found.manifest.digest(ManifestLayout.imageDigest) { return nil }
    CrashReport.report(["the cached image of the unchanged program differs from a new one"], subject: build.path)
    return CrashReport.exitStatus
}

/// Says what failed; the status of a failure of the system.
func report(_ failure: SystemFailure) -> Int32 {
    SystemFile.print("error: \(failure.message)\n", to: 2)
    return ExitStatus.usage
}

/// Says that a verb which wants a source was given a module, and what can be done with that.
func reportModule(_ path: String) -> Int32 {
    SystemFile.print(
        "error: `\(path)` is a compiled module, not a source\n"
            + "  = help: `simple \(path)` runs it, `simple inspect \(path)` shows what is in it, "
            + "`simple build --standalone \(path)` makes an executable of it\n", to: 2)
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

/// `simple`: runs modules itself, and programs that have not changed since they were compiled; hands everything else to
/// the compiler, `simplec`, beside it.
///
/// simple [options] FILE.smf [args…]      loads and runs
/// simple [run] [options] FILE [args…]    runs the cached image if nothing changed (Docs/cache.md)
/// simple anything else                   execv simplec with the same arguments
///
/// Options here: --gc-stats, --cache=fast|content.

import CPlatform

/// Exit statuses (LANGUAGE §8.5; 70 is sysexits' EX_SOFTWARE).
private let unusableModule: Int32 = 1
private let brokenInstallation: Int32 = 70

/// Replaces this process by `simplec`; returns only to report that there is none.
private func runCompiler(_ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Never {
    let capacity = 4096
    let path = UnsafeMutablePointer<CChar>.allocate(capacity: capacity + 16)
    var length = readlink("/proc/self/exe", path, capacity)
    if length < 0 { length = 0 }
    while length > 0 && path[length - 1] != 47 { length -= 1 }
    let name: StaticString = "simplec"
    memcpy(path + length, name.utf8Start, name.utf8CodeUnitCount + 1)
    execv(path, arguments)
    let error = cp_errno()
    putReport("error: cannot start the compiler: ")
    putCString(path)
    putReport(": ")
    if let text = strerror(error) { putCString(text) }
    putReport("\n'simple' runs .smf modules by itself; sources and all other commands need 'simplec' beside it\n")
    flushReport()
    _exit(brokenInstallation)
}

/// `true` iff the text ends with `.smf`.
private func hasModuleExtension(_ path: UnsafePointer<CChar>) -> Bool {
    let length = strlen(path)
    return length >= 4 && strcmp(path + (length - 4), ".smf") == 0
}

/// `true` iff the argument can only be meant as a file: verbs have neither a dot nor a slash.
private func looksLikeFile(_ argument: UnsafePointer<CChar>) -> Bool {
    argument[0] != 45 && (strchr(argument, 46) != nil || strchr(argument, 47) != nil)
}

/// Runs a loaded image; its own arguments are those behind `index`.
private func runImage(_ image: LoadedImage, _ index: Int, _ count: Int) -> Never {
    applyHeapEnvironment()
    runtime.argumentCount = count - index - 1
    runtime.argumentValues = cp_argument_values() + (index + 1)
    runMainProgram(image.entry)
}

/// Loads and runs the module at `path`; `index` is its place among the arguments.
private func runModule(_ path: UnsafePointer<CChar>, _ descriptor: Int32, _ index: Int, _ count: Int) -> Never {
    do throws(LoadError) {
        let image = try load(descriptor)
        close(descriptor)
        runImage(image, index, count)
    } catch {
        error.report(path: path)
        flushReport()
        _exit(unusableModule)
    }
}

/// Runs the program whose source is at `path` if its image is in the cache and nothing changed; otherwise returns.
private func runCached(_ path: UnsafePointer<CChar>, _ mode: CacheMode, _ index: Int, _ count: Int) {
    guard let request = CacheRequest(path: path, options: wantsDebugger ? .debugInfo : []),
        case .hit(var program) = CachedProgram.find(request, byContent: mode == .content)
    else { return }
    do throws(LoadError) {
        let digest = program.manifest.digest(ManifestLayout.imageDigest)
        let image = try load(program.image, trust: program.isImageKnown ? .validated : .digest(digest))
        close(program.image)
        program.remember()
        if program.manifest.hasWarnings {
            putCString(program.manifest.text(cp_uses_colour() != 0 ? ManifestLayout.colouredWarnings : ManifestLayout.plainWarnings))
            flushReport()
        }
        runImage(image, index, count)
    } catch {
        // The compiler will replace the image; what is wrong with it concerns nobody.
        close(program.image)
    }
}

private func main() -> Never {
    let count = Int(cp_argument_count())
    guard let arguments = cp_argument_values() else { _exit(brokenInstallation) }
    cp_reserve_standard_files()
    startRuntime()
    var mode = CacheMode.fast
    if let text = getenv("SIMPLE_CACHE"), text[0] != 0 {
        // An unknown word is the compiler's to complain about.
        mode = CacheMode(text) ?? .off
    }
    var index = 1
    if index < count, let verb = arguments[index], strcmp(verb, "run") == 0 { index += 1 }
    while index < count, let option = arguments[index], option[0] == 45 {
        if strcmp(option, "--gc-stats") == 0 {
            enableHeapStatistics()
        } else if strncmp(option, "--cache=", 8) == 0, let wanted = CacheMode(option + 8) {
            mode = wanted
        } else {
            runCompiler(arguments)
        }
        index += 1
    }
    guard index < count, let path = arguments[index], looksLikeFile(path) else { runCompiler(arguments) }
    // A program that is in the cache is a source: its first bytes need not be looked at.
    // Neither is what the compiler hands over as /proc/self/fd/N.
    let canBeCached = !hasModuleExtension(path) && strncmp(path, "/proc/", 6) != 0
    if canBeCached, mode == .fast || mode == .content { runCached(path, mode, index, count) }
    // A pipe gives its bytes once: the compiler reads them, whether they are a source or a module.
    if fileKind(path) == .stream { runCompiler(arguments) }
    let descriptor = openForReading(path)
    if descriptor < 0 {
        if !hasModuleExtension(path) { runCompiler(arguments) }
        LoadError(.system, value: UInt64(cp_errno())).report(path: path)
        flushReport()
        _exit(unusableModule)
    }
    // Modules are known by their contents, so that a renamed one runs too.
    if !hasModuleExtension(path) && !isModule(descriptor) { runCompiler(arguments) }
    runModule(path, descriptor, index, count)
}

main()

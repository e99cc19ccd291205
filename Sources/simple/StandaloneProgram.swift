/// `simple` as the stub of a standalone executable: a copy of this program that carries an image runs it, and nothing
/// on the command line is an option of ours.

import CPlatform

/// Runs the image that this executable carries; returns if it carries none.
func runOwnProgram(_ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ count: Int) {
    do throws(LoadError) {
        guard let image = try loadOwnImage() else { return }
        applyHeapEnvironment()
        runtime.argumentCount = max(count - 1, 0)
        runtime.argumentValues = arguments + min(count, 1)
        runMainProgram(image.entry)
    } catch {
        if count > 0, let path = arguments[0] { error.report(path: path) } else { error.report(path: "/proc/self/exe") }
        flushReport()
        _exit(unusableModule)
    }
}

/// Follows `SIMPLE_GC`; a setting that is not understood is a warning.
func applyHeapEnvironment() {
    if let settings = getenv("SIMPLE_GC"), !applyHeapSettings(settings) {
        putReport("warning: SIMPLE_GC is not understood; it takes stress, stats and max=SIZE, joined by commas\n")
        flushReport()
    }
}

/// The runtime as the stub of standalone executables: it runs the image that its own executable carries, and nothing on
/// the command line is an option of ours.

import CPlatform

/// Runs the image that this executable carries. Called by `main` of the stub.
@c(simple_run_own_program)
public func simple_run_own_program(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
    cp_reserve_standard_files()
    startRuntime()
    do throws(LoadError) {
        guard let image = try loadOwnImage() else {
            putReport("error: this is the stub of standalone executables; 'simple build --standalone' makes a program of it\n")
            flushReport()
            _exit(70)
        }
        applyHeapEnvironment()
        runtime.argumentCount = max(Int(count) - 1, 0)
        runtime.argumentValues = arguments + min(Int(count), 1)
        runMainProgram(image.entry)
    } catch {
        if count > 0, let path = arguments[0] { error.report(path: path) } else { error.report(path: "/proc/self/exe") }
        flushReport()
        _exit(1)
    }
}

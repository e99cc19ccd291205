internal import Loader

/// What a compilation is asked to do, whichever verb asks.
package struct CompileOptions: Sendable {
    /// Texts to print, by section name (see `Pipeline.stages`): `ast`, `mir`, `mir:inline`, …
    package var emit: [String] = []
    /// The stage after which to stop, by name; empty: none.
    package var stopAfter = ""
    /// Run every verifier and checker, also in release builds.
    package var paranoid = false
    /// Leave MIR as lowering made it.
    package var optimize = true

    /// Say in the program where the code of each line begins, for debuggers. Somebody who asks the runtime to tell
    /// gdb about a program wants that, too.
    package var debugInfo = wantsDebugger

    /// Make an ELF object for C programs in place of an image.
    package var makesObject = false

    package init() {}
}

/// The one state of the runtime in a process, and how it starts.
///
/// There is one mutator thread. A host or a test that uses the runtime from several threads serialises its uses
/// with `withRuntime`, which also tells the collector where the current thread's stack ends.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Everything mutable outside the heap. Initialised statically: start-up runs no code for it.
package struct RuntimeState {
    /// Highest address that the collector scans on the current stack.
    package var stackTop: UInt = 0
    /// Guard pages below the main program's stack: an access there is P016.
    package var guardStart: UInt = 0
    package var guardEnd: UInt = 0
    /// 1 while a panic is being reported.
    package var panicking = false
    /// `true` while `runCatching` catches output and the program's end instead of passing them on.
    package var catching = false
    /// Exit status that a caught or hosted program ended with.
    package var caughtStatus: Int32 = 0
    /// `true` while a host has called compiled code: the program's end returns to the call (HostCalls.swift).
    package var hosted = false
    /// Whether a hosted program's panic is reported on standard error, too.
    package var hostedReports = true
    /// Why a hosted program ended.
    package var end = ProgramEndKind.exit
    /// Number of the last panic: 8 for P008.
    package var panicCode = 0
    /// Number of arguments and their C strings, after FILE.
    package var argumentCount = 0
    package var argumentValues: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    /// Memory of `FormatScratch`.
    var formatMemory: UnsafeMutableRawPointer = UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped
    /// Prints the position and the backtrace of a panic in place of the walk over native frames.
    package var backtraceHook: (@convention(c) () -> Void)?
}

/// How a hosted program ended.
package enum ProgramEndKind: UInt8, Sendable {
    /// `exit`, or the end of the entry function.
    case exit
    case panic
    /// Standard output or standard error could not be written; the status is the errno.
    case output
}

/// The runtime's state.
@exclusivity(unchecked) nonisolated(unsafe) package var runtime = RuntimeState()

/// Prepares heap and output. May be called again; only the first call acts.
package func startRuntime() {
    if heap.base != 0 { return }
    initializeHeap()
    let buffers = mapMemory(outputCapacity &+ reportCapacity &+ inputCapacity &+ FormatScratch.size)
    output.bytes = buffers.assumingMemoryBound(to: UInt8.self)
    report.bytes = (buffers + outputCapacity).assumingMemoryBound(to: UInt8.self)
    input.bytes = (buffers + outputCapacity + reportCapacity).assumingMemoryBound(to: UInt8.self)
    runtime.formatMemory = buffers + outputCapacity + reportCapacity + inputCapacity
}

/// What mmap returns for a failure (a macro that Swift cannot import).
package var mapFailed: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: -1) }

/// Fresh zeroed pages that are committed when touched.
package func mapMemory(_ size: Int) -> UnsafeMutableRawPointer {
    guard let memory = tryMapMemory(size) else { panicOutOfMemory(size) }
    return memory
}

/// As `mapMemory`, or nil if the system refuses.
package func tryMapMemory(_ size: Int) -> UnsafeMutableRawPointer? {
    let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return memory == mapFailed ? nil : memory
}

#if !hasFeature(Embedded)
    /// Runs `body` as the only user of the runtime, with the calling frame as the end of the scanned stack.
    /// References that `body` keeps must live on the stack or in a registered root range. Not reentrant.
    @inline(never)
    package func withRuntime<Result>(_ body: () throws -> Result) rethrows -> Result {
        cp_lock()
        defer { cp_unlock() }
        startRuntime()
        let outer = runtime.stackTop
        defer { runtime.stackTop = outer }
        // Never inlined: everything that `body` holds lies below this frame's local.
        var marker: UInt = 0
        return try withUnsafeMutablePointer(to: &marker) { here in
            runtime.stackTop = UInt(bitPattern: here)
            return try body()
        }
    }
#endif

internal import CPlatform
internal import Runtime
internal import Synchronization

/// The runtime of Simple programs in this process: one heap, one collector, one thread at a time.
///
/// It starts with the first use, by itself. Everything that compiled code does, in whatever module, thread or registry,
/// happens in it: a call from a second thread waits until the first is done. Compiled code runs on a stack of its own
/// (64 MiB of address space, shared by all threads in turn), so the host's threads may be small, and the collector never
/// looks at their stacks.
public enum SimpleRuntime {
    /// Bounds the heap of Simple objects to `bytes`; beyond it allocation panics with P017. The default is 7/8 of the
    /// physical memory.
    public static func limitHeap(to bytes: Int) throws(CallError) { try enter { Runtime.limitHeap(bytes) } }

    /// Sets whether a panic prints its report on standard error, as it does at first. The report is part of the error or
    /// outcome in any case.
    public static func setReportsPanics(_ on: Bool) throws(CallError) { try enter { runtime.hostedReports = on } }

    /// Sets whether what programs print is written out each time a call from the host ends, as it is at first. Otherwise
    /// it is written when 64 KiB are full, and by `flushOutput`.
    public static func setFlushesAfterCalls(_ on: Bool) throws(CallError) { try enter { setFlushesOnLeave(on) } }

    /// Makes overflows of the Simple stack panics (P016) instead of faults that end the process.
    ///
    /// Installs process-wide handlers for SIGSEGV and SIGBUS, and for each thread that calls compiled code a stack for
    /// signals, if it has none. Every other fault goes to the handlers that were there before. A host with handlers of
    /// its own installs them first. Cannot be undone.
    public static func catchStackOverflow() throws(LoadError) {
        var code: Int32 = 0
        guard enterRuntime({ code = handleHostFaults() }) else { throw .outOfMemory }
        if code != 0 { throw .io(module: "signal handlers", code: code) }
    }

    /// Writes out what programs printed.
    public static func flushOutput() throws(CallError) {
        var end = CallEnd.returned
        try enter { end = flushFromHost() }
        try check(end)
    }

    /// Collects garbage, and gives back the memory of unloaded modules that nothing refers to any more.
    public static func collectGarbage() throws(CallError) {
        try enter {
            collect()
            Graveyard.bury()
        }
    }

    /// What the heap holds.
    public struct HeapStatistics: Sendable, Equatable {
        /// Bytes alive after the last collection.
        public var liveBytes: Int
        /// Collections so far.
        public var collections: Int
        /// Bytes of the blocks that hold objects now.
        public var usedBytes: Int
    }

    /// What the heap holds now.
    public static func heapStatistics() throws(CallError) -> HeapStatistics {
        var result = HeapStatistics(liveBytes: 0, collections: 0, usedBytes: 0)
        try enter {
            let summary = heapSummary()
            result = HeapStatistics(
                liveBytes: summary.liveBytes, collections: summary.collections, usedBytes: summary.blocksInUse << 15)
        }
        return result
    }

    /// Runs `body` as the only user of the runtime: other threads' calls wait, so that what it does is not mixed with
    /// theirs. `body` runs on the Simple stack. Calls in it are as outside, only faster.
    public static func exclusively<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(CallError) -> Swift.Result<Result, Failure> {
        var result: Swift.Result<Result, Failure>?
        try enter {
            do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
        }
        guard let result else { throw .outOfMemory }
        return result
    }

    /// Runs `body` in the runtime.
    static func enter(_ body: () -> Void) throws(CallError) {
        if !enterRuntime(body) { throw .outOfMemory }
    }
}

/// Images that are no longer used, but may still be referred to by objects or other images.
enum Graveyard {
    /// Where an unloaded image lies.
    struct Grave: Sendable {
        var base: UInt
        var span: Int
    }

    private static let graves = Mutex<[Grave]>([])

    /// Takes over the address space of an image whose roots were removed.
    static func add(_ grave: Grave) { graves.withLock { $0.append(grave) } }

    /// Unmaps what nothing refers to.
    /// - Requires: inside the runtime.
    static func bury() {
        // A running program's frames may need any of them.
        if cp_is_in_host_call() != 0 { return }
        for grave in graves.withLock({ $0 }) {
            // A second time does no harm: one that was abandoned while a program ran still has them.
            removeRootRanges(within: grave.base, grave.span)
            if isReferenced(grave.base, UInt(grave.span)) { continue }
            forgetCode(at: grave.base)
            munmap(UnsafeMutableRawPointer(bitPattern: grave.base), grave.span)
            graves.withLock { list in list.removeAll { $0.base == grave.base } }
        }
    }

    /// How many images wait.
    static var count: Int { graves.withLock { $0.count } }
}

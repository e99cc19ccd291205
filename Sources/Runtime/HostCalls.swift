/// Compiled code called from a host program (SimpleLoader): who may use the runtime when, on which stack, and how panics,
/// exits and stack overflows come back to the host.
///
/// There is one runtime in a process, and one thread at a time in it. `enterRuntime` makes the calling thread that one
/// and runs its body on the Simple stack: a stack with guard pages, all that the collector scans. `callCompiled` calls
/// compiled code; its end in a panic or exit is a jump back over frames of compiled code and of the runtime, which own
/// nothing.

#if !hasFeature(Embedded)
    import CPlatform
    import RuntimeABI

    /// Size of the Simple stack; pages are committed when touched.
    private let hostStackSize = 64 << 20
    /// Inaccessible bytes below it.
    private let hostGuardSize = 1 << 20
    /// The upper part of them, opened to let the runtime finish what it is doing when compiled code runs out of stack.
    private let hostReserveSize = 256 << 10

    /// The Simple stack and what happens on it.
    private struct HostStack {
        /// Lowest address of the guard; 0: not made yet.
        var base: UInt = 0
        var top: UInt = 0
        /// The reserve is accessible.
        var isReserveOpen = false
        var handlesFaults = false
        /// Return address that the landing code stands in for.
        var replacedReturn: UInt = 0
        /// Whether leaving the runtime writes out what programs printed.
        var flushes = true

        var guardEnd: UInt { base &+ UInt(hostGuardSize) }
        var reserveStart: UInt { guardEnd &- UInt(hostReserveSize) }
    }

    @exclusivity(unchecked) nonisolated(unsafe) private var hostStack = HostStack()

    /// How a call of compiled code ended.
    package enum CallEnd: Sendable, Equatable {
        case returned
        /// `exit`, or the end of an entry function.
        case exited(Int32)
        /// A panic: its number (8 for P008) and the report as it goes to standard error.
        case panicked(code: Int, report: [UInt8])
        /// Output could not be written; an errno value.
        case outputFailed(Int32)
    }

    /// What the Simple stack runs.
    private struct StackBody {
        var body: () -> Void
    }

    /// Runs `body` as the only user of the runtime, on the Simple stack; waits for other threads. May be nested.
    /// Returns `false` if there is no memory for the stack.
    package func enterRuntime(_ body: () -> Void) -> Bool {
        enterRuntime(depth: cp_enter_runtime(), body)
    }

    /// As `enterRuntime`, but returns `false` also if another thread is inside.
    package func tryEnterRuntime(_ body: () -> Void) -> Bool {
        let depth = cp_try_enter_runtime()
        return depth < 0 ? false : enterRuntime(depth: depth, body)
    }

    private func enterRuntime(depth: Int32, _ body: () -> Void) -> Bool {
        defer { cp_leave_runtime() }
        if depth > 0 {
            body()
            return true
        }
        startRuntime()
        if hostStack.base == 0 && !makeHostStack() { return false }
        if hostStack.handlesFaults { cp_prepare_signal_stack() }
        let outer = (runtime.stackTop, runtime.guardStart, runtime.guardEnd)
        runtime.stackTop = hostStack.top
        runtime.guardStart = hostStack.base
        runtime.guardEnd = hostStack.guardEnd
        runtime.hosted = true
        withoutActuallyEscaping(body) { body in
            var context = StackBody(body: body)
            withUnsafeMutablePointer(to: &context) { context in
                _ = cp_call_on_stack(
                    { context in
                        context.unsafelyUnwrapped.assumingMemoryBound(to: StackBody.self).pointee.body()
                        if hostStack.flushes { _ = flushFromHost() }
                        return 0
                    }, context, UnsafeMutableRawPointer(bitPattern: hostStack.top))
            }
        }
        runtime.hosted = false
        (runtime.stackTop, runtime.guardStart, runtime.guardEnd) = outer
        return true
    }

    private func makeHostStack() -> Bool {
        guard let memory = mmap(
            nil, hostStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0),
            memory != mapFailed
        else { return false }
        mprotect(memory, hostGuardSize, PROT_NONE)
        hostStack.base = memory.address
        hostStack.top = memory.address &+ UInt(hostStackSize)
        return true
    }

    /// Calls compiled code, or a C function that calls the runtime. The results are in `call`.
    /// - Requires: inside `enterRuntime`.
    package func callCompiled(_ call: inout cp_host_call) -> CallEnd {
        hostReport.count = 0
        if cp_call_from_host(&call) == 0 { return .returned }
        if hostStack.isReserveOpen { closeReserve() }
        runtime.panicking = false
        report.count = 0
        switch runtime.end {
        case .exit: return .exited(runtime.caughtStatus)
        case .output: return .outputFailed(runtime.caughtStatus)
        case .panic:
            let text = Array(UnsafeBufferPointer(start: hostReport.bytes, count: hostReport.count))
            return .panicked(code: runtime.panicCode, report: text)
        }
    }

    /// Runs the entry function of a program to its end, which is never `.returned`.
    package func runEntry(_ entry: UnsafeRawPointer) -> CallEnd {
        var call = cp_host_call()
        call.function = unsafeBitCast(
            { (entry: UnsafeRawPointer) in
                finishProgram(unsafeBitCast(entry, to: (@convention(c) () -> Int).self)())
            } as @convention(c) (UnsafeRawPointer) -> Void, to: UnsafeRawPointer.self)
        call.integers.0 = UInt64(UInt(bitPattern: entry))
        return callCompiled(&call)
    }

    /// Writes out what programs printed. Failure comes back as `.outputFailed`.
    package func flushFromHost() -> CallEnd {
        if output.count == 0 { return .returned }
        var call = cp_host_call()
        call.function = unsafeBitCast({ flushOutput() } as @convention(c) () -> Void, to: UnsafeRawPointer.self)
        return callCompiled(&call)
    }

    /// Runs `body`, keeping what programs print and report in it instead of passing it on.
    /// - Requires: inside `enterRuntime`.
    package func capturingOutput(_ body: () -> Void) -> CaughtProgram {
        _ = flushFromHost()
        runtime.catching = true
        let terminal = output.terminal
        output.terminal = 0
        caughtOutput.count = 0
        caughtReport.count = 0
        body()
        runtime.catching = false
        output.terminal = terminal
        let errors = Array(UnsafeBufferPointer(start: caughtReport.bytes, count: caughtReport.count))
        let text = Array(UnsafeBufferPointer(start: caughtOutput.bytes, count: caughtOutput.count))
        caughtOutput.count = 0
        caughtReport.count = 0
        return CaughtProgram(output: text, errors: errors)
    }

    // MARK: Values

    /// A new string object with this text.
    /// - Requires: inside `enterRuntime`; the reference is kept on the stack, in a register or in a root range.
    package func makeHostString(_ text: String, _ string: inout Ref) -> CallEnd {
        var copy = text
        return copy.withUTF8 { bytes in
            guard let start = bytes.baseAddress, bytes.count > 0 else {
                string = emptyString()
                return .returned
            }
            var call = cp_host_call()
            call.function = unsafeBitCast(
                { (start: UnsafePointer<UInt8>, count: Int) in
                    makeString(TextSpan(start, count, chars: countCharacters(start, count)))
                } as @convention(c) (UnsafePointer<UInt8>, Int) -> UnsafeMutableRawPointer, to: UnsafeRawPointer.self)
            call.integers.0 = UInt64(UInt(bitPattern: start))
            call.integers.1 = UInt64(bytes.count)
            let end = callCompiled(&call)
            if case .returned = end, let made = UnsafeMutableRawPointer(bitPattern: UInt(call.integer_results.0)) {
                string = made
            }
            return end
        }
    }

    /// The reference to the empty string, which is always alive.
    package func emptyHostString() -> Ref { emptyString() }

    // MARK: Settings

    /// The texts that `args()` returns.
    @exclusivity(unchecked) nonisolated(unsafe) private var argumentStorage: [UnsafeMutablePointer<CChar>?] = []

    /// Sets what `args()` returns. The texts stay until the next call.
    package func setProgramArguments(_ arguments: [String]) {
        for argument in argumentStorage { free(argument) }
        if runtime.argumentCount > 0 { runtime.argumentValues?.deallocate() }
        argumentStorage = arguments.map { strdup($0) }
        runtime.argumentCount = argumentStorage.count
        let values = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: argumentStorage.count + 1)
        for (i, argument) in argumentStorage.enumerated() { values[i] = argument }
        values[argumentStorage.count] = nil
        runtime.argumentValues = values
    }

    /// Bounds the heap to `bytes`, at least one block.
    package func limitHeap(_ bytes: Int) { heap.maximumBlocks = min(heap.blockCount, max(1, bytes / blockSize)) }

    /// Whether leaving the runtime writes out what programs printed.
    package func setFlushesOnLeave(_ on: Bool) { hostStack.flushes = on }

    // MARK: Stack overflow

    /// Makes overflows of the Simple stack panics (P016). Other faults go to the handlers installed before.
    /// - Returns: 0 or an errno value.
    package func handleHostFaults() -> Int32 {
        if hostStack.handlesFaults { return 0 }
        let error = cp_install_host_fault_handler { fault in handleHostFault(fault.unsafelyUnwrapped) }
        if error == 0 {
            hostStack.handlesFaults = true
            cp_prepare_signal_stack()
        }
        return error
    }

    /// Compiled code that runs out of stack panics at once. The runtime cannot be stopped halfway, so it gets the reserve
    /// to finish in, and the return into compiled code is made to lead to the panic.
    private func handleHostFault(_ fault: UnsafePointer<cp_fault>) -> Int32 {
        let address = UInt(fault.pointee.address)
        guard hostStack.base != 0, address >= hostStack.base, address < hostStack.guardEnd else { return 0 }
        let pc = UInt(fault.pointee.pc)
        if isInImage(pc) { panicStackOverflow(pc: pc, frame: UInt(fault.pointee.fp)) }
        if hostStack.isReserveOpen { return 0 }
        guard let slot = returnIntoImage(fault) else { return 0 }
        mprotect(UnsafeMutableRawPointer(bitPattern: hostStack.reserveStart), hostReserveSize, PROT_READ | PROT_WRITE)
        hostStack.isReserveOpen = true
        runtime.guardEnd = hostStack.reserveStart
        hostStack.replacedReturn = slot.load(as: UInt.self)
        slot.storeBytes(
            of: UInt(bitPattern: cp_overflow_landing { frame in landOverflow(UInt(frame)) }), as: UInt.self)
        return 1
    }

    /// The word that holds the innermost return address into an image.
    private func returnIntoImage(_ fault: UnsafePointer<cp_fault>) -> UnsafeMutableRawPointer? {
        let stack = UInt(fault.pointee.sp)
        let code = refAt(UInt(fault.pointee.pc))
        // `push rbp`, a function's first instruction: its return address is the last word on the stack.
        if code.load(as: UInt8.self) == 0x55, stack >= hostStack.guardEnd, stack < hostStack.top,
            isInImage(refAt(stack).load(as: UInt.self))
        {
            return refAt(stack)
        }
        var frame = UInt(fault.pointee.fp)
        while frame >= hostStack.guardEnd && frame & 7 == 0 && frame < hostStack.top &- 16 {
            if isInImage(refAt(frame &+ 8).load(as: UInt.self)) { return refAt(frame &+ 8) }
            let next = refAt(frame).load(as: UInt.self)
            if next <= frame { break }
            frame = next
        }
        return nil
    }

    /// The runtime returned into compiled code that has run out of stack.
    private func landOverflow(_ frame: UInt) {
        // As if the call were the instruction that failed.
        panicStackOverflow(pc: hostStack.replacedReturn &- 1, frame: frame)
    }

    private func closeReserve() {
        mprotect(UnsafeMutableRawPointer(bitPattern: hostStack.reserveStart), hostReserveSize, PROT_NONE)
        hostStack.isReserveOpen = false
        runtime.guardEnd = hostStack.guardEnd
    }
#endif

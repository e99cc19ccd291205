/// Running a program in this process as its main program: own stack with a guard, fault handlers, `SIMPLE_GC`.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Size of the main program's stack. Address space only: pages are committed as the stack grows.
private let mainStackSize = 64 << 20
/// Inaccessible bytes below it. Frames larger than a page probe each page, so one hit is certain.
private let guardSize = 1 << 20
/// Size of the fault handlers' stack.
private let signalStackSize = 64 << 10

/// Runs `entry` (C ABI, returns the exit code) on the main program's stack and ends the process.
package func runMainProgram(_ entry: UnsafeRawPointer) -> Never {
    var size = mainStackSize
    var memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0)
    // Under a tight limit on address space a smaller stack will do.
    while memory == mapFailed && size > 1 << 20 {
        size >>= 1
        memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0)
    }
    guard let memory, memory != mapFailed else { panicOutOfMemory(size) }
    let guardBytes = min(guardSize, size / 4)
    mprotect(memory, guardBytes, PROT_NONE)
    // The first pages above the guard serve the handlers: they must not share the stack that is full.
    let signalStack = memory + guardBytes
    mprotect(signalStack + signalStackSize, guardBytes, PROT_NONE)
    runtime.guardStart = memory.address
    runtime.guardEnd = signalStack.address &+ UInt(signalStackSize + guardBytes)
    runtime.stackTop = memory.address &+ UInt(size)
    cp_install_handlers({ fault in handleFault(fault.unsafelyUnwrapped) }, { _ in _exit(141) }, signalStack, signalStackSize)
    _ = cp_call_on_stack(
        { entry in
            let code = unsafeBitCast(entry.unsafelyUnwrapped, to: (@convention(c) () -> Int64).self)()
            finishProgram(Int(code))
        }, UnsafeMutableRawPointer(mutating: entry), memory + size)
    _exit(70)
}

/// SIGSEGV, SIGBUS, SIGFPE, SIGILL: a stack overflow is P016, anything else a bug in Simple.
private func handleFault(_ fault: UnsafePointer<cp_fault>) {
    let address = UInt(fault.pointee.address)
    if fault.pointee.signal == SIGSEGV && address >= runtime.guardStart && address < runtime.guardEnd {
        panicStackOverflow(pc: UInt(fault.pointee.pc), frame: UInt(fault.pointee.fp))
    }
    if runtime.panicking { _exit(70) }
    runtime.panicking = true
    flushOutput()
    putReport("internal error: ")
    switch fault.pointee.signal {
    case SIGSEGV: putReport("invalid memory access")
    case SIGBUS: putReport("bus error (was the module file changed while it ran?)")
    case SIGFPE: putReport("arithmetic fault")
    default: putReport("illegal instruction")
    }
    putReport(isInImage(UInt(fault.pointee.pc)) ? " in compiled code" : " in the runtime")
    putReport("; this is a bug in Simple, please report it with the program\n")
    printBacktrace(pc: UInt(fault.pointee.pc), frame: UInt(fault.pointee.fp))
    flushReport()
    _exit(70)
}

/// Reads the settings of `SIMPLE_GC`: `stress`, `stats`, `max=SIZE` (with K, M or G), joined by commas.
/// Returns `false` if a word is not understood.
package func applyHeapSettings(_ text: UnsafePointer<CChar>) -> Bool {
    var next = text
    while next.pointee != 0 {
        var length = 0
        while next[length] != 0 && next[length] != 44 { length += 1 }
        if length == 6 && strncmp(next, "stress", 6) == 0 {
            heap.stress = true
        } else if length == 5 && strncmp(next, "stats", 5) == 0 {
            heap.printStatistics = true
        } else if length > 4 && strncmp(next, "max=", 4) == 0 {
            guard let size = parseSize(next + 4, length - 4) else { return false }
            heap.maximumBlocks = min(heap.blockCount, max(1, size / blockSize))
        } else {
            return false
        }
        next += length
        if next.pointee == 44 { next += 1 }
    }
    return true
}

/// Follows `SIMPLE_GC`; a setting that is not understood is a warning.
package func applyHeapEnvironment() {
    if let settings = getenv("SIMPLE_GC"), !applyHeapSettings(settings) {
        putReport("warning: SIMPLE_GC is not understood; it takes stress, stats and max=SIZE, joined by commas\n")
        flushReport()
    }
}

/// Turns on the report of `--gc-stats`.
package func enableHeapStatistics() { heap.printStatistics = true }

/// Turns the stress mode on or off.
package func setHeapStress(_ on: Bool) {
    heap.stress = on
    // The runs in hand are dropped: their free slots are found again after the next collection.
    var index = 0
    while index < Heap.classCount {
        heap.classes[index].limit = heap.classes[index].cursor
        index += 1
    }
}

private func parseSize(_ text: UnsafePointer<CChar>, _ length: Int) -> Int? {
    var value = 0
    var index = 0
    while index < length, text[index] >= 48, text[index] <= 57 {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow || product > 1 << 60 { return nil }
        value = product + Int(text[index]) - 48
        index += 1
    }
    if index == 0 { return nil }
    if index == length { return value }
    if index + 1 < length { return nil }
    let shift: Int
    switch text[index] {
    case 75, 107: shift = 10
    case 77, 109: shift = 20
    case 71, 103: shift = 30
    default: return nil
    }
    return value > Int.max >> shift ? nil : value << shift
}

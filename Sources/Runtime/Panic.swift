/// Panics (LANGUAGE §8.4): flush, message, position, backtrace, exit 101.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Exit status of a panic.
private let panicStatus: Int32 = 101

/// Flushes stdout and begins the report with `panic[Pnnn]: `.
private func beginPanic(_ code: Int) {
    if runtime.panicking {
        // What was being reported is lost or half written; say so on a line of its own and stop.
        putReport("\npanic during panic\n")
        flushReport()
        endProcess(panicStatus, .panic)
    }
    runtime.panicking = true
    runtime.panicCode = code
    flushOutput()
    putReport("panic[P")
    if code < 100 { putReport("0") }
    if code < 10 { putReport("0") }
    putReport(code)
    putReport("]: ")
}

/// Ends the message's line, adds position and backtrace, and ends the process. `frame` and `pc` say where the walk
/// starts when the panic comes from a fault; 0 means here.
@inline(__always)
private func endPanic(pc: UInt = 0, frame: UInt = 0) -> Never {
    putReport("\n")
    if let hook = runtime.backtraceHook {
        hook()
    } else {
        printBacktrace(pc: pc, frame: frame == 0 ? UInt(cp_frame_pointer()) : frame)
    }
    flushReport()
    endProcess(panicStatus, .panic)
}

/// Panics with a literal message.
func startPanic(_ code: Int, _ message: StaticString) -> Never {
    beginPanic(code)
    putReport(message)
    endPanic()
}

/// P005 with what is wrong.
func panicArgument(_ message: StaticString) -> Never { startPanic(5, message) }

/// P017; `size` is what was asked for in bytes.
@inline(never)
package func panicOutOfMemory(_ size: Int) -> Never {
    if report.bytes == UnsafeMutablePointer(bitPattern: 16) {
        // Before start-up is over there is no buffer.
        let text: StaticString = "panic[P017]: out of memory\n"
        _ = writeFully(2, text.utf8Start, text.utf8CodeUnitCount)
        _exit(panicStatus)
    }
    beginPanic(17)
    putReport("out of memory: ")
    putReport(size)
    putReport(" bytes wanted, ")
    putReport(heap.blocksInUse << 15)
    putReport(" in use, limit ")
    putReport(heap.maximumBlocks << 15)
    endPanic()
}

/// P008.
@inline(never)
func panicIndex(_ index: Int, _ length: Int, _ kind: IndexedKind) -> Never {
    beginPanic(8)
    putReport(kind == .insertPosition ? "insert position " : "index ")
    if kind == .unsignedArray || kind == .unsignedString { putReport(UInt64(UInt(bitPattern: index))) } else { putReport(index) }
    putReport(" out of range for ")
    switch kind {
    case .array, .insertPosition, .unsignedArray: putReport("array of length ")
    case .string, .unsignedString: putReport("str of length ")
    case .tuple: putReport("tuple of length ")
    }
    putReport(length)
    endPanic()
}

/// P002: an exit code outside i32.
func panicExitCode(_ code: Int) -> Never {
    beginPanic(2)
    putReport("exit code ")
    putReport(code)
    putReport(" does not fit i32")
    endPanic()
}

/// P016, from the fault handler.
package func panicStackOverflow(pc: UInt, frame: UInt) -> Never {
    beginPanic(16)
    putReport("stack overflow")
    endPanic(pc: pc, frame: frame)
}

/// P001 of a power.
func panicOverflow(_ operation: TrapOperation, _ type: TrapType) -> Never {
    beginPanic(1)
    putOverflow(operation, type)
    endPanic()
}

private func putOverflow(_ operation: TrapOperation, _ type: TrapType) {
    putReport("integer overflow")
    let name: StaticString =
        switch operation {
        case .none: ""
        case .add: "addition"
        case .subtract: "subtraction"
        case .multiply: "multiplication"
        case .negate: "negation"
        case .divide: "division"
        case .remainder: "remainder"
        case .power: "power"
        case .shift: "shift"
        case .absolute: "absolute value"
        case .cast: "conversion"
        case .length, .radix, .size: ""
        }
    if operation == .none { return }
    putReport(" in ")
    if type != .none {
        putReport(typeName(type))
        putReport(" ")
    }
    putReport(name)
}

private func typeName(_ type: TrapType) -> StaticString {
    switch type {
    case .none: ""
    case .i8: "i8"
    case .i16: "i16"
    case .i32: "i32"
    case .i64: "i64"
    case .u8: "u8"
    case .u16: "u16"
    case .u32: "u32"
    case .u64: "u64"
    case .f32: "f32"
    case .f64: "f64"
    case .char: "char"
    }
}

/// The code that a trap stands for in messages.
private func panicCode(_ trap: TrapCode) -> Int {
    switch trap {
    case .overflow: 1
    case .exitCodeRange: 2
    case .conversion: 3
    case .divisionByZero: 4
    case .badShift, .badExponent, .zeroStep, .badArgument: 5
    case .floatExitValue: 6
    case .modifiedWhileIterating: 10
    case .uninitialisedGlobal: 14
    case .unreachable: 15
    }
}

/// (code): see TrapCode.
@c(simple_rt_panic_trap)
public func simple_rt_panic_trap(_ code: UInt32) {
    let trap = TrapCode(rawValue: UInt8(truncatingIfNeeded: code)) ?? .unreachable
    let operation = TrapOperation(rawValue: UInt8(truncatingIfNeeded: code >> 8)) ?? .none
    let type = TrapType(rawValue: UInt8(truncatingIfNeeded: code >> 16)) ?? .none
    beginPanic(panicCode(trap))
    switch trap {
    case .overflow: putOverflow(operation, type)
    case .exitCodeRange: putReport("exit code does not fit i32")
    case .conversion:
        putReport("value out of range")
        if type != .none {
            putReport(" for ")
            putReport(typeName(type))
        }
    case .divisionByZero:
        putReport(operation == .remainder ? "remainder by zero" : "division by zero")
    case .badShift:
        putReport("shift amount out of range")
        if type != .none {
            putReport(" for ")
            putReport(typeName(type))
        }
    case .floatExitValue: putReport("exit value is not finite or does not fit i32")
    case .badExponent: putReport("negative exponent")
    case .uninitialisedGlobal: putReport("global read before its initialisation")
    case .unreachable: putReport("unreachable code was reached")
    case .zeroStep: putReport(type == .none ? "step is zero" : "step is not positive")
    case .badArgument:
        switch operation {
        case .length: putReport("negative array length")
        case .radix: putReport("the radix must be between 2 and 36")
        case .size: putReport("the size must be positive")
        case .none, .add, .subtract, .multiply, .negate, .divide, .remainder, .power, .shift, .absolute, .cast:
            putReport("bad argument")
        }
    case .modifiedWhileIterating: putReport("collection changed while iterating")
    }
    endPanic()
}

/// (index, length, IndexedKind): P008.
@c(simple_rt_panic_index)
public func simple_rt_panic_index(_ index: Int, _ length: Int, _ kind: UInt32) {
    panicIndex(index, length, IndexedKind(rawValue: UInt8(truncatingIfNeeded: kind)) ?? .array)
}

/// (message str): P015.
@c(simple_rt_panic_message)
public func simple_rt_panic_message(_ message: UnsafeMutableRawPointer) {
    beginPanic(15)
    putReport(message)
    endPanic()
}

/// (source text str, message str or 0): P012.
@c(simple_rt_panic_assert)
public func simple_rt_panic_assert(_ source: UnsafeMutableRawPointer, _ message: UnsafeMutableRawPointer?) {
    beginPanic(12)
    putReport("assertion failed: ")
    putReport(source)
    putMessage(message)
    endPanic()
}

/// (source text str, left debug str, right debug str, message str or 0, 1 for assert_ne): P012.
@c(simple_rt_panic_assert_equal)
public func simple_rt_panic_assert_equal(
    _ source: UnsafeMutableRawPointer, _ left: UnsafeMutableRawPointer, _ right: UnsafeMutableRawPointer,
    _ message: UnsafeMutableRawPointer?, _ notEqual: UInt32
) {
    beginPanic(12)
    putReport("assertion failed: ")
    putReport(source)
    putMessage(message)
    putReport("\n  left:  ")
    putReport(left)
    putReport("\n  right: ")
    putReport(right)
    endPanic()
}

/// The user's message behind the source text, if there is one.
private func putMessage(_ message: UnsafeMutableRawPointer?) {
    guard let message, message.word(ObjectLayout.stringByteLength) > 0 else { return }
    putReport(": ")
    putReport(message)
}

/// (what was unwrapped: a str such as "unwrap on None"): P018.
@c(simple_rt_panic_unwrap)
public func simple_rt_panic_unwrap(_ what: UnsafeMutableRawPointer) {
    beginPanic(18)
    putReport(what)
    endPanic()
}

/// (expected count, actual count, 1 if "at least"): P011.
@c(simple_rt_panic_destructure)
public func simple_rt_panic_destructure(_ expected: Int, _ actual: Int, _ atLeast: UInt32) {
    beginPanic(11)
    putReport("destructuring expected ")
    if atLeast != 0 { putReport("at least ") }
    putReport(expected)
    putReport(expected == 1 ? " element, got " : " elements, got ")
    putReport(actual)
    endPanic()
}

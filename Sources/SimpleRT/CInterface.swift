/// What C programs call when Simple code is linked into them as an ELF object (Docs/native.md).
///
/// One thread uses Simple code: the one that called `simple_start`. References are found on its stack, in its registers
/// and in memory named by `simple_add_roots`.

import CPlatform

/// Prepares the runtime and runs the top-level statements of `program`; a second call for it does nothing.
/// `program` is the descriptor in the object, which the generated header passes.
@c(simple_start)
public func simple_start(
    _ program: UnsafeMutablePointer<cp_program>, _ count: Int32,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) {
    if program.pointee.is_started != 0 { return }
    program.pointee.is_started = 1
    if program.pointee.runtime_abi != runtimeABIVersion {
        putReport("error: an object of Simple was made for another version of the runtime; build it again\n")
        flushReport()
        _exit(70)
    }
    let isFirst = runtime.stackTop == 0
    startRuntime()
    if isFirst {
        runtime.stackTop = cp_stack_top()
        applyHeapEnvironment()
        if let arguments, count > 0 {
            runtime.argumentCount = Int(count) - 1
            runtime.argumentValues = arguments + 1
        }
        cp_at_exit { flushOutput() }
    }
    let data = program.pointee.data.address
    addRootRange(data, data &+ UInt(program.pointee.data_size))
    let zeroed = program.pointee.zeroed.address
    addRootRange(zeroed, zeroed &+ UInt(program.pointee.zeroed_size))
    registerCode(
        CodeImage(
            base: UInt(bitPattern: program.pointee.code) &- UInt(program.pointee.code_address),
            span: UInt(program.pointee.code_address &+ program.pointee.code_size),
            sourceMap: UnsafeRawBufferPointer(start: program.pointee.source_map, count: Int(program.pointee.source_map_size)),
            strings: UnsafeRawBufferPointer(start: program.pointee.strings, count: Int(program.pointee.strings_size))))
    _ = program.pointee.entry()
}

/// Writes out what Simple code has printed.
@c(simple_flush)
public func simple_flush() { flushOutput() }

/// A new string of `size` bytes; what is not UTF-8 becomes U+FFFD.
@c(simple_string_new)
public func simple_string_new(_ bytes: UnsafePointer<CChar>?, _ size: Int) -> UnsafeMutableRawPointer {
    guard let bytes, size > 0 else { return emptyString() }
    return lossyString(UnsafeRawPointer(bytes).assumingMemoryBound(to: UInt8.self), size)
}

/// The bytes of a string, valid as long as the string is alive, not ended by NUL; their number goes to `size`.
@c(simple_string_bytes)
public func simple_string_bytes(_ string: UnsafeMutableRawPointer, _ size: UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar> {
    let text = TextSpan(string)
    size?.pointee = text.count
    return UnsafeRawPointer(text.start).assumingMemoryBound(to: CChar.self)
}

/// Makes `size` bytes from `start` a place where the collector looks for references.
@c(simple_add_roots)
public func simple_add_roots(_ start: UnsafeMutableRawPointer, _ size: Int) {
    addRootRange(start.address, start.address &+ UInt(size))
}

/// Takes back `simple_add_roots` for all ranges that begin in these bytes.
@c(simple_remove_roots)
public func simple_remove_roots(_ start: UnsafeMutableRawPointer, _ size: Int) {
    removeRootRanges(within: start.address, size)
}

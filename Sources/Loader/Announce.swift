/// Making a loaded image known to native debuggers and profilers, when the environment asks for it:
///
/// `SIMPLE_GDB=1`        an ELF file in memory with symbols and DWARF, through gdb's JIT interface
/// `SIMPLE_PERF_MAP=1`   /tmp/perf-PID.map, which `perf report` reads
///
/// Nothing is done unasked: to look for a debugger (`TracerPid` in /proc/self/status) would cost every start an open
/// and a read, and would miss one that is attached later.

import CPlatform

#if !hasFeature(Embedded)
    import Runtime
    import RuntimeABI
    import SMF
#endif

/// `true` iff the environment variable is set to something other than nothing and 0.
private func isOn(_ name: UnsafePointer<CChar>) -> Bool {
    guard let value = getenv(name) else { return false }
    return value[0] != 0 && value[0] != 48
}

/// Whether images are to be shown to gdb. Programs are compiled with more to show, then.
package var wantsDebugger: Bool { isOn("SIMPLE_GDB") }

/// Whether a map for perf is wanted. perf uses it for anonymous memory only, so the loader copies the image then.
var wantsPerfMap: Bool { isOn("SIMPLE_PERF_MAP") }

/// Shows the image, of `size` bytes, to debugger and profiler, as the environment wants it.
func announce(_ loaded: LoadedImage, size: Int) {
    if !wantsDebugger, !wantsPerfMap { return }
    do throws(SMFError) {
        let image = try SMFReader(UnsafeRawBufferPointer(start: loaded.base, count: size))
        if wantsDebugger { showToDebugger(image, loaded.base) }
        if wantsPerfMap { writePerfMap(image, loaded.base) }
    } catch {
        warn("the program cannot be shown to debuggers", error)
    }
}

/// Says what debuggers and profilers won't see.
@inline(never) @_optimize(size)
private func warn(_ what: StaticString, _ error: SMFError) {
    putReport("warning: ")
    putReport(what)
    putReport(": ")
    error.utf8Text().withUnsafeBufferPointer { text in
        if let start = text.baseAddress { putReport(start, text.count) }
    }
    putReport("\n")
    flushReport()
}

/// Hands an ELF file with the image's functions and lines to the debugger.
@_optimize(size)
private func showToDebugger(_ image: SMFReader, _ base: UnsafeMutableRawPointer) {
    guard let codeIndex = image.firstSection(.code) else { return }
    let code = image.section(codeIndex)
    let address = UInt64(base.address)
    var builder = ELFBuilder()
    builder.header.type = ELFFormat.executable
    builder.header.programHeaderOffset = UInt64(ELFFormat.headerSize)
    builder.header.programHeaderCount = 1
    let text = builder.add(
        ".text", type: ELFFormat.noBits, flags: ELFFormat.allocate | ELFFormat.execute, address: address &+ code.offset,
        alignment: 16, size: code.size)
    var symbols = ELFSymbolTable()
    addFunctionSymbols(of: image, base: address, section: UInt16(truncatingIfNeeded: text), to: &symbols)
    builder.add(symbols)
    if let mapIndex = image.firstSection(.srcMap) {
        do throws(SMFError) {
            let map = try SourceMapView(image.payload(ofSection: mapIndex), at: image.section(mapIndex).offset)
            // Loading does not look at the source map: of one whose rows overlap, debug information would have no end.
            try map.validate(
                at: image.section(mapIndex).offset, symbolCount: image.header.symbolCount,
                stringTableSize: image.header.stringTableSize)
            builder.add(makeDebugSections(map, strings: UnsafeRawBufferPointer(image.strings), base: address))
        } catch {
            warn("debuggers see no source lines", error)
        }
    }
    var prefix = ContiguousArray<UInt8>(repeating: 0, count: ELFFormat.headerSize + ELFFormat.programHeaderSize)
    prefix.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        ELFProgramHeader(
            type: ELFFormat.load, flags: ELFFormat.segmentRead | ELFFormat.segmentExecute, offset: 0,
            address: address &+ code.offset, fileSize: 0, memorySize: code.size, alignment: 16
        ).encode(to: start + ELFFormat.headerSize)
    }
    let file = builder.finish(prefix: prefix)
    let copy = malloc(file.count)
    if let copy {
        file.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { memcpy(copy, start, bytes.count) }
        }
        if cp_debugger_add(copy, file.count, base.address) != 0 { return }
    }
    putReport("warning: the program cannot be shown to debuggers: out of memory\n")
    flushReport()
}

/// Writes `START SIZE name` for each function, numbers in hexadecimal.
@_optimize(size)
private func writePerfMap(_ image: SMFReader, _ base: UnsafeMutableRawPointer) {
    var text: ContiguousArray<UInt8> = []
    for i in 0..<image.symbolCount {
        let symbol = image.symbol(i)
        if !symbol.isFunction || symbol.isUndefined || symbol.isAbsolute { continue }
        guard let name = image.string(at: symbol.nameOffset) else { continue }
        appendHex(UInt64(base.address) &+ symbol.value, &text)
        put8(32, &text)
        appendHex(symbol.size, &text)
        put8(32, &text)
        putBytes(name.baseAddress, name.count, &text)
        put8(10, &text)
    }
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { path in
        guard let path = path.baseAddress else { return }
        let descriptor = cp_create_perf_map(path, 64)
        var failed = descriptor < 0
        text.withUnsafeBytes { bytes in
            var done = 0
            while !failed && done < bytes.count {
                let written = write(descriptor, bytes.baseAddress.unsafelyUnwrapped + done, bytes.count - done)
                if written > 0 { done += written } else { failed = written == 0 || cp_errno() != EINTR }
            }
        }
        if failed {
            let error = cp_errno()
            putReport("warning: cannot write ")
            putCString(path)
            putReport(": ")
            if let reason = strerror(error) { putCString(reason) }
            putReport("\n")
            flushReport()
        }
        if descriptor >= 0 { close(descriptor) }
    }
}

@inline(never) private func appendHex(_ value: UInt64, _ text: inout ContiguousArray<UInt8>) {
    var shift: UInt64 = 60
    while shift > 0, (value >> shift) & 0xF == 0 { shift -= 4 }
    while true {
        let digit = UInt8(truncatingIfNeeded: (value >> shift) & 0xF)
        put8(digit < 10 ? 48 + digit : 87 + digit, &text)
        if shift == 0 { return }
        shift -= 4
    }
}

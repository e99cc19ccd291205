import RuntimeABI
import SMF

/// Puts small images together by hand: code at 0x1000, read-only data at 0x2000, writable data at 0x3000 (import slots
/// first). The code is written as bytes, with the few instructions that tests need as methods.
struct TestImage {
    static let codeAddress = 0x1000
    static let readOnlyAddress = 0x2000
    static let dataAddress = 0x3000

    /// A function with a name for backtraces: code offset and size.
    struct Function {
        var name: String
        var start: Int
        var size: Int
    }

    /// A call and where it stands in the source.
    struct Call {
        var returnOffset: Int
        var line: UInt32
        var column: UInt32
        var inlinedInto: (name: String, line: UInt32)?
    }

    var code: [UInt8] = []
    var readOnly: [UInt8] = []
    var imports: [String] = []
    var importKind = SMFImportKind.runtime
    var importFlags = SMFImportFlags.required
    /// What the imports want the runtime's interface to be; 0: anything.
    var importABIHash: UInt64 = 0
    var functions: [Function] = []
    var calls: [Call] = []
    var baseRelocations: [UInt64] = []
    /// Writable words behind the import slots.
    var words: [UInt64] = []
    var bssSize: UInt64 = 0
    var runtimeABI = runtimeABIVersion
    var platform = SMFPlatform.linux
    var architecture = SMFArchitecture.x86_64
    var cpuFeatures: SMFCPUFeatures = []
    var isExecutable = true
    /// The source map's version is none that there is.
    var hasDamagedMap = false
    var flags: SMFFlags = [.linked, .positionIndependent]

    // MARK: Code

    mutating func emit(_ bytes: UInt8...) { code += bytes }

    private mutating func emit32(_ value: Int) {
        let bits = UInt32(truncatingIfNeeded: value)
        for shift in [0, 8, 16, 24] { code.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift))) }
    }

    /// Starts a function: `push rbp; mov rbp, rsp`.
    mutating func begin(_ name: String) {
        functions.append(Function(name: name, start: code.count, size: 0))
        emit(0x55, 0x48, 0x89, 0xE5)
    }

    /// Ends the function: `leave; ret`.
    mutating func end() {
        emit(0xC9, 0xC3)
        functions[functions.count - 1].size = code.count - functions[functions.count - 1].start
    }

    /// `mov register, value` for edi (7), esi (6), edx (2), ecx (1), r8d is not needed; eax (0), ebx (3).
    mutating func move(_ register: UInt8, _ value: Int) {
        emit(0xB8 + register)
        emit32(value)
    }

    /// `lea register, [address]`, a 64-bit register below r8.
    mutating func address(_ register: UInt8, _ target: Int) {
        emit(0x48, 0x8D, 0x05 | register << 3)
        emit32(target - (TestImage.codeAddress + code.count + 4))
    }

    /// Calls the runtime entry through its slot.
    mutating func callRuntime(_ name: String, line: UInt32 = 0, column: UInt32 = 1, inlinedInto: (name: String, line: UInt32)? = nil) {
        let index = imports.firstIndex(of: name) ?? imports.count
        if index == imports.count { imports.append(name) }
        emit(0xFF, 0x15)
        emit32(TestImage.dataAddress + index * 8 - (TestImage.codeAddress + code.count + 4))
        if line > 0 { calls.append(Call(returnOffset: code.count, line: line, column: column, inlinedInto: inlinedInto)) }
    }

    /// Calls code at an offset of the code section.
    mutating func call(_ offset: Int, line: UInt32 = 0, column: UInt32 = 1) {
        emit(0xE8)
        emit32(offset - (code.count + 4))
        if line > 0 { calls.append(Call(returnOffset: code.count, line: line, column: column, inlinedInto: nil)) }
    }

    /// `dec rbx; jnz offset`.
    mutating func loop(to offset: Int) {
        emit(0x48, 0xFF, 0xCB, 0x0F, 0x85)
        emit32(offset - (code.count + 4))
    }

    // MARK: Data

    /// Adds a static string object and returns its address.
    mutating func string(_ text: String) -> Int {
        while readOnly.count % 16 != 0 { readOnly.append(0) }
        let address = TestImage.readOnlyAddress + readOnly.count
        for value in [UInt64(ObjectKind.stringInline.rawValue), UInt64(text.utf8.count), UInt64(text.unicodeScalars.count)] {
            for shift in stride(from: 0, to: 64, by: 8) { readOnly.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
        }
        readOnly += Array(text.utf8) + [0]
        return address
    }

    // MARK: The module

    func build() -> [UInt8] {
        var writer = SMFWriter(platform: platform, architecture: architecture, flags: flags, cpuFeatures: cpuFeatures)
        writer.setRuntimeABI(runtimeABI)
        let codeSection = writer.addCode(code, alignment: 4096)
        _ = writer.addData(readOnly.isEmpty ? [0] : readOnly, readOnly: true, alignment: 4096)
        if !imports.isEmpty {
            var payload = ContiguousArray<UInt8>(repeating: 0, count: imports.count * SMFFormat.importEntrySize)
            payload.withUnsafeMutableBytes { bytes in
                for index in imports.indices {
                    // Exported symbols come after the local ones and are one here (`entry`), the imports between.
                    var item = SMFImport(
                        slot: UInt64(TestImage.dataAddress + index * 8), symbol: UInt32(index), kind: importKind)
                    item.flags = importFlags
                    item.abiHash = importABIHash
                    item.encode(to: bytes.baseAddress! + index * SMFFormat.importEntrySize)
                }
            }
            _ = writer.addSection(type: SMFSectionType.imports.rawValue, flags: .read, bytes: payload, alignment: 8, name: ".imports")
        }
        if !baseRelocations.isEmpty {
            var payload = ContiguousArray<UInt8>()
            for address in baseRelocations {
                for shift in stride(from: 0, to: 64, by: 8) { payload.append(UInt8(truncatingIfNeeded: address >> UInt64(shift))) }
            }
            _ = writer.addSection(type: SMFSectionType.baseReloc.rawValue, flags: .read, bytes: payload, alignment: 8, name: ".relr")
        }
        var map = SourceMapBuilder()
        _ = map.addFile(name: writer.addString("test.simple"))
        for function in functions {
            map.beginFunction(
                symbol: 0, start: UInt32(TestImage.codeAddress + function.start), size: UInt32(function.size),
                name: writer.addString(function.name))
            for call in calls where call.returnOffset > function.start && call.returnOffset <= function.start + function.size {
                var inline: UInt32 = 0
                if let outer = call.inlinedInto {
                    inline = map.addInline(
                        SourceMapInline(name: writer.addString(outer.name), callFile: 0, callLine: outer.line, callColumn: 1))
                }
                map.addEntry(
                    SourceMapEntry(
                        codeOffset: UInt32(call.returnOffset - function.start), file: 0, line: call.line,
                        column: call.column, inline: inline))
            }
        }
        map.sort()
        var payload = ContiguousArray<UInt8>(repeating: 0, count: map.encodedSize)
        payload.withUnsafeMutableBytes { map.encode(to: $0.baseAddress!, newSymbolIndex: []) }
        if hasDamagedMap { payload[0] = 99 }
        _ = writer.addSection(type: SMFSectionType.srcMap.rawValue, flags: .read, bytes: payload, alignment: 8, name: ".srcmap")
        var data = [UInt8](repeating: 0, count: max(1, imports.count) * 8)
        for word in words {
            for shift in stride(from: 0, to: 64, by: 8) { data.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        _ = writer.addData(data, readOnly: false, alignment: 4096)
        if bssSize > 0 { _ = writer.addBSS(size: bssSize) }
        for name in imports { _ = writer.addUndefinedSymbol(name: name) }
        let entry = functions.last?.start ?? 0
        _ = writer.addSymbol(
            name: "entry", type: .function, binding: .global, section: codeSection + 1,
            value: UInt64(TestImage.codeAddress + entry), size: UInt64(max(1, code.count - entry)))
        if isExecutable { writer.setExecutable(entry: UInt64(TestImage.codeAddress + entry)) }
        return writer.emit()
    }
}

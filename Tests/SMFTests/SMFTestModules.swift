import SMF

/// An object module with one of everything that object modules have.
func sampleObject() -> [UInt8] {
    var writer = SMFWriter(flags: .debugInfo, cpuFeatures: .sse42)
    writer.setSourceHash(1)
    writer.setABIHash(2)
    writer.setToolchainID(3)
    writer.setRuntimeABI(4)
    let code = writer.addCode([UInt8](repeating: 0x90, count: 64))
    let data = writer.addData([1, 2, 3, 4, 5, 6, 7, 8], readOnly: false)
    let text = writer.addData(Array("hello".utf8), readOnly: true)
    let bss = writer.addBSS(size: 100)
    // Added in an order that is not the written one.
    let zeta = writer.addSymbol(name: "zeta", type: .function, binding: .global, section: code + 1, value: 0, size: 20)
    let print = writer.addUndefinedSymbol(name: "simple_rt_print")
    let local = writer.addSymbol(
        name: "helper", type: .function, binding: .local, section: code + 1, value: 32, size: 8)
    let word = writer.addSymbol(name: "word", type: .data, binding: .weak, section: data + 1, value: 0, size: 8)
    let hello = writer.addSymbol(name: "hello", type: .data, binding: .local, section: text + 1, value: 0, size: 5)
    _ = writer.addSymbol(name: "zeros", type: .data, binding: .global, section: bss + 1, value: 0, size: 100)
    _ = writer.addSymbol(
        name: "limit", type: .constant, binding: .global, section: SMFFormat.absoluteSection, value: 42, size: 0)
    writer.addRelocation(section: code, offset: 1, symbol: local, type: .pc32, addend: -4)
    writer.addRelocation(section: code, offset: 8, symbol: print, type: .gotPcRel, addend: -4)
    writer.addRelocation(section: code, offset: 16, symbol: hello, type: .pc32, addend: -4)
    writer.addRelocation(section: data, offset: 0, symbol: zeta, type: .abs64, addend: 0)
    writer.addRelocation(section: code, offset: 36, symbol: word, type: .pc32, addend: -4)
    var map = SourceMapBuilder()
    let file = map.addFile(name: writer.addString("a.simple"))
    let inlined = map.addInline(
        SourceMapInline(name: writer.addString("small"), callFile: file, callLine: 7, callColumn: 2))
    map.beginFunction(symbol: zeta, start: 0, size: 20, name: writer.nameOffset(ofSymbol: zeta))
    map.addEntry(SourceMapEntry(codeOffset: 12, file: file, line: 3, column: 4, inline: inlined))
    map.addEntry(SourceMapEntry(codeOffset: 20, file: file, line: 8, column: 1))
    map.beginFunction(symbol: local, start: 32, size: 8, name: writer.nameOffset(ofSymbol: local))
    writer.setSourceMap(map)
    let point = TypeInfo(name: writer.addString("Point"), kind: 1, size: 16, alignment: 8, layoutHash: 9)
    _ = writer.addSection(
        type: SMFSectionType.typeInfo.rawValue, flags: .read, bytes: TypeInfo.encode([point]), alignment: 8,
        name: ".types")
    var version: ContiguousArray<UInt8> = []
    VersionText.append(key: "compiler", value: "1.0", to: &version)
    VersionText.append(key: "target", value: "x86_64-linux", to: &version)
    _ = writer.addSection(
        type: SMFSectionType.version.rawValue, flags: .read, bytes: version, alignment: 1, name: ".version")
    writer.setSymbolHash(true)
    return writer.emit()
}

/// Section indices of `sampleDescribed`.
enum SampleDescribed {
    static let slots = 1
    static let interface = 2
    static let deps = 3
}

/// An object module with what modules say of themselves, and with reload slots.
func sampleDescribed() -> [UInt8] {
    var writer = SMFWriter()
    let code = writer.addCode([0xC3])
    _ = writer.addSymbol(name: "f", type: .function, binding: .global, section: code + 1, value: 0, size: 1)
    _ = writer.addSection(
        type: SMFSectionType.slots.rawValue, flags: [.read, .write], bytes: ContiguousArray(repeating: 0, count: 8),
        alignment: 8, name: ".slots")
    let interface = ContiguousArray("module main\nfn f() -> nil\n".utf8)
    writer.setABIHash(interface.withUnsafeBytes { xxh64($0) })
    _ = writer.addSection(
        type: SMFSectionType.interface.rawValue, flags: .read, bytes: interface, alignment: 1, name: ".iface")
    let source = "fn f():\n    pass\n"
    let digest = Array(source.utf8).withUnsafeBytes { sha256($0) }
    let dependencies: ContiguousArray = [
        SMFDependency(kind: .source, name: writer.addString("main.simple"), size: UInt64(source.utf8.count), digest: digest),
        SMFDependency(kind: .module, name: writer.addString("part"), size: 0, digest: SMFDigest(7)),
    ]
    _ = writer.addSection(
        type: SMFSectionType.deps.rawValue, flags: .read, bytes: SMFDependency.encode(dependencies), alignment: 8,
        name: ".deps")
    return writer.emit()
}

/// Places in `sampleImage` that tests refer to: its section indices.
enum SampleImage {
    static let code = 0
    static let imports = 1
    static let baseRelocations = 2
    static let slots = 3
    static let bss = 4
}

/// A small image by hand: one function, one import, one base relocation, a Bss section.
func sampleImage() -> [UInt8] {
    var writer = SMFWriter(flags: [.linked, .positionIndependent])
    writer.setRuntimeABI(4)
    let code = writer.addCode([0xFF, 0x15, 0, 0, 0, 0, 0xC3])
    var imports = ContiguousArray<UInt8>(repeating: 0, count: 32)
    imports.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        SMFImport(slot: 0x3000, symbol: 1, kind: .runtime).encode(to: base)
    }
    _ = writer.addSection(
        type: SMFSectionType.imports.rawValue, flags: .read, bytes: imports, alignment: 4096, name: ".imports")
    var relocations = ContiguousArray<UInt8>(repeating: 0, count: 8)
    relocations.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        smfStore64(base, 0, 0x3008)
    }
    _ = writer.addSection(
        type: SMFSectionType.baseReloc.rawValue, flags: .read, bytes: relocations, alignment: 8, name: ".relr")
    let slots = writer.addData([UInt8](repeating: 0, count: 16), readOnly: false)
    _ = writer.addBSS(size: 5000)
    _ = writer.addSymbol(name: "main", type: .function, binding: .global, section: code + 1, value: 0x1000, size: 7)
    _ = writer.addSymbol(name: "_table", type: .data, binding: .local, section: slots + 1, value: 0x3008, size: 8)
    _ = writer.addUndefinedSymbol(name: "simple_rt_print")
    writer.setExecutable(entry: 0x1000)
    return writer.emit()
}

/// Makes both checksums of a changed module right again, as far as its header allows.
func repairChecksums(_ module: inout [UInt8]) {
    let count = module.count
    module.withUnsafeMutableBytes { bytes in
        guard count >= 128, let base = bytes.baseAddress else { return }
        let header = SMFHeader(decoding: base)
        if header.fileSize >= 128, header.fileSize <= UInt64(count) {
            let hash = xxh64(UnsafeRawBufferPointer(rebasing: bytes[128..<Int(header.fileSize)]))
            smfStore64(base, 48, hash)
        }
        let tableSize = UInt64(header.sectionCount) * 56
        guard header.sectionTableOffset <= UInt64(count), UInt64(count) - header.sectionTableOffset >= tableSize
        else { return }
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<124]))
        let table = Int(header.sectionTableOffset)
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[table..<(table + Int(tableSize))]))
        smfStore32(base, 124, checksum.value)
    }
}

/// What full validation of `module` says: `nil` for success.
func refusal(_ module: [UInt8]) -> SMFError? {
    module.withUnsafeBytes { bytes in
        do throws(SMFError) {
            try SMFReader(bytes).validate()
            return nil
        } catch {
            return error
        }
    }
}

/// What the checks before loading say: `nil` for success.
func loadRefusal(_ module: [UInt8]) -> SMFError? {
    module.withUnsafeBytes { bytes in
        do throws(SMFError) {
            try SMFReader(bytes).validateForLoading()
            return nil
        } catch {
            return error
        }
    }
}

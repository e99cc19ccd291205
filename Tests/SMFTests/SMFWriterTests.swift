import SMF
import Testing

private func text(_ reader: SMFReader, _ offset: UInt32) -> String {
    reader.string(at: offset).map { String(decoding: $0, as: UTF8.self) } ?? "?"
}

@Test func writtenModulesAreReadBack() throws {
    let module = sampleObject()
    #expect(refusal(module) == nil)
    try module.withUnsafeBytes { bytes in
        let reader = try SMFReader(bytes)
        let header = reader.header
        #expect(header.fileSize == UInt64(module.count))
        #expect(header.flags == .debugInfo)
        #expect((header.sourceHash, header.abiHash, header.toolchainID, header.runtimeABI) == (1, 2, 3, 4))
        #expect(header.cpuFeatures == .sse42)
        #expect(header.exportedCount == 4)
        #expect(header.imageSpan == 0)
        let types = (0..<reader.sectionCount).map { reader.section($0).kind }
        #expect(types == [.code, .data, .roData, .bss, .typeInfo, .version, .srcMap, .reloc, .symHash])
        #expect(reader.section(3).virtualSize == 100)
        #expect(Array(reader.payload(ofSection: 2)) == Array("hello".utf8))

        let names = (0..<reader.symbolCount).map { text(reader, reader.symbol($0).nameOffset) }
        #expect(names[0..<3] == ["helper", "hello", "simple_rt_print"])
        #expect(Set(names[3...]) == ["zeta", "word", "zeros", "limit"])

        // Relocations follow their symbols to their new places.
        let relocations = reader.relocations(ofSection: try #require(reader.firstSection(.reloc)))
        let wanted = (0..<relocations.count).map { names[Int(relocations[$0].symbol)] }
        #expect(wanted == ["helper", "simple_rt_print", "hello", "zeta", "word"])
        let zeta = UInt32(try #require(names.firstIndex(of: "zeta")))
        #expect(relocations[3] == SMFRelocation(offset: 0, symbol: zeta, type: .abs64, section: 1, addend: 0))

        // So do source maps.
        let map = try SourceMapView(reader.payload(ofSection: try #require(reader.firstSection(.srcMap))))
        #expect(names[Int(map.function(0).symbol)] == "zeta")
        #expect(names[Int(map.function(1).symbol)] == "helper")
    }
}

@Test func imagesCanBeMarkedReloadable() throws {
    var writer = SMFWriter(flags: .linked)
    _ = writer.addCode([0xC3])
    writer.setReloadable()
    let module = writer.emit()
    let flags = try module.withUnsafeBytes { try SMFReader($0).header.flags }
    #expect(flags == [.linked, .reloadable])
}

@Test func exportsAreFoundByName() throws {
    var plain = SMFWriter()
    var hashed = SMFWriter()
    hashed.setSymbolHash(true)
    let names = (0..<100).map { "function_\($0)" }
    for name in names {
        _ = plain.addSymbol(
            name: name, type: .constant, binding: .global, section: SMFFormat.absoluteSection, value: 1, size: 0)
        _ = hashed.addSymbol(
            name: name, type: .constant, binding: .weak, section: SMFFormat.absoluteSection, value: 1, size: 0)
    }
    for module in [plain.emit(), hashed.emit()] {
        #expect(refusal(module) == nil)
        try module.withUnsafeBytes { bytes in
            let reader = try SMFReader(bytes)
            for name in names {
                let index = try #require(Array(name.utf8).withUnsafeBufferPointer { reader.exportedSymbol(named: $0) })
                #expect(text(reader, reader.symbol(index).nameOffset) == name)
            }
            for name in ["", "function_", "function_100", "zzz"] {
                #expect(Array(name.utf8).withUnsafeBufferPointer { reader.exportedSymbol(named: $0) } == nil)
            }
        }
    }
}

@Test func namesWithEqualHashesAreSortedByName() throws {
    // A known FNV-1a collision.
    let pair = ["liquid", "costarring"]
    var writer = SMFWriter()
    for name in pair {
        _ = writer.addSymbol(
            name: name, type: .constant, binding: .global, section: SMFFormat.absoluteSection, value: 0, size: 0)
    }
    let module = writer.emit()
    #expect(refusal(module) == nil)
    try module.withUnsafeBytes { bytes in
        let reader = try SMFReader(bytes)
        #expect(reader.symbol(0).nameHash == reader.symbol(1).nameHash)
        #expect(text(reader, reader.symbol(0).nameOffset) == "costarring")
        for name in pair {
            let index = Array(name.utf8).withUnsafeBufferPointer { reader.exportedSymbol(named: $0) }
            #expect(index.map { text(reader, reader.symbol($0).nameOffset) } == name)
        }
    }
}

@Test(arguments: [sampleObject(), sampleImage(), SMFWriter().emit()])
func readingAndWritingIsTheIdentity(module: [UInt8]) throws {
    #expect(refusal(module) == nil)
    let again = try module.withUnsafeBytes { SMFWriter(rewriting: try SMFReader($0)).emit() }
    #expect(again == module)
}

@Test func sameCallsSameBytes() {
    #expect(sampleObject() == sampleObject())
    struct Collector: SMFOutput {
        var bytes: [UInt8] = []
        mutating func write(_ more: UnsafeRawBufferPointer) { bytes += more }
    }
    var collector = Collector()
    let writer = SMFWriter()
    writer.emit(to: &collector)
    #expect(collector.bytes == writer.emit())
}

@Test func sourceMapsGiveInlinedFrames() throws {
    var map = SourceMapBuilder()
    let file = map.addFile(name: 10)
    let other = map.addFile(name: 20)
    let middle = map.addInline(SourceMapInline(name: 2, callFile: file, callLine: 100, callColumn: 1))
    let inner = map.addInline(SourceMapInline(name: 3, callFile: other, callLine: 200, callColumn: 2, parent: middle))
    // Functions and entries out of order.
    map.beginFunction(symbol: 0, start: 0x100, size: 0x40, name: 1)
    map.addEntry(SourceMapEntry(codeOffset: 0x20, file: file, line: 7, column: 8))
    map.addEntry(SourceMapEntry(codeOffset: 0x10, file: other, line: 5, column: 6, inline: inner))
    map.beginFunction(symbol: 0, start: 0x80, size: 0x10, name: 4)
    map.sort()
    var payload = [UInt8](repeating: 0, count: map.encodedSize)
    payload.withUnsafeMutableBytes { map.encode(to: $0.baseAddress!, newSymbolIndex: []) }
    try payload.withUnsafeBytes { bytes in
        let view = try SourceMapView(bytes)
        try view.validate(at: 0, symbolCount: 1, stringTableSize: 100)
        var frames = try #require(view.lookup(0x110))
        var found: [SourceMapFrame] = []
        while let frame = frames.next() { found.append(frame) }
        #expect(
            found == [
                SourceMapFrame(name: 3, file: 20, line: 5, column: 6, isInlined: true, isExact: true),
                SourceMapFrame(name: 2, file: 20, line: 200, column: 2, isInlined: true, isExact: true),
                SourceMapFrame(name: 1, file: 10, line: 100, column: 1, isInlined: false, isExact: true),
            ])
        #expect(frames.next() == nil)
        frames = try #require(view.lookup(0x130))
        #expect(frames.next() == SourceMapFrame(name: 1, file: 0, line: 0, column: 0, isInlined: false, isExact: false))
        frames = try #require(view.lookup(0x90))
        #expect(frames.next()?.name == 4)
        #expect(view.lookup(0x80) == nil)
        #expect(view.lookup(0x91) == nil)
        #expect(view.lookup(0x141) == nil)
    }
}

@Test func circularInlinesEnd() throws {
    var map = SourceMapBuilder()
    _ = map.addFile(name: 1)
    _ = map.addInline(SourceMapInline(name: 2, callFile: 0, callLine: 1, callColumn: 1, parent: 2))
    let last = map.addInline(SourceMapInline(name: 3, callFile: 0, callLine: 2, callColumn: 1, parent: 1))
    map.beginFunction(symbol: 0, start: 0, size: 8, name: 1)
    map.addEntry(SourceMapEntry(codeOffset: 4, file: 0, line: 1, column: 1, inline: last))
    var payload = [UInt8](repeating: 0, count: map.encodedSize)
    payload.withUnsafeMutableBytes { map.encode(to: $0.baseAddress!, newSymbolIndex: []) }
    try payload.withUnsafeBytes { bytes in
        let view = try SourceMapView(bytes)
        var frames = view.lookup(4)
        var count = 0
        while frames?.next() != nil { count += 1 }
        #expect(count <= 3)
        #expect(throws: SMFError.self) { try view.validate(at: 0, symbolCount: 1, stringTableSize: 100) }
    }
}

@Test func versionValuesAreFoundByKey() {
    Array("compiler=1.0\ntarget=x\nempty=\n".utf8).withUnsafeBytes { bytes in
        func value(_ key: StaticString) -> String? {
            VersionText.value(of: key, in: bytes).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(value("compiler") == "1.0")
        #expect(value("target") == "x")
        #expect(value("empty") == "")
        #expect(value("comp") == nil)
        #expect(value("missing") == nil)
    }
}

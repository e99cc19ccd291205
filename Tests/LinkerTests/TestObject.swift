import Linker
import SMF

/// A relocation of a test object, against a symbol by name.
struct TestRelocation {
    var offset: UInt64
    var symbol: String
    var type: SMFRelocationType = .pc32
    var addend: Int64 = -4
}

/// A function of a test object.
struct TestFunction {
    var name: String
    var code: [UInt8] = [0xC3]
    var binding: SMFBinding = .global
    var relocations: [TestRelocation] = []
    /// Rows (code offset, line) of the source map.
    var lines: [(offset: UInt32, line: UInt32)] = []
}

/// A data section of a test object, with one symbol over all of it.
struct TestData {
    enum Kind { case readOnly, writable, zero }
    var name: String
    var bytes: [UInt8]
    var kind: Kind = .readOnly
    var binding: SMFBinding = .global
    var relocations: [TestRelocation] = []
}

/// A hand-made object module.
struct TestObject {
    var name: String
    var functions: [TestFunction] = []
    var data: [TestData] = []
    var file = "a.simple"
    /// Undefined symbols that nothing refers to.
    var wants: [String] = []
    var types: [(name: String, layout: UInt64)] = []
    var runtimeABI: UInt64 = 1
    var toolchainID: UInt64 = 7
    var platform: SMFPlatform = .linux
    var sourceHash: UInt64 = 0
    var extraAbsolute: [(name: String, value: UInt64)] = []
    /// Symbols (undefined or of data) that are weak.
    var weak: Set<String> = []
    /// Lines of the interface behind the one that names the module; `nil`: no interface.
    var interface: String?
    /// Modules it was compiled against, with the `abi_hash` they had.
    var importedModules: [(name: String, abiHash: UInt64)] = []
    /// Pieces of one more section of constants, each with a symbol of its own.
    var table: [(name: String, bytes: [UInt8], relocations: [TestRelocation])] = []

    /// The `abi_hash` that the interface leads to.
    var abiHash: UInt64 { Array("module \(name)\n\(interface ?? "")".utf8).withUnsafeBytes { xxh64($0) } }

    /// The module as the linker takes it.
    func input() -> LinkInput { LinkInput(bytes: bytes(), name: name) }

    /// The module's bytes.
    func bytes() -> [UInt8] {
        var writer = SMFWriter(platform: platform)
        writer.setRuntimeABI(runtimeABI)
        writer.setToolchainID(toolchainID)
        writer.setSourceHash(sourceHash)
        var code: [UInt8] = []
        var starts: [UInt64] = []
        for function in functions {
            while code.count % 16 != 0 { code.append(0xCC) }
            starts.append(UInt64(code.count))
            code += function.code
        }
        let text = functions.isEmpty ? nil : writer.addCode(code)
        var indices: [String: UInt32] = [:]
        for (function, start) in zip(functions, starts) {
            indices[function.name] = writer.addSymbol(
                name: function.name, type: .function, binding: function.binding, section: (text ?? 0) + 1,
                value: start, size: UInt64(function.code.count))
        }
        var dataSections: [UInt32] = []
        for item in data {
            let section =
                switch item.kind {
                case .readOnly: writer.addData(item.bytes, readOnly: true)
                case .writable: writer.addData(item.bytes, readOnly: false)
                case .zero: writer.addBSS(size: UInt64(item.bytes.count))
                }
            dataSections.append(section)
            indices[item.name] = writer.addSymbol(
                name: item.name, type: .data, binding: item.binding, section: section + 1, value: 0,
                size: UInt64(item.bytes.count))
        }
        for item in extraAbsolute {
            indices[item.name] = writer.addSymbol(
                name: item.name, type: .constant, binding: .global, section: SMFFormat.absoluteSection,
                value: item.value, size: 0)
        }
        for piece in table {
            indices[piece.name] = writer.addSymbol(
                name: piece.name, type: .data, binding: .global, section: SMFFormat.absoluteSection, value: 0, size: 0)
        }
        func index(_ name: String) -> UInt32 {
            if let known = indices[name] { return known }
            let new = writer.addSymbol(
                name: name, type: .function, binding: weak.contains(name) ? .weak : .global, section: 0, value: 0, size: 0)
            indices[name] = new
            return new
        }
        for name in wants { _ = index(name) }
        var map = SourceMapBuilder()
        let fileIndex = map.addFile(name: writer.addString(file))
        for (function, start) in zip(functions, starts) {
            for relocation in function.relocations {
                writer.addRelocation(
                    section: text ?? 0, offset: start + relocation.offset, symbol: index(relocation.symbol),
                    type: relocation.type, addend: relocation.addend)
            }
            map.beginFunction(
                symbol: index(function.name), start: UInt32(start), size: UInt32(function.code.count),
                name: writer.nameOffset(ofSymbol: index(function.name)))
            for row in function.lines {
                map.addEntry(SourceMapEntry(codeOffset: row.offset, file: fileIndex, line: row.line, column: 1))
            }
        }
        for (item, section) in zip(data, dataSections) {
            for relocation in item.relocations {
                writer.addRelocation(
                    section: section, offset: relocation.offset, symbol: index(relocation.symbol),
                    type: relocation.type, addend: relocation.addend)
            }
        }
        if !table.isEmpty {
            var bytes: [UInt8] = []
            var starts: [UInt64] = []
            for piece in table {
                while bytes.count % 8 != 0 { bytes.append(0) }
                starts.append(UInt64(bytes.count))
                bytes += piece.bytes
            }
            let section = writer.addData(bytes, readOnly: true)
            for (piece, start) in zip(table, starts) {
                let index = index(piece.name)
                writer.setSymbol(index, section: section + 1, value: start, size: UInt64(piece.bytes.count))
            }
            for (piece, start) in zip(table, starts) {
                for relocation in piece.relocations {
                    writer.addRelocation(
                        section: section, offset: start + relocation.offset, symbol: index(relocation.symbol),
                        type: relocation.type, addend: relocation.addend)
                }
            }
        }
        if !functions.isEmpty { writer.setSourceMap(map) }
        if let interface {
            let text = ContiguousArray("module \(name)\n\(interface)".utf8)
            writer.setABIHash(abiHash)
            _ = writer.addSection(
                type: SMFSectionType.interface.rawValue, flags: .read, bytes: text, alignment: 1, name: ".iface")
        }
        if interface != nil || !importedModules.isEmpty {
            var dependencies: ContiguousArray = [
                SMFDependency(kind: .source, name: writer.addString(file), size: 5, digest: SMFDigest(1, 2, 3, 4))
            ]
            for module in importedModules {
                dependencies.append(
                    SMFDependency(
                        kind: .module, name: writer.addString(module.name), size: 0, digest: SMFDigest(module.abiHash)))
            }
            _ = writer.addSection(
                type: SMFSectionType.deps.rawValue, flags: .read, bytes: SMFDependency.encode(dependencies),
                alignment: 8, name: ".deps")
        }
        if !types.isEmpty {
            let infos = types.map {
                TypeInfo(name: writer.addString($0.name), kind: 1, size: 8, alignment: 8, layoutHash: $0.layout)
            }
            _ = writer.addSection(
                type: SMFSectionType.typeInfo.rawValue, flags: .read, bytes: TypeInfo.encode(ContiguousArray(infos)),
                alignment: 8, name: ".types")
        }
        return writer.emit()
    }
}

/// Links test objects with the entry function "main".
func linkObjects(_ objects: [TestObject]) throws(LinkFailure) -> [UInt8] {
    try link(objects.map { $0.input() }, options: LinkOptions(entry: "main"))
}

/// The problems of a link that must fail.
func problems(_ objects: [TestObject]) -> [LinkProblem] {
    do throws(LinkFailure) {
        _ = try linkObjects(objects)
        return []
    } catch {
        return error.problems
    }
}

/// An image that was read back: its symbols by name, and its sections.
struct LinkedImage {
    let bytes: [UInt8]
    let header: SMFHeader
    var symbols: [String: SMFSymbol] = [:]
    var sections: [SMFSection] = []
    var imports: [(name: String, slot: UInt64)] = []
    var baseRelocations: [UInt64] = []

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        (header, symbols, sections, imports, baseRelocations) = try bytes.withUnsafeBytes { bytes in
            let reader = try SMFReader(bytes)
            try reader.validate()
            func name(_ symbol: SMFSymbol) -> String {
                reader.string(at: symbol.nameOffset).map { String(decoding: $0, as: UTF8.self) } ?? "?"
            }
            var symbols: [String: SMFSymbol] = [:]
            for i in 0..<reader.symbolCount { symbols[name(reader.symbol(i))] = reader.symbol(i) }
            let sections = (0..<reader.sectionCount).map { reader.section($0) }
            var imports: [(name: String, slot: UInt64)] = []
            if let section = reader.firstSection(.imports) {
                for i in 0..<reader.importCount(ofSection: section) {
                    let entry = reader.importEntry(i, ofSection: section)
                    imports.append((name(reader.symbol(Int(entry.symbol))), entry.slot))
                }
            }
            var relocations: [UInt64] = []
            if let section = reader.firstSection(.baseReloc) {
                let payload = reader.payload(ofSection: section)
                for i in 0..<(payload.count / 8) {
                    relocations.append(payload.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self))
                }
            }
            return (reader.header, symbols, sections, imports, relocations)
        }
    }

    func u32(_ address: UInt64) -> UInt32 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: Int(address), as: UInt32.self) }
    }
    func u64(_ address: UInt64) -> UInt64 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: Int(address), as: UInt64.self) }
    }
    /// Where the 32-bit displacement at `address` points, seen from the byte behind it.
    func target(_ address: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(address) + 4 + Int64(Int32(bitPattern: u32(address))))
    }
    func address(_ name: String) -> UInt64 { symbols[name]?.value ?? 0 }
    func section(_ type: SMFSectionType) -> SMFSection? { sections.first { $0.type == type.rawValue } }
}

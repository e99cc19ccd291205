// Builds a module in memory and writes it in one forward pass.
//
// Input: sections, symbols, relocations in any order. Output: the bytes of a module that SMFReader accepts. Promise:
// same calls, same bytes. `SMFLayout` decides every offset before a byte is written. Start at `emit()`.

/// Takes the bytes of a module as they are written, first to last.
package protocol SMFOutput {
    mutating func write(_ bytes: UnsafeRawBufferPointer)
}

/// Builds one module.
@usableFromInline package struct SMFWriter: Sendable {
    private var header = SMFHeader()
    private var sections: ContiguousArray<SMFSection> = []
    private var payloads: ContiguousArray<ContiguousArray<UInt8>> = []
    private var table = SMFSymbolTable()
    @usableFromInline package private(set) var relocations: ContiguousArray<SMFRelocation> = []
    private var sourceMap: SourceMapBuilder?
    private var wantsSymbolHash = false

    /// Starts a module. With the flag `linked` it is an image, whose code, read-only and writable sections the caller
    /// adds in this order and with the first of each aligned to a page.
    package init(
        platform: SMFPlatform = .linux, architecture: SMFArchitecture = .x86_64, flags: SMFFlags = [],
        cpuFeatures: SMFCPUFeatures = []
    ) {
        header.platform = platform.rawValue
        header.architecture = architecture.rawValue
        header.flags = flags
        header.cpuFeatures = cpuFeatures
    }

    // MARK: Header fields

    /// Marks the module executable, starting at image address `entry`.
    package mutating func setExecutable(entry: UInt64) {
        header.flags.insert(.executable)
        header.entryPoint = entry
    }
    /// Marks the image reloadable.
    package mutating func setReloadable() { header.flags.insert(.reloadable) }
    package mutating func setSourceHash(_ hash: UInt64) { header.sourceHash = hash }
    package mutating func setABIHash(_ hash: UInt64) { header.abiHash = hash }
    package mutating func setToolchainID(_ id: UInt64) { header.toolchainID = id }
    package mutating func setRuntimeABI(_ number: UInt64) { header.runtimeABI = number }
    package mutating func insertFlags(_ flags: SMFFlags) { header.flags.formUnion(flags) }

    // MARK: Sections

    /// Adds machine code; returns the section's index.
    package mutating func addCode(_ bytes: ContiguousArray<UInt8>, alignment: UInt64? = nil) -> UInt32 {
        addSection(
            type: SMFSectionType.code.rawValue, flags: [.read, .execute], bytes: bytes,
            alignment: alignment ?? (header.isImage ? SMFFormat.pageSize : 16), name: ".text")
    }

    /// Adds machine code; returns the section's index.
    package mutating func addCode(_ bytes: [UInt8], alignment: UInt64? = nil) -> UInt32 {
        addCode(ContiguousArray(bytes), alignment: alignment)
    }

    /// Adds machine code copied from `bytes`; returns the section's index.
    package mutating func addCode(copying bytes: UnsafeRawBufferPointer, alignment: UInt64? = nil) -> UInt32 {
        addCode(ContiguousArray(bytes), alignment: alignment)
    }

    /// Adds initialised data (`.rodata` if `readOnly`, else `.data`); returns the section's index.
    package mutating func addData(
        _ bytes: ContiguousArray<UInt8>, readOnly: Bool, alignment: UInt64? = nil
    ) -> UInt32 {
        let alignment = alignment ?? (header.isImage ? SMFFormat.pageSize : 8)
        return readOnly
            ? addSection(
                type: SMFSectionType.roData.rawValue, flags: .read, bytes: bytes, alignment: alignment,
                name: ".rodata")
            : addSection(
                type: SMFSectionType.data.rawValue, flags: [.read, .write], bytes: bytes, alignment: alignment,
                name: ".data")
    }

    /// Adds initialised data (`.rodata` if `readOnly`, else `.data`); returns the section's index.
    package mutating func addData(_ bytes: [UInt8], readOnly: Bool, alignment: UInt64? = nil) -> UInt32 {
        addData(ContiguousArray(bytes), readOnly: readOnly, alignment: alignment)
    }

    /// Adds `size` bytes of writable zeros; returns the section's index.
    package mutating func addBSS(size: UInt64, alignment: UInt64 = 8) -> UInt32 {
        addSection(
            type: SMFSectionType.bss.rawValue, flags: [.read, .write], bytes: [], virtualSize: size,
            alignment: alignment, name: ".bss")
    }

    /// Adds a section of any type and returns its index. `virtualSize` counts from the payload's size if left out.
    package mutating func addSection(
        type: UInt32, flags: SMFSectionFlags, bytes: ContiguousArray<UInt8>, virtualSize: UInt64? = nil,
        alignment: UInt64, name: StaticString
    ) -> UInt32 {
        let size = UInt64(bytes.count)
        sections.append(
            SMFSection(
                type: type, flags: flags, size: size, virtualSize: virtualSize ?? size, alignment: alignment,
                name: name))
        payloads.append(bytes)
        return UInt32(sections.count - 1)
    }

    /// Sets the source map; its symbol indices are those that `addSymbol` returned.
    package mutating func setSourceMap(_ builder: SourceMapBuilder) { sourceMap = builder }

    /// Asks for a SymHash section over the exported symbols.
    package mutating func setSymbolHash(_ wanted: Bool) { wantsSymbolHash = wanted }

    // MARK: Strings, symbols, relocations

    /// Adds a string to the string table and returns its offset. Equal strings are not merged.
    package mutating func addString(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 { table.addString(text) }

    /// Adds a string to the string table and returns its offset. Equal strings are not merged.
    package mutating func addString(_ text: String) -> UInt32 {
        var copy = text
        return copy.withUTF8 { table.addString($0) }
    }

    /// Adds a symbol and returns the index to use in `addRelocation` and source maps, whatever place it gets.
    /// `section` is the value of the symbol's section field: 0 undefined, n+1 for section n.
    package mutating func addSymbol(
        name: UnsafeBufferPointer<UInt8>, type: SMFSymbolType, binding: SMFBinding, section: UInt32, value: UInt64,
        size: UInt64
    ) -> UInt32 {
        let hash = fnv1a(name)
        let offset = table.addString(name)
        return table.add(
            SMFSymbol(
                nameOffset: offset, nameHash: hash, type: type, binding: binding, section: section, value: value,
                size: size))
    }

    /// Adds a symbol and returns the index to use in `addRelocation` and source maps, whatever place it gets.
    /// `section` is the value of the symbol's section field: 0 undefined, n+1 for section n.
    package mutating func addSymbol(
        name: String, type: SMFSymbolType, binding: SMFBinding, section: UInt32, value: UInt64, size: UInt64
    ) -> UInt32 {
        var copy = name
        return copy.withUTF8 {
            addSymbol(name: $0, type: type, binding: binding, section: section, value: value, size: size)
        }
    }

    /// Adds a symbol that another module or the runtime defines.
    package mutating func addUndefinedSymbol(name: String, type: SMFSymbolType = .function) -> UInt32 {
        addSymbol(
            name: name, type: type, binding: .global, section: SMFFormat.undefinedSection, value: 0, size: 0)
    }

    /// Gives a symbol that was added undefined or unplaced its place.
    package mutating func setSymbol(_ symbol: UInt32, section: UInt32, value: UInt64, size: UInt64) {
        table.symbols[Int(symbol)].section = section
        table.symbols[Int(symbol)].value = value
        table.symbols[Int(symbol)].size = size
    }

    /// Sets the type of a symbol: 1 + an index into the module's TypeInfo.
    package mutating func setType(ofSymbol symbol: UInt32, _ type: UInt32) {
        table.symbols[Int(symbol)].typeID = type
    }

    /// String table offset of a symbol's name, for use as a display name in a source map.
    package func nameOffset(ofSymbol symbol: UInt32) -> UInt32 { table.symbols[Int(symbol)].nameOffset }

    /// Adds a relocation of the place `offset` in section `section` (an index from 0).
    @inlinable package mutating func addRelocation(
        section: UInt32, offset: UInt64, symbol: UInt32, type: SMFRelocationType, addend: Int64
    ) {
        relocations.append(
            SMFRelocation(
                offset: offset, symbol: symbol, type: type, section: UInt16(truncatingIfNeeded: section),
                addend: addend))
    }

    /// Makes room for `count` relocations.
    package mutating func reserveRelocations(_ count: Int) { relocations.reserveCapacity(count) }

    // MARK: Writing

    /// The module's bytes.
    package func emit() -> [UInt8] {
        let order = table.order()
        var sections = sections
        var hashTable: ContiguousArray<UInt8> = []
        var map = sourceMap
        map?.sort()

        func append(_ type: SMFSectionType, size: Int, name: StaticString) -> Int {
            // Read-only metadata goes to the pages of whatever comes before it; in an image, images' makers add these
            // sections themselves, in their place.
            sections.append(
                SMFSection(
                    type: type.rawValue, flags: .read, size: UInt64(size), virtualSize: UInt64(size), alignment: 8,
                    name: name))
            return sections.count - 1
        }
        let mapIndex = map.map { append(.srcMap, size: $0.encodedSize, name: ".srcmap") }
        let relocationIndex =
            relocations.isEmpty
            ? nil : append(.reloc, size: relocations.count * SMFFormat.relocationEntrySize, name: ".reloc")
        if wantsSymbolHash {
            hashTable = smfSymbolHashTable(table, order)
            _ = append(.symHash, size: hashTable.count, name: ".hash")
        }
        precondition(sections.count <= Int(SMFFormat.maximumSectionCount), "too many sections")

        let layout = SMFLayout(
            sections: sections, symbolCount: table.symbols.count, stringTableSize: table.strings.count,
            isImage: header.isImage)
        var header = header
        layout.fill(&header)
        header.exportedCount = UInt32(order.exportedCount)
        let size = Int(layout.fileSize)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let module = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<size])
            count = size
            guard let base = module.baseAddress else { return }
            var end = SMFFormat.headerSize + layout.sections.count * SMFFormat.sectionEntrySize
            for (i, section) in layout.sections.enumerated() where section.kind != .bss {
                let start = Int(section.offset)
                zero(module, end, start)
                end = start + Int(section.size)
                if i < payloads.count {
                    copy(payloads[i], to: base + start)
                } else if i == mapIndex, let map {
                    map.encode(to: base + start, newSymbolIndex: order.newIndex)
                } else if i == relocationIndex {
                    encodeRelocations(order, to: base + start)
                } else {
                    copy(hashTable, to: base + start)
                }
            }
            zero(module, end, Int(layout.symbolTableOffset))
            table.encodeSymbols(order, to: base + Int(layout.symbolTableOffset))
            table.encodeStrings(to: base + Int(layout.stringTableOffset))
            layout.seal(module, header: header)
        }
    }

    /// Writes the module's bytes to `output`, first to last.
    package func emit<Output: SMFOutput>(to output: inout Output) {
        let bytes = emit()
        bytes.withUnsafeBytes { output.write($0) }
    }

    private func encodeRelocations(_ order: SMFSymbolTable.Order, to base: UnsafeMutableRawPointer) {
        order.newIndex.withUnsafeBufferPointer { newIndex in
            relocations.withUnsafeBufferPointer { relocations in
                var place = base
                for var relocation in relocations {
                    relocation.symbol = newIndex[Int(relocation.symbol)]
                    relocation.encode(to: place)
                    place += SMFFormat.relocationEntrySize
                }
            }
        }
    }

    private func copy(_ bytes: ContiguousArray<UInt8>, to place: UnsafeMutableRawPointer) {
        bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress { place.copyMemory(from: source, byteCount: bytes.count) }
        }
    }

    private func zero(_ module: UnsafeMutableRawBufferPointer, _ start: Int, _ end: Int) {
        guard let base = module.baseAddress, end > start else { return }
        (base + start).initializeMemory(as: UInt8.self, repeating: 0, count: end - start)
    }
}

extension SMFWriter {
    /// Starts from everything that `module` holds; emitting it at once gives the module's bytes again, if a writer or
    /// the linker of this version made them.
    package init(rewriting module: SMFReader) {
        self.init()
        header = module.header
        for i in 0..<module.sectionCount {
            sections.append(module.section(i))
            payloads.append(ContiguousArray(module.payload(ofSection: i)))
        }
        for i in 0..<module.symbolCount { _ = table.add(module.symbol(i)) }
        table.strings = ContiguousArray(module.strings)
    }
}

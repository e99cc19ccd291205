import SMF
import Support

// Phase 5: one pass over the image's buffer, obeying the layout: code and data with their relocations applied, then
// metadata, header and checksums.

extension LinkState {
    /// The image's bytes. Values that don't fit are added to `problems`, and then the bytes are of no use.
    mutating func write(_ image: ImageLayout) -> [UInt8] {
        let addresses = symbolAddresses(image)
        let size = Int(image.layout.fileSize)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = size
            let module = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<size])
            guard let base = module.baseAddress else { return }
            fillGaps(base, image)
            var tables = LoadTables(image: image, base: base)
            for index in atoms.indices where atoms[index].isLive && atoms[index].region != .zero {
                writeAtom(atoms[index], image, addresses, base, &tables)
            }
            writeSlots(image, addresses, base, &tables)
            precondition(
                tables.importCount * SMFFormat.importEntrySize == (image.imports < 0 ? 0 : tables.importsSize)
                    && tables.baseRelocationCount == baseRelocationCount, "load tables are not as laid out")
            writeMetadata(image, base)
            image.layout.seal(module, header: image.header)
        }
    }

    /// Image address that each symbol (by index among all symbols) stands for; `.max` for an imported one.
    private func symbolAddresses(_ image: ImageLayout) -> ContiguousArray<UInt64> {
        var addresses = ContiguousArray<UInt64>()
        addresses.reserveCapacity(symbolAtom.count)
        for flat in symbolAtom.indices {
            addresses.append(definition(of: flat).map { address(ofSymbol: $0, in: image) } ?? .max)
        }
        return addresses
    }

    /// Zeros what no section covers, fills the code section with int3, so that a jump into padding stops.
    private func fillGaps(_ base: UnsafeMutableRawPointer, _ image: ImageLayout) {
        var end = SMFFormat.headerSize + image.layout.sections.count * SMFFormat.sectionEntrySize
        for (i, section) in image.layout.sections.enumerated() where section.kind != .bss {
            let start = Int(section.offset)
            (base + end).initializeMemory(as: UInt8.self, repeating: 0, count: start - end)
            end = start + Int(section.size)
            let isCode = i == image.code
            if isCode || i == image.readOnly || i == image.data || i == image.slots {
                (base + start).initializeMemory(
                    as: UInt8.self, repeating: isCode ? 0xCC : 0, count: Int(section.size))
            }
        }
        (base + end).initializeMemory(
            as: UInt8.self, repeating: 0, count: Int(image.layout.symbolTableOffset) - end)
    }

    /// Copies one atom to its place and applies its relocations.
    private mutating func writeAtom(
        _ atom: Atom, _ image: ImageLayout, _ addresses: ContiguousArray<UInt64>, _ base: UnsafeMutableRawPointer,
        _ tables: inout LoadTables
    ) {
        let object = objects[Int(atom.object)]
        let payload = object.reader.payload(ofSection: Int(atom.section))
        let address = image.address(atom.region) + atom.place
        // What a data section has in memory only is zero already.
        let size = min(Int(atom.size), payload.count - Int(atom.offset))
        if size > 0, let source = payload.baseAddress {
            (base + Int(address)).copyMemory(from: source + Int(atom.offset), byteCount: size)
        }
        for i in atom.firstRelocation..<(atom.firstRelocation + atom.relocationCount) {
            let relocation = object.relocation(i)
            let flat = object.firstSymbol + Int(relocation.symbol)
            let place = address + (relocation.offset - atom.offset)
            let target = addresses[flat]
            var value = Int64(bitPattern: target) &+ relocation.addend
            switch SMFRelocationType(rawValue: relocation.type) {
            case .pc32, .plt32:
                value = value &- Int64(bitPattern: place)
            case .gotPcRel:
                let global = symbolGlobal[flat]
                let slot =
                    target == .max
                    ? globals[Int(global)].slot
                    : symbolSlots[UInt32(truncatingIfNeeded: definition(of: flat) ?? flat)] ?? 0
                let slotAddress = image.layout.sections[image.slots].offset + UInt64(slot) * 8
                value = Int64(bitPattern: slotAddress) &+ relocation.addend &- Int64(bitPattern: place)
            case .secRel32:
                let definition = definition(of: flat) ?? flat
                let start =
                    symbolAtom[definition] == .max
                    ? 0 : image.address(atoms[Int(symbolAtom[definition])].region)
                value = value &- Int64(bitPattern: start)
            case .abs64:
                if target == .max {
                    smfStore64(base, Int(place), 0)
                    addImport(symbolGlobal[flat], at: place, image, &tables)
                } else {
                    smfStore64(base, Int(place), UInt64(bitPattern: value))
                    if symbolAtom[definition(of: flat) ?? flat] != .max { tables.addBaseRelocation(place) }
                }
                continue
            default: continue
            }
            guard let narrow = Int32(exactly: value) else {
                problems.append(
                    .overflow(
                        module: object.name, symbol: symbolName(Int(atom.object), relocation.symbol),
                        section: Int(relocation.section), offset: relocation.offset))
                continue
            }
            smfStore32(base, Int(place), UInt32(bitPattern: narrow))
        }
    }

    /// Adds the import of a name into the word at `slot`.
    private func addImport(_ global: UInt32, at slot: UInt64, _ image: ImageLayout, _ tables: inout LoadTables) {
        tables.addImport(
            SMFImport(
                slot: slot, symbol: image.order.newIndex[Int(image.importSymbols[global] ?? 0)],
                kind: isRuntimeName(global) ? .runtime : .module,
                flags: globals[Int(global)].isRequired ? .required : .weak))
    }

    private func writeSlots(
        _ image: ImageLayout, _ addresses: ContiguousArray<UInt64>, _ base: UnsafeMutableRawPointer,
        _ tables: inout LoadTables
    ) {
        if image.slots < 0 { return }
        let start = image.layout.sections[image.slots].offset
        for (i, slot) in slots.enumerated() {
            let place = start + UInt64(i * 8)
            switch slot.target {
            case .imported(let global): addImport(global, at: place, image, &tables)
            case .symbol(let flat):
                smfStore64(base, Int(place), addresses[Int(flat)])
                if symbolAtom[Int(flat)] != .max { tables.addBaseRelocation(place) }
            }
        }
    }

    private func writeMetadata(_ image: ImageLayout, _ base: UnsafeMutableRawPointer) {
        func copy(_ payload: ContiguousArray<UInt8>, _ section: Int) {
            if section < 0 { return }
            let place = base + Int(image.layout.sections[section].offset)
            payload.withUnsafeBytes { payload in
                if let source = payload.baseAddress { place.copyMemory(from: source, byteCount: payload.count) }
            }
        }
        copy(image.typesPayload, image.types)
        copy(image.versionPayload, image.version)
        copy(image.interfacePayload, image.interface)
        copy(image.dependenciesPayload, image.dependencies)
        copy(image.hashPayload, image.symbolHash)
        if image.sourceMap >= 0 {
            image.sourceMapBuilder.encode(
                to: base + Int(image.layout.sections[image.sourceMap].offset), newSymbolIndex: [])
        }
        image.symbols.encodeSymbols(image.order, to: base + Int(image.layout.symbolTableOffset))
        image.symbols.encodeStrings(to: base + Int(image.layout.stringTableOffset))
    }
}

/// The tables that the loader works through, written entry by entry.
private struct LoadTables {
    private let imports: UnsafeMutableRawPointer
    private let baseRelocations: UnsafeMutableRawPointer
    let importsSize: Int
    private(set) var importCount = 0
    private(set) var baseRelocationCount = 0

    init(image: ImageLayout, base: UnsafeMutableRawPointer) {
        func section(_ index: Int) -> UnsafeMutableRawPointer {
            index < 0 ? base : base + Int(image.layout.sections[index].offset)
        }
        imports = section(image.imports)
        baseRelocations = section(image.baseRelocations)
        importsSize = image.imports < 0 ? 0 : Int(image.layout.sections[image.imports].size)
    }

    mutating func addImport(_ item: SMFImport) {
        item.encode(to: imports + importCount * SMFFormat.importEntrySize)
        importCount += 1
    }

    mutating func addBaseRelocation(_ address: UInt64) {
        smfStore64(baseRelocations, baseRelocationCount * 8, address)
        baseRelocationCount += 1
    }
}

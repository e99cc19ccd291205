import SMF
import Support

// Phase 4: the layout of the image as a value. Every section, symbol, string and metadata payload gets its size and
// its place here; phase 5 only obeys.

/// Which sections the image has (indices in its section table) and what they hold besides atoms.
struct ImageLayout {
    var layout: SMFLayout
    var header: SMFHeader
    var code = -1
    var readOnly = -1
    var sourceMap = -1
    var types = -1
    var version = -1
    var interface = -1
    var dependencies = -1
    var imports = -1
    var baseRelocations = -1
    var symbolHash = -1
    /// The address slots, first of the writable sections.
    var slots = -1
    var data = -1
    var zero = -1

    var symbols: SMFSymbolTable
    var order: SMFSymbolTable.Order
    var sourceMapBuilder: SourceMapBuilder
    var typesPayload: ContiguousArray<UInt8>
    var versionPayload: ContiguousArray<UInt8>
    var interfacePayload: ContiguousArray<UInt8>
    var dependenciesPayload: ContiguousArray<UInt8>
    var hashPayload: ContiguousArray<UInt8>
    /// Index in `symbols` of the undefined symbol of each imported name, by index in `LinkState.globals`.
    var importSymbols: IndexMap<UInt32>

    /// Index of the section that atoms of `region` go to.
    func section(_ region: Region) -> Int {
        switch region {
        case .code: code
        case .readOnly: readOnly
        case .data: data
        case .zero: zero
        }
    }

    /// Image address of the start of the section that atoms of `region` go to.
    func address(_ region: Region) -> UInt64 {
        let index = section(region)
        return index < 0 ? 0 : layout.sections[index].offset
    }
}

extension LinkState {
    /// Places the live atoms and computes everything else the image holds; `nil` if it would be too large.
    mutating func computeLayout() -> ImageLayout? {
        // Atoms within their regions, in link order.
        var sizes: [UInt64] = [0, 0, 0, 0]
        var alignments: [UInt64] = [16, 8, 8, 8]
        // A section of no bytes can still have symbols, which need a place.
        var isUsed = [false, false, false, false]
        for i in atoms.indices where atoms[i].isLive {
            let region = Int(atoms[i].region.rawValue)
            let place = smfAlign(sizes[region], to: atoms[i].alignment)
            atoms[i].place = place
            sizes[region] = place + atoms[i].size
            isUsed[region] = true
            alignments[region] = max(alignments[region], atoms[i].alignment)
            if sizes[region] > LinkState.sizeLimit {
                problems.append(.imageTooLarge(size: sizes[region]))
                return nil
            }
        }

        var metadata = mergeMetadata()
        if !problems.isEmpty { return nil }
        var sections = ContiguousArray<SMFSection>()
        var protection: SMFSectionFlags = .read
        func add(
            _ type: SMFSectionType, _ flags: SMFSectionFlags, _ size: UInt64, _ alignment: UInt64, _ name: StaticString
        ) -> Int {
            // The first section of each protection starts a page.
            let startsPage = flags != protection
            protection = flags
            sections.append(
                SMFSection(
                    type: type.rawValue, flags: flags, size: type == .bss ? 0 : size, virtualSize: size,
                    alignment: startsPage ? max(alignment, SMFFormat.pageSize) : alignment, name: name))
            return sections.count - 1
        }
        func region(_ region: Region) -> (size: UInt64, alignment: UInt64) {
            (sizes[Int(region.rawValue)], alignments[Int(region.rawValue)])
        }

        var image = ImageLayout(
            layout: SMFLayout(sections: [], symbolCount: 0, stringTableSize: 1, isImage: true), header: SMFHeader(),
            symbols: SMFSymbolTable(), order: SMFSymbolTable().order(), sourceMapBuilder: SourceMapBuilder(),
            typesPayload: [], versionPayload: [], interfacePayload: [], dependenciesPayload: [], hashPayload: [], importSymbols: IndexMap())
        image.code = add(.code, [.read, .execute], region(.code).size, region(.code).alignment, ".text")
        if isUsed[Int(Region.readOnly.rawValue)] {
            image.readOnly = add(.roData, .read, region(.readOnly).size, region(.readOnly).alignment, ".rodata")
        }
        if !metadata.sourceMap.functions.isEmpty {
            image.sourceMap = add(.srcMap, .read, UInt64(metadata.sourceMap.encodedSize), 8, ".srcmap")
        }
        if !metadata.types.isEmpty {
            image.typesPayload = TypeInfo.encode(metadata.types)
            image.types = add(.typeInfo, .read, UInt64(image.typesPayload.count), 8, ".types")
        }
        image.versionPayload = metadata.version
        if !metadata.version.isEmpty {
            image.version = add(.version, .read, UInt64(metadata.version.count), 1, ".version")
        }
        image.interfacePayload = metadata.interface
        if !metadata.interface.isEmpty {
            image.interface = add(.interface, .read, UInt64(metadata.interface.count), 1, ".iface")
        }
        if !metadata.dependencies.isEmpty {
            image.dependenciesPayload = SMFDependency.encode(metadata.dependencies)
            image.dependencies = add(.deps, .read, UInt64(image.dependenciesPayload.count), 8, ".deps")
        }
        let importCount = metadata.slotImportCount + wordImportCount
        if importCount > 0 {
            image.imports = add(.imports, .read, UInt64(importCount * SMFFormat.importEntrySize), 8, ".imports")
        }
        if baseRelocationCount > 0 {
            image.baseRelocations = add(.baseReloc, .read, UInt64(baseRelocationCount * 8), 8, ".relr")
        }

        image.order = metadata.symbols.order()
        if options.symbolHash {
            image.hashPayload = smfSymbolHashTable(metadata.symbols, image.order)
            image.symbolHash = add(.symHash, .read, UInt64(image.hashPayload.count), 8, ".hash")
        }
        if !slots.isEmpty { image.slots = add(.data, [.read, .write], UInt64(slots.count * 8), 8, ".got") }
        if isUsed[Int(Region.data.rawValue)] {
            image.data = add(.data, [.read, .write], region(.data).size, region(.data).alignment, ".data")
        }
        if isUsed[Int(Region.zero.rawValue)] {
            image.zero = add(.bss, [.read, .write], region(.zero).size, region(.zero).alignment, ".bss")
        }

        image.layout = SMFLayout(
            sections: sections, symbolCount: metadata.symbols.symbols.count,
            stringTableSize: metadata.symbols.strings.count, isImage: true)
        guard image.layout.imageSpan <= LinkState.sizeLimit else {
            problems.append(.imageTooLarge(size: image.layout.imageSpan))
            return nil
        }

        // Symbols and source map get their addresses.
        for (i, flat) in metadata.symbolSources.enumerated() where flat != .max {
            if symbolAtom[Int(flat)] == .max { continue }
            let region = atoms[Int(symbolAtom[Int(flat)])].region
            metadata.symbols.symbols[i].section = UInt32(image.section(region) + 1)
            metadata.symbols.symbols[i].value = address(ofSymbol: Int(flat), in: image)
        }
        let codeAddress = UInt32(truncatingIfNeeded: image.address(.code))
        for i in metadata.sourceMap.functions.indices { metadata.sourceMap.functions[i].start += codeAddress }
        image.symbols = metadata.symbols
        image.sourceMapBuilder = metadata.sourceMap
        image.importSymbols = metadata.importSymbols
        fillHeader(&image)
        return image
    }

    /// Image address of the defined symbol `flat`, or the value of an absolute one.
    @inline(__always) func address(ofSymbol flat: Int, in image: ImageLayout) -> UInt64 {
        let atom = symbolAtom[flat]
        if atom == .max { return symbolOffset[flat] }
        return image.address(atoms[Int(atom)].region) + atoms[Int(atom)].place &+ symbolOffset[flat]
    }

    /// Header fields that are neither places nor checksums.
    private func fillHeader(_ image: inout ImageLayout) {
        image.layout.fill(&image.header)
        var flags: SMFFlags = [.linked, .executable, .positionIndependent, .optimized]
        var sources = ContiguousArray<UInt64>()
        var interfaces = ContiguousArray<UInt64>()
        for object in objects {
            let header = object.reader.header
            if header.flags.contains(.debugInfo) { flags.insert(.debugInfo) }
            // The image is optimised if all of it is.
            if !header.flags.contains(.optimized) { flags.remove(.optimized) }
            if image.header.platform == SMFPlatform.any.rawValue { image.header.platform = header.platform }
            image.header.cpuFeatures.formUnion(header.cpuFeatures)
            sources.append(header.sourceHash.littleEndian)
            interfaces.append(header.abiHash.littleEndian)
        }
        image.header.flags = flags
        image.header.sourceHash = sources.withUnsafeBytes { xxh64($0) }
        // What an image exports is what its modules do; without their texts, their digests stand for them.
        image.header.abiHash =
            image.interfacePayload.isEmpty
            ? interfaces.withUnsafeBytes { xxh64($0) } : image.interfacePayload.withUnsafeBytes { xxh64($0) }
        if let first = objects.first?.reader.header {
            image.header.architecture = first.architecture
            image.header.toolchainID = first.toolchainID
            image.header.runtimeABI = first.runtimeABI
        }
        image.header.exportedCount = UInt32(image.order.exportedCount)
        image.header.entryPoint = address(ofSymbol: entry, in: image)
    }
}

// What a reader's tables must say. `validateForLoading` is what stands between a file and its first executable page;
// `validate` checks everything that the format says of a module. Both are linear in the module's size.

extension SMFReader {
    /// Checks all that the format says of header, sections, symbols, relocations and imports, before a loader makes a
    /// page executable. What only people and tools read (source map, types, texts) is left to `validate`.
    /// - Throws: the first rule broken.
    package func validateForLoading() throws(SMFError) {
        try validateHash()
        try validateImageLayout()
        try validateSymbols()
        try validateSymbolHashTable()
        try validateRelocations()
        try validateEntryPoint()
        try validateImports()
        try validateBaseRelocations()
    }

    /// Checks everything.
    /// - Throws: the first rule broken.
    package func validate() throws(SMFError) {
        try validateForLoading()
        try validatePayloads()
        try validateStrings()
        try validateGaps()
    }

    /// Compares the module's bytes with the header's hash.
    package func validateHash() throws(SMFError) {
        let hash = xxh64(UnsafeRawBufferPointer(rebasing: bytes[SMFFormat.headerSize...]))
        guard hash == header.moduleHash else { throw SMFError(.moduleHash, at: 48, value: header.moduleHash) }
    }

    /// Checks that what no part of the module covers is 0.
    package func validateGaps() throws(SMFError) {
        var end = UInt64(SMFFormat.headerSize)
        func check(upTo start: UInt64) throws(SMFError) {
            // Parts don't overlap, but empty ones may lie anywhere.
            while end < start {
                guard bytes[Int(end)] == 0 else { throw SMFError(.gap, at: end, value: UInt64(bytes[Int(end)])) }
                end += 1
            }
        }
        for part in partsInOrder() {
            try check(upTo: part.offset)
            end = part.offset + part.size
        }
        try check(upTo: header.fileSize)
    }

    /// Checks that the string table is UTF-8.
    package func validateStrings() throws(SMFError) {
        if let place = smfFirstInvalidUTF8(UnsafeRawBufferPointer(strings)) {
            throw SMFError(.stringTableText, at: header.stringTableOffset + UInt64(place), value: UInt64(strings[place]))
        }
    }

    // MARK: Images

    /// Checks the identity layout of an image: address order, one protection per page, Bss behind the file.
    package func validateImageLayout() throws(SMFError) {
        guard header.isImage else { return }
        let page = SMFFormat.pageSize
        guard header.imageSpan % page == 0, header.imageSpan >= header.fileSize, header.imageSpan < 1 << 47 else {
            throw SMFError(.imageSpan, at: 88, value: header.imageSpan)
        }
        // The header and the section table are read-only metadata at the start.
        var end = header.sectionTableOffset + UInt64(sectionCount * SMFFormat.sectionEntrySize)
        var protection = SMFSectionFlags.read
        var rank = 0
        var bssEnd = (header.fileSize + (page - 1)) & ~(page - 1)
        for i in 0..<sectionCount {
            let section = section(i)
            let at = sectionEntryOffset(i)
            if section.kind == .reloc, section.size > 0 {
                throw SMFError(.imageRelocations, at: at + 16, value: section.size)
            }
            let pages = section.flags.intersection([.write, .execute])
            let sectionRank = pages.contains(.execute) ? 1 : pages.contains(.write) ? 3 : 2
            if section.kind == .bss {
                guard pages == .write, section.offset >= bssEnd, section.offset <= header.imageSpan,
                    header.imageSpan - section.offset >= section.virtualSize
                else { throw SMFError(.imageBss, at: at + 8, value: section.offset) }
                bssEnd = section.offset + section.virtualSize
                rank = 4
                continue
            }
            guard section.virtualSize == section.size else {
                throw SMFError(.imageVirtualSize, at: at + 24, value: section.virtualSize)
            }
            guard sectionRank >= rank, section.offset >= end else {
                throw SMFError(.imageSectionOrder, at: at + 8, value: section.offset)
            }
            if section.size == 0 { continue }
            if pages != protection.intersection([.write, .execute]) {
                guard section.offset / page > (end - 1) / page else {
                    throw SMFError(.imagePages, at: at + 8, value: section.offset)
                }
            }
            protection = section.flags
            rank = sectionRank
            end = section.offset + section.size
        }
        // The tables behind the sections are data: they may share a page with anything but code.
        for (field, offset, size) in [
            (UInt64(24), header.symbolTableOffset, UInt64(symbolCount * SMFFormat.symbolEntrySize)),
            (UInt64(64), header.stringTableOffset, header.stringTableSize),
        ] where size > 0 {
            guard offset >= end else { throw SMFError(.imageSectionOrder, at: field, value: offset) }
            if protection.contains(.execute), offset / page <= (end - 1) / page {
                throw SMFError(.imagePages, at: field, value: offset)
            }
        }
    }

    /// The section whose memory holds the `size` bytes at image address `address`; `nil` if none does.
    /// - Requires: `validateImageLayout` succeeded (sections in address order).
    /// - Complexity: O(log sections).
    package func section(holding address: UInt64, size: UInt64) -> SMFSection? {
        var low = 0
        var high = sectionCount
        while low < high {
            let middle = low + (high - low) / 2
            if section(middle).offset <= address { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return nil }
        let section = section(low - 1)
        let offset = address - section.offset
        guard offset <= section.virtualSize, section.virtualSize - offset >= size else { return nil }
        return section
    }

    /// Checks that an executable image starts at a function.
    package func validateEntryPoint() throws(SMFError) {
        guard header.flags.contains(.executable) else { return }
        guard header.isImage else {
            throw SMFError(.executableObject, at: 8, value: UInt64(header.flags.rawValue))
        }
        let entry = header.entryPoint
        guard let section = section(holding: entry, size: 1), section.kind == .code,
            section.flags.contains(.execute)
        else { throw SMFError(.entryPoint, at: 40, value: entry) }
        for i in 0..<symbolCount {
            let symbol = symbol(i)
            if symbol.value == entry, symbol.isFunction, !symbol.isUndefined, !symbol.isAbsolute { return }
        }
        throw SMFError(.entrySymbol, at: 40, value: entry)
    }

    /// Checks the import tables of an image.
    package func validateImports() throws(SMFError) {
        for i in 0..<sectionCount where section(i).kind == .imports {
            let section = section(i)
            guard section.size % UInt64(SMFFormat.importEntrySize) == 0 else {
                throw SMFError(.importTableSize, at: sectionEntryOffset(i) + 16, value: section.size)
            }
            for entry in 0..<importCount(ofSection: i) {
                let item = importEntry(entry, ofSection: i)
                let at = section.offset + UInt64(entry * SMFFormat.importEntrySize)
                if header.isImage {
                    guard item.slot % 8 == 0, let target = self.section(holding: item.slot, size: 8),
                        target.flags.contains(.write)
                    else { throw SMFError(.importSlot, at: at, value: item.slot) }
                }
                guard item.symbol < header.symbolCount, symbol(Int(item.symbol)).isUndefined,
                    UInt64(symbol(Int(item.symbol)).nameOffset) < header.stringTableSize
                else { throw SMFError(.importSymbol, at: at + 8, value: UInt64(item.symbol)) }
                guard SMFImportKind(rawValue: item.kind) != nil else {
                    throw SMFError(.importKind, at: at + 12, value: UInt64(item.kind))
                }
                guard UInt64(item.library) < header.stringTableSize else {
                    throw SMFError(.importLibrary, at: at + 16, value: UInt64(item.library))
                }
                // An import is either required or one of those that may be missing.
                guard SMFImportFlags.known.isSuperset(of: item.flags),
                    item.flags.contains(.required) == item.flags.isDisjoint(with: [.optional, .weak])
                else {
                    throw SMFError(.importFlags, at: at + 20, value: UInt64(item.flags.rawValue))
                }
            }
        }
    }

    /// Checks that base relocations patch words of writable sections.
    package func validateBaseRelocations() throws(SMFError) {
        for i in 0..<sectionCount where section(i).kind == .baseReloc {
            let section = section(i)
            guard section.size % 8 == 0, header.isImage else {
                throw SMFError(.baseRelocation, at: sectionEntryOffset(i) + 16, value: section.size)
            }
            let payload = payload(section)
            guard let base = payload.baseAddress else { continue }
            var offset = 0
            // Neighbouring words lie in one section: remember it.
            var target = section
            while offset < payload.count {
                let address = smfLoad64(base, offset)
                let isInTarget =
                    target.flags.contains(.write) && address >= target.offset
                    && address - target.offset <= target.virtualSize
                    && target.virtualSize - (address - target.offset) >= 8
                if !isInTarget {
                    guard let found = self.section(holding: address, size: 8), found.flags.contains(.write) else {
                        throw SMFError(.baseRelocation, at: section.offset + UInt64(offset), value: address)
                    }
                    target = found
                }
                offset += 8
            }
        }
    }

    // MARK: Symbols

    /// Checks each symbol, their order, and the count of exported ones.
    package func validateSymbols() throws(SMFError) {
        var names = SMFNameBudget(header)
        var typeCount: UInt32 = 0
        if let types = firstSection(.typeInfo) {
            let section = section(types)
            typeCount = UInt32(truncatingIfNeeded: try TypeInfoView(payload(section), at: section.offset).count)
        }
        var exportedCount: UInt32 = 0
        var rank = 0
        var previous: (hash: UInt32, name: UnsafeBufferPointer<UInt8>)?
        for i in 0..<symbolCount {
            let symbol = symbol(i)
            let at = symbolEntryOffset(i)
            guard let name = string(at: symbol.nameOffset), names.spend(name.count) else {
                throw SMFError(.symbolName, at: at, value: UInt64(symbol.nameOffset))
            }
            guard symbol.nameHash == fnv1a(name) else {
                throw SMFError(.symbolNameHash, at: at + 4, value: UInt64(symbol.nameHash))
            }
            try validate(symbol, at: at, typeCount: typeCount)
            let symbolRank = symbol.isLocal ? 0 : symbol.isUndefined ? 1 : 2
            guard symbolRank >= rank else { throw SMFError(.symbolOrder, at: at + 9, value: UInt64(i)) }
            rank = symbolRank
            if symbol.isExported {
                exportedCount += 1
                if let previous {
                    let order =
                        previous.hash == symbol.nameHash
                        ? smfCompare(previous.name, name) : (previous.hash < symbol.nameHash ? -1 : 1)
                    guard order != 0 else {
                        throw SMFError(.duplicateExport, at: at, value: UInt64(symbol.nameOffset))
                    }
                    guard order < 0 else { throw SMFError(.symbolOrder, at: at + 4, value: UInt64(i)) }
                }
                previous = (symbol.nameHash, name)
            }
        }
        guard exportedCount == header.exportedCount else {
            throw SMFError(.exportedCount, at: 36, value: UInt64(header.exportedCount))
        }
    }

    /// Checks the fields of one symbol but its name.
    private func validate(_ symbol: SMFSymbol, at: UInt64, typeCount: UInt32) throws(SMFError) {
        guard SMFSymbolType(rawValue: symbol.type) != nil else {
            throw SMFError(.symbolType, at: at + 8, value: UInt64(symbol.type))
        }
        guard SMFBinding(rawValue: symbol.binding) != nil else {
            throw SMFError(.symbolBinding, at: at + 9, value: UInt64(symbol.binding))
        }
        guard symbol.visibility <= 1 else {
            throw SMFError(.symbolVisibility, at: at + 10, value: UInt64(symbol.visibility))
        }
        guard symbol.flags == 0 else { throw SMFError(.symbolReserved, at: at + 11, value: UInt64(symbol.flags)) }
        guard symbol.version >= 1 else { throw SMFError(.symbolVersion, at: at + 36, value: 0) }
        guard symbol.typeID <= typeCount else {
            throw SMFError(.symbolTypeID, at: at + 32, value: UInt64(symbol.typeID))
        }
        if symbol.isUndefined {
            // Nobody else can define a local symbol.
            guard !symbol.isLocal else { throw SMFError(.symbolSection, at: at + 12, value: 0) }
            return
        }
        guard !symbol.isFunction || symbol.size > 0 else { throw SMFError(.functionSize, at: at + 24, value: 0) }
        if symbol.isAbsolute { return }
        guard symbol.section <= header.sectionCount else {
            throw SMFError(.symbolSection, at: at + 12, value: UInt64(symbol.section))
        }
        let section = section(Int(symbol.section) - 1)
        let start = header.isImage ? section.offset : 0
        guard symbol.value >= start, symbol.value - start <= section.virtualSize else {
            throw SMFError(.symbolValue, at: at + 16, value: symbol.value)
        }
        guard section.virtualSize - (symbol.value - start) >= symbol.size else {
            throw SMFError(.symbolValue, at: at + 24, value: symbol.size)
        }
    }

    /// Checks that SymHash holds each exported symbol once, and nothing else.
    package func validateSymbolHashTable() throws(SMFError) {
        for i in 0..<sectionCount where section(i).kind == .symHash {
            let section = section(i)
            let payload = payload(section)
            guard payload.count >= 16, let base = payload.baseAddress else {
                throw SMFError(.symbolHashTable, at: sectionEntryOffset(i) + 16, value: section.size)
            }
            let bucketCount = smfLoad32(base, 0)
            guard bucketCount.nonzeroBitCount == 1, UInt64(bucketCount) * 8 == section.size - 8,
                header.exportedCount <= bucketCount / 2
            else { throw SMFError(.symbolHashTable, at: section.offset, value: UInt64(bucketCount)) }
            guard smfLoad32(base, 4) == 0 else {
                throw SMFError(.symbolHashTable, at: section.offset + 4, value: UInt64(smfLoad32(base, 4)))
            }
            let firstExported = header.symbolCount - header.exportedCount
            var seen = ContiguousArray<Bool>(repeating: false, count: Int(header.exportedCount))
            var count: UInt32 = 0
            // A search begins at a name's own bucket and ends at an empty one, so the buckets from there to the entry
            // must be full: `run` counts the full buckets in front. At least half the buckets are empty.
            let mask = Int(bucketCount) - 1
            var run = 0
            while run < mask, smfLoad32(base, 8 + (mask - run) * 8 + 4) != .max { run += 1 }
            for bucket in 0..<Int(bucketCount) {
                let place = 8 + bucket * 8
                let index = smfLoad32(base, place + 4)
                if index == .max {
                    run = 0
                    continue
                }
                guard (bucket - Int(smfLoad32(base, place))) & mask <= run else {
                    throw SMFError(.symbolHashTable, at: section.offset + UInt64(place), value: UInt64(index))
                }
                run += 1
                guard index >= firstExported, index < header.symbolCount, !seen[Int(index - firstExported)],
                    symbol(Int(index)).nameHash == smfLoad32(base, place)
                else { throw SMFError(.symbolHashTable, at: section.offset + UInt64(place), value: UInt64(index)) }
                seen[Int(index - firstExported)] = true
                count += 1
            }
            guard count == header.exportedCount else {
                throw SMFError(.symbolHashTable, at: section.offset, value: UInt64(count))
            }
        }
    }

    // MARK: Relocations

    /// Checks every entry of the Reloc sections.
    package func validateRelocations() throws(SMFError) {
        for i in 0..<sectionCount where section(i).kind == .reloc {
            let section = section(i)
            guard section.size % UInt64(SMFFormat.relocationEntrySize) == 0 else {
                throw SMFError(.relocationTableSize, at: sectionEntryOffset(i) + 16, value: section.size)
            }
            let relocations = relocations(ofSection: i)
            // The patched section seldom changes from one entry to the next.
            var patchedIndex = -1
            var patchedSize: UInt64 = 0
            for entry in 0..<relocations.count {
                let relocation = relocations[entry]
                let at = section.offset + UInt64(entry * SMFFormat.relocationEntrySize)
                guard let type = SMFRelocationType(rawValue: relocation.type) else {
                    throw SMFError(.relocationType, at: at + 12, value: UInt64(relocation.type))
                }
                guard relocation.symbol < header.symbolCount else {
                    throw SMFError(.relocationSymbol, at: at + 8, value: UInt64(relocation.symbol))
                }
                if Int(relocation.section) != patchedIndex {
                    guard relocation.section < header.sectionCount,
                        self.section(Int(relocation.section)).kind != .bss
                    else { throw SMFError(.relocationSection, at: at + 14, value: UInt64(relocation.section)) }
                    patchedIndex = Int(relocation.section)
                    patchedSize = self.section(patchedIndex).size
                }
                guard relocation.offset <= patchedSize, patchedSize - relocation.offset >= type.patchSize else {
                    throw SMFError(.relocationRange, at: at, value: relocation.offset)
                }
            }
        }
    }

    // MARK: Payloads

    /// Checks source maps, type information, slot tables, dependencies, and the texts.
    package func validatePayloads() throws(SMFError) {
        for i in 0..<sectionCount {
            let section = section(i)
            switch section.kind {
            case .srcMap:
                let view = try SourceMapView(payload(section), at: section.offset)
                try view.validate(
                    at: section.offset, symbolCount: header.symbolCount, stringTableSize: header.stringTableSize)
                var names = SMFNameBudget(header)
                for file in 0..<view.fileCount {
                    let name = view.fileName(UInt32(truncatingIfNeeded: file))
                    guard let text = string(at: name), names.spend(text.count) else {
                        throw SMFError(.sourceMap, at: section.offset, value: UInt64(name))
                    }
                }
            case .typeInfo:
                let view = try TypeInfoView(payload(section), at: section.offset)
                var names = SMFNameBudget(header)
                for entry in 0..<view.count {
                    let offset = section.offset + 4 + UInt64(entry * TypeInfoView.entrySize)
                    let info = view[entry]
                    guard let name = string(at: info.name), names.spend(name.count) else {
                        throw SMFError(.typeInfo, at: offset, value: UInt64(info.name))
                    }
                    guard info.alignment.nonzeroBitCount <= 1 else {
                        throw SMFError(.typeInfo, at: offset + 12, value: UInt64(info.alignment))
                    }
                }
            case .version:
                try VersionText.validate(payload(section), at: section.offset)
            case .deps:
                let view = try SMFDependencyView(payload(section), at: section.offset)
                try view.validate(at: section.offset, stringTableSize: header.stringTableSize)
                var names = SMFNameBudget(header)
                for entry in 0..<view.count {
                    let name = view[entry].name
                    guard let text = string(at: name), names.spend(text.count) else {
                        throw SMFError(
                            .dependencies, at: section.offset + 8 + UInt64(entry * SMFDependencyView.entrySize),
                            value: UInt64(name))
                    }
                }
            case .interface:
                try InterfaceText.validate(payload(section), at: section.offset)
                try validateLinkNames(section)
                guard xxh64(payload(section)) == header.abiHash else {
                    throw SMFError(.abiHash, at: 96, value: header.abiHash)
                }
            case .slots:
                guard section.flags.contains(.write) else {
                    throw SMFError(.slotTable, at: sectionEntryOffset(i) + 4, value: UInt64(section.flags.rawValue))
                }
                guard section.size % 8 == 0 else {
                    throw SMFError(.slotTable, at: sectionEntryOffset(i) + 16, value: section.size)
                }
            default: break
            }
        }
    }

    /// Checks that the link names of an interface's functions and variables, each of which begins with its module's
    /// name, are not much longer together than the file.
    private func validateLinkNames(_ section: SMFSection) throws(SMFError) {
        var names = SMFNameBudget(header)
        var lines = InterfaceLines(payload(section))
        while let item = lines.nextItem() {
            let count = lines.module.count + item.name.count
            // The names of ordinary modules are no longer than that, however short the lines are.
            guard count <= 256 || !item.isExport || names.spend(count) else {
                throw SMFError(.interfaceText, at: section.offset, value: UInt64(count))
            }
        }
    }
}

/// How many bytes of names a table's rows may still refer to. Names may share bytes, even all of them; the budget keeps a
/// hostile table of long shared names from costing its readers more than the file's size suggests. What writers make is
/// far from the limit: a name for each row, and rows besides.
struct SMFNameBudget {
    private var left: UInt64

    /// The budget of one table of the module with this header: four times the file's size.
    init(_ header: SMFHeader) { left = header.fileSize.multipliedReportingOverflow(by: 4).partialValue }

    /// Takes `count` bytes; `false` if there are no longer as many.
    mutating func spend(_ count: Int) -> Bool {
        guard UInt64(count) <= left else { return false }
        left -= UInt64(count)
        return true
    }
}

// Reads a module in place. Creating a reader checks the header, its checksum and the section table, after which every
// accessor is in bounds; what the tables say is judged by the functions of SMFValidator.swift.
//
// Promise: never reads outside `bytes`, whatever they hold. Sums are avoided: `limit - offset >= size`.

/// A view of a module's bytes.
package struct SMFReader {
    /// Exactly the module: `header.fileSize` bytes.
    package let bytes: UnsafeRawBufferPointer
    package let header: SMFHeader
    private let base: UnsafeRawPointer

    /// Checks the header and the section table of the module at the start of `bytes`; bytes behind it are ignored.
    ///
    /// The caller keeps `bytes` alive and unchanged as long as it uses the reader.
    /// - Throws: the first rule about header and section table (Docs/smf.md) that the module breaks. Tables and the hash are not checked.
    package init(_ input: UnsafeRawBufferPointer) throws(SMFError) {
        guard input.count >= SMFFormat.headerSize, let base = input.baseAddress else {
            throw SMFError(.headerTruncated, at: 0, value: UInt64(input.count))
        }
        let header = SMFHeader(decoding: base)
        guard header.magic == SMFFormat.magic else { throw SMFError(.magic, at: 0, value: UInt64(header.magic)) }
        guard header.versionMajor == SMFFormat.versionMajor else {
            throw SMFError(.versionMajor, at: 4, value: UInt64(header.versionMajor))
        }
        guard header.fileSize >= UInt64(SMFFormat.headerSize) else {
            throw SMFError(.fileSize, at: 80, value: header.fileSize)
        }
        guard header.fileSize <= UInt64(input.count) else {
            throw SMFError(.truncated, at: 80, value: header.fileSize)
        }
        guard header.sectionCount <= SMFFormat.maximumSectionCount else {
            throw SMFError(.sectionCount, at: 12, value: UInt64(header.sectionCount))
        }
        let size = header.fileSize
        let tableSize = UInt64(header.sectionCount) * UInt64(SMFFormat.sectionEntrySize)
        guard header.sectionTableOffset >= UInt64(SMFFormat.headerSize), header.sectionTableOffset <= size,
            size - header.sectionTableOffset >= tableSize
        else { throw SMFError(.sectionTableRange, at: 16, value: header.sectionTableOffset) }
        self.base = base
        self.header = header
        bytes = UnsafeRawBufferPointer(start: base, count: Int(size))
        try checkHeader()
        try checkSectionTable()
        try checkOverlaps()
    }

    // MARK: Access

    package var sectionCount: Int { Int(header.sectionCount) }
    package var symbolCount: Int { Int(header.symbolCount) }

    /// Byte offset from the module's start of entry `index` of the section table.
    package func sectionEntryOffset(_ index: Int) -> UInt64 {
        header.sectionTableOffset + UInt64(index * SMFFormat.sectionEntrySize)
    }

    /// Byte offset from the module's start of entry `index` of the symbol table.
    package func symbolEntryOffset(_ index: Int) -> UInt64 {
        header.symbolTableOffset + UInt64(index * SMFFormat.symbolEntrySize)
    }

    /// Section `index`.
    /// - Requires: `index < sectionCount`.
    package func section(_ index: Int) -> SMFSection {
        precondition(index >= 0 && index < sectionCount)
        return SMFSection(decoding: base + Int(sectionEntryOffset(index)))
    }

    /// Symbol `index`.
    /// - Requires: `index < symbolCount`.
    package func symbol(_ index: Int) -> SMFSymbol {
        precondition(index >= 0 && index < symbolCount)
        return SMFSymbol(decoding: base + Int(symbolEntryOffset(index)))
    }

    /// The bytes that section `index` has in the file.
    /// - Requires: `index < sectionCount`.
    package func payload(ofSection index: Int) -> UnsafeRawBufferPointer { payload(section(index)) }

    /// The bytes that `section`, one of this module's, has in the file.
    package func payload(_ section: SMFSection) -> UnsafeRawBufferPointer {
        if section.size == 0 { return UnsafeRawBufferPointer(start: base, count: 0) }
        return UnsafeRawBufferPointer(rebasing: bytes[Int(section.offset)..<Int(section.offset + section.size)])
    }

    /// Index of the first section of `type`.
    package func firstSection(_ type: SMFSectionType) -> Int? {
        for i in 0..<sectionCount where section(i).type == type.rawValue { return i }
        return nil
    }

    /// The string table. Its first and last byte are NUL.
    package var strings: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
            start: (base + Int(header.stringTableOffset)).assumingMemoryBound(to: UInt8.self),
            count: Int(header.stringTableSize))
    }

    /// The bytes of the NUL-terminated string at `offset` of the string table; `nil` if that is outside.
    package func string(at offset: UInt32) -> UnsafeBufferPointer<UInt8>? {
        let size = Int(header.stringTableSize)
        guard Int(offset) < size else { return nil }
        let start = (base + Int(header.stringTableOffset) + Int(offset)).assumingMemoryBound(to: UInt8.self)
        // The table ends with NUL, so this stops inside it.
        var end = 0
        while start[end] != 0 { end += 1 }
        return UnsafeBufferPointer(start: start, count: end)
    }

    /// The relocations of a Reloc section.
    package func relocations(ofSection index: Int) -> SMFRelocations {
        let payload = payload(ofSection: index)
        return SMFRelocations(
            base: payload.baseAddress ?? base, count: payload.count / SMFFormat.relocationEntrySize)
    }

    /// How many entries the Imports section `index` has.
    package func importCount(ofSection index: Int) -> Int {
        Int(section(index).size) / SMFFormat.importEntrySize
    }

    /// Entry `entry` of the Imports section `index`.
    /// - Requires: `entry < importCount(ofSection: index)`.
    package func importEntry(_ entry: Int, ofSection index: Int) -> SMFImport {
        let payload = payload(ofSection: index)
        precondition(entry >= 0 && entry < payload.count / SMFFormat.importEntrySize)
        return SMFImport(decoding: (payload.baseAddress ?? base) + entry * SMFFormat.importEntrySize)
    }

    /// Index of the exported symbol with this name, found by binary search (through SymHash if there is one).
    ///
    /// The order of the symbols is trusted; on a module that was not validated the answer may be wrong, never unsafe.
    package func exportedSymbol(named name: UnsafeBufferPointer<UInt8>) -> Int? {
        let hash = fnv1a(name)
        if let section = firstSection(.symHash), let answer = lookUp(name, hash, payload(ofSection: section)) {
            return answer >= 0 ? answer : nil
        }
        guard header.exportedCount <= header.symbolCount else { return nil }
        var low = symbolCount - Int(header.exportedCount)
        var high = symbolCount
        while low < high {
            let middle = low + (high - low) / 2
            let candidate = symbol(middle)
            guard let candidateName = string(at: candidate.nameOffset) else { return nil }
            let order =
                candidate.nameHash == hash
                ? smfCompare(candidateName, name) : (candidate.nameHash < hash ? -1 : 1)
            if order == 0 { return middle }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Looks `name` up in a SymHash payload: its symbol, -1 if it isn't there, `nil` if the table is malformed.
    private func lookUp(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt32, _ table: UnsafeRawBufferPointer) -> Int? {
        guard table.count >= 16, let base = table.baseAddress else { return nil }
        let count = Int(smfLoad32(base, 0))
        guard count.nonzeroBitCount == 1, (table.count - 8) / 8 == count else { return nil }
        var bucket = Int(hash) & (count - 1)
        for _ in 0..<count {
            let index = smfLoad32(base, 8 + bucket * 8 + 4)
            if index == .max { return -1 }
            if smfLoad32(base, 8 + bucket * 8) == hash, index < header.symbolCount,
                let candidate = string(at: symbol(Int(index)).nameOffset), smfCompare(candidate, name) == 0
            {
                return Int(index)
            }
            bucket = (bucket + 1) & (count - 1)
        }
        return -1
    }

    // MARK: Checks at creation

    private func checkHeader() throws(SMFError) {
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<SMFFormat.headerChecksumOffset]))
        let tableStart = Int(header.sectionTableOffset)
        let tableEnd = tableStart + sectionCount * SMFFormat.sectionEntrySize
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[tableStart..<tableEnd]))
        guard checksum.value == header.headerChecksum else {
            throw SMFError(.headerChecksum, at: 124, value: UInt64(header.headerChecksum))
        }
        guard SMFPlatform(rawValue: header.platform) != nil else {
            throw SMFError(.platform, at: 6, value: UInt64(header.platform))
        }
        guard SMFArchitecture(rawValue: header.architecture) != nil else {
            throw SMFError(.architecture, at: 7, value: UInt64(header.architecture))
        }
        guard SMFFlags.known.isSuperset(of: header.flags) else {
            throw SMFError(.flags, at: 8, value: UInt64(header.flags.rawValue))
        }
        guard !header.flags.contains(.compressed) else {
            throw SMFError(.compressed, at: 8, value: UInt64(header.flags.rawValue))
        }
        let size = header.fileSize
        let symbolsSize = UInt64(header.symbolCount) * UInt64(SMFFormat.symbolEntrySize)
        guard header.symbolTableOffset >= UInt64(SMFFormat.headerSize), header.symbolTableOffset <= size else {
            throw SMFError(.symbolTableRange, at: 24, value: header.symbolTableOffset)
        }
        guard size - header.symbolTableOffset >= symbolsSize else {
            throw SMFError(.symbolTableRange, at: 32, value: UInt64(header.symbolCount))
        }
        guard header.symbolTableOffset % 8 == 0 else {
            throw SMFError(.symbolTableAlignment, at: 24, value: header.symbolTableOffset)
        }
        guard header.exportedCount <= header.symbolCount else {
            throw SMFError(.exportedCount, at: 36, value: UInt64(header.exportedCount))
        }
        guard header.stringTableOffset >= UInt64(SMFFormat.headerSize), header.stringTableOffset <= size else {
            throw SMFError(.stringTableRange, at: 64, value: header.stringTableOffset)
        }
        guard header.stringTableSize >= 1, size - header.stringTableOffset >= header.stringTableSize else {
            throw SMFError(.stringTableRange, at: 72, value: header.stringTableSize)
        }
        let last = header.stringTableOffset + header.stringTableSize - 1
        for offset in [header.stringTableOffset, last] where bytes[Int(offset)] != 0 {
            throw SMFError(.stringTableTerminator, at: offset, value: UInt64(bytes[Int(offset)]))
        }
        guard header.isImage || header.imageSpan == 0 else {
            throw SMFError(.imageSpan, at: 88, value: header.imageSpan)
        }
    }

    private func checkSectionTable() throws(SMFError) {
        let size = header.fileSize
        for i in 0..<sectionCount {
            let section = section(i)
            let at = sectionEntryOffset(i)
            if section.kind == nil, section.type < SMFFormat.firstPrivateSectionType,
                header.versionMinor <= SMFFormat.versionMinor
            {
                throw SMFError(.sectionType, at: at, value: UInt64(section.type))
            }
            guard SMFSectionFlags.known.isSuperset(of: section.flags) else {
                throw SMFError(.sectionFlags, at: at + 4, value: UInt64(section.flags.rawValue))
            }
            guard !section.flags.isSuperset(of: [.write, .execute]) else {
                throw SMFError(.writableCode, at: at + 4, value: UInt64(section.flags.rawValue))
            }
            guard section.kind == .code || !section.flags.contains(.execute) else {
                throw SMFError(.executableData, at: at + 4, value: UInt64(section.flags.rawValue))
            }
            guard section.alignment.nonzeroBitCount == 1, section.alignment <= SMFFormat.maximumAlignment else {
                throw SMFError(.sectionAlignment, at: at + 32, value: section.alignment)
            }
            guard section.offset & (section.alignment - 1) == 0 else {
                throw SMFError(.sectionMisaligned, at: at + 8, value: section.offset)
            }
            guard section.virtualSize >= section.size else {
                throw SMFError(.virtualSize, at: at + 24, value: section.virtualSize)
            }
            if section.kind == .bss {
                guard section.size == 0 else { throw SMFError(.bssPayload, at: at + 16, value: section.size) }
            } else {
                guard section.offset <= size, size - section.offset >= section.size else {
                    throw SMFError(.sectionRange, at: at + 8, value: section.offset)
                }
            }
        }
    }

    /// Refuses parts that share bytes. One pass if the parts lie in the order in which writers put them.
    private func checkOverlaps() throws(SMFError) {
        let tableSize = UInt64(sectionCount * SMFFormat.sectionEntrySize)
        let symbolsSize = UInt64(symbolCount * SMFFormat.symbolEntrySize)
        var end = UInt64(SMFFormat.headerSize)
        var isOrdered = true
        func place(_ offset: UInt64, _ size: UInt64) {
            if size == 0 { return }
            if offset < end { isOrdered = false }
            end = offset + size
        }
        place(header.sectionTableOffset, tableSize)
        for i in 0..<sectionCount {
            let section = section(i)
            place(section.offset, section.size)
        }
        place(header.symbolTableOffset, symbolsSize)
        place(header.stringTableOffset, header.stringTableSize)
        if isOrdered { return }

        end = UInt64(SMFFormat.headerSize)
        for part in partsInOrder() {
            guard part.offset >= end else { throw SMFError(.overlap, at: part.offset, value: end) }
            end = part.offset + part.size
        }
    }

    /// Every part of the module behind the header that has bytes in the file, by offset.
    func partsInOrder() -> ContiguousArray<(offset: UInt64, size: UInt64)> {
        var parts = ContiguousArray<(offset: UInt64, size: UInt64)>()
        parts.reserveCapacity(sectionCount + 3)
        func add(_ offset: UInt64, _ size: UInt64) {
            if size > 0 { parts.append((offset, size)) }
        }
        add(header.sectionTableOffset, UInt64(sectionCount * SMFFormat.sectionEntrySize))
        for i in 0..<sectionCount {
            let section = section(i)
            add(section.offset, section.size)
        }
        add(header.symbolTableOffset, UInt64(symbolCount * SMFFormat.symbolEntrySize))
        add(header.stringTableOffset, header.stringTableSize)
        // By insertion: there are 4,099 parts at most, and the library's sort is 4 KB in every executable.
        var i = 1
        while i < parts.count {
            let part = parts[i]
            var place = i
            while place > 0, parts[place - 1].offset > part.offset {
                parts[place] = parts[place - 1]
                place -= 1
            }
            parts[place] = part
            i += 1
        }
        return parts
    }
}

/// The entries of one Reloc section.
@usableFromInline package struct SMFRelocations {
    @usableFromInline package let base: UnsafeRawPointer
    @usableFromInline package let count: Int

    @inlinable package init(base: UnsafeRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    /// Entry `index`.
    /// - Requires: `index < count`.
    @inlinable package subscript(index: Int) -> SMFRelocation {
        @inline(__always) get {
            precondition(index >= 0 && index < count)
            return SMFRelocation(decoding: base + index * SMFFormat.relocationEntrySize)
        }
    }
}

/// Negative, 0 or positive as `l` is before, equal to or behind `r`, byte by byte.
package func smfCompare(_ l: UnsafeBufferPointer<UInt8>, _ r: UnsafeBufferPointer<UInt8>) -> Int {
    let count = min(l.count, r.count)
    var i = 0
    while i < count {
        if l[i] != r[i] { return l[i] < r[i] ? -1 : 1 }
        i += 1
    }
    return l.count - r.count
}

// Putting an ELF file together: sections are added, then `finish` places and writes them. Shared by standalone
// executables, relocatable objects and the in-memory files for debuggers.

/// An ELF file under construction.
package struct ELFBuilder {
    private struct Section {
        var header: ELFSectionHeader
        var payload: ContiguousArray<UInt8>
        /// The bytes are in the prefix already: the header says where.
        var isPlaced: Bool
    }

    private var sections: ContiguousArray<Section> = []
    private var names = ELFStringTable()
    package var header = ELFHeader()

    package init() {
        sections.append(Section(header: ELFSectionHeader(type: 0), payload: [], isPlaced: true))
        sections[0].header.alignment = 0
    }

    /// Adds a section and returns its index. `noBits` sections have their size in `size` and no payload.
    @inline(never) @discardableResult
    package mutating func add(
        _ name: StaticString, type: UInt32, flags: UInt64 = 0, address: UInt64 = 0, alignment: UInt64 = 1,
        entrySize: UInt64 = 0, link: UInt32 = 0, info: UInt32 = 0, size: UInt64 = 0, payload: ContiguousArray<UInt8> = []
    ) -> UInt32 {
        var header = ELFSectionHeader(type: type)
        header.name = names.add(name)
        header.flags = flags
        header.address = address
        header.size = type == ELFFormat.noBits ? size : UInt64(payload.count)
        header.link = link
        header.info = info
        header.alignment = alignment
        header.entrySize = entrySize
        sections.append(Section(header: header, payload: payload, isPlaced: false))
        return UInt32(truncatingIfNeeded: sections.count - 1)
    }

    /// Adds a section whose bytes are in the prefix; `header.name` is replaced. Returns its index.
    @discardableResult
    package mutating func addPlaced(_ header: ELFSectionHeader, name: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var copy = header
        copy.name = names.add(name)
        sections.append(Section(header: copy, payload: [], isPlaced: true))
        return UInt32(truncatingIfNeeded: sections.count - 1)
    }

    /// Adds a symbol table and its strings; returns the symbol table's index.
    @discardableResult
    package mutating func add(_ symbols: ELFSymbolTable) -> UInt32 {
        let table = add(
            ".symtab", type: ELFFormat.symbolTable, alignment: 8, entrySize: UInt64(ELFFormat.symbolSize),
            link: UInt32(truncatingIfNeeded: sections.count + 1), info: UInt32(truncatingIfNeeded: symbols.localCount),
            payload: symbols.entries)
        add(".strtab", type: ELFFormat.stringTable, payload: symbols.names.bytes)
        return table
    }

    /// Writes sections, their names and their headers behind `prefix`, which holds the file's first bytes (at least
    /// the ELF header, over which `header` is written, and program headers), and returns the file.
    package mutating func finish(prefix: ContiguousArray<UInt8>) -> ContiguousArray<UInt8> {
        let nameIndex = add(".shstrtab", type: ELFFormat.stringTable)
        sections[Int(nameIndex)].payload = names.bytes
        sections[Int(nameIndex)].header.size = UInt64(names.bytes.count)

        var size = prefix.count
        for i in sections.indices where !sections[i].isPlaced {
            let alignment = max(Int(sections[i].header.alignment), 1)
            size = (size + alignment - 1) & ~(alignment - 1)
            sections[i].header.offset = UInt64(size)
            size += sections[i].payload.count
        }
        size = (size + 7) & ~7
        header.sectionHeaderOffset = UInt64(size)
        header.sectionHeaderCount = UInt16(truncatingIfNeeded: sections.count)
        header.nameSection = UInt16(truncatingIfNeeded: nameIndex)

        var file = prefix
        for section in sections where !section.isPlaced {
            pad(to: Int(section.header.offset), &file)
            section.payload.withUnsafeBufferPointer { putBytes($0.baseAddress, $0.count, &file) }
        }
        pad(to: size + sections.count * ELFFormat.sectionHeaderSize, &file)
        file.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            header.encode(to: base)
            for i in sections.indices { sections[i].header.encode(to: base + size + i * ELFFormat.sectionHeaderSize) }
        }
        return file
    }
}

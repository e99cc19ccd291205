// Where each part of a module goes. Computed as a value before the first byte is written; the writer and the linker
// both obey it, so that reading a module and writing it again reproduces it.

/// The places of a module's parts, in bytes from its start.
package struct SMFLayout: Sendable, Equatable {
    /// The section table with every `offset` filled in.
    package var sections: ContiguousArray<SMFSection>
    package var symbolCount: Int
    package var symbolTableOffset: UInt64
    package var stringTableOffset: UInt64
    package var stringTableSize: UInt64
    package var fileSize: UInt64
    /// Bytes of address space that an image needs; 0 for an object module.
    package var imageSpan: UInt64

    /// Places `sections` in their order, then the symbol table, then the string table. The Bss sections of an image
    /// follow on the first page past the end of the file.
    /// - Requires: alignments are powers of two, and all sizes together stay under 2^62.
    package init(sections: ContiguousArray<SMFSection>, symbolCount: Int, stringTableSize: Int, isImage: Bool) {
        self.sections = sections
        self.symbolCount = symbolCount
        self.stringTableSize = UInt64(stringTableSize)
        var offset = UInt64(SMFFormat.headerSize + sections.count * SMFFormat.sectionEntrySize)
        for i in sections.indices where sections[i].kind != .bss {
            offset = smfAlign(offset, to: sections[i].alignment)
            self.sections[i].offset = offset
            offset += sections[i].size
        }
        symbolTableOffset = smfAlign(offset, to: 8)
        stringTableOffset = symbolTableOffset + UInt64(symbolCount * SMFFormat.symbolEntrySize)
        fileSize = stringTableOffset + self.stringTableSize
        imageSpan = 0
        guard isImage else {
            for i in sections.indices where sections[i].kind == .bss { self.sections[i].offset = 0 }
            return
        }
        var end = smfAlign(fileSize, to: SMFFormat.pageSize)
        for i in sections.indices where sections[i].kind == .bss {
            end = smfAlign(end, to: sections[i].alignment)
            self.sections[i].offset = end
            end += sections[i].virtualSize
        }
        imageSpan = smfAlign(end, to: SMFFormat.pageSize)
    }

    /// Copies the places into `header`'s fields.
    package func fill(_ header: inout SMFHeader) {
        header.sectionCount = UInt32(sections.count)
        header.sectionTableOffset = UInt64(SMFFormat.headerSize)
        header.symbolTableOffset = symbolTableOffset
        header.symbolCount = UInt32(symbolCount)
        header.stringTableOffset = stringTableOffset
        header.stringTableSize = stringTableSize
        header.fileSize = fileSize
        header.imageSpan = imageSpan
    }

    /// Writes the section table, then the header with both checksums, over a module whose other parts are in place.
    /// - Requires: `module` has `fileSize` bytes; `header` was filled by `fill`.
    package func seal(_ module: UnsafeMutableRawBufferPointer, header: SMFHeader) {
        guard let base = module.baseAddress else { return }
        var header = header
        for (i, section) in sections.enumerated() {
            section.encode(to: base + SMFFormat.headerSize + i * SMFFormat.sectionEntrySize)
        }
        header.moduleHash = xxh64(UnsafeRawBufferPointer(rebasing: module[SMFFormat.headerSize...]))
        header.encode(to: base)
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: module[..<SMFFormat.headerChecksumOffset]))
        let tableEnd = SMFFormat.headerSize + sections.count * SMFFormat.sectionEntrySize
        checksum.update(UnsafeRawBufferPointer(rebasing: module[SMFFormat.headerSize..<tableEnd]))
        smfStore32(base, SMFFormat.headerChecksumOffset, checksum.value)
    }
}

// Reading an ELF file's headers in place. Never reads outside the file, whatever it holds.

/// Why a file is not an ELF file that we can use.
package enum ELFError: Error, Sendable, Equatable {
    /// No ELF file, or not for 64-bit x86.
    case notELF
    /// The header points outside the file.
    case truncated
}

/// A view of an ELF file.
package struct ELFReader {
    package let bytes: UnsafeRawBufferPointer
    package let header: ELFHeader
    private let base: UnsafeRawPointer

    /// Checks that the tables that the header names lie in `bytes`.
    package init(_ bytes: UnsafeRawBufferPointer) throws(ELFError) {
        guard bytes.count >= ELFFormat.headerSize, let base = bytes.baseAddress, smfLoad32(base, 0) == ELFFormat.magic,
            smfLoad16(base, 4) == 0x0102
        else { throw .notELF }
        header = ELFHeader(decoding: base)
        guard header.machine == ELFFormat.machineX86_64 else { throw .notELF }
        let size = UInt64(bytes.count)
        let programs = UInt64(header.programHeaderCount) * UInt64(ELFFormat.programHeaderSize)
        let sections = UInt64(header.sectionHeaderCount) * UInt64(ELFFormat.sectionHeaderSize)
        guard header.programHeaderOffset <= size, size - header.programHeaderOffset >= programs,
            header.sectionHeaderOffset <= size, size - header.sectionHeaderOffset >= sections,
            header.programHeaderCount == 0 || smfLoad16(base, 54) == UInt16(ELFFormat.programHeaderSize),
            header.sectionHeaderCount == 0 || smfLoad16(base, 58) == UInt16(ELFFormat.sectionHeaderSize)
        else { throw .truncated }
        self.bytes = bytes
        self.base = base
    }

    /// Program header `index`.
    /// - Requires: `index < header.programHeaderCount`.
    package func programHeader(_ index: Int) -> ELFProgramHeader {
        precondition(index >= 0 && index < Int(header.programHeaderCount))
        return ELFProgramHeader(
            decoding: base + Int(header.programHeaderOffset) + index * ELFFormat.programHeaderSize)
    }

    /// Section header `index`.
    /// - Requires: `index < header.sectionHeaderCount`.
    package func sectionHeader(_ index: Int) -> ELFSectionHeader {
        precondition(index >= 0 && index < Int(header.sectionHeaderCount))
        return ELFSectionHeader(
            decoding: base + Int(header.sectionHeaderOffset) + index * ELFFormat.sectionHeaderSize)
    }

    /// The bytes that a section has in the file; empty if it has none or they lie outside.
    package func payload(_ section: ELFSectionHeader) -> UnsafeRawBufferPointer {
        let size = UInt64(bytes.count)
        guard section.type != ELFFormat.noBits, section.size > 0, section.offset <= size,
            size - section.offset >= section.size
        else { return UnsafeRawBufferPointer(start: base, count: 0) }
        return UnsafeRawBufferPointer(start: base + Int(section.offset), count: Int(section.size))
    }

    /// The first `limit` bytes of a section's name; empty if it is damaged.
    package func name(of section: ELFSectionHeader, limit: Int = .max) -> UnsafeBufferPointer<UInt8> {
        let nothing = UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: 0)
        guard header.nameSection < header.sectionHeaderCount else { return nothing }
        let names = payload(sectionHeader(Int(header.nameSection)))
        guard let start = names.baseAddress, Int(section.name) < names.count else { return nothing }
        var end = Int(section.name)
        let limit = end + min(limit, names.count - end)
        while end < limit, names[end] != 0 { end += 1 }
        return UnsafeBufferPointer(
            start: (start + Int(section.name)).assumingMemoryBound(to: UInt8.self), count: end - Int(section.name))
    }

    /// Index of the first section called `name`.
    package func section(named name: StaticString) -> Int? {
        let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        for i in 0..<Int(header.sectionHeaderCount) {
            // All sections of a hostile file may share one long name.
            if smfCompare(self.name(of: sectionHeader(i), limit: wanted.count + 1), wanted) == 0 { return i }
        }
        return nil
    }
}

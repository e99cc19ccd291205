// The parts of the ELF format that Simple reads and writes: 64-bit, little-endian, x86-64. Structs with
// `init(decoding:)` and `encode(to:)`, field by field, as for SMF.
//
// Source of the numbers: System V gABI chapters 4 and 5, and the AMD64 psABI, table 4.9 (relocations).

/// Numbers of the ELF format.
package enum ELFFormat {
    package static let headerSize = 64
    package static let programHeaderSize = 56
    package static let sectionHeaderSize = 64
    package static let symbolSize = 24
    package static let relocationSize = 24
    /// Bytes 0–3 of every ELF file, read as a little-endian number.
    package static let magic: UInt32 = 0x464C_457F
    package static let machineX86_64: UInt16 = 62

    // e_type
    package static let relocatable: UInt16 = 1
    package static let executable: UInt16 = 2
    package static let sharedObject: UInt16 = 3

    // p_type
    package static let load: UInt32 = 1
    package static let interpreter: UInt32 = 3
    package static let note: UInt32 = 4
    package static let programHeaders: UInt32 = 6
    package static let gnuProperty: UInt32 = 0x6474_E553
    package static let exceptionTable: UInt32 = 0x6474_E550

    // p_flags
    package static let segmentExecute: UInt32 = 1
    package static let segmentWrite: UInt32 = 2
    package static let segmentRead: UInt32 = 4

    // sh_type
    package static let progBits: UInt32 = 1
    package static let symbolTable: UInt32 = 2
    package static let stringTable: UInt32 = 3
    package static let relocationTable: UInt32 = 4
    package static let noBits: UInt32 = 8

    // sh_flags
    package static let write: UInt64 = 1
    package static let allocate: UInt64 = 2
    package static let execute: UInt64 = 4
    package static let infoLink: UInt64 = 0x40

    /// `st_shndx` of a symbol whose value is a number, not a place.
    package static let absolute: UInt16 = 0xFFF1
}

/// The first 64 bytes of an ELF file.
package struct ELFHeader: Sendable {
    package var type: UInt16 = ELFFormat.executable
    package var machine: UInt16 = ELFFormat.machineX86_64
    /// Byte 7 of the identification: the operating system ABI, 0 for System V.
    package var osABI: UInt8 = 0
    package var entry: UInt64 = 0
    package var programHeaderOffset: UInt64 = 0
    package var sectionHeaderOffset: UInt64 = 0
    package var programHeaderCount: UInt16 = 0
    package var sectionHeaderCount: UInt16 = 0
    /// Index of the section that holds the sections' names.
    package var nameSection: UInt16 = 0

    package init() {}

    /// Reads the header at `base`.
    /// - Requires: 64 readable bytes.
    package init(decoding base: UnsafeRawPointer) {
        osABI = base.load(fromByteOffset: 7, as: UInt8.self)
        type = smfLoad16(base, 16)
        machine = smfLoad16(base, 18)
        entry = smfLoad64(base, 24)
        programHeaderOffset = smfLoad64(base, 32)
        sectionHeaderOffset = smfLoad64(base, 40)
        programHeaderCount = smfLoad16(base, 56)
        sectionHeaderCount = smfLoad16(base, 60)
        nameSection = smfLoad16(base, 62)
    }

    /// Writes the header at `base`.
    /// - Requires: 64 writable bytes.
    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, ELFFormat.magic)
        // 64-bit, little-endian, version 1.
        smfStore32(base, 4, 0x0001_0102 | UInt32(osABI) << 24)
        smfStore64(base, 8, 0)
        smfStore16(base, 16, type)
        smfStore16(base, 18, machine)
        smfStore32(base, 20, 1)
        smfStore64(base, 24, entry)
        smfStore64(base, 32, programHeaderOffset)
        smfStore64(base, 40, sectionHeaderOffset)
        smfStore32(base, 48, 0)
        smfStore16(base, 52, UInt16(ELFFormat.headerSize))
        smfStore16(base, 54, programHeaderCount == 0 ? 0 : UInt16(ELFFormat.programHeaderSize))
        smfStore16(base, 56, programHeaderCount)
        smfStore16(base, 58, UInt16(ELFFormat.sectionHeaderSize))
        smfStore16(base, 60, sectionHeaderCount)
        smfStore16(base, 62, nameSection)
    }
}

/// A program header: a part of the file that the system maps, or finds something in.
package struct ELFProgramHeader: Sendable, Equatable {
    package var type: UInt32
    package var flags: UInt32
    package var offset: UInt64
    package var address: UInt64
    package var fileSize: UInt64
    package var memorySize: UInt64
    package var alignment: UInt64

    package init(
        type: UInt32, flags: UInt32, offset: UInt64, address: UInt64, fileSize: UInt64, memorySize: UInt64,
        alignment: UInt64
    ) {
        self.type = type
        self.flags = flags
        self.offset = offset
        self.address = address
        self.fileSize = fileSize
        self.memorySize = memorySize
        self.alignment = alignment
    }

    /// Reads the entry at `base`.
    /// - Requires: 56 readable bytes.
    package init(decoding base: UnsafeRawPointer) {
        type = smfLoad32(base, 0)
        flags = smfLoad32(base, 4)
        offset = smfLoad64(base, 8)
        address = smfLoad64(base, 16)
        fileSize = smfLoad64(base, 32)
        memorySize = smfLoad64(base, 40)
        alignment = smfLoad64(base, 48)
    }

    /// Writes the entry at `base`; the physical address is the virtual one.
    /// - Requires: 56 writable bytes.
    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, type)
        smfStore32(base, 4, flags)
        smfStore64(base, 8, offset)
        smfStore64(base, 16, address)
        smfStore64(base, 24, address)
        smfStore64(base, 32, fileSize)
        smfStore64(base, 40, memorySize)
        smfStore64(base, 48, alignment)
    }
}

/// A section header.
package struct ELFSectionHeader: Sendable, Equatable {
    /// Offset in the section of names.
    package var name: UInt32 = 0
    package var type: UInt32
    package var flags: UInt64 = 0
    package var address: UInt64 = 0
    package var offset: UInt64 = 0
    package var size: UInt64 = 0
    package var link: UInt32 = 0
    package var info: UInt32 = 0
    package var alignment: UInt64 = 1
    package var entrySize: UInt64 = 0

    package init(type: UInt32) { self.type = type }

    /// Reads the entry at `base`.
    /// - Requires: 64 readable bytes.
    package init(decoding base: UnsafeRawPointer) {
        name = smfLoad32(base, 0)
        type = smfLoad32(base, 4)
        flags = smfLoad64(base, 8)
        address = smfLoad64(base, 16)
        offset = smfLoad64(base, 24)
        size = smfLoad64(base, 32)
        link = smfLoad32(base, 40)
        info = smfLoad32(base, 44)
        alignment = smfLoad64(base, 48)
        entrySize = smfLoad64(base, 56)
    }

    /// Writes the entry at `base`.
    /// - Requires: 64 writable bytes.
    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, name)
        smfStore32(base, 4, type)
        smfStore64(base, 8, flags)
        smfStore64(base, 16, address)
        smfStore64(base, 24, offset)
        smfStore64(base, 32, size)
        smfStore32(base, 40, link)
        smfStore32(base, 44, info)
        smfStore64(base, 48, alignment)
        smfStore64(base, 56, entrySize)
    }
}

/// Types of relocations in objects (psABI table 4.9).
package enum ELFRelocationType: UInt32, Sendable {
    /// S + A, 8 bytes.
    case absolute64 = 1
    /// S + A − P, 4 bytes.
    case pc32 = 2
    /// S + A, 4 bytes, zero-extended: offsets between debug sections.
    case absolute32 = 10
    /// G + GOT + A − P, 4 bytes; the linker makes the address word, or does without one.
    case gotPcRelX = 41
}

/// A string table under construction; offset 0 is the empty string.
package struct ELFStringTable: Sendable {
    package private(set) var bytes: ContiguousArray<UInt8> = [0]

    package init() {}

    /// Appends `text` and a NUL; returns its offset.
    @inline(never) package mutating func add(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        if text.isEmpty { return 0 }
        let offset = UInt32(truncatingIfNeeded: bytes.count)
        putBytes(text.baseAddress, text.count, &bytes)
        put8(0, &bytes)
        return offset
    }

    /// Appends `text` and a NUL; returns its offset.
    package mutating func add(_ text: StaticString) -> UInt32 {
        add(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

/// A symbol table with its string table, under construction. Local symbols are added first.
package struct ELFSymbolTable: Sendable {
    /// Encoded entries; the first one is all zeros, as the format demands.
    package private(set) var entries = ContiguousArray<UInt8>(repeating: 0, count: ELFFormat.symbolSize)
    package var names = ELFStringTable()
    /// How many entries are local, the first one included: `sh_info`.
    package private(set) var localCount = 1

    /// Kinds of symbols, as `st_info` has them.
    package enum Kind: UInt8, Sendable {
        case none = 0
        case object = 1
        case function = 2
        case section = 3
        case file = 4
    }

    package init() {}

    package var count: Int { entries.count / ELFFormat.symbolSize }

    /// Adds a symbol; returns its index. `section` is an index in the section table, 0 for undefined.
    @discardableResult
    package mutating func add(
        name: UInt32, _ kind: Kind, isGlobal: Bool, section: UInt16, value: UInt64, size: UInt64
    ) -> UInt32 {
        let index = count
        if !isGlobal { localCount = index + 1 }
        put32(name, &entries)
        // st_info, st_other (0: default visibility), st_shndx.
        put(UInt64(kind.rawValue) | (isGlobal ? 0x10 : 0) | UInt64(section) << 16, size: 4, &entries)
        put(value, size: 8, &entries)
        put(size, size: 8, &entries)
        return UInt32(truncatingIfNeeded: index)
    }
}

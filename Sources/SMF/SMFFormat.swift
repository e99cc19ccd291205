// The layout of a module file: constants, and one plain struct per table entry with `init(decoding:)` and
// `encode(to:)` that read and write it field by field, little-endian. Nothing here checks anything: a caller makes
// sure that the bytes are there (SMFReader), and what the values mean is judged in SMFValidator.
//
// Input: raw bytes. Output: values. Start reading at `SMFHeader`. The prose version is Docs/smf.md.

/// Numbers that every reader and writer of the format shares.
@usableFromInline package enum SMFFormat {
    /// Bytes 0–3 of every module ("SMF\0"), read as a little-endian number.
    package static let magic: UInt32 = 0x0046_4D53
    package static let versionMajor: UInt8 = 1
    package static let versionMinor: UInt8 = 0
    package static let headerSize = 128
    @inlinable package static var sectionEntrySize: Int { 56 }
    @inlinable package static var symbolEntrySize: Int { 40 }
    @inlinable package static var relocationEntrySize: Int { 24 }
    @inlinable package static var importEntrySize: Int { 32 }
    /// Size in bytes of a page in an image's layout; protections change only at its multiples.
    package static let pageSize: UInt64 = 4096
    package static let maximumSectionCount: UInt32 = 4096
    package static let maximumAlignment: UInt64 = 2 << 20
    /// Byte offset of `header_crc`, the end of the header bytes it covers.
    package static let headerChecksumOffset = 124
    /// `SMFSymbol.section` of a symbol that some other module defines.
    @inlinable package static var undefinedSection: UInt32 { 0 }
    /// `SMFSymbol.section` of a symbol whose value is a number, not a place.
    @inlinable package static var absoluteSection: UInt32 { 0xFFFF_FFFF }
    /// Section types from here on are private to a tool and skipped by everyone else.
    package static let firstPrivateSectionType: UInt32 = 0x8000_0000
}

/// The operating system a module was made for.
package enum SMFPlatform: UInt8, Sendable {
    case any = 0
    case linux = 1
    case windows = 2
    case macOS = 3
}

/// The processor architecture a module was made for.
package enum SMFArchitecture: UInt8, Sendable {
    case x86_64 = 0
    case aarch64 = 1
}

/// Bits of the header's `flags`.
package struct SMFFlags: OptionSet, Sendable {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let executable = SMFFlags(rawValue: 0x01)
    package static let reloadable = SMFFlags(rawValue: 0x02)
    package static let debugInfo = SMFFlags(rawValue: 0x04)
    package static let positionIndependent = SMFFlags(rawValue: 0x08)
    package static let compressed = SMFFlags(rawValue: 0x10)
    package static let linked = SMFFlags(rawValue: 0x20)
    package static let optimized = SMFFlags(rawValue: 0x40)
    /// Every bit that version 1.0 knows.
    package static let known = SMFFlags(rawValue: 0x7F)
}

/// Extensions beyond the x86-64 baseline that a module's code needs (header field `cpu_features`).
package struct SMFCPUFeatures: OptionSet, Sendable {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let sse42 = SMFCPUFeatures(rawValue: 1)
    package static let avx2 = SMFCPUFeatures(rawValue: 2)
    package static let avx512 = SMFCPUFeatures(rawValue: 4)
}

/// What a section holds.
@usableFromInline package enum SMFSectionType: UInt32, Sendable {
    case code = 1
    case data = 2
    case bss = 3
    case roData = 4
    case symTab = 5
    case reloc = 6
    case typeInfo = 7
    case version = 8
    case srcMap = 9
    case imports = 10
    case symHash = 11
    case interface = 12
    case deps = 13
    case slots = 14
    case dwarf = 15
    case baseReloc = 16
}

/// Bits of a section's `flags`: the protection of its pages in an image.
@usableFromInline package struct SMFSectionFlags: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let read = SMFSectionFlags(rawValue: 0x01)
    package static let write = SMFSectionFlags(rawValue: 0x02)
    package static let execute = SMFSectionFlags(rawValue: 0x04)
    /// Every bit that version 1.0 knows.
    package static let known = SMFSectionFlags(rawValue: 0x07)
}

/// What a symbol names.
@usableFromInline package enum SMFSymbolType: UInt8, Sendable {
    case function = 1
    case data = 2
    case type = 3
    case trait = 4
    case actor = 5
    case constant = 6
}

/// Who sees a symbol, and what happens when two modules define it.
@usableFromInline package enum SMFBinding: UInt8, Sendable {
    /// Seen by its own module only.
    case local = 0
    /// Strong: two definitions of one name are an error.
    case global = 1
    /// The first definition in link order serves all (instances of generics).
    case weak = 2
}

/// How a relocation's value is computed and written (Docs/smf.md, "Relocations").
@usableFromInline package enum SMFRelocationType: UInt16, Sendable {
    case none = 0
    case abs64 = 1
    case pc32 = 2
    case plt32 = 3
    case gotPcRel = 4
    case trampoline = 5
    case tpOff32 = 6
    case secRel32 = 7

    /// How many bytes the relocation patches.
    @inlinable package var patchSize: UInt64 {
        switch self {
        case .none: 0
        case .abs64: 8
        default: 4
        }
    }
}

/// Where a loader looks for an import.
package enum SMFImportKind: UInt32, Sendable {
    case runtime = 0
    case module = 1
    case cLibrary = 2
}

/// Bits of an import's `flags`.
package struct SMFImportFlags: OptionSet, Sendable {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let required = SMFImportFlags(rawValue: 1)
    package static let optional = SMFImportFlags(rawValue: 2)
    package static let weak = SMFImportFlags(rawValue: 4)
    /// Every bit that version 1.0 knows.
    package static let known = SMFImportFlags(rawValue: 7)
}

// MARK: - Unaligned little-endian access

/// The `u16` at `offset` bytes from `base`.
@inlinable package func smfLoad16(_ base: UnsafeRawPointer, _ offset: Int) -> UInt16 {
    UInt16(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
}

/// The `u32` at `offset` bytes from `base`.
@inlinable package func smfLoad32(_ base: UnsafeRawPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
}

/// The `u64` at `offset` bytes from `base`.
@inlinable package func smfLoad64(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

/// Writes `value` at `offset` bytes from `base`.
@inlinable package func smfStore16(_ base: UnsafeMutableRawPointer, _ offset: Int, _ value: UInt16) {
    base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt16.self)
}

/// Writes `value` at `offset` bytes from `base`.
@inlinable package func smfStore32(_ base: UnsafeMutableRawPointer, _ offset: Int, _ value: UInt32) {
    base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
}

/// Writes `value` at `offset` bytes from `base`.
@inlinable package func smfStore64(_ base: UnsafeMutableRawPointer, _ offset: Int, _ value: UInt64) {
    base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
}

/// `value` rounded up to a multiple of `alignment`.
/// - Requires: `alignment` is a power of two and the result fits.
@inlinable package func smfAlign(_ value: UInt64, to alignment: UInt64) -> UInt64 {
    (value + (alignment - 1)) & ~(alignment - 1)
}

// MARK: - Tables

/// The first 128 bytes of a module. Field meanings: Docs/smf.md, "Header".
package struct SMFHeader: Sendable, Equatable {
    package var magic: UInt32 = SMFFormat.magic
    package var versionMajor: UInt8 = SMFFormat.versionMajor
    package var versionMinor: UInt8 = SMFFormat.versionMinor
    /// Raw value of an `SMFPlatform`.
    package var platform: UInt8 = 0
    /// Raw value of an `SMFArchitecture`.
    package var architecture: UInt8 = 0
    package var flags: SMFFlags = []
    package var sectionCount: UInt32 = 0
    /// Byte offset from the module's start, as all offsets here.
    package var sectionTableOffset: UInt64 = 0
    package var symbolTableOffset: UInt64 = 0
    package var symbolCount: UInt32 = 0
    /// How many symbols are Global or Weak and defined; they are the last ones of the symbol table.
    package var exportedCount: UInt32 = 0
    /// Image address of the entry function; meaningful only with the flag `executable`.
    package var entryPoint: UInt64 = 0
    /// XXH64 (seed 0) of bytes 128 to `fileSize`.
    package var moduleHash: UInt64 = 0
    package var sourceHash: UInt64 = 0
    package var stringTableOffset: UInt64 = 0
    package var stringTableSize: UInt64 = 0
    /// Size in bytes of the whole module, header included.
    package var fileSize: UInt64 = 0
    /// Image: bytes of address space to reserve; object module: 0.
    package var imageSpan: UInt64 = 0
    package var abiHash: UInt64 = 0
    package var toolchainID: UInt64 = 0
    package var runtimeABI: UInt64 = 0
    package var cpuFeatures: SMFCPUFeatures = []
    /// CRC-32C of header bytes 0–123 followed by the section table.
    package var headerChecksum: UInt32 = 0

    package init() {}

    /// Reads the header at `base`.
    /// - Requires: 128 readable bytes.
    package init(decoding base: UnsafeRawPointer) {
        magic = smfLoad32(base, 0)
        versionMajor = base.load(fromByteOffset: 4, as: UInt8.self)
        versionMinor = base.load(fromByteOffset: 5, as: UInt8.self)
        platform = base.load(fromByteOffset: 6, as: UInt8.self)
        architecture = base.load(fromByteOffset: 7, as: UInt8.self)
        flags = SMFFlags(rawValue: smfLoad32(base, 8))
        sectionCount = smfLoad32(base, 12)
        sectionTableOffset = smfLoad64(base, 16)
        symbolTableOffset = smfLoad64(base, 24)
        symbolCount = smfLoad32(base, 32)
        exportedCount = smfLoad32(base, 36)
        entryPoint = smfLoad64(base, 40)
        moduleHash = smfLoad64(base, 48)
        sourceHash = smfLoad64(base, 56)
        stringTableOffset = smfLoad64(base, 64)
        stringTableSize = smfLoad64(base, 72)
        fileSize = smfLoad64(base, 80)
        imageSpan = smfLoad64(base, 88)
        abiHash = smfLoad64(base, 96)
        toolchainID = smfLoad64(base, 104)
        runtimeABI = smfLoad64(base, 112)
        cpuFeatures = SMFCPUFeatures(rawValue: smfLoad32(base, 120))
        headerChecksum = smfLoad32(base, 124)
    }

    /// Writes the header at `base`.
    /// - Requires: 128 writable bytes.
    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, magic)
        base.storeBytes(of: versionMajor, toByteOffset: 4, as: UInt8.self)
        base.storeBytes(of: versionMinor, toByteOffset: 5, as: UInt8.self)
        base.storeBytes(of: platform, toByteOffset: 6, as: UInt8.self)
        base.storeBytes(of: architecture, toByteOffset: 7, as: UInt8.self)
        smfStore32(base, 8, flags.rawValue)
        smfStore32(base, 12, sectionCount)
        smfStore64(base, 16, sectionTableOffset)
        smfStore64(base, 24, symbolTableOffset)
        smfStore32(base, 32, symbolCount)
        smfStore32(base, 36, exportedCount)
        smfStore64(base, 40, entryPoint)
        smfStore64(base, 48, moduleHash)
        smfStore64(base, 56, sourceHash)
        smfStore64(base, 64, stringTableOffset)
        smfStore64(base, 72, stringTableSize)
        smfStore64(base, 80, fileSize)
        smfStore64(base, 88, imageSpan)
        smfStore64(base, 96, abiHash)
        smfStore64(base, 104, toolchainID)
        smfStore64(base, 112, runtimeABI)
        smfStore32(base, 120, cpuFeatures.rawValue)
        smfStore32(base, 124, headerChecksum)
    }

    /// `true` iff the module is an image rather than an object module.
    @inlinable package var isImage: Bool { flags.contains(.linked) }
}

/// One entry of the section table.
@usableFromInline package struct SMFSection: Sendable, Equatable {
    /// Raw value of an `SMFSectionType`, or a type that this version doesn't know.
    @usableFromInline package var type: UInt32
    @usableFromInline package var flags: SMFSectionFlags
    /// Byte offset of the payload from the module's start; in an image also its address.
    @usableFromInline package var offset: UInt64 = 0
    /// Size in bytes of the payload in the file.
    @usableFromInline package var size: UInt64
    /// Size in bytes in memory; what lies behind `size` is zeros.
    @usableFromInline package var virtualSize: UInt64
    /// A power of two, in bytes.
    @usableFromInline package var alignment: UInt64
    /// 16 bytes of NUL-padded text, as two little-endian words.
    @usableFromInline package var nameLow: UInt64 = 0
    @usableFromInline package var nameHigh: UInt64 = 0

    /// Creates an entry that has no place yet.
    package init(
        type: UInt32, flags: SMFSectionFlags, size: UInt64, virtualSize: UInt64, alignment: UInt64, name: StaticString
    ) {
        self.type = type
        self.flags = flags
        self.size = size
        self.virtualSize = virtualSize
        self.alignment = alignment
        let count = name.utf8CodeUnitCount
        setName(UnsafeBufferPointer(start: name.utf8Start, count: count))
    }

    /// Reads the entry at `base`.
    /// - Requires: 56 readable bytes.
    @inlinable package init(decoding base: UnsafeRawPointer) {
        type = smfLoad32(base, 0)
        flags = SMFSectionFlags(rawValue: smfLoad32(base, 4))
        offset = smfLoad64(base, 8)
        size = smfLoad64(base, 16)
        virtualSize = smfLoad64(base, 24)
        alignment = smfLoad64(base, 32)
        nameLow = smfLoad64(base, 40)
        nameHigh = smfLoad64(base, 48)
    }

    /// Writes the entry at `base`.
    /// - Requires: 56 writable bytes.
    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, type)
        smfStore32(base, 4, flags.rawValue)
        smfStore64(base, 8, offset)
        smfStore64(base, 16, size)
        smfStore64(base, 24, virtualSize)
        smfStore64(base, 32, alignment)
        smfStore64(base, 40, nameLow)
        smfStore64(base, 48, nameHigh)
    }

    /// The type, or `nil` if this version doesn't know it.
    @inlinable package var kind: SMFSectionType? { SMFSectionType(rawValue: type) }

    /// Sets the name to the first 16 bytes of `text`.
    package mutating func setName(_ text: UnsafeBufferPointer<UInt8>) {
        nameLow = 0
        nameHigh = 0
        for i in 0..<min(text.count, 16) {
            if i < 8 {
                nameLow |= UInt64(text[i]) << UInt64(i * 8)
            } else {
                nameHigh |= UInt64(text[i]) << UInt64((i - 8) * 8)
            }
        }
    }

    /// Byte `i` of the name; 0 behind its end.
    package func nameByte(_ i: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: i < 8 ? nameLow >> UInt64(i * 8) : nameHigh >> UInt64((i - 8) * 8))
    }
}

/// One entry of the symbol table.
@usableFromInline package struct SMFSymbol: Sendable, Equatable {
    /// Byte offset of the name in the string table.
    @usableFromInline package var nameOffset: UInt32
    /// FNV-1a of the name's bytes.
    @usableFromInline package var nameHash: UInt32
    /// Raw value of an `SMFSymbolType`.
    @usableFromInline package var type: UInt8
    /// Raw value of an `SMFBinding`.
    @usableFromInline package var binding: UInt8
    /// 0 default, 1 hidden: exported to the modules of the same image only.
    @usableFromInline package var visibility: UInt8 = 0
    /// Reserved, 0.
    @usableFromInline package var flags: UInt8 = 0
    /// 0 undefined, n+1 for section n, 0xFFFF_FFFF absolute.
    @usableFromInline package var section: UInt32
    /// Object module: offset in bytes from the section's start. Image: address.
    @usableFromInline package var value: UInt64
    /// Size in bytes.
    @usableFromInline package var size: UInt64
    /// Index + 1 into the module's TypeInfo entries; 0 none.
    @usableFromInline package var typeID: UInt32 = 0
    /// 1, plus the number of reloads that replaced the symbol.
    @usableFromInline package var version: UInt32 = 1

    @inlinable package init(
        nameOffset: UInt32, nameHash: UInt32, type: SMFSymbolType, binding: SMFBinding, section: UInt32, value: UInt64,
        size: UInt64
    ) {
        self.nameOffset = nameOffset
        self.nameHash = nameHash
        self.type = type.rawValue
        self.binding = binding.rawValue
        self.section = section
        self.value = value
        self.size = size
    }

    /// Reads the entry at `base`.
    /// - Requires: 40 readable bytes.
    @inlinable package init(decoding base: UnsafeRawPointer) {
        nameOffset = smfLoad32(base, 0)
        nameHash = smfLoad32(base, 4)
        type = base.load(fromByteOffset: 8, as: UInt8.self)
        binding = base.load(fromByteOffset: 9, as: UInt8.self)
        visibility = base.load(fromByteOffset: 10, as: UInt8.self)
        flags = base.load(fromByteOffset: 11, as: UInt8.self)
        section = smfLoad32(base, 12)
        value = smfLoad64(base, 16)
        size = smfLoad64(base, 24)
        typeID = smfLoad32(base, 32)
        version = smfLoad32(base, 36)
    }

    /// Writes the entry at `base`.
    /// - Requires: 40 writable bytes.
    @inlinable package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, nameOffset)
        smfStore32(base, 4, nameHash)
        base.storeBytes(of: type, toByteOffset: 8, as: UInt8.self)
        base.storeBytes(of: binding, toByteOffset: 9, as: UInt8.self)
        base.storeBytes(of: visibility, toByteOffset: 10, as: UInt8.self)
        base.storeBytes(of: flags, toByteOffset: 11, as: UInt8.self)
        smfStore32(base, 12, section)
        smfStore64(base, 16, value)
        smfStore64(base, 24, size)
        smfStore32(base, 32, typeID)
        smfStore32(base, 36, version)
    }

    @inlinable package var isUndefined: Bool { section == SMFFormat.undefinedSection }
    @inlinable package var isAbsolute: Bool { section == SMFFormat.absoluteSection }
    @inlinable package var isLocal: Bool { binding == SMFBinding.local.rawValue }
    @inlinable package var isWeak: Bool { binding == SMFBinding.weak.rawValue }
    /// `true` iff other modules can be bound to this definition.
    @inlinable package var isExported: Bool { !isLocal && !isUndefined }
    @inlinable package var isFunction: Bool { type == SMFSymbolType.function.rawValue }
}

/// One entry of a Reloc section.
@usableFromInline package struct SMFRelocation: Sendable, Equatable {
    /// Offset in bytes of the patched place from the start of section `section`.
    @usableFromInline package var offset: UInt64
    /// Index in the symbol table.
    @usableFromInline package var symbol: UInt32
    /// Raw value of an `SMFRelocationType`.
    @usableFromInline package var type: UInt16
    /// Index (from 0) in the section table of the patched section.
    @usableFromInline package var section: UInt16
    @usableFromInline package var addend: Int64

    @inlinable package init(offset: UInt64, symbol: UInt32, type: SMFRelocationType, section: UInt16, addend: Int64) {
        self.offset = offset
        self.symbol = symbol
        self.type = type.rawValue
        self.section = section
        self.addend = addend
    }

    /// Reads the entry at `base`.
    /// - Requires: 24 readable bytes.
    @inlinable package init(decoding base: UnsafeRawPointer) {
        offset = smfLoad64(base, 0)
        symbol = smfLoad32(base, 8)
        type = smfLoad16(base, 12)
        section = smfLoad16(base, 14)
        addend = Int64(bitPattern: smfLoad64(base, 16))
    }

    /// Writes the entry at `base`.
    /// - Requires: 24 writable bytes.
    @inlinable package func encode(to base: UnsafeMutableRawPointer) {
        smfStore64(base, 0, offset)
        smfStore32(base, 8, symbol)
        smfStore16(base, 12, type)
        smfStore16(base, 14, section)
        smfStore64(base, 16, UInt64(bitPattern: addend))
    }
}

/// One entry of an Imports section: a word that the loader fills with an address.
package struct SMFImport: Sendable, Equatable {
    /// Image address of an aligned 8-byte word in a writable section.
    package var slot: UInt64
    /// Index in the symbol table of the undefined symbol that names the wanted thing.
    package var symbol: UInt32
    /// Raw value of an `SMFImportKind`.
    package var kind: UInt32
    /// Offset in the string table of the module's or library's name; 0 any.
    package var library: UInt32
    package var flags: SMFImportFlags
    /// The interface the code was made for; 0 unchecked.
    package var abiHash: UInt64

    package init(
        slot: UInt64, symbol: UInt32, kind: SMFImportKind, library: UInt32 = 0, flags: SMFImportFlags = .required,
        abiHash: UInt64 = 0
    ) {
        self.slot = slot
        self.symbol = symbol
        self.kind = kind.rawValue
        self.library = library
        self.flags = flags
        self.abiHash = abiHash
    }

    /// Reads the entry at `base`.
    /// - Requires: 32 readable bytes.
    package init(decoding base: UnsafeRawPointer) {
        slot = smfLoad64(base, 0)
        symbol = smfLoad32(base, 8)
        kind = smfLoad32(base, 12)
        library = smfLoad32(base, 16)
        flags = SMFImportFlags(rawValue: smfLoad32(base, 20))
        abiHash = smfLoad64(base, 24)
    }

    /// Writes the entry at `base`.
    /// - Requires: 32 writable bytes.
    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore64(base, 0, slot)
        smfStore32(base, 8, symbol)
        smfStore32(base, 12, kind)
        smfStore32(base, 16, library)
        smfStore32(base, 20, flags.rawValue)
        smfStore64(base, 24, abiHash)
    }
}

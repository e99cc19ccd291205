// Why a module is refused: the rule it breaks, the place, and the value found there. Plain values, so that the loader
// can report them without a Swift runtime.

/// The rules of the format that a reader enforces.
package enum SMFRule: UInt8, Sendable, CaseIterable {
    // Header
    case headerTruncated
    case magic
    case versionMajor
    case sectionCount
    case fileSize
    case truncated
    case sectionTableRange
    case headerChecksum
    case platform
    case architecture
    case flags
    case compressed
    case symbolTableRange
    case symbolTableAlignment
    case stringTableRange
    case stringTableTerminator
    case overlap
    case gap
    case stringTableText
    case executableObject
    case moduleHash
    // Sections
    case sectionType
    case sectionFlags
    case writableCode
    case executableData
    case sectionAlignment
    case sectionMisaligned
    case virtualSize
    case bssPayload
    case sectionRange
    // Symbols
    case symbolName
    case symbolNameHash
    case symbolType
    case symbolBinding
    case symbolVisibility
    case symbolReserved
    case symbolSection
    case symbolValue
    case functionSize
    case symbolVersion
    case symbolTypeID
    case symbolOrder
    case duplicateExport
    case exportedCount
    case symbolHashTable
    // Relocations
    case relocationTableSize
    case relocationType
    case relocationSection
    case relocationSymbol
    case relocationRange
    // Images
    case imageSpan
    case imageRelocations
    case imageSectionOrder
    case imagePages
    case imageVirtualSize
    case imageBss
    case entryPoint
    case entrySymbol
    case importTableSize
    case importSlot
    case importSymbol
    case importKind
    case importLibrary
    case importFlags
    case baseRelocation
    case slotTable
    // Payloads
    case sourceMap
    case typeInfo
    case versionText
    case dependencies
    case interfaceText
    case abiHash

    /// What is wrong with a module that breaks the rule, as a clause.
    package var text: StaticString {
        switch self {
        case .headerTruncated: "fewer than the 128 bytes of a header"
        case .magic: "not an SMF module (wrong magic number)"
        case .versionMajor: "made for another major version of the format"
        case .sectionCount: "more than 4096 sections"
        case .fileSize: "the file size in the header is smaller than the header"
        case .truncated: "the file ends before the module does"
        case .sectionTableRange: "the section table does not lie inside the module"
        case .headerChecksum: "the header or the section table is damaged (checksum differs)"
        case .platform: "unknown platform"
        case .architecture: "unknown processor architecture"
        case .flags: "unknown header flags"
        case .compressed: "compressed modules are not supported"
        case .symbolTableRange: "the symbol table does not lie inside the module"
        case .symbolTableAlignment: "the symbol table is not 8-byte aligned"
        case .stringTableRange: "the string table does not lie inside the module"
        case .stringTableTerminator: "the string table does not start and end with NUL"
        case .overlap: "two parts of the module overlap"
        case .gap: "bytes between the parts of the module are not 0"
        case .stringTableText: "the string table is not UTF-8"
        case .executableObject: "an object module has an entry point"
        case .moduleHash: "the module is damaged (hash differs)"
        case .sectionType: "unknown section type"
        case .sectionFlags: "unknown section flags"
        case .writableCode: "a section is both writable and executable"
        case .executableData: "a section that is not code is executable"
        case .sectionAlignment: "a section's alignment is not a power of two up to 2 MiB"
        case .sectionMisaligned: "a section's offset is not a multiple of its alignment"
        case .virtualSize: "a section's size in memory is smaller than its size in the file"
        case .bssPayload: "a Bss section has bytes in the file"
        case .sectionRange: "a section does not lie inside the module"
        case .symbolName: "a symbol's name does not lie inside the string table"
        case .symbolNameHash: "a symbol's name hash differs from its name"
        case .symbolType: "unknown symbol type"
        case .symbolBinding: "unknown symbol binding"
        case .symbolVisibility: "unknown symbol visibility"
        case .symbolReserved: "a reserved field of a symbol is not 0"
        case .symbolSection: "a symbol's section does not exist"
        case .symbolValue: "a symbol does not lie inside its section"
        case .functionSize: "a defined function has size 0"
        case .symbolVersion: "a symbol's version is 0"
        case .symbolTypeID: "a symbol's type does not exist"
        case .symbolOrder: "the symbols are not in order"
        case .duplicateExport: "two exported symbols have the same name"
        case .exportedCount: "the header's count of exported symbols is wrong"
        case .symbolHashTable: "the symbol hash table is malformed"
        case .relocationTableSize: "a relocation section is not a whole number of entries"
        case .relocationType: "unknown relocation type"
        case .relocationSection: "a relocation patches a section that does not exist or has no bytes"
        case .relocationSymbol: "a relocation's symbol does not exist"
        case .relocationRange: "a relocation patches bytes outside its section"
        case .imageSpan: "the image's address span is wrong"
        case .imageRelocations: "an image has relocations left"
        case .imageSectionOrder: "an image's sections are not in address order by protection"
        case .imagePages: "sections of different protection share a page"
        case .imageVirtualSize: "a section of an image is larger in memory than in the file"
        case .imageBss: "an image's Bss section does not lie past the end of the file, inside the span"
        case .entryPoint: "the entry point does not lie in a code section"
        case .entrySymbol: "no function starts at the entry point"
        case .importTableSize: "an import section is not a whole number of entries"
        case .importSlot: "an import's slot is not an aligned word in a writable section"
        case .importSymbol: "an import's symbol does not exist or is not undefined"
        case .importKind: "unknown import kind"
        case .importLibrary: "an import's library name does not lie inside the string table"
        case .importFlags: "unknown or contradictory import flags"
        case .baseRelocation: "a base relocation is not a word in a writable section"
        case .slotTable: "a slot table is not an array of writable words"
        case .sourceMap: "the source map is malformed"
        case .typeInfo: "the type information is malformed"
        case .versionText: "the version text is malformed"
        case .dependencies: "the list of dependencies is malformed"
        case .interfaceText: "the interface text is malformed"
        case .abiHash: "the interface differs from its digest in the header"
        }
    }
}

/// A refused module.
package struct SMFError: Error, Sendable, Equatable {
    /// The rule that is broken.
    package var rule: SMFRule
    /// Byte offset from the module's start of the field that breaks it.
    package var offset: UInt64
    /// The value found there (for a check over several fields, the one that decides).
    package var value: UInt64

    package init(_ rule: SMFRule, at offset: UInt64, value: UInt64) {
        self.rule = rule
        self.offset = offset
        self.value = value
    }

    /// The error as UTF-8 text on one line, without a line end:
    /// "unknown section type (offset 0x80, value 0x63)".
    package func utf8Text() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(96)
        append(rule.text, to: &text)
        append(" (offset 0x", to: &text)
        SMFError.appendHex(offset, to: &text)
        append(", value 0x", to: &text)
        SMFError.appendHex(value, to: &text)
        text.append(0x29)
        return text
    }

    private func append(_ part: StaticString, to text: inout [UInt8]) {
        text.append(contentsOf: UnsafeBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount))
    }

    /// Appends `value` in hexadecimal without leading zeros.
    private static func appendHex(_ value: UInt64, to text: inout [UInt8]) {
        var shift: UInt64 = 60
        while shift > 0, (value >> shift) & 0xF == 0 { shift -= 4 }
        while true {
            let digit = UInt8(truncatingIfNeeded: (value >> shift) & 0xF)
            text.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
            if shift == 0 { return }
            shift -= 4
        }
    }
}

#if !hasFeature(Embedded)
    extension SMFError: CustomStringConvertible {
        package var description: String { String(decoding: utf8Text(), as: UTF8.self) }
    }
#endif

import SMF
import Testing

/// One change to a valid module that breaks one rule.
struct Damage: Sendable, CustomTestStringConvertible {
    enum Base { case object, image, described }
    enum Width { case u8, u16, u32, u64, u64Twice }
    var rule: SMFRule
    var base: Base
    /// Byte offset of the changed field.
    var place: @Sendable ([UInt8]) -> Int
    var width: Width
    var value: UInt64
    /// Byte offset that the error names, if it is not that of the changed field.
    var at: UInt64? = nil
    /// Value that the error names, if it is not the new one.
    var found: UInt64? = nil
    var testDescription: String { "\(rule) \(base) \(value)" }

    private var original: [UInt8] {
        switch base {
        case .object: sampleObject()
        case .image: sampleImage()
        case .described: sampleDescribed()
        }
    }

    /// The error that the damage must lead to.
    var expected: SMFError {
        let mask: UInt64 =
            switch width {
            case .u8: 0xFF
            case .u16: 0xFFFF
            case .u32: 0xFFFF_FFFF
            case .u64, .u64Twice: .max
            }
        return SMFError(rule, at: at ?? UInt64(place(original)), value: found ?? value & mask)
    }

    func apply() -> [UInt8] {
        var module = original
        let offset = place(module)
        let count =
            switch width {
            case .u8: 1
            case .u16: 2
            case .u32: 4
            case .u64: 8
            case .u64Twice: 16
            }
        for i in 0..<count { module[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(i % 8 * 8)) }
        if rule != .headerChecksum, rule != .moduleHash { repairChecksums(&module) }
        return module
    }
}

private func header(_ offset: Int) -> @Sendable ([UInt8]) -> Int { { _ in offset } }

/// A field of section `index`'s entry.
private func section(_ index: Int, _ field: Int) -> @Sendable ([UInt8]) -> Int { { _ in 128 + index * 56 + field } }

/// A field of the payload of the first section of `type`.
private func payload(_ type: SMFSectionType, _ field: Int) -> @Sendable ([UInt8]) -> Int {
    { module in
        module.withUnsafeBytes { bytes in
            guard let reader = try? SMFReader(bytes), let index = reader.firstSection(type) else { return 0 }
            return Int(reader.section(index).offset) + field
        }
    }
}

/// A field of the symbol named `name`.
private func symbol(_ name: String, _ field: Int) -> @Sendable ([UInt8]) -> Int {
    { module in
        module.withUnsafeBytes { bytes in
            guard let reader = try? SMFReader(bytes) else { return 0 }
            for i in 0..<reader.symbolCount {
                if let found = reader.string(at: reader.symbol(i).nameOffset), found.elementsEqual(name.utf8) {
                    return Int(reader.symbolEntryOffset(i)) + field
                }
            }
            return 0
        }
    }
}

private func stringTable(_ field: Int) -> @Sendable ([UInt8]) -> Int {
    { module in
        module.withUnsafeBytes { bytes in
            let header = SMFHeader(decoding: bytes.baseAddress!)
            return Int(header.stringTableOffset) + (field >= 0 ? field : Int(header.stringTableSize) + field)
        }
    }
}

private let damages: [Damage] = [
    // Header
    Damage(rule: .magic, base: .object, place: header(0), width: .u8, value: 0x54, at: 0, found: 4607316),
    Damage(rule: .versionMajor, base: .object, place: header(4), width: .u8, value: 2),
    Damage(rule: .sectionCount, base: .object, place: header(12), width: .u32, value: 4097),
    Damage(rule: .fileSize, base: .object, place: header(80), width: .u64, value: 127),
    Damage(rule: .truncated, base: .object, place: header(80), width: .u64, value: 1 << 40),
    Damage(rule: .truncated, base: .object, place: header(80), width: .u64, value: .max),
    Damage(rule: .sectionTableRange, base: .object, place: header(16), width: .u64, value: .max),
    Damage(rule: .sectionTableRange, base: .object, place: header(16), width: .u64, value: 64),
    Damage(rule: .headerChecksum, base: .object, place: header(124), width: .u32, value: 0),
    Damage(rule: .headerChecksum, base: .object, place: header(57), width: .u8, value: 0xEE, at: 124, found: 2379909056),
    Damage(rule: .headerChecksum, base: .object, place: section(1, 8), width: .u64, value: 0, at: 124, found: 2379909056),
    Damage(rule: .platform, base: .object, place: header(6), width: .u8, value: 4),
    Damage(rule: .architecture, base: .object, place: header(7), width: .u8, value: 2),
    Damage(rule: .flags, base: .object, place: header(8), width: .u32, value: 0x80),
    Damage(rule: .compressed, base: .object, place: header(8), width: .u32, value: 0x10),
    Damage(rule: .symbolTableRange, base: .object, place: header(24), width: .u64, value: .max - 7),
    Damage(rule: .symbolTableRange, base: .object, place: header(32), width: .u32, value: 0xFFFF_FFFF),
    Damage(rule: .symbolTableAlignment, base: .object, place: header(24), width: .u64, value: 132),
    Damage(rule: .stringTableRange, base: .object, place: header(64), width: .u64, value: .max),
    Damage(rule: .stringTableRange, base: .object, place: header(72), width: .u64, value: .max),
    Damage(rule: .stringTableRange, base: .object, place: header(72), width: .u64, value: 0),
    Damage(rule: .stringTableTerminator, base: .object, place: stringTable(0), width: .u8, value: 65),
    Damage(rule: .stringTableTerminator, base: .object, place: stringTable(-1), width: .u8, value: 65),
    Damage(rule: .overlap, base: .object, place: section(1, 8), width: .u64, value: 128, at: 128, found: 632),
    Damage(rule: .overlap, base: .object, place: header(24), width: .u64, value: 128, at: 128, found: 632),
    Damage(rule: .moduleHash, base: .object, place: stringTable(1), width: .u8, value: 1, at: 48, found: 17893648168251422630),
    Damage(rule: .moduleHash, base: .image, place: payload(.code, 6), width: .u8, value: 1, at: 48, found: 279453390755892943),
    Damage(rule: .imageSpan, base: .object, place: header(88), width: .u64, value: 4096),
    // Sections
    Damage(rule: .sectionType, base: .object, place: section(0, 0), width: .u32, value: 17),
    Damage(rule: .sectionType, base: .object, place: section(0, 0), width: .u32, value: 0),
    Damage(rule: .sectionFlags, base: .object, place: section(0, 4), width: .u32, value: 8),
    Damage(rule: .executableData, base: .object, place: section(2, 4), width: .u32, value: 5),
    Damage(rule: .writableCode, base: .object, place: section(0, 4), width: .u32, value: 7),
    Damage(rule: .sectionAlignment, base: .object, place: section(0, 32), width: .u64, value: 24),
    Damage(rule: .sectionAlignment, base: .object, place: section(0, 32), width: .u64, value: 0),
    Damage(rule: .sectionAlignment, base: .object, place: section(0, 32), width: .u64, value: 4 << 20),
    Damage(rule: .sectionMisaligned, base: .object, place: section(0, 32), width: .u64, value: 1 << 20, at: 136, found: 640),
    Damage(rule: .virtualSize, base: .object, place: section(0, 24), width: .u64, value: 63),
    Damage(rule: .bssPayload, base: .object, place: section(3, 16), width: .u64, value: 4),
    Damage(rule: .sectionRange, base: .object, place: section(1, 8), width: .u64, value: .max - 7),
    Damage(rule: .sectionRange, base: .object, place: section(1, 8), width: .u64, value: 1 << 30),
    // Symbols
    Damage(rule: .symbolName, base: .object, place: symbol("word", 0), width: .u32, value: 0xFFFF),
    Damage(rule: .symbolNameHash, base: .object, place: symbol("word", 4), width: .u32, value: 1),
    Damage(rule: .symbolNameHash, base: .object, place: stringTable(2), width: .u8, value: 65, at: 1276, found: 1702111423),
    Damage(rule: .symbolType, base: .object, place: symbol("word", 8), width: .u8, value: 7),
    Damage(rule: .symbolType, base: .object, place: symbol("word", 8), width: .u8, value: 0),
    Damage(rule: .symbolBinding, base: .object, place: symbol("word", 9), width: .u8, value: 3),
    Damage(rule: .symbolVisibility, base: .object, place: symbol("word", 10), width: .u8, value: 2),
    Damage(rule: .symbolReserved, base: .object, place: symbol("word", 11), width: .u8, value: 1),
    Damage(rule: .symbolSection, base: .object, place: symbol("word", 12), width: .u32, value: 99),
    Damage(rule: .symbolSection, base: .object, place: symbol("hello", 12), width: .u32, value: 0),
    Damage(rule: .symbolValue, base: .object, place: symbol("word", 16), width: .u64, value: 9),
    Damage(rule: .symbolValue, base: .object, place: symbol("word", 16), width: .u64, value: .max),
    Damage(rule: .symbolValue, base: .object, place: symbol("word", 24), width: .u64, value: .max),
    Damage(rule: .functionSize, base: .object, place: symbol("zeta", 24), width: .u64, value: 0),
    Damage(rule: .symbolVersion, base: .object, place: symbol("word", 36), width: .u32, value: 0),
    Damage(rule: .symbolOrder, base: .object, place: symbol("helper", 9), width: .u8, value: 1, at: 1161, found: 1),
    Damage(rule: .exportedCount, base: .object, place: header(36), width: .u32, value: 3),
    Damage(rule: .exportedCount, base: .object, place: header(36), width: .u32, value: 0xFFFF_FFFF),
    Damage(rule: .symbolHashTable, base: .object, place: payload(.symHash, 0), width: .u32, value: 7),
    Damage(rule: .symbolHashTable, base: .object, place: payload(.symHash, 4), width: .u32, value: 1),
    Damage(rule: .symbolHashTable, base: .object, place: payload(.symHash, 12), width: .u32, value: 0, at: 1048, found: 0),
    // Relocations
    Damage(rule: .relocationTableSize, base: .object, place: section(7, 16), width: .u64, value: 23),
    Damage(rule: .relocationType, base: .object, place: payload(.reloc, 12), width: .u16, value: 8),
    Damage(rule: .relocationType, base: .object, place: payload(.reloc, 12), width: .u16, value: 64),
    Damage(rule: .relocationSymbol, base: .object, place: payload(.reloc, 8), width: .u32, value: 7),
    Damage(rule: .relocationSection, base: .object, place: payload(.reloc, 14), width: .u16, value: 50),
    Damage(rule: .relocationSection, base: .object, place: payload(.reloc, 14), width: .u16, value: 3),
    Damage(rule: .relocationRange, base: .object, place: payload(.reloc, 0), width: .u64, value: 61),
    Damage(rule: .relocationRange, base: .object, place: payload(.reloc, 0), width: .u64, value: .max),
    // Images
    Damage(rule: .imageSpan, base: .image, place: header(88), width: .u64, value: 0),
    Damage(rule: .imageSpan, base: .image, place: header(88), width: .u64, value: 0x8001),
    Damage(rule: .imageSpan, base: .image, place: header(88), width: .u64, value: 1 << 60),
    Damage(rule: .imageBss, base: .image, place: header(88), width: .u64, value: 0x5000, at: 360, found: 16384),
    Damage(rule: .imageBss, base: .image, place: section(SampleImage.bss, 24), width: .u64, value: .max, at: 360, found: 16384),
    Damage(rule: .imageBss, base: .image, place: section(SampleImage.bss, 8), width: .u64, value: 0x3000),
    Damage(rule: .imageBss, base: .image, place: section(SampleImage.bss, 4), width: .u32, value: 1, at: 360, found: 16384),
    Damage(rule: .imageVirtualSize, base: .image, place: section(SampleImage.slots, 24), width: .u64, value: 17),
    Damage(
        rule: .imageRelocations, base: .image, place: section(SampleImage.baseRelocations, 0), width: .u32, value: 6, at: 256, found: 8),
    Damage(rule: .imageSectionOrder, base: .image, place: section(SampleImage.imports, 4), width: .u32, value: 3, at: 248, found: 8224),
    Damage(rule: .entryPoint, base: .image, place: section(SampleImage.code, 4), width: .u32, value: 1, at: 40, found: 4096),
    Damage(rule: .imagePages, base: .image, place: section(SampleImage.baseRelocations, 4), width: .u32, value: 3, at: 248, found: 8224),
    Damage(rule: .entryPoint, base: .image, place: header(40), width: .u64, value: 0x3000),
    Damage(rule: .entryPoint, base: .image, place: header(40), width: .u64, value: 0x1007),
    Damage(rule: .entryPoint, base: .image, place: header(40), width: .u64, value: .max),
    Damage(rule: .entrySymbol, base: .image, place: header(40), width: .u64, value: 0x1001),
    Damage(rule: .importTableSize, base: .image, place: section(SampleImage.imports, 16), width: .u64Twice, value: 31),
    Damage(rule: .importSlot, base: .image, place: payload(.imports, 0), width: .u64, value: 0x3004),
    Damage(rule: .importSlot, base: .image, place: payload(.imports, 0), width: .u64, value: 0x1000),
    Damage(rule: .importSlot, base: .image, place: payload(.imports, 0), width: .u64, value: 0x3010),
    Damage(rule: .importSlot, base: .image, place: payload(.imports, 0), width: .u64, value: .max - 7),
    Damage(rule: .importSymbol, base: .image, place: payload(.imports, 8), width: .u32, value: 3),
    Damage(rule: .importSymbol, base: .image, place: payload(.imports, 8), width: .u32, value: 0),
    Damage(rule: .importKind, base: .image, place: payload(.imports, 12), width: .u32, value: 3),
    Damage(rule: .importLibrary, base: .image, place: payload(.imports, 16), width: .u32, value: 0xFFFF),
    Damage(rule: .importFlags, base: .image, place: payload(.imports, 20), width: .u32, value: 8),
    Damage(rule: .baseRelocation, base: .image, place: payload(.baseReloc, 0), width: .u64, value: 0x1000),
    Damage(rule: .baseRelocation, base: .image, place: payload(.baseReloc, 0), width: .u64, value: 0x3009),
    Damage(rule: .baseRelocation, base: .image, place: payload(.baseReloc, 0), width: .u64, value: .max),
    // Payloads
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 0), width: .u32, value: 3),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 4), width: .u32, value: 0xFFFF_FFFF, at: 784, found: 17179869312),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 20), width: .u32, value: 1, at: 784, found: 1),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 24), width: .u32, value: 0xFFFF),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 28), width: .u32, value: 7),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 32), width: .u32, value: 40, at: 840, found: 32),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 40), width: .u32, value: 0xFFFF),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 44), width: .u32, value: 1),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 48), width: .u32, value: 0xFFFF_FFFF, at: 828, found: 0),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 76), width: .u32, value: 21),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 80), width: .u32, value: 1),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 92), width: .u32, value: 2),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 116), width: .u32, value: 0xFFFF),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 120), width: .u32, value: 1),
    Damage(rule: .sourceMap, base: .object, place: payload(.srcMap, 132), width: .u32, value: 1),
    Damage(rule: .typeInfo, base: .object, place: payload(.typeInfo, 0), width: .u32, value: 2),
    Damage(rule: .typeInfo, base: .object, place: payload(.typeInfo, 4), width: .u32, value: 0xFFFF),
    Damage(rule: .typeInfo, base: .object, place: payload(.typeInfo, 16), width: .u32, value: 3),
    Damage(rule: .versionText, base: .object, place: payload(.version, 0), width: .u8, value: 0x3D),
    Damage(rule: .versionText, base: .object, place: payload(.version, 8), width: .u8, value: 0x20, at: 748, found: 99),
    Damage(rule: .versionText, base: .object, place: payload(.version, 10), width: .u8, value: 0xFF),
    // Rules about the module as a whole, and about what it says of itself
    Damage(rule: .executableObject, base: .object, place: header(8), width: .u32, value: 5),
    Damage(rule: .gap, base: .image, place: { _ in 1000 }, width: .u8, value: 7),
    Damage(rule: .gap, base: .described, place: gapBeforeSymbols, width: .u8, value: 1),
    Damage(rule: .stringTableText, base: .described, place: unusedString, width: .u8, value: 0xFF),
    Damage(rule: .symbolTypeID, base: .object, place: symbol("word", 32), width: .u32, value: 2),
    Damage(rule: .symbolTypeID, base: .image, place: symbol("main", 32), width: .u32, value: 1),
    Damage(rule: .symbolHashTable, base: .object, place: payload(.symHash, 8), width: .u64Twice, value: .max, at: 1040, found: 3),
    Damage(rule: .importFlags, base: .image, place: payload(.imports, 20), width: .u32, value: 0),
    Damage(rule: .importFlags, base: .image, place: payload(.imports, 20), width: .u32, value: 3),
    Damage(rule: .importFlags, base: .image, place: payload(.imports, 20), width: .u32, value: 5),
    Damage(rule: .slotTable, base: .described, place: section(SampleDescribed.slots, 4), width: .u32, value: 1),
    Damage(rule: .slotTable, base: .described, place: section(SampleDescribed.slots, 16), width: .u64, value: 7),
    Damage(rule: .dependencies, base: .described, place: payload(.deps, 0), width: .u32, value: 1),
    Damage(rule: .dependencies, base: .described, place: payload(.deps, 0), width: .u32, value: 0xFFFF_FFFF),
    Damage(rule: .dependencies, base: .described, place: section(SampleDescribed.deps, 16), width: .u64Twice, value: 3, at: 400),
    Damage(rule: .dependencies, base: .described, place: payload(.deps, 4), width: .u32, value: 3),
    Damage(rule: .dependencies, base: .described, place: payload(.deps, 64), width: .u32, value: 0xFFFF),
    Damage(rule: .interfaceText, base: .described, place: payload(.interface, 0), width: .u8, value: 0x4D),
    Damage(rule: .interfaceText, base: .described, place: payload(.interface, 9), width: .u8, value: 0xC0),
    Damage(rule: .interfaceText, base: .described, place: payload(.interface, 9), width: .u8, value: 0),
    Damage(
        rule: .interfaceText, base: .described, place: section(SampleDescribed.interface, 16), width: .u64Twice, value: 11,
        at: 378, found: 0x6E),
    Damage(rule: .abiHash, base: .described, place: payload(.interface, 9), width: .u8, value: 0x78, at: 96, found: 4593533508444023989),
    Damage(rule: .abiHash, base: .described, place: header(96), width: .u64, value: 5),
]

/// The byte in front of the symbol table of `sampleDescribed`, which is padding.
private func gapBeforeSymbols(_ module: [UInt8]) -> Int {
    module.withUnsafeBytes { Int(SMFHeader(decoding: $0.baseAddress!).symbolTableOffset) - 1 }
}

/// A byte of a string that no symbol uses as its name.
private func unusedString(_ module: [UInt8]) -> Int { stringTable(-2)(module) }

@Test(arguments: damages)
func damagedModulesAreRefused(damage: Damage) {
    let error = refusal(damage.apply())
    #expect(
        error == damage.expected,
        "\(error.map { "\($0.rule) at \($0.offset) value \($0.value)" } ?? "accepted")"
    )
}

/// Without the damage the modules are sound, so that it is the damage that is refused.
@Test func undamagedModulesAreAccepted() {
    for module in [sampleObject(), sampleImage(), sampleDescribed()] { #expect(refusal(module) == nil) }
}

@Test func everyRuleHasARefusal() {
    // Found by the tests below instead.
    let elsewhere: Set<SMFRule> = [.headerTruncated, .duplicateExport]
    let covered = Set(damages.map(\.rule)).union(elsewhere)
    #expect(SMFRule.allCases.filter { !covered.contains($0) } == [])
}

@Test func twoExportsOfOneName() {
    var writer = SMFWriter()
    let code = writer.addCode([0xC3, 0xC3])
    for value: UInt64 in [0, 1] {
        _ = writer.addSymbol(name: "f", type: .function, binding: .global, section: code + 1, value: value, size: 1)
    }
    #expect(refusal(writer.emit())?.rule == .duplicateExport)
}

@Test func emptyInput() {
    #expect(refusal([]) == SMFError(.headerTruncated, at: 0, value: 0))
    #expect(refusal([UInt8](repeating: 0, count: 127)) == SMFError(.headerTruncated, at: 0, value: 127))
    #expect(refusal([UInt8](repeating: 0, count: 128))?.rule == .magic)
}

@Test func loaderChecksStopDamagedImages() {
    #expect(loadRefusal(sampleImage()) == nil)
    // What only people and tools read is not the loader's business.
    for damage in damages where damage.base == .image && damage.rule != .gap {
        #expect(loadRefusal(damage.apply())?.rule == damage.rule)
    }
}

@Test func newerMinorVersionsAreReadAndPrivateSectionsSkipped() {
    var module = sampleObject()
    module[128 + 56] = 200
    repairChecksums(&module)
    #expect(refusal(module)?.rule == .sectionType)
    module[5] = 1
    repairChecksums(&module)
    #expect(refusal(module) == nil)

    module = sampleObject()
    module[128 + 56 + 3] = 0x80
    repairChecksums(&module)
    #expect(refusal(module) == nil)
}

@Test func bytesBehindTheModuleAreIgnored() {
    #expect(refusal(sampleObject() + [1, 2, 3]) == nil)
    #expect(refusal(sampleImage() + [1, 2, 3]) == nil)
}

@Test func errorsReadAsText() {
    let error = SMFError(.sectionType, at: 128, value: 0x63)
    #expect(error.description == "unknown section type (offset 0x80, value 0x63)")
    #expect(SMFError(.truncated, at: 0, value: .max).description.hasSuffix("(offset 0x0, value 0xffffffffffffffff)"))
    for rule in SMFRule.allCases { #expect(rule.text.utf8CodeUnitCount > 10) }
}

/// Every cut and every changed byte ends in success or an error, never in a trap.
@Test(arguments: [sampleObject(), sampleImage()])
func anyDamageEndsInAnAnswer(module: [UInt8]) {
    // Cuts: every length near the tables, some in the page padding.
    for count in 0..<module.count
    where count < 700 || module.count - count < 700 || count % 97 == 0 {
        #expect(refusal(Array(module[..<count])) != nil)
    }
    var accepted = 0
    for place in 0..<module.count
    where module[place] != 0 || place < 1000 || module.count - place < 600 || place % 211 == 0 {
        for bit: UInt8 in [0x01, 0x80, 0xFF] {
            var changed = module
            changed[place] ^= bit
            // Without repair only the bytes of the checksum over other bytes decide.
            #expect(refusal(changed) != nil)
            repairChecksums(&changed)
            if refusal(changed) == nil { accepted += 1 }
            _ = loadRefusal(changed)
            readEverything(changed)
        }
    }
    // Most header fields and all code can change without breaking a rule.
    #expect(accepted > 0)
}

/// Calls every accessor that doesn't demand validation first.
private func readEverything(_ module: [UInt8]) {
    module.withUnsafeBytes { bytes in
        guard let reader = try? SMFReader(bytes) else { return }
        for i in 0..<reader.symbolCount { _ = reader.string(at: reader.symbol(i).nameOffset) }
        for name in ["main", "zeta", "nobody", ""] {
            _ = Array(name.utf8).withUnsafeBufferPointer { reader.exportedSymbol(named: $0) }
        }
        for i in 0..<reader.sectionCount {
            _ = reader.payload(ofSection: i)
            let relocations = reader.relocations(ofSection: i)
            for r in 0..<relocations.count { _ = relocations[r] }
            for entry in 0..<reader.importCount(ofSection: i) { _ = reader.importEntry(entry, ofSection: i) }
            if let view = try? SourceMapView(reader.payload(ofSection: i)) {
                for address: UInt64 in [0, 1, 5, 12, 20, 33, .max] {
                    var frames = view.lookup(address)
                    while frames?.next() != nil {}
                }
            }
        }
    }
}

/// Rows of a table may share names, but not so many long ones that reading them costs far more than the file's size.
@Test func tablesOfSharedLongNamesAreRefused() {
    func module(_ add: (inout SMFWriter, UInt32) -> Void) -> [UInt8] {
        var writer = SMFWriter()
        let code = writer.addCode([0xC3])
        _ = writer.addSymbol(name: "f", type: .function, binding: .global, section: code + 1, value: 0, size: 1)
        add(&writer, writer.addString(String(repeating: "n", count: 10_000)))
        return writer.emit()
    }
    func types(_ count: Int) -> [UInt8] {
        module { writer, name in
            let type = TypeInfo(name: name, kind: 0, size: 1, alignment: 1, layoutHash: 1)
            _ = writer.addSection(
                type: SMFSectionType.typeInfo.rawValue, flags: .read,
                bytes: TypeInfo.encode(ContiguousArray(repeating: type, count: count)), alignment: 8, name: ".types")
        }
    }
    #expect(refusal(types(4)) == nil)
    #expect(refusal(types(100))?.rule == .typeInfo)
    let dependencies = module { writer, name in
        let entry = SMFDependency(kind: .source, name: name, size: 0, digest: SMFDigest(1))
        _ = writer.addSection(
            type: SMFSectionType.deps.rawValue, flags: .read,
            bytes: SMFDependency.encode(ContiguousArray(repeating: entry, count: 100)), alignment: 8, name: ".deps")
    }
    #expect(refusal(dependencies)?.rule == .dependencies)
    let files = module { writer, name in
        var map = SourceMapBuilder()
        for _ in 0..<100 { _ = map.addFile(name: name) }
        writer.setSourceMap(map)
    }
    #expect(refusal(files)?.rule == .sourceMap)
    func interface(_ nameSize: Int) -> [UInt8] {
        module { writer, _ in
            let lines = String(repeating: "fn f()\n", count: 1000)
            let text = ContiguousArray("module \(String(repeating: "m", count: nameSize))\n\(lines)".utf8)
            writer.setABIHash(text.withUnsafeBytes { xxh64($0) })
            _ = writer.addSection(
                type: SMFSectionType.interface.rawValue, flags: .read, bytes: text, alignment: 1, name: ".iface")
        }
    }
    #expect(refusal(interface(250)) == nil)
    #expect(refusal(interface(5000))?.rule == .interfaceText)
}

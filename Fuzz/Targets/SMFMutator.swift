import SMF

/// Changes modules the way that finds bugs behind the checksums: one field of one table at a time, to values at the
/// edges, with checksums, name hashes and digests made right again. Deterministic in its seed.
package struct SMFMutator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private mutating func below(_ limit: Int) -> Int { limit <= 1 ? 0 : Int(next() % UInt64(limit)) }

    /// Changes `module` in one to four places.
    package mutating func mutate(_ module: inout [UInt8], maximumSize: Int) {
        for _ in 0..<(1 + below(4)) { change(&module, maximumSize) }
        if module.count > maximumSize { module.removeLast(module.count - maximumSize) }
        switch below(16) {
        case 0: break
        case 1...5: SMFMutator.repair(&module, digests: true)
        default: SMFMutator.repair(&module, digests: false)
        }
    }

    private mutating func change(_ module: inout [UInt8], _ maximumSize: Int) {
        guard module.count >= SMFFormat.headerSize else {
            module.append(contentsOf: (0..<SMFFormat.headerSize).map { _ in UInt8(truncatingIfNeeded: next()) })
            return
        }
        let header = module.withUnsafeBytes { SMFHeader(decoding: $0.baseAddress!) }
        switch below(16) {
        case 0, 1:
            // Offsets of the header's fields, by width.
            let fields: [(Int, Int)] = [
                (5, 1), (6, 1), (7, 1), (8, 4), (12, 4), (16, 8), (24, 8), (32, 4), (36, 4), (40, 8), (56, 8), (64, 8),
                (72, 8), (80, 8), (88, 8), (96, 8), (104, 8), (112, 8), (120, 4),
            ]
            let (offset, width) = fields[below(fields.count)]
            set(&module, offset, width)
        case 2, 3, 4: changeRow(&module, header.sectionTableOffset, Int(header.sectionCount), 56, sectionFields)
        case 5, 6, 7: changeRow(&module, header.symbolTableOffset, Int(header.symbolCount), 40, symbolFields)
        case 8, 9, 10, 11: changePayload(&module, header)
        case 12:
            let place = below(module.count)
            module[place] = UInt8(truncatingIfNeeded: next())
        case 13:
            // Copies a piece to another place.
            let count = min(1 + below(64), module.count)
            let from = below(module.count - count + 1)
            let to = below(module.count - count + 1)
            let piece = Array(module[from..<(from + count)])
            module.replaceSubrange(to..<(to + count), with: piece)
        case 14: swapSections(&module, header)
        default:
            if below(2) == 0, module.count > 256 {
                module.removeLast(1 + below(min(64, module.count - 128)))
            } else if module.count + 64 <= maximumSize {
                module.append(contentsOf: (0..<(1 + below(64))).map { _ in UInt8(truncatingIfNeeded: next()) })
            }
            if below(2) == 0 { store(&module, 80, 8, UInt64(module.count)) }
        }
    }

    private let sectionFields = [(0, 4), (4, 4), (8, 8), (16, 8), (24, 8), (32, 8)]
    private let symbolFields = [(0, 4), (4, 4), (8, 1), (9, 1), (10, 1), (11, 1), (12, 4), (16, 8), (24, 8), (32, 4), (36, 4)]

    private mutating func changeRow(
        _ module: inout [UInt8], _ offset: UInt64, _ count: Int, _ size: Int, _ fields: [(Int, Int)]
    ) {
        guard count > 0, let start = Int(exactly: offset) else { return }
        let (field, width) = fields[below(fields.count)]
        let (row, overflow) = (below(count) * size + field).addingReportingOverflow(start)
        if !overflow { set(&module, row, width) }
    }

    /// Changes a word of a table, or a byte of a text.
    private mutating func changePayload(_ module: inout [UInt8], _ header: SMFHeader) {
        guard let section = anySection(module, header), section.size > 0, let start = Int(exactly: section.offset),
            let size = Int(exactly: section.size), start < module.count
        else { return }
        let offset = start + below(min(size, module.count - start))
        switch section.kind {
        case .code, .roData, .data: set(&module, offset, 1)
        case .version, .interface: set(&module, offset, 1)
        case .baseReloc: set(&module, start + (offset - start) / 8 * 8, 8)
        case .typeInfo, .deps where below(4) == 0: set(&module, start, 4)
        default: set(&module, start + (offset - start) / 4 * 4, below(4) == 0 ? 2 : below(3) == 0 ? 8 : 4)
        }
    }

    private mutating func anySection(_ module: [UInt8], _ header: SMFHeader) -> SMFSection? {
        guard header.sectionCount > 0, let table = Int(exactly: header.sectionTableOffset) else { return nil }
        let index = below(Int(header.sectionCount))
        guard table <= module.count, (module.count - table) / 56 > index else { return nil }
        return module.withUnsafeBytes { SMFSection(decoding: $0.baseAddress! + table + index * 56) }
    }

    /// Swaps two rows of the section table, or copies one over the other.
    private mutating func swapSections(_ module: inout [UInt8], _ header: SMFHeader) {
        guard header.sectionCount > 1, let table = Int(exactly: header.sectionTableOffset), table <= module.count else { return }
        let fitting = min(Int(header.sectionCount), (module.count - table) / 56)
        if fitting < 2 { return }
        let (a, b) = (table + below(fitting) * 56, table + below(fitting) * 56)
        let (rowA, rowB) = (Array(module[a..<(a + 56)]), Array(module[b..<(b + 56)]))
        module.replaceSubrange(a..<(a + 56), with: rowB)
        if below(2) == 0 { module.replaceSubrange(b..<(b + 56), with: rowA) }
    }

    // MARK: Values

    /// Gives the `width` bytes at `offset` a value that is likely to matter.
    private mutating func set(_ module: inout [UInt8], _ offset: Int, _ width: Int) {
        guard offset >= 0, offset <= module.count - width else { return }
        var old: UInt64 = 0
        for i in 0..<width { old |= UInt64(module[offset + i]) << UInt64(i * 8) }
        let size = UInt64(module.count)
        let value: UInt64
        switch below(14) {
        case 0: value = 0
        case 1: value = 1
        case 2: value = old &+ 1
        case 3: value = old &- 1
        case 4: value = old &+ 8
        case 5: value = old ^ (1 << UInt64(below(width * 8)))
        case 6: value = .max
        case 7: value = [0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 63][below(9)]
        case 8: value = size &- UInt64(below(16))
        case 9: value = UInt64(below(32))
        case 10: value = UInt64(below(8)) * 4096
        case 11: value = UInt64.max - UInt64(below(64))
        case 12: value = UInt64(below(module.count))
        default: value = next()
        }
        store(&module, offset, width, value)
    }

    private func store(_ module: inout [UInt8], _ offset: Int, _ width: Int, _ value: UInt64) {
        for i in 0..<width { module[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(i * 8)) }
    }

    // MARK: Repair

    /// Makes both checksums right again, as far as the header allows; with `digests` also the hashes of the symbols'
    /// names and the digest of the interface.
    package static func repair(_ module: inout [UInt8], digests: Bool) {
        let count = module.count
        module.withUnsafeMutableBytes { bytes in
            guard count >= SMFFormat.headerSize, let base = bytes.baseAddress else { return }
            let header = SMFHeader(decoding: base)
            if digests { repairDigests(UnsafeMutableRawBufferPointer(bytes), header) }
            if header.fileSize >= 128, header.fileSize <= UInt64(count) {
                smfStore64(base, 48, xxh64(UnsafeRawBufferPointer(rebasing: bytes[128..<Int(header.fileSize)])))
            }
            let tableSize = UInt64(header.sectionCount) * 56
            guard header.sectionTableOffset <= UInt64(count), UInt64(count) - header.sectionTableOffset >= tableSize
            else { return }
            var checksum = CRC32C()
            checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<124]))
            let table = Int(header.sectionTableOffset)
            checksum.update(UnsafeRawBufferPointer(rebasing: bytes[table..<(table + Int(tableSize))]))
            smfStore32(base, 124, checksum.value)
        }
    }

    private static func repairDigests(_ bytes: UnsafeMutableRawBufferPointer, _ header: SMFHeader) {
        guard let base = bytes.baseAddress else { return }
        let module = SMFInspection(UnsafeRawBufferPointer(bytes))
        for (i, symbol) in module.symbols.rows.enumerated() {
            let start = header.stringTableOffset.addingReportingOverflow(UInt64(symbol.nameOffset))
            guard !start.overflow, start.partialValue < UInt64(bytes.count) else { continue }
            var end = Int(start.partialValue)
            while end < bytes.count, bytes[end] != 0, end - Int(start.partialValue) < 256 { end += 1 }
            let name = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[Int(start.partialValue)..<end])
            let hash = name.withMemoryRebound(to: UInt8.self) { fnv1a($0) }
            smfStore32(base, Int(header.symbolTableOffset) + i * 40 + 4, hash)
        }
        if let index = module.sections(.interface).first, let payload = module.payload(index) {
            smfStore64(base, 96, xxh64(payload))
        }
    }
}

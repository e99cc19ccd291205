import Linker
import SMF
import Testing

/// Makes both checksums of a changed module right again, as far as its header allows.
private func repairChecksums(_ module: inout [UInt8]) {
    let count = module.count
    module.withUnsafeMutableBytes { bytes in
        guard count >= 128, let base = bytes.baseAddress else { return }
        let header = SMFHeader(decoding: base)
        let tableSize = UInt64(header.sectionCount) * 56
        guard header.fileSize >= 128, header.fileSize <= UInt64(count), header.sectionTableOffset <= UInt64(count),
            UInt64(count) - header.sectionTableOffset >= tableSize
        else { return }
        smfStore64(base, 48, xxh64(UnsafeRawBufferPointer(rebasing: bytes[128..<Int(header.fileSize)])))
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<124]))
        let table = Int(header.sectionTableOffset)
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[table..<(table + Int(tableSize))]))
        smfStore32(base, 124, checksum.value)
    }
}

/// An object module that differs from a good one in any byte is linked or refused, and what is linked is valid.
@Test func anyDamageToAnObjectEndsInAnAnswer() {
    let main = TestFunction(
        name: "main", code: [UInt8](repeating: 0x90, count: 32),
        relocations: [
            TestRelocation(offset: 1, symbol: "f"), TestRelocation(offset: 6, symbol: "table"),
            TestRelocation(offset: 12, symbol: "simple_rt_x", type: .gotPcRel),
            TestRelocation(offset: 18, symbol: "zeros"), TestRelocation(offset: 24, symbol: "f", type: .gotPcRel),
        ], lines: [(5, 1), (16, 2)])
    let f = TestFunction(name: "f", code: [0x90, 0xC3], binding: .local, lines: [(2, 3)])
    let object = TestObject(
        name: "a", functions: [main, f],
        data: [
            TestData(
                name: "table", bytes: [UInt8](repeating: 0, count: 16),
                relocations: [
                    TestRelocation(offset: 0, symbol: "f", type: .abs64, addend: 0),
                    TestRelocation(offset: 8, symbol: "simple_rt_y", type: .abs64, addend: 0),
                ]), TestData(name: "zeros", bytes: [0, 0, 0, 0], kind: .zero),
        ], types: [("T", 1)]
    ).bytes()
    var linked = 0
    var refused = 0
    for place in object.indices {
        for bit: UInt8 in [0x01, 0x02, 0x80, 0xFF] {
            var changed = object
            changed[place] ^= bit
            repairChecksums(&changed)
            do throws(LinkFailure) {
                let image = try link([LinkInput(bytes: changed, name: "a")], options: LinkOptions(entry: "main"))
                linked += 1
                let isValid = image.withUnsafeBytes { bytes -> Bool in
                    guard let reader = try? SMFReader(bytes) else { return false }
                    return (try? reader.validate()) != nil
                }
                #expect(isValid, "byte \(place) xor \(bit)")
            } catch {
                refused += 1
                #expect(!error.problems.isEmpty && !error.description.isEmpty)
            }
        }
    }
    #expect(linked > 100)
    #expect(refused > 100)
}

import Testing

import Support

@Suite struct InternerTests {
    @Test func equalTextGivesEqualIDs() {
        var interner = Interner()
        let a = interner.intern("alpha")
        let b = interner.intern("beta")
        #expect(a != b)
        let again = interner.intern("alpha")
        #expect(again == a)
        #expect(interner.string(b) == "beta")
        #expect(interner.find("alpha") == a)
        #expect(interner.find("gamma") == nil)
        let empty = interner.intern("")
        #expect(empty == .none)
    }

    @Test func survivesGrowth() {
        var interner = Interner()
        let ids = (0..<20_000).map { interner.intern("name\($0)") }
        for i in stride(from: 0, to: 20_000, by: 997) {
            #expect(interner.string(ids[i]) == "name\(i)")
            let again = interner.intern("name\(i)")
            #expect(again == ids[i])
        }
        #expect(interner.count == 20_001)
    }

    @Test func hashOfTheCallerIsTheInternersOwn() {
        var interner = Interner()
        let id = interner.intern("count")
        var hash = HashIndex.seed
        for byte in "count".utf8 { hash = HashIndex.hash(hash, byte) }
        var text = "count"
        let again = text.withUTF8 { interner.intern($0, hash: hash) }
        #expect(again == id)
    }
}

@Suite struct SourceFileTests {
    @Test(arguments: [
        (UInt32(0), 1, 1), (2, 1, 3), (3, 2, 1), (4, 2, 2), (6, 2, 3), (8, 3, 1),
    ]) func linesAndColumnsCountScalars(offset: UInt32, line: Int, column: Int) {
        // "ab\n", "xéy\n"; é is two bytes.
        let file = SourceFile(path: "f", bytes: Array("ab\nxéy\n".utf8))
        let place = file.lineAndColumn(of: offset)
        #expect(place.line == line)
        #expect(place.column == column)
    }

    @Test func lineTextsHaveNoLineEnds() {
        let file = SourceFile(path: "f", bytes: Array("a\r\nb\n".utf8))
        #expect(file.lineText(0) == "a")
        #expect(file.lineText(1) == "b")
        #expect(file.lineText(2) == "")
    }
}

@Suite struct ByteWriterTests {
    @Test func writesLittleEndianAndPatches() {
        var writer = ByteWriter()
        writer.write(UInt32(0x0102_0304))
        writer.append(0xFF)
        writer.align(to: 4)
        writer.write(Int16(-2))
        writer.patch(UInt16(0xABCD), at: 0)
        #expect(writer.bytes == [0xCD, 0xAB, 2, 1, 0xFF, 0, 0, 0, 0xFE, 0xFF])
    }
}

import SMF
import Testing

// Images with more writable sections than programs have.

/// The hello program, with `count` further sections of `size` bytes, each `distance` bytes behind the one before.
private func hello(sections count: Int, size: UInt64, distance: UInt64) -> [UInt8] {
    let original = Programs.hello().build()
    return original.withUnsafeBytes { bytes -> [UInt8] in
        guard let reader = try? SMFReader(bytes) else { return [] }
        var writer = SMFWriter(rewriting: reader)
        for _ in 0..<count { _ = writer.addBSS(size: size, alignment: distance) }
        // The section table grows into the page in front of the code; a longer one would move the code.
        return writer.emit()
    }
}

@Suite struct RootRangeTests {
    /// Sections whose neighbours are in reach are one range for the collector, however many there are.
    @Test func neighboursAreOneRange() throws {
        let module = hello(sections: 60, size: 12, distance: 1)
        let result = try shell("exec $S $F", module: module)
        #expect(result.status == 7 && result.output == "hello\n", "\(result.errors)")
    }

    /// Odd sizes and places end in whole words, so that the collector stays inside the section's pages.
    @Test func collectionsReadWholeWords() throws {
        let module = hello(sections: 3, size: 4095, distance: 4096)
        let result = try shell("SIMPLE_GC=stress exec $S $F", module: module)
        #expect(result.status == 7 && result.output == "hello\n", "\(result.errors)")
    }
}

import Linker
import SMF
import Testing

// What a link does with interfaces, dependencies, weak symbols, and data that nobody uses.

private let call: [UInt8] = [0xE8, 0, 0, 0, 0]
private let callSlot: [UInt8] = [0xFF, 0x15, 0, 0, 0, 0]

/// A function that calls or reads `target`.
private func user(_ name: String, of target: String, type: SMFRelocationType = .pc32, addend: Int64 = -4) -> TestFunction {
    TestFunction(
        name: name, code: callSlot + [0xC3],
        relocations: [TestRelocation(offset: 2, symbol: target, type: type, addend: addend)])
}

@Test func interfacesAndDependenciesGoToTheImage() throws {
    let part = TestObject(name: "part", functions: [TestFunction(name: "part.f")], file: "part.simple", interface: "fn f() -> nil\n")
    let main = TestObject(
        name: "main", functions: [user("main", of: "part.f")], file: "main.simple", interface: "",
        importedModules: [("part", part.abiHash)])
    let image = try linkObjects([main, part])
    try image.withUnsafeBytes { bytes in
        let reader = try SMFReader(bytes)
        let text = "module main\nmodule part\nfn f() -> nil\n"
        #expect(reader.payload(ofSection: try #require(reader.firstSection(.interface))).elementsEqual(text.utf8))
        #expect(reader.header.abiHash == Array(text.utf8).withUnsafeBytes { xxh64($0) })
        let view = try SMFDependencyView(reader.payload(ofSection: try #require(reader.firstSection(.deps))))
        let found = (0..<view.count).map { i in
            let name = reader.string(at: view[i].name).map { String(decoding: $0, as: UTF8.self) } ?? "?"
            return "\(view[i].kind) \(name) \(view[i].modificationTime)"
        }
        #expect(found == ["0 main.simple 0", "1 main 0", "0 part.simple 0", "1 part 0"])
        #expect(view[1].digest == main.bytes().withUnsafeBytes { SMFDependency.digest(of: SMFHeader(decoding: $0.baseAddress!)) })
        #expect(view[0].digest == SMFDigest(1, 2, 3, 4))
    }
}

@Test func modulesCompiledAgainstAnotherInterfaceAreRefused() {
    let part = TestObject(name: "part", functions: [TestFunction(name: "part.f")], interface: "fn f() -> nil\n")
    let main = TestObject(
        name: "main", functions: [user("main", of: "part.f")], interface: "", importedModules: [("part", 99), ("gone", 5)])
    #expect(
        problems([main, part]) == [
            .interfaceMismatch(module: "main", dependency: "part", expected: 99, found: part.abiHash)
        ])
}

@Test func weakSymbolsThatNobodyDefinesAreWeakImports() throws {
    let main = TestObject(
        name: "a",
        functions: [
            TestFunction(
                name: "main", code: callSlot + callSlot + callSlot + [0xC3],
                relocations: [
                    TestRelocation(offset: 2, symbol: "plugin.f", type: .gotPcRel),
                    TestRelocation(offset: 8, symbol: "simple_rt_new", type: .gotPcRel),
                    TestRelocation(offset: 14, symbol: "simple_rt_old", type: .gotPcRel),
                ])
        ], weak: ["plugin.f", "simple_rt_new"])
    let image = try linkObjects([main])
    try image.withUnsafeBytes { bytes in
        let reader = try SMFReader(bytes)
        let section = try #require(reader.firstSection(.imports))
        let imports = (0..<reader.importCount(ofSection: section)).map { reader.importEntry($0, ofSection: section) }
        #expect(imports.map(\.flags) == [.weak, .weak, .required])
        #expect(imports.map(\.kind) == [1, 0, 0])
        #expect(imports.map { reader.symbol(Int($0.symbol)).isWeak } == [true, true, false])
    }
    // One module that cannot do without it is enough.
    let other = TestObject(name: "b", functions: [user("g", of: "plugin.f", type: .gotPcRel)])
    #expect(problems([main, other]) == [.undefined(symbol: "plugin.f", wantedBy: ["a", "b"])])
    let definition = TestObject(name: "c", functions: [TestFunction(name: "plugin.f")])
    #expect(problems([main, other, definition]) == [])
}

@Test func unusedDataIsDroppedSymbolBySymbol() throws {
    var object = TestObject(name: "a", functions: [user("main", of: "used"), TestFunction(name: "dead")])
    object.table = [
        ("before", [UInt8](repeating: 1, count: 100), []), ("used", [UInt8](repeating: 2, count: 20), []),
        ("after", [UInt8](repeating: 3, count: 100), [TestRelocation(offset: 0, symbol: "dead", type: .abs64, addend: 0)]),
    ]
    let image = try LinkedImage(linkObjects([object]))
    #expect(image.section(.roData)?.size == 24)
    #expect(image.symbols["used"] != nil && image.symbols["before"] == nil && image.symbols["after"] == nil)
    #expect(image.symbols["dead"] == nil)
    #expect(image.bytes[Int(image.address("used"))] == 2)
    #expect(image.target(image.address("main") + 2) == image.address("used"))
    // Constants that hold addresses move to writable data alone.
    object.functions[0] = TestFunction(
        name: "main", code: callSlot + callSlot + [0xC3],
        relocations: [TestRelocation(offset: 2, symbol: "used"), TestRelocation(offset: 8, symbol: "after")])
    let second = try LinkedImage(linkObjects([object]))
    #expect(second.section(.roData)?.size == 24)
    #expect(second.symbols["dead"] != nil)
    #expect(second.baseRelocations == [second.address("after")])
}

/// A reference beyond the symbol it names keeps the section in one piece.
@Test(arguments: [Int64(116), -12])
func dataThatIsReachedThroughItsNeighbourStays(addend: Int64) throws {
    var object = TestObject(name: "a", functions: [user("main", of: "used", addend: addend)])
    object.table = [
        ("before", [UInt8](repeating: 1, count: 104), []), ("used", [UInt8](repeating: 2, count: 24), []),
        ("after", [UInt8](repeating: 3, count: 104), []),
    ]
    let image = try LinkedImage(linkObjects([object]))
    #expect(image.section(.roData)?.size == 232)
}

/// A module with far more strings than symbols. (They once filled a table that was sized by the symbols.)
@Test func manyStringsAndFewSymbols() throws {
    let main = TestFunction(name: "main")
    let types = (0..<2000).map { (name: "T\($0)", layout: UInt64($0)) }
    let image = try linkObjects([TestObject(name: "a", functions: [main], types: types)])
    try image.withUnsafeBytes { bytes in
        let reader = try SMFReader(bytes)
        #expect(try TypeInfoView(reader.payload(ofSection: try #require(reader.firstSection(.typeInfo)))).count == 2000)
    }
}

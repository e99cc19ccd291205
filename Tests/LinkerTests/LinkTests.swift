import Linker
import SMF
import Testing

/// call rel32
private let call: [UInt8] = [0xE8, 0, 0, 0, 0]
/// call [rip + disp32]
private let callSlot: [UInt8] = [0xFF, 0x15, 0, 0, 0, 0]
private let ret: [UInt8] = [0xC3]

private func caller(_ name: String, of target: String, binding: SMFBinding = .global) -> TestFunction {
    TestFunction(
        name: name, code: call + ret, binding: binding, relocations: [TestRelocation(offset: 1, symbol: target)])
}

@Test func callsBetweenModules() throws {
    let image = try LinkedImage(
        linkObjects([
            TestObject(name: "a", functions: [caller("main", of: "f")]),
            TestObject(name: "b", functions: [TestFunction(name: "f"), TestFunction(name: "g")]),
        ]))
    #expect(image.header.entryPoint == image.address("main"))
    #expect(image.target(image.address("main") + 1) == image.address("f"))
    #expect(image.address("f") % 16 == 0)
    #expect(image.header.flags.isSuperset(of: [.linked, .executable]))
    #expect(image.header.runtimeABI == 1)
    #expect(image.header.toolchainID == 7)
    // Nobody calls g.
    #expect(image.symbols["g"] == nil)
    #expect(image.section(.code)?.size == 17)
}

@Test func localNamesStayApart() throws {
    let image = try linkObjects([
        TestObject(
            name: "a",
            functions: [
                TestFunction(
                    name: "main", code: call + call + ret,
                    relocations: [
                        TestRelocation(offset: 1, symbol: "helper"), TestRelocation(offset: 6, symbol: "other"),
                    ]), TestFunction(name: "helper", code: [0x90, 0xC3], binding: .local),
            ]),
        TestObject(
            name: "b",
            functions: [
                caller("other", of: "helper"), TestFunction(name: "helper", code: [0xF4, 0xC3], binding: .local),
            ]),
    ])
    let read = try LinkedImage(image)
    let main = read.address("main")
    #expect(read.bytes[Int(read.target(main + 1))] == 0x90)
    let other = read.target(main + 6)
    #expect(read.bytes[Int(read.target(other + 1))] == 0xF4)
}

@Test func runtimeFunctionsGetOneSlotEach() throws {
    let image = try LinkedImage(
        linkObjects([
            TestObject(
                name: "a",
                functions: [
                    TestFunction(
                        name: "main", code: callSlot + callSlot + callSlot + ret,
                        relocations: [
                            TestRelocation(offset: 2, symbol: "simple_rt_print", type: .gotPcRel),
                            TestRelocation(offset: 8, symbol: "simple_rt_exit", type: .gotPcRel),
                            TestRelocation(offset: 14, symbol: "simple_rt_print", type: .gotPcRel),
                        ]),
                    TestFunction(
                        name: "dead", code: callSlot,
                        relocations: [TestRelocation(offset: 2, symbol: "simple_rt_dead", type: .gotPcRel)]),
                ])
        ]))
    #expect(Set(image.imports.map(\.name)) == ["simple_rt_print", "simple_rt_exit"])
    let slots = Dictionary(uniqueKeysWithValues: image.imports)
    let main = image.address("main")
    #expect(image.target(main + 2) == slots["simple_rt_print"])
    #expect(image.target(main + 8) == slots["simple_rt_exit"])
    #expect(image.target(main + 14) == slots["simple_rt_print"])
    #expect(image.symbols["simple_rt_print"]?.isUndefined == true)
    #expect(image.symbols["simple_rt_dead"] == nil)
}

@Test func dataIsReachedRelativeToTheInstruction() throws {
    // lea rax, [rip + disp32]; the second with an addend into the data
    let lea: [UInt8] = [0x48, 0x8D, 0x05, 0, 0, 0, 0]
    let image = try LinkedImage(
        linkObjects([
            TestObject(
                name: "a",
                functions: [
                    TestFunction(
                        name: "main", code: lea + lea + lea + lea + ret,
                        relocations: [
                            TestRelocation(offset: 3, symbol: "text"),
                            TestRelocation(offset: 10, symbol: "text", addend: 4),
                            TestRelocation(offset: 17, symbol: "counter"),
                            TestRelocation(offset: 24, symbol: "zeros"),
                        ])
                ],
                data: [
                    TestData(name: "text", bytes: Array("hello, world".utf8)),
                    TestData(name: "counter", bytes: [1, 2, 3, 4], kind: .writable),
                    TestData(name: "zeros", bytes: [UInt8](repeating: 0, count: 10_000), kind: .zero),
                    TestData(name: "unused", bytes: [9, 9]),
                ])
        ]))
    let main = image.address("main")
    #expect(image.target(main + 3) == image.address("text"))
    #expect(image.target(main + 10) == image.address("text") + 8)
    #expect(image.target(main + 17) == image.address("counter"))
    #expect(image.target(main + 24) == image.address("zeros"))
    let text = Int(image.address("text"))
    #expect(Array(image.bytes[text..<(text + 12)]) == Array("hello, world".utf8))
    #expect(image.symbols["unused"] == nil)
    #expect(image.address("zeros") >= image.header.fileSize)
    #expect(image.header.imageSpan >= image.address("zeros") + 10_000)
}

@Test func addressesInDataBecomeBaseRelocations() throws {
    let lea: [UInt8] = [0x48, 0x8D, 0x05, 0, 0, 0, 0, 0xC3]
    let image = try LinkedImage(
        linkObjects([
            TestObject(
                name: "a",
                functions: [
                    TestFunction(
                        name: "main", code: lea, relocations: [TestRelocation(offset: 3, symbol: "table")]),
                    TestFunction(name: "viaTable"), TestFunction(name: "dead"),
                ],
                data: [
                    TestData(
                        name: "table", bytes: [UInt8](repeating: 0, count: 40),
                        relocations: [
                            TestRelocation(offset: 0, symbol: "viaTable", type: .abs64, addend: 0),
                            TestRelocation(offset: 8, symbol: "table", type: .abs64, addend: 24),
                            TestRelocation(offset: 16, symbol: "simple_rt_x", type: .abs64, addend: 0),
                            TestRelocation(offset: 24, symbol: "number", type: .abs64, addend: 1),
                            TestRelocation(offset: 32, symbol: "viaTable", type: .secRel32, addend: 2),
                        ])
                ], extraAbsolute: [("number", 41)])
        ]))
    let table = image.address("table")
    #expect(image.baseRelocations == [table, table + 8])
    #expect(image.u64(table) == image.address("viaTable"))
    #expect(image.u64(table + 8) == table + 24)
    #expect(image.imports.map(\.slot) == [table + 16])
    #expect(image.imports.map(\.name) == ["simple_rt_x"])
    #expect(image.u64(table + 24) == 42)
    let code = try #require(image.section(.code))
    #expect(UInt64(image.u32(table + 32)) == image.address("viaTable") - code.offset + 2)
    // Read-only data with addresses in it is written by the loader.
    #expect(image.section(.roData) == nil)
    #expect(image.symbols["dead"] == nil)
}

@Test func slotsForDefinedSymbols() throws {
    let image = try LinkedImage(
        linkObjects([
            TestObject(
                name: "a",
                functions: [
                    TestFunction(
                        name: "main", code: callSlot + callSlot + ret,
                        relocations: [
                            TestRelocation(offset: 2, symbol: "f", type: .gotPcRel),
                            TestRelocation(offset: 8, symbol: "f", type: .gotPcRel),
                        ]), TestFunction(name: "f"),
                ])
        ]))
    let slot = image.target(image.address("main") + 2)
    #expect(image.target(image.address("main") + 8) == slot)
    #expect(image.u64(slot) == image.address("f"))
    #expect(image.baseRelocations == [slot])
}

@Test func firstWeakDefinitionServesAll() throws {
    func module(_ name: String, _ marker: UInt8, calls: String) -> TestObject {
        TestObject(
            name: name,
            functions: [
                caller(calls, of: "id<i64>"),
                TestFunction(name: "id<i64>", code: [0xB0, marker, 0xC3], binding: .weak, lines: [(2, UInt32(marker))]),
            ])
    }
    var first = module("a", 1, calls: "main")
    first.functions[0].code += call
    first.functions[0].relocations.append(TestRelocation(offset: 7, symbol: "g"))
    let image = try LinkedImage(linkObjects([first, module("b", 2, calls: "g")]))
    let instance = image.address("id<i64>")
    #expect(image.bytes[Int(instance) + 1] == 1)
    #expect(image.target(image.address("main") + 1) == instance)
    #expect(image.target(image.address("g") + 1) == instance)
    // 3 functions, each padded to 16 but the last.
    #expect(image.section(.code)?.size == 38)

    // A strong definition wins over an earlier weak one.
    let strong = TestObject(name: "c", functions: [TestFunction(name: "id<i64>", code: [0xB0, 9, 0xC3])])
    let other = try LinkedImage(linkObjects([first, module("b", 2, calls: "g"), strong]))
    #expect(other.bytes[Int(other.address("id<i64>")) + 1] == 9)
}

@Test func allUndefinedSymbolsAreListed() {
    let found = problems([
        TestObject(name: "a", functions: [caller("main", of: "missing")], wants: ["alsoMissing"]),
        TestObject(name: "b", functions: [caller("f", of: "missing")]),
    ])
    #expect(
        found == [
            .undefined(symbol: "alsoMissing", wantedBy: ["a"]), .undefined(symbol: "missing", wantedBy: ["a", "b"]),
        ])
    #expect(found.last?.description == "undefined symbol 'missing', wanted by a, b")
}

@Test func allDuplicateDefinitionsAreListed() {
    let functions = [TestFunction(name: "main"), TestFunction(name: "f")]
    let found = problems([
        TestObject(name: "a", functions: functions), TestObject(name: "b", functions: functions),
        TestObject(name: "c", functions: [TestFunction(name: "f")]),
    ])
    #expect(found.count == 3)
    for problem in [
        LinkProblem.duplicate(symbol: "main", first: "a", second: "b"),
        .duplicate(symbol: "f", first: "a", second: "b"), .duplicate(symbol: "f", first: "a", second: "c"),
    ] { #expect(found.contains(problem)) }
}

@Test func missingEntry() {
    #expect(problems([TestObject(name: "a", functions: [TestFunction(name: "f")])]) == [.noEntry(symbol: "main")])
    #expect(
        problems([
            TestObject(name: "a", functions: [TestFunction(name: "f")], data: [TestData(name: "main", bytes: [1])])
        ]) == [.noEntry(symbol: "main")])
}

@Test func modulesThatDoNotGoTogether() {
    let a = TestObject(name: "a", functions: [TestFunction(name: "main")])
    var b = TestObject(name: "b", functions: [TestFunction(name: "f")])
    b.runtimeABI = 2
    b.toolchainID = 8
    b.platform = .macOS
    #expect(
        problems([a, b]) == [
            .mismatch(field: "runtime_abi", module: "b", value: 2, other: "a", otherValue: 1),
            .mismatch(field: "toolchain_id", module: "b", value: 8, other: "a", otherValue: 7),
            .mismatch(field: "platform", module: "b", value: 3, other: "a", otherValue: 1),
        ])
}

@Test func inputsThatAreNotObjectModules() throws {
    #expect(throws: LinkFailure(problems: [.noModules])) { try link([], options: LinkOptions(entry: "main")) }
    let object = TestObject(name: "a", functions: [TestFunction(name: "main")])
    let image = try linkObjects([object])
    var damaged = object.bytes()
    damaged[damaged.count - 1] ^= 1
    let failure = #expect(throws: LinkFailure.self) {
        try link(
            [
                LinkInput(bytes: image, name: "image"), LinkInput(bytes: [], name: "empty"),
                LinkInput(bytes: damaged, name: "damaged"),
            ], options: LinkOptions(entry: "main"))
    }
    #expect(failure?.problems.count == 3)
    #expect(failure?.problems.first == .notAnObject(module: "image"))
    #expect(
        failure?.problems.dropFirst().first
            == .refused(module: "empty", error: SMFError(.headerTruncated, at: 0, value: 0)))
}

@Test(arguments: [
    (SMFRelocationType.trampoline, "main", Int64(-4)), (.tpOff32, "main", -4), (.abs64, "main", 0),
    (.pc32, "simple_rt_x", -4), (.plt32, "simple_rt_x", -4), (.trampoline, "simple_rt_x", -4),
    (.tpOff32, "simple_rt_x", 0), (.abs64, "simple_rt_x", 0), (.secRel32, "simple_rt_x", 0),
])
func relocationsThatCodeOfAnImageCannotHave(type: SMFRelocationType, symbol: String, addend: Int64) {
    let code = [UInt8](repeating: 0x90, count: 16)
    let found = problems([
        TestObject(
            name: "a",
            functions: [
                TestFunction(
                    name: "main", code: code,
                    relocations: [TestRelocation(offset: 4, symbol: symbol, type: type, addend: addend)])
            ])
    ])
    guard found.count == 1, case .unsupportedRelocation("a", symbol, type.rawValue, 4, _) = found[0] else {
        Issue.record("unexpected: \(found)")
        return
    }
}

@Test func displacementsThatDoNotFit() {
    let found = problems([
        TestObject(
            name: "a",
            functions: [
                TestFunction(
                    name: "main", code: call,
                    relocations: [TestRelocation(offset: 1, symbol: "main", addend: 0x8000_0001)])
            ])
    ])
    #expect(found == [.overflow(module: "a", symbol: "main", section: 0, offset: 1)])
}

@Test func relocationOutsideEveryFunction() {
    let found = problems([
        TestObject(
            name: "a",
            functions: [
                TestFunction(name: "main", relocations: [TestRelocation(offset: 4, symbol: "main")]),
                TestFunction(name: "f"),
            ])
    ])
    #expect(found == [.malformed(module: "a", reason: "a relocation at code offset 4 is in no function")])
}

@Test func relocationsInAnyOrder() throws {
    // Data first, then the functions backwards.
    var writer = SMFWriter()
    let code = writer.addCode([UInt8](repeating: 0xE8, count: 48))
    let data = writer.addData([UInt8](repeating: 0, count: 8), readOnly: false)
    _ = writer.addSymbol(name: "main", type: .function, binding: .global, section: code + 1, value: 0, size: 16)
    let f = writer.addSymbol(name: "f", type: .function, binding: .global, section: code + 1, value: 16, size: 16)
    let g = writer.addSymbol(name: "g", type: .function, binding: .local, section: code + 1, value: 32, size: 16)
    let word = writer.addSymbol(name: "word", type: .data, binding: .global, section: data + 1, value: 0, size: 8)
    writer.addRelocation(section: data, offset: 0, symbol: g, type: .abs64, addend: 0)
    writer.addRelocation(section: code, offset: 17, symbol: word, type: .pc32, addend: -4)
    writer.addRelocation(section: code, offset: 8, symbol: f, type: .pc32, addend: -4)
    writer.addRelocation(section: code, offset: 1, symbol: g, type: .pc32, addend: -4)
    let image = try LinkedImage(
        link([LinkInput(bytes: writer.emit(), name: "a")], options: LinkOptions(entry: "main")))
    let start = image.address("main")
    #expect(image.target(start + 1) == image.address("g"))
    #expect(image.target(start + 8) == image.address("f"))
    #expect(image.target(image.address("f") + 1) == image.address("word"))
    #expect(image.u64(image.address("word")) == image.address("g"))
}

@Test func sameInputsSameBytes() throws {
    let objects = (0..<20).map { i -> TestObject in
        var object = TestObject(name: "m\(i)")
        object.functions = [
            caller(i == 0 ? "main" : "f\(i)", of: "f\(i + 1)"),
            TestFunction(name: "generic", code: [0x90, 0xC3], binding: .weak),
        ]
        if i == 19 { object.functions.append(TestFunction(name: "f20")) }
        object.data = [TestData(name: "d\(i)", bytes: [UInt8(i)])]
        object.sourceHash = UInt64(i)
        return object
    }
    let first = try linkObjects(objects)
    for _ in 0..<5 { #expect(try linkObjects(objects) == first) }
    let image = try LinkedImage(first)
    #expect(image.header.sourceHash != 0)
    var reordered = objects
    reordered.swapAt(3, 4)
    #expect(try LinkedImage(linkObjects(reordered)).header.sourceHash != image.header.sourceHash)
}

@Test func imagesAreRewrittenByteForByte() throws {
    let image = try linkObjects([
        TestObject(
            name: "a",
            functions: [
                TestFunction(
                    name: "main", code: callSlot + call + ret,
                    relocations: [
                        TestRelocation(offset: 2, symbol: "simple_rt_print", type: .gotPcRel),
                        TestRelocation(offset: 7, symbol: "zeros"),
                    ])
            ], data: [TestData(name: "zeros", bytes: [UInt8](repeating: 0, count: 100), kind: .zero)],
            types: [("Point", 3)])
    ])
    let rewritten = try image.withUnsafeBytes { SMFWriter(rewriting: try SMFReader($0)).emit() }
    #expect(rewritten == image)
}

@Test func typesAreMergedByNameAndLayout() throws {
    let main = TestFunction(name: "main")
    let image = try linkObjects([
        TestObject(name: "a", functions: [main], types: [("Point", 1), ("Line", 2)]),
        TestObject(name: "b", functions: [], types: [("Line", 2), ("Point", 9)]),
    ])
    try image.withUnsafeBytes { bytes in
        let reader = try SMFReader(bytes)
        let view = try TypeInfoView(reader.payload(ofSection: try #require(reader.firstSection(.typeInfo))))
        let found = (0..<view.count).map { i in
            "\(reader.string(at: view[i].name).map { String(decoding: $0, as: UTF8.self) } ?? "?") \(view[i].layoutHash)"
        }
        #expect(found == ["Point 1", "Line 2", "Point 9"])
    }
}

@Test func sourceMapsAreMerged() throws {
    let image = try linkObjects([
        TestObject(
            name: "a",
            functions: [
                TestFunction(
                    name: "main", code: call + call + ret,
                    relocations: [TestRelocation(offset: 1, symbol: "f"), TestRelocation(offset: 6, symbol: "h")],
                    lines: [(5, 10), (10, 11)]), TestFunction(name: "dead", lines: [(1, 99)]),
                TestFunction(name: "f", code: call, relocations: [TestRelocation(offset: 1, symbol: "h")], lines: [(5, 20)]),
            ], file: "a.simple"),
        TestObject(name: "b", functions: [TestFunction(name: "h", code: [0x90, 0xC3], lines: [(1, 30)])], file: "b.simple"),
        TestObject(name: "c", functions: [TestFunction(name: "k", lines: [(1, 40)])], file: "a.simple"),
    ])
    let linked = try LinkedImage(image)
    try image.withUnsafeBytes { bytes in
        let reader = try SMFReader(bytes)
        let view = try SourceMapView(reader.payload(ofSection: try #require(reader.firstSection(.srcMap))))
        #expect(view.functionCount == 3)
        #expect(view.fileCount == 2)
        func frame(_ address: UInt64) -> String? {
            guard var frames = view.lookup(address), let frame = frames.next() else { return nil }
            func text(_ offset: UInt32) -> String {
                reader.string(at: offset).map { String(decoding: $0, as: UTF8.self) } ?? "?"
            }
            return "\(text(frame.name)) \(text(frame.file)):\(frame.line)\(frame.isExact ? "" : "?")"
        }
        #expect(frame(linked.address("main") + 5) == "main a.simple:10")
        #expect(frame(linked.address("main") + 10) == "main a.simple:11")
        #expect(frame(linked.address("main") + 7) == "main a.simple:11?")
        // The call is the function's last instruction: the return address is the next function's.
        #expect(frame(linked.address("f") + 5) == "f a.simple:20")
        #expect(frame(linked.address("h") + 1) == "h b.simple:30")
        #expect(frame(linked.address("h") + 20) == nil)
        #expect(frame(0) == nil)
    }
}

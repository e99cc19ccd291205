import Linker
import SMF
import Testing

/// A module of `count` functions with `calls` calls each, and a source map row per call.
private func largeObject(
    name: String, prefix: String, functions count: Int, calls: Int, importing: String? = nil
) -> LinkInput {
    var writer = SMFWriter()
    writer.reserveRelocations(count * calls)
    let size = calls * 8
    let stride = (size + 15) / 16 * 16
    let code = writer.addCode(ContiguousArray(repeating: 0x90, count: count * stride))
    var map = SourceMapBuilder()
    let file = map.addFile(name: writer.addString("\(name).simple"))
    for i in 0..<count {
        let symbol = writer.addSymbol(
            name: "\(prefix)\(i)", type: .function, binding: .global, section: code + 1, value: UInt64(i * stride),
            size: UInt64(size))
        map.beginFunction(
            symbol: symbol, start: UInt32(i * stride), size: UInt32(size), name: writer.nameOffset(ofSymbol: symbol))
        for call in 0..<calls {
            map.addEntry(
                SourceMapEntry(codeOffset: UInt32(call * 8 + 5), file: file, line: UInt32(i), column: 5))
        }
    }
    let print = writer.addUndefinedSymbol(name: "simple_rt_print")
    let other = importing.map { writer.addUndefinedSymbol(name: $0) }
    for i in 0..<count {
        for call in 0..<calls {
            let target = call == 0 ? UInt32((i + 1) % count) : UInt32((i * 7 + call * 131) % count)
            let isRuntime = call % 8 == 7
            let isOther = i == 0 && call == 1
            writer.addRelocation(
                section: code, offset: UInt64(i * stride + call * 8 + 1),
                symbol: isRuntime ? print : isOther ? other ?? target : target,
                type: isRuntime ? .gotPcRel : .pc32, addend: -4)
        }
    }
    writer.setSourceMap(map)
    return LinkInput(bytes: writer.emit(), name: name)
}

/// Large inputs link; how fast is Benchmarks' business.
@Test func largeInputsLink() throws {
    let large = largeObject(name: "large", prefix: "function_", functions: 3_000, calls: 25)
    let image = try link([large], options: LinkOptions(entry: "function_0"))
    #expect(image.count > 3_000 * 200)
    let small = (0..<300).map {
        largeObject(name: "m\($0)", prefix: "m\($0)_f", functions: 10, calls: 10, importing: "m\(($0 + 1) % 300)_f0")
    }
    let joined = try link(small, options: LinkOptions(entry: "m0_f0"))
    try joined.withUnsafeBytes { try SMFReader($0).validate() }
    try image.withUnsafeBytes { try SMFReader($0).validate() }
}

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

/// Best of five in milliseconds.
private func best(_ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    let clock = ContinuousClock()
    for _ in 0..<5 {
        let time = try clock.measure { try body() }
        let parts = time.components
        best = min(best, Double(parts.seconds) * 1e3 + Double(parts.attoseconds) / 1e15)
    }
    return best
}

/// The limits are loose in debug builds, where this only shows that the work is linear.
@Test func linkingIsFast() throws {
    #if DEBUG
        let slack = 100.0
    #else
        let slack = 3.0
    #endif
    var large = LinkInput(bytes: [], name: "")
    let writing = best { large = largeObject(name: "large", prefix: "function_", functions: 12_000, calls: 25) }
    let linking = try best { _ = try link([large], options: LinkOptions(entry: "function_0")) }
    let small = (0..<1000).map {
        largeObject(name: "m\($0)", prefix: "m\($0)_f", functions: 10, calls: 10, importing: "m\(($0 + 1) % 1000)_f0")
    }
    let many = try best { _ = try link(small, options: LinkOptions(entry: "m0_f0")) }
    print("write \(writing) ms, link one \(linking) ms, link 1000 \(many) ms")
    #expect(writing < 50 * slack)
    #expect(linking < 30 * slack)
    #expect(many < 100 * slack)
}

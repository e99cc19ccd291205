import CPlatform
import Codegen
import MIR
import Testing

/// Not a check but a measurement: prints one JSON line. Meaningful with `-c release`.
struct ThroughputTests {
    @Test(.enabled(if: getenv("SIMPLE_BENCH") != nil)) func throughput() throws {
        let modules = (1...400).map { RandomProgram.make(seed: UInt64($0)) }
        // One module with all the functions would be the usual case, so modules are merged.
        var merged = modules[0]
        var count = 0
        for module in modules {
            let symbolBase = UInt32(merged.symbols.count)
            let signatureBase = UInt32(merged.signatures.count)
            merged.symbols.append(contentsOf: module.symbols.map { symbol in
                var copy = symbol
                copy.name += "_\(symbolBase)"
                if case .function(let id) = symbol.kind { copy.kind = .function(.init(rawValue: id.rawValue + signatureBase)) }
                return copy
            })
            merged.signatures.append(contentsOf: module.signatures)
            for var function in module.functions {
                function.symbol = .init(rawValue: function.symbol.rawValue + symbolBase)
                function.signature = .init(rawValue: function.signature.rawValue + signatureBase)
                for i in function.instructions.indices {
                    switch function.instructions[i].opcode {
                    case .call, .symbolAddress: function.instructions[i].a += symbolBase
                    case .callIndirect: function.instructions[i].c += signatureBase
                    default: break
                    }
                }
                count += function.instructions.count
                merged.functions.append(function)
            }
        }
        var best = UInt64.max
        var size = 0
        for _ in 0..<20 {
            let time = ContinuousClock().measure { size = generate(merged).count }
            best = min(best, UInt64(time.components.attoseconds / 1_000_000_000) + UInt64(time.components.seconds) * 1_000_000_000)
        }
        print(
            #"{"case":"codegen","instructions":\#(count),"functions":\#(merged.functions.count),"bytes":\#(size),"ns_per_instruction":\#(Double(best) / Double(count))}"#)
    }
}

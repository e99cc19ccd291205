import MIR
import Foundation
import Support
import Testing
@Test func debugRandom() throws {
    guard let text = ProcessInfo.processInfo.environment["DEBUG_SEED"], let seed = UInt64(text) else { return }
    var module = RandomModule.make(seed: seed)
    let names = ProcessInfo.processInfo.environment["DEBUG_PASSES"]!.split(separator: ",").map(String.init)
    print(MIRPrinter.print(module, options: [.positions, .rawNumbers]))
    for name in names {
        run(Pass.named(name)!, on: &module)
        print("=== \(name)")
        print(MIRPrinter.print(module, options: [.positions, .rawNumbers]))
        print(MIRVerifier.verify(module))
        for a: [Int64] in [[5, 3], [-2, 9], [0, 0]] { print(try Observation(module, a)) }
    }
}

@Test func timePasses() throws {
    guard ProcessInfo.processInfo.environment["TIME_PASSES"] != nil else { return }
    let modules = (0..<300).map { RandomModule.make(seed: UInt64($0)) }
    func count(_ m: MIRModule) -> Int { var n = 0; for f in m.functions { for b in f.blocks.indices { f.forEachInstruction(in: BlockID(b)) { _ in n += 1 } } }; return n }
    var lines: [String] = []
    for _ in 0..<5 {
    lines = []
    var current = modules
    let n0 = current.map(count).reduce(0, +)
    var total = 0.0
    for pass in Pass.pipeline {
        let n = current.map(count).reduce(0, +)
        let c = ContinuousClock()
        let t = c.measure { for i in current.indices { run(pass, on: &current[i]) } }
        let ns = Double(t.components.attoseconds) / 1e9
        total += ns
        lines.append("\(pass.name): \(ns / Double(n)) ns/instruction, \(n) instructions")
    }
    lines.append("total \(total / Double(n0)) ns per input instruction of \(n0)")
    var whole = modules
    let c = ContinuousClock()
    let t = c.measure { for i in whole.indices { optimize(&whole[i], options: OptimizeOptions()) } }
    lines.append("optimize \(Double(t.components.attoseconds) / 1e9 / Double(n0)) ns per input instruction")
    }
    print(lines.joined(separator: "\n"))
}

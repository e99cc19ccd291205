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
    let modules = (0..<2).map { RandomModule.make(seed: UInt64($0), extra: 500) }
    func cpu() -> Double { var t = timespec(); clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return Double(t.tv_sec) * 1e9 + Double(t.tv_nsec) }
    func count(_ m: MIRModule) -> Int { var n = 0; for f in m.functions { for b in f.blocks.indices { f.forEachInstruction(in: BlockID(b)) { _ in n += 1 } } }; return n }
    var lines: [String] = []
    for _ in 0..<5 {
    lines = []
    var current = modules
    let n0 = current.map(count).reduce(0, +)
    var total = 0.0
    for pass in Pass.pipeline {
        let n = current.map(count).reduce(0, +)
        for i in current.indices { current[i].functions.append(current[i].functions[0]); current[i].functions.removeLast(); for f in current[i].functions.indices { current[i].functions[f].pool.append(0); current[i].functions[f].instructions[0].a = 0 ; if !current[i].functions[f].edges.isEmpty { current[i].functions[f].edges[0].count += 0 } ; current[i].functions[f].blocks[0].parameterCount += 0 } }
        let start = cpu(); for i in current.indices { run(pass, on: &current[i]) }
        let ns = cpu() - start
        total += ns
        lines.append("\(pass.name): \(ns / Double(n)) ns/instruction, \(n) instructions")
    }
    lines.append("total \(total / Double(n0)) ns per input instruction of \(n0)")
    var whole = modules
    let t = cpu()
    for i in whole.indices { optimize(&whole[i], options: OptimizeOptions()) }
    lines.append("optimize \((cpu() - t) / Double(n0)) ns per input instruction")
    }
    print(lines.joined(separator: "\n"))
}

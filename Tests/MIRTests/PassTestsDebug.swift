import MIR
import Foundation
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

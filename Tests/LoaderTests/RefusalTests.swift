import Foundation
import SMF
import Testing

/// A module that must be refused, and a piece of the message.
struct Refusal: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var module: [UInt8]
    var message: String

    init(_ name: String, _ module: [UInt8], _ message: String) {
        testDescription = name
        self.module = module
        self.message = message
    }

    init(_ name: String, _ message: String, change: (inout TestImage) -> Void) {
        var image = Programs.hello()
        change(&image)
        self.init(name, image.build(), message)
    }
}

private func damaged(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var module = Programs.hello().build()
    change(&module)
    return module
}

let refusals: [Refusal] = [
    Refusal("empty file", [], "fewer than the 128 bytes"),
    Refusal("foreign file", [UInt8](repeating: 0x7F, count: 500), "not an SMF module"),
    Refusal("truncated", Array(Programs.hello().build().dropLast(100)), "the file ends before the module does"),
    Refusal("damaged code", damaged { $0[0x1001] ^= 1 }, "hash differs"),
    Refusal("damaged header", damaged { $0[40] ^= 1 }, "checksum differs"),
    Refusal("newer version", damaged { $0[4] = 2 }, "made for another major version"),
    Refusal("other processor", "was built for AArch64, not for x86-64") { $0.architecture = .aarch64 },
    Refusal("other system", "was built for Windows, not for Linux") { $0.platform = .windows },
    Refusal("other runtime", "was built for runtime ABI 99") { $0.runtimeABI = 99 },
    Refusal("library", "has no entry point") { $0.isExecutable = false },
    Refusal("object module", SMFWriter().emit(), "is an object module"),
    Refusal("missing imports", "  simple_rt_nowhere\n  simple_rt_neither\n") {
        $0.imports += ["simple_rt_nowhere", "simple_rt_neither"]
    },
    Refusal("C import", "simple_rt_sink_string (from a C library)") { $0.importKind = .cLibrary },
    Refusal("processor extensions", "needs processor extensions") { $0.cpuFeatures = SMFCPUFeatures(rawValue: 1 << 20) },
]

@Suite struct RefusalTests {
    @Test(arguments: refusals)
    func refused(_ refusal: Refusal) throws {
        let result = try shell("exec $S $F", module: refusal.module)
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix("error: FILE: "))
        #expect(result.errors.contains(refusal.message))
        #expect(result.output == "")
    }

    /// Any one changed byte is either refused or was not part of what is checked; nothing crashes.
    @Test func flippedBytesNeverCrash() throws {
        let module = Programs.hello().build()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            var copy = module
            let place = Int.random(in: 0..<copy.count, using: &generator)
            copy[place] ^= UInt8.random(in: 1...255, using: &generator)
            let result = try shell("exec $S $F", module: copy)
            #expect(result.status == 1, "byte \(place)")
            #expect(!result.signalled)
        }
    }
}

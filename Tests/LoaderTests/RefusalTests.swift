import Foundation
import Loader
import RuntimeABI
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
    Refusal("import from a module", "simple_rt_sink_string (from a module)") { $0.importKind = .module },
    Refusal("import of another interface", "simple_rt_sink_string (with another interface)") { $0.importABIHash = 99 },
    Refusal("control characters in a name", "  simple_rt_\\u{1b}[2J\\u{9b}x\n") {
        $0.imports.append("simple_rt_\u{1B}[2J\u{9B}x")
    },
    Refusal("a long name", "  " + String(repeating: "n", count: 256) + "…\n") {
        $0.imports.append(String(repeating: "n", count: 100_000))
    },
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

    /// Only files are mapped.
    @Test func devicesAreNoModules() {
        #expect(reason { _ = try load(path: "/dev/null") } == .notRegular)
        #expect(reason { _ = try load(path: "/") } == .directory)
    }

    private func reason(_ body: () throws -> Void) -> LoadError.Reason? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LoadError)?.reason
        }
    }

    /// A trailer of another version is not taken for one of version 1.
    @Test func trailersOfOtherVersionsAreRefused() {
        var file = ContiguousArray<UInt8>(repeating: 0, count: 4096)
        ImageTrailer(imageOffset: 0, imageSize: 4096).encode(to: &file)
        func search() -> ImageTrailer.Search {
            file.withUnsafeBytes { ImageTrailer.find(at: $0.baseAddress! + 4096, fileSize: 4128) }
        }
        #expect(search() == .found(ImageTrailer(imageOffset: 0, imageSize: 4096)))
        file[4096 + 28] = 2
        #expect(search() == .damaged)
    }
}

/// Imports that may be missing (SMF_FORMAT §6).
@Suite struct OptionalImportTests {
    /// A program that prints and ends with 9 + the word in the slot of an import that the runtime has not.
    private func program(_ flags: SMFImportFlags, abiHash: UInt64 = 0) -> TestImage {
        var image = TestImage()
        image.imports = ["simple_rt_nowhere", "simple_rt_sink_string"]
        image.importFlags = flags
        image.importABIHash = abiHash
        image.begin("main")
        for slot in [0, 8] {
            image.address(0, TestImage.dataAddress + slot)
            image.emit(0x48, 0x8B, 0x00)  // mov rax, [rax]
            image.emit(0x48, 0x85, 0xC0)  // test rax, rax
            image.emit(0x0F, 0x95, 0xC0, 0x0F, 0xB6, 0xC0)  // setne al; movzx eax, al
            if slot == 0 { image.emit(0x89, 0xC1) }  // mov ecx, eax
        }
        image.emit(0x8D, 0x44, 0x48, 0x09)  // lea eax, [rax + rcx * 2 + 9]
        image.end()
        return image
    }

    @Test(arguments: [SMFImportFlags.optional, .weak])
    func theirSlotsStayZero(_ flags: SMFImportFlags) throws {
        let result = try shell("exec $S $F", module: program(flags).build())
        #expect(result.status == 10 && result.errors == "", "\(result.errors)")
    }

    /// One with another interface is as good as missing.
    @Test func anotherInterfaceIsMissing() throws {
        #expect(try shell("exec $S $F", module: program(.optional, abiHash: 99).build()).status == 9)
        #expect(try shell("exec $S $F", module: program(.optional, abiHash: runtimeABIVersion).build()).status == 10)
        let result = try shell("exec $S $F", module: program(.required).build())
        #expect(result.status == 1 && result.errors.contains("  simple_rt_nowhere\n"))
    }
}

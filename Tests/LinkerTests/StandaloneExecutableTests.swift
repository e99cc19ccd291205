import Linker
import SMF
import Testing

/// The runtime is a file like any other: whatever it holds, the answer is a reason.
@Suite struct StandaloneExecutableTests {
    private func problem(_ runtime: [UInt8], _ image: [UInt8]) -> StandaloneProblem? {
        do throws(StandaloneProblem) {
            _ = try makeStandaloneExecutable(runtime: runtime, image: image, debug: .full)
            return nil
        } catch { return error }
    }

    private let object = TestObject(name: "m", functions: [TestFunction(name: "main")])

    private func image() throws -> [UInt8] {
        return try link([object.input()], options: LinkOptions(entry: "main"))
    }

    /// An executable with one segment and one section, the image slot.
    private func runtime() -> [UInt8] {
        var prefix = ContiguousArray<UInt8>(repeating: 0, count: 64 + 4 * 56)
        prefix.append(contentsOf: "SMF image slot 1".utf8)
        prefix.append(contentsOf: repeatElement(0, count: 32))
        let size = UInt64(prefix.count)
        prefix.withUnsafeMutableBytes {
            ELFProgramHeader(
                type: ELFFormat.load, flags: 5, offset: 0, address: 0, fileSize: size, memorySize: size, alignment: 4096
            ).encode(to: $0.baseAddress! + 64)
        }
        var builder = ELFBuilder()
        builder.header.type = ELFFormat.sharedObject
        builder.header.programHeaderOffset = 64
        builder.header.programHeaderCount = 1
        var slot = ELFSectionHeader(type: ELFFormat.progBits)
        slot.flags = ELFFormat.allocate
        slot.address = size - 48
        slot.offset = size - 48
        slot.size = 48
        builder.addPlaced(slot, name: UnsafeBufferPointer(start: ImageSlot.sectionName.utf8Start, count: 9))
        return Array(builder.finish(prefix: prefix))
    }

    @Test func theImageIsFoundAgain() throws {
        let image = try image()
        let file = try makeStandaloneExecutable(runtime: runtime(), image: image, debug: .full)
        file.withUnsafeBytes { bytes in
            let range = embeddedImage(in: bytes)
            #expect(range.map { Array(bytes[$0]) } == image)
            #expect(range.map { $0.lowerBound % 4096 } == 0)
        }
        // Once only: the result is no runtime.
        #expect(problem(Array(file), image) == .noSlot)
    }

    @Test func whatIsNoRuntimeIsRefused() throws {
        let image = try image()
        #expect(problem([], image) == .notELF)
        #expect(problem(Array("#!/bin/sh\n".utf8), image) == .notELF)
        guard case .image = problem(runtime(), []) else { return #expect(Bool(false)) }
        guard case .image = problem(runtime(), object.bytes()) else { return #expect(Bool(false)) }
    }

    /// Every cut and every changed byte of the runtime ends in an answer.
    @Test func damagedRuntimesEndInAnAnswer() throws {
        let (image, good) = (try image(), runtime())
        for count in good.indices { _ = problem(Array(good[..<count]), image) }
        for index in good.indices {
            for value: UInt8 in [0, 0x7F, 0xFF] {
                var bytes = good
                bytes[index] = value
                _ = problem(bytes, image)
                bytes.withUnsafeBytes { _ = embeddedImage(in: $0) }
            }
        }
        #expect(problem(good, image) == nil)
    }
}

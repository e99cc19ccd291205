import FuzzTargets
import Glibc
import SMF
import Testing

/// All cuts and all changes of a byte of the golden modules.
///
/// A change is one of the eight bits, or the byte's complement; with SIMPLE_FUZZ_FULL=1 (set by .ci/run) it is any of
/// the 255 other values.
@Suite struct DamageTests {
    private static let isFull = getenv("SIMPLE_FUZZ_FULL") != nil
    private static let changes: [UInt8] = isFull ? Array(1...255) : [1, 2, 4, 8, 16, 32, 64, 128, 255]

    /// What the checks before loading say, and all checks together.
    private func refusal(_ module: UnsafeRawBufferPointer) -> SMFError? {
        do throws(SMFError) {
            try SMFReader(module).validate()
            return nil
        } catch {
            return error
        }
    }

    @Test func writesTheGoldenObjectOnce() throws {
        let updates = getenv("SIMPLE_UPDATE") != nil && getenv("CI") == nil
        if Golden.object.isEmpty, updates {
            let object = try Golden.makeObject()
            let path = Golden.root + "/Tests/FuzzTests/Golden-1.0/object.smf"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o644)
            #expect(descriptor >= 0)
            object.withUnsafeBytes { #expect(write(descriptor, $0.baseAddress, $0.count) == $0.count) }
            close(descriptor)
        }
        #expect(!Golden.object.isEmpty || updates)
    }

    @Test(arguments: Golden.all)
    func goldenModulesStayReadable(name: String, module: [UInt8]) throws {
        try #require(module.count > 1000)
        try module.withUnsafeBytes { bytes in
            let reader = try SMFReader(bytes)
            try reader.validate()
            #expect(reader.header.versionMajor == 1 && reader.header.versionMinor == 0)
            #expect(reader.header.isImage == (name != "object"))
            #expect(SMFWriter(rewriting: reader).emit() == Array(bytes.prefix(Int(reader.header.fileSize))))
        }
        for target in FuzzTarget.allCases where target.readsModules { target.run(module) }
    }

    @Test(arguments: Golden.all)
    func everyCutIsRefused(name: String, module: [UInt8]) {
        var cut = module
        while !cut.isEmpty {
            cut.removeLast()
            let error = cut.withUnsafeBytes { refusal($0) }
            let expected: SMFRule = cut.count < 128 ? .headerTruncated : .truncated
            if error?.rule != expected { Issue.record("\(name) cut to \(cut.count): \(error.map { "\($0)" } ?? "accepted")") }
            // A header that claims no more than is there is refused for another reason.
            var repaired = cut
            if repaired.count >= 128 {
                repaired.withUnsafeMutableBytes { smfStore64($0.baseAddress!, 80, UInt64($0.count)) }
                SMFMutator.repair(&repaired, digests: false)
                let error = repaired.withUnsafeBytes { refusal($0) }
                if error == nil { Issue.record("\(name) cut to \(cut.count) and repaired: accepted") }
            }
        }
    }

    @Test(arguments: Golden.all)
    func everyChangedByteIsRefused(name: String, module: [UInt8]) {
        var module = module
        module.withUnsafeMutableBytes { bytes in
            for place in bytes.indices {
                let old = bytes[place]
                for change in DamageTests.changes {
                    bytes[place] = old ^ change
                    if refusal(UnsafeRawBufferPointer(bytes)) == nil {
                        Issue.record("\(name): byte \(place) ^ \(change) is accepted")
                    }
                }
                bytes[place] = old
            }
        }
    }

    /// With both checksums repaired a changed module is refused or keeps every promise of a sound one: reader, validator
    /// and (for one change a byte) loader, inspector and linker end in an answer.
    @Test(arguments: Golden.all)
    func everyChangedByteWithRepairedChecksumsEndsInAnAnswer(name: String, module: [UInt8]) {
        var refused = 0
        for place in module.indices {
            for change in DamageTests.changes {
                var changed = module
                changed[place] ^= change
                SMFMutator.repair(&changed, digests: false)
                let error = changed.withUnsafeBytes { refusal($0) }
                if error != nil { refused += 1 }
                if error == nil { FuzzTarget.validator.run(changed) }
                if change == 1 || change == 128 {
                    FuzzTarget.reader.run(changed)
                    if name == "object" {
                        FuzzTarget.linker.run(changed)
                        FuzzTarget.inspector.run(changed)
                    } else if name == "hello" {
                        FuzzTarget.loader.run(changed)
                    }
                }
            }
        }
        #expect(refused > module.count)
    }

    /// Changed bytes that steer nothing leave the program's behaviour as it is, or the loader refuses the image. Left
    /// out is what says what the program does (code, data, entry point, import and base relocation tables): with the
    /// checksums repaired, a change there is another program.
    @Test func changedMetadataDoesNotChangeWhatRuns() throws {
        let module = Golden.hello
        let original = Child.run(module)
        try #require(original == Child.Outcome(status: 0, stdout: Array("Hello, Simple!\n".utf8), stderr: []))
        var isProgram = [Bool](repeating: false, count: module.count)
        try module.withUnsafeBytes { bytes in
            let reader = try SMFReader(bytes)
            for i in 40..<48 { isProgram[i] = true }
            for i in 0..<reader.sectionCount {
                let section = reader.section(i)
                switch section.kind {
                case .code, .roData, .data, .imports, .baseReloc:
                    for k in Int(section.offset)..<Int(section.offset + section.size) { isProgram[k] = true }
                    // Of another type, a tool's own for one, the section is not there for the loader.
                    let entry = SMFFormat.headerSize + i * SMFFormat.sectionEntrySize
                    for k in entry..<entry + 4 { isProgram[k] = true }
                default: break
                }
            }
        }
        var identical = 0
        var refused = 0
        // Padding of zeros is checked byte by byte above: it is refused as a gap, and no page of it is used.
        for place in module.indices where !isProgram[place] && (module[place] != 0 || place < 1200) {
            var changed = module
            changed[place] ^= DamageTests.isFull ? 0x80 : 0x01
            SMFMutator.repair(&changed, digests: false)
            let outcome = Child.run(changed)
            if outcome == original {
                identical += 1
            } else if outcome.status > 0, outcome.status < 126, outcome.stdout.isEmpty,
                outcome.stderr.starts(with: "error".utf8)
            {
                refused += 1
            } else {
                Issue.record(
                    "byte \(place): status \(outcome.status), stdout \(outcome.stdout.count) bytes, \(String(decoding: outcome.stderr, as: UTF8.self))"
                )
            }
        }
        #expect(identical > 100 && refused > 100)
    }
}

import Foundation
import Testing

import Syntax

/// The programs of LANGUAGE.md Appendix A, in Fixtures/.
enum Programs {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { $0.hasSuffix(".simple") }.sorted()
    }()
    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }
}

@Suite struct ProgramTests {
    @Test func allAreThere() { #expect(Programs.names.count >= 39) }

    @Test(arguments: Programs.names) func parses(name: String) throws {
        let parsed = Parsed(bytes: try Programs.bytes(name))
        if name == "A37.simple" || name == "A38.simple" {
            #expect(!parsed.codes.isEmpty && parsed.codes.allSatisfy { $0 == "E0901" }, "\(parsed.messages)")
        } else {
            #expect(parsed.codes == [], "\(parsed.messages)")
            #expect(!parsed.tree.nodes.dropFirst().contains { $0.kind == .error })
        }
    }
}

import Foundation
import Testing

import Support
import Syntax

/// The trees of the sources in Trees/ against the texts beside them; `SIMPLE_UPDATE=1` rewrites those.
@Suite struct TreeTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Trees")

    @Test(arguments: ["expressions", "statements", "definitions"]) func matches(name: String) throws {
        let source = try Data(contentsOf: TreeTests.folder.appendingPathComponent("\(name).simple"))
        let golden = TreeTests.folder.appendingPathComponent("\(name).ast")
        let parsed = Parsed(bytes: Array(source))
        #expect(parsed.codes == [], "\(parsed.messages)")
        let environment = ProcessInfo.processInfo.environment
        if environment["SIMPLE_UPDATE"] != nil, environment["CI"] == nil {
            try Data(parsed.text.utf8).write(to: golden)
        }
        let expected = String(decoding: try Data(contentsOf: golden), as: UTF8.self)
        #expect(parsed.text == expected)
    }

    @Test func childrenLieInsideTheirParents() throws {
        for name in ["expressions", "statements", "definitions"] {
            let source = try Data(contentsOf: TreeTests.folder.appendingPathComponent("\(name).simple"))
            let tree = Parsed(bytes: Array(source)).tree
            for node in tree.nodes where node.kind == .binary || node.kind == .call || node.kind == .member {
                let child = tree[node.nodeA]
                #expect(child.span.start >= node.span.start && child.span.end <= node.span.end)
            }
        }
    }
}

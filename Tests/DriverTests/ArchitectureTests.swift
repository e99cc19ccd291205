import Testing

/// Imports go downwards only (Docs/architecture.md).
@Suite struct ArchitectureTests {
    /// What each folder of Sources may import of ours.
    private static let allowed: [String: Set<String>] = [
        "Support": [], "RuntimeABI": [], "CPlatform": [], "StandardLibrary": [],
        "Diagnostics": ["Support"],
        "Syntax": ["Support", "Diagnostics"],
        "HIR": ["Support", "Diagnostics", "Syntax", "RuntimeABI", "StandardLibrary"],
        "MIR": ["Support", "RuntimeABI", "CPlatform"],
        "Lowering": ["Support", "HIR", "MIR", "RuntimeABI"],
        "SMF": ["CPlatform"],
        "Codegen": ["Support", "MIR", "SMF", "RuntimeABI"],
        "Linker": ["Support", "SMF"],
        "Runtime": ["CPlatform", "SMF", "RuntimeABI"],
        "Loader": ["CPlatform", "SMF", "Runtime", "RuntimeABI"],
        "Driver": [
            "CPlatform", "Support", "Diagnostics", "Syntax", "HIR", "MIR", "Lowering", "Codegen", "SMF", "Linker",
            "Runtime", "RuntimeABI", "Loader", "Cache",
        ],
        "Cache": ["CPlatform", "Support", "SMF", "Loader"],
        "SimpleLoader": ["CPlatform", "SMF", "RuntimeABI", "Runtime", "Loader"],
        "SimpleCompiler": [
            "CPlatform", "Support", "Diagnostics", "Linker", "Loader", "Cache", "Driver", "SimpleLoader",
        ],
        "simplec": ["Driver", "Diagnostics", "Loader", "Cache", "CPlatform"],
        // Embedded modules; they contain SMF, Runtime and Loader through symbolic links.
        "simple": ["CPlatform"], "SimpleRT": ["CPlatform"],
        // In C.
        "simple-stub": [], "CompilerHeap": [], "CRuntimeMath": [],
    ]

    @Test func everyFolderHasARow() {
        for folder in SourceTree.entries(SourceTree.root + "/Sources") {
            #expect(ArchitectureTests.allowed[folder] != nil, "Sources/\(folder) has no row in this table")
        }
    }

    @Test(arguments: allowed.keys.sorted())
    func importsGoDownwards(target: String) throws {
        let allowed = try #require(ArchitectureTests.allowed[target])
        for file in SourceTree.files(folder(target), [".swift"]) {
            for line in SourceTree.text(file).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let i = words.firstIndex(of: "import"), i <= 1, i + 1 < words.count else { continue }
                let module = String(words[i + 1])
                if ArchitectureTests.allowed[module] != nil, !allowed.contains(module) {
                    Issue.record("\(file): \(target) must not import \(module)")
                }
            }
        }
    }

    /// Foundation loads for 4–7 ms; nothing on the way to the user's program may need it.
    @Test func noFoundation() {
        for target in ArchitectureTests.allowed.keys {
            for file in SourceTree.files(folder(target), [".swift"])
            where SourceTree.text(file).contains("import Foundation") {
                Issue.record("\(file) imports Foundation")
            }
        }
    }

    /// Where the sources of a target are.
    private func folder(_ target: String) -> String {
        SourceTree.root + (target == "StandardLibrary" ? "/Library" : "/Sources/" + target)
    }
}

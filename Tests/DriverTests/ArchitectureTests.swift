import Glibc
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
        "simplec": ["Driver", "Diagnostics", "Support", "SMF", "Linker", "Loader", "Cache", "CPlatform"],
        "simple": ["CPlatform"],
    ]

    @Test(arguments: allowed.keys.sorted())
    func importsGoDownwards(target: String) throws {
        let allowed = try #require(ArchitectureTests.allowed[target])
        for file in files("\(sources)/\(target)") {
            for line in text(file).split(separator: "\n") {
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
            for file in files("\(sources)/\(target)") where text(file).contains("import Foundation") {
                Issue.record("\(file) imports Foundation")
            }
        }
    }

    private var sources: String {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/") + "/Sources"
    }

    /// The Swift files in `folder` itself and folders below it, symbolic links left out.
    private func files(_ folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var result: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            if entry.pointee.d_type == 4 { result += files(folder + "/" + name) }
            if name.hasSuffix(".swift") { result.append(folder + "/" + name) }
        }
        return result.sorted()
    }

    private func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let n = fread(&buffer, 1, buffer.count, file)
            if n == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[0..<n]
        }
    }
}

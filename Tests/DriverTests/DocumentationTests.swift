import RuntimeABI
import Testing

/// What the pages in Docs promise about themselves.
@Suite struct DocumentationTests {
    /// All pages, one behind the other.
    private static let pages = SourceTree.files(SourceTree.root + "/Docs", [".md"]).map(SourceTree.text).joined(separator: "\n")

    /// Whoever looks at a file finds a page that says what it is for. A page names it by its name, with or without
    /// `.swift`; `A+B.swift` also as `+B`; or by `A*.swift` or `*B.swift`.
    @Test func everySourceFileIsOnAPage() {
        let words = Set(DocumentationTests.pages.split { !($0.isLetter || $0.isNumber || "_+*-".contains($0)) }.map(String.init))
        let patterns = words.filter { $0.contains("*") && $0.count > 5 }
        let files = SourceTree.files(SourceTree.root + "/Sources", [".swift", ".c", ".h"])
        #expect(files.count > 200)
        for path in files {
            let file = path.split(separator: "/").last.map(String.init) ?? path
            let name = String(file.prefix { $0 != "." })
            let extensionName = name.firstIndex(of: "+").map { String(name[$0...]) }
            let isNamed =
                words.contains(name) || extensionName.map(words.contains) == true
                || patterns.contains { pattern in
                    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
                    return parts.count == 2 && name.hasPrefix(parts[0]) && name.hasSuffix(parts[1])
                }
            #expect(isNamed, "\(path) is on no page of Docs: the page of its stage should say what it is for")
        }
    }

    /// The table of runtime entries in Docs/abi.md has them all.
    @Test func everyRuntimeEntryIsInTheTable() {
        let table = SourceTree.text(SourceTree.root + "/Docs/abi.md")
        for entry in runtimeEntries {
            let name = "\(entry.name)".dropFirst("simple_rt_".count)
            #expect(table.contains("\n| `\(name)` | "), "Docs/abi.md has no row for \(entry.name)")
        }
    }

    /// Links between pages, and to files of the repository, lead somewhere.
    @Test func linksLeadSomewhere() {
        var count = 0
        for page in SourceTree.files(SourceTree.root, [".md"]) where !page.contains("/.build/") {
            let folder = page.split(separator: "/").dropLast().joined(separator: "/")
            for part in SourceTree.text(page).split(separator: "](").dropFirst() {
                guard let target = part.split(separator: ")", omittingEmptySubsequences: false).first else { continue }
                let path = target.prefix { $0 != "#" }
                // `f[i32](5)` is no link.
                if !path.contains(".") && !path.contains("/") || path.contains("://") || path.contains(" ") { continue }
                count += 1
                #expect(SourceTree.exists("/\(folder)/\(path)"), "\(page): \(target) leads nowhere")
            }
        }
        #expect(count > 50)
    }
}

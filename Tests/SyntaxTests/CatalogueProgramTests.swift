import Diagnostics
import Testing

/// The programs in the catalogue's explanations are real ones.
@Suite struct CatalogueProgramTests {
    @Test(arguments: Catalogue.entries.map(\.code)) func programsParse(code: String) throws {
        let entry = try #require(Catalogue.entry(code))
        #expect(Parsed(entry.right).codes == [], "\(entry.right)\n\(Parsed(entry.right).messages)")
        let wrong = Parsed(entry.wrong)
        let belongsHere = code.hasPrefix("E00") || code.hasPrefix("E01")
        // E0111 is found by the type checker, which reads expressions as types.
        if belongsHere, code != "E0111", !entry.wrong.isEmpty {
            #expect(wrong.codes.contains(code), "\(entry.wrong)\n\(wrong.messages)")
        } else if code != "E0111", code != "E0707" {
            #expect(wrong.codes == [], "\(entry.wrong)\n\(wrong.messages)")
        }
    }
}

import Linker
import SMF
import Testing

@Test func nothingToLink() {
    #expect(throws: LinkFailure(problems: [.noModules])) {
        try link([], options: LinkOptions(entry: "main"))
    }
}

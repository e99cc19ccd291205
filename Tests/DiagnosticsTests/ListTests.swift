import Testing

import Diagnostics
import Support

@Suite struct ListTests {
    @Test func sortsByPlaceAndCountsErrors() {
        var list = DiagnosticList()
        func at(_ start: UInt32) -> Label { Label(file: FileID(0), span: SourceSpan(start: start, end: start + 1)) }
        list.warning("W0501", "b", at: at(5))
        #expect(!list.hasErrors)
        list.error("E0101", "c", at: at(2))
        list.error("E0102", "a", at: at(2))
        #expect(list.sorted().map(\.message) == ["c", "a", "b"])
        #expect(list.errorCount == 2)
    }
}

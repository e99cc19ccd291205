import Testing

import Diagnostics
import Foundation
import HIR

/// Sources with the places of their diagnostics and the types found.
@Suite struct CheckerTests {
    @Test(arguments: errorCases) func errors(_ c: Case) { check(c) }
    @Test(arguments: inferenceCases) func inference(_ c: Case) { check(c) }
    @Test(arguments: declarationCases) func declarations(_ c: Case) { check(c) }
    @Test(arguments: moduleCases) func modules(_ c: Case) { check(c) }

    private func check(_ c: Case) {
        let problem = c.problem()
        #expect(problem == nil, "\(c.name): \(problem ?? "")")
    }

    /// Every code that the stage reports has a case.
    @Test func codesAreCovered() {
        let wanted = """
            E0003 E0110 E0113 E0114 E0201 E0202 E0203 E0204 E0205 E0206 E0207 E0208 E0209 E0210 E0301 E0302 E0303 E0304
            E0305 E0306 E0308 E0309 E0310 E0311 E0312 E0313 E0314 E0315 E0316 E0317 E0318 E0319 E0320 E0322 E0323 E0324
            E0325 E0326 E0401 E0402 E0404 E0405 E0406 E0407 E0408 E0501 E0502 E0504 E0505 E0506 E0507 E0601 E0602 E0603
            E0606 E0701 E0703 E0901 W0304 W0401 W0402 W0403 W0501 W0502 W0601
            """.split { $0 == " " || $0 == "\n" }.map(String.init)
        let places = (errorCases + inferenceCases + declarationCases + moduleCases).flatMap(\.places)
        let found = Set(places.map { String($0.prefix(5)) })
        #expect(wanted.filter { !found.contains($0) } == [])
    }
}

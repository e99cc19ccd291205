import Testing

import Diagnostics
import Foundation
import HIR

/// Whatever parses can be checked: `check` returns, and its diagnostics lie inside the program's files.
@Suite struct RobustnessTests {
    private static let sources = (errorCases + inferenceCases + declarationCases + moduleCases).map(\.source)

    @Test(arguments: 0..<32) func mutants(part: Int) {
        let mutants = Mutants(RobustnessTests.sources)
        var checked = 0
        for seed in (part * 100)..<(part * 100 + 100) {
            let result = Checked(mutants.mutant(seed))
            if !result.program.functions.isEmpty { checked += 1 }
            #expect(result.misplaced == nil, "seed \(seed): \(result.messages)")
        }
        #expect(checked > 20, "too few mutants parse to be a test")
    }

    /// On a thread of known stack size; unoptimised code needs many times as much.
    private func onKnownStack(_ text: String) async -> [String] {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: Checked(text).places) }
            #if DEBUG
                thread.stackSize = 512 << 20
            #else
                thread.stackSize = 1 << 30
            #endif
            thread.start()
        }
    }

    /// As deep as the parser lets through.
    @Test(arguments: [
        ("(1, ", "2", ")", 400), ("[", "1", "]", 400), ("f(", "1", ")", 400), ("-", "x", "", 400), ("not ", "b", "", 400),
        ("if b: 1 else: ", "2", "", 400), ("Some(", "1", ")", 400), ("1 + (", "2", ")", 400), ("x ** ", "2", "", 400),
    ])
    func deepExpressions(_ c: (open: String, inner: String, close: String, count: Int)) async {
        let nest = String(repeating: c.open, count: c.count) + c.inner + String(repeating: c.close, count: c.count)
        let text = "fn f(x): return x\nlet b = true\nlet x = 1\nlet y = \(nest)\n"
        _ = await onKnownStack(text)
        _ = await onKnownStack("fn g(x, b): return \(nest)\nfn f(x): return x\nprintln(g(1, true))\n")
    }

    @Test func longChains() async {
        let many = 19_000
        let plus = "let x = 1" + String(repeating: " + 1", count: many)
        #expect(await onKnownStack(plus + "\nprintln(x)\n") == [])
        let text = "let x = \"\"" + String(repeating: ".trim()", count: 9_000)
        #expect(await onKnownStack(text + "\nprintln(x)\n") == [])
        var elifs = "fn f(x: i64) -> i64:\n    if x == 0: return 0\n"
        for i in 1..<450 { elifs += "    elif x == \(i): return \(i)\n" }
        #expect(await onKnownStack(elifs + "    else: return 1\nprintln(f(1))\n") == [])
        var calls = ""
        for i in 0..<3000 { calls += "fn f\(i)(x): return f\(i + 1)(x)\n" }
        #expect(await onKnownStack(calls + "fn f3000(x): return x\nprintln(f0(1))\n") == [])
        var ring = ""
        for i in 0..<1000 { ring += "fn f\(i)(x): return if x == 0: 0 else: f\((i + 1) % 1000)(x - 1)\n" }
        #expect(await onKnownStack(ring + "println(f0(1))\n") == [])
        var structs = ""
        for i in 0..<3000 { structs += "struct S\(i):\n    a: S\(i + 1)\n    b: S\(i + 1)\n" }
        #expect(await onKnownStack(structs + "struct S3000:\n    x: i64\n") == [])
    }
}

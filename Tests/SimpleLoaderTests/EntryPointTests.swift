import SimpleLoader
import Testing

@Suite struct EntryPointTests {
    private func run(_ text: String, _ arguments: [String] = []) throws -> (RunOutcome, String) {
        let (outcome, output) = try load(text).entryPoint().runCapturing(arguments: arguments)
        return (outcome, output.text)
    }

    @Test func exitCodes() throws {
        #expect(try run("println(\"hi\")\n") == (.exited(0), "hi\n"))
        #expect(try run("main = -1\n").0 == .exited(-1))
        #expect(try run("main = 70000\n").0 == .exited(70000))
        #expect(try run("fn main() -> i64:\n    return 3\n").0 == .exited(3))
        #expect(try run("println(1)\nexit(9)\nprintln(2)\n") == (.exited(9), "1\n"))
    }

    @Test func arguments() throws {
        let text = "fn main(args):\n    for a in args:\n        println(a)\n"
        #expect(try run(text, ["one", "zwei ö"]).1 == "one\nzwei ö\n")
        #expect(try run(text).1 == "")
    }

    @Test func panicsAreOutcomes() throws {
        let module = try load("print(\"before\")\nlet xs = [1]\nprintln(xs[3])\n")
        let (outcome, output) = try module.entryPoint().runCapturing()
        guard case .panicked(let panic) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(panic.code == "P008")
        #expect(outcome.processStatus == 101)
        #expect(output.text == "before")
        #expect(output.errorText == panic.report)
        #expect(panic.report.contains("<string>:3:"))
    }

    @Test func everyRunStartsFresh() throws {
        let module = try load(
            """
            pub static mut count: i64 = 10
            pub fn bump() -> i64:
                count = count + 1
                return count
            println(bump())
            main = bump()
            """)
        let entry = try module.entryPoint()
        for _ in 0..<3 {
            let (outcome, output) = try entry.runCapturing()
            #expect(outcome == .exited(12))
            #expect(output.text == "11\n")
        }
        // Behind a run its globals are as it left them.
        #expect(try module.function(named: "bump", as: (() -> Int64).self)() == 13)
    }

    @Test func stackOverflowIsAPanic() throws {
        try SimpleRuntime.catchStackOverflow()
        let module = try load(
            """
            pub fn down(n: i64) -> i64:
                return 1 + down(n + 1)
            pub fn texts(s: str) -> str:
                return texts(s + "x") + "y"
            pub fn fine() -> i64:
                return 5
            """)
        let down = try module.function(named: "down", as: ((Int64) -> Int64).self)
        let texts = try module.function(named: "texts", as: ((String) -> String).self)
        let fine = try module.function(named: "fine", as: (() -> Int64).self)
        for _ in 0..<3 {
            for overflow in [panic { _ = try down(0) }, panic { _ = try texts("") }] {
                let overflow = try #require(overflow)
                #expect(overflow.code == "P016")
                #expect(overflow.report.contains("frames not shown"))
                #expect(try fine() == 5)
                try SimpleRuntime.collectGarbage()
            }
        }
    }

    @Test func outOfMemoryIsAPanic() throws {
        let module = try load(
            """
            pub fn grow() -> i64:
                var xs = [0]
                loop:
                    xs.extend(xs)
            """)
        let grow = try module.function(named: "grow", as: (() -> Int64).self)
        // Alone, so that no other test meets the limit.
        let caught = try SimpleRuntime.exclusively {
            try? SimpleRuntime.limitHeap(to: 64 << 20)
            defer { try? SimpleRuntime.limitHeap(to: .max) }
            return panic { _ = try grow() }
        }
        #expect(try caught.get()?.code == "P017")
    }

    @Test func concurrentRunsTakeTurns() async throws {
        let module = try load("static mut n: i64 = 0\nfor i in 0..1000:\n    n = n + i\nprintln(n)\n")
        let entry = try module.entryPoint()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { (try? entry.runCapturing().output.text) == "499500\n" } }
            for await right in group { #expect(right) }
        }
    }
}

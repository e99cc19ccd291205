import Diagnostics
import Foundation
import Support
import Syntax

/// A parsed text with what tests ask about it.
struct Parsed: Sendable {
    let tree: SyntaxTree
    let text: String
    let diagnostics: [Diagnostic]
    let source: SourceFile
    /// What parsing took of the thread, if `onKnownStack` did it.
    var cpuSeconds = 0.0

    init(_ source: String) { self.init(bytes: Array(source.utf8)) }

    init(bytes: [UInt8]) {
        let file = SourceFile(path: "test.simple", bytes: bytes)
        var interner = Interner()
        var list = DiagnosticList()
        tree = parse(file, file: FileID(0), interner: &interner, diagnostics: &list)
        text = printSyntax(tree, interner)
        diagnostics = list.sorted()
        self.source = file
    }

    /// `code line:column` of each diagnostic.
    var places: [String] {
        diagnostics.map {
            let place = source.lineAndColumn(of: $0.primary.span.start)
            return "\($0.code) \(place.line):\(place.column)"
        }
    }
    var codes: [String] { diagnostics.map(\.code.text) }
    var messages: String {
        diagnostics.map { d in
            let place = source.lineAndColumn(of: d.primary.span.start)
            return "\(d.code) \(place.line):\(place.column) \(d.message) \(d.helps)"
        }.joined(separator: "\n")
    }
}

extension Parsed {
    /// Parses on a thread of known stack size: half of a main thread's usual 8 MiB must do.
    ///
    /// Unoptimised code keeps every temporary in memory of its own and needs many times as much.
    static func onKnownStack(_ source: String) async -> Parsed {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                func now() -> Double {
                    var time = timespec()
                    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
                    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
                }
                let start = now()
                var parsed = Parsed(source)
                parsed.cpuSeconds = now() - start
                continuation.resume(returning: parsed)
            }
            #if DEBUG
                thread.stackSize = 64 << 20
            #else
                thread.stackSize = 4 << 20
            #endif
            thread.start()
        }
    }
}

/// Deterministic pseudo-random numbers (splitmix64).
struct Generator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ n: Int) -> Int { Int(next() % UInt64(n)) }
}

internal import CPlatform
internal import Glibc

/// Time and memory that the stages took, for `--time`.
package struct Timing: Sendable {
    /// One stage.
    package struct Row: Sendable {
        package var name: String
        package var nanoseconds: UInt64
        package init(name: String, nanoseconds: UInt64) {
            self.name = name
            self.nanoseconds = nanoseconds
        }
    }
    package private(set) var rows: [Row] = []
    /// Source lines of all modules.
    package var lineCount = 0

    package init() {}

    /// Nanoseconds of a clock that never goes back.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Adds the time since `start` to the row of `stage`.
    package mutating func add(_ stage: String, since start: UInt64) {
        add(Row(name: stage, nanoseconds: Timing.now() - start))
    }
    /// Adds the time of `row` to the row of the same name.
    package mutating func add(_ row: Row) {
        for i in rows.indices where rows[i].name == row.name {
            rows[i].nanoseconds += row.nanoseconds
            return
        }
        rows.append(row)
    }

    /// Sum of the rows.
    package var totalNanoseconds: UInt64 { rows.reduce(0) { $0 + $1.nanoseconds } }

    /// Peak resident memory of this process in KiB.
    package static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }

    /// The table: one row per stage with its share, then total, lines per second and peak memory.
    package var report: String {
        let total = max(totalNanoseconds, 1)
        var text = ""
        for row in rows {
            text += Timing.pad(row.name, 10, left: false) + Timing.milliseconds(row.nanoseconds, 10) + " ms "
            text += Timing.pad("\(row.nanoseconds * 100 / total)", 4) + " %\n"
        }
        let rate = UInt64(lineCount) * 1_000_000_000 / total
        text += Timing.pad("total", 10, left: false) + Timing.milliseconds(total, 10) + " ms"
        text += "  \(lineCount) lines, \(rate) lines/s, peak memory \(Timing.peakMemory) KiB\n"
        return text
    }

    /// The table as one JSON object, for the benchmark harness.
    package var json: String {
        let stages = rows.map { "\"\($0.name)\": \($0.nanoseconds)" }.joined(separator: ", ")
        return
            "{\"stages_ns\": {\(stages)}, \"total_ns\": \(totalNanoseconds), \"lines\": \(lineCount), \"peak_kib\": \(Timing.peakMemory)}\n"
    }

    private static func pad(_ text: String, _ width: Int, left: Bool = true) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.utf8.count))
        return left ? blanks + text : text + blanks
    }
    private static func milliseconds(_ nanoseconds: UInt64, _ width: Int) -> String {
        let microseconds = nanoseconds / 1000
        var fraction = "\(microseconds % 1000)"
        while fraction.utf8.count < 3 { fraction = "0" + fraction }
        return pad("\(microseconds / 1000).\(fraction)", width)
    }
}

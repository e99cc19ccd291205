internal import CPlatform
internal import Glibc

/// Time and memory that the stages took, for `--time`.
package struct Timing: Sendable {
    /// One stage.
    package struct Row: Sendable {
        package var name: String
        /// Nanoseconds that passed, and that this process was computing.
        package var nanoseconds: UInt64
        package var cpuNanoseconds: UInt64
        package init(name: String, nanoseconds: UInt64, cpuNanoseconds: UInt64) {
            self.name = name
            self.nanoseconds = nanoseconds
            self.cpuNanoseconds = cpuNanoseconds
        }
    }
    package private(set) var rows: [Row] = []
    /// Source lines of all modules.
    package var lineCount = 0

    package init() {}

    /// A point in time, in nanoseconds of two clocks that never go back: time that passes, and this process's CPU time.
    package struct Moment: Sendable {
        fileprivate var wall: UInt64
        fileprivate var cpu: UInt64
    }
    package static func now() -> Moment { Moment(wall: read(CLOCK_MONOTONIC), cpu: read(CLOCK_PROCESS_CPUTIME_ID)) }
    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Adds the time since `start` to the row of `stage`.
    package mutating func add(_ stage: String, since start: Moment) {
        add(stage, from: start, to: Timing.now())
    }
    /// Adds the time from `start` to `end` to the row of `stage`.
    package mutating func add(_ stage: String, from start: Moment, to end: Moment) {
        add(Row(name: stage, nanoseconds: end.wall - start.wall, cpuNanoseconds: end.cpu - start.cpu))
    }
    /// Adds the time of `row` to the row of the same name.
    package mutating func add(_ row: Row) {
        for i in rows.indices where rows[i].name == row.name {
            rows[i].nanoseconds += row.nanoseconds
            rows[i].cpuNanoseconds += row.cpuNanoseconds
            return
        }
        rows.append(row)
    }

    /// Sums of the rows.
    package var totalNanoseconds: UInt64 { rows.reduce(0) { $0 + $1.nanoseconds } }
    package var totalCPUNanoseconds: UInt64 { rows.reduce(0) { $0 + $1.cpuNanoseconds } }

    /// Peak resident memory of this process in KiB.
    package static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }

    /// The table: a row per stage with the time that passed, CPU time and its share; then totals, lines per second of
    /// CPU time, and peak memory.
    package var report: String {
        let total = max(totalCPUNanoseconds, 1)
        func row(_ name: String, _ wall: UInt64, _ cpu: UInt64) -> String {
            Timing.pad(name, 10, left: false) + Timing.milliseconds(wall, 10) + " ms" + Timing.milliseconds(cpu, 10)
                + " ms CPU"
        }
        var text = ""
        for stage in rows {
            text += row(stage.name, stage.nanoseconds, stage.cpuNanoseconds)
            text += Timing.pad("\(stage.cpuNanoseconds * 100 / total)", 4) + " %\n"
        }
        let rate = UInt64(lineCount) * 1_000_000_000 / total
        text += row("total", totalNanoseconds, total)
        text += "  \(lineCount) lines, \(rate) lines/s, peak memory \(Timing.peakMemory) KiB\n"
        return text
    }

    /// The table as one JSON object, for the benchmark harness.
    package var json: String {
        let stages = rows.map { "\"\($0.name)\": \($0.nanoseconds)" }.joined(separator: ", ")
        let cpu = rows.map { "\"\($0.name)\": \($0.cpuNanoseconds)" }.joined(separator: ", ")
        return
            "{\"stages_ns\": {\(stages)}, \"stages_cpu_ns\": {\(cpu)}, \"total_ns\": \(totalNanoseconds), \"total_cpu_ns\": \(totalCPUNanoseconds), \"lines\": \(lineCount), \"peak_kib\": \(Timing.peakMemory)}\n"
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

/// Gives the time to the stage that is at work, for stages that take turns.
struct StageClock {
    private var stage = ""
    private var start = Timing.now()

    /// `stage` goes on; the one before it, if any, pauses.
    mutating func enter(_ stage: String, _ timing: inout Timing) {
        leave(&timing)
        self.stage = stage
        CrashReport.stage(stage)
    }
    /// The stage at work pauses.
    mutating func leave(_ timing: inout Timing) {
        let now = Timing.now()
        if !stage.isEmpty { timing.add(stage, from: start, to: now) }
        start = now
        stage = ""
    }
}

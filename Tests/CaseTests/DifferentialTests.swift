import Glibc
import ProgramGenerator
import ProcessSupport
import Testing

/// Random programs: the interpreter on unoptimised MIR and native code must agree on output, status and panic.
///
/// `SIMPLE_FUZZ_SECONDS` sets the time budget (default 20), `SIMPLE_FUZZ_SEED` the first seed (default 1). Where `CI` is
/// set, the time is only the least: it goes on until `programsOfCI` are done. A program on which they disagree is saved
/// as a case under Cases/run/fuzz-SEED.case, to be replayed from then on.
@Suite struct DifferentialTests {
    /// How many programs each worker runs at least where `CI` is set.
    private static let programsOfCI = 1000

    @Test func sameSeedSameProgram() {
        var options = GeneratorOptions()
        options.hasModules = true
        #expect(generateProgram(seed: 7, options: options) == generateProgram(seed: 7, options: options))
        #expect(generateProgram(seed: 7) != generateProgram(seed: 8))
    }

    /// Two workers, as many as CI has cores; each takes every other seed.
    @Test(arguments: [0, 1])
    func interpreterAndNativeCodeAgree(worker: Int) {
        let seconds = Double(variable("SIMPLE_FUZZ_SECONDS") ?? 20)
        let first = UInt64(variable("SIMPLE_FUZZ_SEED") ?? 1)
        var seed = first + UInt64(worker)
        var done = 0
        let start = now()
        let needed = getenv("CI") == nil ? 1 : DifferentialTests.programsOfCI
        // However slow the machine is, the test ends; with too few programs it fails.
        while now() < start + seconds || done < needed && now() < start + 600 {
            var options = GeneratorOptions()
            // Tame programs are long, so that one process tests much; wild ones end at the first panic.
            options.isWild = seed % 4 == 0
            options.functionCount = options.isWild ? 4 : 12
            options.hasModules = seed % 5 == 0
            let program = generateProgram(seed: seed, options: options)
            if let failure = Differential.failure(of: program) {
                Differential.save(program, seed)
                Issue.record("seed \(seed): \(failure)")
                return
            }
            done += 1
            seed += 2
        }
        print("differential test: worker \(worker) ran \(done) programs")
        #expect(done >= needed, "\(done) programs in \(Int(now() - start)) s")
    }

    private func variable(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Runs one generated program both ways.
enum Differential {
    /// What went wrong with `program`; nil if both ways agree.
    static func failure(of program: GeneratedProgram) -> String? {
        let folder = TemporaryFolder()
        for file in program.files { folder.write(file.name, file.text) }
        let interpreted = ProcessRunner.run(
            Executables.simplec, ["interpret", "--no-optimize", "main.simple"], in: folder.path, timeout: 30)
        // A wild program may hold a constant that panics, which is an error of its own: nothing to compare.
        if interpreted.status == 1, interpreted.stderrText.contains("error[E0312]") { return nil }
        // Status 1: the program does not compile, 70: the compiler or interpreter is wrong.
        if interpreted.status == 70 || interpreted.status == 1 || interpreted.status > 127 {
            return "interpreter: status \(interpreted.status)\n\(interpreted.stderrText.prefix(2000))"
        }
        let native = ProcessRunner.run(Executables.simplec, ["main.simple"], in: folder.path, timeout: 30)
        if let difference = firstDifference(interpreted.stdoutText, native.stdoutText) {
            return "stdout differs (expected: interpreter, actual: native), \(difference)"
        }
        if interpreted.status != native.status {
            return "status \(interpreted.status) interpreted, \(native.status) native\n\(native.stderrText.prefix(800))"
        }
        let a = panicLines(interpreted), b = panicLines(native)
        return a == b ? nil : "panic differs: \(a) interpreted, \(b) native"
    }

    /// The message and position of a panic, behind any warnings.
    private static func panicLines(_ result: ProcessResult) -> [Substring] {
        let lines = result.stderrText.split(separator: "\n")
        guard let start = lines.firstIndex(where: { $0.hasPrefix("panic[") }) else { return [] }
        return Array(lines[start...].prefix(2))
    }

    /// Saves the program as a run case that expects what the interpreter prints.
    static func save(_ program: GeneratedProgram, _ seed: UInt64) {
        let folder = TemporaryFolder()
        for file in program.files { folder.write(file.name, file.text) }
        let result = ProcessRunner.run(
            Executables.simplec, ["interpret", "--no-optimize", "main.simple"], in: folder.path, timeout: 30)
        var text = program.files[0].text
        for file in program.files.dropFirst() { text += "--- file \(file.name)\n\(file.text)" }
        text += "--- run\n" + (result.status == 0 ? "" : "status \(result.status)\n") + "--- stdout\n\(result.stdoutText)"
        if let line = panicLines(result).first { text += "--- stderr\n\(line)\n" }
        FileText.write("\(CaseTests.folder)/run/fuzz-\(seed).case", Array(text.utf8))
    }
}

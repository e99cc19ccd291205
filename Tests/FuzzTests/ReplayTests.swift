import FuzzTargets
import Glibc
import SMF
import Testing

/// Replays what fuzzing has found (Fuzz/Crashes) and where it starts from (Fuzz/Corpora), and fuzzes a little.
@Suite struct ReplayTests {
    @Test(arguments: FuzzTarget.allCases)
    func savedInputsEndInAnAnswer(target: FuzzTarget) {
        var count = 0
        let seeds = target.readsModules ? "modules" : "sources"
        for folder in ["Fuzz/Corpora/\(seeds)", "Fuzz/Crashes/\(target.rawValue)"] {
            for name in Golden.list(folder) {
                target.run(Golden.read("\(folder)/\(name)"))
                count += 1
            }
        }
        #expect(count > 0, "\(target) has no corpus")
    }

    /// Inputs for bugs that were found by reading stay as they were made: with SIMPLE_UPDATE missing ones are written.
    @Test(arguments: FoundBugs.inputs.map(\.path))
    func inputsForFoundBugsAreSaved(path: String) throws {
        let module = try #require(FoundBugs.inputs.first { $0.path == path }?.module)
        let file = Golden.root + "/Fuzz/Crashes/" + path
        if getenv("SIMPLE_UPDATE") != nil, getenv("CI") == nil {
            let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL, 0o644)
            if descriptor >= 0 {
                module.withUnsafeBytes { #expect(write(descriptor, $0.baseAddress, $0.count) == $0.count) }
                close(descriptor)
            }
        }
        #expect(!Golden.read("Fuzz/Crashes/" + path).isEmpty)
    }

    /// A few thousand executions in each test run, always the same ones.
    @Test(arguments: FuzzTarget.allCases.filter(\.readsModules))
    func mutatedModulesEndInAnAnswer(target: FuzzTarget) {
        var mutator = SMFMutator(seed: 1)
        for round in 0..<1500 {
            var module = Golden.all[round % Golden.all.count].1
            for _ in 0..<(1 + round % 3) { mutator.mutate(&module, maximumSize: 1 << 16) }
            target.run(module)
        }
    }

    /// The mutator gets behind the checksums: a fair part of what it makes is sound, and most rules are met.
    @Test func theMutatorGetsBehindTheChecksums() {
        var mutator = SMFMutator(seed: 2)
        var rules: Set<SMFRule> = []
        var accepted = 0
        for round in 0..<6000 {
            var module = Golden.all[round % Golden.all.count].1
            mutator.mutate(&module, maximumSize: 1 << 16)
            module.withUnsafeBytes { bytes in
                do throws(SMFError) {
                    try SMFReader(bytes).validate()
                    accepted += 1
                } catch {
                    rules.insert(error.rule)
                }
            }
        }
        #expect(accepted > 200)
        #expect(rules.count > SMFRule.allCases.count / 2, "\(rules.count) of \(SMFRule.allCases.count)")
    }
}

import Driver
import Linker
import ProcessSupport
import ProgramGenerator
import Testing

/// Optimising and generating function by function, in batches, makes the same objects and images as one stage behind
/// the other, which is what happens when a text between the two is asked for.
@Suite struct FusionTests {
    /// What a compilation makes.
    private struct Output: Equatable {
        var objects: [[UInt8]] = []
        var names: [String] = []
        var image: [UInt8] = []
    }

    /// Compiles `main.simple` in `folder`; `nil` if it has errors.
    private func compile(in folder: TemporaryFolder, _ bytes: [UInt8], isFused: Bool, debugInfo: Bool) -> Output? {
        var options = CompileOptions()
        options.debugInfo = debugInfo
        if !isFused { options.emit = ["mir:optimized"] }
        var output = Output()
        // Linking consumes the objects.
        for stage in ["generate", "link"] {
            options.stopAfter = stage
            var compilation = Compilation(rootPath: folder.path + "/main.simple", bytes: bytes, options: options)
            Pipeline.run(&compilation)
            if compilation.hasFailed { return nil }
            if isFused != compilation.emitted.isEmpty { return nil }
            if stage == "link" {
                output.image = compilation.image
            } else {
                output.objects = compilation.objects.map(\.bytes)
                output.names = compilation.objects.map(\.name)
            }
        }
        return output
    }

    /// What differs for the program in `folder`; `nil` if nothing does.
    private func difference(in folder: TemporaryFolder, _ text: String, debugInfo: Bool) -> String? {
        let bytes = Array(text.utf8)
        guard let fused = compile(in: folder, bytes, isFused: true, debugInfo: debugInfo),
            let unfused = compile(in: folder, bytes, isFused: false, debugInfo: debugInfo)
        else { return "does not compile" }
        if fused.objects.isEmpty || fused.image.isEmpty { return "makes nothing" }
        if fused == unfused { return nil }
        let changed = zip(fused.names, zip(fused.objects, unfused.objects)).filter { $1.0 != $1.1 }.map(\.0)
        return "differs in \(changed.isEmpty ? "the image" : changed.joined(separator: ", "))"
    }

    @Test func runCasesAreTheSameEitherWay() throws {
        var count = 0
        for name in CaseTests.names where name.hasPrefix("run/") {
            let file = try #require(CaseFile(path: CaseTests.folder + "/" + name))
            let folder = TemporaryFolder()
            for (name, text) in file.files { folder.write(name, text) }
            count += 1
            if let difference = difference(in: folder, file.program, debugInfo: count % 2 == 0) {
                Issue.record("\(name): \(difference)")
            }
        }
        #expect(count > 150)
    }

    @Test func randomProgramsAreTheSameEitherWay() {
        for seed in 1...60 as ClosedRange<UInt64> {
            var options = GeneratorOptions()
            options.functionCount = 12
            options.hasModules = seed % 3 == 0
            let program = generateProgram(seed: seed, options: options)
            let folder = TemporaryFolder()
            for file in program.files { folder.write(file.name, file.text) }
            if let difference = difference(in: folder, program.files[0].text, debugInfo: seed % 2 == 0) {
                Issue.record("seed \(seed): \(difference)")
            }
        }
    }
}

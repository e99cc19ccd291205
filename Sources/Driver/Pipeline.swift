// The one table of stages (Docs/architecture.md): `--emit`, `--stop-after`, `--time`, and the sections of case files come from it.
//
// A stage is a row: its name, its work, the texts that it can show, and the slow checks of its output that run in
// debug builds, in tests and under `--paranoid`. Reading a program's way from bytes to an image means reading
// `Pipeline.stages` from top to bottom.

internal import Codegen
internal import Diagnostics
internal import HIR
internal import Linker
internal import Lowering
internal import MIR
internal import SMF
internal import Support
internal import Syntax

/// One row of the table.
package struct Stage: Sendable {
    /// The verb: `parse`, `check`, …
    package let name: String
    /// The texts that exist once the stage has run.
    package let sections: [String]
    /// The work. Stages that time their parts themselves say so.
    let run: @Sendable (inout Compilation) -> Void
    /// Appends the texts that were asked for to `emitted`.
    let print: @Sendable (inout Compilation) -> Void
    /// Appends violations of the stage's promises to `bugs`; runs when verification is on.
    let verify: @Sendable (inout Compilation) -> Void
    /// `run` fills several rows of the timing table.
    var timesItself = false
}

/// The stages in order.
package enum Pipeline {
    package static let stages: [Stage] = [
        // Source bytes of the root and of all that it imports -> trees.
        Stage(
            name: "parse", sections: ["tokens", "ast"], run: { $0.loadModules() },
            print: { $0.printSyntaxTexts() }, verify: { _ in }, timesItself: true),
        // Trees -> a program in which every name is resolved and every expression typed.
        Stage(
            name: "check", sections: ["hir"], run: { $0.checkProgram() },
            print: { $0.printProgram() }, verify: { _ in }),
        // Program -> one MIR module per source module.
        Stage(
            name: "lower", sections: ["mir"], run: { $0.lowerModules() },
            print: { $0.printMIR("mir") }, verify: { $0.verifyModules(after: "lower") }),
        // MIR -> object modules, for modules whose MIR is what it was when the object was made.
        Stage(
            name: "reuse", sections: [], run: { $0.reuseObjects() },
            print: { _ in }, verify: { _ in }),
        // MIR -> better MIR. If nobody looks, the next stage does this, function by function. `mir:PASS` shows the modules
        // behind a pass, `mir:optimized` behind all.
        Stage(
            name: "optimize", sections: passSections + ["mir:optimized"],
            run: { $0.optimizeModules() }, print: { $0.printMIR("mir:optimized") },
            verify: { $0.verifyModules(after: "optimize") }, timesItself: true),
        // MIR -> object modules.
        Stage(
            name: "generate", sections: ["asm"], run: { $0.generateObjects() },
            print: { $0.printObjects() }, verify: { $0.verifyObjects() }, timesItself: true),
        // Object modules -> the image.
        Stage(
            name: "link", sections: ["smf"], run: { $0.linkImage() },
            print: { $0.printImage() }, verify: { $0.verifyImage() }),
    ]

    /// `mir:PASS` for each pass, in the order of its first run.
    private static var passSections: [String] {
        var names: [String] = []
        for pass in Pass.pipeline where !names.contains("mir:" + pass.name) { names.append("mir:" + pass.name) }
        return names
    }

    /// Link name of the program's entry function, which `lower` makes in the root's module.
    static let entrySymbolName = "simple.main"

    /// Link name of the function that runs a program's initialisers only; programs with exports have it.
    static let initializeSymbolName = "simple.initialize"

    /// Every name that `--emit` accepts.
    package static var sections: [String] { stages.flatMap(\.sections) }

    /// Runs the stages until one fails, the one after which to stop, or the last.
    package static func run(_ compilation: inout Compilation) {
        let verify = compilation.options.paranoid || isDebugBuild
        for stage in stages {
            CrashReport.stage(stage.name)
            let start = Timing.now()
            stage.run(&compilation)
            if !stage.timesItself { compilation.timing.add(stage.name, since: start) }
            // A tree exists, and helps, also when there are errors.
            let failed = stage.name == "parse" ? compilation.hasSyntaxErrors : compilation.hasFailed
            if stage.name == "parse" || !failed { stage.print(&compilation) }
            if failed {
                compilation.failedStage = stage.name
                return
            }
            if verify {
                let start = Timing.now()
                stage.verify(&compilation)
                compilation.timing.add("verify", since: start)
                if !compilation.bugs.isEmpty {
                    compilation.failedStage = stage.name
                    return
                }
            }
            if stage.name == compilation.options.stopAfter { return }
        }
    }

    private static var isDebugBuild: Bool {
        var result = false
        assert(
            {
                result = true
                return true
            }())
        return result
    }
}

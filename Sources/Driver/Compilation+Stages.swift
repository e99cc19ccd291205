import Codegen
import Diagnostics
import HIR
import Linker
import Lowering
import MIR
import SMF
import Support
import Syntax

// What the rows of `Pipeline.stages` do with a compilation.

extension Compilation {
    mutating func printSyntaxTexts() {
        guard wants("tokens") || wants("ast"), let parsed else { return }
        for module in parsed.modules {
            if wants("tokens") {
                emitted.append(("tokens", printTokens(sources[module.tree.file])))
            }
            if wants("ast") { emitted.append(("ast", printSyntax(module.tree, interner: interner))) }
        }
    }

    mutating func checkProgram() {
        // The trees are given away: whatever the checker no longer needs is freed while it works.
        guard let input = parsed.take() else { return }
        program = check(input, interner: &interner, diagnostics: &diagnostics)
    }

    mutating func lowerModules() {
        guard var checked = program.take() else { return }
        checked.sources = recordedSources
        for index in checked.modules.indices {
            modules.append(lower(&checked, module: ModuleID(index)))
        }
    }

    mutating func printMIR(_ section: String) {
        guard wants(section) else { return }
        emitted.append((section, modules.map { MIR.printMIR($0) }.joined(separator: "\n")))
    }

    mutating func verifyModules(_ stage: String) {
        for module in modules {
            for problem in verify(module) { bugs.append("after \(stage), module \(module.name): \(problem)") }
        }
    }

    mutating func optimizeModules() {
        if !options.optimize { return }
        var passTexts: [(String, String)] = []
        let wanted = options.emit.filter { $0.hasPrefix("mir:") }
        for index in modules.indices {
            optimize(&modules[index], options: OptimizeOptions())
        }
        _ = wanted
        emitted += passTexts.map { (section: $0.0, text: $0.1) }
        passTexts = []
    }

    mutating func generateObjects() {
        for index in modules.indices {
            let bytes = generate(modules[index], options: CodegenOptions())
            objects.append(LinkInput(bytes: bytes, name: modules[index].name))
        }
        if !wants("asm") { modules = [] }
    }

    mutating func printAssembly() {}

    mutating func verifyObjects() {}

    mutating func linkImage() {
        do {
            image = try link(objects, options: LinkOptions(entry: "simple_start"))
        } catch {
            bugs.append("link: \(error)")
        }
    }

    mutating func printImage() {}

    mutating func verifyImage() {}
}

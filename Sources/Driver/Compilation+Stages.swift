internal import Codegen
internal import Diagnostics
internal import HIR
internal import Linker
internal import Lowering
internal import MIR
internal import SMF
internal import Support
internal import Syntax

// What the rows of `Pipeline.stages` do with a compilation.

extension Compilation {
    /// Reads and parses the root and everything it imports.
    mutating func loadModules() {
        var loader = ModuleLoader(rootPath: rootPath)
        loader.load(rootPath, bytes: rootBytes, interner: &interner, diagnostics: &diagnostics)
        rootBytes = []
        hasSyntaxErrors = loader.hasSyntaxErrors
        for row in loader.timing.rows { timing.add(row) }
        timing.lineCount = loader.timing.lineCount
        sources = loader.sources
        recordedSources = loader.recordedSources()
        parsed = CheckInput(sources: sources, modules: loader.modules, root: 0)
    }

    mutating func printSyntaxTexts() {
        guard wants("tokens") || wants("ast"), let parsed else { return }
        for module in parsed.modules {
            if wants("tokens") {
                let file = module.tree.file
                emitted.append(("tokens", printTokens(sources[file], file: file, interner: &interner)))
            }
            if wants("ast") { emitted.append(("ast", printSyntax(module.tree, interner))) }
        }
    }

    mutating func checkProgram() {
        // The trees are given away: what the checker no longer needs is freed while it works.
        guard let input = parsed.take() else { return }
        let checked = check(input, interner: &interner, diagnostics: &diagnostics)
        sources = checked.sources
        program = checked
    }

    mutating func printProgram() {
        guard wants("hir"), var program else { return }
        // The checker keeps the names that running programs show; people want those of variables too.
        for function in program.functions {
            for local in function.body?.locals ?? [] { program.names[local.name] = interner.string(local.name) }
        }
        emitted.append(("hir", printHIR(program)))
    }

    mutating func lowerModules() {
        guard var checked = program.take() else { return }
        // Files that the checker added, the prelude's, keep their places behind ours.
        var shown = recordedSources
        for file in checked.sources.files.dropFirst(shown.files.count) { shown.add(file) }
        checked.sources = shown
        moduleFiles = checked.modules.map { shown[$0.file] }
        for index in checked.modules.indices { modules.append(lower(&checked, module: ModuleID(index))) }
    }

    mutating func printMIR(_ section: String) {
        guard wants(section) else { return }
        for module in modules where !module.functions.isEmpty || !module.data.isEmpty {
            emitted.append((section, MIRPrinter.print(module)))
        }
    }

    mutating func verifyModules(after stage: String) {
        for module in modules {
            for violation in MIRVerifier.verify(module) {
                bugs.append("after \(stage), module \(module.name): \(violation)")
            }
        }
    }

    /// Whether functions go on to `generate` as soon as they are optimised. Otherwise, somebody looks in between.
    private var fusesGeneration: Bool {
        options.optimize && !options.paranoid && !options.emit.contains { $0.hasPrefix("mir:") }
            && options.stopAfter != "optimize"
    }

    mutating func optimizeModules() {
        if !options.optimize || fusesGeneration { return }
        // Filled by the passes of one module at a time, on this thread.
        final class Texts: @unchecked Sendable { var list: [(section: String, text: String)] = [] }
        let texts = Texts()
        let wanted = options.emit.filter { $0.hasPrefix("mir:") }
        var passOptions = OptimizeOptions(verify: options.paranoid)
        if !wanted.isEmpty {
            passOptions.afterPass = { name, module in
                if wanted.contains("mir:" + name), !module.functions.isEmpty { texts.list.append(("mir:" + name, MIRPrinter.print(module))) }
            }
        }
        let start = Timing.now()
        for index in modules.indices { optimize(&modules[index], options: passOptions) }
        timing.add("optimize", since: start)
        emitted += texts.list
    }

    /// Fills the row `optimize` of the timing table too, if that is done here.
    mutating func generateObjects() {
        var codegenOptions = CodegenOptions()
        codegenOptions.toolchainID = Version.toolchainID
        codegenOptions.verify = options.paranoid
        // Without passes, functions are done at once.
        let passOptions = OptimizeOptions(level: fusesGeneration ? 1 : 0)
        var clock = StageClock()
        for index in modules.indices {
            codegenOptions.sourceHash = sourceHash(of: index)
            var generator = ObjectGenerator(modules[index], options: codegenOptions)
            if fusesGeneration { clock.enter("optimize", &timing) }
            optimize(&modules[index], options: passOptions) { module, range in
                clock.enter("generate", &timing)
                for i in range {
                    generator.add(module.functions[i])
                    module.functions[i].dropBody()
                }
                if range.upperBound < module.functions.count { clock.enter("optimize", &timing) }
            }
            objects.append(LinkInput(bytes: generator.finish(), name: modules[index].name))
        }
        clock.leave(&timing)
        modules = []
    }

    /// Digest of the source of module `index`.
    private func sourceHash(of index: Int) -> UInt64 {
        moduleFiles[index].bytes.withUnsafeBytes { xxh64($0) }
    }

    mutating func printObjects() {
        guard wants("asm") else { return }
        for object in objects { emitted.append(("asm", Disassembly.text(of: object.bytes))) }
    }

    mutating func verifyObjects() {
        for object in objects {
            if let problem = ModuleInspector.problem(with: object.bytes) {
                bugs.append("generate: module \(object.name): \(problem)")
            }
        }
    }

    mutating func linkImage() {
        do {
            image = try link(objects, options: LinkOptions(entry: Pipeline.entrySymbolName))
        } catch {
            for problem in error.problems { bugs.append("link: \(problem)") }
        }
        objects = []
    }

    mutating func printImage() {
        if wants("smf") { emitted.append(("smf", ModuleInspector.describe(image).text)) }
    }

    mutating func verifyImage() {
        if let problem = ModuleInspector.problem(with: image) { bugs.append("link: \(problem)") }
    }
}

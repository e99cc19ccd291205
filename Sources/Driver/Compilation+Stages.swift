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
        loader.load(rootPath, bytes: rootBytes, stamp: rootStamp, interner: &interner, diagnostics: &diagnostics)
        rootBytes = []
        hasSyntaxErrors = loader.hasSyntaxErrors
        for row in loader.timing.rows { timing.add(row) }
        timing.lineCount = loader.timing.lineCount
        sources = loader.sources
        recordedSources = loader.recordedSources()
        probes = loader.probes
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
        moduleInterfaces = checked.modules.map { $0.interface }
        if options.makesObject {
            cInterface = CInterface(checked, ownFileCount: recordedSources.files.count)
            // What runs on `…_init` is the top level: C has a main of its own.
            checked.main = nil
        }
        var linkNames = LinkNameTable()
        for index in checked.modules.indices {
            let (module, description) = lowerDescribed(&checked, module: ModuleID(index), &linkNames)
            modules.append(module)
            moduleDescriptions.append(description)
        }
        if let value = checked.oversizedValue { refuse(value) }
    }

    /// Reports a value that lowering cannot take apart.
    private mutating func refuse(_ value: OversizedValue) {
        let span = SourceSpan(start: value.position, end: value.position + 1)
        diagnostics.error(
            "E0305", "a value of this type has too many parts: more than \(maximumParts)",
            at: Label(file: value.file, span: span, message: "values are copied part by part"),
            helps: ["hold the parts in an array, which is copied as one reference"])
    }

    mutating func printMIR(_ section: String) {
        guard wants(section) else { return }
        for module in modules where !module.functions.isEmpty || !module.data.isEmpty {
            emitted.append((section, MIRPrinter.print(module)))
        }
    }

    mutating func verifyModules(after stage: String) {
        for module in modules {
            let violations = MIRVerifier.verify(module)
            for violation in violations { bugs.append("after \(stage), module \(module.name): \(violation)") }
            // The text form of a sound module says all that it shows, in a form that can be read back.
            if violations.isEmpty, let problem = textProblem(module) {
                bugs.append("after \(stage), module \(module.name): \(problem)")
            }
        }
    }

    /// What is wrong with the text form of `module`: it cannot be parsed, or another text comes of it.
    private func textProblem(_ module: MIRModule) -> String? {
        let text = MIRPrinter.print(module, options: .positions)
        do throws(MIRParseError) {
            let again = MIRPrinter.print(try MIRTextParser.parse(text), options: .positions)
            if again == text { return nil }
            let lines = zip(text.split(separator: "\n"), again.split(separator: "\n"))
            guard let (line, other) = lines.first(where: { $0 != $1 }) else { return "its text, read back, ends elsewhere" }
            return "its text, read back, has `\(other)` in place of `\(line)`"
        } catch {
            return "its text cannot be read back: \(error)"
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
        prepareCodegen()
        // Without passes, functions are done at once.
        let passOptions = OptimizeOptions(level: fusesGeneration ? 1 : 0)
        var clock = StageClock()
        for index in modules.indices {
            if let object = reusedObject(index) {
                objects.append(LinkInput(bytes: object, name: modules[index].name))
                continue
            }
            var generator = ObjectGenerator(modules[index], options: codegenOptions[index])
            if fusesGeneration { clock.enter("optimize", &timing) }
            optimize(&modules[index], options: passOptions) { module, range in
                clock.enter("generate", &timing)
                for i in range {
                    generator.add(module.functions[i])
                    module.functions[i].dropBody()
                }
                if range.upperBound < module.functions.count { clock.enter("optimize", &timing) }
            }
            let bytes = generator.finish()
            objects.append(LinkInput(bytes: bytes, name: modules[index].name))
            if index < objectKeys.count, let key = objectKeys[index] { newObjects.append((key, bytes)) }
        }
        clock.leave(&timing)
        modules = []
    }

    /// Decides what `generate` gets besides the modules.
    mutating func prepareCodegen() {
        if codegenOptions.count == modules.count { return }
        var common = CodegenOptions()
        common.toolchainID = Version.toolchainID(optimize: options.optimize, debugInfo: options.debugInfo)
        common.verify = options.paranoid
        common.debugInfo = options.debugInfo
        let abiHashes = moduleInterfaces.map { text in text.isEmpty ? 0 : text.withUnsafeBytes { xxh64($0) } }
        for index in modules.indices {
            var own = common
            own.sourceHash = sourceHash(of: index)
            own.description = objectDescription(of: index, abiHashes)
            codegenOptions.append(own)
        }
    }

    /// Digest of the source of module `index`.
    private func sourceHash(of index: Int) -> UInt64 {
        moduleFiles[index].bytes.withUnsafeBytes { xxh64($0) }
    }

    /// What the object module of module `index` says of itself. `abiHashes` are those of all modules.
    private func objectDescription(of index: Int, _ abiHashes: [UInt64]) -> ObjectDescription {
        var result = ObjectDescription()
        result.interface = moduleInterfaces[index]
        result.version = Version.text(optimize: options.optimize, module: modules[index].name)
        let description = moduleDescriptions[index]
        result.types = description.types.map {
            ObjectDescription.TypeEntry(
                name: $0.name, kind: $0.kind.typeInfoKind, size: $0.size, alignment: $0.alignment,
                layoutHash: $0.layoutHash)
        }
        result.dataTypes = description.globalTypes
        // The prelude is no file: it comes with the compiler, which `toolchain_id` names.
        if result.interface.isEmpty { return result }
        let file = moduleFiles[index]
        result.dependencies.append(
            ObjectDescription.Dependency(
                kind: .source, name: file.path, size: UInt64(file.bytes.count),
                digest: file.bytes.withUnsafeBytes { sha256($0) }))
        for used in description.usedModules where abiHashes[used.index] != 0 {
            result.dependencies.append(
                ObjectDescription.Dependency(
                    kind: .module, name: modules[used.index].name, size: 0, digest: SMFDigest(abiHashes[used.index])))
        }
        return result
    }

    mutating func printObjects() {
        guard wants("asm") else { return }
        for object in objects {
            do throws(Disassembler.Failure) {
                emitted.append(("asm", try ModuleInspector.assembly(object.bytes)))
            } catch {
                emitted.append(("asm", "(\(error.message))\n"))
                return
            }
        }
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
            if let cInterface {
                object = try linkObject(
                    objects,
                    options: ObjectOptions(
                        entry: Pipeline.entrySymbolName, exports: cInterface.exports, programName: cInterface.programName))
                objects = []
                return
            }
            image = try link(
                objects,
                options: LinkOptions(
                    entry: Pipeline.entrySymbolName, optionalRoots: [Pipeline.initializeSymbolName],
                    version: Version.text(optimize: options.optimize), symbolHash: true))
        } catch {
            linkProblems = error.problems
            for problem in error.problems { bugs.append("link: \(problem)") }
        }
        objects = []
    }

    mutating func printImage() {
        if wants("smf") { emitted.append(("smf", smfText(image))) }
    }

    mutating func verifyImage() {
        if options.makesObject { return }
        if let problem = ModuleInspector.problem(with: image) { bugs.append("link: \(problem)") }
    }
}

extension TypeKind {
    /// How section TypeInfo calls types of this kind.
    fileprivate var typeInfoKind: TypeInfoKind {
        switch self {
        case .bool: .bool
        case .char: .character
        case .i8, .i16, .i32, .i64: .signedInteger
        case .u8, .u16, .u32, .u64: .unsignedInteger
        case .f32, .f64: .float
        case .str: .string
        case .tuple: .tuple
        case .array: .array
        case .range: .range
        case .option: .option
        case .function: .function
        case .structure: .structure
        case .error, .never, .nilType, .parameter, .variable: .other
        }
    }
}

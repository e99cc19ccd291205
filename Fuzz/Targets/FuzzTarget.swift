import CPlatform
import Diagnostics
import HIR
import Linker
import Loader
import SMF
import Support
import Syntax

/// What fuzzing and the replay of saved inputs run: one function per part that reads bytes from outside. Each ends in
/// an answer for any bytes; what must hold of the answer is checked with `precondition`, so that a violation is a crash.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case reader, validator, loader, inspector, linker, lexer, parser, checker

    /// Whether inputs are modules, which `SMFMutator` changes with care.
    package var readsModules: Bool {
        switch self {
        case .reader, .validator, .loader, .inspector, .linker: true
        case .lexer, .parser, .checker: false
        }
    }

    /// Runs the target on `bytes`.
    package func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .reader: runReader(bytes)
        case .validator: runValidator(bytes)
        case .loader: runLoader(bytes)
        case .inspector: runInspector(bytes)
        case .linker: runLinker(bytes)
        case .lexer: runLexer(bytes)
        case .parser: runParser(bytes)
        case .checker: runChecker(bytes)
        }
    }

    /// Runs the target on `bytes`.
    package func run(_ bytes: [UInt8]) { bytes.withUnsafeBytes { run($0) } }
}

/// A value whose computation must not be optimised away.
@inline(never) private func use<Value>(_ value: Value) { withExtendedLifetime(value) {} }

// MARK: - Modules

/// Every accessor of a reader, of modules that were not validated.
private func runReader(_ bytes: UnsafeRawBufferPointer) {
    guard let reader = try? SMFReader(bytes) else { return }
    var sum: UInt64 = 0
    for i in 0..<reader.sectionCount {
        sum &+= reader.section(i).offset
        for byte in reader.payload(ofSection: i).prefix(4096) { sum &+= UInt64(byte) }
        switch reader.section(i).kind {
        case .reloc:
            let relocations = reader.relocations(ofSection: i)
            for k in 0..<relocations.count { sum &+= relocations[k].offset }
        case .imports:
            for k in 0..<reader.importCount(ofSection: i) { sum &+= reader.importEntry(k, ofSection: i).slot }
        case .srcMap:
            if let map = try? SourceMapView(reader.payload(ofSection: i)) { sum &+= lookUp(map, reader) }
        case .typeInfo:
            if let view = try? TypeInfoView(reader.payload(ofSection: i)) {
                for k in 0..<view.count { sum &+= UInt64(view[k].name) }
            }
        case .deps:
            if let view = try? SMFDependencyView(reader.payload(ofSection: i)) {
                for k in 0..<view.count { sum &+= view[k].size }
            }
        case .version: use(VersionText.value(of: "target", in: reader.payload(ofSection: i)))
        case .interface: use(InterfaceText.moduleName(reader.payload(ofSection: i)))
        default: break
        }
        sum &+= reader.section(holding: sum, size: 8)?.size ?? 0
    }
    for i in 0..<reader.symbolCount {
        let symbol = reader.symbol(i)
        if let name = reader.string(at: symbol.nameOffset, limit: 64), name.count < 64 {
            sum &+= UInt64(reader.exportedSymbol(named: name) ?? 0)
        }
    }
    use(sum)
}

private func lookUp(_ map: SourceMapView, _ reader: SMFReader) -> UInt64 {
    var sum: UInt64 = 0
    for i in 0..<min(map.functionCount, 64) {
        let function = map.function(i)
        for distance in [0, 1, UInt64(function.size)] {
            guard var frames = map.lookup(UInt64(function.start) + distance) else { continue }
            while let frame = frames.next() { sum &+= UInt64(reader.string(at: frame.name, limit: 64)?.count ?? 0) }
        }
    }
    return sum
}

/// Validation, and what must hold of a module that passes it.
private func runValidator(_ bytes: UnsafeRawBufferPointer) {
    let reader: SMFReader
    do throws(SMFError) {
        reader = try SMFReader(bytes)
        try reader.validate()
    } catch {
        use(error.utf8Text())
        return
    }
    do throws(SMFError) { try reader.validateForLoading() } catch { preconditionFailure("\(error)") }
    for i in (reader.symbolCount - Int(reader.header.exportedCount))..<reader.symbolCount {
        guard let name = reader.string(at: reader.symbol(i).nameOffset) else { preconditionFailure("no name") }
        precondition(reader.exportedSymbol(named: name) == i, "an exported symbol is not found")
    }
    for i in 0..<reader.sectionCount where reader.section(i).kind == .srcMap {
        guard let map = try? SourceMapView(reader.payload(ofSection: i)) else { preconditionFailure("no map") }
        use(lookUp(map, reader))
    }
    runReader(bytes)
}

/// Loading up to the first instruction: mapping, protection, binding. Nothing of the module runs.
private func runLoader(_ bytes: UnsafeRawBufferPointer) {
    let descriptor = simple_memory_file("fuzz")
    precondition(descriptor >= 0)
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count, let base = bytes.baseAddress {
        let count = write(descriptor, base + written, bytes.count - written)
        precondition(count > 0)
        written += count
    }
    guard let image = try? load(descriptor, at: 0, size: bytes.count, registers: false) else { return }
    precondition(image.entry >= UnsafeRawPointer(image.base) && image.entry < UnsafeRawPointer(image.base + image.span))
    munmap(image.base, image.span)
}

/// The text and JSON forms of whatever it is, bounded by the size of the input.
private func runInspector(_ bytes: UnsafeRawBufferPointer) {
    let text = smfText(bytes)
    let json = smfJSON(bytes)
    let limit = 4096 + bytes.count * 1024
    precondition(text.utf8.count < limit && json.utf8.count < limit, "the answer is larger than the file suggests")
    precondition(!json.utf8.dropLast().contains { $0 < 0x20 }, "a control character in JSON")
}

/// A link of the module alone and with one that wants what it may define; what is linked must be sound.
private func runLinker(_ bytes: UnsafeRawBufferPointer) {
    let input = LinkInput(bytes: Array(bytes), name: "input")
    for entry in ["simple.main", "main"] {
        for inputs in [[input], [input, input]] {
            do throws(LinkFailure) {
                let image = try link(inputs, options: LinkOptions(entry: entry, symbolHash: true))
                image.withUnsafeBytes { image in
                    do throws(SMFError) {
                        try SMFReader(image).validate()
                    } catch {
                        preconditionFailure("the linked image is refused: \(error)")
                    }
                }
            } catch {
                precondition(!error.problems.isEmpty)
                use(error.description)
            }
        }
    }
}

// MARK: - Sources

private func runLexer(_ bytes: UnsafeRawBufferPointer) {
    var interner = Interner()
    var diagnostics = DiagnosticList()
    let source = SourceFile(path: "fuzz.simple", bytes: Array(bytes))
    let tokens = tokenize(source, file: FileID(rawValue: 0), interner: &interner, diagnostics: &diagnostics)
    precondition(tokens.tokens.last?.kind == .endOfFile)
    var end: UInt32 = 0
    for token in tokens.tokens {
        precondition(token.start <= token.end && token.end <= UInt32(bytes.count), "a token outside the file")
        end = max(end, token.end)
    }
}

/// Parses; returns what checking needs.
private func parsed(_ bytes: UnsafeRawBufferPointer, _ interner: inout Interner, _ list: inout DiagnosticList) -> CheckInput {
    var sources = SourceMap()
    let source = SourceFile(path: "fuzz.simple", bytes: Array(bytes))
    let file = sources.add(source)
    let tree = parse(source, file: file, interner: &interner, diagnostics: &list)
    var module = ModuleSource(path: "main", tree: tree)
    // There are no other modules.
    if tree.root.exists {
        for item in tree.elements(tree[tree.root].listA) where tree[item].kind == .importDeclaration || tree[item].kind == .moduleDeclaration {
            module.imports[item] = .failed
        }
    }
    return CheckInput(sources: sources, modules: [module], root: 0)
}

private func render(_ diagnostics: DiagnosticList, _ sources: SourceMap) {
    use(TextRenderer(usesColor: false).render(diagnostics, sources))
    use(JSONRenderer().render(diagnostics, sources))
}

private func runParser(_ bytes: UnsafeRawBufferPointer) {
    var interner = Interner()
    var list = DiagnosticList()
    let input = parsed(bytes, &interner, &list)
    use(printSyntax(input.modules[0].tree, interner))
    render(list, input.sources)
}

private func runChecker(_ bytes: UnsafeRawBufferPointer) {
    var interner = Interner()
    var list = DiagnosticList()
    let input = parsed(bytes, &interner, &list)
    if list.hasErrors { return }
    let program = check(input, interner: &interner, diagnostics: &list)
    render(list, program.sources)
    if !list.hasErrors { use(printHIR(program)) }
}

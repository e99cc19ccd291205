// What other modules can rely on, as text: the Interface section of an object module, whose digest is its `abi_hash`
// (Docs/smf.md, "Interface"). An importer needs compiling again only if this text changed.
//
// One line per item, sorted by bytes, so that moving a definition changes nothing that an importer could notice. Where
// an importer's code contains ours (bodies of generic and of inline functions, default values), the line has a digest
// of everything that decides what that code does: source text, its place in the file (panics show it), and what its
// names mean. Start reading at `interfaceText(of:)`.

internal import Support
internal import Syntax

extension Checker {
    /// The interface of module `index` of a program without errors.
    func interfaceText(of index: Int) -> [UInt8] {
        var writer = InterfaceWriter(checker: self, module: index)
        return writer.write()
    }
}

/// A 64-bit digest of words and texts: the same on every machine and in every run.
struct StableHash {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    /// Adds a number.
    mutating func add(_ word: UInt64) {
        // Multiplication moves differences up, the shift brings them down again (the finaliser of MurmurHash3).
        state = (state ^ word) &* 0xFF51_AFD7_ED55_8CCD
        state ^= state >> 33
    }
    /// Adds a number.
    mutating func add(_ word: some BinaryInteger) { add(UInt64(truncatingIfNeeded: word)) }
    /// Adds bytes and their count.
    mutating func add(_ bytes: some Sequence<UInt8>) {
        var word: UInt64 = 0
        var count = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 {
                add(word)
                word = 0
            }
        }
        add(word)
        add(count)
    }
    /// Adds a text.
    mutating func add(_ text: String) { add(text.utf8) }
    var value: UInt64 {
        var result = state &* 0xC4CE_B9FE_1A85_EC53
        result ^= result >> 33
        return result
    }
    /// The digest in 16 hexadecimal digits.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension HIRProgram {
    /// Digest of the make-up of `type`, down to the fields of all structs that a value can hold: equal digests mean
    /// that values of one can be taken for values of the other. Field names are those in `names`.
    package func layoutHash(of type: TypeID) -> UInt64 {
        var hash = StableHash()
        addLayout(type, to: &hash)
        return hash.value
    }

    fileprivate func addLayout(_ type: TypeID, to hash: inout StableHash) {
        var queue: [StructID] = []
        addShallow(type, to: &hash, &queue)
        addStructs(&queue, to: &hash)
    }

    /// Adds the fields of the structs in `queue` and of those that they mention, each struct once.
    fileprivate func addStructs(_ queue: inout [StructID], to hash: inout StableHash) {
        var next = 0
        while next < queue.count {
            let info = structs[queue[next].index]
            next += 1
            hash.add(modules[info.module.index].path)
            hash.add(info.name)
            for (name, type) in zip(info.fieldNames, info.fieldTypes) {
                hash.add(names[name] ?? "")
                addShallow(type, to: &hash, &queue)
            }
        }
    }

    private func addShallow(_ type: TypeID, to hash: inout StableHash, _ queue: inout [StructID]) {
        hash.add(types.kind(type).rawValue)
        switch types.kind(type) {
        case .structure:
            let id = StructID(rawValue: types.payload(type))
            hash.add(modules[structs[id.index].module.index].path)
            hash.add(structs[id.index].name)
            if !queue.contains(id) { queue.append(id) }
        case .parameter: hash.add(types.payload(type))
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str,
            .tuple, .array, .range, .option, .function, .variable:
            break
        }
        hash.add(types.count(type))
        for i in 0..<types.count(type) { addShallow(types.argument(type, i), to: &hash, &queue) }
    }
}

/// Writes the interface of one module.
private struct InterfaceWriter {
    let checker: Checker
    let module: Int
    var lines: [String] = []

    init(checker: Checker, module: Int) {
        self.checker = checker
        self.module = module
    }

    mutating func write() -> [UInt8] {
        let state = checker.modules[module]
        for i in checker.constants.indices where checker.constants[i].module == module { addConstant(i) }
        for id in checker.program.modules[module].globals { addGlobal(id) }
        for id in checker.structRecords.indices where checker.structRecords[id].module == module { addStruct(id) }
        for id in checker.program.modules[module].functions { addFunction(id) }
        for i in checker.aliases.indices where checker.aliases[i].module == module { addAlias(i) }
        for i in 0..<state.importNames.count {
            let binding = state.imports[state.importNames.values[i]]
            if binding.isReexport { lines.append("use \(checker.text(state.importNames.names[i])) = \(describe(binding.target))") }
        }
        for glob in state.exportedGlobs { lines.append("use * = \(checker.modules[glob].path)") }
        lines.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        // A file's name may hold anything, a line feed included.
        var text: [UInt8] = Array("module ".utf8) + state.path.utf8.map { $0 < 0x20 ? 0x3F : $0 } + [0x0A]
        for line in lines {
            text.append(contentsOf: line.utf8)
            text.append(0x0A)
        }
        return text
    }

    private func isPublic(_ name: NameID) -> Bool { checker.modules[module].publicNames.contains(name) }

    private func describe(_ target: ImportTarget) -> String {
        switch target {
        case .module(let index): checker.modules[index].path
        case .item(let index, let name): "\(checker.modules[index].path).\(checker.text(name))"
        case .failed: "?"
        }
    }

    // MARK: Items

    private mutating func addConstant(_ i: Int) {
        let record = checker.constants[i]
        guard isPublic(record.name), let value = record.value else { return }
        lines.append("const \(checker.text(record.name)): \(spell(record.type)) = \(spell(value))")
    }

    private mutating func addGlobal(_ id: GlobalID) {
        let info = checker.program.globals[id.index]
        let record = checker.globalRecords[id.index]
        guard isPublic(record.name) else { return }
        lines.append(
            "global \(info.name): \(spell(info.type)) layout \(layoutHash(of: info.type))"
                + (record.isMutable ? " mutable" : "") + (info.needsFlag ? " checked" : ""))
    }

    private mutating func addStruct(_ id: Int) {
        let record = checker.structRecords[id]
        let info = checker.program.structs[id]
        var line = isPublic(record.name) ? "struct " : "private struct "
        line += info.name + typeParameters(info.typeParameterCount, record.typeParameters) + (record.isMutable ? " mutable" : "") + " {"
        for (i, name) in info.fieldNames.enumerated() where i < info.fieldTypes.count {
            line += i == 0 ? " " : ", "
            line += "\(checker.text(name)): \(spell(info.fieldTypes[i]))"
            if i < record.fieldNodes.count {
                let node = checker.modules[module].tree[record.fieldNodes[i]]
                if DefinitionFlags(rawValue: node.flags).contains(.isPrivate) { line += " private" }
                line += defaultText(node.nodeC)
            }
        }
        line += " } layout \(structHash(StructID(id)))"
        lines.append(line)
    }

    private mutating func addFunction(_ id: FunctionID) {
        let record = checker.functionRecords[id.index]
        let info = checker.program.functions[id.index]
        let isVisible = record.owner == nil ? isPublic(record.name) : !record.isPrivate
        // Code of importers contains the bodies of generic functions, also of private ones that public ones call.
        let hasBody = info.typeParameterCount > 0 || info.inlineHint == 1
        guard isVisible || hasBody else { return }
        var line = isVisible ? "fn " : "private fn "
        line += info.name + typeParameters(info.typeParameterCount, record.typeParameters) + "("
        for (i, parameter) in record.parameters.enumerated() {
            if i > 0 { line += ", " }
            if parameter.isMutable { line += "mut " }
            line += checker.text(parameter.name) + (parameter.isRest ? "..." : "") + ": "
            line += i < info.parameterTypes.count ? spell(info.parameterTypes[i]) : spell(parameter.type)
            line += defaultText(parameter.defaultNode)
        }
        line += ") -> \(spell(info.resultType))"
        if record.isStatic, record.owner != nil { line += " static" }
        if info.mutatesSelf { line += " mutates" }
        if info.inlineHint == 1 { line += " inline" }
        var layouts = StableHash()
        for type in info.parameterTypes { checker.program.addLayout(type, to: &layouts) }
        checker.program.addLayout(info.resultType, to: &layouts)
        line += " layout \(layouts.text)"
        if hasBody { line += " body \(bodyHash(id))" }
        lines.append(line)
    }

    private mutating func addAlias(_ i: Int) {
        let record = checker.aliases[i]
        guard let type = record.type else { return }
        let name = checker.modules[module].tree[record.node].nameA
        if isPublic(name) { lines.append("type \(checker.text(name)) = \(spell(type)) layout \(layoutHash(of: type))") }
    }

    private func typeParameters(_ count: Int, _ records: [TypeParameterRecord]) -> String {
        if count == 0 { return "" }
        let parts = (0..<count).map { i in
            i < records.count && !records[i].bounds.isEmpty
                ? "T\(i): \(records[i].bounds.map { checker.text($0) }.joined(separator: " + "))" : "T\(i)"
        }
        return "[\(parts.joined(separator: ", "))]"
    }

    /// ` = digest` of a default value, which is evaluated in the caller's code.
    private func defaultText(_ node: NodeID) -> String {
        if !node.exists { return "" }
        let n = checker.modules[module].tree[node]
        var hash = StableHash()
        addPlace(n.span, &hash)
        switch n.kind {
        case .intLiteral, .floatLiteral, .boolLiteral, .nilLiteral, .stringLiteral, .charLiteral: break
        default:
            // It may name anything in the module.
            hash.add(checker.program.sources[checker.modules[module].file].bytes)
        }
        return " = \(hash.text)"
    }

    // MARK: Types

    /// The spelling of `type` with the module in front of struct names.
    private func spell(_ type: TypeID) -> String {
        let types = checker.program.types
        func list(_ range: Range<Int>) -> String { range.map { spell(types.argument(type, $0)) }.joined(separator: ", ") }
        switch types.kind(type) {
        case .structure:
            let info = checker.program.structs[Int(types.payload(type))]
            let path = checker.modules[Int(info.module.rawValue)].path
            return "\(path).\(info.name)" + (types.count(type) > 0 ? "[\(list(0..<types.count(type)))]" : "")
        case .tuple: return "(\(list(0..<types.count(type)))\(types.count(type) == 1 ? ",)" : ")")"
        case .array: return "[\(list(0..<1))]"
        case .range: return "Range[\(list(0..<1))]"
        case .option: return "Option[\(list(0..<1))]"
        case .function:
            let count = types.count(type) - 1
            return "fn(\(list(0..<count))) -> \(spell(types.argument(type, count)))"
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str,
            .parameter, .variable:
            return checker.program.typeName(type)
        }
    }

    private func spell(_ value: ConstantValue) -> String {
        switch value {
        case .int(let bits, let type):
            return checker.program.types.isSigned(type) ? "\(Int64(bitPattern: bits))" : "\(bits)"
        case .float(let number, _): return "f64:\(String(number.bitPattern, radix: 16))"
        case .bool(let flag): return "\(flag)"
        case .char(let scalar): return "u+\(String(scalar, radix: 16))"
        case .string(let bytes):
            var text = "\""
            for byte in bytes {
                if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x7F {
                    text += "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
                } else {
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                }
            }
            return text + "\""
        case .nilValue: return "nil"
        case .none: return "None"
        case .some(let payload): return "Some(\(spell(payload)))"
        case .tuple(let parts): return "(\(parts.map { spell($0) }.joined(separator: ", ")))"
        case .structure(let parts): return "{ \(parts.map { spell($0) }.joined(separator: ", ")) }"
        }
    }

    private func layoutHash(of type: TypeID) -> String {
        var hash = StableHash()
        checker.program.addLayout(type, to: &hash)
        return hash.text
    }

    private func structHash(_ id: StructID) -> String {
        var hash = StableHash()
        var queue = [id]
        checker.program.addStructs(&queue, to: &hash)
        return hash.text
    }

    // MARK: Bodies

    /// Adds source text and its place in the file, which panics in that code show.
    private func addPlace(_ span: SourceSpan, _ hash: inout StableHash) {
        let source = checker.program.sources[checker.modules[module].file]
        let line = source.lineIndex(of: span.start)
        hash.add(line)
        hash.add(Int(span.start) - Int(source.lineStarts[line]))
        let start = min(Int(span.start), source.bytes.count)
        hash.add(source.bytes[start..<max(start, min(Int(span.end), source.bytes.count))])
    }

    /// Digest of all that decides what a copy of the function's code does.
    private func bodyHash(_ id: FunctionID) -> String {
        var hash = StableHash()
        hash.add(checker.program.functions[id.index].inlineHint)
        addPlace(checker.modules[module].tree[checker.functionRecords[id.index].node].span, &hash)
        guard let body = checker.program.functions[id.index].body else { return hash.text }
        // The text decides the shape; what is left is what the names in it mean.
        var seenTypes: [TypeID: UInt64] = [:]
        func add(type: TypeID) {
            if let known = seenTypes[type] { return hash.add(known) }
            var own = StableHash()
            checker.program.addLayout(type, to: &own)
            seenTypes[type] = own.value
            hash.add(own.value)
        }
        for expr in body.exprs {
            hash.add(UInt64(expr.kind.rawValue) | UInt64(expr.flags) << 8 | UInt64(expr.op) << 16)
            add(type: expr.type)
            switch expr.kind {
            case .call:
                let callee = checker.program.functions[Int(expr.a)]
                hash.add(checker.modules[Int(callee.module.rawValue)].path)
                hash.add(callee.name)
                for type in callee.parameterTypes { add(type: type) }
                add(type: callee.resultType)
                let list = HIRList(rawValue: expr.c)
                for i in 0..<body.count(list) { add(type: TypeID(rawValue: body.raw(list, i))) }
            case .global:
                let global = checker.program.globals[Int(expr.a)]
                hash.add(checker.modules[Int(global.module.rawValue)].path)
                hash.add(global.name)
                hash.add(global.needsFlag ? 1 : 0)
                add(type: global.type)
            case .stringConstant: hash.add(checker.program.stringContents(expr.a))
            case .intConstant, .floatConstant, .boolConstant, .charConstant:
                hash.add(UInt64(expr.a) | UInt64(expr.b) << 32)
            case .error, .nilConstant, .noneConstant, .local, .storeLocal, .assign, .compoundAssign, .bind, .unary,
                .binary, .compare, .logicalAnd, .logicalOr, .coalesce, .contains, .makeSome, .cast, .builtin,
                .deferredMethod, .deferredField, .makeTuple, .tupleElement, .makeStruct, .field, .makeArray, .spread,
                .index, .slice, .sliceByRange, .makeRange, .interpolate, .format, .block, .if, .matches, .match,
                .while, .loop, .for, .break, .continue, .return, .tryOption, .setExitValue:
                break
            }
        }
        for pattern in body.patterns {
            hash.add(pattern.kind.rawValue)
            add(type: pattern.type)
        }
        for local in body.locals { add(type: local.type) }
        return hash.text
    }
}

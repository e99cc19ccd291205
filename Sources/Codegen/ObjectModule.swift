internal import MIR
internal import RuntimeABI
internal import SMF
internal import Support

// Puts machine code, constants, data, symbols, relocations and the source map into an SMF object module.

/// Where the code of a function came to lie.
struct GeneratedFunction {
    var symbol: SymbolID
    var scopes: [InlineScope]
    /// Byte offset in the code.
    var start: UInt32
    var size: UInt32
    /// Its calls: a range of `FunctionGenerator.callSites`.
    var firstCall: UInt32
    var callCount: UInt32
    /// Where its positions begin: a range of `FunctionGenerator.statementSites`.
    var firstStatement: UInt32
    var statementCount: UInt32
}

/// An object module being put together.
struct ObjectModule {
    /// Without its functions.
    let module: MIRModule
    let options: CodegenOptions
    var functions: ContiguousArray<GeneratedFunction> = []
    private var writer: SMFWriter
    /// Index in the object of each MIR symbol; `.max`: not mentioned yet.
    private var symbolIndices: ContiguousArray<UInt32>
    private var positions = PositionFinder()

    init(module: MIRModule, options: CodegenOptions) {
        self.module = module
        self.options = options
        writer = SMFWriter(flags: .positionIndependent, cpuFeatures: options.cpuFeatures)
        writer.setSourceHash(options.sourceHash)
        writer.setToolchainID(options.toolchainID)
        writer.setRuntimeABI(options.runtimeABI)
        // Two more for the panic entries, which the module need not name.
        symbolIndices = ContiguousArray(repeating: .max, count: module.symbols.count + 2)
    }

    /// Writes everything; returns the object module's bytes.
    mutating func finish(_ generator: inout FunctionGenerator) -> [UInt8] {
        let text = writer.addCode(
            copying: UnsafeRawBufferPointer(start: generator.code.base, count: generator.code.count))
        for function in functions {
            define(function.symbol, .function, section: text, value: UInt64(function.start), size: UInt64(function.size))
        }
        let pool = addData(generator.constants.bytes)
        addCodeRelocations(generator, text, pool)
        addDescription()
        addSourceMap(generator)
        return writer.emit()
    }

    private mutating func addDescription() {
        var globals: [String: UInt32] = [:]
        if !options.description.dataTypes.isEmpty {
            for object in module.data where symbolIndices[object.symbol.index] != .max {
                globals[module[object.symbol].name] = symbolIndices[object.symbol.index]
            }
        }
        options.description.add(to: &writer) { globals[$0] }
    }

    // MARK: Symbols

    private mutating func define(_ symbol: SymbolID, _ type: SMFSymbolType, section: UInt32, value: UInt64, size: UInt64) {
        let binding: SMFBinding =
            switch module[symbol].linkage {
            case .local: .local
            case .global: .global
            case .weak: .weak
            }
        symbolIndices[symbol.index] = writer.addSymbol(
            name: module[symbol].name, type: type, binding: binding, section: section + 1, value: value, size: size)
    }

    /// The object's index of a MIR symbol; one that this module doesn't define is added as undefined on first use.
    private mutating func index(of symbol: UInt32, panicTrap: UInt32) -> UInt32 {
        let known = symbolIndices[Int(symbol)]
        if known != .max { return known }
        var name: String
        var type = SMFSymbolType.function
        if Int(symbol) < module.symbols.count {
            name = module.symbols[Int(symbol)].name
            if module.symbols[Int(symbol)].kind == .data { type = .data }
        } else {
            let entry: RuntimeFunction = symbol == panicTrap ? .panicTrap : .panicIndex
            name = "\(entry.entry.name)"
        }
        let index = writer.addUndefinedSymbol(name: name, type: type)
        symbolIndices[Int(symbol)] = index
        return index
    }

    // MARK: Data

    /// Adds the data objects and the constant pool; returns the pool's symbol.
    private mutating func addData(_ constants: ContiguousArray<UInt8>) -> UInt32 {
        var readOnly = constants
        var writable: ContiguousArray<UInt8> = []
        var zeroed = 0
        var offsets: ContiguousArray<Int> = []
        offsets.reserveCapacity(module.data.count)
        var alignment: [UInt64] = [16, 8, 8]
        for object in module.data {
            let part = Int(object.section.rawValue)
            alignment[part] = max(alignment[part], UInt64(object.alignment))
            switch object.section {
            case .readOnly: offsets.append(ObjectModule.append(object, to: &readOnly))
            case .writable: offsets.append(ObjectModule.append(object, to: &writable))
            case .zeroed:
                zeroed = (zeroed + object.alignment - 1) / object.alignment * object.alignment
                offsets.append(zeroed)
                zeroed += object.size
            }
        }
        var sections: [UInt32] = [0, 0, 0]
        if !readOnly.isEmpty { sections[0] = writer.addData(readOnly, readOnly: true, alignment: alignment[0]) }
        if !writable.isEmpty { sections[1] = writer.addData(writable, readOnly: false, alignment: alignment[1]) }
        if module.data.contains(where: { $0.section == .zeroed }) {
            sections[2] = writer.addBSS(size: UInt64(zeroed), alignment: alignment[2])
        }
        for (i, object) in module.data.enumerated() {
            define(
                object.symbol, .data, section: sections[Int(object.section.rawValue)], value: UInt64(offsets[i]),
                size: UInt64(object.size))
        }
        for (i, object) in module.data.enumerated() {
            for address in object.addresses {
                writer.addRelocation(
                    section: sections[Int(object.section.rawValue)], offset: UInt64(offsets[i] + address.offset),
                    symbol: index(of: address.symbol.rawValue, panicTrap: .max), type: .abs64, addend: address.addend)
            }
        }
        if constants.isEmpty { return .max }
        return writer.addSymbol(
            name: "\(module.name).$constants", type: .constant, binding: .local, section: sections[0] + 1, value: 0,
            size: UInt64(constants.count))
    }

    private static func append(_ object: DataObject, to bytes: inout ContiguousArray<UInt8>) -> Int {
        let rest = bytes.count % object.alignment
        if rest != 0 { bytes.append(contentsOf: repeatElement(0, count: object.alignment - rest)) }
        let offset = bytes.count
        bytes.append(contentsOf: object.bytes)
        if object.size > object.bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: object.size - object.bytes.count))
        }
        return offset
    }

    private mutating func addCodeRelocations(_ generator: borrowing FunctionGenerator, _ text: UInt32, _ pool: UInt32) {
        let count = generator.code.relocations.count
        writer.reserveRelocations(count)
        for i in 0..<count {
            let relocation = generator.code.relocations[i]
            if relocation.symbol & Memory.constantPoolBit != 0 {
                writer.addRelocation(
                    section: text, offset: UInt64(relocation.offset), symbol: pool, type: .pc32,
                    addend: relocation.addend + Int64(relocation.symbol & ~Memory.constantPoolBit))
            } else {
                writer.addRelocation(
                    section: text, offset: UInt64(relocation.offset),
                    symbol: index(of: relocation.symbol, panicTrap: generator.panicTrapSymbol),
                    type: relocation.type == 4 ? .gotPcRel : .pc32, addend: relocation.addend)
            }
        }
    }

    // MARK: Source map

    private mutating func addSourceMap(_ generator: borrowing FunctionGenerator) {
        var map = SourceMapBuilder()
        map.entries.reserveCapacity(generator.callSites.count + generator.statementSites.count)
        if options.debugInfo { writer.insertFlags(.debugInfo) }
        /// Index in the map of each file of the compilation.
        var files = ContiguousArray<UInt32>(repeating: .max, count: module.sources.files.count)
        /// Inline rows of the function's scopes, 0: not made yet.
        var inlines: ContiguousArray<UInt32> = []

        func mapFile(_ file: FileID) -> UInt32 {
            if files[file.index] == .max {
                files[file.index] = map.addFile(name: writer.addString(module.sources[file].path))
            }
            return files[file.index]
        }
        func inlineRow(_ scopes: [InlineScope], _ scope: Int) -> UInt32 {
            if scope == 0 { return 0 }
            if inlines[scope] != 0 { return inlines[scope] }
            let parent = Int(scopes[scope].parent)
            let outer = inlineRow(scopes, parent)
            let file = scopes[parent].file
            let (line, column) = positions.find(scopes[scope].callPosition, in: module.sources[file], file)
            inlines[scope] = map.addInline(
                SourceMapInline(
                    name: writer.addString(scopes[scope].name), callFile: mapFile(file), callLine: line,
                    callColumn: column, parent: outer))
            return inlines[scope]
        }

        /// Where the function itself calls what `scope` is inlined from.
        func outermostCall(_ scopes: [InlineScope], _ scope: UInt32) -> UInt32 {
            var scope = Int(scope)
            while Int(scopes[scope].parent) != 0 { scope = Int(scopes[scope].parent) }
            return scopes[scope].callPosition
        }

        for function in functions {
            let scopes = function.scopes
            let symbolID = function.symbol
            let symbol = symbolIndices[symbolID.index]
            let name =
                scopes[0].name == module.symbols[symbolID.index].name
                ? writer.nameOffset(ofSymbol: symbol) : writer.addString(scopes[0].name)
            map.beginFunction(symbol: symbol, start: function.start, size: function.size, name: name)
            if scopes.count > 1 {
                inlines.removeAll(keepingCapacity: true)
                inlines.append(contentsOf: repeatElement(0, count: scopes.count))
            }
            // Modules made without sources (tests, tools) have functions in the map, but no positions.
            if scopes.contains(where: { $0.file.index >= files.count }) { continue }
            var statement = Int(function.firstStatement)
            let statementEnd = statement + Int(function.statementCount)
            var lastStatement = SourceMapEntry(codeOffset: 0, file: .max, line: 0, column: 0)
            func addStatements(before end: UInt32) {
                while statement < statementEnd, generator.statementSites[statement].codeOffset < end {
                    let site = generator.statementSites[statement]
                    statement += 1
                    let file = scopes[Int(site.scope)].file
                    let (line, column) = positions.find(site.position, in: module.sources[file], file)
                    let entry = SourceMapEntry(
                        codeOffset: site.codeOffset - function.start, file: mapFile(file), line: line, column: column,
                        inline: inlineRow(scopes, Int(site.scope)), isStatement: true)
                    if lastStatement.file == .max {
                        addEntryPoint(site.scope == 0 ? site.position : outermostCall(scopes, site.scope))
                    } else if entry.line == lastStatement.line, entry.file == lastStatement.file,
                        entry.inline == lastStatement.inline
                    {
                        continue
                    }
                    map.addEntry(entry)
                    lastStatement = entry
                }
            }
            /// The prologue is a row of its own: breakpoints on functions go to the second.
            func addEntryPoint(_ position: UInt32) {
                let file = scopes[0].file
                let (line, column) = positions.find(position, in: module.sources[file], file)
                map.addEntry(
                    SourceMapEntry(codeOffset: 0, file: mapFile(file), line: line, column: column, isStatement: true))
            }
            for i in Int(function.firstCall)..<Int(function.firstCall + function.callCount) {
                let call = generator.callSites[i]
                addStatements(before: call.codeOffset)
                let file = scopes[Int(call.scope)].file
                let (line, column) = positions.find(call.position, in: module.sources[file], file)
                map.addEntry(
                    SourceMapEntry(
                        codeOffset: call.codeOffset - function.start, file: mapFile(file), line: line, column: column,
                        inline: inlineRow(scopes, Int(call.scope))))
            }
            addStatements(before: .max)
        }
        writer.setSourceMap(map)
    }
}

/// Finds lines and columns; fast for positions near the one asked for before.
struct PositionFinder {
    private var file = FileID(rawValue: .max)
    /// Index of the line, and the positions of its first byte and of the next line's.
    private var line = 0
    private var start: UInt32 = 0
    private var end: UInt32 = 0
    /// The position asked for last, and its column.
    private var last: UInt32 = 0
    private var lastColumn: UInt32 = 1

    /// Line and column of `position`, from 1.
    mutating func find(_ position: UInt32, in source: SourceFile, _ id: FileID) -> (line: UInt32, column: UInt32) {
        if id != file || position < start || position >= end {
            moveLine(position, source, isNext: id == file && position >= end)
            file = id
            start = source.lineStarts[line]
            end = line + 1 < source.lineStarts.count ? source.lineStarts[line + 1] : .max
            last = start
            lastColumn = 1
            if line == 0, source.bytes.count >= 3, source.bytes[0] == 0xEF, source.bytes[1] == 0xBB,
                source.bytes[2] == 0xBF
            {
                last = 3
            }
        } else if position < last {
            let (line, column) = source.lineAndColumn(of: position)
            return (UInt32(line), UInt32(column))
        }
        let stop = min(Int(position), source.bytes.count)
        source.bytes.withUnsafeBufferPointer { bytes in
            var i = Int(last)
            var column = lastColumn
            while i < stop {
                if bytes[i] & 0xC0 != 0x80 { column += 1 }
                i += 1
            }
            lastColumn = column
        }
        last = max(last, UInt32(truncatingIfNeeded: stop))
        return (UInt32(line + 1), lastColumn)
    }

    private mutating func moveLine(_ position: UInt32, _ source: SourceFile, isNext: Bool) {
        if isNext {
            // Positions mostly ascend: try the next lines first.
            for _ in 0..<8 {
                line += 1
                let next = line + 1 < source.lineStarts.count ? source.lineStarts[line + 1] : .max
                if line >= source.lineStarts.count { break }
                if position < next { return }
            }
        }
        line = source.lineIndex(of: position)
    }
}

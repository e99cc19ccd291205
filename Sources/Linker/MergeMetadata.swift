import SMF
import Support

// Part of phase 4: the symbol table, string table, source map, type information, interface, dependencies and version
// text of the image, from those of the modules.

/// The image's metadata before addresses are known.
struct Metadata {
    var symbols = SMFSymbolTable()
    /// For each of `symbols`, its index among all symbols of the link; `.max` for an import.
    var symbolSources: ContiguousArray<UInt32> = []
    /// Index in `symbols` of each imported name, by index in `LinkState.globals`.
    var importSymbols = IndexMap<UInt32>()
    /// How many address slots are imports.
    var slotImportCount = 0
    /// Functions start at their offset in the image's code section.
    var sourceMap = SourceMapBuilder()
    var types: ContiguousArray<TypeInfo> = []
    /// For each type name in order of appearance, the first of `types` with that name.
    var typesByName: ContiguousArray<UInt32> = []
    var version: ContiguousArray<UInt8> = []
    var interface: ContiguousArray<UInt8> = []
    var dependencies: ContiguousArray<SMFDependency> = []
}

/// New offsets of the strings that one module's kept parts use. Open addressing, cleared per module.
private struct StringMap {
    private var keys: ContiguousArray<UInt32> = ContiguousArray(repeating: .max, count: 16)
    private var values: ContiguousArray<UInt32> = ContiguousArray(repeating: 0, count: 16)
    private var count = 0
    /// Bytes of strings that may still be copied. Strings may share bytes, but copies don't.
    private var budget = 0
    /// More was to be copied than a module can want that shares bytes for a reason; the offsets are not to be used.
    private(set) var isExhausted = false

    /// Forgets everything and makes room for about `wanted` strings out of a string table of `size` bytes.
    mutating func reset(count wanted: Int, tableSize: UInt64) {
        budget = Int(tableSize) * 4
        isExhausted = false
        var size = keys.count
        while size < wanted * 2 { size *= 2 }
        count = 0
        if size > keys.count {
            keys = ContiguousArray(repeating: .max, count: size)
            values = ContiguousArray(repeating: 0, count: size)
        } else {
            for i in keys.indices { keys[i] = .max }
        }
    }

    /// The new offset of the string at `offset` of `object`, which is copied on first use.
    mutating func map(_ offset: UInt32, _ object: LinkedObject, _ table: inout SMFSymbolTable) -> UInt32 {
        if offset == 0 || isExhausted { return 0 }
        var bucket = home(offset)
        while keys[bucket] != .max {
            if keys[bucket] == offset { return values[bucket] }
            bucket = (bucket + 1) & (keys.count - 1)
        }
        let name = nameBytes(object.name(at: offset))
        budget -= name.count
        if budget < 0 {
            isExhausted = true
            return 0
        }
        let new = table.addString(name)
        keys[bucket] = offset
        values[bucket] = new
        count += 1
        if count * 2 > keys.count { grow() }
        return new
    }

    private func home(_ offset: UInt32) -> Int {
        // Fibonacci hashing: offsets are far from random.
        Int(truncatingIfNeeded: (UInt64(offset) &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1)
    }

    private mutating func grow() {
        let (oldKeys, oldValues) = (keys, values)
        keys = ContiguousArray(repeating: .max, count: oldKeys.count * 2)
        values = ContiguousArray(repeating: 0, count: oldKeys.count * 2)
        for (key, value) in zip(oldKeys, oldValues) where key != .max {
            var bucket = home(key)
            while keys[bucket] != .max { bucket = (bucket + 1) & (keys.count - 1) }
            keys[bucket] = key
            values[bucket] = value
        }
    }
}

extension LinkState {
    /// Collects what the image says about the live atoms.
    mutating func mergeMetadata() -> Metadata {
        var result = Metadata()
        var strings = StringMap()
        var files = NameTable(capacity: objects.count)
        var types = NameTable(capacity: 0)
        for object in objects {
            do throws(SMFError) {
                try merge(object, &files, &types, &strings, &result)
                if strings.isExhausted {
                    problems.append(.malformed(module: object.name, reason: "too many of its strings share bytes"))
                }
            } catch {
                problems.append(.refused(module: object.name, error: error))
            }
        }
        addImports(&result)
        result.sourceMap.sort()
        mergeVersion(&result)
        return result
    }

    /// Adds what one module says.
    private func merge(
        _ object: LinkedObject, _ files: inout NameTable, _ types: inout NameTable, _ strings: inout StringMap,
        _ result: inout Metadata
    ) throws(SMFError) {
        let reader = object.reader
        let isLive = atoms[object.atoms].contains { $0.isLive }
        let typeSection = reader.firstSection(.typeInfo)
        let dependencySection = reader.firstSection(.deps)
        if let section = reader.firstSection(.interface) {
            result.interface.append(contentsOf: reader.payload(ofSection: section))
        }
        if !isLive && typeSection == nil && dependencySection == nil { return }
        strings.reset(count: reader.symbolCount * 2 + 64, tableSize: reader.header.stringTableSize)
        if let dependencySection {
            let view = try SMFDependencyView(
                reader.payload(ofSection: dependencySection), at: reader.section(dependencySection).offset)
            mergeDependencies(view, object, &strings, &result)
        }
        var typeIDs: ContiguousArray<UInt32> = []
        if let typeSection {
            let view = try TypeInfoView(
                reader.payload(ofSection: typeSection), at: reader.section(typeSection).offset)
            typeIDs = mergeTypes(view, object, &types, &strings, &result)
        }
        if !isLive { return }
        addSymbols(object, typeIDs, &strings, &result)
        if let section = reader.firstSection(.srcMap) {
            let view = try SourceMapView(reader.payload(ofSection: section), at: reader.section(section).offset)
            mergeSourceMap(view, object, &files, &strings, &result)
        }
    }

    /// The image is made from the module's sources and from the module itself. What the module says of other modules
    /// was checked when names were resolved; they are here with entries of their own.
    private func mergeDependencies(
        _ view: SMFDependencyView, _ object: LinkedObject, _ strings: inout StringMap, _ result: inout Metadata
    ) {
        for i in 0..<view.count {
            var entry = view[i]
            if entry.kind == SMFDependencyKind.module.rawValue { continue }
            entry.name = strings.map(entry.name, object, &result.symbols)
            entry.modificationTime = 0
            result.dependencies.append(entry)
        }
        guard let name = object.interfaceName else { return }
        let offset = name.withMemoryRebound(to: UInt8.self) { result.symbols.addString($0) }
        result.dependencies.append(
            SMFDependency(
                kind: .module, name: offset, size: object.reader.header.fileSize,
                digest: SMFDependency.digest(of: object.reader.header)))
    }

    /// Keeps the symbols of live functions, and those of live data that other modules can name.
    private func addSymbols(
        _ object: LinkedObject, _ typeIDs: ContiguousArray<UInt32>, _ strings: inout StringMap,
        _ result: inout Metadata
    ) {
        for i in 0..<object.reader.symbolCount {
            let flat = object.firstSymbol + i
            var symbol = object.reader.symbol(i)
            if symbol.isUndefined { continue }
            if symbolAtom[flat] == .max {
                if !symbol.isAbsolute || symbol.isLocal { continue }
            } else {
                if !atoms[Int(symbolAtom[flat])].isLive { continue }
                // A string literal's label says nothing to anybody.
                if symbol.isLocal && !symbol.isFunction { continue }
                // What follows a function in its module need not follow it in the image.
                symbol.size = min(symbol.size, atoms[Int(symbolAtom[flat])].size - symbolOffset[flat])
            }
            // A definition that lost to another module's is not the symbol any more.
            if !symbol.isLocal, definition(of: flat) != flat { continue }
            symbol.nameOffset = strings.map(symbol.nameOffset, object, &result.symbols)
            symbol.typeID =
                symbol.typeID > 0 && Int(symbol.typeID) <= typeIDs.count ? typeIDs[Int(symbol.typeID) - 1] + 1 : 0
            _ = result.symbols.add(symbol)
            result.symbolSources.append(UInt32(truncatingIfNeeded: flat))
        }
    }

    /// One undefined symbol for each imported name that a slot or a data word wants.
    private func addImports(_ result: inout Metadata) {
        func add(_ global: UInt32) {
            if result.importSymbols[global] != nil { return }
            let name = nameBytes(globalNames.names[Int(global)])
            let offset = result.symbols.addString(name)
            let symbol = SMFSymbol(
                nameOffset: offset, nameHash: fnv1a(name), type: .function,
                binding: globals[Int(global)].isRequired ? .global : .weak,
                section: SMFFormat.undefinedSection, value: 0, size: 0)
            result.importSymbols.set(global, result.symbols.add(symbol))
            result.symbolSources.append(.max)
        }
        for slot in slots {
            if case .imported(let global) = slot.target {
                add(global)
                result.slotImportCount += 1
            }
        }
        if wordImportCount == 0 { return }
        for atom in atoms where atom.isLive && atom.region != .code {
            let object = objects[Int(atom.object)]
            for i in atom.firstRelocation..<(atom.firstRelocation + atom.relocationCount) {
                let flat = object.firstSymbol + Int(object.relocation(i).symbol)
                if definition(of: flat) == nil { add(symbolGlobal[flat]) }
            }
        }
    }

    /// Adds the rows of live functions; files are merged by name, inlined calls kept if a kept row uses them.
    private func mergeSourceMap(
        _ view: SourceMapView, _ object: LinkedObject, _ files: inout NameTable, _ strings: inout StringMap,
        _ result: inout Metadata
    ) {
        var fileMap = ContiguousArray<UInt32>(repeating: .max, count: view.fileCount)
        func file(_ index: UInt32) -> UInt32 {
            if fileMap[Int(index)] != .max { return fileMap[Int(index)] }
            let offset = view.fileName(index)
            let name = object.name(at: offset)
            let merged = files.intern(name, hash: fnv1a(nameBytes(name)))
            if merged == result.sourceMap.files.count {
                _ = result.sourceMap.addFile(name: strings.map(offset, object, &result.symbols))
            }
            fileMap[Int(index)] = UInt32(truncatingIfNeeded: merged)
            return fileMap[Int(index)]
        }
        var inlineMap = ContiguousArray<UInt32>(repeating: 0, count: view.inlineCount + 1)
        func inline(_ number: UInt32) -> UInt32 {
            if number == 0 { return 0 }
            if inlineMap[Int(number)] != 0 { return inlineMap[Int(number)] }
            // Outermost first, so that parents come before their children; a loop, because chains can be long.
            var chain = ContiguousArray<UInt32>()
            var next = number
            while next != 0, inlineMap[Int(next)] == 0 {
                chain.append(next)
                next = view.inline(Int(next) - 1).parent
            }
            while let current = chain.popLast() {
                var row = view.inline(Int(current) - 1)
                row.name = strings.map(row.name, object, &result.symbols)
                row.callFile = file(row.callFile)
                row.parent = inlineMap[Int(row.parent)]
                inlineMap[Int(current)] = result.sourceMap.addInline(row)
            }
            return inlineMap[Int(number)]
        }
        if result.sourceMap.entries.isEmpty { result.sourceMap.reserveEntries(view.entryCount) }
        for i in 0..<view.functionCount {
            let function = view.function(i)
            let flat = object.firstSymbol + Int(function.symbol)
            let atom = symbolAtom[flat]
            guard atom != .max, atoms[Int(atom)].isLive, atoms[Int(atom)].region == .code else { continue }
            result.sourceMap.beginFunction(
                symbol: 0, start: UInt32(truncatingIfNeeded: atoms[Int(atom)].place &+ symbolOffset[flat]),
                size: function.size,
                name: strings.map(function.name, object, &result.symbols))
            for e in 0..<Int(function.entryCount) {
                var entry = view.entry(Int(function.firstEntry) + e)
                entry.file = file(entry.file)
                entry.inline = inline(entry.inline)
                result.sourceMap.addEntry(entry)
            }
        }
    }

    /// Adds types that the image doesn't have yet; returns the merged index of each of the module's types.
    private func mergeTypes(
        _ view: TypeInfoView, _ object: LinkedObject, _ names: inout NameTable, _ strings: inout StringMap,
        _ result: inout Metadata
    ) -> ContiguousArray<UInt32> {
        var ids = ContiguousArray<UInt32>()
        ids.reserveCapacity(view.count)
        for i in 0..<view.count {
            var type = view[i]
            let name = object.name(at: type.name)
            let named = names.intern(name, hash: fnv1a(nameBytes(name)))
            if named < result.typesByName.count {
                let known = result.typesByName[named]
                if result.types[Int(known)].layoutHash == type.layoutHash {
                    ids.append(known)
                    continue
                }
                // Same name, other layout: private types of two modules. Both stay.
            } else {
                result.typesByName.append(UInt32(truncatingIfNeeded: result.types.count))
            }
            ids.append(UInt32(truncatingIfNeeded: result.types.count))
            type.name = strings.map(type.name, object, &result.symbols)
            result.types.append(type)
        }
        return ids
    }

    private func mergeVersion(_ result: inout Metadata) {
        if !options.version.isEmpty {
            result.version = ContiguousArray(options.version)
            return
        }
        for object in objects {
            if let section = object.reader.firstSection(.version) {
                result.version = ContiguousArray(object.reader.payload(ofSection: section))
                return
            }
        }
    }
}

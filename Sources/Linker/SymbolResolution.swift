import SMF

// Phases 1 and 2: read the modules and cut them into atoms; decide which definition every name stands for.

extension LinkState {
    /// Phase 1: validates the modules, checks that they go together, and lists atoms and their relocations.
    mutating func readModules(_ inputs: [LinkInput]) {
        if inputs.isEmpty { problems.append(.noModules) }
        objects.reserveCapacity(inputs.count)
        for input in inputs {
            // The input arrays are kept alive by `link` until the image is written, so their storage stays put.
            let bytes = input.bytes.withUnsafeBytes { $0 }
            do throws(SMFError) {
                let reader = try SMFReader(bytes)
                if reader.header.isImage {
                    problems.append(.notAnObject(module: input.name))
                    continue
                }
                try reader.validate()
                addObject(LinkedObject(reader: reader, name: input.name))
            } catch {
                problems.append(.refused(module: input.name, error: error))
            }
        }
        checkAgreement()
        checkInterfaces()
    }

    /// Each module was compiled against the interfaces that the other modules have now.
    private mutating func checkInterfaces() {
        var found: [String: UInt64] = [:]
        for object in objects {
            if let name = object.interfaceName {
                found[String(decoding: name, as: UTF8.self)] = object.reader.header.abiHash
            }
        }
        if found.isEmpty { return }
        for object in objects {
            guard let section = object.reader.firstSection(.deps) else { continue }
            do throws(SMFError) {
                let view = try SMFDependencyView(
                    object.reader.payload(ofSection: section), at: object.reader.section(section).offset)
                for i in 0..<view.count {
                    let entry = view[i]
                    let expected = entry.digest.words.0
                    guard entry.kind == SMFDependencyKind.module.rawValue, expected != 0 else { continue }
                    let name = nameText(object.name(at: entry.name))
                    if let actual = found[name], actual != expected {
                        problems.append(
                            .interfaceMismatch(
                                module: object.name, dependency: name, expected: expected, found: actual))
                    }
                }
            } catch {
                problems.append(.refused(module: object.name, error: error))
            }
        }
    }

    /// Modules of one image are made by one toolchain for one runtime and machine.
    private mutating func checkAgreement() {
        guard let first = objects.first else { return }
        var platform = (value: first.reader.header.platform, name: first.name)
        for object in objects.dropFirst() {
            let header = object.reader.header
            func check(_ field: String, _ value: UInt64, _ other: String, _ otherValue: UInt64) {
                if value == otherValue { return }
                problems.append(
                    .mismatch(field: field, module: object.name, value: value, other: other, otherValue: otherValue))
            }
            check("runtime_abi", header.runtimeABI, first.name, first.reader.header.runtimeABI)
            check("toolchain_id", header.toolchainID, first.name, first.reader.header.toolchainID)
            check("arch", UInt64(header.architecture), first.name, UInt64(first.reader.header.architecture))
            if platform.value == SMFPlatform.any.rawValue {
                platform = (header.platform, object.name)
            } else if header.platform != SMFPlatform.any.rawValue {
                check("platform", UInt64(header.platform), platform.name, UInt64(platform.value))
            }
        }
    }

    /// Adds a validated module: its symbols, its atoms, its relocations by atom.
    private mutating func addObject(_ new: LinkedObject) {
        var object = new
        let reader = object.reader
        let objectIndex = UInt32(truncatingIfNeeded: objects.count)
        object.firstSymbol = symbolAtom.count
        let firstAtom = atoms.count
        let sectionCount = reader.sectionCount

        // Sections that go to the image, and where.
        var sectionRegion = ContiguousArray<Region?>(repeating: nil, count: sectionCount)
        var relocationSection: Int?
        var hasCode = false
        for i in 0..<sectionCount {
            let section = reader.section(i)
            switch section.kind {
            case .code:
                guard !hasCode else {
                    problems.append(.malformed(module: object.name, reason: "more than one code section"))
                    return
                }
                hasCode = true
                sectionRegion[i] = .code
            case .roData: sectionRegion[i] = .readOnly
            case .data: sectionRegion[i] = .data
            case .bss: sectionRegion[i] = .zero
            case .reloc:
                guard relocationSection == nil else {
                    problems.append(.malformed(module: object.name, reason: "more than one relocation section"))
                    return
                }
                relocationSection = i
            case .slots, .imports, .baseReloc:
                if section.size > 0 {
                    problems.append(
                        .malformed(module: object.name, reason: "section \(i) belongs to an image, not to an object"))
                    return
                }
            default: break
            }
            if sectionRegion[i] != nil, section.virtualSize > LinkState.sizeLimit {
                problems.append(.imageTooLarge(size: section.virtualSize))
                return
            }
        }

        // Functions become atoms, in order of section and offset.
        var functions = ContiguousArray<(key: UInt64, size: UInt64)>()
        functions.reserveCapacity(reader.symbolCount)
        for i in 0..<reader.symbolCount {
            let symbol = reader.symbol(i)
            guard symbol.isFunction, !symbol.isUndefined, !symbol.isAbsolute else { continue }
            let section = symbol.section - 1
            guard sectionRegion[Int(section)] == .code else {
                problems.append(
                    .malformed(
                        module: object.name,
                        reason: "function '\(nameText(object.name(at: symbol.nameOffset)))' is not in a code section"))
                return
            }
            functions.append((UInt64(section) << 32 | symbol.value, symbol.size))
        }
        var isSorted = true
        for i in functions.indices.dropFirst() where functions[i].key < functions[i - 1].key { isSorted = false }
        if !isSorted { functions.sort { $0.key < $1.key } }
        for function in functions {
            let section = UInt32(truncatingIfNeeded: function.key >> 32)
            let offset = function.key & 0xFFFF_FFFF
            if atoms.count > firstAtom, atoms[atoms.count - 1].section == section {
                let last = atoms.count - 1
                if atoms[last].offset == offset {
                    // Two names of one function.
                    atoms[last].size = max(atoms[last].size, function.size)
                    continue
                }
                if offset - atoms[last].offset < atoms[last].size {
                    problems.append(
                        .malformed(module: object.name, reason: "two functions overlap at code offset \(offset)"))
                    return
                }
            }
            // A function keeps the alignment it has in its section, 16 at least.
            let sectionAlignment = max(reader.section(Int(section)).alignment, 16)
            let natural = offset == 0 ? sectionAlignment : offset & (~offset + 1)
            atoms.append(
                Atom(
                    object: objectIndex, section: section, offset: offset, size: function.size,
                    alignment: min(max(natural, 16), sectionAlignment), region: .code))
        }
        object.functionCount = atoms.count - firstAtom

        let cuts = dataCuts(object, sectionRegion, relocationSection)
        for i in 0..<sectionCount {
            guard let region = sectionRegion[i], region != .code else { continue }
            addDataAtoms(object, objectIndex, section: i, region, cuts[i])
        }
        object.atoms = firstAtom..<atoms.count

        // Where each symbol is.
        for i in 0..<reader.symbolCount {
            let symbol = reader.symbol(i)
            var atom = UInt32.max
            var offset = symbol.value
            if !symbol.isUndefined, !symbol.isAbsolute {
                let section = Int(symbol.section) - 1
                if sectionRegion[section] != nil,
                    let index = self.atom(object, section: UInt32(section), holding: symbol.value)
                {
                    atom = UInt32(truncatingIfNeeded: index)
                    offset = symbol.value - atoms[index].offset
                }
            }
            symbolAtom.append(atom)
            symbolOffset.append(offset)
        }
        do throws(SMFError) {
            guard try sourceMapMatches(object) else {
                problems.append(.malformed(module: object.name, reason: "the source map does not match the functions"))
                return
            }
        } catch {
            problems.append(.refused(module: object.name, error: error))
            return
        }
        if let relocationSection { groupRelocations(&object, relocationSection, sectionRegion) }
        objects.append(object)
    }

    /// Cuts a data section at `starts` into the pieces that its symbols cover, so that each can be dropped on its own. What
    /// lies between them is padding and goes with the piece in front.
    private mutating func addDataAtoms(
        _ object: LinkedObject, _ objectIndex: UInt32, section index: Int, _ region: Region, _ starts: ContiguousArray<UInt64>
    ) {
        let section = object.reader.section(index)
        func add(_ start: UInt64, _ end: UInt64) {
            // A piece keeps the alignment it has in its section.
            let natural = start == 0 ? section.alignment : start & (~start + 1)
            atoms.append(
                Atom(
                    object: objectIndex, section: UInt32(truncatingIfNeeded: index), offset: start, size: end - start,
                    alignment: min(natural, section.alignment), region: region))
        }
        add(0, starts.first ?? section.virtualSize)
        for (i, start) in starts.enumerated() { add(start, i + 1 < starts.count ? starts[i + 1] : section.virtualSize) }
    }

    /// Where each data section of `object` can be cut, ascending, without 0. A section that is referred to in a way that
    /// the cuts might break stays whole. All sections at once: there can be thousands, and symbols and relocations are
    /// walked through only once.
    private func dataCuts(
        _ object: LinkedObject, _ sectionRegion: ContiguousArray<Region?>, _ relocationSection: Int?
    ) -> ContiguousArray<ContiguousArray<UInt64>> {
        let reader = object.reader
        var symbols = ContiguousArray<(section: UInt32, start: UInt64, end: UInt64)>()
        for i in 0..<reader.symbolCount {
            let symbol = reader.symbol(i)
            if symbol.isUndefined || symbol.isAbsolute { continue }
            guard let region = sectionRegion[Int(symbol.section) - 1], region != .code else { continue }
            symbols.append((symbol.section - 1, symbol.value, symbol.value + symbol.size))
        }
        symbols.sort { $0 < $1 }
        var cuts = ContiguousArray<ContiguousArray<UInt64>>(repeating: [], count: reader.sectionCount)
        // Symbols that overlap stay together.
        var section = UInt32.max
        var end: UInt64 = 0
        for (i, symbol) in symbols.enumerated() {
            if symbol.section != section {
                (section, end) = (symbol.section, 0)
                // A section with one symbol stays whole.
                if i + 1 == symbols.count || symbols[i + 1].section != section { continue }
            }
            if symbol.start >= end, symbol.start > 0, cuts[Int(section)].last != symbol.start, symbol.end > symbol.start {
                cuts[Int(section)].append(symbol.start)
            }
            end = max(end, symbol.end)
        }
        guard let relocationSection, cuts.contains(where: { !$0.isEmpty }) else { return cuts }
        // Every reference must lead to the piece of the symbol that it names, and no patch may cross a cut.
        let relocations = reader.relocations(ofSection: relocationSection)
        for i in 0..<relocations.count {
            let relocation = relocations[i]
            guard let type = SMFRelocationType(rawValue: relocation.type), type != .none else { continue }
            let patched = Int(relocation.section)
            if !cuts[patched].isEmpty,
                piece(relocation.offset, cuts[patched]) != piece(relocation.offset + (type.patchSize - 1), cuts[patched])
            {
                cuts[patched] = []
            }
            let symbol = reader.symbol(Int(relocation.symbol))
            if symbol.isUndefined || symbol.isAbsolute { continue }
            let named = Int(symbol.section) - 1
            if !cuts[named].isEmpty, !leadsToItsPiece(relocation, type, symbol, cuts[named], reader.section(named).virtualSize) {
                cuts[named] = []
            }
        }
        return cuts
    }

    /// Which of the pieces between `cuts` holds the byte at `offset`.
    private func piece(_ offset: UInt64, _ cuts: ContiguousArray<UInt64>) -> Int {
        var low = 0
        var high = cuts.count
        while low < high {
            let middle = low + (high - low) / 2
            if cuts[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// `true` iff what `relocation` leads to lies in the same piece between `cuts` as the symbol that it names.
    private func leadsToItsPiece(
        _ relocation: SMFRelocation, _ type: SMFRelocationType, _ symbol: SMFSymbol, _ cuts: ContiguousArray<UInt64>,
        _ sectionSize: UInt64
    ) -> Bool {
        // A displacement counts from the end of its instruction, which may have up to four bytes behind it.
        let isRelative = type == .pc32 || type == .plt32
        guard let target = Int64(exactly: symbol.value) else { return false }
        let first = target.addingReportingOverflow(relocation.addend &+ (isRelative ? 4 : 0))
        guard !first.overflow else { return false }
        let at = piece(symbol.value, cuts)
        let start = at == 0 ? 0 : Int64(cuts[at - 1])
        let end = at < cuts.count ? Int64(cuts[at]) : Int64(sectionSize)
        return first.partialValue >= start - (isRelative ? 4 : 0) && first.partialValue <= end
    }

    /// `true` iff each row of the source map starts at its symbol and ends inside the symbol's function, so that rows
    /// still don't overlap when functions have moved.
    private func sourceMapMatches(_ object: LinkedObject) throws(SMFError) -> Bool {
        guard let section = object.reader.firstSection(.srcMap) else { return true }
        let view = try SourceMapView(object.reader.payload(ofSection: section), at: object.reader.section(section).offset)
        for i in 0..<view.functionCount {
            let function = view.function(i)
            let symbol = object.reader.symbol(Int(function.symbol))
            let atom = symbolAtom[object.firstSymbol + Int(function.symbol)]
            guard symbol.value == UInt64(function.start), atom != .max, atoms[Int(atom)].region == .code else {
                return false
            }
            let offset = symbolOffset[object.firstSymbol + Int(function.symbol)]
            if UInt64(function.size) > atoms[Int(atom)].size - offset { return false }
        }
        return true
    }

    /// Index of the atom of `object` that holds the byte at `offset` of `section`. A place at the very end of data
    /// belongs to the last atom there; code has no such places.
    private func atom(_ object: LinkedObject, section: UInt32, holding offset: UInt64) -> Int? {
        let split = object.atoms.lowerBound + object.functionCount
        // Functions and data are each sorted by section and offset.
        return atom(among: object.atoms.lowerBound..<split, section: section, holding: offset)
            ?? atom(among: split..<object.atoms.upperBound, section: section, holding: offset)
    }

    private func atom(among range: Range<Int>, section: UInt32, holding offset: UInt64) -> Int? {
        let key = UInt64(section) << 32 | offset
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if UInt64(atoms[middle].section) << 32 | atoms[middle].offset <= key {
                low = middle + 1
            } else {
                high = middle
            }
        }
        if low == range.lowerBound { return nil }
        let candidate = atoms[low - 1]
        guard candidate.section == section else { return nil }
        let distance = offset - candidate.offset
        return distance < candidate.size || (candidate.region != .code && distance == candidate.size) ? low - 1 : nil
    }

    /// Finds each atom's relocations. Emitters write them function by function, and then nothing needs to be sorted.
    private mutating func groupRelocations(
        _ object: inout LinkedObject, _ section: Int, _ sectionRegion: ContiguousArray<Region?>
    ) {
        let relocations = object.reader.relocations(ofSection: section)
        object.relocations = relocations
        let all = object.atoms
        var owner = ContiguousArray<UInt32>()
        owner.reserveCapacity(relocations.count)
        var isGrouped = true
        var hint = all.lowerBound
        var previous: UInt32 = 0
        for i in 0..<relocations.count {
            let relocation = relocations[i]
            let patched = Int(relocation.section)
            var atom = UInt32.max
            if sectionRegion[patched] != nil {
                // Mostly the same atom as before, or the next one.
                if !holds(hint, relocation, in: all) { hint += 1 }
                if !holds(hint, relocation, in: all) {
                    hint = self.atom(object, section: UInt32(patched), holding: relocation.offset) ?? all.upperBound
                }
                guard holds(hint, relocation, in: all) else {
                    problems.append(
                        .malformed(
                            module: object.name,
                            reason: sectionRegion[patched] == .code
                                ? "a relocation at code offset \(relocation.offset) is in no function"
                                : "a relocation at offset \(relocation.offset) of section \(patched) is in no datum"))
                    return
                }
                atom = UInt32(truncatingIfNeeded: hint)
            }
            // Sections that don't go to the image (debug information) keep their relocations to themselves.
            owner.append(atom)
            if atom < previous { isGrouped = false }
            previous = atom
            if atom != .max {
                atoms[Int(atom)].relocationCount += 1
                if relocation.type == SMFRelocationType.abs64.rawValue, atoms[Int(atom)].region == .readOnly {
                    // The loader writes the word, so the page can't be read-only.
                    atoms[Int(atom)].region = .data
                }
            }
        }
        var start = 0
        for atom in object.atoms {
            atoms[atom].firstRelocation = start
            start += atoms[atom].relocationCount
        }
        if isGrouped { return }
        var next = ContiguousArray<Int>()
        next.reserveCapacity(object.atoms.count)
        for atom in object.atoms { next.append(atoms[atom].firstRelocation) }
        object.relocationOrder = ContiguousArray(repeating: 0, count: start)
        for (i, atom) in owner.enumerated() where atom != .max {
            let index = Int(atom) - object.atoms.lowerBound
            object.relocationOrder[next[index]] = UInt32(truncatingIfNeeded: i)
            next[index] += 1
        }
    }

    /// `true` iff atom `atom` holds all bytes that `relocation` patches.
    @inline(__always)
    private func holds(_ atom: Int, _ relocation: SMFRelocation, in range: Range<Int>) -> Bool {
        guard range.contains(atom), atoms[atom].section == UInt32(relocation.section),
            relocation.offset >= atoms[atom].offset
        else { return false }
        let size = SMFRelocationType(rawValue: relocation.type)?.patchSize ?? 0
        let offset = relocation.offset - atoms[atom].offset
        return offset <= atoms[atom].size && atoms[atom].size - offset >= size
            && (size > 0 || offset < atoms[atom].size || atoms[atom].region != .code)
    }

    /// Phase 2: finds the definition that each name stands for, and lists all that nobody or two modules define.
    mutating func resolveSymbols() {
        var count = 0
        for object in objects { count += object.reader.symbolCount }
        globalNames = NameTable(capacity: count)
        symbolGlobal = ContiguousArray(repeating: .max, count: count)
        for object in objects {
            for i in 0..<object.reader.symbolCount {
                let symbol = object.reader.symbol(i)
                if symbol.isLocal { continue }
                let flat = object.firstSymbol + i
                let index = globalNames.intern(object.name(at: symbol.nameOffset), hash: symbol.nameHash)
                if index == globals.count { globals.append(GlobalName()) }
                symbolGlobal[flat] = UInt32(truncatingIfNeeded: index)
                if symbol.isUndefined {
                    if !symbol.isWeak { globals[index].isRequired = true }
                    continue
                }
                let known = globals[index]
                if known.definition == .max || (known.isWeak && !symbol.isWeak) {
                    globals[index].definition = UInt32(truncatingIfNeeded: flat)
                    globals[index].isWeak = symbol.isWeak
                } else if !known.isWeak, !symbol.isWeak {
                    problems.append(
                        .duplicate(
                            symbol: nameText(globalNames.names[index]),
                            first: objects[self.object(ofSymbol: Int(known.definition))].name, second: object.name))
                }
            }
        }
        reportUndefined()
        findEntry()
    }

    /// Lists the symbols that neither a module nor, by their prefix, the runtime defines. Those that are wanted weakly
    /// only are left to the loader: their slots stay 0 if it finds nothing.
    private mutating func reportUndefined() {
        var wantedBy = [UInt32: [String]]()
        var order: [UInt32] = []
        for object in objects {
            for i in 0..<object.reader.symbolCount {
                let global = symbolGlobal[object.firstSymbol + i]
                if global == .max || globals[Int(global)].definition != .max || isRuntimeName(global) { continue }
                if !globals[Int(global)].isRequired { continue }
                if wantedBy[global] == nil { order.append(global) }
                if wantedBy[global]?.last != object.name { wantedBy[global, default: []].append(object.name) }
            }
        }
        for global in order {
            problems.append(
                .undefined(symbol: nameText(globalNames.names[Int(global)]), wantedBy: wantedBy[global] ?? []))
        }
    }

    /// `true` iff the loader provides the name: it begins with "simple_rt_".
    func isRuntimeName(_ global: UInt32) -> Bool {
        let name = globalNames.names[Int(global)]
        let prefix: StaticString = "simple_rt_"
        for i in 0..<prefix.utf8CodeUnitCount where name[i] != prefix.utf8Start[i] { return false }
        return true
    }

    /// `true` iff symbol `flat` is a function.
    private func isFunction(_ flat: Int) -> Bool {
        let object = objects[object(ofSymbol: flat)]
        return object.reader.symbol(flat - object.firstSymbol).isFunction
    }

    private mutating func findEntry() {
        if let found = findFunction(options.entry) { entry = found }
        for name in options.roots {
            if let found = findFunction(name) { roots.append(found) }
        }
    }

    /// The definition of the function called `text`; without one, that is a problem.
    private mutating func findFunction(_ text: String) -> Int? {
        let name = Array(text.utf8) + [0]
        let found = name.withUnsafeBufferPointer { name -> UInt32 in
            let hash = fnv1a(UnsafeBufferPointer(rebasing: name[..<(name.count - 1)]))
            guard let base = name.baseAddress, let index = globalNames.find(base, hash: hash) else { return .max }
            return globals[index].definition
        }
        guard found != .max, symbolAtom[Int(found)] != .max, isFunction(Int(found)) else {
            problems.append(.noEntry(symbol: text))
            return nil
        }
        return Int(found)
    }
}

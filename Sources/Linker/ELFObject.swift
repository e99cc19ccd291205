import SMF
import Support

// ELF objects: a whole program as one relocatable file that the system's linker puts into a C program.
//
// Input: object modules and the functions that C shall call. Output: an ELF64 file with .text, .rodata, .data, .bss,
// symbols, relocations, unwind tables and debug information. The first phases are those of `link`; then, in place of an
// image with fixed distances, sections that a linker may put anywhere. Calls of runtime functions are undefined symbols
// `simple_rt_…`, which libsimple_rt.a defines.

/// A function under the name by which C calls it.
package struct ObjectExport: Sendable {
    /// Symbol name in the object modules.
    package var linkName: String
    package var cName: String

    package init(linkName: String, cName: String) {
        self.linkName = linkName
        self.cName = cName
    }
}

/// What an ELF object should be.
package struct ObjectOptions: Sendable {
    /// Symbol name of the function that runs the top-level statements.
    package var entry: String
    package var exports: [ObjectExport]
    /// C name of the program's descriptor, which `simple_start` takes.
    package var programName: String

    package init(entry: String, exports: [ObjectExport], programName: String) {
        self.entry = entry
        self.exports = exports
        self.programName = programName
    }
}

/// Links `objects`, in this order, to an ELF object.
/// - Throws: every problem found by the first phase that finds any.
package func linkObject(_ objects: [LinkInput], options: ObjectOptions) throws(LinkFailure) -> [UInt8] {
    var state = LinkState(options: LinkOptions(entry: options.entry, roots: options.exports.map(\.linkName)))
    // Readers and names point into the inputs' storage until the object is written.
    defer { withExtendedLifetime(objects) {} }
    state.readModules(objects)
    try state.stopIfFailed()
    state.resolveSymbols()
    try state.stopIfFailed()
    state.markLive()
    try state.stopIfFailed()
    let layout = state.computeLayout()
    try state.stopIfFailed()
    guard let layout else { preconditionFailure("no layout and no problem") }
    var writer = ELFObjectWriter(options: options)
    let bytes = writer.write(&state, layout)
    try state.stopIfFailed()
    return bytes
}

/// The sections of an object, by index in its section table. Section symbols have the same indices.
private enum Part: UInt32, CaseIterable {
    case text = 1, readOnly, data, zero, program, map, frames, abbreviations, info, lines
}

private struct ELFObjectWriter {
    let options: ObjectOptions
    private var payloads = [ContiguousArray<UInt8>](repeating: [], count: Part.allCases.count + 1)
    private var relocations: [Relocation] = []

    private struct Relocation {
        enum Target {
            case part(Part)
            /// An undefined symbol, by index in `LinkState.globals`.
            case imported(UInt32)
        }
        var part: Part
        var offset: UInt64
        var type: ELFRelocationType
        var target: Target
        var addend: Int64
    }

    init(options: ObjectOptions) { self.options = options }

    private static func part(_ region: Region) -> Part {
        switch region {
        case .code: .text
        case .readOnly: .readOnly
        case .data: .data
        case .zero: .zero
        }
    }

    mutating func write(_ state: inout LinkState, _ image: ImageLayout) -> [UInt8] {
        var zeroSize: UInt64 = 0
        for region in [Region.code, .readOnly, .data, .zero] {
            let section = image.section(region)
            if section < 0 { continue }
            let size = image.layout.sections[section].virtualSize
            if region == .zero {
                zeroSize = size
            } else {
                // Space between functions is int3.
                payloads[Int(Self.part(region).rawValue)] = ContiguousArray(
                    repeating: region == .code ? 0xCC : 0, count: Int(size))
            }
        }
        for index in state.atoms.indices where state.atoms[index].isLive && state.atoms[index].region != .zero {
            writeAtom(state.atoms[index], &state)
        }
        addMap(image)
        addProgram(state, image, zeroSize)
        return assemble(state, image, zeroSize)
    }

    /// Copies one atom to its place; what has no fixed distance from it becomes a relocation.
    private mutating func writeAtom(_ atom: Atom, _ state: inout LinkState) {
        let object = state.objects[Int(atom.object)]
        let payload = object.reader.payload(ofSection: Int(atom.section))
        let part = Self.part(atom.region)
        let available = max(payload.count - Int(atom.offset), 0)
        for i in 0..<min(Int(atom.size), available) {
            payloads[Int(part.rawValue)][Int(atom.place) + i] = payload[Int(atom.offset) + i]
        }
        for i in atom.firstRelocation..<(atom.firstRelocation + atom.relocationCount) {
            let relocation = object.relocation(i)
            guard let type = SMFRelocationType(rawValue: relocation.type), type != .none else { continue }
            let flat = object.firstSymbol + Int(relocation.symbol)
            let place = atom.place + (relocation.offset - atom.offset)
            guard let definition = state.definition(of: flat) else {
                // Phase 3 let only these pass.
                relocations.append(
                    Relocation(
                        part: part, offset: place, type: type == .abs64 ? .absolute64 : .gotPcRelX,
                        target: .imported(state.symbolGlobal[flat]), addend: relocation.addend))
                continue
            }
            let target = state.symbolAtom[definition]
            guard target != .max, type != .gotPcRel else {
                if target == .max, type == .abs64 {
                    store(UInt64(bitPattern: Int64(bitPattern: state.symbolOffset[definition]) &+ relocation.addend), part, place, size: 8)
                } else {
                    state.refuse(relocation, atom, "an ELF object cannot express it")
                }
                continue
            }
            let region = state.atoms[Int(target)].region
            let value = Int64(state.atoms[Int(target)].place &+ state.symbolOffset[definition]) &+ relocation.addend
            switch type {
            case .abs64:
                relocations.append(
                    Relocation(part: part, offset: place, type: .absolute64, target: .part(Self.part(region)), addend: value))
            case .secRel32: store(UInt64(bitPattern: value), part, place, size: 4)
            default:
                if region == atom.region {
                    store(UInt64(bitPattern: value &- Int64(place)), part, place, size: 4)
                } else {
                    relocations.append(
                        Relocation(part: part, offset: place, type: .pc32, target: .part(Self.part(region)), addend: value))
                }
            }
        }
    }

    private mutating func store(_ value: UInt64, _ part: Part, _ place: UInt64, size: Int) {
        for i in 0..<size {
            payloads[Int(part.rawValue)][Int(place) + i] = UInt8(truncatingIfNeeded: value >> UInt64(i * 8))
        }
    }

    /// Source map and strings for panics, unwind tables, debug information.
    private mutating func addMap(_ image: ImageLayout) {
        var builder = image.sourceMapBuilder
        let start = UInt32(truncatingIfNeeded: image.address(.code))
        for i in builder.functions.indices { builder.functions[i].start -= start }
        var map = ContiguousArray<UInt8>(repeating: 0, count: builder.encodedSize)
        map.withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { builder.encode(to: base, newSymbolIndex: []) }
        }
        map.withUnsafeBytes { bytes in
            image.symbols.strings.withUnsafeBytes { strings in
                guard let view = try? SourceMapView(bytes) else { return }
                let debug = makeDebugSections(view, strings: strings, base: 0, isObject: true)
                payloads[Int(Part.frames.rawValue)] = debug.frame
                payloads[Int(Part.abbreviations.rawValue)] = debug.abbreviations
                payloads[Int(Part.info.rawValue)] = debug.info
                payloads[Int(Part.lines.rawValue)] = debug.line
                for relocation in debug.relocations {
                    let part = Self.part(relocation.section)
                    relocations.append(
                        Relocation(
                            part: part, offset: UInt64(relocation.offset),
                            type: relocation.size == 8 ? .absolute64 : part == .frames ? .pc32 : .absolute32,
                            target: .part(Self.part(relocation.target)), addend: Int64(relocation.addend)))
                }
            }
        }
        payloads[Int(Part.map.rawValue)] = map
        payloads[Int(Part.map.rawValue)].append(contentsOf: image.symbols.strings)
    }

    private static func part(_ section: DebugRelocation.Section) -> Part {
        switch section {
        case .abbreviations: .abbreviations
        case .info: .info
        case .line: .lines
        case .frame: .frames
        case .code: .text
        }
    }

    /// The descriptor, `cp_program` of CPlatform.
    private mutating func addProgram(_ state: LinkState, _ image: ImageLayout, _ zeroSize: UInt64) {
        let mapSize = UInt64(image.sourceMapBuilder.encodedSize)
        let entry = state.address(ofSymbol: state.entry, in: image) - image.address(.code)
        func size(_ part: Part) -> UInt64 { UInt64(payloads[Int(part.rawValue)].count) }
        let words: [(value: UInt64, part: Part?)] = [
            (image.header.runtimeABI, nil), (0, nil), (entry, .text), (0, .text), (size(.text), nil), (0, nil), (0, .map),
            (mapSize, nil), (mapSize, .map), (UInt64(image.symbols.strings.count), nil), (0, .data), (size(.data), nil),
            (0, .zero), (zeroSize, nil),
        ]
        var payload = ContiguousArray<UInt8>()
        for word in words {
            if let part = word.part {
                relocations.append(
                    Relocation(
                        part: .program, offset: UInt64(payload.count), type: .absolute64, target: .part(part),
                        addend: Int64(word.value)))
            }
            put(word.part == nil ? word.value : 0, size: 8, &payload)
        }
        payloads[Int(Part.program.rawValue)] = payload
    }

    private mutating func assemble(_ state: LinkState, _ image: ImageLayout, _ zeroSize: UInt64) -> [UInt8] {
        var alignments: [UInt64] = [16, 16, 16, 16]
        for atom in state.atoms where atom.isLive {
            alignments[Int(atom.region.rawValue)] = max(alignments[Int(atom.region.rawValue)], atom.alignment)
        }
        var builder = ELFBuilder()
        builder.header.type = ELFFormat.relocatable
        func add(_ part: Part, _ name: StaticString, type: UInt32 = ELFFormat.progBits, _ flags: UInt64, _ alignment: UInt64 = 1) {
            let index = builder.add(
                name, type: type, flags: flags, alignment: alignment, size: zeroSize, payload: payloads[Int(part.rawValue)])
            precondition(index == part.rawValue, "sections are not in their order")
        }
        add(.text, ".text", ELFFormat.allocate | ELFFormat.execute, alignments[0])
        add(.readOnly, ".rodata", ELFFormat.allocate, alignments[1])
        add(.data, ".data", ELFFormat.allocate | ELFFormat.write, alignments[2])
        add(.zero, ".bss", type: ELFFormat.noBits, ELFFormat.allocate | ELFFormat.write, alignments[3])
        add(.program, ".data.simple_program", ELFFormat.allocate | ELFFormat.write, 8)
        add(.map, ".rodata.simple_map", ELFFormat.allocate, 8)
        add(.frames, ".eh_frame", ELFFormat.allocate, 8)
        add(.abbreviations, ".debug_abbrev", 0)
        add(.info, ".debug_info", 0)
        add(.lines, ".debug_line", 0)
        builder.add(".note.GNU-stack", type: ELFFormat.progBits)

        // Symbols: those of the sections, which relocations use; the program's functions; then what C sees and what the
        // runtime has.
        var symbols = ELFSymbolTable()
        for part in Part.allCases {
            symbols.add(name: 0, .section, isGlobal: false, section: UInt16(part.rawValue), value: 0, size: 0)
        }
        let codeStart = image.address(.code)
        var functions: [String: (value: UInt64, size: UInt64)] = [:]
        for symbol in image.symbols.symbols
        where symbol.isFunction && !symbol.isUndefined && !symbol.isAbsolute {
            let name = image.symbols.strings.withUnsafeBufferPointer { strings in
                UnsafeBufferPointer(rebasing: strings[Int(symbol.nameOffset)...].prefix { $0 != 0 })
            }
            let place = symbol.value - codeStart
            symbols.add(
                name: symbols.names.add(name), .function, isGlobal: false, section: UInt16(Part.text.rawValue),
                value: place, size: symbol.size)
            functions[String(decoding: name, as: UTF8.self)] = (place, symbol.size)
        }
        func name(_ text: String) -> UInt32 {
            var copy = text
            return copy.withUTF8 { symbols.names.add($0) }
        }
        for export in options.exports {
            guard let function = functions[export.linkName] else { continue }
            symbols.add(
                name: name(export.cName), .function, isGlobal: true, section: UInt16(Part.text.rawValue),
                value: function.value, size: function.size)
        }
        symbols.add(
            name: name(options.programName), .object, isGlobal: true, section: UInt16(Part.program.rawValue), value: 0,
            size: UInt64(payloads[Int(Part.program.rawValue)].count))
        var imported = IndexMap<UInt32>()
        for relocation in relocations {
            guard case .imported(let global) = relocation.target, imported[global] == nil else { continue }
            imported.set(
                global,
                symbols.add(
                    name: symbols.names.add(nameBytes(state.globalNames.names[Int(global)])), .none, isGlobal: true,
                    section: 0, value: 0, size: 0))
        }

        // The symbol table comes behind all tables of relocations, of which each part in `tables` has one.
        let tables: [(part: Part, name: StaticString)] = [
            (.text, ".rela.text"), (.readOnly, ".rela.rodata"), (.data, ".rela.data"),
            (.program, ".rela.data.simple_program"), (.frames, ".rela.eh_frame"), (.info, ".rela.debug_info"),
            (.lines, ".rela.debug_line"),
        ]
        let used = tables.filter { table in relocations.contains { $0.part == table.part } }
        let symbolTable = UInt32(Part.allCases.count + 2 + used.count)
        for table in used {
            var payload = ContiguousArray<UInt8>()
            for relocation in relocations where relocation.part == table.part {
                let symbol: UInt32 =
                    switch relocation.target {
                    case .part(let part): part.rawValue
                    case .imported(let global): imported[global] ?? 0
                    }
                put(relocation.offset, size: 8, &payload)
                put(UInt64(symbol) << 32 | UInt64(relocation.type.rawValue), size: 8, &payload)
                put(UInt64(bitPattern: relocation.addend), size: 8, &payload)
            }
            builder.add(
                table.name, type: ELFFormat.relocationTable, flags: ELFFormat.infoLink, alignment: 8,
                entrySize: UInt64(ELFFormat.relocationSize), link: symbolTable, info: table.part.rawValue, payload: payload)
        }
        let index = builder.add(symbols)
        precondition(index == symbolTable, "the symbol table is not where the relocations say")
        return Array(builder.finish(prefix: ContiguousArray(repeating: 0, count: ELFFormat.headerSize)))
    }
}

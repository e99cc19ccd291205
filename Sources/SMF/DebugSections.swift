// Debug information for native tools, made from a source map: DWARF 4 sections .debug_abbrev, .debug_info, .debug_line
// and .debug_frame (or .eh_frame).
//
// Input: the source map of linked code. Output: the sections' bytes, and for an object the places that a linker has to
// patch. Promise: one compile unit; a row for every statement entry of the map (or, where a function has none, for every
// call: then the code before a call counts as the call's line); a subprogram for every function, and an inlined
// subroutine for each stretch of inlined code. Nothing here runs unless somebody debugs.
//
// Source: DWARF Debugging Information Format, version 4; section numbers below are its.

/// Debug sections and the relocations that they need in an object.
package struct DebugSections: Sendable {
    package var abbreviations: ContiguousArray<UInt8> = []
    package var info: ContiguousArray<UInt8> = []
    package var line: ContiguousArray<UInt8> = []
    /// Call frame information: .debug_frame, or .eh_frame in an object.
    package var frame: ContiguousArray<UInt8> = []
    package var relocations: ContiguousArray<DebugRelocation> = []
}

/// A place in a debug section that a linker patches.
package struct DebugRelocation: Sendable {
    /// A section of debug information, or the code.
    package enum Section: UInt8, Sendable { case abbreviations, info, line, frame, code }
    /// Where the place is.
    package var section: Section
    package var offset: UInt32
    /// What the place shall name, and how far from its start.
    package var target: Section
    package var addend: UInt64
    /// Size in bytes: 8 for an address, 4 for an offset in a debug section or, in .eh_frame, a distance from the place.
    package var size: UInt8
}

/// A row of the line table.
private struct LineRow {
    /// Image address.
    var address: UInt32
    var file: UInt32
    var line: UInt32
    var column: UInt32
    /// 0, or 1 + index of the inlined frame that the code belongs to.
    var inline: UInt32
}

/// Makes the debug sections of code whose functions `map` lists. `base` is added to the map's addresses; with
/// `isObject`, the addresses are relative to a section that a linker will place. `strings` is the image's string table.
@_optimize(size)
package func makeDebugSections(
    _ map: SourceMapView, strings: UnsafeRawBufferPointer, base: UInt64, isObject: Bool = false
) -> DebugSections {
    var maker = DebugSectionMaker(map: map, strings: strings, base: base, isObject: isObject)
    maker.make()
    return maker.sections
}

/// Numbers of DWARF (7.5.4 and after) and of our abbreviations.
private enum Code {
    static let compileUnit: UInt8 = 1
    static let function: UInt8 = 2
    static let functionWithChildren: UInt8 = 3
    static let inlinedFunction: UInt8 = 4
    static let inlined: UInt8 = 5
    static let inlinedWithChildren: UInt8 = 6
}

private struct DebugSectionMaker {
    let map: SourceMapView
    let strings: UnsafeRawBufferPointer
    let base: UInt64
    #if hasFeature(Embedded)
        // A runtime shows loaded code only.
        var isObject: Bool { false }
    #else
        let isObject: Bool
    #endif
    var sections = DebugSections()
    private var rows: ContiguousArray<LineRow> = []
    /// An open hash table: string offsets of the names of inlined functions, 0 for none, and the place of each one's
    /// entry in .debug_info.
    private var inlinedNames: ContiguousArray<UInt32> = []
    private var inlinedPlaces: ContiguousArray<UInt32> = []

    init(map: SourceMapView, strings: UnsafeRawBufferPointer, base: UInt64, isObject: Bool) {
        self.map = map
        self.strings = strings
        self.base = base
        #if !hasFeature(Embedded)
            self.isObject = isObject
        #endif
    }

    /// Image addresses of the first byte of code and of the one behind the last.
    private var codeStart: UInt32 { map.functionCount == 0 ? 0 : map.function(0).start }
    private var codeEnd: UInt32 {
        if map.functionCount == 0 { return 0 }
        let last = map.function(map.functionCount - 1)
        return last.start &+ last.size
    }

    @_optimize(size)
    mutating func make() {
        makeAbbreviations()
        beginInfo()
        addInlinedFunctions()
        beginLines()
        var state = LineState(address: codeStart)
        for index in 0..<map.functionCount {
            rows.removeAll(keepingCapacity: true)
            let function = map.function(index)
            collectRows(function)
            for row in rows { add(row, &state) }
            addFunction(function)
        }
        endLines(&state)
        put8(0, &sections.info)
        setLength(&sections.info)
        makeFrames()
    }

    // MARK: Bytes

    /// Appends the string at `offset` of the string table, with its NUL.
    @inline(never) private func appendString(_ offset: UInt32, _ bytes: inout ContiguousArray<UInt8>) {
        var i = Int(offset)
        // Many rows can share one long name.
        let limit = min(strings.count, i + 4096)
        while i < limit, strings[i] != 0 {
            put8(strings[i], &bytes)
            i += 1
        }
        put8(0, &bytes)
    }

    /// Writes the length of a unit, all behind the length itself, into its first 4 bytes.
    @inline(never) private func setLength(_ bytes: inout ContiguousArray<UInt8>, at start: Int = 0) {
        set32(bytes.count - start - 4, at: start, &bytes)
    }

    /// Notes that the next bytes of a section are an address of code, or in an object will be.
    @inline(never) private mutating func relocate(_ section: DebugRelocation.Section, _ count: Int, _ target: DebugRelocation.Section, _ addend: UInt64, size: UInt8) {
        if !isObject { return }
        sections.relocations.append(
            DebugRelocation(
                section: section, offset: UInt32(truncatingIfNeeded: count), target: target, addend: addend, size: size))
    }

    @inline(never) private mutating func appendInfoAddress(_ address: UInt32) {
        relocate(.info, sections.info.count, .code, UInt64(address), size: 8)
        put(isObject ? 0 : base &+ UInt64(address), size: 8, &sections.info)
    }

    // MARK: .debug_abbrev and .debug_info

    /// For each: code, tag, has children; then attribute and form by turns (7.5.3). All numbers are below 128, so that a
    /// text can hold them.
    private mutating func makeAbbreviations() {
        // DW_TAG_compile_unit: producer string, language data1, name string, comp_dir string, stmt_list sec_offset,
        // low_pc addr, high_pc data4.
        put("\u{1}\u{11}\u{1}\u{25}\u{8}\u{13}\u{B}\u{3}\u{8}\u{1B}\u{8}\u{10}\u{17}\u{11}\u{1}\u{12}\u{6}\0\0", &sections.abbreviations)
        // DW_TAG_subprogram, without and with children: name string, decl_file udata, decl_line udata, low_pc addr,
        // high_pc data4, frame_base exprloc, external flag_present.
        put("\u{2}\u{2E}\0\u{3}\u{8}\u{3A}\u{F}\u{3B}\u{F}\u{11}\u{1}\u{12}\u{6}\u{40}\u{18}\u{3F}\u{19}\0\0", &sections.abbreviations)
        put("\u{3}\u{2E}\u{1}\u{3}\u{8}\u{3A}\u{F}\u{3B}\u{F}\u{11}\u{1}\u{12}\u{6}\u{40}\u{18}\u{3F}\u{19}\0\0", &sections.abbreviations)
        // DW_TAG_subprogram: name string, inline data1.
        put("\u{4}\u{2E}\0\u{3}\u{8}\u{20}\u{B}\0\0", &sections.abbreviations)
        // DW_TAG_inlined_subroutine, without and with children: abstract_origin ref4, low_pc addr, high_pc data4,
        // call_file udata, call_line udata.
        put("\u{5}\u{1D}\0\u{31}\u{13}\u{11}\u{1}\u{12}\u{6}\u{58}\u{F}\u{59}\u{F}\0\0", &sections.abbreviations)
        put("\u{6}\u{1D}\u{1}\u{31}\u{13}\u{11}\u{1}\u{12}\u{6}\u{58}\u{F}\u{59}\u{F}\0\0\0", &sections.abbreviations)
    }

    /// The unit's header (7.5.1.1) and its compile unit. The code is C as far as a debugger's expressions go. The
    /// directory is left to the debugger: files have the same names wherever the program was built.
    private mutating func beginInfo() {
        put32(0, &sections.info)
        put8(4, &sections.info)
        put8(0, &sections.info)
        relocate(.info, sections.info.count, .abbreviations, 0, size: 4)
        put32(0, &sections.info)
        put8(8, &sections.info)
        put8(Code.compileUnit, &sections.info)
        put("Simple\0", &sections.info)
        put8(0x0C, &sections.info)
        appendString(map.fileCount > 0 ? map.fileName(0) : 0, &sections.info)
        put(".\0", &sections.info)
        relocate(.info, sections.info.count, .line, 0, size: 4)
        put32(0, &sections.info)
        appendInfoAddress(codeStart)
        put32(codeEnd &- codeStart, &sections.info)
    }

    /// One entry for each function that is inlined somewhere.
    @_optimize(size)
    private mutating func addInlinedFunctions() {
        var size = 16
        while size < map.inlineCount * 2 { size *= 2 }
        inlinedNames = ContiguousArray(repeating: 0, count: size)
        inlinedPlaces = ContiguousArray(repeating: 0, count: size)
        for i in 0..<map.inlineCount {
            let name = map.inline(i).name
            let bucket = bucket(of: name)
            if name == 0 || inlinedNames[bucket] == name { continue }
            inlinedNames[bucket] = name
            inlinedPlaces[bucket] = UInt32(truncatingIfNeeded: sections.info.count)
            put8(Code.inlinedFunction, &sections.info)
            appendString(name, &sections.info)
            // DW_INL_inlined
            put8(1, &sections.info)
        }
    }

    /// Where `name` is, or goes, in the table of inlined functions.
    @inline(never) private func bucket(of name: UInt32) -> Int {
        let mask = inlinedNames.count - 1
        // Fibonacci hashing: offsets are far from random.
        var bucket = Int(truncatingIfNeeded: (UInt64(name) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while inlinedNames[bucket] != 0, inlinedNames[bucket] != name { bucket = (bucket + 1) & mask }
        return bucket
    }

    private mutating func addFunction(_ function: SourceMapFunction) {
        var hasInlined = false
        for row in rows where row.inline != 0 { hasInlined = true }
        put8(hasInlined ? Code.functionWithChildren : Code.function, &sections.info)
        if Int(function.name) < strings.count, strings[Int(function.name)] != 0 {
            appendString(function.name, &sections.info)
        } else {
            // The glue around a program; the program's main may be inlined in it.
            put("<start>\0", &sections.info)
        }
        var declaration = LineRow(address: 0, file: 0, line: 0, column: 0, inline: 0)
        for row in rows where row.line != 0 {
            declaration = row
            // The position in this function of the first code, inlined code of others included.
            var inline = row.inline
            var budget = map.inlineCount
            while inline != 0, Int(inline) <= map.inlineCount, budget > 0 {
                let call = map.inline(Int(inline) - 1)
                declaration.file = call.callFile
                declaration.line = call.callLine
                inline = call.parent
                budget -= 1
            }
            break
        }
        putULEB(declaration.line == 0 ? 0 : declaration.file + 1, &sections.info)
        putULEB(declaration.line, &sections.info)
        appendInfoAddress(function.start)
        put32(function.size, &sections.info)
        // DW_OP_reg6: rbp.
        put8(1, &sections.info)
        put8(0x56, &sections.info)
        if hasInlined {
            addInlined(0, rows.count, parent: 0, end: function.start &+ function.size, depth: 0)
            put8(0, &sections.info)
        }
    }

    /// The frame of the chain from `inline` outwards that stands directly in `parent`; 0 if `inline` is `parent`.
    private func ancestor(of inline: UInt32, below parent: UInt32) -> UInt32 {
        var current = inline
        while current != parent, current != 0, Int(current) <= map.inlineCount {
            let next = map.inline(Int(current) - 1).parent
            if next == parent { return current }
            // Parents come first; a map that breaks the rule was not validated.
            if next >= current { return 0 }
            current = next
        }
        return 0
    }

    /// Adds the stretches of inlined code among the rows `first..<last`, which belong to `parent`.
    @_optimize(size)
    private mutating func addInlined(_ first: Int, _ last: Int, parent: UInt32, end: UInt32, depth: Int) {
        var i = first
        while i < last {
            let frame = ancestor(of: rows[i].inline, below: parent)
            if frame == 0 {
                i += 1
                continue
            }
            var next = i + 1
            var hasInlined = rows[i].inline != frame
            while next < last, ancestor(of: rows[next].inline, below: parent) == frame {
                if rows[next].inline != frame { hasInlined = true }
                next += 1
            }
            if depth >= 64 { hasInlined = false }
            let call = map.inline(Int(frame) - 1)
            let stop = next < last ? rows[next].address : end
            put8(hasInlined ? Code.inlinedWithChildren : Code.inlined, &sections.info)
            put32(inlinedPlaces[bucket(of: call.name)], &sections.info)
            appendInfoAddress(rows[i].address)
            put32(stop &- rows[i].address, &sections.info)
            putULEB(call.callFile + 1, &sections.info)
            putULEB(call.callLine, &sections.info)
            if hasInlined {
                addInlined(i, next, parent: frame, end: stop, depth: depth + 1)
                put8(0, &sections.info)
            }
            i = next
        }
    }

    // MARK: .debug_line

    /// The line table's state machine (6.2.2), as far as it is used.
    private struct LineState {
        var address: UInt32
        var file: UInt32 = 1
        var line: UInt32 = 1
        var column: UInt32 = 0
    }

    /// The rows of a function, in order of address; none twice at one address.
    private mutating func collectRows(_ function: SourceMapFunction) {
        let first = min(Int(function.firstEntry), map.entryCount)
        let end = min(first + Int(function.entryCount), map.entryCount)
        var hasStatements = false
        for i in first..<end where map.entry(i).isStatement { hasStatements = true }
        var next = function.start
        for i in first..<end {
            let entry = map.entry(i)
            let address = function.start &+ entry.codeOffset
            if hasStatements {
                if entry.isStatement { addRow(address, entry) }
            } else {
                // From behind the call before to this call.
                if next < address { addRow(next, entry) }
                next = address
            }
        }
        if rows.isEmpty {
            rows.append(LineRow(address: function.start, file: 0, line: 0, column: 0, inline: 0))
        }
    }

    @inline(never) private mutating func addRow(_ address: UInt32, _ entry: SourceMapEntry) {
        let row = LineRow(
            address: address, file: entry.file, line: entry.line, column: entry.column, inline: entry.inline)
        if let last = rows.last, last.address >= address { rows.removeLast() }
        rows.append(row)
    }

    /// The header (6.2.4), with the files, and the address of the first row.
    private mutating func beginLines() {
        put32(0, &sections.line)
        put8(4, &sections.line)
        put8(0, &sections.line)
        put32(0, &sections.line)
        // Instructions of 1 byte, 1 operation each; rows are statements; special opcodes -5…8 lines, from 13.
        put(0x1000D0EFB010101, size: 8, &sections.line)
        put(0x1000000010101, size: 8, &sections.line)
        put(0x100, size: 2, &sections.line)
        put8(0, &sections.line)
        for i in 0..<map.fileCount {
            appendString(map.fileName(UInt32(i)), &sections.line)
            put(0x0, size: 3, &sections.line)
        }
        put8(0, &sections.line)
        let length = UInt32(truncatingIfNeeded: sections.line.count - 10)
        for i in 0..<4 { sections.line[6 + i] = UInt8(truncatingIfNeeded: length >> UInt32(i * 8)) }
        // DW_LNE_set_address
        put(0x20900, size: 3, &sections.line)
        relocate(.line, sections.line.count, .code, UInt64(codeStart), size: 8)
        put(isObject ? 0 : base &+ UInt64(codeStart), size: 8, &sections.line)
    }

    @_optimize(size)
    private mutating func add(_ row: LineRow, _ state: inout LineState) {
        if state.file != row.file + 1 {
            state.file = row.file + 1
            // DW_LNS_set_file
            put8(4, &sections.line)
            putULEB(state.file, &sections.line)
        }
        if state.column != row.column {
            state.column = row.column
            // DW_LNS_set_column
            put8(5, &sections.line)
            putULEB(row.column, &sections.line)
        }
        let lines = Int(row.line) - Int(state.line)
        let bytes = Int(row.address) - Int(state.address)
        state.line = row.line
        state.address = row.address
        // A special opcode does it all if both steps are small.
        let special = lines + 5 + 14 * bytes + 13
        if lines >= -5, lines <= 8, bytes >= 0, bytes < 18, special <= 255 {
            put8(UInt8(special), &sections.line)
            return
        }
        // DW_LNS_advance_pc, DW_LNS_advance_line, DW_LNS_copy
        if bytes > 0 {
            put8(2, &sections.line)
            putULEB(UInt32(bytes), &sections.line)
        }
        if lines != 0 {
            put8(3, &sections.line)
            putSLEB(lines, &sections.line)
        }
        put8(1, &sections.line)
    }

    private mutating func endLines(_ state: inout LineState) {
        put8(2, &sections.line)
        putULEB(codeEnd &- min(state.address, codeEnd), &sections.line)
        // DW_LNE_end_sequence
        put(0x10100, size: 3, &sections.line)
        setLength(&sections.line)
    }

    // MARK: .debug_frame and .eh_frame

    /// One common entry and one for each function (6.4.1; for .eh_frame, Linux Standard Base 10.6). Every function
    /// begins with `push rbp; mov rbp, rsp`; what it saves besides is not said, so that callee-saved registers of outer
    /// frames are shown as they are now.
    @_optimize(size)
    private mutating func makeFrames() {
        put32(0, &sections.frame)
        put32(isObject ? 0 : 0xFFFF_FFFF, &sections.frame)
        put8(1, &sections.frame)
        if isObject {
            put("zR\0", &sections.frame)
        } else {
            put8(0, &sections.frame)
        }
        // Units of 1 byte and −8 bytes; the return address is column 16.
        put(0x107801, size: 3, &sections.frame)
        // Addresses are 4 bytes, relative to their place.
        if isObject { put(0x1B01, size: 2, &sections.frame) }
        // DW_CFA_def_cfa rsp + 8; DW_CFA_offset return address at −8.
        put(0x19008070C, size: 5, &sections.frame)
        padFrames()
        setLength(&sections.frame)
        for i in 0..<map.functionCount {
            let function = map.function(i)
            let start = sections.frame.count
            put32(0, &sections.frame)
            put32(isObject ? UInt32(truncatingIfNeeded: start + 4) : 0, &sections.frame)
            if isObject {
                relocate(.frame, sections.frame.count, .code, UInt64(function.start), size: 4)
                put32(0, &sections.frame)
                put32(function.size, &sections.frame)
                put8(0, &sections.frame)
            } else {
                put(base &+ UInt64(function.start), size: 8, &sections.frame)
                put(UInt64(function.size), size: 8, &sections.frame)
            }
            // Behind the push: CFA rsp + 16, rbp at −16. Behind the move: CFA rbp + 16.
            put(0x60D430286100E41, size: 8, &sections.frame)
            padFrames()
            setLength(&sections.frame, at: start)
        }
    }

    /// Fills up to a multiple of 8 with DW_CFA_nop.
    private mutating func padFrames() {
        pad(to: (sections.frame.count + 7) & ~7, &sections.frame)
    }
}

extension ELFBuilder {
    /// Adds the sections to a file of loaded code, where they need no relocations.
    package mutating func add(_ debug: DebugSections) {
        add(".debug_abbrev", type: ELFFormat.progBits, payload: debug.abbreviations)
        add(".debug_info", type: ELFFormat.progBits, payload: debug.info)
        add(".debug_line", type: ELFFormat.progBits, payload: debug.line)
        add(".debug_frame", type: ELFFormat.progBits, alignment: 8, payload: debug.frame)
    }
}

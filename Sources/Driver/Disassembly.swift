internal import SMF

/// The code of a module as text: functions, instructions, what they refer to, and the source lines of their calls.
struct Disassembly {
    /// What an instruction refers to, in words, and where it comes from.
    struct Line {
        var instruction: Disassembler.Instruction
        /// Names of relocations, call targets, import slots; empty if there is nothing to say.
        var target: String
        /// `file:line:column` of a call; empty if the source map does not know the place.
        var position: String
        /// Files and lines of `position`, innermost frame first.
        var frames: [(function: String, file: String, line: UInt32, column: UInt32)]
    }
    /// A function, or code without one.
    struct Function {
        var name: String
        var address: UInt64
        var size: UInt64
        var lines: [Line]
    }

    private let module: SMFInspection
    /// Index of each code section, and its functions by address.
    private(set) var functions: [Function] = []
    /// What is missing from the text because it could not be read.
    private(set) var problems: [String] = []

    /// Decodes all code of `module` that the file has.
    init(_ module: SMFInspection) throws(Disassembler.Failure) {
        self.module = module
        let disassembler = try Disassembler()
        guard let header = module.header else { return }
        let names = AddressNames(module)
        problems = names.problems
        var symbols: [UInt32: [SMFSymbol]] = [:]
        for symbol in module.symbols.rows where symbol.isFunction { symbols[symbol.section, default: []].append(symbol) }
        let allRelocations = Disassembly.relocations(module)
        for section in module.sections(.code) {
            guard let payload = module.payload(section) else { continue }
            let base = header.isImage ? module.sections.rows[section].offset : 0
            var starts: [(offset: Int, size: UInt64, name: String)] = []
            for symbol in symbols[UInt32(section + 1)] ?? [] where symbol.value >= base {
                guard let offset = Int(exactly: symbol.value - base), offset < payload.count else { continue }
                starts.append((offset, symbol.size, module.string(symbol.nameOffset)))
            }
            starts.sort { ($0.offset, $0.name) < ($1.offset, $1.name) }
            if starts.first.map({ $0.offset > 0 }) ?? !payload.isEmpty { starts.insert((0, 0, "(no symbol)"), at: 0) }
            let relocations = allRelocations[UInt16(truncatingIfNeeded: section)] ?? []
            var nextRelocation = 0
            for (i, start) in starts.enumerated() {
                let limit = i + 1 < starts.count ? starts[i + 1].offset : payload.count
                // Padding between functions is of no interest.
                let size = min(start.size == 0 ? UInt64(limit - start.offset) : start.size, UInt64(limit - start.offset))
                let code = UnsafeRawBufferPointer(rebasing: payload[start.offset..<(start.offset + Int(size))])
                var function = Function(
                    name: start.name, address: base + UInt64(start.offset), size: size, lines: [])
                for instruction in disassembler.decode(code, at: base + UInt64(start.offset)) {
                    let first = UInt64(start.offset + instruction.range.lowerBound)
                    let end = UInt64(start.offset + instruction.range.upperBound)
                    var targets: [String] = []
                    while nextRelocation < relocations.count, relocations[nextRelocation].offset < first {
                        nextRelocation += 1
                    }
                    while nextRelocation < relocations.count, relocations[nextRelocation].offset < end {
                        targets.append(describe(relocations[nextRelocation]))
                        nextRelocation += 1
                    }
                    if header.isImage, let target = instruction.target {
                        let name = names.name(of: target, function: base + UInt64(start.offset), size: size)
                        if !name.isEmpty { targets.append(name) }
                    }
                    let frames = names.frames(returnAddress: instruction.end)
                    function.lines.append(
                        Line(
                            instruction: instruction, target: targets.joined(separator: ", "),
                            position: frames.first.map { "\($0.file):\($0.line):\($0.column)" } ?? "", frames: frames))
                }
                functions.append(function)
            }
        }
    }

    /// The relocations by the section that they patch, in the order of their offsets.
    private static func relocations(_ module: SMFInspection) -> [UInt16: [SMFRelocation]] {
        var result: [UInt16: [SMFRelocation]] = [:]
        for table in module.sections(.reloc) {
            let rows = module.rows(ofSection: table, size: SMFFormat.relocationEntrySize) { SMFRelocation(decoding: $0) }.rows
            for row in rows { result[row.section, default: []].append(row) }
        }
        return result.mapValues { $0.sorted { $0.offset < $1.offset } }
    }

    /// `pc32 part.f`, with the addend where it is not the usual one.
    private func describe(_ relocation: SMFRelocation) -> String {
        let usual: Int64 = relocation.type == SMFRelocationType.abs64.rawValue ? 0 : -4
        let addend =
            relocation.addend == usual
            ? "" : relocation.addend < 0 ? " \(relocation.addend)" : " +\(relocation.addend)"
        return "\(SMFInspection.type(relocation)) \(module.symbolName(relocation.symbol))\(addend)"
    }

    // MARK: Text

    /// The instructions of each function under its name, without addresses, so that the text changes only with the code.
    var plainText: String {
        var text = ""
        for function in functions {
            text += "\(text.isEmpty ? "" : "\n")\(function.name):\n"
            for line in function.lines {
                text += "  \(line.instruction.text)\(line.target.isEmpty ? "" : "  ; \(line.target)")\n"
            }
        }
        return text
    }

    /// The instructions with addresses and bytes, and above each call the source line that it stands in.
    func annotatedText(_ sources: inout SourceLines) -> String {
        var text = ""
        for function in functions {
            text += "\n\(function.name): address 0x\(String(function.address, radix: 16)) size \(function.size)\n"
            var shown = ""
            for line in function.lines {
                if !line.position.isEmpty, line.position != shown {
                    shown = line.position
                    for (i, frame) in line.frames.enumerated() {
                        let source = i == 0 ? sources.line(frame.line, of: frame.file).map { "  | \($0)" } ?? "" : ""
                        text += "  ; \(frame.file):\(frame.line):\(frame.column) in \(frame.function.isEmpty ? function.name : frame.function)\(source)\n"
                    }
                }
                let address = String(line.instruction.address, radix: 16)
                text += "  \(String(repeating: " ", count: max(0, 8 - address.utf8.count)))\(address)  "
                for byte in line.instruction.bytes { text += (byte < 16 ? "0" : "") + String(byte, radix: 16) + " " }
                text += String(repeating: " ", count: max(0, 30 - line.instruction.bytes.count * 3))
                text += line.instruction.text
                text += line.target.isEmpty ? "\n" : "  ; \(line.target)\n"
            }
        }
        return text
    }

    /// Adds the code to a JSON form.
    func write(to json: inout SMFJSONWriter) {
        json.array("functions", functions) { json, function in
            json.object { json in
                json.string("name", function.name)
                json.number("address", function.address)
                json.number("size", function.size)
                json.array("instructions", function.lines) { json, line in
                    json.object { json in
                        json.number("address", line.instruction.address)
                        json.number("size", line.instruction.bytes.count)
                        json.string("text", line.instruction.text)
                        if !line.target.isEmpty { json.string("target", line.target) }
                        if !line.frames.isEmpty {
                            json.array("frames", line.frames) { json, frame in
                                json.object { json in
                                    json.string("function", frame.function)
                                    json.string("file", frame.file)
                                    json.number("line", frame.line)
                                    json.number("column", frame.column)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the addresses of a module are called.
struct AddressNames {
    private let module: SMFInspection
    private var imports: [UInt64: String] = [:]
    /// Exported and local symbols of an image by address.
    private var symbols: [(start: UInt64, size: UInt64, name: String)] = []
    /// Indices of the sections that take memory, by address.
    private let sections: [Int]
    private var map: SourceMapView?
    /// Why there are no source positions.
    private(set) var problems: [String] = []

    init(_ module: SMFInspection) {
        self.module = module
        sections = module.sections.rows.indices.filter { module.sections.rows[$0].virtualSize > 0 }
            .sorted { (module.sections.rows[$0].offset, $0) < (module.sections.rows[$1].offset, $1) }
        for table in module.sections(.imports) {
            for item in module.rows(ofSection: table, size: SMFFormat.importEntrySize, decode: { SMFImport(decoding: $0) }).rows {
                imports[item.slot] = module.symbolName(item.symbol)
            }
        }
        for symbol in module.symbols.rows where !symbol.isUndefined && !symbol.isAbsolute {
            symbols.append((symbol.value, symbol.size, module.string(symbol.nameOffset)))
        }
        symbols.sort { ($0.start, $0.name) < ($1.start, $1.name) }
        guard let index = module.sections(.srcMap).first else { return }
        switch module.view(ofSection: index, SourceMapView.init) {
        case .success(let view): map = view
        case .failure(let problem): problems.append("no source lines: the source map cannot be read: \(problem.reason)")
        }
    }

    /// What `address` of an image is called, seen from the function at `function`; empty for a place inside it.
    func name(of address: UInt64, function: UInt64, size: UInt64) -> String {
        if address >= function, address - function < size { return "" }
        if let name = imports[address] { return "import \(name)" }
        var low = 0
        var high = symbols.count
        while low < high {
            let middle = (low + high) / 2
            if symbols[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        if low > 0 {
            let symbol = symbols[low - 1]
            let distance = address - symbol.start
            if distance == 0 { return symbol.name }
            if distance < symbol.size { return "\(symbol.name)+\(distance)" }
        }
        low = 0
        high = sections.count
        while low < high {
            let middle = (low + high) / 2
            if module.sections.rows[sections[middle]].offset <= address { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return "" }
        let distance = address - module.sections.rows[sections[low - 1]].offset
        if distance >= module.sections.rows[sections[low - 1]].virtualSize { return "" }
        return "\(module.sectionName(sections[low - 1]))+\(distance)"
    }

    /// The source frames of the call that returns to `returnAddress`, innermost first; empty if no row is at that
    /// very place.
    func frames(returnAddress: UInt64) -> [(function: String, file: String, line: UInt32, column: UInt32)] {
        guard let map, var frames = map.lookup(returnAddress) else { return [] }
        var result: [(function: String, file: String, line: UInt32, column: UInt32)] = []
        while let frame = frames.next() {
            if !frame.isExact || frame.line == 0 { return [] }
            result.append((module.string(frame.name), module.string(frame.file), frame.line, frame.column))
            // A damaged map can nest without end; nobody reads more than this.
            if result.count == 64 { break }
        }
        return result
    }
}

/// Lines of source files, read when they are first asked for.
struct SourceLines {
    /// Folders in which the module's relative paths are looked up, in order.
    let folders: [String]
    private var files: [String: [Substring]] = [:]
    /// Why files that exist could not be shown.
    private(set) var problems: [String] = []

    init(folders: [String]) { self.folders = folders }

    /// The text of `line` (from 1) of `file`, without blanks at its ends; `nil` if the file is not found.
    mutating func line(_ line: UInt32, of file: String) -> String? {
        if files[file] == nil { files[file] = read(file) }
        guard let lines = files[file], line >= 1, Int(line) <= lines.count else { return nil }
        let text = lines[Int(line) - 1].drop { $0 == " " || $0 == "\t" }
        return text.isEmpty ? nil : SMFInspection.printable(text.utf8)
    }

    private mutating func read(_ file: String) -> [Substring] {
        var paths: [String] = []
        for folder in folders {
            let path = file.hasPrefix("/") ? file : PathText.absolute(file, from: folder)
            if SystemFile.kind(of: path) != .file || paths.contains(path) { continue }
            paths.append(path)
            do throws(SystemFailure) {
                let bytes = try SystemFile.read(path)
                return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            } catch {
                problems.append(error.message)
            }
        }
        return []
    }
}

#if !hasFeature(Embedded)
    // A module as text, for `simple inspect` and for tests. Works on damaged modules: it prints what can be read and
    // ends with the rule that is broken. The form is stable; a change of it is a change of an interface.

    /// The text form of `bytes`: header, sections, symbols, relocations, imports, base relocations, source map.
    package func smfText(_ bytes: UnsafeRawBufferPointer) -> String {
        var printer = SMFTextPrinter(bytes)
        return printer.print()
    }

    /// The text form of `bytes`.
    package func smfText(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { smfText($0) } }

    private struct SMFTextPrinter {
        let bytes: UnsafeRawBufferPointer
        var text = ""
        var header = SMFHeader()
        /// Section entries that lie in the file; payloads may not.
        var sections: [SMFSection] = []
        var symbolCount = 0

        init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        mutating func print() -> String {
            let problem = firstProblem()
            guard bytes.count >= SMFFormat.headerSize, let base = bytes.baseAddress else {
                line("damaged: \(problem.map { "\($0)" } ?? "empty")")
                return text
            }
            header = SMFHeader(decoding: base)
            if header.magic == SMFFormat.magic, header.versionMajor == SMFFormat.versionMajor {
                printHeader()
                printSections()
                printSymbols()
                for i in sections.indices { printContents(i) }
            }
            if let problem { line("damaged: \(problem)") }
            return text
        }

        /// What a reader says about the module.
        private func firstProblem() -> SMFError? {
            do throws(SMFError) {
                try SMFReader(bytes).validate()
                return nil
            } catch {
                return error
            }
        }

        private mutating func line(_ line: String) {
            text += line
            text += "\n"
        }

        // MARK: Parts

        private mutating func printHeader() {
            let platform = SMFPlatform(rawValue: header.platform).map { "\($0)" } ?? "platform-\(header.platform)"
            let architecture =
                SMFArchitecture(rawValue: header.architecture).map { "\($0)" } ?? "arch-\(header.architecture)"
            line(
                "SMF \(header.versionMajor).\(header.versionMinor) \(header.isImage ? "image" : "object") "
                    + "\(platform) \(architecture)")
            line("  flags          \(flagNames())")
            line("  file_size      \(header.fileSize)")
            if header.isImage { line("  image_span     \(hex(header.imageSpan))") }
            if header.flags.contains(.executable) { line("  entry_point    \(hex(header.entryPoint))") }
            line("  module_hash    \(hex16(header.moduleHash))")
            line("  source_hash    \(hex16(header.sourceHash))")
            line("  abi_hash       \(hex16(header.abiHash))")
            line("  toolchain_id   \(hex16(header.toolchainID))")
            line("  runtime_abi    \(header.runtimeABI)")
            line("  cpu_features   \(hex(UInt64(header.cpuFeatures.rawValue)))")
            line("  header_crc     \(hex(UInt64(header.headerChecksum)))")
        }

        private func flagNames() -> String {
            let names: [(SMFFlags, String)] = [
                (.executable, "EXECUTABLE"), (.reloadable, "RELOADABLE"), (.debugInfo, "DEBUG_INFO"),
                (.positionIndependent, "PIC"), (.compressed, "COMPRESSED"), (.linked, "LINKED"), (.optimized, "OPTIMIZED"),
            ]
            var found = names.filter { header.flags.contains($0.0) }.map(\.1)
            let unknown = header.flags.subtracting(.known)
            if !unknown.isEmpty { found.append(hex(UInt64(unknown.rawValue))) }
            return found.isEmpty ? "none" : found.joined(separator: " ")
        }

        private mutating func printSections() {
            let count = rows(
                at: header.sectionTableOffset, count: min(header.sectionCount, SMFFormat.maximumSectionCount),
                size: SMFFormat.sectionEntrySize)
            line("sections \(header.sectionCount)")
            for i in 0..<count {
                guard let row = row(at: header.sectionTableOffset, i, size: SMFFormat.sectionEntrySize) else { break }
                let section = SMFSection(decoding: row)
                sections.append(section)
                let flags =
                    (section.flags.contains(.read) ? "r" : "-") + (section.flags.contains(.write) ? "w" : "-")
                    + (section.flags.contains(.execute) ? "x" : "-")
                line(
                    "  \(i) \(sectionName(i)) \(section.kind.map { "\($0)" } ?? "type-\(hex(UInt64(section.type)))") "
                        + "\(flags) offset \(hex(section.offset)) size \(section.size) "
                        + "virtual \(section.virtualSize) align \(section.alignment)")
            }
            ended(count, UInt64(header.sectionCount))
        }

        private mutating func printSymbols() {
            line("symbols \(header.symbolCount) exported \(header.exportedCount)")
            let count = rows(
                at: header.symbolTableOffset, count: header.symbolCount, size: SMFFormat.symbolEntrySize)
            symbolCount = count
            for i in 0..<count {
                guard let row = row(at: header.symbolTableOffset, i, size: SMFFormat.symbolEntrySize) else { break }
                let symbol = SMFSymbol(decoding: row)
                let type = SMFSymbolType(rawValue: symbol.type).map { "\($0)" } ?? "type-\(symbol.type)"
                let binding = SMFBinding(rawValue: symbol.binding).map { "\($0)" } ?? "binding-\(symbol.binding)"
                let place =
                    symbol.isUndefined
                    ? "undefined"
                    : symbol.isAbsolute
                        ? "absolute \(hex(symbol.value))"
                        : "\(sectionName(Int(symbol.section) - 1)) \(hex(symbol.value)) size \(symbol.size)"
                line("  \(i) \(binding) \(type) \(string(symbol.nameOffset)) \(place)")
            }
            ended(count, UInt64(header.symbolCount))
        }

        /// Prints what section `index` holds, if it is a table.
        private mutating func printContents(_ index: Int) {
            switch sections[index].kind {
            case .reloc: printRelocations(index)
            case .imports: printImports(index)
            case .baseReloc: printBaseRelocations(index)
            case .srcMap: printSourceMap(index)
            case .typeInfo: printTypes(index)
            case .version: printVersion(index)
            default: break
            }
        }

        private mutating func printRelocations(_ index: Int) {
            let section = sections[index]
            let total = section.size / UInt64(SMFFormat.relocationEntrySize)
            line("relocations \(total)")
            let count = rows(at: section.offset, count: UInt32(clamping: total), size: SMFFormat.relocationEntrySize)
            for i in 0..<count {
                guard let row = row(at: section.offset, i, size: SMFFormat.relocationEntrySize) else { break }
                let relocation = SMFRelocation(decoding: row)
                let type = SMFRelocationType(rawValue: relocation.type).map { "\($0)" } ?? "type-\(relocation.type)"
                line(
                    "  \(sectionName(Int(relocation.section)))+\(hex(relocation.offset)) \(type) "
                        + "\(symbolName(relocation.symbol)) \(signed(relocation.addend))")
            }
            ended(count, total)
        }

        private mutating func printImports(_ index: Int) {
            let section = sections[index]
            let total = section.size / UInt64(SMFFormat.importEntrySize)
            line("imports \(total)")
            let count = rows(at: section.offset, count: UInt32(clamping: total), size: SMFFormat.importEntrySize)
            for i in 0..<count {
                guard let row = row(at: section.offset, i, size: SMFFormat.importEntrySize) else { break }
                let item = SMFImport(decoding: row)
                let kind = SMFImportKind(rawValue: item.kind).map { "\($0)" } ?? "kind-\(item.kind)"
                var line = "  \(hex(item.slot)) \(kind) \(symbolName(item.symbol))"
                if item.library != 0 { line += " library \(string(item.library))" }
                if item.flags.contains(.required) { line += " required" }
                if item.flags.contains(.optional) { line += " optional" }
                if item.flags.contains(.weak) { line += " weak" }
                if item.abiHash != 0 { line += " abi \(hex16(item.abiHash))" }
                self.line(line)
            }
            ended(count, total)
        }

        private mutating func printBaseRelocations(_ index: Int) {
            let section = sections[index]
            let total = section.size / 8
            line("base relocations \(total)")
            let count = rows(at: section.offset, count: UInt32(clamping: total), size: 8)
            for i in 0..<count {
                guard let row = row(at: section.offset, i, size: 8) else { break }
                line("  \(hex(smfLoad64(row, 0)))")
            }
            ended(count, total)
        }

        private mutating func printSourceMap(_ index: Int) {
            guard let payload = payload(index) else { return }
            guard let view = try? SourceMapView(payload) else {
                line("source map unreadable")
                return
            }
            line(
                "source map \(view.fileCount) files \(view.functionCount) functions \(view.entryCount) entries "
                    + "\(view.inlineCount) inlined")
            // Rows of a damaged map can overlap; each entry is worth one line.
            var budget = view.entryCount
            for i in 0..<view.functionCount {
                let function = view.function(i)
                line("  \(string(function.name)) \(hex(UInt64(function.start))) size \(function.size)")
                let first = Int(function.firstEntry)
                for e in first..<min(first + Int(function.entryCount), max(first, view.entryCount)) where budget > 0 {
                    budget -= 1
                    let entry = view.entry(e)
                    line(
                        "    +\(hex(UInt64(entry.codeOffset))) \(string(view.fileName(entry.file))):\(entry.line):"
                            + "\(entry.column)\(entry.inline == 0 ? "" : " inline \(entry.inline)")"
                            + (entry.isStatement ? " statement" : ""))
                }
            }
            for i in 0..<view.inlineCount {
                let inline = view.inline(i)
                line(
                    "  inline \(i + 1) \(string(inline.name)) called at \(string(view.fileName(inline.callFile))):"
                        + "\(inline.callLine):\(inline.callColumn)"
                        + (inline.parent == 0 ? "" : " in inline \(inline.parent)"))
            }
        }

        private mutating func printTypes(_ index: Int) {
            guard let payload = payload(index) else { return }
            guard let view = try? TypeInfoView(payload) else {
                line("types unreadable")
                return
            }
            line("types \(view.count)")
            for i in 0..<view.count {
                let type = view[i]
                line(
                    "  \(string(type.name)) kind \(type.kind) size \(type.size) align \(type.alignment) "
                        + "layout \(hex16(type.layoutHash))")
            }
        }

        private mutating func printVersion(_ index: Int) {
            guard let payload = payload(index) else { return }
            line("version")
            for part in payload.split(separator: 0x0A) { line("  \(printable(part))") }
        }

        // MARK: Bounds

        /// How many of `count` rows of `size` bytes at `offset` lie in the file.
        private func rows(at offset: UInt64, count: UInt32, size: Int) -> Int {
            guard offset <= UInt64(bytes.count) else { return 0 }
            return min(Int(count), (bytes.count - Int(offset)) / size)
        }

        /// The place of row `index` of a table at `offset`; `nil` if the file ends before its end.
        private func row(at offset: UInt64, _ index: Int, size: Int) -> UnsafeRawPointer? {
            guard let base = bytes.baseAddress, offset <= UInt64(bytes.count),
                (bytes.count - Int(offset)) / size > index
            else { return nil }
            return base + Int(offset) + index * size
        }

        /// The payload of section `index` as far as the file has it; says so if it is cut.
        private mutating func payload(_ index: Int) -> UnsafeRawBufferPointer? {
            let section = sections[index]
            guard section.offset <= UInt64(bytes.count), UInt64(bytes.count) - section.offset >= section.size else {
                line("\(sectionName(index)) is outside the file")
                return nil
            }
            return UnsafeRawBufferPointer(
                rebasing: bytes[Int(section.offset)..<Int(section.offset + section.size)])
        }

        private mutating func ended(_ shown: Int, _ total: UInt64) {
            if UInt64(shown) < total { line("  … \(total - UInt64(shown)) more outside the file") }
        }

        // MARK: Names and numbers

        /// The string at `offset` of the string table, as far as it can be read.
        private func string(_ offset: UInt32) -> String {
            let size = UInt64(bytes.count)
            guard UInt64(offset) < header.stringTableSize, header.stringTableOffset < size,
                size - header.stringTableOffset > UInt64(offset)
            else { return "?string-\(offset)" }
            let start = Int(header.stringTableOffset) + Int(offset)
            let limit =
                start + Int(min(header.stringTableSize - UInt64(offset), size - UInt64(start), 4096))
            var end = start
            while end < limit, bytes[end] != 0 { end += 1 }
            return end == start ? "\"\"" : printable(bytes[start..<end])
        }

        private func symbolName(_ index: UInt32) -> String {
            guard index < UInt32(clamping: symbolCount),
                let row = row(at: header.symbolTableOffset, Int(index), size: SMFFormat.symbolEntrySize)
            else { return "?symbol-\(index)" }
            return string(SMFSymbol(decoding: row).nameOffset)
        }

        private func sectionName(_ index: Int) -> String {
            guard index >= 0, index < sections.count else { return "?section-\(index)" }
            let name = (0..<16).map { sections[index].nameByte($0) }.prefix { $0 != 0 }
            return name.isEmpty ? "section-\(index)" : printable(name)
        }

        /// UTF-8 bytes as text; control characters, which could move a terminal's cursor, as "\u{..}".
        private func printable(_ bytes: some Sequence<UInt8>) -> String {
            var result = ""
            for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
                if scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0) {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
            return result
        }

        private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

        private func hex16(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }

        private func signed(_ value: Int64) -> String { value < 0 ? "\(value)" : "+\(value)" }
    }
#endif

#if !hasFeature(Embedded)
    // A module as text, for `simple inspect` and for tests. Works on damaged modules: it prints what can be read and
    // ends with the rule that is broken. The form is stable; a change of it is a change of an interface.

    /// The text form of `bytes`: header, sections, symbols, then what the sections hold, in their order.
    package func smfText(_ bytes: UnsafeRawBufferPointer) -> String {
        var printer = SMFTextPrinter(SMFInspection(bytes))
        return printer.print()
    }

    /// The text form of `bytes`.
    package func smfText(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { smfText($0) } }

    private struct SMFTextPrinter {
        let module: SMFInspection
        var text = ""

        init(_ module: SMFInspection) { self.module = module }

        mutating func print() -> String {
            if let header = module.header {
                printHeader(header)
                printSections()
                printSymbols(header)
                for i in module.sections.rows.indices { printContents(i) }
            }
            if let problem = module.problem { line("damaged: \(problem)") }
            return text
        }

        private mutating func line(_ line: String) {
            text += line
            text += "\n"
        }
        private func hex(_ value: UInt64) -> String { SMFInspection.hex(value) }
        private func hex16(_ value: UInt64) -> String { SMFInspection.hex16(value) }
        private func string(_ offset: UInt32) -> String {
            let text = module.string(offset)
            return text.isEmpty ? "\"\"" : text
        }
        private func symbolName(_ index: UInt32) -> String {
            let text = module.symbolName(index)
            return text.isEmpty ? "\"\"" : text
        }
        private mutating func ended(_ missing: UInt64) {
            if missing > 0 { line("  … \(missing) more outside the file") }
        }
        /// The payload of section `index`; says so if the file doesn't have it.
        private mutating func payload(_ index: Int) -> UnsafeRawBufferPointer? {
            if let payload = module.payload(index) { return payload }
            line("\(module.sectionName(index)) is outside the file")
            return nil
        }

        // MARK: Parts

        private mutating func printHeader(_ header: SMFHeader) {
            line(
                "SMF \(header.versionMajor).\(header.versionMinor) \(header.isImage ? "image" : "object") "
                    + "\(SMFInspection.platform(header)) \(SMFInspection.architecture(header))")
            let flags = SMFInspection.flags(header)
            line("  flags          \(flags.isEmpty ? "none" : flags.joined(separator: " "))")
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

        private mutating func printSections() {
            line("sections \(module.sections.total)")
            for (i, section) in module.sections.rows.enumerated() {
                line(
                    "  \(i) \(module.sectionName(i)) \(SMFInspection.type(section)) "
                        + "\(SMFInspection.protection(section)) offset \(hex(section.offset)) size \(section.size) "
                        + "virtual \(section.virtualSize) align \(section.alignment)")
            }
            ended(module.sections.missing)
        }

        private mutating func printSymbols(_ header: SMFHeader) {
            line("symbols \(header.symbolCount) exported \(header.exportedCount)")
            for (i, symbol) in module.symbols.rows.enumerated() {
                let place =
                    symbol.isUndefined
                    ? "undefined"
                    : symbol.isAbsolute
                        ? "absolute \(hex(symbol.value))"
                        : "\(module.sectionName(Int(symbol.section) - 1)) \(hex(symbol.value)) size \(symbol.size)"
                line(
                    "  \(i) \(SMFInspection.binding(symbol)) \(SMFInspection.type(symbol)) "
                        + "\(string(symbol.nameOffset)) \(place)"
                        + (symbol.visibility == 0 ? "" : symbol.visibility == 1 ? " hidden" : " visibility-\(symbol.visibility)")
                        + (symbol.typeID == 0 ? "" : " type \(symbol.typeID - 1)")
                        + (symbol.version == 1 ? "" : " version \(symbol.version)"))
            }
            ended(module.symbols.missing)
        }

        /// Prints what section `index` holds, if it is a table or a text.
        private mutating func printContents(_ index: Int) {
            switch module.sections.rows[index].kind {
            case .reloc: printRelocations(index)
            case .imports: printImports(index)
            case .baseReloc: printBaseRelocations(index)
            case .srcMap: printSourceMap(index)
            case .typeInfo: printTypes(index)
            case .version: printLines("version", index)
            case .interface: printLines("interface", index)
            case .deps: printDependencies(index)
            case .symHash: printHashTable(index)
            case .slots: printSlots(index)
            default: break
            }
        }

        private mutating func printRelocations(_ index: Int) {
            let table = module.rows(ofSection: index, size: SMFFormat.relocationEntrySize) { SMFRelocation(decoding: $0) }
            line("relocations \(table.total)")
            for relocation in table.rows {
                line(
                    "  \(module.sectionName(Int(relocation.section)))+\(hex(relocation.offset)) "
                        + "\(SMFInspection.type(relocation)) \(symbolName(relocation.symbol)) "
                        + (relocation.addend < 0 ? "\(relocation.addend)" : "+\(relocation.addend)"))
            }
            ended(table.missing)
        }

        private mutating func printImports(_ index: Int) {
            let table = module.rows(ofSection: index, size: SMFFormat.importEntrySize) { SMFImport(decoding: $0) }
            line("imports \(table.total)")
            for item in table.rows {
                var line = "  \(hex(item.slot)) \(SMFInspection.kind(item)) \(symbolName(item.symbol))"
                if item.library != 0 { line += " library \(string(item.library))" }
                for word in SMFInspection.flags(item) { line += " \(word)" }
                if item.abiHash != 0 { line += " abi \(hex16(item.abiHash))" }
                self.line(line)
            }
            ended(table.missing)
        }

        private mutating func printBaseRelocations(_ index: Int) {
            let table = module.rows(ofSection: index, size: 8) { smfLoad64($0, 0) }
            line("base relocations \(table.total)")
            for address in table.rows { line("  \(hex(address))") }
            ended(table.missing)
        }

        private mutating func printSlots(_ index: Int) {
            line("reload slots \(module.sections.rows[index].size / 8)")
        }

        private mutating func printSourceMap(_ index: Int) {
            guard let view = readable("source map", index, SourceMapView.init) else { return }
            line(
                "source map \(view.fileCount) files \(view.functionCount) functions \(view.entryCount) entries "
                    + "\(view.inlineCount) inlined")
            // Rows of a damaged map can overlap; each entry is worth one line.
            var budget = view.entryCount
            for i in 0..<view.functionCount {
                let function = view.function(i)
                line("  \(string(function.name)) \(hex(UInt64(function.start))) size \(function.size)")
                let first = Int(function.firstEntry)
                let count = min(max(0, view.entryCount - first), Int(function.entryCount), budget)
                budget -= count
                for e in first..<(first + count) {
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
            guard let view = readable("types", index, TypeInfoView.init) else { return }
            line("types \(view.count)")
            for i in 0..<view.count {
                let type = view[i]
                line(
                    "  \(string(type.name)) \(SMFInspection.kind(type)) size \(type.size) align \(type.alignment) "
                        + "layout \(hex16(type.layoutHash))")
            }
        }

        private mutating func printDependencies(_ index: Int) {
            guard let view = readable("dependencies", index, SMFDependencyView.init) else { return }
            line("dependencies \(view.count)")
            for i in 0..<view.count {
                let item = view[i]
                var line = "  \(SMFInspection.kind(item)) \(string(item.name))"
                if item.size != 0 { line += " size \(item.size)" }
                if item.modificationTime != 0 { line += " mtime \(item.modificationTime)" }
                self.line("\(line) digest \(SMFInspection.digest(item))")
            }
        }

        /// The view of a payload, or a line that says why there is none.
        private mutating func readable<View>(
            _ name: String, _ index: Int, _ read: (UnsafeRawBufferPointer, UInt64) throws(SMFError) -> View
        ) -> View? {
            switch module.view(ofSection: index, read) {
            case .success(let view): return view
            case .failure(let problem):
                line("\(name) unreadable: \(problem.reason)")
                return nil
            }
        }

        private mutating func printHashTable(_ index: Int) {
            guard let payload = payload(index) else { return }
            guard payload.count >= 8, let base = payload.baseAddress else { return line("symbol hash unreadable") }
            line("symbol hash \(smfLoad32(base, 0)) buckets")
        }

        private mutating func printLines(_ title: String, _ index: Int) {
            guard let payload = payload(index) else { return }
            line(title)
            for text in SMFInspection.lines(payload) { line("  \(text)") }
        }
    }
#endif

#if !hasFeature(Embedded)
    // A module as one JSON object, for tools. The schema is in Docs/smf.md ("JSON"); names are added to it, never
    // changed. Numbers that are digests are strings of 16 hexadecimal digits, since many readers of JSON keep 53 bits.

    /// The JSON form of `bytes`, ended by a line feed, as far as the module can be read. `more` adds members.
    package func smfJSON(
        _ bytes: UnsafeRawBufferPointer, more: (inout SMFJSONWriter, SMFInspection) -> Void = { _, _ in }
    ) -> String {
        let module = SMFInspection(bytes)
        var json = SMFJSONWriter()
        json.object { json in
            if let header = module.header {
                writeHeader(header, &json)
                writeSections(module, &json)
                writeSymbols(module, &json)
                writeContents(module, &json)
            }
            more(&json, module)
            if let problem = module.problem {
                json.object("damage") { json in
                    json.string("rule", SMFInspection.name(problem.rule))
                    json.number("offset", problem.offset)
                    json.number("value", problem.value)
                    json.string("message", "\(problem)")
                }
            } else {
                json.null("damage")
            }
        }
        json.text += "\n"
        return json.text
    }

    /// Writes JSON, members in the order of the calls.
    package struct SMFJSONWriter {
        package fileprivate(set) var text = ""
        private var needsComma = false

        package init() {}

        private mutating func begin(_ name: String?) {
            if needsComma { text += "," }
            needsComma = true
            if let name {
                quote(name)
                text += ":"
            }
        }
        /// An object, as member `name` or as an element.
        package mutating func object(_ name: String? = nil, _ contents: (inout SMFJSONWriter) -> Void) {
            begin(name)
            text += "{"
            needsComma = false
            contents(&self)
            text += "}"
            needsComma = true
        }
        /// An array as member `name`.
        package mutating func array<Rows: Sequence>(
            _ name: String? = nil, _ rows: Rows, _ element: (inout SMFJSONWriter, Rows.Element) -> Void
        ) {
            begin(name)
            text += "["
            needsComma = false
            for row in rows { element(&self, row) }
            text += "]"
            needsComma = true
        }
        package mutating func string(_ name: String? = nil, _ value: String) {
            begin(name)
            quote(value)
        }
        package mutating func number(_ name: String? = nil, _ value: some BinaryInteger) {
            begin(name)
            text += "\(value)"
        }
        package mutating func null(_ name: String? = nil) {
            begin(name)
            text += "null"
        }
        package mutating func digest(_ name: String, _ value: UInt64) { string(name, SMFInspection.hex16(value)) }

        private mutating func quote(_ value: String) {
            text += "\""
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\"": text += "\\\""
                case "\\": text += "\\\\"
                case "\n": text += "\\n"
                case "\t": text += "\\t"
                case _ where scalar.value < 0x20:
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: text.unicodeScalars.append(scalar)
                }
            }
            text += "\""
        }
    }

    private func writeHeader(_ header: SMFHeader, _ json: inout SMFJSONWriter) {
        json.string("format", "\(header.versionMajor).\(header.versionMinor)")
        json.string("kind", header.isImage ? "image" : "object")
        json.string("platform", SMFInspection.platform(header))
        json.string("arch", SMFInspection.architecture(header))
        json.array("flags", SMFInspection.flags(header)) { $0.string(nil, $1) }
        json.number("fileSize", header.fileSize)
        json.number("imageSpan", header.imageSpan)
        json.number("entryPoint", header.entryPoint)
        json.digest("moduleHash", header.moduleHash)
        json.digest("sourceHash", header.sourceHash)
        json.digest("abiHash", header.abiHash)
        json.digest("toolchainId", header.toolchainID)
        json.number("runtimeAbi", header.runtimeABI)
        json.number("cpuFeatures", header.cpuFeatures.rawValue)
        json.number("headerCrc", header.headerChecksum)
        json.number("sectionCount", header.sectionCount)
        json.number("symbolCount", header.symbolCount)
        json.number("exportedCount", header.exportedCount)
    }

    private func writeSections(_ module: SMFInspection, _ json: inout SMFJSONWriter) {
        json.array("sections", module.sections.rows.indices) { json, i in
            let section = module.sections.rows[i]
            json.object { json in
                json.string("name", module.sectionName(i))
                json.string("type", SMFInspection.type(section))
                json.string("protection", SMFInspection.protection(section))
                json.number("offset", section.offset)
                json.number("size", section.size)
                json.number("virtualSize", section.virtualSize)
                json.number("alignment", section.alignment)
            }
        }
    }

    private func writeSymbols(_ module: SMFInspection, _ json: inout SMFJSONWriter) {
        json.array("symbols", module.symbols.rows) { json, symbol in
            json.object { json in
                json.string("name", module.string(symbol.nameOffset))
                json.string("type", SMFInspection.type(symbol))
                json.string("binding", SMFInspection.binding(symbol))
                json.number("visibility", symbol.visibility)
                if symbol.isUndefined {
                    json.string("section", "undefined")
                } else if symbol.isAbsolute {
                    json.string("section", "absolute")
                } else {
                    json.number("section", symbol.section - 1)
                }
                json.number("value", symbol.value)
                json.number("size", symbol.size)
                if symbol.typeID == 0 { json.null("typeIndex") } else { json.number("typeIndex", symbol.typeID - 1) }
                json.number("version", symbol.version)
            }
        }
    }

    private func writeContents(_ module: SMFInspection, _ json: inout SMFJSONWriter) {
        var unreadable: [SMFInspection.Unreadable] = []
        func views<View>(
            _ type: SMFSectionType, _ read: (UnsafeRawBufferPointer, UInt64) throws(SMFError) -> View
        ) -> [View] {
            module.sections(type).compactMap { index in
                switch module.view(ofSection: index, read) {
                case .success(let view): return view
                case .failure(let problem):
                    unreadable.append(problem)
                    return nil
                }
            }
        }
        func rows<Row>(_ type: SMFSectionType, _ size: Int, _ decode: (UnsafeRawPointer) -> Row) -> [Row] {
            module.sections(type).flatMap { module.rows(ofSection: $0, size: size, decode: decode).rows }
        }
        func lines(_ type: SMFSectionType) -> [String] {
            views(type) { payload, _ in SMFInspection.lines(payload) }.flatMap { $0 }
        }
        json.array("relocations", rows(.reloc, SMFFormat.relocationEntrySize) { SMFRelocation(decoding: $0) }) { json, row in
            json.object { json in
                json.number("section", row.section)
                json.number("offset", row.offset)
                json.string("type", SMFInspection.type(row))
                json.number("symbolIndex", row.symbol)
                json.string("symbol", module.symbolName(row.symbol))
                json.number("addend", row.addend)
            }
        }
        json.array("imports", rows(.imports, SMFFormat.importEntrySize) { SMFImport(decoding: $0) }) { json, row in
            json.object { json in
                json.number("slot", row.slot)
                json.string("symbol", module.symbolName(row.symbol))
                json.string("kind", SMFInspection.kind(row))
                json.string("library", row.library == 0 ? "" : module.string(row.library))
                json.array("flags", SMFInspection.flags(row)) { $0.string(nil, $1) }
                json.digest("abiHash", row.abiHash)
            }
        }
        json.array("baseRelocations", rows(.baseReloc, 8) { smfLoad64($0, 0) }) { $0.number(nil, $1) }
        json.array("interface", lines(.interface)) { $0.string(nil, $1) }
        let dependencies = views(.deps, SMFDependencyView.init).flatMap { view in (0..<view.count).map { view[$0] } }
        json.array("dependencies", dependencies) { json, row in
            json.object { json in
                json.string("kind", SMFInspection.kind(row))
                json.string("name", module.string(row.name))
                json.number("size", row.size)
                json.number("mtimeNs", row.modificationTime)
                json.string("digest", SMFInspection.digest(row))
            }
        }
        let types = views(.typeInfo, TypeInfoView.init).flatMap { view in (0..<view.count).map { view[$0] } }
        json.array("types", types) { json, row in
            json.object { json in
                json.string("name", module.string(row.name))
                json.string("kind", SMFInspection.kind(row))
                json.number("size", row.size)
                json.number("alignment", row.alignment)
                json.digest("layoutHash", row.layoutHash)
            }
        }
        json.array("version", lines(.version)) { json, line in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            json.object { json in
                json.string("key", String(parts[0]))
                json.string("value", parts.count > 1 ? String(parts[1]) : "")
            }
        }
        if let map = views(.srcMap, SourceMapView.init).first { writeSourceMap(map, module, &json) }
        if unreadable.isEmpty { return }
        json.array("unreadable", unreadable) { json, problem in
            json.object { json in
                json.string("section", problem.section)
                json.string("reason", problem.reason)
            }
        }
    }

    private func writeSourceMap(_ view: SourceMapView, _ module: SMFInspection, _ json: inout SMFJSONWriter) {
        json.object("sourceMap") { json in
            json.array("files", 0..<view.fileCount) { $0.string(nil, module.string(view.fileName(UInt32($1)))) }
            // Rows of a damaged map can overlap; each entry is shown once.
            var budget = view.entryCount
            json.array("functions", 0..<view.functionCount) { json, i in
                let function = view.function(i)
                json.object { json in
                    json.string("name", module.string(function.name))
                    json.number("start", function.start)
                    json.number("size", function.size)
                    let first = Int(function.firstEntry)
                    let count = min(max(0, view.entryCount - first), Int(function.entryCount), budget)
                    budget -= count
                    json.array("entries", first..<(first + count)) { json, e in
                        let entry = view.entry(e)
                        json.object { json in
                            json.number("offset", entry.codeOffset)
                            json.number("file", entry.file)
                            json.number("line", entry.line)
                            json.number("column", entry.column)
                            json.number("inline", entry.inline)
                            if entry.isStatement { json.number("statement", 1) }
                        }
                    }
                }
            }
            json.array("inlined", 0..<view.inlineCount) { json, i in
                let inline = view.inline(i)
                json.object { json in
                    json.string("name", module.string(inline.name))
                    json.number("callFile", inline.callFile)
                    json.number("callLine", inline.callLine)
                    json.number("callColumn", inline.callColumn)
                    json.number("parent", inline.parent)
                }
            }
        }
    }
#endif

#if !hasFeature(Embedded)
    // A module as far as it can be read, for `simple inspect`: every accessor gives what lies in the file, whatever
    // the tables say, and `problem` says which rule is broken first. Nothing here throws.

    /// A view of a module that may be damaged or cut off.
    package struct SMFInspection {
        /// Some rows of a table: those that lie in the file.
        package struct Rows<Row> {
            package var rows: [Row]
            /// How many there should be.
            package var total: UInt64
            package var missing: UInt64 { total - UInt64(rows.count) }
        }

        package let bytes: UnsafeRawBufferPointer
        /// `nil` unless the file begins with 128 bytes that are a header of version 1.
        package let header: SMFHeader?
        package let sections: Rows<SMFSection>
        package let symbols: Rows<SMFSymbol>
        /// How many bytes of each section are looked at: sections of a damaged module can overlap, and all of them
        /// together show as many bytes as the file has.
        private let shownSizes: [UInt64]
        /// The first broken rule; `nil` for a sound module.
        package let problem: SMFError?
        /// Bytes of a name that are shown: many rows can share one long name, and the answer must not be larger than the
        /// file's size suggests.
        private static let nameLimit: UInt64 = 1024

        /// Reads what can be read of `bytes`, which must stay alive and unchanged.
        package init(_ bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
            do throws(SMFError) {
                try SMFReader(bytes).validate()
                problem = nil
            } catch {
                problem = error
            }
            guard bytes.count >= SMFFormat.headerSize, let base = bytes.baseAddress else {
                header = nil
                sections = Rows(rows: [], total: 0)
                symbols = Rows(rows: [], total: 0)
                shownSizes = []
                return
            }
            let header = SMFHeader(decoding: base)
            guard header.magic == SMFFormat.magic, header.versionMajor == SMFFormat.versionMajor else {
                self.header = nil
                sections = Rows(rows: [], total: 0)
                symbols = Rows(rows: [], total: 0)
                shownSizes = []
                return
            }
            self.header = header
            let sectionCount = min(header.sectionCount, SMFFormat.maximumSectionCount)
            var sections = SMFInspection.rows(
                bytes, at: header.sectionTableOffset, count: UInt64(sectionCount), size: SMFFormat.sectionEntrySize
            ) { SMFSection(decoding: $0) }
            sections.total = UInt64(header.sectionCount)
            self.sections = sections
            var left = UInt64(bytes.count)
            shownSizes = sections.rows.map { section in
                guard section.offset < UInt64(bytes.count) else { return 0 }
                let size = min(section.size, UInt64(bytes.count) - section.offset, left)
                left -= size
                return size
            }
            symbols = SMFInspection.rows(
                bytes, at: header.symbolTableOffset, count: UInt64(header.symbolCount), size: SMFFormat.symbolEntrySize
            ) { SMFSymbol(decoding: $0) }
        }

        /// The rows of a table of `count` entries at `offset` that the file has.
        private static func rows<Row>(
            _ bytes: UnsafeRawBufferPointer, at offset: UInt64, count: UInt64, size: Int,
            decode: (UnsafeRawPointer) -> Row
        ) -> Rows<Row> {
            guard offset <= UInt64(bytes.count), let base = bytes.baseAddress else { return Rows(rows: [], total: count) }
            let fitting = min(count, UInt64((bytes.count - Int(offset)) / size))
            var rows: [Row] = []
            rows.reserveCapacity(Int(fitting))
            for i in 0..<Int(fitting) { rows.append(decode(base + Int(offset) + i * size)) }
            return Rows(rows: rows, total: count)
        }

        /// The rows of `size` bytes that section `index` holds.
        package func rows<Row>(ofSection index: Int, size: Int, decode: (UnsafeRawPointer) -> Row) -> Rows<Row> {
            let section = sections.rows[index]
            var rows = SMFInspection.rows(
                bytes, at: section.offset, count: shownSizes[index] / UInt64(size), size: size, decode: decode)
            rows.total = section.size / UInt64(size)
            return rows
        }

        /// All bytes of section `index`; `nil` if the file doesn't have them, or others overlap with them.
        package func payload(_ index: Int) -> UnsafeRawBufferPointer? {
            let section = sections.rows[index]
            guard section.offset <= UInt64(bytes.count), shownSizes[index] == section.size else { return nil }
            return UnsafeRawBufferPointer(rebasing: bytes[Int(section.offset)..<Int(section.offset + section.size)])
        }

        /// Why the contents of a section cannot be shown.
        package struct Unreadable: Error {
            package var section: String
            package var reason: String
        }

        /// What `read` makes of the payload of section `index`, which it gets with its offset in the module.
        package func view<View>(
            ofSection index: Int, _ read: (UnsafeRawBufferPointer, UInt64) throws(SMFError) -> View
        ) -> Result<View, Unreadable> {
            guard let payload = payload(index) else {
                return .failure(Unreadable(section: sectionName(index), reason: "it is outside the file"))
            }
            do throws(SMFError) {
                return .success(try read(payload, sections.rows[index].offset))
            } catch {
                return .failure(Unreadable(section: sectionName(index), reason: "\(error)"))
            }
        }

        /// Indices of the sections of `type`.
        package func sections(_ type: SMFSectionType) -> [Int] {
            sections.rows.indices.filter { sections.rows[$0].kind == type }
        }

        // MARK: Names

        /// The string at `offset` of the string table, as far as it can be read.
        package func string(_ offset: UInt32) -> String {
            let size = UInt64(bytes.count)
            guard let header, UInt64(offset) < header.stringTableSize, header.stringTableOffset < size,
                size - header.stringTableOffset > UInt64(offset)
            else { return "?string-\(offset)" }
            let start = Int(header.stringTableOffset) + Int(offset)
            let length = min(header.stringTableSize - UInt64(offset), size - UInt64(start))
            let limit = start + Int(min(length, SMFInspection.nameLimit))
            var end = start
            while end < limit, bytes[end] != 0 { end += 1 }
            let isCut = end == limit && length > SMFInspection.nameLimit
            return SMFInspection.printable(bytes[start..<end]) + (isCut ? "…" : "")
        }

        /// The name of symbol `index`.
        package func symbolName(_ index: UInt32) -> String {
            guard Int(index) < symbols.rows.count else { return "?symbol-\(index)" }
            return string(symbols.rows[Int(index)].nameOffset)
        }

        /// The name of section `index`, made up if it has none.
        package func sectionName(_ index: Int) -> String {
            guard index >= 0, index < sections.rows.count else { return "?section-\(index)" }
            let name = (0..<16).map { sections.rows[index].nameByte($0) }.prefix { $0 != 0 }
            return name.isEmpty ? "section-\(index)" : SMFInspection.printable(name)
        }

        /// UTF-8 bytes as text; control characters, which could move a terminal's cursor, as "\u{..}".
        package static func printable(_ bytes: some Sequence<UInt8>) -> String {
            if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(decoding: Array(bytes), as: UTF8.self) }
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

        /// The lines of a text payload, without their line feeds.
        package static func lines(_ payload: UnsafeRawBufferPointer) -> [String] {
            payload.split(separator: 0x0A).map { printable($0) }
        }

        // MARK: Words

        package static func platform(_ header: SMFHeader) -> String {
            SMFPlatform(rawValue: header.platform).map { "\($0)" } ?? "platform-\(header.platform)"
        }
        package static func architecture(_ header: SMFHeader) -> String {
            SMFArchitecture(rawValue: header.architecture).map { "\($0)" } ?? "arch-\(header.architecture)"
        }
        /// The header's flags by name; unknown bits as one hexadecimal number.
        package static func flags(_ header: SMFHeader) -> [String] {
            let names: [(SMFFlags, String)] = [
                (.executable, "EXECUTABLE"), (.reloadable, "RELOADABLE"), (.debugInfo, "DEBUG_INFO"),
                (.positionIndependent, "PIC"), (.compressed, "COMPRESSED"), (.linked, "LINKED"),
                (.optimized, "OPTIMIZED"),
            ]
            var found = names.filter { header.flags.contains($0.0) }.map(\.1)
            let unknown = header.flags.subtracting(.known)
            if !unknown.isEmpty { found.append(hex(UInt64(unknown.rawValue))) }
            return found
        }
        package static func type(_ section: SMFSection) -> String {
            section.kind.map { "\($0)" } ?? "type-\(hex(UInt64(section.type)))"
        }
        package static func protection(_ section: SMFSection) -> String {
            (section.flags.contains(.read) ? "r" : "-") + (section.flags.contains(.write) ? "w" : "-")
                + (section.flags.contains(.execute) ? "x" : "-")
        }
        package static func type(_ symbol: SMFSymbol) -> String {
            SMFSymbolType(rawValue: symbol.type).map { "\($0)" } ?? "type-\(symbol.type)"
        }
        package static func binding(_ symbol: SMFSymbol) -> String {
            SMFBinding(rawValue: symbol.binding).map { "\($0)" } ?? "binding-\(symbol.binding)"
        }
        package static func type(_ relocation: SMFRelocation) -> String {
            SMFRelocationType(rawValue: relocation.type).map { "\($0)" } ?? "type-\(relocation.type)"
        }
        package static func kind(_ item: SMFImport) -> String {
            SMFImportKind(rawValue: item.kind).map { "\($0)" } ?? "kind-\(item.kind)"
        }
        package static func flags(_ item: SMFImport) -> [String] {
            var words: [String] = []
            if item.flags.contains(.required) { words.append("required") }
            if item.flags.contains(.optional) { words.append("optional") }
            if item.flags.contains(.weak) { words.append("weak") }
            return words
        }
        package static func kind(_ type: TypeInfo) -> String {
            TypeInfoKind(rawValue: type.kind).map { "\($0)" } ?? "kind-\(type.kind)"
        }
        package static func kind(_ item: SMFDependency) -> String {
            SMFDependencyKind(rawValue: item.kind).map { "\($0)" } ?? "kind-\(item.kind)"
        }
        /// The digest of a dependency: of a file its 32 bytes, of a module its abi_hash.
        package static func digest(_ item: SMFDependency) -> String {
            if item.kind == SMFDependencyKind.module.rawValue { return hex16(item.digest.words.0) }
            return (0..<32).map { i in
                let byte = item.digest.byte(i)
                return (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
        /// The name of a rule, as in `SMFRule`.
        package static func name(_ rule: SMFRule) -> String { "\(rule)" }

        package static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
        package static func hex16(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }
#endif

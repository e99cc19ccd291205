import FuzzTargets
import SMF
import Testing

/// A module of `HostileModules`. Tests show its name, not its bytes.
struct HostileModule: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var testDescription: String { name }
}

/// Modules made to cost their readers more than their size suggests: what many rows share, or what all hashes have in
/// common. Each has about `size` bytes.
enum HostileModules {
    /// All kinds.
    static func all(size: Int) -> [HostileModule] {
        let modules: [(String, [UInt8])] = [
            ("imports of one long name", imports(size, libraries: false)),
            ("imports from one long library name", imports(size, libraries: true)),
            ("types of one long name", rows(size, .typeInfo, count: size / 48) { name, count in
                TypeInfo.encode(
                    ContiguousArray(
                        repeating: TypeInfo(name: name, kind: 0, size: 1, alignment: 1, layoutHash: 1), count: count))
            }),
            ("types with ends of one long name", rows(size, .typeInfo, count: size / 48) { name, count in
                TypeInfo.encode(
                    ContiguousArray(
                        (0..<UInt32(count)).map { TypeInfo(name: name + $0, kind: 0, size: 1, alignment: 1, layoutHash: UInt64($0)) }))
            }),
            ("dependencies of one long name", rows(size, .deps, count: size / 112) { name, count in
                SMFDependency.encode(
                    ContiguousArray(
                        repeating: SMFDependency(kind: .module, name: name, size: 0, digest: SMFDigest(1)), count: count))
            }),
            ("source files of one long name", sourceFiles(size)),
            ("inlined calls with ends of one long name", inlinedCalls(size)),
            ("rows of all functions in one source map", overlappingRows(size)),
            ("short lines under a long module name", interface(size)),
            ("refused relocations against one long name", relocations(size)),
            ("exports of one hash", equalHashes(size)),
            ("thousands of data sections", sections(size)),
            ("sections that overlap", overlap(size)),
        ]
        return modules.map { HostileModule(name: $0, bytes: $1) }
    }

    /// A name of `count` bytes.
    private static func long(_ count: Int) -> String { String(repeating: "n", count: count) }

    /// An image that imports one symbol again and again.
    private static func imports(_ size: Int, libraries: Bool) -> [UInt8] {
        let count = size / 2 / SMFFormat.importEntrySize
        var writer = SMFWriter(flags: [.linked, .positionIndependent])
        writer.setRuntimeABI(1)
        let code = writer.addCode([0xC3], alignment: 4096)
        let library = writer.addString(long(libraries ? size / 2 : 1))
        let tableSize = count * SMFFormat.importEntrySize
        let slot = UInt64(0x2000 + (tableSize + 4095) / 4096 * 4096)
        var table = ContiguousArray<UInt8>(repeating: 0, count: tableSize)
        table.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for i in 0..<count {
                var item = SMFImport(slot: slot, symbol: 0, kind: .module)
                if libraries { item.library = library + UInt32(i) }
                item.encode(to: base + i * SMFFormat.importEntrySize)
            }
        }
        _ = writer.addSection(
            type: SMFSectionType.imports.rawValue, flags: .read, bytes: table, alignment: 4096, name: ".imports")
        _ = writer.addData([0, 0, 0, 0, 0, 0, 0, 0], readOnly: false, alignment: 4096)
        _ = writer.addUndefinedSymbol(name: long(libraries ? 1 : size / 2))
        _ = writer.addSymbol(name: "main", type: .function, binding: .global, section: code + 1, value: 0x1000, size: 1)
        writer.setExecutable(entry: 0x1000)
        return writer.emit()
    }

    /// An object module with a function `main` and what `add` adds.
    private static func object(_ add: (inout SMFWriter, _ code: UInt32, _ main: UInt32) -> Void) -> [UInt8] {
        var writer = SMFWriter()
        let code = writer.addCode([UInt8](repeating: 0x90, count: 64))
        let main = writer.addSymbol(
            name: "main", type: .function, binding: .global, section: code + 1, value: 0, size: 64)
        add(&writer, code, main)
        return writer.emit()
    }

    /// An object module with a table of `count` rows, made with the offset of a name of half the size.
    private static func rows(
        _ size: Int, _ type: SMFSectionType, count: Int, _ encode: (UInt32, Int) -> ContiguousArray<UInt8>
    ) -> [UInt8] {
        object { writer, _, _ in
            let name = writer.addString(long(size / 2))
            _ = writer.addSection(type: type.rawValue, flags: .read, bytes: encode(name, count), alignment: 8, name: "table")
        }
    }

    private static func sourceFiles(_ size: Int) -> [UInt8] {
        object { writer, _, main in
            var map = SourceMapBuilder()
            let name = writer.addString(long(size / 2))
            for _ in 0..<(size / 48) { _ = map.addFile(name: name) }
            map.beginFunction(symbol: main, start: 0, size: 64, name: 1)
            for file in 0..<(size / 48) {
                map.addEntry(SourceMapEntry(codeOffset: 64, file: UInt32(file), line: 1, column: 1))
            }
            writer.setSourceMap(map)
        }
    }

    private static func inlinedCalls(_ size: Int) -> [UInt8] {
        object { writer, _, main in
            var map = SourceMapBuilder()
            let file = map.addFile(name: 0)
            let name = writer.addString(long(size / 2))
            map.beginFunction(symbol: main, start: 0, size: 64, name: 1)
            for i in 0..<UInt32(size / 80) {
                let call = map.addInline(SourceMapInline(name: name + i, callFile: file, callLine: 1, callColumn: 1))
                map.addEntry(SourceMapEntry(codeOffset: 64, file: file, line: 1, column: 1, inline: call))
            }
            writer.setSourceMap(map)
        }
    }

    /// Refused: each function of the source map claims all its rows.
    private static func overlappingRows(_ size: Int) -> [UInt8] {
        object { writer, _, _ in
            let (functions, entries) = (size / 48, size / 40)
            var words: [UInt32] = [1, 1, UInt32(functions), UInt32(entries), 0, 0, 0]
            for _ in 0..<functions { words += [0, 0, 64, 1, 0, UInt32(entries)] }
            for _ in 0..<entries { words += [64, 0, 1, 1, 0] }
            var payload = ContiguousArray<UInt8>(repeating: 0, count: words.count * 4)
            payload.withUnsafeMutableBytes { bytes in
                for (i, word) in words.enumerated() { smfStore32(bytes.baseAddress!, i * 4, word) }
            }
            _ = writer.addSection(
                type: SMFSectionType.srcMap.rawValue, flags: .read, bytes: payload, alignment: 8, name: ".srcmap")
        }
    }

    private static func interface(_ size: Int) -> [UInt8] {
        object { writer, _, _ in
            var text = ContiguousArray("module \(long(size / 2))\n".utf8)
            while text.count < size { text.append(contentsOf: "fn f()\n".utf8) }
            writer.setABIHash(text.withUnsafeBytes { xxh64($0) })
            _ = writer.addSection(
                type: SMFSectionType.interface.rawValue, flags: .read, bytes: text, alignment: 1, name: ".iface")
        }
    }

    private static func relocations(_ size: Int) -> [UInt8] {
        object { writer, code, _ in
            let symbol = writer.addUndefinedSymbol(name: "simple_rt_" + long(size / 2))
            for _ in 0..<(size / 48) {
                writer.addRelocation(section: code, offset: 0, symbol: symbol, type: .tpOff32, addend: 0)
            }
        }
    }

    /// Functions whose names all have the same FNV-1a hash: of each pair of blocks that lead from one hash to the same
    /// next one, names can take either.
    private static func equalHashes(_ size: Int) -> [UInt8] {
        let blockSize = 8
        var levels = 1
        while (2 << levels) * (40 + 24 + blockSize * (levels + 1)) < size { levels += 1 }
        /// The `number`th block of letters.
        func block(_ number: UInt64) -> [UInt8] {
            var state = (number &+ 1) &* 0x9E37_79B9_7F4A_7C15
            state = (state ^ (state >> 32)) &* 0xD6E8_FEB8_6659_FD93
            return (0..<blockSize).map { UInt8(truncatingIfNeeded: 0x61 + (state >> UInt64($0 * 8)) & 15) }
        }
        var pairs: [([UInt8], [UInt8])] = []
        var hash: UInt32 = 2_166_136_261
        for _ in 0..<levels {
            var seen: [UInt32: UInt64] = [:]
            var number: UInt64 = 0
            while true {
                var next = hash
                for byte in block(number) { next = (next ^ UInt32(byte)) &* 16_777_619 }
                if let other = seen[next], block(other) != block(number) {
                    pairs.append((block(other), block(number)))
                    hash = next
                    break
                }
                seen[next] = number
                number += 1
            }
        }
        return object { writer, _, _ in
            let count = 1 << levels
            for number in 0..<count {
                var name: [UInt8] = []
                for (level, pair) in pairs.enumerated() { name += number >> level & 1 == 0 ? pair.0 : pair.1 }
                _ = writer.addSymbol(
                    name: String(decoding: name, as: UTF8.self), type: .constant, binding: .global,
                    section: SMFFormat.absoluteSection, value: 1, size: 0)
            }
            writer.setSymbolHash(true)
        }
    }

    private static func sections(_ size: Int) -> [UInt8] {
        object { writer, code, main in
            var symbols: [UInt32] = []
            let count = min(4000, size / 600)
            for i in 0..<count {
                let section = writer.addData([UInt8](repeating: 0, count: 16), readOnly: false)
                for half in 0..<2 {
                    symbols.append(
                        writer.addSymbol(
                            name: "d\(i)_\(half)", type: .data, binding: .local, section: section + 1,
                            value: UInt64(half * 8), size: 8))
                }
            }
            for i in 0..<(size / 2 / 24) {
                writer.addRelocation(
                    section: code, offset: UInt64(i % 60), symbol: symbols[i % symbols.count], type: .pc32, addend: -4)
            }
        }
    }

    /// Refused: all sections are import tables and lie in one place.
    private static func overlap(_ size: Int) -> [UInt8] {
        var module = rows(size, .imports, count: size / 64) { _, count in
            ContiguousArray(repeating: 0, count: count * SMFFormat.importEntrySize)
        }
        module.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let header = SMFHeader(decoding: base)
            let table = SMFFormat.headerSize
            let row = Array(bytes[(table + SMFFormat.sectionEntrySize)..<(table + 2 * SMFFormat.sectionEntrySize)])
            let place = Int(header.stringTableOffset) + 8
            let count = min(4096, (bytes.count - place) / SMFFormat.sectionEntrySize)
            smfStore32(base, 12, UInt32(count))
            smfStore64(base, 16, UInt64(place))
            for i in 0..<count {
                for (k, byte) in row.enumerated() { bytes[place + i * SMFFormat.sectionEntrySize + k] = byte }
            }
        }
        SMFMutator.repair(&module, digests: false)
        return module
    }
}

/// Small inputs for bugs that were found without a fuzzer, under the target that had the bug.
enum FoundBugs {
    static var inputs: [(path: String, module: [UInt8])] {
        let targets = [
            "imports of one long name": "loader", "imports from one long library name": "loader",
            "types of one long name": "validator", "types with ends of one long name": "linker",
            "dependencies of one long name": "linker", "source files of one long name": "linker",
            "inlined calls with ends of one long name": "linker", "rows of all functions in one source map": "inspector",
            "short lines under a long module name": "linker", "refused relocations against one long name": "linker",
            "exports of one hash": "linker", "thousands of data sections": "linker", "sections that overlap": "inspector",
        ]
        var result = HostileModules.all(size: 24 << 10).compactMap { module in
            targets[module.name].map { ("\($0)/\(module.name.replacing(" ", with: "-")).smf", module.bytes) }
        }
        result.append(("loader/more-writable-sections-than-root-ranges.smf", hello(sections: 40, size: 8, distance: 4096)))
        result.append(("loader/root-ranges-of-no-whole-words.smf", hello(sections: 3, size: 4095, distance: 1)))
        result.append(("linker/more-strings-than-symbols.smf", manyStrings()))
        return result
    }

    /// The golden `hello` with `count` further sections of `size` bytes, aligned to `distance`.
    private static func hello(sections count: Int, size: UInt64, distance: UInt64) -> [UInt8] {
        Golden.hello.withUnsafeBytes { bytes in
            guard let reader = try? SMFReader(bytes) else { return [] }
            var writer = SMFWriter(rewriting: reader)
            for _ in 0..<count { _ = writer.addBSS(size: size, alignment: distance) }
            return writer.emit()
        }
    }

    /// One symbol, and types of many names.
    private static func manyStrings() -> [UInt8] {
        var writer = SMFWriter()
        let code = writer.addCode([0xC3])
        _ = writer.addSymbol(name: "main", type: .function, binding: .global, section: code + 1, value: 0, size: 1)
        let types = (0..<300).map {
            TypeInfo(name: writer.addString("T\($0)"), kind: 0, size: 1, alignment: 1, layoutHash: UInt64($0))
        }
        _ = writer.addSection(
            type: SMFSectionType.typeInfo.rawValue, flags: .read, bytes: TypeInfo.encode(ContiguousArray(types)),
            alignment: 8, name: ".types")
        return writer.emit()
    }
}

// Building a SrcMap payload: plain arrays of plain structs, encoded once at the end. The layout is that of
// SourceMapView.swift.

/// Sizes in bytes of the SrcMap payload's parts.
package enum SourceMapFormat {
    /// The version of maps without statement entries, and of those with some.
    package static let version: UInt32 = 1
    package static let versionWithStatements: UInt32 = 2
    /// Bit of an entry's column word that makes it a statement entry.
    @usableFromInline package static let statementBit: UInt32 = 1 << 31
    package static let headerSize = 24
    package static let fileSize = 4
    package static let functionSize = 24
    package static let entrySize = 20
    package static let inlineSize = 20
}

/// A function's row in a source map.
@usableFromInline package struct SourceMapFunction: Sendable, Equatable {
    /// Object module: index of the function's symbol; image: 0.
    @usableFromInline package var symbol: UInt32
    /// Object module: offset in bytes in the code section; image: address.
    @usableFromInline package var start: UInt32
    /// Size in bytes.
    @usableFromInline package var size: UInt32
    /// String table offset of the name that people read.
    @usableFromInline package var name: UInt32
    @usableFromInline package var firstEntry: UInt32
    @usableFromInline package var entryCount: UInt32

    @inlinable package init(
        symbol: UInt32, start: UInt32, size: UInt32, name: UInt32, firstEntry: UInt32, entryCount: UInt32
    ) {
        self.symbol = symbol
        self.start = start
        self.size = size
        self.name = name
        self.firstEntry = firstEntry
        self.entryCount = entryCount
    }
}

/// The source position of one call (or other place that can fail) in a function, or of the code that begins somewhere.
@usableFromInline package struct SourceMapEntry: Sendable, Equatable {
    /// Bytes from the function's start to the return address, the byte behind the call instruction; of a statement
    /// entry, to the first instruction made for the position.
    @usableFromInline package var codeOffset: UInt32
    /// Index of the file.
    @usableFromInline package var file: UInt32
    /// From 1.
    @usableFromInline package var line: UInt32
    /// From 1.
    @usableFromInline package var column: UInt32
    /// 0, or 1 + index of the inlined frame that the place belongs to.
    @usableFromInline package var inline: UInt32
    /// Not a call, but the start of code for debuggers; made only on request (`-g`).
    @usableFromInline package var isStatement: Bool

    @inlinable package init(
        codeOffset: UInt32, file: UInt32, line: UInt32, column: UInt32, inline: UInt32 = 0, isStatement: Bool = false
    ) {
        self.codeOffset = codeOffset
        self.file = file
        self.line = line
        self.column = column
        self.inline = inline
        self.isStatement = isStatement
    }
}

/// One inlined call.
@usableFromInline package struct SourceMapInline: Sendable, Equatable {
    /// String table offset of the inlined function's name.
    @usableFromInline package var name: UInt32
    /// Where it was called: index of the file, line and column from 1.
    @usableFromInline package var callFile: UInt32
    @usableFromInline package var callLine: UInt32
    @usableFromInline package var callColumn: UInt32
    /// 0, or 1 + index of the inlined frame that the call stands in.
    @usableFromInline package var parent: UInt32

    @inlinable package init(name: UInt32, callFile: UInt32, callLine: UInt32, callColumn: UInt32, parent: UInt32 = 0) {
        self.name = name
        self.callFile = callFile
        self.callLine = callLine
        self.callColumn = callColumn
        self.parent = parent
    }
}

/// A source map being built. A function's entries are added right after `beginFunction`, in ascending code order.
///
/// - Invariant: every function's entries are one run of `entries`.
@usableFromInline package struct SourceMapBuilder: Sendable {
    /// String table offsets of file names.
    @usableFromInline package var files: ContiguousArray<UInt32> = []
    @usableFromInline package var functions: ContiguousArray<SourceMapFunction> = []
    @usableFromInline package var entries: ContiguousArray<SourceMapEntry> = []
    @usableFromInline package var inlines: ContiguousArray<SourceMapInline> = []

    package init() {}

    /// Adds the file whose name is at `name` in the string table and returns its index. Call it once per file.
    package mutating func addFile(name: UInt32) -> UInt32 {
        files.append(name)
        return UInt32(truncatingIfNeeded: files.count - 1)
    }

    /// Starts a function; `symbol` is the index that `SMFWriter.addSymbol` returned.
    @inlinable package mutating func beginFunction(symbol: UInt32, start: UInt32, size: UInt32, name: UInt32) {
        functions.append(
            SourceMapFunction(
                symbol: symbol, start: start, size: size, name: name,
                firstEntry: UInt32(truncatingIfNeeded: entries.count), entryCount: 0))
    }

    /// Adds an entry to the function begun last.
    @inlinable @inline(__always) package mutating func addEntry(_ entry: SourceMapEntry) {
        entries.append(entry)
        functions[functions.count - 1].entryCount += 1
    }

    /// Makes room for `count` more entries.
    package mutating func reserveEntries(_ count: Int) { entries.reserveCapacity(entries.count + count) }

    /// Adds an inlined call and returns the value for `SourceMapEntry.inline` or `SourceMapInline.parent`.
    /// A parent is added before its children.
    @inlinable package mutating func addInline(_ inline: SourceMapInline) -> UInt32 {
        inlines.append(inline)
        return UInt32(truncatingIfNeeded: inlines.count)
    }

    /// Size in bytes of the encoded payload.
    package var encodedSize: Int {
        SourceMapFormat.headerSize + files.count * SourceMapFormat.fileSize
            + functions.count * SourceMapFormat.functionSize + entries.count * SourceMapFormat.entrySize
            + inlines.count * SourceMapFormat.inlineSize
    }

    /// Puts the functions in order of `start`, and each one's entries in order of `codeOffset`. One pass if they
    /// already are.
    package mutating func sort() {
        var isSorted = true
        for i in functions.indices.dropFirst() where functions[i].start < functions[i - 1].start { isSorted = false }
        if !isSorted {
            functions.sort { ($0.start, $0.firstEntry) < ($1.start, $1.firstEntry) }
        }
        for function in functions {
            let first = Int(function.firstEntry)
            let end = first + Int(function.entryCount)
            var i = first + 1
            while i < end {
                // Insertion sort: entries come from an emitter in order, but for cold code moved to the end.
                let entry = entries[i]
                var j = i
                while j > first, entries[j - 1].codeOffset > entry.codeOffset {
                    entries[j] = entries[j - 1]
                    j -= 1
                }
                if j != i { entries[j] = entry }
                i += 1
            }
        }
    }

    /// Writes the payload at `base`; a function's symbol is written as `newSymbolIndex[symbol]`, or as 0 if that is
    /// empty.
    /// - Requires: `encodedSize` writable bytes; `sort` was called.
    package func encode(to base: UnsafeMutableRawPointer, newSymbolIndex: ContiguousArray<UInt32>) {
        smfStore32(base, 0, SourceMapFormat.version)
        smfStore32(base, 4, UInt32(files.count))
        smfStore32(base, 8, UInt32(functions.count))
        smfStore32(base, 12, UInt32(entries.count))
        smfStore32(base, 16, UInt32(inlines.count))
        smfStore32(base, 20, 0)
        var place = base + SourceMapFormat.headerSize
        for file in files {
            smfStore32(place, 0, file)
            place += SourceMapFormat.fileSize
        }
        for function in functions {
            smfStore32(place, 0, newSymbolIndex.isEmpty ? 0 : newSymbolIndex[Int(function.symbol)])
            smfStore32(place, 4, function.start)
            smfStore32(place, 8, function.size)
            smfStore32(place, 12, function.name)
            smfStore32(place, 16, function.firstEntry)
            smfStore32(place, 20, function.entryCount)
            place += SourceMapFormat.functionSize
        }
        entries.withUnsafeBufferPointer { entries in
            var hasStatements = false
            for entry in entries {
                smfStore32(place, 0, entry.codeOffset)
                smfStore32(place, 4, entry.file)
                smfStore32(place, 8, entry.line)
                smfStore32(place, 12, entry.isStatement ? entry.column | SourceMapFormat.statementBit : entry.column)
                if entry.isStatement { hasStatements = true }
                smfStore32(place, 16, entry.inline)
                place += SourceMapFormat.entrySize
            }
            if hasStatements { smfStore32(base, 0, SourceMapFormat.versionWithStatements) }
        }
        for inline in inlines {
            smfStore32(place, 0, inline.name)
            smfStore32(place, 4, inline.callFile)
            smfStore32(place, 8, inline.callLine)
            smfStore32(place, 12, inline.callColumn)
            smfStore32(place, 16, inline.parent)
            place += SourceMapFormat.inlineSize
        }
    }
}

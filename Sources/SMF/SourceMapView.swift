// Reading a SrcMap payload in place: from a return address to the source frames it stands for. No allocation, so that
// a panic can use it when memory is gone.
//
// Payload, all u32: header {version, fileCount, functionCount, entryCount, inlineCount, 0}, files, functions, entries,
// inlines, as laid out by the structs of SourceMapBuilder.swift.

/// A view of a SrcMap payload.
package struct SourceMapView {
    private let base: UnsafeRawPointer
    package let fileCount: Int
    package let functionCount: Int
    package let entryCount: Int
    package let inlineCount: Int

    /// Checks that the parts the header counts fill `payload` exactly; then no accessor leaves it.
    /// - Parameter offset: of the payload in its module, for the error.
    /// - Throws: `.sourceMap`.
    package init(_ payload: UnsafeRawBufferPointer, at offset: UInt64 = 0) throws(SMFError) {
        guard payload.count >= SourceMapFormat.headerSize, let base = payload.baseAddress else {
            throw SMFError(.sourceMap, at: offset, value: UInt64(payload.count))
        }
        let version = smfLoad32(base, 0)
        guard version == SourceMapFormat.version || version == SourceMapFormat.versionWithStatements,
            smfLoad32(base, 20) == 0
        else {
            throw SMFError(.sourceMap, at: offset, value: UInt64(version))
        }
        self.base = base
        fileCount = Int(smfLoad32(base, 4))
        functionCount = Int(smfLoad32(base, 8))
        entryCount = Int(smfLoad32(base, 12))
        inlineCount = Int(smfLoad32(base, 16))
        // Four products of 32-bit counts and small sizes: far from overflowing an Int.
        let size =
            SourceMapFormat.headerSize + fileCount * SourceMapFormat.fileSize
            + functionCount * SourceMapFormat.functionSize + entryCount * SourceMapFormat.entrySize
            + inlineCount * SourceMapFormat.inlineSize
        guard size == payload.count else { throw SMFError(.sourceMap, at: offset, value: UInt64(size)) }
    }

    private var functionsOffset: Int { SourceMapFormat.headerSize + fileCount * SourceMapFormat.fileSize }
    private var entriesOffset: Int { functionsOffset + functionCount * SourceMapFormat.functionSize }
    private var inlinesOffset: Int { entriesOffset + entryCount * SourceMapFormat.entrySize }

    /// String table offset of file `index`'s name; 0 (the empty name) if there is no such file.
    package func fileName(_ index: UInt32) -> UInt32 {
        guard Int(index) < fileCount else { return 0 }
        return smfLoad32(base, SourceMapFormat.headerSize + Int(index) * SourceMapFormat.fileSize)
    }

    /// Function `index`.
    /// - Requires: `index < functionCount`.
    package func function(_ index: Int) -> SourceMapFunction {
        precondition(index >= 0 && index < functionCount)
        let at = functionsOffset + index * SourceMapFormat.functionSize
        return SourceMapFunction(
            symbol: smfLoad32(base, at), start: smfLoad32(base, at + 4), size: smfLoad32(base, at + 8),
            name: smfLoad32(base, at + 12), firstEntry: smfLoad32(base, at + 16), entryCount: smfLoad32(base, at + 20))
    }

    /// Entry `index`, counted over all functions.
    /// - Requires: `index < entryCount`.
    package func entry(_ index: Int) -> SourceMapEntry {
        precondition(index >= 0 && index < entryCount)
        let at = entriesOffset + index * SourceMapFormat.entrySize
        let column = smfLoad32(base, at + 12)
        return SourceMapEntry(
            codeOffset: smfLoad32(base, at), file: smfLoad32(base, at + 4), line: smfLoad32(base, at + 8),
            column: column & ~SourceMapFormat.statementBit, inline: smfLoad32(base, at + 16),
            isStatement: column & SourceMapFormat.statementBit != 0)
    }

    /// Inlined call `index`.
    /// - Requires: `index < inlineCount`.
    package func inline(_ index: Int) -> SourceMapInline {
        precondition(index >= 0 && index < inlineCount)
        let at = inlinesOffset + index * SourceMapFormat.inlineSize
        return SourceMapInline(
            name: smfLoad32(base, at), callFile: smfLoad32(base, at + 4), callLine: smfLoad32(base, at + 8),
            callColumn: smfLoad32(base, at + 12), parent: smfLoad32(base, at + 16))
    }

    /// Index of the function whose code holds `address`.
    /// - Complexity: O(log functions).
    package func functionIndex(containing address: UInt64) -> Int? {
        var low = 0
        var high = functionCount
        while low < high {
            let middle = low + (high - low) / 2
            if UInt64(function(middle).start) <= address { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return nil }
        let candidate = function(low - 1)
        return address - UInt64(candidate.start) < UInt64(candidate.size) ? low - 1 : nil
    }

    /// The source frames of the call that returns to `address` (an image address), innermost first; `nil` if no
    /// function of the map made that call. For the address of a faulting instruction pass `address + 1`.
    ///
    /// The function is the one that holds the byte before `address`: a call that never returns can be a function's
    /// last instruction. If no entry is at `address` exactly, the function's next one is taken and the frames say so;
    /// if there is none either, the frame has line 0.
    /// - Complexity: O(log functions + log entries).
    package func lookup(_ address: UInt64) -> SourceMapFrames? {
        guard address > 0, let index = functionIndex(containing: address - 1) else { return nil }
        let function = function(index)
        let offset = address - UInt64(function.start)
        var low = min(Int(function.firstEntry), entryCount)
        let end = min(low + Int(function.entryCount), entryCount)
        var high = end
        while low < high {
            let middle = low + (high - low) / 2
            if UInt64(entry(middle).codeOffset) < offset { low = middle + 1 } else { high = middle }
        }
        // What begins there is nothing that returns there.
        while low < end, entry(low).isStatement { low += 1 }
        if low == end {
            return SourceMapFrames(
                map: self, functionName: function.name, file: 0, line: 0, column: 0, inline: 0, isExact: false)
        }
        let entry = entry(low)
        return SourceMapFrames(
            map: self, functionName: function.name, file: fileName(entry.file), line: entry.line,
            column: entry.column, inline: entry.inline, isExact: UInt64(entry.codeOffset) == offset)
    }

    /// Checks every index, offset and order in the map.
    /// - Throws: `.sourceMap` with the place of the first bad row, counted from `offset`.
    package func validate(at offset: UInt64, symbolCount: UInt32, stringTableSize: UInt64) throws(SMFError) {
        func bad(_ place: Int, _ value: UInt32) -> SMFError {
            SMFError(.sourceMap, at: offset + UInt64(place), value: UInt64(value))
        }
        for i in 0..<fileCount {
            let name = fileName(UInt32(i))
            if UInt64(name) >= stringTableSize {
                throw bad(SourceMapFormat.headerSize + i * SourceMapFormat.fileSize, name)
            }
        }
        var previousEnd: UInt64 = 0
        var nextEntry: UInt64 = 0
        for i in 0..<functionCount {
            let function = function(i)
            let at = functionsOffset + i * SourceMapFormat.functionSize
            if symbolCount == 0 ? function.symbol != 0 : function.symbol >= symbolCount {
                throw bad(at, function.symbol)
            }
            if UInt64(function.start) < previousEnd { throw bad(at + 4, function.start) }
            previousEnd = UInt64(function.start) + UInt64(function.size)
            if UInt64(function.name) >= stringTableSize { throw bad(at + 12, function.name) }
            // Entry runs don't overlap, which keeps this loop linear; they need not be in the functions' order.
            if UInt64(function.firstEntry) + UInt64(function.entryCount) > UInt64(entryCount) {
                throw bad(at + 16, function.firstEntry)
            }
            nextEntry += UInt64(function.entryCount)
            if nextEntry > UInt64(entryCount) { throw bad(at + 20, function.entryCount) }
            var previousOffset: UInt32 = 0
            for e in Int(function.firstEntry)..<Int(function.firstEntry + function.entryCount) {
                let codeOffset = entry(e).codeOffset
                if codeOffset < previousOffset || codeOffset > function.size {
                    throw bad(entriesOffset + e * SourceMapFormat.entrySize, codeOffset)
                }
                previousOffset = codeOffset
            }
        }
        for i in 0..<entryCount {
            let entry = entry(i)
            let at = entriesOffset + i * SourceMapFormat.entrySize
            if Int(entry.file) >= fileCount { throw bad(at + 4, entry.file) }
            if Int(entry.inline) > inlineCount { throw bad(at + 16, entry.inline) }
        }
        for i in 0..<inlineCount {
            let inline = inline(i)
            let at = inlinesOffset + i * SourceMapFormat.inlineSize
            if UInt64(inline.name) >= stringTableSize { throw bad(at, inline.name) }
            if Int(inline.callFile) >= fileCount { throw bad(at + 4, inline.callFile) }
            // A parent comes before its children, so that no chain is a circle.
            if Int(inline.parent) > i { throw bad(at + 16, inline.parent) }
        }
    }
}

/// One source frame of a backtrace.
package struct SourceMapFrame: Sendable, Equatable {
    /// String table offset of the function's name.
    package var name: UInt32
    /// String table offset of the file's name; 0 unknown.
    package var file: UInt32
    /// From 1; 0 unknown.
    package var line: UInt32
    /// From 1; 0 unknown.
    package var column: UInt32
    /// `true` iff this function's code stands in that of the next frame.
    package var isInlined: Bool
    /// `false` iff the position is that of the nearest call, not of the address asked for.
    package var isExact: Bool

    package init(name: UInt32, file: UInt32, line: UInt32, column: UInt32, isInlined: Bool, isExact: Bool) {
        self.name = name
        self.file = file
        self.line = line
        self.column = column
        self.isInlined = isInlined
        self.isExact = isExact
    }
}

/// The source frames of one machine frame, innermost first.
package struct SourceMapFrames {
    private let map: SourceMapView
    private let functionName: UInt32
    private let isExact: Bool
    private var file: UInt32
    private var line: UInt32
    private var column: UInt32
    private var inline: UInt32
    /// Frames still allowed: ends chains that run in a circle in a map that was not validated.
    private var budget: Int

    fileprivate init(
        map: SourceMapView, functionName: UInt32, file: UInt32, line: UInt32, column: UInt32, inline: UInt32,
        isExact: Bool
    ) {
        self.map = map
        self.functionName = functionName
        self.isExact = isExact
        self.file = file
        self.line = line
        self.column = column
        self.inline = inline
        budget = map.inlineCount + 1
    }

    /// The next frame outwards; `nil` behind the function itself.
    package mutating func next() -> SourceMapFrame? {
        if budget <= 0 { return nil }
        budget -= 1
        guard inline != 0, Int(inline) <= map.inlineCount else {
            budget = 0
            return SourceMapFrame(
                name: functionName, file: file, line: line, column: column, isInlined: false, isExact: isExact)
        }
        let call = map.inline(Int(inline) - 1)
        let frame = SourceMapFrame(
            name: call.name, file: file, line: line, column: column, isInlined: true, isExact: isExact)
        file = map.fileName(call.callFile)
        line = call.callLine
        column = call.callColumn
        inline = call.parent
        return frame
    }
}

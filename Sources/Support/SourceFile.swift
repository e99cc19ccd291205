/// A half-open range of byte offsets in one source file.
public struct SourceSpan: Hashable, Sendable {
    /// Byte offset of the first byte.
    public var start: UInt32
    /// Byte offset behind the last byte.
    public var end: UInt32
    @inlinable public init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }
    /// The span from the start of `first` to the end of `last`.
    @inlinable public init(from first: SourceSpan, to last: SourceSpan) {
        self.init(start: first.start, end: last.end)
    }
}

/// Names a source file of the compilation: its index in `SourceMap.files`.
public struct FileID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The text of one module, as bytes, with what is needed to show positions to people.
public final class SourceFile: Sendable {
    /// The path as the user gave it or as diagnostics show it (`<string>` for `-c`).
    public let path: String
    /// The bytes as read (a BOM included).
    public let bytes: [UInt8]
    /// Byte offset of the first byte of each line; never empty.
    public let lineStarts: [UInt32]

    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        var starts: [UInt32] = [0]
        starts.reserveCapacity(bytes.count / 24 + 1)
        bytes.withUnsafeBufferPointer { bytes in
            for i in 0..<bytes.count where bytes[i] == 10 { starts.append(UInt32(i + 1)) }
        }
        lineStarts = starts
    }

    private init(path: String, sharing other: SourceFile) {
        self.path = path
        bytes = other.bytes
        lineStarts = other.lineStarts
    }

    /// The same text under another path.
    public func renamed(_ path: String) -> SourceFile {
        path == self.path ? self : SourceFile(path: path, sharing: self)
    }

    /// Index in `lineStarts` of the line that holds `offset`. O(log lines).
    public func lineIndex(of offset: UInt32) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// Line and column of `offset`, both counted from 1; columns count Unicode scalars.
    public func lineAndColumn(of offset: UInt32) -> (line: Int, column: Int) {
        let line = lineIndex(of: offset)
        var column = 1
        var i = Int(lineStarts[line])
        if line == 0, bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { i = 3 }
        let end = min(Int(offset), bytes.count)
        while i < end {
            if bytes[i] & 0xC0 != 0x80 { column += 1 }
            i += 1
        }
        return (line + 1, column)
    }

    /// The text of the line at `index` without its line end.
    public func lineText(_ index: Int) -> String {
        let start = Int(lineStarts[index])
        var end = index + 1 < lineStarts.count ? Int(lineStarts[index + 1]) - 1 : bytes.count
        if end > start, bytes[end - 1] == 13 { end -= 1 }
        return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
    }

    /// The source text of `span`.
    public func text(_ span: SourceSpan) -> String {
        String(decoding: bytes[Int(span.start)..<min(Int(span.end), bytes.count)], as: UTF8.self)
    }
}

/// All source files of a compilation, in the order in which they were first read.
public struct SourceMap: Sendable {
    public private(set) var files: [SourceFile] = []
    public init() {}
    /// Adds `file` and returns its id.
    @discardableResult
    public mutating func add(_ file: SourceFile) -> FileID {
        files.append(file)
        return FileID(files.count - 1)
    }
    public subscript(id: FileID) -> SourceFile { files[id.index] }
}

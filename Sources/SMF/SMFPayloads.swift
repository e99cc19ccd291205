// Small payload formats: TypeInfo (a table), Version and Interface (texts).

/// What sort of type an entry of TypeInfo describes.
package enum TypeInfoKind: UInt32, Sendable {
    case other = 0
    case bool = 1
    case character = 2
    case signedInteger = 3
    case unsignedInteger = 4
    case float = 5
    case string = 6
    case tuple = 7
    case array = 8
    case range = 9
    case option = 10
    case function = 11
    case structure = 12
    case enumeration = 13
    case object = 14
    case trait = 15
    case dictionary = 16
    case set = 17
}

/// One type of a TypeInfo section.
package struct TypeInfo: SMFTableRow, Sendable, Equatable {
    /// String table offset.
    package var name: UInt32
    /// Raw value of a `TypeInfoKind`, or of one that a later version knows.
    package var kind: UInt32
    /// Size in bytes of a value.
    package var size: UInt32
    /// In bytes: a power of two, or 0 if unknown.
    package var alignment: UInt32
    /// Digest of the flattened layout; equal hashes mean that values can be kept over a reload.
    package var layoutHash: UInt64

    package init(name: UInt32, kind: UInt32, size: UInt32, alignment: UInt32, layoutHash: UInt64) {
        self.name = name
        self.kind = kind
        self.size = size
        self.alignment = alignment
        self.layoutHash = layoutHash
    }

    package static let entrySize = 24
    package static let rule = SMFRule.typeInfo

    package init(decoding base: UnsafeRawPointer) {
        name = smfLoad32(base, 0)
        kind = smfLoad32(base, 4)
        size = smfLoad32(base, 8)
        alignment = smfLoad32(base, 12)
        layoutHash = smfLoad64(base, 16)
    }

    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, name)
        smfStore32(base, 4, kind)
        smfStore32(base, 8, size)
        smfStore32(base, 12, alignment)
        smfStore64(base, 16, layoutHash)
    }
}

/// A view of a TypeInfo payload.
package typealias TypeInfoView = SMFTableView<TypeInfo>

/// The payload of a Version section: lines `key=value`, each ended by a line feed.
package enum VersionText {
    /// Appends one line to `text`.
    /// - Requires: neither part has a line feed, and `key` no "=".
    package static func append(key: StaticString, value: String, to text: inout ContiguousArray<UInt8>) {
        text.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        text.append(0x3D)
        text.append(contentsOf: value.utf8)
        text.append(0x0A)
    }

    /// Checks that `payload` is lines of `key=value` with non-empty keys.
    /// - Throws: `.versionText` with the offset of the bad line.
    package static func validate(_ payload: UnsafeRawBufferPointer, at offset: UInt64) throws(SMFError) {
        if let place = smfFirstInvalidUTF8(payload) {
            throw SMFError(.versionText, at: offset + UInt64(place), value: UInt64(payload[place]))
        }
        var start = 0
        while start < payload.count {
            var end = start
            var equals = -1
            while end < payload.count, payload[end] != 0x0A {
                if payload[end] == 0x3D, equals < 0 { equals = end }
                end += 1
            }
            guard equals > start, end < payload.count else {
                throw SMFError(.versionText, at: offset + UInt64(start), value: UInt64(payload[start]))
            }
            start = end + 1
        }
    }

    /// The bytes of the value of `key`; `nil` if no line has that key.
    package static func value(of key: StaticString, in payload: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var start = 0
        let count = key.utf8CodeUnitCount
        while start < payload.count {
            var end = start
            while end < payload.count, payload[end] != 0x0A { end += 1 }
            if end - start > count, payload[start + count] == 0x3D {
                var i = 0
                while i < count, payload[start + i] == key.utf8Start[i] { i += 1 }
                if i == count { return UnsafeRawBufferPointer(rebasing: payload[(start + count + 1)..<end]) }
            }
            start = end + 1
        }
        return nil
    }
}

/// The payload of an Interface section: what other modules can rely on, as lines of text (Docs/smf.md, "Interface").
/// The header's `abi_hash` is the XXH64 of these bytes.
package enum InterfaceText {
    /// What the first line of every module's interface begins with.
    package static let modulePrefix: StaticString = "module "

    /// Checks that `payload` is UTF-8 lines, each ended by a line feed, without NUL, of which the first names a module.
    /// - Throws: `.interfaceText` with the offset of the bad byte.
    package static func validate(_ payload: UnsafeRawBufferPointer, at offset: UInt64) throws(SMFError) {
        if payload.isEmpty { return }
        if let place = smfFirstInvalidUTF8(payload) {
            throw SMFError(.interfaceText, at: offset + UInt64(place), value: UInt64(payload[place]))
        }
        let prefix = modulePrefix
        for i in 0..<prefix.utf8CodeUnitCount {
            guard i < payload.count, payload[i] == prefix.utf8Start[i] else {
                throw SMFError(.interfaceText, at: offset + UInt64(i), value: i < payload.count ? UInt64(payload[i]) : 0)
            }
        }
        for i in 0..<payload.count where payload[i] == 0 {
            throw SMFError(.interfaceText, at: offset + UInt64(i), value: 0)
        }
        guard payload[payload.count - 1] == 0x0A else {
            throw SMFError(.interfaceText, at: offset + UInt64(payload.count - 1), value: UInt64(payload[payload.count - 1]))
        }
    }

    /// The module's name on the first line of `payload`; empty if there is none.
    package static func moduleName(_ payload: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = modulePrefix.utf8CodeUnitCount
        var end = start
        while end < payload.count, payload[end] != 0x0A { end += 1 }
        if end > payload.count { return UnsafeRawBufferPointer(start: payload.baseAddress, count: 0) }
        return UnsafeRawBufferPointer(rebasing: payload[start..<end])
    }
}

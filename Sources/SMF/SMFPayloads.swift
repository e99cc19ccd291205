// Small payload formats: TypeInfo (a table) and Version (text).

/// One type of a TypeInfo section.
package struct TypeInfo: Sendable, Equatable {
    /// String table offset.
    package var name: UInt32
    /// What sort of type it is; the numbers are the runtime's (Docs/abi.md).
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

    /// Encodes a TypeInfo payload: u32 count, then {name, kind, size, alignment: u32; layout_hash: u64} each.
    package static func encode(_ types: ContiguousArray<TypeInfo>) -> ContiguousArray<UInt8> {
        var payload = ContiguousArray<UInt8>(repeating: 0, count: 4 + types.count * TypeInfoView.entrySize)
        payload.withUnsafeMutableBytes { payload in
            guard let base = payload.baseAddress else { return }
            smfStore32(base, 0, UInt32(types.count))
            var at = 4
            for type in types {
                smfStore32(base, at, type.name)
                smfStore32(base, at + 4, type.kind)
                smfStore32(base, at + 8, type.size)
                smfStore32(base, at + 12, type.alignment)
                smfStore64(base, at + 16, type.layoutHash)
                at += TypeInfoView.entrySize
            }
        }
        return payload
    }
}

/// A view of a TypeInfo payload.
package struct TypeInfoView {
    /// Size in bytes of one entry.
    package static let entrySize = 24
    private let base: UnsafeRawPointer
    package let count: Int

    /// Checks that the entries fill `payload` exactly.
    /// - Throws: `.typeInfo`.
    package init(_ payload: UnsafeRawBufferPointer, at offset: UInt64 = 0) throws(SMFError) {
        guard payload.count >= 4, let base = payload.baseAddress else {
            throw SMFError(.typeInfo, at: offset, value: UInt64(payload.count))
        }
        self.base = base
        count = Int(smfLoad32(base, 0))
        guard payload.count - 4 == count * TypeInfoView.entrySize else {
            throw SMFError(.typeInfo, at: offset, value: UInt64(count))
        }
    }

    /// Entry `index`.
    /// - Requires: `index < count`.
    package subscript(index: Int) -> TypeInfo {
        precondition(index >= 0 && index < count)
        let at = 4 + index * TypeInfoView.entrySize
        return TypeInfo(
            name: smfLoad32(base, at), kind: smfLoad32(base, at + 4), size: smfLoad32(base, at + 8),
            alignment: smfLoad32(base, at + 12), layoutHash: smfLoad64(base, at + 16))
    }
}

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

// Payloads that are one table: u32 count, then entries of one size.

/// An entry of such a payload.
package protocol SMFTableRow {
    /// Size in bytes.
    static var entrySize: Int { get }
    /// What a payload of another size than its count says breaks.
    static var rule: SMFRule { get }
    /// Reads the entry at `base`.
    /// - Requires: `entrySize` readable bytes.
    init(decoding base: UnsafeRawPointer)
    /// Writes the entry at `base`.
    /// - Requires: `entrySize` writable bytes.
    func encode(to base: UnsafeMutableRawPointer)
}

extension SMFTableRow {
    /// Encodes a payload.
    package static func encode(_ entries: ContiguousArray<Self>) -> ContiguousArray<UInt8> {
        var payload = ContiguousArray<UInt8>(repeating: 0, count: 4 + entries.count * entrySize)
        payload.withUnsafeMutableBytes { payload in
            guard let base = payload.baseAddress else { return }
            smfStore32(base, 0, UInt32(entries.count))
            for i in entries.indices { entries[i].encode(to: base + 4 + i * entrySize) }
        }
        return payload
    }
}

/// A view of a payload.
package struct SMFTableView<Row: SMFTableRow> {
    /// Size in bytes of one entry.
    package static var entrySize: Int { Row.entrySize }
    private let base: UnsafeRawPointer
    package let count: Int

    /// Checks that the entries fill `payload` exactly.
    /// - Throws: the rule of the row's type.
    package init(_ payload: UnsafeRawBufferPointer, at offset: UInt64 = 0) throws(SMFError) {
        guard payload.count >= 4, let base = payload.baseAddress else {
            throw SMFError(Row.rule, at: offset, value: UInt64(payload.count))
        }
        self.base = base
        count = Int(smfLoad32(base, 0))
        guard payload.count - 4 == count * Row.entrySize else {
            throw SMFError(Row.rule, at: offset, value: UInt64(count))
        }
    }

    /// Entry `index`.
    /// - Requires: `index < count`.
    package subscript(index: Int) -> Row {
        precondition(index >= 0 && index < count)
        return Row(decoding: base + 4 + index * Row.entrySize)
    }
}

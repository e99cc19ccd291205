// The symbol and string tables under construction: symbols keep the index they were added with until the tables are
// written; `order()` then says where each one goes.

/// A symbol table and its string table, being built.
package struct SMFSymbolTable: Sendable {
    /// The symbols as they were added.
    package var symbols: ContiguousArray<SMFSymbol> = []
    /// The string table; byte 0 is NUL, so that offset 0 is the empty name.
    package var strings: ContiguousArray<UInt8> = [0]

    package init() {}

    /// Appends `name` and a NUL to the string table and returns the name's offset. The empty name is offset 0.
    package mutating func addString(_ name: UnsafeBufferPointer<UInt8>) -> UInt32 {
        if name.isEmpty { return 0 }
        let offset = strings.count
        precondition(offset <= Int(UInt32.max) - name.count, "string table over 4 GiB")
        strings.append(contentsOf: name)
        strings.append(0)
        return UInt32(truncatingIfNeeded: offset)
    }

    /// Appends `symbol` and returns its index.
    @inlinable package mutating func add(_ symbol: SMFSymbol) -> UInt32 {
        symbols.append(symbol)
        return UInt32(truncatingIfNeeded: symbols.count - 1)
    }

    /// The order in which the format wants the symbols.
    package struct Order: Sendable {
        /// For each place in the written table, the index the symbol was added with.
        package var oldIndex: ContiguousArray<UInt32>
        /// For each symbol as it was added, its place in the written table.
        package var newIndex: ContiguousArray<UInt32>
        /// How many of the last places are exported symbols.
        package var exportedCount: Int
    }

    /// Local symbols as added, then undefined ones as added, then exported ones by (name_hash, name).
    /// - Complexity: O(n log n) in the exported symbols.
    package func order() -> Order {
        var oldIndex = ContiguousArray<UInt32>()
        oldIndex.reserveCapacity(symbols.count)
        var exported = ContiguousArray<UInt64>()
        var undefined = ContiguousArray<UInt32>()
        for i in symbols.indices {
            if symbols[i].isLocal {
                oldIndex.append(UInt32(truncatingIfNeeded: i))
            } else if symbols[i].isUndefined {
                undefined.append(UInt32(truncatingIfNeeded: i))
            } else {
                exported.append(UInt64(symbols[i].nameHash) << 32 | UInt64(i))
            }
        }
        oldIndex.append(contentsOf: undefined)
        exported.sort()
        // Names decide only where hashes collide.
        var i = 0
        while i < exported.count {
            var end = i + 1
            while end < exported.count, exported[end] >> 32 == exported[i] >> 32 { end += 1 }
            if end - i > 1 {
                exported[i..<end].sort { l, r in
                    let order = compareNames(UInt32(truncatingIfNeeded: l), UInt32(truncatingIfNeeded: r))
                    return order == 0 ? l < r : order < 0
                }
            }
            i = end
        }
        for key in exported { oldIndex.append(UInt32(truncatingIfNeeded: key)) }
        var newIndex = ContiguousArray<UInt32>(repeating: 0, count: symbols.count)
        for (place, old) in oldIndex.enumerated() { newIndex[Int(old)] = UInt32(truncatingIfNeeded: place) }
        return Order(oldIndex: oldIndex, newIndex: newIndex, exportedCount: exported.count)
    }

    /// Writes the symbol table in `order` at `base`.
    package func encodeSymbols(_ order: Order, to base: UnsafeMutableRawPointer) {
        symbols.withUnsafeBufferPointer { symbols in
            var place = base
            for old in order.oldIndex {
                symbols[Int(old)].encode(to: place)
                place += SMFFormat.symbolEntrySize
            }
        }
    }

    /// Writes the string table at `base`.
    package func encodeStrings(to base: UnsafeMutableRawPointer) {
        strings.withUnsafeBytes { base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(base), byteCount: $0.count) }
    }

    /// Negative, 0 or positive as the name of symbol `l` is before, equal to or behind that of `r`, by bytes.
    private func compareNames(_ l: UInt32, _ r: UInt32) -> Int {
        var i = Int(symbols[Int(l)].nameOffset)
        var j = Int(symbols[Int(r)].nameOffset)
        while true {
            let a = strings[i]
            let b = strings[j]
            if a != b { return a < b ? -1 : 1 }
            if a == 0 { return 0 }
            i += 1
            j += 1
        }
    }
}

/// Builds the payload of a SymHash section over the last `order.exportedCount` symbols.
package func smfSymbolHashTable(_ table: SMFSymbolTable, _ order: SMFSymbolTable.Order) -> ContiguousArray<UInt8> {
    var bucketCount = 2
    while bucketCount < order.exportedCount * 2 { bucketCount *= 2 }
    var payload = ContiguousArray<UInt8>(repeating: 0, count: 8 + bucketCount * 8)
    payload.withUnsafeMutableBytes { payload in
        guard let base = payload.baseAddress else { return }
        smfStore32(base, 0, UInt32(bucketCount))
        for bucket in 0..<bucketCount { smfStore32(base, 8 + bucket * 8 + 4, .max) }
        for place in (order.oldIndex.count - order.exportedCount)..<order.oldIndex.count {
            let hash = table.symbols[Int(order.oldIndex[place])].nameHash
            var bucket = Int(hash) & (bucketCount - 1)
            while smfLoad32(base, 8 + bucket * 8 + 4) != .max { bucket = (bucket + 1) & (bucketCount - 1) }
            smfStore32(base, 8 + bucket * 8, hash)
            smfStore32(base, 8 + bucket * 8 + 4, UInt32(place))
        }
    }
    return payload
}

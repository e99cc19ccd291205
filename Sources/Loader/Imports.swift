/// Binding the import slots of an image to the runtime's entries.

#if !hasFeature(Embedded)
    import Runtime
    import RuntimeABI
    import SMF
#endif

/// A slot and what goes into it.
package struct BoundImport {
    /// Image address of the slot.
    package var slot: UInt64
    package var address: UInt64

    package init(slot: UInt64, address: UInt64) {
        self.slot = slot
        self.address = address
    }
}

/// Finds every import. Throws the list of all required ones that are missing, with what was wanted from where.
func resolveImports(_ reader: SMFReader) throws(LoadError) -> [BoundImport] {
    var bound: [BoundImport] = []
    var missing: [UInt8] = []
    for section in 0..<reader.sectionCount where reader.section(section).kind == .imports {
        let count = reader.importCount(ofSection: section)
        bound.reserveCapacity(bound.count + count)
        for entry in 0..<count {
            let wanted = reader.importEntry(entry, ofSection: section)
            let symbol = reader.symbol(Int(wanted.symbol))
            // All entries may share one name, so a long one is not read to its end; the runtime's own are short.
            guard let name = reader.string(at: symbol.nameOffset, limit: shownNameLimit + 1) else {
                throw LoadError(SMFError(.symbolName, at: reader.symbolEntryOffset(Int(wanted.symbol)), value: UInt64(symbol.nameOffset)))
            }
            // The runtime's interface has one number for all its functions.
            let isOther = wanted.abiHash != 0 && wanted.abiHash != runtimeABIVersion
            // Imports from other modules are bound by hosts that load several (SimpleLoader); a program is one image.
            if wanted.kind == SMFImportKind.runtime.rawValue, !isOther,
                let function = runtimeFunction(named: name, hash: symbol.nameHash), let address = runtimeAddress(of: function)
            {
                bound.append(BoundImport(slot: wanted.slot, address: UInt64(UInt(bitPattern: address))))
            } else if !wanted.flags.contains(.required) {
                // Optional and weak imports may be missing: their slots stay 0.
                bound.append(BoundImport(slot: wanted.slot, address: 0))
            } else {
                append("  ", to: &missing)
                appendShownName(name, to: &missing)
                if wanted.kind == SMFImportKind.module.rawValue { append(" (from a module)", to: &missing) }
                if wanted.kind == SMFImportKind.cLibrary.rawValue { append(" (from a C library)", to: &missing) }
                if wanted.kind == SMFImportKind.runtime.rawValue, isOther {
                    append(" (with another interface)", to: &missing)
                }
                append("\n", to: &missing)
            }
        }
    }
    if !missing.isEmpty { throw LoadError(missing: missing) }
    return bound
}

/// Writes the slots (validated: aligned words of writable sections).
func bind(_ imports: [BoundImport], _ base: UnsafeMutableRawPointer) {
    for item in imports { (base + Int(item.slot)).storeBytes(of: item.address, as: UInt64.self) }
}

private func append(_ text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

// String constants: static objects laid out as the runtime lays out inline strings, one per text and module.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// A string constant of the program.
    mutating func stringConstant(_ id: UInt32) -> ValueID {
        if let known = stringSymbols[id] { return builder.symbolAddress(known, type: .ref) }
        let symbol = stringSymbol(ContiguousArray(program.stringContents(id)))
        stringSymbols.set(id, symbol)
        return builder.symbolAddress(symbol, type: .ref)
    }
    /// A string constant of our own.
    mutating func constantString(_ text: String) -> ValueID {
        let symbol = stringSymbol(ContiguousArray(text.utf8))
        return builder.symbolAddress(symbol, type: .ref)
    }
    mutating func constantString(_ text: ContiguousArray<UInt8>) -> ValueID {
        let symbol = stringSymbol(text)
        return builder.symbolAddress(symbol, type: .ref)
    }

    private mutating func stringSymbol(_ text: ContiguousArray<UInt8>) -> SymbolID {
        let hash = HashIndex.hash(text)
        if let known = stringIndex.find(hash, where: { strings[$0].text == text }) { return strings[known].symbol }
        var bytes = ByteWriter(capacity: text.count + 32)
        bytes.write(ObjectKind.stringInline.rawValue)
        bytes.write(UInt64(text.count))
        var characters = 0
        for byte in text where byte & 0xC0 != 0x80 { characters += 1 }
        bytes.write(UInt64(characters))
        bytes.append(contentsOf: text)
        bytes.append(0)
        let symbol = module.addSymbol(
            Symbol(name: "simple.string.\(strings.count)", kind: .data, linkage: .local))
        module.data.append(
            DataObject(symbol: symbol, section: .readOnly, alignment: 16, bytes: bytes.bytes, size: bytes.count))
        strings.append((text, symbol))
        stringIndex.append(hash)
        return symbol
    }

    /// The bytes of the string constant `id` if the node is one.
    func constantText(of id: ExprID) -> ArraySlice<UInt8>? {
        let e = body.exprs[id.index]
        return e.kind == .stringConstant ? program.stringContents(e.a) : nil
    }
}

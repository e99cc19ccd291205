package import RuntimeABI
internal import Support

extension Signature {
    /// The type of a runtime entry, from the letters of its row.
    package init(of entry: RuntimeEntry) {
        self.init(parameters: Signature.types(entry.parameters), results: Signature.types(entry.results))
    }
    private static func types(_ letters: StaticString) -> [MIRType] {
        letters.withUTF8Buffer { letters in
            letters.map { letter in
                switch letter {
                case UInt8(ascii: "b"): .i8
                case UInt8(ascii: "w"): .i32
                case UInt8(ascii: "q"): .i64
                case UInt8(ascii: "s"): .f32
                case UInt8(ascii: "d"): .f64
                case UInt8(ascii: "p"): .ptr
                case UInt8(ascii: "r"): .ref
                default: preconditionFailure("unknown letter in the table of runtime entries")
                }
            }
        }
    }
    private static let ofRuntimeEntries: [Signature] = RuntimeFunction.allCases.map { Signature(of: $0.entry) }

    /// The type of a runtime entry.
    package static func runtime(_ function: RuntimeFunction) -> Signature {
        ofRuntimeEntries[Int(function.rawValue)]
    }
}

extension MIRModule {
    /// The type of what a symbol names; nil for data.
    package func signature(of symbol: SymbolID) -> Signature? {
        switch symbols[symbol.index].kind {
        case .function(let id): signatures[id.index]
        case .runtime(let function): Signature.runtime(function)
        case .data: nil
        }
    }
}

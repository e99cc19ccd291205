package import RuntimeABI
package import Support

// The ids below have `index` and `init(_:)` of their own, though `IndexID` offers them: in profiles of the builder the
// generic ones showed up as calls.

/// An instruction of a function, and the SSA value it defines.
package struct ValueID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable package init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable package var index: Int { Int(rawValue) }
    /// No value; also the end of an instruction chain.
    package static let none = ValueID(rawValue: 0)
    @inlinable package var exists: Bool { rawValue != 0 }
}
/// A basic block of a function.
package struct BlockID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable package init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable package var index: Int { Int(rawValue) }
    /// The entry block.
    package static let entry = BlockID(rawValue: 0)
}
/// A control-flow edge: target block and arguments for its parameters. Each belongs to one terminator slot.
package struct EdgeID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable package init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable package var index: Int { Int(rawValue) }
}
/// A list in the function's pool: count, then elements. 0 is the empty list.
package struct OperandListID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable package init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable package var index: Int { Int(rawValue) }
    package static let empty = OperandListID(rawValue: 0)
}
/// A function, datum or runtime entry of the module.
package struct SymbolID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A function type of the module.
package struct SignatureID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// One instruction: 40 bytes, linked into its block's chain.
package struct Instruction: Sendable {
    package var opcode: Opcode
    /// Type of the result; `none` if there is none. `store`s have `none` (the value operand has the type).
    package var type: MIRType
    /// `IntegerCondition` or `FloatCondition`.
    package var condition: UInt8
    /// `AliasClass` or `IndexedKind`.
    package var aux: UInt8
    package var a: UInt32
    package var b: UInt32
    package var c: UInt32
    package var immediate: Int64
    package var previous: ValueID
    package var next: ValueID
    /// Byte offset in the file of `scope`, for panics and backtraces.
    package var position: UInt32
    /// Index in `MIRFunction.scopes`.
    package var scope: UInt32

    @inlinable package init(
        _ opcode: Opcode, _ type: MIRType = .none, condition: UInt8 = 0, aux: UInt8 = 0, a: UInt32 = 0, b: UInt32 = 0,
        c: UInt32 = 0, immediate: Int64 = 0, position: UInt32 = 0, scope: UInt32 = 0
    ) {
        self.opcode = opcode
        self.type = type
        self.condition = condition
        self.aux = aux
        self.a = a
        self.b = b
        self.c = c
        self.immediate = immediate
        self.previous = .none
        self.next = .none
        self.position = position
        self.scope = scope
    }
    @inlinable package var valueA: ValueID { ValueID(rawValue: a) }
    @inlinable package var valueB: ValueID { ValueID(rawValue: b) }
    @inlinable package var valueC: ValueID { ValueID(rawValue: c) }
}

/// A basic block: parameters and instructions as two chains; the last instruction is the terminator.
package struct Block: Sendable {
    package var firstParameter = ValueID.none
    package var lastParameter = ValueID.none
    package var parameterCount: UInt32 = 0
    package var first = ValueID.none
    package var last = ValueID.none
    package init() {}
}

/// See `EdgeID`. The arguments are `pool[start..<start + count]`.
package struct Edge: Sendable {
    package var target: BlockID
    package var start: UInt32
    package var count: UInt32
    package init(target: BlockID, start: UInt32 = 0, count: UInt32 = 0) {
        self.target = target
        self.start = start
        self.count = count
    }
}

/// Where code comes from: the function itself (index 0) or a function that was inlined into it.
package struct InlineScope: Sendable, Equatable {
    /// The function's name in backtraces (`compute`, `Point.length`, `<top>`).
    package var name: String
    package var file: FileID
    /// Where it was called, in the parent scope; 0 for scope 0.
    package var callPosition: UInt32
    /// The scope it was inlined into; 0 (itself) for scope 0.
    package var parent: UInt32
    package init(name: String, file: FileID, callPosition: UInt32 = 0, parent: UInt32 = 0) {
        self.name = name
        self.file = file
        self.callPosition = callPosition
        self.parent = parent
    }
}

/// The body of one function in SSA form with block parameters.
///
/// Values are instructions: `ValueID` indexes `instructions`; index 0 is a placeholder. The parameters of the
/// function are the parameters of the entry block, which no edge targets.
package struct MIRFunction: Sendable {
    package var symbol: SymbolID
    package var signature: SignatureID
    package var instructions: ContiguousArray<Instruction> = []
    package var blocks: ContiguousArray<Block> = []
    package var edges: ContiguousArray<Edge> = []
    /// Operand lists and edge arguments; index 0 holds the empty list.
    package var pool: ContiguousArray<UInt32> = [0]
    package var scopes: [InlineScope]
    /// `#[inline]` / `#[noinline]` wishes.
    package var inlineHint = InlineHint.none

    package init(symbol: SymbolID, signature: SignatureID, scope: InlineScope) {
        self.symbol = symbol
        self.signature = signature
        scopes = [scope]
        instructions.append(Instruction(.unreachable))
    }

    @inlinable package subscript(value: ValueID) -> Instruction {
        get { instructions[value.index] }
        set { instructions[value.index] = newValue }
        _modify { yield &instructions[value.index] }
    }
    @inlinable package subscript(block: BlockID) -> Block {
        get { blocks[block.index] }
        _modify { yield &blocks[block.index] }
    }
    @inlinable package subscript(edge: EdgeID) -> Edge {
        get { edges[edge.index] }
        _modify { yield &edges[edge.index] }
    }
}

package enum InlineHint: UInt8, Sendable { case none, always, never }

/// Whether and how other modules see a symbol.
package enum Linkage: UInt8, Sendable {
    /// Only this module.
    case local
    /// One definition in the program.
    case global
    /// May be defined equally by several modules (generic instances); the linker keeps one.
    case weak
}

/// What a symbol names.
package enum SymbolKind: Sendable, Equatable {
    case function(SignatureID)
    case data
    case runtime(RuntimeFunction)
}

/// A name that the module defines or uses.
package struct Symbol: Sendable {
    /// The link name, unique in the program: `geometry.area`, `main.add[i64,i64]`; `simple_rt_…` for runtime entries.
    package var name: String
    package var kind: SymbolKind
    package var linkage: Linkage
    package init(name: String, kind: SymbolKind, linkage: Linkage) {
        self.name = name
        self.kind = kind
        self.linkage = linkage
    }
}

/// Parameter and result types of a function.
package struct Signature: Hashable, Sendable {
    package var parameters: [MIRType]
    package var results: [MIRType]
    package init(parameters: [MIRType], results: [MIRType]) {
        self.parameters = parameters
        self.results = results
    }
}

/// Constant or variable data of the module.
package struct DataObject: Sendable {
    package enum Section: UInt8, Sendable { case readOnly, writable, zeroed }
    package var symbol: SymbolID
    package var section: Section
    package var alignment: Int
    /// The contents; empty for `zeroed`.
    package var bytes: [UInt8]
    /// Size in bytes (of `bytes`, or of the zeroed area).
    package var size: Int
    /// 8-byte words that hold addresses: (offset, symbol, addend).
    package var addresses: [(offset: Int, symbol: SymbolID, addend: Int64)] = []
    package init(symbol: SymbolID, section: Section, alignment: Int, bytes: [UInt8], size: Int) {
        self.symbol = symbol
        self.section = section
        self.alignment = alignment
        self.bytes = bytes
        self.size = size
    }
}

/// The unit of code generation: one source module's functions and data.
package struct MIRModule: Sendable {
    /// The module's path, such as `geometry` or `models.user`.
    package var name: String
    package var functions: ContiguousArray<MIRFunction> = []
    package var data: ContiguousArray<DataObject> = []
    package var symbols: ContiguousArray<Symbol> = []
    package var signatures: ContiguousArray<Signature> = []
    /// The files that scopes refer to (all files of the compilation).
    package var sources: SourceMap
    /// Symbols already made for runtime entries, by raw value.
    package var runtimeSymbols: [SymbolID?]
    /// Ids by signature, for `intern`; never iterated.
    private var signatureIDs: [Signature: SignatureID] = [:]

    package init(name: String, sources: SourceMap) {
        self.name = name
        self.sources = sources
        runtimeSymbols = Array(repeating: nil, count: RuntimeFunction.allCases.count)
    }

    package subscript(symbol: SymbolID) -> Symbol { symbols[symbol.index] }
    package subscript(signature: SignatureID) -> Signature { signatures[signature.index] }

    /// Adds a symbol; names are not checked for uniqueness.
    package mutating func addSymbol(_ symbol: Symbol) -> SymbolID {
        symbols.append(symbol)
        return SymbolID(symbols.count - 1)
    }
    /// The symbol of a runtime entry, made on first use.
    package mutating func symbol(for function: RuntimeFunction) -> SymbolID {
        if let known = runtimeSymbols[Int(function.rawValue)] { return known }
        let id = addSymbol(Symbol(name: "\(function.entry.name)", kind: .runtime(function), linkage: .global))
        runtimeSymbols[Int(function.rawValue)] = id
        return id
    }
    /// The id of `signature`, made on first use.
    package mutating func intern(_ signature: Signature) -> SignatureID {
        if let known = signatureIDs[signature] { return known }
        signatures.append(signature)
        let id = SignatureID(signatures.count - 1)
        signatureIDs[signature] = id
        return id
    }
}

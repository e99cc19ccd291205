public import RuntimeABI
public import Support

// The ids below have `index` and `init(_:)` of their own, though `IndexID` offers them: in profiles of the builder the
// generic ones showed up as calls.

/// An instruction of a function, and the SSA value it defines.
public struct ValueID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable public var index: Int { Int(rawValue) }
    /// No value; also the end of an instruction chain.
    public static let none = ValueID(rawValue: 0)
    @inlinable public var exists: Bool { rawValue != 0 }
}
/// A basic block of a function.
public struct BlockID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable public var index: Int { Int(rawValue) }
    /// The entry block.
    public static let entry = BlockID(rawValue: 0)
}
/// A control-flow edge: target block and arguments for its parameters. Each belongs to one terminator slot.
public struct EdgeID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable public var index: Int { Int(rawValue) }
}
/// A list in the function's pool: count, then elements. 0 is the empty list.
public struct OperandListID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
    @inlinable public var index: Int { Int(rawValue) }
    public static let empty = OperandListID(rawValue: 0)
}
/// A function, datum or runtime entry of the module.
public struct SymbolID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A function type of the module.
public struct SignatureID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// One instruction: 40 bytes, linked into its block's chain.
public struct Instruction: Sendable {
    public var opcode: Opcode
    /// Type of the result; `none` if there is none. `store`s have `none` (the value operand has the type).
    public var type: MIRType
    /// `IntegerCondition` or `FloatCondition`.
    public var condition: UInt8
    /// `AliasClass` or `IndexedKind`.
    public var aux: UInt8
    public var a: UInt32
    public var b: UInt32
    public var c: UInt32
    public var immediate: Int64
    public var previous: ValueID
    public var next: ValueID
    /// Byte offset in the file of `scope`, for panics and backtraces.
    public var position: UInt32
    /// Index in `MIRFunction.scopes`.
    public var scope: UInt32

    @inlinable public init(
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
    @inlinable public var valueA: ValueID { ValueID(rawValue: a) }
    @inlinable public var valueB: ValueID { ValueID(rawValue: b) }
    @inlinable public var valueC: ValueID { ValueID(rawValue: c) }
}

/// A basic block: parameters and instructions as two chains; the last instruction is the terminator.
public struct Block: Sendable {
    public var firstParameter = ValueID.none
    public var lastParameter = ValueID.none
    public var parameterCount: UInt32 = 0
    public var first = ValueID.none
    public var last = ValueID.none
    public init() {}
}

/// See `EdgeID`. The arguments are `pool[start..<start + count]`.
public struct Edge: Sendable {
    public var target: BlockID
    public var start: UInt32
    public var count: UInt32
    public init(target: BlockID, start: UInt32 = 0, count: UInt32 = 0) {
        self.target = target
        self.start = start
        self.count = count
    }
}

/// Where code comes from: the function itself (index 0) or a function that was inlined into it.
public struct InlineScope: Sendable, Equatable {
    /// The function's name in backtraces (`compute`, `Point.length`, `<top>`).
    public var name: String
    public var file: FileID
    /// Where it was called, in the parent scope; 0 for scope 0.
    public var callPosition: UInt32
    /// The scope it was inlined into; 0 (itself) for scope 0.
    public var parent: UInt32
    public init(name: String, file: FileID, callPosition: UInt32 = 0, parent: UInt32 = 0) {
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
public struct MIRFunction: Sendable {
    public var symbol: SymbolID
    public var signature: SignatureID
    public var instructions: ContiguousArray<Instruction> = []
    public var blocks: ContiguousArray<Block> = []
    public var edges: ContiguousArray<Edge> = []
    /// Operand lists and edge arguments; index 0 holds the empty list.
    public var pool: ContiguousArray<UInt32> = [0]
    public var scopes: [InlineScope]
    /// `#[inline]` / `#[noinline]` wishes.
    public var inlineHint = InlineHint.none

    public init(symbol: SymbolID, signature: SignatureID, scope: InlineScope) {
        self.symbol = symbol
        self.signature = signature
        scopes = [scope]
        instructions.append(Instruction(.unreachable))
    }

    /// Makes this an empty function; the storage stays.
    mutating func clear(symbol: SymbolID, signature: SignatureID, scope: InlineScope, inlineHint: InlineHint) {
        self.symbol = symbol
        self.signature = signature
        self.inlineHint = inlineHint
        instructions.removeAll(keepingCapacity: true)
        instructions.append(Instruction(.unreachable))
        blocks.removeAll(keepingCapacity: true)
        edges.removeAll(keepingCapacity: true)
        pool.removeAll(keepingCapacity: true)
        pool.append(0)
        scopes = [scope]
    }
    /// Frees the body, for which there is no more use; what is left only says what function this was.
    package mutating func dropBody() {
        instructions = []
        blocks = []
        edges = []
        pool = []
    }

    /// A copy with storage of its own, which has a little room for what passes add.
    func compactCopy() -> MIRFunction { MIRFunction(copying: self) }

    private init(copying other: borrowing MIRFunction) {
        func copy<Element>(_ array: ContiguousArray<Element>) -> ContiguousArray<Element> {
            ContiguousArray(unsafeUninitializedCapacity: array.count + array.count / 4) { memory, count in
                count = array.count
                array.withUnsafeBufferPointer { source in
                    if let from = source.baseAddress, let to = memory.baseAddress {
                        to.initialize(from: from, count: source.count)
                    }
                }
            }
        }
        symbol = other.symbol
        signature = other.signature
        inlineHint = other.inlineHint
        instructions = copy(other.instructions)
        blocks = copy(other.blocks)
        edges = copy(other.edges)
        pool = copy(other.pool)
        scopes = other.scopes
    }

    @inlinable public subscript(value: ValueID) -> Instruction {
        get { instructions[value.index] }
        set { instructions[value.index] = newValue }
        _modify { yield &instructions[value.index] }
    }
    @inlinable public subscript(block: BlockID) -> Block {
        get { blocks[block.index] }
        _modify { yield &blocks[block.index] }
    }
    @inlinable public subscript(edge: EdgeID) -> Edge {
        get { edges[edge.index] }
        _modify { yield &edges[edge.index] }
    }
}

public enum InlineHint: UInt8, Sendable { case none, always, never }

/// Whether and how other modules see a symbol.
public enum Linkage: UInt8, Sendable {
    /// Only this module.
    case local
    /// One definition in the program.
    case global
    /// May be defined equally by several modules (generic instances); the linker keeps one.
    case weak
}

/// What a symbol names.
public enum SymbolKind: Sendable, Equatable {
    case function(SignatureID)
    case data
    case runtime(RuntimeFunction)
}

/// A name that the module defines or uses.
public struct Symbol: Sendable {
    /// The link name, unique in the program: `geometry.area`, `main.add[i64,i64]`; `simple_rt_…` for runtime entries.
    public var name: String
    public var kind: SymbolKind
    public var linkage: Linkage
    public init(name: String, kind: SymbolKind, linkage: Linkage) {
        self.name = name
        self.kind = kind
        self.linkage = linkage
    }
}

/// Parameter and result types of a function.
public struct Signature: Hashable, Sendable {
    public var parameters: [MIRType]
    public var results: [MIRType]
    public init(parameters: [MIRType], results: [MIRType]) {
        self.parameters = parameters
        self.results = results
    }
}

/// Constant or variable data of the module.
public struct DataObject: Sendable {
    public enum Section: UInt8, Sendable { case readOnly, writable, zeroed }
    public var symbol: SymbolID
    public var section: Section
    public var alignment: Int
    /// The contents; empty for `zeroed`.
    public var bytes: [UInt8]
    /// Size in bytes (of `bytes`, or of the zeroed area).
    public var size: Int
    /// 8-byte words that hold addresses: (offset, symbol, addend).
    public var addresses: [(offset: Int, symbol: SymbolID, addend: Int64)] = []
    public init(symbol: SymbolID, section: Section, alignment: Int, bytes: [UInt8], size: Int) {
        self.symbol = symbol
        self.section = section
        self.alignment = alignment
        self.bytes = bytes
        self.size = size
    }
}

/// The unit of code generation: one source module's functions and data.
public struct MIRModule: Sendable {
    /// The module's path, such as `geometry` or `models.user`.
    public var name: String
    public var functions: ContiguousArray<MIRFunction> = []
    public var data: ContiguousArray<DataObject> = []
    public var symbols: ContiguousArray<Symbol> = []
    public var signatures: ContiguousArray<Signature> = []
    /// The files that scopes refer to (all files of the compilation).
    public var sources: SourceMap
    /// Symbols already made for runtime entries, by raw value.
    public var runtimeSymbols: [SymbolID?]
    /// Finds signatures for `intern`; those that were appended otherwise are not found.
    private var signatureIndex = HashIndex()
    private var indexedSignatures: ContiguousArray<SignatureID> = []

    public init(name: String, sources: SourceMap) {
        self.name = name
        self.sources = sources
        runtimeSymbols = Array(repeating: nil, count: RuntimeFunction.allCases.count)
    }

    public subscript(symbol: SymbolID) -> Symbol { symbols[symbol.index] }
    public subscript(signature: SignatureID) -> Signature { signatures[signature.index] }

    /// Adds a symbol; names are not checked for uniqueness.
    public mutating func addSymbol(_ symbol: Symbol) -> SymbolID {
        symbols.append(symbol)
        return SymbolID(symbols.count - 1)
    }
    /// The symbol of a runtime entry, made on first use.
    public mutating func symbol(for function: RuntimeFunction) -> SymbolID {
        if let known = runtimeSymbols[Int(function.rawValue)] { return known }
        let id = addSymbol(Symbol(name: "\(function.entry.name)", kind: .runtime(function), linkage: .global))
        runtimeSymbols[Int(function.rawValue)] = id
        return id
    }
    /// The id of `signature`, made on first use.
    public mutating func intern(_ signature: Signature) -> SignatureID {
        var hash = HashIndex.seed
        for type in signature.parameters { hash = HashIndex.hash(hash, type.rawValue) }
        hash = HashIndex.hash(hash, .max)
        for type in signature.results { hash = HashIndex.hash(hash, type.rawValue) }
        if let known = signatureIndex.find(hash, where: { self[indexedSignatures[$0]] == signature }) {
            return indexedSignatures[known]
        }
        let id = SignatureID(signatures.count)
        signatures.append(signature)
        signatureIndex.append(hash)
        indexedSignatures.append(id)
        return id
    }
}

internal import MIR
internal import RuntimeABI
internal import SMF
internal import Support

/// What code generation knows of one value.
struct ValueState: BitwiseCopyable {
    /// Position of the definition.
    var start: UInt32 = 0
    /// Last position at which the value is needed.
    var end: UInt32 = 0
    /// Innermost loop around the definition; -1: none.
    var loop: Int32 = -1
    /// Last position inside that loop at which the value is needed.
    var loopEnd: UInt32 = 0
    /// Between these positions, inside that loop, the value is not needed though its interval goes on behind the loop:
    /// other values may use its register. `holeEnd` 0: no such hole.
    var holeStart: UInt32 = 0
    var holeEnd: UInt32 = 0
    /// Expected number of reads and writes.
    var weight: Float = 0
    var useCount: UInt32 = 0
    /// The value that should get the same place (block parameter and argument); 0: none.
    var hint: UInt32 = 0
    /// The home in memory, as `FrameState.displacement(ofSlot:)` takes it; 0: none.
    var slot: Int32 = 0
    /// Of a stack slot's value: byte offset of the slot from rbp.
    var area: Int32 = 0
    /// The register, if the value lives in one.
    var register = Register.none
    /// A register that would save a move.
    var hintRegister = Register.none
    var flags: Flags = []

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        /// Computed where it is used, as part of the using instruction; has no place.
        static let fused = Flags(rawValue: 1)
        /// Made anew at each use: constants and addresses of symbols and stack slots. Has no place.
        static let rematerialised = Flags(rawValue: 2)
        /// Lives in a register that calls destroy, across a call: saved and restored around it.
        static let savedAcrossCalls = Flags(rawValue: 4)
        static let isFloat = Flags(rawValue: 8)
        /// Was given a register or slot (or was seen not to need one).
        static let allocated = Flags(rawValue: 16)
    }
}

/// What code generation knows of one block.
struct BlockState: BitwiseCopyable {
    /// Index in the linear order; `UInt32.max`: unreachable.
    var orderIndex: UInt32 = .max
    /// Position of the block's start; its parameters are defined at `start + 1`.
    var start: UInt32 = 0
    /// Last position of the block.
    var end: UInt32 = 0
    /// Innermost loop, an index in `loops`; -1: none.
    var loop: Int32 = -1
    /// Expected executions per call of the function.
    var frequency: Float = 1
    /// Offset of the machine code; -1: not yet emitted.
    var codeOffset: Int32 = -1
    /// Runs at most rarely: laid out behind the rest.
    var isCold = false
    /// Starts a loop without inner loops, in layout order.
    var isAligned = false
}

/// A range of the linear order that control can run through again.
struct LoopState: BitwiseCopyable {
    /// Indices in the linear order.
    var first: UInt32
    var last: UInt32
    /// Positions.
    var start: UInt32 = 0
    var end: UInt32 = 0
    /// Index in the linear order of the last block from which control can leave the loop without going through the
    /// loop's start again, and that block's last position.
    var lastExit: UInt32 = 0
    var lastExitPosition: UInt32 = 0
    var parent: Int32 = -1
    var depth: Int32 = 1
    var hasInner = false
}

/// Code that runs rarely or never, emitted behind the function's last block.
struct ColdSite: BitwiseCopyable {
    enum Kind: UInt8 { case trap, checkIndex, checkBounds }
    var kind: Kind
    /// The distance of the jump that leads here.
    var fixup: UInt32
    /// Where the fast path goes on (checkIndex).
    var resume: UInt32 = 0
    /// The trap word (trap) or the `IndexedKind` (checks).
    var word: Int32
    /// The `ValueID` of the check.
    var instruction: UInt32
    /// Index and length as the fast path compared them (checkIndex).
    var index = Operand(.none as Register)
    var length = Operand(.none as Register)
}

/// A jump distance to be patched once its target's offset is known.
struct BranchFixup: BitwiseCopyable {
    var offset: UInt32
    var target: UInt32
}

/// A call whose return address appears in the source map, or code whose position does.
struct CallSite: BitwiseCopyable {
    /// Byte offset behind the call, in the module's code.
    var codeOffset: UInt32
    var position: UInt32
    var scope: UInt32
}

/// Generates the machine code of one function after another. Everything it allocates is reused.
///
/// The steps, each in a file of its own: `orderBlocks` (BlockOrder), `analyse` (Liveness), `allocateRegisters`
/// (RegisterAllocator), `layOutFrame` (Frame), `emitFunction` (X86_64/Selector).
struct FunctionGenerator: ~Copyable {
    // MARK: The function at hand (valid during `generate(function:)`)
    var instructions: UnsafePointer<Instruction>
    var blocks: UnsafePointer<Block>
    var edges: UnsafePointer<Edge>
    var pool: UnsafePointer<UInt32>
    var blockCount = 0
    var valueCount = 0
    var signature: Int = 0

    // MARK: The module
    let options: CodegenOptions
    /// `SymbolTraits` of each symbol.
    var symbolTraits = ScratchArray<UInt8>()
    /// Index in `signatures` of each symbol that is a function.
    var symbolSignatures = ScratchArray<UInt32>()
    /// Of `module.signatures`, then of the runtime entries used.
    var signatures = ScratchArray<SignatureState>()
    /// See `SignatureState.firstResult`.
    var resultRegisters = ScratchArray<Register>()
    var code = CodeBuffer()
    var constants = ConstantPool()
    /// Of the whole module, in ascending order of offset per function.
    var callSites = ScratchArray<CallSite>(capacity: 1024)
    /// Where the code of each source position begins; empty unless `options.debugInfo`.
    var statementSites = ScratchArray<CallSite>(capacity: 4)

    // MARK: Analysis
    var values = ScratchArray<ValueState>(capacity: 1024)
    var blockStates = ScratchArray<BlockState>()
    /// Blocks in linear order: what positions follow.
    var order = ScratchArray<UInt32>()
    /// Blocks in the order of their machine code.
    var layout = ScratchArray<UInt32>()
    var loops = ScratchArray<LoopState>()
    var blockOrderScratch = BlockOrderScratch()
    /// Positions of the last store and of the last access-all store per alias class, while analysing.
    var lastStore = ScratchArray<UInt32>()
    /// Positions that destroy registers, ascending: calls; divisions (rax, rdx); shifts by a variable (rcx).
    var callPositions = ScratchArray<UInt32>()
    /// Sum of the frequencies of the calls before each of `callPositions`.
    var callFrequencies = ScratchArray<Float>()
    var dividePositions = ScratchArray<UInt32>()
    var shiftPositions = ScratchArray<UInt32>()

    // MARK: Allocation
    var allocator = AllocatorState()
    /// Values in call-destroyed registers that live across calls.
    var savedValues = ScratchArray<UInt32>()
    var slots = ScratchArray<SlotState>()
    var usedRegisters: UInt32 = 0

    // MARK: Frame
    var frame = FrameState()
    /// Spill slot of the address that results go to.
    var hiddenPointerSlot: Int32 = 0

    // MARK: Emission
    var moves = ParallelMove()
    var coldSites = ScratchArray<ColdSite>()
    var branchFixups = ScratchArray<BranchFixup>()
    var switchCases = ScratchArray<SwitchCase>()
    /// Jumps of a switch to edges with moves; the target is an edge.
    var switchStubs = ScratchArray<BranchFixup>()
    /// Symbols of the panic entries that cold code calls.
    var panicTrapSymbol: UInt32 = 0
    var panicIndexSymbol: UInt32 = 0
    var emissionIndex = 0
    var currentInstruction = ValueID.none
    /// Offset of the function's first byte.
    var functionStart = 0

    // MARK: Access

    @inline(__always) func instruction(_ value: ValueID) -> UnsafePointer<Instruction> { instructions + value.index }
    @inline(__always) func type(_ value: ValueID) -> MIRType { instructions[value.index].type }

    /// The elements of an operand list.
    @inline(__always) func list(_ id: UInt32) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: pool + Int(id) + 1, count: Int(pool[Int(id)]))
    }
    @inline(__always) func arguments(_ edge: Edge) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: pool + Int(edge.start), count: Int(edge.count))
    }

    /// Calls `body` with each edge of the terminator.
    @inline(__always) func forEachEdge(_ terminator: UnsafePointer<Instruction>, _ body: (Edge) -> Void) {
        switch terminator.pointee.opcode {
        case .jump: body(edges[Int(terminator.pointee.a)])
        case .branch:
            body(edges[Int(terminator.pointee.b)])
            body(edges[Int(terminator.pointee.c)])
        case .switchInt:
            let cases = list(terminator.pointee.b)
            var i = 2
            while i < cases.count {
                body(edges[Int(cases[i])])
                i += 3
            }
            body(edges[Int(terminator.pointee.c)])
        default: break
        }
    }
}

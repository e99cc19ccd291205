internal import Support

/// Unchecked access to a function's arenas for the length of one walk. Nothing may be appended meanwhile.
///
/// The passes visit each instruction a few times within some ten nanoseconds each; uniqueness and bounds checks of
/// `ContiguousArray` at every operand would double that.
struct FunctionView {
    let instructions: UnsafeMutablePointer<Instruction>
    let instructionCount: Int
    let blocks: UnsafeMutablePointer<Block>
    let blockCount: Int
    let edges: UnsafeMutablePointer<Edge>
    let edgeCount: Int
    let pool: UnsafeMutablePointer<UInt32>

    @inline(__always)
    subscript(value: UInt32) -> Instruction {
        unsafeAddress { UnsafePointer(instructions + Int(value)) }
        nonmutating unsafeMutableAddress { instructions + Int(value) }
    }
    @inline(__always)
    func opcode(_ value: UInt32) -> Opcode { instructions[Int(value)].opcode }

    /// The constant that `value` is, if it is an `iconst`.
    @inline(__always)
    func constant(_ value: UInt32) -> Int64? {
        instructions[Int(value)].opcode == .iconst ? instructions[Int(value)].immediate : nil
    }

    /// Takes an instruction (not a parameter) out of its block's chain.
    @inline(__always)
    func unlink(_ value: UInt32, from block: Int) {
        let previous = self[value].previous
        let next = self[value].next
        if previous.exists { self[previous.rawValue].next = next } else { blocks[block].first = next }
        if next.exists { self[next.rawValue].previous = previous } else { blocks[block].last = previous }
    }
    /// Whether the instruction (not a terminator) stands in `block`, of whose instructions it was one.
    @inline(__always)
    func isLinked(_ value: UInt32, in block: Int) -> Bool {
        let next = self[value].next.rawValue
        return next != 0 && self[next].previous.rawValue == value
    }
    /// Puts an unlinked instruction before `successor`, which stands in `block`.
    @inline(__always)
    func link(_ value: UInt32, before successor: UInt32, in block: Int) {
        let previous = self[successor].previous
        self[value].previous = previous
        self[value].next = ValueID(rawValue: successor)
        self[successor].previous = ValueID(rawValue: value)
        if previous.exists {
            self[previous.rawValue].next = ValueID(rawValue: value)
        } else {
            blocks[block].first = ValueID(rawValue: value)
        }
    }

    /// Leaves nothing in a block that cannot be reached: what it used may be gone.
    func empty(_ block: Int) {
        let terminator = blocks[block].last.rawValue
        let old = self[terminator]
        self[terminator] = Instruction(.unreachable, position: old.position, scope: old.scope)
        blocks[block].first = ValueID(rawValue: terminator)
    }

    /// Number of edges that leave through the terminator `value`.
    @inline(__always)
    func successorCount(_ value: UInt32) -> Int {
        switch self[value].opcode {
        case .jump: 1
        case .branch: 2
        case .switchInt: Int(pool[Int(self[value].b)]) / 3 + 1
        default: 0
        }
    }
    /// The `i`-th edge that leaves through the terminator `value`; of a switch, the default is the last.
    @inline(__always)
    func successor(_ value: UInt32, _ i: Int) -> UInt32 {
        switch self[value].opcode {
        case .jump: return self[value].a
        case .branch: return i == 0 ? self[value].b : self[value].c
        default:
            let list = Int(self[value].b)
            return i * 3 == Int(pool[list]) ? self[value].c : pool[list + 1 + 3 * i + 2]
        }
    }
}

extension MIRFunction {
    /// Calls `body` with unchecked access to this function.
    @inline(__always)
    mutating func withView<Result>(_ body: (FunctionView) -> Result) -> Result {
        instructions.withUnsafeMutableBufferPointer { instructions in
            blocks.withUnsafeMutableBufferPointer { blocks in
                edges.withUnsafeMutableBufferPointer { edges in
                    pool.withUnsafeMutableBufferPointer { pool in
                        body(
                            FunctionView(
                                instructions: instructions.baseAddress!, instructionCount: instructions.count,
                                blocks: blocks.baseAddress!, blockCount: blocks.count,
                                // A function of one block has no edges; the address is then never used.
                                edges: edges.baseAddress
                                    ?? UnsafeMutableRawPointer(pool.baseAddress!).assumingMemoryBound(to: Edge.self),
                                edgeCount: edges.count, pool: pool.baseAddress!))
                    }
                }
            }
        }
    }
}

/// Which of `a`, `b`, `c` of an instruction are values.
struct OperandFields: OptionSet {
    let rawValue: UInt8
    static let a = OperandFields(rawValue: 1)
    static let b = OperandFields(rawValue: 2)
    static let c = OperandFields(rawValue: 4)
    /// `b` is an operand list of values.
    static let list = OperandFields(rawValue: 8)
    /// A terminator with edges, whose arguments are values.
    static let edges = OperandFields(rawValue: 16)
}

extension Opcode {
    /// Where the operands are.
    @inline(__always)
    var fields: OperandFields {
        switch self {
        case .blockParameter, .iconst, .fconst, .symbolAddress, .stackSlot, .unreachable: []
        case .add, .subtract, .multiply, .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU, .divideS,
            .divideU, .remainderS, .remainderU, .and, .or, .xor, .shiftLeft, .shiftRightS, .shiftRightU, .icmp, .fadd,
            .fsubtract, .fmultiply, .fdivide, .fcmp, .loadIndexed, .store, .checkIndex, .checkBounds:
            [.a, .b]
        case .countLeadingZeros, .countTrailingZeros, .populationCount, .fnegate, .fabsolute, .fsqrt, .signExtend,
            .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast, .copy, .load,
            .trapIf, .projection:
            .a
        case .select, .storeIndexed: [.a, .b, .c]
        case .call: .list
        case .callIndirect: [.a, .list]
        case .returnValues: .list
        case .jump: .edges
        case .branch, .switchInt: [.a, .edges]
        }
    }

    /// Computes its result from its operands alone and cannot trap: may be removed, merged and moved.
    ///
    /// Divisions are in: that they do not fault is guarded, so they may not be moved above the guard (see `isSpeculable`).
    @inline(__always)
    var isPure: Bool {
        switch self {
        case .iconst, .fconst, .symbolAddress, .add, .subtract, .multiply, .divideS, .divideU, .remainderS, .remainderU,
            .and, .or, .xor, .shiftLeft, .shiftRightS, .shiftRightU, .countLeadingZeros, .countTrailingZeros,
            .populationCount, .icmp, .fadd, .fsubtract, .fmultiply, .fdivide, .fnegate, .fabsolute, .fsqrt, .fcmp,
            .signExtend, .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast,
            .select, .copy:
            true
        default: false
        }
    }
    /// Pure, and defined for all operands: may be computed where the program would not have.
    @inline(__always)
    var isSpeculable: Bool {
        switch self {
        case .divideS, .divideU, .remainderS, .remainderU, .shiftLeft, .shiftRightS, .shiftRightU, .floatToInt: false
        default: isPure
        }
    }
    /// Traps on overflow.
    @inline(__always)
    var isCheckedArithmetic: Bool { rawValue >= Opcode.addS.rawValue && rawValue <= Opcode.multiplyU.rawValue }
    @inline(__always)
    var isCommutative: Bool {
        switch self {
        case .add, .multiply, .addS, .multiplyS, .addU, .multiplyU, .and, .or, .xor, .fadd, .fmultiply: true
        default: false
        }
    }
}

internal import MIR

// System V AMD64 (psABI 3.2.3), extended for results: up to three general ones in rax, rdx, rcx and two floats in xmm0,
// xmm1. A function with more results gets, as its first argument, the address of an area of 8 bytes per result.

/// Where an argument is passed.
enum ArgumentPlace {
    case register(Register)
    /// Byte offset from the stack pointer at the call.
    case stack(Int32)
}

/// Hands out the places of arguments or results, in order.
struct ArgumentAssignment {
    private var generals = 0
    private var floats = 0
    /// Bytes of arguments on the stack so far.
    private(set) var stackSize: Int32 = 0

    static let generalArguments: InlineArray<6, Register> = [.rdi, .rsi, .rdx, .rcx, .r8, .r9]
    static let generalResults: InlineArray<3, Register> = [.rax, .rdx, .rcx]
    static let floatArgumentCount = 8
    static let floatResultCount = 2

    /// The place of the next argument.
    mutating func next(isFloat: Bool) -> ArgumentPlace {
        if isFloat {
            if floats < ArgumentAssignment.floatArgumentCount {
                floats += 1
                return .register(Register(rawValue: UInt8(15 + floats)))
            }
        } else if generals < 6 {
            generals += 1
            return .register(ArgumentAssignment.generalArguments[generals - 1])
        }
        stackSize += 8
        return .stack(stackSize - 8)
    }

    /// The register of the next result; none when they have run out.
    mutating func nextResult(isFloat: Bool) -> Register {
        if isFloat {
            floats += 1
            return floats <= ArgumentAssignment.floatResultCount ? Register(rawValue: UInt8(15 + floats)) : .none
        }
        generals += 1
        return generals <= 3 ? ArgumentAssignment.generalResults[generals - 1] : .none
    }
}

/// How a function type returns its results.
struct SignatureState: BitwiseCopyable {
    /// The results' registers: a range of `FunctionGenerator.resultRegisters`.
    var firstResult: UInt32
    var resultCount: UInt32
    /// The results go to memory, whose address is the first argument.
    var returnsThroughPointer: Bool
}

/// Bits of `FunctionGenerator.symbolTraits`.
enum SymbolTraits {
    /// A runtime entry: called through its slot.
    static let runtime: UInt8 = 1
    static let noReturn: UInt8 = 2
    /// A slow path by nature.
    static let rare: UInt8 = 4
}

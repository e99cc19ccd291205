/// The types of MIR values. `i8` holds bool (0 or 1) too; `ref` is a pointer to a heap object (or 0).
///
/// In a register, the bits above a type's width are unspecified.
public enum MIRType: UInt8, Sendable, CaseIterable {
    case none, i8, i16, i32, i64, f32, f64, ptr, ref

    /// Size in bytes.
    @inlinable public var size: Int {
        switch self {
        case .none: 0
        case .i8: 1
        case .i16: 2
        case .i32, .f32: 4
        case .i64, .f64, .ptr, .ref: 8
        }
    }
    @inlinable public var isFloat: Bool { self == .f32 || self == .f64 }
    /// `i8`…`i64`.
    @inlinable public var isInteger: Bool { rawValue >= MIRType.i8.rawValue && rawValue <= MIRType.i64.rawValue }
    /// Everything that lives in a general-purpose register.
    @inlinable public var isGeneral: Bool { self != .none && !isFloat }
}

/// The instructions of MIR. Each comment gives result and operands; `a`, `b`, `c` are values unless said otherwise.
///
/// "traps" means: branches to cold code that panics with the instruction's position and does not return.
public enum Opcode: UInt8, Sendable, CaseIterable {
    // MARK: Values without operands
    /// A block parameter. a: block.
    case blockParameter
    /// An integer (or pointer-sized zero) constant. imm: value, sign-extended from the type's width.
    case iconst
    /// A float constant. imm: bits of the f64; for f32, of the f32.
    case fconst
    /// The address of a symbol plus imm. a: `SymbolID`. Type ptr or ref (static strings).
    case symbolAddress
    /// The address of a fresh stack slot of the frame. imm: size in bytes; b: alignment. Type ptr. Only in the entry block.
    case stackSlot

    // MARK: Integers (both operands and result of one integer type)
    case add, subtract, multiply
    /// Trap P001 on signed (S) or unsigned (U) overflow.
    case addS, subtractS, multiplyS, addU, subtractU, multiplyU
    /// No checks: b != 0, and not MIN / -1 (the lowering guards these).
    case divideS, divideU, remainderS, remainderU
    case and, or, xor
    /// Shift counts have the type of the value and are < width (the lowering guards this).
    case shiftLeft, shiftRightS, shiftRightU
    /// Number of leading zeros, trailing zeros, set bits (type width for zero input). a.
    case countLeadingZeros, countTrailingZeros, populationCount
    /// Result i8: 0 or 1. cc: `IntegerCondition`. Operands of one integer, ptr or ref type.
    case icmp

    // MARK: Floats
    case fadd, fsubtract, fmultiply, fdivide
    case fnegate, fabsolute, fsqrt
    /// Result i8. cc: `FloatCondition`.
    case fcmp

    // MARK: Conversions. a.
    case signExtend, zeroExtend, truncate
    /// Signed integer (i32 or i64) to float.
    case intToFloat
    /// Float to signed i32/i64, truncating; in range (guarded by the lowering).
    case floatToInt
    case floatExtend, floatTruncate
    /// Same bits in another class: i64 and f64, i32 and f32, i64/ptr/ref.
    case bitcast

    // MARK: Other values
    /// a (i8) != 0 ? b : c.
    case select
    /// a. Made by passes; copy propagation removes it.
    case copy

    // MARK: Memory. aux: `AliasClass`.
    /// a: address; imm: displacement.
    case load
    /// a: base; b: index (i64); imm: displacement; c (raw): scale 1, 2, 4 or 8. Address: a + b * c + imm.
    case loadIndexed
    /// a: address; b: value; imm: displacement. No result.
    case store
    /// a: base; b: index (i64); c: value; imm: displacement in the low 32 bits (signed), scale in the high 32. No result.
    case storeIndexed

    // MARK: Checks
    /// Traps P008 unless -b <= a < b (both i64); result i64: a if a >= 0, else a + b. aux: `IndexedKind`.
    case checkIndex
    /// Traps P008 unless 0 <= a < b (both i64). No result. aux: `IndexedKind`.
    case checkBounds
    /// Traps if a (i8) != 0. imm: the trap word (see `TrapCode`). No result.
    case trapIf

    // MARK: Calls
    /// a: `SymbolID` of a function or runtime entry; b: list of arguments. The result is the first result (type none if there is none).
    case call
    /// a: code address (ptr); b: list of arguments; c: `SignatureID`.
    case callIndirect
    /// Result number imm (>= 1) of the call a; stands directly behind it (or behind its other projections).
    case projection

    // MARK: Terminators
    /// a: edge.
    case jump
    /// a: condition (i8, true iff != 0); b: edge if true; c: edge if false.
    case branch
    /// a: value (integer); b: raw list of (low half, high half, edge) triples; c: default edge. Case values are distinct.
    case switchInt
    /// b: list of values, one per result of the signature.
    case returnValues
    /// Control cannot come here (behind a call that does not return).
    case unreachable
}

/// Conditions of `icmp`.
public enum IntegerCondition: UInt8, Sendable, CaseIterable {
    case equal, notEqual, lessS, lessEqualS, greaterS, greaterEqualS, lessU, lessEqualU, greaterU, greaterEqualU

    /// The condition that holds iff this one does not.
    public var inverted: IntegerCondition {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .lessS: .greaterEqualS
        case .lessEqualS: .greaterS
        case .greaterS: .lessEqualS
        case .greaterEqualS: .lessS
        case .lessU: .greaterEqualU
        case .lessEqualU: .greaterU
        case .greaterU: .lessEqualU
        case .greaterEqualU: .lessU
        }
    }
    /// The condition with the operands exchanged.
    public var swapped: IntegerCondition {
        switch self {
        case .equal, .notEqual: self
        case .lessS: .greaterS
        case .lessEqualS: .greaterEqualS
        case .greaterS: .lessS
        case .greaterEqualS: .lessEqualS
        case .lessU: .greaterU
        case .lessEqualU: .greaterEqualU
        case .greaterU: .lessU
        case .greaterEqualU: .lessEqualU
        }
    }
}

/// Conditions of `fcmp`: all false on NaN, except `notEqual`.
public enum FloatCondition: UInt8, Sendable, CaseIterable {
    case equal, notEqual, less, lessEqual, greater, greaterEqual
}

/// Disjoint parts of memory: accesses of different classes never touch the same bytes, except that `any` may touch all.
public enum AliasClass: UInt8, Sendable, CaseIterable {
    case any
    /// Fields of the array object.
    case arrayLength, arrayCapacity, arrayData
    /// Elements (or parts of elements) of arrays, by type of the leaf.
    case element8, element16, element32, element64, elementF32, elementF64, elementRef
    /// Never written after creation (string headers, array element size).
    case immutable
    case global
    case stack
    /// Fields of heap objects other than arrays and strings.
    case field
}

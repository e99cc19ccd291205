// Calls of runtime entries (native code) from the interpreter.

internal import CPlatform
internal import RuntimeABI

/// How to call runtime entries of one type.
///
/// In the System V AMD64 calling convention (psABI 3.2.3) integer and float arguments are assigned to their own
/// registers in order, whatever their interleaving. So a function of up to six integer and three float parameters can be
/// called as one of exactly those, integers first; only the kind of result needs a type of its own. Registers that
/// the callee does not expect are ignored by it.
struct RuntimeCall: Sendable {
    private enum Results: Sendable { case none, i8, i32, word, f32, f64, wordWord, wordF64 }

    let parameterCount: Int
    let neverReturns: Bool
    /// Argument numbers of the integer and of the float parameters.
    private let integers: [Int]
    private let floats: [Int]
    private let results: Results

    init(_ signature: Signature, _ effects: ABIEffects) {
        parameterCount = signature.parameters.count
        neverReturns = effects.contains(.noReturn)
        integers = signature.parameters.indices.filter { !signature.parameters[$0].isFloat }
        floats = signature.parameters.indices.filter { signature.parameters[$0].isFloat }
        precondition(integers.count <= 6 && floats.count <= 3, "a runtime entry with too many parameters")
        switch signature.results {
        case []: results = .none
        case [.i8]: results = .i8
        case [.i32]: results = .i32
        case [.f32]: results = .f32
        case [.f64]: results = .f64
        case [.i64], [.ptr], [.ref]: results = .word
        case [.i64, .f64]: results = .wordF64
        default:
            precondition(
                signature.results.count == 2 && signature.results.allSatisfy { $0.size == 8 && !$0.isFloat },
                "a runtime entry with results of a new kind")
            results = .wordWord
        }
    }

    private typealias IntegerFunction =
        @convention(c) (Int64, Int64, Int64, Int64, Int64, Int64, Double, Double, Double) -> Int64
    private typealias FloatFunction =
        @convention(c) (Int64, Int64, Int64, Int64, Int64, Int64, Double, Double, Double) -> Double
    private typealias PairFunction =
        @convention(c) (Int64, Int64, Int64, Int64, Int64, Int64, Double, Double, Double) -> simple_int_pair
    private typealias MixedPairFunction =
        @convention(c) (Int64, Int64, Int64, Int64, Int64, Int64, Double, Double, Double) -> simple_int_double

    /// Calls `code` with arguments in the interpreter's registers' form; results in that form too.
    func invoke(_ code: UnsafeRawPointer, argument: (Int) -> Int64) -> (first: Int64, second: Int64) {
        func integer(_ k: Int) -> Int64 { k < integers.count ? argument(integers[k]) : 0 }
        // The bits go to the register as they are, so an f32 in the low half is right.
        func float(_ k: Int) -> Double {
            k < floats.count ? Double(bitPattern: UInt64(bitPattern: argument(floats[k]))) : 0
        }
        let (i0, i1, i2, i3, i4, i5) = (integer(0), integer(1), integer(2), integer(3), integer(4), integer(5))
        let (f0, f1, f2) = (float(0), float(1), float(2))
        switch results {
        case .none, .i8, .i32, .word:
            let result = unsafeBitCast(code, to: IntegerFunction.self)(i0, i1, i2, i3, i4, i5, f0, f1, f2)
            switch results {
            case .i8: return (Int64(Int8(truncatingIfNeeded: result)), 0)
            case .i32: return (Int64(Int32(truncatingIfNeeded: result)), 0)
            default: return (result, 0)
            }
        case .f32, .f64:
            let result = unsafeBitCast(code, to: FloatFunction.self)(i0, i1, i2, i3, i4, i5, f0, f1, f2)
            // An f32 is in the low half, with anything above it.
            let bits = Int64(bitPattern: result.bitPattern)
            return (results == .f32 ? bits & 0xFFFF_FFFF : bits, 0)
        case .wordWord:
            let result = unsafeBitCast(code, to: PairFunction.self)(i0, i1, i2, i3, i4, i5, f0, f1, f2)
            return (result.first, result.second)
        case .wordF64:
            let result = unsafeBitCast(code, to: MixedPairFunction.self)(i0, i1, i2, i3, i4, i5, f0, f1, f2)
            return (result.first, Int64(bitPattern: result.second.bitPattern))
        }
    }

    /// Calls code that takes up to three integers and whose result, if any, is not needed.
    static func integerCall(_ code: UnsafeRawPointer, _ arguments: [Int64]) -> Int64 {
        func integer(_ k: Int) -> Int64 { k < arguments.count ? arguments[k] : 0 }
        return unsafeBitCast(code, to: IntegerFunction.self)(integer(0), integer(1), integer(2), 0, 0, 0, 0, 0, 0)
    }
}

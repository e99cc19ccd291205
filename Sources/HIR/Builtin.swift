/// Operations of built-in types and prelude functions that lowering knows. Arguments in order; `self` is the receiver.
public enum Builtin: UInt16, Sendable, CaseIterable {
    // MARK: Prelude
    /// Any number of displayable values.
    case print, println, eprint, eprintln
    /// (condition, source text str constant, message str or nothing): P012.
    case assert
    /// (left, right, source text str constant, message str or nothing).
    case assertEqual, assertNotEqual
    /// (message): type never. P015
    case panic
    /// (code i64): type never.
    case exit
    /// (prompt str) -> str?
    case input
    /// () -> [str]
    case arguments
    /// (x) -> str: display form.
    case toString
    /// (x) -> str: debug form.
    case toDebugString
    /// (x) -> str constant: the type's name. The argument is evaluated.
    case typeName
    /// (a, b) of one Ord type, not floats' NaN: NaN loses. Also methods.
    case min, max
    /// (x) -> i64: -1, 0, 1 by Ord (floats: total order).
    case compareValues
    /// (x) -> i64: equal for equal values.
    case hash

    // MARK: Integers (any width)
    case absolute, sign
    case wrappingAdd, wrappingSubtract, wrappingMultiply, wrappingNegate, wrappingPower, wrappingShiftLeft, wrappingShiftRight
    case saturatingAdd, saturatingSubtract, saturatingMultiply
    /// -> T?
    case checkedAdd, checkedSubtract, checkedMultiply, checkedDivide, checkedRemainder, checkedPower
    /// -> (T, bool)
    case overflowingAdd, overflowingSubtract, overflowingMultiply
    /// Floored remainder.
    case modulo
    case countOnes, leadingZeros, trailingZeros
    /// (self, n any integer).
    case rotateLeft, rotateRight
    case swapBytes
    /// (self, i) -> bool
    case testBit
    /// (self, radix i64) -> str
    case toStringRadix

    // MARK: Floats (f32 computes in f64 and rounds, where no exact f32 operation exists)
    case floor, ceil, round, roundEven, truncate, fraction, squareRoot, cubeRoot
    case exp, exp2, ln, log2, log10, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh
    /// (self, y)
    case power, atan2, hypot
    case isNaN, isFinite, isInfinite
    /// f64 -> u64, f32 -> u32 and back (the result type says which).
    case toBits, fromBits

    // MARK: char
    /// char -> i64; str -> i64 of its first character (P018 when empty).
    case ord
    /// str -> i64 of its only character: P003 if it has none or several.
    case ordOfOne
    case charIsDigit, charIsAlpha, charIsAlnum, charIsSpace, charIsUpper, charIsLower
    case charToUpper, charToLower
    /// (i64) -> char, P003 if it is no scalar.
    case chr

    // MARK: len and emptiness: str, array, Range, tuple
    case length, isEmpty
    case byteLength

    // MARK: str
    case charAt, chars, bytes, lines
    /// (self, str or char) -> bool
    case stringContains, startsWith, endsWith
    /// (self, needle, start i64) -> i64?
    case find
    /// (self, needle) -> i64?
    case rfind
    /// (self, needle) -> i64, -1 if absent
    case stringIndexOf
    case stringCount
    /// (self, separator, max i64)
    case split
    case splitWhitespace
    /// (self, separator) -> (str, str)?
    case splitOnce
    /// (separator, [str]) -> str
    case joinStrings
    /// (self, from, to, max i64)
    case replace
    case `repeat`, stringReverse, trim, trimStart, trimEnd, trimChars
    /// -> str?
    case stripPrefix, stripSuffix
    case upper, lower, capitalize, title
    /// (self, width, fill str)
    case padLeft, padRight, center
    case stringIsDigit, stringIsAlpha, stringIsAlnum, stringIsSpace, stringIsUpper, stringIsLower, stringIsNumeric
    /// -> i64?, f64?
    case stringToInt, stringToFloat
    case equalIgnoreCase
    /// ([char]) -> str
    case fromChars

    // MARK: arrays
    case push
    /// P018 when empty: "pop from an empty array".
    case pop
    /// (self, i) -> T
    case removeAt
    /// (self, i, x)
    case insert
    case arrayClear
    /// (self, n)
    case arrayTruncate, reserve
    case capacity
    /// In place.
    case arrayReverse
    case arrayClone
    /// (self, other array)
    case extend
    /// (n, x) -> [T]: P005 if n < 0.
    case filled
    /// (self, i, j)
    case swap
    /// (n i64), type nil: P005 if n < 1. Only for the prelude: `require_positive(n)`.
    case requirePositive

    // MARK: Option
    /// P018 with the constant message of the second argument: (self, message str).
    case unwrap
    /// Payload of the result of parsing text: (self); P003 on None.
    case unwrapParsed
    case isSome, isNone

    // MARK: Range
    /// Fields of a Range: start, end (as written), step.
    case rangeStart, rangeEnd, rangeStep
    /// (self) -> the Range of the same elements, last first.
    case rangeReversed
    /// (self, n i64) -> the Range of every n-th element: P005 if n < 1.
    case rangeStepBy
}

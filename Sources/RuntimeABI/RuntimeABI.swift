/// The contract between compiled code and the runtime: object layouts, panic codes and the table of
/// runtime entries. Docs/abi.md explains it. A change here is a change of `runtimeABIVersion`, unless it only adds an
/// entry at the end: entries are bound by name.

/// The number that SMF headers carry as `runtime_abi`; a loader refuses any other.
public let runtimeABIVersion: UInt64 = 1

/// Scalar types that cross the boundary, as System V AMD64 classes.
public enum ABIType: UInt8, Sendable {
    case i8, i32, i64, f32, f64
    /// A raw address that the collector does not follow.
    case ptr
    /// A pointer to an object of the garbage-collected heap, or 0.
    case ref
}

/// Properties of a runtime entry that passes may rely on.
public struct ABIEffects: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// No effect, no read of mutable memory, cannot panic: may be removed, merged and moved.
    public static let pure = ABIEffects(rawValue: 1)
    /// Reads mutable memory but writes nothing that compiled code reads; may be removed if unused.
    public static let readOnly = ABIEffects(rawValue: 2)
    /// May run the garbage collector.
    public static let mayCollect = ABIEffects(rawValue: 4)
    /// Never returns.
    public static let noReturn = ABIEffects(rawValue: 8)
    /// May panic.
    public static let mayPanic = ABIEffects(rawValue: 16)
    /// Writes arrays (length, data pointer, elements) that existed before the call.
    public static let writesArrays = ABIEffects(rawValue: 32)
}

/// Layout of heap objects. All offsets and sizes in bytes; objects are 16-aligned.
///
/// Every object starts with an 8-byte header: a small number (`ObjectKind`) or the address of a
/// `TypeDescriptor`. The low 48 bits are that; the high 16 are reserved for the collector and 0 in static objects.
public enum ObjectLayout {
    public static let headerSize: Int64 = 8

    // A string is immutable. Inline: the bytes follow at `stringInlineBytes`, with a NUL behind them.
    // View (`ObjectKind.stringView`): an address of the bytes stands there instead, inside a buffer object.
    public static let stringByteLength: Int64 = 8
    /// Number of Unicode scalars; equal to the byte length iff the text is ASCII.
    public static let stringCharCount: Int64 = 16
    public static let stringInlineBytes: Int64 = 24

    // An array is a fixed-size object that owns a buffer.
    public static let arrayLength: Int64 = 8
    public static let arrayCapacity: Int64 = 16
    /// Address of element 0 (inside the buffer object), or 0 while the capacity is 0.
    public static let arrayData: Int64 = 24
    /// Size of an element (its stride).
    public static let arrayElementSize: Int64 = 32
    /// How the collector scans elements: `ObjectKind.bufferRaw`, `.bufferRefs`, or the address of a `TypeDescriptor` of one element.
    public static let arrayElementDescriptor: Int64 = 40
    public static let arraySize: Int64 = 48

    // A buffer: header, capacity in bytes, used bytes, then (16-aligned at 32) the elements.
    public static let bufferByteCapacity: Int64 = 8
    public static let bufferUsed: Int64 = 16
    public static let bufferElements: Int64 = 32
}

/// Header values of objects whose layout the runtime knows; larger header values are addresses of a `TypeDescriptor`.
public enum ObjectKind: UInt64, Sendable {
    case stringInline = 1
    case stringView = 2
    case array = 3
    /// A buffer without references.
    case bufferRaw = 4
    /// A buffer in which every 8-byte word is a reference.
    case bufferRefs = 5
}

/// Compiler-made description of an object or of a buffer element that mixes references and plain data.
/// In .rodata, 8-aligned: `size u32 · kind u32 (0 object, 1 buffer of such elements) · word_count u32 · reserved u32 · bitmap u64 × ceil(word_count / 64)`;
/// bit i of the bitmap says that word i (of the object with its header, or of one element) is a reference.
public enum TypeDescriptorLayout {
    public static let size: Int64 = 0
    public static let kind: Int64 = 4
    public static let wordCount: Int64 = 8
    public static let bitmap: Int64 = 16
}

/// Why compiled code traps: passed to `simple_rt_panic_trap` in its low 8 bits; bits 8–15 hold a `TrapOperation`,
/// bits 16–23 a `TrapType`, both 0 if they say nothing.
public enum TrapCode: UInt8, Sendable {
    /// P001
    case overflow = 1
    /// P002, P006: the exit value is not an i32.
    case exitCodeRange = 2
    /// P003
    case conversion = 3
    /// P004
    case divisionByZero = 4
    /// P005
    case badShift = 5
    case floatExitValue = 6
    /// P005
    case badExponent = 7
    /// P014
    case uninitialisedGlobal = 14
    /// P015: a place that the compiler proved unreachable.
    case unreachable = 15
    /// P005
    case zeroStep = 20
    /// P005: an argument of a library function is outside its limits; the `TrapOperation` says which.
    case badArgument = 21
    /// P010
    case modifiedWhileIterating = 10
}

/// The operation that overflowed, for the panic's message.
public enum TrapOperation: UInt8, Sendable {
    case none, add, subtract, multiply, negate, divide, remainder, power, shift, absolute, cast
    /// What was wrong (`badArgument`): a negative length, a radix, a size that is not positive.
    case length, radix, size
}

/// The operand type of a trapping operation, for the panic's message.
public enum TrapType: UInt8, Sendable {
    case none, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, char
}

/// What an index is out of range of, for the panic's message (`simple_rt_panic_index`).
public enum IndexedKind: UInt8, Sendable {
    case array, string, tuple, insertPosition
    /// The index is of an unsigned type: the message shows its bits as such.
    case unsignedArray, unsignedString
}

/// A format specification (LANGUAGE §12.1), packed for the runtime: bits 0–20 fill scalar (0: blank), 21–22 align
/// (0 default, 1 `<`, 2 `>`, 3 `^`), 23–24 sign (1 `+`, 2 blank), 25 `#`, 26 `0`, 27–28 grouping (1 `,`, 2 `_`),
/// 29–32 type (`FormatType`), 33 the f64 of `simple_rt_format_f64` was widened from an f32 (whose shortest digits are
/// wanted), 34–49 width, 50–63 precision + 1 (0: none).
public enum FormatType: UInt8, Sendable {
    case none, d, b, o, x, upperX, f, e, g, percent, s, debug
}

/// One runtime entry: what compiled code may call.
public struct RuntimeEntry: Sendable {
    /// The C symbol, `simple_rt_…`.
    public let name: StaticString
    public let parameters: StaticString
    public let results: StaticString
    public let effects: ABIEffects

    /// Types are given as letters: `b` i8, `w` i32, `q` i64, `s` f32, `d` f64, `p` ptr, `r` ref.
    init(_ name: StaticString, _ parameters: StaticString, _ results: StaticString, _ effects: ABIEffects) {
        self.name = name
        self.parameters = parameters
        self.results = results
        self.effects = effects
    }
}

/// The runtime entries. The raw value is the index in `runtimeEntries`.
public enum RuntimeFunction: UInt16, Sendable, CaseIterable {
    // Panics and process.
    case panicTrap, panicIndex, panicMessage, panicAssert, panicAssertEqual, panicUnwrap, panicDestructure, exit
    // Memory and arrays.
    case allocate, arrayNew, arrayFromData, arrayGrow, arrayReserve, arraySlice, arrayConcat, arrayExtend
    case arrayInsertGap, arrayRemoveAt, arrayReverse, arrayClone
    // Strings.
    case stringConcat, stringEqual, stringCompare, stringIndex, stringCharAt, stringSlice, stringFromChar
    case stringContains, stringFind, stringFindLast, stringCount, stringStartsWith, stringEndsWith
    case stringReplace, stringRepeat, stringReverse, stringTrim, stringTrimChars, stringStripPrefix, stringStripSuffix
    case stringUpper, stringLower, stringCapitalize, stringTitle, stringSplit, stringSplitWhitespace, stringLines
    case stringChars, stringBytes, stringFromChars, stringJoin, stringPad, stringTest, stringToInt, stringToFloat
    case stringEqualIgnoreCase, stringSplitOnce
    // Characters.
    case charTest, charUpper, charLower
    // Text sinks (sink 0 is stdout).
    case sinkBegin, sinkFinish, sinkString, sinkI64, sinkU64, sinkF64, sinkF32, sinkBool, sinkChar
    case sinkDebugString, sinkDebugChar, formatI64, formatU64, formatF64, formatString
    // Input and output.
    case printError, input, arguments, flush
    // Numbers.
    case powInteger, powF64, remainderF64, floorF64, ceilF64, truncF64, roundF64, roundEvenF64
    case expF64, exp2F64, lnF64, log2F64, log10F64, sinF64, cosF64, tanF64, asinF64, acosF64, atanF64, atan2F64
    case sinhF64, coshF64, tanhF64, cbrtF64, hypotF64, u64ToF64, f64ToU64
    case mulAddF64, mulAddF32
    // Hashes.
    case stringHash

    /// The entry's row.
    @inlinable public var entry: RuntimeEntry { runtimeEntries[Int(rawValue)] }
}

/// The table of runtime entries, in the order of `RuntimeFunction`'s cases.
public let runtimeEntries: [RuntimeEntry] = [
    // (code): see TrapCode.
    RuntimeEntry("simple_rt_panic_trap", "w", "", [.noReturn, .mayPanic]),
    // (index, length, IndexedKind): P008.
    RuntimeEntry("simple_rt_panic_index", "qqw", "", [.noReturn, .mayPanic]),
    // (message str): P015.
    RuntimeEntry("simple_rt_panic_message", "r", "", [.noReturn, .mayPanic]),
    // (source text str, message str or 0): P012.
    RuntimeEntry("simple_rt_panic_assert", "rr", "", [.noReturn, .mayPanic]),
    // (source text str, left debug str, right debug str, message str or 0, 1 for assert_ne): P012.
    RuntimeEntry("simple_rt_panic_assert_equal", "rrrrw", "", [.noReturn, .mayPanic]),
    // (what was unwrapped: a str such as "unwrap on None"): P018.
    RuntimeEntry("simple_rt_panic_unwrap", "r", "", [.noReturn, .mayPanic]),
    // (expected count, actual count, 1 if "at least"): P011.
    RuntimeEntry("simple_rt_panic_destructure", "qqw", "", [.noReturn, .mayPanic]),
    // (code): flushes and ends the process; a code outside i32 is P002.
    RuntimeEntry("simple_rt_exit", "q", "", [.noReturn, .mayPanic]),

    // (header: ObjectKind or descriptor address, size in bytes with header) -> zeroed object.
    RuntimeEntry("simple_rt_allocate", "qq", "r", [.mayCollect, .mayPanic]),
    // (element size, element descriptor, length, capacity) -> array of zeroed elements.
    RuntimeEntry("simple_rt_array_new", "qqqq", "r", [.mayCollect, .mayPanic]),
    // (element size, element descriptor, count, address of the elements) -> array with a copy of them.
    RuntimeEntry("simple_rt_array_from_data", "qqqp", "r", [.mayCollect, .mayPanic]),
    // (array): makes capacity > length (at least doubling).
    RuntimeEntry("simple_rt_array_grow", "r", "", [.mayCollect, .mayPanic, .writesArrays]),
    // (array, n): makes capacity >= n.
    RuntimeEntry("simple_rt_array_reserve", "rq", "", [.mayCollect, .mayPanic, .writesArrays]),
    // (array, start, end, step, flags: 1 start given, 2 end given) -> copy (LANGUAGE §6.5); step 0 is P005.
    RuntimeEntry("simple_rt_array_slice", "rqqqw", "r", [.mayCollect, .mayPanic]),
    // (a, b) -> new array.
    RuntimeEntry("simple_rt_array_concat", "rr", "r", [.mayCollect, .mayPanic]),
    // (a, b): appends b's elements to a (a may be b).
    RuntimeEntry("simple_rt_array_extend", "rr", "", [.mayCollect, .mayPanic, .writesArrays]),
    // (array, position 0…len, negative from the end): opens a zeroed gap of one element; returns its index; P008.
    RuntimeEntry("simple_rt_array_insert_gap", "rq", "q", [.mayCollect, .mayPanic, .writesArrays]),
    // (array, normalised index): closes the gap of the element at index (which the caller has read); length shrinks by one.
    RuntimeEntry("simple_rt_array_remove_at", "rq", "", [.mayPanic, .writesArrays]),
    // (array): in place.
    RuntimeEntry("simple_rt_array_reverse", "r", "", [.writesArrays]),
    // (array) -> shallow copy.
    RuntimeEntry("simple_rt_array_clone", "r", "r", [.mayCollect, .mayPanic]),

    // (a, b): amortised O(b) when a is the newest end of its buffer.
    RuntimeEntry("simple_rt_string_concat", "rr", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_equal", "rr", "b", [.pure]),
    // (a, b) -> -1, 0, 1 by code point.
    RuntimeEntry("simple_rt_string_compare", "rr", "q", [.pure]),
    // (s, index) -> one-character str; P008.
    RuntimeEntry("simple_rt_string_index", "rq", "r", [.mayCollect, .mayPanic]),
    // (s, index) -> scalar; P008.
    RuntimeEntry("simple_rt_string_char_at", "rq", "w", [.mayPanic]),
    // (s, start, end, step, flags: 1 start given, 2 end given) -> str.
    RuntimeEntry("simple_rt_string_slice", "rqqqw", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_from_char", "w", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_contains", "rr", "b", [.pure]),
    // (s, needle, start character) -> character position or -1.
    RuntimeEntry("simple_rt_string_find", "rrq", "q", [.pure]),
    RuntimeEntry("simple_rt_string_find_last", "rr", "q", [.pure]),
    RuntimeEntry("simple_rt_string_count", "rr", "q", [.pure]),
    RuntimeEntry("simple_rt_string_starts_with", "rr", "b", [.pure]),
    RuntimeEntry("simple_rt_string_ends_with", "rr", "b", [.pure]),
    // (s, from, to, max or -1); empty from is P005.
    RuntimeEntry("simple_rt_string_replace", "rrrq", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_repeat", "rq", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_reverse", "r", "r", [.mayCollect, .mayPanic]),
    // (s, 1 start | 2 end): Unicode White_Space.
    RuntimeEntry("simple_rt_string_trim", "rw", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_trim_chars", "rr", "r", [.mayCollect, .mayPanic]),
    // (s, prefix) -> str or 0 (None).
    RuntimeEntry("simple_rt_string_strip_prefix", "rr", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_strip_suffix", "rr", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_upper", "r", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_lower", "r", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_capitalize", "r", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_title", "r", "r", [.mayCollect, .mayPanic]),
    // (s, separator, max splits or -1) -> [str]; empty separator is P005.
    RuntimeEntry("simple_rt_string_split", "rrq", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_split_whitespace", "r", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_string_lines", "r", "r", [.mayCollect, .mayPanic]),
    // -> [char] (4-byte elements).
    RuntimeEntry("simple_rt_string_chars", "r", "r", [.mayCollect, .mayPanic]),
    // -> [u8].
    RuntimeEntry("simple_rt_string_bytes", "r", "r", [.mayCollect, .mayPanic]),
    // ([char]) -> str.
    RuntimeEntry("simple_rt_string_from_chars", "r", "r", [.mayCollect, .mayPanic]),
    // (separator, [str]) -> str.
    RuntimeEntry("simple_rt_string_join", "rr", "r", [.mayCollect, .mayPanic]),
    // (s, width, fill str, 0 pad_left, 1 pad_right, 2 center); fill not one character is P005.
    RuntimeEntry("simple_rt_string_pad", "rqrw", "r", [.mayCollect, .mayPanic]),
    // (s, CharacterClass) -> bool: every character satisfies it and s is not empty; class 7 is "parses as f64".
    RuntimeEntry("simple_rt_string_test", "rw", "b", [.pure]),
    // (s) -> (found, value).
    RuntimeEntry("simple_rt_string_to_int", "r", "qq", [.pure]),
    RuntimeEntry("simple_rt_string_to_float", "r", "qd", [.pure]),
    RuntimeEntry("simple_rt_string_equal_ignore_case", "rr", "b", [.pure]),
    // (s, separator) -> (left or 0 if absent, right).
    RuntimeEntry("simple_rt_string_split_once", "rr", "rr", [.mayCollect, .mayPanic]),

    // (scalar, CharacterClass: 0 digit, 1 alpha, 2 alnum, 3 space, 4 upper, 5 lower).
    RuntimeEntry("simple_rt_char_test", "ww", "b", [.pure]),
    // Simple (one-to-one) case mapping.
    RuntimeEntry("simple_rt_char_upper", "w", "w", [.pure]),
    RuntimeEntry("simple_rt_char_lower", "w", "w", [.pure]),

    // () -> a fresh sink that builds a str.
    RuntimeEntry("simple_rt_sink_begin", "", "r", [.mayCollect, .mayPanic]),
    // (sink) -> the str; the sink must not be used again.
    RuntimeEntry("simple_rt_sink_finish", "r", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_string", "rr", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_i64", "rq", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_u64", "rq", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_f64", "rd", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_f32", "rs", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_bool", "rb", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_char", "rw", "", [.mayCollect, .mayPanic]),
    // Debug forms: quoted and escaped.
    RuntimeEntry("simple_rt_sink_debug_string", "rr", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_sink_debug_char", "rw", "", [.mayCollect, .mayPanic]),
    // (sink, value, packed spec: see FormatType).
    RuntimeEntry("simple_rt_format_i64", "rqq", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_format_u64", "rqq", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_format_f64", "rdq", "", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_format_string", "rrq", "", [.mayCollect, .mayPanic]),

    // (text): one unbuffered write to stderr.
    RuntimeEntry("simple_rt_print_error", "r", "", [.mayPanic]),
    // (prompt str) -> line without its end, or 0 at end of file.
    RuntimeEntry("simple_rt_input", "r", "r", [.mayCollect, .mayPanic]),
    // () -> [str], a fresh array.
    RuntimeEntry("simple_rt_arguments", "", "r", [.mayCollect, .mayPanic]),
    RuntimeEntry("simple_rt_flush", "", "", [.mayPanic]),

    // (base, exponent, TrapType): the base is sign- or zero-extended; P001 on overflow, P005 on a negative exponent.
    RuntimeEntry("simple_rt_pow_integer", "qqw", "q", [.mayPanic]),
    RuntimeEntry("simple_rt_pow_f64", "dd", "d", [.pure]),
    RuntimeEntry("simple_rt_remainder_f64", "dd", "d", [.pure]),
    RuntimeEntry("simple_rt_floor_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_ceil_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_trunc_f64", "d", "d", [.pure]),
    // Half away from zero.
    RuntimeEntry("simple_rt_round_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_round_even_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_exp_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_exp2_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_ln_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_log2_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_log10_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_sin_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_cos_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_tan_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_asin_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_acos_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_atan_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_atan2_f64", "dd", "d", [.pure]),
    RuntimeEntry("simple_rt_sinh_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_cosh_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_tanh_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_cbrt_f64", "d", "d", [.pure]),
    RuntimeEntry("simple_rt_hypot_f64", "dd", "d", [.pure]),
    // The i64 holds the bits of a u64.
    RuntimeEntry("simple_rt_u64_to_f64", "q", "d", [.pure]),
    // In range: checked by the caller.
    RuntimeEntry("simple_rt_f64_to_u64", "d", "q", [.pure]),
    // (a, b, c) -> a * b + c, rounded once.
    RuntimeEntry("simple_rt_mul_add_f64", "ddd", "d", [.pure]),
    RuntimeEntry("simple_rt_mul_add_f32", "sss", "s", [.pure]),
    // (s) -> its hash.
    RuntimeEntry("simple_rt_string_hash", "r", "q", [.pure]),
]

internal import Diagnostics
internal import Support

/// Groups of receivers that share methods.
enum MethodGroup: UInt8, CaseIterable, Sendable { case string, array, integer, float, char, bool, option, range, tuple }

/// A method of a built-in type that lowering knows.
struct BuiltinMethod: Sendable {
    var builtin: Builtin
    /// Types of the parameters, as letters (see `BuiltinMethods.type`).
    var parameters: [String]
    /// Defaults of the last parameters; nil where there is none.
    var defaults: [ConstantArgumentText?]
    var result: String
    /// Changes the receiver in place and returns it, unless `result` says otherwise.
    var isMutating: Bool
}

/// A default argument before its string is interned in the program.
enum ConstantArgumentText: Sendable {
    case int(Int64)
    case string(String)
}

/// The table of built-in methods (LANGUAGE §12.4–12.7, the part that needs no closures, dicts or Results).
struct BuiltinMethods: Sendable {
    private var tables: [NameMap<BuiltinMethod>]

    /// Type letters: `s` str, `i` i64, `b` bool, `c` char, `f` f64, `w` u64, `n` nil, `S` the receiver's type,
    /// `E` its element (or payload) type, `A` array of it, `I` any integer type; `x?` Option, `[x]` array, `(xy)` tuple,
    /// `m` str or char; `name=value` gives a default.
    private static let rows: [(MethodGroup, String, Builtin, String, String)] = [
        (.string, "len", .length, "", "i"), (.string, "byte_len", .byteLength, "", "i"),
        (.string, "is_empty", .isEmpty, "", "b"), (.string, "char_at", .charAt, "i", "c"),
        (.string, "chars", .chars, "", "[c]"), (.string, "bytes", .bytes, "", "[y]"),
        (.string, "lines", .lines, "", "[s]"), (.string, "contains", .stringContains, "m", "b"),
        (.string, "starts_with", .startsWith, "s", "b"), (.string, "ends_with", .endsWith, "s", "b"),
        (.string, "find", .find, "s,i=0", "i?"), (.string, "rfind", .rfind, "s", "i?"),
        (.string, "index_of", .stringIndexOf, "s", "i"), (.string, "count", .stringCount, "s", "i"),
        (.string, "split", .split, "s,i=-1", "[s]"), (.string, "split_whitespace", .splitWhitespace, "", "[s]"),
        (.string, "split_once", .splitOnce, "s", "(ss)?"),
        (.string, "replace", .replace, "s,s,i=-1", "s"), (.string, "repeat", .repeat, "i", "s"),
        (.string, "reverse", .stringReverse, "", "s"), (.string, "trim", .trim, "", "s"),
        (.string, "trim_start", .trimStart, "", "s"), (.string, "trim_end", .trimEnd, "", "s"),
        (.string, "trim_chars", .trimChars, "s", "s"), (.string, "strip_prefix", .stripPrefix, "s", "s?"),
        (.string, "strip_suffix", .stripSuffix, "s", "s?"), (.string, "upper", .upper, "", "s"),
        (.string, "to_upper", .upper, "", "s"), (.string, "lower", .lower, "", "s"), (.string, "to_lower", .lower, "", "s"),
        (.string, "capitalize", .capitalize, "", "s"), (.string, "title", .title, "", "s"),
        (.string, "pad_left", .padLeft, "i,s= ", "s"), (.string, "pad_right", .padRight, "i,s= ", "s"),
        (.string, "center", .center, "i,s= ", "s"), (.string, "is_digit", .stringIsDigit, "", "b"),
        (.string, "is_alpha", .stringIsAlpha, "", "b"), (.string, "is_alnum", .stringIsAlnum, "", "b"),
        (.string, "is_space", .stringIsSpace, "", "b"), (.string, "is_upper", .stringIsUpper, "", "b"),
        (.string, "is_lower", .stringIsLower, "", "b"), (.string, "is_numeric", .stringIsNumeric, "", "b"),
        (.string, "to_int", .stringToInt, "", "i?"), (.string, "to_float", .stringToFloat, "", "f?"),
        (.string, "eq_ignore_case", .equalIgnoreCase, "s", "b"), (.string, "cmp", .compareValues, "s", "i"),
        (.string, "ord", .ord, "", "i"), (.string, "to_string", .toString, "", "s"),
        (.string, "escape", .toDebugString, "", "s"),

        (.array, "len", .length, "", "i"), (.array, "is_empty", .isEmpty, "", "b"),
        (.array, "capacity", .capacity, "", "i"), (.array, "reserve", .reserve, "i", "S"),
        (.array, "push", .push, "E", "S"), (.array, "append", .push, "E", "S"), (.array, "pop", .pop, "", "E"),
        (.array, "remove_at", .removeAt, "i", "E"), (.array, "insert", .insert, "i,E", "S"),
        (.array, "clear", .arrayClear, "", "S"), (.array, "truncate", .arrayTruncate, "i", "S"),
        (.array, "reverse", .arrayReverse, "", "S"), (.array, "clone", .arrayClone, "", "S"),
        (.array, "extend", .extend, "S", "S"), (.array, "swap", .swap, "i,i", "S"),
        (.array, "to_string", .toString, "", "s"),

        (.integer, "abs", .absolute, "", "S"), (.integer, "sign", .sign, "", "S"), (.integer, "pow", .power, "i", "S"),
        (.integer, "mod", .modulo, "S", "S"), (.integer, "min", .min, "S", "S"), (.integer, "max", .max, "S", "S"),
        (.integer, "cmp", .compareValues, "S", "i"),
        (.integer, "wrapping_add", .wrappingAdd, "S", "S"), (.integer, "wrapping_sub", .wrappingSubtract, "S", "S"),
        (.integer, "wrapping_mul", .wrappingMultiply, "S", "S"), (.integer, "wrapping_neg", .wrappingNegate, "", "S"),
        (.integer, "wrapping_pow", .wrappingPower, "i", "S"), (.integer, "wrapping_shl", .wrappingShiftLeft, "i", "S"),
        (.integer, "wrapping_shr", .wrappingShiftRight, "i", "S"),
        (.integer, "saturating_add", .saturatingAdd, "S", "S"), (.integer, "saturating_sub", .saturatingSubtract, "S", "S"),
        (.integer, "saturating_mul", .saturatingMultiply, "S", "S"),
        (.integer, "checked_add", .checkedAdd, "S", "S?"), (.integer, "checked_sub", .checkedSubtract, "S", "S?"),
        (.integer, "checked_mul", .checkedMultiply, "S", "S?"), (.integer, "checked_div", .checkedDivide, "S", "S?"),
        (.integer, "checked_rem", .checkedRemainder, "S", "S?"), (.integer, "checked_pow", .checkedPower, "i", "S?"),
        (.integer, "overflowing_add", .overflowingAdd, "S", "(Sb)"), (.integer, "overflowing_sub", .overflowingSubtract, "S", "(Sb)"),
        (.integer, "overflowing_mul", .overflowingMultiply, "S", "(Sb)"),
        (.integer, "count_ones", .countOnes, "", "i"), (.integer, "leading_zeros", .leadingZeros, "", "i"),
        (.integer, "trailing_zeros", .trailingZeros, "", "i"), (.integer, "rotate_left", .rotateLeft, "i", "S"),
        (.integer, "rotate_right", .rotateRight, "i", "S"), (.integer, "swap_bytes", .swapBytes, "", "S"),
        (.integer, "bit", .testBit, "i", "b"), (.integer, "to_string", .toString, "", "s"),
        (.integer, "to_string_radix", .toStringRadix, "i", "s"),

        (.float, "abs", .absolute, "", "S"), (.float, "sign", .sign, "", "S"), (.float, "floor", .floor, "", "S"),
        (.float, "ceil", .ceil, "", "S"), (.float, "round", .round, "", "S"), (.float, "round_even", .roundEven, "", "S"),
        (.float, "trunc", .truncate, "", "S"), (.float, "fract", .fraction, "", "S"), (.float, "sqrt", .squareRoot, "", "S"),
        (.float, "cbrt", .cubeRoot, "", "S"), (.float, "exp", .exp, "", "S"), (.float, "exp2", .exp2, "", "S"),
        (.float, "ln", .ln, "", "S"), (.float, "log2", .log2, "", "S"), (.float, "log10", .log10, "", "S"),
        (.float, "sin", .sin, "", "S"), (.float, "cos", .cos, "", "S"), (.float, "tan", .tan, "", "S"),
        (.float, "asin", .asin, "", "S"), (.float, "acos", .acos, "", "S"), (.float, "atan", .atan, "", "S"),
        (.float, "sinh", .sinh, "", "S"), (.float, "cosh", .cosh, "", "S"), (.float, "tanh", .tanh, "", "S"),
        (.float, "pow", .power, "S", "S"), (.float, "atan2", .atan2, "S", "S"), (.float, "hypot", .hypot, "S", "S"),
        (.float, "min", .min, "S", "S"), (.float, "max", .max, "S", "S"), (.float, "is_nan", .isNaN, "", "b"),
        (.float, "is_finite", .isFinite, "", "b"), (.float, "is_inf", .isInfinite, "", "b"),
        (.float, "to_bits", .toBits, "", "B"), (.float, "total_cmp", .compareValues, "S", "i"),
        (.float, "to_string", .toString, "", "s"),

        (.char, "ord", .ord, "", "i"), (.char, "is_digit", .charIsDigit, "", "b"), (.char, "is_alpha", .charIsAlpha, "", "b"),
        (.char, "is_alnum", .charIsAlnum, "", "b"), (.char, "is_space", .charIsSpace, "", "b"),
        (.char, "is_upper", .charIsUpper, "", "b"), (.char, "is_lower", .charIsLower, "", "b"),
        (.char, "to_upper", .charToUpper, "", "c"), (.char, "to_lower", .charToLower, "", "c"),
        (.char, "to_string", .toString, "", "s"), (.char, "cmp", .compareValues, "S", "i"),

        (.bool, "to_string", .toString, "", "s"), (.bool, "cmp", .compareValues, "S", "i"),

        (.option, "is_some", .isSome, "", "b"), (.option, "is_none", .isNone, "", "b"),
        (.option, "unwrap", .unwrap, "s=called `unwrap` on None", "E"), (.option, "expect", .unwrap, "s", "E"),
        (.option, "to_string", .toString, "", "s"),

        (.range, "len", .length, "", "i"), (.range, "is_empty", .isEmpty, "", "b"), (.range, "start", .rangeStart, "", "E"),
        (.range, "end", .rangeEnd, "", "E"), (.range, "step", .rangeStep, "", "i"),
        (.range, "rev", .rangeReversed, "", "S"), (.range, "step_by", .rangeStepBy, "i", "S"),
        (.range, "to_string", .toString, "", "s"),

        (.tuple, "len", .length, "", "i"), (.tuple, "to_string", .toString, "", "s"),
    ]

    init(_ interner: inout Interner) {
        tables = MethodGroup.allCases.map { _ in NameMap<BuiltinMethod>() }
        for (group, name, builtin, parameters, result) in Self.rows {
            var types: [String] = []
            var defaults: [ConstantArgumentText?] = []
            if !parameters.isEmpty {
                for part in parameters.split(separator: ",", omittingEmptySubsequences: false) {
                    if let equals = part.firstIndex(of: "=") {
                        let type = String(part[..<equals]), value = String(part[part.index(after: equals)...])
                        types.append(type)
                        defaults.append(type == "i" ? .int(Int64(value) ?? 0) : .string(value))
                    } else {
                        types.append(String(part))
                        defaults.append(nil)
                    }
                }
            }
            let mutating = [.push, .pop, .removeAt, .insert, .arrayClear, .arrayTruncate, .arrayReverse, .extend, .swap, .reserve]
                .contains(builtin)
            tables[Int(group.rawValue)].set(
                interner.intern(name),
                BuiltinMethod(
                    builtin: builtin, parameters: types, defaults: defaults, result: result, isMutating: mutating))
        }
    }

    /// The method `name` of `group`.
    func find(_ group: MethodGroup, _ name: NameID) -> BuiltinMethod? { tables[Int(group.rawValue)][name] }

    /// Methods of LANGUAGE §12 that need closures, dicts, sets, `Result` or later parts of the library.
    private static let laterNames: [(MethodGroup, String)] = [
        (.string, "parse_int parse_float hash"),
        (.array, """
            map filter filter_map flat_map each reduce fold scan any all count find find_index retain sort_by sort_by_key \
            sorted_by sorted_by_key take_while drop_while min_by_key max_by_key partition group_by to_set to_dict iter shuffle
            """),
        (.range, "map filter each reduce any all"),
        (.option, "map filter and_then or_else unwrap_or_else ok_or each hash"),
        (.bool, "then hash"), (.integer, "hash"), (.char, "hash"), (.tuple, "hash"),
    ]

    /// The language has the method, this compiler not yet.
    static func isLater(_ group: MethodGroup, _ name: String) -> Bool {
        if name == "deep_clone" { return true }
        return laterNames.contains { $0.0 == group && $0.1.split(separator: " ").contains { $0 == name } }
    }

    /// All names of the group, for suggestions.
    func names(_ group: MethodGroup) -> ContiguousArray<NameID> { tables[Int(group.rawValue)].names }
}

extension Checker {
    /// The group of methods that values of `type` have.
    func methodGroup(_ type: TypeID) -> MethodGroup? {
        let t = resolve(type)
        switch program.types.kind(t) {
        case .str: return .string
        case .array: return .array
        case .char: return .char
        case .bool: return .bool
        case .option: return .option
        case .range: return .range
        case .tuple: return .tuple
        case .variable:
            switch variableClass(t) {
            case .number?: return .integer
            case .float?: return .float
            default: return nil
            }
        case .error, .never, .nilType, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .function,
            .structure, .parameter:
            if program.types.isInteger(t) { return .integer }
            if program.types.isFloat(t) { return .float }
            return nil
        }
    }

    /// The type that a letter of the method table stands for.
    func methodType(_ letters: String, receiver: TypeID) -> TypeID {
        let receiver = resolve(receiver)
        if letters.hasSuffix("?") { return program.types.option(methodType(String(letters.dropLast()), receiver: receiver)) }
        if letters.hasPrefix("[") {
            return program.types.array(methodType(String(letters.dropFirst().dropLast()), receiver: receiver))
        }
        if letters.hasPrefix("(") {
            return program.types.tuple(letters.dropFirst().dropLast().map { methodType(String($0), receiver: receiver) })
        }
        switch letters {
        case "s": return .str
        case "i": return .i64
        case "b": return .bool
        case "c": return .char
        case "f": return .f64
        case "w": return .u64
        case "y": return .u8
        case "n": return .nilType
        case "E": return program.types.argument(receiver, 0)
        case "A": return program.types.array(program.types.argument(receiver, 0))
        case "B": return receiver == .f32 ? .u32 : .u64
        case "m": return newVariable()
        default: return receiver
        }
    }
}

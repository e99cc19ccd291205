/// Format specifications (LANGUAGE §12.1): numbers and text with sign, base, precision, grouping and padding.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Decimals of `f` and `%` without a precision.
private let defaultDecimals = 6

/// A format specification, unpacked from the word that compiled code passes (RuntimeABI, `FormatType`).
struct FormatSpec {
    /// Fill character.
    var fill: UInt32
    /// 0 default, 1 left, 2 right, 3 centre.
    var align: UInt8
    /// 0 only minus, 1 `+`, 2 blank.
    var sign: UInt8
    var alternate: Bool
    /// Pad with zeros between sign and digits.
    var zero: Bool
    /// 0 none, 1 `,`, 2 `_`.
    var grouping: UInt8
    var type: FormatType
    /// The f64 holds an f32: shortest digits are an f32's.
    var single: Bool
    var width: Int
    /// -1 if not given.
    var precision: Int

    init(_ packed: UInt64) {
        let scalar = UInt32(truncatingIfNeeded: packed & 0x1F_FFFF)
        fill = scalar == 0 ? 32 : scalar
        align = UInt8(truncatingIfNeeded: packed >> 21 & 3)
        sign = UInt8(truncatingIfNeeded: packed >> 23 & 3)
        alternate = packed >> 25 & 1 != 0
        zero = packed >> 26 & 1 != 0
        grouping = UInt8(truncatingIfNeeded: packed >> 27 & 3)
        type = FormatType(rawValue: UInt8(truncatingIfNeeded: packed >> 29 & 15)) ?? .none
        single = packed >> 33 & 1 != 0
        width = Int(truncatingIfNeeded: packed >> 34 & 0xFFFF)
        precision = Int(truncatingIfNeeded: packed >> 50) &- 1
    }
}

/// A number in parts: sign, prefix, the digits of the integer part, and what follows them.
private struct NumberText {
    var negative: Bool
    var prefix: StaticString = ""
    var digits: Bytes
    var digitCount: Int
    var rest: Bytes
    var restCount: Int
    /// Digits between two grouping characters.
    var groupSize = 3
    /// `false` for `inf` and `nan`, which are never padded with zeros or grouped.
    var isNumber = true
}

/// Appends the parts with sign, grouping and padding.
private func sinkNumber(_ sink: Ref?, _ number: NumberText, _ spec: FormatSpec) {
    let hasSign = number.negative || spec.sign != 0
    let grouped = spec.grouping != 0 && number.isNumber
    let fixed = (hasSign ? 1 : 0) &+ number.prefix.utf8CodeUnitCount &+ number.restCount
    func lengthWithGroups(_ digits: Int) -> Int { grouped ? digits &+ (digits &- 1) / number.groupSize : digits }
    var zeros = 0
    if spec.zero && spec.align == 0 && number.isNumber {
        // Zeros count as digits: they are grouped with them.
        while fixed &+ lengthWithGroups(number.digitCount &+ zeros) < spec.width { zeros &+= 1 }
    }
    let total = fixed &+ lengthWithGroups(number.digitCount &+ zeros)
    let padding = max(0, spec.width &- total)
    let before = spec.align == 1 ? 0 : spec.align == 3 ? padding / 2 : padding
    sinkRepeated(sink, spec.fill, before)
    if number.negative {
        sinkLiteral(sink, "-")
    } else if spec.sign != 0 {
        sinkLiteral(sink, spec.sign == 1 ? "+" : " ")
    }
    if number.prefix.utf8CodeUnitCount > 0 { sinkLiteral(sink, number.prefix) }
    if grouped {
        let separator: StaticString = spec.grouping == 1 ? "," : "_"
        let all = number.digitCount &+ zeros
        var position = 0
        while position < all {
            // The first group takes what does not fill one.
            let length = position == 0 ? (all &- 1) % number.groupSize &+ 1 : number.groupSize
            if position > 0 { sinkLiteral(sink, separator) }
            let leading = max(0, min(length, zeros &- position))
            sinkRepeated(sink, 48, leading)
            let start = max(0, position &- zeros)
            sinkText(sink, TextSpan(number.digits + start, length &- leading, chars: length &- leading))
            position &+= length
        }
    } else {
        sinkRepeated(sink, 48, zeros)
        sinkText(sink, TextSpan(number.digits, number.digitCount, chars: number.digitCount))
    }
    sinkText(sink, TextSpan(number.rest, number.restCount, chars: number.restCount))
    sinkRepeated(sink, spec.fill, padding &- before)
}

/// Appends an integer given as sign and magnitude.
private func sinkInteger(_ sink: Ref?, negative: Bool, _ magnitude: UInt64, _ spec: FormatSpec) {
    let scratch = FormatScratch(runtime.formatMemory)
    switch spec.type {
    case .f, .e, .g, .percent:
        sinkDecimal(sink, negative: negative, DecimalDigits(magnitude, scratch), spec, scratch)
        return
    default: break
    }
    // Precision without a type means `f` on floats only.
    var number = NumberText(
        negative: negative, digits: Bytes(scratch.text), digitCount: 0, rest: Bytes(scratch.text), restCount: 0)
    switch spec.type {
    case .b:
        number.digitCount = writeRadix(magnitude, 1, upper: false, scratch.text)
        number.prefix = "0b"
        number.groupSize = 4
    case .o:
        number.digitCount = writeRadix(magnitude, 3, upper: false, scratch.text)
        number.prefix = "0o"
        number.groupSize = 4
    case .x, .upperX:
        number.digitCount = writeRadix(magnitude, 4, upper: spec.type == .upperX, scratch.text)
        number.prefix = "0x"
        number.groupSize = 4
    default:
        number.digitCount = writeDecimal(magnitude, scratch.text)
    }
    if !spec.alternate { number.prefix = "" }
    sinkNumber(sink, number, spec)
}

/// Appends a number ≥ 0 with `f`, `e`, `g` or `%`. Where the spec gives no precision, `e` and `g` show all
/// digits of `value`.
private func sinkDecimal(
    _ sink: Ref?, negative: Bool, _ value: DecimalDigits, _ spec: FormatSpec, _ scratch: FormatScratch
) {
    var value = value
    let text = scratch.text
    var number = NumberText(negative: negative, digits: Bytes(text), digitCount: 0, rest: Bytes(text), restCount: 0)
    var scientific = spec.type == .e
    var decimals = spec.precision
    if spec.type == .g {
        if spec.precision >= 0 { value.round(to: max(1, spec.precision)) }
        // The display rule decides, and shows the digits that are left.
        scientific = value.count > 0 && (value.point > 16 || value.point < -4)
        decimals = scientific ? max(0, value.count &- 1) : max(1, value.count &- value.point)
    } else if scientific {
        if decimals < 0 { decimals = max(0, value.count &- 1) } else { value.round(to: decimals &+ 1) }
    } else {
        if spec.type == .percent && value.count > 0 { value.point &+= 2 }
        if decimals < 0 { decimals = defaultDecimals }
        value.round(to: value.point &+ decimals)
    }
    var end = 0
    if scientific {
        text[0] = 48 &+ value.digit(0)
        number.digitCount = 1
        end = 1
        if decimals > 0 {
            text[1] = 46
            end = 2
            var index = 1
            while index <= decimals {
                text[end] = 48 &+ value.digit(index)
                end &+= 1
                index &+= 1
            }
        }
        text[end] = 101
        end &+= 1
        end &+= writeDecimal(value.count == 0 ? 0 : value.point &- 1, text + end)
    } else {
        var index = 0
        if value.point <= 0 {
            text[0] = 48
            end = 1
            // Digits before the number's first are zeros: start that many places earlier.
            index = value.point
        } else {
            while index < value.point {
                text[end] = 48 &+ value.digit(index)
                end &+= 1
                index &+= 1
            }
        }
        number.digitCount = end
        if decimals > 0 {
            text[end] = 46
            end &+= 1
            var place = 0
            while place < decimals {
                text[end] = 48 &+ value.digit(index)
                end &+= 1
                index &+= 1
                place &+= 1
            }
        }
        if spec.type == .percent {
            text[end] = 37
            end &+= 1
        }
    }
    number.rest = Bytes(text + number.digitCount)
    number.restCount = end &- number.digitCount
    sinkNumber(sink, number, spec)
}

/// (sink, value, packed spec).
@c(simple_rt_format_i64)
public func simple_rt_format_i64(_ sink: UnsafeMutableRawPointer?, _ value: Int, _ spec: UInt) {
    sinkInteger(sink, negative: value < 0, UInt64(value.magnitude), FormatSpec(UInt64(spec)))
}

/// (sink, value, packed spec).
@c(simple_rt_format_u64)
public func simple_rt_format_u64(_ sink: UnsafeMutableRawPointer?, _ value: UInt, _ spec: UInt) {
    sinkInteger(sink, negative: false, UInt64(value), FormatSpec(UInt64(spec)))
}

/// (sink, value, packed spec).
@c(simple_rt_format_f64)
public func simple_rt_format_f64(_ sink: UnsafeMutableRawPointer?, _ value: Double, _ packed: UInt) {
    var spec = FormatSpec(UInt64(packed))
    let scratch = FormatScratch(runtime.formatMemory)
    if !value.isFinite {
        let count = writeNonFinite(negative: false, nan: value.isNaN, scratch.text)
        let number = NumberText(
            negative: value.sign == .minus && !value.isNaN, digits: Bytes(scratch.text), digitCount: count,
            rest: Bytes(scratch.text), restCount: 0, isNumber: false)
        sinkNumber(sink, number, spec)
        return
    }
    let negative = value.sign == .minus
    let magnitude = value.magnitude
    switch spec.type {
    case .f, .e, .g, .percent: break
    default: spec.type = spec.precision >= 0 ? .f : .g
    }
    if spec.precision < 0 && (spec.type == .e || spec.type == .g) {
        let short: ShortDecimal
        if magnitude == 0 {
            short = ShortDecimal(digits: 0, exponent: 0)
        } else if spec.single {
            short = shortestDecimal(Float(magnitude))
        } else {
            short = shortestDecimal(magnitude)
        }
        sinkDecimal(sink, negative: negative, DecimalDigits(short, scratch), spec, scratch)
        return
    }
    sinkDecimal(sink, negative: negative, DecimalDigits(exactly: magnitude, scratch), spec, scratch)
}

/// (sink, str, packed spec): `.precision` truncates, `?` quotes.
@c(simple_rt_format_string)
public func simple_rt_format_string(_ sink: UnsafeMutableRawPointer?, _ string: UnsafeMutableRawPointer, _ packed: UInt) {
    let spec = FormatSpec(UInt64(packed))
    var string = string
    if spec.type == .debug {
        let inner = beginSink()
        sinkDebug(inner, TextSpan(string))
        string = finishSink(inner)
    }
    var text = TextSpan(string)
    if spec.precision >= 0 && spec.precision < text.chars {
        text = TextSpan(text.start, bytePosition(string, text, spec.precision), chars: spec.precision)
    }
    let padding = max(0, spec.width &- text.chars)
    let before = spec.align == 2 ? padding : spec.align == 3 ? padding / 2 : 0
    sinkRepeated(sink, spec.fill, before)
    sinkText(sink, text)
    sinkRepeated(sink, spec.fill, padding &- before)
}

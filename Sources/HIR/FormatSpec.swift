internal import Diagnostics
internal import RuntimeABI

/// A parsed format specification (LANGUAGE §12.1), packed as `FormatType` of RuntimeABI documents.
struct FormatSpec {
    enum Requirement { case none, integer, number }
    var packed: UInt64
    var requirement: Requirement
    var typeLetter: String
    var isDebug: Bool
}

struct FormatSpecProblem: Error {
    var message: String
}

/// Parses `[[fill]align][sign][#][0][width][,|_][.prec][type]`.
func parseFormatSpec(_ bytes: [UInt8]) -> Result<FormatSpec, FormatSpecProblem> {
    let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    var i = 0
    func align(_ scalar: Unicode.Scalar) -> UInt64? {
        switch scalar {
        case "<": 1
        case ">": 2
        case "^": 3
        default: nil
        }
    }
    var packed: UInt64 = 0
    if scalars.count >= 2, let a = align(scalars[1]) {
        packed |= UInt64(scalars[0].value) | a << 21
        i = 2
    } else if let first = scalars.first, let a = align(first) {
        packed |= a << 21
        i = 1
    }
    if i < scalars.count, scalars[i] == "+" || scalars[i] == " " {
        packed |= (scalars[i] == "+" ? 1 : 2) << 23
        i += 1
    }
    if i < scalars.count, scalars[i] == "#" {
        packed |= 1 << 25
        i += 1
    }
    if i < scalars.count, scalars[i] == "0" {
        packed |= 1 << 26
        i += 1
    }
    func number(_ limit: UInt64) -> UInt64?? {
        var value: UInt64 = 0
        let start = i
        while i < scalars.count, ("0"..."9").contains(scalars[i]) {
            value = value * 10 + UInt64(scalars[i].value - 48)
            if value > limit { return .some(nil) }
            i += 1
        }
        return i == start ? nil : .some(value)
    }
    if let width = number(65_535) {
        guard let width else { return .failure(FormatSpecProblem(message: "the width is too large (at most 65535)")) }
        packed |= width << 34
    }
    if i < scalars.count, scalars[i] == "," || scalars[i] == "_" {
        packed |= (scalars[i] == "," ? 1 : 2) << 27
        i += 1
    }
    if i < scalars.count, scalars[i] == "." {
        i += 1
        guard let precision = number(16_000) else {
            return .failure(FormatSpecProblem(message: "a digit must follow `.`"))
        }
        guard let precision else { return .failure(FormatSpecProblem(message: "the precision is too large (at most 16000)")) }
        packed |= (precision + 1) << 50
    }
    var requirement = FormatSpec.Requirement.none
    var letter = ""
    var isDebug = false
    if i < scalars.count {
        letter = String(Character(scalars[i]))
        let type: FormatType
        switch scalars[i] {
        case "d": (type, requirement) = (.d, .integer)
        case "b": (type, requirement) = (.b, .integer)
        case "o": (type, requirement) = (.o, .integer)
        case "x": (type, requirement) = (.x, .integer)
        case "X": (type, requirement) = (.upperX, .integer)
        case "f": (type, requirement) = (.f, .number)
        case "e": (type, requirement) = (.e, .number)
        case "g": (type, requirement) = (.g, .number)
        case "%": (type, requirement) = (.percent, .number)
        case "s": type = .s
        case "?":
            type = .debug
            isDebug = true
        default:
            return .failure(FormatSpecProblem(message: "unknown format type `\(letter)` (one of d b o x X f e g % s ?)"))
        }
        packed |= UInt64(type.rawValue) << 29
        i += 1
    }
    if i < scalars.count {
        return .failure(FormatSpecProblem(message: "unexpected `\(String(Character(scalars[i])))` behind the format type"))
    }
    return .success(FormatSpec(packed: packed, requirement: requirement, typeLetter: letter, isDebug: isDebug))
}

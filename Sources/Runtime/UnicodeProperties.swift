/// Character properties and case mappings over the generated tables (UnicodeTables.swift). ASCII is decided here.

/// A full case mapping: one to three scalars, 0 where there is none.
struct FullMapping {
    var first: UInt32
    var second: UInt32 = 0
    var third: UInt32 = 0
}

/// Index of the last row of `table` (rows of `stride` words, each beginning with start << 11 …) whose start is not
/// above the scalar, or -1.
@inline(__always)
private func lastRow(_ table: [UInt32], _ stride: Int, _ scalar: UInt32) -> Int {
    var low = 0
    var high = table.count / stride
    while low < high {
        let middle = (low &+ high) >> 1
        if table[middle &* stride] >> 11 <= scalar { low = middle &+ 1 } else { high = middle }
    }
    return low &- 1
}

@inline(__always)
private func isIn(_ table: [UInt32], _ scalar: UInt32) -> Bool {
    let row = lastRow(table, 1, scalar)
    if row < 0 { return false }
    return scalar &- table[row] >> 11 <= table[row] & 0x7FF
}

@inline(__always)
private func mapped(_ table: [UInt32], _ scalar: UInt32) -> UInt32 {
    let row = lastRow(table, 2, scalar)
    if row < 0 { return scalar }
    let offset = scalar &- table[row &* 2] >> 11
    let move = Int32(bitPattern: table[row &* 2 &+ 1])
    if offset > table[row &* 2] & 0x7FF || move & 1 != 0 && offset & 1 != 0 { return scalar }
    return scalar &+ UInt32(bitPattern: move >> 1)
}

/// The row of four words that begins with the scalar, or nil.
private func special(_ table: [UInt32], _ scalar: UInt32) -> FullMapping? {
    var low = 0
    var high = table.count / 4
    while low < high {
        let middle = (low &+ high) >> 1
        let key = table[middle &* 4]
        if key == scalar {
            return FullMapping(first: table[middle &* 4 &+ 1], second: table[middle &* 4 &+ 2], third: table[middle &* 4 &+ 3])
        }
        if key < scalar { low = middle &+ 1 } else { high = middle }
    }
    return nil
}

@inline(__always)
private func isASCIILower(_ scalar: UInt32) -> Bool { scalar &- 97 < 26 }
@inline(__always)
private func isASCIIUpper(_ scalar: UInt32) -> Bool { scalar &- 65 < 26 }

/// White_Space.
@inline(__always)
func isSpace(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return scalar == 32 || scalar &- 9 < 5 }
    switch scalar {
    case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return true
    default: return false
    }
}

/// A decimal digit (general category Nd).
func isDigit(_ scalar: UInt32) -> Bool { scalar < 0x80 ? scalar &- 48 < 10 : isIn(decimalRanges, scalar) }

/// A number of any kind (Nd, Nl, No).
func isNumeric(_ scalar: UInt32) -> Bool { scalar < 0x80 ? scalar &- 48 < 10 : isIn(numberRanges, scalar) }

/// Alphabetic.
func isAlphabetic(_ scalar: UInt32) -> Bool {
    scalar < 0x80 ? isASCIILower(scalar | 0x20) : isIn(alphabeticRanges, scalar)
}

/// Uppercase.
func isUppercase(_ scalar: UInt32) -> Bool { scalar < 0x80 ? isASCIIUpper(scalar) : isIn(uppercaseRanges, scalar) }

/// Lowercase.
func isLowercase(_ scalar: UInt32) -> Bool { scalar < 0x80 ? isASCIILower(scalar) : isIn(lowercaseRanges, scalar) }

/// Cased: upper, lower or title case (general category Lt).
func isCased(_ scalar: UInt32) -> Bool {
    if isUppercase(scalar) || isLowercase(scalar) { return true }
    switch scalar {
    case 0x1C5, 0x1C8, 0x1CB, 0x1F2, 0x1F88...0x1F8F, 0x1F98...0x1F9F, 0x1FA8...0x1FAF, 0x1FBC, 0x1FCC, 0x1FFC: return true
    default: return false
    }
}

/// Case_Ignorable.
func isCaseIgnorable(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 {
        return scalar == 0x27 || scalar == 0x2E || scalar == 0x3A || scalar == 0x5E || scalar == 0x60
    }
    return isIn(caseIgnorableRanges, scalar)
}

/// The one-to-one upper case.
func simpleUpper(_ scalar: UInt32) -> UInt32 {
    if scalar < 0x80 { return isASCIILower(scalar) ? scalar &- 32 : scalar }
    return mapped(upperMappings, scalar)
}

/// The one-to-one lower case.
func simpleLower(_ scalar: UInt32) -> UInt32 {
    if scalar < 0x80 { return isASCIIUpper(scalar) ? scalar &+ 32 : scalar }
    return mapped(lowerMappings, scalar)
}

/// The full upper case.
func fullUpper(_ scalar: UInt32) -> FullMapping {
    if scalar >= 0x80, let mapping = special(upperSpecials, scalar) { return mapping }
    return FullMapping(first: simpleUpper(scalar))
}

/// The full title case.
func fullTitle(_ scalar: UInt32) -> FullMapping {
    if scalar >= 0x80, let mapping = special(titleSpecials, scalar) { return mapping }
    return FullMapping(first: simpleUpper(scalar))
}

/// The full lower case, without the rule for a final sigma. Only U+0130 becomes two scalars.
func fullLower(_ scalar: UInt32) -> FullMapping {
    scalar == 0x130 ? FullMapping(first: 0x69, second: 0x307) : FullMapping(first: simpleLower(scalar))
}

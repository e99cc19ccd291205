import CPlatform
import Foundation
import Runtime
import RuntimeABI
import Testing

/// Texts that exercise ASCII, several byte lengths, combining marks and special casing.
let sampleTexts = [
    "", "a", "hello world", "héllo wörld", "日本語テキスト", "a😀b😀c", "ΑΣ ΟΔΟΣ Σ σς", "straße ﬁx ŉ ǆ", "İstanbul ı", "e\u{301}x",
    String(repeating: "abc", count: 100), String(repeating: "añ😀", count: 50), "  \u{2003}pad\u{a0} ", "x,y,,z", ",", "a\r\nb\n\nc",
]

func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }
func string(_ scalars: [Unicode.Scalar]) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
}

/// Python's slice, spelled out.
func slice<Element>(_ elements: [Element], _ start: Int?, _ end: Int?, _ step: Int) -> [Element] {
    let count = elements.count
    func clamp(_ value: Int, _ low: Int, _ high: Int) -> Int { min(max(value < 0 ? value + count : value, low), high) }
    var result: [Element] = []
    if step > 0 {
        var index = start.map { clamp($0, 0, count) } ?? 0
        let last = end.map { clamp($0, 0, count) } ?? count
        while index < last {
            result.append(elements[index])
            index += step
        }
    } else {
        var index = start.map { clamp($0, -1, count - 1) } ?? count - 1
        let last = end.map { clamp($0, -1, count - 1) } ?? -1
        while index > last {
            result.append(elements[index])
            index += step
        }
    }
    return result
}

/// The strings of an array of strings.
func texts(_ array: UnsafeMutableRawPointer) -> [String] {
    (0..<array.word(ObjectLayout.arrayLength)).map { textOf(arrayReference(array, $0)) }
}

@Suite(.serialized) struct StringTests {
    @Test(arguments: sampleTexts)
    func lengthsAndCharacters(_ text: String) {
        withRuntime {
            let string = makeString(text)
            #expect(string.word(ObjectLayout.stringByteLength) == text.utf8.count)
            #expect(string.word(ObjectLayout.stringCharCount) == text.unicodeScalars.count)
            let all = scalars(text)
            // Forwards, backwards and in a jumble: the position cache must not matter.
            let order = Array(all.indices) + all.indices.reversed() + all.indices.map { ($0 * 7 + 3) % max(1, all.count) }
            for index in order {
                #expect(textOf(simple_rt_string_index(string, index)) == String(all[index]))
                #expect(simple_rt_string_char_at(string, index - all.count) == all[index].value)
            }
            let chars = simple_rt_string_chars(string)
            #expect(chars.word(ObjectLayout.arrayLength) == all.count)
            #expect(textOf(simple_rt_string_from_chars(chars)).unicodeScalars.elementsEqual(text.unicodeScalars))
            let bytes = simple_rt_string_bytes(string)
            #expect(bytes.word(ObjectLayout.arrayLength) == text.utf8.count)
            #expect(textOf(simple_rt_string_reverse(string)).unicodeScalars.elementsEqual(all.reversed()))
        }
    }

    @Test(arguments: sampleTexts)
    func slices(_ text: String) {
        let all = scalars(text)
        let ends: [Int?] = [nil, 0, 1, 2, -1, -3, all.count, all.count + 5, -all.count - 2, Int.min, Int.max]
        withRuntime {
            let string = makeString(text)
            for start in ends {
                for end in ends {
                    for step in [1, 2, 3, -1, -2, Int.max, Int.min] {
                        // Enormous steps overflow in the model, too: it takes one element at most.
                        let modelStep = abs(Double(step)) > 1e9 ? (step > 0 ? 1_000_000 : -1_000_000) : step
                        let modelStart = start.map { max(min($0, 1_000_000), -1_000_000) }
                        let modelEnd = end.map { max(min($0, 1_000_000), -1_000_000) }
                        let expected = slice(all, modelStart, modelEnd, modelStep)
                        let flags: UInt32 = (start == nil ? 0 : 1) | (end == nil ? 0 : 2)
                        let result = simple_rt_string_slice(string, start ?? 0, end ?? 0, step, flags)
                        if !textOf(result).unicodeScalars.elementsEqual(expected) || result.word(ObjectLayout.stringCharCount) != expected.count {
                            Issue.record("\(text)[\(String(describing: start)):\(String(describing: end)):\(step)]")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test func arraySlices() {
        withRuntime {
            for elementSize in [1, 2, 4, 8, 24] {
                let count = 10
                let array = simple_rt_array_new(elementSize, Int(ObjectKind.bufferRaw.rawValue), count, count)
                for index in 0..<count { arrayElements(array).storeBytes(of: UInt8(index), toByteOffset: index * elementSize, as: UInt8.self) }
                for start in [nil, 0, 3, -2, 20, -20] as [Int?] {
                    for end in [nil, 0, 5, -1, 20, -20] as [Int?] {
                        for step in [1, 3, -1, -4] {
                            let flags: UInt32 = (start == nil ? 0 : 1) | (end == nil ? 0 : 2)
                            let result = simple_rt_array_slice(array, start ?? 0, end ?? 0, step, flags)
                            let found = (0..<result.word(ObjectLayout.arrayLength)).map { Int(arrayElements(result).load(fromByteOffset: $0 * elementSize, as: UInt8.self)) }
                            #expect(found == slice(Array(0..<count), start, end, step))
                        }
                    }
                }
            }
        }
    }

    @Test func arrayOperations() {
        withRuntime {
            for elementSize in [1, 3, 8, 16] {
                func values(_ array: UnsafeMutableRawPointer) -> [UInt8] {
                    (0..<array.word(ObjectLayout.arrayLength)).map { arrayElements(array).load(fromByteOffset: $0 * elementSize, as: UInt8.self) }
                }
                let array = simple_rt_array_new(elementSize, Int(ObjectKind.bufferRaw.rawValue), 0, 0)
                var model: [UInt8] = []
                var generator = Generator(state: UInt64(elementSize))
                for step in 0..<500 {
                    switch Int.random(in: 0..<6, using: &generator) {
                    case 0, 1, 2:
                        let place = Int.random(in: 0...model.count, using: &generator)
                        let given = place < model.count && step % 2 == 0 ? place - model.count : place
                        #expect(simple_rt_array_insert_gap(array, given) == place)
                        arrayElements(array).storeBytes(of: UInt8(truncatingIfNeeded: step), toByteOffset: place * elementSize, as: UInt8.self)
                        model.insert(UInt8(truncatingIfNeeded: step), at: place)
                    case 3:
                        if model.isEmpty { break }
                        let place = Int.random(in: 0..<model.count, using: &generator)
                        simple_rt_array_remove_at(array, place)
                        model.remove(at: place)
                    case 4:
                        simple_rt_array_reverse(array)
                        model.reverse()
                    default:
                        if model.count > 500 { break }
                        simple_rt_array_extend(array, array)
                        model += model
                    }
                    if values(array) != model { Issue.record("step \(step)"); return }
                }
                let copy = simple_rt_array_clone(array)
                let both = simple_rt_array_concat(copy, array)
                #expect(values(both) == model + model)
                simple_rt_array_reserve(copy, 10_000)
                #expect(copy.word(ObjectLayout.arrayCapacity) >= 10_000)
                #expect(values(copy) == model)
            }
        }
    }

    @Test(arguments: sampleTexts)
    func caseMapping(_ text: String) {
        withRuntime {
            #expect(textOf(simple_rt_string_upper(makeString(text))).unicodeScalars.elementsEqual(text.uppercased().unicodeScalars))
            // Swift has no rule for a final sigma; caseMappingDetails tests it.
            if text.contains("Σ") { return }
            #expect(textOf(simple_rt_string_lower(makeString(text))).unicodeScalars.elementsEqual(text.lowercased().unicodeScalars))
        }
    }

    @Test func caseMappingDetails() {
        withRuntime {
            func capitalize(_ text: String) -> String { textOf(simple_rt_string_capitalize(makeString(text))) }
            func title(_ text: String) -> String { textOf(simple_rt_string_title(makeString(text))) }
            #expect(textOf(simple_rt_string_lower(makeString("ΑΣ ΟΔΟΣ Σ"))) == "ας οδος σ")
            #expect(capitalize("hELLO wORLD") == "Hello world")
            #expect(capitalize("ǆx") == "ǅx")
            #expect(title("the quick-brown fox's élan 3rd") == "The Quick-Brown Fox's Élan 3rd")
            #expect(simple_rt_string_equal_ignore_case(makeString("ΣΑΣ"), makeString("σας")) == 1)
            #expect(simple_rt_string_equal_ignore_case(makeString("abc"), makeString("abd")) == 0)
        }
    }

    /// Every scalar against the Unicode data of the Swift library, from which the tables were made.
    @Test func unicodeTables() {
        var failures: [UInt32] = []
        for value in (0...0x10FFFF) as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            let upper = properties.uppercaseMapping.unicodeScalars
            let lower = properties.lowercaseMapping.unicodeScalars
            let isNumber = [.decimalNumber, .letterNumber, .otherNumber].contains(properties.generalCategory)
            let classes: [(UInt32, Bool)] = [
                (0, properties.generalCategory == .decimalNumber), (1, properties.isAlphabetic), (2, properties.isAlphabetic || isNumber),
                (3, properties.isWhitespace), (4, properties.isUppercase), (5, properties.isLowercase),
            ]
            var good = true
            for (kind, expected) in classes where (simple_rt_char_test(value, kind) == 1) != expected { good = false }
            if upper.count == 1 && simple_rt_char_upper(value) != upper.first!.value { good = false }
            if lower.count == 1 && simple_rt_char_lower(value) != lower.first!.value { good = false }
            if !good { failures.append(value) }
        }
        #expect(failures.isEmpty, "\(failures.prefix(10))")
        withRuntime {
            for value in (0x80...0x1FFFF) as ClosedRange<UInt32> {
                guard let scalar = Unicode.Scalar(value) else { continue }
                let text = simple_rt_string_from_char(value)
                if !textOf(simple_rt_string_upper(text)).unicodeScalars.elementsEqual(scalar.properties.uppercaseMapping.unicodeScalars) { failures.append(value) }
                if !textOf(simple_rt_string_capitalize(text)).unicodeScalars.elementsEqual(scalar.properties.titlecaseMapping.unicodeScalars) { failures.append(value) }
            }
        }
        #expect(failures.isEmpty, "\(failures.prefix(10))")
        #expect(simple_rt_char_upper(0xDF) == 0xDF)
        #expect(simple_rt_char_upper(0x1F80) == 0x1F88)
        #expect(simple_rt_char_lower(0x130) == 0x69)
    }

    @Test func searching() {
        withRuntime {
            func find(_ text: String, _ needle: String, _ start: Int = 0) -> Int { simple_rt_string_find(makeString(text), makeString(needle), start) }
            #expect(find("hello", "l") == 2)
            #expect(find("hello", "l", 3) == 3)
            #expect(find("hello", "l", -1) == -1)
            #expect(find("hello", "lo") == 3)
            #expect(find("héllo😀x", "x") == 6)
            #expect(find("abc", "") == 0)
            #expect(find("abc", "", 3) == 3)
            #expect(find("abc", "", 4) == -1)
            #expect(simple_rt_string_find_last(makeString("éaéa"), makeString("é")) == 2)
            #expect(simple_rt_string_find_last(makeString("abc"), makeString("")) == 3)
            #expect(simple_rt_string_count(makeString("aaaa"), makeString("aa")) == 2)
            #expect(simple_rt_string_contains(makeString("abc"), makeString("bd")) == 0)
            #expect(simple_rt_string_starts_with(makeString("abc"), makeString("ab")) == 1)
            #expect(simple_rt_string_ends_with(makeString("abc"), makeString("abcd")) == 0)
            #expect(simple_rt_string_compare(makeString("a\u{ffff}"), makeString("a😀")) == -1)
            #expect(simple_rt_string_compare(makeString("ab"), makeString("a")) == 1)
            #expect(simple_rt_string_strip_prefix(makeString("abc"), makeString("x")) == nil)
            #expect(textOf(simple_rt_string_strip_prefix(makeString("éabc"), makeString("é"))!) == "abc")
            #expect(textOf(simple_rt_string_strip_suffix(makeString("abc"), makeString("c"))!) == "ab")
        }
    }

    @Test func transforming() {
        withRuntime {
            func replace(_ text: String, _ from: String, _ to: String, _ most: Int = -1) -> String {
                let result = simple_rt_string_replace(makeString(text), makeString(from), makeString(to), most)
                #expect(result.word(ObjectLayout.stringCharCount) == textOf(result).unicodeScalars.count)
                return textOf(result)
            }
            #expect(replace("a.b.c", ".", "--") == "a--b--c")
            #expect(replace("a.b.c", ".", "é", 1) == "aéb.c")
            #expect(replace("aaa", "a", "") == "")
            #expect(textOf(simple_rt_string_repeat(makeString("ab"), 3)) == "ababab")
            #expect(textOf(simple_rt_string_repeat(makeString("é"), 0)) == "")
            #expect(textOf(simple_rt_string_trim(makeString("  \u{2003}pad\u{a0} "), 3)) == "pad")
            #expect(textOf(simple_rt_string_trim(makeString("  x "), 1)) == "x ")
            #expect(textOf(simple_rt_string_trim(makeString("  x "), 2)) == "  x")
            #expect(textOf(simple_rt_string_trim(makeString("   "), 3)) == "")
            #expect(textOf(simple_rt_string_trim_chars(makeString("éxaé"), makeString("éa"))) == "x")
            #expect(textOf(simple_rt_string_pad(makeString("ab"), 5, makeString("é"), 0)) == "éééab")
            #expect(textOf(simple_rt_string_pad(makeString("ab"), 5, makeString("-"), 1)) == "ab---")
            #expect(textOf(simple_rt_string_pad(makeString("ab"), 5, makeString("-"), 2)) == "-ab--")
        }
    }

    @Test func splitting() {
        withRuntime {
            func split(_ text: String, _ separator: String, _ most: Int = -1) -> [String] {
                texts(simple_rt_string_split(makeString(text), makeString(separator), most))
            }
            #expect(split("", ",") == [""])
            #expect(split("a,b,,c", ",") == ["a", "b", "", "c"])
            #expect(split("a,b,c", ",", 1) == ["a", "b,c"])
            #expect(split("aéébéé", "éé") == ["a", "b", ""])
            #expect(texts(simple_rt_string_split_whitespace(makeString(" a\u{2003}bé \t\nc "))) == ["a", "bé", "c"])
            #expect(texts(simple_rt_string_split_whitespace(makeString("  "))) == [])
            #expect(texts(simple_rt_string_lines(makeString("a\r\nb\n\nc\r"))) == ["a", "b", "", "c\r"])
            #expect(texts(simple_rt_string_lines(makeString("a\n"))) == ["a"])
            #expect(texts(simple_rt_string_lines(makeString(""))) == [])
            let pair = simple_rt_string_split_once(makeString("k=v=w"), makeString("="))
            #expect(textOf(pair.first) == "k" && textOf(pair.second) == "v=w")
            #expect(simple_rt_string_split_once(makeString("k"), makeString("=")).first == nil)
        }
    }

    @Test func parsing() {
        withRuntime {
            let integers: [(String, Int64?)] = [
                ("42", 42), ("-42", -42), ("+7", 7), ("1_000", 1000), ("0xff", 255), ("-0b101", -5), ("0o17", 15), ("", nil), ("-", nil), ("1__0", nil),
                ("_1", nil), ("1_", nil), (" 1", nil), ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775808", .min), ("0x", nil), ("12a", nil), ("0xFFFFFFFFFFFFFFFFF", nil),
            ]
            for (text, value) in integers {
                let result = simple_rt_string_to_int(makeString(text))
                #expect(result.first == (value == nil ? 0 : 1), "\(text)")
                if let value { #expect(result.second == value) }
            }
            let floats: [(String, Double?)] = [
                ("1.5", 1.5), ("-2", -2), ("1e3", 1000), ("1_0.2_5", 10.25), ("inf", .infinity), ("-inf", -.infinity), ("1.", nil), (".5", nil), ("0x1p3", nil), (" 1", nil), ("1e", nil), ("infinity", nil),
                ("1.7976931348623157e308", 1.7976931348623157e308), ("0." + String(repeating: "0", count: 100) + "1", 1e-101),
            ]
            for (text, value) in floats {
                let result = simple_rt_string_to_float(makeString(text))
                #expect(result.first == (value == nil ? 0 : 1), "\(text)")
                if let value { #expect(result.second == value) }
            }
            #expect(simple_rt_string_test(makeString("1.5"), 7) == 1)
            #expect(simple_rt_string_test(makeString(""), 1) == 0)
            #expect(simple_rt_string_test(makeString("abcé"), 1) == 1)
        }
    }

    /// `s += x` shares a growing buffer; a string that was extended twice must not see the other's bytes.
    @Test func concatenationSharesSafely() {
        withRuntime {
            let base = simple_rt_string_concat(makeString(String(repeating: "x", count: 200)), makeString("y"))
            let one = simple_rt_string_concat(base, makeString("one"))
            let two = simple_rt_string_concat(base, makeString("two"))
            let three = simple_rt_string_concat(one, makeString("é"))
            #expect(textOf(one).hasSuffix("yone"))
            #expect(textOf(two).hasSuffix("ytwo"))
            #expect(textOf(three).hasSuffix("yoneé"))
            #expect(three.word(ObjectLayout.stringCharCount) == 205)
            #expect(textOf(simple_rt_string_concat(one, one)).count == 408)
        }
    }
}

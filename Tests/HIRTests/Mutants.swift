/// Deterministic pseudo-random numbers (splitmix64).
struct Generator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ n: Int) -> Int { Int(next() % UInt64(n)) }
}

/// Programs changed token by token such that many of them still parse.
struct Mutants {
    /// What a token is, roughly: tokens are replaced by tokens of their kind.
    private enum Kind { case word, number, text, symbol, blank }

    private let programs: [[(kind: Kind, text: String)]]
    /// Tokens of each kind to put in place of others.
    private var words: [String] = ["i64", "f64", "str", "bool", "u8", "nil", "true", "None", "Some", "self", "x", "len", "println", "i64?"]
    private var numbers: [String] = ["0", "1", "2.5", "255u8", "9223372036854775807", "1i32", "64"]
    private let symbols = ["+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "==", "<", "<=", "!=", "??", "..", "..=", "and", "or", "in", "is"]

    init(_ sources: [String]) {
        var all: [[(kind: Kind, text: String)]] = []
        for source in sources {
            let tokens = Mutants.tokens(source)
            words += tokens.filter { $0.kind == .word }.map(\.text)
            numbers += tokens.filter { $0.kind == .number }.map(\.text)
            all.append(tokens)
        }
        programs = all
    }

    private static func tokens(_ source: String) -> [(kind: Kind, text: String)] {
        var result: [(kind: Kind, text: String)] = []
        let characters = Array(source)
        var i = 0
        while i < characters.count {
            let start = i
            let c = characters[i]
            let kind: Kind
            if c.isLetter || c == "_" {
                kind = .word
                while i < characters.count, characters[i].isLetter || characters[i].isNumber || characters[i] == "_" { i += 1 }
            } else if c.isNumber {
                kind = .number
                while i < characters.count, characters[i].isLetter || characters[i].isNumber || characters[i] == "_" { i += 1 }
            } else if c == "\"" {
                kind = .text
                i += 1
                while i < characters.count, characters[i] != "\"", characters[i] != "\n" { i += 1 }
                if i < characters.count { i += 1 }
            } else if c == " " || c == "\n" {
                kind = .blank
                while i < characters.count, characters[i] == " " || characters[i] == "\n" { i += 1 }
            } else {
                kind = .symbol
                i += 1
                while i < characters.count, "+-*/%<>=&|^.?".contains(characters[i]), "+-*/%<>=&|^.?".contains(c) { i += 1 }
            }
            result.append((kind, String(characters[start..<i])))
        }
        return result
    }

    /// Mutant number `seed`.
    func mutant(_ seed: Int) -> String {
        var random = Generator(state: UInt64(seed))
        var tokens = programs[random.below(programs.count)]
        for _ in 0..<(1 + random.below(3)) where tokens.count > 1 {
            let at = random.below(tokens.count)
            switch (random.below(8), tokens[at].kind) {
            case (0, .word), (0, .number), (0, .text): tokens.remove(at: at)
            case (1, _):
                let from = random.below(tokens.count)
                tokens.swapAt(at, from)
            case (2, .word), (2, .number), (2, .text): tokens[at].text = ["(1, 2)", "[1]", "[]", "nil", "f()", "(x)", "Some(1)", "x.y", "x[0]"][random.below(9)]
            case (3, .blank): tokens[at].text = ["\n", "\n    ", " ", "\n        "][random.below(4)]
            case (_, .word): tokens[at].text = words[random.below(words.count)]
            case (_, .number): tokens[at].text = numbers[random.below(numbers.count)]
            case (_, .text): tokens[at].text = random.below(2) == 0 ? numbers[random.below(numbers.count)] : words[random.below(words.count)]
            case (_, .symbol): if tokens[at].text.allSatisfy({ "+-*/%<>=&|^?.".contains($0) }) { tokens[at].text = symbols[random.below(symbols.count)] }
            case (_, .blank): break
            }
        }
        return tokens.map(\.text).joined()
    }
}

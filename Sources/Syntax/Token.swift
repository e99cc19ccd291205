package import Support

/// The kinds of tokens. Contextual keywords (`val`, `case`, `unit`, …) are `identifier`s.
package enum TokenKind: UInt8, Sendable, CaseIterable {
    case endOfFile, newline, indent, dedent
    /// Text that the lexer reported; the parser fails here without a further message.
    case error

    case identifier, underscore
    case integer, float, string, byteString, character, symbol
    /// A `"""…"""` that documents what surrounds it (§2.1); never interpolated.
    case docString
    /// An interpolated string is `stringStart { stringPart | interpolationStart … [formatSpec] interpolationEnd } stringEnd`.
    case stringStart, stringPart, interpolationStart, formatSpec, interpolationEnd, stringEnd

    // Punctuation.
    case leftParen, rightParen, leftBracket, rightBracket, leftBrace, rightBrace
    case attributeStart
    case comma, colon, colonColon, semicolon, dot, dotDot, dotDotEqual, arrow, fatArrow, at, backslash
    case question, questionQuestion, bang

    // Operators.
    case plus, minus, star, slash, slashSlash, percent, starStar
    case ampersand, pipe, caret, tilde, shiftLeft, shiftRight
    case ampersandAmpersand, pipePipe
    case equalEqual, bangEqual, less, lessEqual, greater, greaterEqual
    case equal
    case plusEqual, minusEqual, starEqual, slashEqual, slashSlashEqual, percentEqual, starStarEqual
    case ampersandEqual, pipeEqual, caretEqual, shiftLeftEqual, shiftRightEqual

    // Reserved words; their order is that of `TokenKind.keywords`.
    case kwAnd, kwAs, kwAsync, kwAwait, kwBreak, kwClass, kwConst, kwContinue, kwElif, kwElse, kwEnum, kwExtern
    case kwFalse, kwFn, kwFor, kwIf, kwImpl, kwImport, kwIn, kwIs, kwLet, kwLoop, kwMatch, kwMod, kwMut, kwNil
    case kwNot, kwOr, kwPass, kwPub, kwReturn, kwSelf, kwSelfType, kwSpawn, kwStatic, kwStruct, kwSuper, kwTrait
    case kwTrue, kwType, kwUse, kwWhile, kwWith, kwYield

    /// The reserved words (§2.3), in the order of their kinds.
    package static let keywords: [String] = [
        "and", "as", "async", "await", "break", "class", "const", "continue", "elif", "else", "enum", "extern",
        "false", "fn", "for", "if", "impl", "import", "in", "is", "let", "loop", "match", "mod", "mut", "nil",
        "not", "or", "pass", "pub", "return", "self", "Self", "spawn", "static", "struct", "super", "trait",
        "true", "type", "use", "while", "with", "yield",
    ]

    /// `true` iff this is a reserved word.
    @inlinable package var isKeyword: Bool { rawValue >= TokenKind.kwAnd.rawValue }

    /// How the token is spelled, for kinds with one spelling.
    package var spelling: String? {
        if isKeyword { return TokenKind.keywords[Int(rawValue - TokenKind.kwAnd.rawValue)] }
        let first = TokenKind.leftParen.rawValue
        guard rawValue >= first else { return nil }
        return TokenKind.punctuation[Int(rawValue - first)]
    }

    private static let punctuation: [String] = [
        "(", ")", "[", "]", "{", "}", "#[", ",", ":", "::", ";", ".", "..", "..=", "->", "=>", "@", "\\", "?", "??",
        "!", "+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "~", "<<", ">>", "&&", "||", "==", "!=", "<", "<=",
        ">", ">=", "=", "+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>=",
    ]
}

/// What precedes a token.
package struct TokenFlags: OptionSet, Sendable {
    package let rawValue: UInt8
    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// A blank, comment or line break stands before the token.
    package static let spaceBefore = TokenFlags(rawValue: 1)
    /// A line break stands before the token.
    package static let lineBreakBefore = TokenFlags(rawValue: 2)
    /// The token begins a logical line.
    package static let startsLine = TokenFlags(rawValue: 4)
    /// Lines of `##` stand directly above; `TokenBuffer.docComment` has their text.
    package static let hasDocComment = TokenFlags(rawValue: 8)
}

/// One token: 16 bytes.
package struct Token: Sendable {
    package var kind: TokenKind
    package var flags: TokenFlags
    /// Names: `NameID`. Strings: `StringID`. Numbers: index in `TokenBuffer.numbers`. Characters: the scalar. Else 0.
    package var value: UInt32
    package var start: UInt32
    package var end: UInt32

    @inlinable package init(_ kind: TokenKind, flags: TokenFlags, value: UInt32, start: UInt32, end: UInt32) {
        self.kind = kind
        self.flags = flags
        self.value = value
        self.start = start
        self.end = end
    }
    @inlinable package var span: SourceSpan { SourceSpan(start: start, end: end) }
    @inlinable package var name: NameID { NameID(rawValue: value) }
}

/// The value of a number token.
package struct NumberLiteral: Sendable {
    /// The integer, or the bits of the IEEE 754 binary64 value.
    package var bits: UInt64
    package var suffix: NumericSuffix
    /// The suffix's name when `suffix` is `.unit`.
    package var unit: NameID
}

/// What the lexer produces: all tokens of a file and the values of its literals.
package struct TokenBuffer: Sendable {
    /// Ends with one `endOfFile`.
    package var tokens: ContiguousArray<Token> = []
    package var numbers: ContiguousArray<NumberLiteral> = []
    /// Decoded text of strings, laid out as in `SyntaxTree`.
    package var stringBytes: ContiguousArray<UInt8> = []
    package var stringStarts: ContiguousArray<UInt32> = [0]
    /// Texts of `##` comments by the index of the token they stand above, ascending.
    var docComments: ContiguousArray<(token: Int, string: UInt32)> = []
    /// `true` iff the lexer reported that nesting is too deep.
    var reportedDepth = false

    /// The string of the `##` lines above the token at `index`.
    func docComment(above index: Int) -> UInt32? {
        var low = 0
        var high = docComments.count
        while low < high {
            let middle = (low + high) / 2
            if docComments[middle].token < index { low = middle + 1 } else { high = middle }
        }
        return low < docComments.count && docComments[low].token == index ? docComments[low].string : nil
    }
}

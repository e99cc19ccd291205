// Parses the text form of MIR (grammar: Docs/mir.md). For tests and tools: clear rather than fast.
//
// Values and blocks may be used before they are defined. While a function is read, operand fields hold the numbers
// of the text; at its end they are replaced by ids.

internal import RuntimeABI
internal import Support

/// Why a text is not MIR.
package struct MIRParseError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Something else was expected; says what and what is there.
        case expected(String, found: String)
        /// A word that names no instruction, type, condition or the like; says of which kind.
        case unknown(String, String)
        /// A number is malformed or too large.
        case badNumber(String)
        case undefinedValue(UInt32)
        case duplicateValue(UInt32)
        case undefinedBlock(UInt32)
        case duplicateBlock(UInt32)
        /// A symbol that is neither defined, nor declared `extern`, nor a runtime entry.
        case undeclaredSymbol(String)
        case duplicateSymbol(String)
    }
    package var kind: Kind
    /// Counted from 1.
    package var line: Int

    package var description: String {
        let text =
            switch kind {
            case .expected(let what, let found): "expected \(what), found \(found)"
            case .unknown(let what, let word): "unknown \(what) '\(word)'"
            case .badNumber(let text): "bad number '\(text)'"
            case .undefinedValue(let number): "v\(number) is not defined"
            case .duplicateValue(let number): "v\(number) is defined twice"
            case .undefinedBlock(let number): "b\(number) is not defined"
            case .duplicateBlock(let number): "b\(number) is defined twice"
            case .undeclaredSymbol(let name): "@\(name) is not declared"
            case .duplicateSymbol(let name): "@\(name) is defined twice"
            }
        return "line \(line): \(text)"
    }
}

/// See the top of this file.
package struct MIRTextParser {
    private enum Token: Equatable {
        /// A word: letters, digits, `_`, `.`, `$`, starting with a letter or `_`.
        case word(String)
        /// A number as written, with its sign.
        case number(String)
        /// `@name`
        case symbol(String)
        case string([UInt8])
        case punctuation(UInt8)
        case arrow
        case end
    }
    private struct State {
        var isDeclared = false
        /// Where the name first appears.
        var line = 0
    }

    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var token = Token.end
    /// Line of `token`.
    private var tokenLine = 1
    /// Line on which the token before `token` stood.
    private var previousLine = 1

    private var module: MIRModule
    private var symbolIDs: [String: SymbolID] = [:]
    private var symbolStates: [State] = []

    // Of the current function.
    private var function: MIRFunction
    private var valueIDs: [UInt32: ValueID] = [:]
    private var blockIDs: [UInt32: BlockID] = [:]
    private var instructionLines: [Int] = []

    /// Parses a module.
    /// - Throws: `MIRParseError` at the first mistake. The result may still break rules of `MIRVerifier`.
    package static func parse(_ text: String) throws(MIRParseError) -> MIRModule {
        var parser = MIRTextParser(text)
        try parser.parseModule()
        return parser.module
    }

    private init(_ text: String) {
        bytes = Array(text.utf8)
        module = MIRModule(name: "", sources: SourceMap())
        function = MIRTextParser.noFunction
    }
    private static let noFunction = MIRFunction(
        symbol: SymbolID(rawValue: 0), signature: SignatureID(rawValue: 0),
        scope: InlineScope(name: "", file: FileID(rawValue: 0)))

    // MARK: - Tokens

    private func fail(_ kind: MIRParseError.Kind, line: Int? = nil) -> MIRParseError {
        MIRParseError(kind: kind, line: line ?? tokenLine)
    }
    private func expected(_ what: String) -> MIRParseError { fail(.expected(what, found: describe(token))) }
    private func describe(_ token: Token) -> String {
        switch token {
        case .word(let word): "'\(word)'"
        case .number(let text): "'\(text)'"
        case .symbol(let name): "'@\(name)'"
        case .string: "a string"
        case .punctuation(let byte): "'\(Character(Unicode.Scalar(byte)))'"
        case .arrow: "'->'"
        case .end: "the end"
        }
    }

    private mutating func advance() throws(MIRParseError) {
        previousLine = tokenLine
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\n") {
                line += 1
            } else if byte == UInt8(ascii: "/"), at + 1 < bytes.count, bytes[at + 1] == byte {
                while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
                continue
            } else if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t"), byte != UInt8(ascii: "\r") {
                break
            }
            at += 1
        }
        tokenLine = line
        guard at < bytes.count else {
            token = .end
            return
        }
        let byte = bytes[at]
        let next = at + 1 < bytes.count ? bytes[at + 1] : 0
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            token = .word(takeName())
        case UInt8(ascii: "0")...UInt8(ascii: "9"): token = .number(takeNumber())
        case UInt8(ascii: "-") where next == UInt8(ascii: ">"):
            at += 2
            token = .arrow
        case UInt8(ascii: "-") where next >= UInt8(ascii: "0") && next <= UInt8(ascii: "9"):
            token = .number(takeNumber())
        case UInt8(ascii: "@"):
            at += 1
            if next == UInt8(ascii: "\"") {
                token = .symbol(String(decoding: try takeString(), as: UTF8.self))
            } else {
                token = .symbol(takeName())
            }
        case UInt8(ascii: "\""): token = .string(try takeString())
        default:
            at += 1
            token = .punctuation(byte)
        }
    }
    private mutating func takeName() -> String {
        let start = at
        while at < bytes.count, MIRPrinter.isNameByte(bytes[at]) { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }
    private mutating func takeNumber() -> String {
        let start = at
        at += 1
        while at < bytes.count {
            // The sign of an exponent belongs to the number (but not to a hexadecimal one, which has no exponent).
            let isExponent = bytes[at - 1] | 0x20 == UInt8(ascii: "e") && !bytes[start..<at].contains(UInt8(ascii: "x"))
            if !MIRPrinter.isNameByte(bytes[at])
                && !(isExponent && (bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+")))
            {
                break
            }
            at += 1
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }
    private mutating func takeString() throws(MIRParseError) -> [UInt8] {
        at += 1
        var result: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\n") { break }
            if bytes[at] != UInt8(ascii: "\\") {
                result.append(bytes[at])
                at += 1
                continue
            }
            let next = at + 1 < bytes.count ? bytes[at + 1] : 0
            if next == UInt8(ascii: "\\") || next == UInt8(ascii: "\"") {
                result.append(next)
                at += 2
            } else if at + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[at + 1...at + 2], as: UTF8.self), radix: 16)
            {
                result.append(value)
                at += 3
            } else {
                throw fail(.expected("two hexadecimal digits", found: "something else"))
            }
        }
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
            throw fail(.expected("the end of the string", found: "the end of the line"))
        }
        at += 1
        return result
    }

    // MARK: - Small parts

    private func isWord(_ word: String) -> Bool { token == .word(word) }
    private func isPunctuation(_ text: Unicode.Scalar) -> Bool { token == .punctuation(UInt8(ascii: text)) }
    /// Takes a keyword if it is there.
    private mutating func take(word: String) throws(MIRParseError) -> Bool {
        if !isWord(word) { return false }
        try advance()
        return true
    }
    private mutating func take(_ punctuation: Unicode.Scalar) throws(MIRParseError) -> Bool {
        if !isPunctuation(punctuation) { return false }
        try advance()
        return true
    }
    private mutating func expect(word: String) throws(MIRParseError) {
        if try !take(word: word) { throw expected("'\(word)'") }
    }
    private mutating func expect(_ punctuation: Unicode.Scalar) throws(MIRParseError) {
        if try !take(punctuation) { throw expected("'\(punctuation)'") }
    }
    private mutating func word(_ what: String) throws(MIRParseError) -> String {
        guard case .word(let word) = token else { throw expected(what) }
        try advance()
        return word
    }
    /// A word of a table.
    private mutating func word<T>(_ what: String, in table: [String: T]) throws(MIRParseError) -> T {
        guard case .word(let word) = token else { throw expected(what) }
        guard let value = table[word] else { throw fail(.unknown(what, word)) }
        try advance()
        return value
    }
    private mutating func string() throws(MIRParseError) -> [UInt8] {
        guard case .string(let bytes) = token else { throw expected("a string") }
        try advance()
        return bytes
    }
    private mutating func number() throws(MIRParseError) -> Int64 {
        guard case .number(let text) = token else { throw expected("a number") }
        guard let value = Int64(text) else { throw fail(.badNumber(text)) }
        try advance()
        return value
    }
    private mutating func smallNumber() throws(MIRParseError) -> UInt32 {
        let line = tokenLine
        let value = try number()
        guard let small = UInt32(exactly: value) else { throw fail(.badNumber(String(value)), line: line) }
        return small
    }
    private mutating func type() throws(MIRParseError) -> MIRType {
        MIRType(rawValue: try word("type", in: MIRNames.types)) ?? .none
    }
    private mutating func linkage() throws(MIRParseError) -> Linkage {
        let line = tokenLine
        let name = try word("linkage")
        switch name {
        case "local": return .local
        case "global": return .global
        case "weak": return .weak
        default: throw fail(.unknown("linkage", name), line: line)
        }
    }
    /// `letter` and a number, such as `v12`.
    private mutating func numbered(_ letter: Character, _ what: String) throws(MIRParseError) -> UInt32 {
        guard case .word(let word) = token, word.first == letter, let number = UInt32(word.dropFirst()) else {
            throw expected(what)
        }
        try advance()
        return number
    }
    private mutating func value() throws(MIRParseError) -> UInt32 { try numbered("v", "a value") }
    /// ` + n`, ` - n`, or nothing.
    private mutating func displacement() throws(MIRParseError) -> Int64 {
        if try take("+") { return try number() }
        if try take("-") {
            // `number()` would refuse the magnitude of the smallest number.
            guard case .number(let text) = token else { throw expected("a number") }
            guard let value = Int64("-" + text) else { throw fail(.badNumber(text)) }
            try advance()
            return value
        }
        return 0
    }
    private mutating func signature() throws(MIRParseError) -> SignatureID {
        var signature = Signature(parameters: [], results: [])
        try expect("(")
        while !isPunctuation(")") {
            if !signature.parameters.isEmpty { try expect(",") }
            signature.parameters.append(try type())
        }
        try advance()
        if token == .arrow {
            repeat {
                try advance()
                signature.results.append(try type())
            } while isPunctuation(",")
        }
        return module.intern(signature)
    }

    // MARK: - Module

    private mutating func parseModule() throws(MIRParseError) {
        try advance()
        try expect(word: "module")
        module.name = String(decoding: try string(), as: UTF8.self)
        while token != .end {
            switch token {
            case .word("file"):
                try advance()
                _ = module.sources.add(SourceFile(path: String(decoding: try string(), as: UTF8.self), bytes: []))
            case .word("extern"): try parseExtern()
            case .word("data"): try parseData()
            case .word("func"): try parseFunction()
            default: throw expected("'file', 'extern', 'data', 'func' or the end")
            }
        }
        for (i, state) in symbolStates.enumerated() where !state.isDeclared {
            throw fail(.undeclaredSymbol(module.symbols[i].name), line: state.line)
        }
    }

    /// The id of a symbol that is mentioned here.
    private mutating func symbol() throws(MIRParseError) -> SymbolID {
        guard case .symbol(let name) = token else { throw expected("a symbol") }
        let line = tokenLine
        try advance()
        if let known = symbolIDs[name] { return known }
        let id: SymbolID
        if let runtime = MIRNames.runtimeFunctions[name] {
            id = module.symbol(for: runtime)
            symbolStates.append(State(isDeclared: true, line: line))
        } else {
            id = module.addSymbol(Symbol(name: name, kind: .data, linkage: .global))
            symbolStates.append(State(isDeclared: false, line: line))
        }
        symbolIDs[name] = id
        return id
    }
    /// Notes what a symbol is.
    private mutating func declare(_ id: SymbolID, _ kind: SymbolKind, _ linkage: Linkage, line: Int) throws(MIRParseError) {
        if symbolStates[id.index].isDeclared {
            throw fail(.duplicateSymbol(module.symbols[id.index].name), line: line)
        }
        symbolStates[id.index].isDeclared = true
        module.symbols[id.index].kind = kind
        module.symbols[id.index].linkage = linkage
    }

    private mutating func parseExtern() throws(MIRParseError) {
        try advance()
        let isData = isWord("data")
        if try !take(word: "data") { try expect(word: "func") }
        let linkage = try linkage()
        let line = tokenLine
        let id = try symbol()
        try declare(id, isData ? .data : .function(try signature()), linkage, line: line)
    }

    private mutating func parseData() throws(MIRParseError) {
        try advance()
        let linkage = try linkage()
        let line = tokenLine
        let id = try symbol()
        try declare(id, .data, linkage, line: line)
        let section: DataObject.Section
        let sectionLine = tokenLine
        let name = try word("section")
        switch name {
        case "readOnly": section = .readOnly
        case "writable": section = .writable
        case "zeroed": section = .zeroed
        default: throw fail(.unknown("section", name), line: sectionLine)
        }
        try expect(word: "align")
        let alignment = Int(try smallNumber())
        try expect(word: "size")
        let size = Int(try smallNumber())
        var object = DataObject(symbol: id, section: section, alignment: alignment, bytes: [], size: size)
        if try take("{") {
            while try !take("}") {
                if try take(word: "bytes") {
                    object.bytes += try string()
                } else if try take(word: "address") {
                    let offset = Int(try smallNumber())
                    let target = try symbol()
                    object.addresses.append((offset, target, try displacement()))
                } else {
                    throw expected("'bytes', 'address' or '}'")
                }
            }
        }
        module.data.append(object)
    }

    // MARK: - Functions

    private mutating func parseFunction() throws(MIRParseError) {
        try advance()
        let linkage = try linkage()
        let line = tokenLine
        let id = try symbol()
        let signature = try signature()
        try declare(id, .function(signature), linkage, line: line)
        let scope = InlineScope(name: module.symbols[id.index].name, file: FileID(rawValue: 0))
        function = MIRFunction(symbol: id, signature: signature, scope: scope)
        valueIDs.removeAll()
        blockIDs.removeAll()
        instructionLines = [line]
        if try take(word: "inline") {
            function.inlineHint = .always
        } else if try take(word: "noinline") {
            function.inlineHint = .never
        }
        try expect("{")
        if isWord("scope") { function.scopes.removeAll() }
        while try take(word: "scope") { try parseScope() }
        while try !take("}") { try parseBlock() }
        try resolveNames()
        module.functions.append(function)
        function = MIRTextParser.noFunction
    }

    private mutating func parseScope() throws(MIRParseError) {
        var scope = InlineScope(name: String(decoding: try string(), as: UTF8.self), file: FileID(rawValue: 0))
        try expect(word: "file")
        scope.file = FileID(rawValue: try smallNumber())
        if try take(word: "call") {
            scope.callPosition = try smallNumber()
            try expect(word: "in")
            scope.parent = try smallNumber()
        }
        function.scopes.append(scope)
    }

    private mutating func parseBlock() throws(MIRParseError) {
        let line = tokenLine
        let label = try numbered("b", "a block")
        let block = function.addBlock()
        if blockIDs.updateValue(block, forKey: label) != nil { throw fail(.duplicateBlock(label), line: line) }
        if try take("(") {
            repeat {
                let line = tokenLine
                let number = try value()
                try expect(":")
                let id = function.addParameter(to: block, type: try type())
                try define(number, id, line: line)
            } while try take(",")
            try expect(")")
        }
        try expect(":")
        while !isPunctuation("}"), !isBlockLabel { try parseInstruction(in: block) }
    }
    private var isBlockLabel: Bool {
        guard case .word(let word) = token else { return false }
        return word.first == "b" && UInt32(word.dropFirst()) != nil
    }
    private mutating func define(_ number: UInt32, _ id: ValueID, line: Int) throws(MIRParseError) {
        if valueIDs.updateValue(id, forKey: number) != nil { throw fail(.duplicateValue(number), line: line) }
        while instructionLines.count <= id.index { instructionLines.append(line) }
    }

    private mutating func parseInstruction(in block: BlockID) throws(MIRParseError) {
        let line = tokenLine
        var result: UInt32?
        if case .word(let word) = token, word.first == "v", UInt32(word.dropFirst()) != nil {
            result = try value()
            try expect("=")
        }
        guard case .word(let name) = token else { throw expected("an instruction") }
        guard let opcode = MIRNames.opcodes[name], opcode != .blockParameter else {
            throw fail(.unknown("instruction", name))
        }
        try advance()
        var i = Instruction(opcode)
        try parseOperands(&i, hasResult: result != nil)
        if (result != nil) != (i.type != .none) {
            throw fail(.expected(result == nil ? "a result" : "no result", found: "the other"), line: line)
        }
        if try take(";") {
            i.position = try smallNumber()
            if try take("/") { i.scope = try smallNumber() }
        }
        let id = function.make(i)
        function.append(id, to: block)
        while instructionLines.count <= id.index { instructionLines.append(line) }
        if let result { try define(result, id, line: line) }
    }

    private mutating func parseOperands(_ i: inout Instruction, hasResult: Bool) throws(MIRParseError) {
        switch i.opcode {
        case .blockParameter, .unreachable: break
        case .iconst:
            i.type = try type()
            i.immediate = try number()
        case .fconst:
            i.type = try type()
            i.immediate = try float(i.type)
        case .symbolAddress:
            i.type = try type()
            i.a = try symbol().rawValue
            i.immediate = try displacement()
        case .stackSlot:
            i.type = try type()
            try expect(word: "size")
            i.immediate = try number()
            try expect(word: "align")
            i.b = try smallNumber()
        case .add, .subtract, .multiply, .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU, .divideS,
            .divideU, .remainderS, .remainderU, .and, .or, .xor, .shiftLeft, .shiftRightS, .shiftRightU, .fadd,
            .fsubtract, .fmultiply, .fdivide:
            i.type = try type()
            try twoValues(&i)
        case .countLeadingZeros, .countTrailingZeros, .populationCount, .fnegate, .fabsolute, .fsqrt, .signExtend,
            .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast, .copy:
            i.type = try type()
            i.a = try value()
        case .icmp:
            i.type = .i8
            i.condition = try word("condition", in: MIRNames.integerConditions).rawValue
            try twoValues(&i)
        case .fcmp:
            i.type = .i8
            i.condition = try word("condition", in: MIRNames.floatConditions).rawValue
            try twoValues(&i)
        case .select:
            i.type = try type()
            try twoValues(&i)
            try expect(",")
            i.c = try value()
        case .load, .loadIndexed:
            i.type = try type()
            let address = try address()
            i.a = address.base
            i.immediate = address.displacement
            i.opcode = .load
            if let index = address.index {
                i.opcode = .loadIndexed
                i.b = index
                i.c = address.scale
            }
            i.aux = try word("alias class", in: MIRNames.aliasClasses)
        case .store, .storeIndexed:
            let stored = try value()
            try expect(",")
            let line = tokenLine
            let address = try address()
            i.a = address.base
            if let index = address.index {
                guard Int32(exactly: address.displacement) != nil else {
                    throw fail(.badNumber(String(address.displacement)), line: line)
                }
                i.opcode = .storeIndexed
                i.b = index
                i.c = stored
                i.immediate =
                    Int64(address.scale) << 32 | Int64(UInt32(truncatingIfNeeded: address.displacement))
            } else {
                i.opcode = .store
                i.b = stored
                i.immediate = address.displacement
            }
            i.aux = try word("alias class", in: MIRNames.aliasClasses)
        case .checkIndex, .checkBounds:
            i.type = i.opcode == .checkIndex ? .i64 : .none
            i.aux = try word("kind of indexed value", in: MIRNames.indexedKinds)
            try twoValues(&i)
        case .trapIf:
            i.a = try value()
            try expect(",")
            i.immediate = try trapWord()
        case .call:
            if hasResult { i.type = try type() }
            i.a = try symbol().rawValue
            try expect("(")
            i.b = try list(closedBy: ")")
        case .callIndirect:
            i.a = try value()
            let signature = try signature()
            i.c = signature.rawValue
            i.type = module[signature].results.first ?? .none
            try expect(word: "with")
            try expect("(")
            i.b = try list(closedBy: ")")
        case .projection:
            i.type = try type()
            i.a = try value()
            try expect(",")
            i.immediate = try number()
        case .jump: i.a = try edge()
        case .branch:
            i.a = try value()
            try expect(",")
            i.b = try edge()
            try expect(",")
            i.c = try edge()
        case .switchInt:
            i.a = try value()
            try expect("[")
            var cases: [UInt32] = []
            while try !take("]") {
                if !cases.isEmpty { try expect(",") }
                let number = try number()
                try expect(":")
                cases += [UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32), try edge()]
            }
            i.b = function.addRawList(cases).rawValue
            try expect(",")
            i.c = try edge()
        case .returnValues:
            var values: [ValueID] = []
            if isValue {
                repeat { values.append(ValueID(rawValue: try value())) } while try take(",")
            }
            i.b = function.addList(values).rawValue
        }
    }
    /// A value on the same line as the token before: `return` without values stands before the next line's block.
    private var isValue: Bool {
        guard tokenLine == previousLine, case .word(let word) = token else { return false }
        return word.first == "v" && UInt32(word.dropFirst()) != nil
    }
    private mutating func twoValues(_ i: inout Instruction) throws(MIRParseError) {
        i.a = try value()
        try expect(",")
        i.b = try value()
    }
    /// Values up to `end`, which is taken.
    private mutating func list(closedBy end: Unicode.Scalar) throws(MIRParseError) -> UInt32 {
        var values: [ValueID] = []
        while try !take(end) {
            if !values.isEmpty { try expect(",") }
            values.append(ValueID(rawValue: try value()))
        }
        return function.addList(values).rawValue
    }
    /// `[base + displacement]` or `[base + index * scale + displacement]`.
    private mutating func address() throws(MIRParseError) -> (
        base: UInt32, index: UInt32?, scale: UInt32, displacement: Int64
    ) {
        try expect("[")
        let base = try value()
        var index: UInt32?
        var scale: UInt32 = 0
        var displacement: Int64 = 0
        if try take("+") {
            if case .number = token {
                displacement = try number()
            } else {
                index = try value()
                try expect("*")
                scale = try smallNumber()
                displacement = try self.displacement()
            }
        } else {
            displacement = try self.displacement()
        }
        try expect("]")
        return (base, index, scale, displacement)
    }
    private mutating func trapWord() throws(MIRParseError) -> Int64 {
        if case .number = token { return try number() }
        var word = Int64(try word("trap code", in: MIRNames.trapCodes))
        if case .word(let name) = token, tokenLine == previousLine, MIRNames.trapOperations[name] != nil {
            word |= Int64(try self.word("operation", in: MIRNames.trapOperations)) << 8
            word |= Int64(try self.word("type", in: MIRNames.trapTypes)) << 16
        }
        return word
    }
    /// A float constant's bits.
    private mutating func float(_ type: MIRType) throws(MIRParseError) -> Int64 {
        guard case .number(let text) = token else { throw expected("a number") }
        var bits: Int64?
        if text.hasPrefix("0x") {
            bits = UInt64(text.dropFirst(2), radix: 16).map { Int64(bitPattern: $0) }
        } else if type == .f32 {
            bits = Float(text).map { Int64($0.bitPattern) }
        } else {
            bits = Double(text).map { Int64(bitPattern: $0.bitPattern) }
        }
        guard let bits else { throw fail(.badNumber(text)) }
        try advance()
        return bits
    }
    private mutating func edge() throws(MIRParseError) -> UInt32 {
        let label = try numbered("b", "a block")
        var arguments: [ValueID] = []
        if try take("(") {
            repeat { arguments.append(ValueID(rawValue: try value())) } while try take(",")
            try expect(")")
        }
        return function.addEdge(to: BlockID(rawValue: label), arguments: arguments).rawValue
    }

    /// Replaces the numbers of values and blocks by ids.
    private mutating func resolveNames() throws(MIRParseError) {
        var missing: (kind: MIRParseError.Kind, line: Int)?
        for b in function.blocks.indices {
            var id = function.blocks[b].first
            while id.exists {
                let line = instructionLines[id.index]
                function.mapOperands(of: id) { [valueIDs] operand in
                    if let value = valueIDs[operand.rawValue] { return value }
                    if missing == nil { missing = (.undefinedValue(operand.rawValue), line) }
                    return .none
                }
                if id == function.blocks[b].last {
                    for k in 0..<function.successorCount(of: BlockID(b)) {
                        let edge = function.successor(of: BlockID(b), k)
                        let label = function[edge].target.rawValue
                        if let target = blockIDs[label] {
                            function[edge].target = target
                        } else if missing == nil {
                            missing = (.undefinedBlock(label), line)
                        }
                    }
                }
                id = function[id].next
            }
        }
        // A terminator in the middle of a block is the verifier's to report; its edges keep a label that may not exist.
        if let missing { throw fail(missing.kind, line: missing.line) }
    }
}

// Prints MIR as text. Docs/mir.md has the grammar; MIRTextParser reads it back.
//
// Values are numbered in order of appearance, blocks by their index. Broken functions print too (as far as their
// chains go), since the verifier's reports are read next to them.

internal import RuntimeABI
internal import Support

/// What the text form shows besides the code.
package struct MIRTextOptions: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `; position/scope` behind each instruction, and the functions' scopes.
    package static let positions = MIRTextOptions(rawValue: 1)
    /// Values are numbered by their place in the arena, as in the verifier's reports.
    package static let rawNumbers = MIRTextOptions(rawValue: 2)
}

/// Prints modules and functions.
package struct MIRPrinter {
    private let module: MIRModule
    private let options: MIRTextOptions
    private var text = ""
    /// Printed number by instruction of the current function; 0: none.
    private var numbers: [UInt32] = []

    private init(_ module: MIRModule, _ options: MIRTextOptions) {
        self.module = module
        self.options = options
    }

    /// The text of a whole module.
    package static func print(_ module: MIRModule, options: MIRTextOptions = []) -> String {
        var printer = MIRPrinter(module, options)
        printer.printModule()
        return printer.text
    }
    /// The text of one function of a module.
    package static func print(_ function: MIRFunction, in module: MIRModule, options: MIRTextOptions = []) -> String {
        var printer = MIRPrinter(module, options)
        printer.print(function)
        return printer.text
    }

    // MARK: - Module

    private mutating func printModule() {
        text += "module \(MIRPrinter.quoted(module.name.utf8))\n"
        if options.contains(.positions) {
            for file in module.sources.files { text += "file \(MIRPrinter.quoted(file.path.utf8))\n" }
        }
        var isDefined = [Bool](repeating: false, count: module.symbols.count)
        for function in module.functions where function.symbol.index < isDefined.count {
            isDefined[function.symbol.index] = true
        }
        for object in module.data where object.symbol.index < isDefined.count { isDefined[object.symbol.index] = true }
        for (i, symbol) in module.symbols.enumerated() where !isDefined[i] {
            switch symbol.kind {
            case .runtime: break
            case .data: text += "extern data \(symbol.linkage) \(name(SymbolID(i)))\n"
            case .function(let signature):
                text += "extern func \(symbol.linkage) \(name(SymbolID(i)))\(self.signature(signature))\n"
            }
        }
        for object in module.data { print(object) }
        for function in module.functions {
            text += "\n"
            print(function)
        }
    }

    private mutating func print(_ object: DataObject) {
        let linkage = object.symbol.index < module.symbols.count ? "\(module[object.symbol].linkage)" : "?"
        text += "data \(linkage) \(name(object.symbol)) \(object.section) align \(object.alignment) size \(object.size)"
        if object.bytes.isEmpty && object.addresses.isEmpty {
            text += "\n"
            return
        }
        text += " {\n"
        var i = 0
        while i < object.bytes.count {
            let end = min(i + 48, object.bytes.count)
            text += "  bytes \(MIRPrinter.quoted(object.bytes[i..<end]))\n"
            i = end
        }
        for address in object.addresses {
            text += "  address \(address.offset) \(name(address.symbol))\(MIRPrinter.displacement(address.addend))\n"
        }
        text += "}\n"
    }

    // MARK: - Functions

    private mutating func print(_ function: MIRFunction) {
        let symbol = function.symbol.index < module.symbols.count ? module[function.symbol] : nil
        text += "func \(symbol.map { "\($0.linkage)" } ?? "?") \(name(function.symbol))\(signature(function.signature))"
        switch function.inlineHint {
        case .none: break
        case .always: text += " inline"
        case .never: text += " noinline"
        }
        text += " {\n"
        if options.contains(.positions) {
            for (i, scope) in function.scopes.enumerated() {
                text += "scope \(MIRPrinter.quoted(scope.name.utf8)) file \(scope.file.rawValue)"
                if i > 0 { text += " call \(scope.callPosition) in \(scope.parent)" }
                text += "\n"
            }
        }
        numberValues(of: function)
        for b in function.blocks.indices {
            text += "b\(b)"
            var separator = "("
            var closing = ""
            for id in MIRPrinter.chain(from: function.blocks[b].firstParameter, function) {
                text += separator + value(id) + ": \(function[id].type)"
                separator = ", "
                closing = ")"
            }
            text += closing + ":\n"
            for id in MIRPrinter.chain(from: function.blocks[b].first, function) { print(id, function) }
        }
        text += "}\n"
    }

    private mutating func numberValues(of function: MIRFunction) {
        numbers = Array(repeating: 0, count: function.instructions.count)
        var next: UInt32 = 1
        for b in function.blocks.indices {
            let parameters = MIRPrinter.chain(from: function.blocks[b].firstParameter, function)
            for id in parameters + MIRPrinter.chain(from: function.blocks[b].first, function)
            where function[id].type != .none {
                numbers[id.index] = options.contains(.rawNumbers) ? id.rawValue : next
                next += 1
            }
        }
    }
    /// The elements of a chain, up to where it leaves the arena or must be in a cycle.
    private static func chain(from first: ValueID, _ function: MIRFunction) -> [ValueID] {
        var result: [ValueID] = []
        var id = first
        while id.exists, id.index < function.instructions.count, result.count < function.instructions.count {
            result.append(id)
            id = function[id].next
        }
        return result
    }

    private mutating func print(_ id: ValueID, _ function: MIRFunction) {
        let i = function[id]
        text += "  "
        if i.type != .none { text += "\(value(id)) = " }
        text += i.opcode.mnemonic
        switch i.opcode {
        case .blockParameter: text += " \(i.type)"
        case .iconst: text += " \(i.type) \(i.immediate)"
        case .fconst: text += " \(i.type) \(MIRPrinter.float(i))"
        case .symbolAddress:
            text += " \(i.type) \(name(SymbolID(rawValue: i.a)))\(MIRPrinter.displacement(i.immediate))"
        case .stackSlot: text += " \(i.type) size \(i.immediate) align \(i.b)"
        case .add, .subtract, .multiply, .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU, .divideS,
            .divideU, .remainderS, .remainderU, .and, .or, .xor, .shiftLeft, .shiftRightS, .shiftRightU, .fadd,
            .fsubtract, .fmultiply, .fdivide:
            text += " \(i.type) \(value(i.valueA)), \(value(i.valueB))"
        case .countLeadingZeros, .countTrailingZeros, .populationCount, .fnegate, .fabsolute, .fsqrt, .signExtend,
            .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast, .copy:
            text += " \(i.type) \(value(i.valueA))"
        case .icmp:
            let condition = IntegerCondition(rawValue: i.condition)?.mnemonic ?? "?"
            text += " \(condition) \(value(i.valueA)), \(value(i.valueB))"
        case .fcmp:
            let condition = FloatCondition(rawValue: i.condition)?.mnemonic ?? "?"
            text += " \(condition) \(value(i.valueA)), \(value(i.valueB))"
        case .select: text += " \(i.type) \(value(i.valueA)), \(value(i.valueB)), \(value(i.valueC))"
        case .load: text += " \(i.type) [\(value(i.valueA))\(MIRPrinter.displacement(i.immediate))] \(alias(i))"
        case .loadIndexed:
            text += " \(i.type) [\(value(i.valueA)) + \(value(i.valueB)) * \(i.c)"
            text += "\(MIRPrinter.displacement(i.immediate))] \(alias(i))"
        case .store:
            text += " \(value(i.valueB)), [\(value(i.valueA))\(MIRPrinter.displacement(i.immediate))] \(alias(i))"
        case .storeIndexed:
            text += " \(value(i.valueC)), [\(value(i.valueA)) + \(value(i.valueB)) * \(i.immediate >> 32)"
            text += "\(MIRPrinter.displacement(Int64(Int32(truncatingIfNeeded: i.immediate))))] \(alias(i))"
        case .checkIndex, .checkBounds:
            let kind = IndexedKind(rawValue: i.aux).map { "\($0)" } ?? "?"
            text += " \(kind) \(value(i.valueA)), \(value(i.valueB))"
        case .trapIf: text += " \(value(i.valueA)), \(MIRNames.trapWord(i.immediate))"
        case .call:
            if i.type != .none { text += " \(i.type)" }
            text += " \(name(SymbolID(rawValue: i.a)))(\(list(i.b, function)))"
        case .callIndirect:
            text += " \(value(i.valueA))\(signature(SignatureID(rawValue: i.c))) with (\(list(i.b, function)))"
        case .projection: text += " \(i.type) \(value(i.valueA)), \(i.immediate)"
        case .jump: text += " \(edge(i.a, function))"
        case .branch: text += " \(value(i.valueA)), \(edge(i.b, function)), \(edge(i.c, function))"
        case .switchInt:
            text += " \(value(i.valueA)) ["
            let cases = OperandListID(rawValue: i.b)
            if cases.index < function.pool.count {
                for k in 0..<function.count(of: cases) / 3 {
                    if k > 0 { text += ", " }
                    text += "\(function.caseValue(cases, k)): "
                    text += edge(function.caseEdge(cases, k).rawValue, function)
                }
            }
            text += "], \(edge(i.c, function))"
        case .returnValues:
            let values = list(i.b, function)
            if !values.isEmpty { text += " " + values }
        case .unreachable: break
        }
        if options.contains(.positions) {
            text += "  ; \(i.position)"
            if i.scope != 0 { text += "/\(i.scope)" }
        }
        text += "\n"
    }

    // MARK: - Parts

    private func value(_ value: ValueID) -> String {
        let number = value.index < numbers.count ? numbers[value.index] : 0
        return number == 0 ? "v?\(value.rawValue)" : "v\(number)"
    }
    private func list(_ raw: UInt32, _ function: MIRFunction) -> String {
        let list = OperandListID(rawValue: raw)
        guard list.index < function.pool.count, list.index + function.count(of: list) < function.pool.count else {
            return "?"
        }
        return (0..<function.count(of: list)).map { value(function.element(list, $0)) }.joined(separator: ", ")
    }
    private func edge(_ raw: UInt32, _ function: MIRFunction) -> String {
        guard Int(raw) < function.edges.count else { return "b?" }
        let edge = function.edges[Int(raw)]
        if edge.count == 0 { return "b\(edge.target.rawValue)" }
        guard Int(edge.start) + Int(edge.count) <= function.pool.count else { return "b\(edge.target.rawValue)(?)" }
        let arguments = (0..<Int(edge.count)).map { value(function.argument(EdgeID(rawValue: raw), $0)) }
        return "b\(edge.target.rawValue)(\(arguments.joined(separator: ", ")))"
    }
    private func alias(_ i: Instruction) -> String { AliasClass(rawValue: i.aux).map { "\($0)" } ?? "?" }
    private func signature(_ id: SignatureID) -> String {
        guard id.index < module.signatures.count else { return "(?)" }
        let signature = module[id]
        var text = "(" + signature.parameters.map { "\($0)" }.joined(separator: ", ") + ")"
        if !signature.results.isEmpty {
            text += " -> " + signature.results.map { "\($0)" }.joined(separator: ", ")
        }
        return text
    }
    /// `@name`, quoted unless it has only letters, digits, `_`, `.` and `$`.
    private func name(_ symbol: SymbolID) -> String {
        guard symbol.index < module.symbols.count else { return "@?" }
        let name = module[symbol].name
        let isPlain = !name.isEmpty && name.utf8.allSatisfy(MIRPrinter.isNameByte)
        return isPlain ? "@" + name : "@" + MIRPrinter.quoted(name.utf8)
    }
    /// May be part of an unquoted name.
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "$"):
            true
        default: false
        }
    }
    private static func displacement(_ value: Int64) -> String {
        value == 0 ? "" : value > 0 ? " + \(value)" : " - \(value.magnitude)"
    }
    /// Decimal if that gives the same bits again, else the bits.
    private static func float(_ i: Instruction) -> String {
        let bits = UInt64(bitPattern: i.immediate)
        if i.type == .f32 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            if value.isFinite && bits >> 32 == 0 { return "\(value)" }
        } else {
            let value = Double(bitPattern: bits)
            if value.isFinite { return "\(value)" }
        }
        return "0x" + String(bits, radix: 16)
    }
    /// A string literal: printable ASCII as it is, `\"`, `\\`, and `\xx` with two hexadecimal digits for the rest.
    static func quoted(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                result += [UInt8(ascii: "\\"), byte]
            } else if byte >= 0x20 && byte < 0x7F {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "\\"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        result.append(UInt8(ascii: "\""))
        return String(decoding: result, as: UTF8.self)
    }
}

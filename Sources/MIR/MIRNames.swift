// The words of MIR's text form, for printer and parser.

internal import RuntimeABI

extension Opcode {
    /// The instruction's name in text. Loads and stores with an index share a name with those without.
    package var mnemonic: String {
        switch self {
        case .blockParameter: "parameter"
        case .iconst: "iconst"
        case .fconst: "fconst"
        case .symbolAddress: "address"
        case .stackSlot: "stackslot"
        case .add: "add"
        case .subtract: "sub"
        case .multiply: "mul"
        case .addS: "add.s.trap"
        case .subtractS: "sub.s.trap"
        case .multiplyS: "mul.s.trap"
        case .addU: "add.u.trap"
        case .subtractU: "sub.u.trap"
        case .multiplyU: "mul.u.trap"
        case .divideS: "div.s"
        case .divideU: "div.u"
        case .remainderS: "rem.s"
        case .remainderU: "rem.u"
        case .and: "and"
        case .or: "or"
        case .xor: "xor"
        case .shiftLeft: "shl"
        case .shiftRightS: "shr.s"
        case .shiftRightU: "shr.u"
        case .countLeadingZeros: "clz"
        case .countTrailingZeros: "ctz"
        case .populationCount: "popcount"
        case .icmp: "icmp"
        case .fadd: "fadd"
        case .fsubtract: "fsub"
        case .fmultiply: "fmul"
        case .fdivide: "fdiv"
        case .fnegate: "fneg"
        case .fabsolute: "fabs"
        case .fsqrt: "fsqrt"
        case .fcmp: "fcmp"
        case .signExtend: "sext"
        case .zeroExtend: "zext"
        case .truncate: "trunc"
        case .intToFloat: "itof"
        case .floatToInt: "ftoi"
        case .floatExtend: "fext"
        case .floatTruncate: "ftrunc"
        case .bitcast: "bitcast"
        case .select: "select"
        case .copy: "copy"
        case .load, .loadIndexed: "load"
        case .store, .storeIndexed: "store"
        case .checkIndex: "checkindex"
        case .checkBounds: "checkbounds"
        case .trapIf: "trapif"
        case .call: "call"
        case .callIndirect: "callindirect"
        case .projection: "project"
        case .jump: "jump"
        case .branch: "branch"
        case .switchInt: "switch"
        case .returnValues: "return"
        case .unreachable: "unreachable"
        }
    }
}

extension IntegerCondition {
    /// The condition's name in text.
    package var mnemonic: String {
        switch self {
        case .equal: "eq"
        case .notEqual: "ne"
        case .lessS: "lt.s"
        case .lessEqualS: "le.s"
        case .greaterS: "gt.s"
        case .greaterEqualS: "ge.s"
        case .lessU: "lt.u"
        case .lessEqualU: "le.u"
        case .greaterU: "gt.u"
        case .greaterEqualU: "ge.u"
        }
    }
}

extension FloatCondition {
    /// The condition's name in text.
    package var mnemonic: String {
        switch self {
        case .equal: "eq"
        case .notEqual: "ne"
        case .less: "lt"
        case .lessEqual: "le"
        case .greater: "gt"
        case .greaterEqual: "ge"
        }
    }
}

/// Words for the codes that instructions carry as numbers.
enum MIRNames {
    /// `trapIf`'s word: code, operation and type, the latter two only if one says something.
    static func trapWord(_ word: Int64) -> String {
        guard word >= 0, word < 1 << 24, let code = TrapCode(rawValue: UInt8(truncatingIfNeeded: word)),
            let operation = TrapOperation(rawValue: UInt8(truncatingIfNeeded: word >> 8)),
            let type = TrapType(rawValue: UInt8(truncatingIfNeeded: word >> 16))
        else { return String(word) }
        return operation == .none && type == .none ? "\(code)" : "\(code) \(operation) \(type)"
    }
    static let trapCodes = byName(TrapCode.init(rawValue:))
    static let trapOperations = byName(TrapOperation.init(rawValue:))
    static let trapTypes = byName(TrapType.init(rawValue:))
    static let indexedKinds = byName(IndexedKind.init(rawValue:))
    static let aliasClasses = byName(AliasClass.init(rawValue:))
    static let types = byName(MIRType.init(rawValue:))
    static let runtimeFunctions: [String: RuntimeFunction] = Dictionary(
        uniqueKeysWithValues: RuntimeFunction.allCases.map { ("\($0.entry.name)", $0) })
    static let opcodes: [String: Opcode] = Dictionary(
        Opcode.allCases.map { ($0.mnemonic, $0) }, uniquingKeysWith: { first, _ in first })
    static let integerConditions: [String: IntegerCondition] = Dictionary(
        uniqueKeysWithValues: IntegerCondition.allCases.map { ($0.mnemonic, $0) })
    static let floatConditions: [String: FloatCondition] = Dictionary(
        uniqueKeysWithValues: FloatCondition.allCases.map { ($0.mnemonic, $0) })

    /// The raw values of an enumeration's cases by name.
    private static func byName<T>(_ make: (UInt8) -> T?) -> [String: UInt8] {
        var table: [String: UInt8] = [:]
        for raw in UInt8.min...UInt8.max {
            if let value = make(raw) { table["\(value)"] = raw }
        }
        return table
    }
}

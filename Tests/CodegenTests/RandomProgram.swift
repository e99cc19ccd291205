import MIR
import RuntimeABI
import Support

/// A small deterministic generator of random numbers (xorshift64*).
struct Random {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
    mutating func below(_ n: Int) -> Int { n <= 1 ? 0 : Int(next() >> 33) % n }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }
    /// Often a number at an edge.
    mutating func integer() -> Int64 {
        switch below(6) {
        case 0: return Int64(below(8)) - 3
        case 1: return Int64(below(300)) - 128
        case 2: return pick([.min, .max, Int64(Int32.min), Int64(Int32.max), 1 << 32, 0xFFFF_FFFF, 127, 128, 255, 32767, 65535])
        case 3: return Int64(Int32(truncatingIfNeeded: next()))
        default: return Int64(bitPattern: next())
        }
    }
    mutating func double() -> Double {
        switch below(5) {
        case 0: return pick([0, -0.0, 1, -1, .nan, .infinity, -.infinity, 0.5, 1e300])
        case 1: return Double(below(1000)) - 500
        default: return Double(Int64(bitPattern: next()) >> 20) / 1024
        }
    }
}

/// Makes modules of random functions that end, and whose behaviour is defined whatever their arguments.
///
/// The last function is `main(in: ptr, out: ptr)`: it loads the arguments of the one before, calls it, and stores the results.
struct RandomProgram {
    private var random: Random
    private var module = MIRModule(name: "random", sources: SourceMap())
    private var function: MIRFunction
    private var block = BlockID.entry
    /// Values that dominate the current place.
    private var values: [(value: ValueID, type: MIRType)] = []
    private var callees: [(symbol: SymbolID, signature: Signature)] = []
    private var budget = 0
    private var slots: [(value: ValueID, size: Int64)] = []
    private var loopDepth = 0
    /// How many values are kept alive at once.
    private let pressure: Int

    static let argumentCount = 16
    static let resultCount = 8

    static let types: [MIRType] = [.i64, .i64, .i64, .i32, .i32, .i16, .i8, .f64, .f64, .f32, .ptr]

    static func make(seed: UInt64) -> MIRModule {
        var program = RandomProgram(seed: seed)
        program.makeModule()
        return program.module
    }

    private init(seed: UInt64) {
        random = Random(seed: seed)
        pressure = random.pick([4, 12, 30])
        function = MIRFunction(
            symbol: SymbolID(rawValue: 0), signature: SignatureID(rawValue: 0), scope: InlineScope(name: "", file: FileID(rawValue: 0)))
    }

    private mutating func makeModule() {
        for i in 0..<(1 + random.below(3)) { makeFunction(named: "f\(i)") }
        makeMain()
    }

    private mutating func begin(_ name: String, _ signature: Signature) -> SymbolID {
        let id = module.intern(signature)
        let symbol = module.addSymbol(Symbol(name: name, kind: .function(id), linkage: .global))
        function = MIRFunction(symbol: symbol, signature: id, scope: InlineScope(name: name, file: FileID(rawValue: 0)))
        block = function.addBlock()
        values = []
        slots = []
        loopDepth = 0
        return symbol
    }

    private mutating func makeFunction(named name: String) {
        var parameters: [MIRType] = []
        for _ in 0..<random.below(RandomProgram.argumentCount) { parameters.append(random.pick(RandomProgram.types)) }
        var results: [MIRType] = []
        for _ in 0..<random.below(random.chance(30) ? RandomProgram.resultCount : 4) { results.append(random.pick(RandomProgram.types)) }
        let signature = Signature(parameters: parameters, results: results)
        let symbol = begin(name, signature)
        for type in parameters { values.append((function.addParameter(to: block, type: type), type)) }
        for _ in 0..<random.below(3) {
            let size = Int64(8 * (1 + random.below(4)))
            let slot = emit(Instruction(.stackSlot, .ptr, b: random.chance(20) ? 16 : 8, immediate: size))
            slots.append((slot, size))
            for i in 0..<(size / 8) {
                let zero = constant(.i64, random.integer())
                append(Instruction(.store, aux: AliasClass.stack.rawValue, a: slot.rawValue, b: zero.rawValue, immediate: i * 8))
            }
        }
        budget = random.pick([8, 25, 60])
        statements(depth: 0)
        let returned = results.map { value(of: $0).rawValue }
        let list = function.addRawList(returned)
        append(Instruction(.returnValues, b: list.rawValue))
        module.functions.append(function)
        callees.append((symbol, signature))
    }

    private mutating func makeMain() {
        guard let callee = callees.last else { return }
        _ = begin("main", Signature(parameters: [.ptr, .ptr], results: []))
        let input = function.addParameter(to: block, type: .ptr)
        let output = function.addParameter(to: block, type: .ptr)
        var arguments: [UInt32] = []
        for (i, type) in callee.signature.parameters.enumerated() {
            arguments.append(
                emit(Instruction(.load, type, aux: 0, a: input.rawValue, immediate: Int64(i * 8))).rawValue)
        }
        let results = call(callee.symbol, callee.signature, arguments)
        for (i, result) in results.enumerated() {
            append(Instruction(.store, aux: 0, a: output.rawValue, b: result.rawValue, immediate: Int64(i * 8)))
        }
        append(Instruction(.returnValues, b: 0))
        module.functions.append(function)
    }

    // MARK: Emission

    private mutating func emit(_ instruction: Instruction) -> ValueID {
        let id = function.make(instruction)
        function.append(id, to: block)
        return id
    }
    private mutating func append(_ instruction: Instruction) { _ = emit(instruction) }

    private mutating func define(_ instruction: Instruction) -> ValueID {
        let id = emit(instruction)
        values.append((id, instruction.type))
        return id
    }

    private mutating func constant(_ type: MIRType, _ bits: Int64) -> ValueID {
        let unused = Int64(64 - type.size * 8)
        if type.isFloat { return emit(Instruction(.fconst, type, immediate: bits)) }
        return emit(Instruction(.iconst, type, immediate: (bits << unused) >> unused))
    }
    private mutating func randomConstant(_ type: MIRType) -> ValueID {
        switch type {
        case .f64: constant(.f64, Int64(bitPattern: random.double().bitPattern))
        case .f32: constant(.f32, Int64(Float(random.double()).bitPattern))
        case .ptr: constant(.ptr, 0)
        default: constant(type, random.integer())
        }
    }

    /// A value of `type` that may be used here.
    private mutating func value(of type: MIRType) -> ValueID {
        let window = max(0, values.count - pressure)
        var candidates: [ValueID] = []
        for i in window..<values.count where values[i].type == type { candidates.append(values[i].value) }
        if candidates.isEmpty || random.chance(12) { return randomConstant(type) }
        return random.pick(candidates)
    }

    private mutating func call(_ symbol: SymbolID, _ signature: Signature, _ arguments: [UInt32]) -> [ValueID] {
        let list = function.addRawList(arguments)
        let first = signature.results.first ?? .none
        var results: [ValueID] = []
        let call: ValueID
        if random.chance(25) {
            let target = emit(Instruction(.symbolAddress, .ptr, a: symbol.rawValue))
            call = emit(
                Instruction(
                    .callIndirect, first, a: target.rawValue, b: list.rawValue, c: module.intern(signature).rawValue))
        } else {
            call = emit(Instruction(.call, first, a: symbol.rawValue, b: list.rawValue))
        }
        if first != .none { results.append(call) }
        for (i, type) in signature.results.enumerated().dropFirst() {
            results.append(emit(Instruction(.projection, type, a: call.rawValue, immediate: Int64(i))))
        }
        return results
    }

    // MARK: Statements

    private mutating func statements(depth: Int) {
        let count = 2 + random.below(8)
        for _ in 0..<count where budget > 0 {
            budget -= 1
            switch random.below(20) {
            case 0 where depth < 4: diamond(depth)
            case 1 where depth < 3: loop(depth)
            case 2 where loopDepth < 2: calls()
            case 3: memory()
            case 4 where depth < 4: switches(depth)
            case 5: checks()
            case 6...8: floats()
            case 9, 10: conversions()
            case 11: rotation()
            default: integers()
            }
        }
    }

    private mutating func integers() {
        let type = random.pick([MIRType.i64, .i64, .i64, .i32, .i32, .i16, .i8])
        let a = value(of: type).rawValue
        let b = value(of: type).rawValue
        let bits = type.size * 8
        switch random.below(14) {
        case 0...5:
            _ = define(Instruction(random.pick([.add, .subtract, .multiply, .and, .or, .xor, .add, .subtract]), type, a: a, b: b))
        case 6:
            var divisor = constant(type, random.pick([1, 2, 3, 5, 7, 10, 16, 64, 100, -2, -3, -7, -8, 641, 1000, 120, random.integer()]))
            if [0, -1].contains(function[divisor].immediate) { divisor = constant(type, 3) }
            _ = define(
                Instruction(random.pick([.divideS, .divideU, .remainderS, .remainderU]), type, a: a, b: divisor.rawValue))
        case 7:
            let masked = emit(Instruction(.and, type, a: b, b: constant(type, 0x3E).rawValue))
            let divisor = emit(Instruction(.or, type, a: masked.rawValue, b: constant(type, 1).rawValue))
            _ = define(
                Instruction(random.pick([.divideS, .divideU, .remainderS, .remainderU]), type, a: a, b: divisor.rawValue))
        case 8:
            let count =
                random.chance(50)
                ? constant(type, Int64(random.below(bits)))
                : define(Instruction(.and, type, a: b, b: constant(type, Int64(bits - 1)).rawValue))
            _ = define(Instruction(random.pick([.shiftLeft, .shiftRightS, .shiftRightU]), type, a: a, b: count.rawValue))
        case 9:
            _ = define(
                Instruction(.icmp, .i8, condition: UInt8(random.below(IntegerCondition.allCases.count)), a: a, b: b))
        case 10:
            _ = define(Instruction(random.pick([.countLeadingZeros, .countTrailingZeros, .populationCount]), type, a: a))
        case 11:
            let type = random.pick(RandomProgram.types)
            let ifTrue = value(of: type).rawValue
            let ifFalse = value(of: type).rawValue
            let c = condition().rawValue
            _ = define(Instruction(.select, type, a: c, b: ifTrue, c: ifFalse))
        default:
            // Small operands, so that most checked operations pass.
            let mask = constant(type, random.chance(95) ? 3 : -1).rawValue
            let small = emit(Instruction(.and, type, a: a, b: mask)).rawValue
            let large = emit(Instruction(.and, type, a: b, b: constant(type, random.chance(95) ? 0x1C : -1).rawValue)).rawValue
            let opcode: Opcode = random.pick([.addS, .subtractS, .multiplyS, .addU, .multiplyU, .subtractU])
            if opcode == .subtractU {
                let more = emit(Instruction(.or, type, a: large, b: constant(type, 3).rawValue)).rawValue
                _ = define(Instruction(opcode, type, a: more, b: small))
            } else {
                _ = define(Instruction(opcode, type, a: small, b: large))
            }
        }
    }

    private mutating func rotation() {
        let type = random.pick([MIRType.i64, .i32, .i16, .i8])
        let bits = type.size * 8
        let x = value(of: type).rawValue
        let count = 1 + random.below(bits - 1)
        let left = emit(Instruction(.shiftLeft, type, a: x, b: constant(type, Int64(count)).rawValue)).rawValue
        let right = emit(Instruction(.shiftRightU, type, a: x, b: constant(type, Int64(bits - count)).rawValue)).rawValue
        let flipped = random.chance(50)
        _ = define(
            Instruction(random.pick([.or, .xor, .add]), type, a: flipped ? right : left, b: flipped ? left : right))
    }

    /// An i8 that is 0 or 1.
    private mutating func condition() -> ValueID {
        if random.chance(70) {
            let type = random.pick([MIRType.i64, .i32, .i16, .i8, .ptr])
            return emit(
                Instruction(
                    .icmp, .i8, condition: UInt8(random.below(IntegerCondition.allCases.count)), a: value(of: type).rawValue,
                    b: value(of: type).rawValue))
        }
        let type = random.pick([MIRType.f64, .f32])
        return emit(
            Instruction(
                .fcmp, .i8, condition: UInt8(random.below(FloatCondition.allCases.count)), a: value(of: type).rawValue,
                b: value(of: type).rawValue))
    }

    private mutating func floats() {
        let type = random.pick([MIRType.f64, .f64, .f32])
        let a = value(of: type).rawValue
        switch random.below(10) {
        case 0: _ = define(Instruction(.fnegate, type, a: a))
        case 1: _ = define(Instruction(.fabsolute, type, a: a))
        case 2: _ = define(Instruction(.fsqrt, type, a: a))
        case 3:
            _ = define(
                Instruction(
                    .fcmp, .i8, condition: UInt8(random.below(FloatCondition.allCases.count)), a: a,
                    b: value(of: type).rawValue))
        default:
            _ = define(
                Instruction(random.pick([.fadd, .fsubtract, .fmultiply, .fdivide]), type, a: a, b: value(of: type).rawValue))
        }
    }

    private mutating func conversions() {
        let integers: [MIRType] = [.i8, .i16, .i32, .i64]
        switch random.below(8) {
        case 0, 1:
            let from = random.below(3)
            let to = from + 1 + random.below(3 - from)
            _ = define(
                Instruction(
                    random.pick([.signExtend, .zeroExtend]), integers[to], a: value(of: integers[from]).rawValue))
        case 2:
            let from = 1 + random.below(3)
            _ = define(Instruction(.truncate, integers[random.below(from)], a: value(of: integers[from]).rawValue))
        case 3:
            let from = random.pick([MIRType.i32, .i64])
            _ = define(Instruction(.intToFloat, random.pick([.f32, .f64]), a: value(of: from).rawValue))
        case 4:
            let type = random.pick([MIRType.f32, .f64])
            let x = value(of: type).rawValue
            let size = emit(Instruction(.fabsolute, type, a: x)).rawValue
            let limit = constant(type, type == .f64 ? Int64(bitPattern: (1e9).bitPattern) : Int64(Float(1e9).bitPattern)).rawValue
            let fits = emit(Instruction(.fcmp, .i8, condition: FloatCondition.less.rawValue, a: size, b: limit)).rawValue
            let safe = emit(Instruction(.select, type, a: fits, b: x, c: constant(type, 0).rawValue)).rawValue
            _ = define(Instruction(.floatToInt, random.pick([.i32, .i64]), a: safe))
        case 5:
            if random.chance(50) {
                _ = define(Instruction(.floatExtend, .f64, a: value(of: .f32).rawValue))
            } else {
                _ = define(Instruction(.floatTruncate, .f32, a: value(of: .f64).rawValue))
            }
        case 6:
            if random.chance(50) {
                _ = define(Instruction(.bitcast, .f64, a: value(of: .i64).rawValue))
            } else {
                _ = define(Instruction(.bitcast, .f32, a: value(of: .i32).rawValue))
            }
        default:
            if random.chance(50) {
                _ = define(Instruction(.bitcast, .ptr, a: value(of: .i64).rawValue))
            } else {
                _ = define(Instruction(.copy, .i64, a: value(of: .i64).rawValue))
            }
        }
    }

    private mutating func memory() {
        guard !slots.isEmpty else { return }
        let slot = random.pick(slots)
        let type = random.pick(RandomProgram.types)
        let count = slot.size / 8
        let alias = AliasClass.stack.rawValue
        if random.chance(50) {
            let at = Int64(random.below(Int(count))) * 8
            if random.chance(50) {
                append(Instruction(.store, aux: alias, a: slot.value.rawValue, b: value(of: type).rawValue, immediate: at))
            } else {
                // What lies there may have been stored as another type: floats are read as integers only.
                _ = define(Instruction(.load, type.isFloat ? .i64 : type, aux: alias, a: slot.value.rawValue, immediate: at))
            }
            return
        }
        let index = emit(
            Instruction(
                .and, .i64, a: value(of: .i64).rawValue, b: constant(.i64, count.nonzeroBitCount == 1 ? count - 1 : 0).rawValue)
        ).rawValue
        let shifted = emit(Instruction(.add, .i64, a: index, b: constant(.i64, 2).rawValue)).rawValue
        let offset: Int64 = -16
        if random.chance(50) {
            append(
                Instruction(
                    .storeIndexed, aux: alias, a: slot.value.rawValue, b: shifted, c: value(of: type).rawValue,
                    immediate: 8 << 32 | (offset & 0xFFFF_FFFF)))
        } else {
            let loaded = define(
                Instruction(
                    .loadIndexed, type.isFloat ? .i64 : type, aux: alias, a: slot.value.rawValue, b: shifted, c: 8,
                    immediate: offset))
            if !type.isFloat && type != .ptr && random.chance(60) {
                let other = value(of: type)
                _ = define(Instruction(random.pick([.add, .subtract, .xor, .multiply]), type, a: other.rawValue, b: loaded.rawValue))
                values.removeAll { $0.value == loaded }
            }
        }
    }

    private mutating func checks() {
        let length = constant(.i64, Int64(1 + random.below(10)))
        let index = emit(Instruction(.remainderS, .i64, a: value(of: .i64).rawValue, b: length.rawValue)).rawValue
        let limit = random.chance(50) ? length : define(Instruction(.copy, .i64, a: length.rawValue))
        switch random.below(3) {
        case 0:
            _ = define(Instruction(.checkIndex, .i64, aux: 0, a: random.chance(95) ? index : value(of: .i64).rawValue, b: limit.rawValue))
        case 1:
            let mask = emit(Instruction(.and, .i64, a: index, b: constant(.i64, random.chance(95) ? 0 : -1).rawValue)).rawValue
            append(Instruction(.checkBounds, aux: 1, a: mask, b: limit.rawValue))
        default:
            let a = condition().rawValue
            let b = condition().rawValue
            let both = emit(Instruction(.and, .i8, a: a, b: b)).rawValue
            append(Instruction(.trapIf, a: random.chance(20) ? both : constant(.i8, 0).rawValue, immediate: 4))
        }
    }

    private mutating func calls() {
        guard !callees.isEmpty else { return }
        let callee = random.pick(callees)
        var arguments: [UInt32] = []
        for type in callee.signature.parameters { arguments.append(value(of: type).rawValue) }
        let results = call(callee.symbol, callee.signature, arguments)
        for (value, type) in zip(results, callee.signature.results) { values.append((value, type)) }
    }

    // MARK: Control flow

    private mutating func jump(to target: BlockID, _ arguments: [ValueID]) {
        let edge = function.addEdge(to: target, arguments: arguments)
        append(Instruction(.jump, a: edge.rawValue))
    }

    private mutating func diamond(_ depth: Int) {
        let c = condition()
        let ifTrue = function.addBlock()
        let ifFalse = function.addBlock()
        let join = function.addBlock()
        var types: [MIRType] = []
        for _ in 0..<random.below(4) { types.append(random.pick(RandomProgram.types)) }
        let first = function.addEdge(to: ifTrue, arguments: [ValueID]())
        // Sometimes the other edge goes to the join directly: an edge with moves on a branch.
        let direct = random.chance(40)
        let directArguments = direct ? types.map { value(of: $0) } : []
        let second =
            direct
            ? function.addEdge(to: join, arguments: directArguments)
            : function.addEdge(to: ifFalse, arguments: [ValueID]())
        let flipped = random.chance(50)
        append(
            Instruction(
                .branch, a: c.rawValue, b: flipped ? second.rawValue : first.rawValue,
                c: flipped ? first.rawValue : second.rawValue))
        let saved = values.count
        for arm in direct ? [ifTrue] : [ifTrue, ifFalse] {
            block = arm
            statements(depth: depth + 1)
            let arguments = types.map { value(of: $0) }
            jump(to: join, arguments)
            values.removeLast(values.count - saved)
        }
        if direct {
            block = ifFalse
            append(Instruction(.unreachable))
        }
        block = join
        for type in types { values.append((function.addParameter(to: join, type: type), type)) }
    }

    private mutating func loop(_ depth: Int) {
        let header = function.addBlock()
        let body = function.addBlock()
        let exit = function.addBlock()
        var types: [MIRType] = [.i64]
        for _ in 0..<random.below(6) { types.append(random.pick(RandomProgram.types)) }
        let initial = types.enumerated().map { $0.offset == 0 ? constant(.i64, 0) : value(of: $0.element) }
        jump(to: header, initial)
        block = header
        let saved = values.count
        var parameters: [ValueID] = []
        for type in types {
            let parameter = function.addParameter(to: header, type: type)
            parameters.append(parameter)
            values.append((parameter, type))
        }
        let headerValues = values.count
        let bottomTested = random.chance(40)
        let limit = constant(.i64, Int64(1 + random.below(5)))
        if bottomTested {
            jump(to: body, [])
        } else {
            let c = emit(Instruction(.icmp, .i8, condition: IntegerCondition.lessS.rawValue, a: parameters[0].rawValue, b: limit.rawValue))
            let into = function.addEdge(to: body, arguments: [ValueID]())
            let out = function.addEdge(to: exit, arguments: [ValueID]())
            append(Instruction(.branch, a: c.rawValue, b: into.rawValue, c: out.rawValue))
        }
        block = body
        loopDepth += 1
        statements(depth: depth + 1)
        loopDepth -= 1
        let next = emit(Instruction(.add, .i64, a: parameters[0].rawValue, b: constant(.i64, 1).rawValue))
        var arguments = types.map { value(of: $0) }
        // Now and then parameters change places, for cycles of moves.
        if random.chance(40) {
            for (i, type) in types.enumerated() {
                let same = parameters.indices.filter { $0 != 0 && types[$0] == type }
                if !same.isEmpty { arguments[i] = parameters[random.pick(same)] }
            }
        }
        arguments[0] = next
        if bottomTested {
            let c = emit(Instruction(.icmp, .i8, condition: IntegerCondition.lessS.rawValue, a: next.rawValue, b: limit.rawValue))
            let back = function.addEdge(to: header, arguments: arguments)
            let out = function.addEdge(to: exit, arguments: [ValueID]())
            append(Instruction(.branch, a: c.rawValue, b: back.rawValue, c: out.rawValue))
            // The body dominates the exit.
        } else {
            jump(to: header, arguments)
            values.removeLast(values.count - headerValues)
        }
        block = exit
        if random.chance(50) { values.removeLast(values.count - saved) }
    }

    private mutating func switches(_ depth: Int) {
        let type = random.pick([MIRType.i64, .i32, .i8])
        let value = value(of: type)
        let masked = emit(Instruction(.and, type, a: value.rawValue, b: constant(type, 15).rawValue))
        let join = function.addBlock()
        var cases: [UInt32] = []
        var arms: [BlockID] = []
        var used: Set<Int64> = []
        let types = [random.pick(RandomProgram.types)]
        for _ in 0..<random.below(9) {
            var bits = Int64(random.below(16))
            if random.chance(10) { bits = type == .i8 ? -5 : -77 }
            if type == .i64 && random.chance(10) { bits = 0x1234_5678_9ABC }
            guard used.insert(bits).inserted else { continue }
            let edge: EdgeID
            if random.chance(30) {
                edge = function.addEdge(to: join, arguments: types.map { self.value(of: $0) })
            } else {
                let arm = function.addBlock()
                arms.append(arm)
                edge = function.addEdge(to: arm, arguments: [ValueID]())
            }
            cases += [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32), edge.rawValue]
        }
        let otherwise = function.addEdge(to: join, arguments: types.map { self.value(of: $0) })
        let list = function.addRawList(cases)
        append(Instruction(.switchInt, a: masked.rawValue, b: list.rawValue, c: otherwise.rawValue))
        let saved = values.count
        for arm in arms {
            block = arm
            if random.chance(50) { statements(depth: depth + 1) } else { integers() }
            jump(to: join, types.map { self.value(of: $0) })
            values.removeLast(values.count - saved)
        }
        block = join
        for type in types { values.append((function.addParameter(to: join, type: type), type)) }
    }
}

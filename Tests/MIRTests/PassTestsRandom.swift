import MIR
import RuntimeABI
import Support
import Synchronization
import Testing

/// Programs made at random, in the shapes that the lowering makes, must do the same before and behind each pass.
@Suite(.serialized)
struct PassTestsRandom {
    static let seeds = 120

    @Test(arguments: ["all"] + Pass.all.map(\.name))
    func behaviourIsUnchanged(passName: String) throws {
        for seed in 0..<UInt64(PassTestsRandom.seeds) {
            let module = RandomModule.make(seed: seed)
            #expect(MIRVerifier.verify(module) == [])
            var optimized = module
            if let pass = Pass.named(passName) {
                run(pass, on: &optimized)
            } else {
                for pass in Pass.pipeline {
                    run(pass, on: &optimized)
                    let violations = MIRVerifier.verify(optimized)
                    try #require(violations == [], "seed \(seed), pass \(pass.name) of the pipeline")
                }
            }
            let violations = MIRVerifier.verify(optimized)
            try #require(violations == [], "seed \(seed), pass \(passName)")
            for arguments: [Int64] in [[5, 3], [-2, 9], [0, 0]] {
                let expected = try Observation(module, arguments)
                let observed = try Observation(optimized, arguments)
                try #require(observed == expected, "seed \(seed), pass \(passName), arguments \(arguments)")
            }
        }
    }

    /// The programs are worth running: many return, many trap, and the pipeline removes checks from them.
    @Test func programsAreVaried() throws {
        var returned = 0
        var trapped = 0
        var before = 0
        var after = 0
        for seed in 0..<UInt64(PassTestsRandom.seeds) {
            var module = RandomModule.make(seed: seed)
            switch try Observation(module, [5, 3]).outcome {
            case .returned: returned += 1
            case .stopped: trapped += 1
            default: break
            }
            before += checkCount(module)
            optimize(&module, options: OptimizeOptions())
            after += checkCount(module)
        }
        #expect(returned > PassTestsRandom.seeds / 8)
        #expect(trapped > PassTestsRandom.seeds / 8)
        #expect(after < before)
    }
    private func checkCount(_ module: MIRModule) -> Int {
        var count = 0
        for function in module.functions {
            for b in function.blocks.indices {
                function.forEachInstruction(in: BlockID(b)) {
                    switch function[$0].opcode {
                    case .checkIndex, .checkBounds, .trapIf, .addS, .subtractS, .multiplyS: count += 1
                    default: break
                    }
                }
            }
        }
        return count
    }
}

/// What a run of `main` shows to the outside.
struct Observation: Equatable {
    var outcome: MIROutcome?
    /// Values passed to `simple_rt_sink_i64`, in order.
    var trace: [Int64] = []
    /// Line and function of the trap, with those of its callers.
    var places: [String] = []

    init(_ module: MIRModule, _ arguments: [Int64]) throws {
        let interpreter = try MIRInterpreter([module], stackBytes: 1 << 20, maximumDepth: 1000) { hostCode($0) }
        // Suites run at the same time, and C functions cannot capture: one run at a time writes the trace.
        (outcome, self.places, trace) = traceLock.withLock { _ in
            recordedTrace = []
            var places: [String] = []
            interpreter.onPosition = { [unowned interpreter] _, _, _, _ in
                places = interpreter.backtrace().map { "\($0.function):\($0.line)" }
            }
            let outcome = interpreter.run("main", arguments.map { UInt64(bitPattern: $0) })
            return (outcome, places, recordedTrace)
        }
    }
}

/// What the test host's functions were called with; guarded by `traceLock`.
nonisolated(unsafe) private var recordedTrace: [Int64] = []
private let traceLock = Mutex(())

private func hostCode(_ function: RuntimeFunction) -> UnsafeRawPointer? {
    switch function {
    case .panicTrap:
        let code: @convention(c) (Int32) -> Void = { recordedTrace.append(Int64($0 & 0xFF)) }
        return unsafeBitCast(code, to: UnsafeRawPointer.self)
    case .panicIndex:
        let code: @convention(c) (Int64, Int64, Int32) -> Void = { index, length, _ in
            recordedTrace.append(index)
            recordedTrace.append(length)
        }
        return unsafeBitCast(code, to: UnsafeRawPointer.self)
    case .sinkI64:
        let code: @convention(c) (UInt64, Int64) -> Void = { recordedTrace.append($1) }
        return unsafeBitCast(code, to: UnsafeRawPointer.self)
    default:
        // Mentioned by cases, but not run.
        let code: @convention(c) () -> Void = { recordedTrace.append(-1) }
        return unsafeBitCast(code, to: UnsafeRawPointer.self)
    }
}

/// Makes one module: `main` and a few functions it calls, over two arrays that are static objects.
struct RandomModule {
    private var state: UInt64
    private var module: MIRModule
    private var builder: MIRBuilder
    private var file: FileID
    private var helpers: [SymbolID] = []
    private var arrays: [SymbolID] = []
    private var sink: SymbolID

    // Of the function being made.
    private var variables: [VariableID] = []
    private var narrow: [VariableID] = []
    private var exits: [BlockID] = []
    private var depth = 0
    private var isHelper = false

    /// `extra` more functions like `main` are not called by it.
    static func make(seed: UInt64, extra: Int = 0) -> MIRModule {
        var generator = RandomModule(seed: seed)
        return generator.makeModule(extra)
    }

    private init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 12345
        var sources = SourceMap()
        // One position per line.
        file = sources.add(SourceFile(path: "random.simple", bytes: Array(repeating: 10, count: 4000)))
        module = MIRModule(name: "random", sources: sources)
        builder = MIRBuilder(
            function: MIRFunction(
                symbol: SymbolID(0), signature: SignatureID(0), scope: InlineScope(name: "", file: file)))
        sink = module.symbol(for: .sinkI64)
    }

    private mutating func random(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 11) % bound
    }

    private mutating func makeModule(_ extra: Int) -> MIRModule {
        for k in 0..<2 { makeArray(k, length: k == 0 ? 8 : 1 + random(12)) }
        for k in 0..<(1 + random(3)) { makeFunction("helper\(k)", isHelper: true) }
        makeFunction("main", isHelper: false)
        for k in 0..<extra { makeFunction("extra\(k)", isHelper: false) }
        return module
    }

    private mutating func makeArray(_ k: Int, length: Int) {
        let elements = module.addSymbol(Symbol(name: "elements\(k)", kind: .data, linkage: .local))
        let array = module.addSymbol(Symbol(name: "array\(k)", kind: .data, linkage: .local))
        var content: [UInt8] = []
        for _ in 0..<(length * 8) { content.append(UInt8(random(2) * random(256) % 3)) }
        module.data.append(
            DataObject(symbol: elements, section: .writable, alignment: 16, bytes: content, size: content.count))
        var bytes = [UInt8](repeating: 0, count: 48)
        bytes[0] = 3
        bytes[8] = UInt8(length)
        bytes[16] = UInt8(length)
        bytes[32] = 8
        var object = DataObject(symbol: array, section: .writable, alignment: 16, bytes: bytes, size: 48)
        object.addresses.append((offset: 24, symbol: elements, addend: 0))
        module.data.append(object)
        arrays.append(array)
    }

    private mutating func makeFunction(_ name: String, isHelper: Bool) {
        let signature = module.intern(Signature(parameters: [.i64, .i64], results: [.i64]))
        let symbol = module.addSymbol(
            Symbol(name: name, kind: .function(signature), linkage: isHelper ? .local : .global))
        builder.reset(symbol: symbol, signature: signature, scope: InlineScope(name: name, file: file))
        let entry = BlockID.entry
        builder.position = UInt32(module.functions.count * 700)
        self.isHelper = isHelper
        variables = []
        narrow = []
        exits = []
        depth = 0
        let parameters = [builder.addParameter(entry, .i64), builder.addParameter(entry, .i64)]
        for k in 0..<5 {
            let variable = builder.declareVariable(type: .i64)
            builder.write(variable, k < 2 ? parameters[k] : builder.iconst(.i64, Int64(random(7) - 1)))
            variables.append(variable)
        }
        for _ in 0..<2 {
            let variable = builder.declareVariable(type: .i32)
            builder.write(variable, builder.iconst(.i32, Int64(random(100) - 20)))
            narrow.append(variable)
        }
        statements(isHelper ? 2 : 5)
        builder.returnValues([expression(2)])
        module.functions.append(builder.finish())
        if isHelper { helpers.append(symbol) }
    }

    private mutating func step() { builder.position += 1 }

    private mutating func statements(_ count: Int) {
        for _ in 0..<count { statement() }
    }

    private mutating func statement() {
        step()
        switch random(isHelper ? 9 : 12) {
        case 0, 1, 2: builder.write(variables[random(variables.count)], expression(3))
        case 3: store()
        case 4: builder.write(narrow[random(narrow.count)], narrowExpression(2))
        case 5, 6: conditional()
        case 7: countedLoop()
        case 8: whileLoop()
        case 9: trace()
        case 10: builder.write(variables[random(variables.count)], call())
        default: trace()
        }
    }

    private mutating func trace() {
        let value = expression(2)
        let zero = builder.iconst(.ref, 0)
        _ = builder.call(sink, [zero, value], result: .none)
    }
    private mutating func call() -> ValueID {
        let (x, y) = (expression(1), expression(1))
        return helpers.isEmpty ? x : builder.call(helpers[random(helpers.count)], [x, y], result: .i64)
    }

    private mutating func conditional() {
        guard depth < 4 else { return }
        depth += 1
        let condition = condition()
        let (first, second, after) = (builder.createBlock(), builder.createBlock(), builder.createBlock())
        builder.branch(condition, to: first, else: second)
        builder.seal(first)
        builder.seal(second)
        builder.switchTo(first)
        statements(1 + random(2))
        if !exits.isEmpty && random(5) == 0 { builder.jump(to: exits[exits.count - 1]) } else { builder.jump(to: after) }
        builder.switchTo(second)
        if random(2) == 0 { statements(1) }
        if isHelper && random(8) == 0 { builder.returnValues([expression(1)]) } else { builder.jump(to: after) }
        builder.seal(after)
        builder.switchTo(after)
        depth -= 1
    }

    /// `for i in start..<end`, whose increment is not checked, since i < end.
    private mutating func countedLoop() {
        guard depth < 3 else { return }
        depth += 1
        let index = variables[random(variables.count)]
        let start = builder.iconst(.i64, Int64(random(4) - 1))
        let array = arrays[random(2)]
        let limits = [builder.iconst(.i64, Int64(random(9))), length(array)]
        let end = limits[random(2)]
        let counter = builder.declareVariable(type: .i64)
        builder.write(counter, start)
        let (header, body, latch, exit) = (
            builder.createBlock(), builder.createBlock(), builder.createBlock(), builder.createBlock()
        )
        builder.jump(to: header)
        builder.switchTo(header)
        let i = builder.read(counter)
        builder.branch(builder.icmp(.lessS, i, end), to: body, else: exit)
        builder.seal(body)
        builder.switchTo(body)
        builder.write(index, i)
        exits.append(exit)
        if random(3) != 0 { element(array, builder.read(index), stores: random(2) == 0) }
        statements(1 + random(2))
        exits.removeLast()
        builder.jump(to: latch)
        builder.seal(latch)
        builder.switchTo(latch)
        let one = builder.iconst(.i64, 1)
        builder.write(counter, builder.binary(.add, builder.read(counter), one))
        builder.jump(to: header)
        builder.seal(header)
        builder.seal(exit)
        builder.switchTo(exit)
        depth -= 1
    }

    /// `while condition` with a counter of its own, so that it ends, or a scan through an array.
    private mutating func whileLoop() {
        guard depth < 3 else { return }
        depth += 1
        let fuel = builder.declareVariable(type: .i64)
        builder.write(fuel, builder.iconst(.i64, Int64(3 + random(9))))
        let index = variables[random(variables.count)]
        let array = arrays[random(2)]
        let (header, more, body, exit) = (
            builder.createBlock(), builder.createBlock(), builder.createBlock(), builder.createBlock()
        )
        let isScan = random(2) == 0
        if isScan { builder.write(index, builder.iconst(.i64, Int64(random(3)))) }
        builder.jump(to: header)
        builder.switchTo(header)
        let condition =
            isScan ? builder.icmp(.lessS, builder.read(index), length(array)) : condition()
        builder.branch(condition, to: more, else: exit)
        builder.seal(more)
        builder.switchTo(more)
        let zero = builder.iconst(.i64, 0)
        let one = builder.iconst(.i64, 1)
        builder.write(fuel, builder.binary(.subtractS, builder.read(fuel), one))
        builder.branch(builder.icmp(.greaterS, builder.read(fuel), zero), to: body, else: exit)
        builder.seal(body)
        builder.switchTo(body)
        exits.append(exit)
        if isScan { element(array, builder.read(index), stores: random(2) == 0) }
        statements(1 + random(2))
        exits.removeLast()
        if isScan || random(2) == 0 {
            let step = builder.iconst(.i64, Int64(1 + random(2)))
            builder.write(index, builder.binary(.addS, builder.read(index), step))
        }
        builder.jump(to: header)
        builder.seal(header)
        builder.seal(exit)
        builder.switchTo(exit)
        depth -= 1
    }

    // MARK: - Expressions

    private mutating func length(_ array: SymbolID) -> ValueID {
        let base = builder.symbolAddress(array, type: .ref)
        return builder.load(.i64, base, offset: ObjectLayout.arrayLength, .arrayLength)
    }
    private mutating func store() {
        element(arrays[random(2)], random(3) == 0 ? expression(1) : maskedExpression(), stores: true)
    }
    private mutating func element(_ array: SymbolID, _ index: ValueID, stores: Bool) {
        step()
        if stores {
            let value = expression(1)
            let (data, checked) = access(array, index)
            builder.storeIndexed(value, data, checked, scale: 8, offset: 0, .element64)
        } else {
            let (data, checked) = access(array, index)
            let value = builder.loadIndexed(.i64, data, checked, scale: 8, offset: 0, .element64)
            builder.write(variables[random(variables.count)], value)
        }
    }
    private mutating func access(_ array: SymbolID, _ index: ValueID) -> (ValueID, ValueID) {
        let base = builder.symbolAddress(array, type: .ref)
        let length = builder.load(.i64, base, offset: ObjectLayout.arrayLength, .arrayLength)
        let checked = builder.checkIndex(index, length, .array)
        return (builder.load(.ptr, base, offset: ObjectLayout.arrayData, .arrayData), checked)
    }
    private mutating func maskedExpression() -> ValueID {
        let value = expression(1)
        return builder.binary(.and, value, builder.iconst(.i64, [1, 3, 7][random(3)]))
    }

    private mutating func condition() -> ValueID {
        step()
        let x = expression(1)
        let y = expression(1)
        let condition = builder.icmp(IntegerCondition.allCases[random(10)], x, y)
        if random(4) == 0 {
            let (z, w) = (expression(1), expression(1))
            let other = builder.icmp(IntegerCondition.allCases[random(10)], z, w)
            return builder.binary(random(2) == 0 ? .and : .or, condition, other)
        }
        if random(6) == 0 { return builder.icmp(.equal, condition, builder.iconst(.i8, 0)) }
        return condition
    }

    private mutating func expression(_ depth: Int) -> ValueID {
        if depth == 0 || random(4) == 0 {
            return random(3) == 0
                ? builder.iconst(.i64, [0, 1, 2, 3, -1, 8, 100, Int64.max][random(8)])
                : builder.read(variables[random(variables.count)])
        }
        step()
        switch random(16) {
        case 0, 1, 2: return binary(.addS, depth)
        case 3: return binary(.subtractS, depth)
        case 4: return binary(.multiplyS, depth)
        case 5: return binary([.add, .subtract, .multiply, .xor, .or][random(5)], depth)
        case 6, 7: return maskedExpression()
        case 8:
            let x = expression(depth - 1)
            let y = expression(depth - 1)
            builder.trapIf(
                builder.icmp(.equal, y, builder.iconst(.i64, 0)), Int64(TrapCode.divisionByZero.rawValue))
            let isMinusOne = builder.icmp(.equal, y, builder.iconst(.i64, -1))
            let safe = builder.select(isMinusOne, builder.iconst(.i64, 1), y)
            return builder.binary(random(2) == 0 ? .remainderS : .divideS, x, safe)
        case 9:
            let x = expression(depth - 1)
            let count = builder.iconst(.i64, Int64(random(10)))
            return builder.binary([.shiftLeft, .shiftRightS, .shiftRightU][random(3)], x, count)
        case 10:
            let (x, y) = (expression(depth - 1), expression(depth - 1))
            return builder.select(condition(), x, y)
        case 11, 12:
            let index = random(2) == 0 ? maskedExpression() : expression(depth - 1)
            let (data, checked) = access(arrays[random(2)], index)
            return builder.loadIndexed(.i64, data, checked, scale: 8, offset: 0, .element64)
        case 13: return builder.convert(random(2) == 0 ? .signExtend : .zeroExtend, .i64, narrowExpression(depth - 1))
        case 14: return binary([.addU, .subtractU, .multiplyU][random(3)], depth)
        default: return length(arrays[random(2)])
        }
    }
    private mutating func binary(_ opcode: Opcode, _ depth: Int) -> ValueID {
        let x = expression(depth - 1)
        let y = expression(depth - 1)
        return builder.binary(opcode, x, y)
    }
    private mutating func narrowExpression(_ depth: Int) -> ValueID {
        if depth == 0 || random(3) == 0 { return builder.read(narrow[random(narrow.count)]) }
        step()
        switch random(5) {
        case 0: return builder.convert(.truncate, .i32, expression(depth - 1))
        case 1:
            let x = narrowExpression(depth - 1)
            return builder.binary(.addS, x, builder.iconst(.i32, Int64(random(9) - 3)))
        case 2:
            let (x, y) = (narrowExpression(depth - 1), narrowExpression(depth - 1))
            return builder.binary([.subtractS, .multiplyS, .addU, .and, .multiply][random(5)], x, y)
        case 3:
            let x = narrowExpression(depth - 1)
            return builder.binary(.shiftRightU, x, builder.iconst(.i32, Int64(1 + random(8))))
        default: return builder.iconst(.i32, Int64(random(1000) - 500))
        }
    }
}

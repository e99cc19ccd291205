import CPlatform
import MIR
import RuntimeABI
import Support
import Testing

/// What the test host's functions saw. C functions cannot capture, so it is global; the suite is serialized.
nonisolated(unsafe) private var calls: [String] = []
nonisolated(unsafe) private var running: MIRInterpreter?
nonisolated(unsafe) private var rootWords: [UInt64] = []

private let panicTrap: @convention(c) (Int32) -> Void = { calls.append("trap \($0)") }
private let panicIndex: @convention(c) (Int64, Int64, Int32) -> Void = { calls.append("index \($0) \($1) \($2)") }
private let charTest: @convention(c) (Int32, Int32) -> UInt8 = { $0 == $1 ? 1 : 0 }
private let charUpper: @convention(c) (Int32) -> Int32 = { $0 &- 32 }
private let powF64: @convention(c) (Double, Double) -> Double = { $0 - $1 }
private let sinkF32: @convention(c) (Int64, Float) -> Void = { calls.append("f32 \($0) \($1)") }
private let formatF64: @convention(c) (Int64, Double, Int64) -> Void = { calls.append("f64 \($0) \($1) \($2)") }
private let arraySlice: @convention(c) (Int64, Int64, Int64, Int64, Int32) -> Int64 = {
    $0 &+ $1 &* 10 &+ $2 &* 100 &+ $3 &* 1000 &+ Int64($4) &* 10000
}
private let stringToInt: @convention(c) (Int64) -> simple_int_pair = { simple_int_pair(first: $0 &+ 1, second: $0 &+ 2) }
private let stringToFloat: @convention(c) (Int64) -> simple_int_double = { simple_int_double(first: $0, second: 2.5) }
private let flush: @convention(c) () -> Void = {
    guard let running else { return }
    calls += running.backtrace().map { "\($0.function) \($0.file):\($0.line):\($0.column)" }
    rootWords = Array(running.rootRange.bindMemory(to: UInt64.self))
}
private let exitProcess: @convention(c) (Int64) -> Void = { calls.append("exit \($0)") }

private func host(_ function: RuntimeFunction) -> UnsafeRawPointer? {
    switch function {
    case .panicTrap: unsafeBitCast(panicTrap, to: UnsafeRawPointer.self)
    case .panicIndex: unsafeBitCast(panicIndex, to: UnsafeRawPointer.self)
    case .charTest: unsafeBitCast(charTest, to: UnsafeRawPointer.self)
    case .charUpper: unsafeBitCast(charUpper, to: UnsafeRawPointer.self)
    case .powF64: unsafeBitCast(powF64, to: UnsafeRawPointer.self)
    case .sinkF32: unsafeBitCast(sinkF32, to: UnsafeRawPointer.self)
    case .formatF64: unsafeBitCast(formatF64, to: UnsafeRawPointer.self)
    case .arraySlice: unsafeBitCast(arraySlice, to: UnsafeRawPointer.self)
    case .stringToInt: unsafeBitCast(stringToInt, to: UnsafeRawPointer.self)
    case .stringToFloat: unsafeBitCast(stringToFloat, to: UnsafeRawPointer.self)
    case .flush: unsafeBitCast(flush, to: UnsafeRawPointer.self)
    case .exit: unsafeBitCast(exitProcess, to: UnsafeRawPointer.self)
    default: nil
    }
}

/// An instruction on values of one type, and what it gives.
struct ArithmeticCase: Sendable, CustomTestStringConvertible {
    var instruction: String
    var type: String
    var result: String
    var arguments: [Int64]
    var expected: MIROutcome
    var testDescription: String { "\(instruction) \(type) \(arguments)" }

    /// `instruction` with its operands' type, arguments, and the result; nil: traps.
    init(_ instruction: String, _ type: String, _ arguments: Int64..., gives value: Int64?, as result: String? = nil) {
        self.instruction = instruction
        self.type = type
        self.result = result ?? type
        self.arguments = arguments
        expected = value.map { .returned([UInt64(bitPattern: $0)]) } ?? .stopped(.panicTrap)
    }
    init(floats instruction: String, _ type: String, _ arguments: Double..., gives value: Double) {
        self.instruction = instruction
        self.type = type
        result = type
        func bits(_ value: Double) -> Int64 {
            type == "f32" ? Int64(Float(value).bitPattern) : Int64(bitPattern: value.bitPattern)
        }
        self.arguments = arguments.map(bits)
        expected = .returned([UInt64(bitPattern: bits(value))])
    }
    var text: String {
        let parameters = arguments.map { _ in type }.joined(separator: ", ")
        let values = arguments.indices.map { "v\($0 + 1)" }.joined(separator: ", ")
        let declared = arguments.indices.map { "v\($0 + 1): \(type)" }.joined(separator: ", ")
        // Comparisons do not name their type.
        let hasType = !instruction.hasPrefix("icmp") && !instruction.hasPrefix("fcmp")
        return """
            module "m"
            func global @f(\(parameters)) -> \(result) {
            b0(\(declared)):
              v9 = \(instruction) \(hasType ? result + " " : "")\(values)
              return v9
            }
            """
    }
}

private let smallest = Int64.min
private let largest = Int64.max

@Suite(.serialized) struct InterpreterTests {
    static func run(
        _ text: String, _ name: String = "f", _ arguments: [UInt64] = [], maximumDepth: Int = 1000,
        configure: (MIRInterpreter) -> Void = { _ in }
    ) throws -> MIROutcome? {
        calls = []
        let module = try MIRTextParser.parse(text)
        #expect(MIRVerifier.verify(module) == [])
        let interpreter = try MIRInterpreter([module], stackBytes: 1 << 20, maximumDepth: maximumDepth, host: host)
        configure(interpreter)
        running = interpreter
        defer { running = nil }
        return interpreter.run(name, arguments)
    }

    static let cases: [ArithmeticCase] = [
        ArithmeticCase("add", "i8", 127, 1, gives: -128),
        ArithmeticCase("add", "i64", largest, 1, gives: smallest),
        ArithmeticCase("sub", "i16", -32768, 1, gives: 32767),
        ArithmeticCase("mul", "i32", 1 << 20, 1 << 20, gives: 0),
        ArithmeticCase("mul", "i64", largest, 2, gives: -2),
        ArithmeticCase("add.s.trap", "i8", 100, 27, gives: 127),
        ArithmeticCase("add.s.trap", "i8", 100, 28, gives: nil),
        ArithmeticCase("add.s.trap", "i16", -32768, -1, gives: nil),
        ArithmeticCase("add.s.trap", "i32", 2_147_483_647, 1, gives: nil),
        ArithmeticCase("add.s.trap", "i64", largest, 1, gives: nil),
        ArithmeticCase("add.s.trap", "i64", largest, -1, gives: largest - 1),
        ArithmeticCase("sub.s.trap", "i8", -100, 28, gives: -128),
        ArithmeticCase("sub.s.trap", "i8", -100, 29, gives: nil),
        ArithmeticCase("sub.s.trap", "i64", smallest, 1, gives: nil),
        ArithmeticCase("mul.s.trap", "i8", -16, 8, gives: -128),
        ArithmeticCase("mul.s.trap", "i8", 16, 8, gives: nil),
        ArithmeticCase("mul.s.trap", "i64", 1 << 32, 1 << 31, gives: nil),
        ArithmeticCase("mul.s.trap", "i64", smallest, -1, gives: nil),
        ArithmeticCase("add.u.trap", "i8", -128, 127, gives: -1),
        ArithmeticCase("add.u.trap", "i8", -128, -128, gives: nil),
        ArithmeticCase("add.u.trap", "i64", -1, 1, gives: nil),
        ArithmeticCase("add.u.trap", "i64", largest, 1, gives: smallest),
        ArithmeticCase("sub.u.trap", "i32", -1, 1, gives: -2),
        ArithmeticCase("sub.u.trap", "i32", 1, -1, gives: nil),
        ArithmeticCase("mul.u.trap", "i16", 255, 257, gives: -1),
        ArithmeticCase("mul.u.trap", "i16", 256, 256, gives: nil),
        ArithmeticCase("mul.u.trap", "i64", -1, 2, gives: nil),
        ArithmeticCase("div.s", "i64", -7, 2, gives: -3),
        ArithmeticCase("rem.s", "i64", -7, 2, gives: -1),
        ArithmeticCase("div.u", "i8", -1, 16, gives: 15),
        ArithmeticCase("div.u", "i64", -1, 2, gives: largest),
        ArithmeticCase("rem.u", "i8", -1, 16, gives: 15),
        ArithmeticCase("and", "i8", -1, 15, gives: 15),
        ArithmeticCase("or", "i16", 256, 1, gives: 257),
        ArithmeticCase("xor", "i32", -1, 1, gives: -2),
        ArithmeticCase("shl", "i8", 3, 7, gives: -128),
        ArithmeticCase("shl", "i64", 1, 63, gives: smallest),
        ArithmeticCase("shr.s", "i8", -128, 7, gives: -1),
        ArithmeticCase("shr.u", "i8", -128, 7, gives: 1),
        ArithmeticCase("shr.u", "i64", -1, 60, gives: 15),
        ArithmeticCase("clz", "i8", 1, gives: 7),
        ArithmeticCase("clz", "i16", 0, gives: 16),
        ArithmeticCase("clz", "i64", -1, gives: 0),
        ArithmeticCase("ctz", "i8", 0, gives: 8),
        ArithmeticCase("ctz", "i32", 8, gives: 3),
        ArithmeticCase("popcount", "i8", -1, gives: 8),
        ArithmeticCase("popcount", "i64", -1, gives: 64),
        ArithmeticCase("icmp eq", "i8", 5, 5, gives: 1, as: "i8"),
        ArithmeticCase("icmp ne", "i8", 5, 5, gives: 0, as: "i8"),
        ArithmeticCase("icmp lt.s", "i32", -1, 1, gives: 1, as: "i8"),
        ArithmeticCase("icmp lt.u", "i32", -1, 1, gives: 0, as: "i8"),
        ArithmeticCase("icmp le.s", "i64", 1, 1, gives: 1, as: "i8"),
        ArithmeticCase("icmp le.u", "i8", 1, -1, gives: 1, as: "i8"),
        ArithmeticCase("icmp gt.s", "i8", 1, -1, gives: 1, as: "i8"),
        ArithmeticCase("icmp gt.u", "i8", 1, -1, gives: 0, as: "i8"),
        ArithmeticCase("icmp ge.s", "i64", smallest, 0, gives: 0, as: "i8"),
        ArithmeticCase("icmp ge.u", "i64", smallest, 0, gives: 1, as: "i8"),
        ArithmeticCase("sext", "i8", -1, gives: -1, as: "i64"),
        ArithmeticCase("zext", "i8", -1, gives: 255, as: "i64"),
        ArithmeticCase("zext", "i8", -1, gives: 255, as: "i16"),
        ArithmeticCase("zext", "i32", -1, gives: 0xFFFF_FFFF, as: "i64"),
        ArithmeticCase("trunc", "i64", 0x1_8080, gives: -128, as: "i8"),
        ArithmeticCase("trunc", "i32", 0x1_8080, gives: -32640, as: "i16"),
        ArithmeticCase("itof", "i32", -3, gives: Int64(bitPattern: (-3.0).bitPattern), as: "f64"),
        ArithmeticCase("itof", "i64", 16_777_217, gives: Int64(Float(16_777_216).bitPattern), as: "f32"),
        ArithmeticCase("ftoi", "f64", Int64(bitPattern: (-2.9).bitPattern), gives: -2, as: "i64"),
        ArithmeticCase("ftoi", "f32", Int64(Float(2.9).bitPattern), gives: 2, as: "i32"),
        ArithmeticCase("fext", "f32", Int64(Float(0.1).bitPattern), gives: Int64(bitPattern: Double(Float(0.1)).bitPattern), as: "f64"),
        ArithmeticCase("ftrunc", "f64", Int64(bitPattern: (0.1).bitPattern), gives: Int64(Float(0.1).bitPattern), as: "f32"),
        ArithmeticCase("bitcast", "f64", Int64(bitPattern: (1.5).bitPattern), gives: Int64(bitPattern: (1.5).bitPattern), as: "i64"),
        ArithmeticCase("bitcast", "f32", Int64(Float(-1.5).bitPattern), gives: Int64(Int32(bitPattern: Float(-1.5).bitPattern)), as: "i32"),
        ArithmeticCase("bitcast", "i32", -1, gives: 0xFFFF_FFFF, as: "f32"),
        ArithmeticCase("copy", "i16", -5, gives: -5),
        ArithmeticCase(floats: "fadd", "f64", 0.1, 0.2, gives: 0.1 + 0.2),
        ArithmeticCase(floats: "fadd", "f32", 0.1, 0.2, gives: Double(Float(0.1) + Float(0.2))),
        ArithmeticCase(floats: "fsub", "f64", 1, 3, gives: -2),
        ArithmeticCase(floats: "fmul", "f32", 1.5, 1.5, gives: 2.25),
        ArithmeticCase(floats: "fdiv", "f64", 1, 0, gives: .infinity),
        ArithmeticCase(floats: "fneg", "f64", 0, gives: -0.0),
        ArithmeticCase(floats: "fneg", "f32", 1, gives: -1),
        ArithmeticCase(floats: "fabs", "f64", -0.0, gives: 0),
        ArithmeticCase(floats: "fabs", "f32", -2, gives: 2),
        ArithmeticCase(floats: "fsqrt", "f64", 2, gives: (2.0).squareRoot()),
        ArithmeticCase(floats: "fsqrt", "f32", 2, gives: Double(Float(2).squareRoot())),
    ]
    @Test(arguments: cases)
    func arithmetic(_ test: ArithmeticCase) throws {
        let outcome = try InterpreterTests.run(test.text, "f", test.arguments.map { UInt64(bitPattern: $0) })
        #expect(outcome == test.expected)
    }

    /// The builder's folding and the interpreter's arithmetic agree.
    @Test(arguments: cases.filter { $0.type.hasPrefix("i") && !$0.instruction.hasPrefix("icmp") })
    func foldingAgrees(_ test: ArithmeticCase) throws {
        let module = try MIRTextParser.parse(test.text)
        let instruction = module.functions[0][module.functions[0].blocks[0].first]
        let type = module[module.functions[0].signature].parameters[0]
        let folded =
            test.arguments.count == 2
            ? ConstantFolding.binary(instruction.opcode, type, test.arguments[0], test.arguments[1])
            : ConstantFolding.unary(instruction.opcode, from: type, to: instruction.type, test.arguments[0])
        switch test.expected {
        case .returned(let values):
            let isFolded = folded != nil
            #expect(isFolded == !["itof", "bitcast", "copy"].contains(test.instruction))
            if let folded { #expect(UInt64(bitPattern: folded) == values[0]) }
        default: #expect(folded == nil)
        }
    }

    @Test(arguments: [
        ("eq", [false, true, false, false]), ("ne", [true, false, true, true]), ("lt", [true, false, false, false]),
        ("le", [true, true, false, false]), ("gt", [false, false, true, false]), ("ge", [false, true, true, false]),
    ])
    func floatComparisons(condition: String, expected: [Bool]) throws {
        for type in ["f32", "f64"] {
            for (operands, expected) in zip([(1.0, 2.0), (2, 2), (3, 2), (.nan, 2)], expected) {
                let test = ArithmeticCase(floats: "fcmp " + condition, type, operands.0, operands.1, gives: 0)
                let text = test.text.replacing(") -> \(type)", with: ") -> i8")
                let outcome = try InterpreterTests.run(text, "f", test.arguments.map { UInt64(bitPattern: $0) })
                #expect(outcome == .returned([expected ? 1 : 0]), "\(operands)")
            }
        }
    }

    @Test(arguments: [
        ("div.s", Int64(1), Int64(0)), ("div.s", smallest, -1), ("rem.s", 1, 0), ("rem.s", smallest, -1), ("div.u", 1, 0),
        ("rem.u", 1, 0), ("shl", 1, 64), ("shr.s", 1, -1), ("shr.u", 1, 64),
    ])
    func undefinedOperationsAreReported(instruction: String, l: Int64, r: Int64) throws {
        let text = ArithmeticCase(instruction, "i64", l, r, gives: 0).text
        let outcome = try InterpreterTests.run(text, "f", [UInt64(bitPattern: l), UInt64(bitPattern: r)])
        guard case .undefinedBehaviour = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
    }

    @Test(arguments: ["v9 = ftoi i64 v2\n return", "v9 = load i64 [v1] any\n return", "store v2, [v1 + 8] any\n return",
        "callindirect v1() with ()\n return", "unreachable",
    ])
    func undefinedEffectsAreReported(body: String) throws {
        let outcome = try InterpreterTests.run(
            "module \"m\"\nfunc global @f(ptr, f64) {\nb0(v1: ptr, v2: f64):\n\(body)\n}", "f",
            [0, (1e300).bitPattern])
        guard case .undefinedBehaviour(let what) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(what.hasSuffix(" in f"))
    }

    /// Every width: through memory and back, with neighbours unharmed.
    @Test func memory() throws {
        let text = """
            module "m"
            data local @d writable align 8 size 24 {
              bytes "\\80\\ff\\01\\80\\00\\00\\00\\80\\00\\00\\80\\bf------------"
              address 16 @d + 4
            }
            func global @f(i64) -> i64, i64, i64, f32, i64, ptr, i64 {
            b0(v1: i64):
              v2 = address ptr @d
              v3 = load i8 [v2] any
              v4 = sext i64 v3
              v5 = load i16 [v2 + 2] any
              v6 = zext i64 v5
              v7 = load i32 [v2 + v1 * 4] any
              v8 = sext i64 v7
              v9 = load f32 [v2 + v1 * 8] any
              v10 = load ptr [v2 + 16] any
              v11 = load i64 [v10 + 4] any
              v12 = stackslot ptr size 16 align 8
              v13 = iconst i64 -1
              store v13, [v12] stack
              store v13, [v12 + 8] stack
              v14 = trunc i8 v1
              store v14, [v12 + v1 * 2 + 1] stack
              v15 = trunc i16 v1
              store v15, [v12 + 6] stack
              v16 = trunc i32 v1
              store v16, [v12 + v1 * 8] stack
              store v9, [v12 + 12] stack
              v17 = load i64 [v12 + v1 * 1 - 1] stack
              v18 = load i64 [v12 + 8] stack
              return v4, v6, v8, v9, v17, v10, v18
            }
            """
        let outcome = try InterpreterTests.run(text, "f", [1])
        guard case .returned(let values) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(values[0] == UInt64(bitPattern: -128))
        #expect(values[1] == 0x8001)
        #expect(values[2] == UInt64(bitPattern: Int64(Int32.min)))
        #expect(values[3] == UInt64(Float(-1).bitPattern))
        #expect(values[4] == 0x0001_FFFF_01FF_FFFF)
        #expect(values[5] % 16 == 4)
        #expect(values[6] == UInt64(Float(-1).bitPattern) << 32 | 1)
    }

    @Test func zeroedDataAndBigAlignment() throws {
        let text = """
            module "m"
            data local @z zeroed align 64 size 128
            func global @f() -> i64, ptr, ptr {
            b0:
              v1 = address ptr @z
              v2 = load i64 [v1 + 120] any
              v3 = stackslot ptr size 8 align 128
              store v2, [v3] stack
              v4 = stackslot ptr size 8 align 8
              return v2, v1, v3
            }
            """
        let outcome = try InterpreterTests.run(text)
        guard case .returned(let values) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(values[0] == 0 && values[1] % 64 == 0 && values[2] % 128 == 0)
    }

    @Test(arguments: [
        (-3, 3, [0], ""), (-1, 3, [2], ""), (2, 3, [2], ""), (3, 3, [], "index 3 3 1"), (-4, 3, [], "index -4 3 1"),
        (0, 0, [], "index 0 0 1"), (smallest, largest, [], "index \(smallest) \(largest) 1"),
    ] as [(Int64, Int64, [UInt64], String)])
    func checkIndex(index: Int64, length: Int64, result: [UInt64], call: String) throws {
        let text = """
            module "m"
            func global @f(i64, i64) -> i64 {
            b0(v1: i64, v2: i64):
              v3 = checkindex string v1, v2
              checkbounds array v3, v2
              return v3
            }
            """
        let outcome = try InterpreterTests.run(text, "f", [UInt64(bitPattern: index), UInt64(bitPattern: length)])
        #expect(outcome == (result.isEmpty ? .stopped(.panicIndex) : .returned(result)))
        #expect(calls == (call.isEmpty ? [] : [call]))
    }

    /// Traps tell the position, then call the host with the word.
    @Test func traps() throws {
        var module = try MIRTextParser.parse(
            """
            module "m"
            func global @f(i8, i16) -> i16 {
            scope "f" file 0
            scope "inner" file 0 call 3 in 0
            b0(v1: i8, v2: i16):
              trapif v1, divisionByZero  ; 8/1
              v3 = mul.u.trap i16 v2, v2  ; 2
              return v3
            }
            """)
        module.sources = SourceMap()
        _ = module.sources.add(SourceFile(path: "a.simple", bytes: Array("one\ntwo three\n".utf8)))
        let interpreter = try MIRInterpreter([module], stackBytes: 1 << 16, host: host)
        interpreter.onPosition = { calls.append("\($0):\($1):\($2) \($3)") }
        calls = []
        #expect(interpreter.run("f", [1, 0]) == .stopped(.panicTrap))
        #expect(interpreter.run("f", [0, 256]) == .stopped(.panicTrap))
        #expect(interpreter.run("f", [0, 255]) == .returned([UInt64(bitPattern: -511)]))
        let word = Int(TrapCode.overflow.rawValue) | Int(TrapOperation.multiply.rawValue) << 8 | Int(TrapType.u16.rawValue) << 16
        #expect(calls == ["a.simple:2:5 inner", "trap 4", "a.simple:1:3 f", "trap \(word)"])
    }

    @Test func callsAndRecursion() throws {
        let text = """
            module "m"
            func local @divide(i64, i64) -> i64, i64 {
            b0(v1: i64, v2: i64):
              v3 = div.s i64 v1, v2
              v4 = rem.s i64 v1, v2
              return v3, v4
            }
            func global @f(i64) -> i64 {
            b0(v1: i64):
              v2 = iconst i64 2
              v3 = icmp lt.s v1, v2
              branch v3, b1, b2
            b1:
              return v1
            b2:
              v4 = iconst i64 1
              v5 = sub i64 v1, v4
              v6 = call i64 @f(v5)
              v7 = sub i64 v5, v4
              v8 = address ptr @f
              v9 = callindirect v8(i64) -> i64 with (v7)
              v10 = add i64 v6, v9
              return v10
            }
            func global @digits(i64) -> i64 {
            b0(v1: i64):
              v2 = iconst i64 10
              v3 = call i64 @divide(v1, v2)
              v4 = project i64 v3, 1
              v5 = mul i64 v4, v2
              v6 = add i64 v5, v3
              return v6
            }
            """
        #expect(try InterpreterTests.run(text, "f", [20]) == .returned([6765]))
        #expect(try InterpreterTests.run(text, "digits", [47]) == .returned([74]))
        #expect(try InterpreterTests.run(text, "f", []) == nil)
        #expect(try InterpreterTests.run(text, "absent", []) == nil)
    }

    @Test func stackOverflow() throws {
        let text = """
            module "m"
            func global @f(i64) -> i64 {
            b0(v1: i64):
              v2 = stackslot ptr size 4000 align 8
              v3 = call i64 @f(v1)
              return v3
            }
            func global @g() {
            b0:
              call @g()
              return
            }
            """
        nonisolated(unsafe) var overflows = 0
        for name in ["f", "g"] {
            let arguments: [UInt64] = name == "f" ? [1] : []
            let outcome = try InterpreterTests.run(text, name, arguments) { interpreter in
                interpreter.onStackOverflow = { overflows += 1 }
            }
            #expect(outcome == .stackOverflow)
        }
        #expect(overflows == 2)
    }

    /// Arguments of an edge are read before parameters are written.
    @Test func edgesMoveInParallel() throws {
        let text = """
            module "m"
            func global @f(i64, i64, i64) -> i64, i64, i64 {
            b0(v1: i64, v2: i64, v3: i64):
              v4 = iconst i64 4
              jump b1(v1, v2, v3, v4)
            b1(v5: i64, v6: i64, v7: i64, v8: i64):
              v9 = iconst i64 1
              v10 = sub i64 v8, v9
              v11 = iconst i64 0
              v12 = icmp gt.s v10, v11
              branch v12, b1(v6, v7, v5, v10), b2
            b2:
              return v5, v6, v7
            }
            """
        #expect(try InterpreterTests.run(text, "f", [1, 2, 3]) == .returned([1, 2, 3]))
    }

    @Test func switches() throws {
        let text = """
            module "m"
            func global @f(i64) -> i64 {
            b0(v1: i64):
              v2 = iconst i64 10
              v3 = iconst i64 20
              switch v1 [5: b1(v2), -3: b1(v3), 9223372036854775807: b1(v1)], b2
            b1(v4: i64):
              return v4
            b2:
              v5 = icmp eq v1, v2
              v6 = select i64 v5, v2, v3
              return v6
            }
            """
        for (argument, expected) in [(5, 10), (-3, 20), (largest, largest), (10, 10), (0, 20)] as [(Int64, Int64)] {
            let outcome = try InterpreterTests.run(text, "f", [UInt64(bitPattern: argument)])
            #expect(outcome == .returned([UInt64(bitPattern: expected)]), "\(argument)")
        }
    }

    @Test func runtimeCalls() throws {
        let text = """
            module "m"
            func global @f(ref, f64, f32, i32) -> i8, i32, f64, ref, i64, i64, i64, f64 {
            b0(v1: ref, v2: f64, v3: f32, v4: i32):
              v5 = call i8 @simple_rt_char_test(v4, v4)
              v6 = call i32 @simple_rt_char_upper(v4)
              v7 = fneg f64 v2
              v8 = call f64 @simple_rt_pow_f64(v2, v7)
              v9 = iconst i64 2
              v10 = iconst i64 3
              v11 = iconst i64 4
              v12 = call ref @simple_rt_array_slice(v1, v9, v10, v11, v4)
              v13 = call i64 @simple_rt_string_to_int(v1)
              v14 = project i64 v13, 1
              v15 = call i64 @simple_rt_string_to_float(v1)
              v16 = project f64 v15, 1
              call @simple_rt_sink_f32(v1, v3)
              call @simple_rt_format_f64(v1, v2, v9)
              v17 = address ptr @simple_rt_char_upper
              v18 = callindirect v17(i32) -> i32 with (v6)
              return v5, v18, v8, v12, v13, v14, v15, v16
            }
            """
        let outcome = try InterpreterTests.run(text, "f", [1, (1.5).bitPattern, UInt64(Float(0.5).bitPattern), 97])
        #expect(
            outcome
                == .returned([
                    1, 33, (3.0).bitPattern, 1 + 20 + 300 + 4000 + 970_000, 2, 3, 1, (2.5).bitPattern,
                ]))
        #expect(calls == ["f32 1 0.5", "f64 1 1.5 2"])
    }

    @Test func entriesThatDoNotReturnEndTheRun() throws {
        let text = """
            module "m"
            func local @inner(i64) {
            b0(v1: i64):
              call @simple_rt_exit(v1)
              unreachable
            }
            func global @f(i64) {
            b0(v1: i64):
              call @inner(v1)
              return
            }
            """
        #expect(try InterpreterTests.run(text, "f", [7]) == .stopped(.exit))
        #expect(calls == ["exit 7"])
    }

    /// While a runtime entry runs: the call chain with inlined scopes, and the references of all frames.
    @Test func backtraceAndRoots() throws {
        var module = try MIRTextParser.parse(
            """
            module "m"
            func local @inner(ref) {
            scope "inner" file 0
            scope "inlined" file 0 call 5 in 0
            b0(v1: ref):
              call @simple_rt_flush()  ; 6/1
              return
            }
            func global @f(ref, ref) {
            scope "f" file 0
            b0(v1: ref, v2: ref):
              v3 = stackslot ptr size 8 align 8  ; 0
              store v2, [v3] stack  ; 0
              call @inner(v1)  ; 9
              return
            }
            """)
        module.sources = SourceMap()
        _ = module.sources.add(SourceFile(path: "a.simple", bytes: Array("1234\n6789\n".utf8)))
        let interpreter = try MIRInterpreter([module], stackBytes: 1 << 16, host: host)
        running = interpreter
        defer { running = nil }
        calls = []
        #expect(interpreter.run("f", [0xABC0, 0xDEF0]) == .returned([]))
        #expect(calls == ["inlined a.simple:2:2", "inner a.simple:2:1", "f a.simple:2:5"])
        #expect(rootWords.filter { $0 == 0xABC0 }.count == 2 && rootWords.contains(0xDEF0))
        #expect(interpreter.rootRange.isEmpty)
    }

    @Test func modulesAreLinkedByName() throws {
        let library = try MIRTextParser.parse(
            """
            module "library"
            data global @counter writable align 8 size 8 {
              bytes "\\05\\00\\00\\00\\00\\00\\00\\00"
            }
            func local @helper() -> i64 {
            b0:
              v1 = iconst i64 1
              return v1
            }
            func weak @shared() -> i64 {
            b0:
              v1 = call i64 @helper()
              return v1
            }
            """)
        let main = try MIRTextParser.parse(
            """
            module "main"
            extern data global @counter
            func local @helper() -> i64 {
            b0:
              v1 = iconst i64 2
              return v1
            }
            func weak @shared() -> i64 {
            b0:
              v1 = call i64 @helper()
              return v1
            }
            func global @f() -> i64 {
            b0:
              v1 = address ptr @counter
              v2 = load i64 [v1] global
              v3 = call i64 @shared()
              v4 = add i64 v2, v3
              v5 = call i64 @helper()
              v6 = add i64 v4, v5
              return v6
            }
            """)
        let interpreter = try MIRInterpreter([library, main], stackBytes: 1 << 16, host: host)
        #expect(interpreter.run("f") == .returned([8]))
        #expect(interpreter.writableRanges.count == 1)
        #expect(throws: MIRLinkError.undefinedSymbol("counter")) { try MIRInterpreter([main], host: host) }
        #expect(throws: MIRLinkError.duplicateSymbol("counter")) {
            try MIRInterpreter([library, library], host: host)
        }
        #expect(throws: MIRLinkError.missingRuntimeEntry("simple_rt_flush")) {
            try MIRInterpreter(
                [MIRTextParser.parse("module \"m\"\nfunc global @f() {\nb0:\n call @simple_rt_flush()\n return\n}")]
            ) { _ in nil }
        }
    }
}

import CPlatform
import Codegen
import MIR
import RuntimeABI
import SMF
import Support
import Testing

/// Compiles MIR text with every check on.
func compile(_ text: String, imports: [String: UnsafeRawPointer] = [:]) throws -> NativeModule {
    try compile(try MIRTextParser.parse(text), imports: imports)
}

func compile(_ module: MIRModule, imports: [String: UnsafeRawPointer] = [:]) throws -> NativeModule {
    let violations = MIRVerifier.verify(module)
    #expect(violations.isEmpty, "\(violations)")
    var options = CodegenOptions()
    options.verify = true
    return try NativeModule(generate(module, options: options), imports: imports)
}

/// Hand-written functions: what the random ones don't reach.
struct ExecutionTests {
    static let sum = """
        module "m"
        func global @f(ptr, ptr) {
        b0(v1: ptr, v2: ptr):
          v9 = load i64 [v1] any
          v3 = iconst i64 0
          jump b1(v3, v3)
        b1(v4: i64, v5: i64):
          v6 = icmp lt.s v4, v9
          branch v6, b2, b3
        b2:
          v7 = add.s.trap i64 v5, v4
          v8 = iconst i64 1
          v10 = add.s.trap i64 v4, v8
          jump b1(v10, v7)
        b3:
          store v5, [v2] any
          return
        }

        """

    /// A loop's values stay in registers: no moves, one conditional jump per round besides the checks.
    @Test func loopsAreTight() throws {
        let module = try compile(ExecutionTests.sum)
        var input: Int64 = 10
        var output: Int64 = 0
        #expect(module.call("f", &input, &output) == .returned)
        #expect(output == 45)
        let lines = disassemble(module.code)
        guard let end = lines.firstIndex(where: { $0.hasPrefix("jl ") }), end >= 5 else {
            Issue.record("no loop: \(lines)")
            return
        }
        #expect(lines[(end - 5)...end].map { $0.split(separator: " ")[0] } == ["add", "jo", "add", "jo", "cmp", "jl"])
    }

    /// Arguments and results reach C functions and come back.
    @Test func runtimeCallsFollowTheSystemABI() throws {
        let power: @convention(c) (Double, Double) -> Double = { $0 * 1000 + $1 }
        let slice: @convention(c) (Int, Int, Int, Int, Int32) -> Int = { $0 + 10 * $1 + 100 * $2 + 1000 * $3 + 10_000 * Int($4) }
        let module = try compile(
            """
            module "m"
            func global @f(ptr, ptr) {
            b0(v1: ptr, v2: ptr):
              v3 = load f64 [v1] any
              v4 = load f64 [v1 + 8] any
              v5 = call f64 @simple_rt_pow_f64(v4, v3)
              store v5, [v2] any
              v6 = load ref [v1 + 16] any
              v7 = load i64 [v1 + 24] any
              v8 = iconst i64 3
              v9 = iconst i32 5
              v10 = call ref @simple_rt_array_slice(v6, v7, v8, v7, v9)
              store v10, [v2 + 8] any
              v11 = fadd f64 v5, v3
              store v11, [v2 + 16] any
              return
            }

            """,
            imports: [
                "simple_rt_pow_f64": unsafeBitCast(power, to: UnsafeRawPointer.self),
                "simple_rt_array_slice": unsafeBitCast(slice, to: UnsafeRawPointer.self),
            ])
        var input: (Double, Double, Int, Int) = (2, 3, 1, 2)
        var output: (Double, Int, Double) = (0, 0, 0)
        #expect(module.call("f", &input, &output) == .returned)
        #expect(output == (3002, 1 + 20 + 300 + 2000 + 50_000, 3004))
    }

    @Test(arguments: [
        (Int64(0), 5, 0), (4, 5, 4), (-1, 5, 4), (-5, 5, 0), (5, 5, nil), (-6, 5, nil), (0, 0, nil), (-1, 0, nil),
        (.min, 5, nil), (.max, 5, nil), (-1, .max, .max - 1),
    ] as [(Int64, Int64, Int64?)])
    func checkIndex(index: Int64, length: Int64, expected: Int64?) throws {
        let module = try compile(
            """
            module "m"
            func global @f(ptr, ptr) {
            b0(v1: ptr, v2: ptr):
              v3 = load i64 [v1] any
              v4 = load i64 [v1 + 8] any
              v5 = checkindex array v3, v4
              store v5, [v2] any
              return
            }

            """)
        var input = (index, length)
        var output: Int64 = 0
        let outcome = module.call("f", &input, &output)
        if let expected {
            #expect(outcome == .returned && output == expected)
        } else {
            #expect(outcome == .indexOutOfRange(index: index, length: length, kind: 0))
        }
    }

    @Test(arguments: [
        ("add.s.trap", "i8", Int64(127), Int64(1), Int64(0x01_01_01)), ("sub.s.trap", "i16", -32768, 1, 0x02_02_01),
        ("mul.s.trap", "i32", 65536, 32768, 0x03_03_01), ("mul.s.trap", "i64", .max, 2, 0x04_03_01),
        ("add.u.trap", "i8", 255, 1, 0x05_01_01), ("sub.u.trap", "i16", 0, 1, 0x06_02_01),
        ("mul.u.trap", "i32", 65536, 65536, 0x07_03_01), ("mul.u.trap", "i64", -1, 2, 0x08_03_01),
        ("mul.s.trap", "i8", -128, -1, 0x01_03_01), ("mul.u.trap", "i16", 256, 256, 0x06_03_01),
    ])
    func overflowTraps(operation: String, type: String, a: Int64, b: Int64, word: Int64) throws {
        let module = try compile(
            """
            module "m"
            func global @f(ptr, ptr) {
            b0(v1: ptr, v2: ptr):
              v3 = load \(type) [v1] any
              v4 = load \(type) [v1 + 8] any
              v5 = \(operation) \(type) v3, v4
              store v5, [v2] any
              return
            }

            """)
        var input = (a, b)
        var output: Int64 = 0
        #expect(module.call("f", &input, &output) == .trapped(word))
    }

    /// Large frames are touched page by page, and slots in them work.
    @Test(arguments: [100, 4096, 5000, 40_000, 200_000])
    func largeFrames(size: Int) throws {
        let module = try compile(
            """
            module "m"
            func global @f(ptr, ptr) {
            b0(v1: ptr, v2: ptr):
              v3 = stackslot ptr size \(size) align 16
              v4 = load i64 [v1] any
              store v4, [v3] stack
              store v4, [v3 + \(size / 8 * 8 - 8)] stack
              v5 = load i64 [v3] stack
              v6 = load i64 [v3 + \(size / 8 * 8 - 8)] stack
              v7 = add i64 v5, v6
              store v7, [v2] any
              return
            }

            """)
        var input: Int64 = 21
        var output: Int64 = 0
        #expect(module.call("f", &input, &output) == .returned)
        #expect(output == 42)
    }

    @Test func dataAndAddresses() throws {
        let module = try compile(
            """
            module "m"
            data local @text readOnly align 8 size 16 {
              bytes "\\01\\00\\00\\00\\00\\00\\00\\00\\02\\00\\00\\00\\00\\00\\00\\00"
            }
            data local @counter writable align 8 size 16 {
              bytes "\\05\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00"
              address 8 @text + 8
            }
            data local @zero zeroed align 8 size 32
            func global @f(ptr, ptr) {
            b0(v1: ptr, v2: ptr):
              v3 = address ptr @counter
              v4 = load i64 [v3] global
              v5 = load ptr [v3 + 8] global
              v6 = load i64 [v5] any
              v7 = address ptr @zero + 16
              v8 = load i64 [v7 + 8] global
              v9 = add i64 v4, v6
              v10 = add i64 v9, v8
              store v10, [v3] global
              v11 = load i64 [v3] global
              store v11, [v2] any
              return
            }

            """)
        var output: Int64 = 0
        #expect(module.call("f", nil, &output) == .returned)
        #expect(output == 7)
    }

    /// All machine code decodes.
    @Test func codeDecodes() throws {
        for seed in 1...20 {
            let module = try compile(RandomProgram.make(seed: UInt64(seed)))
            let bad = disassemble(module.code).filter { $0.contains("(bad)") }
            #expect(bad.isEmpty)
        }
    }

    /// Same module, same bytes.
    @Test func outputIsDeterministic() {
        let module = RandomProgram.make(seed: 5)
        #expect(generate(module) == generate(module))
    }

    /// Calls and checks have entries with their source positions, inlined frames included.
    @Test func sourceMap() throws {
        var module = try MIRTextParser.parse(
            """
            module "m"
            func global @f(i64, i64) -> i64 {
            b0(v1: i64, v2: i64):
              v3 = add.s.trap i64 v1, v2
              v4 = call i64 @f(v3, v2)
              return v4
            }

            """)
        let source = SourceFile(path: "m.simple", bytes: Array("first\nsécond line\nthird\n".utf8))
        let file = module.sources.add(source)
        module.functions[0].scopes = [
            InlineScope(name: "f", file: file), InlineScope(name: "inner", file: file, callPosition: 18, parent: 0),
        ]
        for i in module.functions[0].instructions.indices {
            // The addition stands in the inlined function, in line 2 behind the é.
            if module.functions[0].instructions[i].opcode == .addS {
                module.functions[0].instructions[i].position = 9
                module.functions[0].instructions[i].scope = 1
            }
            if module.functions[0].instructions[i].opcode == .call { module.functions[0].instructions[i].position = 21 }
        }
        let bytes = generate(module)
        try bytes.withUnsafeBytes { bytes in
            let reader = try SMFReader(bytes)
            let section = try #require(reader.firstSection(.srcMap))
            let map = try SourceMapView(reader.payload(ofSection: section))
            #expect(map.functionCount == 1 && map.entryCount == 2)
            let call = map.entry(0)
            #expect((call.line, call.column, call.inline) == (3, 3, 0))
            let check = map.entry(1)
            #expect((check.line, check.column, check.inline) == (2, 3, 1))
            let frame = map.inline(0)
            #expect((frame.callLine, frame.callColumn) == (2, 12))
            #expect(check.codeOffset > call.codeOffset && check.codeOffset < map.function(0).size)
        }
    }
}

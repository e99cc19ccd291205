import CPlatform
import Codegen
import MIR
import RuntimeABI
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

struct ExecutionTests {
    /// Calls a function (i64…) -> i64 made from `text`, whose wrapper is generated here.
    static func run(_ text: String, _ arguments: [Int64]) throws -> Int64? {
        var wrapper = "func global @wrapper(ptr, ptr) {\nb0(v1: ptr, v2: ptr):\n"
        for i in arguments.indices { wrapper += "v\(10 + i) = load i64 [v1 + \(8 * i)] any\n" }
        let list = arguments.indices.map { "v\(10 + $0)" }.joined(separator: ", ")
        wrapper += "v3 = call i64 @f(\(list))\nstore v3, [v2] any\nreturn\n}\n"
        let module = try compile(text + wrapper)
        var input = arguments
        var output: Int64 = 0
        let outcome = module.call("wrapper", &input, &output)
        return outcome == .returned ? output : nil
    }

    @Test func loop() throws {
        let text = """
            module "m"
            func global @f(i64) -> i64 {
            b0(v1: i64):
              v2 = iconst i64 0
              jump b1(v2, v2)
            b1(v3: i64, v4: i64):
              v5 = icmp lt.s v3, v1
              branch v5, b2, b3
            b2:
              v6 = add.s.trap i64 v4, v3
              v7 = iconst i64 1
              v8 = add.s.trap i64 v3, v7
              jump b1(v8, v6)
            b3:
              return v4
            }

            """
        #expect(try ExecutionTests.run(text, [10]) == 45)
        let module = try compile(text)
        print(disassemble(module.code).joined(separator: "\n"))
    }
}

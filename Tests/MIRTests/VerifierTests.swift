import MIR
import RuntimeABI
import Support
import Testing

/// Text that breaks one rule, and the rule.
struct BrokenText: Sendable, CustomTestStringConvertible {
    var rule: String
    var text: String
    var testDescription: String { "\(rule): \(text.prefix(60))" }
    /// Declarations in front of the text.
    static let prelude = """
        module "m"
        extern func global @callee(i64, f64) -> i64, f64
        extern func global @void()
        extern data global @datum

        """
    /// A function of (i64, i8, f64, ptr, i32) whose entry block ends with `body`.
    init(_ rule: String, _ body: String) {
        self.rule = rule
        text =
            BrokenText.prelude + "func global @f(i64, i8, f64, ptr, i32) -> i64 {\n"
            + "b0(v1: i64, v2: i8, v3: f64, v4: ptr, v5: i32):\n" + body + "\n}\n"
    }
    init(_ rule: String, module: String) {
        self.rule = rule
        text = BrokenText.prelude + module
    }
}

/// A change to the function of `VerifierTests.sound` that breaks one rule.
struct Damage: Sendable, CustomTestStringConvertible {
    var rule: String
    var name: String
    var change: @Sendable (inout MIRFunction) -> Void
    init(_ rule: String, _ name: String, _ change: @escaping @Sendable (inout MIRFunction) -> Void) {
        self.rule = rule
        self.name = name
        self.change = change
    }
    var testDescription: String { "\(rule): \(name)" }
}

struct VerifierTests {
    static let sound = """
        module "m"
        func global @f(i64, i8) -> i64 {
        b0(v1: i64, v2: i8):
          v3 = add i64 v1, v1
          branch v2, b1(v3), b2
        b1(v4: i64):
          v5 = add i64 v4, v3
          return v5
        b2:
          return v1
        }
        """

    @Test func soundIsSound() throws {
        #expect(MIRVerifier.verify(try MIRTextParser.parse(VerifierTests.sound)) == [])
    }

    static let broken: [BrokenText] = [
        BrokenText("M1", module: "extern func local @nowhere()"),
        BrokenText("M2", module: "data local @d readOnly align 3 size 1 {\nbytes \"x\"\n}"),
        BrokenText("M2", module: "data local @d readOnly align 1 size 2 {\nbytes \"x\"\n}"),
        BrokenText("M2", module: "data local @d zeroed align 8 size 8 {\naddress 0 @datum\n}"),
        BrokenText("M2", module: "data local @d writable align 8 size 8 {\nbytes \"12345678\" address 4 @datum\n}"),
        BrokenText("F1", module: "func global @f() {\n}"),
        BrokenText("F4", "v6 = iconst i64 1"),
        BrokenText("F4", "return v1\n return v1"),
        BrokenText("F5", module: "func global @f(i64) {\nb0(v1: i8):\n return\n}"),
        BrokenText("F5", module: "func global @f() {\nb0:\n jump b0\n}"),
        BrokenText("F6", "jump b1(v1)\nb1:\n return v1"),
        BrokenText("F6", "jump b1(v2)\nb1(v6: i64):\n return v1"),
        BrokenText("F7", "v6 = add i64 v7, v1\n v7 = add i64 v1, v1\n return v6"),
        BrokenText("F7", "branch v2, b1, b2\nb1:\n v6 = iconst i64 1\n jump b2\nb2:\n return v6"),
        BrokenText("F7", "v6 = add i64 v6, v1\n return v6"),
        BrokenText("F8", "v6 = add i64 v1, v5\n return v6"),
        BrokenText("F8", "v6 = add f64 v3, v3\n return v1"),
        BrokenText("F8", "v6 = fadd i64 v1, v1\n return v6"),
        BrokenText("F8", "v6 = fadd f64 v3, v1\n return v1"),
        BrokenText("F8", "v6 = icmp eq v3, v3\n return v1"),
        BrokenText("F8", "v6 = icmp eq v1, v5\n return v1"),
        BrokenText("F8", "v6 = fcmp eq v1, v1\n return v1"),
        BrokenText("F8", "v6 = iconst i8 255\n return v1"),
        BrokenText("F8", "v6 = iconst ptr 8\n return v1"),
        BrokenText("F8", "v6 = iconst f64 0\n return v1"),
        BrokenText("F8", "v6 = fconst i64 0.0\n return v1"),
        BrokenText("F8", "v6 = fconst f32 0x100000000\n return v1"),
        BrokenText("F8", "v6 = address i64 @datum\n return v1"),
        BrokenText("F8", "v6 = sext i32 v1\n return v1"),
        BrokenText("F8", "v6 = trunc i64 v5\n return v1"),
        BrokenText("F8", "v6 = itof f64 v2\n return v1"),
        BrokenText("F8", "v6 = ftoi i8 v3\n return v1"),
        BrokenText("F8", "v6 = ftrunc f64 v3\n return v1"),
        BrokenText("F8", "v6 = bitcast f64 v4\n return v1"),
        BrokenText("F8", "v6 = bitcast i32 v1\n return v1"),
        BrokenText("F8", "v6 = select i64 v1, v1, v1\n return v6"),
        BrokenText("F8", "v6 = select i64 v2, v1, v5\n return v6"),
        BrokenText("F8", "v6 = load i64 [v1] any\n return v6"),
        BrokenText("F8", "v6 = load i64 [v4 + 2147483648] any\n return v6"),
        BrokenText("F8", "v6 = load i64 [v4 + v5 * 8] any\n return v6"),
        BrokenText("F8", "v6 = load i64 [v4 + v1 * 3] any\n return v6"),
        BrokenText("F8", "store v1, [v4 + v1 * 16] any\n return v1"),
        BrokenText("F8", "v6 = checkindex array v5, v1\n return v6"),
        BrokenText("F8", "checkbounds array v1, v5\n return v1"),
        BrokenText("F8", "trapif v1, overflow\n return v1"),
        BrokenText("F8", "trapif v2, 0\n return v1"),
        BrokenText("F8", "branch v1, b1, b1\nb1:\n return v1"),
        BrokenText("F8", "switch v3 [], b1\nb1:\n return v1"),
        BrokenText("F8", "v6 = stackslot ptr size 8 align 3\n return v1"),
        BrokenText("F9", "jump b1\nb1:\n v6 = stackslot ptr size 8 align 8\n return v1"),
        BrokenText("F10", "v6 = call i64 @callee(v1, v3)\n v7 = add i64 v1, v1\n v8 = project f64 v6, 1\n return v1"),
        BrokenText("F10", "v6 = call i64 @callee(v1, v3)\n v8 = project f64 v6, 2\n return v1"),
        BrokenText("F10", "v6 = call i64 @callee(v1, v3)\n v8 = project i64 v6, 1\n return v1"),
        BrokenText("F10", "v6 = call i64 @callee(v1, v3)\n v7 = project f64 v6, 1\n v8 = project f64 v6, 1\n return v1"),
        BrokenText("F11", "v6 = call i64 @callee(v1)\n return v6"),
        BrokenText("F11", "v6 = call i64 @callee(v3, v3)\n return v6"),
        BrokenText("F11", "v6 = call f64 @callee(v1, v3)\n return v1"),
        BrokenText("F11", "call @datum()\n return v1"),
        BrokenText("F11", "v6 = call i64 @simple_rt_floor_f64(v3)\n return v6"),
        BrokenText("F11", "callindirect v4(i64) with (v3)\n return v1"),
        BrokenText("F11", "return"),
        BrokenText("F11", "return v3"),
        BrokenText("F12", "switch v1 [1: b1, 1: b1], b1\nb1:\n return v1"),
        BrokenText("F12", "switch v2 [200: b1], b1\nb1:\n return v1"),
        BrokenText("F13", "v6 = iconst i64 1 ; 5/3\n return v1"),
    ]
    @Test(arguments: broken)
    func textBreaksRule(_ case: BrokenText) throws {
        let violations = MIRVerifier.verify(try MIRTextParser.parse(`case`.text))
        #expect(violations.contains { $0.rule == `case`.rule }, "\(violations.map(\.description))")
    }

    static let damages: [Damage] = [
        Damage("M3", "another signature") { $0.signature = SignatureID(rawValue: 7) },
        Damage("M3", "no symbol") { $0.symbol = SymbolID(rawValue: 7) },
        Damage("F1", "scope's parent") { $0.scopes[0].parent = 1 },
        Damage("F1", "scope's file") { $0.scopes[0].file = FileID(rawValue: 4) },
        Damage("F2", "last") { $0.blocks[0].last = $0.blocks[0].first },
        Damage("F2", "previous") { f in f[f.blocks[0].last].previous = .none },
        Damage("F2", "shared") { $0.blocks[2].first = $0.blocks[1].first },
        Damage("F2", "out of the arena") { f in f[f.blocks[0].last].next = ValueID(rawValue: 1000) },
        Damage("F3", "parameterCount") { $0.blocks[1].parameterCount = 2 },
        Damage("F3", "parameter's block") { f in f[f.blocks[1].firstParameter].a = 2 },
        Damage("F6", "edge used twice") { f in
            let branch = f.blocks[0].last
            f[branch].c = f[branch].b
        },
        Damage("F6", "edge out of range") { f in f[f.blocks[0].last].c = 99 },
        Damage("F6", "target out of range") { $0.edges[1].target = BlockID(rawValue: 17) },
        Damage("F6", "arguments out of range") { $0.edges[0].start = 1000 },
        Damage("F6", "list out of range") { f in f[f.blocks[2].last].b = 1000 },
        Damage("F7", "unlinked operand") { f in
            f[f.blocks[0].first].a = f.make(Instruction(.iconst, .i64)).rawValue
        },
        Damage("F7", "no operand") { f in f[f.blocks[0].first].b = 0 },
        Damage("F8", "condition") { f in
            let compare = f.make(Instruction(.icmp, .i8, condition: 99, a: 1, b: 1))
            f.prepend(compare, to: .entry)
        },
        Damage("F8", "alias class") { f in
            f.prepend(f.make(Instruction(.load, .i64, aux: 99, a: 1)), to: .entry)
        },
    ]
    @Test(arguments: damages)
    func damageIsFound(_ damage: Damage) throws {
        var module = try MIRTextParser.parse(VerifierTests.sound)
        damage.change(&module.functions[0])
        let violations = MIRVerifier.verify(module)
        #expect(violations.contains { $0.rule == damage.rule }, "\(violations.map(\.description))")
        // What is broken must still print.
        #expect(MIRPrinter.print(module).hasPrefix("module"))
    }

    @Test func duplicateDefinitions() throws {
        var module = try MIRTextParser.parse(VerifierTests.sound)
        module.functions.append(module.functions[0])
        #expect(MIRVerifier.verify(module).contains { $0.rule == "M1" })
        module = try MIRTextParser.parse(VerifierTests.sound)
        _ = module.addSymbol(Symbol(name: "f", kind: .data, linkage: .global))
        #expect(MIRVerifier.verify(module).contains { $0.rule == "M1" })
    }

    @Test func reportsSayWhere() throws {
        let module = try MIRTextParser.parse(BrokenText("F8", "v6 = add i64 v1, v5\n return v6").text)
        #expect(
            MIRVerifier.verify(module).map(\.description)
                == ["F8 in @f, b0, instruction %6: operand %5 has type i32, not i64"])
    }
}

import MIR
import RuntimeABI
import Support
import Testing

/// A module with one function under construction.
struct Fixture {
    var module = MIRModule(name: "test", sources: SourceMap())
    var builder: MIRBuilder
    var parameters: [ValueID] = []

    init(_ parameters: [MIRType] = [], _ results: [MIRType] = []) {
        let signature = module.intern(Signature(parameters: parameters, results: results))
        let symbol = module.addSymbol(Symbol(name: "f", kind: .function(signature), linkage: .global))
        builder = MIRBuilder(
            function: MIRFunction(
                symbol: symbol, signature: signature, scope: InlineScope(name: "f", file: FileID(rawValue: 0))))
        for type in parameters { self.parameters.append(builder.addParameter(.entry, type)) }
    }
    /// The finished function, verified, as text.
    mutating func finish() -> String {
        let function = builder.finish()
        module.functions.append(function)
        #expect(MIRVerifier.verify(module) == [])
        return MIRPrinter.print(function, in: module)
    }
}

struct BuilderTests {
    @Test func diamondMakesOneParameter() {
        var f = Fixture([.i8, .i64], [.i64])
        let x = f.builder.declareVariable(type: .i64)
        let y = f.builder.declareVariable(type: .i64)
        f.builder.write(x, f.parameters[1])
        f.builder.write(y, f.parameters[1])
        let (left, right, end) = (f.builder.createBlock(), f.builder.createBlock(), f.builder.createBlock())
        f.builder.branch(f.parameters[0], to: left, else: right)
        f.builder.seal(left)
        f.builder.seal(right)
        f.builder.switchTo(left)
        f.builder.write(x, f.builder.iconst(.i64, 7))
        f.builder.jump(to: end)
        f.builder.switchTo(right)
        f.builder.jump(to: end)
        f.builder.seal(end)
        f.builder.switchTo(end)
        let sum = f.builder.binary(.add, f.builder.read(x), f.builder.read(y))
        f.builder.returnValues([sum])
        let text = f.finish()
        #expect(
            text == """
                func global @f(i8, i64) -> i64 {
                b0(v1: i8, v2: i64):
                  branch v1, b1, b2
                b1:
                  v3 = iconst i64 7
                  jump b3(v3)
                b2:
                  jump b3(v2)
                b3(v4: i64):
                  v5 = add i64 v4, v2
                  return v5
                }

                """)
    }

    /// Variables read in a loop but not written there need no parameter, though the header is sealed last.
    @Test func loopKeepsOnlyWhatChanges() {
        var f = Fixture([.i64], [.i64])
        let n = f.builder.declareVariable(type: .i64)
        let i = f.builder.declareVariable(type: .i64)
        f.builder.write(n, f.parameters[0])
        f.builder.write(i, f.builder.iconst(.i64, 0))
        let (header, body, exit) = (f.builder.createBlock(), f.builder.createBlock(), f.builder.createBlock())
        f.builder.jump(to: header)
        f.builder.switchTo(header)
        f.builder.branch(f.builder.icmp(.lessS, f.builder.read(i), f.builder.read(n)), to: body, else: exit)
        f.builder.seal(body)
        f.builder.seal(exit)
        f.builder.switchTo(body)
        f.builder.write(i, f.builder.binary(.addS, f.builder.read(i), f.builder.read(n)))
        f.builder.jump(to: header)
        f.builder.seal(header)
        f.builder.switchTo(exit)
        f.builder.returnValues([f.builder.read(i)])
        let text = f.finish()
        #expect(
            text == """
                func global @f(i64) -> i64 {
                b0(v1: i64):
                  v2 = iconst i64 0
                  jump b1(v2)
                b1(v3: i64):
                  v4 = icmp lt.s v3, v1
                  branch v4, b2, b3
                b2:
                  v5 = add.s.trap i64 v3, v1
                  jump b1(v5)
                b3:
                  return v3
                }

                """)
    }

    /// The inner loop's parameter depends on the outer one's, which turns out to be trivial only when it is sealed.
    @Test func nestedLoopsWithoutWritesHaveNoParameters() {
        var f = Fixture([.i64, .i8], [.i64])
        let n = f.builder.declareVariable(type: .i64)
        f.builder.write(n, f.parameters[0])
        let outer = f.builder.createBlock()
        let inner = f.builder.createBlock()
        let latch = f.builder.createBlock()
        let exit = f.builder.createBlock()
        f.builder.jump(to: outer)
        f.builder.switchTo(outer)
        f.builder.jump(to: inner)
        f.builder.switchTo(inner)
        _ = f.builder.read(n)
        f.builder.branch(f.parameters[1], to: inner, else: latch)
        f.builder.seal(inner)
        f.builder.seal(latch)
        f.builder.switchTo(latch)
        f.builder.branch(f.parameters[1], to: outer, else: exit)
        f.builder.seal(outer)
        f.builder.seal(exit)
        f.builder.switchTo(exit)
        f.builder.returnValues([f.builder.read(n)])
        let text = f.finish()
        #expect(text.contains("b1:") && text.contains("b2:") && text.contains("return v1"))
    }

    /// Two blocks that jump to each other and are both entered from outside.
    @Test func irreducibleControlFlow() {
        var f = Fixture([.i8, .i64], [.i64])
        let x = f.builder.declareVariable(type: .i64)
        let y = f.builder.declareVariable(type: .i64)
        f.builder.write(x, f.parameters[1])
        f.builder.write(y, f.parameters[1])
        let (a, b, exit) = (f.builder.createBlock(), f.builder.createBlock(), f.builder.createBlock())
        f.builder.branch(f.parameters[0], to: a, else: b)
        f.builder.switchTo(a)
        f.builder.write(x, f.builder.binary(.add, f.builder.read(x), f.builder.iconst(.i64, 1)))
        f.builder.jump(to: b)
        f.builder.switchTo(b)
        _ = f.builder.read(x)
        f.builder.branch(f.parameters[0], to: a, else: exit)
        f.builder.seal(a)
        f.builder.seal(b)
        f.builder.seal(exit)
        f.builder.switchTo(exit)
        f.builder.returnValues([f.builder.binary(.add, f.builder.read(x), f.builder.read(x))])
        let text = f.finish()
        #expect(text.contains("b1(v3: i64):"))
        #expect(text.contains("b2(v6: i64):"))
        #expect(text.contains("jump b2(v5)"))
        #expect(text.contains("branch v1, b1(v6), b3"))
    }

    @Test func deadCodeDisappears() {
        var f = Fixture([.i64], [.i64])
        let x = f.builder.declareVariable(type: .i64)
        f.builder.write(x, f.parameters[0])
        let (dead, loop, end) = (f.builder.createBlock(), f.builder.createBlock(), f.builder.createBlock())
        f.builder.branch(f.builder.icmp(.equal, f.builder.iconst(.i64, 1), f.builder.iconst(.i64, 1)), to: end, else: dead)
        f.builder.seal(dead)
        f.builder.switchTo(dead)
        _ = f.builder.binary(.add, f.builder.read(x), f.builder.read(x))
        f.builder.jump(to: loop)
        f.builder.switchTo(loop)
        f.builder.write(x, f.builder.binary(.add, f.builder.read(x), f.builder.read(x)))
        f.builder.branch(f.parameters[0], to: loop, else: end)
        f.builder.seal(loop)
        f.builder.seal(end)
        f.builder.switchTo(end)
        let undefined = f.builder.declareVariable(type: .f64)
        f.builder.returnValues([f.builder.read(x)])
        #expect(f.builder.isTerminated)
        // Behind the return: a block of its own, where undefined variables are 0.
        _ = f.builder.unary(.fnegate, f.builder.read(undefined))
        let text = f.finish()
        #expect(
            text == """
                func global @f(i64) -> i64 {
                b0(v1: i64):
                  v2 = iconst i64 1
                  v3 = iconst i8 1
                  jump b1
                b1:
                  return v1
                }

                """)
    }

    /// A hundred thousand blocks in a row: no recursion over them.
    @Test func longChainsOfBlocks() {
        var f = Fixture([.i8, .i64], [.i64])
        let x = f.builder.declareVariable(type: .i64)
        f.builder.write(x, f.parameters[1])
        for _ in 0..<100_000 {
            let (then, end) = (f.builder.createBlock(), f.builder.createBlock())
            f.builder.branch(f.parameters[0], to: then, else: end)
            f.builder.seal(then)
            f.builder.switchTo(then)
            f.builder.jump(to: end)
            f.builder.seal(end)
            f.builder.switchTo(end)
        }
        f.builder.returnValues([f.builder.read(x)])
        let function = f.builder.finish()
        #expect(function.instructions.count == 200_004 + 100_000)
        #expect(function.blocks.allSatisfy { $0.parameterCount == 0 || $0.first == function.blocks[0].first })
    }

    @Test func explicitParametersComeFirst() {
        var f = Fixture([.i64], [.i64])
        let x = f.builder.declareVariable(type: .i64)
        f.builder.write(x, f.builder.iconst(.i64, 3))
        let loop = f.builder.createBlock()
        let p = f.builder.addParameter(loop, .i64)
        f.builder.jump(to: loop, arguments: [f.parameters[0]])
        f.builder.switchTo(loop)
        f.builder.write(x, f.builder.binary(.add, f.builder.read(x), p))
        let exit = f.builder.createBlock()
        let condition = f.builder.icmp(.lessS, f.builder.read(x), f.parameters[0])
        f.builder.branch(condition, f.builder.edge(to: loop, arguments: [p]), f.builder.edge(to: exit))
        f.builder.seal(loop)
        f.builder.seal(exit)
        f.builder.switchTo(exit)
        f.builder.returnValues([p])
        let text = f.finish()
        #expect(text.contains("jump b1(v1, v2)"))
        #expect(text.contains("b1(v3: i64, v4: i64):"))
        #expect(text.contains("branch v6, b1(v3, v5), b2"))
    }

    @Test func projectionsAndStackSlots() {
        var f = Fixture([.ref], [.i64])
        let call = f.builder.call(f.module.symbol(for: .stringToInt), [f.parameters[0]], result: .i64)
        let slot = f.builder.stackSlot(size: 16)
        f.builder.store(call, slot, .stack)
        let value = f.builder.projection(call, 1, .i64)
        let again = f.builder.projection(call, 1, .i64)
        #expect(again == value)
        _ = f.builder.stackSlot(size: 8)
        f.builder.returnValues([value])
        let text = f.finish()
        #expect(
            text == """
                func global @f(ref) -> i64 {
                b0(v1: ref):
                  v2 = stackslot ptr size 16 align 8
                  v3 = stackslot ptr size 8 align 8
                  v4 = call i64 @simple_rt_string_to_int(v1)
                  v5 = project i64 v4, 1
                  store v4, [v2] stack
                  return v5
                }

                """)
    }

    @Test func foldsConstants() {
        var f = Fixture([.i64], [.i64])
        let five = f.builder.iconst(.i64, 5)
        let again = f.builder.iconst(.i64, 5)
        #expect(again == five)
        let hundred = f.builder.iconst(.i8, 100)
        let (zero, minusOne, one) = (f.builder.iconst(.i64, 0), f.builder.iconst(.i8, -1), f.builder.iconst(.i16, 1))
        // (what is built, its value if it is folded)
        let cases: [(ValueID, Int64?)] = [
            (f.builder.binary(.addS, five, five), 10),
            (f.builder.binary(.addS, hundred, hundred), nil),
            (f.builder.binary(.add, hundred, hundred), -56),
            (f.builder.binary(.divideS, five, zero), nil),
            (f.builder.convert(.zeroExtend, .i64, minusOne), 255),
            (f.builder.unary(.countLeadingZeros, one), 15),
            (f.builder.icmp(.lessU, minusOne, hundred), 0),
        ]
        for (value, expected) in cases { #expect(f.builder.constant(value) == expected) }
        let same = f.builder.binary(.add, f.parameters[0], zero)
        #expect(same == f.parameters[0])
        let selected = f.builder.select(f.builder.iconst(.i8, 0), five, f.parameters[0])
        #expect(selected == f.parameters[0])
        let end = f.builder.createBlock()
        let other = f.builder.createBlock()
        f.builder.switchInt(
            five, cases: [(4, f.builder.edge(to: other)), (5, f.builder.edge(to: end))],
            otherwise: f.builder.edge(to: other))
        f.builder.seal(end)
        f.builder.seal(other)
        f.builder.switchTo(end)
        f.builder.returnValues([five])
        let text = f.finish()
        #expect(!text.contains("switch"))
    }

    /// The builder's storage is reused: the second function must not see anything of the first.
    @Test func resetForgets() {
        var f = Fixture([.i64], [.i64])
        let x = f.builder.declareVariable(type: .i64)
        f.builder.write(x, f.builder.iconst(.i64, 1))
        f.builder.returnValues([f.builder.read(x)])
        let first = f.builder.finish()
        f.builder.reset(symbol: first.symbol, signature: first.signature, scope: first.scopes[0])
        let p = f.builder.addParameter(.entry, .i64)
        let y = f.builder.declareVariable(type: .i64)
        f.builder.write(y, p)
        f.builder.returnValues([f.builder.read(y)])
        let text = f.finish()
        #expect(text.contains("return v1"))
    }
}

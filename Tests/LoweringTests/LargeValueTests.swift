import HIR
import Lowering
import MIR
import Support
import Testing

/// Values with many parts, and values that contain themselves.
extension LoweringSuite {
    @Test("a large local that is assigned lives in a stack slot, a small one does not", arguments: [3, 33])
    func slots(_ count: Int) throws {
        var maker = HIRMaker()
        let tuple = maker.program.types.tuple([TypeID](repeating: .i64, count: count))
        func make(_ m: inout HIRMaker, _ first: ExprID) -> ExprID {
            m.node(.makeTuple, tuple, b: m.list([first] + (1..<count).map { m.int(Int64($0)) }))
        }
        maker.function("f", [.bool, .i64], .i64) { m, p in
            let local = m.local(tuple)
            let start = m.set(local, make(&m, m.int(5)))
            let change = m.ifElse(m.get(p[0]), m.set(local, make(&m, m.get(p[1]))))
            let element = m.node(.tupleElement, .i64, a: m.get(local).rawValue, b: 0)
            let last = m.node(.tupleElement, .i64, a: m.get(local).rawValue, b: UInt32(count - 1))
            return m.block([start, change, m.binary(.add, element, last)], value: .i64)
        }
        let code = try Lowered(&maker)
        #expect(MIRPrinter.print(code.module).contains("stackslot") == (count > 32))
        let last = UInt64(count - 1)
        #expect(code.run("main.f", [0, 40]) == .value([5 + last]))
        #expect(code.run("main.f", [1, 40]) == .value([40 + last]))
    }

    @Test("a value with too many parts is reported, and nothing is lowered for it")
    func oversized() {
        for (count, isRefused) in [(maximumParts, false), (maximumParts + 1, true)] {
            var maker = HIRMaker()
            // Within a tuple, so that no row of parts is as long as the sum.
            let half = maker.program.types.tuple([TypeID](repeating: .i64, count: count / 2))
            let rest = maker.program.types.tuple([TypeID](repeating: .i64, count: count - count / 2))
            let whole = maker.program.types.tuple([half, rest])
            maker.function("f", [whole], .i64) { m, p in
                let part = m.node(.tupleElement, rest, a: m.get(p[0]).rawValue, b: 1)
                return m.node(.tupleElement, .i64, a: part.rawValue, b: 0)
            }
            let module = lower(&maker.program, module: maker.program.root)
            #expect((maker.program.oversizedValue?.type == whole) == isRefused)
            #expect(module.functions.contains { module.symbols[$0.symbol.index].name == "main.f" } != isRefused)
        }
    }

    @Test("only Options that contain themselves are boxed")
    func boxes() throws {
        var maker = HIRMaker()
        let node = maker.structure("Node", [("value", .i64)])
        let option = maker.program.types.option(node)
        let id = Int(maker.program.types.payload(node))
        maker.program.structs[id].fieldTypes.append(option)
        maker.program.structs[id].fieldNames.append(maker.name("next"))
        maker.program.structs[id].isRecursive = true
        let plain = maker.program.types.option(.i64)
        maker.function("recursive", [option]) { m, _ in m.block([]) }
        maker.function("plain", [plain]) { m, _ in m.block([]) }
        let code = try Lowered(&maker)
        let parameters = code.module.functions.map { code.module.signatures[$0.signature.index].parameters }
        #expect(parameters.contains([.ref]))
        #expect(parameters.contains([.i8, .i64]))
    }
}

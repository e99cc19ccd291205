// Linking and decoding for the interpreter: symbols become addresses and indices, values become register slots,
// edges become lists of moves.

internal import RuntimeABI
internal import Support

/// Why modules cannot be run together.
package enum MIRLinkError: Error, Equatable {
    case undefinedSymbol(String)
    case duplicateSymbol(String)
    /// The host offers no code for a runtime entry that is called.
    case missingRuntimeEntry(String)
}

extension MIRInterpreter {
    /// What the decoded instructions do; mostly MIR's opcodes, split where the work differs by type.
    enum Code: UInt8 {
        case move, constant, stackSlot
        case add, subtract, multiply, addS, subtractS, multiplyS, addU, subtractU, multiplyU
        case divideS, divideU, remainderS, remainderU, and, or, xor, shiftLeft, shiftRightS, shiftRightU
        case countLeadingZeros, countTrailingZeros, populationCount
        case equal, notEqual, lessS, lessEqualS, greaterS, greaterEqualS, lessU, lessEqualU, greaterU, greaterEqualU
        case fadd32, fsubtract32, fmultiply32, fdivide32, fnegate32, fabsolute32, fsqrt32, fcmp32
        case fadd64, fsubtract64, fmultiply64, fdivide64, fnegate64, fabsolute64, fsqrt64, fcmp64
        case zeroExtend, signExtend
        case intToFloat32, intToFloat64, float32ToInt, float64ToInt, floatExtend, floatTruncate
        case select
        case load8, load16, load32, loadFloat32, load64
        case loadIndexed8, loadIndexed16, loadIndexed32, loadIndexedFloat32, loadIndexed64
        case store8, store16, store32, store64, storeIndexed8, storeIndexed16, storeIndexed32, storeIndexed64
        case checkIndex, checkBounds, trapIf
        case call, callRuntime, callIndirect
        case jump, branch, switchInt, returnValues, unreachable
    }

    /// A decoded instruction. `a`, `b`, `c` are register slots unless the code says otherwise.
    struct Op {
        var code: Code
        /// 64 - width of the type that matters: shifting left and right by it wraps a number to the type.
        var shift: UInt8 = 0
        /// `FloatCondition`, or the number of results of a call.
        var condition: UInt8 = 0
        /// `IndexedKind`, or log2 of the scale.
        var aux: UInt8 = 0
        var result: UInt32 = 0
        var a: UInt32 = 0
        var b: UInt32 = 0
        var c: UInt32 = 0
        /// The instruction in its `MIRFunction`, for positions.
        var source: UInt32 = 0
        var immediate: Int64 = 0
    }

    /// Where an edge leads: index in `ops`, and the moves before it, pairs (to, from) in `slots`.
    struct DecodedEdge {
        var target: Int32
        var start: UInt32
        var count: UInt32
    }

    struct DecodedFunction {
        var entry: Int
        /// Size of the frame in slots: registers, then stack slots; even.
        var frameSlots: Int
        var parameterCount: Int
    }

    /// What a symbol of a module is, in the linked program.
    enum Resolution {
        case function(Int)
        case data(Int64)
        case runtime(RuntimeFunction)
    }

    /// High half of the "address" of a function or runtime entry. Not canonical on x86-64, so no real pointer has it.
    static let functionTag: Int64 = 0x7C0D_0000_0000_0000
    static let runtimeTag: Int64 = 0x7C0E_0000_0000_0000
    static let tagMask: Int64 = -0x1_0000_0000_0000

    /// A result that nobody wants.
    static let noSlot = UInt32.max

    // MARK: - Linking

    /// Resolves all symbols and materialises data.
    static func link(
        _ modules: [MIRModule], host: (RuntimeFunction) -> UnsafeRawPointer?, memory: inout [UnsafeMutableRawBufferPointer],
        writable: inout [UnsafeRawBufferPointer]
    ) throws(MIRLinkError) -> (functions: [(module: Int, function: Int)], resolutions: [[Resolution]]) {
        var functions: [(module: Int, function: Int)] = []
        var globals: [String: (resolution: Resolution, isWeak: Bool)] = [:]
        var resolutions: [[Resolution?]] = []
        var areas: [[UnsafeMutableRawBufferPointer]] = []

        func define(_ symbol: Symbol, _ resolution: Resolution) throws(MIRLinkError) -> Resolution {
            if symbol.linkage == .local { return resolution }
            if let known = globals[symbol.name] {
                if symbol.linkage != .weak || !known.isWeak { throw .duplicateSymbol(symbol.name) }
                return known.resolution
            }
            globals[symbol.name] = (resolution, symbol.linkage == .weak)
            return resolution
        }
        for (m, module) in modules.enumerated() {
            var own = [Resolution?](repeating: nil, count: module.symbols.count)
            for (f, function) in module.functions.enumerated() {
                functions.append((m, f))
                own[function.symbol.index] = try define(module[function.symbol], .function(functions.count - 1))
            }
            var ownAreas: [UnsafeMutableRawBufferPointer] = []
            for object in module.data {
                let area = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: max(object.size, 1), alignment: max(object.alignment, 16))
                memory.append(area)
                ownAreas.append(area)
                area.initializeMemory(as: UInt8.self, repeating: 0)
                area.copyBytes(from: object.bytes.prefix(area.count))
                if object.section != .readOnly { writable.append(UnsafeRawBufferPointer(area)) }
                let address = Int64(Int(bitPattern: area.baseAddress))
                own[object.symbol.index] = try define(module[object.symbol], .data(address))
            }
            areas.append(ownAreas)
            resolutions.append(own)
        }
        var complete: [[Resolution]] = []
        for (m, module) in modules.enumerated() {
            var own: [Resolution] = []
            for (s, symbol) in module.symbols.enumerated() {
                if let resolution = resolutions[m][s] {
                    own.append(resolution)
                } else if case .runtime(let function) = symbol.kind {
                    if host(function) == nil { throw .missingRuntimeEntry(symbol.name) }
                    own.append(.runtime(function))
                } else if let global = globals[symbol.name] {
                    own.append(global.resolution)
                } else {
                    throw .undefinedSymbol(symbol.name)
                }
            }
            for (object, area) in zip(module.data, areas[m]) {
                for address in object.addresses {
                    area.storeBytes(
                        of: self.address(of: own[address.symbol.index]) &+ address.addend, toByteOffset: address.offset,
                        as: Int64.self)
                }
            }
            complete.append(own)
        }
        return (functions, complete)
    }

    /// What `symbolAddress` gives for a symbol.
    static func address(of resolution: Resolution) -> Int64 {
        switch resolution {
        case .function(let index): functionTag | Int64(index)
        case .data(let address): address
        case .runtime(let function): runtimeTag | Int64(function.rawValue)
        }
    }

    // MARK: - Decoding

    /// The decoded program while it grows.
    struct Program {
        var ops: [Op] = []
        var slots: [UInt32] = []
        var edges: [DecodedEdge] = []
        /// Cases of switches: number, edge.
        var cases: [(number: Int64, edge: UInt32)] = []
        var functions: [DecodedFunction] = []
        /// First op of each function, ascending, to find the function of an op.
        var entries: [Int] { functions.map(\.entry) }
    }

    /// Translates one function of a linked module.
    struct Decoder {
        let module: MIRModule
        let function: MIRFunction
        let resolutions: [Resolution]
        var slot: [UInt32]
        var slotCount: UInt32 = 0
        /// Bytes of stack slots so far.
        var stackBytes = 0
        /// Slots for moves in parallel, behind the registers.
        var temporaryCount = 0
        var blockStarts: [Int32]

        init(_ module: MIRModule, _ function: MIRFunction, _ resolutions: [Resolution]) {
            self.module = module
            self.function = function
            self.resolutions = resolutions
            slot = Array(repeating: noSlot, count: function.instructions.count)
            blockStarts = Array(repeating: 0, count: function.blocks.count)
        }

        mutating func decode(into program: inout Program) {
            let entry = program.ops.count
            let firstEdge = program.edges.count
            for b in function.blocks.indices {
                function.forEachParameter(of: BlockID(b)) { assignSlot($0) }
                function.forEachInstruction(in: BlockID(b)) { if function[$0].type != .none { assignSlot($0) } }
                // Edges to this block move their arguments through temporaries.
                temporaryCount = max(temporaryCount, Int(function.blocks[b].parameterCount))
            }
            // Stack slots lie behind registers and temporaries.
            let registers = Int(slotCount) + temporaryCount
            stackBytes = (registers + registers & 1) * 8
            for b in function.blocks.indices {
                blockStarts[b] = Int32(program.ops.count)
                var id = function.blocks[b].first
                while id.exists {
                    decode(id, &program)
                    id = function[id].next
                }
            }
            for e in firstEdge..<program.edges.count {
                program.edges[e].target = blockStarts[Int(program.edges[e].target)]
            }
            let parameters = Int(function.blocks.first?.parameterCount ?? 0)
            program.functions.append(
                DecodedFunction(
                    entry: entry, frameSlots: (stackBytes + 15) / 16 * 2, parameterCount: parameters))
        }

        private mutating func assignSlot(_ id: ValueID) {
            slot[id.index] = slotCount
            slotCount += 1
        }
        private func slot(_ value: ValueID) -> UInt32 { slot[value.index] }
        static func shift(_ type: MIRType) -> UInt8 { UInt8(64 - max(type.size, 1) * 8) }

        private mutating func decode(_ id: ValueID, _ program: inout Program) {
            let i = function[id]
            var op = Op(code: .unreachable, shift: Decoder.shift(i.type), aux: i.aux, source: id.rawValue)
            op.immediate = i.immediate
            if i.type != .none { op.result = slot(id) }
            switch i.opcode.operandShape {
            case .a, .branch, .switchInt, .aList: op.a = slot(i.valueA)
            case .ab:
                op.a = slot(i.valueA)
                op.b = slot(i.valueB)
            case .abc:
                op.a = slot(i.valueA)
                op.b = slot(i.valueB)
                op.c = slot(i.valueC)
            case .none, .list, .jump: break
            }
            let is32 = i.type == .f32
            switch i.opcode {
            case .blockParameter, .projection: return
            case .iconst, .fconst: op.code = .constant
            case .symbolAddress:
                op.code = .constant
                op.immediate = address(of: resolutions[Int(i.a)]) &+ i.immediate
            case .stackSlot:
                op.code = .stackSlot
                // Frames are 16-aligned; larger alignments are made by leaving room and rounding the address up.
                let alignment = max(Int(i.b), 1)
                stackBytes = (stackBytes + 15) & ~15
                op.immediate = Int64(stackBytes)
                op.c = UInt32(alignment)
                stackBytes += Int(i.immediate) + (alignment > 16 ? alignment : 0)
            case .add: op.code = .add
            case .subtract: op.code = .subtract
            case .multiply: op.code = .multiply
            case .addS: op.code = .addS
            case .subtractS: op.code = .subtractS
            case .multiplyS: op.code = .multiplyS
            case .addU: op.code = .addU
            case .subtractU: op.code = .subtractU
            case .multiplyU: op.code = .multiplyU
            case .divideS: op.code = .divideS
            case .divideU: op.code = .divideU
            case .remainderS: op.code = .remainderS
            case .remainderU: op.code = .remainderU
            case .and: op.code = .and
            case .or: op.code = .or
            case .xor: op.code = .xor
            case .shiftLeft: op.code = .shiftLeft
            case .shiftRightS: op.code = .shiftRightS
            case .shiftRightU: op.code = .shiftRightU
            case .countLeadingZeros: op.code = .countLeadingZeros
            case .countTrailingZeros: op.code = .countTrailingZeros
            case .populationCount: op.code = .populationCount
            case .icmp:
                op.code =
                    switch IntegerCondition(rawValue: i.condition) {
                    case .equal, nil: .equal
                    case .notEqual: .notEqual
                    case .lessS: .lessS
                    case .lessEqualS: .lessEqualS
                    case .greaterS: .greaterS
                    case .greaterEqualS: .greaterEqualS
                    case .lessU: .lessU
                    case .lessEqualU: .lessEqualU
                    case .greaterU: .greaterU
                    case .greaterEqualU: .greaterEqualU
                    }
            case .fadd: op.code = is32 ? .fadd32 : .fadd64
            case .fsubtract: op.code = is32 ? .fsubtract32 : .fsubtract64
            case .fmultiply: op.code = is32 ? .fmultiply32 : .fmultiply64
            case .fdivide: op.code = is32 ? .fdivide32 : .fdivide64
            case .fnegate: op.code = is32 ? .fnegate32 : .fnegate64
            case .fabsolute: op.code = is32 ? .fabsolute32 : .fabsolute64
            case .fsqrt: op.code = is32 ? .fsqrt32 : .fsqrt64
            case .fcmp:
                op.code = function[i.valueA].type == .f32 ? .fcmp32 : .fcmp64
                op.condition = i.condition
            // Registers hold integers sign-extended from their width.
            case .signExtend, .copy: op.code = .move
            case .zeroExtend:
                op.code = .zeroExtend
                op.shift = Decoder.shift(function[i.valueA].type)
            case .truncate: op.code = .signExtend
            case .intToFloat: op.code = is32 ? .intToFloat32 : .intToFloat64
            case .floatToInt: op.code = function[i.valueA].type == .f32 ? .float32ToInt : .float64ToInt
            case .floatExtend: op.code = .floatExtend
            case .floatTruncate: op.code = .floatTruncate
            case .bitcast:
                // f32 is held zero-extended.
                op.code = i.type == .f32 ? .zeroExtend : i.type == .i32 ? .signExtend : .move
            case .select: op.code = .select
            case .load:
                op.code =
                    switch i.type {
                    case .i8: .load8
                    case .i16: .load16
                    case .i32: .load32
                    case .f32: .loadFloat32
                    default: .load64
                    }
            case .loadIndexed:
                op.aux = UInt8(i.c.trailingZeroBitCount)
                op.code =
                    switch i.type {
                    case .i8: .loadIndexed8
                    case .i16: .loadIndexed16
                    case .i32: .loadIndexed32
                    case .f32: .loadIndexedFloat32
                    default: .loadIndexed64
                    }
            case .store:
                op.code =
                    switch function[i.valueB].type.size {
                    case 1: .store8
                    case 2: .store16
                    case 4: .store32
                    default: .store64
                    }
            case .storeIndexed:
                op.aux = UInt8((i.immediate >> 32).trailingZeroBitCount)
                op.immediate = Int64(Int32(truncatingIfNeeded: i.immediate))
                op.code =
                    switch function[i.valueC].type.size {
                    case 1: .storeIndexed8
                    case 2: .storeIndexed16
                    case 4: .storeIndexed32
                    default: .storeIndexed64
                    }
            case .checkIndex: op.code = .checkIndex
            case .checkBounds: op.code = .checkBounds
            case .trapIf: op.code = .trapIf
            case .call:
                guard let signature = module.signature(of: SymbolID(rawValue: i.a)) else { break }
                decodeCall(id, signature, &op, &program)
                switch resolutions[Int(i.a)] {
                case .function(let index):
                    op.code = .call
                    op.a = UInt32(index)
                case .runtime(let runtime):
                    op.code = .callRuntime
                    op.a = UInt32(runtime.rawValue)
                case .data: break
                }
            case .callIndirect:
                op.code = .callIndirect
                decodeCall(id, module[SignatureID(rawValue: i.c)], &op, &program)
            case .jump:
                op.code = .jump
                op.a = decodeEdge(EdgeID(rawValue: i.a), &program)
            case .branch:
                op.code = .branch
                op.b = decodeEdge(EdgeID(rawValue: i.b), &program)
                op.c = decodeEdge(EdgeID(rawValue: i.c), &program)
            case .switchInt:
                op.code = .switchInt
                let list = OperandListID(rawValue: i.b)
                let count = function.count(of: list) / 3
                var cases: [(number: Int64, edge: UInt32)] = []
                for k in 0..<count {
                    cases.append((function.caseValue(list, k), decodeEdge(function.caseEdge(list, k), &program)))
                }
                op.b = UInt32(program.cases.count)
                op.immediate = Int64(count)
                // Sorted, for binary search.
                program.cases += cases.sorted { $0.number < $1.number }
                op.c = decodeEdge(EdgeID(rawValue: i.c), &program)
            case .returnValues:
                op.code = .returnValues
                let list = OperandListID(rawValue: i.b)
                op.b = UInt32(program.slots.count)
                op.c = UInt32(function.count(of: list))
                function.forEachElement(list) { program.slots.append(slot($0)) }
            case .unreachable: op.code = .unreachable
            }
            program.ops.append(op)
        }

        /// b: start of the argument slots, then the result slots; c: number of arguments; condition: of results.
        private func decodeCall(_ id: ValueID, _ signature: Signature, _ op: inout Op, _ program: inout Program) {
            let list = OperandListID(rawValue: function[id].b)
            op.b = UInt32(program.slots.count)
            op.c = UInt32(function.count(of: list))
            function.forEachElement(list) { program.slots.append(slot($0)) }
            let results = program.slots.count
            program.slots += Array(repeating: noSlot, count: signature.results.count)
            op.condition = UInt8(truncatingIfNeeded: signature.results.count)
            if !signature.results.isEmpty { program.slots[results] = slot(id) }
            var next = function[id].next
            while next.exists, function[next].opcode == .projection {
                program.slots[results + Int(function[next].immediate)] = slot(next)
                next = function[next].next
            }
        }

        /// The target is a block until the function is complete.
        private func decodeEdge(_ id: EdgeID, _ program: inout Program) -> UInt32 {
            let edge = function[id]
            var moves: [(to: UInt32, from: UInt32)] = []
            var parameter = function[edge.target].firstParameter
            for k in 0..<Int(edge.count) {
                let from = slot(function.argument(id, k))
                if from != slot(parameter) { moves.append((slot(parameter), from)) }
                parameter = function[parameter].next
            }
            // All arguments are read before any parameter is written: if a move would overwrite a later one's
            // source, all go through temporaries.
            var conflicts = false
            for k in moves.indices {
                if moves[(k + 1)...].contains(where: { $0.from == moves[k].to }) { conflicts = true }
            }
            let start = program.slots.count
            if conflicts {
                for k in moves.indices { program.slots += [slotCount + UInt32(k), moves[k].from] }
                for k in moves.indices { program.slots += [moves[k].to, slotCount + UInt32(k)] }
            } else {
                for move in moves { program.slots += [move.to, move.from] }
            }
            program.edges.append(
                DecodedEdge(
                    target: Int32(edge.target.rawValue), start: UInt32(start),
                    count: UInt32((program.slots.count - start) / 2)))
            return UInt32(program.edges.count - 1)
        }
    }
}

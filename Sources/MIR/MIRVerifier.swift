// Checks every invariant of MIR. Runs behind each pass in debug builds and in all tests.
//
// A module:
//  M1  Symbols have distinct, non-empty names; each is defined at most once; local ones are defined.
//  M2  Data objects: the symbol is data; the alignment is a power of two; `size` is the number of bytes (or the size of
//      a zeroed area without bytes); addresses are 8-aligned words inside, not overlapping, of known symbols, and not
//      in zeroed data.
//  M3  A function's symbol is a function of the same signature.
// A function:
//  F1  It has a block. Scope 0 is its own parent, the parent of any other scope precedes it; files exist.
//  F2  Chains are doubly linked, end at the recorded last element, and share no instruction.
//  F3  Parameters are `blockParameter`s of their block, as many as it says, and stand nowhere else.
//  F4  A block ends with a terminator and has no other.
//  F5  The parameters of the entry block are those of the signature, and no edge targets it.
//  F6  Lists and edges are in range; each edge is part of one terminator; its arguments agree with the target's
//      parameters in number and type.
//  F7  Operands are linked values that have a type, and their definition dominates the use (for edge arguments: the
//      end of the block). In unreachable code only their type is checked.
//  F8  Operand types, result type, constants, conditions and `aux` fit the opcode, as its comment in Opcode.swift says.
//      Integer constants are sign-extended from their width, pointer constants are 0, displacements are 32 bits,
//      scales are 1, 2, 4 or 8.
//  F9  Stack slots are in the entry block.
//  F10 Projections stand directly behind their call or its other projections, in ascending order, and fit its results.
//  F11 Arguments and results of calls, and returned values, agree with the signature.
//  F12 Cases of a switch are distinct numbers of the value's type.
//  F13 Scopes of instructions exist.

internal import RuntimeABI
internal import Support

/// A broken invariant.
package struct MIRViolation: Sendable, Equatable, CustomStringConvertible {
    /// The rule's label in MIRVerifier.swift, such as `F7`.
    package var rule: String
    /// The function's link name; nil for what belongs to the module.
    package var function: String?
    package var block: BlockID?
    package var instruction: ValueID?
    package var message: String

    package var description: String {
        var text = rule
        if let function { text += " in @\(function)" }
        if let block { text += ", b\(block.rawValue)" }
        if let instruction { text += ", instruction %\(instruction.rawValue)" }
        return text + ": " + message
    }
}

/// Checks the invariants that the top of this file states.
package struct MIRVerifier {
    private let module: MIRModule
    private var violations: [MIRViolation] = []
    // Of the current function.
    private var name: String?
    private var block: BlockID?
    private var instruction: ValueID?
    /// Block by instruction; `unlinked` if in no chain.
    private var owners: [UInt32] = []
    /// Position in its block by instruction; parameters have 0.
    private var order: [UInt32] = []
    private var usedEdges: [Bool] = []
    private var flow = ControlFlow()
    private var dominators = DominatorTree()
    private static let unlinked = UInt32.max

    private init(_ module: MIRModule) { self.module = module }

    /// All violations in a module; empty if it is valid.
    package static func verify(_ module: MIRModule) -> [MIRViolation] {
        var verifier = MIRVerifier(module)
        verifier.verifyModule()
        for function in module.functions { verifier.verify(function) }
        return verifier.violations
    }
    /// All violations in one function of a module; `function` need not be among the module's functions yet.
    package static func verify(_ function: MIRFunction, in module: MIRModule) -> [MIRViolation] {
        var verifier = MIRVerifier(module)
        verifier.verify(function)
        return verifier.violations
    }

    private mutating func report(_ rule: String, _ message: String) {
        violations.append(
            MIRViolation(rule: rule, function: name, block: block, instruction: instruction, message: message))
    }

    // MARK: - Module

    private mutating func verifyModule() {
        var names: Set<String> = []
        for symbol in module.symbols {
            if symbol.name.isEmpty { report("M1", "a symbol without a name") }
            if !names.insert(symbol.name).inserted { report("M1", "two symbols are named \(symbol.name)") }
        }
        var isDefined = [Bool](repeating: false, count: module.symbols.count)
        for id in module.functions.map(\.symbol) + module.data.map(\.symbol) where id.index < isDefined.count {
            if isDefined[id.index] { report("M1", "\(module[id].name) is defined twice") }
            isDefined[id.index] = true
        }
        for (i, symbol) in module.symbols.enumerated() where symbol.linkage == .local && !isDefined[i] {
            report("M1", "local symbol \(symbol.name) is not defined")
        }
        for object in module.data {
            guard object.symbol.index < module.symbols.count else {
                report("M2", "a data object's symbol is out of range")
                continue
            }
            let name = module[object.symbol].name
            if module[object.symbol].kind != .data { report("M2", "\(name) is not a data symbol") }
            if object.alignment < 1 || object.alignment & (object.alignment - 1) != 0 {
                report("M2", "the alignment of \(name) is not a power of two")
            }
            if object.section == .zeroed {
                if !object.bytes.isEmpty || !object.addresses.isEmpty || object.size < 0 {
                    report("M2", "zeroed \(name) has contents")
                }
            } else if object.size != object.bytes.count {
                report("M2", "the size of \(name) is not its number of bytes")
            }
            var end = 0
            for address in object.addresses.sorted(by: { $0.offset < $1.offset }) {
                if address.offset < end || address.offset % 8 != 0 || address.offset + 8 > object.size {
                    report("M2", "an address of \(name) is at a wrong offset")
                }
                end = address.offset + 8
                if address.symbol.index >= module.symbols.count {
                    report("M2", "an address of \(name) is of an unknown symbol")
                }
            }
        }
    }

    // MARK: - Functions

    private mutating func verify(_ function: MIRFunction) {
        name = nil
        block = nil
        instruction = nil
        defer {
            name = nil
            block = nil
            instruction = nil
        }
        guard function.symbol.index < module.symbols.count else {
            report("M3", "a function's symbol is out of range")
            return
        }
        name = module[function.symbol].name
        guard function.signature.index < module.signatures.count else {
            report("M3", "the signature is out of range")
            return
        }
        if module[function.symbol].kind != .function(function.signature) {
            report("M3", "the symbol is not a function of this signature")
        }
        if function.blocks.isEmpty {
            report("F1", "no blocks")
            return
        }
        verifyScopes(function)
        // Later checks follow chains, so they must be in order first.
        if !verifyChains(function) { return }
        usedEdges = Array(repeating: false, count: function.edges.count)
        if !verifyTerminatorsAndEdges(function) { return }
        flow.compute(function)
        dominators.compute(flow)
        verifyEntry(function)
        for b in function.blocks.indices {
            block = BlockID(b)
            instruction = nil
            var id = function.blocks[b].first
            while id.exists {
                instruction = id
                verifyInstruction(function, id)
                id = function[id].next
            }
        }
    }

    private mutating func verifyScopes(_ function: MIRFunction) {
        if function.scopes.isEmpty { report("F1", "no scopes") }
        for (i, scope) in function.scopes.enumerated() {
            if i == 0 ? scope.parent != 0 : scope.parent >= i { report("F1", "scope \(i) has a wrong parent") }
            if scope.file.index >= max(module.sources.files.count, 1) {
                report("F1", "scope \(i) is in an unknown file")
            }
        }
    }

    /// F2, F3, F4, F13; false if the chains cannot be walked.
    private mutating func verifyChains(_ function: MIRFunction) -> Bool {
        let count = function.instructions.count
        owners = Array(repeating: MIRVerifier.unlinked, count: count)
        order = Array(repeating: 0, count: count)
        for b in function.blocks.indices {
            block = BlockID(b)
            instruction = nil
            let content = function.blocks[b]
            guard
                let parameters = walk(
                    function, from: content.firstParameter, to: content.lastParameter, block: b, areParameters: true),
                walk(function, from: content.first, to: content.last, block: b, areParameters: false) != nil
            else { return false }
            instruction = nil
            if parameters != Int(content.parameterCount) { report("F3", "parameterCount is wrong") }
        }
        block = nil
        instruction = nil
        return true
    }
    /// Walks a chain and returns its length; nil if it is broken.
    private mutating func walk(
        _ function: MIRFunction, from first: ValueID, to last: ValueID, block b: Int, areParameters: Bool
    ) -> Int? {
        var id = first
        var previous = ValueID.none
        var length = 0
        while id.exists {
            guard id.index < function.instructions.count else {
                report("F2", "a chain leaves the arena")
                return nil
            }
            instruction = id
            if owners[id.index] != MIRVerifier.unlinked {
                report("F2", "linked twice")
                return nil
            }
            owners[id.index] = UInt32(truncatingIfNeeded: b)
            let i = function[id]
            if i.previous != previous {
                report("F2", "the link to the previous instruction is wrong")
                return nil
            }
            if areParameters != (i.opcode == .blockParameter) {
                report("F3", areParameters ? "not a parameter" : "a parameter among the instructions")
            }
            if areParameters {
                if Int(i.a) != b { report("F3", "the parameter names another block") }
                if i.type == .none { report("F3", "a parameter without a type") }
            } else {
                order[id.index] = UInt32(truncatingIfNeeded: length + 1)
                if i.opcode.isTerminator && i.next.exists { report("F4", "a terminator inside the block") }
            }
            if Int(i.scope) >= function.scopes.count { report("F13", "the scope is out of range") }
            length += 1
            previous = id
            id = i.next
        }
        instruction = nil
        if previous != last {
            report("F2", "the recorded last element is not the chain's end")
            return nil
        }
        if !areParameters, !last.exists || !function[last].opcode.isTerminator {
            report("F4", "no terminator at the end")
            return nil
        }
        return length
    }

    /// F6 without types of arguments; false if successors cannot be walked.
    private mutating func verifyTerminatorsAndEdges(_ function: MIRFunction) -> Bool {
        var isSound = true
        for b in function.blocks.indices {
            block = BlockID(b)
            instruction = function.blocks[b].last
            let i = function[function.blocks[b].last]
            if i.opcode == .switchInt {
                guard isInRange(OperandListID(rawValue: i.b), function) else { return false }
                if function.count(of: OperandListID(rawValue: i.b)) % 3 != 0 {
                    report("F6", "the list of cases is not of triples")
                    return false
                }
            }
            for k in 0..<function.successorCount(of: BlockID(b)) {
                let edge = function.successor(of: BlockID(b), k)
                guard edge.index < function.edges.count else {
                    report("F6", "an edge is out of range")
                    isSound = false
                    continue
                }
                if usedEdges[edge.index] { report("F6", "edge \(edge.rawValue) is used twice") }
                usedEdges[edge.index] = true
                let content = function.edges[edge.index]
                guard content.target.index < function.blocks.count else {
                    report("F6", "the target of edge \(edge.rawValue) is out of range")
                    isSound = false
                    continue
                }
                if content.target == .entry { report("F5", "an edge to the entry block") }
                if Int(content.start) + Int(content.count) > function.pool.count {
                    report("F6", "the arguments of edge \(edge.rawValue) are out of range")
                    isSound = false
                }
            }
        }
        block = nil
        instruction = nil
        return isSound
    }

    private mutating func verifyEntry(_ function: MIRFunction) {
        block = .entry
        instruction = nil
        var types: [MIRType] = []
        function.forEachParameter(of: .entry) { types.append(function[$0].type) }
        if types != module[function.signature].parameters {
            report("F5", "the parameters of the entry block are not those of the signature")
        }
        block = nil
    }

    private mutating func isInRange(_ list: OperandListID, _ function: MIRFunction) -> Bool {
        if list.index < function.pool.count, list.index + Int(function.pool[list.index]) < function.pool.count {
            return true
        }
        report("F6", "an operand list is out of range")
        return false
    }

    // MARK: - Instructions

    /// The type of an operand, after F7; nil (and a report) if it is no value.
    private mutating func type(_ value: ValueID, _ function: MIRFunction) -> MIRType? {
        guard value.exists, value.index < function.instructions.count, owners[value.index] != MIRVerifier.unlinked
        else {
            report("F7", "operand %\(value.rawValue) is no linked value")
            return nil
        }
        let type = function[value].type
        if type == .none {
            report("F7", "operand %\(value.rawValue) has no value")
            return nil
        }
        if let block, let user = instruction, flow.isReachable(block) {
            let owner = BlockID(rawValue: owners[value.index])
            let dominates =
                owner == block ? order[value.index] < order[user.index] : dominators.dominates(owner, block)
            if !dominates { report("F7", "operand %\(value.rawValue) does not dominate its use") }
        }
        return type
    }
    private mutating func expect(_ value: ValueID, _ expected: MIRType, _ function: MIRFunction, _ rule: String = "F8") {
        if let type = type(value, function), type != expected {
            report(rule, "operand %\(value.rawValue) has type \(type), not \(expected)")
        }
    }
    private mutating func expect(
        _ value: ValueID, _ function: MIRFunction, _ what: String, _ isGood: (MIRType) -> Bool
    ) {
        if let type = type(value, function), !isGood(type) {
            report("F8", "operand %\(value.rawValue) has type \(type), not \(what)")
        }
    }
    private mutating func require(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { report("F8", message()) }
    }

    private mutating func verifyInstruction(_ function: MIRFunction, _ id: ValueID) {
        let i = function[id]
        switch i.opcode {
        case .blockParameter: break
        case .iconst:
            require(i.type.isGeneral, "an integer constant of type \(i.type)")
            require(ConstantFolding.wrap(i.immediate, i.type) == i.immediate, "the constant does not fit \(i.type)")
            if i.type == .ptr || i.type == .ref { require(i.immediate == 0, "a pointer constant that is not 0") }
        case .fconst:
            require(i.type.isFloat, "a float constant of type \(i.type)")
            if i.type == .f32 {
                require(i.immediate >> 32 == 0, "the f32 constant has more than 32 bits")
            }
        case .symbolAddress:
            require(i.type == .ptr || i.type == .ref, "an address of type \(i.type)")
            require(Int(i.a) < module.symbols.count, "the symbol is out of range")
        case .stackSlot:
            require(i.type == .ptr, "an address of type \(i.type)")
            require(i.immediate >= 0, "a negative size")
            require(i.b >= 1 && i.b & (i.b - 1) == 0, "the alignment is not a power of two")
            if block != .entry { report("F9", "a stack slot outside the entry block") }

        case .add, .subtract, .multiply, .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU, .divideS,
            .divideU, .remainderS, .remainderU, .and, .or, .xor, .shiftLeft, .shiftRightS, .shiftRightU:
            require(i.type.isInteger, "\(i.opcode) of type \(i.type)")
            expect(i.valueA, i.type, function)
            expect(i.valueB, i.type, function)
        case .countLeadingZeros, .countTrailingZeros, .populationCount:
            require(i.type.isInteger, "\(i.opcode) of type \(i.type)")
            expect(i.valueA, i.type, function)
        case .icmp:
            require(i.type == .i8, "a comparison of type \(i.type)")
            require(IntegerCondition(rawValue: i.condition) != nil, "unknown condition")
            if let type = type(i.valueA, function) {
                require(type.isGeneral, "integer comparison of \(type)")
                expect(i.valueB, type, function)
            }
        case .fcmp:
            require(i.type == .i8, "a comparison of type \(i.type)")
            require(FloatCondition(rawValue: i.condition) != nil, "unknown condition")
            if let type = type(i.valueA, function) {
                require(type.isFloat, "float comparison of \(type)")
                expect(i.valueB, type, function)
            }
        case .fadd, .fsubtract, .fmultiply, .fdivide:
            require(i.type.isFloat, "\(i.opcode) of type \(i.type)")
            expect(i.valueA, i.type, function)
            expect(i.valueB, i.type, function)
        case .fnegate, .fabsolute, .fsqrt:
            require(i.type.isFloat, "\(i.opcode) of type \(i.type)")
            expect(i.valueA, i.type, function)

        case .signExtend, .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast:
            if let from = type(i.valueA, function) {
                require(
                    MIRVerifier.converts(i.opcode, from: from, to: i.type), "\(i.opcode) from \(from) to \(i.type)")
            }
        case .select:
            expect(i.valueA, .i8, function)
            require(i.type != .none, "select without a type")
            expect(i.valueB, i.type, function)
            expect(i.valueC, i.type, function)
        case .copy:
            require(i.type != .none, "copy without a type")
            expect(i.valueA, i.type, function)

        case .load, .loadIndexed, .store, .storeIndexed: verifyMemory(function, i)

        case .checkIndex, .checkBounds:
            require(i.type == (i.opcode == .checkIndex ? .i64 : .none), "\(i.opcode) of type \(i.type)")
            require(IndexedKind(rawValue: i.aux) != nil, "unknown kind of indexed value")
            expect(i.valueA, .i64, function)
            expect(i.valueB, .i64, function)
        case .trapIf:
            require(i.type == .none, "trapIf has a type")
            require(
                i.immediate >= 0 && i.immediate < 1 << 24
                    && TrapCode(rawValue: UInt8(truncatingIfNeeded: i.immediate)) != nil
                    && TrapOperation(rawValue: UInt8(truncatingIfNeeded: i.immediate >> 8)) != nil
                    && TrapType(rawValue: UInt8(truncatingIfNeeded: i.immediate >> 16)) != nil, "unknown trap word")
            expect(i.valueA, .i8, function)

        case .call, .callIndirect: verifyCall(function, i)
        case .projection: verifyProjection(function, i)

        case .jump, .branch, .switchInt, .returnValues, .unreachable: verifyTerminator(function, i)
        }
    }

    /// Whether a conversion exists between two types.
    private static func converts(_ opcode: Opcode, from: MIRType, to: MIRType) -> Bool {
        switch opcode {
        case .signExtend, .zeroExtend: from.isInteger && to.isInteger && from.size < to.size
        case .truncate: from.isInteger && to.isInteger && from.size > to.size
        case .intToFloat: (from == .i32 || from == .i64) && to.isFloat
        case .floatToInt: from.isFloat && (to == .i32 || to == .i64)
        case .floatExtend: from == .f32 && to == .f64
        case .floatTruncate: from == .f64 && to == .f32
        default:
            from != to && from.size == to.size && from.size >= 4
                && (from.isFloat ? to.isInteger : !to.isFloat || from.isInteger)
        }
    }

    private mutating func verifyMemory(_ function: MIRFunction, _ i: Instruction) {
        require(AliasClass(rawValue: i.aux) != nil, "unknown alias class")
        expect(i.valueA, function, "ptr or ref") { $0 == .ptr || $0 == .ref }
        switch i.opcode {
        case .load:
            require(i.type != .none, "load without a type")
            require(Int32(exactly: i.immediate) != nil, "the displacement has more than 32 bits")
        case .loadIndexed:
            require(i.type != .none, "load without a type")
            require(Int32(exactly: i.immediate) != nil, "the displacement has more than 32 bits")
            require([1, 2, 4, 8].contains(i.c), "the scale is \(i.c)")
            expect(i.valueB, .i64, function)
        case .store:
            require(i.type == .none, "store has a type")
            require(Int32(exactly: i.immediate) != nil, "the displacement has more than 32 bits")
            _ = type(i.valueB, function)
        default:
            require(i.type == .none, "store has a type")
            require([1, 2, 4, 8].contains(i.immediate >> 32), "the scale is \(i.immediate >> 32)")
            expect(i.valueB, .i64, function)
            _ = type(i.valueC, function)
        }
    }

    private mutating func verifyCall(_ function: MIRFunction, _ i: Instruction) {
        let list = OperandListID(rawValue: i.b)
        guard isInRange(list, function) else { return }
        if i.opcode == .callIndirect { expect(i.valueA, .ptr, function) }
        guard let signature = calleeSignature(i) else {
            report("F11", "the callee is no function")
            return
        }
        if function.count(of: list) != signature.parameters.count {
            report("F11", "\(function.count(of: list)) arguments for \(signature.parameters.count) parameters")
        }
        for k in 0..<min(function.count(of: list), signature.parameters.count) {
            expect(function.element(list, k), signature.parameters[k], function, "F11")
        }
        let result = signature.results.first ?? .none
        if i.type != result { report("F11", "the call has type \(i.type), the callee returns \(result)") }
    }
    private func calleeSignature(_ i: Instruction) -> Signature? {
        if i.opcode == .callIndirect {
            return Int(i.c) < module.signatures.count ? module.signatures[Int(i.c)] : nil
        }
        return Int(i.a) < module.symbols.count ? module.signature(of: SymbolID(rawValue: i.a)) : nil
    }

    private mutating func verifyProjection(_ function: MIRFunction, _ i: Instruction) {
        var before = i.previous
        if before.exists, function[before].opcode == .projection {
            if function[before].immediate >= i.immediate || function[before].valueA != i.valueA {
                report("F10", "projections of a call are not in ascending order")
            }
            while before.exists, function[before].opcode == .projection { before = function[before].previous }
        }
        let call = i.valueA
        guard before.exists, before == call, function[call].opcode == .call || function[call].opcode == .callIndirect
        else {
            report("F10", "the projection does not stand behind its call")
            return
        }
        guard let signature = calleeSignature(function[call]) else { return }
        if i.immediate < 1 || i.immediate >= Int64(signature.results.count) {
            report("F10", "the call has no result \(i.immediate)")
        } else if signature.results[Int(i.immediate)] != i.type {
            report("F10", "result \(i.immediate) has type \(signature.results[Int(i.immediate)]), not \(i.type)")
        }
    }

    private mutating func verifyTerminator(_ function: MIRFunction, _ i: Instruction) {
        require(i.type == .none, "a terminator has a type")
        switch i.opcode {
        case .branch: expect(i.valueA, .i8, function)
        case .switchInt:
            if let type = type(i.valueA, function) {
                require(type.isInteger, "switch over \(type)")
                let list = OperandListID(rawValue: i.b)
                var values: Set<Int64> = []
                for k in 0..<function.count(of: list) / 3 {
                    let value = function.caseValue(list, k)
                    if !values.insert(value).inserted { report("F12", "two cases for \(value)") }
                    if ConstantFolding.wrap(value, type) != value { report("F12", "case \(value) does not fit \(type)") }
                }
            }
        case .returnValues:
            let list = OperandListID(rawValue: i.b)
            guard isInRange(list, function) else { return }
            let results = module[function.signature].results
            if function.count(of: list) != results.count {
                report("F11", "\(function.count(of: list)) values returned, not \(results.count)")
            }
            for k in 0..<min(results.count, function.count(of: list)) {
                expect(function.element(list, k), results[k], function, "F11")
            }
        default: break
        }
        guard let block else { return }
        for k in 0..<function.successorCount(of: block) {
            let edge = function.successor(of: block, k)
            let content = function[edge]
            if content.count != function[content.target].parameterCount {
                report(
                    "F6",
                    "\(content.count) arguments for \(function[content.target].parameterCount) parameters of b\(content.target.rawValue)"
                )
                continue
            }
            var parameter = function[content.target].firstParameter
            for j in 0..<Int(content.count) {
                expect(function.argument(edge, j), function[parameter].type, function, "F6")
                parameter = function[parameter].next
            }
        }
    }
}

extension MIRFunction {
    /// The number of case `k` of a switch's list.
    package func caseValue(_ list: OperandListID, _ k: Int) -> Int64 {
        Int64(bitPattern: UInt64(raw(list, 3 * k)) | UInt64(raw(list, 3 * k + 1)) << 32)
    }
    /// The edge of case `k` of a switch's list.
    package func caseEdge(_ list: OperandListID, _ k: Int) -> EdgeID { EdgeID(rawValue: raw(list, 3 * k + 2)) }
}

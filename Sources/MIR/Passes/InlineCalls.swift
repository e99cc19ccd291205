// Pass `inlineCalls`: replaces calls of small functions of the module by their bodies, callees first. Scopes keep what
// was inlined where, so that panics and backtraces show the same frames as before.

internal import RuntimeABI
internal import Support

/// When to inline, in instructions.
private enum InlineLimit {
    /// Of a callee that is small enough anywhere: about what passing arguments and saving registers costs.
    static let small = 30
    /// Of a callee that nothing else needs.
    static let once = 100
    /// Of a callee that asks for it.
    static let hinted = 400
    /// Of a caller that takes anything in.
    static let caller = 4000
}

extension PassContext {
    /// See the top of this file. Recursive calls, and those that close a cycle of calls, stay. Calls `finish` once with
    /// the index of each function, as soon as no caller can need its body any more. O(module).
    func inlineCalls(_ module: inout MIRModule, _ finish: (inout MIRModule, Int) -> Void) {
        var plan = InlinePlan(module)
        for i in plan.order {
            if plan.callsInlinable(i, module), inlineCalls(in: i, &module, &plan) {
                plan.sizes[i] = size(module.functions[i])
            }
            plan.noteInlined(i)
            for k in plan.callStarts[i]..<plan.callStarts[i + 1] {
                let callee = plan.calls[k]
                if plan.endWait(of: callee), plan.isInlined(callee), plan.isInlinable(callee, module) {
                    finish(&module, callee)
                }
            }
            if !plan.isAwaited(i) || !plan.isInlinable(i, module) { finish(&module, i) }
        }
    }

    private func size(_ function: borrowing MIRFunction) -> Int { InlinePlan.size(function) }

    /// Inlines what should be inlined into function `caller`; returns whether something was.
    private func inlineCalls(in caller: Int, _ module: inout MIRModule, _ plan: inout InlinePlan) -> Bool {
        var changed = false
        var size = plan.sizes[caller]
        let blockCount = module.functions[caller].blocks.count
        for b in 0..<blockCount {
            var block = BlockID(b)
            var value = module.functions[caller].blocks[b].first
            while value.exists {
                let next = module.functions[caller][value].next
                let instruction = module.functions[caller][value]
                if instruction.opcode == .call, let callee = plan.inlinable(instruction.a, into: caller, size, module) {
                    let body = module.functions[callee]
                    block = inline(body, into: &module.functions[caller], at: value, in: block)
                    size += plan.sizes[callee]
                    changed = true
                    // The rest of the block went to a new one, whose first instruction is what followed the call.
                    value = module.functions[caller][block].first
                    continue
                }
                value = next
            }
        }
        return changed
    }

    /// Puts a copy of `callee` in the place of the call `call` in `block`; returns the block that holds what followed.
    private func inline(
        _ callee: MIRFunction, into function: inout MIRFunction, at call: ValueID, in block: BlockID
    ) -> BlockID {
        let callInstruction = function[call]
        let scopeBase = UInt32(truncatingIfNeeded: function.scopes.count)
        for (k, scope) in callee.scopes.enumerated() {
            var copy = scope
            copy.callPosition = k == 0 ? callInstruction.position : scope.callPosition
            copy.parent = k == 0 ? callInstruction.scope : scope.parent + scopeBase
            function.scopes.append(copy)
        }
        let rest = splitBlock(&function, behind: call, in: block)
        let resultTypes = resultTypes(&function, call, rest, callee)

        // Blocks: the callee's entry goes on in `block`. Values: numbered first, since uses can precede definitions.
        let blockBase = function.blocks.count - 1
        for _ in 1..<max(callee.blocks.count, 1) { _ = function.addBlock() }
        func blockCopy(_ b: Int) -> BlockID { b == 0 ? block : BlockID(blockBase + b) }
        words.prepare(callee.instructions.count, filledWith: 0)
        let arguments = OperandListID(rawValue: callInstruction.b)
        var parameter = callee.blocks[0].firstParameter
        var k = 0
        while parameter.exists {
            words[parameter.rawValue] = function.element(arguments, k).rawValue
            parameter = callee[parameter].next
            k += 1
        }
        for b in callee.blocks.indices {
            if b > 0 {
                callee.forEachParameter(of: BlockID(b)) {
                    words[$0.rawValue] = function.addParameter(to: blockCopy(b), type: callee[$0].type).rawValue
                }
            }
            callee.forEachInstruction(in: BlockID(b)) {
                words[$0.rawValue] = UInt32(truncatingIfNeeded: function.instructions.count)
                function.instructions.append(callee[$0])
            }
        }
        for b in callee.blocks.indices {
            callee.forEachInstruction(in: BlockID(b)) { old in
                let new = ValueID(rawValue: words[old.rawValue])
                copyOperands(callee, old, &function, new, blockCopy)
                function[new].scope += scopeBase
                switch callee[old].opcode {
                case .stackSlot:
                    function.prepend(new, to: .entry)
                case .returnValues:
                    let values = OperandListID(rawValue: callee[old].b)
                    var results: [ValueID] = []
                    for k in 0..<resultTypes {
                        results.append(ValueID(rawValue: words[callee.raw(values, k)]))
                    }
                    let edge = function.addEdge(to: rest, arguments: results)
                    function[new].opcode = .jump
                    function[new].a = edge.rawValue
                    function[new].b = 0
                    function.append(new, to: blockCopy(b))
                default: function.append(new, to: blockCopy(b))
                }
            }
        }
        return rest
    }

    /// Moves what stands behind `call` and its projections to a new block, and removes the call from its block.
    private func splitBlock(_ function: inout MIRFunction, behind call: ValueID, in block: BlockID) -> BlockID {
        let rest = function.addBlock()
        var first = function[call].next
        while function[first].opcode == .projection { first = function[first].next }
        function[rest].first = first
        function[rest].last = function[block].last
        function[first].previous = .none
        let before = function[call].previous
        function[block].last = before
        if before.exists { function[before].next = .none } else { function[block].first = .none }
        return rest
    }

    /// Makes the call and its projections parameters of `rest`; returns the number of results that it takes.
    private func resultTypes(
        _ function: inout MIRFunction, _ call: ValueID, _ rest: BlockID, _ callee: MIRFunction
    ) -> Int {
        guard function[call].type != .none else { return 0 }
        var value = function[call].next
        function[call].opcode = .blockParameter
        function[call].a = rest.rawValue
        function[call].b = 0
        function.linkParameter(call, to: rest)
        var count = 1
        while function[value].opcode == .projection {
            let next = function[value].next
            let number = Int(function[value].immediate)
            // Results that nobody projects still need a parameter before those behind them.
            while count < number {
                _ = function.addParameter(to: rest, type: resultType(callee, count))
                count += 1
            }
            function[value].opcode = .blockParameter
            function[value].a = rest.rawValue
            function[value].immediate = 0
            function.linkParameter(value, to: rest)
            count += 1
            value = next
        }
        return count
    }
    /// The type of result `k` of a function that returns.
    private func resultType(_ callee: MIRFunction, _ k: Int) -> MIRType {
        for block in callee.blocks {
            let terminator = callee[block.last]
            if terminator.opcode == .returnValues {
                return callee[callee.element(OperandListID(rawValue: terminator.b), k)].type
            }
        }
        return .i64
    }

    /// Gives the copy `new` of `old` operands, lists and edges of its own.
    private func copyOperands(
        _ callee: MIRFunction, _ old: ValueID, _ function: inout MIRFunction, _ new: ValueID,
        _ blockCopy: (Int) -> BlockID
    ) {
        let instruction = callee[old]
        let fields = instruction.opcode.fields
        if fields.contains(.a) { function[new].a = words[instruction.a] }
        if fields.contains(.b) { function[new].b = words[instruction.b] }
        if fields.contains(.c) { function[new].c = words[instruction.c] }
        if fields.contains(.list), instruction.opcode != .returnValues {
            function[new].b = copyList(callee, instruction.b, &function) { _, operand in words[operand] }
        }
        func edge(_ id: UInt32) -> UInt32 {
            let edge = callee.edges[Int(id)]
            let start = function.pool.count
            for k in Int(edge.start)..<Int(edge.start + edge.count) { function.pool.append(words[callee.pool[k]]) }
            function.edges.append(
                Edge(target: blockCopy(edge.target.index), start: UInt32(truncatingIfNeeded: start), count: edge.count))
            return UInt32(truncatingIfNeeded: function.edges.count - 1)
        }
        switch instruction.opcode {
        case .jump: function[new].a = edge(instruction.a)
        case .branch:
            function[new].b = edge(instruction.b)
            function[new].c = edge(instruction.c)
        case .switchInt:
            var edges: [UInt32] = []
            for k in 0..<callee.count(of: OperandListID(rawValue: instruction.b)) / 3 {
                edges.append(edge(callee.raw(OperandListID(rawValue: instruction.b), 3 * k + 2)))
            }
            function[new].b = copyList(callee, instruction.b, &function) { k, word in k % 3 == 2 ? edges[k / 3] : word }
            function[new].c = edge(instruction.c)
        default: return
        }
    }
    private func copyList(
        _ callee: MIRFunction, _ list: UInt32, _ function: inout MIRFunction, _ transform: (Int, UInt32) -> UInt32
    ) -> UInt32 {
        let id = OperandListID(rawValue: list)
        let count = callee.count(of: id)
        if count == 0 { return 0 }
        let copy = UInt32(truncatingIfNeeded: function.pool.count)
        function.pool.append(UInt32(truncatingIfNeeded: count))
        for k in 0..<count { function.pool.append(transform(k, callee.raw(id, k))) }
        return copy
    }
}

/// What is known of the module's functions before inlining: the order in which to go through them, and their sizes.
private struct InlinePlan {
    /// Indices of functions, callees before callers where there is no cycle.
    private(set) var order: [Int] = []
    /// By function: the number of instructions, constants and jumps left out.
    var sizes: [Int] = []
    /// The functions that function f calls are `calls[callStarts[f]..<callStarts[f + 1]]`.
    private(set) var callStarts: [Int] = [0]
    private(set) var calls: [Int] = []
    /// By symbol: index of the function that defines it, or -1.
    private var definitions: [Int]
    /// By function: the number of calls, and place in `order`.
    private var callCounts: [Int]
    private var places: [Int]
    /// By function: the number of calls in functions that inlining has not gone through yet, and whether it has been
    /// through the function itself.
    private var awaitedCalls: [Int] = []
    private var inlined: [Bool]

    init(_ module: MIRModule) {
        definitions = Array(repeating: -1, count: module.symbols.count)
        callCounts = Array(repeating: 0, count: module.functions.count)
        places = Array(repeating: 0, count: module.functions.count)
        inlined = Array(repeating: false, count: module.functions.count)
        for i in module.functions.indices { definitions[module.functions[i].symbol.index] = i }
        sizes.reserveCapacity(module.functions.count)
        callStarts.reserveCapacity(module.functions.count + 1)
        // By index: a loop over the functions themselves would retain the arrays of each.
        for i in module.functions.indices {
            sizes.append(
                InlinePlan.size(module.functions[i]) { symbol in
                    let callee = definitions[Int(symbol)]
                    if callee >= 0 {
                        calls.append(callee)
                        callCounts[callee] += 1
                    }
                })
            callStarts.append(calls.count)
        }
        awaitedCalls = callCounts
        orderCalleesFirst()
    }

    mutating func noteInlined(_ function: Int) { inlined[function] = true }
    func isInlined(_ function: Int) -> Bool { inlined[function] }
    /// Whether a function that inlining has yet to go through calls `function`.
    func isAwaited(_ function: Int) -> Bool { awaitedCalls[function] > 0 }
    /// One call of `callee` has been gone through; returns whether it was the last.
    mutating func endWait(of callee: Int) -> Bool {
        awaitedCalls[callee] -= 1
        return awaitedCalls[callee] == 0
    }

    /// Postorder of a depth-first walk over calls.
    private mutating func orderCalleesFirst() {
        var cursors = Array(callStarts.dropLast())
        var isSeen = [Bool](repeating: false, count: sizes.count)
        var stack: [Int] = []
        for root in sizes.indices where !isSeen[root] {
            isSeen[root] = true
            stack.append(root)
            while let function = stack.last {
                if cursors[function] < callStarts[function + 1] {
                    let callee = calls[cursors[function]]
                    cursors[function] += 1
                    if !isSeen[callee] {
                        isSeen[callee] = true
                        stack.append(callee)
                    }
                } else {
                    stack.removeLast()
                    places[function] = order.count
                    order.append(function)
                }
            }
        }
    }

    static func cost(_ opcode: Opcode) -> Int {
        switch opcode {
        case .iconst, .fconst, .symbolAddress, .jump, .returnValues, .copy, .projection: 0
        case .call, .callIndirect: 3
        default: 1
        }
    }
    /// The size of `function`; calls `body` with the symbol of each function that it calls.
    @inline(__always)
    static func size(_ function: borrowing MIRFunction, _ body: (UInt32) -> Void = { _ in }) -> Int {
        function.instructions.withUnsafeBufferPointer { instructions in
            function.blocks.withUnsafeBufferPointer { blocks in
                var size = 0
                for block in blocks {
                    var value = block.first
                    while value.exists {
                        let opcode = instructions[value.index].opcode
                        size += cost(opcode)
                        if opcode == .call { body(instructions[value.index].a) }
                        value = instructions[value.index].next
                    }
                }
                return size
            }
        }
    }

    /// The function that a call of `symbol` in `caller`, whose size is `size` by now, should be replaced by.
    func inlinable(_ symbol: UInt32, into caller: Int, _ size: Int, _ module: borrowing MIRModule) -> Int? {
        let callee = definitions[Int(symbol)]
        guard callee >= 0, places[callee] < places[caller], size + sizes[callee] <= InlineLimit.caller else {
            return nil
        }
        return isInlinable(callee, module) ? callee : nil
    }
    /// Whether some call of `callee` may be replaced by its body, which has its final size.
    func isInlinable(_ callee: Int, _ module: borrowing MIRModule) -> Bool {
        let hint = module.functions[callee].inlineHint
        guard callCounts[callee] > 0, hint != .never else { return false }
        if sizes[callee] <= InlineLimit.small { return true }
        if hint == .always && sizes[callee] <= InlineLimit.hinted { return true }
        return callCounts[callee] == 1 && sizes[callee] <= InlineLimit.once
            && module.symbols[module.functions[callee].symbol.index].linkage == .local
    }
    /// Whether `caller` calls a function that comes before it and may be inlined.
    func callsInlinable(_ caller: Int, _ module: borrowing MIRModule) -> Bool {
        for k in callStarts[caller]..<callStarts[caller + 1]
        where places[calls[k]] < places[caller] && isInlinable(calls[k], module) {
            return true
        }
        return false
    }
}

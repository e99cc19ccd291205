// Pass `removeDeadCode`: keeps what has an effect and what that needs, starting from the effects.

internal import Support

extension PassContext {
    /// Removes instructions whose results nothing needs (calls without effect and loads included), dead parameters with
    /// their arguments, and copies.
    ///
    /// Mark and sweep over values; a parameter's arguments count only once the parameter is needed, so that cycles of
    /// parameters that only feed each other go too. Linear.
    func removeDeadCode(_ function: inout MIRFunction) {
        updateFlow(&function, .control)
        valueFlags.prepare(function.instructions.count, filledWith: 0)
        blockFlags.prepare(function.blocks.count, filledWith: 0)
        function.withView { view in
            worklist.removeAll()
            for i in 0..<flow.count { markRoots(view, Int(flow.block(i))) }
            while let value = worklist.pop() { markOperands(view, value) }
            var dropsParameters = false
            for b in 0..<view.blockCount {
                if flow.isReachable(UInt32(b)) {
                    if sweep(view, b) { dropsParameters = true }
                } else {
                    view.empty(b)
                    if view.blocks[b].parameterCount != 0 {
                        blockFlags[b] = 1
                        dropsParameters = true
                    }
                }
            }
            if dropsParameters { dropArguments(view) }
        }
    }

    @inline(__always)
    private func mark(_ value: UInt32) {
        if valueFlags[value] != 0 { return }
        valueFlags[value] = 1
        worklist.push(value)
    }

    private func markRoots(_ view: FunctionView, _ block: Int) {
        var value = view.blocks[block].first.rawValue
        while value != 0 {
            let isRoot =
                switch view.opcode(value) {
                case .store, .storeIndexed, .callIndirect, .checkIndex, .checkBounds, .trapIf, .jump, .branch, .switchInt,
                    .returnValues, .unreachable:
                    true
                case .call: !effects[view[value].a].contains(.removable)
                default: view.opcode(value).isCheckedArithmetic
                }
            if isRoot { mark(value) }
            value = view[value].next.rawValue
        }
    }

    /// The value that `operand` is, copies left out; marked.
    @inline(__always)
    private func need(_ view: FunctionView, _ operand: UInt32) -> UInt32 {
        var source = operand
        while view.opcode(source) == .copy { source = view[source].a }
        mark(source)
        return source
    }

    private func markOperands(_ view: FunctionView, _ value: UInt32) {
        let opcode = view.opcode(value)
        let fields = opcode.fields
        if fields.contains(.a) { view[value].a = need(view, view[value].a) }
        if fields.contains(.b) { view[value].b = need(view, view[value].b) }
        if fields.contains(.c) { view[value].c = need(view, view[value].c) }
        if fields.contains(.list) {
            let list = Int(view[value].b)
            for k in 0..<Int(view.pool[list]) { view.pool[list + 1 + k] = need(view, view.pool[list + 1 + k]) }
        }
        if opcode == .blockParameter {
            let block = view[value].a
            let incoming = flow.incoming(block)
            // The function's own may be many.
            if incoming.isEmpty { return }
            var k = 0
            var previous = view[value].previous.rawValue
            while previous != 0 {
                k += 1
                previous = view[previous].previous.rawValue
            }
            for p in incoming {
                let slot = Int(view.edges[Int(flow.edge(p))].start) + k
                view.pool[slot] = need(view, view.pool[slot])
            }
        }
    }

    /// Takes unmarked instructions out of the block; returns whether parameters went. Their places among the arguments
    /// stay until `dropArguments`, so a removed parameter keeps its chain link and its mark 0.
    private func sweep(_ view: FunctionView, _ block: Int) -> Bool {
        var value = view.blocks[block].first.rawValue
        while value != 0 {
            let next = view[value].next.rawValue
            if valueFlags[value] == 0 { view.unlink(value, from: block) }
            value = next
        }
        if block == 0 { return false }
        var parameter = view.blocks[block].firstParameter.rawValue
        while parameter != 0 {
            if valueFlags[parameter] == 0 {
                blockFlags[block] = 1
                return true
            }
            parameter = view[parameter].next.rawValue
        }
        return false
    }

    /// Removes the arguments for dead parameters from all edges, then the parameters.
    private func dropArguments(_ view: FunctionView) {
        for e in 0..<view.edgeCount {
            let edge = view.edges[e]
            guard blockFlags[edge.target.rawValue] != 0 else { continue }
            var parameter = view.blocks[edge.target.index].firstParameter.rawValue
            var kept = Int(edge.start)
            for k in Int(edge.start)..<Int(edge.start + edge.count) {
                if valueFlags[parameter] != 0 {
                    view.pool[kept] = view.pool[k]
                    kept += 1
                }
                parameter = view[parameter].next.rawValue
            }
            view.edges[e].count = UInt32(kept - Int(edge.start))
        }
        for b in 0..<view.blockCount where blockFlags[b] != 0 {
            var parameter = view.blocks[b].firstParameter.rawValue
            var last: UInt32 = 0
            var count: UInt32 = 0
            view.blocks[b].firstParameter = .none
            while parameter != 0 {
                let next = view[parameter].next.rawValue
                if valueFlags[parameter] != 0 {
                    view[parameter].previous = ValueID(rawValue: last)
                    view[parameter].next = .none
                    if last == 0 {
                        view.blocks[b].firstParameter = ValueID(rawValue: parameter)
                    } else {
                        view[last].next = ValueID(rawValue: parameter)
                    }
                    last = parameter
                    count += 1
                }
                parameter = next
            }
            view.blocks[b].lastParameter = ValueID(rawValue: last)
            view.blocks[b].parameterCount = count
        }
    }
}

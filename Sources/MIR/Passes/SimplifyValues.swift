// Passes `simplify` and `numberValues`: one walk in reverse postorder that sees each instruction once, after its
// operands. `simplify` folds: constants, algebraic identities, copies, block parameters that are always the same value,
// branches whose way is known. `numberValues` does that too, and finds values that an earlier instruction has.

internal import RuntimeABI
internal import Support

extension PassContext {
    /// Constant and copy propagation, algebraic simplification, folding of branches.
    func simplify(_ function: inout MIRFunction) {
        walkValues(&function, numbering: false)
    }
    /// As `simplify`, and: global value numbering, removal of repeated checks, load elimination (see `MemoryStates`).
    ///
    /// Hash-based as in Briggs, Cooper, Simpson, "Value Numbering" (1997), on the dominator tree; instead of a scoped
    /// table, an entry names its block, and one that does not dominate the place of the search gives way to it.
    func numberValues(_ function: inout MIRFunction) {
        walkValues(&function, numbering: true)
    }

    private func walkValues(_ function: inout MIRFunction, numbering: Bool) {
        updateFlow(&function, numbering ? .loops : .control)
        forward.prepare(function.instructions.count, filledWith: 0)
        blockFlags.prepare(function.blocks.count, filledWith: 0)
        edgeFlags.prepare(function.edges.count, filledWith: 0)
        // What is known of conditions: 0 nothing, else 1 + 2 × block that knows it + value.
        if numbering { words.prepare(function.instructions.count, filledWith: 0) }
        let changedFlow = function.withView { view in
            if numbering {
                table.reset(count: view.instructionCount)
                memory.prepare(view, flow, effects)
            }
            var changed = false
            blockFlags[0] = 1
            for i in 0..<flow.count {
                let block = flow.block(i)
                // Not reached any more since a branch was folded.
                if blockFlags[block] == 0 { continue }
                propagateParameters(view, block)
                if numbering {
                    memory.enter(block, flow) { blockFlags[flow.source($0)] != 0 && edgeFlags[flow.edge($0)] == 0 }
                    learnFromBranch(view, block)
                }
                walkBlock(view, block, numbering)
                if foldTerminator(view, view.blocks[Int(block)].last.rawValue, block, numbering) { changed = true }
                let terminator = view.blocks[Int(block)].last.rawValue
                for s in 0..<view.successorCount(terminator) {
                    blockFlags[view.edges[Int(view.successor(terminator, s))].target.rawValue] = 1
                }
                if numbering { memory.leave(block) }
            }
            if changed {
                for i in 0..<flow.count where blockFlags[flow.block(i)] == 0 { view.empty(Int(flow.block(i))) }
            }
            return changed
        }
        if changedFlow { flow.invalidate() }
    }

    /// Replaces parameters that get the same value along all edges.
    private func propagateParameters(_ view: FunctionView, _ block: UInt32) {
        if block == 0 { return }
        var parameter = view.blocks[Int(block)].firstParameter.rawValue
        var k: UInt32 = 0
        while parameter != 0 {
            var same: UInt32 = 0
            var differs = false
            for p in flow.incoming(block) {
                let edge = flow.edge(p)
                let source = flow.source(p)
                if edgeFlags[edge] != 0 { continue }
                if blockFlags[source] == 0 && !flow.isRetreating(from: source, to: block) { continue }
                let argument = resolve(view.pool[Int(view.edges[Int(edge)].start + k)])
                if argument == parameter || argument == same { continue }
                if same != 0 {
                    differs = true
                    break
                }
                same = argument
            }
            let next = view[parameter].next.rawValue
            if !differs && same != 0 { forward[parameter] = same }
            parameter = next
            k += 1
        }
    }

    /// Behind a branch, its condition is known where only one of its edges leads.
    private func learnFromBranch(_ view: FunctionView, _ block: UInt32) {
        let incoming = flow.incoming(block)
        guard incoming.count == 1 else { return }
        let terminator = view.blocks[Int(flow.source(incoming.lowerBound))].last.rawValue
        guard view.opcode(terminator) == .branch else { return }
        let isTrue = view[terminator].b == flow.edge(incoming.lowerBound)
        words[view[terminator].a] = 1 + 2 * block + (isTrue ? 1 : 0)
    }
    /// What is known of `condition` in `block`.
    @inline(__always)
    private func knownTruth(_ condition: UInt32, in block: UInt32) -> Bool? {
        let known = words[condition]
        guard known != 0, flow.dominates((known - 1) >> 1, block) else { return nil }
        return (known - 1) & 1 != 0
    }

    private func walkBlock(_ view: FunctionView, _ block: UInt32, _ numbering: Bool) {
        var value = view.blocks[Int(block)].first.rawValue
        while value != 0 {
            let next = view[value].next.rawValue
            let fields = view.opcode(value).fields
            if fields.rawValue != 0 { resolveOperands(view, value, fields) }
            if next == 0 { return }
            folding: while true {
                switch view.fold(value) {
                case .unchanged: break folding
                case .rewritten: continue
                case .value(let replacement):
                    forward[value] = replacement
                    view.unlink(value, from: Int(block))
                    break folding
                case .removed:
                    view.unlink(value, from: Int(block))
                    break folding
                case .rewrittenAs(let replacement):
                    forward[value] = replacement
                    break folding
                }
            }
            if numbering && view.isLinked(value, in: Int(block)) { number(view, value, block) }
            value = next
        }
    }

    /// Simplifies the terminator of `block`; its operands are resolved. Returns whether an edge went away.
    private func foldTerminator(
        _ view: FunctionView, _ value: UInt32, _ block: UInt32, _ numbering: Bool
    ) -> Bool {
        switch view.opcode(value) {
        case .branch:
            let condition = view[value].a
            var truth = view.constant(condition).map { $0 != 0 }
            if truth == nil && numbering { truth = knownTruth(condition, in: block) }
            if truth == nil && edgesAreEqual(view, view[value].b, view[value].c) { truth = true }
            guard let truth else {
                // A condition that is a negation: exchange the edges.
                let source = view[condition]
                let isNegation =
                    source.opcode == .xor && view.constant(source.b) == 1
                    || source.opcode == .icmp && source.condition == IntegerCondition.equal.rawValue
                        && view[source.a].type == .i8 && view.constant(source.b) == 0
                if isNegation, view.isTruth(source.a) {
                    view[value].a = source.a
                    swap(&view[value].b, &view[value].c)
                }
                return false
            }
            let (taken, dead) = truth ? (view[value].b, view[value].c) : (view[value].c, view[value].b)
            becomeJump(view, value, taken)
            edgeFlags[dead] = 1
            return true
        case .switchInt:
            guard let constant = view.constant(view[value].a) else { return false }
            let list = Int(view[value].b)
            var taken = view[value].c
            for s in 0..<Int(view.pool[list]) / 3 {
                let low = UInt64(view.pool[list + 1 + 3 * s])
                let high = UInt64(view.pool[list + 2 + 3 * s])
                edgeFlags[view.pool[list + 3 + 3 * s]] = 1
                if Int64(bitPattern: high << 32 | low) == constant { taken = view.pool[list + 3 + 3 * s] }
            }
            edgeFlags[view[value].c] = 1
            edgeFlags[taken] = 0
            becomeJump(view, value, taken)
            return true
        default: return false
        }
    }
    private func becomeJump(_ view: FunctionView, _ value: UInt32, _ edge: UInt32) {
        view[value].opcode = .jump
        view[value].a = edge
        view[value].b = 0
        view[value].c = 0
    }
    private func edgesAreEqual(_ view: FunctionView, _ first: UInt32, _ second: UInt32) -> Bool {
        let (x, y) = (view.edges[Int(first)], view.edges[Int(second)])
        guard x.target == y.target, x.count == y.count else { return false }
        for i in 0..<Int(x.count) where view.pool[Int(x.start) + i] != view.pool[Int(y.start) + i] { return false }
        return true
    }

    // MARK: - Numbering

    /// Replaces `value` by an earlier instruction that does the same, or makes it known as the first.
    @inline(__always)
    private func number(_ view: FunctionView, _ value: UInt32, _ block: UInt32) {
        let opcode = view.opcode(value)
        switch opcode {
        case .load, .loadIndexed: numberLoad(view, value, block)
        case .store, .storeIndexed: numberStore(view, value, block)
        case .call, .callIndirect: numberCall(view, value, block)
        case .trapIf:
            let condition = view[value].a
            if knownTruth(condition, in: block) == false {
                view.unlink(value, from: Int(block))
            } else {
                words[condition] = 1 + 2 * block
            }
        case .select:
            if let truth = knownTruth(view[value].a, in: block) {
                forward[value] = truth ? view[value].b : view[value].c
                view.unlink(value, from: Int(block))
            } else {
                numberPure(view, value, block)
            }
        case .blockParameter, .stackSlot, .projection, .jump, .branch, .switchInt, .returnValues, .unreachable: return
        default: numberPure(view, value, block)
        }
    }

    /// Pure instructions and those that compute the same or trap alike: a second one behind the first cannot trap.
    private func numberPure(_ view: FunctionView, _ value: UInt32, _ block: UInt32) {
        let i = view[value]
        let key = canonical(view, i)
        let immediate = i.immediate
        // A check's kind and a trap's word only matter for the message of the first.
        let isCheck = i.opcode == .checkIndex || i.opcode == .checkBounds
        let head =
            UInt64(i.opcode.rawValue) | UInt64(i.type.rawValue) << 8 | UInt64(key.condition) << 16
            | (isCheck ? 0 : UInt64(i.aux) << 24) | UInt64(i.c) << 32
        let hash = mixHash(head, UInt64(key.a) | UInt64(key.b) << 32, UInt64(bitPattern: immediate))
        let (slot, isFound) = table.slot(hash: hash) { entry in
            let other = view.instructions + Int(entry.key)
            guard other.pointee.opcode == i.opcode, other.pointee.immediate == immediate, other.pointee.c == i.c,
                other.pointee.type == i.type
            else { return false }
            return canonical(view, other.pointee) == key
        }
        if isFound && flow.dominates(table[slot].block, block) {
            if i.type != .none { forward[value] = table[slot].value }
            view.unlink(value, from: Int(block))
            return
        }
        table.set(slot, hash: hash, key: value, value: value, state: 0, block: block)
    }

    /// Operands and condition, the operands exchanged into ascending order where that makes no difference.
    @inline(__always)
    private func canonical(_ view: FunctionView, _ i: Instruction) -> (a: UInt32, b: UInt32, condition: UInt8) {
        if i.a > i.b {
            if i.opcode == .icmp, let condition = IntegerCondition(rawValue: i.condition) {
                return (i.b, i.a, condition.swapped.rawValue)
            }
            if i.opcode.isCommutative, !i.type.isFloat { return (i.b, i.a, i.condition) }
        }
        return (i.a, i.b, i.condition)
    }

    /// What a load or store accesses: (base, index or 0, displacement, scale).
    @inline(__always)
    private func place(_ view: FunctionView, _ value: UInt32) -> (a: UInt32, b: UInt32, displacement: Int64, scale: UInt32) {
        let i = view[value]
        switch i.opcode {
        case .load, .store: return (i.a, 0, i.immediate, 0)
        case .loadIndexed: return (i.a, i.b, i.immediate, i.c)
        case .call: return (value, 0, ObjectLayout.arrayLength, 0)
        default:
            return (
                i.a, i.b, Int64(Int32(truncatingIfNeeded: i.immediate)), UInt32(truncatingIfNeeded: i.immediate >> 32)
            )
        }
    }
    @inline(__always)
    private func hash(
        _ place: (a: UInt32, b: UInt32, displacement: Int64, scale: UInt32), _ type: MIRType, _ aliasClass: UInt8,
        _ state: UInt32
    ) -> UInt32 {
        mixHash(
            UInt64(place.a) | UInt64(place.b) << 32, UInt64(bitPattern: place.displacement),
            UInt64(place.scale) << 16 | UInt64(type.rawValue) << 8 | UInt64(aliasClass) | UInt64(state) << 32)
    }
    /// The table's slot for what is at `place`.
    @inline(__always)
    private func findPlace(
        _ view: FunctionView, _ place: (a: UInt32, b: UInt32, displacement: Int64, scale: UInt32), _ type: MIRType,
        _ aliasClass: UInt8, _ state: UInt32
    ) -> (hash: UInt32, slot: UInt32, isFound: Bool) {
        let hash = hash(place, type, aliasClass, state)
        let (slot, isFound) = table.slot(hash: hash) { entry in
            guard entry.state == state, view[entry.value].type == type else { return false }
            let key = view[entry.key]
            guard key.opcode == .call || key.aux == aliasClass else { return false }
            return self.place(view, entry.key) == place
        }
        return (hash, slot, isFound)
    }

    private func numberLoad(_ view: FunctionView, _ value: UInt32, _ block: UInt32) {
        let aliasClass = view[value].aux
        let state = memory.state(of: aliasClass)
        let (hash, slot, isFound) = findPlace(view, place(view, value), view[value].type, aliasClass, state)
        if isFound && flow.dominates(table[slot].block, block) {
            forward[value] = table[slot].value
            view.unlink(value, from: Int(block))
            return
        }
        table.set(slot, hash: hash, key: value, value: value, state: state, block: block)
    }

    private func numberStore(_ view: FunctionView, _ value: UInt32, _ block: UInt32) {
        let aliasClass = view[value].aux
        let stored = view.opcode(value) == .store ? view[value].b : view[value].c
        let type = view[stored].type
        let place = place(view, value)
        // A store of what is there already.
        let old = findPlace(view, place, type, aliasClass, memory.state(of: aliasClass))
        if old.isFound, table[old.slot].value == stored, flow.dominates(table[old.slot].block, block) {
            view.unlink(value, from: Int(block))
            return
        }
        memory.clobber(view.writes(value, effects))
        let state = memory.state(of: aliasClass)
        let (hash, slot, _) = findPlace(view, place, type, aliasClass, state)
        table.set(slot, hash: hash, key: value, value: stored, state: state, block: block)
    }

    private func numberCall(_ view: FunctionView, _ value: UInt32, _ block: UInt32) {
        let written = view.writes(value, effects)
        if written != 0 { memory.clobber(written) }
        guard view.opcode(value) == .call else { return }
        let callee = effects[view[value].a]
        let list = Int(view[value].b)
        if callee.contains(.makesArray) {
            let state = memory.state(of: AliasClass.arrayLength.rawValue)
            let (hash, slot, _) = findPlace(
                view, place(view, value), .i64, AliasClass.arrayLength.rawValue, state)
            table.set(slot, hash: hash, key: value, value: view.pool[list + 3], state: state, block: block)
            return
        }
        guard callee.contains(.pure), view.opcode(view[value].next.rawValue) != .projection else { return }
        let count = Int(view.pool[list])
        var sum: UInt64 = 0
        for k in 0..<count { sum = sum &* 31 &+ UInt64(view.pool[list + 1 + k]) }
        let hash = mixHash(UInt64(Opcode.call.rawValue), UInt64(view[value].a), sum)
        let (slot, isFound) = table.slot(hash: hash) { entry in
            let other = view[entry.key]
            guard other.opcode == .call, entry.state == 0, other.a == view[value].a else { return false }
            let otherList = Int(other.b)
            guard Int(view.pool[otherList]) == count else { return false }
            for k in 0..<count where view.pool[otherList + 1 + k] != view.pool[list + 1 + k] { return false }
            return true
        }
        if isFound && flow.dominates(table[slot].block, block) {
            forward[value] = table[slot].value
            view.unlink(value, from: Int(block))
            return
        }
        table.set(slot, hash: hash, key: value, value: value, state: 0, block: block)
    }
}

// Pass `hoistInvariants`: moves what a loop computes anew in each turn with the same result to the loop's preheader
// (`rotateLoops` makes one).

internal import RuntimeABI
internal import Support

extension PassContext {
    /// One walk in reverse postorder, so that operands are moved before their users; an instruction goes to the
    /// preheader of the outermost loop it can leave.
    ///
    /// What may be moved:
    ///  - speculable pure values; constants only along with what needs them, since they cost nothing where they are;
    ///  - loads of classes that the loop does not write, if the address is good: another access through it dominates the
    ///    preheader, it is a fresh object, or the load is computed whenever the loop is entered;
    ///  - traps that are the first effect of each turn: then they only come earlier in time.
    func hoistInvariants(_ function: inout MIRFunction) {
        updateFlow(&function, .control)
        if !flow.hasRetreatingEdges { return }
        updateFlow(&function, .loops)
        if flow.loopCount == 0 { return }
        let loopCount = flow.loopCount
        // By value: its block; by value: a block in which something was accessed through it, + 1.
        words.prepare(function.instructions.count, filledWith: 0)
        moreWords.prepare(function.instructions.count, filledWith: 0)
        loopFlags.prepare(loopCount, filledWith: [.isCertain, .isEffectFree])
        preheaders.prepare(loopCount, filledWith: FlowGraph.none)
        function.withView { view in
            memory.computeLoopWrites(view, flow, effects)
            for l in 0..<loopCount { preheaders[l] = preheader(view, UInt32(l)) }
            for i in 0..<flow.count { hoistBlock(view, flow.block(i)) }
        }
    }

    /// The block that ends in a jump and is the only one to enter loop `l`.
    private func preheader(_ view: FunctionView, _ l: UInt32) -> UInt32 {
        let header = flow.header(l)
        var found = FlowGraph.none
        for p in flow.incoming(header) where !flow.isBlock(flow.source(p), inLoop: l) {
            if found != FlowGraph.none { return FlowGraph.none }
            found = flow.source(p)
        }
        guard found != FlowGraph.none, view.opcode(view.blocks[Int(found)].last.rawValue) == .jump else {
            return FlowGraph.none
        }
        return found
    }

    private func hoistBlock(_ view: FunctionView, _ block: UInt32) {
        var parameter = view.blocks[Int(block)].firstParameter.rawValue
        while parameter != 0 {
            words[parameter] = block
            parameter = view[parameter].next.rawValue
        }
        let innermost = flow.loop(block)
        if innermost != FlowGraph.none { settleCertainty(block, innermost) }
        var value = view.blocks[Int(block)].first.rawValue
        while value != 0 {
            let next = view[value].next.rawValue
            var home = block
            if innermost != FlowGraph.none && next != 0 {
                if let target = target(view, value, block, innermost) {
                    move(view, value, from: block, to: target)
                    home = target
                }
                // It stays in the loops around its preheader.
                noteEffect(view, value, flow.loop(home))
            }
            words[value] = home
            if next != 0 { noteAccess(view, value, home) }
            value = next
        }
        if innermost != FlowGraph.none { noteExit(view, block, innermost) }
    }

    /// Ends the certainty that what follows is computed, for loops whose turns can go around `block`.
    private func settleCertainty(_ block: UInt32, _ innermost: UInt32) {
        var l = innermost
        while l != FlowGraph.none {
            let header = flow.header(l)
            var isOnAllPaths = true
            for p in flow.incoming(header) where flow.isBlock(flow.source(p), inLoop: l) {
                if !flow.dominates(block, flow.source(p)) { isOnAllPaths = false }
            }
            if isOnAllPaths { loopFlags[l].insert(.isOnAllPaths) } else { loopFlags[l].remove(.isOnAllPaths) }
            l = flow.parent(l)
        }
    }
    /// After a block that can leave the loop, nothing is certain.
    private func noteExit(_ view: FunctionView, _ block: UInt32, _ innermost: UInt32) {
        let terminator = view.blocks[Int(block)].last.rawValue
        var l = innermost
        while l != FlowGraph.none {
            var leaves = view.successorCount(terminator) == 0
            for s in 0..<view.successorCount(terminator) {
                let target = view.edges[Int(view.successor(terminator, s))].target.rawValue
                if !flow.isBlock(target, inLoop: l) { leaves = true }
            }
            if leaves { loopFlags[l].subtract([.isCertain, .isEffectFree]) }
            l = flow.parent(l)
        }
    }
    /// Notes what the instruction, which stays in the loop, means for those behind it.
    private func noteEffect(_ view: FunctionView, _ value: UInt32, _ innermost: UInt32) {
        let ended: LoopFlags
        switch view.opcode(value) {
        case .call where effects[view[value].a].contains(.removable): return
        case .call, .callIndirect: ended = [.isCertain, .isEffectFree]
        case .trapIf:
            // A trap that says that a place does not exist may guard the address of a later load.
            switch TrapCode(rawValue: UInt8(truncatingIfNeeded: view[value].immediate)) {
            case .overflow, .conversion, .divisionByZero, .badShift, .badExponent, .zeroStep: ended = .isEffectFree
            default: ended = [.isCertain, .isEffectFree]
            }
        case .checkIndex, .checkBounds: ended = .isEffectFree
        default:
            guard view.opcode(value).isCheckedArithmetic else { return }
            ended = .isEffectFree
        }
        var l = innermost
        while l != FlowGraph.none {
            loopFlags[l].subtract(ended)
            l = flow.parent(l)
        }
    }
    private func noteAccess(_ view: FunctionView, _ value: UInt32, _ home: UInt32) {
        switch view.opcode(value) {
        case .load, .store: if moreWords[view[value].a] == 0 { moreWords[view[value].a] = home + 1 }
        default: return
        }
    }

    /// The preheader to which `value` can go; nil if it must stay.
    private func target(_ view: FunctionView, _ value: UInt32, _ block: UInt32, _ innermost: UInt32) -> UInt32? {
        let i = view[value]
        switch i.opcode {
        case .iconst, .fconst, .symbolAddress, .stackSlot, .projection, .store, .storeIndexed, .loadIndexed, .call,
            .callIndirect, .icmp, .fcmp, .blockParameter:
            // Comparisons belong to their branches.
            return nil
        default: break
        }
        let fields = i.opcode.fields
        var result: UInt32?
        var l = innermost
        while l != FlowGraph.none {
            let preheader = preheaders[l]
            guard preheader != FlowGraph.none else { break }
            if fields.contains(.a), !isInvariant(view, i.a, l) { break }
            if fields.contains(.b), !isInvariant(view, i.b, l) { break }
            if fields.contains(.c), !isInvariant(view, i.c, l) { break }
            guard mayMove(view, i, l, preheader) else { break }
            result = preheader
            l = flow.parent(l)
        }
        return result
    }
    private func isInvariant(_ view: FunctionView, _ operand: UInt32, _ l: UInt32) -> Bool {
        switch view.opcode(operand) {
        case .iconst, .fconst, .symbolAddress: true
        default: !flow.isBlock(words[operand], inLoop: l)
        }
    }
    private func mayMove(_ view: FunctionView, _ i: Instruction, _ l: UInt32, _ preheader: UInt32) -> Bool {
        let flags = loopFlags[l]
        let isComputed = flags.contains(.isCertain) && flags.contains(.isOnAllPaths)
        switch i.opcode {
        case .load:
            guard let aliasClass = AliasClass(rawValue: i.aux), memory.writes(ofLoop: l) & aliasClass.bit == 0 else {
                return false
            }
            switch aliasClass {
            case .element8, .element16, .element32, .element64, .elementF32, .elementF64, .elementRef, .any:
                // An index check that is no operand may guard them.
                return false
            default: break
            }
            if isComputed { return true }
            let access = moreWords[i.a]
            if access != 0 && flow.dominates(access - 1, preheader) { return true }
            switch view.opcode(i.a) {
            case .symbolAddress, .stackSlot: return true
            case .call: return effects[view[i.a].a].contains(.returnsObject)
            default: return false
            }
        case .divideS, .divideU, .remainderS, .remainderU:
            guard let divisor = view.constant(i.b) else { return false }
            return divisor != 0 && divisor != -1
        case .shiftLeft, .shiftRightS, .shiftRightU:
            guard let count = view.constant(i.b) else { return false }
            return count >= 0 && count < Int64(i.type.size * 8)
        case .checkIndex, .checkBounds, .trapIf: return isComputed && flags.contains(.isEffectFree)
        default:
            if i.opcode.isCheckedArithmetic { return isComputed && flags.contains(.isEffectFree) }
            return i.opcode.isSpeculable
        }
    }

    private func move(_ view: FunctionView, _ value: UInt32, from block: UInt32, to preheader: UInt32) {
        let end = view.blocks[Int(preheader)].last.rawValue
        let i = view[value]
        let fields = i.opcode.fields
        if fields.contains(.a) { bring(view, i.a, to: preheader) }
        if fields.contains(.b) { bring(view, i.b, to: preheader) }
        if fields.contains(.c) { bring(view, i.c, to: preheader) }
        view.unlink(value, from: Int(block))
        view.link(value, before: end, in: Int(preheader))
    }
    /// Moves a constant operand along if it would not dominate its use any more.
    private func bring(_ view: FunctionView, _ operand: UInt32, to preheader: UInt32) {
        switch view.opcode(operand) {
        case .iconst, .fconst, .symbolAddress:
            let home = words[operand]
            if flow.dominates(home, preheader) { return }
            view.unlink(operand, from: Int(home))
            view.link(operand, before: view.blocks[Int(preheader)].last.rawValue, in: Int(preheader))
            words[operand] = preheader
        default: return
        }
    }
}

/// What is true of a loop where the walk of `hoistInvariants` is.
struct LoopFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// Nothing so far can have left the loop or skipped what follows because of an address that is not good.
    static let isCertain = LoopFlags(rawValue: 1)
    /// Nothing so far in a turn can trap or has another effect than on memory.
    static let isEffectFree = LoopFlags(rawValue: 2)
    /// Each turn passes the current block.
    static let isOnAllPaths = LoopFlags(rawValue: 4)
}

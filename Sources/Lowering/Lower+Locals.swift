// Locals: a builder variable per leaf, so that SSA form holds them, or a stack slot if they are large and change.
//
// The figures behind the two limits are in Docs/decisions/0005-large-values.md.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// Locals with more leaves that are assigned, as wholes or in parts, live in a stack slot. As variables each join
    /// behind an assignment would carry all of their leaves.
    static let largestChangingLocal = 32
    /// Receivers of `mut self` methods with more leaves are passed by address, and live in a stack slot for that.
    static let largestReceiverByValue = 8

    /// Makes the locals of the body at hand: variables or slots.
    mutating func declareLocals() {
        localVariables.removeAll(keepingCapacity: true)
        localSlots.removeAll(keepingCapacity: true)
        var variables: UInt32 = 0
        var hasLarge = false
        for i in body.locals.indices {
            localVariables.append(variables)
            localSlots.append(.none)
            let layout = self.layout(concrete(body.locals[i].type))
            hasLarge = hasLarge || layout.count > Self.largestReceiverByValue
            for k in 0..<layout.count {
                _ = builder.declareVariable(type: layouts.leafTypes[Int(layout.leafStart) + k])
            }
            variables += layout.leafCount
        }
        if hasLarge { declareSlots() }
    }

    /// Gives slots to the large locals that some node changes.
    private mutating func declareSlots() {
        for e in body.exprs {
            switch e.kind {
            case .storeLocal: declareSlot(Int(e.a), Self.largestChangingLocal)
            case .assign, .compoundAssign, .deferredMethod: declareRootSlot(e.exprA, Self.largestChangingLocal)
            case .call where e.flags & HIRExpr.mutatingCall != 0 && body.count(e.listB) > 0:
                let receiver = body.expr(e.listB, 0)
                let isWhole = body[receiver].kind == .local
                declareRootSlot(receiver, isWhole ? Self.largestReceiverByValue : Self.largestChangingLocal)
            case .error, .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant, .nilConstant,
                .noneConstant, .local, .global, .bind, .unary, .binary, .compare, .logicalAnd, .logicalOr, .coalesce,
                .contains, .makeSome, .cast, .call, .builtin, .deferredField, .makeTuple, .tupleElement, .makeStruct,
                .field, .makeArray, .spread, .index, .slice, .sliceByRange, .makeRange, .interpolate, .format, .block,
                .if, .matches, .match, .while, .loop, .for, .break, .continue, .return, .tryOption, .setExitValue:
                break
            }
        }
    }
    /// A slot for the local that the place is in, if it is one.
    private mutating func declareRootSlot(_ place: ExprID, _ limit: Int) {
        var id = place
        while true {
            let e = body[id]
            switch e.kind.placeForm {
            case .variable:
                if e.kind == .local { declareSlot(Int(e.a), limit) }
                return
            case .part: id = e.exprA
            case .element, .none: return
            }
        }
    }
    private mutating func declareSlot(_ local: Int, _ limit: Int) {
        let layout = self.layout(concrete(body.locals[local].type))
        if layout.count <= limit || localSlots[local].exists { return }
        localSlots[local] = builder.stackSlot(size: Int(layout.stride))
    }

    /// Pushes leaves `first..<first + count` of a local of type `type`.
    mutating func readLocal(_ local: Int, _ type: TypeID, _ first: Int, _ count: Int) {
        let slot = localSlots[local]
        if slot.exists { return readSlot(slot, type, first, count) }
        let variable = localVariables[local] + UInt32(first)
        for i in 0..<count { stack.append(builder.read(VariableID(rawValue: variable + UInt32(i)))) }
    }

    /// Gives leaves `first..<first + count` of a local of type `type` the values from `stack[base]`.
    mutating func writeLocal(_ local: Int, _ type: TypeID, _ first: Int, _ count: Int, _ base: Int) {
        let slot = localSlots[local]
        if slot.exists { return writeSlot(slot, type, first, count, base) }
        let variable = localVariables[local] + UInt32(first)
        for i in 0..<count { builder.write(VariableID(rawValue: variable + UInt32(i)), stack[base + i]) }
    }

    /// Gives a local the leaves from `stack[base]`.
    mutating func writeLocal(_ local: LocalID, _ base: Int) {
        let type = concrete(body.locals[local.index].type)
        writeLocal(local.index, type, 0, leafCount(type), base)
    }

    // MARK: - Slots

    private mutating func readSlot(_ slot: ValueID, _ type: TypeID, _ first: Int, _ count: Int) {
        let layout = self.layout(type)
        for i in first..<first + count {
            let leaf = Int(layout.leafStart) + i
            stack.append(builder.load(layouts.leafTypes[leaf], slot, offset: Int64(layouts.leafOffsets[leaf]), .stack))
        }
    }

    private mutating func writeSlot(_ slot: ValueID, _ type: TypeID, _ first: Int, _ count: Int, _ base: Int) {
        let layout = self.layout(type)
        for i in 0..<count {
            let offset = layouts.leafOffsets[Int(layout.leafStart) + first + i]
            builder.store(stack[base + i], slot, offset: Int64(offset), .stack)
        }
    }

    // MARK: - Receivers of `mut self` methods

    /// A receiver of this type is passed as its address, and changed there.
    mutating func isPassedByAddress(_ type: TypeID) -> Bool { leafCount(type) > Self.largestReceiverByValue }

    /// Evaluates the receiver `id` of a call whose other arguments are those of `rest` from `first` on; pushes what is
    /// passed.
    ///
    /// The method works on a copy that is made before the arguments are evaluated and written back behind the call. A
    /// large local of this function is passed itself if the arguments cannot tell.
    mutating func pushReceiver(_ id: ExprID, rest: HIRList, from first: Int) -> Receiver {
        var result = Receiver()
        let type = concrete(body[id].type)
        let byAddress = isPassedByAddress(type)
        if byAddress, body[id].kind == .local, localSlots[Int(body[id].a)].exists, changeNothing(rest, from: first) {
            stack.append(localSlots[Int(body[id].a)])
            result.isByAddress = true
            return result
        }
        let base = stack.count
        if isPlace(id) {
            var place = place(id)
            readPlace(&place)
            // The method may move or shrink the array.
            place.found = .none
            result.place = place
        } else {
            push(id, leafCount(type))
        }
        if byAddress {
            let slot = builder.stackSlot(size: Int(layout(type).stride))
            writeSlot(slot, type, 0, stack.count - base, base)
            stack.removeLast(stack.count - base)
            stack.append(slot)
            result.isByAddress = true
            result.slot = slot
        }
        return result
    }

    /// Writes the receiver's new value, on the stack from `base` on or in its slot, to its place.
    mutating func writeBack(_ receiver: inout Receiver, _ base: Int) {
        guard var place = receiver.place else { return }
        if receiver.slot.exists { readSlot(receiver.slot, place.type, 0, place.count) }
        writePlace(&place, base)
    }

    /// Evaluating the expressions changes no local: they are made of constants, variables, operators, and calls of
    /// functions that get values only.
    private func changeNothing(_ list: HIRList, from first: Int) -> Bool {
        for i in first..<max(first, body.count(list)) where !changesNothing(body.expr(list, i)) { return false }
        return true
    }
    private func changesNothing(_ id: ExprID) -> Bool {
        if !id.exists { return true }
        let e = body.exprs[id.index]
        switch e.kind {
        case .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant, .nilConstant, .noneConstant,
            .local, .global:
            return true
        case .unary, .cast, .field, .tupleElement, .makeSome: return changesNothing(e.exprA)
        case .binary, .compare, .index, .logicalAnd, .logicalOr: return changesNothing(e.exprA) && changesNothing(e.exprB)
        case .call: return e.flags & HIRExpr.mutatingCall == 0 && changeNothing(e.listB, from: 0)
        case .builtin, .makeArray, .makeStruct, .makeTuple: return changeNothing(e.listB, from: 0)
        default: return false
        }
    }
}

/// What a call of a `mut self` method owes its receiver.
struct Receiver {
    /// Where its new value is to be written, unless it was a temporary value or was passed itself.
    var place: Place?
    /// It was passed as an address and is no result of the call.
    var isByAddress = false
    /// The copy that was passed.
    var slot = ValueID.none
}

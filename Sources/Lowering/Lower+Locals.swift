// Locals: a builder variable per leaf, so that SSA form holds them, or a stack slot if they are large and change.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// Locals with more leaves that are assigned (as wholes or in parts) live in a stack slot. As variables each join
    /// behind an assignment would carry all of their leaves. Figures: Docs/decisions/0003-large-values.md.
    static let largestChangingLocal = 8

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
            hasLarge = hasLarge || layout.count > Self.largestChangingLocal
            for k in 0..<layout.count {
                _ = builder.declareVariable(type: layouts.leafTypes[Int(layout.leafStart) + k])
            }
            variables += layout.leafCount
        }
        if hasLarge { declareSlots() }
    }

    /// Gives slots to the large locals that some node assigns.
    private mutating func declareSlots() {
        for e in body.exprs {
            var target = ExprID.none
            switch e.kind {
            case .storeLocal: declareSlot(Int(e.a))
            case .assign, .compoundAssign, .deferredMethod: target = e.exprA
            case .call where e.flags & HIRExpr.mutatingCall != 0 && body.count(e.listB) > 0: target = body.expr(e.listB, 0)
            default: break
            }
            while target.exists {
                let place = body[target]
                switch place.kind {
                case .local:
                    declareSlot(Int(place.a))
                    target = .none
                case .field, .tupleElement, .deferredField: target = place.exprA
                default: target = .none
                }
            }
        }
    }
    private mutating func declareSlot(_ local: Int) {
        let layout = self.layout(concrete(body.locals[local].type))
        if layout.count <= Self.largestChangingLocal || localSlots[local].exists { return }
        localSlots[local] = builder.stackSlot(size: Int(layout.stride))
    }

    /// Pushes leaves `first..<first + count` of a local of type `type`.
    mutating func readLocal(_ local: Int, _ type: TypeID, _ first: Int, _ count: Int) {
        let slot = localSlots[local]
        if !slot.exists {
            let variable = localVariables[local] + UInt32(first)
            for i in 0..<count { stack.append(builder.read(VariableID(rawValue: variable + UInt32(i)))) }
            return
        }
        let layout = self.layout(type)
        for i in first..<first + count {
            let leaf = Int(layout.leafStart) + i
            stack.append(builder.load(layouts.leafTypes[leaf], slot, offset: Int64(layouts.leafOffsets[leaf]), .stack))
        }
    }

    /// Gives leaves `first..<first + count` of a local of type `type` the values from `stack[base]`.
    mutating func writeLocal(_ local: Int, _ type: TypeID, _ first: Int, _ count: Int, _ base: Int) {
        let slot = localSlots[local]
        if !slot.exists {
            let variable = localVariables[local] + UInt32(first)
            for i in 0..<count { builder.write(VariableID(rawValue: variable + UInt32(i)), stack[base + i]) }
            return
        }
        let layout = self.layout(type)
        for i in 0..<count {
            let offset = layouts.leafOffsets[Int(layout.leafStart) + first + i]
            builder.store(stack[base + i], slot, offset: Int64(offset), .stack)
        }
    }

    /// Gives a local the leaves from `stack[base]`.
    mutating func writeLocal(_ local: LocalID, _ base: Int) {
        let type = concrete(body.locals[local.index].type)
        writeLocal(local.index, type, 0, leafCount(type), base)
    }
}

// Options: the tag or the null reference, the payload in place or in a box.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// The i8 that says whether the Option `stack[base...]` is `Some`.
    mutating func optionTag(_ type: TypeID, _ base: Int) -> ValueID {
        if layout(type).has(TypeLayout.isNullable) {
            let null = builder.iconst(.ref, 0)
            return builder.icmp(.notEqual, stack[base], null)
        }
        return stack[base]
    }

    /// Where the payload's leaves of the Option `stack[base...]`, which is `Some`, stand on the stack. Those of a boxed
    /// one are loaded and pushed; whoever asks removes what is above the stack's former end.
    mutating func payload(_ type: TypeID, _ base: Int) -> Int {
        let layout = self.layout(type)
        if layout.has(TypeLayout.isBoxed) {
            let start = stack.count
            loadBox(program.types.argument(type, 0), stack[base])
            return start
        }
        return layout.has(TypeLayout.isNullable) ? base : base + 1
    }

    /// Pushes copies of the payload's leaves of the Option `stack[base...]`, which is `Some`.
    mutating func pushPayload(_ type: TypeID, _ base: Int) {
        let start = stack.count
        let first = payload(type, base)
        if first < start { copyLeaves(first, leafCount(program.types.argument(type, 0))) }
    }

    /// `Some(…)` of the value of an expression.
    mutating func makeSome(_ e: HIRExpr) {
        let type = concrete(e.type)
        let layout = self.layout(type)
        if !layout.has(TypeLayout.isNullable) { stack.append(builder.iconst(.i8, 1)) }
        let payload = program.types.kind(type) == .option ? program.types.argument(type, 0) : .never
        let base = stack.count
        push(e.exprA, leafCount(payload))
        if layout.has(TypeLayout.isBoxed) {
            builder.position = e.position
            let box = makeBox(payload, base)
            stack.removeLast(stack.count - base)
            stack.append(box)
        }
    }

    // MARK: - Boxes

    /// A new box with the leaves `stack[base...]` of a value of `type`.
    private mutating func makeBox(_ type: TypeID, _ base: Int) -> ValueID {
        let layout = self.layout(type)
        let descriptor = builder.convert(.bitcast, .i64, builder.symbolAddress(boxDescriptor(type, layout)))
        let size = builder.iconst(.i64, ObjectLayout.headerSize + Int64(layout.stride))
        let box = runtime(.allocate, descriptor, size)
        for i in 0..<layout.count {
            let offset = ObjectLayout.headerSize + Int64(layouts.leafOffsets[Int(layout.leafStart) + i])
            builder.store(stack[base + i], box, offset: offset, .immutable)
        }
        return box
    }

    /// Pushes the leaves of the value of `type` in a box.
    private mutating func loadBox(_ type: TypeID, _ box: ValueID) {
        let layout = self.layout(type)
        for i in 0..<layout.count {
            let leaf = Int(layout.leafStart) + i
            let offset = ObjectLayout.headerSize + Int64(layouts.leafOffsets[leaf])
            stack.append(builder.load(layouts.leafTypes[leaf], box, offset: offset, .immutable))
        }
    }
}

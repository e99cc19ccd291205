// Expressions: the two entry points `value` (one leaf) and `push` (any number), which sort nodes to the other files.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// Lowers an expression for its effects.
    mutating func effect(_ id: ExprID) {
        let base = stack.count
        pushAny(id)
        stack.removeLast(stack.count - base)
    }

    /// Lowers an expression and leaves exactly `count` leaves on the stack. An expression that does not return leaves
    /// fewer by itself; what is filled in is only used by code that the builder drops.
    mutating func push(_ id: ExprID, _ count: Int) {
        let base = stack.count
        pushAny(id)
        let missing = base + count - stack.count
        if missing > 0 {
            stack.append(contentsOf: repeatElement(.none, count: missing))
        } else if missing < 0 {
            stack.removeLast(-missing)
        }
    }

    /// Lowers an expression of a type with one leaf.
    mutating func value(_ id: ExprID) -> ValueID {
        let e = body.exprs[id.index]
        switch e.kind {
        case .intConstant, .floatConstant: return numberConstant(e)
        case .boolConstant: return builder.iconst(.i8, e.a == 0 ? 0 : 1)
        case .charConstant: return builder.iconst(.i32, Int64(e.a))
        case .stringConstant: return stringConstant(e.a)
        case .local where leafCount(concrete(e.type)) == 1:
            return builder.read(VariableID(rawValue: localVariables[Int(e.a)]))
        case .unary: return unary(e)
        case .binary: return binary(e)
        case .compare: return compare(e)
        case .logicalAnd, .logicalOr, .matches: return conditionValue(id)
        case .contains: return contains(e)
        case .interpolate: return interpolate(e)
        case .makeArray: return makeArray(e)
        case .slice: return slice(e)
        case .sliceByRange: return sliceByRange(e)
        default:
            push(id, 1)
            return stack.removeLast()
        }
    }

    /// Lowers an expression and pushes its leaves: as many as its type has, or fewer if it does not return.
    private mutating func pushAny(_ id: ExprID) {
        let e = body.exprs[id.index]
        switch e.kind {
        case .error, .spread, .format: preconditionFailure("a node that only occurs inside others, or of wrong code")
        case .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant, .unary, .binary, .compare,
            .logicalAnd, .logicalOr, .matches, .contains, .interpolate, .makeArray, .slice, .sliceByRange:
            let result = value(id)
            stack.append(result)
        case .nilConstant: break
        case .noneConstant: pushZeros(concrete(e.type))
        case .local:
            let type = concrete(e.type)
            readLocal(Int(e.a), type, 0, leafCount(type))
        case .global, .field, .tupleElement: pushMember(id, e)
        case .index: pushIndex(id, e)
        case .storeLocal:
            let base = stack.count
            push(e.exprB, leafCount(concrete(e.type)))
            writeLocal(LocalID(rawValue: e.a), base)
        case .assign: assign(e)
        case .compoundAssign: compoundAssign(e)
        case .bind: bind(e)
        case .coalesce: coalesce(e)
        case .makeSome: makeSome(e)
        case .cast: pushCast(e)
        case .call: pushCall(e)
        case .builtin: pushBuiltin(e)
        case .deferredMethod: pushDeferredMethod(e)
        case .deferredField: pushDeferredField(id, e)
        case .makeTuple, .makeStruct:
            let layout = self.layout(concrete(e.type))
            let count = body.count(e.listB)
            for i in 0..<count {
                let part = layouts.part(layout, i)
                push(body.expr(e.listB, i), leafCount(part.type))
            }
        case .makeRange: makeRange(e)
        case .block:
            let count = body.count(e.listB)
            let last = e.flags & HIRExpr.blockHasValue != 0 ? count - 1 : count
            for i in 0..<count {
                // Behind `return` and the like nothing is worth the work.
                if builder.isTerminated { return }
                if i == last { pushAny(body.expr(e.listB, i)) } else { effect(body.expr(e.listB, i)) }
            }
        case .if: lowerIf(e)
        case .match: lowerMatch(e)
        case .while: lowerWhile(e)
        case .loop: lowerLoop(e)
        case .for: lowerFor(e)
        case .break: builder.jump(to: loops[Int(e.a)].exit)
        case .continue: builder.jump(to: loops[Int(e.a)].next)
        case .return:
            let base = stack.count
            if e.exprA.exists { push(e.exprA, leafCount(resultType)) }
            builder.position = e.position
            emitReturn(base)
        case .tryOption: tryOption(e)
        case .setExitValue:
            let type = concrete(body[e.exprA].type)
            let base = stack.count
            push(e.exprA, leafCount(type))
            builder.position = e.position
            let code = exitCode(type, base)
            let address = builder.symbolAddress(exitValue())
            builder.store(code, address, .global)
        }
    }

    // MARK: - Constants

    private mutating func numberConstant(_ e: HIRExpr) -> ValueID {
        let type = concrete(e.type)
        let bits = UInt64(e.b) << 32 | UInt64(e.a)
        let leaf = leafType(type)
        if e.kind == .floatConstant {
            let isSingle = leaf == .f32 && e.flags & HIRExpr.hasSingle != 0
            return builder.fconst(leaf, isSingle ? Double(Float(bitPattern: e.c)) : Double(bitPattern: bits))
        }
        if leaf.isFloat {
            // Converted once, to the final type: through f64 an f32 would be rounded twice.
            if leaf == .f32 {
                let number = e.flags & 1 != 0 ? Float(bits) : Float(Int64(bitPattern: bits))
                return builder.fconst(.f32, Double(number))
            }
            return builder.fconst(.f64, e.flags & 1 != 0 ? Double(bits) : Double(Int64(bitPattern: bits)))
        }
        return builder.iconst(leaf, Int64(bitPattern: bits))
    }

    /// Pushes zeros for the leaves of `type`; for an Option that is `None`.
    mutating func pushZeros(_ type: TypeID) {
        let layout = self.layout(type)
        for i in 0..<layout.count { stack.append(zero(layouts.leafTypes[Int(layout.leafStart) + i])) }
    }

    /// Zero of a leaf type.
    mutating func zero(_ type: MIRType) -> ValueID {
        type.isFloat ? builder.fconst(type, 0) : builder.iconst(type, 0)
    }

    // MARK: - Temporaries

    /// Declares temporary variables for the leaves of `type`; returns the first, the others follow.
    mutating func declareTemporaries(_ type: TypeID) -> UInt32 {
        let layout = self.layout(type)
        var first = UInt32(0)
        for i in 0..<layout.count {
            let variable = builder.declareVariable(type: layouts.leafTypes[Int(layout.leafStart) + i])
            if i == 0 { first = variable.rawValue }
        }
        return first
    }
    /// Moves `count` leaves from the stack to temporaries.
    mutating func popToTemporaries(_ first: UInt32, _ count: Int) {
        let base = stack.count - count
        for i in 0..<count { builder.write(VariableID(rawValue: first + UInt32(i)), stack[base + i]) }
        stack.removeLast(count)
    }
    /// Pushes the values of `count` temporaries.
    mutating func pushTemporaries(_ first: UInt32, _ count: Int) {
        for i in 0..<count { stack.append(builder.read(VariableID(rawValue: first + UInt32(i)))) }
    }

    private mutating func bind(_ e: HIRExpr) {
        let pattern = body[PatternID(rawValue: e.a)]
        let type = concrete(pattern.type)
        let base = stack.count
        push(e.exprB, leafCount(type))
        if pattern.kind == .binding, pattern.b == 0 {
            writeLocal(LocalID(rawValue: pattern.a), base)
        } else {
            builder.position = e.position
            matchPattern(PatternID(rawValue: e.a), type, base, .bind, .entry)
        }
        stack.removeLast(stack.count - base)
    }

    // MARK: - Options

    private mutating func coalesce(_ e: HIRExpr) {
        let option = concrete(body[e.exprA].type)
        let type = concrete(e.type)
        let count = leafCount(type)
        let base = stack.count
        if option == .never { return effect(e.exprA) }
        push(e.exprA, leafCount(option))
        let result = declareTemporaries(type)
        let some = builder.createBlock()
        let none = builder.createBlock()
        let join = builder.createBlock()
        let tag = optionTag(option, base)
        builder.branch(tag, to: some, else: none)
        builder.seal(some)
        builder.seal(none)
        builder.switchTo(some)
        // `b` has the payload type, or is an Option like `a`.
        if type == option { copyLeaves(base, count) } else { pushPayload(option, base) }
        popToTemporaries(result, count)
        builder.jump(to: join)
        builder.switchTo(none)
        stack.removeLast(stack.count - base)
        push(e.exprB, count)
        popToTemporaries(result, count)
        builder.jump(to: join)
        builder.seal(join)
        builder.switchTo(join)
        pushTemporaries(result, count)
    }

    /// Pushes copies of `stack[base..<base + count]`.
    mutating func copyLeaves(_ base: Int, _ count: Int) {
        for i in 0..<count { stack.append(stack[base + i]) }
    }

    private mutating func tryOption(_ e: HIRExpr) {
        let option = concrete(body[e.exprA].type)
        if option == .never { return effect(e.exprA) }
        let count = leafCount(option)
        let base = stack.count
        push(e.exprA, count)
        builder.position = e.position
        let some = builder.createBlock()
        let none = builder.createBlock()
        let tag = optionTag(option, base)
        builder.branch(tag, to: some, else: none)
        builder.seal(some)
        builder.seal(none)
        builder.switchTo(none)
        if e.flags & 1 != 0 {
            let message = constantString("error: unexpected None\n")
            _ = runtime(.printError, message)
            _ = runtime(.exit, builder.iconst(.i64, 1))
            builder.unreachable()
        } else {
            let start = stack.count
            pushZeros(resultType)
            emitReturn(start)
        }
        builder.switchTo(some)
        let start = stack.count
        pushPayload(option, base)
        // The payload takes the Option's place.
        let payload = stack.count - start
        for i in 0..<payload { stack[base + i] = stack[start + i] }
        stack.removeLast(stack.count - base - payload)
    }
}

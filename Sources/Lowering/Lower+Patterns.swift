// Patterns and `match`. A pattern becomes a chain of tests that jump to one block on failure; control falls through
// with everything bound on success.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

/// What a pattern that does not match means.
enum PatternMode {
    /// Goes to the failure block.
    case test
    /// Cannot happen, except that an array has another length: P011.
    case bind
    /// Cannot happen, as the arms before have taken everything else.
    case assume
}

extension Lowerer {
    /// Matches the value `stack[base...]` of type `type` against a pattern.
    mutating func matchPattern(
        _ id: PatternID, _ type: TypeID, _ base: Int, _ mode: PatternMode, _ fail: BlockID
    ) {
        let pattern = body[id]
        switch pattern.kind {
        case .wildcard: break
        case .binding:
            writeLocal(LocalID(rawValue: pattern.a), base)
            if pattern.b != 0 { matchPattern(PatternID(rawValue: pattern.b), type, base, mode, fail) }
        case .constant:
            if mode != .test { return }
            require(patternEquals(ExprID(rawValue: pattern.a), type, base), fail)
        case .range:
            if mode != .test { return }
            if pattern.a != 0 {
                require(patternCompares(.greaterEqual, ExprID(rawValue: pattern.a), type, base), fail)
            }
            if pattern.b != 0 {
                let op: HIRComparison = pattern.flags & 1 != 0 ? .lessEqual : .less
                require(patternCompares(op, ExprID(rawValue: pattern.b), type, base), fail)
            }
        case .tuple, .structure:
            let layout = self.layout(type)
            let list = HIRList(rawValue: pattern.b)
            for i in 0..<body.count(list) {
                let part = layouts.part(layout, i)
                matchPattern(body.pattern(list, i), part.type, base + Int(part.firstLeaf), mode, fail)
            }
        case .some:
            if mode == .test { require(optionTag(type, base), fail) }
            let inner = PatternID(rawValue: pattern.a)
            if body[inner].kind == .wildcard { return }
            let end = stack.count
            matchPattern(inner, program.types.argument(type, 0), payload(type, base), mode, fail)
            stack.removeLast(stack.count - end)
        case .none:
            if mode == .test { require(invert(optionTag(type, base)), fail) }
        case .array: matchArray(pattern, type, base, mode, fail)
        case .or: matchAlternatives(HIRList(rawValue: pattern.b), type, base, mode, fail)
        }
    }

    /// Goes on if `flag` holds, to `fail` if not.
    private mutating func require(_ flag: ValueID, _ fail: BlockID) {
        let next = builder.createBlock()
        builder.branch(flag, to: next, else: fail)
        builder.seal(next)
        builder.switchTo(next)
    }

    private mutating func patternEquals(_ constant: ExprID, _ type: TypeID, _ base: Int) -> ValueID {
        let constantType = concrete(body[constant].type)
        // A constant of the payload's type matches `Some` of it.
        if constantType != type, program.types.kind(type) == .option, program.types.argument(type, 0) == constantType {
            let result = builder.declareVariable(type: .i8)
            let some = builder.createBlock()
            let none = builder.createBlock()
            let join = builder.createBlock()
            let tag = optionTag(type, base)
            builder.branch(tag, to: some, else: none)
            builder.seal(some)
            builder.switchTo(some)
            let end = stack.count
            let isSame = patternEquals(constant, constantType, payload(type, base))
            stack.removeLast(stack.count - end)
            builder.write(result, isSame)
            builder.jump(to: join)
            setFlag(result, 0, in: none, join)
            builder.seal(join)
            builder.switchTo(join)
            return builder.read(result)
        }
        return patternCompares(.equal, constant, type, base)
    }

    private mutating func patternCompares(
        _ op: HIRComparison, _ constant: ExprID, _ type: TypeID, _ base: Int
    ) -> ValueID {
        let count = leafCount(type)
        let start = stack.count
        push(constant, count)
        let result = compareLeaves(op, type, base, start)
        stack.removeLast(stack.count - start)
        return result
    }

    private mutating func matchArray(
        _ pattern: HIRPattern, _ type: TypeID, _ base: Int, _ mode: PatternMode, _ fail: BlockID
    ) {
        let element = program.types.argument(type, 0)
        let before = HIRList(rawValue: pattern.a)
        let behind = HIRList(rawValue: pattern.b)
        let beforeCount = body.count(before)
        let behindCount = body.count(behind)
        let array = stack[base]
        let length = arrayLength(array)
        let expected = Int64(beforeCount + behindCount)
        let hasRest = pattern.c != 0
        let fits = compare(hasRest ? .greaterEqualS : .equal, length, expected)
        switch mode {
        case .test: require(fits, fail)
        case .assume: break
        case .bind:
            let wrong = builder.createBlock()
            let right = builder.createBlock()
            builder.branch(fits, to: right, else: wrong)
            builder.seal(wrong)
            builder.switchTo(wrong)
            let count = builder.iconst(.i64, expected)
            let atLeast = builder.iconst(.i32, hasRest ? 1 : 0)
            runtime(.panicDestructure, count, length, atLeast)
            builder.unreachable()
            builder.seal(right)
            builder.switchTo(right)
        }
        let width = leafCount(element)
        let start = stack.count
        let data = beforeCount + behindCount > 0 ? arrayData(array) : .none
        for i in 0..<beforeCount {
            let index = builder.iconst(.i64, Int64(i))
            matchElement(body.pattern(before, i), element, width, data, index, mode, fail)
        }
        if pattern.c >= 2 {
            let from = builder.iconst(.i64, Int64(beforeCount))
            let cut = builder.iconst(.i64, Int64(behindCount))
            let to = builder.binary(.subtract, length, cut)
            let step = builder.iconst(.i64, 1)
            let given = builder.iconst(.i32, 3)
            stack.append(runtime(.arraySlice, array, from, to, step, given))
            writeLocal(LocalID(rawValue: pattern.c - 2), start)
            stack.removeLast()
        }
        for i in 0..<behindCount {
            let distance = builder.iconst(.i64, Int64(behindCount - i))
            let index = builder.binary(.subtract, length, distance)
            matchElement(body.pattern(behind, i), element, width, data, index, mode, fail)
        }
    }

    private mutating func matchElement(
        _ pattern: PatternID, _ element: TypeID, _ width: Int, _ data: ValueID, _ index: ValueID, _ mode: PatternMode,
        _ fail: BlockID
    ) {
        if body[pattern].kind == .wildcard { return }
        let start = stack.count
        loadElement(element, data, index, 0, width)
        matchPattern(pattern, element, start, mode, fail)
        stack.removeLast(stack.count - start)
    }

    private mutating func matchAlternatives(
        _ list: HIRList, _ type: TypeID, _ base: Int, _ mode: PatternMode, _ fail: BlockID
    ) {
        let count = body.count(list)
        let success = builder.createBlock()
        for i in 0..<count {
            if i == count - 1 {
                matchPattern(body.pattern(list, i), type, base, mode, fail)
                builder.jump(to: success)
            } else {
                let next = builder.createBlock()
                matchPattern(body.pattern(list, i), type, base, .test, next)
                builder.jump(to: success)
                builder.seal(next)
                builder.switchTo(next)
            }
        }
        builder.seal(success)
        builder.switchTo(success)
    }

    // MARK: - match

    mutating func lowerMatch(_ e: HIRExpr) {
        let scrutinee = concrete(body[e.exprA].type)
        if scrutinee == .never { return effect(e.exprA) }
        let type = concrete(e.type)
        let count = leafCount(type)
        let base = stack.count
        push(e.exprA, leafCount(scrutinee))
        builder.position = e.position
        let result = count == 0 ? 0 : declareTemporaries(type)
        let join = builder.createBlock()
        let armCount = body.count(e.listB) / 3
        let isExhaustive = e.flags & HIRExpr.exhaustiveMatch != 0
        var arm = 0
        while arm < armCount {
            if let next = switchArms(e, arm, armCount, scrutinee, base, result, count, join) {
                arm = next
                continue
            }
            let pattern = body.pattern(e.listB, arm * 3)
            let guardExpr = body.expr(e.listB, arm * 3 + 1)
            let isLast = arm == armCount - 1 && isExhaustive && !guardExpr.exists
            let fail = builder.createBlock()
            matchPattern(pattern, scrutinee, base, isLast ? .assume : .test, fail)
            if guardExpr.exists {
                let holds = builder.createBlock()
                condition(guardExpr, holds, fail)
                builder.seal(holds)
                builder.switchTo(holds)
            }
            lowerBranch(body.expr(e.listB, arm * 3 + 2), result, count)
            if !builder.isTerminated { builder.jump(to: join) }
            builder.seal(fail)
            builder.switchTo(fail)
            builder.position = e.position
            arm += 1
        }
        // No arm matched: impossible if exhaustive, nothing happens otherwise.
        if isExhaustive || count > 0 { builder.unreachable() } else { builder.jump(to: join) }
        builder.seal(join)
        builder.switchTo(join)
        stack.removeLast(stack.count - base)
        pushTemporaries(result, count)
    }

    /// If several arms from `first` on are plain integer or char constants: lowers them as one `switchInt`, leaves
    /// control where none of them matches, and returns the arm behind them.
    private mutating func switchArms(
        _ e: HIRExpr, _ first: Int, _ armCount: Int, _ scrutinee: TypeID, _ base: Int, _ result: UInt32, _ count: Int,
        _ join: BlockID
    ) -> Int? {
        guard program.types.isInteger(scrutinee) || scrutinee == .char else { return nil }
        var end = first
        var values = 0
        while end < armCount, !body.expr(e.listB, end * 3 + 1).exists {
            let found = constantCount(body.pattern(e.listB, end * 3))
            if found == 0 { break }
            values += found
            end += 1
        }
        if values < 3 { return nil }
        var cases: [(value: Int64, edge: EdgeID)] = []
        cases.reserveCapacity(values)
        var seen: Set<Int64> = []
        var blocks: [BlockID] = []
        blocks.reserveCapacity(end - first)
        for arm in first..<end {
            let block = builder.createBlock()
            blocks.append(block)
            forEachConstant(body.pattern(e.listB, arm * 3), scrutinee) { lowerer, value in
                // The first arm of a value wins.
                if seen.insert(value).inserted { cases.append((value, lowerer.builder.edge(to: block))) }
            }
        }
        let otherwise = builder.createBlock()
        builder.switchInt(stack[base], cases: cases, otherwise: builder.edge(to: otherwise))
        for arm in first..<end {
            builder.seal(blocks[arm - first])
            builder.switchTo(blocks[arm - first])
            lowerBranch(body.expr(e.listB, arm * 3 + 2), result, count)
            if !builder.isTerminated { builder.jump(to: join) }
        }
        builder.seal(otherwise)
        builder.switchTo(otherwise)
        builder.position = e.position
        return end
    }

    /// How many integer or char constants the pattern is made of; 0 if it is anything else.
    private func constantCount(_ id: PatternID) -> Int {
        let pattern = body[id]
        switch pattern.kind {
        case .constant:
            let kind = body.exprs[Int(pattern.a)].kind
            return kind == .intConstant || kind == .charConstant ? 1 : 0
        case .or:
            var sum = 0
            let list = HIRList(rawValue: pattern.b)
            for i in 0..<body.count(list) {
                let found = constantCount(body.pattern(list, i))
                if found == 0 { return 0 }
                sum += found
            }
            return sum
        case .wildcard, .binding, .range, .tuple, .structure, .some, .none, .array: return 0
        }
    }

    /// Calls `action` with each constant of such a pattern, sign-extended from the scrutinee's width as `iconst` has it.
    private mutating func forEachConstant(
        _ id: PatternID, _ scrutinee: TypeID, _ action: (inout Lowerer, Int64) -> Void
    ) {
        let pattern = body[id]
        if pattern.kind == .or {
            let list = HIRList(rawValue: pattern.b)
            for i in 0..<body.count(list) { forEachConstant(body.pattern(list, i), scrutinee, action) }
            return
        }
        let e = body.exprs[Int(pattern.a)]
        let bits = e.kind == .charConstant ? Int64(e.a) : Int64(bitPattern: UInt64(e.b) << 32 | UInt64(e.a))
        switch leafType(scrutinee) {
        case .i8: action(&self, Int64(Int8(truncatingIfNeeded: bits)))
        case .i16: action(&self, Int64(Int16(truncatingIfNeeded: bits)))
        case .i32: action(&self, Int64(Int32(truncatingIfNeeded: bits)))
        default: action(&self, bits)
        }
    }
}

// Conditions, branches and loops. Conditions become branches directly; no bool is made where only the jump is wanted.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    // MARK: - Conditions

    /// Branches to `ifTrue` or `ifFalse`; the current block is terminated behind it. Patterns bind on the true edge.
    mutating func condition(_ id: ExprID, _ ifTrue: BlockID, _ ifFalse: BlockID) {
        let e = body.exprs[id.index]
        switch e.kind {
        case .logicalAnd:
            let second = builder.createBlock()
            condition(e.exprA, second, ifFalse)
            builder.seal(second)
            builder.switchTo(second)
            condition(e.exprB, ifTrue, ifFalse)
        case .logicalOr:
            let second = builder.createBlock()
            condition(e.exprA, ifTrue, second)
            builder.seal(second)
            builder.switchTo(second)
            condition(e.exprB, ifTrue, ifFalse)
        case .unary where e.op == HIRUnary.not.rawValue: condition(e.exprA, ifFalse, ifTrue)
        case .matches:
            let type = concrete(body[PatternID(rawValue: e.b)].type)
            let base = stack.count
            push(e.exprA, leafCount(type))
            builder.position = e.position
            matchPattern(PatternID(rawValue: e.b), type, base, .test, ifFalse)
            builder.jump(to: ifTrue)
            stack.removeLast(stack.count - base)
        default:
            let flag = value(id)
            builder.position = e.position
            builder.branch(flag, to: ifTrue, else: ifFalse)
        }
    }

    /// A condition whose bool is wanted as a value.
    mutating func conditionValue(_ id: ExprID) -> ValueID {
        let result = builder.declareVariable(type: .i8)
        let ifTrue = builder.createBlock()
        let ifFalse = builder.createBlock()
        let join = builder.createBlock()
        condition(id, ifTrue, ifFalse)
        setFlag(result, 1, in: ifTrue, join)
        setFlag(result, 0, in: ifFalse, join)
        builder.seal(join)
        builder.switchTo(join)
        return builder.read(result)
    }
    /// Makes `block` a block that sets the variable and goes on to `join`.
    mutating func setFlag(_ variable: VariableID, _ flag: Int64, in block: BlockID, _ join: BlockID) {
        builder.seal(block)
        builder.switchTo(block)
        let constant = builder.iconst(.i8, flag)
        builder.write(variable, constant)
        builder.jump(to: join)
    }

    // MARK: - Branches

    mutating func lowerIf(_ e: HIRExpr) {
        let type = concrete(e.type)
        let count = leafCount(type)
        let result = count == 0 ? 0 : declareTemporaries(type)
        let then = builder.createBlock()
        let join = builder.createBlock()
        let otherwise = e.exprC.exists ? builder.createBlock() : join
        condition(e.exprA, then, otherwise)
        builder.seal(then)
        builder.switchTo(then)
        lowerBranch(e.exprB, result, count)
        if !builder.isTerminated { builder.jump(to: join) }
        if e.exprC.exists {
            builder.seal(otherwise)
            builder.switchTo(otherwise)
            lowerBranch(e.exprC, result, count)
            if !builder.isTerminated { builder.jump(to: join) }
        }
        builder.seal(join)
        builder.switchTo(join)
        pushTemporaries(result, count)
    }

    /// Lowers a branch and moves its value, if the whole has one, to the temporaries.
    mutating func lowerBranch(_ id: ExprID, _ result: UInt32, _ count: Int) {
        if count == 0 { return effect(id) }
        let base = stack.count
        push(id, count)
        if builder.isTerminated {
            stack.removeLast(stack.count - base)
        } else {
            popToTemporaries(result, count)
        }
    }

    // MARK: - Loops

    mutating func lowerWhile(_ e: HIRExpr) {
        let header = builder.createBlock()
        let body = builder.createBlock()
        let exit = builder.createBlock()
        loops[Int(e.c)] = LoopTargets(exit: exit, next: header)
        builder.jump(to: header)
        builder.switchTo(header)
        condition(e.exprA, body, exit)
        builder.seal(body)
        builder.switchTo(body)
        effect(e.exprB)
        if !builder.isTerminated { builder.jump(to: header) }
        builder.seal(header)
        builder.seal(exit)
        builder.switchTo(exit)
    }

    mutating func lowerLoop(_ e: HIRExpr) {
        let header = builder.createBlock()
        let exit = builder.createBlock()
        loops[Int(e.c)] = LoopTargets(exit: exit, next: header)
        builder.jump(to: header)
        builder.switchTo(header)
        effect(e.exprB)
        if !builder.isTerminated { builder.jump(to: header) }
        builder.seal(header)
        builder.seal(exit)
        builder.switchTo(exit)
    }

    mutating func lowerFor(_ e: HIRExpr) {
        let pattern = PatternID(rawValue: body.raw(e.listB, 0))
        let iterable = body.expr(e.listB, 1)
        let loopBody = body.expr(e.listB, 2)
        let number = Int(body.raw(e.listB, 3))
        let type = concrete(body[iterable].type)
        switch program.types.kind(type) {
        case .range: forRange(e, pattern, iterable, type, loopBody, number)
        case .array: forArray(e, pattern, iterable, type, loopBody, number)
        case .str: forString(e, pattern, iterable, loopBody, number)
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .tuple,
            .option, .function, .structure, .parameter, .variable:
            // An iterable that does not return.
            effect(iterable)
        }
    }

    /// A loop over the indices of something, open between `beginLoop` and `endLoop`.
    struct CountedLoop {
        var header: BlockID
        var exit: BlockID
        var index: VariableID
        /// The index of this turn, an i64.
        var current: ValueID
    }

    /// Opens a loop that counts from 0 to `length`; what follows is its body.
    mutating func beginLoop(to length: ValueID) -> CountedLoop {
        let index = builder.declareVariable(type: .i64)
        let zero = builder.iconst(.i64, 0)
        builder.write(index, zero)
        let header = builder.createBlock()
        let inside = builder.createBlock()
        let exit = builder.createBlock()
        builder.jump(to: header)
        builder.switchTo(header)
        let current = builder.read(index)
        let goesOn = builder.icmp(.lessS, current, length)
        builder.branch(goesOn, to: inside, else: exit)
        builder.seal(inside)
        builder.switchTo(inside)
        return CountedLoop(header: header, exit: exit, index: index, current: current)
    }
    /// Counts on, and goes on behind the loop.
    mutating func endLoop(_ loop: CountedLoop) {
        let one = builder.iconst(.i64, 1)
        let following = builder.binary(.add, loop.current, one)
        builder.write(loop.index, following)
        builder.jump(to: loop.header)
        builder.seal(loop.header)
        builder.seal(loop.exit)
        builder.switchTo(loop.exit)
    }

    /// Binds the loop's pattern to the element `stack[base...]`, runs the body, and goes on to `next`.
    private mutating func forBody(
        _ pattern: PatternID, _ type: TypeID, _ base: Int, _ loopBody: ExprID, _ next: BlockID
    ) {
        matchPattern(pattern, type, base, .bind, .entry)
        stack.removeLast(stack.count - base)
        effect(loopBody)
        if !builder.isTerminated { builder.jump(to: next) }
        builder.seal(next)
        builder.switchTo(next)
    }

    private mutating func forArray(
        _ e: HIRExpr, _ pattern: PatternID, _ iterable: ExprID, _ type: TypeID, _ loopBody: ExprID, _ number: Int
    ) {
        let element = program.types.argument(type, 0)
        let array = value(iterable)
        builder.position = e.position
        let length = arrayLength(array)
        let loop = beginLoop(to: length)
        let next = builder.createBlock()
        loops[number] = LoopTargets(exit: loop.exit, next: next)
        let base = stack.count
        loadElement(element, arrayData(array), loop.current, 0, leafCount(element))
        forBody(pattern, element, base, loopBody, next)
        // The length is looked at between steps; a change inside the body that is undone in time is none.
        builder.position = e.position
        let now = arrayLength(array)
        let changed = builder.icmp(.notEqual, now, length)
        builder.trapIf(changed, trapWord(.modifiedWhileIterating, .none, .none))
        endLoop(loop)
    }

    private mutating func forString(
        _ e: HIRExpr, _ pattern: PatternID, _ iterable: ExprID, _ loopBody: ExprID, _ number: Int
    ) {
        let text = value(iterable)
        builder.position = e.position
        let loop = beginLoop(to: builder.load(.i64, text, offset: ObjectLayout.stringCharCount, .immutable))
        let next = builder.createBlock()
        loops[number] = LoopTargets(exit: loop.exit, next: next)
        let base = stack.count
        stack.append(runtime(.stringIndex, text, loop.current))
        forBody(pattern, .str, base, loopBody, next)
        builder.position = e.position
        endLoop(loop)
    }

    private mutating func forRange(
        _ e: HIRExpr, _ pattern: PatternID, _ iterable: ExprID, _ type: TypeID, _ loopBody: ExprID, _ number: Int
    ) {
        let element = program.types.argument(type, 0)
        let leaf = leafType(element)
        let isSigned = program.types.isSigned(element)
        let base = stack.count
        push(iterable, 4)
        var start = stack[base]
        var end = stack[base + 1]
        let step = stack[base + 2]
        var inclusive = builder.constant(stack[base + 3])
        let range = RangeLeaves(start: start, end: end, step: step, inclusive: stack[base + 3])
        stack.removeLast(stack.count - base)
        builder.position = e.position

        // Chars are counted by their ranks, unless no surrogate can come between the ends.
        let isRanked = element == .char && !staysBelowSurrogates(range)
        if isRanked {
            start = scalarRank(start)
            end = scalarRank(end)
        }
        // An inclusive end that has a successor is as good as an exclusive one.
        if inclusive == 1, builder.constant(step) == 1, let last = builder.constant(end),
            last != (isSigned ? maximum(element) : -1)
        {
            end = builder.iconst(leaf, last + 1)
            inclusive = 0
        }
        let current = builder.declareVariable(type: leaf)
        builder.write(current, start)
        let inside = builder.createBlock()
        let next = builder.createBlock()
        let exit = builder.createBlock()
        loops[number] = LoopTargets(exit: exit, next: next)

        if let known = builder.constant(step), known == 1 || known == -1, let inclusive {
            // Steps of one cannot pass over the end.
            let up = known == 1
            let one = builder.iconst(leaf, known)
            if inclusive == 0 {
                let header = builder.createBlock()
                builder.jump(to: header)
                builder.switchTo(header)
                let number = builder.read(current)
                let goesOn = builder.icmp(order(up ? .lessS : .greaterS, isSigned), number, end)
                builder.branch(goesOn, to: inside, else: exit)
                builder.seal(inside)
                builder.switchTo(inside)
                stack.append(isRanked ? scalar(ofRank: number) : number)
                forBody(pattern, element, base, loopBody, next)
                let following = builder.binary(.add, builder.read(current), one)
                builder.write(current, following)
                builder.jump(to: header)
                builder.seal(header)
            } else {
                // The test stands behind the body, before the step, so that the last value is never passed.
                let enters = builder.icmp(order(up ? .lessEqualS : .greaterEqualS, isSigned), start, end)
                builder.branch(enters, to: inside, else: exit)
                builder.switchTo(inside)
                let number = builder.read(current)
                stack.append(isRanked ? scalar(ofRank: number) : number)
                forBody(pattern, element, base, loopBody, next)
                let last = builder.read(current)
                let isLast = builder.icmp(.equal, last, end)
                let advance = builder.createBlock()
                builder.branch(isLast, to: exit, else: advance)
                builder.seal(advance)
                builder.switchTo(advance)
                let following = builder.binary(.add, last, one)
                builder.write(current, following)
                builder.jump(to: inside)
                builder.seal(inside)
            }
        } else {
            // Counted: the number of steps behind the first element is known before, and no sum can overflow.
            let (isEmpty, steps) = rangeSteps(range, element)
            let left = builder.declareVariable(type: .i64)
            builder.write(left, steps)
            builder.branch(isEmpty, to: exit, else: inside)
            builder.switchTo(inside)
            let number = builder.read(current)
            stack.append(isRanked ? scalar(ofRank: number) : number)
            forBody(pattern, element, base, loopBody, next)
            let remaining = builder.read(left)
            let isLast = compare(.equal, remaining, 0)
            let advance = builder.createBlock()
            builder.branch(isLast, to: exit, else: advance)
            builder.seal(advance)
            builder.switchTo(advance)
            let one = builder.iconst(.i64, 1)
            let fewer = builder.binary(.subtract, remaining, one)
            builder.write(left, fewer)
            let stride = narrow(step, leaf)
            let following = builder.binary(.add, builder.read(current), stride)
            builder.write(current, following)
            builder.jump(to: inside)
            builder.seal(inside)
        }
        builder.seal(exit)
        builder.switchTo(exit)
    }

    /// Both ends of a range of chars are constants before the surrogates, as those of most are.
    private func staysBelowSurrogates(_ range: RangeLeaves) -> Bool {
        guard let start = builder.constant(range.start), let end = builder.constant(range.end) else { return false }
        return start < 0xD800 && end < 0xD800
    }

    /// The signed condition, or its unsigned counterpart.
    func order(_ condition: IntegerCondition, _ isSigned: Bool) -> IntegerCondition {
        if isSigned { return condition }
        switch condition {
        case .lessS: return .lessU
        case .lessEqualS: return .lessEqualU
        case .greaterS: return .greaterU
        case .greaterEqualS: return .greaterEqualU
        default: return condition
        }
    }
}

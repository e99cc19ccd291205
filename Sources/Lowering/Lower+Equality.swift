// Comparison (LANGUAGE §4.7): structural equality and order. Scalars, tuples and structs are compared in place; arrays
// and Options of references by a helper function per type.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    mutating func compare(_ e: HIRExpr) -> ValueID {
        let op = HIRComparison(rawValue: e.op) ?? .equal
        let type = concrete(body[e.exprA].type)
        let rightType = concrete(body[e.exprB].type)
        if type == .never || rightType == .never {
            effect(e.exprA)
            effect(e.exprB)
            return builder.iconst(.i8, 0)
        }
        if type != rightType, let result = compareTextWithChar(e, op, type) { return result }
        if type == .str, op == .equal || op == .notEqual {
            // Only the empty string has length 0.
            if constantText(of: e.exprB)?.isEmpty == true { return compareWithEmpty(e.exprA, op) }
            if constantText(of: e.exprA)?.isEmpty == true { return compareWithEmpty(e.exprB, op) }
        }
        let count = leafCount(type)
        if count == 1, type <= .f64 {
            let left = value(e.exprA)
            let right = value(e.exprB)
            builder.position = e.position
            return compareScalars(op, type, left, right)
        }
        let base = stack.count
        push(e.exprA, count)
        push(e.exprB, count)
        builder.position = e.position
        let result = compareLeaves(op, type, base, base + count)
        stack.removeLast(stack.count - base)
        return result
    }

    private mutating func compareWithEmpty(_ id: ExprID, _ op: HIRComparison) -> ValueID {
        let text = value(id)
        let length = builder.load(.i64, text, offset: ObjectLayout.stringByteLength, .immutable)
        return compare(op == .equal ? .equal : .notEqual, length, 0)
    }

    /// `str == char` and the reverse; nil if neither side is a char.
    private mutating func compareTextWithChar(_ e: HIRExpr, _ op: HIRComparison, _ type: TypeID) -> ValueID? {
        let rightType = concrete(body[e.exprB].type)
        guard type == .char || rightType == .char else { return nil }
        let left = value(e.exprA)
        let right = value(e.exprB)
        builder.position = e.position
        let text = type == .char ? right : left
        let scalar = type == .char ? left : right
        let isSame = textEqualsChar(text, scalar)
        if op == .equal || op == .notEqual { return op == .notEqual ? invert(isSame) : isSame }
        let l = type == .char ? runtime(.stringFromChar, left) : left
        let r = rightType == .char ? runtime(.stringFromChar, right) : right
        let sign = runtime(.stringCompare, l, r)
        return signSatisfies(op, sign)
    }

    /// i8: the text is this one character.
    private mutating func textEqualsChar(_ text: ValueID, _ scalar: ValueID) -> ValueID {
        let result = builder.declareVariable(type: .i8)
        let length = builder.load(.i64, text, offset: ObjectLayout.stringCharCount, .immutable)
        let isOne = compare(.equal, length, 1)
        builder.write(result, isOne)
        let one = builder.createBlock()
        let join = builder.createBlock()
        builder.branch(isOne, to: one, else: join)
        builder.seal(one)
        builder.switchTo(one)
        let zero = builder.iconst(.i64, 0)
        let first = runtime(.stringCharAt, text, zero)
        let isSame = builder.icmp(.equal, first, scalar)
        builder.write(result, isSame)
        builder.jump(to: join)
        builder.seal(join)
        builder.switchTo(join)
        return builder.read(result)
    }

    // MARK: - By operator

    /// Compares two scalars that are no references.
    mutating func compareScalars(_ op: HIRComparison, _ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        if program.types.isFloat(type) {
            let condition: FloatCondition
            switch op {
            case .equal: condition = .equal
            case .notEqual: condition = .notEqual
            case .less: condition = .less
            case .lessEqual: condition = .lessEqual
            case .greater: condition = .greater
            case .greaterEqual: condition = .greaterEqual
            }
            return builder.fcmp(condition, left, right)
        }
        let isSigned = program.types.isSigned(type)
        switch op {
        case .equal: return builder.icmp(.equal, left, right)
        case .notEqual: return builder.icmp(.notEqual, left, right)
        case .less: return builder.icmp(order(.lessS, isSigned), left, right)
        case .lessEqual: return builder.icmp(order(.lessEqualS, isSigned), left, right)
        case .greater: return builder.icmp(order(.greaterS, isSigned), left, right)
        case .greaterEqual: return builder.icmp(order(.greaterEqualS, isSigned), left, right)
        }
    }

    /// Compares the values at `stack[left...]` and `stack[right...]`.
    mutating func compareLeaves(_ op: HIRComparison, _ type: TypeID, _ left: Int, _ right: Int) -> ValueID {
        switch op {
        case .equal: return equal(type, left, right)
        case .notEqual: return invert(equal(type, left, right))
        default:
            if type <= .f64, leafCount(type) == 1 { return compareScalars(op, type, stack[left], stack[right]) }
            return signSatisfies(op, threeWay(type, left, right, isTotal: false))
        }
    }

    /// i8: the result of a three-way comparison (-1, 0, 1; 2 unordered) satisfies `op`.
    private mutating func signSatisfies(_ op: HIRComparison, _ sign: ValueID) -> ValueID {
        switch op {
        case .less: return compare(.lessS, sign, 0)
        case .lessEqual: return compare(.lessEqualS, sign, 0)
        case .greater: return compare(.equal, sign, 1)
        case .greaterEqual: return compare(.lessEqualU, sign, 1)
        case .equal: return compare(.equal, sign, 0)
        case .notEqual: return compare(.notEqual, sign, 0)
        }
    }

    // MARK: - Equality

    /// i8: the values at `stack[left...]` and `stack[right...]` are equal.
    mutating func equal(_ type: TypeID, _ left: Int, _ right: Int) -> ValueID {
        switch program.types.kind(type) {
        case .error, .never, .nilType, .parameter, .variable: return builder.iconst(.i8, 1)
        case .f32, .f64: return builder.fcmp(.equal, stack[left], stack[right])
        case .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .function:
            return builder.icmp(.equal, stack[left], stack[right])
        case .str: return runtime(.stringEqual, stack[left], stack[right])
        case .tuple, .structure, .range: return equalParts(type, left, right)
        case .array: return callComparison(.equal, type, left, right)
        case .option:
            let layout = self.layout(type)
            // The helper looks at payloads only if both have one; without references, the zeros of `None` do as well.
            if layout.has(TypeLayout.hasReferences) { return callComparison(.equal, type, left, right) }
            let tags = builder.icmp(.equal, stack[left], stack[right])
            let payload = equal(program.types.argument(type, 0), left + 1, right + 1)
            return and(tags, payload)
        }
    }

    private mutating func equalParts(_ type: TypeID, _ left: Int, _ right: Int) -> ValueID {
        let layout = self.layout(type)
        var result = ValueID.none
        for i in 0..<Int(layout.partCount) {
            let part = layouts.part(layout, i)
            if leafCount(part.type) == 0 { continue }
            let isSame = equal(part.type, left + Int(part.firstLeaf), right + Int(part.firstLeaf))
            result = result.exists ? and(result, isSame) : isSame
        }
        return result.exists ? result : builder.iconst(.i8, 1)
    }

    /// Goes on if the values at `stack[left...]` and `stack[right...]` are equal, to `fail` if not. Parts that need a call
    /// are compared last, one by one: structures may be large, and the first difference settles it.
    private mutating func requireEqual(_ type: TypeID, _ left: Int, _ right: Int, _ fail: BlockID) {
        let kind = program.types.kind(type)
        guard kind == .tuple || kind == .structure else {
            let isSame = equal(type, left, right)
            let next = builder.createBlock()
            builder.branch(isSame, to: next, else: fail)
            builder.seal(next)
            builder.switchTo(next)
            return
        }
        let layout = self.layout(type)
        for needsCall in [false, true] {
            for i in 0..<Int(layout.partCount) {
                let part = layouts.part(layout, i)
                let inner = self.layout(part.type)
                if inner.count == 0 || inner.has(TypeLayout.hasReferences) != needsCall { continue }
                requireEqual(part.type, left + Int(part.firstLeaf), right + Int(part.firstLeaf), fail)
            }
        }
    }

    /// Calls a comparing helper with the leaves of both values.
    private mutating func callComparison(_ helper: Helper, _ type: TypeID, _ left: Int, _ right: Int) -> ValueID {
        let count = leafCount(type)
        let target = symbol(of: helper, type)
        arguments.removeAll(keepingCapacity: true)
        for i in 0..<count { arguments.append(stack[left + i]) }
        for i in 0..<count { arguments.append(stack[right + i]) }
        return builder.call(target, arguments, result: helper == .equal ? .i8 : .i64)
    }

    /// The helper `equal`, for arrays and Options.
    mutating func makeEqual(_ type: TypeID) {
        let count = leafCount(type)
        let yes = builder.createBlock()
        let no = builder.createBlock()
        if program.types.kind(type) == .array {
            makeArrayEqual(program.types.argument(type, 0), yes, no)
        } else if program.types.kind(type) == .option {
            let both = builder.createBlock()
            let some = builder.createBlock()
            let leftTag = optionTag(type, 0)
            let rightTag = optionTag(type, count)
            let isSame = builder.icmp(.equal, leftTag, rightTag)
            builder.branch(isSame, to: both, else: no)
            builder.seal(both)
            builder.switchTo(both)
            builder.branch(leftTag, to: some, else: yes)
            builder.seal(some)
            builder.switchTo(some)
            requireEqual(program.types.argument(type, 0), payload(type, 0), payload(type, count), no)
            builder.jump(to: yes)
        } else {
            let isSame = equal(type, 0, count)
            builder.branch(isSame, to: yes, else: no)
        }
        for (block, flag) in [(yes, Int64(1)), (no, 0)] {
            builder.seal(block)
            builder.switchTo(block)
            returnFlag(flag)
        }
    }

    private mutating func makeArrayEqual(_ element: TypeID, _ yes: BlockID, _ no: BlockID) {
        let left = stack[0]
        let right = stack[1]
        let count = leafCount(element)
        let length = arrayLength(left)
        let otherLength = arrayLength(right)
        let isSameLength = builder.icmp(.equal, length, otherLength)
        let start = builder.createBlock()
        builder.branch(isSameLength, to: start, else: no)
        builder.seal(start)
        builder.switchTo(start)
        let leftData = arrayData(left)
        let rightData = arrayData(right)
        let loop = beginLoop(to: length)
        let base = stack.count
        loadElement(element, leftData, loop.current, 0, count)
        loadElement(element, rightData, loop.current, 0, count)
        requireEqual(element, base, base + count, no)
        endLoop(loop)
        builder.jump(to: yes)
    }

    // MARK: - Order

    /// The i64 -1, 0 or 1 that orders the values at `stack[left...]` and `stack[right...]`; 2 if a NaN decides and the
    /// order is not total.
    mutating func threeWay(_ type: TypeID, _ left: Int, _ right: Int, isTotal: Bool) -> ValueID {
        switch program.types.kind(type) {
        case .error, .never, .nilType, .parameter, .variable, .function, .range: return builder.iconst(.i64, 0)
        case .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64:
            let isSigned = program.types.isSigned(type)
            return difference(
                builder.icmp(order(.greaterS, isSigned), stack[left], stack[right]),
                builder.icmp(order(.lessS, isSigned), stack[left], stack[right]))
        case .f32, .f64:
            return isTotal
                ? totalOrder(type, stack[left], stack[right]) : partialOrder(stack[left], stack[right])
        case .str: return runtime(.stringCompare, stack[left], stack[right])
        case .tuple, .structure, .array, .option:
            let usesTotal = isTotal || !layout(type).has(TypeLayout.hasFloats)
            return callComparison(usesTotal ? .compare : .order, type, left, right)
        }
    }

    /// greater - less, as i64.
    private mutating func difference(_ greater: ValueID, _ less: ValueID) -> ValueID {
        let g = builder.convert(.zeroExtend, .i64, greater)
        let l = builder.convert(.zeroExtend, .i64, less)
        return builder.binary(.subtract, g, l)
    }

    private mutating func partialOrder(_ left: ValueID, _ right: ValueID) -> ValueID {
        let sign = difference(builder.fcmp(.greater, left, right), builder.fcmp(.less, left, right))
        let isLeftNumber = builder.fcmp(.equal, left, left)
        let isRightNumber = builder.fcmp(.equal, right, right)
        let unordered = builder.iconst(.i64, 2)
        return builder.select(and(isLeftNumber, isRightNumber), sign, unordered)
    }

    /// Total order of floats: -0.0 before 0.0, and every NaN, whatever its bits, behind all numbers.
    private mutating func totalOrder(_ type: TypeID, _ left: ValueID, _ right: ValueID) -> ValueID {
        let l = orderKey(type, left)
        let r = orderKey(type, right)
        return difference(builder.icmp(.greaterS, l, r), builder.icmp(.lessS, l, r))
    }
    /// An i64 that orders as the float does: its bits, with the magnitude inverted if it is negative.
    private mutating func orderKey(_ type: TypeID, _ value: ValueID) -> ValueID {
        let wide = type == .f32 ? builder.convert(.floatExtend, .f64, value) : value
        let bits = builder.convert(.bitcast, .i64, wide)
        let count = builder.iconst(.i64, 63)
        let sign = builder.binary(.shiftRightS, bits, count)
        let one = builder.iconst(.i64, 1)
        let mask = builder.binary(.shiftRightU, sign, one)
        let key = builder.binary(.xor, bits, mask)
        let isNumber = builder.fcmp(.equal, wide, wide)
        let last = builder.iconst(.i64, Int64.max)
        return builder.select(isNumber, key, last)
    }

    /// The helpers `order` and `compare`.
    mutating func makeCompare(_ type: TypeID, isTotal: Bool) {
        let count = leafCount(type)
        switch program.types.kind(type) {
        case .array: makeArrayCompare(program.types.argument(type, 0), isTotal)
        case .option:
            // `None` first; two `Some` by their payloads.
            let some = builder.createBlock()
            let other = builder.createBlock()
            let leftTag = optionTag(type, 0)
            let rightTag = optionTag(type, count)
            builder.branch(and(leftTag, rightTag), to: some, else: other)
            builder.seal(other)
            builder.switchTo(other)
            returnValue(difference(leftTag, rightTag))
            builder.seal(some)
            builder.switchTo(some)
            let (left, right) = (payload(type, 0), payload(type, count))
            returnValue(threeWay(program.types.argument(type, 0), left, right, isTotal: isTotal))
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str,
            .tuple, .range, .function, .structure, .parameter, .variable:
            let layout = self.layout(type)
            for i in 0..<Int(layout.partCount) {
                let part = layouts.part(layout, i)
                if leafCount(part.type) == 0 { continue }
                let sign = threeWay(
                    part.type, Int(part.firstLeaf), count + Int(part.firstLeaf), isTotal: isTotal)
                returnUnlessZero(sign)
            }
            let zero = builder.iconst(.i64, 0)
            returnValue(zero)
        }
    }

    /// Returns a bool.
    mutating func returnFlag(_ flag: Int64) { returnValue(builder.iconst(.i8, flag)) }
    private mutating func returnValue(_ value: ValueID) { builder.returnValues(CollectionOfOne(value)) }

    /// Returns the sign if it decides; goes on otherwise.
    private mutating func returnUnlessZero(_ sign: ValueID) {
        let decided = builder.createBlock()
        let next = builder.createBlock()
        let isDecided = compare(.notEqual, sign, 0)
        builder.branch(isDecided, to: decided, else: next)
        builder.seal(decided)
        builder.switchTo(decided)
        returnValue(sign)
        builder.seal(next)
        builder.switchTo(next)
    }

    private mutating func makeArrayCompare(_ element: TypeID, _ isTotal: Bool) {
        let left = stack[0]
        let right = stack[1]
        let count = leafCount(element)
        let leftLength = arrayLength(left)
        let rightLength = arrayLength(right)
        let isShorter = builder.icmp(.lessS, leftLength, rightLength)
        let common = builder.select(isShorter, leftLength, rightLength)
        let leftData = arrayData(left)
        let rightData = arrayData(right)
        let loop = beginLoop(to: common)
        let base = stack.count
        loadElement(element, leftData, loop.current, 0, count)
        loadElement(element, rightData, loop.current, 0, count)
        returnUnlessZero(threeWay(element, base, base + count, isTotal: isTotal))
        endLoop(loop)
        let isLonger = builder.icmp(.greaterS, leftLength, rightLength)
        returnValue(difference(isLonger, isShorter))
    }
}

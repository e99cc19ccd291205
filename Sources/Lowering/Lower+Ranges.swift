// Range values: start, end, step and whether the end belongs to it.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

/// The leaves of a Range.
struct RangeLeaves {
    var start: ValueID
    var end: ValueID
    /// i64, never 0.
    var step: ValueID
    /// i8
    var inclusive: ValueID
}

extension Lowerer {
    mutating func rangeLeaves(_ base: Int) -> RangeLeaves {
        RangeLeaves(start: stack[base], end: stack[base + 1], step: stack[base + 2], inclusive: stack[base + 3])
    }

    mutating func makeRange(_ e: HIRExpr) {
        push(e.exprA, 1)
        push(e.exprB, 1)
        if e.exprC.exists {
            let step = value(e.exprC)
            builder.position = e.position
            let isZero = compare(.equal, step, 0)
            builder.trapIf(isZero, trapWord(.zeroStep, .none, .none))
            stack.append(step)
        } else {
            stack.append(builder.iconst(.i64, 1))
        }
        stack.append(builder.iconst(.i8, e.flags & HIRExpr.inclusiveRange != 0 ? 1 : 0))
    }

    /// i8: the range goes upwards.
    mutating func goesUp(_ range: RangeLeaves) -> ValueID { compare(.greaterS, range.step, 0) }

    /// The number of Unicode scalar values before `char` (both i32): ranges of chars step over the surrogates, which are
    /// no chars.
    mutating func scalarRank(_ char: ValueID) -> ValueID {
        let gap = builder.iconst(.i32, 0x800)
        let lower = builder.binary(.subtract, char, gap)
        let isBehindGap = compare(.greaterEqualU, char, 0xE000)
        return builder.select(isBehindGap, lower, char)
    }

    /// The char with this many scalar values before it (both i32).
    mutating func scalar(ofRank rank: ValueID) -> ValueID {
        let gap = builder.iconst(.i32, 0x800)
        let higher = builder.binary(.add, rank, gap)
        let isBehindGap = compare(.greaterEqualU, rank, 0xD800)
        return builder.select(isBehindGap, higher, rank)
    }

    /// The number that ranges count with for an element, as an i64.
    private mutating func rangeNumber(_ value: ValueID, _ element: TypeID) -> ValueID {
        extendToI64(element == .char ? scalarRank(value) : value, element)
    }

    /// The element `distance` (an i64 that the range reaches) behind the first.
    mutating func rangeElement(_ range: RangeLeaves, _ element: TypeID, distance: ValueID) -> ValueID {
        let offset = narrow(distance, leafType(element))
        if element != .char { return builder.binary(.add, range.start, offset) }
        let first = scalarRank(range.start)
        return scalar(ofRank: builder.binary(.add, first, offset))
    }

    /// Whether the range is empty (i8), and how many steps lead from its first to its last element (i64 read as
    /// unsigned; meaningless if empty). Correct for all values of all types: no sum of elements is formed.
    mutating func rangeSteps(_ range: RangeLeaves, _ element: TypeID) -> (isEmpty: ValueID, steps: ValueID) {
        let isSigned = program.types.isSigned(element)
        let start = rangeNumber(range.start, element)
        let end = rangeNumber(range.end, element)
        let up = goesUp(range)
        let low = builder.select(up, start, end)
        let high = builder.select(up, end, start)
        let isBefore = builder.icmp(order(.lessS, isSigned), low, high)
        let isSame = builder.icmp(.equal, low, high)
        let hasOne = and(isSame, range.inclusive)
        let isEmpty = invert(or(isBefore, hasOne))
        let distance = builder.binary(.subtract, high, low)
        let negated = wrappingNegate(range.step)
        let stride = builder.select(up, range.step, negated)
        // An exclusive end is not reached: one less is the distance to the last possible element.
        let exclusive = builder.convert(.zeroExtend, .i64, invert(range.inclusive))
        let reach = builder.binary(.subtract, distance, exclusive)
        let steps = builder.constant(stride) == 1 ? reach : builder.binary(.divideU, reach, stride)
        return (isEmpty, steps)
    }

    /// The number of elements as i64; traps P001 if it is no i64.
    mutating func rangeLength(_ range: RangeLeaves, _ element: TypeID) -> ValueID {
        let (isEmpty, steps) = rangeSteps(range, element)
        let one = builder.iconst(.i64, 1)
        let count = builder.binary(.add, steps, one)
        let zero = builder.iconst(.i64, 0)
        let result = builder.select(isEmpty, zero, count)
        // 2^64 elements, whose count wraps to 0, and 2^63 and more, which look negative.
        let isAll = compare(.equal, steps, -1)
        let isNegative = compare(.lessS, result, 0)
        let overflows = or(isNegative, and(isAll, invert(isEmpty)))
        builder.trapIf(overflows, trapWord(.overflow, .none, .i64))
        return result
    }

    /// Pushes the Range of the same elements, last first. Its end is the neighbour of the first element, or, where that is
    /// the outermost value of its type, the first element itself, inclusive.
    mutating func pushReversed(_ range: RangeLeaves, _ element: TypeID) {
        let isMinimum = compare(.equal, range.step, Int64.min)
        builder.trapIf(isMinimum, trapWord(.overflow, .negate, .i64))
        let (isEmpty, steps) = rangeSteps(range, element)
        let last = rangeElement(range, element, distance: builder.binary(.multiply, steps, range.step))
        let up = goesUp(range)
        let one = builder.iconst(.i64, 1)
        let minusOne = builder.iconst(.i64, -1)
        let neighbourDistance = builder.select(up, minusOne, one)
        let neighbour = rangeElement(range, element, distance: neighbourDistance)
        let leaf = leafType(element)
        let least = builder.iconst(leaf, element == .char ? 0 : minimum(element))
        let greatest = builder.iconst(leaf, element == .char ? 0x10FFFF : maximum(element))
        let isOutermost = builder.icmp(.equal, range.start, builder.select(up, least, greatest))
        let keepsStart = or(isOutermost, isEmpty)
        stack.append(builder.select(isEmpty, range.start, last))
        stack.append(builder.select(keepsStart, range.start, neighbour))
        stack.append(wrappingNegate(range.step))
        stack.append(and(isOutermost, invert(isEmpty)))
    }

    /// Pushes the Range of every `count`-th element: P005 if `count` is not positive, P001 if the step is no i64.
    mutating func pushSteppedBy(_ count: ValueID, _ range: RangeLeaves) {
        let isBad = compare(.lessS, count, 1)
        builder.trapIf(isBad, trapWord(.zeroStep, .none, .i64))
        stack.append(range.start)
        stack.append(range.end)
        stack.append(operate(.multiply, .i64, range.step, .i64, count))
        stack.append(range.inclusive)
    }

    /// i8: `value` is an element of the range.
    mutating func rangeContains(_ range: RangeLeaves, _ element: TypeID, _ value: ValueID) -> ValueID {
        let isSigned = program.types.isSigned(element)
        if builder.constant(range.step) == 1, let inclusive = builder.constant(range.inclusive) {
            let isBehind = builder.icmp(order(.greaterEqualS, isSigned), value, range.start)
            let isBefore = builder.icmp(order(inclusive != 0 ? .lessEqualS : .lessS, isSigned), value, range.end)
            return and(isBehind, isBefore)
        }
        let up = goesUp(range)
        let low = builder.select(up, range.start, range.end)
        let high = builder.select(up, range.end, range.start)
        let isInside = and(
            builder.icmp(order(.greaterEqualS, isSigned), value, low),
            builder.icmp(order(.lessEqualS, isSigned), value, high))
        let isEnd = builder.icmp(.equal, value, range.end)
        let isExcluded = and(isEnd, invert(range.inclusive))
        let wide = rangeNumber(value, element)
        let start = rangeNumber(range.start, element)
        let forward = builder.binary(.subtract, wide, start)
        let backward = builder.binary(.subtract, start, wide)
        let distance = builder.select(up, forward, backward)
        let negated = wrappingNegate(range.step)
        let stride = builder.select(up, range.step, negated)
        let rest = builder.binary(.remainderU, distance, stride)
        let isHit = compare(.equal, rest, 0)
        return and(and(isInside, isHit), invert(isExcluded))
    }
}

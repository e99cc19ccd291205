internal import Support

/// A closed interval of integers.
struct ValueRange: BitwiseCopyable {
    var low: Int64
    var high: Int64

    @inline(__always) init(_ low: Int64, _ high: Int64) {
        self.low = low
        self.high = high
    }
    /// All signed values of the type.
    @inline(__always) init(_ type: MIRType) {
        switch type {
        case .i8: self.init(-128, 127)
        case .i16: self.init(-32768, 32767)
        case .i32: self.init(Int64(Int32.min), Int64(Int32.max))
        default: self.init(.min, .max)
        }
    }
    /// Not computed yet.
    static var unknown: ValueRange { ValueRange(1, 0) }
    @inline(__always) var isUnknown: Bool { low > high }

    func contains(_ other: ValueRange) -> Bool { low <= other.low && other.high <= high }
    func union(_ other: ValueRange) -> ValueRange { ValueRange(min(low, other.low), max(high, other.high)) }
}

/// A point of the program at which constraints are asked for.
struct ProgramPoint {
    var block: UInt32
    /// Behind the instructions of `block` whose numbers are less; `last` for its end.
    var ordinal: UInt32
    /// The edge on which control is; `FlowGraph.none` if it is in the block.
    var edge: UInt32
    static let last = UInt32.max
}

/// Inequalities between values, each with the part of the program where it holds, and proofs from them.
///
/// After Bodík, Gupta, Sarkar, "ABCD: Eliminating Array Bounds Checks on Demand" (PLDI 2000): an inequality is an edge
/// "v <= w + c" of a graph; a proof is a path whose sum is small enough; a cycle through a loop's parameter is harmless
/// if it does not increase the sum. Differences: no e-SSA renaming (a constraint names its block and holds where that
/// dominates), upper and lower bounds in one graph, arithmetic read from the definitions instead of copied into edges,
/// and a bound on the steps of a proof.
struct ConstraintGraph: ~Copyable {
    struct Constraint: BitwiseCopyable {
        /// The value on the right; 0 for the number zero.
        var other: UInt32
        /// The next constraint of the same value and direction.
        var next: UInt32
        var bound: Int64
        var point: UInt32
        /// Number of the instruction behind which it holds; 0: in the whole block. If `isEdge`, `point` is an edge.
        var ordinal: UInt32
        var isEdge: Bool
    }
    struct Active: BitwiseCopyable {
        var value: UInt32
        var other: UInt32
        var bound: Int64
        var isUpper: Bool
    }
    /// First constraint of the form value <= other + bound, by value.
    private(set) var upper = ScratchBuffer<UInt32>()
    /// First constraint of the form value >= other + bound, by value.
    private(set) var lower = ScratchBuffer<UInt32>()
    private var constraints = ScratchStack<Constraint>()
    /// By value: what it is wherever it exists.
    var ranges = ScratchBuffer<ValueRange>()
    /// By value: its block, and its number in reverse postorder.
    var blocks = ScratchBuffer<UInt32>()
    var ordinals = ScratchBuffer<UInt32>()
    /// By value: whether unchecked arithmetic does not wrap. 1: known that it does not.
    var exactness = ScratchBuffer<UInt8>()
    /// Parameters whose bound is being proved.
    private var active = ScratchStack<Active>()
    /// Steps left for the current proof.
    private var budget = 0
    private static let proofBudget = 32

    mutating func reset(_ view: FunctionView) {
        let count = view.instructionCount
        upper.prepare(count, filledWith: 0)
        lower.prepare(count, filledWith: 0)
        ranges.prepare(count, filledWith: .unknown)
        exactness.prepare(count, filledWith: 0)
        blocks.prepare(count, filledWith: 0)
        ordinals.prepare(count, filledWith: 0)
        constraints.removeAll()
        constraints.push(Constraint(other: 0, next: 0, bound: 0, point: 0, ordinal: 0, isEdge: false))
    }

    // MARK: - Adding constraints

    /// Adds `value <= other + bound`, or >= if not `isUpper`.
    mutating func add(
        _ value: UInt32, isUpper: Bool, _ other: UInt32, _ bound: Int64, at point: UInt32, ordinal: UInt32, isEdge: Bool
    ) {
        let id = UInt32(constraints.count)
        let next = isUpper ? upper[value] : lower[value]
        constraints.push(
            Constraint(other: other, next: next, bound: bound, point: point, ordinal: ordinal, isEdge: isEdge))
        if isUpper { upper[value] = id } else { lower[value] = id }
    }
    /// Adds `left <= right + bound` for both values.
    mutating func addOrder(
        _ view: FunctionView, _ left: UInt32, _ right: UInt32, _ bound: Int64, at point: UInt32, ordinal: UInt32,
        isEdge: Bool
    ) {
        let x = view.constant(left)
        let y = view.constant(right)
        if x != nil && y != nil { return }
        if let y {
            let (sum, overflow) = y.addingReportingOverflow(bound)
            if !overflow { add(left, isUpper: true, 0, sum, at: point, ordinal: ordinal, isEdge: isEdge) }
        } else if let x {
            let (difference, overflow) = x.subtractingReportingOverflow(bound)
            if !overflow { add(right, isUpper: false, 0, difference, at: point, ordinal: ordinal, isEdge: isEdge) }
        } else {
            add(left, isUpper: true, right, bound, at: point, ordinal: ordinal, isEdge: isEdge)
            add(right, isUpper: false, left, -bound, at: point, ordinal: ordinal, isEdge: isEdge)
        }
    }
    /// Adds what follows from `condition` being true or false.
    mutating func add(
        _ view: FunctionView, condition: UInt32, isTrue: Bool, at point: UInt32, ordinal: UInt32, isEdge: Bool,
        depth: Int = 0
    ) {
        let i = view[condition]
        if i.opcode == (isTrue ? .and : .or), depth < 3, view.isTruth(i.a), view.isTruth(i.b) {
            add(view, condition: i.a, isTrue: isTrue, at: point, ordinal: ordinal, isEdge: isEdge, depth: depth + 1)
            add(view, condition: i.b, isTrue: isTrue, at: point, ordinal: ordinal, isEdge: isEdge, depth: depth + 1)
            return
        }
        guard i.opcode == .icmp, view[i.a].type.isInteger, var relation = IntegerCondition(rawValue: i.condition) else {
            return
        }
        if !isTrue { relation = relation.inverted }
        switch relation {
        case .lessS: addOrder(view, i.a, i.b, -1, at: point, ordinal: ordinal, isEdge: isEdge)
        case .lessEqualS: addOrder(view, i.a, i.b, 0, at: point, ordinal: ordinal, isEdge: isEdge)
        case .greaterS: addOrder(view, i.b, i.a, -1, at: point, ordinal: ordinal, isEdge: isEdge)
        case .greaterEqualS: addOrder(view, i.b, i.a, 0, at: point, ordinal: ordinal, isEdge: isEdge)
        case .equal:
            addOrder(view, i.a, i.b, 0, at: point, ordinal: ordinal, isEdge: isEdge)
            addOrder(view, i.b, i.a, 0, at: point, ordinal: ordinal, isEdge: isEdge)
        case .lessU, .lessEqualU:
            guard isNonNegative(view, i.b) else { return }
            addOrder(view, i.a, i.b, relation == .lessU ? -1 : 0, at: point, ordinal: ordinal, isEdge: isEdge)
            add(i.a, isUpper: false, 0, 0, at: point, ordinal: ordinal, isEdge: isEdge)
        case .greaterU, .greaterEqualU:
            guard isNonNegative(view, i.a) else { return }
            addOrder(view, i.b, i.a, relation == .greaterU ? -1 : 0, at: point, ordinal: ordinal, isEdge: isEdge)
            add(i.b, isUpper: false, 0, 0, at: point, ordinal: ordinal, isEdge: isEdge)
        case .notEqual:
            // A length that is not 0 is at least 1.
            guard view.constant(i.b) == 0, isNonNegative(view, i.a) else { return }
            add(i.a, isUpper: false, 0, 1, at: point, ordinal: ordinal, isEdge: isEdge)
        }
    }
    /// Whether the value is not negative on account of its definition alone.
    private func isNonNegative(_ view: FunctionView, _ value: UInt32) -> Bool {
        let i = view[value]
        return i.opcode == .iconst && i.immediate >= 0
            || i.opcode == .load && i.aux == AliasClass.arrayLength.rawValue || i.opcode == .zeroExtend
    }

    // MARK: - Asking

    @inline(__always)
    private func holds(_ constraint: Constraint, at point: ProgramPoint, _ flow: borrowing FlowGraph) -> Bool {
        if constraint.isEdge { return constraint.point == point.edge }
        if constraint.point == point.block { return constraint.ordinal < point.ordinal }
        return flow.dominates(constraint.point, point.block)
    }
    /// The range of a value wherever it exists.
    @inline(__always)
    func range(_ view: FunctionView, _ value: UInt32) -> ValueRange {
        let range = ranges[value]
        if !range.isUnknown { return range }
        if let constant = view.constant(value) { return ValueRange(constant, constant) }
        return ValueRange(view[value].type)
    }

    /// The best numbers that bound `value` at `point` by a short chain of constraints.
    ///
    /// Mutating, as is everything here, because Swift copies a large noncopyable struct for calls that only read it.
    mutating func numericRange(
        _ view: FunctionView, _ flow: borrowing FlowGraph, _ value: UInt32, at point: ProgramPoint
    ) -> ValueRange {
        ValueRange(
            numericBound(view, flow, value, isUpper: false, at: point),
            numericBound(view, flow, value, isUpper: true, at: point))
    }
    private mutating func numericBound(
        _ view: FunctionView, _ flow: borrowing FlowGraph, _ value: UInt32, isUpper: Bool, at point: ProgramPoint,
        depth: Int = 0
    ) -> Int64 {
        let range = range(view, value)
        var best = isUpper ? range.high : range.low
        var id = isUpper ? upper[value] : lower[value]
        var steps = 0
        while id != 0 && steps < 8 {
            let constraint = constraints[Int(id)]
            id = constraint.next
            steps += 1
            guard holds(constraint, at: point, flow) else { continue }
            var bound = constraint.bound
            if constraint.other != 0 {
                if depth >= 2 { continue }
                let base = numericBound(view, flow, constraint.other, isUpper: isUpper, at: point, depth: depth + 1)
                let (sum, overflow) = base.addingReportingOverflow(bound)
                if overflow { continue }
                bound = sum
            }
            best = isUpper ? min(best, bound) : max(best, bound)
        }
        return best
    }

    /// Whether `value <= other + bound` (>= if not `isUpper`) is certain at `point`. `other` 0 is the number zero.
    mutating func prove(
        _ view: FunctionView, _ flow: borrowing FlowGraph, _ value: UInt32, isUpper: Bool, _ other: UInt32,
        _ bound: Int64, at point: ProgramPoint
    ) -> Bool {
        budget = ConstraintGraph.proofBudget
        // "<= (x + k) + bound" is "<= x + (k + bound)".
        var other = other
        var bound = bound
        for _ in 0..<4 where other != 0 {
            let i = view[other]
            let step: Int64
            if i.opcode == .iconst {
                step = i.immediate
                other = 0
            } else if i.opcode == .add || i.opcode == .addS || i.opcode == .subtract || i.opcode == .subtractS,
                let k = view.constant(i.b), k != .min, isExact(view, flow, other, i)
            {
                step = i.opcode == .add || i.opcode == .addS ? k : -k
                other = i.a
            } else {
                break
            }
            let (sum, overflow) = bound.addingReportingOverflow(step)
            if overflow { return false }
            bound = sum
        }
        return search(view, flow, value, isUpper, other, bound, point, 0)
    }

    private mutating func search(
        _ view: FunctionView, _ flow: borrowing FlowGraph, _ value: UInt32, _ isUpper: Bool, _ other: UInt32,
        _ bound: Int64, _ point: ProgramPoint, _ depth: Int
    ) -> Bool {
        if value == other { return isUpper ? bound >= 0 : bound <= 0 }
        budget -= 1
        if budget <= 0 || depth > 12 { return false }
        let own = range(view, value)
        let i = view[value]
        if other == 0 {
            if isUpper ? own.high <= bound : own.low >= bound { return true }
            if i.opcode == .iconst { return false }
        } else {
            let its = range(view, other)
            let (limit, overflow) = (isUpper ? its.low : its.high).addingReportingOverflow(bound)
            if !overflow && (isUpper ? own.high <= limit : own.low >= limit) { return true }
            if i.opcode == .iconst {
                // k <= other + bound iff other >= k - bound.
                let (needed, overflow) = i.immediate.subtractingReportingOverflow(bound)
                return !overflow && search(view, flow, other, !isUpper, 0, needed, point, depth + 1)
            }
        }
        var id = isUpper ? upper[value] : lower[value]
        while id != 0 {
            let constraint = constraints[Int(id)]
            id = constraint.next
            guard holds(constraint, at: point, flow) else { continue }
            let (rest, overflow) = bound.subtractingReportingOverflow(constraint.bound)
            if overflow { continue }
            if constraint.other != 0 {
                if search(view, flow, constraint.other, isUpper, other, rest, point, depth + 1) { return true }
            } else if other == 0 {
                if isUpper ? rest >= 0 : rest <= 0 { return true }
            } else {
                // constraint.bound <= other + bound iff other >= -rest.
                if rest != .min, search(view, flow, other, !isUpper, 0, -rest, point, depth + 1) { return true }
            }
            if budget <= 0 { return false }
        }
        return searchDefinition(view, flow, value, i, isUpper, other, bound, point, depth)
    }

    /// Continues a search through what defines `value`.
    private mutating func searchDefinition(
        _ view: FunctionView, _ flow: borrowing FlowGraph, _ value: UInt32, _ i: Instruction, _ isUpper: Bool,
        _ other: UInt32, _ bound: Int64, _ point: ProgramPoint, _ depth: Int
    ) -> Bool {
        switch i.opcode {
        case .add, .addS, .subtract, .subtractS:
            guard isExact(view, flow, value, i) else { return false }
            let isAdd = i.opcode == .add || i.opcode == .addS
            // Moves one operand, as the worst it can be, to the other side.
            func rest(_ range: ValueRange) -> Int64? {
                let worst = isUpper == isAdd ? range.high : range.low
                let (sum, overflow) =
                    isAdd ? bound.subtractingReportingOverflow(worst) : bound.addingReportingOverflow(worst)
                return overflow ? nil : sum
            }
            let right = range(view, i.b)
            if let rest = rest(right), search(view, flow, i.a, isUpper, other, rest, point, depth + 1) { return true }
            if isAdd {
                if right.low == right.high { return false }
                if let rest = rest(range(view, i.a)), search(view, flow, i.b, isUpper, other, rest, point, depth + 1) {
                    return true
                }
                if !isUpper && other == 0 && bound <= 0 {
                    return search(view, flow, i.a, false, 0, 0, point, depth + 1)
                        && search(view, flow, i.b, false, 0, 0, point, depth + 1)
                }
                return false
            }
            // a - b <= bound iff a <= b + bound.
            return other == 0 && right.low != right.high
                && search(view, flow, i.a, isUpper, i.b, bound, point, depth + 1)
        case .multiplyS:
            return !isUpper && other == 0 && bound <= 0 && search(view, flow, i.a, false, 0, 0, point, depth + 1)
                && search(view, flow, i.b, false, 0, 0, point, depth + 1)
        case .multiply:
            return exactness[value] == 1 && !isUpper && other == 0 && bound <= 0
                && search(view, flow, i.a, false, 0, 0, point, depth + 1)
                && search(view, flow, i.b, false, 0, 0, point, depth + 1)
        case .checkIndex:
            guard isUpper else { return false }
            let (rest, overflow) = bound.addingReportingOverflow(1)
            return !overflow && search(view, flow, i.b, true, other, rest, point, depth + 1)
        case .remainderS:
            guard isUpper else { return false }
            // The divisor is not 0 where a remainder is computed.
            if range(view, i.b).low >= 0 {
                let (rest, overflow) = bound.addingReportingOverflow(1)
                if !overflow, search(view, flow, i.b, true, other, rest, point, depth + 1) { return true }
            }
            return range(view, i.a).low >= 0 && search(view, flow, i.a, true, other, bound, point, depth + 1)
        case .divideS:
            return isUpper && range(view, i.b).low > 0 && range(view, i.a).low >= 0
                && search(view, flow, i.a, true, other, bound, point, depth + 1)
        case .shiftRightS, .shiftRightU, .remainderU, .divideU:
            return isUpper && range(view, i.a).low >= 0 && range(view, i.b).low >= 0
                && search(view, flow, i.a, true, other, bound, point, depth + 1)
        case .and:
            guard isUpper else { return false }
            return range(view, i.b).low >= 0 && search(view, flow, i.b, true, other, bound, point, depth + 1)
                || range(view, i.a).low >= 0 && search(view, flow, i.a, true, other, bound, point, depth + 1)
        case .signExtend, .copy: return search(view, flow, i.a, isUpper, other, bound, point, depth + 1)
        case .zeroExtend:
            return range(view, i.a).low >= 0 && search(view, flow, i.a, isUpper, other, bound, point, depth + 1)
        case .truncate:
            return ValueRange(i.type).contains(range(view, i.a))
                && search(view, flow, i.a, isUpper, other, bound, point, depth + 1)
        case .select:
            return search(view, flow, i.b, isUpper, other, bound, point, depth + 1)
                && search(view, flow, i.c, isUpper, other, bound, point, depth + 1)
        case .blockParameter:
            return searchParameter(view, flow, value, i.a, isUpper, other, bound, depth)
        default: return false
        }
    }

    /// All arguments for a parameter must have the bound, each at the end of its edge. While that is being shown, the
    /// parameter of an earlier turn of the loop may be assumed to have it (induction over the turns), which makes sense
    /// only for an `other` that is the same in all turns.
    private mutating func searchParameter(
        _ view: FunctionView, _ flow: borrowing FlowGraph, _ value: UInt32, _ block: UInt32, _ isUpper: Bool,
        _ other: UInt32, _ bound: Int64, _ depth: Int
    ) -> Bool {
        if block == 0 { return false }
        for k in 0..<active.count {
            let assumption = active[k]
            if assumption.value == value && assumption.other == other && assumption.isUpper == isUpper {
                return isUpper ? bound >= assumption.bound : bound <= assumption.bound
            }
        }
        if other != 0 {
            let home = blocks[other]
            guard home != block, flow.dominates(home, block) else { return false }
        }
        if active.count >= 4 { return false }
        active.push(Active(value: value, other: other, bound: bound, isUpper: isUpper))
        var index: UInt32 = 0
        var previous = view[value].previous.rawValue
        while previous != 0 {
            index += 1
            previous = view[previous].previous.rawValue
        }
        var isProved = true
        for p in flow.incoming(block) {
            let edge = flow.edge(p)
            let argument = view.pool[Int(view.edges[Int(edge)].start + index)]
            let point = ProgramPoint(block: flow.source(p), ordinal: ProgramPoint.last, edge: edge)
            if !search(view, flow, argument, isUpper, other, bound, point, depth + 1) {
                isProved = false
                break
            }
        }
        _ = active.pop()
        return isProved
    }

    /// Whether the arithmetic of `value` gives the mathematical result: it traps otherwise, or cannot wrap.
    mutating func isExact(_ view: FunctionView, _ flow: borrowing FlowGraph, _ value: UInt32, _ i: Instruction) -> Bool {
        switch i.opcode {
        case .addS, .subtractS, .multiplyS: return true
        case .add, .subtract: break
        default: return exactness[value] == 1
        }
        if exactness[value] == 1 { return true }
        guard let k = view.constant(i.b), k != .min else { return false }
        let step = i.opcode == .add ? k : -k
        let limits = ValueRange(i.type)
        let point = ProgramPoint(block: blocks[value], ordinal: ordinals[value], edge: FlowGraph.none)
        let exact =
            step >= 0
            ? numericBound(view, flow, i.a, isUpper: true, at: point) <= limits.high - step
            : numericBound(view, flow, i.a, isUpper: false, at: point) >= limits.low - step
        if exact { exactness[value] = 1 }
        return exact
    }
}

// Pass `eliminateChecks`: removes checks that cannot fail: bounds, overflow, `trapIf`, and branches whose way follows
// from inequalities. A first walk collects what branches and checks establish (ConstraintGraph.swift), a second one
// computes ranges and asks for proofs where something can be gained.

internal import Support

extension PassContext {
    /// See the top of this file. Linear, apart from proofs, each of which has a bound on its steps.
    ///
    /// Only in functions with loops: elsewhere a check costs little, and those that repeat are gone already.
    func eliminateChecks(_ function: inout MIRFunction) {
        updateFlow(&function, .control)
        if !flow.hasRetreatingEdges { return }
        updateFlow(&function, .dominators)
        forward.prepare(function.instructions.count, filledWith: 0)
        let changedFlow = function.withView { view in
            facts.reset(view)
            collectConstraints(view)
            var changed = false
            for i in 0..<flow.count {
                let block = flow.block(i)
                rangeParameters(view, block)
                if checkBlock(view, block) { changed = true }
            }
            return changed
        }
        if changedFlow { flow.invalidate() }
    }

    private func collectConstraints(_ view: FunctionView) {
        var ordinal: UInt32 = 0
        for i in 0..<flow.count {
            let block = flow.block(i)
            var value = view.blocks[Int(block)].firstParameter.rawValue
            while value != 0 {
                facts.blocks[value] = block
                value = view[value].next.rawValue
            }
            value = view.blocks[Int(block)].first.rawValue
            while value != 0 {
                ordinal += 1
                facts.blocks[value] = block
                facts.ordinals[value] = ordinal
                switch view.opcode(value) {
                case .trapIf:
                    facts.add(
                        view, condition: view[value].a, isTrue: false, at: block, ordinal: ordinal, isEdge: false)
                case .checkBounds:
                    let (index, length) = (view[value].a, view[value].b)
                    facts.addOrder(view, index, length, -1, at: block, ordinal: ordinal, isEdge: false)
                    facts.add(index, isUpper: false, 0, 0, at: block, ordinal: ordinal, isEdge: false)
                case .checkIndex:
                    let (index, length) = (view[value].a, view[value].b)
                    facts.addOrder(view, index, length, -1, at: block, ordinal: ordinal, isEdge: false)
                    facts.add(length, isUpper: false, 0, 1, at: block, ordinal: ordinal, isEdge: false)
                case .branch: collectFromBranch(view, value, block)
                default: break
                }
                value = view[value].next.rawValue
            }
        }
    }
    private func collectFromBranch(_ view: FunctionView, _ value: UInt32, _ block: UInt32) {
        let branch = view[value]
        let opcode = view.opcode(branch.a)
        guard opcode == .icmp || opcode == .and || opcode == .or, branch.b != branch.c else { return }
        for (edge, isTrue) in [(branch.b, true), (branch.c, false)] {
            let target = view.edges[Int(edge)].target.rawValue
            let isEdge = flow.incoming(target).count != 1
            facts.add(
                view, condition: branch.a, isTrue: isTrue, at: isEdge ? edge : target, ordinal: 0, isEdge: isEdge)
        }
    }

    // MARK: - Ranges

    private func rangeParameters(_ view: FunctionView, _ block: UInt32) {
        if block == 0 { return }
        var parameter = view.blocks[Int(block)].firstParameter.rawValue
        var k: UInt32 = 0
        while parameter != 0 {
            let type = view[parameter].type
            if type.isInteger {
                var range = ValueRange.unknown
                var isLoop = false
                for p in flow.incoming(block) {
                    if flow.isRetreating(from: flow.source(p), to: block) {
                        isLoop = true
                        continue
                    }
                    let edge = flow.edge(p)
                    let argument = resolve(view.pool[Int(view.edges[Int(edge)].start + k)])
                    let its = facts.range(view, argument)
                    range = range.isUnknown ? its : range.union(its)
                }
                if range.isUnknown { range = ValueRange(type) }
                if isLoop { range = rangeOfLoopParameter(view, parameter, block, range, ValueRange(type)) }
                facts.ranges[parameter] = range
            }
            parameter = view[parameter].next.rawValue
            k += 1
        }
    }
    /// A parameter that starts in `start`: keeps the ends of `start` that no turn of the loop crosses.
    private func rangeOfLoopParameter(
        _ view: FunctionView, _ parameter: UInt32, _ block: UInt32, _ start: ValueRange, _ whole: ValueRange
    ) -> ValueRange {
        var result = whole
        let point = ProgramPoint(block: block, ordinal: 0, edge: FlowGraph.none)
        if start.low > whole.low, facts.prove(view, flow, parameter, isUpper: false, 0, start.low, at: point) {
            result.low = start.low
        } else if start.low > 0, facts.prove(view, flow, parameter, isUpper: false, 0, 0, at: point) {
            result.low = 0
        }
        if start.high < whole.high, facts.prove(view, flow, parameter, isUpper: true, 0, start.high, at: point) {
            result.high = start.high
        }
        return result
    }

    /// The range of the result of an instruction whose operands have theirs.
    private func range(_ view: FunctionView, _ value: UInt32) -> ValueRange? {
        let i = view[value]
        let whole = ValueRange(i.type)
        switch i.opcode {
        case .icmp, .fcmp: return ValueRange(0, 1)
        case .load:
            if i.aux == AliasClass.arrayLength.rawValue || i.aux == AliasClass.arrayCapacity.rawValue {
                return ValueRange(0, 1 << 48)
            }
            return nil
        case .zeroExtend:
            let source = facts.range(view, i.a)
            if source.low >= 0 { return source }
            let width = Int64(view[i.a].type.size * 8)
            return width < 64 ? ValueRange(0, (1 << width) - 1) : nil
        case .signExtend: return facts.range(view, i.a)
        case .truncate:
            let source = facts.range(view, i.a)
            return whole.contains(source) ? source : nil
        case .and:
            let (x, y) = (facts.range(view, i.a), facts.range(view, i.b))
            if x.low >= 0 && y.low >= 0 { return ValueRange(0, min(x.high, y.high)) }
            if y.low >= 0 { return ValueRange(0, y.high) }
            return x.low >= 0 ? ValueRange(0, x.high) : nil
        case .or, .xor:
            let (x, y) = (facts.range(view, i.a), facts.range(view, i.b))
            guard x.low >= 0 && y.low >= 0 else { return nil }
            let bits = 64 - (x.high | y.high).leadingZeroBitCount
            return ValueRange(0, bits >= 63 ? .max : (1 << Int64(bits)) - 1)
        case .shiftRightU:
            guard let count = view.constant(i.b), count > 0 else { return nil }
            let x = facts.range(view, i.a)
            if x.low >= 0 { return ValueRange(x.low >> count, x.high >> count) }
            return ValueRange(0, Int64(bitPattern: ConstantFolding.unsigned(-1, i.type) >> UInt64(count)))
        case .shiftRightS:
            guard let count = view.constant(i.b), count >= 0 else { return nil }
            let x = facts.range(view, i.a)
            return ValueRange(x.low >> count, x.high >> count)
        case .shiftLeft:
            guard let count = view.constant(i.b), count >= 0, count < 63 else { return nil }
            let x = facts.range(view, i.a)
            guard x.low >= 0, x.high <= whole.high >> count else { return nil }
            return ValueRange(x.low << count, x.high << count)
        case .remainderS:
            let (x, y) = (facts.range(view, i.a), facts.range(view, i.b))
            let limit = y.low > 0 ? y.high - 1 : Int64.max
            if x.low >= 0 { return ValueRange(0, min(x.high, limit)) }
            return y.low > 0 ? ValueRange(-limit, min(limit, max(x.high, 0))) : nil
        case .remainderU:
            guard let y = view.constant(i.b), y > 0 else { return nil }
            return ValueRange(0, y - 1)
        case .divideS:
            guard let y = view.constant(i.b), y > 0 else { return nil }
            let x = facts.range(view, i.a)
            return ValueRange(x.low / y, x.high / y)
        case .divideU:
            guard let y = view.constant(i.b), y > 0 else { return nil }
            let x = facts.range(view, i.a)
            return x.low >= 0 ? ValueRange(x.low / y, x.high / y) : nil
        case .countLeadingZeros, .countTrailingZeros, .populationCount: return ValueRange(0, 64)
        case .select: return facts.range(view, i.b).union(facts.range(view, i.c))
        case .checkIndex: return ValueRange(0, max(facts.range(view, i.b).high - 1, 0))
        case .addS, .subtractS, .multiplyS, .add, .subtract, .multiply:
            guard let exact = arithmetic(i.opcode, facts.range(view, i.a), facts.range(view, i.b)) else { return nil }
            let isWithin =
                i.type == .i64
                ? isExactIn64Bits(i.opcode, facts.range(view, i.a), facts.range(view, i.b)) : whole.contains(exact)
            if isWithin { return exact }
            guard i.opcode.isCheckedArithmetic || facts.exactness[value] == 1 else { return nil }
            let clamped = ValueRange(max(exact.low, whole.low), min(exact.high, whole.high))
            return clamped.isUnknown ? nil : clamped
        default: return nil
        }
    }

    /// The results that arithmetic on the ranges can have, saturated to 64 bits; nil for other instructions.
    private func arithmetic(_ opcode: Opcode, _ x: ValueRange, _ y: ValueRange) -> ValueRange? {
        func saturate(_ result: (partialValue: Int64, overflow: Bool), isNegative: Bool) -> Int64 {
            result.overflow ? (isNegative ? .min : .max) : result.partialValue
        }
        switch opcode {
        case .add, .addS:
            return ValueRange(
                saturate(x.low.addingReportingOverflow(y.low), isNegative: x.low < 0),
                saturate(x.high.addingReportingOverflow(y.high), isNegative: x.high < 0))
        case .subtract, .subtractS:
            return ValueRange(
                saturate(x.low.subtractingReportingOverflow(y.high), isNegative: x.low < 0),
                saturate(x.high.subtractingReportingOverflow(y.low), isNegative: x.high < 0))
        case .multiply, .multiplyS:
            func product(_ a: Int64, _ b: Int64) -> Int64 {
                saturate(a.multipliedReportingOverflow(by: b), isNegative: (a < 0) != (b < 0))
            }
            let products = (
                product(x.low, y.low), product(x.low, y.high), product(x.high, y.low), product(x.high, y.high)
            )
            return ValueRange(
                min(min(products.0, products.1), min(products.2, products.3)),
                max(max(products.0, products.1), max(products.2, products.3)))
        default: return nil
        }
    }

    // MARK: - Checks

    /// Returns whether an edge went away.
    private func checkBlock(_ view: FunctionView, _ block: UInt32) -> Bool {
        var changed = false
        var value = view.blocks[Int(block)].first.rawValue
        while value != 0 {
            let next = view[value].next.rawValue
            let opcode = view.opcode(value)
            let fields = opcode.fields
            if fields.rawValue != 0 { resolveOperands(view, value, fields) }
            let point = ProgramPoint(block: block, ordinal: facts.ordinals[value], edge: FlowGraph.none)
            switch opcode {
            case .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU:
                uncheckArithmetic(view, value, opcode, point)
            case .add, .subtract:
                if facts.isExact(view, flow, value, view[value]) { facts.exactness[value] = 1 }
            case .checkIndex: checkIndex(view, value, block, point)
            case .checkBounds:
                let i = view[value]
                if proveLower(view, i.a, 0, point), facts.prove(view, flow, i.a, isUpper: true, i.b, -1, at: point) {
                    view.unlink(value, from: Int(block))
                }
            case .trapIf:
                if evaluate(view, view[value].a, point) == false { view.unlink(value, from: Int(block)) }
            case .remainderS, .divideS:
                // Cheaper by constants, and by powers of two above all.
                let i = view[value]
                if let divisor = view.constant(i.b), divisor > 0, proveLower(view, i.a, 0, point) {
                    view[value].opcode = opcode == .remainderS ? .remainderU : .divideU
                }
            case .branch:
                guard let truth = evaluate(view, view[value].a, point) else { break }
                view[value] = jump(view[value], truth ? view[value].b : view[value].c)
                changed = true
            default: break
            }
            if view[value].type.isInteger, view.isLinked(value, in: Int(block)), let range = range(view, value) {
                facts.ranges[value] = range
            }
            value = next
        }
        return changed
    }
    private func jump(_ branch: Instruction, _ edge: UInt32) -> Instruction {
        var jump = Instruction(.jump, a: edge, position: branch.position, scope: branch.scope)
        jump.previous = branch.previous
        return jump
    }
    private func proveLower(_ view: FunctionView, _ value: UInt32, _ bound: Int64, _ point: ProgramPoint) -> Bool {
        facts.prove(view, flow, value, isUpper: false, 0, bound, at: point)
    }

    private func checkIndex(_ view: FunctionView, _ value: UInt32, _ block: UInt32, _ point: ProgramPoint) {
        let i = view[value]
        guard proveLower(view, i.a, 0, point) else { return }
        forward[value] = i.a
        if facts.prove(view, flow, i.a, isUpper: true, i.b, -1, at: point) {
            view.unlink(value, from: Int(block))
        } else {
            view[value].opcode = .checkBounds
            view[value].type = .none
        }
    }

    private func uncheckArithmetic(
        _ view: FunctionView, _ value: UInt32, _ opcode: Opcode, _ point: ProgramPoint
    ) {
        let i = view[value]
        let whole = ValueRange(i.type)
        let (x, y) = (bounds(view, i.a, point), bounds(view, i.b, point))
        switch opcode {
        case .addS, .subtractS, .multiplyS:
            guard let result = arithmetic(opcode, x, y) else { return }
            // At 64 bits, a saturated bound is no proof.
            let isProved =
                i.type == .i64 ? isExactIn64Bits(opcode, x, y) : whole.contains(result)
            guard isProved || proveStep(view, i, y, point) else { return }
            view[value].opcode = opcode == .addS ? .add : opcode == .subtractS ? .subtract : .multiply
        default:
            // Unsigned, with operands that are small enough to be signed: the result is then exact in both senses.
            guard x.low >= 0, y.low >= 0 else { return }
            let signed: Opcode = opcode == .addU ? .addS : opcode == .subtractU ? .subtractS : .multiplyS
            if opcode == .subtractU {
                guard x.low >= y.high || facts.prove(view, flow, i.a, isUpper: false, i.b, 0, at: point) else { return }
            } else {
                guard let result = arithmetic(signed, x, y), whole.contains(result),
                    i.type != .i64 || isExactIn64Bits(signed, x, y)
                else { return }
            }
            view[value].opcode = opcode == .addU ? .add : opcode == .subtractU ? .subtract : .multiply
        }
        facts.exactness[value] = 1
    }
    private func isExactIn64Bits(_ opcode: Opcode, _ x: ValueRange, _ y: ValueRange) -> Bool {
        switch opcode {
        case .add, .addS:
            return !x.low.addingReportingOverflow(y.low).overflow && !x.high.addingReportingOverflow(y.high).overflow
        case .subtract, .subtractS:
            return !x.low.subtractingReportingOverflow(y.high).overflow
                && !x.high.subtractingReportingOverflow(y.low).overflow
        default:
            return !x.low.multipliedReportingOverflow(by: y.low).overflow
                && !x.low.multipliedReportingOverflow(by: y.high).overflow
                && !x.high.multipliedReportingOverflow(by: y.low).overflow
                && !x.high.multipliedReportingOverflow(by: y.high).overflow
        }
    }
    /// x + k or x - k for a constant k: asks for the one bound of x that is needed.
    private func proveStep(_ view: FunctionView, _ i: Instruction, _ y: ValueRange, _ point: ProgramPoint) -> Bool {
        guard y.low == y.high, y.low != .min, i.opcode != .multiplyS else { return false }
        let step = i.opcode == .addS ? y.low : -y.low
        let whole = ValueRange(i.type)
        return step >= 0
            ? facts.prove(view, flow, i.a, isUpper: true, 0, whole.high - step, at: point)
            : facts.prove(view, flow, i.a, isUpper: false, 0, whole.low - step, at: point)
    }

    /// The value of a comparison at a point, if it is certain.
    private func evaluate(_ view: FunctionView, _ condition: UInt32, _ point: ProgramPoint) -> Bool? {
        let i = view[condition]
        guard i.opcode == .icmp, view[i.a].type.isInteger, let relation = IntegerCondition(rawValue: i.condition) else {
            return nil
        }
        switch relation {
        case .lessS: return evaluateLess(view, i.a, i.b, -1, point)
        case .lessEqualS: return evaluateLess(view, i.a, i.b, 0, point)
        case .greaterS: return evaluateLess(view, i.a, i.b, 0, point).map { !$0 }
        case .greaterEqualS: return evaluateLess(view, i.a, i.b, -1, point).map { !$0 }
        case .equal, .notEqual:
            let x = bounds(view, i.a, point)
            let y = bounds(view, i.b, point)
            return x.high < y.low || y.high < x.low ? relation == .notEqual : nil
        case .lessU, .lessEqualU, .greaterU, .greaterEqualU:
            let x = bounds(view, i.a, point)
            let y = bounds(view, i.b, point)
            guard x.low >= 0, y.low >= 0 else { return nil }
            switch relation {
            case .lessU: return evaluateLess(view, i.a, i.b, -1, point)
            case .lessEqualU: return evaluateLess(view, i.a, i.b, 0, point)
            case .greaterU: return evaluateLess(view, i.a, i.b, 0, point).map { !$0 }
            default: return evaluateLess(view, i.a, i.b, -1, point).map { !$0 }
            }
        }
    }
    private func bounds(_ view: FunctionView, _ value: UInt32, _ point: ProgramPoint) -> ValueRange {
        facts.numericRange(view, flow, value, at: point)
    }
    /// Whether x <= y + bound, if it is certain.
    private func evaluateLess(
        _ view: FunctionView, _ x: UInt32, _ y: UInt32, _ bound: Int64, _ point: ProgramPoint
    ) -> Bool? {
        if facts.prove(view, flow, x, isUpper: true, y, bound, at: point) { return true }
        if facts.prove(view, flow, x, isUpper: false, y, bound + 1, at: point) { return false }
        return nil
    }
}

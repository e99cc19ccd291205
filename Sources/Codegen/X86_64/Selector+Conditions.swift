internal import MIR
internal import Support

// Comparisons, and what is decided by them.

/// What the flags must say for a condition to hold.
enum FlagCondition {
    case single(ConditionCode)
    /// After ucomis: equal and not unordered.
    case floatEqual
    /// After ucomis: not equal or unordered.
    case floatNotEqual

    var inverted: FlagCondition {
        switch self {
        case .single(let code): .single(code.inverted)
        case .floatEqual: .floatNotEqual
        case .floatNotEqual: .floatEqual
        }
    }
}

extension FunctionGenerator {
    /// Sets the flags from an i8 that is true or false, or from the comparison fused into its use.
    mutating func emitCondition(_ value: UInt32) -> FlagCondition {
        let state = values.base + Int(value)
        let current = instructions + Int(value)
        if state.pointee.flags.contains(.fused) { return emitComparison(current) }
        switch operand(value) {
        case let place where place.kind == .register: code.test(.byte, place.register, place.register)
        case let place where place.kind == .memory: code.arithmetic(.cmp, .byte, place, immediate: 0)
        case let place:
            code.moveImmediate(.r11, Int64(place.immediate & 1))
            code.test(.double, .r11, .r11)
        }
        return .single(.ne)
    }

    private mutating func emitComparison(_ current: UnsafePointer<Instruction>) -> FlagCondition {
        if current.pointee.opcode == .icmp {
            guard let condition = IntegerCondition(rawValue: current.pointee.condition) else {
                preconditionFailure("unknown condition")
            }
            return .single(emitIntegerComparison(current.pointee.a, current.pointee.b, condition))
        }
        guard let condition = FloatCondition(rawValue: current.pointee.condition) else {
            preconditionFailure("unknown condition")
        }
        // ucomis sets CF, ZF and PF on NaN: "above" is false then, "below" would be true. So a < b is b > a.
        switch condition {
        case .equal:
            emitFloatComparison(current.pointee.a, current.pointee.b)
            return .floatEqual
        case .notEqual:
            emitFloatComparison(current.pointee.a, current.pointee.b)
            return .floatNotEqual
        case .greater:
            emitFloatComparison(current.pointee.a, current.pointee.b)
            return .single(.a)
        case .greaterEqual:
            emitFloatComparison(current.pointee.a, current.pointee.b)
            return .single(.ae)
        case .less:
            emitFloatComparison(current.pointee.b, current.pointee.a)
            return .single(.a)
        case .lessEqual:
            emitFloatComparison(current.pointee.b, current.pointee.a)
            return .single(.ae)
        }
    }

    private mutating func emitFloatComparison(_ a: UInt32, _ b: UInt32) {
        let single = instructions[Int(a)].type == .f32
        let first = operand(a)
        let second = operand(b)
        var register = Register.xmm15
        if first.kind == .register { register = first.register } else { moveFloat(.xmm15, first, single: single) }
        code.compareFloat(single: single, register, second)
    }

    /// cmp; returns the condition code to test, which takes a swap of the operands into account.
    mutating func emitIntegerComparison(_ a: UInt32, _ b: UInt32, _ condition: IntegerCondition) -> ConditionCode {
        let size = operandSize(instructions[Int(a)].type)
        var condition = condition
        var first = operand(a)
        var second = operand(b)
        if first.kind == .immediate && second.kind != .immediate {
            swap(&first, &second)
            condition = condition.swapped
        }
        switch (first.kind, second.kind) {
        case (.register, .immediate):
            if second.immediate == 0 {
                code.test(size, first.register, first.register)
            } else {
                code.arithmetic(.cmp, size, first.register, second)
            }
        case (.register, _): code.arithmetic(.cmp, size, first.register, second)
        case (.memory, .immediate): code.arithmetic(.cmp, size, first, immediate: second.immediate)
        case (.memory, .register): code.arithmetic(.cmp, size, first.memory, second.register)
        case (.memory, .memory):
            if second.memory.uses(.r11) {
                code.load(size, .r11, second.memory)
                code.arithmetic(.cmp, size, first.memory, .r11)
            } else {
                code.load(size, .r11, first.memory)
                code.arithmetic(.cmp, size, .r11, second)
            }
        case (.immediate, _):
            move(.r11, first, size)
            code.arithmetic(.cmp, size, .r11, second)
        }
        return conditionCode(condition)
    }

    private func conditionCode(_ condition: IntegerCondition) -> ConditionCode {
        switch condition {
        case .equal: .e
        case .notEqual: .ne
        case .lessS: .l
        case .lessEqualS: .le
        case .greaterS: .g
        case .greaterEqualS: .ge
        case .lessU: .b
        case .lessEqualU: .be
        case .greaterU: .a
        case .greaterEqualU: .ae
        }
    }

    /// icmp or fcmp whose result is a value.
    mutating func emitCompareValue(_ value: ValueID) {
        let to = destination(value)
        switch emitComparison(instruction(value)) {
        case .single(let condition): code.set(condition, to)
        case .floatEqual:
            code.set(.e, to)
            let skip = code.shortJump(.np)
            code.moveImmediate(to, 0)
            code.endShortJump(skip)
        case .floatNotEqual:
            code.set(.ne, to)
            let skip = code.shortJump(.np)
            code.moveImmediate(to, 1)
            code.endShortJump(skip)
        }
        finish(value, to)
    }

    // MARK: Select

    mutating func emitSelect(_ value: ValueID, _ current: UnsafePointer<Instruction>) {
        let to = destination(value)
        let condition = emitCondition(current.pointee.a)
        if !to.isFloat, case .single(let test) = condition {
            emitConditionalMove(value, current, to, test)
            return
        }
        // Copy one, jump over the copy of the other. None of the copies changes the flags.
        let ifTrue = values[Int(current.pointee.b)].register
        if ifTrue == to && ifTrue.exists {
            let skips = shortJump(if: condition)
            copyOperand(current.pointee.c, to)
            endShortJump(skips)
        } else {
            copyOperand(current.pointee.c, to)
            let skips = shortJump(if: condition.inverted)
            copyOperand(current.pointee.b, to)
            endShortJump(skips)
        }
        finish(value, to)
    }

    private mutating func emitConditionalMove(
        _ value: ValueID, _ current: UnsafePointer<Instruction>, _ to: Register, _ test: ConditionCode
    ) {
        let size = fullSize(current.pointee.type)
        let wide = size == .quad
        let ifTrue = operand(current.pointee.b)
        let ifFalse = operand(current.pointee.c)
        if ifTrue.isRegister(to) {
            let other = inRegisterOrMemory(ifFalse, to)
            code.conditionalMove(test.inverted, to, other, wide: wide)
        } else {
            move(to, ifFalse, size, keepFlags: true)
            code.conditionalMove(test, to, inRegisterOrMemory(ifTrue, to), wide: wide)
        }
        finish(value, to)
    }



    /// cmov has no immediate form.
    private mutating func inRegisterOrMemory(_ operand: Operand, _ to: Register) -> Operand {
        if operand.kind != .immediate { return operand }
        if to == .r11 { return Operand(constants.memory(quad: UInt64(bitPattern: Int64(operand.immediate)))) }
        code.moveImmediate(.r11, Int64(operand.immediate), keepFlags: true)
        return Operand(.r11)
    }

    /// Copies any value into a register of its class; keeps the flags.
    private mutating func copyOperand(_ value: UInt32, _ to: Register) {
        if values[Int(value)].flags.contains(.rematerialised) {
            materialise(ValueID(rawValue: value), to, keepFlags: true)
        } else if to.isFloat {
            moveFloat(to, operand(value), single: instructions[Int(value)].type == .f32)
        } else {
            move(to, operand(value), fullSize(instructions[Int(value)].type), keepFlags: true)
        }
    }

    /// One or two short jumps, to the same place.
    private mutating func shortJump(if condition: FlagCondition) -> (Int, Int?) {
        switch condition {
        case .single(let code): return (self.code.shortJump(code), nil)
        case .floatNotEqual:
            let first = code.shortJump(.ne)
            return (first, code.shortJump(.p))
        case .floatEqual:
            let unordered = code.shortJump(.p)
            let equal = code.shortJump(.e)
            code.endShortJump(unordered)
            return (equal, nil)
        }
    }
    private mutating func endShortJump(_ jumps: (Int, Int?)) {
        code.endShortJump(jumps.0)
        if let second = jumps.1 { code.endShortJump(second) }
    }

    // MARK: Traps

    mutating func emitTrapIf(_ current: UnsafePointer<Instruction>) {
        let word = Int32(truncatingIfNeeded: current.pointee.immediate)
        switch emitCondition(current.pointee.a) {
        case .single(let condition): emitTrap(condition, word)
        case .floatNotEqual:
            emitTrap(.ne, word)
            emitTrap(.p, word)
        case .floatEqual:
            let unordered = code.shortJump(.p)
            emitTrap(.e, word)
            code.endShortJump(unordered)
        }
    }

    // MARK: Branches

    mutating func emitBranch(_ current: UnsafePointer<Instruction>) {
        let ifTrue = edges[Int(current.pointee.b)]
        let ifFalse = edges[Int(current.pointee.c)]
        let condition = emitCondition(current.pointee.a)
        let next = emissionIndex + 1 < layout.count ? layout[emissionIndex + 1] : .max
        if ifTrue.target.rawValue == next {
            emitBranch(condition.inverted, taken: ifFalse, other: ifTrue)
        } else {
            emitBranch(condition, taken: ifTrue, other: ifFalse)
        }
    }

    private mutating func emitBranch(_ condition: FlagCondition, taken: Edge, other: Edge) {
        prepareMoves(taken)
        if moves.isEmpty && !edgeHasConstants(taken) {
            jump(if: condition, to: taken.target)
        } else {
            // The moves of the taken edge stand in line, jumped over.
            var skips: (Int, Int?)
            switch condition.inverted {
            case .single(let code): skips = (self.code.jumpForward(code), nil)
            case .floatNotEqual:
                skips.0 = code.jumpForward(.ne)
                skips.1 = code.jumpForward(.p)
            case .floatEqual:
                let unordered = code.shortJump(.p)
                skips = (code.jumpForward(.e), nil)
                code.endShortJump(unordered)
            }
            executeMoves()
            emitEdgeConstants(taken)
            jump(to: taken.target)
            code.patchJump(at: skips.0, to: code.count)
            if let second = skips.1 { code.patchJump(at: second, to: code.count) }
        }
        emitJump(other)
    }

    /// Moves the arguments and goes to the target, by falling through if it comes next.
    mutating func emitJump(_ edge: Edge) {
        if edge.count != 0 {
            prepareMoves(edge)
            executeMoves()
            emitEdgeConstants(edge)
        }
        let next = emissionIndex + 1 < layout.count ? layout[emissionIndex + 1] : .max
        if edge.target.rawValue != next { jump(to: edge.target) }
    }

    mutating func jump(to target: BlockID) {
        let offset = blockStates[target.index].codeOffset
        if offset >= 0 {
            code.jump(to: Int(offset))
        } else {
            branchFixups.append(
                BranchFixup(offset: UInt32(truncatingIfNeeded: code.jumpForward()), target: target.rawValue))
        }
    }

    private mutating func jump(_ condition: ConditionCode, to target: BlockID) {
        let offset = blockStates[target.index].codeOffset
        if offset >= 0 {
            code.jump(condition, to: Int(offset))
        } else {
            branchFixups.append(
                BranchFixup(offset: UInt32(truncatingIfNeeded: code.jumpForward(condition)), target: target.rawValue))
        }
    }

    private mutating func jump(if condition: FlagCondition, to target: BlockID) {
        switch condition {
        case .single(let code): jump(code, to: target)
        case .floatNotEqual:
            jump(.ne, to: target)
            jump(.p, to: target)
        case .floatEqual:
            let unordered = code.shortJump(.p)
            jump(.e, to: target)
            code.endShortJump(unordered)
        }
    }

    // MARK: Edges

    /// Collects the moves of an edge's arguments that have places.
    mutating func prepareMoves(_ edge: Edge) {
        moves.begin()
        if edge.count == 0 { return }
        var parameter = blocks[edge.target.index].firstParameter
        for argument in arguments(edge) {
            let to = location(parameter.rawValue)
            if to.exists && !values[Int(argument)].flags.contains(.rematerialised) {
                moves.add(to: to, from: location(argument))
            }
            parameter = instructions[parameter.index].next
        }
    }

    private mutating func edgeHasConstants(_ edge: Edge) -> Bool {
        var parameter = edge.count == 0 ? ValueID.none : blocks[edge.target.index].firstParameter
        for argument in arguments(edge) {
            if values[Int(argument)].flags.contains(.rematerialised), location(parameter.rawValue).exists { return true }
            parameter = instructions[parameter.index].next
        }
        return false
    }

    /// Makes the constants among an edge's arguments; behind its moves, whose sources they could overwrite.
    mutating func emitEdgeConstants(_ edge: Edge) {
        if edge.count == 0 { return }
        var parameter = blocks[edge.target.index].firstParameter
        for argument in arguments(edge) {
            if values[Int(argument)].flags.contains(.rematerialised) {
                let to = location(parameter.rawValue)
                if to.exists { materialise(argument, at: to) }
            }
            parameter = instructions[parameter.index].next
        }
    }

    /// Puts a constant or address into any place; may use r11.
    mutating func materialise(_ value: UInt32, at place: Location) {
        if place.isRegister {
            materialise(ValueID(rawValue: value), place.register)
            return
        }
        let current = instructions + Int(value)
        switch current.pointee.opcode {
        case .iconst, .fconst:
            if let short = Int32(exactly: current.pointee.immediate) {
                code.store(.quad, place.memory, immediate: short)
            } else {
                code.moveImmediate(.r11, current.pointee.immediate)
                code.store(.quad, place.memory, .r11)
            }
        default:
            materialise(ValueID(rawValue: value), .r11)
            code.store(.quad, place.memory, .r11)
        }
    }

    /// Emits the moves collected in `moves`. Uses r11 and xmm15; keeps the flags.
    mutating func executeMoves() {
        if moves.isEmpty { return }
        moves.resolve()
        // r11 holds a saved place from when it is written until it is read for the last time; moves from memory to
        // memory in between go over the stack.
        var savedReads = 0
        for i in 0..<moves.steps.count where moves.steps[i].from == Location(.r11) { savedReads += 1 }
        var holds = false
        for i in 0..<moves.steps.count {
            let step = moves.steps[i]
            if step.to == Location(.r11) { holds = true }
            if step.from == Location(.r11) {
                savedReads -= 1
                if savedReads == 0 { holds = false }
            }
            if step.to.isRegister {
                let to = step.to.register
                if step.from.isRegister {
                    if to.isFloat { code.moveFloat(to, step.from.register) } else { code.move(to, step.from.register) }
                } else if to.isFloat {
                    code.loadFloat(single: false, to, step.from.memory)
                } else {
                    code.load(.quad, to, step.from.memory)
                }
            } else if step.from.isRegister {
                store(step.from.register, step.to.memory)
            } else if holds {
                code.push(step.from.memory)
                code.pop(step.to.memory)
            } else {
                code.load(.quad, .r11, step.from.memory)
                code.store(.quad, step.to.memory, .r11)
            }
        }
    }

    // MARK: Switch

    mutating func emitSwitch(_ current: UnsafePointer<Instruction>) {
        let cases = list(current.pointee.b)
        let defaultEdge = edges[Int(current.pointee.c)]
        let type = instructions[Int(current.pointee.a)].type
        let size = operandSize(type)
        var register = Register.r11
        switch operand(current.pointee.a) {
        case let place where place.kind == .register: register = place.register
        case let place: move(.r11, place, size)
        }
        switchCases.removeAll()
        var i = 0
        while i + 2 < cases.count {
            let bits = Int64(bitPattern: UInt64(cases[i]) | UInt64(cases[i + 1]) << 32)
            let unused = Int64(64 - type.size * 8)
            switchCases.append(SwitchCase(value: (bits << unused) >> unused, edge: cases[i + 2]))
            i += 3
        }
        if switchCases.count > 4 {
            var sorted = UnsafeMutableBufferPointer(start: switchCases.base, count: switchCases.count)
            sorted.sort { $0.value < $1.value }
        }
        switchStubs.removeAll()
        emitSwitch(register, size, 0, switchCases.count, defaultEdge)
        for i in 0..<switchStubs.count {
            let stub = switchStubs[i]
            code.patchJump(at: Int(stub.offset), to: code.count)
            let edge = edges[Int(stub.target)]
            prepareMoves(edge)
            executeMoves()
            emitEdgeConstants(edge)
            jump(to: edge.target)
        }
    }

    /// Binary search over the sorted cases `from..<to`, linear at its end.
    private mutating func emitSwitch(_ register: Register, _ size: OperandSize, _ from: Int, _ to: Int, _ other: Edge) {
        if to - from <= 4 {
            for i in from..<to {
                compare(register, size, with: switchCases[i].value)
                let edge = edges[Int(switchCases[i].edge)]
                if edge.count == 0 {
                    jump(.e, to: edge.target)
                } else {
                    switchStubs.append(
                        BranchFixup(
                            offset: UInt32(truncatingIfNeeded: code.jumpForward(.e)), target: switchCases[i].edge))
                }
            }
            prepareMoves(other)
            executeMoves()
            emitEdgeConstants(other)
            jump(to: other.target)
            return
        }
        let middle = (from + to) / 2
        compare(register, size, with: switchCases[middle].value)
        let lower = code.jumpForward(.l)
        emitSwitch(register, size, middle, to, other)
        code.patchJump(at: lower, to: code.count)
        emitSwitch(register, size, from, middle, other)
    }

    private mutating func compare(_ register: Register, _ size: OperandSize, with value: Int64) {
        if let short = Int32(exactly: value) {
            code.arithmetic(.cmp, size, Operand(register), immediate: short)
        } else {
            code.arithmetic(.cmp, size, register, Operand(constants.memory(quad: UInt64(bitPattern: value))))
        }
    }
}

/// A case of a `switchInt`.
struct SwitchCase: BitwiseCopyable {
    /// Sign-extended from the type's width.
    var value: Int64
    var edge: UInt32
}

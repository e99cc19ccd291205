internal import Support

/// What an instruction turned out to be.
enum FoldResult {
    /// Nothing better.
    case unchanged
    /// Rewritten in place into a better instruction of the same value.
    case rewritten
    /// The value of another instruction.
    case value(UInt32)
    /// Has no effect and no result that is used.
    case removed
    /// As `value`, and the instruction was rewritten in place into one without result that must stay.
    case rewrittenAs(UInt32)
}

extension FunctionView {
    /// Rewrites `value` into a constant.
    @inline(__always)
    func become(_ value: UInt32, constant: Int64) -> FoldResult {
        instructions[Int(value)].opcode = .iconst
        instructions[Int(value)].immediate = ConstantFolding.wrap(constant, instructions[Int(value)].type)
        return .rewritten
    }
    private func become(_ value: UInt32, float: Double) -> FoldResult {
        instructions[Int(value)].opcode = .fconst
        instructions[Int(value)].immediate = Int64(bitPattern: float.bitPattern)
        return .rewritten
    }
    private func become(_ value: UInt32, float: Float) -> FoldResult {
        instructions[Int(value)].opcode = .fconst
        instructions[Int(value)].immediate = Int64(float.bitPattern)
        return .rewritten
    }
    /// Whether `value` is known to be 0 or 1.
    func isTruth(_ value: UInt32) -> Bool {
        let opcode = opcode(value)
        return opcode == .icmp || opcode == .fcmp || (opcode == .iconst && self[value].immediate & ~1 == 0)
    }
    /// Rewrites `value` into the negation of the integer comparison `comparison`.
    private func become(_ value: UInt32, negationOf comparison: UInt32) -> FoldResult {
        guard let condition = IntegerCondition(rawValue: self[comparison].condition) else { return .unchanged }
        let source = self[comparison]
        instructions[Int(value)].opcode = .icmp
        instructions[Int(value)].condition = condition.inverted.rawValue
        instructions[Int(value)].a = source.a
        instructions[Int(value)].b = source.b
        return .rewritten
    }

    /// Simplifies one instruction whose operands are final. Terminators and `blockParameter` are not for this function.
    func fold(_ value: UInt32) -> FoldResult {
        let opcode = opcode(value)
        switch opcode {
        case .iconst, .fconst, .symbolAddress, .stackSlot, .load, .store, .loadIndexed, .storeIndexed, .call,
            .callIndirect, .projection:
            return .unchanged
        case .copy: return .value(self[value].a)
        case .add, .subtract, .multiply, .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU, .and, .or, .xor:
            return foldArithmetic(value, opcode)
        case .divideS, .divideU, .remainderS, .remainderU: return foldDivision(value, opcode)
        case .shiftLeft, .shiftRightS, .shiftRightU: return foldShift(value, opcode)
        case .icmp: return foldComparison(value)
        case .fadd, .fsubtract, .fmultiply, .fdivide, .fcmp, .fnegate, .fabsolute, .fsqrt:
            return foldFloat(value, opcode)
        case .countLeadingZeros, .countTrailingZeros, .populationCount:
            let type = self[value].type
            guard let a = constant(self[value].a), let result = ConstantFolding.unary(opcode, from: type, to: type, a)
            else { return .unchanged }
            return become(value, constant: result)
        case .signExtend, .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast:
            return foldConversion(value, opcode)
        case .select: return foldSelect(value)
        case .checkIndex:
            guard let a = constant(self[value].a) else { return .unchanged }
            if let b = constant(self[value].b) {
                guard b >= 0, a >= -b, a < b else { return .unchanged }
                return a >= 0 ? .value(self[value].a) : become(value, constant: a + b)
            }
            guard a >= 0 else { return .unchanged }
            instructions[Int(value)].opcode = .checkBounds
            instructions[Int(value)].type = .none
            return .rewrittenAs(self[value].a)
        case .checkBounds:
            guard let a = constant(self[value].a), let b = constant(self[value].b), a >= 0, a < b else {
                return .unchanged
            }
            return .removed
        case .trapIf:
            if constant(self[value].a) == 0 { return .removed }
            return .unchanged
        case .blockParameter, .jump, .branch, .switchInt, .returnValues, .unreachable: return .unchanged
        }
    }

    private func foldArithmetic(_ value: UInt32, _ opcode: Opcode) -> FoldResult {
        if opcode.isCommutative, self.opcode(self[value].a) == .iconst {
            swap(&instructions[Int(value)].a, &instructions[Int(value)].b)
        }
        let a = self[value].a
        let b = self[value].b
        if let y = constant(b) {
            if let x = constant(a) {
                guard let result = ConstantFolding.binary(opcode, self[value].type, x, y) else { return .unchanged }
                return become(value, constant: result)
            }
            if y == 0 {
                switch opcode {
                case .add, .subtract, .addS, .subtractS, .addU, .subtractU, .or, .xor: return .value(a)
                case .multiply, .multiplyS, .multiplyU, .and: return .value(b)
                default: break
                }
            }
            if y == 1 {
                switch opcode {
                case .multiply, .multiplyS, .multiplyU: return .value(a)
                case .and where isTruth(a): return .value(a)
                case .or where isTruth(a): return .value(b)
                case .xor where self.opcode(a) == .icmp: return become(value, negationOf: a)
                default: break
                }
            }
            if y == -1 {
                if opcode == .and { return .value(a) }
                if opcode == .or { return .value(b) }
            }
        }
        if a == b {
            switch opcode {
            case .subtract, .subtractS, .subtractU, .xor: return become(value, constant: 0)
            case .and, .or: return .value(a)
            default: break
            }
        }
        return .unchanged
    }

    private func foldDivision(_ value: UInt32, _ opcode: Opcode) -> FoldResult {
        let a = self[value].a
        guard let y = constant(self[value].b), y != 0 else { return .unchanged }
        let isRemainder = opcode == .remainderS || opcode == .remainderU
        if y == 1 { return isRemainder ? become(value, constant: 0) : .value(a) }
        guard let x = constant(a), let result = ConstantFolding.binary(opcode, self[value].type, x, y) else {
            return .unchanged
        }
        return become(value, constant: result)
    }

    private func foldShift(_ value: UInt32, _ opcode: Opcode) -> FoldResult {
        let a = self[value].a
        if constant(a) == 0 { return .value(a) }
        guard let y = constant(self[value].b) else { return .unchanged }
        if y == 0 { return .value(a) }
        guard let x = constant(a), let result = ConstantFolding.binary(opcode, self[value].type, x, y) else {
            return .unchanged
        }
        return become(value, constant: result)
    }

    private func foldComparison(_ value: UInt32) -> FoldResult {
        guard var condition = IntegerCondition(rawValue: self[value].condition) else { return .unchanged }
        if opcode(self[value].a) == .iconst {
            swap(&instructions[Int(value)].a, &instructions[Int(value)].b)
            condition = condition.swapped
            instructions[Int(value)].condition = condition.rawValue
        }
        let a = self[value].a
        let b = self[value].b
        if a == b {
            switch condition {
            case .equal, .lessEqualS, .greaterEqualS, .lessEqualU, .greaterEqualU: return become(value, constant: 1)
            default: return become(value, constant: 0)
            }
        }
        guard let y = constant(b) else { return .unchanged }
        let type = self[a].type
        if let x = constant(a) { return become(value, constant: ConstantFolding.compare(condition, type, x, y) ? 1 : 0) }
        switch condition {
        case .lessU where y == 0: return become(value, constant: 0)
        case .greaterEqualU where y == 0: return become(value, constant: 1)
        case .lessEqualU where y == 0:
            instructions[Int(value)].condition = IntegerCondition.equal.rawValue
            return .rewritten
        case .greaterU where y == 0:
            instructions[Int(value)].condition = IntegerCondition.notEqual.rawValue
            return .rewritten
        case .equal, .notEqual:
            // Comparisons of a truth value with a constant.
            var source = a
            if opcode(source) == .zeroExtend, isTruth(self[source].a) { source = self[source].a }
            guard isTruth(source), opcode(source) != .iconst else { return .unchanged }
            if y != 0 && y != 1 { return become(value, constant: condition == .equal ? 0 : 1) }
            if (condition == .notEqual) == (y == 0) { return .value(source) }
            return opcode(source) == .icmp ? become(value, negationOf: source) : .unchanged
        default: return .unchanged
        }
    }

    private func foldSelect(_ value: UInt32) -> FoldResult {
        let a = self[value].a
        let b = self[value].b
        let c = self[value].c
        if let condition = constant(a) { return .value(condition != 0 ? b : c) }
        if b == c { return .value(b) }
        if self[value].type == .i8, isTruth(a), let y = constant(b), let z = constant(c) {
            if y == 1 && z == 0 { return .value(a) }
            if y == 0 && z == 1 && opcode(a) == .icmp { return become(value, negationOf: a) }
        }
        return .unchanged
    }

    private func foldConversion(_ value: UInt32, _ opcode: Opcode) -> FoldResult {
        let a = self[value].a
        let type = self[value].type
        let from = self[a].type
        let source = self[a]
        if source.opcode == .iconst {
            let x = source.immediate
            switch opcode {
            case .signExtend, .zeroExtend, .truncate:
                guard let result = ConstantFolding.unary(opcode, from: from, to: type, x) else { return .unchanged }
                return become(value, constant: result)
            case .intToFloat: return type == .f64 ? become(value, float: Double(x)) : become(value, float: Float(x))
            case .bitcast:
                if type == .f64 { return become(value, float: Double(bitPattern: UInt64(bitPattern: x))) }
                if type == .f32 { return become(value, float: Float(bitPattern: UInt32(truncatingIfNeeded: x))) }
                return type.isInteger || x == 0 ? become(value, constant: x) : .unchanged
            default: return .unchanged
            }
        }
        if source.opcode == .fconst {
            let x = from == .f64 ? double(a) : Double(float(a))
            switch opcode {
            case .floatExtend: return become(value, float: x)
            case .floatTruncate: return become(value, float: Float(x))
            case .floatToInt:
                guard x > -9.2e18, x < 9.2e18, ConstantFolding.wrap(Int64(x), type) == Int64(x) else { return .unchanged }
                return become(value, constant: Int64(x))
            case .bitcast:
                return become(value, constant: source.immediate)
            default: return .unchanged
            }
        }
        switch opcode {
        case .bitcast:
            if from == type { return .value(a) }
            if source.opcode == .bitcast {
                if self[source.a].type == type { return .value(source.a) }
                instructions[Int(value)].a = source.a
                return .rewritten
            }
        case .truncate:
            guard source.opcode == .signExtend || source.opcode == .zeroExtend || source.opcode == .truncate else { break }
            let inner = self[source.a].type
            if inner == type { return .value(source.a) }
            if inner.size > type.size {
                instructions[Int(value)].a = source.a
                return .rewritten
            }
            if source.opcode != .truncate {
                instructions[Int(value)].opcode = source.opcode
                instructions[Int(value)].a = source.a
                return .rewritten
            }
        case .signExtend, .zeroExtend:
            // A sign extension of a zero extension is a zero extension, since the sign is then clear.
            if source.opcode == .zeroExtend || (source.opcode == .signExtend && opcode == .signExtend) {
                instructions[Int(value)].opcode = source.opcode
                instructions[Int(value)].a = source.a
                return .rewritten
            }
        default: break
        }
        return .unchanged
    }

    private func double(_ value: UInt32) -> Double { Double(bitPattern: UInt64(bitPattern: self[value].immediate)) }
    private func float(_ value: UInt32) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: self[value].immediate))
    }

    /// Folds only what is exact: the same bits the processor would give, NaN aside (results that are NaN stay).
    private func foldFloat(_ value: UInt32, _ opcode: Opcode) -> FoldResult {
        let a = self[value].a
        let type = self[a].type
        switch opcode {
        case .fnegate:
            if self.opcode(a) == .fnegate { return .value(self[a].a) }
            guard self.opcode(a) == .fconst else { return .unchanged }
            return type == .f64 ? become(value, float: -double(a)) : become(value, float: -float(a))
        case .fabsolute:
            guard self.opcode(a) == .fconst else { return .unchanged }
            return type == .f64 ? become(value, float: double(a).magnitude) : become(value, float: float(a).magnitude)
        case .fsqrt:
            guard self.opcode(a) == .fconst else { return .unchanged }
            if type == .f64 {
                let result = double(a).squareRoot()
                return result.isNaN ? .unchanged : become(value, float: result)
            }
            let result = float(a).squareRoot()
            return result.isNaN ? .unchanged : become(value, float: result)
        default: break
        }
        let b = self[value].b
        guard self.opcode(b) == .fconst else { return .unchanged }
        guard self.opcode(a) == .fconst else {
            let y = type == .f64 ? double(b) : Double(float(b))
            switch opcode {
            case .fmultiply where y == 1, .fdivide where y == 1: return .value(a)
            case .fsubtract where y == 0 && y.sign == .plus: return .value(a)
            case .fmultiply where y == 2:
                instructions[Int(value)].opcode = .fadd
                instructions[Int(value)].b = a
                return .rewritten
            default: return .unchanged
            }
        }
        if opcode == .fcmp {
            guard let condition = FloatCondition(rawValue: self[value].condition) else { return .unchanged }
            let x = type == .f64 ? double(a) : Double(float(a))
            let y = type == .f64 ? double(b) : Double(float(b))
            let result =
                switch condition {
                case .equal: x == y
                case .notEqual: x != y
                case .less: x < y
                case .lessEqual: x <= y
                case .greater: x > y
                case .greaterEqual: x >= y
                }
            return become(value, constant: result ? 1 : 0)
        }
        if type == .f64 {
            let x = double(a)
            let y = double(b)
            let result =
                switch opcode {
                case .fadd: x + y
                case .fsubtract: x - y
                case .fmultiply: x * y
                default: x / y
                }
            return result.isNaN ? .unchanged : become(value, float: result)
        }
        let x = float(a)
        let y = float(b)
        let result =
            switch opcode {
            case .fadd: x + y
            case .fsubtract: x - y
            case .fmultiply: x * y
            default: x / y
            }
        return result.isNaN ? .unchanged : become(value, float: result)
    }
}

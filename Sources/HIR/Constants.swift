internal import Diagnostics
internal import Support
internal import Syntax

/// The value of a constant expression (LANGUAGE §10.2).
indirect enum ConstantValue: Equatable {
    /// The bits (sign-extended for signed types) and the integer type.
    case int(UInt64, TypeID)
    case float(Double, TypeID)
    case bool(Bool)
    case char(UInt32)
    case string([UInt8])
    case nilValue
    case none
    case some(ConstantValue)
    case tuple([ConstantValue])
    case structure([ConstantValue])
}

extension Checker {
    // MARK: const definitions

    /// The value of constant `index`, computed on first use; nil if that failed (reported).
    func constantValue(_ index: Int) -> ConstantValue? {
        if let value = constants[index].value { return value }
        if constants[index].type != .error || constants[index].inProgress {
            if constants[index].inProgress {
                let record = constants[index]
                let savedFile = context.file
                context.file = modules[record.module].file
                error("E0703", "the constant `\(text(record.name))` depends on itself", modules[record.module].tree[record.node].span)
                context.file = savedFile
                constants[index].inProgress = false
                constants[index].type = .never
            }
            return nil
        }
        constants[index].inProgress = true
        let outerSilence = silenced
        silenced = 0
        defer { silenced = outerSilence }
        let record = constants[index]
        let saved = enterContext(module: record.module)
        context.pendingFloor = pending.count
        let n = context.tree[record.node]
        let declared = n.b != 0 ? lowerType(n.nodeB) : nil
        let errorsBefore = diagnostics.errorCount
        let expr = declared.map { check(n.nodeC, expected: $0) } ?? infer(n.nodeC)
        solvePending(from: context.pendingFloor)
        for literal in context.openLiterals { defaultLiteral(context.body[literal.expr].type) }
        defaultVariables(in: type(of: expr))
        solvePending(from: context.pendingFloor)
        zonkBody(parameters: [:])
        var type = resolve(type(of: expr))
        var value: ConstantValue?
        if diagnostics.errorCount == errorsBefore && constants[index].inProgress {
            do throws(ConstantProblem) {
                value = try evaluate(expr)
            } catch {
                switch error {
                case .notConstant(let position):
                    self.error(
                        "E0701", "not a constant expression", SourceSpan(start: position, end: position + 1),
                        label: "this is computed at run time", helps: ["use `static` or `let`"])
                case .panics(let message, let position):
                    self.error("E0312", message, SourceSpan(start: position, end: position + 1), label: "this would panic")
                case .broken: break
                }
                type = .never
            }
        } else {
            type = .never
        }
        leaveContext(saved)
        constants[index].inProgress = false
        constants[index].value = value
        constants[index].type = value == nil ? .never : type
        return value
    }

    /// Why an expression has no constant value.
    enum ConstantProblem: Error {
        case notConstant(UInt32)
        case panics(String, UInt32)
        /// It contains something wrong that was reported.
        case broken
    }

    /// `true` iff `expr` could initialise a `const`.
    func isConstantExpression(_ expr: ExprID) -> Bool {
        do throws(ConstantProblem) {
            _ = try evaluate(expr)
            return true
        } catch {
            if case .notConstant = error { return false }
            return true
        }
    }

    /// The value of `expr` if it is a constant whose type is known.
    func constantOf(_ expr: ExprID) -> ConstantValue? {
        switch context.body[expr].kind {
        case .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant, .noneConstant, .makeSome, .makeTuple,
            .makeStruct, .unary, .binary, .cast:
            return try? evaluate(expr)
        default: return nil
        }
    }

    /// Evaluates a constant expression.
    func evaluate(_ id: ExprID) throws(ConstantProblem) -> ConstantValue {
        let e = context.body[id]
        if !knownConstants.isEmpty, let value = knownConstants[id] { return value }
        switch e.kind {
        case .error: throw .broken
        case .intConstant:
            let bits = UInt64(e.a) | UInt64(e.b) << 32
            let type = resolve(e.type)
            if program.types.isFloat(type) {
                return .float(e.flags & 1 != 0 ? Double(bits) : Double(Int64(bitPattern: bits)), type)
            }
            return .int(bits, program.types.isInteger(type) ? type : .i64)
        case .floatConstant:
            return .float(Double(bitPattern: UInt64(e.a) | UInt64(e.b) << 32), resolve(e.type) == .f32 ? .f32 : .f64)
        case .boolConstant: return .bool(e.a != 0)
        case .charConstant: return .char(e.a)
        case .stringConstant: return .string(Array(program.stringContents(e.a)))
        case .nilConstant: return .nilValue
        case .noneConstant: return .none
        case .makeSome: return .some(try evaluate(e.exprA))
        case .makeTuple: return .tuple(try evaluateList(e.listB))
        case .makeStruct: return .structure(try evaluateList(e.listB))
        case .tupleElement:
            guard case .tuple(let parts) = try evaluate(e.exprA), Int(e.b) < parts.count else { throw .notConstant(e.position) }
            return parts[Int(e.b)]
        case .field:
            guard case .structure(let parts) = try evaluate(e.exprA), Int(e.b) < parts.count else { throw .notConstant(e.position) }
            return parts[Int(e.b)]
        case .block:
            // Records written out of order: stores of temporaries, then the value.
            throw .notConstant(e.position)
        case .unary: return try evaluateUnary(e)
        case .binary: return try evaluateBinary(e)
        case .logicalAnd:
            guard case .bool(let l) = try evaluate(e.exprA) else { throw .notConstant(e.position) }
            return l ? try evaluate(e.exprB) : .bool(false)
        case .logicalOr:
            guard case .bool(let l) = try evaluate(e.exprA) else { throw .notConstant(e.position) }
            return l ? .bool(true) : try evaluate(e.exprB)
        case .compare:
            let l = try evaluate(e.exprA), r = try evaluate(e.exprB)
            let op = HIRComparison(rawValue: e.op) ?? .equal
            if op == .equal { return .bool(l == r) }
            if op == .notEqual { return .bool(l != r) }
            guard let order = compareConstants(l, r) else { throw .notConstant(e.position) }
            switch op {
            case .less: return .bool(order < 0)
            case .lessEqual: return .bool(order <= 0)
            case .greater: return .bool(order > 0)
            default: return .bool(order >= 0)
            }
        case .cast:
            let value = try evaluate(e.exprA)
            if e.flags != 0 { throw .notConstant(e.position) }
            if let problem = castProblem(value, resolve(e.type)) { throw .panics(problem, e.position) }
            guard let result = castConstant(value, resolve(e.type)) else { throw .notConstant(e.position) }
            return result
        case .if:
            guard case .bool(let condition) = try evaluate(e.exprA), e.c != 0 else { throw .notConstant(e.position) }
            return try evaluate(condition ? e.exprB : e.exprC)
        case .interpolate:
            var bytes: [UInt8] = []
            for i in 0..<context.body.count(e.listB) {
                let part = context.body[context.body.expr(e.listB, i)]
                if part.kind == .stringConstant {
                    bytes += program.stringContents(part.a)
                } else {
                    if resolve(part.type) == .error { throw .broken }
                    guard part.kind == .format, part.flags == 0 else { throw .notConstant(e.position) }
                    guard let text = displayText(try evaluate(part.exprA)) else { throw .notConstant(e.position) }
                    bytes += text.utf8
                }
            }
            return .string(bytes)
        case .builtin:
            if Builtin(rawValue: e.op) == .length, case .string(let bytes) = try evaluate(context.body.expr(e.listB, 0)) {
                return .int(UInt64(bytes.count { $0 & 0xC0 != 0x80 }), .i64)
            }
            throw .notConstant(e.position)
        case .local, .global, .storeLocal, .assign, .compoundAssign, .bind, .coalesce, .contains, .call,
            .deferredMethod, .deferredField, .makeArray, .spread, .index, .slice, .sliceByRange, .makeRange, .format,
            .matches, .match, .while, .loop, .for, .break, .continue, .return, .tryOption, .setExitValue:
            throw .notConstant(e.position)
        }
    }

    private func evaluateList(_ list: HIRList) throws(ConstantProblem) -> [ConstantValue] {
        var result: [ConstantValue] = []
        for i in 0..<context.body.count(list) { result.append(try evaluate(context.body.expr(list, i))) }
        return result
    }

    private func displayText(_ value: ConstantValue) -> String? {
        switch value {
        case .int(let bits, let type): program.types.isSigned(type) ? "\(Int64(bitPattern: bits))" : "\(bits)"
        case .bool(let flag): "\(flag)"
        case .char(let scalar): Unicode.Scalar(scalar).map { String(Character($0)) }
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    private func evaluateUnary(_ e: HIRExpr) throws(ConstantProblem) -> ConstantValue {
        let value = try evaluate(e.exprA)
        switch (HIRUnary(rawValue: e.op) ?? .not, value) {
        case (.not, .bool(let flag)): return .bool(!flag)
        case (.negate, .float(let number, let type)): return .float(-number, type)
        case (.negate, .int(let bits, let type)):
            guard let result = narrow(0, bits, type, { $0.subtractingReportingOverflow($1) }, { $0.subtractingReportingOverflow($1) }) else {
                throw .panics("this negation overflows `\(describe(type))`", e.position)
            }
            return .int(result, type)
        case (.bitNot, .int(let bits, let type)): return .int(normalize(~bits, type), type)
        default: throw .notConstant(e.position)
        }
    }

    /// `bits` as the type holds them: sign- or zero-extended from its width.
    func normalize(_ bits: UInt64, _ type: TypeID) -> UInt64 {
        let shift = UInt64(64 - program.types.bitWidth(type))
        if program.types.isSigned(type) { return UInt64(bitPattern: Int64(bitPattern: bits << shift) >> Int64(shift)) }
        return (bits << shift) >> shift
    }

    private func narrow(
        _ a: UInt64, _ b: UInt64, _ type: TypeID, _ signed: (Int64, Int64) -> (partialValue: Int64, overflow: Bool),
        _ unsigned: (UInt64, UInt64) -> (partialValue: UInt64, overflow: Bool)
    ) -> UInt64? {
        if program.types.isSigned(type) {
            let (value, overflow) = signed(Int64(bitPattern: a), Int64(bitPattern: b))
            let bits = UInt64(bitPattern: value)
            return overflow || normalize(bits, type) != bits ? nil : bits
        }
        let (value, overflow) = unsigned(a, b)
        return overflow || normalize(value, type) != value ? nil : value
    }

    private func evaluateBinary(_ e: HIRExpr) throws(ConstantProblem) -> ConstantValue {
        let left = try evaluate(e.exprA), right = try evaluate(e.exprB)
        let op = HIRBinary(rawValue: e.op) ?? .add
        switch (left, right) {
        case (.int(let a, let type), .int(let b, let rightType)):
            return .int(try evaluateInteger(op, a, b, type, rightType, e.position), type)
        case (.float(let a, let type), .float(let b, _)):
            var result: Double
            switch op {
            case .add: result = a + b
            case .subtract: result = a - b
            case .multiply: result = a * b
            case .divide: result = a / b
            default: throw .notConstant(e.position)
            }
            if type == .f32 { result = Double(Float(result)) }
            return .float(result, type)
        case (.bool(let a), .bool(let b)):
            switch op {
            case .bitAnd: return .bool(a && b)
            case .bitOr: return .bool(a || b)
            case .bitXor: return .bool(a != b)
            default: throw .notConstant(e.position)
            }
        case (.string(let a), .string(let b)) where op == .add: return .string(a + b)
        case (.string(let a), .char(let b)) where op == .add:
            return .string(a + (Unicode.Scalar(b).map { Array(String(Character($0)).utf8) } ?? []))
        case (.char(let a), .string(let b)) where op == .add:
            return .string((Unicode.Scalar(a).map { Array(String(Character($0)).utf8) } ?? []) + b)
        default: throw .notConstant(e.position)
        }
    }

    private func evaluateInteger(
        _ op: HIRBinary, _ a: UInt64, _ b: UInt64, _ type: TypeID, _ rightType: TypeID, _ position: UInt32
    ) throws(ConstantProblem) -> UInt64 {
        let name = describe(type)
        let signed = program.types.isSigned(type)
        let sa = Int64(bitPattern: a), sb = Int64(bitPattern: b)
        func checked(_ value: UInt64?, _ what: String) throws(ConstantProblem) -> UInt64 {
            guard let value else { throw .panics("this \(what) overflows `\(name)`", position) }
            return value
        }
        switch op {
        case .add: return try checked(narrow(a, b, type, { $0.addingReportingOverflow($1) }, { $0.addingReportingOverflow($1) }), "addition")
        case .subtract:
            return try checked(narrow(a, b, type, { $0.subtractingReportingOverflow($1) }, { $0.subtractingReportingOverflow($1) }), "subtraction")
        case .multiply:
            return try checked(narrow(a, b, type, { $0.multipliedReportingOverflow(by: $1) }, { $0.multipliedReportingOverflow(by: $1) }), "multiplication")
        case .divide, .remainder, .floorDivide:
            if b == 0 { throw .panics("this divides by zero", position) }
            if !signed { return op == .remainder ? a % b : a / b }
            if sb == -1 {
                if op == .remainder { return 0 }
                return try checked(narrow(0, a, type, { $0.subtractingReportingOverflow($1) }, { $0.subtractingReportingOverflow($1) }), "division")
            }
            if op == .remainder { return UInt64(bitPattern: sa % sb) }
            var quotient = sa / sb
            if op == .floorDivide && sa % sb != 0 && (sa < 0) != (sb < 0) { quotient -= 1 }
            return UInt64(bitPattern: quotient)
        case .power:
            if program.types.isSigned(rightType) && sb < 0 { throw .panics("negative exponent", position) }
            var result: UInt64 = 1
            var exponent = b
            if (signed ? sa == 1 : a == 1) || exponent == 0 { return 1 }
            if a == 0 { return 0 }
            if signed && sa == -1 { return exponent % 2 == 0 ? 1 : a }
            while exponent > 0 {
                result = try checked(narrow(result, a, type, { $0.multipliedReportingOverflow(by: $1) }, { $0.multipliedReportingOverflow(by: $1) }), "power")
                exponent -= 1
            }
            return result
        case .bitAnd: return a & b
        case .bitOr: return a | b
        case .bitXor: return a ^ b
        case .shiftLeft, .shiftRight:
            let width = UInt64(program.types.bitWidth(type))
            if (program.types.isSigned(rightType) && sb < 0) || b >= width { throw .panics("the shift count is out of range", position) }
            if op == .shiftLeft { return normalize(a << b, type) }
            return signed ? UInt64(bitPattern: sa >> Int64(b)) : a >> b
        }
    }

    /// -1, 0, 1 for constants of one ordered type.
    func compareConstants(_ l: ConstantValue, _ r: ConstantValue) -> Int? {
        switch (l, r) {
        case (.int(let a, let type), .int(let b, _)):
            if program.types.isSigned(type) {
                let x = Int64(bitPattern: a), y = Int64(bitPattern: b)
                return x < y ? -1 : x == y ? 0 : 1
            }
            return a < b ? -1 : a == b ? 0 : 1
        case (.float(let a, _), .float(let b, _)): return a < b ? -1 : a == b ? 0 : a > b ? 1 : nil
        case (.char(let a), .char(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.string(let a), .string(let b)): return a.lexicographicallyPrecedes(b) ? -1 : a == b ? 0 : 1
        case (.bool(let a), .bool(let b)): return a == b ? 0 : a ? 1 : -1
        default: return nil
        }
    }

    /// Why `value as type` would panic; nil if it would not.
    func castProblem(_ value: ConstantValue, _ type: TypeID) -> String? {
        switch value {
        case .int(let bits, let source):
            if type == .char {
                return bits <= 0x10FFFF && !(0xD800...0xDFFF).contains(bits) ? nil : "\(displayText(value) ?? "this number") is not a Unicode scalar value"
            }
            guard program.types.isInteger(type) else { return nil }
            let negative = program.types.isSigned(source) && Int64(bitPattern: bits) < 0
            let fits: Bool
            if program.types.isSigned(type) {
                fits = negative ? normalize(bits, type) == bits : bits >> UInt64(program.types.bitWidth(type) - 1) == 0
            } else {
                fits = !negative && normalize(bits, type) == bits
            }
            return fits ? nil : "\(displayText(value) ?? "the number") does not fit `\(describe(type))`"
        case .float(let number, _):
            guard program.types.isInteger(type) else { return nil }
            let truncated = number.rounded(.towardZero)
            let width = program.types.bitWidth(type)
            var low = 0.0, high = 1.0
            for _ in 0..<(program.types.isSigned(type) ? width - 1 : width) { high *= 2 }
            if program.types.isSigned(type) { low = -high }
            return truncated >= low && truncated < high ? nil : "\(number) does not fit `\(describe(type))`"
        default: return nil
        }
    }

    private func castConstant(_ value: ConstantValue, _ type: TypeID) -> ConstantValue? {
        switch value {
        case .int(let bits, let source):
            let signed = program.types.isSigned(source)
            if type == .char { return .char(UInt32(truncatingIfNeeded: bits)) }
            if program.types.isInteger(type) { return .int(bits, type) }
            if program.types.isFloat(type) {
                if type == .f32 { return .float(Double(signed ? Float(Int64(bitPattern: bits)) : Float(bits)), type) }
                return .float(signed ? Double(Int64(bitPattern: bits)) : Double(bits), type)
            }
            return nil
        case .float(let number, _):
            if type == .f32 { return .float(Double(Float(number)), type) }
            if type == .f64 { return .float(number, type) }
            guard program.types.isInteger(type) else { return nil }
            let truncated = number.rounded(.towardZero)
            return .int(truncated < 0 ? UInt64(bitPattern: Int64(truncated)) : UInt64(truncated), type)
        case .bool(let flag): return program.types.isInteger(type) ? .int(flag ? 1 : 0, type) : nil
        case .char(let scalar): return program.types.isInteger(type) ? .int(UInt64(scalar), type) : type == .char ? value : nil
        default: return nil
        }
    }

    /// The node that stands for a constant's value.
    func materialize(_ value: ConstantValue, _ type: TypeID, _ span: SourceSpan) -> ExprID {
        let t = resolve(type)
        switch value {
        case .int(let bits, let own):
            let expr = intConstant(Int64(bitPattern: bits), own, at: span)
            if !program.types.isSigned(own) { context.body[expr].flags = 1 }
            return expr
        case .float(let number, let own): return floatConstant(number, own, at: span)
        case .bool(let flag): return add(.boolConstant, .bool, a: flag ? 1 : 0, at: span)
        case .char(let scalar): return add(.charConstant, .char, a: scalar, at: span)
        case .string(let bytes): return add(.stringConstant, .str, a: program.addString(bytes), at: span)
        case .nilValue: return add(.nilConstant, .nilType, at: span)
        case .none: return add(.noneConstant, t, at: span)
        case .some(let inner):
            let payload = materialize(inner, program.types.argument(t, 0), span)
            return add(.makeSome, t, a: payload.rawValue, at: span)
        case .tuple(let parts):
            var exprs: [ExprID] = []
            for (i, part) in parts.enumerated() { exprs.append(materialize(part, program.types.argument(t, i), span)) }
            let list = addList(exprs)
            return add(.makeTuple, t, b: list.rawValue, at: span)
        case .structure(let parts):
            var exprs: [ExprID] = []
            for (i, part) in parts.enumerated() { exprs.append(materialize(part, program.fieldType(t, i), span)) }
            let list = addList(exprs)
            return add(.makeStruct, t, b: list.rawValue, at: span)
        }
    }
}

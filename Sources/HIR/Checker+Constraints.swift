internal import Diagnostics
internal import Support
internal import Syntax

/// An operation on types that are not known yet (LANGUAGE §5.2). In a function's scheme, the types mention its type
/// parameters, and each call must satisfy the constraint.
struct Constraint {
    enum Kind {
        case binary(HIRBinary)
        case compare(HIRComparison)
        case unary(HIRUnary)
        case field(NameID)
        case method(NameID)
        case index
        case slice
        case iterate
        case contains
        /// To the second operand.
        case cast
        /// The operand must be an integer type (range bounds, shift counts).
        case integer
    }
    var kind: Kind
    var operands: [TypeID]
    var result: TypeID
    /// The node of the body being checked that carries the operation; none in an instantiated scheme.
    var expr: ExprID
    var file: FileID
    var span: SourceSpan
    /// Call sites through which the constraint came, innermost first.
    var origins: [Label] = []
}

/// The traits behind the arithmetic operators (LANGUAGE §5.6).
let operatorTraits: [HIRBinary: String] = [
    .add: "Add", .subtract: "Sub", .multiply: "Mul", .divide: "Div", .floorDivide: "FloorDiv", .remainder: "Rem",
    .power: "Pow", .bitAnd: "BitAnd", .bitOr: "BitOr", .bitXor: "BitXor", .shiftLeft: "Shl", .shiftRight: "Shr",
]

extension HIRBinary {
    /// The operator as written.
    var symbol: String {
        switch self {
        case .add: "+"
        case .subtract: "-"
        case .multiply: "*"
        case .divide: "/"
        case .floorDivide: "//"
        case .remainder: "%"
        case .power: "**"
        case .bitAnd: "&"
        case .bitOr: "|"
        case .bitXor: "^"
        case .shiftLeft: "<<"
        case .shiftRight: ">>"
        }
    }
}

/// What is known of an operation's result.
enum Outcome {
    case type(TypeID)
    /// Not enough is known yet.
    case stuck
    /// The operation does not exist for these types.
    case mismatch
}

extension Checker {
    // MARK: Rules

    /// The result of a binary operator (LANGUAGE §6.2, §6.3).
    func binaryResult(_ op: HIRBinary, _ left: TypeID, _ right: TypeID) -> Outcome {
        let l = resolve(left), r = resolve(right)
        if l == .error || r == .error { return .type(.error) }
        if l == .never || r == .never { return .type(.never) }
        if op == .shiftLeft || op == .shiftRight {
            if isOpen(l) { return .stuck }
            if program.types.kind(l) == .parameter { return parameterOperation(l, r, op == .shiftLeft ? "Shl" : "Shr") }
            if !isIntegerLike(l) { return .mismatch }
            if isOpen(r) { return .stuck }
            if !isIntegerLike(r) { return .mismatch }
            return .type(l)
        }
        if isNumberLike(l) {
            if isOpen(r) {
                if variableClass(l) != nil { return .stuck }
                return unify(l, r) ? .type(l) : .mismatch
            }
            if !isNumberLike(r) || !unify(l, r) { return .mismatch }
            let type = resolve(l)
            switch op {
            case .bitAnd, .bitOr, .bitXor: return isIntegerLike(type) ? .type(type) : .mismatch
            default: return .type(type)
            }
        }
        switch program.types.kind(l) {
        case .variable: return .stuck
        case .bool:
            guard op == .bitAnd || op == .bitOr || op == .bitXor else { return .mismatch }
            return unify(l, r) ? .type(.bool) : .mismatch
        case .str:
            guard op == .add else { return .mismatch }
            if isOpen(r) { return .stuck }
            return r == .str || r == .char ? .type(.str) : .mismatch
        case .char:
            guard op == .add else { return .mismatch }
            if isOpen(r) { return .stuck }
            return r == .str ? .type(.str) : .mismatch
        case .array:
            guard op == .add else { return .mismatch }
            return unify(l, r) ? .type(l) : .mismatch
        case .parameter:
            return parameterOperation(l, r, operatorTraits[op] ?? "")
        case .error, .never, .nilType, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .tuple, .range,
            .option, .function, .structure:
            return .mismatch
        }
    }

    /// An operator on values of an explicit type parameter: allowed if a bound provides it.
    private func parameterOperation(_ l: TypeID, _ r: TypeID, _ trait: String) -> Outcome {
        guard hasBound(l, [trait]) else { return .mismatch }
        return unify(l, r) ? .type(l) : .mismatch
    }

    /// `true` iff the type parameter `type` has one of the bounds `traits`.
    func hasBound(_ type: TypeID, _ traits: [String]) -> Bool {
        let index = Int(program.types.payload(type))
        guard index < context.typeParameters.count else { return true }
        return context.typeParameters[index].bounds.contains { traits.contains(text($0)) }
    }

    func unaryResult(_ op: HIRUnary, _ operand: TypeID) -> Outcome {
        let t = resolve(operand)
        if t == .error || t == .never { return .type(t) }
        if isOpen(t) { return .stuck }
        switch op {
        case .negate:
            if program.types.kind(t) == .parameter { return hasBound(t, ["Neg"]) ? .type(t) : .mismatch }
            return isNumberLike(t) ? .type(t) : .mismatch
        case .bitNot: return isIntegerLike(t) ? .type(t) : .mismatch
        case .not: return t == .bool ? .type(.bool) : .mismatch
        }
    }

    /// `bool` if the two can be compared.
    func compareResult(_ op: HIRComparison, _ left: TypeID, _ right: TypeID) -> Outcome {
        let l = resolve(left), r = resolve(right)
        if l == .error || r == .error { return .type(.bool) }
        if l == .never || r == .never { return .type(.bool) }
        let equality = op == .equal || op == .notEqual
        if equality, (l == .str && r == .char) || (l == .char && r == .str) { return .type(.bool) }
        if isOpen(l) && isOpen(r) {
            // Both unknown: they must be one type all the same.
            return unify(l, r) ? .stuck : .mismatch
        }
        if isOpen(l) || isOpen(r) {
            // `c == "x"` with an unknown left side: a str or a char.
            if equality && (l == .str || l == .char || r == .str || r == .char) && isOpen(l) { return .stuck }
        }
        guard unify(l, r) else { return .mismatch }
        return comparability(resolve(l), ordering: !equality)
    }

    private func comparability(_ type: TypeID, ordering: Bool) -> Outcome {
        var seen: Set<TypeID> = []
        return comparability(type, ordering: ordering, &seen)
    }
    /// - Parameter seen: the structs that were looked into, or are: nothing new is found in them.
    private func comparability(_ type: TypeID, ordering: Bool, _ seen: inout Set<TypeID>) -> Outcome {
        let t = resolve(type)
        switch program.types.kind(t) {
        case .variable: return variableClass(t) == .any ? .stuck : .type(.bool)
        case .nilType: return ordering ? .mismatch : .type(.bool)
        case .function: return .mismatch
        case .structure:
            if ordering { return .mismatch }
            if !seen.insert(t).inserted { return .type(.bool) }
            for i in program.structs[Int(program.types.payload(t))].fieldTypes.indices {
                let field = program.fieldType(t, i)
                if case .mismatch = comparability(field, ordering: false, &seen) { return .mismatch }
            }
            return .type(.bool)
        case .range: return ordering ? .mismatch : .type(.bool)
        case .tuple, .array, .option:
            for i in 0..<program.types.count(t) {
                switch comparability(program.types.argument(t, i), ordering: ordering, &seen) {
                case .mismatch: return .mismatch
                case .stuck: return program.types.kind(t) == .tuple ? .stuck : .type(.bool)
                case .type: break
                }
            }
            return .type(.bool)
        case .parameter:
            return hasBound(t, ordering ? ["Ord"] : ["Eq", "Ord", "Hash"]) ? .type(.bool) : .mismatch
        case .error, .never, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str:
            return .type(.bool)
        }
    }

    /// The element type of an index expression; the index itself is checked by the caller.
    func indexResult(_ base: TypeID, _ index: TypeID) -> Outcome {
        let b = resolve(base)
        switch program.types.kind(b) {
        case .error, .never: return .type(b)
        case .variable: return isOpen(b) ? .stuck : .mismatch
        case .array:
            if isOpen(index) { return unify(index, .i64) ? .type(program.types.argument(b, 0)) : .mismatch }
            return isIntegerLike(index) || resolve(index) == .error ? .type(program.types.argument(b, 0)) : .mismatch
        case .str:
            if isOpen(index) { return unify(index, .i64) ? .type(.str) : .mismatch }
            return isIntegerLike(index) || resolve(index) == .error ? .type(.str) : .mismatch
        case .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .tuple, .range,
            .option, .function, .structure, .parameter:
            return .mismatch
        }
    }

    func sliceResult(_ base: TypeID) -> Outcome {
        let b = resolve(base)
        switch program.types.kind(b) {
        case .error, .never, .array, .str: return .type(b)
        case .variable: return isOpen(b) ? .stuck : .mismatch
        case .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .tuple, .range,
            .option, .function, .structure, .parameter:
            return .mismatch
        }
    }

    /// The type of the elements that `for` yields.
    func iterateResult(_ container: TypeID) -> Outcome {
        let c = resolve(container)
        switch program.types.kind(c) {
        case .error, .never: return .type(.error)
        case .variable: return isOpen(c) ? .stuck : .mismatch
        case .array, .range: return .type(program.types.argument(c, 0))
        case .str: return .type(.str)
        case .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .tuple, .option,
            .function, .structure, .parameter:
            return .mismatch
        }
    }

    func containsResult(_ element: TypeID, _ container: TypeID) -> Outcome {
        let c = resolve(container)
        switch program.types.kind(c) {
        case .error, .never: return .type(.bool)
        case .variable: return isOpen(c) ? .stuck : .mismatch
        case .array, .range:
            guard unify(element, program.types.argument(c, 0)) else { return .mismatch }
            if program.types.kind(c) == .range { return .type(.bool) }
            if case .mismatch = comparability(element, ordering: false) { return .mismatch }
            return .type(.bool)
        case .str:
            let e = resolve(element)
            if isOpen(e) { return .stuck }
            return e == .str || e == .char || e == .error ? .type(.bool) : .mismatch
        case .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .tuple, .option,
            .function, .structure, .parameter:
            return .mismatch
        }
    }

    /// Whether `e as T` exists (§4.6).
    func castResult(_ source: TypeID, _ target: TypeID) -> Outcome {
        let s = resolve(source), t = resolve(target)
        if s == .error || t == .error || s == .never { return .type(t) }
        if isOpen(s) { return .stuck }
        if s == t { return .type(t) }
        let sourceNumeric = isNumberLike(s)
        if sourceNumeric && program.types.isNumeric(t) { return .type(t) }
        if s == .bool && program.types.isInteger(t) { return .type(t) }
        if s == .char && program.types.isInteger(t) { return .type(t) }
        if isIntegerLike(s) && t == .char { return .type(t) }
        return .mismatch
    }

    // MARK: Deferral

    /// Remembers an operation for later; returns its result's variable.
    func `defer`(_ kind: Constraint.Kind, _ operands: [TypeID], expr: ExprID, span: SourceSpan, result: TypeID? = nil)
        -> TypeID
    {
        let result = result ?? newVariable()
        pending.append(
            Constraint(kind: kind, operands: operands, result: result, expr: expr, file: context.file, span: span))
        return result
    }

    /// Tries the pending constraints again, in order, until nothing changes.
    ///
    /// - Parameter start: index of the first constraint to look at (earlier ones belong to outer bodies).
    func solvePending(from start: Int) {
        var progress = true
        while progress && pending.count > start {
            progress = false
            var i = start
            while i < pending.count {
                let constraint = pending[i]
                if solve(constraint) {
                    pending.remove(at: i)
                    progress = true
                } else {
                    i += 1
                }
            }
        }
    }

    /// The constraint at the place to show: users see their own call, not the inside of a prelude function.
    func inUserCode(_ constraint: Constraint) -> Constraint {
        var c = constraint
        if c.file == modules[preludeIndex].file, let call = c.origins.firstIndex(where: { $0.file != c.file }) {
            c.file = c.origins[call].file
            c.span = c.origins[call].span
            c.origins.removeFirst(call + 1)
        }
        return c
    }

    /// Solves one constraint if enough is known; failures are reported and count as solved.
    func solve(_ constraint: Constraint) -> Bool {
        let c = inUserCode(constraint)
        let savedFile = context.file
        context.file = c.file
        defer { context.file = savedFile }
        let outcome: Outcome
        switch c.kind {
        case .binary(let op): outcome = binaryResult(op, c.operands[0], c.operands[1])
        case .compare(let op): outcome = compareResult(op, c.operands[0], c.operands[1])
        case .unary(let op): outcome = unaryResult(op, c.operands[0])
        case .index: outcome = indexResult(c.operands[0], c.operands[1])
        case .slice: outcome = sliceResult(c.operands[0])
        case .iterate: outcome = iterateResult(c.operands[0])
        case .contains: outcome = containsResult(c.operands[0], c.operands[1])
        case .cast:
            outcome = castResult(c.operands[0], c.operands[1])
            if case .type = outcome { return true }
        case .integer:
            if isOpen(c.operands[0]) { return false }
            if isIntegerLike(c.operands[0]) || resolve(c.operands[0]) == .error || resolve(c.operands[0]) == .char { return true }
            outcome = .mismatch
        case .field(let name): outcome = fieldOutcome(c, name)
        case .method(let name): outcome = methodOutcome(c, name)
        }
        switch outcome {
        case .stuck: return false
        case .type(let type):
            if !unify(type, c.result) { report(c) }
            return true
        case .mismatch:
            report(c)
            _ = unify(c.result, .error)
            return true
        }
    }

    private func fieldOutcome(_ c: Constraint, _ name: NameID) -> Outcome {
        let base = resolve(c.operands[0])
        if base == .error { return .type(.error) }
        if isOpen(base) { return .stuck }
        guard program.types.kind(base) == .structure else { return .mismatch }
        let id = Int(program.types.payload(base))
        guard let index = program.structs[id].fieldNames.firstIndex(of: name) else { return .mismatch }
        if c.expr.exists {
            context.body[c.expr].kind = .field
            context.body[c.expr].b = UInt32(index)
        }
        return .type(program.fieldType(base, index))
    }

    /// Reports an unsatisfied constraint at its place, with the calls that led there.
    private func report(_ c: Constraint) {
        let types = c.operands.map { describe($0) }
        let origins = c.origins.map { Label(file: $0.file, span: $0.span, message: "required by this call") }
        switch c.kind {
        case .binary(let op):
            error("E0306", operatorMessage(op, types[0], types[1]), c.span, secondary: origins)
        case .compare(let op): error("E0306", compareMessage(op, types[0], types[1]), c.span, secondary: origins)
        case .unary(let op):
            error("E0306", "cannot apply `\(op == .negate ? "-" : op == .bitNot ? "~" : "not")` to `\(types[0])`", c.span, secondary: origins)
        case .field(let name):
            error("E0203", "`\(types[0])` has no field `\(text(name))`", c.span, secondary: origins)
        case .method(let name) where methodGroup(c.operands[0]).map { BuiltinMethods.isLater($0, text(name)) } == true:
            unsupported("`.\(text(name))` is", c.span)
        case .method(let name):
            error("E0203", "`\(types[0])` has no method `\(text(name))`", c.span, secondary: origins)
        case .index: error("E0306", "cannot index `\(types[0])` with `\(types[1])`", c.span, secondary: origins)
        case .slice: error("E0306", "cannot slice `\(types[0])`", c.span, secondary: origins)
        case .iterate: error("E0323", "`\(types[0])` is not iterable", c.span, secondary: origins)
        case .contains: error("E0306", "cannot look for `\(types[0])` in `\(types[1])`", c.span, secondary: origins)
        case .cast: error("E0325", "cannot cast `\(types[0])` to `\(types[1])`", c.span, secondary: origins)
        case .integer: error("E0301", "expected an integer, found `\(types[0])`", c.span, secondary: origins)
        }
    }

    func operatorMessage(_ op: HIRBinary, _ l: String, _ r: String) -> String {
        switch op {
        case .add: "cannot add `\(l)` and `\(r)`"
        case .subtract: "cannot subtract `\(r)` from `\(l)`"
        case .multiply: "cannot multiply `\(l)` by `\(r)`"
        case .divide, .floorDivide: "cannot divide `\(l)` by `\(r)`"
        case .remainder: "cannot take the remainder of `\(l)` by `\(r)`"
        case .power: "cannot raise `\(l)` to the power `\(r)`"
        case .bitAnd: "cannot apply `&` to `\(l)` and `\(r)`"
        case .bitOr: "cannot apply `|` to `\(l)` and `\(r)`"
        case .bitXor: "cannot apply `^` to `\(l)` and `\(r)`"
        case .shiftLeft: "cannot shift `\(l)` left by `\(r)`"
        case .shiftRight: "cannot shift `\(l)` right by `\(r)`"
        }
    }

    func compareMessage(_ op: HIRComparison, _ l: String, _ r: String) -> String {
        let symbol = switch op {
        case .equal: "=="
        case .notEqual: "!="
        case .less: "<"
        case .lessEqual: "<="
        case .greater: ">"
        case .greaterEqual: ">="
        }
        return "cannot compare `\(l)` and `\(r)` with `\(symbol)`"
    }
}

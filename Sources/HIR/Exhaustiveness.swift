internal import Diagnostics
internal import Support
internal import Syntax

/// Exhaustiveness and usefulness of `match` by the matrix algorithm over constructors
/// (Maranget, "Warnings for pattern matching", JFP 2007; LANGUAGE §7.3).
extension Checker {
    /// A pattern in the matrix, freed from bindings.
    indirect enum Shape {
        case any
        case constructor(Constructor, [Shape])
        case or([Shape])
    }

    /// What a value is made with.
    enum Constructor: Equatable {
        /// true, false; None, Some: numbered.
        case variant(Int)
        /// The single constructor of tuples and structs.
        case product
        /// Integers and chars: an inclusive interval, in the order-preserving unsigned encoding.
        case interval(UInt64, UInt64)
        /// Arrays of exactly this length.
        case length(Int)
        /// Arrays of at least this length.
        case atLeast(Int)
        /// An opaque constant of an open type (str, floats).
        case opaque(String)
    }

    /// Decides the pending questions about matches once all types are known.
    func runFinalChecks() {
        checkConstantOperations()
        for check in context.finalChecks { checkMatch(check) }
        context.finalChecks = []
    }

    /// Reports operations on constants that would panic (E0312), innermost only.
    private func checkConstantOperations() {
        for (expr, span) in context.constantOperations {
            do throws(ConstantProblem) {
                // Kept for the operation that this one is an operand of.
                knownConstants[expr] = try evaluate(expr)
            } catch {
                guard case .panics(let message, _) = error else { continue }
                self.error("E0312", message, span, label: "this would panic")
                context.body[expr].kind = .error
            }
        }
        context.constantOperations = []
        knownConstants = [:]
    }

    /// `true` iff a part of the pattern was wrong, and reported.
    private func isBroken(_ id: PatternID) -> Bool {
        let p = context.body[id]
        if resolve(p.type) == .error { return true }
        func any(_ list: HIRList) -> Bool {
            for i in 0..<context.body.count(list) where isBroken(context.body.pattern(list, i)) { return true }
            return false
        }
        switch p.kind {
        case .binding: return p.b != 0 && isBroken(PatternID(rawValue: p.b))
        case .some: return isBroken(PatternID(rawValue: p.a))
        case .tuple, .structure, .or: return any(HIRList(rawValue: p.b))
        case .array: return any(HIRList(rawValue: p.a)) || any(HIRList(rawValue: p.b))
        case .wildcard, .none, .constant, .range: return false
        }
    }

    private func checkMatch(_ check: MatchCheck) {
        let id = check.expr
        let e = context.body[id]
        let scrutinee = resolve(type(of: check.scrutinee))
        let list = e.listB
        let arms = context.body.count(list) / 3
        if scrutinee == .error || scrutinee == .never { return }
        for i in 0..<arms where isBroken(PatternID(rawValue: context.body.raw(list, i * 3))) { return }
        let coverage = flatCoverage(list, arms: arms, of: scrutinee) ?? coverage(list, arms: arms, of: scrutinee)
        for arm in coverage.uselessArms {
            let start = context.body[PatternID(rawValue: context.body.raw(list, arm * 3))].position
            warning("W0401", "this arm can never match", SourceSpan(start: start, end: start + 1), label: "covered by the arms above")
        }
        if coverage.missing.isEmpty, !coverage.isTooComplex {
            context.body[id].flags |= HIRExpr.exhaustiveMatch
            return
        }
        let isValue = check.node.exists
        let head = SourceSpan(start: check.span.start, end: check.span.start + 5)
        if coverage.isTooComplex {
            // A statement on an open type needs no proof: where no arm matches, nothing happens.
            if !isValue, !isClosed(scrutinee) { return }
            return error(
                "E0401", "this `match` has too many combinations of patterns to tell whether it covers every case", head,
                helps: ["add `_ => …` for the rest, or match on fewer things at a time"])
        }
        if isValue, !isClosed(scrutinee), let function = context.function, isTailStatement(check.node) {
            return missingReturn(function, coverage.missing)
        }
        let names = coverage.missing.map { "`\($0)`" }.joined(separator: ", ")
        if isValue || isClosed(scrutinee) {
            error(
                "E0401", "this `match` does not cover every case", head, label: "missing: \(names)",
                helps: ["add the missing arms, or `_ => …` for the rest"])
        } else {
            warning("W0402", "this `match` does not cover every case", head, label: "missing: \(names)")
        }
    }

    /// The coverage of any match, by the matrix algorithm.
    private func coverage(_ list: HIRList, arms: Int, of scrutinee: TypeID) -> MatchCoverage {
        var result = MatchCoverage()
        var rows: [[Shape]] = []
        var budget = 200_000
        for arm in 0..<arms {
            let row = [shape(PatternID(rawValue: context.body.raw(list, arm * 3)))]
            if !useful(rows, row, [scrutinee], &budget) { result.uselessArms.append(arm) }
            let hasGuard = context.body.raw(list, arm * 3 + 1) != 0
            if !hasGuard { rows.append(row) }
        }
        // Each value that is found is taken for covered, to find another.
        budget = 200_000
        while result.missing.count < 3, let found = witness(rows, [scrutinee], &budget) {
            let text = render(found[0], scrutinee)
            if !result.missing.contains(text) { result.missing.append(text) }
            rows.append(found)
            if text == "_" { break }
        }
        result.isTooComplex = budget <= 0 && result.missing.isEmpty
        return result
    }

    func shape(_ id: PatternID) -> Shape {
        let p = context.body[id]
        switch p.kind {
        case .wildcard: return .any
        case .binding: return p.b == 0 ? .any : shape(PatternID(rawValue: p.b))
        case .none: return .constructor(.variant(0), [])
        case .some: return .constructor(.variant(1), [shape(PatternID(rawValue: p.a))])
        case .tuple, .structure:
            let list = HIRList(rawValue: p.b)
            return .constructor(.product, (0..<context.body.count(list)).map { shape(context.body.pattern(list, $0)) })
        case .array:
            let first = HIRList(rawValue: p.a), second = HIRList(rawValue: p.b)
            let before = (0..<context.body.count(first)).map { shape(context.body.pattern(first, $0)) }
            let behind = (0..<context.body.count(second)).map { shape(context.body.pattern(second, $0)) }
            if p.c == 0 { return .constructor(.length(before.count + behind.count), before + behind) }
            return .constructor(.atLeast(before.count + behind.count), before + behind)
        case .or:
            let list = HIRList(rawValue: p.b)
            return .or((0..<context.body.count(list)).map { shape(context.body.pattern(list, $0)) })
        case .constant:
            guard let value = constantOf(ExprID(rawValue: p.a)) else { return .constructor(.opaque("#\(p.a)"), []) }
            return constantShape(value, resolve(p.type))
        case .range:
            guard let low = constantOf(ExprID(rawValue: p.a)), let high = constantOf(ExprID(rawValue: p.b)),
                let a = encode(low, resolve(p.type)), var b = encode(high, resolve(p.type))
            else { return .constructor(.opaque("range\(p.a)"), []) }
            if p.flags & 1 == 0 {
                if b == 0 { return .or([]) }
                b -= 1
            }
            return a <= b ? .constructor(.interval(a, b), []) : .or([])
        }
    }

    private func constantShape(_ value: ConstantValue, _ type: TypeID) -> Shape {
        switch value {
        case .bool(let flag): return .constructor(.variant(flag ? 1 : 0), [])
        case .tuple(let parts), .structure(let parts):
            var shapes: [Shape] = []
            for (i, part) in parts.enumerated() {
                let partType = program.types.kind(type) == .structure ? program.fieldType(type, i) : program.types.argument(type, i)
                shapes.append(constantShape(part, resolve(partType)))
            }
            return .constructor(.product, shapes)
        case .none: return .constructor(.variant(0), [])
        case .some(let inner): return .constructor(.variant(1), [constantShape(inner, resolve(program.types.argument(type, 0)))])
        default:
            if let bits = encode(value, type) { return .constructor(.interval(bits, bits), []) }
            return .constructor(.opaque("\(value)"), [])
        }
    }

    /// An integer or char in an unsigned encoding that keeps the order.
    private func encode(_ value: ConstantValue, _ type: TypeID) -> UInt64? {
        switch value {
        case .int(let bits, _):
            guard program.types.isInteger(type) else { return nil }
            return program.types.isSigned(type) ? UInt64(bitPattern: Int64(bitPattern: bits)) ^ (1 << 63) : bits
        case .char(let scalar): return UInt64(scalar)
        default: return nil
        }
    }

    /// The whole domain of an integer or char type.
    func domain(_ type: TypeID) -> (UInt64, UInt64)? {
        if type == .char { return (0, 0x10FFFF) }
        guard program.types.isInteger(type) else { return nil }
        let width = UInt64(program.types.bitWidth(type))
        if program.types.isSigned(type) {
            let low = UInt64(bitPattern: Int64.min >> Int64(64 - width)) ^ (1 << 63)
            let high = UInt64(bitPattern: Int64.max >> Int64(64 - width)) ^ (1 << 63)
            return (low, high)
        }
        return (0, UInt64.max >> (64 - width))
    }

    /// The types of a constructor's parts.
    private func fields(_ c: Constructor, _ type: TypeID) -> [TypeID] {
        switch c {
        case .variant(let index):
            return program.types.kind(type) == .option && index == 1 ? [resolve(program.types.argument(type, 0))] : []
        case .product:
            if program.types.kind(type) == .structure {
                return program.structs[Int(program.types.payload(type))].fieldTypes.indices.map { resolve(program.fieldType(type, $0)) }
            }
            return (0..<program.types.count(type)).map { resolve(program.types.argument(type, $0)) }
        case .length(let n), .atLeast(let n):
            guard program.types.kind(type) == .array else { return [] }
            return Array(repeating: resolve(program.types.argument(type, 0)), count: n)
        case .interval, .opaque: return []
        }
    }

    /// The constructors that together make up `type`, split so that each row's head covers them wholly or not at all;
    /// nil for open types.
    private func split(_ type: TypeID, _ heads: [Constructor]) -> [Constructor]? {
        switch program.types.kind(type) {
        case .bool, .option: return [.variant(0), .variant(1)]
        case .nilType, .tuple, .structure: return [.product]
        case .array:
            var longest = 0
            for head in heads {
                switch head {
                case .length(let n): longest = max(longest, n)
                case .atLeast(let n): longest = max(longest, n)
                default: break
                }
            }
            return (0...longest).map { .length($0) } + [.atLeast(longest + 1)]
        case .error, .never, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str, .range, .function,
            .parameter, .variable:
            guard let (low, high) = domain(type) else { return nil }
            var cuts: [UInt64] = [low]
            for head in heads {
                guard case .interval(let a, let b) = head else { continue }
                cuts.append(a)
                if b < high { cuts.append(b + 1) }
            }
            if type == .char { cuts += [0xD800, 0xE000] }
            cuts = Array(Set(cuts)).sorted()
            var result: [Constructor] = []
            for (i, start) in cuts.enumerated() {
                let end = i + 1 < cuts.count ? cuts[i + 1] - 1 : high
                if type == .char && start >= 0xD800 && end <= 0xDFFF { continue }
                result.append(.interval(start, end))
            }
            return result
        }
    }

    /// Row `row` for values made with `c`, its parts in place of the head; empty if it does not match them.
    private func specialize(_ row: [Shape], _ c: Constructor, _ count: Int) -> [[Shape]] {
        let rest = Array(row.dropFirst())
        switch row[0] {
        case .any: return [Array(repeating: .any, count: count) + rest]
        case .or(let alternatives): return alternatives.flatMap { specialize([$0] + rest, c, count) }
        case .constructor(let own, let parts):
            switch (own, c) {
            case (.interval(let a, let b), .interval(let x, let y)): return a <= x && y <= b ? [rest] : []
            case (.atLeast(let n), .length(let m)), (.atLeast(let n), .atLeast(let m)):
                if m < n { return [] }
                // The parts in front and behind keep their ends; where the rest lies does not matter to coverage of any.
                return [parts + Array(repeating: .any, count: m - n) + rest]
            case (.length(let n), .length(let m)): return n == m ? [parts + rest] : []
            case (.length, .atLeast): return []
            default: return own == c ? [parts + rest] : []
            }
        }
    }

    /// Row `row` for values whose head no constructor of the matrix has: its rest, if it takes any head.
    private func withoutHead(_ row: [Shape]) -> [[Shape]] {
        switch row[0] {
        case .any: return [Array(row.dropFirst())]
        case .or(let alternatives): return alternatives.flatMap { withoutHead([$0] + row.dropFirst()) }
        case .constructor: return []
        }
    }

    private func heads(_ rows: [[Shape]]) -> [Constructor] {
        var result: [Constructor] = []
        func collect(_ shape: Shape) {
            switch shape {
            case .any: break
            case .constructor(let c, _): result.append(c)
            case .or(let parts): parts.forEach(collect)
            }
        }
        for row in rows { collect(row[0]) }
        return result
    }

    /// How many columns, from the first on, take any value in all rows and in `row`. Such columns decide nothing, and
    /// are dropped together: structs may have many fields, and types that contain themselves could be split for ever.
    private func openColumns(_ rows: [[Shape]], _ row: [Shape]) -> Int {
        var result = rows.first?.count ?? row.count
        for row in rows + [row] where !row.isEmpty {
            result = row.prefix(result).firstIndex { if case .any = $0 { false } else { true } } ?? result
        }
        return result
    }

    /// `true` iff the row matches every value.
    private func takesAll(_ row: [Shape]) -> Bool {
        row.allSatisfy { if case .any = $0 { true } else { false } }
    }

    /// `true` iff some value matches `row` and none of `rows`.
    private func useful(_ rows: [[Shape]], _ row: [Shape], _ types: [TypeID], _ budget: inout Int) -> Bool {
        budget -= 1
        if budget <= 0 { return true }
        if row.isEmpty || rows.contains(where: takesAll) { return rows.isEmpty }
        if case .or(let alternatives) = row[0] {
            return alternatives.contains { useful(rows, [$0] + row.dropFirst(), types, &budget) }
        }
        let open = openColumns(rows, row)
        if open > 0 {
            let others = rows.map { Array($0.dropFirst(open)) }
            return useful(others, Array(row.dropFirst(open)), Array(types.dropFirst(open)), &budget)
        }
        let type = resolve(types[0])
        let heads = heads(rows + [row])
        if !heads.isEmpty, let constructors = split(type, heads) {
            for c in constructors {
                let parts = fields(c, type)
                let own = specialize(row, c, parts.count)
                if own.isEmpty { continue }
                let others = rows.flatMap { specialize($0, c, parts.count) }
                for candidate in own where useful(others, candidate, parts + types.dropFirst(), &budget) { return true }
            }
            return false
        }
        if case .constructor(let c, _) = row[0] {
            let own = specialize(row, c, 0)
            let others = rows.flatMap { specialize($0, c, 0) }
            return own.contains { useful(others, $0, Array(types.dropFirst()), &budget) }
        }
        let others = rows.flatMap(withoutHead)
        return useful(others, Array(row.dropFirst()), Array(types.dropFirst()), &budget)
    }

    /// A value that no row matches, as shapes; nil if all are covered.
    private func witness(_ rows: [[Shape]], _ types: [TypeID], _ budget: inout Int) -> [Shape]? {
        budget -= 1
        if budget <= 0 { return nil }
        if types.isEmpty { return rows.isEmpty ? [] : nil }
        if rows.isEmpty { return types.map { _ in .any } }
        if rows.contains(where: takesAll) { return nil }
        let open = openColumns(rows, [])
        if open > 0 {
            let others = rows.map { Array($0.dropFirst(open)) }
            guard let found = witness(others, Array(types.dropFirst(open)), &budget) else { return nil }
            return [Shape](repeating: .any, count: open) + found
        }
        let type = resolve(types[0])
        let heads = heads(rows)
        if !heads.isEmpty, let constructors = split(type, heads) {
            for c in constructors {
                let parts = fields(c, type)
                let others = rows.flatMap { specialize($0, c, parts.count) }
                if let found = witness(others, parts + types.dropFirst(), &budget) {
                    return [.constructor(c, Array(found.prefix(parts.count)))] + found.dropFirst(parts.count)
                }
            }
            return nil
        }
        let others = rows.flatMap(withoutHead)
        guard let found = witness(others, Array(types.dropFirst()), &budget) else { return nil }
        return [.any] + found
    }

    /// A witness as users write patterns.
    func render(_ shape: Shape, _ type: TypeID) -> String {
        guard case .constructor(let c, let parts) = shape else { return "_" }
        let t = resolve(type)
        switch c {
        case .variant(let index):
            if t == .bool { return index == 1 ? "true" : "false" }
            return index == 0 ? "None" : "Some(\(render(parts[0], program.types.argument(t, 0))))"
        case .product:
            if program.types.kind(t) == .structure {
                let info = program.structs[Int(program.types.payload(t))]
                return info.name + "(" + parts.enumerated().map { render($1, program.fieldType(t, $0)) }.joined(separator: ", ") + ")"
            }
            return "(" + parts.enumerated().map { render($1, program.types.argument(t, $0)) }.joined(separator: ", ") + ")"
        case .interval(let a, let b):
            if let (low, high) = domain(t), a == low || b == high, !(a == low && b == high), a != b { return "_" }
            if let (low, high) = domain(t), a == low, b == high { return "_" }
            func show(_ bits: UInt64) -> String {
                if t == .char { return "c'\(Unicode.Scalar(UInt32(truncatingIfNeeded: bits)).map { String(Character($0)) } ?? "?")'" }
                return program.types.isSigned(t) ? "\(Int64(bitPattern: bits ^ (1 << 63)))" : "\(bits)"
            }
            return a == b ? show(a) : "\(show(a))..=\(show(b))"
        case .length(let n): return "[" + Array(repeating: "_", count: n).joined(separator: ", ") + "]"
        case .atLeast(let n): return "[" + (Array(repeating: "_", count: n) + ["*_"]).joined(separator: ", ") + "]"
        case .opaque: return "_"
        }
    }
}

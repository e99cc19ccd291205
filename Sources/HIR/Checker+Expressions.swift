internal import Diagnostics
internal import Support
internal import Syntax

/// Expressions: syntax -> HIR nodes with types.
extension Checker {
    // MARK: Helpers

    /// Adds a node to the body.
    func add(
        _ kind: HIRKind, _ type: TypeID, flags: UInt8 = 0, op: UInt16 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0,
        at span: SourceSpan
    ) -> ExprID {
        context.body.add(
            HIRExpr(kind, type, flags: flags, op: op, a: a, b: b, c: c, position: span.start))
    }

    func addList(_ exprs: [ExprID]) -> HIRList { context.body.addList(exprs) }

    func builtin(_ builtin: Builtin, _ type: TypeID, _ arguments: [ExprID], at span: SourceSpan) -> ExprID {
        let list = addList(arguments)
        return add(.builtin, type, op: builtin.rawValue, b: list.rawValue, at: span)
    }

    func errorExpr(_ span: SourceSpan) -> ExprID { add(.error, .error, at: span) }

    func type(of expr: ExprID) -> TypeID { context.body[expr].type }

    func stringConstant(_ string: String, at span: SourceSpan) -> ExprID {
        add(.stringConstant, .str, a: program.addString(string.utf8), at: span)
    }

    func intConstant(_ value: Int64, _ type: TypeID, at span: SourceSpan) -> ExprID {
        let bits = UInt64(bitPattern: value)
        return add(
            .intConstant, type, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32), at: span)
    }

    /// A temporary local that holds `value`; returns the node that stores it and the local.
    func temporary(_ value: ExprID, at span: SourceSpan) -> (store: ExprID, local: LocalID) {
        let local = declareLocal(.none, type(of: value), span, mutable: false, origin: .temporary)
        let store = add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: span)
        return (store, local)
    }

    func localExpr(_ local: LocalID, at span: SourceSpan) -> ExprID {
        add(.local, context.body.locals[local.index].type, a: local.rawValue, at: span)
    }

    // MARK: Coercion

    /// `node` checked and converted where a value of `expected` is needed.
    func check(_ node: NodeID, expected: TypeID) -> ExprID {
        coerce(infer(node, hint: expected), to: expected, node)
    }

    /// Converts `expr` at a coercion site (§4.6) or reports E0301.
    func coerce(_ expr: ExprID, to expected: TypeID, _ node: NodeID) -> ExprID {
        let source = resolve(type(of: expr)), target = resolve(expected)
        if source == target || source == .error || target == .error || source == .never { return expr }
        let targetKind = program.types.kind(target)
        if targetKind == .option {
            let sourceKind = program.types.kind(source)
            if sourceKind == .option {
                if unify(source, target) { return expr }
                // T? where T?? is expected.
                let payload = resolve(program.types.argument(target, 0))
                if program.types.kind(payload) == .option, unify(source, payload) {
                    return add(.makeSome, target, a: expr.rawValue, at: context.tree[node].span)
                }
                return mismatch(expr, source, target, node)
            }
            if sourceKind == .nilType && context.body[expr].kind == .nilConstant {
                return add(.noneConstant, target, at: context.tree[node].span)
            }
            if sourceKind == .variable && variableClass(source) == .any && !isOpen(program.types.argument(target, 0)) {
                if unify(source, target) { return expr }
            }
            let inner = coerce(expr, to: program.types.argument(target, 0), node)
            return add(.makeSome, target, a: inner.rawValue, at: context.tree[node].span)
        }
        if target == .char, context.body[expr].kind == .stringConstant,
            let scalar = singleScalar(program.stringContents(context.body[expr].a))
        {
            return add(.charConstant, .char, a: scalar, at: context.tree[node].span)
        }
        foundInfiniteType = false
        if unify(source, target) { return expr }
        return mismatch(expr, source, target, node)
    }

    private func mismatch(_ expr: ExprID, _ source: TypeID, _ target: TypeID, _ node: NodeID) -> ExprID {
        var helps: [String] = []
        let span = context.tree[node].span
        if foundInfiniteType {
            foundInfiniteType = false
            error(
                "E0308", "this has an infinite type: `\(describe(source))` would have to be `\(describe(target))`", span,
                label: "its type would contain itself", helps: ["annotate the types to see where they disagree"])
            return errorExpr(span)
        }
        if source == .nilType, context.body[expr].kind == .call || context.body[expr].kind == .builtin {
            helps.append("this call gives no value; a `\(describe(target))` must stand here")
        } else if source == .nilType && context.body[expr].kind == .nilConstant {
            helps.append("a plain `\(describe(target))` is never nil; use `\(describe(target))?`")
        } else if program.types.kind(source) == .option, resolve(program.types.argument(source, 0)) == target {
            helps.append("handle the missing value: `… ?? default`, or `.unwrap()` to panic on None")
        } else if isNumberLike(source) && isNumberLike(target) {
            helps.append("convert explicitly: `… as \(describe(target))`")
        } else if target == .str {
            helps.append("convert it to text: `str(…)` or \"{…}\"")
        }
        error(
            "E0301", "expected `\(describe(target))`, found `\(describe(source))`", span,
            label: "this is `\(describe(source))`", helps: helps)
        return errorExpr(span)
    }

    private func singleScalar(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        var iterator = String(decoding: bytes, as: UTF8.self).unicodeScalars.makeIterator()
        guard let first = iterator.next(), iterator.next() == nil else { return nil }
        return first.value
    }

    /// The type that both branches have (§5.2 Join), after which both must be coerced to it; nil (reported) if there is none.
    func join(_ a: TypeID, _ aNil: Bool, _ b: TypeID, _ bNil: Bool) -> TypeID? {
        let l = resolve(a), r = resolve(b)
        if l == .never { return r }
        if r == .never { return l }
        if l == r { return l }
        if l == .error || r == .error { return .error }
        if aNil && !bNil { return program.types.kind(r) == .option ? r : program.types.option(r) }
        if bNil && !aNil { return program.types.kind(l) == .option ? l : program.types.option(l) }
        if program.types.kind(l) == .option && program.types.kind(r) != .option && !isOpen(r) {
            return unify(program.types.argument(l, 0), r) ? l : nil
        }
        if program.types.kind(r) == .option && program.types.kind(l) != .option && !isOpen(l) {
            return unify(program.types.argument(r, 0), l) ? r : nil
        }
        return unify(l, r) ? resolve(l) : nil
    }

    func isNil(_ expr: ExprID) -> Bool { context.body[expr].kind == .nilConstant }

    // MARK: Inference

    /// Nesting of `infer`: a little more than the height of the trees that the parser makes.
    static let maximumDepth = 1600

    /// The HIR of expression `node`. `hint` is the type that the surroundings would like (`.error`: no wish).
    func infer(_ node: NodeID, hint: TypeID = .error) -> ExprID {
        depth += 1
        defer { depth -= 1 }
        let n = context.tree[node]
        if depth > Checker.maximumDepth {
            error("E0106", "expression nested too deeply", n.span)
            return errorExpr(n.span)
        }
        switch n.kind {
        case .intLiteral: return inferInt(n, node, hint: hint, negative: false)
        case .floatLiteral: return inferFloat(n, node, hint: hint, negative: false)
        case .boolLiteral: return add(.boolConstant, .bool, a: UInt32(n.flags), at: n.span)
        case .nilLiteral:
            let target = resolve(hint)
            if program.types.kind(target) == .option { return add(.noneConstant, target, at: n.span) }
            return add(.nilConstant, .nilType, at: n.span)
        case .stringLiteral:
            let bytes = context.tree.stringContents(n.a)
            if resolve(hint) == .char, let scalar = singleScalar(bytes) {
                return add(.charConstant, .char, a: scalar, at: n.span)
            }
            return add(.stringConstant, .str, a: program.addString(bytes), at: n.span)
        case .charLiteral: return add(.charConstant, .char, a: n.a, at: n.span)
        case .byteStringLiteral: return inferByteString(n)
        case .interpolatedString: return inferInterpolation(n)
        case .name: return inferName(n, node, hint: hint)
        case .selfValue: return inferSelf(n)
        case .tuple: return inferTuple(n, hint: hint)
        case .array: return inferArray(n, hint: hint)
        case .arrayComprehension: return inferComprehension(n, hint: hint)
        case .record: return inferRecord(n, hint: hint)
        case .call: return inferCall(n, node, hint: hint)
        case .index: return inferIndex(n)
        case .slice: return inferSlice(n)
        case .member: return inferMember(n, node, hint: hint)
        case .tupleMember: return inferTupleMember(n, index: Int(n.b))
        case .tryOperator: return inferTry(n)
        case .unary: return inferUnary(n, node, hint: hint)
        case .binary: return inferBinary(n, node, hint: hint)
        case .comparison: return inferComparison(n)
        case .cast: return inferCast(n)
        case .ifExpression: return inferIf(n, hint: hint, valueWanted: true)
        case .matchExpression: return inferMatch(n, node, hint: hint, valueWanted: true)
        case .block: return checkBlock(n.listA, span: n.span, valueWanted: true, expected: hint)
        case .error, .unsupported, .underscore: return errorExpr(n.span)
        case .symbolLiteral: return later("symbols are", n)
        case .dict, .dictComprehension: return later("dicts are", n)
        case .set, .setComprehension: return later("sets are", n)
        case .lambda: return later("lambdas are", n)
        case .yieldExpression: return later("generators are", n)
        case .macroCall: return inferMacroCall(n)
        case .superValue: return later("inheritance is", n)
        case .selfType:
            error("E0208", "`Self` is a type, not a value", n.span)
            return errorExpr(n.span)
        case .spread, .doubleSpread:
            error("E0101", "a spread is not allowed here", n.span)
            return errorExpr(n.span)
        case .namedArgument:
            error("E0101", "a named argument is not allowed here", n.span)
            return errorExpr(n.span)
        default:
            error("E0101", "expected an expression", n.span)
            return errorExpr(n.span)
        }
    }

    func later(_ what: String, _ n: Node) -> ExprID {
        unsupported(what, n.span)
        return errorExpr(n.span)
    }

    // MARK: Literals

    private func suffixType(_ suffix: NumericSuffix) -> TypeID? {
        switch suffix {
        case .none, .unit: nil
        case .i8: .i8
        case .i16: .i16
        case .i32: .i32
        case .i64: .i64
        case .u8: .u8
        case .u16: .u16
        case .u32: .u32
        case .u64: .u64
        case .f32: .f32
        case .f64: .f64
        }
    }

    /// The number type that a hint asks for, looking through Options.
    private func numericHint(_ hint: TypeID) -> TypeID? {
        var target = resolve(hint)
        while program.types.kind(target) == .option { target = resolve(program.types.argument(target, 0)) }
        if program.types.isNumeric(target) { return target }
        if let literal = variableClass(target), literal != .any { return target }
        return nil
    }

    func inferInt(_ n: Node, _ node: NodeID, hint: TypeID, negative: Bool) -> ExprID {
        let suffix = NumericSuffix(rawValue: n.flags) ?? .none
        if suffix == .unit {
            unsupported("unit suffixes are", n.span)
            return errorExpr(n.span)
        }
        let type = suffixType(suffix) ?? numericHint(hint) ?? newVariable(.number)
        let span = context.tree[node].span
        let magnitude = UInt64(n.a) | UInt64(n.b) << 32
        let bits = negative ? 0 &- magnitude : magnitude
        // flags bit 0: unsigned bits; bit 1: written with a minus.
        let expr = add(
            .intConstant, type, flags: negative ? 2 : 1, a: UInt32(truncatingIfNeeded: bits),
            b: UInt32(truncatingIfNeeded: bits >> 32), at: span)
        if program.types.kind(type) == .variable {
            context.openLiterals.append((expr, node))
        } else {
            checkLiteralFits(expr, node)
        }
        return expr
    }

    func inferFloat(_ n: Node, _ node: NodeID, hint: TypeID, negative: Bool) -> ExprID {
        let suffix = NumericSuffix(rawValue: n.flags) ?? .none
        if suffix == .unit {
            unsupported("unit suffixes are", n.span)
            return errorExpr(n.span)
        }
        var type = suffixType(suffix)
        if type == nil, let wanted = numericHint(hint) {
            if program.types.isFloat(wanted) {
                type = wanted
            } else if variableClass(wanted) != nil {
                let float = newVariable(.float)
                if unify(wanted, float) { type = float }
            }
        }
        let final = type ?? newVariable(.float)
        var bits = UInt64(n.a) | UInt64(n.b) << 32
        if negative { bits ^= 1 << 63 }
        let expr = add(
            .floatConstant, final, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32),
            at: n.span)
        if program.types.kind(final) == .variable {
            context.openLiterals.append((expr, node))
        } else if final == .f32 && suffix == .none {
            settleFloat(expr, node)
        }
        return expr
    }

    /// Reads a float literal again in the type f32, from its text: rounded to f64 first it would be rounded twice.
    /// An instance of a generic function may need both readings: the other one is kept in `c`.
    private func settleFloat(_ expr: ExprID, _ node: NodeID) {
        let e = context.body[expr]
        let type = resolve(e.type)
        guard type == .f32 || program.types.kind(type) == .parameter else { return }
        guard node.index < context.tree.nodes.count else { return }
        let n = context.tree[node]
        let literal = n.kind == .unary ? context.tree[n.nodeA] : n
        // A default's literal belongs to another module's tree; it was read where it is declared.
        let isSame = literal.kind == .floatLiteral && literal.a == e.a && (literal.b ^ e.b) & 0x7FFF_FFFF == 0
        guard isSame else { return }
        var written = program.sources[context.file].text(literal.span)
        written.removeAll { $0 == "_" }
        guard var value = Float(written) else { return }
        if value.isInfinite && type == .f32 {
            error(
                "E0003", "the number does not fit `f32`", context.tree[node].span, label: "out of range for `f32`",
                helps: ["the largest `f32` is about 3.4e38; use `f64`"])
        }
        if n.kind == .unary { value = -value }
        let bits = Double(value).bitPattern
        if type == .f32 {
            context.body[expr].a = UInt32(truncatingIfNeeded: bits)
            context.body[expr].b = UInt32(truncatingIfNeeded: bits >> 32)
        } else {
            context.body[expr].flags |= HIRExpr.hasSingle
            context.body[expr].c = value.bitPattern
        }
    }

    /// Reports a literal that its type cannot hold (E0003).
    func checkLiteralFits(_ expr: ExprID, _ node: NodeID) {
        let e = context.body[expr]
        if e.kind == .floatConstant { return settleFloat(expr, node) }
        guard e.kind == .intConstant else { return }
        let negative = e.flags & 2 != 0
        let bits = UInt64(e.a) | UInt64(e.b) << 32
        let magnitude = negative ? 0 &- bits : bits
        let type = resolve(e.type)
        var fits = true
        if program.types.isInteger(type) {
            let width = program.types.bitWidth(type)
            if program.types.isSigned(type) {
                let limit = UInt64(1) << UInt64(width - 1)
                fits = negative ? magnitude <= limit : magnitude < limit
            } else {
                fits = negative ? magnitude == 0 : width == 64 || magnitude < UInt64(1) << UInt64(width)
            }
        } else if program.types.isFloat(type) {
            let limit: UInt64 = type == .f32 ? 1 << 24 : 1 << 53
            if magnitude > limit {
                let exact = type == .f32 ? UInt64(exactly: Float(magnitude)) : UInt64(exactly: Double(magnitude))
                fits = exact == magnitude
            }
        }
        if !fits {
            let span = context.tree[node].span
            error(
                "E0003", "the number does not fit `\(describe(type))`", span, label: "out of range for `\(describe(type))`")
        }
        // From here on flag 1 alone matters: the bits are an unsigned value.
        context.body[expr].flags = negative ? 0 : 1
    }

    private func inferByteString(_ n: Node) -> ExprID {
        var elements: [ExprID] = []
        for byte in context.tree.stringContents(n.a) { elements.append(intConstant(Int64(byte), .u8, at: n.span)) }
        let list = addList(elements)
        return add(.makeArray, program.types.array(.u8), b: list.rawValue, at: n.span)
    }

    private func inferInterpolation(_ n: Node) -> ExprID {
        var parts: [ExprID] = []
        for part in context.tree.elements(n.listA) {
            let p = context.tree[part]
            if p.kind == .stringLiteral {
                parts.append(add(.stringConstant, .str, a: program.addString(context.tree.stringContents(p.a)), at: p.span))
                continue
            }
            guard p.kind == .interpolation else { continue }
            let value = infer(p.nodeA)
            let type = resolve(type(of: value))
            if type == .never || type == .error { parts.append(value); continue }
            var flags: UInt8 = 0
            var packed: UInt64 = 0
            if p.b != 0 {
                flags |= HIRExpr.hasSpec
                let text = Array(context.tree.stringContents(p.b - 1))
                switch parseFormatSpec(text) {
                case .success(let spec):
                    packed = spec.packed
                    if spec.isDebug { flags |= HIRExpr.debugForm }
                    checkSpec(spec, value, p.span)
                case .failure(let problem):
                    error("E0326", "invalid format specification", p.span, label: problem.message)
                }
            }
            parts.append(
                add(
                    .format, .str, flags: flags, a: value.rawValue, b: UInt32(truncatingIfNeeded: packed),
                    c: UInt32(truncatingIfNeeded: packed >> 32), at: p.span))
        }
        let list = addList(parts)
        return add(.interpolate, .str, b: list.rawValue, at: n.span)
    }

    private func checkSpec(_ spec: FormatSpec, _ value: ExprID, _ span: SourceSpan) {
        if spec.requirement == .none { return }
        let type = resolve(type(of: value))
        if isOpen(type) || program.types.kind(type) == .parameter { return }
        switch spec.requirement {
        case .integer where !isIntegerLike(type):
            error("E0326", "format type `\(spec.typeLetter)` needs an integer, not `\(describe(type))`", span)
        case .number where !isNumberLike(type):
            error("E0326", "format type `\(spec.typeLetter)` needs a number, not `\(describe(type))`", span)
        default: break
        }
    }

    // MARK: Names

    private func inferName(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
        let name = n.nameA
        if let local = lookUpLocal(name) { return readLocal(local, n.span) }
        if name == known.main && context.isTopLevel {
            error("E0209", "`main` cannot be read", n.span, helps: ["`main = value` only sets the exit code"])
            return errorExpr(n.span)
        }
        if let definition = lookUpDefinition(name, n.span) { return useDefinition(definition, name, n.span) }
        if name == known.none {
            let target = resolve(hint)
            let type = program.types.kind(target) == .option ? target : program.types.option(newVariable())
            return add(.noneConstant, type, at: n.span)
        }
        if known.prelude[name] != nil || known.typeNames[name] != nil || name == known.some {
            if known.typeNames[name] != nil {
                error("E0208", "`\(text(name))` is a type, not a value", n.span)
            } else {
                unsupported("functions as values are", n.span, helps: ["call it: `\(text(name))(…)`"])
            }
            return errorExpr(n.span)
        }
        if known.builtinTypesOfLaterTiers[name] != nil || name == known.ok || name == known.err {
            unsupported("`\(text(name))` is", n.span)
            return errorExpr(n.span)
        }
        reportUnknown(name, n.span)
        return errorExpr(n.span)
    }

    func reportUnknown(_ name: NameID, _ span: SourceSpan) {
        if silenced > 0 {
            context.silentErrors += 1
            return
        }
        var candidates: [String] = context.infos.map { text($0.name) }.filter { !$0.isEmpty }
        candidates += modules[context.module].definitions.names.map { text($0) }
        candidates += modules[context.module].importNames.names.map { text($0) }
        candidates += PreludeFunction.allCases.map(\.rawValue) + ["Some", "None", "true", "false", "nil"]
        var helps = suggestion(text(name), candidates)
        let field = context.owner.map { program.structs[$0.index].fieldNames.contains(name) } ?? false
        if let later = laterDeclaration(of: name, behind: span) {
            helps = ["`\(text(name))` is declared further down, in line \(later); a variable can be used only below its declaration"]
        }
        if field { helps = ["members are not in scope by themselves: write `self.\(text(name))`"] }
        error("E0201", "unknown name `\(text(name))`", span, label: "not found in this scope", helps: helps)
    }

    /// The line of the next declaration of variable `name` behind a mention of it, for a help.
    private func laterDeclaration(of name: NameID, behind span: SourceSpan) -> Int? {
        let tree = context.tree
        var found: UInt32?
        for n in tree.nodes where n.kind == .declaration && n.span.start > span.end {
            let pattern = tree[n.nodeA]
            if pattern.kind == .bindingPattern, pattern.nameA == name, n.span.start < found ?? .max { found = n.span.start }
        }
        return found.map { program.sources[context.file].lineAndColumn(of: $0).line }
    }

    /// A read of local `index` (into `infos`).
    func readLocal(_ index: Int, _ span: SourceSpan) -> ExprID {
        context.infos[index].used = true
        let info = context.infos[index]
        if info.tracked >= 0 && !context.flow.isAssigned(Int(info.tracked)) {
            error(
                "E0505", "`\(text(info.name))` may be used before it has a value", span,
                label: "not assigned on every path to here",
                secondary: [label(info.span, "declared here")],
                helps: ["give it a value where it is declared"])
            // Once is enough.
            context.flow.assign(Int(info.tracked))
        }
        return localExpr(LocalID(index), at: span)
    }

    func useDefinition(_ definition: Definition, _ name: NameID, _ span: SourceSpan) -> ExprID {
        switch definition.kind {
        case .constant:
            guard let value = constantValue(definition.index) else { return errorExpr(span) }
            warnIfDeprecated(constants[definition.index].marks, text(name), span)
            return materialize(value, constants[definition.index].type, span)
        case .global: return readGlobal(definition.index, span)
        case .broken: return errorExpr(span)
        case .function:
            unsupported("functions as values are", span, helps: ["call it: `\(text(name))(…)`"])
            return errorExpr(span)
        case .structure, .alias, .module:
            error("E0208", "`\(text(name))` is a \(word(definition.kind)), not a value", span)
            return errorExpr(span)
        }
    }

    func readGlobal(_ index: Int, _ span: SourceSpan) -> ExprID {
        let type = globalType(index)
        var flags: UInt8 = 0
        if isCyclicStatic(index, span) { return errorExpr(span) }
        if mayBeUninitialised(index) {
            flags = HIRExpr.checkInitialised
            program.globals[index].needsFlag = true
        }
        return add(.global, type, flags: flags, a: UInt32(index), at: span)
    }

    /// Refuses an initialiser that reads a static of a module in the same cycle of imports (E0602, once for a cycle).
    private func isCyclicStatic(_ index: Int, _ span: SourceSpan) -> Bool {
        guard context.isInitializer else { return false }
        let record = globalRecords[index]
        let group = moduleCycles[record.module]
        if record.module == context.module || group != moduleCycles[context.module] { return false }
        if record.isConstantInitialised { return false }
        if silenced == 0, reportedCycles.insert(group).inserted {
            error(
                "E0602", "`\(text(record.name))` belongs to a module that imports this one: neither can be initialised first", span,
                label: "needed to initialise this module", helps: ["make it a `const`, or compute it in a function"])
        }
        return true
    }

    /// Whether a read of global `index` here may come before its initialiser has run (P014 then).
    private func mayBeUninitialised(_ index: Int) -> Bool {
        let record = globalRecords[index]
        if record.isConstantInitialised { return false }
        if context.isInitializer {
            if record.module == context.module { return !assignedAtTopLevel.contains(index) }
            // Modules that do not import this one are initialised before it.
            return moduleCycles[record.module] == moduleCycles[context.module]
        }
        if context.isTopLevel && (record.isEarly || assignedAtTopLevel.contains(index)) { return false }
        if !record.isEarly { return true }
        // Functions run early only if an initialiser of this group of modules calls them.
        let group = moduleCycles[record.module]
        return modules.indices.contains { moduleCycles[$0] == group && modules[$0].initialisersCall }
    }

    private func inferSelf(_ n: Node) -> ExprID {
        if let local = lookUpLocal(known.selfName) { return readLocal(local, n.span) }
        error("E0210", "`self` outside a method", n.span, helps: ["add a `self` parameter to the method"])
        return errorExpr(n.span)
    }

    // MARK: Aggregates

    private func inferTuple(_ n: Node, hint: TypeID) -> ExprID {
        let count = context.tree.count(n.listA)
        if count == 0 { return add(.nilConstant, .nilType, at: n.span) }
        var target = resolve(hint)
        if program.types.kind(target) == .option { target = resolve(program.types.argument(target, 0)) }
        let useHint = program.types.kind(target) == .tuple && program.types.count(target) == count
        var parts: [ExprID] = []
        var types: [TypeID] = []
        for (i, element) in context.tree.elements(n.listA).enumerated() {
            var expr: ExprID
            if context.tree[element].kind == .spread {
                expr = infer(element)
            } else if useHint {
                let wanted = program.types.argument(target, i)
                expr = infer(element, hint: wanted)
                if program.types.kind(resolve(wanted)) != .variable { expr = coerce(expr, to: wanted, element) }
            } else {
                expr = infer(element)
            }
            parts.append(expr)
            types.append(type(of: expr))
        }
        let list = addList(parts)
        return add(.makeTuple, program.types.tuple(types), b: list.rawValue, at: n.span)
    }

    func inferArray(_ n: Node, hint: TypeID) -> ExprID {
        var target = resolve(hint)
        if program.types.kind(target) == .option { target = resolve(program.types.argument(target, 0)) }
        var element: TypeID
        var decided = false
        if program.types.kind(target) == .array {
            element = program.types.argument(target, 0)
            decided = !isOpen(element)
        } else {
            element = newVariable()
        }
        var parts: [ExprID] = []
        var nodes: [NodeID] = []
        for item in context.tree.elements(n.listA) {
            nodes.append(item)
            let i = context.tree[item]
            if i.kind == .spread {
                let inner = infer(i.nodeA, hint: program.types.array(element))
                if case .array = kind(type(of: inner)) {
                    if !unify(type(of: inner), program.types.array(element)) { _ = coerce(inner, to: program.types.array(element), i.nodeA) }
                    decided = true
                } else if kind(type(of: inner)) != .error {
                    unsupported("spreading `\(describe(type(of: inner)))` is", i.span, helps: ["spread an array"])
                }
                parts.append(add(.spread, type(of: inner), a: inner.rawValue, at: i.span))
                continue
            }
            let expr = infer(item, hint: element)
            if decided {
                parts.append(coerce(expr, to: element, item))
            } else {
                parts.append(expr)
                let own = resolve(type(of: expr))
                if isNil(expr) {
                    continue
                } else if isOpen(element) {
                    _ = unify(element, own)
                } else if !unify(element, own) {
                    if kind(element) != .option, let joined = join(element, false, own, false) { element = joined } else {
                        let first = parts.firstIndex { !isNil($0) } ?? 0
                        error(
                            "E0301", "the elements of an array have one type, but `\(describe(element))` and `\(describe(own))` differ",
                            i.span, label: "this is `\(describe(own))`",
                            secondary: [label(context.tree[nodes[first]].span, "this is `\(describe(element))`")],
                            helps: ["put values of different types in a tuple `(…)`, or in a struct"])
                        parts[parts.count - 1] = errorExpr(i.span)
                    }
                }
            }
        }
        // `[1, nil]`: elements are Options.
        if !decided, parts.contains(where: { isNil($0) }), kind(element) != .option, parts.contains(where: { !isNil($0) }) {
            element = program.types.option(element)
        }
        for i in parts.indices where context.body[parts[i]].kind != .spread && resolve(type(of: parts[i])) != resolve(element) {
            parts[i] = coerce(parts[i], to: element, nodes[i])
        }
        let list = addList(parts)
        return add(.makeArray, program.types.array(element), b: list.rawValue, at: n.span)
    }

    /// `[e for p in xs if c]` becomes a block that fills a fresh array.
    private func inferComprehension(_ n: Node, hint: TypeID) -> ExprID {
        let scope = pushScope()
        defer { popScope(to: scope) }
        let element = newVariable()
        if case .array = kind(hint) { _ = unify(element, program.types.argument(resolve(hint), 0)) }
        let arrayType = program.types.array(element)
        let empty = add(.makeArray, arrayType, b: 0, at: n.span)
        let (store, local) = temporary(empty, at: n.span)
        let clauses = Array(context.tree.elements(n.listB))
        let savedFlow = context.flow
        let body = comprehensionClauses(clauses[...], n.span) {
            let value = self.check(n.nodeA, expected: element)
            let target = self.localExpr(local, at: n.span)
            return self.builtin(.push, arrayType, [target, value], at: n.span)
        }
        context.flow = savedFlow
        let result = localExpr(local, at: n.span)
        let list = addList([store, body, result])
        return add(.block, arrayType, flags: HIRExpr.blockHasValue, b: list.rawValue, at: n.span)
    }

    private func comprehensionClauses(_ clauses: ArraySlice<NodeID>, _ span: SourceSpan, _ innermost: () -> ExprID) -> ExprID {
        guard let first = clauses.first else { return innermost() }
        let c = context.tree[first]
        if c.kind == .ifClause {
            let condition = checkCondition(c.nodeA)
            let then = comprehensionClauses(clauses.dropFirst(), span, innermost)
            return add(.if, .nilType, a: condition.rawValue, b: then.rawValue, at: c.span)
        }
        let (pattern, iterable, _) = checkForHead(c.nodeA, c.nodeB, c.span)
        let number = context.body.loopCount
        context.body.loopCount += 1
        let body = comprehensionClauses(clauses.dropFirst(), span, innermost)
        let list = context.body.addList([pattern.rawValue, iterable.rawValue, body.rawValue, number])
        return add(.for, .nilType, b: list.rawValue, at: c.span)
    }

    // MARK: Index, slice, member

    private func inferIndex(_ n: Node) -> ExprID {
        let base = infer(n.nodeA)
        let baseType = resolve(type(of: base))
        if program.types.kind(baseType) == .tuple {
            let index = context.tree[n.nodeB]
            guard index.kind == .intLiteral else {
                error("E0315", "a tuple index must be a constant", index.span, helps: ["use a number: `t[0]`"])
                return errorExpr(n.span)
            }
            return tupleElement(base, baseType, Int(UInt64(index.a) | UInt64(index.b & 0x7FFF_FFFF) << 32), n.span, index.span)
        }
        let index = infer(n.nodeB, hint: .i64)
        if kind(type(of: index)) == .range {
            switch sliceResult(baseType) {
            case .type(let type): return add(.sliceByRange, type, a: base.rawValue, b: index.rawValue, at: n.span)
            case .stuck:
                let result = add(.sliceByRange, baseType, a: base.rawValue, b: index.rawValue, at: n.span)
                _ = self.defer(.slice, [baseType], expr: result, span: n.span, result: baseType)
                return result
            case .mismatch: break
            }
        }
        let result = add(.index, .error, a: base.rawValue, b: index.rawValue, at: n.span)
        switch indexResult(baseType, type(of: index)) {
        case .type(let type): context.body[result].type = type
        case .stuck:
            context.body[result].type = self.defer(.index, [baseType, type(of: index)], expr: result, span: n.span)
        case .mismatch:
            let indexable = program.types.kind(baseType) == .array || baseType == .str
            if indexable {
                error(
                    "E0301", "an index must be an integer, not `\(describe(type(of: index)))`", context.tree[n.nodeB].span,
                    label: "this is `\(describe(type(of: index)))`")
            } else {
                error("E0306", "`\(describe(baseType))` cannot be indexed", n.span)
            }
        }
        return result
    }

    private func tupleElement(_ base: ExprID, _ type: TypeID, _ index: Int, _ span: SourceSpan, _ indexSpan: SourceSpan) -> ExprID {
        guard index < program.types.count(type) else {
            let count = program.types.count(type)
            error("E0315", "tuple index \(index) out of range", indexSpan, label: "the tuple has \(count) element\(count == 1 ? "" : "s")")
            return errorExpr(span)
        }
        return add(.tupleElement, program.types.argument(type, index), a: base.rawValue, b: UInt32(index), at: span)
    }

    private func inferTupleMember(_ n: Node, index: Int) -> ExprID {
        let base = infer(n.nodeA)
        let baseType = resolve(type(of: base))
        if baseType == .error { return base }
        guard program.types.kind(baseType) == .tuple else {
            error("E0203", "`\(describe(baseType))` has no element `\(index)`", n.span, label: "not a tuple")
            return errorExpr(n.span)
        }
        return tupleElement(base, baseType, index, n.span, n.span)
    }

    private func inferSlice(_ n: Node) -> ExprID {
        let base = infer(n.nodeA)
        var parts: [UInt32] = []
        for i in 0..<3 {
            let part = context.tree.element(n.listB, i)
            if !part.exists {
                parts.append(0)
                continue
            }
            let expr = infer(part, hint: .i64)
            if isOpen(type(of: expr)) { _ = unify(type(of: expr), .i64) }
            if !isIntegerLike(type(of: expr)) && kind(type(of: expr)) != .error && kind(type(of: expr)) != .parameter {
                error("E0301", "a slice bound must be an integer, not `\(describe(type(of: expr)))`", context.tree[part].span)
            }
            parts.append(expr.rawValue)
        }
        let list = context.body.addList(parts)
        let baseType = type(of: base)
        let result = add(.slice, baseType, a: base.rawValue, b: list.rawValue, at: n.span)
        switch sliceResult(baseType) {
        case .type: break
        case .stuck: _ = self.defer(.slice, [baseType], expr: result, span: n.span, result: baseType)
        case .mismatch: error("E0306", "`\(describe(baseType))` cannot be sliced", n.span)
        }
        return result
    }

    private func inferMember(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
        let name = n.nameB
        let nameSpan = SourceSpan(start: n.span.end - UInt32(text(name).utf8.count), end: n.span.end)
        // A path: module.item, Type.MEMBER.
        switch resolvePath(n.nodeA) {
        case .module(let index):
            guard let definition = moduleItem(index, name, nameSpan) else { return errorExpr(n.span) }
            return useDefinition(definition, name, n.span)
        case .type(let type): return typeConstant(type, name, n, nameSpan)
        case .broken: return errorExpr(n.span)
        case .none: break
        }
        let base = infer(n.nodeA)
        let baseType = resolve(type(of: base))
        if baseType == .error || baseType == .never { return errorExpr(n.span) }
        return memberOf(base, baseType, name, n.span, nameSpan)
    }

    /// Field `name` of `base`.
    func memberOf(_ base: ExprID, _ baseType: TypeID, _ name: NameID, _ span: SourceSpan, _ nameSpan: SourceSpan) -> ExprID {
        if isOpen(baseType) {
            let result = add(.deferredField, .error, a: base.rawValue, c: name.rawValue, at: span)
            context.body[result].type = self.defer(.field(name), [baseType], expr: result, span: nameSpan)
            return result
        }
        guard program.types.kind(baseType) == .structure else {
            let group = methodGroup(baseType)
            let isMethod = group.map { methods.find($0, name) != nil || preludeMethod($0, name) != nil } ?? false
            var helps = isMethod ? ["call it: `.\(text(name))(…)`"] : []
            if !isMethod, let group {
                helps = suggestion(text(name), methods.names(group).map { text($0) })
                if !helps.isEmpty { helps.append("`\(describe(baseType))` has methods, which are called: `.name(…)`") }
            }
            error(
                program.types.kind(baseType) == .parameter ? "E0313" : "E0203",
                "`\(describe(baseType))` has no field `\(text(name))`", nameSpan, label: isMethod ? "this is a method" : "", helps: helps)
            return errorExpr(span)
        }
        let id = Int(program.types.payload(baseType))
        guard let index = program.structs[id].fieldNames.firstIndex(of: name) else {
            let isMethod = structRecords[id].methods[name] != nil
            if isMethod {
                unsupported("methods as values are", nameSpan, helps: ["call it: `.\(text(name))(…)`"])
            } else {
                error(
                    "E0203", "`\(describe(baseType))` has no field `\(text(name))`", nameSpan,
                    helps: suggestion(text(name), program.structs[id].fieldNames.map { text($0) }))
            }
            return errorExpr(span)
        }
        checkFieldVisible(id, index, nameSpan)
        return add(.field, program.fieldType(baseType, index), a: base.rawValue, b: UInt32(index), at: span)
    }

    private func checkFieldVisible(_ id: Int, _ index: Int, _ span: SourceSpan) {
        let record = structRecords[id]
        guard record.privateFields, record.module != context.module, index < record.fieldNodes.count else { return }
        let flags = DefinitionFlags(rawValue: modules[record.module].tree[record.fieldNodes[index]].flags)
        if flags.contains(.isPrivate) {
            error("E0603", "field `\(text(program.structs[id].fieldNames[index]))` is private", span)
        }
    }

    /// What the left side of a `.` is, if it is no value.
    enum PathTarget { case module(Int), type(TypeID), broken, none }

    func resolvePath(_ node: NodeID) -> PathTarget {
        let n = context.tree[node]
        switch n.kind {
        case .name:
            if lookUpLocal(n.nameA) != nil { return .none }
            if let definition = lookUpDefinition(n.nameA, n.span) {
                switch definition.kind {
                case .module: return .module(definition.index)
                case .structure:
                    var arguments: [TypeID] = []
                    for _ in 0..<structRecords[definition.index].typeParameters.count { arguments.append(newVariable()) }
                    return .type(program.types.intern(.structure, payload: UInt32(definition.index), arguments))
                case .alias:
                    let type = aliases[definition.index].type ?? .error
                    return type == .error ? .broken : .type(type)
                case .broken: return .broken
                default: return .none
                }
            }
            if let type = known.typeNames[n.nameA] { return .type(type) }
            switch text(n.nameA) {
            case "Array", "List", "Vec": return .type(program.types.array(newVariable()))
            case "Option": return .type(program.types.option(newVariable()))
            default: break
            }
            if let name = known.builtinTypesOfLaterTiers[n.nameA] {
                unsupported("`\(name)` is", n.span)
                return .broken
            }
            return .none
        case .selfType:
            if context.owner == nil {
                error("E0210", "`Self` outside a type", n.span)
                return .broken
            }
            return .type(context.selfType)
        case .member:
            guard case .module(let index) = resolvePath(n.nodeA) else { return .none }
            guard let definition = moduleItem(index, n.nameB, n.span) else { return .broken }
            switch definition.kind {
            case .module: return .module(definition.index)
            case .structure:
                var arguments: [TypeID] = []
                for _ in 0..<structRecords[definition.index].typeParameters.count { arguments.append(newVariable()) }
                return .type(program.types.intern(.structure, payload: UInt32(definition.index), arguments))
            case .broken: return .broken
            default: return .none
            }
        case .index:
            // `Pair[i64, str].make(…)`
            guard case .type(let type) = resolvePath(n.nodeA) else { return .none }
            let arguments = context.tree[n.nodeB].kind == .tuple ? Array(context.tree.elements(context.tree[n.nodeB].listA)) : [n.nodeB]
            guard arguments.count == program.types.count(type) else {
                error("E0324", "`\(describe(type))` takes \(program.types.count(type)) type arguments", n.span)
                return .broken
            }
            for (i, argument) in arguments.enumerated() { _ = unify(program.types.argument(type, i), typeFromExpression(argument)) }
            return .type(type)
        case .array:
            // `[i64].filled(3, 0)`
            guard context.tree.count(n.listA) == 1 else { return .none }
            let element = context.tree.element(n.listA, 0)
            let e = context.tree[element]
            guard e.kind == .name || e.kind == .array, e.kind != .name || lookUpLocal(e.nameA) == nil else { return .none }
            if e.kind == .name, known.typeNames[e.nameA] == nil {
                guard let d = lookUpDefinition(e.nameA), d.kind == .structure || d.kind == .alias else { return .none }
            }
            if e.kind == .array, case .none = resolvePath(element) { return .none }
            return .type(program.types.array(typeFromExpression(element)))
        default: return .none
        }
    }

    /// A type argument written in expression position (§3.4).
    func typeFromExpression(_ node: NodeID) -> TypeID {
        let n = context.tree[node]
        switch n.kind {
        case .name where context.typeParameters.contains(where: { $0.name == n.nameA }):
            return program.types.parameter(context.typeParameters.firstIndex { $0.name == n.nameA } ?? 0)
        case .name, .member, .selfType, .index:
            if case .type(let type) = resolvePath(node) { return type }
        case .nilLiteral: return .nilType
        case .tuple:
            let parts = context.tree.elements(n.listA).map { typeFromExpression($0) }
            return parts.isEmpty ? .nilType : program.types.tuple(parts)
        case .array where context.tree.count(n.listA) == 1:
            return program.types.array(typeFromExpression(context.tree.element(n.listA, 0)))
        case .tryOperator: return program.types.option(typeFromExpression(n.nodeA))
        default: break
        }
        error("E0111", "this is not a type", n.span, helps: ["give it a name with `type Name = …`"])
        return .error
    }

    /// `i64.MAX` and the like.
    private func typeConstant(_ type: TypeID, _ name: NameID, _ n: Node, _ nameSpan: SourceSpan) -> ExprID {
        let t = resolve(type)
        let word = text(name)
        if program.types.isInteger(t) {
            let width = program.types.bitWidth(t), signed = program.types.isSigned(t)
            switch word {
            case "MAX":
                let value = signed ? UInt64.max >> UInt64(65 - width) : UInt64.max >> UInt64(64 - width)
                let expr = intConstant(Int64(bitPattern: value), t, at: n.span)
                context.body[expr].flags = 1
                return expr
            case "MIN": return intConstant(signed ? Int64.min >> Int64(64 - width) : 0, t, at: n.span)
            case "BITS": return intConstant(Int64(width), .i64, at: n.span)
            default: break
            }
        }
        if program.types.isFloat(t) {
            let single = t == .f32
            let value: Double? = switch word {
            case "INF": .infinity
            case "NAN": .nan
            case "EPSILON": single ? Double(Float.ulpOfOne) : Double.ulpOfOne
            case "MAX": single ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
            case "MIN_POSITIVE": single ? Double(Float.leastNormalMagnitude) : Double.leastNormalMagnitude
            default: nil
            }
            if let value { return floatConstant(value, t, at: n.span) }
        }
        if program.types.kind(t) == .structure, structRecords[Int(program.types.payload(t))].methods[name] != nil {
            unsupported("methods as values are", nameSpan, helps: ["call it: `\(describe(t)).\(word)(…)`"])
            return errorExpr(n.span)
        }
        error("E0203", "type `\(describe(t))` has no member `\(word)`", nameSpan)
        return errorExpr(n.span)
    }

    func floatConstant(_ value: Double, _ type: TypeID, at span: SourceSpan) -> ExprID {
        let bits = value.bitPattern
        return add(.floatConstant, type, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32), at: span)
    }

    private func inferTry(_ n: Node) -> ExprID {
        let value = infer(n.nodeA)
        let t = resolve(type(of: value))
        if t == .error { return value }
        guard program.types.kind(t) == .option else {
            error("E0320", "`?` needs an Option, not `\(describe(t))`", n.span)
            return errorExpr(n.span)
        }
        let payload = program.types.argument(t, 0)
        if context.isTopLevel { return add(.tryOption, payload, flags: 1, a: value.rawValue, at: n.span) }
        if !context.hasDeclaredResult, isOpen(context.resultType) {
            _ = unify(context.resultType, program.types.option(newVariable()))
        }
        guard kind(context.resultType) == .option else {
            error(
                "E0320", "`?` can only be used in a function that returns an Option", n.span,
                label: "this function returns `\(describe(context.resultType))`")
            return errorExpr(n.span)
        }
        return add(.tryOption, payload, a: value.rawValue, at: n.span)
    }
}

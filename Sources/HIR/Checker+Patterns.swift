internal import Diagnostics
internal import Support
internal import Syntax

/// Patterns (LANGUAGE §7).
extension Checker {
    /// Checks a pattern against a value of `type`, declaring its names in the present scope.
    func checkPattern(
        _ node: NodeID, against type: TypeID, mutable: Bool = false, irrefutable: Bool = false,
        origin: LocalOrigin = .pattern
    ) -> PatternID {
        let state = PatternState(mutable: mutable, origin: origin)
        let errors = diagnostics.errorCount
        let pattern = patternFor(node, type, state)
        if irrefutable, diagnostics.errorCount == errors { requireIrrefutable(pattern, context.tree[node].span) }
        return pattern
    }

    /// What holds for all of one pattern.
    final class PatternState {
        let mutable: Bool
        let origin: LocalOrigin
        /// Names bound so far, with their locals.
        var names: [(name: NameID, local: LocalID)] = []
        /// Locals that all alternatives of an or-pattern must bind.
        var shared: [(name: NameID, local: LocalID)]?
        init(mutable: Bool, origin: LocalOrigin) {
            self.mutable = mutable
            self.origin = origin
        }
    }

    private func addPattern(
        _ kind: HIRPatternKind, _ type: TypeID, flags: UInt8 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0,
        _ span: SourceSpan
    ) -> PatternID {
        context.body.add(HIRPattern(kind, type, flags: flags, a: a, b: b, c: c, position: span.start))
    }

    private func bindName(_ name: NameID, _ type: TypeID, _ span: SourceSpan, mutable: Bool, _ state: PatternState) -> LocalID {
        if let shared = state.shared?.first(where: { $0.name == name }) {
            if state.names.contains(where: { $0.name == name }) {
                error("E0407", "`\(text(name))` is bound twice in this pattern", span)
            }
            if !unify(context.body.locals[shared.local.index].type, type) {
                error("E0406", "`\(text(name))` has different types in the alternatives", span)
            }
            state.names.append((name, shared.local))
            return shared.local
        }
        if state.names.contains(where: { $0.name == name }) {
            error("E0407", "`\(text(name))` is bound twice in this pattern", span)
        }
        // A top-level destructuring declaration of names that functions mention binds globals through temporaries.
        let local = declareLocal(name, type, span, mutable: mutable || state.mutable, origin: state.origin)
        state.names.append((name, local))
        return local
    }

    private func patternFor(_ node: NodeID, _ type: TypeID, _ state: PatternState) -> PatternID {
        depth += 1
        defer { depth -= 1 }
        let n = context.tree[node]
        if depth > Checker.maximumDepth {
            error("E0106", "pattern nested too deeply", n.span)
            return addPattern(.wildcard, .error, n.span)
        }
        let t = resolve(type)
        switch n.kind {
        case .wildcardPattern: return addPattern(.wildcard, type, n.span)
        case .bindingPattern: return bindingPattern(n, type, t, state)
        case .atPattern:
            let local = bindName(n.nameA, type, n.span, mutable: false, state)
            let inner = patternFor(n.nodeB, type, state)
            return addPattern(.binding, type, a: local.rawValue, b: inner.rawValue, n.span)
        case .literalPattern: return literalPattern(n, type, t)
        case .rangePattern: return rangePattern(n, type, t)
        case .tuplePattern: return tuplePattern(n, type, t, state)
        case .arrayPattern: return arrayPattern(n.listA, n, type, t, state)
        case .orPattern: return orPattern(n, type, state)
        case .pathPattern: return pathPattern(n, type, t, state)
        case .recordPattern: return recordPattern(n, type, t, state)
        case .restPattern:
            error("E0101", "`..` is allowed inside tuple, array and payload patterns only", n.span)
            return addPattern(.wildcard, type, n.span)
        default: return addPattern(.wildcard, type, n.span)
        }
    }

    private func bindingPattern(_ n: Node, _ type: TypeID, _ t: TypeID, _ state: PatternState) -> PatternID {
        let name = n.nameA
        if n.b != 0 {
            let declared = lowerType(n.nodeB)
            if !unify(declared, type) { patternMismatch(declared, type, n.span) }
        }
        if name == known.none && n.b == 0 {
            if program.types.kind(t) != .option && t != .error {
                if isOpen(t) { _ = unify(t, program.types.option(newVariable())) } else { patternMismatch("None", type, n.span) }
            }
            return addPattern(.none, type, n.span)
        }
        if n.b == 0, n.flags & 1 == 0, lookUpLocal(name) == nil, let definition = lookUpDefinition(name), definition.kind == .constant {
            guard let value = constantValue(definition.index) else { return addPattern(.wildcard, .error, n.span) }
            let expr = materialize(value, constants[definition.index].type, n.span)
            if !unify(self.type(of: expr), type) { patternMismatch(self.type(of: expr), type, n.span) }
            return addPattern(.constant, type, a: expr.rawValue, n.span)
        }
        if state.origin == .pattern, let first = text(name).unicodeScalars.first, first.properties.isUppercase, state.shared == nil {
            warning("W0403", "`\(text(name))` binds a new name and matches anything", n.span, helps: ["constants and variants must be in scope to be matched"])
        }
        let local = bindName(name, type, n.span, mutable: n.flags & 1 != 0, state)
        return addPattern(.binding, type, a: local.rawValue, n.span)
    }

    private func patternMismatch(_ found: TypeID, _ expected: TypeID, _ span: SourceSpan) {
        patternMismatch("`\(describe(found))`", expected, span)
    }

    private func patternMismatch(_ what: String, _ expected: TypeID, _ span: SourceSpan) {
        error(
            "E0408", "this pattern does not fit the matched value", span,
            label: "a pattern for \(what), but the value is `\(describe(expected))`")
    }

    private func literalPattern(_ n: Node, _ type: TypeID, _ t: TypeID) -> PatternID {
        let literal = context.tree[n.nodeA]
        if literal.kind == .nilLiteral {
            if program.types.kind(t) == .option { return addPattern(.none, type, n.span) }
            if t == .nilType || t == .error { return addPattern(.wildcard, type, n.span) }
            if isOpen(t) {
                _ = unify(t, program.types.option(newVariable()))
                return addPattern(.none, type, n.span)
            }
            patternMismatch("`nil`", type, n.span)
            return addPattern(.wildcard, .error, n.span)
        }
        // A literal matches an Option's payload only inside `Some(…)`.
        let expr = infer(n.nodeA, hint: t)
        let own = resolve(self.type(of: expr))
        if own == .str && t == .char || !unify(own, t) {
            patternMismatch(own, type, n.span)
            return addPattern(.wildcard, .error, n.span)
        }
        return addPattern(.constant, type, a: expr.rawValue, n.span)
    }

    private func rangePattern(_ n: Node, _ type: TypeID, _ t: TypeID) -> PatternID {
        let low = infer(n.nodeA, hint: t), high = infer(n.nodeB, hint: t)
        for (expr, node) in [(low, n.nodeA), (high, n.nodeB)] {
            if !unify(self.type(of: expr), t) {
                patternMismatch(self.type(of: expr), type, context.tree[node].span)
                return addPattern(.wildcard, .error, n.span)
            }
        }
        let r = resolve(t)
        if !(isNumberLike(r) || r == .char || r == .str || r == .error || isOpen(r)) {
            patternMismatch("a range", type, n.span)
            return addPattern(.wildcard, .error, n.span)
        }
        let inclusive = n.flags & 1 != 0
        if let a = constantOf(low), let b = constantOf(high), let order = compareConstants(a, b) {
            if order > 0 || (order == 0 && !inclusive) {
                error("E0405", "this range pattern is empty", n.span)
                return addPattern(.wildcard, .error, n.span)
            }
        } else if context.body[low].kind != .error && context.body[high].kind != .error {
            error("E0701", "the bounds of a range pattern must be constants", n.span)
            return addPattern(.wildcard, .error, n.span)
        }
        return addPattern(.range, type, flags: inclusive ? 1 : 0, a: low.rawValue, b: high.rawValue, n.span)
    }

    private func tuplePattern(_ n: Node, _ type: TypeID, _ t: TypeID, _ state: PatternState) -> PatternID {
        let elements = Array(context.tree.elements(n.listA))
        if program.types.kind(t) == .array { return arrayPattern(n.listA, n, type, t, state) }
        let restIndex = elements.firstIndex { context.tree[$0].kind == .restPattern }
        var t = t
        if isOpen(t) && restIndex == nil {
            var parts: [TypeID] = []
            for _ in elements { parts.append(newVariable()) }
            _ = unify(t, program.types.tuple(parts))
            t = resolve(t)
        }
        guard program.types.kind(t) == .tuple else {
            if t != .error { patternMismatch("a tuple", type, n.span) }
            for element in elements where context.tree[element].kind != .restPattern { _ = patternFor(element, .error, state) }
            return addPattern(.wildcard, .error, n.span)
        }
        let count = program.types.count(t)
        if restIndex == nil ? elements.count != count : elements.count - 1 > count {
            error(
                "E0408", "this pattern has \(elements.count) element\(elements.count == 1 ? "" : "s"), but the tuple has \(count)", n.span)
            for element in elements where context.tree[element].kind != .restPattern { _ = patternFor(element, .error, state) }
            return addPattern(.wildcard, .error, n.span)
        }
        var parts: [UInt32] = []
        var position = 0
        for (i, element) in elements.enumerated() {
            if i == restIndex {
                let skipped = count - (elements.count - 1)
                if context.tree[element].a != 0 { unsupported("binding the rest of a tuple is", context.tree[element].span) }
                for _ in 0..<skipped {
                    parts.append(addPattern(.wildcard, program.types.argument(t, position), n.span).rawValue)
                    position += 1
                }
                continue
            }
            parts.append(patternFor(element, program.types.argument(t, position), state).rawValue)
            position += 1
        }
        let list = context.body.addList(parts)
        return addPattern(.tuple, type, b: list.rawValue, n.span)
    }

    private func arrayPattern(_ list: ListID, _ n: Node, _ type: TypeID, _ t: TypeID, _ state: PatternState) -> PatternID {
        var t = t
        if isOpen(t) {
            _ = unify(t, program.types.array(newVariable()))
            t = resolve(t)
        }
        guard program.types.kind(t) == .array else {
            if t != .error { patternMismatch("an array", type, n.span) }
            return addPattern(.wildcard, .error, n.span)
        }
        let element = program.types.argument(t, 0)
        var before: [UInt32] = [], behind: [UInt32] = []
        var rest: UInt32 = 0
        for part in context.tree.elements(list) {
            let p = context.tree[part]
            if p.kind == .restPattern {
                if rest != 0 { error("E0101", "only one `*rest` is allowed in a pattern", p.span) }
                rest = p.a == 0 ? 1 : bindName(p.nameA, t, p.span, mutable: false, state).rawValue + 2
                continue
            }
            let pattern = patternFor(part, element, state)
            if rest == 0 { before.append(pattern.rawValue) } else { behind.append(pattern.rawValue) }
        }
        let first = context.body.addList(before), second = context.body.addList(behind)
        return addPattern(.array, type, a: first.rawValue, b: second.rawValue, c: rest, n.span)
    }

    private func orPattern(_ n: Node, _ type: TypeID, _ state: PatternState) -> PatternID {
        var alternatives: [UInt32] = []
        let outer = state.names
        let outerShared = state.shared
        var firstNames: [(name: NameID, local: LocalID)] = []
        for (i, alternative) in context.tree.elements(n.listA).enumerated() {
            state.names = outer
            if i > 0 { state.shared = (outerShared ?? []) + firstNames }
            let pattern = patternFor(alternative, type, state)
            alternatives.append(pattern.rawValue)
            let bound = state.names.dropFirst(outer.count)
            if i == 0 {
                firstNames = Array(bound)
            } else {
                let names = Set(bound.map(\.name)), wanted = Set(firstNames.map(\.name))
                if names != wanted {
                    let differing = names.symmetricDifference(wanted).map { text($0) }.sorted()
                    error(
                        "E0406", "the alternatives bind different names", context.tree[alternative].span,
                        label: "`\(differing.joined(separator: "`, `"))` is not bound in all of them")
                }
            }
        }
        state.names = outer + firstNames
        state.shared = outerShared
        let list = context.body.addList(alternatives)
        return addPattern(.or, type, b: list.rawValue, n.span)
    }

    private func pathPattern(_ n: Node, _ type: TypeID, _ t: TypeID, _ state: PatternState) -> PatternID {
        let tree = context.tree
        let count = tree.count(n.listA)
        let first = tree.name(n.listA, 0)
        if count == 1 && first == known.some && n.flags & 1 != 0 {
            var t = t
            if isOpen(t) {
                _ = unify(t, program.types.option(newVariable()))
                t = resolve(t)
            }
            let payload: TypeID
            if program.types.kind(t) == .option {
                payload = program.types.argument(t, 0)
            } else {
                if t != .error { patternMismatch("an Option", type, n.span) }
                payload = .error
            }
            guard tree.count(n.listB) == 1 else {
                error("E0404", "`Some` has one payload field", n.span)
                return brokenPayload(n, state)
            }
            let inner = tree[tree.element(n.listB, 0)]
            let sub = inner.kind == .restPattern ? addPattern(.wildcard, payload, n.span) : patternFor(inner.nodeB, payload, state)
            return addPattern(.some, type, a: sub.rawValue, n.span)
        }
        if count == 1 && (first == known.ok || first == known.err) {
            unsupported("`\(text(first))` is", n.span)
            return brokenPayload(n, state)
        }
        // A constant of a module, or a struct.
        var definition: Definition?
        if count == 1 { definition = lookUpDefinition(first, n.span) } else { definition = lookUpPath(n.listA, n.span)?.0 }
        guard let definition else {
            if count == 1, t != .error { error("E0201", "unknown name `\(text(first))` in a pattern", n.span, label: "no such variant, struct or constant") }
            return brokenPayload(n, state)
        }
        switch definition.kind {
        case .constant where n.flags & 1 == 0:
            guard let value = constantValue(definition.index) else { return addPattern(.wildcard, .error, n.span) }
            let expr = materialize(value, constants[definition.index].type, n.span)
            if !unify(self.type(of: expr), type) { patternMismatch(self.type(of: expr), type, n.span) }
            return addPattern(.constant, type, a: expr.rawValue, n.span)
        case .structure: return structPattern(StructID(definition.index), n.listB, n, type, t, state)
        case .broken: return brokenPayload(n, state)
        case .function, .constant, .global, .alias, .module:
            error("E0208", "a \(word(definition.kind)) cannot be matched", n.span)
            return brokenPayload(n, state)
        }
    }

    private func brokenPayload(_ n: Node, _ state: PatternState) -> PatternID {
        if n.flags & 1 != 0 || n.kind == .recordPattern {
            for part in context.tree.elements(n.listB) where context.tree[part].kind == .fieldPattern {
                let p = context.tree[part]
                if p.b != 0 { _ = patternFor(p.nodeB, .error, state) } else { _ = bindName(p.nameA, .error, p.span, mutable: false, state) }
            }
        }
        return addPattern(.wildcard, .error, n.span)
    }

    private func recordPattern(_ n: Node, _ type: TypeID, _ t: TypeID, _ state: PatternState) -> PatternID {
        guard let (definition, _) = lookUpPath(n.listA, n.span) else { return brokenPayload(n, state) }
        guard definition.kind == .structure else {
            if definition.kind != .broken { error("E0208", "this is not a struct", n.span) }
            return brokenPayload(n, state)
        }
        return structPattern(StructID(definition.index), n.listB, n, type, t, state)
    }

    private func structPattern(
        _ id: StructID, _ list: ListID, _ n: Node, _ type: TypeID, _ t: TypeID,
        _ state: PatternState
    ) -> PatternID {
        let tree = context.tree
        var t = t
        if isOpen(t) {
            var arguments: [TypeID] = []
            for _ in structRecords[id.index].typeParameters { arguments.append(newVariable()) }
            _ = unify(t, program.types.intern(.structure, payload: id.rawValue, arguments))
            t = resolve(t)
        }
        guard program.types.kind(t) == .structure, program.types.payload(t) == id.rawValue else {
            if t != .error { patternMismatch("`\(program.structs[id.index].name)`", type, n.span) }
            return brokenPayload(n, state)
        }
        prepareFields(id)
        let names = program.structs[id.index].fieldNames
        var subs: [PatternID?] = Array(repeating: nil, count: names.count)
        var position = 0
        var sawRest = false
        // Reported: the pattern says nothing about which values are left to other arms.
        var failed = false
        for part in tree.elements(list) {
            let p = tree[part]
            if p.kind == .restPattern {
                sawRest = true
                continue
            }
            var index = position
            if p.a != 0 {
                guard let named = names.firstIndex(of: p.nameA) else {
                    error(
                        "E0318", "`\(describe(t))` has no field `\(text(p.nameA))`", p.span,
                        helps: suggestion(text(p.nameA), names.map { text($0) }))
                    if p.b != 0 { _ = patternFor(p.nodeB, .error, state) }
                    failed = true
                    continue
                }
                index = named
            } else {
                position += 1
            }
            if index < names.count, subs[index] != nil {
                error("E0319", "field `\(text(names[index]))` is given twice in this pattern", p.span)
                failed = true
                continue
            }
            guard index < names.count else {
                error("E0404", "`\(describe(t))` has \(names.count) fields", p.span)
                failed = true
                continue
            }
            let fieldType = program.fieldType(t, index)
            if p.b != 0 {
                subs[index] = patternFor(p.nodeB, fieldType, state)
            } else {
                let local = bindName(p.nameA, fieldType, p.span, mutable: false, state)
                subs[index] = addPattern(.binding, fieldType, a: local.rawValue, p.span)
            }
        }
        if failed { return addPattern(.wildcard, .error, n.span) }
        if !sawRest, let missing = subs.firstIndex(where: { $0 == nil }) {
            error(
                "E0404", "the pattern does not mention field `\(text(names[missing]))`", n.span,
                helps: ["end the pattern with `..` to ignore the other fields"])
        }
        var parts: [UInt32] = []
        for i in names.indices {
            if let sub = subs[i] {
                parts.append(sub.rawValue)
            } else {
                parts.append(addPattern(.wildcard, program.fieldType(t, i), n.span).rawValue)
            }
        }
        let fields = context.body.addList(parts)
        return addPattern(.structure, type, b: fields.rawValue, n.span)
    }

    // MARK: Irrefutability

    private func requireIrrefutable(_ pattern: PatternID, _ span: SourceSpan) {
        if !isIrrefutable(pattern, top: true) {
            error(
                "E0402", "this pattern may not match", span, label: "not every value fits it",
                helps: ["use `if let … = …` or `match`"])
        }
    }

    /// `true` iff the pattern matches every value (array patterns check lengths at run time and count as such).
    private func isIrrefutable(_ id: PatternID, top: Bool) -> Bool {
        let p = context.body[id]
        switch p.kind {
        case .wildcard: return true
        case .binding: return p.b == 0 || isIrrefutable(PatternID(rawValue: p.b), top: false)
        case .tuple, .structure:
            let list = HIRList(rawValue: p.b)
            for i in 0..<context.body.count(list) where !isIrrefutable(context.body.pattern(list, i), top: false) { return false }
            return true
        case .array:
            for list in [HIRList(rawValue: p.a), HIRList(rawValue: p.b)] {
                for i in 0..<context.body.count(list) where !isIrrefutable(context.body.pattern(list, i), top: false) { return false }
            }
            return true
        case .or:
            let list = HIRList(rawValue: p.b)
            for i in 0..<context.body.count(list) where isIrrefutable(context.body.pattern(list, i), top: false) { return true }
            return false
        case .constant, .range, .some, .none: return false
        }
    }
}

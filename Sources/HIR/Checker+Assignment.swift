internal import Diagnostics
internal import Support
internal import Syntax

/// Declarations and assignments: new variables, stores, destructuring, definite initialisation.
extension Checker {
    // MARK: Declarations

    func checkDeclaration(_ n: Node, _ node: NodeID) -> ExprID {
        let mutable = n.flags & 1 != 0
        let pattern = context.tree[n.nodeA]
        let declared = n.b != 0 ? lowerType(n.nodeB) : nil
        if context.isTopLevel, context.blockDepth <= 1 { refuseClashes(n.nodeA) }
        if pattern.kind == .bindingPattern && pattern.nameA != known.underscore {
            let name = pattern.nameA
            if context.isTopLevel && name == known.main {
                error("E0209", "`main` cannot be declared as a variable", pattern.span)
                return .none
            }
            if let global = topLevelGlobal(name, outermost: true) {
                return declareGlobal(global, n, declared, mutable)
            }
            if n.c == 0 {
                declareLocal(name, declared ?? newVariable(), pattern.span, mutable: mutable, origin: .declaration, tracked: true)
                return .none
            }
            let value: ExprID
            if let declared { value = check(n.nodeC, expected: declared) } else { value = infer(n.nodeC) }
            let isMutable = mutable || pattern.flags & 1 != 0
            let startsNil = declared == nil && isMutable && isNil(value)
            let type = declared ?? (isMutable ? startType(value) : type(of: value))
            let local = declareLocal(name, type, pattern.span, mutable: isMutable, origin: .declaration)
            context.infos[local.index].startsNil = startsNil
            return add(.storeLocal, type, a: local.rawValue, b: value.rawValue, at: n.span)
        }
        guard n.c != 0 else {
            error("E0101", "a destructuring declaration needs a value", n.span)
            return .none
        }
        let value = declared.map { check(n.nodeC, expected: $0) } ?? infer(n.nodeC)
        let checked = checkPattern(n.nodeA, against: declared ?? type(of: value), mutable: mutable, irrefutable: true)
        return add(.bind, .nilType, a: checked.rawValue, b: value.rawValue, at: n.span)
    }

    /// Refuses top-level variables named like another definition or an import of the module (E0202); those that share
    /// a name among themselves are a chain of declarations, which is allowed (§4.5).
    private func refuseClashes(_ pattern: NodeID) {
        let p = context.tree[pattern]
        switch p.kind {
        case .bindingPattern: refuseClash(p.nameA, p.span)
        case .tuplePattern, .arrayPattern: for part in context.tree.elements(p.listA) { refuseClashes(part) }
        default: break
        }
    }

    private func refuseClash(_ name: NameID, _ span: SourceSpan) {
        let module = modules[context.module]
        if let definition = module.definitions[name] {
            if definition.kind == .broken || (definition.kind == .global && !globalRecords[definition.index].isStatic) { return }
            error(
                "E0202", "`\(text(name))` is already defined in this module", span, label: "second definition",
                helps: ["give one of them another name"])
        } else if let binding = module.importNames[name] {
            modules[context.module].imports[binding].used = true
            error(
                "E0202", "`\(text(name))` clashes with an import of this module", span, label: "second definition",
                helps: ["give the variable another name, or import under another name: `… as other_name`"])
        }
    }

    func checkLocalConstant(_ n: Node, _ node: NodeID) -> ExprID {
        if context.isTopLevel && context.blockDepth <= 1 { return .none }
        let declared = n.b != 0 ? lowerType(n.nodeB) : nil
        let value = declared.map { check(n.nodeC, expected: $0) } ?? infer(n.nodeC)
        if !isConstantExpression(value) {
            error("E0701", "not a constant expression", context.tree[n.nodeC].span, helps: ["use `let` for values computed at run time"])
        }
        let local = declareLocal(n.nameA, declared ?? type(of: value), n.span, mutable: false, origin: .declaration)
        return add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: n.span)
    }

    // MARK: Assignment

    func checkAssignment(_ n: Node) -> ExprID {
        let target = context.tree[n.nodeA]
        switch target.kind {
        case .tuple: return destructure(target, n)
        case .name:
            if context.isTopLevel && target.nameA == known.main && lookUpLocal(target.nameA) == nil { return setExitValue(n) }
            if target.nameA == known.main && lookUpLocal(target.nameA) == nil && modules[context.module].definitions[target.nameA] == nil {
                error("E0209", "`main = …` is allowed in top-level code only", n.span)
                _ = infer(n.nodeB)
                return .none
            }
            return assignName(target.nameA, target.span, valueNode: n.nodeB, n)
        case .underscore: return infer(n.nodeB)
        default:
            guard let place = checkPlace(n.nodeA) else {
                _ = infer(n.nodeB)
                return .none
            }
            markChanged(place)
            let value = check(n.nodeB, expected: type(of: place))
            return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
        }
    }

    private func setExitValue(_ n: Node) -> ExprID {
        let value = infer(n.nodeB, hint: .i64)
        if variableClass(type(of: value)) != nil { defaultLiteral(type(of: value)) }
        if isOpen(type(of: value)) { solvePending(from: pendingFloor) }
        if !isExitValue(type(of: value)) {
            error(
                "E0311", "`\(describe(type(of: value)))` is not an exit value", context.tree[n.nodeB].span,
                helps: ["an exit value is nil, a number, or an Option of one"])
        }
        if program.main != nil {
            error("E0110", "a program has either `fn main` or `main = …`, not both", n.span)
        }
        return add(.setExitValue, .nilType, a: value.rawValue, at: n.span)
    }

    func isExitValue(_ type: TypeID) -> Bool {
        let t = resolve(type)
        switch program.types.kind(t) {
        case .nilType, .error, .never: return true
        case .option: return isExitValue(program.types.argument(t, 0))
        case .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str, .tuple, .array, .range,
            .function, .structure, .parameter, .variable:
            return isNumberLike(t)
        }
    }

    /// The global that a top-level declaration or bare assignment of `name` means.
    private func topLevelGlobal(_ name: NameID, outermost: Bool) -> Int? {
        guard context.isTopLevel, let definition = modules[context.module].definitions[name], definition.kind == .global,
            !globalRecords[definition.index].isStatic
        else { return nil }
        if outermost && context.blockDepth > 1 { return nil }
        return definition.index
    }

    private func declareGlobal(_ index: Int, _ n: Node, _ declared: TypeID?, _ mutable: Bool) -> ExprID {
        if globalRecords[index].declared && context.tree[n.nodeA].kind == .bindingPattern, globalRecords[index].isMutable != mutable {
            globalRecords[index].isMutable = mutable
        }
        globalRecords[index].declared = true
        let type = globalType(index)
        guard n.c != 0 else { return .none }
        let value = globalRecords[index].startsNil ? assignOverNil(type, n.nodeC) : check(n.nodeC, expected: type)
        openToGlobal(type)
        assignedAtTopLevel.insert(index)
        let place = add(.global, type, a: UInt32(index), at: n.span)
        return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
    }

    /// `name = value` (§4.4).
    private func assignName(_ name: NameID, _ span: SourceSpan, valueNode: NodeID, _ n: Node) -> ExprID {
        if let index = lookUpLocal(name) {
            let type = context.body.locals[index].type
            let value = context.infos[index].startsNil ? assignOverNil(type, valueNode) : check(valueNode, expected: type)
            markAssigned(index, span)
            return add(.storeLocal, type, a: UInt32(index), b: value.rawValue, at: n.span)
        }
        if let global = topLevelGlobal(name, outermost: false) {
            let type = globalType(global)
            let value = globalRecords[global].startsNil ? assignOverNil(type, valueNode) : check(valueNode, expected: type)
            if globalRecords[global].declared { globalRecords[global].changed = true }
            if globalRecords[global].declared && !globalRecords[global].isMutable { immutableAssignment(name, span, nil) }
            if context.blockDepth <= 1 { assignedAtTopLevel.insert(global) }
            let place = add(.global, type, a: UInt32(global), at: span)
            return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
        }
        if let definition = modules[context.module].definitions[name] {
            switch definition.kind {
            case .global where globalRecords[definition.index].isMutable && isSharedVariable(definition.index):
                let type = globalType(definition.index)
                let value = globalRecords[definition.index].startsNil ? assignOverNil(type, valueNode) : check(valueNode, expected: type)
                globalRecords[definition.index].changed = true
                let place = add(.global, type, a: UInt32(definition.index), at: span)
                return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
            case .global where globalRecords[definition.index].isStatic:
                error("E0507", "`\(text(name))` is an immutable static", span, helps: ["declare it as `static mut \(text(name))`"])
                _ = infer(valueNode)
                return .none
            case .constant:
                error("E0507", "`\(text(name))` is a constant", span)
                _ = infer(valueNode)
                return .none
            case .global:
                warning(
                    "W0502", "this creates a local variable that hides the module-level `\(text(name))`", span,
                    helps: ["the module-level one keeps its value; to change it here, declare it with `var \(text(name))`"])
            case .function, .structure, .alias, .module, .broken: break
            }
        }
        if context.isTopLevel { refuseClash(name, span) }
        let value = infer(valueNode)
        let local = declareBare(name, startType(value), span)
        context.infos[local.index].startsNil = isNil(value)
        context.flow.assign(Int(context.infos[local.index].tracked))
        return add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: n.span)
    }

    /// The type of a mutable variable whose first value is `value`: open for a plain `nil`, which says nothing yet.
    private func startType(_ value: ExprID) -> TypeID {
        if isNil(value) { context.body[value].type = newVariable() }
        return type(of: value)
    }

    /// A value for a variable that began as `nil`: the first one of a type T makes the variable a `T?`.
    func assignOverNil(_ type: TypeID, _ node: NodeID) -> ExprID {
        guard isOpen(type) else { return check(node, expected: type) }
        let value = infer(node)
        if isNil(value) {
            context.body[value].type = type
            return value
        }
        let own = resolve(self.type(of: value))
        if own != .error && own != .never { _ = unify(type, program.types.kind(own) == .option ? own : program.types.option(own)) }
        return coerce(value, to: type, node)
    }

    /// A module-level `var`, `let mut` or `static mut` that functions may assign (not a bare top-level name).
    func isSharedVariable(_ index: Int) -> Bool {
        let record = globalRecords[index]
        if record.isStatic { return true }
        return modules[record.module].tree[record.node].kind == .declaration
    }

    /// Notes an assignment to local `index`; reports E0501.
    func markAssigned(_ index: Int, _ span: SourceSpan) {
        let info = context.infos[index]
        if info.tracked >= 0 {
            let tracked = Int(info.tracked)
            if context.flow.isMaybeAssigned(tracked) || Int(info.loopDepth) < context.loops.count {
                if info.isMutable { context.infos[index].changed = true } else { immutableAssignment(info.name, span, info) }
            }
            context.flow.assign(tracked)
            return
        }
        context.infos[index].changed = true
        if !info.isMutable { immutableAssignment(info.name, span, info) }
    }

    func immutableAssignment(_ name: NameID, _ span: SourceSpan, _ info: LocalInfo?) {
        // Mentioned in an error already: no warning that it is unused.
        if let local = lookUpLocal(name) { context.infos[local].used = true }
        var helps = ["declare it with `var \(text(name))`"]
        if info?.origin == .parameter { helps = ["declare the parameter as `mut \(text(name))`"] }
        if info?.origin == .loop || info?.origin == .pattern { helps = ["write `mut \(text(name))` in the pattern"] }
        error(
            "E0501", "cannot assign to immutable variable `\(text(name))`", span,
            secondary: info.map { [label($0.span, "declared here")] } ?? [], helps: helps)
    }

    /// What a destructuring assignment evaluates before its values.
    private struct PreparedTargets {
        /// Stores of the targets' sub-expressions in temporaries.
        var stores: [ExprID] = []
        /// The places of the targets that are fields or elements; none where one cannot be assigned to (reported).
        var places: [(node: NodeID, place: ExprID?)] = []
    }

    /// `a, b[i] = b[i], a`: the sub-expressions of the targets, the values, then the stores, each from left to right (§6.1).
    private func destructure(_ target: Node, _ n: Node) -> ExprID {
        let targets = Array(context.tree.elements(target.listA))
        var prepared = PreparedTargets()
        for node in targets { prepareTarget(node, &prepared) }
        let value = infer(n.nodeB)
        let t = resolve(type(of: value))
        if t == .error { for node in targets { declareBroken(node) } ; return .none }
        if program.types.kind(t) == .array || targets.contains(where: { context.tree[$0].kind == .spread }) {
            return destructureByPattern(targets, prepared, value, t, n)
        }
        guard program.types.kind(t) == .tuple, program.types.count(t) == targets.count else {
            error(
                "E0301", "cannot unpack `\(describe(t))` into \(targets.count) targets", n.span)
            for node in targets { declareBroken(node) }
            return .none
        }
        let (store, local) = temporary(value, at: n.span)
        var parts = prepared.stores + [store]
        for (i, node) in targets.enumerated() {
            let whole = localExpr(local, at: n.span)
            let element = add(.tupleElement, program.types.argument(t, i), a: whole.rawValue, b: UInt32(i), at: n.span)
            let part = assignValue(node, element, prepared, n)
            if part.exists { parts.append(part) }
        }
        let list = addList(parts)
        return add(.block, .nilType, b: list.rawValue, at: n.span)
    }

    private func prepareTarget(_ node: NodeID, _ prepared: inout PreparedTargets) {
        let target = context.tree[node]
        switch target.kind {
        case .name, .underscore: break
        case .tuple: for part in context.tree.elements(target.listA) { prepareTarget(part, &prepared) }
        case .spread: prepareTarget(target.nodeA, &prepared)
        default:
            let place = checkPlace(node)
            if let place {
                markChanged(place)
                storeSubexpressions(of: place, &prepared)
            }
            prepared.places.append((node, place))
        }
    }

    /// Makes temporaries of the arrays and indices in a place.
    private func storeSubexpressions(of place: ExprID, _ prepared: inout PreparedTargets) {
        let e = context.body[place]
        switch e.kind {
        case .field: storeSubexpressions(of: e.exprA, &prepared)
        case .index:
            context.body[place].a = stored(e.exprA, &prepared).rawValue
            context.body[place].b = stored(e.exprB, &prepared).rawValue
        default: break
        }
    }

    private func stored(_ expr: ExprID, _ prepared: inout PreparedTargets) -> ExprID {
        let e = context.body[expr]
        if e.kind == .intConstant || e.kind == .error { return expr }
        let span = SourceSpan(start: e.position, end: e.position)
        let (store, local) = temporary(expr, at: span)
        prepared.stores.append(store)
        return localExpr(local, at: span)
    }

    private func declareBroken(_ node: NodeID) {
        let n = context.tree[node]
        if n.kind == .name, lookUpLocal(n.nameA) == nil {
            let local = declareBare(n.nameA, .error, n.span)
            context.flow.assign(Int(context.infos[local.index].tracked))
        }
    }

    /// `first, *rest = xs`.
    private func destructureByPattern(
        _ targets: [NodeID], _ prepared: PreparedTargets, _ value: ExprID, _ t: TypeID, _ n: Node
    ) -> ExprID {
        guard program.types.kind(t) == .array else {
            error("E0301", "cannot unpack `\(describe(t))` with `*`", n.span)
            return .none
        }
        let element = program.types.argument(t, 0)
        var before: [UInt32] = [], behind: [UInt32] = []
        var rest: UInt32 = 0
        var stores: [(NodeID, LocalID)] = []
        for node in targets {
            let target = context.tree[node]
            if target.kind == .spread {
                let local = declareLocal(.none, t, target.span, mutable: false, origin: .temporary)
                rest = local.rawValue + 2
                stores.append((target.nodeA, local))
                continue
            }
            let local = declareLocal(.none, element, target.span, mutable: false, origin: .temporary)
            let pattern = context.body.add(HIRPattern(.binding, element, a: local.rawValue, position: target.span.start))
            if rest == 0 { before.append(pattern.rawValue) } else { behind.append(pattern.rawValue) }
            stores.append((node, local))
        }
        let first = context.body.addList(before), second = context.body.addList(behind)
        let pattern = context.body.add(
            HIRPattern(.array, t, a: first.rawValue, b: second.rawValue, c: rest, position: n.span.start))
        var parts = prepared.stores + [add(.bind, .nilType, a: pattern.rawValue, b: value.rawValue, at: n.span)]
        for (node, local) in stores {
            let part = assignValue(node, localExpr(local, at: n.span), prepared, n)
            if part.exists { parts.append(part) }
        }
        let list = addList(parts)
        return add(.block, .nilType, b: list.rawValue, at: n.span)
    }

    /// Stores an already evaluated value into one target of a destructuring assignment.
    private func assignValue(_ node: NodeID, _ value: ExprID, _ prepared: PreparedTargets, _ n: Node) -> ExprID {
        let target = context.tree[node]
        switch target.kind {
        case .underscore: return .none
        case .name:
            if let index = lookUpLocal(target.nameA) {
                let type = context.body.locals[index].type
                let coerced = coerce(value, to: type, node)
                markAssigned(index, target.span)
                return add(.storeLocal, type, a: UInt32(index), b: coerced.rawValue, at: n.span)
            }
            if let definition = modules[context.module].definitions[target.nameA], definition.kind == .global,
                topLevelGlobal(target.nameA, outermost: false) != nil
                    || (globalRecords[definition.index].isMutable && isSharedVariable(definition.index))
            {
                let type = globalType(definition.index)
                let coerced = coerce(value, to: type, node)
                globalRecords[definition.index].changed = true
                if context.isTopLevel && context.blockDepth <= 1 { assignedAtTopLevel.insert(definition.index) }
                let place = add(.global, type, a: UInt32(definition.index), at: n.span)
                return add(.assign, .nilType, a: place.rawValue, b: coerced.rawValue, at: n.span)
            }
            let local = declareBare(target.nameA, type(of: value), target.span)
            context.flow.assign(Int(context.infos[local.index].tracked))
            return add(.storeLocal, type(of: value), a: local.rawValue, b: value.rawValue, at: n.span)
        case .tuple:
            let t = resolve(type(of: value))
            let targets = Array(context.tree.elements(target.listA))
            guard program.types.kind(t) == .tuple, program.types.count(t) == targets.count else {
                error("E0301", "cannot unpack `\(describe(t))` into \(targets.count) targets", target.span)
                return .none
            }
            let (store, local) = temporary(value, at: target.span)
            var parts = [store]
            for (i, inner) in targets.enumerated() {
                let whole = localExpr(local, at: target.span)
                let element = add(.tupleElement, program.types.argument(t, i), a: whole.rawValue, b: UInt32(i), at: target.span)
                let part = assignValue(inner, element, prepared, n)
                if part.exists { parts.append(part) }
            }
            let list = addList(parts)
            return add(.block, .nilType, b: list.rawValue, at: n.span)
        default:
            guard let place = prepared.places.first(where: { $0.node == node })?.place else { return .none }
            let coerced = coerce(value, to: type(of: place), node)
            return add(.assign, .nilType, a: place.rawValue, b: coerced.rawValue, at: n.span)
        }
    }
}

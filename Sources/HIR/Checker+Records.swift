internal import Diagnostics
internal import Support
internal import Syntax

/// Values of structs: constructors, record literals, `with`.
extension Checker {
    // MARK: Structs

    /// `T(…)`: the constructor of a struct, or a conversion.
    func construct(_ type: TypeID, _ n: Node) -> ExprID {
        let t = resolve(type)
        guard program.types.kind(t) == .structure else {
            if program.types.isNumeric(t) || t == .bool || t == .char || t == .str { return convert(to: t, n) }
            if t != .error { error("E0322", "`\(describe(t))` is not callable", context.tree[n.nodeA].span) }
            return errorExpr(n.span)
        }
        let id = Int(program.types.payload(t))
        let record = structRecords[id]
        prepareFields(StructID(id))
        checkConstructible(id, n.span)
        warnIfDeprecated(structRecords[id].marks, program.structs[id].name, context.tree[n.nodeA].span)
        var parameters: [ParameterRecord] = []
        for (i, name) in program.structs[id].fieldNames.enumerated() {
            let node = record.fieldNodes[i]
            parameters.append(
                ParameterRecord(name: name, node: node, type: program.fieldType(t, i), defaultNode: modules[record.module].tree[node].nodeC))
        }
        guard let matched = matchArguments(n, parameters[...], program.structs[id].name) else { return errorExpr(n.span) }
        var fields: [(index: Int, node: NodeID)] = []
        for index in matched.written { fields.append((index, matched.nodes[index])) }
        return makeStruct(t, id, fields, base: nil, n.span)
    }

    private func checkConstructible(_ id: Int, _ span: SourceSpan) {
        if structRecords[id].privateFields && structRecords[id].module != context.module {
            error(
                "E0603", "`\(program.structs[id].name)` has private fields and cannot be built here", span,
                helps: ["use a function of its module that makes one"])
        }
    }

    /// `T { x: 1, ..base }`.
    func inferRecord(_ n: Node, hint: TypeID) -> ExprID {
        guard case .type(let type) = resolvePath(n.nodeA) else {
            let path = context.tree[n.nodeA]
            if path.kind == .name, lookUpLocal(path.nameA) == nil, lookUpDefinition(path.nameA) == nil {
                if !isRepeated("E0201", path.nameA, path.span) {
                    error("E0201", "unknown type `\(text(path.nameA))`", path.span, label: "not found in this scope")
                }
            } else if case .none = resolvePath(n.nodeA) {
                error("E0208", "this is not a struct", path.span)
            }
            return errorExpr(n.span)
        }
        let t = resolve(type)
        guard program.types.kind(t) == .structure else {
            error("E0208", "`\(describe(t))` is not a struct", context.tree[n.nodeA].span)
            return errorExpr(n.span)
        }
        if kind(hint) == .structure, program.types.payload(resolve(hint)) == program.types.payload(t) { _ = unify(t, hint) }
        let id = Int(program.types.payload(t))
        prepareFields(StructID(id))
        checkConstructible(id, n.span)
        warnIfDeprecated(structRecords[id].marks, program.structs[id].name, context.tree[n.nodeA].span)
        var fields: [(index: Int, node: NodeID)] = []
        var base: NodeID?
        var failed = false
        for part in context.tree.elements(n.listB) {
            let p = context.tree[part]
            if p.kind == .recordBase {
                base = p.nodeA
                continue
            }
            guard let index = program.structs[id].fieldNames.firstIndex(of: p.nameA) else {
                error(
                    "E0318", "`\(describe(t))` has no field `\(text(p.nameA))`", p.span,
                    helps: suggestion(text(p.nameA), program.structs[id].fieldNames.map { text($0) }))
                if p.b != 0 { _ = infer(p.nodeB) }
                failed = true
                continue
            }
            if fields.contains(where: { $0.index == index }) {
                error("E0319", "field `\(text(p.nameA))` is given twice", p.span)
                failed = true
                continue
            }
            fields.append((index, p.b != 0 ? p.nodeB : part))
        }
        if base == nil && !failed {
            let record = structRecords[id]
            for (i, name) in program.structs[id].fieldNames.enumerated() where !fields.contains(where: { $0.index == i }) {
                if !modules[record.module].tree[record.fieldNodes[i]].nodeC.exists {
                    error("E0316", "missing field `\(text(name))` of `\(describe(t))`", n.span, label: "`\(text(name))` has no default")
                    failed = true
                }
            }
        }
        if failed { return errorExpr(n.span) }
        return makeStruct(t, id, fields, base: base, n.span)
    }

    /// Builds a struct value: written fields in source order, the rest from `base` or the defaults.
    private func makeStruct(
        _ type: TypeID, _ id: Int, _ fields: [(index: Int, node: NodeID)], base: NodeID?, _ span: SourceSpan
    ) -> ExprID {
        let count = program.structs[id].fieldNames.count
        var values: [ExprID] = Array(repeating: .none, count: count)
        var stores: [ExprID] = []
        var inOrder = true
        for i in fields.indices.dropFirst() where fields[i].index < fields[i - 1].index { inOrder = false }
        for (index, node) in fields {
            let fieldType = program.fieldType(type, index)
            let n = context.tree[node]
            var value: ExprID
            if n.kind == .recordField {
                // Shorthand `P { x }`.
                value = shorthand(n)
                value = coerce(value, to: fieldType, node)
            } else {
                value = check(node, expected: fieldType)
            }
            if !inOrder || base != nil {
                let (store, local) = temporary(value, at: n.span)
                stores.append(store)
                value = localExpr(local, at: n.span)
            }
            values[index] = value
        }
        if let base {
            let baseValue = check(base, expected: type)
            let (store, local) = temporary(baseValue, at: context.tree[base].span)
            stores.append(store)
            for i in 0..<count where !values[i].exists {
                let whole = localExpr(local, at: span)
                values[i] = add(.field, program.fieldType(type, i), a: whole.rawValue, b: UInt32(i), at: span)
            }
        } else {
            let record = structRecords[id]
            for i in 0..<count where !values[i].exists {
                let node = modules[record.module].tree[record.fieldNodes[i]].nodeC
                values[i] = foreignExpression(node, in: record.module, expected: program.fieldType(type, i))
            }
        }
        let list = addList(values)
        let result = add(.makeStruct, type, b: list.rawValue, at: span)
        if stores.isEmpty { return result }
        let block = addList(stores + [result])
        return add(.block, type, flags: HIRExpr.blockHasValue, b: block.rawValue, at: span)
    }

    private func shorthand(_ n: Node) -> ExprID {
        if let local = lookUpLocal(n.nameA) { return readLocal(local, n.span) }
        if let definition = lookUpDefinition(n.nameA, n.span) { return useDefinition(definition, n.nameA, n.span) }
        reportUnknown(n.nameA, n.span)
        return errorExpr(n.span)
    }

    /// An expression of another module (a field's default) emitted into this body.
    private func foreignExpression(_ node: NodeID, in module: Int, expected: TypeID) -> ExprID {
        guard node.exists else { return errorExpr(SourceSpan(start: 0, end: 0)) }
        let savedModule = context.module, savedTree = context.tree, savedID = context.id, savedFile = context.file
        contextCounter += 1
        context.id = contextCounter
        context.module = module
        context.tree = modules[module].tree
        context.file = modules[module].file
        // What is wrong in it is reported where it is declared.
        silenced += 1
        let errors = context.silentErrors
        let expr = check(node, expected: expected)
        silenced -= 1
        context.module = savedModule
        context.tree = savedTree
        context.id = savedID
        context.file = savedFile
        return context.silentErrors == errors ? expr : errorExpr(SourceSpan(start: 0, end: 0))
    }

    /// `p.with(x: 3)`.
    func callWith(_ receiver: ExprID, _ t: TypeID, _ id: Int, _ n: Node) -> ExprID {
        var fields: [(Int, ExprID)] = []
        let (store, local) = temporary(receiver, at: n.span)
        var parts: [ExprID] = [store]
        for argument in context.tree.elements(n.listB) {
            let a = context.tree[argument]
            guard a.kind == .namedArgument else {
                error("E0318", "`with` takes named fields", a.span, helps: ["write `.with(field: value)`"])
                return errorExpr(n.span)
            }
            guard let index = program.structs[id].fieldNames.firstIndex(of: a.nameA) else {
                error(
                    "E0318", "`\(describe(t))` has no field `\(text(a.nameA))`", a.span,
                    helps: suggestion(text(a.nameA), program.structs[id].fieldNames.map { text($0) }))
                return errorExpr(n.span)
            }
            if fields.contains(where: { $0.0 == index }) {
                error("E0319", "field `\(text(a.nameA))` is given twice", a.span)
                return errorExpr(n.span)
            }
            let value = check(a.nodeB, expected: program.fieldType(t, index))
            let (store, fieldLocal) = temporary(value, at: a.span)
            parts.append(store)
            fields.append((index, localExpr(fieldLocal, at: a.span)))
        }
        var values: [ExprID] = []
        for i in program.structs[id].fieldNames.indices {
            if let given = fields.first(where: { $0.0 == i }) {
                values.append(given.1)
            } else {
                let whole = localExpr(local, at: n.span)
                values.append(add(.field, program.fieldType(t, i), a: whole.rawValue, b: UInt32(i), at: n.span))
            }
        }
        let list = addList(values)
        parts.append(add(.makeStruct, t, b: list.rawValue, at: n.span))
        let block = addList(parts)
        return add(.block, t, flags: HIRExpr.blockHasValue, b: block.rawValue, at: n.span)
    }
}

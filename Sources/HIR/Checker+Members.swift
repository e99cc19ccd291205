internal import Diagnostics
internal import Support
internal import Syntax

/// Index, slice, member; paths and types written as expressions.
extension Checker {
    // MARK: Index, slice, member

    func inferIndex(_ n: Node) -> ExprID {
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

    func tupleElement(_ base: ExprID, _ type: TypeID, _ index: Int, _ span: SourceSpan, _ indexSpan: SourceSpan) -> ExprID {
        guard index < program.types.count(type) else {
            let count = program.types.count(type)
            error("E0315", "tuple index \(index) out of range", indexSpan, label: "the tuple has \(count) element\(count == 1 ? "" : "s")")
            return errorExpr(span)
        }
        return add(.tupleElement, program.types.argument(type, index), a: base.rawValue, b: UInt32(index), at: span)
    }

    func inferTupleMember(_ n: Node, index: Int) -> ExprID {
        let base = infer(n.nodeA)
        let baseType = resolve(type(of: base))
        if baseType == .error { return base }
        guard program.types.kind(baseType) == .tuple else {
            error("E0203", "`\(describe(baseType))` has no element `\(index)`", n.span, label: "not a tuple")
            return errorExpr(n.span)
        }
        return tupleElement(base, baseType, index, n.span, n.span)
    }

    func inferSlice(_ n: Node) -> ExprID {
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

    func inferMember(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
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
            } else if !isRepeated("E0203", name, nameSpan, in: baseType) {
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
                case .function, .constant, .global: return .none
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
            case .function, .constant, .global, .alias: return .none
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
}

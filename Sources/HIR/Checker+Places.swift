internal import Diagnostics
internal import Support
internal import Syntax

/// What can be assigned to, and statements that read and write one place: `a += b`, `x->m()`.
extension Checker {
    /// A target other than a plain name: field or element.
    func checkPlace(_ node: NodeID) -> ExprID? {
        let n = context.tree[node]
        switch n.kind {
        case .name:
            if let index = lookUpLocal(n.nameA) {
                context.infos[index].used = true
                return localExpr(LocalID(index), at: n.span)
            }
            if let definition = lookUpDefinition(n.nameA, n.span), definition.kind == .global { return readGlobal(definition.index, n.span) }
            let value = infer(node)
            return kind(type(of: value)) == .error ? nil : value
        case .selfValue:
            let value = infer(node)
            return kind(type(of: value)) == .error ? nil : value
        case .member:
            let value = infer(node)
            let e = context.body[value]
            if e.kind == .deferredField {
                error("E0309", "type annotations needed to assign a field", n.span, helps: ["annotate the parameter's type"])
                return nil
            }
            if e.kind == .global {
                let record = globalRecords[Int(e.a)]
                if record.module != context.module {
                    error("E0507", "`\(text(record.name))` can be assigned in its own module only", n.span)
                    return nil
                }
                return value
            }
            guard e.kind == .field else {
                if e.kind != .error { error("E0506", "this cannot be assigned to", n.span) }
                return nil
            }
            let base = resolve(type(of: e.exprA))
            let structID = Int(program.types.payload(base))
            if program.types.kind(base) == .structure, !structRecords[structID].isMutable {
                let name = program.structs[structID].name
                error(
                    "E0502", "fields of the plain struct `\(name)` cannot be assigned", n.span,
                    helps: ["declare it as `mut struct \(name)`, or make a changed copy: `.with(\(text(n.nameB)): …)`"])
                return nil
            }
            if !isMutablePlace(e.exprA) {
                error(
                    "E0501", "cannot assign to a field of an immutable value", n.span,
                    helps: immutableHelp(e.exprA))
                return nil
            }
            return value
        case .index:
            let value = infer(node)
            let e = context.body[value]
            if e.kind == .index {
                let base = resolve(type(of: e.exprA))
                if base == .str {
                    error("E0506", "a str is immutable; its characters cannot be assigned", n.span, helps: ["build a new str"])
                    return nil
                }
                return value
            }
            if e.kind == .tupleElement {
                error("E0506", "tuples are immutable", n.span, helps: ["assign a whole new tuple"])
                return nil
            }
            if e.kind != .error { error("E0506", "this cannot be assigned to", n.span) }
            return nil
        case .tupleMember:
            error("E0506", "tuples are immutable", n.span, helps: ["assign a whole new tuple"])
            return nil
        case .slice:
            error("E0506", "a slice cannot be assigned to", n.span, helps: ["assign the elements one by one"])
            return nil
        case .error: return nil
        default:
            error("E0506", "this cannot be assigned to", n.span)
            return nil
        }
    }

    func checkAugmented(_ n: Node) -> ExprID {
        let target = context.tree[n.nodeA]
        var place: ExprID
        if target.kind == .name {
            if let index = lookUpLocal(target.nameA) {
                place = readLocal(index, target.span)
                markAssigned(index, target.span)
            } else if let definition = lookUpDefinition(target.nameA, target.span) {
                guard definition.kind == .global else {
                    if definition.kind == .constant {
                        error("E0507", "`\(text(target.nameA))` is a constant", target.span)
                    } else if definition.kind != .broken {
                        error("E0506", "a \(word(definition.kind)) cannot be assigned", target.span)
                    }
                    _ = infer(n.nodeB)
                    return .none
                }
                let record = globalRecords[definition.index]
                if record.module != context.module {
                    error("E0507", "`\(text(record.name))` can be assigned in its own module only", target.span)
                    return .none
                }
                if !record.isMutable {
                    if record.isStatic {
                        error("E0507", "`\(text(record.name))` is an immutable static", target.span, helps: ["declare it as `static mut`"])
                    } else {
                        immutableAssignment(record.name, target.span, nil)
                    }
                    return .none
                }
                if !context.isTopLevel && !isSharedVariable(definition.index) {
                    error(
                        "E0501", "a function cannot change the top-level name `\(text(record.name))`", target.span,
                        helps: ["declare it at top level with `var \(text(record.name)) = …`"])
                    return .none
                }
                place = readGlobal(definition.index, target.span)
            } else {
                reportUnknown(target.nameA, target.span)
                _ = infer(n.nodeB)
                return .none
            }
        } else {
            guard let checked = checkPlace(n.nodeA) else {
                _ = infer(n.nodeB)
                return .none
            }
            place = checked
        }
        markChanged(place)
        guard let op = BinaryOperator(rawValue: n.flags), let binary = binaryOperator(op) else { return .none }
        let isShift = binary == .shiftLeft || binary == .shiftRight
        let placeType = resolve(type(of: place))
        let value = infer(n.nodeB, hint: isShift ? .error : placeType)
        if isShift && variableClass(type(of: value)) == .number { defaultLiteral(type(of: value)) }
        let span = SourceSpan(start: n.c, end: n.c + 2)
        var operationType = placeType
        switch binaryResult(binary, placeType, type(of: value)) {
        case .type(let type): operationType = type
        case .stuck:
            operationType = self.defer(.binary(binary), [placeType, type(of: value)], expr: .none, span: n.span)
        case .mismatch:
            error(
                "E0306", operatorMessage(binary, describe(placeType), describe(type(of: value))), span,
                secondary: [
                    label(target.span, "this is `\(describe(placeType))`"),
                    label(context.tree[n.nodeB].span, "this is `\(describe(type(of: value)))`"),
                ])
            return .none
        }
        if !unify(operationType, placeType) {
            error("E0301", "the result is `\(describe(operationType))`, but the target is `\(describe(placeType))`", n.span)
        }
        return add(
            .compoundAssign, .nilType, op: binary.rawValue, a: place.rawValue, b: value.rawValue, c: operationType.rawValue,
            at: n.span)
    }

    /// `x->m(args)`: `x = x.m(args)` with the place evaluated once.
    func checkUpdate(_ n: Node) -> ExprID {
        let target = context.tree[n.nodeA]
        guard target.kind == .name else {
            unsupported("`->` on this target is", target.span, helps: ["write `place = place.method(…)`"])
            return .none
        }
        guard let place = checkPlace(n.nodeA) else { return .none }
        markChanged(place)
        if let index = lookUpLocal(target.nameA) { markAssigned(index, target.span) }
        else if !isMutablePlace(place) { immutableAssignment(target.nameA, target.span, nil) }
        let type = type(of: place)
        var value = place
        for callNode in context.tree.elements(n.listB) {
            var call = context.tree[callNode]
            call.kind = .call
            let name = call.nameA
            // A call's `a` is its callee; for an error's place the target stands in.
            call.a = n.nodeA.rawValue
            value = callMethod(value, n.nodeA, name, call.span, call, hint: type)
        }
        value = coerce(value, to: type, n.nodeA)
        let again = checkPlace(n.nodeA) ?? place
        return add(.assign, .nilType, a: again.rawValue, b: value.rawValue, at: n.span)
    }
}

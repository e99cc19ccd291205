internal import Diagnostics
internal import Support
internal import Syntax

/// Calls: what is called, calls of functions, of `Some`, and the conversions written as calls of static methods.
extension Checker {
    func inferCall(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
        let callee = context.tree[n.nodeA]
        switch callee.kind {
        case .name: return callName(callee.nameA, callee, n, hint: hint)
        case .member: return callMember(callee, n, hint: hint)
        case .index:
            if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
            // `f[i64](x)`: explicit type arguments.
            let base = context.tree[callee.nodeA]
            if let (d, name) = appliedFunction(base) {
                let nodes = context.tree[callee.nodeB].kind == .tuple ? Array(context.tree.elements(context.tree[callee.nodeB].listA)) : [callee.nodeB]
                let given = nodes.map { typeFromExpression($0) }
                let wanted = functionRecords[d.index].typeParameters.count
                if given.count > wanted {
                    error("E0324", "`\(text(name))` takes \(wanted) type arguments", callee.span)
                    return errorExpr(n.span)
                }
                return callFunction(FunctionID(d.index), receiver: nil, n, given: given, hint: hint)
            }
            if base.kind == .name, known.prelude[base.nameA] != nil, lookUpLocal(base.nameA) == nil, lookUpDefinition(base.nameA) == nil {
                unsupported("`\(text(base.nameA))[…]` is", callee.span)
                for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
                return errorExpr(n.span)
            }
            return notCallable(infer(n.nodeA), n)
        case .lambda: return later("lambdas are", callee)
        case .selfType:
            if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
            return errorExpr(n.span)
        default: return notCallable(infer(n.nodeA), n)
        }
    }

    /// The function that `f` or `module.f` in front of type arguments names.
    private func appliedFunction(_ base: Node) -> (Definition, NameID)? {
        switch base.kind {
        case .name:
            guard lookUpLocal(base.nameA) == nil, let d = lookUpDefinition(base.nameA), d.kind == .function else { return nil }
            return (d, base.nameA)
        case .member:
            guard case .module(let index) = resolvePath(base.nodeA), let d = findItem(index, base.nameB), d.kind == .function,
                isVisible(base.nameB, in: index)
            else { return nil }
            return (d, base.nameB)
        default: return nil
        }
    }

    func notCallable(_ callee: ExprID, _ n: Node) -> ExprID {
        let t = resolve(type(of: callee))
        if t != .error { error("E0322", "`\(describe(t))` is not callable", context.tree[n.nodeA].span) }
        for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    func inferArgumentForErrors(_ node: NodeID) -> ExprID {
        let a = context.tree[node]
        return infer(a.kind == .namedArgument ? a.nodeB : a.kind == .spread ? a.nodeA : node)
    }

    private func callName(_ name: NameID, _ callee: Node, _ n: Node, hint: TypeID) -> ExprID {
        if let local = lookUpLocal(name) {
            let value = readLocal(local, callee.span)
            let t = resolve(type(of: value))
            if isOpen(t) { return later("calling a function value is", n) }
            return notCallable(n.nodeA, t, n)
        }
        if let definition = lookUpDefinition(name, callee.span) {
            switch definition.kind {
            case .function: return callFunction(FunctionID(definition.index), receiver: nil, n, hint: hint)
            case .structure, .alias:
                if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
                return errorExpr(n.span)
            case .broken:
                for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
                return errorExpr(n.span)
            case .constant, .global:
                return notCallable(n.nodeA, type(of: useDefinition(definition, name, callee.span)), n)
            case .module:
                error("E0322", "module `\(text(name))` is not callable", callee.span)
                return errorExpr(n.span)
            }
        }
        if let type = known.typeNames[name] { return convert(to: type, n) }
        if name == known.some { return callSome(n, hint: hint) }
        if let function = known.prelude[name] { return callPrelude(function, n, hint: hint) }
        if name == known.ok || name == known.err || known.builtinTypesOfLaterTiers[name] != nil {
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            unsupported("`\(text(name))` is", callee.span)
            return errorExpr(n.span)
        }
        if modules[context.module].isPrelude, text(name) == "require_positive" {
            let values = context.tree.elements(n.listB).map { check($0, expected: .i64) }
            return builtin(.requirePositive, .nilType, values, at: n.span)
        }
        reportUnknown(name, callee.span)
        for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    func notCallable(_ node: NodeID, _ type: TypeID, _ n: Node) -> ExprID {
        if resolve(type) != .error { error("E0322", "`\(describe(type))` is not callable", context.tree[node].span) }
        for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    /// A call of a Simple function or method.
    ///
    /// - Parameter receiver: the value (or place) of `self`, already checked.
    func callFunction(
        _ id: FunctionID, receiver: (expr: ExprID, node: NodeID)?, _ n: Node, given: [TypeID] = [], hint: TypeID = .error
    ) -> ExprID {
        requireSignature(id, context.tree[n.nodeA].span)
        if functionRecords[id.index].marks.isDeprecated, context.function != id {
            warnIfDeprecated(functionRecords[id.index].marks, program.functions[id.index].name, context.tree[n.nodeA].span)
        }
        let parameters = functionRecords[id.index].parameters
        let explicit = receiver == nil ? parameters[...] : parameters.dropFirst()
        guard let matched = matchArguments(n, explicit, program.functions[id.index].name) else { return errorExpr(n.span) }
        let inComponent = functionRecords[id.index].state == .inProgress && !functionRecords[id.index].isAnnotated
        var typeArguments = inComponent ? ownTypeArguments(id, given) : instantiateLater(id, given)
        var values: [ExprID] = []
        values.reserveCapacity(parameters.count)
        var stores: [ExprID] = []
        if let receiver {
            let type = substituted(parameters[0].type, typeArguments)
            values.append(coerce(receiver.expr, to: type, receiver.node))
        }
        let resultType = substituted(program.functions[id.index].resultType, typeArguments)
        // An expected result type reaches the arguments (Appendix C 35).
        if !typeArguments.isEmpty, hint != .error, !isOpen(hint), kind(resultType) != .variable, kind(hint) == kind(resultType), kind(hint) != .option {
            if program.types.entries[resolve(hint).index].hasVariables == false { _ = unify(resultType, hint) }
        }
        if matched.isInOrder {
            for (i, parameter) in explicit.enumerated() {
                values.append(argument(parameter, matched, i, typeArguments, id, values, n))
            }
        } else {
            // Written out of order: evaluated in source order into temporaries.
            var locals: [ExprID?] = Array(repeating: nil, count: explicit.count)
            let all = Array(explicit)
            if receiver != nil, !program.functions[id.index].mutatesSelf {
                let (store, local) = temporary(values[0], at: n.span)
                stores.append(store)
                values[0] = localExpr(local, at: n.span)
            }
            for index in matched.written {
                let type = substituted(all[index].type, typeArguments)
                let value = check(matched.nodes[index], expected: type)
                let (store, local) = temporary(value, at: context.tree[matched.nodes[index]].span)
                stores.append(store)
                locals[index] = localExpr(local, at: n.span)
            }
            for (i, parameter) in all.enumerated() {
                if let local = locals[i] {
                    values.append(local)
                } else {
                    values.append(argument(parameter, matched, i, typeArguments, id, values, n))
                }
            }
        }
        if !inComponent { addConstraints(id, typeArguments, n.span) ; checkBounds(id, typeArguments, n.span) }
        var flags: UInt8 = inComponent ? 0x80 : 0
        if program.functions[id.index].mutatesSelf && receiver != nil { flags |= HIRExpr.mutatingCall }
        let list = addList(values)
        let types = typeArguments.isEmpty ? HIRList.empty : context.body.addList(typeArguments.map(\.rawValue))
        typeArguments = []
        let call = add(
            .call, resultType, flags: flags, a: id.rawValue, b: list.rawValue, c: types.rawValue, at: n.span)
        if stores.isEmpty { return call }
        let block = addList(stores + [call])
        return add(.block, resultType, flags: HIRExpr.blockHasValue, b: block.rawValue, at: n.span)
    }

    /// Type arguments for a callee of the component under inference: its implicit parameters are still variables.
    private func ownTypeArguments(_ id: FunctionID, _ given: [TypeID]) -> [TypeID] {
        var result: [TypeID] = []
        for i in functionRecords[id.index].typeParameters.indices { result.append(i < given.count ? given[i] : newVariable()) }
        return result
    }

    /// Fresh type arguments; the constraints come after the arguments are checked, when more is known.
    func instantiateLater(_ id: FunctionID, _ given: [TypeID]) -> [TypeID] {
        let count = program.functions[id.index].typeParameterCount
        if count == 0 { return [] }
        let classes = functionRecords[id.index].parameterClasses
        var result: [TypeID] = []
        for i in 0..<count {
            result.append(
                i < given.count ? given[i] : newVariable(TypeVariable.Class(rawValue: i < classes.count ? classes[i] : 0) ?? .any))
        }
        return result
    }

    func addConstraints(_ id: FunctionID, _ arguments: [TypeID], _ span: SourceSpan) {
        for constraint in functionRecords[id.index].constraints {
            var copy = constraint
            copy.operands = constraint.operands.map { program.types.substitute($0, arguments) }
            copy.result = program.types.substitute(constraint.result, arguments)
            copy.origins.append(label(span))
            if copy.origins.count > 8 { copy.origins.removeFirst() }
            if !solve(copy) { pending.append(copy) }
        }
    }

    func substituted(_ type: TypeID, _ arguments: [TypeID]) -> TypeID {
        arguments.isEmpty ? type : program.types.substitute(type, arguments)
    }

    // MARK: Static methods

    func callStatic(_ type: TypeID, _ name: NameID, _ n: Node, _ nameSpan: SourceSpan, hint: TypeID) -> ExprID {
        let t = resolve(type)
        let word = text(name)
        if program.types.kind(t) == .structure {
            let id = Int(program.types.payload(t))
            if let method = structRecords[id].methods[name] {
                prepareSignature(method)
                return callFunction(method, receiver: nil, n, given: Array(program.types.arguments(t)), hint: hint)
            }
            unknownMethod(t, name, nameSpan, structRecords[id].methods.names.map { text($0) })
            return errorExpr(n.span)
        }
        let arguments = Array(context.tree.elements(n.listB))
        func expectCount(_ count: Int) -> Bool {
            if arguments.count == count { return true }
            error(arguments.count < count ? "E0316" : "E0317", "`\(describe(t)).\(word)` takes \(count) argument\(count == 1 ? "" : "s")", n.span)
            return false
        }
        if program.types.kind(t) == .array {
            switch word {
            case "filled":
                guard expectCount(2) else { return errorExpr(n.span) }
                if kind(hint) == .array { _ = unify(t, hint) }
                let count = check(arguments[0], expected: .i64)
                let element = program.types.argument(t, 0)
                let value = check(arguments[1], expected: element)
                return builtin(.filled, t, [count, value], at: n.span)
            case "from":
                guard expectCount(1) else { return errorExpr(n.span) }
                return callPreludeFunction("list_of", n, hint: hint)
            case "new":
                guard expectCount(0) else { return errorExpr(n.span) }
                return add(.makeArray, t, b: 0, at: n.span)
            default: break
            }
        }
        if program.types.isNumeric(t) {
            switch word {
            case "wrapping_from" where program.types.isInteger(t), "saturating_from" where program.types.isInteger(t), "try_from" where program.types.isInteger(t):
                guard expectCount(1) else { return errorExpr(n.span) }
                let value = infer(arguments[0])
                let flags: UInt8 = word == "wrapping_from" ? HIRExpr.wrappingCast : word == "saturating_from" ? HIRExpr.saturatingCast : HIRExpr.optionalCast
                return finishCast(value, t, flags: flags, n.span)
            case "from_bits" where program.types.isFloat(t):
                guard expectCount(1) else { return errorExpr(n.span) }
                let value = check(arguments[0], expected: t == .f32 ? .u32 : .u64)
                return builtin(.fromBits, t, [value], at: n.span)
            case "parse", "parse_radix":
                unsupported("`\(describe(t)).\(word)` is", nameSpan, helps: ["use `text.to_int()`, which gives an Option"])
                return errorExpr(n.span)
            default: break
            }
        }
        if t == .str {
            switch word {
            case "from_chars":
                guard expectCount(1) else { return errorExpr(n.span) }
                let value = check(arguments[0], expected: program.types.array(.char))
                return builtin(.fromChars, .str, [value], at: n.span)
            case "from_utf8", "from_utf8_lossy":
                unsupported("`str.\(word)` is", nameSpan)
                return errorExpr(n.span)
            default: break
            }
        }
        error("E0203", "type `\(describe(t))` has no function `\(word)`", nameSpan)
        for argument in arguments { _ = inferArgumentForErrors(argument) }
        return errorExpr(n.span)
    }

    /// `i32(x)`, `str(x)`, `bool(x)` (§4.6).
    func convert(to type: TypeID, _ n: Node) -> ExprID {
        let arguments = Array(context.tree.elements(n.listB))
        guard arguments.count == 1 else {
            error(arguments.isEmpty ? "E0316" : "E0317", "`\(describe(type))` takes one argument", n.span)
            for argument in arguments { _ = inferArgumentForErrors(argument) }
            return errorExpr(n.span)
        }
        let value = infer(arguments[0], hint: type == .bool ? .error : type)
        let t = resolve(self.type(of: value))
        if t == .error { return value }
        if type == .str { return builtin(.toString, .str, [value], at: n.span) }
        if type == .bool && isIntegerLike(t) {
            defaultLiteral(t)
            let zero = intConstant(0, resolve(t), at: n.span)
            return add(.compare, .bool, op: HIRComparison.notEqual.rawValue, a: value.rawValue, b: zero.rawValue, at: n.span)
        }
        if t == .str && program.types.isNumeric(type) {
            // Parses; P003 if malformed.
            let parsed = builtin(
                program.types.isFloat(type) ? .stringToFloat : .stringToInt,
                program.types.option(program.types.isFloat(type) ? .f64 : .i64), [value], at: n.span)
            let unwrapped = builtin(.unwrapParsed, program.types.isFloat(type) ? .f64 : .i64, [parsed], at: n.span)
            if type == .i64 || type == .f64 { return unwrapped }
            return finishCast(unwrapped, type, flags: 0, n.span)
        }
        return finishCast(value, type, flags: 0, n.span)
    }

    private func callSome(_ n: Node, hint: TypeID) -> ExprID {
        let arguments = Array(context.tree.elements(n.listB))
        guard arguments.count == 1 else {
            error(arguments.isEmpty ? "E0316" : "E0317", "`Some` takes one value", n.span)
            return errorExpr(n.span)
        }
        let wanted = resolve(hint)
        if program.types.kind(wanted) == .option {
            let payload = program.types.argument(wanted, 0)
            let value = isOpen(payload) ? infer(arguments[0]) : check(arguments[0], expected: payload)
            if isOpen(payload) { _ = unify(payload, type(of: value)) }
            return add(.makeSome, wanted, a: value.rawValue, at: n.span)
        }
        let value = infer(arguments[0])
        return add(.makeSome, program.types.option(type(of: value)), a: value.rawValue, at: n.span)
    }
}

internal import Diagnostics
internal import Support
internal import Syntax

/// Calls of methods: of structs, built-in types and values whose type is not known yet.
extension Checker {
    // MARK: Methods

    func callMember(_ callee: Node, _ n: Node, hint: TypeID) -> ExprID {
        let name = callee.nameB
        let nameSpan = SourceSpan(start: callee.span.end - UInt32(text(name).utf8.count), end: callee.span.end)
        switch resolvePath(callee.nodeA) {
        case .broken:
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            return errorExpr(n.span)
        case .module(let index):
            guard let definition = moduleItem(index, name, nameSpan) else {
                for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
                return errorExpr(n.span)
            }
            switch definition.kind {
            case .function: return callFunction(FunctionID(definition.index), receiver: nil, n, hint: hint)
            case .structure, .alias:
                if case .type(let type) = resolvePath(n.nodeA) { return construct(type, n) }
                return errorExpr(n.span)
            case .broken: return errorExpr(n.span)
            case .constant, .global, .module: return notCallable(useDefinition(definition, name, nameSpan), n)
            }
        case .type(let type): return callStatic(type, name, n, nameSpan, hint: hint)
        case .none: break
        }
        let receiver = infer(callee.nodeA)
        return callMethod(receiver, callee.nodeA, name, nameSpan, n, hint: hint)
    }

    /// `receiver.name(arguments)`.
    func callMethod(
        _ receiver: ExprID, _ receiverNode: NodeID, _ name: NameID, _ nameSpan: SourceSpan, _ n: Node, hint: TypeID
    ) -> ExprID {
        let t = resolve(type(of: receiver))
        if t == .error || t == .never {
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            return errorExpr(n.span)
        }
        if isOpen(t) || program.types.kind(t) == .parameter {
            if program.types.kind(t) == .parameter {
                let index = Int(program.types.payload(t))
                if index < context.typeParameters.count, context.typeParameters[index].bounds.contains(where: isBrokenName) {
                    return errorExpr(n.span)
                }
                error(
                    "E0313", "the bounds of `\(describe(t))` do not guarantee a method `\(text(name))`", nameSpan,
                    helps: ["leave the parameter's type out to have it inferred at each call"])
                return errorExpr(n.span)
            }
            return deferMethod(receiver, t, name, nameSpan, n)
        }
        if program.types.kind(t) == .structure {
            let id = Int(program.types.payload(t))
            if let method = structRecords[id].methods[name] {
                return callStructMethod(method, receiver, receiverNode, t, nameSpan, n, hint: hint)
            }
            if name == known.with { return callWith(receiver, t, id, n) }
            if text(name) == "to_string" { return builtin(.toString, .str, [receiver], at: n.span) }
            if text(name) == "clone" { return receiver }
            unknownMethod(t, name, nameSpan, structRecords[id].methods.names.map { text($0) })
            return errorExpr(n.span)
        }
        guard let group = methodGroup(t) else {
            unknownMethod(t, name, nameSpan, [])
            return errorExpr(n.span)
        }
        return callBuiltinMethod(receiver, receiverNode, t, group, name, nameSpan, n, hint: hint)
    }

    func unknownMethod(_ t: TypeID, _ name: NameID, _ span: SourceSpan, _ candidates: [String]) {
        if isRepeated("E0203", name, span, in: t) { return }
        error(
            "E0203", "`\(describe(t))` has no method `\(text(name))`", span, helps: suggestion(text(name), candidates))
    }

    private func callStructMethod(
        _ method: FunctionID, _ receiver: ExprID, _ receiverNode: NodeID, _ t: TypeID, _ nameSpan: SourceSpan, _ n: Node,
        hint: TypeID
    ) -> ExprID {
        prepareSignature(method)
        let record = functionRecords[method.index]
        if record.isStatic {
            if !record.lacksSelf {
                error(
                    "E0203", "`\(program.functions[method.index].name)` is a static method", nameSpan,
                    helps: ["call it on the type: `\(describe(t)).\(text(record.name))(…)`"])
            }
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            return errorExpr(n.span)
        }
        if record.isPrivate && record.module != context.module {
            error("E0603", "method `\(text(record.name))` is private", nameSpan)
        }
        if program.functions[method.index].mutatesSelf {
            if !isMutablePlace(receiver) {
                error(
                    "E0504", "`\(text(record.name))` changes its receiver, which is immutable here",
                    context.tree[receiverNode].span, label: "cannot be changed", helps: immutableHelp(receiver))
                return errorExpr(n.span)
            }
            markChanged(receiver)
        }
        return callFunction(method, receiver: (receiver, receiverNode), n, hint: hint)
    }

    /// How to make the variable behind `place` mutable.
    func immutableHelp(_ place: ExprID) -> [String] {
        var e = context.body[place]
        while e.kind == .field { e = context.body[e.exprA] }
        if e.kind == .local, Int(e.a) < context.infos.count {
            let name = text(context.infos[Int(e.a)].name)
            if context.infos[Int(e.a)].origin == .parameter {
                return name == "self" ? ["declare the method with `mut self`"] : ["declare the parameter as `mut \(name)`"]
            }
            return ["declare it with `var \(name)`"]
        }
        return ["store it in a `var` first"]
    }

    /// §4.3: may the value at `place` be changed in place?
    func isMutablePlace(_ place: ExprID) -> Bool {
        let e = context.body[place]
        // Wrong code was reported.
        if e.kind == .error { return true }
        switch e.kind.placeForm {
        case .variable:
            if e.kind == .local { return context.infos[Int(e.a)].isMutable }
            return globalRecords[Int(e.a)].isMutable && globalRecords[Int(e.a)].module == context.module
        case .part:
            // Tuples cannot be changed in part.
            guard e.kind == .field else { return false }
            let base = resolve(type(of: e.exprA))
            guard program.types.kind(base) == .structure, structRecords[Int(program.types.payload(base))].isMutable else { return false }
            return isMutablePlace(e.exprA)
        case .element: return kind(type(of: e.exprA)) == .array
        case .none: return false
        }
    }

    private func deferMethod(_ receiver: ExprID, _ t: TypeID, _ name: NameID, _ nameSpan: SourceSpan, _ n: Node) -> ExprID {
        var values: [ExprID] = []
        var types: [TypeID] = [t]
        for argument in context.tree.elements(n.listB) {
            let a = context.tree[argument]
            if a.kind == .namedArgument || a.kind == .spread {
                error("E0309", "type annotations needed to name arguments", a.span, helps: ["annotate the type of the receiver"])
                return errorExpr(n.span)
            }
            let value = infer(argument)
            values.append(value)
            types.append(type(of: value))
        }
        let list = addList(values)
        let result = add(.deferredMethod, .error, a: receiver.rawValue, b: list.rawValue, c: name.rawValue, at: n.span)
        context.body[result].type = self.defer(.method(name), types, expr: result, span: nameSpan)
        return result
    }

    /// Solves a method constraint once the receiver is known.
    func methodOutcome(_ c: Constraint, _ name: NameID) -> Outcome {
        let receiver = resolve(c.operands[0])
        if receiver == .error { return .type(.error) }
        if isOpen(receiver) { return .stuck }
        let arguments = Array(c.operands.dropFirst())
        guard let (parameters, result, _) = methodSignature(receiver, name, arguments.count, c.span) else { return .mismatch }
        for (i, argument) in arguments.enumerated() {
            let wanted = resolve(parameters[i])
            let given = resolve(argument)
            if !unify(given, wanted) {
                error("E0301", "expected `\(describe(wanted))`, found `\(describe(given))`", c.span)
                return .type(.error)
            }
        }
        return .type(result)
    }

    /// Types of a method's parameters (without the receiver) and result, and what it is.
    func methodSignature(_ receiver: TypeID, _ name: NameID, _ count: Int, _ span: SourceSpan)
        -> (parameters: [TypeID], result: TypeID, target: MethodTarget)?
    {
        let t = resolve(receiver)
        if program.types.kind(t) == .structure {
            let id = Int(program.types.payload(t))
            guard let method = structRecords[id].methods[name] else {
                if text(name) == "to_string", count == 0 { return ([], .str, .builtin(.toString, extra: [])) }
                return nil
            }
            requireSignature(method, span)
            let record = functionRecords[method.index]
            guard !record.isStatic, record.parameters.count - 1 == count, !record.parameters.contains(where: { $0.isRest }) else { return nil }
            let typeArguments = instantiateLater(method, Array(program.types.arguments(t)))
            addConstraints(method, typeArguments, span)
            let parameters = record.parameters.dropFirst().map { substituted($0.type, typeArguments) }
            return (parameters, substituted(program.functions[method.index].resultType, typeArguments), .function(method, typeArguments: typeArguments))
        }
        guard let group = methodGroup(t) else { return nil }
        if let method = methods.find(group, name), count <= method.parameters.count || preludeMethod(group, name) == nil {
            guard count <= method.parameters.count else { return nil }
            var extra: [ConstantArgument] = []
            for i in count..<method.parameters.count {
                guard let value = method.defaults[i] else { return nil }
                switch value {
                case .int(let number): extra.append(.int(number))
                case .string(let text): extra.append(.string(program.addString(text.utf8)))
                }
            }
            let parameters = method.parameters.prefix(count).map { methodType($0, receiver: t) }
            return (Array(parameters), methodType(method.result, receiver: t), .builtin(method.builtin, extra: extra))
        }
        guard let function = preludeMethod(group, name) else { return nil }
        requireSignature(function, span)
        let record = functionRecords[function.index]
        guard record.parameters.count - 1 == count else { return nil }
        let typeArguments = instantiateLater(function, [])
        if !unify(substituted(record.parameters[0].type, typeArguments), t) { return nil }
        addConstraints(function, typeArguments, span)
        let parameters = record.parameters.dropFirst().map { substituted($0.type, typeArguments) }
        return (parameters, substituted(program.functions[function.index].resultType, typeArguments), .function(function, typeArguments: typeArguments))
    }

    /// A method of a built-in type that is written in Simple (Library/std/prelude.simple): `array_sum` and the like.
    func preludeMethod(_ group: MethodGroup, _ name: NameID) -> FunctionID? {
        let prefix: String
        switch group {
        case .string: prefix = "str_"
        case .array: prefix = "array_"
        case .integer: prefix = "int_"
        case .float: prefix = "float_"
        case .char: prefix = "char_"
        case .bool: prefix = "bool_"
        case .option: prefix = "option_"
        case .range: prefix = "range_"
        case .tuple: prefix = "tuple_"
        }
        guard let id = interner.pointee.find(prefix + text(name)),
            let definition = modules[preludeIndex].definitions[id], definition.kind == .function
        else { return nil }
        return FunctionID(definition.index)
    }

    private func callBuiltinMethod(
        _ receiver: ExprID, _ receiverNode: NodeID, _ t: TypeID, _ group: MethodGroup, _ name: NameID,
        _ nameSpan: SourceSpan, _ n: Node, hint: TypeID
    ) -> ExprID {
        let count = context.tree.count(n.listB)
        if let method = methods.find(group, name), count <= method.parameters.count || preludeMethod(group, name) == nil {
            let arguments = context.tree.elements(n.listB)
            var values: [ExprID] = [receiver]
            var i = 0
            for argument in arguments {
                let a = context.tree[argument]
                guard i < method.parameters.count else {
                    error(
                        "E0317", "too many arguments for `\(text(name))`", a.span,
                        label: "it takes \(method.parameters.count)")
                    return errorExpr(n.span)
                }
                if a.kind == .spread {
                    error("E0317", "`*` can only spread into a rest parameter", a.span)
                    return errorExpr(n.span)
                }
                let valueNode = a.kind == .namedArgument ? a.nodeB : argument
                if method.parameters[i] == "m" {
                    let value = infer(valueNode)
                    let type = resolve(type(of: value))
                    if isOpen(type) { _ = unify(type, .str) }
                    if type != .char && type != .error, resolve(type) != .str { values.append(coerce(value, to: .str, valueNode)) } else { values.append(value) }
                } else if method.parameters[i] == "i" && (method.builtin == .removeAt || method.builtin == .insert || method.builtin == .swap || method.builtin == .charAt) {
                    let value = infer(valueNode, hint: .i64)
                    values.append(isIntegerLike(type(of: value)) && variableClass(type(of: value)) == nil ? widen(value, n.span) : coerce(value, to: .i64, valueNode))
                } else {
                    values.append(check(valueNode, expected: methodType(method.parameters[i], receiver: t)))
                }
                i += 1
            }
            while i < method.parameters.count {
                guard let value = method.defaults[i] else {
                    error("E0316", "missing argument in the call of `\(text(name))`", n.span, label: "it takes \(method.parameters.count)")
                    return errorExpr(n.span)
                }
                switch value {
                case .int(let number): values.append(intConstant(number, .i64, at: n.span))
                case .string(let text): values.append(stringConstant(text, at: n.span))
                }
                i += 1
            }
            if let flow = variableClass(t), flow != .any, method.result.contains("S") == false { defaultLiteral(t) }
            return builtin(method.builtin, methodType(method.result, receiver: t), values, at: n.span)
        }
        if let function = preludeMethod(group, name) {
            return callFunction(function, receiver: (receiver, receiverNode), n, hint: hint)
        }
        if let conversion = conversionMethod(name, t) { return finishCast(receiver, conversion, flags: 0, n.span) }
        let word = text(name)
        if BuiltinMethods.isLater(group, word) {
            let helps = group == .array || group == .range ? ["write a loop or a comprehension"] : []
            // What the arguments mention is used; what else is wrong with them comes of the missing method.
            let before = pending.count
            silenced += 1
            for argument in context.tree.elements(n.listB) { _ = inferArgumentForErrors(argument) }
            silenced -= 1
            pending.removeSubrange(before...)
            unsupported("`.\(word)` is", nameSpan, helps: helps)
            return errorExpr(n.span)
        }
        var candidates = methods.names(group).map { text($0) }
        candidates += ["len", "push", "contains"].filter { _ in group == .array }
        unknownMethod(t, name, nameSpan, candidates)
        return errorExpr(n.span)
    }

    private func widen(_ value: ExprID, _ span: SourceSpan) -> ExprID {
        if resolve(type(of: value)) == .i64 { return value }
        return add(.cast, .i64, a: value.rawValue, at: span)
    }

    /// `x.to_f64()` and the like.
    private func conversionMethod(_ name: NameID, _ t: TypeID) -> TypeID? {
        let word = text(name)
        guard word.hasPrefix("to_"), isNumberLike(t) else {
            return word == "to_int" && t == .bool ? .i64 : nil
        }
        guard let id = interner.pointee.find(String(word.dropFirst(3))), let type = known.typeNames[id], program.types.isNumeric(type)
        else { return nil }
        return type
    }
}

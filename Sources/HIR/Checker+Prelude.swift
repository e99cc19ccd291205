internal import Diagnostics
internal import Support
internal import Syntax

/// Calls of prelude functions (LANGUAGE §12.2).
extension Checker {
    func callPrelude(_ function: PreludeFunction, _ n: Node, hint: TypeID) -> ExprID {
        let arguments = Array(context.tree.elements(n.listB))
        switch function {
        case .print: return callPrint(.print, arguments, n)
        case .println: return callPrint(.println, arguments, n)
        case .eprint: return callPrint(.eprint, arguments, n)
        case .eprintln: return callPrint(.eprintln, arguments, n)
        case .input:
            guard let values = fixed(n, "input", [("prompt", .str, .string(""))]) else { return errorExpr(n.span) }
            return builtin(.input, program.types.option(.str), values, at: n.span)
        case .args:
            guard fixed(n, "args", []) != nil else { return errorExpr(n.span) }
            return builtin(.arguments, program.types.array(.str), [], at: n.span)
        case .exit:
            guard let values = fixed(n, "exit", [("code", .i64, .int(0))]) else { return errorExpr(n.span) }
            return diverge(builtin(.exit, .never, values, at: n.span))
        case .panic:
            guard let values = fixed(n, "panic", [("msg", .str, nil)]) else { return errorExpr(n.span) }
            return diverge(builtin(.panic, .never, values, at: n.span))
        case .todo, .unreachable:
            let text = function == .todo ? "not yet implemented" : "reached code marked unreachable"
            guard let values = fixed(n, function.rawValue, [("msg", .str, .string(text))]) else { return errorExpr(n.span) }
            return diverge(builtin(.panic, .never, values, at: n.span))
        case .assert: return callAssert(n)
        case .assert_eq: return callAssertEqual(.assertEqual, n)
        case .assert_ne: return callAssertEqual(.assertNotEqual, n)
        case .len:
            guard arguments.count == 1 else { return wrongCount(n, "len", 1, arguments.count) }
            let value = infer(arguments[0])
            if isNumberLike(type(of: value)) || [.bool, .char, .nilType, .option].contains(kind(type(of: value))) {
                error(
                    "E0203", "`len` needs text or a collection, not `\(describe(type(of: value)))`",
                    context.tree[arguments[0]].span, label: "this has no length")
                return errorExpr(n.span)
            }
            return callMethod(value, arguments[0], interner.pointee.intern("len"), n.span, methodNode(n, dropping: 1), hint: hint)
        case .range: return callRange(arguments, n, hint: hint)
        case .min, .max:
            guard arguments.count >= 2 else { return wrongCount(n, function.rawValue, 2, arguments.count) }
            var result = infer(arguments[0], hint: hint)
            for (i, argument) in arguments.enumerated().dropFirst() {
                if i >= 2, context.tree[argument].kind == .spread {
                    // `max(a, b, *rest)`
                    let rest = check(context.tree[argument].nodeA, expected: program.types.array(type(of: result)))
                    result = callPrelude(
                        function == .min ? "min_with" : "max_with", [(result, arguments[0]), (rest, argument)], n)
                    continue
                }
                let right = infer(argument, hint: type(of: result))
                if !unify(type(of: result), type(of: right)) {
                    error(
                        "E0306", "cannot compare `\(describe(type(of: result)))` and `\(describe(type(of: right)))`", n.span,
                        helps: isNumberLike(type(of: result)) && isNumberLike(type(of: right))
                            ? ["convert one of them: `… as \(describe(type(of: result)))`"] : [])
                    return errorExpr(n.span)
                }
                requireOrdered(type(of: result), n.span)
                result = builtin(function == .min ? .min : .max, type(of: result), [result, right], at: n.span)
            }
            return result
        case .abs:
            guard arguments.count == 1 else { return wrongCount(n, "abs", 1, arguments.count) }
            let value = infer(arguments[0], hint: hint)
            guard isNumberLike(type(of: value)) || isOpen(type(of: value)) else {
                if kind(type(of: value)) != .error { error("E0306", "`abs` needs a number, not `\(describe(type(of: value)))`", n.span) }
                return errorExpr(n.span)
            }
            if isOpen(type(of: value)) { return deferredCall(value, "abs", [], n) }
            return builtin(.absolute, type(of: value), [value], at: n.span)
        case .sqrt:
            guard let values = fixed(n, "sqrt", [("x", .f64, nil)]) else { return errorExpr(n.span) }
            return builtin(.squareRoot, .f64, values, at: n.span)
        case .pow:
            guard arguments.count == 2 else { return wrongCount(n, "pow", 2, arguments.count) }
            let base = infer(arguments[0], hint: hint)
            let exponent = infer(arguments[1], hint: type(of: base))
            return finishBinary(.power, base, exponent, n.span, n.span, arguments[0], arguments[1])
        case .ord:
            guard arguments.count == 1 else { return wrongCount(n, "ord", 1, arguments.count) }
            let value = infer(arguments[0])
            if isOpen(type(of: value)) { return deferredCall(value, "ord", [], n) }
            let t = resolve(type(of: value))
            guard t == .char || t == .str || t == .error else {
                error("E0301", "`ord` needs a char or a one-character str, not `\(describe(t))`", n.span)
                return errorExpr(n.span)
            }
            return builtin(t == .str ? .ordOfOne : .ord, .i64, [value], at: n.span)
        case .chr:
            guard let values = fixed(n, "chr", [("i", .i64, nil)]) else { return errorExpr(n.span) }
            return builtin(.chr, .char, values, at: n.span)
        case .type_name:
            guard arguments.count == 1 else { return wrongCount(n, "type_name", 1, arguments.count) }
            return builtin(.typeName, .str, [infer(arguments[0])], at: n.span)
        case .sum: return callPreludeFunction("sum_of", n, hint: hint)
        case .sorted: return callPreludeFunction("sorted_of", n, hint: hint)
        case .reversed: return callPreludeFunction("reversed_of", n, hint: hint)
        case .enumerate: return callPreludeFunction("enumerate_of", n, hint: hint)
        case .zip: return callPreludeFunction("zip_of", n, hint: hint)
        case .any: return callPreludeFunction("any_of", n, hint: hint)
        case .all: return callPreludeFunction("all_of", n, hint: hint)
        case .list: return callPreludeFunction("list_of", n, hint: hint)
        case .hash where context.file == modules[preludeIndex].file && arguments.count == 1:
            // For the prelude alone as yet, which compares what it hashes.
            return builtin(.hash, .i64, [infer(arguments[0])], at: n.span)
        case .set, .dict, .hash, .parse, .next, .collect:
            for argument in arguments { _ = infer(context.tree[argument].kind == .namedArgument ? context.tree[argument].nodeB : argument) }
            unsupported("`\(function.rawValue)` is", n.span)
            return errorExpr(n.span)
        }
    }

    /// Marks the rest of the block unreachable.
    private func diverge(_ expr: ExprID) -> ExprID {
        context.flow.unreachable = true
        return expr
    }

    /// A call node without its first arguments, to treat `len(x)` as `x.len()`.
    private func methodNode(_ n: Node, dropping count: Int) -> Node {
        var copy = n
        copy.b = 0
        return copy
    }

    private func deferredCall(_ receiver: ExprID, _ name: String, _ arguments: [ExprID], _ n: Node) -> ExprID {
        let id = interner.pointee.intern(name)
        let list = addList(arguments)
        let result = add(.deferredMethod, .error, a: receiver.rawValue, b: list.rawValue, c: id.rawValue, at: n.span)
        context.body[result].type = self.defer(
            .method(id), [type(of: receiver)] + arguments.map { type(of: $0) }, expr: result, span: n.span)
        return result
    }

    private func wrongCount(_ n: Node, _ name: String, _ wanted: Int, _ given: Int) -> ExprID {
        error(
            given < wanted ? "E0316" : "E0317", "`\(name)` takes \(wanted) argument\(wanted == 1 ? "" : "s"), but \(given) \(given == 1 ? "is" : "are") given",
            n.span)
        for argument in context.tree.elements(n.listB) {
            let a = context.tree[argument]
            _ = infer(a.kind == .namedArgument ? a.nodeB : argument)
        }
        return errorExpr(n.span)
    }

    /// Arguments of a prelude function with a plain signature.
    private func fixed(_ n: Node, _ name: String, _ parameters: [(String, TypeID, ConstantArgumentText?)]) -> [ExprID]? {
        var values: [ExprID?] = Array(repeating: nil, count: parameters.count)
        var position = 0
        for argument in context.tree.elements(n.listB) {
            let a = context.tree[argument]
            var index = position
            var node = argument
            if a.kind == .namedArgument {
                guard let named = parameters.firstIndex(where: { $0.0 == text(a.nameA) }) else {
                    error("E0318", "`\(name)` has no parameter `\(text(a.nameA))`", a.span)
                    return nil
                }
                index = named
                node = a.nodeB
            } else {
                position += 1
            }
            guard index < parameters.count else {
                error("E0317", "too many arguments for `\(name)`", a.span, label: "it takes \(parameters.count)")
                return nil
            }
            if values[index] != nil {
                error("E0319", "argument `\(parameters[index].0)` is given twice", a.span)
                return nil
            }
            values[index] = check(node, expected: parameters[index].1)
        }
        var result: [ExprID] = []
        for (i, parameter) in parameters.enumerated() {
            if let value = values[i] {
                result.append(value)
            } else if let value = parameter.2 {
                switch value {
                case .int(let number): result.append(intConstant(number, .i64, at: n.span))
                case .string(let text): result.append(stringConstant(text, at: n.span))
                }
            } else {
                error("E0316", "missing argument `\(parameter.0)` in the call of `\(name)`", n.span)
                return nil
            }
        }
        return result
    }

    private func callPrint(_ which: Builtin, _ arguments: [NodeID], _ n: Node) -> ExprID {
        var values: [ExprID] = []
        for argument in arguments {
            let a = context.tree[argument]
            if a.kind == .namedArgument || a.kind == .spread {
                error("E0318", "`print` takes plain values", a.span)
                continue
            }
            let value = infer(argument)
            if kind(type(of: value)) != .error { values.append(value) }
        }
        return builtin(which, .nilType, values, at: n.span)
    }

    /// The source text of `node`, with runs of blanks folded, for assertion messages.
    private func sourceText(_ node: NodeID) -> String {
        let file = program.sources[context.file]
        return file.text(context.tree[node].span).split(whereSeparator: { $0 == "\n" || $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    private func callAssert(_ n: Node) -> ExprID {
        let arguments = Array(context.tree.elements(n.listB))
        guard arguments.count == 1 || arguments.count == 2 else { return wrongCount(n, "assert", 1, arguments.count) }
        let first = context.tree[arguments[0]]
        let conditionNode = first.kind == .namedArgument ? first.nodeB : arguments[0]
        let condition = checkCondition(conditionNode)
        var values = [condition, stringConstant(sourceText(conditionNode), at: n.span)]
        if arguments.count == 2 {
            let a = context.tree[arguments[1]]
            values.append(check(a.kind == .namedArgument ? a.nodeB : arguments[1], expected: .str))
        }
        return builtin(.assert, .nilType, values, at: n.span)
    }

    private func callAssertEqual(_ which: Builtin, _ n: Node) -> ExprID {
        let arguments = Array(context.tree.elements(n.listB))
        let name = which == .assertEqual ? "assert_eq" : "assert_ne"
        guard arguments.count == 2 || arguments.count == 3 else { return wrongCount(n, name, 2, arguments.count) }
        let left = infer(arguments[0])
        var right = infer(arguments[1], hint: type(of: left))
        if isNil(right), kind(type(of: left)) == .option { right = add(.noneConstant, resolve(type(of: left)), at: n.span) }
        if kind(type(of: left)) == .option && kind(type(of: right)) != .option { right = coerce(right, to: type(of: left), arguments[1]) }
        switch compareResult(.equal, type(of: left), type(of: right)) {
        case .type: break
        case .stuck: _ = self.defer(.compare(.equal), [type(of: left), type(of: right)], expr: .none, span: n.span, result: .bool)
        case .mismatch:
            error("E0306", compareMessage(.equal, describe(type(of: left)), describe(type(of: right))), n.span)
            return errorExpr(n.span)
        }
        let source = "\(sourceText(arguments[0])) \(which == .assertEqual ? "==" : "!=") \(sourceText(arguments[1]))"
        var values = [left, right, stringConstant(source, at: n.span)]
        if arguments.count == 3 {
            let a = context.tree[arguments[2]]
            values.append(check(a.kind == .namedArgument ? a.nodeB : arguments[2], expected: .str))
        }
        return builtin(which, .nilType, values, at: n.span)
    }

    private func callRange(_ arguments: [NodeID], _ n: Node, hint: TypeID) -> ExprID {
        guard (1...3).contains(arguments.count) else { return wrongCount(n, "range", 1, arguments.count) }
        if arguments.count == 1 {
            let end = infer(arguments[0], hint: .error)
            if variableClass(type(of: end)) == .number { defaultLiteral(type(of: end)) }
            let start = intConstant(0, resolve(type(of: end)), at: n.span)
            return makeRange(start, end, .none, inclusive: false, n.span, arguments[0], arguments[0])
        }
        let start = infer(arguments[0])
        let end = infer(arguments[1], hint: type(of: start))
        var step = ExprID.none
        if arguments.count == 3 {
            step = infer(arguments[2], hint: .i64)
            if !isIntegerLike(type(of: step)) { step = coerce(step, to: .i64, arguments[2]) }
            if resolve(type(of: step)) != .i64 && kind(type(of: step)) != .error {
                defaultLiteral(type(of: step))
                if resolve(type(of: step)) != .i64 { step = add(.cast, .i64, a: step.rawValue, at: n.span) }
            }
        }
        return makeRange(start, end, step, inclusive: false, n.span, arguments[0], arguments[1])
    }

    func requireOrdered(_ type: TypeID, _ span: SourceSpan) {
        switch compareResult(.less, type, type) {
        case .type: break
        case .stuck: _ = self.defer(.compare(.less), [type, type], expr: .none, span: span, result: .bool)
        case .mismatch: error("E0306", "`\(describe(type))` has no order", span)
        }
    }

    /// A call of a function of the prelude's Simple part.
    func callPreludeFunction(_ name: String, _ n: Node, hint: TypeID) -> ExprID {
        guard let id = interner.pointee.find(name), let definition = modules[preludeIndex].definitions[id] else {
            unsupported("`\(name)` is", n.span)
            return errorExpr(n.span)
        }
        return callFunction(FunctionID(definition.index), receiver: nil, n, hint: hint)
    }

    /// A call of a function of the prelude's Simple part with values that are checked already.
    private func callPrelude(_ name: String, _ values: [(expr: ExprID, node: NodeID)], _ n: Node) -> ExprID {
        guard let definition = interner.pointee.find(name).flatMap({ modules[preludeIndex].definitions[$0] }) else {
            unsupported("`\(name)` is", n.span)
            return errorExpr(n.span)
        }
        let id = FunctionID(definition.index)
        requireSignature(id, n.span)
        let typeArguments = instantiateLater(id, [])
        let parameters = functionRecords[id.index].parameters
        var arguments: [ExprID] = []
        for (value, parameter) in zip(values, parameters) {
            arguments.append(coerce(value.expr, to: substituted(parameter.type, typeArguments), value.node))
        }
        addConstraints(id, typeArguments, n.span)
        checkBounds(id, typeArguments, n.span)
        let list = addList(arguments)
        let types = typeArguments.isEmpty ? HIRList.empty : context.body.addList(typeArguments.map(\.rawValue))
        let resultType = substituted(program.functions[id.index].resultType, typeArguments)
        return add(.call, resultType, a: id.rawValue, b: list.rawValue, c: types.rawValue, at: n.span)
    }

    /// `vec![…]`, `format!(…)` and the other built-in `name!` forms (§12.3).
    func inferMacroCall(_ n: Node) -> ExprID {
        let name = text(n.nameA)
        var call = n
        call.kind = .call
        call.b = n.b
        switch name {
        case "print", "println", "eprint", "eprintln", "assert", "assert_eq", "assert_ne", "panic":
            guard let function = PreludeFunction(rawValue: name) else { return errorExpr(n.span) }
            return callPrelude(function, call, hint: .error)
        case "vec":
            var array = n
            array.kind = .array
            array.a = n.b
            return inferArray(array, hint: .error)
        case "format":
            var parts: [ExprID] = []
            for argument in context.tree.elements(n.listB) {
                let value = infer(argument)
                parts.append(add(.format, .str, a: value.rawValue, at: context.tree[argument].span))
            }
            let list = addList(parts)
            return add(.interpolate, .str, b: list.rawValue, at: n.span)
        case "dbg", "stringify":
            unsupported("`\(name)!` is", n.span)
            return errorExpr(n.span)
        default:
            error("E0201", "unknown macro `\(name)!`", n.span)
            return errorExpr(n.span)
        }
    }
}

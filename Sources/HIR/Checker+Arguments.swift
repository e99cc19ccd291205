internal import Diagnostics
internal import Support
internal import Syntax

/// The arguments of a call: matching them to parameters, their values, defaults.
extension Checker {
    // MARK: Arguments

    /// The arguments of a call matched to parameters: the value node for each, or none for a default.
    struct MatchedArguments {
        var nodes: [NodeID]
        var rest: [NodeID] = []
        /// The indices of `nodes` in the order in which the arguments were written; may be empty if `isInOrder`.
        var sourceOrder: [Int] = []
        var isInOrder = true
        /// The indices of the arguments in the order in which they were written.
        var written: [Int] { isInOrder ? nodes.indices.filter { nodes[$0].exists } : sourceOrder }
    }

    /// Matches arguments to `parameters` (without the receiver); reports E0316–E0319, E0113.
    func matchArguments(
        _ n: Node, _ parameters: ArraySlice<ParameterRecord>, _ callee: @autoclosure () -> String
    ) -> MatchedArguments? {
        if isPlainCall(n, parameters) {
            var result = MatchedArguments(nodes: [])
            result.nodes.reserveCapacity(parameters.count)
            for i in 0..<parameters.count { result.nodes.append(context.tree.element(n.listB, i)) }
            return result
        }
        return matchAnyArguments(n, Array(parameters), callee())
    }

    /// `true` iff every parameter has its positional argument and there are no others.
    private func isPlainCall(_ n: Node, _ parameters: ArraySlice<ParameterRecord>) -> Bool {
        if context.tree.count(n.listB) != parameters.count { return false }
        for (i, parameter) in parameters.enumerated() {
            let kind = context.tree[context.tree.element(n.listB, i)].kind
            if parameter.isRest || kind == .namedArgument || kind == .spread { return false }
        }
        return true
    }

    private func matchAnyArguments(_ n: Node, _ params: [ParameterRecord], _ callee: String) -> MatchedArguments? {
        let tree = context.tree
        var result = MatchedArguments(nodes: Array(repeating: .none, count: params.count))
        let restIndex = params.firstIndex { $0.isRest }
        var position = 0
        var sawNamed = false
        var failed = false
        for argument in tree.elements(n.listB) {
            let a = tree[argument]
            if a.kind == .namedArgument {
                sawNamed = true
                guard let index = params.firstIndex(where: { $0.name == a.nameA && !$0.isRest }) else {
                    error(
                        "E0318", "`\(callee)` has no parameter `\(text(a.nameA))`", a.span,
                        helps: suggestion(text(a.nameA), params.map { text($0.name) }))
                    _ = infer(a.nodeB)
                    failed = true
                    continue
                }
                if result.nodes[index].exists {
                    error("E0319", "argument `\(text(a.nameA))` is given twice", a.span)
                    failed = true
                    continue
                }
                if let last = result.sourceOrder.last, last > index { result.isInOrder = false }
                result.nodes[index] = a.nodeB
                result.sourceOrder.append(index)
                continue
            }
            if sawNamed {
                error("E0113", "positional argument after a named one", a.span, helps: ["name it too, or move it to the front"])
                failed = true
                continue
            }
            if let restIndex, position >= restIndex {
                result.rest.append(argument)
                position += 1
                continue
            }
            if a.kind == .spread {
                error("E0317", "`*` can only spread into a rest parameter", a.span)
                failed = true
                continue
            }
            if position >= params.count {
                let wanted = params.count
                error(
                    "E0317", "too many arguments for `\(callee)`", a.span,
                    label: "it takes \(wanted) argument\(wanted == 1 ? "" : "s")")
                failed = true
                _ = infer(argument)
                continue
            }
            result.nodes[position] = argument
            result.sourceOrder.append(position)
            position += 1
        }
        for (i, parameter) in params.enumerated()
        where !result.nodes[i].exists && !parameter.isRest && !parameter.defaultNode.exists {
            if failed { continue }
            error(
                "E0316", "missing argument `\(text(parameter.name))` in the call of `\(callee)`", n.span,
                label: "`\(text(parameter.name))` is required")
            failed = true
        }
        if failed {
            for node in result.nodes where node.exists { _ = infer(node) }
            return nil
        }
        return result
    }

    /// The value for parameter `i` of the call: written, default, or collected rest.
    func argument(
        _ parameter: ParameterRecord, _ matched: MatchedArguments, _ i: Int, _ typeArguments: [TypeID], _ id: FunctionID,
        _ earlier: [ExprID], _ n: Node
    ) -> ExprID {
        let type = substituted(parameter.type, typeArguments)
        if parameter.isRest {
            let element = program.types.argument(resolve(type), 0)
            var parts: [ExprID] = []
            for node in matched.rest {
                let a = context.tree[node]
                if a.kind == .spread {
                    let inner = check(a.nodeA, expected: type)
                    parts.append(add(.spread, type, a: inner.rawValue, at: a.span))
                } else {
                    parts.append(check(node, expected: element))
                }
            }
            let list = addList(parts)
            return add(.makeArray, type, b: list.rawValue, at: n.span)
        }
        if matched.nodes[i].exists { return check(matched.nodes[i], expected: type) }
        return defaultValue(parameter, id, earlier, type, n)
    }

    /// A default is evaluated at each call, in the callee's scope, where it sees the parameters before it.
    private func defaultValue(
        _ parameter: ParameterRecord, _ id: FunctionID, _ earlier: [ExprID], _ type: TypeID, _ n: Node
    ) -> ExprID {
        let record = functionRecords[id.index]
        // Check the default in the callee's module but emit it into this body.
        let savedModule = context.module, savedTree = context.tree, savedFile = context.file
        let savedID = context.id, savedTypes = context.typeParameters
        contextCounter += 1
        context.id = contextCounter
        context.module = record.module
        context.tree = modules[record.module].tree
        context.file = modules[record.module].file
        // What is wrong in it is reported where it is declared.
        silenced += 1
        let errors = context.silentErrors
        let scope = pushScope()
        for (k, value) in earlier.enumerated() where k < record.parameters.count {
            // Earlier parameters by name: their values, which are temporaries or pure enough to read again only through a local.
            let local = declareLocal(record.parameters[k].name, self.type(of: value), n.span, mutable: false, origin: .temporary)
            context.defaultStores.append((value, local))
            context.infos[local.index].used = true
        }
        let mark = context.defaultStores.count - earlier.count
        let expr = coerce(infer(parameter.defaultNode, hint: type), to: type, parameter.defaultNode)
        let uses = usesLocals(expr, context.defaultStores[mark...].map(\.1))
        let stores = Array(context.defaultStores[mark...])
        context.defaultStores.removeSubrange(mark...)
        popScope(to: scope)
        silenced -= 1
        context.module = savedModule
        context.tree = savedTree
        context.file = savedFile
        context.id = savedID
        context.typeParameters = savedTypes
        if context.silentErrors != errors { return errorExpr(n.span) }
        if uses {
            // Turn each earlier argument into "store and yield", so that the default can read it.
            for (value, local) in stores {
                let copy = context.body.add(context.body[value])
                context.body[value] = HIRExpr(
                    .storeLocal, self.type(of: copy), a: local.rawValue, b: copy.rawValue,
                    position: context.body[copy].position)
            }
        }
        return expr
    }

    /// `true` iff the expression reads one of `locals`.
    private func usesLocals(_ expr: ExprID, _ locals: [LocalID]) -> Bool {
        if locals.isEmpty { return false }
        // Nodes of the default are the newest of the body; a linear look back is enough.
        var i = expr.index
        let first = Int(locals[0].rawValue), last = Int(locals[locals.count - 1].rawValue)
        var steps = 0
        while i > 0 && steps < 4096 {
            let e = context.body.exprs[i]
            if e.kind == .local, Int(e.a) >= first, Int(e.a) <= last { return true }
            i -= 1
            steps += 1
        }
        return false
    }
}

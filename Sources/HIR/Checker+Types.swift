internal import Diagnostics
internal import Support
internal import Syntax

/// Types as written: syntax -> `TypeID`.
extension Checker {
    /// The type that `node` (a type node) denotes. Omitted parts become fresh variables.
    func lowerType(_ node: NodeID) -> TypeID {
        let n = context.tree[node]
        switch n.kind {
        case .typePath: return lowerTypePath(n, node)
        case .typeTuple:
            let parts = context.tree.elements(n.listA).map { lowerType($0) }
            return parts.isEmpty ? .nilType : program.types.tuple(parts)
        case .typeArray:
            if n.b != 0 {
                unsupported("fixed-size arrays `[T; N]` are", n.span, helps: ["use a growable array `[T]`"])
                return .error
            }
            let element = lowerType(n.nodeA)
            return program.types.array(element)
        case .typeOption:
            let payload = lowerType(n.nodeA)
            return payload == .error ? .error : program.types.option(payload)
        case .typeInfer: return newVariable()
        case .typeSelf:
            if n.a != 0 {
                unsupported("associated types are", n.span)
                return .error
            }
            if context.owner == nil {
                error("E0210", "`Self` outside a type", n.span)
                return .error
            }
            return context.selfType
        case .typeDict, .typeSet:
            unsupported(n.kind == .typeDict ? "dicts are" : "sets are", n.span)
            return .error
        case .typeFunction:
            unsupported("function types are", n.span)
            return .error
        case .typeDyn:
            unsupported("`dyn` types are", n.span)
            return .error
        default:
            if n.kind != .error && n.kind != .unsupported && n.kind != .typeUnion { unsupported("this type is", n.span) }
            return .error
        }
    }

    private func lowerTypePath(_ n: Node, _ node: NodeID) -> TypeID {
        let tree = context.tree
        let segments = tree.count(n.listA)
        let arguments = tree.count(n.listB)
        let first = tree.name(n.listA, 0)
        if segments == 1 {
            if let index = context.typeParameters.firstIndex(where: { $0.name == first }) {
                return program.types.parameter(index)
            }
            if let definition = lookUpDefinition(first, n.span) { return lowerNamedType(definition, first, n) }
            if let type = known.typeNames[first] {
                if arguments > 0 { wrongArgumentCount(n, text(first), 0) }
                return type
            }
            let name = text(first)
            switch name {
            case "Array", "List", "Vec":
                if arguments == 0 { return program.types.array(newVariable()) }
                if arguments != 1 { return wrongArgumentCount(n, name, 1) }
                return program.types.array(lowerType(tree.element(n.listB, 0)))
            case "Option":
                if arguments == 0 { return program.types.option(newVariable()) }
                if arguments != 1 { return wrongArgumentCount(n, name, 1) }
                return program.types.option(lowerType(tree.element(n.listB, 0)))
            case "Range":
                if arguments == 0 { return program.types.range(newVariable()) }
                if arguments != 1 { return wrongArgumentCount(n, name, 1) }
                return program.types.range(lowerType(tree.element(n.listB, 0)))
            default: break
            }
            if known.prelude[first] != nil || first == known.some || first == known.none {
                error("E0208", "`\(name)` is a function, not a type", n.span, label: "a function, used as a type")
                return .error
            }
            if let later = known.builtinTypesOfLaterTiers[first] {
                unsupported("`\(later)` is", n.span)
                return .error
            }
            if isRepeated("E0201", first, n.span) { return .error }
            var candidates = known.typeNames.keys.map { text(NameID(rawValue: $0)) }.sorted() + ["Option", "Array", "Range"]
            for (i, name) in modules[context.module].definitions.names.enumerated() {
                let kind = modules[context.module].definitions.values[i].kind
                if kind == .structure || kind == .alias { candidates.append(text(name)) }
            }
            error(
                "E0201", "unknown type `\(name)`", n.span, label: "not found in this scope",
                helps: suggestion(name, candidates))
            return .error
        }
        // A path: module.Type.
        guard let (definition, name) = lookUpPath(n.listA, n.span) else { return .error }
        return lowerNamedType(definition, name, n)
    }

    @discardableResult
    private func wrongArgumentCount(_ n: Node, _ name: String, _ wanted: Int) -> TypeID {
        let given = context.tree.count(n.listB)
        error(
            "E0324", "`\(name)` takes \(wanted) type argument\(wanted == 1 ? "" : "s"), but \(given) \(given == 1 ? "is" : "are") given",
            n.span)
        return .error
    }

    private func lowerNamedType(_ definition: Definition, _ name: NameID, _ n: Node) -> TypeID {
        switch definition.kind {
        case .structure:
            let wanted = structRecords[definition.index].typeParameters.count
            let given = context.tree.count(n.listB)
            var arguments: [TypeID] = []
            if given == 0 {
                for _ in 0..<wanted { arguments.append(newVariable()) }
            } else if given != wanted {
                return wrongArgumentCount(n, text(name), wanted)
            } else {
                arguments = context.tree.elements(n.listB).map { lowerType($0) }
            }
            warnIfDeprecated(structRecords[definition.index].marks, text(name), n.span)
            return program.types.intern(.structure, payload: UInt32(definition.index), arguments)
        case .alias: return aliasType(definition.index, n.span)
        case .broken: return .error
        case .function, .constant, .global, .module:
            error("E0208", "`\(text(name))` is not a type", n.span, label: "a \(word(definition.kind)), used as a type")
            return .error
        }
    }

    func word(_ kind: Definition.Kind) -> String {
        switch kind {
        case .function: "function"
        case .structure: "struct"
        case .constant: "constant"
        case .global: "variable"
        case .alias: "type alias"
        case .module: "module"
        case .broken: "broken definition"
        }
    }

    private func aliasType(_ index: Int, _ span: SourceSpan) -> TypeID {
        if let type = aliases[index].type { return type }
        if aliases[index].inProgress {
            error("E0305", "recursive type alias", span)
            return .error
        }
        aliases[index].inProgress = true
        let outerSilence = silenced
        silenced = 0
        defer { silenced = outerSilence }
        let alias = aliases[index]
        let type = inModule(alias.module) {
            let n = context.tree[alias.node]
            if context.tree.raw(n.listB, 0) != 0 {
                unsupported("generic type aliases are", n.span)
                return TypeID.error
            }
            return lowerType(context.tree.element(n.listB, 1))
        }
        aliases[index].type = type
        aliases[index].inProgress = false
        return type
    }

    /// Runs `body` in a fresh context of module `index`.
    func inModule<R>(_ index: Int, _ body: () -> R) -> R {
        let saved = enterContext(module: index)
        let result = body()
        leaveContext(saved)
        return result
    }

    /// Begins a fresh context; returns the one to restore.
    func enterContext(module index: Int) -> BodyContext {
        contextCounter += 1
        var other = BodyContext(id: contextCounter, module: index, tree: modules[index].tree)
        swap(&other, &context)
        return other
    }

    /// Ends the present context and goes back to `saved`.
    func leaveContext(_ saved: consuming BodyContext) {
        popScope(to: 0)
        for (name, old) in context.bareUndo.reversed() { bindings[name.index] = old }
        let errors = context.silentErrors
        context = saved
        context.silentErrors += errors
    }

    /// "did you mean" help for a name that was not found.
    func suggestion(_ name: String, _ candidates: [String]) -> [String] {
        if silenced > 0 { return [] }
        let found = didYouMean(name, candidates)
        if !found.isEmpty { return ["did you mean " + found.map { "`\($0)`" }.joined(separator: " or ") + "?"] }
        if let own = foreignName(name) { return ["it is called `\(own)` in Simple"] }
        return []
    }
}

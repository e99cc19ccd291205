internal import Diagnostics
internal import Support
internal import Syntax

/// Names as values: variables, module-level names, `self`, names that are not known.
extension Checker {
    // MARK: Names

    func inferName(_ n: Node, _ node: NodeID, hint: TypeID) -> ExprID {
        let name = n.nameA
        if let local = lookUpLocal(name) { return readLocal(local, n.span) }
        if name == known.main && context.isTopLevel {
            error("E0209", "`main` cannot be read", n.span, helps: ["`main = value` only sets the exit code"])
            return errorExpr(n.span)
        }
        if let definition = lookUpDefinition(name, n.span) { return useDefinition(definition, name, n.span) }
        if name == known.none {
            let target = resolve(hint)
            let type = program.types.kind(target) == .option ? target : program.types.option(newVariable())
            return add(.noneConstant, type, at: n.span)
        }
        if known.prelude[name] != nil || known.typeNames[name] != nil || name == known.some {
            if known.typeNames[name] != nil {
                error("E0208", "`\(text(name))` is a type, not a value", n.span)
            } else {
                unsupported("functions as values are", n.span, helps: ["call it: `\(text(name))(…)`"])
            }
            return errorExpr(n.span)
        }
        if known.builtinTypesOfLaterTiers[name] != nil || name == known.ok || name == known.err {
            unsupported("`\(text(name))` is", n.span)
            return errorExpr(n.span)
        }
        reportUnknown(name, n.span)
        return errorExpr(n.span)
    }

    func reportUnknown(_ name: NameID, _ span: SourceSpan) {
        if silenced > 0 {
            context.silentErrors += 1
            return
        }
        var candidates: [String] = context.infos.map { text($0.name) }.filter { !$0.isEmpty }
        candidates += modules[context.module].definitions.names.map { text($0) }
        candidates += modules[context.module].importNames.names.map { text($0) }
        candidates += PreludeFunction.allCases.map(\.rawValue) + ["Some", "None", "true", "false", "nil"]
        var helps = suggestion(text(name), candidates)
        let field = context.owner.map { program.structs[$0.index].fieldNames.contains(name) } ?? false
        if let later = laterDeclaration(of: name, behind: span) {
            helps = ["`\(text(name))` is declared further down, in line \(later); a variable can be used only below its declaration"]
        }
        if field { helps = ["members are not in scope by themselves: write `self.\(text(name))`"] }
        error("E0201", "unknown name `\(text(name))`", span, label: "not found in this scope", helps: helps)
    }

    /// The line of the next declaration of variable `name` behind a mention of it, for a help.
    private func laterDeclaration(of name: NameID, behind span: SourceSpan) -> Int? {
        let tree = context.tree
        var found: UInt32?
        for n in tree.nodes where n.kind == .declaration && n.span.start > span.end {
            let pattern = tree[n.nodeA]
            if pattern.kind == .bindingPattern, pattern.nameA == name, n.span.start < found ?? .max { found = n.span.start }
        }
        return found.map { program.sources[context.file].lineAndColumn(of: $0).line }
    }

    /// A read of local `index` (into `infos`).
    func readLocal(_ index: Int, _ span: SourceSpan) -> ExprID {
        context.infos[index].used = true
        let info = context.infos[index]
        if info.tracked >= 0 && !context.flow.isAssigned(Int(info.tracked)) {
            error(
                "E0505", "`\(text(info.name))` may be used before it has a value", span,
                label: "not assigned on every path to here",
                secondary: [label(info.span, "declared here")],
                helps: ["give it a value where it is declared"])
            // Once is enough.
            context.flow.assign(Int(info.tracked))
        }
        return localExpr(LocalID(index), at: span)
    }

    func useDefinition(_ definition: Definition, _ name: NameID, _ span: SourceSpan) -> ExprID {
        switch definition.kind {
        case .constant:
            guard let value = constantValue(definition.index) else { return errorExpr(span) }
            warnIfDeprecated(constants[definition.index].marks, text(name), span)
            return materialize(value, constants[definition.index].type, span)
        case .global: return readGlobal(definition.index, span)
        case .broken: return errorExpr(span)
        case .function:
            unsupported("functions as values are", span, helps: ["call it: `\(text(name))(…)`"])
            return errorExpr(span)
        case .structure, .alias, .module:
            error("E0208", "`\(text(name))` is a \(word(definition.kind)), not a value", span)
            return errorExpr(span)
        }
    }

    func readGlobal(_ index: Int, _ span: SourceSpan) -> ExprID {
        let type = globalType(index)
        var flags: UInt8 = 0
        if isCyclicStatic(index, span) { return errorExpr(span) }
        if mayBeUninitialised(index) {
            flags = HIRExpr.checkInitialised
            program.globals[index].needsFlag = true
        }
        return add(.global, type, flags: flags, a: UInt32(index), at: span)
    }

    /// Refuses an initialiser that reads a static of a module in the same cycle of imports (E0602, once for a cycle).
    private func isCyclicStatic(_ index: Int, _ span: SourceSpan) -> Bool {
        guard context.isInitializer else { return false }
        let record = globalRecords[index]
        let group = moduleCycles[record.module]
        if record.module == context.module || group != moduleCycles[context.module] { return false }
        if record.isConstantInitialised { return false }
        if silenced == 0, reportedCycles.insert(group).inserted {
            error(
                "E0602", "`\(text(record.name))` belongs to a module that imports this one: neither can be initialised first", span,
                label: "needed to initialise this module", helps: ["make it a `const`, or compute it in a function"])
        }
        return true
    }

    /// Whether a read of global `index` here may come before its initialiser has run (P014 then).
    private func mayBeUninitialised(_ index: Int) -> Bool {
        let record = globalRecords[index]
        if record.isConstantInitialised { return false }
        if context.isInitializer {
            if record.module == context.module { return !assignedAtTopLevel.contains(index) }
            // Modules that do not import this one are initialised before it.
            return moduleCycles[record.module] == moduleCycles[context.module]
        }
        if context.isTopLevel && (record.isEarly || assignedAtTopLevel.contains(index)) { return false }
        if !record.isEarly { return true }
        // Functions run early only if an initialiser of this group of modules calls them.
        let group = moduleCycles[record.module]
        return modules.indices.contains { moduleCycles[$0] == group && modules[$0].initialisersCall }
    }

    func inferSelf(_ n: Node) -> ExprID {
        if let local = lookUpLocal(known.selfName) { return readLocal(local, n.span) }
        error("E0210", "`self` outside a method", n.span, helps: ["add a `self` parameter to the method"])
        return errorExpr(n.span)
    }
}

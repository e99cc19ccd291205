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
        if isRepeated("E0201", name, span) { return }
        var candidates: [String] = context.infos.map { text($0.name) }.filter { !$0.isEmpty }
        candidates += modules[context.module].definitions.names.map { text($0) }
        candidates += modules[context.module].importNames.names.map { text($0) }
        candidates += PreludeFunction.allCases.map(\.rawValue) + ["Some", "None", "true", "false", "nil"]
        var helps = suggestion(text(name), candidates)
        let field = context.owner.map { program.structs[$0.index].fieldNames.contains(name) } ?? false
        if let help = helpAboutScope(of: name, at: span) { helps = [help] }
        if field { helps = ["members are not in scope by themselves: write `self.\(text(name))`"] }
        error("E0201", "unknown name `\(text(name))`", span, label: "not found in this scope", helps: helps)
    }

    /// `true` iff the same mistake, code and name, was reported in this module before: then the place at hand is only
    /// added to that diagnostic (`noteRepetitions`). One missing declaration is one mistake, however often it is used.
    ///
    /// - Parameter type: where members are looked for, for code E0203.
    func isRepeated(_ code: DiagnosticCode, _ name: NameID, _ span: SourceSpan, in type: TypeID = .error) -> Bool {
        if silenced > 0 { return false }
        let mistake = Mistake(code: code, name: name, type: type, file: context.file)
        if repeatedMistakes[mistake] == nil {
            repeatedMistakes[mistake] = (index: diagnostics.all.count, places: [span])
            return false
        }
        repeatedMistakes[mistake]?.places.append(span)
        // What follows from it stays silent, as behind any error.
        return true
    }

    /// Puts each mistake that was reported once at its first place in the source, and tells where it was made again.
    func noteRepetitions() {
        for (mistake, (index, places)) in repeatedMistakes where places.count > 1 {
            let source = program.sources[mistake.file]
            let sorted = places.sorted { $0.start < $1.start }
            let first = source.lineAndColumn(of: sorted[0].start).line
            var lines: [Int] = []
            for place in sorted {
                let line = source.lineAndColumn(of: place.start).line
                if line != first, lines.last != line { lines.append(line) }
            }
            diagnostics.move(index, to: sorted[0])
            if lines.isEmpty { continue }
            let list = lines.prefix(6).map(String.init).joined(separator: ", ") + (lines.count > 6 ? ", …" : "")
            diagnostics.addNote("the same in line\(lines.count > 1 ? "s" : "") \(list)", to: index)
        }
    }

    /// Why variable `name`, mentioned at `span`, is not in scope although the function declares one of the name.
    private func helpAboutScope(of name: NameID, at span: SourceSpan) -> String? {
        let tree = context.tree
        let own = context.function.map { tree[functionRecords[$0.index].node].span }
        var later: UInt32?
        var inner: UInt32?
        // Each costs a look at the whole tree.
        var examined = 0
        for n in tree.nodes where n.kind == .bindingPattern && n.nameA == name {
            examined += 1
            if examined > 32 { break }
            if let own, !own.contains(n.span.start) { continue }
            if tree.nodes.contains(where: { $0.kind == .functionDefinition && $0.span != own && $0.span.contains(n.span.start) }) { continue }
            // The blocks that the name is visible in must hold the mention, too.
            let isVisible = tree.nodes.allSatisfy { $0.kind != .block || !$0.span.contains(n.span.start) || $0.span.contains(span.start) }
            if n.span.start < span.start {
                // Of a block that has ended, a loop or an arm.
                inner = n.span.start
            } else if isVisible, n.span.start < later ?? .max {
                later = n.span.start
            }
        }
        func line(_ offset: UInt32) -> Int { program.sources[context.file].lineAndColumn(of: offset).line }
        if let later {
            return "`\(text(name))` is declared further down, in line \(line(later)); a variable can be used only below its declaration"
        }
        return inner.map { "the `\(text(name))` of line \(line($0)) exists only inside its block: declare a variable before the block" }
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
        // Once for a function.
        if context.reportedSelf { return errorExpr(n.span) }
        context.reportedSelf = true
        guard let function = context.function, functionRecords[function.index].owner != nil else {
            error("E0210", "`self` outside a method", n.span, helps: ["only functions inside a type have `self`"])
            return errorExpr(n.span)
        }
        let record = functionRecords[function.index]
        error(
            "E0210", "`\(text(record.name))` uses `self` but has no `self` parameter", n.span,
            secondary: [label(record.nameSpan, "a function without `self` is static")],
            helps: ["write `fn \(text(record.name))(self\(record.parameters.isEmpty ? "" : ", …"))`"])
        return errorExpr(n.span)
    }
}

extension SourceSpan {
    fileprivate func contains(_ offset: UInt32) -> Bool { start <= offset && offset < end }
}

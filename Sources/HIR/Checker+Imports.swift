internal import Diagnostics
internal import Support
internal import Syntax

/// Imports, look-up of module-level names, the order of initialisation that imports give.
extension Checker {
    // MARK: Imports

    /// Binds the imported names of module `index`.
    func bindImports(_ index: Int) {
        let saved = enterContext(module: index)
        defer { leaveContext(saved) }
        let tree = context.tree
        guard tree.root.exists else { return }
        for item in tree.elements(tree[tree.root].listA) where tree[item].kind == .importDeclaration {
            let n = tree[item]
            let flags = ImportFlags(rawValue: n.flags)
            let target = modules[index].targets[item] ?? .failed
            if case .module(let other) = target {
                addDependency(other)
                warnIfClashing(ListID(rawValue: tree.raw(n.listA, 0)), other, n.span)
            }
            if case .item(let other, _) = target { addDependency(other) }
            if flags.contains(.isCommon) || flags.contains(.isAuto) {
                unsupported(flags.contains(.isCommon) ? "`common use` is" : "`auto import` is", n.span)
                continue
            }
            let path = ListID(rawValue: tree.raw(n.listA, 0))
            let alias = NameID(rawValue: tree.raw(n.listA, 1))
            if flags.contains(.isGlob) {
                if case .module(let other) = target {
                    modules[index].globs.append(other)
                    if flags.contains(.isReexport) { modules[index].exportedGlobs.append(other) }
                }
                continue
            }
            if flags.contains(.hasItems) {
                for part in tree.elements(ListID(rawValue: tree.raw(n.listA, 2))) {
                    let p = tree[part]
                    let partTarget = modules[index].targets[part] ?? .failed
                    if case .module(let other) = partTarget { addDependency(other) }
                    if case .item(let other, _) = partTarget { addDependency(other) }
                    bindImport(p.b != 0 ? p.nameB : p.nameA, partTarget, part, p.span, flags)
                }
                continue
            }
            let last = tree.name(path, tree.count(path) - 1)
            bindImport(alias != .none ? alias : last, target, item, n.span, flags)
        }
    }

    private func addDependency(_ other: Int) {
        if !modules[context.module].dependencies.contains(other) { modules[context.module].dependencies.append(other) }
    }

    private func bindImport(_ name: NameID, _ target: ImportTarget, _ node: NodeID, _ span: SourceSpan, _ flags: ImportFlags) {
        let index = context.module
        if modules[index].definitions[name] != nil {
            error(
                "E0202", "the import `\(text(name))` clashes with a definition of this module", span,
                helps: ["import it under another name: `… as other_name`"])
            return
        }
        if let earlier = modules[index].importNames[name], modules[index].imports[earlier].target != target {
            modules[index].imports[earlier].used = true
            error(
                "E0202", "the name `\(text(name))` is imported twice", span, label: "second import",
                secondary: [label(modules[index].imports[earlier].span, "first import")],
                helps: ["import one of them under another name: `… as other_name`"])
            return
        }
        modules[index].imports.append(
            ImportBinding(target: target, node: node, span: span, isReexport: flags.contains(.isReexport)))
        modules[index].importNames.set(name, modules[index].imports.count - 1)
    }

    /// Refuses imports of items that do not exist or are private: when all modules have bound their imports, as an
    /// import may name what another one re-exports.
    func verifyImports(_ index: Int) {
        let saved = enterContext(module: index)
        defer { leaveContext(saved) }
        for i in modules[index].imports.indices {
            let binding = modules[index].imports[i]
            guard case .item(let other, let item) = binding.target else { continue }
            if findItem(other, item) == nil {
                let names = modules[other].definitions.names.filter { modules[other].publicNames.contains($0) }.map { text($0) }
                error(
                    "E0601", "module `\(modules[other].path)` has no item `\(text(item))`", binding.span,
                    helps: suggestion(text(item), names))
                modules[index].imports[i].target = .failed
            } else if !isVisible(item, in: other) {
                reportPrivate(item, other, binding.span)
                modules[index].imports[i].target = .failed
            }
        }
    }

    /// The definition of `name` in module `index`, re-exports included; visibility is not checked.
    func findItem(_ index: Int, _ name: NameID, level: Int = 0) -> Definition? {
        if let definition = modules[index].definitions[name] { return definition }
        if level > 32 { return nil }
        if let binding = modules[index].importNames[name], modules[index].imports[binding].isReexport {
            switch modules[index].imports[binding].target {
            case .module(let other): return Definition(kind: .module, index: other)
            case .item(let other, let item): return findItem(other, item, level: level + 1)
            case .failed: return Definition(kind: .broken, index: 0)
            }
        }
        for other in modules[index].exportedGlobs where modules[other].publicNames.contains(name) {
            return modules[other].definitions[name]
        }
        return nil
    }

    /// `true` iff other modules may name `name` of module `index`.
    func isVisible(_ name: NameID, in index: Int) -> Bool {
        if index == context.module || modules[index].publicNames.contains(name) { return true }
        if let binding = modules[index].importNames[name] { return modules[index].imports[binding].isReexport }
        return modules[index].exportedGlobs.contains { modules[$0].publicNames.contains(name) }
    }

    // MARK: Look-up

    /// What `name`, mentioned at `span`, means at module level (§9.4 (4)–(7)); marks imports as used.
    func lookUpDefinition(_ name: NameID, _ span: SourceSpan? = nil) -> Definition? {
        let index = context.module
        if let definition = modules[index].definitions[name] { return definition }
        if let binding = modules[index].importNames[name] {
            modules[index].imports[binding].used = true
            switch modules[index].imports[binding].target {
            case .module(let other): return Definition(kind: .module, index: other)
            case .failed: return Definition(kind: .broken, index: 0)
            case .item(let other, let item):
                return findItem(other, item)
            }
        }
        var found: (Definition, Int)?
        for other in modules[index].globs {
            guard isVisible(name, in: other), let definition = findItem(other, name) else { continue }
            if let (first, module) = found, first.kind != definition.kind || first.index != definition.index {
                // Once for each mention, though several rules may ask for it.
                if let span, silenced > 0 || reportedAmbiguities.insert(Label(file: context.file, span: span).place).inserted {
                    error(
                        "E0207", "`\(text(name))` is ambiguous: both `\(modules[module].path)` and `\(modules[other].path)` export it",
                        span, label: "exported by both",
                        helps: ["import it by name from one of them: `use \(modules[module].path).\(text(name))`"])
                }
                return Definition(kind: .broken, index: 0)
            }
            found = (definition, other)
        }
        return found?.0
    }

    func reportPrivate(_ name: NameID, _ module: Int, _ span: SourceSpan) {
        error(
            "E0603", "`\(text(name))` is private to module `\(modules[module].path)`", span,
            helps: ["mark it `pub` in `\(modules[module].path)`"])
    }

    /// The definition that a path of names denotes; reports errors.
    func lookUpPath(_ list: ListID, _ span: SourceSpan) -> (Definition, NameID)? {
        let tree = context.tree
        let first = tree.name(list, 0)
        guard var definition = lookUpDefinition(first, span) else {
            if context.typeParameters.contains(where: { $0.name == first }) {
                unsupported("associated types are", span)
                return nil
            }
            if !isRepeated("E0201", first, span) {
                error("E0201", "unknown name `\(text(first))`", span, label: "not found in this scope")
            }
            return nil
        }
        var name = first
        for i in 1..<tree.count(list) {
            guard definition.kind == .module else {
                if definition.kind != .broken {
                    error("E0208", "`\(text(name))` is a \(word(definition.kind)), not a module", span)
                }
                return nil
            }
            name = tree.name(list, i)
            guard let next = moduleItem(definition.index, name, span) else { return nil }
            definition = next
        }
        return (definition, name)
    }

    /// Item `name` of module `index`, visible from here; reports errors.
    func moduleItem(_ index: Int, _ name: NameID, _ span: SourceSpan) -> Definition? {
        guard let definition = findItem(index, name) else {
            if isRepeated("E0601", name, span) { return nil }
            let names = modules[index].definitions.names.filter { modules[index].publicNames.contains($0) }.map { text($0) }
            error(
                "E0601", "module `\(modules[index].path)` has no item `\(text(name))`", span,
                helps: suggestion(text(name), names))
            return nil
        }
        if !isVisible(name, in: index) {
            if isRepeated("E0603", name, span) { return nil }
            reportPrivate(name, index, span)
            return nil
        }
        return definition
    }

    func reportUnusedImports() {
        for index in modules.indices where !modules[index].isPrelude {
            let saved = enterContext(module: index)
            for binding in modules[index].imports where !binding.used && !binding.isReexport {
                if case .failed = binding.target { continue }
                warning("W0601", "unused import", binding.span, helps: ["remove it"])
            }
            leaveContext(saved)
        }
    }

    // MARK: Initialisation order

    /// Fills `program.initializationOrder`: post-order over imports in source order, the root last.
    func orderModules() {
        var state = [UInt8](repeating: 0, count: modules.count)
        var order: [ModuleID] = []
        var stack: [(module: Int, next: Int)] = [(rootIndex, 0)]
        state[rootIndex] = 1
        while let (module, next) = stack.last {
            if next < modules[module].dependencies.count {
                stack[stack.count - 1].next += 1
                let other = modules[module].dependencies[next]
                if state[other] == 0 {
                    state[other] = 1
                    stack.append((other, 0))
                }
            } else {
                order.append(ModuleID(module))
                stack.removeLast()
            }
        }
        program.initializationOrder = order
        findModuleCycles(order)
    }

    /// Numbers the groups of modules that import each other (Kosaraju's algorithm).
    private func findModuleCycles(_ order: [ModuleID]) {
        var importers = [[Int]](repeating: [], count: modules.count)
        for index in modules.indices { for other in modules[index].dependencies { importers[other].append(index) } }
        moduleCycles = Array(modules.indices)
        var seen = [Bool](repeating: false, count: modules.count)
        for root in order.reversed() where !seen[root.index] {
            seen[root.index] = true
            var work = [root.index]
            while let module = work.popLast() {
                moduleCycles[module] = root.index
                // Importers of a module of the group, found earlier in no other group, reach it and are reached.
                for other in importers[module] where !seen[other] {
                    seen[other] = true
                    work.append(other)
                }
            }
        }
    }
}

internal import Diagnostics
internal import Support
internal import Syntax

/// Module-level definitions: collecting them, imports, look-up, struct fields, signatures.
extension Checker {
    // MARK: Collecting

    /// Enters the definitions of module `index` into its scope.
    func collectDefinitions(_ index: Int) {
        let saved = enterContext(module: index)
        defer { leaveContext(saved) }
        let tree = context.tree
        guard tree.root.exists else { return }
        let items = tree[tree.root].listA
        var previous: UInt32 = 0
        for item in tree.elements(items) {
            let n = tree[item]
            switch n.kind {
            case .functionDefinition:
                noteMentions(from: previous, to: item.rawValue)
                let id = addFunction(item, owner: nil)
                define(n.nameA, Definition(kind: .function, index: id.index), n, nameStart: n.c)
                if n.nameA == known.main && index == rootIndex { program.main = id }
            case .structDefinition:
                noteMentions(from: previous, to: item.rawValue)
                addStruct(item)
            case .implDefinition:
                noteMentions(from: previous, to: item.rawValue)
            case .constDefinition:
                constants.append(ConstantRecord(node: item, module: index, name: n.nameA, marks: readAttributes(item)))
                define(n.nameA, Definition(kind: .constant, index: constants.count - 1), n, nameStart: nil)
            case .staticDefinition:
                addGlobal(name: n.nameA, node: item, isMutable: DefinitionFlags(rawValue: n.flags).contains(.isMutable),
                    isStatic: true, value: n.nodeC, type: n.nodeB, flags: n.flags)
            case .typeAlias:
                aliases.append(AliasRecord(node: item, module: index))
                define(n.nameA, Definition(kind: .alias, index: aliases.count - 1), n, nameStart: n.c)
            case .classDefinition:
                unsupportedDefinition(n, "classes are", nameStart: n.c)
            case .enumDefinition:
                unsupportedDefinition(n, "enums are", nameStart: n.c)
            case .traitDefinition:
                unsupportedDefinition(n, "traits are", nameStart: n.c)
            case .externDefinition:
                let inner = tree[n.nodeA]
                unsupportedDefinition(inner, "foreign functions are", nameStart: inner.c)
            case .importDeclaration, .moduleDeclaration, .error, .unsupported:
                break
            default:
                if index != rootIndex { collectLibraryStatement(item, n) }
            }
            previous = item.rawValue
        }
        // `impl` blocks come after all structs are known.
        for item in tree.elements(items) where tree[item].kind == .implDefinition { addImpl(item) }
        if index == rootIndex { collectTopLevelNames(items) }
    }

    /// Remembers the names mentioned in the nodes of one definition: its nodes lie between the previous item and itself.
    private func noteMentions(from start: UInt32, to end: UInt32) {
        if context.module != rootIndex { return }
        mentions.begin()
        for i in Int(start) + 1..<Int(end) + 1 {
            let n = context.tree.nodes[i]
            switch n.kind {
            case .parameter, .bindingPattern: mentions.addOwn(n.nameA, at: i)
            case .declaration:
                // Its value, which comes before it, does not see the new name.
                let pattern = context.tree[n.nodeA]
                if pattern.kind == .bindingPattern { mentions.moveOwn(pattern.nameA, from: Int(n.a), to: i) }
            default: break
            }
        }
        for i in Int(start) + 1..<Int(end) + 1 {
            let n = context.tree.nodes[i]
            if n.kind == .name { mentions.add(n.nameA, at: i) }
        }
    }

    private func unsupportedDefinition(_ n: Node, _ what: String, nameStart: UInt32) {
        let span = SourceSpan(start: nameStart, end: nameStart + UInt32(text(n.nameA).utf8.count))
        unsupported(what, span)
        define(n.nameA, Definition(kind: .broken, index: 0), n, nameStart: nameStart)
    }

    /// Enters a definition; reports a second one of the same name.
    private func define(_ name: NameID, _ definition: Definition, _ n: Node, nameStart: UInt32?) {
        let start = nameStart ?? n.span.start
        let span = nameStart == nil ? n.span : SourceSpan(start: start, end: start + UInt32(text(name).utf8.count))
        let index = context.module
        let flags = DefinitionFlags(rawValue: n.flags)
        if flags.contains(.isPublic) || flags.contains(.isCrate) || flags.contains(.isSuper) {
            modules[index].publicNames.set(name, ())
        }
        if modules[index].definitions[name] != nil {
            error(
                "E0202", "`\(text(name))` is defined twice", span, label: "second definition",
                helps: ["functions cannot be overloaded; give one of them another name"])
            return
        }
        modules[index].definitions.set(name, definition)
    }

    private func addFunction(_ node: NodeID, owner: StructID?) -> FunctionID {
        let n = context.tree[node]
        var record = FunctionRecord(
            node: node, module: context.module, name: n.nameA,
            nameSpan: SourceSpan(start: n.c, end: n.c + UInt32(text(n.nameA).utf8.count)), owner: owner)
        let flags = DefinitionFlags(rawValue: n.flags)
        record.isPublic = flags.contains(.isPublic)
        record.isPrivate = flags.contains(.isPrivate)
        functionRecords.append(record)
        let base = text(n.nameA)
        let name = owner.map { program.structs[$0.index].name + "." + base } ?? base
        var info = FunctionInfo(name: name, module: ModuleID(context.module))
        info.isPublic = record.isPublic && owner == nil
        functionRecords[functionRecords.count - 1].marks = readAttributes(node, &info)
        program.functions.append(info)
        let id = FunctionID(functionRecords.count - 1)
        program.modules[context.module].functions.append(id)
        if flags.contains(.isAsync) { unsupported("async functions are", record.nameSpan) }
        return id
    }

    private func typeParameters(_ list: ListID) -> [TypeParameterRecord] {
        context.tree.elements(list).map { node in
            let n = context.tree[node]
            var bounds: [NameID] = []
            for bound in context.tree.elements(n.listB) {
                let b = context.tree[bound]
                if b.kind == .typePath { bounds.append(context.tree.name(b.listA, context.tree.count(b.listA) - 1)) }
            }
            return TypeParameterRecord(name: n.nameA, bounds: bounds)
        }
    }

    private func addStruct(_ node: NodeID) {
        let tree = context.tree
        let n = tree[node]
        let flags = DefinitionFlags(rawValue: n.flags)
        let id = StructID(program.structs.count)
        let parameters = typeParameters(ListID(rawValue: tree.raw(n.listB, 0)))
        program.structs.append(
            StructInfo(
                name: text(n.nameA), module: ModuleID(context.module), typeParameterCount: parameters.count,
                fieldNames: [], fieldTypes: []))
        structRecords.append(
            StructRecord(
                node: node, module: context.module, name: n.nameA, isMutable: flags.contains(.isMutable),
                typeParameters: parameters, isPublic: flags.contains(.isPublic), marks: readAttributes(node)))
        define(n.nameA, Definition(kind: .structure, index: id.index), n, nameStart: n.c)
        for member in tree.elements(ListID(rawValue: tree.raw(n.listB, 2))) {
            let m = tree[member]
            switch m.kind {
            case .field:
                if program.structs[id.index].fieldNames.contains(m.nameA) {
                    error("E0202", "field `\(text(m.nameA))` is declared twice", m.span)
                    continue
                }
                if DefinitionFlags(rawValue: m.flags).contains(.isPrivate) { structRecords[id.index].privateFields = true }
                if DefinitionFlags(rawValue: m.flags).contains(.isMutable) && !flags.contains(.isMutable) {
                    error(
                        "E0502", "a field of a plain struct cannot be `mut`", m.span,
                        helps: ["declare the struct as `mut struct \(text(n.nameA))`"])
                }
                program.structs[id.index].fieldNames.append(m.nameA)
                structRecords[id.index].fieldNodes.append(member)
            case .functionDefinition: addMethod(member, to: id)
            case .constDefinition: unsupported("constants inside types are", m.span)
            default: break
            }
        }
    }

    private func addMethod(_ node: NodeID, to owner: StructID) {
        let id = addFunction(node, owner: owner)
        let name = context.tree[node].nameA
        if structRecords[owner.index].methods[name] != nil || program.structs[owner.index].fieldNames.contains(name) {
            error(
                "E0202", "`\(program.structs[owner.index].name)` already has a member `\(text(name))`",
                functionRecords[id.index].nameSpan)
            return
        }
        structRecords[owner.index].methods.set(name, id)
    }

    private func addImpl(_ node: NodeID) {
        let tree = context.tree
        let n = tree[node]
        if tree.raw(n.listA, 2) != 0 {
            unsupported("trait implementations are", SourceSpan(start: n.span.start, end: n.span.start + 4))
            return
        }
        let target = tree[tree.element(n.listA, 1)]
        guard target.kind == .typePath, tree.count(target.listA) == 1 else {
            unsupported("`impl` for this type is", target.span)
            return
        }
        let name = tree.name(target.listA, 0)
        guard let definition = modules[context.module].definitions[name] else {
            error("E0201", "unknown type `\(text(name))`", target.span, label: "not found in this module")
            return
        }
        if definition.kind == .broken { return }
        guard definition.kind == .structure else {
            error("E0208", "`\(text(name))` is not a struct", target.span)
            return
        }
        for item in tree.elements(ListID(rawValue: tree.raw(n.listA, 4))) where tree[item].kind == .functionDefinition {
            addMethod(item, to: StructID(definition.index))
        }
    }

    private func addGlobal(
        name: NameID, node: NodeID, isMutable: Bool, isStatic: Bool, value: NodeID, type: NodeID, flags: UInt8
    ) {
        let id = program.globals.count
        let n = context.tree[node]
        program.globals.append(
            GlobalInfo(name: text(name), module: ModuleID(context.module), type: .error, needsFlag: false))
        globalRecords.append(
            GlobalRecord(
                node: node, module: context.module, name: name, isMutable: isMutable, isStatic: isStatic,
                isEarly: isStatic || context.module != rootIndex, position: n.span.start, valueNode: value,
                typeNode: type))
        program.modules[context.module].globals.append(GlobalID(id))
        if globalRecords[id].isEarly, callsFunctions(value) { modules[context.module].initialisersCall = true }
        if isStatic || context.module != rootIndex {
            define(name, Definition(kind: .global, index: id), n, nameStart: nil)
        } else {
            modules[context.module].definitions.set(name, Definition(kind: .global, index: id))
        }
    }

    /// `true` iff evaluating `node` may run functions of the program, which may read other module-level variables.
    private func callsFunctions(_ node: NodeID, level: Int = 0) -> Bool {
        if !node.exists { return false }
        if level > 200 { return true }
        let tree = context.tree
        let n = tree[node]
        switch n.kind {
        case .intLiteral, .floatLiteral, .boolLiteral, .nilLiteral, .stringLiteral, .charLiteral, .byteStringLiteral, .name:
            return false
        case .array, .tuple: return tree.elements(n.listA).contains { callsFunctions($0, level: level + 1) }
        case .unary: return callsFunctions(n.nodeA, level: level + 1)
        case .binary: return callsFunctions(n.nodeA, level: level + 1) || callsFunctions(n.nodeB, level: level + 1)
        default: return true
        }
    }

    /// Top-level code of an imported module: only immutable declarations (§1.2).
    private func collectLibraryStatement(_ item: NodeID, _ n: Node) {
        if n.kind == .passStatement { return }
        guard n.kind == .declaration, n.flags & 1 == 0, context.tree[n.nodeA].kind == .bindingPattern else {
            if n.kind == .expressionStatement, context.tree[n.nodeA].kind == .stringLiteral { return }
            error(
                "E0606", "statement in an imported module", n.span,
                label: "only the program's root module may run statements",
                helps: ["move it into a function, or into the module that you run"])
            return
        }
        let pattern = context.tree[n.nodeA]
        addGlobal(
            name: pattern.nameA, node: item, isMutable: false, isStatic: false, value: n.nodeC, type: n.nodeB,
            flags: n.flags)
    }

    /// Declares as globals the root's top-level variables that functions mention.
    private func collectTopLevelNames(_ items: ListID) {
        let tree = context.tree
        // Names surely assigned or declared at the outermost level before they are met again.
        var settled = IndexMap<Void>()
        func consider(_ name: NameID, _ node: NodeID, mutable: Bool, value: NodeID, type: NodeID, nested: Bool = false) {
            if name == known.main { return }
            // A name first assigned inside a block may be missing later: P014 at run time, so it needs its flag.
            let mentioned = mentions.contains(name)
            if nested ? settled.contains(name) && !mentioned : !mentioned && modules[context.module].definitions[name] == nil {
                settled.set(name, ())
                return
            }
            if let existing = modules[context.module].definitions[name] {
                if existing.kind == .global, mutable { globalRecords[existing.index].isMutable = true }
                return
            }
            addGlobal(name: name, node: node, isMutable: mutable, isStatic: false, value: value, type: type, flags: 0)
        }
        func considerPattern(_ pattern: NodeID, _ node: NodeID, mutable: Bool, value: NodeID, type: NodeID) {
            let p = tree[pattern]
            switch p.kind {
            case .bindingPattern: consider(p.nameA, node, mutable: mutable, value: value, type: type)
            case .tuplePattern, .arrayPattern:
                for part in tree.elements(p.listA) {
                    considerPattern(part, node, mutable: mutable, value: .none, type: .none)
                }
            case .restPattern: if p.a != 0 { consider(p.nameA, node, mutable: mutable, value: .none, type: .none) }
            default: break
            }
        }
        // Bare assignments may stand in nested blocks; declarations count only at the outermost level.
        func walk(_ node: NodeID, outermost: Bool, level: Int) {
            if !node.exists || level > 200 { return }
            let n = tree[node]
            switch n.kind {
            case .declaration:
                if outermost { considerPattern(n.nodeA, node, mutable: n.flags & 1 != 0, value: n.nodeC, type: n.nodeB) }
            case .assignment:
                let target = tree[n.nodeA]
                if target.kind == .name {
                    consider(target.nameA, node, mutable: true, value: n.nodeB, type: .none, nested: !outermost)
                }
                if target.kind == .tuple {
                    for part in tree.elements(target.listA) where tree[part].kind == .name {
                        consider(tree[part].nameA, node, mutable: true, value: .none, type: .none, nested: !outermost)
                    }
                }
            case .ifExpression:
                // Chains of `elif` are long, not deep.
                var link = n
                while true {
                    walk(link.nodeB, outermost: false, level: level + 1)
                    guard link.c != 0 else { return }
                    let next = tree[link.nodeC]
                    if next.kind != .ifExpression { return walk(link.nodeC, outermost: false, level: level + 1) }
                    link = next
                }
            case .block: for part in tree.elements(n.listA) { walk(part, outermost: false, level: level + 1) }
            case .whileStatement, .labeled: walk(n.nodeB, outermost: false, level: level + 1)
            case .loopStatement: walk(n.nodeA, outermost: false, level: level + 1)
            case .forStatement: walk(n.nodeC, outermost: false, level: level + 1)
            case .expressionStatement: walk(n.nodeA, outermost: false, level: level + 1)
            case .matchExpression: for arm in tree.elements(n.listB) { walk(tree[arm].nodeC, outermost: false, level: level + 1) }
            default: break
            }
        }
        for item in tree.elements(items) { walk(item, outermost: true, level: 0) }
    }

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
            error("E0201", "unknown name `\(text(first))`", span, label: "not found in this scope")
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
            let names = modules[index].definitions.names.filter { modules[index].publicNames.contains($0) }.map { text($0) }
            error(
                "E0601", "module `\(modules[index].path)` has no item `\(text(name))`", span,
                helps: suggestion(text(name), names))
            return nil
        }
        if !isVisible(name, in: index) {
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

    // MARK: Structs

    /// Resolves the field types of a struct.
    func prepareFields(_ id: StructID) {
        if structRecords[id.index].fieldsReady { return }
        let record = structRecords[id.index]
        let saved = enterContext(module: record.module)
        context.typeParameters = record.typeParameters
        context.owner = id
        context.selfType = selfType(of: id)
        var types: [TypeID] = []
        checkBounds(ListID(rawValue: context.tree.raw(context.tree[record.node].listB, 0)))
        for field in record.fieldNodes { types.append(lowerType(context.tree[field].nodeB)) }
        program.structs[id.index].fieldTypes = types
        warnAboutPrivateFieldTypes(of: id)
        structRecords[id.index].fieldsReady = true
        leaveContext(saved)
    }

    /// The type of `self` in methods of struct `id`.
    func selfType(of id: StructID) -> TypeID {
        let count = program.structs[id.index].typeParameterCount
        var arguments: [TypeID] = []
        for i in 0..<count { arguments.append(program.types.parameter(i)) }
        return program.types.intern(.structure, payload: id.rawValue, arguments)
    }

    // MARK: Signatures

    /// Reads the written part of a function's signature.
    func prepareSignature(_ id: FunctionID) {
        if functionRecords[id.index].signatureReady { return }
        functionRecords[id.index].signatureReady = true
        let outerSilence = silenced
        silenced = 0
        defer { silenced = outerSilence }
        var record = functionRecords[id.index]
        let saved = enterContext(module: record.module)
        let tree = context.tree
        let n = tree[record.node]
        var typeParameters: [TypeParameterRecord] = []
        if let owner = record.owner {
            typeParameters = structRecords[owner.index].typeParameters
            context.owner = owner
            context.selfType = selfType(of: owner)
        }
        let generics = ListID(rawValue: tree.raw(n.listB, 0))
        if tree.count(generics) > 0 {
            typeParameters += self.typeParameters(generics)
            checkBounds(generics)
        }
        context.typeParameters = typeParameters
        record.typeParameters = typeParameters
        record.parameterClasses = Array(repeating: 0, count: typeParameters.count)
        if tree.raw(n.listB, 3) != 0 {
            let predicates = ListID(rawValue: tree.raw(n.listB, 3))
            checkBounds(predicates)
            for predicate in tree.elements(predicates) { applyWhere(predicate, &record) }
        }
        record.isAnnotated = true
        var sawDefault = false
        for parameter in tree.elements(ListID(rawValue: tree.raw(n.listB, 1))) {
            let p = tree[parameter]
            var entry = ParameterRecord(name: p.nameA, node: parameter, type: .error, defaultNode: p.nodeC)
            entry.isMutable = p.flags & 1 != 0
            entry.isSelf = p.flags & 2 != 0
            entry.isRest = p.flags & 4 != 0
            if entry.isSelf {
                entry.name = known.selfName
                if record.owner == nil { error("E0210", "`self` parameter outside a type", p.span) }
                entry.type = context.selfType
                record.isStatic = false
                if entry.isMutable { program.functions[id.index].mutatesSelf = true }
            } else if p.b != 0 {
                let type = lowerType(p.nodeB)
                entry.type = entry.isRest ? program.types.array(type) : type
                if program.types.entries[type.index].hasVariables { record.isAnnotated = false }
            } else {
                record.isAnnotated = false
                entry.type = entry.isRest ? program.types.array(newVariable()) : newVariable()
            }
            if record.parameters.contains(where: { $0.name == entry.name }) {
                error("E0202", "two parameters are named `\(text(entry.name))`", p.span)
            }
            if entry.defaultNode.exists {
                sawDefault = true
            } else if sawDefault && !entry.isRest {
                error(
                    "E0114", "required parameter `\(text(entry.name))` after one with a default", p.span,
                    helps: ["give it a default too, or move it to the front"])
            }
            record.parameters.append(entry)
        }
        let result = tree.element(n.listB, 2)
        if result.exists {
            record.hasResultAnnotation = true
            let type = lowerType(result)
            if program.types.entries[type.index].hasVariables { record.isAnnotated = false }
            program.functions[id.index].resultType = type
        } else {
            record.isAnnotated = false
            program.functions[id.index].resultType = newVariable()
        }
        program.functions[id.index].parameterTypes = record.parameters.map(\.type)
        program.functions[id.index].typeParameterCount = typeParameters.count
        functionRecords[id.index] = record
        warnAboutPrivateTypes(in: id)
        leaveContext(saved)
    }

    private func applyWhere(_ predicate: NodeID, _ record: inout FunctionRecord) {
        let n = context.tree[predicate]
        let t = context.tree[n.nodeA]
        guard t.kind == .typePath, context.tree.count(t.listA) == 1,
            let index = record.typeParameters.firstIndex(where: { $0.name == context.tree.name(t.listA, 0) })
        else {
            unsupported("`where` on this type is", t.span)
            return
        }
        for bound in context.tree.elements(n.listB) {
            let b = context.tree[bound]
            if b.kind == .typePath {
                record.typeParameters[index].bounds.append(context.tree.name(b.listA, context.tree.count(b.listA) - 1))
            }
        }
    }
}

internal import Diagnostics
internal import Support
internal import Syntax

/// Collecting the module-level definitions.
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

    func typeParameters(_ list: ListID) -> [TypeParameterRecord] {
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
            if !isRepeated("E0201", name, target.span) {
                error("E0201", "unknown type `\(text(name))`", target.span, label: "not found in this module")
            }
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
                // A later `var` of the same name makes the variable mutable; an assignment to a `let` or static is an error.
                if existing.kind == .global, mutable, tree[node].kind == .declaration, !globalRecords[existing.index].isStatic {
                    globalRecords[existing.index].isMutable = true
                }
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
        // Names that blocks around the present place declare: assignments there mean these.
        var inner: ContiguousArray<NameID> = []
        func declareInner(_ pattern: NodeID) {
            guard pattern.exists else { return }
            let p = tree[pattern]
            switch p.kind {
            case .bindingPattern: inner.append(p.nameA)
            case .atPattern:
                inner.append(p.nameA)
                declareInner(p.nodeB)
            case .restPattern: if p.a != 0 { inner.append(p.nameA) }
            case .fieldPattern: if p.b != 0 { declareInner(p.nodeB) } else { inner.append(p.nameA) }
            case .tuplePattern, .arrayPattern: for part in tree.elements(p.listA) { declareInner(part) }
            case .pathPattern, .recordPattern: for part in tree.elements(p.listB) { declareInner(part) }
            // All alternatives bind the same names.
            case .orPattern: if tree.count(p.listA) > 0 { declareInner(tree.element(p.listA, 0)) }
            default: break
            }
        }
        func declareCondition(_ condition: NodeID) {
            if tree[condition].kind == .letCondition { declareInner(tree[condition].nodeA) }
        }
        // Bare assignments may stand in nested blocks; declarations count only at the outermost level.
        func walk(_ node: NodeID, outermost: Bool, level: Int) {
            if !node.exists || level > 200 { return }
            let n = tree[node]
            let mark = inner.count
            switch n.kind {
            case .declaration:
                walk(n.nodeC, outermost: false, level: level + 1)
                if outermost {
                    considerPattern(n.nodeA, node, mutable: n.flags & 1 != 0, value: n.nodeC, type: n.nodeB)
                } else {
                    declareInner(n.nodeA)
                }
                return
            case .constDefinition, .functionDefinition: if !outermost { return inner.append(n.nameA) }
            case .assignment:
                walk(n.nodeB, outermost: false, level: level + 1)
                let target = tree[n.nodeA]
                if target.kind == .name, !inner.contains(target.nameA) {
                    consider(target.nameA, node, mutable: true, value: n.nodeB, type: .none, nested: !outermost)
                }
                if target.kind == .tuple {
                    for part in tree.elements(target.listA) where tree[part].kind == .name && !inner.contains(tree[part].nameA) {
                        consider(tree[part].nameA, node, mutable: true, value: .none, type: .none, nested: !outermost)
                    }
                }
            case .augmentedAssignment: walk(n.nodeB, outermost: false, level: level + 1)
            case .ifExpression:
                // Chains of `elif` are long, not deep.
                var link = n
                while true {
                    declareCondition(link.nodeA)
                    walk(link.nodeB, outermost: false, level: level + 1)
                    inner.removeLast(inner.count - mark)
                    guard link.c != 0 else { return }
                    let next = tree[link.nodeC]
                    if next.kind != .ifExpression { return walk(link.nodeC, outermost: false, level: level + 1) }
                    link = next
                }
            case .block: for part in tree.elements(n.listA) { walk(part, outermost: false, level: level + 1) }
            case .whileStatement:
                declareCondition(n.nodeA)
                walk(n.nodeB, outermost: false, level: level + 1)
            case .labeled: walk(n.nodeB, outermost: false, level: level + 1)
            case .loopStatement: walk(n.nodeA, outermost: false, level: level + 1)
            case .forStatement:
                declareInner(n.nodeA)
                walk(n.nodeC, outermost: false, level: level + 1)
            case .expressionStatement: walk(n.nodeA, outermost: false, level: level + 1)
            case .matchExpression:
                for arm in tree.elements(n.listB) {
                    declareInner(tree[arm].nodeA)
                    walk(tree[arm].nodeC, outermost: false, level: level + 1)
                    inner.removeLast(inner.count - mark)
                }
            default: break
            }
            inner.removeLast(inner.count - mark)
        }
        for item in tree.elements(items) { walk(item, outermost: true, level: 0) }
    }
}

internal import Diagnostics
internal import Support
internal import Syntax

/// Fields of structs and signatures of functions.
extension Checker {
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
            if record.parameters.last?.isRest == true {
                error(
                    "E0101", "a parameter behind the rest parameter `*\(text(record.parameters[record.parameters.count - 1].name))`",
                    p.span, label: "never gets an argument", helps: ["the rest parameter, which takes all that is left, stands last"])
            }
            if entry.isRest, entry.defaultNode.exists {
                error(
                    "E0101", "a rest parameter has no default", context.tree[entry.defaultNode].span, label: "not allowed here",
                    helps: ["without arguments for it, `\(text(entry.name))` is an empty array"])
                entry.defaultNode = .none
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
        if record.owner != nil, record.isStatic { record.lacksSelf = mentionsSelf(record.node) }
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

    /// `true` iff `self` stands somewhere in function `node`, whose parts are the nodes in front of it.
    private func mentionsSelf(_ node: NodeID) -> Bool {
        let start = context.tree[node].span.start
        var i = node.index - 1
        while i > 0, context.tree.nodes[i].span.start >= start {
            if context.tree.nodes[i].kind == .selfValue { return true }
            i -= 1
        }
        return false
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

internal import Diagnostics
internal import Support
internal import Syntax

/// Warnings about definitions and their uses: marked ones (W0302, W0303), variables that keep their value (W0503),
/// names that clash (W0602), private types in public signatures (W0603).
extension Checker {
    // MARK: Attributes

    /// What the attributes of a definition say to its users.
    struct ItemMarks {
        /// Uses get W0302.
        var isDeprecated = false
        /// What to use instead; may be empty.
        var deprecation = ""
        /// Dropping the result gets W0303.
        var mustUse = false
    }

    /// Reads the attributes of definition `node`.
    func readAttributes(_ node: NodeID, _ info: inout FunctionInfo) -> ItemMarks {
        guard let attributes = context.tree.attributes[node] else { return ItemMarks() }
        var marks = ItemMarks()
        for attribute in context.tree.elements(attributes) {
            let a = context.tree[attribute]
            guard a.kind == .attribute else { continue }
            switch text(a.nameA) {
            case "inline": info.inlineHint = 1
            case "noinline": info.inlineHint = 2
            case "must_use": marks.mustUse = true
            case "deprecated":
                marks.isDeprecated = true
                if a.c != 0, context.tree[a.nodeC].kind == .stringLiteral {
                    marks.deprecation = String(decoding: context.tree.stringContents(context.tree[a.nodeC].a), as: UTF8.self)
                }
            default: break
            }
        }
        return marks
    }

    /// As above, for definitions that are no functions.
    func readAttributes(_ node: NodeID) -> ItemMarks {
        var info = FunctionInfo(name: "", module: ModuleID(context.module))
        return readAttributes(node, &info)
    }

    /// W0302 at a use of a deprecated definition.
    func warnIfDeprecated(_ marks: ItemMarks, _ name: @autoclosure () -> String, _ span: SourceSpan) {
        if !marks.isDeprecated { return }
        warning(
            "W0302", "`\(name())` is deprecated", span, label: "still works, but is marked to be removed",
            helps: marks.deprecation.isEmpty ? [] : [marks.deprecation])
    }

    /// W0303 where a statement drops the value of a call that is marked `#[must_use]`.
    func warnIfDropped(_ expr: ExprID, _ span: SourceSpan) {
        let e = context.body[expr]
        guard e.kind == .call, functionRecords[Int(e.a)].marks.mustUse else { return }
        warning(
            "W0303", "the result of `\(program.functions[Int(e.a)].name)` is not used", span,
            label: "marked `#[must_use]`", helps: ["use the value, or drop it on purpose: `_ = …`"])
    }

    // MARK: Variables

    /// Notes that the value in the variable behind `place` is changed in place.
    func markChanged(_ place: ExprID) {
        var e = context.body[place]
        while e.kind == .field || e.kind == .index { e = context.body[e.exprA] }
        if e.kind == .local { context.infos[Int(e.a)].changed = true }
        if e.kind == .global { globalRecords[Int(e.a)].changed = true }
    }

    /// W0503 for locals that were declared mutable and keep their first value. Arrays are left out: users think of one
    /// that is filled in place as changing.
    func reportUnchangedLocals() {
        for info in context.infos.indices {
            let local = context.infos[info]
            guard local.isMutable, local.origin == .declaration, !local.changed, local.used, local.name != .none else { continue }
            if isShared(context.body.locals[info].type) || text(local.name).hasPrefix("_") { continue }
            reportUnchanged(local.name, local.span)
        }
    }

    /// W0503 for the module-level variables of all modules.
    func reportUnchangedGlobals() {
        if diagnostics.hasErrors { return }
        for (index, record) in globalRecords.enumerated() {
            guard record.isMutable, !record.changed, !isShared(program.globals[index].type) else { continue }
            let saved = enterContext(module: record.module)
            let n = context.tree[record.node]
            if n.kind == .declaration, context.tree[n.nodeA].kind == .bindingPattern, n.c != 0 {
                reportUnchanged(record.name, context.tree[n.nodeA].span)
            } else if n.kind == .staticDefinition {
                warning(
                    "W0503", "the static `\(text(record.name))` is never changed", n.span, label: "keeps its first value",
                    helps: ["declare it without `mut`"])
            }
            leaveContext(saved)
        }
    }

    private func reportUnchanged(_ name: NameID, _ span: SourceSpan) {
        warning(
            "W0503", "the variable `\(text(name))` is never changed", span, label: "keeps its first value",
            helps: ["declare it with `let`"])
    }

    /// Types whose values can change without an assignment to the variable, or that are not known.
    private func isShared(_ type: TypeID) -> Bool {
        switch kind(type) {
        case .array, .parameter, .variable, .error, .never, .function: true
        case .nilType, .bool, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .char, .str, .tuple, .option,
            .range, .structure:
            false
        }
    }

    // MARK: Names

    /// W0602 where the path of an import names both a module and an item of the module above it, if that is loaded.
    func warnIfClashing(_ path: ListID, _ target: Int, _ span: SourceSpan) {
        let count = context.tree.count(path)
        guard count > 1 else { return }
        if modulesByPath.isEmpty { for index in modules.indices { modulesByPath[modules[index].path] = index } }
        let full = modules[target].path
        let name = context.tree.name(path, count - 1)
        guard full.utf8.count > text(name).utf8.count + 1, full.hasSuffix("." + text(name)),
            let above = modulesByPath[String(full.dropLast(text(name).count + 1))], modules[above].definitions[name] != nil
        else { return }
        warning(
            "W0602", "`\(full)` is a module, and also an item of module `\(modules[above].path)`", span,
            label: "the module is taken", helps: ["rename one of them"])
    }

    /// W0603 for the types that a public function's signature mentions and that users of the module cannot name.
    func warnAboutPrivateTypes(in id: FunctionID) {
        let record = functionRecords[id.index]
        guard record.isPublic, !modules[record.module].isPrelude else { return }
        if let owner = record.owner, !structRecords[owner.index].isPublic { return }
        let n = context.tree[record.node]
        for parameter in context.tree.elements(ListID(rawValue: context.tree.raw(n.listB, 1))) {
            let p = context.tree[parameter]
            if p.b != 0 { warnAboutPrivateTypes(p.nodeB, "function `\(program.functions[id.index].name)`") }
        }
        let result = context.tree.element(n.listB, 2)
        if result.exists { warnAboutPrivateTypes(result, "function `\(program.functions[id.index].name)`") }
    }

    /// W0603 for the fields of a public struct.
    func warnAboutPrivateFieldTypes(of id: StructID) {
        let record = structRecords[id.index]
        guard record.isPublic else { return }
        for field in record.fieldNodes where !DefinitionFlags(rawValue: context.tree[field].flags).contains(.isPrivate) {
            warnAboutPrivateTypes(context.tree[field].nodeB, "struct `\(program.structs[id.index].name)`")
        }
    }

    private func warnAboutPrivateTypes(_ node: NodeID, _ item: String) {
        guard node.exists else { return }
        let n = context.tree[node]
        switch n.kind {
        case .typePath:
            let name = context.tree.name(n.listA, 0)
            if context.tree.count(n.listA) == 1, let definition = modules[context.module].definitions[name],
                definition.kind == .structure, !modules[context.module].publicNames.contains(name)
            {
                warning(
                    "W0603", "the public \(item) mentions the private type `\(text(name))`", n.span,
                    label: "other modules cannot name it", helps: ["mark the type `pub`"])
            }
            for argument in context.tree.elements(n.listB) { warnAboutPrivateTypes(argument, item) }
        case .typeTuple: for part in context.tree.elements(n.listA) { warnAboutPrivateTypes(part, item) }
        case .typeArray, .typeOption: warnAboutPrivateTypes(n.nodeA, item)
        default: break
        }
    }

    // MARK: Bounds

    /// Reports bounds that are no traits (E0201, E0208), in a list of generic parameters or `where` predicates.
    func checkBounds(_ list: ListID) {
        for node in context.tree.elements(list) {
            for bound in context.tree.elements(context.tree[node].listB) {
                let b = context.tree[bound]
                guard b.kind == .typePath else { continue }
                if context.tree.count(b.listA) > 1 {
                    if let (definition, name) = lookUpPath(b.listA, b.span) { reportNoTrait(definition, name, b.span) }
                    continue
                }
                let name = context.tree.name(b.listA, 0)
                if let definition = lookUpDefinition(name, b.span) {
                    reportNoTrait(definition, name, b.span)
                } else if known.typeNames[name] != nil {
                    error("E0208", "`\(text(name))` is a type, not a trait", b.span, label: "a bound names a trait")
                } else if !known.traits.contains(name), !isRepeated("E0201", name, b.span) {
                    error(
                        "E0201", "unknown trait `\(text(name))`", b.span, label: "not found in this scope",
                        helps: suggestion(text(name), KnownNames.traitNames))
                }
            }
        }
    }

    private func reportNoTrait(_ definition: Definition, _ name: NameID, _ span: SourceSpan) {
        if definition.kind == .broken { return }
        error("E0208", "`\(text(name))` is a \(word(definition.kind)), not a trait", span, label: "a bound names a trait")
    }
}

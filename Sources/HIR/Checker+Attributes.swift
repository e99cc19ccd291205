internal import Diagnostics
internal import Support
internal import Syntax

/// A part of a file in which an attribute says what becomes of a warning.
struct LintRegion {
    enum Level { case allow, warn, deny }
    var file: FileID
    var span: SourceSpan
    var code: String
    var level: Level
}

/// Attributes that concern the checker as a whole (LANGUAGE §2.10, §10.8): conditions, levels of warnings, and those that
/// are not supported yet. What a definition's users must know of it is read with the definition (`readAttributes`).
extension Checker {
    /// Attributes that the language knows (LANGUAGE §2.10).
    private static let attributes = [
        "inline", "noinline", "deprecated", "allow", "deny", "warn", "derive", "strong", "test", "link", "repr", "cfg",
        "must_use", "link_name",
    ]

    /// The warnings behind the names of `#[allow(…)]` (LANGUAGE §11); some stand for warnings that are never given.
    private static let lints: [(name: String, code: String)] = [
        ("unused_variable", "W0501"), ("dead_code", "W0304"), ("unused_import", "W0601"), ("deprecated", "W0302"),
        ("unreachable_pattern", "W0401"), ("non_exhaustive", "W0402"), ("wildcard_match", ""), ("primitive_api", ""),
    ]

    /// Traits of `#[derive(…)]` that every struct has anyway.
    private static let automaticTraits = ["Eq", "Clone", "Debug", "Display"]
    private static let laterTraits = ["Ord", "Hash", "Default"]

    /// Applies the attributes of module `index` and reports those that are wrong.
    func applyAttributes(_ index: Int) {
        let saved = enterContext(module: index)
        defer { leaveContext(saved) }
        let tree = context.tree
        for (node, list) in tree.attributes {
            let attributes = tree.elements(list).filter { tree[$0].kind == .attribute }
            if attributes.contains(where: { text(tree[$0].nameA) == "cfg" && !holds(tree[$0]) }) {
                // What is left out is as if it were not there: no attribute of it says anything.
                modules[index].tree.nodes[node.index].kind = .passStatement
                continue
            }
            for attribute in attributes { apply(tree[attribute], to: node) }
        }
    }

    private func apply(_ a: Node, to node: NodeID) {
        let tree = context.tree
        let name = text(a.nameA)
        let item = tree[node]
        switch name {
        case "allow", "warn", "deny":
            let level: LintRegion.Level = name == "allow" ? .allow : name == "deny" ? .deny : .warn
            for argument in tree.elements(a.listB) { setLevel(level, tree[argument], item.span) }
        case "derive": derive(a, item)
        case "test" where item.kind == .functionDefinition, "repr" where item.kind == .structDefinition:
            unsupported("`#[\(name)]` is", a.span)
        case "test", "repr":
            misplaced(name, name == "test" ? "functions" : "structs", a.span)
        case "strong" where item.kind != .enumDefinition: misplaced(name, "enums", a.span)
        case "link" where item.kind != .externDefinition, "link_name" where item.kind != .externDefinition:
            misplaced(name, "foreign functions", a.span)
        default:
            if !Checker.attributes.contains(name) {
                warning(
                    "W0701", "unknown attribute `\(name)`", a.span, label: "it has no effect",
                    helps: suggestion(name, Checker.attributes))
            }
        }
    }

    private func misplaced(_ name: String, _ place: String, _ span: SourceSpan) {
        error("E0707", "`#[\(name)]` belongs to \(place)", span, label: "has no meaning here")
    }

    /// `#[derive(…)]`. Classes and enums are refused as a whole.
    private func derive(_ a: Node, _ item: Node) {
        if item.kind == .classDefinition || item.kind == .enumDefinition { return }
        guard item.kind == .structDefinition else {
            return error("E0808", "`#[derive]` belongs to structs, classes and enums", a.span, label: "has no meaning here")
        }
        for argument in context.tree.elements(a.listB) {
            let n = context.tree[argument]
            let name = n.kind == .name ? text(n.nameA) : ""
            if Checker.automaticTraits.contains(name) { continue }
            if Checker.laterTraits.contains(name) {
                unsupported("`#[derive(\(name))]` is", n.span)
            } else {
                error(
                    "E0808", name.isEmpty ? "this is no trait that can be derived" : "`\(name)` cannot be derived", n.span,
                    helps: suggestion(name, Checker.automaticTraits + Checker.laterTraits))
            }
        }
    }

    // MARK: Levels of warnings

    private func setLevel(_ level: LintRegion.Level, _ argument: Node, _ span: SourceSpan) {
        let name = argument.kind == .name ? text(argument.nameA) : ""
        guard let lint = Checker.lints.first(where: { $0.name == name }) else {
            return warning(
                "W0701", "unknown warning `\(name)`", argument.span, label: "it has no effect",
                helps: suggestion(name, Checker.lints.map(\.name)))
        }
        lintLevels.append(LintRegion(file: context.file, span: span, code: lint.code, level: level))
    }

    /// What the innermost attribute around `span` says of warning `code`.
    func lintLevel(_ code: DiagnosticCode, _ span: SourceSpan) -> LintRegion.Level {
        var found: LintRegion?
        for region in lintLevels where region.file == context.file && region.code == code.text {
            guard region.span.start <= span.start, span.end <= region.span.end else { continue }
            if let found, found.span.end - found.span.start < region.span.end - region.span.start { continue }
            found = region
        }
        return found?.level ?? .warn
    }

    // MARK: Conditions

    /// Whether `#[cfg(…)]` holds for the target; what is malformed is reported and holds.
    private func holds(_ attribute: Node) -> Bool {
        let conditions = Array(context.tree.elements(attribute.listB))
        guard conditions.count == 1 else {
            error(
                "E0707", "`#[cfg]` takes one condition", attribute.span,
                helps: ["write `#[cfg(os = \"linux\")]`, or `all(…)` and `any(…)` of several conditions"])
            return true
        }
        return holds(conditions[0])
    }

    private func holds(_ node: NodeID) -> Bool {
        let tree = context.tree
        let n = tree[node]
        if n.kind == .namedArgument, tree[n.nodeB].kind == .stringLiteral {
            let wanted = String(decoding: tree.stringContents(tree[n.nodeB].a), as: UTF8.self)
            switch text(n.nameA) {
            case "os": return wanted == "linux"
            case "arch": return wanted == "x86_64"
            default: break
            }
        }
        if n.kind == .call, tree[n.nodeA].kind == .name {
            switch text(tree[n.nodeA].nameA) {
            // All parts are looked at, so that mistakes in any are found.
            case "all": return tree.elements(n.listB).map { holds($0) }.allSatisfy { $0 }
            case "any": return tree.elements(n.listB).map { holds($0) }.contains(true)
            default: break
            }
        }
        error(
            "E0707", "unknown condition", n.span, label: "not a condition of `#[cfg]`",
            helps: ["conditions are `os = \"…\"`, `arch = \"…\"`, and `all(…)` and `any(…)` of these"])
        return true
    }
}

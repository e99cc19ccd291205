package import Support

/// The tree as indented text, one node a line: stable, for case files and `--emit=ast`.
///
/// A line is `[role: ]kind [details]`; children stand below, indented by two blanks. Absent children leave no line.
package func printSyntax(_ tree: SyntaxTree, _ interner: borrowing Interner) -> String {
    var printer = SyntaxPrinter(tree: tree)
    printer.run(interner)
    return printer.text
}

/// What a slot of a node or record holds.
private enum Slot {
    case node(String)
    case list(String)
    case names
    case name
    case alias
    case string
    /// String + 1; 0: none.
    case optionalString(String)
    /// A record with these slots.
    case record([Slot])
    case unsigned
    case unused
}

private struct SyntaxPrinter {
    let tree: SyntaxTree
    var text = ""

    init(tree: SyntaxTree) { self.tree = tree }

    /// What is still to print, last first: a loop over it instead of recursion, as trees may be deep.
    private enum Work {
        case node(NodeID, role: String, depth: Int)
        case line(String)
    }
    private var work: [Work] = []

    mutating func run(_ interner: borrowing Interner) {
        work.append(.node(tree.root, role: "", depth: 0))
        while let next = work.popLast() {
            switch next {
            case .line(let line): text += line
            case .node(let id, let role, let depth): node(id, role: role, depth: depth, interner)
            }
        }
    }

    private mutating func node(_ id: NodeID, role: String, depth: Int, _ interner: borrowing Interner) {
        guard id.exists else { return }
        let node = tree[id]
        text += indent(depth)
        if !role.isEmpty { text += "\(role): " }
        text += "\(node.kind)"
        details(node, interner)
        text += "\n"
        let first = work.count
        if let attributes = tree.attributes[id] { list(attributes, role: "attribute", depth: depth + 1) }
        let (a, b, c) = slots(node.kind)
        children(a, node.a, depth + 1)
        children(b, node.b, depth + 1)
        children(c, node.c, depth + 1)
        if node.kind == .comparison { operators(node, depth + 1) }
        work[first...].reverse()
    }

    private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private mutating func list(_ list: ListID, role: String, depth: Int) {
        for i in 0..<tree.count(list) { work.append(.node(tree.element(list, i), role: role, depth: depth)) }
    }

    /// Schedules the children in a slot, which stand on lines of their own.
    private mutating func children(_ slot: Slot, _ value: UInt32, _ depth: Int) {
        switch slot {
        case .node(let role): work.append(.node(NodeID(rawValue: value), role: role, depth: depth))
        case .list(let role): list(ListID(rawValue: value), role: role, depth: depth)
        case .record(let slots):
            let record = ListID(rawValue: value)
            for i in 0..<min(tree.count(record), slots.count) { children(slots[i], tree.raw(record, i), depth) }
        case .optionalString(let role) where value != 0:
            work.append(.line("\(indent(depth))\(role): \(quoted(value - 1))\n"))
        case .names, .name, .alias, .string, .optionalString, .unsigned, .unused: break
        }
    }

    /// Prints names, literals and flags behind the kind.
    private mutating func details(_ node: Node, _ interner: borrowing Interner) {
        switch node.kind {
        case .intLiteral:
            text += " \(UInt64(node.b) << 32 | UInt64(node.a))"
            suffix(node, interner)
        case .floatLiteral:
            text += " \(Double(bitPattern: UInt64(node.b) << 32 | UInt64(node.a)))"
            suffix(node, interner)
        case .boolLiteral: text += node.flags == 1 ? " true" : " false"
        case .charLiteral: text += " U+" + hexadecimal(node.a, digits: 4)
        case .unary: flag(UnaryOperator(rawValue: node.flags))
        case .binary, .augmentedAssignment: flag(BinaryOperator(rawValue: node.flags))
        case .call: if node.flags == 1 { text += " command" }
        case .cast: if node.flags == 1 { text += " optional" }
        case .block: if node.flags == 1 { text += " inline" }
        case .rangePattern: if node.flags == 1 { text += " inclusive" }
        case .macroCall: if node.flags == 1 { text += " brackets" }
        case .pathPattern, .variant: if node.flags == 1 { text += " payload" }
        case .lambda:
            if node.flags & 1 != 0 { text += " move" }
            if node.flags & 2 != 0 { text += " fn" }
        case .member: if node.flags == 1 { text += " ::" }
        case .tupleMember: text += " \(node.b)"
        case .declaration:
            if node.flags & 1 != 0 { text += " mutable" }
            if node.flags & 2 != 0 { text += " pub" }
            if node.flags & 4 != 0 { text += " pub(crate)" }
            if node.flags & 8 != 0 { text += " pub(super)" }
        case .bindingPattern: if node.flags & 1 != 0 { text += " mut" }
        case .parameter:
            if node.flags & 1 != 0 { text += " mut" }
            if node.flags & 2 != 0 { text += " self" }
            if node.flags & 4 != 0 { text += " rest" }
        case .functionDefinition, .structDefinition, .classDefinition, .enumDefinition, .traitDefinition, .typeAlias,
            .field, .constDefinition, .staticDefinition, .externDefinition, .moduleDeclaration:
            definitionFlags(DefinitionFlags(rawValue: node.flags))
        case .importDeclaration: importFlags(ImportFlags(rawValue: node.flags))
        default: break
        }
        let (a, b, c) = slots(node.kind)
        inline(a, node.a, interner)
        inline(b, node.b, interner)
        inline(c, node.c, interner)
    }

    /// Prints what stands on the node's own line.
    private mutating func inline(_ slot: Slot, _ value: UInt32, _ interner: borrowing Interner) {
        switch slot {
        case .name: if value != 0 { text += " " + interner.string(NameID(rawValue: value)) }
        case .alias: if value != 0 { text += " as " + interner.string(NameID(rawValue: value)) }
        case .names:
            let list = ListID(rawValue: value)
            let names = (0..<tree.count(list)).map { interner.string(tree.name(list, $0)) }
            text += " " + names.joined(separator: ".")
        case .string: text += " " + quoted(value)
        case .record(let slots):
            let record = ListID(rawValue: value)
            for i in 0..<min(tree.count(record), slots.count) { inline(slots[i], tree.raw(record, i), interner) }
        default: break
        }
    }

    private mutating func flag(_ value: (some Any)?) { if let value { text += " \(value)" } }

    private mutating func suffix(_ node: Node, _ interner: borrowing Interner) {
        guard let suffix = NumericSuffix(rawValue: node.flags), suffix != .none else { return }
        text += suffix == .unit ? "_\(interner.string(node.nameC))" : "\(suffix)"
    }

    private mutating func definitionFlags(_ flags: DefinitionFlags) {
        if flags.contains(.isPublic) { text += " pub" }
        if flags.contains(.isCrate) { text += " pub(crate)" }
        if flags.contains(.isSuper) { text += " pub(super)" }
        if flags.contains(.isPrivate) { text += " private" }
        if flags.contains(.isMutable) { text += " mut" }
        if flags.contains(.isImmutable) { text += " immut" }
        if flags.contains(.isAsync) { text += " async" }
    }

    private mutating func importFlags(_ flags: ImportFlags) {
        if flags.contains(.isReexport) { text += " reexport" }
        if flags.contains(.isCommon) { text += " common" }
        if flags.contains(.isAuto) { text += " auto" }
        if flags.contains(.isPathSpelling) { text += " path" }
        if flags.contains(.isGlob) { text += " glob" }
    }

    private mutating func operators(_ node: Node, _ depth: Int) {
        let names = (0..<tree.count(node.listB)).map { i in
            ComparisonOperator(rawValue: UInt8(truncatingIfNeeded: tree.raw(node.listB, i))).map { "\($0)" } ?? "?"
        }
        work.append(.line("\(indent(depth))operators: \(names.joined(separator: " "))\n"))
    }

    /// String `id` in quotes, with everything that is not printable ASCII escaped.
    private func quoted(_ id: UInt32) -> String {
        var result = "\""
        for scalar in String(decoding: tree.stringContents(id), as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 32 || scalar.value == 127 {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    private func slots(_ kind: NodeKind) -> (Slot, Slot, Slot) {
        switch kind {
        case .module, .block: (.list(""), .unused, .unused)
        case .stringLiteral, .byteStringLiteral: (.string, .unused, .unused)
        case .interpolatedString: (.list(""), .unused, .unused)
        case .interpolation: (.node(""), .optionalString("format"), .unused)
        case .symbolLiteral, .name, .unsupported, .moduleDeclaration: (.name, .unused, .unused)
        case .tuple, .array, .dict, .set: (.list(""), .unused, .unused)
        case .arrayComprehension, .setComprehension: (.node("element"), .list(""), .unused)
        case .dictEntry: (.node("key"), .node("value"), .unused)
        case .dictComprehension: (.node("key"), .node("value"), .list(""))
        case .forClause: (.node("pattern"), .node("in"), .unused)
        case .ifClause, .spread, .doubleSpread, .recordBase, .tryOperator, .unary, .yieldExpression,
            .expressionStatement, .returnStatement, .loopStatement, .decorator, .typeDyn, .typeOption, .typeSet,
            .literalPattern:
            (.node(""), .unused, .unused)
        case .record: (.node("type"), .list(""), .unused)
        case .recordField, .namedArgument: (.name, .node(""), .unused)
        case .call: (.node("callee"), .list("argument"), .unused)
        case .index: (.node("base"), .node("index"), .unused)
        case .slice: (.node("base"), .record([.node("start"), .node("end"), .node("step")]), .unused)
        case .member: (.node(""), .name, .unused)
        case .tupleMember: (.node(""), .unsigned, .unused)
        case .binary: (.node(""), .node(""), .unused)
        case .comparison: (.list(""), .unused, .unused)
        case .cast: (.node(""), .node("to"), .unused)
        case .ifExpression: (.node("condition"), .node("then"), .node("else"))
        case .letCondition: (.node("pattern"), .node("value"), .unused)
        case .matchExpression: (.node("scrutinee"), .list(""), .unused)
        case .matchArm: (.node("pattern"), .node("guard"), .node("body"))
        case .lambda: (.list(""), .node("result"), .node("body"))
        case .macroCall: (.name, .list("argument"), .unused)
        case .declaration: (.node("pattern"), .node("type"), .node("value"))
        case .assignment, .augmentedAssignment: (.node("target"), .node("value"), .unused)
        case .updateStatement: (.node("place"), .list(""), .unused)
        case .updateCall: (.name, .list("argument"), .unused)
        case .breakStatement, .continueStatement: (.name, .unused, .unused)
        case .whileStatement: (.node("condition"), .node("body"), .unused)
        case .forStatement: (.node("pattern"), .node("in"), .node("body"))
        case .labeled: (.name, .node(""), .unused)
        case .withStatement: (.list(""), .node("body"), .unused)
        case .withItem: (.node("value"), .node("pattern"), .unused)
        case .functionDefinition:
            (
                .name,
                .record([
                    .list("generic"), .list(""), .node("result"), .list("where"), .node("body"), .optionalString("doc"),
                ]), .unused
            )
        case .parameter: (.name, .node("type"), .node("default"))
        case .genericParameter: (.name, .list("bound"), .unused)
        case .wherePredicate: (.node("type"), .list("bound"), .unused)
        case .structDefinition, .enumDefinition:
            (.name, .record([.list("generic"), .list("where"), .list(""), .optionalString("doc")]), .unused)
        case .classDefinition:
            (
                .name,
                .record([.list("generic"), .list("where"), .list(""), .optionalString("doc"), .node("base")]), .unused
            )
        case .field: (.name, .node("type"), .node("default"))
        case .variant: (.name, .list(""), .node("discriminant"))
        case .variantField: (.name, .node("type"), .unused)
        case .traitDefinition:
            (
                .name,
                .record([
                    .list("generic"), .list("supertrait"), .list("where"), .list(""), .optionalString("doc"),
                ]), .unused
            )
        case .associatedType: (.name, .list("bound"), .node("type"))
        case .implDefinition:
            (
                .record([.list("generic"), .node("type"), .node("for"), .list("where"), .list("")]), .unused, .unused
            )
        case .typeAlias: (.name, .record([.list("generic"), .node("type")]), .unused)
        case .constDefinition, .staticDefinition: (.name, .node("type"), .node("value"))
        case .externDefinition: (.node(""), .optionalString("abi"), .unused)
        case .importDeclaration: (.record([.names, .alias, .list("item")]), .unused, .unused)
        case .importItem: (.name, .alias, .unused)
        case .attribute: (.name, .list("argument"), .node("value"))
        case .typePath: (.names, .list(""), .unused)
        case .typeTuple, .typeUnion: (.list(""), .unused, .unused)
        case .typeArray: (.node(""), .node("length"), .unused)
        case .typeDict: (.node("key"), .node("value"), .unused)
        case .typeFunction: (.list(""), .node("result"), .unused)
        case .typeSelf: (.name, .unused, .unused)
        case .rangePattern: (.node(""), .node(""), .unused)
        case .bindingPattern: (.name, .node("type"), .unused)
        case .atPattern: (.name, .node(""), .unused)
        case .pathPattern, .recordPattern: (.names, .list(""), .unused)
        case .fieldPattern: (.name, .node(""), .unused)
        case .restPattern: (.name, .unused, .unused)
        case .tuplePattern, .arrayPattern, .orPattern: (.list(""), .unused, .unused)
        case .error, .intLiteral, .floatLiteral, .boolLiteral, .nilLiteral, .charLiteral, .selfValue, .selfType,
            .superValue, .underscore, .passStatement, .typeInfer, .wildcardPattern:
            (.unused, .unused, .unused)
        }
    }
}

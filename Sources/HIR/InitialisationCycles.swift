internal import Diagnostics
internal import Support
internal import Syntax

/// Statics of modules that import each other (LANGUAGE §9.5): those with constant first values are set before any
/// initialiser runs; other ones must not be needed to initialise another module of the cycle (E0602).
extension Checker {
    /// Finds the statics in cycles of modules whose first values are constants.
    func findConstantStatics() {
        var sizes = [Int](repeating: 0, count: modules.count)
        for group in moduleCycles { sizes[group] += 1 }
        for (index, record) in globalRecords.enumerated() where record.isEarly && record.valueNode.exists {
            if sizes[moduleCycles[record.module]] < 2 { continue }
            globalRecords[index].isConstantInitialised = inModule(record.module) { isConstantNode(record.valueNode, level: 0) }
        }
    }

    /// `true` iff `node` is a constant expression as far as syntax and names tell.
    private func isConstantNode(_ node: NodeID, level: Int) -> Bool {
        if level > 200 { return false }
        let tree = context.tree
        let n = tree[node]
        func all(_ list: ListID) -> Bool { tree.elements(list).allSatisfy { isConstantNode($0, level: level + 1) } }
        switch n.kind {
        case .intLiteral, .floatLiteral, .boolLiteral, .nilLiteral, .stringLiteral, .charLiteral: return true
        case .name: return n.nameA == known.none || lookUpDefinition(n.nameA)?.kind == .constant
        case .unary, .cast: return isConstantNode(n.nodeA, level: level + 1)
        case .binary: return isConstantNode(n.nodeA, level: level + 1) && isConstantNode(n.nodeB, level: level + 1)
        case .comparison, .tuple: return all(n.listA)
        default: return false
        }
    }

    /// Makes the function that gives the constant-initialised statics of module `index` their first values.
    func checkConstantStatics(_ index: Int) {
        let statics = globalRecords.indices.filter { globalRecords[$0].module == index && globalRecords[$0].isConstantInitialised }
        if statics.isEmpty { return }
        let saved = enterContext(module: index)
        defer { leaveContext(saved) }
        context.pendingFloor = pending.count
        context.isInitializer = true
        let id = addInitializer(FunctionInfo(name: "<constants>", module: ModuleID(index)))
        finishInitializer(id, statics.map { initializeGlobal($0, context.tree[globalRecords[$0].node]) })
        program.modules[index].constantInitializer = id
    }

    /// Refuses initialisers that need, through the functions they call, a static of another module in their cycle.
    func refuseInitialisationCycles() {
        for index in modules.indices {
            guard let initializer = program.modules[index].initializer, let body = program.functions[initializer.index].body,
                isInCycle(index)
            else { continue }
            for (i, statement) in initializerParts(body).enumerated() {
                // The root's `<top>` runs when everything is initialised; only its statics, first in it, are meant.
                if index == rootIndex, i >= rootStatics { break }
                guard let (call, needed) = firstNeed(body, statement, index) else { continue }
                let saved = enterContext(module: index)
                if reportedCycles.insert(moduleCycles[index]).inserted {
                    let record = globalRecords[needed]
                    error(
                        "E0602", "initialising this needs `\(text(record.name))` of module `\(modules[record.module].path)`, which imports this one",
                        callSpan(call.position, call.function, in: modules[index].tree),
                        label: "this call reads `\(text(record.name))`", notes: ["neither module can be initialised first"],
                        helps: ["make it a `const`, or compute it in a function"])
                }
                leaveContext(saved)
            }
        }
    }

    private func isInCycle(_ index: Int) -> Bool {
        moduleCycles.indices.contains { $0 != index && moduleCycles[$0] == moduleCycles[index] }
    }

    private func initializerParts(_ body: HIRBody) -> [ExprID] {
        let list = body[body.root].listB
        return (0..<body.count(list)).map { body.expr(list, $0) }
    }

    /// A call in the nodes of `statement` that leads to a read of a static of another module of the cycle of `module`.
    private func firstNeed(
        _ body: HIRBody, _ statement: ExprID, _ module: Int
    ) -> (call: (position: UInt32, function: FunctionID), needed: Int)? {
        // A statement's nodes lie between those of the statement before and itself.
        let range = body[statement].kind == .assign ? nodes(of: statement, in: body) : 0..<0
        for i in range where body.exprs[i].kind == .call {
            let callee = FunctionID(rawValue: body.exprs[i].a)
            if let needed = globalNeeded(by: callee, module) { return ((body.exprs[i].position, callee), needed) }
        }
        return nil
    }

    private func nodes(of statement: ExprID, in body: HIRBody) -> Range<Int> {
        var first = 0
        let list = body[body.root].listB
        for i in 0..<body.count(list) {
            let part = body.expr(list, i)
            if part == statement { break }
            first = part.index + 1
        }
        return first..<max(first, statement.index)
    }

    /// A static of another module of the cycle that `function` reads, itself or through what it calls.
    private func globalNeeded(by function: FunctionID, _ module: Int) -> Int? {
        var seen: Set<UInt32> = [function.rawValue]
        var work = [function]
        while let next = work.popLast() {
            guard let body = program.functions[next.index].body else { continue }
            for e in body.exprs {
                if e.kind == .global {
                    let record = globalRecords[Int(e.a)]
                    if record.isEarly, record.module != module, moduleCycles[record.module] == moduleCycles[module],
                        !record.isConstantInitialised
                    {
                        return Int(e.a)
                    }
                } else if e.kind == .call, seen.insert(e.a).inserted {
                    work.append(FunctionID(rawValue: e.a))
                }
            }
        }
        return nil
    }

    /// The span of the call of `function` that begins at `position`: the nodes of the checked program know beginnings only.
    func callSpan(_ position: UInt32, _ function: FunctionID, in tree: SyntaxTree) -> SourceSpan {
        let name = functionRecords[function.index].name
        var best: SourceSpan?
        for n in tree.nodes where n.kind == .call && n.span.start == position {
            let callee = tree[n.nodeA]
            let isNamed = callee.kind == .name && callee.nameA == name || callee.kind == .member && callee.nameB == name
            if isNamed, best.map({ n.span.end < $0.end }) ?? true { best = n.span }
        }
        return best ?? SourceSpan(start: position, end: position + 1)
    }
}

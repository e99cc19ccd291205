internal import Diagnostics
internal import Support
internal import Syntax

/// Structs that contain themselves (E0305), and generic functions that need ever larger instances (E0310).
extension Checker {
    // MARK: Structs

    /// What of another struct lies inside a field's value.
    private struct Containment {
        var structure: Int
        /// On the way there is an Option: the value could end.
        var throughOption: Bool
    }

    /// Refuses structs whose values would hold a value of the same struct, by depth-first search over the fields.
    ///
    /// The search keeps its own stack: chains of structs may be long.
    func refuseInfiniteStructs() {
        var state = [UInt8](repeating: 0, count: structRecords.count)
        for root in structRecords.indices where state[root] == 0 {
            var path: [(structure: Int, field: Int, inside: [Containment], next: Int)] = [(root, -1, [], 0)]
            state[root] = 1
            while let top = path.last {
                if top.next == top.inside.count {
                    let field = top.field + 1
                    if field == program.structs[top.structure].fieldTypes.count {
                        state[top.structure] = 2
                        path.removeLast()
                        continue
                    }
                    var inside: [Containment] = []
                    collectInside(program.structs[top.structure].fieldTypes[field], false, &inside, level: 0)
                    path[path.count - 1] = (top.structure, field, inside, 0)
                    continue
                }
                path[path.count - 1].next += 1
                let inner = top.inside[top.next].structure
                if state[inner] == 0 {
                    state[inner] = 1
                    path.append((inner, -1, [], 0))
                } else if state[inner] == 1, let start = path.firstIndex(where: { $0.structure == inner }) {
                    let option = path[start...].contains { $0.inside[$0.next - 1].throughOption }
                    reportInfiniteStruct(inner, path[start].field, option)
                    // The field is void now: go back to the struct that declares it.
                    for entry in path[(start + 1)...] { state[entry.structure] = 0 }
                    path.removeSubrange((start + 1)...)
                    path[start].next = path[start].inside.count
                }
            }
        }
    }

    private func reportInfiniteStruct(_ id: Int, _ field: Int, _ throughOption: Bool) {
        let record = structRecords[id]
        let saved = enterContext(module: record.module)
        defer { leaveContext(saved) }
        let name = program.structs[id].name
        let node = context.tree[record.fieldNodes[field]]
        let span = context.tree[node.nodeB].span
        if throughOption {
            unsupported("recursive Option fields are", span, helps: ["hold it in an array for now: `[\(name)]`, empty for none"])
        } else {
            error(
                "E0305", "struct `\(name)` contains itself", span, label: "this field makes it infinitely large",
                helps: ["hold it in an array: `[\(name)]`"])
        }
        program.structs[id].fieldTypes[field] = .error
    }

    /// The structs whose values lie inside a value of `type`.
    private func collectInside(_ type: TypeID, _ throughOption: Bool, _ result: inout [Containment], level: Int) {
        if level > 64 { return }
        switch program.types.kind(type) {
        case .structure:
            let id = Int(program.types.payload(type))
            result.append(Containment(structure: id, throughOption: throughOption))
            for i in 0..<program.types.count(type) where holdsParameter(id, i, options: true, level: 0) {
                let always = holdsParameter(id, i, options: false, level: 0)
                collectInside(program.types.argument(type, i), throughOption || !always, &result, level: level + 1)
            }
        case .option: collectInside(program.types.argument(type, 0), true, &result, level: level + 1)
        case .tuple:
            for i in 0..<program.types.count(type) {
                collectInside(program.types.argument(type, i), throughOption, &result, level: level + 1)
            }
        default: break
        }
    }

    /// `true` iff values of struct `id` hold a value of its type parameter `index` in place.
    ///
    /// - Parameter options: whether a value inside an Option counts.
    private func holdsParameter(_ id: Int, _ index: Int, options: Bool, level: Int) -> Bool {
        if level > 8 { return true }
        func holds(_ type: TypeID) -> Bool {
            switch program.types.kind(type) {
            case .parameter: return Int(program.types.payload(type)) == index
            case .structure:
                for i in 0..<program.types.count(type) where holds(program.types.argument(type, i)) {
                    if holdsParameter(Int(program.types.payload(type)), i, options: options, level: level + 1) { return true }
                }
                return false
            case .option: return options && holds(program.types.argument(type, 0))
            case .tuple:
                for i in 0..<program.types.count(type) where holds(program.types.argument(type, i)) { return true }
                return false
            default: return false
            }
        }
        return program.structs[id].fieldTypes.contains(where: holds)
    }

    // MARK: Instances

    /// Refuses generic functions whose instances need ever larger type arguments.
    ///
    /// Nodes are the type parameters of functions; a call passes a caller's parameter on to a callee's, as it is or
    /// inside a larger type. Instances are unbounded iff a cycle passes one on inside a larger type (ECMA-335, II.9.2).
    func refuseUnboundedInstances() {
        struct Edge {
            var target: Int
            var grows: Bool
            var function: Int
            var position: UInt32
        }
        var first = [Int](repeating: 0, count: program.functions.count + 1)
        for i in program.functions.indices { first[i + 1] = first[i] + program.functions[i].typeParameterCount }
        guard let count = first.last, count > 0 else { return }
        var edges = [[Edge]](repeating: [], count: count)
        var anyGrows = false
        for f in program.functions.indices where program.functions[f].typeParameterCount > 0 {
            guard let body = program.functions[f].body else { continue }
            for e in body.exprs where e.kind == .call {
                let callee = Int(e.a)
                for k in 0..<min(body.count(e.listC), program.functions[callee].typeParameterCount) {
                    let argument = TypeID(rawValue: body.raw(e.listC, k))
                    if !program.types.entries[argument.index].isGeneric { continue }
                    let grows = program.types.kind(argument) != .parameter
                    if grows { anyGrows = true }
                    forEachParameter(argument) { p in
                        guard p < program.functions[f].typeParameterCount else { return }
                        edges[first[f] + p].append(Edge(target: first[callee] + k, grows: grows, function: f, position: e.position))
                    }
                }
            }
        }
        if !anyGrows { return }
        // A growing edge lies on a cycle iff its source can be reached from its target.
        var reported: Set<Int> = []
        for source in edges.indices {
            for edge in edges[source] where edge.grows && !reported.contains(edge.function) {
                var seen: Set<Int> = [edge.target]
                var work = [edge.target]
                while let node = work.popLast() {
                    if node == source {
                        reported.insert(edge.function)
                        reportUnbounded(edge.function, edge.position)
                        break
                    }
                    for next in edges[node] where seen.insert(next.target).inserted { work.append(next.target) }
                }
            }
        }
    }

    private func forEachParameter(_ type: TypeID, _ body: (Int) -> Void) {
        let entry = program.types.entries[type.index]
        if !entry.isGeneric { return }
        if entry.kind == .parameter { return body(Int(entry.payload)) }
        for i in 0..<Int(entry.count) { forEachParameter(program.types.pool[Int(entry.start) + i], body) }
    }

    private func reportUnbounded(_ function: Int, _ position: UInt32) {
        let saved = enterContext(module: functionRecords[function].module)
        defer { leaveContext(saved) }
        error(
            "E0310", "`\(program.functions[function].name)` needs ever larger instances of itself",
            SourceSpan(start: position, end: position + 1), label: "each call needs one for a larger type",
            helps: ["pass a value of the same type on, or use a loop"])
    }
}

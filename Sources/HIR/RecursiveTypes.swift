internal import Diagnostics
internal import Support
internal import Syntax

/// Structs that mention themselves: that contain themselves (E0305), that need ever larger instances (E0310), whose
/// Options have to be boxed (`StructInfo.isRecursive`).
extension Checker {
    /// Looks at how structs contain each other; fields that had to be refused become void.
    func checkRecursiveStructs() {
        refuseGrowingStructs()
        refuseInfiniteStructs()
        markRecursiveStructs()
    }

    /// Refuses structs whose values would hold a value of the same struct other than in an Option or on the heap, by
    /// depth-first search over the fields.
    ///
    /// The search keeps its own stack: chains of structs may be long.
    private func refuseInfiniteStructs() {
        let held = heldParameters()
        var state = [UInt8](repeating: 0, count: structRecords.count)
        for root in structRecords.indices where state[root] == 0 {
            var path: [(structure: Int, field: Int, inside: [Int], next: Int)] = [(root, -1, [], 0)]
            state[root] = 1
            while let top = path.last {
                if top.next == top.inside.count {
                    let field = top.field + 1
                    if field == program.structs[top.structure].fieldTypes.count {
                        state[top.structure] = 2
                        path.removeLast()
                        continue
                    }
                    var inside: [Int] = []
                    collectInside(program.structs[top.structure].fieldTypes[field], held, &inside)
                    path[path.count - 1] = (top.structure, field, inside, 0)
                    continue
                }
                path[path.count - 1].next += 1
                let inner = top.inside[top.next]
                if state[inner] == 0 {
                    state[inner] = 1
                    path.append((inner, -1, [], 0))
                } else if state[inner] == 1, let start = path.firstIndex(where: { $0.structure == inner }) {
                    reportInfiniteStruct(inner, path[start].field, path[start...].map { $0.structure })
                    // The field is void now: go back to the struct that declares it.
                    for entry in path[(start + 1)...] { state[entry.structure] = 0 }
                    path.removeSubrange((start + 1)...)
                    path[start].next = path[start].inside.count
                }
            }
        }
    }

    private func reportInfiniteStruct(_ id: Int, _ field: Int, _ cycle: [Int]) {
        let record = structRecords[id]
        let saved = enterContext(module: record.module)
        defer { leaveContext(saved) }
        let name = program.structs[id].name
        let node = context.tree[record.fieldNodes[field]]
        let type = context.tree[node.nodeB].span
        let own = program.structs[id].fieldTypes[field]
        let help =
            program.types.kind(own) == .structure
            ? "make it optional: `\(program.typeName(own))?` is boxed automatically and may be None"
            : "hold it in an Option (`\(name)?`) or in an array (`[\(name)]`)"
        let way = cycle.count > 1 ? ", by way of " + cycle[1...].prefix(3).map { "`\(program.structs[$0].name)`" }.joined(separator: ", ") : ""
        error(
            "E0305", "struct `\(name)` contains itself\(way)", type, label: "this field makes it infinitely large", helps: [help])
        program.structs[id].fieldTypes[field] = .error
    }

    /// The structs whose values lie inside a value of `type`, those inside of Options left out.
    private func collectInside(_ type: TypeID, _ held: [[Bool]], _ result: inout [Int]) {
        switch program.types.kind(type) {
        case .structure:
            let id = Int(program.types.payload(type))
            result.append(id)
            for i in 0..<program.types.count(type) where i < held[id].count && held[id][i] {
                collectInside(program.types.argument(type, i), held, &result)
            }
        case .tuple:
            for i in 0..<program.types.count(type) { collectInside(program.types.argument(type, i), held, &result) }
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str,
            .array, .range, .option, .function, .parameter, .variable:
            break
        }
    }

    /// By struct and type parameter: a value of the struct holds a value of the parameter, not in an Option or on the
    /// heap. The least fixed point; sweeps go to and fro, so that chains in either order take few.
    private func heldParameters() -> [[Bool]] {
        var held = program.structs.map { [Bool](repeating: false, count: $0.typeParameterCount) }
        var generic = program.structs.indices.filter { program.structs[$0].typeParameterCount > 0 }
        func visit(_ type: TypeID, _ owner: Int, _ changed: inout Bool) {
            if !program.types.entries[type.index].isGeneric { return }
            switch program.types.kind(type) {
            case .parameter:
                let index = Int(program.types.payload(type))
                if index < held[owner].count, !held[owner][index] {
                    held[owner][index] = true
                    changed = true
                }
            case .structure:
                let id = Int(program.types.payload(type))
                for i in 0..<program.types.count(type) where i < held[id].count && held[id][i] {
                    visit(program.types.argument(type, i), owner, &changed)
                }
            case .tuple:
                for i in 0..<program.types.count(type) { visit(program.types.argument(type, i), owner, &changed) }
            case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64,
                .str, .array, .range, .option, .function, .variable:
                break
            }
        }
        var changed = true
        while changed {
            changed = false
            for id in generic {
                for type in program.structs[id].fieldTypes { visit(type, id, &changed) }
            }
            generic.reverse()
        }
        return held
    }

    /// Sets `StructInfo.isRecursive`: structs from which declarations that mention each other in a circle (arrays and
    /// functions, which are references, left out) can be reached. Only types made of these can hold themselves.
    private func markRecursiveStructs() {
        var state = [UInt8](repeating: 0, count: program.structs.count)
        for root in program.structs.indices where state[root] == 0 {
            var path: [(structure: Int, mentioned: [Int], next: Int)] = [(root, mentionedStructs(root), 0)]
            state[root] = 1
            while let top = path.last {
                if top.next == top.mentioned.count {
                    state[top.structure] = 2
                    path.removeLast()
                    if program.structs[top.structure].isRecursive, let above = path.last {
                        program.structs[above.structure].isRecursive = true
                    }
                    continue
                }
                path[path.count - 1].next += 1
                let inner = top.mentioned[top.next]
                if state[inner] == 0 {
                    state[inner] = 1
                    path.append((inner, mentionedStructs(inner), 0))
                } else if state[inner] == 1 || program.structs[inner].isRecursive {
                    program.structs[top.structure].isRecursive = true
                }
            }
        }
    }
    private func mentionedStructs(_ id: Int) -> [Int] {
        var result: [Int] = []
        func visit(_ type: TypeID) {
            switch program.types.kind(type) {
            case .array, .function: return
            case .structure: result.append(Int(program.types.payload(type)))
            case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64,
                .str, .tuple, .range, .option, .parameter, .variable:
                break
            }
            for i in 0..<program.types.count(type) { visit(program.types.argument(type, i)) }
        }
        for type in program.structs[id].fieldTypes { visit(type) }
        return result
    }

    /// Refuses generic structs whose fields need ever larger instances of the struct: no instance would be complete.
    private func refuseGrowingStructs() {
        var graph = InstanceGraph(parameterCounts: program.structs.map { $0.typeParameterCount })
        if graph.isEmpty { return }
        for id in program.structs.indices where program.structs[id].typeParameterCount > 0 {
            for (field, type) in program.structs[id].fieldTypes.enumerated() {
                addMentions(type, of: id, field, &graph)
            }
        }
        for edge in graph.growingCycles() {
            let record = structRecords[edge.owner]
            let saved = enterContext(module: record.module)
            let node = context.tree[record.fieldNodes[Int(edge.position)]]
            error(
                "E0310", "`\(program.structs[edge.owner].name)` needs ever larger instances of itself",
                context.tree[node.nodeB].span, label: "each instance needs one for a larger type",
                helps: ["pass the struct's own type parameters on as they are"])
            leaveContext(saved)
            program.structs[edge.owner].fieldTypes[Int(edge.position)] = .error
        }
    }
    private func addMentions(_ type: TypeID, of owner: Int, _ field: Int, _ graph: inout InstanceGraph) {
        let entry = program.types.entries[type.index]
        if !entry.isGeneric { return }
        for i in 0..<Int(entry.count) {
            let argument = program.types.pool[Int(entry.start) + i]
            addMentions(argument, of: owner, field, &graph)
            guard entry.kind == .structure, i < program.structs[Int(entry.payload)].typeParameterCount else { continue }
            let grows = program.types.kind(argument) != .parameter
            forEachParameter(argument) { parameter in
                graph.add(owner, parameter, to: Int(entry.payload), i, grows: grows, position: UInt32(field))
            }
        }
    }
}

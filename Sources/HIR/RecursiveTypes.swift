internal import Diagnostics
internal import Support
internal import Syntax

/// Structs that contain themselves (E0305).
extension Checker {
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
}

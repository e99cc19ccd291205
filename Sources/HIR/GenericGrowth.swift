internal import Diagnostics
internal import Support
internal import Syntax

/// Generic functions and structs that need ever larger instances of themselves (E0310).
///
/// Nodes of a graph are the type parameters of all functions, or of all structs; an edge says that an instance passes a
/// parameter on to another one, as it is or inside a larger type. Instances are unbounded iff a cycle passes one on
/// inside a larger type (ECMA-335, II.9.2). Calls of methods that are found only in instances are no edges of the graph:
/// where such calls pass on larger types, all instances are made on trial, down to a depth.
extension Checker {
    /// How deeply the type arguments of an instance may nest (LANGUAGE §5.2 (5)).
    static let maximumInstanceDepth = 128

    /// One use of a type parameter in the type arguments of another definition.
    private struct Edge {
        var target: Int
        var grows: Bool
        /// Index of the definition, and where in it the use stands.
        var owner: Int
        var place: Int
        var callee: Int
    }

    /// Refuses structs whose fields mention ever larger instances of them.
    func refuseGrowingStructs() {
        var first = [0]
        for info in program.structs { first.append(first[first.count - 1] + info.typeParameterCount) }
        guard let count = first.last, count > 0 else { return }
        var edges = [[Edge]](repeating: [], count: count)
        func collect(_ type: TypeID, _ owner: Int, _ field: Int, level: Int) {
            let entry = program.types.entries[type.index]
            if !entry.isGeneric || level > 64 { return }
            for i in 0..<Int(entry.count) {
                let argument = program.types.argument(type, i)
                if entry.kind == .structure {
                    let grows = program.types.kind(argument) != .parameter
                    forEachParameter(argument) { p in
                        guard p < program.structs[owner].typeParameterCount else { return }
                        edges[first[owner] + p].append(
                            Edge(target: first[Int(entry.payload)] + i, grows: grows, owner: owner, place: field, callee: 0))
                    }
                }
                collect(argument, owner, field, level: level + 1)
            }
        }
        for owner in program.structs.indices where program.structs[owner].typeParameterCount > 0 {
            for (field, type) in program.structs[owner].fieldTypes.enumerated() { collect(type, owner, field, level: 0) }
        }
        for edge in growingEdges(edges) {
            let record = structRecords[edge.owner]
            let saved = enterContext(module: record.module)
            error(
                "E0310", "struct `\(text(record.name))` needs ever larger instances of itself",
                context.tree[context.tree[record.fieldNodes[edge.place]].nodeB].span,
                label: "each instance needs one for a larger type",
                helps: ["use the struct's own type parameters, as they are, in the types of its fields"])
            leaveContext(saved)
            program.structs[edge.owner].fieldTypes[edge.place] = .error
        }
    }

    /// Refuses generic functions whose instances need ever larger type arguments.
    ///
    /// - Requires: `program.methodResolver` is set; there are no errors.
    func refuseUnboundedInstances() {
        var first = [Int](repeating: 0, count: program.functions.count + 1)
        for i in program.functions.indices { first[i + 1] = first[i] + program.functions[i].typeParameterCount }
        guard let count = first.last, count > 0 else { return }
        var edges = [[Edge]](repeating: [], count: count)
        var anyGrows = false
        var methodsGrow = false
        for f in program.functions.indices where program.functions[f].typeParameterCount > 0 {
            guard let body = program.functions[f].body else { continue }
            for e in body.exprs {
                if e.kind == .deferredMethod {
                    methodsGrow = methodsGrow || isGrowing(body[e.exprA].type)
                    for k in 0..<body.count(e.listB) where isGrowing(body[body.expr(e.listB, k)].type) { methodsGrow = true }
                    continue
                }
                guard e.kind == .call else { continue }
                let callee = Int(e.a)
                for k in 0..<min(body.count(e.listC), program.functions[callee].typeParameterCount) {
                    let argument = TypeID(rawValue: body.raw(e.listC, k))
                    if !program.types.entries[argument.index].isGeneric { continue }
                    let grows = program.types.kind(argument) != .parameter
                    if grows { anyGrows = true }
                    forEachParameter(argument) { p in
                        guard p < program.functions[f].typeParameterCount else { return }
                        edges[first[f] + p].append(
                            Edge(target: first[callee] + k, grows: grows, owner: f, place: Int(e.position), callee: callee))
                    }
                }
            }
        }
        if anyGrows {
            for edge in growingEdges(edges) {
                reportUnbounded(edge.owner, UInt32(truncatingIfNeeded: edge.place), FunctionID(edge.callee))
            }
        }
        if methodsGrow || anyGrows && hasDeferredMethods { tryInstances() }
    }

    /// Some generic function calls a method that is found only in its instances.
    private var hasDeferredMethods: Bool {
        program.functions.contains { $0.typeParameterCount > 0 && $0.body?.exprs.contains { $0.kind == .deferredMethod } == true }
    }

    private func isGrowing(_ type: TypeID) -> Bool {
        program.types.entries[type.index].isGeneric && program.types.kind(type) != .parameter
    }

    /// The growing edges that lie on a cycle (their source can be reached from their target), one for each definition.
    private func growingEdges(_ edges: [[Edge]]) -> [Edge] {
        var found: [Edge] = []
        var reported: Set<Int> = []
        for source in edges.indices {
            for edge in edges[source] where edge.grows && !reported.contains(edge.owner) {
                var seen: Set<Int> = [edge.target]
                var work = [edge.target]
                while let node = work.popLast() {
                    if node == source {
                        reported.insert(edge.owner)
                        found.append(edge)
                        break
                    }
                    for next in edges[node] where seen.insert(next.target).inserted { work.append(next.target) }
                }
            }
        }
        return found
    }

    // MARK: Instances on trial

    /// Makes all instances of generic functions that the program needs, as far as their type arguments go, and refuses
    /// the first one that nests too deeply. Depth first, so that a growing chain is found before its siblings.
    private func tryInstances() {
        struct Instance: Hashable {
            var function: Int
            var arguments: [TypeID]
        }
        var seen: Set<Instance> = []
        var work = program.functions.indices.filter { program.functions[$0].typeParameterCount == 0 }.map { Instance(function: $0, arguments: []) }
        while let instance = work.popLast() {
            guard let body = program.functions[instance.function].body else { continue }
            for e in body.exprs {
                var next: Instance
                switch e.kind {
                case .call:
                    var arguments: [TypeID] = []
                    for k in 0..<body.count(e.listC) { arguments.append(substituted(TypeID(rawValue: body.raw(e.listC, k)), instance.arguments)) }
                    if arguments.isEmpty { continue }
                    next = Instance(function: Int(e.a), arguments: arguments)
                case .deferredMethod:
                    var types: [TypeID] = []
                    for k in 0..<body.count(e.listB) { types.append(substituted(body[body.expr(e.listB, k)].type, instance.arguments)) }
                    let receiver = substituted(body[e.exprA].type, instance.arguments)
                    guard
                        case .function(let function, let arguments)? = program.resolveMethod(
                            receiver: receiver, name: NameID(rawValue: e.c), arguments: types,
                            result: substituted(e.type, instance.arguments))
                    else { continue }
                    next = Instance(function: function.index, arguments: arguments)
                default: continue
                }
                if !seen.insert(next).inserted { continue }
                if next.arguments.contains(where: { isDeeper($0, than: Checker.maximumInstanceDepth) }) {
                    return reportUnbounded(instance.function, e.position, FunctionID(next.function))
                }
                work.append(next)
            }
        }
    }

    /// `true` iff types nest more than `depth` times in `type`.
    private func isDeeper(_ type: TypeID, than depth: Int) -> Bool {
        if depth < 0 { return true }
        for i in 0..<program.types.count(type) where isDeeper(program.types.argument(type, i), than: depth - 1) { return true }
        return false
    }

    // MARK: Helpers

    private func forEachParameter(_ type: TypeID, _ body: (Int) -> Void) {
        let entry = program.types.entries[type.index]
        if !entry.isGeneric { return }
        if entry.kind == .parameter { return body(Int(entry.payload)) }
        for i in 0..<Int(entry.count) { forEachParameter(program.types.pool[Int(entry.start) + i], body) }
    }

    private func reportUnbounded(_ function: Int, _ position: UInt32, _ callee: FunctionID) {
        let saved = enterContext(module: functionRecords[function].module)
        defer { leaveContext(saved) }
        error(
            "E0310", "`\(program.functions[function].name)` needs ever larger instances of itself",
            callSpan(position, callee, in: context.tree), label: "each call needs one for a larger type",
            helps: ["pass a value of the same type on, or use a loop"])
    }
}

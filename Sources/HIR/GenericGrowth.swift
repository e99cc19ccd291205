internal import Diagnostics
internal import Support
internal import Syntax

/// Generic functions that need ever larger instances of themselves (E0310).
///
/// Their type parameters and those they are passed on to make an `InstanceGraph`. Calls of methods that are found only in instances are no edges of the graph:
/// where such calls pass on larger types, all instances are made on trial, down to a depth.
extension Checker {
    /// How deeply the type arguments of an instance may nest (LANGUAGE §5.2 (5)).
    static let maximumInstanceDepth = 128

    /// Refuses generic functions whose instances need ever larger type arguments.
    ///
    /// - Requires: `program.methodResolver` is set; there are no errors.
    func refuseUnboundedInstances() {
        var graph = InstanceGraph(parameterCounts: program.functions.map { $0.typeParameterCount })
        if graph.isEmpty { return }
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
                    forEachParameter(argument) { parameter in
                        graph.add(f, parameter, to: callee, k, grows: grows, position: e.position)
                    }
                }
            }
        }
        for edge in graph.growingCycles() { reportUnbounded(edge.owner, edge.position, FunctionID(edge.callee)) }
        if methodsGrow || graph.anyGrows && hasDeferredMethods { tryInstances() }
    }

    /// Some generic function calls a method that is found only in its instances.
    private var hasDeferredMethods: Bool {
        program.functions.contains { $0.typeParameterCount > 0 && $0.body?.exprs.contains { $0.kind == .deferredMethod } == true }
    }

    private func isGrowing(_ type: TypeID) -> Bool {
        program.types.entries[type.index].isGeneric && program.types.kind(type) != .parameter
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
                case .error, .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant,
                    .nilConstant, .noneConstant, .local, .global, .storeLocal, .assign, .compoundAssign, .bind,
                    .unary, .binary, .compare, .logicalAnd, .logicalOr, .coalesce, .contains, .makeSome, .cast,
                    .builtin, .deferredField, .makeTuple, .tupleElement, .makeStruct, .field, .makeArray, .spread,
                    .index, .slice, .sliceByRange, .makeRange, .interpolate, .format, .block, .if, .matches, .match,
                    .while, .loop, .for, .break, .continue, .return, .tryOption, .setExitValue:
                    continue
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

    /// Calls `body` with the index of each type parameter in `type`.
    func forEachParameter(_ type: TypeID, _ body: (Int) -> Void) {
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

/// Which type parameters of generic declarations are passed on to which, as they are or inside a larger type.
struct InstanceGraph {
    struct Edge {
        var target: Int
        var grows: Bool
        /// The declaration that it is passed to.
        var callee: Int
        /// The declaration that passes the parameter on, and where it does.
        var owner: Int
        var position: UInt32
    }
    /// Node of each declaration's first type parameter.
    private var first: [Int]
    private var edges: [[Edge]]
    private(set) var anyGrows = false

    init(parameterCounts: [Int]) {
        first = [0]
        for count in parameterCounts { first.append(first[first.count - 1] + count) }
        edges = [[Edge]](repeating: [], count: first[first.count - 1])
    }

    /// No declaration is generic.
    var isEmpty: Bool { edges.isEmpty }

    mutating func add(_ owner: Int, _ parameter: Int, to target: Int, _ index: Int, grows: Bool, position: UInt32) {
        guard first[owner] + parameter < first[owner + 1] else { return }
        if grows { anyGrows = true }
        edges[first[owner] + parameter].append(
            Edge(target: first[target] + index, grows: grows, callee: target, owner: owner, position: position))
    }

    /// The edges that make a parameter larger on a cycle, one per declaration: instances are unbounded iff there are
    /// any (ECMA-335, II.9.2). Such an edge lies on a cycle iff its source can be reached from its target.
    func growingCycles() -> [Edge] {
        if !anyGrows { return [] }
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
}

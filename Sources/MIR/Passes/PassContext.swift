internal import RuntimeABI
internal import Support

/// What a call may do, as far as passes care; one per symbol of the module.
struct CallEffects: OptionSet {
    let rawValue: UInt8
    /// No effect and no read of mutable memory.
    static let pure = CallEffects(rawValue: 1)
    /// May be removed if unused.
    static let removable = CallEffects(rawValue: 2)
    /// Writes array fields and elements.
    static let writesArrays = CallEffects(rawValue: 4)
    /// A function of the program: may write everything but `immutable`.
    static let writesAll = CallEffects(rawValue: 8)
    /// Returns a fresh array whose length is argument 2.
    static let makesArray = CallEffects(rawValue: 16)
    /// Returns an array or object, never 0.
    static let returnsObject = CallEffects(rawValue: 32)

    init(rawValue: UInt8) { self.rawValue = rawValue }
    init(_ kind: SymbolKind) {
        guard case .runtime(let function) = kind else {
            self = .writesAll
            return
        }
        let effects = function.entry.effects
        var result: CallEffects = []
        if effects.contains(.pure) { result.formUnion([.pure, .removable]) }
        if effects.contains(.readOnly) { result.insert(.removable) }
        if effects.contains(.writesArrays) { result.insert(.writesArrays) }
        switch function {
        case .arrayNew, .arrayFromData: result.formUnion([.makesArray, .returnsObject])
        case .allocate, .arraySlice, .arrayConcat, .arrayClone, .arguments, .stringSplit, .stringSplitWhitespace,
            .stringLines, .stringChars, .stringBytes:
            result.insert(.returnsObject)
        default: break
        }
        self = result
    }
}

/// What the passes share while they work on one module: facts about its symbols, and memory for side tables.
///
/// A class, since closures over a noncopyable struct of this size copy it back and forth (measured: 8 % of all passes).
final class PassContext {
    init() {}

    /// By symbol index.
    var effects = ScratchBuffer<CallEffects>()
    private var symbolCount = 0
    /// Describes the function at hand; passes that change blocks or edges invalidate it.
    var flow = FlowGraph()

    /// By value: what its uses should use instead, or 0 for itself.
    var forward = ScratchBuffer<UInt32>()
    /// By edge.
    var edgeFlags = ScratchBuffer<UInt8>()
    /// By block.
    var blockFlags = ScratchBuffer<UInt8>()
    /// By block or value, as the pass says.
    var words = ScratchBuffer<UInt32>()
    var moreWords = ScratchBuffer<UInt32>()
    /// By value; see `rotateLoops`.
    var joinValues = ScratchBuffer<UInt32>()
    /// The number of values when `rotateLoops` began.
    var headerValueLimit = 0
    /// By value.
    var valueFlags = ScratchBuffer<UInt8>()
    /// By loop.
    var loopFlags = ScratchBuffer<LoopFlags>()
    var preheaders = ScratchBuffer<UInt32>()
    var worklist = ScratchStack<UInt32>()
    var table = ValueTable()
    var memory = MemoryStates()
    var facts = ConstraintGraph()

    /// Reads the module's symbols.
    func prepare(symbols: ContiguousArray<Symbol>) {
        symbolCount = symbols.count
        effects.prepare(symbolCount)
        for i in 0..<symbolCount { effects[i] = CallEffects(symbols[i].kind) }
    }

    /// Makes `flow` describe `function` as far as `level`.
    @inline(__always)
    func updateFlow(_ function: inout MIRFunction, _ level: FlowGraph.Level) {
        if flow.level < level { function.withView { flow.update($0, level) } }
    }

    /// The value that stands for `value` after replacements.
    @inline(__always)
    func resolve(_ value: UInt32) -> UInt32 {
        var v = value
        while true {
            let next = forward[v]
            if next == 0 { return v }
            v = next
        }
    }

    /// Resolves the operands of `value`, those in edges included.
    @inline(__always)
    func resolveOperands(_ view: FunctionView, _ value: UInt32, _ shape: OperandFields) {
        if shape.contains(.a) { view[value].a = resolve(view[value].a) }
        if shape.contains(.b) { view[value].b = resolve(view[value].b) }
        if shape.contains(.c) { view[value].c = resolve(view[value].c) }
        if shape.rawValue >= OperandFields.list.rawValue { resolveLists(view, value, shape) }
    }
    private func resolveLists(_ view: FunctionView, _ value: UInt32, _ shape: OperandFields) {
        if shape.contains(.list) {
            let list = Int(view[value].b)
            for i in 0..<Int(view.pool[list]) { view.pool[list + 1 + i] = resolve(view.pool[list + 1 + i]) }
        }
        if shape.contains(.edges) {
            for s in 0..<view.successorCount(value) {
                let edge = view.edges[Int(view.successor(value, s))]
                for i in Int(edge.start)..<Int(edge.start + edge.count) { view.pool[i] = resolve(view.pool[i]) }
            }
        }
    }
}

internal import Diagnostics
internal import Support
internal import Syntax

/// Which local a name is bound to, valid only in the context that made it.
struct NameBinding {
    var context: UInt32
    /// Index in `BodyContext.infos`.
    var local: UInt32
}

/// How a local came to be.
enum LocalOrigin: UInt8 { case declaration, parameter, bare, pattern, loop, temporary }

/// What the checker knows of a local; parallel to `HIRBody.locals`.
struct LocalInfo {
    var name: NameID
    var span: SourceSpan
    var isMutable: Bool
    var origin: LocalOrigin
    var used = false
    /// Position among the locals whose initialisation is tracked, or -1.
    var tracked: Int32 = -1
    /// Its first value is a plain `nil`: a later value of type T makes it a `T?`.
    var startsNil = false
    /// Assigned again, or changed in place.
    var changed = false
    /// Loop nesting at the declaration.
    var loopDepth: Int32 = 0
}

/// Which tracked locals are surely (and possibly) assigned at a point, and whether control can get there.
struct FlowState: Equatable {
    var assigned: UInt64 = 0
    var maybeAssigned: UInt64 = 0
    /// Locals 64 and up.
    var assignedMore: [UInt64] = []
    var maybeMore: [UInt64] = []
    var unreachable = false

    func isAssigned(_ index: Int) -> Bool {
        if unreachable { return true }
        if index < 64 { return assigned & (1 << UInt64(index)) != 0 }
        let word = index / 64 - 1
        return word < assignedMore.count && assignedMore[word] & (1 << UInt64(index % 64)) != 0
    }
    func isMaybeAssigned(_ index: Int) -> Bool {
        if index < 64 { return maybeAssigned & (1 << UInt64(index)) != 0 }
        let word = index / 64 - 1
        return word < maybeMore.count && maybeMore[word] & (1 << UInt64(index % 64)) != 0
    }
    mutating func assign(_ index: Int) {
        if index < 64 {
            assigned |= 1 << UInt64(index)
            maybeAssigned |= 1 << UInt64(index)
            return
        }
        let word = index / 64 - 1
        while assignedMore.count <= word { assignedMore.append(0) }
        while maybeMore.count <= word { maybeMore.append(0) }
        assignedMore[word] |= 1 << UInt64(index % 64)
        maybeMore[word] |= 1 << UInt64(index % 64)
    }
    /// Notes what another path, which may have run before this point, assigned.
    mutating func mergeMaybe(_ other: FlowState) {
        if other.unreachable { return }
        maybeAssigned |= other.maybeAssigned
        while maybeMore.count < other.maybeMore.count { maybeMore.append(0) }
        for i in other.maybeMore.indices { maybeMore[i] |= other.maybeMore[i] }
    }
    /// The state where control may come from either of two places.
    static func join(_ a: FlowState, _ b: FlowState) -> FlowState {
        if b.unreachable { return a }
        if a.unreachable { return b }
        var result = a
        result.mergeMaybe(b)
        result.assigned &= b.assigned
        for i in result.assignedMore.indices {
            result.assignedMore[i] &= i < b.assignedMore.count ? b.assignedMore[i] : 0
        }
        return result
    }
}

/// A loop around the code being checked.
struct LoopRecord {
    var number: UInt32
    var label: NameID
    /// The join of the states at its `break`s; nil if there is none.
    var breakState: FlowState?
}

/// The state of checking one body. Saved and replaced when another function must be checked first.
struct BodyContext {
    var id: UInt32
    var module: Int
    var file: FileID
    var tree: SyntaxTree
    var body = HIRBody.empty
    var infos: ContiguousArray<LocalInfo> = []
    /// Undo log of `bindings`: (name, what it was bound to before).
    var undo: ContiguousArray<(NameID, NameBinding)> = []
    var function: FunctionID?
    /// Struct whose method this is.
    var owner: StructID?
    var selfType = TypeID.error
    var typeParameters: [TypeParameterRecord] = []
    /// Result type: declared, or a variable that `return`s join into.
    var resultType = TypeID.nilType
    var hasDeclaredResult = false
    /// Initialisers of statics: they run before the root's top-level statements.
    var isInitializer = false
    /// The root's top-level statements.
    var isTopLevel = false
    var flow = FlowState()
    var trackedCount: Int32 = 0
    var loops: [LoopRecord] = []
    /// Number literals whose type was open when they were met: checked for fit at the end.
    var openLiterals: ContiguousArray<(expr: ExprID, node: NodeID)> = []
    /// Operations on constants, in order: evaluated at the end, for E0312.
    var constantOperations: ContiguousArray<(expr: ExprID, span: SourceSpan)> = []
    /// Matches whose exhaustiveness waits for final types.
    var finalChecks: [MatchCheck] = []
    var silentErrors = 0
    /// Whether any type variable was made since the body began: otherwise no final walk is needed.
    var madeVariables = false
    /// Functions that bare assignments of this body must belong to: depth of blocks at function level.
    var blockDepth = 0
    /// Bare-assigned names, visible until the end of the body: what they were bound to before.
    var bareUndo: ContiguousArray<(NameID, NameBinding)> = []
    /// Where this body's constraints begin in `Checker.pending`.
    var pendingFloor = 0
    /// A value that was no `nil` was returned from a function without declared result.
    var returnedPlain = false
    /// `return` without a value, in a function without declared result: judged when the result is known.
    var bareReturns: [(expr: ExprID, span: SourceSpan)] = []
    /// The first value returned from a function without declared result.
    var firstReturn: SourceSpan?
    /// E0210 was reported.
    var reportedSelf = false
    /// How many errors there were when the body was begun.
    var errorsBefore = 0
    /// Stack of statement lists under construction.
    var scratch: ContiguousArray<UInt32> = []
    /// Arguments that defaults being checked may read, with the locals that stand for them.
    var defaultStores: [(ExprID, LocalID)] = []

    init(id: UInt32, module: Int, tree: SyntaxTree) {
        self.id = id
        self.module = module
        self.file = tree.file
        self.tree = tree
    }
}

/// A `match` whose exhaustiveness can only be judged when all types are known.
struct MatchCheck {
    /// The `match` node.
    var expr: ExprID
    var scrutinee: ExprID
    var span: SourceSpan
    /// Its syntax node if the value is wanted, else none.
    var node: NodeID
}

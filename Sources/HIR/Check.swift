// Stage: syntax trees -> checked program (Docs/hir.md).
//
// Input: all modules of a program, parsed, with their imports resolved to files (`CheckInput`).
// Output: `HIRProgram`: every name resolved, every expression typed, sugar removed. If errors were reported, the
// program must not be lowered.
//
// The order of work: collect the definitions of each module (Checker+Declarations), bind the imports, then check each
// function body once (Checker+Functions decides when: a function whose signature is not fully written is checked before
// its first use, in strongly connected components). Expressions are checked bidirectionally with unification
// (Checker+Unification); operations on types that are not known yet become constraints (Checker+Constraints).
// Start reading at `Checker.run`.

package import Diagnostics
internal import StandardLibrary
package import Support
package import Syntax

/// Checks a program.
///
/// All errors found are appended to `diagnostics`. The prelude's Simple part is parsed and added as a further module.
package func check(
    _ input: CheckInput, interner: inout Interner, diagnostics: inout DiagnosticList
) -> HIRProgram {
    withUnsafeMutablePointer(to: &interner) { interner in
        let checker = Checker(input, interner: interner, diagnostics: diagnostics)
        checker.run()
        diagnostics = checker.diagnostics
        return checker.program
    }
}

/// What a module-level name stands for.
struct Definition: Sendable {
    enum Kind: UInt8 {
        case function, structure, constant, global, alias, module
        /// Something that was reported; uses are silent.
        case broken
    }
    var kind: Kind
    /// Index into the table of its kind (`FunctionID`, `StructID`, `constants`, `globals`, `aliases`, modules).
    var index: Int
}

/// A small hash map from names, faster than `Dictionary` for the checker's look-ups.
struct NameMap<Value: Sendable>: Sendable {
    private var keys: ContiguousArray<UInt32> = []
    private(set) var values: ContiguousArray<Value> = []
    private(set) var names: ContiguousArray<NameID> = []

    var count: Int { values.count }

    subscript(name: NameID) -> Value? {
        if keys.isEmpty { return nil }
        let mask = keys.count - 1
        var slot = Int(name.rawValue &* 0x9E37_79B1 >> 7) & mask
        while keys[slot] != 0 {
            let index = Int(keys[slot]) - 1
            if names[index] == name { return values[index] }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Adds or replaces the value of `name`.
    mutating func set(_ name: NameID, _ value: Value) {
        if (values.count + 1) * 2 > keys.count { rehash(max(16, keys.count * 2)) }
        let mask = keys.count - 1
        var slot = Int(name.rawValue &* 0x9E37_79B1 >> 7) & mask
        while keys[slot] != 0 {
            let index = Int(keys[slot]) - 1
            if names[index] == name {
                values[index] = value
                return
            }
            slot = (slot + 1) & mask
        }
        names.append(name)
        values.append(value)
        keys[slot] = UInt32(values.count)
    }

    private mutating func rehash(_ size: Int) {
        keys = ContiguousArray(repeating: 0, count: size)
        for (index, name) in names.enumerated() {
            var slot = Int(name.rawValue &* 0x9E37_79B1 >> 7) & (size - 1)
            while keys[slot] != 0 { slot = (slot + 1) & (size - 1) }
            keys[slot] = UInt32(index + 1)
        }
    }
}

/// An import that binds a name, for W0601 and look-up.
struct ImportBinding {
    var target: ImportTarget
    var node: NodeID
    var span: SourceSpan
    var used = false
    var isReexport: Bool
}

/// What the checker knows of one module.
struct ModuleState {
    var path: String
    var tree: SyntaxTree
    var file: FileID
    var targets: [NodeID: ImportTarget]
    var definitions = NameMap<Definition>()
    /// Visible from other modules.
    var publicNames = IndexMap<Void>()
    /// Named imports: index into `imports`.
    var importNames = NameMap<Int>()
    var imports: [ImportBinding] = []
    /// Modules imported with `*`.
    var globs: [Int] = []
    /// Those among them whose names this module exports in turn.
    var exportedGlobs: [Int] = []
    /// Some initialiser of a static calls functions of the program.
    var initialisersCall = false
    /// Modules this one imports, in source order (for the order of initialisation).
    var dependencies: [Int] = []
    var isPrelude = false
}

/// Names that functions of the root mention and do not declare: top-level variables among them must live in memory.
struct MentionedNames {
    private static let mentioned: UInt32 = 1 << 31
    /// By `NameID`: number of the last function that declares the name, and whether one mentions it.
    private var entries: ContiguousArray<UInt32>
    /// By `NameID`: the node from which on the last function that declares the name means its own.
    private var starts: ContiguousArray<UInt32>
    private var function: UInt32 = 0

    /// - Parameter nameCount: how many names there are; all that are added lie below.
    init(nameCount: Int) {
        entries = ContiguousArray(repeating: 0, count: nameCount)
        starts = entries
    }

    /// Begins a function, whose own names are added before those it mentions.
    mutating func begin() { function += 1 }
    /// The function declares `name` at node `index`; its first declaration counts.
    mutating func addOwn(_ name: NameID, at index: Int) {
        if entries[name.index] & ~MentionedNames.mentioned == function { return }
        entries[name.index] = entries[name.index] & MentionedNames.mentioned | function
        starts[name.index] = UInt32(truncatingIfNeeded: index)
    }
    /// The name declared at node `index` can be used from node `other` on only.
    mutating func moveOwn(_ name: NameID, from index: Int, to other: Int) {
        if starts[name.index] == UInt32(truncatingIfNeeded: index) { starts[name.index] = UInt32(truncatingIfNeeded: other) }
    }
    /// The function mentions `name` at node `index`.
    mutating func add(_ name: NameID, at index: Int) {
        if entries[name.index] & ~MentionedNames.mentioned != function || starts[name.index] > UInt32(truncatingIfNeeded: index) {
            entries[name.index] |= MentionedNames.mentioned
        }
    }
    func contains(_ name: NameID) -> Bool {
        name.index < entries.count && entries[name.index] & MentionedNames.mentioned != 0
    }
}

/// How far a function's signature and body are.
enum FunctionState: UInt8 { case unchecked, inProgress, done }

/// A function or method definition while checking; parallel to `program.functions`.
struct FunctionRecord {
    var node: NodeID
    var module: Int
    var name: NameID
    var nameSpan: SourceSpan
    /// The struct that a method belongs to.
    var owner: StructID?
    var isStatic = true
    /// A method whose `self` parameter was forgotten: its body mentions `self` (E0210); calls on values are silent.
    var lacksSelf = false
    var parameters: [ParameterRecord] = []
    /// All types written: callable without checking the body.
    var isAnnotated = false
    var hasResultAnnotation = false
    var signatureReady = false
    var state = FunctionState.unchecked
    /// Names of explicit type parameters (those of the struct first), with bounds.
    var typeParameters: [TypeParameterRecord] = []
    /// Literal class of each type parameter (0 any, 1 number, 2 float); parallel to the type parameters.
    var parameterClasses: [UInt8] = []
    /// What instances must satisfy.
    var constraints: [Constraint] = []
    /// Tarjan's indices for the components of functions under inference.
    var order = 0
    var low = 0
    var isPublic = false
    var isPrivate = false
    var marks = Checker.ItemMarks()
}

struct TypeParameterRecord {
    var name: NameID
    var bounds: [NameID]
}

struct ParameterRecord {
    var name: NameID
    var node: NodeID
    var type: TypeID
    var defaultNode: NodeID
    var isRest = false
    var isMutable = false
    var isSelf = false
}

/// A struct while checking; parallel to `program.structs`.
struct StructRecord {
    var node: NodeID
    var module: Int
    var name: NameID
    var isMutable: Bool
    var typeParameters: [TypeParameterRecord]
    var fieldsReady = false
    var fieldNodes: [NodeID] = []
    var privateFields = false
    var methods = NameMap<FunctionID>()
    var isPublic: Bool
    var marks = Checker.ItemMarks()
}

struct ConstantRecord {
    var node: NodeID
    var module: Int
    var name: NameID
    var value: ConstantValue?
    var type = TypeID.error
    var inProgress = false
    var marks = Checker.ItemMarks()
}

/// A module-level variable; parallel to `program.globals`.
struct GlobalRecord {
    var node: NodeID
    var module: Int
    var name: NameID
    var isMutable: Bool
    var isStatic: Bool
    var typeReady = false
    var inProgress = false
    /// A static, or a `let` of an imported module: initialised before the root's first statement.
    var isEarly: Bool
    var position: UInt32
    /// The expression that determines its type, if it has no annotation.
    var valueNode: NodeID
    var typeNode: NodeID
    /// Its declaration was checked: assignments from now on are further ones.
    var declared = false
    /// Assigned again, or changed in place, somewhere.
    var changed = false
    /// Its first value is a plain `nil`: a later value of type T makes it a `T?`.
    var startsNil = false
    /// Its module is in a cycle of imports and its first value a constant: set before all initialisers run.
    var isConstantInitialised = false
}

struct AliasRecord {
    var node: NodeID
    var module: Int
    var inProgress = false
    var type: TypeID?
}

extension Label {
    /// File and start in one number.
    var place: UInt64 { UInt64(file.rawValue) << 32 | UInt64(span.start) }
}

/// What makes two reports the same mistake.
struct Mistake: Hashable {
    var code: DiagnosticCode
    var name: NameID
    /// Whose member the name was meant to be, or `error`.
    var type: TypeID
    var file: FileID
}

/// The state of checking one program. See the head of Check.swift for the order of work.
final class Checker {
    var program = HIRProgram()
    var diagnostics: DiagnosticList
    let interner: UnsafeMutablePointer<Interner>
    let rootIndex: Int

    var modules: [ModuleState] = []
    var functionRecords: ContiguousArray<FunctionRecord> = []
    var structRecords: ContiguousArray<StructRecord> = []
    var constants: [ConstantRecord] = []
    var globalRecords: [GlobalRecord] = []
    var aliases: [AliasRecord] = []

    var variables: ContiguousArray<TypeVariable> = []
    /// Constraints of the component under inference that are not solved yet.
    var pending: [Constraint] = []

    /// The body being checked.
    var context = BodyContext(id: 0, module: 0, tree: SyntaxTree(file: FileID(rawValue: 0)))
    /// The binding of each name in the innermost scope, by `NameID`.
    var bindings: ContiguousArray<NameBinding>
    var contextCounter: UInt32 = 0
    var mentions: MentionedNames

    /// Functions whose signature is being inferred, outermost first (Tarjan's stack).
    var componentStack: [FunctionID] = []
    var orderCounter = 0
    /// Suppresses diagnostics while > 0 (trial checks of initialisers).
    var silenced = 0
    /// A unification since the flag was last cleared failed because a type would contain itself.
    var foundInfiniteType = false
    /// Where attributes change what becomes of warnings.
    var lintLevels: [LintRegion] = []
    /// Values of operations on constants in the present body, while they are evaluated.
    var knownConstants: [ExprID: ConstantValue] = [:]
    /// Links of the `if` chains being checked.
    var ifLinks: ContiguousArray<IfLink> = []
    /// Nesting of `infer`, to refuse absurd depth instead of overflowing the stack.
    var depth = 0

    /// Functions of the prelude that are called and whose bodies are still to be checked.
    var neededPrelude: [FunctionID] = []
    /// Mistakes that are reported once for a module: index of the diagnostic, all places.
    var repeatedMistakes: [Mistake: (index: Int, places: [SourceSpan])] = [:]
    /// Positions at which an ambiguous name was reported.
    var reportedAmbiguities: Set<UInt64> = []
    /// Bodies mention module-level variables whose types are not known yet: `settleGlobals` must visit them.
    var openGlobalsRemain = false
    /// Groups of modules whose initialisation cycle was reported.
    var reportedCycles: Set<Int> = []
    /// For each module: a number that modules importing each other share.
    var moduleCycles: [Int] = []
    /// Globals that the root's top-level code (or the initialiser being checked) has surely assigned by now.
    var assignedAtTopLevel: Set<Int> = []
    /// Bodies of functions under inference.
    var unfinished: [FunctionID: SavedBody] = [:]
    /// How many statements at the beginning of `<top>` initialise statics.
    var rootStatics = 0
    /// Index of each module by its path; filled when first needed.
    var modulesByPath: [String: Int] = [:]

    let known: KnownNames
    let methods: BuiltinMethods

    init(_ input: CheckInput, interner: UnsafeMutablePointer<Interner>, diagnostics: DiagnosticList) {
        self.interner = interner
        self.diagnostics = diagnostics
        rootIndex = input.root
        program.sources = input.sources
        for module in input.modules {
            modules.append(
                ModuleState(path: module.path, tree: module.tree, file: module.tree.file, targets: module.imports))
        }
        var preludeDiagnostics = DiagnosticList()
        let source = SourceFile(path: "std/prelude.simple", bytes: StandardLibrary.prelude)
        let file = program.sources.add(source)
        let tree = parse(source, file: file, interner: &interner.pointee, diagnostics: &preludeDiagnostics)
        precondition(!preludeDiagnostics.hasErrors, "the prelude must parse")
        var prelude = ModuleState(path: "std.prelude", tree: tree, file: file, targets: [:])
        prelude.isPrelude = true
        modules.append(prelude)
        known = KnownNames(&interner.pointee)
        methods = BuiltinMethods(&interner.pointee)
        mentions = MentionedNames(nameCount: interner.pointee.count)
        bindings = ContiguousArray(repeating: NameBinding(context: 0, local: 0), count: interner.pointee.count + 16)
    }

    var preludeIndex: Int { modules.count - 1 }

    /// Checks everything.
    func run() {
        for index in modules.indices {
            var info = ModuleInfo(path: modules[index].path, file: modules[index].file)
            info.isLibrary = modules[index].isPrelude
            program.modules.append(info)
        }
        program.root = ModuleID(rootIndex)
        for index in modules.indices where !modules[index].tree.attributes.isEmpty { applyAttributes(index) }
        for index in modules.indices { collectDefinitions(index) }
        for index in modules.indices { bindImports(index) }
        for index in modules.indices { verifyImports(index) }
        for id in structRecords.indices { prepareFields(StructID(id)) }
        checkRecursiveStructs()
        for index in constants.indices { _ = constantValue(index) }
        orderModules()
        findConstantStatics()
        for id in functionRecords.indices where !modules[functionRecords[id].module].isPrelude {
            prepareSignature(FunctionID(id))
        }
        for id in functionsCalleesFirst() where !functionRecords[id.index].isAnnotated {
            if !modules[functionRecords[id.index].module].isPrelude { checkFunction(id) }
        }
        for index in modules.indices where index != preludeIndex { checkConstantStatics(index) }
        for index in modules.indices where index != preludeIndex && index != rootIndex { checkInitializer(index) }
        checkTopLevel()
        var id = 0
        while id < functionRecords.count {
            if !modules[functionRecords[id].module].isPrelude { checkFunction(FunctionID(id)) }
            id += 1
        }
        while let needed = neededPrelude.popLast() { checkFunction(needed) }
        checkFieldDefaults()
        settleGlobals()
        refuseInitialisationCycles()
        program.methodResolver = makeMethodResolver()
        if !diagnostics.hasErrors { refuseUnboundedInstances() }
        checkMainSignature()
        reportUnusedImports()
        reportUnchangedGlobals()
        noteRepetitions()
        for (id, name) in usedNames { program.names[id] = name }
        program.hasExports = rootHasExports()
        for index in modules.indices where index != preludeIndex {
            program.modules[index].imports = modules[index].dependencies.map { ModuleID($0) }
            if !diagnostics.hasErrors { program.modules[index].interface = interfaceText(of: index) }
        }
    }

    /// Text of the field names, for display forms.
    var usedNames: [(NameID, String)] {
        var result: [(NameID, String)] = []
        for info in program.structs { for name in info.fieldNames { result.append((name, text(name))) } }
        return result
    }

    // MARK: Diagnostics

    /// The text of a name.
    func text(_ name: NameID) -> String { interner.pointee.string(name) }

    func label(_ span: SourceSpan, _ message: String = "") -> Label {
        Label(file: context.file, span: span, message: message)
    }

    func error(
        _ code: DiagnosticCode, _ message: String, _ span: SourceSpan, label text: String = "",
        secondary: [Label] = [], notes: [String] = [], helps: [String] = []
    ) {
        if silenced > 0 {
            context.silentErrors += 1
            return
        }
        diagnostics.error(
            code, message, at: label(span, text), secondary: secondary, notes: notes, helps: helps)
    }

    func warning(
        _ code: DiagnosticCode, _ message: String, _ span: SourceSpan, label text: String = "", helps: [String] = []
    ) {
        if silenced > 0 || modules[context.module].isPrelude { return }
        switch lintLevels.isEmpty ? .warn : lintLevel(code, span) {
        case .allow: return
        case .deny: return diagnostics.error(code, message, at: label(span, text), helps: helps)
        case .warn: break
        }
        diagnostics.warning(code, message, at: label(span, text), helps: helps)
    }

    /// Reports a construct that this compiler does not support yet.
    func unsupported(_ what: String, _ span: SourceSpan, helps: [String] = []) {
        error("E0901", "\(what) not supported by this compiler yet", span, label: "not supported yet", helps: helps)
    }
}

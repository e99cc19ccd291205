public import Support

/// A function of the program (methods, module initialisers and `<top>` included).
public struct FunctionID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A module-level variable that lives in memory.
public struct GlobalID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A module of the program.
public struct ModuleID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A local variable or parameter of one body.
public struct LocalID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A node of one body. 0 means "none".
public struct ExprID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let none = ExprID(rawValue: 0)
    @inlinable public var exists: Bool { rawValue != 0 }
}
/// A pattern of one body. 0 means "none".
public struct PatternID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let none = PatternID(rawValue: 0)
    @inlinable public var exists: Bool { rawValue != 0 }
}
/// A list in a body's pool (count, then elements). 0 is the empty list.
public struct HIRList: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let empty = HIRList(rawValue: 0)
}

/// A struct and its fields.
public struct StructInfo: Sendable {
    public var name: String
    public var module: ModuleID
    public var typeParameterCount: Int
    public var fieldNames: [NameID]
    /// Field types; `parameter(i)` means type argument i of the struct.
    public var fieldTypes: [TypeID]
    /// Declarations that mention each other in a circle can be reached from the fields: only Options whose payload
    /// mentions such structs can contain themselves.
    public var isRecursive = false
    public init(
        name: String, module: ModuleID, typeParameterCount: Int, fieldNames: [NameID], fieldTypes: [TypeID]
    ) {
        self.name = name
        self.module = module
        self.typeParameterCount = typeParameterCount
        self.fieldNames = fieldNames
        self.fieldTypes = fieldTypes
    }
}

/// A function after checking.
public struct FunctionInfo: Sendable {
    /// Name in link names and diagnostics, without the module: `area`, `Point.length`, `<top>`.
    public var name: String
    public var module: ModuleID
    /// Types of the parameters (`self` first); they are the first locals of the body, in order.
    public var parameterTypes: [TypeID]
    public var resultType: TypeID
    /// How many type parameters (explicit, implicit, and those of the struct of a method); 0: not generic.
    public var typeParameterCount: Int
    /// The first parameter is `mut self`: the function returns its result and then the final value of `self`.
    public var mutatesSelf: Bool
    /// A function of a module that others may call: `pub`, and no method.
    public var isPublic = false
    /// `#[inline]` 1, `#[noinline]` 2.
    public var inlineHint: UInt8
    /// `nil` if checking the body failed.
    public var body: HIRBody?
    public init(
        name: String, module: ModuleID, parameterTypes: [TypeID] = [], resultType: TypeID = .nilType,
        typeParameterCount: Int = 0, mutatesSelf: Bool = false, inlineHint: UInt8 = 0, body: HIRBody? = nil
    ) {
        self.name = name
        self.module = module
        self.parameterTypes = parameterTypes
        self.resultType = resultType
        self.typeParameterCount = typeParameterCount
        self.mutatesSelf = mutatesSelf
        self.inlineHint = inlineHint
        self.body = body
    }
}

/// A module-level variable.
public struct GlobalInfo: Sendable {
    public var name: String
    public var module: ModuleID
    public var type: TypeID
    /// Reads carry `HIRExpr.checkInitialised`: the global needs a flag that says whether it has been assigned (P014).
    public var needsFlag: Bool
    public init(name: String, module: ModuleID, type: TypeID, needsFlag: Bool) {
        self.name = name
        self.module = module
        self.type = type
        self.needsFlag = needsFlag
    }
}

/// A source module.
public struct ModuleInfo: Sendable {
    /// Dotted path: `main`, `models.user`.
    public var path: String
    public var file: FileID
    /// Runs the module's static initialisers (the root: its top-level statements, `<top>`); absent if there is nothing to run.
    public var initializer: FunctionID?
    /// Sets the statics with constant first values of a module in a cycle of imports; all run before any `initializer`.
    public var constantInitializer: FunctionID?
    /// The functions that belong to the module, generic ones included, in source order.
    public var functions: [FunctionID]
    public var globals: [GlobalID]
    /// Part of the compiler: its functions show in no backtrace, so that users see their own call instead.
    public var isLibrary = false
    /// The modules that it imports, in source order.
    public var imports: [ModuleID] = []
    /// What importers can rely on, as text (Interface.swift); empty in a program with errors.
    public var interface: [UInt8] = []
    public init(path: String, file: FileID) {
        self.path = path
        self.file = file
        functions = []
        globals = []
    }
}

/// A value with more parts than lowering can take apart.
public struct OversizedValue: Sendable {
    public var type: TypeID
    public var file: FileID
    /// Byte offset of an expression of this type, or of the code that needs it.
    public var position: UInt32
    public init(type: TypeID, file: FileID, position: UInt32) {
        self.type = type
        self.file = file
        self.position = position
    }
}

/// A checked program: what lowering reads.
public struct HIRProgram: Sendable {
    public var types = TypeTable()
    public var structs: ContiguousArray<StructInfo> = []
    public var functions: ContiguousArray<FunctionInfo> = []
    public var globals: ContiguousArray<GlobalInfo> = []
    public var modules: ContiguousArray<ModuleInfo> = []
    /// The module given to the driver.
    public var root = ModuleID(rawValue: 0)
    /// All modules in the order of their initialisation (dependencies first; the root last).
    public var initializationOrder: [ModuleID] = []
    /// `fn main` of the root.
    public var main: FunctionID?
    /// Text of field names and the like.
    public var names: [NameID: String] = [:]
    /// String constants: `string(id)` of `stringConstant` nodes.
    public var stringBytes: ContiguousArray<UInt8> = []
    public var stringStarts: ContiguousArray<UInt32> = [0]
    public var sources = SourceMap()
    /// Finds methods for `resolveMethod`; set by the checker.
    package var methodResolver: MethodResolver?
    /// Set by lowering, the first it meets: only there the types of all instances are known. The MIR is worth nothing then.
    public var oversizedValue: OversizedValue?

    public init() {}

    /// Adds a string constant; returns its id.
    public mutating func addString(_ bytes: some Sequence<UInt8>) -> UInt32 {
        stringBytes.append(contentsOf: bytes)
        stringStarts.append(UInt32(stringBytes.count))
        return UInt32(stringStarts.count - 2)
    }
    /// The bytes of string constant `id`.
    public func stringContents(_ id: UInt32) -> ArraySlice<UInt8> {
        ArraySlice(stringBytes[Int(stringStarts[Int(id)])..<Int(stringStarts[Int(id) + 1])])
    }
    /// The type of field `index` of the (instantiated) struct type `type`.
    public mutating func fieldType(_ type: TypeID, _ index: Int) -> TypeID {
        let declared = structs[Int(types.payload(type))].fieldTypes[index]
        if !types.entries[declared.index].isGeneric { return declared }
        return types.substitute(declared, Array(types.arguments(type)))
    }
}

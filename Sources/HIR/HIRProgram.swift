package import Support

/// A function of the program (methods, module initialisers and `<top>` included).
package struct FunctionID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A module-level variable that lives in memory.
package struct GlobalID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A module of the program.
package struct ModuleID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A local variable or parameter of one body.
package struct LocalID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}
/// A node of one body. 0 means "none".
package struct ExprID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let none = ExprID(rawValue: 0)
    @inlinable package var exists: Bool { rawValue != 0 }
}
/// A pattern of one body. 0 means "none".
package struct PatternID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let none = PatternID(rawValue: 0)
    @inlinable package var exists: Bool { rawValue != 0 }
}
/// A list in a body's pool (count, then elements). 0 is the empty list.
package struct HIRList: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let empty = HIRList(rawValue: 0)
}

/// A struct and its fields.
package struct StructInfo: Sendable {
    package var name: String
    package var module: ModuleID
    package var typeParameterCount: Int
    package var fieldNames: [NameID]
    /// Field types; `parameter(i)` means type argument i of the struct.
    package var fieldTypes: [TypeID]
    package init(
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
package struct FunctionInfo: Sendable {
    /// Name in link names and diagnostics, without the module: `area`, `Point.length`, `<top>`.
    package var name: String
    package var module: ModuleID
    /// Types of the parameters (`self` first); they are the first locals of the body, in order.
    package var parameterTypes: [TypeID]
    package var resultType: TypeID
    /// How many type parameters (explicit, implicit, and those of the struct of a method); 0: not generic.
    package var typeParameterCount: Int
    /// The first parameter is `mut self`: the function returns its result and then the final value of `self`.
    package var mutatesSelf: Bool
    /// `#[inline]` 1, `#[noinline]` 2.
    package var inlineHint: UInt8
    /// `nil` if checking the body failed.
    package var body: HIRBody?
    package init(
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
package struct GlobalInfo: Sendable {
    package var name: String
    package var module: ModuleID
    package var type: TypeID
    /// Reads carry `HIRExpr.checkInitialised`: the global needs a flag that says whether it has been assigned (P014).
    package var needsFlag: Bool
    package init(name: String, module: ModuleID, type: TypeID, needsFlag: Bool) {
        self.name = name
        self.module = module
        self.type = type
        self.needsFlag = needsFlag
    }
}

/// A source module.
package struct ModuleInfo: Sendable {
    /// Dotted path: `main`, `models.user`.
    package var path: String
    package var file: FileID
    /// Runs the module's static initialisers (the root: its top-level statements, `<top>`); absent if there is nothing to run.
    package var initializer: FunctionID?
    /// The functions that belong to the module, generic ones included, in source order.
    package var functions: [FunctionID]
    package var globals: [GlobalID]
    package init(path: String, file: FileID) {
        self.path = path
        self.file = file
        functions = []
        globals = []
    }
}

/// A checked program: what lowering reads.
package struct HIRProgram: Sendable {
    package var types = TypeTable()
    package var structs: ContiguousArray<StructInfo> = []
    package var functions: ContiguousArray<FunctionInfo> = []
    package var globals: ContiguousArray<GlobalInfo> = []
    package var modules: ContiguousArray<ModuleInfo> = []
    /// The module given to the driver.
    package var root = ModuleID(rawValue: 0)
    /// All modules in the order of their initialisation (dependencies first; the root last).
    package var initializationOrder: [ModuleID] = []
    /// `fn main` of the root.
    package var main: FunctionID?
    /// Text of field names and the like.
    package var names: [NameID: String] = [:]
    /// String constants: `string(id)` of `stringConstant` nodes.
    package var stringBytes: ContiguousArray<UInt8> = []
    package var stringStarts: ContiguousArray<UInt32> = [0]
    package var sources = SourceMap()
    /// Finds methods for `resolveMethod`; set by the checker.
    package var methodResolver: MethodResolver?

    package init() {}

    /// Adds a string constant; returns its id.
    package mutating func addString(_ bytes: some Sequence<UInt8>) -> UInt32 {
        stringBytes.append(contentsOf: bytes)
        stringStarts.append(UInt32(stringBytes.count))
        return UInt32(stringStarts.count - 2)
    }
    /// The bytes of string constant `id`.
    package func stringContents(_ id: UInt32) -> ArraySlice<UInt8> {
        ArraySlice(stringBytes[Int(stringStarts[Int(id)])..<Int(stringStarts[Int(id) + 1])])
    }
    /// The type of field `index` of the (instantiated) struct type `type`.
    package mutating func fieldType(_ type: TypeID, _ index: Int) -> TypeID {
        let declared = structs[Int(types.payload(type))].fieldTypes[index]
        if !types.entries[declared.index].isGeneric { return declared }
        return types.substitute(declared, Array(types.arguments(type)))
    }
}

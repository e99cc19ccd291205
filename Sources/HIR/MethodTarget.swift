/// An argument that method resolution adds behind the written ones (defaults of built-in methods).
public enum ConstantArgument: Sendable, Equatable {
    /// An i64.
    case int(Int64)
    /// A str: string id of the program.
    case string(UInt32)
}

/// What a method call on a value of known type means.
public enum MethodTarget: Sendable, Equatable {
    case builtin(Builtin, extra: [ConstantArgument])
    case function(FunctionID, typeArguments: [TypeID])
}

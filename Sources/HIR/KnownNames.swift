internal import Diagnostics
internal import Support

/// Names that the checker looks for, interned once.
struct KnownNames {
    let main: NameID
    let selfName: NameID
    let underscore: NameID
    let typeNames: IndexMap<TypeID>
    let some: NameID
    let none: NameID
    let ok: NameID
    let err: NameID
    let with: NameID
    let prelude: IndexMap<PreludeFunction>
    let builtinTypesOfLaterTiers: IndexMap<String>
    /// The prelude's traits (LANGUAGE §5.6).
    let traits: IndexMap<Void>

    /// Their names.
    static let traitNames = [
        "Add", "Sub", "Mul", "Div", "FloorDiv", "Rem", "Pow", "BitAnd", "BitOr", "BitXor", "Shl", "Shr", "Neg", "BitNot",
        "Not", "Eq", "Ord", "Index", "IndexSet", "Contains", "Iterable", "Iterator", "Display", "Debug", "Clone", "Copy",
        "Default", "Hash", "From", "Error", "Closeable", "ContextManager",
    ]

    init(_ interner: inout Interner) {
        func name(_ text: String) -> NameID { interner.intern(text) }
        main = name("main")
        selfName = name("self")
        underscore = name("_")
        some = name("Some")
        none = name("None")
        ok = name("Ok")
        err = name("Err")
        with = name("with")
        var traits = IndexMap<Void>()
        for text in KnownNames.traitNames { traits.set(name(text), ()) }
        self.traits = traits
        var types = IndexMap<TypeID>()
        for (text, type) in [
            ("i8", TypeID.i8), ("i16", .i16), ("i32", .i32), ("i64", .i64), ("u8", .u8), ("u16", .u16), ("u32", .u32),
            ("u64", .u64), ("f32", .f32), ("f64", .f64), ("int", .i64), ("Int", .i64), ("isize", .i64), ("byte", .u8),
            ("usize", .u64), ("float", .f64), ("Float", .f64), ("bool", .bool), ("Bool", .bool), ("char", .char),
            ("Char", .char), ("nil", .nilType), ("Nil", .nilType), ("void", .nilType), ("str", .str), ("String", .str),
            ("Str", .str), ("text", .str),
        ] { types.set(name(text), type) }
        typeNames = types
        var functions = IndexMap<PreludeFunction>()
        for function in PreludeFunction.allCases { functions.set(name(function.rawValue), function) }
        prelude = functions
        var later = IndexMap<String>()
        for text in ["Dict", "Map", "Set", "Result", "Symbol", "Iterator", "Fn", "RawPtr", "ParseError"] {
            later.set(name(text), text)
        }
        builtinTypesOfLaterTiers = later
    }
}

/// Functions of the outermost scope that the checker types itself (LANGUAGE §12.2).
enum PreludeFunction: String, CaseIterable {
    case print, println, eprint, eprintln, input, args, exit, assert, assert_eq, assert_ne, panic, todo, unreachable
    case len, range, min, max, abs, pow, sqrt, ord, chr, type_name, sum, sorted, reversed, enumerate, zip, any, all, list
    // Known, but not supported yet (E0901).
    case set, dict, hash, parse, next, collect
}

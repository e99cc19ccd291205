public import Support

/// A node of a function body: an expression with its type. Statements are expressions of type nil.
public struct HIRExpr: Sendable {
    public var kind: HIRKind
    /// Kind-specific bits.
    public var flags: UInt8
    /// Kind-specific operator: `HIRUnary`, `HIRBinary`, `HIRComparison` or `Builtin`.
    public var op: UInt16
    public var type: TypeID
    public var a: UInt32
    public var b: UInt32
    public var c: UInt32
    /// Byte offset in the module's file: where panics of this node are reported.
    public var position: UInt32

    @inlinable public init(
        _ kind: HIRKind, _ type: TypeID, flags: UInt8 = 0, op: UInt16 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0,
        position: UInt32
    ) {
        self.kind = kind
        self.flags = flags
        self.op = op
        self.type = type
        self.a = a
        self.b = b
        self.c = c
        self.position = position
    }
    @inlinable public var exprA: ExprID { ExprID(rawValue: a) }
    @inlinable public var exprB: ExprID { ExprID(rawValue: b) }
    @inlinable public var exprC: ExprID { ExprID(rawValue: c) }
    @inlinable public var listB: HIRList { HIRList(rawValue: b) }
    @inlinable public var listC: HIRList { HIRList(rawValue: c) }

    /// flags of `global`: the read needs the initialisation check (P014).
    public static let checkInitialised: UInt8 = 1
    /// flags of `cast`: `as?` (result is an Option).
    public static let optionalCast: UInt8 = 1
    /// flags of `cast`: `T.wrapping_from(x)`, `T.saturating_from(x)`.
    public static let wrappingCast: UInt8 = 2
    public static let saturatingCast: UInt8 = 4
    /// flags of `call`: the first argument is a place, passed by value and written back from the last results (`mut self`).
    public static let mutatingCall: UInt8 = 1
    /// flags of `makeRange`.
    public static let inclusiveRange: UInt8 = 1
    /// floatConstant: `c` holds the bits of the same literal read as binary32, for instances that need an f32.
    public static let hasSingle: UInt8 = 1
    /// flags of `format`: a spec is given; debug form.
    public static let hasSpec: UInt8 = 1
    public static let debugForm: UInt8 = 2
    /// flags of `block`: the last element is the value (otherwise the value is nil).
    public static let blockHasValue: UInt8 = 1
    /// flags of `match`: always some arm matches.
    public static let exhaustiveMatch: UInt8 = 1
}

/// Kinds of `HIRExpr`. Slots as in `NodeKind`: "expr" an `ExprID`, "list" an `HIRList`.
///
/// In the body of a generic function, types may be type parameters, and operations on them are written as the same
/// nodes as on known types; lowering an instance substitutes the types and then knows what they mean.
/// Children are evaluated in the order in which they are listed (the checker introduces temporaries where the source order differs).
public enum HIRKind: UInt8, Sendable {
    /// Placeholder of index 0, and of code that was reported as wrong (never lowered).
    case error

    // MARK: Constants
    /// a, b: low and high half of the 64 bits; type: any integer or float type. flags: 1 if the bits are an unsigned value (u64, or a positive value of a float type).
    case intConstant
    /// a, b: bits of the f64; type f32 or f64.
    case floatConstant
    /// a: 0 or 1.
    case boolConstant
    /// a: scalar.
    case charConstant
    /// a: string id of the program.
    case stringConstant
    case nilConstant
    /// `None`; the type is an Option.
    case noneConstant

    // MARK: Variables and places (a place is: local, global, field of a place, index of an array)
    /// a: `LocalID`.
    case local
    /// a: `GlobalID`; flags: `checkInitialised`.
    case global
    /// a: `LocalID`; b: expr. Gives the variable its value and yields that value.
    case storeLocal
    /// a: place; b: value expr. Type nil. Sub-expressions of the place are evaluated first.
    case assign
    /// a: place; b: value expr; op: `HIRBinary`. Sub-expressions of the place are evaluated once. Type nil. c: type of the operation's result.
    case compoundAssign
    /// a: `PatternID` (irrefutable; array patterns check the length: P011); b: value expr. Type nil.
    case bind

    // MARK: Operators
    /// a: expr; op: `HIRUnary`.
    case unary
    /// a, b: exprs; op: `HIRBinary`. Operand types may be: numbers (same type), bool (bit operators), str and char (`add`), arrays (`add`).
    /// Shifts: b may have another integer type than a.
    case binary
    /// a, b: exprs; op: `HIRComparison`. Same type (or str and char), structural.
    case compare
    case logicalAnd
    case logicalOr
    /// `a ?? b`: b has the payload type, or the Option type itself.
    case coalesce
    /// a: element; b: container (array, str, Range). `a in b`; flags 1: negated.
    case contains

    // MARK: Conversions
    /// a: expr of type T; type: T?.
    case makeSome
    /// a: expr; type: target (with `optionalCast`: Option of the target). flags: see above. Between numbers, bool, char.
    case cast

    // MARK: Calls
    /// a: `FunctionID`; b: list of arguments in parameter order; c: list of `TypeID`s (type arguments); flags: `mutatingCall`.
    case call
    /// op: `Builtin`; b: list of arguments.
    case builtin
    /// A method of a type parameter's value. a: receiver; b: list of further arguments; c: name. Resolve with `HIRProgram.resolveMethod`.
    case deferredMethod
    /// A field of a type parameter's value. a: expr; c: name.
    case deferredField

    // MARK: Aggregates
    /// b: list of element exprs.
    case makeTuple
    /// a: expr; b: index.
    case tupleElement
    /// b: list of field values in field order; type: the struct.
    case makeStruct
    /// a: expr; b: field index.
    case field
    /// b: list of elements; an element may be `spread`.
    case makeArray
    /// a: expr (array). Only as element of `makeArray`.
    case spread
    /// a: array or str; b: index (any integer type).
    case index
    /// a: array or str; b: list of three exprs (start, end, step), each may be none.
    case slice
    /// a: array or str; b: Range expr.
    case sliceByRange
    /// a: start; b: end; c: step (i64 expr or none: 1); flags: `inclusiveRange`. A range with a step given at run time panics P005 on 0.
    case makeRange
    /// b: list of parts: `stringConstant` and `format`. Type str.
    case interpolate
    /// a: expr; b, c: low and high half of the packed spec (`FormatType` of RuntimeABI). flags: `hasSpec`, `debugForm`. Only as part of `interpolate`.
    case format

    // MARK: Control flow
    /// b: list of exprs. flags: `blockHasValue`.
    case block
    /// a: condition; b: then; c: else (or none). Type nil if used as a statement.
    case `if`
    /// a: expr; b: `PatternID`. Type bool; binds the pattern's variables if true. As (part of) a condition of `if`/`while`.
    case matches
    /// a: scrutinee; b: list of (pattern, guard or none, body) triples; flags: `exhaustiveMatch`.
    case match
    /// a: condition; b: body; c: loop number.
    case `while`
    /// b: body; c: loop number.
    case loop
    /// b: list (pattern, iterable expr, body, loop number). Iterables: Range, array, str.
    case `for`
    /// a: loop number.
    case `break`
    case `continue`
    /// a: value (or none).
    case `return`
    /// `e?` on an Option. a: expr. None: returns None from the function; at top level (flags 1) prints `error: unexpected None` and exits 1.
    case tryOption
    /// `main = e` at top level. a: expr of an exit value type (§1.2).
    case setExitValue
}

/// What a node is as a place: something that can be assigned to, or changed in place.
public enum PlaceForm: Sendable {
    /// A variable.
    case variable
    /// A part of the value at node `a`.
    case part
    /// An element of the array (or character of the text) at node `a`.
    case element
    /// No place: a temporary value.
    case none
}

extension HIRKind {
    /// The one list of the kinds that are places.
    public var placeForm: PlaceForm {
        switch self {
        case .local, .global: .variable
        case .field, .tupleElement, .deferredField: .part
        case .index: .element
        case .error, .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant, .nilConstant,
            .noneConstant, .storeLocal, .assign, .compoundAssign, .bind, .unary, .binary, .compare, .logicalAnd,
            .logicalOr, .coalesce, .contains, .makeSome, .cast, .call, .builtin, .deferredMethod, .makeTuple,
            .makeStruct, .makeArray, .spread, .slice, .sliceByRange, .makeRange, .interpolate, .format, .block, .if,
            .matches, .match, .while, .loop, .for, .break, .continue, .return, .tryOption, .setExitValue:
            .none
        }
    }
}

public enum HIRUnary: UInt16, Sendable { case negate, bitNot, not }

public enum HIRBinary: UInt16, Sendable {
    case add, subtract, multiply, divide, floorDivide, remainder, power
    case bitAnd, bitOr, bitXor, shiftLeft, shiftRight
}

public enum HIRComparison: UInt16, Sendable { case equal, notEqual, less, lessEqual, greater, greaterEqual }

/// A local variable or parameter.
public struct HIRLocal: Sendable {
    public var name: NameID
    public var type: TypeID
    /// Byte offset of the declaration.
    public var position: UInt32
    public init(name: NameID, type: TypeID, position: UInt32) {
        self.name = name
        self.type = type
        self.position = position
    }
}

/// Kinds of patterns; the slots of `HIRPattern`.
public enum HIRPatternKind: UInt8, Sendable {
    case wildcard
    /// a: `LocalID`; b: sub-pattern (or none).
    case binding
    /// a: constant expr to compare with (`==`).
    case constant
    /// a, b: low and high constant exprs; flags: 1 inclusive. Integers, char, floats, str.
    case range
    /// b: list of patterns, one per element.
    case tuple
    /// b: list of patterns, one per field.
    case structure
    /// a: pattern of the payload.
    case some
    case none
    /// a: list of patterns before the rest; b: list of patterns behind it; c: 0 no rest, 1 ignored rest, else `LocalID` + 2 of the rest (a fresh array).
    case array
    /// b: list of alternatives; all bind the same locals.
    case or
}

/// One pattern; `type` is the type of the value it is matched against.
public struct HIRPattern: Sendable {
    public var kind: HIRPatternKind
    public var flags: UInt8
    public var type: TypeID
    public var a: UInt32
    public var b: UInt32
    public var c: UInt32
    public var position: UInt32
    public init(
        _ kind: HIRPatternKind, _ type: TypeID, flags: UInt8 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0,
        position: UInt32
    ) {
        self.kind = kind
        self.flags = flags
        self.type = type
        self.a = a
        self.b = b
        self.c = c
        self.position = position
    }
}

/// The checked body of a function: arenas indexed by `ExprID`, `PatternID`, `LocalID`.
public struct HIRBody: Sendable {
    public var exprs: ContiguousArray<HIRExpr> = []
    public var patterns: ContiguousArray<HIRPattern> = []
    public var locals: ContiguousArray<HIRLocal> = []
    public var pool: ContiguousArray<UInt32> = [0]
    /// The body's expression; its value is the result if the function's result type is not nil and control reaches its end.
    public var root = ExprID.none
    public var loopCount: UInt32 = 0

    /// A body without contents; its copies allocate nothing until they are written to.
    static let empty = HIRBody()

    public init() {
        exprs.append(HIRExpr(.error, .error, position: 0))
        patterns.append(HIRPattern(.wildcard, .error, position: 0))
    }

    @inlinable public subscript(id: ExprID) -> HIRExpr {
        get { exprs[id.index] }
        _modify { yield &exprs[id.index] }
    }
    @inlinable public subscript(id: PatternID) -> HIRPattern { patterns[id.index] }
    @inlinable public func count(_ list: HIRList) -> Int { Int(pool[list.index]) }
    @inlinable public func expr(_ list: HIRList, _ i: Int) -> ExprID { ExprID(rawValue: pool[list.index + 1 + i]) }
    @inlinable public func pattern(_ list: HIRList, _ i: Int) -> PatternID {
        PatternID(rawValue: pool[list.index + 1 + i])
    }
    @inlinable public func raw(_ list: HIRList, _ i: Int) -> UInt32 { pool[list.index + 1 + i] }

    public mutating func add(_ expr: HIRExpr) -> ExprID {
        exprs.append(expr)
        return ExprID(exprs.count - 1)
    }
    public mutating func add(_ pattern: HIRPattern) -> PatternID {
        patterns.append(pattern)
        return PatternID(patterns.count - 1)
    }
    public mutating func add(_ local: HIRLocal) -> LocalID {
        locals.append(local)
        return LocalID(locals.count - 1)
    }
    mutating func addList(_ elements: [ExprID]) -> HIRList {
        if elements.isEmpty { return .empty }
        let id = HIRList(pool.count)
        pool.append(UInt32(elements.count))
        for element in elements { pool.append(element.rawValue) }
        return id
    }
    /// Adds a list made of the given raw elements.
    public mutating func addList(_ elements: some Collection<UInt32>) -> HIRList {
        if elements.isEmpty { return .empty }
        let id = HIRList(pool.count)
        pool.append(UInt32(elements.count))
        pool.append(contentsOf: elements)
        return id
    }
}

/// The kinds of syntax nodes. Each comment gives the slots: `a`, `b`, `c`, `flags`.
///
/// "list" means a `ListID`; "record" means a `ListID` with a fixed number of slots, named in order;
/// "name" a `NameID`; "string" a `StringID`; an optional slot is 0 when absent.
public enum NodeKind: UInt8, Sendable, CaseIterable {
    /// A place where parsing failed; a diagnostic was reported.
    case error
    /// a: list of items (definitions, imports, statements).
    case module

    // MARK: Expressions
    /// a, b: low and high half of the value; c: unit suffix name; flags: `NumericSuffix`.
    case intLiteral
    /// a, b: low and high half of the IEEE 754 binary64 bits; c: unit suffix name; flags: `NumericSuffix`.
    case floatLiteral
    /// flags: 1 true, 0 false.
    case boolLiteral
    case nilLiteral
    /// a: string.
    case stringLiteral
    /// a: Unicode scalar value.
    case charLiteral
    /// a: string (the bytes).
    case byteStringLiteral
    /// a: list of parts, each a `stringLiteral` or `interpolation`.
    case interpolatedString
    /// a: expression; b: string + 1 of the format spec (0: none).
    case interpolation
    /// a: name.
    case symbolLiteral
    /// a: name.
    case name
    case selfValue
    /// `Self` in expression position.
    case selfType
    case superValue
    /// `_` where an expression stands (assignment target; elsewhere E0112, reported by the parser).
    case underscore
    /// a: list of elements (0 elements: the nil value; 1: a one-tuple).
    case tuple
    /// a: list of elements, `spread` among them.
    case array
    /// a: element expression; b: list of `forClause`/`ifClause`.
    case arrayComprehension
    /// a: list of `dictEntry`/`doubleSpread`.
    case dict
    /// a: key; b: value.
    case dictEntry
    /// a: key; b: value; c: list of clauses.
    case dictComprehension
    /// a: list of elements.
    case set
    /// a: element; b: list of clauses.
    case setComprehension
    /// a: pattern; b: iterable.
    case forClause
    /// a: condition.
    case ifClause
    /// `*e` in arguments, elements and targets. a: expression.
    case spread
    /// `**e`. a: expression.
    case doubleSpread
    /// a: type path expression (`name`/`member`/`index`); b: list of `recordField`/`recordBase`.
    case record
    /// a: name; b: value (0: shorthand).
    case recordField
    /// `..e`. a: expression.
    case recordBase
    /// a: callee; b: list of arguments (`namedArgument`, `spread` or expression; a trailing lambda is the last); flags: 1 command call.
    case call
    /// a: name; b: expression.
    case namedArgument
    /// a: base; b: index expression (a `tuple` when several).
    case index
    /// a: base; b: record {start, end, step}, each optional.
    case slice
    /// a: base; b: name; flags: 1 if written `::`. The name ends where the node ends.
    case member
    /// a: base; b: index.
    case tupleMember
    /// `e?`. a: expression.
    case tryOperator
    /// a: operand; flags: `UnaryOperator`.
    case unary
    /// a: left; b: right; c: byte offset of the operator; flags: `BinaryOperator`.
    case binary
    /// A chain of n >= 1 comparisons. a: list of n + 1 operands; b: list of n raw `ComparisonOperator`s; c: list of n operator offsets.
    case comparison
    /// a: expression; b: type; flags: 1 for `as?`.
    case cast
    /// Statement or expression. a: condition (expression or `letCondition`); b: then (a `block`, or an expression in the one-line
    /// expression form); c: else (`block`, expression, or `ifExpression` for `elif`; optional).
    case ifExpression
    /// a: pattern; b: expression.
    case letCondition
    /// Statement or expression. a: scrutinee; b: list of `matchArm`.
    case matchExpression
    /// a: pattern; b: guard (optional); c: body (a `block`, or an expression).
    case matchArm
    /// a: list of `parameter`; b: result type (optional); c: body (`block` or expression); flags: 1 `move`, 2 written `fn(…)`.
    case lambda
    /// a: expression. Extended.
    case yieldExpression
    /// `name!(…)`. a: name; b: list of arguments; flags: 1 if written with brackets.
    case macroCall
    /// An Extended construct that is recognised but not represented. a: name of the feature.
    case unsupported
    /// a: list of statements; flags: 1 if on one line.
    case block

    // MARK: Statements
    /// a: expression.
    case expressionStatement
    /// `let/val/var`. a: pattern; b: type (optional); c: value (optional); flags: 1 mutable, 2 `pub`, 4 `pub(crate)`, 8 `pub(super)`.
    case declaration
    /// a: target (a `tuple` when several); b: value (a `tuple` when several).
    case assignment
    /// a: target; b: value; c: byte offset of the operator; flags: `BinaryOperator`.
    case augmentedAssignment
    /// `place->m(args)->…`. a: place; b: list of `updateCall`.
    case updateStatement
    /// a: name; b: list of arguments.
    case updateCall
    /// a: value (optional).
    case returnStatement
    /// a: label name (optional).
    case breakStatement
    /// a: label name (optional).
    case continueStatement
    case passStatement
    /// a: condition (expression or `letCondition`); b: body.
    case whileStatement
    /// a: body.
    case loopStatement
    /// a: pattern; b: iterable; c: body.
    case forStatement
    /// a: label name; b: loop statement.
    case labeled
    /// a: list of `withItem`; b: body.
    case withStatement
    /// a: expression; b: pattern (optional).
    case withItem

    // MARK: Definitions. flags of definitions and members: `DefinitionFlags`; `c` of those that have a name: byte offset of the name, unless said otherwise.
    /// a: name; b: record {generics list, parameters list, result type, where list, body block, doc string + 1}; c: name offset.
    /// In trait items and extern definitions the body is 0.
    case functionDefinition
    /// a: name; b: type (optional); c: default value (optional); flags: 1 `mut`, 2 `self`, 4 rest (`*name`).
    case parameter
    /// a: name; b: list of bound types.
    case genericParameter
    /// a: type; b: list of bound types.
    case wherePredicate
    /// a: name; b: record {generics, where, members list, doc string + 1}; c: name offset.
    case structDefinition
    /// a: name; b: record {generics, where, members list, doc string + 1, base type}; c: name offset.
    case classDefinition
    /// a: name; b: type; c: default (optional). The name starts the node (behind `mut`, which sets flag `mut`).
    case field
    /// a: name; b: record {generics, where, members list (variants and functions), doc string + 1}; c: name offset.
    case enumDefinition
    /// a: name; b: list of `variantField`; c: discriminant (optional); flags: 1 if it has a payload list.
    case variant
    /// a: name (optional); b: type.
    case variantField
    /// a: name; b: record {generics, supertraits list, where, items list, doc string + 1}; c: name offset.
    case traitDefinition
    /// `type Item: Bound` in a trait, `type Item = T` in an impl. a: name; b: list of bounds; c: type (optional).
    case associatedType
    /// a: record {generics, type, for-type (optional: then `type` is the trait), where, items list}.
    case implDefinition
    /// a: name; b: record {generics list, type}; c: name offset.
    case typeAlias
    /// a: name; b: type (optional); c: value (0 in a trait's required constant).
    case constDefinition
    /// a: name; b: type (optional); c: value; flag `mut`.
    case staticDefinition
    /// a: `functionDefinition` without body; b: string + 1 of the ABI.
    case externDefinition
    /// a: name.
    case moduleDeclaration
    /// a: record {path list of names, alias name, items list of `importItem`}; flags: `ImportFlags`.
    case importDeclaration
    /// a: name; b: alias name (optional).
    case importItem
    /// a: name; b: list of arguments; c: literal (optional).
    case attribute
    /// `@path(args)`. a: expression. Extended.
    case decorator

    // MARK: Types
    /// a: list of name segments; b: list of type arguments.
    case typePath
    /// `dyn T`. a: type.
    case typeDyn
    /// a: list of types; zero: nil's type; `(T,)` has one.
    case typeTuple
    /// a: element; b: length expression (optional, fixed array).
    case typeArray
    /// a: key; b: value.
    case typeDict
    /// a: element.
    case typeSet
    /// a: list of parameter types; b: result (optional).
    case typeFunction
    /// `T?`. a: type.
    case typeOption
    /// a: list of members. Extended.
    case typeUnion
    /// `Self` or `Self.Item`. a: name of the associated type (optional).
    case typeSelf
    /// `_`.
    case typeInfer

    // MARK: Patterns
    case wildcardPattern
    /// a: literal expression (a `unary` minus over a number among them).
    case literalPattern
    /// a: low; b: high (literal expressions or name/member paths); flags: 1 inclusive.
    case rangePattern
    /// A lone name, perhaps a variant or constant (decided by name resolution). a: name; b: type (optional); flags: 1 `mut`.
    case bindingPattern
    /// `x @ P`. a: name; b: pattern.
    case atPattern
    /// `A.B`, `V(…)`. a: list of name segments; b: list of `fieldPattern`/`restPattern`; flags: 1 if it has parentheses.
    case pathPattern
    /// `T { … }`. a: list of name segments; b: list of `fieldPattern`/`restPattern`.
    case recordPattern
    /// a: name (optional); b: pattern (0: shorthand `T { x }`).
    case fieldPattern
    /// `*name`, `*` or `..`. a: name (optional).
    case restPattern
    /// a: list of elements.
    case tuplePattern
    /// a: list of elements.
    case arrayPattern
    /// a: list of alternatives.
    case orPattern
}

/// The type suffix of a numeric literal.
public enum NumericSuffix: UInt8, Sendable {
    case none, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, unit
}

/// Prefix operators.
public enum UnaryOperator: UInt8, Sendable, CaseIterable {
    /// `-`, `~`, `not` and `!`.
    case negate, bitNot, not
    /// Extended.
    case await, reference, mutableReference, dereference, move
}

/// Infix operators other than comparisons.
public enum BinaryOperator: UInt8, Sendable, CaseIterable {
    case add, subtract, multiply, divide, floorDivide, remainder, power
    case bitAnd, bitOr, bitXor, shiftLeft, shiftRight
    case and, or, coalesce, range, rangeInclusive
}

/// Operators of a comparison chain.
public enum ComparisonOperator: UInt8, Sendable, CaseIterable {
    case equal, notEqual, less, lessEqual, greater, greaterEqual
    case `in`, notIn, `is`, isNot
}

/// Flags of definitions and members.
public struct DefinitionFlags: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `pub`.
    public static let isPublic = DefinitionFlags(rawValue: 1)
    /// `pub(crate)`, with `isPublic` clear.
    public static let isCrate = DefinitionFlags(rawValue: 2)
    /// `pub(super)`, with `isPublic` clear.
    public static let isSuper = DefinitionFlags(rawValue: 4)
    /// `priv` or `private`.
    public static let isPrivate = DefinitionFlags(rawValue: 8)
    /// `mut struct`, `static mut`, `mut` field; `immut class` sets `isImmutable` instead.
    public static let isMutable = DefinitionFlags(rawValue: 16)
    public static let isImmutable = DefinitionFlags(rawValue: 32)
    /// `async fn`.
    public static let isAsync = DefinitionFlags(rawValue: 64)
}

/// Flags of imports.
public struct ImportFlags: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `use a.*`.
    public static let isGlob = ImportFlags(rawValue: 1)
    /// `use a.{x, y}`.
    public static let hasItems = ImportFlags(rawValue: 2)
    /// `pub use` and `export use`.
    public static let isReexport = ImportFlags(rawValue: 4)
    public static let isCommon = ImportFlags(rawValue: 8)
    public static let isAuto = ImportFlags(rawValue: 16)
    /// Written as a string or with slashes (`import "a/b"`).
    public static let isPathSpelling = ImportFlags(rawValue: 32)
}

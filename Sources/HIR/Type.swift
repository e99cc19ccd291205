public import Support

/// An interned type; equal ids mean equal types.
public struct TypeID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    // The types without parts have fixed ids: the raw values of their `TypeKind`.
    public static let error = TypeID(rawValue: 0)
    public static let never = TypeID(rawValue: 1)
    public static let nilType = TypeID(rawValue: 2)
    public static let bool = TypeID(rawValue: 3)
    public static let char = TypeID(rawValue: 4)
    public static let i8 = TypeID(rawValue: 5)
    public static let i16 = TypeID(rawValue: 6)
    public static let i32 = TypeID(rawValue: 7)
    public static let i64 = TypeID(rawValue: 8)
    public static let u8 = TypeID(rawValue: 9)
    public static let u16 = TypeID(rawValue: 10)
    public static let u32 = TypeID(rawValue: 11)
    public static let u64 = TypeID(rawValue: 12)
    public static let f32 = TypeID(rawValue: 13)
    public static let f64 = TypeID(rawValue: 14)
    public static let str = TypeID(rawValue: 15)
}

/// What a type is made of.
public enum TypeKind: UInt8, Sendable {
    /// The type of something wrong that was reported; unifies with everything.
    case error
    /// The type of expressions that do not return.
    case never
    case nilType, bool, char
    case i8, i16, i32, i64, u8, u16, u32, u64, f32, f64
    case str
    /// arguments: the element types.
    case tuple
    /// arguments: the element type.
    case array
    /// arguments: the element type (an integer type or char).
    case range
    /// arguments: the payload type.
    case option
    /// arguments: parameter types, then the result type.
    case function
    /// payload: `StructID`; arguments: type arguments.
    case structure
    /// payload: position among the type parameters of the function that mentions it (of the struct, in field types).
    case parameter
    /// payload: index of an inference variable; only while checking.
    case variable
}

/// A struct declaration of the program.
public struct StructID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// All types of a compilation, interned.
public struct TypeTable: Sendable {
    public struct Entry: Sendable {
        public var kind: TypeKind
        /// Mentions a `parameter`.
        public var isGeneric: Bool
        /// Mentions a `variable`.
        public var hasVariables: Bool
        public var payload: UInt32
        /// `pool[start..<start + count]` are the arguments.
        public var start: UInt32
        public var count: UInt32
        var hash: UInt32
    }
    public private(set) var entries: ContiguousArray<Entry> = []
    public private(set) var pool: ContiguousArray<TypeID> = []
    private var buckets: ContiguousArray<UInt32>

    /// Creates a table that holds the types without parts.
    public init() {
        buckets = ContiguousArray(repeating: .max, count: 1024)
        for raw in 0...TypeKind.str.rawValue { _ = intern(TypeKind(rawValue: raw)!) }
    }

    @inlinable public func kind(_ type: TypeID) -> TypeKind { entries[type.index].kind }
    @inlinable public func payload(_ type: TypeID) -> UInt32 { entries[type.index].payload }
    /// Number of arguments.
    @inlinable public func count(_ type: TypeID) -> Int { Int(entries[type.index].count) }
    /// Argument `i` of `type`.
    @inlinable public func argument(_ type: TypeID, _ i: Int) -> TypeID {
        pool[Int(entries[type.index].start) + i]
    }
    /// All arguments of `type`.
    public func arguments(_ type: TypeID) -> ArraySlice<TypeID> {
        let entry = entries[type.index]
        return Array(pool[Int(entry.start)..<Int(entry.start + entry.count)])[...]
    }

    /// The type of this make-up.
    public mutating func intern(_ kind: TypeKind, payload: UInt32 = 0, _ arguments: [TypeID] = []) -> TypeID {
        var hash = (UInt32(kind.rawValue) &* 0x9E37_79B1) ^ (payload &* 0x85EB_CA6B)
        for argument in arguments { hash = (hash ^ argument.rawValue) &* 0x0100_0193 &+ (hash >> 15) }
        var slot = Int(hash) & (buckets.count - 1)
        while buckets[slot] != .max {
            let e = entries[Int(buckets[slot])]
            if e.hash == hash, e.kind == kind, e.payload == payload, Int(e.count) == arguments.count,
                arguments.indices.allSatisfy({ pool[Int(e.start) + $0] == arguments[$0] })
            {
                return TypeID(rawValue: buckets[slot])
            }
            slot = (slot + 1) & (buckets.count - 1)
        }
        let id = TypeID(entries.count)
        entries.append(
            Entry(
                kind: kind, isGeneric: kind == .parameter || arguments.contains { entries[$0.index].isGeneric },
                hasVariables: kind == .variable || arguments.contains { entries[$0.index].hasVariables },
                payload: payload, start: UInt32(pool.count), count: UInt32(arguments.count), hash: hash))
        pool.append(contentsOf: arguments)
        buckets[slot] = id.rawValue
        if entries.count * 2 > buckets.count { grow() }
        return id
    }

    public mutating func array(_ element: TypeID) -> TypeID { intern(.array, [element]) }
    public mutating func option(_ payload: TypeID) -> TypeID { intern(.option, [payload]) }
    public mutating func range(_ element: TypeID) -> TypeID { intern(.range, [element]) }
    public mutating func tuple(_ elements: [TypeID]) -> TypeID { intern(.tuple, elements) }
    public mutating func parameter(_ index: Int) -> TypeID { intern(.parameter, payload: UInt32(index)) }

    /// `type` with each `parameter(i)` replaced by `arguments[i]`.
    public mutating func substitute(_ type: TypeID, _ arguments: [TypeID]) -> TypeID {
        let entry = entries[type.index]
        if !entry.isGeneric { return type }
        if entry.kind == .parameter { return Int(entry.payload) < arguments.count ? arguments[Int(entry.payload)] : .error }
        var parts: [TypeID] = []
        parts.reserveCapacity(Int(entry.count))
        for i in 0..<Int(entry.count) { parts.append(substitute(pool[Int(entry.start) + i], arguments)) }
        return intern(entry.kind, payload: entry.payload, parts)
    }

    public func isInteger(_ type: TypeID) -> Bool { type >= .i8 && type <= .u64 }
    public func isSigned(_ type: TypeID) -> Bool { type >= .i8 && type <= .i64 }
    public func isFloat(_ type: TypeID) -> Bool { type == .f32 || type == .f64 }
    public func isNumeric(_ type: TypeID) -> Bool { type >= .i8 && type <= .f64 }
    /// Width in bits of an integer or float type.
    public func bitWidth(_ type: TypeID) -> Int {
        switch kind(type) {
        case .i8, .u8: 8
        case .i16, .u16: 16
        case .i32, .u32, .f32: 32
        case .error, .never, .nilType, .bool, .char, .i64, .u64, .f64, .str, .tuple, .array, .range, .option,
            .function, .structure, .parameter, .variable:
            64
        }
    }

    private mutating func grow() {
        buckets = ContiguousArray(repeating: .max, count: buckets.count * 2)
        for (i, e) in entries.enumerated() {
            var slot = Int(e.hash) & (buckets.count - 1)
            while buckets[slot] != .max { slot = (slot + 1) & (buckets.count - 1) }
            buckets[slot] = UInt32(i)
        }
    }
}

internal import CPlatform
internal import Runtime
internal import RuntimeABI

/// A Swift type whose values can be passed to compiled code and back.
///
/// | Simple | Swift |
/// |---|---|
/// | `i8` … `i64`, `u8` … `u64` | `Int8` … `Int64`, `UInt8` … `UInt64`; `Int` is `i64`, `UInt` is `u64` |
/// | `f32`, `f64` | `Float`, `Double` |
/// | `bool`, `char` | `Bool`, `Unicode.Scalar` |
/// | `str` | `String`, copied |
/// | `T?` | `T?` |
/// | `[T]` of the above but `T?` | `[T]`, copied |
///
/// Types of other modules cannot conform: the requirements are the loader's own.
public protocol SimpleValue: Sendable {
    /// The type in the notation of module interfaces: `i64`, `Option[str]`.
    static var simpleTypeName: String { get }
    /// `true` iff a value is one reference, whose absence is a null reference.
    static var _isReference: Bool { get }
    /// Passes the value on.
    func _encode(to writer: inout ValueWriter) throws(CallError)
    /// Passes on what stands in place of a missing value.
    static func _encodeAbsent(to writer: inout ValueWriter)
    /// Takes the next value.
    static func _decode(from reader: inout ValueReader) -> Self
}

/// A type of array elements; see `SimpleValue`.
public protocol SimpleElement: SimpleValue {
    /// Size in bytes of a value in memory.
    static var _size: Int { get }
}

/// Where values for compiled code go: registers and stack of a call, or memory.
public struct ValueWriter: ~Copyable {
    var call = cp_host_call()
    private var integerCount = 0
    private var realCount = 0
    private(set) var stack = InlineArray<32, UInt64>(repeating: 0)
    private(set) var stackCount = 0
    /// Set if there is no place for all arguments.
    private(set) var isFull = false
    private var memory: UnsafeMutableRawPointer?
    private var offset = 0

    /// Writes the arguments of a call.
    init() {}
    /// Writes to `memory`, each part at its natural alignment.
    init(memory: UnsafeMutableRawPointer) { self.memory = memory }

    private var alignment = 1
    /// The bytes written to memory, with the padding of a variable of that type.
    var paddedSize: Int { max(1, (offset + alignment - 1) / alignment * alignment) }

    mutating func put(integer bits: UInt64, size: Int) {
        if let memory { return put(bits, size, to: memory) }
        if integerCount < 6 {
            withUnsafeMutableBytes(of: &call.integers) { $0.storeBytes(of: bits, toByteOffset: integerCount * 8, as: UInt64.self) }
            integerCount += 1
        } else {
            putOnStack(bits)
        }
    }

    mutating func put(real bits: UInt64, size: Int) {
        if let memory { return put(bits, size, to: memory) }
        if realCount < 8 {
            withUnsafeMutableBytes(of: &call.reals) { $0.storeBytes(of: bits, toByteOffset: realCount * 8, as: UInt64.self) }
            realCount += 1
        } else {
            putOnStack(bits)
        }
    }

    private mutating func putOnStack(_ bits: UInt64) {
        if stackCount == 32 {
            isFull = true
            return
        }
        stack[stackCount] = bits
        stackCount += 1
    }

    private mutating func put(_ bits: UInt64, _ size: Int, to memory: UnsafeMutableRawPointer) {
        alignment = max(alignment, size)
        offset = (offset + size - 1) / size * size
        var bits = bits
        (memory + offset).copyMemory(from: &bits, byteCount: size)
        offset += size
    }

    /// Calls `function` with the arguments written.
    mutating func perform(_ function: UnsafeRawPointer) -> CallEnd {
        // A copy, on the stack like the original, where the collector sees the references among the words.
        var made = call
        made.function = function
        made.stack_count = UInt64(stackCount)
        let end = withUnsafeMutablePointer(to: &stack) { words in
            made.stack = UnsafePointer(UnsafeRawPointer(words).assumingMemoryBound(to: UInt64.self))
            return callCompiled(&made)
        }
        call = made
        return end
    }

    /// The results of the call.
    var results: ValueReader { ValueReader(call) }
}

/// Where values of compiled code come from: results of a call, or memory.
public struct ValueReader {
    private var integers: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private var reals: (UInt64, UInt64) = (0, 0)
    private var integerCount = 0
    private var realCount = 0
    private var memory: UnsafeRawPointer?
    private var offset = 0

    init(_ call: cp_host_call) {
        integers = call.integer_results
        reals = (call.real_results.0.bitPattern, call.real_results.1.bitPattern)
    }
    init(memory: UnsafeRawPointer) { self.memory = memory }

    mutating func nextInteger(size: Int) -> UInt64 {
        if let memory { return next(size, memory) }
        integerCount += 1
        switch integerCount {
        case 1: return integers.0
        case 2: return integers.1
        default: return integers.2
        }
    }

    mutating func nextReal(size: Int) -> UInt64 {
        if let memory { return next(size, memory) }
        realCount += 1
        return realCount == 1 ? reals.0 : reals.1
    }

    private mutating func next(_ size: Int, _ memory: UnsafeRawPointer) -> UInt64 {
        offset = (offset + size - 1) / size * size
        var bits: UInt64 = 0
        withUnsafeMutableBytes(of: &bits) { $0.copyMemory(from: UnsafeRawBufferPointer(start: memory + offset, count: size)) }
        offset += size
        return bits
    }
}

// MARK: - Integers

extension SimpleValue where Self: FixedWidthInteger {
    public static var _isReference: Bool { false }
    public static var _size: Int { bitWidth / 8 }
    public func _encode(to writer: inout ValueWriter) throws(CallError) {
        writer.put(integer: UInt64(truncatingIfNeeded: self), size: Self.bitWidth / 8)
    }
    public static func _encodeAbsent(to writer: inout ValueWriter) {
        writer.put(integer: 0, size: bitWidth / 8)
    }
    public static func _decode(from reader: inout ValueReader) -> Self {
        Self(truncatingIfNeeded: reader.nextInteger(size: bitWidth / 8))
    }
}

extension Int8: SimpleElement { public static var simpleTypeName: String { "i8" } }
extension Int16: SimpleElement { public static var simpleTypeName: String { "i16" } }
extension Int32: SimpleElement { public static var simpleTypeName: String { "i32" } }
extension Int64: SimpleElement { public static var simpleTypeName: String { "i64" } }
extension Int: SimpleElement { public static var simpleTypeName: String { "i64" } }
extension UInt8: SimpleElement { public static var simpleTypeName: String { "u8" } }
extension UInt16: SimpleElement { public static var simpleTypeName: String { "u16" } }
extension UInt32: SimpleElement { public static var simpleTypeName: String { "u32" } }
extension UInt64: SimpleElement { public static var simpleTypeName: String { "u64" } }
extension UInt: SimpleElement { public static var simpleTypeName: String { "u64" } }

// MARK: - Floats, bool, char

extension Double: SimpleElement {
    public static var simpleTypeName: String { "f64" }
    public static var _isReference: Bool { false }
    public static var _size: Int { 8 }
    public func _encode(to writer: inout ValueWriter) throws(CallError) { writer.put(real: bitPattern, size: 8) }
    public static func _encodeAbsent(to writer: inout ValueWriter) { writer.put(real: 0, size: 8) }
    public static func _decode(from reader: inout ValueReader) -> Double { Double(bitPattern: reader.nextReal(size: 8)) }
}

extension Float: SimpleElement {
    public static var simpleTypeName: String { "f32" }
    public static var _isReference: Bool { false }
    public static var _size: Int { 4 }
    public func _encode(to writer: inout ValueWriter) throws(CallError) { writer.put(real: UInt64(bitPattern), size: 4) }
    public static func _encodeAbsent(to writer: inout ValueWriter) { writer.put(real: 0, size: 4) }
    public static func _decode(from reader: inout ValueReader) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: reader.nextReal(size: 4)))
    }
}

extension Bool: SimpleElement {
    public static var simpleTypeName: String { "bool" }
    public static var _isReference: Bool { false }
    public static var _size: Int { 1 }
    public func _encode(to writer: inout ValueWriter) throws(CallError) { writer.put(integer: self ? 1 : 0, size: 1) }
    public static func _encodeAbsent(to writer: inout ValueWriter) { writer.put(integer: 0, size: 1) }
    // Above its width a register may hold anything.
    public static func _decode(from reader: inout ValueReader) -> Bool { reader.nextInteger(size: 1) & 0xFF != 0 }
}

extension Unicode.Scalar: SimpleElement {
    public static var simpleTypeName: String { "char" }
    public static var _isReference: Bool { false }
    public static var _size: Int { 4 }
    public func _encode(to writer: inout ValueWriter) throws(CallError) { writer.put(integer: UInt64(value), size: 4) }
    public static func _encodeAbsent(to writer: inout ValueWriter) { writer.put(integer: 0, size: 4) }
    public static func _decode(from reader: inout ValueReader) -> Unicode.Scalar {
        // Not a scalar only behind the tag of a missing value, where nobody looks at it.
        Unicode.Scalar(UInt32(truncatingIfNeeded: reader.nextInteger(size: 4))) ?? "\0"
    }
}

// MARK: - References

extension String: SimpleElement {
    public static var simpleTypeName: String { "str" }
    public static var _isReference: Bool { true }
    public static var _size: Int { 8 }
    public func _encode(to writer: inout ValueWriter) throws(CallError) {
        var object = emptyHostString()
        try check(makeHostString(self, &object))
        writer.put(integer: UInt64(UInt(bitPattern: object)), size: 8)
    }
    public static func _encodeAbsent(to writer: inout ValueWriter) { writer.put(integer: 0, size: 8) }
    public static func _decode(from reader: inout ValueReader) -> String {
        guard let object = UnsafeMutableRawPointer(bitPattern: UInt(reader.nextInteger(size: 8))) else { return "" }
        return textOf(object)
    }
}

extension Array: SimpleValue where Element: SimpleElement {
    public static var simpleTypeName: String { "[\(Element.simpleTypeName)]" }
    public static var _isReference: Bool { true }

    public func _encode(to writer: inout ValueWriter) throws(CallError) {
        let kind = Element._isReference ? ObjectKind.bufferRefs : ObjectKind.bufferRaw
        var maker = ValueWriter()
        maker.put(integer: UInt64(Element._size), size: 8)
        maker.put(integer: kind.rawValue, size: 8)
        maker.put(integer: UInt64(count), size: 8)
        maker.put(integer: UInt64(count), size: 8)
        guard let entry = runtimeAddress(of: .arrayNew) else { throw .outOfMemory }
        try check(maker.perform(entry))
        guard let array = UnsafeMutableRawPointer(bitPattern: UInt(maker.call.integer_results.0)) else { throw .outOfMemory }
        // `writer` may be memory that the collector does not know yet: the array must be seen on the stack until the end.
        try withExtendedLifetime(array) { () throws(CallError) in
            if let data = array.load(fromByteOffset: Int(ObjectLayout.arrayData), as: UnsafeMutableRawPointer?.self) {
                var elements = ValueWriter(memory: data)
                for element in self { try element._encode(to: &elements) }
            }
        }
        writer.put(integer: UInt64(UInt(bitPattern: array)), size: 8)
    }

    public static func _encodeAbsent(to writer: inout ValueWriter) { writer.put(integer: 0, size: 8) }

    public static func _decode(from reader: inout ValueReader) -> [Element] {
        guard let array = UnsafeMutableRawPointer(bitPattern: UInt(reader.nextInteger(size: 8))),
            let data = array.load(fromByteOffset: Int(ObjectLayout.arrayData), as: UnsafeRawPointer?.self)
        else { return [] }
        let count = array.load(fromByteOffset: Int(ObjectLayout.arrayLength), as: Int.self)
        var elements = ValueReader(memory: data)
        var result: [Element] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(Element._decode(from: &elements)) }
        return result
    }
}

extension Optional: SimpleValue where Wrapped: SimpleValue {
    public static var simpleTypeName: String { "Option[\(Wrapped.simpleTypeName)]" }
    /// An Option of an Option has a tag.
    public static var _isReference: Bool { false }

    public func _encode(to writer: inout ValueWriter) throws(CallError) {
        if !Wrapped._isReference { writer.put(integer: self == nil ? 0 : 1, size: 1) }
        switch self {
        case nil: Wrapped._encodeAbsent(to: &writer)
        case let value?: try value._encode(to: &writer)
        }
    }

    public static func _encodeAbsent(to writer: inout ValueWriter) {
        if !Wrapped._isReference { writer.put(integer: 0, size: 1) }
        Wrapped._encodeAbsent(to: &writer)
    }

    public static func _decode(from reader: inout ValueReader) -> Wrapped? {
        if Wrapped._isReference {
            var ahead = reader
            if ahead.nextInteger(size: 8) == 0 {
                reader = ahead
                return nil
            }
            return Wrapped._decode(from: &reader)
        }
        let isSome = reader.nextInteger(size: 1) & 0xFF != 0
        let value = Wrapped._decode(from: &reader)
        return isSome ? value : nil
    }
}

/// Throws what ended a call that should have returned.
func check(_ end: CallEnd) throws(CallError) {
    switch end {
    case .returned: return
    case .exited(let code): throw .exited(code)
    case .panicked(let code, let report): throw .panicked(Panic(number: code, report: report))
    case .outputFailed(let code): throw .outputFailed(code)
    }
}

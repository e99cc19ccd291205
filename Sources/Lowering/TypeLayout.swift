// How values of each type are taken apart: the one place that decides leaves and memory layout.
//
// A value is a row of scalar leaves. In SSA form each leaf is a MIR value; in memory (array elements, globals) the
// leaves follow each other with natural alignment, and the whole is padded to its strictest leaf.

internal import HIR
internal import MIR
internal import Support

/// The layout of one type.
struct TypeLayout {
    /// What is known of the type, as bits of `flags`.
    static let known: UInt8 = 1
    /// Some leaf is a reference.
    static let hasReferences: UInt8 = 2
    /// Some part is an array, so that the value's text can change after it was evaluated.
    static let isMutable: UInt8 = 4
    /// Some part is a float, so that `<` and the total order differ.
    static let hasFloats: UInt8 = 8
    /// An Option without a tag: `None` is the null reference.
    static let isNullable: UInt8 = 16
    /// Layout in progress; met again only in a type that contains itself.
    static let inProgress: UInt8 = 32
    /// With `isNullable`: the reference is to a box that holds the payload's leaves. Such are the Options that contain
    /// themselves. A box is never written after it was made, so that sharing it is copying it.
    static let isBoxed: UInt8 = 64

    /// The leaves are `leafTypes[leafStart..<leafStart + leafCount]`, their places in memory `leafOffsets[…]`.
    var leafStart: UInt32 = 0
    var leafCount: UInt32 = 0
    /// The parts (elements of a tuple, fields of a struct, payload of an Option, the four of a Range) in `parts`.
    var partStart: UInt32 = 0
    var partCount: UInt32 = 0
    /// Size in bytes of the value as array element, padding included; at least 1.
    var stride: UInt32 = 1
    var alignment: UInt32 = 1
    var flags: UInt8 = 0

    var count: Int { Int(leafCount) }
    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

/// One part of an aggregate.
struct TypePart {
    var type: TypeID
    /// Index of its first leaf among the leaves of the whole.
    var firstLeaf: UInt32
}

/// The layouts of all types that the module at hand has asked for.
struct TypeLayoutTable {
    /// The most leaves that a value may have. Each copy of a value is a load and a store per leaf.
    static let maximumLeaves = 4096
    /// The first type met that has more. Its layout is cut off, and only good enough to go on with.
    private(set) var oversized: TypeID?
    private var layouts: ContiguousArray<TypeLayout> = []
    /// The types of `layouts`.
    private(set) var types: ContiguousArray<TypeID> = []
    /// By type: place in `layouts`, + 1. Of all the tables only this one has a word for each of the program's types.
    private var places: ContiguousArray<UInt32> = []
    private(set) var leafTypes: ContiguousArray<MIRType> = []
    /// Byte offset of each leaf from the start of the value in memory.
    private(set) var leafOffsets: ContiguousArray<UInt32> = []
    private(set) var parts: ContiguousArray<TypePart> = []

    /// The layout of `type`, a type without type parameters.
    @inline(__always)
    mutating func layout(_ type: TypeID, _ program: inout HIRProgram) -> TypeLayout {
        if type.index < places.count, places[type.index] != 0 {
            let layout = layouts[place(type)]
            if layout.flags & TypeLayout.known != 0 { return layout }
        }
        return compute(type, &program)
    }

    @inline(__always)
    private func place(_ type: TypeID) -> Int { Int(places[type.index]) - 1 }

    /// Part `i` of the aggregate with this layout.
    @inline(__always)
    func part(_ layout: TypeLayout, _ i: Int) -> TypePart { parts[Int(layout.partStart) + i] }

    @inline(never)
    private mutating func compute(_ type: TypeID, _ program: inout HIRProgram) -> TypeLayout {
        let missing = program.types.entries.count - places.count
        if missing > 0 { places.append(contentsOf: repeatElement(0, count: missing)) }
        // A type that contains itself has no finite row of leaves; the checker rejects it before.
        precondition(places[type.index] == 0, "a value type contains itself")
        var result = TypeLayout()
        result.flags = TypeLayout.inProgress
        layouts.append(result)
        types.append(type)
        places[type.index] = UInt32(truncatingIfNeeded: layouts.count)

        result.flags = 0
        var leaves: [MIRType] = []
        switch program.types.kind(type) {
        case .error, .never, .nilType, .parameter, .variable: break
        case .bool, .i8, .u8: leaves = [.i8]
        case .i16, .u16: leaves = [.i16]
        case .char, .i32, .u32: leaves = [.i32]
        case .i64, .u64: leaves = [.i64]
        case .f32:
            leaves = [.f32]
            result.flags |= TypeLayout.hasFloats
        case .f64:
            leaves = [.f64]
            result.flags |= TypeLayout.hasFloats
        case .str, .function: leaves = [.ref]
        case .array:
            leaves = [.ref]
            result.flags |= TypeLayout.isMutable
            // Ordering arrays orders their elements. An element type with parts is not looked into, because it may
            // contain this very array type; two orders where one would do are no harm.
            let element = program.types.argument(type, 0)
            if element > .str || program.types.isFloat(element) { result.flags |= TypeLayout.hasFloats }
        case .range:
            let element = program.types.argument(type, 0)
            addParts([element, element, .i64, .bool], &result, &leaves, &program)
        case .tuple:
            addParts(Array(program.types.arguments(type)), &result, &leaves, &program)
        case .structure:
            let count = program.structs[Int(program.types.payload(type))].fieldTypes.count
            var fields: [TypeID] = []
            for i in 0..<count { fields.append(program.fieldType(type, i)) }
            addParts(fields, &result, &leaves, &program)
        case .option:
            let payload = program.types.argument(type, 0)
            if containsItself(type, &program) {
                leaves = [.ref]
                // What the payload holds is not asked, as that may be this very type; see there about orders. A text
                // written in order where another would do is no harm either.
                result.flags |=
                    TypeLayout.isNullable | TypeLayout.isBoxed | TypeLayout.isMutable | TypeLayout.hasFloats
                break
            }
            let inner = layout(payload, &program)
            let kind = program.types.kind(payload)
            if kind == .str || kind == .array || kind == .function {
                addParts([payload], &result, &leaves, &program)
                result.flags |= TypeLayout.isNullable
            } else {
                leaves = [.i8]
                addParts([payload], &result, &leaves, &program)
            }
            result.flags |= inner.flags & (TypeLayout.isMutable | TypeLayout.hasFloats)
        }

        if leaves.count > Self.maximumLeaves {
            oversized = oversized ?? type
            leaves.removeLast(leaves.count - Self.maximumLeaves)
            for i in 0..<Int(result.partCount) {
                let part = parts[Int(result.partStart) + i]
                if Int(part.firstLeaf) + layouts[place(part.type)].count > leaves.count {
                    parts[Int(result.partStart) + i].firstLeaf = 0
                }
            }
        }
        result.leafStart = UInt32(leafTypes.count)
        result.leafCount = UInt32(leaves.count)
        var size: UInt32 = 0
        for leaf in leaves {
            let width = UInt32(leaf.size)
            size = (size + width - 1) / width * width
            leafTypes.append(leaf)
            leafOffsets.append(size)
            size += width
            result.alignment = max(result.alignment, width)
            if leaf == .ref { result.flags |= TypeLayout.hasReferences }
        }
        result.stride = max(1, (size + result.alignment - 1) / result.alignment * result.alignment)
        result.flags |= TypeLayout.known
        layouts[place(type)] = result
        return result
    }

    /// `true` iff a value of `option` lies inside its payload, arrays and functions left out. Every circle of types goes
    /// through such an Option (the checker refused others), so the rest have finite rows of leaves.
    private func containsItself(_ option: TypeID, _ program: inout HIRProgram) -> Bool {
        if !mentionsRecursiveStruct(option, program) { return false }
        var seen: Set<TypeID> = []
        var work = [program.types.argument(option, 0)]
        while let type = work.popLast() {
            if type == option { return true }
            switch program.types.kind(type) {
            case .tuple, .option, .structure: if !seen.insert(type).inserted { continue }
            default: continue
            }
            if program.types.kind(type) == .structure {
                for i in program.structs[Int(program.types.payload(type))].fieldTypes.indices {
                    work.append(program.fieldType(type, i))
                }
            } else {
                work.append(contentsOf: program.types.arguments(type))
            }
        }
        return false
    }
    private func mentionsRecursiveStruct(_ type: TypeID, _ program: HIRProgram) -> Bool {
        switch program.types.kind(type) {
        case .structure where program.structs[Int(program.types.payload(type))].isRecursive: return true
        case .structure, .tuple, .option:
            for i in 0..<program.types.count(type)
            where mentionsRecursiveStruct(program.types.argument(type, i), program) { return true }
            return false
        default: return false
        }
    }

    private mutating func addParts(
        _ types: [TypeID], _ result: inout TypeLayout, _ leaves: inout [MIRType], _ program: inout HIRProgram
    ) {
        var made: [TypePart] = []
        made.reserveCapacity(types.count)
        for type in types {
            let part = layout(type, &program)
            made.append(TypePart(type: type, firstLeaf: UInt32(leaves.count)))
            for i in 0..<part.count { leaves.append(leafTypes[Int(part.leafStart) + i]) }
            result.flags |= part.flags & (TypeLayout.isMutable | TypeLayout.hasFloats)
        }
        result.partStart = UInt32(parts.count)
        result.partCount = UInt32(made.count)
        parts.append(contentsOf: made)
    }
}

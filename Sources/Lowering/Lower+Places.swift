// Places: locals, globals, array elements, and fields of them; reading, assignment, augmented assignment.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

/// A place whose sub-expressions are evaluated: a row of leaves inside a root.
struct Place {
    enum Root: UInt8 { case local, global, element }
    var root: Root
    /// Type of the root: of the variable, or of the array's elements.
    var rootType: TypeID
    /// Type of the place itself.
    var type: TypeID
    /// The place's leaves are these of the root's.
    var firstLeaf: Int
    var count: Int
    /// Raw `LocalID` or `GlobalID`.
    var variable: UInt32 = 0
    /// A read of the global must be checked (P014).
    var isChecked = false
    /// The array, and the index as an i64.
    var array = ValueID.none
    var index = ValueID.none
    /// The index has an unsigned type: it never counts from the end.
    var isUnsigned = false
    /// Once the element was found and nothing can have moved it: its index from the front and the array's data.
    var found = ValueID.none
    var data = ValueID.none
    /// Where a bad index is reported.
    var position: UInt32 = 0
}

extension Lowerer {
    /// The node is a place (and not a part of a temporary value, or of a str).
    func isPlace(_ id: ExprID) -> Bool {
        var id = id
        while true {
            let e = body.exprs[id.index]
            switch e.kind.placeForm {
            case .variable: return true
            case .part: id = e.exprA
            case .element: return isArray(body[e.exprA].type)
            case .none: return false
            }
        }
    }
    /// `type`, perhaps a type parameter, is an array here.
    private func isArray(_ type: TypeID) -> Bool {
        switch program.types.kind(type) {
        case .array: return true
        case .parameter:
            let index = Int(program.types.payload(type))
            return isInstance && index < typeArguments.count && program.types.kind(typeArguments[index]) == .array
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str,
            .tuple, .range, .option, .function, .structure, .variable:
            return false
        }
    }

    /// Evaluates the sub-expressions of a place.
    mutating func place(_ id: ExprID) -> Place {
        let e = body.exprs[id.index]
        switch e.kind.placeForm {
        case .variable where e.kind == .local:
            let type = concrete(body.locals[Int(e.a)].type)
            return Place(
                root: .local, rootType: type, type: type, firstLeaf: 0, count: leafCount(type), variable: e.a)
        case .variable:
            let type = concrete(e.type)
            return Place(
                root: .global, rootType: type, type: type, firstLeaf: 0, count: leafCount(type), variable: e.a,
                isChecked: e.flags & HIRExpr.checkInitialised != 0, position: e.position)
        case .part:
            var result = place(e.exprA)
            let index = e.kind == .deferredField ? fieldIndex(result.type, NameID(rawValue: e.c)) : Int(e.b)
            let part = layouts.part(layout(result.type), index)
            result.firstLeaf += Int(part.firstLeaf)
            result.count = leafCount(part.type)
            result.type = part.type
            return result
        case .element:
            let type = program.types.argument(concrete(body[e.exprA].type), 0)
            var result = Place(root: .element, rootType: type, type: type, firstLeaf: 0, count: leafCount(type))
            result.array = value(e.exprA)
            let indexType = concrete(body[e.exprB].type)
            let index = value(e.exprB)
            result.index = extendToI64(index, indexType)
            result.isUnsigned = !program.types.isSigned(indexType)
            result.position = e.position
            return result
        case .none: preconditionFailure("a temporary value is no place")
        }
    }

    /// The position of the field `name` in the struct `type` (of a body whose struct was a type parameter).
    mutating func fieldIndex(_ type: TypeID, _ name: NameID) -> Int {
        if program.types.kind(type) == .structure {
            let names = program.structs[Int(program.types.payload(type))].fieldNames
            if let index = names.firstIndex(of: name) { return index }
        }
        preconditionFailure("an instance was made for a type without the field")
    }

    /// Pushes the leaves of a place.
    mutating func readPlace(_ place: inout Place) {
        switch place.root {
        case .local: readLocal(Int(place.variable), place.rootType, place.firstLeaf, place.count)
        case .global: readGlobal(&place)
        case .element:
            findElement(&place)
            loadElement(place.rootType, place.data, place.found, place.firstLeaf, place.count)
        }
    }

    /// Stores the leaves from `stack[base]` to a place.
    mutating func writePlace(_ place: inout Place, _ base: Int) {
        switch place.root {
        case .local: writeLocal(Int(place.variable), place.rootType, place.firstLeaf, place.count, base)
        case .global: writeGlobal(place, base)
        case .element:
            findElement(&place)
            storeElement(place.rootType, place.data, place.found, place.firstLeaf, place.count, base)
        }
    }

    /// Checks the index and loads the data pointer, unless that was done.
    private mutating func findElement(_ place: inout Place) {
        if place.found.exists { return }
        builder.position = place.position
        place.found = checkedIndex(place.array, place.index, isUnsigned: place.isUnsigned)
        place.data = builder.load(.ptr, place.array, offset: ObjectLayout.arrayData, .arrayData)
    }

    // MARK: - Nodes

    mutating func assign(_ e: HIRExpr) {
        var target = place(e.exprA)
        let base = stack.count
        push(e.exprB, target.count)
        builder.position = e.position
        if target.root == .element { target.position = body[e.exprA].position }
        writePlace(&target, base)
        stack.removeLast(stack.count - base)
    }

    mutating func compoundAssign(_ e: HIRExpr) {
        var target = place(e.exprA)
        let base = stack.count
        readPlace(&target)
        let left = stack.count > base ? stack[base] : .none
        let rightType = concrete(body[e.exprB].type)
        let right = value(e.exprB)
        // The right side may have moved or shrunk the array.
        if target.root == .element, !isSimple(e.exprB) { target.found = .none }
        builder.position = e.position
        let operation = HIRBinary(rawValue: e.op) ?? .add
        stack.removeLast(stack.count - base)
        let result = operate(operation, target.type, left, rightType, right)
        stack.append(result)
        builder.position = e.position
        writePlace(&target, base)
        stack.removeLast(stack.count - base)
    }

    /// Evaluating the expression changes no array: it is made of constants, variables and operators on scalars.
    private func isSimple(_ id: ExprID) -> Bool {
        let e = body.exprs[id.index]
        switch e.kind {
        case .intConstant, .floatConstant, .boolConstant, .charConstant, .stringConstant, .nilConstant, .noneConstant,
            .local, .global:
            return true
        case .unary, .cast, .field, .tupleElement: return isSimple(e.exprA)
        case .binary, .compare, .index: return isSimple(e.exprA) && isSimple(e.exprB)
        default: return false
        }
    }

    /// Reads a global, or a part of a place or of a value.
    mutating func pushMember(_ id: ExprID, _ e: HIRExpr) {
        if isPlace(id) {
            var place = place(id)
            builder.position = e.position
            readPlace(&place)
            return
        }
        let index = Int(e.b)
        pushPart(index, of: e.exprA)
    }

    mutating func pushDeferredField(_ id: ExprID, _ e: HIRExpr) {
        if isPlace(id) { return pushMember(id, e) }
        let index = fieldIndex(concrete(body[e.exprA].type), NameID(rawValue: e.c))
        pushPart(index, of: e.exprA)
    }

    /// Evaluates an aggregate and keeps one part of it.
    private mutating func pushPart(_ index: Int, of id: ExprID) {
        let type = concrete(body[id].type)
        let layout = self.layout(type)
        let base = stack.count
        push(id, layout.count)
        if program.types.kind(type) == .never { return }
        let part = layouts.part(layout, index)
        let count = leafCount(part.type)
        for i in 0..<count { stack[base + i] = stack[base + Int(part.firstLeaf) + i] }
        stack.removeLast(stack.count - base - count)
    }

    /// `a[i]` of an array or str, as a value.
    mutating func pushIndex(_ id: ExprID, _ e: HIRExpr) {
        let container = concrete(body[e.exprA].type)
        if program.types.kind(container) == .array {
            var place = place(id)
            readPlace(&place)
            return
        }
        let text = value(e.exprA)
        let type = concrete(body[e.exprB].type)
        let index = value(e.exprB)
        builder.position = e.position
        if type == .u64 {
            // Beyond the greatest i64 the runtime could not name the index.
            let length = builder.load(.i64, text, offset: ObjectLayout.stringCharCount, .immutable)
            builder.checkBounds(index, length, .unsignedString)
            stack.append(runtime(.stringIndex, text, index))
            return
        }
        stack.append(runtime(.stringIndex, text, stringPosition(index, type)))
    }
}

// Arrays: literals, element access, slices, membership. The object's fields are read inline; growth is the runtime's.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    // MARK: - Element access

    mutating func arrayLength(_ array: ValueID) -> ValueID {
        builder.load(.i64, array, offset: ObjectLayout.arrayLength, .arrayLength)
    }
    mutating func arrayData(_ array: ValueID) -> ValueID {
        builder.load(.ptr, array, offset: ObjectLayout.arrayData, .arrayData)
    }

    /// The index (i64) counted from the front; traps P008 if it is out of range.
    mutating func checkedIndex(_ array: ValueID, _ index: ValueID, isUnsigned: Bool) -> ValueID {
        let length = arrayLength(array)
        // A u64 of 2^63 and more is negative here and fails the unsigned check, as it must.
        let isFromFront = isUnsigned || (builder.constant(index) ?? -1) >= 0
        if isFromFront {
            builder.checkBounds(index, length, builder.constant(index) == nil ? .unsignedArray : .array)
            return index
        }
        return builder.checkIndex(index, length, .array)
    }

    /// The alias class of elements' leaves of this type.
    private func elementClass(_ type: MIRType) -> AliasClass {
        switch type {
        case .i8: .element8
        case .i16: .element16
        case .i32: .element32
        case .f32: .elementF32
        case .f64: .elementF64
        case .ref: .elementRef
        default: .element64
        }
    }

    /// Index and scale for addressing elements of this stride: strides other than 1, 2, 4 and 8 are a multiple of one.
    private mutating func scaled(_ index: ValueID, _ stride: UInt32) -> (index: ValueID, scale: Int) {
        let scale = min(8, UInt32(1) << UInt32(stride.trailingZeroBitCount))
        if stride == scale { return (index, Int(scale)) }
        let factor = builder.iconst(.i64, Int64(stride / scale))
        return (builder.binary(.multiply, index, factor), Int(scale))
    }

    /// Pushes leaves `first..<first + count` of the element at `index`, which is in range.
    mutating func loadElement(_ type: TypeID, _ data: ValueID, _ index: ValueID, _ first: Int, _ count: Int) {
        if count == 0 { return }
        let layout = self.layout(type)
        let (index, scale) = scaled(index, layout.stride)
        for i in first..<first + count {
            let leaf = Int(layout.leafStart) + i
            let leafType = layouts.leafTypes[leaf]
            stack.append(
                builder.loadIndexed(
                    leafType, data, index, scale: scale, offset: Int64(layouts.leafOffsets[leaf]),
                    elementClass(leafType)))
        }
    }

    /// Stores `stack[base...]` to leaves `first..<first + count` of the element at `index`, which is in range.
    mutating func storeElement(
        _ type: TypeID, _ data: ValueID, _ index: ValueID, _ first: Int, _ count: Int, _ base: Int
    ) {
        if count == 0 { return }
        let layout = self.layout(type)
        let (index, scale) = scaled(index, layout.stride)
        for i in 0..<count {
            let leaf = Int(layout.leafStart) + first + i
            builder.storeIndexed(
                stack[base + i], data, index, scale: scale,
                offset: Int32(truncatingIfNeeded: layouts.leafOffsets[leaf]), elementClass(layouts.leafTypes[leaf]))
        }
    }

    // MARK: - Descriptors

    /// How the collector scans elements of `type`, as the i64 that array entries of the runtime take.
    mutating func elementDescriptor(_ type: TypeID) -> ValueID {
        let layout = self.layout(type)
        if !layout.has(TypeLayout.hasReferences) {
            return builder.iconst(.i64, Int64(ObjectKind.bufferRaw.rawValue))
        }
        var isAllReferences = true
        for i in 0..<layout.count where layouts.leafTypes[Int(layout.leafStart) + i] != .ref { isAllReferences = false }
        if isAllReferences { return builder.iconst(.i64, Int64(ObjectKind.bufferRefs.rawValue)) }
        let address = builder.symbolAddress(descriptor(type, layout))
        return builder.convert(.bitcast, .i64, address)
    }

    private mutating func descriptor(_ type: TypeID, _ layout: TypeLayout) -> SymbolID {
        if let known = descriptorSymbols[type] { return known }
        let symbol = addDescriptor("simple.element[", type, layout, header: 0)
        descriptorSymbols[type] = symbol
        return symbol
    }

    /// The descriptor of a box with a value of `type`.
    mutating func boxDescriptor(_ type: TypeID, _ layout: TypeLayout) -> SymbolID {
        if let known = boxDescriptorSymbols[type] { return known }
        let symbol = addDescriptor("simple.box[", type, layout, header: Int(ObjectLayout.headerSize))
        boxDescriptorSymbols[type] = symbol
        return symbol
    }

    /// Adds the descriptor of memory that holds a value of `type` behind `header` bytes; without a header it describes
    /// an element.
    private mutating func addDescriptor(_ prefix: String, _ type: TypeID, _ layout: TypeLayout, header: Int) -> SymbolID {
        var name = prefix
        program.spellForLinking(type, &name)
        name += "]"
        let symbol = module.addSymbol(Symbol(name: name, kind: .data, linkage: .local))
        let size = header + Int(layout.stride)
        let words = size / 8
        var bitmap = [UInt64](repeating: 0, count: (words + 63) / 64)
        for i in 0..<layout.count where layouts.leafTypes[Int(layout.leafStart) + i] == .ref {
            let word = (header + Int(layouts.leafOffsets[Int(layout.leafStart) + i])) / 8
            bitmap[word / 64] |= 1 << UInt64(word % 64)
        }
        var bytes = ByteWriter(capacity: 16 + bitmap.count * 8)
        bytes.write(UInt32(size))
        bytes.write(UInt32(header > 0 ? 0 : 1))
        bytes.write(UInt32(words))
        bytes.write(UInt32(0))
        for word in bitmap { bytes.write(word) }
        module.data.append(
            DataObject(symbol: symbol, section: .readOnly, alignment: 8, bytes: bytes.bytes, size: bytes.count))
        return symbol
    }

    /// A new array of `length` zeroed elements.
    mutating func newArray(_ element: TypeID, length: ValueID, capacity: ValueID) -> ValueID {
        let size = builder.iconst(.i64, Int64(layout(element).stride))
        let descriptor = elementDescriptor(element)
        return runtime(.arrayNew, size, descriptor, length, capacity)
    }

    // MARK: - Literals

    mutating func makeArray(_ e: HIRExpr) -> ValueID {
        let element = program.types.argument(concrete(e.type), 0)
        let list = e.listB
        let count = body.count(list)
        for i in 0..<count where body[body.expr(list, i)].kind == .spread { return makeSpreadArray(e, element) }
        if count >= 4, let data = constantElements(list, element) {
            builder.position = e.position
            let size = builder.iconst(.i64, Int64(layout(element).stride))
            let descriptor = builder.iconst(.i64, Int64(ObjectKind.bufferRaw.rawValue))
            let length = builder.iconst(.i64, Int64(count))
            let address = builder.symbolAddress(data)
            return runtime(.arrayFromData, size, descriptor, length, address)
        }
        // All elements are evaluated before the array exists: an element that panics or returns leaves nothing behind.
        let base = stack.count
        let width = leafCount(element)
        for i in 0..<count { push(body.expr(list, i), width) }
        builder.position = e.position
        let length = builder.iconst(.i64, Int64(count))
        let array = newArray(element, length: length, capacity: length)
        if count > 0, width > 0 {
            let data = arrayData(array)
            for i in 0..<count {
                let index = builder.iconst(.i64, Int64(i))
                storeElement(element, data, index, 0, width, base + i * width)
            }
        }
        stack.removeLast(stack.count - base)
        return array
    }

    /// Read-only data with the elements, if all are number, bool or char constants.
    private mutating func constantElements(_ list: HIRList, _ element: TypeID) -> SymbolID? {
        let count = body.count(list)
        for i in 0..<count {
            switch body[body.expr(list, i)].kind {
            case .intConstant, .floatConstant, .boolConstant, .charConstant: break
            default: return nil
            }
        }
        let leaf = leafType(element)
        var bytes = ByteWriter(capacity: count * leaf.size)
        for i in 0..<count {
            let e = body[body.expr(list, i)]
            let bits = UInt64(e.b) << 32 | UInt64(e.a)
            switch leaf {
            case .f64, .f32:
                let isUnsigned = e.flags & 1 != 0
                if leaf == .f64 {
                    let number: Double =
                        e.kind == .floatConstant
                        ? Double(bitPattern: bits) : isUnsigned ? Double(bits) : Double(Int64(bitPattern: bits))
                    bytes.write(number.bitPattern)
                } else {
                    let number: Float =
                        e.kind == .floatConstant
                        ? (e.flags & HIRExpr.hasSingle != 0 ? Float(bitPattern: e.c) : Float(Double(bitPattern: bits))) : isUnsigned ? Float(bits) : Float(Int64(bitPattern: bits))
                    bytes.write(number.bitPattern)
                }
            case .i8: bytes.write(UInt8(truncatingIfNeeded: e.a))
            case .i16: bytes.write(UInt16(truncatingIfNeeded: e.a))
            case .i32: bytes.write(e.a)
            default: bytes.write(bits)
            }
        }
        let symbol = module.addSymbol(
            Symbol(name: "simple.elements.\(module.data.count)", kind: .data, linkage: .local))
        module.data.append(
            DataObject(symbol: symbol, section: .readOnly, alignment: 8, bytes: bytes.bytes, size: bytes.count))
        return symbol
    }

    /// A literal with `*spread` elements: grown piece by piece, in source order.
    private mutating func makeSpreadArray(_ e: HIRExpr, _ element: TypeID) -> ValueID {
        builder.position = e.position
        let zero = builder.iconst(.i64, 0)
        let array = newArray(element, length: zero, capacity: zero)
        let width = leafCount(element)
        for i in 0..<body.count(e.listB) {
            let item = body.expr(e.listB, i)
            if body[item].kind == .spread {
                let source = body[item].exprA
                let type = concrete(body[source].type)
                if type == .never {
                    effect(source)
                } else if program.types.kind(type) == .array {
                    let other = value(source)
                    builder.position = e.position
                    _ = runtime(.arrayExtend, array, other)
                } else {
                    spreadOther(source, type, element, array)
                }
            } else {
                let base = stack.count
                push(item, width)
                builder.position = e.position
                appendElement(element, array, base)
                stack.removeLast(stack.count - base)
            }
        }
        return array
    }

    /// Appends the elements of a Range or str.
    private mutating func spreadOther(_ source: ExprID, _ type: TypeID, _ element: TypeID, _ array: ValueID) {
        let base = stack.count
        push(source, leafCount(type))
        defer { stack.removeLast(stack.count - base) }
        let isRange = program.types.kind(type) == .range
        let text = stack[base]
        let length: ValueID
        if isRange {
            length = rangeLength(rangeLeaves(base), element)
        } else {
            length = builder.load(.i64, text, offset: ObjectLayout.stringCharCount, .immutable)
        }
        let loop = beginLoop(to: length)
        let start = stack.count
        if isRange {
            let range = rangeLeaves(base)
            let distance = builder.binary(.multiply, loop.current, range.step)
            stack.append(rangeElement(range, element, distance: distance))
        } else {
            stack.append(runtime(.stringIndex, text, loop.current))
        }
        appendElement(element, array, start)
        stack.removeLast(stack.count - start)
        endLoop(loop)
    }

    /// Appends the element `stack[base...]`: a store if there is room.
    mutating func appendElement(_ element: TypeID, _ array: ValueID, _ base: Int) {
        let length = arrayLength(array)
        let capacity = builder.load(.i64, array, offset: ObjectLayout.arrayCapacity, .arrayCapacity)
        let isFull = builder.icmp(.greaterEqualS, length, capacity)
        let grow = builder.createBlock()
        let store = builder.createBlock()
        builder.branch(isFull, to: grow, else: store)
        builder.seal(grow)
        builder.switchTo(grow)
        _ = runtime(.arrayGrow, array)
        builder.jump(to: store)
        builder.seal(store)
        builder.switchTo(store)
        let data = arrayData(array)
        storeElement(element, data, length, 0, leafCount(element), base)
        let one = builder.iconst(.i64, 1)
        let longer = builder.binary(.add, length, one)
        builder.store(longer, array, offset: ObjectLayout.arrayLength, .arrayLength)
    }

    // MARK: - Slices

    mutating func slice(_ e: HIRExpr) -> ValueID {
        let type = concrete(body[e.exprA].type)
        let sliced = value(e.exprA)
        var flags: Int64 = 0
        let zero = builder.iconst(.i64, 0)
        var bounds = [zero, zero, builder.iconst(.i64, 1)]
        for i in 0..<3 {
            let bound = body.expr(e.listB, i)
            guard bound.exists else { continue }
            let boundType = concrete(body[bound].type)
            let number = value(bound)
            bounds[i] = stringPosition(number, boundType)
            if i < 2 { flags |= Int64(1 << i) }
        }
        builder.position = e.position
        let given = builder.iconst(.i32, flags)
        return runtime(
            program.types.kind(type) == .array ? .arraySlice : .stringSlice, sliced, bounds[0], bounds[1], bounds[2],
            given)
    }

    /// A position (of any integer type) as i64; a u64 beyond i64 stays beyond every end.
    mutating func stringPosition(_ number: ValueID, _ type: TypeID) -> ValueID {
        let wide = extendToI64(number, type)
        guard type == .u64 else { return wide }
        let isGreat = compare(.lessS, wide, 0)
        let greatest = builder.iconst(.i64, Int64.max)
        return builder.select(isGreat, greatest, wide)
    }

    mutating func sliceByRange(_ e: HIRExpr) -> ValueID {
        let type = concrete(body[e.exprA].type)
        let rangeType = concrete(body[e.exprB].type)
        let sliced = value(e.exprA)
        let base = stack.count
        push(e.exprB, 4)
        let range = rangeLeaves(base)
        stack.removeLast(stack.count - base)
        builder.position = e.position
        let element = program.types.kind(rangeType) == .range ? program.types.argument(rangeType, 0) : .i64
        let start = stringPosition(range.start, element)
        let end = stringPosition(range.end, element)
        // `..=e` is `e + 1` upwards and `e - 1` downwards. Where that would turn from the last position to the first
        // (or back), the end is left out.
        let up = goesUp(range)
        let one = builder.iconst(.i64, 1)
        let minusOne = builder.iconst(.i64, -1)
        let direction = builder.select(up, one, minusOne)
        let none = builder.iconst(.i64, 0)
        let shift = builder.select(range.inclusive, direction, none)
        let behind = builder.binary(.add, end, shift)
        let wrapsUp = or(compare(.equal, end, -1), compare(.equal, end, Int64.max))
        let wrapsDown = compare(.equal, end, 0)
        let wraps = and(range.inclusive, builder.select(up, wrapsUp, wrapsDown))
        let both = builder.iconst(.i32, 3)
        let startOnly = builder.iconst(.i32, 1)
        let given = builder.select(wraps, startOnly, both)
        return runtime(
            program.types.kind(type) == .array ? .arraySlice : .stringSlice, sliced, start, behind, range.step, given)
    }

    // MARK: - Membership

    /// `a in b`.
    mutating func contains(_ e: HIRExpr) -> ValueID {
        let elementType = concrete(body[e.exprA].type)
        let container = concrete(body[e.exprB].type)
        let base = stack.count
        if elementType == .never || container == .never {
            effect(e.exprA)
            effect(e.exprB)
            return builder.iconst(.i8, 0)
        }
        push(e.exprA, leafCount(elementType))
        push(e.exprB, leafCount(container))
        builder.position = e.position
        let found = containsValue(container, stack.count - leafCount(container), elementType, base)
        stack.removeLast(stack.count - base)
        return e.flags & 1 != 0 ? invert(found) : found
    }

    /// i8: the container `stack[containerBase...]` has the element `stack[elementBase...]`.
    mutating func containsValue(
        _ container: TypeID, _ containerBase: Int, _ elementType: TypeID, _ elementBase: Int
    ) -> ValueID {
        switch program.types.kind(container) {
        case .str:
            let needle = elementType == .char ? runtime(.stringFromChar, stack[elementBase]) : stack[elementBase]
            return runtime(.stringContains, stack[containerBase], needle)
        case .range:
            let range = rangeLeaves(containerBase)
            return rangeContains(range, program.types.argument(container, 0), stack[elementBase])
        case .array:
            let target = symbol(of: .contains, container)
            arguments.removeAll(keepingCapacity: true)
            arguments.append(stack[containerBase])
            let count = leafCount(program.types.argument(container, 0))
            for i in 0..<count { arguments.append(stack[elementBase + i]) }
            return builder.call(target, arguments, result: .i8)
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .tuple,
            .option, .function, .structure, .parameter, .variable:
            return builder.iconst(.i8, 0)
        }
    }

    /// The helper `contains`: a loop over the elements. Parameters: array, leaves of the element.
    mutating func makeContains(_ type: TypeID) {
        let element = program.types.argument(type, 0)
        let count = leafCount(element)
        let array = stack[0]
        let length = arrayLength(array)
        let data = arrayData(array)
        let next = builder.createBlock()
        let hit = builder.createBlock()
        let loop = beginLoop(to: length)
        let base = stack.count
        loadElement(element, data, loop.current, 0, count)
        let isSame = equal(element, base, 1)
        builder.branch(isSame, to: hit, else: next)
        builder.seal(next)
        builder.switchTo(next)
        endLoop(loop)
        returnFlag(0)
        builder.seal(hit)
        builder.switchTo(hit)
        returnFlag(1)
    }
}

// Hashes of values: structural, as equality is (Lower+Equality.swift), so that equal values have equal hashes. Scalars,
// tuples and structs are hashed in place; arrays and Options of references by a helper function per type.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// i64: the hash of the value at `stack[base...]`. A NaN's is any.
    mutating func hash(_ type: TypeID, _ base: Int) -> ValueID {
        switch program.types.kind(type) {
        case .error, .never, .nilType, .parameter, .variable, .function: return builder.iconst(.i64, 0)
        case .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64:
            return mixed(extendToI64(stack[base], type))
        case .f32, .f64:
            let wide = type == .f32 ? builder.convert(.floatExtend, .f64, stack[base]) : stack[base]
            // -0.0 equals 0.0.
            let zero = builder.fconst(.f64, 0)
            let isZero = builder.fcmp(.equal, wide, zero)
            let bits = builder.convert(.bitcast, .i64, wide)
            let none = builder.iconst(.i64, 0)
            return mixed(builder.select(isZero, none, bits))
        case .str: return runtime(.stringHash, stack[base])
        case .tuple, .structure, .range:
            let layout = self.layout(type)
            var result = builder.iconst(.i64, 1)
            for i in 0..<Int(layout.partCount) {
                let part = layouts.part(layout, i)
                if leafCount(part.type) == 0 { continue }
                result = combined(result, hash(part.type, base + Int(part.firstLeaf)))
            }
            return result
        case .array: return callHash(type, base)
        case .option:
            // The helper looks at a payload only if there is one; without references, the zeros of `None` do as well.
            if layout(type).has(TypeLayout.hasReferences) { return callHash(type, base) }
            return combined(extendToI64(stack[base], .u8), hash(program.types.argument(type, 0), base + 1))
        }
    }

    /// The hash of a sequence that begins with `first`, a hash, and goes on with one part's hash.
    private mutating func combined(_ first: ValueID, _ part: ValueID) -> ValueID {
        builder.binary(.add, mixed(first), part)
    }

    /// Spreads a number over all bits: a multiplication by 2^64 / golden ratio (Knuth, TAOCP 6.4) moves differences up,
    /// the shift moves them down again, where tables look.
    private mutating func mixed(_ number: ValueID) -> ValueID {
        let factor = builder.iconst(.i64, Int64(bitPattern: 0x9E37_79B9_7F4A_7C15))
        let product = builder.binary(.multiply, number, factor)
        let count = builder.iconst(.i64, 32)
        let high = builder.binary(.shiftRightU, product, count)
        return builder.binary(.xor, product, high)
    }

    private mutating func callHash(_ type: TypeID, _ base: Int) -> ValueID {
        let target = symbol(of: .hash, type)
        arguments.removeAll(keepingCapacity: true)
        for i in 0..<leafCount(type) { arguments.append(stack[base + i]) }
        return builder.call(target, arguments, result: .i64)
    }

    /// The helper `hash`, for arrays and Options.
    mutating func makeHash(_ type: TypeID) {
        let element = program.types.argument(type, 0)
        if program.types.kind(type) == .array {
            let array = stack[0]
            let length = arrayLength(array)
            let data = arrayData(array)
            let result = builder.declareVariable(type: .i64)
            builder.write(result, length)
            let loop = beginLoop(to: length)
            let base = stack.count
            loadElement(element, data, loop.current, 0, leafCount(element))
            let part = hash(element, base)
            let before = builder.read(result)
            let after = combined(before, part)
            builder.write(result, after)
            endLoop(loop)
            let value = builder.read(result)
            return builder.returnValues(CollectionOfOne(value))
        }
        let some = builder.createBlock()
        let none = builder.createBlock()
        let tag = optionTag(type, 0)
        builder.branch(tag, to: some, else: none)
        builder.seal(some)
        builder.seal(none)
        builder.switchTo(none)
        let nothing = builder.iconst(.i64, 0)
        builder.returnValues(CollectionOfOne(nothing))
        builder.switchTo(some)
        let value = hash(element, payload(type, 0))
        builder.returnValues(CollectionOfOne(mixed(value)))
    }
}

// Values as text (LANGUAGE §12.1): print, interpolation, to_string, the display helpers of aggregates.
//
// Text is put together from pieces that are collected first, with neighbouring constants merged, and written to a
// sink then. So all values are evaluated before the first is written, as print demands.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

/// A piece of text to be written.
struct TextPiece {
    enum Kind: UInt8 { case constant, value }
    var kind: Kind
    /// Debug form.
    var isDebug = false
    var hasSpec = false
    var type = TypeID.nilType
    /// Constants: range of `constantText`.
    var start: UInt32 = 0
    var end: UInt32 = 0
    /// Values: where their leaves begin on the stack.
    var base: UInt32 = 0
    /// The packed format specification (`FormatType`).
    var spec: UInt64 = 0
}

extension Lowerer {
    // MARK: - Collecting

    private mutating func addText(_ text: some Sequence<UInt8>, _ firstPiece: Int) {
        if let last = pieces.last, pieces.count > firstPiece, last.kind == .constant,
            Int(last.end) == constantText.count
        {
            constantText.append(contentsOf: text)
            pieces[pieces.count - 1].end = UInt32(constantText.count)
            return
        }
        let start = UInt32(constantText.count)
        constantText.append(contentsOf: text)
        if constantText.count == Int(start) { return }
        pieces.append(TextPiece(kind: .constant, start: start, end: UInt32(constantText.count)))
    }

    /// Evaluates an expression whose display form belongs to the text.
    private mutating func addValue(_ id: ExprID, _ firstPiece: Int) {
        if let text = constantText(of: id) { return addText(text, firstPiece) }
        let e = body.exprs[id.index]
        if e.kind == .interpolate, canBeTakenApart(e) { return addParts(e, firstPiece) }
        let type = concrete(e.type)
        let base = stack.count
        push(id, leafCount(type))
        pieces.append(TextPiece(kind: .value, type: type, base: UInt32(base)))
    }

    private mutating func addParts(_ e: HIRExpr, _ firstPiece: Int) {
        for i in 0..<body.count(e.listB) {
            let id = body.expr(e.listB, i)
            let part = body.exprs[id.index]
            guard part.kind == .format else {
                addValue(id, firstPiece)
                continue
            }
            let hasSpec = part.flags & HIRExpr.hasSpec != 0
            let isDebug = part.flags & HIRExpr.debugForm != 0
            if !hasSpec, !isDebug {
                addValue(part.exprA, firstPiece)
                continue
            }
            let type = concrete(body[part.exprA].type)
            let base = stack.count
            push(part.exprA, leafCount(type))
            pieces.append(
                TextPiece(
                    kind: .value, isDebug: isDebug, hasSpec: hasSpec, type: type, base: UInt32(base),
                    spec: UInt64(part.c) << 32 | UInt64(part.b)))
        }
    }

    /// Every part of an interpolation may be evaluated before the first is written: none is or holds an array, whose
    /// text could change in between.
    private mutating func canBeTakenApart(_ e: HIRExpr) -> Bool {
        for i in 0..<body.count(e.listB) {
            let part = body.exprs[body.expr(e.listB, i).index]
            guard part.kind == .format else { continue }
            if layout(concrete(body[part.exprA].type)).has(TypeLayout.isMutable) { return false }
        }
        return true
    }

    // MARK: - Writing

    /// Writes and drops the pieces from `firstPiece` on.
    private mutating func writePieces(_ sink: ValueID, _ firstPiece: Int) {
        for i in firstPiece..<max(firstPiece, pieces.count) { writePiece(sink, pieces[i]) }
        pieces.removeLast(pieces.count - firstPiece)
        if pieces.isEmpty { constantText.removeAll(keepingCapacity: true) }
    }

    private mutating func writePiece(_ sink: ValueID, _ piece: TextPiece) {
        if piece.kind == .constant {
            writeConstant(sink, ContiguousArray(constantText[Int(piece.start)..<Int(piece.end)]))
        } else if piece.hasSpec {
            writeFormatted(sink, piece)
        } else {
            display(sink, piece.type, Int(piece.base), isDebug: piece.isDebug)
        }
    }

    private mutating func writeConstant(_ sink: ValueID, _ text: ContiguousArray<UInt8>) {
        runtime(.sinkString, sink, constantString(text))
    }
    private mutating func writeConstant(_ sink: ValueID, _ text: String) {
        runtime(.sinkString, sink, constantString(text))
    }

    /// Writes the value `stack[base...]`.
    mutating func display(_ sink: ValueID, _ type: TypeID, _ base: Int, isDebug: Bool) {
        switch program.types.kind(type) {
        case .error, .never, .parameter, .variable: break
        case .nilType: writeConstant(sink, "nil")
        case .bool: runtime(.sinkBool, sink, stack[base])
        case .char: runtime(isDebug ? .sinkDebugChar : .sinkChar, sink, stack[base])
        case .i8, .i16, .i32, .i64: runtime(.sinkI64, sink, extendToI64(stack[base], type))
        case .u8, .u16, .u32: runtime(.sinkI64, sink, extendToI64(stack[base], type))
        case .u64: runtime(.sinkU64, sink, stack[base])
        case .f32: runtime(.sinkF32, sink, stack[base])
        case .f64: runtime(.sinkF64, sink, stack[base])
        case .str: runtime(isDebug ? .sinkDebugString : .sinkString, sink, stack[base])
        case .function: writeConstant(sink, "<fn>")
        case .tuple, .array, .range, .option, .structure:
            // Display and debug form of these are the same.
            let target = symbol(of: .display, type)
            arguments.removeAll(keepingCapacity: true)
            arguments.append(sink)
            let count = leafCount(type)
            for i in 0..<count { arguments.append(stack[base + i]) }
            builder.call(target, arguments, result: .none)
        }
    }

    /// Writes a value with a format specification.
    private mutating func writeFormatted(_ sink: ValueID, _ piece: TextPiece) {
        let base = Int(piece.base)
        let typeMask = UInt64(15) << 29
        let formatType = (piece.spec & typeMask) >> 29
        let isDebug = piece.isDebug || formatType == UInt64(FormatType.debug.rawValue)
        // Numbers know no debug form; of other values the debug text is made here.
        let spec = isDebug ? piece.spec & ~typeMask : piece.spec
        switch program.types.kind(piece.type) {
        case .never: return
        case .i8, .i16, .i32, .i64, .u8, .u16, .u32:
            if formatType != UInt64(FormatType.s.rawValue) {
                let number = extendToI64(stack[base], piece.type)
                let packed = builder.iconst(.i64, Int64(bitPattern: spec))
                runtime(.formatI64, sink, number, packed)
                return
            }
        case .u64:
            if formatType != UInt64(FormatType.s.rawValue) {
                let packed = builder.iconst(.i64, Int64(bitPattern: spec))
                runtime(.formatU64, sink, stack[base], packed)
                return
            }
        case .f64, .f32:
            if formatType != UInt64(FormatType.s.rawValue) {
                // The shortest digits of an f32 are not those of the f64 of the same value.
                let isSingle = piece.type == .f32
                let number = isSingle ? builder.convert(.floatExtend, .f64, stack[base]) : stack[base]
                let packed = builder.iconst(.i64, Int64(bitPattern: isSingle ? spec | 1 << 33 : spec))
                runtime(.formatF64, sink, number, packed)
                return
            }
        case .str:
            if !isDebug {
                let packed = builder.iconst(.i64, Int64(bitPattern: spec))
                runtime(.formatString, sink, stack[base], packed)
                return
            }
        case .error, .nilType, .bool, .char, .tuple, .array, .range, .option, .function, .structure, .parameter,
            .variable:
            break
        }
        let inner = runtime(.sinkBegin)
        display(inner, piece.type, base, isDebug: isDebug)
        let text = runtime(.sinkFinish, inner)
        let packed = builder.iconst(.i64, Int64(bitPattern: spec))
        runtime(.formatString, sink, text, packed)
    }

    // MARK: - Nodes

    /// `print` and its relatives.
    mutating func printValues(_ e: HIRExpr, newline: Bool, toError: Bool) {
        let base = stack.count
        let firstPiece = pieces.count
        for i in 0..<body.count(e.listB) {
            if i > 0 { addText(CollectionOfOne(32), firstPiece) }
            addValue(body.expr(e.listB, i), firstPiece)
        }
        if newline { addText(CollectionOfOne(10), firstPiece) }
        builder.position = e.position
        if toError {
            let sink = runtime(.sinkBegin)
            writePieces(sink, firstPiece)
            let text = runtime(.sinkFinish, sink)
            runtime(.printError, text)
        } else {
            writePieces(builder.iconst(.ref, 0), firstPiece)
        }
        stack.removeLast(stack.count - base)
    }

    mutating func interpolate(_ e: HIRExpr) -> ValueID {
        let base = stack.count
        let firstPiece = pieces.count
        defer { stack.removeLast(stack.count - base) }
        guard canBeTakenApart(e) else { return interpolateInOrder(e) }
        addParts(e, firstPiece)
        builder.position = e.position
        return finishText(firstPiece)
    }

    /// Each part is written before the next is evaluated.
    private mutating func interpolateInOrder(_ e: HIRExpr) -> ValueID {
        let sink = runtime(.sinkBegin)
        for i in 0..<body.count(e.listB) {
            let firstPiece = pieces.count
            let base = stack.count
            let id = body.expr(e.listB, i)
            let part = body.exprs[id.index]
            if part.kind == .format {
                let type = concrete(body[part.exprA].type)
                push(part.exprA, leafCount(type))
                pieces.append(
                    TextPiece(
                        kind: .value, isDebug: part.flags & HIRExpr.debugForm != 0,
                        hasSpec: part.flags & HIRExpr.hasSpec != 0, type: type, base: UInt32(base),
                        spec: UInt64(part.c) << 32 | UInt64(part.b)))
            } else {
                addValue(id, firstPiece)
            }
            builder.position = e.position
            writePieces(sink, firstPiece)
            stack.removeLast(stack.count - base)
        }
        builder.position = e.position
        return runtime(.sinkFinish, sink)
    }

    /// The str made of the pieces from `firstPiece` on.
    private mutating func finishText(_ firstPiece: Int) -> ValueID {
        let count = pieces.count - firstPiece
        if count == 0 { return constantString("") }
        if count <= 2, isPlainText(pieces[firstPiece]), isPlainText(pieces[pieces.count - 1]) {
            let first = plainText(pieces[firstPiece])
            var result = first
            if count == 2 {
                let second = plainText(pieces[firstPiece + 1])
                result = runtime(.stringConcat, first, second)
            }
            pieces.removeLast(count)
            if pieces.isEmpty { constantText.removeAll(keepingCapacity: true) }
            return result
        }
        let sink = runtime(.sinkBegin)
        writePieces(sink, firstPiece)
        return runtime(.sinkFinish, sink)
    }
    private func isPlainText(_ piece: TextPiece) -> Bool {
        piece.kind == .constant || (piece.type == .str && !piece.isDebug && !piece.hasSpec)
    }
    private mutating func plainText(_ piece: TextPiece) -> ValueID {
        if piece.kind == .constant {
            return constantString(ContiguousArray(constantText[Int(piece.start)..<Int(piece.end)]))
        }
        return stack[Int(piece.base)]
    }

    /// The text of the value `stack[base...]` as a str.
    mutating func text(_ type: TypeID, _ base: Int, isDebug: Bool) -> ValueID {
        if type == .str, !isDebug { return stack[base] }
        if type == .char, !isDebug { return runtime(.stringFromChar, stack[base]) }
        let sink = runtime(.sinkBegin)
        display(sink, type, base, isDebug: isDebug)
        return runtime(.sinkFinish, sink)
    }

    // MARK: - Helpers

    /// The helper `display`. Parameters: the sink, the leaves.
    mutating func makeDisplay(_ type: TypeID) {
        let sink = stack[0]
        let layout = self.layout(type)
        switch program.types.kind(type) {
        case .tuple:
            displayParts(sink, layout, "(", layout.partCount == 1 ? ",)" : ")") { _, _ in "" }
        case .structure:
            let structure = program.structs[Int(program.types.payload(type))]
            displayParts(sink, layout, structure.name + "(", ")") { lowerer, i in
                (lowerer.program.names[structure.fieldNames[i]] ?? "_") + ": "
            }
        case .array: displayArray(sink, type)
        case .range: displayRange(sink, program.types.argument(type, 0))
        case .option:
            let some = builder.createBlock()
            let none = builder.createBlock()
            let tag = optionTag(type, 1)
            builder.branch(tag, to: some, else: none)
            builder.seal(some)
            builder.seal(none)
            builder.switchTo(some)
            writeConstant(sink, "Some(")
            display(sink, program.types.argument(type, 0), payload(type, 1), isDebug: true)
            writeConstant(sink, ")")
            builder.returnValues(EmptyCollection<ValueID>())
            builder.switchTo(none)
            writeConstant(sink, "None")
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .str,
            .function, .parameter, .variable:
            display(sink, type, 1, isDebug: true)
        }
        builder.returnValues(EmptyCollection<ValueID>())
    }

    private mutating func displayParts(
        _ sink: ValueID, _ layout: TypeLayout, _ open: String, _ close: String, _ label: (Lowerer, Int) -> String
    ) {
        var text = open
        for i in 0..<Int(layout.partCount) {
            let part = layouts.part(layout, i)
            if i > 0 { text += ", " }
            text += label(self, i)
            writeConstant(sink, text)
            text = ""
            display(sink, part.type, 1 + Int(part.firstLeaf), isDebug: true)
        }
        writeConstant(sink, text + close)
    }

    /// `[1, 2]`. An array that is met again while its elements are shown is `[...]`.
    private mutating func displayArray(_ sink: ValueID, _ type: TypeID) {
        let element = program.types.argument(type, 0)
        let array = stack[1]
        var seen: Set<TypeID> = []
        guard reaches(element, type, &seen) else { return displayElements(sink, element, array) }
        // Meanwhile the capacity, which nothing else reads here, is inverted: negative.
        let capacity = builder.load(.i64, array, offset: ObjectLayout.arrayCapacity, .any)
        let again = builder.createBlock()
        let first = builder.createBlock()
        let isShown = compare(.lessS, capacity, 0)
        builder.branch(isShown, to: again, else: first)
        builder.seal(again)
        builder.seal(first)
        builder.switchTo(again)
        writeConstant(sink, "[...]")
        builder.returnValues(EmptyCollection<ValueID>())
        builder.switchTo(first)
        let allOnes = builder.iconst(.i64, -1)
        let inverted = builder.binary(.subtract, allOnes, capacity)
        builder.store(inverted, array, offset: ObjectLayout.arrayCapacity, .any)
        displayElements(sink, element, array)
        builder.store(capacity, array, offset: ObjectLayout.arrayCapacity, .any)
    }

    /// Values of `type` may hold arrays of type `array`.
    private mutating func reaches(_ type: TypeID, _ array: TypeID, _ seen: inout Set<TypeID>) -> Bool {
        if type == array { return true }
        if !seen.insert(type).inserted { return false }
        switch program.types.kind(type) {
        case .array, .option: return reaches(program.types.argument(type, 0), array, &seen)
        case .tuple, .structure:
            let layout = self.layout(type)
            for i in 0..<Int(layout.partCount) where reaches(layouts.part(layout, i).type, array, &seen) { return true }
            return false
        default: return false
        }
    }

    private mutating func displayElements(_ sink: ValueID, _ element: TypeID, _ array: ValueID) {
        writeConstant(sink, "[")
        let comma = builder.createBlock()
        let item = builder.createBlock()
        let loop = beginLoop(to: arrayLength(array))
        let isLater = compare(.greaterS, loop.current, 0)
        builder.branch(isLater, to: comma, else: item)
        builder.seal(comma)
        builder.switchTo(comma)
        writeConstant(sink, ", ")
        builder.jump(to: item)
        builder.seal(item)
        builder.switchTo(item)
        let base = stack.count
        loadElement(element, arrayData(array), loop.current, 0, leafCount(element))
        display(sink, element, base, isDebug: true)
        endLoop(loop)
        writeConstant(sink, "]")
    }

    /// `0..5`, `0..=5`, and with another step `range(0, 9, 2)`.
    private mutating func displayRange(_ sink: ValueID, _ element: TypeID) {
        let range = rangeLeaves(1)
        let plain = builder.createBlock()
        let stepped = builder.createBlock()
        let inclusive = builder.createBlock()
        let exclusive = builder.createBlock()
        let end = builder.createBlock()
        let isPlain = compare(.equal, range.step, 1)
        builder.branch(isPlain, to: plain, else: stepped)
        builder.seal(plain)
        builder.seal(stepped)
        builder.switchTo(plain)
        display(sink, element, 1, isDebug: true)
        builder.branch(range.inclusive, to: inclusive, else: exclusive)
        builder.seal(inclusive)
        builder.seal(exclusive)
        builder.switchTo(inclusive)
        writeConstant(sink, "..=")
        builder.jump(to: end)
        builder.switchTo(exclusive)
        writeConstant(sink, "..")
        builder.jump(to: end)
        builder.seal(end)
        builder.switchTo(end)
        display(sink, element, 2, isDebug: true)
        builder.returnValues(EmptyCollection<ValueID>())
        builder.switchTo(stepped)
        writeConstant(sink, "range(")
        display(sink, element, 1, isDebug: true)
        writeConstant(sink, ", ")
        display(sink, element, 2, isDebug: true)
        writeConstant(sink, ", ")
        display(sink, .i64, 3, isDebug: true)
        writeConstant(sink, ")")
    }

    /// The helper `digits`: writes a u64 in a radix, most significant digit first, by recursion. Parameters: sink,
    /// value, radix (2…36).
    mutating func makeDigits(_ own: SymbolID) {
        let (sink, number, radix) = (stack[0], stack[1], stack[2])
        let more = builder.createBlock()
        let last = builder.createBlock()
        let quotient = builder.binary(.divideU, number, radix)
        let product = builder.binary(.multiply, quotient, radix)
        let digit = builder.binary(.subtract, number, product)
        let hasMore = compare(.notEqual, quotient, 0)
        builder.branch(hasMore, to: more, else: last)
        builder.seal(more)
        builder.switchTo(more)
        arguments.removeAll(keepingCapacity: true)
        arguments.append(contentsOf: [sink, quotient, radix])
        builder.call(own, arguments, result: .none)
        builder.jump(to: last)
        builder.seal(last)
        builder.switchTo(last)
        let isDecimal = compare(.lessU, digit, 10)
        let zero = builder.iconst(.i64, 48)
        let letter = builder.iconst(.i64, 97 - 10)
        let offset = builder.select(isDecimal, zero, letter)
        let scalar = narrow(builder.binary(.add, digit, offset), .i32)
        runtime(.sinkChar, sink, scalar)
        builder.returnValues(EmptyCollection<ValueID>())
    }
}

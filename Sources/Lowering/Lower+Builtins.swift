// Built-in functions and methods: sorted here, numbers and text handled in the two files beside this one.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

/// The evaluated operands of a builtin: types, and where their leaves begin on the stack.
struct Operands {
    var count = 0
    var types: (TypeID, TypeID, TypeID, TypeID) = (.error, .error, .error, .error)
    var bases = (0, 0, 0, 0)
    /// Some operand does not return.
    var diverges = false

    mutating func add(_ type: TypeID, _ base: Int) {
        switch count {
        case 0: (types.0, bases.0) = (type, base)
        case 1: (types.1, bases.1) = (type, base)
        case 2: (types.2, bases.2) = (type, base)
        default: (types.3, bases.3) = (type, base)
        }
        count += 1
        if type == .never { diverges = true }
    }
}

extension Lowerer {
    mutating func pushBuiltin(_ e: HIRExpr) {
        let op = Builtin(rawValue: e.op) ?? .panic
        switch op {
        case .print: return printValues(e, newline: false, toError: false)
        case .println: return printValues(e, newline: true, toError: false)
        case .eprint: return printValues(e, newline: false, toError: true)
        case .eprintln: return printValues(e, newline: true, toError: true)
        case .assert: return lowerAssert(e)
        case .assertEqual: return lowerAssertEqual(e, negated: false)
        case .assertNotEqual: return lowerAssertEqual(e, negated: true)
        default: break
        }
        let base = stack.count
        var operands = Operands()
        for i in 0..<body.count(e.listB) { pushOperand(body.expr(e.listB, i), &operands) }
        builder.position = e.position
        finishBuiltin(op, operands, concrete(e.type), base)
    }

    mutating func pushOperand(_ id: ExprID, _ operands: inout Operands) {
        let type = concrete(body[id].type)
        let base = stack.count
        push(id, leafCount(type))
        operands.add(type, base)
    }

    /// Lowers the builtin for the operands `stack[base...]`, which the result replaces.
    mutating func finishBuiltin(_ op: Builtin, _ operands: Operands, _ result: TypeID, _ base: Int) {
        let start = stack.count
        if !operands.diverges { lowerBuiltin(op, operands, result) }
        let count = stack.count - start
        for i in 0..<count { stack[base + i] = stack[start + i] }
        stack.removeLast(stack.count - base - count)
    }

    /// The only leaf of operand 0, 1, 2.
    func first(_ operands: Operands) -> ValueID { stack[operands.bases.0] }
    func second(_ operands: Operands) -> ValueID { stack[operands.bases.1] }
    func third(_ operands: Operands) -> ValueID { stack[operands.bases.2] }

    /// Pushes the result of a builtin.
    private mutating func lowerBuiltin(_ op: Builtin, _ operands: Operands, _ result: TypeID) {
        switch op {
        case .print, .println, .eprint, .eprintln, .assert, .assertEqual, .assertNotEqual:
            preconditionFailure("lowered by pushBuiltin")
        case .panic:
            runtime(.panicMessage, first(operands))
            builder.unreachable()
        case .exit:
            runtime(.exit, extendToI64(first(operands), operands.types.0))
            builder.unreachable()
        case .input: stack.append(runtime(.input, first(operands)))
        case .arguments: stack.append(runtime(.arguments))
        case .toString: stack.append(text(operands.types.0, operands.bases.0, isDebug: false))
        case .toDebugString: stack.append(text(operands.types.0, operands.bases.0, isDebug: true))
        case .typeName: stack.append(constantString(program.typeName(operands.types.0)))
        case .min, .max: pushExtreme(op, operands)
        case .compareValues:
            stack.append(threeWay(operands.types.0, operands.bases.0, operands.bases.1, isTotal: true))

        case .hash: stack.append(hash(operands.types.0, operands.bases.0))

        case .absolute, .sign, .wrappingAdd, .wrappingSubtract, .wrappingMultiply, .wrappingNegate, .wrappingPower,
            .wrappingShiftLeft, .wrappingShiftRight, .saturatingAdd, .saturatingSubtract, .saturatingMultiply,
            .checkedAdd, .checkedSubtract, .checkedMultiply, .checkedDivide, .checkedRemainder, .checkedPower,
            .overflowingAdd, .overflowingSubtract, .overflowingMultiply, .modulo, .countOnes, .leadingZeros,
            .trailingZeros, .rotateLeft, .rotateRight, .swapBytes, .testBit, .toStringRadix:
            pushIntegerBuiltin(op, operands)
        case .floor, .ceil, .round, .roundEven, .truncate, .fraction, .squareRoot, .cubeRoot, .exp, .exp2, .ln, .log2,
            .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .power, .atan2, .hypot, .isNaN,
            .isFinite, .isInfinite, .toBits, .fromBits:
            stack.append(floatBuiltin(op, operands, result))

        case .length, .isEmpty, .byteLength: stack.append(lengthBuiltin(op, operands))

        case .ord, .charIsDigit, .charIsAlpha, .charIsAlnum, .charIsSpace, .charIsUpper, .charIsLower, .charToUpper,
            .charToLower, .chr, .charAt, .chars, .bytes, .lines, .stringContains, .startsWith, .endsWith, .find,
            .rfind, .stringIndexOf, .stringCount, .split, .splitWhitespace, .splitOnce, .joinStrings, .replace,
            .repeat, .stringReverse, .trim, .trimStart, .trimEnd, .trimChars, .stripPrefix, .stripSuffix, .upper,
            .lower, .capitalize, .title, .padLeft, .padRight, .center, .stringIsDigit, .stringIsAlpha, .stringIsAlnum,
            .stringIsSpace, .stringIsUpper, .stringIsLower, .stringIsNumeric, .stringToInt, .stringToFloat,
            .equalIgnoreCase, .fromChars:
            pushTextBuiltin(op, operands)

        case .ordOfOne:
            let length = builder.load(.i64, first(operands), offset: ObjectLayout.stringCharCount, .immutable)
            builder.trapIf(compare(.notEqual, length, 1), trapWord(.conversion, .none, .char))
            pushTextBuiltin(.ord, operands)

        case .push, .arrayClear, .arrayTruncate, .reserve, .arrayReverse, .extend, .swap, .insert:
            changeArray(op, operands)
            // The receiver, if the result is wanted.
            if program.types.kind(result) == .array { stack.append(first(operands)) }
        case .pop: pushPop(operands)
        case .removeAt:
            let array = first(operands)
            let element = program.types.argument(operands.types.0, 0)
            let wide = extendToI64(second(operands), operands.types.1)
            let index = checkedIndex(array, wide, isUnsigned: !program.types.isSigned(operands.types.1))
            loadElement(element, arrayData(array), index, 0, leafCount(element))
            runtime(.arrayRemoveAt, array, index)
        case .capacity:
            stack.append(builder.load(.i64, first(operands), offset: ObjectLayout.arrayCapacity, .arrayCapacity))
        case .arrayClone: stack.append(runtime(.arrayClone, first(operands)))
        case .filled: pushFilled(operands)
        case .requirePositive:
            let isWrong = compare(.lessS, first(operands), 1)
            builder.trapIf(isWrong, trapWord(.badArgument, .size, .none))

        case .unwrap:
            let tag = optionTag(operands.types.0, operands.bases.0)
            let some = builder.createBlock()
            let none = builder.createBlock()
            builder.branch(tag, to: some, else: none)
            builder.seal(some)
            builder.seal(none)
            builder.switchTo(none)
            runtime(.panicUnwrap, second(operands))
            builder.unreachable()
            builder.switchTo(some)
            pushPayload(operands.types.0, operands.bases.0)
        case .unwrapParsed:
            let tag = optionTag(operands.types.0, operands.bases.0)
            builder.trapIf(invert(tag), trapWord(.conversion, .none, .none))
            pushPayload(operands.types.0, operands.bases.0)
        case .isSome: stack.append(optionTag(operands.types.0, operands.bases.0))
        case .isNone: stack.append(invert(optionTag(operands.types.0, operands.bases.0)))

        case .rangeStart: stack.append(stack[operands.bases.0])
        case .rangeEnd: stack.append(stack[operands.bases.0 + 1])
        case .rangeStep: stack.append(stack[operands.bases.0 + 2])
        case .rangeReversed:
            pushReversed(rangeLeaves(operands.bases.0), program.types.argument(operands.types.0, 0))
        case .rangeStepBy: pushSteppedBy(second(operands), rangeLeaves(operands.bases.0))
        }
    }

    // MARK: - Assertions

    /// The optional message of an assertion, evaluated before it is known whether it is needed, as all arguments are;
    /// a constant is left for the cold path. `nil`: there is none.
    private mutating func assertionMessage(_ e: HIRExpr, _ index: Int) -> (constant: ExprID, value: ValueID) {
        guard body.count(e.listB) > index, body.expr(e.listB, index).exists else { return (.none, .none) }
        let id = body.expr(e.listB, index)
        if body[id].kind == .stringConstant { return (id, .none) }
        return (.none, value(id))
    }
    private mutating func messageOrNull(_ message: (constant: ExprID, value: ValueID)) -> ValueID {
        if message.constant.exists { return value(message.constant) }
        return message.value.exists ? message.value : builder.iconst(.ref, 0)
    }

    private mutating func lowerAssert(_ e: HIRExpr) {
        let holds = builder.createBlock()
        let fails = builder.createBlock()
        let tested = body.expr(e.listB, 0)
        // With a message to evaluate first, the condition has to become a value.
        var message: (constant: ExprID, value: ValueID) = (.none, .none)
        if body.count(e.listB) > 2, body.expr(e.listB, 2).exists, body[body.expr(e.listB, 2)].kind != .stringConstant {
            let flag = value(tested)
            message = assertionMessage(e, 2)
            builder.position = e.position
            builder.branch(flag, to: holds, else: fails)
        } else {
            message = assertionMessage(e, 2)
            condition(tested, holds, fails)
        }
        builder.seal(fails)
        builder.switchTo(fails)
        builder.position = e.position
        let source = value(body.expr(e.listB, 1))
        runtime(.panicAssert, source, messageOrNull(message))
        builder.unreachable()
        builder.seal(holds)
        builder.switchTo(holds)
    }

    private mutating func lowerAssertEqual(_ e: HIRExpr, negated: Bool) {
        let base = stack.count
        var operands = Operands()
        pushOperand(body.expr(e.listB, 0), &operands)
        pushOperand(body.expr(e.listB, 1), &operands)
        defer { stack.removeLast(stack.count - base) }
        if operands.diverges { return }
        let message = assertionMessage(e, 3)
        builder.position = e.position
        let holds = builder.createBlock()
        let fails = builder.createBlock()
        let isSame = equal(operands.types.0, operands.bases.0, operands.bases.1)
        builder.branch(isSame, to: negated ? fails : holds, else: negated ? holds : fails)
        builder.seal(holds)
        builder.seal(fails)
        builder.switchTo(fails)
        let source = value(body.expr(e.listB, 2))
        let left = text(operands.types.0, operands.bases.0, isDebug: true)
        let right = text(operands.types.1, operands.bases.1, isDebug: true)
        let shownMessage = messageOrNull(message)
        let kind = builder.iconst(.i32, negated ? 1 : 0)
        runtime(.panicAssertEqual, source, left, right, shownMessage, kind)
        builder.unreachable()
        builder.switchTo(holds)
    }

    // MARK: - Minimum and maximum

    private mutating func pushExtreme(_ op: Builtin, _ operands: Operands) {
        let type = operands.types.0
        let (left, right) = (operands.bases.0, operands.bases.1)
        let comparison: HIRComparison = op == .min ? .lessEqual : .greaterEqual
        if program.types.isFloat(type) {
            // A NaN loses: the left one because no comparison with it holds, the right one by name.
            let wins = compareScalars(comparison, type, stack[left], stack[right])
            let isRightNaN = builder.fcmp(.notEqual, stack[right], stack[right])
            let winner = builder.select(or(wins, isRightNaN), stack[left], stack[right])
            // Equal ones have the same bits, but for zeros, whose order is that of their signs.
            let bits: MIRType = type == .f32 ? .i32 : .i64
            let leftBits = builder.convert(.bitcast, bits, stack[left])
            let rightBits = builder.convert(.bitcast, bits, stack[right])
            let sameBits = builder.binary(op == .min ? .or : .and, leftBits, rightBits)
            let same = builder.convert(.bitcast, leafType(type), sameBits)
            stack.append(builder.select(builder.fcmp(.equal, stack[left], stack[right]), same, winner))
            return
        }
        let takesLeft = compareLeaves(comparison, type, left, right, isTotal: true)
        let count = leafCount(type)
        for i in 0..<count { stack.append(builder.select(takesLeft, stack[left + i], stack[right + i])) }
    }

    // MARK: - Lengths

    private mutating func lengthBuiltin(_ op: Builtin, _ operands: Operands) -> ValueID {
        let type = operands.types.0
        switch program.types.kind(type) {
        case .str:
            let field = op == .length ? ObjectLayout.stringCharCount : ObjectLayout.stringByteLength
            let length = builder.load(.i64, first(operands), offset: field, .immutable)
            return op == .isEmpty ? compare(.equal, length, 0) : length
        case .array:
            let length = arrayLength(first(operands))
            return op == .isEmpty ? compare(.equal, length, 0) : length
        case .range:
            let range = rangeLeaves(operands.bases.0)
            let element = program.types.argument(type, 0)
            return op == .isEmpty ? rangeSteps(range, element).isEmpty : rangeLength(range, element)
        case .tuple:
            let count = program.types.count(type)
            return op == .isEmpty ? builder.iconst(.i8, count == 0 ? 1 : 0) : builder.iconst(.i64, Int64(count))
        case .error, .never, .nilType, .bool, .char, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64,
            .option, .function, .structure, .parameter, .variable:
            return builder.iconst(.i64, 0)
        }
    }

    // MARK: - Arrays

    private mutating func changeArray(_ op: Builtin, _ operands: Operands) {
        let array = first(operands)
        guard program.types.kind(operands.types.0) == .array else { return }
        let element = program.types.argument(operands.types.0, 0)
        switch op {
        case .push: appendElement(element, array, operands.bases.1)
        case .arrayClear:
            let zero = builder.iconst(.i64, 0)
            builder.store(zero, array, offset: ObjectLayout.arrayLength, .arrayLength)
        case .arrayTruncate:
            // A negative count leaves nothing, one beyond the length changes nothing.
            let wanted = stringPosition(second(operands), operands.types.1)
            let zero = builder.iconst(.i64, 0)
            let isNegative = compare(.lessS, wanted, 0)
            let count = builder.select(isNegative, zero, wanted)
            let length = arrayLength(array)
            let isShorter = builder.icmp(.lessS, count, length)
            let shortened = builder.select(isShorter, count, length)
            builder.store(shortened, array, offset: ObjectLayout.arrayLength, .arrayLength)
        case .reserve: runtime(.arrayReserve, array, stringPosition(second(operands), operands.types.1))
        case .arrayReverse: runtime(.arrayReverse, array)
        case .extend: runtime(.arrayExtend, array, second(operands))
        case .swap:
            let wideI = extendToI64(second(operands), operands.types.1)
            let wideJ = extendToI64(third(operands), operands.types.2)
            let i = checkedIndex(array, wideI, isUnsigned: !program.types.isSigned(operands.types.1))
            let j = checkedIndex(array, wideJ, isUnsigned: !program.types.isSigned(operands.types.2))
            let count = leafCount(element)
            let data = arrayData(array)
            let base = stack.count
            loadElement(element, data, i, 0, count)
            loadElement(element, data, j, 0, count)
            storeElement(element, data, i, 0, count, base + count)
            storeElement(element, data, j, 0, count, base)
            stack.removeLast(stack.count - base)
        default:
            let position = stringPosition(second(operands), operands.types.1)
            let index = runtime(.arrayInsertGap, array, position)
            storeElement(element, arrayData(array), index, 0, leafCount(element), operands.bases.2)
        }
    }

    private mutating func pushPop(_ operands: Operands) {
        let array = first(operands)
        let element = program.types.argument(operands.types.0, 0)
        let length = arrayLength(array)
        let empty = builder.createBlock()
        let filled = builder.createBlock()
        let isEmpty = compare(.equal, length, 0)
        builder.branch(isEmpty, to: empty, else: filled)
        builder.seal(empty)
        builder.seal(filled)
        builder.switchTo(empty)
        runtime(.panicUnwrap, constantString("pop from an empty array"))
        builder.unreachable()
        builder.switchTo(filled)
        let one = builder.iconst(.i64, 1)
        let last = builder.binary(.subtract, length, one)
        loadElement(element, arrayData(array), last, 0, leafCount(element))
        builder.store(last, array, offset: ObjectLayout.arrayLength, .arrayLength)
    }

    /// `Array.filled(n, x)`.
    private mutating func pushFilled(_ operands: Operands) {
        let element = operands.types.1
        let length = stringPosition(first(operands), operands.types.0)
        let isNegative = compare(.lessS, length, 0)
        builder.trapIf(isNegative, trapWord(.badArgument, .length, .none))
        let array = newArray(element, length: length, capacity: length)
        let count = leafCount(element)
        var isZero = true
        for i in 0..<count { isZero = isZero && self.isZero(stack[operands.bases.1 + i]) }
        if !isZero {
            let data = arrayData(array)
            let loop = beginLoop(to: length)
            storeElement(element, data, loop.current, 0, count, operands.bases.1)
            endLoop(loop)
        }
        stack.append(array)
    }

    /// The value is a constant whose bits are all 0, as new elements are.
    private func isZero(_ value: ValueID) -> Bool {
        let i = builder.function[value]
        return (i.opcode == .iconst || i.opcode == .fconst) && i.immediate == 0
    }
}

// Methods of str and char (LANGUAGE §12.4, §12.5): mostly one call of a runtime entry.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// The numbers by which the runtime knows classes of characters.
    private static let classDigit: Int64 = 0
    private static let classAlpha: Int64 = 1
    private static let classAlnum: Int64 = 2
    private static let classSpace: Int64 = 3
    private static let classUpper: Int64 = 4
    private static let classLower: Int64 = 5
    private static let classNumeric: Int64 = 7

    mutating func pushTextBuiltin(_ op: Builtin, _ operands: Operands) {
        let text = first(operands)
        switch op {
        case .ord: pushOrd(operands)
        case .chr: stack.append(checkedCast(text, operands.types.0, .char))
        case .charIsDigit: test(.charTest, text, Self.classDigit)
        case .charIsAlpha: test(.charTest, text, Self.classAlpha)
        case .charIsAlnum: test(.charTest, text, Self.classAlnum)
        case .charIsSpace: test(.charTest, text, Self.classSpace)
        case .charIsUpper: test(.charTest, text, Self.classUpper)
        case .charIsLower: test(.charTest, text, Self.classLower)
        case .stringIsDigit: test(.stringTest, text, Self.classDigit)
        case .stringIsAlpha: test(.stringTest, text, Self.classAlpha)
        case .stringIsAlnum: test(.stringTest, text, Self.classAlnum)
        case .stringIsSpace: test(.stringTest, text, Self.classSpace)
        case .stringIsUpper: test(.stringTest, text, Self.classUpper)
        case .stringIsLower: test(.stringTest, text, Self.classLower)
        case .stringIsNumeric: test(.stringTest, text, Self.classNumeric)
        case .charToUpper: stack.append(runtime(.charUpper, text))
        case .charToLower: stack.append(runtime(.charLower, text))
        case .charAt:
            stack.append(runtime(.stringCharAt, text, stringPosition(second(operands), operands.types.1)))
        case .chars: stack.append(runtime(.stringChars, text))
        case .bytes: stack.append(runtime(.stringBytes, text))
        case .lines: stack.append(runtime(.stringLines, text))
        case .stringContains: stack.append(runtime(.stringContains, text, needle(operands)))
        case .startsWith: stack.append(runtime(.stringStartsWith, text, needle(operands)))
        case .endsWith: stack.append(runtime(.stringEndsWith, text, needle(operands)))
        case .find:
            let sought = needle(operands)
            let start = operands.count > 2 ? third(operands) : builder.iconst(.i64, 0)
            pushFound(runtime(.stringFind, text, sought, start))
        case .rfind: pushFound(runtime(.stringFindLast, text, needle(operands)))
        case .stringIndexOf:
            let sought = needle(operands)
            stack.append(runtime(.stringFind, text, sought, builder.iconst(.i64, 0)))
        case .stringCount: stack.append(runtime(.stringCount, text, needle(operands)))
        case .split:
            let separator = needle(operands)
            let limit = operands.count > 2 ? third(operands) : builder.iconst(.i64, -1)
            stack.append(runtime(.stringSplit, text, separator, limit))
        case .splitWhitespace: stack.append(runtime(.stringSplitWhitespace, text))
        case .splitOnce:
            let left = runtime(.stringSplitOnce, text, needle(operands))
            let right = secondResult(.stringSplitOnce, left)
            let null = builder.iconst(.ref, 0)
            stack.append(builder.icmp(.notEqual, left, null))
            stack.append(left)
            stack.append(right)
        case .joinStrings: stack.append(runtime(.stringJoin, text, second(operands)))
        case .replace:
            let limit = operands.count > 3 ? stack[operands.bases.3] : builder.iconst(.i64, -1)
            stack.append(runtime(.stringReplace, text, second(operands), third(operands), limit))
        case .repeat: stack.append(runtime(.stringRepeat, text, stringPosition(second(operands), operands.types.1)))
        case .stringReverse: stack.append(runtime(.stringReverse, text))
        case .trim: stack.append(runtime(.stringTrim, text, builder.iconst(.i32, 3)))
        case .trimStart: stack.append(runtime(.stringTrim, text, builder.iconst(.i32, 1)))
        case .trimEnd: stack.append(runtime(.stringTrim, text, builder.iconst(.i32, 2)))
        case .trimChars: stack.append(runtime(.stringTrimChars, text, second(operands)))
        case .stripPrefix: stack.append(runtime(.stringStripPrefix, text, needle(operands)))
        case .stripSuffix: stack.append(runtime(.stringStripSuffix, text, needle(operands)))
        case .upper: stack.append(runtime(.stringUpper, text))
        case .lower: stack.append(runtime(.stringLower, text))
        case .capitalize: stack.append(runtime(.stringCapitalize, text))
        case .title: stack.append(runtime(.stringTitle, text))
        case .padLeft: pad(operands, 0)
        case .padRight: pad(operands, 1)
        case .center: pad(operands, 2)
        case .stringToInt: pushParsed(.stringToInt, text)
        case .stringToFloat: pushParsed(.stringToFloat, text)
        case .equalIgnoreCase: stack.append(runtime(.stringEqualIgnoreCase, text, second(operands)))
        default: stack.append(runtime(.stringFromChars, text))
        }
    }

    /// The second operand as a str; it may be a char.
    private mutating func needle(_ operands: Operands) -> ValueID {
        operands.types.1 == .char ? runtime(.stringFromChar, second(operands)) : second(operands)
    }

    private mutating func test(_ function: RuntimeFunction, _ operand: ValueID, _ characterClass: Int64) {
        let number = builder.iconst(.i32, characterClass)
        stack.append(runtime(function, operand, number))
    }

    private mutating func pad(_ operands: Operands, _ mode: Int64) {
        let fill = operands.count > 2 ? third(operands) : constantString(" ")
        let width = stringPosition(second(operands), operands.types.1)
        stack.append(runtime(.stringPad, first(operands), width, fill, builder.iconst(.i32, mode)))
    }

    /// A position or -1 as `i64?`.
    private mutating func pushFound(_ position: ValueID) {
        let isFound = compare(.greaterEqualS, position, 0)
        let nothing = builder.iconst(.i64, 0)
        stack.append(isFound)
        stack.append(builder.select(isFound, position, nothing))
    }

    /// The results (found, value) as an Option.
    private mutating func pushParsed(_ function: RuntimeFunction, _ text: ValueID) {
        let found = runtime(function, text)
        let value = secondResult(function, found)
        let isFound = compare(.notEqual, found, 0)
        let nothing = zero(builder.type(of: value))
        stack.append(isFound)
        stack.append(builder.select(isFound, value, nothing))
    }

    private mutating func pushOrd(_ operands: Operands) {
        let operand = first(operands)
        if operands.types.0 == .char {
            stack.append(builder.convert(.zeroExtend, .i64, operand))
            return
        }
        let length = builder.load(.i64, operand, offset: ObjectLayout.stringByteLength, .immutable)
        let empty = builder.createBlock()
        let filled = builder.createBlock()
        let isEmpty = compare(.equal, length, 0)
        builder.branch(isEmpty, to: empty, else: filled)
        builder.seal(empty)
        builder.seal(filled)
        builder.switchTo(empty)
        runtime(.panicUnwrap, constantString("ord of an empty string"))
        builder.unreachable()
        builder.switchTo(filled)
        let scalar = runtime(.stringCharAt, operand, builder.iconst(.i64, 0))
        stack.append(builder.convert(.zeroExtend, .i64, scalar))
    }
}

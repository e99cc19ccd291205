// Editing helpers: how passes read and change a function's chains, lists and edges.
//
// Instructions don't know their block, so every helper that relinks one is told the block. A removed
// instruction stays in the arena, unlinked, and is never reached again.

internal import Support

/// Which fields of an instruction are values (see `Opcode`'s comments).
public enum OperandShape: UInt8, Sendable {
    /// No values.
    case none
    /// `a`
    case a
    /// `a`, `b`
    case ab
    /// `a`, `b`, `c`
    case abc
    /// The list `b`.
    case list
    /// `a` and the list `b`.
    case aList
    /// The arguments of edge `a`.
    case jump
    /// `a` and the arguments of edges `b` and `c`.
    case branch
    /// `a` and the arguments of the edges in the triples of list `b` and of edge `c`.
    case switchInt
}

extension Opcode {
    /// Which fields of this opcode's instructions are values.
    @inlinable public var operandShape: OperandShape {
        switch self {
        case .blockParameter, .iconst, .fconst, .symbolAddress, .stackSlot, .unreachable: .none
        case .add, .subtract, .multiply, .addS, .subtractS, .multiplyS, .addU, .subtractU, .multiplyU, .divideS,
            .divideU, .remainderS, .remainderU, .and, .or, .xor, .shiftLeft, .shiftRightS, .shiftRightU, .icmp, .fadd,
            .fsubtract, .fmultiply, .fdivide, .fcmp, .loadIndexed, .store, .checkIndex, .checkBounds:
            .ab
        case .countLeadingZeros, .countTrailingZeros, .populationCount, .fnegate, .fabsolute, .fsqrt, .signExtend,
            .zeroExtend, .truncate, .intToFloat, .floatToInt, .floatExtend, .floatTruncate, .bitcast, .copy, .load,
            .trapIf, .projection:
            .a
        case .select, .storeIndexed: .abc
        case .call, .returnValues: .list
        case .callIndirect: .aList
        case .jump: .jump
        case .branch: .branch
        case .switchInt: .switchInt
        }
    }
    /// Ends a block.
    @inlinable public var isTerminator: Bool { rawValue >= Opcode.jump.rawValue }
}

// MARK: - Lists and edges

extension MIRFunction {
    /// The number of elements of a list.
    @inlinable public func count(of list: OperandListID) -> Int { Int(pool[list.index]) }
    /// Element `i` of a list, raw.
    @inlinable public func raw(_ list: OperandListID, _ i: Int) -> UInt32 { pool[list.index + 1 + i] }
    /// Element `i` of a list of values.
    @inlinable public func element(_ list: OperandListID, _ i: Int) -> ValueID {
        ValueID(rawValue: pool[list.index + 1 + i])
    }
    /// Makes a list of values.
    @inlinable public mutating func addList(_ elements: some Collection<ValueID>) -> OperandListID {
        if elements.isEmpty { return .empty }
        let id = OperandListID(pool.count)
        pool.append(UInt32(truncatingIfNeeded: elements.count))
        for element in elements { pool.append(element.rawValue) }
        return id
    }
    /// Makes a list of raw words.
    @inlinable public mutating func addRawList(_ elements: some Collection<UInt32>) -> OperandListID {
        if elements.isEmpty { return .empty }
        let id = OperandListID(pool.count)
        pool.append(UInt32(truncatingIfNeeded: elements.count))
        pool.append(contentsOf: elements)
        return id
    }
    /// Argument `i` of an edge.
    @inlinable public func argument(_ edge: EdgeID, _ i: Int) -> ValueID {
        ValueID(rawValue: pool[Int(edges[edge.index].start) + i])
    }
    /// Makes an edge; it must then be put in exactly one terminator.
    @inlinable public mutating func addEdge(to target: BlockID, arguments: some Collection<ValueID>) -> EdgeID {
        let start = pool.count
        for argument in arguments { pool.append(argument.rawValue) }
        edges.append(
            Edge(
                target: target, start: UInt32(truncatingIfNeeded: start),
                count: UInt32(truncatingIfNeeded: pool.count - start)))
        return EdgeID(edges.count - 1)
    }
    /// Makes an edge without arguments.
    @inlinable public mutating func addEdge(to target: BlockID) -> EdgeID {
        edges.append(Edge(target: target))
        return EdgeID(edges.count - 1)
    }
    /// Adds an argument behind those that `edge` has.
    public mutating func appendArgument(_ value: ValueID, to edge: EdgeID) {
        let old = edges[edge.index]
        let start = pool.count
        for i in 0..<Int(old.count) { pool.append(pool[Int(old.start) + i]) }
        pool.append(value.rawValue)
        edges[edge.index].start = UInt32(truncatingIfNeeded: start)
        edges[edge.index].count = old.count + 1
    }
}

// MARK: - Operands

extension MIRFunction {
    /// Replaces each value that the instruction uses, edge arguments included, by `transform` of it.
    @inlinable public mutating func mapOperands(of value: ValueID, _ transform: (ValueID) -> ValueID) {
        let i = instructions[value.index]
        switch i.opcode.operandShape {
        case .none: return
        case .a: instructions[value.index].a = transform(i.valueA).rawValue
        case .ab:
            instructions[value.index].a = transform(i.valueA).rawValue
            instructions[value.index].b = transform(i.valueB).rawValue
        case .abc:
            instructions[value.index].a = transform(i.valueA).rawValue
            instructions[value.index].b = transform(i.valueB).rawValue
            instructions[value.index].c = transform(i.valueC).rawValue
        case .list: mapElements(OperandListID(rawValue: i.b), transform)
        case .aList:
            instructions[value.index].a = transform(i.valueA).rawValue
            mapElements(OperandListID(rawValue: i.b), transform)
        case .jump: mapArguments(EdgeID(rawValue: i.a), transform)
        case .branch:
            instructions[value.index].a = transform(i.valueA).rawValue
            mapArguments(EdgeID(rawValue: i.b), transform)
            mapArguments(EdgeID(rawValue: i.c), transform)
        case .switchInt:
            instructions[value.index].a = transform(i.valueA).rawValue
            let list = OperandListID(rawValue: i.b)
            var k = 2
            while k < count(of: list) {
                mapArguments(EdgeID(rawValue: raw(list, k)), transform)
                k += 3
            }
            mapArguments(EdgeID(rawValue: i.c), transform)
        }
    }
    /// Calls `body` with each value of a list.
    @inlinable public func forEachElement(_ list: OperandListID, _ body: (ValueID) -> Void) {
        for k in 0..<count(of: list) { body(element(list, k)) }
    }
    @inlinable public mutating func mapElements(_ list: OperandListID, _ transform: (ValueID) -> ValueID) {
        let start = list.index + 1
        for k in start..<start + count(of: list) { pool[k] = transform(ValueID(rawValue: pool[k])).rawValue }
    }
    @inlinable public mutating func mapArguments(_ edge: EdgeID, _ transform: (ValueID) -> ValueID) {
        let e = edges[edge.index]
        for k in Int(e.start)..<Int(e.start) + Int(e.count) {
            pool[k] = transform(ValueID(rawValue: pool[k])).rawValue
        }
    }
}

// MARK: - Chains

extension MIRFunction {
    /// Puts an instruction in the arena without linking it into a block.
    @inlinable public mutating func make(_ instruction: Instruction) -> ValueID {
        instructions.append(instruction)
        return ValueID(instructions.count - 1)
    }
    /// Adds an empty block.
    @inlinable public mutating func addBlock() -> BlockID {
        blocks.append(Block())
        return BlockID(blocks.count - 1)
    }
    /// Adds a parameter behind the block's others; the edges to the block are the caller's to extend.
    public mutating func addParameter(to block: BlockID, type: MIRType) -> ValueID {
        let id = make(Instruction(.blockParameter, type, a: block.rawValue))
        linkParameter(id, to: block)
        return id
    }
    /// Links a parameter instruction behind the block's other parameters.
    public mutating func linkParameter(_ id: ValueID, to block: BlockID) {
        let last = blocks[block.index].lastParameter
        instructions[id.index].previous = last
        instructions[id.index].next = .none
        if last.exists { instructions[last.index].next = id } else { blocks[block.index].firstParameter = id }
        blocks[block.index].lastParameter = id
        blocks[block.index].parameterCount += 1
    }
    /// Links an instruction behind the block's last.
    @inlinable public mutating func append(_ id: ValueID, to block: BlockID) {
        let last = blocks[block.index].last
        instructions[id.index].previous = last
        instructions[id.index].next = .none
        if last.exists { instructions[last.index].next = id } else { blocks[block.index].first = id }
        blocks[block.index].last = id
    }
    /// Links an instruction before the block's first.
    @inlinable public mutating func prepend(_ id: ValueID, to block: BlockID) {
        let first = blocks[block.index].first
        instructions[id.index].previous = .none
        instructions[id.index].next = first
        if first.exists { instructions[first.index].previous = id } else { blocks[block.index].last = id }
        blocks[block.index].first = id
    }
    /// Links `id` directly before `other`, which is in `block`.
    @inlinable public mutating func insert(_ id: ValueID, before other: ValueID, in block: BlockID) {
        let previous = instructions[other.index].previous
        instructions[id.index].previous = previous
        instructions[id.index].next = other
        instructions[other.index].previous = id
        if previous.exists { instructions[previous.index].next = id } else { blocks[block.index].first = id }
    }
    /// Links `id` directly behind `other`, which is in `block`.
    @inlinable public mutating func insert(_ id: ValueID, after other: ValueID, in block: BlockID) {
        let next = instructions[other.index].next
        instructions[id.index].previous = other
        instructions[id.index].next = next
        instructions[other.index].next = id
        if next.exists { instructions[next.index].previous = id } else { blocks[block.index].last = id }
    }
    /// Unlinks an instruction (not a parameter) of `block`; its uses are the caller's to replace.
    @inlinable public mutating func remove(_ id: ValueID, from block: BlockID) {
        let (previous, next) = (instructions[id.index].previous, instructions[id.index].next)
        if previous.exists {
            instructions[previous.index].next = next
        } else {
            blocks[block.index].first = next
        }
        if next.exists {
            instructions[next.index].previous = previous
        } else {
            blocks[block.index].last = previous
        }
        instructions[id.index].previous = .none
        instructions[id.index].next = .none
    }
    /// Calls `body` with each instruction of the block in order, parameters not included.
    @inlinable public func forEachInstruction(in block: BlockID, _ body: (ValueID) -> Void) {
        var id = blocks[block.index].first
        while id.exists {
            let next = instructions[id.index].next
            body(id)
            id = next
        }
    }
    /// Calls `body` with each parameter of the block in order.
    @inlinable public func forEachParameter(of block: BlockID, _ body: (ValueID) -> Void) {
        var id = blocks[block.index].firstParameter
        while id.exists {
            let next = instructions[id.index].next
            body(id)
            id = next
        }
    }
    /// The block's last instruction.
    @inlinable public func terminator(of block: BlockID) -> ValueID { blocks[block.index].last }
}

// MARK: - Replacing values

/// A set of pending replacements of values by values, applied to a function in one sweep.
///
/// Chains (a by b, then b by c) are followed; a value replaced twice keeps the later replacement.
public struct ReplacementTable: Sendable {
    /// Replacement by raw value id; 0: none.
    public var targets: ContiguousArray<UInt32> = []
    /// Nothing has been replaced since `reset`.
    public private(set) var isEmpty = true

    public init() {}

    /// Forgets all replacements and makes room for the values of `function`.
    public mutating func reset(for function: MIRFunction) {
        let count = function.instructions.count
        if isEmpty {
            if targets.count < count { targets.append(contentsOf: repeatElement(0, count: count - targets.count)) }
            return
        }
        targets.removeAll(keepingCapacity: true)
        targets.append(contentsOf: repeatElement(0, count: count))
        isEmpty = true
    }
    /// Notes that uses of `old` become uses of `new`.
    /// - Requires: no cycle of replacements arises.
    public mutating func replace(_ old: ValueID, by new: ValueID) {
        let needed = old.index + 1
        if targets.count < needed { targets.append(contentsOf: repeatElement(0, count: needed - targets.count)) }
        targets[old.index] = new.rawValue
        isEmpty = false
    }
    /// What stands for `value` now.
    @inlinable public func resolve(_ value: ValueID) -> ValueID {
        var raw = value.rawValue
        while Int(raw) < targets.count {
            let target = targets[Int(raw)]
            if target == 0 { break }
            raw = target
        }
        return ValueID(rawValue: raw)
    }
}

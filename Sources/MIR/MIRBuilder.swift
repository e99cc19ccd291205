// Builds one function at a time in SSA form from code that assigns to variables.
//
// Input: calls in program order. Output of `finish`: a function that passes `MIRVerifier`.
// SSA construction follows Braun et al., Simple and Efficient Construction of SSA Form, CC 2013, with two changes:
// reading a variable uses a worklist instead of recursion (functions may have more blocks than the thread has stack),
// and users of a removed parameter are not tracked: the parameter becomes a `copy`, which one sweep at the end
// resolves. The variables are in MIRBuilder+Variables.swift, finishing in MIRBuilder+Finish.swift.

package import RuntimeABI
internal import Support

/// A variable of the source program, or a temporary with several definitions, while a function is built.
package struct VariableID: IndexID {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// See the top of this file. Keep one builder and `reset` it: the working storage is reused.
///
/// The use of blocks: `createBlock`, `switchTo` it, emit, end it with a terminator; `seal` it when all edges to it
/// exist. All blocks are sealed at `finish`. Instructions emitted behind a terminator go to a block of their own
/// that nothing reaches and that `finish` drops, so clients need no special case for dead code.
package struct MIRBuilder: Sendable {
    /// What the builder knows of a block.
    struct BlockState: Sendable {
        var isSealed = false
        var isTerminated = false
        var predecessorCount: UInt32 = 0
        /// The edges to the block, linked by `edgeLinks`, in the order in which they were made; raw + 1, 0: none.
        var firstEdge: UInt32 = 0
        var lastEdge: UInt32 = 0
        /// Parameters for variables whose operands are looked up at `seal`; index in `joins` + 1, 0: none.
        var firstIncomplete: UInt32 = 0
    }
    /// Source and chain of an edge that is part of a terminator.
    struct EdgeLink: Sendable {
        var source: BlockID
        var next: UInt32
    }
    /// A parameter made for a variable (a φ function of the literature). It is linked to its block at `finish`.
    struct Join: Sendable {
        var value: ValueID
        var block: BlockID
        var variable: VariableID
        /// Operands in `joinOperands`, one per edge to the block in chain order.
        var start: UInt32 = 0
        var count: UInt32 = 0
        /// The next incomplete join of the block, + 1.
        var next: UInt32 = 0
    }

    /// The function being built.
    package internal(set) var function: MIRFunction
    /// Byte offset in the source, stamped on each instruction.
    package var position: UInt32 = 0
    /// Index in `function.scopes`, stamped on each instruction.
    package var scope: UInt32 = 0
    /// The block that instructions are appended to.
    package internal(set) var currentBlock = BlockID.entry

    var states: ContiguousArray<BlockState> = []
    var edgeLinks: ContiguousArray<EdgeLink> = []
    var variableTypes: ContiguousArray<MIRType> = []
    var definitions = DefinitionTable()
    var joins: ContiguousArray<Join> = []
    var joinOperands: ContiguousArray<ValueID> = []
    /// Joins whose operands `lookup` has to find; empty between reads.
    var pendingJoins: ContiguousArray<UInt32> = []
    /// The parameters that have become a `copy`.
    var copies: ContiguousArray<ValueID> = []
    var replacements = ReplacementTable()
    /// The last stack slot at the start of the entry block.
    var lastStackSlot = ValueID.none
    /// Recent integer constants: value and the block it is in, by a hash of type and number.
    var constants = ContiguousArray<(value: ValueID, block: BlockID)>(
        repeating: (.none, .entry), count: MIRBuilder.constantCacheSize)
    static let constantCacheSize = 64
    /// Working storage of `finish`.
    var blockMap: ContiguousArray<UInt32> = []
    var stack: ContiguousArray<BlockID> = []

    /// Starts with `function`, which must have no blocks yet.
    package init(function: MIRFunction) {
        self.function = function
        start()
    }
    /// Starts anew with a function of that symbol, signature and outermost scope.
    package mutating func reset(
        symbol: SymbolID, signature: SignatureID, scope outermost: InlineScope, inlineHint: InlineHint = .none
    ) {
        function.clear(symbol: symbol, signature: signature, scope: outermost, inlineHint: inlineHint)
        states.removeAll(keepingCapacity: true)
        edgeLinks.removeAll(keepingCapacity: true)
        variableTypes.removeAll(keepingCapacity: true)
        definitions.reset()
        joins.removeAll(keepingCapacity: true)
        joinOperands.removeAll(keepingCapacity: true)
        for i in constants.indices { constants[i] = (.none, .entry) }
        copies.removeAll(keepingCapacity: true)
        lastStackSlot = .none
        position = 0
        scope = 0
        start()
    }
    private mutating func start() {
        precondition(function.blocks.isEmpty, "the builder needs a function without blocks")
        currentBlock = createBlock()
        states[0].isSealed = true
    }

    // MARK: - Blocks

    /// Adds a block; it has to be sealed once all edges to it exist.
    package mutating func createBlock() -> BlockID {
        states.append(BlockState())
        return function.addBlock()
    }
    /// Appends to `block` from now on.
    package mutating func switchTo(_ block: BlockID) { currentBlock = block }
    /// The current block has its terminator.
    package var isTerminated: Bool { states[currentBlock.index].isTerminated }
    /// `block` has its terminator.
    package func isTerminated(_ block: BlockID) -> Bool { states[block.index].isTerminated }
    /// The number of edges made to `block` so far.
    package func predecessorCount(of block: BlockID) -> Int { Int(states[block.index].predecessorCount) }
    /// Adds a parameter behind those of `block` that were added with this method. Every `edge(to:arguments:)` gives
    /// it an argument. The parameters of the entry block are the function's.
    package mutating func addParameter(_ block: BlockID, _ type: MIRType) -> ValueID {
        let id = function.addParameter(to: block, type: type)
        function.instructions[id.index].position = position
        function.instructions[id.index].scope = scope
        return id
    }

    // MARK: - Emitting

    /// Appends an instruction to the current block, stamped with position and scope.
    @inline(__always)
    mutating func emit(_ instruction: Instruction) -> ValueID {
        if states[currentBlock.index].isTerminated { startUnreachableBlock() }
        let id = ValueID(function.instructions.count)
        let last = function.blocks[currentBlock.index].last
        var instruction = instruction
        instruction.position = position
        instruction.scope = scope
        instruction.previous = last
        function.instructions.append(instruction)
        if last.exists {
            function.instructions[last.index].next = id
        } else {
            function.blocks[currentBlock.index].first = id
        }
        function.blocks[currentBlock.index].last = id
        return id
    }
    @inline(never)
    mutating func startUnreachableBlock() {
        currentBlock = createBlock()
        states[currentBlock.index].isSealed = true
    }
    /// The type of a value.
    package func type(of value: ValueID) -> MIRType { function.instructions[value.index].type }
    /// The number, if `value` is an integer constant.
    package func constant(_ value: ValueID) -> Int64? {
        let i = function.instructions[function.instructions.resolve(value).index]
        return i.opcode == .iconst ? i.immediate : nil
    }

    // MARK: - Constants and addresses

    /// An integer constant (or a pointer-sized zero), wrapped to the type's width. One per block and number, roughly.
    package mutating func iconst(_ type: MIRType, _ value: Int64) -> ValueID {
        let value = ConstantFolding.wrap(value, type)
        if states[currentBlock.index].isTerminated { startUnreachableBlock() }
        let hash = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
        let slot = Int(hash >> 58) ^ Int(type.rawValue)
        let cached = constants[slot]
        if cached.value.exists, cached.block == currentBlock {
            let i = function.instructions[cached.value.index]
            if i.immediate == value, i.type == type { return cached.value }
        }
        let id = emit(Instruction(.iconst, type, immediate: value))
        constants[slot] = (id, currentBlock)
        return id
    }
    /// A float constant; for `f32`, `value` is rounded.
    package mutating func fconst(_ type: MIRType, _ value: Double) -> ValueID {
        let bits = type == .f32 ? Int64(Float(value).bitPattern) : Int64(bitPattern: value.bitPattern)
        return emit(Instruction(.fconst, type, immediate: bits))
    }
    /// The address of a symbol plus `offset` bytes. `type`: `ptr`, or `ref` for static strings.
    package mutating func symbolAddress(_ symbol: SymbolID, offset: Int64 = 0, type: MIRType = .ptr) -> ValueID {
        emit(Instruction(.symbolAddress, type, a: symbol.rawValue, immediate: offset))
    }
    /// The address of a fresh stack slot, made at the start of the entry block. Its contents are undefined.
    package mutating func stackSlot(size: Int, alignment: Int = 8) -> ValueID {
        let id = function.make(
            Instruction(
                .stackSlot, .ptr, b: UInt32(truncatingIfNeeded: alignment), immediate: Int64(size), position: position,
                scope: scope))
        if lastStackSlot.exists {
            function.insert(id, after: lastStackSlot, in: .entry)
        } else {
            function.prepend(id, to: .entry)
        }
        lastStackSlot = id
        return id
    }

    // MARK: - Arithmetic

    /// An instruction with two operands of one type and a result of that type: `add` … `shiftRightU`, `fadd` … `fdivide`.
    package mutating func binary(_ opcode: Opcode, _ l: ValueID, _ r: ValueID) -> ValueID {
        let l = function.instructions.resolve(l)
        let r = function.instructions.resolve(r)
        let type = function.instructions[l.index].type
        if function.instructions[r.index].opcode == .iconst {
            let right = function.instructions[r.index].immediate
            if function.instructions[l.index].opcode == .iconst,
                let folded = ConstantFolding.binary(opcode, type, function.instructions[l.index].immediate, right)
            {
                return iconst(type, folded)
            }
            if right == 0 {
                switch opcode {
                case .add, .subtract, .addS, .subtractS, .addU, .subtractU, .or, .xor, .shiftLeft, .shiftRightS,
                    .shiftRightU:
                    return l
                default: break
                }
            } else if right == 1 {
                switch opcode {
                case .multiply, .multiplyS, .multiplyU, .divideS, .divideU: return l
                default: break
                }
            }
        }
        return emit(Instruction(opcode, type, a: l.rawValue, b: r.rawValue))
    }
    /// An instruction with one operand and a result of its type: counts of bits, `fnegate`, `fabsolute`, `fsqrt`.
    package mutating func unary(_ opcode: Opcode, _ value: ValueID) -> ValueID {
        convert(opcode, function.instructions[value.index].type, value)
    }
    /// A conversion to `type`: `signExtend` … `bitcast`.
    package mutating func convert(_ opcode: Opcode, _ type: MIRType, _ value: ValueID) -> ValueID {
        let value = function.instructions.resolve(value)
        let i = function.instructions[value.index]
        if i.opcode == .iconst,
            let folded = ConstantFolding.unary(opcode, from: i.type, to: type, i.immediate)
        {
            return iconst(type, folded)
        }
        return emit(Instruction(opcode, type, a: value.rawValue))
    }
    /// Compares integers or pointers; result `i8`.
    package mutating func icmp(_ condition: IntegerCondition, _ l: ValueID, _ r: ValueID) -> ValueID {
        let l = function.instructions.resolve(l)
        let r = function.instructions.resolve(r)
        if function.instructions[l.index].opcode == .iconst, function.instructions[r.index].opcode == .iconst {
            let i = function.instructions[l.index]
            let holds = ConstantFolding.compare(
                condition, i.type, i.immediate, function.instructions[r.index].immediate)
            return iconst(.i8, holds ? 1 : 0)
        }
        return emit(Instruction(.icmp, .i8, condition: condition.rawValue, a: l.rawValue, b: r.rawValue))
    }
    /// Compares floats; result `i8`.
    package mutating func fcmp(_ condition: FloatCondition, _ l: ValueID, _ r: ValueID) -> ValueID {
        emit(Instruction(.fcmp, .i8, condition: condition.rawValue, a: l.rawValue, b: r.rawValue))
    }
    /// `condition` (i8) != 0 ? `ifTrue` : `ifFalse`, two values of one type.
    package mutating func select(_ condition: ValueID, _ ifTrue: ValueID, _ ifFalse: ValueID) -> ValueID {
        if let known = constant(condition) { return function.instructions.resolve(known != 0 ? ifTrue : ifFalse) }
        let ifTrue = function.instructions.resolve(ifTrue)
        let ifFalse = function.instructions.resolve(ifFalse)
        if ifTrue == ifFalse { return ifTrue }
        return emit(
            Instruction(
                .select, function.instructions[ifTrue.index].type, a: condition.rawValue, b: ifTrue.rawValue,
                c: ifFalse.rawValue))
    }

    // MARK: - Memory

    /// Loads from `address + offset`.
    package mutating func load(_ type: MIRType, _ address: ValueID, offset: Int64 = 0, _ alias: AliasClass) -> ValueID {
        emit(Instruction(.load, type, aux: alias.rawValue, a: address.rawValue, immediate: offset))
    }
    /// Loads from `base + index * scale + offset`; `index` is i64, `scale` 1, 2, 4 or 8.
    package mutating func loadIndexed(
        _ type: MIRType, _ base: ValueID, _ index: ValueID, scale: Int, offset: Int64 = 0, _ alias: AliasClass
    ) -> ValueID {
        emit(
            Instruction(
                .loadIndexed, type, aux: alias.rawValue, a: base.rawValue, b: index.rawValue,
                c: UInt32(truncatingIfNeeded: scale), immediate: offset))
    }
    /// Stores `value` to `address + offset`.
    package mutating func store(_ value: ValueID, _ address: ValueID, offset: Int64 = 0, _ alias: AliasClass) {
        _ = emit(
            Instruction(.store, aux: alias.rawValue, a: address.rawValue, b: value.rawValue, immediate: offset))
    }
    /// Stores `value` to `base + index * scale + offset`; `index` is i64, `scale` 1, 2, 4 or 8.
    package mutating func storeIndexed(
        _ value: ValueID, _ base: ValueID, _ index: ValueID, scale: Int, offset: Int32 = 0, _ alias: AliasClass
    ) {
        _ = emit(
            Instruction(
                .storeIndexed, aux: alias.rawValue, a: base.rawValue, b: index.rawValue, c: value.rawValue,
                immediate: Int64(scale) << 32 | Int64(UInt32(bitPattern: offset))))
    }

    // MARK: - Checks

    /// The index counted from the front; traps P008 unless -length <= index < length (both i64).
    package mutating func checkIndex(_ index: ValueID, _ length: ValueID, _ kind: IndexedKind) -> ValueID {
        emit(Instruction(.checkIndex, .i64, aux: kind.rawValue, a: index.rawValue, b: length.rawValue))
    }
    /// Traps P008 unless 0 <= index < length (both i64).
    package mutating func checkBounds(_ index: ValueID, _ length: ValueID, _ kind: IndexedKind) {
        _ = emit(Instruction(.checkBounds, aux: kind.rawValue, a: index.rawValue, b: length.rawValue))
    }
    /// Traps with `word` (see `TrapCode`) if `condition` (i8) != 0. Nothing if it is the constant 0.
    package mutating func trapIf(_ condition: ValueID, _ word: Int64) {
        if constant(condition) == 0 { return }
        _ = emit(Instruction(.trapIf, a: condition.rawValue, immediate: word))
    }

    // MARK: - Calls

    /// Makes a list of values, for `call(_:list:result:)` and the like.
    @specialized(where C == ArraySlice<ValueID>)
    @specialized(where C == ContiguousArray<ValueID>)
    @specialized(where C == CollectionOfOne<ValueID>)
    @specialized(where C == EmptyCollection<ValueID>)
    package mutating func list<C: Collection<ValueID>>(_ values: C) -> OperandListID { function.addList(values) }
    /// Calls a function or runtime entry. `result`: type of the first result, which is the returned value, or `none`.
    @discardableResult
    @specialized(where C == ArraySlice<ValueID>)
    @specialized(where C == ContiguousArray<ValueID>)
    package mutating func call<C: Collection<ValueID>>(_ symbol: SymbolID, _ arguments: C, result: MIRType) -> ValueID {
        call(symbol, list: function.addList(arguments), result: result)
    }
    /// As `call(_:_:result:)`, with a list that was made before.
    @discardableResult
    package mutating func call(_ symbol: SymbolID, list: OperandListID, result: MIRType) -> ValueID {
        emit(Instruction(.call, result, a: symbol.rawValue, b: list.rawValue))
    }
    /// Calls the code at `address` (ptr), a function of type `signature`.
    @discardableResult
    package mutating func callIndirect(
        _ address: ValueID, _ signature: SignatureID, _ arguments: some Collection<ValueID>, result: MIRType
    ) -> ValueID {
        let list = function.addList(arguments)
        return emit(
            Instruction(.callIndirect, result, a: address.rawValue, b: list.rawValue, c: signature.rawValue))
    }
    /// Result number `k` (>= 1) of `call`. Ask in the block of the call; results may be asked for in any order.
    package mutating func projection(_ call: ValueID, _ k: Int, _ type: MIRType) -> ValueID {
        var behind = call
        let last = function.blocks[currentBlock.index].last
        // In ascending order each is found at once, however many results there are.
        if last != call, function.instructions[last.index].opcode == .projection,
            function.instructions[last.index].a == call.rawValue, function.instructions[last.index].immediate < Int64(k)
        {
            behind = last
        }
        while case let next = function.instructions[behind.index].next, next.exists,
            function.instructions[next.index].opcode == .projection
        {
            let number = function.instructions[next.index].immediate
            if number == Int64(k) { return next }
            if number > Int64(k) { break }
            behind = next
        }
        let id = function.make(
            Instruction(
                .projection, type, a: call.rawValue, immediate: Int64(k), position: position, scope: scope))
        if !function.instructions[behind.index].next.exists {
            precondition(
                function.blocks[currentBlock.index].last == behind, "projection of a call in another open block")
        }
        function.insert(id, after: behind, in: currentBlock)
        return id
    }

    // MARK: - Terminators

    /// Makes an edge for one of the terminators below; each edge is used once.
    package mutating func edge(to target: BlockID, arguments: some Collection<ValueID>) -> EdgeID {
        function.addEdge(to: target, arguments: arguments)
    }
    /// Makes an edge without arguments.
    package mutating func edge(to target: BlockID) -> EdgeID { function.addEdge(to: target) }

    package mutating func jump(_ edge: EdgeID) {
        terminate(Instruction(.jump, a: edge.rawValue))
        link(edge)
    }
    package mutating func jump(to target: BlockID) { jump(edge(to: target)) }
    package mutating func jump(to target: BlockID, arguments: some Collection<ValueID>) {
        jump(edge(to: target, arguments: arguments))
    }
    /// Goes to `ifTrue` if `condition` (i8) != 0. With a constant condition, only the taken edge is made.
    package mutating func branch(_ condition: ValueID, _ ifTrue: EdgeID, _ ifFalse: EdgeID) {
        if let known = constant(condition) { return jump(known != 0 ? ifTrue : ifFalse) }
        terminate(Instruction(.branch, a: condition.rawValue, b: ifTrue.rawValue, c: ifFalse.rawValue))
        link(ifTrue)
        link(ifFalse)
    }
    package mutating func branch(_ condition: ValueID, to ifTrue: BlockID, else ifFalse: BlockID) {
        if let known = constant(condition) { return jump(to: known != 0 ? ifTrue : ifFalse) }
        branch(condition, edge(to: ifTrue), edge(to: ifFalse))
    }
    /// Goes to the edge of the case that equals `value` (an integer), or to `otherwise`. The values are distinct.
    package mutating func switchInt(
        _ value: ValueID, cases: [(value: Int64, edge: EdgeID)], otherwise: EdgeID
    ) {
        if let known = constant(value) { return jump(cases.first { $0.value == known }?.edge ?? otherwise) }
        var list = OperandListID.empty
        if !cases.isEmpty {
            list = OperandListID(function.pool.count)
            function.pool.append(UInt32(truncatingIfNeeded: cases.count * 3))
            for (number, edge) in cases {
                function.pool.append(UInt32(truncatingIfNeeded: number))
                function.pool.append(UInt32(truncatingIfNeeded: number >> 32))
                function.pool.append(edge.rawValue)
            }
        }
        terminate(Instruction(.switchInt, a: value.rawValue, b: list.rawValue, c: otherwise.rawValue))
        for (_, edge) in cases { link(edge) }
        link(otherwise)
    }
    @specialized(where C == ArraySlice<ValueID>)
    @specialized(where C == CollectionOfOne<ValueID>)
    @specialized(where C == EmptyCollection<ValueID>)
    package mutating func returnValues<C: Collection<ValueID>>(_ values: C) {
        let list = function.addList(values)
        terminate(Instruction(.returnValues, b: list.rawValue))
    }
    /// Control cannot come here, because the call before does not return.
    package mutating func unreachable() { terminate(Instruction(.unreachable)) }

    private mutating func terminate(_ instruction: Instruction) {
        _ = emit(instruction)
        states[currentBlock.index].isTerminated = true
    }
    /// Makes `edge`, of the current block's terminator, known to its target.
    private mutating func link(_ edge: EdgeID) {
        let none = EdgeLink(source: .entry, next: 0)
        while edgeLinks.count < function.edges.count { edgeLinks.append(none) }
        edgeLinks[edge.index] = EdgeLink(source: currentBlock, next: 0)
        let target = function.edges[edge.index].target.index
        precondition(!states[target].isSealed, "an edge to a sealed block")
        let last = states[target].lastEdge
        if last == 0 {
            states[target].firstEdge = edge.rawValue + 1
        } else {
            edgeLinks[Int(last) - 1].next = edge.rawValue + 1
        }
        states[target].lastEdge = edge.rawValue + 1
        states[target].predecessorCount += 1
    }
}

extension ContiguousArray<Instruction> {
    /// What stands for `value`, which may be a removed parameter.
    ///
    /// Not a method of the builder: calling one while the builder is being changed copied the whole builder.
    @inline(__always)
    func resolve(_ value: ValueID) -> ValueID {
        var value = value
        while self[value.index].opcode == .copy { value = self[value.index].valueA }
        return value
    }
}

// Pass `rotateLoops`: gives every loop a preheader and moves the test of `while` loops to the bottom.
//
//     entry → H(p): c = …; branch c, B, X          entry → G(p'): c' = …; branch c', P, X'
//                                            ⇒     P → B'
//     B … latch → H                                B'(v…) → B … latch → H(p): c = …; branch c, B', X'
//                                                  X'(w…) → X
//
// A turn then takes one branch instead of two, and what B computes is computed whenever P is reached, which is what
// makes it safe to move loads to P (`hoistInvariants`). v… are the values of H that the loop's body needs, w… those
// that are needed behind the loop. Only headers that are short are copied.

internal import Support

/// A loop whose header will be copied.
private struct Rotation {
    var header: UInt32
    /// The edges from the header into the loop and out of it, and the blocks they lead to.
    var bodyEdge: UInt32 = 0
    var exitEdge: UInt32 = 0
    var body: UInt32 = 0
    var exit: UInt32 = 0
    /// Whether what `body` dominates is reached through `bodyEdge` only, behind the loop too.
    var bodyIsOwn = false
    /// How uses in the blocks that `exit` dominates get at the header's values; nil: in no way.
    var exitUse: HeaderUse?
    var isAccepted = false
}

/// How a value of a rotated header is used elsewhere.
private struct HeaderUse: OptionSet {
    let rawValue: UInt8
    /// In the loop.
    static let body = HeaderUse(rawValue: 1)
    /// Behind the edge that leaves the header.
    static let exit = HeaderUse(rawValue: 2)
    /// In a block behind the loop that other edges out of the loop reach too.
    static let join = HeaderUse(rawValue: 4)
}

extension PassContext {
    /// The most instructions that a header may have to be copied.
    private static let longestHeader = 24

    /// See the top of this file. O(function) if it has loops, nothing otherwise.
    func rotateLoops(_ function: inout MIRFunction) {
        updateFlow(&function, .control)
        if !flow.hasRetreatingEdges { return }
        updateFlow(&function, .loops)
        if flow.loopCount == 0 || flow.isIrreducible { return }
        let valueCount = function.instructions.count
        headerValueLimit = valueCount
        // By value: index of the rotation of whose header it is one, + 1; and its uses elsewhere.
        words.prepare(valueCount, filledWith: 0)
        valueFlags.prepare(valueCount, filledWith: 0)
        // What stands for a header's value in the loop, behind its edge, and in the join behind the loop.
        forward.prepare(valueCount, filledWith: 0)
        moreWords.prepare(valueCount, filledWith: 0)
        joinValues.prepare(valueCount, filledWith: 0)
        var rotations: [Rotation] = []
        function.withView { view in
            for l in 0..<flow.loopCount { rotations.append(rotation(view, flow.header(UInt32(l)))) }
            blockFlags.prepare(view.blockCount, filledWith: 0)
            if !rotations.contains(where: \.isAccepted) { return }
            for r in rotations.indices where rotations[r].isAccepted {
                forEachValue(view, rotations[r].header) { words[$0] = UInt32(r + 1) }
            }
            // Values of a header are used only in what it dominates.
            for i in 0..<flow.count {
                let block = flow.block(i)
                let dominator = flow.immediateDominator(block)
                if words[view.blocks[Int(dominator)].last.rawValue] != 0 || blockFlags[dominator] != 0
                    || words[view.blocks[Int(block)].last.rawValue] != 0
                {
                    blockFlags[block] = 1
                    classifyUses(view, block, &rotations)
                }
            }
        }
        var newBlocks: [(body: BlockID, exit: BlockID)] = []
        for r in rotations.indices {
            newBlocks.append((.entry, .entry))
            if rotations[r].isAccepted { newBlocks[r] = createParameters(&function, rotations[r]) }
        }
        function.withView { view in
            for i in 0..<flow.count where blockFlags[flow.block(i)] != 0 {
                rewriteUses(view, flow.block(i), rotations)
            }
        }
        joinValues.prepare(valueCount, filledWith: 0)
        for r in rotations.indices {
            if rotations[r].isAccepted {
                rotate(&function, rotations[r], newBlocks[r])
            } else {
                createPreheader(&function, rotations[r].header)
            }
        }
        flow.invalidate()
    }

    private func forEachValue(_ view: FunctionView, _ block: UInt32, _ body: (UInt32) -> Void) {
        var value = view.blocks[Int(block)].firstParameter.rawValue
        while value != 0 {
            body(value)
            value = view[value].next.rawValue
        }
        value = view.blocks[Int(block)].first.rawValue
        while value != 0 {
            body(value)
            value = view[value].next.rawValue
        }
    }

    private func rotation(_ view: FunctionView, _ header: UInt32) -> Rotation {
        var rotation = Rotation(header: header)
        let terminator = view[view.blocks[Int(header)].last.rawValue]
        guard header != 0, terminator.opcode == .branch else { return rotation }
        let loop = flow.loop(header)
        let first = view.edges[Int(terminator.b)].target.rawValue
        let second = view.edges[Int(terminator.c)].target.rawValue
        let firstIsInside = flow.isBlock(first, inLoop: loop)
        guard firstIsInside != flow.isBlock(second, inLoop: loop) else { return rotation }
        (rotation.bodyEdge, rotation.exitEdge) =
            firstIsInside ? (terminator.b, terminator.c) : (terminator.c, terminator.b)
        (rotation.body, rotation.exit) = firstIsInside ? (first, second) : (second, first)
        // A loop of one block has its test at the bottom already.
        guard rotation.body != header else { return rotation }
        var count = 0
        forEachValue(view, header) { _ in count += 1 }
        guard count <= PassContext.longestHeader else { return rotation }

        rotation.bodyIsOwn = true
        for p in flow.incoming(rotation.body) where flow.edge(p) != rotation.bodyEdge {
            if !flow.dominates(rotation.body, flow.source(p)) { rotation.bodyIsOwn = false }
        }
        rotation.isAccepted = true
        guard flow.dominates(header, rotation.exit) else { return rotation }
        rotation.exitUse = .exit
        for p in flow.incoming(rotation.exit) where flow.edge(p) != rotation.exitEdge {
            let source = flow.source(p)
            if flow.dominates(rotation.exit, source) { continue }
            rotation.exitUse = .join
        }
        if rotation.exitUse == .join {
            for p in flow.incoming(rotation.exit) where flow.edge(p) != rotation.exitEdge {
                if !isBody(flow.source(p), rotation) {
                    rotation.exitUse = nil
                    break
                }
            }
        }
        return rotation
    }

    /// Whether `block` is reached through the body's edge since the header was last passed.
    private func isBody(_ block: UInt32, _ rotation: Rotation) -> Bool {
        flow.isBlock(block, inLoop: flow.loop(rotation.header))
            || rotation.bodyIsOwn && flow.dominates(rotation.body, block)
    }
    /// How a use in `block`, not the header, gets at a value of the header; nil: in no way that we make.
    private func use(_ block: UInt32, _ rotation: Rotation) -> HeaderUse? {
        if isBody(block, rotation) { return .body }
        return rotation.exitUse != nil && flow.dominates(rotation.exit, block) ? rotation.exitUse : nil
    }
    /// Calls `body` with each use in `block` of a value of a rotated header, other than in that header itself: the
    /// pointer to the operand, the rotation, and the kind of use. Arguments of the header's own edges count.
    @inline(__always)
    private func forEachUse(
        _ view: FunctionView, _ block: UInt32, _ rotations: [Rotation],
        _ body: (UnsafeMutablePointer<UInt32>, Int, HeaderUse?) -> Void
    ) {
        func visit(_ operand: UnsafeMutablePointer<UInt32>) {
            let owner = Int(words[operand.pointee]) - 1
            guard owner >= 0, rotations[owner].header != block else { return }
            body(operand, owner, use(block, rotations[owner]))
        }
        var value = view.blocks[Int(block)].first.rawValue
        while value != 0 {
            let instruction = view.instructions + Int(value)
            let fields = instruction.pointee.opcode.fields
            if fields.contains(.a) { visit(&instruction.pointee.a) }
            if fields.contains(.b) { visit(&instruction.pointee.b) }
            if fields.contains(.c) { visit(&instruction.pointee.c) }
            if fields.contains(.list) {
                let list = Int(instruction.pointee.b)
                for k in 0..<Int(view.pool[list]) { visit(view.pool + list + 1 + k) }
            }
            if fields.contains(.edges) {
                for s in 0..<view.successorCount(value) {
                    let edge = view.successor(value, s)
                    let arguments = view.edges[Int(edge)]
                    for k in Int(arguments.start)..<Int(arguments.start + arguments.count) {
                        let owner = Int(words[view.pool[k]]) - 1
                        if owner >= 0, rotations[owner].header == block {
                            body(view.pool + k, owner, edge == rotations[owner].bodyEdge ? .body : .exit)
                        } else {
                            visit(view.pool + k)
                        }
                    }
                }
            }
            value = instruction.pointee.next.rawValue
        }
    }

    /// Notes where values of headers are used; gives up rotations whose values are used where nothing can stand for them.
    private func classifyUses(_ view: FunctionView, _ block: UInt32, _ rotations: inout [Rotation]) {
        var rejected: [Int] = []
        forEachUse(view, block, rotations) { operand, owner, kind in
            guard var kind else {
                rejected.append(owner)
                return
            }
            // The join takes the value from the exit and from the edges that leave the loop elsewhere.
            if kind == .join { kind = [.join, .body, .exit] }
            valueFlags[operand.pointee] |= kind.rawValue
        }
        for owner in rejected { rotations[owner].isAccepted = false }
    }

    /// Makes B' and X' and the parameters of them and the join.
    private func createParameters(_ function: inout MIRFunction, _ rotation: Rotation) -> (body: BlockID, exit: BlockID) {
        let body = function.addBlock()
        let exit = function.addBlock()
        let header = function.blocks[Int(rotation.header)]
        for first in [header.firstParameter, header.first] {
            var value = first
            while value.exists {
                let use = HeaderUse(rawValue: valueFlags[value.rawValue])
                let type = function[value].type
                if use.contains(.body) { forward[value.rawValue] = function.addParameter(to: body, type: type).rawValue }
                if use.contains(.exit) { moreWords[value.rawValue] = function.addParameter(to: exit, type: type).rawValue }
                if use.contains(.join) {
                    let join = BlockID(rawValue: rotation.exit)
                    joinValues[value.rawValue] = function.addParameter(to: join, type: type).rawValue
                    for p in flow.incoming(rotation.exit) {
                        function.appendArgument(value, to: EdgeID(rawValue: flow.edge(p)))
                    }
                }
                value = function[value].next
            }
        }
        return (body, exit)
    }

    /// Lets every use of a header's value elsewhere use what stands for it there.
    private func rewriteUses(_ view: FunctionView, _ block: UInt32, _ rotations: [Rotation]) {
        forEachUse(view, block, rotations) { operand, owner, kind in
            guard rotations[owner].isAccepted else { return }
            switch kind {
            case .body: operand.pointee = forward[operand.pointee]
            case .exit: operand.pointee = moreWords[operand.pointee]
            default: operand.pointee = joinValues[operand.pointee]
            }
        }
    }

    /// Copies the header for the edges that enter the loop, and puts the new blocks between. `joinValues` has nothing of
    /// joins any more; it says what the copies of this header's values are.
    private func rotate(_ function: inout MIRFunction, _ rotation: Rotation, _ new: (body: BlockID, exit: BlockID)) {
        let header = BlockID(rawValue: rotation.header)
        let guardBlock = function.addBlock()
        let preheader = function.addBlock()
        redirectEntries(&function, rotation.header, to: guardBlock)
        // The header's own arguments for the new blocks, before and behind the copy.
        var bodyArguments: [ValueID] = []
        var exitArguments: [ValueID] = []
        var bodyCopies: [ValueID] = []
        var exitCopies: [ValueID] = []
        func copied(_ value: ValueID, _ copy: ValueID) {
            let use = HeaderUse(rawValue: valueFlags[value.rawValue])
            if use.contains(.body) {
                bodyArguments.append(value)
                bodyCopies.append(copy)
            }
            if use.contains(.exit) {
                exitArguments.append(value)
                exitCopies.append(copy)
            }
            joinValues[value.rawValue] = copy.rawValue
        }
        var value = function[header].firstParameter
        while value.exists {
            copied(value, function.addParameter(to: guardBlock, type: function[value].type))
            value = function[value].next
        }
        value = function[header].first
        while function[value].opcode != .branch {
            let copy = copyInstruction(&function, value)
            function.append(copy, to: guardBlock)
            copied(value, copy)
            value = function[value].next
        }
        let bodyIsFirst = function[value].b == rotation.bodyEdge
        let position = function[value].position
        let scope = function[value].scope
        func branch(_ condition: UInt32, _ body: EdgeID, _ exit: EdgeID) -> Instruction {
            let (first, second) = bodyIsFirst ? (body, exit) : (exit, body)
            return Instruction(
                .branch, a: condition, b: first.rawValue, c: second.rawValue, position: position, scope: scope)
        }
        func append(_ instruction: Instruction, to block: BlockID) {
            function.append(function.make(instruction), to: block)
        }
        let condition = copyOfOperand(function[value].a)
        append(
            branch(
                condition, function.addEdge(to: preheader), function.addEdge(to: new.exit, arguments: exitCopies)),
            to: guardBlock)
        let enter = function.addEdge(to: new.body, arguments: bodyCopies)
        append(Instruction(.jump, a: enter.rawValue, position: position, scope: scope), to: preheader)
        append(Instruction(.jump, a: rotation.bodyEdge, position: position, scope: scope), to: new.body)
        append(Instruction(.jump, a: rotation.exitEdge, position: position, scope: scope), to: new.exit)
        let again = function.addEdge(to: new.body, arguments: bodyArguments)
        let leave = function.addEdge(to: new.exit, arguments: exitArguments)
        let test = branch(function[value].a, again, leave)
        function[value].b = test.b
        function[value].c = test.c
    }
    /// What stands for an operand of a header in the header's copy. Values of other headers have been replaced before.
    private func copyOfOperand(_ operand: UInt32) -> UInt32 {
        guard Int(operand) < headerValueLimit, joinValues[operand] != 0 else { return operand }
        return joinValues[operand]
    }
    private func copyInstruction(_ function: inout MIRFunction, _ value: ValueID) -> ValueID {
        var instruction = function[value]
        let fields = instruction.opcode.fields
        if fields.contains(.a) { instruction.a = copyOfOperand(instruction.a) }
        if fields.contains(.b) { instruction.b = copyOfOperand(instruction.b) }
        if fields.contains(.c) { instruction.c = copyOfOperand(instruction.c) }
        if fields.contains(.list) {
            let list = OperandListID(rawValue: instruction.b)
            var operands: [UInt32] = []
            for k in 0..<function.count(of: list) { operands.append(copyOfOperand(function.raw(list, k))) }
            instruction.b = function.addRawList(operands).rawValue
        }
        return function.make(instruction)
    }

    /// Makes the edges that enter the loop of `header` lead to `block`.
    private func redirectEntries(_ function: inout MIRFunction, _ header: UInt32, to block: BlockID) {
        let loop = flow.loop(header)
        for p in flow.incoming(header) where !flow.isBlock(flow.source(p), inLoop: loop) {
            function.edges[Int(flow.edge(p))].target = block
        }
    }
    /// Gives the loop of `header` a block through which alone it is entered, unless it has one.
    private func createPreheader(_ function: inout MIRFunction, _ header: UInt32) {
        let loop = flow.loop(header)
        var entries = 0
        var isJump = true
        for p in flow.incoming(header) where !flow.isBlock(flow.source(p), inLoop: loop) {
            entries += 1
            if function[function.blocks[Int(flow.source(p))].last].opcode != .jump { isJump = false }
        }
        if entries == 1 && isJump { return }
        let preheader = function.addBlock()
        redirectEntries(&function, header, to: preheader)
        var arguments: [ValueID] = []
        var parameter = function.blocks[Int(header)].firstParameter
        while parameter.exists {
            arguments.append(function.addParameter(to: preheader, type: function[parameter].type))
            parameter = function[parameter].next
        }
        let terminator = function[function.blocks[Int(header)].last]
        let edge = function.addEdge(to: BlockID(rawValue: header), arguments: arguments)
        let jump = function.make(
            Instruction(.jump, a: edge.rawValue, position: terminator.position, scope: terminator.scope))
        function.append(jump, to: preheader)
    }
}

internal import Support

/// A set of alias classes, one bit each.
typealias ClassMask = UInt16

extension AliasClass {
    @inline(__always) var bit: ClassMask { 1 << ClassMask(rawValue) }
    /// Everything that can be written.
    static let writable: ClassMask = ~AliasClass.immutable.bit
    /// Fields and elements of arrays, and `any`.
    static let arrays: ClassMask =
        AliasClass.any.bit | AliasClass.arrayLength.bit | AliasClass.arrayCapacity.bit | AliasClass.arrayData.bit
        | AliasClass.element8.bit | AliasClass.element16.bit | AliasClass.element32.bit | AliasClass.element64.bit
        | AliasClass.elementF32.bit | AliasClass.elementF64.bit | AliasClass.elementRef.bit
}

extension FunctionView {
    /// The classes that an instruction may write.
    @inline(__always)
    func writes(_ value: UInt32, _ effects: borrowing ScratchBuffer<CallEffects>) -> ClassMask {
        switch opcode(value) {
        case .store, .storeIndexed:
            let bit = ClassMask(1) << ClassMask(self[value].aux)
            return bit == AliasClass.any.bit ? AliasClass.writable : bit | AliasClass.any.bit
        case .call:
            let callee = effects[self[value].a]
            if callee.contains(.writesAll) { return AliasClass.writable }
            return callee.contains(.writesArrays) ? AliasClass.arrays : 0
        case .callIndirect: return AliasClass.writable
        default: return 0
        }
    }
}

/// The state of memory at each point of a function, one number per alias class: two reads of a class in the same state
/// see the same contents. Filled block by block in reverse postorder.
struct MemoryStates: ~Copyable {
    /// By block: the state at its end.
    private var ends = ScratchBuffer<SIMD16<UInt32>>()
    /// By loop: the classes that its blocks write, those of inner loops included.
    private var loopWrites = ScratchBuffer<ClassMask>()
    private var counter: UInt32 = 0
    /// The state where the walk is.
    private(set) var current = SIMD16<UInt32>(repeating: 0)

    /// Finds out what each loop writes.
    mutating func prepare(_ view: FunctionView, _ flow: borrowing FlowGraph, _ effects: borrowing ScratchBuffer<CallEffects>) {
        counter = 1
        ends.prepare(view.blockCount)
        computeLoopWrites(view, flow, effects)
    }
    mutating func computeLoopWrites(
        _ view: FunctionView, _ flow: borrowing FlowGraph, _ effects: borrowing ScratchBuffer<CallEffects>
    ) {
        let loopCount = flow.loopCount
        loopWrites.prepare(loopCount, filledWith: 0)
        if loopCount == 0 { return }
        for i in 0..<flow.count {
            let block = flow.block(i)
            var l = flow.loop(block)
            if l == FlowGraph.none { continue }
            var mask: ClassMask = 0
            var value = view.blocks[Int(block)].first.rawValue
            while value != 0 {
                mask |= view.writes(value, effects)
                value = view[value].next.rawValue
            }
            while l != FlowGraph.none {
                loopWrites[l] |= mask
                l = flow.parent(l)
            }
        }
    }
    /// The classes that loop `l` writes.
    @inline(__always)
    func writes(ofLoop l: UInt32) -> ClassMask { loopWrites[l] }

    /// Sets `current` to the state at the start of `block`, whose forward predecessors are done; `isLive` tells which
    /// of its incoming edges count.
    mutating func enter(_ block: UInt32, _ flow: borrowing FlowGraph, _ isLive: (Int) -> Bool) {
        let incoming = flow.incoming(block)
        var isFirst = true
        var changed: ClassMask = 0
        for p in incoming {
            let source = flow.source(p)
            if flow.isRetreating(from: source, to: block) {
                changed |= flow.dominates(block, source) ? loopWrites[flow.loop(block)] : AliasClass.writable
                continue
            }
            if !isLive(p) { continue }
            let end = ends[source]
            if isFirst {
                current = end
                isFirst = false
            } else {
                let different = current .!= end
                if any(different) {
                    counter &+= 1
                    current.replace(with: SIMD16(repeating: counter), where: different)
                }
            }
        }
        if isFirst { current = SIMD16(repeating: 1) }
        if changed != 0 { clobber(changed) }
    }
    mutating func leave(_ block: UInt32) { ends[block] = current }

    @inline(__always)
    func state(of aliasClass: UInt8) -> UInt32 { current[Int(aliasClass & 15)] }

    /// Notes a write.
    mutating func clobber(_ classes: ClassMask) {
        counter &+= 1
        var rest = classes | AliasClass.any.bit
        while rest != 0 {
            current[rest.trailingZeroBitCount] = counter
            rest &= rest - 1
        }
    }
}

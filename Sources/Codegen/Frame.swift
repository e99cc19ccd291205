internal import MIR
internal import Support

// The frame, from high to low addresses: arguments passed on the stack, return address, saved rbp (rbp points here),
// saved rbx and r12–r15, spill slots, stack slots, area for results through a pointer, outgoing stack arguments (rsp
// points here). rsp is a multiple of 16 throughout the body, so cold code can call too.

/// What is known of the frame of the function at hand.
struct FrameState: ~Copyable {
    /// A stack slot that the function asked for.
    struct Area: BitwiseCopyable {
        /// The `ValueID`.
        var value: UInt32
        var size: Int64
        /// At most 16.
        var alignment: Int64
        /// Byte offset from rbp.
        var displacement: Int32 = 0
    }
    var areas = ScratchArray<Area>()
    var hasCalls = false
    private(set) var outgoingSize: Int32 = 0
    private(set) var resultAreaSize: Int64 = 0
    /// Byte offset from rbp of the area that callees write results to.
    private(set) var resultArea: Int32 = 0
    /// Registers to save, as a set.
    private(set) var saved: UInt32 = 0
    private(set) var savedSize: Int32 = 0
    /// What is subtracted from rsp behind the pushes.
    private(set) var size: Int64 = 0

    mutating func beginFunction() {
        areas.removeAll()
        hasCalls = false
        outgoingSize = 0
        resultAreaSize = 0
        resultArea = 0
    }
    mutating func needOutgoing(_ size: Int32) { outgoingSize = max(outgoingSize, size) }
    mutating func needResultArea(_ size: Int64) { resultAreaSize = max(resultAreaSize, size) }
    mutating func addArea(_ value: ValueID, size: Int64, alignment: Int64) {
        areas.append(Area(value: value.rawValue, size: max(size, 1), alignment: min(max(alignment, 1), 16)))
    }

    /// Decides all offsets.
    mutating func layOut(saved: UInt32, spillSlots: Int) {
        self.saved = saved
        savedSize = Int32(saved.nonzeroBitCount) * 8
        var depth = Int64(savedSize) + Int64(spillSlots) * 8
        for i in 0..<areas.count {
            depth += areas[i].size
            depth = (depth + areas[i].alignment - 1) & ~(areas[i].alignment - 1)
            areas[i].displacement = Int32(truncatingIfNeeded: -depth)
        }
        depth = (depth + 7) & ~7
        depth += resultAreaSize
        resultArea = Int32(truncatingIfNeeded: -depth)
        depth += Int64(outgoingSize)
        depth = (depth + 15) & ~15
        size = depth - Int64(savedSize)
    }

    /// Byte offset from rbp of spill slot `index` (from 1); a negative index is an incoming stack argument (-1 the first).
    @inline(__always) func displacement(ofSlot index: Int32) -> Int32 {
        index > 0 ? -savedSize - index * 8 : 8 - index * 8
    }
}

extension FunctionGenerator {
    mutating func layOutFrame() {
        frame.layOut(saved: usedRegisters & RegisterSet.calleeSaved, spillSlots: slots.count)
        for i in 0..<frame.areas.count {
            values[Int(frame.areas[i].value)].area = frame.areas[i].displacement
        }
    }

    mutating func emitPrologue() {
        code.push(.rbp)
        code.move(.rbp, .rsp)
        var saved = frame.saved
        while saved != 0 {
            code.push(Register(rawValue: UInt8(saved.trailingZeroBitCount)))
            saved &= saved - 1
        }
        let page: Int64 = 4096
        var rest = frame.size
        if rest >= page * 8 {
            // Touch each page in order, so that the guard page is never jumped over.
            code.moveImmediate(.r11, rest / page)
            let top = code.count
            code.arithmetic(.sub, .quad, Operand(.rsp), immediate: Int32(page))
            code.arithmetic(.or, .double, Operand(Memory(.rsp)), immediate: 0)
            code.arithmetic(.sub, .quad, Operand(.r11), immediate: 1)
            code.jump(.ne, to: top)
            rest %= page
        }
        while rest >= page {
            code.arithmetic(.sub, .quad, Operand(.rsp), immediate: Int32(page))
            code.arithmetic(.or, .double, Operand(Memory(.rsp)), immediate: 0)
            rest -= page
        }
        if rest > 0 { code.arithmetic(.sub, .quad, Operand(.rsp), immediate: Int32(rest)) }
    }

    /// Leaves the function.
    mutating func emitEpilogue() {
        if frame.saved == 0 {
            if frame.size != 0 { code.move(.rsp, .rbp) }
        } else {
            if frame.size != 0 { code.lea(.rsp, Memory(.rbp, -frame.savedSize)) }
            var registers = frame.saved
            while registers != 0 {
                let last = 31 - registers.leadingZeroBitCount
                code.pop(Register(rawValue: UInt8(last)))
                registers &= ~(1 << UInt32(last))
            }
        }
        code.pop(.rbp)
        code.ret()
    }
}

/// A place of a value: a register, or an 8-byte word of the frame.
package struct Location: Equatable, Sendable, BitwiseCopyable {
    /// 0–31: the register; bit 5 set: the word at rbp + 8 × the rest; -1: none.
    package let rawValue: Int32
    @inline(__always) private init(rawValue: Int32) { self.rawValue = rawValue }
    @inline(__always) package init(_ register: Register) { rawValue = Int32(register.rawValue) }
    /// - Requires: `displacement` (in bytes from rbp) is a multiple of 8.
    @inline(__always) package init(displacement: Int32) { rawValue = (displacement >> 3) << 6 | 0x20 }
    package static let none = Location(rawValue: -1)

    package var exists: Bool { @inline(__always) get { rawValue != -1 } }
    package var isRegister: Bool { @inline(__always) get { rawValue & ~31 == 0 } }
    /// - Requires: `isRegister`.
    package var register: Register { @inline(__always) get { Register(rawValue: UInt8(truncatingIfNeeded: rawValue)) } }
    /// - Requires: not `isRegister`.
    package var displacement: Int32 { @inline(__always) get { (rawValue >> 6) << 3 } }
    package var memory: Memory { @inline(__always) get { Memory(.rbp, displacement) } }
}

/// Turns a set of simultaneous moves into a sequence of single ones.
///
/// Cycles are opened by saving one place in a scratch register: r11 for general registers and memory, xmm15 for float
/// registers. One of each is enough, for a cycle is finished before the next is opened.
package struct ParallelMove: ~Copyable {
    /// One move; sources are read before any target is written.
    package struct Move: BitwiseCopyable {
        package var to: Location
        package var from: Location
    }
    private var pending = ScratchArray<Move>(capacity: 32)
    /// The result: to be executed in order.
    package private(set) var steps = ScratchArray<Move>(capacity: 32)
    /// How many pending moves read each register.
    private var readers = ScratchArray<UInt32>(capacity: 32)

    package init() {}

    package mutating func begin() {
        pending.removeAll()
        steps.removeAll()
    }
    /// Adds a move. Every target is added at most once.
    @inline(__always) package mutating func add(to: Location, from: Location) {
        if to != from { pending.append(Move(to: to, from: from)) }
    }
    package var isEmpty: Bool { pending.isEmpty }

    /// Fills `steps`.
    package mutating func resolve() {
        if pending.count == 1 {
            steps.append(pending[0])
            pending.removeAll()
            return
        }
        readers.reset(count: 32, to: 0)
        var readsMemory = false
        for i in 0..<pending.count {
            let from = pending[i].from
            if from.isRegister { readers[Int(from.rawValue)] += 1 } else { readsMemory = true }
        }
        while !pending.isEmpty {
            var progress = false
            var i = 0
            while i < pending.count {
                let move = pending[i]
                if isRead(move.to, readsMemory) {
                    i += 1
                    continue
                }
                steps.append(move)
                if move.from.isRegister { readers[Int(move.from.rawValue)] -= 1 }
                let last = pending.removeLast()
                if i < pending.count { pending[i] = last }
                progress = true
            }
            if !progress { openCycle(&readsMemory) }
        }
    }

    private func isRead(_ place: Location, _ readsMemory: Bool) -> Bool {
        if place.isRegister { return readers[Int(place.rawValue)] != 0 }
        if readsMemory { for i in 0..<pending.count where pending[i].from == place { return true } }
        return false
    }

    /// Saves what the first pending move overwrites.
    private mutating func openCycle(_ readsMemory: inout Bool) {
        let place = pending[0].to
        let scratch = Location(place.isRegister && place.register.isFloat ? .xmm15 : .r11)
        steps.append(Move(to: scratch, from: place))
        for i in 0..<pending.count where pending[i].from == place {
            pending[i].from = scratch
            readers[Int(scratch.rawValue)] += 1
        }
        if place.isRegister { readers[Int(place.rawValue)] = 0 }
    }
}

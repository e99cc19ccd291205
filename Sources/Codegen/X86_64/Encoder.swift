/// A place in the code that the linker fills in.
package struct CodeRelocation: BitwiseCopyable {
    /// Byte offset in the module's code.
    package var offset: UInt32
    /// As `Memory.symbol`.
    package var symbol: UInt32
    /// Raw relocation type (Docs/smf.md): 2 Pc32, 4 GotPcRel.
    package var type: UInt32
    package var addend: Int64
}

/// The arithmetic instructions of opcode row 0 (Intel SDM vol. 2, table A-6, group 1).
package enum ArithmeticOp: UInt8, Sendable { case add, or, adc, sbb, and, sub, xor, cmp }
/// Group 2.
package enum ShiftOp: UInt8, Sendable {
    case rol = 0
    case ror = 1
    case shl = 4
    case shr = 5
    case sar = 7
}
/// Group 3, the forms with one operand.
package enum UnaryOp: UInt8, Sendable {
    case not = 2
    case neg = 3
    case mul = 4
    case imul = 5
    case div = 6
    case idiv = 7
}
/// Scalar SSE2 instructions with a second opcode byte of this value.
package enum FloatOp: UInt8, Sendable {
    case sqrt = 0x51
    case add = 0x58
    case mul = 0x59
    case sub = 0x5C
    case div = 0x5E
}

/// The machine code of a module, and the encoder for it (Intel SDM vol. 2).
///
/// Every instruction checks the room once and then stores bytes without checks: no instruction is longer than 15 bytes.
package struct CodeBuffer: ~Copyable {
    package private(set) var base: UnsafeMutablePointer<UInt8>
    /// Bytes written; the offset of the next instruction.
    package private(set) var count = 0
    private var capacity: Int
    /// In ascending order of offset.
    package var relocations = ScratchArray<CodeRelocation>(capacity: 1024)

    package init(capacity: Int = 1 << 16) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }
    deinit { base.deallocate() }

    // MARK: Raw bytes

    /// Makes room for `bytes` bytes in all.
    package mutating func reserve(_ bytes: Int) {
        if bytes > capacity { grow(to: bytes) }
    }
    @inline(__always) private mutating func reserve() {
        if count + 32 > capacity { grow(to: capacity * 2) }
    }
    @inline(never) private mutating func grow(to newCapacity: Int) {
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
        new.update(from: base, count: count)
        base.deallocate()
        base = new
        capacity = newCapacity
    }
    @inline(__always) private mutating func put(_ byte: UInt8) {
        base[count] = byte
        count += 1
    }
    @inline(__always) private mutating func put32(_ value: Int32) {
        UnsafeMutableRawPointer(base + count).storeBytes(of: value, as: Int32.self)
        count += 4
    }
    /// Overwrites 4 bytes at `offset`.
    @inline(__always) package mutating func patch32(_ value: Int32, at offset: Int) {
        UnsafeMutableRawPointer(base + offset).storeBytes(of: value, as: Int32.self)
    }
    /// Makes the 4-byte jump distance at `offset` lead to `target`.
    @inline(__always) package mutating func patchJump(at offset: Int, to target: Int) {
        patch32(Int32(truncatingIfNeeded: target - offset - 4), at: offset)
    }
    /// Forgets what was written behind `newCount` bytes.
    package mutating func truncate(to newCount: Int) { count = newCount }

    // MARK: Instruction parts

    @inline(__always) private mutating func opcode(_ opcode: UInt32) {
        if opcode > 0xFF {
            if opcode > 0xFFFF { put(UInt8(truncatingIfNeeded: opcode >> 16)) }
            put(UInt8(truncatingIfNeeded: opcode >> 8))
        }
        put(UInt8(truncatingIfNeeded: opcode))
    }

    /// prefix REX opcode modrm, both operands registers. `rexReg`, `rexRM`: that operand is a byte register, which
    /// needs a REX prefix for spl…dil.
    @inline(__always) private mutating func encode(
        _ prefix: UInt8, _ op: UInt32, wide: Bool, reg: UInt8, rm: UInt8, rexReg: Bool = false, rexRM: Bool = false
    ) {
        reserve()
        if prefix != 0 { put(prefix) }
        var rex: UInt8 = wide ? 0x48 : 0
        if reg > 7 { rex |= 0x44 }
        if rm > 7 { rex |= 0x41 }
        if (rexReg && reg > 3) || (rexRM && rm > 3) { rex |= 0x40 }
        if rex != 0 { put(rex) }
        opcode(op)
        put(0xC0 | (reg & 7) << 3 | rm & 7)
    }

    /// prefix REX opcode modrm sib displacement. `trailing`: how many bytes of immediate follow.
    @inline(never) private mutating func encode(
        _ prefix: UInt8, _ op: UInt32, wide: Bool, reg: UInt8, _ m: Memory, rexReg: Bool = false, trailing: Int64 = 0
    ) {
        reserve()
        if prefix != 0 { put(prefix) }
        var rex: UInt8 = wide ? 0x48 : 0
        if reg > 7 { rex |= 0x44 }
        if m.index.exists && m.index.code > 7 { rex |= 0x42 }
        if m.base.exists && m.base.code > 7 { rex |= 0x41 }
        if rexReg && reg > 3 { rex |= 0x40 }
        if rex != 0 { put(rex) }
        opcode(op)
        let field = (reg & 7) << 3
        guard m.base.exists else {
            if m.index.exists {
                // Index without base: sib with base 101 and a 4-byte displacement.
                put(field | 4)
                put(m.shift << 6 | (m.index.code & 7) << 3 | 5)
                put32(m.displacement)
                return
            }
            precondition(m.symbol != Memory.noSymbol, "an address needs a base or a symbol")
            put(field | 5)
            relocations.append(
                CodeRelocation(
                    offset: UInt32(truncatingIfNeeded: count), symbol: m.symbol, type: 2,
                    addend: Int64(m.displacement) - 4 - trailing))
            put32(0)
            return
        }
        let base = m.base.code & 7
        let mode: UInt8 =
            m.displacement == 0 && base != 5 ? 0 : (m.displacement >= -128 && m.displacement <= 127 ? 0x40 : 0x80)
        if m.index.exists {
            put(mode | field | 4)
            put(m.shift << 6 | (m.index.code & 7) << 3 | base)
        } else if base == 4 {
            put(mode | field | 4)
            put(0x24)
        } else {
            put(mode | field | base)
        }
        if mode == 0x40 { put(UInt8(truncatingIfNeeded: m.displacement)) }
        if mode == 0x80 { put32(m.displacement) }
    }

    /// As above for either kind of operand.
    @inline(__always) private mutating func encode(
        _ prefix: UInt8, _ op: UInt32, wide: Bool, reg: UInt8, _ source: Operand, rexReg: Bool = false,
        rexRM: Bool = false, trailing: Int64 = 0
    ) {
        if source.kind == .register {
            encode(prefix, op, wide: wide, reg: reg, rm: source.register.code, rexReg: rexReg, rexRM: rexRM)
        } else {
            assert(source.kind == .memory)
            encode(prefix, op, wide: wide, reg: reg, source.memory, rexReg: rexReg, trailing: trailing)
        }
    }

    @inline(__always) private func prefix(_ size: OperandSize) -> UInt8 { size == .word ? 0x66 : 0 }

    // MARK: Moves

    /// mov to, from (64 bits, or 32 with zero extension).
    package mutating func move(_ to: Register, _ from: Register, wide: Bool = true) {
        encode(0, 0x89, wide: wide, reg: from.code, rm: to.code)
    }
    /// Loads an integer; byte and word are zero-extended to 32 bits.
    package mutating func load(_ size: OperandSize, _ to: Register, _ from: Memory) {
        switch size {
        case .byte: encode(0, 0x0FB6, wide: false, reg: to.code, from)
        case .word: encode(0, 0x0FB7, wide: false, reg: to.code, from)
        case .double: encode(0, 0x8B, wide: false, reg: to.code, from)
        case .quad: encode(0, 0x8B, wide: true, reg: to.code, from)
        }
    }
    package mutating func store(_ size: OperandSize, _ to: Memory, _ from: Register) {
        encode(
            prefix(size), size == .byte ? 0x88 : 0x89, wide: size == .quad, reg: from.code, to, rexReg: size == .byte)
    }
    package mutating func store(_ size: OperandSize, _ to: Memory, immediate: Int32) {
        let trailing: Int64 = size == .byte ? 1 : size == .word ? 2 : 4
        encode(prefix(size), size == .byte ? 0xC6 : 0xC7, wide: size == .quad, reg: 0, to, trailing: trailing)
        putImmediate(size, immediate)
    }
    @inline(__always) private mutating func putImmediate(_ size: OperandSize, _ value: Int32) {
        switch size {
        case .byte: put(UInt8(truncatingIfNeeded: value))
        case .word:
            put(UInt8(truncatingIfNeeded: value))
            put(UInt8(truncatingIfNeeded: value >> 8))
        case .double, .quad: put32(value)
        }
    }
    /// Loads a constant in the shortest form. Zero uses xor, which changes the flags, unless `keepFlags`.
    package mutating func moveImmediate(_ to: Register, _ value: Int64, keepFlags: Bool = false) {
        if value == 0 && !keepFlags {
            encode(0, 0x31, wide: false, reg: to.code, rm: to.code)
        } else if value >= 0 && value <= 0xFFFF_FFFF {
            reserve()
            if to.code > 7 { put(0x41) }
            put(0xB8 | to.code & 7)
            put32(Int32(truncatingIfNeeded: value))
        } else if let short = Int32(exactly: value) {
            encode(0, 0xC7, wide: true, reg: 0, rm: to.code)
            put32(short)
        } else {
            reserve()
            put(to.code > 7 ? 0x49 : 0x48)
            put(0xB8 | to.code & 7)
            UnsafeMutableRawPointer(base + count).storeBytes(of: value, as: Int64.self)
            count += 8
        }
    }
    /// movzx to, from (byte or word; double is a 32-bit mov).
    package mutating func zeroExtend(_ from: OperandSize, _ to: Register, _ source: Operand) {
        switch from {
        case .byte: encode(0, 0x0FB6, wide: false, reg: to.code, source, rexRM: true)
        case .word: encode(0, 0x0FB7, wide: false, reg: to.code, source)
        case .double, .quad: encode(0, 0x8B, wide: from == .quad, reg: to.code, source)
        }
    }
    /// movsx to, from; to 64 bits if `wide`, else to 32.
    package mutating func signExtend(_ from: OperandSize, _ to: Register, _ source: Operand, wide: Bool) {
        switch from {
        case .byte: encode(0, 0x0FBE, wide: wide, reg: to.code, source, rexRM: true)
        case .word: encode(0, 0x0FBF, wide: wide, reg: to.code, source)
        case .double: encode(0, wide ? 0x63 : 0x8B, wide: wide, reg: to.code, source)
        case .quad: encode(0, 0x8B, wide: true, reg: to.code, source)
        }
    }
    package mutating func lea(_ to: Register, _ address: Memory, wide: Bool = true) {
        encode(0, 0x8D, wide: wide, reg: to.code, address)
    }
    /// xchg of 64-bit registers.
    package mutating func exchange(_ a: Register, _ b: Register) { encode(0, 0x87, wide: true, reg: b.code, rm: a.code) }
    package mutating func push(_ register: Register) {
        reserve()
        if register.code > 7 { put(0x41) }
        put(0x50 | register.code & 7)
    }
    package mutating func pop(_ register: Register) {
        reserve()
        if register.code > 7 { put(0x41) }
        put(0x58 | register.code & 7)
    }
    package mutating func push(_ memory: Memory) { encode(0, 0xFF, wide: false, reg: 6, memory) }
    package mutating func pop(_ memory: Memory) { encode(0, 0x8F, wide: false, reg: 0, memory) }

    // MARK: Integer arithmetic

    package mutating func arithmetic(_ op: ArithmeticOp, _ size: OperandSize, _ to: Register, _ source: Operand) {
        let row = UInt32(op.rawValue) << 3
        switch source.kind {
        case .register:
            encode(
                prefix(size), row | (size == .byte ? 0 : 1), wide: size == .quad, reg: source.register.code, rm: to.code,
                rexReg: size == .byte, rexRM: size == .byte)
        case .memory:
            encode(
                prefix(size), row | (size == .byte ? 2 : 3), wide: size == .quad, reg: to.code, source.memory,
                rexReg: size == .byte)
        case .immediate: arithmetic(op, size, Operand(to), immediate: source.immediate)
        }
    }
    /// op [memory], from.
    package mutating func arithmetic(_ op: ArithmeticOp, _ size: OperandSize, _ to: Memory, _ from: Register) {
        encode(
            prefix(size), UInt32(op.rawValue) << 3 | (size == .byte ? 0 : 1), wide: size == .quad, reg: from.code, to,
            rexReg: size == .byte)
    }
    /// op register-or-memory, immediate (reduced to the operand's size).
    package mutating func arithmetic(_ op: ArithmeticOp, _ size: OperandSize, _ to: Operand, immediate: Int32) {
        if size == .byte {
            encode(0, 0x80, wide: false, reg: op.rawValue, to, rexRM: true, trailing: 1)
            put(UInt8(truncatingIfNeeded: immediate))
            return
        }
        let value = size == .word ? Int32(Int16(truncatingIfNeeded: immediate)) : immediate
        if value >= -128 && value <= 127 {
            encode(prefix(size), 0x83, wide: size == .quad, reg: op.rawValue, to, trailing: 1)
            put(UInt8(truncatingIfNeeded: value))
        } else {
            encode(
                prefix(size), 0x81, wide: size == .quad, reg: op.rawValue, to, trailing: size == .word ? 2 : 4)
            putImmediate(size, value)
        }
    }
    package mutating func test(_ size: OperandSize, _ a: Register, _ b: Register) {
        encode(
            prefix(size), size == .byte ? 0x84 : 0x85, wide: size == .quad, reg: b.code, rm: a.code,
            rexReg: size == .byte, rexRM: size == .byte)
    }
    package mutating func test(_ size: OperandSize, _ a: Operand, immediate: Int32) {
        encode(
            prefix(size), size == .byte ? 0xF6 : 0xF7, wide: size == .quad, reg: 0, a, rexRM: size == .byte,
            trailing: size == .byte ? 1 : size == .word ? 2 : 4)
        putImmediate(size, immediate)
    }
    package mutating func unary(_ op: UnaryOp, _ size: OperandSize, _ operand: Operand) {
        encode(
            prefix(size), size == .byte ? 0xF6 : 0xF7, wide: size == .quad, reg: op.rawValue, operand,
            rexRM: size == .byte)
    }
    /// imul to, source (word, double or quad).
    package mutating func multiply(_ size: OperandSize, _ to: Register, _ source: Operand) {
        encode(prefix(size), 0x0FAF, wide: size == .quad, reg: to.code, source)
    }
    /// imul to, source, immediate (word, double or quad).
    package mutating func multiply(_ size: OperandSize, _ to: Register, _ source: Operand, immediate: Int32) {
        let value = size == .word ? Int32(Int16(truncatingIfNeeded: immediate)) : immediate
        if value >= -128 && value <= 127 {
            encode(prefix(size), 0x6B, wide: size == .quad, reg: to.code, source, trailing: 1)
            put(UInt8(truncatingIfNeeded: value))
        } else {
            encode(prefix(size), 0x69, wide: size == .quad, reg: to.code, source, trailing: size == .word ? 2 : 4)
            putImmediate(size, value)
        }
    }
    package mutating func shift(_ op: ShiftOp, _ size: OperandSize, _ register: Register, by count: UInt8) {
        encode(
            prefix(size), size == .byte ? 0xC0 : 0xC1, wide: size == .quad, reg: op.rawValue, rm: register.code,
            rexRM: size == .byte)
        put(count)
    }
    /// Shifts by cl.
    package mutating func shiftByCL(_ op: ShiftOp, _ size: OperandSize, _ register: Register) {
        encode(
            prefix(size), size == .byte ? 0xD2 : 0xD3, wide: size == .quad, reg: op.rawValue, rm: register.code,
            rexRM: size == .byte)
    }
    /// cdq or cqo: sign of rax into rdx.
    package mutating func signIntoRDX(wide: Bool) {
        reserve()
        if wide { put(0x48) }
        put(0x99)
    }
    /// bsf; ZF iff the source is 0, and then the target is unchanged or undefined.
    package mutating func bitScanForward(_ to: Register, _ source: Operand, wide: Bool) {
        encode(0, 0x0FBC, wide: wide, reg: to.code, source)
    }
    package mutating func bitScanReverse(_ to: Register, _ source: Operand, wide: Bool) {
        encode(0, 0x0FBD, wide: wide, reg: to.code, source)
    }
    package mutating func populationCount(_ to: Register, _ source: Operand, wide: Bool) {
        encode(0xF3, 0x0FB8, wide: wide, reg: to.code, source)
    }
    package mutating func set(_ condition: ConditionCode, _ to: Register) {
        encode(0, 0x0F90 | UInt32(condition.rawValue), wide: false, reg: 0, rm: to.code, rexRM: true)
    }
    package mutating func conditionalMove(_ condition: ConditionCode, _ to: Register, _ source: Operand, wide: Bool) {
        encode(0, 0x0F40 | UInt32(condition.rawValue), wide: wide, reg: to.code, source)
    }

    // MARK: Floats. `single`: f32, else f64.

    package mutating func moveFloat(_ to: Register, _ from: Register) { encode(0, 0x0F28, wide: false, reg: to.code, rm: from.code) }
    package mutating func loadFloat(single: Bool, _ to: Register, _ from: Memory) {
        encode(single ? 0xF3 : 0xF2, 0x0F10, wide: false, reg: to.code, from)
    }
    package mutating func storeFloat(single: Bool, _ to: Memory, _ from: Register) {
        encode(single ? 0xF3 : 0xF2, 0x0F11, wide: false, reg: from.code, to)
    }
    package mutating func float(_ op: FloatOp, single: Bool, _ to: Register, _ source: Operand) {
        encode(single ? 0xF3 : 0xF2, 0x0F00 | UInt32(op.rawValue), wide: false, reg: to.code, source)
    }
    package mutating func compareFloat(single: Bool, _ a: Register, _ b: Operand) {
        encode(single ? 0 : 0x66, 0x0F2E, wide: false, reg: a.code, b)
    }
    package mutating func xorFloat(_ to: Register, _ source: Operand) { encode(0, 0x0F57, wide: false, reg: to.code, source) }
    package mutating func andFloat(_ to: Register, _ source: Operand) { encode(0, 0x0F54, wide: false, reg: to.code, source) }
    /// cvtsi2sd, cvtsi2ss. `wide`: from 64 bits.
    package mutating func convertToFloat(single: Bool, _ to: Register, _ source: Operand, wide: Bool) {
        encode(single ? 0xF3 : 0xF2, 0x0F2A, wide: wide, reg: to.code, source)
    }
    /// cvttsd2si, cvttss2si.
    package mutating func convertToInteger(single: Bool, _ to: Register, _ source: Operand, wide: Bool) {
        encode(single ? 0xF3 : 0xF2, 0x0F2C, wide: wide, reg: to.code, source)
    }
    /// cvtss2sd if `fromSingle`, else cvtsd2ss.
    package mutating func convertFloat(fromSingle: Bool, _ to: Register, _ source: Operand) {
        encode(fromSingle ? 0xF3 : 0xF2, 0x0F5A, wide: false, reg: to.code, source)
    }
    /// movd, movq from a general-purpose register or memory.
    package mutating func moveBitsToFloat(_ to: Register, _ source: Operand, wide: Bool) {
        encode(0x66, 0x0F6E, wide: wide, reg: to.code, source)
    }
    /// movd, movq to a general-purpose register.
    package mutating func moveBitsToGeneral(_ to: Register, _ from: Register, wide: Bool) {
        encode(0x66, 0x0F7E, wide: wide, reg: from.code, rm: to.code)
    }

    // MARK: Control flow

    /// jmp with a 4-byte distance to be patched; returns the distance's offset.
    package mutating func jumpForward() -> Int {
        reserve()
        put(0xE9)
        put32(0)
        return count - 4
    }
    /// jcc with a 4-byte distance to be patched; returns the distance's offset.
    package mutating func jumpForward(_ condition: ConditionCode) -> Int {
        reserve()
        put(0x0F)
        put(0x80 | condition.rawValue)
        put32(0)
        return count - 4
    }
    /// jmp to known code, in the shortest form.
    package mutating func jump(to target: Int) {
        reserve()
        let distance = target - count - 2
        if distance >= -128 {
            put(0xEB)
            put(UInt8(truncatingIfNeeded: distance))
        } else {
            put(0xE9)
            put32(Int32(truncatingIfNeeded: distance - 3))
        }
    }
    /// jcc to known code, in the shortest form.
    package mutating func jump(_ condition: ConditionCode, to target: Int) {
        reserve()
        let distance = target - count - 2
        if distance >= -128 {
            put(0x70 | condition.rawValue)
            put(UInt8(truncatingIfNeeded: distance))
        } else {
            put(0x0F)
            put(0x80 | condition.rawValue)
            put32(Int32(truncatingIfNeeded: distance - 4))
        }
    }
    /// jcc over at most 127 bytes; returns the offset of the distance, for `endShortJump`.
    package mutating func shortJump(_ condition: ConditionCode) -> Int {
        reserve()
        put(0x70 | condition.rawValue)
        put(0)
        return count - 1
    }
    /// Makes the short jump whose distance is at `offset` lead here.
    package mutating func endShortJump(_ offset: Int) {
        let distance = count - offset - 1
        precondition(distance <= 127, "short jump out of range")
        base[offset] = UInt8(truncatingIfNeeded: distance)
    }
    /// call rel32 to a function of this or another module.
    package mutating func call(symbol: UInt32) {
        reserve()
        put(0xE8)
        relocations.append(CodeRelocation(offset: UInt32(truncatingIfNeeded: count), symbol: symbol, type: 2, addend: -4))
        put32(0)
    }
    /// call [rip + slot of the symbol].
    package mutating func callThroughSlot(symbol: UInt32) {
        reserve()
        put(0xFF)
        put(0x15)
        relocations.append(CodeRelocation(offset: UInt32(truncatingIfNeeded: count), symbol: symbol, type: 4, addend: -4))
        put32(0)
    }
    package mutating func call(_ register: Register) { encode(0, 0xFF, wide: false, reg: 2, rm: register.code) }
    package mutating func ret() {
        reserve()
        put(0xC3)
    }
    /// An instruction that faults: behind calls that never return.
    package mutating func undefined() {
        reserve()
        put(0x0F)
        put(0x0B)
    }

    // MARK: Padding

    /// Fills with int3 up to a multiple of `alignment`.
    package mutating func alignWithTraps(_ alignment: Int) {
        while count % alignment != 0 {
            reserve()
            put(0xCC)
        }
    }
    /// Fills with long nops (Intel SDM vol. 2, NOP) up to a multiple of 16.
    package mutating func alignWithNops() {
        var rest = (16 - count % 16) % 16
        while rest > 0 {
            reserve()
            let size = min(rest, 9)
            switch size {
            case 1: put(0x90)
            case 2:
                put(0x66)
                put(0x90)
            default:
                if size == 6 || size == 9 { put(0x66) }
                put(0x0F)
                put(0x1F)
                switch size {
                case 3: put(0x00)
                case 4:
                    put(0x40)
                    put(0)
                case 5, 6:
                    put(0x44)
                    put(0)
                    put(0)
                case 7:
                    put(0x80)
                    put32(0)
                default:
                    put(0x84)
                    put(0)
                    put32(0)
                }
            }
            rest -= size
        }
    }
}

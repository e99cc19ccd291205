/// A register: 0–15 are the general-purpose registers in encoding order, 16–31 xmm0–xmm15.
package struct Register: Equatable, Sendable, BitwiseCopyable {
    package let rawValue: UInt8
    @inline(__always) package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The number in instruction encodings.
    package var code: UInt8 { @inline(__always) get { rawValue & 15 } }
    package var isFloat: Bool { @inline(__always) get { rawValue & 0x10 != 0 } }
    package var exists: Bool { @inline(__always) get { rawValue < 32 } }
    /// The register as a set of one.
    package var mask: UInt32 { @inline(__always) get { 1 << UInt32(rawValue & 31) } }

    package static let none = Register(rawValue: 0xFF)
    package static let rax = Register(rawValue: 0)
    package static let rcx = Register(rawValue: 1)
    package static let rdx = Register(rawValue: 2)
    package static let rbx = Register(rawValue: 3)
    package static let rsp = Register(rawValue: 4)
    package static let rbp = Register(rawValue: 5)
    package static let rsi = Register(rawValue: 6)
    package static let rdi = Register(rawValue: 7)
    package static let r8 = Register(rawValue: 8)
    package static let r9 = Register(rawValue: 9)
    package static let r10 = Register(rawValue: 10)
    /// Never allocated: the selector's scratch register.
    package static let r11 = Register(rawValue: 11)
    package static let r12 = Register(rawValue: 12)
    package static let r13 = Register(rawValue: 13)
    package static let r14 = Register(rawValue: 14)
    package static let r15 = Register(rawValue: 15)
    package static let xmm0 = Register(rawValue: 16)
    package static let xmm1 = Register(rawValue: 17)
    /// Never allocated: the selector's scratch register for floats.
    package static let xmm15 = Register(rawValue: 31)
}

/// Sets of registers, bit i for register i.
package enum RegisterSet {
    /// rbx, r12–r15: kept by callees (System V AMD64 psABI 3.2.1).
    package static let calleeSaved: UInt32 = 0xF008
    /// General-purpose registers that the allocator may use: all but rsp, rbp, r11.
    package static let allocatableGeneral: UInt32 = 0xF7CF
    /// xmm0–xmm14.
    package static let allocatableFloat: UInt32 = 0x7FFF_0000
    /// What a call destroys.
    package static let callClobbered: UInt32 = 0xFFFF_0000 | (0xFFFF & ~calleeSaved & ~0x30)
}

/// x86 condition codes, in encoding order; a code with its lowest bit flipped is its negation.
package enum ConditionCode: UInt8, Sendable {
    case o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g
    package var inverted: ConditionCode { @inline(__always) get { unsafeBitCast(rawValue ^ 1, to: ConditionCode.self) } }
}

/// Operand sizes of integer instructions.
package enum OperandSize: UInt8, Sendable {
    case byte, word, double, quad
    /// 8 to 64.
    package var bits: Int { 8 << Int(rawValue) }
}

/// A memory operand: base + index << shift + displacement, or symbol + displacement relative to rip.
package struct Memory: Equatable, Sendable, BitwiseCopyable {
    package var base: Register
    package var index = Register.none
    package var shift: UInt8 = 0
    package var displacement: Int32
    /// `noSymbol`, a `SymbolID`, or (with the highest bit set) an offset in the module's constant pool.
    package var symbol: UInt32 = Memory.noSymbol

    package static let noSymbol = UInt32.max
    package static let constantPoolBit: UInt32 = 0x8000_0000

    @inline(__always) package init(_ base: Register, _ displacement: Int32 = 0) {
        self.base = base
        self.displacement = displacement
    }
    @inline(__always) package init(_ base: Register, index: Register, shift: UInt8, _ displacement: Int32 = 0) {
        self.base = base
        self.index = index
        self.shift = shift
        self.displacement = displacement
    }
    @inline(__always) package init(symbol: UInt32, _ displacement: Int32 = 0) {
        base = .none
        self.displacement = displacement
        self.symbol = symbol
    }
    /// `true` iff `register` takes part in the address.
    @inline(__always) package func uses(_ register: Register) -> Bool { base == register || index == register }
}

/// A source operand: register, memory or 32-bit immediate.
package struct Operand: Sendable, BitwiseCopyable {
    package enum Kind: UInt8, Sendable, BitwiseCopyable { case register, memory, immediate }
    package var kind: Kind
    package var register: Register
    package var immediate: Int32
    package var memory: Memory

    @inline(__always) package init(_ register: Register) {
        kind = .register
        self.register = register
        immediate = 0
        memory = Memory(.none)
    }
    @inline(__always) package init(_ memory: Memory) {
        kind = .memory
        register = .none
        immediate = 0
        self.memory = memory
    }
    @inline(__always) package init(immediate: Int32) {
        kind = .immediate
        register = .none
        self.immediate = immediate
        memory = Memory(.none)
    }
    @inline(__always) package func isRegister(_ other: Register) -> Bool { kind == .register && register == other }
    /// `true` iff reading the operand reads `other`.
    @inline(__always) package func uses(_ other: Register) -> Bool {
        switch kind {
        case .register: register == other
        case .memory: memory.uses(other)
        case .immediate: false
        }
    }
}

import Codegen
import Testing

/// Every form of the encoder, against binutils' disassembler.
struct EncoderTests {
    static let general: [Register] = [.rax, .rcx, .rbx, .rsp, .rbp, .rsi, .r8, .r11, .r12, .r13, .r15]
    static let float: [Register] = [.xmm0, .xmm1, Register(rawValue: 23), Register(rawValue: 24), .xmm15]

    static func name(_ register: Register, _ size: OperandSize = .quad) -> String {
        if register.isFloat { return "xmm\(register.code)" }
        let legacy = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
        let code = Int(register.code)
        if code >= 8 { return "r\(code)" + ["b", "w", "d", ""][Int(size.rawValue)] }
        switch size {
        case .byte: return code < 4 ? String(legacy[code].first ?? "?") + "l" : legacy[code] + "l"
        case .word: return legacy[code]
        case .double: return "e" + legacy[code]
        case .quad: return "r" + legacy[code]
        }
    }

    static func hex(_ value: Int64) -> String { value < 0 ? "-0x" + String(-value, radix: 16) : "0x" + String(value, radix: 16) }
    static func hex(bits: Int64, _ size: OperandSize) -> String {
        "0x" + String(UInt64(bitPattern: bits) & (UInt64.max >> UInt64(64 - size.bits)), radix: 16)
    }

    static func text(_ memory: Memory, _ width: String) -> String {
        var parts = ""
        if memory.base.exists { parts = name(memory.base) }
        if memory.index.exists { parts += (parts.isEmpty ? "" : "+") + name(memory.index) + "*\(1 << memory.shift)" }
        let displacement = Int64(memory.displacement)
        let needsZero = memory.displacement == 0 && memory.base.exists && memory.base.code & 7 == 5
        if displacement != 0 || needsZero || !memory.base.exists {
            parts += displacement < 0 ? hex(displacement) : "+" + hex(displacement)
        }
        return "\(width) PTR [\(parts)]"
    }
    static func width(_ size: OperandSize) -> String { ["BYTE", "WORD", "DWORD", "QWORD"][Int(size.rawValue)] }

    static var memories: [Memory] {
        var result: [Memory] = []
        for base in general {
            for displacement: Int32 in [0, 8, -128, 127, 128, -129, 0x12345] { result.append(Memory(base, displacement)) }
        }
        for base in [Register.rax, .rbp, .rsp, .r12, .r13] {
            for index in [Register.rcx, .rbp, .r8, .r12, .r13] {
                for shift: UInt8 in 0...3 { result.append(Memory(base, index: index, shift: shift, shift == 0 ? 0 : 16)) }
            }
        }
        result.append(Memory(.none, index: .rcx, shift: 3, 64))
        return result
    }

    /// Encodes all cases into one buffer and compares the disassembly line by line.
    static func check(_ build: (inout CodeBuffer, inout [String]) -> Void) {
        var code = CodeBuffer()
        var expected: [String] = []
        build(&code, &expected)
        let actual = disassemble(Array(UnsafeBufferPointer(start: code.base, count: code.count)))
        #expect(actual.count == expected.count)
        var failures = 0
        for (a, e) in zip(actual, expected) where a != e {
            failures += 1
            if failures <= 5 { Issue.record("expected \(e), got \(a)") }
        }
    }

    static let sizes: [OperandSize] = [.byte, .word, .double, .quad]
    static let arithmetic: [(ArithmeticOp, String)] = [
        (.add, "add"), (.or, "or"), (.adc, "adc"), (.sbb, "sbb"), (.and, "and"), (.sub, "sub"), (.xor, "xor"), (.cmp, "cmp"),
    ]

    @Test func arithmeticForms() {
        EncoderTests.check { code, expected in
            for (op, name) in EncoderTests.arithmetic {
                for size in EncoderTests.sizes {
                    for a in EncoderTests.general {
                        for b in EncoderTests.general {
                            code.arithmetic(op, size, a, Operand(b))
                            expected.append("\(name) \(EncoderTests.name(a, size)),\(EncoderTests.name(b, size))")
                        }
                        for value: Int32 in [1, -1, 127, -128, 128, 0x1234] {
                            if size == .byte && (value < -128 || value > 127) { continue }
                            // The accumulator's short forms are not used, but print the same.
                            code.arithmetic(op, size, Operand(a), immediate: value)
                            expected.append(
                                "\(name) \(EncoderTests.name(a, size)),\(EncoderTests.hex(bits: Int64(value), size))")
                        }
                        let memory = Memory(.r9, 4)
                        code.arithmetic(op, size, a, Operand(memory))
                        expected.append(
                            "\(name) \(EncoderTests.name(a, size)),\(EncoderTests.text(memory, EncoderTests.width(size)))")
                        code.arithmetic(op, size, memory, a)
                        expected.append(
                            "\(name) \(EncoderTests.text(memory, EncoderTests.width(size))),\(EncoderTests.name(a, size))")
                    }
                    let memory = Memory(.rbp, -8)
                    for value: Int32 in [5, 300] where size != .byte || value < 128 {
                        code.arithmetic(op, size, Operand(memory), immediate: value)
                        expected.append(
                            "\(name) \(EncoderTests.text(memory, EncoderTests.width(size))),\(EncoderTests.hex(bits: Int64(value), size))")
                    }
                }
            }
        }
    }

    @Test func moves() {
        EncoderTests.check { code, expected in
            for a in EncoderTests.general {
                for b in EncoderTests.general {
                    code.move(a, b)
                    expected.append("mov \(EncoderTests.name(a)),\(EncoderTests.name(b))")
                    code.move(a, b, wide: false)
                    expected.append("mov \(EncoderTests.name(a, .double)),\(EncoderTests.name(b, .double))")
                    code.exchange(a, b)
                    expected.append(
                        a == .rax && b == .rax
                            ? "xchg rax,rax" : "xchg \(EncoderTests.name(a)),\(EncoderTests.name(b))")
                    code.zeroExtend(.byte, a, Operand(b))
                    expected.append("movzx \(EncoderTests.name(a, .double)),\(EncoderTests.name(b, .byte))")
                    code.zeroExtend(.word, a, Operand(b))
                    expected.append("movzx \(EncoderTests.name(a, .double)),\(EncoderTests.name(b, .word))")
                    code.signExtend(.byte, a, Operand(b), wide: true)
                    expected.append("movsx \(EncoderTests.name(a)),\(EncoderTests.name(b, .byte))")
                    code.signExtend(.word, a, Operand(b), wide: false)
                    expected.append("movsx \(EncoderTests.name(a, .double)),\(EncoderTests.name(b, .word))")
                    code.signExtend(.double, a, Operand(b), wide: true)
                    expected.append("movsxd \(EncoderTests.name(a)),\(EncoderTests.name(b, .double))")
                }
                for (value, text) in [
                    (Int64(0), "xor \(EncoderTests.name(a, .double)),\(EncoderTests.name(a, .double))"),
                    (1, "mov \(EncoderTests.name(a, .double)),0x1"),
                    (0xFFFF_FFFF, "mov \(EncoderTests.name(a, .double)),0xffffffff"),
                    (-1, "mov \(EncoderTests.name(a)),0xffffffffffffffff"),
                    (0x1234_5678_9ABC, "movabs \(EncoderTests.name(a)),0x123456789abc"),
                ] {
                    code.moveImmediate(a, value)
                    expected.append(text)
                }
                code.moveImmediate(a, 0, keepFlags: true)
                expected.append("mov \(EncoderTests.name(a, .double)),0x0")
                code.push(a)
                expected.append("push \(EncoderTests.name(a))")
                code.pop(a)
                expected.append("pop \(EncoderTests.name(a))")
            }
            for memory in EncoderTests.memories {
                let quad = EncoderTests.text(memory, "QWORD")
                code.load(.quad, .r10, memory)
                expected.append("mov r10,\(quad)")
                code.load(.double, .rdi, memory)
                expected.append("mov edi,\(EncoderTests.text(memory, "DWORD"))")
                code.load(.byte, .rdx, memory)
                expected.append("movzx edx,\(EncoderTests.text(memory, "BYTE"))")
                code.load(.word, .r14, memory)
                expected.append("movzx r14d,\(EncoderTests.text(memory, "WORD"))")
                code.signExtend(.byte, .r14, Operand(memory), wide: true)
                expected.append("movsx r14,\(EncoderTests.text(memory, "BYTE"))")
                code.lea(.r9, memory)
                expected.append("lea r9,\(quad.dropFirst(10))")
                for size in EncoderTests.sizes {
                    code.store(size, memory, .rsi)
                    expected.append("mov \(EncoderTests.text(memory, EncoderTests.width(size))),\(EncoderTests.name(.rsi, size))")
                    code.store(size, memory, immediate: -2)
                    expected.append("mov \(EncoderTests.text(memory, EncoderTests.width(size))),\(EncoderTests.hex(bits: -2, size))")
                }
                code.push(memory)
                expected.append("push \(quad)")
                code.pop(memory)
                expected.append("pop \(quad)")
            }
        }
    }

    @Test func unaryShiftsAndProducts() {
        EncoderTests.check { code, expected in
            for size in EncoderTests.sizes {
                for a in EncoderTests.general {
                    let name = EncoderTests.name(a, size)
                    for (op, text) in [(UnaryOp.not, "not"), (.neg, "neg"), (.mul, "mul"), (.imul, "imul"), (.div, "div"), (.idiv, "idiv")] {
                        code.unary(op, size, Operand(a))
                        expected.append("\(text) \(name)")
                    }
                    for (op, text) in [(ShiftOp.rol, "rol"), (.ror, "ror"), (.shl, "shl"), (.shr, "shr"), (.sar, "sar")] {
                        code.shift(op, size, a, by: 5)
                        expected.append("\(text) \(name),0x5")
                        code.shiftByCL(op, size, a)
                        expected.append("\(text) \(name),cl")
                    }
                    for b in EncoderTests.general {
                        code.test(size, a, b)
                        expected.append("test \(name),\(EncoderTests.name(b, size))")
                        if size == .byte { continue }
                        code.multiply(size, a, Operand(b))
                        expected.append("imul \(name),\(EncoderTests.name(b, size))")
                        code.multiply(size, a, Operand(b), immediate: 100)
                        expected.append("imul \(name),\(EncoderTests.name(b, size)),0x64")
                        code.multiply(size, a, Operand(b), immediate: -1000)
                        expected.append("imul \(name),\(EncoderTests.name(b, size)),\(EncoderTests.hex(bits: -1000, size))")
                    }
                    code.test(size, Operand(a), immediate: 64)
                    expected.append("test \(name),0x40")
                }
                let memory = Memory(.rbp, -16)
                code.unary(.idiv, size, Operand(memory))
                expected.append("idiv \(EncoderTests.text(memory, EncoderTests.width(size)))")
            }
            code.signIntoRDX(wide: false)
            expected.append("cdq")
            code.signIntoRDX(wide: true)
            expected.append("cqo")
            for a in EncoderTests.general {
                for b in EncoderTests.general {
                    for wide in [false, true] {
                        let size: OperandSize = wide ? .quad : .double
                        let pair = "\(EncoderTests.name(a, size)),\(EncoderTests.name(b, size))"
                        code.bitScanForward(a, Operand(b), wide: wide)
                        expected.append("bsf \(pair)")
                        code.bitScanReverse(a, Operand(b), wide: wide)
                        expected.append("bsr \(pair)")
                        code.populationCount(a, Operand(b), wide: wide)
                        expected.append("popcnt \(pair)")
                        code.conditionalMove(.le, a, Operand(b), wide: wide)
                        expected.append("cmovle \(pair)")
                    }
                }
                for (i, text) in ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"].enumerated() {
                    guard let condition = ConditionCode(rawValue: UInt8(i)) else { continue }
                    code.set(condition, a)
                    expected.append("set\(text) \(EncoderTests.name(a, .byte))")
                }
            }
        }
    }

    @Test func floats() {
        EncoderTests.check { code, expected in
            let memory = Memory(.r13, index: .r9, shift: 3, 8)
            for single in [true, false] {
                let s = single ? "s" : "d"
                let width = single ? "DWORD" : "QWORD"
                for a in EncoderTests.float {
                    let name = EncoderTests.name(a)
                    for b in EncoderTests.float {
                        let pair = "\(name),\(EncoderTests.name(b))"
                        for (op, text) in [(FloatOp.add, "adds"), (.sub, "subs"), (.mul, "muls"), (.div, "divs"), (.sqrt, "sqrts")] {
                            code.float(op, single: single, a, Operand(b))
                            expected.append("\(text)\(s) \(pair)")
                        }
                        code.compareFloat(single: single, a, Operand(b))
                        expected.append("ucomis\(s) \(pair)")
                        code.convertFloat(fromSingle: single, a, Operand(b))
                        expected.append(single ? "cvtss2sd \(pair)" : "cvtsd2ss \(pair)")
                        code.moveFloat(a, b)
                        expected.append("movaps \(pair)")
                        code.xorFloat(a, Operand(b))
                        expected.append("xorps \(pair)")
                        code.andFloat(a, Operand(b))
                        expected.append("andps \(pair)")
                    }
                    for b in EncoderTests.general {
                        for wide in [false, true] {
                            let other = EncoderTests.name(b, wide ? .quad : .double)
                            code.convertToFloat(single: single, a, Operand(b), wide: wide)
                            expected.append("cvtsi2s\(s) \(name),\(other)")
                            code.convertToInteger(single: single, b, Operand(a), wide: wide)
                            expected.append("cvtts\(s)2si \(other),\(name)")
                            code.moveBitsToFloat(a, Operand(b), wide: wide)
                            expected.append("mov\(wide ? "q" : "d") \(name),\(other)")
                            code.moveBitsToGeneral(b, a, wide: wide)
                            expected.append("mov\(wide ? "q" : "d") \(other),\(name)")
                        }
                    }
                    code.loadFloat(single: single, a, memory)
                    expected.append("movs\(s) \(name),\(EncoderTests.text(memory, width))")
                    code.storeFloat(single: single, memory, a)
                    expected.append("movs\(s) \(EncoderTests.text(memory, width)),\(name)")
                    code.float(.mul, single: single, a, Operand(memory))
                    expected.append("muls\(s) \(name),\(EncoderTests.text(memory, width))")
                }
            }
        }
    }

    @Test func controlFlow() {
        EncoderTests.check { code, expected in
            let top = code.count
            code.ret()
            expected.append("ret")
            code.jump(to: top)
            expected.append("jmp 0x0")
            code.jump(.g, to: top)
            expected.append("jg 0x0")
            for _ in 0..<200 {
                code.undefined()
                expected.append("ud2")
            }
            code.jump(to: top)
            expected.append("jmp 0x0")
            code.jump(.b, to: top)
            expected.append("jb 0x0")
            code.patchJump(at: code.jumpForward(), to: 5)
            expected.append("jmp 0x5")
            code.patchJump(at: code.jumpForward(.np), to: 5)
            expected.append("jnp 0x5")
            let skip = code.shortJump(.s)
            code.call(.r9)
            code.call(.rdi)
            code.endShortJump(skip)
            expected += ["js 0x\(String(code.count, radix: 16))", "call r9", "call rdi"]
        }
    }
}

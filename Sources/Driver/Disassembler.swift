internal import CPlatform

/// Decoding of x86-64 machine code by Capstone: an independent opinion on what our encoder wrote, which is what
/// disassembly is for. The library is loaded when it is first needed.
struct Disassembler: ~Copyable {
    /// One decoded instruction.
    struct Instruction {
        var address: UInt64
        /// Its bytes in the code.
        var range: Range<Int>
        var mnemonic: String
        var operands: String
        /// Where a call or jump goes, or what a `[rip + n]` operand stands for; `nil` if it has neither.
        var target: UInt64?
        /// `target` comes from a `[rip + n]` operand.
        var isRipRelative: Bool
        var bytes: [UInt8]

        /// `mov eax, 5`.
        var text: String { operands.isEmpty ? mnemonic : mnemonic + " " + operands }
        var end: UInt64 { address &+ UInt64(range.count) }
    }

    /// Why there is no disassembly.
    enum Failure: Error, Sendable {
        case missing
        /// It is there, but the system's loader refuses it, for this reason.
        case unloadable(String)
        case unknownVersion
        case failed

        /// What to tell the user.
        var message: String {
            switch self {
            case .missing:
                "disassembly needs the library Capstone, which is not installed; "
                    + "on Debian or Ubuntu: apt-get install libcapstone4"
            case .unloadable(let reason):
                "disassembly needs the library Capstone, which is installed but cannot be loaded: \(reason). "
                    + "(simplec is linked statically and can load only libraries that go with the C library it was built "
                    + "with, glibc \(String(cString: simple_capstone_libc_version())): build Simple on this system, or look at "
                    + "the output of `simple build --emit=obj` with `objdump -dr`)"
            case .unknownVersion: "the installed Capstone is neither version 4 nor version 5"
            case .failed: "Capstone could not be started"
            }
        }
    }

    private var capstone = simple_capstone()

    /// Loads the library.
    init() throws(Failure) {
        let (status, reason) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            text.initialize(repeating: 0)
            let status = simple_capstone_open(&capstone, text.baseAddress, text.count)
            return (Int(status), text.baseAddress.map { String(cString: $0) } ?? "")
        }
        switch status {
        case SIMPLE_CAPSTONE_OK: break
        case SIMPLE_CAPSTONE_MISSING: throw .missing
        case SIMPLE_CAPSTONE_UNLOADABLE: throw .unloadable(reason)
        case SIMPLE_CAPSTONE_UNKNOWN_VERSION: throw .unknownVersion
        default: throw .failed
        }
    }

    deinit {
        var capstone = capstone
        simple_capstone_close(&capstone)
    }

    /// The instructions of `code`, which lies at `address`. A byte that begins none is shown as data.
    borrowing func decode(_ code: UnsafeRawBufferPointer, at address: UInt64) -> [Instruction] {
        guard let base = code.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return [] }
        var result: [Instruction] = []
        result.reserveCapacity(code.count / 4)
        withUnsafePointer(to: capstone) { capstone in
            var offset = 0
            while offset < code.count {
                var place: UnsafePointer<UInt8>? = base + offset
                var left = code.count - offset
                var next = address &+ UInt64(offset)
                if simple_capstone_next(capstone, &place, &left, &next), code.count - left > offset {
                    let range = offset..<(code.count - left)
                    let mnemonic = String(cString: simple_capstone_mnemonic(capstone))
                    let operands = String(cString: simple_capstone_operands(capstone))
                    let (target, isRipRelative) = Disassembler.target(mnemonic, operands, end: next)
                    result.append(
                        Instruction(
                            address: address &+ UInt64(offset), range: range, mnemonic: mnemonic, operands: operands,
                            target: target, isRipRelative: isRipRelative, bytes: Array(code[range])))
                    offset = range.upperBound
                } else {
                    let digits = String(code[offset], radix: 16)
                    result.append(
                        Instruction(
                            address: address &+ UInt64(offset), range: offset..<(offset + 1), mnemonic: ".byte",
                            operands: "0x" + digits, target: nil, isRipRelative: false, bytes: [code[offset]]))
                    offset += 1
                }
            }
        }
        return result
    }

    /// What the operands lead to: the address that a branch names, or `[rip + n]`, counted from the instruction's end.
    private static func target(_ mnemonic: String, _ operands: String, end: UInt64) -> (UInt64?, Bool) {
        let text = Array(operands.utf8)
        if mnemonic == "call" || mnemonic.utf8.first == UInt8(ascii: "j") {
            if text.starts(with: "0x".utf8) { return (UInt64(operands.dropFirst(2), radix: 16), false) }
            if let small = UInt64(operands) { return (small, false) }
        }
        let mark = Array("[rip".utf8)
        guard text.count > mark.count + 1 else { return (nil, false) }
        for start in 0..<(text.count - mark.count) where text[start..<(start + mark.count)].elementsEqual(mark) {
            var i = start + mark.count
            if text[i] == UInt8(ascii: "]") { return (end, true) }
            guard i + 3 < text.count else { return (nil, false) }
            let isNegative = text[i + 1] == UInt8(ascii: "-")
            i += 3
            var digits = text[i...].prefix { $0 != UInt8(ascii: "]") }
            let isHex = digits.starts(with: "0x".utf8)
            if isHex { digits = digits.dropFirst(2) }
            guard let distance = UInt64(String(decoding: digits, as: UTF8.self), radix: isHex ? 16 : 10) else {
                return (nil, false)
            }
            return (isNegative ? end &- distance : end &+ distance, true)
        }
        return (nil, false)
    }
}

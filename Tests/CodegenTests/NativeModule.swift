import CPlatform
import Codegen
import MIR
import RuntimeABI
import SMF
import Support

/// An object module made executable by hand: sections copied into one mapping, relocations applied, runtime entries
/// bound to code of the tests.
final class NativeModule {
    /// How a call ended.
    enum Outcome: Equatable {
        case returned
        /// The trap word.
        case trapped(Int64)
        case indexOutOfRange(index: Int64, length: Int64, kind: Int64)
        /// A register that callees keep was changed.
        case brokenRegisters
    }

    let object: [UInt8]
    private let base: UnsafeMutableRawPointer
    private let span: Int
    private var symbols: [String: Int] = [:]
    private let enter: @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int64
    /// rsp, outcome, three values: written by the stubs.
    private let state = UnsafeMutablePointer<Int64>.allocate(capacity: 8)

    /// Offset and size of each function in the code section.
    private(set) var functions: [(name: String, offset: Int, size: Int)] = []
    private(set) var code: [UInt8] = []

    init(_ object: [UInt8], imports: [String: UnsafeRawPointer] = [:]) throws {
        self.object = object
        (base, span, symbols, functions, code, enter) = try NativeModule.load(object, imports, state)
    }

    deinit {
        munmap(base, span)
        state.deallocate()
    }

    /// Calls the function with two pointer arguments.
    func call(_ name: String, _ input: UnsafeMutableRawPointer?, _ output: UnsafeMutableRawPointer?) -> Outcome? {
        guard let offset = symbols[name] else { return nil }
        switch enter(UnsafeRawPointer(base + offset), input, output) {
        case 0: return .returned
        case 1: return .trapped(state[2])
        case 2: return .indexOutOfRange(index: state[2], length: state[3], kind: state[4])
        default: return .brokenRegisters
        }
    }

    func address(of name: String) -> UnsafeMutableRawPointer? { symbols[name].map { base + $0 } }

    /// A data import that only the test provides.
    struct UnknownSymbol: Error { var name: String }

    private static func load(
        _ object: [UInt8], _ imports: [String: UnsafeRawPointer], _ state: UnsafeMutablePointer<Int64>
    ) throws -> (
        UnsafeMutableRawPointer, Int, [String: Int], [(name: String, offset: Int, size: Int)], [UInt8],
        @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int64
    ) {
        try object.withUnsafeBytes { bytes in
            let reader = try SMFReader(bytes)
            var offsets: [Int] = []
            var size = 8192  // stubs and slots
            for i in 0..<reader.sectionCount {
                size = (size + 4095) & ~4095
                offsets.append(size)
                size += Int(reader.section(i).virtualSize)
            }
            size += 4096
            guard let base = mmap(nil, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                Int(bitPattern: base) != -1
            else { throw UnknownSymbol(name: "mmap") }
            var code: [UInt8] = []
            for i in 0..<reader.sectionCount {
                let payload = reader.payload(ofSection: i)
                if let source = payload.baseAddress { (base + offsets[i]).copyMemory(from: source, byteCount: payload.count) }
                if reader.section(i).kind == .code { code = Array(payload) }
            }
            let stubs = writeStubs(base, state)
            var slotCount = 0
            func slot(_ address: Int) -> Int {
                let place = base + 4096 + slotCount * 8
                place.storeBytes(of: address, as: Int.self)
                slotCount += 1
                return Int(bitPattern: place)
            }
            var addresses: [Int?] = []
            var slots: [Int?] = []
            var symbols: [String: Int] = [:]
            var functions: [(name: String, offset: Int, size: Int)] = []
            for i in 0..<reader.symbolCount {
                let symbol = reader.symbol(i)
                let name = String(decoding: reader.string(at: symbol.nameOffset) ?? .init(start: nil, count: 0), as: UTF8.self)
                if symbol.section != 0 {
                    let offset = offsets[Int(symbol.section) - 1] + Int(symbol.value)
                    symbols[name] = offset
                    addresses.append(Int(bitPattern: base + offset))
                    if symbol.type == SMFSymbolType.function.rawValue { functions.append((name, Int(symbol.value), Int(symbol.size))) }
                } else if name == "simple_rt_panic_trap" {
                    addresses.append(Int(bitPattern: base + stubs.trap))
                } else if name == "simple_rt_panic_index" {
                    addresses.append(Int(bitPattern: base + stubs.index))
                } else if let pointer = imports[name] {
                    addresses.append(Int(bitPattern: pointer))
                } else {
                    throw UnknownSymbol(name: name)
                }
                slots.append(nil)
            }
            for i in 0..<reader.sectionCount where reader.section(i).kind == .reloc {
                let relocations = reader.relocations(ofSection: i)
                for k in 0..<relocations.count {
                    let relocation = relocations[k]
                    let place = base + offsets[Int(relocation.section)] + Int(relocation.offset)
                    let symbol = Int(relocation.symbol)
                    let target = addresses[symbol] ?? 0
                    switch SMFRelocationType(rawValue: relocation.type) {
                    case .abs64: place.storeBytes(of: target + Int(relocation.addend), as: Int.self)
                    case .pc32:
                        place.storeBytes(
                            of: Int32(target + Int(relocation.addend) - Int(bitPattern: place)), as: Int32.self)
                    case .gotPcRel:
                        let place2 = slots[symbol] ?? slot(target)
                        slots[symbol] = place2
                        place.storeBytes(
                            of: Int32(place2 + Int(relocation.addend) - Int(bitPattern: place)), as: Int32.self)
                    default: throw UnknownSymbol(name: "relocation type \(relocation.type)")
                    }
                }
            }
            functions.sort { $0.offset < $1.offset }
            let enter = unsafeBitCast(
                base + stubs.enter,
                to: (@convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int64).self)
            return (base, size, symbols, functions, code, enter)
        }
    }

    /// Machine code that calls a function and that panics return to.
    private static func writeStubs(
        _ base: UnsafeMutableRawPointer, _ state: UnsafeMutablePointer<Int64>
    ) -> (enter: Int, trap: Int, index: Int) {
        var code = CodeBuffer(capacity: 4096)
        let saved: [Register] = [.rbp, .rbx, .r12, .r13, .r14, .r15]
        let enter = code.count
        for register in saved { code.push(register) }
        code.arithmetic(.sub, .quad, Operand(.rsp), immediate: 8)
        code.moveImmediate(.r11, Int64(Int(bitPattern: state)))
        code.store(.quad, Memory(.r11), .rsp)
        code.move(.rax, .rdi)
        code.move(.rdi, .rsi)
        code.move(.rsi, .rdx)
        for (i, register) in saved.enumerated() { code.moveImmediate(register, 0x1234_5678_9ABC + Int64(i)) }
        code.call(.rax)
        code.moveImmediate(.rax, 3)
        var broken: [Int] = []
        for (i, register) in saved.enumerated() {
            code.moveImmediate(.r11, 0x1234_5678_9ABC + Int64(i))
            code.arithmetic(.cmp, .quad, register, Operand(.r11))
            broken.append(code.jumpForward(.ne))
        }
        code.moveImmediate(.r11, Int64(Int(bitPattern: state)))
        code.arithmetic(.cmp, .quad, Memory(.r11), .rsp)
        broken.append(code.jumpForward(.ne))
        code.moveImmediate(.rax, 0)
        let exit = code.count
        for place in broken { code.patchJump(at: place, to: exit) }
        code.moveImmediate(.r11, Int64(Int(bitPattern: state)))
        code.load(.quad, .rsp, Memory(.r11))
        code.arithmetic(.add, .quad, Operand(.rsp), immediate: 8)
        for register in saved.reversed() { code.pop(register) }
        code.ret()
        let trap = code.count
        code.moveImmediate(.r11, Int64(Int(bitPattern: state)))
        code.store(.quad, Memory(.r11, 16), .rdi)
        code.moveImmediate(.rax, 1)
        code.jump(to: exit)
        let index = code.count
        code.moveImmediate(.r11, Int64(Int(bitPattern: state)))
        code.store(.quad, Memory(.r11, 16), .rdi)
        code.store(.quad, Memory(.r11, 24), .rsi)
        code.move(.rdx, .rdx, wide: false)
        code.store(.quad, Memory(.r11, 32), .rdx)
        code.moveImmediate(.rax, 2)
        code.jump(to: exit)
        base.copyMemory(from: code.base, byteCount: code.count)
        return (enter, trap, index)
    }
}

/// Runs a command and returns what it prints.
func output(of command: String) -> String {
    guard let pipe = popen(command, "r") else { return "" }
    defer { pclose(pipe) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        if count == 0 { break }
        bytes.append(contentsOf: buffer[0..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Disassembles machine code with binutils: one line per instruction, in Intel syntax, spaces normalised.
func disassemble(_ code: [UInt8]) -> [String] {
    var path = Array("/tmp/simple-codegen-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    guard file >= 0 else { return [] }
    defer { unlink(path) }
    _ = code.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
    let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let text = output(of: "objdump -D -b binary -m i386:x86-64 -M intel --no-show-raw-insn \(name)")
    return text.split(separator: "\n").compactMap { line in
        guard let tab = line.firstIndex(of: "\t"), line.contains(":") else { return nil }
        var instruction = line[line.index(after: tab)...]
        if let comment = instruction.firstIndex(of: "#") { instruction = instruction[..<comment] }
        return instruction.split(separator: " ").joined(separator: " ")
    }
}

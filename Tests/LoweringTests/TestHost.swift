import HIR
import Lowering
import MIR
import RuntimeABI
import Support
import Testing

/// What the code under test wrote and how it panicked. The tests that use it run one after the other.
nonisolated(unsafe) var hostOutput: [UInt8] = []
nonisolated(unsafe) var hostTrap: UInt32 = 0
/// Stands for a sink that builds a str: the text so far, by address of the sink.
nonisolated(unsafe) private var hostSinks: [Int: [UInt8]] = [:]

private func makeString(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
    let object = UnsafeMutableRawPointer.allocate(byteCount: 32 + bytes.count, alignment: 16)
    object.storeBytes(of: ObjectKind.stringInline.rawValue, as: UInt64.self)
    object.storeBytes(of: bytes.count, toByteOffset: 8, as: Int.self)
    object.storeBytes(of: bytes.count { $0 & 0xC0 != 0x80 }, toByteOffset: 16, as: Int.self)
    for (i, byte) in bytes.enumerated() { object.storeBytes(of: byte, toByteOffset: 24 + i, as: UInt8.self) }
    return object
}
private func bytes(_ string: UnsafeMutableRawPointer) -> [UInt8] {
    let count = string.load(fromByteOffset: 8, as: Int.self)
    return (0..<count).map { string.load(fromByteOffset: 24 + $0, as: UInt8.self) }
}
private func write(_ sink: UnsafeMutableRawPointer?, _ text: some Sequence<UInt8>) {
    if let sink { hostSinks[Int(bitPattern: sink), default: []] += text } else { hostOutput += text }
}
private func makeArray(_ size: Int, _ descriptor: Int, _ length: Int, _ capacity: Int) -> UnsafeMutableRawPointer {
    let object = UnsafeMutableRawPointer.allocate(byteCount: 48, alignment: 16)
    let data = UnsafeMutableRawPointer.allocate(byteCount: max(8, size * capacity), alignment: 16)
    data.initializeMemory(as: UInt8.self, repeating: 0, count: max(8, size * capacity))
    object.storeBytes(of: ObjectKind.array.rawValue, as: UInt64.self)
    object.storeBytes(of: length, toByteOffset: 8, as: Int.self)
    object.storeBytes(of: capacity, toByteOffset: 16, as: Int.self)
    object.storeBytes(of: data, toByteOffset: 24, as: UnsafeMutableRawPointer.self)
    object.storeBytes(of: size, toByteOffset: 32, as: Int.self)
    object.storeBytes(of: descriptor, toByteOffset: 40, as: Int.self)
    return object
}

/// C code for the few runtime entries that these tests reach; the rest stops the run.
func hostCode(_ function: RuntimeFunction) -> UnsafeRawPointer? {
    switch function {
    case .panicTrap:
        let f: @convention(c) (UInt32) -> Void = { hostTrap = $0 }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkString:
        let f: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer) -> Void = { write($0, bytes($1)) }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkDebugString:
        let f: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer) -> Void = {
            write($0, [34] + bytes($1) + [34])
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkI64:
        let f: @convention(c) (UnsafeMutableRawPointer?, Int64) -> Void = { write($0, Array(String($1).utf8)) }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkBool:
        let f: @convention(c) (UnsafeMutableRawPointer?, UInt8) -> Void = {
            write($0, Array(($1 & 1 != 0 ? "true" : "false").utf8))
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkF64:
        let f: @convention(c) (UnsafeMutableRawPointer?, Double) -> Void = { write($0, Array("\($1)".utf8)) }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkChar:
        let f: @convention(c) (UnsafeMutableRawPointer?, UInt32) -> Void = { write($0, [UInt8($1)]) }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkBegin:
        let f: @convention(c) () -> UnsafeMutableRawPointer = {
            let sink = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
            hostSinks[Int(bitPattern: sink)] = []
            return sink
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .sinkFinish:
        let f: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer = {
            makeString(hostSinks.removeValue(forKey: Int(bitPattern: $0)) ?? [])
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .stringConcat:
        let f: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer = {
            makeString(bytes($0) + bytes($1))
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .stringEqual:
        let f: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt8 = {
            bytes($0) == bytes($1) ? 1 : 0
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .arrayNew:
        let f: @convention(c) (Int, Int, Int, Int) -> UnsafeMutableRawPointer = { makeArray($0, $1, $2, $3) }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .arrayFromData:
        let f: @convention(c) (Int, Int, Int, UnsafeRawPointer) -> UnsafeMutableRawPointer = {
            let array = makeArray($0, $1, $2, $2)
            let data = array.load(fromByteOffset: 24, as: UnsafeMutableRawPointer.self)
            data.copyMemory(from: $3, byteCount: $0 * $2)
            return array
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .arrayGrow:
        let f: @convention(c) (UnsafeMutableRawPointer) -> Void = {
            let (length, size) = ($0.load(fromByteOffset: 8, as: Int.self), $0.load(fromByteOffset: 32, as: Int.self))
            let bigger = makeArray(size, 0, length, length * 2 + 4)
            let data = bigger.load(fromByteOffset: 24, as: UnsafeMutableRawPointer.self)
            data.copyMemory(
                from: $0.load(fromByteOffset: 24, as: UnsafeMutableRawPointer.self), byteCount: length * size)
            $0.storeBytes(of: length * 2 + 4, toByteOffset: 16, as: Int.self)
            $0.storeBytes(of: data, toByteOffset: 24, as: UnsafeMutableRawPointer.self)
        }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    case .f64ToU64:
        let f: @convention(c) (Double) -> UInt64 = { UInt64($0) }
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    default:
        let f: @convention(c) () -> Void = {}
        return unsafeBitCast(f, to: UnsafeRawPointer.self)
    }
}

/// How a run of the code under test ended.
enum Outcome: Equatable {
    case value([UInt64])
    /// The low 8 bits of the trap word.
    case trap(TrapCode)
    case stopped(RuntimeFunction)
    case broken(String)
}

/// Lowers the program's only module, verifies it, and keeps it for runs.
struct Lowered {
    let module: MIRModule
    let interpreter: MIRInterpreter

    init(_ maker: inout HIRMaker, _ location: SourceLocation = #_sourceLocation) throws {
        module = lower(&maker.program, module: maker.program.root)
        let violations = MIRVerifier.verify(module)
        let text = violations.isEmpty ? "" : MIRPrinter.print(module)
        #expect(
            violations.isEmpty, "\(violations.map(\.description).joined(separator: "\n"))\n\(text)",
            sourceLocation: location)
        interpreter = try MIRInterpreter([module], host: hostCode)
    }

    func run(_ name: String, _ arguments: [UInt64] = []) -> Outcome {
        hostOutput = []
        switch interpreter.run(name, arguments) {
        case .returned(let bits): return .value(bits)
        case .stopped(.panicTrap): return .trap(TrapCode(rawValue: UInt8(hostTrap & 0xFF)) ?? .unreachable)
        case .stopped(let function): return .stopped(function)
        case .stackOverflow: return .broken("stack overflow")
        case .undefinedBehaviour(let text): return .broken(text)
        case nil: return .broken("no such function")
        }
    }
    var output: String { String(decoding: hostOutput, as: UTF8.self) }
}

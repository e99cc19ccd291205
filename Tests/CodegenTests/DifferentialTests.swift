import CPlatform
import Codegen
import MIR
import RuntimeABI
import Support
import Testing

/// What the interpreter's panic entries were called with.
nonisolated(unsafe) private var panicArguments: (Int64, Int64, Int64) = (0, 0, 0)

/// Random programs: native code must do what the interpreter does.
@Suite(.serialized) struct DifferentialTests {
    /// Runs `main` both ways on `runs` random inputs; returns a description of the first difference.
    static func difference(_ module: MIRModule, seed: UInt64, runs: Int) throws -> String? {
        let native = try compile(module)
        let trap: @convention(c) (Int64) -> Void = { panicArguments = ($0 & 0xFFFF_FFFF, 0, 0) }
        let index: @convention(c) (Int64, Int64, Int32) -> Void = { panicArguments = ($0, $1, Int64($2)) }
        let interpreter = try MIRInterpreter([module]) { function in
            switch function {
            case .panicTrap: unsafeBitCast(trap, to: UnsafeRawPointer.self)
            case .panicIndex: unsafeBitCast(index, to: UnsafeRawPointer.self)
            default: nil
            }
        }
        guard let tested = module.functions.dropLast().last else { return nil }
        let signature = module[tested.signature]
        var random = Random(seed: seed &+ 77)
        for run in 0..<runs {
            var input = [Int64](repeating: 0, count: RandomProgram.argumentCount)
            for (i, type) in signature.parameters.enumerated() {
                input[i] =
                    type == .f64
                    ? Int64(bitPattern: random.double().bitPattern)
                    : type == .f32 ? Int64(Float(random.double()).bitPattern) : random.integer()
            }
            var expected = [Int64](repeating: 0, count: RandomProgram.resultCount)
            var actual = expected
            let outcome = interpreter.run(
                "main", [address(&input), address(&expected)])
            let nativeOutcome = native.call("main", &input, &actual)
            let context = "seed \(seed) run \(run): "
            switch outcome {
            case .returned:
                if nativeOutcome != .returned { return context + "returned, but native \(String(describing: nativeOutcome))" }
                for (i, type) in signature.results.enumerated() where !same(expected[i], actual[i], type) {
                    return context + "result \(i) (\(type)): \(expected[i]), native \(actual[i])"
                }
            case .stopped(.panicTrap):
                if nativeOutcome != .trapped(panicArguments.0) {
                    return context + "trap \(panicArguments.0), native \(String(describing: nativeOutcome))"
                }
            case .stopped(.panicIndex):
                let (index, length, kind) = panicArguments
                if nativeOutcome != .indexOutOfRange(index: index, length: length, kind: kind) {
                    return context + "index \(panicArguments), native \(String(describing: nativeOutcome))"
                }
            default: return context + "interpreter: \(String(describing: outcome))"
            }
        }
        return nil
    }

    private static func address(_ array: inout [Int64]) -> UInt64 {
        array.withUnsafeMutableBytes { UInt64(UInt(bitPattern: $0.baseAddress)) }
    }

    private static func same(_ a: Int64, _ b: Int64, _ type: MIRType) -> Bool {
        switch type {
        case .f64:
            let (x, y) = (Double(bitPattern: UInt64(bitPattern: a)), Double(bitPattern: UInt64(bitPattern: b)))
            return a == b || (x.isNaN && y.isNaN)
        case .f32:
            let (x, y) = (
                Float(bitPattern: UInt32(truncatingIfNeeded: a)), Float(bitPattern: UInt32(truncatingIfNeeded: b))
            )
            return UInt32(truncatingIfNeeded: a) == UInt32(truncatingIfNeeded: b) || (x.isNaN && y.isNaN)
        case .i8: return Int8(truncatingIfNeeded: a) == Int8(truncatingIfNeeded: b)
        case .i16: return Int16(truncatingIfNeeded: a) == Int16(truncatingIfNeeded: b)
        case .i32: return Int32(truncatingIfNeeded: a) == Int32(truncatingIfNeeded: b)
        default: return a == b
        }
    }

    @Test(arguments: 0..<8) func randomPrograms(group: Int) throws {
        let count = getenv("SIMPLE_FUZZ").map { Int(atoi($0)) } ?? 60
        for i in 0..<count {
            let seed = UInt64(group * 1_000_000 + i + 1)
            let module = RandomProgram.make(seed: seed)
            let difference = try DifferentialTests.difference(module, seed: seed, runs: 6)
            #expect(difference == nil)
            if difference != nil {
                if getenv("SIMPLE_FUZZ_PRINT") != nil { print(MIRPrinter.print(module)) }
                return
            }
        }
    }
}

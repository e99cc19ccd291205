// Executes MIR: the oracle for native code and the evaluator for constants.
//
// Input: verified modules, linked by symbol name. Memory is real: loads and stores use real addresses, data objects
// and frames are allocated memory, and runtime entries are native code that the host supplies. What MIR leaves
// undefined (division by zero without its guard, a shift by too much, …) ends the run with a report.
// MIRInterpreter+Decode.swift makes the decoded form, MIRInterpreter+Runtime.swift calls runtime entries.

package import RuntimeABI
internal import Support

/// How a run ended.
package enum MIROutcome: Equatable, Sendable {
    /// The results' bits: integers sign-extended, f32 zero-extended.
    case returned([UInt64])
    /// A runtime entry that does not return (a panic, `simple_rt_exit`) was called, and the host's code returned.
    case stopped(RuntimeFunction)
    case stackOverflow
    /// The program did something that MIR leaves undefined: a bug of the lowering or of a pass.
    case undefinedBehaviour(String)
}

/// A place in the source, for backtraces.
package struct MIRSourcePosition: Equatable, Sendable {
    /// The function's name in its scope.
    package var function: String
    /// Path of the file; empty if the module has no sources.
    package var file: String
    /// Counted from 1; 0 if unknown.
    package var line: Int
    package var column: Int
}

/// Runs the functions of a set of modules. Not thread-safe.
package final class MIRInterpreter {
    /// Told the position of each trap, and of calls to runtime entries that do not return, before the host's code is
    /// called: file, line, column, function.
    package var onPosition: ((String, Int, Int, String) -> Void)?
    /// Told when the stack is full; the run then ends with `stackOverflow`.
    package var onStackOverflow: (() -> Void)?

    /// Memory that holds references at any time: all live frames (registers and stack slots). For a collector that
    /// scans conservatively while a runtime entry runs.
    package var rootRange: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(stack), count: stackTop * 8)
    }
    /// The writable and zeroed data objects, which may hold references too.
    package private(set) var writableRanges: [UnsafeRawBufferPointer] = []

    let modules: [MIRModule]
    let functionTable: [(module: Int, function: Int)]
    let program: Program
    private let functionIndices: [String: Int]
    /// The host's code by runtime function.
    let hostCode: [UnsafeRawPointer?]
    /// Runtime signatures by runtime function, decoded for calls.
    let runtimeCalls: [RuntimeCall]
    private var memory: [UnsafeMutableRawBufferPointer] = []

    /// A caller's state during a call.
    private struct Frame {
        var returnPC: Int
        var base: Int
        /// Index in `slots` of the call's result slots.
        var results: Int
        var frameSlots: Int
    }
    private let stack: UnsafeMutablePointer<UInt64>
    private let stackSlots: Int
    private let frames: UnsafeMutablePointer<Frame>
    private let maximumDepth: Int
    /// One past the last slot of the current frame.
    private var stackTop = 0
    private var depth = 0
    /// Op that is being executed, kept up to date for calls out of the interpreter.
    private var currentPC = 0

    /// Links `modules`. `host` gives the address of C code for a runtime entry; it is asked for every entry that the
    /// modules mention, and for `panicTrap` and `panicIndex`, which may be missing.
    package init(
        _ modules: [MIRModule], stackBytes: Int = 64 << 20, maximumDepth: Int = 100_000,
        host: (RuntimeFunction) -> UnsafeRawPointer?
    ) throws(MIRLinkError) {
        var memory: [UnsafeMutableRawBufferPointer] = []
        var writable: [UnsafeRawBufferPointer] = []
        let linked: (functions: [(module: Int, function: Int)], resolutions: [[Resolution]])
        do {
            linked = try MIRInterpreter.link(modules, host: host, memory: &memory, writable: &writable)
        } catch {
            for area in memory { area.deallocate() }
            throw error
        }
        var program = Program()
        var indices: [String: Int] = [:]
        for (index, place) in linked.functions.enumerated() {
            let module = modules[place.module]
            let function = module.functions[place.function]
            var decoder = Decoder(module, function, linked.resolutions[place.module])
            decoder.decode(into: &program)
            let name = module[function.symbol].name
            if indices[name] == nil { indices[name] = index }
        }
        self.modules = modules
        self.program = program
        self.memory = memory
        functionTable = linked.functions
        functionIndices = indices
        hostCode = RuntimeFunction.allCases.map(host)
        runtimeCalls = RuntimeFunction.allCases.map { RuntimeCall(Signature.runtime($0), $0.entry.effects) }
        writableRanges = writable
        stackSlots = stackBytes / 8
        self.maximumDepth = maximumDepth
        stack = UnsafeMutableRawPointer.allocate(byteCount: stackBytes, alignment: 64).assumingMemoryBound(to: UInt64.self)
        frames = .allocate(capacity: maximumDepth)
    }

    deinit {
        for area in memory { area.deallocate() }
        UnsafeMutableRawPointer(stack).deallocate()
        frames.deallocate()
    }

    /// Calls the function named `name` with the bits of its arguments; nil if there is no such function or the
    /// number of arguments is wrong.
    package func run(_ name: String, _ arguments: [UInt64] = []) -> MIROutcome? {
        guard let index = functionIndices[name], program.functions[index].parameterCount == arguments.count else {
            return nil
        }
        let place = functionTable[index]
        let function = modules[place.module].functions[place.function]
        let types = modules[place.module][function.signature].parameters
        let frameSlots = program.functions[index].frameSlots
        guard frameSlots <= stackSlots else {
            onStackOverflow?()
            return .stackOverflow
        }
        for (k, argument) in arguments.enumerated() {
            let type = types[k]
            stack[k] =
                type.isInteger
                ? UInt64(bitPattern: ConstantFolding.wrap(Int64(bitPattern: argument), type))
                : type == .f32 ? argument & 0xFFFF_FFFF : argument
        }
        defer {
            stackTop = 0
            depth = 0
        }
        return execute(index)
    }

    // MARK: - Positions

    /// The places of the running instruction and of its callers, innermost first. Meaningful while a runtime entry or
    /// a hook runs.
    package func backtrace() -> [MIRSourcePosition] {
        var result = positions(of: currentPC)
        for k in stride(from: depth - 1, through: 0, by: -1) { result += positions(of: frames[k].returnPC - 1) }
        return result
    }
    /// The place of an op and, if it was inlined, of the calls around it.
    private func positions(of pc: Int) -> [MIRSourcePosition] {
        // The last function whose entry is not behind `pc`.
        var low = 0
        var high = program.functions.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if program.functions[middle].entry <= pc { low = middle } else { high = middle }
        }
        let place = functionTable[low]
        let module = modules[place.module]
        let function = module.functions[place.function]
        let instruction = function[ValueID(rawValue: program.ops[pc].source)]
        var result: [MIRSourcePosition] = []
        var position = instruction.position
        var index = Int(instruction.scope)
        while true {
            let scope = function.scopes[index]
            var entry = MIRSourcePosition(function: scope.name, file: "", line: 0, column: 0)
            if scope.file.index < module.sources.files.count {
                let file = module.sources[scope.file]
                entry.file = file.path
                (entry.line, entry.column) = file.lineAndColumn(of: position)
            }
            result.append(entry)
            if index == 0 { break }
            position = scope.callPosition
            index = Int(scope.parent)
        }
        return result
    }
    private func tellPosition() {
        guard let onPosition, let place = positions(of: currentPC).first else { return }
        onPosition(place.file, place.line, place.column, place.function)
    }

    // MARK: - Traps

    private func trap(_ word: Int64, _ pc: Int) -> MIROutcome {
        currentPC = pc
        tellPosition()
        if let code = hostCode[Int(RuntimeFunction.panicTrap.rawValue)] {
            _ = RuntimeCall.integerCall(code, [word])
        }
        return .stopped(.panicTrap)
    }
    private func overflowTrap(_ operation: TrapOperation, _ op: Op, isSigned: Bool, _ pc: Int) -> MIROutcome {
        let type: TrapType =
            switch op.shift {
            case 56: isSigned ? .i8 : .u8
            case 48: isSigned ? .i16 : .u16
            case 32: isSigned ? .i32 : .u32
            default: isSigned ? .i64 : .u64
            }
        let word = Int64(TrapCode.overflow.rawValue) | Int64(operation.rawValue) << 8 | Int64(type.rawValue) << 16
        return trap(word, pc)
    }
    private func indexTrap(_ index: Int64, _ length: Int64, _ op: Op, _ pc: Int) -> MIROutcome {
        currentPC = pc
        tellPosition()
        if let code = hostCode[Int(RuntimeFunction.panicIndex.rawValue)] {
            _ = RuntimeCall.integerCall(code, [index, length, Int64(op.aux)])
        }
        return .stopped(.panicIndex)
    }
    private func undefined(_ what: String, _ pc: Int) -> MIROutcome {
        currentPC = pc
        let place = positions(of: pc).first
        return .undefinedBehaviour("\(what) in \(place?.function ?? "?")")
    }

    // MARK: - The loop

    /// Runs function `index`, whose arguments are in the first slots of the stack.
    private func execute(_ index: Int) -> MIROutcome {
        program.ops.withUnsafeBufferPointer { ops in
            program.slots.withUnsafeBufferPointer { slots in
                program.edges.withUnsafeBufferPointer { edges in
                    program.functions.withUnsafeBufferPointer { functions in
                        execute(index, ops.baseAddress!, slots, edges, functions)
                    }
                }
            }
        }
    }

    private func execute(
        _ index: Int, _ ops: UnsafePointer<Op>, _ slots: UnsafeBufferPointer<UInt32>,
        _ edges: UnsafeBufferPointer<DecodedEdge>, _ functions: UnsafeBufferPointer<DecodedFunction>
    ) -> MIROutcome {
        var pc = functions[index].entry
        var base = 0
        var frameSlots = functions[index].frameSlots
        var r = UnsafeMutableRawPointer(stack).assumingMemoryBound(to: Int64.self)
        stackTop = frameSlots

        @inline(__always) func wrap(_ value: Int64, _ shift: UInt8) -> Int64 {
            (value &<< Int64(shift)) &>> Int64(shift)
        }
        @inline(__always) func unsigned(_ value: Int64, _ shift: UInt8) -> UInt64 {
            (UInt64(bitPattern: value) &<< UInt64(shift)) &>> UInt64(shift)
        }
        @inline(__always) func float(_ slot: UInt32) -> Float {
            Float(bitPattern: UInt32(truncatingIfNeeded: r[Int(slot)]))
        }
        @inline(__always) func double(_ slot: UInt32) -> Double {
            Double(bitPattern: UInt64(bitPattern: r[Int(slot)]))
        }
        @inline(__always) func set(_ op: Op, _ value: Int64) { r[Int(op.result)] = value }
        @inline(__always) func set(_ op: Op, _ value: UInt64) { set(op, wrap(Int64(bitPattern: value), op.shift)) }
        @inline(__always) func set(_ op: Op, _ value: Bool) { r[Int(op.result)] = value ? 1 : 0 }
        @inline(__always) func set(_ op: Op, _ value: Float) { r[Int(op.result)] = Int64(value.bitPattern) }
        @inline(__always) func set(_ op: Op, _ value: Double) {
            r[Int(op.result)] = Int64(bitPattern: value.bitPattern)
        }
        /// Takes an edge.
        @inline(__always) func follow(_ edge: UInt32) {
            let edge = edges[Int(edge)]
            var k = Int(edge.start)
            let end = k + 2 * Int(edge.count)
            while k < end {
                r[Int(slots[k])] = r[Int(slots[k + 1])]
                k += 2
            }
            pc = Int(edge.target)
        }
        @inline(__always) func address(_ op: Op) -> Int64 { r[Int(op.a)] &+ op.immediate }
        @inline(__always) func indexedAddress(_ op: Op) -> Int64 {
            r[Int(op.a)] &+ (r[Int(op.b)] &<< Int64(op.aux)) &+ op.immediate
        }
        /// Small numbers and tagged functions are no addresses of memory.
        @inline(__always) func isBad(_ address: Int64) -> Bool { UInt64(bitPattern: address &- 4096) >= 1 << 47 - 4096 }
        @inline(__always) func pointer(_ address: Int64) -> UnsafeMutableRawPointer {
            // Not zero, after `isBad`.
            UnsafeMutableRawPointer(bitPattern: Int(address)).unsafelyUnwrapped
        }

        while true {
            let op = ops[pc]
            pc += 1
            switch op.code {
            case .move: set(op, r[Int(op.a)])
            case .constant: set(op, op.immediate)
            case .stackSlot:
                var address = Int64(Int(bitPattern: r)) &+ op.immediate
                if op.c > 16 { address = (address + Int64(op.c) - 1) & -Int64(op.c) }
                set(op, address)

            case .add: set(op, wrap(r[Int(op.a)] &+ r[Int(op.b)], op.shift))
            case .subtract: set(op, wrap(r[Int(op.a)] &- r[Int(op.b)], op.shift))
            case .multiply: set(op, wrap(r[Int(op.a)] &* r[Int(op.b)], op.shift))
            case .addS:
                let (value, overflow) = r[Int(op.a)].addingReportingOverflow(r[Int(op.b)])
                if overflow || wrap(value, op.shift) != value { return overflowTrap(.add, op, isSigned: true, pc - 1) }
                set(op, value)
            case .subtractS:
                let (value, overflow) = r[Int(op.a)].subtractingReportingOverflow(r[Int(op.b)])
                if overflow || wrap(value, op.shift) != value {
                    return overflowTrap(.subtract, op, isSigned: true, pc - 1)
                }
                set(op, value)
            case .multiplyS:
                let (value, overflow) = r[Int(op.a)].multipliedReportingOverflow(by: r[Int(op.b)])
                if overflow || wrap(value, op.shift) != value {
                    return overflowTrap(.multiply, op, isSigned: true, pc - 1)
                }
                set(op, value)
            case .addU:
                let (value, overflow) = unsigned(r[Int(op.a)], op.shift).addingReportingOverflow(
                    unsigned(r[Int(op.b)], op.shift))
                if overflow || (value &<< UInt64(op.shift)) &>> UInt64(op.shift) != value {
                    return overflowTrap(.add, op, isSigned: false, pc - 1)
                }
                set(op, value)
            case .subtractU:
                let (value, overflow) = unsigned(r[Int(op.a)], op.shift).subtractingReportingOverflow(
                    unsigned(r[Int(op.b)], op.shift))
                if overflow { return overflowTrap(.subtract, op, isSigned: false, pc - 1) }
                set(op, value)
            case .multiplyU:
                let (value, overflow) = unsigned(r[Int(op.a)], op.shift).multipliedReportingOverflow(
                    by: unsigned(r[Int(op.b)], op.shift))
                if overflow || (value &<< UInt64(op.shift)) &>> UInt64(op.shift) != value {
                    return overflowTrap(.multiply, op, isSigned: false, pc - 1)
                }
                set(op, value)

            case .divideS:
                let (l, d) = (r[Int(op.a)], r[Int(op.b)])
                if d == 0 || d == -1 && l == Int64.min &>> Int64(op.shift) { return undefined("divideS", pc - 1) }
                set(op, l / d)
            case .remainderS:
                let (l, d) = (r[Int(op.a)], r[Int(op.b)])
                if d == 0 || d == -1 && l == Int64.min &>> Int64(op.shift) { return undefined("remainderS", pc - 1) }
                set(op, l % d)
            case .divideU:
                if r[Int(op.b)] == 0 { return undefined("divideU", pc - 1) }
                set(op, unsigned(r[Int(op.a)], op.shift) / unsigned(r[Int(op.b)], op.shift))
            case .remainderU:
                if r[Int(op.b)] == 0 { return undefined("remainderU", pc - 1) }
                set(op, unsigned(r[Int(op.a)], op.shift) % unsigned(r[Int(op.b)], op.shift))
            case .and: set(op, r[Int(op.a)] & r[Int(op.b)])
            case .or: set(op, r[Int(op.a)] | r[Int(op.b)])
            case .xor: set(op, r[Int(op.a)] ^ r[Int(op.b)])
            case .shiftLeft, .shiftRightS, .shiftRightU:
                let count = r[Int(op.b)]
                if UInt64(bitPattern: count) >= 64 - UInt64(op.shift) { return undefined("a shift", pc - 1) }
                let value = r[Int(op.a)]
                switch op.code {
                case .shiftLeft: set(op, wrap(value &<< count, op.shift))
                case .shiftRightS: set(op, value &>> count)
                default: set(op, unsigned(value, op.shift) &>> UInt64(count))
                }
            case .countLeadingZeros:
                set(op, Int64(unsigned(r[Int(op.a)], op.shift).leadingZeroBitCount) - Int64(op.shift))
            case .countTrailingZeros:
                set(op, Int64(min(r[Int(op.a)].trailingZeroBitCount, 64 - Int(op.shift))))
            case .populationCount: set(op, Int64(unsigned(r[Int(op.a)], op.shift).nonzeroBitCount))

            // Sign extension keeps signed and unsigned order.
            case .equal: set(op, r[Int(op.a)] == r[Int(op.b)])
            case .notEqual: set(op, r[Int(op.a)] != r[Int(op.b)])
            case .lessS: set(op, r[Int(op.a)] < r[Int(op.b)])
            case .lessEqualS: set(op, r[Int(op.a)] <= r[Int(op.b)])
            case .greaterS: set(op, r[Int(op.a)] > r[Int(op.b)])
            case .greaterEqualS: set(op, r[Int(op.a)] >= r[Int(op.b)])
            case .lessU: set(op, UInt64(bitPattern: r[Int(op.a)]) < UInt64(bitPattern: r[Int(op.b)]))
            case .lessEqualU: set(op, UInt64(bitPattern: r[Int(op.a)]) <= UInt64(bitPattern: r[Int(op.b)]))
            case .greaterU: set(op, UInt64(bitPattern: r[Int(op.a)]) > UInt64(bitPattern: r[Int(op.b)]))
            case .greaterEqualU: set(op, UInt64(bitPattern: r[Int(op.a)]) >= UInt64(bitPattern: r[Int(op.b)]))

            case .fadd32: set(op, float(op.a) + float(op.b))
            case .fsubtract32: set(op, float(op.a) - float(op.b))
            case .fmultiply32: set(op, float(op.a) * float(op.b))
            case .fdivide32: set(op, float(op.a) / float(op.b))
            case .fnegate32: set(op, r[Int(op.a)] ^ 0x8000_0000)
            case .fabsolute32: set(op, r[Int(op.a)] & 0x7FFF_FFFF)
            case .fsqrt32: set(op, float(op.a).squareRoot())
            case .fcmp32: set(op, MIRInterpreter.compare(op.condition, Double(float(op.a)), Double(float(op.b))))
            case .fadd64: set(op, double(op.a) + double(op.b))
            case .fsubtract64: set(op, double(op.a) - double(op.b))
            case .fmultiply64: set(op, double(op.a) * double(op.b))
            case .fdivide64: set(op, double(op.a) / double(op.b))
            case .fnegate64: set(op, r[Int(op.a)] ^ Int64.min)
            case .fabsolute64: set(op, r[Int(op.a)] & Int64.max)
            case .fsqrt64: set(op, double(op.a).squareRoot())
            case .fcmp64: set(op, MIRInterpreter.compare(op.condition, double(op.a), double(op.b)))

            case .zeroExtend: set(op, Int64(bitPattern: unsigned(r[Int(op.a)], op.shift)))
            case .signExtend: set(op, wrap(r[Int(op.a)], op.shift))
            case .intToFloat32: set(op, Float(r[Int(op.a)]))
            case .intToFloat64: set(op, Double(r[Int(op.a)]))
            case .float32ToInt, .float64ToInt:
                let value = op.code == .float32ToInt ? Double(float(op.a)) : double(op.a)
                guard let whole = Int64(exactly: value.rounded(.towardZero)), wrap(whole, op.shift) == whole else {
                    return undefined("floatToInt", pc - 1)
                }
                set(op, whole)
            case .floatExtend: set(op, Double(float(op.a)))
            case .floatTruncate: set(op, Float(double(op.a)))
            case .select: set(op, r[Int(op.a)] != 0 ? r[Int(op.b)] : r[Int(op.c)])

            case .load8, .load16, .load32, .loadFloat32, .load64:
                let address = address(op)
                if isBad(address) { return undefined("a load from \(address)", pc - 1) }
                let p = pointer(address)
                switch op.code {
                case .load64: set(op, p.loadUnaligned(as: Int64.self))
                case .load32: set(op, Int64(p.loadUnaligned(as: Int32.self)))
                case .load8: set(op, Int64(p.load(as: Int8.self)))
                case .load16: set(op, Int64(p.loadUnaligned(as: Int16.self)))
                default: set(op, Int64(p.loadUnaligned(as: UInt32.self)))
                }
            case .loadIndexed8, .loadIndexed16, .loadIndexed32, .loadIndexedFloat32, .loadIndexed64:
                let address = indexedAddress(op)
                if isBad(address) { return undefined("a load from \(address)", pc - 1) }
                let p = pointer(address)
                switch op.code {
                case .loadIndexed64: set(op, p.loadUnaligned(as: Int64.self))
                case .loadIndexed32: set(op, Int64(p.loadUnaligned(as: Int32.self)))
                case .loadIndexed8: set(op, Int64(p.load(as: Int8.self)))
                case .loadIndexed16: set(op, Int64(p.loadUnaligned(as: Int16.self)))
                default: set(op, Int64(p.loadUnaligned(as: UInt32.self)))
                }
            case .store8, .store16, .store32, .store64:
                let address = address(op)
                if isBad(address) { return undefined("a store to \(address)", pc - 1) }
                let p = pointer(address)
                let value = r[Int(op.b)]
                switch op.code {
                case .store64: p.storeBytes(of: value, as: Int64.self)
                case .store32: p.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
                case .store16: p.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
                default: p.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
                }
            case .storeIndexed8, .storeIndexed16, .storeIndexed32, .storeIndexed64:
                let address = indexedAddress(op)
                if isBad(address) { return undefined("a store to \(address)", pc - 1) }
                let p = pointer(address)
                let value = r[Int(op.c)]
                switch op.code {
                case .storeIndexed64: p.storeBytes(of: value, as: Int64.self)
                case .storeIndexed32: p.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
                case .storeIndexed16: p.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
                default: p.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
                }

            case .checkIndex:
                let (index, length) = (r[Int(op.a)], r[Int(op.b)])
                let normal = index < 0 ? index &+ length : index
                if normal < 0 || normal >= length { return indexTrap(index, length, op, pc - 1) }
                set(op, normal)
            case .checkBounds:
                let (index, length) = (r[Int(op.a)], r[Int(op.b)])
                if index < 0 || index >= length { return indexTrap(index, length, op, pc - 1) }
            case .trapIf: if r[Int(op.a)] != 0 { return trap(op.immediate, pc - 1) }

            case .call, .callIndirect:
                var callee = Int(op.a)
                if op.code == .callIndirect {
                    let address = r[Int(op.a)]
                    callee = Int(truncatingIfNeeded: address & ~MIRInterpreter.tagMask)
                    if address & MIRInterpreter.tagMask == MIRInterpreter.runtimeTag, callee < runtimeCalls.count {
                        if let outcome = callRuntime(callee, op, slots, r, pc - 1) { return outcome }
                        continue
                    }
                    if address & MIRInterpreter.tagMask != MIRInterpreter.functionTag || callee >= functions.count
                        || functions[callee].parameterCount != Int(op.c)
                    {
                        return undefined("an indirect call of \(address)", pc - 1)
                    }
                }
                let newSlots = functions[callee].frameSlots
                if depth == maximumDepth || base + frameSlots + newSlots > stackSlots {
                    currentPC = pc - 1
                    onStackOverflow?()
                    return .stackOverflow
                }
                let new = r + frameSlots
                let list = Int(op.b)
                for k in 0..<Int(op.c) { new[k] = r[Int(slots[list + k])] }
                frames[depth] = Frame(
                    returnPC: pc, base: base, results: list + Int(op.c), frameSlots: frameSlots)
                depth += 1
                base += frameSlots
                frameSlots = newSlots
                r = new
                stackTop = base + frameSlots
                pc = functions[callee].entry
            case .callRuntime:
                if let outcome = callRuntime(Int(op.a), op, slots, r, pc - 1) { return outcome }

            case .jump: follow(op.a)
            case .branch: follow(r[Int(op.a)] != 0 ? op.b : op.c)
            case .switchInt:
                let value = r[Int(op.a)]
                var low = Int(op.b)
                var high = low + Int(op.immediate)
                let end = high
                while low < high {
                    let middle = (low + high) / 2
                    if program.cases[middle].number < value { low = middle + 1 } else { high = middle }
                }
                let isFound = low < end && program.cases[low].number == value
                follow(isFound ? program.cases[low].edge : op.c)
            case .returnValues:
                if depth == 0 {
                    return .returned((0..<Int(op.c)).map { UInt64(bitPattern: r[Int(slots[Int(op.b) + $0])]) })
                }
                depth -= 1
                let frame = frames[depth]
                let caller = r - frame.frameSlots
                for k in 0..<Int(op.c) {
                    let result = slots[frame.results + k]
                    if result != MIRInterpreter.noSlot { caller[Int(result)] = r[Int(slots[Int(op.b) + k])] }
                }
                r = caller
                base = frame.base
                frameSlots = frame.frameSlots
                stackTop = base + frameSlots
                pc = frame.returnPC
            case .unreachable: return undefined("unreachable code", pc - 1)
            }
        }
    }

    private static func compare(_ condition: UInt8, _ l: Double, _ r: Double) -> Bool {
        switch FloatCondition(rawValue: condition) {
        case .equal, nil: l == r
        case .notEqual: l != r
        case .less: l < r
        case .lessEqual: l <= r
        case .greater: l > r
        case .greaterEqual: l >= r
        }
    }

    /// Calls runtime entry number `index`; an outcome if the run ends with it.
    private func callRuntime(
        _ index: Int, _ op: Op, _ slots: UnsafeBufferPointer<UInt32>, _ r: UnsafeMutablePointer<Int64>, _ pc: Int
    ) -> MIROutcome? {
        currentPC = pc
        let call = runtimeCalls[index]
        guard let code = hostCode[index], call.parameterCount == Int(op.c) else {
            return undefined("a call of a runtime entry that the host lacks", pc)
        }
        if call.neverReturns { tellPosition() }
        let list = Int(op.b)
        let results = call.invoke(code) { r[Int(slots[list + $0])] }
        if call.neverReturns {
            return RuntimeFunction(rawValue: UInt16(index)).map { .stopped($0) } ?? undefined("a call", pc)
        }
        let resultList = list + Int(op.c)
        for k in 0..<min(Int(op.condition), 2) {
            let slot = slots[resultList + k]
            if slot != MIRInterpreter.noSlot { r[Int(slot)] = k == 0 ? results.first : results.second }
        }
        return nil
    }
}

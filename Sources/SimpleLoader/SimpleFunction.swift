internal import Runtime

/// A function of a loaded module, to be called as a Swift function.
///
/// A call costs about as much as taking a lock; strings and arrays are copied in both directions. From any thread; calls
/// wait for each other.
public struct SimpleFunction<Result, each Argument: SimpleValue>: Sendable {
    /// The module that defines it. It stays in memory as long as the function does, unless it is unloaded.
    public let module: LoadedModule
    /// What the module says of it.
    public let export: ModuleExport
    private let decode: @Sendable (inout ValueReader) -> Result

    init(module: LoadedModule, export: ModuleExport, decode: @escaping @Sendable (inout ValueReader) -> Result) {
        self.module = module
        self.export = export
        self.decode = decode
    }

    /// Calls the function. Runs the module's initialisers first, if they have not run.
    /// - Throws: `CallError`: what ended the call instead of its return.
    public func callAsFunction(_ argument: repeat each Argument) throws(CallError) -> Result {
        try module.use { () throws(CallError) in
            var writer = ValueWriter()
            for value in repeat each argument { try value._encode(to: &writer) }
            if writer.isFull { throw .tooManyArguments(name: export.name) }
            try check(writer.perform(UnsafeRawPointer(module.image.pointer(export.address))))
            var reader = writer.results
            return decode(&reader)
        }
    }
}

/// A module-level variable of a loaded module.
public struct SimpleGlobal<Value: SimpleValue>: Sendable {
    /// The module that defines it. It stays in memory as long as the variable does, unless it is unloaded.
    public let module: LoadedModule
    /// What the module says of it.
    public let export: ModuleExport
    /// Whether hosts may write it: it is declared `mut`.
    public let isMutable: Bool

    init(module: LoadedModule, export: ModuleExport, isMutable: Bool) {
        self.module = module
        self.export = export
        self.isMutable = isMutable
    }

    /// The variable's value; strings and arrays are copied. Runs the module's initialisers first, if they have not run.
    /// - Throws: `CallError`, among others `.uninitialised`.
    public func read() throws(CallError) -> Value {
        try module.use { () throws(CallError) in
            let memory = module.image.pointer(export.address)
            if export.isChecked {
                // The flag lies behind the value, whose size is what writing an absent one takes.
                if memory.load(fromByteOffset: flagOffset, as: UInt8.self) == 0 { throw .uninitialised(name: export.name) }
            }
            var reader = ValueReader(memory: memory)
            return Value._decode(from: &reader)
        }
    }

    /// Assigns the variable; strings and arrays are copied. Runs the module's initialisers first, if they have not run.
    /// - Throws: `CallError`, among others `.immutable`.
    public func write(_ value: Value) throws(CallError) {
        if !isMutable { throw .immutable(name: export.name) }
        try module.use { () throws(CallError) in
            let memory = module.image.pointer(export.address)
            var writer = ValueWriter(memory: memory)
            try value._encode(to: &writer)
            if export.isChecked { memory.storeBytes(of: 1, toByteOffset: flagOffset, as: UInt8.self) }
        }
    }

    /// Offset of the byte that says whether the variable was assigned: behind the value and its padding.
    private var flagOffset: Int {
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
        defer { scratch.deallocate() }
        var writer = ValueWriter(memory: scratch)
        Value._encodeAbsent(to: &writer)
        return writer.paddedSize
    }
}

/// The entry point of a program.
public struct EntryPoint: Sendable {
    /// The program.
    public let module: LoadedModule

    /// Runs the program to its end, in this process, on the calling thread (on the Simple stack).
    ///
    /// Its globals are fresh: nothing of earlier runs or calls is left. Its standard input, output and error are the
    /// process's; output is written out before this returns. `exit` and panics end the program, not the process.
    /// - Parameter arguments: what `args()` returns and `fn main` gets, without the program's name.
    /// - Throws: `CallError.unloaded`, `.outOfMemory`. How the program ended is not an error but the outcome.
    public func run(arguments: [String] = []) throws(CallError) -> RunOutcome {
        try module.useLoaded { () throws(CallError) in
            setProgramArguments(arguments)
            return outcome(module.image.run())
        }
    }

    /// As `run`, but keeps what the program prints instead of passing it on.
    public func runCapturing(arguments: [String] = []) throws(CallError) -> (outcome: RunOutcome, output: CapturedOutput) {
        try module.useLoaded { () throws(CallError) in
            setProgramArguments(arguments)
            var end = CallEnd.returned
            let caught = capturingOutput { end = module.image.run() }
            return (outcome(end), CapturedOutput(output: caught.output, errors: caught.errors))
        }
    }

    private func outcome(_ end: CallEnd) -> RunOutcome {
        switch end {
        case .returned: .exited(0)
        case .exited(let code): .exited(code)
        case .panicked(let code, let report): .panicked(Panic(number: code, report: report))
        case .outputFailed(let code): .outputFailed(code)
        }
    }
}

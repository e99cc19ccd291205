internal import CPlatform
internal import Runtime
internal import Synchronization

// Functions of modules as C function pointers, which hosts can store anywhere and hand to C libraries.
//
// A pointer leads to one of a fixed number of thunks, each of which knows its number only; the table here says what the
// number stands for. So no code is made at run time.

extension LoadedModule {
    /// The function called `name` as a C function pointer:
    ///
    ///     let area = try module.function(named: "area", as: (@convention(c) (Double, Double) -> Double).self)
    ///     let size = area(2, 3)
    ///
    /// The parameter and result types may be integers, `Float`, `Double`, `Bool`, `Unicode.Scalar` (`char32_t`) and, as
    /// result, `Void`; `signatureMismatch` unless they are those of the Simple function.
    ///
    /// The pointer can be called from any thread, as long as the process lives. It cannot throw, so what a
    /// `SimpleFunction` would throw ends the process: a panic prints its report and exits with 101, `exit(n)` exits with
    /// n, a call after `unload` says so and aborts. A module with such pointers is not unloaded because nobody holds it;
    /// `ModuleRegistry.unload` unloads it. A process can have 4,096 of them; asking for the same function again gives
    /// the same pointer.
    /// - Throws: `LoadError.noSuchSymbol`, `.ambiguousName`, `.signatureMismatch`, `.noCForm`, `.notACFunction`,
    ///   `.tooManyFunctionPointers`.
    public func function<Function>(named name: String, as type: Function.Type) throws(LoadError) -> Function {
        let export = try export(named: name)
        guard let requested = CSignature.read(ObjectIdentifier(type)) else {
            throw .notACFunction(name: export.name, requested: String(describing: type))
        }
        guard case .function(let signature) = export.kind else {
            throw .signatureMismatch(name: export.name, requested: requested.description, actual: export.description)
        }
        if let type = typeWithoutHostForm(signature, hasCForm) {
            throw .noCForm(name: export.name, signature: signature.description, type: type)
        }
        if signature.description != requested.description {
            throw .signatureMismatch(
                name: export.name, requested: requested.description, actual: signature.description)
        }
        let thunk = try Thunks.thunk(for: self, export, stackWords: requested.stackWords)
        return unsafeBitCast(thunk, to: Function.self)
    }
}

/// The signature of a Swift type of C functions.
private struct CSignature: CustomStringConvertible {
    var parameters: [String]
    var result: String
    /// Arguments that do not fit the registers.
    var stackWords: Int

    var description: String { "fn(\(parameters.joined(separator: ", "))) -> \(result)" }

    private static let names: [ObjectIdentifier: String] = [
        ObjectIdentifier(Int.self): "i64", ObjectIdentifier(Int64.self): "i64", ObjectIdentifier(Int32.self): "i32",
        ObjectIdentifier(Int16.self): "i16", ObjectIdentifier(Int8.self): "i8",
        ObjectIdentifier(UInt.self): "u64", ObjectIdentifier(UInt64.self): "u64", ObjectIdentifier(UInt32.self): "u32",
        ObjectIdentifier(UInt16.self): "u16", ObjectIdentifier(UInt8.self): "u8",
        ObjectIdentifier(Double.self): "f64", ObjectIdentifier(Float.self): "f32", ObjectIdentifier(Bool.self): "bool",
        ObjectIdentifier(Unicode.Scalar.self): "char",
    ]

    /// The signature of `type`; `nil` if that is no C function of types that Simple has.
    ///
    /// Reads the metadata of function types, whose layout is part of Swift's ABI (swift/ABI/Metadata.h,
    /// TargetFunctionTypeMetadata): kind, flags (count of parameters in the low 16 bits, then 8 bits of convention, of
    /// which 3 is C), result, parameters.
    static func read(_ type: ObjectIdentifier) -> CSignature? {
        guard let metadata = UnsafePointer<UInt>(bitPattern: UInt(bitPattern: type)), metadata[0] == 0x302 else { return nil }
        guard metadata[1] >> 16 & 0xFF == 3 else { return nil }
        var result = "nil"
        if metadata[2] != UInt(bitPattern: ObjectIdentifier(Void.self)) {
            guard let name = name(metadata[2]) else { return nil }
            result = name
        }
        var signature = CSignature(parameters: [], result: result, stackWords: 0)
        var integers = 0
        var reals = 0
        for index in 0..<Int(metadata[1] & 0xFFFF) {
            guard let parameter = name(metadata[3 + index]) else { return nil }
            signature.parameters.append(parameter)
            if parameter.hasPrefix("f") { reals += 1 } else { integers += 1 }
        }
        signature.stackWords = max(0, integers - 6) + max(0, reals - 8)
        return signature
    }

    /// Simple's name of the type whose metadata lies at `address`.
    private static func name(_ address: UInt) -> String? {
        names.first { UInt(bitPattern: $0.key) == address }?.value
    }
}

/// What the process's thunks stand for.
private enum Thunks {
    struct Target {
        var module: LoadedModule
        var export: ModuleExport
        var stackWords: Int
    }

    /// Targets by number. An element is written before its thunk is given out, and never again.
    nonisolated(unsafe) private static let targets: UnsafeMutablePointer<Target> = {
        cp_set_thunk_handler { index, call in Thunks.call(Int(index), call.unsafelyUnwrapped) }
        return .allocate(capacity: Int(cp_thunk_count))
    }()
    private static let count = Mutex(0)

    /// The thunk that calls `export` of `module`.
    static func thunk(for module: LoadedModule, _ export: ModuleExport, stackWords: Int) throws(LoadError) -> UnsafeRawPointer {
        let targets = targets
        let index: Int? = count.withLock { count in
            for index in 0..<count where targets[index].module === module && targets[index].export == export { return index }
            if count == Int(cp_thunk_count) { return nil }
            (targets + count).initialize(to: Target(module: module, export: export, stackWords: stackWords))
            count += 1
            return count - 1
        }
        guard let index, let thunk = cp_thunk(Int32(index)) else { throw .tooManyFunctionPointers }
        return thunk
    }

    /// Makes the call that a thunk received.
    private static func call(_ index: Int, _ call: UnsafeMutablePointer<cp_host_call>) {
        let target = targets[index]
        do throws(CallError) {
            try target.module.use { () throws(CallError) in
                var made = call.pointee
                made.function = UnsafeRawPointer(target.module.image.pointer(target.export.address))
                made.stack_count = UInt64(target.stackWords)
                try check(callCompiled(&made))
                call.pointee.integer_results = made.integer_results
                call.pointee.real_results = made.real_results
            }
        } catch {
            end(error)
        }
    }

    /// Ends the process: C code has no way to be told.
    private static func end(_ error: CallError) -> Never {
        switch error {
        case .panicked: _exit(101)
        case .exited(let code): _exit(code & 0xFF)
        case .outputFailed(let code): _exit(code == brokenPipe ? 141 : 1)
        default:
            var text = "error: a C function pointer was called: \(error)\n"
            text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
            abort()
        }
    }
}

internal import Diagnostics
package import Support
internal import Syntax

extension HIRProgram {
    /// What `receiver.name(arguments)` means for the (now known) types of an instance of a generic function.
    ///
    /// - Parameters:
    ///   - arguments: types of the arguments behind the receiver.
    ///   - result: the type that the call has in the instance.
    /// - Returns: nil only for a program whose check failed.
    package mutating func resolveMethod(
        receiver: TypeID, name: NameID, arguments: [TypeID], result: TypeID
    ) -> MethodTarget? {
        guard let resolver = methodResolver else { return nil }
        return resolver.resolve(&self, receiver: receiver, name: name, arguments: arguments, result: result)
    }
}

/// Method look-up kept from the checker, for instances of generic functions.
package struct MethodResolver: Sendable {
    var builtins: BuiltinMethods
    /// Methods of each struct.
    var structMethods: [NameMap<FunctionID>]
    /// Methods of built-in types written in the prelude, by group.
    var preludeMethods: [NameMap<FunctionID>]

    func resolve(
        _ program: inout HIRProgram, receiver: TypeID, name: NameID, arguments: [TypeID], result: TypeID
    ) -> MethodTarget? {
        let kind = program.types.kind(receiver)
        if kind == .structure {
            let id = Int(program.types.payload(receiver))
            guard let method = structMethods[id][name] else { return .builtin(.toString, extra: []) }
            return target(&program, method, [receiver] + arguments, result)
        }
        guard let group = group(program, receiver) else { return nil }
        if let method = builtins.find(group, name) {
            var extra: [ConstantArgument] = []
            for value in method.defaults.dropFirst(arguments.count) {
                switch value {
                case .int(let number)?: extra.append(.int(number))
                case .string(let text)?: extra.append(.string(program.addString(text.utf8)))
                case nil: break
                }
            }
            return .builtin(method.builtin, extra: extra)
        }
        guard let function = preludeMethods[Int(group.rawValue)][name] else { return nil }
        return target(&program, function, [receiver] + arguments, result)
    }

    /// `function` with the type arguments that make its parameters `arguments`.
    private func target(
        _ program: inout HIRProgram, _ function: FunctionID, _ arguments: [TypeID], _ result: TypeID
    ) -> MethodTarget {
        let info = program.functions[function.index]
        var found = [TypeID](repeating: .nilType, count: info.typeParameterCount)
        for (parameter, argument) in zip(info.parameterTypes, arguments) { match(program, parameter, argument, &found) }
        match(program, info.resultType, result, &found)
        return .function(function, typeArguments: found)
    }

    private func match(_ program: HIRProgram, _ pattern: TypeID, _ type: TypeID, _ found: inout [TypeID]) {
        let p = program.types.entries[pattern.index]
        if p.kind == .parameter {
            if Int(p.payload) < found.count { found[Int(p.payload)] = type }
            return
        }
        let t = program.types.entries[type.index]
        guard p.isGeneric, p.kind == t.kind, p.count == t.count else { return }
        for i in 0..<Int(p.count) {
            match(program, program.types.argument(pattern, i), program.types.argument(type, i), &found)
        }
    }

    private func group(_ program: HIRProgram, _ type: TypeID) -> MethodGroup? {
        switch program.types.kind(type) {
        case .str: .string
        case .array: .array
        case .char: .char
        case .bool: .bool
        case .option: .option
        case .range: .range
        case .tuple: .tuple
        case .error, .never, .nilType, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f32, .f64, .function,
            .structure, .parameter, .variable:
            program.types.isInteger(type) ? .integer : program.types.isFloat(type) ? .float : nil
        }
    }
}

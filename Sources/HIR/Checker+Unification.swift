internal import Diagnostics
internal import Support

/// An inference variable. A literal class restricts what it may become (LANGUAGE §5.3).
struct TypeVariable {
    enum Class: UInt8 { case any, number, float }
    /// What it was unified with, or nil.
    var binding: TypeID?
    var literal: Class
    /// Belongs to a module-level variable: functions that mention it do not generalise it.
    var isGlobal = false
}

extension Checker {
    /// A fresh variable.
    func newVariable(_ literal: TypeVariable.Class = .any, isGlobal: Bool = false) -> TypeID {
        variables.append(TypeVariable(binding: nil, literal: literal, isGlobal: isGlobal))
        context.madeVariables = true
        return program.types.intern(.variable, payload: UInt32(variables.count - 1))
    }

    /// `type` with solved variables at its head replaced. Chains of variables are halved on the way (Tarjan and
    /// van Leeuwen, "Worst-Case Analysis of Set Union Algorithms", JACM 1984): a thousand literals that wait for each
    /// other's type would otherwise be walked a thousand times.
    func resolve(_ type: TypeID) -> TypeID {
        var type = type
        while program.types.entries[type.index].kind == .variable {
            let variable = Int(program.types.entries[type.index].payload)
            guard let next = variables[variable].binding else { return type }
            guard program.types.entries[next.index].kind == .variable,
                let behind = variables[Int(program.types.entries[next.index].payload)].binding
            else { return next }
            variables[variable].binding = behind
            type = behind
        }
        return type
    }

    /// `type` with all solved variables replaced.
    func deepResolve(_ type: TypeID) -> TypeID {
        let entry = program.types.entries[type.index]
        if !entry.hasVariables { return type }
        if entry.kind == .variable {
            guard let binding = variables[Int(entry.payload)].binding else { return type }
            return deepResolve(binding)
        }
        var parts: [TypeID] = []
        for i in 0..<Int(entry.count) { parts.append(deepResolve(program.types.pool[Int(entry.start) + i])) }
        return program.types.intern(entry.kind, payload: entry.payload, parts)
    }

    func kind(_ type: TypeID) -> TypeKind { program.types.kind(resolve(type)) }

    /// The literal class of an unsolved variable; nil for other types.
    func variableClass(_ type: TypeID) -> TypeVariable.Class? {
        let type = resolve(type)
        guard program.types.kind(type) == .variable else { return nil }
        return variables[Int(program.types.payload(type))].literal
    }

    /// A number type or a literal variable.
    func isNumberLike(_ type: TypeID) -> Bool {
        let type = resolve(type)
        if program.types.isNumeric(type) { return true }
        if let literal = variableClass(type) { return literal != .any }
        return false
    }

    /// An integer type or a number literal variable.
    func isIntegerLike(_ type: TypeID) -> Bool {
        let type = resolve(type)
        return program.types.isInteger(type) || variableClass(type) == .number
    }

    /// An unsolved variable that may become anything.
    func isOpen(_ type: TypeID) -> Bool { variableClass(type) == .any }

    /// Makes two types equal if possible.
    func unify(_ left: TypeID, _ right: TypeID) -> Bool {
        let a = resolve(left), b = resolve(right)
        if a == b { return true }
        if a == .error || b == .error {
            // What depends on something wrong is wrong too, and silent.
            poison(a == .error ? b : a)
            return true
        }
        let types = program.types
        let ea = types.entries[a.index], eb = types.entries[b.index]
        if ea.kind == .variable { return bind(Int(ea.payload), to: b) }
        if eb.kind == .variable { return bind(Int(eb.payload), to: a) }
        if ea.kind != eb.kind || ea.payload != eb.payload || ea.count != eb.count || ea.count == 0 { return false }
        for i in 0..<Int(ea.count) {
            if !unify(types.pool[Int(ea.start) + i], types.pool[Int(eb.start) + i]) { return false }
        }
        return true
    }

    /// Gives an open type the error type, so that what depends on a reported mistake stays silent; not in trial checks,
    /// whose errors nobody hears.
    func poison(_ type: TypeID) {
        let type = resolve(type)
        if silenced == 0, program.types.kind(type) == .variable { variables[Int(program.types.payload(type))].binding = .error }
    }

    private func bind(_ index: Int, to type: TypeID) -> Bool {
        let literal = variables[index].literal
        if program.types.kind(type) == .variable {
            let other = Int(program.types.payload(type))
            // The stricter class survives; a global's variable stays a global's.
            if variables[other].literal.rawValue < literal.rawValue { variables[other].literal = literal }
            if variables[index].isGlobal { variables[other].isGlobal = true }
            variables[index].binding = type
            return true
        }
        switch literal {
        case .any:
            if occurs(index, in: type) {
                foundInfiniteType = true
                return false
            }
        case .number: if !program.types.isNumeric(type) { return false }
        case .float: if !program.types.isFloat(type) { return false }
        }
        variables[index].binding = type
        if variables[index].isGlobal, program.types.entries[type.index].hasVariables { markGlobal(type) }
        return true
    }

    /// The open parts of a module-level variable's type belong to it, too.
    private func markGlobal(_ type: TypeID) {
        let type = resolve(type)
        let entry = program.types.entries[type.index]
        if entry.kind == .variable {
            variables[Int(entry.payload)].isGlobal = true
        } else if entry.hasVariables {
            for i in 0..<Int(entry.count) { markGlobal(program.types.pool[Int(entry.start) + i]) }
        }
    }

    /// `true` iff variable `index` is part of `type` (an infinite type: E0308).
    func occurs(_ index: Int, in type: TypeID) -> Bool {
        let type = resolve(type)
        let entry = program.types.entries[type.index]
        if entry.kind == .variable { return Int(entry.payload) == index }
        if !entry.hasVariables { return false }
        for i in 0..<Int(entry.count) where occurs(index, in: program.types.pool[Int(entry.start) + i]) { return true }
        return false
    }

    /// Gives open literal variables in `type` their default types, other open variables nil.
    func defaultVariables(in type: TypeID) {
        let type = resolve(type)
        let entry = program.types.entries[type.index]
        if entry.kind == .variable {
            let index = Int(entry.payload)
            if variables[index].isGlobal && variables[index].literal == .any { return }
            switch variables[index].literal {
            case .any: variables[index].binding = .nilType
            case .number: variables[index].binding = .i64
            case .float: variables[index].binding = .f64
            }
            return
        }
        if !entry.hasVariables { return }
        for i in 0..<Int(entry.count) { defaultVariables(in: program.types.pool[Int(entry.start) + i]) }
    }

    /// Gives an open literal variable its default type; other types are left alone.
    func defaultLiteral(_ type: TypeID) {
        let type = resolve(type)
        switch variableClass(type) {
        case .number?: variables[Int(program.types.payload(type))].binding = .i64
        case .float?: variables[Int(program.types.payload(type))].binding = .f64
        default: break
        }
    }

    /// The name of a struct in messages: with its module's if another struct is named alike.
    private func structName(_ index: Int) -> String {
        let name = structRecords[index].name
        for (other, record) in structRecords.enumerated() where record.name == name && other != index {
            return modules[structRecords[index].module].path + "." + text(name)
        }
        return text(name)
    }

    /// The type as users write it.
    func describe(_ type: TypeID) -> String {
        let type = resolve(type)
        let types = program.types
        let arguments = types.arguments(type).map { describe($0) }
        switch types.kind(type) {
        case .error: return "?"
        case .never: return "Never"
        case .nilType: return "nil"
        case .bool: return "bool"
        case .char: return "char"
        case .i8: return "i8"
        case .i16: return "i16"
        case .i32: return "i32"
        case .i64: return "i64"
        case .u8: return "u8"
        case .u16: return "u16"
        case .u32: return "u32"
        case .u64: return "u64"
        case .f32: return "f32"
        case .f64: return "f64"
        case .str: return "str"
        case .tuple: return arguments.count == 1 ? "(\(arguments[0]),)" : "(" + arguments.joined(separator: ", ") + ")"
        case .array: return "[\(arguments[0])]"
        case .range: return "Range[\(arguments[0])]"
        case .option: return "\(arguments[0])?"
        case .function:
            return "fn(" + arguments.dropLast().joined(separator: ", ") + ") -> " + (arguments.last ?? "nil")
        case .structure:
            let name = structName(Int(types.payload(type)))
            return arguments.isEmpty ? name : name + "[" + arguments.joined(separator: ", ") + "]"
        case .parameter:
            let index = Int(types.payload(type))
            return index < context.typeParameters.count ? text(context.typeParameters[index].name) : "T\(index)"
        case .variable:
            switch variables[Int(types.payload(type))].literal {
            case .any: return "_"
            case .number: return "integer"
            case .float: return "float"
            }
        }
    }

    /// `type` as it can be written in a program; a literal's type is its default.
    func spelling(_ type: TypeID) -> String {
        switch variableClass(type) {
        case .number: "i64"
        case .float: "f64"
        case .any, nil: describe(type)
        }
    }
}

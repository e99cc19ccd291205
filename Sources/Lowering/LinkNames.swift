// The names by which the linker knows functions, instances and globals.

package import HIR
internal import Support

extension HIRProgram {
    /// As `spell`, without blanks and with the module in front of struct names, so that equal text means equal types.
    func spellForLinking(_ type: TypeID, _ text: inout String) {
        if types.kind(type) == .structure {
            let structure = structs[Int(types.payload(type))]
            text += linkPath(structure.module)
            text += "."
            text += structure.name
            if types.count(type) > 0 { spellArgumentsForLinking(type, "[", "]", &text) }
            return
        }
        switch types.kind(type) {
        case .tuple: spellArgumentsForLinking(type, "(", types.count(type) == 1 ? ",)" : ")", &text)
        case .array: spellArgumentsForLinking(type, "[", "]", &text)
        case .range: spellArgumentsForLinking(type, "Range[", "]", &text)
        case .option: spellArgumentsForLinking(type, "Option[", "]", &text)
        case .function: spellArgumentsForLinking(type, "fn(", ")", &text)
        default: spell(type, &text)
        }
    }

    private func spellArgumentsForLinking(_ type: TypeID, _ open: String, _ close: String, _ text: inout String) {
        text += open
        for i in 0..<types.count(type) {
            if i > 0 { text += "," }
            spellForLinking(types.argument(type, i), &text)
        }
        text += close
    }

    /// The module's part of link names. `simple.…` is ours, so a user's module of that name gets a quote in front.
    func linkPath(_ module: ModuleID) -> String {
        let path = modules[module.index].path
        return path == "simple" || path.hasPrefix("simple.") ? "'" + path : path
    }
}

/// Tells apart functions, and globals, of one module that share a name (nested functions in different blocks,
/// a top-level `let` declared twice): the second is `name#2`. Counted over the whole module in source order, so that
/// all modules agree.
package struct LinkNameTable {
    private var functionNumbers: ContiguousArray<UInt32> = []
    private var globalNumbers: ContiguousArray<UInt32> = []
    private var isCounted: ContiguousArray<Bool> = []

    package init() {}

    /// The link name of `function`, without type arguments.
    mutating func name(of function: FunctionID, _ program: HIRProgram) -> String {
        let info = program.functions[function.index]
        count(info.module, program)
        return decorate(program.linkPath(info.module), info.name, functionNumbers[function.index])
    }
    /// The link name of `global`.
    mutating func name(of global: GlobalID, _ program: HIRProgram) -> String {
        let info = program.globals[global.index]
        count(info.module, program)
        return decorate(program.linkPath(info.module), info.name, globalNumbers[global.index])
    }

    private func decorate(_ path: String, _ name: String, _ number: UInt32) -> String {
        var text = path
        text.reserveCapacity(path.utf8.count + name.utf8.count + 5)
        text += "."
        text += name
        if number > 1 { text += "#\(number)" }
        return text
    }

    private mutating func count(_ module: ModuleID, _ program: HIRProgram) {
        if isCounted.isEmpty {
            isCounted = ContiguousArray(repeating: false, count: program.modules.count)
            functionNumbers = ContiguousArray(repeating: 1, count: program.functions.count)
            globalNumbers = ContiguousArray(repeating: 1, count: program.globals.count)
        }
        if isCounted[module.index] { return }
        isCounted[module.index] = true
        let info = program.modules[module.index]
        var seen = TextMap<UInt32>()
        for function in info.functions {
            functionNumbers[function.index] = next(program.functions[function.index].name, &seen)
        }
        for global in info.globals { globalNumbers[global.index] = next(program.globals[global.index].name, &seen) }
    }

    private func next(_ name: String, _ seen: inout TextMap<UInt32>) -> UInt32 {
        let number = (seen[name] ?? 0) + 1
        seen.set(name, number)
        return number
    }
}

/// The name by which the linker knows `function`, which is not generic.
package func linkName(of function: FunctionID, in program: HIRProgram) -> String {
    var names = LinkNameTable()
    return names.name(of: function, program)
}

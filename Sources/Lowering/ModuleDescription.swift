// What a lowered module says of itself besides code and data: the types behind its structs and globals, and the modules
// whose definitions its code was made from. Both go to sections of the object module.

package import HIR
package import MIR
internal import Support

/// A type as debuggers and reloads see it.
package struct TypeDescription: Sendable {
    /// Unique name: the module stands in front of struct names.
    package var name: String
    package var kind: TypeKind
    /// Bytes that a value takes in memory, padding included.
    package var size: UInt32
    package var alignment: UInt32
    /// Digest of the flattened layout.
    package var layoutHash: UInt64
}

/// What `lowerDescribed` says of a module.
package struct ModuleDescription: Sendable {
    /// Structs without type parameters that the module declares, then types of its globals, each once.
    package var types: [TypeDescription] = []
    /// Index in `types` of the type of each global that the module defines, by link name.
    package var globalTypes: [(symbol: String, type: Int)] = []
    /// Modules that the module imports, or whose functions, globals or structs its code uses; in order of their ids.
    package var usedModules: [ModuleID] = []
}

/// Lowers one module as `lower` does, and describes it. `linkNames` serves all modules of the program.
package func lowerDescribed(
    _ program: inout HIRProgram, module: ModuleID, _ linkNames: inout LinkNameTable
) -> (MIRModule, ModuleDescription) {
    var lowerer = Lowerer(module: module, path: program.modules[module.index].path, sources: program.sources)
    swap(&lowerer.linkNames, &linkNames)
    // Moved, not copied, so that adding types does not copy the table.
    swap(&lowerer.program, &program)
    lowerer.lowerModule()
    let description = lowerer.describe()
    swap(&lowerer.program, &program)
    swap(&lowerer.linkNames, &linkNames)
    return (lowerer.module, description)
}

extension Lowerer {
    /// Describes the module that was lowered.
    mutating func describe() -> ModuleDescription {
        var result = ModuleDescription()
        var indices: [TypeID: Int] = [:]
        func index(of type: TypeID, _ lowerer: inout Lowerer) -> Int {
            if let known = indices[type] { return known }
            let layout = lowerer.layout(type)
            var name = ""
            lowerer.program.spellForLinking(type, &name)
            indices[type] = result.types.count
            result.types.append(
                TypeDescription(
                    name: name, kind: lowerer.program.types.kind(type), size: layout.stride,
                    alignment: layout.alignment, layoutHash: lowerer.program.layoutHash(of: type)))
            return result.types.count - 1
        }
        for id in program.structs.indices
        where program.structs[id].module == moduleID && program.structs[id].typeParameterCount == 0 {
            _ = index(of: program.types.intern(.structure, payload: UInt32(id)), &self)
        }
        for global in program.modules[moduleID.index].globals {
            let type = index(of: program.globals[global.index].type, &self)
            result.globalTypes.append((linkNames.name(of: global, program), type))
        }
        result.usedModules = usedModules()
        return result
    }

    private func usedModules() -> [ModuleID] {
        var isUsed = ContiguousArray(repeating: false, count: program.modules.count)
        for id in program.modules[moduleID.index].imports { isUsed[id.index] = true }
        for id in functionSymbols.keys { isUsed[program.functions[Int(id)].module.index] = true }
        for id in firstInstance.keys { isUsed[program.functions[Int(id)].module.index] = true }
        for id in globalSymbols.keys { isUsed[program.globals[Int(id)].module.index] = true }
        for type in layouts.types where program.types.kind(type) == .structure {
            isUsed[program.structs[Int(program.types.payload(type))].module.index] = true
        }
        isUsed[moduleID.index] = false
        return isUsed.indices.filter { isUsed[$0] }.map { ModuleID($0) }
    }
}

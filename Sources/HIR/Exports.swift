// What an image offers to a host: the `pub` functions and variables that the root module defines itself. Nobody imports
// a root module, so `pub` has no other meaning there. Their names and types stand in its interface.

internal import Support

extension Checker {
    /// `true` iff the root module has an export: generic functions have no code of their own and methods no name that a
    /// host could ask for; both don't count.
    func rootHasExports() -> Bool {
        let state = modules[rootIndex]
        return state.definitions.names.contains { name in
            guard state.publicNames.contains(name), let definition = state.definitions[name] else { return false }
            switch definition.kind {
            case .function: return program.functions[definition.index].typeParameterCount == 0
            case .global: return true
            case .structure, .constant, .alias, .module, .broken: return false
            }
        }
    }
}

package import Support
package import Syntax

/// What an import (or one item of its list) turned out to name; decided by the driver, which knows the file system.
package enum ImportTarget: Sendable, Equatable {
    /// A module of `CheckInput.modules`.
    case module(Int)
    /// An item of a module of `CheckInput.modules`; whether it exists is for the checker to say.
    case item(Int, NameID)
    /// Not found; the driver has reported it.
    case failed
}

/// One parsed module.
package struct ModuleSource: Sendable {
    /// Dotted path: `main`, `models.user`.
    package var path: String
    package var tree: SyntaxTree
    /// For each `importDeclaration` node: its target (with a glob or an item list: the module before them);
    /// for each `importItem` node: its target.
    package var imports: [NodeID: ImportTarget]

    package init(path: String, tree: SyntaxTree, imports: [NodeID: ImportTarget] = [:]) {
        self.path = path
        self.tree = tree
        self.imports = imports
    }
}

/// A whole program, parsed: the input of `check`.
package struct CheckInput: Sendable {
    package var sources: SourceMap
    package var modules: [ModuleSource]
    /// Index of the root module.
    package var root: Int

    package init(sources: SourceMap, modules: [ModuleSource], root: Int) {
        self.sources = sources
        self.modules = modules
        self.root = root
    }
}

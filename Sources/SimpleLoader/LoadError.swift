internal import SMF

/// Why a module could not be loaded, or why something was not found in a loaded one.
///
/// `description` is one message for people; the cases are for programs.
public enum LoadError: Error, Sendable, Equatable {
    // MARK: The file

    /// The system refused to open, read or map the file; `code` is the `errno`.
    case io(module: String, code: Int32)
    /// The file is no SMF module.
    case notAModule(module: String)
    /// The file ends before the module does, which needs `expected` bytes.
    case truncated(module: String, expected: UInt64, found: UInt64)
    /// The module has another major version of the format than 1.
    case badVersion(module: String, major: UInt8)
    /// The module was made for another processor or operating system, whose name is `found`.
    case wrongArch(module: String, found: String)
    /// The module's code needs processor extensions that this machine lacks.
    case missingProcessorFeatures(module: String, features: [String])
    /// The module was made for another runtime than this library contains.
    case wrongRuntime(module: String, found: UInt64, expected: UInt64)
    /// The module breaks a rule of the format at `offset`, where `value` was found. `rule` is the rule's name, `reason`
    /// the rule in words.
    case corrupt(module: String, rule: String, reason: String, offset: UInt64, value: UInt64)
    /// The file is an object module: link it into an image first.
    case notLinked(module: String)

    // MARK: Loading

    /// Imports that nothing provides; all of them, and those whose interface differs.
    case missingImports([ImportProblem])
    /// All imports were found, but the modules that provide these were built with another interface.
    case abiMismatch([ImportProblem])
    /// Another module has this name in the registry.
    case nameTaken(name: String)
    /// The module cannot be unloaded: the modules `users` import from it, or, if there are none, it runs now.
    case inUse(module: String, users: [String])
    /// The module was unloaded, or belongs to another registry.
    case unloaded(module: String)
    /// The system has no memory for the runtime's stack.
    case outOfMemory

    // MARK: Looking up

    /// The module exports nothing of that name; `exports` are the names that it has.
    case noSuchSymbol(name: String, module: String, exports: [String])
    /// Several exports have that name; ask for one of `candidates`.
    case ambiguousName(name: String, candidates: [String])
    /// The function's or variable's type is `actual`, the host asked for `requested`. Both in the language's notation.
    case signatureMismatch(name: String, requested: String, actual: String)
    /// The signature contains `type`, for which the kind of function asked for has no form.
    case noCForm(name: String, signature: String, type: String)
    /// The type asked for is not one of a function with the C calling convention and types that C has.
    case notACFunction(name: String, requested: String)
    /// All of the process's C function pointers are in use.
    case tooManyFunctionPointers
    /// The module has no entry point; it is a library.
    case noEntryPoint(module: String)
}

/// An import that could not be bound.
public struct ImportProblem: Sendable, Equatable, CustomStringConvertible {
    /// Where the import should come from.
    public enum Source: Sendable, Equatable {
        case runtime
        /// A module; any, if it has no name.
        case module(String?)
        case cLibrary(String?)
    }
    /// What is wrong.
    public enum Reason: Sendable, Equatable {
        /// Nothing provides it.
        case missing
        /// The module that provides it has the interface `found`, not `expected`.
        case abiMismatch(expected: UInt64, found: UInt64)
    }
    /// The symbol's name.
    public var symbol: String
    /// Where it was looked for.
    public var source: Source
    /// The module that wants it.
    public var wantedBy: String
    /// What is wrong.
    public var reason: Reason

    /// Creates the finding that `wantedBy` does not get `symbol` from `source`.
    public init(symbol: String, source: Source, wantedBy: String, reason: Reason) {
        self.symbol = symbol
        self.source = source
        self.wantedBy = wantedBy
        self.reason = reason
    }

    public var description: String {
        var text = "`\(symbol)`"
        switch source {
        case .runtime: text += " from the runtime"
        case .module(let name): text += name.map { " from module `\($0)`" } ?? " from a module"
        case .cLibrary(let name): text += name.map { " from C library `\($0)`" } ?? " from a C library"
        }
        text += ", wanted by `\(wantedBy)`"
        if case .abiMismatch(let expected, let found) = reason {
            text += ": interface \(String(found, radix: 16)), not \(String(expected, radix: 16))"
        }
        return text
    }
}

extension LoadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .io(let module, let code): "\(module): \(systemMessage(code))"
        case .notAModule(let module): "\(module): not an SMF module"
        case .truncated(let module, let expected, let found):
            "\(module): the file ends before the module does (\(found) of \(expected) bytes); build it again"
        case .badVersion(let module, let major):
            "\(module): made for version \(major) of the format, this library reads version 1"
        case .wrongArch(let module, let found): "\(module): was built for \(found), not for x86-64 Linux"
        case .missingProcessorFeatures(let module, let features):
            "\(module): needs processor extensions that this machine lacks: \(features.joined(separator: ", "))"
        case .wrongRuntime(let module, let found, let expected):
            "\(module): was built for runtime ABI \(found), this library has \(expected); build it again"
        case .corrupt(let module, let rule, let reason, let offset, let value):
            "\(module): \(reason) (rule \(rule), offset \(offset), value \(value)); build it again"
        case .notLinked(let module): "\(module): is an object module; link it into an image first"
        case .missingImports(let problems):
            "imports that nothing provides:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
        case .abiMismatch(let problems):
            "modules were built against other interfaces:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
        case .nameTaken(let name): "another module has the name `\(name)` in this registry; unload it first"
        case .inUse(let module, let users):
            users.isEmpty
                ? "module `\(module)` cannot be unloaded from within a call of compiled code"
                : "module `\(module)` cannot be unloaded: \(users.map { "`\($0)`" }.joined(separator: ", ")) import from it"
        case .unloaded(let module): "module `\(module)` is not loaded in this registry"
        case .outOfMemory: "no memory for the runtime's stack"
        case .noSuchSymbol(let name, let module, let exports):
            "module `\(module)` exports no `\(name)`"
                + (exports.isEmpty ? "; it has no exports" : "; it has \(exports.map { "`\($0)`" }.joined(separator: ", "))")
        case .ambiguousName(let name, let candidates):
            "`\(name)` may be any of \(candidates.map { "`\($0)`" }.joined(separator: ", "))"
        case .signatureMismatch(let name, let requested, let actual):
            "`\(name)` is `\(actual)`, but `\(requested)` was asked for"
        case .noCForm(let name, let signature, let type):
            "`\(name)` is `\(signature)`: `\(type)` cannot be passed between the host and compiled code this way"
        case .notACFunction(let name, let requested):
            "`\(requested)`, asked for `\(name)`, is not a @convention(c) function of integers, floats and Bool"
        case .tooManyFunctionPointers: "all C function pointers of this process are in use"
        case .noEntryPoint(let module): "module `\(module)` has no entry point"
        }
    }
}

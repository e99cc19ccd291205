import SMF

// What goes into a link and what can go wrong with it.

/// One object module to link.
package struct LinkInput: Sendable {
    /// The module's bytes, as SMFWriter emitted them.
    package var bytes: [UInt8]
    /// What messages call it: a path or a module name.
    package var name: String

    package init(bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }
}

/// What the image should be.
package struct LinkOptions: Sendable {
    /// Symbol name of the function that the loader starts. It and what it reaches is kept.
    package var entry: String
    /// Symbol names of further functions to keep, with what they reach.
    package var roots: [String]
    /// As `roots`, but they need not exist.
    package var optionalRoots: [String]
    /// Payload of the image's Version section, `key=value` lines; empty: the first module's.
    package var version: [UInt8]
    /// Whether the image gets a SymHash section over its exported symbols.
    package var symbolHash: Bool

    package init(entry: String, roots: [String] = [], optionalRoots: [String] = [], version: [UInt8] = [], symbolHash: Bool = false) {
        self.entry = entry
        self.roots = roots
        self.optionalRoots = optionalRoots
        self.version = version
        self.symbolHash = symbolHash
    }
}

/// One reason why a link failed.
package enum LinkProblem: Sendable, Equatable {
    /// There is nothing to link.
    case noModules
    /// A module breaks a rule of the format.
    case refused(module: String, error: SMFError)
    /// A module is an image already.
    case notAnObject(module: String)
    /// A module keeps the format's rules but not those of an object module.
    case malformed(module: String, reason: String)
    /// Two modules were made for different things: `field` names the header field.
    case mismatch(field: String, module: String, value: UInt64, other: String, otherValue: UInt64)
    /// A module was compiled against an interface of `dependency` other than the one that the link has.
    case interfaceMismatch(module: String, dependency: String, expected: UInt64, found: UInt64)
    /// No module defines the symbol that these modules want, in link order.
    case undefined(symbol: String, wantedBy: [String])
    /// Two modules define the same strong symbol.
    case duplicate(symbol: String, first: String, second: String)
    /// No module defines the entry function, or it isn't a function in a code section.
    case noEntry(symbol: String)
    /// The value of a 32-bit relocation doesn't fit.
    case overflow(module: String, symbol: String, section: Int, offset: UInt64)
    /// A relocation type that an image can't have at that place; `reason` says why.
    case unsupportedRelocation(module: String, symbol: String, type: UInt16, offset: UInt64, reason: String)
    /// Code and data exceed the 2 GiB that 32-bit displacements reach.
    case imageTooLarge(size: UInt64)
}

extension LinkProblem: CustomStringConvertible {
    /// The problem as one line of text.
    package var description: String {
        switch self {
        case .noModules: "nothing to link"
        case .refused(let module, let error): "\(module): \(error)"
        case .notAnObject(let module): "\(module): is an image, not an object module"
        case .malformed(let module, let reason): "\(module): \(reason)"
        case .mismatch(let field, let module, let value, let other, let otherValue):
            "\(module): \(field) is \(value), but \(otherValue) in \(other)"
        case .interfaceMismatch(let module, let dependency, let expected, let found):
            "\(module): was compiled against another interface of \(dependency) (\(String(expected, radix: 16))) than "
                + "the one linked (\(String(found, radix: 16)))"
        case .undefined(let symbol, let modules):
            "undefined symbol '\(symbol)', wanted by \(modules.joined(separator: ", "))"
        case .duplicate(let symbol, let first, let second):
            "symbol '\(symbol)' is defined in \(first) and in \(second)"
        case .noEntry(let symbol): "no module defines the entry function '\(symbol)'"
        case .overflow(let module, let symbol, let section, let offset):
            "\(module): relocation against '\(symbol)' at offset \(offset) of section \(section) is out of range"
        case .unsupportedRelocation(let module, let symbol, let type, let offset, let reason):
            "\(module): relocation of type \(type) against '\(symbol)' at offset \(offset): \(reason)"
        case .imageTooLarge(let size): "the image would need \(size) bytes; 2 GiB is the limit"
        }
    }
}

/// Every problem that a link found.
package struct LinkFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Never empty; in a deterministic order.
    package var problems: [LinkProblem]

    package init(problems: [LinkProblem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

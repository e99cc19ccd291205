package import SMF

// What an object module says of itself besides code and data (Docs/smf.md): handed through from the stages that know.

/// The contents of the descriptive sections of an object module.
package struct ObjectDescription: Sendable {
    /// A type of section `.types`.
    package struct TypeEntry: Sendable {
        package var name: String
        package var kind: TypeInfoKind
        package var size: UInt32
        package var alignment: UInt32
        package var layoutHash: UInt64
        package init(name: String, kind: TypeInfoKind, size: UInt32, alignment: UInt32, layoutHash: UInt64) {
            self.name = name
            self.kind = kind
            self.size = size
            self.alignment = alignment
            self.layoutHash = layoutHash
        }
    }

    /// A dependency of section `.deps`.
    package struct Dependency: Sendable {
        package var kind: SMFDependencyKind
        /// Path relative to the package, or module name.
        package var name: String
        package var size: UInt64
        package var digest: SMFDigest
        package init(kind: SMFDependencyKind, name: String, size: UInt64, digest: SMFDigest) {
            self.kind = kind
            self.name = name
            self.size = size
            self.digest = digest
        }
    }

    /// Payload of `.iface`; its XXH64 is the module's `abi_hash`. Empty: no section, and `abi_hash` is 0.
    package var interface: [UInt8] = []
    /// Payload of `.version`.
    package var version: [UInt8] = []
    package var dependencies: [Dependency] = []
    package var types: [TypeEntry] = []
    /// Index in `types` of the types of data symbols, by link name.
    package var dataTypes: [(symbol: String, type: Int)] = []

    package init() {}

    /// Adds the sections to `writer` and sets `abi_hash`; `index` finds a symbol that the module defines by its name.
    func add(to writer: inout SMFWriter, symbol index: (String) -> UInt32?) {
        if !types.isEmpty {
            let entries = types.map {
                TypeInfo(
                    name: writer.addString($0.name), kind: $0.kind.rawValue, size: $0.size, alignment: $0.alignment,
                    layoutHash: $0.layoutHash)
            }
            _ = writer.addSection(
                type: SMFSectionType.typeInfo.rawValue, flags: .read, bytes: TypeInfo.encode(ContiguousArray(entries)),
                alignment: 8, name: ".types")
            for (symbol, type) in dataTypes {
                if let symbol = index(symbol) { writer.setType(ofSymbol: symbol, UInt32(type) + 1) }
            }
        }
        if !version.isEmpty {
            _ = writer.addSection(
                type: SMFSectionType.version.rawValue, flags: .read, bytes: ContiguousArray(version), alignment: 1,
                name: ".version")
        }
        if !interface.isEmpty {
            writer.setABIHash(interface.withUnsafeBytes { xxh64($0) })
            _ = writer.addSection(
                type: SMFSectionType.interface.rawValue, flags: .read, bytes: ContiguousArray(interface), alignment: 1,
                name: ".iface")
        }
        if !dependencies.isEmpty {
            let entries = dependencies.map {
                SMFDependency(kind: $0.kind, name: writer.addString($0.name), size: $0.size, digest: $0.digest)
            }
            _ = writer.addSection(
                type: SMFSectionType.deps.rawValue, flags: .read, bytes: SMFDependency.encode(ContiguousArray(entries)),
                alignment: 8, name: ".deps")
        }
    }
}

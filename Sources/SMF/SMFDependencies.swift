// The Deps payload: what a module was built from.

/// What a dependency is.
package enum SMFDependencyKind: UInt32, Sendable {
    /// A source file; the digest is the SHA-256 of its bytes.
    case source = 0
    /// An object module; the digest holds four header fields of it (`SMFDependency.digest(of:)`).
    case module = 1
    /// A C library.
    case cLibrary = 2
}

/// One entry of a Deps section.
package struct SMFDependency: SMFTableRow, Sendable, Equatable {
    /// Raw value of an `SMFDependencyKind`.
    package var kind: UInt32
    /// String table offset of the path (relative to the package) or name.
    package var name: UInt32
    /// Size in bytes of what was read; 0 unknown.
    package var size: UInt64
    /// When it was last modified, in nanoseconds since 1970; 0 unknown. This tool chain writes 0: a module's bytes do
    /// not depend on times.
    package var modificationTime: Int64 = 0
    package var digest: SMFDigest

    package init(kind: SMFDependencyKind, name: UInt32, size: UInt64, digest: SMFDigest) {
        self.kind = kind.rawValue
        self.name = name
        self.size = size
        self.digest = digest
    }

    package init(decoding base: UnsafeRawPointer) {
        kind = smfLoad32(base, 0)
        name = smfLoad32(base, 4)
        size = smfLoad64(base, 8)
        modificationTime = Int64(bitPattern: smfLoad64(base, 16))
        digest = SMFDigest(decoding: base + 24)
    }

    /// The digest that stands for an object module with this header: abi_hash, module_hash, source_hash and
    /// toolchain_id. Where only the interface matters, all but the first are 0.
    package static func digest(of header: SMFHeader) -> SMFDigest {
        SMFDigest(header.abiHash, header.moduleHash, header.sourceHash, header.toolchainID)
    }

    package static let entrySize = 56
    package static let rule = SMFRule.dependencies

    package func encode(to base: UnsafeMutableRawPointer) {
        smfStore32(base, 0, kind)
        smfStore32(base, 4, name)
        smfStore64(base, 8, size)
        smfStore64(base, 16, UInt64(bitPattern: modificationTime))
        digest.encode(to: base + 24)
    }
}

/// A view of a Deps payload.
package typealias SMFDependencyView = SMFTableView<SMFDependency>

extension SMFTableView<SMFDependency> {
    /// Checks kinds and names; `offset` is the payload's in the module.
    /// - Throws: `.dependencies`.
    package func validate(at offset: UInt64, stringTableSize: UInt64) throws(SMFError) {
        for i in 0..<count {
            let entry = self[i]
            let at = offset + 4 + UInt64(i * Self.entrySize)
            guard SMFDependencyKind(rawValue: entry.kind) != nil else {
                throw SMFError(.dependencies, at: at, value: UInt64(entry.kind))
            }
            guard UInt64(entry.name) < stringTableSize else {
                throw SMFError(.dependencies, at: at + 4, value: UInt64(entry.name))
            }
        }
    }
}

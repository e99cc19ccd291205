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
package struct SMFDependency: Sendable, Equatable {
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

    /// Reads the entry at `base`.
    /// - Requires: `SMFDependencyView.entrySize` readable bytes.
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

    /// Encodes a Deps payload: u32 count, then the entries.
    package static func encode(_ entries: ContiguousArray<SMFDependency>) -> ContiguousArray<UInt8> {
        var payload = ContiguousArray<UInt8>(repeating: 0, count: 4 + entries.count * SMFDependencyView.entrySize)
        payload.withUnsafeMutableBytes { payload in
            guard let base = payload.baseAddress else { return }
            smfStore32(base, 0, UInt32(entries.count))
            var place = base + 4
            for entry in entries {
                smfStore32(place, 0, entry.kind)
                smfStore32(place, 4, entry.name)
                smfStore64(place, 8, entry.size)
                smfStore64(place, 16, UInt64(bitPattern: entry.modificationTime))
                entry.digest.encode(to: place + 24)
                place += SMFDependencyView.entrySize
            }
        }
        return payload
    }
}

/// A view of a Deps payload.
package struct SMFDependencyView {
    /// Size in bytes of one entry.
    package static let entrySize = 56
    private let base: UnsafeRawPointer
    package let count: Int

    /// Checks that the entries fill `payload` exactly.
    /// - Throws: `.dependencies`.
    package init(_ payload: UnsafeRawBufferPointer, at offset: UInt64 = 0) throws(SMFError) {
        guard payload.count >= 4, let base = payload.baseAddress else {
            throw SMFError(.dependencies, at: offset, value: UInt64(payload.count))
        }
        self.base = base
        count = Int(smfLoad32(base, 0))
        guard payload.count - 4 == count * SMFDependencyView.entrySize else {
            throw SMFError(.dependencies, at: offset, value: UInt64(count))
        }
    }

    /// Entry `index`.
    /// - Requires: `index < count`.
    package subscript(index: Int) -> SMFDependency {
        precondition(index >= 0 && index < count)
        return SMFDependency(decoding: base + 4 + index * SMFDependencyView.entrySize)
    }

    /// Checks kinds and names; `offset` is the payload's in the module.
    /// - Throws: `.dependencies`.
    package func validate(at offset: UInt64, stringTableSize: UInt64) throws(SMFError) {
        for i in 0..<count {
            let entry = self[i]
            let at = offset + 4 + UInt64(i * SMFDependencyView.entrySize)
            guard SMFDependencyKind(rawValue: entry.kind) != nil else {
                throw SMFError(.dependencies, at: at, value: UInt64(entry.kind))
            }
            guard UInt64(entry.name) < stringTableSize else {
                throw SMFError(.dependencies, at: at + 4, value: UInt64(entry.name))
            }
        }
    }
}

/// The manifest of a compiled program: what was read to make its image, and how to see that nothing of it changed.
///
/// `ManifestView` reads one in place. The writer is in Sources/Cache; Docs/cache.md has the table of the format.

import CPlatform

#if !hasFeature(Embedded)
    import SMF
#endif

/// Where things are in a manifest: byte offsets from its start. All numbers are little-endian.
package enum ManifestLayout {
    package static let magic: UInt32 = 0x4D4D_4653
    /// Changes with every change of the layout or of the meaning of a field.
    package static let version: UInt32 = 1
    package static let size = 8
    /// XXH64 of everything from `checkedStart` on.
    package static let checksum = 16
    package static let checkedStart = 24
    /// When everything listed was last seen to be as listed: wall clock before the look, in nanoseconds since 1970.
    package static let verifiedAt = 24
    package static let bootID = 32
    package static let optionBits = 48
    package static let fileCount = 52
    package static let directoryCount = 56
    package static let absentCount = 60
    package static let kindCount = 64
    package static let stringSize = 68
    package static let imageDigest = 72
    package static let imageStamp = 88
    package static let compilerStamp = 128
    package static let buildID = 168
    package static let warningContext = 184
    package static let rootPath = 200
    package static let compilerPath = 204
    package static let plainWarnings = 208
    package static let colouredWarnings = 212
    package static let reason = 216
    package static let builtAt = 224
    package static let headerSize = 256
    /// Path (u32), flags (u32), stamp (40 bytes), digest (16 bytes).
    package static let fileSize = 64
    /// Path (u32), first absent path (u32), count of absent paths (u32), 4 zeros, stamp (40 bytes), 8 zeros.
    package static let directorySize = 64
    /// Path (u32), kind (u32).
    package static let kindSize = 8
    /// No manifest is larger.
    package static let sizeLimit = 256 << 20
}

/// A manifest in memory of the caller, who keeps it alive.
package struct ManifestView {
    package let base: UnsafeMutableRawPointer
    package let count: Int
    private let directories: Int
    private let absents: Int
    private let kinds: Int
    private let strings: Int

    /// Checks that `base` holds a sound manifest of exactly `count` bytes; `nil` if it does not.
    package init?(_ base: UnsafeMutableRawPointer, count: Int) {
        guard count >= ManifestLayout.headerSize, count <= ManifestLayout.sizeLimit else { return nil }
        self.base = base
        self.count = count
        func number(_ offset: Int) -> Int { Int(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
        directories = ManifestLayout.headerSize &+ number(ManifestLayout.fileCount) &* ManifestLayout.fileSize
        absents = directories &+ number(ManifestLayout.directoryCount) &* ManifestLayout.directorySize
        kinds = absents &+ number(ManifestLayout.absentCount) &* 4
        strings = kinds &+ number(ManifestLayout.kindCount) &* ManifestLayout.kindSize
        guard base.loadUnaligned(as: UInt32.self) == ManifestLayout.magic, number(4) == Int(ManifestLayout.version),
            base.loadUnaligned(fromByteOffset: ManifestLayout.size, as: UInt64.self) == UInt64(count),
            base.loadUnaligned(fromByteOffset: ManifestLayout.checksum, as: UInt64.self) == ManifestView.checksum(base, count),
            number(ManifestLayout.stringSize) > 0, strings &+ number(ManifestLayout.stringSize) == count,
            base.load(fromByteOffset: count &- 1, as: UInt8.self) == 0
        else { return nil }
    }

    private static func checksum(_ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
        let start = ManifestLayout.checkedStart
        return xxh64(UnsafeRawBufferPointer(start: base + start, count: count &- start))
    }

    /// Makes the checksum right again behind changes.
    func seal() {
        base.storeBytes(of: ManifestView.checksum(base, count), toByteOffset: ManifestLayout.checksum, as: UInt64.self)
    }

    /// The u32 at `offset`.
    package func number(_ offset: Int) -> Int { Int(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }

    package var fileCount: Int { number(ManifestLayout.fileCount) }
    package var directoryCount: Int { number(ManifestLayout.directoryCount) }
    package var kindCount: Int { number(ManifestLayout.kindCount) }

    /// The string at `offset` of the strings; the empty one if that is outside.
    package func string(_ offset: Int) -> UnsafePointer<CChar> {
        let place = offset < count &- strings ? strings &+ offset : count &- 1
        return UnsafePointer((base + place).assumingMemoryBound(to: CChar.self))
    }

    /// The string whose offset is at `field`.
    package func text(_ field: Int) -> UnsafePointer<CChar> { string(number(field)) }

    package var verifiedAt: Int64 {
        get { base.loadUnaligned(fromByteOffset: ManifestLayout.verifiedAt, as: Int64.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: ManifestLayout.verifiedAt, as: Int64.self) }
    }
    package var builtAt: Int64 { base.loadUnaligned(fromByteOffset: ManifestLayout.builtAt, as: Int64.self) }

    /// The digest at `offset`.
    package func digest(_ offset: Int) -> ContentDigest {
        ContentDigest(
            low: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
            high: base.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self))
    }
    func setDigest(_ offset: Int, _ digest: ContentDigest) {
        base.storeBytes(of: digest.low, toByteOffset: offset, as: UInt64.self)
        base.storeBytes(of: digest.high, toByteOffset: offset &+ 8, as: UInt64.self)
    }
    /// The stamp at `offset`.
    package func stamp(_ offset: Int) -> FileStamp { FileStamp(decoding: base + offset) }
    package func setStamp(_ offset: Int, _ stamp: FileStamp) { stamp.encode(to: base + offset) }

    /// Offset of the entry of file `index`; see `ManifestLayout.fileSize`.
    package func file(_ index: Int) -> Int { ManifestLayout.headerSize &+ index &* ManifestLayout.fileSize }
    /// Offset of the entry of directory `index`.
    package func directory(_ index: Int) -> Int { directories &+ index &* ManifestLayout.directorySize }
    /// Absent path `index`.
    package func absent(_ index: Int) -> UnsafePointer<CChar> {
        index < number(ManifestLayout.absentCount) ? text(absents &+ index &* 4) : string(count)
    }
    /// Offset of the entry of kind `index`.
    package func kind(_ index: Int) -> Int { kinds &+ index &* ManifestLayout.kindSize }
}

// How an image hides in an executable (Docs/native.md): as the ELF section `.smf_image`, found at run time through a
// word of the runtime's own data, or behind the executable, found through a trailer at the file's end.

/// The trailer of an executable with an image appended to it: `"SMFTRAIL" · image_offset u64 · image_size u64 ·
/// crc u32 · version u32`. The checksum is CRC-32C of the 24 bytes before it; the image has checksums of its own.
package struct ImageTrailer: Sendable, Equatable {
    package static let size = 32
    /// "SMFTRAIL", read as a little-endian number.
    package static let magic: UInt64 = 0x4C49_4152_5446_4D53
    package static let version: UInt32 = 1

    /// Byte offset of the image in the file: a multiple of the page size.
    package var imageOffset: UInt64
    package var imageSize: UInt64

    package init(imageOffset: UInt64, imageSize: UInt64) {
        self.imageOffset = imageOffset
        self.imageSize = imageSize
    }

    /// What the last bytes of a file are.
    package enum Search: Sendable, Equatable {
        /// No trailer.
        case none
        /// A trailer with a wrong checksum, of another version, or that does not fit the file.
        case damaged
        case found(ImageTrailer)
    }

    /// Looks at the last bytes of a file of `fileSize` bytes, which are at `base`.
    /// - Requires: 32 readable bytes; `fileSize` is at least that.
    package static func find(at base: UnsafeRawPointer, fileSize: UInt64) -> Search {
        if smfLoad64(base, 0) != ImageTrailer.magic { return .none }
        let trailer = ImageTrailer(imageOffset: smfLoad64(base, 8), imageSize: smfLoad64(base, 16))
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(start: base, count: 24))
        let limit = fileSize - UInt64(ImageTrailer.size)
        guard checksum.value == smfLoad32(base, 24), smfLoad32(base, 28) == ImageTrailer.version,
            trailer.imageOffset <= limit, limit - trailer.imageOffset >= trailer.imageSize,
            trailer.imageOffset % SMFFormat.pageSize == 0
        else { return .damaged }
        return .found(trailer)
    }

    /// Appends the trailer's bytes.
    package func encode(to bytes: inout ContiguousArray<UInt8>) {
        var trailer: ContiguousArray<UInt8> = []
        put(ImageTrailer.magic, size: 8, &trailer)
        put(imageOffset, size: 8, &trailer)
        put(imageSize, size: 8, &trailer)
        var checksum = CRC32C()
        trailer.withUnsafeBytes { checksum.update($0) }
        put32(checksum.value, &trailer)
        put32(ImageTrailer.version, &trailer)
        bytes.append(contentsOf: trailer)
    }
}

/// The words of the runtime's data that say where its image is (`cp_image_slot` of CPlatform), 48 bytes.
package enum ImageSlot {
    package static let sectionName: StaticString = ".smf_slot"
    package static let size = 48
    /// Bytes 0–15, which tell the slot from anything else that a section of its name may hold.
    package static let magic: StaticString = "SMF image slot 1"
    /// Bytes from the slot's start to the image's byte 0, signed; 0: no image. Both move together when the executable
    /// is loaded, so that no relocation is needed.
    package static let displacementOffset = 16
    /// Size in bytes of the image.
    package static let sizeOffset = 24
    /// Bytes of address space that the executable's segments hold for it.
    package static let spanOffset = 32
}

/// The image inside an executable: a range of `file`, or `nil` if the file is not an executable with an image.
package func embeddedImage(in file: UnsafeRawBufferPointer) -> Range<Int>? {
    guard let base = file.baseAddress, let elf = try? ELFReader(file) else { return nil }
    if let section = elf.section(named: ".smf_image") {
        let payload = elf.payload(elf.sectionHeader(section))
        if payload.count > 0, let start = payload.baseAddress { return start - base..<start - base + payload.count }
    }
    if file.count >= ImageTrailer.size,
        case .found(let trailer) = ImageTrailer.find(
            at: base + (file.count - ImageTrailer.size), fileSize: UInt64(file.count))
    {
        return Int(trailer.imageOffset)..<Int(trailer.imageOffset + trailer.imageSize)
    }
    return nil
}

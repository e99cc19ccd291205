/// The image inside this process's own executable: what makes `simple` the stub of standalone executables.

import CPlatform

#if !hasFeature(Embedded)
    import Runtime
    import RuntimeABI
    import SMF
#endif

/// Loads the image that this executable carries (SMF_FORMAT §9), or returns nil if it carries none.
///
/// An image in a section was mapped by the system together with the executable, read-only, its Bss behind it: it is
/// validated and gets its protections as a module file does, but nothing is opened or mapped. An appended one is mapped
/// from the executable's file; a start without image pays one system call to learn that nothing is appended.
package func loadOwnImage() throws(LoadError) -> LoadedImage? {
    let slot = cp_read_image_slot()
    if slot.displacement != 0, let base = cp_embedded_image() {
        return try start(base, size: Int(slot.size), span: Int(slot.span))
    }
    if cp_has_appendix() == 0 { return nil }
    return try loadAppendedImage()
}

private func loadAppendedImage() throws(LoadError) -> LoadedImage? {
    let descriptor = cp_open_read("/proc/self/exe")
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    if size < ImageTrailer.size { return nil }
    let search = withUnsafeTemporaryAllocation(byteCount: ImageTrailer.size, alignment: 8) { bytes in
        guard let base = bytes.baseAddress,
            pread(descriptor, base, ImageTrailer.size, size - ImageTrailer.size) == ImageTrailer.size
        else { return ImageTrailer.Search.none }
        return ImageTrailer.find(at: base, fileSize: UInt64(size))
    }
    switch search {
    case .none: return nil
    case .damaged: throw LoadError(.trailer)
    case .found(let trailer): return try load(descriptor, at: Int(trailer.imageOffset), size: Int(trailer.imageSize))
    }
}

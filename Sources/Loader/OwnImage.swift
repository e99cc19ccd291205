/// The image inside this process's own executable: what a standalone executable runs.

import CPlatform

#if !hasFeature(Embedded)
    import Runtime
    import RuntimeABI
    import SMF
#endif

/// Loads the image that this executable carries (Docs/native.md), or returns nil if it carries none.
///
/// An image in a section was mapped by the system together with the executable, read-only, its Bss behind it: it is
/// validated and gets its protections as a module file does, but nothing is opened or mapped. An appended one is mapped
/// from the executable's file.
package func loadOwnImage() throws(LoadError) -> LoadedImage? {
    let slot = cp_read_image_slot()
    if slot.displacement != 0, let base = cp_embedded_image() {
        do throws(LoadError) {
            return try start(base, size: Int(slot.size), span: Int(slot.span))
        } catch {
            guard error.format?.rule == .moduleHash, let original = mapOriginal(size: Int(slot.size)) else { throw error }
            return try start(base, size: Int(slot.size), span: Int(slot.span), original: original)
        }
    }
    if cp_has_appendix() == 0 { return nil }
    return try loadAppendedImage()
}

/// The image as it is in the executable's file. A debugger may have written breakpoints over the code in memory before
/// the program got to run; then the file is what the image's hash speaks of.
private func mapOriginal(size: Int) -> UnsafeRawPointer? {
    let offset = cp_embedded_image_offset()
    if offset < 0 { return nil }
    let descriptor = cp_open_read("/proc/self/exe")
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    let mapped = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, Int(offset))
    return mapped == mapFailed ? nil : UnsafeRawPointer(mapped)
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

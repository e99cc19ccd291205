/// Loading an image: `load` opens the file, validates it, maps it, binds its imports and makes it known to the
/// collector and to backtraces. Nothing becomes executable before everything was checked (Docs/loader.md).
///
/// Input: a file descriptor or path. Output: a `LoadedImage` whose entry can be called. The file's pages are mapped
/// private and file-backed: code is never copied or patched, so processes share it.

import CPlatform

#if !hasFeature(Embedded)
    import Runtime
    import RuntimeABI
    import SMF
#endif

/// Size of a page.
private let pageSize = 4096

/// An image that is mapped and bound.
package struct LoadedImage {
    /// Address of the image's byte 0.
    package let base: UnsafeMutableRawPointer
    /// Bytes of address space that it takes.
    package let span: Int
    /// Its entry function: C ABI, no parameters, returns the exit code as i64.
    package let entry: UnsafeRawPointer

    /// Unmaps the image and forgets its roots and code. Nothing of it may be in use any more.
    package func unload() {
        forgetCode(at: base.address)
        cp_debugger_remove(base.address)
        removeRootRanges(within: base.address, span)
        munmap(base, span)
    }
}

/// `true` iff the file begins with the magic number of SMF. The descriptor's position does not change.
package func isModule(_ descriptor: Int32) -> Bool {
    var magic: UInt32 = 0
    let got = pread(descriptor, &magic, 4, 0)
    return got == 4 && magic == SMFFormat.magic
}

/// Loads the image at `path`.
package func load(path: UnsafePointer<CChar>) throws(LoadError) -> LoadedImage {
    let descriptor = openForReading(path)
    if descriptor < 0 { throw LoadError(.system, value: UInt64(cp_errno())) }
    defer { close(descriptor) }
    return try load(descriptor)
}

/// Opens a file read-only, close-on-exec; negative on failure.
package func openForReading(_ path: UnsafePointer<CChar>) -> Int32 {
    while true {
        let descriptor = cp_open_read(path)
        if descriptor >= 0 || cp_errno() != EINTR { return descriptor }
    }
}

/// What is known of an image before it is looked at.
package enum ImageTrust {
    /// Nothing: everything is validated.
    case none
    /// Its digest: everything is validated, the digest too.
    case digest(ContentDigest)
    /// It is the very file that was validated before: only the header, the section table and the layout are looked at,
    /// so that loading takes the same time whatever the size.
    case validated
}

/// An image that is mapped read-only and valid, but neither bound nor known to the runtime.
package struct MappedImage {
    /// Address of the image's byte 0.
    package let base: UnsafeMutableRawPointer
    /// Bytes of address space that it takes.
    package let span: Int
    /// A view of the mapped bytes.
    package let reader: SMFReader

    /// Gives the address space back, instead of `activate`.
    package func discard() { munmap(base, span) }
}

/// Loads the image in an open file.
package func load(_ descriptor: Int32, trust: ImageTrust = .none) throws(LoadError) -> LoadedImage {
    let size = try fileSize(descriptor)
    let image = try load(descriptor, at: 0, size: size, trust: trust)
    announce(image, size: size)
    return image
}

/// Loads the image in `size` bytes of an open file, from `offset` on.
/// - Requires: `offset` is a multiple of the page size; the bytes are in the file.
package func load(
    _ descriptor: Int32, at offset: Int, size: Int, trust: ImageTrust = .none, registers: Bool = true
) throws(LoadError) -> LoadedImage {
    let mapping = try mapFile(descriptor, offset, size)
    do throws(LoadError) {
        return try start(mapping.base, size: size, span: mapping.span, trust: trust, registers: registers)
    } catch {
        munmap(mapping.base, mapping.span)
        throw error
    }
}

/// Makes the image whose `size` bytes are mapped at `base`, read-only, ready to run. `span` bytes of address space from
/// there on are its own. With `original`, the same bytes elsewhere, these are validated and kept in place of those.
/// Without `registers` the image stays unknown to the collector and to backtraces, and must not run.
func start(
    _ base: UnsafeMutableRawPointer, size: Int, span: Int, trust: ImageTrust = .none, original: UnsafeRawPointer? = nil,
    registers: Bool = true
) throws(LoadError) -> LoadedImage {
    let image = try validate(base, size: size, span: span, trust: trust, original: original)
    if !image.reader.header.flags.contains(.executable) { throw LoadError(.notExecutable) }
    return activate(image, try resolveImports(image.reader), registers: registers)
}

/// Maps and validates the image in an open file. It may lack an entry point.
package func map(_ descriptor: Int32) throws(LoadError) -> MappedImage {
    let size = try fileSize(descriptor)
    let mapping = try mapFile(descriptor, 0, size)
    do throws(LoadError) {
        return try validate(mapping.base, size: size, span: mapping.span)
    } catch {
        munmap(mapping.base, mapping.span)
        throw error
    }
}

/// Checks the image whose `size` bytes are mapped at `base`; `original` as for `start`.
private func validate(
    _ base: UnsafeMutableRawPointer, size: Int, span: Int, trust: ImageTrust = .none, original: UnsafeRawPointer? = nil
) throws(LoadError) -> MappedImage {
    let bytes = UnsafeRawBufferPointer(start: original ?? UnsafeRawPointer(base), count: size)
    let reader: SMFReader
    do throws(SMFError) { reader = try SMFReader(bytes) } catch { throw LoadError(error) }
    try checkTarget(reader.header)
    do throws(SMFError) {
        switch trust {
        case .none: try reader.validateForLoading()
        case .digest(let digest):
            if ContentDigest(of: bytes) != digest {
                throw SMFError(.moduleHash, at: 48, value: reader.header.moduleHash)
            }
            try reader.validateForLoading()
        case .validated: try reader.validateImageLayout()
        }
    } catch { throw LoadError(error) }
    try checkUsable(reader.header)
    // The reservation was made before the header was checked.
    guard Int(reader.header.imageSpan) <= span else { throw LoadError(.system, value: UInt64(ENOMEM)) }
    return MappedImage(base: base, span: span, reader: reader)
}

/// Makes a valid image ready to run: gives its pages their protection, writes `imports` to its slots, and makes it known
/// to the runtime, unless not `registers`.
package func activate(_ image: MappedImage, _ imports: [BoundImport], registers: Bool = true) -> LoadedImage {
    protect(image.reader, image.base)
    relocate(image.reader, image.base)
    bind(imports, image.base)
    if registers { register(image.reader, rootRanges(image.reader), image.base) }
    return LoadedImage(
        base: image.base, span: image.span, entry: UnsafeRawPointer(image.base + Int(image.reader.header.entryPoint)))
}

/// Size in bytes of a regular file.
private func fileSize(_ descriptor: Int32) throws(LoadError) -> Int {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw LoadError(.system, value: UInt64(cp_errno())) }
    let type = UInt32(status.st_mode) & UInt32(S_IFMT)
    if type == UInt32(S_IFDIR) { throw LoadError(.directory) }
    if type != UInt32(S_IFREG) { throw LoadError(.notRegular) }
    return Int(status.st_size)
}

/// Reserves the span that the header asks for, if that is sane, and maps the file from `offset` on read-only at its start.
private func mapFile(_ descriptor: Int32, _ offset: Int, _ size: Int) throws(LoadError) -> (base: UnsafeMutableRawPointer, span: Int) {
    // The header is looked at twice: here for one number, then by the reader for all it says.
    if size < SMFFormat.headerSize { throw LoadError(SMFError(.headerTruncated, at: 0, value: UInt64(size))) }
    var wanted: UInt64 = 0
    _ = withUnsafeMutableBytes(of: &wanted) { pread(descriptor, $0.baseAddress, 8, offset + 88) }
    let pages = (size + pageSize - 1) & ~(pageSize - 1)
    let span = wanted >= UInt64(pages) && wanted < 1 << 44 ? Int(wanted) : pages
    let reserved = mmap(nil, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let reserved, reserved != mapFailed else { throw LoadError(.system, value: UInt64(cp_errno())) }
    let failed =
        wantsPerfMap
        ? !readFile(descriptor, offset, to: reserved, size)
        : mmap(reserved, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, offset) == mapFailed
    if failed {
        let error = cp_errno()
        munmap(reserved, span)
        throw LoadError(.system, value: UInt64(error))
    }
    return (reserved, span)
}

/// Copies the file's bytes to `place`, whose pages become readable: what mapping does, in anonymous memory.
private func readFile(_ descriptor: Int32, _ offset: Int, to place: UnsafeMutableRawPointer, _ size: Int) -> Bool {
    if mprotect(place, size, PROT_READ | PROT_WRITE) != 0 { return false }
    var done = 0
    while done < size {
        let got = pread(descriptor, place + done, size - done, offset + done)
        if got > 0 { done += got } else if got == 0 || cp_errno() != EINTR { return false }
    }
    return mprotect(place, size, PROT_READ) == 0
}

/// Refuses modules for other machines before their contents are looked at.
private func checkTarget(_ header: SMFHeader) throws(LoadError) {
    if header.platform != SMFPlatform.any.rawValue && header.platform != SMFPlatform.linux.rawValue {
        throw LoadError(.platform, value: UInt64(header.platform))
    }
    if header.architecture != SMFArchitecture.x86_64.rawValue {
        throw LoadError(.architecture, value: UInt64(header.architecture))
    }
}

/// Refuses what is valid but cannot be used here.
private func checkUsable(_ header: SMFHeader) throws(LoadError) {
    if !header.isImage { throw LoadError(.objectModule) }
    if header.runtimeABI != runtimeABIVersion { throw LoadError(.runtimeABI, value: header.runtimeABI) }
    if header.cpuFeatures.rawValue != 0 {
        let lacking = header.cpuFeatures.rawValue & ~cp_cpu_features()
        if lacking != 0 { throw LoadError(.cpuFeatures, value: UInt64(lacking)) }
    }
}

/// Gives each section's pages their protection. The file is mapped read-only, the rest of the span not at all.
private func protect(_ reader: SMFReader, _ base: UnsafeMutableRawPointer) {
    // Neighbours of one protection are changed together.
    var start = 0
    var end = 0
    var current: Int32 = PROT_READ
    for index in 0..<reader.sectionCount {
        let section = reader.section(index)
        if section.virtualSize == 0 { continue }
        let protection: Int32 =
            section.flags.contains(.execute) ? PROT_READ | PROT_EXEC : section.flags.contains(.write) ? PROT_READ | PROT_WRITE : PROT_READ
        let first = Int(section.offset) & ~(pageSize - 1)
        let last = (Int(section.offset + section.virtualSize) + pageSize - 1) & ~(pageSize - 1)
        if protection != current || first > end {
            if current != PROT_READ { mprotect(base + start, end - start, current) }
            start = first
            current = protection
        }
        end = last
    }
    if current != PROT_READ { mprotect(base + start, end - start, current) }
}

/// Adds the load address to each word that the base relocations name (validated: inside writable sections).
private func relocate(_ reader: SMFReader, _ base: UnsafeMutableRawPointer) {
    for index in 0..<reader.sectionCount where reader.section(index).kind == .baseReloc {
        let payload = reader.payload(ofSection: index)
        var offset = 0
        while offset + 8 <= payload.count {
            let place = base + Int(payload.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let value = place.loadUnaligned(as: UInt64.self)
            place.storeBytes(of: value &+ UInt64(base.address), as: UInt64.self)
            offset += 8
        }
    }
}

/// Image addresses of whole words in which the collector looks for references. Sections that follow each other are one
/// range: what lies between them is the rest of a writable page, or another writable section.
private func rootRanges(_ reader: SMFReader) -> [(start: UInt64, end: UInt64)] {
    var ranges: [(start: UInt64, end: UInt64)] = []
    let page = UInt64(pageSize)
    for index in 0..<reader.sectionCount {
        let section = reader.section(index)
        guard section.kind == .data || section.kind == .bss, section.flags.contains(.write) else { continue }
        let start = (section.offset + 7) & ~7
        let end = (section.offset + section.virtualSize) & ~7
        if start >= end { continue }
        if let last = ranges.last, start <= (last.end + (page - 1)) & ~(page - 1) {
            ranges[ranges.count - 1].end = end
        } else {
            ranges.append((start, end))
        }
    }
    return ranges
}

/// Makes the image's writable memory roots of the collector, and its code known to backtraces.
private func register(_ reader: SMFReader, _ roots: [(start: UInt64, end: UInt64)], _ base: UnsafeMutableRawPointer) {
    for range in roots { addRootRange(base.address &+ UInt(range.start), base.address &+ UInt(range.end)) }
    var sourceMap = UnsafeRawBufferPointer(start: nil, count: 0)
    for index in 0..<reader.sectionCount where reader.section(index).kind == .srcMap {
        sourceMap = reader.payload(ofSection: index)
    }
    registerCode(
        CodeImage(
            base: base.address, span: UInt(reader.header.imageSpan), sourceMap: sourceMap,
            strings: UnsafeRawBufferPointer(reader.strings)))
}

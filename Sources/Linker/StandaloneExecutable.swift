import SMF

// Standalone executables: the runtime's own executable with an image inside, one file that needs libc only.
//
// Input: the bytes of the `simple-stub` executable and of an image. Output: an ELF file that the system maps, image and all;
// tools that rewrite ELF files (strip, objcopy, signers) keep the image, which is an allocated section in a segment.
//
//     the runtime's segments, byte for byte but for its program headers and the image slot
//     the image, on a page of its own in file and memory: section .smf_image, segment R
//     (its zeroed memory: section .smf_bss, segment RW, no bytes in the file)
//     symbol table of the program's functions, debug sections, section headers
//
// The segment is read-only: the runtime validates the image before it makes its code executable (Docs/native.md), with
// one mprotect for each kind of memory. Segments for each kind, mapped by the system with their final protection, would
// save three system calls, but run the code of a damaged file, and a section that spans segments confuses strip.

/// Why an executable cannot be made. The runtime is ours, so all but the first are faults of the installation.
package enum StandaloneProblem: Error, Sendable, Equatable {
    /// The image is refused, or is none.
    case image(String)
    /// The runtime is not an ELF executable for this machine.
    case notELF
    /// The runtime has no image slot: it is another executable, or already a standalone executable.
    case noSlot
    /// There is no room for another program header.
    case noRoom

    /// The problem as a clause.
    package var text: String {
        switch self {
        case .image(let reason): reason
        case .notELF: "not an executable for this system"
        case .noSlot: "not the runtime that belongs to this compiler"
        case .noRoom: "no room for a program header"
        }
    }
}

/// What a standalone executable says about itself to debuggers.
package enum DebugDetail: Sendable, Equatable {
    /// Nothing: what `strip` would leave.
    case none
    /// The names of the program's functions and what the image's source maps know.
    case full
}

/// Makes a standalone executable of `runtime`, the bytes of `simple-stub`, and `image`.
package func makeStandaloneExecutable(
    runtime: [UInt8], image: [UInt8], debug: DebugDetail
) throws(StandaloneProblem) -> ContiguousArray<UInt8> {
    var result: Result<ContiguousArray<UInt8>, StandaloneProblem> = .failure(.notELF)
    runtime.withUnsafeBytes { runtime in
        image.withUnsafeBytes { image in
            do throws(StandaloneProblem) {
                result = .success(try StandaloneWriter(runtime: runtime, image: image).write(debug))
            } catch { result = .failure(error) }
        }
    }
    return try result.get()
}

private struct StandaloneWriter {
    let runtime: UnsafeRawBufferPointer
    let image: UnsafeRawBufferPointer
    let elf: ELFReader
    let reader: SMFReader
    let pageSize = SMFFormat.pageSize
    /// Where the image comes to lie: in the file, and relative to the executable's load address.
    var imageOffset: UInt64 = 0
    var imageAddress: UInt64 = 0
    /// Bytes of the runtime's file that its segments use.
    var loadedSize: UInt64 = 0

    init(runtime: UnsafeRawBufferPointer, image: UnsafeRawBufferPointer) throws(StandaloneProblem) {
        self.runtime = runtime
        self.image = image
        do throws(SMFError) {
            reader = try SMFReader(image)
            try reader.validateForLoading()
        } catch { throw .image(error.description) }
        guard reader.header.isImage, reader.header.flags.contains(.executable) else {
            throw .image("the module is not a program")
        }
        do throws(ELFError) { elf = try ELFReader(runtime) } catch { throw .notELF }
        guard elf.header.type == ELFFormat.sharedObject || elf.header.type == ELFFormat.executable,
            elf.header.programHeaderOffset == UInt64(ELFFormat.headerSize)
        else { throw .notELF }
        var end: UInt64 = 0
        for i in 0..<Int(elf.header.programHeaderCount) {
            let segment = elf.programHeader(i)
            if segment.type != ELFFormat.load { continue }
            guard segment.offset <= UInt64(runtime.count), UInt64(runtime.count) - segment.offset >= segment.fileSize,
                segment.address < 1 << 47, segment.memorySize < 1 << 40
            else { throw .notELF }
            loadedSize = max(loadedSize, segment.offset + segment.fileSize)
            end = max(end, segment.address + segment.memorySize)
        }
        guard loadedSize > 0 else { throw .notELF }
        imageOffset = smfAlign(loadedSize, to: pageSize)
        imageAddress = smfAlign(end, to: pageSize)
    }

    /// Bytes of the image's file part, in whole pages; zeroed memory starts there.
    private var fileSpan: UInt64 { smfAlign(reader.header.fileSize, to: pageSize) }

    func write(_ debug: DebugDetail) throws(StandaloneProblem) -> ContiguousArray<UInt8> {
        var prefix = ContiguousArray<UInt8>()
        prefix.reserveCapacity(Int(imageOffset) + image.count + (64 << 10))
        prefix.append(contentsOf: runtime[..<Int(loadedSize)])
        prefix.append(contentsOf: repeatElement(0, count: Int(imageOffset - loadedSize)))
        prefix.append(contentsOf: image[..<Int(reader.header.fileSize)])
        let segments = try programHeaders()
        try fillSlot(&prefix)
        renewBuildID(&prefix)

        var builder = ELFBuilder()
        builder.header = elf.header
        builder.header.programHeaderCount = UInt16(segments.count)
        prefix.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for (i, segment) in segments.enumerated() {
                segment.encode(to: base + ELFFormat.headerSize + i * ELFFormat.programHeaderSize)
            }
        }
        keepSections(&builder)
        let section = addImageSections(&builder)
        if debug == .full { addDebugSections(&builder, section) }
        return builder.finish(prefix: prefix)
    }

    /// The runtime's program headers with those of the image behind its last segment. What only tools look at gives
    /// way if there is no room: notes, then the table for exceptions, which Simple has not.
    private func programHeaders() throws(StandaloneProblem) -> [ELFProgramHeader] {
        var room = UInt64.max
        for i in 0..<Int(elf.header.sectionHeaderCount) {
            let section = elf.sectionHeader(i)
            if section.flags & ELFFormat.allocate != 0, section.offset > 0 { room = min(room, section.offset) }
        }
        guard room != .max, room <= loadedSize, room > elf.header.programHeaderOffset else { throw .notELF }
        let capacity = Int(room - elf.header.programHeaderOffset) / ELFFormat.programHeaderSize

        var new = [
            ELFProgramHeader(
                type: ELFFormat.load, flags: ELFFormat.segmentRead, offset: imageOffset, address: imageAddress,
                fileSize: reader.header.fileSize, memorySize: reader.header.fileSize, alignment: pageSize)
        ]
        if reader.header.imageSpan > fileSpan {
            new.append(
                ELFProgramHeader(
                    type: ELFFormat.load, flags: ELFFormat.segmentRead | ELFFormat.segmentWrite, offset: imageOffset,
                    address: imageAddress + fileSpan, fileSize: 0, memorySize: reader.header.imageSpan - fileSpan,
                    alignment: pageSize))
        }
        var segments: [ELFProgramHeader] = []
        for i in 0..<Int(elf.header.programHeaderCount) { segments.append(elf.programHeader(i)) }
        guard let last = segments.lastIndex(where: { $0.type == ELFFormat.load }) else { throw .notELF }
        segments.insert(contentsOf: new, at: last + 1)
        for dispensable in [ELFFormat.gnuProperty, ELFFormat.note, ELFFormat.exceptionTable] {
            while segments.count > capacity, let index = segments.lastIndex(where: { $0.type == dispensable }) {
                segments.remove(at: index)
            }
        }
        guard segments.count <= capacity else { throw .noRoom }
        for i in segments.indices where segments[i].type == ELFFormat.programHeaders {
            segments[i].fileSize = UInt64(segments.count * ELFFormat.programHeaderSize)
            segments[i].memorySize = segments[i].fileSize
        }
        return segments
    }

    /// Tells the runtime where its image is.
    private func fillSlot(_ prefix: inout ContiguousArray<UInt8>) throws(StandaloneProblem) {
        guard let index = elf.section(named: ImageSlot.sectionName) else { throw .noSlot }
        let section = elf.sectionHeader(index)
        let payload = elf.payload(section)
        guard payload.count >= ImageSlot.size, section.offset < loadedSize, let base = payload.baseAddress,
            smfLoad64(base, ImageSlot.displacementOffset) == 0
        else { throw .noSlot }
        for i in 0..<16 where payload[i] != ImageSlot.magic.utf8Start[i] { throw .noSlot }
        prefix.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            let slot = start + Int(section.offset)
            smfStore64(slot, ImageSlot.displacementOffset, imageAddress &- section.address)
            smfStore64(slot, ImageSlot.sizeOffset, reader.header.fileSize)
            smfStore64(slot, ImageSlot.spanOffset, max(reader.header.imageSpan, fileSpan))
        }
    }

    /// Gives the file a build id of its own: profilers keep symbols by it, and the runtime's is that of another file.
    private func renewBuildID(_ prefix: inout ContiguousArray<UInt8>) {
        guard let index = elf.section(named: ".note.gnu.build-id") else { return }
        let section = elf.sectionHeader(index)
        let payload = elf.payload(section)
        guard payload.count > 16, section.offset < loadedSize, let base = payload.baseAddress else { return }
        let size = min(Int(smfLoad32(base, 4)), payload.count - 16)
        // The image's own hash, continued as often as there are bytes to fill.
        var word = reader.header.moduleHash ^ xxh64(payload)
        for i in 0..<size {
            if i > 0, i % 8 == 0 { word = (word ^ (word >> 29)) &* 0x9E37_79B9_7F4A_7C15 }
            prefix[Int(section.offset) + 16 + i] = UInt8(truncatingIfNeeded: word >> UInt64(i % 8 * 8))
        }
    }

    /// Keeps the headers of the runtime's allocated sections, whose bytes are where they were.
    private func keepSections(_ builder: inout ELFBuilder) {
        var newIndex = [UInt32](repeating: 0, count: Int(elf.header.sectionHeaderCount))
        var next: UInt32 = 1
        for i in newIndex.indices where elf.sectionHeader(i).flags & ELFFormat.allocate != 0 {
            newIndex[i] = next
            next += 1
        }
        func map(_ index: UInt32) -> UInt32 { Int(index) < newIndex.count ? newIndex[Int(index)] : 0 }
        for i in newIndex.indices where newIndex[i] != 0 {
            var section = elf.sectionHeader(i)
            section.link = map(section.link)
            if section.flags & ELFFormat.infoLink != 0 || section.type == ELFFormat.relocationTable {
                section.info = map(section.info)
            }
            builder.addPlaced(section, name: elf.name(of: section))
        }
    }

    /// Returns the index of `.smf_image`.
    private func addImageSections(_ builder: inout ELFBuilder) -> UInt32 {
        func name(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        }
        var section = ELFSectionHeader(type: ELFFormat.progBits)
        // Code, or debuggers would take the program's functions for data. The segment says what may be done.
        section.flags = ELFFormat.allocate | ELFFormat.execute
        section.address = imageAddress
        section.offset = imageOffset
        section.size = reader.header.fileSize
        section.alignment = pageSize
        let index = builder.addPlaced(section, name: name(".smf_image"))
        if reader.header.imageSpan > fileSpan {
            var zeroed = ELFSectionHeader(type: ELFFormat.noBits)
            zeroed.flags = ELFFormat.allocate | ELFFormat.write
            zeroed.address = imageAddress + fileSpan
            zeroed.offset = imageOffset
            zeroed.size = reader.header.imageSpan - fileSpan
            zeroed.alignment = pageSize
            builder.addPlaced(zeroed, name: name(".smf_bss"))
        }
        return index
    }

    private func addDebugSections(_ builder: inout ELFBuilder, _ section: UInt32) {
        var symbols = ELFSymbolTable()
        addFunctionSymbols(of: reader, base: imageAddress, section: UInt16(truncatingIfNeeded: section), to: &symbols)
        if symbols.count > 1 { builder.add(symbols) }
        guard let index = reader.firstSection(.srcMap) else { return }
        do throws(SMFError) {
            let map = try SourceMapView(reader.payload(ofSection: index))
            builder.add(
                makeDebugSections(map, strings: UnsafeRawBufferPointer(reader.strings), base: imageAddress))
        } catch {
            // Validated for loading only: a program without a readable source map runs, and shows no lines.
        }
    }
}

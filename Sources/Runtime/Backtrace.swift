/// From frame pointers to source positions: the images that are loaded, and the walk over the stack.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
    import SMF
#endif

/// What a backtrace needs of a loaded image.
package struct CodeImage {
    /// Address of the image's first byte.
    package var base: UInt
    /// Its bytes of address space.
    package var span: UInt
    /// The SrcMap payload; empty if the image has none.
    package var sourceMap: UnsafeRawBufferPointer
    /// The string table.
    package var strings: UnsafeRawBufferPointer

    package init(base: UInt, span: UInt, sourceMap: UnsafeRawBufferPointer, strings: UnsafeRawBufferPointer) {
        self.base = base
        self.span = span
        self.sourceMap = sourceMap
        self.strings = strings
    }
}

/// Frames shown at each end of a long backtrace.
private let shownAtEachEnd = 32
/// Width of the name column.
package let backtraceNameWidth = 15

/// The images whose code may be on the stack. The first one, all that a process running one program has, needs no
/// memory of its own.
private struct CodeImages {
    var first: CodeImage?
    var others: UnsafeMutablePointer<CodeImage> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var otherCount = 0
    var otherCapacity = 0
}

@exclusivity(unchecked) nonisolated(unsafe) private var codeImages = CodeImages()

/// Makes an image's code known to backtraces and to the fault handler.
package func registerCode(_ image: CodeImage) {
    if codeImages.first == nil {
        codeImages.first = image
        return
    }
    if codeImages.otherCount == codeImages.otherCapacity {
        // The old table stays where it is; doubling bounds what that wastes.
        let capacity = max(64, codeImages.otherCapacity &* 2)
        let table = mapMemory(capacity &* MemoryLayout<CodeImage>.stride).assumingMemoryBound(to: CodeImage.self)
        memcpy(table, codeImages.others, codeImages.otherCount &* MemoryLayout<CodeImage>.stride)
        codeImages.others = table
        codeImages.otherCapacity = capacity
    }
    codeImages.others[codeImages.otherCount] = image
    codeImages.otherCount &+= 1
}

/// Forgets the image at `base`.
package func forgetCode(at base: UInt) {
    if codeImages.first?.base == base { codeImages.first = nil }
    var index = 0
    while index < codeImages.otherCount {
        if codeImages.others[index].base == base {
            codeImages.otherCount &-= 1
            codeImages.others[index] = codeImages.others[codeImages.otherCount]
            return
        }
        index &+= 1
    }
}

/// The registered image that the address lies in.
@inline(__always)
private func imageContaining(_ address: UInt) -> CodeImage? {
    if let first = codeImages.first, address &- first.base < first.span { return first }
    var index = 0
    while index < codeImages.otherCount {
        if address &- codeImages.others[index].base < codeImages.others[index].span { return codeImages.others[index] }
        index &+= 1
    }
    return nil
}

/// `true` iff the address lies in a registered image.
package func isInImage(_ address: UInt) -> Bool { imageContaining(address) != nil }

/// Visits each return address in image code, innermost first. A fault's `pc` counts as the first: 1 is
/// added, as if the faulting instruction were a call. Returns when the chain of frame pointers leaves the stack.
@inline(never)
private func walkFrames(pc: UInt, frame: UInt, _ walk: inout FrameWalk) {
    if pc != 0 && isInImage(pc) { walk.visit(pc &+ 1) }
    var frame = frame
    // Frames lie on the current stack, ever higher; anything else ends the walk instead of faulting.
    while frame >= max(runtime.guardEnd, 4096) && frame & 7 == 0 && frame < runtime.stackTop &- 16 {
        let returnAddress = refAt(frame).load(fromByteOffset: 8, as: UInt.self)
        if isInImage(returnAddress) { walk.visit(returnAddress) }
        let next = refAt(frame).load(as: UInt.self)
        if next <= frame { break }
        frame = next
    }
}

/// A walk over the source frames of a stack, innermost first, inlined frames included. Frames of the glue around a
/// program have no name and are left out.
private struct FrameWalk {
    /// How many frames there are, from an earlier walk; then they are printed. 0: they are counted.
    var count = 0
    var index = 0
    /// Some frames are unknown because their image's source map cannot be read.
    var hasDamagedMap = false

    /// Visits the source frames of the call that returns to `address`.
    ///
    /// Never inlined, like what it calls: the stack is walked at two places and twice, and copies of all this took 8 KB.
    @inline(never)
    mutating func visit(_ address: UInt) {
        guard let image = imageContaining(address), !image.sourceMap.isEmpty else { return }
        let map: SourceMapView
        do throws(SMFError) { map = try SourceMapView(image.sourceMap) } catch {
            hasDamagedMap = true
            return
        }
        guard var frames = map.lookup(UInt64(address &- image.base)) else { return }
        while let source = frames.next() {
            if source.name == 0 { continue }
            if count > 0 { print(source, image) }
            index += 1
        }
    }

    @inline(never)
    private func print(_ source: SourceMapFrame, _ image: CodeImage) {
        if index == 0 {
            putReport("  at ")
            putPosition(source, image)
            putReport("\nbacktrace:\n")
        }
        if count <= shownAtEachEnd * 2 || index < shownAtEachEnd || index >= count - shownAtEachEnd {
            putFrame(index, source, image)
        } else if index == shownAtEachEnd {
            putReport("  ... ")
            putReport(count - shownAtEachEnd * 2)
            putReport(" frames not shown ...\n")
        }
    }
}

/// Appends the position line and the backtrace to the report.
func printBacktrace(pc: UInt, frame: UInt) {
    var walk = FrameWalk()
    walkFrames(pc: pc, frame: frame, &walk)
    walk.count = walk.index
    walk.index = 0
    if walk.count > 0 { walkFrames(pc: pc, frame: frame, &walk) }
    if walk.hasDamagedMap { putReport("  (no source positions: the source map of the module is damaged)\n") }
}

private func putFrame(_ index: Int, _ source: SourceMapFrame, _ image: CodeImage) {
    if index < 100 { putReport(index < 10 ? "  " : " ") }
    putReport(index)
    putReport(": ")
    let name = imageString(source.name, image)
    let length = strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
    putReport(name, length)
    var width = countCharacters(name, length)
    repeat {
        putReport(" ")
        width += 1
    } while width < backtraceNameWidth
    putPosition(source, image)
    putReport("\n")
}

@inline(never)
private func putPosition(_ source: SourceMapFrame, _ image: CodeImage) {
    let file = imageString(source.file, image)
    putReport(file, strlen(UnsafeRawPointer(file).assumingMemoryBound(to: CChar.self)))
    if source.line == 0 { return }
    putReport(":")
    putReport(Int(source.line))
    putReport(":")
    putReport(Int(source.column))
}

/// A NUL-terminated string of the image's string table, whose last byte is NUL; empty if the offset is outside.
private func imageString(_ offset: UInt32, _ image: CodeImage) -> Bytes {
    guard let base = image.strings.baseAddress, Int(offset) < image.strings.count else {
        return stringBytes(emptyString())
    }
    return (base + Int(offset)).assumingMemoryBound(to: UInt8.self)
}

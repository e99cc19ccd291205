/// Marking: from the roots (stack, registers, registered ranges: conservative) through objects (precise).
///
/// The mark stack holds objects whose references are still to be followed. It grows; should it be unable to, marking
/// goes on without it and the heap is searched for marked objects with unmarked children until none is left.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// The explicit stack of the marker.
struct MarkStack {
    var items: UnsafeMutablePointer<UInt>?
    var count = 0
    var capacity = 0
    /// Set when an object could not be pushed.
    var overflowed = false
    /// Largest capacity in items; tests lower it to provoke the overflow.
    var maximumCapacity = Int.max
}

@exclusivity(unchecked) nonisolated(unsafe) var markStack = MarkStack()

/// `true` iff the mark bit of a 16-byte unit of the heap is set.
@inline(__always)
func isMarked(_ granule: Int) -> Bool {
    heap.marks[granule >> 6] >> UInt64(granule & 63) & 1 != 0
}

/// `true` iff the last collection found the object at `address` alive.
package func wasMarked(_ address: UInt) -> Bool {
    address &- heap.base < heap.usedSpan && isMarked(Int((address &- heap.base) >> 4))
}

/// Empties the mark stack's memory and lets it grow to `items` only, to try what happens when it overflows.
package func limitMarkStack(_ items: Int) {
    if let memory = markStack.items { munmap(memory, markStack.capacity &* 8) }
    markStack = MarkStack()
    markStack.maximumCapacity = items
}

/// Registers addresses `start ..< end` (8-aligned) as roots.
package func addRootRange(_ start: UInt, _ end: UInt) {
    if heap.rootRangeCount == heap.rootRangeCapacity {
        // The old table stays where it is; doubling bounds what that wastes.
        let table = mapMemory(heap.rootRangeCapacity &* 2 &* MemoryLayout<RootRange>.stride).assumingMemoryBound(to: RootRange.self)
        memcpy(table, heap.rootRanges, heap.rootRangeCount &* MemoryLayout<RootRange>.stride)
        heap.rootRanges = table
        heap.rootRangeCapacity &*= 2
    }
    heap.rootRanges[heap.rootRangeCount] = RootRange(start: start, end: end)
    heap.rootRangeCount += 1
}

/// Forgets the range registered with `start`.
package func removeRootRange(_ start: UInt) {
    var index = heap.rootRangeCount - 1
    while index >= 0 {
        if heap.rootRanges[index].start == start {
            heap.rootRangeCount -= 1
            heap.rootRanges[index] = heap.rootRanges[heap.rootRangeCount]
            return
        }
        index -= 1
    }
}

/// Forgets the ranges that start in the `size` bytes from `base`.
package func removeRootRanges(within base: UInt, _ size: Int) {
    var index = heap.rootRangeCount - 1
    while index >= 0 {
        if heap.rootRanges[index].start &- base < UInt(bitPattern: size) {
            heap.rootRangeCount -= 1
            heap.rootRanges[index] = heap.rootRanges[heap.rootRangeCount]
        }
        index -= 1
    }
}

/// Marks everything that the roots reach. `stackPointer`: lowest word of the stack to scan.
func markFromRoots(_ stackPointer: UInt) {
    scanConservatively(stackPointer, runtime.stackTop)
    #if !hasFeature(Embedded)
        watched.span = watched.wantedSpan
    #endif
    var index = 0
    while index < heap.rootRangeCount {
        scanConservatively(heap.rootRanges[index].start, heap.rootRanges[index].end)
        index += 1
    }
    markAddress(sinkCache.spare)
    drainMarkStack()
    while markStack.overflowed {
        markStack.overflowed = false
        rescanMarkedObjects()
    }
}

/// Treats each aligned word of `start ..< end` as a possible address into the heap.
private func scanConservatively(_ start: UInt, _ end: UInt) {
    var address = (start &+ 7) & ~7
    while address &+ 8 <= end {
        markAddress(refAt(address).load(as: UInt.self))
        address &+= 8
    }
}

/// Start of the live object that `address` points into, or 0. Interior pointers count.
@inline(__always)
func objectContaining(_ address: UInt) -> UInt {
    let offset = address &- heap.base
    if offset >= heap.usedSpan { return 0 }
    var index = Int(offset >> blockShift)
    let block = heap.blocks[index]
    switch block.kind {
    case BlockKind.small:
        let sizeClass = heap.classes + Int(block.sizeClass)
        let slot = (UInt64(offset & UInt(blockSize - 1)) &* sizeClass.pointee.reciprocal) >> 32
        // The tail of a block that is too short for an object.
        if slot >= UInt64(sizeClass.pointee.slots) { return 0 }
        return heap.base &+ UInt(index << 15) &+ UInt(slot) &* UInt(sizeClass.pointee.size)
    case BlockKind.largeHead:
        return heap.base &+ UInt(index << 15)
    case BlockKind.largeTail:
        index &-= Int(block.count)
        return heap.base &+ UInt(index << 15)
    default:
        return 0
    }
}

/// Marks the object that `address` points into, if any.
@inline(__always)
func markAddress(_ address: UInt) {
    if address &- heap.base >= heap.usedSpan {
        noteWatched(address)
        return
    }
    markHeapAddress(address)
}

/// Addresses that the collector looks out for: those of an image that is to be unmapped.
struct WatchedRange {
    var start: UInt = 0
    /// 0: nothing is watched.
    var span: UInt = 0
    /// What `span` becomes behind the scan of the stack: the frames of who asks hold addresses of the range.
    var wantedSpan: UInt = 0
    /// Something alive refers to the range.
    var isReferenced = false
}

@exclusivity(unchecked) nonisolated(unsafe) private var watched = WatchedRange()

/// Notes that `address` was met. Nothing in the executable `simple`, which never unloads.
@inline(__always)
private func noteWatched(_ address: UInt) {
    #if !hasFeature(Embedded)
        if address &- watched.start < watched.span { watched.isReferenced = true }
    #endif
}

/// Collects garbage; `true` iff a root range or a live object refers to the `span` bytes from `start`. The stack does not
/// count, but objects that it refers to do.
package func isReferenced(_ start: UInt, _ span: UInt) -> Bool {
    watched = WatchedRange(start: start, wantedSpan: span)
    collect()
    defer { watched = WatchedRange() }
    return watched.isReferenced
}

private func markHeapAddress(_ address: UInt) {
    let object = objectContaining(address)
    if object == 0 { return }
    let granule = Int((object &- heap.base) >> 4)
    let bit = UInt64(1) << UInt64(granule & 63)
    let bits = heap.marks[granule >> 6]
    if bits & bit != 0 { return }
    let header = refAt(object).header
    if header == 0 { return }
    heap.marks[granule >> 6] = bits | bit
    // Nothing to follow in plain strings and raw buffers.
    if header == ObjectKind.stringInline.rawValue || header == ObjectKind.bufferRaw.rawValue { return }
    if markStack.count == markStack.capacity && !growMarkStack() {
        markStack.overflowed = true
        return
    }
    markStack.items.unsafelyUnwrapped[markStack.count] = object
    markStack.count &+= 1
}

/// Doubles the mark stack; `false` if that is not possible.
private func growMarkStack() -> Bool {
    let capacity = max(4096, markStack.capacity &* 2)
    if capacity > markStack.maximumCapacity { return false }
    guard let memory = tryMapMemory(capacity &* 8) else { return false }
    let items = memory.assumingMemoryBound(to: UInt.self)
    if let old = markStack.items {
        memcpy(items, old, markStack.count &* 8)
        munmap(old, markStack.capacity &* 8)
    }
    markStack.items = items
    markStack.capacity = capacity
    return true
}

private func drainMarkStack() {
    while markStack.count > 0 {
        markStack.count &-= 1
        markChildren(refAt(markStack.items.unsafelyUnwrapped[markStack.count]))
    }
}

/// Marks what `object` refers to.
private func markChildren(_ object: Ref) {
    let header = object.header
    switch header {
    case ObjectKind.stringInline.rawValue, ObjectKind.bufferRaw.rawValue:
        break
    case ObjectKind.stringView.rawValue:
        markAddress(object.load(fromByteOffset: Int(ObjectLayout.stringInlineBytes), as: UInt.self))
    case ObjectKind.array.rawValue:
        noteWatched(UInt(bitPattern: object.word(ObjectLayout.arrayElementDescriptor)))
        markAddress(object.load(fromByteOffset: Int(ObjectLayout.arrayData), as: UInt.self))
    case ObjectKind.bufferRefs.rawValue:
        let start = object.address &+ UInt(ObjectLayout.bufferElements)
        let end = start &+ UInt(bitPattern: object.word(ObjectLayout.bufferByteCapacity))
        var address = start
        while address < end {
            markAddress(refAt(address).load(as: UInt.self))
            address &+= 8
        }
    default:
        let descriptor = refAt(UInt(header))
        noteWatched(UInt(header))
        if descriptor.load(fromByteOffset: Int(TypeDescriptorLayout.kind), as: UInt32.self) == 0 {
            markDescribed(object, descriptor)
        } else {
            let stride = Int(descriptor.load(fromByteOffset: Int(TypeDescriptorLayout.size), as: UInt32.self))
            var element = object + Int(ObjectLayout.bufferElements)
            var left = object.word(ObjectLayout.bufferByteCapacity)
            while left >= stride && stride > 0 {
                markDescribed(element, descriptor)
                element += stride
                left &-= stride
            }
        }
    }
}

/// Marks the references in the words of `memory` that the descriptor's bitmap names.
@inline(__always)
private func markDescribed(_ memory: UnsafeMutableRawPointer, _ descriptor: UnsafeMutableRawPointer) {
    let words = Int(descriptor.load(fromByteOffset: Int(TypeDescriptorLayout.wordCount), as: UInt32.self))
    var first = 0
    while first < words {
        var bits = descriptor.load(fromByteOffset: Int(TypeDescriptorLayout.bitmap) &+ first >> 3, as: UInt64.self)
        while bits != 0 {
            let word = first &+ bits.trailingZeroBitCount
            markAddress(memory.load(fromByteOffset: word &* 8, as: UInt.self))
            bits &= bits &- 1
        }
        first &+= 64
    }
}

/// After an overflow of the mark stack: follows the references of every marked object again.
private func rescanMarkedObjects() {
    var index = 0
    while index < heap.blockLimit {
        let block = heap.blocks[index]
        if block.kind == BlockKind.small {
            let sizeClass = heap.classes + Int(block.sizeClass)
            let granules = sizeClass.pointee.size >> 4
            var slot = 0
            while slot < sizeClass.pointee.slots {
                let granule = index << 11 &+ slot &* granules
                if isMarked(granule) {
                    markChildren(refAt(heap.base &+ UInt(granule << 4)))
                    drainMarkStack()
                }
                slot &+= 1
            }
        } else if block.kind == BlockKind.largeHead && isMarked(index << 11) {
            markChildren(refAt(heap.base &+ UInt(index << 15)))
            drainMarkStack()
        }
        index &+= 1
    }
}

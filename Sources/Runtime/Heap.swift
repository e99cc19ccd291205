/// The garbage-collected heap: layout and allocation.
///
/// One reserved range of addresses is cut into 32 KiB blocks. A block holds objects of one size class, or is part of a
/// large object (more than `maximumSmallSize` bytes), which takes whole blocks of its own. Mark bits (one per 16
/// bytes) and block descriptors lie aside, behind the range, so that any address is turned into its object by
/// arithmetic. Objects never move.
///
/// Invariant: the header of every slot that the collector can be asked about is 0 iff the slot is free. Slots not yet
/// swept are told apart by the mark bits of the last collection (HeapSweep.swift).
///
/// Start reading at `allocate`; marking is in HeapMark.swift, sweeping in HeapSweep.swift.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Size of a block in bytes.
let blockSize = 32768
let blockShift: UInt = 15
/// The largest object that shares a block with others.
let maximumSmallSize = 8192
/// Pieces of a free run are zeroed when they are handed out, at most this many bytes at once, to stay in the cache.
private let zeroPiece = 8192

/// What a block is used for.
enum BlockKind {
    static let free: UInt8 = 0
    static let small: UInt8 = 1
    static let largeHead: UInt8 = 2
    static let largeTail: UInt8 = 3
}

/// Descriptor of a block.
struct Block {
    var kind: UInt8
    var sizeClass: UInt8
    /// 1 if its memory may hold something other than zeros.
    var dirty: UInt8
    var reserved: UInt8
    /// Large head: number of blocks. Large tail: distance to the head in blocks.
    var count: UInt32
    /// Small: next block of the size class's unswept list, plus 1; 0 ends it.
    var next: UInt32
    /// Large head: size of the object in bytes, in units of 16.
    var units: UInt32
}

/// Allocation state of a size class.
struct SizeClass {
    /// The free run being handed out: zeroed bytes `cursor ..< limit`.
    var cursor: UInt
    var limit: UInt
    /// Size of the class's objects in bytes.
    var size: Int
    /// ceil(2^32 / size): division of an offset in a block by `size`.
    var reciprocal: UInt64
    /// The block being swept, plus 1; 0 if none.
    var block: UInt32
    /// First block of the unswept list, plus 1.
    var unswept: UInt32
    /// Next slot to look at in `block`.
    var slot: Int
    /// Slots in a block.
    var slots: Int
}

/// Totals for `--gc-stats`.
struct HeapStatistics {
    var collections = 0
    var allocatedBytes = 0
    var liveBytes = 0
    var peakBytes = 0
    var pauseNanoseconds: Int64 = 0
    var longestPause: Int64 = 0
}

/// State of the heap.
struct Heap {
    /// Start of the reserved range; 0 before `initializeHeap`.
    var base: UInt = 0
    /// Bytes of the range up to the end of the last block ever used.
    var usedSpan: UInt = 0
    var blockCount = 0
    /// Blocks ever used; blocks from here on are free and clean.
    var blockLimit = 0
    /// Blocks in use now.
    var blocksInUse = 0
    /// Free blocks below `blockLimit` that are dirty.
    var dirtyFree = 0
    /// Where the search for one free block goes on; no free block lies below.
    var searchHint = 0
    /// Requests of this many blocks or more are known to fail below `blockLimit` until the next collection.
    var failedRun = Int.max
    /// Most blocks that may be in use (`SIMPLE_GC=max=`, or physical memory).
    var maximumBlocks = 0
    /// Bytes handed out in runs since the last collection, and how many start the next.
    var allocatedSinceCollection = 0
    var threshold = Heap.minimumThreshold
    /// Collect at every allocation and overwrite what is freed (`SIMPLE_GC=stress`).
    var stress = false
    var printStatistics = false
    var statistics = HeapStatistics()

    var blocks: UnsafeMutablePointer<Block> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var marks: UnsafeMutablePointer<UInt64> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var classes: UnsafeMutablePointer<SizeClass> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    /// Size class of (size + 15) / 16.
    var classOfUnits: UnsafeMutablePointer<UInt8> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var rootRanges: UnsafeMutablePointer<RootRange> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var rootRangeCount = 0
    var rootRangeCapacity = Heap.initialRootRanges

    static let minimumThreshold = 4 << 20
    static let classCount = 38
    static let initialRootRanges = 256
}

/// Addresses that the collector scans conservatively, word by word.
struct RootRange {
    var start: UInt
    var end: UInt
}

@exclusivity(unchecked) nonisolated(unsafe) var heap = Heap()

/// Reserves the heap's addresses. The reservation costs nothing until it is touched.
func initializeHeap() {
    let physical = Int(clamping: cp_physical_memory())
    var reserve = 1 << 30
    while reserve < physical &* 2 && reserve < 1 << 42 { reserve <<= 1 }
    let tables = MemoryLayout<SizeClass>.stride * Heap.classCount + 1024 + MemoryLayout<RootRange>.stride * Heap.initialRootRanges
    var memory: UnsafeMutableRawPointer?
    while true {
        let blockCount = reserve / blockSize
        let total = reserve + blockSize + reserve / 128 + blockCount * MemoryLayout<Block>.stride + tables
        memory = tryMapMemory(total)
        // Under a limit on address space the heap takes at most about half of what is left.
        if memory != nil || reserve <= 1 << 24 { break }
        reserve >>= 1
    }
    guard let memory else { panicOutOfMemory(reserve) }
    heap.blockCount = reserve / blockSize
    // Blocks are aligned; the tables follow.
    heap.base = (memory.address &+ UInt(blockSize - 1)) & ~UInt(blockSize - 1)
    var next = refAt(heap.base) + reserve
    heap.marks = next.assumingMemoryBound(to: UInt64.self)
    next += reserve / 128
    heap.blocks = next.assumingMemoryBound(to: Block.self)
    next += heap.blockCount * MemoryLayout<Block>.stride
    heap.classes = next.assumingMemoryBound(to: SizeClass.self)
    next += MemoryLayout<SizeClass>.stride * Heap.classCount
    heap.rootRanges = next.assumingMemoryBound(to: RootRange.self)
    next += MemoryLayout<RootRange>.stride * Heap.initialRootRanges
    heap.classOfUnits = next.assumingMemoryBound(to: UInt8.self)
    heap.maximumBlocks = min(heap.blockCount, max(64, physical / 8 * 7 / blockSize))

    // 16 … 128 by 16, then four classes per power of two up to 8 KiB (and the odd ends that fill a block well).
    var index = 0
    var size = 16
    var units = 0
    while size <= maximumSmallSize {
        heap.classes[index] = SizeClass(
            cursor: 0, limit: 0, size: size, reciprocal: ((1 << 32) + UInt64(size) - 1) / UInt64(size), block: 0,
            unswept: 0, slot: 0, slots: blockSize / size)
        while units * 16 <= size {
            heap.classOfUnits[units] = UInt8(index)
            units += 1
        }
        index += 1
        var step = 16
        while step * 8 <= size { step <<= 1 }
        size += step
    }
}

/// A zeroed object of `size` bytes (header included) whose header is `header`. Panics with P017 if memory is out.
@inline(__always)
package func allocate(_ header: UInt64, _ size: Int) -> Ref {
    if size <= maximumSmallSize {
        let sizeClass = heap.classes + Int(heap.classOfUnits[(size &+ 15) >> 4])
        let start = sizeClass.pointee.cursor
        let end = start &+ UInt(bitPattern: sizeClass.pointee.size)
        if end <= sizeClass.pointee.limit {
            sizeClass.pointee.cursor = end
            let object = refAt(start)
            object.storeBytes(of: header, as: UInt64.self)
            return object
        }
        let object = allocateSmallSlow(sizeClass)
        object.storeBytes(of: header, as: UInt64.self)
        return object
    }
    let object = allocateLarge(size)
    object.storeBytes(of: header, as: UInt64.self)
    return object
}

/// As `allocate`, for a kind that the runtime knows.
@inline(__always)
package func allocate(_ kind: ObjectKind, _ size: Int) -> Ref { allocate(kind.rawValue, size) }

/// Bytes that an object asked for with `size` really gets: buffers use all of it.
func usableSize(_ size: Int) -> Int {
    if size <= maximumSmallSize { return heap.classes[Int(heap.classOfUnits[(size &+ 15) >> 4])].size }
    return (size &+ 4095) & ~4095
}

/// Finds the next free run of the class, sweeping, taking a block or collecting as needed, and allocates from it.
@inline(never)
private func allocateSmallSlow(_ sizeClass: UnsafeMutablePointer<SizeClass>) -> Ref {
    if heap.stress || heap.allocatedSinceCollection >= heap.threshold { collect() }
    while true {
        if nextRun(sizeClass) { break }
        if let index = takeBlocks(1) {
            heap.blocks[index].kind = BlockKind.small
            heap.blocks[index].sizeClass = UInt8(sizeClass - heap.classes)
            sizeClass.pointee.block = UInt32(index + 1)
            sizeClass.pointee.slot = 0
            continue
        }
        // Right after a collection there is nothing left to try.
        if heap.allocatedSinceCollection == 0 { panicOutOfMemory(sizeClass.pointee.size) }
        collect()
    }
    let start = sizeClass.pointee.cursor
    sizeClass.pointee.cursor = start &+ UInt(bitPattern: sizeClass.pointee.size)
    // Under stress the rest of the run is dropped: it is found again by the sweep after the next collection.
    if heap.stress { sizeClass.pointee.limit = sizeClass.pointee.cursor }
    return refAt(start)
}

/// Moves the class to its next free run of zeroed slots; `false` if none of its blocks has any.
private func nextRun(_ sizeClass: UnsafeMutablePointer<SizeClass>) -> Bool {
    let size = sizeClass.pointee.size
    let granules = size >> 4
    while true {
        if sizeClass.pointee.block == 0 {
            let first = sizeClass.pointee.unswept
            if first == 0 { return false }
            sizeClass.pointee.block = first
            sizeClass.pointee.unswept = heap.blocks[Int(first) - 1].next
            sizeClass.pointee.slot = 0
        }
        let index = Int(sizeClass.pointee.block) - 1
        let slots = sizeClass.pointee.slots
        let firstGranule = index << 11
        var slot = sizeClass.pointee.slot
        while slot < slots && isMarked(firstGranule &+ slot &* granules) { slot &+= 1 }
        if slot < slots {
            let start = slot
            let last = min(slots, start &+ max(1, zeroPiece / size))
            slot &+= 1
            while slot < last && !isMarked(firstGranule &+ slot &* granules) { slot &+= 1 }
            sizeClass.pointee.slot = slot
            let address = heap.base &+ UInt(index << 15 &+ start &* size)
            let bytes = (slot &- start) &* size
            if heap.blocks[index].dirty != 0 { memset(refAt(address), 0, bytes) }
            sizeClass.pointee.cursor = address
            sizeClass.pointee.limit = address &+ UInt(bytes)
            heap.allocatedSinceCollection &+= bytes
            return true
        }
        // A swept block has been written to: when it is swept again its free slots are dirty.
        heap.blocks[index].dirty = 1
        sizeClass.pointee.block = 0
    }
}

/// An object of more than `maximumSmallSize` bytes, in blocks of its own.
@inline(never)
private func allocateLarge(_ size: Int) -> Ref {
    guard size > 0 && size <= heap.blockCount << 15 else { panicOutOfMemory(size) }
    if heap.stress || heap.allocatedSinceCollection &+ size >= max(heap.threshold, heap.statistics.liveBytes) {
        if heap.allocatedSinceCollection > 0 { collect() }
    }
    let count = (size &+ blockSize &- 1) >> 15
    var found = takeBlocks(count)
    if found == nil && heap.allocatedSinceCollection > 0 {
        collect()
        found = takeBlocks(count)
    }
    guard let index = found else { panicOutOfMemory(size) }
    let start = refAt(heap.base &+ UInt(index << 15))
    var block = index
    while block < index &+ count {
        if heap.blocks[block].dirty != 0 {
            memset(start + (block &- index) << 15, 0, blockSize)
        }
        heap.blocks[block].dirty = 1
        heap.blocks[block].kind = BlockKind.largeTail
        heap.blocks[block].count = UInt32(truncatingIfNeeded: block &- index)
        block &+= 1
    }
    heap.blocks[index].kind = BlockKind.largeHead
    heap.blocks[index].count = UInt32(truncatingIfNeeded: count)
    heap.blocks[index].units = UInt32(truncatingIfNeeded: (size &+ 15) >> 4)
    heap.allocatedSinceCollection &+= size
    return start
}

/// Takes `count` adjacent free blocks; nil if the limit forbids or no such run is left.
private func takeBlocks(_ count: Int) -> Int? {
    if heap.maximumBlocks &- heap.blocksInUse < count { return nil }
    if count < heap.failedRun {
        var index = heap.searchHint
        var run = 0
        while index < heap.blockLimit {
            if heap.blocks[index].kind == BlockKind.free {
                run &+= 1
                if run == count {
                    let first = index &+ 1 &- count
                    if first == heap.searchHint || count == 1 { heap.searchHint = index &+ 1 }
                    return use(first, count)
                }
            } else {
                run = 0
            }
            index &+= 1
        }
        heap.failedRun = count
        if count == 1 { heap.searchHint = heap.blockLimit }
    }
    // Behind the used part, whose last blocks may be free.
    var first = heap.blockLimit
    while first > heap.searchHint && heap.blocks[first &- 1].kind == BlockKind.free { first &-= 1 }
    if heap.blockCount &- first < count { return nil }
    if first &+ count > heap.blockLimit {
        heap.blockLimit = first &+ count
        heap.usedSpan = UInt(heap.blockLimit << 15)
    }
    return use(first, count)
}

/// Counts the blocks as used.
private func use(_ first: Int, _ count: Int) -> Int {
    heap.blocksInUse &+= count
    var block = first
    while block < first &+ count {
        if heap.blocks[block].dirty != 0 { heap.dirtyFree &-= 1 }
        // Reserved until the caller says what for, so that no search finds it.
        heap.blocks[block].kind = BlockKind.largeTail
        block &+= 1
    }
    let bytes = heap.blocksInUse << 15
    if bytes > heap.statistics.peakBytes { heap.statistics.peakBytes = bytes }
    return first
}

/// (header: ObjectKind or descriptor address, size in bytes with header) -> zeroed object.
@c(simple_rt_allocate)
public func simple_rt_allocate(_ header: Int, _ size: Int) -> UnsafeMutableRawPointer {
    allocate(UInt64(bitPattern: Int64(header)), size)
}

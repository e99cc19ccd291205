/// A collection, and what follows it. Sweeping is lazy: after marking, blocks without a live object are freed whole,
/// the others are queued by size class and swept when the allocator comes to them (`nextRun` in Heap.swift).

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// A freed large object of at least this many blocks gives its memory back to the system at once.
private let releasedAtOnce = 512
/// Free dirty memory that is kept for reuse, beyond half of the live memory: 1,024 blocks.
private let keptBlocks = 1024

/// Collects garbage now.
@inline(never)
package func collect() {
    cp_with_registers({ _, stackPointer in collectFrom(UInt(stackPointer)) }, nil)
}

/// The collection proper; `stackPointer` is the lowest word of the stack to scan.
private func collectFrom(_ stackPointer: UInt) {
    let begin = cp_monotonic_ns()
    finishSweep()
    memset(heap.marks, 0, heap.blockLimit << 8)
    markFromRoots(stackPointer)
    let live = freeAndQueueBlocks()
    heap.statistics.collections += 1
    heap.statistics.allocatedBytes &+= heap.allocatedSinceCollection
    heap.statistics.liveBytes = live
    heap.allocatedSinceCollection = 0
    heap.threshold = max(Heap.minimumThreshold, live)
    heap.searchHint = 0
    heap.failedRun = Int.max
    positionCache.clear()
    if heap.stress { finishSweep() }
    let pause = cp_monotonic_ns() - begin
    heap.statistics.pauseNanoseconds += pause
    heap.statistics.longestPause = max(heap.statistics.longestPause, pause)
}

/// Establishes the invariant (free slots have header 0) everywhere before marking relies on it.
private func finishSweep() {
    var index = 0
    while index < Heap.classCount {
        let sizeClass = heap.classes + index
        index += 1
        sizeClass.pointee.cursor = 0
        sizeClass.pointee.limit = 0
        if sizeClass.pointee.block != 0 {
            clearFreeHeaders(sizeClass, Int(sizeClass.pointee.block) - 1, from: sizeClass.pointee.slot)
        }
        sizeClass.pointee.block = 0
        var block = sizeClass.pointee.unswept
        while block != 0 {
            clearFreeHeaders(sizeClass, Int(block) - 1, from: 0)
            block = heap.blocks[Int(block) - 1].next
        }
        // Under stress this runs after marking too: the blocks stay queued.
        if !heap.stress { sizeClass.pointee.unswept = 0 }
    }
}

/// Zeroes the headers of the block's unmarked slots from `first` on. Under stress also overwrites what they held, so
/// that a use of freed memory shows.
private func clearFreeHeaders(_ sizeClass: UnsafeMutablePointer<SizeClass>, _ index: Int, from first: Int) {
    let size = sizeClass.pointee.size
    let granules = size >> 4
    var slot = first
    if heap.blocks[index].dirty == 0 {
        // Behind the slots handed out, a clean block is all zeros.
        heap.blocks[index].dirty = 1
        return
    }
    while slot < sizeClass.pointee.slots {
        if !isMarked(index << 11 &+ slot &* granules) {
            let object = refAt(heap.base &+ UInt(index << 15 &+ slot &* size))
            object.storeBytes(of: 0, as: UInt64.self)
            if heap.stress { memset(object + 8, 0xDB, size &- 8) }
        }
        slot &+= 1
    }
}

/// After marking: frees blocks and large objects without a mark, queues the others. Returns the live bytes.
private func freeAndQueueBlocks() -> Int {
    var index = 0
    while index < Heap.classCount {
        heap.classes[index].unswept = 0
        heap.classes[index].block = 0
        index += 1
    }
    var live = 0
    // From the end, so that each list starts with the lowest block.
    index = heap.blockLimit - 1
    while index >= 0 {
        switch heap.blocks[index].kind {
        case BlockKind.small:
            let sizeClass = heap.classes + Int(heap.blocks[index].sizeClass)
            let words = heap.marks + index << 5
            var marked = 0
            var word = 0
            while word < 32 {
                marked &+= words[word].nonzeroBitCount
                word &+= 1
            }
            live &+= marked &* sizeClass.pointee.size
            if marked == 0 {
                freeBlock(index)
            } else if marked < sizeClass.pointee.slots {
                heap.blocks[index].next = sizeClass.pointee.unswept
                sizeClass.pointee.unswept = UInt32(index + 1)
            }
        case BlockKind.largeHead:
            if isMarked(index << 11) {
                live &+= Int(heap.blocks[index].units) << 4
            } else {
                freeLarge(index)
            }
        default:
            break
        }
        index -= 1
    }
    if heap.dirtyFree > keptBlocks + live >> 16 { releaseDirtyBlocks() }
    return live
}

private func freeBlock(_ index: Int) {
    heap.blocks[index].kind = BlockKind.free
    heap.blocks[index].dirty = 1
    heap.blocksInUse &-= 1
    heap.dirtyFree &+= 1
    if heap.stress { memset(refAt(heap.base &+ UInt(index << 15)), 0xDB, blockSize) }
}

private func freeLarge(_ index: Int) {
    let count = Int(heap.blocks[index].count)
    if count >= releasedAtOnce {
        madvise(refAt(heap.base &+ UInt(index << 15)), count << 15, MADV_DONTNEED)
        var block = index
        while block < index &+ count {
            heap.blocks[block].kind = BlockKind.free
            heap.blocks[block].dirty = 0
            block &+= 1
        }
        heap.blocksInUse &-= count
    } else {
        var block = index
        while block < index &+ count {
            freeBlock(block)
            block &+= 1
        }
    }
}

/// Gives the memory of all free dirty blocks back to the system.
private func releaseDirtyBlocks() {
    var index = 0
    while index < heap.blockLimit {
        let first = index
        while index < heap.blockLimit && heap.blocks[index].kind == BlockKind.free && heap.blocks[index].dirty != 0 {
            heap.blocks[index].dirty = 0
            index &+= 1
        }
        if index > first { madvise(refAt(heap.base &+ UInt(first << 15)), (index &- first) << 15, MADV_DONTNEED) }
        index &+= 1
    }
    heap.dirtyFree = 0
}

/// Bytes of live memory and collections so far, for tests and hosts.
package func heapSummary() -> (liveBytes: Int, collections: Int, blocksInUse: Int) {
    (heap.statistics.liveBytes, heap.statistics.collections, heap.blocksInUse)
}

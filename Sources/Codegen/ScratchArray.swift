/// A growable array of plain values that is reused from function to function.
///
/// Reads and writes go straight to memory (checked in debug builds only), which the inner loops of code generation need.
struct ScratchArray<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    /// Creates an empty array with room for `capacity` elements.
    init(capacity: Int = 64) {
        self.capacity = max(capacity, 4)
        base = .allocate(capacity: self.capacity)
    }
    deinit { base.deallocate() }

    var isEmpty: Bool { @inline(__always) get { count == 0 } }

    subscript(i: Int) -> Element {
        @inline(__always) get {
            assert(i >= 0 && i < count)
            return base[i]
        }
        @inline(__always) nonmutating _modify {
            assert(i >= 0 && i < count)
            yield &base[i]
        }
    }

    @inline(__always) mutating func append(_ element: Element) {
        if count == capacity { grow(to: capacity * 2) }
        base[count] = element
        count += 1
    }

    @inline(__always) mutating func removeLast() -> Element {
        assert(count > 0)
        count -= 1
        return base[count]
    }

    /// Empties the array; its memory stays.
    @inline(__always) mutating func removeAll() { count = 0 }

    /// Makes the array `newCount` copies of `element`.
    mutating func reset(count newCount: Int, to element: Element) {
        if newCount > capacity { grow(to: max(newCount, capacity * 2)) }
        base.update(repeating: element, count: newCount)
        count = newCount
    }

    private mutating func grow(to newCapacity: Int) {
        let new = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
        new.update(from: base, count: count)
        base.deallocate()
        base = new
        capacity = newCapacity
    }
}

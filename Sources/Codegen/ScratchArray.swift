/// A growable array of plain values that is reused from function to function.
///
/// Reads and writes go straight to memory (checked in debug builds only), which the inner loops of code generation need.
package struct ScratchArray<Element: BitwiseCopyable>: ~Copyable {
    package private(set) var base: UnsafeMutablePointer<Element>
    package private(set) var count = 0
    private var capacity: Int

    /// Creates an empty array with room for `capacity` elements.
    package init(capacity: Int = 64) {
        self.capacity = max(capacity, 4)
        base = .allocate(capacity: self.capacity)
    }
    deinit { base.deallocate() }

    package var isEmpty: Bool { @inline(__always) get { count == 0 } }

    package subscript(i: Int) -> Element {
        @inline(__always) get {
            assert(i >= 0 && i < count)
            return base[i]
        }
        @inline(__always) nonmutating _modify {
            assert(i >= 0 && i < count)
            yield &base[i]
        }
    }

    @inline(__always) package mutating func append(_ element: Element) {
        if count == capacity { grow(to: capacity * 2) }
        base[count] = element
        count += 1
    }

    @inline(__always) package mutating func removeLast() -> Element {
        assert(count > 0)
        count -= 1
        return base[count]
    }

    /// Empties the array; its memory stays.
    @inline(__always) package mutating func removeAll() { count = 0 }

    /// Makes room for `wanted` elements in all.
    package mutating func reserve(_ wanted: Int) {
        if wanted > capacity { grow(to: wanted) }
    }

    /// Makes the array `newCount` copies of `element`.
    package mutating func reset(count newCount: Int, to element: Element) {
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

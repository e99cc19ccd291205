/// Memory for a side table, reused from function to function: it only ever grows.
///
/// Element access is unchecked in release builds; a pass prepares the buffer for the function at hand first.
struct ScratchBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int

    init() {
        capacity = 64
        base = .allocate(capacity: capacity)
    }
    deinit { base.deallocate() }

    /// Makes room for `count` elements; old contents are lost, new ones are not initialised.
    mutating func prepare(_ count: Int) {
        guard count > capacity else { return }
        base.deallocate()
        capacity = max(count, capacity * 2)
        base = .allocate(capacity: capacity)
    }
    /// Makes room for `count` elements, all equal to `value`.
    mutating func prepare(_ count: Int, filledWith value: Element) {
        prepare(count)
        base.update(repeating: value, count: count)
    }
    /// Makes room for `count` elements, keeping the first `kept`.
    mutating func grow(_ count: Int, keeping kept: Int) {
        guard count > capacity else { return }
        let larger = max(count, capacity * 2)
        let new = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        new.update(from: base, count: kept)
        base.deallocate()
        base = new
        capacity = larger
    }

    @inline(__always)
    subscript(i: Int) -> Element {
        get {
            assert(i >= 0 && i < capacity)
            return base[i]
        }
        nonmutating set {
            assert(i >= 0 && i < capacity)
            base[i] = newValue
        }
    }
    @inline(__always)
    subscript(i: UInt32) -> Element {
        get { self[Int(i)] }
        nonmutating set { self[Int(i)] = newValue }
    }
}

/// A stack over a `ScratchBuffer`.
struct ScratchStack<Element: BitwiseCopyable>: ~Copyable {
    var buffer = ScratchBuffer<Element>()
    private(set) var count = 0

    mutating func removeAll() { count = 0 }
    @inline(__always)
    mutating func push(_ element: Element) {
        if count == buffer.capacity { buffer.grow(count + 1, keeping: count) }
        buffer[count] = element
        count += 1
    }
    @inline(__always)
    mutating func pop() -> Element? {
        guard count > 0 else { return nil }
        count -= 1
        return buffer[count]
    }
    @inline(__always)
    subscript(i: Int) -> Element {
        unsafeAddress { UnsafePointer(buffer.base + i) }
        nonmutating unsafeMutableAddress { buffer.base + i }
    }
}

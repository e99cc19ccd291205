/// Arrays: a fixed-size object that owns a buffer of elements (ObjectLayout).

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Beyond this capacity in bytes an array grows by half instead of doubling.
private let slowerGrowth = 64 << 20

/// Address of element 0. Meaningless while the capacity is 0.
@inline(__always)
package func arrayElements(_ array: Ref) -> UnsafeMutableRawPointer {
    refAt(UInt(bitPattern: array.word(ObjectLayout.arrayData)))
}

/// Element `index` of an array of references.
@inline(__always)
package func arrayReference(_ array: Ref, _ index: Int) -> Ref {
    refAt(arrayElements(array).load(fromByteOffset: index &* 8, as: UInt.self))
}

/// A buffer for `capacity` elements and the number of elements that really fit. Elements are zero.
private func newBuffer(_ elementSize: Int, _ descriptor: Int, _ capacity: Int) -> (data: UInt, capacity: Int) {
    if capacity <= 0 { return (0, 0) }
    // Elements without size need no memory: any capacity and an address that is not 0.
    if elementSize == 0 { return (16, Int.max) }
    let (bytes, overflow) = capacity.multipliedReportingOverflow(by: elementSize)
    if overflow || bytes > 1 << 46 { panicOutOfMemory(bytes) }
    let elements = Int(ObjectLayout.bufferElements)
    let size = usableSize(elements &+ bytes)
    let buffer = allocate(UInt64(bitPattern: Int64(descriptor)), size)
    buffer.setWord(ObjectLayout.bufferByteCapacity, size &- elements)
    return (buffer.address &+ UInt(elements), (size &- elements) / elementSize)
}

/// An array of `length` zeroed elements. `descriptor` as in `ObjectLayout.arrayElementDescriptor`.
package func newArray(elementSize: Int, descriptor: Int, length: Int, capacity: Int) -> Ref {
    let buffer = newBuffer(elementSize, descriptor, max(length, capacity))
    let array = allocate(.array, Int(ObjectLayout.arraySize))
    array.setWord(ObjectLayout.arrayLength, length)
    array.setWord(ObjectLayout.arrayCapacity, buffer.capacity)
    array.setWord(ObjectLayout.arrayData, Int(bitPattern: buffer.data))
    array.setWord(ObjectLayout.arrayElementSize, elementSize)
    array.setWord(ObjectLayout.arrayElementDescriptor, descriptor)
    return array
}

/// An empty array of references with room for `capacity`.
package func newReferenceArray(capacity: Int) -> Ref {
    newArray(elementSize: 8, descriptor: Int(ObjectKind.bufferRefs.rawValue), length: 0, capacity: capacity)
}

/// Appends to an array of references.
package func appendReference(_ array: Ref, _ value: Ref) {
    let length = array.word(ObjectLayout.arrayLength)
    if length == array.word(ObjectLayout.arrayCapacity) { simple_rt_array_grow(array) }
    arrayElements(array).storeBytes(of: value.address, toByteOffset: length &* 8, as: UInt.self)
    array.setWord(ObjectLayout.arrayLength, length &+ 1)
}

/// An array like `array`, with its elements `start ..< start + count` copied and room for `capacity`.
private func copyOfElements(_ array: Ref, _ start: Int, _ count: Int, capacity: Int) -> Ref {
    let size = array.word(ObjectLayout.arrayElementSize)
    let result = newArray(
        elementSize: size, descriptor: array.word(ObjectLayout.arrayElementDescriptor), length: count, capacity: capacity)
    if count > 0 && size > 0 { memcpy(arrayElements(result), arrayElements(array) + start &* size, count &* size) }
    return result
}

/// Moves the elements to a buffer of at least `capacity` elements.
private func resize(_ array: Ref, _ capacity: Int) {
    let size = array.word(ObjectLayout.arrayElementSize)
    let length = array.word(ObjectLayout.arrayLength)
    let buffer = newBuffer(size, array.word(ObjectLayout.arrayElementDescriptor), capacity)
    if length > 0 && size > 0 { memcpy(refAt(buffer.data), arrayElements(array), length &* size) }
    array.setWord(ObjectLayout.arrayCapacity, buffer.capacity)
    array.setWord(ObjectLayout.arrayData, Int(bitPattern: buffer.data))
}

/// Makes room for `needed` elements, growing geometrically.
private func reserveGrowing(_ array: Ref, _ needed: Int) {
    let capacity = array.word(ObjectLayout.arrayCapacity)
    if needed <= capacity { return }
    let size = max(1, array.word(ObjectLayout.arrayElementSize))
    let larger = capacity &* size > slowerGrowth ? capacity &+ capacity / 2 : capacity &* 2
    resize(array, max(needed, larger, max(1, 32 / size)))
}

/// Sum of two lengths. Panics with P017 if it cannot be represented.
private func totalCount(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    if overflow { panicOutOfMemory(Int.max) }
    return sum
}

/// (element size, element descriptor, length, capacity) -> array of zeroed elements.
@c(simple_rt_array_new)
public func simple_rt_array_new(_ elementSize: Int, _ descriptor: Int, _ length: Int, _ capacity: Int) -> UnsafeMutableRawPointer {
    if length < 0 || capacity < 0 { panicArgument("negative array length") }
    return newArray(elementSize: elementSize, descriptor: descriptor, length: length, capacity: capacity)
}

/// (element size, element descriptor, count, address of the elements) -> array with a copy of them.
@c(simple_rt_array_from_data)
public func simple_rt_array_from_data(
    _ elementSize: Int, _ descriptor: Int, _ count: Int, _ data: UnsafeRawPointer?
) -> UnsafeMutableRawPointer {
    let array = newArray(elementSize: elementSize, descriptor: descriptor, length: count, capacity: count)
    if let data, count > 0, elementSize > 0 { memcpy(arrayElements(array), data, count &* elementSize) }
    return array
}

/// (array): makes capacity > length (at least doubling).
@c(simple_rt_array_grow)
public func simple_rt_array_grow(_ array: UnsafeMutableRawPointer) {
    reserveGrowing(array, totalCount(array.word(ObjectLayout.arrayLength), 1))
}

/// (array, n): makes capacity >= n.
@c(simple_rt_array_reserve)
public func simple_rt_array_reserve(_ array: UnsafeMutableRawPointer, _ capacity: Int) {
    if capacity > array.word(ObjectLayout.arrayCapacity) { resize(array, capacity) }
}

/// (array, start, end, step, flags: 1 start given, 2 end given) -> copy (LANGUAGE §6.5); step 0 is P005.
@c(simple_rt_array_slice)
public func simple_rt_array_slice(
    _ array: UnsafeMutableRawPointer, _ start: Int, _ end: Int, _ step: Int, _ flags: UInt32
) -> UnsafeMutableRawPointer {
    let bounds = SliceBounds(start, end, step, flags: flags, length: array.word(ObjectLayout.arrayLength))
    if bounds.step == 1 || bounds.count == 0 {
        return copyOfElements(array, bounds.start, bounds.count, capacity: bounds.count)
    }
    let size = array.word(ObjectLayout.arrayElementSize)
    let result = newArray(
        elementSize: size, descriptor: array.word(ObjectLayout.arrayElementDescriptor), length: bounds.count,
        capacity: bounds.count)
    if size == 0 { return result }
    let source = arrayElements(array)
    var target = arrayElements(result)
    var index = 0
    while index < bounds.count {
        let element = source + (bounds.start &+ index &* bounds.step) &* size
        if size == 8 {
            target.storeBytes(of: element.load(as: UInt64.self), as: UInt64.self)
        } else {
            memcpy(target, element, size)
        }
        target += size
        index &+= 1
    }
    return result
}

/// (a, b) -> new array.
@c(simple_rt_array_concat)
public func simple_rt_array_concat(_ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let left = a.word(ObjectLayout.arrayLength)
    let right = b.word(ObjectLayout.arrayLength)
    let count = totalCount(left, right)
    let result = copyOfElements(a, 0, left, capacity: count)
    let size = a.word(ObjectLayout.arrayElementSize)
    if right > 0 && size > 0 { memcpy(arrayElements(result) + left &* size, arrayElements(b), right &* size) }
    result.setWord(ObjectLayout.arrayLength, count)
    return result
}

/// (a, b): appends b's elements to a (a may be b).
@c(simple_rt_array_extend)
public func simple_rt_array_extend(_ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer) {
    let left = a.word(ObjectLayout.arrayLength)
    let right = b.word(ObjectLayout.arrayLength)
    if right == 0 { return }
    let count = totalCount(left, right)
    reserveGrowing(a, count)
    let size = a.word(ObjectLayout.arrayElementSize)
    // Elements 0 ..< right of b are not written, also if b is a.
    if size > 0 { memcpy(arrayElements(a) + left &* size, arrayElements(b), right &* size) }
    a.setWord(ObjectLayout.arrayLength, count)
}

/// (array, position 0…len, negative from the end): opens a zeroed gap of one element; returns its index; P008.
@c(simple_rt_array_insert_gap)
public func simple_rt_array_insert_gap(_ array: UnsafeMutableRawPointer, _ position: Int) -> Int {
    let length = array.word(ObjectLayout.arrayLength)
    let index = position < 0 ? position &+ length : position
    if index < 0 || index > length { panicIndex(position, length, .insertPosition) }
    reserveGrowing(array, totalCount(length, 1))
    let size = array.word(ObjectLayout.arrayElementSize)
    if size > 0 {
        let gap = arrayElements(array) + index &* size
        memmove(gap + size, gap, (length &- index) &* size)
        memset(gap, 0, size)
    }
    array.setWord(ObjectLayout.arrayLength, length &+ 1)
    return index
}

/// (array, normalised index): closes the gap of the element at index; length shrinks by one.
@c(simple_rt_array_remove_at)
public func simple_rt_array_remove_at(_ array: UnsafeMutableRawPointer, _ index: Int) {
    let length = array.word(ObjectLayout.arrayLength)
    if index < 0 || index >= length { panicIndex(index, length, .array) }
    let size = array.word(ObjectLayout.arrayElementSize)
    if size > 0 {
        let gap = arrayElements(array) + index &* size
        let behind = (length &- index &- 1) &* size
        memmove(gap, gap + size, behind)
        // The vacated place must not keep anything alive.
        memset(gap + behind, 0, size)
    }
    array.setWord(ObjectLayout.arrayLength, length &- 1)
}

/// (array): reverses the elements in place.
@c(simple_rt_array_reverse)
public func simple_rt_array_reverse(_ array: UnsafeMutableRawPointer) {
    let length = array.word(ObjectLayout.arrayLength)
    let size = array.word(ObjectLayout.arrayElementSize)
    if length < 2 || size == 0 { return }
    var low = arrayElements(array)
    var high = low + (length &- 1) &* size
    while low < high {
        if size == 8 {
            let kept = low.load(as: UInt64.self)
            low.storeBytes(of: high.load(as: UInt64.self), as: UInt64.self)
            high.storeBytes(of: kept, as: UInt64.self)
        } else {
            var byte = 0
            while byte < size {
                let kept = low.load(fromByteOffset: byte, as: UInt8.self)
                low.storeBytes(of: high.load(fromByteOffset: byte, as: UInt8.self), toByteOffset: byte, as: UInt8.self)
                high.storeBytes(of: kept, toByteOffset: byte, as: UInt8.self)
                byte &+= 1
            }
        }
        low += size
        high -= size
    }
}

/// (array) -> shallow copy.
@c(simple_rt_array_clone)
public func simple_rt_array_clone(_ array: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let length = array.word(ObjectLayout.arrayLength)
    return copyOfElements(array, 0, length, capacity: length)
}

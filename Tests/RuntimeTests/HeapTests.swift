import CPlatform
import Runtime
import RuntimeABI
import Testing

/// A reproducible generator (splitmix64).
struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// A node of the model of a heap graph.
private struct ModelNode {
    var tag: UInt64
    var children: [Int]
}

/// Memory whose words are roots, for references that a test keeps.
private final class Roots {
    let words: UnsafeMutablePointer<UInt>
    let count: Int

    init(_ count: Int) {
        self.count = count
        words = .allocate(capacity: count)
        words.initialize(repeating: 0, count: count)
        addRootRange(UInt(bitPattern: words), UInt(bitPattern: words + count))
    }

    func forget() {
        removeRootRange(UInt(bitPattern: words))
        words.deallocate()
    }
}

/// A buffer of references whose first word holds a tag that is no address.
@inline(never)
private func makeNode(_ tag: UInt64, _ children: Int) -> UnsafeMutableRawPointer {
    let node = simple_rt_allocate(Int(ObjectKind.bufferRefs.rawValue), 32 + 8 * children)
    node.storeBytes(of: 8 * children, toByteOffset: 8, as: Int.self)
    node.storeBytes(of: tag, toByteOffset: 16, as: UInt64.self)
    return node
}

/// Overwrites the part of the stack that earlier calls used, so that it keeps nothing alive.
@inline(never)
private func scrubStack() {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1000) { buffer in
        buffer.initialize(repeating: 0)
    }
}

@inline(never)
private func makeGarbage(_ count: Int, _ size: Int) {
    for _ in 0..<count { _ = simple_rt_allocate(Int(ObjectKind.bufferRaw.rawValue), size) }
}

@Suite(.serialized) struct HeapTests {
    /// A random graph is changed at random; after every few changes all of it must be as the model says.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomGraphsSurvive(_ seed: UInt64) {
        withRuntime {
            var generator = Generator(state: seed)
            let rootCount = 50
            let roots = Roots(rootCount)
            var model: [Int: ModelNode] = [:]
            var modelRoots = [Int?](repeating: nil, count: rootCount)
            var nextID = 1
            for step in 0..<20_000 {
                let slot = Int.random(in: 0..<rootCount, using: &generator)
                switch Int.random(in: 0..<10, using: &generator) {
                case 0...5:
                    // A node that refers to what some roots hold.
                    let sizes = [0, 1, 2, 3, 5, 9, 20, 100, 2000]
                    let count = sizes.randomElement(using: &generator)!
                    let node = makeNode(UInt64(nextID) << 48 | 0xABCD, count)
                    var children = [Int](repeating: 0, count: count)
                    for place in 0..<min(count, 6) {
                        let from = Int.random(in: 0..<rootCount, using: &generator)
                        guard let id = modelRoots[from] else { continue }
                        node.storeBytes(of: roots.words[from], toByteOffset: 32 + place * 8, as: UInt.self)
                        children[place] = id
                    }
                    model[nextID] = ModelNode(tag: UInt64(nextID) << 48 | 0xABCD, children: children)
                    roots.words[slot] = UInt(bitPattern: node)
                    modelRoots[slot] = nextID
                    nextID = (nextID + 1) & 0xFFFF
                    if nextID == 0 { nextID = 1 }
                case 6...8:
                    roots.words[slot] = 0
                    modelRoots[slot] = nil
                default:
                    makeGarbage(3, [32, 48, 100, 4000, 40_000].randomElement(using: &generator)!)
                }
                if step % 997 == 0 { collect() }
                if step % 499 == 0 {
                    var seen: Set<Int> = []
                    var work: [(Int, UInt)] = []
                    for index in 0..<rootCount { if let id = modelRoots[index] { work.append((id, roots.words[index])) } }
                    while let (id, address) = work.popLast() {
                        if !seen.insert(id).inserted { continue }
                        let node = UnsafeMutableRawPointer(bitPattern: address)!
                        let expected = model[id]!
                        guard node.load(as: UInt64.self) == ObjectKind.bufferRefs.rawValue,
                            node.load(fromByteOffset: 16, as: UInt64.self) == expected.tag,
                            node.load(fromByteOffset: 8, as: Int.self) == expected.children.count * 8
                        else {
                            Issue.record("node \(id) damaged at step \(step)")
                            return
                        }
                        for (place, child) in expected.children.enumerated() {
                            let word = node.load(fromByteOffset: 32 + place * 8, as: UInt.self)
                            if child == 0 { #expect(word == 0) } else { work.append((child, word)) }
                        }
                    }
                    // Ids come round again: forget the unreachable ones.
                    model = model.filter { seen.contains($0.key) }
                }
            }
            roots.forget()
        }
    }

    @Test func garbageIsReclaimed() {
        withRuntime {
            makeGarbage(1000, 64)
            scrubStack()
            collect()
            let before = heapSummary()
            makeGarbage(2_000_000, 64)
            makeGarbage(300, 5_000_000)
            scrubStack()
            collect()
            let after = heapSummary()
            #expect(after.collections > before.collections + 10)
            #expect(after.liveBytes < before.liveBytes + 6_000_000)
            #expect(after.blocksInUse < before.blocksInUse + 400)
        }
    }

    @Test(arguments: [40, 200, 3000, 8192, 8193, 100_000, 3_000_000])
    func interiorPointersKeepObjectsAlive(_ size: Int) {
        withRuntime {
            let roots = Roots(3)
            let offsets = [size - 1, size / 2, 17]
            for index in 0..<3 {
                let object = simple_rt_allocate(Int(ObjectKind.bufferRaw.rawValue), size)
                memset(object + 8, Int32(0x50 + index), size - 8)
                roots.words[index] = UInt(bitPattern: object) + UInt(offsets[index])
            }
            for _ in 0..<3 {
                collect()
                makeGarbage(100, size)
            }
            for index in 0..<3 {
                let object = UnsafeMutableRawPointer(bitPattern: roots.words[index] - UInt(offsets[index]))!
                #expect(object.load(as: UInt64.self) == ObjectKind.bufferRaw.rawValue)
                var bytes = 8
                while bytes < size && object.load(fromByteOffset: bytes, as: UInt8.self) == UInt8(0x50 + index) { bytes += 1 }
                #expect(bytes == size)
            }
            roots.forget()
        }
    }

    @Test func freshMemoryIsZero() {
        withRuntime {
            for round in 0..<3 {
                for size in [16, 24, 100, 1000, 8000, 9000, 40_000, 200_000] {
                    for _ in 0..<50 {
                        let object = simple_rt_allocate(Int(ObjectKind.bufferRaw.rawValue), size)
                        var offset = 8
                        while offset + 8 <= size {
                            if object.load(fromByteOffset: offset, as: UInt64.self) != 0 {
                                Issue.record("size \(size), offset \(offset), round \(round)")
                                return
                            }
                            offset += 8
                        }
                        memset(object + 8, 0xEE, size - 8)
                    }
                }
                collect()
            }
        }
    }

    @Test func descriptorsSayWhatIsAReference() {
        withRuntime {
            // An object of four words: header, number, reference, number. The numbers look like references.
            let descriptor = UnsafeMutablePointer<UInt64>.allocate(capacity: 3)
            descriptor[0] = 32
            descriptor[1] = 4
            descriptor[2] = 0b0100
            // Buffer elements of two words, the second a reference.
            let element = UnsafeMutablePointer<UInt64>.allocate(capacity: 3)
            element[0] = 16 | 1 << 32
            element[1] = 2
            element[2] = 0b10
            let roots = Roots(2)
            let weak = UnsafeMutablePointer<UInt>.allocate(capacity: 4)
            @inline(never) func build() {
                let object = simple_rt_allocate(Int(bitPattern: descriptor), 32)
                roots.words[0] = UInt(bitPattern: object)
                let buffer = simple_rt_allocate(Int(bitPattern: element), 32 + 32)
                buffer.storeBytes(of: 32, toByteOffset: 8, as: Int.self)
                roots.words[1] = UInt(bitPattern: buffer)
                for index in 0..<4 { weak[index] = ~UInt(bitPattern: simple_rt_allocate(Int(ObjectKind.bufferRaw.rawValue), 160)) }
                object.storeBytes(of: ~weak[0], toByteOffset: 8, as: UInt.self)
                object.storeBytes(of: ~weak[1], toByteOffset: 16, as: UInt.self)
                buffer.storeBytes(of: ~weak[2], toByteOffset: 32, as: UInt.self)
                buffer.storeBytes(of: ~weak[3], toByteOffset: 56, as: UInt.self)
            }
            build()
            scrubStack()
            makeGarbage(10, 32)
            collect()
            #expect(wasMarked(~weak[1]))
            #expect(wasMarked(~weak[3]))
            #expect(!wasMarked(~weak[0]))
            #expect(!wasMarked(~weak[2]))
            roots.forget()
            descriptor.deallocate()
            element.deallocate()
            weak.deallocate()
        }
    }

    /// A list longer than any recursion could follow, also when the mark stack cannot grow.
    @Test(arguments: [Int.max, 0])
    func longChainsAndMarkStackOverflow(_ capacity: Int) {
        withRuntime {
            limitMarkStack(capacity == 0 ? 4096 : capacity)
            defer { limitMarkStack(Int.max) }
            let roots = Roots(1)
            // A wide node over many chains overflows a stack of 4,096.
            let width = 20_000
            let top = makeNode(1, width)
            roots.words[0] = UInt(bitPattern: top)
            for place in 0..<width {
                var chain = makeNode(7, 1)
                for _ in 0..<3 {
                    let next = makeNode(7, 1)
                    next.storeBytes(of: UInt(bitPattern: chain), toByteOffset: 32, as: UInt.self)
                    chain = next
                }
                top.storeBytes(of: UInt(bitPattern: chain), toByteOffset: 32 + place * 8, as: UInt.self)
            }
            var chain = makeNode(7, 1)
            for _ in 0..<500_000 {
                let next = makeNode(7, 1)
                next.storeBytes(of: UInt(bitPattern: chain), toByteOffset: 32, as: UInt.self)
                chain = next
                top.storeBytes(of: UInt(bitPattern: chain), toByteOffset: 32, as: UInt.self)
            }
            collect()
            var count = 0
            var damaged = 0
            for place in 0..<width {
                var address = top.load(fromByteOffset: 32 + place * 8, as: UInt.self)
                while address != 0 {
                    let node = UnsafeMutableRawPointer(bitPattern: address)!
                    if !wasMarked(address) || node.load(fromByteOffset: 16, as: UInt64.self) != 7 { damaged += 1 }
                    count += 1
                    address = node.load(fromByteOffset: 32, as: UInt.self)
                }
            }
            #expect(damaged == 0)
            #expect(count == 500_001 + (width - 1) * 4)
            roots.forget()
        }
    }

    /// The other tests of this target run under stress, too: here strings and arrays are built while every
    /// allocation collects.
    @Test func stress() {
        withRuntime {
            setHeapStress(true)
            defer { setHeapStress(false) }
            let array = simple_rt_array_new(8, Int(ObjectKind.bufferRefs.rawValue), 0, 0)
            for index in 0..<60 {
                let sink = simple_rt_sink_begin()
                simple_rt_sink_string(sink, makeString("item "))
                simple_rt_sink_i64(sink, index)
                appendReference(array, simple_rt_sink_finish(sink))
            }
            let joined = simple_rt_string_join(makeString(", "), array)
            #expect(textOf(joined) == (0..<60).map { "item \($0)" }.joined(separator: ", "))
            let parts = simple_rt_string_split(simple_rt_string_upper(joined), makeString(", "), -1)
            #expect(parts.word(ObjectLayout.arrayLength) == 60)
            #expect(textOf(arrayReference(parts, 59)) == "ITEM 59")
            var text = makeString("")
            for _ in 0..<100 { text = simple_rt_string_concat(text, makeString("abcé")) }
            #expect(textOf(text) == String(repeating: "abcé", count: 100))
        }
    }

    /// As many root ranges as a process with thousands of modules has: the table grows, and removing finds each.
    @Test func thousandsOfRootRanges() {
        withRuntime {
            let all = (0..<5000).map { _ in Roots(1) }
            for (i, roots) in all.enumerated() { roots.words[0] = UInt(bitPattern: makeNode(UInt64(i) << 48 | 0xABCD, 1)) }
            scrubStack()
            collect()
            for (i, roots) in all.enumerated() {
                let tag = UnsafeRawPointer(bitPattern: roots.words[0])?.load(fromByteOffset: 16, as: UInt64.self)
                #expect(wasMarked(roots.words[0]) && tag == UInt64(i) << 48 | 0xABCD)
            }
            let dropped = all.enumerated().filter { $0.offset % 3 == 0 }.map { $0.element.words[0] }
            let kept = all.enumerated().filter { $0.offset % 3 != 0 }.map { $0.element.words[0] }
            for (i, roots) in all.enumerated() where i % 3 == 0 { removeRootRange(UInt(bitPattern: roots.words)) }
            scrubStack()
            collect()
            #expect(kept.allSatisfy { wasMarked($0) })
            // The arrays above may be found on the stack, what they hold is not.
            #expect(dropped.filter { wasMarked($0) }.count < 10)
            for (i, roots) in all.enumerated() {
                if i % 3 == 0 { roots.words.deallocate() } else { roots.forget() }
            }
        }
    }
}

#if os(Linux) && arch(x86_64)
    import Glibc
    import Linker
    import SMF
    import Testing

    /// What a loader does, in its shortest form: maps the image anywhere, binds its slots, calls the entry.
    private func run(_ image: [UInt8], imports: [String: UInt64]) throws -> Int64 {
        let linked = try LinkedImage(image)
        let span = Int(linked.header.imageSpan)
        let memory = try #require(
            mmap(nil, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "mmap")
        defer { munmap(memory, span) }
        image.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        let base = UInt64(UInt(bitPattern: memory))
        for entry in linked.imports { smfStore64(memory, Int(entry.slot), imports[entry.name] ?? 0) }
        for word in linked.baseRelocations { smfStore64(memory, Int(word), smfLoad64(memory, Int(word)) + base) }
        let code = try #require(linked.section(.code))
        #expect(mprotect(memory + Int(code.offset), Int(code.size), PROT_READ | PROT_EXEC) == 0)
        typealias Entry = @convention(c) () -> Int64
        return unsafeBitCast(memory + Int(linked.header.entryPoint), to: Entry.self)()
    }

    private let hostFunction: @convention(c) (Int64) -> Int64 = { $0 * 10 }

    /// Every way of reaching something, executed: a call, data, zeros, a table of addresses, a runtime function.
    @Test func linkedCodeRuns() throws {
        let main: [UInt8] = [
            0x53,  //                               push rbx
            0xE8, 0, 0, 0, 0,  //                   call seven
            0x48, 0x89, 0xC3,  //                   mov rbx, rax
            0x48, 0x03, 0x1D, 0, 0, 0, 0,  //       add rbx, [rip + counter]
            0x48, 0xFF, 0x05, 0, 0, 0, 0,  //       inc qword [rip + zeros]
            0x48, 0x03, 0x1D, 0, 0, 0, 0,  //       add rbx, [rip + zeros]
            0xFF, 0x15, 0, 0, 0, 0,  //             call [rip + table + 8]
            0x48, 0x01, 0xC3,  //                   add rbx, rax
            0x48, 0x89, 0xDF,  //                   mov rdi, rbx
            0xFF, 0x15, 0, 0, 0, 0,  //             call [rip + slot of simple_rt_times_ten]
            0x5B, 0xC3,  //                         pop rbx; ret
        ]
        let objects = [
            TestObject(
                name: "a",
                functions: [
                    TestFunction(
                        name: "main", code: main,
                        relocations: [
                            TestRelocation(offset: 2, symbol: "seven"), TestRelocation(offset: 12, symbol: "counter"),
                            TestRelocation(offset: 19, symbol: "zeros"), TestRelocation(offset: 26, symbol: "zeros"),
                            TestRelocation(offset: 32, symbol: "table", addend: 4),
                            TestRelocation(offset: 44, symbol: "simple_rt_times_ten", type: .gotPcRel),
                        ])
                ],
                data: [
                    TestData(name: "counter", bytes: [100, 0, 0, 0, 0, 0, 0, 0], kind: .writable),
                    TestData(name: "zeros", bytes: [UInt8](repeating: 0, count: 8), kind: .zero),
                    TestData(
                        name: "table", bytes: [UInt8](repeating: 0, count: 16),
                        relocations: [TestRelocation(offset: 8, symbol: "thousand", type: .abs64, addend: 0)]),
                ]),
            TestObject(
                name: "b",
                functions: [
                    TestFunction(name: "seven", code: [0xB8, 7, 0, 0, 0, 0xC3]),
                    TestFunction(name: "thousand", code: [0xB8, 0xE8, 3, 0, 0, 0xC3]),
                ]),
        ]
        let image = try linkObjects(objects)
        let host = UInt64(UInt(bitPattern: unsafeBitCast(hostFunction, to: UnsafeRawPointer.self)))
        #expect(try run(image, imports: ["simple_rt_times_ten": host]) == (7 + 100 + 1 + 1000) * 10)
    }
#endif

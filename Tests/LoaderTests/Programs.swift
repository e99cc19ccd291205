import RuntimeABI
import SMF

/// Programs of a few instructions that exercise the loader and the runtime from machine code.
enum Programs {
    /// Writes a text and returns an exit code.
    static func hello(_ text: String = "hello\n", code: Int = 7) -> TestImage {
        var image = TestImage()
        let string = image.string(text)
        image.begin("main")
        image.move(7, 0)
        image.address(6, string)
        image.callRuntime("simple_rt_sink_string")
        image.move(0, code)
        image.end()
        return image
    }

    /// `main` calls `outer`, which inlined `compute`, which indexes out of range.
    static func panic() -> TestImage {
        var image = hello("before\n")
        image.code = []
        image.functions = []
        image.begin("outer")
        image.move(7, 5)
        image.move(6, 3)
        image.move(2, 0)
        image.callRuntime("simple_rt_panic_index", line: 12, column: 9, inlinedInto: (name: "compute", line: 15))
        image.end()
        image.begin("main")
        image.move(7, 0)
        image.address(6, TestImage.readOnlyAddress)
        image.callRuntime("simple_rt_sink_string")
        image.call(0, line: 20, column: 5)
        image.end()
        return image
    }

    /// Calls itself for ever.
    static func endlessRecursion() -> TestImage {
        var image = TestImage()
        image.begin("down")
        image.call(0, line: 3, column: 2)
        image.end()
        image.begin("main")
        image.call(0, line: 9, column: 1)
        image.end()
        return image
    }

    /// Reads address 0.
    static func nullAccess() -> TestImage {
        var image = TestImage()
        image.begin("main")
        image.emit(0x31, 0xC0, 0x48, 0x8B, 0x00)  // xor eax, eax; mov rax, [rax]
        image.end()
        return image
    }

    /// Allocates `count` objects of `size` bytes and drops them.
    static func garbage(count: Int, size: Int) -> TestImage {
        var image = TestImage()
        image.begin("main")
        image.emit(0x53, 0x50)  // push rbx; push rax
        image.move(3, count)
        let start = image.code.count
        image.move(7, Int(ObjectKind.bufferRaw.rawValue))
        image.move(6, size)
        image.callRuntime("simple_rt_allocate", line: 4)
        image.loop(to: start)
        image.emit(0x58, 0x5B)  // pop rax; pop rbx
        image.move(0, 0)
        image.end()
        return image
    }

    /// Allocates objects, each of which refers to the one before, so that all stay alive.
    static func endlessList() -> TestImage {
        var image = TestImage()
        image.begin("main")
        image.emit(0x53, 0x50, 0x31, 0xDB)  // push rbx; push rax; xor ebx, ebx
        let start = image.code.count
        image.move(7, Int(ObjectKind.bufferRefs.rawValue))
        image.move(6, 8192)
        image.callRuntime("simple_rt_allocate", line: 4)
        image.emit(0x48, 0xC7, 0x40, 0x08, 0x08, 0, 0, 0)  // mov qword [rax + 8], 8: one reference
        image.emit(0x48, 0x89, 0x58, 0x20)  // mov [rax + 32], rbx
        image.emit(0x48, 0x89, 0xC3, 0xE9)  // mov rbx, rax; jmp start
        let distance = UInt32(bitPattern: Int32(start - (image.code.count + 4)))
        for shift in [0, 8, 16, 24] as [UInt32] { image.code.append(UInt8(truncatingIfNeeded: distance >> shift)) }
        image.functions[0].size = image.code.count
        return image
    }

    /// s = s + "0123456789" `count` times, then prints the length.
    static func concatenation(count: Int) -> TestImage {
        var image = TestImage()
        let piece = image.string("0123456789")
        let newline = image.string("\n")
        let empty = image.string("")
        image.begin("main")
        image.emit(0x53, 0x41, 0x54)  // push rbx; push r12
        image.move(3, count)
        image.address(0, empty)
        image.emit(0x49, 0x89, 0xC4)  // mov r12, rax
        let start = image.code.count
        image.emit(0x4C, 0x89, 0xE7)  // mov rdi, r12
        image.address(6, piece)
        image.callRuntime("simple_rt_string_concat", line: 2)
        image.emit(0x49, 0x89, 0xC4)
        image.loop(to: start)
        image.emit(0x49, 0x8B, 0x74, 0x24, 0x08)  // mov rsi, [r12 + 8]
        image.move(7, 0)
        image.callRuntime("simple_rt_sink_i64")
        image.move(7, 0)
        image.address(6, newline)
        image.callRuntime("simple_rt_sink_string")
        image.emit(0x41, 0x5C, 0x5B)  // pop r12; pop rbx
        image.move(0, 0)
        image.end()
        return image
    }

    /// Prints each argument on a line of its own: joined by newlines.
    static func arguments() -> TestImage {
        var image = TestImage()
        let newline = image.string("\n")
        image.begin("main")
        image.callRuntime("simple_rt_arguments")
        image.emit(0x48, 0x89, 0xC6)  // mov rsi, rax
        image.address(7, newline)
        image.callRuntime("simple_rt_string_join")
        image.emit(0x48, 0x89, 0xC6)
        image.move(7, 0)
        image.callRuntime("simple_rt_sink_string")
        image.move(0, 0)
        image.end()
        return image
    }

    /// Loads a word of data through a base-relocated pointer and returns it.
    static func relocated() -> TestImage {
        var image = TestImage()
        image.begin("main")
        image.address(0, TestImage.dataAddress + 8)
        image.emit(0x48, 0x8B, 0x00, 0x48, 0x8B, 0x00)  // mov rax, [rax]; mov rax, [rax]
        image.end()
        image.words = [UInt64(TestImage.dataAddress + 16), 42]
        image.baseRelocations = [UInt64(TestImage.dataAddress + 8)]
        return image
    }
}

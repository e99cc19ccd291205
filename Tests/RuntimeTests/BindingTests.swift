import Runtime
import RuntimeABI
import Testing

@Suite struct BindingTests {
    /// The search by name finds each entry of RuntimeABI's table, and nothing else.
    @Test func everyEntryIsBound() throws {
        #expect(runtimeEntries.count == RuntimeFunction.allCases.count)
        var addresses: Set<UnsafeRawPointer> = []
        for function in RuntimeFunction.allCases {
            let name = function.entry.name
            let text = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            let hash = text.reduce(2_166_136_261 as UInt32) { ($0 ^ UInt32($1)) &* 16_777_619 }
            #expect(runtimeFunction(named: text, hash: hash) == function)
            #expect(runtimeFunction(named: UnsafeBufferPointer(rebasing: text.dropLast()), hash: hash) == nil)
            let address = try #require(runtimeAddress(of: function))
            #expect(addresses.insert(address).inserted)
        }
        #expect(runtimeFunction(named: UnsafeBufferPointer(start: nil, count: 0), hash: 0) == nil)
    }

    @Test func entriesCanBeCalledByTable() throws {
        try withRuntime {
            let results = try callEntry(.powInteger, [3, 4, UInt64(TrapType.i64.rawValue)])
            #expect(results.first == 81)
            #expect(try callEntry(.powF64, [], [2, 10]).real == 1024)
            #expect(try callEntry(.u64ToF64, [UInt64.max]).real == 18446744073709551616.0)
            let parsed = try callEntry(.stringToFloat, [UInt64(UInt(bitPattern: makeString("2.5")))])
            #expect(parsed.first == 1 && parsed.real == 2.5)
        }
    }

    @Test(arguments: [
        (RuntimeFunction.panicTrap, [UInt64(1 | 3 << 8 | 3 << 16)], "panic[P001]: integer overflow in i32 multiplication\n"),
        (.panicTrap, [4], "panic[P004]: division by zero\n"), (.panicTrap, [20], "panic[P005]: step is zero\n"),
        (.panicIndex, [UInt64(bitPattern: -4), 3, 1], "panic[P008]: index -4 out of range for str of length 3\n"),
        (.panicDestructure, [2, 5, 1], "panic[P011]: destructuring expected at least 2 elements, got 5\n"),
        (.powInteger, [2, 8, UInt64(TrapType.u8.rawValue)], "panic[P001]: integer overflow in u8 power\n"),
        (.powInteger, [2, UInt64(bitPattern: -1), 4], "panic[P005]: negative exponent\n"),
        (.exit, [UInt64(1) << 40], "panic[P002]: exit code 1099511627776 does not fit i32\n"),
        (.arrayNew, [8, 4, UInt64(1) << 60, 0], "panic[P017]: out of memory"),
    ] as [(RuntimeFunction, [UInt64], String)])
    func panicsAreCaught(_ function: RuntimeFunction, _ arguments: [UInt64], _ message: String) {
        var status: Int32?
        let caught = catchProgram {
            do throws(ProgramEnd) { _ = try callEntry(function, arguments) } catch { status = error.status }
        }
        #expect(status == 101)
        #expect(String(decoding: caught.errors, as: UTF8.self).hasPrefix(message))
    }

    @Test func outputAndExitAreCaught() {
        var status: Int32?
        let caught = catchProgram {
            do throws(ProgramEnd) {
                _ = try callEntry(.sinkI64, [0, 42])
                _ = try callEntry(.sinkBool, [0, 1])
                _ = try callEntry(.exit, [300])
            } catch { status = error.status }
        }
        #expect(String(decoding: caught.output, as: UTF8.self) == "42true")
        #expect(status == 300)
    }

    @Test func powers() throws {
        for (base, exponent, expected) in [(0, 0, 1), (-2, 63, Int.min), (-1, 1_000_001, -1), (10, 18, 1_000_000_000_000_000_000), (0, 5, 0), (1, Int.max, 1)] {
            #expect(simple_rt_pow_integer(base, exponent, UInt32(TrapType.i64.rawValue)) == expected)
        }
        #expect(simple_rt_pow_integer(-2, 7, UInt32(TrapType.i8.rawValue)) == -128)
        #expect(simple_rt_pow_integer(2, 63, UInt32(TrapType.u64.rawValue)) == Int.min)
    }
}

import FuzzTargets
import Glibc
import SMF
import Testing

/// What reading a module costs is in proportion to its size (SMF_FORMAT, robustness).
@Suite(.serialized) struct HostileTests {
    /// Processor time of this thread.
    private func time(_ work: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let start = now()
        work()
        return now() - start
    }

    /// Work is counted in passes over the file: as many as it takes the time of (by CRC-32C, byte by byte). Linear work
    /// takes tens of passes, for the inspector hundreds; what looks at a long name for each row takes thousands.
    @Test(arguments: HostileModules.all(size: 1 << 20))
    func workIsInProportionToTheSize(module: HostileModule) {
        let pass = (0..<3).map { _ in
            time {
                var checksum = CRC32C()
                module.bytes.withUnsafeBytes { checksum.update($0) }
                #expect(checksum.value != 0)
            }
        }.min() ?? 0
        for target in FuzzTarget.allCases where target.readsModules {
            let passes = time { target.run(module.bytes) } / pass
            #expect(passes < (target == .inspector ? 3000 : 400), "\(target), \(module.name): \(Int(passes)) passes")
        }
    }

    @Test func linkedImagesAreNotSearchedByLongNames() {
        // The section headers of an executable, all with one long name.
        let count = 20_000
        var file = [UInt8](repeating: 0x61, count: 64 + count * 64 + 1_500_000)
        file.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for i in 0..<(64 + count * 64) { bytes[i] = 0 }
            for (i, byte) in ([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] as [UInt8]).enumerated() { bytes[i] = byte }
            smfStore16(base, 16, 2)
            smfStore16(base, 18, 62)
            smfStore64(base, 40, 64)
            smfStore16(base, 58, 64)
            smfStore16(base, 60, UInt16(count))
            for i in 0..<count {
                smfStore32(base, 64 + i * 64 + 4, 3)
                smfStore64(base, 64 + i * 64 + 24, UInt64(64 + count * 64))
                smfStore64(base, 64 + i * 64 + 32, 1_500_000)
            }
        }
        let pass = time {
            var checksum = CRC32C()
            file.withUnsafeBytes { checksum.update($0) }
        }
        let passes = time { file.withUnsafeBytes { #expect(embeddedImage(in: $0) == nil) } } / pass
        #expect(passes < 100, "\(Int(passes)) passes")
    }
}

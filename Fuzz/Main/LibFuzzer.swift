// What libFuzzer calls. The target is the environment variable SIMPLE_FUZZ_TARGET; Fuzz/run sets it.

import CPlatform
import FuzzTargets

private let target: FuzzTarget = {
    guard let name = getenv("SIMPLE_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
        fatalError("SIMPLE_FUZZ_TARGET is not one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()

/// libFuzzer's own mutations of plain bytes.
@_silgen_name("LLVMFuzzerMutate")
private func libFuzzerMutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximumSize: Int) -> Int

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    target.run(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximumSize: Int, _ seed: UInt32) -> Int {
    // Now and then plain bytes for modules too: what the careful mutator never thinks of.
    if !target.readsModules || seed % 16 == 0 { return libFuzzerMutate(data, size, maximumSize) }
    var module = Array(UnsafeBufferPointer(start: data, count: size))
    var mutator = SMFMutator(seed: UInt64(seed))
    mutator.mutate(&module, maximumSize: maximumSize)
    for (i, byte) in module.enumerated() { data[i] = byte }
    return module.count
}

internal import CPlatform
internal import Loader
internal import Runtime
internal import SMF

/// The memory of a loaded module, and the state of its globals.
///
/// Everything but the constants is read and written inside the runtime only, which makes it safe to share.
final class ModuleImage: @unchecked Sendable {
    let loaded: LoadedImage
    let reader: SMFReader
    /// Image address of `simple.initialize`, if there is something to initialise.
    private let initializer: UInt64?
    private var isInitialized = false
    /// Initialisers, functions or the host may have written globals.
    private var isDirty = false
    /// The bytes of the writable sections before anything ran, by section; made before something can write them.
    private var pristine: [(offset: Int, bytes: [UInt8])] = []

    init(_ mapped: MappedImage, _ imports: [BoundImport]) {
        loaded = activate(mapped, imports)
        reader = mapped.reader
        let name = Array("simple.initialize".utf8)
        let symbol = name.withUnsafeBufferPointer { mapped.reader.exportedSymbol(named: $0) }.map { mapped.reader.symbol($0) }
        initializer = symbol.flatMap { $0.isFunction && !$0.isAbsolute ? $0.value : nil }
    }

    /// The address of what lies at an image address.
    func pointer(_ address: UInt64) -> UnsafeMutableRawPointer { loaded.base + Int(address) }

    /// Runs the initialisers unless they have run.
    func initialize() throws(CallError) {
        if isInitialized { return }
        reset()
        willWrite()
        if let initializer {
            var call = cp_host_call()
            call.function = UnsafeRawPointer(pointer(initializer))
            // Recursion through the host must not run them twice.
            isInitialized = true
            do throws(CallError) { try check(callCompiled(&call)) } catch {
                isInitialized = false
                throw error
            }
        }
        isInitialized = true
    }

    /// Runs the program from fresh globals. After its normal end the globals stay as it left them.
    func run() -> CallEnd {
        reset()
        willWrite()
        isInitialized = false
        let end = runEntry(loaded.entry)
        if case .exited = end { isInitialized = true }
        return end
    }

    /// Remembers what globals look like before anything runs.
    private func willWrite() {
        isDirty = true
        if !pristine.isEmpty { return }
        for index in 0..<reader.sectionCount {
            let section = reader.section(index)
            guard section.flags.contains(.write), section.size > 0 else { continue }
            let start = loaded.base + Int(section.offset)
            pristine.append(
                (Int(section.offset), Array(UnsafeRawBufferPointer(start: start, count: Int(section.size)))))
        }
    }

    /// Gives the globals the values that they had when the module was loaded.
    private func reset() {
        if !isDirty { return }
        for (offset, bytes) in pristine {
            bytes.withUnsafeBytes { bytes in
                if let source = bytes.baseAddress { (loaded.base + offset).copyMemory(from: source, byteCount: bytes.count) }
            }
        }
        for index in 0..<reader.sectionCount {
            let section = reader.section(index)
            if section.kind == .bss, section.virtualSize > 0 {
                memset(loaded.base + Int(section.offset), 0, Int(section.virtualSize))
            }
        }
        isDirty = false
    }

    /// Hands the memory over to be unmapped when nothing refers to it any more.
    /// - Requires: inside the runtime; called once, after which the image is not used.
    func retire() {
        removeRootRanges(within: UInt(bitPattern: loaded.base), loaded.span)
        Graveyard.add(Graveyard.Grave(base: UInt(bitPattern: loaded.base), span: loaded.span))
        Graveyard.bury()
    }

    /// As `retire`, for a module that nobody holds any more; from any thread. Does not wait for running programs: what
    /// cannot be done now is done when a module is unloaded next.
    func abandon() {
        let base = UInt(bitPattern: loaded.base)
        let span = loaded.span
        if !tryEnterRuntime({
            removeRootRanges(within: base, span)
            Graveyard.add(Graveyard.Grave(base: base, span: span))
            Graveyard.bury()
        }) {
            Graveyard.add(Graveyard.Grave(base: base, span: span))
        }
    }
}

import Glibc
import ProcessSupport
import SMF
import SimpleCompiler
import SimpleLoader

/// Compiles program text to a module's bytes.
func module(_ text: String) throws -> [UInt8] {
    var options = CompilerOptions()
    options.cache = .off
    return try CompilerPipeline(options: options).compile(text: text).module
}

/// A registry with one module made from program text. Reports of panics are not printed.
func load(_ text: String, name: String = "main") throws -> LoadedModule {
    try SimpleRuntime.setReportsPanics(false)
    return try ModuleRegistry().load(bytes: module(text), name: name)
}

/// The error of type `E` that `body` throws; `nil` if it throws none or another.
func thrown<E: Error>(_: E.Type, by body: () throws -> Void) -> E? {
    do {
        try body()
        return nil
    } catch {
        return error as? E
    }
}

/// The panic that `body` throws.
func panic(by body: () throws -> Void) -> Panic? {
    if case .panicked(let panic)? = thrown(CallError.self, by: body) { return panic }
    return nil
}

/// A small image by hand: what the compiler does not make yet, modules that import from each other.
struct HandMadeModule {
    struct Import {
        var symbol: String
        var library: String?
        var kind = SMFImportKind.module
        var flags = SMFImportFlags.required
        var abiHash: UInt64 = 0
    }
    var name: String
    /// Functions i64 -> i64 and their code. `nil`: jumps to the import of the same place.
    var functions: [(name: String, code: [UInt8]?)] = []
    var imports: [Import] = []
    var isExecutable = false
    var runtimeABI: UInt64 = 1
    var architecture = SMFArchitecture.x86_64
    var platform = SMFPlatform.linux

    /// `lea rax, [rdi + amount]; ret`.
    static func add(_ amount: UInt8) -> [UInt8] { [0x48, 0x8D, 0x47, amount, 0xC3] }

    var interface: [UInt8] {
        Array(("module \(name)\n" + functions.map { "fn \($0.name)(n: i64) -> i64 layout 0000000000000001\n" }.joined()).utf8)
    }
    var abiHash: UInt64 { interface.withUnsafeBytes { xxh64($0) } }

    func build() -> [UInt8] {
        var writer = SMFWriter(platform: platform, architecture: architecture, flags: [.linked, .positionIndependent])
        writer.setRuntimeABI(runtimeABI)
        writer.setABIHash(abiHash)
        var code: [UInt8] = []
        var starts: [Int] = []
        for (i, function) in functions.enumerated() {
            while code.count % 16 != 0 { code.append(0xCC) }
            starts.append(code.count)
            if let body = function.code {
                code += body
            } else {
                let distance = UInt32(0x3000 + i * 8 - (0x1000 + code.count + 6))
                code += [0xFF, 0x25] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> (8 * $0)) }
            }
        }
        let text = writer.addCode(code.isEmpty ? [0xC3] : code, alignment: 4096)
        _ = writer.addSection(
            type: SMFSectionType.interface.rawValue, flags: .read, bytes: ContiguousArray(interface), alignment: 4096,
            name: ".iface")
        let libraries = imports.map { item in item.library.map { writer.addString($0) } ?? 0 }
        var payload = ContiguousArray<UInt8>(repeating: 0, count: imports.count * SMFFormat.importEntrySize)
        payload.withUnsafeMutableBytes { bytes in
            for (i, item) in imports.enumerated() {
                var entry = SMFImport(slot: UInt64(0x3000 + i * 8), symbol: UInt32(i), kind: item.kind)
                entry.flags = item.flags
                entry.abiHash = item.abiHash
                entry.library = libraries[i]
                entry.encode(to: bytes.baseAddress! + i * SMFFormat.importEntrySize)
            }
        }
        if !imports.isEmpty {
            _ = writer.addSection(
                type: SMFSectionType.imports.rawValue, flags: .read, bytes: payload, alignment: 8, name: ".imports")
        }
        _ = writer.addData([UInt8](repeating: 0, count: max(1, imports.count) * 8), readOnly: false, alignment: 4096)
        for item in imports { _ = writer.addUndefinedSymbol(name: item.symbol) }
        for (function, start) in zip(functions, starts) {
            _ = writer.addSymbol(
                name: "\(name).\(function.name)", type: .function, binding: .global, section: text + 1,
                value: UInt64(0x1000 + start), size: 5)
        }
        if isExecutable { writer.setExecutable(entry: 0x1000) }
        return writer.emit()
    }
}

/// A folder that goes away with its contents. Files are replaced as a whole.
final class Folder {
    private let folder = TemporaryFolder()
    var path: String { folder.path }

    func write(_ name: String, _ bytes: [UInt8]) -> String {
        folder.write(name + ".new", bytes)
        rename("\(path)/\(name).new", "\(path)/\(name)")
        return "\(path)/\(name)"
    }
}

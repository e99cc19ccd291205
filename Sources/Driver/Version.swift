internal import CPlatform
internal import SMF

/// What this compiler is.
package enum Version {
    /// Version of the compiler; the language version is 1.
    package static let number = "0.1.0"
    /// What it makes code for.
    package static let target = "x86_64-linux"
    /// The `toolchain_id` of modules that this build of the compiler makes with these options: modules of another one
    /// are not linked with them. Never 0.
    static func toolchainID(optimize: Bool) -> UInt64 {
        var bytes = Array("simple \(number) \(target) optimize=\(optimize) ".utf8) + buildID
        bytes.append(0)
        return max(1, bytes.withUnsafeBytes { xxh64($0) })
    }

    /// The linker's digest of this very executable (its ELF build id); empty if it was linked without one.
    private static let buildID: [UInt8] = {
        var size = 0
        guard let bytes = simple_build_id(&size) else { return [] }
        return Array(UnsafeBufferPointer(start: bytes, count: size))
    }()

    /// The Version section of what the compiler makes: of the object module of `module`, or of an image.
    static func text(optimize: Bool, module: String? = nil) -> [UInt8] {
        var text: ContiguousArray<UInt8> = []
        VersionText.append(key: "compiler", value: "simple \(number)", to: &text)
        VersionText.append(key: "language", value: "1", to: &text)
        VersionText.append(key: "target", value: target, to: &text)
        VersionText.append(key: "optimize", value: "\(optimize)", to: &text)
        if let module {
            // A file's name may hold anything, a line feed included.
            let name = String(decoding: module.utf8.map { $0 < 0x20 ? 0x3F : $0 }, as: UTF8.self)
            VersionText.append(key: "module", value: name, to: &text)
        }
        return Array(text)
    }
}

internal import Cache
internal import Loader
internal import SMF

/// What this compiler is.
package enum Version {
    /// Version of the compiler; the language version is 1.
    package static let number = "0.1.0"
    /// What it makes code for.
    package static let target = "x86_64-linux"
    /// The `toolchain_id` of modules that this build of the compiler makes with these options: modules of another one
    /// are not linked with them. Never 0.
    static func toolchainID(optimize: Bool, debugInfo: Bool = false) -> UInt64 {
        let build = BuildID.current
        let text = Array("simple \(number) \(target) optimize=\(optimize)\(debugInfo ? " debug" : "") build=\(build.high),\(build.low)".utf8)
        return max(1, text.withUnsafeBytes { xxh64($0) })
    }

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

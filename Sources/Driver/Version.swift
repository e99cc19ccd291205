internal import SMF

/// What this compiler is.
package enum Version {
    /// Version of the compiler; the language version is 1.
    package static let number = "0.1.0"
    /// What it makes code for.
    package static let target = "x86_64-linux"
    /// The `toolchain_id` of modules that this compiler makes: modules of another one are not linked with them.
    static let toolchainID: UInt64 = {
        var text = "simple \(number) \(target)"
        return text.withUTF8 { xxh64(UnsafeRawBufferPointer($0)) }
    }()
}

/// What this compiler is.
package enum Version {
    /// Version of the compiler; the language version is 1.
    package static let number = "0.1.0"
    /// What it makes code for.
    package static let target = "x86_64-linux"
}

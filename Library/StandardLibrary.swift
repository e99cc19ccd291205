/// The standard library's sources, as the build embedded them (Package.swift: `embedInCode`).
package enum StandardLibrary {
    /// The bytes of `std/prelude.simple`. O(1): they lie in the executable's data.
    package static var prelude: [UInt8] { PackageResources.prelude_simple }
}

internal import SMF

/// SMF modules in words, for `inspect`, `--emit` and the verifiers.
package enum ModuleInspector {
    /// The text form of a module, also of one inside an executable, as far as it can be read, and whether it keeps every rule of the format.
    package static func describe(_ bytes: [UInt8]) -> (text: String, isSound: Bool) {
        bytes.withUnsafeBytes { file in
            // A standalone executable is the module inside.
            let raw = embeddedImage(in: file).map { UnsafeRawBufferPointer(rebasing: file[$0]) } ?? file
            return (smfText(raw), problem(with: raw) == nil)
        }
    }

    /// The first rule of the format that the module breaks, in words.
    static func problem(with bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { problem(with: $0) }
    }

    private static func problem(with bytes: UnsafeRawBufferPointer) -> String? {
        do throws(SMFError) {
            try SMFReader(bytes).validate()
            return nil
        } catch {
            return error.description
        }
    }
}

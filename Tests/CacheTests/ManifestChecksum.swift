import Loader
import SMF

/// Makes the checksum of a changed manifest right again.
enum ManifestChecksum {
    static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.withUnsafeMutableBytes { buffer in
            let checked = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[ManifestLayout.checkedStart...])
            buffer.storeBytes(of: xxh64(checked), toByteOffset: ManifestLayout.checksum, as: UInt64.self)
        }
        return bytes
    }
}

internal import CPlatform
package import Loader

/// The identity of the running compiler: changes with every build that differs.
package enum BuildID {
    /// Digest of the linker's build id, which the linker computes from the executable's contents. An executable without
    /// one (a test bundle's host) is told apart by its file.
    package static let current: ContentDigest = {
        var id = [UInt8](repeating: 0, count: 64)
        let size = id.withUnsafeMutableBufferPointer { simple_build_id($0.baseAddress, $0.count) }
        if size > 0 { return id.withUnsafeBytes { ContentDigest(of: UnsafeRawBufferPointer(rebasing: $0[0..<size])) } }
        var status = stat()
        var key = CacheKey("executable")
        if stat("/proc/self/exe", &status) == 0 {
            let stamp = FileStamp(status)
            key.add(stamp.size)
            key.add(UInt64(bitPattern: stamp.modified))
            key.add(UInt64(bitPattern: stamp.changed))
            key.add(stamp.inode)
            key.add(stamp.device)
        }
        return key.digest
    }()
}

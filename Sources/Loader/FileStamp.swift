/// What tells versions of a file apart without reading it.

import CPlatform

/// Size, times and identity of a file or directory, as `stat` gives them. Two equal stamps mean the same contents only
/// under the rules of Docs/cache.md ("When a stamp is believed").
package struct FileStamp: Equatable, Sendable {
    /// Bytes.
    package var size: UInt64
    /// Time of the last change of the contents, in nanoseconds since 1970.
    package var modified: Int64
    /// Time of the last change of contents or metadata; users cannot set it.
    package var changed: Int64
    package var inode: UInt64
    package var device: UInt64

    /// Bytes of a stamp in a manifest.
    package static let encodedSize = 40

    package init(size: UInt64, modified: Int64, changed: Int64, inode: UInt64, device: UInt64) {
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.device = device
    }

    /// The stamp in what a call of the `stat` family filled in.
    package init(_ status: stat) {
        size = UInt64(truncatingIfNeeded: status.st_size)
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        device = UInt64(truncatingIfNeeded: status.st_dev)
    }

    /// Decodes the stamp at `bytes`.
    init(decoding bytes: UnsafeRawPointer) {
        size = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        modified = bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self)
        changed = bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self)
        inode = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        device = bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
    }

    /// Writes the stamp to `bytes`.
    func encode(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: size, toByteOffset: 0, as: UInt64.self)
        bytes.storeBytes(of: modified, toByteOffset: 8, as: Int64.self)
        bytes.storeBytes(of: changed, toByteOffset: 16, as: Int64.self)
        bytes.storeBytes(of: inode, toByteOffset: 24, as: UInt64.self)
        bytes.storeBytes(of: device, toByteOffset: 32, as: UInt64.self)
    }

    /// `true` iff a change after `time` must show in the stamp: the file was last touched at least `resolution` before.
    package func isSettled(at time: Int64) -> Bool {
        let limit = time &- FileStamp.resolution
        return modified <= limit && changed <= limit
    }

    /// The coarsest time stamps of file systems in use (FAT: 2 s), in nanoseconds.
    package static let resolution: Int64 = 2_000_000_000
}

/// What is at a path.
package enum FileKind: UInt8, Sendable {
    case absent = 0
    /// A regular file.
    case file = 1
    case directory = 2
    /// Anything else that can be read as a stream: a pipe, a device.
    case stream = 3

    /// The kind in what a call of the `stat` family filled in.
    package init(_ status: stat) {
        let type = UInt32(status.st_mode) & UInt32(S_IFMT)
        self = type == UInt32(S_IFREG) ? .file : type == UInt32(S_IFDIR) ? .directory : .stream
    }
}

/// What is at `path`, symbolic links followed.
package func fileKind(_ path: UnsafePointer<CChar>) -> FileKind {
    var status = stat()
    return stat(path, &status) == 0 ? FileKind(status) : .absent
}

/// Wall-clock time in nanoseconds since 1970.
package func wallClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}

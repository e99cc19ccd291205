internal import CPlatform
internal import Glibc
package import Loader

/// Why the cache cannot be used or written.
package struct CacheFailure: Error, Sendable, Equatable {
    package var path: String
    package var reason: String

    init(_ path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
    init(_ path: String, code: Int32) { self.init(path, reason: String(cString: strerror(code))) }
}

/// The cache's folder: makes it, guards it, and puts entries into it all or nothing.
///
/// Entries are written to a temporary file in the same folder that then takes the entry's name; nothing is ever changed
/// in place. There is no `fsync`: an entry is believed unread only by the boot of the machine that wrote it
/// (Docs/decisions/0003), otherwise its digest is checked.
package struct CacheStore: Sendable {
    /// Absolute path of the folder.
    package let folder: String

    /// The folders in it, one per kind of entry.
    package enum Kind: String, CaseIterable, Sendable { case manifests, images, objects, locks }

    /// Uses `folder`, which is made if it is missing: for this user alone, with a mark that backups may skip it.
    /// - Throws: if it cannot be made, belongs to someone else, or can be written by others.
    package init(_ folder: String) throws(CacheFailure) {
        self.folder = folder
        var status = stat()
        if stat(folder, &status) != 0 {
            guard errno == ENOENT else { throw CacheFailure(folder, code: errno) }
            try CacheStore.makeFolder(folder)
            writeTag()
            guard stat(folder, &status) == 0 else { throw CacheFailure(folder, code: errno) }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw CacheFailure(folder, reason: "is not a folder") }
        guard status.st_uid == geteuid() else { throw CacheFailure(folder, reason: "belongs to another user") }
        guard status.st_mode & 0o022 == 0 else { throw CacheFailure(folder, reason: "can be written by other users") }
    }

    private static func makeFolder(_ path: String) throws(CacheFailure) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw CacheFailure(path, code: errno)
        }
        try makeFolder(String(path[..<slash]))
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw CacheFailure(path, code: errno) }
    }

    /// https://bford.info/cachedir: tells backup programs that nothing here is worth keeping.
    private func writeTag() {
        let descriptor = cp_create_new(folder + "/CACHEDIR.TAG", 0o600)
        if descriptor < 0 { return }
        let text = "Signature: 8a477f597d28d172789f06886806bc55\n# Compiled programs of Simple; may be deleted at any time.\n"
        _ = text.utf8CString.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count - 1) }
        close(descriptor)
    }

    /// Path of the entry `name`.
    package func path(_ kind: Kind, _ name: String) -> String { "\(folder)/\(kind.rawValue)/\(name)" }
    package func path(_ kind: Kind) -> String { "\(folder)/\(kind.rawValue)" }

    /// Puts an entry in its place, whatever was there before.
    package func write(_ kind: Kind, _ name: String, _ bytes: [UInt8]) throws(CacheFailure) {
        let path = path(kind, name)
        var attempt = 0
        while true {
            let temporary = "\(folder)/\(kind.rawValue)/.\(getpid())-\(attempt)-\(Timestamp.now)"
            let descriptor = cp_create_new(temporary, 0o600)
            if descriptor < 0 {
                if errno == ENOENT, attempt == 0 {
                    if mkdir(self.path(kind), 0o700) != 0, errno != EEXIST {
                        throw CacheFailure(self.path(kind), code: errno)
                    }
                } else if errno != EEXIST || attempt > 100 {
                    throw CacheFailure(temporary, code: errno)
                }
                attempt += 1
                continue
            }
            var code: Int32 = 0
            var done = 0
            bytes.withUnsafeBytes { bytes in
                while done < bytes.count {
                    let written = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                    if written < 0 {
                        if errno == EINTR { continue }
                        code = errno
                        return
                    }
                    done += written
                }
            }
            // Some file systems say only here that the disk is full.
            if close(descriptor) != 0, code == 0 { code = errno }
            if code == 0, rename(temporary, path) != 0 { code = errno }
            if code == 0 { return }
            unlink(temporary)
            throw CacheFailure(path, code: code)
        }
    }

    /// The bytes of an entry; `nil` if it is missing, unreadable, or not this user's.
    package func read(_ kind: Kind, _ name: String) -> [UInt8]? {
        let descriptor = cp_open_read(path(kind, name))
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0, status.st_size < 1 << 31
        else { return nil }
        let size = Int(status.st_size)
        var isComplete = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = pread(descriptor, buffer.baseAddress! + count, size - count, count)
                if got < 0, errno == EINTR { continue }
                if got <= 0 { return }
                count += got
            }
            isComplete = true
        }
        // When it was last used, to the hour.
        if Timestamp.now - FileStamp(status).modified > 3_600_000_000_000 { futimens(descriptor, nil) }
        return isComplete ? bytes : nil
    }

    /// Waits for the lock of a program, so that of many first runs one compiles and the others find its result. Gives up
    /// after `patience` seconds, or if locks don't work here: everything is correct without.
    /// - Returns: the file that holds the lock until it is closed or the process becomes another program; -1: no lock.
    package func lock(_ key: ContentDigest, patience: Double = 20) -> Int32 {
        // A lock is for all programs whose digests begin alike: the number of files stays bounded.
        let name = String(key.low & 0xFF, radix: 16)
        var descriptor = simple_open_lock(path(.locks, name))
        if descriptor < 0, errno == ENOENT {
            mkdir(path(.locks), 0o700)
            descriptor = simple_open_lock(path(.locks, name))
        }
        if descriptor < 0 { return -1 }
        var pause: UInt32 = 200
        var waited = 0.0
        while simple_try_lock(descriptor) != 0 {
            if errno != EWOULDBLOCK && errno != EINTR || waited > patience {
                close(descriptor)
                return -1
            }
            usleep(pause)
            waited += Double(pause) / 1e6
            if pause < 5000 { pause += pause / 4 }
        }
        return descriptor
    }
}

/// Wall-clock times as the cache counts them.
package enum Timestamp {
    /// Nanoseconds since 1970.
    package static var now: Int64 { wallClock() }
}

extension ContentDigest {
    /// The 32 hexadecimal digits that name an entry.
    package var text: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { write(to: $0.baseAddress!) }
            return 32
        }
    }
    /// The digest of an array of bytes.
    package init(_ bytes: [UInt8]) { self = bytes.withUnsafeBytes { ContentDigest(of: $0) } }
}

extension ContentDigest {
    /// The digest that 32 hexadecimal digits name; other text names one that nothing has.
    package init(hexadecimal text: Substring) {
        let bytes = Array(text.utf8)
        let digits = bytes.count == 32 ? String(decoding: bytes, as: UTF8.self) : "0"
        self.init(low: UInt64(digits.suffix(16), radix: 16) ?? 0, high: UInt64(digits.prefix(16), radix: 16) ?? 0)
    }
}

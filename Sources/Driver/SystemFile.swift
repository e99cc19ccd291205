internal import CPlatform
internal import Glibc
package import Loader
internal import Support

/// A system call that failed, in words for people.
package struct SystemFailure: Error, Sendable, Equatable {
    /// What was to be done: `read`, `write`, `create`.
    package var action: String
    package var path: String
    package var reason: String

    package init(_ action: String, _ path: String, reason: String) {
        self.action = action
        self.path = path
        self.reason = reason
    }
    /// The failure that `code` (an `errno` value) describes.
    package init(_ action: String, _ path: String, code: Int32) {
        self.init(action, path, reason: String(cString: strerror(code)).lowercasedFirst)
    }
    /// `cannot read `a.simple`: no such file or directory`.
    package var message: String { "cannot \(action) `\(path)`: \(reason)" }
}

extension String {
    /// The text with an ASCII capital at its start made small.
    var lowercasedFirst: String {
        guard let first = utf8.first, first >= 65, first <= 90 else { return self }
        return String(UnicodeScalar(first + 32)) + dropFirst()
    }
}

/// Which file a path leads to: equal iff two paths name one file.
package struct FileIdentity: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64

    package init(_ stamp: FileStamp) {
        device = stamp.device
        inode = stamp.inode
    }

    /// For a `HashIndex`.
    var hash: UInt32 { HashIndex.hash(inode ^ device << 48) }
}

/// Access to the file system without Foundation, whose start-up costs more than a small compilation.
package enum SystemFile {
    /// Sources beyond this are refused: positions are 32-bit, and nobody writes such a module.
    package static let sizeLimit = 256 << 20

    /// What is at a path.
    package enum Kind: Sendable { case file, directory, absent }

    /// What is at `path`, symbolic links followed. Anything that can be read as a stream counts as a file.
    package static func kind(of path: String) -> Kind {
        var info = stat()
        if stat(path, &info) != 0 { return .absent }
        return info.st_mode & S_IFMT == S_IFDIR ? .directory : .file
    }

    /// The stamp of the file or directory at `path`; `nil` if there is none.
    package static func stamp(of path: String) -> FileStamp? {
        var info = stat()
        return stat(path, &info) == 0 ? FileStamp(info) : nil
    }

    /// The current directory; `/` if it is gone.
    package static var currentDirectory: String {
        guard let text = getcwd(nil, 0) else { return "/" }
        defer { free(text) }
        return String(cString: text)
    }

    /// The contents of the file at `path`.
    /// - Throws: `SystemFailure` if it cannot be read, is a directory, or is larger than `sizeLimit`.
    package static func read(_ path: String) throws(SystemFailure) -> [UInt8] { try readSource(path).bytes }

    /// As `read`, with the file's stamp from before the first byte was read; no stamp: not a regular file.
    package static func readSource(_ path: String) throws(SystemFailure) -> (bytes: [UInt8], stamp: FileStamp?) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw SystemFailure("read", path, code: errno) }
        defer { close(descriptor) }
        var info = stat()
        if fstat(descriptor, &info) != 0 { throw SystemFailure("read", path, code: errno) }
        if info.st_mode & S_IFMT == S_IFDIR { throw SystemFailure("read", path, reason: "is a directory") }
        let tooLarge = SystemFailure("read", path, reason: "larger than \(sizeLimit >> 20) MiB")
        if info.st_size > sizeLimit { throw tooLarge }
        let stamp = info.st_mode & S_IFMT == S_IFREG ? FileStamp(info) : nil

        // One byte more than the size, so that the end is seen without growing; streams (size 0) grow.
        var capacity = max(Int(info.st_size) + 1, 4096)
        var result: [UInt8] = []
        while true {
            let known = result
            var code: Int32 = 0
            var ended = false
            result = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                for i in 0..<known.count { buffer[i] = known[i] }
                count = known.count
                while count < capacity {
                    let n = Glibc.read(descriptor, buffer.baseAddress! + count, capacity - count)
                    if n < 0 {
                        if errno == EINTR { continue }
                        code = errno
                        return
                    }
                    if n == 0 {
                        ended = true
                        return
                    }
                    count += n
                }
            }
            if code != 0 { throw SystemFailure("read", path, code: code) }
            if ended { return (result, stamp) }
            if result.count > sizeLimit { throw tooLarge }
            capacity *= 2
        }
    }

    /// Closes `descriptor`.
    package static func closeFile(_ descriptor: Int32) { _ = close(descriptor) }

    /// Writes all of `bytes` to `descriptor`. Returns 0 or an `errno` value.
    package static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var done = 0
        while done < bytes.count {
            let n = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if n < 0 {
                if errno == EINTR { continue }
                // Somebody made the descriptor non-blocking: wait instead of losing text.
                if errno == EAGAIN {
                    cp_wait_writable(descriptor)
                    continue
                }
                return errno
            }
            if n == 0 { return EIO }
            done += n
        }
        return 0
    }

    /// Writes `text` to an open file: stderr (2), where losing it is nobody's concern; for stdout there is
    /// `StandardOutput`. Returns 0 or an `errno` value.
    @discardableResult
    package static func print(_ text: String, to descriptor: Int32) -> Int32 {
        var copy = text
        return copy.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    /// Makes `path` hold `bytes`, all or nothing: a temporary file beside it takes its place by `rename`,
    /// so that a full disk or a crash leaves what was there before.
    /// A path that names a device or pipe (`/dev/stdout`) is written directly.
    /// - Parameter mode: the new file's permissions, before the process's mask.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o666) throws(SystemFailure) {
        var info = stat()
        if stat(path, &info) == 0 {
            let type = info.st_mode & S_IFMT
            if type == S_IFDIR { throw SystemFailure("write", path, reason: "is a directory") }
            if type != S_IFREG {
                let descriptor = open(path, O_WRONLY | O_CLOEXEC)
                if descriptor < 0 { throw SystemFailure("write", path, code: errno) }
                let code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
                close(descriptor)
                if code != 0 { throw SystemFailure("write", path, code: code) }
                return
            }
        }
        var attempt = 0
        while true {
            let temporary = "\(path).\(getpid())-\(attempt).tmp"
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            if descriptor < 0 {
                if errno == EEXIST, attempt < 100 {
                    attempt += 1
                    continue
                }
                throw SystemFailure("write", path, code: errno)
            }
            var code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
            if close(descriptor) != 0, code == 0 { code = errno }
            if code == 0, rename(temporary, path) != 0 { code = errno }
            if code != 0 {
                unlink(temporary)
                throw SystemFailure("write", path, code: code)
            }
            return
        }
    }
}

/// Operations on path text.
package enum PathText {
    /// `name` inside `directory`; an empty directory is the current one.
    package static func join(_ directory: String, _ name: String) -> String {
        if directory.isEmpty { return name }
        return directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }
    /// What stands before the last `/`: empty for a file of the current directory.
    package static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: 47) else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
    /// What stands behind the last `/`.
    package static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: 47) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }
    /// `path` from the root directory, without `.`, `..` and double slashes; `current` is where it is relative to.
    package static func absolute(_ path: String, from current: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : current + "/" + path).split(separator: "/") {
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }
    /// The shortest way from the directory `current` to `path`; both absolute and without `..`.
    package static func relative(_ path: String, to current: String) -> String {
        let target = path.split(separator: "/")
        let start = current.split(separator: "/")
        var common = 0
        while common < target.count - 1, common < start.count, target[common] == start[common] { common += 1 }
        return (Array(repeating: "..", count: start.count - common) + target[common...]).joined(separator: "/")
    }
    /// Whether `path` is inside `directory`; then also the way from there.
    package static func inside(_ path: String, _ directory: String) -> String? {
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.utf8.count)) : nil
    }
    /// `name` without the extension of a source file.
    package static func withoutSourceExtension(_ name: String) -> String {
        for suffix in [".simple", ".spl"] where name.hasSuffix(suffix) && name.utf8.count > suffix.utf8.count {
            return String(name.dropLast(suffix.count))
        }
        return name
    }
}

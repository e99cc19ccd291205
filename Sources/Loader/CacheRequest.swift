/// Which program is wanted, and where the cache would have it. `simple` and `simplec` share this, so that they agree.

import CPlatform

/// How far the cache is believed (`--cache=`, `SIMPLE_CACHE`).
package enum CacheMode: UInt8, Sendable {
    /// Stamps are believed where that is safe. The default.
    case fast
    /// Everything is compared by contents.
    case content
    /// The program is compiled, and its image compared with the cached one.
    case verify
    /// The cache is neither read nor written.
    case off

    /// The mode that `text` names.
    package init?(_ text: UnsafePointer<CChar>) {
        if strcmp(text, "fast") == 0 {
            self = .fast
        } else if strcmp(text, "content") == 0 {
            self = .content
        } else if strcmp(text, "verify") == 0 {
            self = .verify
        } else if strcmp(text, "off") == 0 {
            self = .off
        } else {
            return nil
        }
    }

    /// Whether objects of earlier builds are taken: not where everything is to be compiled, to compare or on purpose.
    package var reusesObjects: Bool { self == .fast || self == .content }
}

/// A C string that grows up to a limit. Its memory is never freed: a process asks for one program.
package struct PathBuffer {
    package let text: UnsafeMutablePointer<CChar>
    package private(set) var count = 0
    /// Something did not fit; what is there is cut off.
    package private(set) var isFull = false
    private let capacity: Int

    /// An empty text of at most `capacity - 1` bytes.
    package init(capacity: Int = 4096) {
        text = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
        text[0] = 0
        self.capacity = capacity
    }

    package mutating func append(_ bytes: UnsafePointer<CChar>, _ size: Int) {
        if size >= capacity &- count {
            isFull = true
            return
        }
        memcpy(text + count, bytes, size)
        count &+= size
        text[count] = 0
    }
    package mutating func append(_ string: UnsafePointer<CChar>) { append(string, strlen(string)) }
    package mutating func append(_ literal: StaticString) {
        append(UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self), literal.utf8CodeUnitCount)
    }
    package mutating func append(_ digest: ContentDigest) {
        var digits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { buffer in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            digest.write(to: start)
            append(start, 32)
        }
    }
    /// Cuts the text behind `size` bytes.
    package mutating func truncate(_ size: Int) {
        count = size
        text[size] = 0
    }
    /// Cuts off everything behind the last slash.
    mutating func dropName() {
        while count > 0 && text[count &- 1] != 47 { count &-= 1 }
        text[count] = 0
    }
}

/// Options that change what is compiled; part of a manifest's key.
package struct CompileOptionBits: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// `--no-optimize`.
    package static let noOptimization = CompileOptionBits(rawValue: 1)
    /// `--debug-info`, or the wish to debug.
    package static let debugInfo = CompileOptionBits(rawValue: 2)
}

/// A program, by path and options, and the names of its entries.
package struct CacheRequest {
    /// Absolute path of the root module: without `.` and double slashes, but with `..`, whose meaning depends on links.
    package let rootPath: UnsafePointer<CChar>
    /// Absolute path of the compiler.
    package let compilerPath: UnsafePointer<CChar>
    package let options: CompileOptionBits
    /// The cache's folder.
    package let folder: UnsafePointer<CChar>
    package let manifestPath: UnsafePointer<CChar>
    /// Digest of root path, compiler path and options: the manifest's name.
    package let key: ContentDigest
    /// What the paths in warnings depend on besides: the current directory and the root's path as given.
    package let warningContext: ContentDigest

    /// The request for the source at `path`; `nil` if there is no cache for it: no folder, or a path that is too long.
    ///
    /// - Parameters:
    ///   - folder: absolute path of the cache's folder; `nil`: the environment says where it is.
    ///   - compiler: absolute path of the compiler; `nil`: `simplec` beside this executable.
    package init?(
        path: UnsafePointer<CChar>, options: CompileOptionBits, folder wanted: UnsafePointer<CChar>? = nil,
        compiler wantedCompiler: UnsafePointer<CChar>? = nil
    ) {
        var current = PathBuffer()
        defer { current.text.deallocate() }
        guard getcwd(current.text, 4096) != nil else { return nil }
        current.truncate(strlen(current.text))
        guard let folder = wanted ?? CacheRequest.findFolder(current) else { return nil }

        var root = PathBuffer()
        if path[0] != 47 { root.append(current.text) }
        var next = path
        while next[0] != 0 {
            var length = 0
            while next[length] != 0 && next[length] != 47 { length &+= 1 }
            if length > 0 && !(length == 1 && next[0] == 46) {
                if root.count == 0 || root.text[root.count &- 1] != 47 { root.append("/") }
                root.append(next, length)
            }
            next += next[length] == 0 ? length : length &+ 1
        }

        var compiler = PathBuffer()
        if let wantedCompiler {
            compiler.append(wantedCompiler)
        } else {
            let length = readlink("/proc/self/exe", compiler.text, 4000)
            if length <= 0 { return nil }
            compiler.truncate(length)
            compiler.dropName()
            compiler.append("simplec")
        }

        var key = PathBuffer(capacity: 3 * 4096)
        defer { key.text.deallocate() }
        key.append("simple manifest 1 ")
        var bits = options.rawValue
        withUnsafeBytes(of: &bits) { bytes in
            if let start = bytes.baseAddress { key.append(start.assumingMemoryBound(to: CChar.self), 4) }
        }
        key.append(compiler.text, compiler.count &+ 1)
        key.append(root.text, root.count)
        let digest = ContentDigest(of: UnsafeRawBufferPointer(start: key.text, count: key.count))
        key.truncate(0)
        key.append(current.text, current.count &+ 1)
        key.append(path)
        warningContext = ContentDigest(of: UnsafeRawBufferPointer(start: key.text, count: key.count))

        var manifest = PathBuffer()
        manifest.append(folder)
        manifest.append("/manifests/")
        manifest.append(digest)
        if root.isFull || compiler.isFull || key.isFull || manifest.isFull { return nil }
        rootPath = UnsafePointer(root.text)
        compilerPath = UnsafePointer(compiler.text)
        self.options = options
        self.folder = folder
        manifestPath = UnsafePointer(manifest.text)
        self.key = digest
    }

    /// The cache's folder by the environment, absolute; `nil` if nothing says where it is.
    private static func findFolder(_ current: PathBuffer) -> UnsafePointer<CChar>? {
        var folder = PathBuffer()
        if let directory = getenv("SIMPLE_CACHE_DIR"), directory[0] != 0 {
            if directory[0] != 47 {
                folder.append(current.text)
                folder.append("/")
            }
            folder.append(directory)
        } else if let directory = getenv("XDG_CACHE_HOME"), directory[0] == 47 {
            folder.append(directory)
            folder.append("/simple")
        } else if let home = getenv("HOME"), home[0] == 47 {
            folder.append(home)
            folder.append("/.cache/simple")
        } else {
            return nil
        }
        return folder.isFull ? nil : UnsafePointer(folder.text)
    }

    /// Frees the texts but that of the folder, for processes that ask for many programs. Nothing of the request may be
    /// used any more.
    package func free() {
        rootPath.deallocate()
        compilerPath.deallocate()
        manifestPath.deallocate()
    }

    /// The cache's folder by the environment; `nil` if nothing says where it is.
    package static func folder() -> UnsafePointer<CChar>? {
        var current = PathBuffer()
        if getcwd(current.text, 4096) != nil { current.truncate(strlen(current.text)) }
        return findFolder(current)
    }

    /// Path of the image with the digest `image`.
    package func imagePath(_ image: ContentDigest) -> UnsafePointer<CChar> {
        var path = PathBuffer(capacity: 4096 + 64)
        path.append(folder)
        path.append("/images/")
        path.append(image)
        path.append(".smf")
        return UnsafePointer(path.text)
    }
}

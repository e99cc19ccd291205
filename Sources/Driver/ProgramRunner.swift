internal import CPlatform
internal import Glibc

/// Starts programs in the `simple` executable: user code never runs in the compiler's process.
package enum ProgramRunner {
    /// The path of the `simple` executable: beside this one.
    package static var simplePath: String { PathText.join(PathText.directory(of: ownPath), "simple") }

    /// The path of the runtime that standalone executables are made of: beside this executable.
    static var stubPath: String { PathText.join(PathText.directory(of: ownPath), "simple-stub") }

    /// The path of the running executable.
    package static var ownPath: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return length > 0 ? String(decoding: buffer[0..<length], as: UTF8.self) : "simplec"
    }

    /// Replaces this process by `simple` running `image` with `arguments`. The image lives in an anonymous memory file,
    /// so that nothing is left behind however the program ends.
    /// - Returns: only on failure: what failed.
    package static func run(image: [UInt8], options: [String] = [], arguments: [String]) -> SystemFailure {
        let descriptor = simple_memory_file("simple-image")
        if descriptor < 0 { return SystemFailure("create", "image", code: errno) }
        let code = image.withUnsafeBytes { SystemFile.writeAll($0, to: descriptor) }
        if code != 0 { return SystemFailure("write", "image", code: code) }
        return run(image: descriptor, options: options, arguments: arguments)
    }

    /// Replaces this process by `simple` running the image in an open file with `arguments`.
    /// - Returns: only on failure: what failed.
    package static func run(image descriptor: Int32, options: [String] = [], arguments: [String]) -> SystemFailure {
        _ = fcntl(descriptor, F_SETFD, 0)
        return execute(options + ["/proc/self/fd/\(descriptor)"] + arguments)
    }

    /// Replaces this process by `simple` with `arguments`.
    /// - Returns: only on failure: what failed.
    package static func execute(_ arguments: [String]) -> SystemFailure {
        let path = simplePath
        var pointers: [UnsafeMutablePointer<CChar>?] = [strdup(path)]
        for argument in arguments { pointers.append(strdup(argument)) }
        pointers.append(nil)
        execv(path, pointers)
        return SystemFailure("start", path, code: errno)
    }
}

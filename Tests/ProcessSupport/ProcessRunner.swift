internal import CTestSupport
internal import Glibc

/// What a process did.
package struct ProcessResult: Equatable, Sendable {
    package var stdout: [UInt8]
    package var stderr: [UInt8]
    /// Exit status; 128 + signal if a signal ended it, as shells say.
    package var status: Int32
    /// It was stopped because its time was up.
    package var timedOut = false

    package var stdoutText: String { String(decoding: stdout, as: UTF8.self) }
    package var stderrText: String { String(decoding: stderr, as: UTF8.self) }
}

/// Starts processes with a time limit. No Foundation: a run case costs four starts, and there are hundreds.
package enum ProcessRunner {
    /// Runs `executable` and waits.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - directory: where it runs.
    ///   - environment: variables on top of this process's. The cache is off unless they say otherwise.
    ///   - timeout: seconds after which it is killed.
    package static func run(
        _ executable: String, _ arguments: [String], in directory: String, stdin: [UInt8] = [],
        environment: [String: String] = [:], timeout: Double = 20
    ) -> ProcessResult {
        let output = test_unnamed_file(), errors = test_unnamed_file(), input = test_unnamed_file()
        defer { for descriptor in [output, errors, input] { close(descriptor) } }
        stdin.withUnsafeBytes { _ = write(input, $0.baseAddress, $0.count) }
        lseek(input, 0, SEEK_SET)

        var argv: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        var environmentStrings: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            let name = text.prefix { $0 != "=" }
            if environment[String(name)] == nil, !name.hasPrefix("SIMPLE_") { environmentStrings.append(strdup(text)) }
            next += 1
        }
        if environment["SIMPLE_CACHE"] == nil, environment["SIMPLE_CACHE_DIR"] == nil {
            environmentStrings.append(strdup("SIMPLE_CACHE=off"))
        }
        for (name, value) in environment { environmentStrings.append(strdup("\(name)=\(value)")) }
        environmentStrings.append(nil)
        defer { for pointer in argv + environmentStrings { free(pointer) } }

        var process: pid_t = 0
        let code = test_spawn(
            &process, executable, directory, input, output, errors, &argv, &environmentStrings)
        if code != 0 {
            let text = "cannot start \(executable): \(String(cString: strerror(code)))\n"
            return ProcessResult(stdout: [], stderr: Array(text.utf8), status: 127)
        }
        let (status, timedOut) = wait(process, timeout)
        return ProcessResult(
            stdout: contents(output), stderr: contents(errors), status: status, timedOut: timedOut)
    }

    private static func wait(_ process: pid_t, _ timeout: Double) -> (Int32, Bool) {
        var status: Int32 = 0
        var pause: useconds_t = 200
        var waited = 0.0
        while true {
            let done = waitpid(process, &status, WNOHANG)
            if done == process { break }
            if done < 0, errno != EINTR { return (126, false) }
            if waited > timeout {
                kill(process, SIGKILL)
                waitpid(process, &status, 0)
                return (137, true)
            }
            usleep(pause)
            waited += Double(pause) / 1e6
            if pause < 5000 { pause += pause / 4 }
        }
        let signal = status & 0x7F
        return (signal == 0 ? (status >> 8) & 0xFF : 128 + signal, false)
    }

    private static func contents(_ descriptor: Int32) -> [UInt8] {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        if size <= 0 { return [] }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
        }
    }
}

/// A folder of its own for one test; removed with everything in it at the end.
package final class TemporaryFolder {
    package let path: String

    package init() {
        var template = Array("/tmp/simple-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit { TemporaryFolder.clear(path) }

    /// Removes a folder with everything in it, links not followed.
    private static func clear(_ folder: String) {
        guard folder.hasPrefix("/tmp/simple-test-"), let directory = opendir(folder) else { return }
        var names: [(name: String, isFolder: Bool)] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append((name, entry.pointee.d_type == 4)) }
        }
        closedir(directory)
        for (name, isFolder) in names {
            if isFolder { clear(folder + "/" + name) } else { unlink(folder + "/" + name) }
        }
        rmdir(folder)
    }

    /// Writes a file; folders in `name` are made.
    package func write(_ name: String, _ bytes: [UInt8]) {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/" + part
            mkdir(folder, 0o755)
        }
        FileText.write(path + "/" + name, bytes)
    }

    package func write(_ name: String, _ text: String) { write(name, Array(text.utf8)) }
}

/// Whole files as bytes.
package enum FileText {
    package static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let n = Glibc.read(descriptor, &buffer, buffer.count)
            if n <= 0 { return n == 0 ? result : nil }
            result += buffer[0..<n]
        }
    }

    package static func write(_ path: String, _ bytes: [UInt8]) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { return }
        bytes.withUnsafeBytes { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }

    /// Paths of the files under `folder` whose names end with `suffix`, sorted.
    package static func list(_ folder: String, suffix: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var result: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let path = folder + "/" + name
            if name.hasSuffix(suffix) {
                result.append(path)
            } else if entry.pointee.d_type == 4 {
                result += list(path, suffix: suffix)
            }
        }
        return result.sorted()
    }
}

/// The executables under test: those that SwiftPM built beside the test bundle.
package enum Executables {
    package static let simple = folder + "/simple"
    package static let simplec = folder + "/simplec"
    package static let stub = folder + "/simple-stub"
    package static let embeddingHost = folder + "/EmbeddingHostExample"
    package static let runtimeLibrary = folder + "/libsimple_rt.a"

    /// The build folder: where the loaded test bundle lies.
    private static let folder: String = {
        let maps = String(decoding: FileText.read("/proc/self/maps") ?? [], as: UTF8.self)
        for line in maps.split(separator: "\n") where line.hasSuffix("PackageTests.xctest") {
            guard let start = line.firstIndex(of: "/"), let end = line.lastIndex(of: "/") else { continue }
            return String(line[start..<end])
        }
        return "."
    }()
}

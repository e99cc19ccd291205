import CPlatform
import Codegen
import Glibc
import MIR
import SMF
import Support

/// The golden modules of format 1.0: made once by the compiler of their time, never rewritten. Every later reader must
/// accept them.
enum Golden {
    /// The repository's root folder.
    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// An image that prints one line.
    static let hello = read("Tests/FuzzTests/Golden-1.0/hello.smf")
    /// An image made of several modules, with structs, generics and inlined calls.
    static let modules = read("Tests/FuzzTests/Golden-1.0/modules.smf")
    /// An image with global variables, and with data of all kinds on the heap.
    static let values = read("Tests/FuzzTests/Golden-1.0/values.smf")
    /// An object module.
    static let object = read("Tests/FuzzTests/Golden-1.0/object.smf")
    static let all = [("hello", hello), ("modules", modules), ("values", values), ("object", object)]
    /// The images, and what they print.
    static let images = [
        ("hello", hello, "Hello, Simple!\n"), ("modules", modules, "12 6 42\n1 2 2\n"),
        (
            "values", values,
            """
            oneßn3 6 [Point(x: 1, y: 0.5), Point(x: 4, y: 1.0), Point(x: 9, y: 1.5)] Some(Point(x: 9, y: 1.5))
            1 1.5 ["one", "two", "n3"]

            """
        ),
    ]

    /// The bytes of the file at `path`, counted from the root; empty if there is none.
    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(root + "/" + path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return [] }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { return result }
            result += buffer[..<count]
        }
    }

    /// Names of the files in the folder `path`, counted from the root, sorted.
    static func list(_ path: String) -> [String] {
        guard let directory = opendir(root + "/" + path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// An object module as the compiler writes it: code, data, relocations, source map, and what it says of itself.
    static func makeObject() throws -> [UInt8] {
        var description = ObjectDescription()
        description.interface = Array("module shapes\nfn area(w: i64, h: i64) -> i64 layout 0123456789abcdef\n".utf8)
        description.version = Array("compiler=simple 0.1.0\nlanguage=1\ntarget=x86_64-linux\nmodule=shapes\n".utf8)
        description.types = [
            ObjectDescription.TypeEntry(name: "i64", kind: .signedInteger, size: 8, alignment: 8, layoutHash: 1),
            ObjectDescription.TypeEntry(name: "shapes.Point", kind: .structure, size: 16, alignment: 8, layoutHash: 2),
        ]
        description.dependencies = [
            ObjectDescription.Dependency(kind: .source, name: "shapes.simple", size: 40, digest: SMFDigest(1, 2, 3, 4)),
            ObjectDescription.Dependency(kind: .module, name: "part", size: 0, digest: SMFDigest(5)),
        ]
        var options = CodegenOptions()
        options.description = description
        options.toolchainID = 9
        options.sourceHash = 10
        return generate(
            try MIRTextParser.parse(String(decoding: read("Tests/FuzzTests/Golden-1.0/shapes.mir"), as: UTF8.self)),
            options: options)
    }
}

/// Runs images in a process of their own.
enum Child {
    /// What became of it. `status` is 128 + signal if one ended it, -1 if it had to be stopped.
    struct Outcome: Equatable {
        var status: Int32
        var stdout: [UInt8]
        var stderr: [UInt8]
    }

    /// The executable `simple` beside the test bundle.
    private static let simple: String = {
        let maps = String(decoding: file("/proc/self/maps"), as: UTF8.self)
        for line in maps.split(separator: "\n") where line.hasSuffix("PackageTests.xctest") {
            guard let start = line.firstIndex(of: "/"), let end = line.lastIndex(of: "/") else { continue }
            return String(line[start..<end]) + "/simple"
        }
        return "simple"
    }()

    private static func file(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return contents(descriptor)
    }

    private static func contents(_ descriptor: Int32) -> [UInt8] {
        lseek(descriptor, 0, SEEK_SET)
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { return result }
            result += buffer[..<count]
        }
    }

    /// Runs the image and waits, five seconds at most.
    static func run(_ image: [UInt8]) -> Outcome {
        let module = simple_memory_file("module"), output = simple_memory_file("out"), errors = simple_memory_file("err")
        defer { for descriptor in [module, output, errors] { close(descriptor) } }
        var written = 0
        image.withUnsafeBytes { bytes in
            while written < bytes.count, let base = bytes.baseAddress {
                let count = write(module, base + written, bytes.count - written)
                if count <= 0 { break }
                written += count
            }
        }
        let words: [String] = [simple, "/proc/self/fd/\(module)"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var process: pid_t = 0
        guard posix_spawn(&process, simple, &actions, nil, &arguments, environ) == 0 else {
            return Outcome(status: -2, stdout: [], stderr: [])
        }
        var status: Int32 = 0
        var waited = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            usleep(500)
            waited += 1
            if waited > 10_000 {
                kill(process, SIGKILL)
                waitpid(process, &status, 0)
                return Outcome(status: -1, stdout: contents(output), stderr: contents(errors))
            }
        }
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return Outcome(status: code, stdout: contents(output), stderr: contents(errors))
    }
}

import Glibc

/// The files of the repository that these tests look at.
enum SourceTree {
    /// The repository's folder.
    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Names of what is in `folder`, hidden entries left out.
    static func entries(_ folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var result: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { result.append(name) }
        }
        return result.sorted()
    }

    /// Paths of the files in `folder` and folders below it that end in one of `suffixes`; symbolic links are not followed.
    static func files(_ folder: String, _ suffixes: [String]) -> [String] {
        entries(folder).flatMap { name -> [String] in
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { return [] }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: return files(path, suffixes)
            case S_IFREG: return suffixes.contains { name.hasSuffix($0) } ? [path] : []
            default: return []
            }
        }
    }

    /// Whether there is a file or folder at `path`.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The text of a file; empty if it cannot be read.
    static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let n = fread(&buffer, 1, buffer.count, file)
            if n == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[0..<n]
        }
    }
}

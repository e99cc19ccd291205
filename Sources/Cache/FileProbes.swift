internal import CPlatform
package import Loader
internal import Support

/// Looks into the file system on behalf of a compilation, and remembers everything that was seen: each path is looked at
/// once, so that the compilation sees one state, and the manifest can say when it would see another.
package struct FileProbes: Sendable {
    /// A source file as it was read.
    package struct Source: Sendable {
        package var path: String
        package var stamp: FileStamp
        /// Index of the module whose bytes these are.
        package var module: Int
    }

    private var kinds = TextMap<FileKind>()
    /// The paths that were looked at, in that order.
    package var paths: ContiguousArray<String> { kinds.keys }
    package private(set) var sources: [Source] = []
    /// Something was read that has no lasting contents (a pipe): nothing of this compilation may be kept.
    package private(set) var isTransient = false

    package init() {}

    /// What is at `path`, symbolic links followed.
    package mutating func kind(of path: String) -> FileKind {
        if let known = kinds[path] { return known }
        let kind = fileKind(path)
        kinds.set(path, kind)
        return kind
    }

    /// What `kind(of:)` said of `path`.
    func recorded(_ path: String) -> FileKind { kinds[path] ?? .absent }

    /// Remembers that `path` led to the bytes of `module`.
    package mutating func addSource(_ path: String, _ stamp: FileStamp?, module: Int) {
        guard let stamp else {
            isTransient = true
            return
        }
        sources.append(Source(path: path, stamp: stamp, module: module))
    }
}

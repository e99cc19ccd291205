internal import CPlatform
internal import Glibc
package import Loader
internal import SMF
internal import Support

/// Everything that a manifest says.
package struct ManifestContents {
    /// What was looked at; see `FileProbes`.
    package var probes: FileProbes
    /// Digest of each module's bytes, by `FileProbes.Source.module`.
    package var digests: [ContentDigest]
    package var image: ContentDigest
    package var imageStamp: FileStamp
    /// The warnings as text, without and with colours; empty: none.
    package var plainWarnings = ""
    package var colouredWarnings = ""
    /// Why the program was compiled, for people.
    package var reason = ""

    package init(probes: FileProbes, digests: [ContentDigest], image: ContentDigest, imageStamp: FileStamp) {
        self.probes = probes
        self.digests = digests
        self.image = image
        self.imageStamp = imageStamp
    }
}

/// The bytes of the manifest of `request`.
///
/// - Parameter time: taken before the first file was looked at.
package func encodeManifest(
    _ contents: ManifestContents, for request: CacheRequest, buildID: ContentDigest, time: CheckTime
) -> [UInt8] {
    var strings = StringPool()
    let plain = strings.add(contents.plainWarnings)
    let coloured = strings.add(contents.colouredWarnings)
    let reason = strings.add(contents.reason)
    let root = strings.add(String(cString: request.rootPath))
    let compiler = strings.add(String(cString: request.compilerPath))
    var compilerStatus = stat()
    _ = stat(request.compilerPath, &compilerStatus)

    var files = ByteWriter(capacity: contents.probes.sources.count * ManifestLayout.fileSize)
    for source in contents.probes.sources {
        files.write(strings.add(source.path))
        files.write(UInt32(0))
        files.write(source.stamp)
        files.write(contents.digests[source.module])
    }
    let absences = Absences(contents.probes)
    var directories = ByteWriter()
    var absents = ByteWriter()
    var kinds = ByteWriter()
    var directoryCount: UInt32 = 0
    var absentCount: UInt32 = 0
    var kindCount: UInt32 = 0
    for directory in absences.directories {
        directoryCount += 1
        directories.write(strings.add(directory.path))
        directories.write(absentCount)
        directories.write(UInt32(directory.absent.count))
        directories.write(UInt32(0))
        directories.write(directory.stamp)
        directories.write(UInt64(0))
        for path in directory.absent {
            absents.write(strings.add(path))
            absentCount += 1
        }
    }
    for (path, kind) in absences.kinds {
        kinds.write(strings.add(path))
        kinds.write(UInt32(kind.rawValue))
        kindCount += 1
    }
    strings.finish()

    let size =
        ManifestLayout.headerSize + files.count + directories.count + absents.count + kinds.count + strings.bytes.count
    var writer = ByteWriter(capacity: size)
    writer.write(ManifestLayout.magic)
    writer.write(ManifestLayout.version)
    writer.write(UInt64(size))
    writer.write(UInt64(0))
    writer.write(time.now)
    writer.write(time.bootID)
    writer.write(request.options.rawValue)
    writer.write(UInt32(contents.probes.sources.count))
    writer.write(directoryCount)
    writer.write(absentCount)
    writer.write(kindCount)
    writer.write(UInt32(strings.bytes.count))
    writer.write(contents.image)
    writer.write(contents.imageStamp)
    writer.write(FileStamp(compilerStatus))
    writer.write(buildID)
    writer.write(request.warningContext)
    for text in [root, compiler, plain, coloured, reason, 0] { writer.write(text) }
    writer.write(Timestamp.now)
    writer.append(contentsOf: repeatElement(0, count: ManifestLayout.headerSize - writer.count))
    for part in [files, directories, absents, kinds] { writer.append(contentsOf: part.bytes) }
    writer.append(contentsOf: strings.bytes)
    let checksum = writer.bytes.withUnsafeBytes {
        xxh64(UnsafeRawBufferPointer(rebasing: $0[ManifestLayout.checkedStart...]))
    }
    writer.patch(checksum, at: ManifestLayout.checksum)
    return writer.bytes
}

/// The paths that led nowhere, by what vouches for them, and the others that were looked at.
private struct Absences {
    struct Directory {
        var path: String
        var stamp: FileStamp
        var absent: [String]
    }
    var directories: [Directory] = []
    var kinds: [(String, FileKind)] = []
    private var indexes: [String: Int] = [:]
    private var seen: Set<String> = []

    init(_ probes: FileProbes) {
        let sources = Set(probes.sources.map(\.path))
        for path in probes.paths {
            let kind = probes.recorded(path)
            if kind != .absent {
                // Files that were read have an entry of their own.
                if !sources.contains(path) { kinds.append((path, kind)) }
            } else {
                addAbsent(path)
            }
        }
        // One look at a directory for two files that are not in it saves nothing.
        kinds += directories.filter { $0.absent.count < 3 }.flatMap { $0.absent.map { ($0, FileKind.absent) } }
        directories.removeAll { $0.absent.count < 3 }
    }

    /// The nearest directory that exists vouches for the path: it has no entry of that name.
    private mutating func addAbsent(_ path: String) {
        var missing = path
        var parent = Absences.parent(missing)
        while missing != "/", fileKind(parent) == .absent {
            missing = parent
            parent = Absences.parent(missing)
        }
        if !seen.insert(missing).inserted { return }
        var status = stat()
        // A link that leads nowhere can come to lead somewhere without a change here; so can a path through a file.
        if lstat(missing, &status) == 0 || errno != ENOENT {
            kinds.append((path, .absent))
            return
        }
        if let index = indexes[parent] {
            directories[index].absent.append(missing)
            return
        }
        guard stat(parent, &status) == 0 else {
            kinds.append((path, .absent))
            return
        }
        indexes[parent] = directories.count
        directories.append(Directory(path: parent, stamp: FileStamp(status), absent: [missing]))
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: 47), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}

/// NUL-terminated strings behind each other; offset 0 is the empty one.
private struct StringPool {
    private(set) var bytes: [UInt8] = [0]
    mutating func add(_ text: String) -> UInt32 {
        if text.isEmpty { return 0 }
        let offset = UInt32(bytes.count)
        bytes.append(contentsOf: text.utf8)
        bytes.append(0)
        return offset
    }
    mutating func finish() {
        while bytes.count % 8 != 0 { bytes.append(0) }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ digest: ContentDigest) {
        write(digest.low)
        write(digest.high)
    }
    fileprivate mutating func write(_ stamp: FileStamp) {
        write(stamp.size)
        write(stamp.modified)
        write(stamp.changed)
        write(stamp.inode)
        write(stamp.device)
    }
}

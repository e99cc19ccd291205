internal import CPlatform
internal import Glibc
package import Loader
internal import Support

/// What is in the cache: the basis of `simple cache status`, `trim`, `clear` and `verify`.
package struct CacheInventory: Sendable {
    /// A file of the cache.
    package struct Entry: Sendable {
        package var kind: CacheStore.Kind
        package var name: String
        /// Bytes.
        package var size: Int
        /// When it was last used, to the hour, in nanoseconds since 1970. Of an image: when a manifest that names it was.
        package var lastUse: Int64
    }
    /// Manifests, images and objects.
    package private(set) var entries: [Entry] = []
    /// Temporary files: writes that are going on, or were cut off.
    package private(set) var temporaries: [Entry] = []
    /// The images that each manifest names, by the manifest's name.
    private var imageOfManifest: [String: String] = [:]
    private let store: CacheStore

    /// Looks through the cache.
    package init(_ store: CacheStore) {
        self.store = store
        var imageUse: [String: Int64] = [:]
        for kind in [CacheStore.Kind.manifests, .images, .objects] {
            for name in namesInFolder(store.path(kind)) {
                var status = stat()
                guard lstat(store.path(kind, name), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                var entry = Entry(
                    kind: kind, name: name, size: Int(status.st_blocks) * 512, lastUse: FileStamp(status).modified)
                if name.hasPrefix(".") {
                    temporaries.append(entry)
                    continue
                }
                guard CacheInventory.isEntryName(name, kind) else { continue }
                if kind == .manifests, let image = store.read(.manifests, name).flatMap(CacheInventory.image(of:)) {
                    imageOfManifest[name] = image
                    imageUse[image] = max(imageUse[image] ?? 0, entry.lastUse)
                }
                if kind == .images, let use = imageUse[name] { entry.lastUse = max(entry.lastUse, use) }
                entries.append(entry)
            }
        }
    }

    /// The entries of one kind.
    package func entries(_ kind: CacheStore.Kind) -> [Entry] { entries.filter { $0.kind == kind } }

    /// Bytes on the disk, temporary files included.
    package var size: Int { entries.reduce(0) { $0 + $1.size } + temporaries.reduce(0) { $0 + $1.size } }

    /// Removes what was used least recently until the rest takes at most `limit` bytes. What was used in the last hour
    /// stays, and so do temporary files that young. Returns the bytes removed.
    package func trim(to limit: Int, now: Int64 = Timestamp.now) -> Int {
        let hour: Int64 = 3_600_000_000_000
        var excess = size - limit
        var removed = 0
        func remove(_ entry: Entry) {
            if unlink(store.path(entry.kind, entry.name)) != 0 { return }
            removed += entry.size
            excess -= entry.size
        }
        for entry in temporaries where now - entry.lastUse > hour { remove(entry) }
        // A manifest goes with its image: alone it would only delay the compiler.
        var manifests: [String: [Entry]] = [:]
        for entry in entries(.manifests) {
            guard let image = imageOfManifest[entry.name] else {
                remove(entry)
                continue
            }
            manifests[image, default: []].append(entry)
        }
        let candidates = entries.filter { $0.kind != .manifests }
            .sorted { ($0.lastUse, $0.name) < ($1.lastUse, $1.name) }
        for entry in candidates where excess > 0 && now - entry.lastUse > hour {
            if entry.kind == .images { for manifest in manifests[entry.name] ?? [] { remove(manifest) } }
            remove(entry)
        }
        return removed
    }

    /// Removes every entry. Returns the bytes removed.
    package func clear() -> Int {
        var removed = 0
        for entry in entries + temporaries where unlink(store.path(entry.kind, entry.name)) == 0 { removed += entry.size }
        return removed
    }

    private static func isEntryName(_ name: String, _ kind: CacheStore.Kind) -> Bool {
        let stem = kind == .images ? name.dropLast(4) : name[...]
        return stem.utf8.count == 32 && (kind != .images || name.hasSuffix(".smf"))
            && stem.utf8.allSatisfy { $0 >= 48 && $0 <= 57 || $0 >= 97 && $0 <= 102 }
    }

    /// The name of the image that a manifest in `bytes` names; `nil` if it is damaged.
    private static func image(of bytes: [UInt8]) -> String? {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress, let manifest = ManifestView(base, count: buffer.count) else { return nil }
            return manifest.digest(ManifestLayout.imageDigest).text + ".smf"
        }
    }
}

/// The bound of the cache's size.
package enum CacheLimit {
    /// Bytes: `SIMPLE_CACHE_MAX` with K, M or G behind the number, else 2 GiB.
    package static var current: Int {
        guard let text = getenv("SIMPLE_CACHE_MAX") else { return standard }
        return parse(String(cString: text)) ?? standard
    }
    private static let standard = 2 << 30

    /// The size that `text` names; `nil` if it names none.
    package static func parse(_ text: String) -> Int? {
        var digits = text[...]
        var shift = 0
        if let last = text.last, let place = ["K", "M", "G", "T"].firstIndex(of: String(last).uppercased()) {
            shift = (place + 1) * 10
            digits = digits.dropLast()
        }
        guard let number = Int(digits), number >= 0, number <= Int.max >> shift else { return nil }
        return number << shift
    }
}

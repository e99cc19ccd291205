package import Cache
internal import CPlatform
internal import Glibc
internal import Loader

/// Compiles every program in the cache again and compares bytes: the slow twin of believing the cache.
package enum CacheVerify {
    /// What became of one program.
    package enum Outcome: String, Sendable {
        /// A new image has the same bytes.
        case same
        /// Its files changed since; nothing to compare.
        case stale
        /// The entry is damaged; it was removed.
        case damaged
        /// A new image has other bytes: a bug in Simple. The entry was removed.
        case different
    }
    /// A manifest and what became of it.
    package struct Row: Sendable {
        /// Absolute path of the root module; the manifest's name if it is damaged.
        package var program: String
        package var outcome: Outcome
    }

    /// Checks every program and every object of the cache.
    package static func run(_ store: CacheStore) -> [Row] {
        let inventory = CacheInventory(store)
        var rows: [Row] = []
        for entry in inventory.entries(.manifests) {
            let row = check(entry.name, store)
            if row.outcome == .damaged || row.outcome == .different { unlink(store.path(.manifests, entry.name)) }
            rows.append(row)
        }
        for entry in inventory.entries(.images) {
            let descriptor = cp_open_read(store.path(.images, entry.name))
            if descriptor < 0 { continue }
            defer { close(descriptor) }
            if !ImageFile.isSound(descriptor, digest: ContentDigest(hexadecimal: entry.name.dropLast(4))) {
                unlink(store.path(.images, entry.name))
                rows.append(Row(program: entry.name, outcome: .damaged))
            }
        }
        for entry in inventory.entries(.objects) where store.object(ContentDigest(hexadecimal: entry.name[...])) == nil {
            unlink(store.path(.objects, entry.name))
            rows.append(Row(program: entry.name, outcome: .damaged))
        }
        return rows
    }

    private static func check(_ name: String, _ store: CacheStore) -> Row {
        guard var bytes = store.read(.manifests, name) else { return Row(program: name, outcome: .damaged) }
        return bytes.withUnsafeMutableBytes { buffer -> Row in
            guard let base = buffer.baseAddress, let manifest = ManifestView(base, count: buffer.count) else {
                return Row(program: name, outcome: .damaged)
            }
            let path = String(cString: manifest.text(ManifestLayout.rootPath))
            guard manifest.digest(ManifestLayout.buildID) == BuildID.current,
                manifest.check(CheckTime(), byContent: true).reason == nil
            else { return Row(program: path, outcome: .stale) }
            var options = CompileOptions()
            let bits = CompileOptionBits(rawValue: UInt32(manifest.number(ManifestLayout.optionBits)))
            options.optimize = !bits.contains(.noOptimization)
            options.debugInfo = bits.contains(.debugInfo)
            do throws(SystemFailure) {
                var build = try Build(path: path, options: options)
                if case .failure = build.compile() { return Row(program: path, outcome: .different) }
                let isSame = ContentDigest(build.compilation.image) == manifest.digest(ManifestLayout.imageDigest)
                return Row(program: path, outcome: isSame ? .same : .different)
            } catch {
                return Row(program: path, outcome: .stale)
            }
        }
    }
}

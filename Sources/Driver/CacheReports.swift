package import Cache
internal import CPlatform
internal import Glibc
package import Loader

/// Says that the cache is of no use now; once per process.
package enum CacheWarning {
    nonisolated(unsafe) private static var isShown = false

    /// Shows a warning on stderr, unless one was shown before.
    package static func show(_ failure: CacheFailure) {
        if isShown { return }
        isShown = true
        SystemFile.print(
            "warning: the cache cannot be used: `\(failure.path)`: \(failure.reason.lowercasedFirst)\n"
                + "  = help: SIMPLE_CACHE_DIR says where it is, SIMPLE_CACHE=off does without\n", to: 2)
    }
}

extension CacheMode {
    /// What `SIMPLE_CACHE` says; `nil` if it is not set. A word that it does not know gets a warning and turns the cache
    /// off, which cannot be wrong.
    package static let ofEnvironment: CacheMode? = {
        guard let text = getenv("SIMPLE_CACHE"), text.pointee != 0 else { return nil }
        if let mode = CacheMode(text) { return mode }
        SystemFile.print("warning: SIMPLE_CACHE is not understood; it is fast, content, verify or off\n", to: 2)
        return .off
    }()
}

/// The log of what was compiled and what was found, for tests and for people who wonder: `SIMPLE_CACHE_LOG=FILE`.
package enum CacheLog {
    /// Appends a line to the log, if there is one.
    package static func add(_ line: String) {
        guard let path = getenv("SIMPLE_CACHE_LOG"), path.pointee != 0 else { return }
        let descriptor = simple_open_log(path)
        if descriptor < 0 { return }
        SystemFile.print(line + "\n", to: descriptor)
        close(descriptor)
    }
}

extension StaleReason {
    /// The reason in words; `path` is what it is about.
    package func text(_ path: String?) -> String {
        let name = path.map { "`\($0)`" } ?? "a file"
        return switch self {
        case .noManifest: "it was not compiled before with these options"
        case .damagedManifest: "its manifest is damaged or of another version"
        case .fileChanged: "\(name) changed"
        case .fileMissing: "\(name) is gone"
        case .appeared: "\(name) is there now"
        case .kindChanged: "\(name) is no longer what it was, a file or a directory"
        case .linksChanged: "\(name) is no longer the same file as before under another name"
        case .compiler: "the compiler changed"
        case .warningContext: "its warnings name files as seen from another directory"
        case .imageMissing: "its image is no longer in the cache"
        case .imageDamaged: "its image in the cache is damaged"
        }
    }

    /// A word for tools.
    package var code: String {
        switch self {
        case .noManifest: "no-manifest"
        case .damagedManifest: "damaged-manifest"
        case .fileChanged: "file-changed"
        case .fileMissing: "file-missing"
        case .appeared: "file-appeared"
        case .kindChanged: "kind-changed"
        case .linksChanged: "links-changed"
        case .compiler: "compiler-changed"
        case .warningContext: "warning-context"
        case .imageMissing: "image-missing"
        case .imageDamaged: "image-damaged"
        }
    }
}

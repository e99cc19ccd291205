internal import Cache
internal import CPlatform
internal import Glibc
package import Loader

/// What the cache thinks of a program: the answer of `simple cache why`.
package struct CacheState {
    /// Why it must be compiled; `nil`: it need not.
    package private(set) var reason: StaleReason?
    /// The file that the reason is about.
    package private(set) var path: String?
    /// The reason in words.
    package private(set) var text = ""
    /// Why it was compiled the last time; empty if it was not.
    package private(set) var lastReason = ""

    /// Looks the program at `path` up, changing nothing; `nil` if there is no cache.
    package init?(path: String, options: CompileOptions) {
        guard let request = CacheRequest(path: path, options: options.cacheBits) else { return nil }
        switch CachedProgram.find(request, byContent: false, buildID: BuildID.current) {
        case .hit(let program):
            lastReason = String(cString: program.manifest.text(ManifestLayout.reason))
            if !program.isImageKnown, !ImageFile.isSound(program) {
                reason = .imageDamaged
                text = StaleReason.imageDamaged.text(nil)
            }
            close(program.image)
        case .miss(let why, let place):
            reason = why
            self.path = place.map { String(cString: $0) }
            place?.deallocate()
            text = why.text(self.path)
            var other = options
            other.optimize.toggle()
            var modified: Int64 = 0
            var isDamaged = false
            if why == .noManifest, let request = CacheRequest(path: path, options: other.cacheBits),
                CachedProgram.open(request, &modified, &isDamaged) != nil
            {
                text = "it was only compiled \(other.optimize ? "without" : "with") the option --no-optimize"
            } else if let manifest = CachedProgram.open(request, &modified, &isDamaged) {
                lastReason = String(cString: manifest.text(ManifestLayout.reason))
            }
        }
    }
}

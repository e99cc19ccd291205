package import Cache
internal import CPlatform
internal import Diagnostics
internal import Glibc
package import Loader

/// Running a program through the cache: what `simple FILE` does when `simple` did not find the program unchanged.
///
/// One process at a time compiles a program: the others wait, and find the result. Whatever is wrong with the cache, the
/// program is compiled and runs; at most one warning says what.
package struct CachedBuild: ~Copyable {
    private let request: CacheRequest
    private let store: CacheStore?
    private let mode: CacheMode
    private let time: CheckTime
    /// The lock of the program, held until this value goes or the process becomes another program; -1: none.
    private let lock: Int32
    /// Why the program must be compiled.
    package private(set) var reason: StaleReason?
    private var reasonText = ""

    /// Prepares to run the source at `path`; `nil` if there is no cache for it.
    package init?(path: String, options: CompileOptions, mode: CacheMode) {
        guard mode != .off, let request = CacheRequest(path: path, options: options.cacheBits) else { return nil }
        self.init(request, mode: mode)
    }

    /// Whether this works for a host program (SimpleCompiler): nothing is printed and no process started.
    private let isEmbedded: Bool

    /// Prepares to run the program that `request` names.
    package init(_ request: CacheRequest, mode: CacheMode, isEmbedded: Bool = false) {
        self.request = request
        self.mode = mode
        self.isEmbedded = isEmbedded
        do throws(CacheFailure) {
            store = try CacheStore(String(cString: request.folder))
        } catch {
            if !isEmbedded { CacheWarning.show(error) }
            store = nil
        }
        lock = store?.lock(request.key) ?? -1
        time = CheckTime()
    }

    deinit {
        if lock >= 0 { close(lock) }
    }

    /// The image of the program, if nothing changed since it was made: an open file to run.
    package mutating func find() -> CachedProgram? {
        guard store != nil else { return nil }
        switch CachedProgram.find(request, byContent: mode != .fast, buildID: BuildID.current) {
        case .miss(let reason, let path):
            self.reason = reason
            reasonText = reason.text(path.map { String(cString: $0) })
            path?.deallocate()
            return nil
        case .hit(var program):
            if !program.isImageKnown, !ImageFile.isSound(program) {
                reason = .imageDamaged
                reasonText = StaleReason.imageDamaged.text(nil)
                close(program.image)
                program.manifest.base.deallocate()
                return nil
            }
            program.remember()
            return program
        }
    }

    /// The digest of the image that is in the cache for an unchanged program; `nil` if the program must be compiled.
    /// Changes nothing and does not wait for others that compile.
    package static func upToDateImage(_ request: CacheRequest, mode: CacheMode) -> ContentDigest? {
        switch CachedProgram.find(request, byContent: mode != .fast, buildID: BuildID.current) {
        case .miss(_, let path):
            path?.deallocate()
            return nil
        case .hit(let program):
            defer {
                close(program.image)
                program.manifest.base.deallocate()
            }
            if !program.isImageKnown, !ImageFile.isSound(program) { return nil }
            return program.manifest.digest(ManifestLayout.imageDigest)
        }
    }

    /// Where the objects of the program's modules are kept; `nil`: nowhere.
    package var objects: CacheStore? { mode == .verify ? nil : store }

    /// Puts image and manifest of a finished compilation into the cache.
    /// - Returns: the image's file, open for reading; `nil` if nothing was kept.
    package borrowing func keep(_ build: borrowing Build) -> Int32? {
        guard let store, let probes = build.sourceProbes(rootPath: String(cString: request.rootPath)) else { return nil }
        let image = ContentDigest(build.compilation.image)
        do throws(CacheFailure) {
            try store.write(.images, image.text + ".smf", build.compilation.image)
            let path = request.imagePath(image)
            defer { path.deallocate() }
            let descriptor = isEmbedded ? cp_open_read(path) : simple_open_inherited(path)
            var status = stat()
            if descriptor < 0 { return nil }
            guard fstat(descriptor, &status) == 0, Int(status.st_size) == build.compilation.image.count else {
                close(descriptor)
                return nil
            }
            var contents = ManifestContents(
                probes: probes, digests: build.compilation.sourceDigests, image: image, imageStamp: FileStamp(status))
            contents.reason = reasonText
            (contents.plainWarnings, contents.colouredWarnings) = build.warningTexts
            let manifest = encodeManifest(contents, for: request, buildID: BuildID.current, time: time)
            do throws(CacheFailure) {
                try store.write(.manifests, request.key.text, manifest)
                try build.compilation.keepObjects()
            } catch {
                if !isEmbedded { CacheWarning.show(error) }
            }
            if !isEmbedded { trimIfDue(store) }
            return descriptor
        } catch {
            if !isEmbedded { CacheWarning.show(error) }
            return nil
        }
    }

    /// The cache of objects, for verbs that run nothing; `nil`: there is none.
    package static func objectCache() -> CacheStore? {
        guard let folder = CacheRequest.folder() else { return nil }
        do throws(CacheFailure) { return try CacheStore(String(cString: folder)) } catch {
            CacheWarning.show(error)
            return nil
        }
    }

    /// Puts the objects that `build` made into the cache it was given.
    package static func keepObjects(of build: borrowing Build) {
        do throws(CacheFailure) { try build.compilation.keepObjects() } catch { CacheWarning.show(error) }
    }

    /// Once an hour another process looks after the cache's size. More often would be of no use: what was used in the
    /// last hour stays anyway.
    private borrowing func trimIfDue(_ store: CacheStore) {
        let mark = store.folder + "/trimmed"
        guard let stamp = SystemFile.stamp(of: mark) else {
            let descriptor = cp_create_new(mark, 0o600)
            if descriptor >= 0 { close(descriptor) }
            return
        }
        if time.now - stamp.modified < 3_600_000_000_000 { return }
        utimensat(AT_FDCWD, mark, nil, 0)
        let compiler = String(cString: request.compilerPath)
        let words = [compiler, "cache", "trim", "--background"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        // Failure means a larger cache for another hour.
        _ = simple_spawn_and_wait(compiler, &arguments)
        for argument in arguments { free(argument) }
    }
}

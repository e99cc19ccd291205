/// Finding the image of a program that was compiled before. No lock, no realpath, one read of the manifest.

import CPlatform

#if !hasFeature(Embedded)
    import SMF
#endif

/// The image of an unchanged program, open, and its manifest.
package struct CachedProgram {
    package let request: CacheRequest
    package var manifest: ManifestView
    /// The image, open for reading.
    package let image: Int32
    /// The image is the very file that was validated when its stamp was recorded; otherwise it must be validated now.
    package let isImageKnown: Bool
    private let imageStamp: FileStamp
    private var isImproved: Bool
    private let manifestModified: Int64
    private let time: CheckTime

    /// What `find` says. The path that a miss is about is the caller's, who may free it.
    package enum Answer {
        case hit(CachedProgram)
        case miss(StaleReason, path: UnsafePointer<CChar>?)
    }

    /// Looks the program up and checks that nothing of it changed.
    ///
    /// - Parameters:
    ///   - byContent: believe no stamp.
    ///   - buildID: the compiler's build, if the caller is the compiler: then that decides, not the compiler's stamp.
    package static func find(
        _ request: CacheRequest, byContent: Bool, buildID: ContentDigest? = nil
    ) -> Answer {
        var modified: Int64 = 0
        var isForeign = false
        guard let manifest = open(request, &modified, &isForeign) else {
            return .miss(isForeign ? .damagedManifest : .noManifest, path: nil)
        }
        let time = CheckTime()
        var isImproved = false
        var compiler = stat()
        /// The manifest is of no use, and goes; `path` may be in it.
        func miss(_ reason: StaleReason, _ path: UnsafePointer<CChar>?) -> Answer {
            let copy = path.flatMap { UnsafePointer(strdup($0)) }
            manifest.base.deallocate()
            return .miss(reason, path: copy)
        }
        guard stat(request.compilerPath, &compiler) == 0 else { return miss(.compiler, request.compilerPath) }
        let compilerStamp = FileStamp(compiler)
        if let buildID {
            guard manifest.digest(ManifestLayout.buildID) == buildID else {
                return miss(.compiler, request.compilerPath)
            }
            if manifest.stamp(ManifestLayout.compilerStamp) != compilerStamp {
                manifest.setStamp(ManifestLayout.compilerStamp, compilerStamp)
                isImproved = true
            }
        } else if manifest.stamp(ManifestLayout.compilerStamp) != compilerStamp {
            return miss(.compiler, request.compilerPath)
        }
        if manifest.hasWarnings, manifest.digest(ManifestLayout.warningContext) != request.warningContext {
            return miss(.warningContext, nil)
        }
        let wasSameBoot = time.isBootKnown && manifest.digest(ManifestLayout.bootID) == time.bootID
        let verdict = manifest.check(time, byContent: byContent)
        if let reason = verdict.reason { return miss(reason, verdict.path) }

        let imagePath = request.imagePath(manifest.digest(ManifestLayout.imageDigest))
        defer { imagePath.deallocate() }
        let image = openForReading(imagePath)
        if image < 0 { return miss(.imageMissing, imagePath) }
        var status = stat()
        guard fstat(image, &status) == 0, FileKind(status) == .file, isOurs(status) else {
            close(image)
            return miss(.imageDamaged, imagePath)
        }
        let stamp = FileStamp(status)
        let isKnown = wasSameBoot && !byContent && stamp == manifest.stamp(ManifestLayout.imageStamp)
        return .hit(
            CachedProgram(
                request: request, manifest: manifest, image: image, isImageKnown: isKnown, imageStamp: stamp,
                isImproved: isImproved || verdict.isImproved, manifestModified: modified, time: time))
    }

    /// Reads the manifest. What another user could have written is not believed.
    package static func open(
        _ request: CacheRequest, _ modified: inout Int64, _ isDamaged: inout Bool
    ) -> ManifestView? {
        let descriptor = openForReading(request.manifestPath)
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        isDamaged = true
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileKind(status) == .file, isOurs(status),
            status.st_size >= ManifestLayout.headerSize, status.st_size <= ManifestLayout.sizeLimit
        else { return nil }
        let size = Int(status.st_size)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        guard readWhole(descriptor, memory, size) == size, let manifest = ManifestView(memory, count: size),
            manifest.number(ManifestLayout.optionBits) == Int(request.options.rawValue),
            strcmp(manifest.text(ManifestLayout.rootPath), request.rootPath) == 0,
            strcmp(manifest.text(ManifestLayout.compilerPath), request.compilerPath) == 0
        else {
            memory.deallocate()
            return nil
        }
        modified = FileStamp(status).modified
        return manifest
    }

    /// Makes the mark of use and what was learned permanent. Call when the image has been validated or was known.
    package mutating func remember() {
        if !isImageKnown, time.isBootKnown, imageStamp != manifest.stamp(ManifestLayout.imageStamp) {
            manifest.setStamp(ManifestLayout.imageStamp, imageStamp)
            isImproved = true
        }
        if isImproved {
            manifest.seal()
            writeManifest()
        } else if time.now &- manifestModified > CachedProgram.useInterval {
            // The manifest's own time of change says when the program was last run, to the hour.
            utimensat(AT_FDCWD, request.manifestPath, nil, 0)
        }
    }

    /// How exactly the time of last use is known, in nanoseconds.
    private static let useInterval: Int64 = 3_600_000_000_000

    /// Replaces the manifest; failure leaves the old one, which is right but slower to check.
    private func writeManifest() {
        var path = PathBuffer(capacity: 4096 + 64)
        defer { path.text.deallocate() }
        path.append(request.folder)
        path.append("/manifests/.refresh-")
        var number = ContentDigest(low: UInt64(UInt32(bitPattern: getpid())), high: UInt64(bitPattern: time.now))
        number.low |= request.key.low << 32
        path.append(number)
        let descriptor = cp_create_new(path.text, 0o600)
        if descriptor < 0 { return }
        var done = 0
        while done < manifest.count {
            let written = write(descriptor, manifest.base + done, manifest.count &- done)
            if written <= 0 {
                if written < 0 && cp_errno() == EINTR { continue }
                break
            }
            done &+= written
        }
        close(descriptor)
        if done < manifest.count || rename(path.text, request.manifestPath) != 0 { unlink(path.text) }
    }

    /// `true` iff nobody but this user can have written the file.
    private static func isOurs(_ status: stat) -> Bool {
        status.st_uid == geteuid() && UInt32(status.st_mode) & 0o022 == 0
    }
}

extension ManifestView {
    /// Whether compiling the program gave warnings, which each run repeats.
    package var hasWarnings: Bool { text(ManifestLayout.plainWarnings)[0] != 0 }
}

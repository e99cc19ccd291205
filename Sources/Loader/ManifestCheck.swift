/// Deciding whether a manifest still describes the file system: the whole of the warm start's work.
///
/// A stamp is believed iff it equals the recorded one, was taken since the machine was last booted, and lay at least
/// `FileStamp.resolution` in the past when it was. In all other cases the contents decide, by digest.

import CPlatform

/// Why a program must be compiled, or its image not be believed.
package enum StaleReason: UInt8, Sendable {
    case noManifest
    case damagedManifest
    /// The file at `path` has other contents.
    case fileChanged
    case fileMissing
    /// Something is at `path` now that would have been preferred.
    case appeared
    /// What is at `path` is no longer a file, or no longer a directory.
    case kindChanged
    /// Two paths that led to one file lead to two, or the other way round.
    case linksChanged
    case compiler
    /// The warnings would name the files differently.
    case warningContext
    case imageMissing
    case imageDamaged
}

/// What a check found out.
package struct ManifestVerdict {
    /// Why the program must be compiled; `nil`: it need not.
    package var reason: StaleReason?
    /// The path that `reason` is about.
    package var path: UnsafePointer<CChar>?
    /// Stamps were brought up to date in memory: writing the manifest will make the next check faster.
    package var isImproved = false
}

/// Who this boot is, and the moment before anything was looked at.
package struct CheckTime {
    package var now: Int64
    /// All zero: not known, so that no stamp is believed.
    package var bootID: ContentDigest

    /// Now, on this machine since it was last started.
    package init() {
        now = wallClock()
        bootID = ContentDigest(low: 0, high: 0)
        let descriptor = cp_open_read("/proc/sys/kernel/random/boot_id")
        if descriptor < 0 { return }
        var text: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &text) { buffer in
            let got = read(descriptor, buffer.baseAddress, buffer.count)
            if got >= 36 { bootID = ContentDigest(of: UnsafeRawBufferPointer(rebasing: buffer[0..<36])) }
        }
        close(descriptor)
    }

    package var isBootKnown: Bool { bootID.low != 0 || bootID.high != 0 }
}

extension ManifestView {
    /// Compares what is listed with what is there. Stamps that had to be checked by contents are replaced in memory.
    ///
    /// - Parameter byContent: believe no stamp.
    package func check(_ time: CheckTime, byContent: Bool) -> ManifestVerdict {
        var verdict = ManifestVerdict()
        let isSameBoot = time.isBootKnown && digest(ManifestLayout.bootID) == time.bootID
        let believes = isSameBoot && !byContent
        let trustedUntil = verifiedAt
        var index = 0
        while index < fileCount {
            let entry = file(index)
            let path = text(entry)
            var status = stat()
            if stat(path, &status) != 0 || FileKind(status) != .file {
                return ManifestVerdict(reason: .fileMissing, path: path)
            }
            let found = FileStamp(status)
            let recorded = stamp(entry &+ 8)
            if !(believes && found == recorded && found.isSettled(at: trustedUntil)) {
                if found.size != recorded.size { return ManifestVerdict(reason: .fileChanged, path: path) }
                if let reason = compareContents(entry, path, time, &verdict) {
                    return ManifestVerdict(reason: reason, path: path)
                }
            }
            index &+= 1
        }
        index = 0
        while index < directoryCount {
            let entry = directory(index)
            let first = number(entry &+ 4)
            let last = first &+ number(entry &+ 8)
            var status = stat()
            let isThere = stat(text(entry), &status) == 0
            let found = FileStamp(status)
            // No entry was added to a directory that has not changed.
            if !(isThere && believes && found == stamp(entry &+ 16) && found.isSettled(at: trustedUntil)) {
                var absent = first
                while absent < last {
                    if fileKind(self.absent(absent)) != .absent {
                        return ManifestVerdict(reason: .appeared, path: self.absent(absent))
                    }
                    absent &+= 1
                }
                if isThere {
                    setStamp(entry &+ 16, found)
                    if found.isSettled(at: time.now) { verdict.isImproved = true }
                }
            }
            index &+= 1
        }
        index = 0
        while index < kindCount {
            let entry = kind(index)
            let path = text(entry)
            let found = fileKind(path)
            if Int(found.rawValue) != number(entry &+ 4) {
                return ManifestVerdict(reason: number(entry &+ 4) == 0 ? .appeared : .kindChanged, path: path)
            }
            index &+= 1
        }
        if !isSameBoot && time.isBootKnown { verdict.isImproved = true }
        if !time.isBootKnown { verdict.isImproved = false }
        if verdict.isImproved {
            verifiedAt = time.now
            setDigest(ManifestLayout.bootID, time.bootID)
        }
        return verdict
    }

    /// Compares the file of `entry` by digest, and its identity with those of all others.
    private func compareContents(
        _ entry: Int, _ path: UnsafePointer<CChar>, _ time: CheckTime, _ verdict: inout ManifestVerdict
    ) -> StaleReason? {
        let descriptor = cp_open_read(path)
        if descriptor < 0 { return .fileMissing }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileKind(status) == .file else { return .fileMissing }
        guard digestFile(descriptor, limit: 1 << 30) == digest(entry &+ 48) else { return .fileChanged }
        // Modules are told apart by file, not by path: two links to one file are one module. Entries of equal contents
        // must still be equal or different files as they were.
        let found = FileStamp(status)
        let recorded = stamp(entry &+ 8)
        if found.inode != recorded.inode || found.device != recorded.device {
            var other = 0
            while other < fileCount {
                let place = file(other)
                if place != entry, digest(place &+ 48) == digest(entry &+ 48) {
                    // The order of refreshing must not matter: look at the file, not at its entry.
                    let wasSame = stamp(place &+ 8).inode == recorded.inode && stamp(place &+ 8).device == recorded.device
                    var now = stat()
                    let isSame =
                        stat(text(place), &now) == 0 && FileStamp(now).inode == found.inode
                        && FileStamp(now).device == found.device
                    if wasSame || isSame { return .linksChanged }
                }
                other &+= 1
            }
        }
        setStamp(entry &+ 8, found)
        if found.isSettled(at: time.now) { verdict.isImproved = true }
        return nil
    }
}

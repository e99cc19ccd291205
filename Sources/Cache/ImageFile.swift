internal import CPlatform
internal import Glibc
package import Loader
internal import SMF

/// Full checks of images in the cache.
package enum ImageFile {
    /// Whether the image is what its manifest says and fit to be run: the check that the loader makes of images that it
    /// does not know.
    package static func isSound(_ program: CachedProgram) -> Bool {
        isSound(program.image, digest: program.manifest.digest(ManifestLayout.imageDigest))
    }

    /// Whether the open file has this digest and is a valid image.
    package static func isSound(_ descriptor: Int32, digest: ContentDigest) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return false }
        let size = Int(status.st_size)
        var bytes = [UInt8](repeating: 0, count: size)
        let count = bytes.withUnsafeMutableBytes { buffer in
            var count = 0
            while count < size {
                let got = pread(descriptor, buffer.baseAddress! + count, size - count, count)
                if got < 0, errno == EINTR { continue }
                if got <= 0 { break }
                count += got
            }
            return count
        }
        guard count == size, ContentDigest(bytes) == digest else { return false }
        return bytes.withUnsafeBytes { bytes in
            do throws(SMFError) {
                try SMFReader(bytes).validateForLoading()
                return true
            } catch {
                return false
            }
        }
    }
}

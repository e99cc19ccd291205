internal import CPlatform
package import Loader
internal import Support

/// Object modules in the cache, by key: the module's bytes, then 48 bytes that say whose they are and prove them whole.
extension CacheStore {
    private static let objectMagic: UInt32 = 0x4F4D_4653
    private static let objectVersion: UInt32 = 1
    private static let trailerSize = 48

    /// The object module that was kept under `key`; `nil` if there is none, or a damaged one.
    package func object(_ key: ContentDigest) -> [UInt8]? {
        guard var bytes = read(.objects, key.text), bytes.count >= CacheStore.trailerSize else { return nil }
        let size = bytes.count - CacheStore.trailerSize
        let isSound = bytes.withUnsafeBytes { buffer -> Bool in
            let payload = UnsafeRawBufferPointer(rebasing: buffer[..<size])
            let trailer = CacheStore.trailer(key, payload)
            return trailer.withUnsafeBytes { $0.elementsEqual(buffer[size...]) }
        }
        if !isSound { return nil }
        bytes.removeLast(CacheStore.trailerSize)
        return bytes
    }

    /// Keeps an object module under `key`.
    package func keepObject(_ key: ContentDigest, _ object: [UInt8]) throws(CacheFailure) {
        let trailer = object.withUnsafeBytes { CacheStore.trailer(key, $0) }
        try write(.objects, key.text, object + trailer)
    }

    private static func trailer(_ key: ContentDigest, _ payload: UnsafeRawBufferPointer) -> [UInt8] {
        let digest = ContentDigest(of: payload)
        var writer = ByteWriter(capacity: trailerSize)
        writer.write(key.low)
        writer.write(key.high)
        writer.write(digest.low)
        writer.write(digest.high)
        writer.write(UInt64(payload.count))
        writer.write(objectVersion)
        writer.write(objectMagic)
        return writer.bytes
    }
}

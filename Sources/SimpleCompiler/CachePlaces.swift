internal import CPlatform
internal import Driver
internal import Loader

/// Where a pipeline's cache is, and which executable compiles, as the C strings that cache requests take.
final class CachePlaces: @unchecked Sendable {
    // Written once, by `init`.
    private let folder: UnsafePointer<CChar>
    private let compiler: UnsafePointer<CChar>

    /// `nil` if there is no cache.
    init?(_ cache: CompilerOptions.Cache) {
        var path: UnsafePointer<CChar>?
        switch cache {
        case .off: return nil
        case .standard: path = CacheRequest.folder()
        case .folder(let folder): path = UnsafePointer(strdup(PathText.absolute(folder, from: SystemFile.currentDirectory)))
        }
        guard let path, let compiler = realpath("/proc/self/exe", nil) else { return nil }
        folder = path
        self.compiler = UnsafePointer(compiler)
    }

    deinit {
        folder.deallocate()
        compiler.deallocate()
    }

    /// The request for `source`, to be freed; `nil` if there is no cache for it.
    func request(_ source: String, _ options: CompileOptionBits) -> CacheRequest? {
        CacheRequest(path: source, options: options, folder: folder, compiler: compiler)
    }
}

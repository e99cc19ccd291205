/// How a `CompilerPipeline` works.
public struct CompilerOptions: Sendable {
    /// Whether and where finished programs are kept. It is the cache of the command line, with the same rules
    /// (Docs/cache.md); a library and a `simplec` of one version do not share entries, since an entry is good for the
    /// executable that made it only.
    public enum Cache: Sendable, Equatable {
        /// Where the environment says: `SIMPLE_CACHE_DIR`, else `XDG_CACHE_HOME/simple`, else `~/.cache/simple`.
        case standard
        /// In this folder, which is made if it is missing.
        case folder(String)
        /// Nowhere: everything is always compiled.
        case off
    }

    /// Where finished programs are kept.
    public var cache = Cache.standard
    /// Whether files are compared by contents even where their size and times prove that they are the same.
    public var comparesContents = false
    /// Whether code is optimised.
    public var optimizes = true
    /// Whether the compiler checks its own work at every step. Slow.
    public var isParanoid = false

    /// The command line's choices: the standard cache, optimised code.
    public init() {}
}

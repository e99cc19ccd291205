internal import Cache
internal import Diagnostics
package import Loader
internal import Support

// What the cache needs to know of a compilation.

extension Build {
    /// Everything that was looked at and read; `nil` if something of it has no lasting contents.
    ///
    /// - Parameter rootPath: absolute path under which the root module was read.
    borrowing func sourceProbes(rootPath: String) -> FileProbes? {
        var probes = compilation.probes
        probes.addSource(rootPath, compilation.rootStamp, module: 0)
        return probes.isTransient ? nil : probes
    }

    /// The diagnostics of a program without errors as they were shown: without colours and with them.
    package var warningTexts: (plain: String, coloured: String) {
        if compilation.diagnostics.all.isEmpty { return ("", "") }
        return (
            TextRenderer(usesColor: false).render(compilation.diagnostics, compilation.sources),
            TextRenderer(usesColor: true).render(compilation.diagnostics, compilation.sources)
        )
    }
}

extension Compilation {
    /// Digests of the modules' sources, by number of the module.
    var sourceDigests: [ContentDigest] { recordedSources.files.map { ContentDigest($0.bytes) } }
}

extension CompileOptions {
    /// The options that are part of a program's key.
    package var cacheBits: CompileOptionBits {
        var bits: CompileOptionBits = optimize ? [] : .noOptimization
        if debugInfo { bits.insert(.debugInfo) }
        return bits
    }
}

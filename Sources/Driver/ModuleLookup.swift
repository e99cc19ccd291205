internal import Cache
internal import Loader
internal import Support

/// What an import path leads to in the file system (LANGUAGE §9.1–9.2).
enum ModulePlace: Equatable {
    /// The path is a module; its file.
    case file(String)
    /// The path without its last segment is a module; the last segment names an item of it.
    case itemOf(String)
    /// The path is a directory without `__init__`: a namespace.
    case namespace(String)
    /// Two files for one module (E0604).
    case ambiguous(String, String)
    /// Nothing there; the paths that were tried, in order, and names that are close to the missing segment.
    case missing(tried: [String], near: [String])
}

/// Finds the files of modules. Pure look-up: nothing is read but directory entries, and what was seen of them is kept in
/// `probes`. All paths are absolute.
struct ModuleLookup {
    /// The package's directory, or the root module's if there is no package.
    let packageRoot: String
    /// Where `crate` leads, and where names are looked up that are no siblings.
    let sourceRoot: String
    /// What was looked at.
    var probes = FileProbes()

    /// Look-up for the program whose root module lies in `directory`.
    init(directory: String) {
        let (root, sources) = ModuleLookup.package(of: directory, &probes)
        packageRoot = root
        sourceRoot = sources
    }

    /// The package of the directory `directory`: the nearest directory at or above it that holds a manifest.
    ///
    /// - Returns: the package's directory and its source root (`src/` in it if there is one and `directory` does not
    ///   lie elsewhere in the package); `directory` twice if there is no manifest.
    private static func package(
        of directory: String, _ probes: inout FileProbes
    ) -> (root: String, sources: String) {
        var current = directory
        while true {
            for manifest in ["simple.sdn", "simple.toml"]
            where probes.kind(of: PathText.join(current, manifest)).isReadable {
                let sources = PathText.join(current, "src")
                let isInSources = directory == sources || PathText.inside(directory, sources) != nil
                if isInSources || directory == current, probes.kind(of: sources) == .directory {
                    return (current, sources)
                }
                return (current, current)
            }
            if current == "/" { return (directory, directory) }
            current = PathText.directory(of: current)
        }
    }

    /// Finds what `segments` mean in the module whose file is `importer`.
    mutating func find(_ segments: [String], from importer: String) -> ModulePlace {
        let here = PathText.directory(of: importer)
        var rest = segments[...]
        var bases: [String]
        switch rest.first {
        case "crate":
            bases = [sourceRoot]
            rest = rest.dropFirst()
        case "self":
            bases = [here]
            rest = rest.dropFirst()
        case "super":
            var directory = here
            while rest.first == "super" {
                directory = PathText.directory(of: directory)
                rest = rest.dropFirst()
            }
            bases = [directory]
        default:
            bases = here == sourceRoot ? [here] : [here, sourceRoot]
        }
        if rest.isEmpty { return .missing(tried: [], near: []) }
        var tried: [String] = []
        for base in bases {
            let place = find(rest, in: base, tried: &tried)
            if let place { return place }
        }
        return .missing(tried: tried, near: nearNames(rest, bases))
    }

    /// The module that is the child `name` of the module in `file` (`mod name`).
    mutating func findChild(_ name: String, of file: String) -> ModulePlace {
        let directory = PathText.directory(of: file)
        let stem = PathText.withoutSourceExtension(PathText.name(of: file))
        let inside = stem == "__init__" ? directory : PathText.join(directory, stem)
        var tried: [String] = []
        if let place = module(name, in: inside, tried: &tried) { return place }
        return .missing(tried: tried, near: nearNames([name], [inside]))
    }

    private mutating func find(_ segments: ArraySlice<String>, in base: String, tried: inout [String]) -> ModulePlace? {
        guard let last = segments.last else { return nil }
        var directory = base
        for segment in segments.dropLast() { directory = PathText.join(directory, segment) }
        if let place = module(last, in: directory, tried: &tried) { return place }
        if segments.count > 1 {
            let parentSegments = segments.dropLast()
            var parent = base
            for segment in parentSegments.dropLast() { parent = PathText.join(parent, segment) }
            switch module(parentSegments.last!, in: parent, tried: &tried) {
            case .file(let file): return .itemOf(file)
            case .ambiguous(let a, let b): return .ambiguous(a, b)
            default: break
            }
        }
        let namespace = PathText.join(directory, last)
        return probes.kind(of: namespace) == .directory ? .namespace(namespace) : nil
    }

    /// The file of the module `name` in `directory`: `name.simple`, `name.spl`, or `__init__` in the directory `name`.
    private mutating func module(_ name: String, in directory: String, tried: inout [String]) -> ModulePlace? {
        var found: String?
        let path = PathText.join(directory, name)
        for candidate in [path + ".simple", path + ".spl", path + "/__init__.simple", path + "/__init__.spl"] {
            if !probes.kind(of: candidate).isReadable {
                if !candidate.hasSuffix(".spl") { tried.append(candidate) }
                continue
            }
            if let found { return .ambiguous(found, candidate) }
            found = candidate
        }
        return found.map { .file($0) }
    }

    /// Modules whose names are within two edits of the first segment that leads nowhere.
    private func nearNames(_ segments: ArraySlice<String>, _ bases: [String]) -> [String] {
        var names: [String] = []
        for base in bases {
            var directory = base
            for segment in segments {
                let below = PathText.join(directory, segment)
                if segment != segments.last, SystemFile.kind(of: below) == .directory {
                    directory = below
                    continue
                }
                for entry in namesInFolder(directory) {
                    let stem = PathText.withoutSourceExtension(entry)
                    let isModule =
                        stem != entry || SystemFile.kind(of: PathText.join(directory, entry)) == .directory
                    if isModule, stem != segment, stem != "__init__", !names.contains(stem),
                        editDistance(stem, segment, limit: 2) <= 2
                    {
                        names.append(stem)
                    }
                }
                break
            }
        }
        return Array(names.prefix(3))
    }
}

extension FileKind {
    /// Whether it can be read as a source: anything but a directory.
    var isReadable: Bool { self == .file || self == .stream }
}

/// Number of single-byte insertions, deletions and replacements that turn `a` into `b`; anything above `limit` may
/// be returned as `limit + 1`.
package func editDistance(_ a: String, _ b: String, limit: Int) -> Int {
    let x = Array(a.utf8), y = Array(b.utf8)
    if abs(x.count - y.count) > limit || x.count > 64 || y.count > 64 { return limit + 1 }
    var previous = Array(0...y.count)
    for i in 0..<x.count {
        var current = [i + 1]
        for j in 0..<y.count {
            current.append(min(previous[j] + (x[i] == y[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
        }
        previous = current
    }
    return previous[y.count]
}

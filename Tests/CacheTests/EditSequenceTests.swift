import CPlatform
import Cache
import Driver
import Glibc
import Loader
import ProcessSupport
import Testing

/// Random edits: what the cache gives is byte for byte what a clean build gives, at every step.
@Suite struct EditSequenceTests {
    /// 8 programs × 150 edits.
    @Test(arguments: 0..<8)
    func cachedEqualsClean(seed: Int) throws {
        let folder = TemporaryFolder()
        var world = World(seed: UInt64(seed) &* 977 + 5)
        var history: [World] = []
        var counts = (hits: 0, builds: 0, failures: 0, reused: 0)
        let root = folder.path + "/p/src/app/main.simple"
        world.write(to: folder)
        for step in 0..<150 {
            if step > 0 {
                if !history.isEmpty, world.random(12) == 0 {
                    // As by a change of branch.
                    let state = world.generator
                    world = history[world.random(history.count)]
                    world.generator = state
                } else {
                    world.edit()
                }
                world.write(to: folder)
                history.append(world)
            }
            var clean = try Build(path: root, options: CompileOptions())
            let cleanResult = clean.compile()
            let request = try #require(
                CacheRequest(path: root, options: [], folder: strdup(folder.path + "/cache")))
            var cached = CachedBuild(request, mode: .fast)
            if let hit = cached.find() {
                counts.hits += 1
                let digest = hit.manifest.digest(ManifestLayout.imageDigest)
                let image = FileText.read(String(cString: request.imagePath(digest)))
                close(hit.image)
                #expect(image == clean.compilation.image, "step \(step): hit; \(world.last)")
                #expect(String(cString: hit.manifest.text(ManifestLayout.plainWarnings)) == clean.warningTexts.plain)
                continue
            }
            var build = try Build(path: root, options: CompileOptions())
            build.compilation.objectCache = cached.objects
            let result = build.compile()
            guard case .success = result else {
                counts.failures += 1
                guard case .failure = cleanResult else {
                    Issue.record("step \(step): the cached build fails; \(world.last)")
                    continue
                }
                #expect(build.compilation.bugs.isEmpty, "\(build.compilation.bugs)")
                continue
            }
            counts.builds += 1
            counts.reused += build.compilation.objectCounts.reused
            #expect(build.compilation.image == clean.compilation.image, "step \(step): build; \(world.last)")
            let descriptor = cached.keep(build)
            close(try #require(descriptor))
        }
        // The edits are of all kinds: the test would be void if nothing were ever found.
        #expect(counts.hits >= 5 && counts.builds >= 60 && counts.reused > counts.builds, "\(counts)")
        #expect(counts.failures < 60, "\(counts)")
    }
}

/// A program of several modules as it is now, and how it may change.
private struct World {
    struct Module {
        var imports: [Int] = []
        var constant = 1
        var body = 0
        var generic = 0
        var comment = 0
        var trailingComment = 0
        var rename = 0
        var field = 0
        var defaultValue = 0
        var privateHelpers = 0
        var counter = 0
        var isNarrow = false
        var hasUnused = false
    }
    var modules: [Module]
    /// Files that would be preferred to modules in `src`: numbers of modules that exist in `src/app` too.
    var shadows: Set<Int> = []
    var hasBrokenFile = false
    var hasDuplicate = false
    var isTouched = false
    var generator: UInt64
    var last = "start"

    init(seed: UInt64) {
        generator = seed
        modules = []
        for i in 0..<7 {
            var module = Module()
            for j in 0..<i where j % 2 == i % 2 || i == j + 1 { module.imports.append(j) }
            modules.append(module)
        }
    }

    mutating func random(_ count: Int) -> Int {
        // SplitMix64.
        generator = generator &+ 0x9E37_79B9_7F4A_7C15
        var z = generator
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) >> 1) % count
    }

    mutating func edit() {
        isTouched = false
        // Mistakes are mended at once.
        hasBrokenFile = false
        hasDuplicate = false
        let i = random(modules.count)
        let kind = random(20)
        last = "edit \(kind) of module \(i)"
        switch kind {
        case 0: modules[i].constant += 1
        case 1, 2: modules[i].body += 1
        case 3: modules[i].generic += 1
        case 4: modules[i].comment = (modules[i].comment + 1) % 5
        case 5: modules[i].trailingComment += 1
        case 6: modules[i].rename = (modules[i].rename + 1) % 3
        case 7: modules[i].field = (modules[i].field + 1) % 4
        case 8: modules[i].defaultValue += 1
        case 9: modules[i].privateHelpers = (modules[i].privateHelpers + 1) % 3
        case 10: modules[i].counter += 1
        case 11: modules[i].isNarrow.toggle()
        case 12: modules[i].hasUnused.toggle()
        case 13: if shadows.remove(i) == nil { shadows.insert(i) }
        case 14: modules.append(Module(imports: [i]))
        case 15: if modules.count > 5 { removeLast() }
        case 16: hasBrokenFile = true
        case 17: hasDuplicate = true
        case 18:
            if i > 1, !modules[i].imports.isEmpty {
                modules[i].imports.removeLast()
            } else if i > 1 {
                modules[i].imports.append(i - 1)
            }
        default: isTouched = true
        }
    }

    private mutating func removeLast() {
        modules.removeLast()
        shadows.remove(modules.count)
    }

    func function(_ i: Int) -> String { ["work", "labour", "toil"][modules[i].rename] + "\(i)" }

    func text(_ i: Int, isShadow: Bool) -> String {
        let module = modules[i]
        var text = ""
        for j in module.imports { text += "use m\(j)\n" }
        for k in 0..<module.comment { text += "# comment \(k)\n" }
        text += "pub const K\(i) = \(module.constant + (isShadow ? 100 : 0))\n"
        text += "pub struct P\(i):\n    x: i64\n"
        if module.field > 0 { text += "    y: \(module.isNarrow ? "i32" : "i64") = \(module.field)\n" }
        if module.field > 2 { text += "    z: str = \"z\"\n" }
        text += "pub static mut counter\(i): i64 = \(module.counter)\n"
        text += "fn secret\(i)(n: i64) -> i64: return n * \(module.body % 3 + 2)\n"
        for k in 0..<module.privateHelpers { text += "fn helper\(k)(n: i64) -> i64: return secret\(i)(n) + \(k)\n" }
        text += "pub fn pick\(i)(xs, n):\n    let shift = secret\(i)(\(module.generic)) - secret\(i)(\(module.generic))\n"
        text += "    if n + shift < len(xs): return xs[n]\n    return xs[0]\n"
        text += "pub fn bump\(i)(n: i64, by: i64 = K\(i) + \(module.defaultValue)) -> i64:\n"
        text += "    counter\(i) += by\n    return counter\(i) + n\n"
        text += "pub fn \(function(i))(n: i64) -> i64:\n    var s = n + K\(i)\n"
        if module.hasUnused { text += "    let spare = n\n" }
        for k in 0..<(6 + module.body % 4) {
            text += "    for i in 0..n:\n        if i % \(k + 2) == 0: s += i * \(k)\n        else: s -= \(module.body)\n"
        }
        text += "    let p = P\(i)(s)\n    let xs = [p.x, \(module.field), n]\n"
        for j in module.imports {
            text += "    s += m\(j).\(function(j))(n / 2) + m\(j).K\(j) + m\(j).bump\(j)(n) + m\(j).pick\(j)(xs, 1)\n"
            text += "    let q\(j) = m\(j).P\(j)(s)\n    s += q\(j).x\n"
        }
        text += "    println(\"{p} {s}\")\n    return pick\(i)(xs, 2) + s\n"
        for k in 0..<(module.trailingComment % 7) { text += "# end \(k) \(module.trailingComment)\n" }
        return text
    }

    func write(to folder: TemporaryFolder) {
        let base = folder.path + "/p/src"
        put(folder, "p/simple.sdn", "name: edits\n")
        var main = ""
        for i in modules.indices { main += "use m\(i)\n" }
        for i in modules.indices { main += "println(m\(i).\(function(i))(5), m\(i).counter\(i))\n" }
        put(folder, "p/src/app/main.simple", main)
        for i in 0..<modules.count + 3 {
            if i < modules.count {
                put(folder, "p/src/m\(i).simple", text(i, isShadow: false) + (hasBrokenFile && i == 2 ? "fn (" : ""))
            } else {
                unlink(base + "/m\(i).simple")
            }
            if shadows.contains(i), i < modules.count {
                put(folder, "p/src/app/m\(i).simple", text(i, isShadow: true))
            } else {
                unlink(base + "/app/m\(i).simple")
            }
        }
        if hasDuplicate { put(folder, "p/src/m1.spl", "pub fn f(): return 1\n") } else { unlink(base + "/m1.spl") }
        if isTouched { utimensat(AT_FDCWD, base + "/m0.simple", nil, 0) }
    }

    /// Writes only what differs, as editors do.
    private func put(_ folder: TemporaryFolder, _ name: String, _ text: String) {
        let bytes = Array(text.utf8)
        if FileText.read(folder.path + "/" + name) != bytes { folder.write(name, bytes) }
    }
}

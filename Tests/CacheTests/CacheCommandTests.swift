import CPlatform
import Cache
import Codegen
import Driver
import Glibc
import Loader
import MIR
import ProcessSupport
import SMF
import Support
import Testing

/// `simple cache …`, the bound of the size, and what keys cover.
@Suite struct CacheCommandTests {
    @Test func whyNamesWhatChanged() {
        let fixture = CacheFixture()
        fixture.write("a.simple", "use b\nprintln(b.f())\n")
        fixture.write("b.simple", "pub fn f() -> i64: return 2\n")
        func why(_ arguments: String...) -> String {
            let result = ProcessRunner.run(
                Executables.simple, ["cache", "why"] + arguments, in: fixture.folder.path,
                environment: fixture.environment)
            #expect(result.status == 0 && result.stderr.isEmpty, "\(result.stderrText)")
            return result.stdoutText
        }
        #expect(why("a.simple").contains("must be compiled: it was not compiled before"))
        fixture.run("a.simple")
        #expect(why("a.simple").contains("up to date"))
        #expect(why("--no-optimize", "a.simple").contains("option --no-optimize"))
        fixture.write("b.simple", "pub fn f() -> i64: return 3\n")
        #expect(why("a.simple").contains("b.simple` changed"))
        let json = why("--json", "a.simple")
        #expect(json.contains("\"up_to_date\": false") && json.contains("\"reason\": \"file-changed\""))
        fixture.run("a.simple")
        #expect(why("a.simple").contains("last compiled because `\(fixture.folder.path)/b.simple` changed"))
        fixture.write("b.spl", "")
        #expect(why("a.simple").contains("b.spl` is there now"))
        unlink(fixture.folder.path + "/b.spl")
        unlink(fixture.folder.path + "/b.simple")
        #expect(why("a.simple").contains("b.simple` is gone"))
    }

    @Test func statusVerifyClear() {
        let fixture = CacheFixture()
        fixture.write("a.simple", "println(1)\n")
        fixture.write("b.simple", "println(2)\n")
        fixture.run("a.simple")
        fixture.run("b.simple")
        let status = fixture.run("cache", "status", "--json").stdoutText
        #expect(status.contains("\"programs\": 2") && status.contains("\"images\": 2"), "\(status)")
        #expect(fixture.run("cache", "status").stdoutText.contains(fixture.cache))
        fixture.write("b.simple", "println(3)\n")
        let verify = fixture.run("cache", "verify", "--json")
        #expect(verify.status == 0)
        #expect(verify.stdoutText.contains("\"same\": 1, \"stale\": 1, \"damaged\": 0, \"different\": 0"))
        for path in fixture.entries("images") { FileText.write(path, [1, 2, 3]) }
        #expect(fixture.run("cache", "verify").status == 1)
        #expect(fixture.entries("images").isEmpty)
        fixture.run("a.simple")
        #expect(fixture.run("cache", "clear").status == 0)
        #expect(fixture.entries("images").isEmpty && fixture.entries("manifests").isEmpty)
        expect(fixture.run("a.simple"), "1\n")
        #expect(fixture.run("cache", "status", environment: ["SIMPLE_CACHE_DIR": fixture.folder.path + "/a.simple"]).status == 2)
    }

    /// A wrong image under a right manifest: only `verify` can see it, and it does.
    @Test func verifyFindsALyingCache() throws {
        let fixture = CacheFixture()
        fixture.write("a.simple", "println(1)\n")
        fixture.write("b.simple", "println(2)\n")
        fixture.run("a.simple")
        let manifest = try #require(fixture.entries("manifests").first)
        fixture.run("b.simple")
        let other = try #require(fixture.entries("manifests").first { $0 != manifest })
        var bytes = try #require(FileText.read(manifest))
        let lie = try #require(FileText.read(other))
        let part = ManifestLayout.imageDigest..<ManifestLayout.compilerStamp
        bytes.replaceSubrange(part, with: lie[part])
        FileText.write(manifest, ManifestChecksum.sealed(bytes))
        expect(fixture.run("a.simple"), "2\n")
        let result = fixture.run("--cache=verify", "a.simple")
        #expect(result.status == 70, "\(result.stderrText)")
        #expect(fixture.run("cache", "verify").stdoutText.contains("a.simple: different; removed"))
        expect(fixture.run("a.simple"), "1\n")
    }

    @Test func trimKeepsWhatWasUsed() throws {
        let folder = TemporaryFolder()
        let store = try CacheStore(folder.path + "/cache")
        let hour = 3_600_000_000_000 as Int64
        for i in 0..<10 {
            let name = ContentDigest(low: UInt64(i), high: 7).text
            try store.write(.objects, name, [UInt8](repeating: 1, count: 10_000))
            // Objects 0...6 were last used 9...3 hours ago, the others just now.
            let age = i < 7 ? Double(9 - i) * 3600 : 10
            let time = timespec(tv_sec: Int(Double(Timestamp.now / 1_000_000_000) - age), tv_nsec: 0)
            var times = [time, time]
            utimensat(AT_FDCWD, store.path(.objects, name), &times, 0)
        }
        try store.write(.objects, ".123-0-left-behind", [1])
        var inventory = CacheInventory(store)
        #expect(inventory.entries(.objects).count == 10 && inventory.temporaries.count == 1)
        let each = inventory.entries(.objects)[0].size
        #expect(inventory.trim(to: Int.max) == 0)
        #expect(inventory.trim(to: inventory.size - 3 * each) == 3 * each)
        inventory = CacheInventory(store)
        #expect(inventory.entries.map(\.name) == (3..<10).map { ContentDigest(low: UInt64($0), high: 7).text })
        // Not even room for nothing costs what was used in the last hour.
        _ = inventory.trim(to: 0)
        #expect(CacheInventory(store).entries.count == 3)
        _ = inventory.trim(to: 0, now: Timestamp.now + 2 * hour)
        #expect(CacheInventory(store).size == 0)
        #expect(CacheLimit.parse("3M") == 3 << 20 && CacheLimit.parse("12") == 12 && CacheLimit.parse("x") == nil)
    }

    /// Whoever compiles an hour after the last look at the size sends somebody to look again.
    @Test func sizeIsLookedAfter() {
        let fixture = CacheFixture()
        fixture.write("a.simple", "println(1)\n")
        fixture.write("b.simple", "println(2)\n")
        fixture.run("a.simple")
        let old = fixture.entries("images") + fixture.entries("manifests")
        #expect(old.count == 2)
        for path in old + [fixture.cache + "/trimmed"] {
            let time = timespec(tv_sec: Int(Timestamp.now / 1_000_000_000) - 10_000, tv_nsec: 0)
            var times = [time, time]
            utimensat(AT_FDCWD, path, &times, 0)
        }
        expect(fixture.run("b.simple", environment: ["SIMPLE_CACHE_MAX": "1K"]), "2\n")
        for _ in 0..<400 where access(old[0], F_OK) == 0 || access(old[1], F_OK) == 0 { usleep(25_000) }
        #expect(old.allSatisfy { access($0, F_OK) != 0 })
        // What was just made stays, whatever the bound.
        expect(fixture.run("b.simple"), "2\n")
        #expect(fixture.compilations() == 2)
    }

    /// A hit marks the program as used, at most once an hour.
    @Test func useIsRemembered() throws {
        let fixture = CacheFixture()
        fixture.write("a.simple", "println(1)\n")
        fixture.run("a.simple")
        fixture.settle()
        fixture.run("a.simple")
        let manifest = try #require(fixture.entries("manifests").first)
        func use() -> Int {
            var status = stat()
            stat(manifest, &status)
            return status.st_mtim.tv_sec
        }
        let now = use()
        for (age, isMarked) in [(600, false), (7200, true)] {
            var times = [timespec(tv_sec: now - age, tv_nsec: 0), timespec(tv_sec: now - age, tv_nsec: 0)]
            utimensat(AT_FDCWD, manifest, &times, 0)
            expect(fixture.run("a.simple"), "1\n")
            #expect((use() >= now) == isMarked)
        }
        #expect(fixture.compilations() == 1)
    }

    /// A new field of what the stages see must become part of the key: then it belongs in the list too.
    @Test func objectKeysCoverEveryField() throws {
        let module = MIRModule(name: "m", sources: SourceMap())
        let scope = InlineScope(name: "f", file: FileID(rawValue: 0))
        let values: [(String, Any)] = [
            ("MIRModule", module),
            ("MIRFunction", MIRFunction(symbol: SymbolID(rawValue: 0), signature: SignatureID(rawValue: 0), scope: scope)),
            ("InlineScope", scope),
            (
                "DataObject",
                DataObject(symbol: SymbolID(rawValue: 0), section: .readOnly, alignment: 1, bytes: [], size: 0)
            ),
            ("Symbol", Symbol(name: "s", kind: .data, linkage: .local)),
            ("Signature", Signature(parameters: [], results: [])),
            ("CodegenOptions", CodegenOptions()),
            ("ObjectDescription", ObjectDescription()),
            ("TypeEntry", ObjectDescription.TypeEntry(name: "", kind: .other, size: 0, alignment: 0, layoutHash: 0)),
            (
                "Dependency",
                ObjectDescription.Dependency(kind: .source, name: "", size: 0, digest: .init())
            ),
        ]
        for (name, value) in values {
            let fields = Mirror(reflecting: value).children.compactMap(\.label)
            #expect(fields.sorted() == ObjectKey.coveredFields[name]?.sorted(), "\(name)")
        }
        // Digested as they lie in memory: no padding.
        #expect(MemoryLayout<Instruction>.size == 40 && MemoryLayout<Instruction>.stride == 40)
        #expect(Mirror(reflecting: Instruction(.unreachable)).children.count == 12)
        #expect(MemoryLayout<Block>.size == 20 && MemoryLayout<Edge>.size == 12)
    }
}

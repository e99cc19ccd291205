import CPlatform
import Cache
import Driver
import Glibc
import Loader
import ProcessSupport
import Testing

/// Every byte of every kind of entry damaged in turn: nothing of it is ever believed.
@Suite struct DamageTests {
    private func compiled(_ folder: TemporaryFolder) throws -> (request: CacheRequest, keys: [String]) {
        folder.write("a.simple", "use b\nprintln(b.f(3))\n")
        var body = "pub fn f(n: i64) -> i64:\n    var s = n\n"
        for k in 0..<24 { body += "    for i in 0..n:\n        s += i * \(k) % (n + 1)\n" }
        folder.write("b.simple", body + "    return s\n")
        let path = folder.path + "/a.simple"
        let request = try #require(CacheRequest(path: path, options: [], folder: strdup(folder.path + "/cache")))
        var cached = CachedBuild(request, mode: .fast)
        let found = cached.find()
        #expect(found == nil)
        var build = try Build(path: path, options: CompileOptions())
        build.compilation.objectCache = cached.objects
        guard case .success = build.compile() else {
            Issue.record("the program does not compile")
            return (request, [])
        }
        let descriptor = cached.keep(build)
        close(try #require(descriptor))
        return (request, FileText.list(folder.path + "/cache/objects", suffix: ""))
    }

    private func isFound(_ request: CacheRequest) -> Bool {
        var cached = CachedBuild(request, mode: .fast)
        guard let hit = cached.find() else { return false }
        close(hit.image)
        return true
    }

    @Test func damagedManifestsAreNotBelieved() throws {
        let folder = TemporaryFolder()
        let (request, _) = try compiled(folder)
        #expect(isFound(request))
        let path = String(cString: request.manifestPath)
        let sound = try #require(FileText.read(path))
        for i in sound.indices {
            for flip: UInt8 in [1, 0x80, 0xFF] {
                var damaged = sound
                damaged[i] ^= flip
                FileText.write(path, damaged)
                chmod(path, 0o600)
                #expect(!isFound(request), "byte \(i)")
            }
        }
        for size in sound.indices {
            FileText.write(path, Array(sound[..<size]))
            #expect(!isFound(request), "cut to \(size) bytes")
        }
        FileText.write(path, sound)
        #expect(isFound(request))
        chmod(path, 0o666)
        #expect(!isFound(request), "others could have written it")
    }

    @Test func damagedImagesAreNotBelieved() throws {
        let folder = TemporaryFolder()
        let (request, _) = try compiled(folder)
        let path = try #require(FileText.list(folder.path + "/cache/images", suffix: ".smf").first)
        let sound = try #require(FileText.read(path))
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        for i in sound.indices {
            var byte = sound[i] ^ (i % 2 == 0 ? 0x01 : 0x80)
            pwrite(descriptor, &byte, 1, i)
            #expect(!isFound(request), "byte \(i)")
            byte = sound[i]
            pwrite(descriptor, &byte, 1, i)
        }
        #expect(isFound(request))
        // Another valid image in its place.
        folder.write("other/a.simple", "println(1)\n")
        let other = folder.path + "/other/a.simple"
        var build = try Build(path: other, options: CompileOptions())
        _ = build.compile()
        FileText.write(path, build.compilation.image)
        #expect(!isFound(request))
        FileText.write(path, Array(sound.dropLast()))
        #expect(!isFound(request))
        unlink(path)
        #expect(!isFound(request))
    }

    @Test func damagedObjectsAreNotBelieved() throws {
        let folder = TemporaryFolder()
        let (_, objects) = try compiled(folder)
        let path = try #require(objects.first)
        let name = String(path.split(separator: "/").last ?? "")
        let key = ContentDigest(hexadecimal: name[...])
        let store = try CacheStore(folder.path + "/cache")
        let object = try #require(store.object(key))
        let sound = try #require(FileText.read(path))
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        for i in sound.indices {
            var byte = sound[i] ^ 0x10
            pwrite(descriptor, &byte, 1, i)
            #expect(store.object(key) == nil, "byte \(i)")
            byte = sound[i]
            pwrite(descriptor, &byte, 1, i)
        }
        #expect(store.object(key) == object)
        FileText.write(path, Array(sound.dropLast()))
        #expect(store.object(key) == nil)
        // Under another name it is not what is asked for.
        FileText.write(path, sound)
        rename(path, path.dropLast(4) + "0000")
        #expect(store.object(ContentDigest(hexadecimal: name.dropLast(4) + "0000")) == nil)
    }

    /// The same through the executables, at a sample of places: output and status are right, and nobody is bothered.
    @Test func programsRunWhateverIsDamaged() throws {
        let fixture = CacheFixture()
        fixture.write("a.simple", "use b\nprintln(b.f(3))\nmain = 5\n")
        fixture.write("b.simple", "pub fn f(n: i64) -> i64: return n * 7\n")
        expect(fixture.run("a.simple"), "21\n", status: 5)
        for kind in ["manifests", "images"] {
            let whole = FileText.read(fixture.entries(kind).first ?? "")
            let size = try #require(whole).count
            for i in stride(from: 3, to: size, by: max(1, size / 25)) {
                let path = fixture.entries(kind).first ?? ""
                var bytes = try #require(FileText.read(path))
                bytes[min(i, bytes.count - 1)] ^= 0xFF
                FileText.write(path, bytes)
                expect(fixture.run("a.simple"), "21\n", status: 5)
            }
        }
        // Folders where files should be, and the other way round.
        let manifest = try #require(fixture.entries("manifests").first)
        unlink(manifest)
        mkdir(manifest, 0o700)
        expect(fixture.run("a.simple"), "21\n", status: 5, warnings: 1)
    }

    // MARK: Clocks

    /// Manifests of machines whose clock went wrong, or that were booted since: contents decide.
    @Test(arguments: [-3_600_000_000_000, 0, 3_600_000_000_000] as [Int64], [false, true])
    func clocksAreNotBelieved(shift: Int64, booted: Bool) throws {
        let folder = TemporaryFolder()
        let (request, _) = try compiled(folder)
        let path = String(cString: request.manifestPath)
        var bytes = try #require(FileText.read(path))
        bytes.withUnsafeMutableBytes { buffer in
            buffer.storeBytes(
                of: buffer.loadUnaligned(fromByteOffset: ManifestLayout.verifiedAt, as: Int64.self) + shift,
                toByteOffset: ManifestLayout.verifiedAt, as: Int64.self)
            if booted { buffer.storeBytes(of: 0, toByteOffset: ManifestLayout.bootID, as: UInt64.self) }
        }
        FileText.write(path, ManifestChecksum.sealed(bytes))
        #expect(isFound(request))
        FileText.write(path, ManifestChecksum.sealed(bytes))
        // The same size, the same time of change, a moment later.
        var status = stat()
        stat(folder.path + "/a.simple", &status)
        folder.write("a.simple", "use b\nprintln(b.f(4))\n")
        var times = [status.st_atim, status.st_mtim]
        utimensat(AT_FDCWD, folder.path + "/a.simple", &times, 0)
        #expect(!isFound(request))
    }

    /// What was found by contents is believed by stamps the next time.
    @Test func trustIsRefreshed() throws {
        let folder = TemporaryFolder()
        let (request, _) = try compiled(folder)
        usleep(2_050_000)
        let path = String(cString: request.manifestPath)
        let before = FileText.read(path)
        #expect(isFound(request))
        let after = FileText.read(path)
        #expect(before != after)
        #expect(isFound(request))
        #expect(FileText.read(path) == after)
    }
}

import Glibc
import SMF
import SimpleLoader
import Testing

@Suite(.serialized) struct RegistryTests {
    @Test func loadsOnce() throws {
        let folder = Folder()
        let bytes = try module("pub static mut n: i64 = 1\n")
        let path = folder.write("a.smf", bytes)
        let copy = folder.write("b.smf", bytes)
        let registry = ModuleRegistry()
        let first = try registry.load(path: path)
        #expect(first.name == "a" && first.path == path && first.isLoaded)
        #expect(try registry.load(path: path) === first)
        #expect(try registry.load(path: copy) === first)
        #expect(try registry.load(bytes: bytes, name: "c") === first)
        #expect(registry.modules.count == 1)
        #expect(registry.module(named: "b") === first)
        // Another registry has globals of its own.
        let other = try ModuleRegistry().load(path: path)
        try other.global(named: "n", as: Int64.self).write(5)
        #expect(try first.global(named: "n", as: Int64.self).read() == 1)
        #expect(registry.resolve("<string>.n") == nil)
        #expect(registry.resolve("main.n")?.module === first)
    }

    @Test func unloadAndReload() throws {
        let folder = Folder()
        let registry = ModuleRegistry()
        let path = folder.write("v.smf", try module("pub fn version() -> str:\n    return \"one\"\n"))
        let old = try registry.load(path: path)
        let oldVersion = try old.function(named: "version", as: (() -> String).self)
        let text = try oldVersion()
        _ = folder.write("v.smf", try module("pub fn version() -> str:\n    return \"two\"\n"))
        #expect(throws: LoadError.nameTaken(name: "v")) { try registry.load(path: path) }
        try registry.unload(old)
        #expect(!old.isLoaded)
        #expect(text == "one")
        #expect(throws: CallError.unloaded(module: "v")) { try oldVersion() }
        #expect(throws: CallError.unloaded(module: "v")) { try old.entryPoint().run() }
        #expect(throws: LoadError.unloaded(module: "v")) { try registry.unload(old) }
        let new = try registry.load(path: path)
        #expect(new !== old)
        #expect(try new.function(named: "version", as: (() -> String).self)() == "two")
    }

    /// Modules that come and go leave neither memory nor roots behind.
    @Test func manyReloads() throws {
        let registry = ModuleRegistry()
        let bytes = try module("pub static mut xs: [str] = [\"a\" + \"b\"]\npub fn f() -> [str]:\n    xs.push(\"c\")\n    return xs\n")
        func mappings() -> Int {
            guard let file = fopen("/proc/self/maps", "r") else { return 0 }
            defer { fclose(file) }
            var count = 0
            var line = [CChar](repeating: 0, count: 4096)
            while fgets(&line, 4096, file) != nil { if strstr(line, "simple-module") != nil { count += 1 } }
            return count
        }
        for _ in 0..<400 {
            let module = try registry.load(bytes: bytes, name: "m")
            #expect(try module.function(named: "f", as: (() -> [String]).self)() == ["ab", "c"])
            try registry.unload(module)
        }
        try SimpleRuntime.collectGarbage()
        // Other tests' modules come and go at the same time.
        #expect(mappings() < 400)
    }

    /// More modules at once than any of the runtime's tables begins with: each has its own roots and positions.
    @Test func thousandsOfModulesAtOnce() throws {
        try SimpleRuntime.setReportsPanics(false)
        let bytes = try module(
            """
            pub static mut xs: [str] = []
            pub fn add(n: i64) -> i64:
                xs.push("{n}" + "!")
                return xs.len()
            pub fn last() -> str: return xs[-1]
            pub fn fail(n: i64) -> i64: return [1][n]

            """)
        let count = 1500
        var modules: [LoadedModule] = []
        for i in 0..<count {
            modules.append(try ModuleRegistry().load(bytes: bytes, name: "m\(i)"))
            #expect(try modules[i].function(named: "add", as: ((Int64) -> Int64).self)(Int64(i)) == 1)
        }
        try SimpleRuntime.collectGarbage()
        for i in 0..<count { #expect(try modules[i].function(named: "last", as: (() -> String).self)() == "\(i)!") }
        for i in [0, 1100, count - 1] {
            let failure = panic { _ = try modules[i].function(named: "fail", as: ((Int64) -> Int64).self)(3) }
            #expect(failure?.report.contains("at <string>:6:") == true, "\(failure?.report ?? "")")
        }
    }

    @Test func modulesImportFromEachOther() throws {
        let registry = ModuleRegistry()
        let lib = HandMadeModule(name: "lib", functions: [("inc", HandMadeModule.add(1)), ("dec", HandMadeModule.add(0xFF))])
        let user = HandMadeModule(
            name: "user", functions: [("up", nil), ("down", nil)],
            imports: [
                .init(symbol: "lib.inc", library: "lib", abiHash: lib.abiHash), .init(symbol: "lib.dec", library: nil),
            ])
        let provider = try registry.load(bytes: lib.build(), name: "lib")
        let importer = try registry.load(bytes: user.build(), name: "user")
        #expect(try importer.function(named: "up", as: ((Int64) -> Int64).self)(41) == 42)
        #expect(try importer.function(named: "down", as: ((Int64) -> Int64).self)(41) == 40)
        #expect(importer.dependencies.map(\.name) == ["lib"])
        #expect(throws: LoadError.inUse(module: "lib", users: ["user"])) { try registry.unload(provider) }
        try registry.unload(importer)
        try registry.unload(provider)
        #expect(registry.modules.isEmpty)
    }

    @Test func circlesLoadTogether() throws {
        let a = HandMadeModule(
            name: "a", functions: [("f", nil), ("g", HandMadeModule.add(10))], imports: [.init(symbol: "b.f", library: "b")])
        let b = HandMadeModule(
            name: "b", functions: [("h", nil), ("f", HandMadeModule.add(20))], imports: [.init(symbol: "a.g", library: "a")])
        let registry = ModuleRegistry()
        #expect(throws: LoadError.self) { try registry.load(bytes: a.build(), name: "a") }
        #expect(registry.modules.isEmpty)
        let both = try registry.load([
            ModuleSource(bytes: a.build(), name: "a"), ModuleSource(bytes: b.build(), name: "b"),
        ])
        #expect(try both[0].function(named: "f", as: ((Int64) -> Int64).self)(1) == 21)
        #expect(try both[1].function(named: "h", as: ((Int64) -> Int64).self)(1) == 11)
        #expect(throws: LoadError.self) { try registry.unload(both[0]) }
        try registry.unloadAll()
        #expect(!both[0].isLoaded && !both[1].isLoaded)
    }

    @Test func allMissingImportsAreReported() throws {
        let user = HandMadeModule(
            name: "user", functions: [("f", nil)],
            imports: [
                .init(symbol: "lib.inc", library: "lib"), .init(symbol: "simple_rt_nowhere", library: nil, kind: .runtime),
                .init(symbol: "cfun", library: "libc.so.6", kind: .cLibrary), .init(symbol: "x.y", library: nil),
                .init(symbol: "not.needed", library: nil, flags: .optional),
            ])
        let failure = thrown(LoadError.self) { _ = try ModuleRegistry().load(bytes: user.build(), name: "user") }
        if case .missingImports(let problems)? = failure {
            #expect(problems.map(\.symbol) == ["lib.inc", "simple_rt_nowhere", "cfun", "x.y"])
            #expect(
                problems.map(\.source) == [.module("lib"), .runtime, .cLibrary("libc.so.6"), .module(nil)])
            #expect(problems.allSatisfy { $0.wantedBy == "user" && $0.reason == .missing })
        } else {
            Issue.record("\(String(describing: failure))")
        }
        let lib = HandMadeModule(name: "lib", functions: [("inc", HandMadeModule.add(1))])
        let registry = ModuleRegistry()
        _ = try registry.load(bytes: lib.build(), name: "lib")
        var other = user
        other.imports = [.init(symbol: "lib.inc", library: "lib", abiHash: 77)]
        let problem = ImportProblem(
            symbol: "lib.inc", source: .module("lib"), wantedBy: "user",
            reason: .abiMismatch(expected: 77, found: lib.abiHash))
        #expect(throws: LoadError.abiMismatch([problem])) { try registry.load(bytes: other.build(), name: "user") }
    }

    @Test func refusedFiles() throws {
        let folder = Folder()
        let sound = try module("println(1)\n")
        func error(_ bytes: [UInt8]) -> LoadError? {
            let path = folder.write("x.smf", bytes)
            return thrown(LoadError.self) { _ = try ModuleRegistry().load(path: path) }
        }
        func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
            var copy = sound
            copy[offset] = value
            return copy
        }
        let path = "\(folder.path)/x.smf"
        #expect(error(sound) == nil)
        #expect(error([]) == .notAModule(module: path))
        #expect(error(Array("#!/bin/sh\n".utf8)) == .notAModule(module: path))
        #expect(error([UInt8](repeating: 9, count: 500)) == .notAModule(module: path))
        #expect(
            error(Array(sound.dropLast(9)))
                == .truncated(module: path, expected: UInt64(sound.count), found: UInt64(sound.count - 9)))
        #expect(error(Array(sound.prefix(50))) == .truncated(module: path, expected: 128, found: 50))
        #expect(error(changed(4, 2)) == .badVersion(module: path, major: 2))
        guard case .corrupt(_, "moduleHash", _, 48, _) = error(changed(sound.count - 20, 0xEE)) else {
            Issue.record("damaged payload")
            return
        }
        guard case .corrupt(_, "headerChecksum", _, _, _) = error(changed(40, 0xEE)) else {
            Issue.record("damaged header")
            return
        }
        var made = HandMadeModule(name: "m", functions: [("f", HandMadeModule.add(1))])
        made.architecture = .aarch64
        #expect(error(made.build()) == .wrongArch(module: path, found: "AArch64"))
        made.architecture = .x86_64
        made.platform = .macOS
        #expect(error(made.build()) == .wrongArch(module: path, found: "macOS"))
        made.platform = .linux
        made.runtimeABI = 99
        #expect(error(made.build()) == .wrongRuntime(module: path, found: 99, expected: 1))
        #expect(error(SMFWriter().emit()) == .notLinked(module: path))
        let absent = folder.path + "/absent.smf"
        #expect(throws: LoadError.io(module: absent, code: ENOENT)) { try ModuleRegistry().load(path: absent) }
        #expect(throws: LoadError.io(module: folder.path, code: EISDIR)) { try ModuleRegistry().load(path: folder.path) }
        made.runtimeABI = 1
        let library = try ModuleRegistry().load(bytes: made.build(), name: "m")
        #expect(throws: LoadError.noEntryPoint(module: "m")) { try library.entryPoint() }
    }

    @Test func concurrentLoads() async throws {
        let folder = Folder()
        let paths = try (0..<4).map { i in folder.write("m\(i).smf", try module("pub fn f() -> i64:\n    return \(i)\n")) }
        let registry = ModuleRegistry()
        await withTaskGroup(of: Int.self) { group in
            for thread in 0..<12 {
                group.addTask {
                    var wrong = 0
                    for round in 0..<40 {
                        let i = (thread + round) % 4
                        guard let module = try? registry.load(path: paths[i]),
                            let f = try? module.function(named: "f", as: (() -> Int64).self)
                        else {
                            wrong += 1
                            continue
                        }
                        let error = thrown(CallError.self) { if try f() != Int64(i) { wrong += 1 } }
                        if let error, error != .unloaded(module: "m\(i)") { wrong += 1 }
                        if thread % 3 == 0, round % 5 == 0 { try? registry.unload(module) }
                    }
                    return wrong
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
        #expect(registry.modules.count <= 4)
    }

    /// A long name that all imports share is looked for once, and shortened in messages.
    @Test(.timeLimit(.minutes(5))) func manyImportsOfOneLongName() throws {
        let name = String(repeating: "n", count: 1 << 20)
        let count = 1 << 15
        func image(defines: Bool, flags: SMFImportFlags) -> [UInt8] {
            var writer = SMFWriter(flags: [.linked, .positionIndependent])
            writer.setRuntimeABI(1)
            let code = writer.addCode([0xC3], alignment: 4096)
            if defines {
                _ = writer.addSymbol(
                    name: name, type: .function, binding: .global, section: code + 1, value: 0x1000, size: 1)
                // Symbols and strings lie on no page with code.
                _ = writer.addData([0], readOnly: true, alignment: 4096)
                return writer.emit()
            }
            let library = writer.addString("lib")
            var table = ContiguousArray<UInt8>(repeating: 0, count: count * SMFFormat.importEntrySize)
            table.withUnsafeMutableBytes { bytes in
                for i in 0..<count {
                    var item = SMFImport(slot: 0x2000 + UInt64(bytes.count), symbol: 0, kind: .module)
                    item.library = i % 2 == 0 ? library : 0
                    item.flags = flags
                    item.encode(to: bytes.baseAddress! + i * SMFFormat.importEntrySize)
                }
            }
            _ = writer.addSection(
                type: SMFSectionType.imports.rawValue, flags: .read, bytes: table, alignment: 4096, name: ".imports")
            _ = writer.addData([0, 0, 0, 0, 0, 0, 0, 0], readOnly: false, alignment: 4096)
            _ = writer.addUndefinedSymbol(name: name)
            _ = writer.addSymbol(name: "f", type: .function, binding: .global, section: code + 1, value: 0x1000, size: 1)
            return writer.emit()
        }
        let registry = ModuleRegistry()
        let user = image(defines: false, flags: .required)
        let error = thrown(LoadError.self) { _ = try registry.load(bytes: user, name: "user") }
        guard case .missingImports(let problems)? = error else {
            Issue.record("not refused for missing imports")
            return
        }
        #expect(problems.count == count)
        #expect(problems[0].source == .module("lib") && problems[1].source == .module(nil))
        #expect(problems[0].symbol == String(repeating: "n", count: 256) + "…")
        let optional = image(defines: false, flags: .optional)
        try registry.unload(registry.load(bytes: optional, name: "optional"))
        let lib = try registry.load(bytes: image(defines: true, flags: .required), name: "lib")
        let bound = try registry.load(bytes: user, name: "user")
        #expect(bound.dependencies.count == 1 && bound.dependencies[0] === lib)
    }
}

import Foundation
import SMF
import Testing

/// What a run of `simple` did.
struct CommandResult {
    var status: Int32
    var output: String
    var errors: String
    /// `true` iff a signal ended it.
    var signalled: Bool
}

/// Path of the `simple` executable that was built with the tests.
let simplePath: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    for candidate in [CommandLine.arguments[0], tests] {
        let path = URL(fileURLWithPath: candidate).deletingLastPathComponent().appendingPathComponent("simple").path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    return FileManager.default.currentDirectoryPath + "/.build/debug/simple"
}()

/// Runs a command line through the shell: `$S` is `simple`, `$F` the module file.
func shell(_ command: String, module: [UInt8]? = nil, environment: [String: String] = [:], name: String = "test.smf") throws -> CommandResult {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    if let module { try Data(module).write(to: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = folder
    process.environment = ["S": simplePath, "F": file.path, "PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    let output = folder.appendingPathComponent("stdout")
    let errors = folder.appendingPathComponent("stderr")
    try Data().write(to: output)
    try Data().write(to: errors)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return CommandResult(
        status: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self).replacingOccurrences(of: file.path, with: "FILE"),
        signalled: process.terminationReason == .uncaughtSignal)
}

@Suite struct CommandTests {
    @Test func runsAnImage() throws {
        let result = try shell("exec $S $F", module: Programs.hello().build())
        #expect(result.output == "hello\n")
        #expect(result.errors == "")
        #expect(result.status == 7)
    }

    @Test func exitStatusIsTheLowByte() throws {
        #expect(try shell("exec $S $F", module: Programs.hello(code: 0x1FF).build()).status == 255)
    }

    @Test func recognisesModulesByContents() throws {
        #expect(try shell("exec $S ./prog.bin", module: Programs.hello().build(), name: "prog.bin").status == 7)
    }

    @Test func passesArguments() throws {
        let result = try shell(#"exec $S $F one --gc-stats $'b\xffd' ''"#, module: Programs.arguments().build())
        #expect(result.output == "one\n--gc-stats\nb\u{FFFD}d\n")
    }

    @Test func panicHasPositionAndBacktrace() throws {
        let result = try shell("exec $S $F", module: Programs.panic().build())
        #expect(result.status == 101)
        #expect(result.output == "before\n")
        #expect(
            result.errors == """
                panic[P008]: index 5 out of range for array of length 3
                  at test.simple:12:9
                backtrace:
                  0: compute        test.simple:12:9
                  1: outer          test.simple:15:1
                  2: main           test.simple:20:5

                """)
    }

    @Test func stackOverflowIsAPanic() throws {
        let result = try shell("exec $S $F", module: Programs.endlessRecursion().build())
        #expect(result.status == 101)
        #expect(!result.signalled)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.first == "panic[P016]: stack overflow")
        try #require(lines.count == 3 + 65)
        #expect(lines[3 + 32].hasSuffix("frames not shown ..."))
        #expect(lines.last?.hasSuffix("main           test.simple:9:1") == true)
    }

    @Test func faultsInCodeAreOurBugs() throws {
        let result = try shell("exec $S $F", module: Programs.nullAccess().build())
        #expect(result.status == 70)
        #expect(result.errors.contains("bug in Simple"))
    }

    @Test func garbageIsCollected() throws {
        // 6.4 GB in all; the limit is a hundredth of it.
        let result = try shell("exec $S --gc-stats $F", module: Programs.garbage(count: 100_000_000, size: 64).build(), environment: ["SIMPLE_GC": "max=16M"])
        #expect(result.status == 0)
        #expect(result.errors.hasPrefix("gc: "))
        #expect(!result.errors.hasPrefix("gc: 0 "))
    }

    @Test func largeGarbageIsCollected() throws {
        let result = try shell("exec $S $F", module: Programs.garbage(count: 20_000, size: 1_000_000).build(), environment: ["SIMPLE_GC": "max=64M"])
        #expect(result.status == 0)
        #expect(result.errors == "")
    }

    @Test func memoryExhaustionIsAPanic() throws {
        let result = try shell("exec $S $F", module: Programs.endlessList().build(), environment: ["SIMPLE_GC": "max=32M"])
        #expect(result.status == 101)
        #expect(result.errors.hasPrefix("panic[P017]: out of memory"))
        #expect(result.errors.contains("0: main           test.simple:4:1"))
    }

    @Test func addressSpaceLimitIsAPanic() throws {
        let result = try shell("ulimit -v 400000; exec $S $F", module: Programs.endlessList().build())
        #expect(result.status == 101)
        #expect(result.errors.hasPrefix("panic[P017]: out of memory"))
    }

    @Test func concatenationIsLinear() throws {
        let result = try shell("exec $S $F", module: Programs.concatenation(count: 2_000_000).build())
        #expect(result.output == "20000000\n")
    }

    @Test(arguments: ["stress", "stress,max=64M"])
    func stressMode(_ settings: String) throws {
        let result = try shell("exec $S $F", module: Programs.concatenation(count: 500).build(), environment: ["SIMPLE_GC": settings])
        #expect(result.output == "5000\n")
    }

    @Test func baseRelocations() throws {
        #expect(try shell("exec $S $F", module: Programs.relocated().build()).status == 42)
    }

    @Test func closedPipeEndsSilently() throws {
        let result = try shell("$S $F | exec 0<&-; exit ${PIPESTATUS[0]}", module: Programs.hello().build())
        // The reader may be gone before or after the write; both are quiet.
        #expect(result.status == 141 || result.status == 7)
        #expect(result.errors == "")
    }

    @Test func fullDiskIsReported() throws {
        let result = try shell("exec $S $F > /dev/full", module: Programs.hello().build())
        #expect(result.status == 1)
        #expect(result.errors == "error: cannot write to stdout: No space left on device\n")
    }

    @Test func closedStdoutIsReported() throws {
        let result = try shell("exec $S $F >&-", module: Programs.hello().build())
        #expect(result.status == 1)
        #expect(result.errors == "error: cannot write to stdout: Bad file descriptor\n")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func signalsKeepTheirDefault(_ signal: Int32) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".smf")
        try Data(Programs.garbage(count: 2_000_000_000, size: 64).build()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        // Not `Process`: the threads of tests block signals, and a child inherits that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var child: pid_t = 0
        let arguments = [strdup(simplePath), strdup(file.path), nil]
        defer { for argument in arguments { free(argument) } }
        try #require(posix_spawn(&child, simplePath, nil, &attributes, arguments, environ) == 0)
        usleep(200_000)
        kill(child, signal)
        var status: Int32 = 0
        waitpid(child, &status, 0)
        #expect(status & 0x7F == signal)
    }

    @Test func missingFile() throws {
        let result = try shell("exec $S nowhere.smf")
        #expect(result.status == 1)
        #expect(result.errors == "error: nowhere.smf: No such file or directory\n")
    }

    @Test func directory() throws {
        let result = try shell("mkdir dir.smf; exec $S dir.smf")
        #expect(result.status == 1)
        #expect(result.errors == "error: dir.smf: is a directory, not a module\n")
    }

    @Test func missingCompiler() throws {
        let result = try shell("cp $S ./simple; exec ./simple x.simple")
        #expect(result.status == 70)
        #expect(result.errors.hasPrefix("error: cannot start the compiler: "))
    }

    @Test func otherVerbsGoToTheCompiler() throws {
        let result = try shell(
            #"cp $S ./simple; printf '#!/bin/sh\necho "$@"' > simplec; chmod +x simplec; ./simple build a.simple -o b; ./simple a.simple --gc-stats; ./simple --gc-stats c.simple; ./simple"#)
        #expect(result.output == "build a.simple -o b\na.simple --gc-stats\n--gc-stats c.simple\n\n")
    }

    /// A source map that cannot be read keeps no program from running, but what it is needed for says so.
    @Test func damagedSourceMapsAreReported() throws {
        var hello = Programs.hello()
        hello.hasDamagedMap = true
        #expect(try shell("exec $S $F", module: hello.build()).errors == "")
        let shown = try shell("SIMPLE_GDB=1 exec $S $F", module: hello.build())
        #expect(shown.status == 7 && shown.output == "hello\n")
        #expect(shown.errors.hasPrefix("warning: debuggers see no source lines: "), "\(shown.errors)")
        #expect(shown.errors.hasSuffix(", value 0x63)\n"))
        var panic = Programs.panic()
        panic.hasDamagedMap = true
        let ended = try shell("exec $S $F", module: panic.build())
        #expect(ended.status == 101)
        #expect(
            ended.errors == """
                panic[P008]: index 5 out of range for array of length 3
                  (no source positions: the source map of the module is damaged)

                """)
    }
}

import Driver
import Testing

@Suite struct PathTextTests {
    @Test(arguments: [
        ("x", "/a/b", "/a/b/x"), ("./x/../y", "/a", "/a/y"), ("/x//y/.", "/a", "/x/y"), ("../../../x", "/a", "/x"),
        ("x", "/", "/x"),
    ])
    func absolutePaths(path: String, current: String, expected: String) {
        #expect(PathText.absolute(path, from: current) == expected)
    }

    @Test(arguments: [
        ("/a/b/x", "/a/b", "x"), ("/a/x", "/a/b/c", "../../x"), ("/a/b", "/a/b", "../b"), ("/x", "/", "x"),
        ("/a/b/c/d", "/a", "b/c/d"), ("/ab/x", "/a", "../ab/x"),
    ])
    func relativePaths(path: String, current: String, expected: String) {
        #expect(PathText.relative(path, to: current) == expected)
        #expect(PathText.absolute(expected, from: current) == path)
    }

    @Test func pathsInside() {
        #expect(PathText.inside("/a/b/c", "/a") == "b/c")
        #expect(PathText.inside("/ab/c", "/a") == nil)
        #expect(PathText.inside("/x", "/") == "x")
    }

    @Test func partsOfPaths() {
        #expect(PathText.directory(of: "a/b.simple") == "a")
        #expect(PathText.directory(of: "b.simple") == "")
        #expect(PathText.directory(of: "/b.simple") == "/")
        #expect(PathText.name(of: "a/b.simple") == "b.simple")
        #expect(PathText.withoutSourceExtension("b.simple") == "b")
        #expect(PathText.withoutSourceExtension("b.spl") == "b")
        #expect(PathText.withoutSourceExtension("b.txt") == "b.txt")
        #expect(PathText.withoutSourceExtension(".simple") == ".simple")
        #expect(PathText.join("", "x") == "x")
        #expect(PathText.join("/", "x") == "/x")
        #expect(PathText.join("a", "x") == "a/x")
    }

    @Test(arguments: [("check", "chekc", 2), ("a", "a", 0), ("", "ab", 2), ("run", "build", 4), ("test", "text", 1)])
    func editDistances(a: String, b: String, expected: Int) {
        #expect(editDistance(a, b, limit: 2) == expected)
        #expect(editDistance(b, a, limit: 2) == expected)
    }
}

@Suite struct TimingTests {
    @Test func rowsOfOneNameAreAdded() {
        var timing = Timing()
        timing.add(Timing.Row(name: "parse", nanoseconds: 9_000_000, cpuNanoseconds: 1_500_000))
        timing.add(Timing.Row(name: "check", nanoseconds: 500_000, cpuNanoseconds: 500_000))
        timing.add(Timing.Row(name: "parse", nanoseconds: 3_000_000, cpuNanoseconds: 2_000_000))
        timing.lineCount = 400
        #expect(timing.rows.map(\.name) == ["parse", "check"])
        #expect(timing.totalNanoseconds == 12_500_000)
        #expect(timing.totalCPUNanoseconds == 4_000_000)
        #expect(timing.report.contains("parse         12.000 ms     3.500 ms CPU  87 %"))
        #expect(timing.report.contains("400 lines, 100000 lines/s"))
        #expect(timing.json.hasPrefix("{\"stages_ns\": {\"parse\": 12000000, \"check\": 500000}, \"stages_cpu_ns\": {\"parse\": 3500000, \"check\": 500000}, \"total_ns\": 12500000, \"total_cpu_ns\": 4000000, \"lines\": 400,"))
    }
}

@Suite struct PipelineTests {
    @Test func everyTextBelongsToOneStage() {
        let sections = Pipeline.sections
        #expect(Set(sections).count == sections.count)
        #expect(Pipeline.stages.map(\.name) == ["parse", "check", "lower", "reuse", "optimize", "generate", "link"])
    }

    @Test func stopsBehindTheStageAskedFor() {
        var options = CompileOptions()
        options.stopAfter = "lower"
        var compilation = Compilation(rootPath: "<string>", bytes: Array("println(1)\n".utf8), options: options)
        Pipeline.run(&compilation)
        let failed = compilation.hasFailed
        #expect(!failed)
        let rows = compilation.timing.rows.map(\.name)
        let image = compilation.image
        #expect(image.isEmpty)
        #expect(rows.contains("lower"))
        #expect(!rows.contains("generate"))
    }

    @Test func compilesToTheSameBytesTwice() {
        let source = "fn f(a, b): return a + b\nprintln(f(1, 2), f(\"a\", \"b\"), [1.5])\n"
        var images: [[UInt8]] = []
        for _ in 0..<2 {
            var options = CompileOptions()
            options.paranoid = true
            var compilation = Compilation(rootPath: "<string>", bytes: Array(source.utf8), options: options)
            Pipeline.run(&compilation)
            let failed = compilation.hasFailed
            #expect(!failed)
            images.append(compilation.image)
        }
        #expect(!images[0].isEmpty)
        #expect(images[0] == images[1])
    }
}

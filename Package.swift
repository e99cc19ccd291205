// swift-tools-version: 6.2
import PackageDescription

/// Settings of every ordinary (non-Embedded) target.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// Settings of the targets behind SimpleLoader: without unsafe flags, which SwiftPM refuses in packages that are
/// depended on by version.
let safe: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")]

func stage(_ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = common) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    // Tests spend their time in what they test; optimising them only makes the build longer.
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude,
        swiftSettings: common + [.unsafeFlags(["-Onone"], .when(configuration: .release))])
}

let package = Package(
    name: "simple",
    products: [
        .executable(name: "simple", targets: ["simple"]),
        .executable(name: "simplec", targets: ["simplec"]),
        .library(name: "SimpleLoader", targets: ["SimpleLoader"]),
        .library(name: "SimpleCompiler", targets: ["SimpleCompiler"]),
        // What standalone executables are made of, and what C programs link beside objects of Simple code.
        .executable(name: "simple-stub", targets: ["simple-stub"]),
        .library(name: "simple_rt", type: .static, targets: ["SimpleRT", "CRuntimeMath"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        // The few lines of C that Swift can't say. No dependencies, no state of its own beyond signal handling.
        .target(name: "CPlatform"),

        // Compiler stages. Imports go downwards only (Docs/architecture.md; a test checks it).
        stage("Support"),
        stage("Diagnostics", ["Support"]),
        stage("Syntax", ["Support", "Diagnostics"]),
        // What is written in Simple itself; the sources become constants of the compiler.
        .target(
            name: "StandardLibrary", path: "Library", resources: [.embedInCode("std/prelude.simple")],
            swiftSettings: common),
        stage("HIR", ["Support", "Diagnostics", "Syntax", "RuntimeABI", "StandardLibrary"]),
        stage("RuntimeABI", settings: safe),
        stage("MIR", ["CPlatform", "Support", "RuntimeABI"]),
        stage("Lowering", ["Support", "HIR", "MIR", "RuntimeABI"]),
        stage("SMF", ["CPlatform"], settings: safe),
        stage("Codegen", ["Support", "MIR", "SMF", "RuntimeABI"]),
        stage("Linker", ["Support", "SMF"]),
        stage("Runtime", ["CPlatform", "SMF", "RuntimeABI"], settings: safe),
        stage("Loader", ["CPlatform", "SMF", "Runtime", "RuntimeABI"], settings: safe),
        // For Swift host programs (Docs/embedding.md).
        stage("SimpleLoader", ["CPlatform", "SMF", "RuntimeABI", "Runtime", "Loader"], settings: safe),
        stage("Cache", ["CPlatform", "Support", "SMF", "Loader"]),
        stage(
            "Driver",
            [
                "CPlatform", "Support", "Diagnostics", "Syntax", "HIR", "MIR", "Lowering", "Codegen", "SMF", "Linker",
                "Runtime", "RuntimeABI", "Loader", "Cache",
            ]),
        stage("SimpleCompiler", ["CPlatform", "Support", "Diagnostics", "Linker", "Loader", "Cache", "Driver", "SimpleLoader"]),
        // The malloc of simplec alone: a target of its own, since whatever links it gets it.
        .target(name: "CompilerHeap", cSettings: [.unsafeFlags(["-O2", "-fno-builtin-malloc", "-ftls-model=local-exec"])]),
        .executableTarget(
            name: "simplec",
            dependencies: [
                "CompilerHeap", "CPlatform", "Driver", "Diagnostics", "Loader", "Cache",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: common,
            // ArgumentParser pulls in FoundationEssentials, whose static parts the linker must be told by name. Static, since
            // the dynamic loader took a fifth of the time of compiling a small program.
            linkerSettings: [
                .unsafeFlags([
                    "-static-executable", "-lFoundationEssentials", "-l_FoundationCollections", "-l_FoundationCShims",
                    "-lswiftSynchronization",
                    // Tells builds of the compiler apart: part of every key of the cache.
                    "-Xlinker", "--build-id",
                ])
            ]),

        tests("SMFTests", ["CPlatform", "SMF"]),
        // What fuzzing runs under sanitizers (Fuzz/run); the tests replay its corpora and crashes.
        .target(
            name: "FuzzTargets",
            dependencies: ["CPlatform", "SMF", "Linker", "Loader", "Support", "Diagnostics", "Syntax", "HIR"],
            path: "Fuzz/Targets", swiftSettings: common),
        tests("FuzzTests", ["FuzzTargets", "SMF", "MIR", "Codegen", "Support", "CPlatform"], exclude: ["Golden-1.0"]),
        // Case files, run through the real executables, which `swift test` builds beside the test bundle.
        tests("CaseTests", ["ProgramGenerator", "ProcessSupport", "Driver", "Linker", "SMF"], exclude: ["Cases"]),
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        // Starting processes, for the tests that use the real executables.
        .target(name: "ProcessSupport", dependencies: ["CTestSupport"], path: "Tests/ProcessSupport", swiftSettings: common),
        tests("CacheTests", ["Cache", "Loader", "Driver", "SMF", "MIR", "Codegen", "Support", "ProcessSupport", "CPlatform"]),
        .target(name: "ProgramGenerator", path: "Fuzz/ProgramGenerator", swiftSettings: common),
        tests("DriverTests", ["Driver", "RuntimeABI"]),
        tests("RuntimeTests", ["Runtime", "RuntimeABI", "CPlatform"]),
        tests("LoaderTests", ["Loader", "SMF", "RuntimeABI"]),
        tests("LinkerTests", ["Linker", "SMF"]),
        tests("SimpleLoaderTests", ["SimpleLoader", "SimpleCompiler", "SMF", "ProcessSupport"]),
        tests("SimpleCompilerTests", ["SimpleLoader", "SimpleCompiler", "SMF", "Linker", "ProcessSupport", "CTestSupport"]),
        // The program of Examples/EmbeddingHost, which is a package of its own: the tests build it with all else and run it.
        .executableTarget(
            name: "EmbeddingHostExample", dependencies: ["SimpleLoader", "SimpleCompiler"],
            path: "Examples/EmbeddingHost/Sources/EmbeddingHost"),
        tests("CodegenTests", ["Codegen", "MIR", "SMF", "Support", "RuntimeABI", "CPlatform"]),

        // The one Embedded module: SMF, Runtime and Loader are symlinked into it (no Swift runtime, libc only).
        .executableTarget(
            name: "simple",
            dependencies: ["CPlatform"],
            swiftSettings: [
                .enableExperimentalFeature("Embedded"),
                .unsafeFlags(["-wmo", "-O", "-enforce-exclusivity=unchecked", "-Xcc", "-fno-omit-frame-pointer", "-Xfrontend", "-function-sections"]),
            ],
            // A debugger looks for the two symbols of its JIT interface, also in a stripped executable.
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--gc-sections", "-Xlinker", "-O1", "-Xlinker", "--icf=all",
                    "-Xlinker", "--export-dynamic-symbol=__jit_debug_register_code",
                    "-Xlinker", "--export-dynamic-symbol=__jit_debug_descriptor",
                ])
            ]),

        // The runtime alone, Embedded as well: SMF, Runtime and Loader once more, without the command line.
        .target(
            name: "SimpleRT", dependencies: ["CPlatform"],
            swiftSettings: [
                .enableExperimentalFeature("Embedded"),
                .unsafeFlags(["-wmo", "-O", "-enforce-exclusivity=unchecked", "-Xcc", "-fno-omit-frame-pointer", "-Xfrontend", "-function-sections"]),
            ]),
        .target(name: "CRuntimeMath", cSettings: [.unsafeFlags(["-O2"])]),
        .executableTarget(
            name: "simple-stub", dependencies: ["SimpleRT"], cSettings: [.unsafeFlags(["-O2"])],
            // Embedded: or the Swift runtime is linked to it.
            linkerSettings: [
                .unsafeFlags([
                    "-enable-experimental-feature", "Embedded", "-Xlinker", "--gc-sections", "-Xlinker", "-O1",
                    "-Xlinker", "--icf=all",
                ])
            ]),

        tests("SupportTests", ["Support"]),
        tests("DiagnosticsTests", ["Diagnostics", "Support"]),
        tests("SyntaxTests", ["Syntax", "Diagnostics", "Support"], exclude: ["Fixtures", "Trees"]),
        tests("HIRTests", ["HIR", "Syntax", "Diagnostics", "Support"]),
        tests("LoweringTests", ["Lowering", "HIR", "MIR", "RuntimeABI", "Support"]),
        tests("MIRTests", ["CPlatform", "MIR", "Support", "RuntimeABI"], exclude: ["PassCases"]),
    ]
)

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
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: common)
}

let package = Package(
    name: "simple",
    products: [
        .executable(name: "simple", targets: ["simple"]),
        .executable(name: "simplec", targets: ["simplec"]),
        .library(name: "SimpleLoader", targets: ["SimpleLoader"]),
        .library(name: "SimpleCompiler", targets: ["SimpleCompiler"]),
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
        .executableTarget(
            name: "simplec",
            dependencies: [
                "Driver", "Diagnostics", "Support", "SMF", "Linker", "Loader", "Cache",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: common,
            // ArgumentParser pulls in FoundationEssentials, whose static parts the linker must be told by name.
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-lFoundationEssentials", "-l_FoundationCollections", "-l_FoundationCShims",
                    "-lswiftSynchronization",
                    // Tells builds of the compiler apart: part of every key of the cache.
                    "-Xlinker", "--build-id",
                ])
            ]),

        tests("SMFTests", ["SMF", "CPlatform"]),
        // Case files, run through the real executables, which `swift test` builds beside the test bundle.
        tests("CaseTests", ["ProgramGenerator", "ProcessSupport"], exclude: ["Cases"]),
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        // Starting processes, for the tests that use the real executables.
        .target(name: "ProcessSupport", dependencies: ["CTestSupport"], path: "Tests/ProcessSupport", swiftSettings: common),
        tests("CacheTests", ["Cache", "Loader", "Driver", "SMF", "MIR", "Codegen", "Support", "ProcessSupport", "CPlatform"]),
        .target(name: "ProgramGenerator", path: "Fuzz/ProgramGenerator", swiftSettings: common),
        tests("DriverTests", ["Driver", "Diagnostics", "Support", "CPlatform"]),
        tests("RuntimeTests", ["Runtime", "RuntimeABI", "CPlatform", "SMF"]),
        tests("LoaderTests", ["Loader", "Runtime", "SMF", "CPlatform", "RuntimeABI"]),
        tests("LinkerTests", ["Linker", "SMF", "Support"]),
        tests("SimpleLoaderTests", ["SimpleLoader", "SimpleCompiler", "SMF", "ProcessSupport"]),
        tests("SimpleCompilerTests", ["SimpleLoader", "SimpleCompiler", "SMF", "Linker", "ProcessSupport"]),
        tests("CodegenTests", ["Codegen", "MIR", "SMF", "Support", "RuntimeABI", "CPlatform"]),

        // The one Embedded module: SMF, Runtime and Loader are symlinked into it (no Swift runtime, libc only).
        .executableTarget(
            name: "simple",
            dependencies: ["CPlatform"],
            swiftSettings: [
                .enableExperimentalFeature("Embedded"),
                .unsafeFlags(["-wmo", "-O", "-enforce-exclusivity=unchecked", "-Xcc", "-fno-omit-frame-pointer", "-Xfrontend", "-function-sections"]),
            ],
            linkerSettings: [.unsafeFlags(["-Xlinker", "--gc-sections", "-Xlinker", "-O1"])]),

        tests("SupportTests", ["Support"]),
        tests("DiagnosticsTests", ["Diagnostics", "Support"]),
        tests("SyntaxTests", ["Syntax", "Diagnostics", "Support"], exclude: ["Fixtures", "Trees"]),
        tests("HIRTests", ["HIR", "Syntax", "Diagnostics", "Support"]),
        tests("LoweringTests", ["Lowering", "HIR", "MIR", "RuntimeABI", "Support"]),
        tests("MIRTests", ["CPlatform", "MIR", "Support", "RuntimeABI"], exclude: ["PassCases"]),
    ]
)

// swift-tools-version: 6.2
import PackageDescription

/// Settings of every ordinary (non-Embedded) target.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func stage(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: common)
}

let package = Package(
    name: "simple",
    products: [
        .executable(name: "simple", targets: ["simple"]),
        .executable(name: "simplec", targets: ["simplec"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        // The few lines of C that Swift can't say. No dependencies, no state of its own beyond signal handling.
        .target(name: "CPlatform", cSettings: [.unsafeFlags(["-O2"])]),

        // Compiler stages. Imports go downwards only (Docs/architecture.md; a test checks it).
        stage("Support"),
        stage("Diagnostics", ["Support"]),
        stage("Syntax", ["Support", "Diagnostics"]),
        stage("HIR", ["Support", "Diagnostics", "Syntax", "RuntimeABI"]),
        stage("RuntimeABI"),
        stage("MIR", ["CPlatform", "Support", "RuntimeABI"]),
        stage("Lowering", ["Support", "HIR", "MIR", "RuntimeABI"]),
        stage("SMF", ["CPlatform"]),
        stage("Codegen", ["Support", "MIR", "SMF", "RuntimeABI"]),
        stage("Linker", ["Support", "SMF"]),
        stage("Runtime", ["CPlatform", "SMF", "RuntimeABI"]),
        stage("Loader", ["CPlatform", "SMF", "Runtime", "RuntimeABI"]),
        stage(
            "Driver",
            [
                "CPlatform", "Support", "Diagnostics", "Syntax", "HIR", "MIR", "Lowering", "Codegen", "SMF", "Linker",
                "Runtime", "RuntimeABI",
            ]),
        .executableTarget(
            name: "simplec",
            dependencies: [
                "Driver", "Diagnostics", "Support", "SMF", "Linker",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: common,
            // ArgumentParser pulls in FoundationEssentials, whose static parts the linker must be told by name.
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-lFoundationEssentials", "-l_FoundationCollections", "-l_FoundationCShims",
                    "-lswiftSynchronization",
                ])
            ]),

        tests("SMFTests", ["SMF", "CPlatform"]),
        // What fuzzing runs under sanitizers (Fuzz/run); the tests replay its corpora and crashes.
        .target(
            name: "FuzzTargets",
            dependencies: ["CPlatform", "SMF", "Linker", "Loader", "Support", "Diagnostics", "Syntax", "HIR"],
            path: "Fuzz/Targets", swiftSettings: common),
        tests("FuzzTests", ["FuzzTargets", "SMF", "MIR", "Codegen", "Support", "CPlatform"], exclude: ["Golden-1.0"]),
        // Case files, run through the real executables, which `swift test` builds beside the test bundle.
        tests("CaseTests", ["ProgramGenerator", "CTestSupport"], exclude: ["Cases"]),
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        .target(name: "ProgramGenerator", path: "Fuzz/ProgramGenerator", swiftSettings: common),
        tests("DriverTests", ["Driver", "Diagnostics", "Support", "CPlatform"]),
        tests("RuntimeTests", ["Runtime", "RuntimeABI", "CPlatform", "SMF"]),
        tests("LoaderTests", ["Loader", "Runtime", "SMF", "CPlatform", "RuntimeABI"]),
        tests("LinkerTests", ["Linker", "SMF", "Support"]),
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

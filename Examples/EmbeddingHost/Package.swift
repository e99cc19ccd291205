// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "EmbeddingHost",
    dependencies: [
        // By path: SimpleCompiler's targets use flags that SwiftPM accepts from packages at a path, branch or revision, but
        // not from versions. SimpleLoader alone could be depended on either way.
        .package(name: "simple", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "EmbeddingHost",
            dependencies: [
                .product(name: "SimpleLoader", package: "simple"), .product(name: "SimpleCompiler", package: "simple"),
            ])
    ]
)

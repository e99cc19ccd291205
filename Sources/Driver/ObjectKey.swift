internal import Cache
internal import Codegen
internal import Loader
internal import MIR
internal import RuntimeABI
internal import SMF
internal import Support

/// The digest of everything that `optimize` and `generate` may see of a module: the name of its object in the cache.
///
/// Those two stages take a `MIRModule` and options, nothing else, and both are digested whole here; a test compares the
/// fields of these types with `ObjectKey.coveredFields`. Digesting the lowered module instead of its source and its
/// imports' interfaces finds exactly the modules whose code changes, and needs no list of what an importer can see
/// (Docs/decisions/0004).
package struct ObjectKey: ~Copyable {
    private var key = CacheKey("simple object 1")
    /// Sources from this one on come with the compiler, whose build is part of the key.
    private let firstBuiltInFile: Int

    /// - Parameter sourceFileCount: number of the program's source files; those behind them are built in.
    init(sourceFileCount: Int) { firstBuiltInFile = sourceFileCount }

    /// The stored fields that `digest` covers, by type.
    package static let coveredFields: [String: [String]] = [
        "MIRModule": ["name", "functions", "data", "symbols", "signatures", "sources", "runtimeSymbols", "signatureIndex",
            "indexedSignatures"],
        "MIRFunction": [
            "symbol", "signature", "instructions", "blocks", "edges", "pool", "scopes", "inlineHint",
        ],
        "InlineScope": ["name", "file", "callPosition", "parent"],
        "DataObject": ["symbol", "section", "alignment", "bytes", "size", "addresses"],
        "Symbol": ["name", "kind", "linkage"],
        "Signature": ["parameters", "results"],
        "CodegenOptions": ["sourceHash", "toolchainID", "runtimeABI", "cpuFeatures", "debugInfo", "description", "verify"],
        "ObjectDescription": ["interface", "version", "dependencies", "types", "dataTypes"],
        "TypeEntry": ["name", "kind", "size", "alignment", "layoutHash"],
        "Dependency": ["kind", "name", "size", "digest"],
    ]

    /// The key of the object that `optimize` (if wanted) and `generate` make.
    ///
    /// - Parameter file: the module's own source.
    mutating func digest(
        _ module: borrowing MIRModule, _ options: CodegenOptions, file: SourceFile, optimizes: Bool
    ) -> ContentDigest {
        key.reset("simple object 1")
        key.add(BuildID.current)
        key.add(UInt64(optimizes ? 1 : 0))
        key.add(file.path)
        key.add(ContentDigest(file.bytes))
        add(options)
        key.add(module.name)
        key.add(UInt64(module.symbols.count))
        // The table of runtime symbols follows from the symbols.
        for i in module.symbols.indices {
            key.add(module.symbols[i].name)
            let kind: UInt64 =
                switch module.symbols[i].kind {
                case .function(let signature): UInt64(signature.rawValue) << 8
                case .data: 1
                case .runtime(let function): UInt64(function.rawValue) << 8 | 2
                }
            key.add(kind << 8 | UInt64(module.symbols[i].linkage.rawValue))
        }
        key.add(UInt64(module.signatures.count))
        for i in module.signatures.indices {
            for list in [module.signatures[i].parameters, module.signatures[i].results] {
                key.add(UInt64(list.count))
                for type in list { key.add(UInt32(type.rawValue)) }
            }
        }
        key.add(UInt64(module.data.count))
        for i in module.data.indices {
            let object = module.data[i]
            key.add(object.symbol.rawValue)
            key.add(UInt32(object.section.rawValue))
            key.add(UInt64(object.alignment))
            key.add(UInt64(object.size))
            object.bytes.withUnsafeBytes { key.add($0) }
            key.add(UInt64(object.addresses.count))
            for address in object.addresses {
                key.add(UInt64(address.offset))
                key.add(address.symbol.rawValue)
                key.add(UInt64(bitPattern: address.addend))
            }
        }
        key.add(UInt64(module.functions.count))
        for i in module.functions.indices { add(module.functions[i], module.sources, file) }
        return key.digest
    }

    private mutating func add(_ options: CodegenOptions) {
        key.add(options.sourceHash)
        key.add(options.toolchainID)
        key.add(options.runtimeABI)
        key.add(UInt64(options.cpuFeatures.rawValue))
        key.add(UInt64(options.verify ? 1 : 0))
        key.add(UInt64(options.debugInfo ? 1 : 0))
        let description = options.description
        description.interface.withUnsafeBytes { key.add($0) }
        description.version.withUnsafeBytes { key.add($0) }
        key.add(UInt64(description.dependencies.count))
        for dependency in description.dependencies {
            key.add(UInt64(dependency.kind.rawValue))
            key.add(dependency.name)
            key.add(dependency.size)
            withUnsafeBytes(of: dependency.digest) { key.add($0) }
        }
        key.add(UInt64(description.types.count))
        for type in description.types {
            key.add(type.name)
            key.add(UInt64(type.kind.rawValue))
            key.add(type.size)
            key.add(type.alignment)
            key.add(type.layoutHash)
        }
        key.add(UInt64(description.dataTypes.count))
        for (symbol, type) in description.dataTypes {
            key.add(symbol)
            key.add(UInt64(type))
        }
    }

    private mutating func add(_ function: borrowing MIRFunction, _ sources: SourceMap, _ ownFile: SourceFile) {
        key.add(function.symbol.rawValue)
        key.add(function.signature.rawValue)
        key.add(UInt32(function.inlineHint.rawValue))
        // Files are numbered in the order in which a program finds them, which concerns no object: paths do.
        var isElsewhere = false
        key.add(UInt64(function.scopes.count))
        for scope in function.scopes {
            key.add(scope.name)
            key.add(scope.parent)
            let file = sources[scope.file]
            if file === ownFile {
                key.add(UInt32(0))
            } else {
                key.add(UInt32(1))
                key.add(file.path)
                if scope.file.index < firstBuiltInFile { isElsewhere = true }
            }
            add(position: scope.callPosition, in: sources[function.scopes[Int(scope.parent)].file], isElsewhere)
        }
        key.add(plain: function.blocks)
        key.add(plain: function.edges)
        key.add(plain: function.pool)
        if !isElsewhere {
            key.add(plain: function.instructions)
            return
        }
        // An object holds lines and columns, for which offsets into another module's source stand only as long as that
        // source stays: digest the lines and columns.
        var instructions = function.instructions
        for i in instructions.indices {
            instructions[i].position = 0
            add(
                position: function.instructions[i].position,
                in: sources[function.scopes[Int(function.instructions[i].scope)].file], true)
        }
        key.add(plain: instructions)
    }

    private mutating func add(position: UInt32, in file: SourceFile, _ isElsewhere: Bool) {
        if !isElsewhere {
            key.add(position)
            return
        }
        let (line, column) = file.lineAndColumn(of: position)
        key.add(UInt32(line))
        key.add(UInt32(column))
    }
}

// Code generation: MIR to an object module for x86-64.
//
// Input: a verified MIRModule. Output: the bytes of an SMF object module: machine code, constants, data, symbols,
// relocations and the source map. Promise: same input, same bytes; every function follows Docs/abi-code.md.
//
// `FunctionGenerator.generate` lists the steps for one function, each in its own file: BlockOrder, Liveness,
// RegisterAllocator, Frame, X86_64/Selector. ObjectModule puts the results together. Start reading there.

package import MIR
internal import RuntimeABI
package import SMF
internal import Support

/// What code generation needs to know besides the module.
package struct CodegenOptions: Sendable {
    /// Header fields of the object module (Docs/smf.md).
    package var sourceHash: UInt64 = 0
    package var toolchainID: UInt64 = 0
    package var runtimeABI: UInt64 = runtimeABIVersion
    /// Extensions that the code may use beyond the baseline.
    package var cpuFeatures: SMFCPUFeatures = []
    /// Says in the source map, for debuggers, where the code of each source position begins.
    package var debugInfo = false
    /// What the object module says of itself.
    package var description = ObjectDescription()
    /// Checks every register allocation; stops the compiler if one is wrong.
    package var verify = false
    package init() {}
}

/// Makes the object module of `module`.
///
/// - Requires: `module` passes the MIR verifier.
package func generate(_ module: MIRModule, options: CodegenOptions = CodegenOptions()) -> [UInt8] {
    var generator = ObjectGenerator(module, options: options)
    for i in module.functions.indices { generator.add(module.functions[i]) }
    return generator.finish()
}

/// Makes an object module function by function, so that each can be given as soon as it is optimised.
package struct ObjectGenerator: ~Copyable {
    private var generator: FunctionGenerator
    private var object: ObjectModule

    /// Prepares for the functions of `module`, which may still change; the rest of it may not.
    package init(_ module: borrowing MIRModule, options: CodegenOptions = CodegenOptions()) {
        // Without the functions: a second owner of them would make whoever changes them copy them all.
        var rest = MIRModule(name: module.name, sources: module.sources)
        rest.signatures = module.signatures
        rest.symbols = module.symbols
        rest.data = module.data
        generator = FunctionGenerator(module: rest, options: options)
        object = ObjectModule(module: rest, options: options)
        // About what the module needs, so that growing does not copy what there is.
        var valueCount = 0
        for i in module.functions.indices { valueCount += module.functions[i].instructions.count }
        generator.code.reserve(valueCount * 8)
        generator.code.relocations.reserve(valueCount / 2)
        generator.callSites.reserve(valueCount / 2)
        object.functions.reserveCapacity(module.functions.count)
    }

    /// Generates the next function of the module.
    package mutating func add(_ function: borrowing MIRFunction) {
        let firstCall = generator.callSites.count
        let firstStatement = generator.statementSites.count
        generator.generate(function)
        object.functions.append(
            GeneratedFunction(
                symbol: function.symbol, scopes: function.scopes, start: UInt32(generator.functionStart),
                size: UInt32(generator.code.count - generator.functionStart), firstCall: UInt32(firstCall),
                callCount: UInt32(generator.callSites.count - firstCall), firstStatement: UInt32(firstStatement),
                statementCount: UInt32(generator.statementSites.count - firstStatement)))
    }

    /// The object module's bytes. Nothing may be added afterwards.
    package mutating func finish() -> [UInt8] { object.finish(&generator) }
}

extension FunctionGenerator {
    init(module: MIRModule, options: CodegenOptions) {
        self.options = options
        // Dangling until the first function: `generate` sets them.
        instructions = UnsafePointer(UnsafeRawPointer(bitPattern: 64)!.assumingMemoryBound(to: Instruction.self))
        blocks = UnsafePointer(UnsafeRawPointer(bitPattern: 64)!.assumingMemoryBound(to: Block.self))
        edges = UnsafePointer(UnsafeRawPointer(bitPattern: 64)!.assumingMemoryBound(to: Edge.self))
        pool = UnsafePointer(UnsafeRawPointer(bitPattern: 64)!.assumingMemoryBound(to: UInt32.self))
        for signature in module.signatures { addSignature(signature.results) }
        panicTrapSymbol = UInt32(module.symbols.count)
        panicIndexSymbol = UInt32(module.symbols.count + 1)
        for (i, symbol) in module.symbols.enumerated() {
            var traits: UInt8 = 0
            var signature: UInt32 = 0
            switch symbol.kind {
            case .function(let id): signature = id.rawValue
            case .data: break
            case .runtime(let function):
                traits = SymbolTraits.runtime
                if function.entry.effects.contains(.noReturn) { traits |= SymbolTraits.noReturn }
                switch function {
                case .arrayGrow, .arrayReserve: traits |= SymbolTraits.rare
                case .panicTrap: panicTrapSymbol = UInt32(i)
                case .panicIndex: panicIndexSymbol = UInt32(i)
                default: break
                }
                signature = UInt32(signatures.count)
                addSignature(Signature.runtime(function).results)
            }
            symbolTraits.append(traits)
            symbolSignatures.append(signature)
        }
    }

    private mutating func addSignature(_ results: [MIRType]) {
        var assignment = ArgumentAssignment()
        var state = SignatureState(
            firstResult: UInt32(resultRegisters.count), resultCount: UInt32(results.count), returnsThroughPointer: false)
        for type in results {
            let register = assignment.nextResult(isFloat: type.isFloat)
            if !register.exists { state.returnsThroughPointer = true }
            resultRegisters.append(register)
        }
        signatures.append(state)
    }

    /// Appends the code of one function to `code`, and its calls to `callSites`.
    mutating func generate(_ function: borrowing MIRFunction) {
        function.instructions.withUnsafeBufferPointer { instructions in
            function.blocks.withUnsafeBufferPointer { blocks in
                function.edges.withUnsafeBufferPointer { edges in
                    function.pool.withUnsafeBufferPointer { pool in
                        self.instructions = instructions.baseAddress ?? self.instructions
                        self.blocks = blocks.baseAddress ?? self.blocks
                        self.edges = edges.baseAddress ?? self.edges
                        self.pool = pool.baseAddress ?? self.pool
                        blockCount = blocks.count
                        valueCount = instructions.count
                        signature = function.signature.index
                        generateCode()
                    }
                }
            }
        }
    }

    private mutating func generateCode() {
        orderBlocks()
        analyse()
        allocateRegisters()
        layOutFrame()
        if options.verify { checkAllocation() }
        emitFunction()
    }
}

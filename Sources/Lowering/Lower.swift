// Lowering: HIR -> MIR.
//
// Input: a checked program without errors. Output of `lower`: the functions, instances and data of one source module
// in SSA form, accepted by `MIRVerifier`, with every check that the language demands written out.
//
// Values are taken apart into scalar leaves (TypeLayout.swift). An expression is lowered by `value` if one leaf is
// wanted, by `push` if it may have any number: `push` leaves them on `stack`. Locals are one builder variable per
// leaf. Generic functions are lowered once per tuple of type arguments that the module needs, found by a worklist
// that starts with the module's other functions; the same worklist makes helper functions (text of a type, equality
// and order of arrays). Start reading at Lower+Expressions.swift.

package import HIR
package import MIR
internal import RuntimeABI
internal import Support

/// The MIR of one module of `program`, in which checking found no error. Types may be added to `program.types`.
package func lower(_ program: inout HIRProgram, module: ModuleID) -> MIRModule {
    var linkNames = LinkNameTable()
    return lowerDescribed(&program, module: module, &linkNames).0
}

/// The most scalar parts that a value may have.
package let maximumParts = TypeLayoutTable.maximumLeaves

/// A generic function with type arguments.
struct Instance {
    var function: FunctionID
    /// The type arguments are `instanceArguments[start..<start + count]`.
    var start: UInt32
    var count: UInt32
    var symbol: SymbolID
    /// The next instance of the same function, + 1.
    var next: UInt32
}

/// Functions that lowering makes for a type.
enum Helper: UInt8, CaseIterable {
    /// (sink, leaves): writes the text.
    case display
    /// (leaves, leaves) -> i8
    case equal
    /// (leaves, leaves) -> i64: -1, 0, 1; 2 if unordered (a NaN decides). What `<` means.
    case order
    /// As `order`, in which floats have their total order.
    case compare
    /// (leaves) -> i64, the same for equal values.
    case hash
    /// (array, leaves of an element) -> i8; by array type.
    case contains
    /// (sink, u64 as i64, radix): writes digits; by u64.
    case digits

    var name: String {
        switch self {
        case .display: "simple.display["
        case .equal: "simple.equal["
        case .order: "simple.order["
        case .compare: "simple.compare["
        case .hash: "simple.hash["
        case .contains: "simple.contains["
        case .digits: "simple.digits["
        }
    }
}

/// What is left to be lowered.
enum Work {
    case instance(Int)
    case helper(Helper, TypeID, SymbolID)
}

/// Where `break` and `continue` of a loop go.
struct LoopTargets {
    var exit: BlockID
    var next: BlockID
}

/// The state of lowering one module. One value serves all functions, so that working storage is reused.
struct Lowerer {
    var program = HIRProgram()
    let moduleID: ModuleID
    var module: MIRModule
    var builder: MIRBuilder
    var layouts = TypeLayoutTable()
    var linkNames = LinkNameTable()

    // MARK: The function at hand
    var body = HIRBody()
    var functionID = FunctionID(rawValue: 0)
    var resultType = TypeID.nilType
    var mutatesSelf = false
    /// The function is the prelude's, whose comparisons order floats totally: it sorts and searches by `Ord`.
    var isLibrary = false
    var typeArguments: [TypeID] = []
    var isInstance = false
    /// First builder variable of each local.
    var localVariables: ContiguousArray<UInt32> = []
    /// The stack slot of each local that lives in one.
    var localSlots: ContiguousArray<ValueID> = []
    var loops: ContiguousArray<LoopTargets> = []

    // MARK: Working storage
    /// Leaves of the expressions being lowered. Whoever pushes removes.
    var stack: ContiguousArray<ValueID> = []
    var arguments: ContiguousArray<ValueID> = []
    /// Pieces of the text being put together by print, interpolation and the like.
    var pieces: ContiguousArray<TextPiece> = []
    var constantText: ContiguousArray<UInt8> = []
    /// `parameter` types replaced for this body: valid where the stamp is the body's.
    var substitutions: ContiguousArray<(stamp: UInt32, type: TypeID)> = []
    var substitutionStamp: UInt32 = 0

    // MARK: Symbols
    /// Of the functions, globals and string constants that the module mentions: a table with a word for each of the
    /// program's would make lowering all modules quadratic.
    var functionSymbols = IndexMap<SymbolID>()
    var globalSymbols = IndexMap<SymbolID>()
    var stringSymbols = IndexMap<SymbolID>()
    /// The texts that are data of the module, each once, and where to find them.
    var strings: ContiguousArray<(text: ContiguousArray<UInt8>, symbol: SymbolID)> = []
    var stringIndex = HashIndex()
    var instances: ContiguousArray<Instance> = []
    var instanceArguments: ContiguousArray<TypeID> = []
    /// The newest instance of each function, + 1.
    var firstInstance = IndexMap<UInt32>()
    /// Symbols of helpers by type, one row per `Helper`.
    var helperSymbols = [ContiguousArray<UInt32>](repeating: [], count: Helper.allCases.count)
    var descriptorSymbols: [TypeID: SymbolID] = [:]
    var boxDescriptorSymbols: [TypeID: SymbolID] = [:]
    var exitValueSymbol: SymbolID?
    var work: [Work] = []
    var nextWork = 0

    static let noSymbol = UInt32.max

    init(module: ModuleID, path: String, sources: SourceMap) {
        moduleID = module
        self.module = MIRModule(name: path, sources: sources)
        builder = MIRBuilder(
            function: MIRFunction(
                symbol: SymbolID(rawValue: 0), signature: SignatureID(rawValue: 0),
                scope: InlineScope(name: "", file: FileID(rawValue: 0))))
    }

    /// Lowers everything that belongs to the module, then what that needs.
    mutating func lowerModule() {
        let info = program.modules[moduleID.index]
        for global in info.globals { defineGlobal(global) }
        for function in info.functions where program.functions[function.index].typeParameterCount == 0 {
            lowerFunction(function)
        }
        if let initializer = info.initializer, !info.functions.contains(initializer) { lowerFunction(initializer) }
        if moduleID == program.root, layouts.oversized == nil { lowerEntry() }
        // Behind a value that is too large nothing is of use, and its instances' names would be as large.
        while nextWork < work.count, layouts.oversized == nil {
            let item = work[nextWork]
            nextWork += 1
            switch item {
            case .instance(let index): lowerInstance(index)
            case .helper(let helper, let type, let symbol): lowerHelper(helper, type, symbol)
            }
        }
        if let type = layouts.oversized, program.oversizedValue == nil {
            program.oversizedValue = OversizedValue(type: type, file: info.file, position: 0)
        }
    }

    // MARK: - Functions

    private mutating func lowerFunction(_ id: FunctionID) {
        guard let body = program.functions[id.index].body else { return }
        typeArguments.removeAll(keepingCapacity: true)
        isInstance = false
        lowerBody(id, body, symbol(of: id))
    }

    private mutating func lowerInstance(_ index: Int) {
        let instance = instances[index]
        guard let body = program.functions[instance.function.index].body else { return }
        setTypeArguments(of: instance)
        lowerBody(instance.function, body, instance.symbol)
        isInstance = false
    }

    private mutating func setTypeArguments(of instance: Instance) {
        typeArguments.removeAll(keepingCapacity: true)
        for i in 0..<Int(instance.count) { typeArguments.append(instanceArguments[Int(instance.start) + i]) }
        isInstance = true
        substitutionStamp += 1
    }

    private mutating func lowerBody(_ id: FunctionID, _ newBody: HIRBody, _ symbol: SymbolID) {
        body = newBody
        functionID = id
        // Fields are read one by one: a copy of the whole would retain its six arrays.
        let owner = program.functions[id.index].module.index
        // A frame without a name is in no backtrace.
        isLibrary = program.modules[owner].isLibrary
        let name = isLibrary ? "" : program.functions[id.index].name
        let file = program.modules[owner].file
        mutatesSelf = program.functions[id.index].mutatesSelf
        resultType = concrete(program.functions[id.index].resultType)
        if refusesOversizedValues(file) { return }
        guard case .function(let signature) = module.symbols[symbol.index].kind else { return }
        let hint: InlineHint =
            switch program.functions[id.index].inlineHint {
            case 1: .always
            case 2: .never
            default: .none
            }
        builder.reset(
            symbol: symbol, signature: signature, scope: InlineScope(name: name, file: file), inlineHint: hint)
        builder.position = body[body.root].position
        stack.removeAll(keepingCapacity: true)
        loops.removeAll(keepingCapacity: true)
        let nowhere = LoopTargets(exit: .entry, next: .entry)
        for _ in 0..<body.loopCount { loops.append(nowhere) }

        declareLocals()
        // The parameters are the first locals.
        for i in 0..<program.functions[id.index].parameterTypes.count {
            let type = concrete(program.functions[id.index].parameterTypes[i])
            if i == 0, mutatesSelf, isPassedByAddress(type) {
                localSlots[0] = builder.addParameter(.entry, .ptr)
                continue
            }
            let layout = self.layout(type)
            for k in 0..<layout.count {
                stack.append(builder.addParameter(.entry, layouts.leafTypes[Int(layout.leafStart) + k]))
            }
            writeLocal(i, type, 0, layout.count, 0)
            stack.removeAll(keepingCapacity: true)
        }

        let count = leafCount(resultType)
        if isLibrary, let intrinsic = Intrinsic(rawValue: program.functions[id.index].name) {
            push(intrinsic)
            emitReturn(0)
        } else if count == 0 {
            effect(body.root)
            emitReturn(0)
        } else if body[body.root].type == .nilType {
            // The end is unreachable: every path returns (the checker proved it).
            effect(body.root)
            if !builder.isTerminated { builder.unreachable() }
        } else {
            let base = stack.count
            push(body.root, count)
            emitReturn(base)
        }
        finishFunction()
    }

    /// Returns the leaves `stack[base...]`, and the final value of `self` where the function owes it; drops them.
    mutating func emitReturn(_ base: Int) {
        if builder.isTerminated {
            stack.removeLast(stack.count - min(base, stack.count))
            return
        }
        let base = min(base, stack.count)
        if mutatesSelf {
            let type = concrete(program.functions[functionID.index].parameterTypes[0])
            if !isPassedByAddress(type) { readLocal(0, type, 0, leafCount(type)) }
        }
        builder.returnValues(stack[base...])
        stack.removeLast(stack.count - base)
    }

    /// Takes the finished function out of the builder.
    mutating func finishFunction() {
        if !builder.isTerminated { builder.unreachable() }
        module.functions.append(builder.finish())
    }

    /// `true` iff the body at hand, which cannot be lowered then, has a value with too many parts.
    private mutating func refusesOversizedValues(_ file: FileID) -> Bool {
        var position: UInt32?
        for i in body.locals.indices {
            measure(concrete(body.locals[i].type))
            if layouts.oversized != nil, position == nil { position = body.locals[i].position }
        }
        for i in body.exprs.indices where body.exprs[i].type > .str {
            measure(concrete(body.exprs[i].type))
            if layouts.oversized != nil, position == nil { position = body.exprs[i].position }
        }
        guard let type = layouts.oversized else { return false }
        if program.oversizedValue != nil { return true }
        program.oversizedValue = OversizedValue(type: type, file: file, position: position ?? body[body.root].position)
        return true
    }
    /// Computes the layout of a type and of what an Option or array of it holds.
    private mutating func measure(_ type: TypeID) {
        let kind = program.types.kind(type)
        if kind == .option || kind == .array { _ = layout(program.types.argument(type, 0)) }
        _ = layout(type)
    }

    // MARK: - Types

    /// `type` with the type parameters of the instance at hand replaced.
    @inline(__always)
    mutating func concrete(_ type: TypeID) -> TypeID { isInstance ? substitute(type) : type }

    @inline(never)
    private mutating func substitute(_ type: TypeID) -> TypeID {
        while substitutions.count <= type.index { substitutions.append((0, .error)) }
        let known = substitutions[type.index]
        if known.stamp == substitutionStamp { return known.type }
        let result = program.types.substitute(type, typeArguments)
        substitutions[type.index] = (substitutionStamp, result)
        return result
    }

    /// The layout of a type without type parameters.
    @inline(__always)
    mutating func layout(_ type: TypeID) -> TypeLayout { layouts.layout(type, &program) }
    /// The number of leaves of a type without type parameters.
    @inline(__always)
    mutating func leafCount(_ type: TypeID) -> Int { Int(layouts.layout(type, &program).leafCount) }
    /// The only leaf's type.
    @inline(__always)
    mutating func leafType(_ type: TypeID) -> MIRType {
        let layout = layouts.layout(type, &program)
        return layout.leafCount == 0 ? .none : layouts.leafTypes[Int(layout.leafStart)]
    }
    /// Appends the types of the leaves of `type`.
    mutating func appendLeafTypes(_ type: TypeID, _ list: inout [MIRType]) {
        let layout = self.layout(type)
        for i in 0..<layout.count { list.append(layouts.leafTypes[Int(layout.leafStart) + i]) }
    }

    // MARK: - Symbols

    /// The module's id of `signature`.
    mutating func intern(_ signature: Signature) -> SignatureID { module.intern(signature) }

    /// The symbol of a function without type parameters, of this module or another.
    mutating func symbol(of function: FunctionID) -> SymbolID {
        if let known = functionSymbols[function] { return known }
        let signature = self.signature(of: function, [])
        let id = module.addSymbol(
            Symbol(name: linkNames.name(of: function, program), kind: .function(signature), linkage: .global))
        functionSymbols.set(function, id)
        return id
    }

    /// The symbol of `function` with the last `count` elements of `instanceArguments` as type arguments, which are
    /// removed if the instance is known; puts a new one on the worklist.
    mutating func instance(_ function: FunctionID, _ count: Int) -> SymbolID {
        let start = instanceArguments.count - count
        var candidate = firstInstance[function] ?? 0
        while candidate != 0 {
            let known = instances[Int(candidate) - 1]
            var isSame = Int(known.count) == count
            for i in 0..<count where isSame {
                isSame = instanceArguments[Int(known.start) + i] == instanceArguments[start + i]
            }
            if isSame {
                instanceArguments.removeLast(count)
                return known.symbol
            }
            candidate = known.next
        }
        let types = Array(instanceArguments[start...])
        var name = linkNames.name(of: function, program)
        for (i, type) in types.enumerated() {
            name += i == 0 ? "[" : ","
            program.spellForLinking(type, &name)
        }
        name += "]"
        let symbol = module.addSymbol(
            Symbol(name: name, kind: .function(signature(of: function, types)), linkage: .weak))
        instances.append(
            Instance(
                function: function, start: UInt32(start), count: UInt32(count), symbol: symbol,
                next: firstInstance[function] ?? 0))
        firstInstance.set(function, UInt32(instances.count))
        work.append(.instance(instances.count - 1))
        return symbol
    }

    private mutating func signature(of function: FunctionID, _ types: [TypeID]) -> SignatureID {
        var signature = Signature(parameters: [], results: [])
        var changed = TypeID.nilType
        for i in program.functions[function.index].parameterTypes.indices {
            let type = program.types.substitute(program.functions[function.index].parameterTypes[i], types)
            if i == 0, program.functions[function.index].mutatesSelf {
                if isPassedByAddress(type) {
                    signature.parameters.append(.ptr)
                    continue
                }
                changed = type
            }
            appendLeafTypes(type, &signature.parameters)
        }
        let result = program.types.substitute(program.functions[function.index].resultType, types)
        appendLeafTypes(result, &signature.results)
        appendLeafTypes(changed, &signature.results)
        return intern(signature)
    }

    /// The symbol of the helper for `type`, put on the worklist when it is new.
    mutating func symbol(of helper: Helper, _ type: TypeID) -> SymbolID {
        let row = Int(helper.rawValue)
        while helperSymbols[row].count <= type.index { helperSymbols[row].append(Self.noSymbol) }
        let known = helperSymbols[row][type.index]
        if known != Self.noSymbol { return SymbolID(rawValue: known) }
        var signature = Signature(parameters: [], results: [])
        switch helper {
        case .display:
            signature.parameters = [.ref]
            appendLeafTypes(type, &signature.parameters)
        case .equal, .order, .compare:
            appendLeafTypes(type, &signature.parameters)
            appendLeafTypes(type, &signature.parameters)
            signature.results = [helper == .equal ? .i8 : .i64]
        case .hash:
            appendLeafTypes(type, &signature.parameters)
            signature.results = [.i64]
        case .contains:
            signature.parameters = [.ref]
            appendLeafTypes(program.types.argument(type, 0), &signature.parameters)
            signature.results = [.i8]
        case .digits: signature.parameters = [.ref, .i64, .i64]
        }
        var name = helper.name
        program.spellForLinking(type, &name)
        name += "]"
        let symbol = module.addSymbol(Symbol(name: name, kind: .function(intern(signature)), linkage: .weak))
        helperSymbols[row][type.index] = symbol.rawValue
        work.append(.helper(helper, type, symbol))
        return symbol
    }

    /// Makes the helper `symbol`: sets up the function, calls the right maker with the parameters on `stack`.
    private mutating func lowerHelper(_ helper: Helper, _ type: TypeID, _ symbol: SymbolID) {
        measure(type)
        guard layouts.oversized == nil, case .function(let signature) = module.symbols[symbol.index].kind else { return }
        let file = program.modules[moduleID.index].file
        startFunction(symbol, signature, name: module.symbols[symbol.index].name, file)
        switch helper {
        case .display: makeDisplay(type)
        case .equal: makeEqual(type)
        case .order: makeCompare(type, isTotal: false)
        case .compare: makeCompare(type, isTotal: true)
        case .hash: makeHash(type)
        case .contains: makeContains(type)
        case .digits: makeDigits(symbol)
        }
        stack.removeAll(keepingCapacity: true)
        finishFunction()
    }

    /// Begins a function that has no HIR; its parameters are `stack[0...]`.
    mutating func startFunction(
        _ symbol: SymbolID, _ signature: SignatureID, name: String, _ file: FileID, inlineHint: InlineHint = .none
    ) {
        isInstance = false
        isLibrary = false
        mutatesSelf = false
        resultType = .nilType
        builder.reset(
            symbol: symbol, signature: signature, scope: InlineScope(name: name, file: file), inlineHint: inlineHint)
        stack.removeAll(keepingCapacity: true)
        for type in module.signatures[signature.index].parameters {
            let value = builder.addParameter(.entry, type)
            stack.append(value)
        }
    }

    // MARK: - Entry

    /// `simple.main`: runs the initialisers, then `main`; returns the exit code.
    private mutating func lowerEntry() {
        let signature = intern(Signature(parameters: [], results: [.i64]))
        let symbol = module.addSymbol(Symbol(name: "simple.main", kind: .function(signature), linkage: .global))
        var initializers: [SymbolID] = []
        for id in program.initializationOrder {
            if let constants = program.modules[id.index].constantInitializer { initializers.append(self.symbol(of: constants)) }
        }
        for id in program.initializationOrder {
            if let initializer = program.modules[id.index].initializer { initializers.append(self.symbol(of: initializer)) }
        }
        if program.hasExports { initializers = [lowerInitialize(initializers)] }
        let main = program.main
        startFunction(symbol, signature, name: "", program.modules[moduleID.index].file)
        for initializer in initializers { builder.call(initializer, EmptyCollection<ValueID>(), result: .none) }
        var code = ValueID.none
        if let main {
            if let body = program.functions[main.index].body { builder.position = body[body.root].position }
            let target = self.symbol(of: main)
            arguments.removeAll(keepingCapacity: true)
            if program.functions[main.index].parameterTypes.count == 1 {
                let list = builder.call(module.symbol(for: .arguments), EmptyCollection<ValueID>(), result: .ref)
                arguments.append(list)
            }
            let type = program.functions[main.index].resultType
            let base = stack.count
            pushCallResults(target, builder.list(arguments), layout(type))
            code = exitCode(type, base)
        } else {
            let address = builder.symbolAddress(exitValue())
            code = builder.load(.i64, address, .global)
        }
        builder.returnValues(CollectionOfOne(code))
        finishFunction()
    }

    /// `simple.initialize`: runs the initialisers and returns. Hosts call it before they call exports.
    private mutating func lowerInitialize(_ initializers: [SymbolID]) -> SymbolID {
        let signature = intern(Signature(parameters: [], results: []))
        let symbol = module.addSymbol(Symbol(name: "simple.initialize", kind: .function(signature), linkage: .global))
        // Kept apart, so that it exists, and because what has no name cannot be an inlined frame.
        startFunction(symbol, signature, name: "", program.modules[moduleID.index].file, inlineHint: .never)
        for initializer in initializers { builder.call(initializer, EmptyCollection<ValueID>(), result: .none) }
        builder.returnValues(EmptyCollection<ValueID>())
        finishFunction()
        return symbol
    }

    /// The i64 exit code of the exit value `stack[base...]` of `type` (LANGUAGE §1.2), which is removed.
    mutating func exitCode(_ type: TypeID, _ base: Int) -> ValueID {
        defer { stack.removeLast(stack.count - base) }
        switch program.types.kind(type) {
        case .i8, .i16, .i32, .u8, .u16: return extendToI64(stack[base], type)
        case .i64, .u32, .u64:
            let wide = extendToI64(stack[base], type)
            let narrow = builder.convert(.truncate, .i32, wide)
            let back = builder.convert(.signExtend, .i64, narrow)
            let lost = builder.icmp(.notEqual, back, wide)
            builder.trapIf(lost, trapWord(.exitCodeRange, .none, .none))
            return wide
        case .f32, .f64:
            let wide = type == .f32 ? builder.convert(.floatExtend, .f64, stack[base]) : stack[base]
            let invalid = floatOutside(wide, above: -2_147_483_649, below: 2_147_483_648)
            builder.trapIf(invalid, trapWord(.floatExitValue, .none, .none))
            let narrow = builder.convert(.floatToInt, .i32, wide)
            return builder.convert(.signExtend, .i64, narrow)
        case .option:
            let payload = program.types.argument(type, 0)
            let some = builder.createBlock()
            let join = builder.createBlock()
            let result = builder.declareVariable(type: .i64)
            let zero = builder.iconst(.i64, 0)
            builder.write(result, zero)
            let tag = optionTag(type, base)
            builder.branch(tag, to: some, else: join)
            builder.seal(some)
            builder.switchTo(some)
            let inner = stack.count
            pushPayload(type, base)
            let code = exitCode(payload, inner)
            builder.write(result, code)
            builder.jump(to: join)
            builder.seal(join)
            builder.switchTo(join)
            return builder.read(result)
        case .error, .never, .nilType, .bool, .char, .str, .tuple, .array, .range, .function, .structure, .parameter,
            .variable:
            return builder.iconst(.i64, 0)
        }
    }

    /// The word in which `simple.main` finds the pending exit code of `main = …`.
    mutating func exitValue() -> SymbolID {
        if let known = exitValueSymbol { return known }
        let symbol = module.addSymbol(Symbol(name: "simple.exit_value", kind: .data, linkage: .local))
        module.data.append(DataObject(symbol: symbol, section: .zeroed, alignment: 8, bytes: [], size: 8))
        exitValueSymbol = symbol
        return symbol
    }
}

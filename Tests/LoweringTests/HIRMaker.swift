import HIR
import Support

/// A small notation for writing checked bodies by hand.
struct HIRMaker {
    var program = HIRProgram()
    var body = HIRBody()
    var names: UInt32 = 1

    init() {
        let file = program.sources.add(SourceFile(path: "main.simple", bytes: Array("x\n".utf8)))
        program.modules.append(ModuleInfo(path: "main", file: file))
        program.initializationOrder = [program.root]
    }

    // MARK: Declarations

    mutating func name(_ text: String) -> NameID {
        let id = NameID(rawValue: names)
        names += 1
        program.names[id] = text
        return id
    }
    mutating func structure(_ name: String, _ fields: [(String, TypeID)]) -> TypeID {
        program.structs.append(
            StructInfo(
                name: name, module: program.root, typeParameterCount: 0, fieldNames: fields.map { self.name($0.0) },
                fieldTypes: fields.map { $0.1 }))
        return program.types.intern(.structure, payload: UInt32(program.structs.count - 1))
    }
    mutating func global(_ name: String, _ type: TypeID, needsFlag: Bool = false) -> GlobalID {
        program.globals.append(GlobalInfo(name: name, module: program.root, type: type, needsFlag: needsFlag))
        let id = GlobalID(program.globals.count - 1)
        program.modules[0].globals.append(id)
        return id
    }
    /// Adds a function; `make` returns its body's expression from its parameters.
    @discardableResult
    mutating func function(
        _ name: String, _ parameters: [TypeID] = [], _ result: TypeID = .nilType, generic: Int = 0,
        mutatesSelf: Bool = false, _ make: (inout HIRMaker, [LocalID]) -> ExprID
    ) -> FunctionID {
        body = HIRBody()
        let id = FunctionID(program.functions.count)
        program.functions.append(
            FunctionInfo(
                name: name, module: program.root, parameterTypes: parameters, resultType: result,
                typeParameterCount: generic, mutatesSelf: mutatesSelf))
        program.modules[0].functions.append(id)
        var locals: [LocalID] = []
        for type in parameters { locals.append(body.add(HIRLocal(name: .none, type: type, position: 0))) }
        let root = make(&self, locals)
        body.root = root
        program.functions[id.index].body = body
        return id
    }
    mutating func local(_ type: TypeID) -> LocalID { body.add(HIRLocal(name: .none, type: type, position: 0)) }

    // MARK: Nodes

    mutating func node(
        _ kind: HIRKind, _ type: TypeID, flags: UInt8 = 0, op: UInt16 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0
    ) -> ExprID {
        body.add(HIRExpr(kind, type, flags: flags, op: op, a: a, b: b, c: c, position: 0))
    }
    mutating func list(_ elements: [ExprID]) -> UInt32 { body.addList(elements.map(\.rawValue)).rawValue }
    mutating func int(_ value: Int64, _ type: TypeID = .i64) -> ExprID {
        let bits = UInt64(bitPattern: value)
        return node(.intConstant, type, a: UInt32(truncatingIfNeeded: bits), b: UInt32(bits >> 32))
    }
    mutating func float(_ value: Double, _ type: TypeID = .f64) -> ExprID {
        node(
            .floatConstant, type, a: UInt32(truncatingIfNeeded: value.bitPattern), b: UInt32(value.bitPattern >> 32))
    }
    mutating func bool(_ value: Bool) -> ExprID { node(.boolConstant, .bool, a: value ? 1 : 0) }
    mutating func char(_ value: Unicode.Scalar) -> ExprID { node(.charConstant, .char, a: value.value) }
    mutating func string(_ value: String) -> ExprID {
        node(.stringConstant, .str, a: program.addString(value.utf8))
    }
    mutating func get(_ id: LocalID) -> ExprID { node(.local, body.locals[id.index].type, a: id.rawValue) }
    mutating func set(_ id: LocalID, _ value: ExprID) -> ExprID {
        let place = get(id)
        return node(.assign, .nilType, a: place.rawValue, b: value.rawValue)
    }
    mutating func assign(_ place: ExprID, _ value: ExprID) -> ExprID {
        node(.assign, .nilType, a: place.rawValue, b: value.rawValue)
    }
    mutating func update(_ op: HIRBinary, _ place: ExprID, _ value: ExprID) -> ExprID {
        node(
            .compoundAssign, .nilType, op: op.rawValue, a: place.rawValue, b: value.rawValue,
            c: body[place].type.rawValue)
    }
    mutating func binary(_ op: HIRBinary, _ l: ExprID, _ r: ExprID) -> ExprID {
        node(.binary, body[l].type, op: op.rawValue, a: l.rawValue, b: r.rawValue)
    }
    mutating func unary(_ op: HIRUnary, _ x: ExprID) -> ExprID {
        node(.unary, body[x].type, op: op.rawValue, a: x.rawValue)
    }
    mutating func compare(_ op: HIRComparison, _ l: ExprID, _ r: ExprID) -> ExprID {
        node(.compare, .bool, op: op.rawValue, a: l.rawValue, b: r.rawValue)
    }
    mutating func cast(_ x: ExprID, _ type: TypeID, flags: UInt8 = 0) -> ExprID {
        node(.cast, type, flags: flags, a: x.rawValue)
    }
    mutating func call(_ function: FunctionID, _ arguments: [ExprID], _ result: TypeID, types: [TypeID] = [], mutating isMutating: Bool = false) -> ExprID {
        let list = list(arguments)
        let types = body.addList(types.map(\.rawValue)).rawValue
        return node(
            .call, result, flags: isMutating ? HIRExpr.mutatingCall : 0, a: function.rawValue, b: list, c: types)
    }
    mutating func builtin(_ op: Builtin, _ arguments: [ExprID], _ result: TypeID = .nilType) -> ExprID {
        node(.builtin, result, op: op.rawValue, b: list(arguments))
    }
    mutating func block(_ elements: [ExprID], value type: TypeID? = nil) -> ExprID {
        node(.block, type ?? .nilType, flags: type == nil ? 0 : HIRExpr.blockHasValue, b: list(elements))
    }
    mutating func ifElse(_ condition: ExprID, _ then: ExprID, _ otherwise: ExprID = .none, _ type: TypeID = .nilType) -> ExprID {
        node(.if, type, a: condition.rawValue, b: then.rawValue, c: otherwise.rawValue)
    }
    mutating func giveBack(_ value: ExprID) -> ExprID { node(.return, .never, a: value.rawValue) }
    mutating func tuple(_ elements: [ExprID]) -> ExprID {
        let type = program.types.tuple(elements.map { body[$0].type })
        return node(.makeTuple, type, b: list(elements))
    }
    mutating func array(_ element: TypeID, _ elements: [ExprID]) -> ExprID {
        let type = program.types.array(element)
        return node(.makeArray, type, b: list(elements))
    }
    mutating func some(_ value: ExprID) -> ExprID {
        let type = program.types.option(body[value].type)
        return node(.makeSome, type, a: value.rawValue)
    }
    mutating func index(_ array: ExprID, _ index: ExprID) -> ExprID {
        let type = body[array].type == .str ? TypeID.str : program.types.argument(body[array].type, 0)
        return node(.index, type, a: array.rawValue, b: index.rawValue)
    }
    mutating func range(_ start: ExprID, _ end: ExprID, step: ExprID = .none, inclusive: Bool = false) -> ExprID {
        let type = program.types.range(body[start].type)
        return node(
            .makeRange, type, flags: inclusive ? HIRExpr.inclusiveRange : 0, a: start.rawValue, b: end.rawValue,
            c: step.rawValue)
    }
    mutating func forLoop(_ variable: LocalID, _ iterable: ExprID, _ make: (inout HIRMaker) -> ExprID) -> ExprID {
        let number = body.loopCount
        body.loopCount += 1
        let pattern = binding(variable)
        let inner = make(&self)
        let parts = body.addList([pattern.rawValue, iterable.rawValue, inner.rawValue, number])
        return node(.for, .nilType, b: parts.rawValue)
    }

    // MARK: Patterns

    mutating func pattern(
        _ kind: HIRPatternKind, _ type: TypeID, flags: UInt8 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0
    ) -> PatternID {
        body.add(HIRPattern(kind, type, flags: flags, a: a, b: b, c: c, position: 0))
    }
    mutating func binding(_ id: LocalID) -> PatternID {
        pattern(.binding, body.locals[id.index].type, a: id.rawValue)
    }
    mutating func match(
        _ value: ExprID, _ arms: [(PatternID, ExprID, ExprID)], _ type: TypeID, exhaustive: Bool
    ) -> ExprID {
        let raw = arms.flatMap { [$0.0.rawValue, $0.1.rawValue, $0.2.rawValue] }
        return node(
            .match, type, flags: exhaustive ? HIRExpr.exhaustiveMatch : 0, a: value.rawValue,
            b: body.addList(raw).rawValue)
    }
}

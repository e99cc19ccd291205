internal import Diagnostics
internal import Support
internal import Syntax

/// Top-level code of the root, initialisers of imported modules, module-level variables, `fn main`.
extension Checker {
    /// The root's statements become the function `<top>`.
    func checkTopLevel() {
        let saved = enterContext(module: rootIndex)
        let tree = context.tree
        guard tree.root.exists else { return leaveContext(saved) }
        context.isTopLevel = true
        context.errorsBefore = diagnostics.errorCount
        context.pendingFloor = pending.count
        var info = FunctionInfo(name: "<top>", module: ModuleID(rootIndex))
        info.resultType = .nilType
        let id = addInitializer(info)
        var parts: [ExprID] = []
        context.blockDepth = 1
        var warned = false
        // Statics come first, wherever they stand (§9.6).
        context.isInitializer = true
        for item in tree.elements(tree[tree.root].listA) where tree[item].kind == .staticDefinition {
            let n = tree[item]
            guard let definition = modules[rootIndex].definitions[n.nameA], definition.kind == .global, n.c != 0,
                !globalRecords[definition.index].isConstantInitialised
            else { continue }
            parts.append(initializeGlobal(definition.index, n))
        }
        rootStatics = parts.count
        context.isInitializer = false
        for item in tree.elements(tree[tree.root].listA) {
            let n = tree[item]
            var expr = ExprID.none
            switch n.kind {
            case .functionDefinition, .structDefinition, .classDefinition, .enumDefinition, .traitDefinition, .implDefinition,
                .typeAlias, .constDefinition, .externDefinition, .importDeclaration, .moduleDeclaration, .error, .unsupported,
                .passStatement, .staticDefinition:
                continue
            default:
                if context.flow.unreachable && !warned {
                    warning("W0304", "unreachable code", n.span)
                    warned = true
                }
                let wasUnreachable = context.flow.unreachable
                expr = checkStatement(item)
                if wasUnreachable { context.flow.unreachable = true }
            }
            if expr.exists { parts.append(expr) }
            if pending.count > context.pendingFloor { solvePending(from: context.pendingFloor) }
        }
        finishInitializer(id, parts)
        if diagnostics.errorCount == context.errorsBefore { reportUnchangedLocals() }
        program.modules[rootIndex].initializer = id
        leaveContext(saved)
    }

    /// The statics and top-level `let`s of an imported module become its initialiser.
    func checkInitializer(_ index: Int) {
        let saved = enterContext(module: index)
        defer { leaveContext(saved) }
        let tree = context.tree
        guard tree.root.exists else { return }
        context.pendingFloor = pending.count
        context.isInitializer = true
        var parts: [ExprID] = []
        var id: FunctionID?
        for item in tree.elements(tree[tree.root].listA) {
            let n = tree[item]
            let name: NameID
            if n.kind == .staticDefinition {
                name = n.nameA
            } else if n.kind == .declaration, tree[n.nodeA].kind == .bindingPattern {
                name = tree[n.nodeA].nameA
            } else {
                continue
            }
            guard let definition = modules[index].definitions[name], definition.kind == .global, n.c != 0 else { continue }
            if globalRecords[definition.index].isConstantInitialised { continue }
            if id == nil { id = addInitializer(FunctionInfo(name: "<init>", module: ModuleID(index))) }
            parts.append(initializeGlobal(definition.index, n))
        }
        if let id {
            finishInitializer(id, parts)
            program.modules[index].initializer = id
        }
    }

    /// Adds a function that runs before `main`.
    func addInitializer(_ info: FunctionInfo) -> FunctionID {
        program.functions.append(info)
        var record = FunctionRecord(
            node: .none, module: info.module.index, name: .none, nameSpan: SourceSpan(start: 0, end: 0), owner: nil)
        record.signatureReady = true
        record.isAnnotated = true
        record.state = .done
        functionRecords.append(record)
        let id = FunctionID(functionRecords.count - 1)
        program.modules[info.module.index].functions.append(id)
        return id
    }

    /// Ends the body of an initialiser, whose statements are `parts`.
    func finishInitializer(_ id: FunctionID, _ parts: [ExprID]) {
        let list = addList(parts)
        context.body.root = add(.block, .nilType, b: list.rawValue, at: SourceSpan(start: 0, end: 0))
        if pending.count > context.pendingFloor {
            solvePending(from: context.pendingFloor)
        }
        for literal in context.openLiterals { defaultLiteral(context.body[literal.expr].type) }
        solvePending(from: context.pendingFloor)
        defaultPending(from: context.pendingFloor)
        zonkBody(parameters: [:])
        runFinalChecks()
        program.functions[id.index].body = context.body
    }

    /// The assignment that gives module-level variable `index`, declared by `n`, its first value.
    func initializeGlobal(_ index: Int, _ n: Node) -> ExprID {
        let type = globalType(index)
        let value = globalRecords[index].startsNil ? assignOverNil(type, n.nodeC) : check(n.nodeC, expected: type)
        assignedAtTopLevel.insert(index)
        let place = add(.global, type, a: UInt32(index), at: n.span)
        return add(.assign, .nilType, a: place.rawValue, b: value.rawValue, at: n.span)
    }

    /// The type of a module-level variable: annotated, or that of its first value, found on first use.
    func globalType(_ index: Int) -> TypeID {
        let type = findGlobalType(index)
        if program.types.entries[type.index].hasVariables { openGlobalsRemain = true }
        return type
    }

    private func findGlobalType(_ index: Int) -> TypeID {
        if globalRecords[index].typeReady { return program.globals[index].type }
        if globalRecords[index].inProgress {
            // A cycle through functions: open until the initialiser is checked.
            let type = newVariable(isGlobal: true)
            program.globals[index].type = type
            globalRecords[index].typeReady = true
            return type
        }
        let record = globalRecords[index]
        globalRecords[index].inProgress = true
        let saved = enterContext(module: record.module)
        context.pendingFloor = pending.count
        var type = TypeID.error
        if record.typeNode.exists {
            type = lowerType(record.typeNode)
        } else if record.isMutable, record.valueNode.exists, context.tree[record.valueNode].kind == .nilLiteral {
            // A plain nil says nothing yet: a later value of type T makes it a `T?`.
            type = newVariable(isGlobal: true)
            globalRecords[index].startsNil = true
        } else if record.valueNode.exists {
            silenced += 1
            context.isTopLevel = false
            let before = pending.count
            type = resolve(self.type(of: infer(record.valueNode)))
            pending.removeSubrange(before...)
            silenced -= 1
            openToGlobal(type)
            type = resolve(type)
            if type == .error || program.types.kind(type) == .never { type = newVariable(isGlobal: true) }
        } else {
            type = newVariable(isGlobal: true)
        }
        leaveContext(saved)
        context.madeVariables = true
        if !globalRecords[index].typeReady {
            program.globals[index].type = type
            globalRecords[index].typeReady = true
        } else {
            _ = unify(program.globals[index].type, type)
        }
        globalRecords[index].inProgress = false
        return program.globals[index].type
    }

    /// Literals in a global's type default at once; other open parts stay open for the module's uses (§5.2 (8)).
    func openToGlobal(_ type: TypeID) {
        let type = resolve(type)
        let entry = program.types.entries[type.index]
        if entry.kind == .variable {
            let index = Int(entry.payload)
            if variables[index].literal != .any { defaultLiteral(type) } else { variables[index].isGlobal = true }
            return
        }
        if !entry.hasVariables { return }
        for i in 0..<Int(entry.count) { openToGlobal(program.types.pool[Int(entry.start) + i]) }
    }

    /// Checks the defaults of struct fields once, in their own module; each construction then evaluates them silently.
    func checkFieldDefaults() {
        for id in structRecords.indices {
            let record = structRecords[id]
            let defaults = record.fieldNodes.indices.filter { modules[record.module].tree[record.fieldNodes[$0]].c != 0 }
            if defaults.isEmpty { continue }
            let saved = enterContext(module: record.module)
            context.typeParameters = record.typeParameters
            context.pendingFloor = pending.count
            for i in defaults {
                let value = context.tree[record.fieldNodes[i]].nodeC
                _ = check(value, expected: program.structs[id].fieldTypes[i])
            }
            solvePending(from: context.pendingFloor)
            for literal in context.openLiterals { defaultLiteral(context.body[literal.expr].type) }
            solvePending(from: context.pendingFloor)
            defaultPending(from: context.pendingFloor)
            zonkBody(parameters: [:])
            runFinalChecks()
            leaveContext(saved)
        }
    }

    /// Gives the globals and the bodies that mention them their final types.
    func settleGlobals() {
        for index in program.globals.indices {
            var type = deepResolve(globalType(index))
            settle(type)
            type = deepResolve(type)
            program.globals[index].type = type
        }
        if !openGlobalsRemain { return }
        for index in program.functions.indices where program.functions[index].body != nil {
            guard var body = program.functions[index].body else { continue }
            var changed = false
            for i in body.exprs.indices where program.types.entries[body.exprs[i].type.index].hasVariables {
                settle(body.exprs[i].type)
                body.exprs[i].type = deepResolve(body.exprs[i].type)
                if body.exprs[i].kind == .nilConstant, program.types.kind(body.exprs[i].type) == .option {
                    body.exprs[i].kind = .noneConstant
                }
                changed = true
            }
            for i in body.locals.indices where program.types.entries[body.locals[i].type.index].hasVariables {
                settle(body.locals[i].type)
                body.locals[i].type = deepResolve(body.locals[i].type)
                changed = true
            }
            for i in body.patterns.indices where program.types.entries[body.patterns[i].type.index].hasVariables {
                settle(body.patterns[i].type)
                body.patterns[i].type = deepResolve(body.patterns[i].type)
                changed = true
            }
            for i in body.exprs.indices where body.exprs[i].kind == .call || body.exprs[i].kind == .compoundAssign {
                if body.exprs[i].kind == .compoundAssign {
                    let type = TypeID(rawValue: body.exprs[i].c)
                    if program.types.entries[type.index].hasVariables {
                        settle(type)
                        body.exprs[i].c = deepResolve(type).rawValue
                        changed = true
                    }
                    continue
                }
                let list = body.exprs[i].listC
                for k in 0..<body.count(list) {
                    let type = TypeID(rawValue: body.raw(list, k))
                    if program.types.entries[type.index].hasVariables {
                        settle(type)
                        body.pool[list.index + 1 + k] = deepResolve(type).rawValue
                        changed = true
                    }
                }
            }
            if changed { program.functions[index].body = body }
            for i in program.functions[index].parameterTypes.indices {
                program.functions[index].parameterTypes[i] = deepResolve(program.functions[index].parameterTypes[i])
            }
            settle(program.functions[index].resultType)
            program.functions[index].resultType = deepResolve(program.functions[index].resultType)
        }
    }

    /// What nothing decided becomes nil (literals: their default).
    private func settle(_ type: TypeID) {
        let type = resolve(type)
        let entry = program.types.entries[type.index]
        if entry.kind == .variable {
            let index = Int(entry.payload)
            switch variables[index].literal {
            case .any: variables[index].binding = .nilType
            case .number: variables[index].binding = .i64
            case .float: variables[index].binding = .f64
            }
            return
        }
        if !entry.hasVariables { return }
        for i in 0..<Int(entry.count) { settle(program.types.pool[Int(entry.start) + i]) }
    }

    /// `fn main` takes nothing or the arguments and returns an exit value (§1.2).
    func checkMainSignature() {
        guard let id = program.main else { return }
        let record = functionRecords[id.index]
        let saved = enterContext(module: record.module)
        defer { leaveContext(saved) }
        let info = program.functions[id.index]
        let strings = program.types.array(.str)
        if record.parameters.count > 1 {
            error("E0301", "`main` takes no parameter, or one of type `[str]`", record.nameSpan)
        } else if let parameter = info.parameterTypes.first, parameter != strings {
            if program.types.kind(parameter) == .parameter {
                // `fn main(args)`: the type may be omitted.
                specializeMain(id, strings)
            } else if parameter != .error {
                error("E0301", "the parameter of `main` must be `[str]`, not `\(describe(parameter))`", record.nameSpan)
            }
        }
        if !isExitValue(program.functions[id.index].resultType) {
            error(
                "E0311", "`main` returns `\(describe(program.functions[id.index].resultType))`, which is not an exit value", record.nameSpan,
                helps: ["an exit value is nil, a number, or an Option of one"])
        }
    }

    /// Gives an unannotated parameter of `main` the type `[str]` throughout its body.
    private func specializeMain(_ id: FunctionID, _ strings: TypeID) {
        var arguments: [TypeID] = [strings]
        for _ in 1..<max(1, program.functions[id.index].typeParameterCount) { arguments.append(newVariable()) }
        for constraint in functionRecords[id.index].constraints {
            var copy = constraint
            copy.operands = constraint.operands.map { program.types.substitute($0, arguments) }
            copy.result = program.types.substitute(constraint.result, arguments)
            if !solve(copy) { pending.append(copy) }
        }
        solvePending(from: 0)
        arguments = arguments.map { argument in
            settle(argument)
            return deepResolve(argument)
        }
        guard var body = program.functions[id.index].body else { return }
        for i in body.exprs.indices { body.exprs[i].type = program.types.substitute(body.exprs[i].type, arguments) }
        for i in body.locals.indices { body.locals[i].type = program.types.substitute(body.locals[i].type, arguments) }
        for i in body.patterns.indices { body.patterns[i].type = program.types.substitute(body.patterns[i].type, arguments) }
        program.functions[id.index].body = body
        program.functions[id.index].parameterTypes = [strings]
        program.functions[id.index].resultType = program.types.substitute(program.functions[id.index].resultType, arguments)
        program.functions[id.index].typeParameterCount = 0
    }

    /// Keeps method look-up for instances of generic functions.
    func makeMethodResolver() -> MethodResolver {
        var prelude = MethodGroup.allCases.map { _ in NameMap<FunctionID>() }
        let prefixes: [(MethodGroup, String)] = [
            (.string, "str_"), (.array, "array_"), (.integer, "int_"), (.float, "float_"), (.char, "char_"), (.bool, "bool_"),
            (.option, "option_"), (.range, "range_"),
        ]
        let definitions = modules[preludeIndex].definitions
        for (i, name) in definitions.names.enumerated() where definitions.values[i].kind == .function {
            let word = text(name)
            for (group, prefix) in prefixes where word.hasPrefix(prefix) {
                prelude[Int(group.rawValue)].set(
                    interner.pointee.intern(String(word.dropFirst(prefix.count))), FunctionID(definitions.values[i].index))
            }
        }
        return MethodResolver(builtins: methods, structMethods: structRecords.map(\.methods), preludeMethods: prelude)
    }
}

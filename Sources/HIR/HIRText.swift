// The text form of HIR, for case files and `--emit hir`: stable, readable, one line per statement. It is not parsed.
//
// `fn name(%0.x: i64) -> i64` heads a function, its other locals follow, then its tree: `%n` is a local, `op:type(…)`
// a node with its type (left out where it is nil, and for locals). Types of constants are shown unless i64 or f64.

internal import Support

/// The text of all modules, in the order of their initialisation.
package func printHIR(_ program: HIRProgram) -> String {
    program.initializationOrder.map { printHIR(program, module: $0) }.joined(separator: "\n")
}

/// The text of one module: structs, globals, functions in source order.
package func printHIR(_ program: HIRProgram, module: ModuleID) -> String {
    var printer = HIRPrinter(program: program)
    printer.printModule(module)
    return printer.text
}

extension HIRProgram {
    /// Appends the spelling of `type` to `text`: unique, readable, the language's own notation (`[i64]`, `(str, i64)?`).
    package func spell(_ type: TypeID, _ text: inout String) {
        switch types.kind(type) {
        case .error: text += "<error>"
        case .never: text += "Never"
        case .nilType: text += "nil"
        case .bool: text += "bool"
        case .char: text += "char"
        case .i8: text += "i8"
        case .i16: text += "i16"
        case .i32: text += "i32"
        case .i64: text += "i64"
        case .u8: text += "u8"
        case .u16: text += "u16"
        case .u32: text += "u32"
        case .u64: text += "u64"
        case .f32: text += "f32"
        case .f64: text += "f64"
        case .str: text += "str"
        case .tuple:
            text += "("
            spellList(type, 0..<types.count(type), ", ", &text)
            text += types.count(type) == 1 ? ",)" : ")"
        case .array:
            text += "["
            spell(types.argument(type, 0), &text)
            text += "]"
        case .range:
            text += "Range["
            spell(types.argument(type, 0), &text)
            text += "]"
        case .option:
            let payload = types.argument(type, 0)
            let isFunction = types.kind(payload) == .function
            if isFunction { text += "(" }
            spell(payload, &text)
            text += isFunction ? ")?" : "?"
        case .function:
            let count = types.count(type) - 1
            text += "fn("
            spellList(type, 0..<count, ", ", &text)
            text += ") -> "
            spell(types.argument(type, count), &text)
        case .structure:
            text += structs[Int(types.payload(type))].name
            if types.count(type) > 0 {
                text += "["
                spellList(type, 0..<types.count(type), ", ", &text)
                text += "]"
            }
        case .parameter: text += "T\(types.payload(type))"
        case .variable: text += "_\(types.payload(type))"
        }
    }

    /// The spelling of `type` in the source language, as `type_name` gives it.
    package func typeName(_ type: TypeID) -> String {
        var text = ""
        spell(type, &text)
        return text
    }

    private func spellList(_ type: TypeID, _ range: Range<Int>, _ separator: String, _ text: inout String) {
        for i in range {
            if i > range.lowerBound { text += separator }
            spell(types.argument(type, i), &text)
        }
    }
}

private struct HIRPrinter {
    let program: HIRProgram
    var text = ""
    var indent = 0
    var body = HIRBody()

    init(program: HIRProgram) { self.program = program }

    mutating func newLine() {
        text += "\n"
        for _ in 0..<indent { text += "  " }
    }
    func name(_ id: NameID) -> String { program.names[id] ?? "#\(id.rawValue)" }

    // MARK: - Declarations

    mutating func printModule(_ id: ModuleID) {
        let module = program.modules[id.index]
        text += "module \(module.path)\n"
        for structure in program.structs where structure.module == id {
            text += "struct \(structure.name)"
            if structure.typeParameterCount > 0 { text += "[\(structure.typeParameterCount)]" }
            let fields = zip(structure.fieldNames, structure.fieldTypes).map { "\(name($0)): \(program.typeName($1))" }
            text += "(\(fields.joined(separator: ", ")))\n"
        }
        for global in module.globals {
            let info = program.globals[global.index]
            text += "global \(info.name): \(program.typeName(info.type))\(info.needsFlag ? " checked" : "")\n"
        }
        for function in module.functions { printFunction(function) }
        if let initializer = module.initializer, !module.functions.contains(initializer) { printFunction(initializer) }
    }

    mutating func printFunction(_ id: FunctionID) {
        let info = program.functions[id.index]
        text += "fn \(info.name)"
        if info.typeParameterCount > 0 { text += "[\(info.typeParameterCount)]" }
        guard let body = info.body else {
            text += "(\(info.parameterTypes.map(program.typeName).joined(separator: ", ")))\n"
            return
        }
        self.body = body
        let parameters = info.parameterTypes.indices.map { declaration(LocalID($0)) }
        text += "(\(info.mutatesSelf ? "mut " : "")\(parameters.joined(separator: ", ")))"
        if info.resultType != .nilType { text += " -> \(program.typeName(info.resultType))" }
        indent = 1
        for i in info.parameterTypes.count..<max(info.parameterTypes.count, body.locals.count) {
            newLine()
            text += "local \(declaration(LocalID(i)))"
        }
        newLine()
        expression(body.root)
        indent = 0
        newLine()
    }

    func local(_ id: LocalID) -> String {
        let name = body.locals[id.index].name
        return name == .none ? "%\(id.rawValue)" : "%\(id.rawValue).\(self.name(name))"
    }
    func declaration(_ id: LocalID) -> String {
        "\(local(id)): \(program.typeName(body.locals[id.index].type))"
    }

    // MARK: - Expressions

    /// `head:type`.
    mutating func head(_ head: String, _ e: HIRExpr) {
        text += head
        if e.type != .nilType { text += ":\(program.typeName(e.type))" }
    }
    /// `(a, b, …)`; nodes that are none show as `_`.
    mutating func operands(_ list: [ExprID]) {
        text += "("
        for (i, operand) in list.enumerated() {
            if i > 0 { text += ", " }
            if operand.exists { expression(operand) } else { text += "_" }
        }
        text += ")"
    }
    func elements(_ list: HIRList) -> [ExprID] { (0..<body.count(list)).map { body.expr(list, $0) } }

    /// A body in its own lines.
    mutating func nested(_ id: ExprID) {
        indent += 1
        newLine()
        expression(id)
        indent -= 1
    }

    mutating func expression(_ id: ExprID) {
        let e = body[id]
        let bits = UInt64(e.b) << 32 | UInt64(e.a)
        switch e.kind {
        case .error: text += "error"
        case .intConstant:
            text += e.flags & 1 != 0 ? "\(bits)" : "\(Int64(bitPattern: bits))"
            if e.type != .i64 { text += ":\(program.typeName(e.type))" }
        case .floatConstant:
            text += "\(Double(bitPattern: bits))"
            if e.type != .f64 { text += ":\(program.typeName(e.type))" }
        case .boolConstant: text += e.a == 0 ? "false" : "true"
        case .charConstant: text += "c" + quoted(String(Unicode.Scalar(e.a).map(Character.init) ?? "?"))
        case .stringConstant: text += quoted(String(decoding: program.stringContents(e.a), as: UTF8.self))
        case .nilConstant: text += "nil"
        case .noneConstant: head("None", e)
        case .local: text += local(LocalID(rawValue: e.a))
        case .global:
            let info = program.globals[Int(e.a)]
            text += "@\(program.modules[info.module.index].path).\(info.name)"
            if e.flags & HIRExpr.checkInitialised != 0 { text += "!" }
        case .storeLocal:
            text += "\(local(LocalID(rawValue: e.a))) := "
            expression(e.exprB)
        case .assign:
            expression(e.exprA)
            text += " = "
            expression(e.exprB)
        case .compoundAssign:
            expression(e.exprA)
            text += " \(HIRBinary(rawValue: e.op).map { "\($0)" } ?? "?")= "
            expression(e.exprB)
        case .bind:
            text += "let "
            pattern(PatternID(rawValue: e.a))
            text += " = "
            expression(e.exprB)
        case .unary: simple(HIRUnary(rawValue: e.op).map { "\($0)" } ?? "?", e, [e.exprA])
        case .binary: simple(HIRBinary(rawValue: e.op).map { "\($0)" } ?? "?", e, [e.exprA, e.exprB])
        case .compare: simple(HIRComparison(rawValue: e.op).map { "\($0)" } ?? "?", e, [e.exprA, e.exprB])
        case .logicalAnd: simple("and", e, [e.exprA, e.exprB])
        case .logicalOr: simple("or", e, [e.exprA, e.exprB])
        case .coalesce: simple("coalesce", e, [e.exprA, e.exprB])
        case .contains: simple(e.flags & 1 != 0 ? "notIn" : "in", e, [e.exprA, e.exprB])
        case .makeSome: simple("Some", e, [e.exprA])
        case .cast:
            let kinds = ["cast", "castOptional", "castWrapping", "castWrapping", "castSaturating"]
            simple(kinds[min(Int(e.flags), 4)], e, [e.exprA])
        case .call: call(e)
        case .builtin: simple("$" + (Builtin(rawValue: e.op).map { "\($0)" } ?? "?"), e, elements(e.listB))
        case .deferredMethod: simple(".\(name(NameID(rawValue: e.c)))", e, [e.exprA] + elements(e.listB))
        case .deferredField: simple("field.\(name(NameID(rawValue: e.c)))", e, [e.exprA])
        case .makeTuple: simple("tuple", e, elements(e.listB))
        case .tupleElement, .field: simple("part\(e.b)", e, [e.exprA])
        case .makeStruct: simple("struct", e, elements(e.listB))
        case .makeArray: simple("array", e, elements(e.listB))
        case .spread: simple("spread", e, [e.exprA])
        case .index: simple("index", e, [e.exprA, e.exprB])
        case .slice: simple("slice", e, [e.exprA] + elements(e.listB))
        case .sliceByRange: simple("sliceByRange", e, [e.exprA, e.exprB])
        case .makeRange:
            simple(e.flags & HIRExpr.inclusiveRange != 0 ? "rangeInclusive" : "range", e, [e.exprA, e.exprB, e.exprC])
        case .interpolate: simple("text", e, elements(e.listB))
        case .format:
            text += e.flags & HIRExpr.debugForm != 0 ? "debug" : "format"
            if e.flags & HIRExpr.hasSpec != 0 { text += "<\(String(UInt64(e.c) << 32 | UInt64(e.b), radix: 16))>" }
            operands([e.exprA])
        case .block: block(e)
        case .if:
            head("if", e)
            text += " "
            expression(e.exprA)
            nested(e.exprB)
            if e.exprC.exists {
                newLine()
                text += "else"
                nested(e.exprC)
            }
        case .matches:
            text += "matches("
            expression(e.exprA)
            text += ", "
            pattern(PatternID(rawValue: e.b))
            text += ")"
        case .match: match(e)
        case .while:
            text += "while #\(e.c) "
            expression(e.exprA)
            nested(e.exprB)
        case .loop:
            text += "loop #\(e.c)"
            nested(e.exprB)
        case .for:
            text += "for #\(body.raw(e.listB, 3)) "
            pattern(body.pattern(e.listB, 0))
            text += " in "
            expression(body.expr(e.listB, 1))
            nested(body.expr(e.listB, 2))
        case .break: text += "break #\(e.a)"
        case .continue: text += "continue #\(e.a)"
        case .return:
            text += "return"
            if e.exprA.exists {
                text += " "
                expression(e.exprA)
            }
        case .tryOption: simple(e.flags & 1 != 0 ? "tryTop" : "try", e, [e.exprA])
        case .setExitValue:
            text += "main = "
            expression(e.exprA)
        }
    }

    mutating func simple(_ name: String, _ e: HIRExpr, _ list: [ExprID]) {
        head(name, e)
        operands(list)
    }

    mutating func call(_ e: HIRExpr) {
        let info = program.functions[Int(e.a)]
        var name = "\(program.modules[info.module.index].path).\(info.name)"
        let types = (0..<body.count(e.listC)).map { program.typeName(TypeID(rawValue: body.raw(e.listC, $0))) }
        if !types.isEmpty { name += "[\(types.joined(separator: ", "))]" }
        if e.flags & HIRExpr.mutatingCall != 0 { name = "mut " + name }
        simple(name, e, elements(e.listB))
    }

    mutating func block(_ e: HIRExpr) {
        let list = elements(e.listB)
        // The body of a function or branch: its statements stand in the lines given to it.
        head(e.flags & HIRExpr.blockHasValue != 0 ? "block" : "do", e)
        for element in list { nested(element) }
    }

    mutating func match(_ e: HIRExpr) {
        head(e.flags & HIRExpr.exhaustiveMatch != 0 ? "match" : "matchSome", e)
        text += " "
        expression(e.exprA)
        indent += 1
        for i in 0..<body.count(e.listB) / 3 {
            newLine()
            pattern(body.pattern(e.listB, i * 3))
            let guardExpr = body.expr(e.listB, i * 3 + 1)
            if guardExpr.exists {
                text += " if "
                expression(guardExpr)
            }
            text += " =>"
            nested(body.expr(e.listB, i * 3 + 2))
        }
        indent -= 1
    }

    func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 32 || scalar.value == 127 {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    // MARK: - Patterns

    mutating func pattern(_ id: PatternID) {
        let p = body[id]
        switch p.kind {
        case .wildcard: text += "_"
        case .binding:
            text += local(LocalID(rawValue: p.a))
            if p.b != 0 {
                text += " @ "
                pattern(PatternID(rawValue: p.b))
            }
        case .constant: expression(ExprID(rawValue: p.a))
        case .range:
            if p.a != 0 { expression(ExprID(rawValue: p.a)) }
            text += p.flags & 1 != 0 ? "..=" : ".."
            if p.b != 0 { expression(ExprID(rawValue: p.b)) }
        case .tuple: patterns("(", HIRList(rawValue: p.b), ")")
        case .structure: patterns(program.typeName(p.type) + "(", HIRList(rawValue: p.b), ")")
        case .some:
            text += "Some("
            pattern(PatternID(rawValue: p.a))
            text += ")"
        case .none: text += "None"
        case .array:
            patterns("[", HIRList(rawValue: p.a), "")
            if p.c != 0 { text += p.c == 1 ? " .." : " *\(local(LocalID(rawValue: p.c - 2)))" }
            patterns(p.c != 0 && p.b != 0 ? " " : "", HIRList(rawValue: p.b), "]")
        case .or: patterns("", HIRList(rawValue: p.b), "", " | ")
        }
    }

    mutating func patterns(_ open: String, _ list: HIRList, _ close: String, _ separator: String = ", ") {
        text += open
        for i in 0..<body.count(list) {
            if i > 0 { text += separator }
            pattern(body.pattern(list, i))
        }
        text += close
    }
}

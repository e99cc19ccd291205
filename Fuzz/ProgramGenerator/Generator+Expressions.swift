// Expressions by type. Every operand is parenthesised, so that precedence is the parser tests' matter, not ours.

extension Generator {
    /// A literal of the integer type `name`, in `0..<bound`.
    mutating func literal(_ name: String, below bound: Int) -> String { "\(random.below(bound))\(name)" }

    /// An expression of `type`, with at most `depth` nested operations.
    mutating func expression(of type: GeneratedType, depth: Int) -> String {
        // Variables keep the data flow going; literals end it.
        let known = scope.filter { $0.type == type }
        if !known.isEmpty, random.chance(depth == 0 ? 80 : 40) { return random.pick(known).name }
        if depth <= 0 { return simple(type) }
        if random.chance(12), let part = partOfVariable(type) { return part }
        if callsAllowed, loopDepth == 0 || random.chance(20), random.chance(12), let call = call(type, depth) {
            return call
        }
        if random.chance(8) {
            return "\(helper("choose"))(\(operand(.bool, depth)), \(operand(type, depth)), \(operand(type, depth)))"
        }
        if random.chance(6) {
            return
                "(if \(expression(of: .bool, depth: depth - 1)): \(expression(of: type, depth: depth - 1)) else: \(expression(of: type, depth: depth - 1)))"
        }
        if random.chance(15), let option = scope.last(where: { $0.type == .option(type) }) {
            return "(\(option.name) ?? \(operand(type, depth)))"
        }
        switch type {
        case .int(let name): return integer(name, depth)
        case .f64: return float("f64", depth)
        case .f32: return float("f32", depth)
        case .bool: return truth(depth)
        case .str: return text(depth)
        case .char: return simple(type)
        case .array(let element):
            let count = 1 + random.below(4)
            let values = (0..<count).map { _ in expression(of: element, depth: depth - 1) }
            if random.chance(15), uncertain == 0, !mentionsOption(element) {
                return "(\(operand(type, depth)) + [\(values.joined(separator: ", "))])[:9]"
            }
            return "[\(values.joined(separator: ", "))]"
        case .tuple(let parts):
            if parts.count == 2, random.chance(30) {
                return "\(helper("couple"))(\(operand(parts[0], depth)), \(operand(parts[1], depth)))"
            }
            return "(" + parts.map { expression(of: $0, depth: depth - 1) }.joined(separator: ", ") + ")"
        case .option(let payload):
            if case .int(let name) = payload, random.chance(40) {
                let operation = random.pick(["checked_add", "checked_sub", "checked_mul", "checked_div"])
                return
                    "\(parenthesised(.int(name), depth)).\(operation)(\(expression(of: .int(name), depth: depth - 1)))"
            }
            return uncertain == 0 && random.chance(25) ? "None" : "Some(\(expression(of: payload, depth: depth - 1)))"
        case .structure(let index):
            let record = structs[index]
            if random.chance(20), let base = scope.first(where: { $0.type == type }) {
                let field = random.pick(record.fields)
                return "\(base.name).with(\(field.name): \(expression(of: field.type, depth: depth - 1)))"
            }
            let values = record.fields.map { "\($0.name): \(expression(of: $0.type, depth: depth - 1))" }
            return "\(spell(type))(\(values.joined(separator: ", ")))"
        }
    }

    private func helper(_ name: String) -> String { options.hasModules ? qualified(name, in: 1) : name }

    /// An expression whose type nothing else determines.
    private mutating func operand(_ type: GeneratedType, _ depth: Int) -> String {
        uncertain += 1
        defer { uncertain -= 1 }
        return expression(of: type, depth: depth - 1)
    }

    private mutating func parenthesised(_ type: GeneratedType, _ depth: Int) -> String { "(\(operand(type, depth)))" }

    /// Whether a value of the type may hold a `None`.
    private func mentionsOption(_ type: GeneratedType) -> Bool {
        switch type {
        case .option: true
        case .array(let element): mentionsOption(element)
        case .tuple(let parts): parts.contains { mentionsOption($0) }
        default: false
        }
    }

    /// Something of `type` without operands.
    private mutating func simple(_ type: GeneratedType) -> String {
        switch type {
        case .int(let name):
            switch random.below(8) {
            case 0: return "\(name).MAX"
            case 1: return "\(name).MIN"
            case 2 where name.hasPrefix("i"): return "(-\(random.below(128))\(name))"
            default: return literal(name, below: 120)
            }
        case .f64: return random.pick(["0.0", "1.5", "(-2.25)", "1e10", "0.1", "3.0", "123456.789", "(-1e-7)"])
        case .f32: return random.pick(["0.0f32", "1.5f32", "(-2.25f32)", "0.1f32", "16777216f32"])
        case .bool: return random.chance(50) ? "true" : "false"
        case .str: return random.pick(["\"\"", "\"a\"", "\"hello\"", "\"naïve €\"", "\"日本語😀\"", "\"x\\ty\\\"z\"", "'raw {x}'"])
        case .char: return random.pick(["c'a'", "c'Z'", "c'é'", "c'😀'", "c'\\n'"])
        case .array(let element): return "[\(simple(element))]"
        case .tuple(let parts): return "(" + parts.map { simple($0) }.joined(separator: ", ") + ")"
        case .option(let payload): return uncertain == 0 && random.chance(30) ? "None" : "Some(\(simple(payload)))"
        case .structure(let index):
            return "\(spell(type))(" + structs[index].fields.map { simple($0.type) }.joined(separator: ", ") + ")"
        }
    }

    /// A field, element or tuple part of `type` of some variable.
    private mutating func partOfVariable(_ type: GeneratedType) -> String? {
        var parts: [String] = []
        for variable in scope {
            switch variable.type {
            case .tuple(let types):
                for (i, part) in types.enumerated() where part == type { parts.append("\(variable.name).\(i)") }
            case .structure(let index):
                for field in structs[index].fields where field.type == type {
                    parts.append("\(variable.name).\(field.name)")
                }
            case .array(let element) where element == type:
                parts.append("\(variable.name)[\(index(variable.name))]")
            default: break
            }
        }
        return parts.isEmpty ? nil : random.pick(parts)
    }

    private mutating func call(_ type: GeneratedType, _ depth: Int) -> String? {
        let candidates = functions.filter {
            $0.result == type && ($0.module != 0 || module == 0) && (loopDepth == 0 || $0.isCheap)
        }
        guard !candidates.isEmpty else { return nil }
        let function = random.pick(candidates)
        let arguments = function.parameters.map { expression(of: $0, depth: 1) }
        return "\(qualified(function.name, in: function.module))(\(arguments.joined(separator: ", ")))"
    }

    private mutating func integer(_ name: String, _ depth: Int) -> String {
        let type = GeneratedType.int(name)
        if options.isWild, random.chance(25) {
            let a = parenthesised(type, depth), b = parenthesised(type, depth)
            return "(\(a) \(random.pick(["+", "-", "*", "/", "//", "%"])) \(b))"
        }
        switch random.below(17) {
        case 0, 1, 2:
            let operation = random.pick(["wrapping_add", "wrapping_sub", "wrapping_mul"])
            return "\(parenthesised(type, depth)).\(operation)(\(expression(of: type, depth: depth - 1)))"
        case 3:
            let operation = random.pick(["saturating_add", "saturating_sub", "saturating_mul"])
            return "\(parenthesised(type, depth)).\(operation)(\(expression(of: type, depth: depth - 1)))"
        case 4, 5:
            // Checked arithmetic that cannot overflow: operands below 11.
            let a = parenthesised(type, depth), b = parenthesised(type, depth)
            return name.hasPrefix("i")
                ? "((\(a) % 11) \(random.pick(["+", "-", "*"])) (\(b) % 11))"
                : "((\(a) % 11) \(random.pick(["+", "*"])) (\(b) % 11))"
        case 6:
            let a = parenthesised(type, depth), b = parenthesised(type, depth)
            return "(\(a) \(random.pick(["/", "//", "%"])) ((\(b) & 7) + 1))"
        case 7:
            return "\(parenthesised(type, depth)).mod((\(expression(of: type, depth: depth - 1)) & 7) + 1)"
        case 8, 9:
            return
                "(\(parenthesised(type, depth)) \(random.pick(["&", "|", "^"])) \(parenthesised(type, depth)))"
        case 10:
            return
                "(\(parenthesised(type, depth)) \(random.pick(["<<", ">>"])) (\(expression(of: type, depth: depth - 1)) & 7))"
        case 11: return "(~\(parenthesised(type, depth)))"
        case 12:
            let other = random.pick(GeneratedType.integerNames)
            if options.isWild, random.chance(30) { return "(\(parenthesised(.int(other), depth)) as \(name))" }
            let form = random.pick(["wrapping_from", "saturating_from"])
            return "\(name).\(form)(\(expression(of: .int(other), depth: depth - 1)))"
        case 13:
            return
                "\(random.pick(["min", "max", helper("smaller")]))(\(expression(of: type, depth: depth - 1)), \(expression(of: type, depth: depth - 1)))"
        case 14 where name == "i64":
            let element = scalarType()
            switch random.below(3) {
            case 0: return "len(\(expression(of: .array(element), depth: depth - 1)))"
            case 1: return "len(\(expression(of: .str, depth: depth - 1)))"
            default:
                return
                    "\(helper("count_equal"))(\(operand(.array(element), depth)), \(operand(element, depth)))"
            }
        case 15 where name == "i64":
            return "\(parenthesised(.int(random.pick(GeneratedType.integerNames)), depth)).count_ones()"
        case 16 where name == "i64":
            return "((\(expression(of: .f64, depth: depth - 1))) as? i64 ?? -1)"
        default: return simple(type)
        }
    }

    private mutating func float(_ name: String, _ depth: Int) -> String {
        let type: GeneratedType = name == "f64" ? .f64 : .f32
        switch random.below(8) {
        case 0, 1, 2, 3:
            return
                "(\(parenthesised(type, depth)) \(random.pick(["+", "-", "*", "/"])) \(parenthesised(type, depth)))"
        case 4: return "(-\(parenthesised(type, depth)))"
        case 5: return "\(parenthesised(type, depth)).\(random.pick(["abs", "sqrt", "floor", "ceil", "trunc"]))()"
        case 6: return "(\(parenthesised(.int(random.pick(GeneratedType.integerNames)), depth)) as \(name))"
        default: return simple(type)
        }
    }

    private mutating func truth(_ depth: Int) -> String {
        switch random.below(9) {
        case 0: return "(not \(parenthesised(.bool, depth)))"
        case 1, 2:
            return "(\(parenthesised(.bool, depth)) \(random.pick(["and", "or", "==", "^"])) \(parenthesised(.bool, depth)))"
        case 3:
            let type = scalarType()
            if type == .bool || type == .char { return "(\(parenthesised(type, depth)) == \(parenthesised(type, depth)))" }
            let a = parenthesised(type, depth), b = parenthesised(type, depth), c = parenthesised(type, depth)
            return "(\(a) < \(b) <= \(c))"
        case 4:
            return "(\(parenthesised(.str, depth)) in \(parenthesised(.str, depth)))"
        case 5:
            let type = type(depth: 1)
            return "(\(parenthesised(type, depth)) == \(parenthesised(type, depth)))"
        default:
            let type = scalarType()
            let operation = type == .bool ? "!=" : random.pick(["<", "<=", ">", ">=", "==", "!="])
            return "(\(parenthesised(type, depth)) \(operation) \(parenthesised(type, depth)))"
        }
    }

    private mutating func text(_ depth: Int) -> String {
        switch random.below(8) {
        case 0, 1: return "(\(parenthesised(.str, depth)) + \(parenthesised(.str, depth)))[:24]"
        case 2, 3:
            // No literals in interpolations: their quotes are the lexer tests' matter.
            let shown = scope.filter { $0.type != .str }
            return shown.isEmpty ? simple(.str) : "\"<{\(random.pick(shown).name)}>\"[:30]"
        case 4: return "\(parenthesised(.str, depth)).\(random.pick(["upper", "lower", "trim", "reverse"]))()"
        case 5: return "\(parenthesised(.str, depth))[\(random.below(5) - 2):\(random.below(7) - 1)]"
        case 6: return "str(\(expression(of: scalarType(), depth: depth - 1)))"
        default: return simple(.str)
        }
    }
}

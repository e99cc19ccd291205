// Random programs for the differential tests: well-typed Simple that ends, prints much, and (when tame) never panics.
//
// A program is a handful of functions over random types, each called from the root's top level with random arguments,
// and its results printed. Everything is chosen by type: `expression(of:)` makes text of a type, `statement()` makes
// text that changes what is in scope. Calls go only to functions made before, loops are bounded, so that programs end.
// A wild program also uses the operations that may panic; then both sides must panic alike.

/// One generated program: its files, the root `main.simple` first.
package struct GeneratedProgram: Sendable, Equatable {
    package var files: [(name: String, text: String)]

    package static func == (l: Self, r: Self) -> Bool {
        l.files.map(\.name) == r.files.map(\.name) && l.files.map(\.text) == r.files.map(\.text)
    }
}

/// What to generate.
package struct GeneratorOptions: Sendable {
    /// Functions per program.
    package var functionCount = 6
    /// Allow operations that may panic.
    package var isWild = false
    /// Spread the functions over several modules.
    package var hasModules = false
    package init() {}
}

/// The program of `seed`: same seed and options, same text.
package func generateProgram(seed: UInt64, options: GeneratorOptions = GeneratorOptions()) -> GeneratedProgram {
    var generator = Generator(seed: seed, options: options)
    return generator.program()
}

/// Types of the generated programs.
indirect enum GeneratedType: Equatable {
    case int(String)
    case f64, f32, bool, str, char
    case array(GeneratedType)
    case tuple([GeneratedType])
    case option(GeneratedType)
    /// Index in `Generator.structs`.
    case structure(Int)

    static let integerNames = ["i64", "i64", "i64", "i8", "i16", "i32", "u8", "u16", "u32", "u64"]
}

struct GeneratedStruct {
    var name: String
    var module: Int
    var fields: [(name: String, type: GeneratedType)]
}

struct GeneratedFunction {
    var name: String
    var module: Int
    var parameters: [GeneratedType]
    var result: GeneratedType
    /// Has no loops and calls nothing: cheap enough to be called in loops.
    var isCheap: Bool
}

struct GeneratedVariable {
    var name: String
    var type: GeneratedType
    var isMutable: Bool
}

struct Generator {
    var random: Randomness
    let options: GeneratorOptions
    var structs: [GeneratedStruct] = []
    var functions: [GeneratedFunction] = []
    /// Text of each module; 0 is the root.
    var texts: [String]
    /// What can be read where code is being made.
    var scope: [GeneratedVariable] = []
    /// Module that code is being made for.
    var module = 0
    var nameCounter = 0
    var loopDepth = 0
    /// Loops so far in the current function.
    var loopCount = 0
    var callsAllowed = true
    /// > 0: nothing around the expression says its type, so that a bare `None` would not be understood.
    var uncertain = 0

    init(seed: UInt64, options: GeneratorOptions) {
        random = Randomness(seed: seed)
        self.options = options
        texts = Array(repeating: "", count: options.hasModules ? 3 : 1)
    }

    mutating func program() -> GeneratedProgram {
        let moduleNames = ["main", "alpha", "beta"]
        if options.hasModules {
            texts[0] += "use alpha\nuse beta\n"
            texts[1] += "use beta\n"
            texts[2] += "use alpha\n"
        }
        for m in texts.indices {
            texts[m] += "\(visibility(m))static mut counter\(m) = \(random.below(100))\n"
        }
        for _ in 0..<(1 + random.below(3)) { makeStruct() }
        makeGenericHelpers()
        for _ in 0..<options.functionCount { makeFunction() }
        makeCalls()
        return GeneratedProgram(files: texts.indices.map { (moduleNames[$0] + ".simple", texts[$0]) })
    }

    /// `pub ` in modules that others import.
    func visibility(_ module: Int) -> String { module == 0 ? "" : "pub " }

    /// How the current module names `name` of `owner`.
    func qualified(_ name: String, in owner: Int) -> String {
        owner == module || owner == 0 ? name : (owner == 1 ? "alpha." : "beta.") + name
    }

    mutating func fresh(_ prefix: String) -> String {
        nameCounter += 1
        return "\(prefix)\(nameCounter)"
    }

    // MARK: Types

    mutating func scalarType() -> GeneratedType {
        switch random.below(20) {
        case 0..<11: .int(random.pick(GeneratedType.integerNames))
        case 11..<13: .f64
        case 13: .f32
        case 14..<16: .bool
        case 16: .char
        default: .str
        }
    }

    mutating func type(depth: Int = 2) -> GeneratedType {
        if depth == 0 || random.chance(60) { return scalarType() }
        switch random.below(5) {
        case 0, 1: return .array(type(depth: depth - 1))
        case 2: return .tuple((0..<(2 + random.below(2))).map { _ in type(depth: depth - 1) })
        case 3: return .option(type(depth: depth - 1))
        default:
            let usable = structs.indices.filter { structs[$0].module == module || structs[$0].module != 0 }
            return usable.isEmpty ? scalarType() : .structure(random.pick(Array(usable)))
        }
    }

    func spell(_ type: GeneratedType) -> String {
        switch type {
        case .int(let name): name
        case .f64: "f64"
        case .f32: "f32"
        case .bool: "bool"
        case .str: "str"
        case .char: "char"
        case .array(let element): "[\(spell(element))]"
        case .tuple(let parts): "(" + parts.map { spell($0) }.joined(separator: ", ") + ")"
        case .option(let payload): "\(spell(payload))?"
        case .structure(let index): qualified(structs[index].name, in: structs[index].module)
        }
    }

    // MARK: Definitions

    private mutating func definitionModule() -> Int { options.hasModules ? random.below(3) : 0 }

    private mutating func makeStruct() {
        module = definitionModule()
        let name = "S\(structs.count)"
        var fields: [(String, GeneratedType)] = []
        var text = "\(visibility(module))mut struct \(name):\n"
        for i in 0..<(1 + random.below(5)) {
            let type = type(depth: 1)
            fields.append(("f\(i)", type))
            text += "    f\(i): \(spell(type))\n"
        }
        if let i = fields.firstIndex(where: { if case .int = $0.1 { true } else { false } }) {
            text += "\n    fn bump(mut self, by: i64) -> i64:\n"
            text += "        self.f\(i) = self.f\(i).wrapping_mul(3).wrapping_add(1)\n"
            text += "        return by.wrapping_add(self.f\(i).count_ones())\n"
        }
        structs.append(GeneratedStruct(name: name, module: module, fields: fields))
        texts[module] += text + "\n"
    }

    private mutating func makeGenericHelpers() {
        let home = options.hasModules ? 1 : 0
        texts[home] += """
            \(visibility(home))fn choose(c: bool, a, b): return if c: a else: b
            \(visibility(home))fn couple(a, b): return (a, b)
            \(visibility(home))fn smaller(a, b): return if b < a: b else: a
            \(visibility(home))fn count_equal(xs, x):
                var n = 0
                for y in xs:
                    if y == x: n += 1
                return n


            """
    }

    private mutating func makeFunction() {
        module = definitionModule()
        scope = []
        loopDepth = 0
        loopCount = 0
        callsAllowed = functions.count > 0 && random.chance(60)
        var function = GeneratedFunction(
            name: "f\(functions.count)", module: module, parameters: [], result: type(), isCheap: false)
        var heads: [String] = []
        for i in 0..<random.below(5) {
            let type = type()
            let isMutable = random.chance(30)
            function.parameters.append(type)
            scope.append(GeneratedVariable(name: "p\(i)", type: type, isMutable: isMutable))
            heads.append("\(isMutable ? "mut " : "")p\(i): \(spell(type))")
        }
        var text = "\(visibility(module))fn \(function.name)(\(heads.joined(separator: ", "))) -> \(spell(function.result)):\n"
        text += block(indent: 1, statements: 2 + random.below(6))
        text += "    return \(expression(of: function.result, depth: 3))\n"
        function.isCheap = loopCount == 0 && !callsAllowed
        texts[module] += text + "\n"
        functions.append(function)
    }

    private mutating func makeCalls() {
        module = 0
        scope = []
        loopDepth = 0
        callsAllowed = false
        var text = ""
        for function in functions where function.module == 0 || options.hasModules {
            for _ in 0..<2 {
                let arguments = function.parameters.map { expression(of: $0, depth: 1) }
                let name = qualified(function.name, in: function.module)
                text += "println(\"\(function.name)\", \(name)(\(arguments.joined(separator: ", "))))\n"
            }
        }
        for m in texts.indices { text += "println(\(qualified("counter\(m)", in: m)))\n" }
        texts[0] += text
    }

    // MARK: Statements

    /// A block's lines; what they declare is forgotten behind it.
    mutating func block(indent: Int, statements: Int) -> String {
        let outer = scope.count
        var text = ""
        for _ in 0..<statements { text += statement(indent: indent) }
        // Names declared inside are gone; `scope` never shrinks below what was there.
        scope.removeLast(scope.count - outer)
        return text
    }

    private mutating func body(indent: Int) -> String {
        let text = block(indent: indent, statements: 1 + random.below(3))
        return text.isEmpty ? String(repeating: "    ", count: indent) + "pass\n" : text
    }

    private mutating func statement(indent: Int) -> String {
        let pad = String(repeating: "    ", count: indent)
        switch random.below(22) {
        case 0..<6:
            let type = type()
            let value = expression(of: type, depth: 3)
            let isMutable = random.chance(70)
            let name = fresh("v")
            scope.append(GeneratedVariable(name: name, type: type, isMutable: isMutable))
            return pad + "\(isMutable ? "var" : "let") \(name): \(spell(type)) = \(value)\n"
        case 6..<10:
            return assignment(pad)
        case 10..<13:
            guard indent < 4 else { return assignment(pad) }
            var text = pad + "if \(expression(of: .bool, depth: 2)):\n" + body(indent: indent + 1)
            if random.chance(30) {
                text += pad + "elif \(expression(of: .bool, depth: 2)):\n" + body(indent: indent + 1)
            }
            if random.chance(60) { text += pad + "else:\n" + body(indent: indent + 1) }
            return text
        case 13..<16:
            return indent < 4 && loopDepth < 2 ? loop(pad, indent) : assignment(pad)
        case 16..<18:
            return indent < 4 ? match(pad, indent) : assignment(pad)
        case 18:
            if loopDepth > 0, random.chance(60) {
                let jump = random.chance(50) ? "break" : "continue"
                return pad + "if \(expression(of: .bool, depth: 2)): \(jump)\n"
            }
            return pad + "counter\(module) = counter\(module).wrapping_mul(31).wrapping_add(\(expression(of: .int("i64"), depth: 2)))\n"
        case 19:
            return methodCall(pad)
        case 20:
            return destructuring(pad)
        default:
            return arrayChange(pad)
        }
    }

    private mutating func assignment(_ pad: String) -> String {
        let targets = scope.filter(\.isMutable)
        guard !targets.isEmpty else { return "" }
        let target = random.pick(targets)
        if case .structure(let index) = target.type, random.chance(70) {
            let field = random.pick(structs[index].fields)
            return pad + "\(target.name).\(field.name) = \(expression(of: field.type, depth: 2))\n"
        }
        if case .int(let name) = target.type, random.chance(50) {
            let value = expression(of: target.type, depth: 2)
            if options.isWild, random.chance(50) {
                return pad + "\(target.name) \(random.pick(["+=", "-=", "*=", "//=", "%="])) \(value)\n"
            }
            switch random.below(4) {
            case 0: return pad + "\(target.name) ^= \(value)\n"
            case 1: return pad + "\(target.name) &= \(value)\n"
            case 2: return pad + "\(target.name) >>= \(literal(name, below: 8))\n"
            default: return pad + "\(target.name) |= \(value)\n"
            }
        }
        return pad + "\(target.name) = \(expression(of: target.type, depth: 3))\n"
    }

    private mutating func loop(_ pad: String, _ indent: Int) -> String {
        loopDepth += 1
        loopCount += 1
        defer { loopDepth -= 1 }
        let outer = scope.count
        var text = ""
        let arrays = scope.filter { if case .array = $0.type { true } else { $0.type == .str } }
        switch random.below(4) {
        case 0:
            let counter = fresh("w")
            text = pad + "var \(counter) = 0\n" + pad + "while \(counter) < \(1 + random.below(7)):\n"
            text += pad + "    \(counter) += 1\n"
            scope.append(GeneratedVariable(name: counter, type: .int("i64"), isMutable: false))
        case 1 where !arrays.isEmpty:
            let source = random.pick(arrays)
            let name = fresh("e")
            // A copy, so that the body may change the array.
            text = pad + "for \(name) in \(source.name)[:6]:\n"
            if case .array(let element) = source.type {
                scope.append(GeneratedVariable(name: name, type: element, isMutable: false))
            } else {
                scope.append(GeneratedVariable(name: name, type: .str, isMutable: false))
            }
        case 2:
            let name = fresh("k")
            let start = random.below(5) - 2
            text = pad + "for \(name) in range(\(start + 7), \(start), \(-1 - random.below(3))):\n"
            scope.append(GeneratedVariable(name: name, type: .int("i64"), isMutable: false))
        default:
            let name = fresh("k")
            let kind = random.pick(["i64", "u8", "i32"])
            let start = random.below(100)
            text = pad + "for \(name) in \(start)\(kind)..\(random.chance(50) ? "=" : "")\(start + random.below(6)):\n"
            scope.append(GeneratedVariable(name: name, type: .int(kind), isMutable: false))
        }
        text += block(indent: indent + 1, statements: 1 + random.below(3))
        if text.hasSuffix(":\n") { text += pad + "    pass\n" }
        scope.removeLast(scope.count - outer)
        return text
    }

    private mutating func match(_ pad: String, _ indent: Int) -> String {
        let outer = scope.count
        defer { scope.removeLast(scope.count - outer) }
        switch random.below(3) {
        case 0:
            let payload = type(depth: 1)
            let name = fresh("m")
            let subject = fresh("v")
            var text = pad + "let \(subject): \(spell(.option(payload))) = \(expression(of: .option(payload), depth: 2))\n"
            text += pad + "match \(subject):\n"
            scope.append(GeneratedVariable(name: name, type: payload, isMutable: false))
            text += pad + "    Some(\(name)):\n" + body(indent: indent + 2)
            scope.removeLast()
            return text + pad + "    None:\n" + body(indent: indent + 2)
        case 1:
            let kind = random.pick(GeneratedType.integerNames)
            var text = pad + "match \(expression(of: .int(kind), depth: 2)):\n"
            let low = random.below(20)
            text += pad + "    \(low) | \(low + 1 + random.below(3)):\n" + body(indent: indent + 2)
            text += pad + "    \(low + 5)..=\(low + 5 + random.below(60)):\n" + body(indent: indent + 2)
            let name = fresh("m")
            scope.append(GeneratedVariable(name: name, type: .int(kind), isMutable: false))
            text += pad + "    \(name) if \(expression(of: .bool, depth: 2)):\n" + body(indent: indent + 2)
            scope.removeLast()
            return text + pad + "    _:\n" + body(indent: indent + 2)
        default:
            let name = fresh("m")
            var text = pad + "match (\(expression(of: .bool, depth: 2)), \(expression(of: .int("i64"), depth: 2))):\n"
            scope.append(GeneratedVariable(name: name, type: .int("i64"), isMutable: false))
            text += pad + "    (true, \(name)):\n" + body(indent: indent + 2)
            scope.removeLast()
            text += pad + "    (false, 0):\n" + body(indent: indent + 2)
            return text + pad + "    _:\n" + body(indent: indent + 2)
        }
    }

    private mutating func methodCall(_ pad: String) -> String {
        let targets = scope.filter { variable in
            guard variable.isMutable, case .structure(let index) = variable.type else { return false }
            return structs[index].fields.contains { if case .int = $0.type { true } else { false } }
        }
        guard !targets.isEmpty else { return assignment(pad) }
        let name = fresh("v")
        let text = pad + "let \(name) = \(random.pick(targets).name).bump(\(expression(of: .int("i64"), depth: 1)))\n"
        scope.append(GeneratedVariable(name: name, type: .int("i64"), isMutable: false))
        return text
    }

    private mutating func destructuring(_ pad: String) -> String {
        let parts = (0..<(2 + random.below(2))).map { _ in type(depth: 1) }
        let value = expression(of: .tuple(parts), depth: 2)
        let names = parts.map { _ in fresh("v") }
        for (name, type) in zip(names, parts) {
            scope.append(GeneratedVariable(name: name, type: type, isMutable: true))
        }
        let typeText = spell(.tuple(parts))
        return pad + "var (\(names.joined(separator: ", "))): \(typeText) = \(value)\n"
    }

    private mutating func arrayChange(_ pad: String) -> String {
        let arrays = scope.filter { if case .array = $0.type { true } else { false } }
        guard !arrays.isEmpty else { return assignment(pad) }
        let target = random.pick(arrays)
        guard case .array(let element) = target.type else { return "" }
        let value = expression(of: element, depth: 2)
        switch random.below(3) {
        case 0: return pad + "if len(\(target.name)) < 12: \(target.name).push(\(value))\n"
        case 1: return pad + "if len(\(target.name)) > 1: \(target.name).pop()\n"
        default: return pad + "\(target.name)[\(index(target.name))] = \(value)\n"
        }
    }

    /// An index that is valid for the array or str `name`, which is not empty.
    mutating func index(_ name: String) -> String {
        if options.isWild, random.chance(20) { return expression(of: .int("i64"), depth: 1) }
        let position = "(\(expression(of: .int("i64"), depth: 1)) & 255) % len(\(name))"
        return random.chance(30) ? "-1 - \(position)" : position
    }
}

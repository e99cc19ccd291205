internal import SMF

/// A function or variable that a module offers to hosts and other modules.
public struct ModuleExport: Sendable, Equatable, CustomStringConvertible {
    /// What it is.
    public enum Kind: Sendable, Equatable {
        /// A function with this signature.
        case function(FunctionSignature)
        /// A module-level variable of the type `type`.
        case variable(type: String, isMutable: Bool)
    }

    /// The whole name: module, dot, name (`geometry.area`).
    public var name: String
    /// What it is, and of which type.
    public var kind: Kind
    /// Digest of the layouts of all types in its type: equal digests mean that values can be passed.
    public var layoutHash: UInt64

    /// The name without the module.
    public var shortName: String { String(name[name.index(after: name.lastIndex(of: ".") ?? name.startIndex)...]) }

    /// `fn geometry.area(w: f64, h: f64) -> f64`, `static mut geometry.unit: str`.
    public var description: String {
        switch kind {
        case .function(let signature): "fn \(name)\(signature.parameterList) -> \(signature.result)"
        case .variable(let type, let isMutable): "\(isMutable ? "static mut" : "static") \(name): \(type)"
        }
    }

    /// Offset behind the variable's value of the byte that says whether it was assigned; reads are checked.
    var isChecked = false
    /// Image address.
    var address: UInt64 = 0
}

/// Parameters and result of a function, in the notation of module interfaces: struct names have their module in front,
/// `T?` is written `Option[T]`.
public struct FunctionSignature: Sendable, Equatable, CustomStringConvertible {
    /// A parameter.
    public struct Parameter: Sendable, Equatable {
        /// Its name, by which Simple callers may pass it.
        public var name: String
        /// Its type.
        public var type: String
    }
    /// The parameters, in order.
    public var parameters: [Parameter]
    /// The type of the result; `nil` for a function without one.
    public var result: String

    /// `fn(i64, f64) -> bool`.
    public var description: String { "fn(\(parameters.map(\.type).joined(separator: ", "))) -> \(result)" }

    /// The parameters with their names, in parentheses.
    var parameterList: String { "(\(parameters.map { "\($0.name): \($0.type)" }.joined(separator: ", ")))" }
}

/// The exports that the Interface section of an image names and its symbol table has.
func readExports(_ reader: SMFReader) -> [ModuleExport] {
    var exports: [ModuleExport] = []
    guard let section = reader.firstSection(.interface) else { return [] }
    var lines = InterfaceLines(reader.payload(ofSection: section))
    while let item = lines.nextItem() {
        guard item.isExport else { continue }
        let linkName = lines.linkName(of: item)
        let found = linkName.withUnsafeBufferPointer {
            reader.exportedSymbol(named: UnsafeBufferPointer(rebasing: $0[..<($0.count - 1)]))
        }
        // What the linker dropped is in the interface of a module that was linked in, but not in the image.
        guard let found else { continue }
        let symbol = reader.symbol(found)
        guard !symbol.isAbsolute, symbol.isFunction == (item.kind == .function),
            var export = parseItem(item)
        else { continue }
        export.name = String(decoding: linkName.dropLast(), as: UTF8.self)
        export.address = symbol.value
        exports.append(export)
    }
    return exports
}

/// Takes a line of an interface apart; `nil` if it is not understood.
private func parseItem(_ item: InterfaceItem) -> ModuleExport? {
    let text = String(decoding: item.rest, as: UTF8.self)
    guard let layout = text.firstRange(of: " layout ") else { return nil }
    let words = text[layout.upperBound...].split(separator: " ")
    guard let digits = words.first, let hash = UInt64(digits, radix: 16) else { return nil }
    var head = text[..<layout.lowerBound]
    if item.kind == .variable {
        guard head.hasPrefix(": ") else { return nil }
        let type = String(head.dropFirst(2))
        return ModuleExport(
            name: "", kind: .variable(type: type, isMutable: words.contains("mutable")), layoutHash: hash,
            isChecked: words.contains("checked"))
    }
    for flag in [" inline", " mutates", " static"] where head.hasSuffix(flag) { head = head.dropLast(flag.utf8.count) }
    guard head.first == "(", let close = matchingParenthesis(head) else { return nil }
    let inside = head[head.index(after: head.startIndex)..<close]
    let behind = head[head.index(after: close)...]
    guard behind.hasPrefix(" -> ") else { return nil }
    var parameters: [FunctionSignature.Parameter] = []
    for part in splitAtCommas(inside) {
        guard let colon = part.firstRange(of: ": ") else { return nil }
        var name = part[..<colon.lowerBound]
        if name.hasPrefix("mut ") { name = name.dropFirst(4) }
        var type = part[colon.upperBound...]
        // The digest of a default value.
        if let equals = type.firstRange(of: " = ") { type = type[..<equals.lowerBound] }
        parameters.append(FunctionSignature.Parameter(name: String(name), type: String(type)))
    }
    return ModuleExport(
        name: "", kind: .function(FunctionSignature(parameters: parameters, result: String(behind.dropFirst(4)))),
        layoutHash: hash)
}

/// Where the parenthesis with which `text` begins is closed.
private func matchingParenthesis(_ text: Substring) -> Substring.Index? {
    var depth = 0
    for index in text.indices {
        switch text[index] {
        case "(", "[", "{": depth += 1
        case ")", "]", "}":
            depth -= 1
            if depth == 0 { return index }
        default: break
        }
    }
    return nil
}

/// The parts of `text` between commas outside of all brackets; none if it is empty.
private func splitAtCommas(_ text: Substring) -> [Substring] {
    if text.isEmpty { return [] }
    var parts: [Substring] = []
    var depth = 0
    var start = text.startIndex
    for index in text.indices {
        switch text[index] {
        case "(", "[", "{": depth += 1
        case ")", "]", "}": depth -= 1
        case "," where depth == 0:
            parts.append(text[start..<index])
            start = text.index(after: index)
            if start < text.endIndex, text[start] == " " { start = text.index(after: start) }
        default: break
        }
    }
    parts.append(text[start...])
    return parts
}

extension StringProtocol {
    /// The first occurrence of `part`, byte by byte.
    fileprivate func firstRange(of part: String) -> Range<Index>? {
        let bytes = Array(part.utf8)
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: bytes) { return start..<utf8.index(start, offsetBy: bytes.count) }
            start = utf8.index(after: start)
        }
        return nil
    }
}

/// The first type of `signature` that the host has no form for; `nil` if it has one for all.
func typeWithoutHostForm(_ signature: FunctionSignature, _ isKnown: (String) -> Bool) -> String? {
    for parameter in signature.parameters where !isKnown(parameter.type) { return parameter.type }
    return signature.result == "nil" || isKnown(signature.result) ? nil : signature.result
}

private let scalarNames: Set<String> = [
    "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "char",
]

/// `true` iff values of the type can be C arguments.
func hasCForm(_ type: String) -> Bool { scalarNames.contains(type) }

/// `true` iff some `SimpleValue` has the type.
func hasHostForm(_ type: String) -> Bool {
    if scalarNames.contains(type) || type == "str" { return true }
    if type.hasPrefix("["), type.hasSuffix("]") {
        let element = String(type.dropFirst().dropLast())
        return scalarNames.contains(element) || element == "str"
    }
    if type.hasPrefix("Option["), type.hasSuffix("]") { return hasHostForm(String(type.dropFirst(7).dropLast())) }
    return false
}

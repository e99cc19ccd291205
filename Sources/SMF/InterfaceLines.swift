// Reading the Interface payload: line by line, in place. What the lines say is Docs/smf.md, "Interface".

/// A line of an interface that names a function or a variable.
package struct InterfaceItem {
    package enum Kind: UInt8, Sendable { case function, variable }
    package let kind: Kind
    /// The name without its module: `area`, `Point.length`.
    package let name: UnsafeRawBufferPointer
    /// What follows the name: parameters and result, or the type.
    package let rest: UnsafeRawBufferPointer

    /// `true` iff it has code or memory of its own under a name that hosts may ask for: no generic function, no method.
    package var isExport: Bool {
        if kind == .function, rest.isEmpty || rest[0] != 0x28 { return false }
        for byte in name where byte == 0x2E { return false }
        return !name.isEmpty
    }
}

/// The lines of an Interface payload, which need not be valid.
package struct InterfaceLines {
    private let payload: UnsafeRawBufferPointer
    private var position = 0
    /// Name of the module that the line returned last belongs to.
    package private(set) var module: UnsafeRawBufferPointer

    package init(_ payload: UnsafeRawBufferPointer) {
        self.payload = payload
        module = UnsafeRawBufferPointer(start: payload.baseAddress, count: 0)
    }

    /// The next function or variable that other modules can name; nil at the end.
    package mutating func nextItem() -> InterfaceItem? {
        while position < payload.count {
            var end = position
            while end < payload.count, payload[end] != 0x0A { end += 1 }
            let line = UnsafeRawBufferPointer(rebasing: payload[position..<end])
            position = end + 1
            if let name = InterfaceLines.rest(of: line, behind: "module ") {
                module = name
            } else if let text = InterfaceLines.rest(of: line, behind: "fn ") {
                return InterfaceLines.item(.function, text)
            } else if let text = InterfaceLines.rest(of: line, behind: "global ") {
                return InterfaceLines.item(.variable, text)
            }
        }
        return nil
    }

    /// The link name of `item`, which was returned last, with a NUL behind it.
    package func linkName(of item: InterfaceItem) -> [UInt8] {
        var name: [UInt8] = []
        name.reserveCapacity(module.count + item.name.count + 3)
        // `simple.…` is ours: a user's module of that name has a quote in front.
        if let tail = InterfaceLines.rest(of: module, behind: "simple"), tail.isEmpty || tail[0] == 0x2E { name.append(0x27) }
        name.append(contentsOf: module)
        name.append(0x2E)
        name.append(contentsOf: item.name)
        name.append(0)
        return name
    }

    private static func item(_ kind: InterfaceItem.Kind, _ text: UnsafeRawBufferPointer) -> InterfaceItem {
        var end = 0
        while end < text.count, text[end] != 0x28, text[end] != 0x5B, text[end] != 0x3A { end += 1 }
        return InterfaceItem(
            kind: kind, name: UnsafeRawBufferPointer(rebasing: text[..<end]),
            rest: UnsafeRawBufferPointer(rebasing: text[end...]))
    }

    /// What stands behind `prefix` in `line`; nil if it does not begin with it.
    private static func rest(of line: UnsafeRawBufferPointer, behind prefix: StaticString) -> UnsafeRawBufferPointer? {
        let count = prefix.utf8CodeUnitCount
        if line.count < count { return nil }
        for i in 0..<count where line[i] != prefix.utf8Start[i] { return nil }
        return UnsafeRawBufferPointer(rebasing: line[count...])
    }
}

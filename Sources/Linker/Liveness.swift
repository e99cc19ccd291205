import SMF
import Support

// Phase 3: what the entry function reaches is kept, function by function and datum by datum. On the way, every word that needs an address at load time is counted, so that the layout knows all sizes.

extension LinkState {
    /// The largest image: 32-bit displacements must reach from any place to any other.
    static let sizeLimit: UInt64 = 0x7FFF_0000
    /// Why Trampoline is refused.
    private static let noReloadSlots = "the image is not linked as reloadable, so it has no reload slots"
    /// Why TpOff32 is refused.
    private static let noThreadOffsets =
        "a thread-local's offset is known when the image is loaded, and code is never patched then"

    /// Marks the live atoms and makes the address slots that their relocations need.
    mutating func markLive() {
        var work = ContiguousArray<UInt32>()
        mark(Int(symbolAtom[entry]), &work)
        for root in roots { mark(Int(symbolAtom[root]), &work) }
        markExports(&work)
        while let next = work.popLast() {
            let atom = atoms[Int(next)]
            let object = objects[Int(atom.object)]
            for i in atom.firstRelocation..<(atom.firstRelocation + atom.relocationCount) {
                let relocation = object.relocation(i)
                guard let type = SMFRelocationType(rawValue: relocation.type), type != .none else { continue }
                let flat = object.firstSymbol + Int(relocation.symbol)
                if let definition = definition(of: flat) {
                    let target = symbolAtom[definition]
                    if target != .max {
                        mark(Int(target), &work)
                    } else if !isAbsolute(definition) {
                        refuse(relocation, atom, "the symbol lies in no function and no section that goes to the image")
                        continue
                    }
                    note(type, definition: definition, relocation, atom)
                } else {
                    note(type, imported: symbolGlobal[flat], relocation, atom)
                }
            }
        }
    }

    /// Keeps what hosts may ask for by name: the functions and variables that the interface of the entry function's
    /// module names, and the functions of `LinkOptions.optionalRoots`.
    private mutating func markExports(_ work: inout ContiguousArray<UInt32>) {
        func find(_ name: [UInt8]) -> Int? {
            name.withUnsafeBufferPointer { bytes -> Int? in
                let hash = fnv1a(UnsafeBufferPointer(rebasing: bytes[..<(bytes.count - 1)]))
                guard let base = bytes.baseAddress, let index = globalNames.find(base, hash: hash) else { return nil }
                let definition = globals[index].definition
                return definition == .max || symbolAtom[Int(definition)] == .max ? nil : Int(symbolAtom[Int(definition)])
            }
        }
        for name in options.optionalRoots {
            if let atom = find(Array(name.utf8) + [0]) { mark(atom, &work) }
        }
        let root = objects[object(ofSymbol: entry)]
        guard let section = root.reader.firstSection(.interface) else { return }
        var lines = InterfaceLines(root.reader.payload(ofSection: section))
        while let item = lines.nextItem() {
            if item.isExport, let atom = find(lines.linkName(of: item)) { mark(atom, &work) }
        }
    }

    @inline(__always) private mutating func mark(_ atom: Int, _ work: inout ContiguousArray<UInt32>) {
        if atoms[atom].isLive { return }
        atoms[atom].isLive = true
        if atoms[atom].relocationCount > 0 { work.append(UInt32(truncatingIfNeeded: atom)) }
    }

    /// `true` iff symbol `flat`, which has no atom, is a plain number.
    func isAbsolute(_ flat: Int) -> Bool {
        let object = objects[object(ofSymbol: flat)]
        return object.reader.symbol(flat - object.firstSymbol).isAbsolute
    }

    /// Counts what a relocation against a defined symbol needs in the image.
    @inline(__always) private mutating func note(
        _ type: SMFRelocationType, definition: Int, _ relocation: SMFRelocation, _ atom: Atom
    ) {
        switch type {
        case .none, .pc32, .plt32, .secRel32: break
        case .abs64:
            if atom.region == .code {
                refuse(relocation, atom, "code is never patched at load time; use Pc32")
            } else if symbolAtom[definition] != .max {
                baseRelocationCount += 1
            }
        case .gotPcRel:
            if symbolSlots[UInt32(truncatingIfNeeded: definition)] != nil { return }
            symbolSlots.set(UInt32(truncatingIfNeeded: definition), UInt32(truncatingIfNeeded: slots.count))
            slots.append(AddressSlot(target: .symbol(UInt32(truncatingIfNeeded: definition))))
            if symbolAtom[definition] != .max { baseRelocationCount += 1 }
        case .trampoline: refuse(relocation, atom, LinkState.noReloadSlots)
        case .tpOff32: refuse(relocation, atom, LinkState.noThreadOffsets)
        }
    }

    /// Counts what a relocation against an imported symbol needs in the image.
    private mutating func note(
        _ type: SMFRelocationType, imported global: UInt32, _ relocation: SMFRelocation, _ atom: Atom
    ) {
        switch type {
        case .none: break
        case .gotPcRel:
            if globals[Int(global)].slot != .max { return }
            globals[Int(global)].slot = UInt32(truncatingIfNeeded: slots.count)
            slots.append(AddressSlot(target: .imported(global: global)))
        case .abs64:
            if atom.region == .code {
                refuse(relocation, atom, "code is never patched at load time; use GotPcRel")
            } else if relocation.addend != 0 || relocation.offset % 8 != 0 || atom.alignment < 8 {
                refuse(relocation, atom, "the word of an import is 8-byte aligned and has no addend")
            } else {
                wordImportCount += 1
            }
        case .pc32, .plt32, .secRel32:
            refuse(relocation, atom, "an imported symbol is reached through its slot only; use GotPcRel")
        case .trampoline: refuse(relocation, atom, LinkState.noReloadSlots)
        case .tpOff32: refuse(relocation, atom, LinkState.noThreadOffsets)
        }
    }

    /// Reports a relocation that can't stand where it does.
    mutating func refuse(_ relocation: SMFRelocation, _ atom: Atom, _ reason: String) {
        problems.append(
            .unsupportedRelocation(
                module: objects[Int(atom.object)].name,
                symbol: symbolName(Int(atom.object), relocation.symbol), type: relocation.type,
                offset: relocation.offset, reason: reason))
    }
}

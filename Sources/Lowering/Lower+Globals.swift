// Module-level variables: one data object each, with the leaves as an array element would have them and, if some read
// must be checked, a byte behind them that says whether the variable was assigned.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    /// Makes the data object of a global of this module.
    mutating func defineGlobal(_ id: GlobalID) {
        let info = program.globals[id.index]
        let layout = self.layout(info.type)
        let size = Int(layout.stride) + (info.needsFlag ? 1 : 0)
        module.data.append(
            DataObject(
                symbol: symbol(of: id), section: .zeroed, alignment: max(8, Int(layout.alignment)), bytes: [],
                size: size))
    }

    /// The symbol of a global of this module or another.
    mutating func symbol(of global: GlobalID) -> SymbolID {
        if let known = globalSymbols[global] { return known }
        let id = module.addSymbol(
            Symbol(name: linkNames.name(of: global, program), kind: .data, linkage: .global))
        globalSymbols.set(global, id)
        return id
    }

    mutating func readGlobal(_ place: inout Place) {
        let layout = self.layout(place.rootType)
        let address = builder.symbolAddress(symbol(of: GlobalID(rawValue: place.variable)))
        if place.isChecked {
            let flag = builder.load(.i8, address, offset: Int64(layout.stride), .global)
            let isMissing = compare(.equal, flag, 0)
            builder.trapIf(isMissing, trapWord(.uninitialisedGlobal, .none, .none))
            place.isChecked = false
        }
        for i in place.firstLeaf..<place.firstLeaf + place.count {
            let leaf = Int(layout.leafStart) + i
            stack.append(
                builder.load(layouts.leafTypes[leaf], address, offset: Int64(layouts.leafOffsets[leaf]), .global))
        }
    }

    mutating func writeGlobal(_ place: Place, _ base: Int) {
        let layout = self.layout(place.rootType)
        let global = GlobalID(rawValue: place.variable)
        let address = builder.symbolAddress(symbol(of: global))
        for i in 0..<place.count {
            let leaf = Int(layout.leafStart) + place.firstLeaf + i
            builder.store(stack[base + i], address, offset: Int64(layouts.leafOffsets[leaf]), .global)
        }
        // A part can only be assigned behind the whole.
        if program.globals[global.index].needsFlag, place.firstLeaf == 0, place.count == layout.count {
            let one = builder.iconst(.i8, 1)
            builder.store(one, address, offset: Int64(layout.stride), .global)
        }
    }
}

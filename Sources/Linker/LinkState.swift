import SMF
import Support

// The data of a link, in flat arrays: object modules hold ranges of all symbols and of all atoms. Phases (one file
// each, called in order by `link`) fill them from top to bottom.

/// The smallest piece of a module that is kept or dropped: a function, or the bytes of a data symbol.
struct Atom {
    /// Index of the object module.
    var object: UInt32
    /// Index of the section in the object module.
    var section: UInt32
    /// Byte offset in that section.
    var offset: UInt64
    /// Size in bytes in memory.
    var size: UInt64
    /// In bytes; a power of two.
    var alignment: UInt64
    /// Range of the object's relocations that patch this atom (through `LinkedObject.relocationOrder`).
    var firstRelocation = 0
    var relocationCount = 0
    /// Where the atom goes.
    var region: Region
    var isLive = false
    /// Byte offset in the image's section for `region`.
    var place: UInt64 = 0
}

/// The parts of an image that atoms go to.
enum Region: UInt8 {
    case code
    case readOnly
    case data
    case zero
}

/// One object module of the link.
struct LinkedObject {
    let reader: SMFReader
    let name: String
    /// Index of the module's symbol 0 among all symbols.
    var firstSymbol = 0
    /// The module's atoms: functions, then data, each by section and offset.
    var atoms = 0..<0
    /// How many of them are functions.
    var functionCount = 0
    var relocations = SMFRelocations(base: UnsafeRawPointer(bitPattern: 8)!, count: 0)
    /// Indices of relocations grouped by atom; empty if they are so in the file.
    var relocationOrder: ContiguousArray<UInt32> = []

    /// The module's name on the first line of its interface; `nil` if it has none.
    var interfaceName: UnsafeRawBufferPointer? {
        guard let section = reader.firstSection(.interface) else { return nil }
        let payload = reader.payload(ofSection: section)
        return payload.isEmpty ? nil : InterfaceText.moduleName(payload)
    }

    /// Relocation `i` in the order of atoms.
    @inline(__always) func relocation(_ i: Int) -> SMFRelocation {
        relocations[relocationOrder.isEmpty ? i : Int(relocationOrder[i])]
    }

    /// The NUL-terminated string at `offset` of the module's string table.
    /// - Requires: the offset was validated.
    @inline(__always) func name(at offset: UInt32) -> NamePointer {
        reader.strings.baseAddress.unsafelyUnwrapped + Int(offset)
    }
}

/// A name that is seen across modules.
struct GlobalName {
    /// Index among all symbols of the definition that serves all modules; `.max` none.
    var definition: UInt32 = .max
    var isWeak = false
    /// Some module cannot do without a definition: its undefined symbol is not weak.
    var isRequired = false
    /// Index among the image's import slots; `.max` none.
    var slot: UInt32 = .max
}

/// A word of the image that a loader or the linker fills with an address.
struct AddressSlot {
    enum Target {
        /// What the loader finds for the name with this index in `LinkState.globals`.
        case imported(global: UInt32)
        /// The symbol with this index among all symbols.
        case symbol(UInt32)
    }
    var target: Target
}

/// Everything a link knows.
struct LinkState {
    let options: LinkOptions
    var problems: [LinkProblem] = []
    var objects: ContiguousArray<LinkedObject> = []
    /// Atoms of all modules, in link order.
    var atoms: ContiguousArray<Atom> = []

    // One element per symbol of all modules.
    /// Index in `globals`; `.max` for a local symbol.
    var symbolGlobal: ContiguousArray<UInt32> = []
    /// The atom that holds the symbol's own definition; `.max` if it is undefined, absolute, or in a section that
    /// doesn't go to the image.
    var symbolAtom: ContiguousArray<UInt32> = []
    /// Byte offset in the atom, or the value of an absolute symbol.
    var symbolOffset: ContiguousArray<UInt64> = []

    var globalNames = NameTable(capacity: 0)
    var globals: ContiguousArray<GlobalName> = []

    /// Index among all symbols of the entry function's definition.
    var entry = 0
    /// As `entry`, for `LinkOptions.roots`.
    var roots: ContiguousArray<Int> = []

    /// Address slots, imports first met first.
    var slots: ContiguousArray<AddressSlot> = []
    /// Slot of a symbol (by index among all symbols) that is reached through one; parallel arrays, few.
    var symbolSlots = IndexMap<UInt32>()
    var baseRelocationCount = 0
    /// Data words that hold an imported address, which the loader writes.
    var wordImportCount = 0

    init(options: LinkOptions) { self.options = options }

    /// Index among all symbols of the definition that symbol `flat` stands for; `nil` if nobody defines it.
    @inline(__always) func definition(of flat: Int) -> Int? {
        let global = symbolGlobal[flat]
        if global == .max { return flat }
        let definition = globals[Int(global)].definition
        return definition == .max ? nil : Int(definition)
    }

    /// Index of the object module that symbol `flat` belongs to.
    func object(ofSymbol flat: Int) -> Int {
        var low = 0
        var high = objects.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if objects[middle].firstSymbol <= flat { low = middle } else { high = middle }
        }
        return low
    }

    /// The name of symbol `index` of module `object`, for messages: its beginning, since one long name can be in the
    /// message of every relocation.
    func symbolName(_ object: Int, _ index: UInt32) -> String {
        let reader = objects[object].reader
        guard let name = reader.string(at: reader.symbol(Int(index)).nameOffset, limit: shownNameLimit + 1) else { return "" }
        var text: [UInt8] = []
        appendShownName(name, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

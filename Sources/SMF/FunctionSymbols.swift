// The functions of an image as ELF symbols, for debuggers and profilers.

/// Adds a local symbol for each function of `image`, which comes to lie at `base`: under its link name, the module's
/// path included.
package func addFunctionSymbols(
    of image: SMFReader, base: UInt64, section: UInt16, to symbols: inout ELFSymbolTable
) {
    for i in 0..<image.symbolCount {
        let symbol = image.symbol(i)
        if !symbol.isFunction || symbol.isUndefined || symbol.isAbsolute { continue }
        guard let name = image.string(at: symbol.nameOffset) else { continue }
        let offset = symbols.names.add(name)
        symbols.add(
            name: offset, .function, isGlobal: false, section: section, value: base &+ symbol.value, size: symbol.size)
    }
}

import SMF

// The linker: object modules in, one image out.
//
// Input: modules as code generation emits them (Docs/linker.md lists what it expects of them). Output: an image that
// a loader maps and starts without touching its code. Promise: every problem that can be found is reported at once,
// and the same inputs in the same order give the same bytes. The phases are the calls in `link`, one file each.

/// Links `objects`, in this order, to an image.
/// - Throws: every problem found by the first phase that finds any.
package func link(_ objects: [LinkInput], options: LinkOptions) throws(LinkFailure) -> [UInt8] {
    var state = LinkState(options: options)
    // Readers and names point into the inputs' storage until the image is written.
    defer { withExtendedLifetime(objects) {} }

    state.readModules(objects)
    try state.stopIfFailed()
    state.resolveSymbols()
    try state.stopIfFailed()
    state.markLive()
    try state.stopIfFailed()
    let layout = state.computeLayout()
    try state.stopIfFailed()
    guard let layout else { preconditionFailure("no layout and no problem") }
    let image = state.write(layout)
    try state.stopIfFailed()

    #if DEBUG
        checkImage(image)
    #endif
    return image
}

extension LinkState {
    /// Ends a link whose last phase found problems.
    func stopIfFailed() throws(LinkFailure) {
        if !problems.isEmpty { throw LinkFailure(problems: problems) }
    }
}

#if DEBUG
    /// Reads the linker's own output back: an image that its reader refuses is a bug here.
    private func checkImage(_ image: [UInt8]) {
        image.withUnsafeBytes { bytes in
            do throws(SMFError) {
                try SMFReader(bytes).validate()
            } catch {
                preconditionFailure("the linker made an image that is refused: \(error)")
            }
        }
    }
#endif

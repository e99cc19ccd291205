internal import Linker
internal import SMF
internal import Support

/// What `build` makes of an image.
package enum ProgramOutput: Sendable {
    /// An SMF file.
    case module
    /// An executable with the runtime inside; `debug`: with the names and positions of its functions.
    case standalone(debug: Bool)
    /// An ELF object and a C header.
    case object
}

extension Build {
    /// Writes the image, which `run` has made or which the root is, to `output`; without one, beside the source under
    /// the name that goes with `kind`.
    /// - Throws: `SystemFailure` if it cannot be written, or would take the place of something it was made from.
    package func write(_ kind: ProgramOutput, to output: String?) throws(SystemFailure) {
        let image = isImage ? rootBytes : compilation.image
        switch kind {
        case .module:
            let target = output ?? PathText.withoutSourceExtension(path) + ".smf"
            try checkTarget(target)
            try SystemFile.replace(target, with: image)
        case .standalone(let debug):
            let target = output ?? standaloneName
            try checkTarget(target)
            let file = try standaloneExecutable(image, debug)
            try SystemFile.replace(target, with: file, mode: 0o755)
        case .object: try writeObject(output)
        }
    }

    /// Writes the object and, beside it, the header.
    private func writeObject(_ output: String?) throws(SystemFailure) {
        let target = output ?? PathText.withoutSourceExtension(path) + ".o"
        let header = (target.hasSuffix(".o") ? String(target.dropLast(2)) : target) + ".h"
        guard let interface = compilation.cInterface else { preconditionFailure("no object was asked for") }
        if let clash = interface.clash { throw SystemFailure("write", header, reason: clash) }
        try checkTarget(target)
        try checkTarget(header)
        try SystemFile.replace(target, with: compilation.object)
        try SystemFile.replace(header, with: Array(interface.header.utf8))
    }

    /// Whether there is something to write: the compilation ran to its end.
    package var hasProgram: Bool { !compilation.image.isEmpty || !compilation.object.isEmpty }

    /// The root's name without its extension.
    private var standaloneName: String {
        let name = PathText.withoutSourceExtension(path)
        return name.hasSuffix(".smf") && name.utf8.count > 4 ? String(name.dropLast(4)) : name
    }

    private func standaloneExecutable(_ image: [UInt8], _ debug: Bool) throws(SystemFailure) -> [UInt8] {
        let runtimePath = ProgramRunner.stubPath
        let runtime = try SystemFile.read(runtimePath)
        do throws(StandaloneProblem) {
            return Array(try makeStandaloneExecutable(runtime: runtime, image: image, debug: debug ? .full : .none))
        } catch .image(let reason) {
            throw SystemFailure("use", path, reason: reason)
        } catch {
            throw SystemFailure("use", runtimePath, reason: error.text)
        }
    }

    /// Refuses to write over a source, or over the tool chain itself.
    func checkTarget(_ target: String) throws(SystemFailure) {
        func identity(_ path: String) -> FileIdentity? { SystemFile.stamp(of: path).map { FileIdentity($0) } }
        guard let identityOfTarget = identity(target), SystemFile.kind(of: target) == .file else { return }
        let sources = [path] + compilation.sources.files.map(\.path)
        for source in sources where identity(source) == identityOfTarget {
            throw SystemFailure("write", target, reason: "it is a source of the program")
        }
        for tool in [ProgramRunner.simplePath, ProgramRunner.stubPath, ProgramRunner.ownPath]
        where identity(tool) == identityOfTarget {
            throw SystemFailure("write", target, reason: "it is a part of Simple")
        }
    }
}

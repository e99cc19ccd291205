internal import SMF

/// SMF modules in words, for `inspect`, `--emit` and the verifiers.
package enum ModuleInspector {
    /// What `inspect` shows of a module.
    package struct Options: Sendable {
        package var json = false
        package var disassemble = false
        package init() {}
    }

    /// The answer of `inspect`.
    package struct Answer: Sendable {
        package var text: String
        /// The module keeps every rule of the format.
        package var isSound: Bool
        /// Why a part that was asked for is missing; `nil` if nothing is.
        package var failure: String?
        /// What could not be read and is therefore left out of a part that was asked for.
        package var warnings: [String]
    }

    /// Describes the module `bytes`, read from `path`, as far as it can be read. A standalone executable is the module
    /// inside.
    package static func describe(_ bytes: [UInt8], path: String, _ options: Options) -> Answer {
        bytes.withUnsafeBytes { file in
            let image = embeddedImage(in: file)
            let raw = image.map { UnsafeRawBufferPointer(rebasing: file[$0]) } ?? file
            let module = SMFInspection(raw)
            var failure: String?
            var disassembly: Disassembly?
            if options.disassemble {
                do throws(Disassembler.Failure) {
                    disassembly = try Disassembly(module)
                } catch {
                    failure = error.message
                }
            }
            var text: String
            var warnings = disassembly?.problems ?? []
            if image == nil, file.starts(with: [0x7F, 0x45, 0x4C, 0x46]) {
                warnings.append("`\(path)` is an ELF file in which no module is found: not of Simple, or damaged")
            }
            if options.json {
                text = smfJSON(raw) { json, _ in disassembly?.write(to: &json) }
            } else {
                text = smfText(raw)
                if let disassembly {
                    var sources = SourceLines(folders: [SystemFile.currentDirectory, PathText.directory(of: PathText.absolute(path, from: SystemFile.currentDirectory))])
                    text += disassembly.annotatedText(&sources)
                    warnings += sources.problems
                }
            }
            return Answer(text: text, isSound: module.problem == nil, failure: failure, warnings: warnings)
        }
    }

    /// The code of the object module `bytes`, without addresses: each function's name, its instructions, and the
    /// symbols they refer to.
    static func assembly(_ bytes: [UInt8]) throws(Disassembler.Failure) -> String {
        var result: Result<String, Disassembler.Failure> = .success("")
        bytes.withUnsafeBytes { raw in
            do throws(Disassembler.Failure) {
                result = .success(try Disassembly(SMFInspection(raw)).plainText)
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    /// What is wrong with a module that this compiler made, in words: the first rule of the format that it breaks, or that
    /// reading and writing it again changes it.
    static func problem(with bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { raw in
            do throws(SMFError) {
                let reader = try SMFReader(raw)
                try reader.validate()
                return SMFWriter(rewriting: reader).emit() == bytes ? nil : "written again it is another module"
            } catch {
                return error.description
            }
        }
    }
}

import ArgumentParser
import Driver

/// `simple inspect FILE [--json] [--disassemble]`, `simple inspect --diff A B`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what an SMF file contains, or what differs between two.",
        discussion: """
            Prints header, sections, symbols, relocations, imports, interface, dependencies and line table. A damaged \
            file is shown as far as it can be read; the last line says which rule it breaks and where.

            Exit status: 0 if the file is sound (with --diff: if both are equal), 1 if it is damaged (if they differ), \
            2 for a usage error or an unreadable file.
            """)

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @Flag(help: "Add the machine code, with symbols, source lines and relocations (needs Capstone).")
    var disassemble = false

    @Flag(help: "Say in words what differs between two SMF files.")
    var diff = false

    @Argument(help: "The SMF file; with --diff two.")
    var files: [String]

    func validate() throws {
        if diff {
            guard files.count == 2 else { throw ValidationError("--diff compares two files; \(files.count) given") }
            if json || disassemble { throw ValidationError("--diff prints words only; it takes neither --json nor --disassemble") }
        } else if files.count != 1 {
            throw ValidationError("inspect shows one file; \(files.count) given (to compare two, use --diff)")
        }
    }

    func run() throws {
        let status = diff ? compare() : show()
        if status != 0 { throw ExitCode(status) }
    }

    private func show() -> Int32 {
        do throws(SystemFailure) {
            var options = ModuleInspector.Options()
            options.json = json
            options.disassemble = disassemble
            let answer = ModuleInspector.describe(try SystemFile.read(files[0]), path: files[0], options)
            StandardOutput.print(answer.text)
            for warning in answer.warnings { SystemFile.print("warning: \(warning)\n", to: 2) }
            if let failure = answer.failure {
                SystemFile.print("error: \(failure)\n", to: 2)
                return ExitStatus.usage
            }
            return answer.isSound ? 0 : ExitStatus.compileError
        } catch {
            return report(error)
        }
    }

    private func compare() -> Int32 {
        do throws(SystemFailure) {
            let answer = ModuleDiff.compare(
                try SystemFile.read(files[0]), files[0], try SystemFile.read(files[1]), files[1])
            StandardOutput.print(answer.text)
            return answer.isSame && answer.isSound ? 0 : ExitStatus.compileError
        } catch {
            return report(error)
        }
    }
}

import ArgumentParser
import Driver

/// `simple inspect FILE`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what an SMF file contains.")

    @Argument(help: "The SMF file.")
    var file: String

    func run() throws {
        let status = onSmallStack()
        if status != 0 { throw ExitCode(status) }
    }

    private func onSmallStack() -> Int32 {
        do throws(SystemFailure) {
            let bytes = try SystemFile.read(file)
            let (text, isSound) = ModuleInspector.describe(bytes)
            SystemFile.print(text, to: 1)
            return isSound ? 0 : ExitStatus.compileError
        } catch {
            return report(error)
        }
    }
}

import ArgumentParser
import Diagnostics
import Driver

/// `simple explain E0304`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain a diagnostic or panic code.")

    @Argument(help: "The code, such as E0304.")
    var code: String

    func run() throws {
        guard let text = explain(code.uppercased()) else {
            SystemFile.print("error: there is no code `\(code)`\n", to: 2)
            throw ExitCode(ExitStatus.usage)
        }
        StandardOutput.print(text.hasSuffix("\n") ? text : text + "\n")
    }
}

// The compiler's command line. The two forms that people and build tools wait for, `simplec FILE args…` and
// `simplec build FILE [-o OUT]`, are recognised here, before ArgumentParser is touched (it makes types by reflection
// and looks through all conformances: 2.6 ms of start-up). All other forms are verbs, one file each.

import CPlatform
import Driver
import Loader

// A file that is opened later must not become the closed standard output.
cp_reserve_standard_files()
let arguments = Array(CommandLine.arguments.dropFirst())
let cacheMode = CacheMode.ofEnvironment ?? .fast
if let first = arguments.first, !first.hasPrefix("-") {
    if !SimpleCommand.verbs.contains(first) {
        let run = RunOptions(cache: cacheMode)
        onLargeStack(subject: first) { runFile(first, Array(arguments.dropFirst()), CompileOptions(), run) }
    }
    if first == "build", arguments.count == 2 || arguments.count == 4 && arguments[2] == "-o",
        !arguments.dropFirst().contains(where: { $0.hasPrefix("-") && $0 != "-o" })
    {
        buildFile(
            arguments[1], output: arguments.count == 4 ? arguments[3] : nil, kind: .module, CompileOptions(),
            BuildRequest(allowsCache: cacheMode.reusesObjects))
    }
}
runVerbs(arguments)

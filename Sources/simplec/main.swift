// The compiler's command line. `simplec FILE args…` is the form that people wait for: it is recognised here, before
// ArgumentParser is touched (2.6 ms of start-up). All other forms are verbs, one file each.

import CPlatform
import Driver
import Loader

let arguments = Array(CommandLine.arguments.dropFirst())
if let first = arguments.first, !first.hasPrefix("-"), !SimpleCommand.verbs.contains(first) {
    let run = RunOptions(cache: CacheMode.ofEnvironment ?? .fast)
    onLargeStack(subject: first) { runFile(first, Array(arguments.dropFirst()), CompileOptions(), run) }
}
runVerbs(arguments)

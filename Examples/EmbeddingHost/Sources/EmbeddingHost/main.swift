// A host program: compiles a Simple module, loads it, calls its functions, and survives its failures.
//
//     swift run -c release EmbeddingHost [rules.simple]

import Glibc
import SimpleCompiler
import SimpleLoader

let source = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "rules.simple"
let pipeline = CompilerPipeline()

// Compile, unless nothing changed since last time, and load.
let rules: LoadedModule
do throws(CompileError) {
    rules = try pipeline.load(source: source)
} catch {
    print("cannot load the rules:\n\(error)")
    for diagnostic in error.diagnostics {
        for fix in diagnostic.fixes { print("  \(diagnostic.file):\(diagnostic.line): \(fix)") }
    }
    exit(1)
}
print("exports:")
for export in rules.exports { print("  \(export)") }

// Functions are asked for by type; the module's own signature decides.
let price = try rules.function(named: "price", as: ((Double, Int64) -> Double).self)
let label = try rules.function(named: "label", as: ((String, [String]) -> String).self)
print("price:", try price(2.5, 100))
print("label:", try label("tea", ["green", "hot"]))

do throws(LoadError) {
    _ = try rules.function(named: "price", as: ((String) -> Double).self)
} catch {
    switch error {
    case .signatureMismatch(_, let requested, let actual): print("asked for \(requested), it is \(actual)")
    default: print("no such function: \(error)")
    }
}

// Variables.
let vat = try rules.global(named: "vat", as: Double.self)
try vat.write(0)
print("without VAT:", try price(2.5, 100))

// A panic is an error of the call; the host goes on.
try SimpleRuntime.setReportsPanics(false)
let tagAt = try rules.function(named: "tag_at", as: (([String], Int64) -> String).self)
do throws(CallError) {
    print(try tagAt(["only"], 3))
} catch {
    switch error {
    case .panicked(let panic): print("caught \(panic)")
    default: print("the call did not return: \(error)")
    }
}

// A plain C function pointer, for inner loops and C libraries.
let fast = try rules.function(named: "price", as: (@convention(c) (Double, Int64) -> Double).self)
var total = 0.0
for i in 1...1000 { total += fast(0.01, Int64(i)) }
print("total:", (total * 100).rounded() / 100)

// The whole program. It writes to standard output itself, so what the host printed goes first.
fflush(nil)
let status = try pipeline.compileAndRun(source: source, arguments: ["one", "two"])
print("exit status:", status)

// The pass pipeline: MIR in, better MIR out, which behaves the same: results, output, panics with their positions and
// order. Entry point: `optimize`. The table `passes` names each pass; Docs/passes.md explains them and their order.

internal import Support

/// How much `optimize` does.
package struct OptimizeOptions: Sendable {
    /// 0: nothing; 1: the fast tier's passes.
    package var level = 1
    /// Run the verifier after each pass. Debug builds always do.
    package var verify = false
    /// Called with the pass's name after each pass, for `--emit=mir:<pass>`.
    package var afterPass: (@Sendable (String, MIRModule) -> Void)?

    package init(level: Int = 1, verify: Bool = false, afterPass: (@Sendable (String, MIRModule) -> Void)? = nil) {
        self.level = level
        self.verify = verify
        self.afterPass = afterPass
    }
}

/// One pass: its name in `--emit=mir:<pass>`, tests and documentation, and what runs it.
package struct Pass: Sendable {
    package let name: String
    let run: @Sendable (inout MIRFunction, inout PassContext) -> Void
}

extension Pass {
    /// The passes over single functions, by name.
    package static let all: [Pass] = [
        Pass(name: "simplify") { $1.simplify(&$0) },
        Pass(name: "cleanControlFlow") { $1.cleanControlFlow(&$0) },
        Pass(name: "numberValues") { $1.numberValues(&$0) },
        Pass(name: "rotateLoops") { $1.rotateLoops(&$0) },
        Pass(name: "hoistInvariants") { $1.hoistInvariants(&$0) },
        Pass(name: "eliminateChecks") { $1.eliminateChecks(&$0) },
        Pass(name: "removeDeadCode") { $1.removeDeadCode(&$0) },
    ]
    /// What runs before inlining, so that callees are small and their size is known.
    static let beforeInlining = ["simplify", "cleanControlFlow", "removeDeadCode"]
    /// What runs behind it.
    static let afterInlining = [
        "rotateLoops", "numberValues", "eliminateChecks", "hoistInvariants", "cleanControlFlow", "removeDeadCode",
    ]

    /// The pass of that name.
    package static func named(_ name: String) -> Pass? { all.first { $0.name == name } }
}

/// Runs the pipeline on `module`.
///
/// Each function goes through all passes of a stage before the next function does, while it is in the processor's
/// caches; passes see nothing of other functions except through inlining, so that the order makes no difference. If
/// someone watches (`afterPass`) or verifies, each pass goes over the whole module instead.
package func optimize(_ module: inout MIRModule, options: OptimizeOptions) {
    guard options.level > 0 else { return }
    var context = PassContext()
    context.prepare(symbols: module.symbols)
    run(Pass.beforeInlining, &module, &context, options)
    run(Pass.afterInlining, &module, &context, options)
}

/// Runs one pass on all functions of `module`.
package func run(_ pass: Pass, on module: inout MIRModule) {
    var context = PassContext()
    context.prepare(symbols: module.symbols)
    runEverywhere(pass, &module, &context)
}

private func runEverywhere(_ pass: Pass, _ module: inout MIRModule, _ context: inout PassContext) {
    for i in module.functions.indices {
        context.flowIsValid = false
        pass.run(&module.functions[i], &context)
    }
}

private func run(
    _ names: [String], _ module: inout MIRModule, _ context: inout PassContext, _ options: OptimizeOptions
) {
    let passes = names.map { name in
        guard let pass = Pass.named(name) else { preconditionFailure("no pass \(name)") }
        return pass
    }
    if isVerifying(options) || options.afterPass != nil {
        for pass in passes {
            runEverywhere(pass, &module, &context)
            finish(pass.name, module, options)
        }
        return
    }
    for i in module.functions.indices {
        context.flowIsValid = false
        for pass in passes { pass.run(&module.functions[i], &context) }
    }
}

private func isVerifying(_ options: OptimizeOptions) -> Bool {
    var isDebug = false
    assert({ isDebug = true }() == ())
    return isDebug || options.verify
}

/// Verifies the module behind a pass, if that is wanted, and shows it.
private func finish(_ name: String, _ module: MIRModule, _ options: OptimizeOptions) {
    if isVerifying(options), let violation = MIRVerifier.verify(module).first {
        preconditionFailure("pass \(name) broke the MIR: \(violation)")
    }
    options.afterPass?(name, module)
}

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
    /// What a pass sees.
    enum Body: Sendable {
        case function(@Sendable (inout MIRFunction, PassContext) -> Void)
        /// Calls the last argument once with the index of each function, as soon as nothing needs it as it is.
        case module(@Sendable (inout MIRModule, PassContext, (inout MIRModule, Int) -> Void) -> Void)
    }
    package let name: String
    let body: Body

    private init(name: String, _ body: @escaping @Sendable (inout MIRFunction, PassContext) -> Void) {
        self.name = name
        self.body = .function(body)
    }
    private init(name: String, module body: @escaping @Sendable (inout MIRModule, PassContext, (inout MIRModule, Int) -> Void) -> Void) {
        self.name = name
        self.body = .module(body)
    }
}

extension Pass {
    /// The passes by name.
    package static let all: [Pass] = [
        Pass(name: "simplify") { $1.simplify(&$0) },
        Pass(name: "cleanControlFlow") { $1.cleanControlFlow(&$0) },
        Pass(name: "removeDeadCode") { $1.removeDeadCode(&$0) },
        Pass(name: "inlineCalls", module: { $1.inlineCalls(&$0, $2) }),
        Pass(name: "rotateLoops") { $1.rotateLoops(&$0) },
        Pass(name: "numberValues") { $1.numberValues(&$0) },
        Pass(name: "eliminateChecks") { $1.eliminateChecks(&$0) },
        Pass(name: "hoistInvariants") { $1.hoistInvariants(&$0) },
    ]
    /// What `optimize` runs, in this order; Docs/passes.md says why.
    package static let pipeline: [Pass] = [
        "inlineCalls", "cleanControlFlow", "rotateLoops", "numberValues", "eliminateChecks", "hoistInvariants",
        "removeDeadCode", "cleanControlFlow",
    ].map { name in
        guard let pass = named(name) else { preconditionFailure("no pass \(name)") }
        return pass
    }

    /// The pass of that name.
    package static func named(_ name: String) -> Pass? { all.first { $0.name == name } }
}

/// How many functions `optimize` hands over together: enough that passes and what follows them do not drive each other's
/// code out of the caches, few enough that their MIR is still there.
private let batchSize = 32

/// Runs the pipeline on `module`.
///
/// Each function goes through the passes behind a pass over the whole module as soon as that pass is done with it, while
/// it is in the processor's caches; they see nothing of other functions, so that the order makes no difference. If someone
/// watches (`afterPass`) or verifies, each pass goes over the whole module instead.
///
/// Calls `whenDone` with ranges of functions that are done, ascending and without gaps; it may drop their bodies.
package func optimize(
    _ module: inout MIRModule, options: OptimizeOptions, whenDone: (inout MIRModule, Range<Int>) -> Void = { _, _ in }
) {
    let count = module.functions.count
    guard options.level > 0 else { return whenDone(&module, 0..<count) }
    let context = PassContext()
    context.prepare(symbols: module.symbols)
    if isVerifying(options) || options.afterPass != nil {
        for pass in Pass.pipeline {
            run(pass, &module, context)
            if isVerifying(options), let violation = MIRVerifier.verify(module).first {
                preconditionFailure("pass \(pass.name) broke the MIR: \(violation)")
            }
            options.afterPass?(pass.name, module)
        }
        return whenDone(&module, 0..<count)
    }
    var isDone = [Bool](repeating: false, count: count)
    // Functions before `done` are done, those before `handedOver` were handed over.
    var done = 0
    var handedOver = 0
    var next = 0
    let pipeline = Pass.pipeline
    while next < pipeline.count {
        var end = next + 1
        while end < pipeline.count, case .function = pipeline[end].body { end += 1 }
        let passes = pipeline[next..<end]
        func finish(_ module: inout MIRModule, _ i: Int) {
            context.flow.invalidate()
            for pass in passes { if case .function(let body) = pass.body { body(&module.functions[i], context) } }
            if end < pipeline.count { return }
            isDone[i] = true
            while done < count && isDone[done] { done += 1 }
            if done - handedOver >= batchSize {
                whenDone(&module, handedOver..<done)
                handedOver = done
            }
        }
        switch pipeline[next].body {
        case .function: for i in 0..<count { finish(&module, i) }
        case .module(let body): body(&module, context, finish)
        }
        next = end
    }
    assert(done == count)
    if handedOver < count { whenDone(&module, handedOver..<count) }
}

/// Runs one pass on `module`.
package func run(_ pass: Pass, on module: inout MIRModule) {
    let context = PassContext()
    context.prepare(symbols: module.symbols)
    run(pass, &module, context)
}

private func run(_ pass: Pass, _ module: inout MIRModule, _ context: PassContext) {
    switch pass.body {
    case .function(let body):
        for i in module.functions.indices {
            context.flow.invalidate()
            body(&module.functions[i], context)
        }
    case .module(let body): body(&module, context) { _, _ in }
    }
}

private func isVerifying(_ options: OptimizeOptions) -> Bool {
    var isDebug = false
    assert({ isDebug = true }() == ())
    return isDebug || options.verify
}

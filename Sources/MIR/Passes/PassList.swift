// The pass pipeline: MIR in, better MIR out, which behaves the same: results, output, panics with their positions and
// order. Entry point: `optimize`. The table `passes` names each pass; Docs/passes.md explains them and their order.

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

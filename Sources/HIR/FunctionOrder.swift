internal import Support
internal import Syntax

/// The order in which bodies are checked.
extension Checker {
    /// Function ids such that, as far as names tell, callees come before their callers.
    ///
    /// A function whose signature is not written is checked before its first use in any case; this order only keeps
    /// long chains of such functions from nesting. Depth-first search with its own stack over the names that each
    /// module-level function mentions.
    func functionsCalleesFirst() -> [FunctionID] {
        let count = functionRecords.count
        // Mentioned functions of function i: targets[starts[i]..<starts[i + 1]].
        var starts: [Int] = []
        starts.reserveCapacity(count + 1)
        var targets: ContiguousArray<Int32> = []
        for id in 0..<count {
            starts.append(targets.count)
            let record = functionRecords[id]
            if !record.node.exists || modules[record.module].isPrelude || functionRecords[id].isAnnotated { continue }
            collectMentions(record.module, record.node, &targets)
        }
        starts.append(targets.count)
        var order: [FunctionID] = []
        order.reserveCapacity(count)
        var seen = [Bool](repeating: false, count: count)
        var stack: [(function: Int, next: Int)] = []
        for root in 0..<count where !seen[root] {
            seen[root] = true
            stack.append((root, starts[root]))
            while let (function, next) = stack.last {
                if next == starts[function + 1] {
                    order.append(FunctionID(function))
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let target = Int(targets[next])
                if !seen[target] {
                    seen[target] = true
                    stack.append((target, starts[target]))
                }
            }
        }
        return order
    }

    /// Appends the functions that the nodes of a definition name.
    private func collectMentions(_ module: Int, _ definition: NodeID, _ targets: inout ContiguousArray<Int32>) {
        let span = modules[module].tree[definition].span
        // Children come before their parents in the arena: the definition's nodes are those just before it inside its span.
        var i = definition.index - 1
        while i > 0, modules[module].tree.nodes[i].span.start >= span.start {
            let n = modules[module].tree.nodes[i]
            i -= 1
            guard n.kind == .name else { continue }
            if let found = modules[module].definitions[n.nameA] {
                if found.kind == .function { targets.append(Int32(found.index)) }
            } else if let binding = modules[module].importNames[n.nameA],
                case .item(let other, let item) = modules[module].imports[binding].target,
                let found = modules[other].definitions[item], found.kind == .function
            {
                targets.append(Int32(found.index))
            }
        }
    }
}

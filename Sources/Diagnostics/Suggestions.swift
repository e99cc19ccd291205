/// The candidates that `name` may be a misspelling of: up to three within edit distance 2, the closest ones.
///
/// Distance is that of optimal string alignment (insert, delete, replace, swap neighbours). For names of up to three
/// characters only distance 1 counts: everything is close to them otherwise. Ties keep the candidates' order.
package func didYouMean(_ name: String, _ candidates: some Sequence<String>) -> [String] {
    let wanted = Array(name.utf8)
    if wanted.isEmpty { return [] }
    let limit = wanted.count <= 3 ? 1 : 2
    var found: [(distance: Int, order: Int, text: String)] = []
    for (order, candidate) in candidates.enumerated() {
        if candidate == name || found.contains(where: { $0.text == candidate }) { continue }
        let distance = editDistance(wanted, Array(candidate.utf8), limit: limit)
        // A distance as long as the names themselves replaces everything: no misspelling.
        guard distance <= limit, distance < max(wanted.count, candidate.utf8.count) else { continue }
        found.append((distance, order, candidate))
    }
    found.sort { ($0.distance, $0.order) < ($1.distance, $1.order) }
    // Beside a name that is one slip away, those two slips away are noise.
    if let best = found.first { found.removeAll { $0.distance > best.distance } }
    return found.prefix(3).map(\.text)
}

/// The edit distance of two texts, or `limit + 1` if it is larger than `limit`.
private func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
    if abs(a.count - b.count) > limit { return limit + 1 }
    if a.isEmpty { return b.count }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = previous
    for i in 1...a.count {
        current[0] = i
        var best = i
        for j in 0..<b.count {
            let same = a[i - 1] == b[j]
            var value = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (same ? 0 : 1))
            if i > 1, j > 0, a[i - 1] == b[j - 1], a[i - 2] == b[j] { value = min(value, beforePrevious[j - 1] + 1) }
            current[j + 1] = value
            best = min(best, value)
        }
        if best > limit { return limit + 1 }
        (beforePrevious, previous, current) = (previous, current, beforePrevious)
    }
    return min(previous[b.count], limit + 1)
}

/// What a name of another language is called here, for helps about unknown names: `null` is `nil`.
package func foreignName(_ name: String) -> String? {
    switch name {
    case "null", "NULL", "nullptr", "undefined", "Null", "NONE", "none": "nil"
    case "True", "TRUE": "true"
    case "False", "FALSE": "false"
    case "this": "self"
    case "printf", "puts", "echo", "writeln", "cout": "println"
    case "string", "std_string", "&str": "str"
    case "integer", "Integer", "long", "Long", "int64": "i64"
    case "int32", "Int32": "i32"
    case "uint32", "UInt32": "u32"
    case "uint64", "UInt64", "size_t", "uint": "u64"
    case "double", "Double", "Float64", "float64": "f64"
    case "boolean", "Boolean": "bool"
    case "length", "count", "size", "strlen": "len"
    case "Self_", "cls": "Self"
    case "Exception", "Throwable": "Result"
    case "elsif", "elseif": "elif"
    case "def", "function", "func", "fun": "fn"
    case "switch": "match"
    case "foreach": "for"
    default: nil
    }
}

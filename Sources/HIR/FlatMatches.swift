internal import Syntax

/// Values of an ordered domain that patterns cover: disjoint inclusive intervals, in order, never adjacent.
struct CoveredIntervals {
    private(set) var intervals: ContiguousArray<(low: UInt64, high: UInt64)> = []

    /// Index of the first interval that ends at or behind `value`.
    private func place(of value: UInt64) -> Int {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].high < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func covers(_ low: UInt64, _ high: UInt64) -> Bool {
        let place = place(of: low)
        return place < intervals.count && intervals[place].low <= low && high <= intervals[place].high
    }

    mutating func add(_ low: UInt64, _ high: UInt64) {
        var low = low
        var high = high
        // All intervals that overlap or touch the new one become part of it.
        let first = place(of: low == 0 ? 0 : low - 1)
        var end = first
        while end < intervals.count, high == .max || intervals[end].low <= high + 1 {
            low = min(low, intervals[end].low)
            high = max(high, intervals[end].high)
            end += 1
        }
        intervals.replaceSubrange(first..<end, with: CollectionOfOne((low: low, high: high)))
    }

    /// The intervals of `low...high` that are not covered; `limit` of them at most.
    func gaps(in low: UInt64, _ high: UInt64, limit: Int) -> [(low: UInt64, high: UInt64)] {
        var result: [(low: UInt64, high: UInt64)] = []
        var next = low
        for interval in intervals {
            if result.count == limit { return result }
            if next < interval.low { result.append((next, interval.low - 1)) }
            if interval.high >= high { return result }
            next = interval.high + 1
        }
        if result.count < limit { result.append((next, high)) }
        return result
    }
}

/// What is known of a match: which arms never match, and examples of values that no arm matches.
struct MatchCoverage {
    var uselessArms: [Int] = []
    /// As users write patterns; three at most.
    var missing: [String] = []
    /// There are too many combinations to tell whether arms are missing.
    var isTooComplex = false
}

/// Matches whose patterns are values, ranges and alternatives of them, of an integer, char, bool or Option: nearly all
/// of those with many arms. The matrix algorithm of `Exhaustiveness` takes time that grows with the square of the arms.
extension Checker {
    /// The coverage of such a match; nil if it is not one.
    func flatCoverage(_ list: HIRList, arms: Int, of type: TypeID) -> MatchCoverage? {
        guard let domain = flatDomain(type) else { return nil }
        var covered = CoveredIntervals()
        if type == .char { covered.add(0xD800, 0xDFFF) }
        var result = MatchCoverage()
        var parts: ContiguousArray<(low: UInt64, high: UInt64)> = []
        for arm in 0..<arms {
            parts.removeAll(keepingCapacity: true)
            guard addParts(PatternID(rawValue: context.body.raw(list, arm * 3)), domain, &parts) else { return nil }
            if parts.allSatisfy({ covered.covers($0.low, $0.high) }) { result.uselessArms.append(arm) }
            let hasGuard = context.body.raw(list, arm * 3 + 1) != 0
            if !hasGuard { for part in parts { covered.add(part.low, part.high) } }
        }
        for gap in covered.gaps(in: domain.low, domain.high, limit: 4) where result.missing.count < 3 {
            let text = render(flatShape(gap, type), type)
            if !result.missing.contains(text) { result.missing.append(text) }
            if text == "_" { break }
        }
        return result
    }

    /// The values of `type` in an encoding that keeps their order; None is 0, and every Some 1.
    private func flatDomain(_ type: TypeID) -> (low: UInt64, high: UInt64)? {
        if type == .bool || program.types.kind(type) == .option { return (0, 1) }
        return domain(type)
    }

    private func flatShape(_ part: (low: UInt64, high: UInt64), _ type: TypeID) -> Shape {
        if type != .bool, program.types.kind(type) != .option { return .constructor(.interval(part.low, part.high), []) }
        if part.low != part.high { return .any }
        return .constructor(.variant(Int(part.low)), type != .bool && part.low == 1 ? [.any] : [])
    }

    /// Appends what the pattern covers; `false` if it looks into parts of the value.
    private func addParts(
        _ id: PatternID, _ domain: (low: UInt64, high: UInt64), _ parts: inout ContiguousArray<(low: UInt64, high: UInt64)>
    ) -> Bool {
        let p = context.body[id]
        switch p.kind {
        case .wildcard: parts.append(domain)
        case .binding:
            if p.b != 0 { return addParts(PatternID(rawValue: p.b), domain, &parts) }
            parts.append(domain)
        case .none: parts.append((0, 0))
        case .some:
            guard isIrrefutable(PatternID(rawValue: p.a)) else { return false }
            parts.append((1, 1))
        case .or:
            let list = HIRList(rawValue: p.b)
            for i in 0..<context.body.count(list) where !addParts(context.body.pattern(list, i), domain, &parts) { return false }
        case .constant, .range:
            switch shape(id) {
            case .constructor(.interval(let low, let high), _): parts.append((low, high))
            case .constructor(.variant(let variant), let inner) where inner.isEmpty:
                parts.append((UInt64(variant), UInt64(variant)))
            case .or(let alternatives) where alternatives.isEmpty: break
            case .any, .or, .constructor: return false
            }
        case .tuple, .structure, .array: return false
        }
        return true
    }

    /// A pattern that takes every value: a name or `_`.
    private func isIrrefutable(_ id: PatternID) -> Bool {
        let p = context.body[id]
        return p.kind == .wildcard || p.kind == .binding && (p.b == 0 || isIrrefutable(PatternID(rawValue: p.b)))
    }
}

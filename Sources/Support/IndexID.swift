/// A 32-bit index into one arena, wrapped so that indices of different arenas cannot be mixed up.
///
/// Ids are half the size of a pointer and stay valid when the arena grows.
public protocol IndexID: Hashable, Comparable, Sendable {
    var rawValue: UInt32 { get }
    init(rawValue: UInt32)
}

extension IndexID {
    /// Creates the id of the element at `index`.
    @inlinable public init(_ index: Int) { self.init(rawValue: UInt32(truncatingIfNeeded: index)) }
    /// The position in the arena.
    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (l: Self, r: Self) -> Bool { l.rawValue < r.rawValue }
}

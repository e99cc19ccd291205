public import Support

/// Names one node of a `SyntaxTree`. `NodeID.none` (0) stands for an absent child.
public struct NodeID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// No node.
    public static let none = NodeID(rawValue: 0)
    /// `true` iff this is not `none`.
    @inlinable public var exists: Bool { rawValue != 0 }
}

/// Names a list in a tree's pool. `ListID.empty` (0) is the empty list.
public struct ListID: IndexID {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let empty = ListID(rawValue: 0)
}

/// One node: a kind, small flags, three slots whose meaning `NodeKind` documents, and its place in the source.
public struct Node: Sendable {
    public var kind: NodeKind
    /// Kind-specific bits (see `NodeKind`).
    public var flags: UInt8
    /// Slots: child `NodeID`, `ListID`, `NameID`, or raw bits.
    public var a: UInt32
    public var b: UInt32
    public var c: UInt32
    public var span: SourceSpan

    @inlinable public init(
        _ kind: NodeKind, flags: UInt8 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0, span: SourceSpan
    ) {
        self.kind = kind
        self.flags = flags
        self.a = a
        self.b = b
        self.c = c
        self.span = span
    }
    @inlinable public var nodeA: NodeID { NodeID(rawValue: a) }
    @inlinable public var nodeB: NodeID { NodeID(rawValue: b) }
    @inlinable public var nodeC: NodeID { NodeID(rawValue: c) }
    @inlinable public var listA: ListID { ListID(rawValue: a) }
    @inlinable public var listB: ListID { ListID(rawValue: b) }
    @inlinable public var listC: ListID { ListID(rawValue: c) }
    @inlinable public var nameA: NameID { NameID(rawValue: a) }
    @inlinable public var nameB: NameID { NameID(rawValue: b) }
    @inlinable public var nameC: NameID { NameID(rawValue: c) }
}

/// The syntax tree of one module: flat arenas, children named by index.
///
/// Parentheses leave no node. Node 0 is a placeholder, so that id 0 can mean "none".
public struct SyntaxTree: Sendable {
    public var nodes: ContiguousArray<Node> = []
    /// Lists: at `ListID` the element count, then the elements. Index 0 holds the empty list.
    public var pool: ContiguousArray<UInt32> = [0]
    /// Decoded text of string literals and format specs: `StringID` i is `stringBytes[stringStarts[i]..<stringStarts[i+1]]`.
    public var stringBytes: ContiguousArray<UInt8> = []
    public var stringStarts: ContiguousArray<UInt32> = [0]
    /// Attributes (`#[…]`, list of `attribute` nodes) and decorators in front of a node; most nodes have none.
    public var attributes: [NodeID: ListID] = [:]
    /// The `module` node.
    public var root = NodeID.none
    /// The file that the tree was parsed from.
    public var file: FileID

    public init(file: FileID) {
        self.file = file
        nodes.append(Node(.error, span: SourceSpan(start: 0, end: 0)))
    }

    @inlinable public subscript(id: NodeID) -> Node { nodes[id.index] }

    /// Number of elements of `list`.
    @inlinable public func count(_ list: ListID) -> Int { Int(pool[list.index]) }
    /// Element `i` of `list` as a node.
    @inlinable public func element(_ list: ListID, _ i: Int) -> NodeID {
        NodeID(rawValue: pool[list.index + 1 + i])
    }
    /// Element `i` of `list` as a name.
    @inlinable public func name(_ list: ListID, _ i: Int) -> NameID { NameID(rawValue: pool[list.index + 1 + i]) }
    /// Element `i` of `list` as raw bits.
    @inlinable public func raw(_ list: ListID, _ i: Int) -> UInt32 { pool[list.index + 1 + i] }

    /// The elements of `list` as nodes, without a copy.
    @inlinable public func elements(_ list: ListID) -> NodeSequence {
        NodeSequence(pool: pool, next: list.index + 1, end: list.index + 1 + count(list))
    }

    /// Adds a node.
    @inlinable public mutating func add(_ node: Node) -> NodeID {
        nodes.append(node)
        return NodeID(nodes.count - 1)
    }
    /// Adds a list made of the given raw elements.
    public mutating func addList(_ elements: some Collection<UInt32>) -> ListID {
        if elements.isEmpty { return .empty }
        let id = ListID(pool.count)
        pool.append(UInt32(elements.count))
        pool.append(contentsOf: elements)
        return id
    }
    /// Adds decoded text; returns its `StringID` (an index, not a `NameID`).
    public mutating func addString(_ bytes: some Sequence<UInt8>) -> UInt32 {
        stringBytes.append(contentsOf: bytes)
        stringStarts.append(UInt32(stringBytes.count))
        return UInt32(stringStarts.count - 2)
    }
    /// The bytes of string `id`.
    public func stringContents(_ id: UInt32) -> ArraySlice<UInt8> {
        ArraySlice(stringBytes[Int(stringStarts[Int(id)])..<Int(stringStarts[Int(id) + 1])])
    }
}

/// The nodes of a list, in order.
public struct NodeSequence: Sequence, IteratorProtocol {
    @usableFromInline let pool: ContiguousArray<UInt32>
    @usableFromInline var nextIndex: Int
    @usableFromInline let end: Int
    @inlinable init(pool: ContiguousArray<UInt32>, next: Int, end: Int) {
        self.pool = pool
        self.nextIndex = next
        self.end = end
    }
    @inlinable public mutating func next() -> NodeID? {
        if nextIndex == end { return nil }
        nextIndex += 1
        return NodeID(rawValue: pool[nextIndex - 1])
    }
}

/// Raw access to heap objects. Objects are plain memory: a reference is the address of an object's header.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Address of an object's header, in the heap or in an image.
package typealias Ref = UnsafeMutableRawPointer

/// Bytes of text, valid UTF-8 unless said otherwise.
package typealias Bytes = UnsafePointer<UInt8>

extension UnsafeMutableRawPointer {
    /// The address as a number.
    @inline(__always) package var address: UInt { UInt(bitPattern: self) }

    /// The signed word at `offset` bytes.
    @inline(__always) package func word(_ offset: Int64) -> Int {
        load(fromByteOffset: Int(offset), as: Int.self)
    }

    /// Stores a signed word at `offset` bytes.
    @inline(__always) package func setWord(_ offset: Int64, _ value: Int) {
        storeBytes(of: value, toByteOffset: Int(offset), as: Int.self)
    }

    /// The header without the collector's bits: an `ObjectKind` or the address of a type descriptor.
    @inline(__always) package var header: UInt64 { load(as: UInt64.self) & 0xFFFF_FFFF_FFFF }
}

/// The object at an address that is known not to be 0.
@inline(__always)
package func refAt(_ address: UInt) -> Ref {
    UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
}

/// A piece of text: valid UTF-8 in memory that somebody else keeps alive.
package struct TextSpan {
    package var start: Bytes
    /// Length in bytes.
    package var count: Int
    /// Length in Unicode scalars.
    package var chars: Int

    @inline(__always) package init(_ start: Bytes, _ count: Int, chars: Int) {
        self.start = start
        self.count = count
        self.chars = chars
    }

    /// The text of a string object.
    @inline(__always) package init(_ string: Ref) {
        start = stringBytes(string)
        count = string.word(ObjectLayout.stringByteLength)
        chars = string.word(ObjectLayout.stringCharCount)
    }

    /// `true` iff every character is one byte.
    @inline(__always) package var isASCII: Bool { count == chars }
}

// Members of MIR's small types, again, for this module. The originals live in other modules, and Swift 6.3 calls them
// there, through a protocol witness or the generic `==` of raw values, instead of inlining them: a quarter of the time
// of code generation. These, being in the same module, are preferred by the compiler and inlined.

internal import MIR
internal import Support

extension ValueID {
    @inline(__always) var index: Int { Int(rawValue) }
    @inline(__always) var exists: Bool { rawValue != 0 }
}
extension BlockID {
    @inline(__always) var index: Int { Int(rawValue) }
}
extension MIRType {
    @inline(__always) private var bits: UInt8 { unsafeBitCast(self, to: UInt8.self) }
    @inline(__always) var isFloat: Bool { self == .f32 || self == .f64 }
    @inline(__always) var size: Int {
        // One byte per case, in the order of declaration: none, i8, i16, i32, i64, f32, f64, ptr, ref.
        Int(truncatingIfNeeded: bits == 8 ? 8 : (0x0808_0408_0402_0100 as UInt64) >> (UInt64(bits) * 8) & 0xFF)
    }
    @inline(__always) static func == (l: MIRType, r: MIRType) -> Bool { l.bits == r.bits }
    @inline(__always) static func != (l: MIRType, r: MIRType) -> Bool { l.bits != r.bits }
}
extension Opcode {
    @inline(__always) private var bits: UInt8 { unsafeBitCast(self, to: UInt8.self) }
    @inline(__always) static func == (l: Opcode, r: Opcode) -> Bool { l.bits == r.bits }
    @inline(__always) static func != (l: Opcode, r: Opcode) -> Bool { l.bits != r.bits }
}

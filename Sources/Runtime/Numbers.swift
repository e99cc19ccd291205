/// Arithmetic that compiled code leaves to the runtime. Entries not here are libm's own functions (Bindings.swift).

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// base ** exponent by squaring within `Integer`; nil on overflow.
@inline(__always)
private func power<Integer: FixedWidthInteger>(_ base: Integer, _ exponent: UInt) -> Integer? {
    var result: Integer = 1
    var square = base
    var left = exponent
    while true {
        if left & 1 != 0 {
            let (product, overflow) = result.multipliedReportingOverflow(by: square)
            if overflow { return nil }
            result = product
        }
        left >>= 1
        if left == 0 { return result }
        let (product, overflow) = square.multipliedReportingOverflow(by: square)
        // A further bit of the exponent is set, so the square is needed.
        if overflow { return nil }
        square = product
    }
}

/// (base, exponent, TrapType): the base is sign- or zero-extended; P001 on overflow, P005 on a negative exponent.
@c(simple_rt_pow_integer)
public func simple_rt_pow_integer(_ base: Int, _ exponent: Int, _ type: UInt32) -> Int {
    if exponent < 0 { panicArgument("negative exponent") }
    let type = TrapType(rawValue: UInt8(truncatingIfNeeded: type)) ?? .i64
    let times = UInt(exponent)
    let result: Int?
    switch type {
    case .u8, .u16, .u32, .u64:
        let wide = power(UInt(bitPattern: base), times)
        let limit: UInt =
            switch type {
            case .u8: UInt(UInt8.max)
            case .u16: UInt(UInt16.max)
            case .u32: UInt(UInt32.max)
            default: UInt.max
            }
        if let wide, wide <= limit { result = Int(bitPattern: wide) } else { result = nil }
    default:
        let wide = power(base, times)
        let limit: Int =
            switch type {
            case .i8: Int(Int8.max)
            case .i16: Int(Int16.max)
            case .i32: Int(Int32.max)
            default: Int.max
            }
        if let wide, wide <= limit && wide >= -limit &- 1 { result = wide } else { result = nil }
    }
    guard let result else { panicOverflow(.power, type) }
    return result
}

/// (bits of a u64) -> nearest f64.
@c(simple_rt_u64_to_f64)
public func simple_rt_u64_to_f64(_ bits: UInt) -> Double { Double(bits) }

/// (f64 in range) -> bits of the u64, truncated.
@c(simple_rt_f64_to_u64)
public func simple_rt_f64_to_u64(_ value: Double) -> UInt {
    // In range is the caller's promise; anything else must not trap here.
    value >= 0 && value < 18446744073709551616.0 ? UInt(value) : 0
}

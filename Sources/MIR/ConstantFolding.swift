// Constant folding of integer instructions, shared by the builder and the passes. The interpreter has its own
// arithmetic on purpose: each checks the other.

/// Folding of instructions whose operands are constants. All values are sign-extended from the type's width.
package enum ConstantFolding {
    /// `value` wrapped to the width of the integer type and sign-extended; pointers are 64 bits wide.
    @inlinable package static func wrap(_ value: Int64, _ type: MIRType) -> Int64 {
        switch type {
        case .i8: Int64(Int8(truncatingIfNeeded: value))
        case .i16: Int64(Int16(truncatingIfNeeded: value))
        case .i32: Int64(Int32(truncatingIfNeeded: value))
        default: value
        }
    }
    /// `value`'s low bits as an unsigned number of the type's width.
    @inlinable package static func unsigned(_ value: Int64, _ type: MIRType) -> UInt64 {
        switch type {
        case .i8: UInt64(UInt8(truncatingIfNeeded: value))
        case .i16: UInt64(UInt16(truncatingIfNeeded: value))
        case .i32: UInt64(UInt32(truncatingIfNeeded: value))
        default: UInt64(bitPattern: value)
        }
    }

    /// The result of a two-operand integer instruction; nil if it traps, is undefined, or is no such instruction.
    package static func binary(_ opcode: Opcode, _ type: MIRType, _ l: Int64, _ r: Int64) -> Int64? {
        let width = UInt64(type.size * 8)
        switch opcode {
        case .add: return wrap(l &+ r, type)
        case .subtract: return wrap(l &- r, type)
        case .multiply: return wrap(l &* r, type)
        case .addS: return signed(l.addingReportingOverflow(r), type)
        case .subtractS: return signed(l.subtractingReportingOverflow(r), type)
        case .multiplyS: return signed(l.multipliedReportingOverflow(by: r), type)
        case .addU: return unsigned(unsigned(l, type).addingReportingOverflow(unsigned(r, type)), type)
        case .subtractU: return unsigned(unsigned(l, type).subtractingReportingOverflow(unsigned(r, type)), type)
        case .multiplyU: return unsigned(unsigned(l, type).multipliedReportingOverflow(by: unsigned(r, type)), type)
        case .divideS: return r == 0 ? nil : signed(l.dividedReportingOverflow(by: r), type)
        case .remainderS:
            return r == 0 || r == -1 && l == smallest(type) ? nil : l.remainderReportingOverflow(dividingBy: r).partialValue
        case .divideU:
            return unsigned(r, type) == 0 ? nil : wrap(Int64(bitPattern: unsigned(l, type) / unsigned(r, type)), type)
        case .remainderU:
            return unsigned(r, type) == 0 ? nil : wrap(Int64(bitPattern: unsigned(l, type) % unsigned(r, type)), type)
        case .and: return l & r
        case .or: return l | r
        case .xor: return l ^ r
        case .shiftLeft: return unsigned(r, type) < width ? wrap(l << r, type) : nil
        case .shiftRightS: return unsigned(r, type) < width ? l >> r : nil
        case .shiftRightU:
            return unsigned(r, type) < width ? wrap(Int64(bitPattern: unsigned(l, type) >> UInt64(r)), type) : nil
        default: return nil
        }
    }
    private static func smallest(_ type: MIRType) -> Int64 { -1 << Int64(type.size * 8 - 1) }
    private static func signed(_ result: (partialValue: Int64, overflow: Bool), _ type: MIRType) -> Int64? {
        result.overflow || wrap(result.partialValue, type) != result.partialValue ? nil : result.partialValue
    }
    private static func unsigned(_ result: (partialValue: UInt64, overflow: Bool), _ type: MIRType) -> Int64? {
        let value = Int64(bitPattern: result.partialValue)
        return result.overflow || unsigned(value, type) != result.partialValue ? nil : wrap(value, type)
    }

    /// The result of a one-operand integer instruction; `from` is the operand's type, `to` the result's.
    package static func unary(_ opcode: Opcode, from: MIRType, to: MIRType, _ value: Int64) -> Int64? {
        switch opcode {
        case .countLeadingZeros: Int64(unsigned(value, from).leadingZeroBitCount - (64 - from.size * 8))
        case .countTrailingZeros: Int64(min(unsigned(value, from).trailingZeroBitCount, from.size * 8))
        case .populationCount: Int64(unsigned(value, from).nonzeroBitCount)
        case .signExtend: value
        case .zeroExtend: wrap(Int64(bitPattern: unsigned(value, from)), to)
        case .truncate: wrap(value, to)
        default: nil
        }
    }

    /// Whether the comparison holds.
    package static func compare(_ condition: IntegerCondition, _ type: MIRType, _ l: Int64, _ r: Int64) -> Bool {
        switch condition {
        case .equal: l == r
        case .notEqual: l != r
        case .lessS: l < r
        case .lessEqualS: l <= r
        case .greaterS: l > r
        case .greaterEqualS: l >= r
        // Sign extension keeps the unsigned order of values of one width.
        case .lessU: UInt64(bitPattern: l) < UInt64(bitPattern: r)
        case .lessEqualU: UInt64(bitPattern: l) <= UInt64(bitPattern: r)
        case .greaterU: UInt64(bitPattern: l) > UInt64(bitPattern: r)
        case .greaterEqualU: UInt64(bitPattern: l) >= UInt64(bitPattern: r)
        }
    }
}

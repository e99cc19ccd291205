/// Sinks: where text is put together. Sink 0 is standard output; any other is an object that builds a string.
///
/// A building sink is laid out as a string view (`ObjectKind.stringView`) of a byte buffer, so that the collector
/// needs no further kind and a long text is finished without a copy.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Bytes of a fresh sink's buffer.
private let sinkCapacity = 224
/// Texts of at most this many bytes are copied out, and their sink is used again.
private let copiedText = 1024

/// A finished sink, kept for the next `sink_begin`.
struct SinkCache {
    /// Its address, or 0. A root of the collector.
    var spare: UInt = 0
}

@exclusivity(unchecked) nonisolated(unsafe) var sinkCache = SinkCache()

/// Starts a text.
@inline(__always)
package func beginSink() -> Ref {
    if sinkCache.spare != 0 {
        let sink = refAt(sinkCache.spare)
        sinkCache.spare = 0
        return sink
    }
    return makeSink()
}

@inline(never)
private func makeSink() -> Ref {
    let buffer = newByteBuffer(sinkCapacity)
    return makeView(TextSpan(Bytes((buffer + Int(ObjectLayout.bufferElements)).assumingMemoryBound(to: UInt8.self)), 0, chars: 0))
}

/// Ends a text.
package func finishSink(_ sink: Ref) -> Ref {
    let text = TextSpan(sink)
    if text.count <= copiedText {
        let string = makeString(text)
        sink.setWord(ObjectLayout.stringByteLength, 0)
        sink.setWord(ObjectLayout.stringCharCount, 0)
        sinkCache.spare = sink.address
        return string
    }
    // The sink itself becomes the string; appending to it may go on in the buffer.
    (UnsafeMutableRawPointer(mutating: text.start) - Int(ObjectLayout.bufferElements))
        .setWord(ObjectLayout.bufferUsed, text.count)
    return sink
}

/// Appends text to a sink.
@inline(__always)
package func sinkText(_ sink: Ref?, _ text: TextSpan) {
    guard let sink else {
        writeOutput(text.start, text.count)
        return
    }
    let count = sink.word(ObjectLayout.stringByteLength)
    let start = sink.load(fromByteOffset: Int(ObjectLayout.stringInlineBytes), as: UnsafeMutableRawPointer.self)
    let capacity = (start - Int(ObjectLayout.bufferElements)).word(ObjectLayout.bufferByteCapacity)
    if capacity &- count >= text.count {
        memcpy(start + count, text.start, text.count)
    } else {
        growSink(sink, text)
    }
    sink.setWord(ObjectLayout.stringByteLength, count &+ text.count)
    sink.setWord(ObjectLayout.stringCharCount, sink.word(ObjectLayout.stringCharCount) &+ text.chars)
}

/// Moves a sink to a buffer of at least twice the size and appends the text's bytes.
@inline(never)
private func growSink(_ sink: Ref, _ text: TextSpan) {
    let old = TextSpan(sink)
    let count = totalLength(old.count, text.count)
    let buffer = newByteBuffer(totalLength(count, count))
    let target = (buffer + Int(ObjectLayout.bufferElements)).assumingMemoryBound(to: UInt8.self)
    memcpy(target, old.start, old.count)
    memcpy(target + old.count, text.start, text.count)
    sink.storeBytes(of: Bytes(target), toByteOffset: Int(ObjectLayout.stringInlineBytes), as: Bytes.self)
}

/// Appends literal ASCII text.
@inline(__always)
func sinkLiteral(_ sink: Ref?, _ text: StaticString) {
    sinkText(sink, TextSpan(text.utf8Start, text.utf8CodeUnitCount, chars: text.utf8CodeUnitCount))
}

/// Appends `count` ASCII bytes.
@inline(__always)
func sinkASCII(_ sink: Ref?, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
    sinkText(sink, TextSpan(Bytes(bytes), count, chars: count))
}

/// Appends a character.
func sinkScalar(_ sink: Ref?, _ scalar: UInt32) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { bytes in
        let start = bytes.baseAddress.unsafelyUnwrapped
        sinkText(sink, TextSpan(Bytes(start), writeUTF8(scalar, start), chars: 1))
    }
}

/// Appends a character `count` times.
func sinkRepeated(_ sink: Ref?, _ scalar: UInt32, _ count: Int) {
    if count <= 0 { return }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { bytes in
        let start = bytes.baseAddress.unsafelyUnwrapped
        let length = writeUTF8(scalar, start)
        let perPiece = 256 / length
        var filled = 1
        while filled < min(count, perPiece) {
            memcpy(start + filled &* length, start, length)
            filled &+= 1
        }
        var left = count
        while left > 0 {
            let piece = min(left, perPiece)
            sinkText(sink, TextSpan(Bytes(start), piece &* length, chars: piece))
            left &-= piece
        }
    }
}

/// () -> a fresh sink that builds a str.
@c(simple_rt_sink_begin)
public func simple_rt_sink_begin() -> UnsafeMutableRawPointer { beginSink() }

/// (sink) -> the str; the sink must not be used again.
@c(simple_rt_sink_finish)
public func simple_rt_sink_finish(_ sink: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer { finishSink(sink) }

/// (sink, str).
@c(simple_rt_sink_string)
public func simple_rt_sink_string(_ sink: UnsafeMutableRawPointer?, _ string: UnsafeMutableRawPointer) {
    sinkText(sink, TextSpan(string))
}

/// (sink, value): decimal.
@c(simple_rt_sink_i64)
public func simple_rt_sink_i64(_ sink: UnsafeMutableRawPointer?, _ value: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { digits in
        let start = digits.baseAddress.unsafelyUnwrapped
        sinkASCII(sink, start, writeDecimal(value, start))
    }
}

/// (sink, value): decimal.
@c(simple_rt_sink_u64)
public func simple_rt_sink_u64(_ sink: UnsafeMutableRawPointer?, _ value: UInt) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { digits in
        let start = digits.baseAddress.unsafelyUnwrapped
        sinkASCII(sink, start, writeDecimal(UInt64(value), start))
    }
}

/// (sink, value): shortest round-trip form.
@c(simple_rt_sink_f64)
public func simple_rt_sink_f64(_ sink: UnsafeMutableRawPointer?, _ value: Double) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
        let start = digits.baseAddress.unsafelyUnwrapped
        sinkASCII(sink, start, writeShortest(value, start))
    }
}

/// (sink, value): shortest round-trip form as f32.
@c(simple_rt_sink_f32)
public func simple_rt_sink_f32(_ sink: UnsafeMutableRawPointer?, _ value: Float) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
        let start = digits.baseAddress.unsafelyUnwrapped
        sinkASCII(sink, start, writeShortest(value, start))
    }
}

/// (sink, value): `true` or `false`.
@c(simple_rt_sink_bool)
public func simple_rt_sink_bool(_ sink: UnsafeMutableRawPointer?, _ value: UInt8) {
    if value & 1 != 0 { sinkLiteral(sink, "true") } else { sinkLiteral(sink, "false") }
}

/// (sink, scalar).
@c(simple_rt_sink_char)
public func simple_rt_sink_char(_ sink: UnsafeMutableRawPointer?, _ scalar: UInt32) { sinkScalar(sink, scalar) }

/// (sink, str): quoted and escaped.
@c(simple_rt_sink_debug_string)
public func simple_rt_sink_debug_string(_ sink: UnsafeMutableRawPointer?, _ string: UnsafeMutableRawPointer) {
    sinkDebug(sink, TextSpan(string))
}

/// (sink, scalar): as a char literal.
@c(simple_rt_sink_debug_char)
public func simple_rt_sink_debug_char(_ sink: UnsafeMutableRawPointer?, _ scalar: UInt32) {
    sinkLiteral(sink, "c'")
    if !sinkEscape(sink, scalar, quote: 39) { sinkScalar(sink, scalar) }
    sinkLiteral(sink, "'")
}

/// Appends text in quotes, escaped (LANGUAGE §12.1). Runs without escapes are appended whole.
func sinkDebug(_ sink: Ref?, _ text: TextSpan) {
    sinkLiteral(sink, "\"")
    var runStart = 0
    var position = 0
    func flushRun(_ end: Int) {
        if end == runStart { return }
        let count = end &- runStart
        let start = text.start + runStart
        sinkText(sink, TextSpan(start, count, chars: text.isASCII ? count : countCharacters(start, count)))
    }
    while position < text.count {
        let byte = text.start[position]
        // Control characters are below 0x20, 0x7F, and C1 (0xC2 0x80 … 0xC2 0x9F).
        let special = byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F || (byte == 0xC2 && text.start[position &+ 1] < 0xA0)
        if special {
            flushRun(position)
            _ = sinkEscape(sink, decodeUTF8(text.start, &position), quote: 34)
            runStart = position
        } else {
            position &+= 1
        }
    }
    flushRun(position)
    sinkLiteral(sink, "\"")
}

/// Appends the escape of a character that needs one; `false` if it needs none.
private func sinkEscape(_ sink: Ref?, _ scalar: UInt32, quote: UInt32) -> Bool {
    switch scalar {
    case 0x5C: sinkLiteral(sink, "\\\\")
    case 0x0A: sinkLiteral(sink, "\\n")
    case 0x0D: sinkLiteral(sink, "\\r")
    case 0x09: sinkLiteral(sink, "\\t")
    case 0: sinkLiteral(sink, "\\0")
    case quote:
        sinkLiteral(sink, "\\")
        sinkScalar(sink, scalar)
    case 1..<0x20, 0x7F..<0xA0:
        sinkLiteral(sink, "\\u{")
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 72) { digits in
            let start = digits.baseAddress.unsafelyUnwrapped
            sinkASCII(sink, start, writeRadix(UInt64(scalar), 4, upper: false, start))
        }
        sinkLiteral(sink, "}")
    default: return false
    }
    return true
}

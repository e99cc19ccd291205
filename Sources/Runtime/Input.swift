/// Standard input by lines, and the program's arguments.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

/// Standard input's buffer: bytes `position ..< count` are unread.
struct InputBuffer {
    var bytes: UnsafeMutablePointer<UInt8> = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    var position = 0
    var count = 0
}

@exclusivity(unchecked) nonisolated(unsafe) var input = InputBuffer()

/// Refills the empty input buffer; `false` at the end of the input.
private func fillInput() -> Bool {
    input.position = 0
    input.count = 0
    while true {
        let got = read(0, input.bytes, inputCapacity)
        if got > 0 {
            input.count = got
            return true
        }
        // A closed or unreadable stdin reads as empty.
        if got == 0 || cp_errno() != EINTR { return false }
    }
}

/// A string of the bytes, which may be anything: invalid UTF-8 is P019.
private func checkedString(_ bytes: Bytes, _ count: Int) -> Ref {
    let chars = validateUTF8(bytes, count)
    if chars < 0 { startPanic(19, "invalid UTF-8 in input") }
    return makeString(TextSpan(bytes, count, chars: chars))
}

/// Length of a line without a carriage return at its end.
private func withoutReturn(_ bytes: Bytes, _ count: Int) -> Int {
    count > 0 && bytes[count &- 1] == 13 ? count &- 1 : count
}

/// (prompt str) -> line without its end, or 0 at end of file.
@c(simple_rt_input)
public func simple_rt_input(_ prompt: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let text = TextSpan(prompt)
    if text.count > 0 { writeOutput(text.start, text.count) }
    if text.count > 0 || output.terminal == 2 { flushOutput() }
    if input.position == input.count && !fillInput() { return nil }
    // The usual line lies whole in the buffer.
    let start = input.bytes + input.position
    let left = input.count &- input.position
    if let end = memchr(start, 10, left) {
        let count = Int(bitPattern: end) &- Int(bitPattern: start)
        input.position &+= count &+ 1
        return checkedString(Bytes(start), withoutReturn(Bytes(start), count))
    }
    // A longer line is put together in a heap buffer.
    var capacity = inputCapacity &* 2
    var buffer = newByteBuffer(capacity)
    var line = (buffer + Int(ObjectLayout.bufferElements)).assumingMemoryBound(to: UInt8.self)
    var count = 0
    while true {
        let start = input.bytes + input.position
        let left = input.count &- input.position
        let end = memchr(start, 10, left)
        let piece = end.map { Int(bitPattern: $0) &- Int(bitPattern: start) } ?? left
        if capacity &- count < piece {
            capacity = totalLength(capacity, capacity)
            buffer = newByteBuffer(capacity)
            let larger = (buffer + Int(ObjectLayout.bufferElements)).assumingMemoryBound(to: UInt8.self)
            memcpy(larger, line, count)
            line = larger
        }
        memcpy(line + count, start, piece)
        count &+= piece
        input.position &+= end == nil ? piece : piece &+ 1
        if end != nil || !fillInput() { break }
    }
    return checkedString(Bytes(line), withoutReturn(Bytes(line), count))
}

/// A string of bytes in which every maximal invalid piece is replaced by U+FFFD.
package func lossyString(_ bytes: Bytes, _ count: Int) -> Ref {
    let chars = validateUTF8(bytes, count)
    if chars >= 0 { return makeString(TextSpan(bytes, count, chars: chars)) }
    let sink = beginSink()
    var position = 0
    while position < count {
        let length = validSequence(bytes + position, count &- position)
        if length > 0 {
            sinkText(sink, TextSpan(bytes + position, length, chars: 1))
            position &+= length
        } else {
            sinkScalar(sink, 0xFFFD)
            position &+= 1
        }
    }
    return finishSink(sink)
}

/// () -> [str], a fresh array.
@c(simple_rt_arguments)
public func simple_rt_arguments() -> UnsafeMutableRawPointer {
    let array = newReferenceArray(capacity: runtime.argumentCount)
    var index = 0
    while index < runtime.argumentCount {
        if let argument = runtime.argumentValues?[index] {
            let bytes = UnsafeRawPointer(argument).assumingMemoryBound(to: UInt8.self)
            appendReference(array, lossyString(bytes, strlen(argument)))
        }
        index &+= 1
    }
    return array
}

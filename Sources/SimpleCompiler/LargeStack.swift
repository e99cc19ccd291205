internal import CPlatform

/// Returns what `body` returns, having run it on a thread with a stack that deeply nested sources cannot exhaust. Without
/// memory for that (1 GiB of addresses) it runs on the calling thread.
func onLargeStack<Value: Sendable>(_ body: () -> Value) -> Value {
    withoutActuallyEscaping(body) { body in
        let work = Work(body)
        let error = simple_run_on_large_stack(
            1 << 30,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<AnyWork>.fromOpaque(pointer).takeUnretainedValue().run()
                return nil
            }, Unmanaged<AnyWork>.passUnretained(work).toOpaque())
        if error != 0 { work.run() }
        guard let value = work.value else { preconditionFailure("the thread did not run") }
        return value
    }
}

/// Something to do on another thread, which is waited for.
private class AnyWork {
    func run() {}
}

private final class Work<Value>: AnyWork {
    private let body: () -> Value
    var value: Value?

    init(_ body: @escaping () -> Value) { self.body = body }

    override func run() { value = body() }
}

// Calls of functions, instances and runtime entries; methods and fields known only in an instance.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    // MARK: - Runtime entries

    @discardableResult
    mutating func runtime(_ function: RuntimeFunction) -> ValueID {
        callRuntime(function, builder.list(EmptyCollection<ValueID>()))
    }
    @discardableResult
    mutating func runtime(_ function: RuntimeFunction, _ a: ValueID) -> ValueID {
        callRuntime(function, builder.list(CollectionOfOne(a)))
    }
    @discardableResult
    mutating func runtime(_ function: RuntimeFunction, _ a: ValueID, _ b: ValueID) -> ValueID {
        arguments.removeAll(keepingCapacity: true)
        arguments.append(a)
        arguments.append(b)
        return callRuntime(function, builder.list(arguments))
    }
    @discardableResult
    mutating func runtime(_ function: RuntimeFunction, _ a: ValueID, _ b: ValueID, _ c: ValueID) -> ValueID {
        arguments.removeAll(keepingCapacity: true)
        arguments.append(a)
        arguments.append(b)
        arguments.append(c)
        return callRuntime(function, builder.list(arguments))
    }
    @discardableResult
    mutating func runtime(
        _ function: RuntimeFunction, _ a: ValueID, _ b: ValueID, _ c: ValueID, _ d: ValueID
    ) -> ValueID {
        arguments.removeAll(keepingCapacity: true)
        arguments.append(a)
        arguments.append(b)
        arguments.append(c)
        arguments.append(d)
        return callRuntime(function, builder.list(arguments))
    }
    @discardableResult
    mutating func runtime(
        _ function: RuntimeFunction, _ a: ValueID, _ b: ValueID, _ c: ValueID, _ d: ValueID, _ e: ValueID
    ) -> ValueID {
        arguments.removeAll(keepingCapacity: true)
        arguments.append(a)
        arguments.append(b)
        arguments.append(c)
        arguments.append(d)
        arguments.append(e)
        return callRuntime(function, builder.list(arguments))
    }
    private mutating func callRuntime(_ function: RuntimeFunction, _ list: OperandListID) -> ValueID {
        builder.call(module.symbol(for: function), list: list, result: Self.runtimeResults[Int(function.rawValue)])
    }
    /// The second result of a call of a runtime entry.
    mutating func secondResult(_ function: RuntimeFunction, _ call: ValueID) -> ValueID {
        builder.projection(call, 1, Signature.runtime(function).results[1])
    }
    /// First result types by raw value of the entry.
    private static let runtimeResults: [MIRType] = RuntimeFunction.allCases.map {
        Signature.runtime($0).results.first ?? .none
    }

    // MARK: - Functions

    mutating func pushCall(_ e: HIRExpr) {
        let function = FunctionID(rawValue: e.a)
        let base = stack.count
        let count = body.count(e.listB)
        var receiver = Receiver()
        var first = 0
        if e.flags & HIRExpr.mutatingCall != 0, count > 0 {
            receiver = pushReceiver(body.expr(e.listB, 0), rest: e.listB, from: 1)
            first = 1
        }
        for i in first..<max(first, count) {
            let argument = body.expr(e.listB, i)
            push(argument, leafCount(concrete(body[argument].type)))
        }
        let target: SymbolID
        let result: TypeID
        let typeCount = body.count(e.listC)
        if typeCount == 0 {
            target = symbol(of: function)
            result = program.functions[function.index].resultType
        } else {
            for i in 0..<typeCount {
                let argument = concrete(TypeID(rawValue: body.raw(e.listC, i)))
                instanceArguments.append(argument)
            }
            target = instance(function, typeCount)
            result = concrete(e.type)
        }
        builder.position = e.position
        finishCall(target, base, result, &receiver)
    }

    /// Calls `target` with the leaves `stack[base...]`, pushes the result and writes the receiver's new value back.
    mutating func finishCall(_ target: SymbolID, _ base: Int, _ result: TypeID, _ receiver: inout Receiver) {
        let list = builder.list(stack[base...])
        stack.removeLast(stack.count - base)
        let layout = self.layout(result)
        let call = pushCallResults(target, list, layout)
        if result == .never { return builder.unreachable() }
        let start = stack.count
        if let place = receiver.place, !receiver.isByAddress {
            // The final value of `self` stands behind the result.
            let own = self.layout(place.type)
            for i in 0..<own.count {
                let number = layout.count + i
                let type = layouts.leafTypes[Int(own.leafStart) + i]
                stack.append(number == 0 ? call : builder.projection(call, number, type))
            }
        }
        writeBack(&receiver, start)
        stack.removeLast(stack.count - start)
    }

    /// Calls `target` and pushes its first results, the leaves of `layout`; returns the call.
    @discardableResult
    mutating func pushCallResults(_ target: SymbolID, _ list: OperandListID, _ layout: TypeLayout) -> ValueID {
        // Results behind the first leaf make the call have a type even if these are `self` alone.
        var type = MIRType.none
        if case .function(let signature) = module.symbols[target.index].kind {
            type = module.signatures[signature.index].results.first ?? .none
        }
        let call = builder.call(target, list: list, result: type)
        for i in 0..<layout.count {
            if i == 0 {
                stack.append(call)
            } else {
                stack.append(builder.projection(call, i, layouts.leafTypes[Int(layout.leafStart) + i]))
            }
        }
        return call
    }
}

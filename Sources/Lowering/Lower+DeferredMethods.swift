// Methods of values whose type was a type parameter: looked up when an instance is lowered.

internal import HIR
internal import MIR
internal import RuntimeABI
internal import Support

extension Lowerer {
    mutating func pushDeferredMethod(_ e: HIRExpr) {
        let receiver = concrete(body[e.exprA].type)
        let result = concrete(e.type)
        let count = body.count(e.listB)
        var types: [TypeID] = []
        types.reserveCapacity(count)
        for i in 0..<count { types.append(concrete(body[body.expr(e.listB, i)].type)) }
        guard
            let target = program.resolveMethod(
                receiver: receiver, name: NameID(rawValue: e.c), arguments: types, result: result)
        else {
            // A receiver or argument that does not return.
            effect(e.exprA)
            for i in 0..<count { effect(body.expr(e.listB, i)) }
            return
        }
        let base = stack.count
        switch target {
        case .builtin(let op, let extra):
            var operands = Operands()
            pushOperand(e.exprA, &operands)
            for i in 0..<count { pushOperand(body.expr(e.listB, i), &operands) }
            for constant in extra {
                let start = stack.count
                switch constant {
                case .int(let number):
                    stack.append(builder.iconst(.i64, number))
                    operands.add(.i64, start)
                case .string(let id):
                    stack.append(stringConstant(id))
                    operands.add(.str, start)
                }
            }
            builder.position = e.position
            finishBuiltin(op, operands, result, base)
        case .function(let function, let typeArguments):
            var changed = Receiver()
            if program.functions[function.index].mutatesSelf {
                changed = pushReceiver(e.exprA, rest: e.listB, from: 0)
            } else {
                push(e.exprA, leafCount(receiver))
            }
            for i in 0..<count { push(body.expr(e.listB, i), leafCount(types[i])) }
            let symbol: SymbolID
            if typeArguments.isEmpty {
                symbol = self.symbol(of: function)
            } else {
                instanceArguments.append(contentsOf: typeArguments)
                symbol = instance(function, typeArguments.count)
            }
            builder.position = e.position
            finishCall(symbol, base, result, &changed)
        }
    }
}

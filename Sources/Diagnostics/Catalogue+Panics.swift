extension Catalogue {
    /// P codes: run-time stops (LANGUAGE.md §8.4).
    static let panics = #"""
@ P001 integer overflow
The exact result of an arithmetic operation does not fit its type. Use a wider type, or say what should happen:
`wrapping_add`, `saturating_add`, `checked_add` and their relatives.
- wrong
var n: i8 = 127
n += 1
- right
var n: i8 = 127
n = n.wrapping_add(1)
@ P002 exit code out of range
The program's exit code must fit a signed 32-bit integer; the system sees its low eight bits.
- wrong
main = 5000000000
- right
main = 5
@ P003 conversion failed
A value does not fit the type of an `as`, or a text is no number of the wanted type. `as?` and `parse` give a value to
test instead.
- wrong
let n = 300
let b = n as u8
- right
let n = 300
let b = n as? u8 ?? 255
@ P004 division by zero
The right operand of `/`, `//` or `%` on integers was zero.
- wrong
let n = 0
println(1 / n)
- right
let n = 0
println(1.checked_div(n) ?? 0)
@ P005 bad shift, exponent, step or argument
A shift count must be at least 0 and less than the width, an exponent not negative, a step not 0; some library
functions have limits of their own.
- wrong
let n = 70
println(1 << n)
- right
let n = 7
println(1 << n)
@ P006 exit value not finite
A float given to `main =` must be finite and fit a signed 32-bit integer.
- wrong
let zero = 0.0
main = 1.0 / zero
- right
main = 1.0
@ P007 dynamic cast failed
`as` on a `dyn` value named another type than the value has. `as?` gives an Option instead.
- wrong
let dog = pet as Dog
- right
if let Some(dog) = pet as? Dog: dog.bark()
@ P008 index out of range
An index must be at least -len and less than len. Negative ones count from the end.
- wrong
let xs = [1, 2, 3]
println(xs[5])
- right
let xs = [1, 2, 3]
println(xs.get(5))
@ P009 key not found
`d[k]` needs the key to be there. `d.get(k)` gives an Option, `d.get_or(k, x)` a substitute.
- wrong
let d = {"a": 1}
println(d["b"])
- right
let d = {"a": 1}
println(d.get_or("b", 0))
@ P010 collection changed while iterating
The size of an array, dict or set changed inside a `for` over it. Loop over a copy, or collect the changes first.
- wrong
for x in xs: xs.push(x)
- right
for x in xs.clone(): xs.push(x)
@ P011 destructuring length mismatch
A pattern on an array needs as many elements as the array has, unless it has a `*rest`.
- wrong
let [a, b] = [1, 2, 3]
- right
let [a, b, *rest] = [1, 2, 3]
@ P012 assertion failed
The condition of an `assert` was false, or the two values of an `assert_eq` differed.
- wrong
assert(1 > 2)
- right
assert(2 > 1)
@ P013 contract violated
A precondition, postcondition, invariant or refinement did not hold.
@ P014 global read before initialisation
A function read a top-level variable before the statement that gives it its value had run.
- wrong
fn show(): println(limit)
show()
let limit = 3
- right
let limit = 3
fn show(): println(limit)
show()
@ P015 explicit panic
The program called `panic`, `todo` or `unreachable`.
- wrong
panic("no such state")
@ P016 stack overflow
Calls were nested too deeply; most often a recursion has no end. Deep recursions can be rewritten as loops.
- wrong
fn f(n: i64) -> i64: return f(n + 1) + 1
println(f(0))
- right
fn f(n: i64) -> i64: return if n >= 10: n else: f(n + 1) + 1
println(f(0))
@ P017 out of memory
The system gave no more memory, or a pool of fixed size is full.
@ P018 no value
`unwrap`, `expect`, `pop`, `first` and the like found nothing: `None`, an `Err`, or an empty collection. Use `??`,
`match`, `get` or `try_pop`.
- wrong
let xs: [i64] = []
println(xs.first())
- right
let xs: [i64] = []
println(xs.get(0) ?? 0)
@ P019 invalid UTF-8
Bytes that should be text are not valid UTF-8. `str.from_utf8` gives a Result instead.
@ P020 use of a dead pointer or handle
The object behind a weak pointer or handle is gone. Test it before use.
"""#
}

extension Catalogue {
    /// E02xx names and E03xx types.
    static let typeErrors = #"""
@ E0201 unknown name
No variable, function, type or module of this name is visible here. Similar names are suggested. Members of a type are
reached through `self.`, names of other modules through an import.
- wrong
println(totl)
- right
total = 3
println(total)
@ E0202 duplicate definition
A module has one meaning for a name. Functions cannot be overloaded by their parameters; an import can be renamed
with `as`.
- wrong
fn f(x): return x
fn f(x, y): return y
- right
fn f(x): return x
fn g(x, y): return y
@ E0203 no such field or method
The type of the value has no member of this name, and no trait in scope adds one.
- wrong
println("a".lenn())
- right
println("a".len())
@ E0204 unknown label
`break` and `continue` may name a label that stands before an enclosing loop: `outer: for …`.
- wrong
for x in xs: break outer
- right
outer: for x in xs: break outer
@ E0205 `break` or `continue` outside a loop
These words leave or repeat the innermost loop of the same function; here is none. A lambda's body is a function of
its own.
- wrong
if done: break
- right
loop:
    if done: break
@ E0206 `return` outside a function
Top-level code has no caller. Use `exit(code)` to end the program, or `main = code` to set its exit code.
- wrong
return 3
- right
main = 3
@ E0207 ambiguous glob import
Several modules imported with `.*` have a public item of this name. Import it by name from the one you mean.
- wrong
use a.*
use b.*
println(shared())
- right
use a.*
use b.*
use a.shared
println(shared())
@ E0208 wrong kind of name
The name exists but means something else: a value stands where a type is needed, or a module where a value is needed.
- wrong
let x: println = 1
- right
let x: i64 = 1
@ E0209 wrong use of `main`
`main = …` at the top level sets the exit code. It is no variable: it cannot be read, declared, or assigned in a
function.
- wrong
x = main + 1
- right
x = 1
main = x
@ E0210 `self` outside a method
`self` is the receiver of a method. The function must declare it as its first parameter inside a type or `impl`.
- wrong
fn size(): return self.n
- right
struct Box:
    n: i64
    fn size(self): return self.n
@ E0211 unknown variant
The enum has no variant of this name; the message lists similar ones.
- wrong
let c = Color.Purpel
- right
let c = Color.Purple
@ E0301 type mismatch
The expression has another type than its place asks for. Numbers do not convert by themselves: write `x as f64`. A
value that may be missing has an optional type `T?`.
- wrong
let x: i64 = "a"
- right
let x: str = "a"
@ E0302 condition is not `bool`
Conditions are `true` or `false`; numbers, strings and optional values are neither. Say what is tested.
- wrong
if count: go()
- right
if count > 0: go()
@ E0303 some path does not return a value
The function has a result, but its end can be reached without a `return` or a final expression.
- wrong
fn sign(x: i64) -> i64:
    if x < 0: return -1
- right
fn sign(x: i64) -> i64:
    if x < 0: return -1
    return 1
@ E0304 `if` used as a value lacks `else`
An `if` gives a value only if there is one for both cases.
- wrong
x = if a: 1
- right
x = if a: 1 else: 0
@ E0305 infinitely sized or recursive type
A value type holds its fields directly, so it cannot hold itself. Put an Option, an array or a class between.
- wrong
struct Node:
    next: Node
- right
struct Node:
    next: Node?
@ E0306 operator not defined for these types
Operators need operands that fit: two numbers of one type, two strings, or a type with the operator's trait. Mixed
numbers are converted with `as`; text is built with `"{x}"`.
- wrong
println("n = " + 5)
- right
println("n = {5}")
@ E0307 type cannot be a dict key or set element
Keys need a lasting hash: numbers, text, symbols and values made of these. Floats, arrays, dicts and functions have none.
- wrong
let d = {1.5: 2}
- right
let d = {"1.5": 2}
@ E0308 infinite type
The types of an expression would have to contain themselves, as when a function is called with a list of its own
argument. Usually an argument or a bracket is missing.
- wrong
fn f(x): return f([x])
- right
fn f(x): return [x]
@ E0309 type annotation needed
Nothing decides a type here: no use, no literal and no annotation. Write the type.
- wrong
let f = \x: x.go()
- right
let f = \(x: Robot): x.go()
@ E0310 unbounded monomorphisation
Each generic function is translated for the types it is used with. Here every copy needs another one without end.
- wrong
fn f[T](x: T) -> nil: f([x])
- right
fn f[T](x: T) -> nil: pass
@ E0311 not an exit value
The exit code is an integer, a float, nil, or an Option or Result of these.
- wrong
main = "done"
- right
main = 0
@ E0312 constant evaluation fails
The compiler computes this expression and it would panic: an overflow, a division by zero or a failing conversion.
- wrong
let x = 255u8 + 1u8
- right
let x = 255u16 + 1u16
@ E0313 member not guaranteed by the bounds
In a generic function only what the bounds of a type parameter promise can be used.
- wrong
fn show[T](x: T): println(x.name())
- right
fn show[T: Named](x: T): println(x.name())
@ E0314 bound not satisfied
The type argument lacks a trait that the function or type asks for.
- wrong
fn largest[T: Ord](xs: [T]) -> T: return xs.max()
largest([\x: x])
- right
fn largest[T: Ord](xs: [T]) -> T: return xs.max()
largest([1, 2])
@ E0315 tuple index not constant or out of range
The elements of a tuple have different types, so the index must be a written number below the tuple's length.
- wrong
println((1, 2)[5])
- right
println((1, 2)[1])
@ E0316 missing argument or field
A parameter or field without a default needs a value.
- wrong
fn add(a, b): return a + b
println(add(1))
- right
fn add(a, b): return a + b
println(add(1, 2))
@ E0317 too many arguments
The call has more arguments than the function has parameters.
- wrong
fn add(a, b): return a + b
println(add(1, 2, 3))
- right
fn add(a, b): return a + b
println(add(1, 2))
@ E0318 unknown named argument or field
No parameter or field has this name; the message lists similar ones.
- wrong
fn add(a, b): return a + b
println(add(a: 1, z: 2))
- right
fn add(a, b): return a + b
println(add(a: 1, b: 2))
@ E0319 argument given twice
The parameter gets a value by its place and by its name.
- wrong
fn add(a, b): return a + b
println(add(1, a: 2))
- right
fn add(a, b): return a + b
println(add(1, b: 2))
@ E0320 `?` not usable here
`e?` passes an error or `None` on to the caller; so `e` must be a Result or Option, and the enclosing function must
return one of the same kind.
- wrong
fn first(xs: [i64]) -> i64: return xs.get(0)?
- right
fn first(xs: [i64]) -> i64?: return Some(xs.get(0)?)
@ E0321 `?` error type cannot be determined or converted
The error of this `?` is of another type than the function's, and no `From` converts it; or several error types meet
in a function whose result is not written.
@ E0322 value is not callable
Only functions, lambdas, types and variants can be called.
- wrong
let x = 3
println(x(4))
- right
let x = \n: n * 3
println(x(4))
@ E0323 value is not iterable
`for` needs a range, a collection, text, or a type with the trait Iterator or Iterable.
- wrong
for i in 5: println(i)
- right
for i in 0..5: println(i)
@ E0324 wrong number of type arguments
The type has another number of parameters. All may be left out, to be inferred.
- wrong
let r: Result[i64] = Ok(1)
- right
let r: Result[i64, str] = Ok(1)
@ E0325 invalid cast
`as` converts between numbers, bool, char, enums without payload, and `dyn` types. Text is parsed with
`parse[i64](s)` or `s.to_int()`.
- wrong
let n = "12" as i64
- right
let n = "12".to_int() ?? 0
@ E0326 invalid format specification
The text behind the `:` of an interpolation must be a format such as `>8`, `.2` or `#x`, and fit the value's type.
- wrong
println("{x:.2q}")
- right
println("{x:.2f}")
"""#
}

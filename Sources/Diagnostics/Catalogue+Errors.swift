extension Catalogue {
    /// E00xx and E01xx: characters, tokens, layout and grammar.
    static let lexicalErrors = #"""
@ E0001 the file is not valid UTF-8
Source files are text in the encoding UTF-8. This file has bytes that stand for no character there; often it was
saved in an older encoding, or it is no text at all. Set the encoding in the editor and save again.
@ E0002 illegal character
A character stands where no token can begin with it, or the file has a NUL byte. The rest of the line is skipped.
Typographic quotes and dashes pasted from a document are a frequent cause.
- wrong
let price = $5
- right
let price = 5
@ E0003 the number does not fit its type
The value of a literal is outside the range of its type, or a decimal number cannot be represented in an integer type.
Without a suffix a whole number may be as large as 18446744073709551615 if the context makes it a `u64`.
- wrong
let x = 300u8
- right
let x = 300u16
@ E0004 malformed number
A number is spelled in a way that has no meaning: it ends with `_`, begins with `0` and a digit, has a digit that its
base does not have, or an unknown suffix. Octal numbers are written with `0o`.
- wrong
let mode = 0755
- right
let mode = 0o755
@ E0005 unterminated string
A string in single or double quotes must end on the line where it begins. Text of several lines stands between
`"""` or `'''`. An interpolation `{…}` that is not closed has the same effect.
- wrong
let s = "hello
- right
let s = "hello"
@ E0006 unknown or invalid escape
The backslash in a string begins an escape such as `\n`. Unknown letters, too few digits and numbers that are no
Unicode character are errors, so that a typing mistake does not change the text silently. Raw strings have no escapes.
- wrong
let path = "C:\data"
- right
let path = r"C:\data"
@ E0007 line indented less than the closing delimiter
In a text block the indentation of the closing `"""` is removed from every line. A line with less indentation than
that has nothing to remove. Indent the line, or move the closing delimiter to the left.
- wrong
let s = """
  one
    """
- right
let s = """
    one
    """
@ E0008 lone `}` in a string
In an interpolated string braces enclose expressions. A closing brace without an opening one is probably a mistake;
for the character itself write it twice, or use a raw string.
- wrong
println("a}")
- right
println("a}}")
@ E0009 empty interpolation
The braces of an interpolation must hold an expression: there are no positional placeholders. For the two characters
themselves write `{{}}`.
- wrong
println("{}", name)
- right
println("{name}")
@ E0101 unexpected token
The text does not follow the grammar: the message says what could have stood here and what was found. Reading goes on
at the next line of equal or smaller indentation, so later errors are reported in the same run.
- wrong
let = 3
- right
let count = 3
@ E0102 unexpected indentation
A line may be indented more than the one before it only where a block begins: after a line that ends with `:` or `=>`.
To continue a long line, open a bracket, end it with `\`, or begin the next one with `.name`, `and`, `or` or `??`.
- wrong
let x = 1
    let y = 2
- right
let x = 1
let y = 2
@ E0103 dedent matches no open block
When a line is indented less than the one before, its column must be that of a block that is still open.
- wrong
if a:
        b()
    c()
- right
if a:
    b()
c()
@ E0104 compound statement on the line of a block header
Behind the `:` of a block header simple statements may stand on the same line, but not another `if` without `else`,
loop, `match` or definition: the reader could not see what belongs where.
- wrong
if a: while b: c()
- right
if a:
    while b: c()
@ E0105 empty block
A line that ends with `:` or `=>` needs at least one statement below it, indented more. A block that does nothing is
written `pass`.
- wrong
if ready:
println("go")
- right
if ready:
    println("go")
@ E0106 nesting too deep
Blocks, brackets or expressions are nested deeper than the compiler reads: 200 blocks, 500 brackets or levels,
20,000 operators and calls in one expression. Only generated programs reach this. Give parts a name in variables or functions of their own.
@ E0107 definition not allowed here
Types, traits, implementations and imports belong to the top level of a module. Inside functions only nested `fn`,
`const` and variables can be defined.
- wrong
fn area():
    struct Point:
        x: i64
    pass
- right
struct Point:
    x: i64

fn area():
    pass
@ E0108 `->` inside an expression
`x->m()` is a statement of its own: it calls the method and stores the result back, like `x = x.m()`. It has no value
that an expression could use.
- wrong
y = x->next()
- right
y = x.next()
@ E0109 ambiguous unary operator before `**`
Languages differ about `-2 ** 2`: some give 4, some -4. Parentheses say which is meant.
- wrong
x = -2 ** 2
- right
x = -(2 ** 2)
@ E0110 both `fn main` and `main = …`
The exit code comes either from the function `main` or from assignments to `main` at the top level; with both it would
be unclear which counts.
- wrong
main = 3
fn main(): return 4
- right
fn main(): return 4
@ E0111 type cannot be written in expression position
Type arguments in an expression are read as expressions first, so only names, applications, arrays, tuples, options and
dicts can be written there. Give other types a name with `type`.
- wrong
let y = apply[fn(i64) -> i64](g)
- right
type Step = fn(i64) -> i64
let y = apply[Step](g)
@ E0112 `_` used as a value
`_` means "whatever it is" in patterns, lambda parameters, assignment targets and types. It holds no value that could
be read.
- wrong
x = _ + 1
- right
_ = compute()
@ E0113 positional argument after a named one
In a call the positional arguments come first, since their place decides which parameter they belong to.
- wrong
move_to(x: 1, 2)
- right
move_to(1, y: 2)
@ E0114 required parameter after one with a default
A call could leave out the optional parameter only by naming every one behind it; so required parameters come first.
- wrong
fn greet(mark = "!", name): println(name, mark)
- right
fn greet(name, mark = "!"): println(name, mark)
"""#

    /// E02xx: names, and E04xx to E09xx.
    static let otherErrors = #"""
@ E0401 match not exhaustive
A `match` that gives a value, or whose subject has a closed set of values (an enum, Option, bool …), must have an arm
for every one. The message lists patterns that are missing. Guarded arms do not count.
- wrong
match light:
    Red => stop()
- right
match light:
    Red => stop()
    Green => go()
@ E0402 refutable pattern where every value must match
`let`, `for` and `with … as` have no way to go on when the pattern does not match. Use `if let`, `while let` or `match`.
- wrong
let Some(x) = find(key)
- right
if let Some(x) = find(key): println(x)
@ E0403 wildcard on a strong enum
The enum is marked `#[strong]`: a `match` on it must write out all variants, so that a new variant is noticed everywhere.
- wrong
match state:
    Open => 1
    _ => 2
- right
match state:
    Open => 1
    Closed | Broken => 2
@ E0404 wrong number of payload fields
A pattern for a variant must have as many fields as the variant, or `..` for the rest.
- wrong
match shape:
    Circle(x, y) => x
- right
match shape:
    Circle(radius) => radius
@ E0405 empty range pattern
The range contains no value, so the arm can never be chosen. The end of `..` does not belong to the range; that of
`..=` does.
- wrong
match n:
    5..5 => "five"
- right
match n:
    5..=5 => "five"
@ E0406 alternatives bind different names
Whichever alternative of `p | q` matches, the arm's body uses the same names; so both must bind the same ones with the
same types.
- wrong
match e:
    Add(a) | Neg(b) => a
- right
match e:
    Add(a) | Neg(a) => a
@ E0407 name bound twice
A pattern binds each name once. To test that two parts are equal, bind two names and compare them in a guard.
- wrong
match pair:
    (a, a) => "same"
- right
match pair:
    (a, b) if a == b => "same"
@ E0408 pattern type does not match the subject
The pattern describes values of another type than the one that is matched, so it can never apply.
- wrong
match 1:
    "a" => 1
- right
match 1:
    1 => 1
@ E0501 assignment to an immutable variable
Variables declared with `let` or `val`, parameters and loop variables keep their first value. Declare the variable with
`var` or `let mut` if it should change.
- wrong
let x = 1
x = 2
- right
var x = 1
x = 2
@ E0502 assignment to a field of an immutable struct
The fields of a plain `struct` never change. Declare it `mut struct`, or make a changed copy with `.with(…)`.
- wrong
struct P:
    x: i64
var p = P(1)
p.x = 2
- right
struct P:
    x: i64
var p = P(1)
p = p.with(x: 2)
@ E0503 assignment to a field of an immutable class
Instances of an `immut class` never change after they were made.
- wrong
immut class P:
    x: i64
let p = P(1)
p.x = 2
- right
class P:
    x: i64
let p = P(1)
p.x = 2
@ E0504 changing method on an immutable place
A method with `mut self` changes its receiver in place, so that must be a mutable variable or part of one.
- wrong
let c = Cursor(x: 1)
c.move_by(2)
- right
var c = Cursor(x: 1)
c.move_by(2)
@ E0505 possibly uninitialised variable
On some path to this use the variable has no value yet. The bodies of `while` and `for` may run zero times.
- wrong
let x: i64
if ready: x = 1
println(x)
- right
let x: i64
if ready: x = 1
else: x = 0
println(x)
@ E0506 target is not assignable
Only variables, fields, elements and patterns of these can stand to the left of `=`. Results of calls and slices are
temporary values.
- wrong
size() = 3
- right
count = 3
@ E0507 assignment to a constant
A `const` or a `static` without `mut` keeps its value for the whole run.
- wrong
const LIMIT = 1
LIMIT = 2
- right
static mut limit = 1
limit = 2
@ E0508 `mut self` in a class
Classes are references: every method may change the fields through plain `self`.
- wrong
class A:
    n: i64
    fn up(mut self): self.n += 1
- right
class A:
    n: i64
    fn up(self): self.n += 1
@ E0511 use after move
A unique pointer has one owner. After it was moved to another variable or passed on, the old name may not be used.
@ E0512 borrow outlives its source
A borrowed reference may be used only while the variable it refers to exists; it cannot be returned or stored.
@ E0513 conflicting mutable borrow
While a `&mut` borrow is in use, the variable itself may not be read or changed.
@ E0514 value cannot cross actors
Messages between processes are copied. Functions that share mutable state, pointers and open files cannot be copied.
@ E0601 module or imported name not found
No file, directory, dependency or item has this name. The message lists the paths that were tried and similar names.
- wrong
use geometri
- right
use geometry
@ E0602 static initialisation cycle
The first value of a `static` needs a `static` of another module which in turn needs this module to be initialised.
@ E0603 item is private
Items belong to their module unless they are marked `pub`; members marked `priv` belong to the module of their type.
- wrong
# in geometry: fn scale(): return 1
use geometry
println(geometry.scale())
- right
# in geometry: pub fn scale(): return 1
use geometry
println(geometry.scale())
@ E0604 two files for one module
Both `name.simple` and `name.spl` exist; it is unclear which is the module. Remove or rename one.
@ E0605 reserved module name
No module of a program may be called `std`: that is the standard library.
@ E0606 statement in an imported module
Only the file that is run executes statements. An imported module holds definitions, imports, constants, statics and
top-level `let`.
- wrong
# in helper.simple
println("loading")
- right
# in helper.simple
pub fn load(): println("loading")
@ E0701 not a constant expression
The value of a `const` is computed by the compiler: literals, other constants, operators, conversions, tuples, records
and text of these.
- wrong
const NAME = input()
- right
static NAME = input()
@ E0702 duplicate discriminant
Two variants of an enum have the same number.
- wrong
enum E:
    A = 1
    B = 1
- right
enum E:
    A = 1
    B = 2
@ E0703 constant cycle
The value of a constant depends on itself, perhaps through other constants.
- wrong
const A = B + 1
const B = A
- right
const A = 1
const B = A
@ E0704 foreign symbol or library not found
An `extern fn` that the program uses is in none of the libraries. Check the spelling and `#[link("…")]`.
@ E0705 type not allowed in `extern`
Only types with a fixed form in C can be passed: numbers, bool, char, str, [u8], RawPtr, C structs and plain functions.
- wrong
extern fn total(xs: {str: i64}) -> i64
- right
extern fn total(xs: [u8], count: i64) -> i64
@ E0706 `extern` parameter needs a type
The compiler cannot look into a foreign function, so every parameter's type must be written.
- wrong
extern fn cbrt(x) -> f64
- right
extern fn cbrt(x: f64) -> f64
@ E0707 malformed or misplaced attribute
An attribute is written `#[name]`, `#[name(arguments)]` or `#[name = literal]` on a line of its own above a definition
that it can apply to. A comment that begins with a bracket is written `# [`.
- wrong
#[inline
fn f(): pass
- right
#[inline]
fn f(): pass
@ E0801 trait item missing in an impl
An `impl` must define every required method, type and constant of its trait.
- wrong
impl Display for P:
    pass
- right
impl Display for P:
    fn to_string(self) -> str: return "P"
@ E0802 impl signature differs from the trait
A method must have the number and types of parameters and the result that its trait declares.
- wrong
impl Display for P:
    fn to_string(self) -> i64: return 1
- right
impl Display for P:
    fn to_string(self) -> str: return "P"
@ E0803 item is not a member of the trait
An `impl Trait for Type` holds only what the trait names. Other methods go into an `impl Type`.
- wrong
impl Display for P:
    fn to_string(self) -> str: return "P"
    fn extra(self): pass
- right
impl Display for P:
    fn to_string(self) -> str: return "P"
impl P:
    fn extra(self): pass
@ E0804 orphan impl
Either the trait or the type must belong to this package; otherwise two packages could give the same pair two meanings.
@ E0805 overlapping impls
Two implementations of one trait can apply to the same type, so the choice would be unclear.
- wrong
impl Show for i64:
    pass
impl[T] Show for T:
    pass
- right
impl Show for i64:
    pass
@ E0806 ambiguous trait method
Several traits in scope give the type a method of this name. Name the trait: `Trait.method(x)`.
@ E0807 trait is not object-safe
A `dyn Trait` chooses methods at run time. That is impossible for generic methods, methods that mention `Self` besides
the receiver, and associated types that are left open.
@ E0808 trait cannot be derived
`#[derive(…)]` knows Eq, Ord, Hash, Clone, Debug, Display and Default, and only where all fields have the trait.
@ E0901 feature of a later tier
The language defines this construct, but this version of the compiler does not translate it yet.
@ E0902 unit operation not allowed
The units on the two sides do not fit together, or the family does not allow the operation.
@ E0903 contract expression not pure
Contracts are checked or left out without changing what the program does; so they may not assign, print or call
functions that do.
@ E0904 macro expansion error
The macro's body cannot be expanded for these arguments, or expansion goes on without end.
@ E0905 invalid use of `await`, `yield` or `recv`
These words have a meaning only inside the functions and processes they belong to.
"""#
}

extension Catalogue {
    /// W codes.
    static let warnings = #"""
@ W0101 mixed tabs and spaces
The indentation of the line has both tabs and spaces. A tab counts as four columns here, but editors show it
differently. Use spaces only.
@ W0102 naming style
Types begin with an upper-case letter, functions and variables with a lower-case one. Off by default.
- wrong
struct point:
    x: i64
- right
struct Point:
    x: i64
@ W0301 test is always true or always false
The type of the value is known, so `is` gives the same answer each time.
- wrong
let n = 1
if n is i64: go()
- right
go()
@ W0302 deprecated item
The item still works but is marked to be removed; its note says what to use.
@ W0303 unused result
The expression gives a Result, or is marked `#[must_use]`, and the value is dropped: an error would go unnoticed.
- wrong
fs.write_text(path, text)
- right
fs.write_text(path, text).unwrap()
@ W0304 unreachable code
No path leads to this statement: what stands before it always leaves.
- wrong
fn f():
    return 1
    println("never")
- right
fn f():
    println("before")
    return 1
@ W0401 unreachable arm
Earlier arms match everything that this one could.
- wrong
match n:
    _ => 1
    2 => 3
- right
match n:
    2 => 3
    _ => 1
@ W0402 non-exhaustive match statement
Some values match no arm; then nothing happens. Add `_ => pass` if that is meant.
- wrong
match n:
    1 => println("one")
- right
match n:
    1 => println("one")
    _ => pass
@ W0403 capitalised catch-all binding
A name that looks like a variant is none of this type, so the pattern matches everything and binds the name. It is
probably misspelled.
- wrong
match color:
    Rad => 1
- right
match color:
    Red => 1
    _ => 0
@ W0501 unused variable
The variable is never read. Begin its name with `_` if that is meant.
- wrong
let unused = f()
- right
let _unused = f()
@ W0502 assignment hides a module-level name
A bare assignment in a function makes a new local variable, although the module has an immutable or bare top-level name
like it. Declare that one `var` to share it, or choose another name.
- wrong
count = 0
fn up(): count = 1
- right
var count = 0
fn up(): count = 1
@ W0503 variable never changed
The variable is declared mutable but keeps its first value; `let` says so.
- wrong
var x = 1
println(x)
- right
let x = 1
println(x)
@ W0601 unused import
Nothing in the module uses the imported name.
- wrong
use std.math
println(1)
- right
println(1)
@ W0602 name of a module and an item
The path names both a module and an item of the module above it. The module is taken.
@ W0603 private type in a public signature
A public function mentions a type that its users cannot name. Mark the type `pub`.
- wrong
struct Secret:
    n: i64
pub fn make() -> Secret: return Secret(1)
- right
pub struct Secret:
    n: i64
pub fn make() -> Secret: return Secret(1)
@ W0701 unknown attribute
The compiler knows no attribute of this name, so it has no effect.
- wrong
#[inlin]
fn f(): pass
- right
#[inline]
fn f(): pass
@ W0901 undeclared unit suffix
The suffix of the number belongs to no declared unit; it becomes a unit of its own.
"""#
}

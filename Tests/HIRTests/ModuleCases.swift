/// Programs of several modules.
let moduleCases = Case.table(
    #"""
    --- use module
    use m
    println(m.f(1), m.LIMIT)
    @@ m
    pub const LIMIT = 3
    pub fn f(x): return x + LIMIT
    --- private
    use m
    println(m.g())
    @@ m
    fn g(): return 1
    ==> E0603 2:11
    --- item import
    use m.{f, LIMIT as L}
    println(f(1), L)
    @@ m
    pub const LIMIT = 3
    pub fn f(x): return x + LIMIT
    --- private item import
    use m.g
    println(g())
    @@ m
    fn g(): return 1
    ==> E0603 1:1
    --- item not found
    use m.{f, h}
    println(f())
    @@ m
    pub fn f(): return 1
    ==> E0601 1:11
    --- module item not found
    use m
    println(m.ff())
    @@ m
    pub fn f(): return 1
    ==> E0601 2:11
    --- unused import
    use m
    println(1)
    @@ m
    pub fn f(): return 1
    ==> W0601 1:1
    --- glob
    use m.*
    println(f())
    @@ m
    pub fn f(): return 1
    --- ambiguous glob
    use m.*
    use n.*
    println(f())
    @@ m
    pub fn f(): return 1
    @@ n
    pub fn f(): return 2
    ==> E0207 3:9
    --- ambiguous glob not used
    use m.*
    use n.*
    println(1)
    @@ m
    pub fn f(): return 1
    @@ n
    pub fn f(): return 2
    --- re-export
    use m.f
    use m.k
    println(f(), k())
    @@ m
    pub use n.f
    pub use n.g as k
    @@ n
    pub fn f(): return 2
    pub fn g(): return 2
    --- clash
    use m.f
    fn f(): return 1
    println(f())
    @@ m
    pub fn f(): return 2
    ==> E0202 1:1
    --- mutual modules
    use a
    println(a.even(10))
    @@ a
    use b
    pub fn even(n: i64) -> bool: if n == 0: true else: b.odd(n - 1)
    @@ b
    use a
    pub fn odd(n: i64) -> bool: if n == 0: false else: a.even(n - 1)
    --- mutual modules inferred
    use a
    println(a.even(10), a.even(3u8))
    @@ a
    use b
    pub fn even(n): return if n == 0: true else: b.odd(n - 1)
    @@ b
    use a
    pub fn odd(n): return if n == 0: false else: a.even(n - 1)
    --- struct of module
    use m
    let p = m.P(1, 2)
    println(p.x, p.sum(), m.P { x: 3, y: 4 }.sum())
    match p:
        m.P(x: 1, y: y) => println(y)
        m.P(..) => println("other")
    @@ m
    pub struct P:
        x: i64
        y: i64
        fn sum(self): return self.x + self.y
    --- private field
    use m
    let p = m.make()
    println(p.y)
    println(p.x)
    @@ m
    pub struct P:
        priv x: i64
        y: i64
    pub fn make(): return P(1, 2)
    ==> E0603 4:11
    --- private fields construct
    use m
    let p = m.P(1, 2)
    println(p.y)
    @@ m
    pub struct P:
        priv x: i64
        y: i64
    ==> E0603 2:9
    --- private method
    use m
    let p = m.P(1)
    p.secret()
    @@ m
    pub struct P:
        y: i64
        priv fn secret(self): println(self.y)
    ==> E0603 3:3
    --- statement in module
    use m
    println(m.x)
    @@ m
    pub let x = 1
    println("hi")
    ==> E0606 m.simple:2:1
    --- constant cycle across modules
    use a
    println(a.X)
    @@ a
    use b
    pub const X = b.Y
    @@ b
    use a
    pub const Y = a.X
    ==> E0703 a.simple:2:1
    --- static assigned from outside
    use m
    m.x = 3
    println(m.x)
    @@ m
    pub static mut x = 1
    ==> E0507 2:1
    --- static of module
    use m
    println(m.x)
    m.inc()
    @@ m
    pub static mut x = 1
    pub fn inc(): x += 1
    --- type of module
    use m
    fn f(p: m.P) -> i64: p.x
    println(f(m.P(1)))
    @@ m
    pub struct P:
        x: i64
    --- private type
    use m
    fn f(p: m.P) -> i64: 1
    println(f(nil))
    @@ m
    struct P:
        x: i64
    ==> E0603 2:9
    --- module as value
    use m
    println(m)
    @@ m
    pub fn f(): return 1
    ==> E0208 2:9
    --- static cycle
    use a
    println(a.x)
    @@ a
    use b
    pub static x = b.y + 1
    pub fn f(): return 1
    @@ b
    use a
    pub static y = a.x + 1
    ==> E0602 a.simple:2:16
    --- static cycle with constant
    use a
    println(a.x)
    @@ a
    use b
    pub fn f(): return b.y
    pub static x = 5
    @@ b
    use a
    pub static y = a.x + 1
    --- default argument of other module
    use m
    println(m.f(1))
    @@ m
    const K = 3
    fn helper(): return 4
    pub fn f(a, b = K + helper()): return a + b
    --- struct default of other module
    use m
    println(m.P(1))
    @@ m
    const K = 3
    pub struct P:
        x: i64
        y: i64 = K
    --- error in default of other module
    use m
    println(m.f(1))
    @@ m
    pub fn f(a: i64, b: i64 = zz) -> i64: a + b
    ==> E0201 m.simple:1:27
    --- error in module once
    use m
    println(m.f(1), m.f("a"))
    @@ m
    pub fn f(a): return zz + a
    ==> E0201 m.simple:1:21
    --- let in module
    use m
    println(m.table, m.f())
    @@ m
    pub let table = [1, 2]
    pub fn f(): return table.len()
    """#)

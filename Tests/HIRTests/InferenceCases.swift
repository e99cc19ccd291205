/// Inference, initialisation, patterns, structs, constants: types and places.
let inferenceCases = Case.table(
    #"""
    --- generic literals
    fn add(a, b): return a + b
    let x = add(1.5, 2)
    let y = add(1, 2)
    let s = add("a", "b")
    let z = add(1u8, 2)
    println(x, y, s, z)
    => local %0: f64
    => local %1: i64
    => local %2: str
    => local %3: u8
    --- levels
    fn a(x): return b(x) + 1
    fn b(x): return c(x) * 2
    fn c(x): return x - 1
    let p = a(2)
    let q = a(2.5)
    println(p, q)
    => local %0: i64
    => local %1: f64
    --- mutual recursion
    fn even(n): return if n == 0: true else: odd(n - 1)
    fn odd(n): return if n == 0: false else: even(n - 1)
    let r = even(10)
    let t = odd(10u8)
    println(r, t)
    => local %0: bool
    --- annotated recursion
    fn fact(n: i64): return if n <= 1: 1 else: n * fact(n - 1)
    println(fact(5))
    => fn fact(%0: i64) -> i64
    --- error through levels
    fn a(x): return b(x)
    fn b(x): return x + 1
    println(a("s"))
    ==> E0306 2:17
    --- top-level in function
    let limit = 10
    fn f(x): return x < limit
    println(f(3))
    => global limit: i64 checked
    --- empty array filled later
    fn f():
        var xs = []
        xs.push(1.5)
        return xs
    let a = f()
    println(a)
    => fn f() -> [f64]
    --- empty array never filled
    let xs = []
    println(xs.is_empty())
    => local %0: [nil]
    --- option by join
    fn f(x):
        if x > 3: return x
        return nil
    let a = f(5)
    println(a)
    => local %0: i64?
    --- option by join, nil first
    fn f(x):
        if x > 3: return nil
        return x
    let a = f(5)
    println(a)
    => local %0: i64?
    --- option if
    fn f(b: bool):
        let x = if b: 1 else: nil
        return x
    println(f(true))
    => fn f(%0: bool) -> i64?
    --- nil then value
    fn f(b: bool):
        var x = nil
        if b: x = 5
        return x
    println(f(true))
    => fn f(%0: bool) -> i64?
    --- bare nil then value
    fn f(b: bool):
        x = nil
        if b: x = 5
        println(x)
        return x ?? 3
    println(f(true))
    => fn f(%0: bool) -> i64
    --- nil stays nil
    fn f():
        x = nil
        println(x)
    f()
    => local %0: nil
    --- default arguments
    fn f(a: i64, b = a + 1, c = b * 2): return a + b + c
    println(f(1), f(1, 2), f(1, c: 3))
    --- default of earlier inferred
    fn f(a, b = a): return a + b
    println(f(1), f("x"))
    --- rest
    fn total(first: i64, *rest: i64) -> i64:
        var s = first
        for r in rest: s += r
        return s
    println(total(1), total(1, 2, 3), total(1, *[2, 3]))
    --- named out of order
    fn f(a: i64, b: str) -> str: "{a}{b}"
    println(f(b: "x", a: 1))
    --- positional after named
    fn f(a: i64, b: i64) -> i64: a + b
    println(f(a: 1, 2))
    ==> E0113 2:17
    --- required after default
    fn f(a = 1, b): return a
    println(f(1, 2))
    ==> E0114 1:13
    --- shadowing
    fn f():
        let x = 1
        let x = "a{x}"
        if true:
            let x = 2.5
            println(x)
        println(x)
        x2 = 3
        println(x2)
    f()
    --- bare in branch, others visible
    fn f(a: bool):
        let y = 1
        if a:
            x = 2
            println(x)
        println(y)
    f(true)
    --- bare both branches
    fn f(a: bool):
        let y = 1
        if a:
            x = 2
        else:
            x = 3
        println(x, y)
    f(true)
    --- bare in match
    fn f(a: i64):
        let y = 1
        match a:
            1 => x = 5
            _ => x = 6
        println(x, y)
    f(1)
    --- unused
    fn f():
        let x = 1
        let _y = 2
    f()
    ==> W0501 2:9
    --- used in interpolation
    fn f():
        let x = 1
        let w = 3
        println("{x:>4}", "{w}")
    f()
    --- used in interpolation 2
    fn f():
        let x = 1
        println("{x:>4}")
    f()
    --- used in place
    fn f():
        var xs = [1]
        xs[0] = 3
        let ys = [1]
        ys.push(2)
    f()
    --- unused pattern names
    fn f(t: (i64, i64)):
        let (a, b) = t
        println(a)
    f((1, 2))
    --- unreachable
    fn f() -> i64:
        return 1
        println("x")
    println(f())
    ==> W0304 3:5
    --- unreachable after exit
    exit(3)
    println("x")
    ==> W0304 2:1
    --- no unreachable
    fn f(x: i64):
        for i in 0..x:
            if i == 3: break
            println(i)
        println("end")
    f(1)
    --- match ints exhaustive
    fn f(x: u8) -> i64:
        return match x:
            0..=99 => 1
            100..=255 => 2
    println(f(1))
    --- match ints gap
    fn f(x: u8) -> i64:
        return match x:
            0..99 => 1
            100..=255 => 2
    println(f(1))
    ==> E0401 2:12
    --- match i8
    fn f(x: i8) -> i64:
        return match x:
            -128..0 => 1
            0 => 3
            1..=127 => 2
    println(f(1))
    --- match arrays
    fn f(x: [i64]) -> i64:
        return match x:
            [] => 0
            [a] => a
            [a, b] => a + b
            [a, *_, b] => a * b
    println(f([]))
    --- match arrays 2
    fn f(x: [i64]) -> i64:
        return match x:
            [] => 0
            [a] => a
            [a, *_] => a
    println(f([]))
    --- match tuple
    fn f(x: (bool, bool)) -> i64:
        return match x:
            (true, _) => 1
            (_, true) => 2
            (false, false) => 3
    println(f((true, true)))
    --- match tuple gap
    fn f(x: (bool, bool)) -> i64:
        return match x:
            (true, _) => 1
            (_, true) => 2
    println(f((true, true)))
    ==> E0401 2:12
    --- match option
    fn f(x: i64?) -> i64:
        return match x:
            Some(0) => 1
            Some(n) => n
            None => 3
    println(f(1))
    --- match option nil
    fn f(x: bool?) -> i64:
        return match x:
            Some(true) | nil => 1
            Some(false) => 2
    println(f(nil))
    --- guards do not count
    fn f(x: bool) -> i64:
        return match x:
            true if 1 < 2 => 1
            false => 2
    println(f(true))
    ==> E0401 2:12
    --- struct
    struct P:
        a: bool
        b: i64
    fn f(p: P) -> i64:
        return match p:
            P(a: true, ..) => 1
            P { a: false, b } => b
    println(f(P(true, 1)))
    --- struct positional
    struct P:
        a: bool
        b: i64
    fn f(p: P) -> i64:
        return match p:
            P(true, x) => x
            P(false, _) => 2
    println(f(P(true, 1)))
    --- statement over open type
    fn f(s: str):
        match s:
            "a" => println("a")
    f("a")
    ==> W0402 2:5
    --- statement over bool
    fn f(s: bool):
        match s:
            true => println("a")
    f(true)
    ==> E0401 2:5
    --- redundant
    match 5:
        _ => println("x")
        5 => println("y")
    ==> W0401 3:5
    --- capitalised
    match 5:
        Foo => println(Foo)
    ==> W0403 2:5
    --- const pattern
    const LIMIT = 5
    match 5:
        LIMIT => println("y")
        _ => println("n")
    --- casts
    println(3 as f32, 2.7 as i64, true as i64, c'a' as u8, 65 as char, 300 as? u8, 5 as u8)
    --- cast overflow
    println(300 as u8)
    ==> E0312 1:9
    --- cast bool
    println(1 as bool)
    ==> E0325 1:9
    --- chained comparison
    fn f(a, b, c): return a < b <= c
    println(f(1, 2, 3), f("a", "b", "c"), 1 < 2 < 3.5)
    --- compare types
    println(1 == "a")
    ==> E0306 1:11
    --- order structs
    struct P:
        a: i64
    println(P(1) < P(2))
    ==> E0306 3:14
    --- eq structs
    struct P:
        a: i64
    println(P(1) == P(2))
    --- order nil
    println((1, nil) < (2, nil))
    ==> E0306 1:18
    --- mixed ints
    let a = 1i32
    println(a + 1i64)
    ==> E0306 2:11
    --- mut self place
    mut struct P:
        x: i64
        fn inc(mut self): self.x += 1
    mut struct Q:
        p: P
    var q = Q(P(1))
    q.p.inc()
    q.p.x = 5
    let xs = [P(1)]
    xs[0].inc()
    xs[0].x = 4
    println(q, xs)
    --- self assigned in plain method
    mut struct P:
        x: i64
        fn inc(self): self.x += 1
    P(1).inc()
    ==> E0501 3:19
    --- const eval
    const A = 2 ** 10
    const B = "n={A}"
    const C = (A, B)
    const D = len("héllo")
    const E = A > 3 and true
    println(A, B, C, D, E)
    --- const out of order
    const A = B + 1
    const B = 3
    println(A)
    --- const overflow
    const A = 255u8 + 1
    ==> E0312 1:11
    --- const func
    fn f(): return 1
    const A = f()
    println(A)
    ==> E0701 2:11
    --- if let
    fn f(x: i64?):
        if let Some(v) = x:
            println(v)
        else:
            println("none")
    f(1)
    --- while let
    fn f(xs: [i64]):
        while let Some(v) = xs.try_pop():
            println(v)
    f([1])
    --- coalesce
    let x: i64? = nil
    println(x ?? 3)
    --- coalesce of non-option
    println(3 ?? 4)
    ==> E0306 1:9
    --- try in option fn
    fn f(x: i64?) -> i64?:
        let y = x?
        return y + 1
    println(f(1))
    --- main with args
    fn main(args):
        println(args.len(), args[0])
    --- main result
    fn main() -> i64: 3
    --- main bad parameter
    fn main(x: i64): println(x)
    ==> E0301 1:4
    --- main bad result
    fn main() -> str: "a"
    ==> E0311 1:4
    --- explicit generic
    fn id[T](x: T) -> T: x
    println(id(1), id("a"), id[u8](5))
    --- generic struct
    struct Pair[A, B]:
        a: A
        b: B
        fn swap(self) -> Pair[B, A]: Pair(self.b, self.a)
    let p = Pair(1, "x").swap()
    println(p.a, p.b)
    => local %0: Pair[str, i64]
    --- struct defaults
    struct P:
        x: i64 = 1
        y: f64 = 2
    println(P(), P(y: 3), P { x: 4 })
    --- struct missing
    struct P:
        x: i64
    println(P())
    ==> E0316 3:9
    --- record unknown field
    struct P:
        x: i64
    println(P { x: 1, z: 3 })
    ==> E0318 3:19
    --- with
    struct P:
        x: i64
        y: i64
    println(P(1, 2).with(x: 3))
    --- with bad
    struct P:
        x: i64
    println(P(1).with(z: 3))
    ==> E0318 3:19
    --- comprehension
    let xs = [x * 2 for x in 0..10 if x % 2 == 0]
    println(xs)
    => local %2: [i64]
    --- top-level statement in function scope
    fn f(): return total
    total = 3
    println(f())
    => global total: i64 checked
    --- W0502
    let x = 1
    fn f():
        x = 2
        println(x)
    f()
    println(x)
    ==> W0502 3:5
    --- shared var
    var x = 1
    fn f():
        x = 2
    f()
    println(x)
    --- augmented unknown
    fn f():
        q += 1
    f()
    ==> E0201 2:5
    --- augmented bare top
    x = 1
    fn f():
        x += 1
    f()
    println(x)
    ==> E0501 3:5
    --- uninit let never assigned
    fn f():
        let x: i64
        println(x)
    f()
    ==> E0505 3:13
    --- string index assign
    var s = "abc"
    s[0] = "x"
    ==> E0506 2:1
    --- tuple assign
    var t = (1, 2)
    t[0] = 3
    ==> E0506 2:1
    --- swap
    fn f():
        a, b = 1, 2
        a, b = b, a
        println(a, b)
    f()
    --- infinite generics ok
    fn f[T](x: T, n: i64) -> nil:
        if n > 0: f(x, n - 1)
    f(1, 3)
    --- label
    outer: for i in 0..3:
        for j in 0..3:
            if j == 2: continue outer
            if i == 2: break outer
            println(i, j)
    --- diverging let
    fn f(x: i64?) -> i64:
        let y = x ?? panic("x")
        return y
    println(f(nil))
    --- unconstrained parameter
    fn f(x): return 1
    println(f(nil))
    --- return nothing in option
    fn f(x: i64) -> i64?:
        if x > 1: return
        return 3
    println(f(1))
    --- method on unknown
    fn f(x): return x.len() + x.first()
    println(f([1]))
    --- method unknown on instance
    fn f(x): return x.foo()
    println(f([1]))
    ==> E0203 1:19
    --- field on instance
    struct P:
        v: i64
    fn f(x): return x.v
    println(f(P(1)))
    --- field on wrong instance
    fn f(x): return x.v
    println(f(1))
    ==> E0203 1:19
    """#)

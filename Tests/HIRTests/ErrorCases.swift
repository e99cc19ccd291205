/// Each error that the checker reports, with its place.
let errorCases = Case.table(
    #"""
    --- unknown name
    println(undefind)
    ==> E0201 1:9
    --- unknown type
    let x: i46 = 1
    ==> E0201 1:8
    --- one mistake one error
    let x = undefind + 1
    println(x + 2, x.foo())
    ==> E0201 1:9
    --- duplicate function
    fn f(): pass
    fn f(): pass
    ==> E0202 2:4
    --- duplicate parameter
    fn f(a, a): pass
    ==> E0202 1:9
    --- unknown method
    println("a".lenn())
    ==> E0203 1:13
    --- unknown field
    struct P:
        x: i64
    let p = P(1)
    println(p.y)
    ==> E0203 4:11
    --- unknown label
    while true:
        break outer
    ==> E0204 2:11
    --- break outside
    break
    ==> E0205 1:1
    --- return outside
    return 1
    ==> E0206 1:1
    --- value as type
    let x: print = 1
    ==> E0208 1:8
    --- main used
    x = main + 1
    ==> E0209 1:5
    --- main assigned in function
    fn f():
        main = 3
    f()
    ==> E0209 2:5
    --- self outside
    fn f(): return self
    println(f())
    ==> E0210 1:16
    --- mismatch
    let x: i64 = "a"
    ==> E0301 1:14
    --- condition
    if 1: println("a")
    ==> E0302 1:4
    --- missing return
    fn f(x: i64) -> i64:
        if x > 0: return 1
    println(f(1))
    ==> E0303 1:4
    --- missing return inferred
    fn f(x):
        if x > 0: return 1
    println(f(1))
    ==> E0303 1:4
    --- no missing return: loop
    fn f(x: i64) -> i64:
        loop:
            if x > 0: return 1
    println(f(1))
    --- no missing return: exhaustive match
    fn f(x: bool) -> i64:
        match x:
            true => return 1
            false => return 2
    println(f(true))
    --- no missing return: panic
    fn f(x: i64) -> i64:
        if x > 0: return 1
        panic("no")
    println(f(1))
    --- no missing return: if else
    fn f(x: i64) -> i64:
        if x > 0:
            return 1
        else:
            return 2
    println(f(1))
    --- no missing return: while true
    fn f(x: i64):
        while true:
            if x > 3: return 1
    println(f(1))
    ==> E0303 1:4
    --- if without else
    fn f(a: bool) -> i64:
        let x = if a: 1
        return x
    println(f(true))
    ==> E0304 2:13
    --- recursive struct
    struct A:
        a: A
    ==> E0305 2:8
    --- recursive through tuple
    struct A:
        a: (A, i64)
    ==> E0305 2:8
    --- mutual recursion
    struct A:
        b: B
    struct B:
        a: A
    ==> E0305 2:8
    --- recursive through array
    struct A:
        a: [A]
    println(A([]))
    --- a construct of a later tier
    class C:
        x: i64
    ==> E0901 1:7
    --- recursive Option
    struct Node:
        v: i64
        next: Node?
    println(Node(1, nil))
    --- recursive alias
    type A = [A]
    let x: A = []
    ==> E0305 1:11
    --- add
    println(1 + "a")
    ==> E0306 1:11
    --- infinite type
    fn f(x): return f([x])
    println(f(1))
    ==> E0308 1:19
    --- annotation needed
    fn f():
        let xs = []
        println(xs[0].foo())
    f()
    ==> E0309 3:19
    --- unbounded monomorphisation
    fn f[T](x: T) -> nil: f([x])
    f(1)
    ==> E0310 1:23
    --- exit value
    main = "a"
    ==> E0311 1:8
    --- overflow
    println(255u8 + 1u8)
    ==> E0312 1:9
    --- division by zero
    println(1 / 0)
    ==> E0312 1:9
    --- remainder by zero
    println(1 % 0)
    ==> E0312 1:9
    --- negation
    println(-(-128i8))
    ==> E0312 1:9
    --- shift
    println(1 << 64)
    ==> E0312 1:9
    --- literal does not fit
    let x: u8 = 256
    println(x)
    ==> E0003 1:13
    --- minus literal fits
    let x: i8 = -128
    println(x)
    --- minus unsigned
    let x: u8 = -1
    println(x)
    ==> E0003 1:13
    --- bounds
    fn f[T](x: T): x.go()
    f(1)
    ==> E0313 1:18
    --- bounds operator
    fn f[T](x: T, y: T) -> T: x + y
    println(f(1, 2))
    ==> E0313 1:29
    --- bound not satisfied
    fn big[T: Ord](a: T, b: T) -> T:
        return if a > b: a else: b
    struct P:
        x: i64
    println(big(1, 2))
    println(big(P(1), P(2)))
    ==> E0314 6:9
    --- tuple index
    println((1, 2)[5])
    ==> E0315 1:16
    --- missing argument
    fn add(a, b): return a + b
    println(add(1))
    ==> E0316 2:9
    --- too many
    fn add(a, b): return a + b
    println(add(1, 2, 3))
    ==> E0317 2:19
    --- unknown named
    fn add(a, b): return a + b
    println(add(a: 1, z: 2))
    ==> E0318 2:19
    --- given twice
    fn add(a, b): return a + b
    println(add(1, a: 2))
    ==> E0319 2:16
    --- try outside
    fn f(x: i64?) -> i64:
        return x?
    println(f(1))
    ==> E0320 2:12
    --- not callable
    println(3(4))
    ==> E0322 1:9
    --- not iterable
    for x in 5: println(x)
    ==> E0323 1:10
    --- type args
    let x: Option[i64, i64] = nil
    ==> E0324 1:8
    --- cast
    println("a" as i64)
    ==> E0325 1:9
    --- format
    println("{1:.2q}")
    ==> E0326 1:10
    --- match not exhaustive
    fn f(x: bool) -> i64:
        return match x:
            true => 1
    println(f(true))
    ==> E0401 2:12
    --- refutable let
    let o: i64? = 1
    let Some(x) = o
    println(x)
    ==> E0402 2:5
    --- payload
    let o: i64? = 1
    match o:
        Some(a, b) => println(a)
        None => println("n")
    ==> E0404 3:5
    --- empty range
    match 5:
        5..5 => println("x")
        _ => println("y")
    ==> E0405 2:5
    --- alternatives
    let t = (1, 2)
    match t:
        (1, a) | (b, 2) => println("x")
        _ => println("y")
    ==> E0406 3:14
    --- twice
    let t = (1, 2)
    match t:
        (a, a) => println(a)
    ==> E0407 3:9
    --- pattern type
    match 1:
        "a" => println("x")
        _ => println("y")
    ==> E0408 2:5
    --- immutable
    let x = 1
    x = 2
    println(x)
    ==> E0501 2:1
    --- immutable in function
    fn f():
        let x = 1
        x = 2
        println(x)
    f()
    ==> E0501 3:5
    --- parameter immutable
    fn f(x: i64):
        x = 2
        println(x)
    f(1)
    ==> E0501 2:5
    --- mut parameter
    fn f(mut x: i64):
        x = 2
        println(x)
    f(1)
    --- loop variable
    for i in 0..3:
        i = 4
    ==> E0501 2:5
    --- plain struct field
    struct P:
        x: i64
    var p = P(1)
    p.x = 2
    println(p)
    ==> E0502 4:1
    --- mut struct immutable place
    mut struct P:
        x: i64
    let p = P(1)
    p.x = 2
    println(p)
    ==> E0501 4:1
    --- mut self on immutable
    mut struct P:
        x: i64
        fn inc(mut self): self.x += 1
    let p = P(1)
    p.inc()
    println(p)
    ==> E0504 5:1
    --- uninitialised
    fn f(a: bool):
        let x: i64
        if a: x = 1
        println(x)
    f(true)
    ==> E0505 4:13
    --- bare uninitialised
    fn f(a: bool):
        if a: x = 1
        println(x)
    f(true)
    ==> E0505 3:13
    --- bare after while
    fn f(n: i64):
        while n > 3:
            x = 1
        println(x)
    f(1)
    ==> E0505 4:13
    --- bare after loop
    fn f(n: i64):
        loop:
            x = 1
            if n > 2: break
        println(x)
    f(1)
    --- bare after for
    fn f(n: i64):
        for i in 0..n:
            last = i
        println(last)
    f(1)
    ==> E0505 4:13
    --- let twice
    fn f(a: bool):
        let x: i64
        x = 1
        x = 2
        println(x)
    f(true)
    ==> E0501 4:5
    --- let on branches
    fn f(a: bool):
        let x: i64
        if a:
            x = 1
        else:
            x = 2
        println(x)
    f(true)
    --- let in loop
    fn f(a: bool):
        let x: i64
        while a:
            x = 1
    f(true)
    ==> E0501 4:9
    --- slice target
    var a = [1]
    a[1:2] = [2]
    ==> E0506 2:1
    --- call target
    fn f(): return 1
    f() = 1
    ==> E0506 2:1
    --- const assigned
    const X = 1
    fn f():
        X = 2
    f()
    ==> E0507 3:5
    --- const assigned at top
    const X = 1
    X = 2
    ==> E0507 2:1
    --- static assigned
    static X = 1
    fn f():
        X = 2
    f()
    ==> E0507 3:5
    --- not constant
    const A = input()
    ==> E0701 1:11
    --- constant cycle
    const A = B
    const B = A
    ==> E0703 1:1
    --- two mains
    fn main(): pass
    main = 1
    ==> E0110 2:1
    --- swap types
    fn f():
        var a = 1
        a = "x"
        println(a)
    f()
    ==> E0301 3:9
    """#)

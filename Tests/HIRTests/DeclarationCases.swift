/// Functions, methods, statics and warnings that must not be wrong.
let declarationCases = Case.table(
    #"""
    --- unused top-level not warned
    let x = 1
    --- unused in nested closures and loops
    fn f(xs: [i64]) -> i64:
        var n = 0
        for x in xs:
            n += 1
        return n
    println(f([1]))
    --- compound assign only
    fn f():
        var n = 0
        n += 1
    f()
    --- w0304 after infinite loop
    fn f():
        loop:
            println("x")
        println("y")
    f()
    ==> W0304 4:5
    --- match all return
    fn f(x: i64?) -> i64:
        match x:
            Some(v) => return v
            None => return 0
    println(f(1))
    --- match open all return
    fn f(x: i64) -> i64:
        match x:
            1 => return 1
            2 => return 0
    println(f(1))
    ==> E0303 1:4
    --- range step
    for i in range(0, 10, 2): println(i)
    --- tail if
    fn f(b: bool) -> str:
        if b: "a"
        else: "b"
    println(f(true))
    --- tail match
    fn f(b: i64) -> str:
        match b:
            1 => "a"
            _ => "b"
    println(f(1))
    --- nested generic call error
    fn f(x): return x.len()
    fn g(y): return f(y) + 1
    println(g(3))
    ==> E0203 1:19
    --- generic struct method inferred
    struct Box[T]:
        v: T
        fn get(self): return self.v
        fn map2(self, o): return Box(o)
    println(Box(1).get() + 1, Box(1).map2("x").get())
    --- static method new
    struct P:
        x: i64
        fn new(x): return P(x * 2)
    println(P.new(3))
    --- method calls method recursion
    struct P:
        x: i64
        fn a(self, n): return if n == 0: 0 else: self.b(n - 1)
        fn b(self, n): return self.a(n)
    println(P(1).a(3))
    --- Self
    struct P:
        x: i64
        fn make(x: i64) -> Self: Self(x)
        fn add(self, o: Self) -> Self: Self { x: self.x + o.x }
    println(P.make(1).add(P.make(2)))
    --- two errors
    let a: i64 = "x"
    let b: str = 3
    ==> E0301 1:14, E0301 2:14
    --- call with unknown argument reports once
    fn f(a: i64) -> i64: a
    println(f(zz), f(1))
    ==> E0201 2:11
    --- bad annotation once
    fn f(a: Foo) -> i64: a.x + 1
    println(f(1))
    ==> E0201 1:9
    --- option arithmetic
    let x: i64? = 3
    println(x + 1)
    ==> E0306 2:11
    --- static order
    static A = B + 1
    static B = 5
    println(A)
    => global B: i64 checked
    --- static through function
    static A = f()
    static B = [1]
    fn f(): return B.len()
    println(A)
    => global B: [i64] checked
    --- static plain
    static B = [1]
    fn f(): return B.len()
    println(f())
    => global B: [i64]
    --- char string
    let c: char = "x"
    println(c == "y", c < c'z', "ab"[0] == c)
    --- tuple patterns in for
    for i, x in enumerate([1, 2]): println(i, x)
    --- let else types
    let (a, b) = (1, "x")
    println(a + 1, b + "y")
    --- wrong tuple size
    let (a, b) = (1, 2, 3)
    println(a, b)
    ==> E0408 1:5
    --- struct recursion through option generic
    struct Box[T]:
        v: T?
    struct A:
        b: Box[A]
    println(1)
    --- unit test self contain generic array
    struct Tree[T]:
        v: T
        kids: [Tree[T]]
    println(Tree(1, []).kids.len())
    --- default in method
    struct P:
        x: i64
        fn add(self, k = 2): return self.x + k
    println(P(1).add(), P(1).add(5), P(1).add(k: 3))
    """#)

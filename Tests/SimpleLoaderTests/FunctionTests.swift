import SimpleLoader
import Testing

private let geometry = """
    pub fn area(w: f64, h: f64) -> f64:
        return w * h
    pub fn add(a: i64, b: i64) -> i64:
        return a + b
    pub fn is_even(n: i32) -> bool:
        return n % 2 == 0
    pub fn half(x: f32) -> f32:
        return x / 2.0
    pub fn next(c: char) -> char:
        return (c as i64 + 1) as char
    pub fn narrow(a: u8, b: i16) -> i8:
        return (b - (a as i16)) as i8
    pub fn greet(name: str) -> str:
        return "hello " + name
    pub fn find(text: str, part: str) -> i64?:
        return text.find(part)
    pub fn maybe(text: str?) -> str?:
        return match text:
            case Some(t): Some(t + "!")
            case None: nil
    pub fn sum(numbers: [f64]) -> f64:
        var total = 0.0
        for x in numbers:
            total = total + x
        return total
    pub fn words(text: str) -> [str]:
        return text.split(" ")
    pub fn many(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: str, h: i64, x: f64) -> str:
        return "{a}{b}{c}{d}{e}{f}{g}{h}{x}"
    pub fn nothing(n: i64):
        pass
    pub struct Point:
        x: f64
        y: f64
    pub fn norm(p: Point) -> f64:
        return p.x * p.x + p.y * p.y
    fn hidden(a: i64) -> i64:
        return a
    pub fn generic(a, b):
        return a + b
    pub fn fails(i: i64) -> i64:
        let xs = [1, 2, 3]
        return xs[i]
    pub fn leaves(code: i64) -> i64:
        exit(code)
    """

@Suite struct FunctionTests {
    @Test func scalars() throws {
        let m = try load(geometry)
        #expect(try m.function(named: "area", as: ((Double, Double) -> Double).self)(2.5, 4) == 10)
        #expect(try m.function(named: "add", as: ((Int64, Int64) -> Int64).self)(2, -5) == -3)
        #expect(try m.function(named: "add", as: ((Int, Int) -> Int).self)(.max, 0) == .max)
        let isEven = try m.function(named: "is_even", as: ((Int32) -> Bool).self)
        #expect(try isEven(4))
        #expect(try !isEven(-3))
        #expect(try m.function(named: "half", as: ((Float) -> Float).self)(3) == 1.5)
        #expect(try m.function(named: "next", as: ((Unicode.Scalar) -> Unicode.Scalar).self)("é") == "ê")
        #expect(try m.function(named: "narrow", as: ((UInt8, Int16) -> Int8).self)(200, 100) == -100)
        try m.function(named: "nothing", as: ((Int64) -> Void).self)(1)
    }

    @Test func textsAndArrays() throws {
        let m = try load(geometry)
        let greet = try m.function(named: "greet", as: ((String) -> String).self)
        #expect(try greet("") == "hello ")
        #expect(try greet("wörld 🌍") == "hello wörld 🌍")
        let long = String(repeating: "x", count: 100_000)
        #expect(try greet(long) == "hello " + long)
        let find = try m.function(named: "find", as: ((String, String) -> Int64?).self)
        #expect(try find("abc", "c") == 2)
        #expect(try find("abc", "x") == nil)
        let maybe = try m.function(named: "maybe", as: ((String?) -> String?).self)
        #expect(try maybe("a") == "a!")
        #expect(try maybe(nil) == nil)
        let sum = try m.function(named: "sum", as: (([Double]) -> Double).self)
        #expect(try sum([]) == 0)
        #expect(try sum((0..<1000).map { Double($0) }) == 499_500)
        #expect(try m.function(named: "words", as: ((String) -> [String]).self)("a b c") == ["a", "b", "c"])
        let many = try m.function(
            named: "many", as: ((Int64, Int64, Int64, Int64, Int64, Int64, String, Int64, Double) -> String).self)
        #expect(try many(1, 2, 3, 4, 5, 6, "seven", 8, 9.5) == "123456seven89.5")
    }

    /// Nothing of an argument is lost when the collector runs in the middle of passing the next.
    @Test func argumentsSurviveCollections() throws {
        let m = try load(
            """
            pub fn join(parts: [str], a: str, b: str) -> str:
                var text = a + b
                for p in parts:
                    text = text + p
                return text
            """)
        let join = try m.function(named: "join", as: (([String], String, String) -> String).self)
        for round in 0..<30 {
            let parts = (0..<200).map { "part \(round) \($0) " + String(repeating: "y", count: 400) }
            #expect(try join(parts, "first\(round)", "second") == "first\(round)second" + parts.joined())
        }
    }

    @Test func exportsAndNames() throws {
        let m = try load(geometry)
        #expect(m.exports.contains { $0.description == "fn main.area(w: f64, h: f64) -> f64" })
        #expect(!m.exports.contains { $0.shortName == "hidden" || $0.shortName == "generic" })
        #expect(try m.export(named: "main.area").shortName == "area")
        #expect(throws: LoadError.noSuchSymbol(name: "hidden", module: "main", exports: m.exports.map(\.name))) {
            try m.export(named: "hidden")
        }
    }

    @Test func wrongSignatures() throws {
        let m = try load(geometry)
        let error = LoadError.signatureMismatch(
            name: "main.area", requested: "fn(f64, i64) -> f64", actual: "fn(f64, f64) -> f64")
        #expect(throws: error) { try m.function(named: "area", as: ((Double, Int64) -> Double).self) }
        #expect(error.description.contains("fn(f64, i64) -> f64") && error.description.contains("fn(f64, f64) -> f64"))
        #expect(throws: LoadError.self) { try m.function(named: "area", as: ((Double) -> Double).self) }
        #expect(throws: LoadError.self) { try m.function(named: "area", as: ((Double, Double) -> Float).self) }
        #expect(throws: LoadError.self) { try m.function(named: "add", as: ((UInt64, UInt64) -> UInt64).self) }
        #expect(throws: LoadError.self) { try m.function(named: "nothing", as: ((Int64) -> Int64).self) }
        let noForm = LoadError.noCForm(name: "main.norm", signature: "fn(main.Point) -> f64", type: "main.Point")
        #expect(throws: noForm) { try m.function(named: "norm", as: ((Double) -> Double).self) }
    }

    @Test func cFunctions() throws {
        let m = try load(geometry)
        let area = try m.function(named: "area", as: (@convention(c) (Double, Double) -> Double).self)
        #expect(area(3, 4) == 12)
        let isEven = try m.function(named: "is_even", as: (@convention(c) (Int32) -> Bool).self)
        #expect(isEven(2) && !isEven(5))
        let narrow = try m.function(named: "narrow", as: (@convention(c) (UInt8, Int16) -> Int8).self)
        #expect(narrow(3, 1) == -2)
        let half = try m.function(named: "half", as: (@convention(c) (Float) -> Float).self)
        #expect(half(5) == 2.5)
        (try m.function(named: "nothing", as: (@convention(c) (Int64) -> Void).self))(1)
        let again = try m.function(named: "area", as: (@convention(c) (Double, Double) -> Double).self)
        #expect(unsafeBitCast(area, to: UInt.self) == unsafeBitCast(again, to: UInt.self))

        let mismatch = LoadError.signatureMismatch(
            name: "main.area", requested: "fn(f64, i32) -> bool", actual: "fn(f64, f64) -> f64")
        #expect(throws: mismatch) { try m.function(named: "area", as: (@convention(c) (Double, Int32) -> Bool).self) }
        let noForm = LoadError.noCForm(name: "main.greet", signature: "fn(str) -> str", type: "str")
        #expect(throws: noForm) { try m.function(named: "greet", as: (@convention(c) (Int) -> Int).self) }
        #expect(throws: LoadError.self) { try m.function(named: "area", as: Int.self) }
        #expect(throws: LoadError.self) {
            try m.function(named: "area", as: (@convention(c) (UnsafeRawPointer) -> Double).self)
        }
    }

    @Test func cFunctionsWithManyArguments() throws {
        let m = try load(
            """
            pub fn f(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, x: f64, h: i64) -> i64:
                return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + (x as i64) + 8 * h
            """)
        typealias F = @convention(c) (Int, Int, Int, Int, Int, Int, Int, Double, Int) -> Int
        #expect(try m.function(named: "f", as: F.self)(1, 2, 3, 4, 5, 6, 7, 1000, 8) == 1204)
    }

    @Test func panicsAndExitsAreThrown() throws {
        let m = try load(geometry)
        let fails = try m.function(named: "fails", as: ((Int64) -> Int64).self)
        #expect(try fails(2) == 3)
        for _ in 0..<3 {
            let panic = try #require(panic { _ = try fails(7) })
            #expect(panic.code == "P008")
            #expect(panic.message == "index 7 out of range for array of length 3")
            #expect(panic.report.contains("backtrace:"))
            #expect(panic.report.contains("fails"))
            #expect(try fails(0) == 1)
        }
        let leaves = try m.function(named: "leaves", as: ((Int64) -> Int64).self)
        #expect(throws: CallError.exited(-3)) { try leaves(-3) }
        #expect(try fails(1) == 2)
    }

    @Test func threadsTakeTurns() async throws {
        let m = try load(geometry)
        let greet = try m.function(named: "greet", as: ((String) -> String).self)
        let sum = try m.function(named: "sum", as: (([Double]) -> Double).self)
        await withTaskGroup(of: Int.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    var wrong = 0
                    for i in 0..<300 {
                        if (try? greet("\(thread) \(i)")) != "hello \(thread) \(i)" { wrong += 1 }
                        if (try? sum([Double](repeating: Double(i), count: 50))) != Double(i * 50) { wrong += 1 }
                    }
                    return wrong
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
    }
}

@Suite struct GlobalTests {
    private let source = """
        static base: i64 = 40
        pub static mut total: f64 = 1.5
        pub static mut name: str = "start"
        pub static mut ready: bool = false
        pub static limit: i64 = base + 2
        pub static mut numbers: [i64] = [1, 2, 3]
        pub fn bump() -> f64:
            total = total + 1.0
            return total
        pub fn called() -> str:
            return name + "?"
        """

    @Test func readAndWrite() throws {
        let m = try load(source)
        let total = try m.global(named: "total", as: Double.self)
        #expect(try total.read() == 1.5)
        #expect(try m.function(named: "bump", as: (() -> Double).self)() == 2.5)
        #expect(try total.read() == 2.5)
        try total.write(10)
        #expect(try m.function(named: "bump", as: (() -> Double).self)() == 11)
        #expect(try m.global(named: "limit", as: Int64.self).read() == 42)
        let name = try m.global(named: "name", as: String.self)
        #expect(try name.read() == "start")
        try name.write("a longer text, " + String(repeating: "z", count: 300))
        try SimpleRuntime.collectGarbage()
        #expect(try m.function(named: "called", as: (() -> String).self)().hasSuffix("zzz?"))
        let ready = try m.global(named: "ready", as: Bool.self)
        try ready.write(true)
        #expect(try ready.read())
        let numbers = try m.global(named: "numbers", as: [Int64].self)
        #expect(try numbers.read() == [1, 2, 3])
        try numbers.write([7])
        #expect(try numbers.read() == [7])
    }

    @Test func refusals() throws {
        let m = try load(source)
        let mismatch = LoadError.signatureMismatch(name: "main.total", requested: "i64", actual: "f64")
        #expect(throws: mismatch) { try m.global(named: "total", as: Int64.self) }
        let limit = try m.global(named: "limit", as: Int64.self)
        #expect(!limit.isMutable)
        #expect(throws: CallError.immutable(name: "main.limit")) { try limit.write(1) }
        #expect(throws: LoadError.self) { try m.global(named: "bump", as: Int64.self) }
        #expect(throws: LoadError.self) { try m.global(named: "base", as: Int64.self) }
        #expect(throws: LoadError.self) { try m.function(named: "total", as: (() -> Double).self) }
    }
}

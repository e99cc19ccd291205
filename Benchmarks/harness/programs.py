"""Programs that sections share: hello world in every language, and programs of many files, which are generated."""
import os
from .measure import run

C_STATIC, C_DYNAMIC, NOTHING = "C hello, static", "C hello, dynamic", "nothing (static, no libc): the cost of a process"
STANDALONE, MODULE, SOURCE = "standalone hello", "`simple hello.smf`", "`simple hello.simple`"
CONTENT = "`simple --cache=content hello.simple`"


def hello(context):
    """Hello world for every peer that is there: (name -> command, what was left out)."""
    source = write_tree(context.work("hello"), {"main.simple": 'println("Hello, Simple!")\n'})
    module = context.build_simple(source, "hello.smf")
    run(context.simplec, "build", "--standalone", module, "-o", context.work("hello-standalone"))
    c = context.peer("c", "hello.c")
    rows = [
        (NOTHING, None, [context.build_c("gcc", context.peer("c", "nothing.c"), "nothing", "-O2", "-nostdlib", "-static")]),
        (C_STATIC, None, [context.build_c("gcc", c, "hello-static", "-O2", "-static")]),
        (C_DYNAMIC, None, [context.build_c("gcc", c, "hello-dynamic", "-O2")]),
        (STANDALONE, None, [context.work("hello-standalone")]),
        (MODULE, None, [context.simple, module]),
        (SOURCE, None, [context.simple, source]),
        (CONTENT, None, [context.simple, "--cache=content", source]),
        ("`tcc -run hello.c`", "tcc", ["tcc", "-run", c]),
        ("LuaJIT", "luajit", ["luajit", context.peer("lua", "hello.lua")]),
        ("Go, built", "go", [context.work("hello-go")]),
        ("Go, `go run hello.go`", "go", ["go", "run", context.peer("go", "hello.go")]),
        ("`python3 hello.py`", None, [context.peers.path["python3"], context.peer("py", "hello.py")]),
        ("`python3 -S -E hello.py`", None, [context.peers.path["python3"], "-S", "-E", context.peer("py", "hello.py")]),
        ("`node hello.js`", "node", ["node", context.peer("js", "hello.js")]),
    ]
    if "go" in context.peers.path:
        context.build_go(context.peer("go", "hello.go"), "hello-go")
    return context.peers.available(rows)


def write_tree(folder, files):
    """Writes a program of several files; returns the path of main.simple in it."""
    os.makedirs(folder, exist_ok=True)
    for file, text in files.items():
        with open(os.path.join(folder, file), "w") as f:
            f.write(text)
    return os.path.join(folder, "main.simple")


def thousand_files():
    """1,000 modules of one function each and a main program that imports and calls them all."""
    files = {f"m{i}.simple": f"pub fn f(n: i64) -> i64:\n    return n + {i}\n" for i in range(1000)}
    files["main.simple"] = ("".join(f"use m{i}\n" for i in range(1000)) + "var s = 0\n"
                            + "".join(f"s += m{i}.f({i})\n" for i in range(1000)) + "println(s)\n")
    return files


def thousand_files_in_c():
    """The same in C. An executable does not know how many files it was made from, so it is one file here."""
    return ("#include <stdio.h>\n"
            + "".join(f"__attribute__((noinline, noclone)) long long f{i}(long long n) {{ return n + {i}; }}\n" for i in range(1000))
            + "int main(void) {\n    long long s = 0;\n" + "".join(f"    s += f{i}({i});\n" for i in range(1000))
            + '    printf("%lld\\n", s);\n    return 0;\n}\n')


def idle(functions):
    """A program with about 450 bytes of code per function. It prints a line, and calls them only if it gets arguments."""
    text = "".join(
        f"fn f{i}(n: i64) -> i64:\n    var s = n\n"
        + "".join(f"    for i in 0..n:\n        if i % {k + 2} == {i % 7}: s += i * {k + i}\n        else: s -= {k}\n" for k in range(3))
        + "    return s\n" for i in range(functions))
    return (text + "if len(args()) > 0:\n    var t = 0\n" + "".join(f"    t += f{i}(t)\n" for i in range(functions))
            + '    println(t)\nprintln("ready")\n')


# MARK: A chain: modules of equal functions, each calling the one before; in five languages.
# In templates: i module, j function, p module before, a first value, m modulus, b calls of all functions.

FUNCTION = {
    "simple": "pub fn f{j}(n: i64) -> i64:\n    var s = {a}\n    for i in 0..n:\n        if i % {m} == 0: s += i * {j}\n"
              "        else: s -= 1\n    while s > 1000: s = s / 2\n    return s\n",
    "c": "long long m{i}_f{j}(long long n) {{\n    long long s = {a};\n    for (long long i = 0; i < n; i++)\n"
         "        if (i % {m} == 0) s += i * {j};\n        else s -= 1;\n    while (s > 1000) s = s / 2;\n    return s;\n}}\n",
    "go": "func m{i}_f{j}(n int) int {{\n    s := {a}\n    for i := 0; i < n; i++ {{\n        if i%{m} == 0 {{ s += i * {j}\n"
          "        }} else {{ s -= 1 }}\n    }}\n    for s > 1000 {{ s = s / 2 }}\n    return s\n}}\n",
    "js": "function f{j}(n) {{\n    let s = {a};\n    for (let i = 0; i < n; i++)\n        if (i % {m} === 0) s += i * {j};\n"
          "        else s -= 1;\n    while (s > 1000) s = Math.trunc(s / 2);\n    return s;\n}}\n",
    "py": "def f{j}(n):\n    s = {a}\n    for i in range(n):\n        if i % {m} == 0: s += i * {j}\n        else: s -= 1\n"
          "    while s > 1000: s = s // 2\n    return s\n",
}
IMPORT = {"simple": "use m{p}\n", "c": "long long m{p}_run(long long);\n", "go": "", "js": 'const m{p} = require("./m{p}.js");\n', "py": "import m{p}\n"}
CALL = {"simple": "f{j}(n)", "c": "m{i}_f{j}(n)", "go": "m{i}_f{j}(n)", "js": "f{j}(n)", "py": "f{j}(n)"}
CALL_BEFORE = {"simple": "m{p}.run(n) + ", "c": "m{p}_run(n) + ", "go": "m{p}_run(n) + ", "js": "m{p}.run(n) + ", "py": "m{p}.run(n) + "}
RUN = {
    "simple": "pub fn run(n: i64) -> i64: return {b}\n", "c": "long long m{i}_run(long long n) {{ return {b}; }}\n",
    "go": "func m{i}_run(n int) int {{ return {b} }}\n", "js": "exports.run = function (n) {{ return {b}; }};\n",
    "py": "def run(n):\n    return {b}\n",
}
START = {"simple": "", "c": "", "go": "package main\n\n", "js": "", "py": ""}
MAIN = {
    "simple": "use m{i}\nprintln(m{i}.run(10))\n",
    "c": '#include <stdio.h>\nlong long m{i}_run(long long);\nint main(void) {{ printf("%lld\\n", m{i}_run(10)); return 0; }}\n',
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {{ fmt.Println(m{i}_run(10)) }}\n',
    "js": 'console.log(require("./m{i}.js").run(10));\n',
    "py": "import m{i}\nprint(m{i}.run(10))\n",
}


def chain_module(language, i, functions, edited=0):
    """Module i of a chain; `edited` changes the body of one function."""
    text = START[language] + (IMPORT[language].format(p=i - 1) if i else "")
    for j in range(functions):
        text += FUNCTION[language].format(i=i, j=j, a=i % 50 + (edited if j == 3 else 0), m=j + 2)
    calls = " + ".join(CALL[language].format(i=i, j=j) for j in range(functions))
    return text + RUN[language].format(i=i, b=(CALL_BEFORE[language].format(p=i - 1) if i else "") + calls)


def chain(language, modules, functions):
    """A whole chain: file -> text."""
    files = {f"m{i}.{language}": chain_module(language, i, functions) for i in range(modules)}
    files[f"main.{language}"] = MAIN[language].format(i=modules - 1)
    return files

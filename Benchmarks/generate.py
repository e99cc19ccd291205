#!/usr/bin/env python3
"""Writes a realistic module of about N lines in Simple, or the equal program in C.

    generate.py simple|c LINES [SEED]  > FILE

Both have the same functions in the same order, do the same arithmetic and print the same sum.
The module is a sequence of units; each unit has a struct with methods, functions over arrays, texts
and floats, a branching classifier, a search that may fail, and a function that calls them all and
the unit before it. Constants, field counts and lengths of bodies vary from unit to unit by a seeded
generator, so no two units have the same code.
"""
import random
import sys

C_HEAD = r'''#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef long long i64;
typedef struct { i64 *at; i64 len, room; } Array;
static void push(Array *a, i64 v) {
    if (a->len == a->room) {
        a->room = a->room ? a->room * 2 : 4;
        a->at = realloc(a->at, a->room * sizeof(i64));
    }
    a->at[a->len++] = v;
}
static char *text(const char *form, const char *name, i64 a, i64 b) {
    char *s = malloc(80);
    snprintf(s, 80, form, name, a, b);
    return s;
}
typedef struct { int some; i64 value; } Option;
'''


def unit(k, r):
    """The k-th unit, as (Simple text, C text)."""
    s, c = [], []
    n = r.randint
    fields = [f"f{i}" for i in range(n(2, 5))]
    # A struct with two methods.
    s.append(f"# Unit {k}: a record of {len(fields)} numbers.\nmut struct Record{k}:\n    weight: f64\n"
             + "".join(f"    {f}: i64\n" for f in fields)
             + f"\n    fn total(self) -> i64:\n        return " + " + ".join(f"self.{f}" for f in fields)
             + f"\n\n    fn scale(mut self, by: i64):\n"
             + "".join(f"        self.{f} = self.{f} * by % {n(500, 9999)}\n" for f in fields[:-1])
             + f"        self.weight += {n(1, 9)}.5")
    moduli = [line.rsplit(" ", 1)[1] for line in s[0].splitlines() if "* by %" in line]
    weight = s[0].rsplit(" ", 1)[1]
    c.append(f"/* Unit {k}: a record of {len(fields)} numbers. */\ntypedef struct {{\n    double weight;\n"
             + "".join(f"    i64 {f};\n" for f in fields) + f"}} Record{k};\n\n"
             + f"static i64 Record{k}_total(Record{k} self) {{\n    return "
             + " + ".join(f"self.{f}" for f in fields) + f";\n}}\n\nstatic void Record{k}_scale(Record{k} *self, i64 by) {{\n"
             + "".join(f"    self->{f} = self->{f} * by % {m};\n" for f, m in zip(fields, moduli))
             + f"    self->weight += {weight};\n}}")
    # Filling an array.
    a, b, m = n(3, 99), n(1, 999), n(100, 9999)
    s.append(f"fn fill{k}(count: i64) -> [i64]:\n    var xs: [i64] = []\n    var x = {a}\n    var i = 0\n"
             f"    while i < count:\n        x = (x * {a} + {b}) % {m}\n        xs.push(x)\n        i += 1\n    return xs")
    c.append(f"static Array fill{k}(i64 count) {{\n    Array xs = {{0, 0, 0}};\n    i64 x = {a};\n    i64 i = 0;\n"
             f"    while (i < count) {{\n        x = (x * {a} + {b}) % {m};\n        push(&xs, x);\n        i += 1;\n    }}\n    return xs;\n}}")
    # Summing it with conditions.
    a, b, d = n(2, 9), n(2, 9), n(10, 999)
    s.append(f"fn sum{k}(xs: [i64], limit: i64) -> i64:\n    var total = 0\n    for i in 0..len(xs):\n"
             f"        if xs[i] > limit and i % {a} != 1:\n            total += xs[i] * {b}\n"
             f"        elif xs[i] % {a} == 0:\n            total -= {d}\n        else:\n            total += i\n    return total")
    c.append(f"static i64 sum{k}(Array xs, i64 limit) {{\n    i64 total = 0;\n    for (i64 i = 0; i < xs.len; i++) {{\n"
             f"        if (xs.at[i] > limit && i % {a} != 1)\n            total += xs.at[i] * {b};\n"
             f"        else if (xs.at[i] % {a} == 0)\n            total -= {d};\n        else\n            total += i;\n    }}\n    return total;\n}}")
    # Sorting by insertion.
    op = r.choice("<>")
    s.append(f"fn arrange{k}(xs: [i64]):\n    for i in 1..len(xs):\n        let x = xs[i]\n        var j = i - 1\n"
             f"        while j >= 0 and x {op} xs[j]:\n            xs[j + 1] = xs[j]\n            j -= 1\n        xs[j + 1] = x")
    c.append(f"static void arrange{k}(Array xs) {{\n    for (i64 i = 1; i < xs.len; i++) {{\n        i64 x = xs.at[i];\n        i64 j = i - 1;\n"
             f"        while (j >= 0 && x {op} xs.at[j]) {{\n            xs.at[j + 1] = xs.at[j];\n            j -= 1;\n        }}\n        xs.at[j + 1] = x;\n    }}\n}}")
    # A chain of arithmetic with many locals.
    steps = n(3, 9)
    names, sl, cl = ["a", "b"], [], []
    for i in range(steps):
        e = f"({names[-1]} * {n(2, 60)} {r.choice('+-')} {r.choice(names)} {r.choice('+-')} {n(1, 99)}) % {n(100, 9999)}"
        sl.append(f"    let t{i} = {e}\n")
        cl.append(f"    i64 t{i} = {e};\n")
        names.append(f"t{i}")
    last = " + ".join(names[-3:])
    s.append(f"fn chain{k}(a: i64, b: i64) -> i64:\n" + "".join(sl) + f"    return {last}")
    c.append(f"static i64 chain{k}(i64 a, i64 b) {{\n" + "".join(cl) + f"    return {last};\n}}")
    # Floating point.
    p, q = n(1, 9), n(2, 5)
    s.append(f"fn settle{k}(start: f64, steps: i64) -> f64:\n    var x = start\n    var y = {p}.25\n    for s in 0..steps:\n"
             f"        let t = x * 0.5 + y * 0.25\n        y = y - t / {q}.0\n        x = t\n"
             f"        if x > y and s % {q} == 0:\n            x += 1.0\n    return x + y")
    c.append(f"static double settle{k}(double start, i64 steps) {{\n    double x = start;\n    double y = {p}.25;\n    for (i64 s = 0; s < steps; s++) {{\n"
             f"        double t = x * 0.5 + y * 0.25;\n        y = y - t / {q}.0;\n        x = t;\n"
             f"        if (x > y && s % {q} == 0)\n            x += 1.0;\n    }}\n    return x + y;\n}}")
    # A text made from parts.
    w = r.choice(["item", "order", "reader", "parcel", "window"])
    s.append(f"fn label{k}(name: str, count: i64) -> str:\n    if count == 0:\n        return \"no \" + name\n"
             f"    let half = count / 2\n    return \"{w} {{name}}: {{count}} ({{half}} at most)\"")
    c.append(f"static char *label{k}(const char *name, i64 count) {{\n    if (count == 0)\n        return text(\"no %s\", name, 0, 0);\n"
             f"    i64 half = count / 2;\n    return text(\"{w} %s: %lld (%lld at most)\", name, count, half);\n}}")
    # Classification by match.
    cases = n(3, 7)
    top = [n(1, 99) for _ in range(cases)]
    s.append(f"fn classify{k}(x: i64) -> i64:\n    match x % {cases + 2}:\n"
             + "".join(f"        {i}: return {v}\n" for i, v in enumerate(top)) + f"        _: return chain{k}(x, {top[0]})")
    c.append(f"static i64 classify{k}(i64 x) {{\n    switch (x % {cases + 2}) {{\n"
             + "".join(f"    case {i}: return {v};\n" for i, v in enumerate(top)) + f"    default: return chain{k}(x, {top[0]});\n    }}\n}}")
    # A search that may fail.
    s.append(f"fn search{k}(xs: [i64], wanted: i64) -> i64?:\n    for i in 0..len(xs):\n        if xs[i] == wanted:\n"
             f"            return Some(i)\n    return None")
    c.append(f"static Option search{k}(Array xs, i64 wanted) {{\n    for (i64 i = 0; i < xs.len; i++)\n        if (xs.at[i] == wanted)\n"
             f"            return (Option){{1, i}};\n    return (Option){{0, 0}};\n}}")
    # All together.
    size, key = n(5, 20), n(1, 99)
    before = f"chain{k - 1}" if k else f"chain{k}"
    s.append(f"fn run{k}() -> i64:\n    let xs = fill{k}({size})\n    arrange{k}(xs)\n"
             f"    var p = Record{k}({n(1, 9)}.0, " + ", ".join(str(i + 1) for i in range(len(fields))) + ")\n"
             f"    p.scale({key})\n    let name = label{k}(\"unit{k}\", len(xs))\n"
             f"    var result = sum{k}(xs, {key}) + p.total() + len(name)\n"
             f"    result += classify{k}({key}) + {before}(result % 1000, {key})\n"
             f"    if settle{k}({key}.0, 8) > p.weight: result += 1\n    return result + (search{k}(xs, xs[2]) ?? -1)")
    w0 = s[-1].split(f"Record{k}(")[1].split(",")[0]
    c.append(f"static i64 run{k}(void) {{\n    Array xs = fill{k}({size});\n    arrange{k}(xs);\n"
             f"    Record{k} p = {{{w0}, " + ", ".join(str(i + 1) for i in range(len(fields))) + "};\n"
             f"    Record{k}_scale(&p, {key});\n    char *name = label{k}(\"unit{k}\", xs.len);\n"
             f"    i64 result = sum{k}(xs, {key}) + Record{k}_total(p) + (i64)strlen(name);\n"
             f"    result += classify{k}({key}) + {before}(result % 1000, {key});\n"
             f"    if (settle{k}({key}.0, 8) > p.weight) result += 1;\n    Option found = search{k}(xs, xs.at[2]);\n"
             f"    return result + (found.some ? found.value : -1);\n}}")
    return "\n\n".join(s), "\n\n".join(c)


def module(lines, seed=1):
    """A module of about `lines` lines, as (Simple text, C text). The Simple text decides the length."""
    r = random.Random(seed)
    simple, c, count = [], [], 0
    while count < lines - 5:
        texts = unit(len(simple), r)
        simple.append(texts[0])
        c.append(texts[1])
        count += texts[0].count("\n") + 3
    calls = range(len(simple))
    return ("\n\n".join(simple) + "\n\nvar total = 0\n" + "".join(f"total += run{k}()\n" for k in calls) + "println(total)\n",
            C_HEAD + "\n" + "\n\n".join(c) + "\n\nint main(void) {\n    i64 total = 0;\n"
            + "".join(f"    total += run{k}();\n" for k in calls) + "    printf(\"%lld\\n\", total);\n    return 0;\n}\n")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("simple", "c"):
        sys.exit(__doc__)
    texts = module(int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    sys.stdout.write(texts[sys.argv[1] == "c"])

"""Speed of the code."""
from ..measure import Failure, low, middle
from ..report import Section, geometric_mean

# Name, argument (0.1-0.5 s with gcc -O2), smaller argument, argument for Python (about a second).
KERNELS = [("fib", 38, 27, 30), ("sieve", 20000000, 1000000, 3000000), ("nbody", 2000000, 50000, 100000), ("spectral", 1000, 100, 250),
           ("fannkuch", 10, 8, 8), ("mandel", 1000, 200, 300), ("matmul", 512, 100, 200), ("qsort", 5000000, 100000, 400000),
           ("mix", 200000, 5000, 6000)]
# The same work on other numbers, since LuaJIT has no 64-bit integers without boxes: the checksum differs.
OTHER_INPUT = {("LuaJIT", "qsort"), ("LuaJIT", "mix")}
GCC, SCALAR, SIMPLE, PYTHON = "gcc -O2", "gcc -O2, scalar", "Simple", "Python"


def prepare(context):
    for name, *_ in KERNELS:
        source = context.peer("c", name + ".c")
        context.build_c("gcc", source, name + "-O2", "-O2")
        context.build_c("gcc", source, name + "-scalar", "-O2", "-fno-tree-vectorize")
        context.build_c("gcc", source, name + "-O0", "-O0")
        if "tcc" in context.peers.path:
            context.build_c("tcc", source, name + "-tcc")
        context.build_simple(context.workload(name), name + ".smf")
    if "go" in context.peers.path:
        context.build_go(context.peer("go", "kern.go"), "go-kernels")


def commands(context, name, n):
    return context.peers.available([
        (GCC, None, [context.work(name + "-O2"), n]), (SCALAR, None, [context.work(name + "-scalar"), n]),
        ("gcc -O0", None, [context.work(name + "-O0"), n]), ("tcc", "tcc", [context.work(name + "-tcc"), n]),
        ("Go", "go", [context.work("go-kernels"), name, n]),
        ("LuaJIT", "luajit", ["luajit", context.peer("lua", "kern.lua"), name, n]),
        ("node", "node", ["node", context.peer("js", "kern.js"), name, n]),
        (SIMPLE, None, [context.simple, context.work(name + ".smf"), n]),
    ])


def compare(context, name, n, contenders, rounds):
    """Samples of all contenders; fails if a checksum is wrong."""
    sums = {}
    samples = context.measurer.alternate(
        contenders, rounds, after=lambda tool, _: sums.setdefault(tool, context.measurer.output().strip()))
    for tool, text in sums.items():
        if text != sums[GCC] and (tool, name) not in OTHER_INPUT:
            raise Failure(f"{name} {n}: {tool} printed {text}, gcc -O2 {sums[GCC]}")
    return samples


def measure(context):
    section = Section("Speed of the code")
    rounds = context.rounds(5, 1)
    prepare(context)
    rows, ratios, to_faster = [], {}, {}
    for name, full, small, _ in KERNELS:
        n = str(context.rounds(full, small))
        contenders, left_out = commands(context, name, n)
        samples = compare(context, name, n, contenders, rounds)
        best = {tool: low(s, "cpu") for tool, s in samples.items()}
        for tool in best:
            ratios.setdefault(tool, []).append(best[tool] / best[GCC])
            to_faster.setdefault(tool, []).append(best[tool] / min(best[GCC], best[SCALAR]))
        rows.append([f"{name} {n}"] + [f"{best[t] / 1000:.0f}" + ("" if t == GCC else f" ({ratios[t][-1]:.2f})") for t in best]
                    + [f"{middle(samples[SIMPLE], 'cpu') / middle(samples[GCC], 'cpu'):.2f}"])
    rows.append(["**geometric mean**"] + [f"**{geometric_mean(r):.2f}**" for r in ratios.values()] + [""])
    rows.append(["geometric mean to the faster gcc"] + [f"{geometric_mean(r):.2f}" for r in to_faster.values()] + [""])
    section.say(f"CPU milliseconds of the whole process, minimum of {rounds} alternating rounds; in brackets the ratio to gcc -O2; the last "
                "column is the ratio of medians. All checks on in Simple and Go, none in C. Checksums agree (LuaJIT's qsort and mix do the "
                "same work on other numbers). \"scalar\" is gcc -O2 -fno-tree-vectorize: gcc's vectors make its nbody half as fast.")
    section.table(["kernel"] + list(ratios) + ["Simple, medians"], rows)
    section.skipped(left_out)
    section.goal("geometric mean of Simple to gcc -O2", geometric_mean(ratios[SIMPLE]), 2, "times")
    python(context, section)
    return section


def python(context, section):
    """A table of its own: at the sizes above Python would take up to half a minute."""
    rows, ratios = [], {PYTHON: [], SIMPLE: []}
    for name, _, small, medium in KERNELS:
        n = str(context.rounds(medium, small // 4 if name != "fib" and name != "fannkuch" else small - 2))
        every, _ = commands(context, name, n)
        contenders = {GCC: every[GCC], SIMPLE: every[SIMPLE], PYTHON: [context.peers.path["python3"], context.peer("py", "kern.py"), name, n]}
        best = {tool: low(s, "cpu") for tool, s in compare(context, name, n, contenders, 1).items()}
        for tool in ratios:
            ratios[tool].append(best[tool] / best[GCC])
        rows.append([f"{name} {n}"] + [f"{best[t] / 1000:.1f}" + ("" if t == GCC else f" ({best[t] / best[GCC]:.1f})") for t in (GCC, SIMPLE, PYTHON)])
    rows.append(["**geometric mean**", ""] + [f"**{geometric_mean(ratios[t]):.1f}**" for t in (SIMPLE, PYTHON)])
    section.say("Python takes far longer, so its sizes are smaller and all run once; starting the process is a part of the others' few "
                "milliseconds:")
    section.table(["kernel", GCC, SIMPLE, PYTHON], rows)

"""The collector: a program that makes garbage."""
from ..measure import low, middle, peak
from ..report import Section, milliseconds


def commands(context, n):
    """The workload for every peer that is there: (name -> command, what was left out)."""
    module = context.build_simple(context.workload("garbage"), "garbage.smf")
    c = context.build_c("gcc", context.peer("c", "garbage.c"), "garbage-c", "-O2")
    if "go" in context.peers.path:
        context.build_go(context.peer("go", "kern.go"), "go-kernels")
    return context.peers.available([
        ("Simple", None, [context.simple, module, n]), ("C, malloc and free", None, [c, n]),
        ("Go", "go", [context.work("go-kernels"), "garbage", n]),
        ("LuaJIT", "luajit", ["luajit", context.peer("lua", "kern.lua"), "garbage", n]),
        ("node", "node", ["node", context.peer("js", "kern.js"), "garbage", n]),
    ])


def measure(context):
    section = Section("Garbage")
    rounds, n = context.rounds(5, 1), context.rounds("20000000", "1000000")
    contenders, left_out = commands(context, n)
    context.measurer.agree(contenders)
    samples = context.measurer.alternate(contenders, rounds)
    section.say(f"`garbage.simple {n}`: that many rounds, each allocating an array of eight numbers and a short text, about 150 bytes; "
                f"{rounds} alternating rounds. CPU time includes threads of collectors; wall time is what a user sees.")
    section.table(["program", "CPU ms minimum", "CPU ms median", "wall ms minimum", "wall ms median", "peak KiB"],
                  [(name, milliseconds(low(s, "cpu")), milliseconds(middle(s, "cpu")), milliseconds(low(s, "wall")),
                    milliseconds(middle(s, "wall")), f"{peak(s):,}") for name, s in samples.items()])
    section.skipped(left_out)
    return section

"""Peak memory: the compiler, hello world, garbage."""
import generate
from ..measure import peak
from ..programs import hello
from ..report import Section
from .garbage import commands


def measure(context):
    section = Section("Memory")
    rounds = context.rounds(3, 1)
    section.say(f"Peak resident memory in KiB, the largest of {rounds} runs; pages of libraries and mapped images that were touched count.")
    simple_file, c_file = context.work("memory.simple"), context.work("memory.c")
    length = context.rounds(100000, 10000)
    texts = generate.module(length)
    for path, text in ((simple_file, texts[0]), (c_file, texts[1])):
        with open(path, "w") as f:
            f.write(text)
    build = [context.simplec, "build", simple_file, "-o", context.work("memory.smf")]
    contenders, left_out = context.peers.available([
        ("`simplec build`", None, build), ("`simplec build --no-optimize`", None, build + ["--no-optimize"]),
        ("`tcc -c`", "tcc", ["tcc", "-w", "-c", c_file, "-o", context.work("memory.o")]),
        ("`gcc -O0 -c`", None, ["gcc", "-O0", "-w", "-c", c_file, "-o", context.work("memory.o")]),
    ])
    samples = context.measurer.alternate(contenders, rounds, every={"`gcc -O0 -c`": rounds})
    lines = {name: texts["simplec" not in name].count("\n") for name in contenders}
    section.say(f"**Compilers**, a module of {length:,} lines:")
    section.table(["compiler", "lines", "peak KiB", "KiB for each 100,000 lines"],
                  [(name, f"{lines[name]:,}", f"{peak(s):,}", f"{peak(s) / lines[name] * 1e5:,.0f}") for name, s in samples.items()])
    section.skipped(left_out)
    contenders, left_out = hello(context)
    for command in contenders.values():
        context.measurer.sample(command)
    samples = context.measurer.alternate(contenders, rounds)
    section.say("**Hello world** (`go run` has the Go tool in it):")
    section.table(["program", "peak KiB"], [(name, f"{peak(s):,}") for name, s in samples.items()])
    section.skipped(left_out)
    n = context.rounds("20000000", "1000000")
    contenders, left_out = commands(context, n)
    samples = context.measurer.alternate(contenders, 1)
    section.say(f"**Garbage**, {int(n):,} rounds of 150 bytes (at most 1,000 arrays live):")
    section.table(["program", "peak KiB"], [(name, f"{peak(s):,}") for name, s in samples.items()])
    section.skipped(left_out)
    return section

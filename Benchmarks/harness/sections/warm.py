"""Warm start: unchanged programs, and hello world for every peer."""
import os, time
from ..measure import low, middle
from ..programs import (C_DYNAMIC, CONTENT, MODULE, SOURCE, STANDALONE, hello, thousand_files, thousand_files_in_c, write_tree)
from ..report import Section

THOUSAND, THOUSAND_C, THOUSAND_STAT = "1,000 files, `simple main.simple`", "1,000 files, C", "C: `stat` of 1,000 files"
# Contenders that take long run only in each k-th round.
EVERY = {"Go, `go run hello.go`": 50, "`node hello.js`": 10, "`python3 hello.py`": 5, "`python3 -S -E hello.py`": 5}


def measure(context):
    section = Section("Warm start")
    rounds = context.rounds(1000, 25)
    contenders, left_out = hello(context)
    context.measurer.agree({name: command for name, command in contenders.items() if "nothing" not in name})
    main = write_tree(context.work("thousand"), thousand_files())
    with open(context.work("thousand.c"), "w") as f:
        f.write(thousand_files_in_c())
    thousand = {THOUSAND: [context.simple, main],
                THOUSAND_C: [context.build_c("gcc", context.work("thousand.c"), "thousand-c", "-O2")]}
    context.measurer.agree(thousand)
    contenders.update(thousand)
    contenders[THOUSAND_STAT] = [context.build_c("gcc", context.peer("c", "stat.c"), "stat", "-O2"), os.path.dirname(main), "1000"]
    # The first run compiles; the next finds time stamps old enough to be believed, and remembers so.
    for _ in range(2):
        for command in contenders.values():
            context.measurer.sample(command)
        time.sleep(2.1)
    samples = context.measurer.alternate(contenders, rounds, every=EVERY)
    least, median = low(samples[C_DYNAMIC], "wall"), middle(samples[C_DYNAMIC], "wall")
    section.say(f"Unchanged programs; microseconds from fork to end, {rounds} alternating rounds (fewer for the slowest peers). "
                "Differences and ratios are to C hello, dynamic, gcc -O2.")
    section.table(
        ["program", "minimum", "median", "minimum over C", "median over C", "median, ratio", "CPU minimum", "runs"],
        [(name, f"{low(s, 'wall'):,.0f}", f"{middle(s, 'wall'):,.0f}", f"{low(s, 'wall') - least:+,.0f}",
          f"{middle(s, 'wall') - median:+,.0f}", f"{middle(s, 'wall') / median:.2f}", f"{low(s, 'cpu'):,.0f}", len(s))
         for name, s in samples.items()])
    section.skipped(left_out)
    over = lambda name, base: middle(samples[name], "wall") - middle(samples[base], "wall")
    section.goal("`simple hello.simple` over C, median", over(SOURCE, C_DYNAMIC), 1000, "µs")
    section.goal("the same; the aim beyond the goal", over(SOURCE, C_DYNAMIC), 200, "µs")
    section.goal("1,000 files over the same program in C, median", over(THOUSAND, THOUSAND_C), 3000, "µs")
    section.goal("`simple hello.smf` over C, median", over(MODULE, C_DYNAMIC), 1000, "µs")
    section.goal("standalone hello to `simple hello.smf`, medians", middle(samples[STANDALONE], "wall") / middle(samples[MODULE], "wall"), 1.05, "times")
    return section

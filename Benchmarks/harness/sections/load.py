"""Load time of small and large images, inside the process."""
import os, statistics, time
from ..context import HERE
from ..measure import Failure, low, middle, run
from ..programs import idle, write_tree
from ..report import Section

# Functions of the generated programs: images of about 10 KB, 1 MB, 20 MB.
SIZES = (10, 2000, 40000)
FLOOR = "C, `write` alone"


def measure(context):
    section = Section("Loading an image")
    rounds = context.rounds(500, 10)
    run("gcc", "-O2", "-shared", "-fPIC", "-o", context.work("loadtime.so"), os.path.join(HERE, "loadtime.c"))
    plain, sizes = {FLOOR: [context.build_c("gcc", context.peer("c", "write.c"), "write", "-O2")]}, {}
    for functions in SIZES:
        source = write_tree(context.work(f"idle{functions}"), {"main.simple": idle(functions)})
        module = context.build_simple(source, f"idle{functions}.smf")
        size = os.path.getsize(module)
        sizes[functions] = size
        plain[cached_name(size)] = [context.simple, source]
        plain[whole_name(size)] = [context.simple, module]
    for _ in range(2):
        for command in plain.values():
            context.measurer.sample(command)
        time.sleep(2.1)
    # In turn with the timer (for times in the process) and without (for times of the whole process).
    log = context.work("loadtime.log")
    timed = {name: ["env", f"LD_PRELOAD={context.work('loadtime.so')}", f"LOADTIME={log}"] + command for name, command in plain.items()}
    parts = {name: [] for name in plain}

    def forget(_name, _round):
        if os.path.exists(log):
            os.remove(log)

    def keep(name, _sample):
        lines = open(log).read().split("\n") if os.path.exists(log) else []
        if len(lines) != 2:
            raise Failure(f"{name}: the timer wrote {len(lines)} lines: was it not preloaded, or was there no output?")
        parts[name].append(tuple(map(float, lines[0].split())))

    context.measurer.alternate(timed, rounds, forget, keep)
    whole = context.measurer.alternate(plain, rounds)
    section.say(
        f"{rounds} alternating rounds, microseconds. In the process: a small library that is preloaded (`loadtime.c`) takes the "
        "time when dynamic linking is done, right before `main`; when the file of the image is opened; when it is closed, which is "
        "when it is loaded; and when the first line of output is written. So *lookup* is the start of the runtime and what asking the "
        "cache takes; *loading* is mapping, checks, protections, binding, registering; *running* is the program's first instructions with "
        "their page faults, its `println`, and the way to the exit, where output is written. From the cache an image that was validated before is only "
        "checked as to its layout; `simple FILE.smf` validates all bytes. Whole process: separate runs without the timer.")
    part = lambda name, which: statistics.median(p[which] for p in parts[name])
    section.table(
        ["image", "lookup, median", "loading, minimum", "loading, median", "running, median", "all in the process, median",
         "whole process, minimum", "whole process, median"],
        [(name, f"{part(name, 0):.0f}", f"{min(p[1] for p in parts[name]):,.0f}", f"{part(name, 1):,.0f}", f"{part(name, 2):.0f}",
          f"{statistics.median(sum(p) for p in parts[name]):,.0f}", f"{low(whole[name], 'wall'):,.0f}", f"{middle(whole[name], 'wall'):,.0f}")
         for name in plain])
    cached = [cached_name(size) for size in sizes.values()]
    for name in cached:
        section.goal(f"loading, {name}, median", part(name, 1), 50, "µs")
    section.goal("loading the largest over the smallest, from the cache, median", part(cached[-1], 1) - part(cached[0], 1), 10, "µs")
    return section


def readable(size):
    return f"{size / 1024:,.0f} KiB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MiB"


def cached_name(size):
    return f"{readable(size)}, from the cache"


def whole_name(size):
    return f"{readable(size)}, `simple FILE.smf`"

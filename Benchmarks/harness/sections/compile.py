"""Speed and memory of the compiler."""
import os, re
import generate
from ..measure import Failure, low, middle, peak
from ..report import Section, milliseconds

# The lines of `--time`: a stage, time that passed, CPU time.
STAGE = re.compile(r"^(\w+)\s+([\d.]+) ms\s+([\d.]+) ms CPU", re.M)
WHOLE, TIMED, PLAIN = "`simplec`", "`simplec --time`", "`simplec --time`, no passes"


def measure(context):
    """Pins this process, and so its children, to a core: a `taskset` for each would count as theirs."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    os.environ["SIMPLE_CACHE"] = "off"
    try:
        return measure_pinned(context)
    finally:
        del os.environ["SIMPLE_CACHE"]
        os.sched_setaffinity(0, cores)


def measure_pinned(context):
    section = Section("Speed of the compiler")
    section.say("Source to image, generated modules (`generate.py`), one process pinned to one core. Lines per second are of CPU time "
                "(user + system, minimum of the rounds), so that other load on the machine counts less. *In the process* is the total of "
                "`--time`: the stages alone, without the start of a process and reading the command line (options cost more than none).")
    rows, stages, speeds = [], {}, []
    for lines in context.rounds((1000, 10000, 100000), (1000, 10000)):
        rounds = context.rounds({1000: 40, 10000: 20, 100000: 7}[lines], 3)
        simple_file, c_file = context.work(f"g{lines}.simple"), context.work(f"g{lines}.c")
        texts = generate.module(lines)
        for path, text in ((simple_file, texts[0]), (c_file, texts[1])):
            with open(path, "w") as f:
                f.write(text)
        check_equal(context, simple_file, c_file)
        def build(*options):
            return [context.simplec, "build", *options, simple_file, "-o", context.work("g.smf")]

        contenders, left_out = context.peers.available([
            (WHOLE, None, build()), (TIMED, None, build("--time")), (PLAIN, None, build("--time", "--no-optimize")),
            ("`tcc -c`", "tcc", ["tcc", "-w", "-c", c_file, "-o", context.work("g.o")]),
            ("`gcc -O0 -c`", None, ["gcc", "-O0", "-w", "-c", c_file, "-o", context.work("g.o")]),
        ])
        times = {TIMED: [], PLAIN: []}

        def keep(name, _sample):
            if name in times:
                times[name].append({stage: (float(wall), float(cpu)) for stage, wall, cpu in STAGE.findall(context.measurer.errors())})
                if "total" not in times[name][-1]:
                    raise Failure(f"no total in the output of --time:\n{context.measurer.errors()}")

        samples = context.measurer.alternate(contenders, rounds, after=keep, every={"`gcc -O0 -c`": rounds})
        for name, s in samples.items():
            count = texts["c`" in name.split()[-1] and "simplec" not in name].count("\n")
            inside = min(t["total"][1] for t in times[name]) if name in times else None
            rows.append((name, f"{count:,}", milliseconds(low(s, "cpu")), milliseconds(middle(s, "cpu")), milliseconds(low(s, "wall")),
                         f"{count / low(s, 'cpu') * 1e6:,.0f}", f"{inside:.2f}" if inside else "", f"{count / inside * 1e3:,.0f}" if inside else "",
                         f"{peak(s):,}"))
            if name == WHOLE:
                speeds.append((f"whole process, {lines:,} lines", count / low(s, "cpu") * 1e6))
                memory = peak(s) / count * 1e5 / 1024
            if name == TIMED:
                speeds.append((f"in the process, {lines:,} lines", count / inside * 1e3))
                stages[lines] = {stage: min(t[stage][1] for t in times[name]) for stage in times[name][0]}
    section.table(["compiler", "lines", "CPU ms minimum", "CPU ms median", "wall ms minimum", "lines/s",
                   "in the process, CPU ms minimum", "lines/s in the process", "peak KiB"], rows)
    section.skipped(left_out)
    section.say("CPU milliseconds of each stage of `simplec` (`--time`; minimum of the rounds; the total is the minimum of totals):")
    names = list(stages[1000])
    section.table(["lines"] + names, [[f"{n:,}"] + [f"{t[k]:.2f}" for k in names] for n, t in stages.items()])
    for what, speed in speeds:
        section.goal(what, speed, 300000, "lines/s", at_least=True)
    section.say(f"Peak memory: {memory:.0f} MiB for each 100,000 lines.")
    return section


def check_equal(context, simple_file, c_file):
    """Fails unless the generated programs print the same."""
    context.measurer.agree({"Simple": [context.simple, context.build_simple(simple_file, "g.smf")],
                            "C": [context.build_c("tcc" if "tcc" in context.peers.path else "gcc", c_file, "g")]})

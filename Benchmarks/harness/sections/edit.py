"""From an edit to the first output."""
import os, time
import generate
from ..measure import low, middle
from ..programs import chain, chain_module, write_tree
from ..report import Section, milliseconds

MODULES, FUNCTIONS, CHANGED = 50, 14, 25
HEAD = ["command", "minimum", "median", "CPU minimum", "CPU median", "runs"]
ONE = "`simple FILE.simple`"


def rows(samples):
    return [(name, milliseconds(low(s, "first")), milliseconds(middle(s, "first")), milliseconds(low(s, "cpu")),
             milliseconds(middle(s, "cpu")), len(s)) for name, s in samples.items()]


def measure(context):
    section = Section("From an edit to the first output")
    section.say("Milliseconds from fork to the first byte of output.")
    one_file(context, section)
    one_of_fifty(context, section)
    return section


def one_file(context, section):
    rounds = context.rounds(60, 5)
    simple_file, c_file, binary = context.work("edited.simple"), context.work("edited.c"), context.work("edited")

    def change(_name, i):
        texts = generate.module(100, seed=i + 1)
        for path, text in ((simple_file, texts[0]), (c_file, texts[1])):
            with open(path, "w") as f:
                f.write(text)

    contenders, left_out = context.peers.available([
        (ONE, None, [context.simple, simple_file]),
        ("`tcc -run FILE.c`", "tcc", ["tcc", "-w", "-run", c_file]),
        ("`gcc -O0`, then run", None, ["sh", "-c", f"gcc -O0 -w {c_file} -o {binary} && {binary}"]),
    ])
    change("", 0)
    context.measurer.agree(contenders)
    samples = context.measurer.alternate(contenders, rounds, lambda name, i: change(name, i + 1))
    section.say(f"**A program of 100 lines**, another one each time, {rounds} alternating rounds:")
    section.table(HEAD, rows(samples))
    section.skipped(left_out)
    section.goal("a program of 100 lines, median", middle(samples[ONE], "first") / 1000, 15, "ms")


def one_of_fifty(context, section):
    rounds = context.rounds(40, 4)
    folder = {language: context.work("fifty-" + language) for language in ("simple", "c", "go", "js", "py")}
    # A folder each, so that neither finds what the other left.
    folder["off"] = context.work("fifty-off")
    language = {name: name for name in folder} | {"off": "simple"}
    for name, path in folder.items():
        write_tree(path, chain(language[name], MODULES, FUNCTIONS))

    # Go's cache outlives a run: no two runs may make the same edits.
    first = int(time.time()) % 1000000

    def change(_name, i):
        for name, path in folder.items():
            extension = language[name]
            write_tree(path, {f"m{CHANGED}.{extension}": chain_module(extension, CHANGED, FUNCTIONS, edited=first + i)})

    files = lambda extension: [os.path.join(folder[extension], f"m{i}.{extension}") for i in range(MODULES)]
    c_main, changed = os.path.join(folder["c"], "main.c"), os.path.join(folder["c"], f"m{CHANGED}")
    make = f"gcc -O0 -w -c {changed}.c -o {changed}.o && gcc {folder['c']}/*.o -o {folder['c']}/main && {folder['c']}/main"
    contenders, left_out = context.peers.available([
        ("`simple main.simple`", None, [context.simple, os.path.join(folder["simple"], "main.simple")]),
        ("`simple --cache=off main.simple`", None, [context.simple, "--cache=off", os.path.join(folder["off"], "main.simple")]),
        ("`tcc -run`, all files", "tcc", ["tcc", "-w"] + files("c") + ["-run", c_main]),
        ("`gcc -O0 -c` of the one, link, run", None, ["sh", "-c", make]),
        ("`go run`, one package", "go", ["go", "run"] + files("go") + [os.path.join(folder["go"], "main.go")]),
        ("`node main.js`", "node", ["node", os.path.join(folder["js"], "main.js")]),
        ("`python3 main.py`", None, [context.peers.path["python3"], os.path.join(folder["py"], "main.py")]),
    ])
    # The objects of the files that will not change.
    for source in files("c") + [c_main]:
        context.measurer.sample(["gcc", "-O0", "-w", "-c", source, "-o", source[:-2] + ".o"])
    context.measurer.agree(contenders)
    samples = context.measurer.alternate(contenders, rounds, change, every={"`go run`, one package": 4})
    lines = sum(text.count("\n") for text in chain("simple", MODULES, FUNCTIONS).values())
    section.say(f"**One module of {MODULES} changed**, {lines:,} lines in {MODULES + 1} files, {rounds} alternating rounds:")
    section.table(HEAD, rows(samples))
    section.skipped(left_out)

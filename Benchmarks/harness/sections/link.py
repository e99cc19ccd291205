"""Throughput of the linker: 1,000 object modules."""
import glob, hashlib, os, statistics
from concurrent.futures import ThreadPoolExecutor
from ..measure import Failure, low, middle, run
from ..programs import chain, chain_module, write_tree
from ..report import Section, milliseconds
from .compile import STAGE

FUNCTIONS = 10
LINKERS = {"ld.bfd": "GNU ld", "ld.gold": "gold", "ld.lld": "lld"}


def measure(context):
    section = Section("Linking")
    rounds, modules = context.rounds(15, 2), context.rounds(1000, 100)
    folder = context.work(f"link-simple-{modules}")
    main = write_tree(folder, chain("simple", modules, FUNCTIONS))
    size, count = object_bytes(context, main, modules)
    times = []

    def keep(_name, _sample):
        stage = {name: (float(wall), float(cpu)) for name, wall, cpu in STAGE.findall(context.measurer.errors())}
        if "link" not in stage:
            raise Failure(f"no link in the output of --time:\n{context.measurer.errors()}")
        times.append(stage["link"])

    image = context.work("link.smf")
    context.measurer.alternate({"": [context.simplec, "build", "--time", main, "-o", image]}, rounds, after=keep)
    wall, cpu = min(t[0] for t in times), min(t[1] for t in times)
    median = statistics.median(t[0] for t in times)
    rows = [("Simple, the stage alone", f"{count:,}", f"{size / 1e6:.2f}", f"{os.path.getsize(image) / 1e6:.2f}", f"{wall:.2f}",
             f"{median:.2f}", "", f"{cpu:.2f}", f"{size / 1e3 / wall:,.0f}", f"{count * 1000 / wall:,.0f}")]
    objects = c_objects(context, modules)
    size_c = sum(map(os.path.getsize, objects))
    contenders, left_out, starts = linkers(context, objects)
    expected = run(context.simple, image)
    samples = context.measurer.alternate(contenders, rounds)
    for name, command in contenders.items():
        context.measurer.sample(command)
        if run(context.work("linked")) != expected:
            raise Failure(f"{name}: the program that it linked prints something else")
    start = context.measurer.alternate(starts, rounds)
    for name, s in samples.items():
        least = low(s, "wall") / 1000
        rows.append((f"{name} (whole process)", f"{len(objects):,}", f"{size_c / 1e6:.2f}", f"{os.path.getsize(context.work('linked')) / 1e6:.2f}",
                     f"{least:.2f}", milliseconds(middle(s, "wall")), milliseconds(low(start[name], "wall")), milliseconds(low(s, "cpu")),
                     f"{size_c / 1e3 / least:,.0f}", f"{len(objects) * 1000 / least:,.0f}"))
    section.say(
        f"A program of {modules:,} modules of {FUNCTIONS} functions and its main module; the same in C, `gcc -O1 -c`; {rounds} rounds. "
        "Simple has no separate linker to start, so its row is the stage `link` of `simplec build --time`: object modules in memory, "
        "all of them checked, to the bytes of the image. The peers read and write files, which are in the page cache; what they take "
        "to start (`--version`) is beside it. MB/s are of object bytes and the minimum of wall time.")
    section.table(["linker", "objects", "MB in", "MB out", "ms minimum", "ms median", "start, ms", "CPU ms minimum", "MB/s", "objects/s"], rows)
    section.skipped(left_out)
    changed(context, section, main, folder, modules)
    return section


def object_bytes(context, main, modules):
    """Bytes and number of the program's object modules, as a first run leaves them in a cache of its own."""
    cache = context.work("link-cache")
    run("rm", "-rf", cache)
    run(context.simple, main, env=dict(os.environ, SIMPLE_CACHE_DIR=cache))
    files = [f for f in glob.glob(os.path.join(cache, "objects", "**"), recursive=True) if os.path.isfile(f)]
    if len(files) < modules:
        raise Failure(f"{len(files)} objects in the cache, {modules} expected")
    # 48 bytes at the end of each are the cache's own.
    return sum(os.path.getsize(f) - 48 for f in files), len(files)


def c_objects(context, modules):
    """The objects of the program in C; they are kept from run to run."""
    folder = context.work(f"link-c-{modules}")
    files = chain("c", modules, FUNCTIONS)
    stamp = hashlib.sha256(repr((sorted(files.items()), run("gcc", "--version"))).encode()).hexdigest()
    stamp_file = os.path.join(folder, "stamp")
    sources = [os.path.join(folder, name) for name in files]
    objects = [source[:-2] + ".o" for source in sources]
    if not os.path.exists(stamp_file) or open(stamp_file).read() != stamp:
        write_tree(folder, files)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda pair: run("gcc", "-O1", "-w", "-c", pair[0], "-o", pair[1]), zip(sources, objects)))
        with open(stamp_file, "w") as f:
            f.write(stamp)
    return objects


def linkers(context, objects):
    """Commands that link the objects to a dynamic executable, what was left out, and commands that only start the linker."""
    place = lambda name: run("gcc", "-print-file-name=" + name).strip()
    response = context.work("link-objects")
    with open(response, "w") as f:
        f.write("\n".join(objects))
    arguments = ["-o", context.work("linked"), "-dynamic-linker", "/lib64/ld-linux-x86-64.so.2", place("crt1.o"), place("crti.o"),
                 "@" + response, "-L" + os.path.dirname(place("libc.so")), "-lc", place("crtn.o")]
    commands, left_out = context.peers.available([(title, tool, [tool] + arguments) for tool, title in LINKERS.items()])
    return commands, left_out, {title: [command[0], "--version"] for title, command in commands.items()}


def changed(context, section, main, folder, modules):
    """One module of all changed: what the link costs a user who does not compile the others."""
    rounds = context.rounds(10, 2)
    half = modules // 2

    def change(_name, i):
        write_tree(folder, {f"m{half}.simple": chain_module("simple", half, FUNCTIONS, edited=i + 1)})

    name = "`simple main.simple`"
    context.measurer.sample([context.simple, main])
    samples = context.measurer.alternate({name: [context.simple, main]}, rounds, change)[name]
    section.say(f"The whole way: one module of the {modules:,} changed, objects of the others from the cache, all modules parsed and checked, "
                f"linked, run: {milliseconds(low(samples, 'first'))} ms to the first output (median {milliseconds(middle(samples, 'first'))}, "
                f"{rounds} rounds).")

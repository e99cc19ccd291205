"""Sizes of files."""
import os, shutil
from ..measure import run
from ..programs import hello
from ..report import Section


def measure(context):
    section = Section("Sizes")
    hello(context)
    nbody = context.build_simple(context.workload("nbody"), "nbody.smf")
    run(context.simplec, "build", "--standalone", "-s", context.work("hello.smf"), "-o", context.work("hello-small"))
    stub = os.path.join(os.path.dirname(context.simple), "simple-stub")
    files = [("simple", context.simple), ("simplec", context.simplec), ("simple-stub", stub),
             ("standalone hello", context.work("hello-standalone")), ("standalone hello, `-s`", context.work("hello-small")),
             ("C hello, static", context.work("hello-static")), ("C hello, dynamic", context.work("hello-dynamic"))]
    if "go" in context.peers.path:
        files.append(("Go hello", context.work("hello-go")))
    sizes = {name: (os.path.getsize(path), stripped(context, path)) for name, path in files}
    rows = [(name, f"{built:,}", f"{small:,}") for name, (built, small) in sizes.items()]
    rows += [(name, f"{os.path.getsize(path):,}", "") for name, path in (("hello.smf", context.work("hello.smf")), ("nbody.smf", nbody))]
    section.say("Bytes, as built and after `strip -s`.")
    section.table(["file", "as built", "stripped"], rows)
    section.goal("standalone hello, stripped", sizes["standalone hello"][1] / 1000, 200, "KB")
    section.goal("standalone hello, as built", sizes["standalone hello"][0] / 1000, 200, "KB")
    return section


def stripped(context, path):
    copy = context.work("stripped")
    shutil.copy(path, copy)
    run("strip", "-s", copy)
    return os.path.getsize(copy)

"""The sections, in the order of RESULTS.md: each module has measure(context) -> Section."""
from . import code, compile, edit, garbage, link, load, memory, size, warm

SECTIONS = {"warm": warm.measure, "load": load.measure, "edit": edit.measure, "compile": compile.measure, "link": link.measure,
            "code": code.measure, "garbage": garbage.measure, "size": size.measure, "memory": memory.measure}

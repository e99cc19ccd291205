"""The machine: what it is, and how busy it is with other things."""
import os, platform, sys, time

HIGHEST_LOAD = 0.7
# Seconds: before one section, and before all of them.
LONGEST_WAIT, LONGEST_WAITS = 60, 180
# Share of all cores' time that counts as idle, and for how many seconds in a row: the load average of a minute also
# remembers the section before.
IDLE_SHARE, IDLE_SECONDS = 0.05, 3


def load():
    return os.getloadavg()[0]


def ticks():
    """Ticks of all cores since boot: (busy, all)."""
    with open("/proc/stat") as f:
        numbers = [int(x) for x in f.readline().split()[1:9]]
    idle = numbers[3] + numbers[4]
    return sum(numbers) - idle, sum(numbers)


def busy_share(seconds):
    """Share of all cores' time that was used while this process slept."""
    busy, total = ticks()
    time.sleep(seconds)
    busy_now, total_now = ticks()
    return (busy_now - busy) / max(total_now - total, 1)


def wait_for_quiet(section, patience):
    """Waits until the load average is low or the cores are idle, at most `patience` seconds; warns if neither comes.

    Returns the sentence about it for the report."""
    start, idle = time.monotonic(), 0
    while True:
        share = busy_share(1)
        idle = idle + 1 if share <= IDLE_SHARE else 0
        if load() <= HIGHEST_LOAD or idle >= IDLE_SECONDS:
            return f"load average at the beginning {load():.2f} (others used {share:.0%} of the cores)"
        if time.monotonic() - start >= patience:
            warning = f"load average {load():.2f} is above {HIGHEST_LOAD}, others use {share:.0%} of the cores"
            print(f"warning: {section}: {warning}: figures will be noisy", file=sys.stderr, flush=True)
            return f"**the machine was not quiet at the beginning: {warning}**"


def description():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown")
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / (1 << 20)
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}"

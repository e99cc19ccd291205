"""The peers: which are there, which can be installed, and which have to be left out and why."""
import os, shutil, subprocess, sys

# Command and Debian's package.
WANTED = [("gcc", "gcc"), ("ld", "binutils"), ("tcc", "tcc"), ("luajit", "luajit"), ("go", "golang-go"), ("node", "nodejs")]
# Linkers that are measured if they are there.
LINKERS = ["ld.bfd", "ld.gold", "ld.lld"]
SYSTEM_PYTHON = "/usr/bin/python3"
VERSION = {"tcc": "-v", "luajit": "-v", "go": "version"}


def first_line(*command):
    """The first line that a command prints, without addresses and authors; a `ValueError` says why there is none."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(str(error))
    if done.returncode != 0:
        raise ValueError(f"status {done.returncode}: {done.stdout.strip()[-200:]}")
    return done.stdout.split("\n")[0].split(" -- ")[0].split(" (http")[0]


class Peers:
    """Paths and versions of the tools that are there and work, and reasons for those that are not (tool -> text)."""

    def __init__(self):
        self.path, self.version, self.missing = {}, {}, {}
        # The system's own: another may be a shim that looks for an interpreter first, or load more at its start.
        self.path["python3"] = SYSTEM_PYTHON if os.access(SYSTEM_PYTHON, os.X_OK) else os.path.realpath(sys.executable)
        absent = [(tool, package) for tool, package in WANTED if not shutil.which(tool)]
        reasons = self.install([package for _, package in absent])
        for tool, package in WANTED:
            path = shutil.which(tool)
            if path:
                self.path[tool] = path
            else:
                self.missing[tool] = f"{tool} ({package} cannot be installed: {reasons.get(package, 'no such command in it')})"
                print(f"left out: {self.missing[tool]}", file=sys.stderr, flush=True)
        for tool in LINKERS:
            if shutil.which(tool):
                self.path[tool] = shutil.which(tool)
            else:
                self.missing[tool] = f"{tool} (not there)"
        for tool, path in list(self.path.items()):
            try:
                self.version[tool] = ("node " if tool == "node" else "") + first_line(path, VERSION.get(tool, "--version"))
            except ValueError as error:
                del self.path[tool]
                self.missing[tool] = f"{tool} ({error})"

    @staticmethod
    def install(packages):
        """Installs packages one by one; the reasons of those that failed."""
        reasons = {}
        if not packages:
            return reasons
        apt = ([] if os.getuid() == 0 else ["sudo", "-n"]) + ["apt-get"]
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        def attempt(*arguments):
            try:
                done = subprocess.run(apt + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      timeout=300, env=environment)
            except (OSError, subprocess.TimeoutExpired) as error:
                return str(error)
            return None if done.returncode == 0 else (done.stdout.strip().split("\n") or [""])[-1]
        attempt("update")
        for package in packages:
            print(f"installing {package}", file=sys.stderr, flush=True)
            reason = attempt("install", "-y", "--no-install-recommends", package)
            if reason:
                reasons[package] = reason
        return reasons

    def available(self, rows):
        """Of (name, tool or None, command) the commands by name, and what to say of those whose tool is missing."""
        there = {name: command for name, tool, command in rows if tool is None or tool in self.path}
        absent = {tool: self.missing[tool] for _, tool, _ in rows if tool is not None and tool not in self.path}
        return there, list(absent.values())

    def versions(self):
        """What the report says of all peers."""
        return [text for tool, text in self.version.items() if tool != "ld"] + ["not " + reason for reason in self.missing.values()]

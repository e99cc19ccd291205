"""What every section works with: the executables, the peers, the measurer, a folder for what is made."""
import os
from .measure import Measurer, run
from .peers import Peers

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(HERE)
WORK = os.path.join(ROOT, ".build", "benchmarks")


class Context:
    def __init__(self, quick, executables):
        self.quick = quick
        self.simple, self.simplec = os.path.join(executables, "simple"), os.path.join(executables, "simplec")
        os.makedirs(WORK, exist_ok=True)
        self.peers = Peers()
        run("gcc", "-O2", "-o", self.work("measure"), os.path.join(HERE, "measure.c"))
        self.measurer = Measurer(self.work("measure"), WORK)

    @staticmethod
    def work(*names):
        """Path of something that is made."""
        return os.path.join(WORK, *names)

    @staticmethod
    def peer(*names):
        """Path of a program of a peer."""
        return os.path.join(HERE, "peers", *names)

    @staticmethod
    def workload(name):
        """Path of a program in Simple."""
        return os.path.join(HERE, "workloads", name + ".simple")

    def rounds(self, full, quick):
        """The one of the two that this run wants: numbers of rounds, sizes."""
        return quick if self.quick else full

    def build_simple(self, source, output, *options):
        """Compiles a program to a module; returns the module's path."""
        run(self.simplec, "build", *options, source, "-o", self.work(output))
        return self.work(output)

    def build_c(self, compiler, source, output, *flags):
        """Compiles a C program to an executable; returns its path."""
        run(compiler, "-w", *flags, "-o", self.work(output), source, "-lm")
        return self.work(output)

    def build_go(self, source, output):
        run("go", "build", "-o", self.work(output), source)
        return self.work(output)

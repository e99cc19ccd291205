"""Running commands and taking their times, through the small program measure.c."""
import os, statistics, subprocess


class Failure(Exception):
    """A command that did not do what it should have: its section cannot be reported."""


def run(*command, **options):
    """Runs a command that only prepares something; its output is shown if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)[:500]}: status {done.returncode}\n{done.stdout[-2000:]}")
    return done.stdout


class Sample:
    """One run of one command: wall, first (to the first byte of output) and cpu in microseconds, peak in KiB."""

    def __init__(self, answer):
        wall, first, cpu, peak, status = answer.split()
        self.wall, self.first, self.cpu, self.peak, self.status = float(wall), float(first), float(cpu), int(peak), int(status)


class Measurer:
    """The process that starts all commands to be measured."""

    def __init__(self, executable, folder):
        self.out, self.err = os.path.join(folder, "measure.out"), os.path.join(folder, "measure.err")
        self.process = subprocess.Popen([executable, self.out, self.err], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def sample(self, command):
        self.process.stdin.write("\t".join(command) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Failure("measure ended")
        sample = Sample(answer)
        if sample.status != 0:
            raise Failure(f"{' '.join(command)[:500]}: status {sample.status}\n{self.errors()[-2000:]}")
        return sample

    def output(self):
        """What the last command printed."""
        return self.read(self.out)

    def errors(self):
        """What the last command printed on standard error."""
        return self.read(self.err)

    @staticmethod
    def read(path):
        with open(path, errors="replace") as f:
            return f.read()

    def alternate(self, contenders, rounds, before=None, after=None, every=None):
        """Runs every command (name -> command) once per round, so that noise falls on all alike; name -> [Sample].

        Contenders in `every` (name -> k) run only each k-th round: they are slow, and nobody's goal depends on them.
        before(name, round) and after(name, sample) are called around each run, outside the time taken.
        """
        samples = {name: [] for name in contenders}
        for i in range(rounds):
            for name, command in contenders.items():
                if i % (every or {}).get(name, 1):
                    continue
                if before:
                    before(name, i)
                sample = self.sample(command)
                samples[name].append(sample)
                if after:
                    after(name, sample)
        return samples

    def agree(self, contenders):
        """Runs every command once and fails unless all print the same; also warms up caches."""
        outputs = {}
        for name, command in contenders.items():
            self.sample(command)
            outputs.setdefault(self.output().strip(), []).append(name)
        if len(outputs) > 1:
            raise Failure("outputs differ: " + "; ".join(f"{', '.join(names)}: {text[:100]!r}" for text, names in outputs.items()))


def low(samples, what):
    return min(getattr(s, what) for s in samples)


def middle(samples, what):
    return statistics.median(getattr(s, what) for s in samples)


def peak(samples):
    return max(s.peak for s in samples)

"""What sections hand back: text, tables and goals, as Markdown."""
import math


def table(head, rows):
    line = lambda cells: "| " + " | ".join(str(c) for c in cells) + " |"
    return "\n".join([line(head), "|---|" + "---:|" * (len(head) - 1)] + [line(r) for r in rows]) + "\n"


def milliseconds(us):
    return f"{us / 1000:.2f}"


def geometric_mean(numbers):
    return math.exp(sum(map(math.log, numbers)) / len(numbers))


class Goal:
    """A figure that has a limit. Whether it is met is computed here and nowhere else."""

    def __init__(self, what, figure, limit, unit, at_least=False):
        self.what, self.figure, self.limit, self.unit, self.at_least = what, figure, limit, unit, at_least

    @property
    def is_met(self):
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    @staticmethod
    def number(x):
        return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.2f}".rstrip("0").rstrip(".")

    def cells(self):
        return (self.what, f"{self.number(self.figure)} {self.unit}",
                f"{'at least' if self.at_least else 'at most'} {self.number(self.limit)} {self.unit}",
                "yes" if self.is_met else "**no**")


GOAL_HEAD = ["goal", "figure", "wanted", "met"]


class Section:
    """One section of RESULTS.md while it is written."""

    def __init__(self, title):
        self.title, self.parts, self.goals = title, [], []
        # How busy the machine was; the driver of the sections fills it in.
        self.conditions = ""

    def say(self, text):
        self.parts.append(text + "\n")

    def table(self, head, rows):
        self.parts.append(table(head, rows))

    def goal(self, what, figure, limit, unit, at_least=False):
        self.goals.append(Goal(what, figure, limit, unit, at_least))

    def skipped(self, sentences):
        """Says which contenders were left out; nothing if none were."""
        if sentences:
            self.say("Left out: " + "; ".join(sentences) + ".")

    def markdown(self):
        parts = [f"## {self.title}\n"] + self.parts
        parts.append(table(GOAL_HEAD, [g.cells() for g in self.goals]) if self.goals else "No limit is set here.\n")
        if self.conditions:
            parts.append(self.conditions + "\n")
        return "\n".join(parts)

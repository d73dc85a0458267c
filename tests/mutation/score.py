"""What became of the mutants of a session: a table, the survivors, and whether that will do.

Tested in tests/test_mutation.py.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy import stats

FOLDER = Path(__file__).parent
LEAST = 0.9
"""The share of the checker's mutants that must be killed, at the lower end of the interval."""


@dataclass(frozen=True)
class Mutant:
    """A mutant that was tried: where it is, the line before and after, and what became of it."""

    module: str
    where: str
    before: str
    after: str
    survived: bool

    @property
    def name(self) -> str:
        """Return the name of a mutant, which no change elsewhere changes."""
        return f"{self.module}:{self.where}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class Score:
    """What became of the mutants of a group."""

    group: str
    mutants: list[Mutant]
    untried: int

    @classmethod
    def read(cls, paths: Sequence[Path], group: str) -> "Score":
        """Return the score of sessions as far as they have come."""
        from cosmic_ray.work_db import WorkDB, use_db  # the group `mutants` has it

        done, untried = [], 0
        for path in paths:
            with use_db(str(path), WorkDB.Mode.open) as session:
                ended = [(item.mutations[0], end) for item, end in session.completed_work_items]
                untried += session.num_work_items - len(ended)
                done += ended
        mutants = [
            Mutant(
                str(spec.module_path),
                spec.definition_name or decorated(result.diff or "") or "module",
                *changed(result.diff or ""),
                not result.is_killed,
            )
            for spec, result in done
        ]
        return cls(group, sorted(mutants, key=lambda mutant: mutant.name), untried)

    @property
    def unknown(self) -> list[Mutant]:
        """Return the survivors that nobody has shown to be the same function."""
        return [m for m in self.mutants if m.survived and m.name not in reasons()]

    @property
    def least(self) -> float:
        """Return the lower end of the 95 % interval (Clopper and Pearson) of the share killed."""
        alike = sum(m.survived for m in self.mutants) - len(self.unknown)
        tried = len(self.mutants) - alike
        killed = tried - len(self.unknown)
        return float(stats.binomtest(killed, tried).proportion_ci(0.95).low) if tried else 0.0

    @property
    def falls_short(self) -> bool:
        """Return whether mutants are left, or more of them survive than may."""
        few = self.unknown if self.group == "formulas" else self.least < LEAST
        return bool(self.untried or few)

    def table(self) -> str:
        """Return the counts of each module as a Markdown table."""
        tried = Counter(m.module for m in self.mutants)
        lived = Counter(m.module for m in self.mutants if m.survived)
        left = Counter(m.module for m in self.unknown)
        rows = [
            f"| {name} | {tried[name]} | {tried[name] - lived[name]} | {lived[name] - left[name]} "
            f"| {left[name]} |"
            for name in sorted(tried)
        ]
        total = f"| all | {tried.total()} | {tried.total() - lived.total()} "
        total += f"| {lived.total() - left.total()} | {left.total()} |"
        head = "| module | mutants | killed | the same function | survived |\n|---|---|---|---|---|"
        return "\n".join([head, *rows, total])

    def __str__(self) -> str:
        """Return the survivors, the table, and what is left."""
        survivors = [f"survived {mutant.name}" for mutant in self.unknown]
        end = f"{self.untried} not tried; killed at least {self.least:.1%} (95 %)"
        return "\n".join([*survivors, self.table(), end])

    def write(self, seed: int) -> None:
        """Write the table and the survivors as tests/mutation/score-GROUP.md."""
        lines = [f"# Mutants of the {self.group}, seed {seed}", self.table()]
        lines.append(f"Killed at least {self.least:.1%} (95 %, without the same function); ")
        lines[-1] += f"{self.untried} were not tried."
        if self.unknown:
            lines.append("\n".join(["Survived:", "", *(f"- `{m.name}`" for m in self.unknown)]))
        target = FOLDER / f"score-{self.group}.md"
        target.write_text("\n\n".join(lines) + "\n", encoding="utf-8")


def changed(diff: str) -> tuple[str, str]:
    """Return the line that a diff takes out and the one that it puts in, without their margins."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    taken, put = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return " ".join(filter(None, taken)), " ".join(filter(None, put))


def decorated(diff: str) -> str:
    """Return the function that a diff takes a decorator off, or nothing."""
    found = re.search(r"^-@.*?^[ +]def (\w+)", diff, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def reasons() -> dict[str, str]:
    """Return the mutants that are the same function, each with the reason why."""
    return tomllib.loads((FOLDER / "same.toml").read_text(encoding="utf-8"))

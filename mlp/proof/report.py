"""The answer to a proof:  a verdict, what it holds for, and where refused a counterexample.

Tested in tests/proof/test_report.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from math import isfinite
from typing import Any

from mlp.verdict import VERDICTS, holds

SHOWN = 6  # of a long list
WIDTH = 100


@dataclass(frozen=True)
class Counterexample:
    """An entry of a gradient, and an exact point at which it is not the derivative."""

    argument: str
    index: tuple[int, ...]
    by_hand: float
    true: float
    point: Mapping[str, Fraction]
    labels: str = ""

    def __str__(self) -> str:
        place = f"{self.argument}{list(self.index)}" if self.index else self.argument
        point = [f"{name} = {value}" for name, value in self.point.items()]
        at = listed([self.labels, *point] if self.labels else point)
        digits = 8 if f"{self.by_hand:.8g}" != f"{self.true:.8g}" else 17
        values = f"by hand {self.by_hand:.{digits}g}, true {self.true:.{digits}g}"
        return f"{place}  {values}\n  at {at}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data; fractions, and what is too large for a float, become text."""
        point = {name: str(value) for name, value in self.point.items()}
        values = {"by_hand": self.by_hand, "true": self.true}
        plain = {name: x if isfinite(x) else str(x) for name, x in values.items()}
        return {**vars(self), **plain, "index": list(self.index), "point": point}


@dataclass(frozen=True)
class Proof:
    """The outcome of a proof. ``bool(proof)`` is true only for the verdict "proved".

    Parameters
    ----------
    subject : str
        Which function as the gradient of which.
    verdict : str
        "proved", "checked", "not proved" or "refused".
    reason : str
        Why it is no more than that; empty for a proof and where the counterexample is the reason.
    shapes : dict of str
        The shape of each argument; alternatives are joined by "or".
    entries : int
        How many entries of the gradients were compared, in each region and for each choice.
    cases : int
        How many choices of labels and of alternative shapes there were.
    regions : int
        How many regions the branches of the code made, over all choices.
    missed : int
        How many more were neither reached nor excluded.
    branches : tuple of str
        The expressions whose signs tell the regions apart.
    domain : tuple of str
        Where forward is defined.
    constants : tuple of str
        As what the floats in the code were read.
    unchecked : tuple of str
        The arguments that backward declares constant.
    seconds : float
        How long it took.
    counterexample : Counterexample, optional
        An entry and an exact point where it is not the derivative.
    also : dict of str
        The shapes, of other lengths, at which no counterexample was found besides.
    partly : str
        What came of larger sizes that were tried before, at which it took too long.

    Examples
    --------
    >>> import mlp
    >>> proof = mlp.prove(lambda x: abs(x), lambda dy, x: dy * x / abs(x), shapes="(3)->(3)")
    >>> proof.verdict, proof.entries, proof.regions, proof.branches
    ('proved', 3, 8, ('x[0]', 'x[1]', 'x[2]'))
    """

    subject: str
    verdict: str
    reason: str
    shapes: Mapping[str, str]
    entries: int
    cases: int
    regions: int
    missed: int
    branches: tuple[str, ...]
    domain: tuple[str, ...]
    constants: tuple[str, ...]
    unchecked: tuple[str, ...]
    seconds: float
    counterexample: Counterexample | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    partly: str = ""

    def __bool__(self) -> bool:
        return self.verdict == "proved"

    def __str__(self) -> str:
        lines = [f"{self.verdict.upper()}: {self.subject}"]
        lines += [self.reason] if self.reason else []
        lines += [str(self.counterexample)] if self.counterexample else []
        lines += [f"  {line}" for line in (*self.extent(), *self.grounds())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the answer as a piece of HTML, which is what notebooks show."""
        look = VERDICTS[self.verdict].look
        badge = f'<b style="color: {look.ground}">{escape(self.verdict.upper())}</b>'
        rest = escape(str(self).partition("\n")[2])
        return f"<div><p>{badge} {escape(self.subject)}</p><pre>{rest}</pre></div>"

    def extent(self) -> list[str]:
        """Say what it holds for, in lines: arguments and their sizes, domain, counts.

        Returns
        -------
        list of str
            The lines that follow the verdict in ``str(proof)``.

        Examples
        --------
        >>> import mlp
        >>> proof = mlp.prove(lambda x: x**2, lambda dy, x: 2 * x * dy, shapes="(3)->(3)")
        >>> proof.extent()[0]
        'for all real numbers in x (3,)'
        """
        shapes = sized(self.shapes)
        if not holds(self.verdict):
            tried = f"tried on {shapes}; " if shapes else ""  # nothing was, where code is not read
            return [f"{tried}{self.seconds:.2g} s"]
        lines = [f"for all real numbers in {shapes}"]
        lines += [f"where {listed(self.domain)}"] if self.domain else []
        lines += [f"and no counterexample at {sized(self.also)}"] if self.also else []
        lines += [self.partly] if self.partly else []
        return [*lines, f"{self._counts()}; {self.seconds:.2g} s"]

    def grounds(self) -> list[str]:
        """Say how the code was read, in lines: branches, constants, arguments without a gradient.

        Returns
        -------
        list of str
            The last lines of ``str(proof)``, if any.

        Examples
        --------
        >>> import mlp
        >>> proof = mlp.prove(lambda x: 0.1 * x, lambda dy, x: 0.1 * dy, shapes="(3)->(3)")
        >>> proof.grounds()
        ['reading 0.1 as 1/10']
        """
        shown = self.branches if holds(self.verdict) else ()
        lines = [f"by the signs of {listed(shown)}"] if shown else []
        lines += [f"reading {listed(self.constants)}"] if self.constants else []
        return lines + ([f"declared constant: {listed(self.unchecked)}"] if self.unchecked else [])

    def _counts(self) -> str:
        counts = [_count(self.entries, "entry", "entries"), _count(self.regions, "region")]
        counts += [_count(self.cases, "choice", "choices") + " of labels"] if self.cases > 1 else []
        missed = f"{self.missed} more neither reached nor excluded"
        return ", ".join([*counts, missed] if self.missed else counts)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items()}
        found = None if self.counterexample is None else self.counterexample.to_dict()
        return {**plain, "counterexample": found}


def sized(shapes: Mapping[str, str]) -> str:
    """Write arguments and their shapes as X (2, 3), b (3,)."""
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(items: Any) -> str:
    """List the first of many things, each cut to a line's width."""
    shown = [i if len(i) <= WIDTH else f"{i[: WIDTH - 4]} ..." for i in items[:SHOWN]]
    rest = len(items) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")

"""The answer: a verdict, what was found, and how sharp the look was.

As text and JSON here, as HTML and as a matplotlib figure in pictures/, loaded where one is drawn.
"""
# ruff: noqa: PLC0415  # see above

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from mlp.gradcheck.finding import ENTRIES, Argument, Finding, told
from mlp.gradcheck.versions import in_a_line, machine, versions
from mlp.plain import plain
from mlp.verdict import SEVERITIES, rank, worst

SCHEMA = 2  # version of to_dict and to_json, which keeps every field of 1
LINES = 25  # a report fits on one screen
ROWS = 8  # arguments shown there
MORE = {  # how to see the rest, where the line that repeats a check begins so
    "mlp verify": "repeat with --verbose",
    "pytest": "repeat with -vv",
    "mlp.testing": "print(result.report.text(verbose=True))",
    "": "print(report.text(verbose=True))",
}


class GradientError(AssertionError):
    """A gradient is wrong, or could not be shown to be right; the text is the report.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> try:
    ...     mlp.verify(np.sin, lambda dy, x: dy * np.sin(x), np.ones(3))
    ... except mlp.GradientError as error:
    ...     print(str(error).partition(":")[0])
    WRONG
    """


@dataclass(frozen=True)
class Report:
    """The outcome of one check. ``bool(report)`` is true only for the verdict "correct".

    As text it fits on one screen; in a notebook it shows itself with pictures.

    Parameters
    ----------
    subject : str
        Which function as the gradient of which.
    findings : tuple of Finding
        What was found, in the order of the check.
    arguments : tuple of Argument
        The numbers of each argument that was compared.
    unchecked : tuple of str
        Constants, and what forward is independent of where backward has None for it.
    evaluations, backward_evaluations : int
        How often forward and the rule that was checked were called.
    seconds : float
        How long it took.
    seed : int
        Of the random directions.
    rtol : float
        The relative error bar at which a gradient counted as correct.
    rtol_raised : bool
        Whether the noise of forward made that larger than 1e-6.
    reproduce : str
        A line of code that repeats the check.
    accept : float or dict
        What by hand was allowed to be off by design.
    versions : dict
        Of mlp, Python, NumPy, BLAS, SciPy, and of a framework that is loaded.
    platform : str
        Operating system and processor.
    rule : str
        Which rule was checked: "backward", or "tangent" by ``check_tangent``.
    surrogate : str
        Whose gradient it is by declaration, where that is not forward's own.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> report = mlp.check(np.sin, lambda dy, x: dy * np.cos(x), np.ones(3))
    >>> report.verdict, bool(report), report.findings
    ('correct', True, ())
    >>> (x,) = report.arguments
    >>> abs(x.by_hand - x.numeric) <= x.error_bar < 1e-9
    True
    >>> report.to_dict()["reproduce"]
    'mlp.check(np.sin, lambda dy, x: dy * np.cos(x), np.array([1.0, 1.0, 1.0]), rng=0)'
    """

    subject: str
    findings: tuple[Finding, ...]
    arguments: tuple[Argument, ...]
    unchecked: tuple[str, ...]
    evaluations: int
    backward_evaluations: int
    seconds: float
    seed: int
    rtol: float
    rtol_raised: bool
    reproduce: str
    accept: float | dict[str, float] = 0.0
    versions: dict[str, str] = field(default_factory=versions)
    platform: str = field(default_factory=machine)
    rule: str = "backward"
    surrogate: str = ""

    @property
    def verdict(self) -> str:
        """The worst of what was found: "correct", "wrong" or "inconclusive"."""
        return worst(SEVERITIES[finding.severity] for finding in self.findings)

    @property
    def manner(self) -> str:
        """What is said beside the verdict: " (surrogate)", or nothing."""
        return " (surrogate)" if self.surrogate else ""

    @property
    def decided_by(self) -> str | None:
        """On whose word it stands: "differences", "tangent", "both", "proof"; None for nobody's."""
        deciders = {argument.decided_by for argument in self.arguments}
        if "proof" in deciders:  # without it there would be no verdict
            return "proof"
        return "both" if len(deciders) > 1 else next(iter(deciders), None)

    def __bool__(self) -> bool:
        return self.verdict == "correct"

    def __str__(self) -> str:
        return self.text()

    def text(self, *, verbose: bool = False) -> str:
        """Return the report as text.

        Parameters
        ----------
        verbose : bool, default False
            Say everything, with the versions and the machine, in as many lines as it takes.

        Returns
        -------
        str
            One screen, unless it is verbose.

        Examples
        --------
        >>> import numpy as np
        >>> import mlp
        >>> report = mlp.check(np.sin, lambda dy, x: dy * np.cos(x), np.ones(3))
        >>> report.text() == str(report)
        True
        >>> report.text(verbose=True).splitlines()[-2].partition(",")[0] == f"mlp {mlp.__version__}"
        True
        """
        lines = [f"{self.verdict.upper()}{self.manner}: {self.subject}"]
        if self.arguments:
            width = max(8, *(len(a.name) for a in self.arguments))
            heads = f"{'by hand':>18}  {'numeric':>18}  {'error bar':>9}  detects  verdict"
            lines.append(f"  {'argument':<{width}}  {heads}")
            most = len(self.arguments) if verbose else ROWS
            shown = sorted(self.arguments, key=lambda a: a.verdict == "correct")[:most]
            lines += [_row(a, width) for a in self.arguments if a in shown]
            if len(shown) < len(self.arguments):
                lines.append(f"  ... and {len(self.arguments) - len(shown)} more")
        made = [self._made_with()] if verbose else []
        closing = [*self._silent(), *self._unchecked(), self._cost(), *made]
        closing.append(f"repeat: {self.reproduce}")
        room = LINES - len(lines) - len(closing)
        entries = None if verbose else ENTRIES
        said = [line for finding in self.worst_first() for line in told(finding, entries)]
        if len(said) > room and not verbose:
            more = next((how for word, how in MORE.items() if self.reproduce.startswith(word)))
            said = [*said[: room - 1], f"... and {len(said) - room + 1} more lines: {more}"]
        return plain("\n".join(lines + said + closing))

    def worst_first(self) -> list[Finding]:
        """Return the findings, faults before doubts before notes."""
        return sorted(self.findings, key=lambda finding: -rank(SEVERITIES[finding.severity]))

    def _silent(self) -> list[str]:
        """Say why the second witness told nothing, where it was asked."""
        reasons = dict.fromkeys(a.silent for a in self.arguments if a.silent)
        return [
            f"the tangent is silent: {reason} "
            f"({', '.join(a.name for a in self.arguments if a.silent == reason)})"
            for reason in reasons
        ]

    def _made_with(self) -> str:
        return in_a_line(self.versions, self.platform)

    def _unchecked(self) -> list[str]:
        return [f"unchecked: {', '.join(self.unchecked)}"] if self.unchecked else []

    def _cost(self, thousands: str = "") -> str:
        return (
            f"{self.evaluations:{thousands}} forward and {self.backward_evaluations} {self.rule} "
            f"evaluations, {self.seconds:.2g} s, rtol {self.rtol:.0e}"
            f"{' (raised)' if self.rtol_raised else ''}{self._accepted()}"
        )

    def _accepted(self) -> str:
        if not isinstance(self.accept, dict):
            return f", accept {self.accept:g}" if self.accept else ""
        return "".join(f", accept {size:g} in {name}" for name, size in self.accept.items())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; ``schema`` is its version.

        Returns
        -------
        dict
            Of numbers, strings, lists and dicts: the schema, the verdict, ``decided_by`` and every
            field of the report. Schema 2 has all that schema 1 had, and beside it ``decided_by``
            of the report and of each argument, ``silent`` of each argument, ``tangent`` and
            ``tangent_bar`` of each ladder, ``versions``, ``platform``, ``rule``
            and ``surrogate``.

        Examples
        --------
        >>> import numpy as np
        >>> import mlp
        >>> mlp.check(np.sin, lambda dy, x: dy * np.cos(x), np.ones(3)).to_dict()["verdict"]
        'correct'
        """
        first = {"schema": SCHEMA, "verdict": self.verdict, "decided_by": self.decided_by}
        return {**first, **asdict(self)}

    def to_json(self) -> str:
        """Return ``to_dict()`` as JSON; NaN and infinities become strings.

        Returns
        -------
        str
            One line.

        Examples
        --------
        >>> import numpy as np
        >>> import mlp
        >>> mlp.check(np.sin, lambda dy, x: dy * np.cos(x), np.ones(3)).to_json()[:34]
        '{"schema": 2, "verdict": "correct"'
        """
        return json.dumps(_plain(self.to_dict()), allow_nan=False)

    def to_html(self) -> str:
        """Return the report as one self-contained HTML page.

        Returns
        -------
        str
            The page, which needs no network and no script.

        Examples
        --------
        >>> import numpy as np
        >>> import mlp
        >>> mlp.check(np.sin, lambda dy, x: dy * np.cos(x), np.ones(3)).to_html()[:15]
        '<!doctype html>'
        """
        from mlp.gradcheck.pictures import html

        return html.page(f"{self.verdict}{self.manner}: {self.subject}", self._section())

    def plot(self) -> Any:
        """Return the report as a matplotlib figure, which needs ``mlp-reference[plot]``.

        Returns
        -------
        matplotlib.figure.Figure
            A row of pictures for each argument: its heat map, if ``depict`` measured
            entries, its difference quotients, V-curve and Taylor remainder.

        Raises
        ------
        ModuleNotFoundError
            Where matplotlib is not installed.

        Examples
        --------
        >>> import numpy as np
        >>> import mlp
        >>> x = np.array([0.5, 2.0])
        >>> report = mlp.depict(np.sin, lambda dy, x: dy * np.cos(x), x)
        >>> figure = report.plot()  # figure.savefig("report.png") saves it
        >>> len(figure.axes)
        4
        """
        from mlp.gradcheck.pictures.figure import figure

        return figure(f"{self.verdict}{self.manner}: {self.subject}", self.arguments, self.findings)

    def _repr_html_(self) -> str:
        """Return the report as a piece of HTML, which is what notebooks show."""
        from mlp.gradcheck.pictures import html

        return html.piece(self._section())

    def _section(self) -> str:
        from html import escape

        from mlp.gradcheck.pictures import html

        badge = f"{html.badge(self.verdict)}{self.manner}"
        return f"<h1>{badge} {escape(self.subject)}</h1>{self.html_body()}"

    def html_body(self, *, unfolded: bool = False) -> str:
        """Return what stands under the verdict in HTML; pictures of what is correct are folded."""
        from html import escape

        from mlp.gradcheck.pictures import html

        cost = ". ".join([*self._silent(), *self._unchecked(), self._cost(","), self._made_with()])
        return (
            f"{html.table(self.arguments)}{html.findings(self.worst_first())}"
            f"{html.pictures(self.arguments, self.findings, unfolded=unfolded)}"
            f'<p class="small">{escape(cost)}</p><pre>{escape(self.reproduce)}</pre>'
        )


def _row(a: Argument, width: int) -> str:
    """Return the line of an argument in the table."""
    by_hand, numeric = a.numbers(11)
    return (
        f"  {a.name:<{width}}  {by_hand:>18}  {numeric:>18}  "
        f"{a.error_bar:>9.1e}  {a.smallest_detectable:>7.0e}  {a.remark}"
    )


def _plain(value: Any) -> Any:
    """Turn nested data into what JSON knows."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return value if isinstance(value, (str, int, float, type(None))) else str(value)

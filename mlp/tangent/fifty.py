"""The second witness in fifty digits, for small problems whose forward cancels or saturates.

Its tangent in floats is blunt there, for forward itself has lost the digits. The same run, on the
same arrays, with fifty-digit numbers in them, has digits to spare: float constants are the binary
numbers they are, and every decision must go as it goes in floats. It needs mpmath.
Tested in tests/tangent/test_fifty.py.
"""

import contextlib
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlp.tangent.array import value_of
from mlp.tangent.runs import Silence, copied, epsilon, flat, in_a_line, run
from mlp.tangent.trail import Trail
from mlp.tangent.witness import TRUST, Witnessed, slope_of

RUNS = 2  # with random rounding of the fiftieth digit
EXPLAINED = 16.0  # times the noise of floats that their value may be off


def refined(
    heard: Witnessed,
    forward: Callable[..., Any],
    point: Sequence[Any],
    directions: Sequence[Any],
    cotangent: Any,
    *,
    seed: int = 0,
) -> Witnessed | Silence:
    """Say in fifty digits what was heard in floats.

    Parameters
    ----------
    heard : Witnessed
        What the tangent in floats says.
    forward, point, directions, cotangent, seed
        As ``ask`` takes them.

    Returns
    -------
    Witnessed or Silence
        The same with the slope of fifty digits, rounded to a float, and its bar; or a reason for
        having none.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp.tangent import ask, refined
    >>> def cancels(x):
    ...     return (np.cos(x) - 1) / x
    >>> question = cancels, [np.array([1e-8])], [np.ones(1)], np.ones(1)
    >>> heard = ask(*question)
    >>> heard.bar > 1
    True
    >>> refined(heard, *question).slope
    -0.5
    """
    if hasattr(forward, "pushforward"):
        return Silence("it has tangents of its own, in floats")
    if importlib.util.find_spec("mpmath") is None:
        return Silence("fifty digits need mpmath, which is not installed")
    digits = importlib.import_module("mlp.tangent.digits")
    if heard.work > digits.MOST:
        return Silence(
            f"{heard.work} entries are computed, and fifty digits take {digits.MOST} at most"
        )

    def ran(trail: Trail) -> list[Any] | Silence:
        return run(forward, point, directions, trail)

    try:
        return _refined(heard, ran, digits.DIGITS, cotangent, epsilon(point), seed)
    except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything
        return Silence(in_a_line(error))
    finally:
        with contextlib.suppress(Exception):  # what forward keeps is to be plain again
            forward(*copied(point))


def _refined(
    heard: Witnessed,
    ran: Callable[[Trail], list[Any] | Silence],
    digits: Any,
    cotangent: Any,
    unit: float,
    seed: int,
) -> Witnessed | Silence:
    """Run forward in floats for its decisions, then in fifty digits, also rounded at random."""
    floats, exact = Trail(decisions=[]), Trail(digits=digits, decisions=[])
    seen, said = ran(floats), ran(exact)
    if isinstance(seen, Silence):
        return seen
    if isinstance(said, Silence):
        return said
    if exact.decisions != floats.decisions:
        return Silence("fifty digits take another branch than floats", doubt=True)
    off = np.abs(flat(said, value_of) - flat(seen, value_of)).astype(np.float64)
    if (off > EXPLAINED * (heard.noise + unit * np.abs(flat(seen, value_of)))).any():
        return Silence("forward has another value in fifty digits", doubt=True)
    slope = slope_of(cotangent, said)
    rounded = [ran(Trail(np.random.default_rng((seed, k)), digits)) for k in range(RUNS)]
    slopes = [slope_of(cotangent, found) for found in rounded if not isinstance(found, Silence)]
    if len(slopes) < RUNS or not np.isfinite([slope, *slopes]).all():
        return Silence("rounding decides what forward does in fifty digits", doubt=True)
    bar = TRUST * max(abs(s - slope) for s in slopes) + np.finfo(np.float64).eps * abs(slope)
    return replace(heard, slope=slope, bar=float(bar), digits=50)

"""What is asked of the end of a call: the right answer, or one line; nothing changed, twice alike.

A line names the function, the argument, what was required and what came.
"""

import contextlib
import re
import signal
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from oracle import mp

from gate.values import REFUSED
from mlp.runner.guard import TargetError

SECONDS = 10  # for one call
LONGEST = 400  # of a message
HUGE = {16: 1e150, 8: 1e150, 4: 1e18, 2: 200.0}  # beyond it a product may be infinite
CLOSE = {16: 1e-9, 8: 1e-9, 4: 2e-3, 2: 0.1}
LINES = (TypeError, ValueError, FloatingPointError, TargetError)


class Call(NamedTuple):
    """One call: what is handed over, what it means, and which arguments are odd."""

    given: dict
    by_position: tuple
    means: dict | object
    odd: tuple  # names of arguments, or of what is wrong with the call itself
    may: bool = False  # be refused


class Ending(NamedTuple):
    """How a call ended."""

    result: object = None
    error: BaseException | None = None


class EndlessError(Exception):
    """A call took too long."""


@contextlib.contextmanager
def limited(seconds):
    """Raise where the body takes longer."""

    def stop(*_):
        raise EndlessError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def end(function, call):
    """Make a call and return how it ended; warnings are errors."""
    positional = [call.given[name] for name in call.by_position]
    named = {k: v for k, v in call.given.items() if k not in call.by_position}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            with limited(SECONDS):
                return Ending(function.end(function.call(*positional, **named)))
        except Exception as error:  # noqa: BLE001  # all of them are judged
            return Ending(error=error)


def prints(value):
    """Return what changes where an argument is written to."""
    if isinstance(value, np.ndarray):
        return (value.shape, str(value.dtype), value.tobytes() if value.dtype != object else None)
    if isinstance(value, (list, tuple)) and not any(part is value for part in value):
        return [*map(prints, value)]
    return None


def faults(function, call):
    """Yield what is wrong with the end of a call; nothing where it is as it should be."""
    before = {name: prints(value) for name, value in call.given.items()}
    state = _generators(call.given)
    first = end(function, call)
    _rewind(state)
    yield from _of_end(function, call, first)
    _rewind(state)
    if any(prints(value) != before[name] for name, value in call.given.items()):
        yield "an argument is written to"
    if not _spent(call.given):
        again = end(function, call)
        if _differ(first, again):
            yield "the second call ends otherwise"


def _generators(given):
    found = [value for value in given.values() if isinstance(value, np.random.Generator)]
    return [(rng, rng.bit_generator.state) for rng in found]


def _spent(given):
    """Tell whether a second call is another one: what was iterated over is used up."""
    return any(hasattr(value, "__next__") for value in given.values())


def _differ(first, again):
    if first.error or again.error:
        said = (re.sub(r"0x\w+", "", repr(ending.error)) for ending in (first, again))
        return next(said) != next(said)
    return not same(first.result, again.result, 0)


def _of_end(function, call, ending):
    if ending.error is None:
        if call.means is REFUSED:
            yield "is accepted"
        elif not _sensible(function, call.means, ending.result):
            yield "is answered wrong"
        return
    if isinstance(ending.error, Warning):
        yield "warns"
    elif call.means is not REFUSED and not call.may and not _diverged(call, ending.error):
        yield "is refused"
    else:
        yield from faults_of_line(function, call, ending.error)


def _sensible(function, means, result):
    """Tell whether a result is right; what cannot even be compared is not."""
    try:
        return right(function, means, result)
    except (TypeError, ValueError, OverflowError, AttributeError):
        return False


def _diverged(call, error):
    """Tell whether descent says that what came of it is not finite."""
    return isinstance(error, FloatingPointError) and bool(call.odd)


def faults_of_line(function, call, error):
    """Yield what a refusal lacks."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # that it cannot be read is the fault
        yield "ends in what cannot be printed"
        return
    if not isinstance(error, LINES):
        yield f"ends in {type(error).__name__}"
        return
    if "\n" in text or len(text) > LONGEST:
        yield "is refused in more than a line"
    module, _, name = function.name.rpartition(".")
    if re.match(rf"[\w.<>]*\b{name}\b[\w.<>]*\(\) (missing|got|takes)", text) and not hasattr(
        function.call, "shapes"
    ):
        return  # Python's own words for a call that no signature fits are one such line
    if not re.match(rf"(mlp\.)?(({module}\.)?{re.escape(name)}|{module})\b", text):
        yield "is refused without the function's name"
        return
    named = [function.also.get(odd, rf"\b{re.escape(odd)}\b") for odd in call.odd]
    if named and not any(re.search(pattern, text) for pattern in named):
        yield "is refused without the argument's name"
    if not re.search(r"\b(must|takes|such as)\b", text):
        yield "is refused without what is required"
    if not re.search(r"\b(but|missing|unexpected|too many|is no)\b", text):
        yield "is refused without what came"


# right answers


def right(function, means, result):
    """Tell whether a result is what the plain values give."""
    plain = dict(means.items())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        objects = any(getattr(v, "dtype", float) == np.dtype(object) for v in plain.values())
        if function.truth is not None and not objects:
            positional = [np.asarray(v) if _is_array(v) else v for v in plain.values()]
            names = [*plain]
            cut = len(function.by_position)
            expected = function.truth(
                *positional[:cut], **dict(zip(names[cut:], positional[cut:], strict=True))
            )
            if expected is not None:
                return truly(result, expected, [A for A in positional if _is_array(A)])
        positional = [plain[name] for name in function.by_position]
        named = {k: v for k, v in plain.items() if k not in function.by_position}
        expected = function.end(function.call(*positional, **named))
    return same(result, expected, 1e-9)


def _rewind(states):
    for rng, state in states:
        rng.bit_generator.state = state


def _is_array(value):
    return isinstance(value, (np.ndarray, float, np.floating))


def truly(result, truth, given):
    """Tell whether a result is the truth, as near as its dtype lets it be.

    What is not finite may stand where infinity or numbers near overflow were given, but no other
    number may; and NaN stays NaN. A truth that is a pair has the size of its terms beside it.
    """
    if isinstance(truth, tuple):
        return len(result) == len(truth) and all(
            truly(r, t, given) for r, t in zip(result, truth, strict=True)
        )
    got = np.asarray(result, object if isinstance(result, int) else None)
    if got.shape != truth.shape or got.dtype.kind not in "fO":
        return False
    dtype = np.dtype(float) if got.dtype == object else got.dtype
    strained = any(np.abs(A).max(initial=0) > HUGE[dtype.itemsize] for A in given if A.size)
    strained = strained or any(np.isnan(A).any() for A in given)
    return all(_near(float(got[at]), truth[at], dtype, strained) for at in np.ndindex(truth.shape))


def _near(g, t, dtype, strained):
    """Tell whether a number is the truth, given the dtype in which it was computed."""
    sums = isinstance(t, tuple)
    t, size = t if sums else (t, abs(t))
    if mp.isnan(t):
        return np.isnan(g)
    if not np.isfinite(g):
        beyond = abs(t) >= float(np.finfo(dtype).max) * 0.99
        if sums and strained:  # a part of the sum may be beyond on the other side
            return True
        return (strained or beyond) and (np.isnan(g) or not beyond or (g > 0) == (t > 0))
    close = CLOSE[dtype.itemsize]
    return abs(mp.mpf(g) - t) <= close * size + max(float(np.finfo(dtype).tiny), close * close)


def same(a, b, rtol):
    """Tell whether two results are the same, arrays up to rounding."""
    if isinstance(a, (list, tuple)) or isinstance(b, (list, tuple)):
        both = isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b)
        return both and all(same(p, q, rtol) for p, q in zip(a, b, strict=True))
    if isinstance(a, (np.ndarray, np.number, float, Fraction, Decimal)):
        try:
            return _same_numbers(np.asarray(a), np.asarray(b), rtol)
        except (TypeError, ValueError, OverflowError):
            return False
    plain = (str, int, bool, type(None), dict, slice)
    return a is b or (type(a) is type(b) and (not isinstance(a, plain) or a == b))


def _same_numbers(A, B, rtol):
    """Tell whether two arrays hold the same numbers, in the same dtype unless in objects."""
    exact = object in (A.dtype, B.dtype)
    if A.dtype == B.dtype == object and A.shape == B.shape and (A == B).all():
        return True
    if A.shape != B.shape or (not exact and A.dtype.newbyteorder("=") != B.dtype.newbyteorder("=")):
        return False
    if A.dtype.kind in "iub":
        return bool((A == B).all())
    if "c" in A.dtype.kind + B.dtype.kind:
        return False
    rtol = max(rtol, 1e-5 if A.dtype.itemsize < 8 and rtol else rtol)
    with np.errstate(over="ignore"):  # of long doubles
        A, B = A.astype(np.float64), B.astype(np.float64)
    size = np.abs(B[np.isfinite(B)]).max(initial=0)
    return np.allclose(A, B, rtol, rtol * size, equal_nan=True)

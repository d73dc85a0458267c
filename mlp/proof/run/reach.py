"""What code finds in a proof where no exact number leads NumPy to us: np.zeros, math.exp, float.

    np.zeros, np.array([...])    exact arrays                      (makes.py)
    math.exp, float, isinstance  as for floats
    logsumexp, softmax           by their definitions
    np.random, random, clocks    refused by name                   (chance.py)

The code itself is as it was written; only what it looks up is another (mlp/standins.py). Tested in
tests/proof/run/test_reach.py.
"""

import inspect
import math
import sys
import types
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from mlp.proof.run.arrays import ExactArray, holds_exact
from mlp.proof.run.chance import GENERATORS, REFUSED, Drawing
from mlp.proof.run.exact import PROTOCOLS, Exact
from mlp.proof.run.makes import functions_of_numpy
from mlp.proof.run.symbolic import Unprovable
from mlp.proof.run.trace import Heard, Outside, Tie, Trace
from mlp.shapes import shapes
from mlp.standins import IN_NUMPY, Module, StandIns, either, floats

Made = TypeVar("Made")
Access: TypeAlias = Callable[[Any], Any]

MATH = """
    hypot atan2 asin acos atan asinh acosh atanh copysign isnan isinf isfinite radians degrees exp
    exp2 expm1 log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh prod
"""  # of ``math``, which NumPy does for exact numbers, too
MATHS: dict[str, Callable[..., Any]] = {  # and what it does not
    **{name: IN_NUMPY[name] for name in MATH.split()},
    "pow": lambda a, b: a**b, "fabs": abs, "fsum": sum,
    "erf": lambda a: a.applied("erf"), "erfc": lambda a: a.applied("erfc"),
    "log": lambda a, base=math.e: np.log(a) if base == math.e else np.log(a) / np.log(base),
}  # fmt: skip  # pairs in lines


NAMES_IN_MATH = {getattr(math, name): name for name in MATHS if hasattr(math, name)}


class ExactReach(StandIns):
    """Stand-ins for one run on exact numbers, of a trace or, without one, on duals."""

    def __init__(self, trace: Trace | None = None) -> None:
        in_math = {f: either(f, MATHS[name], holds_exact) for f, name in NAMES_IN_MATH.items()}
        called = {**functions_of_numpy(trace), **in_math, **_scipy(), **REFUSED}
        super().__init__(called, floats(_read, _counts, _kind))
        self.kinds = (*((kind, Drawing) for kind in GENERATORS), *self.kinds)

    def guarded(self, f: Any) -> Any:
        """Return a function under @shapes again, for its shapes are part of what it does."""
        inner = inspect.unwrap(f)
        made = self.remade(inner)
        made.__annotations__, made.__qualname__ = inner.__annotations__, inner.__qualname__
        return shapes(f.shapes)(made)


def as_it_is(function: Any) -> Any:
    """Reach a function with nothing standing in for what it looks up."""
    return function


def reach_of(trace: Trace | None) -> ExactReach:
    """Return the stand-ins for a trace, always the same, or those for duals."""
    if trace is None:
        return ExactReach()
    if trace.reach is None:
        trace.reach = ExactReach(trace)
    found: ExactReach = trace.reach
    return found


def either_way(run: Callable[[Access], Made], reach: ExactReach) -> Made:
    """Run code with stand-ins or, where it takes them for what they are not, as it is."""
    try:
        return heard(run, reach.stand_in)
    except (Tie, Outside, Unprovable):
        raise
    except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything
        try:
            return heard(run, as_it_is)
        except (TypeError, AttributeError):
            raise error from None


def heard(run: Callable[[Access], Made], reach: Access) -> Made:
    """Run code, and raise what it caught of ours: an ``except`` must not make a proof."""
    Heard.raised.clear()
    made = run(reach)
    if Heard.raised:
        raise Heard.raised[-1]
    return made


def by_definition(trace: Trace | None, function: Any) -> Any:
    """Return a function of NumPy that finds the stand-ins, too, where it is written in Python."""
    found = getattr(function, "_implementation", None)
    return reach_of(trace).remade(found) if isinstance(found, types.FunctionType) else found


PROTOCOLS["definition"] = by_definition


def _scipy() -> dict[Any, Any]:
    """Return the stand-ins for functions of SciPy that are no ufuncs, where it was imported."""
    special = sys.modules.get("scipy.special")
    if special is None:
        return {}
    return {
        special.logsumexp: either(special.logsumexp, _log_sum_exp, holds_exact),
        special.softmax: either(special.softmax, _softmax, holds_exact),
        special.log_softmax: either(special.log_softmax, _log_softmax, holds_exact),
    }


def _log_sum_exp(a: Any, axis: Any = None, b: Any = None, **options: Any) -> Any:
    if options.pop("return_sign", False):
        raise Unprovable("scipy.special.logsumexp(return_sign=True) has no exact form")
    return np.log(np.sum((1 if b is None else b) * np.exp(a), axis=axis, **options))


def _softmax(x: Any, axis: Any = None) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return x - _log_sum_exp(x, axis=axis, keepdims=True)


def _read(a: Any) -> Any:
    return np.asarray(a, dtype=object)[()] if holds_exact(a) else None


def _counts(a: Any, kinds: tuple[Any, ...]) -> bool:
    """Tell what an exact number is to code, a float, and what stands in for a module."""
    alike = np.float64() if isinstance(a, Exact) else np if isinstance(a, Module) else a
    return isinstance(alike, kinds)


def _kind(a: Any) -> type | None:
    """Return the type of what an exact array or number stands for."""
    return np.ndarray if isinstance(a, ExactArray) else np.float64 if isinstance(a, Exact) else None

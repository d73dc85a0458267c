"""Elementary functions that NumPy and SciPy have, each of expressions and of floats, in a table.

    above, below    between which numbers it is defined, if not everywhere
    ends            its limits at −∞ and at ∞, where it has some

Tested in tests/proof/run/test_elementary.py.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import sympy

INF = math.inf


class Function(NamedTuple):
    """A function of one number."""

    of_expressions: Callable[[Any], Any]
    of_floats: Callable[[float], float]
    above: int | None = None
    below: int | None = None
    ends: tuple[Any, Any] = (None, None)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


FUNCTIONS = {
    "exp": Function(sympy.exp, math.exp, ends=(0, INF)),
    "exp2": Function(lambda e: 2**e, math.exp2, ends=(0, INF)),
    "exp10": Function(lambda e: 10**e, lambda x: 10.0**x, ends=(0, INF)),
    "expm1": Function(lambda e: sympy.exp(e) - 1, math.expm1, ends=(-1, INF)),
    "log": Function(sympy.log, math.log, 0, ends=(None, INF)),
    "log2": Function(lambda e: sympy.log(e, 2), math.log2, 0, ends=(None, INF)),
    "log10": Function(lambda e: sympy.log(e, 10), math.log10, 0, ends=(None, INF)),
    "log1p": Function(lambda e: sympy.log(1 + e), math.log1p, -1, ends=(None, INF)),
    "sqrt": Function(sympy.sqrt, math.sqrt, 0, ends=(None, INF)),
    "tanh": Function(sympy.tanh, math.tanh, ends=(-1, 1)),
    "sinh": Function(sympy.sinh, math.sinh, ends=(-INF, INF)),
    "cosh": Function(sympy.cosh, math.cosh, ends=(INF, INF)),
    "sin": Function(sympy.sin, math.sin),
    "cos": Function(sympy.cos, math.cos),
    "tan": Function(lambda e: sympy.sin(e) / sympy.cos(e), math.tan),
    "cosm1": Function(lambda e: sympy.cos(e) - 1, lambda x: math.cos(x) - 1),
    "arctan": Function(sympy.atan, math.atan, ends=(-math.pi / 2, math.pi / 2)),
    "arcsin": Function(sympy.asin, math.asin, -1, 1),
    "arccos": Function(lambda e: sympy.pi / 2 - sympy.asin(e), math.acos, -1, 1),
    "arcsinh": Function(sympy.asinh, math.asinh, ends=(-INF, INF)),
    "arccosh": Function(
        lambda e: sympy.log(e + sympy.sqrt(e**2 - 1)), math.acosh, 1, ends=(None, INF)
    ),
    "arctanh": Function(lambda e: sympy.log((1 + e) / (1 - e)) / 2, math.atanh, -1, 1),
    "deg2rad": Function(lambda e: e * sympy.pi / 180, math.radians, ends=(-INF, INF)),
    "rad2deg": Function(lambda e: e * 180 / sympy.pi, math.degrees, ends=(-INF, INF)),
    "erf": Function(sympy.erf, math.erf, ends=(-1, 1)),
    "erfc": Function(lambda e: 1 - sympy.erf(e), math.erfc, ends=(2, 0)),
    "ndtr": Function(
        lambda e: (1 + sympy.erf(e / sympy.sqrt(2))) / 2,
        lambda x: math.erfc(-x / math.sqrt(2)) / 2,
        ends=(0, 1),
    ),
    "expit": Function(lambda e: 1 / (1 + sympy.exp(-e)), _logistic, ends=(0, 1)),
    "log_expit": Function(
        lambda e: -sympy.log(1 + sympy.exp(-e)), lambda x: math.log(_logistic(x)), ends=(-INF, 0)
    ),
    "logit": Function(lambda e: sympy.log(e / (1 - e)), lambda x: math.log(x / (1 - x)), 0, 1),
}
FUNCTIONS |= {"radians": FUNCTIONS["deg2rad"], "degrees": FUNCTIONS["rad2deg"]}

"""The derivative of every ufunc that has one, a line each.

A line gives the derivative by each argument, a formula of the result ``o`` and of the arguments
``x, y, z, w``; None stands for an argument that must not move. A review is to read it. What selects
(comparisons) or leaps (floor) is in tables of its own, and leaves its distance in the trail. A
ufunc in no table loses the tangent, by name.
Tested in tests/tangent/test_derivatives.py, each rule against extrapolated differences.
"""

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from mlp.tangent import series
from mlp.tangent.trail import Trail

# fmt: off  # a line a rule
DERIVATIVES: dict[Any, tuple[str | None, ...]] = {
    np.positive: ("1.0",),
    np.negative: ("-1.0",),
    np.add: ("1.0", "1.0"),
    np.subtract: ("1.0", "-1.0"),
    np.multiply: ("y", "x"),
    np.divide: ("1 / y", "-o / y"),
    np.reciprocal: ("-o * o",),
    np.square: ("2 * x",),
    np.sqrt: ("0.5 / o",),
    np.cbrt: ("1 / (3 * o * o)",),
    np.power: ("y * x ** where(y == 0, 1.0, y - 1.0)", "where(o == 0, 0.0, o * log(x))"),
    np.float_power: ("y * x ** where(y == 0, 1.0, y - 1.0)", "where(o == 0, 0.0, o * log(x))"),
    np.exp: ("o",),
    np.exp2: ("o * log(2.0)",),
    np.expm1: ("exp(x)",),
    np.log: ("1 / x",),
    np.log2: ("1 / (x * log(2.0))",),
    np.log10: ("1 / (x * log(10.0))",),
    np.log1p: ("1 / (1 + x)",),
    np.logaddexp: ("exp(x - o)", "exp(y - o)"),
    np.logaddexp2: ("exp2(x - o)", "exp2(y - o)"),
    np.sin: ("cos(x)",),
    np.cos: ("-sin(x)",),
    np.tan: ("1 + o * o",),
    np.arcsin: ("1 / sqrt((1 - x) * (1 + x))",),
    np.arccos: ("-1 / sqrt((1 - x) * (1 + x))",),
    np.arctan: ("1 / (1 + x * x)",),
    np.arctan2: ("y / hypot(x, y) / hypot(x, y)", "-x / hypot(x, y) / hypot(x, y)"),
    np.hypot: ("x / o", "y / o"),
    np.sinh: ("cosh(x)",),
    np.cosh: ("sinh(x)",),
    np.tanh: ("1 / cosh(x) ** 2",),
    np.arcsinh: ("1 / (hypot(1, x) if x.dtype.kind == 'f' else sqrt(1 + x * x))",),
    np.arccosh: ("1 / (sqrt(x - 1) * sqrt(x + 1))",),
    np.arctanh: ("1 / ((1 - x) * (1 + x))",),
    np.degrees: ("180 / pi",),
    np.rad2deg: ("180 / pi",),
    np.radians: ("pi / 180",),
    np.deg2rad: ("pi / 180",),
    np.ldexp: ("exp2(y)", None),
    np.copysign: ("where(signbit(x) == signbit(y), 1.0, -1.0)", "0.0"),
    np.nextafter: ("1.0", "0.0"),
}

BENDS: dict[Any, tuple[str, tuple[str, ...]]] = {  # the gap that closes, then the derivatives
    np.absolute: ("x", ("sign(x)",)),
    np.fabs: ("x", ("sign(x)",)),
    np.maximum: ("x - y", ("1.0 * (x >= y)", "1.0 * (x < y)")),
    np.minimum: ("x - y", ("1.0 * (x <= y)", "1.0 * (x > y)")),
    np.fmax: ("x - y", ("1.0 * ~((x < y) | isnan(x))", "1.0 * ((x < y) | isnan(x))")),
    np.fmin: ("x - y", ("1.0 * ~((x > y) | isnan(x))", "1.0 * ((x > y) | isnan(x))")),
}

LEAPS: dict[Any, tuple[str, str]] = {  # constant between leaps: the gap that closes, and its change
    np.floor: ("abs(x - rint(x))", "x_dot"),
    np.ceil: ("abs(x - rint(x))", "x_dot"),
    np.trunc: ("abs(x - rint(x))", "x_dot"),
    np.rint: ("abs(x - 0.5 - rint(x - 0.5))", "x_dot"),
    np.sign: ("x", "x_dot"),
    np.heaviside: ("x", "x_dot"),
    np.floor_divide: ("abs(x / y - rint(x / y))", "(x_dot - x / y * y_dot) / y"),
    np.spacing: ("x - exp2(rint(log2(abs(x))))", "x_dot"),
}
# fmt: on

SEVERAL: dict[Any, tuple[Any, ...]] = {}  # several results ``o``: which argument, then a line each
REAL: set[Any] = set()  # whose lines hold for real numbers alone

REMAINDERS: dict[Any, str] = {  # x - k y, where this k is constant between leaps
    np.remainder: "floor(x / y)",
    np.fmod: "trunc(x / y)",
}

SCIPYS = 32  # units in the last place by which a function of SciPy may be off
EXACT = frozenset(("where", "abs", "sign", "rint", "floor", "trunc", "signbit", "isnan"))
NAMES: dict[str, Any] = {**vars(np), "slope_of_sinc": series.slope_of_sinc}  # what a line may call


@functools.cache
def compiled(text: str) -> types.CodeType:
    """Return the code of a line of a table."""
    given = "o=None, x=None, y=None, z=None, w=None, x_dot=0.0, y_dot=0.0"
    line = eval(f"lambda {given}: {text}", {})  # noqa: S307  # the tables are ours
    code: types.CodeType = line.__code__
    return code


def formula(text: str, trail: Trail) -> Callable[..., Any]:
    """Return a line of a table as a function of result, arguments and their changes.

    Where rounding is random, so is that of what the line calls: a difference of two of them shows
    how far it cancels.
    """
    names = trail.digits.names(trail) if trail.digits else NAMES
    found = types.FunctionType(compiled(text), Wavering(names, trail) if trail.rng else names)
    found.__defaults__ = (None, None, None, None, None, 0.0, 0.0)
    return found


class Wavering(dict[str, Any]):
    """The names that a line calls: each function rounds at random what it takes and returns."""

    def __init__(self, names: Any, trail: Trail) -> None:
        super().__init__(__builtins__={})
        self.names, self.trail = names, trail

    def __missing__(self, name: str) -> Any:
        found = self.names[name]
        if name == "sp":
            return WaveringModule(found, self.trail)
        if name in EXACT or not callable(found):
            return found
        rounded = self.trail.rounded
        return lambda *a: rounded(found(*map(rounded, a)))


class WaveringModule:
    """A module in such a line: what its functions take may be an order, which stays whole."""

    def __init__(self, module: Any, trail: Trail) -> None:
        self._module, self._trail = module, trail

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        return lambda *a: self._trail.rounded(found(*a), SCIPYS)

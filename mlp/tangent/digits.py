"""Fifty digits in place of floats: what mpmath makes of each ufunc, a line each.

An array of them is an object array of numbers of a context of our own, so that nobody else's
precision changes. NumPy adds, multiplies and compares such numbers itself; a line of the table
says the rest. Its derivatives are those of derivatives.py and special.py, the same lines, run on
these numbers. A ufunc in no table is lost, by name.
Tested in tests/tangent/test_digits.py, each line against mpmath's own differentiation.
"""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np

from mlp.tangent.trail import Trail

MP = mpmath.MPContext()
MP.dps = 50
PI, ROOT2 = MP.mpf(MP.pi), MP.sqrt(2)

MOST = 5000  # entries that one run may compute: about half a second
COSTLY = 50  # entries that one of a special function counts for

NATIVE = frozenset(
    (
        *(np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.absolute),
        *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
        *(np.maximum, np.minimum, np.sign, np.conjugate),
    )
)  # NumPy does these with numbers of any kind


def by_name(names: str) -> dict[str, Callable[..., Any]]:
    """Return functions of mpmath that NumPy or SciPy has as well, "its name" or "theirs:its"."""
    pairs = (name.split(":") for name in names.split())
    return {pair[0]: getattr(MP, pair[-1]) for pair in pairs}


# fmt: off  # a line a function
PREDICATES: dict[str, Callable[..., bool]] = {
    **by_name("isfinite isinf isnan"),
    "signbit": lambda x: x < 0,
    "logical_not": lambda x: x == 0,
    "logical_and": lambda x, y: x != 0 and y != 0,
    "logical_or": lambda x, y: x != 0 or y != 0,
    "logical_xor": lambda x, y: (x != 0) != (y != 0),
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **by_name("sqrt power exp expm1 log log10 log1p sin cos tan hypot sinh cosh tanh floor ceil"),
    **by_name("arcsin:asin arccos:acos arctan:atan arctan2:atan2 arcsinh:asinh arccosh:acosh"),
    **by_name("arctanh:atanh sinc:sincpi float_power:power rint:nint"),
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "cbrt": lambda x: MP.sign(x) * MP.cbrt(abs(x)),
    "exp2": lambda x: MP.power(2, x),
    "exp10": lambda x: MP.power(10, x),
    "log2": lambda x: MP.log(x) / MP.ln2,
    "logaddexp": lambda x, y: max(x, y) + MP.log1p(MP.exp(-abs(x - y))),
    "logaddexp2": lambda x, y: max(x, y) + MP.log1p(MP.power(2, -abs(x - y))) / MP.ln2,
    "degrees": lambda x: 180 * x / PI,
    "rad2deg": lambda x: 180 * x / PI,
    "radians": lambda x: PI * x / 180,
    "deg2rad": lambda x: PI * x / 180,
    "ldexp": lambda x, n: MP.ldexp(x, int(n)),
    "copysign": lambda x, y: -abs(x) if y < 0 else abs(x),
    "fabs": abs,
    "fmax": max,
    "fmin": min,
    "trunc": lambda x: MP.floor(x) if x > 0 else MP.ceil(x),
    "heaviside": lambda x, half: half if x == 0 else MP.mpf(x > 0),
    "floor_divide": lambda x, y: MP.floor(x / y),
    "remainder": lambda x, y: x - y * MP.floor(x / y),
    "fmod": lambda x, y: MP.sign(x) * (abs(x) % abs(y)),
}
SPECIAL: dict[str, Callable[..., Any]] = {  # of scipy.special
    **by_name("erf erfc erfi erfinv gamma rgamma loggamma digamma zeta beta ellipk ellipe elliprd"),
    **by_name("round:nint psi:digamma binom:binomial poch:rf exp1:e1 expi:ei expn:expint"),
    **by_name("jv:besselj yv:bessely iv:besseli kv:besselk struve:struveh eval_legendre:legendre"),
    **by_name("eval_chebyt:chebyt eval_chebyu:chebyu eval_hermite:hermite"),
    **by_name("eval_genlaguerre:laguerre"),
    **{f"{kind}{n}": partial(getattr(MP, f"bessel{kind}"), n) for kind in "jyik" for n in (0, 1)},
    "expit": lambda x: 1 / (1 + MP.exp(-x)),
    "logit": lambda x: MP.log(x) - MP.log1p(-x),
    "log_expit": lambda x: min(x, 0) - MP.log1p(MP.exp(-abs(x))),
    "erfcx": lambda x: (
        MP.hyperu(0.5, 0.5, x * x) / MP.sqrt(PI) if x > 0 else MP.exp(x * x) * MP.erfc(x)
    ),
    "erfcinv": lambda x: MP.erfinv(1 - MP.mpf(x)),
    "dawsn": lambda x: MP.sqrt(PI) / 2 * MP.exp(-x * x) * MP.erfi(x),
    "ndtr": lambda x: MP.erfc(-x / ROOT2) / 2,
    "log_ndtr": lambda x: (
        MP.log1p(-MP.erfc(x / ROOT2) / 2) if x > 0 else MP.log(MP.erfc(-x / ROOT2) / 2)
    ),
    "ndtri": lambda p: ROOT2 * MP.erfinv(2 * MP.mpf(p) - 1),
    "ndtri_exp": lambda y: ROOT2 * MP.erfinv(2 * MP.exp(y) - 1),
    "gammasgn": lambda x: MP.sign(MP.rgamma(x)),
    "gammaln": lambda x: MP.re(MP.loggamma(x)),
    "betaln": lambda a, b: MP.log(abs(MP.beta(a, b))),
    "gammainc": lambda a, x: MP.gammainc(a, 0, x, regularized=True),
    "gammaincc": lambda a, x: MP.gammainc(a, x, MP.inf, regularized=True),
    "betainc": lambda a, b, x: MP.betainc(a, b, 0, x, regularized=True),
    "xlogy": lambda x, y: MP.mpf(0) if x == 0 else x * MP.log(y),
    "xlog1py": lambda x, y: MP.mpf(0) if x == 0 else x * MP.log1p(y),
    "entr": lambda x: -x * MP.log(x),
    "rel_entr": lambda x, y: x * MP.log(MP.mpf(x) / y),
    "kl_div": lambda x, y: x * MP.log(MP.mpf(x) / y) - x + y,
    "boxcox": lambda x, c: MP.log(x) if c == 0 else MP.expm1(c * MP.log(x)) / c,
    "boxcox1p": lambda x, c: MP.log1p(x) if c == 0 else MP.expm1(c * MP.log1p(x)) / c,
    "inv_boxcox": lambda x, c: MP.exp(x) if c == 0 else MP.exp(MP.log1p(c * x) / c),
    "exprel": lambda x: MP.hyp1f1(1, 2, x),
    "cosm1": lambda x: -2 * MP.sin(x / 2) ** 2,
    "sindg": lambda x: MP.sin(PI * x / 180),
    "cosdg": lambda x: MP.cos(PI * x / 180),
    "tandg": lambda x: MP.tan(PI * x / 180),
    "spence": lambda x: MP.polylog(2, 1 - MP.mpf(x)),
    "i0e": lambda x: MP.besseli(0, x) * MP.exp(-abs(x)),
    "i1e": lambda x: MP.besseli(1, x) * MP.exp(-abs(x)),
    "k0e": lambda x: MP.besselk(0, x) * MP.exp(x),
    "k1e": lambda x: MP.besselk(1, x) * MP.exp(x),
    "ive": lambda n, x: MP.besseli(n, x) * MP.exp(-abs(x)),
    "kve": lambda n, x: MP.besselk(n, x) * MP.exp(x),
    "chdtr": lambda k, x: MP.gammainc(MP.mpf(k) / 2, 0, MP.mpf(x) / 2, regularized=True),
    "chdtrc": lambda k, x: MP.gammainc(MP.mpf(k) / 2, MP.mpf(x) / 2, MP.inf, regularized=True),
    "stdtr": lambda k, t: (
        MP.mpf(1) / 2
        + t
        * MP.hyp2f1(0.5, (k + 1) / MP.mpf(2), 1.5, -t * t / k)
        / (MP.sqrt(k) * MP.beta(0.5, k / MP.mpf(2)))
    ),
    "huber": lambda d, r: MP.mpf(r) ** 2 / 2 if abs(r) <= d else d * (abs(r) - MP.mpf(d) / 2),
    "pseudo_huber": lambda d, r: d * d * (MP.sqrt(1 + (MP.mpf(r) / d) ** 2) - 1),
    "wrightomega": lambda x: MP.re(MP.lambertw(MP.exp(x))),
    "eval_hermitenorm": lambda n, x: MP.hermite(n, x / ROOT2) / MP.power(2, MP.mpf(n) / 2),
    "eval_laguerre": lambda n, x: MP.laguerre(n, 0, x),
}
NAMED: dict[str, Any] = {  # what lines of the tables call beside ufuncs
    "density": lambda x: MP.exp(-x * x / 2) / MP.sqrt(2 * PI),
    "gamma_density": lambda a, x: MP.exp((a - 1) * MP.log(x) - x - MP.loggamma(a)),
    "beta_density": lambda a, b, x: (
        MP.power(x, a - 1) * MP.power(1 - MP.mpf(x), b - 1) / MP.beta(a, b)
    ),
    "slope_of_sinc": lambda x: (
        -PI * MP.sign(x) * MP.sqrt(PI / 2 / abs(PI * x)) * MP.besselj(1.5, abs(PI * x))
        if x
        else MP.mpf(0)
    ),
    "slope_of_exprel": lambda x: MP.hyp1f1(2, 3, x) / 2,
    "slope_of_erfcx": lambda x, o: (
        -x * MP.hyperu(1.5, 1.5, x * x) / MP.sqrt(PI) if x > 0 else 2 * x * o - 2 / MP.sqrt(PI)
    ),
}
# fmt: on


def number(a: Any) -> Any:
    """Return a number in fifty digits: a float as the binary number it is."""
    if isinstance(a, MP.mpf):
        return a
    if isinstance(a, (complex, MP.mpc)):
        raise TypeError("a complex number has no rule in fifty digits")
    return MP.mpf(int(a) if isinstance(a, (int, np.integer, np.bool_)) else float(a))


def solve(A: Any, B: Any) -> Any:
    """Return X with A X = B, by Gauss's elimination with the largest pivots."""
    found, _ = eliminated(A, B.reshape(len(A), -1))
    return found.reshape(B.shape)


def inv(A: Any) -> Any:
    """Return the inverse."""
    return eliminated(A, np.eye(len(A)))[0]


def det(A: Any) -> Any:
    """Return the determinant, the product of the pivots."""
    return eliminated(A, np.zeros((len(A), 0)))[1]


def eliminated(A: Any, B: Any) -> tuple[Any, Any]:
    """Return A⁻¹ B and det A."""
    if A.ndim != 2:
        raise TypeError("a stack of matrices has no rule in fifty digits")
    rows = np.concatenate([A, np.asarray(B).astype(object)], axis=1)
    det = MP.mpf(1)
    for k in range(len(A)):
        pivot = k + max(range(len(A) - k), key=np.abs(rows[k:, k]).__getitem__)
        if pivot != k:
            rows[[k, pivot]], det = rows[[pivot, k]], -det
        det *= rows[k, k]
        rows[k] = rows[k] / rows[k, k]
        factors = rows[:, k].copy()
        factors[k] = 0
        rows = rows - np.multiply.outer(factors, rows[k])
    return rows[:, len(A) :], det


class Digits:
    """What a trail asks for where it computes in fifty digits."""

    unit = MP.ldexp(1, 3 - MP.prec)
    linalg = SimpleNamespace(solve=solve, inv=inv, det=det)  # of one matrix in fifty digits

    def made(self, a: Any) -> Any:
        """Return an object array of numbers; one that has other numbers in it is changed."""
        a = np.asarray(a)
        if a.dtype.kind not in "Ofiub" or a.dtype.itemsize > 8:
            raise TypeError(f"{a.dtype} has no rule in fifty digits")
        if a.dtype == object and all(type(entry) is MP.mpf for entry in a.flat):
            return a
        with np.errstate(all="ignore"):
            found = np.asarray(np.frompyfunc(number, 1, 1)(a), object)
        if a.dtype != object or not a.flags.writeable:
            return found
        a[...] = found  # a view stays one
        return a

    def function(self, ufunc: Any, trail: Trail) -> Callable[..., Any]:
        """Return what a ufunc is in fifty digits."""
        if ufunc in NATIVE:
            found: Callable[..., Any] = ufunc
            return found
        name = ufunc.__name__
        if name in PREDICATES:
            test = entry_by_entry(PREDICATES[name])
            return lambda *a, **_: np.asarray(test(*a), bool)[()]
        if name in FUNCTIONS:
            return entry_by_entry(FUNCTIONS[name])
        return special(name, trail)

    def names(self, trail: Trail) -> "Names":
        """Return what the names in a line of the tables are in fifty digits."""
        return Names(self, trail)


class Names(dict[str, Any]):
    """The names in lines of the tables; ``sp``, a module, has the same as its attributes."""

    def __init__(self, digits: Digits, trail: Trail) -> None:
        super().__init__(__builtins__={}, pi=PI, where=np.where)
        self.digits, self.trail = digits, trail

    def __missing__(self, name: str) -> Any:
        if name == "sp":
            return self
        if name in NAMED:
            return entry_by_entry(NAMED[name])
        return self.digits.function(getattr(np, name), self.trail)

    def __getattr__(self, name: str) -> Any:
        return special(name, self.trail)


def special(name: str, trail: Trail) -> Callable[..., Any]:
    """Return a function of SciPy in fifty digits, which counts what it costs."""
    if name not in SPECIAL:
        raise trail.lose(f"{name} has no rule in fifty digits")
    function = entry_by_entry(SPECIAL[name])

    def counted(*arrays: Any, **_: Any) -> Any:
        trail.work += COSTLY * np.broadcast(*arrays).size
        if trail.work > MOST:
            raise trail.lose(f"more than {MOST} entries to compute in fifty digits")
        return function(*arrays)

    return counted


def entry_by_entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of numbers as one of arrays; what it makes of floats is exact as well."""

    def real(*a: Any) -> Any:
        found = function(*map(number, a))
        return MP.nan if isinstance(found, MP.mpc) else found  # the root of a negative number

    def run(*arrays: Any, **_: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.frompyfunc(real, len(arrays), 1)(*arrays)

    return run


DIGITS = Digits()

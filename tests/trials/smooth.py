"""Error bars that can be believed: random smooth functions of one variable.

f(x) = A g(x/s) + C, where g is a random expression of exp, tanh, sin, powers, rationals and
softplus, x runs over 16 decades, s lies within a decade of |x|, A over 6 decades. A quarter of the
functions carries an offset C of up to 1e8 times the signal; another quarter is steep or
oscillatory, with features up to 1e6 times finer than x.

The function on trial is plain float64; the truth is the derivative of the mathematical function
with the same float constants, by mpmath at 50 digits. Where an expression is ill conditioned its
rounding exceeds u |f|, the floor that the slope is told: a bar has to notice that by itself.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np

from trials.family import Family, Limit, Outcome, mean, median

UNIT = 2.0**-53
RTOL = 1e-6  # a bar below this part of the value is what makes a check say "correct"

FLOAT = SimpleNamespace(
    exp=np.exp, sin=np.sin, tanh=np.tanh, softplus=lambda z: np.logaddexp(0.0, z)
)
EXACT = SimpleNamespace(
    exp=mpmath.exp,
    sin=mpmath.sin,
    tanh=mpmath.tanh,
    softplus=lambda z: mpmath.log(1 + mpmath.exp(z)),
)


@dataclass(frozen=True)
class Smooth:
    """A function f(x, m) that computes in the arithmetic m, and a point."""

    kind: str
    f: Any
    x: float

    def phi(self, t):
        """Return f(x + t) − f(x) as a float64 computation."""
        with np.errstate(all="ignore"):  # far from x it may overflow, as a user's function may
            return float(self.f(np.float64(self.x + t), FLOAT) - self.f(np.float64(self.x), FLOAT))

    def value(self):
        """Return f(x) in float64."""
        return float(self.f(np.float64(self.x), FLOAT))

    def truth(self):
        """Return f'(x) of the mathematical function, as a float."""
        with mpmath.workdps(50):
            return float(mpmath.diff(lambda x: self.f(x, EXACT), mpmath.mpf(self.x), relative=True))


def expression(rng, depth):
    """Draw a random smooth expression g(z, m)."""
    if depth == 0:
        a, b = rng.uniform(0.3, 2.0) * rng.choice([-1, 1]), rng.normal()
        return lambda z, _: a * z + b
    g = expression(rng, depth - 1)
    h = expression(rng, rng.integers(depth))
    p = float(rng.uniform(-2, 2))
    return [
        lambda z, m: m.exp(-(g(z, m) ** 2) / 4),
        lambda z, m: m.exp(m.sin(g(z, m))),
        lambda z, m: m.exp(g(z, m) / 2),
        lambda z, m: m.tanh(g(z, m)),
        lambda z, m: m.sin(g(z, m)),
        lambda z, m: m.softplus(g(z, m)),
        lambda z, m: g(z, m) ** 3 / 4,
        lambda z, m: (1 + g(z, m) ** 2) ** p,
        lambda z, m: h(z, m) / (1 + g(z, m) ** 2),
        lambda z, m: g(z, m) + h(z, m),
        lambda z, m: g(z, m) * h(z, m),
    ][rng.integers(11)]


def make(rng, index):
    """Draw a function of unit size with a derivative to speak of, then give it its scales."""
    kind = ("plain", "offset", "plain", "fine")[index % 4]
    while True:
        case = attempt(rng, kind)
        with np.errstate(all="ignore"):
            value, ahead = (float(case.g(z, FLOAT)) for z in (case.z, case.z + 1e-6))
        slope = abs(ahead - value) / 1e-6
        if 1e-2 < abs(value) < 1e2 and 1e-2 * abs(value) < slope < 1e2 * abs(value):
            return Smooth(kind, case.f, case.x)


def attempt(rng, kind):
    """Draw x, the scales and g, without looking at them."""
    x = float(rng.choice([-1, 1]) * 10 ** rng.uniform(-8, 8))
    s = float(abs(x) * 10 ** rng.uniform(-1, 1))
    A = float(10 ** rng.uniform(-3, 3))
    C = float(A * rng.choice([-1, 1]) * 10 ** rng.uniform(0, 8)) if kind == "offset" else 0.0
    g = expression(rng, int(rng.integers(1, 5)))
    if kind != "fine":
        return SimpleNamespace(g=g, z=x / s, x=x, f=lambda x, m: A * g(x / s, m) + C)
    omega = float(10 ** rng.uniform(0.5, 6))
    if rng.random() < 0.5:  # oscillatory
        return SimpleNamespace(
            g=lambda z, m: g(m.sin(z), m),
            z=omega * (x / s),
            x=x,
            f=lambda x, m: A * g(m.sin(omega * (x / s)), m),
        )
    u0 = float(x / s - rng.normal() / omega)  # steep, and x sits on the slope
    z = omega * (x / s - u0)
    return SimpleNamespace(g=g, z=z, x=x, f=lambda x, m: A * g(omega * (x / s - u0), m))


def judge(case, slope):
    """Compare the slope and its bar with the truth."""
    answer = slope(case.phi, scale=abs(case.x), noise=UNIT * abs(case.value()))
    truth = case.truth()
    error = abs(answer.value - truth)
    outside = not error <= answer.bar
    certain = answer.bar < RTOL * abs(answer.value)
    figures = {
        "outside": outside,
        "far outside": certain and not error <= 10 * answer.bar,
        "bar": answer.bar / abs(truth),
        "evaluations": answer.evaluations,
    }
    said = "wrong" if outside else "correct" if certain else "inconclusive"
    missed = f"{case.kind}: {answer.value!r} ± {answer.bar:.1e}, truth {truth!r}" if outside else ""
    return Outcome(said, missed, figures)


FAMILIES = (
    Family(
        name="smooth",
        cases=2_000,
        sample=40,
        make=make,
        judge=judge,
        limits=(
            Limit("truth outside the bar", mean("outside"), 0.001),
            Limit("bar more than 10 times too small, yet certain", mean("far outside"), 0.0),
            Limit("median bar, relative", median("bar"), 1e-10, strict=True),
            Limit("mean evaluations", mean("evaluations"), 40),
        ),
        tool="slope",
    ),
)

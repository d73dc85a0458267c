"""Error bars side by side: one derivative of each of 1,000 smooth functions, by four libraries.

The functions and the judge are those of the family `smooth` in tests/trials. Every library works
with its own defaults; since these know no scale, the others see x in units of its size: as 1.
"""

import time
import warnings
from types import SimpleNamespace

import jacobi
import numdifftools
import numpy as np
import scipy.differentiate
from trials.run import BY_NAME

from mlp.gradcheck.numbers.slope import slope

CASES, SEED = 1_000, 0


def at_one(phi, scale):
    """Return g(z) = φ((z − 1) scale), to be differentiated at 1, and a list of what it saw."""
    seen = []

    def g(z):
        seen.extend(np.ravel(z))
        return np.reshape([phi((s - 1.0) * scale) for s in np.ravel(z)], np.shape(z))

    return g, seen


def answer(value, bar, scale, seen):
    """Return what a slope returns, from the derivative of g."""
    value, bar = (float(np.ravel(number)[0]) / scale for number in (value, bar))
    return SimpleNamespace(value=value, bar=bar, evaluations=len(seen))


def by_numdifftools(phi, scale, noise):
    del noise
    g, seen = at_one(phi, scale)
    result = numdifftools.Derivative(g, full_output=True)(1.0)
    return answer(result.estimate, result.error_estimate, scale, seen)


def by_jacobi(phi, scale, noise):
    del noise
    g, seen = at_one(phi, scale)
    return answer(*jacobi.jacobi(g, 1.0), scale, seen)


def by_scipy(phi, scale, noise):
    del noise
    g, seen = at_one(phi, scale)
    result = scipy.differentiate.derivative(g, 1.0)
    return answer(result.df, result.error, scale, seen)


LIBRARIES = {
    "mlp": slope,
    "numdifftools": by_numdifftools,
    "jacobi": by_jacobi,
    "scipy.differentiate": by_scipy,
}


def test_error_bars_beside_other_libraries(capsys):
    family = BY_NAME["smooth"]
    cases = [family.case(i, SEED) for i in range(CASES)]
    head = f"{'':<22}{'inside':>8}{'10× too small':>16}{'median bar':>12}{'no answer':>12}"
    lines = [
        f"{CASES} smooth functions; '10× too small' counts bars that claim six digits or more",
        f"{head}{'calls':>8}{'ms':>7}",
    ]
    rows = {}
    for name, tool in LIBRARIES.items():
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if name != "mlp" else "error")  # others warn as they go
            figures = [family.judge(case, tool).figures for case in cases]
        milliseconds = 1e3 * (time.perf_counter() - start) / CASES
        column = {key: np.array([f[key] for f in figures]) for key in figures[0]}
        rows[name] = column
        lines.append(
            f"{name:<22}{100 * (1 - column['outside'].mean()):>7.2f}%"
            f"{100 * column['far outside'].mean():>15.2f}%{np.nanmedian(column['bar']):>12.0e}"
            f"{100 * np.isnan(column['bar']).mean():>11.1f}%"
            f"{column['evaluations'].mean():>8.1f}{milliseconds:>7.2f}"
        )
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201  # the table is the benchmark
    assert all(len(column["outside"]) == CASES for column in rows.values())

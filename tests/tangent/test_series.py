"""Derivatives near the points where their formula cancels: within their bar, in fifty digits."""

import numpy as np
import pytest
import scipy.special as sp

from mlp.tangent import ask, series
from mlp.tangent.digits import MP

NEAR = {  # function of NumPy or SciPy -> (the same in mpmath, points, relative error)
    "sinc": (np.sinc, MP.sincpi, (1e-12, 1e-8, 3.1e-3, 0.01, 0.3, 0.32, 7.3), 1e-13),
    "exprel": (sp.exprel, lambda x: MP.expm1(x) / x, (1e-12, 1e-8, -1e-3, 0.9, 1.1, 30), 1e-13),
    "erfcx": (
        sp.erfcx,
        lambda x: MP.exp(x * x) * MP.erfc(x),
        (-2.0, 1.0, 7.9, 8.1, 30.0, 1e5, 1e8),
        1e-12,
    ),
    "ellipk": (sp.ellipk, MP.ellipk, (1e-12, 1e-8, -3.0, 0.3, 0.999), 1e-13),
    "ellipe": (sp.ellipe, MP.ellipe, (1e-12, 1e-8, -3.0, 0.3, 0.999), 1e-13),
    "log_ndtr": (
        sp.log_ndtr,
        lambda x: MP.log(MP.erfc(-x / MP.sqrt(2)) / 2),
        (-1e4, -40.0, -1.0, 0.5, 4.0),
        1e-12,
    ),
    "gammainc": (
        lambda x: sp.gammainc(1e6, x),
        lambda x: MP.gammainc(10**6, 0, x, regularized=True),
        (1e6, 1.001e6),
        1e-8,
    ),
    "chdtr": (
        lambda x: sp.chdtr(2e5, x),
        lambda x: MP.gammainc(10**5, 0, x / 2, regularized=True),
        (2e5,),
        1e-8,
    ),
    "betainc": (
        lambda x: sp.betainc(1e5, 2e5, x),
        lambda x: x**99999 * (1 - x) ** 199999 / MP.beta(10**5, 2 * 10**5),
        (0.333, 0.3345),
        1e-8,
    ),
    "stdtr": (
        lambda t: sp.stdtr(1e6, t),
        lambda t: (
            MP.rf(MP.mpf(500000), 0.5) / MP.sqrt(10**6 * MP.pi) * (1 + t * t / 10**6) ** -500000.5
        ),
        (1.5, -30.0),
        1e-9,
    ),
    "jv": (lambda x: sp.jv(30, x), lambda x: MP.besselj(30, x), (2.0, 40.0), 1e-10),
    "ive": (
        lambda x: sp.ive(2, x),
        lambda x: MP.besseli(2, x) * MP.exp(-x),
        (50.0, 3e3),
        1e-9,
    ),
    "i1e": (sp.i1e, lambda x: MP.besseli(1, x) * MP.exp(-x), (50.0, 3e3), 1e-9),
    "k0e": (sp.k0e, lambda x: MP.besselk(0, x) * MP.exp(x), (50.0, 1e3), 1e-9),
    "digamma": (sp.digamma, MP.digamma, (1e-3, 1.46, 30.0), 1e-12),
    "kl_div": (lambda x: sp.kl_div(x, 1.0), lambda x: x * MP.log(x) - x + 1, (1 + 1e-9,), 1e-6),
    "logit": (sp.logit, lambda x: MP.log(x / (1 - x)), (1e-9, 0.5, 1 - 1e-9), 1e-12),
}
DENSITIES = {"betainc", "stdtr"}  # the slope itself is given
CASES = [(name, x) for name, (_, _, points, _) in NEAR.items() for x in points]


def slopes(name, x):
    """Return what the tangent says, and what fifty digits say."""
    theirs, exact, _, _ = NEAR[name]
    said = ask(theirs, [np.array([x])], [np.ones(1)], np.ones(1))
    if name in DENSITIES:
        return said, exact(MP.mpf(x))
    return said, MP.diff(exact, MP.mpf(x), h=MP.mpf(x) * MP.mpf(10) ** -25)


@pytest.mark.parametrize(("name", "x"), CASES)
def test_the_slope_is_right_within_its_bar(name, x):
    said, true = slopes(name, x)
    assert abs(said.slope - true) <= said.bar
    assert said.bar <= NEAR[name][3] * abs(true) * 100
    assert abs(said.slope - true) <= NEAR[name][3] * abs(true)


@pytest.mark.parametrize(
    ("name", "x", "naive"),
    [
        ("slope_of_sinc", 3e-4, lambda x: np.pi * (np.cos(np.pi * x) - np.sinc(x)) / (np.pi * x)),
        ("slope_of_exprel", 1e-8, lambda x: (np.exp(x) - np.expm1(x) / x) / x),
        ("slope_of_erfcx", 1e5, lambda x, o: 2 * x * o - 2 / np.sqrt(np.pi)),
    ],
)
def test_without_the_series_the_digits_are_lost_and_the_bar_says_so(monkeypatch, name, x, naive):
    from mlp.tangent import derivatives

    function = name.removeprefix("slope_of_")
    monkeypatch.setitem(derivatives.NAMES, name, naive)
    said, true = slopes(function, x)
    assert abs(said.slope - true) > 1e-10 * abs(true)
    if function == "erfcx":  # the terms of the others are not rounded at random
        assert abs(said.slope - true) <= said.bar


def test_a_line_that_cancels_has_a_bar_that_shows_it(monkeypatch):
    from mlp.tangent import derivatives

    monkeypatch.setitem(
        derivatives.DERIVATIVES, sp.log_ndtr, ("exp(-x * x / 2 - o) / sqrt(2 * pi)",)
    )
    said, true = slopes("log_ndtr", -1e4)
    assert 1e-10 * true < abs(said.slope - true) <= said.bar
    monkeypatch.setattr(derivatives.Trail, "rounded", lambda _, value: value)
    blind, _ = slopes("log_ndtr", -1e4)
    assert abs(blind.slope - true) > blind.bar


@pytest.mark.parametrize("slope", [series.slope_of_exprel, series.slope_of_erfcx])
def test_both_formulas_meet_where_one_takes_over(slope):
    edge = {series.slope_of_exprel: series.SMALL, series.slope_of_erfcx: series.LARGE}[slope]
    function = {series.slope_of_exprel: sp.exprel, series.slope_of_erfcx: sp.erfcx}[slope]
    x = np.array([edge * (1 - 1e-15), edge * (1 + 1e-15)])
    below, above = slope(x, function(x)) if function is sp.erfcx else slope(x)
    assert below == pytest.approx(above, rel=1e-12)


def test_limits_are_met():
    assert series.slope_of_sinc(np.array([0.0])) == 0
    assert series.slope_of_exprel(np.array([0.0])) == 0.5

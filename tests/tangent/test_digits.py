"""Fifty digits: every line of the table against NumPy, SciPy, and mpmath's own differentiation."""

import re

import mpmath
import numpy as np
import pytest
import scipy.special as sp

from mlp.tangent import digits, special
from mlp.tangent.array import TangentArray
from mlp.tangent.derivatives import BENDS, DERIVATIVES, LEAPS
from mlp.tangent.digits import DIGITS, FUNCTIONS, MP, NAMED, NATIVE, PREDICATES, SPECIAL
from mlp.tangent.trail import Lost, Trail

RANGES = {
    **dict.fromkeys(("logit", "ellipk", "ellipe", "erfcinv", "ndtri", "arcsin"), (0.2, 0.8)),
    **dict.fromkeys(("arccos", "arctanh", "eval_legendre", "erfinv"), (0.1, 0.8)),
    "arccosh": (1.2, 3.0),
    "ndtri_exp": (-2.0, -0.3),
}
OF_ORDER = ("eval_", "expn", "jv", "yv", "kv", "iv", "ive", "kve")  # whole, as they often are
TOLERANT = {"struve": 1e-12}  # SciPy's own digits, where they are fewer than 13
RULES = {**DERIVATIVES, **{u: lines for u, (_, lines) in BENDS.items()}}
TABLES = {**FUNCTIONS, **SPECIAL}
RULED = [u for u in RULES if u.__name__ in TABLES or u in NATIVE]
named = {"ids": lambda u: getattr(u, "__name__", str(u))}


def drawn(rng, ufunc):
    """Draw arguments in the domain."""
    name = ufunc.__name__
    args = [float(rng.uniform(*RANGES.get(name, (0.3, 1.7)))) for _ in range(ufunc.nin)]
    if name.startswith(OF_ORDER):
        args[0] = int(rng.integers(2, 5))
    if name == "ldexp":
        args[1] = int(rng.integers(-3, 4))
    if name in {"betainc", "elliprd"}:
        args[-1] = rng.uniform(0.2, 0.8)
    return [a + 3 if name in {"binom", "poch"} and k == 0 else a for k, a in enumerate(args)]


def exact(args):
    return [DIGITS.made(a) for a in args]


def value(ufunc, args):
    return DIGITS.function(ufunc, Trail(digits=DIGITS))(*exact(args))


def examine(ufunc, seed=0, draws=3):
    """Hold value and slopes in fifty digits to NumPy or SciPy, and to mpmath's differentiation."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        args = drawn(rng, ufunc)
        name = ufunc.__name__
        np.testing.assert_allclose(
            float(value(ufunc, args)), ufunc(*args), rtol=TOLERANT.get(name, 1e-13), err_msg=name
        )
        for place, line in enumerate(RULES.get(ufunc, ())):
            if line is None:
                continue
            trail = Trail(digits=DIGITS)
            given = [*exact(args)]
            given[place] = TangentArray(given[place], MP.mpf(1), trail)
            found = ufunc(*given).tangent[()]

            def moved(x, args=args, place=place):
                return value(ufunc, [*args[:place], x, *args[place + 1 :]])

            true = MP.diff(moved, MP.mpf(args[place]))
            assert abs(found - true) <= 1e-30 * abs(true), (name, place, found, true)


@pytest.mark.parametrize("ufunc", RULED, **named)
def test_a_line_is_the_function_and_its_slope_is_mpmaths_own(ufunc):
    examine(ufunc)


@pytest.mark.parametrize("ufunc", [u for u in RULED if u not in NATIVE], **named)
def test_a_line_that_is_off_in_the_ninth_digit_is_found(monkeypatch, ufunc):
    table = FUNCTIONS if ufunc.__name__ in FUNCTIONS else SPECIAL
    true = table[ufunc.__name__]
    monkeypatch.setitem(table, ufunc.__name__, lambda *a: true(*a) * (1 + MP.mpf(1e-9)))
    with pytest.raises(AssertionError):
        examine(ufunc)


@pytest.mark.parametrize("ufunc", RULED, **named)
def test_a_slope_that_is_off_in_the_ninth_digit_is_found(monkeypatch, ufunc):
    off = tuple(line and f"({line}) * (1 + 1e-9)" for line in RULES[ufunc])
    monkeypatch.setitem(RULES, ufunc, off)
    if ufunc in BENDS:
        monkeypatch.setitem(BENDS, ufunc, (BENDS[ufunc][0], off))
    else:
        monkeypatch.setitem(DERIVATIVES, ufunc, off)
    if not any(f"({line})" != "(0.0)" for line in RULES[ufunc] if line):
        pytest.fail("no slope to be off")
    with pytest.raises(AssertionError):
        examine(ufunc)


@pytest.mark.parametrize(
    ("name", "ufunc"),
    [("density", sp.ndtr), ("slope_of_exprel", sp.exprel), ("slope_of_erfcx", sp.erfcx)],
)
def test_what_a_line_calls_is_found_where_it_is_off(monkeypatch, name, ufunc):
    true = NAMED[name]
    monkeypatch.setitem(NAMED, name, lambda *a: true(*a) * (1 + MP.mpf(1e-9)))
    with pytest.raises(AssertionError):
        examine(ufunc)


@pytest.mark.parametrize("factor", [1, 1 + 1e-9])
def test_the_slope_of_sinc(monkeypatch, factor):
    true = NAMED["slope_of_sinc"]
    monkeypatch.setitem(NAMED, "slope_of_sinc", lambda x: true(x) * factor)
    for x in (0.7, -1.3, 1e-9):
        found = np.sinc(TangentArray(MP.mpf(x), MP.mpf(1), Trail(digits=DIGITS)))
        assert float(found.value[()]) == pytest.approx(np.sinc(x), rel=1e-14)
        slope = MP.diff(MP.sincpi, MP.mpf(x))
        assert (abs(found.tangent[()] - slope) <= 1e-25 * abs(slope)) == (factor == 1)


@pytest.mark.parametrize("ufunc", [*LEAPS, np.remainder, np.fmod, np.sinc], **named)
def test_what_leaps_is_numpys_or_is_lost(ufunc):
    points = [2.5, -2.5, 0.3, -7.25, 3.0]
    others = [0.75, -0.5, 1.5, 2.0, -3.0]
    if ufunc is np.spacing:
        with pytest.raises(Lost, match="spacing has no rule in fifty digits"):
            value(ufunc, [1.0])
        return
    for x, y in zip(points, others, strict=True):
        args = [x, y][: getattr(ufunc, "nin", 1)]
        assert float(value(ufunc, args)) == pytest.approx(ufunc(*args), rel=1e-15)


@pytest.mark.parametrize("name", PREDICATES)
def test_predicates_are_numpys(name):
    ufunc = getattr(np, name)
    for x in (0.0, 1.5, -2.0, np.inf, np.nan):
        for y in (0.0, 1.0):
            args = [x, y][: ufunc.nin]
            assert value(ufunc, args) == ufunc(*args)
            assert value(ufunc, args).dtype == bool


def test_every_line_is_called_by_something():
    used = {u.__name__ for u in (*RULED, *LEAPS)} | {"remainder", "fmod", "sinc"}
    lines = filter(None, (line for lines in RULES.values() for line in lines))
    within = {*re.findall(r"\w+", " ".join(lines))}
    assert {*TABLES} - used - within == set()
    assert special.NAMES["sp"] is sp


@pytest.mark.parametrize(
    "x", [np.complex128(1j), np.longdouble(1.0), np.array(["a"]), np.array([None])]
)
def test_what_no_float_is_has_no_fifty_digits(x):
    with pytest.raises((TypeError, ValueError)):
        DIGITS.made(x)


def test_floats_stay_the_binary_numbers_they_are_and_views_stay_views():
    made = DIGITS.made(np.array([0.1, np.float32(0.1)]))
    assert made[0] == 0.1
    assert DIGITS.made(made) is made
    made[0] = 0.5  # a plain float, as code that writes in place leaves it
    view = made[:1]
    assert DIGITS.made(view) is view
    assert type(made[0]) is MP.mpf


def test_what_is_complex_there_is_not_a_number():
    assert np.isnan(float(value(np.sqrt, [-1.0])))
    assert np.isnan(float(value(np.log, [-1.0])))


def test_nobody_elses_precision_changes():
    assert mpmath.mp is not digits.MP
    assert mpmath.mp.dps == 15

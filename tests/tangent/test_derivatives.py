"""Every derivative of the tables against extrapolated differences."""

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.derivatives import BENDS, DERIVATIVES, LEAPS, REMAINDERS, formula
from mlp.tangent.trail import Trail

RANGES = {  # where the rest does not exist everywhere in (0.3, 1.7)
    "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8),
    "arctanh": (-0.8, 0.8),
    "arccosh": (1.3, 3.0),
}
COUNTS = {"ldexp": 1}  # arguments that are whole numbers


def numpys(table):
    return [u for u in table if getattr(np, u.__name__, None) is u]


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


def drawn(rng, ufunc, shape=(7,)):
    low, high = RANGES.get(ufunc.__name__, (0.3, 1.7))
    args = [rng.uniform(low, high, shape) for _ in range(ufunc.nin)]
    for place in range(ufunc.nin):
        if COUNTS.get(ufunc.__name__) == place:
            args[place] = rng.integers(-3, 4, shape)
    return args


@pytest.mark.parametrize("ufunc", numpys({**DERIVATIVES, **BENDS}), ids=lambda u: u.__name__)
def test_a_derivative_is_what_differences_say(ufunc):
    rng = np.random.default_rng(1)
    derivatives = DERIVATIVES.get(ufunc) or BENDS[ufunc][1]
    for place, derivative in enumerate(derivatives):
        if derivative is None:
            continue
        args = drawn(rng, ufunc)
        d = direction(rng, args[place].shape)

        def moved(x, args=args, place=place):
            return ufunc(*args[:place], x, *args[place + 1 :])

        found = moved(dual(args[place], d))
        np.testing.assert_allclose(found.value, moved(args[place]), rtol=0, atol=0)
        np.testing.assert_allclose(
            found.tangent, along(moved, args[place], d), rtol=1e-8, atol=1e-9
        )


def test_a_wrong_line_is_found(monkeypatch):
    monkeypatch.setitem(DERIVATIVES, np.sin, ("-cos(x)",))
    with pytest.raises(AssertionError):
        test_a_derivative_is_what_differences_say(np.sin)


@pytest.mark.parametrize("name", ["exp", "log", "sin", "tanh", "sqrt", "square", "reciprocal"])
def test_the_same_line_holds_for_complex_numbers(name):
    rng = np.random.default_rng(2)
    f = getattr(np, name)
    z, d = (rng.uniform(0.3, 1.7, 5) + 1j * rng.uniform(0.3, 1.7, 5) for _ in range(2))
    np.testing.assert_allclose(f(dual(z, d)).tangent, along(f, z, d), rtol=1e-8)
    np.testing.assert_allclose(np.abs(dual(z, d)).tangent, along(np.abs, z, d), rtol=1e-8)
    np.testing.assert_allclose(np.conj(dual(z, d)).tangent, np.conj(d))


@pytest.mark.parametrize("ufunc", numpys(LEAPS), ids=lambda u: u.__name__)
def test_what_leaps_is_plain_and_says_at_which_step_it_would_leap(ufunc):
    trail = Trail()
    args = [np.array([2.25, -1.75]), *[np.array([1.0, 1.0])] * (ufunc.nin - 1)]
    found = ufunc(dual(args[0], [2.0, -0.5], trail), *args[1:])
    np.testing.assert_array_equal(found, ufunc(*args))
    assert 0 < trail.jump < np.inf
    before, after = (
        ufunc(args[0] + step * trail.jump * np.array([2.0, -0.5]), *args[1:])
        for step in (0.999, 1.001)
    )
    there, beyond = (
        ufunc(args[0] - step * trail.jump * np.array([2.0, -0.5]), *args[1:])
        for step in (0.999, 1.001)
    )
    assert (before != after).any() or (there != beyond).any() or ufunc is np.spacing


@pytest.mark.parametrize("ufunc", numpys(REMAINDERS), ids=lambda u: u.__name__)
def test_a_remainder_moves_with_what_is_divided_and_with_the_divisor(ufunc):
    rng = np.random.default_rng(3)
    x, y, d = rng.uniform(-9, 9, 6), rng.uniform(1, 2, 6), direction(rng, 6)
    by_x, by_y = ufunc(dual(x, d), y), ufunc(x, dual(y, d))
    np.testing.assert_allclose(by_x.tangent, d)
    np.testing.assert_allclose(
        by_y.tangent, along(lambda y: ufunc(x, y), y, d, step=1e-6), rtol=1e-6
    )


def test_random_rounding_moves_results_by_units_in_the_last_place():
    rng = np.random.default_rng(5)
    x = dual(rng.normal(size=1000), rng.normal(size=1000), Trail(np.random.default_rng(6)))
    off = np.abs(np.exp(x).value / np.exp(x.value) - 1)
    assert 0 < off.max() <= 2 * np.finfo(float).eps
    assert formula("exp(x)", Trail())(None, 0.0) == 1

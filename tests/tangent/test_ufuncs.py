"""Every derivative of the tables against extrapolated differences, and the methods of ufuncs."""

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.trail import Lost, Trail
from mlp.tangent.ufuncs import (
    BENDS,
    DERIVATIVES,
    HANDLERS,
    LEAPS,
    REMAINDERS,
    WHOLE,
    formula,
)

RANGES = {  # where the rest does not exist everywhere in (0.3, 1.7)
    "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8),
    "arctanh": (-0.8, 0.8),
    "arccosh": (1.3, 3.0),
}
COUNTS = {"ldexp": 1}  # arguments that are whole numbers
NOT_FOLLOWED = {"frexp", "isnat"}  # a pair of mantissa and exponent; dates


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


def test_every_ufunc_of_numpy_is_in_a_table_or_named_here():
    ufuncs = {u.__name__ for u in vars(np).values() if isinstance(u, np.ufunc)}
    known = {u.__name__ for u in (*DERIVATIVES, *HANDLERS)}
    assert ufuncs - known == NOT_FOLLOWED


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


def test_a_comparison_is_plain_and_leaves_its_distance():
    trail = Trail()
    found = dual([1.0, 3.0], [1.0, 4.0], trail) > 2
    assert found.dtype == bool
    assert found.tolist() == [False, True]
    assert trail.jump == 0.25  # at 3 - 4/4
    assert bool(np.isfinite(dual([1.0], [1.0])).all())


@pytest.mark.parametrize("ufunc", sorted(WHOLE, key=str), ids=lambda u: u.__name__)
def test_whole_numbers_do_not_move_and_others_have_no_rule(ufunc):
    given = [np.array([True, False]), np.array([True, True])][: ufunc.nin]
    if ufunc in {np.left_shift, np.right_shift, np.gcd, np.lcm, np.bitwise_count}:
        given = [a.astype(int) + 4 for a in given]
    still = [dual(a, np.zeros_like(a)) for a in given]
    np.testing.assert_array_equal(ufunc(*still), ufunc(*given))
    with pytest.raises(Lost, match=f"{ufunc.__name__} has no rule"):
        ufunc(*[dual([1.0], [1.0])] * ufunc.nin)


def test_a_tie_is_a_bend_at_no_distance():
    trail = Trail()
    np.maximum(dual([1.0], [1.0], trail), 1.0)
    assert trail.bend == 0
    assert trail.jump == np.inf


@pytest.mark.parametrize(
    "reduced",
    [
        lambda x: np.add.reduce(x, axis=(0, 2)),
        lambda x: np.sum(x, axis=1, initial=5.0),
        lambda x: np.multiply.reduce(x, axis=1),
        lambda x: np.multiply.reduce(x, axis=None, keepdims=True),
        lambda x: np.prod(x, axis=0, where=np.array([True, False, True])[:, None]),
        lambda x: np.maximum.reduce(x, axis=-1),
        lambda x: np.max(x, axis=0, initial=0.3),
        lambda x: np.minimum.reduce(x, axis=(1, 2)),
        lambda x: np.logaddexp.reduce(x, axis=1),
        lambda x: np.logaddexp2.reduce(x, axis=0),
        lambda x: np.add.accumulate(x, axis=1),
        lambda x: np.multiply.accumulate(x, axis=2),
        lambda x: np.maximum.accumulate(x, axis=2),
        lambda x: np.multiply.outer(x[0, 0], x[1]),
        lambda x: np.subtract.outer(np.arange(2.0), x[1]),
        lambda x: np.add.reduceat(x, [0, 2], axis=1),
        lambda x: np.sqrt(x * x, where=x > 0, out=x * 1.0),
        lambda x: np.matmul(x[0], x[1].T),
        lambda x: np.modf(x * 3)[0] + np.divmod(x, 0.7)[1],
    ],
)
def test_methods_follow(reduced):
    rng = np.random.default_rng(4)
    x, d = rng.normal(size=(2, 3, 4)), direction(rng, (2, 3, 4))
    found = reduced(dual(x, d))
    np.testing.assert_allclose(found.value, reduced(x), rtol=1e-13)
    np.testing.assert_allclose(found.tangent, along(reduced, x, d), rtol=1e-7, atol=1e-9)


def test_a_product_with_a_zero_keeps_its_derivative():
    found = np.prod(dual([2.0, 0.0, 3.0], [1.0, 1.0, 1.0]))
    assert (found.value, found.tangent) == (0.0, 6.0)


def test_at_adds_up_where_an_index_comes_twice():
    a = dual([0.0, 0.0], [0.0, 0.0])
    np.add.at(a, [0, 1, 0], dual([1.0, 2.0, 3.0], [10.0, 20.0, 30.0], a.trail))
    assert a.value.tolist() == [4.0, 2.0]
    assert a.tangent.tolist() == [40.0, 20.0]
    with pytest.raises(Lost, match=r"np\.multiply\.at with an index that comes twice"):
        np.multiply.at(a, [0, 0], 2.0)


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (np.frexp, "frexp has no rule"),
        (np.hypot.reduce, r"np\.hypot\.reduce has no rule"),
        (lambda x: np.multiply.reduceat(x, [0]), r"np\.multiply\.reduceat has no rule"),
        (lambda x: np.add(x, 1, out=np.zeros(2)), "an array without a tangent is written to"),
        (lambda x: np.add(x, 1, where=x.value > 0), "without out="),
    ],
)
def test_what_has_no_rule_is_lost_by_name_and_line(lose, said):
    x = dual([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(Lost, match=said) as error:
        lose(x)
    assert "test_ufuncs.py:" in str(error.value)
    assert x.trail.lost == [str(error.value)]


def test_nothing_times_infinity_is_undefined():
    x = dual([0.0, 1.0], [0.0, 1.0])
    np.sqrt(x)
    assert x.trail.undefined


def test_random_rounding_moves_results_by_units_in_the_last_place():
    rng = np.random.default_rng(5)
    x = dual(rng.normal(size=1000), rng.normal(size=1000), Trail(np.random.default_rng(6)))
    off = np.abs(np.exp(x).value / np.exp(x.value) - 1)
    assert 0 < off.max() <= 2 * np.finfo(float).eps
    assert formula("exp(x)", Trail())(None, 0.0) == 1

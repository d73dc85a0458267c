"""What becomes of a ufunc: decisions and their distances, ties, and what is lost by name."""

import numpy as np
import pytest

from mlp.tangent.array import TangentArray
from mlp.tangent.derivatives import DERIVATIVES
from mlp.tangent.trail import Lost, Trail
from mlp.tangent.ufuncs import HANDLERS, WHOLE

NOT_FOLLOWED = {"frexp", "isnat"}  # a pair of mantissa and exponent; dates


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


def test_every_ufunc_of_numpy_is_in_a_table_or_named_here():
    ufuncs = {u.__name__ for u in vars(np).values() if isinstance(u, np.ufunc)}
    known = {u.__name__ for u in (*DERIVATIVES, *HANDLERS)}
    assert ufuncs - known == NOT_FOLLOWED


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
    ("lose", "said"),
    [
        (np.frexp, "frexp has no rule"),
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


def test_a_truth_of_numbers_is_plain_and_leaves_the_nearest_distance():
    trail = Trail()
    found = np.logical_and(dual([1.0, 0.0], [1.0, 0.0], trail), dual([3.0, 2.0], [4.0, 4.0], trail))
    assert found.tolist() == [True, False]
    assert trail.jump == 0.5  # at 2 - 4/2


def test_an_array_of_no_tangent_takes_what_does_not_move():
    out = np.zeros(2)
    np.floor(dual([1.5, 2.5], [1.0, 1.0]), out=out)
    assert out.tolist() == [1.0, 2.0]

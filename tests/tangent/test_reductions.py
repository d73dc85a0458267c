"""The methods of ufuncs against extrapolated differences."""

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent.array import TangentArray
from mlp.tangent.trail import Lost, Trail


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


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


def test_where_all_are_true_a_truth_leaves_its_distance():
    x = dual([0.5, 2.0], [1.0, 1.0])
    assert np.logical_and.reduce(x)
    assert x.trail.jump == 0.5


def test_at_works_in_place_where_no_index_comes_twice():
    a = dual([2.0, 3.0], [1.0, 1.0])
    np.multiply.at(a, [1], 5.0)
    assert (a.value.tolist(), a.tangent.tolist()) == ([2.0, 15.0], [1.0, 5.0])


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (np.hypot.reduce, r"np\.hypot\.reduce has no rule"),
        (lambda x: np.fmax.reduce(x, where=x.value > 0), r"np\.fmax\.reduce\(where=\)"),
        (lambda x: np.multiply.reduceat(x, [0]), r"np\.multiply\.reduceat has no rule"),
        (lambda x: np.add.at(np.zeros(2), [0], x), r"np\.add\.at writes to an array without"),
    ],
)
def test_what_has_no_rule_is_lost_by_name(lose, said):
    with pytest.raises(Lost, match=said):
        lose(dual([1.0, 2.0], [1.0, 1.0]))

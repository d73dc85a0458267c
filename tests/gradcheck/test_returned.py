"""What backward returned, in whatever form people return it."""

import numpy as np
import pytest
from posed import X, posed

import mlp
from mlp.gradcheck.returned import Misshapen


def test_a_lone_gradient_may_come_bare_or_in_a_tuple_and_lists_may_be_gradients():
    problem = posed(np.sin, point=(X,))
    assert problem.sort(X) == [X]
    assert problem.sort((X,)) == [X]
    listed = posed(lambda p: p[0] + p[1], point=([1.0, 2.0],))
    assert listed.sort([3.0, 4.0]) == listed.sort(([3.0, 4.0],)) == [3.0, 4.0]
    assert posed(lambda p: p[0], point=([1.0],)).sort([3.0]) == [3.0]


@pytest.mark.parametrize(
    "given",
    [
        np.stack,
        lambda pair: np.array([*pair, None], object)[:2],
        iter,
        lambda pair: (g for g in pair),
        lambda pair: map(np.copy, pair),
        lambda pair: dict(enumerate(pair)).values(),
    ],
)
@pytest.mark.parametrize(("factor", "verdict"), [(1, "correct"), (2, "wrong")])
def test_gradients_may_come_stacked_or_one_after_another(given, factor, verdict):
    def backward(d, x, w):
        return given([d * w, factor * d * x])

    assert mlp.check(np.multiply, backward, X, X + 1).verdict == verdict


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (X, r"1 gradient for 3 differentiated arguments \(X, W, b\)"),
        ((X, X), r"2 gradients for 3 differentiated arguments \(X, W, b\).*wrt="),
    ],
)
def test_too_few_gradients_are_counted(returned, says):
    with pytest.raises(Misshapen, match=says):
        posed().sort(returned)


def test_a_leaf_without_a_gradient_is_named():
    problem = posed(lambda p: p["a"], point=({"a": X, "b": X},))
    with pytest.raises(Misshapen, match=r"there is none for p\['b'\]"):
        problem.sort({"a": X})
    assert problem.sort({"a": X, "b": None})[1] is None
    assert problem.sort(None) == [None, None]

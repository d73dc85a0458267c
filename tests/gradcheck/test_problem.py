"""Everything that touches the user's code: what is handed over, copied, counted and refused."""

import math

import numpy as np
import pytest
from posed import X, affine, posed

import mlp
from mlp.gradcheck.problem import Exhausted, Misshapen, Raised, power_of_two


def test_the_copy_handed_over_is_read_only_and_no_array_of_the_caller():
    seen = []
    posed(lambda x: seen.append(x) or x, point=(X,)).forward()
    assert not seen[0].flags.writeable
    assert not np.shares_memory(seen[0], X)
    assert X.flags.writeable


def test_what_comes_back_is_copied():
    kept = np.zeros(3)

    def forward(x):
        kept[:] = np.sin(x)
        return kept

    first = posed(forward, point=(X[0],)).forward()
    assert not np.shares_memory(first, kept)
    assert first.dtype == np.float64


def test_replacing_a_block_leaves_the_point_alone():
    problem = posed()
    W = problem.blocks[1]
    there = problem.forward((W, np.zeros((3, 2))))
    assert not there.any()
    assert (problem.forward() == (X @ X.T).ravel()).all()
    moved = problem.at([(W, np.zeros((3, 2)))])
    assert not moved.forward().any()
    assert (problem.point[1] == X.T).all()
    assert moved.spent is problem.spent


def test_leaves_of_structures_are_replaced_one_at_a_time():
    problem = posed(lambda p: p["a"] * p["b"][0], point=({"a": np.ones(2), "b": [4.0]},))
    b = problem.blocks[1]
    assert problem.forward((b, np.array(5.0))).tolist() == [5, 5]
    assert problem.forward().tolist() == [4, 4]


def test_calls_are_counted_and_the_limit_is_on_forward_alone():
    problem = posed(max_evaluations=2)
    problem.forward()
    problem.forward()
    for _ in range(3):
        problem.backward(np.zeros(4))
    with pytest.raises(Exhausted):
        problem.forward()
    assert problem.spent.calls == [2, 3]


def test_the_cotangent_has_the_structure_shapes_and_dtypes_of_the_result():
    single = np.ones(2, np.float32)
    problem = posed(lambda x: {"A": x, "n": (single, 7)}, point=(X,))
    assert problem.forward().size == 9
    v = problem.cotangent(np.arange(9.0))
    assert v["A"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (v["n"][0].dtype, v["n"][0].tolist(), v["n"][1]) == (np.float32, [6, 7], 8)
    assert not v["A"].flags.writeable


def test_an_exception_says_in_which_evaluation_and_carries_its_cause():
    problem = posed(lambda x: {}[x.size], point=(X,))
    with pytest.raises(Raised, match="forward, evaluation 1") as caught:
        problem.forward()
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_result_that_changes_its_shape_is_named():
    problem = posed(lambda x: x[x > 0], point=(X,))
    problem.forward()
    with pytest.raises(Raised) as caught:
        problem.forward((problem.blocks[0], np.ones((2, 3))))
    assert str(caught.value) == "forward, evaluation 2, returned another shape than before"


def test_only_a_real_change_of_a_writable_copy_is_a_mutation():
    def forward(X, W, b):
        X[:] = X
        b += 1
        return X @ W + b

    problem = posed(forward)
    problem.writable = True
    problem.forward()
    assert problem.spent.mutated == {(0, 2)}


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


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        ((-1, 4), [-1, 0, 4], [-1, 0, 4.1]),
        ((None, 4), [-1e300, 0, 4], [0, 0, 5]),
        ((0, None), [0, 1, 1e300], [0, -1e-300, 1]),
        ((np.array([0, 1, 2]), 9), [0, 1, 2], [0, 1, 1]),
        (None, [-1e300, 0, 1e300], None),
    ],
)
def test_bounds_are_closed_and_none_is_no_bound(bounds, inside, outside):
    (block,) = posed(np.sin, point=(np.array([2.0, 2.0, 2.0]),), bounds=[bounds]).blocks
    assert block.inside(np.array(inside, dtype=float))
    assert outside is None or not block.inside(np.array(outside, dtype=float))


@pytest.mark.parametrize(
    ("size", "power"), [(1.0, 1.0), (1.5, 1.0), (0.3, 0.25), (0.0, 0.0), (1e-301, 0.0)]
)
def test_the_power_of_two_below_a_size(size, power):
    assert power_of_two(size) == power
    assert power == 0 or math.frexp(power)[0] == 0.5


def test_the_scale_of_a_block_is_that_of_its_largest_entry():
    zero, large = posed(affine, point=(np.zeros((2, 2)), 5 * np.eye(2), X[0, :2])).blocks[:2]
    assert (zero.scale, large.scale) == (1.0, 4.0)


def test_a_result_that_holds_no_real_numbers_is_refused():
    with pytest.raises(TypeError, match=r"check: forward must return real numbers, but .*complex"):
        posed(lambda x: x + 1j, point=(X,)).forward()

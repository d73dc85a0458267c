"""Everything that touches the user's code: what is handed over, copied, counted and refused."""

import numpy as np
import pytest
from posed import X, posed

from mlp.gradcheck.problem import Exhausted, Raised


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


def test_a_result_that_holds_no_real_numbers_is_refused():
    with pytest.raises(TypeError, match=r"check: forward must return real numbers, but .*complex"):
        posed(lambda x: x + 1j, point=(X,)).forward()

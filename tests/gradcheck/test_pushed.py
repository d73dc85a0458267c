"""A tangent as a gradient: its columns, what it is given, and what it may return."""

import numpy as np
import pytest

from mlp import check_tangent
from mlp.gradcheck.pose import pose
from mlp.gradcheck.pushed import MOST, pushed
from mlp.gradcheck.returned import Misshapen

X = np.array([0.5, 2.0, 3.0])


def of(tangent, forward=np.square, *point, **options):
    problem = pushed(pose(forward, tangent, point or (X,), **options), tangent)
    problem.forward()
    return problem


def test_the_gradient_is_a_product_with_its_columns():
    problem = of(lambda d, x: 2 * x * d)
    v = np.array([1.0, 10.0, 100.0])
    assert problem.jacobian().tolist() == np.diag(2 * X).tolist()
    assert problem.gradients(v)[0].tolist() == (2 * X * v).tolist()


def test_columns_are_asked_for_once_at_a_point_and_anew_at_another():
    calls = []
    problem = of(lambda d, x: calls.append(x) or 2 * x * d)
    for _ in range(3):
        problem.gradients(np.ones(3))
    assert len(calls) == 3
    other = problem.at([(problem.blocks[0], X + 1)])
    other.forward()
    assert other.gradients(np.ones(3))[0].tolist() == (2 * X + 2).tolist()


def test_tangents_have_the_form_of_the_arguments_and_what_stays_is_0():
    point = {"W": X, "name": "w", "b": 1.0}, X
    problem = of(lambda *_: None, lambda p, x: p["W"] * x, *point, wrt=(0, 1))
    given = problem.tangents([(problem.blocks[0], X)])
    assert given[0]["W"].tolist() == X.tolist()
    assert (given[0]["name"], given[0]["b"], given[1].tolist()) == (None, 0.0, [0, 0, 0])
    assert not given[0]["W"].flags.writeable
    assert not given[1].flags.writeable


def test_0_times_infinity_beside_a_slope_without_bound_is_0():
    problem = of(lambda d, x: d / (2 * np.sqrt(x)), np.sqrt, np.array([0.0, 1.0]))
    assert problem.gradients(np.ones(2))[0].tolist() == [np.inf, 0.5]


@pytest.mark.parametrize(
    ("came", "said"),
    [
        ((X, X), "but it returned 2; the value is not asked for"),
        ((X, X, X), "tangent must return one array, as forward does, but it returned 3"),
        (X[:2], r"the shape \(3,\) of forward's result, but its shape is \(2,\)"),
        (X + 1j, "must return real numbers"),
        ("text", "must return real numbers"),
    ],
)
def test_what_has_another_form_is_told(came, said):
    with pytest.raises(Misshapen, match=said):
        of(lambda *_: came).result_of(came)


def test_more_columns_than_there_is_room_for_are_refused():
    with pytest.raises(ValueError, match="at most 16384 numbers"):
        check_tangent(np.sin, lambda d, x: d * np.cos(x), np.zeros(MOST + 1))

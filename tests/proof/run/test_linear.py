"""Linear algebra of small exact matrices is that of floats."""

import numpy as np
import pytest
from proof.run.exactly import agrees, point

from mlp import prove


def square(v):
    return v.reshape(3, 3) + np.eye(3)


def positive(v):
    return square(v) @ square(v).T + np.eye(3)


CALLS = {
    "det": lambda v: np.linalg.det(square(v)),
    "inv": lambda v: np.linalg.inv(square(v)),
    "inv of a stack": lambda v: np.linalg.inv(np.stack([square(v), np.diag(v[:3])])),
    "solve for a vector": lambda v: np.linalg.solve(square(v), v[:3]),
    "solve for a matrix": lambda v: np.linalg.solve(square(v), v[:6].reshape(3, 2)),
    "slogdet": lambda v: [*np.linalg.slogdet(-square(v))],
    "cholesky": lambda v: np.linalg.cholesky(positive(v)),
    "cholesky reads one triangle": lambda v: np.linalg.cholesky(positive(v) + np.triu(v[:3], 1)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_function_gives_what_floats_give(name):
    assert agrees(CALLS[name])


def test_what_is_no_square_is_refused_as_numpy_does():
    with pytest.raises(np.linalg.LinAlgError, match=r"the shape is \(2, 3\)"):
        np.linalg.det(point()[:6].reshape(2, 3))


@pytest.mark.parametrize(
    ("forward", "right", "wrong"),
    [
        (np.linalg.det, lambda d, A: d * np.linalg.det(A) * np.linalg.inv(A).T, lambda d, A: d * A),
        (
            np.linalg.inv,
            lambda d, A: -np.linalg.inv(A).T @ d @ np.linalg.inv(A).T,
            lambda d, A: -np.linalg.inv(A) @ d @ np.linalg.inv(A),
        ),
        (
            lambda A: np.linalg.slogdet(A)[1],
            lambda d, A: d * np.linalg.inv(A).T,
            lambda d, A: d * np.linalg.inv(A),
        ),
    ],
)
def test_a_gradient_through_it_is_proved_and_a_wrong_one_refused(forward, right, wrong):
    signature = "(2,2)->(2,2)" if forward is np.linalg.inv else "(2,2)->()"
    assert prove(forward, right, shapes=signature).verdict == "proved"
    assert prove(forward, wrong, shapes=signature).verdict == "refused"

"""NumPy's functions on exact arrays: filled ones, counts, and what is refused by name."""

import numpy as np
import pytest
from proof.run.exactly import agrees, point

from mlp.proof.run.symbolic import Unprovable

CALLS = {
    "bincount": lambda v: np.bincount([0, 2, 0, 3], weights=v[:4], minlength=6),
    "clip": lambda v: np.clip(v, 0.3, 1),
    "sort": lambda v: np.sort(v)[::-1] * np.arange(9),
    "cumsum": lambda v: np.cumsum(v.reshape(3, 3), axis=1),
    "take_along_axis": lambda v: np.take_along_axis(
        v.reshape(3, 3), np.argmax(v.reshape(3, 3), axis=1)[:, None], axis=1
    ),
    "put_along_axis": lambda v: np.put_along_axis(v, np.array([1, 2]), v[:2], 0) or v,
    "zeros_like": lambda v: np.add.reduceat(np.zeros_like(v) + v, [0, 3]),
    "full_like": lambda v: np.full_like(v, v[2]) * np.ones_like(v, dtype=float),
    "concatenate": lambda v: np.concatenate([v, np.ones(2)], dtype=np.float64),
    "diag": lambda v: np.diag(v[:3]) @ np.eye(3) - np.outer(v[:3], v[:3]),
    "pad": lambda v: np.pad(v.reshape(3, 3), 1, mode="edge"),
    "windows": lambda v: np.lib.stride_tricks.sliding_window_view(v, 3) @ v[:3],
    "var": lambda v: v.reshape(3, 3).var(axis=0, ddof=1) + np.median(v),
    "cross": lambda v: (np.cross(v[:3], v[3:6]), np.cross(v[:3], v.reshape(3, 3))),
    "einsum": lambda v: np.einsum("ij,jk->ik", v.reshape(3, 3), v.reshape(3, 3)),
    "select": lambda v: np.select([v > 1, v > 0.5], [v, v**2], 0.1),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_function_gives_what_floats_give(name):
    assert agrees(CALLS[name])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda v: np.linalg.eigvalsh(v.reshape(3, 3)), r"np.linalg.eigvalsh has no exact form"),
        (lambda v: np.linalg.svd(v.reshape(3, 3)), r"np.linalg.svd has no exact form"),
        (np.bincount, r"np.bincount counts whole numbers"),
        (lambda v: np.interp(0.5, v, v), r"np.interp"),
        (np.fft.fft, r"np.fft"),
        (lambda v: np.concatenate([v, v], dtype=np.float32), r"np.concatenate with dtype=float32"),
        (np.array2string, r"np.array2string"),
    ],
)
def test_what_has_no_exact_form_is_refused_by_name(call, said):
    with pytest.raises(Unprovable, match=said):
        call(point())


def test_types_are_those_of_floats():
    v = point()
    assert np.result_type(v, np.float32) == np.float64
    assert np.zeros_like(v, dtype=int).dtype == int
    assert v.dtype == np.float64
    assert (v > 1).dtype == bool
    assert np.argsort(v).dtype.kind == "i"

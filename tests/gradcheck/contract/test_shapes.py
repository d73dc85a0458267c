"""A gradient of another form than its argument's is explained."""

import re

import numpy as np
import pytest
from probes import breach_of, contract_of, cosine


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda g: g.T, r"shape \(2, 3\) of x, but its shape is \(3, 2\): transposed\?"),
        (lambda g: np.stack([g] * 4), r"\(4, 2, 3\): not summed over the batch"),
        (lambda g: g[:, None], r"\(2, 1, 3\): an axis of size 1 too many or too few"),
        (np.ravel, r"\(6,\): the right number of entries, so a reshape is missing"),
        (np.sum, r"\(\)$"),
        (lambda g: g + 1j, "must hold real numbers, but its dtype is complex128"),
    ],
)
def test_a_wrong_shape_is_explained(change, says):
    comparable, found = contract_of(lambda dO, x: change(cosine(dO, x)))
    assert not comparable
    assert [f.kind for f in found if f.severity == "fault"] == ["shape"]
    assert re.search(says, found[-1].message.splitlines()[0])


def test_another_dtype_is_a_note():
    comparable, kind, message = breach_of(lambda dO, x: cosine(dO, x).astype(np.float32))
    assert (comparable, kind) == (True, "dtype")
    assert message == "the gradient is float32, the argument float64"


@pytest.mark.parametrize(
    ("dtype", "says"), [(bool, "holds booleans, as `return x > 0` does"), (int, "holds integers")]
)
def test_whole_numbers_are_right_where_all_of_them_are_0(dtype, says):
    step = {"forward": lambda x: np.heaviside(x, 0)}
    assert breach_of(lambda _, x: np.zeros(x.shape, dtype), **step)[:2] == (True, "dtype")
    comparable, found = contract_of(lambda _, x: (x > 0).astype(dtype), forward=np.abs)
    assert [(f.kind, f.severity) for f in found] == [("dtype", "note"), ("cotangent", "fault")]
    assert not comparable
    assert says in found[1].message

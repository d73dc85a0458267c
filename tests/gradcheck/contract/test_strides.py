"""A backward that reads its cotangent's memory is found, and no right one is accused."""

import ctypes

import numpy as np
import pytest
from probes import X, breach_of, contract_of, cosine

from mlp.gradcheck import check
from mlp.gradcheck.contract.strides import LAYOUTS
from mlp.gradcheck.pose import pose

READERS = {
    "transposed": lambda dO: dO.ravel("A").reshape(dO.shape),
    "with negative strides": lambda dO: dO[:: 1 if dO.strides[0] > 0 else -1],
    "expanded": lambda dO: dO if dO.any(axis=1).all() and dO.strides[0] else dO * 2,
}


def from_pointer(dO):
    """Read a cotangent as a kernel in C does."""
    numbers = ctypes.string_at(dO.ctypes.data, dO.nbytes)
    return np.frombuffer(numbers, dO.dtype).reshape(dO.shape)


@pytest.mark.parametrize("said", READERS)
def test_a_cotangent_of_these_strides_is_among_those_handed_over(said):
    comparable, kind, message = breach_of(lambda dO, x: cosine(READERS[said](dO), x))
    assert (comparable, kind) == (True, "cotangent")
    assert message.startswith(f"wrong for a cotangent that is not contiguous ({said}")


def test_memory_goes_on_behind_each_of_them_and_is_no_number():
    for layout in LAYOUTS.values():
        part = layout(X)
        assert part.shape == X.shape
        assert (part == X).all() or not any(part.strides)
        assert not part.flags.c_contiguous
    read = from_pointer(LAYOUTS["expanded, with strides of 0"](X))
    assert np.isnan(read).sum() == X.size - 1


def test_a_kernel_that_takes_a_pointer_is_right_of_a_contiguous_copy_alone():
    assert breach_of(lambda dO, x: cosine(from_pointer(dO), x))[1] == "cotangent"
    assert contract_of(lambda dO, x: cosine(from_pointer(np.ascontiguousarray(dO)), x))[1] == []


def test_a_kernel_that_wants_to_write_is_handed_the_same_strides():
    def backward(dO, x, read):
        if not dO.flags.writeable:
            raise ValueError("buffer source array is read-only")
        return cosine(read(dO), x)

    right = check(np.sin, lambda dO, x: backward(dO, x, np.array), X)
    wrong = check(np.sin, lambda dO, x: backward(dO, x, from_pointer), X)
    assert (right.verdict, wrong.verdict) == ("correct", "wrong")
    assert "for a cotangent that is not contiguous" in str(wrong)


def test_to_refuse_what_is_not_contiguous_is_noted_and_not_wrong():
    def backward(dO, x):
        if not dO.flags.c_contiguous:
            raise ValueError("ndarray is not C-contiguous")
        return cosine(dO, x)

    report = check(np.sin, backward, X)
    assert report.verdict == "correct"
    assert "is refused: backward, evaluation" in report.findings[0].message
    assert check(np.sin, lambda dO, x: -backward(dO, x), X).verdict == "wrong"


def test_another_shape_for_other_strides_is_wrong():
    report = check(np.sin, lambda dO, x: cosine(dO.ravel("K").reshape(dO.T.shape[::-1]), x), X)
    assert report.verdict == "wrong"
    changing = check(np.sin, lambda dO, x: cosine(dO, x)[: 2 if dO.strides[1] == 8 else 1], X)
    assert changing.verdict == "wrong"


def centred(x):
    return x - x.mean(axis=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [16, 3000])
def test_a_sum_in_another_order_is_no_mistake(dtype, n):
    x = np.random.default_rng(n).normal(size=(n, 3)).astype(dtype)
    assert contract_of(lambda dO, _: centred(dO), centred, x) == (True, [])  # 0 where all are one
    assert contract_of(
        lambda dO, _: np.cumsum(dO[::-1], 0)[::-1], lambda x: np.cumsum(x, 0), x
    ) == (
        True,
        [],
    )
    found = contract_of(lambda dO, _: centred(dO.ravel("K").reshape(dO.shape)), centred, x)[1]
    assert [finding.kind for finding in found] == ["cotangent"]


def test_forward_is_not_called_for_it_nor_backward_for_a_number():
    def calls(forward, backward):
        return check(forward, backward, X).backward_evaluations

    whole = calls(np.sin, cosine)
    assert calls(lambda x: np.sin(x).sum(), cosine) == whole - 4
    problem = pose(np.sin, cosine, (X,))
    problem.forward()
    assert problem.spent.calls == [1, 0]

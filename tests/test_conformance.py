"""What conforms is called so; what loses digits is found, and its worst input named."""

import json
import re

import numpy as np
import pytest
import scipy.special
from exactness import goals
from exactness.libraries import OURS, TEXTBOOK

from mlp import conformance, measurement, ops
from mlp.conformance import LIMITS, check


def in_the_oracles_words(op):
    """Return the name that the exactness tests give an op of the battery."""
    return {"gelu:tanh": "gelu_tanh"}.get(op, op.replace(":soft", ", soft"))


def ours(op):
    """Return forward and backward of an op as the package has them."""
    if op == "affine":
        return ops.affine.forward, ops.affine.backward
    return OURS[in_the_oracles_words(op)]


@pytest.mark.parametrize("op", LIMITS)
def test_ours_conforms(op):
    found = check(op, *ours(op))
    assert found, found
    assert {m.column for m in found.measurements} == {*found.limits}
    assert str(found).startswith(f"{op} conforms: ")


def test_the_limits_are_the_goals_of_the_exactness_tests():
    known = {op: LIMITS[op] for op in LIMITS if op != "affine"}
    assert {in_the_oracles_words(op): pair for op, pair in known.items()} == goals.FLOAT64
    assert {*goals.FLOAT32.values()} == {conformance.FLOAT32}
    assert goals.SUBNORMAL == measurement.SUBNORMAL


def test_the_exact_mode_of_affine_is_the_correctly_rounded_one():
    found = check("affine", ops.affine.forward_exact, limit=0)
    assert found, found
    assert not check(
        "affine", lambda X, W, b: (X @ W + b) * (1 + 2 * np.finfo(X.dtype).eps), limit=0
    )


# plausible mistakes; the case in which each is worst, and what its line says


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def minus_one(dL, Z, y):
    P = softmax(Z)
    P[np.arange(len(y)), y] -= 1
    return dL * P / P.dtype.type(len(y))


def unshifted(Z):
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


def gelu_by_tanh(Z):
    return ops.gelu.forward(Z, approximate="tanh")


def labels_from_one(Z, y):
    return ops.softmax_cross_entropy.forward(Z, (y + 1) % Z.shape[1])


def no_cotangent(dA, Z):
    return ops.tanh.backward(np.ones_like(dA), Z)


MISTAKES = {
    "sigmoid' as A (1 − A)": (
        "sigmoid",
        None,
        TEXTBOOK["sigmoid"][1],
        "near underflow",
        "where Z = 354",
    ),
    "softmax unshifted": ("softmax", unshifted, None, "ten thousand", "nan for"),
    "P − Y": ("softmax_cross_entropy", None, minus_one, "one far above", "0.0 for -"),
    "gelu by tanh": ("gelu", gelu_by_tanh, None, "round numbers", "where Z = -16"),
    "log of softmax": ("log_softmax", lambda Z: np.log(softmax(Z)), None, "spread", "-inf for"),
    "labels from one": ("softmax_cross_entropy", labels_from_one, None, "ordinary", "y = ["),
    "no cotangent": ("tanh", None, no_cotangent, "ordinary", "Z = "),
    "softplus as log(1 + exp)": ("softplus", TEXTBOOK["softplus"][0], None, "ten", "inf for 720"),
    "a mean of row means": (
        "squared_error",
        lambda O, Y: ((O - Y) ** 2).sum(axis=1).mean(),
        None,
        "ordinary",
        "O = [",
    ),
    "leaky slope 0.1": (
        "leaky_relu",
        lambda Z: ops.leaky_relu.forward(Z, slope=0.1),
        None,
        "ordinary",
        "where Z = -",
    ),
    "b twice": ("affine", lambda X, W, b: X @ W + 2 * b, None, "ordinary", "X = ["),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_and_a_line_names_its_worst_input(mistake):
    op, forward, backward, case, said = MISTAKES[mistake]
    found = check(op, forward, backward, dtypes=["float64"])
    assert not found
    assert any(case in m.case for m in found.beyond if m.ulps > 99 or m.lost or m.subnormal > 99)
    assert said in str(found)
    assert str(found).startswith(f"{op} does not conform: ")


def test_a_function_that_is_two_units_off_is_within_two_and_not_within_one():
    def off(Z):
        right = ops.relu.forward(Z)
        return np.nextafter(np.nextafter(right, -Z.dtype.type(1)), -Z.dtype.type(1))

    assert check("relu", off, limit=2)
    found = check("relu", off, limit=1)
    assert {m.ulps for m in found.beyond} == {2}
    assert "ten thousand and beyond" in {m.case for m in found.beyond}  # the largest float too
    assert not check("relu", off)


def test_subnormal_results_have_a_limit_of_their_own():
    def flushed(Z):
        A = ops.sigmoid.forward(Z)
        return np.where(np.finfo(A.dtype).tiny > A, 0, A)

    found = check("sigmoid", flushed)
    assert {m.case for m in found.beyond} == {"results near underflow"}
    assert "sub" in str(found)


# what cannot be measured is one clear line


def nan_in_the_middle(Z):
    A = ops.tanh.forward(Z)
    A.flat[A.size // 2] = np.nan
    return A


def stops(Z):  # noqa: ARG001  # it never looks at them
    raise ZeroDivisionError("no logits today")


class Tensor:
    """What PyTorch's tensors do when NumPy asks for their numbers."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach()")


def of_tensors(Z):
    kind = f"{type(Z).__module__}.{type(Z).__name__}"
    raise TypeError(f"f(): argument 'input' (position 1) must be Tensor, not {kind}")


FAULTS = {
    "a wrong shape": (lambda Z: Z[:1], r"float64 forward, ordinary: must have the shape \(48,\), "),
    "a scalar": (lambda Z: Z.sum(), r"must have the shape \(48,\), but has \(\)"),
    "an exception": (stops, r"forward, ordinary: raises ZeroDivisionError: no logits today"),
    "a narrow dtype": (
        lambda Z: np.tanh(Z).astype(np.float32),
        r"float64 forward, ordinary: must be float64, but is float32",
    ),
    "text": (
        lambda Z: Z.astype(str),
        r"must return an array of floats, but returns ndarray, <U",
    ),
    "nothing": (
        lambda Z: Z.sort(),
        r"must return an array of floats, but returns NoneType, object",
    ),
    "rows of many lengths": (
        lambda Z: [[1], [*Z]],
        r"NumPy cannot read it: ValueError: setting an array element with a sequence",
    ),
    "a tensor that requires grad": (
        Tensor,
        r"must return an array, but NumPy cannot read it: RuntimeError: Can't call numpy\(\) on ",
    ),
    "a function of tensors": (
        of_tensors,
        r"must be Tensor, not numpy\.ndarray; give lambda Z: f\(torch\.from_numpy\(Z\)\)$",
    ),
    "two arrays": (lambda Z: (Z, Z), r"must return 1 arrays, for forward, but returns 2"),
    "NaN": (nan_in_the_middle, r"float64 forward, ordinary: at \[24\] nan for -0\.\d+, where Z = "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_measured_is_one_clear_line(fault):
    forward, line = FAULTS[fault]
    found = check("tanh", forward)
    assert not found
    assert [said for said in str(found).splitlines() if re.search(line, said)]


def test_a_gradient_of_three_arguments_has_three_arrays():
    def without_b(dO, X, W, b):
        return ops.affine.backward(dO, X, W, b)[:2]

    assert "must return 3 arrays, for X, W, b, but returns 2" in str(
        check("affine", backward=without_b)
    )
    assert check("affine", backward=lambda *p: [*ops.affine.backward(*p)])


def test_a_wider_result_is_rounded():
    def wide(Z):
        return ops.softmax.forward(Z.astype(float))

    assert check("softmax", wide, dtypes=["float32"], limit=0)


def test_arguments_are_copies():
    def spoils(Z):
        A = ops.softmax.forward(Z)
        Z[:] = 0
        return A

    assert check("softmax", spoils, ops.softmax.backward)


def test_the_report_fits_a_screen_and_is_plain_data_as_well():
    for forward, backward in ((stops, stops), (softmax, minus_one), ours("softmax")):
        found = check("softmax", forward, backward)
        lines = str(found).splitlines()
        assert len(lines) <= 24
        assert all(len(line) <= 240 for line in lines)
        data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert data["conforms"] == bool(found)
        assert sum(not m["within"] for m in data["measurements"]) == len(found.beyond)


def test_nothing_measured_is_no_conformance():
    assert not conformance.Conformance("softmax", conformance.limits_of("softmax"), ())


@pytest.mark.parametrize(
    ("arguments", "kind", "complaint"),
    [
        ({}, TypeError, "give forward, backward or both: neither came"),
        ({"forward": 3}, TypeError, "forward must be a function of arrays, but is 3"),
        ({"backward": "f"}, TypeError, "backward must be a function of arrays, but is 'f'"),
        (
            {"forward": np.exp, "limit": "3"},
            TypeError,
            "limit must be a number of ULPs, but is '3'",
        ),
        ({"forward": np.exp, "limit": -1}, ValueError, "limit must be at least 0 ULPs, but is -1"),
        ({"forward": np.exp, "limit": np.nan}, ValueError, "at least 0 ULPs, but is nan"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_one_line(arguments, kind, complaint):
    with pytest.raises(kind, match=rf"^conformance\.check: .*{re.escape(complaint)}$"):
        check("softmax", **arguments)


@pytest.mark.parametrize("dtypes", ["float32", np.float32, np.dtype("float32"), [np.float32]])
def test_a_dtype_may_be_given_alone_and_as_numpy_has_it(dtypes):
    found = check("softmax", ops.softmax.forward, dtypes=dtypes)
    assert found
    assert {m.dtype for m in found.measurements} == {"float32"}


def test_what_is_right_in_other_words_conforms():
    assert check("softplus", lambda Z: -scipy.special.log_expit(-Z), limit=4)

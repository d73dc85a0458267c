import numpy as np
import pytest

from mlp import check
from mlp.gradcheck.answering import RESERVE
from mlp.ops import affine, relu, softmax, squared_error, tanh


def drawn(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=shape) for shape in shapes)


def first(report):
    """Return the name and the last line of the first fault."""
    assert report.verdict == "wrong"
    found = next(f for f in report.findings if f.severity == "fault" and f.kind != "cotangent")
    return found.diagnosis, found.message.splitlines()[-1]


def broken_affine(change, X, W, b, k=1):
    """Check affine with gradient k changed, and return the diagnosis."""

    def backward(dO, X, W, b):
        gradients = list(affine.backward(dO, X, W, b))
        gradients[k] = change(gradients[k])
        return tuple(gradients)

    return first(check(affine.forward, backward, X, W, b))


def broken_elementwise(forward, backward, shape=(4, 3)):
    return first(check(forward, backward, *drawn(shape)))


# ------------------------------------------------------------------ each mistake by its name


def test_a_sign():
    name, text = broken_affine(np.negative, *drawn((5, 4), (4, 3), 3))
    assert (name, text[:41]) == ("sign", "by hand = -1.000 × numeric: the sign (12 ")


@pytest.mark.parametrize(
    ("factor", "says"),
    [
        (5.0, "by hand = 5.0000 × numeric; 5 is n, the batch size: mean or sum?"),
        (0.2, "by hand = 0.20000 × numeric; it is 1/5; 5 is n, the batch size: mean or sum?"),
        (2.0, "by hand = 2.0000 × numeric; 2 is what the derivative of a square brings"),
        (
            4**0.5 * 3**0.5,
            "by hand = 3.4641 × numeric; it is √12; 12 is the number of entries of W",
        ),
        (1.7, "by hand = 1.7000 × numeric ("),
    ],
)
def test_a_factor_and_the_size_that_it_equals(factor, says):
    name, text = broken_affine(lambda dW: factor * dW, *drawn((5, 4), (4, 3), 3))
    assert name == "factor"
    assert text.startswith(says)


def test_a_factor_that_is_also_a_root_is_told_as_both():
    rng = np.random.default_rng(0)
    Q, K = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    report = check(lambda Q, K: Q @ K.T / 2, lambda dS, Q, K: (dS @ K, dS.T @ Q), Q, K)
    said = "2 is what the derivative of a square brings; or it is √4; 4 is Q.shape[1]"
    assert said in report.findings[0].message


def test_a_transpose():
    assert broken_affine(np.transpose, *drawn((5, 3), (3, 3), 3))[0] == "transpose"


def test_a_transpose_of_a_matrix_too_large_to_be_measured_whole():
    assert broken_affine(np.transpose, *drawn((5, 40), (40, 40), 40))[0] == "transpose"


def test_a_transpose_that_changes_the_shape():
    name, text = broken_affine(np.transpose, *drawn((5, 4), (4, 3), 3))
    assert (name, text[:22]) == ("transpose", "its transpose is right")


def test_rows_moved_on_and_rows_in_another_order():
    point = drawn((5, 4), (4, 3), 3)
    name, text = broken_affine(lambda dW: np.roll(dW, 1, axis=0), *point)
    assert (name, text[:46]) == ("rolled", "by hand is numeric with its rows moved on by 1")
    name, text = broken_affine(lambda dW: dW[:, [1, 0, 2]], *point)
    assert name == "permuted"
    assert "columns in the order 1, 0, 2" in text


def test_a_bias_that_is_not_summed_over_the_batch():
    X, W, b = drawn((5, 4), (4, 3), 3)
    backward = lambda dO, X, W, b: (*affine.backward(dO, X, W, b)[:2], dO)  # noqa: E731  # the bug
    name, text = first(check(affine.forward, backward, X, W, b))
    assert (name, text[:31]) == ("not summed", "its sum over the batch is right")


def test_a_wrong_shape_is_named_only_if_it_would_be_right_undone():
    X, W, b = drawn((5, 4), (4, 3), 3)
    backward = lambda dO, X, W, b: (*affine.backward(dO, X, W, b)[:2], 2 * dO)  # noqa: E731
    assert first(check(affine.forward, backward, X, W, b))[0] is None


def test_one_example_in_place_of_the_batch():
    X, W, b = drawn((5, 4), (4, 3), 3)

    def backward(dO, X, W, _):
        return dO @ W.T, np.outer(X[2], dO[2]), dO.sum(axis=0)

    name, text = first(check(affine.forward, backward, X, W, b))
    assert (name, text[:40]) == ("one sample", "by hand is the share of row 2 of 5 alone")


@pytest.mark.parametrize(("by_hand", "says"), [(0.0, "is missing"), (0.6, "is too much")])
def test_weight_decay_and_how_much(by_hand, says):
    X, Y, W = drawn((5, 4), (5, 3), (4, 3))
    forward = lambda W: squared_error.forward(X @ W, Y) + 0.15 * (W * W).sum()  # noqa: E731
    backward = lambda dL, W: (  # noqa: E731  # one line of two
        X.T @ squared_error.backward(dL, X @ W, Y) + dL * by_hand * W
    )
    name, text = first(check(forward, backward, W))
    assert name == "weight decay"
    assert f"{says}, λ = 0.3 " in text


def test_a_norm_whose_slope_is_forgotten():
    def forward(w):
        return np.dot(w, [1.0, 2.0, 4.0, 8.0]) + np.linalg.norm(w)

    (w,) = drawn(4)
    name, text = first(check(forward, lambda dL, _: dL * np.array([1.0, 2.0, 4.0, 8.0]), w))
    assert name == "weight decay"
    assert "a norm's share, λ w is missing, λ = " in text


def test_a_constant_that_is_off():
    ramp = np.arange(1.0, 7.0)

    def forward(w):
        return np.dot(w, ramp) + 2 * w.sum()

    name, text = first(check(forward, lambda dL, _: dL * (ramp - 2), *drawn(6)))
    assert name == "mean missing"
    assert text.startswith("by hand - numeric is constant everywhere (-4.")
    assert "a constant is off, or the mean's share" in text


def test_a_cotangent_that_is_ignored():
    name, text = broken_elementwise(softmax.forward, lambda _, Z: softmax.backward(1 + 0 * Z, Z))
    assert (name, text[:27]) == ("cotangent ignored", "by hand is the same for the")


def test_a_derivative_that_is_missing_or_taken_at_the_output():
    assert broken_elementwise(tanh.forward, lambda dA, _: dA + 0)[0] == "derivative missing"
    name, text = broken_elementwise(tanh.forward, lambda dA, Z: tanh.backward(dA, tanh.forward(Z)))
    assert name == "derivative at the output"
    assert text.startswith("by hand is the derivative taken at forward(Z) instead of Z")


def test_the_mask_of_another_layer():
    other = drawn((4, 3), seed=1)[0]
    name, text = broken_elementwise(relu.forward, lambda dA, _: dA * (other > 0))
    assert name == "wrong mask"
    assert "by hand = numeric in" in text


def test_a_jacobian_reduced_to_its_diagonal():
    def backward(dP, Z):
        P = softmax.forward(Z)
        return dP * P * (1 - P)

    assert broken_elementwise(softmax.forward, backward)[0] == "diagonal only"


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mean_whose_share_is_missing(axis):
    centre = lambda X: 3 * (X - X.mean(axis=axis, keepdims=True))  # noqa: E731  # one line
    name, text = broken_elementwise(centre, lambda dO, _: 3 * dO)
    assert name == "mean missing"
    assert f"constant along axis {axis}" in text


# ------------------------------------------------------------------ where nothing has a name


def uneven(shape, where):
    return np.where(where, 1 + np.random.default_rng(2).uniform(0.2, 1, size=shape), 1)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (np.arange(4)[:, None] == 2, "where: all of row 2 and nothing else"),
        (np.arange(5) == 4, "where: all of column 4 and nothing else"),
        (np.isin(np.arange(5), [0, 3]), "where: all of columns 0, 3 and nothing else"),
    ],
)
def test_a_row_or_column_that_is_off(where, says):
    factor = uneven((4, 5), where)
    found = broken_elementwise(tanh.forward, lambda dA, Z: factor * tanh.backward(dA, Z), (4, 5))
    assert found == (None, says)


def test_a_threshold_beyond_which_entries_are_off():
    (Z,) = drawn((4, 5))
    factor = uneven((4, 5), Z > 0.5)
    name, text = broken_elementwise(
        tanh.forward, lambda dA, Z: factor * tanh.backward(dA, Z), (4, 5)
    )
    assert name is None
    assert text == f"where: only entries with Z > {Z[Z <= 0.5].max():.4g}"


@pytest.mark.parametrize("seed", range(20))
def test_random_errors_have_no_name(seed):
    rng = np.random.default_rng(seed)
    d, m = rng.integers(2, 6, size=2)
    factor = rng.normal(size=(d, m))
    assert broken_affine(lambda dW: factor * dW, *drawn((5, d), (d, m), m, seed=seed))[0] is None


def test_one_number_has_a_factor_only_if_it_is_a_size():
    mean = lambda x: x.mean()  # noqa: E731  # its gradient is one number, many times
    x = drawn(7)[0]
    assert first(check(mean, lambda dL, x: 1.3 * dL / x.size + 0 * x, x))[0] is None
    assert first(check(mean, lambda dL, x: dL + 0 * x, x))[0] == "factor"


def test_a_symmetric_gradient_is_not_called_transposed():
    A = np.diag([1.0, 2.0, 3.0]) + 0.5
    factor = uneven((3, 3), True)  # noqa: FBT003  # everywhere
    forward = lambda A: 0.5 * (A * A).sum()  # noqa: E731  # its gradient is A, symmetric
    assert first(check(forward, lambda dL, A: dL * A * factor, A))[0] is None


# ------------------------------------------------------------------ what it costs


def test_single_precision_is_enough_for_a_name():
    X, W, b = (a.astype(np.float32) for a in drawn((5, 4), (4, 3), 3))
    name, text = broken_affine(lambda dW: 5 * dW, X, W, b)
    assert name == "factor"
    assert "5 is n" in text


def test_one_wrong_entry_of_many_is_located_and_not_diagnosed():
    def backward(dL, x):
        g = dL * np.cos(x)
        g[1234] *= 1.5
        return g

    report = check(lambda x: np.sin(x).sum(), backward, drawn(10_000)[0])
    assert [entry.index for entry in report.findings[0].entries] == [(1234,)]
    assert report.evaluations <= 150


def test_a_limit_of_evaluations_costs_the_name_but_not_the_verdict():
    wrong = lambda dA, Z: -tanh.backward(dA, Z)  # noqa: E731  # the bug
    Z = drawn((4, 5))[0]
    used = check(tanh.forward, wrong, Z).evaluations
    assert first(check(tanh.forward, wrong, Z, max_evaluations=used + RESERVE))[0] == "sign"
    assert first(check(tanh.forward, wrong, Z, max_evaluations=used - 60))[0] is None


def test_the_sentence_fits_on_a_line():
    X, W, b = drawn((30, 4), (4, 3), 3)
    for change in (np.negative, lambda dW: dW / 30, lambda dW: dW[::-1], lambda dW: dW + 0.1 * W):
        assert len(broken_affine(change, X, W, b)[1]) <= 110


def test_scalars_empty_arrays_and_structures_are_diagnosed_too():
    point = {"w": np.array(0.7), "none": np.zeros((0, 3)), "b": drawn((3, 2))[0]}

    def forward(p):
        return np.sin(p["w"]) * p["b"]

    def backward(dO, p):
        dw = -np.vdot(dO, p["b"]) * np.cos(p["w"])
        return {"w": dw, "none": p["none"], "b": 3 * dO * np.sin(p["w"])}

    report = check(forward, backward, point)
    assert [(f.argument, f.diagnosis) for f in report.findings] == [
        ("p['w']", "sign"),
        ("p['b']", "factor"),
    ]

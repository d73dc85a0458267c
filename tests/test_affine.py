import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp import ShapeError, check, verify
from mlp.ops import affine

few = settings(max_examples=15)
points = st.builds(
    lambda n, d, m, seed: affine.example(np.random.default_rng(seed), n, d, m),
    *(st.integers(1, 6) for _ in "ndm"),
    st.integers(0, 2**32 - 1),
)

# the definition


@few
@given(point=points)
def test_an_output_is_a_weighted_sum_of_the_inputs_plus_the_intercept(point):
    X, W, b = point
    O = affine.forward(X, W, b)
    for i, k in np.ndindex(O.shape):
        terms = [X[i, j] * W[j, k] for j in range(X.shape[1])]
        assert O[i, k] == pytest.approx(sum(terms) + b[k], rel=1e-13, abs=1e-14)


@few
@given(point=points)
def test_gradients_are_sums_over_every_way_an_entry_is_used(point):
    X, W, b = point
    dO = np.cos(affine.forward(X, W, b))
    dX, dW, db = affine.backward(dO, X, W, b)
    (n, d), m = X.shape, len(b)
    for j, k in np.ndindex(d, m):
        assert dW[j, k] == pytest.approx(sum(X[i, j] * dO[i, k] for i in range(n)), abs=1e-13)
    for i, j in np.ndindex(n, d):
        assert dX[i, j] == pytest.approx(sum(dO[i, k] * W[j, k] for k in range(m)), abs=1e-13)
    for k in range(m):
        assert db[k] == pytest.approx(sum(dO[i, k] for i in range(n)), abs=1e-13)


# the derivative


@few
@given(point=points)
def test_backward_is_the_derivative(point):
    verify(affine.forward, affine.backward, *point)


@few
@given(point=points)
def test_float32_gives_what_float64_gives(point):
    narrow = [a.astype(np.float32) for a in point]
    wide = [a.astype(float) for a in narrow]
    O = affine.forward(*narrow)
    assert O.dtype == np.float32
    np.testing.assert_allclose(O, affine.forward(*wide), rtol=1e-5, atol=1e-5)
    gradients = affine.backward(O, *narrow)
    for got, truth in zip(gradients, affine.backward(O.astype(float), *wide), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, truth, rtol=1e-5, atol=1e-4)


# laws


@few
@given(point=points, p=st.integers(1, 5))
def test_two_affine_maps_in_a_row_are_one(point, p):
    X, W1, b1 = point
    rng = np.random.default_rng(p)
    W2, b2 = rng.normal(size=(len(b1), p)), rng.normal(size=p)
    two = affine.forward(affine.forward(X, W1, b1), W2, b2)
    one = affine.forward(X, W1 @ W2, b1 @ W2 + b2)
    np.testing.assert_allclose(two, one, rtol=1e-12, atol=1e-12)


@few
@given(point=points)
def test_gradients_add_over_the_batch(point):
    X, W, b = point
    dO = np.cos(affine.forward(X, W, b))
    _, dW, db = affine.backward(dO, X, W, b)
    rows = [affine.backward(dO[i : i + 1], X[i : i + 1], W, b) for i in range(len(X))]
    np.testing.assert_allclose(dW, sum(row[1] for row in rows), atol=1e-13)
    np.testing.assert_allclose(db, sum(row[2] for row in rows), atol=1e-13)


@few
@given(point=points)
def test_backward_is_the_adjoint_of_the_tangent(point):
    X, W, b = point
    X_dot, W_dot, b_dot = (np.sin(3 * a) for a in point)
    dO = np.cos(affine.forward(X, W, b))
    O_dot = X_dot @ W + X @ W_dot + b_dot
    dX, dW, db = affine.backward(dO, X, W, b)
    pulled_back = (dX * X_dot).sum() + (dW * W_dot).sum() + (db * b_dot).sum()
    assert (dO * O_dot).sum() == pytest.approx(pulled_back, rel=1e-12, abs=1e-12)


def test_arguments_stay_as_they_are_and_nan_is_passed_on():
    X, W, b = affine.example(np.random.default_rng(0))
    X[1, 2] = np.nan
    before = X.copy(), W.copy(), b.copy()
    O = affine.forward(X, W, b)
    assert np.isnan(O).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    dX, dW, db = affine.backward(np.ones_like(O), X, W, b)
    assert np.isnan(dW).tolist() == [[False] * 2, [False] * 2, [True] * 2, [False] * 2]
    assert np.isfinite(dX).all()
    assert np.isfinite(db).all()
    for a, kept in zip((X, W, b), before, strict=True):
        np.testing.assert_array_equal(a, kept)


# mistakes

MISTAKES = {
    "W not transposed": lambda dO, X, W: (dO @ W, X.T @ dO, dO.sum(0)),
    "X not transposed": lambda dO, X, W: (dO @ W.T, X @ dO, dO.sum(0)),
    "the factors of dW exchanged": lambda dO, X, W: (dO @ W.T, dO.T @ X, dO.sum(0)),
    "the mean over the batch": lambda dO, X, W: (dO @ W.T, X.T @ dO / len(X), dO.mean(0)),
    "b not summed": lambda dO, X, W: (dO @ W.T, X.T @ dO, dO),
    "b summed over the outputs": lambda dO, X, W: (dO @ W.T, X.T @ dO, dO.sum(1)),
    "the first example alone": lambda dO, X, W: (dO @ W.T, X[:1].T @ dO[:1], dO[0]),
    "weight decay": lambda dO, X, W: (dO @ W.T, X.T @ dO + 0.01 * W, dO.sum(0)),
    "the sign of dX": lambda dO, X, W: (-dO @ W.T, X.T @ dO, dO.sum(0)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_gradient_is_caught_where_equal_sizes_hide_it_from_numpy(mistake):
    def backward(dO, X, W, b):  # noqa: ARG001  # b enters no gradient
        return MISTAKES[mistake](dO, X, W)

    point = affine.example(np.random.default_rng(0), n=3, d=3, m=3)
    assert check(affine.forward, backward, *point).verdict == "wrong"


def test_an_intercept_of_one_per_example_is_refused():
    X, W, b = affine.example(np.random.default_rng(0), n=3, d=4, m=2)
    message = r"^affine.forward: b must be \(m\) with m = 2 from W, but its shape is \(3, 1\)$"
    with pytest.raises(ShapeError, match=message):
        affine.forward(X, W, np.ones((3, 1)))
    with pytest.raises(ShapeError, match=r"^affine.forward: W must be \(d,m\) with d = 4 from X"):
        affine.forward(X, W.T, b)

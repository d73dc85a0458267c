import functools
import os
import subprocess
import sys
from fractions import Fraction

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


def test_the_gradients_of_the_parameters_alone_are_those_of_backward():
    X, W, b = affine.example(np.random.default_rng(0))
    for size in (1, 1e200):  # ... also where products overflow: a warning is an error here
        dO, X = np.full((3, 2), size), size * X
        pairs = zip(
            affine.backward_parameters(dO, X, W, b), affine.backward(dO, X, W, b)[1:], strict=True
        )
        for alone, together in pairs:
            np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("name", ["backward", "backward_parameters", "forward_exact"])
def test_a_matrix_lying_on_its_side_is_refused(name):
    X, W, b = affine.example(np.random.default_rng(0))
    dO = () if name == "forward_exact" else (np.ones((3, 2)),)
    with pytest.raises(ShapeError, match=rf"^affine.{name}: W must be \(d,m\) with"):
        getattr(affine, name)(*dO, X, W.T, b)


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


# the exact mode


def fractions(A):
    return np.vectorize(Fraction, otypes=[object])(A.astype(float))


def is_nearest(got, truth):
    """Tell whether no float is nearer to the truth, and the even one was taken where two are."""
    below, above = (np.nextafter(got, got.dtype.type(side)) for side in (-np.inf, np.inf))
    middles = [(Fraction(float(side)) + Fraction(float(got))) / 2 for side in (below, above)]
    even = int(Fraction(float(got)) / Fraction(float(np.spacing(got)))) % 2 == 0
    return middles[0] < truth < middles[1] or (truth in middles and even)


def rounded_once(O, X, W, b):
    truth = fractions(X) @ fractions(W) + fractions(b)
    return np.reshape([is_nearest(o, t) for o, t in zip(O.flat, truth.flat, strict=True)], O.shape)


@functools.cache
def hard_points(dtype):
    """Return points at which sums lose digits: cancellation, scales far apart, ties, tiny terms."""
    rng = np.random.default_rng(0)
    form = np.finfo(dtype)
    far = 150 if dtype == np.float64 else 15
    X, W, b = affine.example(rng, 5, 40, 3)
    scales = 10.0 ** rng.integers(-far, far + 1, size=X.shape)
    ties = np.array([[1.0, 0, 0], [1, 1, 0], [1, 1, 1], [-1, 0, -1], [3, 1, 0]])
    half = [[1 / float(form.eps)], [0.5], [float(form.tiny)]]
    points = {
        "generic": (X, W, b),
        "terms that cancel": (np.hstack([X, X]), np.vstack([W, -W * (1 + 1e-6)]), b * 1e-6),
        "all terms cancel": (np.hstack([X, -X]), np.vstack([W, W]), 0 * b),
        "scales far apart": (X * scales, W, b),
        "scales that cancel": (X * scales, W / scales[:1].T, b),
        "halfway between two floats": (ties, np.array(half), np.zeros(1)),
        "subnormal results": (X * float(form.tiny), W, b * float(form.tiny)),
        "subnormal arguments": (X * float(form.tiny) * 1e-3, W * 1e3, 0 * b),
        "below the smallest float": (X * float(form.tiny), W * float(form.eps), 0 * b),
    }
    return {name: tuple(a.astype(dtype) for a in point) for name, point in points.items()}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", hard_points(np.float64))
def test_the_exact_mode_rounds_once(name, dtype):
    point = hard_points(dtype)[name]
    O = affine.forward_exact(*point)
    assert O.dtype == dtype
    assert rounded_once(O, *point).all()


def test_a_plain_product_rounds_more_than_once_and_that_is_seen():
    for dtype in (np.float64, np.float32):
        for name in ("generic", "terms that cancel", "halfway between two floats"):
            point = hard_points(dtype)[name]
            assert not rounded_once(affine.forward(*point), *point).all()


extreme = st.floats(-1e150, 1e150).map(np.float64)


@few
@given(data=st.data(), n=st.integers(1, 3), d=st.integers(1, 9), m=st.integers(1, 3))
def test_the_exact_mode_rounds_once_whatever_the_numbers(data, n, d, m):
    X, W, b = (
        np.reshape(data.draw(st.lists(extreme, min_size=size, max_size=size)), shape)
        for size, shape in ((n * d, (n, d)), (d * m, (d, m)), (m, (m,)))
    )
    assert rounded_once(affine.forward_exact(X, W, b), X, W, b).all()


@pytest.mark.parametrize("d", [2, 3, 64, 65, 1000])
def test_the_exact_mode_has_the_same_bits_in_every_order(d):
    rng = np.random.default_rng(d)
    X, W, b = affine.example(rng, 7, d, 5)
    X *= 10.0 ** rng.integers(-9, 9, size=X.shape)
    O = affine.forward_exact(X, W, b)
    rows, terms, columns = (rng.permutation(size) for size in (7, d, 5))
    np.testing.assert_array_equal(
        affine.forward_exact(
            np.asfortranarray(X[rows][:, terms]), W[terms][:, columns], b[columns]
        ),
        O[rows][:, columns],
    )
    np.testing.assert_array_equal(affine.forward_exact(X[2:3], W[:, 1:2], b[1:2]), O[2:3, 1:2])


def in_a_process_of(threads, line):
    """Return what a line prints where BLAS may add in so many threads."""
    run = "import numpy as np; from mlp.ops import affine; rng = np.random.default_rng(0);"
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    done = subprocess.run(  # noqa: S603  # our own interpreter and words
        [sys.executable, "-c", f"{run} {line}"],
        env={**os.environ, **dict.fromkeys(names, str(threads))},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_threads_change_no_bit_of_the_exact_mode_and_the_rounding_alone_of_the_plain_one():
    line = (  # a plain sum of so many terms is cut in two, and has other bits
        "points = [affine.example(rng, *size) for size in ((1, 200_000, 1), (60, 200, 50))];"
        "print(*(affine.forward_exact(*point).tobytes().hex() for point in points));"
        "print(*(o.hex() for point in points for o in affine.forward(*point).ravel()))"
    )
    one, two = (in_a_process_of(threads, line).splitlines() for threads in (1, 2))
    assert len(one[0]) > 2 * 8 * 3000
    assert one[0] == two[0]
    plain = [[float.fromhex(number) for number in line.split()] for line in (one[1], two[1])]
    np.testing.assert_allclose(*plain, rtol=0, atol=1e-15 * 200_000)


def test_digits_of_the_largest_size_add_without_rounding():
    for K in (1, 2, 3, 1000, 1024, 1025):
        X, W = np.full((1, K), 1 - 2.0**-53), np.full((K, 1), 1 - 2.0**-53)
        truth = K * Fraction(1 - 2.0**-53) ** 2
        assert is_nearest(affine.forward_exact(X, W, np.zeros(1))[0, 0], truth)


def test_what_is_too_large_for_a_float_is_infinite():
    X, W = np.array([[1e200, 1e200], [1e200, -1e200]]), np.array([[1e200], [1e200]])
    O = affine.forward_exact(X, W, np.ones(1))
    assert O.tolist() == [[np.inf], [1.0]]  # where the plain product is NaN


def test_the_exact_mode_leaves_fractions_alone_and_refuses_what_is_not_finite():
    point = tuple(map(fractions, affine.example(np.random.default_rng(0))))
    assert (affine.forward_exact(*point) == affine.forward(*point)).all()
    X, W, b = affine.example(np.random.default_rng(0))
    for wrong in (np.nan, np.inf):
        message = "affine.forward_exact: X, W and b must be finite, but W holds"
        with pytest.raises(ValueError, match=message):
            affine.forward_exact(X, np.where(W.min() < W, W, wrong), b)


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

"""An array with its tangent behaves as one array, and never drops the tangent in silence."""

import copy

import numpy as np
import pytest
from differences import along, direction

from mlp.tangent.array import TangentArray, trail_of, with_tangent
from mlp.tangent.trail import Lost, Trail

X = np.random.default_rng(0).normal(size=(3, 4))


def dual(value, tangent, trail=None):
    return TangentArray(np.array(value), np.array(tangent), trail or Trail())


def in_place(x):
    h = x.copy()
    h[h < 0] *= 0.1
    h += x**2
    h[:, 1] = h[:, 0] * 3
    row = h[0]  # a view
    row -= 1
    h.T[2] *= 2
    return h


def with_scalars(x):
    total = x.sum()
    kept = total
    total += x[0, 0]
    return total * kept


@pytest.mark.parametrize(
    "f",
    [
        in_place,
        with_scalars,
        lambda x: 2 / x + x / 3 - (1 - x) ** 2 + 2.0**x,
        lambda x: x @ x.T,
        lambda x: X.T @ x,
        lambda x: x.reshape(-1, 2).T.flatten(),
        lambda x: x.transpose(1, 0)[::-1, ::2].ravel(),
        lambda x: x.sum(axis=0) + x.mean() + x.std(axis=0) + x.var(),
        lambda x: x.max(axis=1) - x.min(axis=1),
        lambda x: x.clip(-1, 0.5) + x.round() + x.cumsum(axis=1),
        lambda x: x.dot(x.T).trace() + x.diagonal().prod(),
        lambda x: np.stack([*x]) + sum(row.sum() for row in x),
        lambda x: x[np.array([0, 2])][:, None] + x[x > 0].sum(),
        lambda x: x.astype(np.float64).squeeze().repeat(2, axis=0),
        lambda x: abs(x) + -x + +x + divmod(x, 3.0)[1],
        lambda x: x.mT.swapaxes(0, 1).take([1, 2], axis=1),
        lambda x: np.array([0.5, 2.0])[:, None, None] * x,
        lambda x: (x + 1j * x * x).conj().real + (x * 1j).imag,
        lambda x: np.sqrt(x.flat[3] ** 2 + x.item(1) ** 2),
    ],
)
def test_code_runs_as_with_one_array(f):
    d = direction(np.random.default_rng(1), X.shape)
    found = f(dual(X, d))
    np.testing.assert_allclose(found.value, f(X), rtol=1e-13)
    np.testing.assert_allclose(found.tangent, along(f, X, d), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (np.asarray, r"an array is made of it \(np.asarray, or C code\)"),
        (lambda x: np.zeros(4).__setitem__(0, x[0, 0]), "an array element"),
        (lambda x: float(x[0, 0]), r"float\(\)"),
        (lambda x: complex(x[0, 0]), r"complex\(\)"),
        (lambda x: x.view(np.int64), r"view\(\) as another type"),
    ],
)
def test_nothing_is_dropped_in_silence(lose, said):
    x = dual(X, X)
    with pytest.raises((Lost, ValueError), match=said):
        lose(x)
    assert x.trail.lost


@pytest.mark.parametrize(
    "refused", [lambda x: x.tobytes(), lambda x: [1, 2, 3][x[0, 0]], memoryview]
)
def test_what_an_array_does_not_give_is_refused_by_python(refused):
    with pytest.raises((AttributeError, TypeError)):
        refused(dual(X, X))
    assert not hasattr(dual(X, X), "iloc")


def test_what_does_not_move_may_become_plain_for_nothing_comes_of_it():
    x = dual(X, 0 * X)
    assert float(x[0, 0]) == complex(x[0, 0]) == X[0, 0]
    plain = np.asarray(x)
    plain[0] = 7.0
    np.testing.assert_array_equal(x.value, X)
    assert x.trail.lost == []


def test_what_is_plain():
    x = dual(X, X)
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((3, 4), 2, 12, np.float64, 3)
    assert (x.itemsize, x.nbytes, x.flags.c_contiguous) == (8, 96, True)
    assert "TangentArray" in repr(x)
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_copies_are_apart():
    x = dual(X, X)
    for other in (x.copy(), copy.copy(x), copy.deepcopy(x), np.copy(x)):
        other[0] = 7.0
    np.testing.assert_array_equal(x.value, X)
    x.fill(2.0)
    assert (x.value == 2).all()
    assert (x.tangent == 0).all()


def test_shape_set_in_place_and_sorting_in_place():
    x = dual([3.0, 1.0, 2.0, 0.0], [30.0, 10.0, 20.0, 0.0])
    x.sort()
    assert x.tangent.tolist() == [0.0, 10.0, 20.0, 30.0]
    x.shape = (2, 2)
    assert x.tangent.shape == (2, 2)


def test_a_cast_to_fewer_digits_is_remembered():
    x = dual(X, X)
    assert x.astype(np.float32).dtype == np.float32
    assert x.trail.cast
    y = dual(X, X)
    single = TangentArray(np.zeros(4, np.float32), np.zeros(4, np.float32), y.trail)
    single[:] = y[0]
    assert y.trail.cast


def test_the_trail_is_found_however_deep():
    x = dual(X, X)
    assert trail_of((1, [2, (x,)])) is x.trail
    assert trail_of((1, [2])) is None
    assert with_tangent([1, 2], x.trail).tangent.tolist() == [0.0, 0.0]
    assert with_tangent(x, Trail()) is x


@pytest.mark.parametrize("exponent", [2, 0.5, -1, 1, 3, np.float64(2), np.arange(1.0, 5)])
def test_the_operator_of_powers_rounds_as_that_of_arrays(exponent):
    x = np.random.default_rng(0).uniform(0.5, 2, (900, 4))
    np.testing.assert_array_equal((dual(x, x) ** exponent).value, x**exponent)

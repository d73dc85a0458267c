"""The mean of parts, by a stand-in for Dask; tests/distributed has Dask itself and a cluster."""

import sys
import types

import numpy as np
import pytest

from mlp import affine, check, network, two_layer
from mlp.descent import descend
from mlp.initialise import glorot
from mlp.shapes import ShapeError

rng = np.random.default_rng(0)
X, *POINT, y = two_layer.example(rng, n=10)


class Chunked:
    """What is asked of a Dask array, over one of NumPy."""

    def __init__(self, whole, *chunks):
        self.whole, self.chunks = np.asarray(whole), chunks or ((len(whole),),)
        self.shape = (sum(self.chunks[0]), *self.whole.shape[1:])
        self.ndim, self.numblocks = self.whole.ndim, tuple(map(len, self.chunks))

    def __len__(self):
        return len(self.whole)

    def __getitem__(self, rows):
        return Chunked(self.whole[rows], (1,) * len(self.whole[rows]))

    def rechunk(self, chunks):
        return Chunked(self.whole, chunks[0])

    def to_delayed(self):
        return np.fromiter(np.split(self.whole, np.cumsum(self.chunks[0])[:-1]), object)


Chunked.__module__ = "dask.array.core"


@pytest.fixture(autouse=True)
def _dask(monkeypatch):
    """Put a Dask in place that works in order, in this process."""
    array = types.ModuleType("dask.array")
    array.asarray = lambda a: a if isinstance(a, Chunked) else Chunked(a)
    package = types.ModuleType("dask")
    package.compute = lambda *calls: tuple(call() for call in calls)
    package.delayed = lambda ask, **_: lambda *words: lambda: ask(*words)
    monkeypatch.setitem(sys.modules, "dask", package)
    monkeypatch.setitem(sys.modules, "dask.array", array)


@pytest.mark.parametrize("labels", [y, Chunked(y, (4, 6))])
def test_the_gradient_of_the_whole_is_the_mean_of_parts_by_their_sizes(labels):
    L, gradients = two_layer.value_and_grad(X, *POINT, y)
    loss, found = two_layer.value_and_grad(Chunked(X, (7, 2, 1)), *POINT, labels)
    np.testing.assert_allclose(loss, L, rtol=1e-14)
    for gradient, part in zip(found, gradients, strict=True):
        np.testing.assert_allclose(gradient, part, rtol=1e-12, atol=1e-15)
    in_named = two_layer.value_and_grad(Chunked(X, (7, 2, 1)), *POINT, y=labels)
    assert all(map(np.array_equal, found, in_named[1]))


@pytest.mark.parametrize("batch", [None, 4])
def test_descent_on_chunks_is_descent(batch):
    def loss(layers, X, y):
        assert isinstance(X, np.ndarray)
        return network.value_and_grad(X, layers, y)

    start = glorot(np.random.default_rng(1), (X.shape[1], 5, 3))
    options = {"rate": 0.1, "momentum": 0.9, "epochs": 4, "batch": batch}
    *_, alone = descend(loss, start, X, y, **options)
    *_, found = descend(loss, start, Chunked(X, (7, 3)), y, **options)
    assert found.number == alone.number
    np.testing.assert_allclose(found.loss, alone.loss, rtol=1e-13)
    np.testing.assert_allclose(found.parameters[0][0], alone.parameters[0][0], rtol=1e-11)


@pytest.mark.parametrize(
    ("data", "labels", "said"),
    [
        (Chunked(X, (7, 3)), y[:9], "y must have as many rows as X, which has 10, but is 9"),
        (Chunked(X, (5, 5), (2, 2)), y, "X must be chunked by rows alone; call X.rechunk"),
        (Chunked(X, (np.nan,)), y, "X must know the lengths of its chunks; call X.compute_chunk"),
    ],
)
def test_what_is_not_chunked_by_rows_is_refused_in_one_line(data, labels, said):
    with pytest.raises(ShapeError, match=f"^two_layer.value_and_grad: {said}"):
        two_layer.value_and_grad(data, *POINT, labels)


def test_ops_and_checker_refuse_a_dask_array_by_name():
    for ask in (affine.forward, two_layer.forward):
        with pytest.raises(TypeError, match="dask"):
            ask(Chunked(X), *POINT[:2], *([*POINT[2:], y] if ask is two_layer.forward else ()))
    with pytest.raises(TypeError, match=r"^check: x must be a NumPy array, but is a dask\."):
        check(np.sin, np.cos, Chunked(X))

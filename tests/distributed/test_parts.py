"""Descent on a Dask array is that in memory, on a cluster and by threads."""

import numpy as np
import pytest

from mlp import affine, check, network, two_layer
from mlp.descent import descend, objective
from mlp.initialise import glorot

rng = np.random.default_rng(0)
X, *POINT, y = two_layer.example(rng, n=100)


def loss(layers, X, y):
    return network.value_and_grad(X, layers, y)


def parts(rows=(60, 30, 10)):
    """Return the data as Dask arrays in chunks of rows, y in others."""
    from dask.array import from_array

    return from_array(X, chunks=(rows, -1)), from_array(y, chunks=40)


def close(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("batch", [None, 40])
def test_a_cluster_descends_as_one_process_in_memory(batch):
    start = glorot(np.random.default_rng(1), (X.shape[1], 5, 3))
    options = {"rate": 0.1, "momentum": 0.9, "epochs": 2, "batch": batch}
    *_, alone = descend(loss, start, X, y, **options)
    *_, found = descend(loss, start, *parts(), **options)
    for pair, wanted in zip(found.parameters, alone.parameters, strict=True):
        close(pair, wanted)
    assert abs(found.loss - alone.loss) <= 1e-13


def test_threads_and_cluster_have_the_same_bits(client):
    import dask

    with dask.config.set(scheduler="threads"):
        L, gradients = two_layer.value_and_grad(parts()[0], *POINT, y)
    wanted, exact = two_layer.value_and_grad(X, *POINT, y)
    assert abs(L - wanted) <= 1e-14
    close(gradients, exact)
    with client.as_current():
        loss, again = two_layer.value_and_grad(*parts()[:1], *POINT, parts()[1])
    assert loss == L
    assert all(map(np.array_equal, gradients, again))


def test_scipy_may_minimise_over_parts_too():
    start = glorot(np.random.default_rng(1), (X.shape[1], 5, 3))
    fun, x0, _ = objective(loss, start, *parts())
    alone, _, _ = objective(loss, start, X, y)
    close(fun(x0)[1], alone(x0)[1])


def test_ops_and_checker_refuse_it_by_name_in_one_line():
    chunked = parts()[0]
    for ask in (
        lambda: affine.forward(chunked, *POINT[:2]),
        lambda: check(np.sin, np.cos, chunked),
    ):
        with pytest.raises(
            TypeError, match=r"must be a NumPy array, but is a dask\.Array"
        ) as caught:
            ask()
        assert "\n" not in str(caught.value)

"""The gradient of a mean, part by part:  ∂L/∂θ = Σₖ (nₖ/n) ∂Lₖ/∂θ,  for data larger than memory.

    X : (n, d) Dask array in chunks of rows    y : labels, in chunks or a NumPy array
    n : examples                               nₖ, Lₖ : how many are in part k, and their mean loss

Each part is loaded, answered and let go by whoever works for Dask: threads of this process, or the
processes of a cluster. Parts are added in their own order, so it does not matter who came first.

Derived in derivations/11-batch.md, tested in tests/test_parts.py and, on a cluster, in
tests/distributed.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeAlias, TypeVar

import numpy as np

from mlp import tree
from mlp.inputs import demand
from mlp.shapes import ShapeError

P = ParamSpec("P")
R = TypeVar("R")
LossAndGradients: TypeAlias = Callable[[Any, Any, Any], tuple[Any, Any]]


def is_dask(value: Any) -> bool:
    """Tell a Dask array by its name: Dask itself need not be there."""
    return type(value).__module__.partition(".")[0] == "dask"


def by_parts(value_and_grad: Callable[P, R]) -> Callable[P, R]:
    """Let ``value_and_grad(X, ..., y)`` take X and y as Dask arrays too."""
    whole: Callable[..., Any] = value_and_grad

    @functools.wraps(value_and_grad)
    def either(*args: Any, **options: Any) -> Any:
        if not args or not is_dask(args[0]):
            return whole(*args, **options)
        X, *parameters = args
        y = options.pop("y") if "y" in options else parameters.pop()
        who = f"{value_and_grad.__module__.rpartition('.')[2]}.value_and_grad"
        X, y = matched(who, X, y)
        return mean(lambda X, y: whole(X, *parameters, y, **options), X, y)

    return either


def in_parts(value_and_grad: LossAndGradients, X: Any) -> LossAndGradients:
    """Return ``value_and_grad(parameters, X, y)``, which is asked of each part if X is Dask's."""
    if not is_dask(X):
        return value_and_grad
    return lambda parameters, X, y: mean(
        functools.partial(value_and_grad, parameters), *matched("descend", X, y)
    )


def matched(who: str, X: Any, y: Any) -> tuple[Any, Any]:
    """Return X and y in chunks of the same rows; refuse what is not chunked by rows alone."""
    from dask.array import asarray  # noqa: PLC0415  # where it is used, it is there

    demand(who, "X", X, is_dask(X) and X.ndim, "be a Dask array, as y is")
    y = asarray(y)
    for name, array in (("X", X), ("y", y)):
        if np.isnan(array.shape[0]):
            said = f"the lengths of its chunks; call {name}.compute_chunk_sizes()"
            raise ShapeError(f"{who}: {name} must know {said}")
        if max(array.numblocks[1:], default=1) > 1:
            said = f"call {name}.rechunk({{0: 'auto', 1: -1}})"
            raise ShapeError(f"{who}: {name} must be chunked by rows alone; {said}")
    same_rows(who, X, y)
    return X, y.rechunk({0: X.chunks[0]})


def same_rows(who: str, X: Any, y: Any) -> None:
    """Refuse labels that are not as many as the inputs."""
    if not len(X) == len(y) > 0:
        raise ShapeError(
            f"{who}: y must have as many rows as X, which has {len(X)}, but is {len(y)}"
        )


def mean(answer: Callable[[Any, Any], tuple[Any, Any]], X: Any, y: Any) -> tuple[Any, Any]:
    """Return the loss and its gradients from those of each part, by the sizes of the parts."""
    from dask import compute, delayed  # noqa: PLC0415  # where it is used, it is there

    ask = delayed(answer, pure=False, traverse=False)
    parts = zip(X.to_delayed().ravel(), y.to_delayed().ravel(), strict=True)
    found = compute(*(ask(*part) for part in parts))
    total: list[Any] = []
    for n, part in zip(X.chunks[0], found, strict=True):
        weighed = [n / len(X) * leaf for leaf in tree.flat(part)]
        total = [a + b for a, b in zip(total, weighed, strict=True)] if total else weighed
    loss, gradients = tree.rebuild(found[0], iter(total))
    return loss, gradients

"""What is asked of those whom descent asks:  as many rows of X as of y, gradients like parameters.

    examples     X and y as arrays of equally many rows
    parameter    one leaf of the parameters as an array of real numbers
    as_answer    what value_and_grad returns: one number, and a gradient for each parameter, of its
                 place, shape and dtype; a refusal names the leaf, parameters[0][1]

Tested in tests/test_answers.py.
"""

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np

from mlp import tree
from mlp.inputs import demand, function_of, shown
from mlp.parts import is_dask, matched
from mlp.shapes import Array, ShapeError, as_array


def examples(who: str, value_and_grad: Any, X: Any, y: Any) -> tuple[Array, Array]:
    """Return X and y as arrays of equally many rows, or as Dask's in chunks of the same rows."""
    function_of(who, "value_and_grad", value_and_grad)
    if is_dask(X) or is_dask(y):
        return matched(who, X, y)
    X, y = _rows(who, "X", X), _rows(who, "y", y)
    if not len(X) == len(y) > 0:
        raise ShapeError(
            f"{who}: y must have as many rows as X, which has {len(X)}, but is {len(y)}"
        )
    return X, y


def _rows(who: str, name: str, rows: Any) -> Any:
    """Return examples as an array with a row for each."""
    try:
        found = np.asarray(rows if isinstance(rows, (np.ndarray, list, tuple)) else None)
    except ValueError:
        raise ShapeError(
            f"{who}: the rows of {name} must have one length, but they differ"
        ) from None
    fits = found.ndim and (found.dtype != object or isinstance(rows, np.ndarray))
    demand(who, name, rows, fits, "be an array, a row for each example")
    return found


def as_answer(who: str, answer: Any, parameters: Any, dtype: np.dtype[Any]) -> tuple[float, Array]:
    """Return the loss and the gradient as one vector; refuse what is not like the parameters."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError(
            f"{who}: value_and_grad must return the loss and the gradients, "
            f"but returned {shown(answer)}"
        )
    loss, gradients = answer
    scalar = loss.item() if isinstance(loss, np.ndarray) and not loss.ndim else loss
    if not isinstance(scalar, Real):
        raise TypeError(
            f"{who}: value_and_grad must return one number as its loss, but returned {shown(loss)}"
        )
    leaves = [*like(who, gradients, parameters, dtype)]
    return float(scalar), np.concatenate(leaves)


def like(
    who: str, gradient: Any, parameter: Any, dtype: np.dtype[Any], path: tree.Keys = ()
) -> Iterator[Array]:
    """Yield each gradient as a vector, in the order of the parameters; refuse another shape."""
    place = f"the gradient of parameters{tree.spell(path)}"
    if isinstance(parameter, (list, tuple)):
        if not isinstance(gradient, (list, tuple)) or len(gradient) != len(parameter):
            came = len(gradient) if isinstance(gradient, (list, tuple)) else shown(gradient)
            raise ShapeError(
                f"{who}: value_and_grad must return {len(parameter)} parts as {place}, "
                f"but returned {came}"
            )
        for key, (part, own) in enumerate(zip(gradient, parameter, strict=True)):
            yield from like(who, part, own, dtype, (*path, key))
        return
    try:
        found = as_array(who, place, gradient)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{who}: value_and_grad: {str(error).partition(': ')[2]}") from None
    whose = f"{who}: value_and_grad must return {place}"
    shape = np.shape(parameter)
    if found.shape != shape:
        raise ShapeError(f"{whose} in the shape {shape}, but returned {found.shape}")
    whole = isinstance(gradient, (int, list, tuple)) or found is not gradient
    if found.dtype != dtype and not whole:
        raise TypeError(f"{whose} in {dtype}, but returned {found.dtype}; use .astype")
    yield found.astype(dtype, copy=False).ravel()


def parameter(who: str, name: str, leaf: Any) -> Array:
    """Return a parameter as an array of real numbers."""
    odd = isinstance(leaf, (np.ma.MaskedArray, np.matrix))
    try:
        a = np.asarray(leaf)
    except Exception:  # noqa: BLE001  # of a stranger's __array__
        a = np.array(None)
    if a.dtype.kind not in "fiu" or odd:
        what = a.dtype if isinstance(leaf, np.ndarray) and not odd else shown(leaf)
        raise TypeError(f"{who}: parameters must be real arrays of one dtype, but {name} is {what}")
    return a

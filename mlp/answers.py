"""What is asked of those whom descent asks:  as many rows of X as of y, gradients like parameters.

    examples     X and y as arrays of equally many rows
    parameter    one leaf of the parameters as an array of real numbers
    as_answer    what value_and_grad returns: one number, and a gradient for each parameter, of its
                 place, shape and dtype; a refusal names the leaf, parameters[0][1]
    flatten      the parameters as one vector, and the way back

Tested in tests/test_answers.py.
"""

from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from mlp import tree
from mlp.inputs import demand, function_of, shown
from mlp.parts import is_dask, matched, same_rows
from mlp.shapes import Array, ShapeError, as_array

Unflatten: TypeAlias = Callable[[Array], Any]


def examples(who: str, value_and_grad: Any, X: Any, y: Any) -> tuple[Array, Array]:
    """Return X and y as arrays of equally many rows, or as Dask's in chunks of the same rows."""
    function_of(who, "value_and_grad", value_and_grad)
    if is_dask(X) or is_dask(y):
        return matched(who, X, y)
    X, y = _rows(who, "X", X), _rows(who, "y", y)
    same_rows(who, X, y)
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


def flatten(parameters: Any, who: str = "flatten") -> tuple[Array, Unflatten]:
    """Return the parameters as one vector, and the function that shapes such a vector like them.

    Parameters
    ----------
    parameters : nested lists or tuples of arrays
        All of one dtype.
    who : str
        The name in messages.

    Returns
    -------
    vector : (size,) array
        A copy of every entry, in order.
    unflatten : callable
        Takes a vector to nested lists or tuples of arrays: views of it where the dtype is the same.

    Raises
    ------
    TypeError
        For parameters of several dtypes, or that are not real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp.descent import flatten
    >>> vector, unflatten = flatten([(np.eye(2), np.zeros(2))])
    >>> vector.tolist()
    [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    >>> unflatten(vector)[0][1].tolist()
    [0.0, 0.0]
    """
    try:
        named = [*tree.leaves(parameters, (), (list, tuple))]
    except tree.TooDeep as error:
        raise ValueError(f"{who}: parameters {error}") from None
    arrays = [parameter(who, f"parameters{tree.spell(path)}", leaf) for path, leaf in named]
    dtypes = {str(a.dtype) for a in arrays}
    if len(dtypes) != 1:
        raise TypeError(
            f"{who}: parameters must be real arrays of one dtype, "
            f"but have {', '.join(sorted(dtypes)) or 'none'}"
        )
    dtype = arrays[0].dtype if arrays[0].dtype.kind == "f" else np.dtype(np.float64)
    vector = np.concatenate([a.ravel() for a in arrays]).astype(dtype)
    ends = np.cumsum([a.size for a in arrays])

    def unflatten(vector: Array) -> Any:
        vector = as_array("unflatten", "vector", vector)
        if vector.shape != (ends[-1],) or vector.dtype == object:
            raise ShapeError(
                f"unflatten: vector must be of {ends[-1]} entries, all of them floats, "
                f"but its shape is {vector.shape} and its dtype {vector.dtype}"
            )
        pieces = np.split(vector.astype(dtype, copy=False), ends[:-1])
        shaped = (piece.reshape(a.shape) for piece, a in zip(pieces, arrays, strict=True))
        return tree.rebuild(parameters, shaped)

    return vector, unflatten

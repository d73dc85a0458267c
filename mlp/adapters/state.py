"""The arrays that an object keeps, and which of them are parameters with a gradient beside them.

    w[0]          dw[0]
    W             dW, d_W, grad_W, W_grad, gradW, grads["W"], gradients["W"]
    params["W"]   grads["W"]           params[0]    grads[0]        layers[0].W    layers[0].dW
    W.data        W.grad               parameters() beside gradients(), or pairs from one of them

Where nothing has such a name, these are read as well: nabla_W, delta_W, dL_dW, W_g beside W_p,
weights beside weight_grad or dw.
Tested in tests/test_layers.py.
"""

import copy
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

Path = tuple[Any, ...]  # attributes as text, keys and indices in a tuple of one

PARAMETERS = {"params", "param", "parameters"}  # what holds parameters by name or in order,
NAMED = {"weights", "variables", "theta"}  # or by name alone,
GRADIENTS = {"grads", "grad", "gradients", "gradient", "dparams"}  # and what their gradients
VALUES = {"data", "value", "values"}  # of an object that has its gradient in grad
AFFIX = re.compile(r"^(?:gradients?|grads?|d|g)_?(?=.)|_?(?:gradients?|grads?)$")
WIDE = re.compile(  # what else stands before or after the name of a parameter in its gradient's
    r"^(?:nabla|delta|derivatives?|(?:d_?)?l(?:oss)?_?d|gradients?|grads?|d|g)_?(?=.)"
    r"|_?(?:nabla|deltas?|derivatives?|gradients?|grads?|(?<=_)g)$",
    re.IGNORECASE,
)
ALIKE = {"weights": "w", "weight": "w", "biases": "b", "bias": "b"}
PRIVATE = re.compile(r"^_\w*?[A-Za-z0-9]__(?=\w)")  # what Python puts before __W in a class
PLAIN = (bool, int, str, bytes, complex, type(None), type, np.ndarray, np.generic, ModuleType)


@dataclass(frozen=True)
class Kept:
    """An array of numbers, or a number, that an object keeps, and where."""

    path: Path
    holder: Any
    value: Any

    def put(self, value: Any) -> None:
        """Let the object keep another value there, and in all views of the same memory."""
        if issubclass(type(self.value), np.ndarray) and self.value.base is not None:
            self.value[...] = value
        else:
            _put(self.holder, self.path[-1], value)


def kept(thing: Any, path: Path = (), seen: set[int] | None = None) -> Iterator[Kept]:
    """Yield what an object keeps, in its attributes, dicts, lists, and the objects in them."""
    seen = set() if seen is None else seen
    plain = isinstance(thing, PLAIN) and not _holds_objects(thing)
    if id(thing) in seen or plain or inspect.isroutine(thing):
        return
    seen.add(id(thing))
    for key, value in _parts(thing):
        if is_number(value) or is_whole(value):
            yield Kept((*path, key), thing, value)
        else:
            yield from kept(value, (*path, key), seen)


def copied(thing: Any, dtype: Any = None) -> Any:
    """Return a deep copy in which views of one memory still are, its floats of another dtype."""
    owners: dict[int, dict[int, np.ndarray]] = {}
    for array in (k.value for k in kept(thing) if issubclass(type(k.value), np.ndarray)):
        owners.setdefault(id(_owner(array)), {})[id(array)] = array
    memo: dict[int, Any] = {}
    for views in owners.values():
        owner = _owner(next(iter(views.values())))
        same = owner.flags.forc and {view.dtype for view in views.values()} == {owner.dtype}
        if len(views) > 1 and same:
            fresh = owner.astype(dtype or owner.dtype, order="K")
            memo |= {key: _shown(view, owner, fresh) for key, view in views.items()}
    return copy.deepcopy(thing, memo)


def _shown(view: np.ndarray, owner: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Return a view of fresh memory, as another one is of its owner's."""
    place, start = (array.__array_interface__["data"][0] for array in (view, owner))
    strides = [step // owner.itemsize * fresh.itemsize for step in view.strides]
    memory = fresh if fresh.flags.c_contiguous else fresh.T
    offset = (place - start) // owner.itemsize * fresh.itemsize
    return np.ndarray(view.shape, fresh.dtype, memory, offset, strides)


def _owner(array: np.ndarray) -> np.ndarray:
    """Return the array whose memory a view shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def is_number(value: Any) -> bool:
    """Tell an array of floats or complex numbers, or such a number."""
    return isinstance(value, (float, complex)) or (
        isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fc"
    )


def is_whole(value: Any) -> bool:
    """Tell an array of integers, which may be a parameter too."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _holds_objects(thing: Any) -> bool:
    """Tell a row of arrays, as ``np.array([W1, W2], dtype=object)``."""
    return isinstance(thing, np.ndarray) and thing.dtype.kind == "O" and thing.ndim == 1


def at(thing: Any, path: Path) -> Any:
    """Return what an object keeps at a path, None for nothing."""
    for key in path:
        found = dict(_parts(thing))
        if key not in found:
            return None
        thing = found[key]
    return thing


def spelled(path: Path) -> str:
    """Write a path as code does: layers[0].W."""
    parts = (f"[{key[0]!r}]" if isinstance(key, tuple) else f".{key}" for key in path)
    return "".join(parts).removeprefix(".")


def shown(path: Path) -> Path:
    """Return a path without the attribute in which an object keeps its own number."""
    return path[:-1] if len(path) > 1 and path[-1] in VALUES else path


def stem(path: Path, *, wide: bool = False) -> Path:
    """Return what a parameter is called where it and its gradient are called the same."""
    *outer, last = (_letters(key) for key in shown(path))
    if outer and (last == "grad" or (wide and last in VALUES)):
        *outer, last = outer
    if wide and isinstance(last, str):
        last = ALIKE.get(last.removesuffix("_p"), last.removesuffix("_p"))
    holders = PARAMETERS | GRADIENTS | (NAMED if isinstance(last, str) else set())
    return (*(key for key in outer if key not in holders), last)


def gradient_of(path: Path, *, wide: bool = False) -> Path | None:
    """Return the stem of the parameter whose gradient is kept at a path; None where none is.

    ``wide`` reads more names, and of different parameters as one.
    """
    letters = [_letters(key) for key in path]
    if len(path) > 1 and ({*letters[:-1]} & GRADIENTS or letters[-1] == "grad"):
        short = WIDE.sub("", str(letters[-1]), count=1) if wide and letters[-1] != "grad" else ""
        return stem((*path[:-1], short or path[-1]), wide=wide)
    i = max((k for k, key in enumerate(path) if not isinstance(key, tuple)), default=0)
    if isinstance(path[i], tuple):
        return None
    name = PRIVATE.sub("", str(path[i]))
    short = (WIDE if wide else AFFIX).sub("", name, count=1)
    return stem((*path[:i], short, *path[i + 1 :]), wide=wide) if short not in {"", name} else None


def _letters(key: Any) -> Any:
    """Return a name without the case and the underscores in which names of one thing differ."""
    key = key[0] if isinstance(key, tuple) else key
    return PRIVATE.sub("", key).lower().strip("_") if isinstance(key, str) else key


def _parts(thing: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what an object holds, with its name, or its key in a tuple."""
    if isinstance(thing, dict):
        yield from (((key,), value) for key, value in thing.items())
    elif isinstance(thing, (list, tuple)) or _holds_objects(thing):
        yield from (((i,), value) for i, value in enumerate(thing))
    else:
        own = getattr(thing, "__dict__", {})
        yield from own.items()
        yield from ((k, v) for k, v in _of_class(type(thing), thing) if k not in own)


def _of_class(kind: type, thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object keeps in slots, and numbers that its class keeps for all."""
    settable = hasattr(thing, "__dict__")
    for of in kind.__mro__:
        for name, member in vars(of).items():
            slot = "__slots__" in vars(of) and inspect.ismemberdescriptor(member)
            if (slot and hasattr(thing, name)) or (settable and is_number(member)):
                yield name, getattr(thing, name)


def _put(holder: Any, key: Any, value: Any) -> None:
    if isinstance(key, tuple):
        holder[key[0]] = value
    else:
        setattr(holder, key, value)

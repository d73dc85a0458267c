"""An array and its tangent, which run through NumPy code as one array would.

    value : (...)  what plain code would have      tangent : (...)  ∂value/∂t along the direction

It is a duck array and no subclass of ndarray: ``__array__`` and ``__float__`` raise, so that a
tangent is never dropped in silence, unless it is 0, for by the chain rule nothing comes of it.
ufuncs find their derivatives in derivatives.py, functions theirs in functions.py. What NumPy itself
returns for comparisons, shapes and indices is plain. Views of one are views of both, so code that
works in place stays right.
Tested in tests/tangent/test_array.py.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from mlp.tangent.trail import Trail

Rule: TypeAlias = Callable[..., Any]
Inputs: TypeAlias = tuple[Any, ...]  # what a ufunc is given, by place
Options: TypeAlias = dict[str, Any]  # and by name

DOUBLE = np.dtype(np.float64)

PROTOCOLS: dict[str, Rule] = {}  # filled by ufuncs.py and functions.py, which know this class

AS_FUNCTIONS = """
    all any argmax argmin argpartition argsort choose clip compress copy cumprod cumsum diagonal dot
    max mean min nonzero prod ravel repeat round searchsorted squeeze std sum swapaxes take trace
    var
"""
AT_ONCE = {1: np.positive, 2: np.square, -1: np.reciprocal, 0.5: np.sqrt}  # by the exponent


def _of_value(name: str, what: str) -> Any:
    """Return a property of an array that is that of its value."""
    return property(lambda self: getattr(self.value, name), doc=what)


def _of_both(change: Callable[[Any], Any], what: str) -> Any:
    """Return a property of an array that a linear change makes of its value and tangent."""
    return property(lambda self: self.both(change), doc=what)


class TangentArray(NDArrayOperatorsMixin):
    """A value with its tangent, of the same shape and dtype."""

    __slots__ = ("place", "tangent", "trail", "value")

    def __init__(self, value: Any, tangent: Any, trail: Trail) -> None:
        self.value = np.asarray(value)
        self.tangent = np.asarray(tangent)
        trail.work += self.value.size
        if trail.digits:
            self.value, self.tangent = map(trail.digits.made, (self.value, self.tangent))
        elif self.tangent.dtype != self.value.dtype and self.value.dtype.kind in "fc":
            self.tangent = self.tangent.astype(self.value.dtype)
        if self.tangent.shape != self.value.shape:
            self.tangent = np.broadcast_to(self.tangent, self.value.shape).copy()
        self.trail = trail
        self.place = False  # an array of no axes that can be written; any other is a scalar
        if self.dtype.kind not in "fc" and self.tangent.any():
            raise trail.lose(f"a tangent in {self.value.dtype}")

    # ------------------------------------------------------------ NumPy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return PROTOCOLS["ufunc"](ufunc, method, inputs, options)

    def __array_function__(self, function: Rule, types: Any, args: Inputs, options: Options) -> Any:
        return PROTOCOLS["function"](function, args, options)

    def __array_wrap__(self, array: Any, *_: Any) -> Any:
        return array

    def __pow__(self, exponent: Any) -> Any:
        """Return a power, rounded as NumPy rounds that of an array by its operator."""
        plain = self.ndim and isinstance(exponent, (int, float))
        at_once = AT_ONCE.get(exponent) if plain else None
        return at_once(self) if at_once else np.power(self, exponent)

    # ------------------------------------------------------------ what would drop the tangent

    def _still(self, use: str) -> Any:
        """Return a copy of the value of an array that does not move; another is lost."""
        if self.trail.strict or self.tangent.any():
            raise self.trail.lose(use)
        floats = np.array(self.value, self.dtype)
        if self.trail.digits and (floats != self.value).any():
            self.trail.exact(use)
        return floats

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        del copy  # it always is one
        return self._still("an array is made of it (np.asarray, or C code)").astype(
            dtype or self.dtype
        )

    def __float__(self) -> float:
        return float(self._still("float()"))

    def __complex__(self) -> complex:
        return complex(self._still("complex()"))

    def __int__(self) -> int:
        rest = self.value - self.trail.of(np.rint)(self.value)
        self.trail.decided(int(self.value))
        self.trail.jumps(np.where(rest == 0, 0.0, np.abs(rest)), self.tangent)
        return int(self.value)

    def __round__(self, digits: int | None = None) -> Any:
        found = np.round(self, digits or 0)[()]
        return int(found) if digits is None else found

    def item(self, *index: int) -> Any:
        """Return one entry, which stays an array of no axes, with its tangent."""
        if len(index) == 1:  # counted in C order
            return self.reshape(-1)[index[0]]
        return self[index] if index else self.reshape(())

    def tolist(self) -> Any:
        """Return nested lists of entries, each with its tangent."""
        return [entry.tolist() for entry in self] if self.ndim else self

    # ------------------------------------------------------------ what is plain

    def __bool__(self) -> bool:
        self.trail.jumps(self.value, self.tangent)
        return bool(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator["TangentArray"]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"TangentArray({self.value!r}, {self.tangent!r})"

    def __format__(self, spec: str) -> str:
        return format(self._still("format()")[()], spec)

    __hash__ = None  # type: ignore[assignment]  # as arrays have none

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value; setting it reshapes both in place."""
        return self.value.shape

    @shape.setter
    def shape(self, wanted: tuple[int, ...]) -> None:
        self.value, self.tangent = self.value.reshape(wanted), self.tangent.reshape(wanted)

    ndim = _of_value("ndim", "Number of axes.")
    size = _of_value("size", "Number of entries.")
    itemsize = _of_value("itemsize", "Bytes of an entry of the value.")
    nbytes = _of_value("nbytes", "Bytes of the value.")
    strides = _of_value("strides", "Bytes from entry to entry of the value.")
    flags = _of_value("flags", "Memory layout of the value.")
    device = "cpu"  # the array API asks

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the value; fifty digits stand in for double precision."""
        return DOUBLE if self.trail.digits else self.value.dtype

    # ------------------------------------------------------------ views and copies of both

    def both(self, change: Callable[[Any], Any]) -> "TangentArray":
        """Return what a linear change makes of the value and of the tangent."""
        value = self.trail.kept(change(self.value))
        return TangentArray(value, change(self.tangent), self.trail)

    T = _of_both(np.transpose, "The transpose.")
    mT = _of_both(np.matrix_transpose, "The transpose of the last two axes.")
    real = _of_both(np.real, "The real part.")
    imag = _of_both(np.imag, "The imaginary part.")

    @property
    def flat(self) -> "TangentArray":
        """The entries in C order, as a view where there is one."""
        return self.reshape(-1)

    @flat.setter
    def flat(self, given: Any) -> None:
        self[...] = np.reshape(given, self.shape) if np.size(given) > 1 else given

    def reshape(self, *shape: Any, **options: Any) -> "TangentArray":
        """Return both in another shape."""
        wanted = shape[0] if len(shape) == 1 else shape
        return self.both(lambda a: a.reshape(wanted, **options))

    def transpose(self, *axes: Any) -> "TangentArray":
        """Return both with their axes in another order."""
        return self.both(lambda a: a.transpose(*axes))

    def flatten(self, order: Any = "C") -> "TangentArray":
        """Return copies of both as vectors."""
        return self.both(lambda a: a.flatten(order))

    def view(self, *types: Any) -> "TangentArray":
        """Return views of both; of another dtype there is none."""
        if types:
            raise self.trail.lose("view() as another type")
        return self.both(np.ndarray.view)

    def astype(self, dtype: Any, **options: Any) -> Any:
        """Return both in another dtype; integers and booleans are plain, and jump."""
        wanted = np.dtype(dtype)
        if wanted.kind not in "fciub":
            return self._still(f"astype({wanted})").astype(wanted, **options)
        if wanted.kind not in "fc":
            whole = self.trail.of(np.trunc)(self.value)
            rest = self.value - whole
            near = np.minimum(np.abs(rest), 1 - np.abs(rest)) if wanted.kind in "iu" else self.value
            self.trail.decided(whole)
            self.trail.jumps(near, self.tangent)
            return self.trail.plain(self.value != 0 if wanted.kind == "b" else whole).astype(
                wanted, **options
            )
        if wanted.kind == "c":
            self.trail.exact(f"astype({wanted})")
        if self.trail.digits:  # floats have told that nothing is rounded here
            return self.both(np.ndarray.copy)
        self.trail.cast |= narrows(self, wanted)
        return self.both(lambda a: a.astype(wanted, **options))

    def conj(self) -> Any:
        """Return the complex conjugate."""
        return np.conjugate(self)

    conjugate = conj

    def __copy__(self) -> "TangentArray":
        return self.both(np.ndarray.copy)

    def __deepcopy__(self, _: Any) -> "TangentArray":
        return self.both(np.ndarray.copy)

    def __getitem__(self, index: Any) -> "TangentArray":
        return self.both(lambda a: a[index])

    def __setitem__(self, index: Any, given: Any) -> None:
        made = self.trail.digits.made if self.trail.digits else np.asarray
        self.value[index] = made(value_of(given))
        self.tangent[index] = made(tangent_of(given))
        self.trail.cast |= narrows(given, self.dtype)

    def fill(self, given: Any) -> None:
        """Set every entry."""
        self[...] = given

    def sort(self, axis: int = -1, **options: Any) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis=axis, **options)

    def partition(self, kth: Any, axis: int = -1, **options: Any) -> None:
        """Sort in place, which partitions as well."""
        del kth
        self.sort(axis, **options)

    def __getattr__(self, name: str) -> Any:
        """Find the methods of an array that NumPy has as functions, too."""
        if name in AS_FUNCTIONS.split():
            return partial(getattr(np, name), self)
        raise AttributeError(f"an array with a tangent has no .{name}")


def value_of(a: Any) -> Any:
    """Return the value of what may carry a tangent, anything else as it is."""
    return a.value if isinstance(a, TangentArray) else a


def tangent_of(a: Any) -> Any:
    """Return the tangent of what may carry one; what does not has 0."""
    return a.tangent if isinstance(a, TangentArray) else 0.0


def paired(trail: Trail, value: Any, dot: Any) -> Any:
    """Return arrays with tangents, from the same structure of both."""
    if isinstance(value, (list, tuple)):
        return type(value)(paired(trail, v, d) for v, d in zip(value, dot, strict=True))
    return TangentArray(trail.rounded(trail.kept(value)), trail.rounded(dot), trail)


def narrows(a: Any, dtype: np.dtype[Any]) -> bool:
    """Tell whether something that carries a tangent is rounded to fewer digits in this dtype."""
    moves = isinstance(a, TangentArray) and a.dtype.kind in "fc" and dtype.kind in "fc"
    return moves and bool(np.finfo(dtype).eps > np.finfo(a.dtype).eps)


def trail_of(things: Any) -> Trail | None:
    """Return the trail that the first of these carries, however deep in lists and tuples."""
    for thing in things:
        if isinstance(thing, TangentArray):
            return thing.trail
        if isinstance(thing, (list, tuple)) and (found := trail_of(thing)):
            return found
    return None


def with_tangent(a: Any, trail: Trail) -> TangentArray:
    """Return an array that carries a tangent, 0 if it had none."""
    if isinstance(a, TangentArray):
        return a
    value = np.asarray(a)
    if trail.digits:
        value = trail.digits.made(value)
    elif value.dtype.kind not in "fc":
        value = value.astype(np.float64)
    made = TangentArray(value, np.zeros_like(value), trail)
    made.place = True
    return made

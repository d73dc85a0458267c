"""A question in somebody's convention, put so that ``check`` can answer it, and in whose names.

What the caller passed is never changed: arrays are copied, models too, random states put back.
Tested in tests/test_adapters.py.
"""

import contextlib
import importlib
import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck import Finding
from mlp.gradcheck.directions import cotangent
from mlp.gradcheck.repeat import given
from mlp.gradcheck.rules import Rules
from mlp.op import Wrt, positions_of
from mlp.tangent import Push


@dataclass(frozen=True)
class Question:
    """Forward and backward on NumPy arrays, and a point: ``mlp.check(*question)``.

    Parameters
    ----------
    forward, backward : callable
        The functions, as ``mlp.check`` takes them.
    point : tuple
        Their arguments.
    options : dict
        They go to ``check`` as well where an argument that holds floats is a constant.

    Examples
    --------
    >>> import mlp
    >>> cube = mlp.adapters.gradient(lambda x: x**3, lambda x: 3 * x**2)
    >>> question = cube.at(2.0)
    >>> mlp.check(*question, **question.options).verdict
    'correct'
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    point: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.forward, self.backward, *self.point))

    def noted(self, *notes: Finding) -> "Question":
        """Return the question with what the adapter saw that arrays cannot show."""
        pulled: Any = self.backward
        pulled.rules = replace(pulled.rules, notes=notes)
        return self


def require(package: str) -> Any:
    """Import a framework, or say in one line that it is not there."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"mlp.adapters.{package} needs the package {package}, which is not installed: "
            f"pip install {package}",
            name=package,
        ) from None


def code_of(kind: str, *things: str, double: bool = True, **options: Any) -> str:
    """Return the code that makes an adapter, of things in code and those options that are given."""
    options |= {} if double else {"double": False}
    return f"mlp.adapters.{kind}({', '.join(things)}{given(options)})"


def dressed(
    function: Callable[..., Any], name: str, names: Sequence[str], source: Any = None
) -> Callable[..., Any]:
    """Return a function with the name and the argument names under which reports speak of it.

    ``source`` is what the user wrote: annotations point there.
    """

    def spoken_of(*args: Any) -> Any:
        return function(*args)

    spoken_of.__name__ = spoken_of.__qualname__ = name
    spoken_of.__module__ = ""
    if all(map(str.isidentifier, names)) and len({*names}) == len(names):
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        signature = inspect.Signature([inspect.Parameter(name, kind) for name in names])
        spoken_of.__signature__ = signature  # type: ignore[attr-defined]  # inspect reads it
        if source is not None:
            spoken_of.__wrapped__ = source  # type: ignore[attr-defined]  # likewise
    return spoken_of


def posed(
    point: tuple[Any, ...],
    positions: tuple[int, ...],
    names: Sequence[str],
    forward: tuple[Callable[..., Any], str],
    backward: tuple[Callable[..., Any], str, Any],
    cotangent: str = "v",
    pushforward: Push | None = None,
    rules: Rules | None = None,
) -> Question:
    """Return the question of these arguments, differentiated at these positions.

    Forward comes with its name, backward with its name and with what the user wrote; where forward
    is not written in NumPy, ``pushforward`` runs it with tangents for the second witness. What else
    was written, such as a tangent, are ``rules``.
    """
    pulled: Any = dressed(*backward[:2], (cotangent, *names), backward[2])
    pulled.rules = rules or Rules()
    spoken: Any = dressed(*forward, names)
    if pushforward is not None:
        spoken.pushforward = pushforward
    return Question(spoken, pulled, point, {"wrt": positions})


def chosen(code: str, wrt: Wrt, names: Sequence[str], args: Sequence[Any]) -> tuple[int, ...]:
    """Return the positions of the differentiated arguments: of all float arrays unless wrt says.

    Where there is no array at all, numbers are differentiated.
    """
    if wrt is None:
        dtypes = ((path, getattr(leaf, "dtype", None)) for path, leaf in tree.leaves([*args]))
        kinds = ((path[0], getattr(dtype, "kind", "")) for path, dtype in dtypes)
        arrays = dict.fromkeys(position for position, kind in kinds if kind in {"f", "c"})
        return tuple(arrays or [i for i, a in enumerate(args) if isinstance(a, float)])
    return positions_of(wrt, names, code + ": wrt must name arguments ({names}), not {came!r}")


def picked(returned: Any, positions: Sequence[int], every: Sequence[int]) -> Any:
    """Return the gradients for these positions, where there is one for every float array."""
    if (
        isinstance(returned, (tuple, list))
        and len(returned) == len(every) != len(positions)
        and {*positions} <= {*every}
    ):
        returned = tuple(returned[list(every).index(position)] for position in positions)
    return one_or_all(returned) if isinstance(returned, tuple) else returned


def one_or_all(values: Sequence[Any]) -> Any:
    """Return the only value by itself, several as a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


class Draws:
    """The global random numbers of NumPy and Python: the same in every call, untouched after it."""

    __slots__ = ("start", "used")  # no numbers of the user's code are looked for here

    def __init__(self) -> None:
        self.start = self._states()
        self.used = True  # until a first call shows that nothing is drawn: to look costs 0.1 ms

    @contextlib.contextmanager
    def repeated(self) -> Iterator[None]:
        """Let the body draw what it drew the last time."""
        if not self.used:
            yield
            return
        before = self._states()
        self._put(self.start)
        try:
            yield
        finally:
            (_, keys, *rest), of_python = self._states()
            (_, first, *others), started = self.start
            self.used = rest != others or of_python != started or bool((keys != first).any())
            self._put(before)

    def _states(self) -> tuple[Any, Any]:
        return np.random.get_state(), random.getstate()  # noqa: NPY002  # the user's code draws there

    def _put(self, states: tuple[Any, Any]) -> None:
        np.random.set_state(states[0])  # noqa: NPY002  # likewise
        random.setstate(states[1])


def conjugated(leaf: Any) -> Any:
    """Return the conjugate of complex numbers, anything else as it is.

    JAX and autograd have dL = Re Σ g dz of a gradient and a cotangent, check dL = Re Σ conj(g) dz.
    """
    kind = getattr(getattr(leaf, "dtype", None), "kind", "")
    return leaf.conj() if kind == "c" else leaf


def drawn(result: Any, seed: int = 0) -> Any:
    """Draw a cotangent of a result, or a tangent of an argument."""
    rng = np.random.default_rng(seed)

    def part(leaf: Any) -> Any:
        leaf = np.asarray(leaf)
        return cotangent(rng, leaf.size).reshape(leaf.shape).astype(leaf.dtype)

    return tree.rebuilt(result, part)


def same_bits(one: Any, other: Any) -> bool:
    """Tell whether two structures hold the same arrays, NaN and all."""
    pairs = zip(tree.flat(one), tree.flat(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def arrays_of(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments with lists of numbers made arrays, and everything else as it is."""
    return tuple(
        np.asarray(arg, float)
        if isinstance(arg, list) and arg and all(isinstance(a, (int, float)) for a in arg)
        else arg
        for arg in args
    )


def plain_arrays_of(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments with arrays of JAX made NumPy's as well, in structures too."""

    def plain(leaf: Any) -> Any:
        foreign = type(leaf).__module__.partition(".")[0] in {"jax", "jaxlib"}
        return np.asarray(leaf) if foreign and hasattr(leaf, "__array__") else leaf

    return tuple(tree.rebuilt(arg, plain) for arg in arrays_of(args))

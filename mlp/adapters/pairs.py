"""Parameters of an object with their gradients: told, listed by methods, stepped, or of one name.

Tested in tests/test_layers.py.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp.adapters import state
from mlp.op import arguments

RATES = {"learning_rate", "lr", "eta", "alpha", "rate", "step_size"}
RATE = 2.0**20  # with which a backward that steps is called: the step drowns what it starts from
LISTS = (
    ("parameters", "gradients"),
    ("get_parameters", "get_gradients"),
    ("get_params", "get_grads"),
    ("params", "grads"),
)
JOINT = ("parameters_and_grads", "params_and_grads", "get_params_and_grads", "parameters")


@dataclass(frozen=True)
class Pair:
    """A parameter, and its gradient: ``read(object after backward, what the parameter was)``."""

    path: state.Path
    gradient: str
    read: Callable[[Any, Any], Any]

    def __str__(self) -> str:
        return f"{state.spelled(self.path)} with {self.gradient}"


def stepping(thing: Any) -> bool:
    """Tell whether backward takes a cotangent and a learning rate."""
    needed = [p for p in arguments(thing.backward) if p.default is p.empty]
    return len(needed) == 2 and needed[1].name.lower() in RATES


def paired(
    free: Mapping[state.Path, Any], after: Any, told: Mapping[str, str | None], who: str
) -> list[Pair]:
    """Pair what may be a parameter with the gradients of an object after backward.

    ``free`` is what the object keeps and forward does not change, ``told`` what its user says.
    """
    constant = {name for name, gradient in told.items() if gradient is None}
    pairs: dict[Any, Pair] = {}  # an array that is kept in two places is one parameter
    for pair in (
        *_told(free, after, told, who),
        *_listed(free, after),
        *_stepped(free, after),
        *_named(free, after),
    ):
        if state.spelled(pair.path) not in constant:
            pairs.setdefault(identity(pair.path, free[pair.path]), pair)
    order = [identity(path, value) for path, value in free.items()]
    return sorted(pairs.values(), key=lambda p: order.index(identity(p.path, free[p.path])))


def identity(path: state.Path, value: Any) -> Any:
    """Return what is the same of an array in two places: a float has its place alone."""
    return id(value) if isinstance(value, np.ndarray) else path


def _told(
    free: Mapping[state.Path, Any], after: Any, told: Mapping[str, str | None], who: str
) -> Iterator[Pair]:
    before = {state.spelled(path): path for path in free}
    later = {state.spelled(k.path): k.path for k in state.kept(after)}
    for name, gradient in told.items():
        for word, there in ((name, before), (gradient, later)):
            if word is not None and word not in there:
                raise ValueError(
                    f"{who} keeps nothing in {word!r}, which gradients names; "
                    f"it keeps {', '.join(there) or 'nothing'}"
                )
        if gradient is not None:
            yield _kept(before[name], later[gradient])


def _listed(free: Mapping[state.Path, Any], after: Any) -> Iterator[Pair]:
    """Pair what methods return in one order: parameters() and gradients(), or pairs of both."""
    where: dict[int, state.Path] = {}
    for k in state.kept(after):
        where.setdefault(id(k.value), k.path)

    def called(name: str) -> list[Any]:
        method = getattr(after, name, None)
        found = method() if callable(method) else None
        return [*found] if isinstance(found, (list, tuple)) else []

    for one, other in LISTS:
        some, others = called(one), called(other)
        if some and len(some) == len(others):
            for i, parameter in enumerate(some):
                if where.get(id(parameter)) in free:
                    yield _read(where[id(parameter)], other, (i,))
            return
    for name in JOINT:
        for i, item in enumerate(called(name)):
            both = isinstance(item, tuple) and len(item) == 2 and all(map(state.is_number, item))
            if both and where.get(id(item[0])) in free:
                yield _read(where[id(item[0])], name, (i, 1))


def _read(path: state.Path, method: str, keys: tuple[int, ...]) -> Pair:
    def read(own: Any, _: Any) -> Any:
        found = getattr(own, method)()
        for key in keys:
            found = found[key]
        return found

    return Pair(path, f"{method}(){''.join(f'[{key}]' for key in keys)}", read)


def _stepped(free: Mapping[state.Path, Any], after: Any) -> Iterator[Pair]:
    """Read gradients off the step that a backward with a learning rate takes."""
    if not stepping(after):
        return
    for path, value in free.items():
        if not np.array_equal(value, state.at(after, path)):
            yield _step(path)


def _step(path: state.Path) -> Pair:
    return Pair(path, "its step", lambda own, was: (was - state.at(own, path)) / RATE)


def _named(free: Mapping[state.Path, Any], after: Any) -> Iterator[Pair]:
    """Pair what is called alike."""
    stems: dict[state.Path | None, state.Path] = {}
    for path in free:
        stems.setdefault(state.stem(path), path)
    for k in state.kept(after):
        of = stems.get(state.gradient_of(k.path))
        if of is not None and of != k.path:
            yield _kept(of, k.path)


def _kept(path: state.Path, gradient: state.Path) -> Pair:
    return Pair(path, state.spelled(gradient), lambda own, _: state.at(own, gradient))

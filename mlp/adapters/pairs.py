"""Parameters of an object with their gradients: told, listed by methods, stepped, or of one name.

Tested in tests/test_layers.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mlp.adapters import state
from mlp.op import arguments

RATES = {"learning_rate", "lr", "eta", "alpha", "rate", "step_size"}
OWN_RATES = RATES - {"alpha", "rate"}  # which an object keeps: others may be of its forward
RATE = 2.0**20  # with which a backward that steps is called: the step drowns what it starts from
LISTS = (
    ("parameters", "gradients"),
    ("get_parameters", "get_gradients"),
    ("get_params", "get_grads"),
    ("params", "grads"),
)
JOINT = ("parameters_and_grads", "params_and_grads", "get_params_and_grads", "parameters")


Stems: TypeAlias = Mapping[state.Path | None, state.Path]


@dataclass(frozen=True)
class Pair:
    """A parameter, and its gradient: ``read(object after backward, what the parameter was)``."""

    path: state.Path
    gradient: str
    read: Callable[[Any, Any], Any]

    def __str__(self) -> str:
        return f"{state.spelled(self.path)} with {self.gradient}"


def rate_of(backward: Callable[..., Any]) -> str | None:
    """Return what backward calls the learning rate that it takes beside a cotangent, if it does."""
    more = arguments(backward)[1:]
    needed = [p for p in more if p.default is p.empty]
    rates = [p.name for p in more if p.name.lower() in RATES]
    return rates[0] if rates and [p.name for p in needed] in ([], rates[:1]) else None


def paired(
    free: Mapping[state.Path, Any],
    after: Any,
    told: Mapping[str, str | None],
    who: str,
    *,
    steps: bool,
    given: Iterable[Pair],
) -> list[Pair]:
    """Pair what may be a parameter with the gradients of an object after backward.

    ``free`` is what the object keeps and forward does not change, ``told`` what its user says;
    ``steps`` tells that backward moves parameters, ``given`` is what it returns of them.
    """
    constant = {name for name, gradient in told.items() if gradient is None}
    pairs: dict[Any, Pair] = {}  # an array that is kept in two places is one parameter
    for pair in (
        *_told(free, after, told, who),
        *given,
        *_listed(free, after),
        *(stepped(free, after) if steps else ()),
        *_named(free, after),
    ):
        if state.spelled(pair.path) not in constant:
            pairs.setdefault(identity(pair.path, free[pair.path]), pair)
    order = [identity(path, value) for path, value in free.items()]
    return sorted(pairs.values(), key=lambda p: order.index(identity(p.path, free[p.path])))


def identity(path: state.Path, value: Any) -> Any:
    """Return what is the same of an array in two places: a float has its place alone."""
    return id(value) if isinstance(value, np.ndarray) else path


def named_as(key: str, stems: Stems, *, wide: bool) -> state.Path | None:
    """Return the path of the stem that a key names, itself or as its gradient."""
    of = state.gradient_of((key,), wide=wide)
    return stems.get(of) or stems.get(state.stem((key,), wide=wide))


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
    """Pair what methods return, or lists hold, in one order: parameters() and gradients()."""
    where: dict[int, state.Path] = {}
    for k in state.kept(after):
        where.setdefault(id(k.value), k.path)

    for one, other in LISTS:
        some, others = _called(after, one), _called(after, other)
        if {one, other} <= getattr(after, "__dict__", {}).keys():
            continue  # what is kept in both is named
        if some and some.keys() == others.keys():
            for key, parameter in some.items():
                if where.get(id(parameter)) in free:
                    yield _read(after, where[id(parameter)], other, (key,))
            return
    for name in JOINT:
        for key, item in _called(after, name).items():
            both = isinstance(item, tuple) and len(item) == 2 and all(map(state.is_number, item))
            if both and where.get(id(item[0])) in free:
                yield _read(after, where[id(item[0])], name, (key, 1))


def _called(thing: Any, name: str) -> dict[Any, Any]:
    """Return what a method or a property returns, by its keys or its order."""
    member = getattr(thing, name, None)
    kept = isinstance(getattr(type(thing), name, None), property) or _is_listed(member)
    found = _returned(thing, name) if callable(member) or kept else None
    if isinstance(found, dict):
        return found
    return dict(enumerate(found)) if isinstance(found, (list, tuple)) else {}


def _is_listed(member: Any) -> bool:
    """Tell arrays in order: what a dict keeps is named anyway."""
    return isinstance(member, (list, tuple)) and all(map(state.is_number, member))


def _returned(thing: Any, name: str) -> Any:
    member = getattr(thing, name)
    return member() if callable(member) else member


def _read(after: Any, path: state.Path, method: str, keys: tuple[Any, ...]) -> Pair:
    def read(own: Any, _: Any) -> Any:
        found = _returned(own, method)
        for key in keys:
            found = found[key]
        return found

    called = "()" if callable(getattr(after, method)) else ""
    return Pair(path, f"{method}{called}{''.join(f'[{key!r}]' for key in keys)}", read)


def stepped(free: Mapping[state.Path, Any], after: Any) -> Iterator[Pair]:
    """Read gradients off the step that a backward takes at a learning rate."""
    for path, value in free.items():
        other = path[-1] in OWN_RATES or state.gradient_of(path) is not None
        if not other and not np.array_equal(value, state.at(after, path)):
            yield _step(path)


def _step(path: state.Path) -> Pair:
    return Pair(path, "its step", lambda own, was: (was - state.at(own, path)) / RATE)


def _named(free: Mapping[state.Path, Any], after: Any) -> Iterator[Pair]:
    """Pair what is called alike; names that are less clear come last, and take what is left."""
    taken: set[state.Path] = set()
    for wide in (False, True):
        stems: dict[state.Path | None, state.Path] = {}
        for path in free:
            stems.setdefault(state.stem(path, wide=wide), path)
        for k in state.kept(after):
            of = stems.get(state.gradient_of(k.path, wide=wide))
            if of is None or of == k.path or {of, k.path} & taken:
                continue
            if not wide or _is_new(k, free, np.shape(free[of])):
                taken |= {of, k.path}
                yield _kept(of, k.path)


def _is_new(found: state.Kept, free: Mapping[state.Path, Any], shape: tuple[int, ...]) -> bool:
    """Tell whether backward put something of a shape there."""
    same = found.path in free and np.array_equal(free[found.path], found.value)
    return not same and np.shape(found.value) == shape


def _kept(path: state.Path, gradient: state.Path) -> Pair:
    return Pair(path, state.spelled(gradient), lambda own, _: state.at(own, gradient))

"""An object at the arguments of its forward, run on copies whose parameters hold other numbers.

Tested in tests/test_layers.py.
"""

import contextlib
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters import pairs, state
from mlp.adapters.question import Draws, same_bits
from mlp.gradcheck.problem import unrolled
from mlp.op import arguments, padded

RESULTS = ("output", "outputs", "out", "result")  # of a forward that returns nothing,
INPUTS = ("dinputs", "dinput", "dx", "dX", "grad_input", "input_grad", "grad_inputs")  # a backward
FORWARDS = ("forward", "forward_pass", "feedforward", "feed_forward", "forward_prop", "__call__")
BACKWARDS = (
    "backward",
    "backward_pass",
    "backpropagate",
    "back_propagate",
    "backprop",
    "back_prop",
)
ZERO = ("zero_grad", "zero_grads", "zero_gradients", "clear_grad", "clear_grads", "reset_grad")


def way(thing: Any, names: Sequence[str]) -> str | None:
    """Return by which of its methods an object, or those of a class, goes this way."""
    kinds = thing.__mro__ if inspect.isclass(thing) else ()
    made = () if any("__call__" in vars(kind) for kind in kinds) else kinds  # by being called
    return next(
        (n for n in names if callable(getattr(thing, n, None)) and not (made and n == "__call__")),
        None,
    )


class Stateful:
    """An object at the arguments of its forward, whose parameters can be made to hold others."""

    def __init__(self, thing: Any, args: tuple[Any, ...], zero: Any, who: str) -> None:
        self.args, self.zero, self.who = args, zero, who
        self.ways = str(way(thing, FORWARDS)), str(way(thing, BACKWARDS))
        run, pull = (getattr(thing, name) for name in self.ways)
        self.names = padded([p.name for p in arguments(run)], len(args))
        self.rate, self.pulls = pairs.rate_of(pull), bool(arguments(pull))
        self.steps = self.rate is not None
        self.rest: dict[Any, Any] = {}  # what backward has returned of parameters
        self.draws = Draws()
        self.start = self.copied(thing)
        self.pairs: list[pairs.Pair] = []
        self.free: dict[state.Path, Any] = {}

    def copied(self, thing: Any, dtype: Any = None) -> Any:
        """Return a copy of an object, what is a view in another dtype."""
        try:
            return state.copied(thing, dtype)
        except Exception as error:
            raise TypeError(f"{self.who} cannot be copied: {error}") from error

    def find(self, told: dict[str, str | None]) -> None:
        """Pair parameters with gradients; some are made when forward first sees an input."""
        self.told = told
        for built in (False, True):
            try:
                if built:
                    self.ran(self.start, self.args)
                self.free = self.unmoved()
                after = self.after()
            except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
                return
            if built or told or (found := self.paired(after, {})):
                break
        found = self.paired(after, told) if built or told else found
        self.pairs = [pair for pair in found if not self.shown_by(pair, found)]

    def paired(self, after: Any, told: dict[str, str | None]) -> list[pairs.Pair]:
        """Pair parameters with their gradients, of an object after backward."""
        given = [*self.given()]
        return pairs.paired(self.free, after, told, self.who, steps=self.steps, given=given)

    def after(self) -> Any:
        """Return an object after backward; where that takes a step at its own rate, at ours."""
        after, _ = self.pulled(self.copied(self.start), ones_like)
        rated = any(path[-1] in pairs.OWN_RATES for path in self.free)
        if rated and not self.steps and [*pairs.stepped(self.free, after)]:
            self.steps = True
            after, _ = self.pulled(self.copied(self.start), ones_like)
        return after

    def given(self) -> Iterator[pairs.Pair]:
        """Pair what backward returned beside gradients of the arguments, by name or in order."""
        for wide in (False, True):
            every = reversed(self.free)
            stems: pairs.Stems = {state.stem(path, wide=wide): path for path in every}
            for key in self.rest:
                path = pairs.named_as(key, stems, wide=wide) if isinstance(key, str) else None
                if path is not None:
                    yield self.returned(path, key)
        arrays = {
            pairs.identity(path, value): path
            for path, value in reversed(self.free.items())
            if isinstance(value, np.ndarray) and not state.is_whole(value) and self.depends(path)
        }
        if self.rest and [*self.rest] == [*range(len(arrays))]:
            for key, path in zip(self.rest, reversed(arrays.values()), strict=True):
                yield self.returned(path, key)

    def returned(self, path: state.Path, key: Any) -> pairs.Pair:
        """Pair a parameter with what backward returns under a key, or at a place."""
        shown = repr(key) if isinstance(key, str) else key + sum(map(state.is_number, self.args))
        return pairs.Pair(path, f"{self.ways[1]}()[{shown}]", lambda *_: self.rest[key])

    def depends(self, path: state.Path) -> bool:
        """Tell whether forward depends on what the object keeps there."""
        own = self.copied(self.start)
        of = pairs.identity(path, state.at(own, path))
        with contextlib.suppress(Exception), np.errstate(all="ignore"):
            for place in list(state.kept(own)):
                if pairs.identity(place.path, place.value) == of:
                    place.put(moved(place.value))
            plain = self.ran(self.copied(self.start), self.args)
            return not same_bits(self.ran(own, self.args), plain)
        return False

    def shown_by(self, pair: pairs.Pair, others: Sequence[pairs.Pair]) -> bool:
        """Tell whether a parameter is a view of another one, which is larger or comes first."""
        rank = {p.path: (-np.size(self.free[p.path]), i) for i, p in enumerate(others)}
        return any(
            rank[other.path] < rank[pair.path]
            and np.shares_memory(self.free[other.path], self.free[pair.path])
            for other in others
        )

    def unmoved(self) -> dict[state.Path, Any]:
        """Return what the object keeps, and forward does not change."""
        own = self.copied(self.start)
        with np.errstate(all="ignore"):
            self.ran(own, [moved(arg) for arg in self.args])
        same = {k.path: k.value for k in state.kept(own)}
        return {
            k.path: k.value
            for k in state.kept(self.start)
            if k.path in same and same_bits(k.value, same[k.path])
        }

    def ran(self, own: Any, args: Sequence[Any]) -> Any:
        """Run forward on an object: return what it returns, or keeps."""
        with self.draws.repeated():
            return self.result(own, args)

    def pulled(self, own: Any, dout: Any, args: Any = None) -> tuple[Any, tuple[Any, ...]]:
        """Run both on an object; return it, and what backward says of the arguments.

        ``dout`` is a cotangent, or makes one of what forward returns.
        """
        with self.draws.repeated():
            out = self.result(own, self.args if args is None else args)
            dout = dout(out) if callable(dout) else dout
            self.make_zero(own)
            said = self.said(own, dout)
        if said is None:
            of = [f"{d}{name}" for name in self.names for d in ("d", "grad_")]
            said = _attribute(own, (*of, *INPUTS, *self.of_inputs(own)))
        return own, self.each(said)

    def of_inputs(self, own: Any) -> Iterator[str]:
        """Yield the attributes whose names are those of gradients of an argument of forward."""
        inputs = {state.stem((name,)) for name in (*self.names, "inputs", "input", "x")}
        for name in getattr(own, "__dict__", ()):
            if state.gradient_of((name,), wide=True) in inputs:
                yield name

    def each(self, said: Any) -> tuple[Any, ...]:
        """Return what backward says of each float argument: None of what is none may stand by."""
        if isinstance(said, list) and not any(isinstance(arg, list) for arg in self.args):
            said = tuple(said)
        if isinstance(said, np.ndarray) and self.unlike(said):
            said = (*said,)
        if isinstance(said, dict):
            said = self.by_name(said)
        if not isinstance(said, tuple):
            return () if said is None else (said,)
        floats = [state.is_number(arg) for arg in self.args]
        if len(said) == len(floats) and all(
            f or g is None for f, g in zip(floats, said, strict=True)
        ):
            return tuple(g for f, g in zip(floats, said, strict=True) if f)
        own, rest = said[: sum(floats)], said[sum(floats) :]
        alone = len(rest) == 1 and isinstance(rest[0], dict)
        self.rest = rest[0] if alone else dict(enumerate(rest))
        return (*own,)

    def unlike(self, said: np.ndarray) -> bool:
        """Tell an array of gradients of one shape, as ``np.stack`` makes, from a gradient."""
        shape = np.shape(self.args[0])
        return bool(said.ndim) and (said.dtype.kind == "O" or said.shape[1:] == shape)

    def by_name(self, said: dict[Any, Any]) -> Any:
        """Return gradients of the arguments, which came in a dict with those of parameters."""
        stems: pairs.Stems = {state.stem((name,)): (name,) for name in self.names}
        keys = {pairs.named_as(key, stems, wide=False): key for key in said if isinstance(key, str)}
        if any((name,) not in keys for name in self.names) or any(
            isinstance(arg, dict) for arg in self.args
        ):
            return said
        own = [keys[name,] for name in self.names]
        rest = {key: g for key, g in said.items() if key not in own}
        return (*(said[key] for key in own), *([rest] if rest else []))

    def said(self, own: Any, dout: Any) -> Any:
        """Return what backward returns of a cotangent, at our learning rate where it has one."""
        for place in state.kept(own) if self.steps else ():
            if place.path[-1] in pairs.OWN_RATES and isinstance(place.value, float):
                place.put(pairs.RATE)
        pull = getattr(own, self.ways[1])
        if not self.pulls:
            return np.multiply(pull(), dout)
        return unrolled(pull(dout, **{self.rate: pairs.RATE} if self.rate else {}))

    def result(self, own: Any, args: Sequence[Any]) -> Any:
        """Return what forward returns, or keeps."""
        out = getattr(own, self.ways[0])(*args)
        return _attribute(own, RESULTS) if out is None else out

    def holding(self, values: Sequence[Any]) -> Any:
        """Return a copy whose parameters hold these values, wherever it keeps the same array."""
        kinds = {value.dtype for value in values if isinstance(value, np.ndarray)}
        own = self.copied(self.start, np.result_type(*kinds) if kinds else None)
        places = list(state.kept(own))
        for pair, value in zip(self.pairs, values, strict=True):
            old = pairs.identity(pair.path, state.at(own, pair.path))
            for place in places:
                if pairs.identity(place.path, place.value) == old:
                    place.put(np.copy(value)[()] if self.steps else value)
        return own

    def make_zero(self, own: Any) -> None:
        """Make gradients zero that are added to, where there is a way."""
        if self.zero is not None:
            self.zero(own)
        elif method := next((n for n in ZERO if callable(getattr(own, n, None))), None):
            getattr(own, method)()

    def gradients(self, own: Any, values: Sequence[Any]) -> list[Any]:
        """Return the gradients of the parameters, after backward."""
        return [pair.read(own, value) for pair, value in zip(self.pairs, values, strict=True)]


def ones_like(out: Any) -> Any:
    """Return a cotangent of ones."""
    return tree.rebuilt(out, lambda leaf: np.ones_like(np.asarray(leaf))[()])


def _attribute(own: Any, names: Sequence[str]) -> Any:
    return next((getattr(own, n) for n in names if getattr(own, n, None) is not None), None)


def moved(value: Any) -> Any:
    """Return floats moved a little."""
    return value * 1.01 + 0.01 if state.is_number(value) else value

"""An object at the arguments of its forward, run on copies whose parameters hold other numbers.

Tested in tests/test_layers.py.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters import state
from mlp.adapters.caches import Draws
from mlp.adapters.pairs import RATE, Pair, identity, paired, stepping
from mlp.op import arguments, padded

RESULTS = ("output", "outputs", "out", "result")  # of a forward that returns nothing,
INPUTS = ("dinputs", "dinput", "dx", "dX", "grad_input", "input_grad", "grad_inputs")  # a backward
ZERO = ("zero_grad", "zero_grads", "zero_gradients", "clear_grad", "clear_grads", "reset_grad")


class Stateful:
    """An object at the arguments of its forward, whose parameters can be made to hold others."""

    def __init__(self, thing: Any, args: tuple[Any, ...], zero: Any, who: str) -> None:
        self.args, self.zero, self.who = args, zero, who
        self.names = padded([p.name for p in arguments(thing.forward)], len(args))
        self.steps, self.pulls = stepping(thing), bool(arguments(thing.backward))
        self.draws = Draws()
        self.start = self.copied(thing)
        self.pairs: list[Pair] = []
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
                after, _ = self.pulled(self.copied(self.start), ones_like)
            except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
                return
            if built or told or (found := paired(self.free, after, {}, self.who)):
                break
        found = paired(self.free, after, told, self.who) if built or told else found
        self.pairs = [pair for pair in found if not self.shown_by(pair, found)]

    def shown_by(self, pair: Pair, others: Sequence[Pair]) -> bool:
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
            if k.path in same and equal(k.value, same[k.path])
        }

    def ran(self, own: Any, args: Sequence[Any]) -> Any:
        """Run forward on an object: return what it returns, or keeps."""
        with self.draws.repeated():
            return _result(own, args)

    def pulled(self, own: Any, dout: Any, args: Any = None) -> tuple[Any, tuple[Any, ...]]:
        """Run both on an object; return it, and what backward says of the arguments.

        ``dout`` is a cotangent, or makes one of what forward returns.
        """
        with self.draws.repeated():
            out = _result(own, self.args if args is None else args)
            dout = dout(out) if callable(dout) else dout
            self.make_zero(own)
            rate = (RATE,) if self.steps else ()
            said = own.backward(dout, *rate) if self.pulls else np.multiply(own.backward(), dout)
        if said is None:
            of = [f"{d}{name}" for name in self.names for d in ("d", "grad_")]
            said = _attribute(own, (*of, *INPUTS))
        return own, self.each(said)

    def each(self, said: Any) -> tuple[Any, ...]:
        """Return what backward says of each float argument: None of what is none may stand by."""
        if isinstance(said, list) and not any(isinstance(arg, list) for arg in self.args):
            said = tuple(said)
        if isinstance(said, dict) and {*said} > {*self.names}:
            said = tuple(said.values())  # of parameters too, which is refused
        if not isinstance(said, tuple):
            return () if said is None else (said,)
        floats = [state.is_number(arg) for arg in self.args]
        if len(said) == len(floats) and all(
            f or g is None for f, g in zip(floats, said, strict=True)
        ):
            return tuple(g for f, g in zip(floats, said, strict=True) if f)
        return said

    def holding(self, values: Sequence[Any]) -> Any:
        """Return a copy whose parameters hold these values, wherever it keeps the same array."""
        kinds = {value.dtype for value in values if isinstance(value, np.ndarray)}
        own = self.copied(self.start, np.result_type(*kinds) if kinds else None)
        places = list(state.kept(own))
        for pair, value in zip(self.pairs, values, strict=True):
            old = identity(pair.path, state.at(own, pair.path))
            for place in places:
                if identity(place.path, place.value) == old:
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


def _result(own: Any, args: Sequence[Any]) -> Any:
    out = own.forward(*args)
    return _attribute(own, RESULTS) if out is None else out


def _attribute(own: Any, names: Sequence[str]) -> Any:
    return next((getattr(own, n) for n in names if getattr(own, n, None) is not None), None)


def moved(value: Any) -> Any:
    """Return floats moved a little."""
    return value * 1.01 + 0.01 if state.is_number(value) else value


def equal(one: Any, other: Any) -> bool:
    """Tell whether two structures hold the same numbers."""
    pairs = zip(tree.flat(one), tree.flat(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)

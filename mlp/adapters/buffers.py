"""Functions that write into their arguments: ``backward(dinp, dw, dout, inp, w)``, as C has them.

    forward(out, inp, w)        writes out, or returns it
    backward(dinp, dw, dout, inp, w)        writes or adds into dinp and dw

Which argument is which, their names say; of a function without a signature, such as one of ctypes,
``signatures`` does. Tested in tests/test_buffers.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mlp.adapters import state
from mlp.adapters.adapter import Adapter
from mlp.adapters.question import Question, arrays_of, code_of, one_or_all, posed
from mlp.gradcheck import Finding
from mlp.gradcheck.repeat import spelled
from mlp.op import Wrt, argument_names, arguments, name_of, padded, positions_of


def buffers(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *,
    signatures: tuple[str, str] | None = None,
    adds: bool | Sequence[str] | None = None,
    double: bool = True,
) -> Adapter:
    """Adapt a pair that writes its results into its arguments.

    An argument of backward such as dinp, d_inp, grad_inp or inp_grad is the gradient of inp, and of
    an argument that forward writes the cotangent; the others are those of forward by their names.
    Each call gets arrays of its own, and gradients that are zero.

    Parameters
    ----------
    forward : Callable
        ``forward(out, inp, w)`` writes out, or ``forward(inp, w)`` returns it; then backward has
        one argument, such as dout, that is the gradient of no argument of forward.
    backward : Callable
        ``backward(dinp, dw, dout, inp, w)``, in any order.
    signatures : pair of str, optional
        ``("out inp w n", "dinp dw dout inp w n")`` of functions that have no signature.
    adds : bool or sequence of str, optional
        Into which gradients backward adds: all, none, or those named. Where that is not said, all
        must do the same.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding.

    Returns
    -------
    Adapter
        ``.check(*args)`` and ``.verify(*args)`` take the arguments of forward.

    Raises
    ------
    TypeError
        Where the names do not tell the arguments of backward.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> def scale(out, inp, w):
    ...     out[...] = inp * w
    >>> def scale_backward(dinp, dw, dout, inp, w):
    ...     dinp += dout * w
    ...     dw += (dout * inp).sum()
    >>> x = np.array([0.5, 2.0])
    >>> mlp.adapters.buffers(scale, scale_backward).verify(np.empty(2), x, np.array(3.0)).verdict
    'correct'
    """
    given = signatures or (None, None)
    names = [
        tuple(text.replace(",", " ").split()) if text else argument_names(f)
        for text, f in zip(given, (forward, backward), strict=True)
    ]
    code = code_of(
        "buffers",
        spelled(forward, "forward"),
        spelled(backward, "backward"),
        double=double,
        signatures=signatures,
        adds=adds,
    )

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        args = tuple(np.array(arg) if isinstance(arg, np.ndarray) else arg for arg in args)
        needed = [p.name for p in arguments(forward) if p.default is p.empty]
        if signatures is None and len(args) < len(needed):
            raise TypeError(
                f"buffers: {name_of(forward)}({', '.join(needed)}) was given {len(args)} of "
                f"{len(needed)} arguments; pass what it writes as well, an array of the shape of "
                f"its result"
            )
        called = padded(names[0], len(args))
        pair = _Pair(forward, backward, called, names[1], arrays_of(args))
        positions = pair.positions
        if wrt is not None:
            refusal = code + ": wrt must name arguments ({names}), not {came!r}"
            positions = positions_of(wrt, called, refusal)
        question = posed(
            pair.args,
            positions,
            called,
            (pair.forward, name_of(forward)),
            (partial(pair.backward, positions), name_of(backward), backward),
            "dout",
        )
        return question.noted(*pair.findings(adds=adds))

    return Adapter(code, pose, double)


def writes_gradients(forward: Callable[..., Any], backward: Callable[..., Any]) -> bool:
    """Tell by its names a backward that gets gradients to write, and a cotangent beside them."""
    stems = {state.stem((name,)) for name in argument_names(forward)}
    of = [state.gradient_of((name,)) for name in argument_names(backward)]
    others = [name for name in argument_names(backward) if state.stem((name,)) not in stems]
    return bool(of) and of[0] in stems and len(others) > 1


@dataclass
class _Pair:
    """A pair at the arguments of its forward."""

    run: Callable[..., Any]
    pull: Callable[..., Any]
    names: tuple[str, ...]
    pulled: tuple[str, ...]
    args: tuple[Any, ...]

    def __post_init__(self) -> None:
        position = {state.stem((name,)): i for i, name in enumerate(self.names)}
        returned, written = self.watched(self.args)
        _, others = self.watched([a + 1 if state.is_number(a) else a for a in self.args])
        self.written = sorted(written | others)  # a buffer may hold the result already
        self.gradients: dict[int, int] = {}  # position in backward -> in forward
        self.cotangents: dict[int, int] = {}  # position in backward -> in what is written
        self.saved: dict[int, int] = {}
        unknown = []
        for k, name in enumerate(self.pulled):
            of = position.get(state.gradient_of((name,)) or ())
            if (same := position.get(state.stem((name,)))) is not None:
                self.saved[k] = same
            elif of is None:
                unknown.append(k)
            else:
                (self.cotangents if of in self.written else self.gradients)[k] = of
        self.returns = returned is not None
        if self.returns and len(unknown) == 1 and not self.cotangents:
            self.cotangents = {unknown.pop(): -1}
        if unknown or not self.cotangents or not self.gradients:
            self.refuse(unknown)
        self.positions = tuple(sorted(self.gradients.values()))

    def watched(self, args: Sequence[Any]) -> tuple[Any, set[int]]:
        """Run forward; return what it returns, and which arguments it writes."""
        own = self.copies(args)
        try:
            with np.errstate(all="ignore"):
                returned = self.run(*own)
        except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
            return None, set()
        pairs = enumerate(zip(args, own, strict=True))
        arrays = ((i, a, b) for i, (a, b) in pairs if isinstance(a, np.ndarray))
        return returned, {i for i, before, after in arrays if not _same(before, after)}

    def refuse(self, unknown: Sequence[int]) -> None:
        """Say what the names do not tell."""
        what = (
            f"{self.pulled[unknown[0]]} is no argument of forward, and the gradient of none"
            if unknown
            else f"none is the {'gradient' if self.cotangents else 'cotangent'} of an argument"
        )
        raise TypeError(
            f"buffers: backward({', '.join(self.pulled)}) must take arguments of "
            f"forward({', '.join(self.names)}) and their gradients, but {what}; "
            f"say signatures=(..., ...)"
        )

    def copies(self, args: Sequence[Any]) -> list[Any]:
        """Return arrays of one's own."""
        return [np.array(a, order="C") if isinstance(a, np.ndarray) else a for a in args]

    def forward(self, *args: Any) -> Any:
        """Return what forward writes and backward has a cotangent for, or returns."""
        own = self.copies(args)
        returned = self.run(*own)
        return returned if self.returns else one_or_all([own[i] for i in self.cotangents.values()])

    def filled(self, dout: Any, args: Sequence[Any], start: Mapping[int, Any]) -> dict[int, Any]:
        """Run both; return the gradients, by the position of their argument."""
        own = self.copies(args)
        self.run(*own)
        douts = dout if isinstance(dout, tuple) else (dout,)
        given: dict[int, Any] = {k: own[i] for k, i in self.saved.items()}
        given |= dict(zip(self.cotangents, douts, strict=True))
        found = {
            i: np.array(start.get(i, np.zeros_like(own[i])), order="C") for i in self.positions
        }
        given |= {k: found[i] for k, i in self.gradients.items()}
        self.pull(*(given[k] for k in range(len(self.pulled))))
        return found

    def backward(self, positions: Sequence[int], dout: Any, *args: Any) -> Any:
        """Return the gradients that backward writes."""
        found = self.filled(dout, args, {})
        return one_or_all([found[i][()] if i in found else None for i in positions])

    def findings(self, *, adds: bool | Sequence[str] | None) -> list[Finding]:
        """Say which gradients are written and which are added to; look for = in place of +=."""
        try:
            adding = self.adding()
        except Exception:  # noqa: BLE001  # as above
            return []
        said = {self.names[i]: adding[i] for i in self.positions}
        if None in said.values():
            name = next(name for name, how in said.items() if how is None)
            words = "what was in its gradient before changes what is written there"
            return [Finding("mutation", "fault", name, words)]
        some = [name for name, how in said.items() if how]
        others = [name for name, how in said.items() if not how]
        if adds is None and some and others:
            words = (
                f"backward adds into the gradient of {', '.join(some)}, and overwrites that of "
                f"{', '.join(others)}: an = where += belongs? say adds={some!r} if it is meant"
            )
            return [Finding.doubt("mutation", words)]
        wanted = said if adds is None else dict.fromkeys(said, adds is True)
        wanted |= {} if isinstance(adds, bool) or adds is None else {n: n in adds for n in said}
        if wrong := [name for name in said if said[name] != wanted[name]]:
            does, should = ("adds into", "=") if said[wrong[0]] else ("overwrites", "+=")
            words = f"backward {does} the gradient of {', '.join(wrong)}, where {should} was meant"
            return [Finding("mutation", "fault", None, words)]
        words = f"backward {'adds into' if some else 'overwrites'} its gradients"
        return [Finding("paired", "note", None, words)]

    def adding(self) -> dict[int, bool | None]:
        """Tell of each gradient whether backward adds into it, None for neither."""
        out = self.forward(*self.args)
        ones = tuple(np.ones_like(o) for o in out) if isinstance(out, tuple) else np.ones_like(out)
        clean = self.filled(ones, self.args, {})
        before = {i: np.full_like(g, 1 + np.max(np.abs(g), initial=0)) for i, g in clean.items()}
        later = self.filled(ones, self.args, before)

        def how(i: int) -> bool | None:
            ways = {False: clean[i], True: clean[i] + before[i]}
            return next(
                (way for way, g in ways.items() if np.allclose(later[i], g, rtol=1e-5)), None
            )

        return {i: how(i) for i in self.positions}


def _same(before: np.ndarray, after: np.ndarray) -> bool:
    return bool(np.array_equal(before, after, equal_nan=before.dtype.kind == "f"))

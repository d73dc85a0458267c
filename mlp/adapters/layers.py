"""Objects that keep state: ``forward(x)`` keeps x, ``backward(dout)`` sets self.dW and returns dx.

Parameters are paired with their gradients (``pairs``), and the report says how. Every call works on
a fresh copy of the object, in which the parameters hold the moved numbers.
Tested in tests/test_layers.py.
"""

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters import state
from mlp.adapters.adapter import Adapter
from mlp.adapters.pairs import identity, rate_of
from mlp.adapters.question import Question, arrays_of, code_of, one_or_all, posed
from mlp.adapters.stateful import BACKWARDS, FORWARDS, Stateful, ones_like, way
from mlp.gradcheck import Finding
from mlp.gradcheck.repeat import spelled
from mlp.op import Wrt, arguments, name_of, positions_of

MANY = 20  # numbers of which it is asked whether forward depends on them: a history may be long


def layer(
    thing: Any,
    *,
    gradients: Mapping[str, str | None] | None = None,
    zero: Callable[[Any], Any] | None = None,
    double: bool = True,
) -> Adapter:
    """Adapt an object that keeps in attributes what backward needs, and its gradients.

    Its parameters are the floats that it keeps and that forward does not change; each is paired
    with the gradient of its name, of ``parameters()`` with ``gradients()`` in their order, with
    what backward returns beside the gradient of the input, and of a backward that takes a step,
    at a learning rate that it is given or keeps, with its step.

    Parameters
    ----------
    thing : object
        With ``forward(*args)`` and ``backward(dout)``, or forward_pass and backward_pass,
        feedforward and backpropagate, a call and backward. It returns a gradient for the first
        argument, or a tuple with one for each. What returns nothing keeps its result in an
        attribute such as output or dinputs.
    gradients : mapping, optional
        Where the gradient of a parameter is kept: ``{"W": "step", "table": None}``, None for a
        constant.
    zero : callable, optional
        ``zero(thing)`` makes gradients zero that are added to; by default a method such as
        ``zero_grad``.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding.

    Returns
    -------
    Adapter
        ``.check(*args)`` and ``.verify(*args)`` take the arguments of forward.

    Raises
    ------
    TypeError
        Where the object has no forward and backward, or cannot be copied.
    ValueError
        Where gradients names what the object does not keep.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> class Dense:
    ...     def __init__(self, W, b):
    ...         self.W, self.b = W, b
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x @ self.W + self.b
    ...     def backward(self, dout):
    ...         self.dW, self.db = self.x.T @ dout, dout.mean(0)
    ...         return dout @ self.W.T
    >>> rng = np.random.default_rng(0)
    >>> dense = Dense(rng.normal(size=(4, 3)), np.zeros(3))
    >>> report = mlp.adapters.layer(dense).check(rng.normal(size=(5, 4)))
    >>> [(row.name, row.verdict) for row in report.arguments]
    [('x', 'correct'), ('W', 'correct'), ('b', 'wrong')]
    """
    who, told = f"layer: {type(thing).__name__}", dict(gradients or {})
    if missing := [names[0] for names in (FORWARDS, BACKWARDS) if way(thing, names) is None]:
        raise TypeError(f"{who} must have forward and backward, but has no {missing[0]}")
    code = code_of("layer", spelled(thing, "layer"), double=double, gradients=gradients, zero=zero)

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        held = _Layer(thing, arrays_of(args), zero, who)
        held.find(told)
        return held.question(wrt, code)

    return Adapter(code, pose, double)


def keeps_state(thing: Any) -> bool:
    """Tell whether backward gets a cotangent, and perhaps a rate: what else it needs is kept.

    The thing may be a class, whose methods are given an object first.
    """
    run, pull = (getattr(thing, str(way(thing, names)), None) for names in (FORWARDS, BACKWARDS))
    if run is None or pull is None:
        return False
    own = int(inspect.isclass(thing))
    try:
        taken = [*inspect.signature(pull).parameters.values()][own:]
    except (TypeError, ValueError):
        return False
    needed = [p for p in taken if p.default is p.empty]
    many = any(p.kind in {p.VAR_POSITIONAL, p.KEYWORD_ONLY} for p in needed)
    return len(arguments(run)) > own and not many and (len(needed) < 2 or rate_of(pull) is not None)


class _Layer(Stateful):
    """Poses the question of an object, and says what was found in it."""

    def question(self, wrt: Wrt, code: str) -> Question:
        """Return the question: the arguments of forward, then attributes that hold parameters."""
        count, values = len(self.args), [_in_floats(self.free[p.path]) for p in self.pairs]
        paths = [state.shown(pair.path) for pair in self.pairs]
        heads = list(dict.fromkeys(path[0] for path in paths))
        taken = (*(f"self.{head}" if head in self.names else head for head in heads),)
        names = (*self.names, *taken)
        floats = [i for i, arg in enumerate(self.args) if state.is_number(arg)]
        answers = self.answers(values)
        if self.rest and not any("()[" in pair.gradient for pair in self.pairs):
            raise TypeError(
                f"{self.who}.backward returned {answers + len(self.rest)} gradients for the "
                f"{len(self.args)} arguments of forward, which are not one for each parameter; "
                f"keep those of parameters in attributes such as dW"
            )
        answered = floats[:answers]
        every = (*answered, *range(count, count + len(heads)))
        refusal = code + ": wrt must name arguments ({names}), not {came!r}"
        positions = every if wrt is None else positions_of(wrt, names, refusal)

        def held(given: Sequence[Any]) -> list[Any]:
            found = dict(tree.leaves(dict(zip(heads, given[count:], strict=True))))
            return [found[*map(_key, path)] for path in paths]

        def forward(*given: Any) -> Any:
            return self.ran(self.holding(held(given)), given[:count])

        def backward(dout: Any, *given: Any) -> Any:
            own, said = self.pulled(self.holding(held(given)), dout, given[:count])
            if len(said) != len(answered):
                return said  # which check refuses, and says why
            found = _nested(heads, paths, self.gradients(own, held(given)))
            of = dict(zip(every, (*said, *found), strict=True))
            return one_or_all([of.get(position) for position in positions])

        kind = type(self.start)
        spoken = ((f, f"{name_of(kind)}.{f.__name__}") for f in (forward, backward))
        run, pull = spoken
        point = (*self.args, *_nested(heads, paths, values))
        question = posed(point, positions, names, run, (*pull, getattr(kind, self.ways[1])), "dout")
        silent = [names[i] for i in floats] if not answers else []
        return question.noted(*self.findings(values, silent))

    def answers(self, values: Sequence[Any]) -> int:
        """Return for how many arguments backward returns a gradient."""
        with contextlib.suppress(Exception):
            return len(self.pulled(self.holding(values), ones_like)[1])
        return 1

    def findings(self, values: Sequence[Any], silent: Sequence[str]) -> Iterator[Finding]:
        """Say how parameters were paired, what has no gradient, and what is added to."""
        if silent:
            said = (
                f"{', '.join(silent)}: unchecked, for backward returns nothing, and keeps no "
                f"gradient by the name of it, such as d{silent[0]}"
            )
            yield Finding("paired", "note", None, said)
        if self.pairs:
            said = f"gradients by their names: {', '.join(map(str, self.pairs))}"
            yield Finding("paired", "note", None, said)
        if left := self.unpaired():
            yield Finding.doubt(
                "paired",
                f"{', '.join(left)}: forward depends on it, and no gradient of its name was found; "
                f"say gradients={{{left[0]!r}: ...}} with the name of one, or None for a constant",
            )
        if constants := [*self.constants()]:
            said = f"read as constants, for no gradient has their name: {', '.join(constants)}"
            yield Finding("paired", "note", None, said)
        if added := self.added(values):
            said = (
                f"backward adds to the gradient of {', '.join(added)}: called again it is twice "
                f"the first: not zeroed? write zero_grad, or pass zero="
            )
            yield Finding("mutation", "fault", None, said)

    def unpaired(self) -> list[str]:
        """Name the arrays on which forward depends, and which have no gradient."""
        known = {identity(pair.path, self.free[pair.path]) for pair in self.pairs}
        left = {}
        for path, value in self.free.items():
            same, name = identity(path, value), state.spelled(path)
            plain = isinstance(value, np.ndarray) and not state.is_whole(value)
            if same in known or same in left or not plain:
                continue
            seen = (self.free[pair.path] for pair in self.pairs)
            if sum(np.size(v) for v in seen if np.shares_memory(v, value)) >= value.size > 0:
                continue  # views of it are paired, or it is one
            if name not in self.told and self.depends(path):
                left[same] = name
        return list(left.values())

    def constants(self) -> Iterator[str]:
        """Name the numbers on which forward depends, and which have no gradient."""
        known = {pair.path for pair in self.pairs}
        numbers = [
            path
            for path, value in self.free.items()
            if not isinstance(value, np.ndarray) and path not in known
        ]
        for path in numbers[:MANY]:
            if state.spelled(path) not in self.told and self.depends(path):
                yield state.spelled(path)

    def added(self, values: Sequence[Any]) -> list[str]:
        """Name the parameters whose gradient is twice as large where backward runs twice."""
        if self.zero is not None or self.steps:
            return []
        own, seen = self.holding(values), []
        with contextlib.suppress(Exception):
            for _ in range(2):
                self.pulled(own, ones_like)
                seen.append([np.array(g, float) for g in self.gradients(own, values)])
            return [
                state.spelled(pair.path)
                for pair, once, twice in zip(self.pairs, *seen, strict=True)
                if np.any(once) and np.allclose(twice, 2 * once, rtol=1e-6, atol=0)
            ]
        return []


def _nested(heads: Sequence[Any], paths: Sequence[state.Path], values: Sequence[Any]) -> list[Any]:
    """Return what lies under each head: a value, or a dict of what lies further down."""
    under: dict[Any, Any] = {}
    for path, value in zip(paths, values, strict=True):
        branch, (*outer, last) = under, path
        for key in outer:
            branch = branch.setdefault(_key(key), {})
        branch[_key(last)] = value
    return [under[head] for head in heads]


def _key(key: Any) -> Any:
    return key[0] if isinstance(key, tuple) else key


def _in_floats(value: Any) -> Any:
    """Return a parameter of integers in floats, for it cannot be moved otherwise."""
    return value.astype(float) if state.is_whole(value) else value

"""The convention of CS231n: ``out, cache = forward(x, w)`` and ``dx, dw = backward(dout, cache)``.

Tested in tests/test_adapters.py.
"""

import contextlib
import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.adapter import Adapter
from mlp.adapters.gradients import gradient
from mlp.adapters.question import Draws, Question, arrays_of, chosen, code_of, picked, posed
from mlp.gradcheck import Finding
from mlp.gradcheck.repeat import spelled
from mlp.gradcheck.returned import SPELLED
from mlp.op import Wrt, argument_names, name_of, padded


def cs231n(
    forward: Callable[..., Any], backward: Callable[..., Any], *, double: bool = True
) -> Adapter:
    """Adapt a pair that hands a cache from forward to backward, as CS231n writes layers.

    Every float array among the arguments is differentiated, unless ``wrt`` says which. Options in
    a dict are constants, but for parameters in one of which backward returns gradients by name
    (``{"dx": ..., "dW": ...}``); each call gets a copy, so that a layer may note its running mean
    there. Each call starts from the same state of the global random numbers, so that dropout
    drops the same units; afterwards that state is as it was.

    Parameters
    ----------
    forward : Callable
        ``forward(*args)`` returns ``(out, cache)``, or ``(out1, out2, cache)``.
    backward : Callable
        ``backward(dout, cache)`` returns one gradient, or a tuple with one for each argument.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding.

    Returns
    -------
    Adapter
        ``.check(*args)`` and ``.verify(*args)`` take the arguments of forward.

    Examples
    --------
    >>> import numpy as np
    >>> import mlp
    >>> def relu_forward(x):
    ...     return np.maximum(0, x), x
    >>> def relu_backward(dout, cache):
    ...     return dout * (cache > 0)
    >>> x = np.linspace(-0.5, 0.5, num=12).reshape(3, 4)
    >>> mlp.adapters.cs231n(relu_forward, relu_backward).verify(x).verdict
    'correct'
    """
    name, pulled = name_of(forward), name_of(backward)
    code = code_of(
        "cs231n", spelled(forward, "forward"), spelled(backward, "backward"), double=double
    )

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        args = arrays_of(args)
        names = padded(argument_names(forward), len(args))
        draws = Draws()

        def run(args: tuple[Any, ...]) -> tuple[Any, Any]:
            own = [copy.deepcopy(arg) if isinstance(arg, dict) else arg for arg in args]
            result = forward(*own)
            if not isinstance(result, tuple) or len(result) < 2:
                kind = type(result).__name__
                raise TypeError(f"{name} must return (out, cache), but returned {kind}")
            *outs, cache = result
            return outs[0] if len(outs) == 1 else tuple(outs), cache

        of: dict[int, dict[Any, str]] = {}
        if any(isinstance(arg, dict) for arg in args):
            with draws.repeated():
                of = _answered(run, backward, args)
        given = [None if isinstance(a, dict) and i not in of else a for i, a in enumerate(args)]
        positions, every = (chosen(code, w, names, given) for w in (wrt, None))

        def forward_of(*args: Any) -> Any:
            with draws.repeated():
                return run(args)[0]

        def backward_of(dout: Any, *args: Any, times: int = 1) -> Any:
            with draws.repeated():
                _, cache = run(args)
                douts = dout if isinstance(dout, tuple) else (dout,)
                for _ in range(times):
                    gradients = backward(*(np.array(d) if times > 1 else d for d in douts), cache)
                return picked(_nested(gradients, of, names), positions, every)

        once, twice = (
            posed(args, positions, names, (forward_of, name), (pull, pulled, backward), "dout")
            for pull in (backward_of, partial(backward_of, times=2))
        )
        with contextlib.suppress(Exception):  # check calls the same code, and says what it raises
            if not _equal(_gradients(once), _gradients(twice)):
                said = (
                    f"{pulled} writes into its cache: called again with the same cache "
                    f"it returns other gradients, and these are judged; let it work on a copy"
                )
                return twice.noted(Finding("mutation", "fault", None, said))
        return once

    return Adapter(code, pose, double, lambda g: gradient(g, backward, double=double))


def _answered(
    run: Callable[..., Any], backward: Callable[..., Any], args: tuple[Any, ...]
) -> dict[int, dict[Any, str]]:
    """Return, for each dict whose parameters backward has gradients of, by which keys they come."""
    came: Any = None
    with contextlib.suppress(Exception):  # check calls the same code, and says what it raises
        outs, cache = run(args)
        outs = outs if isinstance(outs, tuple) else (outs,)
        came = backward(*tree.rebuilt(outs, np.ones_like), cache)
    found = {}
    for i, arg in enumerate(args):
        if isinstance(arg, dict) and isinstance(came, dict):
            spelled_as = {k: [s for of in SPELLED if (s := of.format(k)) in came] for k in arg}
            if any(spelled_as.values()):
                found[i] = {k: (keys or [""])[0] for k, keys in spelled_as.items()}
    return found


def _nested(came: Any, of: dict[int, dict[Any, str]], names: Sequence[str]) -> Any:
    """Return gradients with those of parameters in a dict in a dict of their own."""
    if not of:
        return came
    inner = {i: {k: came.get(key) for k, key in keys.items()} for i, keys in of.items()}
    return {**came, **{f"d{names[i]}": own for i, own in inner.items()}}


def hands_cache(
    forward: Callable[..., Any], backward: Callable[..., Any], point: tuple[Any, ...]
) -> bool:
    """Tell whether backward takes what forward returns last, by running both at a point.

    It does if so its gradients have the shapes of the arguments, and not where the arguments are
    handed over and all that forward returns has a cotangent.
    """
    shapes = [np.shape(a) for a in tree.flat([*point]) if np.asarray(a).dtype.kind == "f"]

    def fits(*args: Any) -> bool:
        with contextlib.suppress(Exception, SystemExit):
            return [np.shape(g) for g in tree.flat(backward(*args)) if g is not None] == shapes
        return False

    with contextlib.suppress(
        Exception, SystemExit
    ):  # check calls the same code, and says what it raises
        result = forward(*tree.rebuilt(point, tree.copied))
        if isinstance(result, tuple) and len(result) > 1:
            ones = tree.rebuilt(result[:-1], np.ones_like)
            whole = tree.rebuilt(result, np.ones_like)
            return fits(*ones, result[-1]) and not fits(whole, *tree.rebuilt(point, tree.copied))
    return False


def _equal(some: list[Any], others: list[Any]) -> bool:
    """Tell whether arrays agree but for what threads may change."""
    return len(some) == len(others) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=0, equal_nan=True)
        for a, b in zip(some, others, strict=True)
    )


def _gradients(question: Question) -> list[Any]:
    """Run both functions once, on copies, and return the gradients as arrays."""
    result = question.forward(*tree.rebuilt(question.point, tree.copied))
    outs = [np.asarray(leaf) for leaf in tree.flat(result)]
    rng = np.random.default_rng(0)
    drawn = [np.asarray(rng.uniform(0.5, 1.5, a.shape), a.dtype)[()] for a in outs]
    cotangents = tree.rebuild(result, iter(drawn))
    gradients = question.backward(cotangents, *tree.rebuilt(question.point, tree.copied))
    return [np.array(leaf) for leaf in tree.flat(gradients) if leaf is not None]

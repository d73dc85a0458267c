"""What people hand over, read as what they mean: their conventions put before the checker.

    [1.0, 2.0], np.array([1, 2])    floats, where nothing else could be differentiated
    np.random.Generator, random.Random       in the same state at every call
    backward(dout, out, x)          gets what forward returned
    complex numbers                 pairs of reals; dL = Re Σ conj(g) dz
    a sparse matrix of SciPy        an array of what it stores
    (loss, aux), aux no numbers     the loss, as of has_aux

Tested in tests/gradcheck/test_readings.py.
"""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from mlp import tree
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.problem import ComplexResultError
from mlp.gradcheck.returned import CONSTANT
from mlp.gradcheck.rules import Rules
from mlp.gradcheck.stored import Stored, dense, stored
from mlp.op import Wrt, argument_names, name_of, padded, positions_of

Arguments: TypeAlias = Callable[[tuple[Any, ...]], tuple[Any, ...]]

COTANGENT = re.compile(r"d|g|grad|v\d|ct", re.IGNORECASE)  # how the name of one begins
DEEPEST = 32  # levels of a list that may be an array
PAIRS = (
    "complex numbers are judged as pairs of reals, in a last axis of 2: by hand is g of "
    "dL = Re Σ conj(g) dz, the convention of PyTorch; its cotangents are so too"
)
ASIDE = "what forward returns beside the first is no number, and left alone (has_aux)"
OF_OUTPUT = (
    "of the output: by hand is right where it is given forward's result in place of its argument; "
    "write lambda d, x: backward(d, forward(x))"
)
CONJUGATED = (
    "conjugated: by hand is right in the other convention (dL = Re Σ conj(g) dz in PyTorch and "
    "NumPy, Re Σ g dz in JAX and autograd)"
)


@dataclass(frozen=True)
class Reading:
    """Forward, backward and the point as the checker takes them.

    What was read, and backwards that would be right, are among ``backward.rules``. ``given(*args)``
    makes of the checker's arguments those of the user, and ``result`` of what forward returned what
    the checker takes.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    point: tuple[Any, ...]
    given: Arguments = tuple
    result: Callable[[Any], Any] | None = None

    def of(self, f: Callable[..., Any] | None) -> Callable[..., Any] | None:
        """Return another function in the place of forward, read alike."""
        if f is None or (self.given is tuple and self.result is None):
            return f
        given, result = self.given, self.result or (lambda out: out)
        return spoken(lambda *args: result(f(*given(args))), f)


def read(
    forward: Callable[..., Any], backward: Callable[..., Any], point: tuple[Any, ...], wrt: Wrt
) -> Reading:
    """Read a question as its author means it."""
    taken = argument_names(forward)[: len(point)]
    needed = argument_names(backward, needed=True)
    names = padded(taken, len(point))
    point, said = _in_floats(point, names, wrt)
    if said:
        backward = spoken(lambda v, *args, of=backward: of(v, *args), backward, said)
    found = Reading(forward, backward, point)
    if sparse := stored((forward, backward), point, names, wrt):
        found = _in_entries(found, sparse)
    if any(map(_is_generator, point)):
        found = _afresh(found)
    if len(needed) > len(point) + 1 and _for_each_result(found, needed):
        found = _spread(found)
    elif len(needed) == len(point) + 2 and needed[1] not in taken:
        found = _with_output(found)  # between the cotangent and the arguments
    elif len(point) == 1 and len(needed) == 2 and taken != needed[1:]:
        found = _told_of_output(found)  # not called as the argument of forward: an output, perhaps
    return of_reals(found, wrt)


def read_again(found: Reading, odd: TypeError, wrt: Wrt) -> Reading:
    """Read a question whose forward has turned out to return complex numbers, or more than any."""
    return in_pairs(found, wrt) if isinstance(odd, ComplexResultError) else first_alone(found)


def of_reals(found: Reading, wrt: Wrt) -> Reading:
    """Return a question in pairs of reals where its point has complex numbers."""
    complex_ = any(_is_complex(leaf) for leaf in tree.flat([*found.point]))
    return in_pairs(found, wrt) if complex_ else found


def spoken(
    inner: Callable[..., Any],
    f: Callable[..., Any],
    said: str = "",
    mistakes: Mapping[str, Callable[..., Any]] | None = None,
) -> Callable[..., Any]:
    """Return a function that is spoken of as another one, of which it is made."""
    made: Any = inner
    vars(made).update({k: v for k, v in getattr(f, "__dict__", {}).items() if k != "pushforward"})
    made.__name__ = made.__qualname__ = name_of(f)
    made.__module__ = ""
    made.__wrapped__ = made.written = f
    if said:
        rules = getattr(f, "rules", Rules())
        notes = (*rules.notes, Finding("read", "note", None, said))
        made.rules = replace(rules, notes=notes, mistakes=mistakes or rules.mistakes)
    return inner


# -------------------------------------------------------------------------------- lists, integers


def _in_floats(
    point: tuple[Any, ...], names: Sequence[str], wrt: Wrt
) -> tuple[tuple[Any, ...], str]:
    """Return the point with lists of numbers as arrays, and integers as floats if alone."""
    fresh = [np.array(arg, float) if _is_list(arg) else arg for arg in point]
    named = [*wrt] if isinstance(wrt, (list, tuple)) else [wrt]
    alone = not any(_inexact(leaf) for leaf in tree.flat(fresh))
    for i, arg in enumerate(fresh):
        whole = isinstance(arg, np.ndarray) and arg.dtype.kind in "iu"
        if whole and (alone if wrt is None else i in named or names[i] in named):
            fresh[i] = arg.astype(float)
    said = [name for name, old, new in zip(names, point, fresh, strict=True) if old is not new]
    return tuple(fresh), f"read as floats: {', '.join(said)}" if said else ""


def _is_list(arg: Any, levels: int = DEEPEST) -> bool:
    """Tell a list of numbers, or of such lists, from a list of arrays."""
    if not isinstance(arg, list) or not arg or not levels:
        return False
    if all(type(a) in {int, float} for a in arg):
        return True
    return all(_is_list(a, levels - 1) for a in arg) and len({len(a) for a in arg}) == 1


def _inexact(leaf: Any) -> bool:
    dtype = getattr(leaf, "dtype", None)
    return isinstance(leaf, (float, complex)) or getattr(dtype, "kind", "") in {"f", "c"}


def _in_entries(found: Reading, sparse: Stored) -> Reading:
    """Read sparse matrices as arrays of what they store, and a sparse result as a whole one."""
    forward, backward, given = found.forward, found.backward, sparse.given
    return Reading(
        spoken(lambda *args: dense(forward(*given(args))), forward),
        spoken(lambda v, *args: sparse.read(backward(v, *given(args))), backward, sparse.said),
        sparse.values(found.point),
        given,
        dense,
    )


# -------------------------------------------------------------------------- generators, the output


def _is_generator(arg: Any) -> bool:
    of_python = all(hasattr(arg, name) for name in ("getrandbits", "getstate", "setstate"))
    return of_python or isinstance(arg, (np.random.Generator, np.random.RandomState))


def _afresh(found: Reading) -> Reading:
    """Hand over generators in the same state at every call."""

    def given(args: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(copy.deepcopy(arg) if _is_generator(arg) else arg for arg in args)

    forward, backward = found.forward, found.backward
    pull = spoken(lambda v, *args: backward(v, *given(args)), backward)
    return Reading(
        spoken(lambda *args: forward(*given(args)), forward),
        _beside(pull, lambda push, d, args: push(d, *given(args))),
        found.point,
        lambda args: found.given(given(args)),
        found.result,
    )


def _beside(pull: Any, asked: Callable[..., Any]) -> Any:
    """Return a backward with the tangent beside it, if any, asked as its arguments are read."""
    rules = getattr(pull, "rules", Rules())
    if (push := rules.tangent) is not None:
        own = spoken(lambda d, *args: asked(push, d, args), push)
        pull.rules = replace(rules, tangent=own)
    return pull


def _for_each_result(found: Reading, needed: Sequence[str]) -> bool:
    """Tell a backward that takes a cotangent for each of several results, by their names."""
    several = needed[: len(needed) - len(found.point)]
    if not all(COTANGENT.match(name) for name in several):
        return False
    try:
        result = found.forward(*tree.rebuilt(found.point, tree.copied))
    except Exception:  # noqa: BLE001  # check calls the same code, and says what it raises
        return False
    return isinstance(result, tuple) and len(result) == len(several)


def _spread(found: Reading) -> Reading:
    """Give backward the cotangent of each result as an argument of its own."""
    pull = spoken(lambda v, *args, of=found.backward: of(*v, *args), found.backward)
    return replace(found, backward=pull)


def _told_of_output(found: Reading) -> Reading:
    """Have a backward tried on what forward returned, should it be wrong."""
    forward, backward = found.forward, found.backward
    rules = getattr(backward, "rules", Rules())
    if rules.mistakes:
        return found
    pull: Any = spoken(partial(backward), backward)
    given = {OF_OUTPUT: spoken(lambda v, *args: backward(v, forward(*args)), backward)}
    pull.rules = replace(rules, mistakes=given)
    return replace(found, backward=pull)


def _with_output(found: Reading) -> Reading:
    """Give backward what forward returned."""
    forward, backward = found.forward, found.backward
    pull = spoken(lambda v, *args: backward(v, forward(*args), *args), backward)
    return replace(found, backward=pull)


# -------------------------------------------------------------------------------------- has_aux


def first_alone(found: Reading) -> Reading:
    """Take of what forward returns the first alone: what is beside it is no number."""
    forward, before = found.forward, found.result or (lambda out: out)

    def first(out: Any) -> Any:
        return out[0] if isinstance(out, tuple) else out  # a reference may have nothing beside it

    pull = spoken(partial(found.backward), found.backward, ASIDE)
    return replace(
        found,
        forward=spoken(lambda *args: first(forward(*args)), forward),
        backward=_beside(pull, lambda push, d, args: first(push(d, *args))),
        result=lambda out: first(before(out)),
    )


# ---------------------------------------------------------------------------------------- complex


def in_pairs(found: Reading, wrt: Wrt = None) -> Reading:
    """Read complex arguments and results as pairs of reals."""
    forward, backward = found.forward, found.backward
    args = [[_is_complex(leaf) for leaf in tree.flat(arg)] for arg in found.point]
    out = forward(*tree.rebuilt(found.point, tree.copied))
    outs = [_is_complex(leaf) for leaf in tree.flat(out)]

    def given(pairs: tuple[Any, ...]) -> tuple[Any, ...]:
        return found.given(
            tuple(_joined(arg, which) for arg, which in zip(pairs, args, strict=True))
        )

    def result(of: Any) -> Any:
        return _parted(of, outs)

    names = padded(argument_names(forward), len(found.point))
    floats = [i for i, arg in enumerate(found.point) if any(map(_inexact, tree.flat(arg)))]
    chosen = floats if wrt is None else positions_of(wrt, names, "check: wrt must name {names}")

    def paired(returned: Any, change: Callable[[Any], Any]) -> Any:
        """Return gradients with those of complex arguments as pairs."""
        several = isinstance(returned, tuple) and len(returned) == len(chosen)
        gradients = returned if several else (returned,)
        fresh = tuple(
            tree.rebuilt(g, lambda leaf: _pair(change(leaf))) if any(args[i]) else g
            for i, g in zip(chosen, gradients, strict=False)
        )
        return fresh if several else fresh[0]

    def pulling(change: Callable[[Any], Any], turn: Callable[[Any], Any]) -> Callable[..., Any]:
        def pull(v: Any, *pairs: Any) -> Any:
            return paired(backward(turn(_joined(v, outs)), *given(pairs)), change)

        return pull

    def pushed(push: Callable[..., Any], d: Any, pairs: tuple[Any, ...]) -> Any:
        each = d if len(chosen) > 1 else (d,)
        joined = tuple(_joined(part, args[i]) for i, part in zip(chosen, each, strict=True))
        dot = push(joined if len(chosen) > 1 else joined[0], *given(pairs))
        return None if dot is None else result(dot)

    same, conj = (lambda g: g), np.conj
    mistakes = {CONJUGATED: pulling(conj, conj), "conjugated": pulling(conj, same)}
    return Reading(
        spoken(lambda *pairs: result(forward(*given(pairs))), forward),
        _beside(spoken(pulling(same, same), backward, PAIRS, mistakes), pushed),
        tuple(_parted(arg, which) for arg, which in zip(found.point, args, strict=True)),
        given,
        result,
    )


def _is_complex(leaf: Any) -> bool:
    return isinstance(leaf, complex) or getattr(getattr(leaf, "dtype", None), "kind", "") == "c"


def _pair(leaf: Any) -> Any:
    """Return complex numbers as pairs of reals in a last axis; what is no number as it is."""
    if leaf is None or leaf is CONSTANT:
        return leaf
    return np.stack([np.real(leaf), np.imag(leaf)], axis=-1)


def _parted(of: Any, which: Sequence[bool]) -> Any:
    """Return a structure whose complex leaves, so marked, are pairs."""
    leaves = zip(tree.flat(of), which, strict=True)
    return tree.rebuild(of, (_pair(leaf) if parts else leaf for leaf, parts in leaves))


def _joined(of: Any, which: Sequence[bool]) -> Any:
    """Return a structure whose pairs, so marked, are complex again."""
    leaves = zip(tree.flat(of), which, strict=True)
    return tree.rebuild(
        of, (leaf[..., 0] + 1j * leaf[..., 1] if parts else leaf for leaf, parts in leaves)
    )

"""Second order: a Hessian handed over whole, and whether backward's derivative is symmetric.

    check(gradient, hvp, x)          a Hessian-vector product hvp(v, x) is a backward like any other
    check(gradient, H, x, order=2)   H(x), whole, beside differences of the gradient, and symmetric
    check(f, backward, x, order=2)   f returns one number: ⟨e, D d⟩ = ⟨d, D e⟩, D the derivative of
                                     backward, measured both ways for all pairs of arguments

A Hessian of several arguments is nested, H[i][j], or one matrix over all of them.
Tested in tests/gradcheck/test_twice.py.
"""

import contextlib
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.contract.examine import examine_forward
from mlp.gradcheck.directions import SINGLE_BITS, signed_uniform
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.line import Line, Place
from mlp.gradcheck.numbers.kind import Slope
from mlp.gradcheck.probe import last_places
from mlp.gradcheck.problem import Exhausted, Problem, Raised, Spent
from mlp.op import name_of

ROUNDINGS = 32.0  # times what rounding does to a Hessian: so far from symmetric it may be
PAIRS = 36  # of arguments that are measured
SYMMETRY = "symmetry"


def whole(problem: Problem) -> Problem | None:
    """Return the problem of a Hessian handed over whole; None for a first-order pair.

    Raise ValueError where it is neither.
    """
    forward, second = problem.functions
    with_cotangent, alone = (_takes(second, count + len(problem.point)) for count in (1, 0))
    try:
        result = problem.forward()
    except (Raised, Exhausted):
        return None  # a first-order check says so
    if with_cotangent and (result.size == 1 or not alone):
        if result.size == 1:
            return None
        raise ValueError(
            f"check: order=2 needs a forward that returns one number, or a gradient and its "
            f"Hessian H(*point), but {name_of(forward)} returns {result.size} numbers; "
            f"check(gradient, hvp, *point) checks a Hessian-vector product"
        )
    sizes = [block.value.size for block in problem.blocks]
    if result.size != sum(sizes):
        raise ValueError(
            f"check: order=2 with a Hessian needs the gradient of {sum(sizes)} numbers for "
            f"forward, but {name_of(forward)} returns {result.size}"
        )
    with contextlib.suppress(Raised):  # which is said where gradients are compared
        _matrix(problem.call(1, problem.arguments()), sizes)

    def pulled(v: Any, *point: Any) -> Any:
        flat = np.concatenate([np.ravel(part) for part in tree.flat(v)])
        found = flat @ _matrix(second(*point), sizes)
        parts = np.split(found, np.cumsum(sizes)[:-1])
        shaped = iter(
            part.reshape(b.value.shape) for part, b in zip(parts, problem.blocks, strict=True)
        )
        whole = [_rebuilt(problem, position, shaped) for position in problem.positions]
        return whole[0] if len(whole) == 1 else tuple(whole)

    return replace(problem, functions=(forward, pulled), result=None, sizes=[])


def asymmetry(problem: Problem, hessian: Callable[..., Any], seed: int) -> Iterator[Finding]:
    """Say where a Hessian is not symmetric, by more than rounding."""
    sizes = [block.value.size for block in problem.blocks]

    def there(*changes: tuple[Block, Anything]) -> Anything:
        return _matrix(hessian(*problem.arguments(changes)), sizes)

    here = there()
    if not np.isfinite(here).all():
        return  # it is said where gradients are compared
    with np.errstate(all="ignore"):
        moved = [there(*c) for c in last_places(problem, np.random.default_rng(seed))]
        wavers = max((float(np.nanmax(np.abs(m - here))) for m in moved), default=0.0)
    largest = float(np.abs(here).max(initial=0.0))
    unit = max(float(np.finfo(block.value.dtype).eps) for block in problem.blocks)
    accept = max(block.accept for block in problem.blocks)
    apart = np.abs(here - here.T)
    if apart.max(initial=0.0) > ROUNDINGS * (wavers + unit * largest) + accept * largest:
        i, j = sorted(map(int, np.unravel_index(int(apart.argmax()), apart.shape)))
        names = [_named(problem, k) for k in (i, j)]
        said = (
            f"the Hessian is not symmetric: {here[i, j]:.8g} for {names[0]} and {names[1]}, "
            f"{here[j, i]:.8g} for {names[1]} and {names[0]}"
        )
        yield Finding(SYMMETRY, "fault", None, said)


def derivative(problem: Problem, seed: int) -> tuple[list[Finding], int]:
    """Test that the derivative of backward is symmetric; return what was found, and its calls."""
    rng = np.random.default_rng(seed)
    one = problem.cotangent(np.ones(1))

    def gradient(*point: Any) -> Any:
        pulled = problem.floats(problem.sort(problem.functions[1](one, *point)))
        pairs = zip(pulled, problem.blocks, strict=True)
        return [np.zeros_like(block.value) if g is None else g for g, block in pairs]

    again = replace(problem, functions=(gradient, gradient), spent=Spent(), result=None, sizes=[])
    try:
        place, found = examine_forward(again, rng)
        found = [finding for finding in found if finding.severity == "doubt"]
        if place is not None:
            found = [*_symmetric(place, rng)]
    except (Exhausted, Raised) as stop:
        found = [Finding.doubt("raised", f"second order: {stop}")]
    return found, again.spent.calls[0]


def _symmetric(place: Place, rng: np.random.Generator) -> Iterator[Finding]:
    """Compare ⟨e, D d⟩ with ⟨d, D e⟩ for pairs of arguments; the gradient is forward here."""
    blocks = place.problem.blocks
    ends = np.cumsum([0, *(block.value.size for block in blocks)])
    pairs = [*itertools.combinations_with_replacement(range(len(blocks)), 2)]
    if len(pairs) > PAIRS:
        pairs = [pairs[k] for k in sorted(rng.choice(len(pairs), PAIRS, replace=False))]
    still = True
    for i, j in pairs:
        d, e = (signed_uniform(rng, blocks[k].value, SINGLE_BITS) for k in (i, j))
        lines = [
            Line(place, blocks[k], _at(ends, other, w), x)
            for k, x, other, w in ((i, d, j, e), (j, e, i, d))
        ]
        one, other = (_measured(line) for line in lines)
        names = " and ".join(dict.fromkeys(blocks[k].name for k in (i, j)))
        if "smooth" not in {one.kind} & {other.kind}:
            said = f"second order: backward has a kink or a jump here, by {names}; move the point"
            yield Finding.doubt("kink", said)
            return
        bar = one.bar + other.bar
        still &= max(abs(one.value), abs(other.value)) <= bar
        if abs(one.value - other.value) > bar:
            yield Finding(
                SYMMETRY,
                "fault",
                None,
                f"second order: the derivative of backward is not symmetric by {names}, so it is "
                f"no gradient around this point: {one.value:.8g} and {other.value:.8g} ± {bar:.0e}",
            )
            return
    if still:
        said = "second order: backward does not change around this point, so nothing was compared"
        yield Finding(SYMMETRY, "note", None, said)


def _measured(line: Line) -> Slope:
    """Measure a slope on two ladders; its bar covers both."""
    first, second = line.slope(), line.slope(scale=0.5)
    if "smooth" not in {first.kind} & {second.kind}:
        return first if first.kind != "smooth" else second
    return replace(first, bar=first.bar + second.bar + abs(first.value - second.value))


def _at(ends: Anything, k: int, part: Anything) -> Vector:
    """Return a cotangent of all gradients that is not 0 for block k alone."""
    v = np.zeros(int(ends[-1]))
    v[ends[k] : ends[k + 1]] = part.ravel()
    return v


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Tell whether a function can be called with so many arguments; who knows, where unsigned."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # some builtins have no signature
        return True
    return True


def _matrix(hessian: Any, sizes: Sequence[int]) -> Anything:
    """Return a Hessian as one matrix over all entries, or raise ValueError."""
    count = sum(sizes)
    if isinstance(hessian, (tuple, list)) and len(hessian) == len(sizes):
        rows = [row if isinstance(row, (tuple, list)) else (row,) for row in hessian]
        if all(
            len(row) == len(sizes) and [np.size(part) for part in row] == [n * m for m in sizes]
            for row, n in zip(rows, sizes, strict=True)
        ):
            return np.block(
                [
                    [np.reshape(part, (n, m)) for part, m in zip(row, sizes, strict=True)]
                    for row, n in zip(rows, sizes, strict=True)
                ]
            )
    if hasattr(hessian, "toarray"):
        hessian = hessian.toarray()
    if np.size(hessian) != count**2 or isinstance(hessian, (tuple, dict)):
        came = getattr(hessian, "shape", type(hessian).__name__)
        raise ValueError(
            f"check: order=2 needs a Hessian of {count} x {count} numbers, or one block for each "
            f"pair of arguments, H[i][j], but got {came}"
        )
    return np.reshape(np.asarray(hessian, float), (count, count))


def _rebuilt(problem: Problem, position: int, shaped: Iterator[Anything]) -> Any:
    """Return one argument with its float arrays taken from ``shaped``."""
    paths = [block.path for block in problem.blocks if block.position == position]
    argument = problem.point[position]
    fresh = {path: next(shaped) for path in paths}
    return tree.replaced(tree.rebuilt(argument, lambda _: None), fresh)


def _named(problem: Problem, k: int) -> str:
    """Return the name of the k-th entry of all blocks."""
    for block in problem.blocks:
        if k < block.value.size:
            index = [int(n) for n in np.unravel_index(k, block.value.shape)]
            return f"{block.name}{index}" if index else block.name
        k -= block.value.size
    raise IndexError(k)
